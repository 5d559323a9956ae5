/* The CUDA device's table of functions: devices, memory, copies. Ops are in run.c. */
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As much as cuBLAS asks for on its largest devices. */
#define CUBLAS_WORKSPACE ((size_t) 32 << 20)

static const char *const precision_names[] = {[SSG_PRECISION_EXACT] = "f32", [SSG_PRECISION_TF32] = "TF32"};

/* Why device `ordinal` cannot be used; false when it can. */
static bool unusable(int ordinal, char *reason, size_t reason_size)
{
  int major = 0, minor = 0, pools = 0, mode = 0;
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, ordinal);
  cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, ordinal);
  cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, ordinal);
  cudaDeviceGetAttribute(&mode, cudaDevAttrComputeMode, ordinal);
  if (major < SSG_CUDA_OLDEST_MAJOR || (major == SSG_CUDA_OLDEST_MAJOR && minor < SSG_CUDA_OLDEST_MINOR))
    snprintf(reason, reason_size, "GPU %d is too old: its compute capability is %d.%d, and %d.%d is needed", ordinal,
             major, minor, SSG_CUDA_OLDEST_MAJOR, SSG_CUDA_OLDEST_MINOR);
  else if (!pools)
    snprintf(reason, reason_size, "the driver offers no memory pools on GPU %d; update it", ordinal);
  else if (mode == cudaComputeModeProhibited)
    snprintf(reason, reason_size, "GPU %d is set to take no compute work (nvidia-smi -c)", ordinal);
  else
    return false;
  return true;
}

/* Usable devices in CUDA's order, and their numbers. */
static int find_devices(int ordinals[SSG_CUDA_MAX_GPUS], char *reason, size_t reason_size)
{
  int n = 0, driver = 0, runtime = 0, usable = 0;
  cudaError_t result = cudaGetDeviceCount(&n);
  if (result != cudaSuccess || n == 0) {
    cudaGetLastError();
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    ssg_cuda_explain_no_device(result, driver, runtime, reason, reason_size);
    return 0;
  }
  for (int i = 0; i < n && i < SSG_CUDA_MAX_GPUS; i++)
    if (!unusable(i, reason, reason_size))
      ordinals[usable++] = i;
  return usable;
}

static int count_devices(char *reason, size_t reason_size)
{
  int ordinals[SSG_CUDA_MAX_GPUS];
  return find_devices(ordinals, reason, reason_size);
}

static void describe_device(int index, char *text, size_t text_size)
{
  int ordinals[SSG_CUDA_MAX_GPUS];
  struct cudaDeviceProp properties;
  char reason[256];
  snprintf(text, text_size, "unknown");
  if (index >= find_devices(ordinals, reason, sizeof reason))
    return;
  if (cudaGetDeviceProperties(&properties, ordinals[index]) == cudaSuccess)
    snprintf(text, text_size, "%s, %.0f GiB", properties.name, (double) properties.totalGlobalMem / (1 << 30));
}

static void close_device(void *state)
{
  SsgCuda *cuda = state;
  if (!cuda)
    return;
  ssg_cuda_enter(cuda); /* it may be lost by now */
  cudaSetDevice(cuda->ordinal);
  if (cuda->stream && !cuda->lost) /* a kernel's fault may show only now */
    ssg_cuda_check(cuda, cudaStreamSynchronize(cuda->stream), "cudaStreamSynchronize", NULL);
  ssg_cuda_free_group(cuda);
  ssg_cuda_free_conv_plans(cuda);
  for (int i = 0; i < SSG_DEVICE_MARKS; i++)
    if (cuda->marks[i])
      cudaEventDestroy(cuda->marks[i]);
  if (cuda->cudnn)
    cudnnDestroy(cuda->cudnn);
  if (cuda->cublas)
    cublasDestroy(cuda->cublas);
  if (cuda->cublas_workspace)
    cudaFreeAsync(cuda->cublas_workspace, cuda->stream);
  if (cuda->stream) {
    cudaStreamSynchronize(cuda->stream);
    cudaStreamDestroy(cuda->stream);
  }
  if (cuda->pool)
    cudaMemPoolDestroy(cuda->pool);
  ssg_cuda_leave_gpu(cuda);
  free(cuda);
}

static SsgStatus start(SsgCuda *cuda)
{
  struct cudaMemPoolProps properties = {.allocType = cudaMemAllocationTypePinned,
                                        .location = {.type = cudaMemLocationTypeDevice, .id = cuda->ordinal}};
  uint64_t keep = UINT64_MAX; /* until trim() */
  size_t free_bytes = 0;
  int shared = 0;

  SSG_TRY(ssg_cuda_take_gpu(cuda));
  SSG_TRY(ssg_cuda_check(cuda, cudaDeviceGetAttribute(&cuda->major, cudaDevAttrComputeCapabilityMajor, cuda->ordinal),
                         "cudaDeviceGetAttribute", NULL));
  SSG_TRY(ssg_cuda_check(cuda, cudaDeviceGetAttribute(&shared, cudaDevAttrPageableMemoryAccessUsesHostPageTables, cuda->ordinal),
                         "cudaDeviceGetAttribute", NULL));
  cuda->reads_host_memory = shared;
  SSG_TRY(ssg_cuda_check(cuda, cudaSetDevice(cuda->ordinal), "cudaSetDevice", NULL));
  SSG_TRY(
      ssg_cuda_check(cuda, cudaStreamCreateWithFlags(&cuda->stream, cudaStreamNonBlocking), "cudaStreamCreate", NULL));
  SSG_TRY(ssg_cuda_check(cuda, cudaMemPoolCreate(&cuda->pool, &properties), "cudaMemPoolCreate", NULL));
  SSG_TRY(ssg_cuda_check(cuda, cudaMemPoolSetAttribute(cuda->pool, cudaMemPoolAttrReleaseThreshold, &keep),
                         "cudaMemPoolSetAttribute", NULL));
  SSG_TRY(ssg_cuda_check(cuda, cudaMemGetInfo(&free_bytes, &cuda->total), "cudaMemGetInfo", NULL));

  SSG_TRY(ssg_cuda_check_cublas(cuda, cublasCreate(&cuda->cublas), "cublasCreate", NULL));
  SSG_TRY(ssg_cuda_check_cublas(cuda, cublasSetStream(cuda->cublas, cuda->stream), "cublasSetStream", NULL));
  SSG_TRY(ssg_cuda_check(cuda,
                         cudaMallocFromPoolAsync(&cuda->cublas_workspace, CUBLAS_WORKSPACE, cuda->pool, cuda->stream),
                         "cudaMallocFromPoolAsync", NULL));
  SSG_TRY(ssg_cuda_check_cublas(cuda, cublasSetWorkspace(cuda->cublas, cuda->cublas_workspace, CUBLAS_WORKSPACE),
                                "cublasSetWorkspace", NULL));
  /* Sums stay in f32 also where a product is split over blocks. */
  SSG_TRY(ssg_cuda_check_cublas(
      cuda, cublasSetMathMode(cuda->cublas, CUBLAS_DEFAULT_MATH | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION),
      "cublasSetMathMode", NULL));
  SSG_TRY(ssg_cuda_check_cudnn(cuda, cudnnCreate(&cuda->cudnn), "cudnnCreate", NULL));
  return ssg_cuda_check_cudnn(cuda, cudnnSetStream(cuda->cudnn, cuda->stream), "cudnnSetStream", NULL);
}

static SsgStatus open_device(int index, void **state, char *reason, size_t reason_size)
{
  int ordinals[SSG_CUDA_MAX_GPUS];
  int n = find_devices(ordinals, reason, reason_size);
  if (n == 0)
    return SSG_UNSUPPORTED;
  if (index < 0 || index >= n) {
    snprintf(reason, reason_size, "there is no CUDA device %d; this machine has %d", index, n);
    return SSG_UNSUPPORTED;
  }
  SsgCuda *cuda = calloc(1, sizeof *cuda);
  if (!cuda) {
    snprintf(reason, reason_size, "out of memory");
    return SSG_NO_MEMORY;
  }
  cuda->ordinal = ordinals[index];
  cuda->last_op = SSG_N_OPS;
  SsgStatus status = start(cuda);
  if (status != SSG_OK) {
    snprintf(reason, reason_size, "GPU %d cannot be opened: %s%s", cuda->ordinal, cuda->error,
             status == SSG_LOST && ssg_cuda_was_reset(cuda) ? "; it stopped working before: start the program anew" : "");
    close_device(cuda);
    return status;
  }
  ssg_cuda_note_opened(cuda);
  *state = cuda;
  return SSG_OK;
}

/* What was freed may still be waiting for its turn, or lie in pieces that are too small, or with recordings that are not drawn now. */
SsgStatus ssg_cuda_make_room(SsgCuda *cuda)
{
  SSG_TRY(ssg_cuda_check(cuda, cudaStreamSynchronize(cuda->stream), "cudaStreamSynchronize", NULL));
  SSG_TRY(ssg_cuda_check(cuda, cudaDeviceGraphMemTrim(cuda->ordinal), "cudaDeviceGraphMemTrim", NULL));
  return ssg_cuda_check(cuda, cudaMemPoolTrimTo(cuda->pool, 0), "cudaMemPoolTrimTo", NULL);
}

SsgStatus ssg_cuda_allocate(SsgCuda *cuda, size_t bytes, void **data)
{
  size_t size = bytes ? bytes : 1;
  *data = NULL;
  cudaError_t result = cudaMallocFromPoolAsync(data, size, cuda->pool, cuda->stream);
  if (result == cudaErrorMemoryAllocation && !cuda->capturing) {
    cudaGetLastError();
    SSG_TRY(ssg_cuda_make_room(cuda));
    result = cudaMallocFromPoolAsync(data, size, cuda->pool, cuda->stream);
  }
  if (result != cudaSuccess) {
    SsgStatus status = ssg_cuda_check(cuda, result, "cudaMallocFromPoolAsync", NULL);
    *data = NULL;
    if (status == SSG_NO_MEMORY)
      snprintf(cuda->error, sizeof cuda->error,
               "the GPU's memory is full: %.1f MiB more were asked for, %.1f MiB of %.1f MiB are in use here",
               (double) bytes / (1 << 20), (double) cuda->in_use / (1 << 20), (double) cuda->total / (1 << 20));
    return status;
  }
  cuda->in_use += bytes;
  if (cuda->in_use > cuda->peak)
    cuda->peak = cuda->in_use;
  return SSG_OK;
}

void ssg_cuda_release(SsgCuda *cuda, void *data, size_t bytes)
{
  if (!data)
    return;
  cuda->in_use -= bytes;
  if (!cuda->lost)
    ssg_cuda_check(cuda, cudaFreeAsync(data, cuda->stream), "cudaFreeAsync", NULL);
}

static SsgStatus allocate(void *state, size_t bytes, void **data)
{
  *data = NULL;
  SSG_TRY(ssg_cuda_enter(state));
  return ssg_cuda_allocate(state, bytes, data);
}

static void release(void *state, void *data, size_t bytes)
{
  SsgCuda *cuda = state;
  ssg_cuda_enter(cuda);
  ssg_cuda_release(cuda, data, bytes);
}

/* A recording would keep the host's address, and read it at every replay. */
static SsgStatus refuse_while_capturing(SsgCuda *cuda, const char *what)
{
  if (!cuda->capturing)
    return SSG_OK;
  snprintf(cuda->error, sizeof cuda->error, "%s cannot be recorded", what);
  return SSG_UNSUPPORTED;
}

static SsgStatus transfer(SsgCuda *cuda, void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                          const char *what)
{
  SSG_TRY(ssg_cuda_enter(cuda));
  if (kind != cudaMemcpyDeviceToDevice)
    SSG_TRY(refuse_while_capturing(cuda, what));
  if (bytes == 0)
    return SSG_OK;
  return ssg_cuda_check(cuda, cudaMemcpyAsync(to, from, bytes, kind, cuda->stream), what, NULL);
}

static SsgStatus synchronize(void *state)
{
  SsgCuda *cuda = state;
  SSG_TRY(ssg_cuda_enter(cuda));
  SSG_TRY(refuse_while_capturing(cuda, "waiting"));
  return ssg_cuda_check(cuda, cudaStreamSynchronize(cuda->stream), "cudaStreamSynchronize", NULL);
}

/* The caller may change its memory at once: cudaMemcpyAsync copies ordinary host memory aside before it returns, but for GPUs that read
 * it through the host's own page tables (Grace Hopper), where it may not have to. */
static SsgStatus upload(void *state, void *device_data, const void *host_data, size_t bytes)
{
  SsgCuda *cuda = state;
  SSG_TRY(transfer(cuda, device_data, host_data, bytes, cudaMemcpyHostToDevice, "cudaMemcpyAsync (upload)"));
  return cuda->reads_host_memory ? synchronize(cuda) : SSG_OK;
}

static SsgStatus download(void *state, void *host_data, const void *device_data, size_t bytes)
{
  SSG_TRY(transfer(state, host_data, device_data, bytes, cudaMemcpyDeviceToHost, "cudaMemcpyAsync (download)"));
  return synchronize(state);
}

static SsgStatus copy(void *state, void *to, const void *from, size_t bytes)
{
  return transfer(state, to, from, bytes, cudaMemcpyDeviceToDevice, "cudaMemcpyAsync (copy)");
}

static bool supports(void *state, const SsgOpCall *call)
{
  return ssg_cuda_supports(state, call);
}

static SsgStatus run(void *state, const SsgOpCall *call)
{
  SSG_TRY(ssg_cuda_enter(state));
  return ssg_cuda_run(state, call);
}

/* Nothing is repacked on this device, so there is nothing to forget. */
static void forget(void *state, uint64_t cache_key)
{
}

static void memory(void *state, SsgDeviceMemory *m)
{
  SsgCuda *cuda = state;
  uint64_t reserved = 0, used = 0;
  if (ssg_cuda_enter(cuda) == SSG_OK) {
    cudaMemPoolGetAttribute(cuda->pool, cudaMemPoolAttrReservedMemCurrent, &reserved);
    cudaMemPoolGetAttribute(cuda->pool, cudaMemPoolAttrUsedMemCurrent, &used);
  }
  *m = (SsgDeviceMemory){.in_use = cuda->in_use,
                         .peak = cuda->peak,
                         .pooled = reserved > used ? reserved - used : 0,
                         .total = cuda->total};
}

static void reset_peak(void *state)
{
  SsgCuda *cuda = state;
  cuda->peak = cuda->in_use;
}

static void trim(void *state)
{
  SsgCuda *cuda = state;
  if (synchronize(cuda) == SSG_OK)
    ssg_cuda_check(cuda, cudaMemPoolTrimTo(cuda->pool, 0), "cudaMemPoolTrimTo", NULL);
}

static SsgStatus set_precision(void *state, SsgPrecision precision)
{
  SsgCuda *cuda = state;
  SSG_TRY(ssg_cuda_enter(cuda));
  if (precision == SSG_PRECISION_BF16) {
    snprintf(cuda->error, sizeof cuda->error, "on GPUs arrays are of bf16, not the factors of products of f32");
    return SSG_UNSUPPORTED;
  }
  if (precision == SSG_PRECISION_TF32 && cuda->major < 8) {
    snprintf(cuda->error, sizeof cuda->error, "this GPU has no %s units: they came with compute capability 8.0",
             precision_names[precision]);
    return SSG_UNSUPPORTED;
  }
  cuda->precision = precision;
  return SSG_OK;
}

static void identify(void *state, char *text, size_t text_size)
{
  SsgCuda *cuda = state;
  struct cudaDeviceProp properties;
  snprintf(text, text_size, "%s", "");
  if (ssg_cuda_enter(cuda) != SSG_OK || cudaGetDeviceProperties(&properties, cuda->ordinal) != cudaSuccess)
    return;
  char digits[2 * sizeof properties.uuid.bytes + 1];
  for (size_t i = 0; i < sizeof properties.uuid.bytes; i++)
    snprintf(digits + 2 * i, 3, "%02x", (unsigned char) properties.uuid.bytes[i]);
  snprintf(text, text_size, "GPU-%s", digits);
}

static uint64_t launches(void *state)
{
  return __atomic_load_n(&ssg_cuda_launches, __ATOMIC_RELAXED);
}

static SsgStatus mark(void *state, int number)
{
  SsgCuda *cuda = state;
  SSG_TRY(ssg_cuda_enter(cuda));
  SSG_TRY(refuse_while_capturing(cuda, "a mark"));
  if (!cuda->marks[number])
    SSG_TRY(ssg_cuda_check(cuda, cudaEventCreateWithFlags(&cuda->marks[number], cudaEventDefault), "cudaEventCreateWithFlags", NULL));
  return ssg_cuda_check(cuda, cudaEventRecord(cuda->marks[number], cuda->stream), "cudaEventRecord", NULL);
}

static SsgStatus elapsed(void *state, int from, int to, double *milliseconds)
{
  SsgCuda *cuda = state;
  float ms = 0;
  SSG_TRY(ssg_cuda_enter(cuda));
  SSG_TRY(refuse_while_capturing(cuda, "waiting"));
  SSG_TRY(ssg_cuda_check(cuda, cudaEventSynchronize(cuda->marks[to]), "cudaEventSynchronize", NULL));
  SSG_TRY(ssg_cuda_check(cuda, cudaEventElapsedTime(&ms, cuda->marks[from], cuda->marks[to]), "cudaEventElapsedTime", NULL));
  *milliseconds = ms;
  return SSG_OK;
}

static const char *error(void *state)
{
  return ((SsgCuda *) state)->error;
}

static const SsgDeviceClass klass = {
    .abi = SSG_DEVICE_ABI,
    .name = "cuda",
    .count = count_devices,
    .describe = describe_device,
    .open = open_device,
    .close = close_device,
    .allocate = allocate,
    .release = release,
    .upload = upload,
    .download = download,
    .copy = copy,
    .synchronize = synchronize,
    .supports = supports,
    .run = run,
    .forget = forget,
    .memory = memory,
    .reset_peak = reset_peak,
    .trim = trim,
    .set_precision = set_precision,
    .error = error,
    .identify = identify,
    .graph = &ssg_cuda_graph_class,
    .launches = launches,
    .mark = mark,
    .elapsed = elapsed,
#if SSG_CUDA_HAVE_NCCL
    .group = &ssg_cuda_group_class,
#endif
};

/* SSG_DEVICE_PLUGIN_SYMBOL */
__attribute__((visibility("default"))) const SsgDeviceClass *ssg_device_plugin(uint32_t abi);

const SsgDeviceClass *ssg_device_plugin(uint32_t abi)
{
  return abi == SSG_DEVICE_ABI ? &klass : NULL;
}
