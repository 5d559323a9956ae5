/* Ops recorded once and replayed as a whole: a CUDA graph. What is asked of the device's stream between begin() and end()
 * is not run; allocations among it become the graph's own, at the addresses they were given. */
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/kernels.h"

#include <stdio.h>

static SsgStatus begin(void *state)
{
  SsgCuda *cuda = state;
  SSG_TRY(ssg_cuda_enter(cuda));
  if (cuda->capturing) {
    snprintf(cuda->error, sizeof cuda->error, "a recording has begun already");
    return SSG_FAILED;
  }
  /* Relaxed: libraries may load a kernel at its first use, which the stricter modes forbid. */
  SSG_TRY(ssg_cuda_check(cuda, cudaStreamBeginCapture(cuda->stream, cudaStreamCaptureModeRelaxed),
                         "cudaStreamBeginCapture", NULL));
  cuda->capturing = true;
  return SSG_OK;
}

/* The graph, ready to be launched: its memory is there. */
static cudaError_t instantiate(SsgCuda *cuda, cudaGraph_t graph, cudaGraphExec_t *exec, const char **what)
{
  *what = "cudaGraphInstantiate";
  cudaError_t result = cudaGraphInstantiate(exec, graph, 0);
  if (result != cudaSuccess) {
    *exec = NULL;
    return result;
  }
  *what = "cudaGraphUpload";
  result = cudaGraphUpload(*exec, cuda->stream);
  if (result != cudaSuccess) {
    cudaGraphExecDestroy(*exec);
    *exec = NULL;
  }
  return result;
}

static SsgStatus end(void *state, void **recorded)
{
  SsgCuda *cuda = state;
  cudaGraph_t graph = NULL;
  cudaGraphExec_t exec = NULL;
  *recorded = NULL;
  SSG_TRY(ssg_cuda_enter(cuda));
  if (!cuda->capturing) {
    snprintf(cuda->error, sizeof cuda->error, "no recording has begun");
    return SSG_FAILED;
  }
  cuda->capturing = false;
  SSG_TRY(ssg_cuda_check(cuda, cudaStreamEndCapture(cuda->stream, &graph), "cudaStreamEndCapture", NULL));
  const char *what;
  SsgStatus status = SSG_OK;
  cudaError_t result = instantiate(cuda, graph, &exec, &what);
  if (result == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    status = ssg_cuda_make_room(cuda);
    if (status == SSG_OK)
      result = instantiate(cuda, graph, &exec, &what);
  }
  if (status == SSG_OK)
    status = ssg_cuda_check(cuda, result, what, NULL);
  cudaGraphDestroy(graph);
  *recorded = exec;
  return status;
}

static SsgStatus launch(void *state, void *recorded)
{
  SsgCuda *cuda = state;
  SSG_TRY(ssg_cuda_enter(cuda));
  ssg_cuda_count_launch();
  cudaError_t result = cudaGraphLaunch(recorded, cuda->stream);
  if (result == cudaErrorMemoryAllocation) { /* its memory may have been given to others since */
    cudaGetLastError();
    SSG_TRY(ssg_cuda_make_room(cuda));
    result = cudaGraphLaunch(recorded, cuda->stream);
  }
  return ssg_cuda_check(cuda, result, "cudaGraphLaunch", NULL);
}

static void release(void *state, void *recorded)
{
  SsgCuda *cuda = state;
  if (!recorded)
    return;
  cudaSetDevice(cuda->ordinal);
  if (!cuda->lost)
    cudaStreamSynchronize(cuda->stream); /* its memory goes with it */
  cudaGraphExecDestroy(recorded);
  if (!cuda->lost)
    cudaDeviceGraphMemTrim(cuda->ordinal);
}

const SsgDeviceGraphClass ssg_cuda_graph_class = {begin, end, launch, release};
