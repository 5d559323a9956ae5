/* Reading every entry of a dataset, on all cores: what `data check` and `data stats` report. */
#pragma once

#include "trainer/dataset.h"

#define SSG_SCAN_MAX_PROBLEMS 20 /* that are kept as text */

typedef struct {
  int width, height, count;
} SsgScanSize;

typedef struct {
  int n_images;                      /* scanned */
  int n_classes;                     /* as given, or as the dataset's names say, else the largest label + 1 */
  guint64 image_bytes, label_bytes;  /* encoded */
  guint64 label_pixels[256];         /* pixels of each label value, over all maps that decode */
  int label_images[256];             /* maps that hold the value */
  guint64 total_pixels;              /* of all label maps */
  GArray *image_sizes, *label_sizes; /* SsgScanSize, the most frequent first */
  GPtrArray *problems;               /* char *: the first SSG_SCAN_MAX_PROBLEMS, in order, each naming its key */
  int n_problems;
} SsgDatasetScan;

/* n_classes: labels allowed are 0 to n_classes - 1; 0: as many as the dataset has names, or anything where it has none.
 * Problems are: what does not decode, what is not square or not of the size that most have, a label map of another size
 * than its image, labels out of range. NULL only when interrupted. */
SsgDatasetScan *ssg_dataset_scan(SsgDataset *dataset, int n_classes, int jobs, gboolean quiet, GError **error);
void ssg_dataset_scan_free(SsgDatasetScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgDatasetScan, ssg_dataset_scan_free)
