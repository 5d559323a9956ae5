/* Every kernel of kernels/cuda on the host: all cases of tests/kernels against the oracle, and more of our own at the
 * edges of blocks, tiles and passes. Each runs
 *   1. on aligned, exactly sized buffers (the wide accesses; the address sanitizer sees one byte too far),
 *   2. shifted by one element between guard zones, last block and thread first, over other garbage: the same bits,
 *   3. with one buffer shifted, another one each time: the same bits,
 *   4. in place, where the op may,
 *   5. in f16 and bf16, where the kernel says it can.
 * What it does not cover: library ops (conv*, matmul), and all that only a GPU shows; see test-gpu.c.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda/edge-cases.h"
#include "tests/cuda/host-grid.h"
#include "tests/cuda/host-run.h"
#include "tests/cuda/narrow-case.h"

typedef struct {
  int cases[SSG_N_OPS], narrow[SSG_N_OPS], failures;
  unsigned turn; /* which buffer is shifted by itself next */
} Run;

static void check(Run *run, const OpCase *c, const OpResult *result)
{
  char message[640];
  if (op_case_check(c, result, message, sizeof message))
    return;
  fprintf(stderr, "%s\n", message);
  if (++run->failures > 20)
    exit(1);
}

static void compare(Run *run, const OpCase *c, const OpResult *first, HostRunOptions options, const char *how)
{
  OpResult again = host_run(c, options);
  if (!op_result_same(c, first, &again)) {
    fprintf(stderr, "%s %s: other bits %s\n", ssg_op_name(c->call.op), c->name, how);
    run->failures++;
  }
  op_result_free(&again);
}

static void run_case(Run *run, const OpCase *c)
{
  bool starts_from_out = c->call.op == SSG_OP_ADAM || c->call.op == SSG_OP_LERP;
  OpResult first = host_run(c, (HostRunOptions){.fill = -1});
  check(run, c, &first);
  compare(run, c, &first,
          (HostRunOptions){.backwards = true, .shifted = SHIFT_ALL, .fill = starts_from_out ? -1 : 0x11},
          "on shifted buffers, backwards");
  unsigned which = run->turn++ % (unsigned) (c->call.n_in + 1);
  which = which == (unsigned) c->call.n_in ? SHIFT_OUT : which;
  compare(run, c, &first, (HostRunOptions){.shifted = 1u << which, .fill = -1}, "with one buffer shifted");
  if (c->may_alias)
    compare(run, c, &first, (HostRunOptions){.alias = true, .fill = -1}, "in place");
  op_result_free(&first);
}

static void each_case(const OpCase *c, void *data)
{
  Run *run = data;
  const SsgCudaKernel *kernel = ssg_cuda_kernel(c->call.op);
  if (!kernel)
    return;
  if (!kernel->supports(&c->call)) {
    fprintf(stderr, "%s %s: not supported\n", ssg_op_name(c->call.op), c->name);
    run->failures++;
    return;
  }
  run_case(run, c);
  run->cases[c->call.op]++;
  for (SsgDtype dtype = SSG_F16; dtype <= SSG_BF16; dtype++)
    for (int all_inputs = 0; all_inputs < 2; all_inputs++) {
      OpCase narrow;
      if (!narrow_case(c, dtype, all_inputs, &narrow))
        continue;
      if (kernel->supports(&narrow.call)) {
        run_case(run, &narrow);
        run->narrow[c->call.op]++;
      }
      narrow_case_free(&narrow);
    }
}

/* A child process that runs f must die of abort(). */
static bool aborts(void (*f)(void))
{
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    fclose(stderr);
    f();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* The watch itself: a missing barrier and a race are seen. */
static void check_watch(Run *run)
{
  int forwards[256], backwards[256];
  if (!aborts(ssg_host_run_without_sync)) {
    fprintf(stderr, "a missing SSG_SYNC was not noticed\n");
    run->failures++;
  }
  ssg_host_run_race(forwards);
  ssg_host_grid_turn(true);
  ssg_host_run_race(backwards);
  ssg_host_grid_turn(false);
  if (memcmp(forwards, backwards, sizeof forwards) == 0) {
    fprintf(stderr, "a race was not noticed\n");
    run->failures++;
  }
}

static void check_divide(Run *run)
{
  static const int64_t numbers[] = {
      0, 1, 2, 3, 255, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, 0x123456789ab, INT64_MAX};
  const int n = sizeof numbers / sizeof *numbers;
  for (int i = 0; i < n; i++)
    for (int k = 1; k < n; k++)
      if (ssg_host_divide(numbers[i], numbers[k]) != numbers[i] / numbers[k]) {
        fprintf(stderr, "%lld / %lld is wrong\n", (long long) numbers[i], (long long) numbers[k]);
        run->failures++;
      }
}

int main(void)
{
  Run run = {0};
  check_watch(&run);
  check_divide(&run);
  op_cases_each(each_case, &run);
  edge_cases_each(each_case, &run);
  for (int op = 0; op < SSG_N_OPS; op++) {
    if (!ssg_cuda_kernel((SsgOp) op))
      continue;
    printf("%-14s %4d cases, %4d in f16 and bf16\n", ssg_op_name((SsgOp) op), run.cases[op], run.narrow[op]);
    if (run.cases[op] == 0) {
      fprintf(stderr, "%s has no case\n", ssg_op_name((SsgOp) op));
      run.failures++;
    }
  }
  printf("%lld launches, %lld phases\n", (long long) ssg_host_grid_launches(), (long long) ssg_host_grid_phases());
  return run.failures != 0;
}
