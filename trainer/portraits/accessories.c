/* Glasses and earrings: the transparent parts. Their label covers what shows through. */
#include "scene.h"

typedef struct {
  SsgPoint c[2];
  float rx[2], ry;
} Lenses;

static void lens_path(const SsgScene *sc, cairo_t *cr, const Lenses *l, int i, float grow)
{
  float rx = l->rx[i] + grow, ry = l->ry + grow, s = i ? 1.0f : -1.0f;
  SsgPoint c = l->c[i];
  if (sc->p->glasses == SSG_GLASSES_ROUND) {
    ssg_path_ellipse(cr, c.x, c.y, rx, ry, 0);
    return;
  }
  bool cat = sc->p->glasses == SSG_GLASSES_CAT;
  const float square[8][2] = {{-0.98f, -0.55f}, {-0.75f, -0.90f}, {0.75f, -0.94f}, {1.0f, -0.62f},
                              {0.94f, 0.45f},   {0.62f, 0.90f},   {-0.60f, 0.90f}, {-0.92f, 0.45f}};
  const float cats[8][2] = {{-0.96f, -0.40f}, {-0.62f, -0.82f}, {0.62f, -0.98f}, {1.16f, -1.05f},
                            {0.98f, 0.10f},   {0.55f, 0.86f},   {-0.50f, 0.92f}, {-0.92f, 0.40f}};
  SsgPoint q[8];
  for (int k = 0; k < 8; k++)
    q[k] = (SsgPoint){c.x + s * rx * (cat ? cats : square)[k][0], c.y + ry * (cat ? cats : square)[k][1]};
  ssg_path_smooth(cr, q, 8, true, false);
}

static void shade_lens(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Lenses *l = data;
  int i = x > 0.5f * (l->c[0].x + l->c[1].x);
  float u = (x - l->c[i].x) / l->rx[i], v = (y - l->c[i].y) / l->ry;
  float tint = sc->p->lens_tint * (1.0f - 0.25f * v);
  /* Two slanted streaks of reflected window. */
  float t = u * 0.8f + v * 0.6f + (sc->lx > 0 ? -0.35f : 0.35f);
  float streak = 0.30f * stepf(0.20f, 0.16f, fabsf(t)) + 0.22f * stepf(0.07f, 0.04f, fabsf(t - 0.36f));
  streak *= stepf(1.1f, 0.3f, v * v + u * u * 0.5f) * (0.55f + 0.45f * stepf(0.4f, -0.8f, v));
  float a = tint + streak * (1.0f - tint);
  out->albedo = color_mix(color_of(sc->p->lens_color), (SsgColor){1, 1, 1}, a > 0 ? streak * (1.0f - tint) / a : 0.0f);
  out->emit = 0.85f;
  out->alpha = clampf(a, 0, 1);
}

static void shade_frame(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  out->albedo = color_of(sc->p->glasses_color);
  out->ny = -0.35f;
  out->nx = 0.4f * x;
  out->gloss = 0.45f;
  out->sharp = 0.3f;
}

void ssg_draw_glasses(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  if (p->glasses == SSG_GLASSES_NONE)
    return;
  Lenses l = {.ry = 0.335f};
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, c = 0.475f * p->eye_spacing * p->face_width,
          half = p->glasses == SSG_GLASSES_ROUND ? 0.36f : 0.385f;
    SsgPoint a = ssg_scene_at(sc, s * (c - half), 0.06f, 0.98f), b = ssg_scene_at(sc, s * (c + half), 0.06f, 0.80f);
    l.c[i] = (SsgPoint){0.5f * (a.x + b.x), 0.5f * (a.y + b.y)};
    l.rx[i] = 0.5f * fabsf(b.x - a.x);
  }
  if (p->glasses != SSG_GLASSES_ROUND)
    l.ry = 0.28f;
  SsgMask *whole = &sc->mask[0], *frame = &sc->mask[1];
  float w = p->glasses_width;
  /* The frame: rims, bridge, and the arms to the ears. */
  cairo_t *cr = ssg_mask_begin(frame, sc, SSG_SPACE_HEAD);
  for (int i = 0; i < 2; i++)
    lens_path(sc, cr, &l, i, w * 0.3f);
  ssg_mask_stroke(frame, w);
  SsgPoint a = {l.c[0].x + l.rx[0], l.c[0].y - 0.06f}, b = {l.c[1].x - l.rx[1], l.c[1].y - 0.06f};
  cairo_move_to(cr, a.x, a.y);
  cairo_curve_to(cr, mixf(a.x, b.x, 0.3f), a.y - 0.08, mixf(a.x, b.x, 0.7f), b.y - 0.08, b.x, b.y);
  ssg_mask_stroke(frame, w * 1.1f);
  cairo_t *arms = ssg_mask_begin(&sc->mask[3], sc, SSG_SPACE_HEAD);
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f;
    SsgPoint hinge = {l.c[i].x + s * (l.rx[i] + 0.3f * w), l.c[i].y - 0.10f},
             ear = ssg_scene_at(sc, s * 1.0f * p->face_width, -0.06f, 0.02f);
    if ((ear.x - hinge.x) * s < 0.02f)
      continue; /* on the far side the arm is hidden */
    cairo_move_to(arms, hinge.x, hinge.y);
    cairo_line_to(arms, ear.x, ear.y);
    ssg_mask_stroke(&sc->mask[3], w * 0.9f);
  }
  if (p->hair_cut == SSG_HAIR_BOB || p->hair_cut == SSG_HAIR_LONG || p->hair_cut == SSG_HAIR_CURLY)
    ssg_mask_subtract(&sc->mask[3], &sc->mask[2]); /* hair in front, as ssg_draw_hair() left it, hides the arms */
  SsgMask *arm = &sc->mask[3];                     /* nor do they stand off the head into the air */
  for (int y = arm->y0; y < arm->y1; y++)
    for (int x = arm->x0; x < arm->x1; x++)
      if (sc->labels[(size_t) y * sc->size + x] == SSG_PORTRAIT_BACKGROUND)
        arm->data[(size_t) y * arm->stride + x] = 0;
  ssg_mask_unite(frame, arm);
  /* The whole: lenses and frame, one label. */
  cr = ssg_mask_begin(whole, sc, SSG_SPACE_HEAD);
  for (int i = 0; i < 2; i++)
    lens_path(sc, cr, &l, i, w * 0.3f);
  ssg_mask_fill(whole);
  ssg_mask_unite(whole, frame);
  ssg_scene_paint(sc, SSG_PORTRAIT_GLASSES, whole, NULL, shade_lens, &l, SSG_PAINT_NO_LINE);
  ssg_scene_paint(sc, SSG_PORTRAIT_GLASSES, frame, NULL, shade_frame, &l, SSG_PAINT_AGAIN);
}

typedef struct {
  float x, y, r;
} Bead;

static void shade_metal(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Bead *b = data;
  float u = (x - b->x) / b->r, v = (y - b->y) / b->r, d2 = u * u + v * v;
  SsgColor c = color_of(sc->p->earring_color);
  out->albedo = color_mix(c, color_scale(c, 0.55f), stepf(-0.2f, 0.9f, v));
  out->nx = 0.8f * u;
  out->ny = 0.8f * v;
  out->nz = sqrtf(fmaxf(0.15f, 1.0f - 0.64f * d2));
  out->gloss = 0.9f;
  out->sharp = 0.25f;
}

void ssg_draw_earrings(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  if (p->earring == SSG_EARRING_NONE)
    return;
  SsgMask *m = &sc->mask[0];
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, k = p->earring_size, turn = sc->sy * s;
    if (turn > 0.40f)
      continue; /* the far ear is turned away */
    SsgPoint e = sc->ear[i];
    float x = e.x + s * 0.085f, y = e.y + 0.33f * p->ear_size;
    Bead b = {x, y, 0.07f * k};
    cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    if (p->earring == SSG_EARRING_STUD) {
      b.r = 0.10f * k;
      b.y -= 0.01f;
      ssg_path_ellipse(cr, b.x, b.y, b.r, b.r, 0);
      ssg_mask_fill(m);
    } else if (p->earring == SSG_EARRING_HOOP) {
      b.r = 0.17f * k;
      b.y += b.r * 0.85f;
      ssg_path_ellipse(cr, b.x, b.y, b.r * 0.72f, b.r, 0);
      ssg_mask_stroke(m, 0.09 * k);
    } else {
      b.r = 0.13f * k;
      cairo_move_to(cr, x, y);
      cairo_line_to(cr, x, y + 0.14f * k);
      ssg_mask_stroke(m, 0.04);
      b.y += 0.28f * k;
      SsgPoint q[4] = {{x, b.y - 0.19f * k}, {x + 0.12f * k, b.y}, {x, b.y + 0.13f * k}, {x - 0.12f * k, b.y}};
      ssg_path_smooth(cr, q, 4, true, false);
      ssg_mask_fill(m);
    }
    ssg_scene_paint(sc, SSG_PORTRAIT_EARRING, m, NULL, shade_metal, &b, SSG_PAINT_PART);
  }
}
