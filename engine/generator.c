#include "engine/generator.h"

#include <math.h>

#define EPSILON 1e-8f

/* One walk over all parameters declares them (pass 0), a second, after their block is allocated, fetches the values (pass 1). */
typedef struct {
  SsgGenerator *g;
  int pass, next;
} Declaration;

static void add(Declaration *d, SsgTensor **slot, const char *name, int first_part, int n_parts, SsgShape public_shape,
                SsgShape shape, gboolean oihw, SsgInit init, float value)
{
  if (d->pass == 0)
    ssg_parameters_add(d->g->parameters, name, first_part, n_parts, public_shape, shape, oihw, init, value);
  else
    *slot = ssg_parameters_get(d->g->parameters, d->next)->value;
  d->next++;
}

static void add_local(Declaration *d)
{
  SsgGenerator *g = d->g;
  const SsgArchitecture *a = &g->arch;
  gint64 k = a->n_parts, c = a->local_channels, s = a->style_dim, f = a->feature_channels;

  for (int l = 0; l < a->n_layers; l++) {
    g_autofree char *base = g_strdup_printf("local_nets.*.linears.%d.", l);
    g_autofree char *weight = g_strconcat(base, "conv.weight", NULL);
    g_autofree char *mod_weight = g_strconcat(base, "conv.modulation.weight", NULL);
    g_autofree char *mod_bias = g_strconcat(base, "conv.modulation.bias", NULL);
    g_autofree char *bias = g_strconcat(base, "activate.bias", NULL);
    add(d, &g->local_weight[l], weight, 0, k, SSG_SHAPE(1, c, c, 1, 1), SSG_SHAPE(k, c, c), FALSE, SSG_INIT_NORMAL, 1);
    add(d, &g->local_mod_weight[l], mod_weight, 0, k, SSG_SHAPE(c, s), SSG_SHAPE(k, c, s), FALSE, SSG_INIT_NORMAL, 1);
    add(d, &g->local_mod_bias[l], mod_bias, 0, k, SSG_SHAPE(c), SSG_SHAPE(k, c), FALSE, SSG_INIT_CONSTANT, 1);
    add(d, &g->local_bias[l], bias, 0, k, SSG_SHAPE(c), SSG_SHAPE(k, c), FALSE, SSG_INIT_CONSTANT, 0);
  }
  add(d, &g->depth_bias, "local_nets.*.to_depth.bias", 1, k - 1, SSG_SHAPE(1, 1, 1, 1), SSG_SHAPE(k - 1, 1), FALSE,
      SSG_INIT_CONSTANT, 0);
  add(d, &g->depth_weight, "local_nets.*.to_depth.conv.weight", 1, k - 1, SSG_SHAPE(1, c, 1, 1), SSG_SHAPE(k - 1, c),
      FALSE, SSG_INIT_NORMAL, 1);
  add(d, &g->depth_mod, "local_nets.*.to_depth.conv.modulation", 1, k - 1, SSG_SHAPE(1, c, 1, 1), SSG_SHAPE(k - 1, c),
      FALSE, SSG_INIT_CONSTANT, 1);
  add(d, &g->feat_bias, "local_nets.*.to_feat.bias", 0, k, SSG_SHAPE(1, f, 1, 1), SSG_SHAPE(k, f), FALSE,
      SSG_INIT_CONSTANT, 0);
  add(d, &g->feat_weight, "local_nets.*.to_feat.conv.weight", 0, k, SSG_SHAPE(f, c, 1, 1), SSG_SHAPE(k, f, c), FALSE,
      SSG_INIT_NORMAL, 1);
  add(d, &g->feat_mod, "local_nets.*.to_feat.conv.modulation", 0, k, SSG_SHAPE(1, c, 1, 1), SSG_SHAPE(k, c), FALSE,
      SSG_INIT_CONSTANT, 1);
}

static void add_head(Declaration *d, const char *what, int level, int out, SsgTensor **weight, SsgTensor **mod,
                     SsgTensor **bias)
{
  gint64 c = d->g->arch.render_channels[level];
  g_autofree char *base = g_strdup_printf("render_net.%s.%d.", what, level);
  g_autofree char *bias_name = g_strconcat(base, "bias", NULL);
  g_autofree char *weight_name = g_strconcat(base, "conv.weight", NULL);
  g_autofree char *mod_name = g_strconcat(base, "conv.modulation", NULL);
  add(d, bias, bias_name, 0, 0, SSG_SHAPE(1, out, 1, 1), SSG_SHAPE(out), FALSE, SSG_INIT_CONSTANT, 0);
  add(d, weight, weight_name, 0, 0, SSG_SHAPE(out, c, 1, 1), SSG_SHAPE(out, c), FALSE, SSG_INIT_NORMAL, 1);
  add(d, mod, mod_name, 0, 0, SSG_SHAPE(1, c, 1, 1), SSG_SHAPE(c), FALSE, SSG_INIT_CONSTANT, 1);
}

static void add_render(Declaration *d)
{
  SsgGenerator *g = d->g;
  const SsgArchitecture *a = &g->arch;

  for (int i = 0; i < 2 * a->n_levels; i++) {
    gint64 o = a->render_channels[i / 2];
    gint64 in = i % 2 ? o : ssg_architecture_render_inputs(a, i / 2);
    g_autofree char *base = g_strdup_printf("render_net.convs.%d.", i);
    g_autofree char *weight = g_strconcat(base, "weight", NULL), *mod = g_strconcat(base, "modulation", NULL);
    g_autofree char *noise = g_strconcat(base, "noise.weight", NULL), *bias = g_strconcat(base, "activate.bias", NULL);
    add(d, &g->conv_weight[i], weight, 0, 0, SSG_SHAPE(o, in, 3, 3), SSG_SHAPE(o, 3, 3, in), TRUE, SSG_INIT_NORMAL, 1);
    add(d, &g->conv_mod[i], mod, 0, 0, SSG_SHAPE(1, in, 1, 1), SSG_SHAPE(in), FALSE, SSG_INIT_CONSTANT, 1);
    add(d, &g->conv_noise[i], noise, 0, 0, SSG_SHAPE(1), SSG_SHAPE(1), FALSE, SSG_INIT_CONSTANT, 0);
    add(d, &g->conv_bias[i], bias, 0, 0, SSG_SHAPE(o), SSG_SHAPE(o), FALSE, SSG_INIT_CONSTANT, 0);
  }
  for (int i = 0; i < a->n_levels; i++)
    add_head(d, "to_rgbs", i, 3, &g->rgb_weight[i], &g->rgb_mod[i], &g->rgb_bias[i]);
  for (int i = 0; i < a->n_levels; i++)
    add_head(d, "to_segs", i, a->n_parts, &g->seg_weight[i], &g->seg_mod[i], &g->seg_bias[i]);
}

static void add_all(Declaration *d)
{
  SsgGenerator *g = d->g;
  const SsgArchitecture *a = &g->arch;
  gint64 s = a->style_dim, c = a->local_channels, fourier = ssg_architecture_fourier_channels(a);

  add(d, &g->pos_embed, "pos_embed.weights", 0, 0, SSG_SHAPE(c, fourier, 1, 1), SSG_SHAPE(c, fourier), FALSE,
      SSG_INIT_NORMAL, 1);
  add_local(d);
  add_render(d);
  for (int i = 0; i < a->n_mapping; i++) {
    g_autofree char *weight = g_strdup_printf("style.%d.weight", i + 1), *bias = g_strdup_printf("style.%d.bias", i + 1);
    add(d, &g->style_weight[i], weight, 0, 0, SSG_SHAPE(s, s), SSG_SHAPE(s, s), FALSE, SSG_INIT_NORMAL, 100);
    add(d, &g->style_bias[i], bias, 0, 0, SSG_SHAPE(s), SSG_SHAPE(s), FALSE, SSG_INIT_CONSTANT, 0);
  }
  for (int i = 0; i < 2 * a->n_levels; i++) {
    gint64 size = a->render_size << (i / 2 + 1);
    g_autofree char *name = g_strdup_printf("render_net.noises.noise_%d", i);
    if (d->pass == 0)
      ssg_parameters_add_buffer(g->parameters, name, SSG_SHAPE(1, 1, size, size), SSG_SHAPE(1, size, size, 1));
    else
      g->noise[i] = ssg_parameters_get(g->parameters, d->next)->value;
    d->next++;
  }
}

void ssg_generator_soften_fourier(SsgGenerator *g, float cutoff)
{
  SsgContext *ctx = ssg_tensor_context(g->pos_embed);
  int channels = ssg_architecture_fourier_channels(&g->arch);
  float *factors = g_new(float, channels);

  for (int i = 0; i < channels; i++) {
    float frequency = i < 2 ? 0 : (float) (1 << (i - 2) / 4); /* x, y, then four of each */
    factors[i] = frequency > cutoff ? cutoff / frequency : 1;
  }
  ssg_scope_begin(ctx);
  ssg_tensor_copy_into(g->pos_embed,
                       ssg_tensor_mul(g->pos_embed, ssg_tensor_new_f32(ctx, SSG_SHAPE(1, channels), factors)));
  ssg_scope_end(ctx);
  g_free(factors);
}

void ssg_generator_scale_depth(SsgGenerator *g, float scale)
{
  ssg_scope_begin(ssg_tensor_context(g->depth_weight));
  ssg_tensor_copy_into(g->depth_weight, ssg_tensor_scale(g->depth_weight, scale));
  ssg_tensor_copy_into(g->depth_bias, ssg_tensor_scale(g->depth_bias, scale));
  ssg_scope_end(ssg_tensor_context(g->depth_weight));
}

/* Row `from` of a tensor, times scale, plus shift, becomes row `to`. */
static void copy_row(SsgTensor *t, int to, int from, float scale, float shift)
{
  SsgShape row = *ssg_tensor_shape(t);
  int64_t n = ssg_tensor_elements(t) / row.dim[0];
  row.dim[0] = 1;
  ssg_tensor_copy_into(ssg_tensor_view(t, to * n, row), ssg_tensor_affine(ssg_tensor_view(t, from * n, row), scale, shift));
}

void ssg_generator_begin_part(SsgGenerator *g, int to, int from)
{
  ssg_scope_begin(ssg_tensor_context(g->depth_weight));
  for (int i = 0; i < g->arch.n_layers; i++) {
    SsgTensor *const layer[] = {g->local_weight[i], g->local_mod_weight[i], g->local_mod_bias[i], g->local_bias[i]};
    for (gsize j = 0; j < G_N_ELEMENTS(layer); j++)
      copy_row(layer[j], to, from, 1, 0);
  }
  copy_row(g->depth_weight, to - 1, from - 1, 1, 0); /* the background has no depth */
  copy_row(g->depth_mod, to - 1, from - 1, 1, 0);
  copy_row(g->depth_bias, to - 1, from - 1, 1, -3);
  copy_row(g->feat_weight, to, from, 0.05f, 0);
  copy_row(g->feat_mod, to, from, 1, 0);
  copy_row(g->feat_bias, to, from, 0.05f, 0);
  ssg_scope_end(ssg_tensor_context(g->depth_weight));
}

/* Which parts are opaque and which transparent: uploaded once, since a recorded render cannot upload. */
static void make_kinds(SsgGenerator *g)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  int k = g->arch.n_parts;
  float opaque[SSG_MAX_PARTS], transparent[SSG_MAX_PARTS];

  for (int i = 0; i < k; i++) {
    transparent[i] = (g->arch.transparent >> i) & 1;
    opaque[i] = 1 - transparent[i];
  }
  ssg_scope_begin(ctx);
  g->opaque = ssg_tensor_ref(ssg_tensor_new_f32(ctx, SSG_SHAPE(k, 1, 1, 1), opaque));
  g->transparent = ssg_tensor_ref(ssg_tensor_new_f32(ctx, SSG_SHAPE(k, 1, 1, 1), transparent));
  ssg_scope_end(ctx);
}

SsgGenerator *ssg_generator_new_empty(SsgContext *ctx, const SsgArchitecture *arch, GError **error)
{
  if (!ssg_architecture_check(arch, error))
    return NULL;
  g_autoptr(SsgGenerator) g = g_new0(SsgGenerator, 1);
  g->arch = *arch;
  /* Input and result of a piece stay in the caches of one core; a GPU gains more from few large operations. */
  g->piece_bytes = ssg_device_is_host(ssg_context_device(ctx)) ? 2 << 20 : 0;
  g->parameters = ssg_parameters_new(ctx);
  Declaration declare_pass = {.g = g, .pass = 0}, fetch_pass = {.g = g, .pass = 1};
  add_all(&declare_pass);
  if (!ssg_parameters_allocate(g->parameters, error))
    return NULL;
  add_all(&fetch_pass);
  make_kinds(g);
  ssg_parameters_initialise(g->parameters, 0, TRUE);
  return ssg_context_check(ctx, error) ? g_steal_pointer(&g) : NULL;
}

SsgGenerator *ssg_generator_new(SsgContext *ctx, const SsgArchitecture *arch, guint64 seed, GError **error)
{
  g_autoptr(SsgGenerator) g = ssg_generator_new_empty(ctx, arch, error);
  if (!g)
    return NULL;
  ssg_parameters_initialise(g->parameters, seed, FALSE);
  return ssg_context_check(ctx, error) ? g_steal_pointer(&g) : NULL;
}

gboolean ssg_generator_check_tensors(const SsgArchitecture *arch, SsgLayout layout, SsgTensorLookup lookup, gpointer data,
                                     const char *source, GError **error)
{
  g_autoptr(SsgGenerator) g = g_new0(SsgGenerator, 1);
  g->arch = *arch;
  g->parameters = ssg_parameters_new(NULL);
  Declaration declaration = {.g = g, .pass = 0};
  add_all(&declaration);
  return ssg_parameters_check(g->parameters, layout, lookup, data, source, error);
}

void ssg_generator_free(SsgGenerator *g)
{
  if (!g)
    return;
  ssg_tensor_clear(&g->opaque);
  ssg_tensor_clear(&g->transparent);
  ssg_parameters_free(g->parameters);
  g_free(g);
}

SsgTensor *ssg_generator_map(SsgGenerator *g, SsgTensor *z)
{
  SsgContext *ctx = ssg_tensor_context(z);
  gint64 n = ssg_tensor_dim(z, 0), s = g->arch.style_dim;

  ssg_scope_begin(ctx);
  SsgTensor *norm = ssg_tensor_rsqrt(ssg_tensor_affine(ssg_tensor_mean_axis(ssg_tensor_square(z), 1), 1, EPSILON));
  SsgTensor *x = ssg_tensor_reshape(ssg_tensor_mul(z, norm), SSG_SHAPE(1, n, s));
  for (int i = 0; i < g->arch.n_mapping; i++) {
    SsgTensor *w = ssg_tensor_reshape(g->style_weight[i], SSG_SHAPE(1, s, s));
    SsgTensor *bias = ssg_tensor_reshape(ssg_tensor_scale(g->style_bias[i], 0.01f), SSG_SHAPE(1, s));
    x = ssg_tensor_matmul(x, w, FALSE, TRUE, 0.01f / sqrtf(s), bias, TRUE);
  }
  return ssg_scope_end_keep(ctx, ssg_tensor_reshape(x, SSG_SHAPE(n, s)));
}

void ssg_generator_grid(const SsgArchitecture *arch, SsgTransform transform, double *out)
{
  int h = arch->coarse_size;
  for (int y = 0; y < h; y++) {
    for (int x = 0; x < h; x++) {
      double u = h > 1 ? -1 + 2.0 * x / (h - 1) : 0, v = h > 1 ? -1 + 2.0 * y / (h - 1) : 0;
      *out++ = transform.scale * u + transform.shift_x;
      *out++ = transform.scale * v + transform.shift_y;
    }
  }
}

void ssg_generator_fourier(const SsgArchitecture *arch, int n_positions, const double *coordinates, float *out)
{
  int n = (ssg_architecture_fourier_channels(arch) / 2 - 1) / 2;
  for (int p = 0; p < n_positions; p++) {
    double x = coordinates[2 * p], y = coordinates[2 * p + 1];
    *out++ = x;
    *out++ = y;
    for (int i = 0; i < n; i++) {
      double f = ldexp(1, i);
      *out++ = sin(f * x);
      *out++ = sin(f * y);
      *out++ = cos(f * x);
      *out++ = cos(f * y);
    }
  }
}

SsgTensor *ssg_generator_embed(SsgGenerator *g, SsgTensor *features)
{
  gint64 c = g->arch.local_channels, fourier = ssg_architecture_fourier_channels(&g->arch);
  SsgTensor *w = ssg_tensor_reshape(g->pos_embed, SSG_SHAPE(1, c, fourier));
  return ssg_tensor_matmul(features, w, FALSE, TRUE, 1 / sqrtf(fourier), NULL, FALSE);
}

SsgTensor *ssg_generator_layer_codes(SsgGenerator *g, SsgTensor *expanded)
{
  SsgContext *ctx = ssg_tensor_context(expanded);
  gint64 n = ssg_tensor_dim(expanded, 0), k = g->arch.n_parts, l = g->arch.n_layers, s = g->arch.style_dim;
  ssg_scope_begin(ctx);
  SsgTensor *codes = ssg_tensor_reshape(expanded, SSG_SHAPE(n, k, l, s));
  return ssg_scope_end_keep(ctx, ssg_tensor_permute(codes, (const int[]){2, 1, 0, 3}));
}

SsgTensor *ssg_generator_local_weight(SsgGenerator *g, int layer, int first_part, int n_parts, SsgTensor *codes)
{
  SsgContext *ctx = ssg_tensor_context(codes);
  gint64 k = n_parts, n = ssg_tensor_dim(codes, 1), c = g->arch.local_channels, s = g->arch.style_dim;

  ssg_scope_begin(ctx);
  SsgTensor *mod_weight = ssg_tensor_slice(g->local_mod_weight[layer], 0, first_part, k);
  SsgTensor *mod_bias = ssg_tensor_slice(g->local_mod_bias[layer], 0, first_part, k);
  SsgTensor *style = ssg_tensor_matmul(codes, mod_weight, FALSE, TRUE, 1 / sqrtf(s), mod_bias, FALSE);
  SsgTensor *w = ssg_tensor_slice(g->local_weight[layer], 0, first_part, k);
  w = ssg_tensor_mul(ssg_tensor_reshape(ssg_tensor_scale(w, 1 / sqrtf(c)), SSG_SHAPE(k, 1, c, c)),
                     ssg_tensor_reshape(style, SSG_SHAPE(k, n, 1, c)));
  SsgTensor *demodulation =
      ssg_tensor_rsqrt(ssg_tensor_affine(ssg_tensor_sum_axis(ssg_tensor_square(w), 3), 1, EPSILON));
  return ssg_scope_end_keep(ctx, ssg_tensor_reshape(ssg_tensor_mul(w, demodulation), SSG_SHAPE(k * n, c, c)));
}

/* One modulated 1x1 convolution of n_parts local generators. codes [n_parts, N, S], x [n_parts * N or 1, P, C]. */
static SsgTensor *local_layer(SsgGenerator *g, int layer, int first, int k, SsgTensor *codes, SsgTensor *x)
{
  SsgContext *ctx = ssg_tensor_context(x);

  ssg_scope_begin(ctx);
  SsgTensor *w = ssg_generator_local_weight(g, layer, first, k, codes);
  SsgTensor *bias = ssg_tensor_slice(g->local_bias[layer], 0, first, k);
  return ssg_scope_end_keep(ctx, ssg_tensor_matmul(x, w, FALSE, TRUE, 1, bias, TRUE));
}

SsgTensor *ssg_generator_local_layers(SsgGenerator *g, int first_layer, int end_layer, int first_part, int n_parts,
                                      SsgTensor *codes, SsgTensor *x)
{
  SsgContext *ctx = ssg_tensor_context(x);
  gint64 n = ssg_tensor_dim(codes, 2), s = g->arch.style_dim;

  ssg_scope_begin(ctx);
  for (int l = first_layer; l < end_layer; l++) {
    ssg_scope_begin(ctx);
    SsgTensor *code =
        ssg_tensor_reshape(ssg_tensor_slice(codes, 0, l - first_layer, 1), SSG_SHAPE(n_parts, n, s));
    /* Not kept in this scope: the previous layer's map is freed as soon as the next one stands. */
    SsgTensor *next = ssg_tensor_ref(local_layer(g, l, first_part, n_parts, code, x));
    ssg_scope_end(ctx);
    if (l > first_layer)
      ssg_tensor_unref(x);
    x = next;
  }
  SsgTensor *result = ssg_tensor_reshape(x, *ssg_tensor_shape(x));
  if (end_layer > first_layer)
    ssg_tensor_unref(x);
  return ssg_scope_end_keep(ctx, result);
}

SsgTensor *ssg_generator_depth(SsgGenerator *g, int first_part, int n_parts, SsgTensor *x)
{
  SsgContext *ctx = ssg_tensor_context(x);
  gint64 c = g->arch.local_channels, p = ssg_tensor_dim(x, 1), n = ssg_tensor_dim(x, 0) / n_parts;
  int background = first_part == 0 ? 1 : 0, k = n_parts - background;

  ssg_scope_begin(ctx);
  SsgTensor *parts[2];
  int count = 0;
  if (background)
    parts[count++] = ssg_tensor_full(ctx, SSG_SHAPE(1, n, p, 1), 0);
  if (k > 0) {
    int first = first_part + background - 1; /* the stacks of to_depth begin with part 1 */
    SsgTensor *w = ssg_tensor_scale(ssg_tensor_mul(g->depth_weight, g->depth_mod), 1 / sqrtf(c));
    w = ssg_tensor_reshape(ssg_tensor_slice(w, 0, first, k), SSG_SHAPE(k, 1, c));
    SsgTensor *bias = ssg_tensor_slice(g->depth_bias, 0, first, k);
    x = ssg_tensor_reshape(ssg_tensor_slice(x, 0, background * n, k * n), SSG_SHAPE(k, n * p, c));
    SsgTensor *d = ssg_tensor_matmul(x, w, FALSE, TRUE, 1, bias, FALSE);
    parts[count++] = ssg_tensor_reshape(d, SSG_SHAPE(k, n, p, 1));
  }
  return ssg_scope_end_keep(ctx, count == 1 ? parts[0] : ssg_tensor_concat(parts, count, 0));
}

/* [K, N, P, 1] -> [K, N, 4P, 1], interpolated linearly to the middles of the quarters of each cell: the FIR's taps 1/4 and 3/4. Depths
 * beyond the edge count as 0; which part is in front does not change by it, as 0 is the background's. */
static SsgTensor *quarter_cells(SsgGenerator *g, SsgTensor *depth)
{
  gint64 k = ssg_tensor_dim(depth, 0), n = ssg_tensor_dim(depth, 1), h = g->arch.coarse_size;
  SsgTensor *map = ssg_tensor_reshape(depth, SSG_SHAPE(k * n, h, h, 1));
  return ssg_tensor_reshape(ssg_tensor_upfirdn(map, 2, 1, 2, 1, 4, NULL, NULL, NULL, FALSE), SSG_SHAPE(k, n, 4 * h * h, 1));
}

/* The way back: [K, N, 4P, 1] -> [K, N, P, 1], the mean of a cell's quarters. */
static SsgTensor *whole_cells(SsgGenerator *g, SsgTensor *mask)
{
  gint64 k = ssg_tensor_dim(mask, 0), n = ssg_tensor_dim(mask, 1), h = g->arch.coarse_size;
  SsgTensor *map = ssg_tensor_reshape(mask, SSG_SHAPE(k * n, 2 * h, 2 * h, 1));
  return ssg_tensor_reshape(ssg_tensor_avg_pool(map, 2), SSG_SHAPE(k, n, h * h, 1));
}

SsgTensor *ssg_generator_soft_mask(SsgGenerator *g, SsgTensor *depth, SsgTensor *keep)
{
  SsgContext *ctx = ssg_tensor_context(depth);

  ssg_scope_begin(ctx);
  if (g->arch.antialias_masks)
    depth = quarter_cells(g, depth);
  SsgTensor *e = ssg_tensor_unary(SSG_UNARY_EXP, ssg_tensor_sub(depth, ssg_tensor_max_axis(depth, 0)));
  SsgTensor *m = ssg_tensor_div(e, ssg_tensor_sum_axis(e, 0));
  if (g->arch.antialias_masks)
    m = whole_cells(g, m);
  if (keep) {
    m = ssg_tensor_mul(m, keep);
    m = ssg_tensor_div(m, ssg_tensor_affine(ssg_tensor_sum_axis(m, 0), 1, EPSILON));
  }
  return ssg_scope_end_keep(ctx, m);
}

SsgTensor *ssg_generator_feature_weights(SsgGenerator *g, SsgTensor *mask)
{
  SsgContext *ctx = ssg_tensor_context(mask);

  if (!g->arch.transparent)
    return mask;
  ssg_scope_begin(ctx);
  SsgTensor *solid = ssg_tensor_mul(mask, g->opaque);
  SsgTensor *sum = ssg_tensor_affine(ssg_tensor_sum_axis(solid, 0), 1, EPSILON);
  SsgTensor *clear = ssg_tensor_mul(mask, g->transparent);
  return ssg_scope_end_keep(ctx, ssg_tensor_add(ssg_tensor_div(solid, sum), clear));
}

SsgTensor *ssg_generator_feature_matrix(SsgGenerator *g, int first_part, int n_parts)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  gint64 k = n_parts, c = g->arch.local_channels, f = g->arch.feature_channels;

  ssg_scope_begin(ctx);
  SsgTensor *mod = ssg_tensor_scale(ssg_tensor_slice(g->feat_mod, 0, first_part, k), 1 / sqrtf(c));
  SsgTensor *w = ssg_tensor_mul(ssg_tensor_slice(g->feat_weight, 0, first_part, k), ssg_tensor_reshape(mod, SSG_SHAPE(k, 1, c)));
  w = ssg_tensor_permute(w, (const int[]){1, 0, 2});
  return ssg_scope_end_keep(ctx, ssg_tensor_reshape(w, SSG_SHAPE(f, k * c)));
}

SsgTensor *ssg_generator_fuse_parts(SsgGenerator *g, SsgTensor *matrix, SsgTensor *hidden, SsgTensor *weights)
{
  SsgContext *ctx = ssg_tensor_context(hidden);
  gint64 c = g->arch.local_channels, f = g->arch.feature_channels, h = g->arch.coarse_size;
  gint64 p = h * h, k = ssg_tensor_dim(weights, 0), n = ssg_tensor_dim(weights, 1);

  ssg_scope_begin(ctx);
  SsgTensor *x = ssg_tensor_weigh_parts(ssg_tensor_reshape(hidden, SSG_SHAPE(k, n, p, c)), weights);
  SsgTensor *y = ssg_tensor_matmul(ssg_tensor_reshape(x, SSG_SHAPE(1, n * p, k * c)),
                                   ssg_tensor_reshape(matrix, SSG_SHAPE(1, f, k * c)), FALSE, TRUE, 1, NULL, FALSE);
  return ssg_scope_end_keep(ctx, ssg_tensor_reshape(y, SSG_SHAPE(n, h, h, f)));
}

SsgTensor *ssg_generator_fuse_bias(SsgGenerator *g, SsgTensor *weights)
{
  SsgContext *ctx = ssg_tensor_context(weights);
  gint64 k = g->arch.n_parts, f = g->arch.feature_channels, h = g->arch.coarse_size, n = ssg_tensor_dim(weights, 1);

  ssg_scope_begin(ctx);
  SsgTensor *bias = ssg_tensor_matmul(ssg_tensor_reshape(weights, SSG_SHAPE(1, k, n * h * h)),
                                      ssg_tensor_reshape(g->feat_bias, SSG_SHAPE(1, k, f)), TRUE, FALSE, 1, NULL, FALSE);
  return ssg_scope_end_keep(ctx, ssg_tensor_reshape(bias, SSG_SHAPE(n, h, h, f)));
}

SsgTensor *ssg_generator_fuse(SsgGenerator *g, SsgTensor *matrix, SsgTensor *hidden, SsgTensor *weights)
{
  SsgContext *ctx = ssg_tensor_context(hidden);

  ssg_scope_begin(ctx);
  SsgTensor *f = ssg_generator_fuse_parts(g, matrix, hidden, weights);
  return ssg_scope_end_keep(ctx, ssg_tensor_add(f, ssg_generator_fuse_bias(g, weights)));
}

SsgTensor *ssg_generator_coarse_mask(SsgGenerator *g, SsgTensor *mask)
{
  SsgContext *ctx = ssg_tensor_context(mask);
  gint64 k = g->arch.n_parts, h = g->arch.coarse_size, n = ssg_tensor_dim(mask, 1);

  ssg_scope_begin(ctx);
  SsgTensor *m = ssg_tensor_permute(ssg_tensor_reshape(mask, SSG_SHAPE(k, n, h, h)), (const int[]){1, 2, 3, 0});
  return ssg_scope_end_keep(ctx, ssg_tensor_affine(m, 2, -1));
}

SsgTensor *ssg_generator_render_weight(SsgGenerator *g, int i)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  gint64 in = ssg_tensor_dim(g->conv_weight[i], 3), o = ssg_tensor_dim(g->conv_weight[i], 0);

  /* Scopes within scopes: a weight is up to 18 MiB. */
  ssg_scope_begin(ctx);
  ssg_scope_begin(ctx);
  SsgTensor *mod = ssg_tensor_scale(ssg_tensor_reshape(g->conv_mod[i], SSG_SHAPE(1, 1, 1, in)), 1 / sqrtf(9 * in));
  SsgTensor *w = ssg_tensor_mul(g->conv_weight[i], mod);
  ssg_scope_begin(ctx);
  SsgTensor *sum = ssg_scope_end_keep(ctx, ssg_tensor_sum_to(ssg_tensor_square(w), SSG_SHAPE(o, 1, 1, 1), 1));
  w = ssg_scope_end_keep(ctx, ssg_tensor_mul(w, ssg_tensor_rsqrt(ssg_tensor_affine(sum, 1, EPSILON))));
  if (i % 2 == 0)
    w = ssg_tensor_permute(w, (const int[]){3, 1, 2, 0});
  return ssg_scope_end_keep(ctx, w);
}

SsgShape ssg_generator_render_weight_shape(SsgGenerator *g, int i)
{
  SsgShape shape = *ssg_tensor_shape(g->conv_weight[i]);
  gint64 out = shape.dim[0];
  if (i % 2 == 0) {
    shape.dim[0] = shape.dim[3];
    shape.dim[3] = out;
  }
  return shape;
}

SsgTensor *ssg_generator_head_weight(SsgGenerator *g, int level)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  gint64 c = g->arch.render_channels[level];

  ssg_scope_begin(ctx);
  SsgTensor *parts[2] = {
      ssg_tensor_mul(g->rgb_weight[level], ssg_tensor_reshape(g->rgb_mod[level], SSG_SHAPE(1, c))),
      ssg_tensor_mul(g->seg_weight[level], ssg_tensor_reshape(g->seg_mod[level], SSG_SHAPE(1, c)))};
  return ssg_scope_end_keep(ctx, ssg_tensor_scale(ssg_tensor_concat(parts, 2, 0), 1 / sqrtf(c)));
}

SsgTensor *ssg_generator_head_bias(SsgGenerator *g, int level)
{
  SsgTensor *parts[2] = {g->rgb_bias[level], g->seg_bias[level]};
  return ssg_tensor_concat(parts, 2, 0);
}

SsgTensor *ssg_generator_render_input(SsgGenerator *g, SsgTensor *features)
{
  return ssg_tensor_avg_pool(features, g->arch.coarse_size / g->arch.render_size);
}

SsgTensor *ssg_generator_grow(SsgGenerator *g, int level, SsgTensor *x, SsgTensor *features, SsgTensor *weight0)
{
  SsgContext *ctx = ssg_tensor_context(x);
  gint64 s = ssg_tensor_dim(x, 1);

  ssg_scope_begin(ctx);
  if (s == g->arch.coarse_size)
    x = ssg_tensor_concat((SsgTensor *[]){x, features}, 2, 3);
  return ssg_scope_end_keep(ctx, ssg_tensor_conv_input(x, weight0, 2, 0, 0, 2 * s + 1, 2 * s + 1));
}

SsgTensor *ssg_generator_render_level(SsgGenerator *g, int level, SsgTensor *grown, SsgTensor *weight1, SsgTensor *noise0,
                                      SsgTensor *noise1)
{
  SsgContext *ctx = ssg_tensor_context(grown);
  int i = 2 * level;

  /* Scopes within scopes: at the largest size each map is tens of MiB, and none should outlive its use. */
  ssg_scope_begin(ctx);
  ssg_scope_begin(ctx);
  SsgTensor *x = ssg_tensor_upfirdn(grown, 1, 1, 1, 1, 4, g->conv_bias[i], noise0, noise0 ? g->conv_noise[i] : NULL, TRUE);
  ssg_tensor_unref(grown);
  x = ssg_tensor_conv(x, weight1, 1, 1, 1, noise1 ? NULL : g->conv_bias[i + 1], !noise1);
  x = ssg_scope_end_keep(ctx, x);
  if (noise1)
    x = ssg_tensor_bias_act(x, g->conv_bias[i + 1], noise1, g->conv_noise[i + 1], TRUE);
  return ssg_scope_end_keep(ctx, x);
}

SsgTensor *ssg_generator_head(SsgGenerator *g, int level, SsgTensor *x, SsgTensor *weight, SsgTensor *bias,
                              SsgTensor *previous, SsgTensor *coarse)
{
  SsgContext *ctx = ssg_tensor_context(x);
  gint64 n = ssg_tensor_dim(x, 0), s = ssg_tensor_dim(x, 1), c = ssg_tensor_dim(x, 3), k = g->arch.n_parts;

  ssg_scope_begin(ctx);
  SsgTensor *y = ssg_tensor_matmul(ssg_tensor_reshape(x, SSG_SHAPE(1, n * s * s, c)),
                                   ssg_tensor_reshape(weight, SSG_SHAPE(1, 3 + k, c)), FALSE, TRUE, 1,
                                   ssg_tensor_reshape(bias, SSG_SHAPE(1, 3 + k)), FALSE);
  y = ssg_tensor_reshape(y, SSG_SHAPE(n, s, s, 3 + k));
  if (previous)
    y = ssg_tensor_add(y, ssg_tensor_upfirdn(previous, 2, 1, 2, 1, 4, NULL, NULL, NULL, FALSE));
  if (g->arch.residual_refine && s == g->arch.coarse_size)
    y = ssg_tensor_add(y, ssg_tensor_unslice(coarse, 3, 3, 3 + k));
  return ssg_scope_end_keep(ctx, y);
}

void ssg_generator_noise(SsgGenerator *g, SsgNoise kind, int n, guint64 seed, const guint64 *streams, SsgTensor **noise)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  for (int i = 0; i < 2 * g->arch.n_levels; i++) {
    gint64 size = g->arch.render_size << (i / 2 + 1);
    noise[i] = kind == SSG_NOISE_STORED   ? g->noise[i]
               : kind == SSG_NOISE_SEEDED ? ssg_tensor_normal_rows(ctx, SSG_SHAPE(n, size, size, 1), seed, streams, i)
                                          : NULL;
  }
}
