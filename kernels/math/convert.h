/* Conversions between f32 and the narrower dtypes. Rounding is to nearest even; NaN stays NaN. */
#pragma once

#include "kernels/math/base.h"

SSG_HD float ssg_math_from_bf16(uint16_t h)
{
  return ssg_float_from_bits((uint32_t) h << 16);
}

SSG_HD uint16_t ssg_math_to_bf16(float x)
{
  uint32_t bits = ssg_float_bits(x);
  uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return (uint16_t) ((bits & 0x7fffffffu) > 0x7f800000u ? (bits >> 16) | 0x40u : rounded);
}

SSG_HD float ssg_math_from_f16(uint16_t h)
{
  uint32_t sign = (uint32_t) (h & 0x8000u) << 16, rest = h & 0x7fffu;
  /* Normal numbers: move the fields and change the exponent's bias. Below 2^-14: value is rest * 2^-24, exact in f32.
   */
  uint32_t normal = (rest << 13) + ((127u - 15u) << 23);
  uint32_t special = (rest << 13) | 0x7f800000u;
  uint32_t small = ssg_float_bits((float) (int32_t) rest * 5.9604644775390625e-8f);
  uint32_t bits = rest >= 0x7c00u ? special : rest >= 0x400u ? normal : small;
  return ssg_float_from_bits(bits | sign);
}

/* Values that round beyond 65504 become infinity. */
SSG_HD uint16_t ssg_math_to_f16(float x)
{
  uint32_t bits = ssg_float_bits(x), sign = (bits >> 16) & 0x8000u, rest = bits & 0x7fffffffu;
  uint32_t normal = (rest - ((127u - 15u) << 23) + 0xfffu + ((rest >> 13) & 1u)) >> 13;
  /* Below 2^-14: adding 1/2 lets the f32 adder round at 2^-24. */
  uint32_t small = ssg_float_bits(ssg_float_from_bits(rest) + 0.5f) - 0x3f000000u;
  uint32_t half = rest < 0x38800000u ? small : normal;
  half = rest >= 0x477ff000u ? 0x7c00u : half;
  half = rest > 0x7f800000u ? 0x7e00u : half;
  return (uint16_t) (half | sign);
}

/* Nearest even, saturated to 0..255; NaN becomes 0. */
SSG_HD uint8_t ssg_math_to_u8(float x)
{
  float c = x > 0.0f ? x : 0.0f;
  c = c < 255.0f ? c : 255.0f;
  return (uint8_t) (int32_t) ((c + 12582912.0f) - 12582912.0f);
}

/* Nearest even, saturated to the range of i64; NaN becomes 0. */
SSG_HD int64_t ssg_math_to_i64(float x)
{
  if (x != x)
    return 0;
  if (x >= 9.2233720368547758e18f)
    return INT64_MAX;
  if (x <= -9.2233720368547758e18f)
    return INT64_MIN;
  return (int64_t) rintf(x);
}
