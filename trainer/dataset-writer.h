/* Writing datasets in the public LMDB layouts (trainer/dataset.h reads them). Everything goes into a temporary folder
 * beside the target, which finish() flushes to disk and renames: a dataset is whole or not there.
 * One thread makes, uses and frees a writer. */
#pragma once

#include <glib.h>
#include "trainer/dataset.h"

typedef struct SsgDatasetWriter SsgDatasetWriter;

/* path: a folder that does not exist yet (or is empty); its parent must exist. size: edge of the images in pixels. */
SsgDatasetWriter *ssg_dataset_writer_new(const char *path, SsgDatasetKind kind, int size, GError **error);
/* Without finish() before it, everything written is removed. NULL is allowed. */
void ssg_dataset_writer_free(SsgDatasetWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgDatasetWriter, ssg_dataset_writer_free)

/* Adds image `index` (in any order, each once): an encoded JPEG or PNG and, for SSG_DATASET_MASKS, the PNG of its label
 * map; else label is NULL. */
gboolean ssg_dataset_writer_add(SsgDatasetWriter *writer, int index, const guint8 *image, gsize image_size,
                                const guint8 *label, gsize label_size, GError **error);
/* Adds an extra key, which must not look like one of the layout's own. At most 511 bytes of key. */
gboolean ssg_dataset_writer_add_extra(SsgDatasetWriter *writer, const char *key, const void *data, gsize size,
                                      GError **error);
/* What the info key shall say; names is NULL-terminated, colors has as many; each may be NULL. Copied. */
void ssg_dataset_writer_set_classes(SsgDatasetWriter *writer, const char *const *names, const guint32 *colors);
void ssg_dataset_writer_set_source(SsgDatasetWriter *writer, const char *sentence);

/* Writes counts and info, flushes, renames. Indices 0 to count - 1 must all have been added. After an error only free()
 * is allowed. */
gboolean ssg_dataset_writer_finish(SsgDatasetWriter *writer, GError **error);
