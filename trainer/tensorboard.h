/* TensorBoard event files: scalars and pictures beside a run, readable with `tensorboard --logdir runs`. The format is
 * TFRecord (length, checksum, data, checksum) around protocol buffers of the Event message; both are small enough to
 * write by hand. One thread at a time. */
#pragma once

#include "engine/image.h"

typedef struct SsgTensorboard SsgTensorboard;

/* Starts a new event file in `folder`, which exists. first_step > 0 (a resumed run) tells TensorBoard to forget what an
 * earlier file of the folder says about steps from there on. */
SsgTensorboard *ssg_tensorboard_open(const char *folder, gint64 first_step, GError **error);
/* Flushes and closes; NULL is allowed. */
void ssg_tensorboard_close(SsgTensorboard *board);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgTensorboard, ssg_tensorboard_close)

/* Adds scalars at `step` (images seen); tag i ("loss/d") has value i, which may be NaN or infinite. Flushed at once. */
gboolean ssg_tensorboard_add_scalars(SsgTensorboard *board, gint64 step, int n, const char *const *tags,
                                     const double *values, GError **error);
/* Adds a picture, stored as PNG. */
gboolean ssg_tensorboard_add_image(SsgTensorboard *board, gint64 step, const char *tag, const SsgImage *image,
                                   GError **error);

const char *ssg_tensorboard_path(const SsgTensorboard *board);
