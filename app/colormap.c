#include "app/colormap.h"

#include <math.h>
#include <string.h>
#include "app/i18n.h"

/* A point of a curve in Oklab (B. Ottosson, 2020) by lightness, chroma and hue in degrees. */
typedef struct {
  float position, lightness, chroma, hue;
} Knot;

static const struct {
  const char *id, *title;
  int n;
  Knot knots[6];
} maps[SSG_N_COLORMAPS] = {
    [SSG_COLORMAP_EMBER] = {"ember", N_("Ember"), 5,
                            {{0, 0, 0, 290}, {0.3f, 0.30f, 0.16f, 300}, {0.6f, 0.58f, 0.20f, 385},
                             {0.82f, 0.78f, 0.16f, 420}, {1, 0.97f, 0.06f, 465}}},
    [SSG_COLORMAP_LAGOON] = {"lagoon", N_("Lagoon"), 4,
                             {{0, 0.18f, 0.08f, 275}, {0.4f, 0.46f, 0.09f, 230}, {0.75f, 0.74f, 0.12f, 175},
                              {1, 0.96f, 0.08f, 125}}},
    [SSG_COLORMAP_GREY] = {"grey", N_("Grey"), 2, {{0, 0, 0, 0}, {1, 1, 0, 0}}},
    [SSG_COLORMAP_TIDE] = {"tide", N_("Tide (diverging)"), 5,
                           {{0, 0.32f, 0.14f, 262}, {0.25f, 0.62f, 0.11f, 250}, {0.5f, 0.93f, 0, 180},
                            {0.75f, 0.62f, 0.13f, 40}, {1, 0.32f, 0.14f, 25}}},
};

static guint8 tables[SSG_N_COLORMAPS][256 * 4];

static guint8 to_srgb(float linear)
{
  linear = CLAMP(linear, 0.0f, 1.0f);
  float s = linear <= 0.0031308f ? 12.92f * linear : 1.055f * powf(linear, 1 / 2.4f) - 0.055f;
  return lroundf(255 * s);
}

/* Linear sRGB of an Oklab colour (inverse of Ottosson's matrices); components outside [0, 1] are out of gamut. */
static void oklab_to_linear(float lightness, float a, float b, float *rgb)
{
  float l = lightness + 0.3963377774f * a + 0.2158037573f * b;
  float m = lightness - 0.1055613458f * a - 0.0638541728f * b;
  float s = lightness - 0.0894841775f * a - 1.2914855480f * b;
  l *= l * l;
  m *= m * m;
  s *= s * s;
  rgb[0] = 4.0767416621f * l - 3.3077115913f * m + 0.2309699292f * s;
  rgb[1] = -1.2684380046f * l + 2.6097574011f * m - 0.3413193965f * s;
  rgb[2] = -0.0041960863f * l - 0.7034186147f * m + 1.7076147010f * s;
}

static gboolean in_gamut(const float *rgb)
{
  for (int i = 0; i < 3; i++)
    if (rgb[i] < -1e-4f || rgb[i] > 1 + 1e-4f)
      return FALSE;
  return TRUE;
}

static void make_table(int map)
{
  const Knot *knots = maps[map].knots;
  for (int i = 0, k = 0; i < 256; i++) {
    float t = i / 255.0f, rgb[3];
    while (k < maps[map].n - 2 && t > knots[k + 1].position)
      k++;
    const Knot *p = &knots[k], *q = &knots[k + 1];
    float u = (t - p->position) / (q->position - p->position);
    float lightness = p->lightness + u * (q->lightness - p->lightness);
    float chroma = p->chroma + u * (q->chroma - p->chroma);
    float hue = (p->hue + u * (q->hue - p->hue)) * (float) (G_PI / 180);
    /* What the screen cannot show loses chroma, never lightness: clipping would make steps uneven. */
    do {
      oklab_to_linear(lightness, chroma * cosf(hue), chroma * sinf(hue), rgb);
      chroma *= 0.97f;
    } while (!in_gamut(rgb) && chroma > 1e-3f);
    for (int c = 0; c < 3; c++)
      tables[map][4 * i + c] = to_srgb(rgb[c]);
    tables[map][4 * i + 3] = 255;
  }
}

const guint8 *ssg_colormap_table(SsgColormap map)
{
  static gsize once;
  g_assert(map >= 0 && map < SSG_N_COLORMAPS);
  if (g_once_init_enter(&once)) {
    for (int i = 0; i < SSG_N_COLORMAPS; i++)
      make_table(i);
    g_once_init_leave(&once, 1);
  }
  return tables[map];
}

const char *ssg_colormap_id(SsgColormap map)
{
  return maps[map].id;
}

SsgColormap ssg_colormap_from_id(const char *id)
{
  for (int i = 0; i < SSG_N_COLORMAPS; i++)
    if (g_strcmp0(maps[i].id, id) == 0)
      return i;
  return SSG_COLORMAP_EMBER;
}

const char *ssg_colormap_title(SsgColormap map)
{
  return _(maps[map].title);
}
