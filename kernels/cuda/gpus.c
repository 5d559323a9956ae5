/* What the devices of one process share on a GPU: its loss. */
#include "kernels/cuda/cuda.h"

#include <pthread.h>
#include <stdio.h>

/* Of each GPU: how many devices of this process are open on it, and whether one of them found it lost. The error sticks to all that the
 * process has on that GPU until it is reset, which takes away streams and memory of every one of them: so all are lost with the first,
 * and the last that closes resets. */
static struct {
  int open;
  bool lost, worked, was_reset; /* worked: one could be opened since the last reset */
} gpus[SSG_CUDA_MAX_GPUS];
static pthread_mutex_t gpus_lock = PTHREAD_MUTEX_INITIALIZER;

SsgStatus ssg_cuda_enter(SsgCuda *cuda)
{
  if (!cuda->lost) {
    pthread_mutex_lock(&gpus_lock);
    cuda->lost = gpus[cuda->ordinal].lost;
    pthread_mutex_unlock(&gpus_lock);
    if (cuda->lost)
      snprintf(cuda->error, sizeof cuda->error, "the GPU stopped working while something else in this program used it");
  }
  if (cuda->lost)
    return SSG_LOST;
  return ssg_cuda_check(cuda, cudaSetDevice(cuda->ordinal), "cudaSetDevice", NULL);
}

void ssg_cuda_note_lost(const SsgCuda *cuda)
{
  pthread_mutex_lock(&gpus_lock);
  gpus[cuda->ordinal].lost = true;
  pthread_mutex_unlock(&gpus_lock);
}

SsgStatus ssg_cuda_take_gpu(SsgCuda *cuda)
{
  pthread_mutex_lock(&gpus_lock);
  bool lost = gpus[cuda->ordinal].lost;
  gpus[cuda->ordinal].open++;
  pthread_mutex_unlock(&gpus_lock);
  if (!lost)
    return SSG_OK;
  snprintf(cuda->error, sizeof cuda->error, "it stopped working, and is still in use; close what uses it, or start the program anew");
  cuda->lost = true;
  return SSG_LOST;
}

void ssg_cuda_note_opened(const SsgCuda *cuda)
{
  pthread_mutex_lock(&gpus_lock);
  gpus[cuda->ordinal].worked = true;
  gpus[cuda->ordinal].was_reset = false;
  pthread_mutex_unlock(&gpus_lock);
}

void ssg_cuda_leave_gpu(const SsgCuda *cuda)
{
  pthread_mutex_lock(&gpus_lock);
  if (--gpus[cuda->ordinal].open == 0 && gpus[cuda->ordinal].lost) {
    gpus[cuda->ordinal].lost = false;
    gpus[cuda->ordinal].was_reset |= gpus[cuda->ordinal].worked;
    gpus[cuda->ordinal].worked = false;
    cudaSetDevice(cuda->ordinal);
    cudaDeviceReset();
    cudaGetLastError(); /* the runtime's own record of it outlives the reset */
  }
  pthread_mutex_unlock(&gpus_lock);
}

bool ssg_cuda_was_reset(const SsgCuda *cuda)
{
  pthread_mutex_lock(&gpus_lock);
  bool was_reset = gpus[cuda->ordinal].was_reset;
  pthread_mutex_unlock(&gpus_lock);
  return was_reset;
}
