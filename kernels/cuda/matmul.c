/* matmul by cuBLAS. */
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/kernels.h"

#include <limits.h>
#include <stdio.h>

/* in0, in1 of one float dtype; out of the same, or f32. Bias f32. */
bool ssg_cuda_supports_matmul(const SsgOpCall *call)
{
  SsgDtype dtype = call->in[0].dtype;
  if (dtype != SSG_F32 && dtype != SSG_F16 && dtype != SSG_BF16)
    return false;
  if (call->in[1].dtype != dtype || (call->out.dtype != dtype && call->out.dtype != SSG_F32))
    return false;
  return call->n_in < 3 || !call->in[2].data || call->in[2].dtype == SSG_F32;
}

/* cuBLAS counts down columns. A row-major [M, N] is to it a column-major N x M, so out = A B becomes out^T = B^T A^T:
 * the operands change places, each with its rows as leading dimension, and what is transposed here is transposed there.
 */
SsgStatus ssg_cuda_matmul(SsgCuda *cuda, const SsgOpCall *call)
{
  const SsgArray *a = &call->in[0], *b = &call->in[1], *out = &call->out;
  const SsgArray absent = {0}, *bias = call->n_in > 2 ? &call->in[2] : &absent;
  bool trans_a = call->param.matmul.trans_a, trans_b = call->param.matmul.trans_b;
  int64_t batch = out->shape.dim[0], m = out->shape.dim[1], n = out->shape.dim[2];
  int64_t k = a->shape.dim[trans_a ? 1 : 2];
  int64_t a_step = a->shape.dim[0] == 1 ? 0 : m * k, b_step = b->shape.dim[0] == 1 ? 0 : k * n;
  float alpha = call->param.matmul.alpha, beta = 0.0f;

  /* One right side for all: the batch is only more rows. */
  if (batch > 1 && b_step == 0 && a_step != 0 && !trans_a) {
    m *= batch;
    batch = 1;
  }
  if (m > INT_MAX || n > INT_MAX || k > INT_MAX || batch > INT_MAX) {
    char doing[320];
    ssg_cuda_describe_call(call, doing, sizeof doing);
    snprintf(cuda->error, sizeof cuda->error, "%s is too large for one matrix product; use a smaller batch", doing);
    return SSG_UNSUPPORTED;
  }
  if (m == 0 || n == 0 || batch == 0)
    return SSG_OK;
  cublasComputeType_t compute =
      a->dtype == SSG_F32 && cuda->precision == SSG_PRECISION_TF32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  cublasStatus_t result = cublasGemmStridedBatchedEx(
      cuda->cublas, trans_b ? CUBLAS_OP_T : CUBLAS_OP_N, trans_a ? CUBLAS_OP_T : CUBLAS_OP_N, (int) n, (int) m, (int) k,
      &alpha, b->data, ssg_cuda_data_type(b->dtype), (int) (trans_b ? k : n), b_step, a->data,
      ssg_cuda_data_type(a->dtype), (int) (trans_a ? m : k), a_step, &beta, out->data, ssg_cuda_data_type(out->dtype),
      (int) n, m * n, (int) batch, compute, CUBLAS_GEMM_DEFAULT);
  ssg_cuda_count_launch();
  SSG_TRY(ssg_cuda_check_cublas(cuda, result, "cublasGemmStridedBatchedEx", call));
  return ssg_cuda_epilogue(cuda, call, bias, call->param.matmul.act);
}
