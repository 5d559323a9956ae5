#include <assert.h>

#include "kernels/cpu/dnnl.h"

SsgStatus ssg_cpu_conv(SsgCpu *cpu, const SsgOpCall *call)
{
  /* Which argument is x, y and the weight in CONV's terms. */
  const SsgArray *x = call->op == SSG_OP_CONV_INPUT ? &call->out : &call->in[0];
  const SsgArray *y = call->op == SSG_OP_CONV ? &call->out : &call->in[call->op == SSG_OP_CONV_INPUT ? 0 : 1];
  const SsgArray *w = call->op == SSG_OP_CONV_WEIGHT ? &call->out : &call->in[1];
  const int64_t *xd = x->shape.dim, *yd = y->shape.dim, *wd = w->shape.dim;
  SsgDnnlConv conv = {
      .op = call->op,
      .n = xd[0],
      .h = xd[1],
      .w = xd[2],
      .ci = xd[3],
      .ho = yd[1],
      .wo = yd[2],
      .co = yd[3],
      .kh = wd[1],
      .kw = wd[2],
      .stride = call->param.conv.stride,
      .pad_top = call->param.conv.pad_top,
      .pad_left = call->param.conv.pad_left,
      .pad_bottom = call->param.conv.pad_bottom,
      .pad_right = call->param.conv.pad_right,
      .act = call->op == SSG_OP_CONV && call->param.conv.act,
      .x = x->data,
      .y = y->data,
      .weight = w->data,
      .bias = call->op == SSG_OP_CONV && call->n_in > 2 ? call->in[2].data : NULL,
      .weight_key = call->op == SSG_OP_CONV_WEIGHT ? 0 : w->cache_key,
  };
  assert(wd[0] == conv.co && wd[3] == conv.ci && yd[0] == conv.n);
  return ssg_dnnl_conv(cpu, &conv);
}
