/* A training run's state as a file: everything that the next iteration depends on, to the bit. Safetensors with
 *   g.NAME, g_ema.NAME, d.NAME      parameters under the public names, channels last, f32 (model-file.h reads g_ema and g)
 *   g_optim.exp_avg ... d_optim.exp_avg_sq   Adam's moments, each one block in the order of the parameters
 *   checksums                       see checksums.h; files of older versions have none
 * and metadata: format "ssgan-training", version, architecture, iteration, images, path_mean and, of
 * runs in f16, gradient_scale (hexadecimal floats), g_steps, d_steps, and what the caller adds (config ...). Random numbers and data order are functions of seed and position, and
 * need no state. */
#pragma once

#include "engine/training.h"

typedef struct {
  gint64 iteration; /* done */
  gint64 images;    /* shown to the discriminator */
} SsgTrainingProgress;

/* extra: further metadata (char * -> char *), or NULL. Atomic. */
gboolean ssg_training_save(SsgTraining *t, const char *path, const SsgTrainingProgress *progress, GHashTable *extra,
                           GError **error);
/* Fills t, which has the file's architecture (else SSG_ERROR_SHAPE). extra (or NULL) receives all metadata; free with
 * g_hash_table_unref(). */
gboolean ssg_training_load(SsgTraining *t, const char *path, SsgTrainingProgress *progress, GHashTable **extra, GError **error);
/* Reads a state's file to its end: FALSE for what is none, or damaged. arch receives the architecture in its metadata. */
gboolean ssg_training_check(const char *path, SsgArchitecture *arch, GError **error);
/* Starts from any file that holds a generator (a model, a training state, a public checkpoint), of t's architecture or of another
 * (transfer.h): parameters of g and g_ema (the one that is there stands for a missing other), and of d where the file has one
 * (*has_d TRUE). Optimisers stay as they are. Returns what was taken over and what was not, a line for each network; free it. */
char *ssg_training_start_from(SsgTraining *t, const char *path, gboolean *has_d, GError **error);
/* The discriminator in a file that ssg_training_start_from() would read; SSG_ERROR_ARGUMENT where it has none. */
SsgDiscriminator *ssg_training_read_discriminator(SsgContext *ctx, const char *path, GError **error);
/* Goes on from a public checkpoint with g, d and perhaps optimiser states: what is there is taken, what is not stays as it is.
 * found: SsgCheckpointSections that the file has. */
gboolean ssg_training_load_public(SsgTraining *t, const char *path, guint *found, GError **error);
