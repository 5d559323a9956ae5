/* Portraits a second on one core, by size and look. Processor time, so that other work on the machine does not count.
 */
#include <glib.h>
#include <stdio.h>
#include <time.h>
#include "trainer/portraits/portrait.h"

static double cpu_seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static double rate(int size, SsgPortraitLook look, int count)
{
  guint8 *rgb = g_malloc((gsize) size * size * 3), *labels = g_malloc((gsize) size * size);
  double start = cpu_seconds();
  for (int i = 0; i < count; i++) {
    SsgPortrait portrait;
    ssg_portrait_sample(&portrait, 1, (guint64) i);
    if (!ssg_portrait_draw(&portrait, size, look, rgb, labels))
      g_error("drawing failed");
  }
  double seconds = cpu_seconds() - start;
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
