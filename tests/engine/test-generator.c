/* The generator's beginnings: which weights a Fourier cutoff makes smaller. Antialiased masks. Computed in pieces, it is the same
 * function with the same gradients, of first and second order. */
#include <math.h>

#include <glib/gstdio.h>

#include "engine/generator.h"
#include "engine/model-file.h"
#include "engine/model-private.h"

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

#define H 8 /* coarse cells along an edge */

static SsgGenerator *antialiased(SsgContext *ctx)
{
  GError *error = NULL;
  SsgArchitecture a = arch;
  a.antialias_masks = TRUE;
  SsgGenerator *g = ssg_generator_new(ctx, &a, 7, &error);
  g_assert_no_error(error);
  return g;
}

/* mask [2, 1, H * H, 1] of depths [2, 1, H * H, 1] */
static void soft_mask(SsgContext *ctx, SsgGenerator *g, const float *depth, const float *keep, float *mask)
{
  ssg_scope_begin(ctx);
  SsgTensor *kept = keep ? ssg_tensor_new_f32(ctx, SSG_SHAPE(2, 1, 1, 1), keep) : NULL;
  SsgTensor *m = ssg_generator_soft_mask(g, ssg_tensor_new_f32(ctx, SSG_SHAPE(2, 1, H * H, 1), depth), kept);
  g_assert_true(ssg_tensor_download(m, mask));
  ssg_scope_end(ctx);
}

/* A part whose depth rises steeply to the right: however steep it is, the cell that its rim crosses is its own by the quarters that lie
 * on its side, and follows the rim as it moves; without antialiasing it is all or nothing. */
static void test_straight_rim(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgGenerator) fine = antialiased(ctx), hard = ssg_generator_new(ctx, &arch, 7, &error);
  g_assert_no_error(error);
  const float rims[] = {2.6f, 3.0f, 3.4f}, keep[2] = {1, 0};
  float depth[2 * H * H] = {0}, mask[2 * H * H];

  for (guint r = 0; r < G_N_ELEMENTS(rims); r++) {
    for (int i = 0; i < H * H; i++)
      depth[H * H + i] = 1000 * (i % H - rims[r]);
    soft_mask(ctx, fine, depth, NULL, mask);
    for (int i = 0; i < H * H; i++) {
      double share = 0;
      for (int quarter = -1; quarter <= 1; quarter += 2)
        share += i % H + 0.25 * quarter > rims[r] ? 0.5 : 0;
      g_assert_cmpfloat(fabs(mask[H * H + i] - share), <, 1e-6);
      g_assert_cmpfloat(fabs(mask[i] + mask[H * H + i] - 1), <, 1e-6);
    }
    soft_mask(ctx, fine, depth, keep, mask); /* the part hidden: the background takes what is left of the cell */
    g_assert_cmpfloat(fabs(mask[2] - 1), <, 1e-6);
    g_assert_cmpfloat(mask[H * H + 2], ==, 0);
  }
  soft_mask(ctx, hard, depth, NULL, mask);
  g_assert_cmpfloat(fabs(mask[H * H + 3]), <, 1e-6);
}

/* Against the definition, written out. */
static void test_any_depths(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autoptr(SsgGenerator) g = antialiased(ctx);
  float depth[2 * H * H], mask[2 * H * H];

  for (int i = 0; i < 2 * H * H; i++)
    depth[i] = 3 * sinf(i * 1.7f) * cosf(i * i * 0.3f);
  soft_mask(ctx, g, depth, NULL, mask);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < H; x++) {
      double mean = 0;
      for (int quarter = 0; quarter < 4; quarter++) {
        int dx = quarter & 1 ? 1 : -1, dy = quarter & 2 ? 1 : -1;
        double d[2] = {0};
        for (int k = 0; k < 2; k++)
          for (int j = 0; j < 4; j++) {
            int nx = x + (j & 1 ? dx : 0), ny = y + (j & 2 ? dy : 0);
            if (nx >= 0 && nx < H && ny >= 0 && ny < H)
              d[k] += (j & 1 ? 0.25 : 0.75) * (j & 2 ? 0.25 : 0.75) * depth[k * H * H + ny * H + nx];
          }
        mean += 0.25 / (1 + exp(d[0] - d[1]));
      }
      g_assert_cmpfloat(fabs(mask[H * H + y * H + x] - mean), <, 1e-5);
    }
}

/* Both kinds of file say it, and files of models without it do not. */
static void test_files(void)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  g_autofree char *folder = g_dir_make_tmp("ssgan-generator-XXXXXX", NULL);
  g_autofree char *ours = g_build_filename(folder, "ours.safetensors", NULL), *pt = g_build_filename(folder, "pt.pt", NULL);

  for (int set = 0; set <= 1; set++) {
    SsgArchitecture a = arch;
    a.antialias_masks = set;
    g_autoptr(SsgModel) model = ssg_model_new_random(ctx, &a, 1, &error);
    g_assert_no_error(error);
    g_assert_true(ssg_model_save(model, ours, SSG_F32, &error) && ssg_model_save_pt(model, pt, &error));
    const char *const paths[] = {ours, pt};
    for (int i = 0; i < 2; i++) {
      g_autoptr(SsgModel) read = ssg_model_load(ctx, paths[i], NULL, NULL, NULL, NULL, &error);
      g_assert_no_error(error);
      g_assert_cmpint(ssg_model_generator(read)->arch.antialias_masks, ==, set);
      g_unlink(paths[i]);
    }
  }
  g_rmdir(folder);
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

enum { PLAIN, DETACHED, ANTIALIASED };

static void test_pieces(gconstpointer data)
{
  GError *error = NULL;
  SsgArchitecture a = arch;
  a.n_parts = 11; /* more pieces than an op has inputs */
  a.transparent = 1 << 3;
  a.detach_texture = GPOINTER_TO_INT(data) == DETACHED;
  a.antialias_masks = GPOINTER_TO_INT(data) == ANTIALIASED;
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
  g_test_add_func("/engine/generator/antialiased/straight-rim", test_straight_rim);
  g_test_add_func("/engine/generator/antialiased/any-depths", test_any_depths);
  g_test_add_func("/engine/generator/antialiased/files", test_files);
  g_test_add_data_func("/engine/generator/pieces", GINT_TO_POINTER(PLAIN), test_pieces);
  g_test_add_data_func("/engine/generator/pieces-detached", GINT_TO_POINTER(DETACHED), test_pieces);
  g_test_add_data_func("/engine/generator/pieces-antialiased", GINT_TO_POINTER(ANTIALIASED), test_pieces);
  return g_test_run();
}
