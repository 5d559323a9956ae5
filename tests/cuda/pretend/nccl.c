/* A pretended NCCL, loaded by the plug-in in place of the real one: sums over processes of one machine, by way of shared
 * memory. Stricter than the original: a sum waits for all processes at once, so that sums asked for in different orders
 * hang; streams keep book of what they may rely on (pretend.h). Each call is noted in $SSGAN_PRETEND_NCCL_LOG.RANK. */
#include "tests/cuda/pretend/pretend.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nccl.h>

#define MAX_RANKS 8
#define SLOT ((size_t) 1 << 20) /* floats that are summed at once */

typedef struct {
  atomic_int arrived, round;
  float slot[MAX_RANKS][SLOT];
} Shared;

struct ncclComm {
  Shared *shared;
  int rank, count;
};

static void refuse(const char *what)
{
  fprintf(stderr, "pretended NCCL: %s\n", what);
  abort();
}

__attribute__((format(printf, 2, 3))) static void note(int rank, const char *format, ...)
{
  char path[512];
  const char *base = getenv("SSGAN_PRETEND_NCCL_LOG");
  if (!base)
    return;
  snprintf(path, sizeof path, "%s.%d", base, rank);
  FILE *file = fopen(path, "a");
  if (!file)
    refuse("the log cannot be written");
  va_list arguments;
  va_start(arguments, format);
  vfprintf(file, format, arguments);
  va_end(arguments);
  fclose(file);
}

static void wait_for_all(struct ncclComm *comm)
{
  int round = atomic_load(&comm->shared->round);
  if (atomic_fetch_add(&comm->shared->arrived, 1) + 1 == comm->count) {
    atomic_store(&comm->shared->arrived, 0);
    atomic_fetch_add(&comm->shared->round, 1);
    return;
  }
  for (int i = 0; atomic_load(&comm->shared->round) == round; i++) {
    if (i > 600000)
      refuse("the other processes did not come");
    usleep(100);
  }
}

ncclResult_t ncclGetVersion(int *version)
{
  *version = NCCL_VERSION_CODE;
  return ncclSuccess;
}

const char *ncclGetErrorString(ncclResult_t result)
{
  return result == ncclSuccess ? "no error" : "pretended failure";
}

ncclResult_t ncclGetUniqueId(ncclUniqueId *id)
{
  memset(id, 0, sizeof *id);
  snprintf(id->internal, sizeof id->internal, "/ssgan-nccl-%d", (int) getpid());
  return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t *comm, int count, ncclUniqueId id, int rank)
{
  if (rank < 0 || rank >= count || count > MAX_RANKS || memchr(id.internal, 0, sizeof id.internal) == NULL)
    refuse("a group that makes no sense");
  if (getenv("SSGAN_PRETEND_NCCL_REFUSES"))
    return ncclSystemError;
  int file = shm_open(id.internal, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof(Shared)) != 0)
    refuse("no shared memory");
  *comm = calloc(1, sizeof **comm);
  **comm = (struct ncclComm){mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), rank, count};
  close(file);
  if ((*comm)->shared == MAP_FAILED)
    refuse("no shared memory");
  wait_for_all(*comm);
  if (rank == 0)
    shm_unlink(id.internal);
  note(rank, "join %d of %d\n", rank, count);
  return ncclSuccess;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm)
{
  note(comm->rank, "leave\n");
  munmap(comm->shared, sizeof(Shared));
  free(comm);
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm)
{
  return ncclCommDestroy(comm);
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *result)
{
  *result = ncclSuccess;
  return ncclSuccess;
}

ncclResult_t ncclAllReduce(const void *from, void *to, size_t n, ncclDataType_t type, ncclRedOp_t op, ncclComm_t comm,
                           cudaStream_t stream)
{
  float *data = to;
  if (from != to || type != ncclFloat32 || op != ncclSum)
    refuse("another sum than one of f32 in place");
  note(comm->rank, "sum %zu\n", n);
  stream->touch(stream, to, n * sizeof(float), true);
  for (size_t first = 0; first < n; first += SLOT) {
    size_t length = n - first < SLOT ? n - first : SLOT;
    memcpy(comm->shared->slot[comm->rank], data + first, length * sizeof(float));
    wait_for_all(comm);
    for (size_t i = 0; i < length; i++) {
      float sum = comm->shared->slot[0][i];
      for (int rank = 1; rank < comm->count; rank++)
        sum += comm->shared->slot[rank][i];
      data[first + i] = sum;
    }
    wait_for_all(comm);
  }
  stream->touch(stream, to, n * sizeof(float), false);
  return ncclSuccess;
}
