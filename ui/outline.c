#include "ui/outline.h"

/* Larger masks are looked at in steps: nobody sees the difference, and what an outline costs does not grow with the picture. */
#define MAX_SIDE 256
/* Free pixels around the part: one is outside, one more is for the blur. */
#define RIM 2

/* The part's pixels, cut out of the mask with a rim around them. */
typedef struct {
  guint8 *inside; /* [height, width], 1 or 0 */
  int width, height;
  int left, top; /* of the cut's first pixel in the mask, may be negative */
} Cut;

/* [1 2 1] along one axis of lines of n values, ends repeated; out and in may not alias. */
static void blur_axis(const float *in, float *out, int n_lines, int n, int line_step, int stride)
{
  for (int line = 0; line < n_lines; line++) {
    const float *src = in + (gsize) line * line_step;
    float *dst = out + (gsize) line * line_step;
    for (int i = 0; i < n; i++) {
      float a = src[(gsize) MAX(i - 1, 0) * stride], b = src[(gsize) i * stride];
      float c = src[(gsize) MIN(i + 1, n - 1) * stride];
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

/* Fills the region of equal pixels around `from` with `to`; returns its pixels. stack has room for all pixels. */
static int fill(Cut *cut, int from, guint8 to, int *stack)
{
  guint8 old = cut->inside[from];
  int n = 0, area = 0;
  cut->inside[from] = to;
  stack[n++] = from;
  while (n > 0) {
    int at = stack[--n], x = at % cut->width, y = at / cut->width;
    const int next[4] = { x > 0 ? at - 1 : -1, x < cut->width - 1 ? at + 1 : -1, y > 0 ? at - cut->width : -1,
                          y < cut->height - 1 ? at + cut->width : -1 };
    area++;
    for (int i = 0; i < 4; i++)
      if (next[i] >= 0 && cut->inside[next[i]] == old) {
        cut->inside[next[i]] = to;
        stack[n++] = next[i];
      }
  }
  return area;
}

/* What drop_crumbs() marks; four of them, so that a region that changes sides never runs into its neighbours. */
enum { SEEN_OUTSIDE = 2, SEEN_INSIDE, NOW_OUTSIDE, NOW_INSIDE };

/* Crumbs of the part, and holes as small in it, are noise of the model: they are left out unless the part is hardly larger. */
static void drop_crumbs(Cut *cut, int limit)
{
  int n = cut->width * cut->height, largest = 0;
  g_autofree int *stack = g_new(int, n);
  g_autoptr(GArray) regions = g_array_new(FALSE, FALSE, 2 * sizeof(int)); /* a pixel, the area */
  for (int i = 0; i < n; i++)
    if (cut->inside[i] < 2) {
      guint8 value = cut->inside[i];
      int region[2] = { i, fill(cut, i, value ? SEEN_INSIDE : SEEN_OUTSIDE, stack) };
      g_array_append_vals(regions, region, 1);
      largest = value ? MAX(largest, region[1]) : largest;
    }
  for (guint r = 1; r < regions->len; r++) { /* the first one is the rim */
    const int *region = (const int *) (gpointer) (regions->data + r * 2 * sizeof(int));
    if (region[1] < limit && region[1] * 8 < largest)
      fill(cut, region[0], cut->inside[region[0]] == SEEN_INSIDE ? NOW_OUTSIDE : NOW_INSIDE, stack);
  }
  for (int i = 0; i < n; i++)
    cut->inside[i] = cut->inside[i] == SEEN_INSIDE || cut->inside[i] == NOW_INSIDE;
}

/* FALSE when the part is nowhere. n: side in steps of `step` pixels. */
static gboolean cut_out(Cut *cut, const guint8 *mask, int size, int n, int step, int part)
{
  int left = n, top = n, right = -1, bottom = -1;
  for (int y = 0; y < n; y++)
    for (int x = 0; x < n; x++)
      if (mask[(gsize) y * step * size + (gsize) x * step] == part) {
        left = MIN(left, x);
        right = MAX(right, x);
        top = MIN(top, y);
        bottom = MAX(bottom, y);
      }
  if (right < 0)
    return FALSE;
  *cut = (Cut) { .width = right - left + 1 + 2 * RIM, .height = bottom - top + 1 + 2 * RIM, .left = left - RIM,
                 .top = top - RIM };
  cut->inside = g_malloc0((gsize) cut->width * cut->height);
  for (int y = top; y <= bottom; y++)
    for (int x = left; x <= right; x++)
      cut->inside[(y - cut->top) * cut->width + x - cut->left] =
          mask[(gsize) y * step * size + (gsize) x * step] == part;
  return TRUE;
}

static void find_bounds(const Cut *cut, int n, SsgOutline *outline)
{
  int left = cut->width, top = cut->height, right = -1, bottom = -1;
  for (int y = 0; y < cut->height; y++)
    for (int x = 0; x < cut->width; x++)
      if (cut->inside[y * cut->width + x]) {
        left = MIN(left, x);
        right = MAX(right, x);
        top = MIN(top, y);
        bottom = MAX(bottom, y);
      }
  outline->left = (float) (cut->left + left) / n;
  outline->top = (float) (cut->top + top) / n;
  outline->right = (cut->left + right + 1.0f) / n;
  outline->bottom = (cut->top + bottom + 1.0f) / n;
}

SsgOutline *ssg_outline_new(const guint8 *mask, int size, int part)
{
  SsgOutline *outline = g_new0(SsgOutline, 1);
  int step = (size + MAX_SIDE - 1) / MAX_SIDE, n = (size + step - 1) / step;
  Cut cut;
  if (!cut_out(&cut, mask, size, n, step, part))
    return outline;
  drop_crumbs(&cut, n * n / 800);
  find_bounds(&cut, n, outline);

  int width = cut.width, height = cut.height;
  g_autofree guint8 *inside = cut.inside;
  g_autofree float *field = g_new(float, (gsize) width * height);
  g_autofree float *other = g_new(float, (gsize) width * height);
  for (int i = 0; i < width * height; i++)
    field[i] = inside[i];
  blur_axis(field, other, height, width, width, 1);
  blur_axis(other, field, width, height, 1, width);
  /* Parts of a pixel's width survive the blur, and holes of that width too. */
  for (int i = 0; i < width * height; i++)
    field[i] = inside[i] ? MAX(field[i], 0.55f) : MIN(field[i], 0.45f);

  GArray *segments = g_array_new(FALSE, FALSE, sizeof(SsgSegment));
  for (int y = 0; y < height - 1; y++)
    for (int x = 0; x < width - 1; x++) {
      const float *p = field + (gsize) y * width + x;
      float a = p[0], b = p[1], c = p[width + 1], d = p[width];
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
      /* A sample is the middle of its pixel. */
      float left = cut.left + x + 0.5f, top = cut.top + y + 0.5f;
      for (int i = 0; i < 4 && sides[code][i] >= 0; i += 2) {
        int s = sides[code][i], e = sides[code][i + 1];
        SsgSegment segment = { (left + px[s]) / n, (top + py[s]) / n, (left + px[e]) / n, (top + py[e]) / n };
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
