/* Private to winograd.c and winograd-weight.c: the numbers of F(4x4, 3x3), and what both do to tiles of the input. */
#pragma once

#include "kernels/cpu/dnnl.h"

#define POINTS 36
#define LANES 16

/* Unaligned, and may alias floats; the compiler splits it where the processor has shorter registers. */
typedef float Vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef double Doubles __attribute__((vector_size(8 * LANES)));

/* The polynomials are evaluated at 0, +-A, +-B and infinity with A^2 = 1/2, B^2 = 2. The paper's 0, +-1, +-2 give four
 * times the error (1.9e-5 against 5e-6 of the largest magnitude at 512 channels, where 2e-5 is the most we allow). */
#define A 0.70710678118654752f
#define B 1.41421356237309505f
#define A_DOUBLE 0.70710678118654752440
#define B_DOUBLE 1.41421356237309504880

/* G of the paper's section 4.1 for these points: row p is [1, p, p^2] over the product of p's distances to the others.
 */
static const double filter_points[6][3] = {{1, 0, 0},
                                           {-1 / 1.5, -A_DOUBLE / 1.5, -0.5 / 1.5},
                                           {-1 / 1.5, A_DOUBLE / 1.5, -0.5 / 1.5},
                                           {1 / 6.0, B_DOUBLE / 6, 2 / 6.0},
                                           {1 / 6.0, -B_DOUBLE / 6, 2 / 6.0},
                                           {0, 0, 1}};

/* The paper's B^T d for one column of six; `stride` between the six in `out`. */
SSG_INLINE void input_column(const Vector d[6], Vector *out, int stride)
{
  const Vector a = d[4] - 2.0f * d[2], b = A * (d[3] - 2.0f * d[1]);
  const Vector c = d[4] - 0.5f * d[2], e = B * (d[3] - 0.5f * d[1]);
  out[0] = d[0] - 2.5f * d[2] + d[4];
  out[stride] = a + b;
  out[2 * stride] = a - b;
  out[3 * stride] = c + e;
  out[4 * stride] = c - e;
  out[5 * stride] = d[1] - 2.5f * d[3] + d[5];
}

/* Where the 6x6 pixels under a tile of 4x4 of the result lie; `zeros` [ci] stands for those outside. Tiles are numbered picture by
 * picture, row by row. */
SSG_INLINE void input_pixels(const SsgDnnlConv *c, int64_t tiles_y, int64_t tiles_x, int64_t tile, const float *zeros,
                             const float *pixel[6][6])
{
  int64_t tx = tile % tiles_x, ty = tile / tiles_x % tiles_y, picture = tile / tiles_x / tiles_y;
  for (int y = 0; y < 6; y++)
    for (int x = 0; x < 6; x++) {
      int64_t iy = ty * 4 + y - c->pad_top, ix = tx * 4 + x - c->pad_left;
      bool inside = iy >= 0 && iy < c->h && ix >= 0 && ix < c->w;
      pixel[y][x] = inside ? c->x + ((picture * c->h + iy) * c->w + ix) * c->ci : zeros;
    }
}

/* B^T d for channels i .. i + LANES - 1; the other direction is left. */
SSG_INLINE void input_columns(const float *const pixel[6][6], int64_t i, Vector half[6][6])
{
  Vector d[6];
  for (int x = 0; x < 6; x++) {
    for (int y = 0; y < 6; y++)
      d[y] = *(const Vector *) (pixel[y][x] + i);
    input_column(d, &half[0][x], 6);
  }
}
