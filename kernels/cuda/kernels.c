#include "kernels/cuda/kernels.h"

uint64_t ssg_cuda_launches;

const SsgCudaKernel *ssg_cuda_kernel(SsgOp op)
{
  static const SsgCudaKernel *const table[SSG_N_OPS] = {
      [SSG_OP_FILL] = &ssg_cuda_fill,
      [SSG_OP_COPY] = &ssg_cuda_copy,
      [SSG_OP_UNARY] = &ssg_cuda_unary,
      [SSG_OP_AFFINE] = &ssg_cuda_affine,
      [SSG_OP_BINARY] = &ssg_cuda_binary,
      [SSG_OP_REDUCE] = &ssg_cuda_reduce,
      [SSG_OP_BROADCAST] = &ssg_cuda_broadcast,
      [SSG_OP_PERMUTE] = &ssg_cuda_permute,
      [SSG_OP_SLICE] = &ssg_cuda_slice,
      [SSG_OP_UNSLICE] = &ssg_cuda_unslice,
      [SSG_OP_CONCAT] = &ssg_cuda_concat,
      [SSG_OP_UPFIRDN] = &ssg_cuda_upfirdn,
      [SSG_OP_BIAS_ACT] = &ssg_cuda_bias_act,
      [SSG_OP_ACT_GRAD] = &ssg_cuda_act_grad,
      [SSG_OP_AVG_POOL] = &ssg_cuda_avg_pool,
      [SSG_OP_SPREAD] = &ssg_cuda_spread,
      [SSG_OP_WEIGH_PARTS] = &ssg_cuda_weigh_parts,
      [SSG_OP_MODULATE] = &ssg_cuda_modulate,
      [SSG_OP_CHAIN] = &ssg_cuda_chain,
      [SSG_OP_ONE_HOT] = &ssg_cuda_one_hot,
      [SSG_OP_ARGMAX] = &ssg_cuda_argmax,
      [SSG_OP_RANDOM_NORMAL] = &ssg_cuda_random_normal,
      [SSG_OP_ADAM] = &ssg_cuda_adam,
      [SSG_OP_LERP] = &ssg_cuda_lerp,
  };
  return (unsigned) op < SSG_N_OPS ? table[op] : NULL;
}
