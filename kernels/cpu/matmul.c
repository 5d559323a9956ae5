#include "kernels/cpu/dnnl.h"

#include <assert.h>

SsgStatus ssg_cpu_matmul(SsgCpu *cpu, const SsgOpCall *call)
{
  const SsgArray *a = &call->in[0], *b = &call->in[1], *out = &call->out;
  const SsgArray *bias = call->n_in > 2 && call->in[2].data ? &call->in[2] : NULL;
  bool trans_a = call->param.matmul.trans_a, trans_b = call->param.matmul.trans_b;
  int64_t batch = out->shape.dim[0], m = out->shape.dim[1], n = out->shape.dim[2];
  int64_t k = a->shape.dim[trans_a ? 1 : 2];
  assert(b->shape.dim[trans_b ? 2 : 1] == k);

  SsgDnnlMatmul product = {
      .batch = batch,
      .m = m,
      .n = n,
      .k = k,
      .a = a->data,
      .b = b->data,
      .a_batch = a->shape.dim[0] == 1 ? 0 : m * k,
      .a_row = trans_a ? 1 : k,
      .a_column = trans_a ? m : 1,
      .b_batch = b->shape.dim[0] == 1 ? 0 : k * n,
      .b_row = trans_b ? 1 : n,
      .b_column = trans_b ? k : 1,
      .out = out->data,
      .alpha = call->param.matmul.alpha,
      .act = call->param.matmul.act,
      .b_key = b->cache_key,
  };
  int64_t bias_rows = bias ? ssg_shape_elements(&bias->shape) / n : 0;
  /* One right side for a whole batch, rows one after another: the batch is only more rows. */
  if (batch > 1 && product.b_batch == 0 && product.a_batch && !trans_a && bias_rows <= 1) {
    product.m *= batch;
    product.batch = batch = 1;
  }
  /* A bias for each matrix of the batch: oneDNN 2.6 does that with its reference code only, a hundred times slower than
   * the product and the bias one after the other. */
  bool late = bias && (product.alpha != 1.0f || bias_rows != 1);
  if (bias && !late)
    product.bias = bias->data;
  if (late)
    product.act = false;
  SsgStatus status = ssg_dnnl_matmul(cpu, &product);
  if (status != SSG_OK || !late)
    return status;
  SsgOpCall rest = {.op = SSG_OP_BIAS_ACT, .n_in = 2, .in = {*out, *bias}, .out = *out};
  rest.param.bias_act.act = call->param.matmul.act;
  return ssg_cpu_bias_act(cpu, &rest);
}
