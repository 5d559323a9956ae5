/* Ops that move elements and compute nothing (but a factor): broadcast, permute, slice, unslice, concat. */
#include <string.h>

#include "kernels/cpu/internal.h"
#include "kernels/math/index.h"

/* --- Broadcast --- */

typedef struct {
  const float *in;
  float *out;
  SsgShape shape; /* of out, without the last axis */
  int64_t stride[SSG_MAX_RANK];
  int64_t length; /* of the last axis */
  bool runs;      /* in0 has that axis too */
  float scale;
} BroadcastJob;

/* Units are rows along the last axis. */
SSG_CLONES static void broadcast_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const BroadcastJob *job = data;
  const float scale = job->scale;
  for (int64_t row = begin; row < end; row++) {
    const float *in = job->in + ssg_math_offset(&job->shape, job->stride, row);
    float *out = job->out + row * job->length;
    if (job->runs) {
#pragma GCC ivdep
      for (int64_t i = 0; i < job->length; i++)
        out[i] = scale * in[i];
    } else {
      const float value = scale * *in;
      for (int64_t i = 0; i < job->length; i++)
        out[i] = value;
    }
  }
}

SsgStatus ssg_cpu_broadcast(SsgCpu *cpu, const SsgOpCall *call)
{
  const SsgShape *in = &call->in[0].shape, *out = &call->out.shape;
  BroadcastJob job = {.in = call->in[0].data, .out = call->out.data, .scale = call->param.broadcast.scale};
  /* Merge neighbours of one kind, so that the last axis is as long as it can be. */
  int64_t dim[SSG_MAX_RANK];
  bool full[SSG_MAX_RANK];
  int n = 0;
  for (int i = 0; i < out->rank; i++) {
    if (out->dim[i] == 1)
      continue;
    bool f = in->dim[i] != 1;
    if (n > 0 && full[n - 1] == f) {
      dim[n - 1] *= out->dim[i];
    } else {
      dim[n] = out->dim[i];
      full[n++] = f;
    }
  }
  job.length = n ? dim[n - 1] : 1;
  job.runs = n ? full[n - 1] : true;
  job.shape.rank = n ? n - 1 : 0;
  int64_t step = job.runs ? job.length : 1, rows = 1;
  for (int i = job.shape.rank - 1; i >= 0; i--) {
    job.shape.dim[i] = dim[i];
    job.stride[i] = full[i] ? step : 0;
    step *= full[i] ? dim[i] : 1;
    rows *= dim[i];
  }
  /* One long row: split it, so that two threads can share the work. */
  if (rows == 1 && job.length >= 2 * SSG_GRAIN && job.length % 64 == 0) {
    job.shape.rank = 1;
    job.shape.dim[0] = rows = 64;
    job.length /= 64;
    job.stride[0] = job.runs ? job.length : 0;
  }
  ssg_cpu_parallel(cpu, rows, SSG_GRAIN / job.length + 1, broadcast_range, &job);
  return SSG_OK;
}

/* --- Permute --- */

typedef struct {
  const char *in;
  char *out;
  SsgShape outer; /* out's axes but for the one or two of the inner part */
  int64_t outer_in[SSG_MAX_RANK], outer_out[SSG_MAX_RANK];
  int64_t rows, columns; /* inner part of out: rows by columns, columns is out's last axis */
  int64_t row_in, row_out, column_in;
  int64_t row_tiles;
  size_t size; /* of an element; all strides are in elements */
} PermuteJob;

#define TILE 16

SSG_CLONES static void transpose_words(const uint32_t *in, uint32_t *out, int64_t rows, int64_t columns,
                                       int64_t column_in, int64_t row_out)
{
  /* In tiles: in's rows run along `rows` (stride 1), out's along `columns`. */
  for (int64_t c0 = 0; c0 < columns; c0 += TILE) {
    int64_t n = columns - c0 < TILE ? columns - c0 : TILE;
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < n; c++)
        out[r * row_out + c0 + c] = in[(c0 + c) * column_in + r];
  }
}

/* Units: (outer place, tile of rows). */
static void permute_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const PermuteJob *job = data;
  const size_t size = job->size;
  for (int64_t unit = begin; unit < end; unit++) {
    int64_t outer = unit / job->row_tiles, row = unit % job->row_tiles * TILE;
    int64_t rows = job->rows - row < TILE ? job->rows - row : TILE;
    int64_t from = ssg_math_offset(&job->outer, job->outer_in, outer) + row * job->row_in;
    int64_t to = ssg_math_offset(&job->outer, job->outer_out, outer) + row * job->row_out;
    const char *in = job->in + (size_t) from * size;
    char *out = job->out + (size_t) to * size;
    if (job->column_in == 1) {
      for (int64_t r = 0; r < rows; r++)
        memcpy(out + (size_t) (r * job->row_out) * size, in + (size_t) (r * job->row_in) * size,
               (size_t) job->columns * size);
    } else if (size == 4 && job->row_in == 1) {
      transpose_words((const uint32_t *) in, (uint32_t *) out, rows, job->columns, job->column_in, job->row_out);
    } else {
      for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < job->columns; c++)
          memcpy(out + (size_t) (r * job->row_out + c) * size,
                 in + (size_t) (r * job->row_in + c * job->column_in) * size, size);
    }
  }
}

SsgStatus ssg_cpu_permute(SsgCpu *cpu, const SsgOpCall *call)
{
  const SsgShape *in = &call->in[0].shape, *out = &call->out.shape;
  int64_t in_stride[SSG_MAX_RANK], dim[SSG_MAX_RANK], stride[SSG_MAX_RANK], out_stride[SSG_MAX_RANK];
  int n = 0;
  ssg_math_strides(in, in_stride);
  /* out's axes with in's strides; neighbours that are neighbours in `in` too become one. */
  for (int i = 0; i < out->rank; i++) {
    int64_t s = in_stride[call->param.permute.axis[i]];
    if (out->dim[i] == 1)
      continue;
    if (n > 0 && stride[n - 1] == s * out->dim[i]) {
      dim[n - 1] *= out->dim[i];
      stride[n - 1] = s;
    } else {
      dim[n] = out->dim[i];
      stride[n++] = s;
    }
  }
  if (n == 0) {
    dim[0] = 1;
    stride[0] = 1;
    n = 1;
  }
  int64_t step = 1;
  for (int i = n - 1; i >= 0; i--) {
    out_stride[i] = step;
    step *= dim[i];
  }
  PermuteJob job = {.in = call->in[0].data,
                    .out = call->out.data,
                    .rows = 1,
                    .columns = dim[n - 1],
                    .column_in = stride[n - 1],
                    .size = (size_t) ssg_dtype_size(call->out.dtype)};
  /* The second inner axis: the one in which `in` runs, else the last but one. */
  int row_axis = n - 2;
  for (int i = 0; i < n - 1; i++)
    if (stride[i] == 1)
      row_axis = i;
  if (row_axis >= 0) {
    job.rows = dim[row_axis];
    job.row_in = stride[row_axis];
    job.row_out = out_stride[row_axis];
  }
  int64_t places = 1;
  for (int i = 0; i < n - 1; i++) {
    if (i == row_axis)
      continue;
    job.outer.dim[job.outer.rank] = dim[i];
    job.outer_in[job.outer.rank] = stride[i];
    job.outer_out[job.outer.rank++] = out_stride[i];
    places *= dim[i];
  }
  job.row_tiles = (job.rows + TILE - 1) / TILE;
  int64_t per_unit = (job.rows < TILE ? job.rows : TILE) * job.columns;
  ssg_cpu_parallel(cpu, places * job.row_tiles, SSG_GRAIN / per_unit + 1, permute_range, &job);
  return SSG_OK;
}

/* --- Slice, unslice, concat: runs of `length` bytes, `from_pitch` apart in one array and `to_pitch` in the other ---
 */

typedef struct {
  const char *from;
  char *to;
  size_t length, from_pitch, to_pitch;
} RunsJob;

static void runs_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const RunsJob *job = data;
  for (int64_t i = begin; i < end; i++)
    memcpy(job->to + (size_t) i * job->to_pitch, job->from + (size_t) i * job->from_pitch, job->length);
}

/* Bytes of the part of an array behind `axis`, axis included, and the number of such parts. */
static size_t run_bytes(const SsgArray *array, int axis, int64_t *runs)
{
  size_t bytes = (size_t) ssg_dtype_size(array->dtype);
  *runs = 1;
  for (int i = 0; i < array->shape.rank; i++) {
    if (i < axis)
      *runs *= array->shape.dim[i];
    else
      bytes *= (size_t) array->shape.dim[i];
  }
  return bytes;
}

static size_t step_bytes(const SsgArray *array, int axis)
{
  size_t bytes = (size_t) ssg_dtype_size(array->dtype);
  for (int i = axis + 1; i < array->shape.rank; i++)
    bytes *= (size_t) array->shape.dim[i];
  return bytes;
}

static void copy_runs(SsgCpu *cpu, const RunsJob *job, int64_t runs)
{
  int64_t grain = (int64_t) (SSG_GRAIN * sizeof(float) / (job->length ? job->length : 1)) + 1;
  if (job->length > 0)
    ssg_cpu_parallel(cpu, runs, grain, runs_range, job);
}

SsgStatus ssg_cpu_slice(SsgCpu *cpu, const SsgOpCall *call)
{
  int axis = call->param.slice.axis;
  int64_t runs;
  RunsJob job = {.from = call->in[0].data, .to = call->out.data};
  job.from_pitch = run_bytes(&call->in[0], axis, &runs);
  job.to_pitch = job.length = run_bytes(&call->out, axis, &runs);
  job.from += (size_t) call->param.slice.start * step_bytes(&call->in[0], axis);
  copy_runs(cpu, &job, runs);
  return SSG_OK;
}

typedef struct {
  const char *in;
  char *out;
  size_t before, length, pitch; /* bytes of zeros before, of in0, of the whole run */
} UnsliceJob;

static void unslice_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const UnsliceJob *job = data;
  for (int64_t i = begin; i < end; i++) {
    char *out = job->out + (size_t) i * job->pitch;
    memset(out, 0, job->before);
    memcpy(out + job->before, job->in + (size_t) i * job->length, job->length);
    memset(out + job->before + job->length, 0, job->pitch - job->before - job->length);
  }
}

SsgStatus ssg_cpu_unslice(SsgCpu *cpu, const SsgOpCall *call)
{
  int axis = call->param.slice.axis;
  int64_t runs;
  UnsliceJob job = {.in = call->in[0].data, .out = call->out.data};
  job.length = run_bytes(&call->in[0], axis, &runs);
  job.pitch = run_bytes(&call->out, axis, &runs);
  job.before = (size_t) call->param.slice.start * step_bytes(&call->out, axis);
  ssg_cpu_parallel(cpu, runs, (int64_t) (SSG_GRAIN * sizeof(float) / job.pitch) + 1, unslice_range, &job);
  return SSG_OK;
}

SsgStatus ssg_cpu_concat(SsgCpu *cpu, const SsgOpCall *call)
{
  int axis = call->param.concat.axis;
  int64_t runs;
  size_t at = 0, pitch = run_bytes(&call->out, axis, &runs);
  for (int i = 0; i < call->n_in; i++) {
    RunsJob job = {.from = call->in[i].data, .to = (char *) call->out.data + at, .to_pitch = pitch};
    job.from_pitch = job.length = run_bytes(&call->in[i], axis, &runs);
    copy_runs(cpu, &job, runs);
    at += job.length;
  }
  return SSG_OK;
}
