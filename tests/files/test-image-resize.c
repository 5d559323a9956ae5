#include <math.h>
#include <string.h>

#include "engine/error.h"
#include "engine/image-resize.h"
#include "tests/files/files-test.h"

static SsgImage *pattern(int width, int height, int channels)
{
  SsgImage *image = ssg_image_new(width, height, channels, NULL);
  for (int i = 0; i < width * height * channels; i++)
    image->pixels[i] = (guint8) (i * 7919 >> 3);
  return image;
}

static double window(double x)
{
  if (fabs(x) >= 3)
    return 0;
  return x == 0 ? 1 : 3 * sin(G_PI * x) * sin(G_PI * x / 3) / (G_PI * G_PI * x * x);
}

/* The definition, two-dimensional and in double: every input pixel weighted by the window at its distance. */
static double oracle(const SsgImage *image, int width, int height, int x, int y, int c)
{
  double sx = (double) image->width / width, sy = (double) image->height / height, sum = 0, weights = 0;
  for (int j = 0; j < image->height; j++)
    for (int i = 0; i < image->width; i++) {
      double w = window((i + 0.5 - (x + 0.5) * sx) / fmax(sx, 1)) * window((j + 0.5 - (y + 0.5) * sy) / fmax(sy, 1));
      weights += w;
      sum += w * image->pixels[(j * image->width + i) * image->channels + c];
    }
  return fmin(fmax(sum / weights, 0), 255);
}

static void test_lanczos(void)
{
  static const int sizes[][4] = {{17, 11, 8, 5}, {9, 13, 20, 31}, {16, 16, 1, 1}, {1, 1, 7, 3}, {12, 30, 30, 12}};
  for (guint k = 0; k < G_N_ELEMENTS(sizes); k++) {
    int w = sizes[k][2], h = sizes[k][3], channels = k % 2 ? 1 : 3;
    g_autoptr(SsgImage) image = pattern(sizes[k][0], sizes[k][1], channels);
    g_autoptr(SsgImage) out = ssg_image_resize(image, w, h, SSG_RESAMPLE_LANCZOS, NULL);
    g_assert_true(out->width == w && out->height == h && out->channels == channels);
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++)
        for (int c = 0; c < channels; c++)
          g_assert_cmpfloat(fabs(out->pixels[(y * w + x) * channels + c] - oracle(image, w, h, x, y, c)), <=, 0.51);
  }
}

static void test_flat_and_alpha(void)
{
  /* A flat picture stays flat, to the byte. */
  g_autoptr(SsgImage) flat = ssg_image_new(37, 23, 3, NULL);
  memset(flat->pixels, 201, 37 * 23 * 3);
  g_autoptr(SsgImage) small = ssg_image_resize(flat, 10, 50, SSG_RESAMPLE_LANCZOS, NULL);
  for (int i = 0; i < 10 * 50 * 3; i++)
    g_assert_cmpint(small->pixels[i], ==, 201);
  /* The colour of transparent pixels does not bleed into others. */
  g_autoptr(SsgImage) half = ssg_image_new(32, 8, 4, NULL);
  for (int i = 0; i < 32 * 8; i++)
    memcpy(half->pixels + i * 4, i % 32 < 16 ? "\xff\0\0\xff" : "\0\xff\0\0", 4);
  g_autoptr(SsgImage) blurred = ssg_image_resize(half, 7, 3, SSG_RESAMPLE_LANCZOS, NULL);
  for (int i = 0; i < 7 * 3; i++) {
    const guint8 *p = blurred->pixels + i * 4;
    g_assert_true(p[3] == 0 || (p[0] == 255 && p[1] == 0));
  }
  g_assert_cmpint(blurred->pixels[3], ==, 255);
}

static void test_nearest(void)
{
  g_autoptr(SsgImage) image = pattern(5, 4, 1);
  g_autoptr(SsgImage) out = ssg_image_resize(image, 13, 3, SSG_RESAMPLE_NEAREST, NULL);
  for (int y = 0; y < 3; y++)
    for (int x = 0; x < 13; x++) {
      int from_x = (int) floor((x + 0.5) * 5 / 13), from_y = (int) floor((y + 0.5) * 4 / 3);
      g_assert_cmpint(out->pixels[y * 13 + x], ==, image->pixels[from_y * 5 + from_x]);
    }
}

static void test_crop(void)
{
  g_autoptr(SsgImage) image = pattern(9, 4, 3);
  g_autoptr(SsgImage) centre = ssg_image_crop_centre(image, NULL);
  g_assert_true(centre->width == 4 && centre->height == 4);
  for (int y = 0; y < 4; y++)
    g_assert_cmpmem(centre->pixels + y * 12, 12, image->pixels + (y * 9 + 2) * 3, 12);
  g_autoptr(GError) error = NULL;
  static const int bad[][4] = {{-1, 0, 2, 2}, {0, 0, 10, 1}, {8, 0, 2, 1}, {0, 3, 1, 2}, {0, 0, 0, 1}, {G_MAXINT, 0, 1, 1}};
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_assert_null(ssg_image_crop(image, bad[i][0], bad[i][1], bad[i][2], bad[i][3], &error));
    g_assert_true(g_error_matches(error, SSG_ERROR, SSG_ERROR_ARGUMENT));
    check_error(&error, "lies outside");
  }
  g_assert_null(ssg_image_resize(image, 0, 5, SSG_RESAMPLE_LANCZOS, &error));
  check_error(&error, "cannot be resized to 0 x 5");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/image-resize/lanczos", test_lanczos);
  g_test_add_func("/image-resize/flat-and-alpha", test_flat_and_alpha);
  g_test_add_func("/image-resize/nearest", test_nearest);
  g_test_add_func("/image-resize/crop", test_crop);
  int status = g_test_run();
  files_test_finish();
  return status;
}
