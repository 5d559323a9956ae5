#include "trainer/metrics-classes.h"

int ssg_class_least_pixels(int size)
{
  return (size * size + 4095) / 4096;
}

SsgClassShares ssg_class_shares(const SsgPictures *const *sets, int n_sets, int n_classes)
{
  guint64 pixels[SSG_MAX_PARTS] = {0}, images[SSG_MAX_PARTS] = {0}, all_pixels = 0, all_images = 0;
  SsgClassShares shares = {0};
  for (int s = 0; s < n_sets; s++) {
    gsize area = (gsize) sets[s]->size * sets[s]->size;
    guint64 least = ssg_class_least_pixels(sets[s]->size);
    for (int i = 0; i < sets[s]->n; i++) {
      guint64 count[256] = {0};
      for (gsize p = 0; p < area; p++)
        count[sets[s]->labels[area * i + p]]++;
      for (int k = 0; k < n_classes; k++) {
        pixels[k] += count[k];
        images[k] += count[k] >= least;
      }
    }
    all_pixels += area * sets[s]->n;
    all_images += sets[s]->n;
  }
  for (int k = 0; k < n_classes && all_images; k++) {
    shares.pixels[k] = pixels[k] / (double) all_pixels;
    shares.images[k] = images[k] / (double) all_images;
  }
  return shares;
}
