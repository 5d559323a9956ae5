#include "engine/session-local.h"

#include <math.h>

/* One half of the layers, stacked part by part: [K, layers, ...]. */
typedef struct {
  int layers, codes;
  SsgTensor *weight;     /* [K * layers, C, C] */
  SsgTensor *mod_weight; /* [K * layers, C, S] */
  SsgTensor *mod_bias;   /* [K * layers, C] */
  SsgTensor *bias;       /* [K, layers, C] */
} Half;

struct _SsgLocalChain {
  SsgGenerator *g;
  Half half[2];            /* shape, texture */
  SsgTensor *depth_weight; /* [K, 1, C], modulation and scale applied; 0 for the background */
  SsgTensor *depth_bias;   /* [K, 1, 1] */
};

static gboolean supported(SsgGenerator *g)
{
  const SsgArchitecture *a = &g->arch;
  gint64 k = a->n_parts, p = a->coarse_size * a->coarse_size, c = a->local_channels, s = a->style_dim, l = a->n_depth;
  SsgDevice *device = ssg_context_device(ssg_parameters_context(g->parameters));
  SsgOpCall chain = {.op = SSG_OP_CHAIN, .n_in = 3}, modulate = {.op = SSG_OP_MODULATE, .n_in = 4};

  if (ssg_device_is_host(device))
    return FALSE;
  chain.in[0].shape = SSG_SHAPE(1, p, c);
  chain.in[1].shape = SSG_SHAPE(k, l, c, c);
  chain.in[2].shape = SSG_SHAPE(k, l, c);
  chain.out.shape = SSG_SHAPE(k, p, c);
  modulate.in[0].shape = SSG_SHAPE(k * l, c, c);
  modulate.in[1].shape = SSG_SHAPE(k * l, c, s);
  modulate.in[2].shape = SSG_SHAPE(k * l, c);
  modulate.in[3].shape = SSG_SHAPE(k * l, s);
  modulate.out.shape = SSG_SHAPE(k * l, c, c);
  return ssg_device_supports(device, &chain) && ssg_device_supports(device, &modulate);
}

/* Parameters of layers [first, end), each [K, rest...], as [K, layers, rest]. */
static SsgTensor *stack(SsgTensor **parameters, int first, int end)
{
  SsgTensor *all = NULL;
  for (int l = first; l < end; l++) {
    gint64 k = ssg_tensor_dim(parameters[l], 0), rest = ssg_tensor_elements(parameters[l]) / k;
    SsgTensor *one = ssg_tensor_reshape(parameters[l], SSG_SHAPE(k, 1, rest));
    all = all ? ssg_tensor_concat((SsgTensor *[]){all, one}, 2, 1) : one;
  }
  return all;
}

static SsgTensor *keep(SsgTensor *t, SsgShape shape)
{
  return ssg_tensor_ref(ssg_tensor_reshape(t, shape));
}

static Half make_half(SsgGenerator *g, int first, int end, int codes)
{
  const SsgArchitecture *a = &g->arch;
  gint64 k = a->n_parts, c = a->local_channels, s = a->style_dim, n = end - first;
  return (Half){.layers = n,
                .codes = codes,
                .weight = keep(stack(g->local_weight, first, end), SSG_SHAPE(k * n, c, c)),
                .mod_weight = keep(stack(g->local_mod_weight, first, end), SSG_SHAPE(k * n, c, s)),
                .mod_bias = keep(stack(g->local_mod_bias, first, end), SSG_SHAPE(k * n, c)),
                .bias = keep(stack(g->local_bias, first, end), SSG_SHAPE(k, n, c))};
}

SsgLocalChain *ssg_local_chain_new(SsgGenerator *g)
{
  const SsgArchitecture *a = &g->arch;
  gint64 k = a->n_parts, c = a->local_channels;

  if (!supported(g))
    return NULL;
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  SsgLocalChain *local = g_new0(SsgLocalChain, 1);
  local->g = g;
  ssg_scope_begin(ctx);
  local->half[0] = make_half(g, 0, a->n_depth, a->n_depth);
  local->half[1] = make_half(g, a->n_depth, a->n_layers, 1);
  SsgTensor *weight = ssg_tensor_scale(ssg_tensor_mul(g->depth_weight, g->depth_mod), 1 / sqrtf(c));
  local->depth_weight = keep(ssg_tensor_unslice(weight, 0, 1, k), SSG_SHAPE(k, 1, c));
  local->depth_bias = keep(ssg_tensor_unslice(g->depth_bias, 0, 1, k), SSG_SHAPE(k, 1, 1));
  ssg_scope_end(ctx);
  return local;
}

void ssg_local_chain_free(SsgLocalChain *local)
{
  if (!local)
    return;
  for (int i = 0; i < 2; i++) {
    ssg_tensor_unref(local->half[i].weight);
    ssg_tensor_unref(local->half[i].mod_weight);
    ssg_tensor_unref(local->half[i].mod_bias);
    ssg_tensor_unref(local->half[i].bias);
  }
  ssg_tensor_unref(local->depth_weight);
  ssg_tensor_unref(local->depth_bias);
  g_free(local);
}

int ssg_local_chain_codes(const SsgLocalChain *local, gboolean texture)
{
  return local->half[texture].codes;
}

void ssg_local_chain_run(SsgLocalChain *local, gboolean texture, int first, int count, const float *codes, SsgTensor *x,
                         SsgTensor *out)
{
  const SsgArchitecture *a = &local->g->arch;
  const Half *h = &local->half[texture];
  gint64 n = h->layers, rows = count * n, c = a->local_channels, s = a->style_dim;
  SsgContext *ctx = ssg_tensor_context(x);

  ssg_scope_begin(ctx);
  SsgTensor *code = ssg_tensor_new_f32(ctx, SSG_SHAPE(count * h->codes, s), codes);
  SsgTensor *weight = ssg_tensor_modulate(ssg_tensor_slice(h->weight, 0, first * n, rows),
                                          ssg_tensor_slice(h->mod_weight, 0, first * n, rows),
                                          ssg_tensor_slice(h->mod_bias, 0, first * n, rows), code, 1 / sqrtf(s), 1 / sqrtf(c));
  ssg_tensor_chain_into(out, x, ssg_tensor_reshape(weight, SSG_SHAPE(count, n, c, c)),
                        ssg_tensor_slice(h->bias, 0, first, count));
  ssg_scope_end(ctx);
}

SsgTensor *ssg_local_chain_depth(SsgLocalChain *local, int first, int count, SsgTensor *maps)
{
  SsgContext *ctx = ssg_tensor_context(maps);
  gint64 p = ssg_tensor_dim(maps, 1);

  /* Not a product: a library's would round differently with the number of parts. */
  ssg_scope_begin(ctx);
  SsgTensor *d = ssg_tensor_sum_axis(ssg_tensor_mul(maps, ssg_tensor_slice(local->depth_weight, 0, first, count)), 2);
  d = ssg_tensor_add(d, ssg_tensor_slice(local->depth_bias, 0, first, count));
  return ssg_scope_end_keep(ctx, ssg_tensor_reshape(d, SSG_SHAPE(count, 1, p, 1)));
}
