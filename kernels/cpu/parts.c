/* Ops about parts (semantic classes): weigh-parts, one-hot, argmax. */
#include "kernels/cpu/internal.h"

typedef struct {
  const float *x, *weight;
  const uint8_t *classes;
  float *out;
  uint8_t *out_classes;
  int64_t parts, rows, channels;
} Job;

/* Units are pixels n * P + p. */
SSG_CLONES static void weigh_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const int64_t channels = job->channels;
  for (int64_t row = begin; row < end; row++)
    for (int64_t k = 0; k < job->parts; k++) {
      const float *x = job->x + (k * job->rows + row) * channels;
      const float weight = job->weight[k * job->rows + row];
      float *out = job->out + (row * job->parts + k) * channels;
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; c++)
        out[c] = weight * x[c];
    }
}

SsgStatus ssg_cpu_weigh_parts(SsgCpu *cpu, const SsgOpCall *call)
{
  const int64_t *dim = call->in[0].shape.dim;
  Job job = {.x = call->in[0].data,
             .weight = call->in[1].data,
             .out = call->out.data,
             .parts = dim[0],
             .rows = dim[1] * dim[2],
             .channels = dim[3]};
  ssg_cpu_parallel(cpu, job.rows, SSG_GRAIN / (job.parts * job.channels) + 1, weigh_range, &job);
  return SSG_OK;
}

static void one_hot_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  for (int64_t i = begin; i < end; i++) {
    float *out = job->out + i * job->parts;
    for (int64_t k = 0; k < job->parts; k++)
      out[k] = -1.0f;
    if (job->classes[i] < job->parts)
      out[job->classes[i]] = 1.0f;
  }
}

SsgStatus ssg_cpu_one_hot(SsgCpu *cpu, const SsgOpCall *call)
{
  Job job = {
      .classes = call->in[0].data, .out = call->out.data, .parts = call->out.shape.dim[call->out.shape.rank - 1]};
  ssg_cpu_parallel(cpu, ssg_shape_elements(&call->in[0].shape), SSG_GRAIN / job.parts + 1, one_hot_range, &job);
  return SSG_OK;
}

static void argmax_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  for (int64_t i = begin; i < end; i++) {
    const float *x = job->x + i * job->parts;
    int64_t best = 0;
    for (int64_t k = 1; k < job->parts; k++)
      best = x[k] > x[best] ? k : best;
    job->out_classes[i] = (uint8_t) best;
  }
}

SsgStatus ssg_cpu_argmax(SsgCpu *cpu, const SsgOpCall *call)
{
  const SsgShape *shape = &call->in[0].shape;
  Job job = {.x = call->in[0].data, .out_classes = call->out.data, .parts = shape->dim[shape->rank - 1]};
  if (job.parts > 256)
    return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "argmax over %lld classes does not fit 8 bits", (long long) job.parts);
  ssg_cpu_parallel(cpu, ssg_shape_elements(&call->out.shape), SSG_GRAIN / job.parts + 1, argmax_range, &job);
  return SSG_OK;
}
