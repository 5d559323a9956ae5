/* The commands that train, and what they share. */
#pragma once

#include "trainer/command.h"
#include "trainer/train.h"

extern const SsgCommand ssg_command_train;
extern const SsgCommand ssg_command_finetune;

/* Architecture, parameters, estimated memory and operations of a run, for --dry-run. On stdout. */
void ssg_train_print_plan(const SsgTrainConfig *config);

/* Ends all processes of a run that cannot go on, after saying why: MPI kills without waiting for anybody's last words. Returns when
 * there is one process. */
void ssg_train_abort(SsgWorkers *workers, const GError *error);

/* A file that fails once a run has started is no bad input but a failed run (a full disk). */
int ssg_train_exit_code(int exit_code, gboolean started);

/* What both do once the state is made: opens the data (then sets *started), makes or reopens (resume: its path, or NULL) the run folder on rank 0, writes config.json, logs
 * message, and trains. */
gboolean ssg_train_run(SsgTrainer *trainer, SsgWorkers *workers, const SsgTrainConfig *config, const char *resume,
                       const char *message, gboolean quiet, gboolean *started, GError **error);
