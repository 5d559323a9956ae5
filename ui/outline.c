#include "ui/outline.h"

#include <string.h>

/* [1 2 1] along one axis, edges repeated; out and in may not alias. */
static void blur_axis(const float *in, float *out, int size, int stride, int step)
{
  for (int line = 0; line < size; line++) {
    const float *src = in + (gsize) line * step;
    float *dst = out + (gsize) line * step;
    for (int i = 0; i < size; i++) {
      float a = src[(gsize) MAX(i - 1, 0) * stride], b = src[(gsize) i * stride];
      float c = src[(gsize) MIN(i + 1, size - 1) * stride];
      dst[(gsize) i * stride] = 0.25f * a + 0.5f * b + 0.25f * c;
    }
  }
}

/* Where the value crosses one half between two neighbours. */
static float crossing(float a, float b)
{
  float d = b - a;
  return d == 0 ? 0.5f : (0.5f - a) / d;
}

SsgOutline *ssg_outline_new(const guint8 *mask, int size, int part)
{
  SsgOutline *outline = g_new0(SsgOutline, 1);
  int left = size, top = size, right = -1, bottom = -1;
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++)
      if (mask[(gsize) y * size + x] == part) {
        left = MIN(left, x);
        right = MAX(right, x);
        top = MIN(top, y);
        bottom = MAX(bottom, y);
      }
  if (right < 0)
    return outline;
  outline->left = (float) left / size;
  outline->top = (float) top / size;
  outline->right = (right + 1.0f) / size;
  outline->bottom = (bottom + 1.0f) / size;

  /* One pixel of outside is added around the picture, so that a part at its edge is closed too. */
  int padded = size + 2;
  gsize n = (gsize) padded * padded;
  g_autofree float *field = g_new0(float, n);
  g_autofree float *other = g_new0(float, n);
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++)
      field[(gsize) (y + 1) * padded + x + 1] = mask[(gsize) y * size + x] == part ? 1.0f : 0.0f;
  blur_axis(field, other, padded, 1, padded);
  blur_axis(other, field, padded, padded, 1);
  /* Parts of a pixel's width survive the blur, and holes of that width too. */
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++) {
      float *value = &field[(gsize) (y + 1) * padded + x + 1];
      *value = mask[(gsize) y * size + x] == part ? MAX(*value, 0.55f) : MIN(*value, 0.45f);
    }

  GArray *segments = g_array_new(FALSE, FALSE, sizeof(SsgSegment));
  for (int y = MAX(top - 1, 0); y <= MIN(bottom + 2, padded - 2); y++)
    for (int x = MAX(left - 1, 0); x <= MIN(right + 2, padded - 2); x++) {
      const float *p = field + (gsize) y * padded + x;
      float a = p[0], b = p[1], c = p[padded + 1], d = p[padded];
      int code = (a > 0.5f) | (b > 0.5f) << 1 | (c > 0.5f) << 2 | (d > 0.5f) << 3;
      if (code == 0 || code == 15)
        continue;
      /* Crossings on the cell's four sides, from the upper left sample. */
      float px[4] = { crossing(a, b), 1, crossing(d, c), 0 };
      float py[4] = { 0, crossing(b, c), 1, crossing(a, d) };
      static const gint8 sides[16][4] = {
        { -1, -1, -1, -1 }, { 3, 0, -1, -1 }, { 0, 1, -1, -1 }, { 3, 1, -1, -1 }, { 1, 2, -1, -1 }, { 3, 0, 1, 2 },
        { 0, 2, -1, -1 },   { 3, 2, -1, -1 }, { 2, 3, -1, -1 }, { 2, 0, -1, -1 }, { 0, 1, 2, 3 },   { 2, 1, -1, -1 },
        { 1, 3, -1, -1 },   { 1, 0, -1, -1 }, { 0, 3, -1, -1 }, { -1, -1, -1, -1 },
      };
      for (int i = 0; i < 4 && sides[code][i] >= 0; i += 2) {
        int s = sides[code][i], e = sides[code][i + 1];
        /* Sample (x, y) of the padded field is the middle of pixel (x - 1, y - 1). */
        SsgSegment segment = { (x - 0.5f + px[s]) / size, (y - 0.5f + py[s]) / size, (x - 0.5f + px[e]) / size,
                               (y - 0.5f + py[e]) / size };
        g_array_append_val(segments, segment);
      }
    }
  outline->n = (int) segments->len;
  outline->segments = (SsgSegment *) (gpointer) g_array_free(segments, FALSE);
  return outline;
}

void ssg_outline_free(SsgOutline *outline)
{
  if (!outline)
    return;
  g_free(outline->segments);
  g_free(outline);
}
