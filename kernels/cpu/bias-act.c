#include "kernels/cpu/internal.h"
#include "kernels/math/index.h"
#include "kernels/math/pointwise.h"

typedef struct {
  const float *x, *bias, *noise;
  float *out;
  float strength;
  int64_t channels, rows, bias_rows, noise_rows;
  bool act;
} Job;

SSG_CLONES static void rows_range(const void *data, int worker, int64_t begin, int64_t end)
{
  static const float no_bias[1] = {0.0f};
  const Job *job = data;
  const int64_t channels = job->channels;
  for (int64_t row = begin; row < end; row++) {
    const float *x = job->x + row * channels;
    float *out = job->out + row * channels;
    const float *bias = job->bias ? job->bias + ssg_math_bias_row(row, job->rows, job->bias_rows) * channels : no_bias;
    const float noise = job->noise ? job->noise[row % job->noise_rows] : 0.0f, strength = job->strength;
    if (!job->bias) {
      if (job->act) {
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; c++)
          out[c] = ssg_math_act(ssg_math_bias_noise(x[c], 0.0f, strength, noise));
      } else {
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; c++)
          out[c] = ssg_math_bias_noise(x[c], 0.0f, strength, noise);
      }
    } else if (job->act) {
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; c++)
        out[c] = ssg_math_act(ssg_math_bias_noise(x[c], bias[c], strength, noise));
    } else {
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; c++)
        out[c] = ssg_math_bias_noise(x[c], bias[c], strength, noise);
    }
  }
}

SsgStatus ssg_cpu_bias_act(SsgCpu *cpu, const SsgOpCall *call)
{
  const SsgArray *bias = call->n_in > 1 && call->in[1].data ? &call->in[1] : NULL;
  const SsgArray *noise = call->n_in > 2 && call->in[2].data ? &call->in[2] : NULL;
  int64_t elements = ssg_shape_elements(&call->out.shape);
  Job job = {.x = call->in[0].data, .out = call->out.data, .act = call->param.bias_act.act};
  job.channels = call->out.shape.dim[call->out.shape.rank - 1];
  job.rows = elements / job.channels;
  if (bias) {
    job.bias = bias->data;
    job.bias_rows = ssg_shape_elements(&bias->shape) / job.channels;
  }
  if (noise) {
    job.noise = noise->data;
    job.noise_rows = ssg_shape_elements(&noise->shape);
    job.strength = *(const float *) call->in[3].data;
  }
  /* Without bias and noise nothing depends on the row: long rows go faster. */
  if (!bias && !noise && job.channels < 256 && elements % 256 == 0) {
    job.channels = 256;
    job.rows = elements / 256;
  }
  ssg_cpu_parallel(cpu, job.rows, SSG_GRAIN / job.channels + 1, rows_range, &job);
  return SSG_OK;
}
