#include <math.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "engine/error.h"
#include "engine/image.h"
#include "tests/files/files-test.h"

static gboolean read_any(GBytes *bytes, GError **error)
{
  gsize size;
  const void *data = g_bytes_get_data(bytes, &size);
  g_autoptr(SsgImage) image = ssg_image_decode(data, size, "x.img", SSG_IMAGE_ANY, NULL, error);
  return image != NULL;
}

static gboolean read_label(GBytes *bytes, GError **error)
{
  gsize size;
  const void *data = g_bytes_get_data(bytes, &size);
  g_autoptr(SsgImage) image = ssg_image_decode(data, size, "x.img", SSG_IMAGE_LABEL, NULL, error);
  return image != NULL;
}

static SsgImage *decode(GBytes *bytes, SsgImageKind kind)
{
  gsize size;
  g_autoptr(GError) error = NULL;
  const void *data = g_bytes_get_data(bytes, &size);
  SsgImage *image = ssg_image_decode(data, size, "x.img", kind, NULL, &error);
  g_assert_no_error(error);
  return image;
}

static void append_png(png_structp png, png_bytep data, png_size_t n)
{
  g_byte_array_append(png_get_io_ptr(png), data, (guint) n);
}

/* A PNG of any kind, by libpng itself. samples: one value a sample, below 2^depth. */
static GBytes *make_png(int width, int height, int color, int depth, gboolean interlaced, gboolean transparent_0,
                        const guint16 *samples)
{
  static png_color palette[16];
  int channels = color == PNG_COLOR_TYPE_RGB_ALPHA ? 4 : color == PNG_COLOR_TYPE_RGB ? 3
                 : color == PNG_COLOR_TYPE_GRAY_ALPHA ? 2 : 1;
  GByteArray *array = g_byte_array_new();
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, array, append_png, NULL);
  png_set_IHDR(png, info, (guint) width, (guint) height, depth, color,
               interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
  for (int i = 0; i < 16; i++)
    palette[i] = (png_color){(png_byte) (i * 3), (png_byte) (255 - i), (png_byte) (i * i)};
  if (color == PNG_COLOR_TYPE_PALETTE)
    png_set_PLTE(png, info, palette, MIN(16, 1 << depth));
  png_byte alpha[1] = {0};
  png_color_16 key = {0};
  if (transparent_0)
    png_set_tRNS(png, info, alpha, 1, &key);
  png_write_info(png, info);
  gsize n = (gsize) width * (gsize) channels;
  g_autofree guint8 *rows = g_malloc0(n * 2 * (gsize) height);
  g_autofree png_bytep *pointers = g_new(png_bytep, height);
  png_set_packing(png);
  if (depth == 16)
    png_set_swap(png);
  for (int y = 0; y < height; y++) {
    pointers[y] = rows + n * 2 * (gsize) y;
    for (gsize i = 0; i < n; i++) {
      if (depth == 16)
        memcpy(pointers[y] + 2 * i, &samples[(gsize) y * n + i], 2);
      else
        pointers[y][i] = (guint8) samples[(gsize) y * n + i];
    }
  }
  png_write_image(png, pointers);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return g_byte_array_free_to_bytes(array);
}

static void test_png_kinds(void)
{
  enum { W = 13, H = 9 };
  static const struct {
    int color, depth, channels;
  } kinds[] = {{PNG_COLOR_TYPE_GRAY, 1, 1},      {PNG_COLOR_TYPE_GRAY, 2, 1},       {PNG_COLOR_TYPE_GRAY, 4, 1},
               {PNG_COLOR_TYPE_GRAY, 8, 1},      {PNG_COLOR_TYPE_GRAY, 16, 1},      {PNG_COLOR_TYPE_PALETTE, 1, 1},
               {PNG_COLOR_TYPE_PALETTE, 2, 1},   {PNG_COLOR_TYPE_PALETTE, 4, 1},    {PNG_COLOR_TYPE_PALETTE, 8, 1},
               {PNG_COLOR_TYPE_RGB, 8, 3},       {PNG_COLOR_TYPE_RGB, 16, 3},       {PNG_COLOR_TYPE_GRAY_ALPHA, 8, 2},
               {PNG_COLOR_TYPE_RGB_ALPHA, 8, 4}, {PNG_COLOR_TYPE_RGB_ALPHA, 16, 4}};
  for (guint k = 0; k < G_N_ELEMENTS(kinds) * 4; k++) {
    int color = kinds[k / 4].color, depth = kinds[k / 4].depth, channels = kinds[k / 4].channels;
    gboolean interlaced = k & 1, key = (k & 2) && !(color & PNG_COLOR_MASK_ALPHA);
    guint16 samples[W * H * 4];
    for (guint i = 0; i < G_N_ELEMENTS(samples); i++)
      samples[i] = (guint16) ((i * 7919 / 3) & (color == PNG_COLOR_TYPE_PALETTE ? MIN(15, (1 << depth) - 1)
                                                                                 : (1 << depth) - 1));
    g_autoptr(GBytes) bytes = make_png(W, H, color, depth, interlaced, key, samples);
    g_autoptr(SsgImage) image = decode(bytes, SSG_IMAGE_ANY), rgb = decode(bytes, SSG_IMAGE_RGB);
    gboolean alpha = key || (color & PNG_COLOR_MASK_ALPHA);
    g_assert_cmpint(image->channels, ==, alpha ? 4 : 3);
    g_assert_true(image->width == W && image->height == H && rgb->channels == 3);
    double scale = 255.0 / ((1 << depth) - 1);
    for (int i = 0; i < W * H; i++) {
      const guint16 *s = samples + i * channels;
      const guint8 *found = image->pixels + i * image->channels;
      double expected[4] = {s[0] * scale, s[0] * scale, s[0] * scale, 255};
      if (color == PNG_COLOR_TYPE_PALETTE) {
        expected[0] = s[0] * 3;
        expected[1] = 255 - s[0];
        expected[2] = s[0] * s[0];
      } else if (color & PNG_COLOR_MASK_COLOR) {
        expected[1] = s[1] * scale;
        expected[2] = s[2] * scale;
      }
      if (color & PNG_COLOR_MASK_ALPHA)
        expected[3] = s[channels - 1] * scale;
      if (key && s[0] == 0 && (channels == 1 || (s[1] == 0 && s[2] == 0)))
        expected[3] = 0;
      for (int c = 0; c < image->channels; c++)
        g_assert_cmpfloat(fabs(found[c] - expected[c]), <=, 0.5001);
      for (int c = 0; c < 3; c++)
        g_assert_cmpfloat(fabs(rgb->pixels[i * 3 + c] - (expected[c] * expected[3] + 255 * (255 - expected[3])) / 255),
                          <=, 1.01);
    }
    if (channels == 1 && depth <= 8) {
      g_autoptr(SsgImage) label = decode(bytes, SSG_IMAGE_LABEL);
      g_assert_cmpint(label->channels, ==, 1);
      for (int i = 0; i < W * H; i++)
        g_assert_cmpint(label->pixels[i], ==, samples[i]);
    } else {
      check_refused(bytes, read_label, "labels need a gray or palette PNG");
    }
  }
}

/* Finds a chunk; its data, or NULL. */
static const guint8 *find_chunk(GBytes *bytes, const char *type, const char *key, gsize *length)
{
  gsize size;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  for (gsize at = 8; at + 12 <= size;) {
    gsize n = (gsize) data[at] << 24 | (gsize) data[at + 1] << 16 | (gsize) data[at + 2] << 8 | data[at + 3];
    if (memcmp(data + at + 4, type, 4) == 0 && (!key || strcmp((const char *) data + at + 8, key) == 0)) {
      *length = n;
      return data + at + 8;
    }
    at += 12 + n;
  }
  return NULL;
}

static void test_png_metadata(void)
{
  SsgImageOrigin origin = {TRUE, "ssgan 0.1.0", "Mod\xc3\xa8le <A> \xe2\x98\xba", "42", "0.7", "plain & simple"};
  const guint8 pixels[12] = {0};
  SsgPixels what = {.format = SSG_PIXELS_RGB8, .width = 2, .height = 2, .pixels = pixels};
  g_autoptr(GBytes) bytes = ssg_png_encode(&what, &origin, NULL);
  gsize n;
  const char *software = (const char *) find_chunk(bytes, "tEXt", "Software", &n);
  g_assert_nonnull(software);
  g_assert_cmpmem(software + 9, n - 9, "ssgan 0.1.0", 11);
  const char *seed = (const char *) find_chunk(bytes, "tEXt", "Seed", &n);
  g_assert_cmpmem(seed + 5, n - 5, "42", 2);
  const char *truncation = (const char *) find_chunk(bytes, "tEXt", "Truncation", &n);
  g_assert_nonnull(truncation);
  g_assert_cmpmem(truncation + 11, n - 11, "0.7", 3);
  g_assert_null(find_chunk(bytes, "tEXt", "Model", &n)); /* not Latin-1 */
  const char *model = (const char *) find_chunk(bytes, "iTXt", "Model", &n);
  g_assert_cmpmem(model + 10, n - 10, origin.model, strlen(origin.model));
  const char *xmp = (const char *) find_chunk(bytes, "iTXt", "XML:com.adobe.xmp", &n);
  g_assert_nonnull(xmp);
  g_autofree char *packet = g_strndup(xmp + 22, n - 22);
  g_assert_true(g_str_has_prefix(packet, "<?xpacket begin="));
  g_assert_nonnull(strstr(packet, "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/"
                                  "trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>"));
  g_assert_nonnull(strstr(packet, "&lt;A&gt;"));
  g_assert_nonnull(strstr(packet, "plain &amp; simple"));
  g_assert_nonnull(strstr(packet, "seed 42; truncation 0.7"));
  /* It is XML: GLib's own parser takes it. */
  GMarkupParser nothing = {0};
  g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&nothing, 0, NULL, NULL);
  g_autoptr(GError) error = NULL;
  g_assert_true(g_markup_parse_context_parse(context, packet, -1, &error));
  g_assert_true(g_markup_parse_context_end_parse(context, &error));
  g_autoptr(SsgImage) again = decode(bytes, SSG_IMAGE_RGB); /* the texts do not disturb reading */
  g_assert_cmpmem(again->pixels, 12, pixels, 12);
  g_autoptr(GBytes) plain = ssg_png_encode(&what, NULL, NULL);
  g_assert_null(find_chunk(plain, "iTXt", NULL, &n));
  SsgImageOrigin silent = {0};
  g_assert_null(ssg_image_xmp(&silent));
}

static void test_png_writer(void)
{
  enum { W = 7, H = 5 };
  guint8 pixels[H][W * 4 + 3];
  for (int y = 0; y < H; y++)
    for (gsize x = 0; x < sizeof pixels[0]; x++)
      pixels[y][x] = (guint8) (y * 51 + (int) x * 29);
  const guint32 palette[256] = {0x102030, 0xffeedd};
  static const struct {
    SsgPixelFormat format;
    guint32 read_as;
    int bytes;
  } formats[] = {{SSG_PIXELS_GRAY8, PNG_FORMAT_GRAY, 1},
                 {SSG_PIXELS_RGB8, PNG_FORMAT_RGB, 3},
                 {SSG_PIXELS_RGBA8, PNG_FORMAT_RGBA, 4},
                 {SSG_PIXELS_INDEXED8, PNG_FORMAT_RGB_COLORMAP, 1}};
  for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
    SsgPixels what = {formats[i].format, W, H, sizeof pixels[0], pixels, palette, 256};
    g_autoptr(GBytes) bytes = ssg_png_encode(&what, NULL, NULL);
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    /* Read back by libpng's own simple interface. */
    png_image image = {.version = PNG_IMAGE_VERSION};
    g_assert_true(png_image_begin_read_from_memory(&image, data, size));
    image.format = formats[i].read_as;
    guint8 found[W * H * 4], map[256 * 3];
    g_assert_true(png_image_finish_read(&image, NULL, found, W * formats[i].bytes, map));
    if (formats[i].format != SSG_PIXELS_INDEXED8) {
      for (int y = 0; y < H; y++)
        g_assert_cmpmem(found + y * W * formats[i].bytes, (gsize) (W * formats[i].bytes), pixels[y],
                        (gsize) (W * formats[i].bytes));
    } else {
      g_autoptr(SsgImage) label = decode(bytes, SSG_IMAGE_LABEL), rgb = decode(bytes, SSG_IMAGE_RGB);
      for (int y = 0; y < H; y++)
        g_assert_cmpmem(label->pixels + y * W, W, pixels[y], W);
      g_assert_cmpmem(rgb->pixels, 3, "\x10\x20\x30", 3); /* pixel 0 has index 0 */
    }
  }
  guint16 deep[4] = {0, 1, 256, 65535};
  SsgPixels gray16 = {.format = SSG_PIXELS_GRAY16, .width = 2, .height = 2, .pixels = deep};
  g_autoptr(GBytes) bytes = ssg_png_encode(&gray16, NULL, NULL);
  gsize size;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  g_assert_cmpint(data[24], ==, 16); /* IHDR: bit depth */
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  FILE *stream = fmemopen((void *) data, size, "rb");
  png_init_io(png, stream);
  png_read_png(png, info, PNG_TRANSFORM_SWAP_ENDIAN, NULL);
  g_assert_cmpmem(png_get_rows(png, info)[0], 4, deep, 4);
  g_assert_cmpmem(png_get_rows(png, info)[1], 4, deep + 2, 4);
  png_destroy_read_struct(&png, &info, NULL);
  fclose(stream);
  g_autoptr(GError) error = NULL;
  SsgPixels bad = {SSG_PIXELS_INDEXED8, W, H, sizeof pixels[0], pixels, palette, 2};
  g_assert_null(ssg_png_encode(&bad, NULL, &error));
  g_assert_true(g_error_matches(error, SSG_ERROR, SSG_ERROR_ARGUMENT));
  check_error(&error, "the palette only 2 colours");
  bad = (SsgPixels){.format = SSG_PIXELS_RGB8, .width = W, .height = H, .stride = 5, .pixels = pixels};
  g_assert_null(ssg_png_encode(&bad, NULL, &error));
  check_error(&error, "stride");
}

/* A smooth picture, which JPEG keeps well. */
static SsgImage *smooth_picture(int width, int height)
{
  SsgImage *image = ssg_image_new(width, height, 3, NULL);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      guint8 *p = image->pixels + (y * width + x) * 3;
      p[0] = (guint8) (40 + 180 * x / width);
      p[1] = (guint8) (40 + 180 * y / height);
      p[2] = (guint8) (120 + 80 * sin(x * 0.2) * cos(y * 0.15));
    }
  return image;
}

static double mean_difference(const SsgImage *a, const SsgImage *b)
{
  g_assert_true(a->width == b->width && a->height == b->height && a->channels == b->channels);
  gsize n = (gsize) (a->width * a->height * a->channels);
  double sum = 0;
  for (gsize i = 0; i < n; i++)
    sum += fabs((double) a->pixels[i] - b->pixels[i]);
  return sum / (double) n;
}

static void test_jpeg(void)
{
  g_autoptr(SsgImage) image = smooth_picture(61, 47);
  SsgPixels what = ssg_image_pixels(image);
  SsgImageOrigin origin = {.synthetic = TRUE, .software = "ssgan"};
  g_autoptr(GBytes) full = ssg_jpeg_encode(&what, 95, TRUE, &origin, NULL);
  g_autoptr(GBytes) half = ssg_jpeg_encode(&what, 95, FALSE, NULL, NULL);
  g_autoptr(GBytes) poor = ssg_jpeg_encode(&what, 10, FALSE, NULL, NULL);
  g_autoptr(SsgImage) from_full = decode(full, SSG_IMAGE_ANY), from_poor = decode(poor, SSG_IMAGE_RGB);
  g_assert_cmpfloat(mean_difference(image, from_full), <, 1.0);
  g_assert_cmpfloat(mean_difference(image, from_poor), >, 1.0);
  g_assert_cmpuint(g_bytes_get_size(poor), <, g_bytes_get_size(half));
  /* The sampling of the first component stands in the frame header. */
  const struct {
    GBytes *bytes;
    int sampling;
  } samplings[] = {{full, 0x11}, {half, 0x22}};
  for (int i = 0; i < 2; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data(samplings[i].bytes, &size);
    const guint8 *frame = memmem(data, size, "\xff\xc0\x00\x11\x08", 5);
    g_assert_nonnull(frame);
    g_assert_cmpint(frame[11], ==, samplings[i].sampling);
  }
  g_assert_nonnull(memmem(g_bytes_get_data(full, NULL), g_bytes_get_size(full), SSG_IMAGE_SYNTHETIC_SOURCE,
                          strlen(SSG_IMAGE_SYNTHETIC_SOURCE)));
  check_refused(full, read_label, "labels cannot be read from a JPEG");
  g_autoptr(GError) error = NULL;
  g_assert_null(ssg_jpeg_encode(&what, 0, FALSE, NULL, &error));
  check_error(&error, "quality");
}

/* By libjpeg itself: 4 channels as CMYK, or 3 progressive with an EXIF orientation. */
static GBytes *make_jpeg(const guint8 *pixels, int width, int height, int channels, int orientation)
{
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  unsigned char *out = NULL;
  unsigned long size = 0;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = (JDIMENSION) width;
  jpeg.image_height = (JDIMENSION) height;
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 98, TRUE);
  if (channels == 3) {
    jpeg_simple_progression(&jpeg);
    jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
  }
  jpeg_start_compress(&jpeg, TRUE);
  guint8 exif[] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\0\0\0\0\0\0\0";
  exif[25] = (guint8) orientation;
  if (orientation)
    jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, sizeof exif - 1);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = (JSAMPROW) pixels + jpeg.next_scanline * jpeg.image_width * (unsigned) channels;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  GBytes *bytes = g_bytes_new(out, size);
  free(out);
  return bytes;
}

static void test_jpeg_kinds(void)
{
  g_autoptr(SsgImage) image = smooth_picture(40, 24);
  guint8 cmyk[40 * 24 * 4];
  for (int i = 0; i < 40 * 24; i++) {
    memcpy(cmyk + i * 4, image->pixels + i * 3, 3);
    cmyk[i * 4 + 3] = 255; /* Adobe's way: 255 is no black */
  }
  g_autoptr(GBytes) inked = make_jpeg(cmyk, 40, 24, 4, 0);
  g_autoptr(SsgImage) from_cmyk = decode(inked, SSG_IMAGE_RGB);
  g_assert_cmpfloat(mean_difference(image, from_cmyk), <, 1.0);
  /* Where the stored picture's first pixel and first row's end stand when shown, by the EXIF table of orientations. */
  static const struct {
    int x0, y0, x1, y1; /* 0 or 1: left or right, top or bottom */
  } shown[9] = {[1] = {0, 0, 1, 0}, [2] = {1, 0, 0, 0}, [3] = {1, 1, 0, 1}, [4] = {0, 1, 1, 1},
                [5] = {0, 0, 0, 1}, [6] = {1, 0, 1, 1}, [7] = {1, 1, 1, 0}, [8] = {0, 1, 0, 0}};
  for (int orientation = 1; orientation <= 8; orientation++) {
    g_autoptr(GBytes) bytes = make_jpeg(image->pixels, 40, 24, 3, orientation);
    g_autoptr(SsgImage) turned = decode(bytes, SSG_IMAGE_RGB);
    g_assert_cmpint(turned->width, ==, orientation >= 5 ? 24 : 40);
    int w = turned->width - 1, h = turned->height - 1;
    const guint8 *first = turned->pixels + (shown[orientation].y0 * h * (w + 1) + shown[orientation].x0 * w) * 3;
    const guint8 *end = turned->pixels + (shown[orientation].y1 * h * (w + 1) + shown[orientation].x1 * w) * 3;
    for (int c = 0; c < 3; c++) {
      g_assert_cmpint(ABS(first[c] - image->pixels[c]), <=, 8);
      g_assert_cmpint(ABS(end[c] - image->pixels[39 * 3 + c]), <=, 8);
    }
  }
}

static void test_damage(void)
{
  g_autoptr(SsgImage) image = smooth_picture(48, 48);
  SsgPixels what = ssg_image_pixels(image);
  SsgImageOrigin origin = {.synthetic = TRUE};
  g_autoptr(GBytes) png = ssg_png_encode(&what, &origin, NULL);
  g_autoptr(GBytes) jpeg = ssg_jpeg_encode(&what, 90, FALSE, NULL, NULL);
  g_autoptr(GBytes) progressive = make_jpeg(image->pixels, 48, 48, 3, 0);
  check_truncations(png, g_bytes_get_size(png), read_any);
  check_truncations(jpeg, g_bytes_get_size(jpeg) - 2, read_any);
  check_truncations(progressive, g_bytes_get_size(progressive) - 2, read_any);
  /* Every chunk of a PNG carries a checksum: nearly every flip is seen. A JPEG has none. */
  g_assert_cmpint(check_bit_flips(png, 8, g_bytes_get_size(png), 1000, read_any), >, 950);
  check_bit_flips(jpeg, 2, g_bytes_get_size(jpeg), 1000, read_any);
  check_bit_flips(progressive, 2, g_bytes_get_size(progressive), 1000, read_any);
  g_autoptr(GBytes) text = g_bytes_new_static("GIF89a", 6);
  check_refused(text, read_any, "x.img: neither a PNG nor a JPEG");
}

static void test_limits(void)
{
  g_autoptr(SsgImage) image = smooth_picture(64, 32);
  SsgPixels what = ssg_image_pixels(image);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) png = ssg_png_encode(&what, NULL, NULL);
  g_autoptr(GBytes) jpeg = ssg_jpeg_encode(&what, 90, FALSE, NULL, NULL);
  GBytes *files[2] = {png, jpeg};
  for (int i = 0; i < 2; i++) {
    gsize size;
    const void *data = g_bytes_get_data(files[i], &size);
    const SsgImageLimits sides = {63, 1 << 20}, pixels = {64, 64 * 32 - 1}, enough = {64, 64 * 32};
    g_assert_null(ssg_image_decode(data, size, "big.img", SSG_IMAGE_RGB, &sides, &error));
    check_error(&error, "big.img: ");
    g_assert_null(ssg_image_decode(data, size, "big.img", SSG_IMAGE_RGB, &pixels, &error));
    check_error(&error, "64 x 32 pixels; at most 64 a side and 2047 in all");
    g_autoptr(SsgImage) good = ssg_image_decode(data, size, "big.img", SSG_IMAGE_RGB, &enough, &error);
    g_assert_no_error(error);
  }
  /* A short progressive file that claims 8192 x 8192 pixels: its coefficients would take 400 MB. */
  g_autoptr(GBytes) progressive = make_jpeg(image->pixels, 64, 32, 3, 0);
  gsize size;
  const guint8 *data = g_bytes_get_data(progressive, &size);
  g_autofree guint8 *copy = g_memdup2(data, size);
  guint8 *frame = memmem(copy, size, "\xff\xc2\x00\x11\x08", 5);
  g_assert_nonnull(frame);
  frame[5] = frame[7] = 8192 >> 8;
  frame[6] = frame[8] = 0;
  g_assert_null(ssg_image_decode(copy, size, "bomb.jpg", SSG_IMAGE_RGB, NULL, &error));
  check_error(&error, "cannot hold 8192 x 8192 pixels");
}

static void test_save(void)
{
  g_autoptr(SsgImage) image = smooth_picture(20, 10);
  SsgPixels what = ssg_image_pixels(image);
  g_autofree char *png = scratch_path("a.png"), *jpeg = scratch_path("a.jpg"), *bad = scratch_path("no/a.png");
  g_autoptr(GError) error = NULL;
  g_assert_true(ssg_png_save(png, &what, NULL, &error));
  g_assert_true(ssg_jpeg_save(jpeg, &what, 95, TRUE, NULL, &error));
  g_autoptr(SsgImage) one = ssg_image_load(png, SSG_IMAGE_ANY, NULL, &error);
  g_autoptr(SsgImage) two = ssg_image_load(jpeg, SSG_IMAGE_ANY, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpfloat(mean_difference(image, one), ==, 0);
  g_assert_cmpfloat(mean_difference(image, two), <, 1.5);
  g_assert_false(ssg_png_save(bad, &what, NULL, &error));
  check_error(&error, "no/a.png: cannot be written");
  what.width = 0;
  g_assert_false(ssg_png_save(png, &what, NULL, &error));
  check_error(&error, "a.png: a picture of 0 x 10");
  g_assert_null(ssg_image_load("/nowhere.png", SSG_IMAGE_ANY, NULL, &error));
  g_assert_true(g_error_matches(error, SSG_ERROR, SSG_ERROR_FILE));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/image/png-kinds", test_png_kinds);
  g_test_add_func("/image/png-metadata", test_png_metadata);
  g_test_add_func("/image/png-writer", test_png_writer);
  g_test_add_func("/image/jpeg", test_jpeg);
  g_test_add_func("/image/jpeg-kinds", test_jpeg_kinds);
  g_test_add_func("/image/damage", test_damage);
  g_test_add_func("/image/limits", test_limits);
  g_test_add_func("/image/save", test_save);
  int status = g_test_run();
  files_test_finish();
  return status;
}
