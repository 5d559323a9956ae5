/* In-place updates: of parameter blocks, and of gradients that are being summed. */
#include "engine/tensor-private.h"

void ssg_tensor_adam(SsgTensor *parameters, SsgTensor *gradient, SsgTensor *moment1, SsgTensor *moment2, float lr,
                     float beta1, float beta2, float eps, gint64 step)
{
  SsgTensor *in[3] = {gradient, moment1, moment2};
  SsgOpCall call = {.op = SSG_OP_ADAM,
                    .param.adam = {.lr = lr, .beta1 = beta1, .beta2 = beta2, .eps = eps, .step = step}};
  ssg_tensor_run(&call, 3, in, parameters);
}

void ssg_tensor_lerp_into(SsgTensor *to, SsgTensor *from, float weight)
{
  SsgOpCall call = {.op = SSG_OP_LERP, .param.lerp.weight = weight};
  ssg_tensor_run(&call, 1, &from, to);
}

void ssg_tensor_add_into(SsgTensor *to, SsgTensor *term)
{
  SsgTensor *in[2] = {to, term};
  SsgOpCall call = {.op = SSG_OP_BINARY, .param.binary.kind = SSG_BINARY_ADD};
  ssg_tensor_run(&call, 2, in, to);
}
