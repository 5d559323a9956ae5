#include "scene.h"

#define N_SPOTS 16

typedef struct {
  float x, y, r, soft, strength;
  SsgColor color;
} Spot;

typedef struct {
  SsgColor a, b, c;
  float dx, dy;
  int n_spots;
  Spot spot[N_SPOTS];
} Backdrop;

static void shade_backdrop(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Backdrop *b = data;
  float t = (x - 0.5f) * b->dx + (y - 0.5f) * b->dy + 0.5f;
  SsgColor c;
  out->emit = 1.0f;
  switch (sc->p->backdrop) {
  case SSG_BACKDROP_GLOW: {
    float qx = x - 0.5f + 0.2f * b->dx, qy = y - 0.42f + 0.15f * b->dy;
    c = color_mix(b->b, b->a, bellf((qx * qx + qy * qy) * 5.0f));
    break;
  }
  case SSG_BACKDROP_WASH: {
    float u = x * b->dy - y * b->dx, v = x * b->dx + y * b->dy;
    float w = cloudf(x * 2.5f, y * 2.5f, sc->salt);
    float brush = noise2(u * 26.0f + w * 7.0f, v * 4.0f + w * 4.0f, sc->salt + 5u);
    c = color_mix(b->a, b->b, stepf(0.15f, 0.85f, 0.55f * w + 0.25f * brush + 0.35f * t - 0.05f));
    c = color_mix(c, b->c, 0.30f * stepf(0.55f, 0.95f, brush));
    break;
  }
  case SSG_BACKDROP_HILLS: {
    float far = 0.50f + 0.09f * (cloudf(x * 2.2f, 3.0f, sc->salt) - 0.5f) + 0.05f * b->dx * (x - 0.5f);
    float near = 0.66f + 0.16f * (cloudf(x * 1.7f, 9.0f, sc->salt) - 0.5f) - 0.08f * b->dx * (x - 0.5f);
    SsgColor sky = color_mix(b->a, color_mix(b->a, (SsgColor){1, 0.97f, 0.92f}, 0.6f), stepf(0.0f, 0.55f, y));
    c = color_mix(sky, color_mix(b->b, b->a, 0.35f), stepf(far - 0.012f, far + 0.012f, y));
    c = color_mix(c, color_scale(color_mix(b->b, b->c, 0.4f), 1.05f - 0.5f * (y - 0.6f)),
                  stepf(near - 0.012f, near + 0.012f, y));
    break;
  }
  default:
    c = color_mix(b->a, b->b, stepf(-0.1f, 1.1f, t));
  }
  for (int i = 0; i < b->n_spots; i++) {
    const Spot *s = &b->spot[i];
    float qx = x - s->x, qy = y - s->y, d2 = qx * qx + qy * qy, r = s->r + s->soft;
    if (d2 >= r * r)
      continue;
    float d = sqrtf(d2), edge = stepf(s->r + s->soft, s->r - s->soft, d);
    float ring = 0.8f + 0.35f * stepf(s->r * 0.6f, s->r, d);
    c = color_mix(c, s->color, clampf(edge * s->strength * ring, 0, 1));
  }
  float v = (x - 0.5f) * (x - 0.5f) + (y - 0.5f) * (y - 0.5f);
  c = color_scale(c, 1.03f - 0.30f * v);
  out->albedo = c;
}

void ssg_draw_background(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  Backdrop b = {.a = color_of(p->backdrop_color[0]),
                .b = color_of(p->backdrop_color[1]),
                .c = color_of(p->backdrop_color[2]),
                .dx = sinef(p->backdrop_angle),
                .dy = cosinef(p->backdrop_angle)};
  bool bokeh = p->backdrop == SSG_BACKDROP_BOKEH;
  if (bokeh || p->backdrop == SSG_BACKDROP_SHAPES) {
    b.n_spots = bokeh ? N_SPOTS : 5;
    for (int i = 0; i < b.n_spots; i++) {
      uint32_t h = hash32(sc->salt + 1000u + (uint32_t) i * 7u);
      float q[5];
      for (int k = 0; k < 5; k++)
        q[k] = unitf(hash32(h + (uint32_t) k));
      SsgColor light = color_mix(b.c, (SsgColor){1.0f, 0.94f, 0.82f}, bokeh ? 0.35f + 0.3f * q[2] : 0.15f * q[2]);
      b.spot[i] = (Spot){.x = q[0] * 1.1f - 0.05f,
                         .y = q[1] * (bokeh ? 0.95f : 1.1f) - 0.02f,
                         .r = bokeh ? 0.025f + 0.075f * q[3] * q[3] : 0.14f + 0.22f * q[3],
                         .soft = bokeh ? 0.008f + 0.012f * q[4] : 0.02f + 0.10f * q[4],
                         .strength = bokeh ? 0.20f + 0.35f * q[4] : 0.35f + 0.3f * q[2],
                         .color = i & 1 ? light : color_mix(b.a, light, 0.75f)};
    }
  }
  SsgMask *m = &sc->mask[0];
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_PICTURE);
  cairo_rectangle(cr, -0.01, -0.01, 1.02, 1.02);
  ssg_mask_fill(m);
  ssg_scene_paint(sc, SSG_PORTRAIT_BACKGROUND, m, NULL, shade_backdrop, &b, SSG_PAINT_NO_LINE);
}
