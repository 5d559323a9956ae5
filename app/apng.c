#include "app/apng.h"

#include <string.h>
#include "engine/atomic-file.h"
#include "engine/crc32.h"
#include "engine/error.h"

#define SIGNATURE_SIZE 8

struct _SsgApng {
  SsgAtomicFile *file;
  char *path;
  int width, height, n_frames, delay_ms, loops, added;
  guint32 sequence; /* of fcTL and fdAT chunks */
  SsgImageOrigin origin;
  guint8 *rgb; /* [height, width, 3] */
};

typedef struct {
  const guint8 *type, *data;
  guint32 size;
} Chunk;

static void put_u32(guint8 *to, guint32 value)
{
  value = GUINT32_TO_BE(value);
  memcpy(to, &value, 4);
}

static guint32 get_u32(const guint8 *from)
{
  guint32 value;
  memcpy(&value, from, 4);
  return GUINT32_FROM_BE(value);
}

/* A chunk whose data is `head` followed by `data`. */
static gboolean write_chunk(SsgApng *apng, const char *type, const guint8 *head, gsize head_size, const guint8 *data,
                            gsize size, GError **error)
{
  guint8 start[8], end[4];
  put_u32(start, head_size + size);
  memcpy(start + 4, type, 4);
  guint32 crc = ssg_crc32(0, start + 4, 4);
  crc = ssg_crc32(crc, head, head_size);
  put_u32(end, ssg_crc32(crc, data, size));
  return ssg_atomic_file_write(apng->file, start, 8, error) &&
         (head_size == 0 || ssg_atomic_file_write(apng->file, head, head_size, error)) &&
         (size == 0 || ssg_atomic_file_write(apng->file, data, size, error)) &&
         ssg_atomic_file_write(apng->file, end, 4, error);
}

static gboolean write_animation_control(SsgApng *apng, GError **error)
{
  guint8 data[8];
  put_u32(data, apng->n_frames);
  put_u32(data + 4, apng->loops);
  return write_chunk(apng, "acTL", data, sizeof data, NULL, 0, error);
}

static gboolean write_frame_control(SsgApng *apng, GError **error)
{
  guint8 data[26] = {0}; /* offsets 0, dispose 0 (leave), blend 0 (replace) */
  put_u32(data, apng->sequence++);
  put_u32(data + 4, apng->width);
  put_u32(data + 8, apng->height);
  data[20] = apng->delay_ms >> 8;
  data[21] = apng->delay_ms & 255;
  data[22] = 1000 >> 8;
  data[23] = 1000 & 255;
  return write_chunk(apng, "fcTL", data, sizeof data, NULL, 0, error);
}

static gboolean is(const Chunk *chunk, const char *type)
{
  return memcmp(chunk->type, type, 4) == 0;
}

/* The first frame is the PNG itself, with the animation's chunks between its header and its data. */
static gboolean write_first(SsgApng *apng, const Chunk *chunk, gboolean *started, GError **error)
{
  if (is(chunk, "IEND"))
    return TRUE;
  if (is(chunk, "IDAT") && !*started) {
    *started = TRUE;
    if (!write_animation_control(apng, error) || !write_frame_control(apng, error))
      return FALSE;
  }
  char type[5] = {0};
  memcpy(type, chunk->type, 4);
  return write_chunk(apng, type, NULL, 0, chunk->data, chunk->size, error);
}

static gboolean write_later(SsgApng *apng, const Chunk *chunk, gboolean *started, GError **error)
{
  guint8 sequence[4];
  if (!is(chunk, "IDAT"))
    return TRUE;
  if (!*started && !write_frame_control(apng, error))
    return FALSE;
  *started = TRUE;
  put_u32(sequence, apng->sequence++);
  return write_chunk(apng, "fdAT", sequence, sizeof sequence, chunk->data, chunk->size, error);
}

SsgApng *ssg_apng_new(const char *path, int width, int height, int n_frames, int delay_ms, int loops,
                      const SsgImageOrigin *origin, GError **error)
{
  if (n_frames < 1 || delay_ms < 1 || delay_ms > 65535 || width < 1 || height < 1) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s: no animation has %d frames of %d ms and %d x %d pixels", path,
                n_frames, delay_ms, width, height);
    return NULL;
  }
  SsgAtomicFile *file = ssg_atomic_file_open(path, error);
  if (!file)
    return NULL;
  SsgApng *apng = g_new0(SsgApng, 1);
  *apng = (SsgApng) {.file = file, .path = g_strdup(path), .width = width, .height = height, .n_frames = n_frames,
                     .delay_ms = delay_ms, .loops = loops};
  if (origin)
    apng->origin = *origin;
  apng->rgb = g_malloc_n((gsize) width * height, 3);
  return apng;
}

gboolean ssg_apng_add(SsgApng *apng, const guint8 *rgba, GError **error)
{
  g_return_val_if_fail(apng->added < apng->n_frames, FALSE);
  for (gsize i = 0; i < (gsize) apng->width * apng->height; i++)
    memcpy(apng->rgb + 3 * i, rgba + 4 * i, 3);
  SsgPixels pixels = {.format = SSG_PIXELS_RGB8, .width = apng->width, .height = apng->height, .pixels = apng->rgb};
  gboolean first = apng->added == 0, started = FALSE;
  g_autoptr(GBytes) png = ssg_png_encode(&pixels, first ? &apng->origin : NULL, error);
  if (!png)
    return FALSE;
  gsize size;
  const guint8 *data = g_bytes_get_data(png, &size);
  if (first && !ssg_atomic_file_write(apng->file, data, SIGNATURE_SIZE, error))
    return FALSE;
  for (gsize at = SIGNATURE_SIZE; at + 12 <= size;) {
    Chunk chunk = {data + at + 4, data + at + 8, get_u32(data + at)};
    if (!(first ? write_first : write_later)(apng, &chunk, &started, error))
      return FALSE;
    at += 12 + (gsize) chunk.size;
  }
  apng->added++;
  return TRUE;
}

gboolean ssg_apng_commit(SsgApng *apng, GError **error)
{
  if (apng->added != apng->n_frames) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s: %d frames were announced, %d added", apng->path,
                apng->n_frames, apng->added);
    return FALSE;
  }
  return write_chunk(apng, "IEND", NULL, 0, NULL, 0, error) && ssg_atomic_file_commit(apng->file, error);
}

void ssg_apng_free(SsgApng *apng)
{
  if (!apng)
    return;
  ssg_atomic_file_free(apng->file);
  g_free(apng->path);
  g_free(apng->rgb);
  g_free(apng);
}
