#include "trainer/augment.h"

#include <math.h>
#include <string.h>
#include "kernels/math/random.h"

#define STREAM_AUGMENT (G_GUINT64_CONSTANT(0x61756720) << 16)

/* Uniform in [0, 1), 24 bits: exact in double on every machine. */
static double uniform(guint32 word)
{
  return (word >> 8) * (1.0 / 16777216.0);
}

/* Uniform in [-1, 1). */
static double either_way(guint32 word)
{
  return 2 * uniform(word) - 1;
}

SsgAugmentDraw ssg_augment_draw(const SsgAugment *augment, int size, guint64 seed, guint64 position)
{
  SsgAugmentDraw draw = {.matrix = {1, 0, 0, 1}};
  if (!augment)
    return draw;
  SsgPhilox a = ssg_math_philox(seed, STREAM_AUGMENT, 2 * position);
  SsgPhilox b = ssg_math_philox(seed, STREAM_AUGMENT, 2 * position + 1);
  draw.flip = augment->flip && (a.word[0] >> 31);
  draw.affine = uniform(a.word[1]) < augment->probability;
  if (draw.affine) {
    double scale = 1 + augment->scale * either_way(a.word[2]);
    double angle = augment->rotate * either_way(a.word[3]) * (G_PI / 180);
    double dx = augment->shift * size * either_way(b.word[0]), dy = augment->shift * size * either_way(b.word[1]);
    double c = cos(angle) / scale, s = sin(angle) / scale; /* the inverse map: from the result back to the picture */
    memcpy(draw.matrix, (double[]){c, s, -s, c}, sizeof draw.matrix);
    draw.offset[0] = -(c * dx + s * dy);
    draw.offset[1] = -(-s * dx + c * dy);
  }
  if (draw.flip) { /* mirrored first, then moved */
    draw.matrix[0] = -draw.matrix[0];
    draw.matrix[1] = -draw.matrix[1];
    draw.offset[0] = -draw.offset[0];
  }
  return draw;
}

static float to_float(guint8 value)
{
  return (float) ((value / 255.0 - 0.5) / 0.5);
}

/* floor() as an instruction: without SSE 4.1 the library's is a call, and this runs per pixel. */
static int floor_of(double x)
{
  int i = (int) x;
  return i - (i > x);
}

/* Beyond the edge its pixels go on: a reflection would put a second forehead above a face that moved down, and label it so. */
static int inside(int i, int size)
{
  return CLAMP(i, 0, size - 1);
}

static void apply_rows(const SsgAugment *augment, gboolean flip, int size, const guint8 *rgb, const guint8 *label,
                       float *out, guint8 *out_label)
{
  float table[256];
  for (int v = 0; v < 256; v++)
    table[v] = to_float((guint8) v);
  const guint8 *swap = augment && flip ? augment->flip_labels : NULL;
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++) {
      gsize to = (gsize) y * size + x, from = flip ? (gsize) y * size + (size - 1 - x) : to;
      for (int c = 0; c < 3; c++)
        out[3 * to + c] = table[rgb[3 * from + c]];
      if (label)
        out_label[to] = swap ? swap[label[from]] : label[from];
    }
}

static void sample(int size, const guint8 *rgb, double x, double y, float *out)
{
  int x0 = floor_of(x), y0 = floor_of(y);
  float fx = (float) (x - x0), fy = (float) (y - y0);
  int columns[2] = {inside(x0, size), inside(x0 + 1, size)};
  const guint8 *rows[2] = {rgb + (gsize) 3 * size * inside(y0, size), rgb + (gsize) 3 * size * inside(y0 + 1, size)};
  for (int c = 0; c < 3; c++) {
    float above = rows[0][3 * columns[0] + c] * (1 - fx) + rows[0][3 * columns[1] + c] * fx;
    float below = rows[1][3 * columns[0] + c] * (1 - fx) + rows[1][3 * columns[1] + c] * fx;
    out[c] = (above * (1 - fy) + below * fy) * (2 / 255.0f) - 1;
  }
}

void ssg_augment_apply(const SsgAugment *augment, const SsgAugmentDraw *draw, int size, const guint8 *rgb,
                       const guint8 *label, float *out, guint8 *out_label)
{
  if (!draw->affine) {
    apply_rows(augment, draw->flip, size, rgb, label, out, out_label);
    return;
  }
  const guint8 *swap = draw->flip ? augment->flip_labels : NULL;
  double centre = (size - 1) / 2.0;
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++) {
      double dx = x - centre, dy = y - centre;
      double sx = draw->matrix[0] * dx + draw->matrix[1] * dy + draw->offset[0] + centre;
      double sy = draw->matrix[2] * dx + draw->matrix[3] * dy + draw->offset[1] + centre;
      gsize to = (gsize) y * size + x;
      sample(size, rgb, sx, sy, out + 3 * to);
      if (label) {
        guint8 value = label[(gsize) inside(floor_of(sy + 0.5), size) * size + inside(floor_of(sx + 0.5), size)];
        out_label[to] = swap ? swap[value] : value;
      }
    }
}
