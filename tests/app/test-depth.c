/* Colour maps, depth scales, pictures of maps, probe, latency percentiles, part names, settings. */
#include "tests/app/helpers.h"

#include <glib/gstdio.h>
#include <math.h>
#include "app/depth-style.h"
#include "app/latency.h"
#include "app/part-names.h"
#include "app/probe.h"
#include "app/settings.h"

/* Lightness as CIE 1931/1976 has it, which is not how the maps were made: an independent judge of their evenness. */
static double cie_lightness(const guint8 *rgb)
{
  double linear[3];
  for (int c = 0; c < 3; c++) {
    double v = rgb[c] / 255.0;
    linear[c] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
  }
  double y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return y > 216 / 24389.0 ? 116 * cbrt(y) - 16 : y * 24389 / 27;
}

static void test_colormaps(void)
{
  const SsgColormap sequential[] = {SSG_COLORMAP_EMBER, SSG_COLORMAP_LAGOON, SSG_COLORMAP_GREY};
  for (gsize m = 0; m < G_N_ELEMENTS(sequential); m++) {
    const guint8 *table = ssg_colormap_table(sequential[m]);
    double before = -1, span = cie_lightness(table + 4 * 255) - cie_lightness(table);
    g_assert_cmpfloat(span, >, 70);
    for (int i = 0; i < 256; i++) {
      double lightness = cie_lightness(table + 4 * i);
      g_assert_cmpint(table[4 * i + 3], ==, 255);
      g_assert_cmpfloat(lightness, >, before - 0.2); /* rises, but for rounding */
      if (before >= 0)
        g_assert_cmpfloat(lightness - before, <, 4 * span / 255); /* nowhere a jump */
      before = lightness;
    }
  }
  const guint8 *tide = ssg_colormap_table(SSG_COLORMAP_TIDE);
  g_assert_cmpfloat(cie_lightness(tide + 4 * 127), >, cie_lightness(tide) + 40);
  g_assert_cmpfloat(fabs(cie_lightness(tide) - cie_lightness(tide + 4 * 255)), <, 6);
  g_assert_cmpint(tide[2], >, tide[0]);                     /* blue at the low end */
  g_assert_cmpint(tide[4 * 255], >, tide[4 * 255 + 2]);     /* red at the high one */
  for (int m = 0; m < SSG_N_COLORMAPS; m++)
    g_assert_cmpint(ssg_colormap_from_id(ssg_colormap_id(m)), ==, m);
  g_assert_cmpint(ssg_colormap_from_id("nonsense"), ==, SSG_COLORMAP_EMBER);
}

static SsgRender *make_render(void)
{
  SsgRender *render = g_new0(SsgRender, 1);
  g_atomic_ref_count_init(&render->refs);
  render->size = 4;
  render->complete = TRUE;
  render->n_parts = 2;
  render->coarse_size = 2;
  render->rgb = g_malloc0(4 * 4 * 4);
  render->mask = g_malloc0(4 * 4);
  render->depth = g_new0(float, 8);
  render->weight = g_new0(float, 8);
  render->coarse = g_new0(float, 8);
  const float depth[] = {0, 0, 0, 0, -1, 3, 1, 7}, weight[] = {1, 0.25f, 0.5f, 0, 0, 0.75f, 0.5f, 1};
  memcpy(render->depth, depth, sizeof depth);
  memcpy(render->weight, weight, sizeof weight);
  for (int i = 0; i < 8; i++)
    render->coarse[i] = 2 * weight[i] - 1;
  render->mask[5] = 1; /* x 1, y 1 */
  render->rgb[4 * 5] = 200;
  return render;
}

static void test_depth(void)
{
  g_autoptr(SsgRender) render = make_render();
  SsgDepthStyle style = {SSG_COLORMAP_GREY, SSG_DEPTH_LINEAR, TRUE};
  SsgDepthRange range = ssg_depth_range(render, 1, &style);
  g_assert_true(range.low == -1 && range.high == 7);
  g_assert_cmpfloat(ssg_depth_position(3, range, SSG_DEPTH_LINEAR), ==, 0.5f);
  g_assert_cmpfloat(ssg_depth_position(-9, range, SSG_DEPTH_LINEAR), ==, 0);
  g_assert_cmpfloat(ssg_depth_position(99, range, SSG_DEPTH_LINEAR), ==, 1);
  g_assert_cmpfloat(ssg_depth_position(NAN, range, SSG_DEPTH_LINEAR), ==, 0);
  g_assert_cmpfloat_with_epsilon(ssg_depth_position(1, range, SSG_DEPTH_LOG), 0.5f, 1e-6f); /* log2: -1, 1, 3 */
  SsgDepthRange flat = ssg_depth_range(render, 0, &style);
  g_assert_cmpfloat(flat.low, <, flat.high);
  g_assert_cmpfloat_with_epsilon(ssg_depth_position(0, flat, SSG_DEPTH_LINEAR), 0.5f, 1e-6f);
  style.per_part = FALSE;
  range = ssg_depth_range(render, 0, &style);
  g_assert_true(range.low == -1 && range.high == 7);
  render->depth[4] = INFINITY;
  range = ssg_depth_range(render, 1, &style);
  g_assert_true(range.low == 0 && range.high == 7);

  guint8 map[16], picture[64];
  ssg_paint_depth(render, 1, &style, map);
  g_assert_cmpint(map[4 * 3], ==, 255);
  ssg_paint_weight(render, 1, SSG_COLORMAP_GREY, map);
  g_assert_cmpint(map[0], ==, 0);
  g_assert_cmpint(map[4 * 3], ==, 255);
  const guint32 colors[] = {0x102030, 0xff0000};
  ssg_paint_mask(render, colors, 1, picture);
  g_assert_cmpint(picture[0], ==, 0x10);
  g_assert_cmpint(picture[2], ==, 0x30);
  g_assert_cmpint(picture[4 * 5], ==, 255);
  g_assert_cmpint(picture[4 * 5 + 1], ==, 0);
  ssg_paint_mask(render, colors, 0, picture);
  g_assert_cmpint(memcmp(picture + 4 * 5, (guint8[]) {200, 0, 0, 255}, 4), ==, 0);
  ssg_paint_mask(render, colors, 0.5, picture);
  g_assert_cmpint(picture[0], ==, 8);
}

static void test_probe(void)
{
  g_autoptr(SsgRender) render = make_render();
  g_assert_null(ssg_probe_new(render, -0.01, 0));
  g_assert_null(ssg_probe_new(render, 0, 1));
  g_assert_null(ssg_probe_new(render, NAN, 0));
  g_autoptr(SsgProbe) probe = ssg_probe_new(render, 0.3, 0.4); /* pixel 1, 1; cell 0, 0 */
  g_assert_true(probe->x == 1 && probe->y == 1 && probe->coarse_x == 0 && probe->coarse_y == 0);
  g_assert_cmpint(probe->part, ==, 1);
  g_assert_cmpint(probe->r, ==, 200);
  g_assert_cmpint(probe->parts[0].part, ==, 0); /* the heavier first */
  g_assert_cmpfloat(probe->parts[1].depth, ==, -1);
  g_autoptr(SsgProbe) other = ssg_probe_new(render, 0.8, 0.2); /* cell 1, 0 */
  g_assert_cmpint(other->parts[0].part, ==, 1);
  g_assert_cmpfloat(other->parts[0].depth, ==, 3);
  g_assert_cmpfloat(other->parts[0].mask, ==, 0.75f);
  g_assert_cmphex(ssg_probe_parts_drawn(render), ==, 3);
  memset(render->mask, 1, 16); /* no background anywhere */
  g_assert_cmphex(ssg_probe_parts_drawn(render), ==, 2);
  const char *titles[] = {"Background", "Hair"};
  g_autofree char *text = ssg_probe_text(other, titles, 9);
  g_assert_cmpstr(text, ==, "Hair d = 3.00 m = 0.75   Background d = 0.00 m = 0.25");
}

static void test_latency(void)
{
  SsgLatencyRing *ring = g_new0(SsgLatencyRing, 1);
  g_assert_cmpuint(ssg_latency_ring_summary(ring).n, ==, 0);
  for (int i = 1; i <= 100; i++)
    ssg_latency_ring_add(ring, 101 - i);
  SsgLatency latency = ssg_latency_ring_summary(ring);
  g_assert_true(latency.n == 100 && latency.p50 == 50 && latency.p95 == 95 && latency.p99 == 99 && latency.max == 100);
  for (int i = 0; i < SSG_LATENCY_SAMPLES; i++)
    ssg_latency_ring_add(ring, 7);
  g_assert_cmpfloat(ssg_latency_ring_summary(ring).max, ==, 7); /* the old ones are forgotten */
  g_free(ring);
}

static void test_part_names(void)
{
  const struct {
    const char *name, *title;
  } cases[] = {{"hair", "Hair"}, {"eye", "Eyes"}, {"cloth", "Clothes"}, {"wing", "Wing"}, {"élan", "Élan"},
               {"", "Part"}, {NULL, "Part"}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *title = ssg_part_title(cases[i].name);
    g_assert_cmpstr(title, ==, cases[i].title);
  }
}

static void test_settings(void)
{
  GError *error = NULL;
  g_autoptr(GSettings) settings = ssg_settings_get(&error);
  if (!settings) {
    g_test_skip(error->message); /* a build without the desktop files compiles no schema */
    g_error_free(error);
    return;
  }
  g_autofree char *folder = make_folder();
  g_autofree char *models = g_build_filename(folder, "models", NULL);
  g_autofree char *model = g_build_filename(models, "default.safetensors", NULL);
  g_assert_cmpint(g_mkdir(models, 0700), ==, 0);
  g_assert_true(g_file_set_contents(model, "x", 1, NULL));
  g_setenv("SSGAN_DATA_DIR", folder, TRUE);
  g_autofree char *found = ssg_settings_default_model(settings);
  g_assert_cmpstr(found, ==, model);
  g_autofree char *other = g_build_filename(folder, "mine.safetensors", NULL);
  g_settings_set_string(settings, "model-path", other);
  g_autofree char *missing = ssg_settings_default_model(settings); /* the chosen one is gone: the default again */
  g_assert_cmpstr(missing, ==, model);
  g_assert_true(g_file_set_contents(other, "x", 1, NULL));
  g_autofree char *chosen = ssg_settings_default_model(settings);
  g_assert_cmpstr(chosen, ==, other);
  g_autoptr(GSettings) again = ssg_settings_get(NULL);
  g_assert_true(again == settings);
  remove_folder(folder);
}

int main(int argc, char **argv)
{
  g_setenv("LANGUAGE", "C", TRUE);
  g_setenv("GSETTINGS_BACKEND", "memory", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/app/depth/colormaps", test_colormaps);
  g_test_add_func("/app/depth/depth", test_depth);
  g_test_add_func("/app/depth/probe", test_probe);
  g_test_add_func("/app/depth/latency", test_latency);
  g_test_add_func("/app/depth/part-names", test_part_names);
  g_test_add_func("/app/depth/settings", test_settings);
  return g_test_run();
}
