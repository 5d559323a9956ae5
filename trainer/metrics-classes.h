/* How much of the pictures each class covers, and in how many it is. */
#pragma once

#include "engine/architecture.h"
#include "trainer/metrics-pictures.h"

typedef struct {
  double pixels[SSG_MAX_PARTS]; /* share of all pixels, 0 to 1 */
  double images[SSG_MAX_PARTS]; /* share of the pictures that contain the class */
} SsgClassShares;

/* A picture contains a class from this many pixels on: 1 / 4096 of its area (one pixel of 64 x 64, 16 of 256 x 256),
 * rounded up, so that stray pixels of a large mask do not count. */
int ssg_class_least_pixels(int size);
/* Of all pictures of n_sets sets together, which have labels; n_classes 1 to SSG_MAX_PARTS, labels beyond are in no
 * class. */
SsgClassShares ssg_class_shares(const SsgPictures *const *sets, int n_sets, int n_classes);

/* What is out of its place: eyes beside the face, a hat at the lower edge. */
typedef struct {
  double classes[SSG_MAX_PARTS]; /* share of the pictures with the class, from as many pixels on, where the real pictures do not have it */
  double any;                    /* share of those with any class there, of all classes together as many pixels */
} SsgClassStrays;

/* Of pictures against real ones of the same size, which have labels; where those have a class: mask-support.h, on a grid of 64 x 64 cells,
 * or of pixels where there are fewer. Some real pictures, too, are unlike all others: strays of other real ones say how many. */
SsgClassStrays ssg_class_strays(const SsgPictures *real, const SsgPictures *pictures, int n_classes);
