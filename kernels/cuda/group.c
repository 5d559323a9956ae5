/* Sums over the GPUs of several processes by NCCL, which is loaded when it is first asked for: the plug-in and programs
 * run without it. Sums have a stream of their own, so that a backward pass goes on beside them. */
#include "kernels/cuda/cuda.h"

#if SSG_CUDA_HAVE_NCCL

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nccl.h>

_Static_assert(sizeof(ncclUniqueId) == SSG_GROUP_ID_BYTES, "an id is NCCL's");

/* The calls that are made, by name. */
#define EACH_CALL(CALL)                                                                                                \
  CALL(ncclGetVersion)                                                                                                 \
  CALL(ncclGetErrorString)                                                                                             \
  CALL(ncclGetUniqueId)                                                                                                \
  CALL(ncclCommInitRank)                                                                                               \
  CALL(ncclCommDestroy)                                                                                                \
  CALL(ncclCommAbort)                                                                                                  \
  CALL(ncclCommGetAsyncError)                                                                                          \
  CALL(ncclAllReduce)

#define DECLARE(name) __typeof__(name) *name;
typedef struct {
  EACH_CALL(DECLARE)
} Calls;

struct SsgCudaGroup {
  Calls nccl;
  char name[32];
  ncclComm_t comm; /* NULL: not joined */
  cudaStream_t stream;
  cudaEvent_t event; /* a wait keeps what was recorded when it was asked for: one serves all */
  bool pending;      /* sums since the last finish() */
};

static SsgStatus check_nccl(SsgCuda *cuda, ncclResult_t result, const char *what)
{
  if (result == ncclSuccess)
    return SSG_OK;
  return ssg_cuda_fail(cuda, SSG_FAILED, what, cuda->group->nccl.ncclGetErrorString(result), NULL);
}

#define TRY_CUDA(function, ...) SSG_TRY(ssg_cuda_check(cuda, function(__VA_ARGS__), #function, NULL))
#define TRY_NCCL(function, ...) SSG_TRY(check_nccl(cuda, cuda->group->nccl.function(__VA_ARGS__), #function))

/* Loads the library for the rest of the process's life: it has threads of its own. */
static bool load(Calls *calls, char *reason, size_t reason_size)
{
  const char *names[] = {getenv("SSGAN_NCCL"), "libnccl.so.2"};
  void *library = NULL;
  for (int i = names[0] && *names[0] ? 0 : 1; i < 2 && !library; i++) {
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library)
      snprintf(reason, reason_size, "NCCL cannot be loaded: %s", dlerror());
    if (!library && i == 0)
      return false; /* a file that was asked for is not replaced by another */
  }
  if (!library)
    return false;
#define FIND(name)                                                                                                     \
  calls->name = (__typeof__(name) *) dlsym(library, #name);                                                            \
  if (!calls->name) {                                                                                                  \
    snprintf(reason, reason_size, "this NCCL is too old: it has no " #name);                                           \
    return false;                                                                                                      \
  }
  EACH_CALL(FIND)
  return true;
}

static SsgStatus load_group(SsgCuda *cuda)
{
  int version = 0;
  SsgCudaGroup *group = calloc(1, sizeof *group);
  if (!group) {
    snprintf(cuda->error, sizeof cuda->error, "out of memory");
    return SSG_NO_MEMORY;
  }
  if (!load(&group->nccl, cuda->error, sizeof cuda->error)) {
    free(group);
    return SSG_UNSUPPORTED;
  }
  group->nccl.ncclGetVersion(&version);
  snprintf(group->name, sizeof group->name, "NCCL %d.%d.%d", version / 10000, version / 100 % 100, version % 100);
  cuda->group = group;
  return SSG_OK;
}

/* All of ours that can fail on one process alone: in join() the others would wait for it for ever. */
static SsgStatus prepare(void *state)
{
  SsgCuda *cuda = state;
  int least = 0, greatest = 0;
  SSG_TRY(ssg_cuda_enter(cuda));
  if (!cuda->group)
    SSG_TRY(load_group(cuda));
  /* Of the highest priority: a sum that waits for a convolution's last blocks makes every other process wait. */
  TRY_CUDA(cudaDeviceGetStreamPriorityRange, &least, &greatest);
  if (!cuda->group->stream)
    TRY_CUDA(cudaStreamCreateWithPriority, &cuda->group->stream, cudaStreamNonBlocking, greatest);
  if (!cuda->group->event)
    TRY_CUDA(cudaEventCreateWithFlags, &cuda->group->event, cudaEventDisableTiming);
  return SSG_OK;
}

static const char *name(void *state)
{
  SsgCuda *cuda = state;
  return cuda->group ? cuda->group->name : "";
}

static SsgStatus make_id(void *state, void *id)
{
  SsgCuda *cuda = state;
  SSG_TRY(prepare(cuda));
  TRY_NCCL(ncclGetUniqueId, id);
  return SSG_OK;
}

static void leave(void *state)
{
  SsgCuda *cuda = state;
  SsgCudaGroup *group = cuda->group;
  if (!group)
    return;
  cudaSetDevice(cuda->ordinal);
  if (group->comm && cuda->lost)
    group->nccl.ncclCommAbort(group->comm); /* a communicator that waits for a dead GPU is never destroyed */
  else if (group->comm) {
    cudaStreamSynchronize(group->stream);
    group->nccl.ncclCommDestroy(group->comm);
  }
  group->comm = NULL;
  group->pending = false;
}

static SsgStatus join(void *state, const void *id, int rank, int count)
{
  SsgCuda *cuda = state;
  ncclUniqueId unique;
  SSG_TRY(prepare(cuda));
  leave(cuda);
  memcpy(&unique, id, sizeof unique);
  TRY_NCCL(ncclCommInitRank, &cuda->group->comm, count, unique, rank);
  return SSG_OK;
}

static SsgStatus not_joined(SsgCuda *cuda)
{
  snprintf(cuda->error, sizeof cuda->error, "this device has joined no group");
  return SSG_FAILED;
}

/* `to` goes on only after what `from` was asked for so far. */
static SsgStatus order(SsgCuda *cuda, cudaStream_t from, cudaStream_t to)
{
  TRY_CUDA(cudaEventRecord, cuda->group->event, from);
  TRY_CUDA(cudaStreamWaitEvent, to, cuda->group->event, 0);
  return SSG_OK;
}

static SsgStatus sum(void *state, void *data, size_t n)
{
  SsgCuda *cuda = state;
  SSG_TRY(ssg_cuda_enter(cuda));
  if (!cuda->group || !cuda->group->comm)
    return not_joined(cuda);
  SSG_TRY(order(cuda, cuda->stream, cuda->group->stream));
  cuda->group->pending = true;
  TRY_NCCL(ncclAllReduce, data, data, n, ncclFloat32, ncclSum, cuda->group->comm, cuda->group->stream);
  return SSG_OK;
}

static SsgStatus finish(void *state)
{
  SsgCuda *cuda = state;
  ncclResult_t result = ncclSuccess;
  SSG_TRY(ssg_cuda_enter(cuda));
  if (!cuda->group || !cuda->group->comm)
    return not_joined(cuda);
  if (!cuda->group->pending)
    return SSG_OK;
  cuda->group->pending = false;
  SSG_TRY(order(cuda, cuda->group->stream, cuda->stream));
  TRY_NCCL(ncclCommGetAsyncError, cuda->group->comm, &result);
  return check_nccl(cuda, result, "a sum over all processes");
}

void ssg_cuda_free_group(SsgCuda *cuda)
{
  leave(cuda);
  if (cuda->group && cuda->group->event)
    cudaEventDestroy(cuda->group->event);
  if (cuda->group && cuda->group->stream)
    cudaStreamDestroy(cuda->group->stream);
  free(cuda->group);
  cuda->group = NULL;
}

const SsgDeviceGroupClass ssg_cuda_group_class = {prepare, name, make_id, join, sum, finish, leave};

#else

void ssg_cuda_free_group(SsgCuda *cuda)
{
}

#endif
