/* Sizes derived from an architecture, against counts of the public checkpoints' layout that were taken from files. */
#include <string.h>
#include "engine/architecture.h"
#include "engine/error.h"

/* The two small checkpoints of the goldens (tiny.pt, tiny-plain.pt). */
static const SsgArchitecture tiny = {.n_parts = 5, .style_dim = 32, .n_mapping = 8, .n_layers = 10, .n_base = 2,
  .n_depth = 6, .local_channels = 16, .feature_channels = 24, .coarse_size = 16, .render_size = 8, .size = 64,
  .n_levels = 3, .render_channels = {16, 12, 8}, .residual_refine = TRUE, .transparent = 1 << 3, .n_disc_levels = 4,
  .disc_channels = {8, 12, 16, 16, 16}, .disc_masks = TRUE};
static const SsgArchitecture plain = {.n_parts = 4, .style_dim = 32, .n_mapping = 4, .n_layers = 6, .n_base = 1,
  .n_depth = 4, .local_channels = 16, .feature_channels = 24, .coarse_size = 8, .render_size = 4, .size = 32,
  .n_levels = 3, .render_channels = {16, 16, 12}, .detach_texture = TRUE, .n_disc_levels = 3,
  .disc_channels = {12, 16, 16, 16}, .disc_masks = TRUE};

static void test_rows(void)
{
  g_assert_cmpint(ssg_architecture_short_rows(&tiny), ==, 12);
  g_assert_cmpint(ssg_architecture_expanded_rows(&tiny), ==, 50);
  g_assert_cmpint(ssg_architecture_fourier_channels(&tiny), ==, 26);
  g_assert_cmpint(ssg_architecture_fourier_channels(&plain), ==, 22);
  g_assert_cmpint(ssg_architecture_render_inputs(&tiny, 0), ==, 24);
  g_assert_cmpint(ssg_architecture_render_inputs(&tiny, 1), ==, 40);
  g_assert_cmpint(ssg_architecture_render_inputs(&tiny, 2), ==, 12);
}

static void test_parameters(void)
{
  g_assert_cmpint(ssg_architecture_generator_parameters(&tiny), ==, 64506);
  g_assert_cmpint(ssg_architecture_discriminator_parameters(&tiny), ==, 35857);
  g_assert_cmpint(ssg_architecture_generator_parameters(&plain), ==, 43054);
  g_assert_cmpint(ssg_architecture_discriminator_parameters(&plain), ==, 32773);
  SsgArchitecture none = plain;
  none.n_disc_levels = 0;
  g_assert_cmpint(ssg_architecture_discriminator_parameters(&none), ==, 0);
  g_assert_cmpint(ssg_architecture_discriminator_macs(&none), ==, 0);
}

/* Products and convolutions of `plain`, written out one by one. */
static void test_macs(void)
{
  gint64 g = 4 * 32 * 32;                        /* mapping */
  g += 64 * 22 * 16;                             /* Fourier features */
  g += 4 * 6 * 32 * 16;                          /* modulations */
  g += 4 * 6 * 64 * 16 * 16;                     /* local layers */
  g += 3 * 64 * 16;                              /* depths of all but the background */
  g += 64 * 4 * 16 * 24;                         /* fused features */
  g += 16 * 9 * 24 * 16 + 64 * 9 * 16 * 16 + 64 * 16 * 7;      /* 4 -> 8 */
  g += 64 * 9 * 40 * 16 + 256 * 9 * 16 * 16 + 256 * 16 * 7;    /* 8 -> 16 */
  g += 256 * 9 * 16 * 12 + 1024 * 9 * 12 * 12 + 1024 * 12 * 7; /* 16 -> 32 */
  g_assert_cmpint(ssg_architecture_generator_macs(&plain), ==, g);

  gint64 branch = 1024 * 9 * 12 * 12 + 256 * (9 + 1) * 12 * 16; /* 32 -> 16 */
  branch += 256 * 9 * 16 * 16 + 64 * (9 + 1) * 16 * 16;         /* 16 -> 8 */
  branch += 64 * 9 * 16 * 16 + 16 * (9 + 1) * 16 * 16;          /* 8 -> 4 */
  gint64 d = 1024 * (3 + 4) * 12 + 2 * branch + 16 * 9 * 17 * 16 + 256 * 16 + 16;
  g_assert_cmpint(ssg_architecture_discriminator_macs(&plain), ==, d);
}

static void test_presets(void)
{
  const char *const *names = ssg_architecture_presets();
  int n = 0;
  for (; names[n]; n++) {
    SsgArchitecture arch;
    GError *error = NULL;
    g_assert_true(ssg_architecture_preset(names[n], &arch));
    g_assert_true(ssg_architecture_check(&arch, &error));
    g_assert_no_error(error);
    g_assert_cmpint(arch.n_parts, ==, 13);
    g_assert_cmpuint(arch.transparent, ==, 1 << 10 | 1 << 12);
  }
  g_assert_cmpint(n, ==, 6);
  SsgArchitecture arch;
  g_assert_false(ssg_architecture_preset("small", &arch));
  g_assert_true(ssg_architecture_preset("public-512", &arch));
  g_assert_cmpint(arch.size, ==, 512);
  g_assert_cmpint(ssg_architecture_render_inputs(&arch, 2), ==, 1024);
  g_assert_true(ssg_architecture_preset("public-256", &arch));
  g_assert_cmpint(arch.size, ==, 256);
}

#define REFUSED(field, value, says)                                                                                    \
  do {                                                                                                                 \
    SsgArchitecture bad = tiny;                                                                                        \
    GError *error = NULL;                                                                                              \
    bad.field = (value);                                                                                               \
    g_assert_false(ssg_architecture_check(&bad, &error));                                                              \
    g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);                                                                 \
    g_assert_nonnull(strstr(error->message, says));                                                                    \
    g_error_free(error);                                                                                               \
  } while (0)

static void test_check(void)
{
  g_assert_true(ssg_architecture_check(&tiny, NULL));
  g_assert_true(ssg_architecture_check(&plain, NULL));
  REFUSED(n_parts, 0, "number of parts is 0");
  REFUSED(n_parts, 1, "number of parts is 1");
  REFUSED(n_parts, 65, "between 2 and 64");
  REFUSED(n_parts, 3, "part 3 is said to be transparent");
  REFUSED(style_dim, 5000, "style dimension");
  REFUSED(n_mapping, 0, "mapping layers");
  REFUSED(n_layers, 6, "before the depth is 6");
  REFUSED(n_depth, 10, "before the depth");
  REFUSED(n_base, 6, "base layers");
  REFUSED(local_channels, -1, "local channels");
  REFUSED(feature_channels, 0, "feature channels");
  REFUSED(coarse_size, 4, "coarse size");
  REFUSED(coarse_size, 24, "powers of two");
  REFUSED(coarse_size, 128, "coarse size");
  REFUSED(render_size, 4, "lead from size 4 to 32");
  REFUSED(size, 1 << 20, "output size");
  REFUSED(n_levels, 13, "render levels");
  REFUSED(render_channels[1], 0, "render channels at level 1");
  REFUSED(transparent, 31, "at least one must be opaque");
  REFUSED(n_disc_levels, 3, "must have 4");
  REFUSED(disc_channels[4], 0, "discriminator channels at level 4");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine/architecture/rows", test_rows);
  g_test_add_func("/engine/architecture/parameters", test_parameters);
  g_test_add_func("/engine/architecture/macs", test_macs);
  g_test_add_func("/engine/architecture/presets", test_presets);
  g_test_add_func("/engine/architecture/check", test_check);
  return g_test_run();
}
