/* Reading datasets: the public LMDB layouts (MODEL.md, "Dataset LMDB").
 *   masks   image-0000000 (JPEG or PNG), label-0000000 (PNG, class index per pixel), image-length, label-length
 *   images  {size}-{00000} (JPEG or PNG), length; several sizes may lie in one file
 * What this program writes has one more key, SSG_DATASET_INFO_KEY, which other readers never look at, and may have
 * further extra keys (attributes of drawn portraits, say).
 *
 * A dataset is immutable once open: any number of threads may read, no locks, no lock file, read-only media are fine.
 */
#pragma once

#include "engine/image.h"

typedef struct SsgDataset SsgDataset;

typedef enum {
  SSG_DATASET_MASKS, /* images with label maps */
  SSG_DATASET_IMAGES /* images alone */
} SsgDatasetKind;

/* Key of the JSON object that says more: "kind" ("masks", "images"), "size", "classes" (list of names, background
 * first), "colors" (list of "#rrggbb"), "source" (a sentence). Every member is optional. */
#define SSG_DATASET_INFO_KEY "ssgan-dataset"

#define SSG_DATASET_MAX_IMAGES 10000000 /* seven digits in the keys */

/* path: the folder with data.mdb, or that file. size: for image-only files with several sizes, the one wanted; 0 for
 * the largest. Every key from 0 to length - 1 must be there. Errors name the file and key. */
SsgDataset *ssg_dataset_open(const char *path, int size, GError **error);
SsgDataset *ssg_dataset_ref(SsgDataset *dataset);
/* NULL is allowed. */
void ssg_dataset_unref(SsgDataset *dataset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgDataset, ssg_dataset_unref)

const char *ssg_dataset_path(const SsgDataset *dataset);
SsgDatasetKind ssg_dataset_kind(const SsgDataset *dataset);
/* Number of images, at least 1. */
int ssg_dataset_length(const SsgDataset *dataset);
/* Edge of the images in pixels as the file's keys or its info say; 0 where they do not (then decode one). */
int ssg_dataset_size(const SsgDataset *dataset);
/* Class names, NULL-terminated, or NULL where the file has none. */
const char *const *ssg_dataset_class_names(const SsgDataset *dataset);
/* One 0xRRGGBB for each class name, or NULL where the file has none. */
const guint32 *ssg_dataset_class_colors(const SsgDataset *dataset);

/* The encoded file of image or label `index` (0 to length - 1), inside the mapped file: valid while the dataset is. The
 * label of an image-only set is NULL with *size 0. Never fails. */
const guint8 *ssg_dataset_image(const SsgDataset *dataset, int index, gsize *size);
const guint8 *ssg_dataset_label(const SsgDataset *dataset, int index, gsize *size);
/* Value of an extra key; NULL where there is none. */
const guint8 *ssg_dataset_extra(const SsgDataset *dataset, const char *key, gsize *size);

/* The key as stored ("image-0000003", "64-00003"), for messages. Free it. */
char *ssg_dataset_image_key(const SsgDataset *dataset, int index);
char *ssg_dataset_label_key(const SsgDataset *dataset, int index);

/* Decodes image `index` (RGB, the size it is stored in) and its label map (one channel). Errors name dataset and key.
 * The label of an image-only set is our own bug. */
SsgImage *ssg_dataset_decode_image(const SsgDataset *dataset, int index, GError **error);
SsgImage *ssg_dataset_decode_label(const SsgDataset *dataset, int index, GError **error);
