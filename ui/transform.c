#include "ui/transform.h"

static SsgTransform limited(double scale, double shift_x, double shift_y)
{
  return (SsgTransform) {
    .scale = (float) CLAMP(scale, SSG_TRANSFORM_MIN_SCALE, SSG_TRANSFORM_MAX_SCALE),
    .shift_x = (float) CLAMP(shift_x, -SSG_TRANSFORM_MAX_SHIFT, SSG_TRANSFORM_MAX_SHIFT),
    .shift_y = (float) CLAMP(shift_y, -SSG_TRANSFORM_MAX_SHIFT, SSG_TRANSFORM_MAX_SHIFT),
  };
}

SsgTransform ssg_transform_moved(SsgTransform transform, double dx, double dy, double factor, double x, double y)
{
  double scale = CLAMP(transform.scale / factor, SSG_TRANSFORM_MIN_SCALE, SSG_TRANSFORM_MAX_SCALE);
  /* The sample that was shown at (x, y) stays there: scale' x + shift' = scale x + shift. */
  double shift_x = transform.shift_x + (transform.scale - scale) * x;
  double shift_y = transform.shift_y + (transform.scale - scale) * y;
  return limited(scale, shift_x - scale * dx, shift_y - scale * dy);
}

void ssg_transform_describe(SsgTransform transform, double *dx, double *dy, double *size)
{
  *dx = -transform.shift_x / transform.scale + 0.0; /* + 0.0: no "-0.00" for people */
  *dy = -transform.shift_y / transform.scale + 0.0;
  *size = 1.0 / transform.scale;
}

SsgTransform ssg_transform_from_description(double dx, double dy, double size)
{
  double scale = 1.0 / MAX(size, 1e-3);
  return limited(scale, -dx * scale, -dy * scale);
}
