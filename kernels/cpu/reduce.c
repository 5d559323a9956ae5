/* Reductions in one shape: in [k0, r, k1] -> out [k0, k1], k0 and k1 kept, r reduced. Whatever is reduced over several
 * separate groups of axes goes through this form once per group, the last group first.
 *
 * Every sum is taken in f64 and in an order that the shape alone decides: r is cut into pieces of a fixed length,
 * pieces are summed by whichever thread, and the pieces' sums are added up in order. So the number of threads does not
 * show.
 */
#include <string.h>

#include "kernels/cpu/internal.h"

#define LANES 256       /* accumulators of one inner loop */
#define PIECE 32768     /* elements of a piece */
#define MAX_COLUMNS 256 /* columns done in one go */

typedef struct {
  const float *in;
  float *out;
  double *partial; /* [k0, pieces, k1], NULL when there is one piece */
  int64_t k0, r, k1;
  int64_t pieces, piece; /* number and length of the pieces of r */
  int64_t blocks;        /* of columns */
  double scale;
  bool max;
} Job;

/* Rows of `columns` values, `pitch` apart: acc[c] += sum over rows. Few columns and dense rows: several rows are taken
 * as one long row, which fills the vector registers, and folded at the end. */
SSG_CLONES static void sum_rows(const float *in, int64_t rows, int64_t columns, int64_t pitch, double *acc)
{
  int64_t group = 1;
  double wide[LANES];
  for (int64_t c = 0; c < columns; c++)
    acc[c] = 0.0;
  if (columns == pitch)
    while (group * 2 * columns <= LANES && group * 8 <= rows)
      group *= 2;
  if (group > 1) {
    int64_t width = group * columns;
    for (int64_t c = 0; c < width; c++)
      wide[c] = 0.0;
    for (; rows >= group; rows -= group, in += width) {
#pragma GCC ivdep
      for (int64_t c = 0; c < width; c++)
        wide[c] += (double) in[c];
    }
    for (int64_t g = 0; g < group; g++)
      for (int64_t c = 0; c < columns; c++)
        acc[c] += wide[g * columns + c];
  }
  for (; rows > 0; rows--, in += pitch) {
#pragma GCC ivdep
    for (int64_t c = 0; c < columns; c++)
      acc[c] += (double) in[c];
  }
}

SSG_CLONES static void max_rows(const float *in, int64_t rows, int64_t columns, int64_t pitch, double *acc)
{
  float best[MAX_COLUMNS];
  for (int64_t c = 0; c < columns; c++)
    best[c] = in[c];
  for (int64_t r = 1; r < rows; r++) {
    in += pitch;
#pragma GCC ivdep
    for (int64_t c = 0; c < columns; c++)
      best[c] = in[c] > best[c] ? in[c] : best[c];
  }
  for (int64_t c = 0; c < columns; c++)
    acc[c] = (double) best[c];
}

/* Units: (k0, piece, block of columns). */
static void piece_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  double acc[MAX_COLUMNS];
  for (int64_t unit = begin; unit < end; unit++) {
    int64_t block = unit % job->blocks, piece = unit / job->blocks % job->pieces;
    int64_t k0 = unit / job->blocks / job->pieces;
    int64_t first = piece * job->piece, rows = job->r - first < job->piece ? job->r - first : job->piece;
    int64_t column = block * MAX_COLUMNS, columns = job->k1 - column < MAX_COLUMNS ? job->k1 - column : MAX_COLUMNS;
    const float *in = job->in + (k0 * job->r + first) * job->k1 + column;
    if (job->max)
      max_rows(in, rows, columns, job->k1, acc);
    else
      sum_rows(in, rows, columns, job->k1, acc);
    if (job->partial) {
      memcpy(job->partial + (k0 * job->pieces + piece) * job->k1 + column, acc, (size_t) columns * sizeof *acc);
    } else {
      float *out = job->out + k0 * job->k1 + column;
      for (int64_t c = 0; c < columns; c++)
        out[c] = (float) (acc[c] * job->scale);
    }
  }
}

static void combine_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  for (int64_t i = begin; i < end; i++) {
    const double *partial = job->partial + i / job->k1 * job->pieces * job->k1 + i % job->k1;
    double acc = *partial;
    for (int64_t piece = 1; piece < job->pieces; piece++) {
      double next = partial[piece * job->k1];
      acc = !job->max ? acc + next : next > acc ? next : acc;
    }
    job->out[i] = (float) (acc * job->scale);
  }
}

static SsgStatus reduce_group(SsgCpu *cpu, const float *in, float *out, int64_t k0, int64_t r, int64_t k1, bool max,
                              double scale)
{
  Job job = {.in = in, .out = out, .k0 = k0, .r = r, .k1 = k1, .max = max, .scale = max ? 1.0 : scale};
  int64_t columns = k1 < MAX_COLUMNS ? k1 : MAX_COLUMNS;
  job.blocks = (k1 + MAX_COLUMNS - 1) / MAX_COLUMNS;
  job.piece = PIECE / columns;
  job.pieces = (r + job.piece - 1) / job.piece;
  size_t partial_floats = 2 * (size_t) (k0 * job.pieces * k1);
  if (job.pieces > 1) {
    job.partial = (double *) ssg_cpu_scratch(cpu, partial_floats);
    if (!job.partial)
      return SSG_NO_MEMORY;
  }
  int64_t per_unit = (r < job.piece ? r : job.piece) * columns;
  ssg_cpu_parallel(cpu, k0 * job.pieces * job.blocks, SSG_GRAIN / per_unit + 1, piece_range, &job);
  if (job.partial) {
    ssg_cpu_parallel(cpu, k0 * k1, SSG_GRAIN / job.pieces + 1, combine_range, &job);
    ssg_cpu_scratch_free(cpu, (float *) job.partial, partial_floats);
  }
  return SSG_OK;
}

SsgStatus ssg_cpu_reduce(SsgCpu *cpu, const SsgOpCall *call)
{
  const SsgShape *in = &call->in[0].shape, *out = &call->out.shape;
  bool max = call->param.reduce.kind == SSG_REDUCE_MAX;
  int64_t dim[SSG_MAX_RANK];
  bool reduced[SSG_MAX_RANK];
  int n = 0, groups = 0;
  if ((unsigned) call->param.reduce.kind >= SSG_N_REDUCE)
    return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "there is no reduction number %d", (int) call->param.reduce.kind);
  for (int i = 0; i < in->rank; i++) {
    if (in->dim[i] == 1)
      continue;
    bool r = out->dim[i] == 1;
    if (n > 0 && reduced[n - 1] == r) {
      dim[n - 1] *= in->dim[i];
    } else {
      dim[n] = in->dim[i];
      reduced[n++] = r;
      groups += r;
    }
  }
  if (groups == 0)
    return reduce_group(cpu, call->in[0].data, call->out.data, 1, 1, ssg_shape_elements(in), max,
                        (double) call->param.reduce.scale);

  const float *from = call->in[0].data;
  float *previous = NULL;
  size_t previous_floats = 0;
  SsgStatus status = SSG_OK;
  for (int i = n - 1; i >= 0 && status == SSG_OK; i--) {
    if (!reduced[i])
      continue;
    int64_t k0 = 1, k1 = 1;
    for (int j = 0; j < i; j++)
      k0 *= dim[j];
    for (int j = i + 1; j < n; j++)
      k1 *= dim[j];
    bool last = --groups == 0;
    size_t floats = (size_t) (k0 * k1);
    float *to = last ? call->out.data : ssg_cpu_scratch(cpu, floats);
    status = to ? reduce_group(cpu, from, to, k0, dim[i], k1, max, last ? (double) call->param.reduce.scale : 1.0)
                : SSG_NO_MEMORY;
    ssg_cpu_scratch_free(cpu, previous, previous_floats);
    previous = last ? NULL : to;
    previous_floats = floats;
    from = to;
    dim[i] = 1;
  }
  if (previous)
    ssg_cpu_scratch_free(cpu, previous, previous_floats);
  return status;
}

/* --- sums of pieces --- */

typedef struct {
  const float *parts;
  float *out;
  int64_t n, size;
} PartsJob;

SSG_CLONES static void parts_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const PartsJob *job = data;
  for (int64_t part = 0; part < job->n; part++) {
    const float *from = job->parts + part * job->size;
#pragma GCC ivdep
    for (int64_t i = begin; i < end; i++)
      job->out[i] += from[i];
  }
}

void ssg_cpu_add_parts(const SsgCpu *cpu, float *out, const float *parts, int64_t n, int64_t size)
{
  PartsJob job = {parts, out, n, size};
  ssg_cpu_parallel(cpu, size, SSG_GRAIN, parts_range, &job);
}
