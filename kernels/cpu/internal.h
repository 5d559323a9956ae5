/* Shared by the files of kernels/cpu/ only. */
#pragma once

#include "kernels/clones.h"
#include "kernels/cpu/pool.h"
#include "kernels/device.h"

typedef struct SsgDnnl SsgDnnl;

typedef struct {
  SsgPool pool;
  SsgDnnl *dnnl; /* owned */
  int n_threads;
  bool bf16; /* convolutions round their factors to bf16: SSG_PRECISION_BF16 */
  char error[512];
} SsgCpu;

/* For helpers of loops with SSG_CLONES: one left outside would be compiled for the oldest processor only. */
#define SSG_INLINE static inline __attribute__((always_inline))

/* Elements below which a loop is not worth a second thread. */
#define SSG_GRAIN 16384

/* Works on the units [begin, end); worker is in [0, cpu->n_threads). */
typedef void (*SsgCpuRange)(const void *job, int worker, int64_t begin, int64_t end);

/* Calls range() on a partition of [0, n), at most one part per thread and no part but the last smaller than grain.
 * The partition depends on the number of threads, so a unit's result must not depend on which part it falls into. */
void ssg_cpu_parallel(const SsgCpu *cpu, int64_t n, int64_t grain, SsgCpuRange range, const void *job);
/* out[i] += parts[0][i] + parts[1][i] ..., in this order: what pieces of one sum came to. parts [n, size], apart from out. */
void ssg_cpu_add_parts(const SsgCpu *cpu, float *out, const float *parts, int64_t n, int64_t size);

/* Scratch of n floats for the length of one op; NULL with cpu->error set when there is no memory. */
float *ssg_cpu_scratch(SsgCpu *cpu, size_t n_floats);
void ssg_cpu_scratch_free(SsgCpu *cpu, float *scratch, size_t n_floats);

/* Sets cpu->error and returns status. */
SsgStatus ssg_cpu_fail(SsgCpu *cpu, SsgStatus status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* One function per op, named after it; shapes are as op.h demands. */
SsgStatus ssg_cpu_fill(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_copy(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_unary(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_affine(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_binary(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_reduce(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_broadcast(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_permute(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_slice(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_unslice(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_concat(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_matmul(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_conv(SsgCpu *cpu, const SsgOpCall *call); /* and its two adjoints */
SsgStatus ssg_cpu_upfirdn(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_bias_act(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_act_grad(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_avg_pool(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_spread(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_weigh_parts(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_modulate(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_chain(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_one_hot(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_argmax(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_random_normal(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_adam(SsgCpu *cpu, const SsgOpCall *call);
SsgStatus ssg_cpu_lerp(SsgCpu *cpu, const SsgOpCall *call);
