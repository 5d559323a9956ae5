#include "kernels/cpu/internal.h"
#include "kernels/math/random.h"

typedef struct {
  uint64_t seed, stream;
  float *out;
  int64_t elements;
} Job;

#define AT_ONCE 64

/* Units are blocks of four elements. */
SSG_CLONES static void normal_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const uint64_t seed = job->seed, stream = job->stream;
  for (int64_t first = begin; first < end; first += AT_ONCE) {
    uint32_t words[4][AT_ONCE];
    float normals[4][AT_ONCE];
    /* Component by component, so that each loop vectorises. */
    for (int j = 0; j < AT_ONCE; j++) {
      SsgPhilox p = ssg_math_philox(seed, stream, (uint64_t) (first + j));
      words[0][j] = p.word[0];
      words[1][j] = p.word[1];
      words[2][j] = p.word[2];
      words[3][j] = p.word[3];
    }
    for (int j = 0; j < AT_ONCE; j++)
      ssg_math_box_muller(words[0][j], words[1][j], &normals[0][j], &normals[1][j]);
    for (int j = 0; j < AT_ONCE; j++)
      ssg_math_box_muller(words[2][j], words[3][j], &normals[2][j], &normals[3][j]);
    int64_t n = (end - first < AT_ONCE ? end - first : AT_ONCE) * 4;
    if (first * 4 + n > job->elements)
      n = job->elements - first * 4;
    for (int64_t i = 0; i < n; i++)
      job->out[first * 4 + i] = normals[i % 4][i / 4];
  }
}

SsgStatus ssg_cpu_random_normal(SsgCpu *cpu, const SsgOpCall *call)
{
  Job job = {call->param.random.seed, call->param.random.stream, call->out.data, ssg_shape_elements(&call->out.shape)};
  ssg_cpu_parallel(cpu, (job.elements + 3) / 4, SSG_GRAIN / 16, normal_range, &job);
  return SSG_OK;
}
