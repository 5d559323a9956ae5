/* Elementwise ops and their backward rules. */
#include "engine/tensor-private.h"

/* --- unary --- */

static void unary_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  SsgTensor *x = node->saved[0], *y, *d = NULL;

  switch (node->call.param.unary.kind) {
  case SSG_UNARY_NEGATE:
    grads[0] = ssg_tensor_scale(g, -1);
    return;
  case SSG_UNARY_SQUARE:
    d = ssg_tensor_scale(x, 2);
    break;
  case SSG_UNARY_SQRT: /* 1 / (2 y) */
    d = ssg_tensor_scale(ssg_tensor_unary(SSG_UNARY_RECIPROCAL, ssg_node_output(node)), 0.5f);
    break;
  case SSG_UNARY_RSQRT: /* -y^3 / 2 */
    y = ssg_node_output(node);
    d = ssg_tensor_scale(ssg_tensor_mul(ssg_tensor_square(y), y), -0.5f);
    break;
  case SSG_UNARY_RECIPROCAL: /* -y^2 */
    d = ssg_tensor_scale(ssg_tensor_square(ssg_node_output(node)), -1);
    break;
  case SSG_UNARY_EXP:
    d = ssg_node_output(node);
    break;
  case SSG_UNARY_LOG:
    d = ssg_tensor_unary(SSG_UNARY_RECIPROCAL, x);
    break;
  case SSG_UNARY_SIN:
    d = ssg_tensor_unary(SSG_UNARY_COS, x);
    break;
  case SSG_UNARY_COS:
    d = ssg_tensor_scale(ssg_tensor_unary(SSG_UNARY_SIN, x), -1);
    break;
  case SSG_UNARY_SIGMOID: /* y (1 - y) */
    y = ssg_node_output(node);
    d = ssg_tensor_mul(y, ssg_tensor_affine(y, -1, 1));
    break;
  case SSG_UNARY_SOFTPLUS:
    d = ssg_tensor_unary(SSG_UNARY_SIGMOID, x);
    break;
  case SSG_N_UNARY:
    g_assert_not_reached();
  }
  grads[0] = ssg_tensor_mul(g, d);
}

SsgTensor *ssg_tensor_unary(SsgUnary kind, SsgTensor *x)
{
  SsgTensor *y = ssg_tensor_allocate(x->ctx, SSG_F32, &x->shape);
  SsgOpCall call = {.op = SSG_OP_UNARY, .param.unary.kind = kind};
  ssg_tensor_run(&call, 1, &x, y);
  SsgNode *node = ssg_node_record(y, unary_rule, &call, 1, &x);
  if (node) {
    switch (kind) {
    case SSG_UNARY_SQRT:
    case SSG_UNARY_RSQRT:
    case SSG_UNARY_RECIPROCAL:
    case SSG_UNARY_EXP:
    case SSG_UNARY_SIGMOID:
      ssg_node_save_output(node, y);
      break;
    case SSG_UNARY_NEGATE:
      break;
    default:
      ssg_node_save(node, 0, x);
    }
  }
  return y;
}

/* --- a x + b --- */

static void affine_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  grads[0] = ssg_tensor_scale(g, node->call.param.affine.a);
}

SsgTensor *ssg_tensor_affine(SsgTensor *x, float a, float b)
{
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &x->shape);
  SsgOpCall call = {.op = SSG_OP_AFFINE, .param.affine = {a, b}};
  ssg_tensor_run(&call, 1, &x, y);
  ssg_node_record(y, affine_rule, &call, 1, &x);
  return y;
}

/* --- binary with broadcasting --- */

static void binary_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  SsgTensor *a = node->saved[0], *b = node->saved[1];
  SsgTensor *d0 = NULL, *d1 = NULL;

  switch (node->call.param.binary.kind) {
  case SSG_BINARY_ADD:
    d0 = d1 = g;
    break;
  case SSG_BINARY_SUB:
    d0 = g;
    if (node->in[1])
      d1 = ssg_tensor_scale(g, -1);
    break;
  case SSG_BINARY_MUL:
    if (node->in[0])
      d0 = ssg_tensor_mul(g, b);
    if (node->in[1])
      d1 = ssg_tensor_mul(g, a);
    break;
  case SSG_BINARY_DIV: {
    SsgTensor *q = ssg_tensor_div(g, b);
    d0 = q;
    if (node->in[1]) /* -g a / b^2 */
      d1 = ssg_tensor_scale(ssg_tensor_mul(q, ssg_tensor_div(a, b)), -1);
    break;
  }
  case SSG_N_BINARY:
    g_assert_not_reached();
  }
  if (node->in[0])
    grads[0] = ssg_tensor_sum_to(d0, node->in_shape[0], 1);
  if (node->in[1])
    grads[1] = ssg_tensor_sum_to(d1, node->in_shape[1], 1);
}

SsgTensor *ssg_tensor_binary(SsgBinary kind, SsgTensor *a, SsgTensor *b)
{
  SsgTensor *in[2] = {a, b};
  SsgShape shape = a->shape;

  g_assert(a->shape.rank == b->shape.rank && a->dtype == b->dtype);
  for (int i = 0; i < shape.rank; i++) {
    g_assert(a->shape.dim[i] == b->shape.dim[i] || a->shape.dim[i] == 1 || b->shape.dim[i] == 1);
    if (shape.dim[i] == 1)
      shape.dim[i] = b->shape.dim[i];
  }
  SsgTensor *y = ssg_tensor_allocate(a->ctx, a->dtype, &shape);
  SsgOpCall call = {.op = SSG_OP_BINARY, .param.binary.kind = kind};
  ssg_tensor_run(&call, 2, in, y);
  SsgNode *node = ssg_node_record(y, binary_rule, &call, 2, in);
  if (node && (kind == SSG_BINARY_MUL || kind == SSG_BINARY_DIV)) {
    /* Each factor is kept only for the other's sake. */
    if (node->in[1])
      ssg_node_save(node, 0, a);
    if (node->in[0] || kind == SSG_BINARY_DIV)
      ssg_node_save(node, 1, b);
  }
  return y;
}

/* --- dtype --- */

static void cast_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  grads[0] = ssg_gradient_cast(g, node->in_dtype[0]);
}

/* Scaled while it is f32: the factor may be larger than f16. */
SsgTensor *ssg_gradient_cast(SsgTensor *g, SsgDtype dtype)
{
  if (g->dtype == dtype)
    return g;
  float factor = ssg_gradient_scale_of(g->ctx, dtype) / ssg_gradient_scale_of(g->ctx, g->dtype);
  if (factor == 1)
    return ssg_tensor_cast(g, dtype);
  return dtype == SSG_F32 ? ssg_tensor_scale(ssg_tensor_cast(g, dtype), factor)
                          : ssg_tensor_cast(ssg_tensor_scale(g, factor), dtype);
}

SsgTensor *ssg_tensor_cast(SsgTensor *x, SsgDtype dtype)
{
  if (x->dtype == dtype)
    return x;
  SsgTensor *y = ssg_tensor_allocate(x->ctx, dtype, &x->shape);
  SsgOpCall call = {.op = SSG_OP_COPY};
  ssg_tensor_run(&call, 1, &x, y);
  if (dtype != SSG_U8 && dtype != SSG_I64)
    ssg_node_record(y, cast_rule, &call, 1, &x);
  return y;
}
