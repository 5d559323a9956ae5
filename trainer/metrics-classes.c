#include "trainer/metrics-classes.h"

#include "trainer/mask-support.h"

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

#define GRID 64

SsgClassStrays ssg_class_strays(const SsgPictures *real, const SsgPictures *pictures, int n_classes)
{
  int size = real->size, h = size % GRID == 0 ? GRID : size, cell = size / h, least = ssg_class_least_pixels(size);
  gsize area = (gsize) size * size;
  g_autofree double *counts = g_new0(double, (gsize) n_classes * h * h);
  SsgClassStrays strays = {0};

  ssg_mask_support_count(real->labels, real->n, size, n_classes, h, counts);
  g_autofree guint8 *supported = ssg_mask_support_find(counts, real->n, n_classes, h);
  for (int i = 0; i < pictures->n; i++) {
    int out[SSG_MAX_PARTS] = {0}, all = 0;
    for (gsize p = 0; p < area; p++) {
      int k = pictures->labels[area * i + p];
      gboolean stray = !supported[((gsize) k * h + p / size / cell) * h + p % size / cell];
      out[k] += stray;
      all += stray;
    }
    for (int k = 0; k < n_classes; k++)
      strays.classes[k] += (out[k] >= least) / (double) pictures->n;
    strays.any += (all >= least) / (double) pictures->n;
  }
  return strays;
}
