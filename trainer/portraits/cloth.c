#include "scene.h"

typedef struct {
  SsgColor a, b;
  SsgClothPattern pattern;
  float relief; /* 1: the body's folds; 0: a collar's band */
  float rib;    /* ribs per head unit, 0: none */
  float lift;   /* added light, for pieces that lie on top */
  float cx;
} Fabric;

static void shade_fabric(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Fabric *f = data;
  const SsgPortrait *p = sc->p;
  float k = p->pattern_scale, w = p->shoulder_width;
  float u = (x - f->cx) / w, top = 1.95f + 0.55f * u * u;
  /* Folds run from the shoulders to the middle. */
  float side = u < 0 ? -1.0f : 1.0f;
  float along = fabsf(u) * 2.4f + (y - top) * 0.9f;
  float fold = cloudf(along * 2.3f + 3.0f * side, fabsf(u) * 1.6f - (y - top) * 1.1f, sc->salt + 81u) - 0.5f;
  float fx = x + 0.10f * fold * f->relief, fy = y + 0.12f * u * u + 0.08f * fold * f->relief;
  SsgColor c = f->a;
  float fine = 0.0f;
  switch (f->pattern) {
  case SSG_PATTERN_STRIPES: {
    float t = fy * 5.5f / k;
    t -= (float) floori(t);
    c = color_mix(f->a, f->b, stepf(0.56f, 0.60f, t) * stepf(1.0f, 0.96f, t));
    break;
  }
  case SSG_PATTERN_PLAID: {
    float s = fx * 3.6f / k, t = fy * 3.6f / k;
    s -= (float) floori(s);
    t -= (float) floori(t);
    float bars = 0.5f * (stepf(0.46f, 0.50f, s) + stepf(0.46f, 0.50f, t));
    c = color_mix(f->a, f->b, 0.75f * bars);
    float thin = fmaxf(bellf((s - 0.25f) * (s - 0.25f) * 900.0f), bellf((t - 0.25f) * (t - 0.25f) * 900.0f));
    c = color_mix(c, (SsgColor){0.93f, 0.90f, 0.82f}, 0.5f * thin);
    break;
  }
  case SSG_PATTERN_DOTS: {
    float s = fx * 5.0f / k, t = fy * 5.0f / k;
    int j = floori(t);
    s += (j & 1) ? 0.5f : 0.0f;
    float qs = s - (float) floori(s) - 0.5f, qt = t - (float) j - 0.5f;
    c = color_mix(f->a, f->b, stepf(0.27f, 0.21f, sqrtf(qs * qs + qt * qt)));
    break;
  }
  case SSG_PATTERN_KNIT: {
    float s = fx * 9.0f / k, t = fy * 12.0f / k, v = s - (float) floori(s) - 0.5f;
    t += fabsf(v) * 1.3f;
    t -= (float) floori(t);
    fine = 0.45f * (bellf((t - 0.5f) * (t - 0.5f) * 14.0f) - 0.4f) -
           0.5f * bellf((0.5f - fabsf(v)) * (0.5f - fabsf(v)) * 60.0f);
    c = color_scale(c, 1.0f + 0.28f * fine);
    break;
  }
  case SSG_PATTERN_YOKE:
    c = color_mix(f->a, f->b, stepf(2.50f, 2.53f, y + 0.20f * u * u));
    break;
  default:
    break;
  }
  if (f->rib > 0.0f) {
    float t = u * f->rib;
    t -= (float) floori(t);
    c = color_scale(c, 0.86f + 0.18f * stepf(0.0f, 0.35f, t) * stepf(1.0f, 0.65f, t));
  }
  float weave = noise2(x * 28.0f, y * 28.0f, sc->salt + 83u) - 0.5f;
  out->albedo = color_scale(c, 1.0f + 0.05f * weave);
  float round = clampf(u, -1.1f, 1.1f);
  out->nx = 0.75f * round * fabsf(round) + 0.25f * round - 1.5f * fold * f->relief;
  out->ny = -0.75f * stepf(0.55f, -0.15f, y - top) + 0.10f + 0.9f * fold * f->relief;
  out->nz = 0.85f;
  /* The head's shadow falls on the breast. */
  float dx = x - sc->chin.x + 0.4f * sc->lx, below = y - 1.80f - sc->beard_drop;
  out->shade = (1.0f - 0.45f * bellf(dx * dx * 1.6f) * stepf(0.75f, 0.0f, below)) * (0.92f + 0.08f * f->lift);
  out->shade *= 1.0f - (float) sc->shadow[px] * (0.35f / 255.0f);
  out->gloss = 0.03f;
}

static void shade_line(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Fabric *f = data;
  out->albedo = color_scale(f->a, 0.45f);
  out->alpha = 0.7f;
}

static void shade_button(const SsgScene *sc, const void *data, float x, float y, int px, SsgSurface *out)
{
  const Fabric *f = data;
  out->albedo = color_mix(f->b, (SsgColor){0.92f, 0.90f, 0.86f}, 0.5f);
  out->ny = -0.3f;
  out->gloss = 0.2f;
}

/* The neckline: half width at the neck's side, depth in the middle. */
static void opening(const SsgScene *sc, float *half, float *depth, float *top)
{
  float w = sc->p->neck_width;
  *top = 1.86f;
  switch (sc->p->cloth) {
  case SSG_CLOTH_VNECK:
    *half = w * 1.20f, *depth = 2.62f, *top = 1.90f;
    break;
  case SSG_CLOTH_SHIRT:
    *half = w * 1.10f, *depth = 2.36f;
    break;
  case SSG_CLOTH_BLAZER:
    *half = w * 1.10f, *depth = 2.40f;
    break;
  case SSG_CLOTH_TURTLENECK:
    *half = w * 1.0f, *depth = 1.9f;
    break;
  case SSG_CLOTH_HOODIE:
    *half = w * 1.18f, *depth = 2.24f, *top = 1.90f;
    break;
  default:
    *half = w * 1.14f, *depth = 2.17f, *top = 1.87f;
  }
}

static void body_path(cairo_t *cr, const SsgScene *sc, float cx)
{
  float w = sc->p->shoulder_width, half, depth, top;
  opening(sc, &half, &depth, &top);
  SsgPoint left[5] = {{cx - w * 1.02f, 4.0f},
                      {cx - w * 0.99f, 2.95f},
                      {cx - w * 0.84f, 2.42f},
                      {cx - w * 0.50f, 2.16f},
                      {cx - half, top}};
  SsgPoint right[5] = {{cx + half, top},
                       {cx + w * 0.50f, 2.16f},
                       {cx + w * 0.84f, 2.42f},
                       {cx + w * 0.99f, 2.95f},
                       {cx + w * 1.02f, 4.0f}};
  ssg_path_smooth(cr, left, 5, false, false);
  bool vee = sc->p->cloth == SSG_CLOTH_VNECK || sc->p->cloth == SSG_CLOTH_SHIRT || sc->p->cloth == SSG_CLOTH_BLAZER;
  if (vee) {
    cairo_curve_to(cr, cx - half * 0.85, mixf(top, depth, 0.35f), cx - half * 0.3, mixf(top, depth, 0.8f), cx, depth);
    cairo_curve_to(cr, cx + half * 0.3, mixf(top, depth, 0.8f), cx + half * 0.85, mixf(top, depth, 0.35f), cx + half,
                   top);
  } else {
    float d = mixf(top, depth, 1.25f);
    cairo_curve_to(cr, cx - half * 0.80, d, cx + half * 0.80, d, cx + half, top);
  }
  ssg_path_smooth(cr, right, 5, false, true);
  cairo_close_path(cr);
}

static void piece(SsgScene *sc, const SsgPoint *q, int n, bool smooth, const Fabric *f)
{
  SsgMask *m = &sc->mask[1];
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_BODY);
  if (smooth) {
    ssg_path_smooth(cr, q, n, true, false);
  } else {
    for (int i = 0; i < n; i++)
      cairo_line_to(cr, q[i].x, q[i].y);
    cairo_close_path(cr);
  }
  ssg_mask_fill(m);
  ssg_scene_paint(sc, SSG_PORTRAIT_CLOTH, m, NULL, shade_fabric, f, SSG_PAINT_PART);
}

static void line(SsgScene *sc, SsgPoint a, SsgPoint b, SsgPoint c, float width, const Fabric *f, const SsgMask *clip)
{
  SsgMask *m = &sc->mask[3];
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_BODY);
  ssg_path_taper(cr, a, b, c, width * 0.4f, width, width * 0.5f);
  ssg_mask_fill(m);
  ssg_scene_paint(sc, SSG_PORTRAIT_CLOTH, m, clip, shade_line, f, SSG_PAINT_DETAIL);
}

static void buttons(SsgScene *sc, float cx, float y, float step, const Fabric *f, const SsgMask *clip)
{
  for (int i = 0; i < 3; i++) {
    cairo_t *cr = ssg_mask_begin(&sc->mask[1], sc, SSG_SPACE_BODY);
    ssg_path_ellipse(cr, cx, y + step * (float) i, 0.045f, 0.045f, 0);
    ssg_mask_fill(&sc->mask[1]);
    ssg_scene_paint(sc, SSG_PORTRAIT_CLOTH, &sc->mask[1], clip, shade_button, f, SSG_PAINT_DETAIL);
  }
}

void ssg_draw_hood(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  if (p->cloth != SSG_CLOTH_HOODIE)
    return;
  float cx = 0.06f * sc->sy, w = p->neck_width;
  Fabric dark = {.a = color_scale(color_of(p->cloth_color), 0.72f), .relief = 0.3f, .cx = cx};
  SsgPoint hood[7] = {{cx - w * 2.0f, 2.15f}, {cx - w * 1.95f, 1.62f}, {cx - w * 1.3f, 1.36f}, {cx, 1.30f},
                      {cx + w * 1.3f, 1.36f}, {cx + w * 1.95f, 1.62f}, {cx + w * 2.0f, 2.15f}};
  cairo_t *cr = ssg_mask_begin(&sc->mask[0], sc, SSG_SPACE_BODY);
  ssg_path_smooth(cr, hood, 7, false, false);
  cairo_close_path(cr);
  ssg_mask_fill(&sc->mask[0]);
  ssg_scene_paint(sc, SSG_PORTRAIT_CLOTH, &sc->mask[0], NULL, shade_fabric, &dark, SSG_PAINT_PART);
}

void ssg_draw_cloth(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  SsgMask *m = &sc->mask[0];
  float cx = 0.06f * sc->sy, half, depth, top, w = p->neck_width;
  opening(sc, &half, &depth, &top);
  Fabric f = {
      .a = color_of(p->cloth_color), .b = color_of(p->cloth_color2), .pattern = p->pattern, .relief = 1, .cx = cx};
  Fabric plain = f, second = f;
  plain.pattern = SSG_PATTERN_PLAIN;
  plain.relief = 0.3f;
  plain.lift = 1.0f;
  second.a = f.b;
  second.b = f.a;
  second.pattern = SSG_PATTERN_PLAIN;
  second.relief = 0.4f;
  if (p->cloth == SSG_CLOTH_BLAZER) { /* a shirt below */
    cairo_t *s = ssg_mask_begin(&sc->mask[1], sc, SSG_SPACE_BODY);
    cairo_move_to(s, cx - half * 1.02, 1.98);
    cairo_line_to(s, cx, 2.36);
    cairo_line_to(s, cx + half * 1.02, 1.98);
    cairo_line_to(s, cx + half * 1.8, 4);
    cairo_line_to(s, cx - half * 1.8, 4);
    cairo_close_path(s);
    ssg_mask_fill(&sc->mask[1]);
    ssg_scene_paint(sc, SSG_PORTRAIT_CLOTH, &sc->mask[1], NULL, shade_fabric, &second, SSG_PAINT_PART);
  }
  cairo_t *cr = ssg_mask_begin(m, sc, SSG_SPACE_BODY);
  if (p->cloth == SSG_CLOTH_BLAZER) { /* open: a deep vee over the shirt */
    float sw = p->shoulder_width;
    SsgPoint left[5] = {{cx - sw * 1.03f, 4.0f},
                        {cx - sw * 1.01f, 2.9f},
                        {cx - sw * 0.87f, 2.36f},
                        {cx - sw * 0.50f, 2.12f},
                        {cx - half * 1.05f, 1.88f}};
    ssg_path_smooth(cr, left, 5, false, false);
    cairo_line_to(cr, cx, 3.35);
    cairo_line_to(cr, cx + half * 1.05, 1.88);
    SsgPoint right[5];
    for (int i = 0; i < 5; i++)
      right[i] = (SsgPoint){2 * cx - left[4 - i].x, left[4 - i].y};
    ssg_path_smooth(cr, right, 5, false, true);
    cairo_close_path(cr);
  } else {
    body_path(cr, sc, cx);
  }
  ssg_mask_fill(m);
  ssg_scene_paint(sc, SSG_PORTRAIT_CLOTH, m, NULL, shade_fabric, &f, SSG_PAINT_PART);

  Fabric band = plain;
  switch (p->cloth) {
  case SSG_CLOTH_CREW:
  case SSG_CLOTH_VNECK: {
    band.a = p->pattern == SSG_PATTERN_PLAIN ? color_scale(plain.a, 0.84f)
                                             : color_mix(f.a, f.b, p->pattern == SSG_PATTERN_KNIT ? 0.0f : 0.8f);
    band.rib = p->pattern == SSG_PATTERN_KNIT ? 34.0f : 0.0f;
    cairo_t *b = ssg_mask_begin(&sc->mask[1], sc, SSG_SPACE_BODY);
    float d = mixf(top, depth, 1.25f);
    cairo_move_to(b, cx - half, top);
    if (p->cloth == SSG_CLOTH_CREW) {
      cairo_curve_to(b, cx - half * 0.80, d, cx + half * 0.80, d, cx + half, top);
    } else {
      cairo_curve_to(b, cx - half * 0.85, mixf(top, depth, 0.35f), cx - half * 0.3, mixf(top, depth, 0.8f), cx, depth);
      cairo_curve_to(b, cx + half * 0.3, mixf(top, depth, 0.8f), cx + half * 0.85, mixf(top, depth, 0.35f), cx + half,
                     top);
    }
    ssg_mask_stroke(&sc->mask[1], 0.10);
    ssg_scene_paint(sc, SSG_PORTRAIT_CLOTH, &sc->mask[1], NULL, shade_fabric, &band, SSG_PAINT_PART);
    break;
  }
  case SSG_CLOTH_TURTLENECK: {
    band.rib = 30.0f;
    band.a = color_scale(plain.a, 0.95f);
    SsgPoint q[8] = {
        {cx * 2.0f - w * 1.06f, 1.50f}, {cx - w * 1.12f, 1.78f}, {cx - w * 1.35f, 2.14f},        {cx, 2.32f},
        {cx + w * 1.35f, 2.14f},        {cx + w * 1.12f, 1.78f}, {cx * 2.0f + w * 1.06f, 1.50f}, {cx * 2.0f, 1.63f}};
    piece(sc, q, 8, true, &band);
    SsgPoint a = {cx - w * 1.10f, 1.76f}, b = {cx, 2.02f}, c = {cx + w * 1.10f, 1.76f};
    line(sc, a, b, c, 0.016f, &plain, &sc->mask[1]);
    break;
  }
  case SSG_CLOTH_SHIRT:
  case SSG_CLOTH_BLAZER: {
    Fabric collar = p->cloth == SSG_CLOTH_SHIRT ? f : second;
    collar.relief = 0.2f;
    collar.lift = 1.0f;
    collar.a = color_mix(collar.a, (SsgColor){1, 1, 1}, 0.10f);
    if (p->cloth == SSG_CLOTH_SHIRT) {
      SsgPoint a = {cx, depth}, c = {cx + 0.02f, 3.9f}, b = {cx + 0.01f, 3.0f};
      line(sc, a, b, c, 0.018f, &f, m);
      buttons(sc, cx + 0.07f, depth + 0.22f, 0.36f, &f, m);
    }
    for (int i = 0; i < 2; i++) {
      float s = i ? 1.0f : -1.0f;
      SsgPoint q[5] = {{cx + s * w * 0.99f, 1.62f},
                       {cx + s * w * 1.18f, 1.90f},
                       {cx + s * w * 1.02f, 2.48f},
                       {cx + s * 0.03f, 2.30f},
                       {cx + s * w * 0.86f, 1.93f}};
      piece(sc, q, 5, false, &collar);
      line(sc, q[1], (SsgPoint){mixf(q[1].x, q[2].x, 0.5f), mixf(q[1].y, q[2].y, 0.5f)}, q[2], 0.014f, &collar,
           &sc->mask[1]);
    }
    if (p->cloth == SSG_CLOTH_BLAZER) {
      Fabric lapel = f;
      lapel.relief = 0.3f;
      lapel.lift = 1.0f;
      lapel.a = color_mix(f.a, (SsgColor){1, 1, 1}, 0.05f);
      for (int i = 0; i < 2; i++) {
        float s = i ? 1.0f : -1.0f;
        SsgPoint q[6] = {{cx + s * half * 1.08f, 1.90f}, {cx + s * half * 1.52f, 2.27f},
                         {cx + s * half * 1.38f, 2.42f}, {cx + s * half * 1.72f, 2.50f},
                         {cx + s * 0.06f, 3.4f},         {cx + s * half * 0.95f, 2.42f}};
        piece(sc, q, 6, false, &lapel);
        line(sc, q[1], q[3], q[4], 0.016f, &lapel, &sc->mask[1]);
      }
    }
    break;
  }
  case SSG_CLOTH_HOODIE: {
    for (int i = 0; i < 2; i++) {
      float s = i ? 1.0f : -1.0f;
      SsgPoint q[6] = {{cx + s * w * 1.12f, 1.52f}, {cx + s * w * 1.85f, 1.58f}, {cx + s * w * 1.80f, 2.00f},
                       {cx + s * 0.16f, 2.56f},     {cx - s * 0.03f, 2.36f},     {cx + s * w * 0.88f, 2.00f}};
      piece(sc, q, 6, true, &plain);
    }
    Fabric cord = {.a = color_mix(color_of(p->cloth_color2), (SsgColor){0.95f, 0.93f, 0.9f}, 0.5f), .cx = cx};
    for (int i = 0; i < 2; i++) {
      float s = i ? 1.0f : -1.0f;
      SsgMask *d = &sc->mask[1];
      cairo_t *b = ssg_mask_begin(d, sc, SSG_SPACE_BODY);
      cairo_move_to(b, cx + s * 0.22, 2.50);
      cairo_curve_to(b, cx + s * 0.26, 2.7, cx + s * 0.20, 2.9, cx + s * 0.24, 3.1);
      ssg_mask_stroke(d, 0.05);
      ssg_scene_paint(sc, SSG_PORTRAIT_CLOTH, d, NULL, shade_fabric, &cord, SSG_PAINT_PART);
    }
    break;
  }
  default:
    break;
  }
}
