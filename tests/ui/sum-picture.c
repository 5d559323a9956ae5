/* The sum that ui/report.h has of the picture on the canvas, of a picture in a file: what was exported is what was seen.
 * Usage: sum-picture picture|mask FILE.png   Of an animation, its first picture. */
#include <string.h>
#include "engine/image.h"

int main(int argc, char **argv)
{
  if (argc != 3) {
    g_printerr("usage: sum-picture picture|mask FILE.png\n");
    return 2;
  }
  gboolean mask = strcmp(argv[1], "mask") == 0;
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgImage) image = ssg_image_load(argv[2], mask ? SSG_IMAGE_LABEL : SSG_IMAGE_RGB, NULL, &error);
  if (!image) {
    g_printerr("sum-picture: %s\n", error->message);
    return 1;
  }
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);
  for (gsize i = 0; i < (gsize) image->width * (gsize) image->height; i++)
    if (mask)
      g_checksum_update(sum, image->pixels + i, 1);
    else
      g_checksum_update(sum, (const guchar[]) {image->pixels[3 * i], image->pixels[3 * i + 1], image->pixels[3 * i + 2], 255}, 4);
  g_print("%s\n", g_checksum_get_string(sum));
  return 0;
}
