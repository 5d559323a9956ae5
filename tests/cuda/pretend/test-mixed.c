/* Training with its highest resolutions in f16 and bf16, on the pretended CUDA: the gradients of all four steps beside those of f32,
 * what the gradients' factor is good for, that one too large is caught and falls, and that the CPU refuses.
 * Usage: test-mixed GOLDENS */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "trainer/train.h"

#define K 3
#define N 4
#define S 8
#define R 16

static const char *goldens;
/* Render net and discriminator work at 16 and 8 pixels (and 4). */
static const SsgArchitecture arch = {.n_parts = K, .style_dim = S, .n_mapping = 2, .n_layers = 4, .n_base = 1, .n_depth = 2,
  .local_channels = 8, .feature_channels = 8, .coarse_size = 8, .render_size = 4, .size = R, .n_levels = 2, .render_channels = {8, 8},
  .residual_refine = TRUE, .n_disc_levels = 2, .disc_channels = {8, 8, 8}, .disc_masks = TRUE};
static float z[N * S], rgb[N * R * R * 3], direction[N / 2 * R * R * 3];
static guint8 labels[N * R * R];
static guint64 streams[N];

enum { D, R1, G, PATH, N_STEPS };
static const char *const names[N_STEPS] = {"D", "R1", "G", "path"};

static void draw_inputs(void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed(4);
  for (gsize i = 0; i < G_N_ELEMENTS(z); i++)
    z[i] = g_rand_double_range(rand, -1.7, 1.7);
  for (gsize i = 0; i < G_N_ELEMENTS(rgb); i++)
    rgb[i] = g_rand_double_range(rand, -1, 1);
  for (gsize i = 0; i < G_N_ELEMENTS(direction); i++)
    direction[i] = g_rand_double_range(rand, -1.7, 1.7);
  for (gsize i = 0; i < G_N_ELEMENTS(labels); i++)
    labels[i] = g_rand_int_range(rand, 0, K);
  for (int i = 0; i < N; i++)
    streams[i] = i * 100;
}

/* The gradient of one step; the caller frees it. */
static float *gradient(SsgTraining *t, int step, float scale, gint64 *n)
{
  SsgDraw draw = {.n = step == PATH ? N / 2 : N, .z0 = z, .noise = SSG_NOISE_SEEDED, .seed = 9, .streams = streams};
  SsgTensor *block = step == D || step == R1 ? t->d_grad : t->g_grad;
  SsgStepStats stats = {0};
  GError *error = NULL;

  (block == t->d_grad ? ssg_training_begin_d : ssg_training_begin_g)(t);
  if (step == D)
    ssg_training_d(t, &draw, rgb, labels, scale, &stats);
  else if (step == R1)
    ssg_training_r1(t, N, rgb, labels, scale, &stats);
  else if (step == G)
    ssg_training_g(t, &draw, scale, &stats);
  else
    ssg_training_path(t, &draw, direction, scale, NULL, NULL, &stats);
  *n = ssg_tensor_elements(block);
  float *out = g_new(float, *n);
  g_assert_true(ssg_tensor_download(block, out));
  ssg_context_check(t->ctx, &error);
  g_assert_no_error(error);
  return out;
}

static SsgTraining *training(SsgContext *ctx, int narrow_resolutions)
{
  GError *error = NULL;
  SsgTrainingOptions options = ssg_training_options_published();
  options.narrow_resolutions = narrow_resolutions;
  SsgTraining *t = ssg_training_new(ctx, &arch, &options, 5, &error);
  g_assert_no_error(error);
  return t;
}

static SsgContext *context(SsgDtype dtype)
{
  GError *error = NULL;
  SsgContext *ctx = ssg_context_new("cuda", 1, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_context_set_map_dtype(ctx, dtype));
  return ctx;
}

static double difference(const float *a, const float *b, gint64 n)
{
  double square = 0, norm = 0;
  for (gint64 i = 0; i < n; i++) {
    square += pow((double) a[i] - b[i], 2);
    norm += pow(b[i], 2);
  }
  g_assert_cmpfloat(norm, >, 0);
  return sqrt(square / norm);
}

/* The largest relative difference of one parameter's gradient; those that are below a thousandth of the whole count little. */
static double worst_difference(SsgParameters *p, const float *a, const float *b, gint64 n)
{
  double whole = 0, worst = 0;
  for (gint64 i = 0; i < n; i++)
    whole += pow(b[i], 2);
  for (int k = 0; k < ssg_parameters_count(p); k++) {
    const SsgParameter *parameter = ssg_parameters_get(p, k);
    double square = 0, norm = 0;
    if (parameter->buffer)
      continue;
    for (gint64 i = parameter->start; i < parameter->start + ssg_shape_elements(&parameter->shape); i++) {
      square += pow((double) a[i] - b[i], 2);
      norm += pow(b[i], 2);
    }
    worst = MAX(worst, sqrt(square) / (sqrt(norm) + 1e-3 * sqrt(whole)));
  }
  return worst;
}

/* Relative difference of a step's gradient from that of f32; *worst (or NULL): of one parameter's. */
static double error_of(SsgDtype dtype, int narrow_resolutions, int step, float scale, float gradient_scale, double *worst)
{
  static float *expected; /* of the step and scale asked for last */
  static int expected_step = -1;
  static float expected_scale;
  gint64 n;
  if (step != expected_step || scale != expected_scale) {
    g_autoptr(SsgContext) wide_ctx = context(SSG_F32);
    g_autoptr(SsgTraining) wide = training(wide_ctx, 4);
    g_free(expected);
    expected = gradient(wide, step, scale, &n);
    expected_step = step;
    expected_scale = scale;
  }
  g_autoptr(SsgContext) ctx = context(dtype);
  g_autoptr(SsgTraining) t = training(ctx, narrow_resolutions);
  if (gradient_scale > 0)
    t->gradient_scale = gradient_scale;
  g_autofree float *found = gradient(t, step, scale, &n);
  if (worst)
    *worst = worst_difference(step == D || step == R1 ? t->d->parameters : t->g->parameters, found, expected, n);
  return difference(found, expected, n);
}

/* f16 keeps 11 bits and bf16 8. Rounding moves a share of as many activations across zero, where the gradient jumps: it differs by
 * about the root of one rounding, 2 and 6 hundredths, not by the rounding itself. */
static void test_gradients(void)
{
  for (int step = 0; step < N_STEPS; step++) {
    double worst_half, worst_brain;
    double half = error_of(SSG_F16, 4, step, 1, 0, &worst_half), brain = error_of(SSG_BF16, 4, step, 1, 0, &worst_brain);
    g_test_message("%s: relative difference of the gradient %.2g in f16 (%.2g of one parameter), %.2g in bf16 (%.2g)", names[step], half,
                   worst_half, brain, worst_brain);
    g_assert_cmpfloat(half, <, 5e-2);
    g_assert_cmpfloat(brain, <, 0.15);
    g_assert_cmpfloat(worst_half, <, 0.1);
    g_assert_cmpfloat(worst_brain, <, 0.3);
    /* It is really narrow, and only where it is asked for. */
    g_assert_cmpfloat(half, >, 1e-4);
    g_assert_cmpfloat(brain, >, 1e-3);
  }
  double worst, one = error_of(SSG_F16, 1, PATH, 1, 0, &worst);
  g_test_message("path, one resolution: %.2g (%.2g)", one, worst);
  g_assert_cmpfloat(worst, <, 0.1);
  g_assert_cmpfloat(one, >, 1e-4);
  g_assert_cmpfloat(error_of(SSG_F16, 0, PATH, 1, 0, NULL), ==, 0);
}

/* Gradients as small as those of a large batch of large pictures vanish in f16, but not with the factor. */
static void test_small_gradients(void)
{
  for (int step = D; step <= G; step += G - D) { /* of first order */
    double with = error_of(SSG_F16, 4, step, 1e-5f, 0, NULL), without = error_of(SSG_F16, 4, step, 1e-5f, 1, NULL);
    g_test_message("%s: %.2g with the factor, %.2g without", names[step], with, without);
    g_assert_cmpfloat(with, <, 5e-2);
    g_assert_cmpfloat(without, >, 2 * with);
  }
}

/* --- whole iterations --- */

static const char config_text[] =
    "{ \"architecture\": { \"n_parts\": 5, \"style_dim\": 16, \"n_mapping\": 2, \"n_layers\": 4, \"n_base\": 1, \"n_depth\": 2,"
    "  \"local_channels\": 8, \"feature_channels\": 8, \"coarse_size\": 8, \"render_size\": 4, \"size\": 16,"
    "  \"residual_refine\": true, \"detach_texture\": false, \"disc_masks\": true, \"transparent\": [3],"
    "  \"render_channels\": [8, 8], \"disc_channels\": [8, 8, 8] }, \"iterations\": 3,"
    "  \"batch\": 4, \"grid_every\": 0, \"r1_every\": 1, \"path_every\": 1 }";

/* A factor that makes infinities: no step learns from them, the factor falls until it fits, and the run goes on. */
static void test_not_finite(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = context(SSG_F16);
  g_autoptr(SsgWorkers) workers = ssg_workers_new(&error);
  g_auto(SsgTrainConfig) config = {0};
  g_autofree char *data = g_build_filename(goldens, "lmdb-mask-64", NULL);
  g_autofree char *text = g_strdup_printf("%.*s, \"data\": \"%s\" }", (int) strlen(config_text) - 1, config_text, data);

  g_assert_true(ssg_train_config_preset(&config, "small-64", NULL));
  g_assert_true(ssg_train_config_parse(&config, text, "test", &error));
  g_autoptr(SsgTrainer) trainer = ssg_trainer_new(ctx, &config, workers, &error);
  g_assert_no_error(error);
  SsgTraining *t = ssg_trainer_training(trainer);
  gint64 n = ssg_tensor_elements(t->g_grad);
  g_autofree float *before = g_new(float, n), *after = g_new(float, n);
  g_assert_true(ssg_tensor_download(ssg_parameters_trained(t->g->parameters), before));
  t->gradient_scale = 0x1p22f;
  g_autofree char *report = NULL;
  g_assert_true(ssg_trainer_open_data(trainer, &report, &error));
  g_assert_true(ssg_trainer_run(trainer, NULL, TRUE, &error));
  g_assert_no_error(error);
  g_test_message("the factor fell from 2^22 to 2^%g; %d and %d steps were taken of 6", log2(t->gradient_scale), (int) t->d_steps,
                 (int) t->g_steps);
  g_assert_cmpfloat(t->gradient_scale, <, 0x1p22);
  g_assert_cmpfloat(t->gradient_scale, >=, 1);
  g_assert_cmpint(t->d_steps + t->g_steps, <, 12);
  g_assert_cmpint(t->d_steps, >, 0);
  g_assert_cmpint(t->g_steps, >, 0);
  g_assert_true(ssg_tensor_download(ssg_parameters_trained(t->g->parameters), after));
  g_assert_cmpfloat(difference(after, before, n), >, 0);
  for (gint64 i = 0; i < n; i++)
    g_assert_true(isfinite(after[i]));

  /* The factor is part of the state. */
  g_autofree char *folder = g_dir_make_tmp("ssgan-mixed-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "state.safetensors", NULL);
  SsgTrainingProgress progress = {1, 4};
  g_assert_true(ssg_training_save(t, path, &progress, NULL, &error));
  float scale = t->gradient_scale;
  t->gradient_scale = 0x1p22f;
  g_assert_true(ssg_trainer_load(trainer, path, &error));
  g_assert_cmpfloat(t->gradient_scale, ==, scale);
  g_remove(path);
  g_rmdir(folder);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_assert_cmpint(argc, ==, 2);
  goldens = argv[1];
  draw_inputs();
  g_test_add_func("/mixed/gradients", test_gradients);
  g_test_add_func("/mixed/small-gradients", test_small_gradients);
  g_test_add_func("/mixed/not-finite", test_not_finite);
  return g_test_run();
}
