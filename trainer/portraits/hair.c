/* Hair on the skull and before the face: caps, curtains, fringes, braids. */
#include "hair.h"

/* The hairline on the forehead, from the left temple to the right one. */
static void hairline(const SsgScene *sc, SsgPoint q[7])
{
  const SsgPortrait *p = sc->p;
  float fw = p->face_width, rec = p->hairline, part = p->hair_part, mid = -0.96f - 0.5f * rec;
  if (p->hair_cut == SSG_HAIR_BUZZ)
    mid += 0.02f;
  float sweep = p->hair_cut == SSG_HAIR_SIDE_PART                              ? 0.20f
                : p->hair_cut == SSG_HAIR_SHORT || ssg_hair_falls(p->hair_cut) ? 0.10f
                                                                               : 0.0f;
  const float x[7] = {-0.86f, -0.72f, -0.42f, 0.0f, 0.42f, 0.72f, 0.86f};
  const float y[7] = {-0.26f, -0.62f, -0.90f, 0.0f, -0.90f, -0.62f, -0.26f};
  const float z[7] = {0.40f, 0.50f, 0.62f, 0.66f, 0.62f, 0.50f, 0.40f};
  for (int i = 0; i < 7; i++) {
    float yy = i == 3 ? mid : y[i];
    if (i == 2 || i == 4)
      yy -= 0.9f * rec;                   /* the corners go first */
    float away = part > 0 ? -x[i] : x[i]; /* hair swept from the part lies lower on the other side */
    yy += sweep * stepf(-0.1f, 0.7f, away) * (i == 0 || i == 6 ? 0.3f : 1.0f);
    q[i] = ssg_scene_at(sc, x[i] * fw, yy, z[i]);
  }
}

static void fringe_path(const SsgScene *sc, cairo_t *cr)
{
  const SsgPortrait *p = sc->p;
  float f = p->fringe, fw = p->face_width, low = mixf(-0.70f, -0.30f, f), skew = p->hair_part * 0.16f;
  SsgPoint a = ssg_scene_at(sc, -0.90f * fw, low + 0.10f + skew, 0.42f),
           b = ssg_scene_at(sc, 0.90f * fw, low + 0.10f - skew, 0.42f);
  SsgPoint top[3] = {ssg_scene_at(sc, 0.92f * fw, -0.75f, 0.25f), ssg_scene_at(sc, 0, -1.42f, 0.1f),
                     ssg_scene_at(sc, -0.92f * fw, -0.75f, 0.25f)};
  SsgPoint mid = ssg_scene_at(sc, 0, low - 0.06f, 0.80f);
  cairo_move_to(cr, a.x, a.y);
  ssg_path_hem(cr, a, mid, 4, 0.10f, sc->salt + 410u);
  ssg_path_hem(cr, mid, b, 4, 0.10f, sc->salt + 420u);
  ssg_path_smooth(cr, top, 3, false, true);
  cairo_close_path(cr);
}

/* Hair that covers the skull, with its curtains where it falls. */
static void draw_cap(const SsgScene *sc, SsgMask *m, cairo_t *cr)
{
  const SsgPortrait *p = sc->p;
  SsgHairCut cut = p->hair_cut;
  float fw = p->face_width, vt = ssg_hair_rise(p), vs = ssg_hair_side(p), shift = -0.08f * sc->sy;
  SsgPoint line[7];
  hairline(sc, line);
  bool curtain = ssg_hair_falls(cut) && !p->hair_tucked;
  float wave = 0.06f * p->hair_wave, l = p->hair_length;
  float lean = cut == SSG_HAIR_QUIFF       ? 0.18f * (p->hair_part > 0 ? 1.0f : -1.0f)
               : cut == SSG_HAIR_SIDE_PART ? -0.12f * p->hair_part
                                           : 0.0f;
  SsgPoint outer[7] = {{shift - 1.005f * fw - vs * 0.45f, -0.08f},
                       {shift - 1.00f * fw - vs, -0.42f},
                       {shift - 0.80f * fw - vs * 0.8f + lean * 0.3f, -1.02f - vt * 0.55f},
                       {shift + lean, -1.44f - vt},
                       {shift + 0.80f * fw + vs * 0.8f + lean * 0.3f, -1.02f - vt * 0.55f},
                       {shift + 1.00f * fw + vs, -0.42f},
                       {shift + 1.005f * fw + vs * 0.45f, -0.08f}};
  for (int i = 0; i < 7; i++) /* the skull tilts with the head */
    outer[i].y = outer[i].y * sc->cp + 0.12f * sc->sp;
  float burn = cut == SSG_HAIR_BUZZ ? 0.10f : 0.26f;
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, far = clampf(-sc->sy * s, -0.45f, 0.45f);
    outer[i ? 6 : 0].x -= s * 0.02f * far;
  }
  if (curtain) {
    float in_l = line[0].x, in_r = line[6].x, w = 1.03f * fw + vs;
    float bottom = cut == SSG_HAIR_BOB ? l : cut == SSG_HAIR_LONG ? l + 0.1f : fminf(l, 1.5f);
    float flare = cut == SSG_HAIR_BOB ? -0.03f : 0.05f;
    SsgPoint left[3] = {{shift - w - flare, bottom - 0.06f},
                        {shift - w - 0.03f - wave, mixf(0.1f, bottom, 0.62f)},
                        {shift - w - 0.02f + wave, mixf(0.1f, bottom, 0.25f)}};
    cairo_move_to(cr, left[0].x, left[0].y);
    SsgPoint all[11] = {left[0],
                        left[1],
                        left[2],
                        outer[1],
                        outer[2],
                        outer[3],
                        outer[4],
                        outer[5],
                        {2 * shift - left[2].x, left[2].y},
                        {2 * shift - left[1].x, left[1].y},
                        {2 * shift - left[0].x, left[0].y}};
    ssg_path_smooth(cr, all, 11, false, false);
    float inner = cut == SSG_HAIR_BOB ? 0.20f : 0.34f;
    SsgPoint hem_r = {all[10].x - inner, bottom}, hem_l = {all[0].x + inner, bottom};
    ssg_path_hem(cr, all[10], hem_r, 2, cut == SSG_HAIR_BOB ? 0.05f : 0.12f, sc->salt + 430u);
    SsgPoint right[4] = {hem_r,
                         {mixf(in_r, hem_r.x, 0.70f) - 0.02f + wave, mixf(0.2f, bottom, 0.55f)},
                         {in_r - 0.005f, 0.35f},
                         {in_r - 0.012f, 0.0f}};
    ssg_path_smooth(cr, right, 4, false, true);
    SsgPoint back[7];
    for (int i = 0; i < 7; i++)
      back[i] = line[6 - i];
    ssg_path_smooth(cr, back, 7, false, true);
    SsgPoint down[4] = {{in_l + 0.012f, 0.0f},
                        {in_l + 0.005f, 0.35f},
                        {mixf(in_l, hem_l.x, 0.70f) + 0.02f - wave, mixf(0.2f, bottom, 0.55f)},
                        hem_l};
    ssg_path_smooth(cr, down, 4, false, true);
    ssg_path_hem(cr, hem_l, all[0], 2, cut == SSG_HAIR_BOB ? 0.05f : 0.12f, sc->salt + 440u);
    cairo_close_path(cr);
  } else {
    ssg_path_smooth(cr, outer, 7, false, false);
    /* Sideburns taper in front of the ears. */
    SsgPoint tip[2], inner[2], back[7];
    for (int i = 0; i < 2; i++) {
      float s = i ? fw : -fw;
      tip[i] = ssg_scene_at(sc, s * 0.965f, burn, 0.08f);
      inner[i] = ssg_scene_at(sc, s * 0.925f, -0.04f, 0.27f);
    }
    for (int i = 0; i < 7; i++)
      back[i] = line[6 - i];
    cairo_curve_to(cr, outer[6].x, outer[6].y + 0.12f, tip[1].x + 0.02f, tip[1].y - 0.05f, tip[1].x, tip[1].y);
    cairo_curve_to(cr, tip[1].x - 0.03f, tip[1].y - 0.02f, inner[1].x, inner[1].y + 0.10f, inner[1].x, inner[1].y);
    ssg_path_smooth(cr, back, 7, false, true);
    cairo_line_to(cr, inner[0].x, inner[0].y);
    cairo_curve_to(cr, inner[0].x, inner[0].y + 0.10f, tip[0].x + 0.03f, tip[0].y - 0.02f, tip[0].x, tip[0].y);
    cairo_curve_to(cr, tip[0].x - 0.02f, tip[0].y - 0.05f, outer[0].x, outer[0].y + 0.12f, outer[0].x, outer[0].y);
    cairo_close_path(cr);
  }
  ssg_mask_fill(m);
  if (cut == SSG_HAIR_QUIFF || cut == SSG_HAIR_SHORT) { /* a tousled top */
    int n = cut == SSG_HAIR_QUIFF ? 6 : 5;
    for (int i = 0; i < n && p->hat == SSG_HAT_NONE; i++) {
      float t = ((float) i + 0.5f) / (float) n, x = mixf(-0.78f, 0.78f, t) * fw;
      uint32_t h = hash32(sc->salt + 450u + (uint32_t) i);
      float up = (0.10f + 0.12f * unitf(h)) * (cut == SSG_HAIR_QUIFF ? 1.4f : 0.6f),
            tip = 0.22f * (unitf(hash32(h)) - 0.5f) + lean;
      float y = mixf(-1.02f, -1.40f - vt, 1.0f - x * x / (0.62f * fw * fw)) + 0.08f;
      SsgPoint a = {shift + x * 0.86f + lean * 0.6f, y + 0.10f},
               b = {shift + x + lean * 0.8f + tip * 0.5f, y - up * 0.3f}, c = {shift + x + lean + tip, y - up};
      ssg_path_taper(cr, a, b, c, 0.17f, 0.15f, 0.005f);
    }
    ssg_mask_fill(m);
  }
  if (cut == SSG_HAIR_CURLY || cut == SSG_HAIR_AFRO) {
    float r = cut == SSG_HAIR_AFRO ? 0.11f : 0.15f;
    ssg_path_curls(cr, outer, 7, r, sc->salt + 460u);
    ssg_path_curls(cr, line + 1, 5, r * 0.75f, sc->salt + 470u);
    if (cut == SSG_HAIR_AFRO) {
      SsgPoint fill[3] = {{line[1].x, -1.0f}, {0, -1.25f}, {line[5].x, -1.0f}};
      ssg_path_curls(cr, fill, 3, 0.2f, sc->salt + 480u);
    }
    ssg_mask_fill(m);
  }
}

static void build_front(const SsgScene *sc, SsgMask *m)
{
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
  draw_cap(sc, m, cr);
  if (sc->p->fringe > 0.0f && sc->p->hair_cut != SSG_HAIR_BUZZ && sc->p->hair_cut != SSG_HAIR_AFRO) {
    fringe_path(sc, cr);
    ssg_mask_fill(m);
  }
}

bool ssg_hair_front_mask(const SsgScene *sc, SsgMask *m)
{
  if (sc->p->hair_cut == SSG_HAIR_BALD || sc->p->hair_cut == SSG_HAIR_BUZZ)
    return false;
  build_front(sc, m);
  return true;
}

static void shade_buzz(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const SsgStrands *h = data;
  ssg_hair_shade(sc, h, x, y, px, out);
  float grain = noise2(x * 55.0f, y * 55.0f, h->salt + 8u);
  SsgColor c = color_mix(color_of(sc->p->hair), color_of(sc->p->skin), 0.30f);
  out->albedo = color_scale(c, 0.80f + 0.35f * grain);
  out->gloss = 0.05f;
}

static void shade_lock(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const SsgStrands *h = data;
  ssg_hair_shade(sc, h, x, y, px, out);
  out->albedo = color_scale(out->albedo, h->deep > 0 ? 0.62f : 1.22f);
  out->shade = 1.0f;
  out->alpha = 0.55f;
}

/* Brushed locks that follow the strands, lighter and darker, within the hair. */
static void brush_locks(SsgScene *sc, const SsgStrands *s, const SsgMask *clip, int n)
{
  SsgMask *m = &sc->mask[1];
  for (int i = 0; i < n; i++) {
    uint32_t h = hash32(s->salt + 900u + (uint32_t) i * 11u);
    float a = (unitf(h) - 0.5f) * 2.0f * 1.75f, r0 = 0.15f + 0.5f * unitf(hash32(h + 1u)),
          len = 0.5f + 0.9f * unitf(hash32(h + 2u));
    SsgPoint q[3], at = {s->source.x + r0 * sinef(a), s->source.y + r0 * cosinef(a)};
    for (int k = 0; k < 3; k++) {
      q[k] = at;
      for (int step = 0; step < 4; step++) { /* along the stream */
        float dx = at.x - s->source.x, dy = at.y - s->source.y, r2 = dx * dx + dy * dy + 1e-4f;
        float vx = 0.85f * dx / r2, vy = 0.85f * dy / r2 + s->stream, l = sqrtf(vx * vx + vy * vy);
        at.x += vx / l * len * 0.125f;
        at.y += vy / l * len * 0.125f;
      }
    }
    SsgPoint mid = {2 * q[1].x - 0.5f * (q[0].x + q[2].x), 2 * q[1].y - 0.5f * (q[0].y + q[2].y)};
    cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
    float w = 0.012f + 0.026f * unitf(hash32(h + 3u));
    ssg_path_taper(cr, q[0], mid, q[2], w * 0.2f, w, 0.002f);
    ssg_mask_fill(m);
    SsgStrands tone = *s;
    tone.deep = i % 3 == 0 ? 0.0f : 0.5f;
    ssg_scene_paint(sc, SSG_PORTRAIT_HAIR, m, clip, shade_lock, &tone, SSG_PAINT_DETAIL);
  }
}

static void draw_braids(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  SsgMask *m = &sc->mask[1];
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, shift = -0.08f * sc->sy, w = 0.17f + 0.05f * p->hair_volume;
    float y = 0.55f, x = shift + s * (1.0f * p->face_width + 0.02f);
    for (int k = 0; y < p->hair_length && k < 12; k++) {
      float t = (float) k / 8.0f, r = w * (1.0f - 0.35f * t);
      cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
      float lean = k & 1 ? 0.5f : -0.5f;
      ssg_path_ellipse(cr, x + lean * 0.05f, y, r * 0.86f, r * 1.12f, lean);
      ssg_mask_fill(m);
      SsgStrands h = ssg_hair_strands(sc);
      h.source = (SsgPoint){x - lean * r * 2.2f, y - r * 2.2f};
      h.cx = x + lean * 0.05f;
      h.cy = y;
      h.rx = r;
      h.ry = r * 1.1f;
      h.salt += (uint32_t) (k * 3 + i * 50);
      h.stream = 4.0f;
      h.sheen = 0.35f;
      ssg_scene_paint(sc, SSG_PORTRAIT_HAIR, m, NULL, ssg_hair_shade, &h, SSG_PAINT_PART);
      y += r * 1.25f;
      x += s * 0.012f + 0.01f * sinef((float) k);
    }
  }
}

void ssg_draw_hair(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  if (p->hair_cut == SSG_HAIR_BALD)
    return;
  SsgMask *m = &sc->mask[2];
  if (p->hair_cut == SSG_HAIR_BRAIDS)
    draw_braids(sc);
  build_front(sc, m);
  SsgStrands s = ssg_hair_strands(sc);
  if (p->hair_cut == SSG_HAIR_BUZZ) {
    ssg_scene_paint(sc, SSG_PORTRAIT_HAIR, m, NULL, shade_buzz, &s, SSG_PAINT_PART);
    return;
  }
  if (p->hair_cut == SSG_HAIR_AFRO)
    s.curl = 1.0f;
  if (p->hair_cut == SSG_HAIR_CURLY)
    s.curl = 0.8f;
  if (p->hair_cut == SSG_HAIR_BUN || p->hair_cut == SSG_HAIR_PONYTAIL) {
    s.stream = 0.15f;
    s.sheen = 1.2f;
  }
  ssg_scene_paint(sc, SSG_PORTRAIT_HAIR, m, NULL, ssg_hair_shade, &s, SSG_PAINT_PART);
  if (s.curl < 0.5f)
    brush_locks(sc, &s, m, 36);
}
