#include "trainer/bench-rates.h"

#include "trainer/timing.h"

#define RUNS 5
#define LONG_ENOUGH 4.0 /* ms: far above a launch, and above what a clock misses */

static double now_ms(void)
{
  return g_get_monotonic_time() / 1000.0;
}

typedef struct {
  SsgTensor *a, *b, *out;
} Operands;

typedef void (*Work)(const Operands *o);

static void multiply(const Operands *o)
{
  ssg_tensor_matmul(o->a, o->b, FALSE, TRUE, 1, NULL, FALSE);
}

static void copy(const Operands *o)
{
  ssg_tensor_copy_into(o->out, o->a);
}

static void convolve(const Operands *o)
{
  ssg_tensor_conv(o->a, o->b, 1, 1, 1, NULL, FALSE);
}

/* A quantile of milliseconds, on the device's clock where it has one; the first run makes primitives and is not counted. */
static double measure(SsgContext *ctx, Work work, const Operands *o, int runs, double quantile)
{
  SsgDevice *device = ssg_context_device(ctx);
  g_autoptr(GArray) times = ssg_timings_new();
  for (int i = -1; i < runs; i++) {
    double ms, start = now_ms();
    ssg_scope_begin(ctx);
    gboolean marked = ssg_device_mark(device, 0) == SSG_OK;
    work(o);
    marked = marked && ssg_device_mark(device, 1) == SSG_OK;
    if (!marked || ssg_device_elapsed(device, 0, 1, &ms) != SSG_OK) {
      ssg_device_synchronize(device);
      ms = now_ms() - start;
    }
    ssg_scope_end(ctx);
    if (i >= 0)
      ssg_timings_add(times, ms);
  }
  return MAX(1e-6, ssg_timings_quantile(times, quantile));
}

/* Random: an array of zeros takes less power, and may so be faster. */
static SsgTensor *numbers(SsgContext *ctx, gint64 rows, gint64 columns, guint64 stream, SsgDtype dtype)
{
  return ssg_tensor_cast(ssg_tensor_normal(ctx, SSG_SHAPE(1, rows, columns), 1, stream), dtype);
}

static double matrix_rate(SsgContext *ctx)
{
  double rate = 0;
  for (gint64 n = 128; n <= 8192; n *= 2) {
    ssg_scope_begin(ctx);
    Operands o = {numbers(ctx, n, n, 0, ssg_context_map_dtype(ctx)), numbers(ctx, n, n, 1, ssg_context_map_dtype(ctx)), NULL};
    double ms = measure(ctx, multiply, &o, RUNS, 0.5);
    ssg_scope_end(ctx);
    rate = MAX(rate, 2.0 * n * n * n / ms / 1e6);
    if (ms > LONG_ENOUGH || ssg_context_has_failed(ctx))
      break;
  }
  return rate;
}

static double bandwidth(SsgContext *ctx)
{
  double rate = 0;
  for (gint64 mib = 8; mib <= 2048; mib *= 2) {
    ssg_scope_begin(ctx);
    gint64 n = mib << 18;
    Operands o = {.a = ssg_tensor_normal(ctx, SSG_SHAPE(n), 1, 0), .out = ssg_tensor_empty(ctx, SSG_F32, SSG_SHAPE(n))};
    double ms = measure(ctx, copy, &o, RUNS, 0.5);
    ssg_scope_end(ctx);
    rate = 8.0 * n / ms / 1e6; /* the largest one, which no cache holds */
    if (ms > LONG_ENOUGH || ssg_context_has_failed(ctx))
      break;
  }
  return rate;
}

gboolean ssg_bench_rates(SsgContext *ctx, SsgBenchRates *rates, GError **error)
{
  rates->matrix_gflops = matrix_rate(ctx);
  rates->bandwidth_gbs = bandwidth(ctx);
  return ssg_context_check(ctx, error);
}

/* Lower than 16 rows, no device does it by Winograd's way, with fewer products than are counted. */
static Operands conv_operands(SsgContext *ctx, int size, double *flops)
{
  const int channels = 256;
  int rows = MIN(15, size), pictures = size / rows;
  *flops = 2.0 * pictures * rows * size * 9 * channels * channels;
  return (Operands){ssg_tensor_normal(ctx, SSG_SHAPE(pictures, rows, size, channels), 1, 0),
                    ssg_tensor_normal(ctx, SSG_SHAPE(channels, 3, 3, channels), 1, 1), NULL};
}

double ssg_bench_conv_rate(SsgContext *ctx, GError **error)
{
  double rate = 0, ms = 0, flops;
  /* A device that is no device needs minutes for the whole size. */
  for (int size = ssg_device_is_host(ssg_context_device(ctx)) ? 128 : 8; size <= 128 && ms < 20 * LONG_ENOUGH; size *= 2) {
    ssg_scope_begin(ctx);
    Operands o = conv_operands(ctx, size, &flops);
    ms = measure(ctx, convolve, &o, RUNS, 0);
    ssg_scope_end(ctx);
    rate = flops / ms / 1e6;
  }
  return ssg_context_check(ctx, error) ? rate : 0;
}

struct SsgBenchConv {
  SsgContext *ctx;
  Operands operands; /* owned */
  double flops;
};

SsgBenchConv *ssg_bench_conv_new(SsgContext *ctx)
{
  SsgBenchConv *conv = g_new0(SsgBenchConv, 1);
  conv->ctx = ctx;
  ssg_scope_begin(ctx);
  conv->operands = conv_operands(ctx, 128, &conv->flops);
  ssg_tensor_ref(conv->operands.a);
  ssg_tensor_ref(conv->operands.b);
  ssg_scope_end(ctx);
  return conv;
}

double ssg_bench_conv_measure(SsgBenchConv *conv)
{
  return conv->flops / measure(conv->ctx, convolve, &conv->operands, 2, 0) / 1e6;
}

void ssg_bench_conv_free(SsgBenchConv *conv)
{
  if (!conv)
    return;
  ssg_tensor_unref(conv->operands.a);
  ssg_tensor_unref(conv->operands.b);
  g_free(conv);
}
