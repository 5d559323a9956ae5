#include "scene.h"

/* The mouth's lines, from the picture's left corner to the right one. */
typedef struct {
  SsgPoint top[7], upper[5], lower[5], bottom[5];
  float cx, cy, half, open;
} Mouth;

static void lay_out(const SsgScene *sc, Mouth *m)
{
  const SsgPortrait *p = sc->p;
  SsgPoint l = sc->mouth_corner[0], r = sc->mouth_corner[1], c = sc->mouth;
  float full = p->lip_fullness, smile = p->smile, grin = stepf(0, 1, smile);
  float open = 0.20f * p->mouth_open * (1.0f - 0.25f * grin) + (p->mouth_open > 0 ? 0.04f : 0.0f);
  float up = 0.095f * full * (1.0f - 0.25f * grin), down = 0.125f * full * (1.0f - 0.15f * grin);
  float mid = 0.5f * (l.y + r.y); /* corners lie at the smile's height */
  float line = c.y + (c.y - mid) * 0.25f;
  m->cx = c.x;
  m->cy = line;
  m->half = 0.5f * (r.x - l.x);
  m->open = open;
  float tu = line - open * 0.35f, tl = line + open * 0.75f;
  SsgPoint ql = {mixf(l.x, c.x, 0.5f), 0}, qr = {mixf(r.x, c.x, 0.5f), 0};
  /* The upper lip's bow. */
  m->top[0] = l;
  m->top[1] = (SsgPoint){ql.x, mixf(l.y, tu, 0.62f) - up * 0.70f};
  m->top[2] = (SsgPoint){mixf(c.x, l.x, 0.20f), tu - up * 1.05f};
  m->top[3] = (SsgPoint){c.x, tu - up * 0.80f};
  m->top[4] = (SsgPoint){mixf(c.x, r.x, 0.20f), tu - up * 1.05f};
  m->top[5] = (SsgPoint){qr.x, mixf(r.y, tu, 0.62f) - up * 0.70f};
  m->top[6] = r;
  float dip = 0.012f;
  m->upper[0] = l;
  m->upper[1] = (SsgPoint){ql.x, mixf(l.y, tu, 0.70f)};
  m->upper[2] = (SsgPoint){c.x, tu + dip};
  m->upper[3] = (SsgPoint){qr.x, mixf(r.y, tu, 0.70f)};
  m->upper[4] = r;
  m->lower[0] = l;
  m->lower[1] = (SsgPoint){ql.x, mixf(l.y, tl, 0.74f)};
  m->lower[2] = (SsgPoint){c.x, tl + dip};
  m->lower[3] = (SsgPoint){qr.x, mixf(r.y, tl, 0.74f)};
  m->lower[4] = r;
  m->bottom[0] = l;
  m->bottom[1] = (SsgPoint){mixf(l.x, c.x, 0.46f), mixf(l.y, tl, 0.78f) + down * 0.74f};
  m->bottom[2] = (SsgPoint){c.x, tl + down};
  m->bottom[3] = (SsgPoint){mixf(r.x, c.x, 0.46f), mixf(r.y, tl, 0.78f) + down * 0.74f};
  m->bottom[4] = r;
}

static void region(cairo_t *cr, const SsgPoint *a, int na, const SsgPoint *b, int nb)
{
  SsgPoint back[8];
  for (int i = 0; i < nb; i++)
    back[i] = b[nb - 1 - i];
  ssg_path_smooth(cr, a, na, false, false);
  ssg_path_smooth(cr, back, nb, false, true);
  cairo_close_path(cr);
}

static void shade_inside(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Mouth *m = data;
  float u = (x - m->cx) / m->half, v = (y - m->cy) / (m->open + 1e-4f);
  float tongue = stepf(0.15f, 0.5f, v - 0.25f * u * u);
  out->albedo = color_mix((SsgColor){0.28f, 0.08f, 0.08f}, (SsgColor){0.72f, 0.33f, 0.33f}, tongue * 0.8f);
  out->shade = 0.55f + 0.25f * tongue;
}

static void shade_teeth(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Mouth *m = data;
  float u = (x - m->cx) / m->half;
  SsgColor white = {0.975f, 0.955f, 0.915f};
  white = color_mix(white, (SsgColor){0.93f, 0.86f, 0.72f}, 0.7f * stepf(35, 85, sc->p->age));
  float w = u * 5.2f, gap = w - (float) floori(w) - 0.5f;
  float line = stepf(0.40f, 0.5f, fabsf(gap)) * stepf(48.0f, 140.0f, (float) sc->size);
  out->albedo = color_scale(white, 1.0f - 0.10f * line);
  out->nx = 0.7f * u;
  out->shade = 0.96f - 0.55f * u * u;
  out->emit = 0.30f;
}

static void shade_lips(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Mouth *m = data;
  const SsgPortrait *p = sc->p;
  float u = (x - m->cx) / m->half, line = m->cy - (y < m->cy ? 0.35f : -0.75f) * m->open;
  float v = (y - line) / 0.12f; /* about -1 at the upper edge, 1 at the lower */
  bool low = y > m->cy + 0.2f * m->open;
  float crease = noise2(u * 15.0f + v * 1.2f * u, v * 0.8f, sc->salt + 71u);
  SsgColor c = color_scale(color_of(p->lip), (low ? 1.05f : 0.84f) * (0.92f + 0.14f * crease));
  out->albedo = c;
  out->nx = 0.55f * u;
  out->ny = low ? 0.9f * (v - 0.45f) : 0.55f + 0.4f * v;
  out->nz = 0.85f;
  out->shade = low ? 1.0f : 0.94f;
  out->gloss = (low ? 0.22f : 0.08f) * (0.6f + 0.7f * p->lipstick) * (0.7f + 0.6f * crease);
  out->sharp = 0.35f;
  out->skin = 1.0f;
}

static void shade_seam(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  out->albedo = color_mul(color_of(sc->p->lip), (SsgColor){0.40f, 0.26f, 0.28f});
  out->shade = 0.6f;
  out->alpha = 0.85f;
}

/* Soft shadow below the lower lip, and dimples where the corners press into the cheeks. */
static void shade_below(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const float *d = data;
  ssg_skin_shade(sc, x, y, px, out);
  float u = (x - d[0]) / d[2], v = (y - d[1]) / d[3];
  out->shade *= 0.35f;
  out->gloss = 0.0f;
  out->alpha = d[4] * bellf((u * u + v * v) * 2.2f);
}

static void soft_spot(SsgScene *sc, float x, float y, float rx, float ry, float strength)
{
  float d[5] = {x, y, rx, ry, strength};
  cairo_t *cr = ssg_mask_begin(&sc->mask[1], sc, SSG_SPACE_HEAD);
  ssg_path_ellipse(cr, x, y, rx * 1.5f, ry * 1.5f, 0);
  ssg_mask_fill(&sc->mask[1]);
  ssg_scene_paint(sc, SSG_PORTRAIT_FACE, &sc->mask[1], &sc->mask[2], shade_below, d, SSG_PAINT_DETAIL);
}

void ssg_draw_mouth(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  SsgMask *mask = &sc->mask[0], *detail = &sc->mask[1];
  Mouth m;
  lay_out(sc, &m);
  if (p->beard <= 0.0f) {
    soft_spot(sc, m.bottom[2].x, m.bottom[2].y + 0.045f, 0.22f, 0.06f, 0.38f);
    for (int i = 0; i < 2; i++)
      soft_spot(sc, sc->mouth_corner[i].x + (i ? 0.03f : -0.03f), sc->mouth_corner[i].y, 0.06f, 0.06f,
                0.20f + 0.35f * stepf(0.2f, 1, p->smile));
  }
  /* The whole mouth is one part; lips, teeth and seam are details of it. */
  cairo_t *cr = ssg_mask_begin(mask, sc, SSG_SPACE_HEAD);
  region(cr, m.top, 7, m.bottom, 5);
  ssg_mask_fill(mask);
  ssg_scene_paint(sc, SSG_PORTRAIT_MOUTH, mask, &sc->mask[2], shade_lips, &m, SSG_PAINT_PART);
  if (m.open > 0.0f) {
    cr = ssg_mask_begin(detail, sc, SSG_SPACE_HEAD);
    region(cr, m.upper, 5, m.lower, 5);
    ssg_mask_fill(detail);
    ssg_scene_paint(sc, SSG_PORTRAIT_MOUTH, detail, mask, shade_inside, &m, SSG_PAINT_DETAIL);
    SsgPoint teeth[5];
    for (int i = 0; i < 5; i++) {
      float deep = i == 0 || i == 4 ? 0.0f : 1.0f;
      teeth[i] = (SsgPoint){m.upper[i].x, m.upper[i].y + deep * fminf(0.105f, 0.72f * m.open)};
    }
    cr = ssg_mask_begin(&sc->mask[3], sc, SSG_SPACE_HEAD);
    region(cr, m.upper, 5, teeth, 5);
    ssg_mask_fill(&sc->mask[3]);
    ssg_mask_intersect(&sc->mask[3], detail);
    ssg_scene_paint(sc, SSG_PORTRAIT_MOUTH, &sc->mask[3], mask, shade_teeth, &m, SSG_PAINT_DETAIL);
  } else {
    cr = ssg_mask_begin(detail, sc, SSG_SPACE_HEAD);
    ssg_path_smooth(cr, m.upper, 5, false, false);
    ssg_mask_stroke(detail, 0.026);
    ssg_scene_paint(sc, SSG_PORTRAIT_MOUTH, detail, mask, shade_seam, NULL, SSG_PAINT_DETAIL);
  }
}
