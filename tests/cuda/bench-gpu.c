/* Speed of the ops that a face of the public 512 model is made of, on a GPU: in f32, TF32 and f16, each as a share of
 * the matrix rate or the bandwidth measured first. Usage: bench-gpu [device [batch [divisor]]]   divisor: of all sizes,
 * for a quick trial
 *
 * A row is the median of seven runs; a run queues the op so often that it lasts some 20 ms and waits once, so that
 * launches count where they cannot hide behind the work, and waiting does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/device.h"

typedef enum { MODE_F32, MODE_TF32, MODE_F16, N_MODES } Mode;

static const char *const mode_names[N_MODES] = {"f32", "TF32", "f16"};
static SsgDevice *device;
static Mode mode;
static double peak_rate[N_MODES], peak_bandwidth;
static double run_seconds = 0.02;

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void must(SsgStatus status)
{
  if (status == SSG_OK)
    return;
  fprintf(stderr, "bench-gpu: %s\n", ssg_device_error(device));
  exit(1);
}

static size_t bytes_of(const SsgArray *a)
{
  return a->data ? (size_t) ssg_shape_elements(&a->shape) * (size_t) ssg_dtype_size(a->dtype) : 0;
}

/* Normal numbers, in the mode's dtype; always f32 when plain. */
static SsgArray array(bool plain, int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
  SsgArray x = {.shape = {rank, {a, b, c, d}}, .dtype = SSG_F32};
  SsgOpCall fill = {.op = SSG_OP_RANDOM_NORMAL};
  must(ssg_device_allocate(device, bytes_of(&x) + (size_t) ssg_shape_elements(&x.shape) * 4, &x.data));
  fill.out = x;
  fill.param.random.seed = 1;
  must(ssg_device_run(device, &fill));
  if (plain || mode != MODE_F16)
    return x;
  SsgOpCall copy = {.op = SSG_OP_COPY, .n_in = 1, .in = {x}, .out = x};
  copy.out.dtype = SSG_F16;
  must(ssg_device_allocate(device, bytes_of(&copy.out), &copy.out.data));
  must(ssg_device_run(device, &copy));
  ssg_device_release(device, x.data, bytes_of(&x));
  return copy.out;
}

static int by_size(const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double median_time(const SsgOpCall *call)
{
  double times[7];
  int repeats = 1;
  must(ssg_device_run(device, call));
  must(ssg_device_synchronize(device));
  for (int i = -1; i < 7; i++) {
    double start = seconds();
    for (int k = 0; k < repeats; k++)
      must(ssg_device_run(device, call));
    must(ssg_device_synchronize(device));
    double time = (seconds() - start) / repeats;
    if (i < 0) /* how often? */
      repeats = time > run_seconds ? 1 : time * 4000 < run_seconds ? 4000 : (int) (run_seconds / time) + 1;
    else
      times[i] = time;
  }
  qsort(times, 7, sizeof *times, by_size);
  return times[3];
}

/* One row; frees the call's arrays. flops 0: the row is about bandwidth. Returns seconds. */
static double row(const char *name, SsgOpCall *call, double flops)
{
  double time = median_time(call), bytes = (double) bytes_of(&call->out);
  for (int i = 0; i < call->n_in; i++)
    bytes += (double) bytes_of(&call->in[i]);
  printf("%-46s %-5s %10.1f us", name, mode_names[mode], time * 1e6);
  if (flops > 0) {
    printf(" %9.2f TFLOP/s", flops / time * 1e-12);
    if (peak_rate[mode] > 0)
      printf(" %4.0f%%", 100 * flops / time / peak_rate[mode]);
  } else {
    printf(" %9.1f GB/s   ", bytes / time * 1e-9);
    if (peak_bandwidth > 0)
      printf(" %4.0f%%", 100 * bytes / time / peak_bandwidth);
  }
  printf("\n");
  for (int i = 0; i < call->n_in; i++)
    ssg_device_release(device, call->in[i].data, bytes_of(&call->in[i]));
  ssg_device_release(device, call->out.data, bytes_of(&call->out));
  return time;
}

static double matmul(const char *name, int64_t batch, int64_t m, int64_t n, int64_t k, bool epilogue)
{
  SsgOpCall call = {.op = SSG_OP_MATMUL, .n_in = epilogue ? 3 : 2};
  call.in[0] = array(false, 3, batch, m, k, 0);
  call.in[1] = array(false, 3, batch, k, n, 0);
  if (epilogue)
    call.in[2] = array(true, 2, batch, n, 0, 0);
  call.out = array(false, 3, batch, m, n, 0);
  call.param.matmul.alpha = 1;
  call.param.matmul.act = epilogue;
  double flops = 2.0 * (double) batch * (double) m * (double) n * (double) k;
  return flops / row(name, &call, flops);
}

static void conv(SsgOp op, int64_t n, int64_t size, int64_t ci, int64_t co, int kernel, int stride)
{
  static const char *const names[] = {"conv", "conv-input", "conv-weight"};
  int pad = stride == 1 ? kernel / 2 : 0;
  int64_t out = (size + 2 * pad - kernel) / stride + 1;
  SsgOpCall call = {.op = op, .n_in = 2};
  SsgArray x = array(false, 4, n, size, size, ci), y = array(false, 4, n, out, out, co);
  SsgArray w = array(false, 4, co, kernel, kernel, ci);
  call.in[0] = op == SSG_OP_CONV_INPUT ? y : x;
  call.in[1] = op == SSG_OP_CONV_WEIGHT ? y : w;
  call.out = op == SSG_OP_CONV ? y : op == SSG_OP_CONV_INPUT ? x : w;
  call.param.conv.stride = stride;
  call.param.conv.pad_top = call.param.conv.pad_bottom = pad;
  call.param.conv.pad_left = call.param.conv.pad_right = pad;
  char name[96];
  snprintf(name, sizeof name, "%s %dx%d/%d, %lld x %lld^2, %lld -> %lld", names[op - SSG_OP_CONV], kernel, kernel,
           stride, (long long) n, (long long) size, (long long) ci, (long long) co);
  row(name, &call, 2.0 * (double) (n * out * out * co * ci) * kernel * kernel);
}

static void upfirdn(int64_t n, int64_t size, int64_t channels, int up, bool epilogue)
{
  SsgOpCall call = {.op = SSG_OP_UPFIRDN, .n_in = epilogue ? 4 : 1};
  int64_t out = up == 2 ? size * 2 : size - 1;
  call.in[0] = array(false, 4, n, size, size, channels);
  if (epilogue) {
    call.in[1] = array(true, 1, channels, 0, 0, 0);
    call.in[2] = array(true, 4, n, out, out, 1);
    call.in[3] = array(true, 1, 1, 0, 0, 0);
  }
  call.out = array(false, 4, n, out, out, channels);
  call.param.upfirdn.up = up;
  call.param.upfirdn.down = 1;
  call.param.upfirdn.pad_x0 = call.param.upfirdn.pad_y0 = up == 2 ? 2 : 1;
  call.param.upfirdn.pad_x1 = call.param.upfirdn.pad_y1 = 1;
  call.param.upfirdn.gain = 4;
  call.param.upfirdn.act = epilogue;
  char name[96];
  snprintf(name, sizeof name, "upfirdn up %d, %lld x %lld^2 x %lld%s", up, (long long) n, (long long) size,
           (long long) channels, epilogue ? ", bias noise act" : "");
  row(name, &call, 0);
}

/* Elementwise rows over n elements. */
static void elementwise(const char *name, SsgOp op, int64_t n)
{
  SsgOpCall call = {.op = op, .n_in = 1};
  call.in[0] = array(false, 1, n, 0, 0, 0);
  call.out = array(false, 1, n, 0, 0, 0);
  call.param.affine.a = 2;
  double bytes = 2.0 * (double) bytes_of(&call.out), time = row(name, &call, 0);
  if (bytes / time > peak_bandwidth && n > 1 << 20)
    peak_bandwidth = bytes / time;
}

static void faces(int64_t n, int64_t divisor)
{
  static const int64_t sizes[][2] = {{64, 512}, {128, 256}, {256, 128}, {512, 64}};
  SsgOpCall weigh = {.op = SSG_OP_WEIGH_PARTS, .n_in = 2};
  int64_t pixels = 4096 / divisor / divisor;
  matmul("local layer, 13 x [4096, 64] x [64, 64], act", 13, pixels * n, 64, 64, true);
  weigh.in[0] = array(false, 4, 13, n, pixels, 64);
  weigh.in[1] = array(true, 4, 13, n, pixels, 1);
  weigh.out = array(false, 4, n, pixels, 13, 64);
  row("weigh-parts, 13 x 4096 x 64", &weigh, 0);
  matmul("fused features, [4096, 832] x [832, 512]", 1, pixels * n, 512, 832, true);
  for (int i = 0; i < 4; i++) {
    int64_t size = sizes[i][0] / divisor, channels = sizes[i][1] / divisor;
    int64_t above = (i ? sizes[i - 1][1] : 1024) / divisor;
    conv(SSG_OP_CONV_INPUT, n, size + 1, channels, above, 3, 2);
    upfirdn(n, size + 1, channels, 1, true);
    conv(SSG_OP_CONV, n, size, channels, channels, 3, 1);
    conv(SSG_OP_CONV_WEIGHT, n, size, channels, channels, 3, 1);
  }
  conv(SSG_OP_CONV, n, 512 / divisor, 64, 13, 1, 1);
  upfirdn(n, 256 / divisor, 13, 2, false);
}

int main(int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "cuda";
  int64_t batch = argc > 2 ? atoll(argv[2]) : 1, divisor = argc > 3 ? atoll(argv[3]) : 1;
  char reason[512] = "";
  if (batch < 1 || divisor < 1 || divisor > 16) {
    fprintf(stderr, "bench-gpu: the batch is 1 or more, the divisor 1 to 16\n");
    return 2;
  }
  if (ssg_device_open(name, &device, reason, sizeof reason) != SSG_OK) {
    fprintf(stderr, "bench-gpu: %s\n", reason);
    return 77;
  }
  printf("%s: %s\n", ssg_device_name(device), ssg_device_description(device));
  if (divisor > 1) {
    printf("all sizes are divided by %lld: no figures to go by\n", (long long) divisor);
    run_seconds = 0;
  }
  elementwise("affine, one element: a launch", SSG_OP_AFFINE, 1);
  elementwise("affine, 2^26 elements: the bandwidth", SSG_OP_AFFINE, ((int64_t) 1 << 26) / divisor);
  for (mode = 0; mode < N_MODES; mode++) {
    SsgPrecision precision = mode == MODE_TF32 ? SSG_PRECISION_TF32 : SSG_PRECISION_EXACT;
    if (ssg_device_set_precision(device, precision) != SSG_OK) {
      printf("%s: %s\n", mode_names[mode], ssg_device_error(device));
      continue;
    }
    int64_t edge = 8192 / divisor / divisor;
    peak_rate[mode] = matmul("product 8192 x 8192 x 8192: the matrix rate", 1, edge, edge, edge, false);
    faces(batch, divisor);
  }
  ssg_device_close(device);
  return 0;
}
