/* Head, neck, ears and nose: everything of skin. */
#include "scene.h"

/* Where the face's middle line is at height y of the plane. */
static float middle(const SsgScene *sc, float y)
{
  float t = stepf(sc->nose_top.y, sc->chin.y, y);
  return mixf(sc->nose_top.x, sc->chin.x, t);
}

/* Density of beard, moustache and stubble, 0..1 each. */
static void facial_hair(const SsgScene *sc, float x, float y, float *beard, float *stubble)
{
  const SsgPortrait *p = sc->p;
  float mx = x - middle(sc, y), ax = fabsf(mx), mw = sc->mouth_corner[1].x - sc->mouth_corner[0].x;
  float my = sc->mouth.y;
  float rise = my + 0.20f - 0.62f * stepf(0.25f, 0.95f, ax);
  float zone = stepf(-0.05f, 0.10f, y - rise);
  float qx = (x - sc->mouth.x) / (0.60f * mw), qy = (y - my) / 0.19f;
  float lips = stepf(0.55f, 1.0f, qx * qx + qy * qy);
  float dx = (x - sc->nose_base.x * 0.5f - sc->mouth.x * 0.5f) / (0.62f * mw);
  float level = mixf(sc->nose_base.y, my, 0.45f) + 0.16f * dx * dx;
  float d = (y - level) / 0.115f;
  float lip = bellf(d * d * 1.4f) * stepf(1.15f, 0.75f, fabsf(dx));
  *beard = p->beard > 0.0f ? zone * lips : 0.0f;
  if (p->moustache > 0.0f)
    *beard = fmaxf(*beard, lip * (0.55f + 0.45f * p->moustache));
  *stubble = p->stubble * fmaxf(zone * lips, lip);
}

static void skin_color(const SsgScene *sc, float x, float y, SsgSurface *out)
{
  const SsgPortrait *p = sc->p;
  SsgColor c = color_of(p->skin);
  float red = 0.0f;
  for (int i = 0; i < 2; i++) {
    SsgPoint cheek = ssg_scene_at(sc, i ? 0.60f : -0.60f, 0.47f, 0.76f);
    float dx = x - cheek.x, dy = y - cheek.y;
    red += (0.35f + 0.65f * p->blush) * bellf(dx * dx * 11.0f + dy * dy * 16.0f);
  }
  float dx = x - sc->nose_tip.x, dy = y - sc->nose_tip.y;
  red += 0.38f * bellf(dx * dx * 26.0f + dy * dy * 26.0f);
  dx = x - sc->chin.x;
  dy = y - sc->chin.y;
  red += 0.15f * bellf(dx * dx * 14.0f + dy * dy * 30.0f);
  red *= 0.21f;
  c.r *= 1.0f + 0.10f * red;
  c.g *= 1.0f - 0.62f * red;
  c.b *= 1.0f - 0.50f * red;
  /* The brush: skin is never of one tone. */
  float mottle = cloudf(x * 3.1f + 7.0f, y * 3.1f, sc->salt) - 0.5f;
  c.r += 0.030f * mottle;
  c.b -= 0.035f * mottle;
  float fine = 1.0f + 0.035f * (noise2(x * 17.0f, y * 17.0f, sc->salt + 3u) - 0.5f);
  c = color_scale(c, fine);
  if (p->freckles > 0.0f) {
    float u = x * 15.0f, v = y * 15.0f;
    int iu = floori(u), iv = floori(v);
    uint32_t h = hash32((uint32_t) iu * 0x9e3779b9u ^ hash32((uint32_t) iv + sc->salt));
    float qx = u - (float) iu - 0.3f - 0.4f * unitf(h), qy = v - (float) iv - 0.3f - 0.4f * unitf(hash32(h));
    float ax = x - middle(sc, y), there = bellf(ax * ax * 2.6f + (y - 0.33f) * (y - 0.33f) * 9.0f);
    float spot =
        bellf((qx * qx + qy * qy) * 26.0f) * there * p->freckles * (unitf(hash32(h + 1u)) < 0.7f ? 0.5f : 0.0f);
    c = color_mix(c, color_mul(c, (SsgColor){0.72f, 0.52f, 0.40f}), spot);
  }
  if (p->mole > 0.0f) {
    float side = p->mole < 0.5f ? -1.0f : 1.0f, t = p->mole < 0.5f ? p->mole * 2.0f : p->mole * 2.0f - 1.0f;
    SsgPoint at = ssg_scene_at(sc, side * (0.30f + 0.30f * t), 0.85f - 0.42f * t, 0.8f);
    float qx = x - at.x, qy = y - at.y;
    c = color_mix(c, color_mul(c, (SsgColor){0.42f, 0.30f, 0.26f}), stepf(0.036f, 0.018f, sqrtf(qx * qx + qy * qy)));
  }
  out->albedo = c;
}

/* Forehead lines, crow's feet: thin valleys. Returns the slope in y and a darkening. */
static float wrinkles(const SsgScene *sc, float x, float y, float *dark)
{
  float old = stepf(38, 78, sc->p->age), slope = 0.0f;
  *dark = 0.0f;
  if (old <= 0.0f)
    return 0.0f;
  float mx = x - middle(sc, y);
  for (int k = 0; k < 3; k++) {
    float level = -0.60f - 0.15f * (float) k + sc->nose_top.y + 0.10f + 0.05f * mx * mx +
                  0.02f * sinef(mx * 5.0f + (float) k * 2.0f);
    float d = (y - level) * 34.0f, there = stepf(0.55f, 0.25f, fabsf(mx)) * old;
    float b = bellf(d * d);
    slope += there * 0.55f * d * b;
    *dark += there * 0.18f * b;
  }
  for (int i = 0; i < 2; i++) {
    SsgPoint e = sc->eye_out[i];
    float s = i ? 1.0f : -1.0f, u = (x - e.x) * s - 0.04f, v = y - e.y;
    if (u > 0.0f && u < 0.26f) {
      float fan = v / (u + 0.10f) * 4.2f;
      float b = bellf((fan - (float) floori(fan + 0.5f)) * (fan - (float) floori(fan + 0.5f)) * 26.0f);
      float there = stepf(0, 0.06f, u) * stepf(0.24f, 0.10f, u) * stepf(3.0f, 1.8f, fabsf(fan));
      *dark += there * b * 0.28f * old * (0.5f + 0.5f * stepf(0, 0.8f, sc->p->smile));
    }
  }
  return slope;
}

void ssg_skin_shade(const SsgScene *sc, float x, float y, int px, SsgSurface *out)
{
  skin_color(sc, x, y, out);
  /* A flattened ball: the face's front is nearly a plane that turns away quickly at its sides. */
  float u = clampf(x / (1.02f * sc->p->face_width), -1, 1), v = clampf((y + 0.02f) / 1.45f, -1, 1);
  float nx = 0.40f * u + 0.62f * u * u * u, ny = 0.30f * v + 0.55f * v * v * v;
  nx += 0.35f * sc->sy;
  ny -= 0.35f * sc->sp;
  float nz = sqrtf(fmaxf(0.06f, 1.0f - nx * nx - ny * ny));
  float hollow = 0.0f;
  for (int i = 0; i < sc->n_bumps; i++) {
    const SsgBump *b = &sc->bump[i];
    float dx = x - b->x, dy = y - b->y, p = dx * b->c - dy * b->s, q = dx * b->s + dy * b->c;
    float d2 = p * p * b->ix + q * q * b->iy;
    if (d2 >= 9.0f)
      continue;
    float h = b->height * bellf(d2);
    float gx = 2.0f * h * p * b->ix, gy = 2.0f * h * q * b->iy; /* minus the height's slope */
    nx += gx * b->c + gy * b->s;
    ny += gy * b->c - gx * b->s;
    if (h < 0.0f)
      hollow -= h;
  }
  float dark;
  ny += 0.25f * wrinkles(sc, x, y, &dark);
  out->nx = nx;
  out->ny = ny;
  out->nz = nz;
  out->skin = 1.0f;
  out->shade =
      (1.0f - clampf(hollow * 2.6f, 0, 0.35f)) * (1.0f - dark) * (1.0f - (float) sc->shadow[px] * (0.8f / 255.0f));
  /* Where skin shines: forehead, ridge and tip of the nose, cheekbones; less with age. */
  float mx = x - middle(sc, y);
  out->gloss =
      (0.055f + 0.085f * bellf(mx * mx * 9.0f)) * (1.0f - 0.4f * stepf(40, 80, sc->p->age)) + 0.045f * sc->p->skin_tone;
  out->sharp = 0.12f;
}

static void shade_face(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  ssg_skin_shade(sc, x, y, px, out);
  const SsgPortrait *p = sc->p;
  float beard, stubble;
  if (p->beard <= 0.0f && p->moustache <= 0.0f && p->stubble <= 0.0f && p->hair_cut != SSG_HAIR_BUZZ)
    return;
  facial_hair(sc, x, y, &beard, &stubble);
  SsgColor hair = color_mix(color_of(p->hair), (SsgColor){0.25f, 0.17f, 0.13f}, 0.25f * (1.0f - p->grey));
  if (stubble > 0.0f) {
    float grain = noise2(x * 60.0f, y * 60.0f, sc->salt + 31u);
    SsgColor blue = color_mix(color_mul(out->albedo, (SsgColor){0.66f, 0.70f, 0.74f}), hair, 0.25f);
    out->albedo = color_mix(out->albedo, blue, stubble * (0.45f + 0.4f * grain));
    out->gloss *= 1.0f - 0.6f * stubble;
  }
  if (beard > 0.0f) {
    float mx = x - middle(sc, y), down = y - sc->mouth.y;
    float across = mx * (1.0f - 0.35f * clampf(down, 0, 1)) + 0.03f * sinef(y * 9.0f + mx * 4.0f);
    float curl = 0.014f * sinef(y * 15.0f + mx * 9.0f + 5.0f * noise2(mx * 3.0f, y * 3.0f, sc->salt + 43u));
    float lock = noise2((across + curl) * 11.0f, y * 2.2f, sc->salt + 41u);
    float strand = noise2((across + curl) * 44.0f, y * 6.0f, sc->salt + 42u);
    float edge = stepf(0.18f, 0.62f, beard + 0.35f * (strand - 0.5f) + 0.25f * (lock - 0.5f));
    SsgColor c = color_scale(hair, 0.66f + 0.42f * lock + 0.30f * strand);
    out->albedo = color_mix(out->albedo, c, edge);
    out->nx += edge * 1.1f * (lock - 0.5f);
    out->shade *= 1.0f - 0.25f * edge * (1.0f - lock);
    out->gloss = mixf(out->gloss, 0.10f * strand, edge);
    out->skin = mixf(1.0f, 0.3f, edge);
  }
}

/* grow: head units outwards; beard: how far hair hangs below the chin. */
void ssg_face_contour(const SsgScene *sc, cairo_t *cr, float grow, float beard)
{
  const SsgPortrait *p = sc->p;
  float fw = p->face_width, fl = p->face_length, jw = p->jaw_width, cw = p->chin_width, cb = p->cheekbones;
  const float half[8][3] = {{0.46f, -1.33f, -0.05f},
                            {0.82f, -1.00f, -0.05f},
                            {0.975f, -0.48f, 0.02f},
                            {0.965f * cb, 0.10f, 0.08f},
                            {mixf(0.955f * cb, jw, 0.45f), 0.55f, 0.12f},
                            {jw * 0.985f, 0.90f * fl, 0.22f},
                            {mixf(jw, cw, 0.50f) + 0.03f, 1.17f * fl, 0.46f},
                            {cw, 1.355f * fl, 0.66f}};
  SsgPoint ring[18]; /* crown, the picture's right side down, chin, the left side up */
  ring[0] = ssg_scene_at(sc, 0, -1.44f - grow, -0.05f);
  ring[9] = ssg_scene_at(sc, 0, 1.425f * fl + grow + beard * 1.15f, 0.68f);
  for (int i = 0; i < 16; i++) {
    const float *h = half[i < 8 ? i : 15 - i];
    float s = i < 8 ? 1.0f : -1.0f, x = h[0] * fw, y = h[1], z = h[2];
    float low = stepf(0.2f, 1.3f, y), l = sqrtf(x * x + y * y) + 1e-6f;
    x += grow * x / l + beard * 0.22f * low;
    y += grow * y / l + beard * low * low;
    /* On the far side the contour lies nearer to the viewer. */
    z += 0.45f * clampf(sc->sy * s, -0.4f, 0.4f) * (1.0f - low);
    ring[i < 8 ? i + 1 : i + 2] = ssg_scene_at(sc, s * x, y, z);
  }
  ssg_path_smooth(cr, ring, 18, true, false);
}

void ssg_draw_face(SsgScene *sc)
{
  SsgMask *m = &sc->mask[2];
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
  ssg_face_contour(sc, cr, 0.0f, sc->beard_drop);
  ssg_mask_fill(m);
  ssg_scene_paint(sc, SSG_PORTRAIT_FACE, m, NULL, shade_face, NULL, SSG_PAINT_PART);
}

/* Neck: a cylinder; the chin shadows it. */
static void shade_neck(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const float *center = data; /* x, half width, y of the chin's shadow */
  skin_color(sc, x, y, out);
  float u = clampf((x - center[0]) / center[1], -1, 1);
  out->nx = 0.85f * u;
  out->ny = 0.08f;
  out->nz = sqrtf(1.0f - 0.72f * u * u);
  float dx = x - sc->chin.x + sc->lx * 0.25f, below = y - center[2] + 0.22f * dx * dx;
  float shadow = stepf(0.42f, 0.02f, below);
  /* The two cords that run from behind the ears to the pit of the throat. */
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, line = s * (0.42f - 0.30f * stepf(1.5f, 2.3f, y)) * center[1] * 1.7f;
    float d = (x - center[0] - line) * 9.0f;
    out->nx += -0.22f * d * bellf(d * d) * stepf(1.45f, 1.9f, y);
  }
  out->shade = (1.0f - 0.80f * shadow) * (1.0f - (float) sc->shadow[px] * (0.5f / 255.0f));
  out->skin = 1.0f;
  out->gloss = 0.05f;
}

void ssg_draw_neck(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  float w = p->neck_width, cx = 0.30f * sc->sy, fl = p->face_length;
  SsgPoint chin = ssg_scene_at(sc, 0, 1.40f * fl, 0.62f);
  const float up = SSG_BODY_LIFT;
  float data[3] = {cx, w, chin.y + sc->beard_drop + up};
  SsgMask *m = &sc->mask[0];
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_BODY);
  SsgPoint left[5] = {{cx * 1.2f - w * 0.98f, 0.7f + up},
                      {cx - w * 0.95f, 1.26f + up},
                      {cx * 0.6f - w * 1.00f, 1.70f},
                      {-w * 1.20f, 1.89f},
                      {-w * 1.40f, 2.16f}};
  SsgPoint right[5] = {{w * 1.40f, 2.16f},
                       {w * 1.20f, 1.89f},
                       {cx * 0.6f + w * 1.00f, 1.70f},
                       {cx + w * 0.95f, 1.26f + up},
                       {cx * 1.2f + w * 0.98f, 0.7f + up}};
  ssg_path_smooth(cr, left, 5, false, false);
  cairo_line_to(cr, -w * 1.2, 3.2);
  cairo_line_to(cr, w * 1.2, 3.2);
  ssg_path_smooth(cr, right, 5, false, true);
  cairo_close_path(cr);
  ssg_mask_fill(m);
  ssg_scene_paint(sc, SSG_PORTRAIT_NECK, m, NULL, shade_neck, data, SSG_PAINT_PART);
}

/* Ears: a rim (helix) around a hollow. data: x, y, side, turn. */
static void shade_ear(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const float *e = data;
  float u = (x - e[0]) * e[2] / (0.17f * e[3]), v = (y - e[1]) / (0.33f * e[3]);
  skin_color(sc, x, y, out);
  out->albedo = color_mul(out->albedo, (SsgColor){1.0f, 0.90f, 0.88f});
  float qu = u + 0.12f, qv = v + 0.12f, d = sqrtf(qu * qu * 1.1f + qv * qv);
  float bowl = stepf(0.66f, 0.36f, d);
  float ridge = bellf((d - 0.78f) * (d - 0.78f) * 30.0f);
  out->nx = e[2] * (0.45f + 0.5f * u * ridge) - 0.4f * e[2] * bowl;
  out->ny = 0.3f * v;
  out->nz = 0.8f;
  out->shade = (1.0f - 0.55f * bowl) * (0.72f + 0.28f * ridge) * (1.0f - (float) sc->shadow[px] * (0.7f / 255.0f));
  out->skin = 1.0f;
  out->gloss = 0.10f * ridge;
}

void ssg_draw_ears(SsgScene *sc)
{
  SsgMask *m = &sc->mask[0];
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, k = sc->p->ear_size, turn = 1.0f - 0.9f * sc->sy * s;
    SsgPoint c = sc->ear[i];
    float w = 0.22f * k * clampf(turn, 0.55f, 1.4f), h = 0.33f * k;
    float data[4] = {c.x + s * 0.06f, c.y, s, k};
    SsgPoint q[8] = {{c.x - s * 0.10f, c.y - h * 0.70f},     {c.x + s * w * 0.55f, c.y - h * 1.0f},
                     {c.x + s * w * 1.0f, c.y - h * 0.62f},  {c.x + s * w * 0.92f, c.y},
                     {c.x + s * w * 0.62f, c.y + h * 0.50f}, {c.x + s * w * 0.42f, c.y + h * 0.92f},
                     {c.x + s * w * 0.10f, c.y + h * 0.98f}, {c.x - s * 0.12f, c.y + h * 0.55f}};
    cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    ssg_path_smooth(cr, q, 8, true, false);
    ssg_mask_fill(m);
    ssg_scene_paint(sc, SSG_PORTRAIT_EAR, m, NULL, shade_ear, data, SSG_PAINT_PART);
  }
}

/* Nose: the skin's own shading (its bumps are the nose), and the shadow below it. */
static void shade_nose(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  ssg_skin_shade(sc, x, y, px, out);
  SsgPoint t = sc->nose_tip, b = sc->nose_base;
  float under = stepf(mixf(t.y, b.y, 0.25f), b.y + 0.03f, y);
  out->shade *= 1.0f - 0.38f * under;
  /* Crease around the wings. */
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, qx = (x - sc->nose_wing[i].x) * s, qy = y - sc->nose_wing[i].y;
    out->shade *= 1.0f - 0.28f * stepf(0.0f, 0.10f, qx) * bellf(qy * qy * 60.0f);
  }
}

static void shade_nostril(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  out->albedo = color_mul(color_of(sc->p->skin), (SsgColor){0.34f, 0.20f, 0.18f});
  out->shade = 0.5f;
  out->alpha = 0.85f;
  out->skin = 1.0f;
}

static void shade_cast(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const float *d = data; /* x, y, rx, ry, strength */
  ssg_skin_shade(sc, x, y, px, out);
  float u = (x - d[0]) / d[2], v = (y - d[1]) / d[3];
  out->shade *= 0.25f;
  out->gloss = 0.0f;
  out->alpha = d[4] * bellf((u * u + v * v) * 1.6f);
}

void ssg_draw_nose(SsgScene *sc)
{
  SsgMask *m = &sc->mask[0], *detail = &sc->mask[1];
  SsgPoint a = sc->nose_top, t = sc->nose_tip, b = sc->nose_base, l = sc->nose_wing[0], r = sc->nose_wing[1];
  /* The shadow that the nose casts, away from the light. */
  float cast[5] = {b.x - sc->lx * 0.20f, b.y + 0.03f - sc->ly * 0.05f, 0.30f, 0.13f, 0.42f * sc->p->light_contrast};
  if (sc->p->beard <= 0.0f && sc->p->moustache <= 0.0f && sc->p->stubble <= 0.0f) {
    cairo_t *cs = ssg_mask_begin(detail, sc, SSG_SPACE_HEAD);
    ssg_path_ellipse(cs, cast[0], cast[1], 0.5f, 0.24f, 0);
    ssg_mask_fill(detail);
    ssg_scene_paint(sc, SSG_PORTRAIT_FACE, detail, &sc->mask[2], shade_cast, cast, SSG_PAINT_DETAIL);
  }
  float w = 0.075f;
  SsgPoint q[11] = {{a.x - 0.06f, a.y + 0.02f},
                    {mixf(a.x, t.x, 0.5f) - w, mixf(a.y, t.y, 0.45f)},
                    {mixf(l.x, t.x, 0.28f), mixf(t.y, l.y, 0.05f)},
                    {l.x - 0.035f, l.y - 0.01f},
                    {l.x + 0.02f, l.y + 0.085f},
                    {b.x, b.y + 0.035f},
                    {r.x - 0.02f, r.y + 0.085f},
                    {r.x + 0.035f, r.y - 0.01f},
                    {mixf(r.x, t.x, 0.28f), mixf(t.y, r.y, 0.05f)},
                    {mixf(a.x, t.x, 0.5f) + w, mixf(a.y, t.y, 0.45f)},
                    {a.x + 0.06f, a.y + 0.02f}};
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
  ssg_path_smooth(cr, q, 11, true, false);
  ssg_mask_fill(m);
  ssg_scene_paint(sc, SSG_PORTRAIT_NOSE, m, &sc->mask[2], shade_nose, NULL, SSG_PAINT_NO_LINE);
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, x = mixf(b.x, i ? r.x : l.x, 0.52f), y = mixf(b.y, i ? r.y : l.y, 0.25f) + 0.015f;
    cr = ssg_mask_begin(detail, sc, SSG_SPACE_HEAD);
    ssg_path_ellipse(cr, x, y, 0.058f * sc->p->nose_width, 0.028f + 0.03f * sc->sp, s * -0.25f);
    ssg_mask_fill(detail);
    ssg_scene_paint(sc, SSG_PORTRAIT_NOSE, detail, m, shade_nostril, NULL, SSG_PAINT_DETAIL);
  }
}
