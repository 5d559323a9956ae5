#include "engine/checksums.h"

#include <string.h>

#include "engine/crc32.h"
#include "engine/error.h"

static gint compare_keys(gconstpointer a, gconstpointer b)
{
  return strcmp(a, b);
}

static guint32 add_text(guint32 crc, const char *text)
{
  return ssg_crc32(crc, text, strlen(text) + 1);
}

guint32 ssg_checksum_metadata(GHashTable *metadata)
{
  g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(metadata), compare_keys);
  guint32 crc = 0;
  for (GList *key = keys; key; key = key->next)
    crc = add_text(add_text(crc, key->data), g_hash_table_lookup(metadata, key->data));
  return crc;
}

guint32 ssg_checksum_tensor(const char *name, const void *data, gsize n_bytes)
{
  return ssg_crc32(add_text(0, name), data, n_bytes);
}

gboolean ssg_checksums_verify(const SsgSafetensors *file, const char *path, GError **error)
{
  const SsgHostTensor *sums = ssg_host_tensors_get(file->tensors, SSG_CHECKSUMS);
  guint n = ssg_host_tensors_count(file->tensors), next = 0;

  if (!sums)
    return TRUE;
  if (sums->dtype != SSG_I64 || sums->n_elements != n) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is damaged: %" G_GSIZE_FORMAT " checksums for %u tensors", path, sums->n_elements, n);
    return FALSE;
  }
  const gint64 *expected = sums->data;
  if (ssg_checksum_metadata(file->metadata) != expected[next++]) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is damaged: its metadata is not what was written", path);
    return FALSE;
  }
  for (guint i = 0; i < n; i++) {
    const SsgHostTensor *tensor = ssg_host_tensors_at(file->tensors, i);
    if (tensor != sums && ssg_checksum_tensor(tensor->name, tensor->data, tensor->n_bytes) != expected[next++]) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is damaged: tensor %s is not what was written", path, tensor->name);
      return FALSE;
    }
  }
  return TRUE;
}
