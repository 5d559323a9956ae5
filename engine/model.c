#include "engine/model-private.h"

#include <math.h>
#include <string.h>

#include "engine/directions.h"
#include "engine/error.h"
#include "engine/memory-limit.h"
#include "engine/parts.h"
#include "kernels/math/random.h"

#define MEAN_DRAWS 10000
#define MEAN_SEED G_GUINT64_CONSTANT(0x5367616e4d65616e) /* any fixed number: the mean must be the same on every machine */
#define MAP_BATCH 500
#define HASH_PIECE ((gsize) 4 << 20) /* bytes between looks at the cancellable: about 10 ms */

struct _SsgModel {
  int refs;
  SsgContext *ctx;
  SsgGenerator *g;
  SsgModelInfo *info;
  char *path, *hash;
  float *mean;              /* [S] or NULL */
  float *covariance;        /* [S, S] of w, or NULL */
  SsgDirectionTable *directions;
  gboolean keep_directions;
  SsgDiscriminator *d; /* to be saved along, or NULL */
  JsonNode *args;
};

/* --- info --- */

SsgModelInfo *ssg_model_info_copy(const SsgModelInfo *info)
{
  SsgModelInfo *copy = g_memdup2(info, sizeof *info);
  copy->name = g_strdup(info->name);
  copy->licence = g_strdup(info->licence);
  copy->origin = g_strdup(info->origin);
  copy->format = g_strdup(info->format);
  copy->part_names = g_strdupv(info->part_names);
  copy->part_colors = g_memdup2(info->part_colors, info->arch.n_parts * sizeof(guint32));
  copy->shelf_seeds = info->shelf_seeds ? g_memdup2(info->shelf_seeds, info->n_shelf_seeds * sizeof(guint64)) : NULL;
  return copy;
}

void ssg_model_info_free(SsgModelInfo *info)
{
  if (!info)
    return;
  g_free(info->name);
  g_free(info->licence);
  g_free(info->origin);
  g_free(info->format);
  g_strfreev(info->part_names);
  g_free(info->part_colors);
  g_free(info->shelf_seeds);
  g_free(info);
}

/* Weights are held twice while rendering: as loaded, and with their modulation as the device repacks them. Beside them the largest
 * level needs two maps at once. The CPU's pool keeps a sixteenth and 16 MiB in reserve (kernels/cpu/pool.h); 30 MiB are the program
 * itself and what oneDNN compiles. Measured by `bench`: 330 MiB for public-256, where this says 334, and 404 for public-512, where it
 * says 441. */
static gsize estimate_memory(const SsgArchitecture *a)
{
  gint64 largest = 0;
  for (int i = 0; i < a->n_levels; i++) {
    gint64 size = (gint64) a->render_size << (i + 1), c = a->render_channels[i];
    largest = MAX(largest, size * size * (2 * c + 3 * (3 + a->n_parts)));
  }
  gint64 coarse = (gint64) a->coarse_size * a->coarse_size;
  gint64 maps = coarse * (2LL * a->n_parts * a->local_channels + 2LL * a->feature_channels);
  gint64 parameters = ssg_architecture_generator_parameters(a), used = parameters + largest + maps;
  return (gsize) (46 << 20) + 4 * (used + used / 16 + parameters + parameters / 20);
}

SsgModelInfo *ssg_model_info_new(const SsgArchitecture *arch, const char *name, const char *format)
{
  SsgModelInfo *info = g_new0(SsgModelInfo, 1);
  info->arch = *arch;
  info->name = g_strdup(name);
  info->licence = g_strdup("");
  info->origin = g_strdup("");
  info->format = g_strdup(format);
  info->part_names = g_new0(char *, arch->n_parts + 1);
  info->part_colors = g_new0(guint32, arch->n_parts);
  for (int k = 0; k < arch->n_parts; k++) {
    info->part_names[k] = ssg_part_default_name(k, arch->n_parts);
    info->part_colors[k] = ssg_part_default_color(k);
  }
  info->images_seen = -1;
  info->memory_bytes = estimate_memory(arch);
  return info;
}

/* --- models --- */

SsgModel *ssg_model_new_from_generator(SsgGenerator *generator, SsgModelInfo *info)
{
  SsgModel *model = g_new0(SsgModel, 1);
  model->refs = 1;
  model->ctx = ssg_parameters_context(generator->parameters);
  model->g = generator;
  model->info = info;
  return model;
}

SsgModel *ssg_model_new_random(SsgContext *ctx, const SsgArchitecture *arch, guint64 seed, GError **error)
{
  g_autoptr(SsgModelInfo) info = ssg_model_info_new(arch, "random weights", "random");
  if (!ssg_memory_suffices_to_render("this architecture", info->memory_bytes, error))
    return NULL;
  SsgGenerator *g = ssg_generator_new(ctx, arch, seed, error);
  return g ? ssg_model_new_from_generator(g, g_steal_pointer(&info)) : NULL;
}

SsgModel *ssg_model_ref(SsgModel *model)
{
  model->refs++;
  return model;
}

void ssg_model_unref(SsgModel *model)
{
  if (!model || --model->refs > 0)
    return;
  ssg_generator_free(model->g);
  ssg_discriminator_free(model->d);
  ssg_model_info_free(model->info);
  ssg_direction_table_free(model->directions);
  g_free(model->path);
  g_free(model->hash);
  g_free(model->mean);
  g_free(model->covariance);
  g_clear_pointer(&model->args, json_node_unref);
  g_free(model);
}

SsgContext *ssg_model_context(SsgModel *model)
{
  return model->ctx;
}

SsgGenerator *ssg_model_generator(SsgModel *model)
{
  return model->g;
}

const SsgModelInfo *ssg_model_info(SsgModel *model)
{
  return model->info;
}

const SsgArchitecture *ssg_model_architecture(SsgModel *model)
{
  return &model->g->arch;
}

void ssg_model_set_path(SsgModel *model, const char *path)
{
  g_free(model->path);
  model->path = g_strdup(path);
  g_clear_pointer(&model->hash, g_free);
}

void ssg_model_set_mean(SsgModel *model, const float *mean)
{
  g_free(model->mean);
  model->mean = g_memdup2(mean, model->g->arch.style_dim * sizeof(float));
}

const float *ssg_model_known_mean(SsgModel *model)
{
  return model->mean;
}

JsonNode *ssg_model_args(SsgModel *model)
{
  return model->args;
}

void ssg_model_set_args(SsgModel *model, JsonNode *args)
{
  g_clear_pointer(&model->args, json_node_unref);
  model->args = args;
}

SsgModelInfo *ssg_model_info_mutable(SsgModel *model)
{
  return model->info;
}

gboolean ssg_model_read_hash(SsgModel *model, SsgProgressFunc progress, gpointer data, GCancellable *cancellable,
                             GError **error)
{
  if (model->hash || !model->path)
    return TRUE;
  g_autoptr(GError) inner = NULL;
  g_autoptr(GMappedFile) file = g_mapped_file_new(model->path, FALSE, &inner);
  if (!file) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: %s", model->path, inner->message);
    return FALSE;
  }
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
  const guchar *bytes = (const guchar *) g_mapped_file_get_contents(file);
  gsize length = g_mapped_file_get_length(file);
  for (gsize at = 0; at < length; at += HASH_PIECE) {
    if (g_cancellable_is_cancelled(cancellable)) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_CANCELLED, "loading %s was cancelled", model->path);
      return FALSE;
    }
    g_checksum_update(sum, bytes + at, (gssize) MIN(length - at, HASH_PIECE));
    if (progress)
      progress((double) MIN(length, at + HASH_PIECE) / (double) length, data);
  }
  model->hash = g_strdup(g_checksum_get_string(sum));
  return TRUE;
}

const char *ssg_model_hash(SsgModel *model)
{
  if (!model->hash && !ssg_model_read_hash(model, NULL, NULL, NULL, NULL))
    model->hash = g_strdup("");
  return model->hash ? model->hash : "";
}

/* --- codes --- */

gboolean ssg_model_map(SsgModel *model, int n, const float *z, float *w, GError **error)
{
  gint64 s = model->g->arch.style_dim;
  for (int first = 0; first < n; first += MAP_BATCH) {
    int count = MIN(MAP_BATCH, n - first);
    ssg_scope_begin(model->ctx);
    SsgTensor *in = ssg_tensor_new_f32(model->ctx, SSG_SHAPE(count, s), z + first * s);
    ssg_tensor_download(ssg_generator_map(model->g, in), w + first * s);
    ssg_scope_end(model->ctx);
  }
  return ssg_context_check(model->ctx, error);
}

/* out[n] ~ N(0,1): element i of (seed, stream). */
static void normals(guint64 seed, guint64 stream, gint64 n, float *out)
{
  for (gint64 i = 0; i < n; i += 4) {
    float four[4];
    ssg_math_normal4(seed, stream, i / 4, four);
    memcpy(out + i, four, MIN(4, n - i) * sizeof(float));
  }
}

/* Mean, and when asked for the covariance, of MEAN_DRAWS mapped codes. On a failing device both stay zero; the failure shows with
 * the next render. */
static void measure_codes(SsgModel *model, gboolean covariance)
{
  gint64 s = model->g->arch.style_dim;
  g_autofree float *z = g_new(float, MEAN_DRAWS * s), *w = g_new0(float, MEAN_DRAWS * s);
  g_autofree double *sum = g_new0(double, s);

  for (int i = 0; i < MEAN_DRAWS; i++)
    normals(MEAN_SEED, i, s, z + i * s);
  ssg_model_map(model, MEAN_DRAWS, z, w, NULL);
  for (int i = 0; i < MEAN_DRAWS; i++)
    for (gint64 j = 0; j < s; j++)
      sum[j] += w[i * s + j];
  if (!model->mean) {
    model->mean = g_new(float, s);
    for (gint64 j = 0; j < s; j++)
      model->mean[j] = sum[j] / MEAN_DRAWS;
  }
  if (!covariance)
    return;
  for (int i = 0; i < MEAN_DRAWS; i++)
    for (gint64 j = 0; j < s; j++)
      w[i * s + j] -= sum[j] / MEAN_DRAWS;
  model->covariance = g_new0(float, s * s);
  ssg_scope_begin(model->ctx);
  /* One product of all draws would be summed in an order that depends on the number of threads. */
  SsgTensor *x = ssg_tensor_new_f32(model->ctx, SSG_SHAPE(MEAN_DRAWS / MAP_BATCH, MAP_BATCH, s), w);
  SsgTensor *products = ssg_tensor_matmul(x, x, TRUE, FALSE, 1.0f / MEAN_DRAWS, NULL, FALSE);
  ssg_tensor_download(ssg_tensor_sum_axis(products, 0), model->covariance);
  ssg_scope_end(model->ctx);
}

const float *ssg_model_mean(SsgModel *model)
{
  if (!model->mean)
    measure_codes(model, FALSE);
  return model->mean;
}

const float *ssg_model_covariance(SsgModel *model)
{
  if (!model->covariance)
    measure_codes(model, TRUE);
  return model->covariance;
}

SsgFace *ssg_model_sample(SsgModel *model, guint64 seed, float psi, GError **error)
{
  gint64 s = model->g->arch.style_dim;
  g_autofree float *z = g_new(float, s), *w = g_new0(float, s);

  normals(seed, 0, s, z);
  if (!ssg_model_map(model, 1, z, w, error))
    return NULL;
  if (psi != 1) {
    const float *mean = ssg_model_mean(model);
    for (gint64 i = 0; i < s; i++)
      w[i] = mean[i] + psi * (w[i] - mean[i]);
  }
  return ssg_face_new(&model->g->arch, 1, w, error);
}

static SsgDirectionTable *direction_table(SsgModel *model)
{
  if (!model->directions)
    model->directions = ssg_direction_table_new(model->g, ssg_model_covariance(model));
  return model->directions;
}

SsgDirections ssg_model_directions(SsgModel *model, int part, SsgCode what)
{
  return ssg_direction_table_get(direction_table(model), part, what);
}

void ssg_model_set_directions(SsgModel *model, int n, const float *directions, const float *effects)
{
  ssg_direction_table_free(model->directions);
  model->directions = ssg_direction_table_new_stored(model->g, n, directions, effects);
  model->keep_directions = TRUE;
}

void ssg_model_keep_directions(SsgModel *model)
{
  model->keep_directions = TRUE;
}

gboolean ssg_model_keeps_directions(SsgModel *model)
{
  return model->keep_directions;
}

void ssg_model_take_discriminator(SsgModel *model, SsgDiscriminator *d)
{
  ssg_discriminator_free(model->d);
  model->d = d;
}

const SsgDiscriminator *ssg_model_discriminator(SsgModel *model)
{
  return model->d;
}

void ssg_model_write_directions(SsgModel *model, float *directions, float *effects)
{
  ssg_direction_table_write(direction_table(model), directions, effects);
}
