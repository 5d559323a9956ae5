/* Augmentation of training pictures with their label maps: mirroring, and shifting, scaling and rotating. What is drawn
 * depends on (seed, position) alone, so that a resumed run sees the same pictures. */
#pragma once

#include <glib.h>

typedef struct {
  gboolean flip; /* mirror left and right with probability 1/2 */
  const guint8
      *flip_labels;   /* [256]: what label value v becomes when mirrored (left eye <-> right eye); NULL: itself */
  double probability; /* 0 to 1, of the following three together; 0: never */
  double shift;       /* up to this share of the edge, in x and in y, uniformly; 0 to 0.5 */
  double scale;       /* factor within 1 -/+ this, uniformly; 0 to 0.5 */
  double rotate;      /* up to so many degrees either way, uniformly; 0 to 180 */
} SsgAugment;

/* One draw: where an output pixel is taken from. In pixels from the centre, mirroring already in it. */
typedef struct {
  gboolean flip;
  gboolean affine;             /* FALSE: the matrix is the identity, or mirrors */
  double matrix[4], offset[2]; /* source = matrix * (x, y) + offset */
} SsgAugmentDraw;

/* size: edge in pixels. augment NULL draws the identity. */
SsgAugmentDraw ssg_augment_draw(const SsgAugment *augment, int size, guint64 seed, guint64 position);

/* Applies a draw to rgb [size, size, 3], giving out [size, size, 3] as floats in [-1, 1] (0 -> -1, 255 -> 1; bilinear
 * where pixels move), and to label [size, size], giving out_label (nearest). Beyond the edges the outermost pixels go on.
 * label and out_label may both be NULL. No aliasing. */
void ssg_augment_apply(const SsgAugment *augment, const SsgAugmentDraw *draw, int size, const guint8 *rgb,
                       const guint8 *label, float *out, guint8 *out_label);
