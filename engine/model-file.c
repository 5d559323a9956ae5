#include "engine/model-file.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/architecture-file.h"
#include "engine/checkpoint.h"
#include "engine/directions.h"
#include "engine/error.h"
#include "engine/json-text.h"
#include "engine/map-file.h"
#include "engine/memory-limit.h"
#include "engine/parts.h"
#include "engine/safetensors.h"
#include "engine/state-dict.h"

#define MAX_NAME 200 /* bytes of a part's name */
#define VERSION 1    /* of model files and training states */

/* An opened file: which tensors, in which layout, and what it says of itself. */
typedef struct {
  SsgSafetensors *ours;
  SsgCheckpoint *public;
  const SsgHostTensors *tensors;
  const SsgHostTensor *mean; /* w_mean; NULL when there is none */
  char *prefix; /* before every name: "", "g_ema." or "g." */
  SsgLayout layout;
  SsgModelInfo *info;
  JsonNode *args;
} Source;

static void source_clear(Source *source)
{
  ssg_safetensors_free(source->ours);
  ssg_checkpoint_free(source->public);
  ssg_model_info_free(source->info);
  g_clear_pointer(&source->args, json_node_unref);
  g_free(source->prefix);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

static char *title_of(const char *path)
{
  char *name = g_filename_display_basename(path); /* valid UTF-8, as metadata must be */
  char *dot = strrchr(name, '.');
  if (dot && dot != name)
    *dot = '\0';
  return name;
}

/* --- metadata of our own files --- */

static void replace_string(char **slot, const char *value)
{
  if (value) {
    g_free(*slot);
    *slot = g_strdup(value);
  }
}

/* Part names become parts of file names and columns of tables. */
static gboolean has_control(const char *text)
{
  for (; *text; text = g_utf8_next_char(text))
    if (g_unichar_iscntrl(g_utf8_get_char(text)))
      return TRUE;
  return FALSE;
}

static gboolean read_part(SsgModelInfo *info, int k, JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
  const char *name = object ? json_object_get_string_member_with_default(object, "name", NULL) : NULL;
  const char *color = object ? json_object_get_string_member_with_default(object, "color", NULL) : NULL;
  unsigned value;
  char rest;

  if (!name || !*name || strlen(name) > MAX_NAME || has_control(name) || !color || sscanf(color, "#%6x%c", &value, &rest) != 1)
    return FALSE;
  replace_string(&info->part_names[k], name);
  info->part_colors[k] = value;
  return TRUE;
}

static gboolean read_parts(SsgModelInfo *info, const char *text, const char *path, GError **error)
{
  g_autoptr(JsonNode) node = ssg_json_parse(text, path, NULL);
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
  gboolean good = array && (int) json_array_get_length(array) == info->arch.n_parts;
  for (int k = 0; k < info->arch.n_parts && good; k++)
    good = read_part(info, k, json_array_get_element(array, k));
  if (!good)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: metadata 'parts' is not a list of %d objects with a name of one line and a color like #6c8ad4", path,
                info->arch.n_parts);
  return good;
}

static void read_seeds(SsgModelInfo *info, const char *text)
{
  g_autoptr(JsonNode) node = text ? ssg_json_parse(text, "shelf_seeds", NULL) : NULL;
  if (!node || !JSON_NODE_HOLDS_ARRAY(node))
    return;
  JsonArray *array = json_node_get_array(node);
  int n = MIN(json_array_get_length(array), 1000);
  info->shelf_seeds = g_new0(guint64, MAX(n, 1));
  for (int i = 0; i < n; i++) {
    JsonNode *element = json_array_get_element(array, i);
    if (JSON_NODE_HOLDS_VALUE(element) && json_node_get_value_type(element) == G_TYPE_INT64)
      info->shelf_seeds[info->n_shelf_seeds++] = json_node_get_int(element);
  }
}

/* What a file of either kind says of its model, key to text. */
static gboolean read_about(SsgModelInfo *info, GHashTable *about, const char *path, GError **error)
{
  const char *seen = g_hash_table_lookup(about, "images_seen"), *parts = g_hash_table_lookup(about, "parts");

  replace_string(&info->name, g_hash_table_lookup(about, "name"));
  replace_string(&info->licence, g_hash_table_lookup(about, "licence"));
  replace_string(&info->origin, g_hash_table_lookup(about, "origin"));
  if (seen)
    info->images_seen = g_ascii_strtoll(seen, NULL, 10);
  read_seeds(info, g_hash_table_lookup(about, "shelf_seeds"));
  return !parts || read_parts(info, parts, path, error);
}

static gboolean open_ours(Source *source, const char *path, const char *which, GError **error)
{
  source->ours = ssg_safetensors_open(path, error);
  if (!source->ours)
    return FALSE;
  const char *format = ssg_safetensors_metadata(source->ours, "format");
  const char *text = ssg_safetensors_metadata(source->ours, "architecture");
  gboolean training = g_strcmp0(format, "ssgan-training") == 0;
  if ((!training && g_strcmp0(format, "ssgan-model") != 0) || !text) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s is a safetensors file, but no ssgan model: its metadata has no format 'ssgan-model' with an architecture",
                path);
    return FALSE;
  }
  if (!ssg_safetensors_check_version(source->ours, path, VERSION, error))
    return FALSE;
  if (!training && g_str_equal(which, "g")) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s holds one generator only; 'g' is in public checkpoints and training states",
                path);
    return FALSE;
  }
  g_autoptr(JsonNode) node = ssg_json_parse(text, path, NULL);
  SsgArchitecture arch;
  if (!ssg_architecture_from_json(node, path, &arch, error))
    return FALSE;
  source->tensors = source->ours->tensors;
  source->prefix = training ? g_strconcat(which, ".", NULL) : g_strdup("");
  source->layout = SSG_LAYOUT_NATIVE;
  g_autofree char *title = title_of(path);
  source->info = ssg_model_info_new(&arch, title, "safetensors");
  const char *args = ssg_safetensors_metadata(source->ours, "args");
  source->args = args ? ssg_json_parse(args, path, NULL) : NULL;
  source->mean = ssg_host_tensors_get(source->tensors, "w_mean");
  return read_about(source->info, source->ours->metadata, path, error);
}

static gboolean open_public(Source *source, const char *path, const char *which, GError **error)
{
  gboolean ema = g_str_equal(which, "g_ema");
  source->public = ssg_checkpoint_load(
      path, (ema ? SSG_CHECKPOINT_G_EMA : SSG_CHECKPOINT_G) | SSG_CHECKPOINT_D | SSG_CHECKPOINT_ARGS, error);
  if (!source->public)
    return FALSE;
  source->tensors = ema ? source->public->g_ema : source->public->g;
  if (!source->tensors) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s holds no %s", path, which);
    return FALSE;
  }
  SsgArchitecture arch;
  if (!ssg_architecture_from_checkpoint(source->tensors, source->public->d, source->public->args, path, &arch, error))
    return FALSE;
  source->prefix = g_strdup("");
  source->layout = SSG_LAYOUT_PUBLIC;
  g_autofree char *title = title_of(path);
  source->info = ssg_model_info_new(&arch, title, "pt");
  replace_string(&source->info->origin, "public checkpoint");
  source->args = source->public->args ? json_node_copy(source->public->args) : NULL;
  source->mean = ema ? source->public->w_mean : NULL;
  return !source->public->about || read_about(source->info, source->public->about, path, error);
}

static gboolean open_source(Source *source, const char *path, const char *which, GError **error)
{
  g_autoptr(GBytes) bytes = ssg_map_file(path, error);
  if (!bytes)
    return FALSE;
  gsize size;
  const char *data = g_bytes_get_data(bytes, &size);
  /* A safetensors file begins with its header's length and the header's brace: without them it was meant to be something else. */
  if (!ssg_checkpoint_sniff(data, size) && (size < 9 || data[8] != '{')) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is neither a PyTorch checkpoint (.pt) nor a safetensors model", path);
    return FALSE;
  }
  gboolean opened = ssg_checkpoint_sniff(data, size) ? open_public(source, path, which, error) : open_ours(source, path, which, error);
  if (opened) {
    source->info->file_bytes = size;
    source->info->has_mean = source->mean && source->mean->n_elements == (gsize) source->info->arch.style_dim;
  }
  return opened;
}

SsgModelInfo *ssg_model_info_read(const char *path, GError **error)
{
  g_auto(Source) source = {0};
  return open_source(&source, path, "g_ema", error) ? g_steal_pointer(&source.info) : NULL;
}

/* --- loading --- */

typedef struct {
  const Source *source;
  SsgProgressFunc progress;
  gpointer data;
  GCancellable *cancellable;
  guint looked_up;
} Lookup;

static const SsgHostTensor *look_up(const char *name, gpointer data)
{
  Lookup *lookup = data;
  g_autofree char *full = g_strconcat(lookup->source->prefix, name, NULL);

  if (g_cancellable_is_cancelled(lookup->cancellable))
    return NULL;
  if (lookup->progress && ++lookup->looked_up % 16 == 0)
    lookup->progress(MIN(1.0, (double) lookup->looked_up / ssg_host_tensors_count(lookup->source->tensors)), lookup->data);
  return ssg_host_tensors_get(lookup->source->tensors, full);
}

static void take_mean(SsgModel *model, const Source *source)
{
  int s = source->info->arch.style_dim;
  if (!source->info->has_mean)
    return;
  g_autofree float *values = g_new(float, s);
  ssg_host_tensor_read_f32(source->mean, 0, s, values);
  ssg_model_set_mean(model, values);
}

/* Stored directions that do not fit the model, or are not finite, are left aside: they can be computed. */
static void take_directions(SsgModel *model, const Source *source)
{
  const SsgHostTensor *directions = ssg_host_tensors_get(source->tensors, "directions");
  const SsgHostTensor *effects = ssg_host_tensors_get(source->tensors, "direction_effects");
  gint64 rows = 1 + 2 * source->info->arch.n_parts, s = source->info->arch.style_dim;

  if (!directions || !effects || effects->shape.rank != 2 || effects->shape.dim[0] != rows || effects->shape.dim[1] < 1 ||
      effects->shape.dim[1] > SSG_N_DIRECTIONS || directions->shape.rank != 3 || directions->shape.dim[0] != rows ||
      directions->shape.dim[1] != effects->shape.dim[1] || directions->shape.dim[2] != s)
    return;
  gint64 n = rows * effects->shape.dim[1];
  g_autofree float *d = g_new(float, n * s), *e = g_new(float, n);
  ssg_host_tensor_read_f32(directions, 0, n * s, d);
  ssg_host_tensor_read_f32(effects, 0, n, e);
  gboolean finite = TRUE;
  for (gint64 i = 0; i < n * s && finite; i++)
    finite = isfinite(d[i]) && (i >= n || isfinite(e[i]));
  if (finite)
    ssg_model_set_directions(model, (int) effects->shape.dim[1], d, e);
}

gboolean ssg_model_file_check(const char *path, GError **error)
{
  g_auto(Source) source = {0};
  if (!open_source(&source, path, "g_ema", error))
    return FALSE;
  Lookup lookup = {.source = &source};
  return ssg_generator_check_tensors(&source.info->arch, source.layout, look_up, &lookup, path, error);
}

/* Three copies of the weights: on the device, on their way to the file, and as the file's tensors; the same again of the largest that
 * comes from the mapped file. 30 MiB are the program itself. */
static gsize bytes_to_convert(const SsgArchitecture *a)
{
  return ((gsize) 30 << 20) + 4 * sizeof(float) * (gsize) ssg_architecture_generator_parameters(a);
}

SsgModel *ssg_model_load(SsgContext *ctx, const char *path, const char *which, SsgProgressFunc progress, gpointer data,
                         GCancellable *cancellable, GError **error)
{
  return ssg_model_load_for(ctx, path, which, SSG_MODEL_TO_RENDER, progress, data, cancellable, error);
}

SsgModel *ssg_model_load_for(SsgContext *ctx, const char *path, const char *which, SsgModelUse use, SsgProgressFunc progress,
                             gpointer data, GCancellable *cancellable, GError **error)
{
  g_auto(Source) source = {0};
  g_autoptr(SsgGenerator) g = NULL;
  g_autoptr(GError) inner = NULL;

  if (!which)
    which = "g_ema";
  if (!g_str_equal(which, "g_ema") && !g_str_equal(which, "g")) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "there is no generator '%s'; use g_ema or g", which);
    return NULL;
  }
  if (!open_source(&source, path, which, error))
    return NULL;
  gsize render = source.info->memory_bytes, convert = MIN(render, bytes_to_convert(&source.info->arch));
  if (use == SSG_MODEL_TO_RENDER ? !ssg_memory_suffices_to_render(path, render, error)
                                 : !ssg_memory_suffices(path, convert, "convert", error))
    return NULL;
  g = ssg_generator_new_empty(ctx, &source.info->arch, error);
  if (!g)
    return NULL;
  Lookup lookup = {.source = &source, .progress = progress, .data = data, .cancellable = cancellable};
  gboolean loaded = ssg_parameters_load(g->parameters, source.layout, look_up, &lookup, path, &inner);
  if (g_cancellable_is_cancelled(cancellable)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_CANCELLED, "loading %s was cancelled", path);
    return NULL;
  }
  if (!loaded) {
    g_propagate_error(error, g_steal_pointer(&inner));
    return NULL;
  }
  if (progress)
    progress(1, data);
  SsgModel *model = ssg_model_new_from_generator(g_steal_pointer(&g), ssg_model_info_copy(source.info));
  ssg_model_set_path(model, path);
  ssg_model_set_args(model, g_steal_pointer(&source.args));
  take_mean(model, &source);
  take_directions(model, &source);
  return model;
}

/* --- saving --- */

void ssg_model_describe(SsgModel *model, const char *name, const char *licence, const char *origin)
{
  SsgModelInfo *info = ssg_model_info_mutable(model);
  replace_string(&info->name, name);
  replace_string(&info->licence, licence);
  replace_string(&info->origin, origin);
}

void ssg_model_set_images_seen(SsgModel *model, gint64 images_seen)
{
  ssg_model_info_mutable(model)->images_seen = images_seen;
}

void ssg_model_set_parts(SsgModel *model, const char *const *names, const guint32 *colors)
{
  SsgModelInfo *info = ssg_model_info_mutable(model);
  for (int k = 0; k < info->arch.n_parts; k++) {
    if (names)
      replace_string(&info->part_names[k], names[k]);
    if (colors)
      info->part_colors[k] = colors[k];
  }
}

void ssg_model_set_shelf_seeds(SsgModel *model, const guint64 *seeds, int n)
{
  SsgModelInfo *info = ssg_model_info_mutable(model);
  g_free(info->shelf_seeds);
  info->shelf_seeds = g_memdup2(seeds, n * sizeof *seeds);
  info->n_shelf_seeds = n;
}

static char *json_text(JsonNode *node)
{
  return json_to_string(node, FALSE);
}

static char *parts_text(const SsgModelInfo *info)
{
  JsonArray *array = json_array_new();
  for (int k = 0; k < info->arch.n_parts; k++) {
    JsonObject *part = json_object_new();
    g_autofree char *color = g_strdup_printf("#%06x", info->part_colors[k]);
    json_object_set_string_member(part, "name", info->part_names[k]);
    json_object_set_string_member(part, "color", color);
    json_array_add_object_element(array, part);
  }
  g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), array);
  json_array_unref(array);
  return json_text(node);
}

static char *seeds_text(const SsgModelInfo *info)
{
  GString *text = g_string_new("[");
  for (int i = 0; i < info->n_shelf_seeds; i++)
    g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, i ? ", " : "", info->shelf_seeds[i]);
  return g_string_free(g_string_append_c(text, ']'), FALSE);
}

/* What read_about() reads. */
static GHashTable *about_of(const SsgModelInfo *info)
{
  GHashTable *about = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

  g_hash_table_insert(about, "parts", parts_text(info));
  g_hash_table_insert(about, "name", g_strdup(info->name));
  if (*info->licence)
    g_hash_table_insert(about, "licence", g_strdup(info->licence));
  if (*info->origin)
    g_hash_table_insert(about, "origin", g_strdup(info->origin));
  if (info->images_seen >= 0)
    g_hash_table_insert(about, "images_seen", g_strdup_printf("%" G_GINT64_FORMAT, info->images_seen));
  if (info->n_shelf_seeds > 0)
    g_hash_table_insert(about, "shelf_seeds", seeds_text(info));
  return about;
}

static GHashTable *metadata_of(SsgModel *model)
{
  const SsgModelInfo *info = ssg_model_info(model);
  GHashTable *metadata = about_of(info);
  SsgArchitecture arch = info->arch;
  const SsgDiscriminator *d = ssg_model_discriminator(model);
  arch.n_disc_levels = d ? d->arch.n_disc_levels : 0;
  memcpy(arch.disc_channels, d ? d->arch.disc_channels : (int[SSG_MAX_LEVELS + 1]){0}, sizeof arch.disc_channels);
  arch.disc_masks = d && d->arch.disc_masks;
  arch.disc_emphasis = d && d->arch.disc_emphasis;
  g_autoptr(JsonNode) architecture = ssg_architecture_to_json(&arch);

  g_hash_table_insert(metadata, "format", g_strdup("ssgan-model"));
  g_hash_table_insert(metadata, "version", g_strdup_printf("%d", VERSION));
  g_hash_table_insert(metadata, "architecture", json_text(architecture));
  if (ssg_model_args(model))
    g_hash_table_insert(metadata, "args", json_text(ssg_model_args(model)));
  return metadata;
}

typedef struct {
  SsgHostTensors *out;
  const char *prefix; /* of the names */
  const float *block;
  SsgDtype dtype;
  SsgContext *ctx;
} Collect;

/* values in f32 -> a tensor of the wanted dtype; the device converts. */
static SsgHostTensor *converted(SsgContext *ctx, const char *name, const SsgShape *shape, const float *values, SsgDtype dtype)
{
  gint64 n = ssg_shape_elements(shape);
  if (dtype == SSG_F32)
    return ssg_host_tensor_new_copy(name, SSG_F32, shape, values);
  g_autofree void *bytes = g_malloc0(n * ssg_dtype_size(dtype));
  ssg_scope_begin(ctx);
  ssg_tensor_download(ssg_tensor_cast(ssg_tensor_new_f32(ctx, SSG_SHAPE(n), values), dtype), bytes);
  ssg_scope_end(ctx);
  return ssg_host_tensor_new_copy(name, dtype, shape, bytes);
}

static void collect_native(const char *name, const SsgParameter *parameter, int part, gpointer data)
{
  Collect *c = data;
  SsgShape shape = ssg_parameter_file_shape(parameter, SSG_LAYOUT_NATIVE);
  const float *values = c->block + parameter->start + part * ssg_shape_elements(&shape);
  g_autofree char *full = g_strconcat(c->prefix, name, NULL);
  ssg_host_tensors_take(c->out, converted(c->ctx, full, &shape, values, c->dtype), NULL);
}

static void collect_network(SsgParameters *parameters, const char *prefix, SsgDtype dtype, SsgHostTensors *out)
{
  SsgTensor *block = ssg_parameters_block(parameters);
  g_autofree float *values = g_new(float, ssg_tensor_elements(block));
  Collect collect = {.out = out, .prefix = prefix, .block = values, .dtype = dtype, .ctx = ssg_tensor_context(block)};
  ssg_tensor_download(block, values);
  ssg_parameters_each_name(parameters, collect_native, &collect);
}

static void collect_directions(SsgModel *model, SsgDtype dtype, SsgHostTensors *out)
{
  SsgContext *ctx = ssg_model_context(model);
  const SsgArchitecture *a = &ssg_model_info(model)->arch;
  SsgShape shape = SSG_SHAPE(1 + 2 * a->n_parts, SSG_N_DIRECTIONS, a->style_dim);
  SsgShape effects_shape = SSG_SHAPE(shape.dim[0], SSG_N_DIRECTIONS);
  g_autofree float *directions = g_new(float, ssg_shape_elements(&shape));
  g_autofree float *effects = g_new(float, ssg_shape_elements(&effects_shape));

  ssg_model_write_directions(model, directions, effects);
  ssg_host_tensors_take(out, converted(ctx, "directions", &shape, directions, dtype), NULL);
  ssg_host_tensors_take(out, ssg_host_tensor_new_copy("direction_effects", SSG_F32, &effects_shape, effects), NULL);
}

gboolean ssg_model_save(SsgModel *model, const char *path, SsgDtype dtype, GError **error)
{
  SsgGenerator *g = ssg_model_generator(model);
  SsgContext *ctx = ssg_model_context(model);
  const SsgDiscriminator *d = ssg_model_discriminator(model);
  g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
  g_autoptr(GHashTable) metadata = metadata_of(model);
  SsgShape s = SSG_SHAPE(g->arch.style_dim);

  collect_network(g->parameters, "", dtype, tensors);
  if (d)
    collect_network(d->parameters, "d.", dtype, tensors);
  ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy("w_mean", SSG_F32, &s, ssg_model_mean(model)), NULL);
  if (ssg_model_keeps_directions(model))
    collect_directions(model, dtype, tensors);
  return ssg_context_check(ctx, error) && ssg_safetensors_save(path, tensors, metadata, error);
}

/* The arguments that the authors' code reads when it loads a checkpoint. */
static JsonNode *args_of(const SsgArchitecture *a)
{
  JsonObject *args = json_object_new();
  JsonArray *transparent = json_array_new();
  for (int k = 0; k < a->n_parts; k++)
    if ((a->transparent >> k) & 1)
      json_array_add_int_element(transparent, k);
  json_object_set_int_member(args, "size", a->size);
  json_object_set_int_member(args, "latent", a->style_dim);
  json_object_set_int_member(args, "n_mlp", a->n_mapping);
  json_object_set_int_member(args, "channel_multiplier", 2);
  json_object_set_int_member(args, "seg_dim", a->n_parts);
  json_object_set_int_member(args, "local_layers", a->n_layers);
  json_object_set_int_member(args, "local_channel", a->local_channels);
  json_object_set_int_member(args, "base_layers", a->n_base);
  json_object_set_int_member(args, "depth_layers", a->n_depth);
  json_object_set_int_member(args, "coarse_size", a->coarse_size);
  json_object_set_int_member(args, "coarse_channel", a->feature_channels);
  json_object_set_int_member(args, "min_feat_size", a->render_size);
  json_object_set_boolean_member(args, "residual_refine", a->residual_refine);
  json_object_set_boolean_member(args, "detach_texture", a->detach_texture);
  if (a->antialias_masks) /* unknown to the authors' code */
    json_object_set_boolean_member(args, "antialias_masks", TRUE);
  json_object_set_array_member(args, "transparent_dims", transparent);
  JsonNode *node = json_node_new(JSON_NODE_OBJECT);
  json_node_take_object(node, args);
  return node;
}

gboolean ssg_model_save_pt(SsgModel *model, const char *path, GError **error)
{
  SsgGenerator *g = ssg_model_generator(model);
  g_autoptr(SsgCheckpoint) checkpoint = ssg_checkpoint_new();

  checkpoint->g_ema = ssg_generator_to_state_dict(g, NULL);
  if (!checkpoint->g_ema)
    return ssg_context_check(ssg_model_context(model), error);
  checkpoint->args = ssg_model_args(model) ? json_node_copy(ssg_model_args(model)) : args_of(&g->arch);
  checkpoint->about = about_of(ssg_model_info(model));
  SsgShape s = SSG_SHAPE(g->arch.style_dim);
  if (ssg_model_known_mean(model))
    checkpoint->w_mean = ssg_host_tensor_new_copy("w_mean", SSG_F32, &s, ssg_model_known_mean(model));
  return ssg_checkpoint_save_pt(checkpoint, path, error);
}
