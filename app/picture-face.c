#include "app/picture-face.h"

#include <glib/gstdio.h>
#include <string.h>
#include "engine/crc32.h"
#include "engine/error.h"

#define CHUNK "ssGN"
#define MAX_PROJECT (64 << 20) /* bytes; one face of the largest model has a hundredth */

static const guint8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static guint32 get_u32(const guint8 *bytes)
{
  return (guint32) bytes[0] << 24 | (guint32) bytes[1] << 16 | (guint32) bytes[2] << 8 | bytes[3];
}

static void append_u32(GByteArray *array, guint32 value)
{
  g_byte_array_append(array, (const guint8[]) {value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255}, 4);
}

/* Where the next chunk begins (its length field), after `last` or, for NULL, the first; NULL at the end. What it says of
 * its length lies within the data. */
static const guint8 *next_chunk(const guint8 *data, gsize size, const guint8 *last)
{
  if (size < sizeof signature || memcmp(data, signature, sizeof signature) != 0)
    return NULL;
  gsize at = last ? (gsize) (last - data) + 12 + get_u32(last) : sizeof signature;
  return size - at >= 12 && get_u32(data + at) <= size - at - 12 ? data + at : NULL;
}

static const guint8 *find_chunk(const guint8 *data, gsize size, const char *type)
{
  const guint8 *chunk = NULL;
  while ((chunk = next_chunk(data, size, chunk)))
    if (memcmp(chunk + 4, type, 4) == 0)
      return chunk;
  return NULL;
}

/* A file of that name in a folder of its own, so that messages name the picture and not a temporary file. */
typedef struct {
  char *folder, *path;
} Place;

static gboolean place_open(Place *place, const char *name, GError **error)
{
  place->folder = g_dir_make_tmp("ssgan-XXXXXX", error);
  place->path = place->folder ? g_build_filename(place->folder, name, NULL) : NULL;
  return place->folder != NULL;
}

static void place_close(Place *place)
{
  if (place->path)
    g_unlink(place->path);
  if (place->folder)
    g_rmdir(place->folder);
  g_free(place->path);
  g_free(place->folder);
}

SsgProjectSnapshot *ssg_picture_snapshot_new(const SsgModelInfo *model, const char *hash, SsgFace *face,
                                             const char *description, GError **error)
{
  g_autoptr(SsgDocument) document = ssg_document_new();
  if (!ssg_document_set_model(document, model, NULL, hash, error))
    return NULL;
  ssg_document_start(document, face, description);
  return ssg_project_snapshot_new(document);
}

GBytes *ssg_picture_add_project(GBytes *png, SsgProjectSnapshot *project, GError **error)
{
  Place place = {0};
  g_autofree char *content = NULL;
  gsize size, length;
  gboolean done = place_open(&place, "face.ssgan", error) && ssg_project_snapshot_write(project, place.path, error) &&
                  g_file_get_contents(place.path, &content, &length, error);
  place_close(&place);
  if (!done)
    return NULL;
  const guint8 *data = g_bytes_get_data(png, &size);
  const guint8 *header = find_chunk(data, size, "IHDR");
  g_return_val_if_fail(header && length <= MAX_PROJECT, NULL);
  gsize before = header - data + 12 + get_u32(header); /* private chunks may stand anywhere after the first */
  GByteArray *out = g_byte_array_sized_new(size + length + 12);
  g_byte_array_append(out, data, before);
  append_u32(out, length);
  g_byte_array_append(out, (const guint8 *) CHUNK, 4);
  g_byte_array_append(out, (const guint8 *) content, length);
  append_u32(out, ssg_crc32(ssg_crc32(0, CHUNK, 4), content, length));
  g_byte_array_append(out, data + before, size - before);
  return g_byte_array_free_to_bytes(out);
}

char *ssg_picture_text(const char *path, const char *keyword)
{
  g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
  const guint8 *chunk = NULL;
  gsize key = strlen(keyword) + 1; /* with its end, which is part of the chunk */
  while (file && (chunk = next_chunk((const guint8 *) g_mapped_file_get_contents(file), g_mapped_file_get_length(file), chunk))) {
    gsize length = get_u32(chunk);
    if (memcmp(chunk + 4, "tEXt", 4) == 0 && length > key && memcmp(chunk + 8, keyword, key) == 0)
      return g_convert((const char *) chunk + 8 + key, length - key, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
  }
  return NULL;
}

gboolean ssg_picture_sniff(const char *path)
{
  g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
  return file && find_chunk((const guint8 *) g_mapped_file_get_contents(file), g_mapped_file_get_length(file), CHUNK);
}

SsgDocument *ssg_picture_load(const char *path, GError **error)
{
  g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
  if (!file)
    return NULL;
  const guint8 *chunk =
      find_chunk((const guint8 *) g_mapped_file_get_contents(file), g_mapped_file_get_length(file), CHUNK);
  guint32 length = chunk ? get_u32(chunk) : 0;
  if (!chunk || length > MAX_PROJECT || ssg_crc32(0, chunk + 4, 4 + length) != get_u32(chunk + 8 + length)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: %s", path,
                chunk ? "the face in this picture is damaged" : "this picture has no face in it that could be edited");
    return NULL;
  }
  Place place = {0};
  g_autofree char *name = g_path_get_basename(path);
  SsgDocument *document = NULL;
  if (place_open(&place, name, error) && g_file_set_contents(place.path, (const char *) chunk + 8, length, error))
    document = ssg_project_load(place.path, error);
  if (document)
    ssg_document_set_file(document, NULL); /* it is saved as something else than a picture */
  place_close(&place);
  return document;
}
