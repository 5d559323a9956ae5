/* Arithmetic on where a part is sampled (engine/face.h): what moving and scaling a picture by hand means for it.
 * Lengths and points are in MODEL.md's coordinates: the picture spans [-1, 1], x to the right, y down. */
#pragma once

#include "engine/face.h"

#define SSG_TRANSFORM_MIN_SCALE 0.25f
#define SSG_TRANSFORM_MAX_SCALE 4.0f
#define SSG_TRANSFORM_MAX_SHIFT 4.0f

/* The part grows by factor (> 0) about the point (x, y), then moves by (dx, dy). Since features are sampled at
 * scale * position + shift, growing by f divides the scale by f. The result is limited to the ranges above. */
SsgTransform ssg_transform_moved(SsgTransform transform, double dx, double dy, double factor, double x, double y);
/* What a person reads: how far the part's middle has moved and how large it is, 1 as generated. */
void ssg_transform_describe(SsgTransform transform, double *dx, double *dy, double *size);
/* The inverse of describe. */
SsgTransform ssg_transform_from_description(double dx, double dy, double size);
