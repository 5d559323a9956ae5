/* Portraits a second on one core, by size and look. */
#include <glib.h>
#include <stdio.h>
#include "trainer/portraits/portrait.h"

static double rate(int size, SsgPortraitLook look, int count)
{
  guint8 *rgb = g_malloc((gsize) size * size * 3), *labels = g_malloc((gsize) size * size);
  gint64 start = g_get_monotonic_time();
  for (int i = 0; i < count; i++) {
    SsgPortrait portrait;
    ssg_portrait_sample(&portrait, 1, (guint64) i);
    if (!ssg_portrait_draw(&portrait, size, look, rgb, labels))
      g_error("drawing failed");
  }
  double seconds = (double) (g_get_monotonic_time() - start) * 1e-6;
  g_free(rgb);
  g_free(labels);
  return count / seconds;
}

int main(void)
{
  static const int sizes[] = {64, 128, 256, 512};
  printf("portraits a second on one core\n%-8s", "size");
  for (int look = 0; look < SSG_PORTRAIT_LOOKS; look++)
    printf("%8s", ssg_portrait_look_name((SsgPortraitLook) look));
  for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++) {
    printf("\n%-8d", sizes[s]);
    for (int look = 0; look < SSG_PORTRAIT_LOOKS; look++) {
      printf("%8.1f", rate(sizes[s], (SsgPortraitLook) look, 8192 / sizes[s]));
      fflush(stdout);
    }
  }
  printf("\n");
  return 0;
}
