/* The per-element formulas of kernels/op.h. The `kind` switches are meant to be hoisted: call with a constant. */
#pragma once

#include "kernels/math/base.h"
#include "kernels/math/functions.h"
#include "kernels/op.h"

#define SSG_SQRT2 1.41421356237309515f
#define SSG_LEAK 0.2f

SSG_HD float ssg_math_unary(SsgUnary kind, float x)
{
  switch (kind) {
  case SSG_UNARY_NEGATE:
    return -x;
  case SSG_UNARY_SQUARE:
    return x * x;
  case SSG_UNARY_SQRT:
    return sqrtf(x);
  case SSG_UNARY_RSQRT:
    return 1.0f / sqrtf(x);
  case SSG_UNARY_RECIPROCAL:
    return 1.0f / x;
  case SSG_UNARY_EXP:
    return ssg_math_exp(x);
  case SSG_UNARY_LOG:
    return ssg_math_log(x);
  case SSG_UNARY_SIN:
    return ssg_math_sin(x);
  case SSG_UNARY_COS:
    return ssg_math_cos(x);
  case SSG_UNARY_SIGMOID:
    return ssg_math_sigmoid(x);
  case SSG_UNARY_SOFTPLUS:
    return ssg_math_softplus(x);
  case SSG_N_UNARY:
    break;
  }
  return NAN;
}

SSG_HD float ssg_math_binary(SsgBinary kind, float x, float y)
{
  switch (kind) {
  case SSG_BINARY_ADD:
    return x + y;
  case SSG_BINARY_SUB:
    return x - y;
  case SSG_BINARY_MUL:
    return x * y;
  case SSG_BINARY_DIV:
    return x / y;
  case SSG_N_BINARY:
    break;
  }
  return NAN;
}

/* sqrt(2) * leaky_relu(x, 0.2), StyleGAN2's activation. */
SSG_HD float ssg_math_act(float x)
{
  return x * (x > 0.0f ? SSG_SQRT2 : SSG_SQRT2 * SSG_LEAK);
}

/* What act's result is held within in f16. */
#define SSG_F16_MOST 256.0f

SSG_HD float ssg_math_hold(float y)
{
  return y > SSG_F16_MOST ? SSG_F16_MOST : y < -SSG_F16_MOST ? -SSG_F16_MOST : y;
}

/* Gradient of act: g the gradient, y act's output (of the same sign as its input). */
SSG_HD float ssg_math_act_grad(float g, float y)
{
  return g * (y > 0.0f ? SSG_SQRT2 : SSG_SQRT2 * SSG_LEAK);
}

/* The same where the output was held. */
SSG_HD float ssg_math_held_act_grad(float g, float y)
{
  return y >= SSG_F16_MOST || y <= -SSG_F16_MOST ? 0.0f : ssg_math_act_grad(g, y);
}

/* x + bias + strength * noise, the sum before the activation, in this order and rounding on every device. */
SSG_HD float ssg_math_bias_noise(float x, float bias, float strength, float noise)
{
  return fmaf(strength, noise, x + bias);
}

SSG_HD float ssg_math_affine(float a, float x, float b)
{
  return fmaf(a, x, b);
}

SSG_HD float ssg_math_lerp(float from, float to, float weight)
{
  return fmaf(weight, to - from, from);
}

/* Adam (Kingma and Ba 2015, algorithm 1) for one element. The bias corrections are computed once per step, in f64. */
typedef struct {
  float lr, beta1, beta2, eps;
  float one_minus_beta1, one_minus_beta2;
  float correction1; /* 1 / (1 - beta1^t) */
  float correction2; /* 1 / (1 - beta2^t) */
} SsgAdamStep;

/* Host only: t = step >= 1. */
static inline SsgAdamStep ssg_math_adam_step(float lr, float beta1, float beta2, float eps, int64_t step)
{
  SsgAdamStep s = {lr, beta1, beta2, eps, (float) (1.0 - (double) beta1), (float) (1.0 - (double) beta2), 0.0f, 0.0f};
  s.correction1 = (float) (1.0 / (1.0 - pow((double) beta1, (double) step)));
  s.correction2 = (float) (1.0 / (1.0 - pow((double) beta2, (double) step)));
  return s;
}

SSG_HD void ssg_math_adam(const SsgAdamStep *s, float g, float *m, float *v, float *p)
{
  *m = fmaf(s->beta1, *m, s->one_minus_beta1 * g);
  *v = fmaf(s->beta2, *v, s->one_minus_beta2 * g * g);
  float root = sqrtf(*v * s->correction2) + s->eps;
  *p = *p - s->lr * (*m * s->correction1) / root;
}
