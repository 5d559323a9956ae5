/* Pictures in and out: PNG and JPEG, from and to memory and files. Which of the two a file is, is found by content.
 * Samples are 8 bit sRGB as stored; colour profiles and gamma chunks are ignored. Any thread.
 *
 * Reading is bounded: a picture larger than the limits is refused before anything is allocated for it, truncated or
 * damaged data is an error (no half picture is returned), and no library error leaves by longjmp or exit.
 * Errors: SSG_ERROR_FILE, SSG_ERROR_FORMAT (not a picture, damaged, too large), SSG_ERROR_MEMORY; they name the file.
 */
#pragma once

#include <glib.h>

typedef struct {
  int width, height;       /* pixels, >= 1 */
  int channels;            /* 1 (labels, gray), 3 (RGB) or 4 (RGBA, not premultiplied) */
  guint8 *pixels;          /* [height, width, channels], rows without padding, first row on top */
  gatomicrefcount references;
} SsgImage;

/* A picture with uninitialised pixels; NULL with SSG_ERROR_MEMORY, or SSG_ERROR_ARGUMENT when a side is < 1 or channels
 * is not 1, 3 or 4. */
SsgImage *ssg_image_new(int width, int height, int channels, GError **error);
SsgImage *ssg_image_ref(SsgImage *image);
void ssg_image_unref(SsgImage *image); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgImage, ssg_image_unref)

typedef enum {
  SSG_IMAGE_ANY,  /* RGB, or RGBA when the file has transparency */
  SSG_IMAGE_RGB,  /* RGB; transparent pixels are laid over white */
  SSG_IMAGE_LABEL /* one channel: the samples of a gray PNG of up to 8 bits, or the indices of a palette PNG, as stored
                   * (no scaling, no palette). Anything else is refused: JPEG does not keep class indices. */
} SsgImageKind;

typedef struct {
  int max_side;      /* pixels */
  gint64 max_pixels; /* width * height */
} SsgImageLimits;

#define SSG_IMAGE_MAX_SIDE 16384
#define SSG_IMAGE_MAX_PIXELS ((gint64) 1 << 27)

/* limits NULL: SSG_IMAGE_MAX_SIDE and SSG_IMAGE_MAX_PIXELS. A JPEG's EXIF orientation is applied, so that the picture
 * stands as the camera was held; max_side holds before and after. */
SsgImage *ssg_image_load(const char *path, SsgImageKind kind, const SsgImageLimits *limits, GError **error);
/* The same from size bytes of memory; name is for messages. */
SsgImage *ssg_image_decode(const void *data, gsize size, const char *name, SsgImageKind kind,
                           const SsgImageLimits *limits, GError **error);

typedef enum {
  SSG_PIXELS_GRAY8,
  SSG_PIXELS_GRAY16, /* guint16 in the machine's order */
  SSG_PIXELS_RGB8,
  SSG_PIXELS_RGBA8,  /* not premultiplied */
  SSG_PIXELS_INDEXED8 /* index into palette, one byte a pixel */
} SsgPixelFormat;

/* What is to be written; nothing is owned. */
typedef struct {
  SsgPixelFormat format;
  int width, height;
  gsize stride;       /* bytes from row to row; 0: rows without padding */
  const void *pixels; /* first row on top */
  const guint32 *palette; /* INDEXED8 only: n_colors of 0xRRGGBB. A pixel beyond it is an error (SSG_ERROR_ARGUMENT) */
  int n_colors;           /* 1..256 */
} SsgPixels;

/* An SsgImage as pixels to write (1 channel: GRAY8). */
SsgPixels ssg_image_pixels(const SsgImage *image);

/* Where a picture comes from, kept in the file as text (PNG: tEXt or, when not Latin-1, iTXt) and as an XMP packet.
 * Strings are UTF-8; NULL and "" are left out. */
typedef struct {
  gboolean synthetic; /* XMP: IPTC DigitalSourceType .../trainedAlgorithmicMedia, "made by a trained model" */
  const char *software; /* "ssgan 0.1.0": PNG text Software, XMP CreatorTool */
  const char *model;    /* name of the model: PNG text Model */
  const char *seed;     /* "42": PNG text Seed */
  const char *truncation;  /* "0.7", of a face drawn from that seed: PNG text Truncation */
  const char *description; /* PNG text Description, XMP dc:description */
} SsgImageOrigin;

#define SSG_IMAGE_SYNTHETIC_SOURCE "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

/* The XMP packet of an origin, UTF-8; NULL when the origin is NULL or says nothing. Free with g_free. */
char *ssg_image_xmp(const SsgImageOrigin *origin);

/* origin may be NULL. RGB8 and GRAY8 only for JPEG, quality 1..100, full_chroma: 4:4:4 instead of 4:2:0.
 * The same pixels and origin give the same bytes. */
GBytes *ssg_png_encode(const SsgPixels *pixels, const SsgImageOrigin *origin, GError **error);
GBytes *ssg_jpeg_encode(const SsgPixels *pixels, int quality, gboolean full_chroma, const SsgImageOrigin *origin,
                        GError **error);
/* To a file, which appears whole or not at all (atomic-file.h). */
gboolean ssg_png_save(const char *path, const SsgPixels *pixels, const SsgImageOrigin *origin, GError **error);
gboolean ssg_jpeg_save(const char *path, const SsgPixels *pixels, int quality, gboolean full_chroma,
                       const SsgImageOrigin *origin, GError **error);
