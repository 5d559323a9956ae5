/* Arithmetic below the widgets: viewport, outlines, transforms. */
#include <glib.h>
#include <math.h>
#include "ui/enlarge.h"
#include "ui/outline.h"
#include "ui/transform.h"
#include "ui/viewport.h"

static void test_fit(void)
{
  SsgViewport v = { .width = 640, .height = 440, .content_width = 256, .content_height = 256, .margin = 20, .fit = TRUE };
  double x, y;
  g_assert_cmpfloat_with_epsilon(ssg_viewport_zoom(&v), 400.0 / 256, 1e-12);
  ssg_viewport_origin(&v, &x, &y);
  g_assert_cmpfloat_with_epsilon(x, 120, 1e-9);
  g_assert_cmpfloat_with_epsilon(y, 20, 1e-9);
}

static void test_zoom_keeps_point(void)
{
  SsgViewport v = { .width = 640, .height = 440, .content_width = 256, .content_height = 256, .margin = 20, .fit = TRUE };
  double before_x, before_y, x, y;
  ssg_viewport_to_content(&v, 300, 200, &before_x, &before_y);
  ssg_viewport_zoom_at(&v, 5, 300, 200);
  ssg_viewport_to_content(&v, 300, 200, &x, &y);
  g_assert_false(v.fit);
  g_assert_cmpfloat_with_epsilon(x, before_x, 1e-9);
  g_assert_cmpfloat_with_epsilon(y, before_y, 1e-9);
  ssg_viewport_pan(&v, 10, -5);
  ssg_viewport_to_content(&v, 310, 195, &x, &y);
  g_assert_cmpfloat_with_epsilon(x, before_x, 1e-9);
  g_assert_cmpfloat_with_epsilon(y, before_y, 1e-9);
}

static void test_never_lost(void)
{
  SsgViewport v = { .width = 100, .height = 100, .content_width = 50, .content_height = 50, .zoom = 2, .center_x = 25,
                    .center_y = 25 };
  ssg_viewport_pan(&v, 1e6, -1e6);
  g_assert_cmpfloat(v.center_x, ==, 0);
  g_assert_cmpfloat(v.center_y, ==, 50);
  ssg_viewport_zoom_at(&v, 1e9, 50, 50);
  g_assert_cmpfloat(v.zoom, ==, SSG_VIEWPORT_MAX_ZOOM);
}

/* Every segment of a disc's outline lies at its radius, and the segments close to its circumference. */
static void test_disc_outline(void)
{
  enum { N = 64 };
  static guint8 mask[N * N];
  const double r = 20;
  for (int y = 0; y < N; y++)
    for (int x = 0; x < N; x++)
      mask[y * N + x] = hypot(x + 0.5 - N / 2, y + 0.5 - N / 2) < r ? 3 : 1;
  g_autoptr(SsgOutline) outline = ssg_outline_new(mask, N, 3);
  double length = 0;
  g_assert_cmpint(outline->n, >, 60);
  for (int i = 0; i < outline->n; i++) {
    SsgSegment s = outline->segments[i];
    g_assert_cmpfloat_with_epsilon(hypot(s.x0 * N - N / 2, s.y0 * N - N / 2), r, 0.75);
    length += hypot(s.x1 - s.x0, s.y1 - s.y0) * N;
  }
  g_assert_cmpfloat_with_epsilon(length / (2 * G_PI * r), 1, 0.06);
  g_assert_cmpfloat_with_epsilon(outline->left, 12.0 / N, 1e-6);
  g_assert_cmpfloat_with_epsilon(outline->bottom, 52.0 / N, 1e-6);
}

/* Each end of a segment is the end of exactly one other: the outline has no holes, also at the picture's edge. */
static void test_closed_outline(void)
{
  enum { N = 16 };
  static guint8 mask[N * N];
  for (int i = 0; i < N * N; i++)
    mask[i] = (i * 7 + i / N * 3) % 5 < 2;
  g_autoptr(SsgOutline) outline = ssg_outline_new(mask, N, 1);
  g_autoptr(SsgOutline) none = ssg_outline_new(mask, N, 9);
  g_assert_cmpint(none->n, ==, 0);
  g_assert_cmpint(outline->n, >, 0);
  for (int i = 0; i < outline->n; i++) {
    int partners = 0;
    for (int j = 0; j < outline->n; j++) {
      SsgSegment a = outline->segments[i], b = outline->segments[j];
      if (j != i)
        partners += (fabsf(a.x1 - b.x0) < 1e-5f && fabsf(a.y1 - b.y0) < 1e-5f) ||
                    (fabsf(a.x1 - b.x1) < 1e-5f && fabsf(a.y1 - b.y1) < 1e-5f);
    }
    g_assert_cmpint(partners, >=, 1);
  }
}

/* A crumb beside a large region and a hole in it are no outlines of their own; a part that is small as a whole is one. */
static void test_crumbs(void)
{
  enum { N = 64 };
  static guint8 mask[N * N];
  for (int y = 20; y < 44; y++)
    for (int x = 20; x < 44; x++)
      mask[y * N + x] = 1;
  g_autoptr(SsgOutline) clean = ssg_outline_new(mask, N, 1);
  mask[5 * N + 5] = mask[5 * N + 6] = 1; /* crumb */
  mask[30 * N + 30] = 0;                 /* hole */
  mask[60 * N + 60] = mask[60 * N + 61] = mask[61 * N + 60] = 2;
  g_autoptr(SsgOutline) outline = ssg_outline_new(mask, N, 1), small = ssg_outline_new(mask, N, 2);
  g_assert_cmpint(outline->n, ==, clean->n);
  g_assert_cmpfloat_with_epsilon(outline->left, 20.0 / N, 1e-6);
  g_assert_cmpfloat_with_epsilon(outline->right, 44.0 / N, 1e-6);
  g_assert_cmpint(small->n, >, 4);
  g_assert_cmpfloat_with_epsilon(small->right, 62.0 / N, 1e-6);
}

/* Twice the size, half the steps: large masks give the same outline as small ones. */
static void test_large_outline(void)
{
  enum { N = 256 };
  static guint8 mask[N * N], twice[4 * N * N];
  for (int i = 0; i < N * N; i++)
    mask[i] = hypot(i % N - 128, i / N - 120) < 70;
  for (int i = 0; i < 4 * N * N; i++)
    twice[i] = mask[(i / (2 * N) / 2) * N + i % (2 * N) / 2];
  g_autoptr(SsgOutline) one = ssg_outline_new(mask, N, 1), two = ssg_outline_new(twice, 2 * N, 1);
  g_assert_cmpint(one->n, ==, two->n);
  for (int i = 0; i < one->n; i++)
    g_assert_cmpfloat_with_epsilon(one->segments[i].x0, two->segments[i].x0, 1e-6);
}

/* What was shown at a point is shown at the moved point after growing about the anchor and moving. */
static void test_transform(void)
{
  SsgTransform start = { 1.25f, 0.1f, -0.2f };
  double ax = 0.3, ay = -0.4, dx = 0.2, dy = 0.05, factor = 1.6;
  SsgTransform end = ssg_transform_moved(start, dx, dy, factor, ax, ay);
  for (double x = -0.5; x <= 0.5; x += 0.25) {
    double y = 0.3 - x, nx = ax + factor * (x - ax) + dx, ny = ay + factor * (y - ay) + dy;
    g_assert_cmpfloat_with_epsilon(end.scale * nx + end.shift_x, start.scale * x + start.shift_x, 1e-5);
    g_assert_cmpfloat_with_epsilon(end.scale * ny + end.shift_y, start.scale * y + start.shift_y, 1e-5);
  }
  SsgTransform limited = ssg_transform_moved(start, 0, 0, 1000, 0, 0);
  g_assert_cmpfloat(limited.scale, ==, SSG_TRANSFORM_MIN_SCALE);
}

static void test_describe(void)
{
  SsgTransform start = ssg_transform_from_description(0.25, -0.5, 1.5);
  double dx, dy, size;
  ssg_transform_describe(start, &dx, &dy, &size);
  g_assert_cmpfloat_with_epsilon(dx, 0.25, 1e-6);
  g_assert_cmpfloat_with_epsilon(dy, -0.5, 1e-6);
  g_assert_cmpfloat_with_epsilon(size, 1.5, 1e-6);
  /* Moving right by hand is a positive horizontal position. */
  SsgTransform moved = ssg_transform_moved((SsgTransform) { 1, 0, 0 }, 0.5, 0, 1, 0, 0);
  ssg_transform_describe(moved, &dx, &dy, &size);
  g_assert_cmpfloat_with_epsilon(dx, 0.5, 1e-6);
}

/* Equal pixels stay, a ramp stays a ramp between its ends, an edge comes out the same from both sides, nothing wraps. */
static void test_enlarge(void)
{
  enum { SIZE = 9, MOST = SIZE * SSG_ENLARGE_MAX };
  guint8 flat[SIZE * SIZE * 4], ramp[SIZE * SIZE * 4], edge[SIZE * SIZE * 4];
  g_autofree guint8 *out = g_malloc(MOST * MOST * 4);
  for (int i = 0; i < SIZE * SIZE; i++)
    for (int c = 0; c < 4; c++) {
      flat[4 * i + c] = c == 3 ? 255 : 40 + 70 * c;
      ramp[4 * i + c] = c == 3 ? 255 : 16 * (c == 1 ? i / SIZE : i % SIZE);
      edge[4 * i + c] = c == 3 || i % SIZE > SIZE / 2 ? 255 : i % SIZE == SIZE / 2 ? 128 : 0;
    }
  for (int factor = 1; factor <= SSG_ENLARGE_MAX; factor++) {
    int side = SIZE * factor;
    ssg_enlarge(flat, SIZE, factor, out);
    for (int i = 0; i < side * side * 4; i++)
      g_assert_cmpint(out[i], ==, flat[i % 4]);
    ssg_enlarge(ramp, SIZE, factor, out);
    for (int y = 2 * factor; y < side - 2 * factor; y++)
      for (int x = 2 * factor; x < side - 2 * factor; x++) {
        const guint8 *pixel = out + 4 * (y * side + x);
        g_assert_cmpfloat_with_epsilon(pixel[0], 16 * ((x + 0.5) / factor - 0.5), 1);
        g_assert_cmpfloat_with_epsilon(pixel[1], 16 * ((y + 0.5) / factor - 0.5), 1);
        g_assert_cmpint(pixel[3], ==, 255);
      }
    ssg_enlarge(edge, SIZE, factor, out);
    for (int x = 0; x < side; x++) {
      g_assert_cmpint(ABS(out[4 * x] + out[4 * (side - 1 - x)] - 255), <=, 3);
      g_assert_cmpint(out[4 * x], ==, out[4 * (side * (side - 1) + x)]);
    }
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ui/viewport/fit", test_fit);
  g_test_add_func("/ui/viewport/zoom-keeps-point", test_zoom_keeps_point);
  g_test_add_func("/ui/viewport/never-lost", test_never_lost);
  g_test_add_func("/ui/outline/disc", test_disc_outline);
  g_test_add_func("/ui/outline/closed", test_closed_outline);
  g_test_add_func("/ui/outline/crumbs", test_crumbs);
  g_test_add_func("/ui/outline/large", test_large_outline);
  g_test_add_func("/ui/transform/moved", test_transform);
  g_test_add_func("/ui/transform/describe", test_describe);
  g_test_add_func("/ui/enlarge", test_enlarge);
  return g_test_run();
}
