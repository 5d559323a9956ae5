#include "trainer/tensorboard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "trainer/error.h"

/* Field numbers of tensorflow's event.proto and summary.proto. */
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION_LOG = 7 };
enum { SESSION_STATUS = 1, SESSION_START = 1 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_IMAGE = 4 };
enum { IMAGE_HEIGHT = 1, IMAGE_WIDTH = 2, IMAGE_COLORSPACE = 3, IMAGE_PNG = 4 };
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct SsgTensorboard {
  char *path;
  FILE *file;
};

static void add_varint(GByteArray *to, guint64 value)
{
  do {
    guint8 byte = (guint8) ((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    g_byte_array_append(to, &byte, 1);
    value >>= 7;
  } while (value);
}

static void add_key(GByteArray *to, int field, int wire)
{
  add_varint(to, (guint64) field << 3 | (guint64) wire);
}

static void add_integer(GByteArray *to, int field, gint64 value)
{
  add_key(to, field, WIRE_VARINT);
  add_varint(to, (guint64) value);
}

static void add_fixed64(GByteArray *to, guint64 value)
{
  guint64 little = GUINT64_TO_LE(value);
  g_byte_array_append(to, (const guint8 *) &little, 8);
}

static void add_fixed32(GByteArray *to, guint32 value)
{
  guint32 little = GUINT32_TO_LE(value);
  g_byte_array_append(to, (const guint8 *) &little, 4);
}

static void add_double(GByteArray *to, int field, double value)
{
  guint64 bits;
  memcpy(&bits, &value, 8);
  add_key(to, field, WIRE_FIXED64);
  add_fixed64(to, bits);
}

static void add_float(GByteArray *to, int field, float value)
{
  guint32 bits;
  memcpy(&bits, &value, 4);
  add_key(to, field, WIRE_FIXED32);
  add_fixed32(to, bits);
}

static void add_bytes(GByteArray *to, int field, const void *data, gsize size)
{
  add_key(to, field, WIRE_BYTES);
  add_varint(to, size);
  g_byte_array_append(to, data, (guint) size);
}

/* CRC-32C (Castagnoli), as TFRecord wants it. */
static guint32 crc32c(const guint8 *data, gsize size)
{
  static guint32 table[256];
  static gsize made;
  if (g_once_init_enter(&made)) {
    for (guint32 i = 0; i < 256; i++) {
      guint32 value = i;
      for (int bit = 0; bit < 8; bit++)
        value = value & 1 ? value >> 1 ^ 0x82F63B78u : value >> 1;
      table[i] = value;
    }
    g_once_init_leave(&made, 1);
  }
  guint32 crc = 0xFFFFFFFFu;
  for (gsize i = 0; i < size; i++)
    crc = table[(crc ^ data[i]) & 0xff] ^ crc >> 8;
  return ~crc;
}

/* TFRecord stores checksums rotated and shifted, so that records within records do not look right by chance. */
static guint32 masked_crc(const guint8 *data, gsize size)
{
  guint32 crc = crc32c(data, size);
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

static gboolean write_event(SsgTensorboard *board, gint64 step, int field, const void *content, gsize size,
                            GError **error)
{
  g_autoptr(GByteArray) event = g_byte_array_new(), record = g_byte_array_new();
  add_double(event, EVENT_WALL_TIME, g_get_real_time() / 1e6);
  add_integer(event, EVENT_STEP, step);
  add_bytes(event, field, content, size);
  add_fixed64(record, event->len);
  add_fixed32(record, masked_crc(record->data, 8));
  g_byte_array_append(record, event->data, event->len);
  add_fixed32(record, masked_crc(event->data, event->len));
  if (fwrite(record->data, 1, record->len, board->file) == record->len && fflush(board->file) == 0)
    return TRUE;
  ssg_trainer_error_set_errno(error, errno, "write", board->path);
  return FALSE;
}

/* Seconds in the name of a new file. TensorBoard reads files in the order of their names, and none that sorts before the one it reads:
 * later than all others, also when the clock was set back or the last one was begun within this second. */
static gint64 name_seconds(const char *folder)
{
  static const char prefix[] = "events.out.tfevents.";
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  gint64 seconds = g_get_real_time() / G_USEC_PER_SEC;
  const char *name;
  while (dir && (name = g_dir_read_name(dir)))
    if (g_str_has_prefix(name, prefix))
      seconds = MAX(seconds, MIN(g_ascii_strtoll(name + strlen(prefix), NULL, 10), G_MAXINT64 - 1) + 1);
  return seconds;
}

SsgTensorboard *ssg_tensorboard_open(const char *folder, gint64 first_step, GError **error)
{
  static int n_opened;
  static const char version[] = "brain.Event:2";
  g_autoptr(SsgTensorboard) board = g_new0(SsgTensorboard, 1);
  g_autofree char *name =
      g_strdup_printf("events.out.tfevents.%010" G_GINT64_FORMAT ".%s.%d.%d", name_seconds(folder),
                      g_get_host_name(), (int) getpid(), g_atomic_int_add(&n_opened, 1));
  board->path = g_build_filename(folder, name, NULL);
  board->file = fopen(board->path, "wbxe");
  if (!board->file) {
    ssg_trainer_error_set_errno(error, errno, "create", board->path);
    return NULL;
  }
  if (!write_event(board, 0, EVENT_FILE_VERSION, version, strlen(version), error))
    return NULL;
  if (first_step > 0) {
    g_autoptr(GByteArray) session = g_byte_array_new();
    add_integer(session, SESSION_STATUS, SESSION_START);
    if (!write_event(board, first_step, EVENT_SESSION_LOG, session->data, session->len, error))
      return NULL;
  }
  return g_steal_pointer(&board);
}

void ssg_tensorboard_close(SsgTensorboard *board)
{
  if (!board)
    return;
  if (board->file)
    fclose(board->file);
  g_free(board->path);
  g_free(board);
}

gboolean ssg_tensorboard_add_scalars(SsgTensorboard *board, gint64 step, int n, const char *const *tags,
                                     const double *values, GError **error)
{
  g_autoptr(GByteArray) summary = g_byte_array_new();
  for (int i = 0; i < n; i++) {
    g_autoptr(GByteArray) value = g_byte_array_new();
    add_bytes(value, VALUE_TAG, tags[i], strlen(tags[i]));
    add_float(value, VALUE_SIMPLE, (float) values[i]);
    add_bytes(summary, SUMMARY_VALUE, value->data, value->len);
  }
  return write_event(board, step, EVENT_SUMMARY, summary->data, summary->len, error);
}

gboolean ssg_tensorboard_add_image(SsgTensorboard *board, gint64 step, const char *tag, const SsgImage *image,
                                   GError **error)
{
  SsgPixels pixels = ssg_image_pixels(image);
  g_autoptr(GBytes) png = ssg_png_encode(&pixels, NULL, error);
  if (!png)
    return FALSE;
  gsize size;
  const void *data = g_bytes_get_data(png, &size);
  g_autoptr(GByteArray) picture = g_byte_array_new(), value = g_byte_array_new(), summary = g_byte_array_new();
  add_integer(picture, IMAGE_HEIGHT, image->height);
  add_integer(picture, IMAGE_WIDTH, image->width);
  add_integer(picture, IMAGE_COLORSPACE, image->channels);
  add_bytes(picture, IMAGE_PNG, data, size);
  add_bytes(value, VALUE_TAG, tag, strlen(tag));
  add_bytes(value, VALUE_IMAGE, picture->data, picture->len);
  add_bytes(summary, SUMMARY_VALUE, value->data, value->len);
  return write_event(board, step, EVENT_SUMMARY, summary->data, summary->len, error);
}

const char *ssg_tensorboard_path(const SsgTensorboard *board)
{
  return board->path;
}
