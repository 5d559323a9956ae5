#include <assert.h>

#include "kernels/cpu/dnnl.h"

#define BF16_ROW 192 /* pixels of the widest maps whose gradients in weights are computed in bf16 */

/* A 1x1 convolution is a product of the pixels with the weights; with few channels oneDNN's convolutions are slow. */
static SsgStatus as_matmul(SsgCpu *cpu, const SsgDnnlConv *c)
{
  bool forward = c->op == SSG_OP_CONV;
  SsgDnnlMatmul product = {
      .batch = 1,
      .m = c->n * c->h * c->w,
      .n = forward ? c->co : c->ci,
      .k = forward ? c->ci : c->co,
      .a = forward ? c->x : c->y,
      .a_row = forward ? c->ci : c->co,
      .a_column = 1,
      .b = c->weight,
      .b_row = forward ? 1 : c->ci,
      .b_column = forward ? c->ci : 1,
      .out = forward ? c->y : c->x,
      .bias = c->bias,
      .act = c->act,
      .alpha = 1.0f,
      .b_key = c->weight_key,
  };
  return ssg_cpu_product(cpu, &product);
}

SsgStatus ssg_cpu_conv_plain(SsgCpu *cpu, const SsgDnnlConv *c)
{
  if (ssg_cpu_winograd_fits(c))
    return ssg_cpu_winograd(cpu, c);
  bool dense = c->stride == 1 && c->h == c->ho && c->w == c->wo;
  if (c->kh == 1 && c->kw == 1 && dense && !c->derive)
    return as_matmul(cpu, c);
  return c->op == SSG_OP_CONV && c->weight_key ? ssg_cpu_conv_slabs(cpu, c, 1) : ssg_dnnl_conv(cpu, c);
}

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
  /* The fast units work on 16 or 32 channels at a time. oneDNN 2.6 writes beyond its memory for gradients in weights from rows of 256
   * pixels on (some shapes). */
  conv.bf16 = cpu->bf16 && conv.kh * conv.kw > 1 && conv.ci >= 16 && conv.co >= 16 &&
              (call->op != SSG_OP_CONV_WEIGHT || conv.w <= BF16_ROW);
  assert(wd[0] == conv.co && wd[3] == conv.ci && yd[0] == conv.n);
  if (call->op == SSG_OP_CONV_WEIGHT)
    return ssg_cpu_conv_weight(cpu, &conv);
  return call->op == SSG_OP_CONV_INPUT ? ssg_cpu_conv_input(cpu, &conv) : ssg_cpu_conv_plain(cpu, &conv);
}
