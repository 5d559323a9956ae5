#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "engine/error.h"
#include "engine/image-codec.h"

/* libpng leaves by longjmp. Everything that must survive the jump lies in one of these structs, which belong to the caller
 * of the function that calls setjmp: so no local variable is read after a jump, and nothing is lost by one. */
typedef struct {
  png_structp png;
  png_infop info;
  jmp_buf jump;
  char message[200];
  const guint8 *data;
  gsize size, at;
  const char *name;
  SsgImageKind kind;
  const SsgImageLimits *limits;
  SsgImage *image;
  png_bytep *rows;
  GError **error;
} Reader;

static void read_fail(png_structp png, png_const_charp message)
{
  Reader *reader = png_get_error_ptr(png);
  g_strlcpy(reader->message, message, sizeof reader->message);
  longjmp(reader->jump, 1);
}

static void ignore_warning(png_structp png, png_const_charp message)
{
}

static void read_data(png_structp png, png_bytep out, png_size_t n)
{
  Reader *reader = png_get_io_ptr(png);
  if (n > reader->size - reader->at)
    png_error(png, "the file is truncated");
  memcpy(out, reader->data + reader->at, n);
  reader->at += n;
}

/* Sets the transformations for a picture; returns the channels of the result. */
static int set_picture(Reader *reader, int color, int depth)
{
  png_structp png = reader->png;
  gboolean transparent = (color & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, reader->info, PNG_INFO_tRNS);
  png_set_expand(png);
  if (depth == 16)
    png_set_scale_16(png);
  if (!(color & PNG_COLOR_MASK_COLOR))
    png_set_gray_to_rgb(png);
  return transparent ? 4 : 3;
}

/* FALSE with the error set, or a jump. */
static gboolean read_picture(Reader *reader)
{
  png_structp png = reader->png;
  png_read_info(png, reader->info);
  guint32 width = png_get_image_width(png, reader->info), height = png_get_image_height(png, reader->info);
  int color = png_get_color_type(png, reader->info), depth = png_get_bit_depth(png, reader->info), channels = 1;
  if (!ssg_image_check_size(width, height, reader->name, reader->limits, reader->error))
    return FALSE;
  /* Deflate makes at most 1032 bytes of one: with less than that, pixels are missing, and none need be allocated. */
  if ((guint64) reader->size * 1040 < (guint64) png_get_rowbytes(png, reader->info) * height)
    png_error(png, "the file is truncated");
  if (reader->kind != SSG_IMAGE_LABEL) {
    channels = set_picture(reader, color, depth);
  } else if (depth > 8 || (color != PNG_COLOR_TYPE_GRAY && color != PNG_COLOR_TYPE_PALETTE)) {
    g_set_error(reader->error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: labels need a gray or palette PNG of at most 8 bits, found %s of %d bits", reader->name,
                (color & PNG_COLOR_MASK_COLOR) ? "colour" : "gray", depth);
    return FALSE;
  } else if (depth < 8) {
    png_set_packing(png); /* one sample a byte, not scaled */
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, reader->info);
  if (png_get_rowbytes(png, reader->info) != (gsize) width * (gsize) channels)
    png_error(png, "an unexpected kind of pixels");
  reader->image = ssg_image_new((int) width, (int) height, channels, reader->error);
  if (!reader->image)
    return FALSE;
  reader->rows = g_new(png_bytep, height);
  for (guint32 y = 0; y < height; y++)
    reader->rows[y] = reader->image->pixels + (gsize) y * width * (gsize) channels;
  png_read_image(png, reader->rows);
  png_read_end(png, NULL); /* checks what follows the pixels */
  return TRUE;
}

static gboolean run_reader(Reader *reader)
{
  if (setjmp(reader->jump)) {
    g_set_error(reader->error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: damaged PNG: %s", reader->name, reader->message);
    return FALSE;
  }
  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, read_fail, ignore_warning);
  if (reader->png)
    reader->info = png_create_info_struct(reader->png);
  if (!reader->info) {
    g_set_error(reader->error, SSG_ERROR, SSG_ERROR_MEMORY, "%s: no memory for reading a PNG", reader->name);
    return FALSE;
  }
  /* Compressed text and profiles are of no use here and are a way to make a small file large. */
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
  static const png_byte unused[] = "iCCP\0iTXt\0zTXt\0tEXt\0sPLT\0eXIf\0";
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, unused, 6);
  png_set_chunk_malloc_max(reader->png, 8 << 20);
  png_set_user_limits(reader->png, (png_uint_32) reader->limits->max_side, (png_uint_32) reader->limits->max_side);
  png_set_benign_errors(reader->png, 0); /* damage is an error, in unimportant chunks too */
  png_set_crc_action(reader->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_read_fn(reader->png, reader, read_data);
  return read_picture(reader);
}

/* RGBA in place to RGB over white; the block keeps its size. */
static void flatten(SsgImage *image)
{
  gsize n = (gsize) image->width * (gsize) image->height;
  const guint8 *in = image->pixels;
  guint8 *out = image->pixels;
  for (gsize i = 0; i < n; i++, in += 4, out += 3) {
    int alpha = in[3];
    for (int c = 0; c < 3; c++)
      out[c] = (guint8) ((in[c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  image->channels = 3;
}

SsgImage *ssg_image_decode_png(const guint8 *data, gsize size, const char *name, SsgImageKind kind,
                               const SsgImageLimits *limits, GError **error)
{
  Reader reader = {.data = data, .size = size, .name = name, .kind = kind, .limits = limits, .error = error};
  gboolean good = run_reader(&reader);
  png_destroy_read_struct(&reader.png, &reader.info, NULL);
  g_free(reader.rows);
  if (!good) {
    ssg_image_unref(reader.image);
    return NULL;
  }
  if (kind == SSG_IMAGE_RGB && reader.image->channels == 4)
    flatten(reader.image);
  return reader.image;
}

typedef struct {
  png_structp png;
  png_infop info;
  jmp_buf jump;
  char message[200];
  GByteArray *out;
  const SsgPixels *pixels;
  gsize stride;
  GPtrArray *strings; /* converted texts, freed after writing */
  GError **error;
} Writer;

static void write_fail(png_structp png, png_const_charp message)
{
  Writer *writer = png_get_error_ptr(png);
  g_strlcpy(writer->message, message, sizeof writer->message);
  longjmp(writer->jump, 1);
}

static void write_data(png_structp png, png_bytep data, png_size_t n)
{
  Writer *writer = png_get_io_ptr(png);
  if (n > G_MAXUINT - writer->out->len)
    png_error(png, "the picture takes more than 4 GiB");
  g_byte_array_append(writer->out, data, (guint) n);
}

static void flush_data(png_structp png)
{
}

static void add_text(Writer *writer, const char *key, const char *utf8, gboolean international)
{
  if (!utf8 || !*utf8)
    return;
  char *text = g_utf8_make_valid(utf8, -1);
  g_ptr_array_add(writer->strings, text);
  char *latin = international ? NULL : g_convert(text, -1, "ISO-8859-1", "UTF-8", NULL, NULL, NULL);
  if (latin) {
    g_ptr_array_add(writer->strings, latin);
    text = latin;
  }
  png_text entry = {.compression = latin ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE,
                    .key = (char *) key,
                    .text = text,
                    .text_length = latin ? strlen(text) : 0,
                    .itxt_length = latin ? 0 : strlen(text),
                    .lang = (char *) "",
                    .lang_key = (char *) ""};
  png_set_text(writer->png, writer->info, &entry, 1);
}

static void add_origin(Writer *writer, const SsgImageOrigin *origin)
{
  char *xmp = ssg_image_xmp(origin);
  if (!xmp)
    return;
  g_ptr_array_add(writer->strings, xmp);
  add_text(writer, "Software", origin->software, FALSE);
  add_text(writer, "Model", origin->model, FALSE);
  add_text(writer, "Seed", origin->seed, FALSE);
  add_text(writer, "Truncation", origin->truncation, FALSE);
  add_text(writer, "Description", origin->description, FALSE);
  add_text(writer, "XML:com.adobe.xmp", xmp, TRUE);
}

static void write_picture(Writer *writer, const SsgImageOrigin *origin)
{
  static const int colors[] = {[SSG_PIXELS_GRAY8] = PNG_COLOR_TYPE_GRAY,
                               [SSG_PIXELS_GRAY16] = PNG_COLOR_TYPE_GRAY,
                               [SSG_PIXELS_RGB8] = PNG_COLOR_TYPE_RGB,
                               [SSG_PIXELS_RGBA8] = PNG_COLOR_TYPE_RGB_ALPHA,
                               [SSG_PIXELS_INDEXED8] = PNG_COLOR_TYPE_PALETTE};
  const SsgPixels *pixels = writer->pixels;
  png_set_IHDR(writer->png, writer->info, (png_uint_32) pixels->width, (png_uint_32) pixels->height,
               pixels->format == SSG_PIXELS_GRAY16 ? 16 : 8, colors[pixels->format], PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (pixels->format == SSG_PIXELS_INDEXED8) {
    png_color palette[256];
    for (int i = 0; i < pixels->n_colors; i++) {
      guint32 rgb = pixels->palette[i];
      palette[i] = (png_color){(png_byte) (rgb >> 16), (png_byte) (rgb >> 8), (png_byte) rgb};
    }
    png_set_PLTE(writer->png, writer->info, palette, pixels->n_colors);
  }
  add_origin(writer, origin);
  png_write_info(writer->png, writer->info);
  if (pixels->format == SSG_PIXELS_GRAY16 && G_BYTE_ORDER == G_LITTLE_ENDIAN)
    png_set_swap(writer->png);
  for (int y = 0; y < pixels->height; y++)
    png_write_row(writer->png, (png_const_bytep) pixels->pixels + (gsize) y * writer->stride);
  png_write_end(writer->png, writer->info);
}

static gboolean run_writer(Writer *writer, const SsgImageOrigin *origin)
{
  if (setjmp(writer->jump)) {
    g_set_error(writer->error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a PNG cannot be written: %s", writer->message);
    return FALSE;
  }
  writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, write_fail, ignore_warning);
  if (writer->png)
    writer->info = png_create_info_struct(writer->png);
  if (!writer->info) {
    g_set_error_literal(writer->error, SSG_ERROR, SSG_ERROR_MEMORY, "no memory for writing a PNG");
    return FALSE;
  }
  png_set_write_fn(writer->png, writer, write_data, flush_data);
  write_picture(writer, origin);
  return TRUE;
}

GBytes *ssg_png_encode(const SsgPixels *pixels, const SsgImageOrigin *origin, GError **error)
{
  Writer writer = {.pixels = pixels, .error = error};
  if (!ssg_pixels_check(pixels, &writer.stride, error))
    return NULL;
  writer.out = g_byte_array_new();
  writer.strings = g_ptr_array_new_with_free_func(g_free);
  gboolean good = run_writer(&writer, origin);
  png_destroy_write_struct(&writer.png, &writer.info);
  g_ptr_array_unref(writer.strings);
  GBytes *bytes = g_byte_array_free_to_bytes(writer.out);
  if (!good)
    g_clear_pointer(&bytes, g_bytes_unref);
  return bytes;
}
