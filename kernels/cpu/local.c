/* The local generators' two ops: modulate and chain. */
#include "kernels/cpu/dnnl.h"

#include <math.h>

#include "kernels/math/pointwise.h"

typedef struct {
  const float *w, *m, *b, *code;
  float *out, *style;
  int64_t outputs, inputs, codes, rows_per_code;
  float code_scale, weight_scale;
} ModulateJob;

/* Sums in eight strands, so that they vectorise: their order depends on the length alone. */
SSG_INLINE float dot(const float *a, const float *b, int64_t n)
{
  float strand[8] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; k++)
      strand[k] = fmaf(a[i + k], b[i + k], strand[k]);
  for (; i < n; i++)
    sum = fmaf(a[i], b[i], sum);
  for (int k = 0; k < 8; k++)
    sum += strand[k];
  return sum;
}

/* Units are rows. */
SSG_CLONES static void modulate_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const ModulateJob *job = data;
  const int64_t outputs = job->outputs, inputs = job->inputs;
  float *style = job->style + worker * 2 * inputs, *v = style + inputs;
  for (int64_t r = begin; r < end; r++) {
    const float *code = job->code + r / job->rows_per_code * job->codes;
    for (int64_t i = 0; i < inputs; i++)
      style[i] = job->code_scale * dot(job->m + (r * inputs + i) * job->codes, code, job->codes) + job->b[r * inputs + i];
    for (int64_t o = 0; o < outputs; o++) {
      const float *w = job->w + (r * outputs + o) * inputs;
      for (int64_t i = 0; i < inputs; i++)
        v[i] = job->weight_scale * w[i] * style[i];
      float demodulation = 1.0f / sqrtf(dot(v, v, inputs) + 1e-8f);
      for (int64_t i = 0; i < inputs; i++)
        job->out[(r * inputs + i) * outputs + o] = v[i] * demodulation;
    }
  }
}

SsgStatus ssg_cpu_modulate(SsgCpu *cpu, const SsgOpCall *call)
{
  int64_t rows = call->in[0].shape.dim[0];
  ModulateJob job = {.w = call->in[0].data,
                     .m = call->in[1].data,
                     .b = call->in[2].data,
                     .code = call->in[3].data,
                     .out = call->out.data,
                     .outputs = call->in[0].shape.dim[1],
                     .inputs = call->in[0].shape.dim[2],
                     .codes = call->in[3].shape.dim[1],
                     .rows_per_code = rows / call->in[3].shape.dim[0],
                     .code_scale = call->param.modulate.code_scale,
                     .weight_scale = call->param.modulate.weight_scale};
  size_t scratch = (size_t) cpu->n_threads * 2 * (size_t) job.inputs;
  job.style = ssg_cpu_scratch(cpu, scratch);
  if (!job.style)
    return SSG_NO_MEMORY;
  ssg_cpu_parallel(cpu, rows, SSG_GRAIN / (job.inputs * (job.codes + job.outputs)) + 1, modulate_range, &job);
  ssg_cpu_scratch_free(cpu, job.style, scratch);
  return SSG_OK;
}

/* One part at a time, each layer a product of its own, so that a part never depends on another. */
SsgStatus ssg_cpu_chain(SsgCpu *cpu, const SsgOpCall *call)
{
  int64_t parts = call->out.shape.dim[0], pixels = call->out.shape.dim[1], channels = call->out.shape.dim[2];
  int64_t layers = call->in[1].shape.dim[1], map = pixels * channels;
  bool shared = call->in[0].shape.dim[0] == 1;
  SsgStatus status = SSG_OK;
  float *between[2] = {NULL, NULL};
  for (int i = 0; i < 2 && i < layers - 1 && status == SSG_OK; i++) {
    between[i] = ssg_cpu_scratch(cpu, (size_t) map);
    if (!between[i])
      status = SSG_NO_MEMORY;
  }
  for (int64_t k = 0; k < parts; k++) {
    const float *x = (const float *) call->in[0].data + (shared ? 0 : k * map);
    for (int64_t l = 0; l < layers && status == SSG_OK; l++) {
      int64_t at = k * layers + l;
      SsgDnnlMatmul product = {.batch = 1,
                               .m = pixels,
                               .n = channels,
                               .k = channels,
                               .a = x,
                               .b = (const float *) call->in[1].data + at * channels * channels,
                               .a_row = channels,
                               .a_column = 1,
                               .b_row = channels,
                               .b_column = 1,
                               .out = l == layers - 1 ? (float *) call->out.data + k * map : between[l % 2],
                               .bias = (const float *) call->in[2].data + at * channels,
                               .act = true,
                               .alpha = 1.0f};
      status = ssg_cpu_product(cpu, &product);
      x = product.out;
    }
  }
  for (int i = 0; i < 2; i++)
    if (between[i])
      ssg_cpu_scratch_free(cpu, between[i], (size_t) map);
  return status;
}
