#include "scene.h"

bool ssg_look_has_lines(SsgPortraitLook look)
{
  return look == SSG_LOOK_INK || look == SSG_LOOK_TOON || look == SSG_LOOK_NIGHT;
}

typedef struct {
  float nx, ny, nz, diffuse, highlight;
} Lit;

static Lit light(const SsgSurface *s, float lx, float ly, float lz)
{
  float inv = 1.0f / sqrtf(s->nx * s->nx + s->ny * s->ny + s->nz * s->nz + 1e-12f);
  Lit l = {s->nx * inv, s->ny * inv, s->nz * inv, 0, 0};
  float d = l.nx * lx + l.ny * ly + l.nz * lz;
  l.diffuse = clampf((d + 0.30f) * (1.0f / 1.30f), 0.0f, 1.0f);
  if (s->gloss > 0.0f) {
    float hx = lx, hy = ly, hz = lz + 1.0f, hi = 1.0f / sqrtf(hx * hx + hy * hy + hz * hz);
    float h = 1.0f - (l.nx * hx + l.ny * hy + l.nz * hz) * hi;
    l.highlight = s->gloss * bellf(h * (12.0f + 110.0f * s->sharp));
  }
  return l;
}

static SsgColor look_paint(const SsgScene *sc, const SsgSurface *s)
{
  if (s->emit >= 1.0f)
    return s->albedo;
  Lit l = light(s, sc->lx, sc->ly, sc->lz);
  float lit = l.diffuse * s->shade;
  /* Shadows on skin turn red before they turn dark: light that came through. */
  SsgColor warm = {1.0f, 0.85f, 0.79f};
  SsgColor dark = color_mul(sc->ambient, color_mix((SsgColor){1, 1, 1}, warm, s->skin));
  float occlusion = 0.55f + 0.45f * s->shade;
  SsgColor mult = color_mix(color_scale(dark, occlusion), sc->key, lit);
  if (s->skin > 0.0f) {
    float terminator = s->skin * bellf((lit - 0.38f) * (lit - 0.38f) * 22.0f);
    mult.r += 0.07f * terminator;
    mult.b -= 0.03f * terminator;
  }
  SsgColor c = color_mul(s->albedo, mult);
  float side = sc->lx > 0 ? -l.nx : l.nx;
  float rim = sc->p->rim * stepf(0.35f, 0.95f, 1.0f - l.nz) * stepf(0.0f, 0.7f, side) * (0.4f + 0.6f * s->shade);
  float h = l.highlight * (0.25f + 0.75f * s->shade);
  c.r += h * sc->key.r + rim * sc->rim.r * 0.55f;
  c.g += h * sc->key.g + rim * sc->rim.g * 0.55f;
  c.b += h * sc->key.b + rim * sc->rim.b * 0.55f;
  return color_mix(c, s->albedo, s->emit);
}

static SsgColor saturate(SsgColor c, float k)
{
  float y = color_luma(c);
  return (SsgColor){clampf(y + (c.r - y) * k, 0, 1), clampf(y + (c.g - y) * k, 0, 1), clampf(y + (c.b - y) * k, 0, 1)};
}

static bool is_skin(SsgPortraitPart part)
{
  return part == SSG_PORTRAIT_FACE || part == SSG_PORTRAIT_NOSE || part == SSG_PORTRAIT_EAR ||
         part == SSG_PORTRAIT_NECK;
}

/* Brightness in `levels` steps with narrow ramps between, hue kept: pots of paint instead of a palette. */
static SsgColor steps(SsgColor c, float levels)
{
  float y = color_luma(c) * levels, low = (float) floori(y);
  float q = (low + stepf(0.42f, 0.58f, y - low)) / levels;
  return color_scale(c, (q + 0.02f) / (y / levels + 0.02f));
}

static SsgColor look_toon(const SsgScene *sc, SsgPortraitPart part, const SsgSurface *s)
{
  if (part == SSG_PORTRAIT_BACKGROUND)
    return saturate(steps(s->albedo, 8.0f), 1.3f);
  Lit l = light(s, sc->lx, sc->ly, sc->lz);
  SsgColor base = s->albedo;
  if (is_skin(part)) { /* one tone; beards, moles and blush that differ plainly from it stay */
    SsgColor skin = color_of(sc->p->skin);
    float dr = base.r - skin.r, dg = base.g - skin.g, db = base.b - skin.b;
    base = color_mix(skin, base, stepf(0.008f, 0.022f, dr * dr + dg * dg + db * db));
  } else if (part == SSG_PORTRAIT_HAIR || part == SSG_PORTRAIT_EYEBROW || part == SSG_PORTRAIT_HAT) {
    base = steps(base, 7.0f);
  }
  base = saturate(base, 1.35f);
  float band = stepf(0.36f, 0.40f, l.diffuse * s->shade);
  SsgColor shadow = color_mul(base, (SsgColor){0.68f, 0.60f, 0.74f});
  SsgColor c = color_mix(shadow, color_scale(base, 1.05f), band);
  c = color_mix(c, (SsgColor){1, 1, 1}, stepf(0.09f, 0.13f, l.highlight) * 0.4f);
  return color_mix(c, s->albedo, s->emit);
}

static SsgColor look_bust(const SsgScene *sc, SsgPortraitPart part, const SsgSurface *s, float x, float y)
{
  if (part == SSG_PORTRAIT_BACKGROUND) { /* a museum wall, lit from the light's side */
    float d = (x - 0.5f - 0.25f * sc->lx) * (x - 0.5f - 0.25f * sc->lx) + (y - 0.35f) * (y - 0.35f);
    SsgColor wall = color_mix((SsgColor){0.16f, 0.17f, 0.20f}, color_of(sc->p->backdrop_color[0]), 0.22f);
    return color_scale(wall, 0.55f + 0.9f * bellf(d * 3.0f));
  }
  float ly = sc->ly - 0.25f, k = 1.0f / sqrtf(sc->lx * sc->lx + ly * ly + 0.55f * sc->lz * sc->lz * 0.55f);
  Lit l = light(s, sc->lx * k, ly * k, sc->lz * 0.55f * k);
  bool bronze = part == SSG_PORTRAIT_GLASSES || part == SSG_PORTRAIT_EARRING || part == SSG_PORTRAIT_HAT;
  float warp = cloudf(x * 5.0f, y * 5.0f, sc->salt) * 3.0f;
  float vein = 1.0f - stepf(0.0f, 0.035f, fabsf(noise2(x * 4.0f + warp, y * 7.0f + warp, sc->salt + 9u) - 0.5f));
  /* The paint's lights and darks survive only faintly, as a sculptor would suggest them by depth of carving. */
  float carve = 0.86f + 0.14f * stepf(0.05f, 0.75f, color_luma(s->albedo));
  SsgColor stone = bronze ? (SsgColor){0.66f, 0.47f, 0.24f} : (SsgColor){0.95f, 0.93f, 0.90f};
  stone = color_scale(stone, carve * (bronze ? 0.8f + 0.4f * warp * 0.33f : 1.0f - 0.10f * vein));
  float lit = l.diffuse * s->shade;
  SsgColor dark = bronze ? (SsgColor){0.20f, 0.18f, 0.16f} : (SsgColor){0.34f, 0.35f, 0.40f};
  SsgColor mult = color_mix(color_scale(dark, 0.6f + 0.4f * s->shade), (SsgColor){1.16f, 1.13f, 1.08f}, lit);
  SsgColor c = color_mul(stone, mult);
  float h = (bronze ? 0.5f : 0.10f) * bellf((1.0f - l.nz) * 9.0f + (1.0f - l.diffuse) * 9.0f);
  return (SsgColor){c.r + h, c.g + h * 0.95f, c.b + h * 0.88f};
}

static SsgColor look_night(const SsgScene *sc, SsgPortraitPart part, const SsgSurface *s, float x, float y)
{
  /* Two neon tubes, one on each side, of colours that differ from person to person. */
  float turn = sc->p->light_azimuth * 0.8f + sc->p->backdrop_angle * 0.25f;
  SsgColor left = {0.55f + 0.45f * sinef(turn + 1.2f), 0.18f + 0.22f * sinef(turn), 0.85f},
           right = {0.10f + 0.30f * sinef(turn + 0.4f), 0.75f + 0.2f * cosinef(turn), 0.95f};
  if (part == SSG_PORTRAIT_BACKGROUND) {
    float glow = 0.16f + 0.5f * color_luma(s->albedo) * color_luma(s->albedo);
    SsgColor c = color_mix(left, right, stepf(0.1f, 0.9f, x));
    float fall = bellf((y - 0.55f) * (y - 0.55f) * 3.0f);
    return (SsgColor){0.02f + c.r * glow * fall * 0.55f, 0.015f + c.g * glow * fall * 0.55f,
                      0.05f + c.b * glow * fall * 0.6f};
  }
  Lit l = light(s, 0.0f, -0.45f, 0.89f);
  float a = stepf(0.05f, 0.95f, -l.nx - 0.15f * l.ny + 0.12f) * s->shade;
  float b = stepf(0.05f, 0.95f, l.nx - 0.15f * l.ny + 0.12f) * s->shade;
  float soft = 0.16f + 0.20f * l.diffuse * s->shade;
  SsgColor c = color_mul(s->albedo, (SsgColor){0.60f, 0.52f, 0.95f});
  c = color_scale(c, soft * 1.25f);
  SsgColor base = color_mix(s->albedo, (SsgColor){0.8f, 0.8f, 0.8f}, 0.35f);
  c.r += base.r * (left.r * a + right.r * b);
  c.g += base.g * (left.g * a + right.g * b);
  c.b += base.b * (left.b * a + right.b * b);
  float h = l.highlight * 0.7f;
  c = (SsgColor){c.r + h * left.r, c.g + h * left.g, c.b + h};
  return color_mix(c, s->albedo, s->emit * 0.8f);
}

/* Ink keeps tones only; the pen comes at the end. */
static SsgColor look_ink(const SsgScene *sc, SsgPortraitPart part, const SsgSurface *s)
{
  Lit l = light(s, sc->lx, sc->ly, sc->lz);
  float local = color_luma(s->albedo), tone;
  if (part == SSG_PORTRAIT_BACKGROUND) { /* only dark walls get a light tone */
    tone = 0.58f + 0.42f * local;
    return (SsgColor){tone, tone, tone};
  }
  tone = (0.42f + 0.58f * l.diffuse * s->shade) *
             ((is_skin(part) ? 0.62f : 0.35f) + (is_skin(part) ? 0.38f : 0.65f) * stepf(0.0f, 0.8f, local)) +
         l.highlight;
  if (part == SSG_PORTRAIT_EYEBROW)
    tone *= 0.45f;
  tone = mixf(tone, local, s->emit);
  return (SsgColor){tone, tone, tone};
}

SsgColor ssg_look_light(const SsgScene *scene, SsgPortraitPart part, const SsgSurface *s, float x, float y, int px,
                        SsgColor below)
{
  switch (scene->look) {
  case SSG_LOOK_TOON:
    return look_toon(scene, part, s);
  case SSG_LOOK_BUST:
    return look_bust(scene, part, s, x, y);
  case SSG_LOOK_NIGHT:
    return look_night(scene, part, s, x, y);
  case SSG_LOOK_INK:
    return look_ink(scene, part, s);
  default:
    return look_paint(scene, s);
  }
}

/* One direction of hatching: 1 on a pen line. Lines waver and grow with the darkness. */
static float hatch(float x, float y, float c, float s, float pitch, float dark, uint32_t seed)
{
  float u = (x * c + y * s) / pitch, v = (y * c - x * s) / pitch;
  u += 0.55f * (noise2(u * 0.23f, v * 0.12f, seed) - 0.5f);
  float d = u - (float) floori(u) - 0.5f;
  d = d < 0 ? -d : d;
  float width = 0.10f + 0.30f * dark + 0.10f * (noise1(v * 0.7f + (float) floori(u) * 7.3f, seed + 3u) - 0.5f);
  return dark <= 0.0f ? 0.0f : stepf(width + 0.16f, width - 0.10f, d);
}

static void finish_ink(SsgScene *sc)
{
  int n = sc->size;
  /* The pen's pitch follows the picture, but never below what a pixel can show. */
  float pitch = (float) n / 62.0f;
  if (pitch < 2.6f)
    pitch = 2.6f;
  for (int y = 0; y < n; y++) {
    for (int x = 0; x < n; x++) {
      size_t px = (size_t) y * n + x;
      float tone = clampf(sc->rgb[px * 3], 0.0f, 1.0f), fx = (float) x, fy = (float) y;
      float ink = 0.0f, h;
      const float level[3] = {0.66f, 0.44f, 0.26f};
      const float c[3] = {0.78f, 0.34f, 0.98f}, s[3] = {0.62f, -0.94f, 0.17f};
      for (int k = 0; k < 3; k++) {
        float dark = clampf((level[k] - tone) * 3.2f, 0.0f, 1.0f);
        h = hatch(fx, fy, c[k], s[k], pitch, dark, sc->salt + (uint32_t) k * 17u);
        ink = h > ink ? h : ink;
      }
      h = stepf(0.17f, 0.07f, tone);
      ink = h > ink ? h : ink;
      h = (float) sc->line[px] * (1.0f / 255.0f);
      ink = h > ink ? h : ink;
      float grain = 0.025f * (noise2(fx * 90.0f / (float) n, fy * 90.0f / (float) n, sc->salt + 77u) - 0.5f);
      SsgColor paper = {0.965f + grain, 0.945f + grain, 0.895f + grain}, pen = {0.10f, 0.11f, 0.17f};
      SsgColor o = color_mix(paper, pen, ink * 0.94f);
      sc->rgb[px * 3] = o.r;
      sc->rgb[px * 3 + 1] = o.g;
      sc->rgb[px * 3 + 2] = o.b;
    }
  }
}

void ssg_look_finish(SsgScene *sc)
{
  int n = sc->size;
  if (sc->look == SSG_LOOK_INK) {
    finish_ink(sc);
  } else if (sc->look == SSG_LOOK_TOON) {
    for (size_t i = 0; i < (size_t) n * n; i++) {
      float a = (float) sc->line[i] * (0.92f / 255.0f), *o = sc->rgb + i * 3;
      o[0] = mixf(o[0], 0.09f, a);
      o[1] = mixf(o[1], 0.06f, a);
      o[2] = mixf(o[2], 0.12f, a);
    }
  } else if (sc->look == SSG_LOOK_NIGHT) {
    /* Contours glow: the line itself, and its blurred light around it. */
    SsgMask line = {.size = n, .stride = n, .data = sc->line, .x1 = n, .y1 = n};
    memset(sc->shadow, 0, (size_t) n * n);
    ssg_mask_cast(&line, sc->shadow, sc->scratch, 0, 0, (float) n / 40.0f, 1.0f);
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        size_t i = (size_t) y * n + x;
        float a = (float) sc->line[i] * (1.0f / 255.0f), g = (float) sc->shadow[i] * (1.0f / 255.0f);
        float t = stepf(0.25f, 0.75f, (float) x / (float) n);
        SsgColor tube = color_mix((SsgColor){1.0f, 0.32f, 0.85f}, (SsgColor){0.25f, 0.90f, 1.0f}, t);
        float *o = sc->rgb + i * 3;
        o[0] += tube.r * (0.50f * a + 0.55f * g);
        o[1] += tube.g * (0.50f * a + 0.55f * g);
        o[2] += tube.b * (0.50f * a + 0.55f * g);
      }
    }
  }
}
