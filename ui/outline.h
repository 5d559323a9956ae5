/* The outline of one class in a mask, as line segments that run between pixels and are smooth at every zoom. */
#pragma once

#include <glib.h>

typedef struct {
  float x0, y0, x1, y1; /* in [0, 1] of the mask's width and height */
} SsgSegment;

typedef struct {
  int n;
  SsgSegment *segments;
  float left, top, right, bottom; /* bounding box in [0, 1]; all 0 when the class does not occur */
} SsgOutline;

/* mask: [size, size] class indices. Marching squares over the class's membership, blurred by one pixel so that hard
 * labels do not give stairs. Regions of a few pixels beside a much larger one, and holes as small, are left out. Masks of
 * more than 256 pixels a side are sampled, so that the cost is bounded. A class that does not occur has no segments. The result is the caller's. */
SsgOutline *ssg_outline_new(const guint8 *mask, int size, int part);
void ssg_outline_free(SsgOutline *outline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgOutline, ssg_outline_free)
