/* What the commands that train have in common, once each has made up its configuration. */
#pragma once

#include "trainer/command.h"
#include "trainer/train.h"

/* Where a run begins. Without a snapshot: at config->init, and without that at random weights. */
typedef struct {
  char *snapshot;  /* training state or public checkpoint to go on with, or NULL; owned */
  gboolean public; /* it is a public checkpoint */
  char *run;       /* folder to go on in, or NULL: a new one is made; owned */
} SsgTrainStart;

void ssg_train_start_clear(SsgTrainStart *start);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SsgTrainStart, ssg_train_start_clear)

/* A discriminator for an architecture of a file that says nothing of one: the render net's channels, mirrored. */
void ssg_train_add_discriminator(SsgArchitecture *arch);

/* With dry_run: says on stdout what would be trained (architecture, parameters, estimated memory and operations). Otherwise joins the
 * other processes of the run, makes the state, opens the data, makes or reopens the run folder (rank 0 alone) with config.json, and
 * trains. data_hint: what --data is and where it comes from, for when it is missing.
 * Returns the exit code, after reporting what went wrong; a file that fails once a run has started is no bad input but a failed run (a
 * full disk). */
int ssg_train_start(const SsgTrainConfig *config, const SsgTrainStart *start, gboolean dry_run, const SsgCommonOptions *common,
                    const char *command, const char *data_hint);
