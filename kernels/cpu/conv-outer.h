/* Private to the files that compute gradients in weights: sums of outer products in registers (conv-outer.c). */
#pragma once

#include "kernels/cpu/dnnl.h"

#define SSG_OUTER_TAPS 3 /* whose sums are in registers at a time */

/* A tile as the innermost loop sees it: x from its first tap on, y from its first channel on. */
typedef struct {
  const float *x, *y;                        /* y [pictures, rows, columns], each column y_column after the one before */
  int64_t pictures, rows, columns;           /* of y */
  int64_t x_picture, x_row, x_column, x_tap; /* steps in floats */
  int64_t y_column;                          /* likewise; a block where y is laid out anew */
  float *sums;                               /* of the first tap: [block, lanes] */
  int64_t sums_tap;
} SsgOuterPanel;

/* What a processor can do: vectors of `lanes` input channels, `block` output channels at a time. run[t - 1] adds to the sums of t taps
 * (or of t vectors of channels: whatever is x_tap apart). */
typedef struct {
  int64_t lanes, block;
  void (*run[SSG_OUTER_TAPS])(const SsgOuterPanel *panel);
} SsgOuterKernel;

/* NULL: this processor has no such vectors. */
const SsgOuterKernel *ssg_cpu_outer_kernel(void);
