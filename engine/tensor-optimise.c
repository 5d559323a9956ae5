/* In-place updates of parameter blocks. */
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
