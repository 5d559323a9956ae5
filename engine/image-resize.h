/* Pictures in other sizes. Results are new pictures; the input is not changed. */
#pragma once

#include "engine/image.h"

typedef enum {
  SSG_RESAMPLE_NEAREST, /* for labels: out pixel i takes in pixel floor((i + 1/2) * in / out) */
  SSG_RESAMPLE_LANCZOS  /* for pictures: windowed sinc of 3 lobes, widened by the scale when shrinking (no aliasing), pixel
                         * centres at 1/2, edges renormalised; alpha is premultiplied meanwhile */
} SsgResample;

/* width and height 1..SSG_IMAGE_MAX_SIDE, else SSG_ERROR_ARGUMENT. */
SsgImage *ssg_image_resize(const SsgImage *image, int width, int height, SsgResample how, GError **error);
/* The rectangle at (x, y), which must lie inside the picture (SSG_ERROR_ARGUMENT). */
SsgImage *ssg_image_crop(const SsgImage *image, int x, int y, int width, int height, GError **error);
/* The largest centred square (an odd rest of one pixel stays right or below). */
SsgImage *ssg_image_crop_centre(const SsgImage *image, GError **error);
