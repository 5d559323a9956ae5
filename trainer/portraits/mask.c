#include "scene.h"

#include <stdlib.h>

bool ssg_mask_init(SsgMask *mask, int size)
{
  mask->size = size;
  mask->surface = cairo_image_surface_create(CAIRO_FORMAT_A8, size, size);
  if (cairo_surface_status(mask->surface) != CAIRO_STATUS_SUCCESS)
    return false;
  mask->data = cairo_image_surface_get_data(mask->surface);
  mask->stride = cairo_image_surface_get_stride(mask->surface);
  mask->cr = cairo_create(mask->surface);
  cairo_set_line_cap(mask->cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join(mask->cr, CAIRO_LINE_JOIN_ROUND);
  mask->x0 = mask->y0 = size;
  mask->x1 = mask->y1 = 0;
  return cairo_status(mask->cr) == CAIRO_STATUS_SUCCESS;
}

void ssg_mask_clear(SsgMask *mask)
{
  if (mask->cr)
    cairo_destroy(mask->cr);
  if (mask->surface)
    cairo_surface_destroy(mask->surface);
  *mask = (SsgMask){0};
}

cairo_t *ssg_mask_begin(SsgMask *mask, const SsgScene *scene, SsgSpace space)
{
  cairo_surface_flush(mask->surface);
  for (int y = mask->y0; y < mask->y1; y++)
    memset(mask->data + (size_t) y * mask->stride + mask->x0, 0, (size_t) (mask->x1 - mask->x0));
  mask->x0 = mask->y0 = mask->size;
  mask->x1 = mask->y1 = 0;
  mask->space = space;
  if (space != SSG_SPACE_PICTURE) {
    cairo_set_matrix(mask->cr, space == SSG_SPACE_HEAD ? &scene->head : &scene->body);
  } else {
    cairo_matrix_t m;
    cairo_matrix_init_scale(&m, mask->size, mask->size);
    cairo_set_matrix(mask->cr, &m);
  }
  cairo_new_path(mask->cr);
  return mask->cr;
}

/* Grows the box by extents in user space. */
static void grow_box(SsgMask *mask, double ux0, double uy0, double ux1, double uy1)
{
  double x[4] = {ux0, ux1, ux0, ux1}, y[4] = {uy0, uy0, uy1, uy1};
  double lx = 1e9, ly = 1e9, hx = -1e9, hy = -1e9;
  for (int i = 0; i < 4; i++) {
    cairo_user_to_device(mask->cr, &x[i], &y[i]);
    lx = x[i] < lx ? x[i] : lx;
    hx = x[i] > hx ? x[i] : hx;
    ly = y[i] < ly ? y[i] : ly;
    hy = y[i] > hy ? y[i] : hy;
  }
  int n = mask->size;
  int x0 = lx < 1 ? 0 : lx > n ? n : (int) lx - 1, y0 = ly < 1 ? 0 : ly > n ? n : (int) ly - 1;
  int x1 = hx > n - 2 ? n : hx < 0 ? 0 : (int) hx + 2, y1 = hy > n - 2 ? n : hy < 0 ? 0 : (int) hy + 2;
  mask->x0 = x0 < mask->x0 ? x0 : mask->x0;
  mask->y0 = y0 < mask->y0 ? y0 : mask->y0;
  mask->x1 = x1 > mask->x1 ? x1 : mask->x1;
  mask->y1 = y1 > mask->y1 ? y1 : mask->y1;
}

void ssg_mask_fill(SsgMask *mask)
{
  double x0, y0, x1, y1;
  cairo_path_extents(mask->cr, &x0, &y0, &x1, &y1);
  grow_box(mask, x0, y0, x1, y1);
  cairo_fill(mask->cr);
  cairo_surface_flush(mask->surface);
}

void ssg_mask_stroke(SsgMask *mask, double width)
{
  double x0, y0, x1, y1, w = 0.5 * width;
  cairo_set_line_width(mask->cr, width);
  cairo_path_extents(mask->cr, &x0, &y0, &x1, &y1);
  grow_box(mask, x0 - w, y0 - w, x1 + w, y1 + w);
  cairo_stroke(mask->cr);
  cairo_surface_flush(mask->surface);
}

static uint8_t times(int a, int b)
{
  int t = a * b + 128;
  return (uint8_t) ((t + (t >> 8)) >> 8);
}

void ssg_mask_intersect(SsgMask *mask, const SsgMask *with)
{
  for (int y = mask->y0; y < mask->y1; y++) {
    uint8_t *a = mask->data + (size_t) y * mask->stride;
    const uint8_t *b = with->data + (size_t) y * with->stride;
    for (int x = mask->x0; x < mask->x1; x++)
      a[x] = times(a[x], b[x]);
  }
  cairo_surface_mark_dirty(mask->surface);
}

void ssg_mask_subtract(SsgMask *mask, const SsgMask *what)
{
  for (int y = mask->y0; y < mask->y1; y++) {
    uint8_t *a = mask->data + (size_t) y * mask->stride;
    const uint8_t *b = what->data + (size_t) y * what->stride;
    for (int x = mask->x0; x < mask->x1; x++)
      a[x] = times(a[x], 255 - b[x]);
  }
  cairo_surface_mark_dirty(mask->surface);
}

void ssg_mask_unite(SsgMask *mask, const SsgMask *with)
{
  for (int y = with->y0; y < with->y1; y++) {
    uint8_t *a = mask->data + (size_t) y * mask->stride;
    const uint8_t *b = with->data + (size_t) y * with->stride;
    for (int x = with->x0; x < with->x1; x++)
      a[x] = (uint8_t) (a[x] + times(b[x], 255 - a[x]));
  }
  mask->x0 = with->x0 < mask->x0 ? with->x0 : mask->x0;
  mask->y0 = with->y0 < mask->y0 ? with->y0 : mask->y0;
  mask->x1 = with->x1 > mask->x1 ? with->x1 : mask->x1;
  mask->y1 = with->y1 > mask->y1 ? with->y1 : mask->y1;
  cairo_surface_mark_dirty(mask->surface);
}

/* Mean over 2r+1 samples that lie `step` apart, zero outside. */
static void blur_line(const uint8_t *in, uint8_t *out, int n, int step, int r)
{
  int sum = 0, width = 2 * r + 1, scale = 65536 / width;
  for (int i = 0; i < r && i < n; i++)
    sum += in[(size_t) i * step];
  for (int i = 0; i < n; i++) {
    if (i + r < n)
      sum += in[(size_t) (i + r) * step];
    if (i > r)
      sum -= in[(size_t) (i - r - 1) * step];
    out[(size_t) i * step] = (uint8_t) ((sum * scale + 32768) >> 16);
  }
}

void ssg_mask_cast(const SsgMask *mask, uint8_t *out, uint8_t *scratch, float dx, float dy, float radius,
                   float strength)
{
  int n = mask->size, r = (int) (radius * 0.7f + 0.5f), ox = floori(dx + 0.5f), oy = floori(dy + 0.5f);
  if (r < 1)
    r = 1;
  uint8_t *a = scratch, *b = scratch + (size_t) n * n;
  memset(a, 0, (size_t) n * n);
  for (int y = mask->y0; y < mask->y1; y++)
    for (int x = mask->x0; x < mask->x1; x++)
      if (x + ox >= 0 && x + ox < n && y + oy >= 0 && y + oy < n)
        a[(size_t) (y + oy) * n + x + ox] = mask->data[(size_t) y * mask->stride + x];
  for (int pass = 0; pass < 2; pass++) {
    for (int y = 0; y < n; y++)
      blur_line(a + (size_t) y * n, b + (size_t) y * n, n, 1, r);
    for (int x = 0; x < n; x++)
      blur_line(b + x, a + x, n, n, r);
  }
  int gain = (int) (strength * 256.0f);
  for (size_t i = 0; i < (size_t) n * n; i++) {
    int v = (a[i] * gain) >> 8;
    if (v > out[i])
      out[i] = (uint8_t) (v > 255 ? 255 : v);
  }
}

void ssg_path_smooth(cairo_t *cr, const SsgPoint *p, int n, bool closed, bool join)
{
  if (join)
    cairo_line_to(cr, p[0].x, p[0].y);
  else
    cairo_move_to(cr, p[0].x, p[0].y);
  int last = closed ? n : n - 1;
  for (int i = 0; i < last; i++) {
    SsgPoint a = p[closed ? (i + n - 1) % n : i > 0 ? i - 1 : 0], b = p[i], c = p[(i + 1) % n];
    SsgPoint d = p[closed ? (i + 2) % n : i + 2 < n ? i + 2 : n - 1];
    const float k = 1.0f / 6.0f;
    cairo_curve_to(cr, b.x + (c.x - a.x) * k, b.y + (c.y - a.y) * k, c.x - (d.x - b.x) * k, c.y - (d.y - b.y) * k, c.x,
                   c.y);
  }
  if (closed)
    cairo_close_path(cr);
}

static SsgPoint beside(SsgPoint p, SsgPoint from, SsgPoint to, float w)
{
  float dx = to.x - from.x, dy = to.y - from.y, l = sqrtf(dx * dx + dy * dy);
  l = l > 1e-6f ? w / l : 0.0f;
  return (SsgPoint){p.x - dy * l, p.y + dx * l};
}

void ssg_path_taper(cairo_t *cr, SsgPoint a, SsgPoint b, SsgPoint c, float wa, float wb, float wc)
{
  SsgPoint a0 = beside(a, a, b, wa), a1 = beside(a, a, b, -wa), b0 = beside(b, a, c, wb), b1 = beside(b, a, c, -wb);
  SsgPoint c0 = beside(c, b, c, wc), c1 = beside(c, b, c, -wc);
  const float t = 2.0f / 3.0f;
  cairo_move_to(cr, a0.x, a0.y);
  cairo_curve_to(cr, mixf(a0.x, b0.x, t), mixf(a0.y, b0.y, t), mixf(c0.x, b0.x, t), mixf(c0.y, b0.y, t), c0.x, c0.y);
  cairo_line_to(cr, c1.x, c1.y);
  cairo_curve_to(cr, mixf(c1.x, b1.x, t), mixf(c1.y, b1.y, t), mixf(a1.x, b1.x, t), mixf(a1.y, b1.y, t), a1.x, a1.y);
  cairo_close_path(cr);
}

void ssg_path_ellipse(cairo_t *cr, float x, float y, float rx, float ry, float angle)
{
  /* Four Bezier arcs by hand: cairo_arc's number of segments goes through libm. */
  float c = cosinef(angle), s = sinef(angle);
  const float k = 0.5522848f;
  const float u[13] = {1, 1, k, 0, -k, -1, -1, -1, -k, 0, k, 1, 1},
              v[13] = {0, k, 1, 1, 1, k, 0, -k, -1, -1, -1, -k, 0};
  SsgPoint q[13];
  for (int i = 0; i < 13; i++)
    q[i] = (SsgPoint){x + rx * u[i] * c - ry * v[i] * s, y + rx * u[i] * s + ry * v[i] * c};
  cairo_move_to(cr, q[0].x, q[0].y);
  for (int i = 1; i < 13; i += 3)
    cairo_curve_to(cr, q[i].x, q[i].y, q[i + 1].x, q[i + 1].y, q[i + 2].x, q[i + 2].y);
  cairo_close_path(cr);
}
