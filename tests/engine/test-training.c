/* Terms of the losses that the authors' training does not have, and that the goldens cannot speak for. */
#include <math.h>
#include <string.h>

#include "engine/training.h"

#define K 3
#define N 2
#define S 4
#define H 4
#define R 8
#define POOL (R / H)

static const SsgArchitecture arch = {.n_parts = K, .style_dim = S, .n_mapping = 1, .n_layers = 3, .n_base = 1, .n_depth = 2,
  .local_channels = 4, .feature_channels = 3, .coarse_size = H, .render_size = H, .size = R, .n_levels = 1, .render_channels = {3},
  .n_disc_levels = 1, .disc_channels = {2, 2}, .disc_masks = TRUE};
static const float z[N * S] = {0.3f, -1.1f, 0.8f, 0.2f, -0.6f, 0.9f, 1.4f, -0.5f};
static const SsgDraw draw = {.n = N, .z0 = z, .noise = SSG_NOISE_NONE};

static SsgTraining *training(SsgContext *ctx, float entropy, float recall, float support)
{
  GError *error = NULL;
  SsgTrainingOptions options = ssg_training_options_published();
  options.mask_entropy = entropy;
  options.mask_recall = recall;
  options.mask_support = support;
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

/* What the generator with the parameters `at` + step * direction makes. In a scope of the caller's. */
static SsgGenerated generate_at(SsgTraining *t, const float *at, const float *direction, double step, gint64 n)
{
  g_autofree float *moved = g_new(float, n);
  for (gint64 i = 0; i < n; i++)
    moved[i] = (float) (at[i] + step * direction[i]);
  ssg_tensor_upload(ssg_parameters_trained(t->g->parameters), moved);
  SsgTensor *noise[2 * SSG_MAX_LEVELS], *w = ssg_generator_map(t->g, ssg_tensor_new_f32(t->ctx, SSG_SHAPE(N, S), z));
  ssg_generator_noise(t->g, SSG_NOISE_NONE, N, 0, NULL, noise);
  SsgTensor *codes = ssg_tensor_broadcast_to(ssg_tensor_reshape(w, SSG_SHAPE(N, 1, S)),
                                             SSG_SHAPE(N, ssg_architecture_expanded_rows(&arch), S), 1);
  return ssg_generator_forward(t->g, codes, noise);
}

/* Entropy of the coarse masks there, in double precision from the masks. */
static double entropy_at(SsgTraining *t, const float *at, const float *direction, double step, gint64 n, gpointer unused)
{
  float coarse[N * H * H * K];
  double sum = 0;

  ssg_scope_begin(t->ctx);
  g_assert_true(ssg_tensor_download(generate_at(t, at, direction, step, n).coarse, coarse));
  ssg_scope_end(t->ctx);
  for (int i = 0; i < N * H * H * K; i++) {
    double m = 0.5 * coarse[i] + 0.5;
    sum -= m > 0 ? m * log(m) : 0;
  }
  return sum / (N * H * H);
}

typedef double (*Value)(SsgTraining *t, const float *at, const float *direction, double step, gint64 n, gpointer data);

/* The weight of `with`'s one option is 2. What it adds to the gradient is the gradient of value_at(), which is the figure in the statistics,
 * too. */
static void check_term(SsgTraining *with, Value value_at, gpointer data, gsize statistic)
{
  g_autoptr(SsgTraining) without = training(with->ctx, 0, 0, 0);
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
  double value = value_at(with, at, b, 0, n, data), step = 3e-3 / sqrt(square);
  g_assert_cmpfloat(value, >, 0.01);
  g_assert_cmpfloat(fabs(value - G_STRUCT_MEMBER(double, &stats, statistic)), <, 1e-4);
  g_assert_cmpfloat(G_STRUCT_MEMBER(double, &plain, statistic), ==, 0);
  double measured = (value_at(with, at, b, step, n, data) - value_at(with, at, b, -step, n, data)) / (2 * step);
  g_test_message("along the gradient: %g, expected %g", measured, square);
  g_assert_cmpfloat(fabs(measured / square - 1), <, 1e-2);
}

static void test_mask_entropy(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgTraining) with = training(ctx, 2, 0, 0);
  check_term(with, entropy_at, NULL, G_STRUCT_OFFSET(SsgStepStats, mask_entropy));
}

/* The mean of -(1 - m) log m of the class c that the fine mask shows, in double precision. weight and class [N * H * H]: 1 - m and c, those of
 * the first call, which sets them. */
typedef struct {
  gboolean set;
  int class[N * H * H];
  double weight[N * H * H];
} Missing;

static double recall_at(SsgTraining *t, const float *at, const float *direction, double step, gint64 n, gpointer data)
{
  Missing *missing = data;
  float depth[K * N * H * H], seg[N * R * R * K];
  double sum = 0;

  ssg_scope_begin(t->ctx);
  SsgGenerated fake = generate_at(t, at, direction, step, n);
  g_assert_true(ssg_tensor_download(fake.depth, depth) && ssg_tensor_download(fake.seg, seg));
  ssg_scope_end(t->ctx);
  for (int i = 0; i < N; i++)
    for (int y = 0; y < H; y++)
      for (int x = 0; x < H; x++) {
        int cell = (i * H + y) * H + x, best = 0;
        double shown[K] = {0}, total = 0, most = -INFINITY;
        for (int k = 0; k < K; k++) {
          most = MAX(most, depth[k * N * H * H + cell]);
          for (int q = 0; q < POOL * POOL; q++)
            shown[k] += seg[((i * R + POOL * y + q / POOL) * R + POOL * x + q % POOL) * K + k];
          best = shown[k] > shown[best] ? k : best;
        }
        for (int k = 0; k < K; k++)
          total += exp(depth[k * N * H * H + cell] - most);
        if (!missing->set) {
          missing->class[cell] = best;
          missing->weight[cell] = 1 - exp(depth[best * N * H * H + cell] - most) / total;
        }
        sum -= missing->weight[cell] * (depth[missing->class[cell] * N * H * H + cell] - most - log(total));
      }
  missing->set = TRUE;
  return sum / (N * H * H);
}

static void test_mask_recall(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgTraining) with = training(ctx, 0, 2, 0);
  Missing missing = {.set = FALSE};
  check_term(with, recall_at, &missing, G_STRUCT_OFFSET(SsgStepStats, mask_recall));
}

/* Where the depth of a part that begins at `from` is after five steps, times the sign of from. */
static double distance_after_steps(SsgTraining *t, int part, float from)
{
  float depths[K - 1] = {0};
  depths[part - 1] = from;
  ssg_tensor_upload(t->g->depth_bias, depths);
  for (int i = 0; i < 5; i++) {
    gint64 n;
    SsgStepStats stats = {0};
    g_free(gradient(t, &n, &stats));
    ssg_training_apply_g(t);
  }
  g_assert_true(ssg_tensor_download(t->g->depth_bias, depths));
  g_test_message("part %d: from %g to %.5f", part, from, depths[part - 1]);
  return copysign(1, from) * depths[part - 1];
}

/* A part 60 behind the others, which the fine mask shows everywhere: no gradient of its mask, which is e^-60, lifts it, but this does. */
static void test_sunk_part(void)
{
  static const float shown[K] = {-5, -5, 5};
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgTraining) without = training(ctx, 0, 0, 0);
  g_autoptr(SsgTraining) with = training(ctx, 0, 1, 0);
  ssg_tensor_upload(without->g->seg_bias[0], shown);
  ssg_tensor_upload(with->g->seg_bias[0], shown);
  g_assert_cmpfloat(fabs(distance_after_steps(without, 2, -60) - 60), <, 1e-5);
  g_assert_cmpfloat(distance_after_steps(with, 2, -60), <, 59.995);
}

/* --- support --- */

/* Part 1 has no place in the left half of the picture, nor the background in its last cell. */
static void set_support(SsgTraining *t)
{
  guint8 supported[K * H * H];
  for (int i = 0; i < K * H * H; i++)
    supported[i] = i / (H * H) == 1 ? i % H >= H / 2 : i != H * H - 1;
  ssg_training_set_support(t, supported);
}

/* The mean of -log of the share of the parts that may be there, in double precision. */
static double out_of_place_at(SsgTraining *t, const float *at, const float *direction, double step, gint64 n, gpointer unused)
{
  float depth[K * N * H * H];
  double sum = 0;

  ssg_scope_begin(t->ctx);
  g_assert_true(ssg_tensor_download(generate_at(t, at, direction, step, n).depth, depth));
  ssg_scope_end(t->ctx);
  for (int i = 0; i < N * H * H; i++) {
    double whole = 0, supported = 0;
    for (int k = 0; k < K; k++) {
      int cell = i % (H * H);
      double e = exp(depth[k * N * H * H + i]);
      whole += e;
      supported += k == 1 ? (cell % H >= H / 2) * e : k == 0 ? (cell != H * H - 1) * e : e;
    }
    sum += log(whole / supported);
  }
  return sum / (N * H * H);
}

static void test_mask_support(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgTraining) with = training(ctx, 0, 0, 2);
  set_support(with);
  check_term(with, out_of_place_at, NULL, G_STRUCT_OFFSET(SsgStepStats, mask_support));
}

/* A part 60 before the others covers also the half where it may not be: no gradient of its mask takes it away, but this does. */
static void test_grown_part(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgTraining) without = training(ctx, 0, 0, 0);
  g_autoptr(SsgTraining) with = training(ctx, 0, 0, 1);
  set_support(with);
  g_assert_cmpfloat(fabs(distance_after_steps(without, 1, 60) - 60), <, 1e-5);
  g_assert_cmpfloat(distance_after_steps(with, 1, 60), <, 59.995);
}

/* --- emphasis --- */

/* A discriminator that sees pictures emphasised is a plain one of emphasised pictures: a blur by hand, of seven pixels. */
static void test_emphasis(void)
{
  static const float blur[7] = {1 / 64.0f, 6 / 64.0f, 15 / 64.0f, 20 / 64.0f, 15 / 64.0f, 6 / 64.0f, 1 / 64.0f};
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  SsgArchitecture emphasised = arch;
  SsgTrainingOptions options = ssg_training_options_published();
  float rgb[N * R * R * 3], enlarged[N * R * R * 3], expected[N * R * R * 3], got[N * R * R * 3];
  guint8 labels[N * R * R];

  emphasised.disc_emphasis = TRUE;
  g_autoptr(SsgTraining) plain = ssg_training_new(ctx, &arch, &options, 5, &error);
  g_autoptr(SsgTraining) with = ssg_training_new(ctx, &emphasised, &options, 5, &error);
  g_assert_no_error(error);
  for (int i = 0; i < N * R * R * 3; i++)
    rgb[i] = sinf(0.7f * i) + 0.3f * (i % 3);
  for (int i = 0; i < N * R * R; i++)
    labels[i] = i / 5 % K;
  for (int i = 0; i < N * R * R * 3; i++) {
    float mean = (rgb[i / 3 * 3] + rgb[i / 3 * 3 + 1] + rgb[i / 3 * 3 + 2]) / 3;
    enlarged[i] = mean + 3 * (rgb[i] - mean);
  }
  for (int i = 0; i < N * R * R * 3; i++) {
    int x = i / 3 % R, y = i / 3 / R % R;
    float sum = 0;
    for (int v = MAX(0, y - 3); v <= MIN(R - 1, y + 3); v++)
      for (int u = MAX(0, x - 3); u <= MIN(R - 1, x + 3); u++)
        sum += blur[v - y + 3] * blur[u - x + 3] * enlarged[i + 3 * ((v - y) * R + u - x)];
    expected[i] = sum + 3 * (enlarged[i] - sum);
  }

  ssg_scope_begin(ctx);
  SsgTensor *picture = ssg_tensor_new_f32(ctx, SSG_SHAPE(N, R, R, 3), rgb);
  g_assert_true(ssg_discriminator_see(plain->d, picture) == picture);
  g_assert_true(ssg_tensor_download(ssg_discriminator_see(with->d, picture), got));
  ssg_scope_end(ctx);
  for (int i = 0; i < N * R * R * 3; i++)
    g_assert_cmpfloat(fabsf(got[i] - expected[i]), <, 1e-5f);

  /* R1 is the slope by what is seen; and the D step shows both, the real pictures and the generated ones, so. */
  SsgStepStats a = {0}, b = {0};
  ssg_training_begin_d(plain);
  ssg_training_r1(plain, N, expected, labels, 1, &a);
  ssg_training_begin_d(with);
  ssg_training_r1(with, N, rgb, labels, 1, &b);
  g_assert_cmpfloat(a.r1_image, >, 1e-6);
  g_assert_cmpfloat(fabs(a.r1_image / b.r1_image - 1), <, 1e-4);
  ssg_training_d(plain, &draw, expected, labels, 1, &a);
  ssg_training_d(with, &draw, rgb, labels, 1, &b);
  g_assert_cmpfloat(fabs(a.real_score - b.real_score), <, 1e-5);
  g_assert_cmpfloat(fabs(a.fake_score - b.fake_score), >, 1e-4);
  /* And the G step the same as the D step. */
  ssg_training_begin_g(with);
  ssg_training_g(with, &draw, 1, &b);
  double both = 0, scores[N];
  ssg_scope_begin(ctx);
  float at[1000];
  g_assert_cmpint(ssg_tensor_elements(with->g_grad), <=, G_N_ELEMENTS(at));
  g_assert_true(ssg_tensor_download(ssg_parameters_trained(with->g->parameters), at));
  SsgGenerated fake = generate_at(with, at, at, 0, ssg_tensor_elements(with->g_grad));
  float values[N];
  g_assert_true(ssg_tensor_download(ssg_discriminator_forward(with->d, ssg_discriminator_see(with->d, fake.rgb), fake.seg), values));
  ssg_scope_end(ctx);
  for (int i = 0; i < N; i++) {
    scores[i] = values[i];
    both += log1p(exp(-scores[i])) / N;
  }
  g_assert_cmpfloat(fabs(both - b.loss_g), <, 1e-5);
  g_assert_cmpfloat(fabs((scores[0] + scores[1]) / 2 - b.fake_score), <, 1e-5);
}

/* --- locality --- */

#define PIXELS (R * R)

/* Sample 0 gets another shape of part 1, sample 1 another texture of part 2. */
static const guint8 mix[K * N] = {0, 0, SSG_MIX_SECOND_SHAPE, 0, 0, SSG_MIX_SECOND_TEXTURE};
static const float z1[N * S] = {-0.9f, 0.4f, 1.2f, 0.1f, 0.7f, -1.3f, 0.2f, 0.6f};
static const SsgDraw edit = {.n = N, .z0 = z, .z1 = z1, .mix = mix, .noise = SSG_NOISE_NONE};

typedef struct {
  float rgb[N * PIXELS * 3];
  guint8 mask[N * PIXELS];
} Faces;

/* The faces of the first codes, or the edited ones, at the parameters `at` + step * direction: rows put together by hand. */
static void faces_at(SsgTraining *t, const float *at, const float *direction, double step, gint64 n, gboolean edited, Faces *faces)
{
  g_autofree float *moved = g_new(float, n);
  gint64 rows = ssg_architecture_expanded_rows(&arch);
  float w[2][N][S], codes[N * 9 * S];

  g_assert_cmpint(rows, ==, 9);
  for (gint64 i = 0; i < n; i++)
    moved[i] = (float) (at[i] + (direction ? step * direction[i] : 0));
  ssg_tensor_upload(ssg_parameters_trained(t->g->parameters), moved);
  ssg_scope_begin(t->ctx);
  ssg_tensor_download(ssg_generator_map(t->g, ssg_tensor_new_f32(t->ctx, SSG_SHAPE(N, S), z)), w[0]);
  ssg_tensor_download(ssg_generator_map(t->g, ssg_tensor_new_f32(t->ctx, SSG_SHAPE(N, S), z1)), w[1]);
  for (int i = 0; i < N; i++)
    for (int row = 0; row < rows; row++) { /* rows of part 1: 3 base, 4 shape, 5 texture */
      gboolean second = edited && (i == 0 ? row == 4 : row == 8);
      memcpy(codes + (i * rows + row) * S, w[second][i], sizeof w[0][0]);
    }
  SsgTensor *noise[2 * SSG_MAX_LEVELS];
  ssg_generator_noise(t->g, SSG_NOISE_NONE, N, 0, NULL, noise);
  SsgGenerated fake = ssg_generator_forward(t->g, ssg_tensor_new_f32(t->ctx, SSG_SHAPE(N, rows, S), codes), noise);
  g_assert_true(ssg_tensor_download(fake.rgb, faces->rgb));
  g_assert_true(ssg_tensor_download(ssg_tensor_argmax(fake.seg), faces->mask));
  ssg_scope_end(t->ctx);
}

/* Mean share of the change's energy outside of the edited parts. mask and `total` (of each sample, or NULL: the change's own) are those of
 * another pair where the loss holds them constant. */
static double outside(const Faces *before, const Faces *after, const Faces *masks[2], const double *total, double *totals)
{
  double share = 0;
  for (int i = 0; i < N; i++) {
    double sum = 3 * PIXELS * pow(0.25 / 127.5, 2), out = 0;
    for (int p = i * PIXELS; p < (i + 1) * PIXELS; p++) {
      double e = 0;
      for (int c = 0; c < 3; c++)
        e += pow(after->rgb[3 * p + c] - before->rgb[3 * p + c], 2);
      sum += e;
      out += masks[0]->mask[p] != i + 1 && masks[1]->mask[p] != i + 1 ? e : 0;
    }
    totals[i] = sum;
    share += out / (total ? total[i] : sum) / N;
  }
  return share;
}

/* The step's figure is the measure, and its gradient the one with the faces before, masks and denominators held constant. */
static void test_locality(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgTraining) t = training(ctx, 0, 0, 0);
  t->options.locality_weight = 0.25f; /* times locality_every, 8: 2 */
  gint64 n = ssg_tensor_elements(t->g_grad);
  g_autofree float *gradient = g_new(float, n), *at = g_new(float, n);
  Faces before, after, moved;
  const Faces *masks[] = {&before, &after};
  SsgStepStats stats = {0};
  double totals[N], ignored[N], square = 0;

  g_assert_true(ssg_tensor_download(ssg_parameters_trained(t->g->parameters), at));
  ssg_training_begin_g(t);
  ssg_training_locality(t, &edit, 1, &stats);
  g_assert_true(ssg_tensor_download(t->g_grad, gradient));
  faces_at(t, at, NULL, 0, n, FALSE, &before);
  faces_at(t, at, NULL, 0, n, TRUE, &after);
  double share = outside(&before, &after, masks, NULL, totals);
  g_test_message("outside: %g, expected %g", stats.locality, share);
  g_assert_cmpfloat(share, >, 0.01);
  g_assert_cmpfloat(share, <, 0.99);
  g_assert_cmpfloat(fabs(stats.locality - share), <, 1e-4);

  for (gint64 i = 0; i < n; i++)
    square += (double) gradient[i] * gradient[i];
  g_assert_cmpfloat(square, >, 1e-8);
  double step = 1e-2 / sqrt(square), shares[2];
  for (int side = 0; side < 2; side++) {
    faces_at(t, at, gradient, side ? -step : step, n, TRUE, &moved);
    shares[side] = outside(&before, &moved, masks, totals, ignored);
  }
  double measured = 2 * (shares[0] - shares[1]) / (2 * step);
  g_test_message("along the gradient: %g, expected %g", measured, square);
  g_assert_cmpfloat(fabs(measured / square - 1), <, 1e-2);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine/training/locality", test_locality);
  g_test_add_func("/engine/training/mask-entropy", test_mask_entropy);
  g_test_add_func("/engine/training/mask-recall", test_mask_recall);
  g_test_add_func("/engine/training/sunk-part", test_sunk_part);
  g_test_add_func("/engine/training/mask-support", test_mask_support);
  g_test_add_func("/engine/training/grown-part", test_grown_part);
  g_test_add_func("/engine/training/emphasis", test_emphasis);
  return g_test_run();
}
