/* Hair behind the head: falling hair, afros, tails and buns. */
#include "hair.h"

void ssg_draw_back_hair(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  SsgHairCut cut = p->hair_cut;
  SsgMask *m = &sc->mask[0];
  SsgStrands s = ssg_hair_strands(sc);
  s.deep = 0.62f;
  s.sheen = 0.3f;
  float fw = p->face_width, vs = ssg_hair_side(p), vt = ssg_hair_rise(p), shift = -0.10f * sc->sy;
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_HEAD);
  if (ssg_hair_falls(cut)) {
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
    ssg_path_hem(cr, q[8], q[0], 7, cut == SSG_HAIR_BOB ? 0.05f : 0.14f, sc->salt + 300u);
    cairo_close_path(cr);
    ssg_mask_fill(m); /* apart from the curls: paths of opposite sense would cut holes */
    if (cut == SSG_HAIR_CURLY) {
      ssg_path_curls(cr, q, 9, 0.17f, sc->salt + 310u);
      SsgPoint bottom[2] = {q[8], q[0]};
      ssg_path_curls(cr, bottom, 2, 0.17f, sc->salt + 320u);
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
    ssg_path_curls(cr, q, 17, 0.13f, sc->salt + 330u);
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
  ssg_scene_paint(sc, SSG_PORTRAIT_HAIR, m, NULL, ssg_hair_shade, &s, SSG_PAINT_PART);
}
