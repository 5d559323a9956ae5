#include <string.h>

#include "kernels/cpu/internal.h"
#include "kernels/math/convert.h"
#include "kernels/math/pointwise.h"

typedef struct {
  const float *x, *y;
  float *out;
  float a, b;
} Job;

/* A loop over the elements of a Job. ivdep: input and output are the same buffer or do not overlap. */
#define LOOP(name, expression)                                                                                         \
  SSG_CLONES static void name(const void *data, int worker, int64_t begin, int64_t end)                                \
  {                                                                                                                    \
    const Job *job = data;                                                                                             \
    const float *x = job->x, *y = job->y;                                                                              \
    const float a = job->a, b = job->b;                                                                                \
    float *out = job->out;                                                                                             \
    (void) y, (void) x, (void) a, (void) b;                                                                            \
    _Pragma("GCC ivdep") for (int64_t i = begin; i < end; i++) out[i] = (expression);                                  \
  }

LOOP(fill_range, a)
LOOP(affine_range, ssg_math_affine(a, x[i], b))
LOOP(lerp_range, ssg_math_lerp(out[i], x[i], a))
LOOP(act_grad_range, ssg_math_act_grad(x[i], y[i]))
LOOP(negate_range, ssg_math_unary(SSG_UNARY_NEGATE, x[i]))
LOOP(square_range, ssg_math_unary(SSG_UNARY_SQUARE, x[i]))
LOOP(sqrt_range, ssg_math_unary(SSG_UNARY_SQRT, x[i]))
LOOP(rsqrt_range, ssg_math_unary(SSG_UNARY_RSQRT, x[i]))
LOOP(reciprocal_range, ssg_math_unary(SSG_UNARY_RECIPROCAL, x[i]))
LOOP(exp_range, ssg_math_unary(SSG_UNARY_EXP, x[i]))
LOOP(log_range, ssg_math_unary(SSG_UNARY_LOG, x[i]))
LOOP(sin_range, ssg_math_unary(SSG_UNARY_SIN, x[i]))
LOOP(cos_range, ssg_math_unary(SSG_UNARY_COS, x[i]))
LOOP(sigmoid_range, ssg_math_unary(SSG_UNARY_SIGMOID, x[i]))
LOOP(softplus_range, ssg_math_unary(SSG_UNARY_SOFTPLUS, x[i]))

static const SsgCpuRange unary_ranges[SSG_N_UNARY] = {
    [SSG_UNARY_NEGATE] = negate_range,
    [SSG_UNARY_SQUARE] = square_range,
    [SSG_UNARY_SQRT] = sqrt_range,
    [SSG_UNARY_RSQRT] = rsqrt_range,
    [SSG_UNARY_RECIPROCAL] = reciprocal_range,
    [SSG_UNARY_EXP] = exp_range,
    [SSG_UNARY_LOG] = log_range,
    [SSG_UNARY_SIN] = sin_range,
    [SSG_UNARY_COS] = cos_range,
    [SSG_UNARY_SIGMOID] = sigmoid_range,
    [SSG_UNARY_SOFTPLUS] = softplus_range,
};

static SsgStatus run(SsgCpu *cpu, const SsgOpCall *call, SsgCpuRange range, float a, float b)
{
  Job job = {.x = call->in[0].data, .y = call->in[1].data, .out = call->out.data, .a = a, .b = b};
  ssg_cpu_parallel(cpu, ssg_shape_elements(&call->out.shape), SSG_GRAIN, range, &job);
  return SSG_OK;
}

SsgStatus ssg_cpu_fill(SsgCpu *cpu, const SsgOpCall *call)
{
  return run(cpu, call, fill_range, call->param.fill.value, 0.0f);
}

SsgStatus ssg_cpu_unary(SsgCpu *cpu, const SsgOpCall *call)
{
  if ((unsigned) call->param.unary.kind >= SSG_N_UNARY)
    return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "there is no unary function number %d", (int) call->param.unary.kind);
  return run(cpu, call, unary_ranges[call->param.unary.kind], 0.0f, 0.0f);
}

SsgStatus ssg_cpu_affine(SsgCpu *cpu, const SsgOpCall *call)
{
  return run(cpu, call, affine_range, call->param.affine.a, call->param.affine.b);
}

SsgStatus ssg_cpu_act_grad(SsgCpu *cpu, const SsgOpCall *call)
{
  return run(cpu, call, act_grad_range, 0.0f, 0.0f);
}

SsgStatus ssg_cpu_lerp(SsgCpu *cpu, const SsgOpCall *call)
{
  return run(cpu, call, lerp_range, call->param.lerp.weight, 0.0f);
}

/* --- Adam --- */

typedef struct {
  SsgAdamStep step;
  const float *g;
  float *m, *v, *p;
} AdamJob;

SSG_CLONES static void adam_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const AdamJob *job = data;
  const SsgAdamStep step = job->step;
  const float *g = job->g;
  float *m = job->m, *v = job->v, *p = job->p;
#pragma GCC ivdep
  for (int64_t i = begin; i < end; i++) {
    float mi = m[i], vi = v[i], pi = p[i];
    ssg_math_adam(&step, g[i], &mi, &vi, &pi);
    m[i] = mi;
    v[i] = vi;
    p[i] = pi;
  }
}

SsgStatus ssg_cpu_adam(SsgCpu *cpu, const SsgOpCall *call)
{
  AdamJob job = {.step = ssg_math_adam_step(call->param.adam.lr, call->param.adam.beta1, call->param.adam.beta2,
                                            call->param.adam.eps, call->param.adam.step),
                 .g = call->in[0].data,
                 .m = call->in[1].data,
                 .v = call->in[2].data,
                 .p = call->out.data};
  ssg_cpu_parallel(cpu, ssg_shape_elements(&call->out.shape), SSG_GRAIN, adam_range, &job);
  return SSG_OK;
}

/* --- Copy and conversion --- */

typedef struct {
  const void *in;
  void *out;
  SsgDtype from, to;
} CopyJob;

SSG_CLONES static void to_f32(const void *in, SsgDtype from, int64_t first, int64_t n, float *out)
{
  const float *f = (const float *) in + first;
  const uint16_t *h = (const uint16_t *) in + first;
  const int64_t *l = (const int64_t *) in + first;
  const uint8_t *u = (const uint8_t *) in + first;
  switch (from) {
  case SSG_F32:
    memcpy(out, f, (size_t) n * sizeof *out);
    break;
  case SSG_F16:
    for (int64_t i = 0; i < n; i++)
      out[i] = ssg_math_from_f16(h[i]);
    break;
  case SSG_BF16:
    for (int64_t i = 0; i < n; i++)
      out[i] = ssg_math_from_bf16(h[i]);
    break;
  case SSG_I64:
    for (int64_t i = 0; i < n; i++)
      out[i] = (float) l[i];
    break;
  case SSG_U8:
    for (int64_t i = 0; i < n; i++)
      out[i] = u[i];
    break;
  }
}

SSG_CLONES static void from_f32(const float *in, int64_t n, void *out, SsgDtype to, int64_t first)
{
  uint16_t *h = (uint16_t *) out + first;
  int64_t *l = (int64_t *) out + first;
  uint8_t *u = (uint8_t *) out + first;
  switch (to) {
  case SSG_F32:
    memcpy((float *) out + first, in, (size_t) n * sizeof *in);
    break;
  case SSG_F16:
    for (int64_t i = 0; i < n; i++)
      h[i] = ssg_math_to_f16(in[i]);
    break;
  case SSG_BF16:
    for (int64_t i = 0; i < n; i++)
      h[i] = ssg_math_to_bf16(in[i]);
    break;
  case SSG_I64:
    for (int64_t i = 0; i < n; i++)
      l[i] = ssg_math_to_i64(in[i]);
    break;
  case SSG_U8:
    for (int64_t i = 0; i < n; i++)
      u[i] = ssg_math_to_u8(in[i]);
    break;
  }
}

/* Between two dtypes other than f32 the values go through f32, a piece at a time. */
static void copy_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const CopyJob *job = data;
  float piece[1024];
  if (job->from == job->to) {
    size_t size = (size_t) ssg_dtype_size(job->to);
    memcpy((char *) job->out + (size_t) begin * size, (const char *) job->in + (size_t) begin * size,
           (size_t) (end - begin) * size);
    return;
  }
  for (int64_t i = begin; i < end; i += 1024) {
    int64_t n = end - i < 1024 ? end - i : 1024;
    to_f32(job->in, job->from, i, n, piece);
    from_f32(piece, n, job->out, job->to, i);
  }
}

SsgStatus ssg_cpu_copy(SsgCpu *cpu, const SsgOpCall *call)
{
  CopyJob job = {call->in[0].data, call->out.data, call->in[0].dtype, call->out.dtype};
  ssg_cpu_parallel(cpu, ssg_shape_elements(&call->out.shape), SSG_GRAIN, copy_range, &job);
  return SSG_OK;
}
