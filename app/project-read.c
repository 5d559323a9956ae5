/* Reading projects: nothing in a file is believed before it was checked. */
#include "app/document-private.h"
#include "app/project-file.h"
#include "app/project-tunings.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "app/shelf.h"
#include "engine/architecture-file.h"
#include "engine/error.h"
#include "engine/safetensors.h"

#define MAX_NESTING 16

typedef struct {
  const char *path;
  JsonObject *project;
  const SsgSafetensors *file;
  SsgModelInfo *info; /* NULL: the document was empty */
  GPtrArray *faces;   /* of SsgFace */
  GPtrArray *tunings; /* of SsgTuning */
} Reader;

G_GNUC_PRINTF(3, 4)
static gboolean fail(const Reader *reader, GError **error, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  g_autofree char *why = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: not a readable project: %s", reader->path, why);
  return FALSE;
}

/* json-glib recurses into what it reads; a file must not be able to use up the stack. */
static gboolean nesting_is_sane(const char *json)
{
  int depth = 0;
  gboolean in_string = FALSE;
  for (const char *p = json; *p; p++) {
    if (in_string) {
      if (*p == '\\' && p[1])
        p++;
      else if (*p == '"')
        in_string = FALSE;
    } else if (*p == '"') {
      in_string = TRUE;
    } else if (*p == '{' || *p == '[') {
      if (++depth > MAX_NESTING)
        return FALSE;
    } else if (*p == '}' || *p == ']') {
      depth--;
    }
  }
  return TRUE;
}

static gboolean get_int(const Reader *reader, JsonObject *object, const char *name, gint64 low, gint64 high, gint64 *value,
                        GError **error)
{
  JsonNode *node = json_object_get_member(object, name);
  if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
    return fail(reader, error, "member '%s' is not a whole number", name);
  *value = json_node_get_int(node);
  if (*value < low || *value > high)
    return fail(reader, error, "member '%s' is %" G_GINT64_FORMAT ", outside %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                name, *value, low, high);
  return TRUE;
}

/* NULL with an error when it is not a string. Borrowed. */
static const char *get_text(const Reader *reader, JsonObject *object, const char *name, GError **error)
{
  JsonNode *node = json_object_get_member(object, name);
  if (node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
    return json_node_get_string(node);
  fail(reader, error, "member '%s' is not a text", name);
  return NULL;
}

static gboolean get_u64(const Reader *reader, JsonObject *object, const char *name, guint64 *value, GError **error)
{
  const char *text = get_text(reader, object, name, error);
  if (!text)
    return FALSE;
  if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, value, NULL))
    return fail(reader, error, "member '%s' is not a number without sign", name);
  return TRUE;
}

static JsonArray *get_array(const Reader *reader, JsonObject *object, const char *name, GError **error)
{
  JsonNode *node = json_object_get_member(object, name);
  if (node && JSON_NODE_HOLDS_ARRAY(node))
    return json_node_get_array(node);
  fail(reader, error, "member '%s' is not a list", name);
  return NULL;
}

static JsonObject *get_element(const Reader *reader, JsonArray *array, guint i, const char *name, GError **error)
{
  JsonNode *node = json_array_get_element(array, i);
  if (JSON_NODE_HOLDS_OBJECT(node))
    return json_node_get_object(node);
  fail(reader, error, "entry %u of '%s' is not an object", i, name);
  return NULL;
}

static gboolean read_model(Reader *reader, JsonObject *model, GError **error)
{
  SsgModelInfo info = {.images_seen = -1, .format = "safetensors", .origin = ""};
  JsonNode *arch = json_object_get_member(model, "architecture");
  if (!arch)
    return fail(reader, error, "the model has no architecture");
  if (!ssg_architecture_from_json(arch, reader->path, &info.arch, error))
    return FALSE;
  if (!(info.name = (char *) get_text(reader, model, "name", error)) ||
      !(info.licence = (char *) get_text(reader, model, "licence", error)))
    return FALSE;
  JsonArray *parts = get_array(reader, model, "parts", error);
  if (!parts)
    return FALSE;
  guint k = info.arch.n_parts;
  if (json_array_get_length(parts) != k)
    return fail(reader, error, "the model has %u parts, but %u are named", k, json_array_get_length(parts));
  g_autofree char **names = g_new0(char *, k + 1); /* borrowed strings */
  g_autofree guint32 *colors = g_new(guint32, k);
  for (guint i = 0; i < k; i++) {
    gint64 color;
    JsonObject *part = get_element(reader, parts, i, "parts", error);
    if (!part || !(names[i] = (char *) get_text(reader, part, "name", error)) ||
        !get_int(reader, part, "color", 0, 0xffffff, &color, error))
      return FALSE;
    colors[i] = color;
  }
  info.part_names = names;
  info.part_colors = colors;
  reader->info = ssg_model_info_copy(&info);
  return TRUE;
}

static SsgHostTensor *get_tensor(const Reader *reader, const char *name, gint64 rows, gint64 columns, GError **error)
{
  SsgHostTensor *tensor = ssg_host_tensors_get(reader->file->tensors, name);
  if (!tensor) {
    fail(reader, error, "tensor '%s' is missing", name);
    return NULL;
  }
  const SsgShape *shape = &tensor->shape;
  if (tensor->dtype == SSG_F32 && shape->rank == 3 && shape->dim[1] == rows && shape->dim[2] == columns)
    return tensor;
  g_autofree char *text = ssg_shape_text(shape);
  fail(reader, error, "tensor '%s' is %s %s; expected f32 [n, %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT "]", name,
       ssg_dtype_name(tensor->dtype), text, rows, columns);
  return NULL;
}

static SsgFace *read_face(Reader *reader, JsonObject *object, SsgFace **by_codes, SsgHostTensor *codes,
                          SsgHostTensor *transforms, GError **error)
{
  const SsgArchitecture *arch = &reader->info->arch;
  gint64 code, place, noise;
  guint64 hidden, seed;
  if (!get_int(reader, object, "codes", 0, codes->shape.dim[0] - 1, &code, error) ||
      !get_int(reader, object, "transforms", 0, transforms->shape.dim[0] - 1, &place, error) ||
      !get_int(reader, object, "noise", SSG_NOISE_STORED, SSG_NOISE_NONE, &noise, error) ||
      !get_u64(reader, object, "hidden", &hidden, error) || !get_u64(reader, object, "noise_seed", &seed, error))
    return NULL;
  if (!by_codes[code]) {
    int rows = ssg_architecture_short_rows(arch);
    const float *values = (const float *) codes->data + (gsize) code * rows * arch->style_dim;
    if (!(by_codes[code] = ssg_face_new(arch, rows, values, error))) {
      g_prefix_error(error, "%s: ", reader->path);
      return NULL;
    }
  }
  const float *values = (const float *) transforms->data + (gsize) place * arch->n_parts * 3;
  SsgFace *face = ssg_face_set_noise(by_codes[code], noise, seed); /* shares the codes */
  for (int k = 0; k < arch->n_parts; k++) {
    SsgTransform transform = {values[3 * k], values[3 * k + 1], values[3 * k + 2]};
    if (!isfinite(transform.scale) || !isfinite(transform.shift_x) || !isfinite(transform.shift_y)) {
      fail(reader, error, "transform %d of part %d is not finite", (int) place, k);
      ssg_face_unref(face);
      return NULL;
    }
    SsgFace *moved = ssg_face_set_transform(face, k, transform);
    ssg_face_unref(face);
    face = ssg_face_set_shown(moved, k, (hidden >> k & 1) == 0);
    ssg_face_unref(moved);
  }
  return face;
}

static gboolean read_faces(Reader *reader, GError **error)
{
  const SsgArchitecture *arch = &reader->info->arch;
  JsonArray *faces = get_array(reader, reader->project, "faces", error);
  SsgHostTensor *codes =
      faces ? get_tensor(reader, "codes", ssg_architecture_short_rows(arch), arch->style_dim, error) : NULL;
  SsgHostTensor *transforms = codes ? get_tensor(reader, "transforms", arch->n_parts, 3, error) : NULL;
  if (!transforms)
    return FALSE;
  gsize n_codes = codes->shape.dim[0];
  SsgFace **by_codes = g_new0(SsgFace *, n_codes + 1);
  gboolean done = TRUE;
  for (guint i = 0; done && i < json_array_get_length(faces); i++) {
    JsonObject *object = get_element(reader, faces, i, "faces", error);
    SsgFace *face = object ? read_face(reader, object, by_codes, codes, transforms, error) : NULL;
    done = face != NULL;
    if (face)
      g_ptr_array_add(reader->faces, face);
  }
  for (gsize i = 0; i < n_codes; i++)
    g_clear_pointer(&by_codes[i], ssg_face_unref);
  g_free(by_codes);
  return done;
}

static gboolean read_tunings(Reader *reader, GError **error)
{
  const SsgArchitecture *arch = &reader->info->arch;
  SsgHostTensor *vectors = ssg_host_tensors_get(reader->file->tensors, "vectors");
  if (vectors && (vectors->dtype != SSG_F32 || vectors->shape.rank != 2 || vectors->shape.dim[1] != arch->style_dim))
    return fail(reader, error, "tensor 'vectors' is not f32 [n, %d]", arch->style_dim);
  reader->tunings = ssg_project_tunings_read(reader->project, reader->faces, arch->n_parts, arch->style_dim,
                                             vectors ? vectors->data : NULL, vectors ? vectors->shape.dim[0] : 0, error);
  if (!reader->tunings)
    g_prefix_error(error, "%s: not a readable project: ", reader->path);
  return reader->tunings != NULL;
}

static gboolean set_tunings(const Reader *reader, JsonObject *step, SsgHistoryEntry *entry, GError **error)
{
  if (!json_object_has_member(step, "tunings"))
    return TRUE;
  JsonArray *tunings = get_array(reader, step, "tunings", error);
  for (guint i = 0; tunings && i < json_array_get_length(tunings); i++) {
    JsonNode *node = json_array_get_element(tunings, i);
    gint64 number = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64 ? json_node_get_int(node)
                                                                                                  : -1;
    if (number < 0 || number >= (gint64) reader->tunings->len)
      return fail(reader, error, "a step has sliders that are not in the file");
    SsgTuning *tuning = reader->tunings->pdata[number];
    ssg_history_entry_set_tuning(entry, ssg_tuning_part(tuning), tuning);
  }
  return tunings != NULL;
}

static SsgFace *get_face(const Reader *reader, JsonObject *object, const char *name, GError **error)
{
  gint64 i = 0;
  return get_int(reader, object, name, 0, (gint64) reader->faces->len - 1, &i, error)
             ? g_ptr_array_index(reader->faces, i)
             : NULL;
}

static gboolean read_history(const Reader *reader, SsgDocument *document, GError **error)
{
  JsonArray *history = get_array(reader, reader->project, "history", error);
  guint n = history ? json_array_get_length(history) : 0;
  gint64 position;
  guint64 locked;
  if (!history || !get_u64(reader, reader->project, "locked", &locked, error))
    return FALSE;
  if (n == 0)
    return TRUE;
  if (!get_int(reader, reader->project, "position", 0, n - 1, &position, error))
    return FALSE;
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_object_unref);
  for (guint i = 0; i < n; i++) {
    JsonObject *step = get_element(reader, history, i, "history", error);
    gint64 time;
    SsgFace *face = step ? get_face(reader, step, "face", error) : NULL;
    SsgFace *origin = face ? get_face(reader, step, "origin", error) : NULL;
    const char *description = origin ? get_text(reader, step, "description", error) : NULL;
    if (!description || !get_int(reader, step, "time", 1, G_MAXINT64, &time, error))
      return FALSE;
    SsgHistoryEntry *entry = ssg_history_entry_new(face, origin, description, time);
    g_ptr_array_add(entries, entry);
    if (!set_tunings(reader, step, entry, error))
      return FALSE;
  }
  if (reader->info->arch.n_parts < 64)
    locked &= (1ull << reader->info->arch.n_parts) - 1;
  ssg_document_restore(document, entries, position, locked);
  return TRUE;
}

static gboolean read_kept(const Reader *reader, SsgDocument *document, GError **error)
{
  JsonArray *kept = get_array(reader, reader->project, "kept", error);
  for (guint i = 0; kept && i < json_array_get_length(kept); i++) {
    JsonObject *object = get_element(reader, kept, i, "kept", error);
    guint64 seed;
    SsgFace *face = object ? get_face(reader, object, "face", error) : NULL;
    const char *kind = face ? get_text(reader, object, "kind", error) : NULL;
    const char *title = kind ? get_text(reader, object, "title", error) : NULL;
    if (!title || !get_u64(reader, object, "seed", &seed, error))
      return FALSE;
    g_autoptr(SsgShelfFace) item = ssg_shelf_face_new(
        strcmp(kind, "opened") == 0 ? SSG_SHELF_OPENED : SSG_SHELF_KEPT, face, seed, title);
    g_list_store_append(G_LIST_STORE(ssg_document_kept(document)), item);
  }
  return kept != NULL;
}

static gboolean read_rest(const Reader *reader, SsgDocument *document, GError **error)
{
  JsonObject *project = reader->project;
  gint64 selected;
  if (!get_int(reader, project, "selected_part", SSG_PART_NONE, SSG_MAX_PARTS - 1, &selected, error))
    return FALSE;
  ssg_document_select_part(document, selected);
  if (json_object_has_member(project, "donor")) {
    SsgFace *donor = get_face(reader, project, "donor", error);
    const char *name = donor ? get_text(reader, project, "donor_name", error) : NULL;
    if (!name)
      return FALSE;
    ssg_document_set_donor(document, donor, name);
  }
  if (json_object_has_member(project, "view")) {
    const char *text = get_text(reader, project, "view", error);
    GVariant *view = text ? g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL) : NULL;
    if (!view)
      return fail(reader, text ? error : NULL, "member 'view' is damaged");
    ssg_document_set_view_state(document, view);
    g_variant_unref(view);
  }
  return TRUE;
}

static SsgDocument *read_document(Reader *reader, GError **error)
{
  JsonObject *project = reader->project;
  g_autoptr(SsgDocument) document = ssg_document_new();
  JsonNode *model = json_object_get_member(project, "model");
  if (model) {
    if (!JSON_NODE_HOLDS_OBJECT(model)) {
      fail(reader, error, "member 'model' is not an object");
      return NULL;
    }
    JsonObject *object = json_node_get_object(model);
    const char *hash = get_text(reader, object, "hash", error), *path = NULL;
    if (!hash || (json_object_has_member(object, "path") && !(path = get_text(reader, object, "path", error))) ||
        !read_model(reader, object, error) || !ssg_document_set_model(document, reader->info, path, hash, error) ||
        !read_faces(reader, error) || !read_tunings(reader, error) || !read_history(reader, document, error) || !read_kept(reader, document, error) ||
        !read_rest(reader, document, error))
      return NULL;
  }
  g_autoptr(GFile) file = g_file_new_for_path(reader->path);
  ssg_document_set_saved(document, file);
  return g_steal_pointer(&document);
}

/* The description of a project, parsed; NULL with an error. */
static JsonParser *parse_description(const Reader *reader, GError **error)
{
  const char *path = reader->path;
  const SsgSafetensors *file = reader->file;
  const char *json = ssg_safetensors_metadata(file, "project");
  if (g_strcmp0(ssg_safetensors_metadata(file, "format"), "ssgan-project") != 0 || !json) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: this is a safetensors file, but not a project of the editor", path);
    return NULL;
  }
  if (g_strcmp0(ssg_safetensors_metadata(file, "version"), "1") != 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: the project was saved by a newer version of ssgan (format version %s; this one reads 1)", path,
                ssg_safetensors_metadata(file, "version"));
    return NULL;
  }
  g_autoptr(JsonParser) parser = json_parser_new_immutable();
  g_autoptr(GError) json_error = NULL;
  if (!nesting_is_sane(json)) {
    fail(reader, error, "its description is nested too deeply");
    return NULL;
  }
  if (!json_parser_load_from_data(parser, json, -1, &json_error)) {
    fail(reader, error, "%s", json_error->message);
    return NULL;
  }
  JsonNode *root = json_parser_get_root(parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
    fail(reader, error, "its description is not an object");
    return NULL;
  }
  return g_steal_pointer(&parser);
}

SsgDocument *ssg_project_load(const char *path, GError **error)
{
  Reader reader = {.path = path};
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, error);
  if (!file)
    return NULL;
  reader.file = file;
  g_autoptr(JsonParser) parser = parse_description(&reader, error);
  if (!parser)
    return NULL;
  reader.project = json_node_get_object(json_parser_get_root(parser));
  reader.faces = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_face_unref);
  SsgDocument *document = read_document(&reader, error);
  g_clear_pointer(&reader.info, ssg_model_info_free);
  g_ptr_array_unref(reader.faces);
  g_clear_pointer(&reader.tunings, g_ptr_array_unref);
  return document;
}

gboolean ssg_project_peek(const char *path, char **title, char **original, GError **error)
{
  Reader reader = {.path = path};
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, error);
  if (!file)
    return FALSE;
  reader.file = file;
  g_autoptr(JsonParser) parser = parse_description(&reader, error);
  if (!parser)
    return FALSE;
  JsonObject *project = json_node_get_object(json_parser_get_root(parser));
  const char *text = get_text(&reader, project, "title", error);
  if (!text)
    return FALSE;
  *title = g_strdup(text);
  *original = g_strdup(json_object_has_member(project, "file") ? get_text(&reader, project, "file", NULL) : NULL);
  return TRUE;
}

gboolean ssg_project_sniff(const char *path)
{
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, NULL);
  return file && g_strcmp0(ssg_safetensors_metadata(file, "format"), "ssgan-project") == 0;
}
