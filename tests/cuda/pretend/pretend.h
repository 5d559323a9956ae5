/* A pretended CUDA: the runtime, cuBLAS and cuDNN calls that kernels/cuda makes, done by this processor, so that the whole
 * device (device.c, run.c, matmul.c, conv.c and every kernel) can be tested where there is no GPU. Only for tests.
 *
 * It is stricter than the original, so that what it accepts has a good chance there: memory of the device can be touched
 * only by "the device" (kernels, copies, library calls) and faults for anyone else; fresh memory holds NaN; freeing twice,
 * a wrong stream, a descriptor that does not fit, a workspace that is too small, or an algorithm that was not offered
 * ends the program with a message. What it cannot tell: what the libraries support on a given GPU, and how fast.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PRETEND_MEMORY ((size_t) 4 << 30) /* of the device, in bytes */

/* Ends the program: the caller broke a rule. */
__attribute__((noreturn, format(printf, 1, 2))) void pretend_refuse(const char *format, ...);
/* Makes the device's memory readable and writable between begin and end; may be nested. */
void pretend_device_work(bool begin);
/* Whether [data, data + bytes) lies within one live allocation; ends the program otherwise. */
void pretend_check_range(const void *data, size_t bytes, const char *what);
void pretend_check_stream(cudaStream_t stream);

/* Streams do what they are asked at once, and keep book of what they could rely on if they did not: of each stream they
 * know how much of its work comes before theirs. `touch` is for libraries in modules of their own (nccl.c): it checks that
 * all that the other streams were asked for so far comes before, opens the memory, and notes that nobody may use the data
 * before they have waited for this stream. */
#define PRETEND_STREAMS 8
struct CUstream_st {
  bool live;
  long work, seen[PRETEND_STREAMS]; /* asked of it; of others, and known to come before */
  void (*touch)(cudaStream_t stream, void *data, size_t bytes, bool begin);
};

/* While a stream is captured, run(data) is noted for later, data (allocated, of its own) included: true. */
bool pretend_record(void (*run)(void *data), void *data);

/* What tests plant. Allocations n .. n + times - 1 from now on fail, 0 being the next. */
void pretend_fail_allocations(int n, int times);
/* Every call answers with this error from now on, as a real device does after a sticky one; cudaSuccess mends it, and so
 * does cudaDeviceReset(). The runtime's note of its last error outlives both. */
void pretend_break(cudaError_t error);
/* The same from the next wait for a stream, or allocation, on: a kernel's fault. */
void pretend_break_later(cudaError_t error);
int pretend_resets(void); /* cudaDeviceReset() so far */
/* The next n times that a recording needs memory (to be made ready, to be launched) there is none. */
void pretend_fail_graph_memory(int n);
int pretend_graph_trims(void); /* cudaDeviceGraphMemTrim() so far */
/* Waits for a stream so far. */
int pretend_waits(void);
/* The next library call (cuBLAS, cuDNN) is refused as not supported, or fails otherwise. */
typedef enum { PRETEND_GOOD, PRETEND_NOT_SUPPORTED, PRETEND_EXECUTION_FAILED } PretendRefusal;
void pretend_refuse_library_call(PretendRefusal how);
PretendRefusal pretend_library_call_refused(void);
/* cuDNN's heuristics fail from now on, or no longer. */
void pretend_refuse_heuristics(bool refuse);
bool pretend_heuristics_refused(void);

/* Live allocations, library objects and streams; and product and convolution calls since the start. */
int pretend_live_objects(void);
void pretend_count_object(int change);
int pretend_library_calls(void);
void pretend_count_library_call(void);

#ifdef __cplusplus
}
#endif
