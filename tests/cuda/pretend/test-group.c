/* Gradient blocks summed over processes, from device to device: run by mpirun on two processes with the pretended CUDA and
 * the pretended NCCL. Usage: test-group HOW   nccl: as it should be; shared: both processes on one device; missing: NCCL's
 * file is not there; refused: it cannot join; alone: one process cannot even try */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trainer/workers.h"

#define BUCKET (1 << 20) /* workers.c's */
#define LENGTH (2 * BUCKET + 12345)

static int rank;

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: process %d: %s\n", __FILE__, __LINE__, rank, #condition);                                \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

/* What was asked of the pretended NCCL so far. */
static char *calls(void)
{
  char *text = NULL;
  g_autofree char *path = g_strdup_printf("%s.%d", g_getenv("SSGAN_PRETEND_NCCL_LOG"), rank);
  if (!g_file_get_contents(path, &text, NULL, NULL))
    text = g_strdup("");
  return text;
}

static gboolean called(const char *after_joining)
{
  g_autofree char *text = calls(), *expected = g_strdup_printf("join %d of 2\n%s", rank, after_joining);
  if (!g_str_equal(text, expected))
    fprintf(stderr, "process %d: instead of\n%s\nthere is\n%s\n", rank, expected, text);
  return g_str_equal(text, expected);
}

static float value(int process, gint64 i)
{
  return (float) ((i * 7 + process * 3) % 1001) / 8;
}

/* One reduction of a block, reported in stretches that cross the buckets' edges, last ones first. */
static void reduce(SsgWorkers *workers, SsgContext *ctx, gboolean nccl)
{
  g_autofree float *host = g_new(float, LENGTH);
  ssg_scope_begin(ctx);
  for (gint64 i = 0; i < LENGTH; i++)
    host[i] = value(rank, i);
  SsgTensor *block = ssg_tensor_empty(ctx, SSG_F32, SSG_SHAPE(LENGTH));
  ssg_workers_reduce_begin(workers, block, 2);
  ssg_workers_reduce_piece(workers, TRUE);
  ssg_tensor_upload(block, host);
  ssg_workers_reduce_ready(workers, BUCKET - 100, LENGTH - (BUCKET - 100) - 40); /* fills bucket 1, not 0 and 2 */
  if (nccl)
    CHECK(called("sum 1048576\n"));
  ssg_workers_reduce_ready(workers, 0, BUCKET - 100);
  if (nccl)
    CHECK(called("sum 1048576\nsum 1048576\n"));
  ssg_workers_reduce_piece_end(workers);
  ssg_workers_reduce_end(workers);
  if (nccl)
    CHECK(called("sum 1048576\nsum 1048576\nsum 12345\n"));
  CHECK(ssg_tensor_download(block, host));
  for (gint64 i = 0; i < LENGTH; i++)
    CHECK(host[i] == value(0, i) + value(1, i));
  ssg_scope_end(ctx);
}

int main(int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  const char *how = argc > 1 ? argv[1] : "";
  SsgWorkers *workers = ssg_workers_new(&error);
  CHECK(workers && ssg_workers_count(workers) == 2);
  rank = ssg_workers_rank(workers);
  if (g_str_equal(how, "missing"))
    g_setenv("SSGAN_NCCL", "/nonexistent/libnccl.so", TRUE);
  if (g_str_equal(how, "refused"))
    g_setenv("SSGAN_PRETEND_NCCL_REFUSES", "1", TRUE);
  if (g_str_equal(how, "alone") && rank == 1)
    g_setenv("SSGAN_PRETEND_STREAMLESS", "1", TRUE);
  g_autofree char *folder = g_dir_make_tmp("ssgan-group-XXXXXX", NULL), *log = g_build_filename(folder, "log", NULL);
  g_setenv("SSGAN_PRETEND_NCCL_LOG", log, TRUE);

  g_autofree char *name = ssg_workers_device_name(workers, "cuda"), *cpu = ssg_workers_device_name(workers, "cpu");
  g_autofree char *expected = g_strdup_printf("cuda:%d", g_str_equal(how, "shared") ? 0 : rank);
  CHECK(g_str_equal(name, expected) && g_str_equal(cpu, "cpu"));
  SsgContext *ctx = ssg_context_new(name, 1, &error);
  if (!ctx)
    fprintf(stderr, "%s\n", error->message);
  CHECK(ctx);
  ssg_workers_attach(workers, ctx);
  const char *reduction = ssg_workers_reduction(workers);
  printf("process %d: %s on %s\n", rank, reduction, name);
  if (g_str_equal(how, "nccl"))
    CHECK(strstr(reduction, "summed by NCCL 2."));
  else if (g_str_equal(how, "shared"))
    CHECK(strstr(reduction, "through the host: not every process has a GPU of its own"));
  else if (g_str_equal(how, "missing"))
    CHECK(strstr(reduction, "through the host: NCCL cannot be loaded: /nonexistent/libnccl.so"));
  else if (g_str_equal(how, "alone"))
    CHECK(strstr(reduction, rank ? "through the host: the GPU's memory is full, in cudaStreamCreateWithPriority"
                                 : "through the host: another process could not"));
  else
    CHECK(strstr(reduction, "through the host: the GPU's library refused ncclCommInitRank: pretended failure"));
  reduce(workers, ctx, g_str_equal(how, "nccl"));
  CHECK(ssg_context_check(ctx, &error));

  /* On a CPU there is nothing to join, and nothing to explain. */
  SsgContext *host = ssg_context_new("cpu", 1, &error);
  CHECK(host);
  ssg_workers_attach(workers, host);
  CHECK(g_str_equal(ssg_workers_reduction(workers), "gradients are summed by MPI"));
  reduce(workers, host, FALSE);
  ssg_context_free(host);
  ssg_context_free(ctx);
  if (g_str_equal(how, "nccl"))
    CHECK(called("sum 1048576\nsum 1048576\nsum 12345\nleave\n"));
  ssg_workers_free(workers);
  return 0;
}
