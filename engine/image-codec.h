/* What image.c asks of the two codecs. Not for use outside engine/image*.c. */
#pragma once

#include "engine/image.h"

/* Decode data that begins with the format's signature. limits are not NULL. */
SsgImage *ssg_image_decode_png(const guint8 *data, gsize size, const char *name, SsgImageKind kind,
                               const SsgImageLimits *limits, GError **error);
SsgImage *ssg_image_decode_jpeg(const guint8 *data, gsize size, const char *name, const SsgImageLimits *limits,
                                GError **error);

/* FALSE with SSG_ERROR_FORMAT when a picture of this size is beyond the limits. */
gboolean ssg_image_check_size(guint64 width, guint64 height, const char *name, const SsgImageLimits *limits,
                              GError **error);
/* FALSE with SSG_ERROR_ARGUMENT when pixels cannot be what they say. *stride gets the bytes from row to row. */
gboolean ssg_pixels_check(const SsgPixels *pixels, gsize *stride, GError **error);
