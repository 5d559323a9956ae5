#include "numeric.h"
#include "portrait.h"

/* One number per name: a field's number does not move when another field is added. */
typedef struct {
  uint64_t key;
} Draw;

static uint64_t mix64(uint64_t x)
{
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static float unit(const Draw *d, const char *name)
{
  uint64_t h = 0xcbf29ce484222325u;
  for (; *name; name++)
    h = (h ^ (uint8_t) *name) * 0x100000001b3u;
  return (float) (mix64(d->key ^ mix64(h)) >> 40) * (1.0f / 16777216.0f);
}

static float again(const Draw *d, const char *name, int i)
{
  char key[40];
  size_t n = strlen(name);
  memcpy(key, name, n);
  key[n] = (char) ('0' + i);
  key[n + 1] = 0;
  return unit(d, key);
}

static float uniform(const Draw *d, const char *name, float a, float b)
{
  return mixf(a, b, unit(d, name));
}

static float tri(const Draw *d, const char *name, float a, float b)
{
  return mixf(a, b, 0.5f * (again(d, name, 0) + again(d, name, 1)));
}

/* The sum of four uniforms has deviation 1/sqrt(3): about normal, cut at 2 * sqrt(3) / sqrt(2) = 2.45 deviations. */
static float normal(const Draw *d, const char *name, float deviation)
{
  float sum = again(d, name, 0) + again(d, name, 1) + again(d, name, 2) + again(d, name, 3) - 2.0f;
  return clampf(sum * 1.7320508f, -2.45f, 2.45f) * deviation;
}

static int choose(const Draw *d, const char *name, const float *weights, int n)
{
  float u = unit(d, name), total = 0.0f;
  for (int i = 0; i < n; i++)
    total += weights[i];
  u *= total;
  for (int i = 0; i < n - 1; i++) {
    if (u < weights[i])
      return i;
    u -= weights[i];
  }
  return n - 1;
}

static void put(float out[3], SsgColor c)
{
  out[0] = clampf(c.r, 0, 1);
  out[1] = clampf(c.g, 0, 1);
  out[2] = clampf(c.b, 0, 1);
}

static SsgColor hex(uint32_t v)
{
  return (SsgColor){(float) (v >> 16) / 255.0f, (float) (v >> 8 & 255) / 255.0f, (float) (v & 255) / 255.0f};
}

static SsgColor pick(const Draw *d, const char *name, const uint32_t *palette, int n, float spread)
{
  int i = (int) (again(d, name, 5) * (float) n);
  SsgColor c = hex(palette[i < n ? i : n - 1]);
  float v = 1.0f + spread * (2.0f * again(d, name, 6) - 1.0f), w = spread * 0.4f * (2.0f * again(d, name, 7) - 1.0f);
  return (SsgColor){c.r * v + w, c.g * v, c.b * v - w};
}

#define COUNT(a) ((int) (sizeof(a) / sizeof((a)[0])))

static const uint32_t skin_ramp[7] = {0xfbe0cf, 0xf3c9ac, 0xe3ae8a, 0xc98d66, 0xa66a47, 0x7b4a33, 0x543225};
static const uint32_t irises[8] = {0x5b3a22, 0x6f4a26, 0x3c2a20, 0x4f7fa8, 0x6d8fa3, 0x5f8a58, 0x8a7a3e, 0x7d8a90};
static const uint32_t hairs[9] = {0x1c1819, 0x2c1f1a, 0x462c1f, 0x5e3a24, 0x7a4427,
                                  0x9c4a24, 0xa27c48, 0xcfa865, 0xe6d2a4};
static const uint32_t dyes[6] = {0xd8798f, 0x4f8f98, 0x4d63a8, 0x9277b5, 0xb83a3f, 0x5f9a6a};
static const uint32_t fabrics[26] = {0x2f3b52, 0x45566f, 0x7d93ab, 0xb6c6d1, 0x24302d, 0x4d6a5b, 0x8aa58c,
                                     0xc3cfae, 0x6b2f35, 0xa3484a, 0xcf7b68, 0xe3b39b, 0xb4833f, 0xdcb26a,
                                     0xeed9a8, 0x5a3f5c, 0x86688f, 0xb9a0bf, 0xefe8dc, 0xd9d2c5, 0x8c857d,
                                     0x3a3735, 0x22232a, 0x2f6f78, 0x6fa9a6, 0xb85c3a};
static const uint32_t metals[4] = {0xe3b84e, 0xd5d8dd, 0xd79a7c, 0xefe9dd};
static const uint32_t frames[8] = {0x1d1b1c, 0x4a2e1d, 0x7b4b28, 0x8d1f2d, 0x26375a, 0xb38a45, 0x9aa0a8, 0x2d5a4e};
static const uint32_t lips[7] = {0xb0303c, 0xc4516b, 0x8e2740, 0xd2746a, 0xa5474f, 0x7c2f4d, 0xcf4a3c};
static const uint32_t shadows[5] = {0x6a4a7a, 0x4a6688, 0x8a5a45, 0x4f7a70, 0xa05a70};

/* Backdrops: three hues near each other or across, muted, so that people stand out. */
static const uint32_t walls[18][3] = {
    {0xb9c7cf, 0x6f8796, 0xe9d9c0}, {0xd9cbb8, 0xa08a78, 0xf0e6d6}, {0x90a59a, 0x4f665f, 0xd8d3b0},
    {0xc9b3c4, 0x7d6b8c, 0xf0d5cf}, {0x59697f, 0x2c3547, 0xd8a777}, {0xe7cfa9, 0xc2875f, 0xf7ecd2},
    {0x9fb9c9, 0xd8d7c9, 0xf2c9a0}, {0x5c4f5e, 0x2d2833, 0xc78a74}, {0xa9b98a, 0x5e7450, 0xeee3b5},
    {0xe0b7a8, 0xa76f6c, 0xf5dfc9}, {0x3f5b62, 0x1f2f38, 0x8fc0b5}, {0xcfd4d8, 0x9aa2ab, 0xf3f1ea},
    {0x7a8fb5, 0x47557f, 0xe7b7b0}, {0xdfd6a5, 0x9a9a62, 0xf6f0d4}, {0xb57f66, 0x6a4038, 0xe9c08e},
    {0x86a9a6, 0x3f6a70, 0xf0d9b0}, {0xf0dbcf, 0xd3a9a0, 0xb9c9c4}, {0x45404a, 0x6d6470, 0xb3a79b}};

static void sample_body(SsgPortrait *p, const Draw *d)
{
  float u = unit(d, "age");
  p->age = 18.0f + 64.0f * u * sqrtf(u);
  p->skin_tone = unit(d, "skin tone");
  p->undertone = normal(d, "undertone", 0.5f);
  float t = p->skin_tone * 6.0f;
  int i = (int) t;
  i = i > 5 ? 5 : i;
  SsgColor skin = color_mix(hex(skin_ramp[i]), hex(skin_ramp[i + 1]), t - (float) i);
  put(p->skin,
      (SsgColor){skin.r - 0.006f * p->undertone, skin.g + 0.014f * p->undertone, skin.b - 0.026f * p->undertone});
  u = unit(d, "blush");
  p->blush = u * u;
  p->freckles = unit(d, "freckled") < 0.8f ? 0.0f : uniform(d, "freckles", 0.4f, 1.0f);
  p->mole = unit(d, "has mole") < 0.85f ? 0.0f : uniform(d, "mole", 0.001f, 1.0f);
  p->face_width = tri(d, "face width", 0.92f, 1.06f);
  p->face_length = tri(d, "face length", 0.95f, 1.07f);
  p->jaw_width = tri(d, "jaw width", 0.70f, 0.90f);
  p->chin_width = tri(d, "chin width", 0.24f, 0.44f);
  p->cheekbones = tri(d, "cheekbones", 0.94f, 1.03f);
  p->ear_size = tri(d, "ear size", 0.85f, 1.15f);
  p->neck_width = tri(d, "neck width", 0.50f, 0.68f);
  p->shoulder_width = tri(d, "shoulder width", 1.75f, 2.2f);
}

static void sample_features(SsgPortrait *p, const Draw *d)
{
  p->eye_size = tri(d, "eye size", 0.88f, 1.15f);
  p->eye_spacing = tri(d, "eye spacing", 0.95f, 1.06f);
  p->eye_tilt = normal(d, "eye tilt", 0.05f);
  p->eye_open =
      unit(d, "eyes half closed") < 0.12f ? uniform(d, "eye closing", 0.12f, 0.5f) : tri(d, "eye open", 0.7f, 1.1f);
  p->gaze_x = clampf(normal(d, "gaze x", 0.35f), -1, 1);
  p->gaze_y = normal(d, "gaze y", 0.2f);
  put(p->iris, pick(d, "iris", irises, COUNT(irises), 0.2f));
  p->lashes = unit(d, "lashes");
  p->eyeshadow = unit(d, "has eyeshadow") < 0.7f ? 0.0f : uniform(d, "eyeshadow", 0.3f, 0.9f);
  put(p->eyeshadow_color, pick(d, "eyeshadow color", shadows, COUNT(shadows), 0.15f));
  p->brow_thickness = tri(d, "brow thickness", 0.6f, 1.5f);
  p->brow_arch = tri(d, "brow arch", 0.0f, 1.0f);
  p->brow_height = normal(d, "brow height", 0.03f);
  p->brow_tilt = normal(d, "brow tilt", 0.05f);
  p->nose_length = tri(d, "nose length", 0.9f, 1.12f);
  p->nose_width = tri(d, "nose width", 0.78f, 1.25f);
  p->nose_bridge = tri(d, "nose bridge", 0.6f, 1.3f);
  p->mouth_width = tri(d, "mouth width", 0.86f, 1.14f);
  p->lip_fullness = tri(d, "lip fullness", 0.65f, 1.35f);
  float mood = unit(d, "mood");
  p->smile = mood < 0.22f   ? normal(d, "neutral", 0.06f)
             : mood < 0.32f ? -uniform(d, "frown", 0.12f, 0.45f)
                            : uniform(d, "smile", 0.2f, 1.0f);
  p->mouth_open = unit(d, "mouth opens") < 0.6f ? 0.0f : uniform(d, "mouth open", 0.25f, 1.0f);
  p->lipstick = unit(d, "has lipstick") < 0.6f ? 0.0f : uniform(d, "lipstick", 0.4f, 1.0f);
  SsgColor skin = color_of(p->skin);
  SsgColor bare = color_mix(color_mul(skin, (SsgColor){0.95f, 0.72f, 0.72f}), hex(0xa5474f), 0.25f);
  put(p->lip, color_mix(bare, pick(d, "lip color", lips, COUNT(lips), 0.12f), p->lipstick * 0.85f));
}

static void sample_hair(SsgPortrait *p, const Draw *d)
{
  static const float cuts[SSG_HAIR_CUTS] = {4, 6, 13, 12, 9, 12, 17, 8, 5, 5, 4, 5};
  static const float shortest[SSG_HAIR_CUTS] = {0, 0, 0.1f, 0.1f, 0.1f, 0.85f, 1.6f, 0.8f, 0.5f, 0.1f, 1.9f, 1.6f};
  static const float longest[SSG_HAIR_CUTS] = {0, 0, 0.3f, 0.3f, 0.3f, 1.35f, 2.5f, 1.9f, 1.0f, 0.2f, 2.4f, 2.3f};
  p->hair_cut = (SsgHairCut) choose(d, "hair cut", cuts, SSG_HAIR_CUTS);
  p->hair_length = uniform(d, "hair length", shortest[p->hair_cut], longest[p->hair_cut]);
  p->hair_volume = unit(d, "hair volume");
  float u = unit(d, "hair wave");
  p->hair_wave = u * sqrtf(u);
  p->hair_part = uniform(d, "hair part", -0.7f, 0.7f);
  p->fringe = unit(d, "has fringe") < 0.65f ? 0.0f : uniform(d, "fringe", 0.35f, 1.0f);
  p->hair_tucked = unit(d, "hair tucked") < 0.45f;
  p->hairline = unit(d, "recedes") < 0.33f ? 0.3f * stepf(30, 70, p->age) * unit(d, "receding") : 0.0f;
  bool dyed = unit(d, "dyed") < 0.08f;
  SsgColor c = dyed ? pick(d, "dye", dyes, COUNT(dyes), 0.12f) : pick(d, "hair color", hairs, COUNT(hairs), 0.16f);
  p->grey = dyed ? 0.0f : stepf(42.0f, 74.0f, p->age + normal(d, "greying", 7.0f));
  SsgColor grey = color_mix(hex(0x77777a), hex(0xe4e2de), unit(d, "grey color"));
  put(p->hair, color_mix(c, grey, 0.92f * p->grey));
  p->beard = unit(d, "has beard") < 0.80f ? 0.0f : uniform(d, "beard", 0.15f, 1.0f);
  p->moustache = unit(d, "has moustache") < 0.82f ? 0.0f : uniform(d, "moustache", 0.3f, 1.0f);
  p->stubble = unit(d, "has stubble") < 0.80f ? 0.0f : uniform(d, "stubble", 0.3f, 1.0f);
}

static void sample_things(SsgPortrait *p, const Draw *d)
{
  static const float cloths[SSG_CLOTH_KINDS] = {24, 16, 20, 13, 15, 12};
  static const float patterns[SSG_PATTERNS] = {40, 18, 10, 8, 14, 10};
  p->cloth = (SsgClothKind) choose(d, "cloth", cloths, SSG_CLOTH_KINDS);
  p->pattern = (SsgClothPattern) choose(d, "pattern", patterns, SSG_PATTERNS);
  put(p->cloth_color, pick(d, "cloth color", fabrics, COUNT(fabrics), 0.1f));
  put(p->cloth_color2, pick(d, "cloth color2", fabrics, COUNT(fabrics), 0.1f));
  p->pattern_scale = uniform(d, "pattern scale", 0.7f, 1.4f);

  static const float glasses[SSG_GLASSES_KINDS] = {70, 12, 11, 7};
  p->glasses = (SsgGlasses) choose(d, "glasses", glasses, SSG_GLASSES_KINDS);
  p->glasses_width =
      unit(d, "thick frame") < 0.5f ? uniform(d, "thin", 0.018f, 0.03f) : uniform(d, "thick", 0.05f, 0.08f);
  p->lens_tint = unit(d, "tinted") < 0.75f ? uniform(d, "tint", 0.04f, 0.15f) : uniform(d, "dark tint", 0.3f, 0.75f);
  put(p->glasses_color, pick(d, "frame color", frames, COUNT(frames), 0.15f));
  static const uint32_t lenses[5] = {0x4a5560, 0x6a5238, 0x3f6470, 0x7a5560, 0x55604a};
  put(p->lens_color, pick(d, "lens color", lenses, COUNT(lenses), 0.15f));

  static const float hats[SSG_HAT_KINDS] = {78, 7, 6, 5, 4};
  p->hat = (SsgHat) choose(d, "hat", hats, SSG_HAT_KINDS);
  put(p->hat_color, pick(d, "hat color", fabrics, COUNT(fabrics), 0.1f));
  put(p->hat_color2, pick(d, "hat color2", fabrics, COUNT(fabrics), 0.1f));

  static const float earrings[SSG_EARRING_KINDS] = {65, 9, 14, 12};
  p->earring = (SsgEarring) choose(d, "earring", earrings, SSG_EARRING_KINDS);
  p->earring_size = uniform(d, "earring size", 0.9f, 1.5f);
  put(p->earring_color, pick(d, "earring color", metals, COUNT(metals), 0.08f));

  static const float backdrops[SSG_BACKDROPS] = {24, 20, 18, 14, 16, 8};
  p->backdrop = (SsgBackdrop) choose(d, "backdrop", backdrops, SSG_BACKDROPS);
  int wall = (int) (unit(d, "wall") * (float) COUNT(walls));
  float value = uniform(d, "wall value", 0.88f, 1.08f), tilt = uniform(d, "wall tilt", -0.04f, 0.04f);
  for (int i = 0; i < 3; i++) {
    SsgColor c = hex(walls[wall < COUNT(walls) ? wall : COUNT(walls) - 1][i]);
    put(p->backdrop_color[i], (SsgColor){c.r * value + tilt, c.g * value, c.b * value - tilt});
  }
  p->backdrop_angle = uniform(d, "backdrop angle", -SSG_PI, SSG_PI);
}

void ssg_portrait_sample(SsgPortrait *p, uint64_t seed, uint64_t index)
{
  Draw draw = {mix64(mix64(seed) ^ (index * 0xd1342543de82ef95u + 1u))}, *d = &draw;
  *p = (SsgPortrait){.seed = seed, .index = index};
  p->yaw = clampf(normal(d, "yaw", 0.21f), -0.46f, 0.46f);
  p->pitch = clampf(normal(d, "pitch", 0.10f), -0.22f, 0.22f);
  p->roll = normal(d, "roll", 0.05f);
  p->center_x = 0.5f + normal(d, "center x", 0.018f);
  p->center_y = 0.465f + normal(d, "center y", 0.014f);
  p->scale = 1.0f + normal(d, "scale", 0.045f);
  p->light_azimuth = uniform(d, "light azimuth", -1.15f, 1.15f);
  p->light_elevation = tri(d, "light elevation", 0.25f, 0.85f);
  p->light_warmth = normal(d, "light warmth", 0.4f);
  p->light_contrast = tri(d, "light contrast", 0.55f, 1.0f);
  p->rim = unit(d, "has rim") < 0.5f ? 0.0f : uniform(d, "rim", 0.3f, 1.0f);
  sample_body(p, d);
  sample_features(p, d);
  sample_hair(p, d);
  sample_things(p, d);
}
