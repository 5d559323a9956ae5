#include "engine/zip-archive.h"

#include <string.h>

#include "engine/crc32.h"
#include "engine/error.h"

#define LOCAL_SIGNATURE 0x04034b50u
#define CENTRAL_SIGNATURE 0x02014b50u
#define END_SIGNATURE 0x06054b50u
#define END64_SIGNATURE 0x06064b50u
#define LOCATOR64_SIGNATURE 0x07064b50u

enum { LOCAL_SIZE = 30, CENTRAL_SIZE = 46, END_SIZE = 22, END64_SIZE = 56, LOCATOR64_SIZE = 20 };

typedef struct {
  char *name;
  gsize offset, size; /* of the data */
  guint32 crc;
} Entry;

struct SsgZip {
  GBytes *bytes;
  const guint8 *data;
  gsize size;
  char *name;
  GPtrArray *entries;
  GHashTable *by_name; /* borrowed from entries */
};

static guint16 u16(const guint8 *at)
{
  return (guint16) (at[0] | at[1] << 8);
}

static guint32 u32(const guint8 *at)
{
  return u16(at) | (guint32) u16(at + 2) << 16;
}

static guint64 u64(const guint8 *at)
{
  return u32(at) | (guint64) u32(at + 4) << 32;
}

static gboolean fail(const SsgZip *zip, const char *entry, const char *why, GError **error)
{
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: %s%s%s", zip->name, entry ? entry : "damaged zip archive",
              entry ? " in the zip archive " : ": ", why);
  return FALSE;
}

/* Where the directory lies and how many entries it has. */
static gboolean find_directory(const SsgZip *zip, gsize *start, gsize *end, guint64 *n, GError **error)
{
  /* The end record is the last thing in the file but for a comment of at most 65535 bytes. */
  gsize at = zip->size, lowest = zip->size > END_SIZE + 65535 ? zip->size - END_SIZE - 65535 : 0;
  if (zip->size < END_SIZE)
    return fail(zip, NULL, "it is truncated", error);
  for (at = zip->size - END_SIZE;; at--) {
    if (u32(zip->data + at) == END_SIGNATURE && at + END_SIZE + u16(zip->data + at + 20) == zip->size)
      break;
    if (at == lowest)
      return fail(zip, NULL, "its directory is missing (it may be truncated)", error);
  }
  guint64 size = u32(zip->data + at + 12), offset = u32(zip->data + at + 16);
  *n = u16(zip->data + at + 10);
  *end = at;
  if (at >= LOCATOR64_SIZE && u32(zip->data + at - LOCATOR64_SIZE) == LOCATOR64_SIGNATURE) {
    guint64 end64 = u64(zip->data + at - LOCATOR64_SIZE + 8);
    if (at < LOCATOR64_SIZE + END64_SIZE || end64 > at - LOCATOR64_SIZE - END64_SIZE ||
        u32(zip->data + end64) != END64_SIGNATURE)
      return fail(zip, NULL, "its zip64 directory is missing", error);
    *n = u64(zip->data + end64 + 32);
    size = u64(zip->data + end64 + 40);
    offset = u64(zip->data + end64 + 48);
    *end = (gsize) end64;
  }
  if (offset > *end || size != *end - offset)
    return fail(zip, NULL, "its directory lies outside the file", error);
  if (*n > size / CENTRAL_SIZE)
    return fail(zip, NULL, "its directory is too small for its entries", error);
  *start = (gsize) offset;
  return TRUE;
}

/* Replaces saturated fields by those of the zip64 extra field. */
static gboolean read_extra64(const guint8 *extra, gsize length, guint64 *size, guint64 *stored, guint64 *offset)
{
  guint64 *fields[] = {size, stored, offset};
  gboolean wanted = *size == G_MAXUINT32 || *stored == G_MAXUINT32 || *offset == G_MAXUINT32;
  while (wanted && length >= 4) {
    gsize n = u16(extra + 2);
    if (n > length - 4)
      return FALSE;
    if (u16(extra) == 1) {
      const guint8 *at = extra + 4;
      for (int i = 0; i < 3; i++) {
        if (*fields[i] != G_MAXUINT32)
          continue;
        if (n < 8)
          return FALSE;
        *fields[i] = u64(at);
        at += 8;
        n -= 8;
      }
      return TRUE;
    }
    extra += 4 + n;
    length -= 4 + n;
  }
  return !wanted;
}

static void entry_free(Entry *entry)
{
  g_free(entry->name);
  g_free(entry);
}

/* Reads one entry of the directory at *at, and the local header it points to. */
static gboolean read_entry(SsgZip *zip, gsize *at, gsize end, GError **error)
{
  const guint8 *head = zip->data + *at;
  if (end - *at < CENTRAL_SIZE || u32(head) != CENTRAL_SIGNATURE)
    return fail(zip, NULL, "a bad entry in its directory", error);
  gsize name_length = u16(head + 28), extra_length = u16(head + 30), comment_length = u16(head + 32);
  if (end - *at - CENTRAL_SIZE < name_length + extra_length + comment_length)
    return fail(zip, NULL, "an entry runs over the end of its directory", error);
  const char *text = (const char *) head + CENTRAL_SIZE;
  if (name_length == 0 || !g_utf8_validate_len(text, name_length, NULL))
    return fail(zip, NULL, "an entry's name is not valid UTF-8", error);
  *at += CENTRAL_SIZE + name_length + extra_length + comment_length;
  Entry *entry = g_new0(Entry, 1);
  entry->name = g_strndup(text, name_length);
  g_ptr_array_add(zip->entries, entry);
  if (!g_hash_table_insert(zip->by_name, entry->name, entry))
    return fail(zip, entry->name, "occurs twice", error);
  if (u16(head + 8) & 1)
    return fail(zip, entry->name, "is encrypted", error);
  if (u16(head + 10) != 0)
    return fail(zip, entry->name, "is compressed, which checkpoints are not", error);
  guint64 stored = u32(head + 20), size = u32(head + 24), local = u32(head + 42);
  if (!read_extra64(head + CENTRAL_SIZE + name_length, extra_length, &size, &stored, &local))
    return fail(zip, entry->name, "has a damaged zip64 field", error);
  if (stored != size || zip->size < LOCAL_SIZE || local > zip->size - LOCAL_SIZE ||
      u32(zip->data + local) != LOCAL_SIGNATURE)
    return fail(zip, entry->name, "does not lie where the directory says", error);
  const guint8 *own = zip->data + local;
  gsize left = zip->size - (gsize) local - LOCAL_SIZE, lengths = (gsize) u16(own + 26) + u16(own + 28);
  if (u16(own + 26) != name_length || lengths > left || memcmp(own + LOCAL_SIZE, text, name_length) != 0)
    return fail(zip, entry->name, "has another name in its own header", error);
  if (size > left - lengths)
    return fail(zip, entry->name, "runs over the end of the file", error);
  entry->offset = (gsize) local + LOCAL_SIZE + lengths;
  entry->size = (gsize) size;
  entry->crc = u32(head + 16);
  return TRUE;
}

SsgZip *ssg_zip_open(GBytes *bytes, const char *name, GError **error)
{
  g_autoptr(SsgZip) zip = g_new0(SsgZip, 1);
  zip->bytes = g_bytes_ref(bytes);
  zip->data = g_bytes_get_data(bytes, &zip->size);
  zip->name = g_strdup(name);
  zip->entries = g_ptr_array_new_with_free_func((GDestroyNotify) entry_free);
  zip->by_name = g_hash_table_new(g_str_hash, g_str_equal);
  gsize at, end;
  guint64 n;
  if (!find_directory(zip, &at, &end, &n, error))
    return NULL;
  for (guint64 i = 0; i < n; i++) {
    if (!read_entry(zip, &at, end, error))
      return NULL;
  }
  if (at != end) {
    fail(zip, NULL, "its directory holds more than its entries", error);
    return NULL;
  }
  return g_steal_pointer(&zip);
}

void ssg_zip_free(SsgZip *zip)
{
  if (!zip)
    return;
  g_hash_table_unref(zip->by_name);
  g_ptr_array_unref(zip->entries);
  g_bytes_unref(zip->bytes);
  g_free(zip->name);
  g_free(zip);
}

guint ssg_zip_count(const SsgZip *zip)
{
  return zip->entries->len;
}

const char *ssg_zip_name(const SsgZip *zip, guint i)
{
  g_assert(i < zip->entries->len);
  return ((const Entry *) zip->entries->pdata[i])->name;
}

gboolean ssg_zip_has(const SsgZip *zip, const char *entry)
{
  return g_hash_table_contains(zip->by_name, entry);
}

GBytes *ssg_zip_read(const SsgZip *zip, const char *name, GError **error)
{
  const Entry *entry = g_hash_table_lookup(zip->by_name, name);
  if (!entry) {
    fail(zip, name, "is missing", error);
    return NULL;
  }
  if (ssg_crc32(0, zip->data + entry->offset, entry->size) != entry->crc) {
    fail(zip, name, "is damaged: its checksum does not match", error);
    return NULL;
  }
  return g_bytes_new_from_bytes(zip->bytes, entry->offset, entry->size);
}
