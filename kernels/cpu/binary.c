#include <string.h>

#include "kernels/cpu/internal.h"
#include "kernels/math/pointwise.h"

/* The call with axes of the same behaviour merged: the last axis is walked by the inner loops, the others by an
 * odometer. */
typedef struct {
  const float *x, *y;
  float *out;
  int outer;                                              /* number of axes before the last */
  int64_t dim[SSG_MAX_RANK];                              /* of those axes */
  int64_t x_stride[SSG_MAX_RANK], y_stride[SSG_MAX_RANK]; /* in elements, 0 where repeated */
  int64_t length;                                         /* of the last axis */
  bool x_runs, y_runs;                                    /* stride 1 along the last axis, else 0 */
} Job;

/* Position in the outer axes. */
typedef struct {
  int64_t index[SSG_MAX_RANK], x, y;
} Place;

static Place place_at(const Job *job, int64_t row)
{
  Place place = {{0}, 0, 0};
  for (int i = job->outer - 1; i >= 0; i--) {
    place.index[i] = row % job->dim[i];
    row /= job->dim[i];
    place.x += place.index[i] * job->x_stride[i];
    place.y += place.index[i] * job->y_stride[i];
  }
  return place;
}

SSG_INLINE void place_next(const Job *job, Place *place)
{
  for (int i = job->outer - 1; i >= 0; i--) {
    place->x += job->x_stride[i];
    place->y += job->y_stride[i];
    if (++place->index[i] < job->dim[i])
      return;
    place->x -= job->x_stride[i] * job->dim[i];
    place->y -= job->y_stride[i] * job->dim[i];
    place->index[i] = 0;
  }
}

#define RANGE(name, kind)                                                                                              \
  SSG_CLONES static void name(const void *data, int worker, int64_t begin, int64_t end)                                \
  {                                                                                                                    \
    const Job *job = data;                                                                                             \
    int64_t row = begin / job->length, column = begin % job->length;                                                   \
    Place place = place_at(job, row);                                                                                  \
    while (begin < end) {                                                                                              \
      int64_t n = job->length - column < end - begin ? job->length - column : end - begin;                             \
      const float *x = job->x + place.x + (job->x_runs ? column : 0);                                                  \
      const float *y = job->y + place.y + (job->y_runs ? column : 0);                                                  \
      float *out = job->out + begin;                                                                                   \
      if (job->x_runs && job->y_runs) {                                                                                \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) out[i] = ssg_math_binary(kind, x[i], y[i]);               \
      } else if (job->x_runs) {                                                                                        \
        const float v = *y;                                                                                            \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) out[i] = ssg_math_binary(kind, x[i], v);                  \
      } else if (job->y_runs) {                                                                                        \
        const float v = *x;                                                                                            \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) out[i] = ssg_math_binary(kind, v, y[i]);                  \
      } else {                                                                                                         \
        const float v = ssg_math_binary(kind, *x, *y);                                                                 \
        for (int64_t i = 0; i < n; i++)                                                                                \
          out[i] = v;                                                                                                  \
      }                                                                                                                \
      begin += n;                                                                                                      \
      column = 0;                                                                                                      \
      place_next(job, &place);                                                                                         \
    }                                                                                                                  \
  }

RANGE(add_range, SSG_BINARY_ADD)
RANGE(sub_range, SSG_BINARY_SUB)
RANGE(mul_range, SSG_BINARY_MUL)
RANGE(div_range, SSG_BINARY_DIV)

static const SsgCpuRange ranges[SSG_N_BINARY] = {
    [SSG_BINARY_ADD] = add_range,
    [SSG_BINARY_SUB] = sub_range,
    [SSG_BINARY_MUL] = mul_range,
    [SSG_BINARY_DIV] = div_range,
};

/* Merges neighbouring axes on which each input either runs or is repeated throughout. */
static Job plan(const SsgShape *x, const SsgShape *y, const SsgShape *out)
{
  Job job;
  int64_t dim[SSG_MAX_RANK];
  bool x_full[SSG_MAX_RANK], y_full[SSG_MAX_RANK];
  int n = 0;
  memset(&job, 0, sizeof job);
  for (int i = 0; i < out->rank; i++) {
    if (out->dim[i] == 1)
      continue;
    bool xf = x->dim[i] != 1, yf = y->dim[i] != 1;
    if (n > 0 && x_full[n - 1] == xf && y_full[n - 1] == yf) {
      dim[n - 1] *= out->dim[i];
    } else {
      dim[n] = out->dim[i];
      x_full[n] = xf;
      y_full[n] = yf;
      n++;
    }
  }
  job.length = n ? dim[n - 1] : 1;
  job.x_runs = n ? x_full[n - 1] : true;
  job.y_runs = n ? y_full[n - 1] : true;
  job.outer = n ? n - 1 : 0;
  int64_t x_step = job.x_runs ? job.length : 1, y_step = job.y_runs ? job.length : 1;
  for (int i = job.outer - 1; i >= 0; i--) {
    job.dim[i] = dim[i];
    job.x_stride[i] = x_full[i] ? x_step : 0;
    job.y_stride[i] = y_full[i] ? y_step : 0;
    x_step *= x_full[i] ? dim[i] : 1;
    y_step *= y_full[i] ? dim[i] : 1;
  }
  return job;
}

SsgStatus ssg_cpu_binary(SsgCpu *cpu, const SsgOpCall *call)
{
  if ((unsigned) call->param.binary.kind >= SSG_N_BINARY)
    return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "there is no binary function number %d", (int) call->param.binary.kind);
  Job job = plan(&call->in[0].shape, &call->in[1].shape, &call->out.shape);
  job.x = call->in[0].data;
  job.y = call->in[1].data;
  job.out = call->out.data;
  ssg_cpu_parallel(cpu, ssg_shape_elements(&call->out.shape), SSG_GRAIN, ranges[call->param.binary.kind], &job);
  return SSG_OK;
}
