#include "kernels/cuda/cuda.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *dtype_name(SsgDtype dtype)
{
  static const char *const names[] = {"f32", "f16", "bf16", "i64", "u8"};
  return names[dtype];
}

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t text_size, const char *format, ...)
{
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, text_size - length, format, arguments);
  va_end(arguments);
}

static void append_shape(char *text, size_t text_size, const SsgShape *shape)
{
  for (int i = 0; i < shape->rank; i++)
    append(text, text_size, "%s%lld", i ? ", " : "[", (long long) shape->dim[i]);
  append(text, text_size, "]");
}

void ssg_cuda_describe_call(const SsgOpCall *call, char *text, size_t text_size)
{
  snprintf(text, text_size, "%s ", ssg_op_name(call->op));
  for (int i = 0; i < call->n_in; i++)
    if (call->in[i].data) {
      append(text, text_size, "%s", i ? " x " : "");
      append_shape(text, text_size, &call->in[i].shape);
    }
  append(text, text_size, " -> ");
  append_shape(text, text_size, &call->out.shape);
  append(text, text_size, " %s", dtype_name(call->out.dtype));
}

bool ssg_cuda_is_fatal(cudaError_t result)
{
  switch (result) {
  case cudaErrorIllegalAddress:
  case cudaErrorLaunchTimeout:
  case cudaErrorLaunchFailure:
  case cudaErrorHardwareStackError:
  case cudaErrorIllegalInstruction:
  case cudaErrorMisalignedAddress:
  case cudaErrorInvalidAddressSpace:
  case cudaErrorInvalidPc:
  case cudaErrorAssert:
  case cudaErrorECCUncorrectable:
  case cudaErrorNvlinkUncorrectable:
  case cudaErrorContained:
  case cudaErrorContextIsDestroyed:
  case cudaErrorDeviceUninitialized:
  case cudaErrorDevicesUnavailable:
  case cudaErrorSystemNotReady:
  case cudaErrorTensorMemoryLeak:
  case cudaErrorUnknown:
    return true;
  default:
    return false;
  }
}

static SsgStatus fail(SsgCuda *cuda, SsgStatus status, const char *what, const char *words, const SsgOpCall *call)
{
  char doing[320] = "";
  if (status == SSG_LOST && cuda->lost)
    return SSG_LOST; /* keep the first sentence: it is the cause */
  if (call)
    ssg_cuda_describe_call(call, doing, sizeof doing);
  snprintf(cuda->error, sizeof cuda->error, "%s%s%s%s: %s",
           status == SSG_LOST        ? "the GPU stopped working in "
           : status == SSG_NO_MEMORY ? "the GPU's memory is full, in "
                                     : "the GPU's library refused ",
           what, call ? " for " : "", doing, words);
  if (status == SSG_LOST) {
    cuda->lost = true;
    ssg_cuda_note_lost(cuda);
    if (!call && cuda->last_op != SSG_N_OPS) {
      append(cuda->error, sizeof cuda->error, " (the last op asked for was %s -> ", ssg_op_name(cuda->last_op));
      append_shape(cuda->error, sizeof cuda->error, &cuda->last_shape);
      append(cuda->error, sizeof cuda->error, ")");
    }
  }
  return status;
}

SsgStatus ssg_cuda_check(SsgCuda *cuda, cudaError_t result, const char *what, const SsgOpCall *call)
{
  if (result == cudaSuccess)
    return SSG_OK;
  char words[200];
  snprintf(words, sizeof words, "%s (%s)", cudaGetErrorString(result), cudaGetErrorName(result));
  cudaGetLastError(); /* the record is the thread's, not the GPU's: another GPU would be taken for lost */
  if (ssg_cuda_is_fatal(result))
    return fail(cuda, SSG_LOST, what, words, call);
  return fail(cuda, result == cudaErrorMemoryAllocation ? SSG_NO_MEMORY : SSG_FAILED, what, words, call);
}

/* A library's failure may only be the messenger of a lost device. */
static bool find_fatal(SsgCuda *cuda, const char *what, const SsgOpCall *call)
{
  cudaError_t result = cuda->capturing ? cudaSuccess : cudaStreamQuery(cuda->stream); /* asking would spoil the recording */
  if (!ssg_cuda_is_fatal(result))
    result = cudaPeekAtLastError();
  if (!ssg_cuda_is_fatal(result)) {
    cudaGetLastError();
    return false;
  }
  ssg_cuda_check(cuda, result, what, call);
  return true;
}

SsgStatus ssg_cuda_check_cublas(SsgCuda *cuda, cublasStatus_t result, const char *what, const SsgOpCall *call)
{
  if (result == CUBLAS_STATUS_SUCCESS)
    return SSG_OK;
  if (find_fatal(cuda, what, call))
    return SSG_LOST;
  SsgStatus status = result == CUBLAS_STATUS_ALLOC_FAILED    ? SSG_NO_MEMORY
                     : result == CUBLAS_STATUS_NOT_SUPPORTED ? SSG_UNSUPPORTED
                                                             : SSG_FAILED;
  return fail(cuda, status, what, cublasGetStatusString(result), call);
}

SsgStatus ssg_cuda_check_cudnn(SsgCuda *cuda, cudnnStatus_t result, const char *what, const SsgOpCall *call)
{
  char words[256] = "";
  if (result == CUDNN_STATUS_SUCCESS)
    return SSG_OK;
  if (find_fatal(cuda, what, call))
    return SSG_LOST;
  snprintf(words, sizeof words, "%s", cudnnGetErrorString(result));
  size_t length = strlen(words);
  char more[160] = "";
  cudnnGetLastErrorString(more, sizeof more);
  if (more[0] && length + 3 < sizeof words)
    append(words, sizeof words, "; %s", more);
  SsgStatus status = SSG_FAILED;
  if (result == CUDNN_STATUS_ALLOC_FAILED || result == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED)
    status = SSG_NO_MEMORY;
  else if (CUDNN_STATUS_CATEGORY(result) == CUDNN_STATUS_NOT_SUPPORTED)
    status = SSG_UNSUPPORTED;
  return fail(cuda, status, what, words, call);
}

SsgStatus ssg_cuda_fail(SsgCuda *cuda, SsgStatus status, const char *what, const char *words, const SsgOpCall *call)
{
  return find_fatal(cuda, what, call) ? SSG_LOST : fail(cuda, status, what, words, call);
}

void ssg_cuda_explain_no_device(cudaError_t result, int driver_version, int runtime_version, char *reason,
                                size_t reason_size)
{
  if (driver_version == 0)
    snprintf(reason, reason_size, "this machine has no NVIDIA driver");
  else if (result == cudaErrorInsufficientDriver)
    snprintf(
        reason, reason_size,
        "the NVIDIA driver is too old: it supports CUDA %d.%d, and this program needs CUDA %d.%d; update the driver",
        driver_version / 1000, driver_version % 1000 / 10, runtime_version / 1000, runtime_version % 1000 / 10);
  else if (result == cudaErrorNoDevice || result == cudaSuccess)
    snprintf(reason, reason_size,
             "there is an NVIDIA driver, but no GPU that this program may see (is CUDA_VISIBLE_DEVICES set?)");
  else
    snprintf(reason, reason_size, "CUDA does not start: %s (%s)", cudaGetErrorString(result), cudaGetErrorName(result));
}
