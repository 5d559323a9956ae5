/* The training loop: data in, iterations as MODEL.md's table orders them, statistics, sample sheets, snapshots; stops on signals, on
 * repeated non-finite losses, and at the end. What state it is in is SsgTraining's; this drives it. */
#pragma once

#include "engine/training-state.h"
#include "trainer/run-directory.h"
#include "trainer/train-config.h"
#include "trainer/workers.h"

typedef struct _SsgTrainer SsgTrainer;

/* workers: the processes of the run, this one among them; kept, not owned. config is copied by value and must outlive the trainer. */
SsgTrainer *ssg_trainer_new(SsgContext *ctx, const SsgTrainConfig *config, SsgWorkers *workers, GError **error);
void ssg_trainer_free(SsgTrainer *trainer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgTrainer, ssg_trainer_free)

SsgTraining *ssg_trainer_training(SsgTrainer *trainer);
SsgTrainingProgress *ssg_trainer_progress(SsgTrainer *trainer);

/* Goes on from a snapshot. */
gboolean ssg_trainer_load(SsgTrainer *trainer, const char *snapshot, GError **error);
/* Opens the dataset and starts decoding where the progress stands; before ssg_trainer_run(). report: see training-data.h; free it. */
gboolean ssg_trainer_open_data(SsgTrainer *trainer, char **report, GError **error);
/* Runs until config->iterations. run: NULL on ranks other than 0. SSG_ERROR_CANCELLED after a signal (the state is saved by then);
 * SSG_ERROR_FAILED-like errors name the last good snapshot. */
gboolean ssg_trainer_run(SsgTrainer *trainer, SsgRunDirectory *run, gboolean quiet, GError **error);
