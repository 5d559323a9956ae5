#include "trainer/dataset.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include "engine/error.h"
#include "engine/json-text.h"
#include "trainer/lmdb-file.h"

#define MAX_SIZE 8192

struct SsgDataset {
  grefcount references;
  char *path;
  SsgLmdbFile *file;
  SsgDatasetKind kind;
  int length, size;
  const SsgLmdbEntry **images, **labels; /* labels NULL for image-only sets */
  char **class_names;
  guint32 *class_colors;
};

static void set_error(const SsgDataset *dataset, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void set_error(const SsgDataset *dataset, GError **error, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *what = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "dataset %s: %s", dataset->path, what);
}

/* A count in decimal text, 1..SSG_DATASET_MAX_IMAGES. */
static gboolean read_length(const SsgDataset *dataset, const char *key, int *length, GError **error)
{
  const SsgLmdbEntry *entry = ssg_lmdb_file_find(dataset->file, key);
  g_autofree char *text = entry ? g_strndup((const char *) entry->data, MIN(entry->size, 32)) : NULL;
  guint64 value;
  if (!text)
    set_error(dataset, error, "the key '%s' is missing", key);
  else if (!g_ascii_string_to_unsigned(text, 10, 1, SSG_DATASET_MAX_IMAGES, &value, NULL))
    set_error(dataset, error, "'%s' should be a count from 1 to %d, but is '%s'", key, SSG_DATASET_MAX_IMAGES, text);
  else {
    *length = (int) value;
    return TRUE;
  }
  return FALSE;
}

static gboolean find_all(const SsgDataset *dataset, const char *format_prefix, int digits, const SsgLmdbEntry ***found,
                         GError **error)
{
  *found = g_new0(const SsgLmdbEntry *, dataset->length);
  for (int i = 0; i < dataset->length; i++) {
    g_autofree char *key = g_strdup_printf("%s-%0*d", format_prefix, digits, i);
    (*found)[i] = ssg_lmdb_file_find(dataset->file, key);
    if (!(*found)[i]) {
      set_error(dataset, error, "the key '%s' is missing, though there should be %d images", key, dataset->length);
      return FALSE;
    }
  }
  return TRUE;
}

/* The sizes of an image-only file are in its keys "{size}-00000". */
static gboolean choose_size(SsgDataset *dataset, int wanted, GError **error)
{
  g_autoptr(GString) sizes = g_string_new(NULL);
  gsize count = ssg_lmdb_file_count(dataset->file);
  for (gsize i = 0; i < count; i++) {
    const SsgLmdbEntry *entry = ssg_lmdb_file_entry(dataset->file, i);
    g_autofree char *key = g_strndup(entry->key, entry->key_size);
    char *dash = strchr(key, '-');
    guint64 size;
    if (!dash || !g_str_equal(dash, "-00000"))
      continue;
    *dash = '\0';
    if (!g_ascii_string_to_unsigned(key, 10, 1, MAX_SIZE, &size, NULL))
      continue;
    g_string_append_printf(sizes, "%s%s", sizes->len ? ", " : "", key);
    if (wanted ? (int) size == wanted : (int) size > dataset->size)
      dataset->size = (int) size;
  }
  if (dataset->size)
    return TRUE;
  if (sizes->len)
    set_error(dataset, error, "has no images of size %d; there are: %s", wanted, sizes->str);
  else
    set_error(dataset, error, "has neither 'image-length' nor keys like '256-00000': not a dataset of images");
  return FALSE;
}

static void read_info(SsgDataset *dataset)
{
  gsize size;
  const guint8 *text = ssg_dataset_extra(dataset, SSG_DATASET_INFO_KEY, &size);
  g_autofree char *copy = text && size <= 1 << 20 ? g_strndup((const char *) text, size) : NULL;
  g_autoptr(JsonNode) root = copy ? ssg_json_parse(copy, SSG_DATASET_INFO_KEY, NULL) : NULL;
  if (!root || !JSON_NODE_HOLDS_OBJECT(root))
    return;
  JsonObject *info = json_node_get_object(root);
  JsonNode *node = json_object_get_member(info, "size");
  if (!dataset->size && node && JSON_NODE_HOLDS_VALUE(node))
    dataset->size = (int) CLAMP(json_node_get_int(node), 0, MAX_SIZE);
  node = json_object_get_member(info, "classes");
  if (!node || !JSON_NODE_HOLDS_ARRAY(node))
    return;
  JsonArray *names = json_node_get_array(node);
  guint n = json_array_get_length(names);
  if (n < 1 || n > 256)
    return;
  dataset->class_names = g_new0(char *, n + 1);
  for (guint i = 0; i < n; i++) {
    JsonNode *name = json_array_get_element(names, i);
    const char *string = JSON_NODE_HOLDS_VALUE(name) ? json_node_get_string(name) : NULL;
    dataset->class_names[i] = string ? g_strdup(string) : g_strdup_printf("part %u", i);
  }
  node = json_object_get_member(info, "colors");
  if (!node || !JSON_NODE_HOLDS_ARRAY(node) || json_array_get_length(json_node_get_array(node)) != n)
    return;
  dataset->class_colors = g_new0(guint32, n);
  for (guint i = 0; i < n; i++) {
    JsonNode *color = json_array_get_element(json_node_get_array(node), i);
    const char *string = JSON_NODE_HOLDS_VALUE(color) ? json_node_get_string(color) : NULL;
    if (string && string[0] == '#')
      dataset->class_colors[i] = (guint32) (g_ascii_strtoull(string + 1, NULL, 16) & 0xffffff);
  }
}

SsgDataset *ssg_dataset_open(const char *path, int size, GError **error)
{
  g_autoptr(SsgDataset) dataset = g_new0(SsgDataset, 1);
  g_ref_count_init(&dataset->references);
  dataset->path = g_strdup(path);
  dataset->file = ssg_lmdb_file_open(path, error);
  if (!dataset->file)
    return NULL;
  if (ssg_lmdb_file_find(dataset->file, "image-length")) {
    int n_labels;
    dataset->kind = SSG_DATASET_MASKS;
    if (!read_length(dataset, "image-length", &dataset->length, error) ||
        !read_length(dataset, "label-length", &n_labels, error))
      return NULL;
    if (n_labels != dataset->length) {
      set_error(dataset, error, "has %d images but %d label maps", dataset->length, n_labels);
      return NULL;
    }
    if (!find_all(dataset, "image", 7, &dataset->images, error) ||
        !find_all(dataset, "label", 7, &dataset->labels, error))
      return NULL;
  } else {
    g_autofree char *prefix = NULL;
    dataset->kind = SSG_DATASET_IMAGES;
    if (!choose_size(dataset, size, error) || !read_length(dataset, "length", &dataset->length, error))
      return NULL;
    prefix = g_strdup_printf("%d", dataset->size);
    if (!find_all(dataset, prefix, 5, &dataset->images, error))
      return NULL;
  }
  read_info(dataset);
  return g_steal_pointer(&dataset);
}

SsgDataset *ssg_dataset_ref(SsgDataset *dataset)
{
  g_ref_count_inc(&dataset->references);
  return dataset;
}

void ssg_dataset_unref(SsgDataset *dataset)
{
  if (!dataset || !g_ref_count_dec(&dataset->references))
    return;
  ssg_lmdb_file_free(dataset->file);
  g_free(dataset->images);
  g_free(dataset->labels);
  g_strfreev(dataset->class_names);
  g_free(dataset->class_colors);
  g_free(dataset->path);
  g_free(dataset);
}

const char *ssg_dataset_path(const SsgDataset *dataset)
{
  return dataset->path;
}

SsgDatasetKind ssg_dataset_kind(const SsgDataset *dataset)
{
  return dataset->kind;
}

int ssg_dataset_length(const SsgDataset *dataset)
{
  return dataset->length;
}

int ssg_dataset_size(const SsgDataset *dataset)
{
  return dataset->size;
}

const char *const *ssg_dataset_class_names(const SsgDataset *dataset)
{
  return (const char *const *) dataset->class_names;
}

const guint32 *ssg_dataset_class_colors(const SsgDataset *dataset)
{
  return dataset->class_colors;
}

const guint8 *ssg_dataset_image(const SsgDataset *dataset, int index, gsize *size)
{
  g_assert(index >= 0 && index < dataset->length);
  *size = dataset->images[index]->size;
  return dataset->images[index]->data;
}

const guint8 *ssg_dataset_label(const SsgDataset *dataset, int index, gsize *size)
{
  g_assert(index >= 0 && index < dataset->length);
  *size = dataset->labels ? dataset->labels[index]->size : 0;
  return dataset->labels ? dataset->labels[index]->data : NULL;
}

const guint8 *ssg_dataset_extra(const SsgDataset *dataset, const char *key, gsize *size)
{
  const SsgLmdbEntry *entry = ssg_lmdb_file_find(dataset->file, key);
  *size = entry ? entry->size : 0;
  return entry ? entry->data : NULL;
}

char *ssg_dataset_image_key(const SsgDataset *dataset, int index)
{
  if (dataset->kind == SSG_DATASET_IMAGES)
    return g_strdup_printf("%d-%05d", dataset->size, index);
  return g_strdup_printf("image-%07d", index);
}

char *ssg_dataset_label_key(const SsgDataset *dataset, int index)
{
  return g_strdup_printf("label-%07d", index);
}

static SsgImage *decode(const SsgDataset *dataset, const guint8 *data, gsize size, const char *key, SsgImageKind kind,
                        GError **error)
{
  g_autofree char *name = g_strdup_printf("dataset %s, %s", dataset->path, key);
  return ssg_image_decode(data, size, name, kind, NULL, error);
}

SsgImage *ssg_dataset_decode_image(const SsgDataset *dataset, int index, GError **error)
{
  gsize size;
  const guint8 *data = ssg_dataset_image(dataset, index, &size);
  g_autofree char *key = ssg_dataset_image_key(dataset, index);
  return decode(dataset, data, size, key, SSG_IMAGE_RGB, error);
}

SsgImage *ssg_dataset_decode_label(const SsgDataset *dataset, int index, GError **error)
{
  gsize size;
  const guint8 *data = ssg_dataset_label(dataset, index, &size);
  g_autofree char *key = ssg_dataset_label_key(dataset, index);
  g_assert(data);
  return decode(dataset, data, size, key, SSG_IMAGE_LABEL, error);
}
