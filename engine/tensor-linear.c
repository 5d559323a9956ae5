/* Matrix products and convolutions: two families that are closed under differentiation. */
#include "engine/tensor-private.h"

static SsgTensor *act_grad(SsgTensor *g, SsgTensor *y);

static void act_grad_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  /* Linear in the gradient; the activation's own output only chooses the slope. */
  grads[0] = act_grad(g, node->saved[0]);
}

/* g * act'(.), y the activation's output. In g's memory, where that is a gradient that nobody else looks at. */
static SsgTensor *act_grad(SsgTensor *g, SsgTensor *y)
{
  SsgTensor *in[2] = {g, y};
  gboolean reuse = !ssg_context_recording(g->ctx) && ssg_tensor_is_alone(g);
  SsgTensor *out = reuse ? g : ssg_tensor_allocate(g->ctx, g->dtype, &g->shape);
  SsgOpCall call = {.op = SSG_OP_ACT_GRAD};
  ssg_tensor_run(&call, 2, in, out);
  SsgNode *node = ssg_node_record(out, act_grad_rule, &call, 1, in);
  if (node)
    ssg_node_save(node, 0, ssg_tensor_stop_gradient(y));
  return out;
}

/* Sums over `axis`, in f32 and without the factor of g's dtype. */
static SsgTensor *sum_gradient(SsgTensor *g, int axis)
{
  SsgShape shape = g->shape;
  shape.dim[axis] = 1;
  return ssg_tensor_sum_wide(g, shape, 1 / ssg_gradient_scale_of(g->ctx, g->dtype));
}

/* Sums g's rows into the shape of a bias [Bb, C] or [C]: rows of one group of R / Bb belong to one bias row. */
static SsgTensor *bias_gradient(SsgTensor *g, const SsgShape *bias)
{
  int64_t channels = bias->dim[bias->rank - 1], groups = ssg_shape_elements(bias) / channels;
  int64_t rows = ssg_tensor_elements(g) / channels / groups;
  SsgTensor *sum = sum_gradient(ssg_tensor_reshape(g, SSG_SHAPE(groups, rows, channels)), 1);
  return ssg_tensor_reshape(sum, *bias);
}

/* --- matmul: alpha op(a) op(b) --- */

static SsgTensor *product(SsgTensor *a, SsgTensor *b, gboolean trans_a, gboolean trans_b, float alpha, SsgTensor *bias, gboolean act,
                          SsgDtype dtype);

static void matmul_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  SsgTensor *a = node->saved[0], *b = node->saved[1];
  gboolean ta = node->call.param.matmul.trans_a, tb = node->call.param.matmul.trans_b;
  float alpha = node->call.param.matmul.alpha;

  if (node->call.param.matmul.act)
    g = act_grad(g, ssg_node_output(node));
  if (node->in[2])
    grads[2] = bias_gradient(g, &node->in_shape[2]);
  SsgDtype dtype = node->in_dtype[0]; /* the result may be wider */
  g = ssg_gradient_cast(g, dtype);
  if (node->in[0]) {
    SsgTensor *d = ta ? product(b, g, tb, TRUE, alpha, NULL, FALSE, dtype) : product(g, b, FALSE, !tb, alpha, NULL, FALSE, dtype);
    grads[0] = ssg_tensor_sum_to(d, node->in_shape[0], 1);
  }
  if (node->in[1]) {
    SsgTensor *d = tb ? product(g, a, TRUE, ta, alpha, NULL, FALSE, dtype) : product(a, g, !ta, FALSE, alpha, NULL, FALSE, dtype);
    grads[1] = ssg_tensor_sum_to(d, node->in_shape[1], 1);
  }
}

SsgTensor *ssg_tensor_matmul(SsgTensor *a, SsgTensor *b, gboolean trans_a, gboolean trans_b, float alpha, SsgTensor *bias,
                             gboolean act)
{
  return product(a, b, trans_a, trans_b, alpha, bias, act, SSG_F32);
}

static SsgTensor *product(SsgTensor *a, SsgTensor *b, gboolean trans_a, gboolean trans_b, float alpha, SsgTensor *bias, gboolean act,
                          SsgDtype dtype)
{
  SsgTensor *in[3] = {a, b, bias};
  SsgOpCall call = {.op = SSG_OP_MATMUL,
                    .param.matmul = {.trans_a = trans_a, .trans_b = trans_b, .act = act, .alpha = alpha}};

  g_assert(a->shape.rank == 3 && b->shape.rank == 3 && a->dtype == b->dtype);
  int64_t m = a->shape.dim[trans_a ? 2 : 1], k = a->shape.dim[trans_a ? 1 : 2];
  int64_t n = b->shape.dim[trans_b ? 1 : 2];
  g_assert(b->shape.dim[trans_b ? 2 : 1] == k);
  SsgShape shape = SSG_SHAPE(MAX(a->shape.dim[0], b->shape.dim[0]), m, n);
  g_assert(a->shape.dim[0] == shape.dim[0] || a->shape.dim[0] == 1);
  g_assert(b->shape.dim[0] == shape.dim[0] || b->shape.dim[0] == 1);
  SsgTensor *y = ssg_tensor_allocate(a->ctx, dtype, &shape);
  ssg_tensor_run(&call, bias ? 3 : 2, in, y);
  SsgNode *node = ssg_node_record(y, matmul_rule, &call, bias ? 3 : 2, in);
  if (node) {
    if (node->in[1])
      ssg_node_save(node, 0, a);
    if (node->in[0])
      ssg_node_save(node, 1, b);
    if (act)
      ssg_node_save_output(node, y);
  }
  return y;
}

/* --- convolution, and its adjoints in the input and in the weights --- */

static SsgOpCall conv_call(SsgOp op, int stride, int pad_before, int pad_after, gboolean act)
{
  return (SsgOpCall){.op = op,
                     .param.conv = {.stride = stride,
                                    .pad_top = pad_before,
                                    .pad_left = pad_before,
                                    .pad_bottom = pad_after,
                                    .pad_right = pad_after,
                                    .act = act}};
}

#define CONV_PARAMS(node) \
  node->call.param.conv.stride, node->call.param.conv.pad_top, node->call.param.conv.pad_bottom

static void conv_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  SsgTensor *x = node->saved[0], *w = node->saved[1];
  const SsgShape *xs = &node->in_shape[0], *ws = &node->in_shape[1];

  if (node->call.param.conv.act)
    g = act_grad(g, ssg_node_output(node));
  if (node->in[0])
    grads[0] = ssg_tensor_conv_input(g, w, CONV_PARAMS(node), xs->dim[1], xs->dim[2]);
  if (node->in[1])
    grads[1] = ssg_tensor_conv_weight(x, g, CONV_PARAMS(node), ws->dim[1], ws->dim[2]);
  if (node->in[2])
    grads[2] = bias_gradient(g, &node->in_shape[2]);
}

/* x = conv_input(y, w) is linear in both. */
static void conv_input_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  SsgTensor *y = node->saved[0], *w = node->saved[1];
  const SsgShape *ws = &node->in_shape[1];

  if (node->in[0])
    grads[0] = ssg_tensor_conv(g, w, CONV_PARAMS(node), NULL, FALSE);
  if (node->in[1])
    grads[1] = ssg_tensor_conv_weight(g, y, CONV_PARAMS(node), ws->dim[1], ws->dim[2]);
}

static void conv_weight_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  SsgTensor *x = node->saved[0], *y = node->saved[1];
  const SsgShape *xs = &node->in_shape[0];

  if (node->in[0])
    grads[0] = ssg_tensor_conv_input(y, g, CONV_PARAMS(node), xs->dim[1], xs->dim[2]);
  if (node->in[1])
    grads[1] = ssg_tensor_conv(x, g, CONV_PARAMS(node), NULL, FALSE);
}

static void save_factors(SsgNode *node, SsgTensor *a, SsgTensor *b)
{
  if (node->in[1])
    ssg_node_save(node, 0, a);
  if (node->in[0])
    ssg_node_save(node, 1, b);
}

SsgTensor *ssg_tensor_conv(SsgTensor *x, SsgTensor *w, int stride, int pad_before, int pad_after, SsgTensor *bias,
                           gboolean act)
{
  SsgTensor *in[3] = {x, w, bias};
  SsgOpCall call = conv_call(SSG_OP_CONV, stride, pad_before, pad_after, act);
  const int64_t *xd = x->shape.dim, *wd = w->shape.dim;
  int pads = pad_before + pad_after;

  g_assert(x->shape.rank == 4 && w->shape.rank == 4 && xd[3] == wd[3]);
  SsgShape shape = SSG_SHAPE(xd[0], (xd[1] + pads - wd[1]) / stride + 1, (xd[2] + pads - wd[2]) / stride + 1, wd[0]);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
  ssg_tensor_run(&call, bias ? 3 : 2, in, y);
  SsgNode *node = ssg_node_record(y, conv_rule, &call, bias ? 3 : 2, in);
  if (node) {
    save_factors(node, x, w);
    if (act)
      ssg_node_save_output(node, y);
  }
  return y;
}

SsgTensor *ssg_tensor_conv_input(SsgTensor *y, SsgTensor *w, int stride, int pad_before, int pad_after, int64_t height,
                                 int64_t width)
{
  SsgTensor *in[2] = {y, w};
  SsgOpCall call = conv_call(SSG_OP_CONV_INPUT, stride, pad_before, pad_after, FALSE);

  g_assert(y->shape.rank == 4 && w->shape.rank == 4 && y->shape.dim[3] == w->shape.dim[0]);
  g_assert((height + pad_before + pad_after - w->shape.dim[1]) / stride + 1 == y->shape.dim[1]);
  SsgShape shape = SSG_SHAPE(y->shape.dim[0], height, width, w->shape.dim[3]);
  SsgTensor *x = ssg_tensor_allocate(y->ctx, y->dtype, &shape);
  ssg_tensor_run(&call, 2, in, x);
  SsgNode *node = ssg_node_record(x, conv_input_rule, &call, 2, in);
  if (node)
    save_factors(node, y, w);
  return x;
}

SsgTensor *ssg_tensor_conv_weight(SsgTensor *x, SsgTensor *y, int stride, int pad_before, int pad_after, int64_t kh,
                                  int64_t kw)
{
  SsgTensor *in[2] = {x, y};
  SsgOpCall call = conv_call(SSG_OP_CONV_WEIGHT, stride, pad_before, pad_after, FALSE);

  SsgShape shape = SSG_SHAPE(y->shape.dim[3], kh, kw, x->shape.dim[3]);
  SsgTensor *w = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
  ssg_tensor_run(&call, 2, in, w);
  SsgNode *node = ssg_node_record(w, conv_weight_rule, &call, 2, in);
  if (node)
    save_factors(node, x, y);
  return w;
}

/* --- bias, noise, activation; upfirdn with that as its last step --- */

/* Gradients of act(. + bias + strength * noise) for bias, noise's strength; inputs 1, 2, 3. g is past the activation. */
static void epilogue_gradients(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  if (node->in[1])
    grads[1] = bias_gradient(g, &node->in_shape[1]);
  if (node->n_in > 3 && node->in[3]) { /* sum over rows of noise * (sum over channels of g) */
    SsgTensor *noise = node->saved[0];
    int64_t per_row = ssg_tensor_elements(noise), channels = g->shape.dim[g->shape.rank - 1];
    int64_t repeats = ssg_tensor_elements(g) / channels / per_row;
    SsgTensor *rows = sum_gradient(ssg_tensor_reshape(g, SSG_SHAPE(repeats, per_row, channels)), 2);
    rows = ssg_tensor_mul(rows, ssg_tensor_reshape(noise, SSG_SHAPE(1, per_row, 1)));
    grads[3] = ssg_tensor_reshape(ssg_tensor_sum(rows), node->in_shape[3]);
  }
}

static void save_epilogue(SsgNode *node, SsgTensor *y, SsgTensor *noise, gboolean act)
{
  if (!node)
    return;
  g_assert(node->n_in <= 2 || !node->in[2]); /* no gradient for noise */
  if (node->n_in > 3 && node->in[3])
    ssg_node_save(node, 0, noise);
  if (act)
    ssg_node_save_output(node, y);
}

static void bias_act_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  if (node->call.param.bias_act.act)
    g = act_grad(g, ssg_node_output(node));
  grads[0] = g;
  epilogue_gradients(node, g, grads);
}

SsgTensor *ssg_tensor_bias_act(SsgTensor *x, SsgTensor *bias, SsgTensor *noise, SsgTensor *strength, gboolean act)
{
  SsgTensor *in[4] = {x, bias, noise, strength};
  SsgOpCall call = {.op = SSG_OP_BIAS_ACT, .param.bias_act.act = act};
  g_assert(!noise == !strength);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &x->shape);
  ssg_tensor_run(&call, noise ? 4 : 2, in, y);
  save_epilogue(ssg_node_record(y, bias_act_rule, &call, noise ? 4 : 2, in), y, noise, act);
  return y;
}

static void upfirdn_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  int up = node->call.param.upfirdn.up, down = node->call.param.upfirdn.down;
  int pad_before = node->call.param.upfirdn.pad_x0;
  int64_t in_size = node->in_shape[0].dim[1], out_size = g->shape.dim[1];

  if (node->call.param.upfirdn.act)
    g = act_grad(g, ssg_node_output(node));
  epilogue_gradients(node, g, grads);
  if (node->in[0]) {
    /* The adjoint swaps up and down; the FIR is symmetric, so flipping it changes nothing. */
    int before = 4 - pad_before - 1;
    int after = in_size * up - out_size * down + pad_before - up + 1;
    grads[0] = ssg_tensor_upfirdn(g, down, up, before, after, node->call.param.upfirdn.gain, NULL, NULL, NULL, FALSE);
  }
}

SsgTensor *ssg_tensor_upfirdn(SsgTensor *x, int up, int down, int pad_before, int pad_after, float gain, SsgTensor *bias,
                              SsgTensor *noise, SsgTensor *strength, gboolean act)
{
  SsgTensor *in[4] = {x, bias, noise, strength};
  SsgOpCall call = {.op = SSG_OP_UPFIRDN,
                    .param.upfirdn = {.up = up,
                                      .down = down,
                                      .pad_x0 = pad_before,
                                      .pad_x1 = pad_after,
                                      .pad_y0 = pad_before,
                                      .pad_y1 = pad_after,
                                      .gain = gain,
                                      .act = act}};
  const int64_t *d = x->shape.dim;
  int pads = pad_before + pad_after;

  g_assert(x->shape.rank == 4 && !noise == !strength);
  g_assert(d[1] == d[2]); /* the rule derives its padding from the height; the model's maps are square */
  SsgShape shape = SSG_SHAPE(d[0], (d[1] * up + pads - 4) / down + 1, (d[2] * up + pads - 4) / down + 1, d[3]);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
  int n_in = noise ? 4 : bias ? 2 : 1;
  ssg_tensor_run(&call, n_in, in, y);
  save_epilogue(ssg_node_record(y, upfirdn_rule, &call, n_in, in), y, noise, act);
  return y;
}

/* --- mean over blocks and its adjoint --- */

static void avg_pool_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  grads[0] = ssg_tensor_spread(g, node->call.param.pool.size);
}

static void spread_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  grads[0] = ssg_tensor_avg_pool(g, node->call.param.pool.size);
}

SsgTensor *ssg_tensor_avg_pool(SsgTensor *x, int size)
{
  if (size == 1)
    return x;
  SsgShape shape = SSG_SHAPE(x->shape.dim[0], x->shape.dim[1] / size, x->shape.dim[2] / size, x->shape.dim[3]);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
  SsgOpCall call = {.op = SSG_OP_AVG_POOL, .param.pool.size = size};
  ssg_tensor_run(&call, 1, &x, y);
  ssg_node_record(y, avg_pool_rule, &call, 1, &x);
  return y;
}

SsgTensor *ssg_tensor_spread(SsgTensor *x, int size)
{
  if (size == 1)
    return x;
  SsgShape shape = SSG_SHAPE(x->shape.dim[0], x->shape.dim[1] * size, x->shape.dim[2] * size, x->shape.dim[3]);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
  SsgOpCall call = {.op = SSG_OP_SPREAD, .param.pool.size = size};
  ssg_tensor_run(&call, 1, &x, y);
  ssg_node_record(y, spread_rule, &call, 1, &x);
  return y;
}

/* --- [K, N, P, C] x [K, N, P, 1] -> [N, P, K, C] --- */

static void weigh_parts_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  SsgTensor *x = node->saved[0], *weight = node->saved[1];
  const SsgShape *x_shape = &node->in_shape[0];

  g = x_shape->dim[0] == 1 ? ssg_tensor_reshape(g, *x_shape) : ssg_tensor_permute(g, (const int[]){2, 0, 1, 3}); /* [K, N, P, C] */
  if (node->in[0])
    grads[0] = ssg_tensor_mul(g, weight);
  if (node->in[1])
    grads[1] = ssg_tensor_sum_axis(ssg_tensor_mul(g, x), 3);
}

SsgTensor *ssg_tensor_weigh_parts(SsgTensor *x, SsgTensor *weight)
{
  SsgTensor *in[2] = {x, weight};
  const int64_t *d = x->shape.dim;
  SsgOpCall call = {.op = SSG_OP_WEIGH_PARTS};
  SsgShape shape = SSG_SHAPE(d[1], d[2], d[0], d[3]);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, SSG_F32, &shape);
  ssg_tensor_run(&call, 2, in, y);
  SsgNode *node = ssg_node_record(y, weigh_parts_rule, &call, 2, in);
  if (node)
    save_factors(node, x, weight);
  return y;
}

/* --- local generators in inference --- */

SsgTensor *ssg_tensor_modulate(SsgTensor *w, SsgTensor *m, SsgTensor *b, SsgTensor *code, float code_scale,
                               float weight_scale)
{
  SsgTensor *in[4] = {w, m, b, code};
  int64_t r = w->shape.dim[0], o = w->shape.dim[1], i = w->shape.dim[2];
  SsgShape shape = SSG_SHAPE(r, i, o);
  SsgOpCall call = {.op = SSG_OP_MODULATE, .param.modulate = {code_scale, weight_scale}};
  g_assert(m->shape.dim[0] == r && m->shape.dim[1] == i && m->shape.dim[2] == code->shape.dim[1]);
  g_assert(ssg_tensor_elements(b) == r * i && r % code->shape.dim[0] == 0 && !ssg_context_recording(w->ctx));
  SsgTensor *y = ssg_tensor_allocate(w->ctx, SSG_F32, &shape);
  ssg_tensor_run(&call, 4, in, y);
  return y;
}

void ssg_tensor_chain_into(SsgTensor *out, SsgTensor *x, SsgTensor *w, SsgTensor *bias)
{
  SsgTensor *in[3] = {x, w, bias};
  int64_t k = out->shape.dim[0], p = out->shape.dim[1], c = out->shape.dim[2], l = w->shape.dim[1];
  SsgOpCall call = {.op = SSG_OP_CHAIN};
  g_assert((x->shape.dim[0] == k || x->shape.dim[0] == 1) && x->shape.dim[1] == p && x->shape.dim[2] == c);
  g_assert(w->shape.dim[0] == k && w->shape.dim[2] == c && w->shape.dim[3] == c && ssg_tensor_elements(bias) == k * l * c);
  g_assert(!ssg_context_recording(x->ctx));
  ssg_tensor_run(&call, 3, in, out);
}
