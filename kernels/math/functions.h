/* exp, log, sin, cos and what is made of them, in f32, written so that a loop over them vectorises. Errors are relative
 * to the true value in units of the last place (ulp), over the whole range of f32 unless said otherwise.
 *
 * The polynomials are plain Taylor series, long enough for the reduced range.
 */
#pragma once

#include "kernels/math/base.h"

/* e^x, 2 ulp; below -104: 0, above 88.73: infinity; NaN stays NaN. */
SSG_HD float ssg_math_exp(float x)
{
  float c = x > 89.0f ? 89.0f : x;
  c = c < -104.0f ? -104.0f : c;
  /* Nearest integer to c / ln 2: adding 1.5 * 2^23 rounds. */
  float n = fmaf(c, 1.44269504f, 12582912.0f) - 12582912.0f;
  float r = fmaf(n, -0.693145752f, c); /* ln 2, upper part: its product with n is exact */
  r = fmaf(n, -1.42860677e-6f, r);
  float p = fmaf(r, 1.0f / 5040, 1.0f / 720);
  p = fmaf(p, r, 1.0f / 120);
  p = fmaf(p, r, 1.0f / 24);
  p = fmaf(p, r, 1.0f / 6);
  p = fmaf(p, r, 0.5f);
  p = fmaf(p, r, 1.0f);
  p = fmaf(p, r, 1.0f);
  /* 2^n in two factors, so that results below 2^-126 come out right. */
  int32_t whole = (int32_t) n, half = whole / 2;
  float scale_a = ssg_float_from_bits((uint32_t) (half + 127) << 23);
  float scale_b = ssg_float_from_bits((uint32_t) (whole - half + 127) << 23);
  float y = p * scale_a * scale_b;
  return x != x ? x : y;
}

/* 2 * atanh(s) for |s| <= 0.1716. */
SSG_HD float ssg_math_atanh_twice(float s)
{
  float q = s * s;
  float p = fmaf(q, 1.0f / 11, 1.0f / 9);
  p = fmaf(p, q, 1.0f / 7);
  p = fmaf(p, q, 1.0f / 5);
  p = fmaf(p, q, 1.0f / 3);
  float twice = 2.0f * s;
  return fmaf(twice * q, p, twice);
}

/* Natural logarithm, 2 ulp; log 0 = -infinity, of negative numbers NaN. */
SSG_HD float ssg_math_log(float x)
{
  bool tiny = x < 1.17549435e-38f;
  float scaled = tiny ? x * 8388608.0f : x;
  uint32_t bits = ssg_float_bits(scaled);
  /* Take out 2^n so that the rest lies in [sqrt(1/2), sqrt(2)). */
  int32_t n = (int32_t) (bits - 0x3f3504f3u) >> 23;
  float m = ssg_float_from_bits(bits - ((uint32_t) n << 23));
  float e = (float) n - (tiny ? 23.0f : 0.0f);
  float small = ssg_math_atanh_twice((m - 1.0f) / (m + 1.0f));
  float y = fmaf(e, 0.693145752f, fmaf(e, 1.42860677e-6f, small));
  y = x == 0.0f ? -INFINITY : y;
  y = x < 0.0f ? NAN : y;
  return x > 3.4028234e38f || x != x ? x : y;
}

/* sin(r) and cos(r) for |r| <= pi/4 (and a little beyond), 1 ulp. */
SSG_HD float ssg_math_sin_reduced(float r)
{
  float q = r * r;
  float p = fmaf(q, 1.0f / 362880, -1.0f / 5040);
  p = fmaf(p, q, 1.0f / 120);
  p = fmaf(p, q, -1.0f / 6);
  return fmaf(r * q, p, r);
}

SSG_HD float ssg_math_cos_reduced(float r)
{
  float q = r * r;
  float p = fmaf(q, -1.0f / 3628800, 1.0f / 40320);
  p = fmaf(p, q, -1.0f / 720);
  p = fmaf(p, q, 1.0f / 24);
  p = fmaf(p, q, -0.5f);
  return fmaf(p, q, 1.0f);
}

/* sin(x + quarter_turns * pi/2), 2 ulp for |x| < 2^20 or 1e-9 absolute; beyond that range only in [-1, 1]. */
SSG_HD float ssg_math_sin_turned(float x, int32_t quarter_turns)
{
  /* Reduction in f64: features of high frequency have arguments in the hundreds. */
  double n = fma((double) x, 0.63661977236758134, 6755399441055744.0) - 6755399441055744.0;
  double r = fma(n, -1.5707963267948966, (double) x);
  r = fma(n, -6.123233995736766e-17, r);
  float f = (float) r;
  f = f > 0.8f ? 0.8f : f;
  f = f < -0.8f ? -0.8f : f;
  double kept = fabs(n) < 1073741824.0 ? n : 0.0;
  uint32_t quadrant = (uint32_t) ((int32_t) kept + quarter_turns);
  float y = (quadrant & 1u) ? ssg_math_cos_reduced(f) : ssg_math_sin_reduced(f);
  y = (quadrant & 2u) ? -y : y;
  return x - x == 0.0f ? y : NAN;
}

SSG_HD float ssg_math_sin(float x)
{
  return ssg_math_sin_turned(x, 0);
}

SSG_HD float ssg_math_cos(float x)
{
  return ssg_math_sin_turned(x, 1);
}

/* 1 / (1 + e^-x), 3 ulp. */
SSG_HD float ssg_math_sigmoid(float x)
{
  float magnitude = x < 0.0f ? -x : x;
  float e = ssg_math_exp(-magnitude);
  float numerator = x < 0.0f ? e : 1.0f;
  return numerator / (1.0f + e);
}

/* log(1 + e^x) = max(x, 0) + log1p(e^-|x|), 3 ulp. */
SSG_HD float ssg_math_softplus(float x)
{
  float magnitude = x < 0.0f ? -x : x;
  float e = ssg_math_exp(-magnitude);
  /* log1p(e) = 2 atanh(e / (2 + e)), with an argument of at most 1/3. */
  float s = e / (2.0f + e);
  float q = s * s;
  float p = fmaf(q, 1.0f / 17, 1.0f / 15);
  p = fmaf(p, q, 1.0f / 13);
  p = fmaf(p, q, 1.0f / 11);
  p = fmaf(p, q, 1.0f / 9);
  p = fmaf(p, q, 1.0f / 7);
  p = fmaf(p, q, 1.0f / 5);
  p = fmaf(p, q, 1.0f / 3);
  float twice = 2.0f * s;
  float rest = fmaf(twice * q, p, twice);
  return x > 0.0f ? x + rest : rest;
}
