#include "trainer/render-picture.h"

#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "ssgan-config.h"

SsgImageOrigin ssg_picture_origin(const SsgModelInfo *info, const char *seed, const char *description)
{
  return (SsgImageOrigin){.synthetic = TRUE,
                          .software = "ssgan " SSG_VERSION,
                          .model = info->name,
                          .seed = seed,
                          .description = description};
}

guint8 *ssg_render_to_rgb(const SsgRender *render)
{
  gsize n = (gsize) render->size * (gsize) render->size;
  guint8 *rgb = g_malloc(3 * n);
  for (gsize i = 0; i < n; i++)
    memcpy(rgb + 3 * i, render->rgb + 4 * i, 3);
  return rgb;
}

/* --- depth --- */

static void widen(SsgDepths *range, const float *depth, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    if (!isfinite(depth[i]))
      continue;
    range->low = MIN(range->low, depth[i]);
    range->high = MAX(range->high, depth[i]);
  }
}

/* A range that can be divided by, whatever was found. */
static SsgDepths usable(SsgDepths range)
{
  if (!(range.low <= range.high))
    return (SsgDepths){0, 1};
  float least = 1e-6f * MAX(1.0f, fabsf(range.low));
  if (range.high - range.low < least)
    range.high = range.low + least;
  return range;
}

SsgDepths ssg_render_depths(const SsgRender *render, int part)
{
  gsize n = (gsize) render->coarse_size * (gsize) render->coarse_size;
  SsgDepths range = {INFINITY, -INFINITY};
  widen(&range, render->depth + (gsize) part * n, n);
  return usable(range);
}

SsgDepths ssg_render_shown_depths(const SsgRender *render, const SsgFace *face)
{
  gsize n = (gsize) render->coarse_size * (gsize) render->coarse_size;
  SsgDepths range = {INFINITY, -INFINITY};
  for (int k = 1; k < render->n_parts; k++)
    if (ssg_face_shown(face, k))
      widen(&range, render->depth + (gsize) k * n, n);
  return usable(range);
}

/* Corners of the colour map: sRGB of even steps in lightness from black over violet and orange to pale yellow. */
static void color_of(float position, guint8 *rgb)
{
  static const guint8 corners[][3] = {{4, 3, 10},    {34, 14, 58},   {76, 22, 94},   {122, 34, 98},  {166, 48, 88},
                                      {206, 70, 64}, {234, 106, 38}, {246, 154, 36}, {246, 204, 84}, {252, 247, 190}};
  float at = position * (G_N_ELEMENTS(corners) - 1);
  int i = CLAMP((int) at, 0, (int) G_N_ELEMENTS(corners) - 2);
  for (int c = 0; c < 3; c++)
    rgb[c] = (guint8) lroundf(corners[i][c] + (at - (float) i) * (float) (corners[i + 1][c] - corners[i][c]));
}

static float position_of(float depth, SsgDepths range)
{
  float position = (depth - range.low) / (range.high - range.low);
  return position > 0 ? MIN(position, 1.0f) : 0; /* NaN is 0, too */
}

static guint8 *paint(const float *depth, gsize n, SsgDepths range)
{
  guint8 *rgb = g_malloc(3 * n);
  for (gsize i = 0; i < n; i++)
    color_of(position_of(depth[i], range), rgb + 3 * i);
  return rgb;
}

guint8 *ssg_render_depth_to_rgb(const SsgRender *render, int part, SsgDepths range)
{
  gsize n = (gsize) render->coarse_size * (gsize) render->coarse_size;
  return paint(render->depth + (gsize) part * n, n, range);
}

guint8 *ssg_render_front_depth_to_rgb(const SsgRender *render, const SsgFace *face)
{
  gsize n = (gsize) render->coarse_size * (gsize) render->coarse_size;
  g_autofree float *front = g_new(float, n);
  SsgDepths range = {INFINITY, -INFINITY};
  for (gsize i = 0; i < n; i++) {
    front[i] = ssg_face_shown(face, 0) ? 0 : -INFINITY;
    for (int k = 1; k < render->n_parts; k++)
      if (ssg_face_shown(face, k))
        front[i] = MAX(front[i], render->depth[(gsize) k * n + i]);
  }
  widen(&range, front, n);
  return paint(front, n, usable(range));
}

/* --- files --- */

gboolean ssg_rgb_save(const guint8 *rgb, int size, const char *path, const SsgImageOrigin *origin, GError **error)
{
  SsgPixels pixels = {.format = SSG_PIXELS_RGB8, .width = size, .height = size, .pixels = rgb};
  return ssg_png_save(path, &pixels, origin, error);
}

gboolean ssg_render_save_face(const SsgRender *render, const char *path, const SsgImageOrigin *origin, GError **error)
{
  g_autofree guint8 *rgb = ssg_render_to_rgb(render);
  return ssg_rgb_save(rgb, render->size, path, origin, error);
}

gboolean ssg_render_save_mask(const SsgRender *render, const SsgModelInfo *info, const char *path,
                              const SsgImageOrigin *origin, GError **error)
{
  SsgPixels pixels = {.format = SSG_PIXELS_INDEXED8,
                      .width = render->size,
                      .height = render->size,
                      .pixels = render->mask,
                      .palette = info->part_colors,
                      .n_colors = info->arch.n_parts};
  return ssg_png_save(path, &pixels, origin, error);
}

gboolean ssg_render_save_depth(const SsgRender *render, int part, SsgDepths range, const char *part_name,
                               const char *path, const SsgImageOrigin *origin, GError **error)
{
  int size = render->coarse_size;
  gsize n = (gsize) size * (gsize) size;
  const float *depth = render->depth + (gsize) part * n;
  g_autofree guint16 *gray = g_new(guint16, n);
  g_autofree char *description = g_strdup_printf("pseudo-depth of %s: %.9g + value / 65535 * %.9g", part_name,
                                                 (double) range.low, (double) range.high - (double) range.low);
  SsgImageOrigin described = *origin;
  described.description = description;
  for (gsize i = 0; i < n; i++)
    gray[i] = (guint16) lroundf(65535 * position_of(depth[i], range));
  SsgPixels pixels = {.format = SSG_PIXELS_GRAY16, .width = size, .height = size, .pixels = gray};
  return ssg_png_save(path, &pixels, &described, error);
}
