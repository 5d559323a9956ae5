#include "kernels/cpu/cpu.h"

#include <malloc.h>
#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __x86_64__
#include <xmmintrin.h>
#endif

#include "kernels/cpu/dnnl.h"
#include "kernels/cpu/internal.h"

typedef SsgStatus (*OpFunction)(SsgCpu *cpu, const SsgOpCall *call);

static const OpFunction op_functions[SSG_N_OPS] = {
    [SSG_OP_FILL] = ssg_cpu_fill,
    [SSG_OP_COPY] = ssg_cpu_copy,
    [SSG_OP_UNARY] = ssg_cpu_unary,
    [SSG_OP_AFFINE] = ssg_cpu_affine,
    [SSG_OP_BINARY] = ssg_cpu_binary,
    [SSG_OP_REDUCE] = ssg_cpu_reduce,
    [SSG_OP_BROADCAST] = ssg_cpu_broadcast,
    [SSG_OP_PERMUTE] = ssg_cpu_permute,
    [SSG_OP_SLICE] = ssg_cpu_slice,
    [SSG_OP_UNSLICE] = ssg_cpu_unslice,
    [SSG_OP_CONCAT] = ssg_cpu_concat,
    [SSG_OP_MATMUL] = ssg_cpu_matmul,
    [SSG_OP_CONV] = ssg_cpu_conv,
    [SSG_OP_CONV_INPUT] = ssg_cpu_conv,
    [SSG_OP_CONV_WEIGHT] = ssg_cpu_conv,
    [SSG_OP_UPFIRDN] = ssg_cpu_upfirdn,
    [SSG_OP_BIAS_ACT] = ssg_cpu_bias_act,
    [SSG_OP_ACT_GRAD] = ssg_cpu_act_grad,
    [SSG_OP_AVG_POOL] = ssg_cpu_avg_pool,
    [SSG_OP_SPREAD] = ssg_cpu_spread,
    [SSG_OP_WEIGH_PARTS] = ssg_cpu_weigh_parts,
    [SSG_OP_MODULATE] = ssg_cpu_modulate,
    [SSG_OP_CHAIN] = ssg_cpu_chain,
    [SSG_OP_ONE_HOT] = ssg_cpu_one_hot,
    [SSG_OP_ARGMAX] = ssg_cpu_argmax,
    [SSG_OP_RANDOM_NORMAL] = ssg_cpu_random_normal,
    [SSG_OP_ADAM] = ssg_cpu_adam,
    [SSG_OP_LERP] = ssg_cpu_lerp,
};

/* Ops that only move elements, and so take any dtype (the same for input and output). */
static bool moves_only(SsgOp op)
{
  return op == SSG_OP_PERMUTE || op == SSG_OP_SLICE || op == SSG_OP_UNSLICE || op == SSG_OP_CONCAT;
}

static int cpu_count(char *reason, size_t reason_size)
{
  return 1;
}

static void cpu_describe(int index, char *text, size_t text_size)
{
  char model[160] = "CPU", line[256];
  FILE *file = fopen("/proc/cpuinfo", "r");
  while (file && fgets(line, sizeof line, file)) {
    char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) != 0 || !colon)
      continue;
    snprintf(model, sizeof model, "%.150s", colon + 2);
    model[strcspn(model, "\n")] = '\0';
    break;
  }
  if (file)
    fclose(file);
  int n = omp_get_num_procs();
  snprintf(text, text_size, "%s, %d core%s", model, n, n == 1 ? "" : "s");
}

/* In this thread, and in those that it starts from now on: numbers below 1e-38 are 0. Masks where a part is not, and the gradients of such
 * masks, are full of them, and Intel's processors take a hundred cycles for each product: a training was three times as slow. */
static void flush_subnormals(void)
{
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040); /* results, and operands */
#elif defined(__aarch64__)
  uint64_t control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  __asm__ volatile("msr fpcr, %0" : : "r"(control | 1 << 24));
#endif
}

static SsgStatus cpu_open(int index, void **state, char *reason, size_t reason_size)
{
#ifdef M_MMAP_THRESHOLD
  /* Otherwise the C library raises the threshold to the largest block ever freed, and large maps end up in its heap, where the holes
   * they leave are never given back: 200 MiB after a few renders of a large model. */
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
  flush_subnormals();
  SsgCpu *cpu = calloc(1, sizeof *cpu);
  if (!cpu) {
    snprintf(reason, reason_size, "there is no memory for the CPU device");
    return SSG_NO_MEMORY;
  }
  cpu->n_threads = omp_get_num_procs();
  cpu->dnnl = ssg_dnnl_new(reason, reason_size);
  if (!cpu->dnnl) {
    free(cpu);
    return SSG_FAILED;
  }
  *state = cpu;
  return SSG_OK;
}

static void cpu_close(void *state)
{
  SsgCpu *cpu = state;
  ssg_dnnl_free(cpu->dnnl);
  ssg_pool_clear(&cpu->pool);
  free(cpu);
}

static SsgStatus cpu_allocate(void *state, size_t bytes, void **data)
{
  SsgCpu *cpu = state;
  *data = ssg_pool_allocate(&cpu->pool, bytes);
  if (!*data)
    return ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for %.1f MiB more (%.1f MiB are in use)",
                        (double) bytes / 1048576, (double) cpu->pool.in_use / 1048576);
  return SSG_OK;
}

static void cpu_release(void *state, void *data, size_t bytes)
{
  SsgCpu *cpu = state;
  ssg_pool_release(&cpu->pool, data, bytes);
}

static SsgStatus cpu_upload(void *state, void *device_data, const void *host_data, size_t bytes)
{
  memcpy(device_data, host_data, bytes);
  return SSG_OK;
}

static SsgStatus cpu_download(void *state, void *host_data, const void *device_data, size_t bytes)
{
  memcpy(host_data, device_data, bytes);
  return SSG_OK;
}

static SsgStatus cpu_copy(void *state, void *to, const void *from, size_t bytes)
{
  memmove(to, from, bytes);
  return SSG_OK;
}

static SsgStatus cpu_synchronize(void *state)
{
  return SSG_OK;
}

static bool dtypes_fit(const SsgOpCall *call)
{
  if (call->op == SSG_OP_COPY)
    return true;
  if (moves_only(call->op)) {
    for (int i = 0; i < call->n_in; i++)
      if (call->in[i].dtype != call->out.dtype)
        return false;
    return true;
  }
  SsgDtype out = call->op == SSG_OP_ARGMAX ? SSG_U8 : SSG_F32;
  SsgDtype first = call->op == SSG_OP_ONE_HOT ? SSG_U8 : SSG_F32;
  if (call->out.dtype != out)
    return false;
  for (int i = 0; i < call->n_in; i++)
    if (call->in[i].data && call->in[i].dtype != (i == 0 ? first : SSG_F32))
      return false;
  return true;
}

static bool cpu_supports(void *state, const SsgOpCall *call)
{
  if ((unsigned) call->op >= SSG_N_OPS || !op_functions[call->op] || !dtypes_fit(call))
    return false;
  if (call->op == SSG_OP_CONV || call->op == SSG_OP_CONV_INPUT || call->op == SSG_OP_CONV_WEIGHT)
    return call->param.conv.pad_top >= 0 && call->param.conv.pad_left >= 0 && call->param.conv.stride >= 1;
  return true;
}

static SsgStatus cpu_run(void *state, const SsgOpCall *call)
{
  SsgCpu *cpu = state;
  if (!cpu_supports(state, call))
    return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "the CPU device does not do '%s' with these dtypes or parameters",
                        ssg_op_name(call->op));
  if (ssg_shape_elements(&call->out.shape) == 0)
    return SSG_OK;
  /* The setting belongs to the calling thread, and oneDNN reads it there. */
  ssg_dnnl_set_threads(cpu->n_threads);
  return op_functions[call->op](cpu, call);
}

static void cpu_forget(void *state, uint64_t cache_key)
{
  SsgCpu *cpu = state;
  ssg_dnnl_forget(cpu->dnnl, cache_key);
}

static bool cpu_keeps(void *state, uint64_t cache_key)
{
  SsgCpu *cpu = state;
  return ssg_dnnl_keeps(cpu->dnnl, cache_key);
}

static void cpu_memory(void *state, SsgDeviceMemory *memory)
{
  SsgCpu *cpu = state;
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  memory->in_use = cpu->pool.in_use;
  memory->peak = cpu->pool.peak;
  memory->pooled = cpu->pool.pooled;
  memory->cached = ssg_dnnl_cached(cpu->dnnl);
  memory->total = pages > 0 && page > 0 ? (size_t) pages * (size_t) page : 0;
}

static void cpu_reset_peak(void *state)
{
  SsgCpu *cpu = state;
  cpu->pool.peak = cpu->pool.in_use;
}

static void cpu_trim(void *state)
{
  SsgCpu *cpu = state;
  ssg_pool_trim(&cpu->pool);
}

static SsgStatus cpu_set_threads(void *state, int n_threads)
{
  SsgCpu *cpu = state;
  if (n_threads < 0)
    return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "a number of threads must be 0 or more, not %d", n_threads);
  cpu->n_threads = n_threads ? n_threads : omp_get_num_procs();
  return SSG_OK;
}

static SsgStatus cpu_set_precision(void *state, SsgPrecision precision)
{
  SsgCpu *cpu = state;
  if (precision == SSG_PRECISION_TF32)
    return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "processors have no TF32 units");
  if (precision == SSG_PRECISION_BF16 && !ssg_dnnl_has_bf16())
    return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "this processor has no units for matrices of bf16 (AMX)");
  cpu->bf16 = precision == SSG_PRECISION_BF16;
  return SSG_OK;
}

static const char *cpu_error(void *state)
{
  return ((SsgCpu *) state)->error;
}

void ssg_cpu_parallel(const SsgCpu *cpu, int64_t n, int64_t grain, SsgCpuRange range, const void *job)
{
  int64_t parts = grain > 0 ? n / grain : n;
  if (parts > cpu->n_threads)
    parts = cpu->n_threads;
  if (parts <= 1) {
    if (n > 0)
      range(job, 0, 0, n);
    return;
  }
  /* A multiple of 16 keeps two threads off one cache line of f32 where units are elements. */
  int64_t step = (n + parts - 1) / parts;
  if (n >= 64 * parts)
    step = (step + 15) / 16 * 16;
#pragma omp parallel for schedule(static, 1) num_threads((int) parts)
  for (int64_t part = 0; part < parts; part++) {
    int64_t begin = part * step, end = begin + step < n ? begin + step : n;
    if (begin < end)
      range(job, (int) part, begin, end);
  }
}

float *ssg_cpu_scratch(SsgCpu *cpu, size_t n_floats)
{
  float *scratch = ssg_pool_allocate(&cpu->pool, n_floats * sizeof(float));
  if (!scratch)
    ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for %.1f MiB of working space",
                 (double) n_floats * sizeof(float) / 1048576);
  return scratch;
}

void ssg_cpu_scratch_free(SsgCpu *cpu, float *scratch, size_t n_floats)
{
  ssg_pool_release(&cpu->pool, scratch, n_floats * sizeof(float));
}

SsgStatus ssg_cpu_fail(SsgCpu *cpu, SsgStatus status, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(cpu->error, sizeof cpu->error, format, arguments);
  va_end(arguments);
  return status;
}

const SsgDeviceClass *ssg_cpu_device_class(void)
{
  static const SsgDeviceClass klass = {
      .abi = SSG_DEVICE_ABI,
      .name = "cpu",
      .count = cpu_count,
      .describe = cpu_describe,
      .open = cpu_open,
      .close = cpu_close,
      .allocate = cpu_allocate,
      .release = cpu_release,
      .upload = cpu_upload,
      .download = cpu_download,
      .copy = cpu_copy,
      .synchronize = cpu_synchronize,
      .supports = cpu_supports,
      .run = cpu_run,
      .forget = cpu_forget,
      .memory = cpu_memory,
      .reset_peak = cpu_reset_peak,
      .trim = cpu_trim,
      .set_threads = cpu_set_threads,
      .set_precision = cpu_set_precision,
      .error = cpu_error,
      .keeps = cpu_keeps,
  };
  return &klass;
}
