#include "engine/checkpoint-source.h"

#include <string.h>

#include "engine/checkpoint.h"
#include "engine/error.h"
#include "engine/zip-archive.h"

/* The stream form begins with this number (a pickled integer), then the number 1001, then a dict about the machine, then the
 * object, then a list of the storages' keys, then the storages themselves. */
static const guint8 stream_magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
enum { STREAM_VERSION = 1001 };

static const struct {
  int size;       /* bytes of an element in the file */
  SsgDtype dtype; /* what it becomes */
  gboolean convert;
} types[] = {
    [SSG_STORAGE_F64] = {8, SSG_F32, TRUE},  [SSG_STORAGE_F32] = {4, SSG_F32, FALSE},
    [SSG_STORAGE_F16] = {2, SSG_F16, FALSE}, [SSG_STORAGE_BF16] = {2, SSG_BF16, FALSE},
    [SSG_STORAGE_I64] = {8, SSG_I64, FALSE}, [SSG_STORAGE_I32] = {4, SSG_I64, TRUE},
    [SSG_STORAGE_I16] = {2, SSG_I64, TRUE},  [SSG_STORAGE_I8] = {1, SSG_I64, TRUE},
    [SSG_STORAGE_U8] = {1, SSG_U8, FALSE},   [SSG_STORAGE_BOOL] = {1, SSG_U8, FALSE},
};

struct SsgCheckpointSource {
  char *name;
  GBytes *bytes;
  SsgZip *zip; /* NULL in the stream form */
  char *prefix; /* folder of the zip form's entries, with its slash; "" for none */
  SsgPickle *pickle;
  GHashTable *storages; /* key -> GBytes; in the zip form those read so far */
  guint64 copies_left;  /* bytes that may still be copied */
};

static gboolean fail(const SsgCheckpointSource *source, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean fail(const SsgCheckpointSource *source, GError **error, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *why = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: %s", source->name, why);
  return FALSE;
}

static gboolean check_byte_order(const SsgCheckpointSource *source, GError **error)
{
  g_autofree char *entry = g_strconcat(source->prefix, "byteorder", NULL);
  if (!ssg_zip_has(source->zip, entry))
    return TRUE; /* older versions wrote none, and only little-endian */
  g_autoptr(GBytes) order = ssg_zip_read(source->zip, entry, error);
  if (!order)
    return FALSE;
  gsize size;
  const char *text = g_bytes_get_data(order, &size);
  if (size < 6 || memcmp(text, "little", 6) != 0)
    return fail(source, error, "was saved on a machine of another byte order, which is not supported");
  return TRUE;
}

static gboolean open_zip(SsgCheckpointSource *source, GError **error)
{
  source->zip = ssg_zip_open(source->bytes, source->name, error);
  if (!source->zip)
    return FALSE;
  /* All entries lie in one folder, named after the file when it was saved. */
  const char *first = ssg_zip_count(source->zip) ? ssg_zip_name(source->zip, 0) : "";
  const char *slash = strchr(first, '/');
  source->prefix = g_strndup(first, slash ? (gsize) (slash + 1 - first) : 0);
  g_autofree char *entry = g_strconcat(source->prefix, "data.pkl", NULL);
  if (!ssg_zip_has(source->zip, entry))
    return fail(source, error, "is a zip archive, but not one of PyTorch: %s is missing", entry);
  if (!check_byte_order(source, error))
    return FALSE;
  g_autoptr(GBytes) program = ssg_zip_read(source->zip, entry, error);
  if (!program)
    return FALSE;
  source->pickle = ssg_pickle_parse(program, 0, source->name, error);
  return source->pickle != NULL;
}

/* Reads one pickle of the stream. */
static SsgPickle *next_pickle(SsgCheckpointSource *source, gsize *at, GError **error)
{
  SsgPickle *pickle = ssg_pickle_parse(source->bytes, *at, source->name, error);
  if (pickle)
    *at = pickle->end;
  return pickle;
}

static gboolean check_stream_head(SsgCheckpointSource *source, gsize *at, GError **error)
{
  g_autoptr(SsgPickle) magic = next_pickle(source, at, error);
  if (!magic)
    return FALSE;
  if (magic->root->kind != SSG_PICKLE_BIG || magic->root->text.length != sizeof stream_magic ||
      memcmp(magic->root->text.data, stream_magic, sizeof stream_magic) != 0)
    return fail(source, error, "is not a PyTorch checkpoint: its first number is another one");
  g_autoptr(SsgPickle) version = next_pickle(source, at, error);
  if (!version)
    return FALSE;
  if (version->root->kind != SSG_PICKLE_INT || version->root->integer != STREAM_VERSION)
    return fail(source, error, "is of an unknown version of PyTorch's stream format (expected %d)", STREAM_VERSION);
  g_autoptr(SsgPickle) machine = next_pickle(source, at, error);
  if (!machine)
    return FALSE;
  const SsgPickleValue *little = ssg_pickle_get(machine->root, "little_endian");
  if (!little || little->kind != SSG_PICKLE_BOOL || !little->integer)
    return fail(source, error, "was saved on a machine of another byte order, which is not supported");
  return TRUE;
}

/* Takes storage `key` at *at: its number of elements, then the elements. */
static gboolean take_stream_storage(SsgCheckpointSource *source, GHashTable *known, const char *key, gsize *at,
                                    GError **error)
{
  const SsgPickleStorage *storage = g_hash_table_lookup(known, key);
  gsize left = g_bytes_get_size(source->bytes) - *at, n_bytes;
  gint64 n;
  if (!storage)
    return fail(source, error, "storage %.40s belongs to no tensor", key);
  if (left < 8)
    return fail(source, error, "is truncated before storage %.40s", key);
  memcpy(&n, (const guint8 *) g_bytes_get_data(source->bytes, NULL) + *at, 8);
  if (n != storage->n_elements)
    return fail(source, error, "storage %.40s has %" G_GINT64_FORMAT " elements, expected %" G_GINT64_FORMAT, key, n,
                storage->n_elements);
  if (!g_size_checked_mul(&n_bytes, (gsize) n, (gsize) types[storage->type].size) || n_bytes > left - 8)
    return fail(source, error, "is truncated in storage %.40s", key);
  if (!g_hash_table_insert(source->storages, g_strdup(key), g_bytes_new_from_bytes(source->bytes, *at + 8, n_bytes)))
    return fail(source, error, "storage %.40s occurs twice", key);
  *at += 8 + n_bytes;
  return TRUE;
}

static gboolean open_stream(SsgCheckpointSource *source, GError **error)
{
  gsize at = 0;
  if (!check_stream_head(source, &at, error))
    return FALSE;
  source->pickle = next_pickle(source, &at, error);
  if (!source->pickle)
    return FALSE;
  g_autoptr(SsgPickle) keys = next_pickle(source, &at, error);
  if (!keys)
    return FALSE;
  if (keys->root->kind != SSG_PICKLE_LIST)
    return fail(source, error, "its list of storages is %s", ssg_pickle_describe(keys->root));
  g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < source->pickle->storages->len; i++) {
    SsgPickleStorage *storage = source->pickle->storages->pdata[i];
    g_hash_table_insert(known, storage->key, storage);
  }
  for (guint i = 0; i < keys->root->list.n; i++) {
    g_autofree char *key = ssg_pickle_string(keys->root->list.items[i]);
    if (!key)
      return fail(source, error, "a storage's key is not a string");
    if (!take_stream_storage(source, known, key, &at, error))
      return FALSE;
  }
  if (at != g_bytes_get_size(source->bytes))
    return fail(source, error, "%" G_GSIZE_FORMAT " bytes follow the last storage", g_bytes_get_size(source->bytes) - at);
  return TRUE;
}

static gboolean is_zip(const guint8 *data, gsize size)
{
  return size >= 4 && memcmp(data, "PK\3\4", 4) == 0;
}

gboolean ssg_checkpoint_sniff(const void *data, gsize size)
{
  const guint8 *bytes = data;
  return is_zip(data, size) || (size >= 4 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5 && bytes[2] == 0x8a &&
                                bytes[3] == sizeof stream_magic);
}

SsgCheckpointSource *ssg_checkpoint_source_open(GBytes *bytes, const char *name, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  g_autoptr(SsgCheckpointSource) source = g_new0(SsgCheckpointSource, 1);
  source->name = g_strdup(name);
  source->bytes = g_bytes_ref(bytes);
  source->storages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  /* Eight times covers a file of nothing but 8-bit integers; a file of misaligned floats needs one. */
  source->copies_left = 8 * (guint64) size + 4096;
  if (!ssg_checkpoint_sniff(data, size)) {
    fail(source, error, "is not a PyTorch checkpoint");
    return NULL;
  }
  if (!(is_zip(data, size) ? open_zip(source, error) : open_stream(source, error)))
    return NULL;
  return g_steal_pointer(&source);
}

void ssg_checkpoint_source_free(SsgCheckpointSource *source)
{
  if (!source)
    return;
  g_clear_pointer(&source->storages, g_hash_table_unref);
  ssg_pickle_free(source->pickle);
  ssg_zip_free(source->zip);
  g_bytes_unref(source->bytes);
  g_free(source->prefix);
  g_free(source->name);
  g_free(source);
}

const SsgPickleValue *ssg_checkpoint_source_root(const SsgCheckpointSource *source)
{
  return source->pickle->root;
}

const char *ssg_checkpoint_source_name(const SsgCheckpointSource *source)
{
  return source->name;
}

/* The bytes of a storage, exactly as many as its elements need; borrowed. */
static GBytes *find_storage(SsgCheckpointSource *source, const SsgPickleStorage *storage, const char *tensor_name,
                            GError **error)
{
  GBytes *bytes = g_hash_table_lookup(source->storages, storage->key);
  gsize n_bytes;
  if (!bytes && source->zip) {
    g_autofree char *entry = g_strconcat(source->prefix, "data/", storage->key, NULL);
    bytes = ssg_zip_read(source->zip, entry, error);
    if (!bytes) {
      g_prefix_error(error, "tensor %s: ", tensor_name);
      return NULL;
    }
    g_hash_table_insert(source->storages, g_strdup(storage->key), bytes);
  }
  if (!bytes) {
    fail(source, error, "tensor %s: its storage %.40s is missing", tensor_name, storage->key);
    return NULL;
  }
  if (!g_size_checked_mul(&n_bytes, (gsize) storage->n_elements, (gsize) types[storage->type].size) ||
      n_bytes != g_bytes_get_size(bytes)) {
    fail(source, error,
         "tensor %s: its storage %.40s has %" G_GSIZE_FORMAT " bytes, expected %" G_GINT64_FORMAT " elements of %d",
         tensor_name, storage->key, g_bytes_get_size(bytes), storage->n_elements, types[storage->type].size);
    return NULL;
  }
  return bytes;
}

/* FALSE with the error set when the tensor reaches beyond its storage. *contiguous: its elements lie one after another. */
static gboolean check_layout(const SsgCheckpointSource *source, const SsgPickleTensor *tensor, gsize n_elements,
                             const char *tensor_name, gboolean *contiguous, GError **error)
{
  guint64 last = (guint64) tensor->offset, dense = 1;
  gboolean fits = tensor->offset >= 0;
  *contiguous = TRUE;
  for (int i = tensor->rank - 1; fits && i >= 0; i--) {
    guint64 reach;
    /* A stride along an axis of one element says nothing. */
    if (tensor->size[i] > 1) {
      fits = tensor->stride[i] >= 0 &&
             g_uint64_checked_mul(&reach, (guint64) tensor->size[i] - 1, (guint64) tensor->stride[i]) &&
             g_uint64_checked_add(&last, last, reach);
      *contiguous = *contiguous && (guint64) tensor->stride[i] == dense;
    }
    dense *= (guint64) MAX(tensor->size[i], 1);
  }
  if (!fits || (n_elements > 0 && last >= (guint64) tensor->storage->n_elements) ||
      (n_elements == 0 && (guint64) tensor->offset > (guint64) tensor->storage->n_elements))
    return fail(source, error, "tensor %s: reaches beyond its storage of %" G_GINT64_FORMAT " elements", tensor_name,
                tensor->storage->n_elements);
  if (n_elements > (gsize) tensor->storage->n_elements)
    return fail(source, error,
                "tensor %s: repeats its storage (%" G_GSIZE_FORMAT " elements of %" G_GINT64_FORMAT
                "), which is not supported",
                tensor_name, n_elements, tensor->storage->n_elements);
  return TRUE;
}

/* Element `from` of a storage, converted, to element `to` of out. */
static void copy_element(SsgStorageType type, const guint8 *data, gsize from, void *out, gsize to)
{
  const guint8 *at = data + from * (gsize) types[type].size;
  switch (type) {
  case SSG_STORAGE_F64: {
    double value;
    memcpy(&value, at, 8);
    ((float *) out)[to] = (float) value;
    return;
  }
  case SSG_STORAGE_I32: {
    gint32 value;
    memcpy(&value, at, 4);
    ((gint64 *) out)[to] = value;
    return;
  }
  case SSG_STORAGE_I16: {
    gint16 value;
    memcpy(&value, at, 2);
    ((gint64 *) out)[to] = value;
    return;
  }
  case SSG_STORAGE_I8:
    ((gint64 *) out)[to] = (gint8) *at;
    return;
  default:
    memcpy((guint8 *) out + to * (gsize) types[type].size, at, (gsize) types[type].size);
    return;
  }
}

/* Copies the elements in row-major order. */
static void gather(const SsgPickleTensor *tensor, const guint8 *data, gsize n_elements, void *out)
{
  gint64 index[SSG_MAX_RANK] = {0};
  gsize from = (gsize) tensor->offset;
  for (gsize to = 0; to < n_elements; to++) {
    copy_element(tensor->storage->type, data, from, out, to);
    for (int i = tensor->rank - 1; i >= 0; i--) {
      from += (gsize) tensor->stride[i];
      if (++index[i] < tensor->size[i])
        break;
      from -= (gsize) tensor->stride[i] * (gsize) tensor->size[i];
      index[i] = 0;
    }
  }
}

SsgHostTensor *ssg_checkpoint_source_tensor(SsgCheckpointSource *source, const SsgPickleValue *value,
                                            const char *tensor_name, GError **error)
{
  if (!value || value->kind != SSG_PICKLE_TENSOR) {
    fail(source, error, "%s is %s, expected a tensor", tensor_name, ssg_pickle_describe(value));
    return NULL;
  }
  const SsgPickleTensor *tensor = value->tensor;
  SsgStorageType type = tensor->storage->type;
  SsgShape shape = {.rank = tensor->rank};
  memcpy(shape.dim, tensor->size, sizeof shape.dim);
  g_autofree char *what = g_strdup_printf("%s: tensor %s", source->name, tensor_name);
  gsize n_elements, n_bytes, size = (gsize) types[type].size;
  gboolean contiguous;
  GBytes *bytes;
  if (!ssg_shape_measure(&shape, types[type].dtype, what, &n_elements, &n_bytes, error) ||
      !check_layout(source, tensor, n_elements, tensor_name, &contiguous, error) ||
      !(bytes = find_storage(source, tensor->storage, tensor_name, error)))
    return NULL;
  const guint8 *data = g_bytes_get_data(bytes, NULL);
  gboolean aligned = n_elements == 0 || (guintptr) (data + (gsize) tensor->offset * size) % size == 0;
  if (contiguous && aligned && !types[type].convert) {
    g_autoptr(GBytes) slice = g_bytes_new_from_bytes(bytes, n_elements ? (gsize) tensor->offset * size : 0, n_bytes);
    return ssg_host_tensor_new(tensor_name, types[type].dtype, &shape, slice, error);
  }
  if (n_bytes > source->copies_left) {
    fail(source, error, "tensor %s: the file's tensors share their storages so often that they would take more memory "
         "than is allowed", tensor_name);
    return NULL;
  }
  source->copies_left -= n_bytes;
  void *copy = g_try_malloc(MAX(n_bytes, 1));
  if (!copy) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "%s: no memory for %" G_GSIZE_FORMAT " bytes", what, n_bytes);
    return NULL;
  }
  gather(tensor, data, n_elements, copy);
  g_autoptr(GBytes) gathered = g_bytes_new_take(copy, n_bytes);
  return ssg_host_tensor_new(tensor_name, types[type].dtype, &shape, gathered, error);
}
