#include "scene.h"

#include <stdlib.h>

SsgPoint ssg_scene_at(const SsgScene *sc, float x, float y, float z)
{
  float x1 = x * sc->cy + z * sc->sy, z1 = z * sc->cy - x * sc->sy;
  return (SsgPoint){x1, y * sc->cp - z1 * sc->sp};
}

static void bump(SsgScene *sc, SsgPoint at, float rx, float ry, float angle, float height)
{
  if (sc->n_bumps == SSG_MAX_BUMPS)
    return;
  sc->bump[sc->n_bumps++] =
      (SsgBump){at.x, at.y, 1.0f / (rx * rx), 1.0f / (ry * ry), cosinef(angle), sinef(angle), height};
}

static SsgPoint between(SsgPoint a, SsgPoint b, float t)
{
  return (SsgPoint){mixf(a.x, b.x, t), mixf(a.y, b.y, t)};
}

static void set_light(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  float ce = cosinef(p->light_elevation);
  sc->lx = sinef(p->light_azimuth) * ce;
  sc->ly = -sinef(p->light_elevation);
  sc->lz = cosinef(p->light_azimuth) * ce;
  float w = p->light_warmth * 0.07f, level = mixf(0.66f, 0.40f, (p->light_contrast - 0.55f) / 0.45f);
  sc->key = (SsgColor){1.10f + w, 1.07f + 0.2f * w, 1.03f - w};
  SsgColor back = color_mix((SsgColor){0.8f, 0.8f, 0.85f}, color_of(p->backdrop_color[0]), 0.5f);
  float y = color_luma(back);
  sc->ambient = (SsgColor){level * (0.75f + 0.25f * back.r / y - w), level * (0.75f + 0.25f * back.g / y),
                           level * (0.78f + 0.25f * back.b / y + w)};
  sc->rim = color_mix(color_of(p->backdrop_color[2]), (SsgColor){1, 1, 1}, 0.3f);
}

static void set_features(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  float fw = p->face_width, fl = p->face_length;
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f, half = SSG_EYE_HALF * p->eye_size, c = 0.465f * p->eye_spacing * fw;
    float lift = half * p->eye_tilt;
    sc->eye_in[i] = ssg_scene_at(sc, s * (c - half), 0.02f + lift, 0.84f);
    sc->eye_out[i] = ssg_scene_at(sc, s * (c + half), 0.02f - lift, 0.58f);
    sc->eye[i] = ssg_scene_at(sc, s * c, 0.02f, 0.80f);
    sc->brow[i] = ssg_scene_at(sc, s * c, -0.34f - p->brow_height - 0.03f * p->brow_arch, 0.88f);
    sc->ear[i] = ssg_scene_at(sc, s * 1.0f * fw, 0.16f, -0.12f);
    sc->nose_wing[i] = ssg_scene_at(sc, s * 0.215f * p->nose_width, 0.03f + 0.53f * p->nose_length * fl, 0.86f);
    float mw = 0.36f * p->mouth_width * (1.0f + 0.14f * stepf(0, 1, p->smile));
    sc->mouth_corner[i] = ssg_scene_at(sc, s * mw, 0.945f * fl - 0.10f * p->smile, 0.76f);
  }
  sc->nose_top = ssg_scene_at(sc, 0, -0.10f, 0.92f);
  sc->nose_tip = ssg_scene_at(sc, 0, 0.03f + 0.47f * p->nose_length * fl, 1.17f);
  sc->nose_base = ssg_scene_at(sc, 0, 0.03f + 0.61f * p->nose_length * fl, 0.97f);
  sc->mouth = ssg_scene_at(sc, 0, 0.955f * fl, 0.94f);
  sc->chin = ssg_scene_at(sc, 0, 1.30f * fl, 0.80f);
  sc->beard_drop = p->beard > 0 ? 0.05f + 0.22f * p->beard * p->beard : 0.0f;
}

static void set_bumps(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  float nb = p->nose_bridge, old = stepf(35, 80, p->age);
  sc->n_bumps = 0;
  SsgPoint a = sc->nose_top, b = sc->nose_tip;
  float tilt = anglef(b.x - a.x, b.y - a.y);
  bump(sc, between(a, b, 0.25f), 0.13f, 0.28f, tilt, 0.10f * nb);
  bump(sc, between(a, b, 0.62f), 0.14f, 0.30f, tilt, 0.15f * nb);
  bump(sc, b, 0.17f * p->nose_width, 0.15f, 0, 0.17f);
  for (int i = 0; i < 2; i++) {
    float s = i ? 1.0f : -1.0f;
    bump(sc, sc->nose_wing[i], 0.10f, 0.10f, 0, 0.06f);
    bump(sc, ssg_scene_at(sc, s * 0.43f, -0.02f, 0.80f), 0.32f, 0.21f, 0, -0.10f - 0.03f * old);
    bump(sc, sc->brow[i], 0.36f, 0.12f, 0, 0.055f);
    bump(sc, ssg_scene_at(sc, s * 0.60f, 0.42f, 0.78f), 0.30f, 0.24f, 0, 0.09f + 0.07f * stepf(0, 1, p->smile));
    bump(sc, ssg_scene_at(sc, s * 0.62f, 0.95f, 0.62f), 0.18f, 0.28f, 0, -0.05f + 0.03f * old);
    /* From the wing of the nose to beside the mouth: laughter and age fold it. */
    SsgPoint fold = between(sc->nose_wing[i], sc->mouth_corner[i], 0.45f);
    fold.x += s * 0.12f;
    float depth = 0.022f * stepf(0.1f, 1, p->smile) + 0.045f * old;
    bump(sc, fold, 0.06f, 0.20f, s * 0.55f, -depth);
    bump(sc, ssg_scene_at(sc, s * 0.40f, 0.24f, 0.82f), 0.20f, 0.06f, -s * 0.25f, -0.012f - 0.028f * old);
  }
  bump(sc, ssg_scene_at(sc, 0, -0.72f, 0.8f), 0.62f, 0.36f, 0, 0.08f);
  bump(sc, ssg_scene_at(sc, 0, 0.92f * p->face_length, 0.92f), 0.34f, 0.22f, 0, 0.06f);
  bump(sc, ssg_scene_at(sc, 0, 1.12f * p->face_length, 0.86f), 0.24f, 0.05f, 0, -0.045f);
  bump(sc, sc->chin, 0.22f, 0.15f, 0, 0.10f);
}

void ssg_scene_set_up(SsgScene *sc)
{
  const SsgPortrait *p = sc->p;
  sc->sy = sinef(p->yaw);
  sc->cy = cosinef(p->yaw);
  sc->sp = sinef(p->pitch);
  sc->cp = cosinef(p->pitch);
  sc->salt = hash32((uint32_t) p->seed * 0x9e3779b9u + (uint32_t) p->index * 0x85ebca6bu + 12345u);
  double n = sc->size, s = SSG_HEAD_UNIT * p->scale * n, c = cosinef(p->roll), r = sinef(p->roll);
  cairo_matrix_init(&sc->head, s * c, s * r, -s * r, s * c, p->center_x * n, p->center_y * n);
  sc->head_inverse = sc->head;
  cairo_matrix_invert(&sc->head_inverse);
  cairo_matrix_init(&sc->body, s, 0, 0, s, p->center_x * n, p->center_y * n - SSG_BODY_LIFT * s);
  sc->body_inverse = sc->body;
  cairo_matrix_invert(&sc->body_inverse);
  cairo_matrix_init_scale(&sc->picture_inverse, 1.0 / n, 1.0 / n);
  set_light(sc);
  set_features(sc);
  set_bumps(sc);
}

static bool open_scene(SsgScene *sc, uint8_t *labels)
{
  size_t n = (size_t) sc->size * sc->size;
  sc->rgb = calloc(n * 3, sizeof(float));
  sc->labels = labels;
  sc->line = ssg_look_has_lines(sc->look) ? calloc(n, 1) : NULL;
  sc->scratch = malloc(n * 2);
  sc->shadow = calloc(n, 1);
  bool good = sc->rgb && sc->labels && sc->scratch && sc->shadow && (sc->line || !ssg_look_has_lines(sc->look));
  for (int i = 0; i < 4; i++)
    good = ssg_mask_init(&sc->mask[i], sc->size) && good;
  return good;
}

static void close_scene(SsgScene *sc)
{
  for (int i = 0; i < 4; i++)
    ssg_mask_clear(&sc->mask[i]);
  free(sc->rgb);
  free(sc->line);
  free(sc->scratch);
  free(sc->shadow);
}

/* Shadows of what sits before the skin, as far as the light throws them. */
static void cast_shadows(SsgScene *sc)
{
  float unit = (float) sc->size * SSG_HEAD_UNIT * sc->p->scale, dx = -sc->lx * 0.16f * unit,
        dy = -sc->ly * 0.20f * unit;
  if (ssg_hair_front_mask(sc, &sc->mask[2]))
    ssg_mask_cast(&sc->mask[2], sc->shadow, sc->scratch, dx, dy, 0.10f * unit, 0.62f);
  if (ssg_hat_mask(sc, &sc->mask[2]))
    ssg_mask_cast(&sc->mask[2], sc->shadow, sc->scratch, dx * 1.2f, dy * 1.5f, 0.13f * unit, 0.75f);
}

bool ssg_portrait_draw(const SsgPortrait *portrait, int size, SsgPortraitLook look, uint8_t *rgb, uint8_t *labels)
{
  if (size < 16 || size > 2048)
    return false;
  size_t n = (size_t) size * size;
  uint8_t *own = labels ? NULL : malloc(n);
  SsgScene scene = {.p = portrait, .look = look, .size = size}, *sc = &scene;
  ssg_scene_set_up(sc);
  bool good = open_scene(sc, labels ? labels : own);
  if (good) {
    cast_shadows(sc);
    ssg_draw_background(sc);
    ssg_draw_back_hair(sc);
    ssg_draw_hood(sc);
    ssg_draw_neck(sc);
    ssg_draw_cloth(sc);
    ssg_draw_ears(sc);
    ssg_draw_face(sc);
    ssg_draw_nose(sc);
    ssg_draw_mouth(sc);
    ssg_draw_eyes(sc);
    ssg_draw_brows(sc);
    ssg_draw_hair(sc);
    ssg_draw_glasses(sc);
    ssg_draw_hat(sc);
    ssg_draw_earrings(sc);
    ssg_look_finish(sc);
    for (size_t i = 0; rgb && i < n * 3; i++)
      rgb[i] = (uint8_t) (clampf(sc->rgb[i], 0.0f, 1.0f) * 255.0f + 0.5f);
    for (int i = 0; i < 4; i++)
      good = good && cairo_status(sc->mask[i].cr) == CAIRO_STATUS_SUCCESS;
  }
  close_scene(sc);
  free(own);
  return good;
}
