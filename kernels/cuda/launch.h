/* How a kernel of ours is written, so that nvcc makes a CUDA kernel of it and the host compiler a function that a test
 * can run without a GPU.
 *
 *   template <typename T> SSG_KERNEL row_sums(float *out, const T *in, int64_t n)
 *   {
 *     SSG_SHARED float part[SSG_BLOCK];
 *     SSG_THREADS(t) {                       // a phase: runs once per thread of the block
 *       part[t] = ...;
 *     }
 *     SSG_SYNC();                            // between any two phases
 *     SSG_THREADS(t) { ... }
 *   }
 *   SSG_LAUNCH(stream, blocks, (row_sums<float>), out, in, n);
 *
 * Rules
 *   - Blocks are one-dimensional and hold SSG_BLOCK threads; grids are one-dimensional. SSG_BLOCK_INDEX is this
 * block's.
 *   - Code outside of SSG_THREADS must be the same for all threads of a block (uniform), and may read nothing that
 *     depends on the thread. What a thread keeps from one phase to the next lives in SSG_SHARED.
 *   - Within a phase a thread reads no shared word that another thread writes in that phase. `continue` ends a thread's
 *     phase early; `return` only outside of phases.
 *
 * The host build (everything without __CUDACC__) runs blocks and the threads of a phase one after another. It aborts
 * when two phases follow each other without SSG_SYNC, and ssg_host_grid.backwards turns the order of blocks and threads
 * round: a result that depends on the order is a race. Shared arrays are ordinary arrays there, so that
 * sanitizers see every index; the tests compile with automatic variables filled with a pattern, so that reading what no
 * thread wrote shows. What the host build cannot show: missing __syncwarp (no kernel relies on warps), speed, and
 * memory order.
 */
#pragma once

#include <stdint.h>

#define SSG_BLOCK 256

#ifdef __CUDACC__

#define SSG_KERNEL static __global__ void __launch_bounds__(SSG_BLOCK)
#define SSG_INLINE static __host__ __device__ __forceinline__
#define SSG_METHOD __host__ __device__ __forceinline__
#define SSG_PHASES static __device__ __forceinline__ /* a function with phases, for kernels to call */
#define SSG_SHARED __shared__
#define SSG_SYNC() __syncthreads()
#define SSG_BLOCK_INDEX ((int64_t) blockIdx.x)
#define SSG_THREADS(t) for (int t = (int) threadIdx.x, t##_once = 1; t##_once; t##_once = 0)
/* A grid of no blocks is an error in CUDA; here it does nothing. */
#define SSG_LAUNCH(stream, blocks, kernel, ...)                                                                        \
  do {                                                                                                                 \
    if ((blocks) > 0) {                                                                                                \
      ssg_cuda_count_launch();                                                                                         \
      kernel<<<(unsigned) (blocks), SSG_BLOCK, 0, (cudaStream_t) (stream)>>>(__VA_ARGS__);                             \
    }                                                                                                                  \
  } while (0)

#else

#include <new>
#include <stdio.h>
#include <stdlib.h>
#include <tuple>

/* The one grid of the host run. One thread at a time. */
struct SsgHostGrid {
  int64_t block;
  bool open;      /* a phase ended and no SSG_SYNC came since */
  bool backwards; /* set by tests: last block and last thread first */
  int64_t n_launches, n_phases;
  void (*around)(bool begin); /* set by tests: called before and after every launch; may be NULL */
  bool (*record)(void (*run)(void *data), void *data); /* set by tests; true: takes data (to be freed), to run it later */
};
inline SsgHostGrid ssg_host_grid;

struct SsgHostPhase {
  int step = 0;
  SsgHostPhase()
  {
    if (ssg_host_grid.open) {
      fprintf(stderr, "kernel: two phases without SSG_SYNC between them\n");
      abort();
    }
    ssg_host_grid.n_phases++;
  }
  bool more()
  {
    if (step < SSG_BLOCK)
      return true;
    ssg_host_grid.open = true;
    return false;
  }
  int thread() const
  {
    return ssg_host_grid.backwards ? SSG_BLOCK - 1 - step : step;
  }
};

template <typename Kernel, typename... Arguments> struct SsgHostLaunch {
  int64_t blocks;
  Kernel *kernel;
  std::tuple<Arguments...> arguments;
  static void run(void *data);
};

template <typename Kernel, typename... Arguments>
static void ssg_host_launch(int64_t blocks, Kernel *kernel, Arguments... arguments)
{
  if (ssg_host_grid.record) {
    using Launch = SsgHostLaunch<Kernel, Arguments...>;
    void *memory = malloc(sizeof(Launch));
    new (memory) Launch{blocks, kernel, std::tuple<Arguments...>(arguments...)};
    if (ssg_host_grid.record(Launch::run, memory))
      return;
    free(memory);
  }
  ssg_host_grid.n_launches++;
  if (ssg_host_grid.around)
    ssg_host_grid.around(true);
  for (int64_t i = 0; i < blocks; i++) {
    ssg_host_grid.block = ssg_host_grid.backwards ? blocks - 1 - i : i;
    ssg_host_grid.open = false;
    kernel(arguments...);
  }
  if (ssg_host_grid.around)
    ssg_host_grid.around(false);
}

template <typename Kernel, typename... Arguments> void SsgHostLaunch<Kernel, Arguments...>::run(void *data)
{
  SsgHostLaunch *launch = (SsgHostLaunch *) data;
  std::apply([&](Arguments... arguments) { ssg_host_launch(launch->blocks, launch->kernel, arguments...); },
             launch->arguments);
}

#define SSG_KERNEL static void
#define SSG_INLINE static inline
#define SSG_METHOD inline
#define SSG_PHASES static inline
#define SSG_SHARED
#define SSG_SYNC() ((void) (ssg_host_grid.open = false))
#define SSG_BLOCK_INDEX (ssg_host_grid.block)
#define SSG_THREADS(t)                                                                                                 \
  for (SsgHostPhase t##_phase; t##_phase.more(); t##_phase.step++)                                                     \
    if (const int t = t##_phase.thread(); true)
#define SSG_LAUNCH(stream, blocks, kernel, ...) \
  ((void) (stream), ssg_cuda_count_launch(), ssg_host_launch(blocks, kernel, __VA_ARGS__))

#endif

/* Before a loop whose index must be known to the compiler, so that arrays stay in registers. */
#ifdef __CUDA_ARCH__
#define SSG_UNROLL _Pragma("unroll")
#else
#define SSG_UNROLL
#endif

/* Blocks that give every one of n items a thread of its own. */
static inline int64_t ssg_blocks_for(int64_t n)
{
  return (n + SSG_BLOCK - 1) / SSG_BLOCK;
}
