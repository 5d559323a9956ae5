/* Eyes with their lids and lashes, and brows. */
#include "scene.h"

/* One eye, in its own axes: u along the lid from inner to outer corner (-1..1), v down, both in half widths. */
typedef struct {
  SsgPoint c, ex, ey;
  float ix, iy; /* iris: centre in (u, v) */
  float radius; /* of the iris */
  float up, down;
  float side;
} Eye;

static Eye eye_of(const SsgScene *sc, int i)
{
  const SsgPortrait *p = sc->p;
  SsgPoint a = sc->eye_in[i], b = sc->eye_out[i];
  Eye e = {.side = i ? 1.0f : -1.0f};
  e.c = (SsgPoint){0.5f * (a.x + b.x), 0.5f * (a.y + b.y)};
  e.ex = (SsgPoint){0.5f * (b.x - a.x), 0.5f * (b.y - a.y)};
  float h = SSG_EYE_HALF * p->eye_size;
  e.ey = (SsgPoint){0.0f, h * (1.0f - 0.35f * fabsf(sc->sp))};
  float smile = stepf(0.3f, 1.0f, p->smile);
  e.up = p->eye_open * 0.62f;
  e.down = 0.36f * (0.6f + 0.4f * clampf(p->eye_open, 0, 1)) - 0.10f * smile;
  e.radius = 0.50f;
  e.ix = e.side * (p->gaze_x * 0.30f + 0.25f * sc->sy) * (i ? 1.0f : 1.0f);
  e.iy = p->gaze_y * 0.22f - 0.06f + 0.25f * (1.0f - clampf(p->eye_open, 0, 1)) - 0.3f * sc->sp;
  return e;
}

static SsgPoint eye_at(const Eye *e, float u, float v)
{
  return (SsgPoint){e->c.x + u * e->ex.x + v * e->ey.x, e->c.y + u * e->ex.y + v * e->ey.y};
}

/* Points of the upper and lower lid's edge, from the inner corner to the outer. */
static void lid(const Eye *e, bool upper, SsgPoint q[5], float lift)
{
  float h = upper ? -e->up : e->down;
  const float u[5] = {-1.0f, -0.52f, 0.02f, 0.58f, 1.0f}, w_up[5] = {0, 0.80f, 1.0f, 0.78f, 0},
              w_low[5] = {0, 0.66f, 1.0f, 0.86f, 0};
  for (int i = 0; i < 5; i++) {
    float w = upper ? w_up[i] : w_low[i];
    q[i] = eye_at(e, u[i], h * w + lift * (0.35f + 0.65f * w) + (i == 0 ? 0.06f : i == 4 ? -0.05f : 0.0f));
  }
}

static void eye_uv(const Eye *e, float x, float y, float *u, float *v)
{
  float dx = x - e->c.x, dy = y - e->c.y, det = e->ex.x * e->ey.y - e->ex.y * e->ey.x;
  *u = (dx * e->ey.y - dy * e->ey.x) / det;
  *v = (e->ex.x * dy - e->ex.y * dx) / det;
}

static void shade_eye(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Eye *e = data;
  const SsgPortrait *p = sc->p;
  float u, v;
  eye_uv(e, x, y, &u, &v);
  SsgColor white = {0.96f, 0.945f, 0.93f};
  white = color_mix(white, color_mul(white, color_of(p->skin)), 0.18f);
  /* Veins and the caruncle in the inner corner. */
  white =
      color_mix(white, (SsgColor){0.86f, 0.52f, 0.48f}, 0.75f * stepf(-0.70f, -1.0f, u) + 0.12f * stepf(0.6f, 1.0f, u));
  float dx = u - e->ix, dy = v - e->iy, d = sqrtf(dx * dx + dy * dy) / e->radius;
  float pixel =
      1.6f / ((float) sc->size * SSG_HEAD_UNIT * SSG_EYE_HALF * e->radius); /* softness of edges: about a pixel */
  float iris = stepf(1.0f + 0.5f * pixel, 1.0f - 0.5f * pixel, d);
  SsgColor c = white;
  float glow = 0.0f;
  if (iris > 0.0f) {
    float angle = anglef(dx, dy);
    float fibre = noise2(angle * 6.0f, d * 1.5f, sc->salt + 51u);
    SsgColor base = color_of(p->iris);
    SsgColor ring = color_scale(base, 0.40f);
    SsgColor inner = color_mix(base, (SsgColor){0.85f, 0.62f, 0.30f}, 0.30f);
    SsgColor body = color_mix(inner, color_scale(base, 1.15f), stepf(0.35f, 0.7f, d));
    body = color_scale(body, 0.75f + 0.55f * fibre);
    body = color_scale(body, 0.80f + 0.45f * stepf(-0.5f, 0.8f, dy / e->radius)); /* light gathers opposite the glint */
    body = color_mix(body, ring, stepf(0.74f, 0.98f, d));
    body = color_mix(body, (SsgColor){0.03f, 0.025f, 0.03f}, stepf(0.46f + 0.5f * pixel, 0.40f - 0.3f * pixel, d));
    c = color_mix(white, body, iris);
    glow = 0.25f * iris;
  }
  float ball = u * 0.55f;
  out->nx = ball * (e->ex.x > 0 ? 1.0f : -1.0f);
  out->ny = v * 0.55f;
  out->nz = 0.9f;
  /* The upper lid shadows the ball; corners are deep. */
  float lid_edge = -e->up * (1.0f - u * u);
  float shadow = stepf(0.42f, 0.0f, v - lid_edge);
  out->shade = (1.0f - 0.58f * shadow) * (1.0f - 0.22f * u * u);
  /* Glint: towards the light, in front of iris and pupil; a weaker one across. */
  float gx = dx / e->radius - (e->ex.x > 0 ? 0.36f : -0.36f) * (sc->lx > 0 ? 1.0f : -1.0f), gy = dy / e->radius + 0.36f;
  float glint = stepf(0.30f + 0.4f * pixel, 0.20f - 0.3f * pixel, sqrtf(gx * gx + gy * gy));
  float hx = dx / e->radius + (e->ex.x > 0 ? 0.40f : -0.40f) * (sc->lx > 0 ? 1.0f : -1.0f), hy = dy / e->radius - 0.42f;
  glint = fmaxf(glint, 0.35f * stepf(0.24f, 0.10f, sqrtf(hx * hx + hy * hy)));
  out->albedo = color_mix(c, (SsgColor){1, 1, 1}, glint);
  out->emit = fmaxf(glint, fmaxf(glow, 0.22f * (1.0f - shadow)));
}

static void shade_lash(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const float *strength = data;
  SsgColor c = color_mix(color_mul(color_of(sc->p->skin), (SsgColor){0.30f, 0.20f, 0.18f}),
                         (SsgColor){0.07f, 0.055f, 0.06f}, *strength);
  out->albedo = c;
  out->shade = 0.6f;
}

static void shade_crease(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const float *strength = data;
  out->albedo = color_mul(color_of(sc->p->skin), (SsgColor){0.52f, 0.36f, 0.33f});
  out->shade = 0.75f;
  out->skin = 1.0f;
  out->alpha = *strength;
}

/* The lid above the eye: skin, perhaps painted. */
static void shade_lid(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Eye *e = data;
  float u, v;
  eye_uv(e, x, y, &u, &v);
  ssg_skin_shade(sc, x, y, px, out);
  float k = stepf(-e->up - 0.62f, -e->up - 0.10f, v + 0.35f * u * u * e->up);
  SsgColor paint = color_of(sc->p->eyeshadow_color);
  out->albedo =
      color_mix(out->albedo, color_mix(paint, color_mul(paint, out->albedo), 0.4f), sc->p->eyeshadow * 0.75f * k);
  out->ny -= 0.25f;
  out->shade *= 0.94f;
  out->gloss = 0.12f;
  out->alpha = stepf(-e->up - 0.75f, -e->up - 0.35f, v + 0.35f * u * u * e->up);
}

void ssg_draw_eyes(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  SsgMask *m = &sc->mask[0], *detail = &sc->mask[1];
  float h = SSG_EYE_HALF * p->eye_size;
  for (int i = 0; i < 2; i++) {
    Eye e = eye_of(sc, i);
    SsgPoint up[5], low[5], q[5];
    lid(&e, true, up, 0);
    lid(&e, false, low, 0);
    /* Lid with its crease. */
    float fold = 0.20f + 0.16f * clampf(p->eye_open, 0, 1);
    cairo_t *cr = ssg_mask_begin(detail, sc, SSG_SPACE_HEAD);
    lid(&e, true, q, -0.62f);
    ssg_path_smooth(cr, q, 5, false, false);
    for (int k = 0; k < 5; k++)
      q[k] = up[4 - k];
    ssg_path_smooth(cr, q, 5, false, true);
    cairo_close_path(cr);
    ssg_mask_fill(detail);
    ssg_scene_paint(sc, SSG_PORTRAIT_FACE, detail, &sc->mask[2], shade_lid, &e, SSG_PAINT_DETAIL);
    float strength = 0.55f;
    cr = ssg_mask_begin(detail, sc, SSG_SPACE_HEAD);
    lid(&e, true, q, -fold);
    ssg_path_taper(cr, q[0], (SsgPoint){2 * q[2].x - 0.5f * (q[0].x + q[4].x), 2 * q[2].y - 0.5f * (q[0].y + q[4].y)},
                   q[4], 0.004f, 0.012f, 0.008f);
    ssg_mask_fill(detail);
    ssg_scene_paint(sc, SSG_PORTRAIT_FACE, detail, &sc->mask[2], shade_crease, &strength, SSG_PAINT_DETAIL);
    /* Lower lid's line. */
    strength = 0.30f + 0.25f * stepf(40, 80, p->age);
    cr = ssg_mask_begin(detail, sc, SSG_SPACE_HEAD);
    lid(&e, false, q, 0.16f);
    ssg_path_taper(cr, q[0], (SsgPoint){2 * q[2].x - 0.5f * (q[0].x + q[4].x), 2 * q[2].y - 0.5f * (q[0].y + q[4].y)},
                   q[4], 0.004f, 0.010f, 0.002f);
    ssg_mask_fill(detail);
    ssg_scene_paint(sc, SSG_PORTRAIT_FACE, detail, &sc->mask[2], shade_crease, &strength, SSG_PAINT_DETAIL);

    /* The eye: the ball between the lids and the line of lashes on the upper lid, one part. */
    cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    float thick = h * (0.065f + 0.095f * p->lashes);
    lid(&e, true, q, -thick / h);
    SsgPoint wing = eye_at(&e, 1.10f + 0.08f * p->lashes, -0.10f - 0.12f * p->lashes);
    cairo_move_to(cr, up[0].x, up[0].y);
    ssg_path_smooth(cr, q, 4, false, true);
    cairo_line_to(cr, wing.x, wing.y);
    cairo_line_to(cr, up[4].x, up[4].y);
    SsgPoint back[5] = {low[4], low[3], low[2], low[1], low[0]};
    ssg_path_smooth(cr, back, 5, false, true);
    cairo_close_path(cr);
    ssg_mask_fill(m);
    ssg_scene_paint(sc, SSG_PORTRAIT_EYE, m, &sc->mask[2], shade_eye, &e, SSG_PAINT_PART);
    /* Lash line over it. */
    cr = ssg_mask_begin(detail, sc, SSG_SPACE_HEAD);
    cairo_move_to(cr, up[0].x, up[0].y);
    ssg_path_smooth(cr, q, 4, false, true);
    cairo_line_to(cr, wing.x, wing.y);
    SsgPoint edge[5] = {up[4], up[3], up[2], up[1], up[0]};
    ssg_path_smooth(cr, edge, 5, false, true);
    cairo_close_path(cr);
    ssg_mask_fill(detail);
    strength = 0.45f + 0.55f * p->lashes;
    ssg_scene_paint(sc, SSG_PORTRAIT_EYE, detail, m, shade_lash, &strength, SSG_PAINT_DETAIL);
  }
}

typedef struct {
  SsgPoint a, b;
  float side;
} Brow;

static void shade_brow(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Brow *b = data;
  float dx = b->b.x - b->a.x, dy = b->b.y - b->a.y, l2 = dx * dx + dy * dy;
  float t = ((x - b->a.x) * dx + (y - b->a.y) * dy) / l2;
  float hair = noise2(t * 26.0f + y * 16.0f, t * 3.0f, sc->salt + 61u);
  SsgColor dark = {0.10f, 0.075f, 0.065f};
  SsgColor c = color_mix(color_of(sc->p->hair), dark, 0.45f * (1.0f - sc->p->grey));
  c = color_mix(c, color_mul(color_of(sc->p->skin), (SsgColor){0.45f, 0.33f, 0.28f}), 0.25f);
  out->albedo = color_scale(c, 0.72f + 0.5f * hair);
  out->nx = 0.2f * b->side;
  out->ny = -0.2f;
  out->shade = 1.0f - (float) sc->shadow[px] * (0.6f / 255.0f);
  out->alpha = 0.72f + 0.28f * hair;
}

void ssg_draw_brows(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  SsgMask *m = &sc->mask[0];
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, c = 0.465f * p->eye_spacing * p->face_width, y = -0.315f - p->brow_height;
    float w = 0.30f, th = 0.058f * p->brow_thickness, arch = 0.045f + 0.065f * p->brow_arch, tilt = p->brow_tilt;
    float lift = 0.05f * stepf(0, 1, p->mouth_open) + 0.03f * (p->eye_open - 0.9f);
    y -= lift;
    SsgPoint in = ssg_scene_at(sc, s * (c - w), y + 0.02f + tilt * w * 2.0f, 0.90f);
    SsgPoint peak = ssg_scene_at(sc, s * (c + w * 0.35f), y - arch, 0.84f);
    SsgPoint out = ssg_scene_at(sc, s * (c + w * 1.12f), y + 0.055f - tilt * w * 1.2f, 0.56f);
    SsgPoint q[7] = {{in.x, in.y - th * 0.8f},      {mixf(in.x, peak.x, 0.5f), mixf(in.y, peak.y, 0.55f) - th * 1.05f},
                     {peak.x, peak.y - th * 0.85f}, out,
                     {peak.x, peak.y + th * 0.75f}, {mixf(in.x, peak.x, 0.5f), mixf(in.y, peak.y, 0.55f) + th * 0.95f},
                     {in.x, in.y + th * 0.8f}};
    Brow b = {in, out, s};
    cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    ssg_path_smooth(cr, q, 4, false, false);
    ssg_path_smooth(cr, q + 3, 4, false, true);
    cairo_close_path(cr);
    ssg_mask_fill(m);
    ssg_scene_paint(sc, SSG_PORTRAIT_EYEBROW, m, &sc->mask[2], shade_brow, &b, SSG_PAINT_NO_LINE);
  }
}
