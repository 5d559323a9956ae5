/* Sets of pictures that the metrics compare: generated ones and real ones, all of one size, in host memory
 * (3 or 4 bytes a pixel). */
#pragma once

#include "engine/session.h"
#include "trainer/dataset.h"
#include "trainer/progress.h"

typedef struct {
  int n, size;    /* pictures, pixels a side (R) */
  guint8 *rgb;    /* [n, R, R, 3] */
  guint8 *labels; /* [n, R, R] class indices; NULL without masks */
} SsgPictures;

/* Uninitialised. NULL with SSG_ERROR_MEMORY when it does not fit. n, size >= 1. */
SsgPictures *ssg_pictures_new(int n, int size, gboolean labels, GError **error);
void ssg_pictures_free(SsgPictures *pictures); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgPictures, ssg_pictures_free)

/* Two disjoint sets of n pictures of the data, in a random order of `seed`: first and second (transfer full). Pictures
 * of another size are cropped to their centred square and scaled. Needs 2 n <= length (SSG_ERROR_ARGUMENT). A label
 * from n_classes on is an error that names its key. Decodes on `jobs` threads; progress (may be NULL) gains 2 n. */
gboolean ssg_pictures_from_data(SsgDataset *dataset, int n, int size, int n_classes, guint64 seed, int jobs,
                                SsgProgress *progress, SsgPictures **first, SsgPictures **second, GError **error);

/* The faces of seeds seed, seed + 1 ... seed + n - 1 (ssg_model_sample) with truncation psi, as an editor shows them:
 * stored noise, 8 bits, argmax masks. progress (may be NULL) gains n. On the session's thread. */
SsgPictures *ssg_pictures_from_model(SsgSession *session, int n, guint64 seed, float psi, SsgProgress *progress,
                                     GError **error);
