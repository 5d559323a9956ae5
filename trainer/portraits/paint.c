#include "scene.h"

static const uint8_t flat_colors[SSG_PORTRAIT_PARTS][3] = {
    {28, 28, 38},   {240, 200, 80}, {60, 110, 190}, {20, 150, 150}, {230, 60, 80}, {140, 220, 110}, {190, 230, 90},
    {110, 80, 200}, {240, 150, 50}, {90, 190, 235}, {250, 90, 220}, {150, 60, 40}, {255, 255, 255}};

void ssg_portrait_flat_color(SsgPortraitPart part, uint8_t rgb[3])
{
  memcpy(rgb, flat_colors[part], 3);
}

/* Contours lie inside the part, along its edge; a part hides the contours below it. */
static void draw_line(SsgScene *scene, const SsgMask *mask, bool trace)
{
  int n = scene->size, r = (n + 70) / 140;
  if (r < 1)
    r = 1;
  int strength = n < 100 ? 190 : 255;
  for (int y = mask->y0; y < mask->y1; y++) {
    for (int x = mask->x0; x < mask->x1; x++) {
      int c = mask->data[(size_t) y * mask->stride + x];
      if (!c)
        continue;
      int low = 255;
      for (int j = -r; trace && j <= r; j++) {
        for (int i = -r; i <= r; i++) {
          int xx = x + i, yy = y + j;
          if (i * i + j * j > r * r + 1 || xx < 0 || yy < 0 || xx >= n || yy >= n)
            continue;
          int v = mask->data[(size_t) yy * mask->stride + xx];
          low = v < low ? v : low;
        }
      }
      uint8_t *line = scene->line + (size_t) y * n + x;
      int old = *line * (255 - c) / 255, mine = c * (255 - low) / 255 * strength / 255;
      *line = (uint8_t) (old > mine ? old : mine);
    }
  }
}

void ssg_scene_paint(SsgScene *scene, SsgPortraitPart part, const SsgMask *mask, const SsgMask *clip, SsgShader shader,
                     const void *data, SsgPaintFlags flags)
{
  const cairo_matrix_t *m = mask->space == SSG_SPACE_HEAD   ? &scene->head_inverse
                            : mask->space == SSG_SPACE_BODY ? &scene->body_inverse
                                                            : &scene->picture_inverse;
  float xx = (float) m->xx, xy = (float) m->xy, yx = (float) m->yx, yy = (float) m->yy;
  float x0 = (float) m->x0, y0 = (float) m->y0;
  int n = scene->size;
  bool detail = flags & SSG_PAINT_DETAIL;
  const uint8_t *flat = flat_colors[part];
  if (scene->look == SSG_LOOK_FLAT && (flags & SSG_PAINT_AGAIN))
    return; /* twice half covered would look wholly covered */
  for (int y = mask->y0; y < mask->y1; y++) {
    const uint8_t *row = mask->data + (size_t) y * mask->stride;
    const uint8_t *clip_row = clip ? clip->data + (size_t) y * clip->stride : NULL;
    for (int x = mask->x0; x < mask->x1; x++) {
      int cover = row[x];
      if (clip_row)
        cover = (cover * clip_row[x] + 127) / 255;
      if (!cover)
        continue;
      int px = y * n + x;
      if (!detail && cover >= 128)
        scene->labels[px] = (uint8_t) part;
      float a = (float) cover * (1.0f / 255.0f), *out = scene->rgb + (size_t) px * 3;
      SsgColor c;
      if (scene->look == SSG_LOOK_FLAT) {
        c = (SsgColor){flat[0] / 255.0f, flat[1] / 255.0f, flat[2] / 255.0f};
      } else {
        float fx = (float) x + 0.5f, fy = (float) y + 0.5f;
        float u = xx * fx + xy * fy + x0, v = yx * fx + yy * fy + y0;
        SsgSurface s = {.albedo = {1, 1, 1}, .nz = 1, .shade = 1, .alpha = 1};
        shader(scene, data, u, v, px, &s);
        if (s.alpha <= 0.0f)
          continue;
        c = ssg_look_light(scene, part, &s, fx / (float) n, fy / (float) n, px, (SsgColor){out[0], out[1], out[2]});
        a *= s.alpha;
      }
      out[0] += (c.r - out[0]) * a;
      out[1] += (c.g - out[1]) * a;
      out[2] += (c.b - out[2]) * a;
    }
  }
  if (scene->line && !detail)
    draw_line(scene, mask, !(flags & SSG_PAINT_NO_LINE));
}
