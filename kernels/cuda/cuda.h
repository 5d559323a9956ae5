/* What the files of the CUDA device share. Only this folder includes it. */
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include "kernels/device.h"

/* Compute capability from which on the device works: what nvcc of CUDA 13 can still build for. */
#define SSG_CUDA_OLDEST_MAJOR 7
#define SSG_CUDA_OLDEST_MINOR 5

#define SSG_CUDA_MAX_GPUS 64

typedef struct SsgCudaConvPlan SsgCudaConvPlan;
typedef struct SsgCudaGroup SsgCudaGroup;

/* One opened device: a stream, the libraries' handles on that stream, and a memory pool of its own. */
typedef struct {
  int ordinal; /* CUDA's number of the device */
  int major;   /* of its compute capability */
  cudaStream_t stream;
  cudaMemPool_t pool;
  cublasHandle_t cublas;
  void *cublas_workspace;
  cudnnHandle_t cudnn;
  SsgPrecision precision;

  SsgCudaConvPlan **conv_plans; /* conv.c's, by shape */
  int n_conv_plans;
  cudaEvent_t marks[SSG_DEVICE_MARKS]; /* NULL until used */
  SsgCudaGroup *group; /* group.c's, NULL before the first use */

  size_t in_use, peak, total;
  bool reads_host_memory; /* and may so do it later than it is asked to */
  bool capturing;      /* ops are recorded, graph.c */
  bool lost;           /* error holds the sentence of the failure that lost it */
  SsgOp last_op;       /* asked for last: the likeliest origin of an error that shows up later; SSG_N_OPS before any */
  SsgShape last_shape; /* of its output */
  char error[640];
} SsgCuda;

/* Writes "conv [1, 64, 64, 512] x [512, 3, 3, 512] -> [1, 64, 64, 512] f32" into text. */
void ssg_cuda_describe_call(const SsgOpCall *call, char *text, size_t text_size);

/* Turns a library's result into a status; on failure cuda->error gets a sentence with the call's name, the library's
 * words and what was being computed (call may be NULL). Errors that end the device's context make it lost; from then on
 * everything answers SSG_LOST. Clears CUDA's own record of an error that is not of that kind. */
SsgStatus ssg_cuda_check(SsgCuda *cuda, cudaError_t result, const char *what, const SsgOpCall *call);
SsgStatus ssg_cuda_check_cublas(SsgCuda *cuda, cublasStatus_t result, const char *what, const SsgOpCall *call);
SsgStatus ssg_cuda_check_cudnn(SsgCuda *cuda, cudnnStatus_t result, const char *what, const SsgOpCall *call);
/* The same for another library's failure, of which only a status and words are known; call may be NULL. */
SsgStatus ssg_cuda_fail(SsgCuda *cuda, SsgStatus status, const char *what, const char *words, const SsgOpCall *call);
/* Whether an error is of the kind after which the process's context on this device can do nothing more. */
bool ssg_cuda_is_fatal(cudaError_t result);
/* Says why there is nothing to use, from the driver's version (0: none) and what cudaGetDeviceCount said. */
void ssg_cuda_explain_no_device(cudaError_t result, int driver_version, int runtime_version, char *reason,
                                size_t reason_size);

/* Every entry: a lost device answers at once, and the calling thread may not be yesterday's. Lost are also the other devices of this
 * process on the same GPU. */
SsgStatus ssg_cuda_enter(SsgCuda *cuda);
void ssg_cuda_note_lost(const SsgCuda *cuda);
/* One device more, one less on cuda->ordinal. SSG_LOST while others are open there that are lost; the last of those that closes resets
 * the GPU, after which it may open again (or not: CUDA promises it to a new process alone). */
SsgStatus ssg_cuda_take_gpu(SsgCuda *cuda);
void ssg_cuda_note_opened(const SsgCuda *cuda);
void ssg_cuda_leave_gpu(const SsgCuda *cuda);
/* Whether it worked before a reset, and has not been opened since. */
bool ssg_cuda_was_reset(const SsgCuda *cuda);

/* Gives back to the GPU what is not in use: the pool's memory, and that of recordings. Waits for the stream. */
SsgStatus ssg_cuda_make_room(SsgCuda *cuda);
/* Memory of the pool, counted. On SSG_NO_MEMORY the pool was emptied and tried again before. */
SsgStatus ssg_cuda_allocate(SsgCuda *cuda, size_t bytes, void **data);
/* In stream order: what was asked for before may still use it. NULL is allowed. */
void ssg_cuda_release(SsgCuda *cuda, void *data, size_t bytes);

/* Runs any op. */
SsgStatus ssg_cuda_run(SsgCuda *cuda, const SsgOpCall *call);
bool ssg_cuda_supports(SsgCuda *cuda, const SsgOpCall *call);
/* One of our kernels (ssg_cuda_kernel() is not NULL for call->op), with its scratch memory. */
SsgStatus ssg_cuda_run_kernel(SsgCuda *cuda, const SsgOpCall *call);
/* out = act(out + bias) in place; bias as in BIAS_ACT, data NULL for none. call is for messages. */
SsgStatus ssg_cuda_epilogue(SsgCuda *cuda, const SsgOpCall *call, const SsgArray *bias, bool act);

/* Library ops. */
bool ssg_cuda_supports_matmul(const SsgOpCall *call);
SsgStatus ssg_cuda_matmul(SsgCuda *cuda, const SsgOpCall *call);
bool ssg_cuda_supports_conv(const SsgOpCall *call);
SsgStatus ssg_cuda_conv(SsgCuda *cuda, const SsgOpCall *call);          /* CONV, CONV_INPUT, CONV_WEIGHT */
SsgStatus ssg_cuda_conv_unfolded(SsgCuda *cuda, const SsgOpCall *call); /* the same without cuDNN */
void ssg_cuda_free_conv_plans(SsgCuda *cuda);

/* Recorded ops. */
extern const SsgDeviceGraphClass ssg_cuda_graph_class;

/* Sums over the GPUs of several processes; empty where the build had no NCCL (SSG_CUDA_HAVE_NCCL). */
extern const SsgDeviceGroupClass ssg_cuda_group_class;
void ssg_cuda_free_group(SsgCuda *cuda);

/* cudaDataType_t of a float dtype. */
cudaDataType_t ssg_cuda_data_type(SsgDtype dtype);

#define SSG_TRY(expression)                                                                                            \
  do {                                                                                                                 \
    SsgStatus try_ = (expression);                                                                                     \
    if (try_ != SSG_OK)                                                                                                \
      return try_;                                                                                                     \
  } while (0)
