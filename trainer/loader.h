/* Batches of training data, decoded on other threads ahead of the training loop.
 *
 * The order is a pure function of (seed, position), position counting all images that all ranks have consumed: image
 * `position` of a run is item ssg_shuffle_index(seed, length, position), augmented as (seed, position) says. So a run
 * resumes with the position alone, and one process with batch 32 sees the same as two with 16 each: rank r of n takes
 * images r, r + n, r + 2n ... of each global batch.
 */
#pragma once

#include "trainer/augment.h"
#include "trainer/dataset.h"

typedef struct SsgLoader SsgLoader;

typedef struct {
  int size;          /* R: images of another size are cropped to their centred square and scaled */
  int batch;         /* images in a global batch, a multiple of n_ranks */
  int rank, n_ranks; /* 0 and 1 for a single process */
  guint64 seed;
  guint64 position;          /* images consumed before the first batch; a multiple of batch */
  int n_classes;             /* labels from n_classes on are an error; 0: not checked */
  gboolean images_only;      /* leave out the label maps of a set that has them */
  const SsgAugment *augment; /* NULL: none. Copied; flip_labels must outlive the loader */
  int jobs;                  /* decoding threads, at least 1 */
  int depth;                 /* batches ahead, 1 to 16; 2 to 4 do */
  gsize cache_bytes;         /* keep decoded images (8 bit) when the whole set fits in this; 0: never */
} SsgLoaderOptions;

typedef struct {
  int n;                /* images of this rank: batch / n_ranks */
  guint64 position;     /* of the global batch's first image */
  const float *images;  /* [n, R, R, 3] in [-1, 1] */
  const guint8 *labels; /* [n, R, R] class indices; NULL without label maps */
  const int *indices;   /* [n] items in the dataset */
} SsgBatch;

/* Starts decoding at once. Keeps a reference to dataset. Errors: SSG_ERROR_ARGUMENT for options that cannot be. */
SsgLoader *ssg_loader_new(SsgDataset *dataset, const SsgLoaderOptions *options, GError **error);
/* Stops the threads. NULL is allowed. */
void ssg_loader_free(SsgLoader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgLoader, ssg_loader_free)

/* The next batch, waiting for it if need be, signals or not: a run stops between iterations, where its state can be saved, and all
 * processes of a run agree on where. One thread. Valid until the next call. NULL with error set when an image of it does not decode
 * (names the key; the first in the order of the batch); the loader is of no more use then. */
const SsgBatch *ssg_loader_next(SsgLoader *loader, GError **error);

/* Seconds that next() spent waiting since the start: decoding that did not keep up. */
double ssg_loader_waited(const SsgLoader *loader);
/* Whether decoded images are kept, and the bytes that takes in the end. */
gsize ssg_loader_cache_bytes(const SsgLoader *loader);
