/* Every differentiable op: its gradient against central differences, and the gradient of its gradient likewise. The function
 * differentiated is f(x) = sum c y(x)^2 / 2 with random c, so that second derivatives of linear ops are not zero. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/tensor.h"

#define MAX_INPUTS 4
#define STEP 2e-3f

typedef SsgTensor *(*Function)(SsgTensor **in);

typedef struct {
  const char *name;
  Function function;
  int n_in;
  SsgShape shape[MAX_INPUTS];
  float low, high; /* range of the inputs' values; 0, 0: -1 to 1 without a gap around 0 */
} Case;

static SsgContext *ctx;

/* --- the functions --- */

#define UNARY(name, kind) \
  static SsgTensor *name(SsgTensor **in) { return ssg_tensor_unary(kind, in[0]); }
UNARY(negate, SSG_UNARY_NEGATE)
UNARY(square, SSG_UNARY_SQUARE)
UNARY(square_root, SSG_UNARY_SQRT)
UNARY(reciprocal_root, SSG_UNARY_RSQRT)
UNARY(reciprocal, SSG_UNARY_RECIPROCAL)
UNARY(exponential, SSG_UNARY_EXP)
UNARY(logarithm, SSG_UNARY_LOG)
UNARY(sine, SSG_UNARY_SIN)
UNARY(cosine, SSG_UNARY_COS)
UNARY(sigmoid, SSG_UNARY_SIGMOID)
UNARY(softplus, SSG_UNARY_SOFTPLUS)

static SsgTensor *affine(SsgTensor **in) { return ssg_tensor_affine(in[0], -1.5f, 0.25f); }
static SsgTensor *add(SsgTensor **in) { return ssg_tensor_add(in[0], in[1]); }
static SsgTensor *sub(SsgTensor **in) { return ssg_tensor_sub(in[0], in[1]); }
static SsgTensor *mul(SsgTensor **in) { return ssg_tensor_mul(in[0], in[1]); }
static SsgTensor *divide(SsgTensor **in) { return ssg_tensor_div(in[0], in[1]); }
static SsgTensor *twice(SsgTensor **in) { return ssg_tensor_mul(in[0], in[0]); }
static SsgTensor *permute(SsgTensor **in) { return ssg_tensor_permute(in[0], (const int[]){2, 0, 3, 1}); }
static SsgTensor *slice_first(SsgTensor **in) { return ssg_tensor_slice(in[0], 0, 1, 2); }
static SsgTensor *slice_last(SsgTensor **in) { return ssg_tensor_slice(in[0], 2, 1, 3); }
static SsgTensor *unslice(SsgTensor **in) { return ssg_tensor_unslice(in[0], 1, 2, 7); }
static SsgTensor *concat(SsgTensor **in) { return ssg_tensor_concat((SsgTensor *[]){in[0], in[1], in[0]}, 3, 1); }
static SsgTensor *sum_to(SsgTensor **in) { return ssg_tensor_sum_to(in[0], SSG_SHAPE(3, 1, 5), 0.5f); }
static SsgTensor *broadcast(SsgTensor **in) { return ssg_tensor_broadcast_to(in[0], SSG_SHAPE(3, 4, 5), 0.5f); }
static SsgTensor *mean_axis(SsgTensor **in) { return ssg_tensor_mean_axis(in[0], 1); }
static SsgTensor *reshape(SsgTensor **in) { return ssg_tensor_reshape(in[0], SSG_SHAPE(5, 12)); }

#define MATMUL(name, ta, tb) \
  static SsgTensor *name(SsgTensor **in) { return ssg_tensor_matmul(in[0], in[1], ta, tb, 0.7f, NULL, FALSE); }
MATMUL(matmul_nn, FALSE, FALSE)
MATMUL(matmul_nt, FALSE, TRUE)
MATMUL(matmul_tn, TRUE, FALSE)
MATMUL(matmul_tt, TRUE, TRUE)
static SsgTensor *matmul_bias(SsgTensor **in)
{
  return ssg_tensor_matmul(in[0], in[1], FALSE, TRUE, 1, in[2], FALSE);
}
static SsgTensor *conv3(SsgTensor **in) { return ssg_tensor_conv(in[0], in[1], 1, 1, 1, in[2], FALSE); }
static SsgTensor *conv_stride(SsgTensor **in) { return ssg_tensor_conv(in[0], in[1], 2, 0, 0, NULL, FALSE); }
static SsgTensor *conv_input(SsgTensor **in) { return ssg_tensor_conv_input(in[0], in[1], 2, 0, 0, 9, 9); }
static SsgTensor *conv_weight(SsgTensor **in) { return ssg_tensor_conv_weight(in[0], in[1], 1, 1, 1, 3, 3); }
static SsgTensor *up(SsgTensor **in) { return ssg_tensor_upfirdn(in[0], 2, 1, 2, 1, 4, NULL, NULL, NULL, FALSE); }
static SsgTensor *down(SsgTensor **in) { return ssg_tensor_upfirdn(in[0], 1, 2, 1, 1, 1, NULL, NULL, NULL, FALSE); }
static SsgTensor *blur(SsgTensor **in) { return ssg_tensor_upfirdn(in[0], 1, 1, 2, 2, 1, in[1], NULL, NULL, FALSE); }
static SsgTensor *noise_of(SsgTensor *x)
{
  return ssg_tensor_normal(ctx, SSG_SHAPE(1, ssg_tensor_dim(x, 1), ssg_tensor_dim(x, 2), 1), 5, 5);
}
static SsgTensor *bias_act(SsgTensor **in)
{
  return ssg_tensor_bias_act(in[0], in[1], noise_of(in[0]), in[2], FALSE);
}
static SsgTensor *bias_act_groups(SsgTensor **in) { return ssg_tensor_bias_act(in[0], in[1], NULL, NULL, FALSE); }
static SsgTensor *act(SsgTensor **in) { return ssg_tensor_bias_act(in[0], NULL, NULL, NULL, TRUE); }
static SsgTensor *avg_pool(SsgTensor **in) { return ssg_tensor_avg_pool(in[0], 2); }
static SsgTensor *spread(SsgTensor **in) { return ssg_tensor_spread(in[0], 2); }
static SsgTensor *weigh_parts(SsgTensor **in) { return ssg_tensor_weigh_parts(in[0], in[1]); }

#define S(...) ((SsgShape){.rank = (int) (sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dim = {__VA_ARGS__}})
static const Case cases[] = {
    {"negate", negate, 1, {S(7)}, 0, 0},
    {"square", square, 1, {S(7)}, 0, 0},
    {"sqrt", square_root, 1, {S(7)}, 0.5f, 2},
    {"rsqrt", reciprocal_root, 1, {S(7)}, 0.5f, 2},
    {"reciprocal", reciprocal, 1, {S(7)}, 0.5f, 2},
    {"exp", exponential, 1, {S(7)}, 0, 0},
    {"log", logarithm, 1, {S(7)}, 0.5f, 2},
    {"sin", sine, 1, {S(7)}, 0, 0},
    {"cos", cosine, 1, {S(7)}, 0, 0},
    {"sigmoid", sigmoid, 1, {S(7)}, 0, 0},
    {"softplus", softplus, 1, {S(7)}, 0, 0},
    {"affine", affine, 1, {S(3, 5)}, 0, 0},
    {"add", add, 2, {S(3, 4, 5), S(3, 1, 5)}, 0, 0},
    {"sub", sub, 2, {S(3, 1, 5), S(1, 4, 5)}, 0, 0},
    {"mul", mul, 2, {S(3, 4, 5), S(1, 4, 1)}, 0, 0},
    {"div", divide, 2, {S(3, 4, 5), S(3, 4, 1)}, 0.5f, 2},
    {"mul-self", twice, 1, {S(6)}, 0, 0},
    {"permute", permute, 1, {S(2, 3, 4, 5)}, 0, 0},
    {"slice-first", slice_first, 1, {S(4, 3)}, 0, 0},
    {"slice-last", slice_last, 1, {S(2, 3, 5)}, 0, 0},
    {"unslice", unslice, 1, {S(2, 3, 4)}, 0, 0},
    {"concat", concat, 2, {S(2, 3, 4), S(2, 2, 4)}, 0, 0},
    {"sum-to", sum_to, 1, {S(3, 4, 5)}, 0, 0},
    {"broadcast-to", broadcast, 1, {S(3, 1, 5)}, 0, 0},
    {"mean-axis", mean_axis, 1, {S(3, 4, 5)}, 0, 0},
    {"reshape", reshape, 1, {S(3, 4, 5)}, 0, 0},
    {"matmul-nn", matmul_nn, 2, {S(2, 3, 4), S(2, 4, 5)}, 0, 0},
    {"matmul-nt", matmul_nt, 2, {S(2, 3, 4), S(1, 5, 4)}, 0, 0},
    {"matmul-tn", matmul_tn, 2, {S(1, 4, 3), S(2, 4, 5)}, 0, 0},
    {"matmul-tt", matmul_tt, 2, {S(2, 4, 3), S(2, 5, 4)}, 0, 0},
    {"matmul-bias", matmul_bias, 3, {S(4, 3, 4), S(4, 5, 4), S(2, 5)}, 0, 0},
    {"conv-3x3", conv3, 3, {S(2, 5, 5, 3), S(4, 3, 3, 3), S(4)}, 0, 0},
    {"conv-stride", conv_stride, 2, {S(2, 7, 7, 3), S(4, 3, 3, 3)}, 0, 0},
    {"conv-input", conv_input, 2, {S(2, 4, 4, 3), S(3, 3, 3, 5)}, 0, 0},
    {"conv-weight", conv_weight, 2, {S(2, 5, 5, 3), S(2, 5, 5, 4)}, 0, 0},
    {"upfirdn-up", up, 1, {S(2, 4, 4, 3)}, 0, 0},
    {"upfirdn-down", down, 1, {S(2, 8, 8, 3)}, 0, 0},
    {"upfirdn-bias", blur, 2, {S(2, 5, 5, 3), S(3)}, 0, 0},
    {"bias-noise", bias_act, 3, {S(2, 4, 4, 3), S(3), S(1)}, 0, 0},
    {"bias-groups", bias_act_groups, 2, {S(6, 2, 3), S(2, 3)}, 0, 0},
    {"act", act, 1, {S(4, 5)}, 0, 0},
    {"avg-pool", avg_pool, 1, {S(2, 4, 4, 3)}, 0, 0},
    {"spread", spread, 1, {S(2, 3, 3, 2)}, 0, 0},
    {"weigh-parts", weigh_parts, 2, {S(3, 2, 4, 5), S(3, 2, 4, 1)}, 0, 0},
};

/* --- the check --- */

static void fill(const Case *c, float *values, gint64 n)
{
  for (gint64 i = 0; i < n; i++) {
    double u = g_test_rand_double_range(0, 1);
    if (c->low == 0 && c->high == 0) /* away from 0, where the activation bends */
      values[i] = (u < 0.5 ? -1 : 1) * (0.2 + 0.8 * g_test_rand_double_range(0, 1));
    else
      values[i] = c->low + u * (c->high - c->low);
  }
}

/* f at the inputs, as a recorded scalar. */
static SsgTensor *evaluate(const Case *c, SsgTensor **in)
{
  SsgTensor *y = c->function(in);
  SsgTensor *weights = ssg_tensor_normal(ctx, *ssg_tensor_shape(y), 77, 1);
  return ssg_tensor_scale(ssg_tensor_sum(ssg_tensor_mul(weights, ssg_tensor_square(y))), 0.5f);
}

/* Inputs x + t v on the device, marked for gradients. */
static void make_inputs(const Case *c, float *const *x, float *const *v, float t, SsgTensor **in)
{
  for (int i = 0; i < c->n_in; i++) {
    gint64 n = ssg_shape_elements(&c->shape[i]);
    g_autofree float *moved = g_new(float, n);
    for (gint64 j = 0; j < n; j++)
      moved[j] = x[i][j] + t * v[i][j];
    in[i] = ssg_tensor_new_f32(ctx, c->shape[i], moved);
    ssg_tensor_require_gradient(in[i]);
  }
}

static double dot(SsgTensor *a, const float *v)
{
  if (!a)
    return 0;
  gint64 n = ssg_tensor_elements(a);
  g_autofree float *values = g_new(float, n);
  double sum = 0;
  g_assert_true(ssg_tensor_download(a, values));
  for (gint64 i = 0; i < n; i++)
    sum += (double) values[i] * v[i];
  return sum;
}

/* f, and with u not NULL also <grad f, u>, at x + t v. */
static void values_at(const Case *c, float *const *x, float *const *v, float t, float *const *u, double *f, double *gu)
{
  SsgTensor *in[MAX_INPUTS], *grads[MAX_INPUTS];
  ssg_scope_begin(ctx);
  make_inputs(c, x, v, t, in);
  ssg_context_set_recording(ctx, TRUE);
  SsgTensor *y = evaluate(c, in);
  *f = ssg_tensor_item(y);
  ssg_differentiate(y, NULL, c->n_in, in, grads, SSG_GRADIENT_PLAIN, NULL, NULL);
  ssg_context_set_recording(ctx, FALSE);
  *gu = 0;
  for (int i = 0; i < c->n_in; i++)
    *gu += dot(grads[i], u[i]);
  ssg_scope_end(ctx);
}

static void check_case(gconstpointer data)
{
  const Case *c = data;
  float *x[MAX_INPUTS], *v[MAX_INPUTS], *u[MAX_INPUTS];
  SsgTensor *in[MAX_INPUTS], *grads[MAX_INPUTS], *second[MAX_INPUTS];
  double f_plus, f_minus, g_plus, g_minus, first = 0, hessian = 0;

  for (int i = 0; i < c->n_in; i++) {
    gint64 n = ssg_shape_elements(&c->shape[i]);
    x[i] = g_new(float, n);
    v[i] = g_new(float, n);
    u[i] = g_new(float, n);
    fill(c, x[i], n);
    for (gint64 j = 0; j < n; j++) {
      v[i][j] = g_test_rand_double_range(-1, 1);
      u[i][j] = g_test_rand_double_range(-1, 1);
    }
  }

  ssg_scope_begin(ctx);
  make_inputs(c, x, v, 0, in);
  ssg_context_set_recording(ctx, TRUE);
  ssg_differentiate(evaluate(c, in), NULL, c->n_in, in, grads, SSG_GRADIENT_RECORD, NULL, NULL);
  SsgTensor *along = NULL; /* <grad f, u> */
  for (int i = 0; i < c->n_in; i++) {
    g_assert_nonnull(grads[i]);
    first += dot(grads[i], v[i]);
    SsgTensor *term = ssg_tensor_sum(ssg_tensor_mul(grads[i], ssg_tensor_new_f32(ctx, c->shape[i], u[i])));
    along = along ? ssg_tensor_add(along, term) : term;
  }
  ssg_differentiate(along, NULL, c->n_in, in, second, SSG_GRADIENT_PLAIN, NULL, NULL);
  ssg_context_set_recording(ctx, FALSE);
  for (int i = 0; i < c->n_in; i++)
    hessian += dot(second[i], v[i]);
  ssg_scope_end(ctx);

  values_at(c, x, v, STEP, u, &f_plus, &g_plus);
  values_at(c, x, v, -STEP, u, &f_minus, &g_minus);
  double slope = (f_plus - f_minus) / (2 * STEP), curvature = (g_plus - g_minus) / (2 * STEP);
  g_test_message("%s: slope %g, differences %g; curvature %g, differences %g", c->name, first, slope, hessian, curvature);
  /* Differences of f32 sums carry errors of about 1e-7 |f| / STEP. */
  double noise = 2e-7 / STEP;
  g_assert_cmpfloat(fabs(first - slope), <=, 2e-3 * fabs(slope) + 4 * noise * (1 + fabs(f_plus)));
  g_assert_cmpfloat(fabs(hessian - curvature), <=, 4e-3 * fabs(curvature) + 4 * noise * (1 + fabs(g_plus)));
  g_assert_true(ssg_context_check(ctx, NULL));
  for (int i = 0; i < c->n_in; i++) {
    g_free(x[i]);
    g_free(v[i]);
    g_free(u[i]);
  }
}

/* --- fused activations give what the separate ops give, gradients included --- */

static void compare(SsgTensor *a, SsgTensor *b)
{
  gint64 n = ssg_tensor_elements(a);
  g_autofree float *x = g_new(float, n), *y = g_new(float, n);
  g_assert_cmpint(n, ==, ssg_tensor_elements(b));
  ssg_tensor_download(a, x);
  ssg_tensor_download(b, y);
  for (gint64 i = 0; i < n; i++)
    g_assert_cmpfloat(fabsf(x[i] - y[i]), <=, 1e-4f * (1 + fabsf(y[i])));
}

static SsgTensor *fused(int which, SsgTensor **in, gboolean fuse)
{
  SsgTensor *noise = which == 2 ? noise_of(in[0]) : NULL, *y;
  SsgTensor *strength = noise ? in[3] : NULL;
  switch (which) {
  case 0:
    if (fuse)
      return ssg_tensor_conv(in[0], in[1], 1, 1, 1, in[2], TRUE);
    y = ssg_tensor_conv(in[0], in[1], 1, 1, 1, NULL, FALSE);
    return ssg_tensor_bias_act(y, in[2], NULL, NULL, TRUE);
  case 1: {
    gint64 rows = ssg_tensor_elements(in[0]) / 3;
    SsgTensor *x = ssg_tensor_reshape(in[0], SSG_SHAPE(1, rows, 3));
    SsgTensor *w = ssg_tensor_slice(ssg_tensor_reshape(in[1], SSG_SHAPE(1, 36, 3)), 1, 0, 3);
    SsgTensor *bias = ssg_tensor_reshape(in[2], SSG_SHAPE(1, 3));
    if (fuse)
      return ssg_tensor_matmul(x, w, FALSE, TRUE, 0.5f, bias, TRUE);
    return ssg_tensor_bias_act(ssg_tensor_matmul(x, w, FALSE, TRUE, 0.5f, NULL, FALSE), bias, NULL, NULL, TRUE);
  }
  default:
    if (fuse)
      return ssg_tensor_upfirdn(in[0], 1, 1, 2, 1, 4, in[2], noise, strength, TRUE);
    y = ssg_tensor_upfirdn(in[0], 1, 1, 2, 1, 4, NULL, NULL, NULL, FALSE);
    return ssg_tensor_bias_act(y, in[2], noise, strength, TRUE);
  }
}

static void check_fused(gconstpointer data)
{
  int which = GPOINTER_TO_INT(data);
  SsgTensor *results[2][9];

  ssg_scope_begin(ctx);
  for (int fuse = 0; fuse < 2; fuse++) {
    SsgTensor *in[4] = {ssg_tensor_normal(ctx, SSG_SHAPE(2, 5, 5, 3), 1, 1), ssg_tensor_normal(ctx, SSG_SHAPE(3, 3, 3, 3), 1, 2),
                        ssg_tensor_normal(ctx, SSG_SHAPE(3), 1, 3), ssg_tensor_normal(ctx, SSG_SHAPE(1), 1, 4)};
    if (which == 1)
      in[1] = ssg_tensor_normal(ctx, SSG_SHAPE(36, 3), 1, 2);
    SsgTensor *grads[4], *second[4];
    for (int i = 0; i < 4; i++)
      ssg_tensor_require_gradient(in[i]);
    ssg_context_set_recording(ctx, TRUE);
    SsgTensor *y = fused(which, in, fuse);
    SsgTensor *f = ssg_tensor_sum(ssg_tensor_square(y));
    ssg_differentiate(f, NULL, 4, in, grads, SSG_GRADIENT_RECORD, NULL, NULL);
    SsgTensor *norm = ssg_tensor_sum(ssg_tensor_square(grads[0]));
    ssg_differentiate(norm, NULL, 4, in, second, SSG_GRADIENT_PLAIN, NULL, NULL);
    ssg_context_set_recording(ctx, FALSE);
    results[fuse][0] = y;
    for (int i = 0; i < 4; i++) {
      results[fuse][1 + i] = grads[i];
      results[fuse][5 + i] = second[i];
    }
  }
  for (int i = 0; i < 9; i++) {
    g_assert_cmpint(results[0][i] != NULL, ==, results[1][i] != NULL);
    if (results[0][i])
      compare(results[1][i], results[0][i]);
  }
  ssg_scope_end(ctx);
}

/* --- the walk itself --- */

static void count_final(int index, SsgTensor *gradient, gpointer data)
{
  int *order = data;
  order[index] = ++order[3];
}

static void check_walk(void)
{
  int order[4] = {0};
  SsgTensor *grads[3];

  ssg_scope_begin(ctx);
  SsgTensor *a = ssg_tensor_full(ctx, SSG_SHAPE(1), 3), *b = ssg_tensor_full(ctx, SSG_SHAPE(1), 5);
  SsgTensor *unused = ssg_tensor_full(ctx, SSG_SHAPE(1), 7);
  SsgTensor *wrt[3] = {a, b, unused};
  for (int i = 0; i < 3; i++)
    ssg_tensor_require_gradient(wrt[i]);
  ssg_context_set_recording(ctx, TRUE);
  SsgTensor *p = ssg_tensor_mul(a, b);
  SsgTensor *y = ssg_tensor_add(ssg_tensor_mul(p, p), ssg_tensor_mul(ssg_tensor_stop_gradient(p), a)); /* a^2 b^2 + [ab] a */
  ssg_differentiate(y, NULL, 3, wrt, grads, SSG_GRADIENT_PLAIN, count_final, order);
  ssg_context_set_recording(ctx, FALSE);
  g_assert_cmpfloat(ssg_tensor_item(grads[0]), ==, 2 * 3 * 25 + 15);
  g_assert_cmpfloat(ssg_tensor_item(grads[1]), ==, 2 * 9 * 5);
  g_assert_null(grads[2]);
  g_assert_cmpint(order[3], ==, 3); /* every leaf reported once */
  g_assert_cmpint(order[2], ==, 1); /* the unreached one first */
  ssg_scope_end(ctx);
}

/* Nothing is recorded outside, and a failing op reports itself once and spreads its absence. */
static void check_failure(void)
{
  g_autoptr(GError) error = NULL;

  ssg_scope_begin(ctx);
  SsgTensor *a = ssg_tensor_full(ctx, SSG_SHAPE(2), 1);
  ssg_tensor_require_gradient(a);
  g_assert_false(ssg_tensor_requires_gradient(ssg_tensor_scale(a, 2)));
  SsgTensor *huge = ssg_tensor_full(ctx, SSG_SHAPE(INT64_C(1) << 50), 1);
  SsgTensor *sum = ssg_tensor_sum(huge);
  g_assert_true(isnan(ssg_tensor_item(sum)));
  g_assert_false(ssg_context_check(ctx, &error));
  g_assert_nonnull(error);
  g_assert_true(ssg_context_check(ctx, NULL));
  g_assert_cmpfloat(ssg_tensor_item(ssg_tensor_sum(a)), ==, 2);
  ssg_scope_end(ctx);
}

/* A graph's memory is back when its scope ends. */
static void check_memory(void)
{
  SsgDeviceMemory before, after;
  ssg_device_memory(ssg_context_device(ctx), &before);
  for (int i = 0; i < 3; i++)
    check_fused(GINT_TO_POINTER(i));
  ssg_device_memory(ssg_context_device(ctx), &after);
  g_assert_cmpuint(before.in_use, ==, after.in_use);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  ctx = ssg_context_new("cpu", 2, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *path = g_strdup_printf("/differentiate/%s", cases[i].name);
    g_test_add_data_func(path, &cases[i], check_case);
  }
  g_test_add_data_func("/fused/conv", GINT_TO_POINTER(0), check_fused);
  g_test_add_data_func("/fused/matmul", GINT_TO_POINTER(1), check_fused);
  g_test_add_data_func("/fused/upfirdn", GINT_TO_POINTER(2), check_fused);
  g_test_add_func("/walk", check_walk);
  g_test_add_func("/failure", check_failure);
  g_test_add_func("/memory", check_memory);
  int status = g_test_run();
  ssg_context_free(ctx);
  return status;
}
