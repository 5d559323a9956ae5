/* What the files of hair share: strands, curls, hems, and how far hair stands off the head. */
#include "hair.h"

void ssg_hair_shade(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const SsgStrands *h = data;
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

SsgStrands ssg_hair_strands(const SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  /* Above the skull, so that strands are apart already where they come into sight. */
  bool up = p->hair_cut == SSG_HAIR_BUN || p->hair_cut == SSG_HAIR_PONYTAIL;
  SsgPoint crown = ssg_scene_at(sc, 0.42f * p->hair_part, (up ? -1.50f : -1.72f) - 0.12f * p->hair_volume, 0.05f);
  return (SsgStrands){.source = crown,
                      .cx = 0,
                      .cy = 0.05f,
                      .rx = 1.25f + 0.2f * p->hair_volume,
                      .ry = 1.75f,
                      .wave = p->hair_wave,
                      .sheen = 1.0f,
                      .stream = 1.0f,
                      .salt = sc->salt + 200u};
}

float ssg_hair_rise(const SsgPortrait *p)
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

bool ssg_hair_falls(SsgHairCut c)
{
  return c == SSG_HAIR_BOB || c == SSG_HAIR_LONG || c == SSG_HAIR_CURLY;
}

float ssg_hair_side(const SsgPortrait *p)
{
  float v = 0.05f + 0.10f * p->hair_volume;
  if (ssg_hair_falls(p->hair_cut))
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
void ssg_path_curls(cairo_t *cr, const SsgPoint *q, int n, float radius, uint32_t salt)
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
void ssg_path_hem(cairo_t *cr, SsgPoint a, SsgPoint b, int n, float depth, uint32_t salt)
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
