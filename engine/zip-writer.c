#include <string.h>

#include "engine/atomic-file.h"
#include "engine/crc32.h"
#include "engine/error.h"
#include "engine/zip-archive.h"

enum { ALIGNMENT = 64, LOCAL_SIZE = 30, EXTRA64_SIZE = 20, PADDING_HEAD = 4 };
/* 1980-01-01, the format's first day: a file's bytes depend on its contents alone. */
enum { NO_DATE = 1 << 5 | 1 };

struct SsgZipWriter {
  SsgAtomicFile *file;
  guint32 limit;
  guint64 position, n;
  GByteArray *directory;
};

static void put(GByteArray *out, guint64 value, guint n_bytes)
{
  guint8 bytes[8];
  for (guint i = 0; i < n_bytes; i++)
    bytes[i] = (guint8) (value >> (8 * i));
  g_byte_array_append(out, bytes, n_bytes);
}

SsgZipWriter *ssg_zip_writer_open(const char *path, guint32 limit, GError **error)
{
  SsgAtomicFile *file = ssg_atomic_file_open(path, error);
  if (!file)
    return NULL;
  SsgZipWriter *writer = g_new0(SsgZipWriter, 1);
  writer->file = file;
  writer->limit = limit ? limit : G_MAXUINT32;
  writer->directory = g_byte_array_new();
  return writer;
}

/* The fields that local and central headers share, from "version needed" to the length of the name. */
static void put_common(GByteArray *out, gboolean zip64, guint32 crc, guint64 size, gsize name_length)
{
  put(out, zip64 ? 45 : 10, 2);
  put(out, 0, 2); /* flags */
  put(out, 0, 2); /* stored */
  put(out, 0, 2); /* time */
  put(out, NO_DATE, 2);
  put(out, crc, 4);
  put(out, zip64 ? G_MAXUINT32 : size, 4);
  put(out, zip64 ? G_MAXUINT32 : size, 4);
  put(out, name_length, 2);
}

static gboolean flush(SsgZipWriter *writer, GByteArray *bytes, GError **error)
{
  writer->position += bytes->len;
  return ssg_atomic_file_write(writer->file, bytes->data, bytes->len, error);
}

gboolean ssg_zip_writer_add(SsgZipWriter *writer, const char *entry, const void *data, gsize size, GError **error)
{
  gsize name_length = strlen(entry);
  guint32 crc = ssg_crc32(0, data, size);
  gboolean zip64 = size >= writer->limit || writer->position >= writer->limit;
  gsize extra = zip64 ? EXTRA64_SIZE : 0;
  gsize bare = LOCAL_SIZE + name_length + extra + PADDING_HEAD;
  gsize padding = (ALIGNMENT - (gsize) (writer->position + bare) % ALIGNMENT) % ALIGNMENT;
  GByteArray *directory = writer->directory;
  put(directory, 0x02014b50, 4);
  put(directory, 45, 2); /* made by */
  put_common(directory, zip64, crc, size, name_length);
  put(directory, zip64 ? 4 + 24 : 0, 2);
  put(directory, 0, 2); /* comment */
  put(directory, 0, 2); /* disk */
  put(directory, 0, 2); /* attributes, internal and external */
  put(directory, 0, 4);
  put(directory, zip64 ? G_MAXUINT32 : writer->position, 4);
  g_byte_array_append(directory, (const guint8 *) entry, (guint) name_length);
  if (zip64) {
    put(directory, 1, 2);
    put(directory, 24, 2);
    put(directory, size, 8);
    put(directory, size, 8);
    put(directory, writer->position, 8);
  }
  writer->n++;
  g_autoptr(GByteArray) local = g_byte_array_new();
  put(local, 0x04034b50, 4);
  put_common(local, zip64, crc, size, name_length);
  put(local, extra + PADDING_HEAD + padding, 2);
  g_byte_array_append(local, (const guint8 *) entry, (guint) name_length);
  if (zip64) {
    put(local, 1, 2);
    put(local, 16, 2);
    put(local, size, 8);
    put(local, size, 8);
  }
  /* Padding in an extra field of its own, as PyTorch does it. */
  g_byte_array_append(local, (const guint8 *) "FB", 2);
  put(local, padding, 2);
  for (gsize i = 0; i < padding; i++)
    put(local, 'Z', 1);
  if (!flush(writer, local, error))
    return FALSE;
  writer->position += size;
  return ssg_atomic_file_write(writer->file, data, size, error);
}

gboolean ssg_zip_writer_commit(SsgZipWriter *writer, GError **error)
{
  guint64 start = writer->position, size = writer->directory->len;
  gboolean zip64 = start >= writer->limit || size >= writer->limit || writer->n >= MIN(writer->limit, G_MAXUINT16);
  if (!flush(writer, writer->directory, error))
    return FALSE;
  g_autoptr(GByteArray) end = g_byte_array_new();
  if (zip64) {
    guint64 end64 = writer->position;
    put(end, 0x06064b50, 4);
    put(end, 44, 8); /* length of what follows */
    put(end, 45, 2);
    put(end, 45, 2);
    put(end, 0, 4);
    put(end, 0, 4);
    put(end, writer->n, 8);
    put(end, writer->n, 8);
    put(end, size, 8);
    put(end, start, 8);
    put(end, 0x07064b50, 4);
    put(end, 0, 4);
    put(end, end64, 8);
    put(end, 1, 4);
  }
  put(end, 0x06054b50, 4);
  put(end, 0, 4);
  put(end, zip64 ? G_MAXUINT16 : writer->n, 2);
  put(end, zip64 ? G_MAXUINT16 : writer->n, 2);
  put(end, zip64 ? G_MAXUINT32 : size, 4);
  put(end, zip64 ? G_MAXUINT32 : start, 4);
  put(end, 0, 2);
  return flush(writer, end, error) && ssg_atomic_file_commit(writer->file, error);
}

void ssg_zip_writer_free(SsgZipWriter *writer)
{
  if (!writer)
    return;
  ssg_atomic_file_free(writer->file);
  g_byte_array_unref(writer->directory);
  g_free(writer);
}
