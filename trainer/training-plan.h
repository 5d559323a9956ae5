/* What `--dry-run` says: what would be trained, and what it takes on this machine. */
#pragma once

#include "trainer/train-config.h"

/* Prints on stdout the architecture, parameters, the split of a batch, memory and time. Where an iteration does not take long it is
 * tried on ctx; else the time follows from what a convolution reaches there. data: what there is to learn from, one line, or NULL. done: iterations that a
 * resumed run has behind it, else 0. */
gboolean ssg_training_plan_print(const SsgTrainConfig *config, SsgContext *ctx, const char *data, gint64 done, GError **error);
