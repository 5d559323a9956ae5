/* Index arithmetic shared by devices: strides of dense arrays, with 0 where an axis is broadcast. */
#pragma once

#include "kernels/math/base.h"
#include "kernels/op.h"

/* Row-major strides, in elements. */
SSG_HD void ssg_math_strides(const SsgShape *shape, int64_t stride[SSG_MAX_RANK])
{
  int64_t step = 1;
  for (int i = shape->rank - 1; i >= 0; i--) {
    stride[i] = step;
    step *= shape->dim[i];
  }
}

/* Like strides, but 0 on every axis where the array's dim is 1: walking it with a larger shape then repeats it. */
SSG_HD void ssg_math_broadcast_strides(const SsgShape *shape, int64_t stride[SSG_MAX_RANK])
{
  ssg_math_strides(shape, stride);
  for (int i = 0; i < shape->rank; i++)
    if (shape->dim[i] == 1)
      stride[i] = 0;
}

/* Offset, in an array with these strides, of the element that has the given row-major index in `shape`. */
SSG_HD int64_t ssg_math_offset(const SsgShape *shape, const int64_t stride[SSG_MAX_RANK], int64_t index)
{
  int64_t offset = 0;
  for (int i = shape->rank - 1; i >= 0; i--) {
    offset += index % shape->dim[i] * stride[i];
    index /= shape->dim[i];
  }
  return offset;
}

/* Rows an op works on when the last axis is the channel: elements / channels. The row of bias for row r of R, when the
 * bias has Bb rows: r / (R / Bb). */
SSG_HD int64_t ssg_math_bias_row(int64_t row, int64_t rows, int64_t bias_rows)
{
  return row / (rows / bias_rows);
}

/* The taps of [1,3,3,1]/8, StyleGAN2's FIR filter, one direction. It is symmetric, so filtering and its adjoint agree.
 */
SSG_HD float ssg_math_fir_tap(int i)
{
  return i == 1 || i == 2 ? 0.375f : 0.125f;
}
