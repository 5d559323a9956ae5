#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "engine/error.h"
#include "engine/image-codec.h"

/* A progressive file may ask for any number of passes over the picture; real ones have about ten. */
#define MAX_SCANS 200

/* As in image-png.c: what must survive a longjmp lies here, in the frame of setjmp's caller. */
typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
  const char *name;
  const guint8 *data;
  gsize size;
  const SsgImageLimits *limits;
  SsgImage *image;
  guint8 *line; /* one row of CMYK */
  int orientation;
  GError **error;
} Reader;

static void read_fail(j_common_ptr common)
{
  Reader *reader = common->client_data;
  common->err->format_message(common, reader->message);
  longjmp(reader->jump, 1);
}

/* Some cameras leave bytes that matter to nobody (a warning); pixels that are not there are damage. */
static void read_message(j_common_ptr common, int level)
{
  int code = common->err->msg_code;
  if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM && code != JWRN_JFIF_MAJOR)
    read_fail(common);
}

static void check_scans(j_common_ptr common)
{
  Reader *reader = common->client_data;
  if (reader->jpeg.input_scan_number > MAX_SCANS) {
    g_strlcpy(reader->message, "it has too many scans", sizeof reader->message);
    longjmp(reader->jump, 1);
  }
}

static guint read_u16(const guint8 *at, gboolean big)
{
  return big ? (guint) at[0] << 8 | at[1] : (guint) at[1] << 8 | at[0];
}

static guint32 read_u32(const guint8 *at, gboolean big)
{
  guint first = read_u16(at, big), second = read_u16(at + 2, big);
  return big ? first << 16 | second : second << 16 | first;
}

/* EXIF orientation, 1..8; 1 when there is none or it makes no sense. */
static int find_orientation(struct jpeg_decompress_struct *jpeg)
{
  for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker; marker = marker->next) {
    if (marker->marker != JPEG_APP0 + 1 || marker->data_length < 14 || memcmp(marker->data, "Exif\0", 6) != 0)
      continue;
    const guint8 *tiff = marker->data + 6;
    gsize size = marker->data_length - 6;
    gboolean big = tiff[0] == 'M';
    gsize at = read_u32(tiff + 4, big);
    if (at > size - 2)
      return 1;
    guint n = read_u16(tiff + at, big);
    for (at += 2; n > 0 && at + 12 <= size; n--, at += 12) {
      if (read_u16(tiff + at, big) == 0x0112) {
        guint value = read_u16(tiff + at + 8, big);
        return value >= 1 && value <= 8 ? (int) value : 1;
      }
    }
  }
  return 1;
}

/* Adobe's CMYK is stored inverted: 255 is no ink. */
static void convert_cmyk(const guint8 *in, guint8 *out, guint width)
{
  for (guint x = 0; x < width; x++, in += 4, out += 3) {
    for (int c = 0; c < 3; c++)
      out[c] = (guint8) ((in[c] * in[3] + 127) / 255);
  }
}

static void invert(guint8 *line, gsize n)
{
  for (gsize i = 0; i < n; i++)
    line[i] = (guint8) (255 - line[i]);
}

/* FALSE with the error set, or a jump. */
static gboolean read_picture(Reader *reader)
{
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  jpeg_mem_src(jpeg, reader->data, reader->size);
  jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(jpeg, TRUE);
  if (!ssg_image_check_size(jpeg->image_width, jpeg->image_height, reader->name, reader->limits, reader->error))
    return FALSE;
  /* Every block of 8 x 8 pixels takes a bit at least. A progressive file's coefficients are allocated before any of them is
   * read, so a short file that claims to be huge is refused here. */
  if ((guint64) reader->size * 512 < (guint64) jpeg->image_width * jpeg->image_height) {
    g_set_error(reader->error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: damaged JPEG: %" G_GSIZE_FORMAT " bytes cannot hold %u x %u pixels", reader->name, reader->size,
                jpeg->image_width, jpeg->image_height);
    return FALSE;
  }
  gboolean cmyk = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
  jpeg->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(jpeg);
  reader->image = ssg_image_new((int) jpeg->output_width, (int) jpeg->output_height, 3, reader->error);
  if (!reader->image)
    return FALSE;
  if (cmyk)
    reader->line = g_malloc((gsize) jpeg->output_width * 4);
  while (jpeg->output_scanline < jpeg->output_height) {
    guint8 *row = reader->image->pixels + (gsize) jpeg->output_scanline * jpeg->output_width * 3;
    JSAMPROW line = cmyk ? reader->line : row;
    if (jpeg_read_scanlines(jpeg, &line, 1) != 1)
      continue;
    if (cmyk) {
      if (!jpeg->saw_Adobe_marker)
        invert(line, (gsize) jpeg->output_width * 4);
      convert_cmyk(line, row, jpeg->output_width);
    }
  }
  reader->orientation = find_orientation(jpeg); /* finishing frees the markers */
  jpeg_finish_decompress(jpeg);
  return TRUE;
}

static gboolean run_reader(Reader *reader)
{
  if (setjmp(reader->jump)) {
    g_set_error(reader->error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: damaged JPEG: %s", reader->name, reader->message);
    return FALSE;
  }
  reader->jpeg.err = jpeg_std_error(&reader->errors);
  reader->errors.error_exit = read_fail;
  reader->errors.emit_message = read_message;
  reader->jpeg.client_data = reader;
  jpeg_create_decompress(&reader->jpeg);
  reader->progress.progress_monitor = check_scans;
  reader->jpeg.progress = &reader->progress;
  return read_picture(reader);
}

/* The picture turned as EXIF says: 2 mirrored, 3 half turn, 4 upside down, 5..8 the same with the sides exchanged. */
static SsgImage *orient(SsgImage *image, int orientation, GError **error)
{
  gboolean swap = orientation >= 5;
  gboolean flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  gboolean flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  int width = swap ? image->height : image->width, height = swap ? image->width : image->height;
  SsgImage *out = ssg_image_new(width, height, 3, error);
  for (int y = 0; out && y < height; y++) {
    guint8 *to = out->pixels + (gsize) y * (gsize) width * 3;
    for (int x = 0; x < width; x++, to += 3) {
      int from_x = swap ? y : x, from_y = swap ? x : y;
      if (flip_x)
        from_x = image->width - 1 - from_x;
      if (flip_y)
        from_y = image->height - 1 - from_y;
      memcpy(to, image->pixels + ((gsize) from_y * (gsize) image->width + (gsize) from_x) * 3, 3);
    }
  }
  ssg_image_unref(image);
  return out;
}

SsgImage *ssg_image_decode_jpeg(const guint8 *data, gsize size, const char *name, const SsgImageLimits *limits,
                                GError **error)
{
  Reader reader = {.data = data, .size = size, .name = name, .limits = limits, .error = error};
  gboolean good = run_reader(&reader);
  jpeg_destroy_decompress(&reader.jpeg);
  g_free(reader.line);
  if (!good) {
    ssg_image_unref(reader.image);
    return NULL;
  }
  return reader.orientation == 1 ? reader.image : orient(reader.image, reader.orientation, error);
}

typedef struct {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
  unsigned char *out;
  unsigned long out_size;
  const SsgPixels *pixels;
  gsize stride;
  int quality;
  gboolean full_chroma;
  GString *xmp; /* namespace, NUL, packet; NULL when there is none */
  GError **error;
} Writer;

static void write_fail(j_common_ptr common)
{
  Writer *writer = common->client_data;
  common->err->format_message(common, writer->message);
  longjmp(writer->jump, 1);
}

static void write_message(j_common_ptr common, int level)
{
}

static void write_picture(Writer *writer)
{
  struct jpeg_compress_struct *jpeg = &writer->jpeg;
  const SsgPixels *pixels = writer->pixels;
  gboolean gray = pixels->format == SSG_PIXELS_GRAY8;
  jpeg_mem_dest(jpeg, &writer->out, &writer->out_size);
  jpeg->image_width = (JDIMENSION) pixels->width;
  jpeg->image_height = (JDIMENSION) pixels->height;
  jpeg->input_components = gray ? 1 : 3;
  jpeg->in_color_space = gray ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, writer->quality, TRUE);
  jpeg->optimize_coding = TRUE;
  if (writer->full_chroma && !gray)
    jpeg->comp_info[0].h_samp_factor = jpeg->comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(jpeg, TRUE);
  if (writer->xmp)
    jpeg_write_marker(jpeg, JPEG_APP0 + 1, (const JOCTET *) writer->xmp->str, (unsigned) writer->xmp->len);
  while (jpeg->next_scanline < jpeg->image_height) {
    JSAMPROW row = (JSAMPROW) pixels->pixels + jpeg->next_scanline * writer->stride;
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
}

static gboolean run_writer(Writer *writer)
{
  if (setjmp(writer->jump)) {
    g_set_error(writer->error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a JPEG cannot be written: %s", writer->message);
    return FALSE;
  }
  writer->jpeg.err = jpeg_std_error(&writer->errors);
  writer->errors.error_exit = write_fail;
  writer->errors.emit_message = write_message;
  writer->jpeg.client_data = writer;
  jpeg_create_compress(&writer->jpeg);
  write_picture(writer);
  return TRUE;
}

GBytes *ssg_jpeg_encode(const SsgPixels *pixels, int quality, gboolean full_chroma, const SsgImageOrigin *origin,
                        GError **error)
{
  static const char xmp_namespace[] = "http://ns.adobe.com/xap/1.0/";
  Writer writer = {.pixels = pixels, .quality = quality, .full_chroma = full_chroma, .error = error};
  if (!ssg_pixels_check(pixels, &writer.stride, error))
    return NULL;
  if (quality < 1 || quality > 100 || (pixels->format != SSG_PIXELS_RGB8 && pixels->format != SSG_PIXELS_GRAY8)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT,
                "a JPEG takes RGB or gray of 8 bits and a quality from 1 to 100, not format %d and quality %d",
                (int) pixels->format, quality);
    return NULL;
  }
  g_autofree char *xmp = ssg_image_xmp(origin);
  /* A marker holds 65533 bytes; a longer packet would need XMP's extended form. */
  if (xmp && strlen(xmp) + sizeof xmp_namespace <= 65533) {
    writer.xmp = g_string_new_len(xmp_namespace, sizeof xmp_namespace);
    g_string_append(writer.xmp, xmp);
  } else if (xmp) {
    g_set_error_literal(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "the description is too long for a JPEG");
    return NULL;
  }
  gboolean good = run_writer(&writer);
  jpeg_destroy_compress(&writer.jpeg);
  if (writer.xmp)
    g_string_free(writer.xmp, TRUE);
  GBytes *bytes = good ? g_bytes_new(writer.out, writer.out_size) : NULL;
  free(writer.out);
  return bytes;
}
