/* Terms of the losses that the authors' training does not have, and that the goldens cannot speak for. */
#include <math.h>

#include "engine/training.h"

#define K 3
#define N 2
#define S 4
#define H 4

static const SsgArchitecture arch = {.n_parts = K, .style_dim = S, .n_mapping = 1, .n_layers = 3, .n_base = 1, .n_depth = 2,
  .local_channels = 4, .feature_channels = 3, .coarse_size = H, .render_size = H, .size = 8, .n_levels = 1, .render_channels = {3},
  .n_disc_levels = 1, .disc_channels = {2, 2}, .disc_masks = TRUE};
static const float z[N * S] = {0.3f, -1.1f, 0.8f, 0.2f, -0.6f, 0.9f, 1.4f, -0.5f};
static const SsgDraw draw = {.n = N, .z0 = z, .noise = SSG_NOISE_NONE};

static SsgTraining *training(SsgContext *ctx, float entropy)
{
  GError *error = NULL;
  SsgTrainingOptions options = ssg_training_options_published();
  options.mask_entropy = entropy;
  SsgTraining *t = ssg_training_new(ctx, &arch, &options, 5, &error);
  g_assert_no_error(error);
  return t;
}

/* The gradient of the G step at t's parameters; the caller frees it. */
static float *gradient(SsgTraining *t, gint64 *n, SsgStepStats *stats)
{
  *n = ssg_tensor_elements(t->g_grad);
  float *out = g_new(float, *n);
  ssg_training_begin_g(t);
  ssg_training_g(t, &draw, 1, stats);
  g_assert_true(ssg_tensor_download(t->g_grad, out));
  return out;
}

/* Entropy of the coarse masks at `at` + step * direction, in double precision from the masks. */
static double entropy_at(SsgTraining *t, const float *at, const float *direction, double step, gint64 n)
{
  g_autofree float *moved = g_new(float, n);
  float coarse[N * H * H * K];
  double sum = 0;

  for (gint64 i = 0; i < n; i++)
    moved[i] = (float) (at[i] + step * direction[i]);
  ssg_tensor_upload(ssg_parameters_trained(t->g->parameters), moved);
  ssg_scope_begin(t->ctx);
  SsgTensor *noise[2 * SSG_MAX_LEVELS], *w = ssg_generator_map(t->g, ssg_tensor_new_f32(t->ctx, SSG_SHAPE(N, S), z));
  ssg_generator_noise(t->g, SSG_NOISE_NONE, N, 0, NULL, noise);
  SsgTensor *codes = ssg_tensor_broadcast_to(ssg_tensor_reshape(w, SSG_SHAPE(N, 1, S)),
                                             SSG_SHAPE(N, ssg_architecture_expanded_rows(&arch), S), 1);
  SsgGenerated fake = ssg_generator_forward(t->g, codes, noise);
  g_assert_true(ssg_tensor_download(fake.coarse, coarse));
  ssg_scope_end(t->ctx);
  for (int i = 0; i < N * H * H * K; i++) {
    double m = 0.5 * coarse[i] + 0.5;
    sum -= m > 0 ? m * log(m) : 0;
  }
  return sum / (N * H * H);
}

/* What the option adds to the gradient is the gradient of the masks' entropy, and the figure in the statistics is that entropy. */
static void test_mask_entropy(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgTraining) without = training(ctx, 0);
  g_autoptr(SsgTraining) with = training(ctx, 2);
  SsgStepStats stats = {0}, plain = {0};
  gint64 n;
  g_autofree float *a = gradient(without, &n, &plain), *b = gradient(with, &n, &stats), *at = g_new(float, n);
  g_assert_true(ssg_tensor_download(ssg_parameters_trained(with->g->parameters), at));

  double square = 0;
  for (gint64 i = 0; i < n; i++) {
    b[i] = (b[i] - a[i]) / 2;
    square += (double) b[i] * b[i];
  }
  g_assert_cmpfloat(square, >, 1e-8);
  double norm = sqrt(square), step = 3e-3 / norm;
  double measured = (entropy_at(with, at, b, step, n) - entropy_at(with, at, b, -step, n)) / (2 * step);
  g_test_message("along the gradient: %g, expected %g", measured, square);
  g_assert_cmpfloat(fabs(measured / square - 1), <, 1e-2);
  g_assert_cmpfloat(fabs(entropy_at(with, at, b, 0, n) - stats.mask_entropy), <, 1e-4);
  g_assert_cmpfloat(plain.mask_entropy, ==, 0);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine/training/mask-entropy", test_mask_entropy);
  return g_test_run();
}
