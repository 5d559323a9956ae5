/* Ops that move, repeat, select and sum elements. */
#include "engine/tensor-private.h"

/* --- reshape --- */

static void reshape_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  grads[0] = ssg_tensor_reshape(g, node->in_shape[0]);
}

SsgTensor *ssg_tensor_reshape(SsgTensor *x, SsgShape shape)
{
  g_assert(ssg_shape_elements(&shape) == ssg_tensor_elements(x));
  SsgTensor *y = ssg_tensor_alias(x, &shape, 0);
  ssg_node_record(y, reshape_rule, NULL, 1, &x);
  return y;
}

/* --- permute --- */

static void permute_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  int inverse[SSG_MAX_RANK];
  for (int i = 0; i < node->in_shape[0].rank; i++)
    inverse[node->call.param.permute.axis[i]] = i;
  grads[0] = ssg_tensor_permute(g, inverse);
}

SsgTensor *ssg_tensor_permute(SsgTensor *x, const int *axis)
{
  SsgShape shape = {.rank = x->shape.rank};
  SsgOpCall call = {.op = SSG_OP_PERMUTE};
  for (int i = 0; i < shape.rank; i++) {
    shape.dim[i] = x->shape.dim[axis[i]];
    call.param.permute.axis[i] = axis[i];
  }
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
  ssg_tensor_run(&call, 1, &x, y);
  ssg_node_record(y, permute_rule, &call, 1, &x);
  return y;
}

/* --- slice and its adjoint --- */

static void slice_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  int axis = node->call.param.slice.axis;
  grads[0] = ssg_tensor_unslice(g, axis, node->call.param.slice.start, node->in_shape[0].dim[axis]);
}

gboolean ssg_node_add_slice(SsgNode *node, SsgTensor *g)
{
  int axis = node->call.param.slice.axis;
  SsgTensor *whole = node->rule == slice_rule && node->in[0] ? node->in[0]->gradient : NULL;
  int64_t after = 1;

  if (!whole || !ssg_tensor_is_alone(whole))
    return FALSE;
  for (int i = 0; i < whole->shape.rank; i++) {
    if (i < axis && whole->shape.dim[i] != 1)
      return FALSE;
    after *= i > axis ? whole->shape.dim[i] : 1;
  }
  int64_t start = node->call.param.slice.start * after * ssg_dtype_size(whole->dtype);
  ssg_tensor_add_into(ssg_tensor_alias(whole, &g->shape, start), g);
  return TRUE;
}

static void unslice_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  int axis = node->call.param.slice.axis;
  grads[0] = ssg_tensor_slice(g, axis, node->call.param.slice.start, node->in_shape[0].dim[axis]);
}

SsgTensor *ssg_tensor_slice(SsgTensor *x, int axis, int64_t start, int64_t length)
{
  SsgShape shape = x->shape;
  SsgOpCall call = {.op = SSG_OP_SLICE, .param.slice = {axis, start}};
  int64_t before = 1, after = 1;

  g_assert(start >= 0 && length > 0 && start + length <= shape.dim[axis]);
  if (length == shape.dim[axis])
    return x;
  for (int i = 0; i < shape.rank; i++) {
    before *= i < axis ? shape.dim[i] : 1;
    after *= i > axis ? shape.dim[i] : 1;
  }
  shape.dim[axis] = length;
  SsgTensor *y;
  if (before == 1) {
    y = ssg_tensor_alias(x, &shape, start * after * ssg_dtype_size(x->dtype));
  } else {
    y = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
    ssg_tensor_run(&call, 1, &x, y);
  }
  ssg_node_record(y, slice_rule, &call, 1, &x);
  return y;
}

SsgTensor *ssg_tensor_unslice(SsgTensor *x, int axis, int64_t start, int64_t full_length)
{
  SsgShape shape = x->shape;
  SsgOpCall call = {.op = SSG_OP_UNSLICE, .param.slice = {axis, start}};

  shape.dim[axis] = full_length;
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
  ssg_tensor_run(&call, 1, &x, y);
  ssg_node_record(y, unslice_rule, &call, 1, &x);
  return y;
}

/* --- concat --- */

static void concat_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  int axis = node->call.param.concat.axis;
  int64_t start = 0;
  for (int i = 0; i < node->n_in; i++) {
    int64_t length = node->in_shape[i].dim[axis];
    if (node->in[i])
      grads[i] = ssg_tensor_slice(g, axis, start, length);
    start += length;
  }
}

SsgTensor *ssg_tensor_concat(SsgTensor **parts, int n, int axis)
{
  SsgShape shape = parts[0]->shape;
  SsgOpCall call = {.op = SSG_OP_CONCAT, .param.concat.axis = axis};

  g_assert(n <= SSG_OP_MAX_INPUTS);
  for (int i = 1; i < n; i++)
    shape.dim[axis] += parts[i]->shape.dim[axis];
  SsgTensor *y = ssg_tensor_allocate(parts[0]->ctx, parts[0]->dtype, &shape);
  ssg_tensor_run(&call, n, parts, y);
  ssg_node_record(y, concat_rule, &call, n, parts);
  return y;
}

/* --- sum and broadcast, each other's adjoint --- */

static void sum_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  g = ssg_gradient_cast(g, node->in_dtype[0]);
  grads[0] = ssg_tensor_broadcast_to(g, node->in_shape[0], node->call.param.reduce.scale);
}

static void broadcast_rule(SsgNode *node, SsgTensor *g, SsgTensor **grads)
{
  grads[0] = ssg_tensor_sum_to(g, node->in_shape[0], node->call.param.broadcast.scale);
}

static SsgTensor *sum_to(SsgTensor *x, SsgShape shape, float scale, SsgDtype dtype)
{
  g_assert(shape.rank == x->shape.rank);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, dtype, &shape);
  SsgOpCall call = {.op = SSG_OP_REDUCE, .param.reduce = {SSG_REDUCE_SUM, scale}};
  ssg_tensor_run(&call, 1, &x, y);
  ssg_node_record(y, sum_rule, &call, 1, &x);
  return y;
}

SsgTensor *ssg_tensor_sum_to(SsgTensor *x, SsgShape shape, float scale)
{
  if (ssg_shape_equal(&x->shape, &shape))
    return scale == 1 ? x : ssg_tensor_scale(x, scale);
  return sum_to(x, shape, scale, x->dtype);
}

SsgTensor *ssg_tensor_sum_wide(SsgTensor *x, SsgShape shape, float scale)
{
  return x->dtype == SSG_F32 ? ssg_tensor_sum_to(x, shape, scale) : sum_to(x, shape, scale, SSG_F32);
}

SsgTensor *ssg_tensor_broadcast_to(SsgTensor *x, SsgShape shape, float scale)
{
  if (ssg_shape_equal(&x->shape, &shape))
    return scale == 1 ? x : ssg_tensor_scale(x, scale);
  g_assert(shape.rank == x->shape.rank);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, x->dtype, &shape);
  SsgOpCall call = {.op = SSG_OP_BROADCAST, .param.broadcast.scale = scale};
  ssg_tensor_run(&call, 1, &x, y);
  ssg_node_record(y, broadcast_rule, &call, 1, &x);
  return y;
}

SsgTensor *ssg_tensor_sum(SsgTensor *x)
{
  return ssg_tensor_sum_to(ssg_tensor_reshape(x, SSG_SHAPE(ssg_tensor_elements(x))), SSG_SHAPE(1), 1);
}

SsgTensor *ssg_tensor_mean(SsgTensor *x)
{
  int64_t n = ssg_tensor_elements(x);
  return ssg_tensor_sum_to(ssg_tensor_reshape(x, SSG_SHAPE(n)), SSG_SHAPE(1), 1.0f / n);
}

static SsgShape without_axis(SsgTensor *x, int axis)
{
  SsgShape shape = x->shape;
  shape.dim[axis] = 1;
  return shape;
}

SsgTensor *ssg_tensor_sum_axis(SsgTensor *x, int axis)
{
  return ssg_tensor_sum_to(x, without_axis(x, axis), 1);
}

SsgTensor *ssg_tensor_mean_axis(SsgTensor *x, int axis)
{
  return ssg_tensor_sum_to(x, without_axis(x, axis), 1.0f / x->shape.dim[axis]);
}

SsgTensor *ssg_tensor_max_axis(SsgTensor *x, int axis)
{
  SsgShape shape = without_axis(x, axis);
  SsgTensor *y = ssg_tensor_allocate(x->ctx, SSG_F32, &shape);
  SsgOpCall call = {.op = SSG_OP_REDUCE, .param.reduce = {SSG_REDUCE_MAX, 1}};
  ssg_tensor_run(&call, 1, &x, y);
  return y;
}

/* --- classes; no gradient --- */

SsgTensor *ssg_tensor_argmax(SsgTensor *x)
{
  SsgShape shape = x->shape;
  shape.rank--;
  SsgTensor *y = ssg_tensor_allocate(x->ctx, SSG_U8, &shape);
  SsgOpCall call = {.op = SSG_OP_ARGMAX};
  ssg_tensor_run(&call, 1, &x, y);
  return y;
}

SsgTensor *ssg_tensor_one_hot(SsgTensor *labels, int classes)
{
  SsgShape shape = labels->shape;
  g_assert(labels->dtype == SSG_U8 && shape.rank < SSG_MAX_RANK);
  shape.dim[shape.rank++] = classes;
  SsgTensor *y = ssg_tensor_allocate(labels->ctx, SSG_F32, &shape);
  SsgOpCall call = {.op = SSG_OP_ONE_HOT};
  ssg_tensor_run(&call, 1, &labels, y);
  return y;
}
