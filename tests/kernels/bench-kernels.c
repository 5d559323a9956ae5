/* Speed of the ops that a face is made of, at the sizes of the public 512 model: GFLOP/s (two per multiply-add) of
 * convolutions and matrix products, GB/s (read and written) of the rest; best of several runs, on one and two threads.
 * usage: bench-kernels [device [substring of the rows to run]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/device.h"

static SsgDevice *device;
static const char *wanted = "";
static uint64_t next_key = 1;

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
  fprintf(stderr, "bench-kernels: %s\n", ssg_device_error(device));
  exit(1);
}

static SsgArray array(int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
  SsgArray x = {.shape = {rank, {a, b, c, d}}, .dtype = SSG_F32};
  size_t n = (size_t) ssg_shape_elements(&x.shape);
  float *host = malloc(n * sizeof *host);
  uint32_t state = 1;
  for (size_t i = 0; i < n; i++) {
    state = state * 1664525u + 1013904223u;
    host[i] = (float) (state >> 8) / 16777216.0f - 0.5f;
  }
  must(ssg_device_allocate(device, n * 4, &x.data));
  must(ssg_device_upload(device, x.data, host, n * 4));
  free(host);
  return x;
}

static double best_time(const SsgOpCall *call)
{
  double best = 1e9, until = seconds() + 0.4;
  must(ssg_device_run(device, call));
  for (int i = 0; i < 3 || seconds() < until; i++) {
    double start = seconds();
    must(ssg_device_run(device, call));
    must(ssg_device_synchronize(device));
    double t = seconds() - start;
    best = t < best ? t : best;
  }
  return best;
}

/* Prints one row and frees the call's arrays. */
static void row(const char *name, SsgOpCall *call, double work, const char *unit)
{
  if (strstr(name, wanted)) {
    must(ssg_device_set_threads(device, 1));
    double one = best_time(call);
    must(ssg_device_set_threads(device, 2));
    double two = best_time(call);
    printf("%-44s %9.2f ms %9.2f ms   %7.1f %7.1f %s\n", name, one * 1e3, two * 1e3, work / one * 1e-9,
           work / two * 1e-9, unit);
    fflush(stdout);
  }
  for (int i = 0; i < call->n_in; i++) {
    ssg_device_forget(device, call->in[i].cache_key);
    ssg_device_release(device, call->in[i].data, (size_t) ssg_shape_elements(&call->in[i].shape) * 4);
  }
  ssg_device_release(device, call->out.data, (size_t) ssg_shape_elements(&call->out.shape) * 4);
}

/* h is the size of x; pad -1: stride 2 without padding on the larger side, as the generator's upsampling has it. */
static void conv(SsgOp op, int64_t n, int64_t h, int64_t ci, int64_t co, int64_t k, int stride, int pad, bool constant)
{
  char name[96];
  int64_t ho = (h + 2 * pad - k) / stride + 1;
  SsgOpCall call = {.op = op, .n_in = 2};
  snprintf(name, sizeof name, "%s %dx%d %d x %d px, %d -> %d%s%s", ssg_op_name(op), (int) k, (int) k, (int) n, (int) h,
           (int) ci, (int) co, stride == 2 ? " /2" : "", constant ? " const" : "");
  if (!strstr(name, wanted))
    return;
  SsgArray x = array(4, n, h, h, ci), y = array(4, n, ho, ho, co), w = array(4, co, k, k, ci);
  call.in[0] = op == SSG_OP_CONV_INPUT ? y : x;
  call.in[1] = op == SSG_OP_CONV_WEIGHT ? y : w;
  call.out = op == SSG_OP_CONV ? y : op == SSG_OP_CONV_INPUT ? x : w;
  call.in[1].cache_key = constant ? next_key++ : 0;
  call.param.conv.stride = stride;
  call.param.conv.pad_top = call.param.conv.pad_left = call.param.conv.pad_bottom = call.param.conv.pad_right = pad;
  row(name, &call, 2.0 * (double) (n * ho * ho * co * ci * k * k), "GFLOP/s");
}

static void matmul(int64_t b0, int64_t b1, int64_t m, int64_t n, int64_t k, bool ta, bool tb, bool constant)
{
  char name[96];
  int64_t batch = b0 > b1 ? b0 : b1;
  SsgOpCall call = {.op = SSG_OP_MATMUL, .n_in = 2};
  snprintf(name, sizeof name, "matmul [%d,%d] %dx%dx%d%s%s%s", (int) b0, (int) b1, (int) m, (int) n, (int) k,
           ta ? " ta" : "", tb ? " tb" : "", constant ? " const" : "");
  if (!strstr(name, wanted))
    return;
  call.in[0] = array(3, b0, ta ? k : m, ta ? m : k, 1);
  call.in[1] = array(3, b1, tb ? n : k, tb ? k : n, 1);
  call.in[1].cache_key = constant ? next_key++ : 0;
  call.out = array(3, batch, m, n, 1);
  call.param.matmul.trans_a = ta;
  call.param.matmul.trans_b = tb;
  call.param.matmul.alpha = 1;
  row(name, &call, 2.0 * (double) (batch * m * n * k), "GFLOP/s");
}

static void upfirdn(int64_t h, int64_t c, int up, int down, int pad0, int pad1, bool epilogue)
{
  char name[96];
  int64_t ho = (h * up + pad0 + pad1 - 4) / down + 1;
  SsgOpCall call = {.op = SSG_OP_UPFIRDN, .n_in = epilogue ? 4 : 1};
  snprintf(name, sizeof name, "upfirdn %d px x %d, up %d down %d%s", (int) h, (int) c, up, down,
           epilogue ? " bias noise act" : "");
  if (!strstr(name, wanted))
    return;
  call.in[0] = array(4, 1, h, h, c);
  call.out = array(4, 1, ho, ho, c);
  if (epilogue) {
    call.in[1] = array(1, c, 1, 1, 1);
    call.in[2] = array(4, 1, ho, ho, 1);
    call.in[3] = array(1, 1, 1, 1, 1);
  }
  call.param.upfirdn.up = up;
  call.param.upfirdn.down = down;
  call.param.upfirdn.pad_x0 = call.param.upfirdn.pad_y0 = pad0;
  call.param.upfirdn.pad_x1 = call.param.upfirdn.pad_y1 = pad1;
  call.param.upfirdn.gain = 4;
  call.param.upfirdn.act = epilogue;
  row(name, &call, 4.0 * (double) (c * (h * h + ho * ho)), "GB/s");
}

static void simple(SsgOp op, const char *what, int64_t rows, int64_t c)
{
  char name[96];
  SsgOpCall call = {.op = op, .n_in = 1};
  double bytes = 8.0 * (double) (rows * c);
  snprintf(name, sizeof name, "%s%s %d x %d", ssg_op_name(op), what, (int) rows, (int) c);
  if (!strstr(name, wanted))
    return;
  call.in[0] = array(2, rows, c, 1, 1);
  call.out = array(2, rows, c, 1, 1);
  if (op == SSG_OP_BIAS_ACT) {
    call.n_in = 4;
    call.in[1] = array(1, c, 1, 1, 1);
    call.in[2] = array(1, rows, 1, 1, 1);
    call.in[3] = array(1, 1, 1, 1, 1);
    call.param.bias_act.act = true;
  } else if (op == SSG_OP_BINARY) {
    call.n_in = 2;
    call.in[1] = array(2, rows, strcmp(what, " rows") == 0 ? 1 : c, 1, 1);
    bytes += 4.0 * (double) ssg_shape_elements(&call.in[1].shape);
  } else if (op == SSG_OP_REDUCE) {
    ssg_device_release(device, call.out.data, (size_t) (rows * c * 4));
    call.out = strcmp(what, " rows") == 0 ? array(2, 1, c, 1, 1) : array(2, rows, 1, 1, 1);
    call.param.reduce.scale = 1;
    bytes /= 2;
  } else if (op == SSG_OP_UNARY) {
    call.param.unary.kind = strcmp(what, " sin") == 0 ? SSG_UNARY_SIN : SSG_UNARY_EXP;
  } else if (op == SSG_OP_PERMUTE) {
    call.out.shape.dim[0] = c;
    call.out.shape.dim[1] = rows;
    call.param.permute.axis[0] = 1;
    call.param.permute.axis[1] = 0;
  } else if (op == SSG_OP_RANDOM_NORMAL) {
    bytes /= 2;
  } else if (op == SSG_OP_ARGMAX) {
    ssg_device_release(device, call.out.data, (size_t) (rows * c * 4));
    call.out = array(1, rows, 1, 1, 1);
    call.out.dtype = SSG_U8;
    bytes /= 2;
  }
  row(name, &call, bytes, "GB/s");
}

int main(int argc, char **argv)
{
  char reason[512];
  if (argc > 2)
    wanted = argv[2];
  if (ssg_device_open(argc > 1 ? argv[1] : "cpu", &device, reason, sizeof reason) != SSG_OK) {
    fprintf(stderr, "bench-kernels: %s\n", reason);
    return 1;
  }
  printf("%s\n%-44s %12s %12s   %15s\n", ssg_device_description(device), "", "1 thread", "2 threads", "rates");
  static const int64_t sizes[][3] = {{32, 512, 512}, {64, 512, 512}, {128, 256, 1024}, {256, 128, 256}, {512, 64, 128}};
  for (int constant = 0; constant < 2; constant++)
    for (int i = 0; i < 5; i++)
      conv(SSG_OP_CONV, 1, sizes[i][0], sizes[i][1], sizes[i][1], 3, 1, 1, constant);
  for (int i = 0; i < 5; i++)
    conv(SSG_OP_CONV_INPUT, 1, sizes[i][0] + 1, sizes[i][1], sizes[i][2], 3, 2, 0, true);
  for (int i = 0; i < 5; i++)
    conv(SSG_OP_CONV_INPUT, 1, sizes[i][0], sizes[i][1], sizes[i][1], 3, 1, 1, false);
  for (int i = 0; i < 5; i++)
    conv(SSG_OP_CONV_WEIGHT, 1, sizes[i][0], sizes[i][1], sizes[i][1], 3, 1, 1, false);
  conv(SSG_OP_CONV, 16, 4, 512, 512, 3, 1, 1, false);
  conv(SSG_OP_CONV_WEIGHT, 16, 4, 512, 512, 3, 1, 1, false);
  conv(SSG_OP_CONV, 16, 32, 48, 48, 3, 1, 1, false);
  conv(SSG_OP_CONV_INPUT, 16, 32, 48, 48, 3, 1, 1, false);
  conv(SSG_OP_CONV_WEIGHT, 16, 32, 48, 48, 3, 1, 1, false);
  conv(SSG_OP_CONV, 16, 64, 24, 24, 3, 1, 1, false);
  conv(SSG_OP_CONV_WEIGHT, 16, 64, 24, 24, 3, 1, 1, false);
  conv(SSG_OP_CONV, 1, 512, 64, 3, 1, 1, 0, true);
  conv(SSG_OP_CONV, 1, 512, 64, 13, 1, 1, 0, true);
  conv(SSG_OP_CONV, 1, 64, 512, 13, 1, 1, 0, true);
  conv(SSG_OP_CONV, 4, 256, 3, 128, 1, 1, 0, false);
  conv(SSG_OP_CONV_INPUT, 4, 256, 3, 128, 1, 1, 0, false);
  conv(SSG_OP_CONV_WEIGHT, 4, 256, 3, 128, 1, 1, 0, false);
  matmul(13, 13, 4096, 64, 64, false, true, false);
  matmul(1, 13, 4096, 64, 42, false, true, false);
  matmul(1, 1, 4096, 512, 832, false, true, false);
  matmul(1, 1, 4096, 512, 832, false, true, true);
  matmul(13, 13, 4096, 1, 64, false, true, false);
  matmul(208, 208, 256, 16, 16, false, true, false);
  matmul(208, 208, 16, 16, 256, true, false, false);
  matmul(1, 1, 1, 512, 512, false, true, false);
  matmul(1, 1, 16, 512, 512, false, true, false);
  matmul(1, 1, 262144, 3, 64, false, true, true);
  matmul(1, 1, 262144, 13, 64, false, true, true);
  matmul(1, 1, 262144, 128, 3, false, true, false);
  matmul(1, 1, 262144, 3, 128, false, false, false);
  matmul(28, 28, 1, 64, 512, false, true, false);
  upfirdn(64, 24, 1, 1, 2, 2, false);
  upfirdn(65, 512, 1, 1, 1, 1, true);
  upfirdn(257, 128, 1, 1, 1, 1, true);
  upfirdn(513, 64, 1, 1, 1, 1, true);
  upfirdn(256, 3, 2, 1, 2, 1, false);
  upfirdn(256, 13, 2, 1, 2, 1, false);
  upfirdn(256, 64, 1, 2, 2, 1, false);
  simple(SSG_OP_BIAS_ACT, "", 512 * 512, 64);
  simple(SSG_OP_BIAS_ACT, "", 64 * 64, 512);
  simple(SSG_OP_BIAS_ACT, "", 512 * 512, 3);
  simple(SSG_OP_BINARY, "", 65536, 64);
  simple(SSG_OP_BINARY, " rows", 65536, 64);
  simple(SSG_OP_REDUCE, " rows", 65536, 64);
  simple(SSG_OP_REDUCE, " columns", 65536, 64);
  simple(SSG_OP_PERMUTE, "", 4096, 512);
  simple(SSG_OP_UNARY, " exp", 65536, 64);
  simple(SSG_OP_UNARY, " sin", 65536, 64);
  simple(SSG_OP_RANDOM_NORMAL, "", 512, 512);
  simple(SSG_OP_ARGMAX, "", 512 * 512, 13);
  ssg_device_close(device);
  return 0;
}
