#include "engine/image.h"

#include <string.h>

#include "engine/atomic-file.h"
#include "engine/error.h"
#include "engine/image-codec.h"
#include "engine/map-file.h"

static const SsgImageLimits default_limits = {SSG_IMAGE_MAX_SIDE, SSG_IMAGE_MAX_PIXELS};

SsgImage *ssg_image_new(int width, int height, int channels, GError **error)
{
  if (width < 1 || height < 1 || (channels != 1 && channels != 3 && channels != 4)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a picture cannot be %d x %d with %d channels", width, height,
                channels);
    return NULL;
  }
  gsize size;
  guint8 *pixels = NULL;
  if (g_size_checked_mul(&size, (gsize) width * (gsize) channels, (gsize) height))
    pixels = g_try_malloc(size);
  if (!pixels) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "no memory for a picture of %d x %d pixels", width, height);
    return NULL;
  }
  SsgImage *image = g_new0(SsgImage, 1);
  image->width = width;
  image->height = height;
  image->channels = channels;
  image->pixels = pixels;
  g_atomic_ref_count_init(&image->references);
  return image;
}

SsgImage *ssg_image_ref(SsgImage *image)
{
  g_atomic_ref_count_inc(&image->references);
  return image;
}

void ssg_image_unref(SsgImage *image)
{
  if (!image || !g_atomic_ref_count_dec(&image->references))
    return;
  g_free(image->pixels);
  g_free(image);
}

gboolean ssg_image_check_size(guint64 width, guint64 height, const char *name, const SsgImageLimits *limits,
                              GError **error)
{
  if (width >= 1 && height >= 1 && width <= (guint64) limits->max_side && height <= (guint64) limits->max_side &&
      width * height <= (guint64) limits->max_pixels)
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
              "%s: a picture of %" G_GUINT64_FORMAT " x %" G_GUINT64_FORMAT
              " pixels; at most %d a side and %" G_GINT64_FORMAT " in all are read",
              name, width, height, limits->max_side, limits->max_pixels);
  return FALSE;
}

SsgImage *ssg_image_decode(const void *data, gsize size, const char *name, SsgImageKind kind,
                           const SsgImageLimits *limits, GError **error)
{
  static const guint8 png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  if (!limits)
    limits = &default_limits;
  if (size >= sizeof png && memcmp(data, png, sizeof png) == 0)
    return ssg_image_decode_png(data, size, name, kind, limits, error);
  if (size >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0) {
    if (kind != SSG_IMAGE_LABEL)
      return ssg_image_decode_jpeg(data, size, name, limits, error);
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: labels cannot be read from a JPEG, only from a PNG", name);
    return NULL;
  }
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: neither a PNG nor a JPEG picture", name);
  return NULL;
}

SsgImage *ssg_image_load(const char *path, SsgImageKind kind, const SsgImageLimits *limits, GError **error)
{
  g_autoptr(GBytes) bytes = ssg_map_file(path, error);
  if (!bytes)
    return NULL;
  gsize size;
  const void *data = g_bytes_get_data(bytes, &size);
  return ssg_image_decode(data, size, path, kind, limits, error);
}

SsgPixels ssg_image_pixels(const SsgImage *image)
{
  return (SsgPixels){.format = image->channels == 1   ? SSG_PIXELS_GRAY8
                               : image->channels == 3 ? SSG_PIXELS_RGB8
                                                      : SSG_PIXELS_RGBA8,
                     .width = image->width,
                     .height = image->height,
                     .pixels = image->pixels};
}

gboolean ssg_pixels_check(const SsgPixels *pixels, gsize *stride, GError **error)
{
  static const int sizes[] = {[SSG_PIXELS_GRAY8] = 1,
                              [SSG_PIXELS_GRAY16] = 2,
                              [SSG_PIXELS_RGB8] = 3,
                              [SSG_PIXELS_RGBA8] = 4,
                              [SSG_PIXELS_INDEXED8] = 1};
  if (pixels->width < 1 || pixels->height < 1 || pixels->width > 1 << 20 || pixels->height > 1 << 20 ||
      !pixels->pixels) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a picture of %d x %d pixels cannot be written", pixels->width,
                pixels->height);
    return FALSE;
  }
  gsize row = (gsize) pixels->width * (gsize) sizes[pixels->format];
  *stride = pixels->stride ? pixels->stride : row;
  if (*stride < row) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a stride of %" G_GSIZE_FORMAT " bytes is less than a row of %"
                G_GSIZE_FORMAT, *stride, row);
    return FALSE;
  }
  if (pixels->format != SSG_PIXELS_INDEXED8)
    return TRUE;
  if (!pixels->palette || pixels->n_colors < 1 || pixels->n_colors > 256) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a palette of %d colours cannot be written (1 to 256)",
                pixels->n_colors);
    return FALSE;
  }
  for (int y = 0; y < pixels->height; y++) {
    const guint8 *line = (const guint8 *) pixels->pixels + (gsize) y * *stride;
    for (int x = 0; x < pixels->width; x++) {
      if (line[x] >= pixels->n_colors) {
        g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "pixel (%d, %d) has index %d, the palette only %d colours", x,
                    y, line[x], pixels->n_colors);
        return FALSE;
      }
    }
  }
  return TRUE;
}

/* Text without the characters XML does not allow, escaped. */
static void append_xml(GString *xml, const char *format, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  for (char *c = valid; *c; c++) {
    if ((guchar) *c < 0x20)
      *c = ' ';
  }
  g_autofree char *escaped = g_markup_escape_text(valid, -1);
  const char *hole = strstr(format, "%s");
  g_string_append_len(xml, format, hole - format);
  g_string_append(xml, escaped);
  g_string_append(xml, hole + 2);
}

static gboolean says(const char *text)
{
  return text && *text;
}

char *ssg_image_xmp(const SsgImageOrigin *origin)
{
  if (!origin || !(origin->synthetic || says(origin->software) || says(origin->model) || says(origin->seed) ||
                   says(origin->truncation) || says(origin->description)))
    return NULL;
  /* The byte order mark and the packet id are fixed by the XMP specification, part 1, 7.3. */
  GString *xml = g_string_new("<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                              "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
                              " <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
                              "  <rdf:Description rdf:about=\"\""
                              " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
                              " xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
                              " xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\">\n");
  if (origin->synthetic)
    append_xml(xml, "   <Iptc4xmpExt:DigitalSourceType>%s</Iptc4xmpExt:DigitalSourceType>\n",
               SSG_IMAGE_SYNTHETIC_SOURCE);
  if (says(origin->software))
    append_xml(xml, "   <xmp:CreatorTool>%s</xmp:CreatorTool>\n", origin->software);
  GString *description = g_string_new(origin->description);
  if (says(origin->model))
    g_string_append_printf(description, "%smodel %s", description->len ? "; " : "", origin->model);
  if (says(origin->seed))
    g_string_append_printf(description, "%sseed %s", description->len ? "; " : "", origin->seed);
  if (says(origin->truncation))
    g_string_append_printf(description, "%struncation %s", description->len ? "; " : "", origin->truncation);
  if (description->len)
    append_xml(xml, "   <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">%s</rdf:li></rdf:Alt></dc:description>\n",
               description->str);
  g_string_free(description, TRUE);
  g_string_append(xml, "  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>");
  return g_string_free(xml, FALSE);
}

static gboolean save(const char *path, GBytes *encoded, GError **error)
{
  if (!encoded) {
    g_prefix_error(error, "%s: ", path);
    return FALSE;
  }
  gsize size;
  const void *data = g_bytes_get_data(encoded, &size);
  return ssg_atomic_file_save(path, data, size, error);
}

gboolean ssg_png_save(const char *path, const SsgPixels *pixels, const SsgImageOrigin *origin, GError **error)
{
  g_autoptr(GBytes) encoded = ssg_png_encode(pixels, origin, error);
  return save(path, encoded, error);
}

gboolean ssg_jpeg_save(const char *path, const SsgPixels *pixels, int quality, gboolean full_chroma,
                       const SsgImageOrigin *origin, GError **error)
{
  g_autoptr(GBytes) encoded = ssg_jpeg_encode(pixels, quality, full_chroma, origin, error);
  return save(path, encoded, error);
}
