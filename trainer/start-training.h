/* What the commands that train have in common, once each has made up its configuration. */
#pragma once

#include "trainer/command.h"
#include "trainer/train.h"

/* Where a run begins. Without a snapshot: at config->init, and without that at random weights. */
typedef struct {
  char *snapshot;   /* training state or public checkpoint to go on with, or NULL; owned */
  gboolean public;  /* it is a public checkpoint */
  char *run;        /* folder to go on in, or NULL: a new one is made; owned */
  SsgRunLock *lock; /* of run, on process 0; owned */
  gint64 done;      /* iterations of a snapshot of ours */
  char *skipped;    /* warnings about snapshots that were passed over, a line each, or NULL; owned */
  char *edits;      /* warning about a config.json that says otherwise than the snapshot, or NULL; owned */
} SsgTrainStart;

void ssg_train_start_clear(SsgTrainStart *start);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SsgTrainStart, ssg_train_start_clear)

/* A discriminator for an architecture of a file that says nothing of one: the render net's channels, mirrored. */
void ssg_train_add_discriminator(SsgArchitecture *arch);

/* A model to start from may be given as a run's folder: *path, then, becomes its newest good snapshot, the same on all processes (which
 * all call it). FALSE: the folder has none; error is set on process 0. */
gboolean ssg_train_find_model(SsgWorkers *workers, char **path, GError **error);

/* Joins the processes of the run; then prepare() fills config and start (every process calls it, with dry_run below), and, when all are
 * ready:
 * With dry_run says on stdout what would be trained and what it takes here, after looking at data and device as a run would.
 * Otherwise makes the state, opens the data, makes or reopens the run folder (rank 0 alone) with config.json, and trains.
 * data_hint: what --data is and where it comes from, for when it is missing.
 * Returns the exit code, after reporting what went wrong; a file that fails once a run has started is no bad input but a failed run (a
 * full disk). */
typedef gboolean (*SsgTrainPrepare)(SsgWorkers *workers, gboolean dry_run, SsgTrainConfig *config, SsgTrainStart *start, gpointer data,
                                    GError **error);
int ssg_train_start(SsgTrainPrepare prepare, gpointer data, gboolean dry_run, const SsgCommonOptions *common, const char *command,
                    const char *data_hint);
