/* Speed of the ops that a face and a training step of the public 512 model are made of: GFLOP/s (two per multiply-add) of
 * convolutions and matrix products, GB/s (read and written, each array once) of the rest, side by side on one and two threads, or
 * on a GPU in f32, TF32 and f16; behind each its share of a large product or a large copy, which are measured first.
 * Usage: bench-kernels [DEVICE [ROWS [BATCH [DIVISOR]]]]   ROWS: part of the names of the rows to run; BATCH: pictures; DIVISOR: of all
 * sizes, for a quick trial
 *
 * A figure is the median of seven runs; a run asks for the op so often that it lasts some 20 ms and waits once, so that launches
 * count where they cannot hide behind the work, and waiting does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/device.h"

typedef struct {
  const char *name;
  int threads;
  SsgPrecision precision;
  SsgDtype dtype;
  double rate, bandwidth; /* measured; 0: not yet */
} Variant;

static Variant on_cpu[] = {{"1 thread", 1, SSG_PRECISION_EXACT, SSG_F32, 0, 0}, {"2 threads", 2, SSG_PRECISION_EXACT, SSG_F32, 0, 0}};
static Variant on_gpu[] = {{"f32", 0, SSG_PRECISION_EXACT, SSG_F32, 0, 0},
                           {"TF32", 0, SSG_PRECISION_TF32, SSG_F32, 0, 0},
                           {"f16", 0, SSG_PRECISION_TF32, SSG_F16, 0, 0}};
static SsgDevice *device;
static Variant *variants, *now; /* now: the one that is measured */
static int n_variants;
static const char *wanted = "";
static int64_t batch = 1, divisor = 1;
static double run_seconds = 0.02;
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

static size_t bytes_of(const SsgArray *a)
{
  return a->data ? (size_t) ssg_shape_elements(&a->shape) * (size_t) ssg_dtype_size(a->dtype) : 0;
}

static SsgArray allocate(SsgDtype dtype, SsgShape shape)
{
  SsgArray x = {.shape = shape, .dtype = dtype};
  must(ssg_device_allocate(device, (size_t) ssg_shape_elements(&shape) * (size_t) ssg_dtype_size(dtype), &x.data));
  return x;
}

/* Normal numbers, in the variant's dtype; always f32 when plain. */
static SsgArray array(bool plain, int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
  SsgArray x = allocate(SSG_F32, (SsgShape){rank, {a, b, c, d}});
  SsgOpCall fill = {.op = SSG_OP_RANDOM_NORMAL, .out = x};
  fill.param.random.seed = 1;
  must(ssg_device_run(device, &fill));
  if (plain || now->dtype == SSG_F32)
    return x;
  SsgOpCall copy = {.op = SSG_OP_COPY, .n_in = 1, .in = {x}, .out = allocate(now->dtype, x.shape)};
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

/* One row: make() fills in the call for the present variant from what the caller put into `of`. flops 0: about bandwidth.
 * peak: what it reaches is what others are compared with. */
static void row(const char *name, void (*make)(SsgOpCall *call, const void *of), const void *of, double flops, bool peak)
{
  if (!peak && !strstr(name, wanted))
    return;
  printf("%-46s", name);
  for (now = variants; now < variants + n_variants; now++) {
    SsgOpCall call = {0};
    must(ssg_device_set_precision(device, now->precision));
    if (now->threads)
      must(ssg_device_set_threads(device, now->threads));
    make(&call, of);
    double time = median_time(&call), work = flops > 0 ? flops : (double) bytes_of(&call.out);
    for (int i = 0; i < call.n_in; i++) {
      work += flops > 0 ? 0 : (double) bytes_of(&call.in[i]);
      ssg_device_forget(device, call.in[i].cache_key);
      ssg_device_release(device, call.in[i].data, bytes_of(&call.in[i]));
    }
    ssg_device_release(device, call.out.data, bytes_of(&call.out));
    double *most = flops > 0 ? &now->rate : &now->bandwidth;
    if (peak)
      *most = work / time;
    printf("  %10.1f us %9.1f %3.0f%%", time * 1e6, work / time * 1e-9, 100 * work / time / *most);
  }
  printf("  %s\n", flops > 0 ? "GFLOP/s" : "GB/s");
  fflush(stdout);
}

typedef struct {
  SsgOp op;
  int64_t n, h, ci, co, k;
  int stride, pad;
  bool constant;
} Conv;

static void make_conv(SsgOpCall *call, const void *of)
{
  const Conv *c = of;
  int64_t ho = (c->h + 2 * c->pad - c->k) / c->stride + 1;
  SsgArray x = array(false, 4, c->n, c->h, c->h, c->ci), y = array(false, 4, c->n, ho, ho, c->co);
  SsgArray w = array(false, 4, c->co, c->k, c->k, c->ci);
  *call = (SsgOpCall){.op = c->op, .n_in = 2};
  call->in[0] = c->op == SSG_OP_CONV_INPUT ? y : x;
  call->in[1] = c->op == SSG_OP_CONV_WEIGHT ? y : w;
  call->out = c->op == SSG_OP_CONV ? y : c->op == SSG_OP_CONV_INPUT ? x : w;
  call->in[1].cache_key = c->constant ? next_key++ : 0;
  call->param.conv = (typeof(call->param.conv)){c->stride, c->pad, c->pad, c->pad, c->pad, false};
}

/* h is the size of x. */
static void conv(SsgOp op, int64_t n, int64_t h, int64_t ci, int64_t co, int64_t k, int stride, int pad, bool constant)
{
  char name[96];
  Conv c = {op, n * batch, h, ci, co, k, stride, pad, constant};
  int64_t ho = (h + 2 * pad - k) / stride + 1;
  snprintf(name, sizeof name, "%s %dx%d %d x %d px, %d -> %d%s%s", ssg_op_name(op), (int) k, (int) k, (int) c.n, (int) h, (int) ci,
           (int) co, stride == 2 ? " /2" : "", constant ? " const" : "");
  row(name, make_conv, &c, 2.0 * (double) (c.n * ho * ho * co * ci * k * k), false);
}

typedef struct {
  int64_t b0, b1, m, n, k;
  bool ta, tb, constant;
} Product;

static void make_matmul(SsgOpCall *call, const void *of)
{
  const Product *p = of;
  *call = (SsgOpCall){.op = SSG_OP_MATMUL, .n_in = 2};
  call->in[0] = array(false, 3, p->b0, p->ta ? p->k : p->m, p->ta ? p->m : p->k, 1);
  call->in[1] = array(false, 3, p->b1, p->tb ? p->n : p->k, p->tb ? p->k : p->n, 1);
  call->in[1].cache_key = p->constant ? next_key++ : 0;
  call->out = array(false, 3, p->b0 > p->b1 ? p->b0 : p->b1, p->m, p->n, 1);
  call->param.matmul = (typeof(call->param.matmul)){p->ta, p->tb, false, 1};
}

static void matmul(int64_t b0, int64_t b1, int64_t m, int64_t n, int64_t k, bool ta, bool tb, bool constant, bool peak)
{
  char name[96];
  Product p = {b0, b1, m, n, k, ta, tb, constant};
  snprintf(name, sizeof name, "matmul [%d,%d] %dx%dx%d%s%s%s", (int) b0, (int) b1, (int) m, (int) n, (int) k, ta ? " ta" : "",
           tb ? " tb" : "", constant ? " const" : "");
  row(name, make_matmul, &p, 2.0 * (double) ((b0 > b1 ? b0 : b1) * m * n * k), peak);
}

typedef struct {
  int64_t h, c;
  int up, down, pad0, pad1;
  bool epilogue;
} Filter;

static void make_upfirdn(SsgOpCall *call, const void *of)
{
  const Filter *f = of;
  int64_t ho = (f->h * f->up + f->pad0 + f->pad1 - 4) / f->down + 1;
  *call = (SsgOpCall){.op = SSG_OP_UPFIRDN, .n_in = f->epilogue ? 4 : 1};
  call->in[0] = array(false, 4, batch, f->h, f->h, f->c);
  call->out = array(false, 4, batch, ho, ho, f->c);
  if (f->epilogue) {
    call->in[1] = array(true, 1, f->c, 1, 1, 1);
    call->in[2] = array(true, 4, batch, ho, ho, 1);
    call->in[3] = array(true, 1, 1, 1, 1, 1);
  }
  call->param.upfirdn = (typeof(call->param.upfirdn)){f->up, f->down, f->pad0, f->pad1, f->pad0, f->pad1, 4, f->epilogue};
}

static void upfirdn(int64_t h, int64_t c, int up, int down, int pad0, int pad1, bool epilogue)
{
  char name[96];
  Filter f = {h, c, up, down, pad0, pad1, epilogue};
  snprintf(name, sizeof name, "upfirdn %d x %d px x %d, up %d down %d%s", (int) batch, (int) h, (int) c, up, down,
           epilogue ? " bias noise act" : "");
  row(name, make_upfirdn, &f, 0, false);
}

typedef struct {
  SsgOp op;
  const char *what;
  int64_t rows, c;
} Simple;

static void make_simple(SsgOpCall *call, const void *of)
{
  const Simple *s = of;
  int64_t rows = s->rows, c = s->c;
  bool by_rows = strcmp(s->what, " rows") == 0;
  *call = (SsgOpCall){.op = s->op, .n_in = s->op != SSG_OP_RANDOM_NORMAL};
  if (call->n_in)
    call->in[0] = array(false, 2, rows, c, 1, 1);
  if (s->op == SSG_OP_ARGMAX)
    call->out = allocate(SSG_U8, (SsgShape){1, {rows}});
  else if (s->op == SSG_OP_REDUCE)
    call->out = array(false, 2, by_rows ? 1 : rows, by_rows ? c : 1, 1, 1);
  else
    call->out = array(s->op == SSG_OP_RANDOM_NORMAL, 2, rows, c, 1, 1);
  if (s->op == SSG_OP_BIAS_ACT) {
    call->n_in = 4;
    call->in[1] = array(true, 1, c, 1, 1, 1);
    call->in[2] = array(true, 1, rows, 1, 1, 1);
    call->in[3] = array(true, 1, 1, 1, 1, 1);
    call->param.bias_act.act = true;
  } else if (s->op == SSG_OP_BINARY) {
    call->n_in = 2;
    call->in[1] = array(false, 2, rows, by_rows ? 1 : c, 1, 1);
  } else if (s->op == SSG_OP_REDUCE) {
    call->param.reduce.scale = 1;
  } else if (s->op == SSG_OP_UNARY) {
    call->param.unary.kind = strcmp(s->what, " sin") == 0 ? SSG_UNARY_SIN : SSG_UNARY_EXP;
  } else if (s->op == SSG_OP_AFFINE) {
    call->param.affine.a = 2;
  } else if (s->op == SSG_OP_PERMUTE) {
    call->out.shape.dim[0] = c;
    call->out.shape.dim[1] = rows;
    call->param.permute.axis[0] = 1;
    call->param.permute.axis[1] = 0;
  }
}

static void simple(SsgOp op, const char *what, int64_t rows, int64_t c, bool peak)
{
  char name[96];
  Simple s = {op, what, rows, c};
  snprintf(name, sizeof name, "%s%s %d x %d", ssg_op_name(op), what, (int) rows, (int) c);
  row(name, make_simple, &s, 0, peak);
}

/* k parts' weighted maps beside each other. */
static void make_weigh(SsgOpCall *call, const void *of)
{
  const int64_t *pixels = of;
  *call = (SsgOpCall){.op = SSG_OP_WEIGH_PARTS, .n_in = 2};
  call->in[0] = array(false, 4, 13, batch, *pixels, 64);
  call->in[1] = array(true, 4, 13, batch, *pixels, 1);
  call->out = array(false, 4, batch, *pixels, 13, 64);
}

static void convolutions(void)
{
  static const int64_t sizes[][3] = {{32, 512, 512}, {64, 512, 512}, {128, 256, 1024}, {256, 128, 256}, {512, 64, 128}};
  static const SsgOp adjoint[] = {SSG_OP_CONV_INPUT, SSG_OP_CONV_WEIGHT};
  int64_t d = divisor;
  for (int constant = 0; constant < 2; constant++)
    for (int i = 0; i < 5; i++)
      conv(SSG_OP_CONV, 1, sizes[i][0] / d, sizes[i][1] / d, sizes[i][1] / d, 3, 1, 1, constant);
  for (int i = 0; i < 5; i++)
    conv(SSG_OP_CONV_INPUT, 1, sizes[i][0] / d + 1, sizes[i][1] / d, sizes[i][2] / d, 3, 2, 0, true);
  for (int a = 0; a < 2; a++)
    for (int i = 0; i < 5; i++)
      conv(adjoint[a], 1, sizes[i][0] / d, sizes[i][1] / d, sizes[i][1] / d, 3, 1, 1, false);
  conv(SSG_OP_CONV, 16, 4, 512 / d, 512 / d, 3, 1, 1, false);
  conv(SSG_OP_CONV_WEIGHT, 16, 4, 512 / d, 512 / d, 3, 1, 1, false);
  for (SsgOp op = SSG_OP_CONV; op <= SSG_OP_CONV_WEIGHT; op++)
    conv(op, 16, 32 / d, 48 / d, 48 / d, 3, 1, 1, false);
  conv(SSG_OP_CONV, 1, 512 / d, 64 / d, 16, 1, 1, 0, true);
  for (SsgOp op = SSG_OP_CONV; op <= SSG_OP_CONV_WEIGHT; op++)
    conv(op, 4, 256 / d, 3, 128 / d, 1, 1, 0, false);
}

int main(int argc, char **argv)
{
  char reason[512];
  wanted = argc > 2 ? argv[2] : "";
  batch = argc > 3 ? atoll(argv[3]) : 1;
  divisor = argc > 4 ? atoll(argv[4]) : 1;
  if (batch < 1 || divisor < 1 || divisor > 16) {
    fprintf(stderr, "bench-kernels: the batch is 1 or more, the divisor 1 to 16\n");
    return 2;
  }
  if (ssg_device_open(argc > 1 ? argv[1] : "cpu", &device, reason, sizeof reason) != SSG_OK) {
    fprintf(stderr, "bench-kernels: %s\n", reason);
    return 77;
  }
  bool host = ssg_device_is_host(device);
  variants = host ? on_cpu : on_gpu;
  n_variants = host ? 2 : 3;
  while (!host && n_variants > 1 && ssg_device_set_precision(device, variants[n_variants - 1].precision) != SSG_OK)
    n_variants--; /* an older GPU */
  printf("%s: %s\n", ssg_device_name(device), ssg_device_description(device));
  if (divisor > 1) {
    printf("all sizes are divided by %lld: no figures to go by\n", (long long) divisor);
    run_seconds = 0;
  }
  printf("%-46s", "");
  for (int i = 0; i < n_variants; i++)
    printf("  %28s", variants[i].name);
  printf("\n");
  int64_t d = divisor, edge = (host ? 1024 : 8192) / d / d, pixels = 4096 / d / d;
  matmul(1, 1, edge, edge, edge, false, true, false, true);
  simple(SSG_OP_AFFINE, ", a large array:", ((int64_t) (host ? 1 : 4) << 20) / d, 16, true);
  simple(SSG_OP_AFFINE, ", a launch:", 1, 1, false);
  convolutions();
  matmul(13, 13, pixels * batch, 64, 64, false, true, false, false);
  matmul(1, 13, pixels, 64, 42, false, true, false, false);
  matmul(1, 1, pixels * batch, 512 / d, 832 / d, false, true, true, false);
  matmul(208, 208, 256 / d, 16, 16, false, true, false, false);
  matmul(208, 208, 16, 16, 256 / d, true, false, false, false);
  matmul(1, 1, 16, 512 / d, 512 / d, false, true, false, false);
  matmul(1, 1, pixels * 64 * batch, 16, 64 / d, false, true, true, false);
  matmul(28, 28, 1, 64, 512 / d, false, true, false, false);
  row("weigh-parts of 13", make_weigh, &pixels, 0, false);
  upfirdn(64 / d + 1, 512 / d, 1, 1, 1, 1, true);
  upfirdn(256 / d + 1, 128 / d, 1, 1, 1, 1, true);
  upfirdn(512 / d + 1, 64 / d, 1, 1, 1, 1, true);
  upfirdn(256 / d, 16, 2, 1, 2, 1, false);
  upfirdn(256 / d, 13, 2, 1, 2, 1, false);
  upfirdn(256 / d, 64 / d, 1, 2, 2, 1, false);
  simple(SSG_OP_BIAS_ACT, "", pixels * 64, 64 / d, false);
  simple(SSG_OP_BIAS_ACT, "", pixels, 512 / d, false);
  simple(SSG_OP_BIAS_ACT, "", pixels * 64, 3, false);
  simple(SSG_OP_BINARY, "", pixels * 16, 64 / d, false);
  simple(SSG_OP_BINARY, " rows", pixels * 16, 64 / d, false);
  simple(SSG_OP_REDUCE, " rows", pixels * 16, 64 / d, false);
  simple(SSG_OP_REDUCE, " columns", pixels * 16, 64 / d, false);
  simple(SSG_OP_PERMUTE, "", pixels, 512 / d, false);
  simple(SSG_OP_UNARY, " exp", pixels * 16, 64 / d, false);
  simple(SSG_OP_UNARY, " sin", pixels * 16, 64 / d, false);
  simple(SSG_OP_RANDOM_NORMAL, "", 512 / d, 512 / d, false);
  simple(SSG_OP_ARGMAX, "", pixels * 64, 13, false);
  ssg_device_close(device);
  return 0;
}
