#include "app/depth-style.h"

#include <math.h>
#include <string.h>

static float scaled(float depth, SsgDepthScale scale)
{
  return scale == SSG_DEPTH_LOG ? copysignf(log1pf(fabsf(depth)), depth) : depth;
}

static const float *part_map(const float *maps, const SsgRender *render, int part)
{
  g_assert(part >= 0 && part < render->n_parts);
  return maps + (gsize) part * render->coarse_size * render->coarse_size;
}

SsgDepthRange ssg_depth_range(const SsgRender *render, int part, const SsgDepthStyle *style)
{
  gsize cells = (gsize) render->coarse_size * render->coarse_size;
  const float *depth = style->per_part ? part_map(render->depth, render, part) : render->depth;
  gsize n = style->per_part ? cells : cells * render->n_parts;
  SsgDepthRange range = {INFINITY, -INFINITY};
  for (gsize i = 0; i < n; i++)
    if (isfinite(depth[i])) {
      range.low = MIN(range.low, depth[i]);
      range.high = MAX(range.high, depth[i]);
    }
  if (!(range.low <= range.high))
    return (SsgDepthRange) {0, 1};
  if (range.high - range.low < 1e-6f * MAX(1, fabsf(range.low))) { /* flat: in the middle */
    float half = MAX(0.5f, 1e-3f * fabsf(range.low));
    return (SsgDepthRange) {range.low - half, range.high + half};
  }
  return range;
}

float ssg_depth_position(float depth, SsgDepthRange range, SsgDepthScale scale)
{
  float low = scaled(range.low, scale), high = scaled(range.high, scale);
  float position = (scaled(depth, scale) - low) / (high - low);
  return position > 0 ? MIN(position, 1) : 0; /* NaN too */
}

void ssg_paint_depth(const SsgRender *render, int part, const SsgDepthStyle *style, guint8 *out)
{
  const guint8 *table = ssg_colormap_table(style->map);
  const float *depth = part_map(render->depth, render, part);
  SsgDepthRange range = ssg_depth_range(render, part, style);
  for (gsize i = 0; i < (gsize) render->coarse_size * render->coarse_size; i++)
    memcpy(out + 4 * i, table + 4 * (int) (255 * ssg_depth_position(depth[i], range, style->scale) + 0.5f), 4);
}

void ssg_paint_weight(const SsgRender *render, int part, SsgColormap map, guint8 *out)
{
  const guint8 *table = ssg_colormap_table(map);
  const float *weight = part_map(render->weight, render, part);
  for (gsize i = 0; i < (gsize) render->coarse_size * render->coarse_size; i++)
    memcpy(out + 4 * i, table + 4 * (int) (255 * (weight[i] > 0 ? MIN(weight[i], 1) : 0) + 0.5f), 4);
}

void ssg_paint_mask(const SsgRender *render, const guint32 *colors, double opacity, guint8 *out)
{
  int keep = CLAMP(256 * (1 - opacity) + 0.5, 0, 256);
  for (gsize i = 0; i < (gsize) render->size * render->size; i++) {
    guint32 color = colors[MIN(render->mask[i], render->n_parts - 1)];
    for (int c = 0; c < 3; c++) {
      int mask = color >> (16 - 8 * c) & 255;
      out[4 * i + c] = (keep * render->rgb[4 * i + c] + (256 - keep) * mask + 128) >> 8;
    }
    out[4 * i + 3] = 255;
  }
}
