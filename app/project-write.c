/* Writing projects: a snapshot of a document, made on the main loop, written by any thread. */
#include "app/project-file.h"
#include "app/project-tunings.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include "app/shelf.h"
#include "engine/architecture-file.h"
#include "engine/error.h"
#include "engine/safetensors.h"

typedef struct {
  guint face, origin;
  char *description;
  gint64 time;
  GArray *tunings; /* of guint; NULL: all sliders at rest */
} Step;

typedef struct {
  SsgShelfKind kind;
  guint face;
  guint64 seed;
  char *title;
} Kept;

struct _SsgProjectSnapshot {
  SsgModelInfo *model;
  char *model_path, *model_hash, *title, *original;
  GPtrArray *faces;   /* of SsgFace, each distinct pointer once */
  GHashTable *numbers; /* SsgFace * -> index + 1 */
  GArray *steps, *kept;
  SsgProjectTunings tunings;
  int position, selected;
  guint64 locked;
  int donor; /* face, -1 none */
  char *donor_name, *view;
};

static void step_clear(gpointer step)
{
  g_free(((Step *) step)->description);
  g_clear_pointer(&((Step *) step)->tunings, g_array_unref);
}

static void kept_clear(gpointer kept)
{
  g_free(((Kept *) kept)->title);
}

static guint add_face(SsgProjectSnapshot *snapshot, SsgFace *face)
{
  guint number = GPOINTER_TO_UINT(g_hash_table_lookup(snapshot->numbers, face));
  if (number > 0)
    return number - 1;
  g_ptr_array_add(snapshot->faces, ssg_face_ref(face));
  g_hash_table_insert(snapshot->numbers, face, GUINT_TO_POINTER(snapshot->faces->len));
  return snapshot->faces->len - 1;
}

/* What the sliders of a step start from must be in the file too. */
static GArray *add_tunings(SsgProjectSnapshot *snapshot, SsgHistoryEntry *entry)
{
  GArray *numbers = NULL;
  int n_parts = ssg_face_n_parts(ssg_history_entry_face(entry));
  for (int part = SSG_PART_WHOLE; part < n_parts; part++) {
    SsgTuning *tuning = ssg_history_entry_tuning(entry, part);
    if (!tuning)
      continue;
    add_face(snapshot, ssg_tuning_anchor(tuning));
    if (ssg_tuning_donor(tuning))
      add_face(snapshot, ssg_tuning_donor(tuning));
    guint number = ssg_project_tunings_add(&snapshot->tunings, tuning);
    if (!numbers)
      numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(numbers, number);
  }
  return numbers;
}

SsgProjectSnapshot *ssg_project_snapshot_new(SsgDocument *document)
{
  SsgProjectSnapshot *snapshot = g_new0(SsgProjectSnapshot, 1);
  const SsgModelInfo *model = ssg_document_model(document);
  snapshot->model = model ? ssg_model_info_copy(model) : NULL;
  snapshot->model_path = g_strdup(ssg_document_model_path(document));
  snapshot->model_hash = g_strdup(ssg_document_model_hash(document));
  snapshot->title = g_strdup(ssg_document_title(document));
  GFile *file = ssg_document_file(document);
  snapshot->original = file ? g_file_get_path(file) : NULL;
  snapshot->faces = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_face_unref);
  snapshot->numbers = g_hash_table_new(NULL, NULL);
  snapshot->steps = g_array_new(FALSE, FALSE, sizeof(Step));
  g_array_set_clear_func(snapshot->steps, step_clear);
  snapshot->kept = g_array_new(FALSE, FALSE, sizeof(Kept));
  g_array_set_clear_func(snapshot->kept, kept_clear);
  ssg_project_tunings_init(&snapshot->tunings);

  GListModel *history = ssg_document_history(document), *kept = ssg_document_kept(document);
  for (guint i = 0; i < g_list_model_get_n_items(history); i++) {
    g_autoptr(SsgHistoryEntry) entry = g_list_model_get_item(history, i);
    Step step = {add_face(snapshot, ssg_history_entry_face(entry)), add_face(snapshot, ssg_history_entry_origin(entry)),
                 g_strdup(ssg_history_entry_description(entry)), ssg_history_entry_time(entry),
                 add_tunings(snapshot, entry)};
    g_array_append_val(snapshot->steps, step);
  }
  for (guint i = 0; i < g_list_model_get_n_items(kept); i++) {
    g_autoptr(SsgShelfFace) item = g_list_model_get_item(kept, i);
    Kept one = {ssg_shelf_face_kind(item), add_face(snapshot, ssg_shelf_face_face(item)), ssg_shelf_face_seed(item),
                g_strdup(ssg_shelf_face_title(item))};
    g_array_append_val(snapshot->kept, one);
  }
  snapshot->position = ssg_document_position(document);
  snapshot->selected = ssg_document_selected_part(document);
  for (int k = 0; k < SSG_MAX_PARTS; k++)
    snapshot->locked |= (guint64) ssg_document_locked(document, k) << k;
  SsgFace *donor = ssg_document_donor(document);
  snapshot->donor = donor ? (int) add_face(snapshot, donor) : -1;
  snapshot->donor_name = g_strdup(ssg_document_donor_name(document));
  GVariant *view = ssg_document_view_state(document);
  snapshot->view = view ? g_variant_print(view, TRUE) : NULL;
  return snapshot;
}

void ssg_project_snapshot_free(SsgProjectSnapshot *snapshot)
{
  if (!snapshot)
    return;
  g_clear_pointer(&snapshot->model, ssg_model_info_free);
  g_free(snapshot->model_path);
  g_free(snapshot->model_hash);
  g_free(snapshot->title);
  g_free(snapshot->original);
  g_hash_table_unref(snapshot->numbers);
  g_ptr_array_unref(snapshot->faces);
  g_array_unref(snapshot->steps);
  g_array_unref(snapshot->kept);
  ssg_project_tunings_clear(&snapshot->tunings);
  g_free(snapshot->donor_name);
  g_free(snapshot->view);
  g_free(snapshot);
}

/* 64-bit numbers as text: JSON readers in other languages keep only 53 bits. */
static void set_u64(JsonObject *object, const char *name, guint64 value)
{
  g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);
  json_object_set_string_member(object, name, text);
}

static JsonObject *model_json(const SsgProjectSnapshot *snapshot)
{
  const SsgModelInfo *info = snapshot->model;
  JsonObject *model = json_object_new();
  json_object_set_string_member(model, "name", info->name);
  json_object_set_string_member(model, "licence", info->licence);
  if (snapshot->model_path && g_utf8_validate(snapshot->model_path, -1, NULL)) /* JSON holds nothing else */
    json_object_set_string_member(model, "path", snapshot->model_path);
  json_object_set_string_member(model, "hash", snapshot->model_hash);
  json_object_set_member(model, "architecture", ssg_architecture_to_json(&info->arch));
  JsonArray *parts = json_array_new();
  for (int k = 0; k < info->arch.n_parts; k++) {
    JsonObject *part = json_object_new();
    json_object_set_string_member(part, "name", info->part_names[k]);
    json_object_set_int_member(part, "color", info->part_colors[k]);
    json_array_add_object_element(parts, part);
  }
  json_object_set_array_member(model, "parts", parts);
  return model;
}

/* Distinct blocks of bytes, numbered: faces of a history share most of what they are. */
typedef struct {
  GHashTable *numbers; /* GBytes -> index + 1 */
  GPtrArray *blocks;   /* of GBytes, borrowed from numbers */
} Blocks;

static guint add_block(Blocks *blocks, const void *data, gsize size)
{
  GBytes *bytes = g_bytes_new(data, size);
  guint number = GPOINTER_TO_UINT(g_hash_table_lookup(blocks->numbers, bytes));
  if (number > 0) {
    g_bytes_unref(bytes);
    return number - 1;
  }
  g_ptr_array_add(blocks->blocks, bytes);
  g_hash_table_insert(blocks->numbers, bytes, GUINT_TO_POINTER(blocks->blocks->len));
  return blocks->blocks->len - 1;
}

static void blocks_init(Blocks *blocks)
{
  blocks->numbers = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  blocks->blocks = g_ptr_array_new();
}

static void blocks_clear(Blocks *blocks)
{
  g_hash_table_unref(blocks->numbers);
  g_ptr_array_unref(blocks->blocks);
}

static JsonArray *faces_json(const SsgProjectSnapshot *snapshot, Blocks *codes, Blocks *transforms)
{
  JsonArray *faces = json_array_new();
  for (guint i = 0; i < snapshot->faces->len; i++) {
    SsgFace *face = g_ptr_array_index(snapshot->faces, i);
    int k = ssg_face_n_parts(face);
    g_autofree SsgTransform *places = g_new(SsgTransform, k);
    guint64 hidden = 0;
    for (int part = 0; part < k; part++) {
      places[part] = ssg_face_transform(face, part);
      hidden |= (guint64) !ssg_face_shown(face, part) << part;
    }
    gsize n_codes = (gsize) (ssg_face_n_base(face) + 2 * k) * ssg_face_style_dim(face);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "codes", add_block(codes, ssg_face_codes(face), n_codes * sizeof(float)));
    json_object_set_int_member(object, "transforms", add_block(transforms, places, k * sizeof *places));
    set_u64(object, "hidden", hidden);
    json_object_set_int_member(object, "noise", ssg_face_noise(face));
    set_u64(object, "noise_seed", ssg_face_noise_seed(face));
    json_array_add_object_element(faces, object);
  }
  return faces;
}

static guint number_of_face(gpointer snapshot, gconstpointer face)
{
  return GPOINTER_TO_UINT(g_hash_table_lookup(((SsgProjectSnapshot *) snapshot)->numbers, face)) - 1;
}

typedef struct {
  Blocks *blocks;
  gsize size; /* of a row, bytes */
} Rows;

static guint number_of_row(gpointer rows, gconstpointer row)
{
  return add_block(((Rows *) rows)->blocks, row, ((Rows *) rows)->size);
}

static void write_tunings(const SsgProjectSnapshot *snapshot, JsonObject *project, Blocks *vectors)
{
  if (snapshot->tunings.tunings->len == 0)
    return;
  Rows rows = {vectors, ssg_face_style_dim(snapshot->faces->pdata[0]) * sizeof(float)};
  ssg_project_tunings_write(&snapshot->tunings, project, number_of_face, (gpointer) snapshot, number_of_row, &rows);
}

static char *project_json(const SsgProjectSnapshot *snapshot, Blocks *codes, Blocks *transforms, Blocks *vectors)
{
  JsonObject *project = json_object_new();
  json_object_set_string_member(project, "title", snapshot->title);
  if (snapshot->original && g_utf8_validate(snapshot->original, -1, NULL))
    json_object_set_string_member(project, "file", snapshot->original);
  if (snapshot->model)
    json_object_set_object_member(project, "model", model_json(snapshot));
  json_object_set_array_member(project, "faces", faces_json(snapshot, codes, transforms));
  JsonArray *history = json_array_new(), *kept = json_array_new();
  for (guint i = 0; i < snapshot->steps->len; i++) {
    const Step *step = &g_array_index(snapshot->steps, Step, i);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "face", step->face);
    json_object_set_int_member(object, "origin", step->origin);
    json_object_set_string_member(object, "description", step->description);
    json_object_set_int_member(object, "time", step->time);
    if (step->tunings) {
      JsonArray *tunings = json_array_new();
      for (guint t = 0; t < step->tunings->len; t++)
        json_array_add_int_element(tunings, g_array_index(step->tunings, guint, t));
      json_object_set_array_member(object, "tunings", tunings);
    }
    json_array_add_object_element(history, object);
  }
  for (guint i = 0; i < snapshot->kept->len; i++) {
    const Kept *one = &g_array_index(snapshot->kept, Kept, i);
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "kind", one->kind == SSG_SHELF_OPENED ? "opened" : "kept");
    json_object_set_int_member(object, "face", one->face);
    set_u64(object, "seed", one->seed);
    json_object_set_string_member(object, "title", one->title);
    json_array_add_object_element(kept, object);
  }
  json_object_set_array_member(project, "history", history);
  json_object_set_array_member(project, "kept", kept);
  json_object_set_int_member(project, "position", snapshot->position);
  json_object_set_int_member(project, "selected_part", snapshot->selected);
  set_u64(project, "locked", snapshot->locked);
  if (snapshot->donor >= 0) {
    json_object_set_int_member(project, "donor", snapshot->donor);
    json_object_set_string_member(project, "donor_name", snapshot->donor_name ? snapshot->donor_name : "");
  }
  if (snapshot->view)
    json_object_set_string_member(project, "view", snapshot->view);
  write_tunings(snapshot, project, vectors);
  g_autoptr(JsonNode) root = json_node_init_object(json_node_alloc(), project);
  json_object_unref(project);
  return json_to_string(root, FALSE);
}

static gboolean write_blocks(SsgSafetensorsWriter *writer, int index, const Blocks *blocks, GError **error)
{
  for (guint i = 0; i < blocks->blocks->len; i++) {
    gsize size;
    const void *data = g_bytes_get_data(g_ptr_array_index(blocks->blocks, i), &size);
    if (!ssg_safetensors_writer_write(writer, index, data, size, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean write_tensors(const SsgProjectSnapshot *snapshot, SsgSafetensorsWriter *writer, const Blocks *codes,
                              const Blocks *transforms, const Blocks *vectors, GError **error)
{
  if (snapshot->faces->len == 0)
    return TRUE;
  SsgFace *face = g_ptr_array_index(snapshot->faces, 0);
  int k = ssg_face_n_parts(face), rows = ssg_face_n_base(face) + 2 * k;
  SsgShape codes_shape = {3, {codes->blocks->len, rows, ssg_face_style_dim(face)}};
  SsgShape transforms_shape = {3, {transforms->blocks->len, k, 3}};
  int codes_index = ssg_safetensors_writer_declare(writer, "codes", SSG_F32, &codes_shape, error);
  int transforms_index =
      codes_index < 0 ? -1 : ssg_safetensors_writer_declare(writer, "transforms", SSG_F32, &transforms_shape, error);
  SsgShape vectors_shape = {2, {vectors->blocks->len, ssg_face_style_dim(face)}};
  int vectors_index = -1;
  if (transforms_index >= 0 && vectors->blocks->len > 0 &&
      (vectors_index = ssg_safetensors_writer_declare(writer, "vectors", SSG_F32, &vectors_shape, error)) < 0)
    return FALSE;
  return transforms_index >= 0 && write_blocks(writer, codes_index, codes, error) &&
         write_blocks(writer, transforms_index, transforms, error) &&
         (vectors_index < 0 || write_blocks(writer, vectors_index, vectors, error));
}

gboolean ssg_project_snapshot_write(SsgProjectSnapshot *snapshot, const char *path, GError **error)
{
  Blocks codes, transforms, vectors;
  blocks_init(&codes);
  blocks_init(&transforms);
  blocks_init(&vectors);
  g_autofree char *json = project_json(snapshot, &codes, &transforms, &vectors);
  g_autoptr(SsgSafetensorsWriter) writer = ssg_safetensors_writer_open(path, error);
  gboolean done = FALSE;
  if (writer && strlen(json) > SSG_SAFETENSORS_MAX_HEADER / 2) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "%s: the history has too many steps for one file (%u)", path,
                snapshot->steps->len);
  } else if (writer) {
    ssg_safetensors_writer_set_metadata(writer, "format", "ssgan-project");
    ssg_safetensors_writer_set_metadata(writer, "version", "1");
    ssg_safetensors_writer_set_metadata(writer, "project", json);
    done = write_tensors(snapshot, writer, &codes, &transforms, &vectors, error) && ssg_safetensors_writer_commit(writer, error);
  }
  blocks_clear(&codes);
  blocks_clear(&transforms);
  blocks_clear(&vectors);
  return done;
}

gboolean ssg_project_save(SsgDocument *document, const char *path, GError **error)
{
  g_autoptr(SsgProjectSnapshot) snapshot = NULL;
  g_autoptr(GFile) file = g_file_new_for_path(path);
  snapshot = ssg_project_snapshot_new(document);
  if (!ssg_project_snapshot_write(snapshot, path, error))
    return FALSE;
  ssg_document_set_saved(document, file);
  return TRUE;
}

typedef struct {
  SsgProjectSnapshot *snapshot;
  GFile *file;
  guint64 revision;
} Save;

static void save_free(gpointer data)
{
  Save *save = data;
  ssg_project_snapshot_free(save->snapshot);
  g_object_unref(save->file);
  g_free(save);
}

static void save_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Save *save = data;
  GError *error = NULL;
  g_autofree char *path = g_file_get_path(save->file);
  if (!path)
    g_set_error_literal(&error, SSG_ERROR, SSG_ERROR_FILE, "projects can only be saved to a folder of this computer");
  if (path && ssg_project_snapshot_write(save->snapshot, path, &error))
    g_task_return_boolean(task, TRUE);
  else
    g_task_return_error(task, error);
}

/* On the main loop. The thread only ever sees the inner task, lest it be the last to let go of the document. */
static void save_done(GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  if (g_task_propagate_boolean(G_TASK(result), &error))
    g_task_return_boolean(task, TRUE);
  else
    g_task_return_error(task, error);
}

void ssg_project_save_async(SsgDocument *document, GFile *file, GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer data)
{
  GTask *task = g_task_new(document, cancellable, callback, data);
  Save *save = g_new(Save, 1);
  *save = (Save) {ssg_project_snapshot_new(document), g_object_ref(file), ssg_document_revision(document)};
  g_task_set_source_tag(task, ssg_project_save_async);
  g_task_set_check_cancellable(task, FALSE); /* what is written is written */
  g_task_set_task_data(task, save, save_free);
  g_autoptr(GTask) inner = g_task_new(NULL, cancellable, save_done, task);
  g_task_set_task_data(inner, save, NULL);
  g_task_run_in_thread(inner, save_in_thread);
}

gboolean ssg_project_save_finish(SsgDocument *document, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail(g_async_result_is_tagged(result, ssg_project_save_async), FALSE);
  Save *save = g_task_get_task_data(G_TASK(result));
  if (!g_task_propagate_boolean(G_TASK(result), error))
    return FALSE;
  if (ssg_document_revision(document) == save->revision)
    ssg_document_set_saved(document, save->file);
  else
    ssg_document_set_file(document, save->file); /* the file is the document's, but something changed since */
  return TRUE;
}
