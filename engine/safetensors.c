#include "engine/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "engine/atomic-file.h"
#include "engine/error.h"
#include "engine/map-file.h"
#include "engine/safetensors-header.h"

static const char *const file_dtype_names[] = {
    [SSG_F32] = "F32", [SSG_F16] = "F16", [SSG_BF16] = "BF16", [SSG_I64] = "I64", [SSG_U8] = "U8"};

static int compare_entries(gconstpointer a, gconstpointer b)
{
  const SsgSafetensorsEntry *x = a, *y = b;
  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  /* Empty tensors share their begin with the next one, and come before it. */
  return (x->end > y->end) - (x->end < y->end);
}

/* Turns one entry into a tensor. *position is where the previous tensor ended. */
static gboolean add_entry(SsgSafetensors *file, const SsgSafetensorsEntry *entry, GBytes *bytes, gsize data_start,
                          guint64 *position, const char *name, GError **error)
{
  g_autofree char *what = g_strdup_printf("%s: tensor %s", name, entry->name);
  gsize n_bytes, total = g_bytes_get_size(bytes) - data_start;
  if (!ssg_shape_measure(&entry->shape, entry->dtype, what, NULL, &n_bytes, error))
    return FALSE;
  if (entry->end - entry->begin != n_bytes) {
    g_autofree char *shape = ssg_shape_text(&entry->shape);
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: %s of shape %s needs %" G_GSIZE_FORMAT " bytes, its data_offsets hold %" G_GUINT64_FORMAT, what,
                ssg_dtype_name(entry->dtype), shape, n_bytes, entry->end - entry->begin);
    return FALSE;
  }
  if (entry->end > total) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: ends at byte %" G_GUINT64_FORMAT " of the data, the file holds only %" G_GSIZE_FORMAT
                " (it may be truncated)",
                what, entry->end, total);
    return FALSE;
  }
  if (entry->begin != *position) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: begins at byte %" G_GUINT64_FORMAT " of the data, %s", what,
                entry->begin, entry->begin < *position ? "inside another tensor" : "after a gap");
    return FALSE;
  }
  *position = entry->end;
  g_autoptr(GBytes) slice = g_bytes_new_from_bytes(bytes, data_start + entry->begin, n_bytes);
  SsgHostTensor *tensor = ssg_host_tensor_new(entry->name, entry->dtype, &entry->shape, slice, error);
  return tensor && ssg_host_tensors_take(file->tensors, tensor, error);
}

SsgSafetensors *ssg_safetensors_parse(GBytes *bytes, const char *name, GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data(bytes, &size);
  guint64 header = 0;
  if (size < 8) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: not a safetensors file: only %" G_GSIZE_FORMAT " bytes long",
                name, size);
    return NULL;
  }
  memcpy(&header, data, 8);
  if (header > SSG_SAFETENSORS_MAX_HEADER || header > size - 8) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: not a safetensors file, or truncated: header of %" G_GUINT64_FORMAT
                " bytes in a file of %" G_GSIZE_FORMAT " (at most %u allowed)",
                name, header, size, SSG_SAFETENSORS_MAX_HEADER);
    return NULL;
  }
  g_autoptr(GArray) entries = NULL;
  g_autoptr(SsgSafetensors) file = g_new0(SsgSafetensors, 1);
  file->tensors = ssg_host_tensors_new();
  if (!ssg_safetensors_header_parse(data + 8, (gsize) header, name, &entries, &file->metadata, error))
    return NULL;
  g_array_sort(entries, compare_entries);
  guint64 position = 0;
  for (guint i = 0; i < entries->len; i++) {
    if (!add_entry(file, &g_array_index(entries, SsgSafetensorsEntry, i), bytes, 8 + (gsize) header, &position, name,
                   error))
      return NULL;
  }
  if (position != size - 8 - header) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: %" G_GUINT64_FORMAT " bytes follow the last tensor that belong to none", name,
                size - 8 - header - position);
    return NULL;
  }
  return g_steal_pointer(&file);
}

SsgSafetensors *ssg_safetensors_open(const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = ssg_map_file(path, error);
  return bytes ? ssg_safetensors_parse(bytes, path, error) : NULL;
}

void ssg_safetensors_free(SsgSafetensors *file)
{
  if (!file)
    return;
  ssg_host_tensors_free(file->tensors);
  g_clear_pointer(&file->metadata, g_hash_table_unref);
  g_free(file);
}

const char *ssg_safetensors_metadata(const SsgSafetensors *file, const char *key)
{
  return g_hash_table_lookup(file->metadata, key);
}

gboolean ssg_safetensors_check_version(const SsgSafetensors *file, const char *path, int newest, GError **error)
{
  const char *text = ssg_safetensors_metadata(file, "version");
  guint64 version = 1;
  if (text && !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT64, &version, NULL)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: metadata 'version' is no whole number from 1 on", path);
    return FALSE;
  }
  if (version > (guint64) newest) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s was written by a newer ssgan: its format has version %" G_GUINT64_FORMAT ", this program reads up to %d", path,
                version, newest);
    return FALSE;
  }
  return TRUE;
}

typedef struct {
  char *name;
  SsgDtype dtype;
  SsgShape shape;
  gsize n_bytes, written;
  guint64 offset; /* in the data; set by begin() */
} Declared;

struct SsgSafetensorsWriter {
  SsgAtomicFile *file;
  char *path;
  GHashTable *metadata;
  GHashTable *names;  /* borrowed from tensors */
  GPtrArray *tensors; /* of Declared, in declared order */
  guint64 data_start; /* 0 until the header is written */
};

static void declared_free(Declared *tensor)
{
  g_free(tensor->name);
  g_free(tensor);
}

SsgSafetensorsWriter *ssg_safetensors_writer_open(const char *path, GError **error)
{
  SsgAtomicFile *file = ssg_atomic_file_open(path, error);
  if (!file)
    return NULL;
  SsgSafetensorsWriter *writer = g_new0(SsgSafetensorsWriter, 1);
  writer->file = file;
  writer->path = g_strdup(path);
  writer->metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  writer->names = g_hash_table_new(g_str_hash, g_str_equal);
  writer->tensors = g_ptr_array_new_with_free_func((GDestroyNotify) declared_free);
  return writer;
}

void ssg_safetensors_writer_set_metadata(SsgSafetensorsWriter *writer, const char *key, const char *value)
{
  g_assert(writer->data_start == 0);
  g_hash_table_replace(writer->metadata, g_strdup(key), g_utf8_make_valid(value, -1)); /* a path may be anything; readers take UTF-8 only */
}

int ssg_safetensors_writer_declare(SsgSafetensorsWriter *writer, const char *name, SsgDtype dtype, const SsgShape *shape,
                                   GError **error)
{
  g_assert(writer->data_start == 0);
  g_autofree char *what = g_strdup_printf("%s: tensor %s", writer->path, name);
  gsize n_bytes;
  if (!ssg_shape_measure(shape, dtype, what, NULL, &n_bytes, error))
    return -1;
  if (strcmp(name, "__metadata__") == 0 || g_hash_table_contains(writer->names, name)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s: this name cannot be used, or not twice", what);
    return -1;
  }
  Declared *tensor = g_new0(Declared, 1);
  *tensor = (Declared){g_strdup(name), dtype, *shape, n_bytes, 0, 0};
  g_hash_table_add(writer->names, tensor->name);
  g_ptr_array_add(writer->tensors, tensor);
  return (int) writer->tensors->len - 1;
}

static void append_json_string(GString *text, const char *string)
{
  g_string_append_c(text, '"');
  for (const char *c = string; *c; c++) {
    if (*c == '"' || *c == '\\')
      g_string_append_printf(text, "\\%c", *c);
    else if ((guchar) *c < 0x20)
      g_string_append_printf(text, "\\u%04x", *c);
    else
      g_string_append_c(text, *c);
  }
  g_string_append_c(text, '"');
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void append_metadata(GString *text, GHashTable *metadata)
{
  guint n;
  g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(metadata, &n);
  qsort(keys, n, sizeof *keys, compare_strings);
  g_string_append(text, "\"__metadata__\":{");
  for (guint i = 0; i < n; i++) {
    if (i)
      g_string_append_c(text, ',');
    append_json_string(text, keys[i]);
    g_string_append_c(text, ':');
    append_json_string(text, g_hash_table_lookup(metadata, keys[i]));
  }
  g_string_append_c(text, '}');
}

static void append_declared(GString *text, Declared *tensor, guint64 *position)
{
  g_autofree char *shape = ssg_shape_text(&tensor->shape);
  tensor->offset = *position;
  *position += tensor->n_bytes;
  append_json_string(text, tensor->name);
  g_string_append_printf(text, ":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%" G_GUINT64_FORMAT
                         ",%" G_GUINT64_FORMAT "]}",
                         file_dtype_names[tensor->dtype], shape, tensor->offset, *position);
}

/* Lays the tensors out and writes the header. */
static gboolean begin(SsgSafetensorsWriter *writer, GError **error)
{
  g_autoptr(GString) text = g_string_new("{");
  guint64 position = 0;
  gboolean first = TRUE;
  if (g_hash_table_size(writer->metadata) > 0) {
    append_metadata(text, writer->metadata);
    first = FALSE;
  }
  for (int size = 8; size >= 1; size /= 2) {
    for (guint i = 0; i < writer->tensors->len; i++) {
      Declared *tensor = writer->tensors->pdata[i];
      if (ssg_dtype_size(tensor->dtype) != size)
        continue;
      if (!first)
        g_string_append_c(text, ',');
      first = FALSE;
      append_declared(text, tensor, &position);
    }
  }
  g_string_append_c(text, '}');
  while (text->len % 8 != 0) /* so that the data begin at a multiple of 8 */
    g_string_append_c(text, ' ');
  if (text->len > SSG_SAFETENSORS_MAX_HEADER) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s: a header of %" G_GSIZE_FORMAT " bytes is too large",
                writer->path, text->len);
    return FALSE;
  }
  guint64 length = text->len;
  writer->data_start = 8 + length;
  return ssg_atomic_file_write(writer->file, &length, 8, error) &&
         ssg_atomic_file_write(writer->file, text->str, text->len, error);
}

gboolean ssg_safetensors_writer_write(SsgSafetensorsWriter *writer, int index, const void *data, gsize n_bytes,
                                      GError **error)
{
  if (writer->data_start == 0 && !begin(writer, error))
    return FALSE;
  g_assert(index >= 0 && (guint) index < writer->tensors->len);
  Declared *tensor = writer->tensors->pdata[index];
  if (n_bytes > tensor->n_bytes - tensor->written) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s: tensor %s: more than its %" G_GSIZE_FORMAT " bytes written",
                writer->path, tensor->name, tensor->n_bytes);
    return FALSE;
  }
  if (!ssg_atomic_file_seek(writer->file, writer->data_start + tensor->offset + tensor->written, error) ||
      !ssg_atomic_file_write(writer->file, data, n_bytes, error))
    return FALSE;
  tensor->written += n_bytes;
  return TRUE;
}

gboolean ssg_safetensors_writer_commit(SsgSafetensorsWriter *writer, GError **error)
{
  if (writer->data_start == 0 && !begin(writer, error))
    return FALSE;
  for (guint i = 0; i < writer->tensors->len; i++) {
    Declared *tensor = writer->tensors->pdata[i];
    if (tensor->written != tensor->n_bytes) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT,
                  "%s: tensor %s: only %" G_GSIZE_FORMAT " of its %" G_GSIZE_FORMAT " bytes were written", writer->path,
                  tensor->name, tensor->written, tensor->n_bytes);
      return FALSE;
    }
  }
  return ssg_atomic_file_commit(writer->file, error);
}

void ssg_safetensors_writer_free(SsgSafetensorsWriter *writer)
{
  if (!writer)
    return;
  ssg_atomic_file_free(writer->file);
  g_hash_table_unref(writer->metadata);
  g_hash_table_unref(writer->names);
  g_ptr_array_unref(writer->tensors);
  g_free(writer->path);
  g_free(writer);
}

gboolean ssg_safetensors_save(const char *path, const SsgHostTensors *tensors, GHashTable *metadata, GError **error)
{
  g_autoptr(SsgSafetensorsWriter) writer = ssg_safetensors_writer_open(path, error);
  if (!writer)
    return FALSE;
  if (metadata) {
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, metadata);
    while (g_hash_table_iter_next(&iter, &key, &value))
      ssg_safetensors_writer_set_metadata(writer, key, value);
  }
  for (guint i = 0; i < ssg_host_tensors_count(tensors); i++) {
    const SsgHostTensor *tensor = ssg_host_tensors_at(tensors, i);
    if (ssg_safetensors_writer_declare(writer, tensor->name, tensor->dtype, &tensor->shape, error) < 0)
      return FALSE;
  }
  for (guint i = 0; i < ssg_host_tensors_count(tensors); i++) {
    const SsgHostTensor *tensor = ssg_host_tensors_at(tensors, i);
    if (!ssg_safetensors_writer_write(writer, (int) i, tensor->data, tensor->n_bytes, error))
      return FALSE;
  }
  return ssg_safetensors_writer_commit(writer, error);
}
