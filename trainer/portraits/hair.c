/* Hair: what hangs behind the head, what covers the skull, what falls before it. */
#include "scene.h"

/* How strands run: out of a source at the crown and then down, the streamlines of a source in a uniform stream. */
typedef struct {
  SsgPoint source;
  float cx, cy, rx, ry; /* the ball that gives the mass its roundness */
  float deep;           /* 0 in front .. 1 at the back, in the shade */
  float wave;
  float curl;   /* 0 strands .. 1 curls */
  float sheen;  /* strength of the shine */
  float stream; /* how soon strands turn downwards */
  uint32_t salt;
} Strands;

static void shade_hair(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Strands *h = data;
  float dx = x - h->source.x, dy = y - h->source.y, r = sqrtf(dx * dx + dy * dy + 1e-6f);
  float bend =
      h->wave * 0.075f * stepf(0.5f, 1.4f, r) * sinef(r * 7.5f + 3.0f * noise1(anglef(dx, dy) * 3.0f, h->salt + 1u));
  float flow = anglef(dx, dy) * 0.85f + (dx + bend) * h->stream;
  flow += bend * 0.6f;
  float lock = noise2(flow * 6.5f, r * 0.9f, h->salt + 2u), strand = noise2(flow * 19.0f, r * 1.4f, h->salt + 3u);
  float fine = noise2(flow * 47.0f, r * 2.2f, h->salt + 4u);
  if (h->curl > 0.0f) {
    float s = 7.5f + 5.0f * (1.0f - h->curl);
    float wx = x + 0.05f * sinef(y * 13.0f + 4.0f * lock), wy = y + 0.05f * sinef(x * 12.0f + 4.0f * strand);
    float c1 = noise2(wx * s, wy * s, h->salt + 5u), c2 = noise2(wx * s * 2.3f, wy * s * 2.3f, h->salt + 6u);
    lock = mixf(lock, c1, h->curl);
    strand = mixf(strand, c2, h->curl);
  }
  float tone = 0.60f + 0.34f * lock + 0.26f * strand + 0.14f * fine;
  SsgColor c = color_of(sc->p->hair);
  SsgColor warm = color_mix(c, color_mul(c, (SsgColor){1.25f, 1.05f, 0.85f}), 0.6f * lock);
  out->albedo = color_scale(color_mix(warm, (SsgColor){0.5f, 0.42f, 0.36f}, 0.05f), tone);
  float u = clampf((x - h->cx) / h->rx, -1, 1), v = clampf((y - h->cy) / h->ry, -1, 1);
  float across = dy / r;
  out->nx = 0.80f * u + 0.75f * (lock - 0.5f) * across + 0.45f * (strand - 0.5f) * across;
  out->ny = 0.70f * v - 0.55f * (lock - 0.5f) * dx / r;
  out->nz = sqrtf(fmaxf(0.12f, 1.0f - 0.62f * u * u - 0.45f * v * v));
  /* The band of shine lies across the strands, broken up by locks. */
  float ring = r - 0.86f - 0.22f * (lock - 0.5f) - 0.16f * (strand - 0.5f);
  float second = r - 1.80f - 0.30f * (lock - 0.5f);
  float band = bellf(ring * ring * 30.0f) + 0.55f * bellf(second * second * 22.0f);
  out->gloss = 0.0f;
  float side = clampf(0.55f + 0.6f * u * sc->lx, 0, 1);
  float shine = h->sheen * band * (0.35f + 0.65f * strand) * side * (1.0f - 0.7f * h->curl);
  float y0 = color_luma(out->albedo);
  SsgColor gleam = color_mix(color_scale(out->albedo, 1.5f), (SsgColor){0.95f, 0.93f, 0.92f}, 0.45f - 0.25f * y0);
  out->albedo = color_mix(out->albedo, gleam, clampf(0.60f * shine, 0, 0.65f));
  out->shade = (1.0f - 0.55f * h->deep) * (0.78f + 0.22f * lock);
}

static Strands strands(const SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  /* Above the skull, so that strands are apart already where they come into sight. */
  bool up = p->hair_cut == SSG_HAIR_BUN || p->hair_cut == SSG_HAIR_PONYTAIL;
  SsgPoint crown = ssg_scene_at(sc, 0.42f * p->hair_part, (up ? -1.50f : -1.72f) - 0.12f * p->hair_volume, 0.05f);
  return (Strands){.source = crown,
                   .cx = 0,
                   .cy = 0.05f,
                   .rx = 1.25f + 0.2f * p->hair_volume,
                   .ry = 1.75f,
                   .wave = p->hair_wave,
                   .sheen = 1.0f,
                   .stream = 1.0f,
                   .salt = sc->salt + 200u};
}

static float rise(const SsgPortrait *p)
{
  float v = 0.06f + 0.12f * p->hair_volume;
  switch (p->hair_cut) {
  case SSG_HAIR_QUIFF:
    v += 0.16f;
    break;
  case SSG_HAIR_BUN:
  case SSG_HAIR_PONYTAIL:
  case SSG_HAIR_BRAIDS:
    v = 0.05f + 0.05f * p->hair_volume;
    break;
  case SSG_HAIR_BUZZ:
    v = 0.032f;
    break;
  case SSG_HAIR_CURLY:
    v += 0.06f;
    break;
  case SSG_HAIR_AFRO:
    v = 0.30f + 0.22f * p->hair_volume;
    break;
  default:
    break;
  }
  return p->hat != SSG_HAT_NONE ? fminf(v, 0.05f) : v;
}

static bool falls(SsgHairCut c)
{
  return c == SSG_HAIR_BOB || c == SSG_HAIR_LONG || c == SSG_HAIR_CURLY;
}

static float side_width(const SsgPortrait *p)
{
  float v = 0.05f + 0.10f * p->hair_volume;
  if (falls(p->hair_cut))
    v += 0.05f;
  if (p->hair_cut == SSG_HAIR_CURLY)
    v += 0.10f;
  if (p->hair_cut == SSG_HAIR_AFRO)
    v = p->hat != SSG_HAT_NONE ? 0.22f : 0.32f + 0.2f * p->hair_volume;
  if (p->hair_cut == SSG_HAIR_BUZZ)
    v = 0.025f;
  if (p->hat != SSG_HAT_NONE && v < 0.2f) /* hats are that wide */
    v = fminf(v, p->hair_cut == SSG_HAIR_CURLY ? 0.14f : 0.07f);
  return v;
}

/* Uneven rim of curls: circles along a line of points. */
static void curls(cairo_t *cr, const SsgPoint *q, int n, float radius, uint32_t salt)
{
  for (int i = 0; i + 1 < n; i++) {
    float dx = q[i + 1].x - q[i].x, dy = q[i + 1].y - q[i].y, l = sqrtf(dx * dx + dy * dy);
    int steps = 1 + (int) (l / (radius * 0.95f));
    for (int k = 0; k < steps; k++) {
      uint32_t h = hash32(salt + (uint32_t) (i * 97 + k * 13));
      float t = ((float) k + 0.5f * unitf(h)) / (float) steps, r = radius * (0.72f + 0.5f * unitf(hash32(h + 1u)));
      ssg_path_ellipse(cr, q[i].x + dx * t + 0.3f * radius * (unitf(hash32(h + 2u)) - 0.5f), q[i].y + dy * t, r,
                       r * 0.9f, 0);
    }
  }
}

/* A hem of hair from a to b (right to left or left to right), in pointed locks. */
static void hem(cairo_t *cr, SsgPoint a, SsgPoint b, int n, float depth, uint32_t salt)
{
  float t0 = 0.0f;
  for (int i = 0; i < n; i++) {
    uint32_t h = hash32(salt + (uint32_t) i);
    float t1 = i == n - 1 ? 1.0f : ((float) i + 1.0f + 0.7f * (unitf(h) - 0.5f)) / (float) n;
    float tm = mixf(t0, t1, 0.25f + 0.5f * unitf(hash32(h + 1u)));
    float d = depth * (0.5f + unitf(hash32(salt + 50u + (uint32_t) i)));
    float x0 = mixf(a.x, b.x, t0), y0 = mixf(a.y, b.y, t0), x1 = mixf(a.x, b.x, t1), y1 = mixf(a.y, b.y, t1);
    float xm = mixf(a.x, b.x, tm), ym = mixf(a.y, b.y, tm) + d;
    cairo_curve_to(cr, mixf(x0, xm, 0.15f), mixf(y0, ym, 0.55f), mixf(x0, xm, 0.7f), mixf(y0, ym, 0.95f), xm, ym);
    cairo_curve_to(cr, mixf(x1, xm, 0.7f), mixf(y1, ym, 0.95f), mixf(x1, xm, 0.15f), mixf(y1, ym, 0.55f), x1, y1);
    t0 = t1;
  }
}

void ssg_draw_back_hair(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  SsgHairCut cut = p->hair_cut;
  SsgMask *m = &sc->mask[0];
  Strands s = strands(sc);
  s.deep = 0.62f;
  s.sheen = 0.3f;
  float fw = p->face_width, vs = side_width(p), vt = rise(p), shift = -0.10f * sc->sy;
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
  if (falls(cut)) {
    float l = p->hair_length, w = 1.03f * fw + vs, flare = cut == SSG_HAIR_BOB ? 0.02f : 0.06f + 0.10f * p->hair_wave;
    float wave = 0.07f * p->hair_wave;
    SsgPoint q[9] = {{shift - w * 0.94f - flare, l},
                     {shift - w - flare - wave, mixf(0.3f, l, 0.66f)},
                     {shift - w - 0.02f + wave, mixf(0.3f, l, 0.30f)},
                     {shift - w, -0.35f},
                     {shift, -1.35f - vt},
                     {shift + w, -0.35f},
                     {shift + w + 0.02f - wave, mixf(0.3f, l, 0.30f)},
                     {shift + w + flare + wave, mixf(0.3f, l, 0.66f)},
                     {shift + w * 0.94f + flare, l}};
    ssg_path_smooth(cr, q, 9, false, false);
    hem(cr, q[8], q[0], 7, cut == SSG_HAIR_BOB ? 0.05f : 0.14f, sc->salt + 300u);
    cairo_close_path(cr);
    ssg_mask_fill(m); /* apart from the curls: paths of opposite sense would cut holes */
    if (cut == SSG_HAIR_CURLY) {
      curls(cr, q, 9, 0.17f, sc->salt + 310u);
      SsgPoint bottom[2] = {q[8], q[0]};
      curls(cr, bottom, 2, 0.17f, sc->salt + 320u);
      s.curl = 0.8f;
    }
  } else if (cut == SSG_HAIR_AFRO) {
    float r = 1.12f + vs, cy = -0.42f;
    SsgPoint q[17];
    for (int i = 0; i < 17; i++) {
      float a = SSG_PI * 2.0f * (float) i / 16.0f;
      q[i] = (SsgPoint){shift + r * sinef(a) * 1.02f, cy + (r + 0.02f) * cosinef(a) * (cosinef(a) > 0 ? 0.86f : 1.0f)};
      if (p->hat != SSG_HAT_NONE && q[i].y < -1.3f)
        q[i].y = -1.3f;
    }
    ssg_path_smooth(cr, q, 16, true, false);
    ssg_mask_fill(m);
    curls(cr, q, 17, 0.13f, sc->salt + 330u);
    s.curl = 1.0f;
    s.deep = 0.35f;
  } else if (cut == SSG_HAIR_PONYTAIL) {
    float d = p->hair_part < 0 ? -1.0f : 1.0f, l = p->hair_length, k = 0.8f + 0.4f * p->hair_volume;
    SsgPoint q[10] = {{shift + d * 0.25f, -1.15f},
                      {shift + d * 1.02f, -1.12f},
                      {shift + d * (1.10f + 0.34f * k), -0.55f},
                      {shift + d * (1.02f + 0.40f * k), 0.35f},
                      {shift + d * (1.04f + 0.22f * k), l * 0.8f},
                      {shift + d * 0.98f, l + 0.15f},
                      {shift + d * 0.88f, l * 0.75f},
                      {shift + d * 0.98f, 0.4f},
                      {shift + d * 0.85f, -0.4f},
                      {shift + d * 0.40f, -0.9f}};
    ssg_path_smooth(cr, q, 10, true, false);
    s.deep = 0.25f;
  } else if (cut == SSG_HAIR_BUN) {
    if (p->hat == SSG_HAT_NONE) {
      float r = 0.33f + 0.11f * p->hair_volume;
      SsgPoint c = ssg_scene_at(sc, 0.25f * p->hair_part, -1.46f - 0.36f * r, -0.25f);
      ssg_path_ellipse(cr, c.x, c.y, r, r * 0.86f, 0);
      s.source = (SsgPoint){c.x - 0.1f, c.y + r * 0.2f};
      s.cx = c.x;
      s.cy = c.y;
      s.rx = r * 1.05f;
      s.ry = r;
      s.deep = 0.05f;
      s.stream = 3.0f;
      s.sheen = 0.6f;
    }
  } else {
    return;
  }
  ssg_mask_fill(m);
  ssg_scene_paint(sc, SSG_PORTRAIT_HAIR, m, NULL, shade_hair, &s, SSG_PAINT_PART);
}

/* The hairline on the forehead, from the left temple to the right one. */
static void hairline(const SsgScene *sc, SsgPoint q[7])
{
  const SsgPortrait *p = sc->p;
  float fw = p->face_width, rec = p->hairline, part = p->hair_part, mid = -0.96f - 0.5f * rec;
  if (p->hair_cut == SSG_HAIR_BUZZ)
    mid += 0.02f;
  float sweep = p->hair_cut == SSG_HAIR_SIDE_PART                     ? 0.20f
                : p->hair_cut == SSG_HAIR_SHORT || falls(p->hair_cut) ? 0.10f
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
  hem(cr, a, mid, 4, 0.10f, sc->salt + 410u);
  hem(cr, mid, b, 4, 0.10f, sc->salt + 420u);
  ssg_path_smooth(cr, top, 3, false, true);
  cairo_close_path(cr);
}

/* Hair that covers the skull, with its curtains where it falls. */
static void draw_cap(const SsgScene *sc, SsgMask *m, cairo_t *cr)
{
  const SsgPortrait *p = sc->p;
  SsgHairCut cut = p->hair_cut;
  float fw = p->face_width, vt = rise(p), vs = side_width(p), shift = -0.08f * sc->sy;
  SsgPoint line[7];
  hairline(sc, line);
  bool curtain = falls(cut) && !p->hair_tucked;
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
    hem(cr, all[10], hem_r, 2, cut == SSG_HAIR_BOB ? 0.05f : 0.12f, sc->salt + 430u);
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
    hem(cr, hem_l, all[0], 2, cut == SSG_HAIR_BOB ? 0.05f : 0.12f, sc->salt + 440u);
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
    curls(cr, outer, 7, r, sc->salt + 460u);
    curls(cr, line + 1, 5, r * 0.75f, sc->salt + 470u);
    if (cut == SSG_HAIR_AFRO) {
      SsgPoint fill[3] = {{line[1].x, -1.0f}, {0, -1.25f}, {line[5].x, -1.0f}};
      curls(cr, fill, 3, 0.2f, sc->salt + 480u);
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
  const Strands *h = data;
  shade_hair(sc, h, x, y, px, out);
  float grain = noise2(x * 55.0f, y * 55.0f, h->salt + 8u);
  SsgColor c = color_mix(color_of(sc->p->hair), color_of(sc->p->skin), 0.30f);
  out->albedo = color_scale(c, 0.80f + 0.35f * grain);
  out->gloss = 0.05f;
}

static void shade_lock(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Strands *h = data;
  shade_hair(sc, h, x, y, px, out);
  out->albedo = color_scale(out->albedo, h->deep > 0 ? 0.62f : 1.22f);
  out->shade = 1.0f;
  out->alpha = 0.55f;
}

/* Brushed locks that follow the strands, lighter and darker, within the hair. */
static void brush_locks(SsgScene *sc, const Strands *s, const SsgMask *clip, int n)
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
    Strands tone = *s;
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
      Strands h = strands(sc);
      h.source = (SsgPoint){x - lean * r * 2.2f, y - r * 2.2f};
      h.cx = x + lean * 0.05f;
      h.cy = y;
      h.rx = r;
      h.ry = r * 1.1f;
      h.salt += (uint32_t) (k * 3 + i * 50);
      h.stream = 4.0f;
      h.sheen = 0.35f;
      ssg_scene_paint(sc, SSG_PORTRAIT_HAIR, m, NULL, shade_hair, &h, SSG_PAINT_PART);
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
  Strands s = strands(sc);
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
  ssg_scene_paint(sc, SSG_PORTRAIT_HAIR, m, NULL, shade_hair, &s, SSG_PAINT_PART);
  if (s.curl < 0.5f)
    brush_locks(sc, &s, m, 36);
}
