/* The CUDA device on a real GPU: every op against the oracle, in f32, f16 and bf16; the same bits twice; memory. Where
 * there is no GPU it is skipped with the reason (exit status 77).
 * Usage: test-gpu [short|convolutions]   short: products in f32; every fourth of them in f16 and bf16, every fourth
 * case of other ops in f32 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cuda/edge-cases.h"
#include "tests/cuda/narrow-case.h"

typedef struct {
  SsgDevice *device;
  int cases[SSG_N_OPS], narrow[SSG_N_OPS], failures;
  double looser; /* factor on the bounds */
  bool brief, only_conv;
  int seen[SSG_N_OPS];
} Run;

static bool is_conv(SsgOp op)
{
  return op == SSG_OP_CONV || op == SSG_OP_CONV_INPUT || op == SSG_OP_CONV_WEIGHT;
}

static void fail(Run *run, const OpCase *c, const char *what)
{
  fprintf(stderr, "%s %s: %s\n", ssg_op_name(c->call.op), c->name, what);
  if (++run->failures > 50)
    exit(1);
}

static bool run_once(Run *run, const OpCase *c, OpRunOptions options, OpResult *result)
{
  SsgStatus status = op_case_run(run->device, c, options, result);
  if (status == SSG_OK)
    return true;
  fail(run, c, ssg_device_error(run->device));
  if (status == SSG_LOST)
    exit(1);
  return false;
}

static void run_case(Run *run, const OpCase *c)
{
  OpResult first, again;
  OpCase bounded = *c;
  char message[640];
  bounded.l2 *= run->looser;
  bounded.most *= run->looser;
  if (!run_once(run, c, (OpRunOptions){0}, &first))
    return;
  if (!op_case_check(&bounded, &first, message, sizeof message))
    fail(run, c, message);
  if (run_once(run, c, (OpRunOptions){0}, &again)) {
    if (!op_result_same(c, &first, &again))
      fail(run, c, "other bits the second time");
    op_result_free(&again);
  }
  if (c->may_alias && run_once(run, c, (OpRunOptions){.alias = true}, &again)) {
    if (!op_result_same(c, &first, &again))
      fail(run, c, "other bits in place");
    op_result_free(&again);
  }
  op_result_free(&first);
}

static void each_case(const OpCase *c, void *data)
{
  Run *run = data;
  bool product = is_conv(c->call.op) || c->call.op == SSG_OP_MATMUL;
  if (run->only_conv && !is_conv(c->call.op))
    return;
  if (run->brief && !product && run->seen[c->call.op]++ % 4)
    return;
  if (!ssg_device_supports(run->device, &c->call)) {
    fail(run, c, "not supported");
    return;
  }
  run_case(run, c);
  run->cases[c->call.op]++;
  if ((run->brief && !product) || ((run->brief || run->only_conv) && run->seen[c->call.op]++ % 4))
    return;
  for (SsgDtype dtype = SSG_F16; dtype <= SSG_BF16; dtype++)
    for (int all_inputs = 0; all_inputs < 2; all_inputs++) {
      OpCase narrow;
      if (!narrow_case(c, dtype, all_inputs, &narrow))
        continue;
      if (ssg_device_supports(run->device, &narrow.call)) {
        run_case(run, &narrow);
        run->narrow[c->call.op]++;
      }
      narrow_case_free(&narrow);
    }
}

/* Products only: their factors keep 10 bits. */
static void each_product(const OpCase *c, void *data)
{
  Run *run = data;
  if (!is_conv(c->call.op) && (run->brief || c->call.op != SSG_OP_MATMUL))
    return;
  run_case(run, c);
  run->cases[c->call.op]++;
}

static void check_tf32(Run *run)
{
  Run fast = {.device = run->device, .looser = 500, .brief = run->brief};
  SsgStatus status = ssg_device_set_precision(run->device, SSG_PRECISION_TF32);
  if (status == SSG_UNSUPPORTED) {
    printf("TF32: %s\n", ssg_device_error(run->device));
    return;
  }
  op_cases_each(each_product, &fast);
  printf("TF32: %d products\n", fast.cases[SSG_OP_MATMUL] + fast.cases[SSG_OP_CONV] + fast.cases[SSG_OP_CONV_INPUT] +
                                    fast.cases[SSG_OP_CONV_WEIGHT]);
  run->failures += fast.failures;
  ssg_device_set_precision(run->device, SSG_PRECISION_EXACT);
}

/* More than 2^32 elements, where 32-bit indices end. Skipped where memory is short. */
static void check_large(Run *run)
{
  const int64_t n = ((int64_t) 1 << 32) + 1021;
  SsgOpCall fill = {.op = SSG_OP_FILL, .out = {NULL, {1, {n}}, SSG_U8, 0}};
  SsgOpCall slice = {.op = SSG_OP_SLICE, .n_in = 1, .out = {NULL, {1, {2000}}, SSG_U8, 0}};
  unsigned char got[2000];
  SsgStatus status = ssg_device_allocate(run->device, (size_t) n, &fill.out.data);
  if (status == SSG_NO_MEMORY) {
    printf("arrays beyond 2^32 elements: not tried, the GPU's memory is too small\n");
    return;
  }
  if (status == SSG_OK)
    status = ssg_device_allocate(run->device, sizeof got, &slice.out.data);
  fill.param.fill.value = 200;
  slice.in[0] = fill.out;
  slice.param.slice.start = n - 2000;
  if (status == SSG_OK)
    status = ssg_device_run(run->device, &fill);
  if (status == SSG_OK)
    status = ssg_device_run(run->device, &slice);
  if (status == SSG_OK)
    status = ssg_device_download(run->device, got, slice.out.data, sizeof got);
  int wrong = 0;
  for (int i = 0; status == SSG_OK && i < 2000; i++)
    wrong += got[i] != 200;
  if (status != SSG_OK || wrong) {
    fprintf(stderr, "arrays beyond 2^32 elements: %d wrong, %s\n", wrong, ssg_device_error(run->device));
    run->failures++;
  }
  ssg_device_release(run->device, fill.out.data, (size_t) n);
  ssg_device_release(run->device, slice.out.data, sizeof got);
}

/* A group of this one device: sums of one summand, by the real NCCL where it is found. */
static void check_group(Run *run)
{
  enum { N = 3000 };
  uint8_t id[SSG_GROUP_ID_BYTES];
  float numbers[N], got[N];
  void *data = NULL;
  if (ssg_device_group_prepare(run->device) != SSG_OK) {
    printf("sums over processes: not tried, %s\n", ssg_device_error(run->device));
    return;
  }
  for (int i = 0; i < N; i++)
    numbers[i] = (float) i / 7;
  SsgStatus status = ssg_device_group_make_id(run->device, id);
  if (status == SSG_OK)
    status = ssg_device_group_join(run->device, id, 0, 1);
  if (status == SSG_OK)
    status = ssg_device_allocate(run->device, sizeof numbers, &data);
  if (status == SSG_OK)
    status = ssg_device_upload(run->device, data, numbers, sizeof numbers);
  if (status == SSG_OK)
    status = ssg_device_group_sum(run->device, data, N);
  if (status == SSG_OK)
    status = ssg_device_group_finish(run->device);
  if (status == SSG_OK)
    status = ssg_device_download(run->device, got, data, sizeof got);
  if (status != SSG_OK || memcmp(got, numbers, sizeof got) != 0) {
    fprintf(stderr, "sums over processes: %s\n", status == SSG_OK ? "other numbers" : ssg_device_error(run->device));
    run->failures++;
  }
  printf("sums over processes: %s, one process\n", ssg_device_group_name(run->device));
  ssg_device_release(run->device, data, sizeof numbers);
  ssg_device_group_leave(run->device);
}

/* A type that no device knows how to handle is refused with a sentence, and nothing breaks. */
static void check_refusal(Run *run)
{
  SsgOpCall call = {.op = SSG_OP_UNARY, .n_in = 1};
  call.in[0] = (SsgArray){&call, {1, {4}}, SSG_I64, 0};
  call.out = (SsgArray){&call, {1, {4}}, SSG_I64, 0};
  if (ssg_device_supports(run->device, &call) || ssg_device_run(run->device, &call) != SSG_UNSUPPORTED ||
      !strstr(ssg_device_error(run->device), "unary [4] -> [4] i64")) {
    fprintf(stderr, "unary of i64 was not refused properly: %s\n", ssg_device_error(run->device));
    run->failures++;
  }
}

int main(int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  Run run = {.looser = 1, .brief = strcmp(what, "short") == 0, .only_conv = strcmp(what, "convolutions") == 0};
  char reason[512] = "";
  if (ssg_device_open("cuda", &run.device, reason, sizeof reason) != SSG_OK) {
    printf("skipped: %s\n", reason);
    return 77;
  }
  printf("%s\n", ssg_device_description(run.device));
  op_cases_each(each_case, &run);
  edge_cases_each(each_case, &run);
  for (int op = 0; op < SSG_N_OPS; op++) {
    printf("%-14s %4d cases, %4d in f16 and bf16\n", ssg_op_name((SsgOp) op), run.cases[op], run.narrow[op]);
    if (run.cases[op] == 0 && !(run.only_conv && !is_conv((SsgOp) op))) {
      fprintf(stderr, "%s has no case\n", ssg_op_name((SsgOp) op));
      run.failures++;
    }
  }
  if (!run.only_conv)
    check_tf32(&run);
  check_large(&run);
  if (!run.brief && !run.only_conv)
    check_group(&run);
  check_refusal(&run);
  SsgDeviceMemory memory;
  ssg_device_memory(run.device, &memory);
  if (memory.in_use != 0) {
    fprintf(stderr, "%zu bytes were not given back\n", memory.in_use);
    run.failures++;
  }
  ssg_device_close(run.device);
  printf("%d failures\n", run.failures);
  return run.failures != 0;
}
