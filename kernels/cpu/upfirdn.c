/* Up- and downsampling with the FIR filter, separably: for each row of the result the (at most four) rows it draws on
 * are first combined into one line, then the line is filtered along x and the epilogue applied, while it is in cache.
 */
#include <string.h>

#include "kernels/cpu/internal.h"
#include "kernels/math/index.h"
#include "kernels/math/pointwise.h"

#define TAPS 4

typedef struct {
  const float *in, *bias, *noise;
  float *out, *lines; /* one line of `line` floats per worker */
  size_t line;
  int64_t n, height, width, channels, out_height, out_width;
  int64_t up, down, pad_x, pad_y;
  int64_t noise_pictures;
  float gain, strength;
  bool act;
  const struct Column *columns; /* [out_width] */
} Job;

/* The samples that position o of the result draws on along one axis of length n: their indices and weights; returns how
 * many. Consecutive. */
SSG_INLINE int taps_at(const Job *job, int64_t o, int64_t pad, int64_t n, int64_t index[TAPS], float weight[TAPS])
{
  int count = 0;
  for (int t = 0; t < TAPS; t++) {
    int64_t p = o * job->down - pad + t; /* in the zero-stuffed signal */
    if (p < 0 || p % job->up != 0 || p / job->up >= n)
      continue;
    index[count] = p / job->up;
    weight[count++] = ssg_math_fir_tap(t);
  }
  return count;
}

/* The taps along x, found once for all rows. */
typedef struct Column {
  int32_t offset[TAPS]; /* of the samples in the line, in floats */
  float weight[TAPS];
  int32_t count;
  int32_t run; /* columns from here on, this one included, whose samples lie one further each and whose weights agree */
} Column;

/* A weighted sum of up to four arrays at i. */
#define SUM1 (w0 * r0[i])
#define SUM2 fmaf(w1, r1[i], SUM1)
#define SUM3 fmaf(w2, r2[i], SUM2)
#define SUM4 fmaf(w3, r3[i], SUM3)

/* Runs a loop over [0, length) with `value` standing for the sum of as many arrays as there are taps. */
#define FOR_TAPS(statement)                                                                                            \
  switch (count) {                                                                                                     \
  case 0:                                                                                                              \
    FOR_SUM(0.0f, statement) break;                                                                                    \
  case 1:                                                                                                              \
    FOR_SUM(SUM1, statement) break;                                                                                    \
  case 2:                                                                                                              \
    FOR_SUM(SUM2, statement) break;                                                                                    \
  case 3:                                                                                                              \
    FOR_SUM(SUM3, statement) break;                                                                                    \
  default:                                                                                                             \
    FOR_SUM(SUM4, statement) break;                                                                                    \
  }
#define FOR_SUM(sum, statement)                                                                                        \
  _Pragma("GCC ivdep") for (int64_t i = 0; i < length; i++)                                                            \
  {                                                                                                                    \
    const float value = (sum);                                                                                         \
    out[i] = (statement);                                                                                              \
  }

/* out = sum of up to four rows of `length` floats. */
SSG_INLINE void combine(const float *const row[TAPS], const float *weight, int count, int64_t length, float *out)
{
  const float *r0 = row[0], *r1 = row[1], *r2 = row[2], *r3 = row[3];
  const float w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3];
  FOR_TAPS(value)
}

/* The same with act(sum + bias + shift); bias NULL: none. */
SSG_INLINE void combine_and_finish(const float *const row[TAPS], const float *weight, int count, int64_t length,
                                   const float *bias, float strength, float noise, bool act, float *out)
{
  const float *r0 = row[0], *r1 = row[1], *r2 = row[2], *r3 = row[3];
  const float w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3];
  if (bias && act) {
    FOR_TAPS(ssg_math_act(ssg_math_bias_noise(value, bias[i], strength, noise)))
  } else if (bias) {
    FOR_TAPS(ssg_math_bias_noise(value, bias[i], strength, noise))
  } else if (act) {
    FOR_TAPS(ssg_math_act(ssg_math_bias_noise(value, 0.0f, strength, noise)))
  } else {
    FOR_TAPS(ssg_math_bias_noise(value, 0.0f, strength, noise))
  }
}

/* Units are rows of the result, n * Ho + y. */
SSG_CLONES static void rows_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const int64_t channels = job->channels, pitch = job->width * channels;
  float *line = job->lines + (size_t) worker * job->line;
  for (int64_t unit = begin; unit < end; unit++) {
    int64_t picture = unit / job->out_height, y = unit % job->out_height;
    int64_t index[TAPS];
    float weight[TAPS] = {0.0f};
    const float *row[TAPS] = {line, line, line, line};
    int count = taps_at(job, y, job->pad_y, job->height, index, weight);
    for (int t = 0; t < count; t++) {
      row[t] = job->in + (picture * job->height + index[t]) * pitch;
      weight[t] *= job->gain;
    }
    combine(row, weight, count, pitch, line);

    float *out = job->out + unit * job->out_width * channels;
    const float *noise = NULL;
    if (job->noise)
      noise = job->noise + (picture % job->noise_pictures * job->out_height + y) * job->out_width;
    const bool finish = job->bias || noise || job->act;
    for (int64_t x = 0; x < job->out_width; x++, out += channels) {
      const Column *column = &job->columns[x];
      /* Where the samples of neighbours are neighbours, with the same weights, they are one long row. */
      int64_t run = finish ? 1 : column->run;
      for (int t = 0; t < TAPS; t++)
        row[t] = line + column->offset[t];
      if (finish)
        combine_and_finish(row, column->weight, column->count, channels, job->bias, job->strength,
                           noise ? noise[x] : 0.0f, job->act, out);
      else
        combine(row, column->weight, column->count, run * channels, out);
      x += run - 1;
      out += (run - 1) * channels;
    }
  }
}

static bool follows(const Column *column, const Column *next, int64_t channels)
{
  bool same = column->count == next->count;
  for (int t = 0; t < column->count && same; t++)
    same = next->offset[t] == column->offset[t] + channels && next->weight[t] == column->weight[t];
  return same;
}

SsgStatus ssg_cpu_upfirdn(SsgCpu *cpu, const SsgOpCall *call)
{
  const int64_t *in = call->in[0].shape.dim, *out = call->out.shape.dim;
  const SsgArray *noise = call->n_in > 2 && call->in[2].data ? &call->in[2] : NULL;
  Job job = {.in = call->in[0].data,
             .bias = call->n_in > 1 ? call->in[1].data : NULL,
             .out = call->out.data,
             .n = in[0],
             .height = in[1],
             .width = in[2],
             .channels = in[3],
             .out_height = out[1],
             .out_width = out[2],
             .up = call->param.upfirdn.up,
             .down = call->param.upfirdn.down,
             .pad_x = call->param.upfirdn.pad_x0,
             .pad_y = call->param.upfirdn.pad_y0,
             .gain = call->param.upfirdn.gain,
             .act = call->param.upfirdn.act};
  if (noise) {
    job.noise = noise->data;
    job.noise_pictures = noise->shape.dim[0];
    job.strength = *(const float *) call->in[3].data;
  }
  /* Lines of two workers lie on different cache lines. */
  job.line = ((size_t) (job.width * job.channels) + 31) / 16 * 16;
  size_t lines = job.line * (size_t) cpu->n_threads;
  size_t floats = lines + (size_t) job.out_width * sizeof(Column) / sizeof(float);
  job.lines = ssg_cpu_scratch(cpu, floats);
  if (!job.lines)
    return SSG_NO_MEMORY;
  Column *columns = (Column *) (job.lines + lines);
  for (int64_t x = 0; x < job.out_width; x++) {
    int64_t index[TAPS];
    memset(&columns[x], 0, sizeof *columns);
    columns[x].count = taps_at(&job, x, job.pad_x, job.width, index, columns[x].weight);
    for (int t = 0; t < columns[x].count; t++)
      columns[x].offset[t] = (int32_t) (index[t] * job.channels);
  }
  for (int64_t x = job.out_width - 1; x >= 0; x--) {
    const Column *next = x + 1 < job.out_width ? &columns[x + 1] : NULL;
    columns[x].run = next && follows(&columns[x], next, job.channels) ? next->run + 1 : 1;
  }
  job.columns = columns;
  int64_t per_row = job.out_width * job.channels;
  ssg_cpu_parallel(cpu, job.n * job.out_height, SSG_GRAIN / (per_row ? per_row : 1) + 1, rows_range, &job);
  ssg_cpu_scratch_free(cpu, job.lines, floats);
  return SSG_OK;
}
