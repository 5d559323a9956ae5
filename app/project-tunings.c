#include "app/project-tunings.h"

#include <math.h>
#include <string.h>
#include "engine/error.h"

#define MAX_DIRECTIONS 4096

/* Writing ------------------------------------------------------------------------------------------------------------ */

void ssg_project_tunings_init(SsgProjectTunings *self)
{
  self->tunings = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_tuning_unref);
  self->numbers = g_hash_table_new(NULL, NULL);
}

void ssg_project_tunings_clear(SsgProjectTunings *self)
{
  g_ptr_array_unref(self->tunings);
  g_hash_table_unref(self->numbers);
}

guint ssg_project_tunings_add(SsgProjectTunings *self, SsgTuning *tuning)
{
  guint number = GPOINTER_TO_UINT(g_hash_table_lookup(self->numbers, tuning));
  if (number > 0)
    return number - 1;
  g_ptr_array_add(self->tunings, ssg_tuning_ref(tuning));
  g_hash_table_insert(self->numbers, tuning, GUINT_TO_POINTER(self->tunings->len));
  return self->tunings->len - 1;
}

/* The number of a set among those written so far, which become one more when it is not there. */
static guint number_of_set(GPtrArray *sets, SsgDirectionSet *set)
{
  for (guint i = 0; i < sets->len; i++)
    if (ssg_direction_set_equal(sets->pdata[i], set))
      return i;
  g_ptr_array_add(sets, set);
  return sets->len - 1;
}

static const char *name_of_code(SsgCode what)
{
  return what == SSG_CODE_TEXTURE ? "texture" : "shape";
}

static void write_directions(JsonObject *object, SsgTuning *tuning, SsgCode what, GPtrArray *sets)
{
  SsgDirectionSet *set = ssg_tuning_directions(tuning, what);
  if (!set)
    return;
  JsonArray *amounts = json_array_new();
  for (int i = 0; i < set->n; i++)
    json_array_add_double_element(amounts, ssg_tuning_amount(tuning, what, i));
  JsonObject *directions = json_object_new();
  json_object_set_int_member(directions, "set", number_of_set(sets, set));
  json_object_set_array_member(directions, "amounts", amounts);
  g_autofree char *name = g_strconcat(name_of_code(what), "_directions", NULL);
  json_object_set_object_member(object, name, directions);
}

void ssg_project_tunings_write(const SsgProjectTunings *self, JsonObject *project, SsgNumberFunc number_of_face,
                               gpointer faces, SsgNumberFunc number_of_row, gpointer rows)
{
  g_autoptr(GPtrArray) sets = g_ptr_array_new();
  JsonArray *tunings = json_array_new(), *written = json_array_new();
  for (guint i = 0; i < self->tunings->len; i++) {
    SsgTuning *tuning = self->tunings->pdata[i];
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "part", ssg_tuning_part(tuning));
    json_object_set_int_member(object, "anchor", number_of_face(faces, ssg_tuning_anchor(tuning)));
    if (ssg_tuning_donor(tuning))
      json_object_set_int_member(object, "donor", number_of_face(faces, ssg_tuning_donor(tuning)));
    json_object_set_double_member(object, "shape", ssg_tuning_blend(tuning, SSG_CODE_SHAPE));
    json_object_set_double_member(object, "texture", ssg_tuning_blend(tuning, SSG_CODE_TEXTURE));
    if (ssg_tuning_mean(tuning)) {
      json_object_set_double_member(object, "truncation", ssg_tuning_truncation(tuning));
      json_object_set_int_member(object, "mean", number_of_row(rows, ssg_tuning_mean(tuning)));
    }
    write_directions(object, tuning, SSG_CODE_SHAPE, sets);
    write_directions(object, tuning, SSG_CODE_TEXTURE, sets);
    json_array_add_object_element(tunings, object);
  }
  for (guint i = 0; i < sets->len; i++) {
    const SsgDirectionSet *set = sets->pdata[i];
    JsonArray *vectors = json_array_new(), *effects = json_array_new();
    for (int d = 0; d < set->n; d++) {
      json_array_add_int_element(vectors, number_of_row(rows, set->directions + (gsize) d * set->style_dim));
      json_array_add_double_element(effects, set->effects[d]);
    }
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "part", set->part);
    json_object_set_string_member(object, "what", name_of_code(set->what));
    json_object_set_array_member(object, "rows", vectors);
    json_object_set_array_member(object, "effects", effects);
    json_array_add_object_element(written, object);
  }
  json_object_set_array_member(project, "tunings", tunings);
  json_object_set_array_member(project, "direction_sets", written);
}

/* Reading ------------------------------------------------------------------------------------------------------------ */

typedef struct {
  GPtrArray *faces;
  int n_parts, style_dim;
  const float *vectors;
  gint64 n_vectors;
  GPtrArray *sets; /* of SsgDirectionSet */
} Source;

static gboolean fail(GError **error, const char *what)
{
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "where the sliders stood is damaged: %s", what);
  return FALSE;
}

static gboolean get_index(JsonObject *object, const char *name, gint64 low, gint64 high, gint64 *value)
{
  JsonNode *node = json_object_get_member(object, name);
  if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int(node);
  return *value >= low && *value <= high;
}

/* A finite number no larger than 1000, which no slider reaches. */
static gboolean number_of_node(JsonNode *node, float *value)
{
  if (!node || !JSON_NODE_HOLDS_VALUE(node) ||
      (json_node_get_value_type(node) != G_TYPE_DOUBLE && json_node_get_value_type(node) != G_TYPE_INT64))
    return FALSE;
  *value = (float) json_node_get_double(node);
  return isfinite(*value) && fabsf(*value) <= 1000;
}

static JsonArray *get_list(JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member(object, name);
  return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static JsonObject *object_at(JsonArray *list, guint i)
{
  JsonNode *node = json_array_get_element(list, i);
  return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static const float *vector_at(const Source *source, JsonNode *node)
{
  gint64 row = node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64
                   ? json_node_get_int(node) : -1;
  if (row < 0 || row >= source->n_vectors)
    return NULL;
  const float *vector = source->vectors + row * source->style_dim;
  for (int i = 0; i < source->style_dim; i++)
    if (!isfinite(vector[i]))
      return NULL;
  return vector;
}

static SsgDirectionSet *read_set(const Source *source, JsonObject *object, GError **error)
{
  gint64 part;
  JsonArray *rows = object ? get_list(object, "rows") : NULL, *effects = object ? get_list(object, "effects") : NULL;
  JsonNode *what = object ? json_object_get_member(object, "what") : NULL;
  const char *name = what && JSON_NODE_HOLDS_VALUE(what) ? json_node_get_string(what) : NULL;
  guint n = rows ? json_array_get_length(rows) : 0;
  if (!rows || !effects || json_array_get_length(effects) != n || n > MAX_DIRECTIONS || !name ||
      !get_index(object, "part", SSG_PART_BASE, source->n_parts - 1, &part)) {
    fail(error, "a set of directions");
    return NULL;
  }
  g_autofree float *directions = g_new(float, (gsize) n * source->style_dim + 1);
  g_autofree float *sizes = g_new(float, (gsize) n + 1);
  for (guint i = 0; i < n; i++) {
    const float *vector = vector_at(source, json_array_get_element(rows, i));
    JsonNode *effect = json_array_get_element(effects, i);
    if (!vector || !effect || !JSON_NODE_HOLDS_VALUE(effect)) {
      fail(error, "a direction");
      return NULL;
    }
    memcpy(directions + (gsize) i * source->style_dim, vector, sizeof *vector * source->style_dim);
    sizes[i] = (float) json_node_get_double(effect);
  }
  return ssg_direction_set_new((int) part, g_str_equal(name, "texture") ? SSG_CODE_TEXTURE : SSG_CODE_SHAPE, (int) n,
                               source->style_dim, directions, sizes);
}

/* Replaces *tuning, which is owned. */
static void take(SsgTuning **tuning, SsgTuning *made)
{
  ssg_tuning_unref(*tuning);
  *tuning = made;
}

static gboolean read_directions(const Source *source, JsonObject *object, const char *name, SsgTuning **tuning)
{
  if (!json_object_has_member(object, name))
    return TRUE;
  JsonNode *node = json_object_get_member(object, name);
  JsonObject *directions = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
  JsonArray *amounts = directions ? get_list(directions, "amounts") : NULL;
  gint64 number;
  if (!amounts || !get_index(directions, "set", 0, (gint64) source->sets->len - 1, &number))
    return FALSE;
  SsgDirectionSet *set = source->sets->pdata[number];
  if (set->part != ssg_tuning_part(*tuning) || (int) json_array_get_length(amounts) != set->n ||
      (set->what == SSG_CODE_TEXTURE) != g_str_has_prefix(name, "texture"))
    return FALSE;
  for (int i = 0; i < set->n; i++) {
    float amount;
    if (!number_of_node(json_array_get_element(amounts, i), &amount))
      return FALSE;
    if (amount != 0)
      take(tuning, ssg_tuning_with_direction(*tuning, set, i, amount));
  }
  return TRUE;
}

static SsgTuning *read_tuning(const Source *source, JsonObject *object)
{
  gint64 part, anchor, donor = -1, last = (gint64) source->faces->len - 1;
  float shape, texture, psi;
  if (!object || !get_index(object, "part", SSG_PART_WHOLE, source->n_parts - 1, &part) ||
      !get_index(object, "anchor", 0, last, &anchor) ||
      (json_object_has_member(object, "donor") && !get_index(object, "donor", 0, last, &donor)) ||
      !number_of_node(json_object_get_member(object, "shape"), &shape) ||
      !number_of_node(json_object_get_member(object, "texture"), &texture))
    return NULL;
  g_autoptr(SsgTuning) tuning = ssg_tuning_new((int) part, source->faces->pdata[anchor],
                                               donor >= 0 ? source->faces->pdata[donor] : NULL);
  if (donor >= 0) {
    take(&tuning, ssg_tuning_with_blend(tuning, SSG_CODE_SHAPE, shape));
    take(&tuning, ssg_tuning_with_blend(tuning, SSG_CODE_TEXTURE, texture));
  }
  if (json_object_has_member(object, "mean")) {
    const float *mean = vector_at(source, json_object_get_member(object, "mean"));
    if (!mean || !number_of_node(json_object_get_member(object, "truncation"), &psi))
      return NULL;
    take(&tuning, ssg_tuning_with_truncation(tuning, mean, psi));
  }
  if (!read_directions(source, object, "shape_directions", &tuning) ||
      !read_directions(source, object, "texture_directions", &tuning))
    return NULL;
  return g_steal_pointer(&tuning);
}

GPtrArray *ssg_project_tunings_read(JsonObject *project, GPtrArray *faces, int n_parts, int style_dim, const float *vectors,
                                    gint64 n_vectors, GError **error)
{
  g_autoptr(GPtrArray) tunings = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_tuning_unref);
  g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_direction_set_unref);
  Source source = {faces, n_parts, style_dim, vectors, n_vectors, sets};
  JsonArray *list = get_list(project, "tunings"), *set_list = get_list(project, "direction_sets");
  for (guint i = 0; set_list && i < json_array_get_length(set_list); i++) {
    SsgDirectionSet *set = read_set(&source, object_at(set_list, i), error);
    if (!set)
      return NULL;
    g_ptr_array_add(sets, set);
  }
  for (guint i = 0; list && i < json_array_get_length(list); i++) {
    SsgTuning *tuning = read_tuning(&source, object_at(list, i));
    if (!tuning) {
      fail(error, "a slider");
      return NULL;
    }
    g_ptr_array_add(tunings, tuning);
  }
  return g_steal_pointer(&tunings);
}
