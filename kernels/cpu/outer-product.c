/* Products of a transposed left side with few results and long sums, out[m, n] = alpha * sum over k of a[k, m] b[k, n], as sums of
 * outer products in registers: gradients in the weights of 1x1 convolutions and of the local generators. Both sides are read where
 * they lie. oneDNN reaches a third of its usual speed here.
 *
 * Sums are cut into pieces by their length alone, and the pieces added up in order: the number of threads does not show. */
#include <string.h>

#include "kernels/cpu/conv-outer.h"

#define PIECE 1024                      /* terms of a piece */
#define CHUNK 128                       /* of these at a time, for all results: both sides stay in a first-level cache */
#define MOST_RESULTS ((int64_t) 1 << 13) /* of one matrix */

typedef struct {
  const SsgDnnlMatmul *m;
  const SsgOuterKernel *kernel;
  float *sums; /* [batch, piece, block of m, vector of n, block, lanes] */
  int64_t pieces;
} Job;

/* Units are pieces of all the batch. */
static void pieces_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const SsgDnnlMatmul *m = job->m;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block, groups = m->n / lanes, unit = block * lanes;
  SsgOuterPanel panel = {.pictures = 1, .rows = 1, .x_column = m->n, .x_tap = lanes, .y_column = m->m, .sums_tap = unit};
  for (int64_t at = begin; at < end; at++) {
    int64_t matrix = at / job->pieces, first = at % job->pieces * PIECE, last = first + PIECE < m->k ? first + PIECE : m->k;
    float *sums = job->sums + at * m->m * m->n;
    memset(sums, 0, (size_t) (m->m * m->n) * sizeof *sums);
    for (int64_t k = first; k < last; k += CHUNK) {
      panel.columns = last - k < CHUNK ? last - k : CHUNK;
      for (int64_t g = 0; g < groups;) {
        int64_t left = groups - g, taps = left == 4 ? 2 : left < SSG_OUTER_TAPS ? left : SSG_OUTER_TAPS;
        for (int64_t row = 0; row < m->m; row += block) {
          panel.x = m->b + matrix * m->b_batch + k * m->n + g * lanes;
          panel.y = m->a + matrix * m->a_batch + k * m->m + row;
          panel.sums = sums + (row / block * groups + g) * unit;
          job->kernel->run[taps - 1](&panel);
        }
        g += taps;
      }
    }
  }
}

/* Units are rows of all results. */
SSG_CLONES static void gather_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const SsgDnnlMatmul *m = job->m;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block, groups = m->n / lanes, size = m->m * m->n;
  for (int64_t unit = begin; unit < end; unit++) {
    int64_t row = unit % m->m;
    float *out = m->out + unit * m->n;
    for (int64_t g = 0; g < groups; g++) {
      const float *from = job->sums + unit / m->m * job->pieces * size + ((row / block * groups + g) * block + row % block) * lanes;
      for (int64_t i = 0; i < lanes; i++) {
        float sum = from[i];
        for (int64_t piece = 1; piece < job->pieces; piece++)
          sum += from[piece * size + i];
        out[g * lanes + i] = m->alpha * sum;
      }
    }
  }
}

bool ssg_cpu_outer_product_fits(const SsgDnnlMatmul *m)
{
  const SsgOuterKernel *kernel = ssg_cpu_outer_kernel();
  return kernel && m->a_row == 1 && m->a_column == m->m && m->b_column == 1 && m->b_row == m->n && !m->bias && !m->act && !m->b_key &&
         m->k >= 256 && m->m % kernel->block == 0 && m->n % kernel->lanes == 0 && m->m * m->n <= MOST_RESULTS;
}

SsgStatus ssg_cpu_outer_product(SsgCpu *cpu, const SsgDnnlMatmul *m)
{
  Job job = {.m = m, .kernel = ssg_cpu_outer_kernel(), .pieces = (m->k + PIECE - 1) / PIECE};
  size_t floats = (size_t) (m->batch * job.pieces * m->m * m->n);
  job.sums = ssg_cpu_scratch(cpu, floats);
  if (!job.sums)
    return SSG_NO_MEMORY;
  ssg_cpu_parallel(cpu, m->batch * job.pieces, (1 << 18) / (PIECE * m->m * m->n) + 1, pieces_range, &job);
  ssg_cpu_parallel(cpu, m->batch * m->m, SSG_GRAIN / (m->n * job.pieces) + 1, gather_range, &job);
  ssg_cpu_scratch_free(cpu, job.sums, floats);
  return SSG_OK;
}
