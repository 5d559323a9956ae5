#include "kernels/cpu/internal.h"

typedef struct {
  const float *x;
  float *out;
  int64_t width, channels; /* of the smaller picture */
  int64_t size;
} Job;

/* Units are rows n * H/size + y of the smaller picture. */
SSG_CLONES static void pool_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const int64_t size = job->size, channels = job->channels, pitch = job->width * size * channels;
  const float scale = 1.0f / (float) (size * size);
  for (int64_t row = begin; row < end; row++)
    for (int64_t column = 0; column < job->width; column++) {
      const float *x = job->x + row * size * pitch + column * size * channels;
      float *out = job->out + (row * job->width + column) * channels;
      for (int64_t c = 0; c < channels; c++)
        out[c] = 0.0f;
      for (int64_t i = 0; i < size; i++)
        for (int64_t j = 0; j < size; j++) {
          const float *from = x + i * pitch + j * channels;
#pragma GCC ivdep
          for (int64_t c = 0; c < channels; c++)
            out[c] += from[c];
        }
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; c++)
        out[c] *= scale;
    }
}

/* Units are rows of the smaller picture. */
SSG_CLONES static void spread_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const int64_t size = job->size, channels = job->channels, pitch = job->width * size * channels;
  const float scale = 1.0f / (float) (size * size);
  for (int64_t row = begin; row < end; row++)
    for (int64_t column = 0; column < job->width; column++) {
      const float *x = job->x + (row * job->width + column) * channels;
      for (int64_t i = 0; i < size; i++)
        for (int64_t j = 0; j < size; j++) {
          float *out = job->out + (row * size + i) * pitch + (column * size + j) * channels;
#pragma GCC ivdep
          for (int64_t c = 0; c < channels; c++)
            out[c] = x[c] * scale;
        }
    }
}

static SsgStatus run(SsgCpu *cpu, const SsgOpCall *call, const SsgShape *small, SsgCpuRange range)
{
  Job job = {.x = call->in[0].data,
             .out = call->out.data,
             .width = small->dim[2],
             .channels = small->dim[3],
             .size = call->param.pool.size};
  int64_t per_row = job.width * job.channels * job.size * job.size;
  ssg_cpu_parallel(cpu, small->dim[0] * small->dim[1], SSG_GRAIN / (per_row ? per_row : 1) + 1, range, &job);
  return SSG_OK;
}

SsgStatus ssg_cpu_avg_pool(SsgCpu *cpu, const SsgOpCall *call)
{
  return run(cpu, call, &call->out.shape, pool_range);
}

SsgStatus ssg_cpu_spread(SsgCpu *cpu, const SsgOpCall *call)
{
  return run(cpu, call, &call->in[0].shape, spread_range);
}
