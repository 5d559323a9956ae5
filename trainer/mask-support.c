#include "trainer/mask-support.h"

#include <string.h>

void ssg_mask_support_count(const guint8 *labels, int n, int size, int n_parts, int h, double *counts)
{
  int pool = size / h;
  gsize cells = (gsize) n_parts * h * h;
  g_autofree guint8 *there = g_new(guint8, cells);

  for (int i = 0; i < n; i++) {
    const guint8 *map = labels + (gsize) i * size * size;
    memset(there, 0, cells);
    for (int y = 0; y < size; y++)
      for (int x = 0; x < size; x++)
        there[((gsize) map[y * size + x] * h + y / pool) * h + x / pool] = 1;
    for (gsize cell = 0; cell < cells; cell++)
      counts[cell] += there[cell];
  }
}

guint8 *ssg_mask_support_find(const double *counts, gint64 n_maps, int n_parts, int h)
{
  double least = MAX(1, n_maps / 1000.0);
  guint8 *supported = g_new0(guint8, (gsize) n_parts * h * h);

  for (int k = 0; k < n_parts; k++)
    for (int y = 0; y < h; y++)
      for (int x = 0; x < h; x++)
        if (counts[(k * h + y) * h + x] >= least)
          for (int v = MAX(0, y - 1); v <= MIN(h - 1, y + 1); v++)
            memset(supported + (k * h + v) * h + MAX(0, x - 1), 1, MIN(h - 1, x + 1) - MAX(0, x - 1) + 1);
  return supported;
}
