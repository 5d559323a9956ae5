/* Runs an op: our own kernels here, library ops in matmul.c and conv.c. */
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/kernels.h"

#include <stdio.h>

bool ssg_cuda_supports(SsgCuda *cuda, const SsgOpCall *call)
{
  const SsgCudaKernel *kernel = ssg_cuda_kernel(call->op);
  if (kernel)
    return kernel->supports(call);
  /* Products in bf16 came with compute capability 8.0. */
  if (cuda->major < 8 && (call->in[0].dtype == SSG_BF16 || call->out.dtype == SSG_BF16))
    return false;
  switch (call->op) {
  case SSG_OP_MATMUL:
    return ssg_cuda_supports_matmul(call);
  case SSG_OP_CONV:
  case SSG_OP_CONV_INPUT:
  case SSG_OP_CONV_WEIGHT:
    return ssg_cuda_supports_conv(call);
  default:
    return false;
  }
}

SsgStatus ssg_cuda_run_kernel(SsgCuda *cuda, const SsgOpCall *call)
{
  const SsgCudaKernel *kernel = ssg_cuda_kernel(call->op);
  SsgCudaLaunch launch = {.stream = cuda->stream};
  size_t scratch = kernel->scratch ? kernel->scratch(call) : 0;
  if (scratch)
    SSG_TRY(ssg_cuda_allocate(cuda, scratch, &launch.scratch));
  kernel->launch(call, &launch);
  SsgStatus status = ssg_cuda_check(cuda, cudaPeekAtLastError(), "a kernel launch", call);
  ssg_cuda_release(cuda, launch.scratch, scratch);
  return status;
}

SsgStatus ssg_cuda_epilogue(SsgCuda *cuda, const SsgOpCall *call, const SsgArray *bias, bool act)
{
  SsgOpCall epilogue = {.op = SSG_OP_BIAS_ACT, .n_in = 2, .in = {call->out, *bias}, .out = call->out};
  epilogue.param.bias_act.act = act;
  if (!bias->data && !act)
    return SSG_OK;
  return ssg_cuda_run_kernel(cuda, &epilogue);
}

cudaDataType_t ssg_cuda_data_type(SsgDtype dtype)
{
  return dtype == SSG_F16 ? CUDA_R_16F : dtype == SSG_BF16 ? CUDA_R_16BF : CUDA_R_32F;
}

SsgStatus ssg_cuda_run(SsgCuda *cuda, const SsgOpCall *call)
{
  if (!ssg_cuda_supports(cuda, call)) {
    char doing[320];
    ssg_cuda_describe_call(call, doing, sizeof doing);
    snprintf(cuda->error, sizeof cuda->error, "the CUDA device does not implement %s with these types", doing);
    return SSG_UNSUPPORTED;
  }
  cuda->last_op = call->op;
  cuda->last_shape = call->out.shape;
  switch (call->op) {
  case SSG_OP_MATMUL:
    return ssg_cuda_matmul(cuda, call);
  case SSG_OP_CONV:
  case SSG_OP_CONV_INPUT:
  case SSG_OP_CONV_WEIGHT:
    return ssg_cuda_conv(cuda, call);
  default:
    return ssg_cuda_run_kernel(cuda, call);
  }
}
