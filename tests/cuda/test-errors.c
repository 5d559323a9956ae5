/* The sentences and statuses that CUDA's, cuBLAS's and cuDNN's failures become. No GPU is needed: results are made up.
 */
#include "kernels/cuda/cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: %s\nerror: %s\n", __FILE__, __LINE__, #condition, cuda.error);                           \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

static SsgOpCall a_conv(void)
{
  static float anything;
  SsgOpCall call = {.op = SSG_OP_CONV, .n_in = 3};
  call.in[0] = (SsgArray){&anything, {4, {2, 65, 65, 33}}, SSG_F16, 0};
  call.in[1] = (SsgArray){&anything, {4, {7, 3, 3, 33}}, SSG_F16, 0};
  call.out = (SsgArray){&anything, {4, {2, 65, 65, 7}}, SSG_F16, 0};
  return call;
}

int main(void)
{
  SsgCuda cuda = {.last_op = SSG_N_OPS};
  SsgOpCall call = a_conv();

  CHECK(ssg_cuda_check(&cuda, cudaSuccess, "x", &call) == SSG_OK && cuda.error[0] == '\0');

  /* Memory: the device stays usable. */
  CHECK(ssg_cuda_check(&cuda, cudaErrorMemoryAllocation, "cudaMalloc", &call) == SSG_NO_MEMORY && !cuda.lost);
  CHECK(strstr(cuda.error, "memory is full") && strstr(cuda.error, "cudaMalloc"));
  CHECK(strstr(cuda.error, "conv [2, 65, 65, 33] x [7, 3, 3, 33] -> [2, 65, 65, 7] f16"));
  CHECK(ssg_cuda_check_cublas(&cuda, CUBLAS_STATUS_ALLOC_FAILED, "cublasCreate", NULL) == SSG_NO_MEMORY);
  CHECK(ssg_cuda_check_cudnn(&cuda, CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED, "c", &call) == SSG_NO_MEMORY);

  /* Refusals. */
  CHECK(ssg_cuda_check(&cuda, cudaErrorInvalidConfiguration, "a kernel launch", &call) == SSG_FAILED && !cuda.lost);
  CHECK(strstr(cuda.error, "cudaErrorInvalidConfiguration") && strstr(cuda.error, "a kernel launch"));
  CHECK(ssg_cuda_check_cudnn(&cuda, CUDNN_STATUS_NOT_SUPPORTED_LAYOUT, "cudnnX", &call) == SSG_UNSUPPORTED);
  CHECK(strstr(cuda.error, "cudnnX") && strstr(cuda.error, "conv [2"));
  CHECK(ssg_cuda_check_cudnn(&cuda, CUDNN_STATUS_EXECUTION_FAILED, "cudnnX", &call) == SSG_FAILED);
  CHECK(ssg_cuda_check_cublas(&cuda, CUBLAS_STATUS_NOT_SUPPORTED, "cublasX", NULL) == SSG_UNSUPPORTED);
  CHECK(ssg_cuda_check_cublas(&cuda, CUBLAS_STATUS_INVALID_VALUE, "cublasX", NULL) == SSG_FAILED);

  /* A lost device: named with what was asked for last; the first sentence is kept, since the rest only follows. */
  cuda.last_op = SSG_OP_UPFIRDN;
  cuda.last_shape = (SsgShape){4, {1, 8, 9, 3}};
  CHECK(ssg_cuda_check(&cuda, cudaErrorIllegalAddress, "cudaStreamSynchronize", NULL) == SSG_LOST && cuda.lost);
  CHECK(strstr(cuda.error, "stopped working") && strstr(cuda.error, "upfirdn -> [1, 8, 9, 3]"));
  CHECK(ssg_cuda_check(&cuda, cudaErrorLaunchFailure, "something later", NULL) == SSG_LOST);
  CHECK(strstr(cuda.error, "cudaStreamSynchronize") && !strstr(cuda.error, "something later"));

  /* Long shapes do not overrun the sentence. */
  SsgOpCall many = call;
  many.n_in = SSG_OP_MAX_INPUTS;
  for (int i = 0; i < many.n_in; i++) {
    many.in[i] = call.in[0];
    many.in[i].shape.rank = SSG_MAX_RANK;
    for (int k = 0; k < SSG_MAX_RANK; k++)
      many.in[i].shape.dim[k] = INT64_MAX;
  }
  cuda = (SsgCuda){.last_op = SSG_N_OPS};
  CHECK(ssg_cuda_check(&cuda, cudaErrorInvalidValue, "x", &many) == SSG_FAILED);
  CHECK(strlen(cuda.error) < sizeof cuda.error);

  /* Why there is no device. */
  ssg_cuda_explain_no_device(cudaErrorInsufficientDriver, 0, 13000, cuda.error, sizeof cuda.error);
  CHECK(strstr(cuda.error, "no NVIDIA driver"));
  ssg_cuda_explain_no_device(cudaErrorInsufficientDriver, 12020, 13000, cuda.error, sizeof cuda.error);
  CHECK(strstr(cuda.error, "too old") && strstr(cuda.error, "12.2") && strstr(cuda.error, "13.0"));
  ssg_cuda_explain_no_device(cudaErrorNoDevice, 13000, 13000, cuda.error, sizeof cuda.error);
  CHECK(strstr(cuda.error, "CUDA_VISIBLE_DEVICES"));
  ssg_cuda_explain_no_device(cudaErrorInitializationError, 13000, 13000, cuda.error, sizeof cuda.error);
  CHECK(strstr(cuda.error, "cudaErrorInitializationError"));

  CHECK(ssg_cuda_is_fatal(cudaErrorECCUncorrectable) && !ssg_cuda_is_fatal(cudaErrorMemoryAllocation));
  return 0;
}
