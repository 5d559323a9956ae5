/* The CPU device against the oracle: every case, one and two threads, aliased where allowed, with kept weights. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "tests/kernels/op-cases.h"
#include "tests/worst.h"

typedef struct {
  SsgDevice *device;
  int cases, op_seen[SSG_N_OPS];
} Run;

static SsgDevice *open_cpu(void)
{
  SsgDevice *device = NULL;
  char reason[256] = "";
  SsgStatus status = ssg_device_open("cpu", &device, reason, sizeof reason);
  g_assert_cmpstr(reason, ==, "");
  g_assert_cmpint(status, ==, SSG_OK);
  return device;
}

static OpResult run_case(Run *run, const OpCase *c, OpRunOptions options, const char *how)
{
  OpResult result;
  if (op_case_run(run->device, c, options, &result) != SSG_OK)
    g_error("%s (%s): %s", c->name, how, ssg_device_error(run->device));
  return result;
}

static void check_case(const OpCase *c, const OpResult *result, const char *how)
{
  char message[512];
  if (op_case_check(c, result, message, sizeof message))
    return;
  g_test_message("%s (%s)", message, how);
  g_test_fail();
}

static void check_same(const OpCase *c, const OpResult *a, const OpResult *b, const char *what)
{
  if (op_result_same(c, a, b))
    return;
  g_test_message("%s: %s give different bits", c->name, what);
  g_test_fail();
}

static void each_case(const OpCase *c, void *data)
{
  Run *run = data;
  ssg_device_set_threads(run->device, 1);
  OpResult one = run_case(run, c, (OpRunOptions){0}, "one thread");
  check_case(c, &one, "one thread");
  ssg_device_set_threads(run->device, 2);
  OpResult two = run_case(run, c, (OpRunOptions){0}, "two threads");
  check_same(c, &one, &two, "one and two threads");
  if (c->may_alias) {
    OpResult aliased = run_case(run, c, (OpRunOptions){.alias = true}, "aliased");
    check_same(c, &one, &aliased, "separate and shared buffers");
    op_result_free(&aliased);
  }
  if (c->call.op == SSG_OP_MATMUL || c->call.op == SSG_OP_CONV || c->call.op == SSG_OP_CONV_INPUT) {
    uint64_t key = 1000 + (uint64_t) run->cases;
    OpResult kept = run_case(run, c, (OpRunOptions){.cache_key = key}, "kept weights");
    OpResult again = run_case(run, c, (OpRunOptions){.cache_key = key}, "kept weights, again");
    check_case(c, &kept, "kept weights");
    check_same(c, &kept, &again, "kept weights, first and second use");
    ssg_device_forget(run->device, key);
    op_result_free(&kept);
    op_result_free(&again);
  }
  op_result_free(&one);
  op_result_free(&two);
  run->cases++;
  run->op_seen[c->call.op]++;
}

static void test_ops(void)
{
  Run run = {.device = open_cpu()};
  op_cases_each(each_case, &run);
  for (int op = 0; op < SSG_N_OPS; op++)
    g_assert_cmpint(run.op_seen[op], >, 0);
  g_test_message("%d cases", run.cases);
  SsgDeviceMemory memory;
  ssg_device_memory(run.device, &memory);
  g_assert_cmpuint(memory.in_use, ==, 0);
  g_assert_cmpuint(memory.cached, ==, 0);
  ssg_device_close(run.device);
}

static SsgArray array_of(SsgDevice *device, SsgShape shape, float value)
{
  SsgArray a = {.shape = shape, .dtype = SSG_F32};
  size_t n = (size_t) ssg_shape_elements(&shape);
  g_assert_cmpint(ssg_device_allocate(device, n * 4, &a.data), ==, SSG_OK);
  for (size_t i = 0; i < n; i++)
    ((float *) a.data)[i] = value;
  return a;
}

/* Numbers below 1e-38 are 0, as factors and as products, on every thread and in oneDNN, too: many processors are slow with them. */
static void test_subnormals(void)
{
  static const struct {
    float a, b;
  } factors[] = {{1e-20f, 1e-20f}, {1e-40f, 1e30f}};
  SsgDevice *device = open_cpu();
  ssg_device_set_threads(device, 2);
  for (gsize i = 0; i < G_N_ELEMENTS(factors); i++) {
    SsgOpCall call = {.op = SSG_OP_BINARY, .n_in = 2}, product = {.op = SSG_OP_MATMUL, .n_in = 2};
    call.param.binary.kind = SSG_BINARY_MUL;
    call.in[0] = array_of(device, (SsgShape){2, {512, 2048}}, factors[i].a);
    call.in[1] = array_of(device, (SsgShape){2, {512, 2048}}, factors[i].b);
    call.out = array_of(device, (SsgShape){2, {512, 2048}}, 1.0f);
    g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
    product.param.matmul.alpha = 1.0f;
    product.in[0] = array_of(device, (SsgShape){3, {1, 256, 256}}, factors[i].a);
    product.in[1] = array_of(device, (SsgShape){3, {1, 256, 256}}, factors[i].b);
    product.out = array_of(device, (SsgShape){3, {1, 256, 256}}, 1.0f);
    g_assert_cmpint(ssg_device_run(device, &product), ==, SSG_OK);
    for (int j = 0; j < 512 * 2048; j++)
      g_assert_true(((float *) call.out.data)[j] == 0.0f);
    for (int j = 0; j < 256 * 256; j++)
      g_assert_true(((float *) product.out.data)[j] == 0.0f);
  }
  ssg_device_close(device);
}

static SsgArray noise(SsgDevice *device, SsgShape shape, uint64_t stream)
{
  SsgOpCall call = {.op = SSG_OP_RANDOM_NORMAL, .out = array_of(device, shape, 0.0f)};
  call.param.random.stream = stream;
  g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
  return call.out;
}

typedef struct {
  SsgDevice *exact, *device; /* in bf16 */
  int cases;
  int rounded[3]; /* of CONV, CONV_INPUT, CONV_WEIGHT: cases with other bits than exactly */
} RoundedRun;

static void each_convolution(const OpCase *c, void *data)
{
  RoundedRun *run = data;
  Run exactly = {.device = run->exact}, rounding = {.device = run->device};
  OpCase loose = *c;
  if (c->call.op != SSG_OP_CONV && c->call.op != SSG_OP_CONV_INPUT && c->call.op != SSG_OP_CONV_WEIGHT)
    return;
  loose.l2 = 4e-3;
  loose.most = 1e-2;
  ssg_device_set_threads(run->device, 1);
  OpResult exact = run_case(&exactly, c, (OpRunOptions){0}, "exactly"), one = run_case(&rounding, c, (OpRunOptions){0}, "bf16");
  ssg_device_set_threads(run->device, 2);
  OpResult two = run_case(&rounding, c, (OpRunOptions){0}, "bf16, two threads");
  OpRunOptions keep = {.cache_key = 1000 + (uint64_t) run->cases};
  OpResult kept = run_case(&rounding, c, keep, "bf16, kept weights"), exact_kept = run_case(&exactly, c, keep, "exactly, kept weights");
  check_case(&loose, &one, "bf16");
  check_case(&loose, &kept, "bf16, kept weights");
  check_same(c, &one, &two, "one and two threads in bf16");
  if (op_result_same(c, &exact, &one)) {
    check_same(c, &exact_kept, &kept, "kept weights where nothing is rounded");
  } else {
    run->rounded[c->call.op == SSG_OP_CONV ? 0 : c->call.op == SSG_OP_CONV_INPUT ? 1 : 2]++;
    g_assert_false(op_result_same(c, &exact_kept, &kept));
  }
  run->cases++;
  op_result_free(&exact);
  op_result_free(&one);
  op_result_free(&two);
  op_result_free(&kept);
  op_result_free(&exact_kept);
}

/* Gradients in weights from rows so long that oneDNN 2.6 would write where it must not: exact. */
static void check_long_rows(SsgDevice *exact, SsgDevice *device)
{
  SsgDevice *devices[] = {exact, device};
  float *results[2];
  SsgShape x = {4, {1, 8, 300, 32}}, w = {4, {32, 3, 3, 32}};
  for (int i = 0; i < 2; i++) {
    SsgOpCall call = {.op = SSG_OP_CONV_WEIGHT, .n_in = 2};
    call.in[0] = array_of(devices[i], x, 1.0f);
    call.in[1] = array_of(devices[i], x, 1.0f / 3);
    call.out = array_of(devices[i], w, 0.0f);
    call.param.conv.stride = 1;
    call.param.conv.pad_top = call.param.conv.pad_left = call.param.conv.pad_bottom = call.param.conv.pad_right = 1;
    g_assert_cmpint(ssg_device_run(devices[i], &call), ==, SSG_OK);
    results[i] = call.out.data;
  }
  g_assert_cmpmem(results[0], 32 * 9 * 32 * sizeof(float), results[1], 32 * 9 * 32 * sizeof(float));
}

static void check_near(const float *rounded, const float *exact, int64_t n, int number)
{
  double worst = 0, largest = 0;
  for (int64_t i = 0; i < n; i++) {
    worst = worst_of(worst, fabs((double) rounded[i] - exact[i]));
    largest = MAX(largest, fabs((double) exact[i]));
  }
  g_test_message("number %d of the table: off by %.2g of the largest magnitude", number, worst / largest);
  g_assert_cmpfloat(worst / largest, <, 1e-2);
}

/* One key, one weight: each precision has its own form of it. */
static void check_kept_in_both(SsgDevice *device)
{
  SsgOpCall call = {.op = SSG_OP_CONV, .n_in = 2};
  float *results[3];
  call.in[0] = noise(device, (SsgShape){4, {1, 16, 16, 32}}, 1);
  call.in[1] = noise(device, (SsgShape){4, {32, 3, 3, 32}}, 2);
  call.in[1].cache_key = 77;
  call.param.conv.stride = 1;
  call.param.conv.pad_top = call.param.conv.pad_left = call.param.conv.pad_bottom = call.param.conv.pad_right = 1;
  for (int i = 0; i < 3; i++) {
    call.out = array_of(device, call.in[0].shape, 0.0f);
    g_assert_cmpint(ssg_device_set_precision(device, i == 1 ? SSG_PRECISION_EXACT : SSG_PRECISION_BF16), ==, SSG_OK);
    g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
    results[i] = call.out.data;
  }
  gsize bytes = 16 * 16 * 32 * sizeof(float);
  g_assert_cmpmem(results[0], bytes, results[2], bytes);
  g_assert_cmpint(memcmp(results[0], results[1], bytes), !=, 0);
  check_near(results[0], results[1], 16 * 16 * 32, 0);
}

/* Convolutions whose factors are rounded to bf16: near the truth, the same on two threads, and not for other ops. */
static void test_bf16(void)
{
  RoundedRun run = {.exact = open_cpu(), .device = open_cpu()};
  SsgStatus status = ssg_device_set_precision(run.device, SSG_PRECISION_BF16);
  g_assert_cmpint(ssg_device_set_precision(run.exact, SSG_PRECISION_TF32), ==, SSG_UNSUPPORTED);
  if (status == SSG_OK) {
    op_cases_each(each_convolution, &run);
    g_test_message("%d, %d and %d of %d cases were rounded", run.rounded[0], run.rounded[1], run.rounded[2], run.cases);
    for (int i = 0; i < 3; i++)
      g_assert_cmpint(run.rounded[i], >=, 10);
    check_long_rows(run.exact, run.device);
    check_kept_in_both(run.device);
    g_assert_cmpint(ssg_device_set_precision(run.device, SSG_PRECISION_EXACT), ==, SSG_OK);
    memset(run.rounded, 0, sizeof run.rounded);
    op_cases_each(each_convolution, &run);
    for (int i = 0; i < 3; i++)
      g_assert_cmpint(run.rounded[i], ==, 0);
  } else {
    g_assert_cmpint(status, ==, SSG_UNSUPPORTED);
    g_assert_nonnull(strstr(ssg_device_error(run.device), "no units for matrices of bf16 (AMX)"));
    g_test_skip("this processor has no units for matrices of bf16 (AMX)");
  }
  ssg_device_close(run.exact);
  ssg_device_close(run.device);
}

/* Weights under a key are read once; after forget() they are read anew. */
static void test_forget(void)
{
  SsgDevice *device = open_cpu();
  SsgOpCall call = {.op = SSG_OP_CONV, .n_in = 2};
  SsgDeviceMemory memory;
  call.in[0] = array_of(device, (SsgShape){4, {1, 8, 8, 32}}, 1.0f);
  call.in[1] = array_of(device, (SsgShape){4, {32, 3, 3, 32}}, 1.0f);
  call.out = array_of(device, (SsgShape){4, {1, 8, 8, 32}}, 0.0f);
  call.in[1].cache_key = 77;
  call.param.conv.stride = 1;
  call.param.conv.pad_top = call.param.conv.pad_left = call.param.conv.pad_bottom = call.param.conv.pad_right = 1;
  g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
  float *out = call.out.data, *w = call.in[1].data;
  int middle = (4 * 8 + 4) * 32;
  g_assert_cmpfloat_with_epsilon(out[middle], 288.0f, 1e-3);
  ssg_device_memory(device, &memory);
  g_assert_cmpuint(memory.cached, >=, 32 * 32 * 9 * 4);
  for (int i = 0; i < 32 * 32 * 9; i++)
    w[i] = 2.0f;
  ssg_device_forget(device, 77);
  ssg_device_memory(device, &memory);
  g_assert_cmpuint(memory.cached, ==, 0);
  g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
  g_assert_cmpfloat_with_epsilon(out[middle], 576.0f, 1e-3);
  ssg_device_close(device);
}

/* Weights of which a copy is kept need not be given; where the copies do not serve, that is said. */
static void test_keeps(void)
{
  static const struct {
    SsgOp op;
    int64_t size, up, small_size, small_up; /* large ones by Winograd's way, small ones directly */
  } kinds[] = {{SSG_OP_CONV, 32, 32, 8, 8}, {SSG_OP_CONV_INPUT, 16, 33, 0, 0}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    SsgDevice *device = open_cpu();
    const uint64_t key = 5 + i;
    int64_t size = kinds[i].size, up = kinds[i].up;
    bool grow = kinds[i].op == SSG_OP_CONV_INPUT;
    SsgOpCall call = {.op = kinds[i].op, .n_in = 2};
    call.in[0] = array_of(device, (SsgShape){4, {1, size, size, 32}}, 0.5f);
    call.in[1] = array_of(device, (SsgShape){4, {32, 3, 3, 32}}, 1.0f);
    call.in[1].cache_key = key;
    call.out = array_of(device, (SsgShape){4, {1, up, up, 32}}, 0.0f);
    call.param.conv.stride = grow ? 2 : 1;
    call.param.conv.pad_top = call.param.conv.pad_left = call.param.conv.pad_bottom = call.param.conv.pad_right = !grow;
    g_assert_false(ssg_device_keeps(device, key));
    g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
    g_assert_true(ssg_device_keeps(device, key));
    g_assert_false(ssg_device_keeps(device, key + 1));
    g_assert_false(ssg_device_keeps(device, 0));
    size_t bytes = (size_t) (up * up * 32) * sizeof(float);
    g_autofree float *with = g_memdup2(call.out.data, bytes);
    memset(call.out.data, 0, bytes);
    call.in[1].data = NULL;
    g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
    g_assert_cmpmem(call.out.data, bytes, with, bytes);
    if (kinds[i].small_size) {
      call.in[0].shape.dim[1] = call.in[0].shape.dim[2] = kinds[i].small_size;
      call.out.shape.dim[1] = call.out.shape.dim[2] = kinds[i].small_up;
      g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_ABSENT);
      g_assert_cmpstr(ssg_device_error(device), !=, "");
    }
    ssg_device_forget(device, key);
    g_assert_false(ssg_device_keeps(device, key));
    g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_ABSENT);
    ssg_device_close(device);
  }
}

/* Runs on one and on two threads, which must give the same bits. */
static void run_both(SsgDevice *device, const SsgOpCall *call)
{
  size_t bytes = (size_t) ssg_shape_elements(&call->out.shape) * 4;
  float *first = g_malloc(bytes);
  ssg_device_set_threads(device, 1);
  g_assert_cmpint(ssg_device_run(device, call), ==, SSG_OK);
  memcpy(first, call->out.data, bytes);
  memset(call->out.data, 0xff, bytes);
  ssg_device_set_threads(device, 2);
  g_assert_cmpint(ssg_device_run(device, call), ==, SSG_OK);
  if (memcmp(first, call->out.data, bytes) != 0) {
    g_test_message("%s: one and two threads give different bits", ssg_op_name(call->op));
    g_test_fail();
  }
  g_free(first);
}

/* Sizes that oneDNN divides among threads in earnest; and Winograd's convolution, with weights for one call and with constant
 * ones, against the direct one, at the largest number of channels, where its error is largest. */
static void test_large(void)
{
  SsgDevice *device = open_cpu();
  SsgOpCall call = {.op = SSG_OP_CONV, .n_in = 2};
  SsgArray x = noise(device, (SsgShape){4, {1, 34, 33, 512}}, 1), w = noise(device, (SsgShape){4, {64, 3, 3, 512}}, 2);
  SsgArray y = array_of(device, (SsgShape){4, {1, 34, 33, 64}}, 0.0f), y2 = array_of(device, y.shape, 0.0f);
  int64_t n = ssg_shape_elements(&y.shape);
  call.param.conv.stride = 1;
  call.param.conv.pad_top = call.param.conv.pad_left = call.param.conv.pad_bottom = call.param.conv.pad_right = 1;
  call.in[0] = x;
  call.in[1] = w;
  call.out = y;
  run_both(device, &call);
  call.in[1].cache_key = 5;
  call.out = y2;
  run_both(device, &call);
  g_assert_cmpmem(y.data, (gsize) n * 4, y2.data, (gsize) n * 4);
  /* The first 12 rows alone, which are too few for Winograd's way. */
  int64_t rows = 12 * 33 * 64;
  call.in[0].shape.dim[1] = 13;
  call.in[1].cache_key = 0;
  call.out.shape.dim[1] = 12;
  call.param.conv.pad_bottom = 0;
  run_both(device, &call);
  double worst = 0, largest = 0;
  for (int64_t i = 0; i < rows; i++) {
    double fast = (double) ((float *) y.data)[i], direct = (double) ((float *) y2.data)[i];
    worst = worst_of(worst, fabs(direct - fast));
    largest = MAX(largest, fabs(direct));
  }
  g_test_message("Winograd's way is off by %.2g of the largest magnitude", worst / largest);
  g_assert_cmpfloat(worst / largest, <, 1e-5);
  g_assert_cmpfloat(worst, >, 0);

  call.param.conv.pad_bottom = 1;
  call.op = SSG_OP_CONV_INPUT;
  call.in[0] = y;
  call.in[1].cache_key = 0;
  call.out = x;
  run_both(device, &call);
  call.op = SSG_OP_CONV_WEIGHT;
  call.in[0] = x;
  call.in[1] = y;
  call.out = w;
  run_both(device, &call);

  SsgOpCall product = {.op = SSG_OP_MATMUL, .n_in = 2};
  product.param.matmul.alpha = 1.0f;
  product.in[0] = noise(device, (SsgShape){3, {1, 64, 20000}}, 3);
  product.in[1] = noise(device, (SsgShape){3, {1, 20000, 48}}, 4);
  product.out = array_of(device, (SsgShape){3, {1, 64, 48}}, 0.0f);
  run_both(device, &product);
  product.in[0] = noise(device, (SsgShape){3, {1, 2000, 300}}, 3);
  product.in[1] = noise(device, (SsgShape){3, {1, 300, 200}}, 4);
  product.out = array_of(device, (SsgShape){3, {1, 2000, 200}}, 0.0f);
  run_both(device, &product);
  ssg_device_close(device);
}

/* What inference uses: products, and convolutions and their adjoints with constant weights; and gradients in weights. Any number of threads, far more than
 * there are cores too, gives the same bits. With `exact`, nearly what that device gives. */
static void check_any_threads(SsgDevice *device, SsgDevice *exact)
{
  static const struct {
    SsgOp op;
    int64_t size, ci, co;
    int stride;
    bool once; /* weights for one call */
  } convs[] = {{SSG_OP_CONV_INPUT, 8, 24, 16, 2},  {SSG_OP_CONV_INPUT, 16, 64, 64, 2}, {SSG_OP_CONV_INPUT, 32, 128, 64, 2},
               {SSG_OP_CONV_INPUT, 32, 16, 9, 2},  {SSG_OP_CONV_INPUT, 128, 64, 32, 2}, {SSG_OP_CONV_INPUT, 32, 64, 64, 1},
               {SSG_OP_CONV, 16, 16, 24, 1},       {SSG_OP_CONV, 32, 40, 20, 1},        {SSG_OP_CONV, 33, 64, 64, 1},
               {SSG_OP_CONV, 32, 64, 32, 2},       {SSG_OP_CONV_WEIGHT, 33, 64, 32, 1}, {SSG_OP_CONV_WEIGHT, 31, 32, 48, 2},
               {SSG_OP_CONV_WEIGHT, 18, 20, 24, 1},     {SSG_OP_CONV_INPUT, 32, 64, 64, 2, true},
               {SSG_OP_CONV, 34, 512, 64, 1},           {SSG_OP_CONV_WEIGHT, 34, 512, 64, 1},
               {SSG_OP_CONV_INPUT, 34, 64, 512, 1},     {SSG_OP_CONV, 32, 64, 40, 1},
               {SSG_OP_CONV, 32, 64, 33, 1},            {SSG_OP_CONV_WEIGHT, 65, 16, 16, 1},
               {SSG_OP_CONV_WEIGHT, 128, 32, 16, 1},    {SSG_OP_CONV_WEIGHT, 129, 16, 32, 1},
               {SSG_OP_CONV_WEIGHT, 192, 32, 32, 1},    {SSG_OP_CONV_WEIGHT, 192, 16, 48, 2}};
  static const int threads[] = {2, 3, 5, 8, 12, 32, 64};
  for (gsize i = 0; i < G_N_ELEMENTS(convs) + 1; i++) {
    SsgOpCall call = {.op = SSG_OP_MATMUL, .n_in = 2};
    if (i < G_N_ELEMENTS(convs)) {
      int64_t size = convs[i].size, stride = convs[i].stride, pad = convs[i].op != SSG_OP_CONV_INPUT;
      bool grow = convs[i].op == SSG_OP_CONV_INPUT;
      int64_t other = grow ? (size - 1) * stride + 3 : (size + 2 - 3) / stride + 1;
      int64_t in = convs[i].ci, out = convs[i].co;
      call.op = convs[i].op;
      call.in[0] = noise(device, (SsgShape){4, {2, size, size, in}}, 1);
      call.in[1] = noise(device, grow ? (SsgShape){4, {in, 3, 3, out}} : (SsgShape){4, {out, 3, 3, in}}, 2);
      call.out = array_of(device, (SsgShape){4, {2, other, other, out}}, 0.0f);
      if (call.op == SSG_OP_CONV_WEIGHT) {
        SsgShape weight = call.in[1].shape;
        call.in[1] = noise(device, call.out.shape, 3);
        call.out = array_of(device, weight, 0.0f);
      }
      call.param.conv.stride = (int) stride;
      call.param.conv.pad_top = call.param.conv.pad_left = call.param.conv.pad_bottom = call.param.conv.pad_right = (int) pad;
    } else {
      call.in[0] = noise(device, (SsgShape){3, {1, 1, 512}}, 1);
      call.in[1] = noise(device, (SsgShape){3, {1, 512, 512}}, 2);
      call.out = array_of(device, (SsgShape){3, {1, 1, 512}}, 0.0f);
      call.param.matmul.alpha = 1;
    }
    call.in[1].cache_key = call.op == SSG_OP_CONV_WEIGHT || (i < G_N_ELEMENTS(convs) && convs[i].once) ? 0 : 100 + i;
    size_t bytes = (size_t) ssg_shape_elements(&call.out.shape) * 4;
    ssg_device_set_threads(device, 1);
    g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
    g_autofree float *one = g_memdup2(call.out.data, bytes);
    if (exact) {
      g_assert_cmpint(ssg_device_run(exact, &call), ==, SSG_OK);
      check_near(one, call.out.data, ssg_shape_elements(&call.out.shape), (int) i);
    }
    for (gsize t = 0; t < G_N_ELEMENTS(threads); t++) {
      memset(call.out.data, 0xff, bytes);
      ssg_device_set_threads(device, threads[t]);
      g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
      if (memcmp(one, call.out.data, bytes) != 0) {
        g_test_message("%s (number %d of the table): one and %d threads give different bits", ssg_op_name(call.op), (int) i, threads[t]);
        g_test_fail();
      }
    }
  }
}

static void test_any_threads(void)
{
  SsgDevice *device = open_cpu();
  check_any_threads(device, NULL);
  ssg_device_close(device);
}

static void test_any_threads_bf16(void)
{
  SsgDevice *device = open_cpu(), *exact = open_cpu();
  if (ssg_device_set_precision(device, SSG_PRECISION_BF16) == SSG_OK)
    check_any_threads(device, exact);
  else
    g_test_skip(ssg_device_error(device));
  ssg_device_close(device);
  ssg_device_close(exact);
}

static void test_memory(void)
{
  SsgDevice *device = open_cpu();
  SsgDeviceMemory m;
  void *a, *b, *c;
  g_assert_cmpint(ssg_device_allocate(device, 1000, &a), ==, SSG_OK);
  g_assert_cmpint(ssg_device_allocate(device, 5000000, &b), ==, SSG_OK);
  g_assert_cmpuint((uintptr_t) a % 64, ==, 0);
  g_assert_cmpuint((uintptr_t) b % 64, ==, 0);
  memset(a, 1, 1000);
  memset(b, 2, 5000000);
  ssg_device_memory(device, &m);
  g_assert_cmpuint(m.in_use, ==, 5001000);
  g_assert_cmpuint(m.peak, ==, 5001000);
  g_assert_cmpuint(m.pooled, ==, 0);
  g_assert_cmpuint(m.total, >, 0);
  ssg_device_release(device, b, 5000000);
  ssg_device_memory(device, &m);
  g_assert_cmpuint(m.in_use, ==, 1000);
  g_assert_cmpuint(m.peak, ==, 5001000);
  g_assert_cmpuint(m.pooled, >=, 5000000);
  ssg_device_reset_peak(device);
  ssg_device_memory(device, &m);
  g_assert_cmpuint(m.peak, ==, 1000);
  /* A block of nearly the size is the same block again. */
  g_assert_cmpint(ssg_device_allocate(device, 4900000, &c), ==, SSG_OK);
  g_assert_true(c == b);
  ssg_device_release(device, c, 4900000);
  ssg_device_trim(device);
  ssg_device_memory(device, &m);
  g_assert_cmpuint(m.pooled, ==, 0);
  /* What cannot be had is refused, and the device goes on. */
  const size_t absurd[] = {SIZE_MAX, SIZE_MAX / 2, (size_t) 1 << 62, (size_t) 1 << 50};
  for (size_t i = 0; i < G_N_ELEMENTS(absurd); i++) {
    g_assert_cmpint(ssg_device_allocate(device, absurd[i], &c), ==, SSG_NO_MEMORY);
    g_assert_null(c);
    g_assert_nonnull(strstr(ssg_device_error(device), "memory"));
  }
  ssg_device_memory(device, &m);
  g_assert_cmpuint(m.in_use, ==, 1000);
  g_assert_cmpint(ssg_device_allocate(device, 0, &c), ==, SSG_OK);
  ssg_device_release(device, c, 0);
  /* Released neighbours, in whatever order, serve a larger request; a part of what it leaves serves a smaller one. */
  void *parts[4];
  for (int i = 0; i < 4; i++)
    g_assert_cmpint(ssg_device_allocate(device, 3000000, &parts[i]), ==, SSG_OK);
  const int order[] = {1, 3, 0, 2};
  for (int i = 0; i < 4; i++)
    ssg_device_release(device, parts[order[i]], 3000000);
  g_assert_cmpint(ssg_device_allocate(device, 9000000, &c), ==, SSG_OK);
  g_assert_true(c == parts[0]);
  g_assert_cmpint(ssg_device_allocate(device, 2900000, &b), ==, SSG_OK);
  g_assert_true((char *) b >= (char *) c + 9000000 && (char *) b < (char *) parts[3] + 3000000);
  memset(c, 3, 9000000);
  memset(b, 4, 2900000);
  for (int i = 0; i < 9000000; i += 4096)
    g_assert_cmpint(((char *) c)[i], ==, 3);
  ssg_device_release(device, b, 2900000);
  ssg_device_release(device, c, 9000000);
  /* Many sizes that never fit each other do not pile up. */
  for (size_t bytes = (size_t) 1 << 20; bytes < (size_t) 64 << 20; bytes += bytes / 3) {
    g_assert_cmpint(ssg_device_allocate(device, bytes, &c), ==, SSG_OK);
    ssg_device_release(device, c, bytes);
  }
  ssg_device_memory(device, &m);
  g_assert_cmpuint(m.pooled, <=, (size_t) (64 + 64 + 8) << 20);
  ssg_device_release(device, a, 1000);
  ssg_device_close(device);
}

/* Two devices on two threads do not disturb each other. */
static gpointer worker(gpointer data)
{
  SsgDevice *device = open_cpu();
  ssg_device_set_threads(device, 1);
  SsgOpCall call = {.op = SSG_OP_CONV, .n_in = 2};
  float weight = (float) GPOINTER_TO_INT(data);
  call.in[0] = array_of(device, (SsgShape){4, {1, 16, 16, 16}}, 1.0f);
  call.in[1] = array_of(device, (SsgShape){4, {16, 3, 3, 16}}, weight);
  call.out = array_of(device, (SsgShape){4, {1, 14, 14, 16}}, 0.0f);
  call.param.conv.stride = 1;
  int wrong = 0;
  for (int i = 0; i < 50; i++) {
    float *out = call.out.data;
    g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_OK);
    for (int k = 0; k < 14 * 14 * 16; k++)
      wrong += fabsf(out[k] - 144 * weight) > 1e-2f;
  }
  ssg_device_close(device);
  return GINT_TO_POINTER(wrong);
}

static void test_threads(void)
{
  GThread *a = g_thread_new("a", worker, GINT_TO_POINTER(1)), *b = g_thread_new("b", worker, GINT_TO_POINTER(2));
  g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(a)), ==, 0);
  g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(b)), ==, 0);
}

static void test_refusals(void)
{
  SsgDevice *device = open_cpu();
  SsgOpCall call = {.op = SSG_OP_UNARY, .n_in = 1};
  call.in[0] = array_of(device, (SsgShape){1, {4}}, 1.0f);
  call.out = array_of(device, (SsgShape){1, {4}}, 0.0f);
  g_assert_true(ssg_device_supports(device, &call));
  call.in[0].dtype = SSG_BF16;
  g_assert_false(ssg_device_supports(device, &call));
  g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_UNSUPPORTED);
  g_assert_nonnull(strstr(ssg_device_error(device), "unary"));
  call.in[0].dtype = SSG_F32;
  call.op = SSG_N_OPS;
  g_assert_cmpint(ssg_device_run(device, &call), ==, SSG_UNSUPPORTED);
  g_assert_cmpint(ssg_device_set_threads(device, -1), ==, SSG_UNSUPPORTED);
  ssg_device_close(device);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/kernels/cpu/ops", test_ops);
  g_test_add_func("/kernels/cpu/subnormals", test_subnormals);
  g_test_add_func("/kernels/cpu/bf16", test_bf16);
  g_test_add_func("/kernels/cpu/forget", test_forget);
  g_test_add_func("/kernels/cpu/keeps", test_keeps);
  g_test_add_func("/kernels/cpu/large", test_large);
  g_test_add_func("/kernels/cpu/any-threads", test_any_threads);
  g_test_add_func("/kernels/cpu/any-threads-bf16", test_any_threads_bf16);
  g_test_add_func("/kernels/cpu/memory", test_memory);
  g_test_add_func("/kernels/cpu/threads", test_threads);
  g_test_add_func("/kernels/cpu/refusals", test_refusals);
  return g_test_run();
}
