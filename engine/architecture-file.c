#include "engine/architecture-file.h"

#include <string.h>

#include "engine/error.h"
#include "engine/parts.h"

/* --- JSON --- */

typedef struct {
  const char *name;
  gsize offset;
} IntField;

#define FIELD(name) {#name, G_STRUCT_OFFSET(SsgArchitecture, name)}
static const IntField int_fields[] = {
    FIELD(n_parts),        FIELD(style_dim),        FIELD(n_mapping),   FIELD(n_layers),    FIELD(n_base),
    FIELD(n_depth),        FIELD(local_channels),   FIELD(feature_channels), FIELD(coarse_size), FIELD(render_size),
    FIELD(size),           FIELD(residual_refine),  FIELD(detach_texture), FIELD(antialias_masks),
    FIELD(disc_masks),     FIELD(disc_emphasis)};
#undef FIELD

static int *int_field(SsgArchitecture *arch, const IntField *field)
{
  return (int *) ((char *) arch + field->offset);
}

static gboolean is_flag(const char *name)
{
  return g_str_equal(name, "residual_refine") || g_str_equal(name, "detach_texture") || g_str_equal(name, "antialias_masks") ||
         g_str_equal(name, "disc_masks") || g_str_equal(name, "disc_emphasis");
}

static JsonArray *array_of(const int *values, int n)
{
  JsonArray *array = json_array_new();
  for (int i = 0; i < n; i++)
    json_array_add_int_element(array, values[i]);
  return array;
}

JsonNode *ssg_architecture_to_json(const SsgArchitecture *arch)
{
  JsonObject *object = json_object_new();
  for (gsize i = 0; i < G_N_ELEMENTS(int_fields); i++) {
    int value = *int_field((SsgArchitecture *) arch, &int_fields[i]);
    if (is_flag(int_fields[i].name))
      json_object_set_boolean_member(object, int_fields[i].name, value);
    else
      json_object_set_int_member(object, int_fields[i].name, value);
  }
  JsonArray *transparent = json_array_new();
  for (int k = 0; k < arch->n_parts; k++)
    if ((arch->transparent >> k) & 1)
      json_array_add_int_element(transparent, k);
  json_object_set_array_member(object, "transparent", transparent);
  json_object_set_array_member(object, "render_channels", array_of(arch->render_channels, arch->n_levels));
  if (arch->n_disc_levels)
    json_object_set_array_member(object, "disc_channels", array_of(arch->disc_channels, arch->n_disc_levels + 1));
  JsonNode *node = json_node_new(JSON_NODE_OBJECT);
  json_node_take_object(node, object);
  return node;
}

/* An integer in int range out of a node, or -1. */
static int int_of(JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
    return -1;
  gint64 value = json_node_get_int(node);
  return value < 0 || value > G_MAXINT ? -1 : value;
}

/* Reads an array of at most max integers; -1 when it is anything else. */
static int ints_of(JsonNode *node, int *values, int max)
{
  if (!JSON_NODE_HOLDS_ARRAY(node))
    return -1;
  JsonArray *array = json_node_get_array(node);
  guint n = json_array_get_length(array);
  if (n > (guint) max)
    return -1;
  for (guint i = 0; i < n; i++)
    if ((values[i] = int_of(json_array_get_element(array, i))) < 0)
      return -1;
  return n;
}

/* true and false, or 1 and 0 as some writers have it; else -1. */
static int flag_of(JsonNode *node)
{
  if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN)
    return json_node_get_boolean(node);
  int value = int_of(node);
  return value > 1 ? -1 : value;
}

/* NULL, or what the member should have been. */
static const char *read_member(SsgArchitecture *arch, const char *name, JsonNode *node)
{
  int values[SSG_MAX_PARTS], n;

  for (gsize i = 0; i < G_N_ELEMENTS(int_fields); i++) {
    if (!g_str_equal(name, int_fields[i].name))
      continue;
    gboolean flag = is_flag(name);
    *int_field(arch, &int_fields[i]) = n = flag ? flag_of(node) : int_of(node);
    return n >= 0 ? NULL : flag ? "true or false" : "a whole number from 0 to 2147483647";
  }
  if (g_str_equal(name, "transparent")) {
    gboolean good = (n = ints_of(node, values, SSG_MAX_PARTS)) >= 0;
    arch->transparent = 0;
    for (int i = 0; i < n && good; i++) {
      good = values[i] < SSG_MAX_PARTS;
      arch->transparent |= good ? G_GUINT64_CONSTANT(1) << values[i] : 0;
    }
    return good ? NULL : "a list of part numbers";
  }
  if (g_str_equal(name, "render_channels"))
    return (arch->n_levels = ints_of(node, arch->render_channels, SSG_MAX_LEVELS)) >= 0 ? NULL : "a list of channel numbers";
  n = ints_of(node, arch->disc_channels, SSG_MAX_LEVELS + 1);
  arch->n_disc_levels = n - 1;
  return n >= 1 ? NULL : "a list of channel numbers";
}

static gboolean is_member(const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS(int_fields); i++)
    if (g_str_equal(name, int_fields[i].name))
      return TRUE;
  return g_str_equal(name, "transparent") || g_str_equal(name, "render_channels") || g_str_equal(name, "disc_channels");
}

/* The first member without which there is no architecture, or NULL when all are there. */
static const char *missing_member(JsonObject *object)
{
  for (gsize i = 0; i < G_N_ELEMENTS(int_fields); i++)
    if (!is_flag(int_fields[i].name) && !json_object_has_member(object, int_fields[i].name))
      return int_fields[i].name;
  return json_object_has_member(object, "render_channels") ? NULL : "render_channels";
}

gboolean ssg_architecture_merge_json(JsonNode *node, const char *source, SsgArchitecture *arch, GError **error)
{
  if (!node || !JSON_NODE_HOLDS_OBJECT(node)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: the architecture is not a JSON object", source);
    return FALSE;
  }
  JsonObject *object = json_node_get_object(node);
  JsonObjectIter iter;
  const char *name, *missing = missing_member(object);
  JsonNode *member;
  if (!missing)
    memset(arch, 0, sizeof *arch);
  json_object_iter_init(&iter, object);
  while (json_object_iter_next(&iter, &name, &member)) {
    const char *expected = is_member(name) ? read_member(arch, name, member) : NULL;
    if (expected) {
      g_autofree char *text = json_to_string(member, FALSE);
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: architecture.%s is %.80s, not %s", source, name, text, expected);
      return FALSE;
    }
    if (!is_member(name)) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: architecture.%s: there is no such member", source, name);
      return FALSE;
    }
  }
  g_autoptr(GError) inner = NULL;
  if (ssg_architecture_check(arch, &inner))
    return TRUE;
  if (missing && arch->n_parts == 0)
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "%s: architecture.%s is missing", source, missing);
  else
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "%s: architecture: %s", source, inner->message);
  return FALSE;
}

gboolean ssg_architecture_from_json(JsonNode *node, const char *source, SsgArchitecture *arch, GError **error)
{
  memset(arch, 0, sizeof *arch);
  return ssg_architecture_merge_json(node, source, arch, error);
}

/* --- public checkpoints --- */

static const SsgHostTensor *find(const SsgHostTensors *tensors, int rank, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* NULL when there is no such tensor, or it has another rank or a size that no model has. */
static const SsgHostTensor *find(const SsgHostTensors *tensors, int rank, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  g_autofree char *name = g_strdup_vprintf(format, args);
  va_end(args);
  const SsgHostTensor *tensor = ssg_host_tensors_get(tensors, name);
  if (!tensor || tensor->shape.rank != rank)
    return NULL;
  for (int i = 0; i < rank; i++)
    if (tensor->shape.dim[i] < 1 || tensor->shape.dim[i] > 1 << 20)
      return NULL;
  return tensor;
}

static int dim(const SsgHostTensor *tensor, int axis)
{
  return tensor ? tensor->shape.dim[axis] : 0;
}

static int arg_int(JsonNode *args, const char *name, int fallback)
{
  JsonNode *node = args && JSON_NODE_HOLDS_OBJECT(args) ? json_object_get_member(json_node_get_object(args), name) : NULL;
  int value = !node ? -1 : JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN ? flag_of(node) : int_of(node);
  return value < 0 ? fallback : value;
}

static void read_transparent(SsgArchitecture *arch, JsonNode *args)
{
  JsonNode *node = args && JSON_NODE_HOLDS_OBJECT(args)
                       ? json_object_get_member(json_node_get_object(args), "transparent_dims")
                       : NULL;
  int values[SSG_MAX_PARTS];
  int n = node ? ints_of(node, values, SSG_MAX_PARTS) : -1;
  if (n < 0)
    arch->transparent = ssg_part_default_transparent(arch->n_parts);
  for (int i = 0; i < n; i++)
    if (values[i] < arch->n_parts)
      arch->transparent |= G_GUINT64_CONSTANT(1) << values[i];
}

static void read_discriminator(SsgArchitecture *arch, const SsgHostTensors *d)
{
  int size = arch->size;
  if (!d)
    return;
  arch->disc_channels[0] = dim(find(d, 4, "convs_img.0.0.weight"), 0);
  for (; size > 4 && arch->n_disc_levels < SSG_MAX_LEVELS; size /= 2) {
    int i = ++arch->n_disc_levels;
    arch->disc_channels[i] = dim(find(d, 4, "convs_img.%d.conv2.1.weight", i), 0);
  }
  arch->disc_masks = find(d, 4, "convs_seg.0.0.weight") != NULL;
}

gboolean ssg_architecture_from_checkpoint(const SsgHostTensors *g, const SsgHostTensors *d, JsonNode *args,
                                          const char *source, SsgArchitecture *arch, GError **error)
{
  memset(arch, 0, sizeof *arch);
  while (arch->n_parts <= SSG_MAX_PARTS && find(g, 4, "local_nets.%d.to_feat.conv.weight", arch->n_parts))
    arch->n_parts++;
  while (arch->n_layers < 100 && find(g, 5, "local_nets.0.linears.%d.conv.weight", arch->n_layers))
    arch->n_layers++;
  while (arch->n_mapping < 100 && find(g, 2, "style.%d.weight", arch->n_mapping + 1))
    arch->n_mapping++;
  while (arch->n_levels < SSG_MAX_LEVELS && find(g, 4, "render_net.convs.%d.weight", 2 * arch->n_levels + 1)) {
    arch->render_channels[arch->n_levels] = dim(find(g, 4, "render_net.convs.%d.weight", 2 * arch->n_levels), 0);
    arch->n_levels++;
  }
  arch->style_dim = dim(find(g, 2, "style.1.weight"), 1);
  arch->local_channels = dim(find(g, 5, "local_nets.0.linears.0.conv.weight"), 1);
  arch->feature_channels = dim(find(g, 4, "local_nets.0.to_feat.conv.weight"), 0);
  int first = dim(find(g, 4, "render_net.noises.noise_0"), 3);
  arch->render_size = arg_int(args, "min_feat_size", first ? first / 2 : 16);
  arch->size = arch->render_size <= 4096 ? arch->render_size << arch->n_levels : 0;
  /* Where the coarse features are appended, a level takes more channels than the one before gives. */
  arch->coarse_size = arg_int(args, "coarse_size", 0);
  for (int i = 1; i < arch->n_levels && !arch->coarse_size; i++)
    if (dim(find(g, 4, "render_net.convs.%d.weight", 2 * i), 1) == arch->render_channels[i - 1] + arch->feature_channels)
      arch->coarse_size = arch->render_size << i;
  arch->n_base = arg_int(args, "base_layers", 2);
  arch->n_depth = arg_int(args, "depth_layers", 6);
  arch->residual_refine = arg_int(args, "residual_refine", 1);
  arch->detach_texture = arg_int(args, "detach_texture", 0);
  arch->antialias_masks = arg_int(args, "antialias_masks", 0);
  read_transparent(arch, args);
  read_discriminator(arch, d);

  g_autoptr(GError) inner = NULL;
  if (ssg_architecture_check(arch, &inner))
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "%s: this is no SemanticStyleGAN generator: %s", source, inner->message);
  return FALSE;
}
