#include "scene.h"

typedef struct {
  SsgColor color;
  float cx, cy, rx, ry;
  float rib;   /* knitted ribs, per head unit */
  float under; /* 1: the underside of a brim */
  float panel; /* seams */
} Felt;

static void shade_felt(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Felt *f = data;
  float u = clampf((x - f->cx) / f->rx, -1, 1), v = clampf((y - f->cy) / f->ry, -1, 1);
  SsgColor c = f->color;
  if (f->rib > 0.0f) {
    float bow = u * (1.0f + 0.35f * v * v) * f->rib, t = bow - (float) floori(bow);
    float row = y * 13.0f + fabsf(t - 0.5f) * 1.2f;
    row -= (float) floori(row);
    c = color_scale(c, 0.80f + 0.20f * stepf(0, 0.3f, t) * stepf(1, 0.7f, t) + 0.08f * row);
  }
  if (f->panel > 0.0f) {
    float t = u * u * u * 0.4f + u * 0.6f, d = t * 1.6f;
    c = color_scale(c, 1.0f - 0.22f * bellf(d * d * 1800.0f) -
                           0.22f * bellf((fabsf(d) - 0.62f) * (fabsf(d) - 0.62f) * 900.0f));
  }
  float soft = cloudf(x * 3.0f, y * 3.0f, sc->salt + 91u) - 0.5f,
        weave = noise2(x * 33.0f, y * 33.0f, sc->salt + 92u) - 0.5f;
  out->albedo = color_scale(c, 1.0f + 0.06f * weave + 0.10f * soft);
  out->nx = 0.85f * u + 0.4f * soft;
  out->ny = 0.75f * v - 0.15f + 0.4f * soft;
  out->nz = sqrtf(fmaxf(0.12f, 1.0f - 0.7f * u * u - 0.5f * v * v));
  out->shade = 1.0f - 0.45f * f->under;
  out->gloss = 0.03f;
}

static void crown_points(const SsgScene *sc, SsgPoint q[9], float low, float height, float wide)
{
  float fw = sc->p->face_width;
  bool full = sc->p->hair_cut == SSG_HAIR_AFRO || sc->p->hair_cut == SSG_HAIR_CURLY;
  float w = (1.10f + (full ? 0.10f : 0.0f)) * fw * wide;
  const float x[9] = {-1.0f, -0.985f, -0.83f, -0.48f, 0, 0.48f, 0.83f, 0.985f, 1.0f},
              y[9] = {0, 0.34f, 0.68f, 0.92f, 1.0f, 0.92f, 0.68f, 0.34f, 0};
  for (int i = 0; i < 9; i++)
    q[i] = ssg_scene_at(sc, x[i] * w, low - y[i] * height, -0.05f);
}

static void paint(SsgScene *sc, const Felt *f)
{
  ssg_scene_paint(sc, SSG_PORTRAIT_HAT, &sc->mask[0], NULL, shade_felt, f, SSG_PAINT_PART);
}

/* Closes a crown's path along its lower edge, which bows down in front by `bow`. */
static void close_crown(const SsgScene *sc, cairo_t *cr, const SsgPoint *q, float low, float bow)
{
  SsgPoint mid = ssg_scene_at(sc, 0, low + bow, 0.95f);
  SsgPoint edge[5] = {q[8],
                      {mixf(q[8].x, mid.x, 0.45f), mixf(q[8].y, mid.y, 0.78f)},
                      mid,
                      {mixf(q[0].x, mid.x, 0.45f), mixf(q[0].y, mid.y, 0.78f)},
                      q[0]};
  ssg_path_smooth(cr, edge, 5, false, true);
  cairo_close_path(cr);
}

static void crown(const SsgScene *sc, SsgMask *m, float low, float height, float wide, float bow)
{
  SsgPoint q[9];
  crown_points(sc, q, low, height, wide);
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
  ssg_path_smooth(cr, q, 9, false, false);
  close_crown(sc, cr, q, low, bow);
  ssg_mask_fill(m);
}

/* A band around the head between two heights. */
static void band(const SsgScene *sc, SsgMask *m, float low, float high, float wide, float bow)
{
  SsgPoint a[9], b[9];
  crown_points(sc, a, low, 1.0f, wide);
  crown_points(sc, b, high, 1.0f, wide * 0.99f);
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
  SsgPoint ma = ssg_scene_at(sc, 0, low + bow, 0.95f), mb = ssg_scene_at(sc, 0, high + bow, 0.95f);
  SsgPoint up[5] = {b[0],
                    {mixf(b[0].x, mb.x, 0.45f), mixf(b[0].y, mb.y, 0.78f)},
                    mb,
                    {mixf(b[8].x, mb.x, 0.45f), mixf(b[8].y, mb.y, 0.78f)},
                    b[8]};
  SsgPoint down[5] = {a[8],
                      {mixf(a[8].x, ma.x, 0.45f), mixf(a[8].y, ma.y, 0.78f)},
                      ma,
                      {mixf(a[0].x, ma.x, 0.45f), mixf(a[0].y, ma.y, 0.78f)},
                      a[0]};
  ssg_path_smooth(cr, up, 5, false, false);
  ssg_path_smooth(cr, down, 5, false, true);
  cairo_close_path(cr);
  ssg_mask_fill(m);
}

static void brim_path(const SsgScene *sc, cairo_t *cr)
{
  SsgPoint c = ssg_scene_at(sc, 0, -0.72f, 0.25f);
  ssg_path_ellipse(cr, c.x, c.y, 1.72f, 0.36f + 0.5f * fabsf(sc->sp), 0.0f);
}

static void visor_path(const SsgScene *sc, cairo_t *cr)
{
  SsgPoint a = ssg_scene_at(sc, -0.92f, -0.68f, 0.45f), b = ssg_scene_at(sc, 0.92f, -0.68f, 0.45f),
           tip = ssg_scene_at(sc, 0, -0.50f, 1.45f);
  SsgPoint up = ssg_scene_at(sc, 0, -0.78f, 0.95f);
  cairo_move_to(cr, a.x, a.y);
  cairo_curve_to(cr, mixf(a.x, up.x, 0.4f), up.y, mixf(b.x, up.x, 0.4f), up.y, b.x, b.y);
  cairo_curve_to(cr, b.x + 0.05, mixf(b.y, tip.y, 0.9f), mixf(b.x, tip.x, 0.45f), tip.y, tip.x, tip.y + 0.02);
  cairo_curve_to(cr, mixf(a.x, tip.x, 0.45f), tip.y, a.x - 0.05, mixf(a.y, tip.y, 0.9f), a.x, a.y);
  cairo_close_path(cr);
}

bool ssg_hat_mask(const SsgScene *sc, SsgMask *m)
{
  switch (sc->p->hat) {
  case SSG_HAT_NONE:
    return false;
  case SSG_HAT_CAP: {
    cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    visor_path(sc, cr);
    ssg_mask_fill(m);
    return true;
  }
  case SSG_HAT_BRIM: {
    cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    brim_path(sc, cr);
    ssg_mask_fill(m);
    return true;
  }
  default:
    band(sc, m, -0.62f, -0.9f, 1.0f, -0.02f);
    return true;
  }
}

void ssg_draw_hat(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  SsgMask *m = &sc->mask[0];
  Felt f = {.color = color_of(p->hat_color), .cx = 0, .cy = -0.75f, .rx = 1.2f, .ry = 1.15f};
  SsgColor second = color_of(p->hat_color2);
  cairo_t *cr;
  switch (p->hat) {
  case SSG_HAT_BEANIE:
    crown(sc, m, -0.60f, 1.14f, 1.03f, -0.02f);
    f.rib = 9.0f;
    paint(sc, &f);
    band(sc, m, -0.50f, -0.84f, 1.045f, -0.02f);
    f.rib = 14.0f;
    f.color = color_mix(f.color, (SsgColor){1, 1, 1}, 0.07f);
    paint(sc, &f);
    if (p->hat_color2[0] > 0.5f) { /* a pompon */
      SsgPoint c = ssg_scene_at(sc, 0, -1.84f, -0.1f);
      cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
      for (int i = 0; i < 14; i++) {
        float a = 2.0f * SSG_PI * (float) i / 14.0f;
        ssg_path_ellipse(cr, c.x + 0.19f * sinef(a), c.y + 0.17f * cosinef(a), 0.075f, 0.075f, 0);
      }
      ssg_path_ellipse(cr, c.x, c.y, 0.2f, 0.19f, 0);
      ssg_mask_fill(m);
      Felt ball = {.color = second, .cx = c.x, .cy = c.y, .rx = 0.26f, .ry = 0.26f};
      paint(sc, &ball);
    }
    break;
  case SSG_HAT_CAP:
    crown(sc, m, -0.66f, 1.05f, 0.985f, -0.08f);
    f.panel = 1.0f;
    paint(sc, &f);
    cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    visor_path(sc, cr);
    ssg_mask_fill(m);
    Felt visor = f;
    visor.panel = 0.0f;
    visor.color = second;
    visor.cy = -1.2f;
    visor.ry = 1.0f;
    paint(sc, &visor);
    break;
  case SSG_HAT_BRIM: {
    cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    brim_path(sc, cr);
    ssg_mask_fill(m);
    Felt brim = f;
    brim.rx = 1.9f;
    brim.cy = -0.95f;
    brim.ry = 0.55f;
    brim.color = color_scale(f.color, 0.92f);
    paint(sc, &brim);
    crown(sc, m, -0.74f, 0.98f, 0.97f, -0.05f);
    paint(sc, &f);
    band(sc, m, -0.72f, -0.92f, 0.98f, -0.05f);
    Felt ribbon = f;
    ribbon.color = color_scale(second, 0.8f);
    paint(sc, &ribbon);
    break;
  }
  case SSG_HAT_BERET: {
    float d = p->hair_part < 0 ? -1.0f : 1.0f;
    SsgPoint q[8] = {ssg_scene_at(sc, -1.02f, -0.66f, 0),
                     ssg_scene_at(sc, -1.10f - 0.12f * (d < 0), -1.08f, 0),
                     ssg_scene_at(sc, -0.66f + 0.05f * d, -1.50f - 0.05f * (d < 0), 0),
                     ssg_scene_at(sc, 0.05f * d, -1.62f, 0),
                     ssg_scene_at(sc, 0.66f + 0.05f * d, -1.50f - 0.05f * (d > 0), 0),
                     ssg_scene_at(sc, 1.10f + 0.12f * (d > 0), -1.08f, 0),
                     ssg_scene_at(sc, 1.02f, -0.66f, 0),
                     ssg_scene_at(sc, 0, -0.80f, 0.95f)};
    q[d < 0 ? 1 : 5].x += 0.20f * d;
    cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    ssg_path_smooth(cr, q, 8, true, false);
    ssg_mask_fill(m);
    f.ry = 0.85f;
    f.cy = -1.0f;
    f.rx = 1.35f;
    paint(sc, &f);
    band(sc, m, -0.66f, -0.80f, 0.97f, -0.08f);
    Felt rim = f;
    rim.color = color_scale(f.color, 0.7f);
    paint(sc, &rim);
    break;
  }
  default:
    break;
  }
}
