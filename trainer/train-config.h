/* What a training run is told: architecture, data, losses, lengths. One table describes every option; command lines, config files and
 * the config.json that a run writes are all made from it. */
#pragma once

#include <json-glib/json-glib.h>

#include "engine/training.h"
#include "trainer/command.h"

typedef struct {
  char *preset;          /* name the architecture came from; "" for one of a file */
  SsgArchitecture arch;
  SsgTrainingOptions options;
  char *data;            /* dataset folder */
  char *out;             /* parent of run directories */
  char *name;            /* of the run; "" : the preset's */
  char *init;            /* model that the parameters start from (transfer.h); "": random weights */
  double depth_scale;    /* of what init gives, see ssg_generator_scale_depth() */
  char *part_from;       /* "earring=ear", or "": of what init gives, see ssg_generator_begin_part() */
  int batch;             /* images of one iteration over all processes */
  int micro_batch;       /* images computed at once by one process; 0: see ssg_train_config_piece() */
  gint64 iterations;     /* the run ends after so many */
  gint64 d_warmup;       /* the first so many iterations have no generator step */
  gint64 lr_cooldown;    /* over the last so many of them the rate falls linearly from options.lr to 0; 0: it does not */
  guint64 seed;
  double mixing;         /* probability of style mixing */
  gboolean flip;         /* mirror pictures */
  double augment, shift, scale, rotate; /* SsgAugment */
  int stats_every, grid_every, metrics_every, snapshot_every; /* iterations */
  int keep;              /* newest snapshots kept; 0: all */
  int jobs;              /* decoding threads */
} SsgTrainConfig;

/* The settings of a preset: published ones for public-*, scaled down with resolution and batch for the small ones (R1 and mask
 * weight hold a small discriminator back otherwise). FALSE and SSG_ERROR_ARGUMENT with the presets' names for another. */
gboolean ssg_train_config_preset(SsgTrainConfig *config, const char *preset, GError **error);
void ssg_train_config_clear(SsgTrainConfig *config);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SsgTrainConfig, ssg_train_config_clear)

/* A command line's options: entries for ssg_command_parse() that collect texts, and applying those to a config. Only options that
 * were given are applied. */
typedef struct _SsgTrainArguments SsgTrainArguments;
SsgTrainArguments *ssg_train_arguments_new(void);
void ssg_train_arguments_free(SsgTrainArguments *arguments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgTrainArguments, ssg_train_arguments_free)
/* Appends the entries to array (of GOptionEntry). except: names of options that the command does not take, or NULL. */
void ssg_train_arguments_entries(SsgTrainArguments *arguments, GArray *entries, const char *const *except);
/* Sets what was given; "--batch: 0 is not between 1 and 65536" otherwise. What was given and would change nothing is an error too. */
gboolean ssg_train_arguments_apply(const SsgTrainArguments *arguments, SsgTrainConfig *config, GError **error);
/* That what was given agrees with the options that all commands share. */
gboolean ssg_train_arguments_check(const SsgTrainArguments *arguments, const SsgCommonOptions *common, GError **error);

/* Whether the command line has the option ("batch", "channel-multiplier"). */
gboolean ssg_train_arguments_given(const SsgTrainArguments *arguments, const char *name);

/* Reads a config file (config.json of a run, or one written by hand with any of its members) over config. A member "preset" starts
 * from that preset; "architecture" changes those members of the architecture that it names, or replaces it when it names all. */
gboolean ssg_train_config_read(SsgTrainConfig *config, const char *path, GError **error);
gboolean ssg_train_config_parse(SsgTrainConfig *config, const char *text, const char *source, GError **error);
/* Names of the members that two configurations differ in, "batch, lr"; "" where they say the same. Free it. */
char *ssg_train_config_differences(const SsgTrainConfig *a, const SsgTrainConfig *b);
/* The whole as indented JSON. Free it. */
char *ssg_train_config_to_json(const SsgTrainConfig *config);
/* Images computed at once by a process whose share of the batch this is. Without micro_batch: on the CPU 4, one set of the minibatch
 * standard deviation: as fast as more, in a quarter of a batch of 16's memory, and the same bits on any number of processes; on a GPU
 * all, for small pieces do not fill it. */
int ssg_train_config_piece(const SsgTrainConfig *config, int share, gboolean on_host);
/* What a person should know of that number, "warning: ...", or NULL. Free it. */
char *ssg_train_config_warning(const SsgTrainConfig *config, int share, gboolean on_host);
/* That the options agree with each other (batch, discriminator sets). n_ranks: processes. */
gboolean ssg_train_config_check(const SsgTrainConfig *config, int n_ranks, GError **error);
