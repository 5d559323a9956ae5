#include "ui/enlarge.h"

#include <math.h>
#include "kernels/clones.h"

#define ONE 64 /* weights are in 64ths, so that two passes over 8 bits stay within 32 */

/* The four weights of each of `factor` places between two pixels; offset: of the first of the four from the pixel. */
static void make_weights(int factor, gint16 weights[][4], int offsets[])
{
  for (int phase = 0; phase < factor; phase++) {
    double at = (phase + 0.5) / factor - 0.5, t = at - floor(at);
    const double w[4] = {((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t,
                         (0.5 * t - 0.5) * t * t};
    offsets[phase] = (int) floor(at) - 1;
    int sum = 0;
    for (int i = 0; i < 4; i++)
      sum += weights[phase][i] = (gint16) lround(w[i] * ONE);
    weights[phase][t < 0.5 ? 1 : 2] += ONE - sum; /* equal pixels stay what they are */
  }
}

static int clamp_index(int i, int size)
{
  return i < 0 ? 0 : i >= size ? size - 1 : i;
}

/* One row of `size` pixels to size * factor, ONE times as large, not yet clamped. */
static void enlarge_row(const guint8 *row, int size, int factor, gint16 weights[][4], const int *offsets, gint32 *out)
{
  for (int x = 0; x < size; x++)
    for (int phase = 0; phase < factor; phase++, out += 4) {
      const gint16 *w = weights[phase];
      const guint8 *tap[4];
      for (int i = 0; i < 4; i++)
        tap[i] = row + 4 * clamp_index(x + offsets[phase] + i, size);
      for (int c = 0; c < 4; c++)
        out[c] = w[0] * tap[0][c] + w[1] * tap[1][c] + w[2] * tap[2][c] + w[3] * tap[3][c];
    }
}

SSG_CLONES_OF_INTEGERS static void
mix_rows(const gint32 *a, const gint32 *b, const gint32 *c, const gint32 *d, const gint16 w[4], int n, guint8 *out)
{
  for (int i = 0; i < n; i++) {
    gint32 sum = (a[i] * w[0] + b[i] * w[1] + c[i] * w[2] + d[i] * w[3] + ONE * ONE / 2) / (ONE * ONE);
    out[i] = (guint8) (sum < 0 ? 0 : sum > 255 ? 255 : sum);
  }
}

void ssg_enlarge(const guint8 *rgba, int size, int factor, guint8 *out)
{
  gint16 weights[SSG_ENLARGE_MAX][4];
  int offsets[SSG_ENLARGE_MAX], n = 4 * size * factor;
  g_return_if_fail(factor >= 1 && factor <= SSG_ENLARGE_MAX && size >= 1);
  make_weights(factor, weights, offsets);
  g_autofree gint32 *wide = g_new(gint32, (gsize) n * size);
  for (int y = 0; y < size; y++)
    enlarge_row(rgba + (gsize) 4 * size * y, size, factor, weights, offsets, wide + (gsize) n * y);
  for (int y = 0; y < size; y++)
    for (int phase = 0; phase < factor; phase++, out += n) {
      const gint32 *rows[4];
      for (int i = 0; i < 4; i++)
        rows[i] = wide + (gsize) n * clamp_index(y + offsets[phase] + i, size);
      mix_rows(rows[0], rows[1], rows[2], rows[3], weights[phase], n, out);
    }
}
