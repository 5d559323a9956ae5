/* The generator's beginnings: which weights a Fourier cutoff makes smaller. */
#include <math.h>

#include "engine/generator.h"

#define C 3
#define R 16
#define N_FOURIER 18 /* 2 (2 log2(16) + 1) */

static const SsgArchitecture arch = {.n_parts = 2, .style_dim = 4, .n_mapping = 1, .n_layers = 3, .n_base = 1,
  .n_depth = 2, .local_channels = C, .feature_channels = 2, .coarse_size = 8, .render_size = 8, .size = R,
  .n_levels = 1, .render_channels = {2}};

/* Radians per half edge of each Fourier channel, from the features themselves: x and y have none. */
static void frequencies(double *out)
{
  const double e = 1e-3, near[4] = {0, 0, e, e};
  float features[2][N_FOURIER];

  ssg_generator_fourier(&arch, 2, near, features[0]);
  for (int i = 0; i < N_FOURIER; i++) {
    gboolean cosine = features[0][i] > 0.5;
    out[i] = cosine ? round(acos(features[1][i]) / e) : round(asin(features[1][i]) / e);
  }
  out[0] = out[1] = 0;
}

static void test_fourier_cutoff(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgGenerator) published = ssg_generator_new(ctx, &arch, 7, &error);
  g_autoptr(SsgGenerator) softened = ssg_generator_new(ctx, &arch, 7, &error);
  g_assert_no_error(error);
  double frequency[N_FOURIER];
  float before[C * N_FOURIER], after[C * N_FOURIER];

  ssg_generator_soften_fourier(softened, 2);
  g_assert_true(ssg_tensor_download(published->pos_embed, before));
  g_assert_true(ssg_tensor_download(softened->pos_embed, after));
  frequencies(frequency);
  g_assert_cmpfloat(frequency[N_FOURIER - 1], ==, 8);
  for (int c = 0; c < C; c++)
    for (int i = 0; i < N_FOURIER; i++) {
      double factor = frequency[i] > 2 ? 2 / frequency[i] : 1;
      g_assert_cmpfloat(fabs(after[c * N_FOURIER + i] - factor * before[c * N_FOURIER + i]), <, 1e-6);
    }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine/generator/fourier-cutoff", test_fourier_cutoff);
  return g_test_run();
}
