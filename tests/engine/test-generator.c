/* The generator's beginnings: which weights a Fourier cutoff makes smaller. Computed in pieces, it is the same function with the
 * same gradients, of first and second order. */
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

#define N 6
#define N_OUTPUTS 5

/* What forward() gives, the gradients of a function of it for all parameters and the codes, and the parameters' gradients of the
 * codes' gradient's square (as path-length regularisation has them), one after another. */
static GArray *everything(SsgGenerator *g)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  GArray *values = g_array_new(FALSE, FALSE, sizeof(float));
  int n_wrt = 1;
  SsgTensor *wrt[64], *grads[64], *noise[2 * SSG_MAX_LEVELS];
  SsgTensor *all[N_OUTPUTS + 128];
  int count = 0;

  ssg_scope_begin(ctx);
  SsgTensor *codes = ssg_tensor_normal(ctx, SSG_SHAPE(N, ssg_architecture_expanded_rows(&g->arch), g->arch.style_dim), 5, 0);
  ssg_parameters_require_gradients(g->parameters, NULL);
  ssg_tensor_require_gradient(codes);
  wrt[0] = codes;
  for (int i = 0; i < ssg_parameters_count(g->parameters); i++)
    if (ssg_tensor_requires_gradient(ssg_parameters_get(g->parameters, i)->value))
      wrt[n_wrt++] = ssg_parameters_get(g->parameters, i)->value;
  ssg_generator_noise(g, SSG_NOISE_STORED, N, 0, NULL, noise);
  for (int order = 1; order <= 2; order++) { /* a plain backward pass takes its graph apart */
    ssg_context_set_recording(ctx, TRUE);
    SsgGenerated out = ssg_generator_forward(g, codes, noise);
    SsgTensor *loss = ssg_tensor_sum(ssg_tensor_square(out.rgb));
    all[count++] = order == 1 ? out.rgb : out.depth;
    all[count++] = order == 1 ? out.seg : out.coarse;
    if (order == 1) {
      loss = ssg_tensor_add(loss, ssg_tensor_sum(ssg_tensor_square(out.seg)));
      loss = ssg_tensor_add(loss, ssg_tensor_sum(ssg_tensor_square(out.coarse)));
    } else {
      ssg_differentiate(loss, NULL, 1, &codes, &all[count], SSG_GRADIENT_RECORD, NULL, NULL);
      loss = ssg_tensor_sum(ssg_tensor_square(all[count++]));
    }
    ssg_context_set_recording(ctx, FALSE);
    ssg_differentiate(loss, NULL, n_wrt, wrt, grads, SSG_GRADIENT_PLAIN, NULL, NULL);
    for (int i = 0; i < n_wrt; i++)
      if (grads[i])
        all[count++] = grads[i];
  }
  for (int i = 0; i < count; i++) {
    gint64 n = ssg_tensor_elements(all[i]);
    double norm = 0;
    guint start = values->len;
    g_array_set_size(values, start + n);
    float *host = &g_array_index(values, float, start);
    g_assert_true(ssg_tensor_download(all[i], host));
    for (gint64 j = 0; j < n; j++)
      norm += (double) host[j] * host[j];
    for (gint64 j = 0; j < n; j++) /* so that one bound serves all */
      host[j] /= sqrt(norm) + 1e-20;
  }
  ssg_scope_end(ctx);
  return values;
}

static void test_pieces(gconstpointer data)
{
  GError *error = NULL;
  SsgArchitecture a = arch;
  a.n_parts = 11; /* more pieces than an op has inputs */
  a.transparent = 1 << 3;
  a.detach_texture = GPOINTER_TO_INT(data);
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgGenerator) g = ssg_generator_new(ctx, &a, 7, &error);
  g_assert_no_error(error);
  const gint64 map = 8 * 8 * C * sizeof(float); /* of one part of one sample */
  const gint64 pieces[] = {100 * N * map, 4 * N * map, N * map, 4 * map, 1};

  g->piece_bytes = 0;
  g_autoptr(GArray) whole = everything(g);
  for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
    g->piece_bytes = pieces[i];
    g_autoptr(GArray) found = everything(g);
    double difference = 0;
    g_assert_cmpuint(found->len, ==, whole->len);
    for (guint j = 0; j < whole->len; j++)
      difference = MAX(difference, fabs(g_array_index(found, float, j) - g_array_index(whole, float, j)));
    g_test_message("pieces of %d bytes: largest difference %.2g", (int) pieces[i], difference);
    g_assert_cmpfloat(difference, <, 2e-5);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine/generator/fourier-cutoff", test_fourier_cutoff);
  g_test_add_data_func("/engine/generator/pieces", GINT_TO_POINTER(FALSE), test_pieces);
  g_test_add_data_func("/engine/generator/pieces-detached", GINT_TO_POINTER(TRUE), test_pieces);
  return g_test_run();
}
