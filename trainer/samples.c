#include "trainer/samples.h"

#include <math.h>
#include <string.h>

#include "kernels/math/random.h"
#include "trainer/sheet.h"

#define SEED G_GUINT64_CONSTANT(20260101) /* the same faces in every sheet of every run */

/* Depth of the part in front at each position, [N, h, h], from [K, N, P, 1]: what a camera would see. */
static void frontmost(const float *depth, int k, int n, int p, int sample, guint8 *rgb)
{
  float low = INFINITY, high = -INFINITY;
  g_autofree float *front = g_new(float, p);
  for (int i = 0; i < p; i++) {
    front[i] = -INFINITY;
    for (int part = 0; part < k; part++)
      front[i] = fmaxf(front[i], depth[((gsize) part * n + sample) * p + i]);
    low = fminf(low, front[i]);
    high = fmaxf(high, front[i]);
  }
  for (int i = 0; i < p; i++) {
    guint8 v = high > low ? 255 * (front[i] - low) / (high - low) : 0;
    memset(rgb + 3 * i, v, 3);
  }
}

static void set_face(SsgSheet *sheet, SsgGenerator *g, int row, int column, const float *rgb, const guint8 *mask,
                     const guint8 *coarse, const guint8 *depth, const guint32 *colors)
{
  int size = g->arch.size, h = g->arch.coarse_size, k = g->arch.n_parts;
  ssg_sheet_set_tile_float(sheet, 4 * row, column, rgb, size, size);
  ssg_sheet_set_tile_labels(sheet, 4 * row + 1, column, mask, size, size, colors, k);
  ssg_sheet_set_tile_labels(sheet, 4 * row + 2, column, coarse, h, h, colors, k);
  ssg_sheet_set_tile(sheet, 4 * row + 3, column, depth, h, h, 0);
}

SsgGenerated ssg_samples_generate(SsgGenerator *g, gint64 n, guint64 seed, guint64 stream)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  gint64 s = g->arch.style_dim;
  g_autofree float *z = g_new(float, n * s + 3);
  SsgTensor *noise[2 * SSG_MAX_LEVELS];

  for (gint64 i = 0; i < n * s; i += 4)
    ssg_math_normal4(seed, stream, i / 4, z + i);
  SsgTensor *w = ssg_generator_map(g, ssg_tensor_new_f32(ctx, SSG_SHAPE(n, s), z));
  SsgTensor *codes = ssg_tensor_broadcast_to(ssg_tensor_reshape(w, SSG_SHAPE(n, 1, s)),
                                             SSG_SHAPE(n, ssg_architecture_expanded_rows(&g->arch), s), 1);
  ssg_generator_noise(g, SSG_NOISE_STORED, n, 0, NULL, noise);
  return ssg_generator_forward(g, codes, noise);
}

SsgImage *ssg_samples_draw(SsgGenerator *g, int columns, int rows, const guint32 *colors, GError **error)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  gint64 n = columns, size = g->arch.size, h = g->arch.coarse_size, p = h * h, k = g->arch.n_parts;
  g_autoptr(SsgSheet) sheet = ssg_sheet_new(4 * rows, columns, size, size);
  g_autofree float *rgb = g_new0(float, n * size * size * 3), *depth = g_new0(float, k * n * p);
  g_autofree guint8 *mask = g_new0(guint8, n * size * size), *coarse = g_new0(guint8, n * p), *front = g_new(guint8, p * 3);

  ssg_sheet_set_gap(sheet, 0);
  for (int row = 0; row < rows; row++) {
    ssg_scope_begin(ctx);
    SsgGenerated out = ssg_samples_generate(g, n, SEED, row);
    ssg_tensor_download(out.rgb, rgb);
    ssg_tensor_download(out.depth, depth);
    ssg_tensor_download(ssg_tensor_argmax(out.seg), mask);
    ssg_tensor_download(ssg_tensor_argmax(out.coarse), coarse);
    ssg_scope_end(ctx);
    for (int i = 0; i < n; i++) {
      frontmost(depth, k, n, p, i, front);
      set_face(sheet, g, row, i, rgb + i * size * size * 3, mask + i * size * size, coarse + i * p, front, colors);
    }
  }
  return ssg_context_check(ctx, error) ? ssg_sheet_render(sheet, error) : NULL;
}
