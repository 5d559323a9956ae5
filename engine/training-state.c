#include "engine/training-state.h"

#include <stdlib.h>
#include <string.h>

#include "engine/architecture-file.h"
#include "engine/checkpoint.h"
#include "engine/checksums.h"
#include "engine/error.h"
#include "engine/json-text.h"
#include "engine/map-file.h"
#include "engine/model.h"
#include "engine/safetensors.h"
#include "engine/state-dict.h"
#include "engine/transfer.h"

/* The networks and moment blocks of a state, by the names their tensors have in the file. */
typedef struct {
  const char *name;
  SsgParameters *parameters;
} Network;

typedef struct {
  const char *name;
  SsgTensor *block;
} Moments;

static void networks_of(SsgTraining *t, Network out[3])
{
  out[0] = (Network){"g", t->g->parameters};
  out[1] = (Network){"g_ema", t->g_ema->parameters};
  out[2] = (Network){"d", t->d->parameters};
}

static void moments_of(SsgTraining *t, Moments out[4])
{
  out[0] = (Moments){"g_optim.exp_avg", t->g_m};
  out[1] = (Moments){"g_optim.exp_avg_sq", t->g_v};
  out[2] = (Moments){"d_optim.exp_avg", t->d_m};
  out[3] = (Moments){"d_optim.exp_avg_sq", t->d_v};
}

/* --- saving --- */

typedef struct {
  SsgSafetensorsWriter *writer;
  const char *network;
  const float *block; /* NULL: declare; else write */
  GArray *sums;       /* gint64: of the metadata, and of what is written by now */
  GError **error;
  gboolean ok;
} Save;

/* The next of the declared tensors. */
static void write_next(Save *s, const char *name, const float *values, gsize n_bytes)
{
  gint64 sum = ssg_checksum_tensor(name, values, n_bytes);
  s->ok = ssg_safetensors_writer_write(s->writer, s->sums->len - 1, values, n_bytes, s->error);
  g_array_append_val(s->sums, sum);
}

static void save_one(const char *name, const SsgParameter *parameter, int part, gpointer data)
{
  Save *s = data;
  if (!s->ok)
    return;
  SsgShape shape = ssg_parameter_file_shape(parameter, SSG_LAYOUT_NATIVE);
  gint64 n = ssg_shape_elements(&shape);
  g_autofree char *full = g_strdup_printf("%s.%s", s->network, name);
  if (!s->block)
    s->ok = ssg_safetensors_writer_declare(s->writer, full, SSG_F32, &shape, s->error) >= 0;
  else
    write_next(s, full, s->block + parameter->start + part * n, n * sizeof(float));
}

static float *download(SsgTensor *t)
{
  float *host = g_new0(float, ssg_tensor_elements(t));
  ssg_tensor_download(t, host);
  return host;
}

static GHashTable *metadata_of(SsgTraining *t, const SsgTrainingProgress *progress, GHashTable *extra)
{
  GHashTable *metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  /* The generator's fields and the discriminator's, as the networks have them. */
  g_autoptr(JsonNode) json = ssg_architecture_to_json(&t->d->arch);
  const struct {
    const char *key;
    char *value;
  } entries[] = {{"iteration", g_strdup_printf("%" G_GINT64_FORMAT, progress->iteration)},
                 {"images", g_strdup_printf("%" G_GINT64_FORMAT, progress->images)},
                 {"images_seen", g_strdup_printf("%" G_GINT64_FORMAT, progress->images)},
                 {"path_mean", g_strdup_printf("%a", t->path_mean)},
                 {"g_steps", g_strdup_printf("%" G_GINT64_FORMAT, t->g_steps)},
                 {"d_steps", g_strdup_printf("%" G_GINT64_FORMAT, t->d_steps)},
                 {"architecture", json_to_string(json, FALSE)},
                 {"format", g_strdup("ssgan-training")},
                 {"version", g_strdup("1")}};
  GHashTableIter iter;
  gpointer key, value;
  if (extra) {
    g_hash_table_iter_init(&iter, extra);
    while (g_hash_table_iter_next(&iter, &key, &value))
      g_hash_table_replace(metadata, g_strdup(key), g_strdup(value));
  }
  for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
    g_hash_table_replace(metadata, g_strdup(entries[i].key), entries[i].value);
  if (ssg_context_map_dtype(t->ctx) == SSG_F16)
    g_hash_table_replace(metadata, g_strdup("gradient_scale"), g_strdup_printf("%a", t->gradient_scale));
  return metadata;
}

static gboolean declare_all(Save *save, const Network networks[3], const Moments moments[4], int *checksums)
{
  for (int i = 0; i < 3; i++) {
    save->network = networks[i].name;
    ssg_parameters_each_name(networks[i].parameters, save_one, save);
  }
  int n = -1;
  for (int i = 0; i < 4 && save->ok; i++) {
    n = ssg_safetensors_writer_declare(save->writer, moments[i].name, SSG_F32, ssg_tensor_shape(moments[i].block), save->error);
    save->ok = n >= 0;
  }
  if (save->ok) {
    *checksums = ssg_safetensors_writer_declare(save->writer, SSG_CHECKSUMS, SSG_I64, &SSG_SHAPE(n + 2), save->error);
    save->ok = *checksums >= 0;
  }
  return save->ok;
}

gboolean ssg_training_save(SsgTraining *t, const char *path, const SsgTrainingProgress *progress, GHashTable *extra,
                           GError **error)
{
  Network networks[3];
  Moments moments[4];
  g_autoptr(SsgSafetensorsWriter) writer = ssg_safetensors_writer_open(path, error);
  g_autoptr(GHashTable) metadata = metadata_of(t, progress, extra);
  g_autoptr(GArray) sums = g_array_new(FALSE, FALSE, sizeof(gint64));
  Save save = {.writer = writer, .sums = sums, .error = error, .ok = TRUE};
  gint64 sum = ssg_checksum_metadata(metadata);
  GHashTableIter iter;
  gpointer key, value;
  int checksums;

  if (!writer)
    return FALSE;
  networks_of(t, networks);
  moments_of(t, moments);
  g_array_append_val(sums, sum);
  g_hash_table_iter_init(&iter, metadata);
  while (g_hash_table_iter_next(&iter, &key, &value))
    ssg_safetensors_writer_set_metadata(writer, key, value);
  if (!declare_all(&save, networks, moments, &checksums))
    return FALSE;
  for (int i = 0; i < 3; i++) {
    g_autofree float *block = download(ssg_parameters_block(networks[i].parameters));
    save.network = networks[i].name;
    save.block = block;
    ssg_parameters_each_name(networks[i].parameters, save_one, &save);
  }
  for (int i = 0; i < 4 && save.ok; i++) {
    g_autofree float *block = download(moments[i].block);
    write_next(&save, moments[i].name, block, ssg_tensor_elements(moments[i].block) * sizeof(float));
  }
  return save.ok && ssg_safetensors_writer_write(writer, checksums, sums->data, sums->len * sizeof(gint64), error) &&
         ssg_context_check(t->ctx, error) && ssg_safetensors_writer_commit(writer, error);
}

/* --- loading --- */

typedef struct {
  const SsgHostTensors *tensors;
  const char *network; /* before every name; NULL: nothing */
} Lookup;

static const SsgHostTensor *look_up(const char *name, gpointer data)
{
  const Lookup *lookup = data;
  g_autofree char *full = lookup->network ? g_strdup_printf("%s.%s", lookup->network, name) : NULL;
  return ssg_host_tensors_get(lookup->tensors, full ? full : name);
}

static SsgSafetensors *open_state(const char *path, SsgArchitecture *arch, GError **error)
{
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, error);
  if (!file)
    return NULL;
  if (g_strcmp0(ssg_safetensors_metadata(file, "format"), "ssgan-training") != 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is no training state of ssgan-trainer", path);
    return NULL;
  }
  if (!ssg_safetensors_check_version(file, path, 1, error) || !ssg_checksums_verify(file, path, error))
    return NULL;
  const char *text = ssg_safetensors_metadata(file, "architecture");
  g_autoptr(JsonNode) json = text ? ssg_json_parse(text, path, NULL) : NULL;
  return ssg_architecture_from_json(json, path, arch, error) ? g_steal_pointer(&file) : NULL;
}

gboolean ssg_training_check(const char *path, SsgArchitecture *arch, GError **error)
{
  g_autoptr(SsgSafetensors) file = open_state(path, arch, error);
  return file != NULL;
}

static gboolean read_number(const SsgSafetensors *file, const char *path, const char *key, gint64 *out, GError **error)
{
  const char *text = ssg_safetensors_metadata(file, key);
  if (text && g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, out, NULL))
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: metadata '%s' is missing or no number", path, key);
  return FALSE;
}

gboolean ssg_training_load(SsgTraining *t, const char *path, SsgTrainingProgress *progress, GHashTable **extra, GError **error)
{
  Network networks[3];
  Moments moments[4];
  SsgArchitecture arch;
  g_autoptr(SsgSafetensors) file = open_state(path, &arch, error);

  if (!file || !read_number(file, path, "iteration", &progress->iteration, error) ||
      !read_number(file, path, "images", &progress->images, error) ||
      !read_number(file, path, "g_steps", &t->g_steps, error) || !read_number(file, path, "d_steps", &t->d_steps, error))
    return FALSE;
  const char *mean = ssg_safetensors_metadata(file, "path_mean");
  t->path_mean = mean ? strtof(mean, NULL) : 0;
  const char *scale = ssg_safetensors_metadata(file, "gradient_scale");
  float former = scale ? strtof(scale, NULL) : 0;
  if (former >= 1 && former < t->gradient_scale) /* it only ever falls */
    t->gradient_scale = former;
  networks_of(t, networks);
  moments_of(t, moments);
  for (int i = 0; i < 3; i++) {
    Lookup lookup = {.tensors = file->tensors, .network = networks[i].name};
    if (!ssg_parameters_load(networks[i].parameters, SSG_LAYOUT_NATIVE, look_up, &lookup, path, error))
      return FALSE;
  }
  for (int i = 0; i < 4; i++) {
    const SsgHostTensor *tensor =
        ssg_host_tensors_require(file->tensors, moments[i].name, ssg_tensor_shape(moments[i].block), path, error);
    g_autofree float *converted = NULL;
    const float *values = tensor ? ssg_host_tensor_f32(tensor, &converted, error) : NULL;
    if (!values)
      return FALSE;
    ssg_tensor_upload(moments[i].block, values);
  }
  if (extra)
    *extra = g_hash_table_ref(file->metadata);
  return ssg_context_check(t->ctx, error);
}

/* --- public checkpoints --- */

static const SsgHostTensor *look_up_plain(const char *name, gpointer data)
{
  return ssg_host_tensors_get(data, name);
}

/* Moments of a public optimiser, whose parameters are numbered in the order of the state dict without buffers. */
typedef struct {
  GHashTable *by_name; /* name -> SsgAdamState */
  float *m, *v;
  double steps;
  gboolean ok;
} Adam;

static void take_state(const char *name, const SsgParameter *parameter, int part, gpointer data)
{
  Adam *adam = data;
  const SsgAdamState *state = parameter->buffer ? NULL : g_hash_table_lookup(adam->by_name, name);
  gsize n = ssg_shape_elements(&parameter->public_shape);
  if (!state)
    return;
  if (state->exp_avg->n_elements != n || state->exp_avg_sq->n_elements != n) {
    adam->ok = FALSE;
    return;
  }
  g_autofree float *values = g_new(float, n);
  ssg_host_tensor_read_f32(state->exp_avg, 0, n, values);
  ssg_parameter_import(parameter, part, values, adam->m);
  ssg_host_tensor_read_f32(state->exp_avg_sq, 0, n, values);
  ssg_parameter_import(parameter, part, values, adam->v);
  adam->steps = MAX(adam->steps, state->step);
}

static gboolean load_adam(SsgParameters *p, const SsgHostTensors *names, const SsgAdam *adam, SsgTensor *m, SsgTensor *v,
                          gint64 *steps, const char *path, GError **error)
{
  g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
  g_autofree float *first = g_new0(float, ssg_tensor_elements(ssg_parameters_block(p)));
  g_autofree float *second = g_new0(float, ssg_tensor_elements(ssg_parameters_block(p)));
  Adam take = {.by_name = by_name, .m = first, .v = second, .ok = TRUE};
  guint index = 0;

  for (guint i = 0; i < ssg_host_tensors_count(names); i++) {
    const char *name = ssg_host_tensors_at(names, i)->name;
    if (!ssg_state_dict_is_buffer(name))
      g_hash_table_insert(by_name, (gpointer) name, (gpointer) ssg_adam_state(adam, index++));
  }
  ssg_parameters_each_name(p, take_state, &take);
  if (!take.ok) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "%s: the optimiser's state does not fit the parameters it belongs to", path);
    return FALSE;
  }
  ssg_tensor_upload(m, first); /* the trained parameters come first in the block's layout */
  ssg_tensor_upload(v, second);
  *steps = take.steps;
  return TRUE;
}

/* Parameters of a public checkpoint's sections; d as far as both have one. */
static gboolean load_public_networks(const Network networks[3], const SsgCheckpoint *file, const char *path, GError **error)
{
  SsgHostTensors *g = file->g ? file->g : file->g_ema, *ema = file->g_ema ? file->g_ema : file->g;
  return (!networks[0].parameters || ssg_parameters_load(networks[0].parameters, SSG_LAYOUT_PUBLIC, look_up_plain, g, path, error)) &&
         (!networks[1].parameters || ssg_parameters_load(networks[1].parameters, SSG_LAYOUT_PUBLIC, look_up_plain, ema, path, error)) &&
         (!file->d || !networks[2].parameters ||
          ssg_parameters_load(networks[2].parameters, SSG_LAYOUT_PUBLIC, look_up_plain, file->d, path, error));
}

gboolean ssg_training_load_public(SsgTraining *t, const char *path, guint *found, GError **error)
{
  g_autoptr(SsgCheckpoint) file = ssg_checkpoint_load(path, SSG_CHECKPOINT_ALL, error);
  if (!file)
    return FALSE;
  *found = file->present;
  Network networks[3];
  networks_of(t, networks);
  if (!load_public_networks(networks, file, path, error))
    return FALSE;
  if (file->g && file->g_optim &&
      !load_adam(t->g->parameters, file->g, file->g_optim, t->g_m, t->g_v, &t->g_steps, path, error))
    return FALSE;
  if (file->d && file->d_optim &&
      !load_adam(t->d->parameters, file->d, file->d_optim, t->d_m, t->d_v, &t->d_steps, path, error))
    return FALSE;
  return ssg_context_check(t->ctx, error);
}

/* --- starting from another model --- */

/* Fills networks of the file's own architecture from it, those that are there. */
static gboolean load_networks(const Network networks[3], const char *path, gboolean *has_d, GError **error)
{
  g_autoptr(GBytes) bytes = ssg_map_file(path, error);
  gsize size;
  const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
  if (!bytes)
    return FALSE;
  if (ssg_checkpoint_sniff(data, size)) {
    g_autoptr(SsgCheckpoint) file =
        ssg_checkpoint_load(path, SSG_CHECKPOINT_G | SSG_CHECKPOINT_G_EMA | SSG_CHECKPOINT_D, error);
    *has_d = file && file->d && networks[2].parameters;
    return file && load_public_networks(networks, file, path, error);
  }
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, error);
  if (!file)
    return FALSE;
  gboolean state = g_strcmp0(ssg_safetensors_metadata(file, "format"), "ssgan-training") == 0;
  if (state && !ssg_checksums_verify(file, path, error))
    return FALSE;
  for (int i = 0; i < 3; i++) {
    Lookup lookup = {.tensors = file->tensors, .network = state || i == 2 ? networks[i].name : NULL};
    if (networks[i].parameters && !ssg_parameters_load(networks[i].parameters, SSG_LAYOUT_NATIVE, look_up, &lookup, path, error))
      return FALSE;
  }
  *has_d = networks[2].parameters != NULL;
  return TRUE;
}

SsgDiscriminator *ssg_training_read_discriminator(SsgContext *ctx, const char *path, GError **error)
{
  gboolean has_d = FALSE;
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(path, error);
  if (!info)
    return NULL;
  g_autoptr(SsgDiscriminator) d = info->arch.n_disc_levels ? ssg_discriminator_new(ctx, &info->arch, 0, error) : NULL;
  if (info->arch.n_disc_levels && !d)
    return NULL;
  const Network networks[3] = {{"g", NULL}, {"g_ema", NULL}, {"d", d ? d->parameters : NULL}};
  if (!load_networks(networks, path, &has_d, error))
    return NULL;
  if (!has_d)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s holds no discriminator", path);
  return has_d ? g_steal_pointer(&d) : NULL;
}

char *ssg_training_start_from(SsgTraining *t, const char *path, gboolean *has_d, GError **error)
{
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(path, error);
  g_autoptr(SsgGenerator) g = info ? ssg_generator_new_empty(t->ctx, &info->arch, error) : NULL;
  g_autoptr(SsgGenerator) ema = g ? ssg_generator_new_empty(t->ctx, &info->arch, error) : NULL;
  if (!ema)
    return NULL;
  g_autoptr(SsgDiscriminator) d = NULL;
  if (info->arch.n_disc_levels > 0 && !(d = ssg_discriminator_new(t->ctx, &info->arch, 0, error)))
    return NULL;
  const Network networks[3] = {{"g", g->parameters}, {"g_ema", ema->parameters}, {"d", d ? d->parameters : NULL}};
  if (!load_networks(networks, path, has_d, error))
    return NULL;
  g_autofree char *of_g = ssg_transfer_generator(g, t->g, path, error);
  g_autofree char *of_ema = of_g ? ssg_transfer_generator(ema, t->g_ema, path, error) : NULL;
  if (!of_ema)
    return NULL;
  g_autofree char *of_d = NULL;
  if (*has_d && info->arch.disc_emphasis != t->d->arch.disc_emphasis) {
    *has_d = FALSE;
    of_d = g_strdup_printf("discriminator: all fresh, the file's sees pictures %s", info->arch.disc_emphasis ? "emphasised" : "as they are");
  } else {
    of_d = *has_d ? ssg_transfer_discriminator(d, t->d, error) : g_strdup("discriminator: all fresh, the file has none");
  }
  return of_d ? g_strconcat(of_g, "\n", of_d, NULL) : NULL;
}
