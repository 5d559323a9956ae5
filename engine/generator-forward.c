/* The whole generator, for training. Its highest levels may be computed in f16: weights are modulated and demodulated in f32, so that
 * every output's filter is of length 1, and then rounded. With maps within +-256 (op.h) no sum of up to 7000 channels can then leave
 * f16's range, and nothing else need be scaled.
 *
 * The maps of all parts and samples, some ten layers of them, do not fit any cache, and a layer has few products for each value
 * that it reads and writes. So the local generators are computed a piece at a time, from the first layer to the last: some parts
 * of all samples, or one part of some samples. The backward pass goes through the same pieces. */
#include "engine/generator.h"

/* What the pieces of one batch share. */
typedef struct {
  SsgGenerator *g;
  gint64 n;                          /* samples of the batch */
  SsgTensor *weight[SSG_MAX_LAYERS]; /* [K * n, C, C] */
  SsgTensor *embedded;               /* [1, P, C] */
  int parts;                         /* of a piece; its samples are all, or parts is 1 */
} Batch;

/* Any number of tensors, one after another along axis. */
static SsgTensor *concat(SsgTensor **pieces, int n, int axis)
{
  while (n > 1) {
    int count = 0;
    for (int i = 0; i < n; i += SSG_OP_MAX_INPUTS, count++) {
      int some = MIN(n - i, SSG_OP_MAX_INPUTS);
      pieces[count] = some == 1 ? pieces[i] : ssg_tensor_concat(pieces + i, some, axis);
    }
    n = count;
  }
  return pieces[0];
}

/* What enters the texture layers: with `detach_texture` no gradient flows back through it, but for the background, which has no
 * depth and learns its shape layers through the texture alone. x [k * N, P, C] of k parts from `first` on. */
static SsgTensor *texture_input(const SsgArchitecture *a, int first, int k, SsgTensor *x)
{
  gint64 rows = ssg_tensor_dim(x, 0), n = rows / k;
  if (!a->detach_texture || !ssg_tensor_requires_gradient(x) || (first == 0 && k == 1))
    return x;
  if (first > 0)
    return ssg_tensor_stop_gradient(x);
  SsgTensor *parts[2] = {ssg_tensor_slice(x, 0, 0, n), ssg_tensor_stop_gradient(ssg_tensor_slice(x, 0, n, rows - n))};
  return ssg_tensor_concat(parts, 2, 0);
}

/* Layers [layer, end) of a piece: k parts from `first` on, rows [row, row + rows) of [K * N]. The caller owns the result. */
static SsgTensor *layers(const Batch *b, int layer, int end, int first, int k, gint64 row, gint64 rows, SsgTensor *x)
{
  SsgContext *ctx = ssg_tensor_context(x);

  ssg_tensor_ref(x);
  for (; layer < end; layer++) {
    ssg_scope_begin(ctx);
    SsgTensor *weight = ssg_tensor_slice(b->weight[layer], 0, row, rows);
    SsgTensor *bias = ssg_tensor_slice(b->g->local_bias[layer], 0, first, k);
    SsgTensor *next = ssg_tensor_ref(ssg_tensor_matmul(x, weight, FALSE, TRUE, 1, bias, TRUE));
    ssg_scope_end(ctx);
    ssg_tensor_unref(x);
    x = next;
  }
  return x;
}

/* Depths [K, n, P, 1], masks likewise, and f [n, h, h, F] of samples [start, start + n). */
static SsgTensor *compose_some(const Batch *b, gint64 start, gint64 n, SsgTensor **depth, SsgTensor **mask)
{
  SsgGenerator *g = b->g;
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  const SsgArchitecture *a = &g->arch;
  SsgTensor *depths[SSG_MAX_PARTS], *hidden[SSG_MAX_PARTS], *f = NULL;
  int pieces = 0;

  for (int first = 0; first < a->n_parts; first += b->parts, pieces++) {
    int k = MIN(b->parts, a->n_parts - first);
    gint64 row = first * b->n + start, rows = k * n;
    ssg_scope_begin(ctx);
    SsgTensor *x = layers(b, 0, a->n_depth, first, k, row, rows, b->embedded);
    SsgTensor *d = ssg_tensor_ref(ssg_generator_depth(g, first, k, x));
    hidden[pieces] = layers(b, a->n_depth, a->n_layers, first, k, row, rows, texture_input(a, first, k, x));
    ssg_tensor_unref(x);
    ssg_scope_end(ctx);
    depths[pieces] = ssg_tensor_reshape(d, *ssg_tensor_shape(d));
    ssg_tensor_unref(d);
  }
  *depth = concat(depths, pieces, 0);
  *mask = ssg_generator_soft_mask(g, *depth, NULL);
  SsgTensor *weights = ssg_generator_feature_weights(g, *mask);
  for (int i = 0; i < pieces; i++) {
    int first = i * b->parts, k = MIN(b->parts, a->n_parts - first);
    ssg_scope_begin(ctx);
    SsgTensor *term = ssg_generator_fuse_parts(g, ssg_generator_feature_matrix(g, first, k), hidden[i],
                                               ssg_tensor_slice(weights, 0, first, k));
    f = ssg_scope_end_keep(ctx, f ? ssg_tensor_add(f, term) : term);
    ssg_tensor_unref(hidden[i]);
  }
  return ssg_tensor_add(f, ssg_generator_fuse_bias(g, weights));
}

static SsgTensor *compose(SsgGenerator *g, SsgTensor *expanded, SsgTensor *embedded, SsgTensor **depth, SsgTensor **mask)
{
  const SsgArchitecture *a = &g->arch;
  Batch b = {.g = g, .n = ssg_tensor_dim(expanded, 0), .embedded = embedded, .parts = a->n_parts};
  gint64 map = (gint64) a->coarse_size * a->coarse_size * a->local_channels * sizeof(float), some = b.n;

  /* Some parts of all samples, or else one part of some samples, in steps of one size. */
  if (g->piece_bytes && a->n_parts * b.n * map > g->piece_bytes) {
    b.parts = CLAMP(g->piece_bytes / (b.n * map), 1, a->n_parts);
    if (b.n * map > g->piece_bytes)
      some = MAX(1, g->piece_bytes / map);
    while (b.n % some)
      some--;
  }
  SsgTensor *codes = ssg_generator_layer_codes(g, expanded);
  for (int l = 0; l < a->n_layers; l++) {
    SsgTensor *code = ssg_tensor_reshape(ssg_tensor_slice(codes, 0, l, 1), SSG_SHAPE(a->n_parts, b.n, a->style_dim));
    b.weight[l] = ssg_generator_local_weight(g, l, 0, a->n_parts, code);
  }
  int count = b.n / some;
  g_autofree SsgTensor **depths = g_new(SsgTensor *, count), **masks = g_new(SsgTensor *, count);
  g_autofree SsgTensor **features = g_new(SsgTensor *, count);
  for (int i = 0; i < count; i++)
    features[i] = compose_some(&b, i * some, some, &depths[i], &masks[i]);
  *depth = concat(depths, count, 1);
  *mask = concat(masks, count, 1);
  return concat(features, count, 0);
}

SsgGenerated ssg_generator_forward(SsgGenerator *g, SsgTensor *expanded, SsgTensor **noise)
{
  SsgContext *ctx = ssg_tensor_context(expanded);
  const SsgArchitecture *a = &g->arch;
  gint64 h = a->coarse_size, p = h * h, fourier = ssg_architecture_fourier_channels(a);
  g_autofree double *grid = g_new(double, p * 2);
  g_autofree float *features = g_new(float, p * fourier);
  SsgGenerated out;

  ssg_generator_grid(a, (SsgTransform){1, 0, 0}, grid);
  ssg_generator_fourier(a, p, grid, features);
  SsgTensor *x = ssg_generator_embed(g, ssg_tensor_new_f32(ctx, SSG_SHAPE(1, p, fourier), features)), *mask;
  SsgTensor *f = compose(g, expanded, x, &out.depth, &mask);
  out.coarse = ssg_generator_coarse_mask(g, mask);

  x = ssg_generator_render_input(g, f);
  SsgTensor *picture = NULL;
  for (int level = 0; level < a->n_levels; level++) {
    SsgDtype dtype = level >= a->n_levels - g->narrow_levels ? g->narrow : SSG_F32;
    gboolean joins = ssg_tensor_dim(x, 1) == h;
    ssg_scope_begin(ctx);
    SsgTensor *grown = ssg_tensor_ref(ssg_generator_grow(g, level, ssg_tensor_cast(x, dtype), joins ? ssg_tensor_cast(f, dtype) : NULL,
                                                         ssg_tensor_cast(ssg_generator_render_weight(g, 2 * level), dtype)));
    ssg_scope_end(ctx);
    x = ssg_generator_render_level(g, level, grown, ssg_tensor_cast(ssg_generator_render_weight(g, 2 * level + 1), dtype),
                                   noise[2 * level], noise[2 * level + 1]);
    picture = ssg_generator_head(g, level, x, ssg_tensor_cast(ssg_generator_head_weight(g, level), dtype),
                                 ssg_generator_head_bias(g, level), picture, out.coarse);
  }
  out.rgb = ssg_tensor_slice(picture, 3, 0, 3);
  out.seg = ssg_tensor_slice(picture, 3, 3, a->n_parts);
  return out;
}
