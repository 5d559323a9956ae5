/* `ssgan-trainer bench --train`: how fast training iterations run here, as a share of what the machine's convolutions reach. */
#pragma once

#include "engine/training.h"

enum { SSG_TRAIN_D, SSG_TRAIN_R1, SSG_TRAIN_G, SSG_TRAIN_PATH, SSG_TRAIN_LOCALITY, SSG_TRAIN_STEPS };

typedef struct {
  int batch, iterations;
  double seconds_per_kimg;  /* all iterations, regularisers in their rhythm */
  double step_ms[SSG_TRAIN_STEPS]; /* median; 0 where the settings have no such step */
  double gflops;            /* of products and convolutions, two per multiply-add */
  double peak_mib;          /* device memory in use at the worst moment */
  double live_mib;          /* of it, parameters, optimisers, and what recorded graphs hold when the backward pass begins */
} SsgTrainBench;

typedef struct {
  const SsgArchitecture *arch;
  const SsgTrainingOptions *options;
  int batch, piece; /* images of an iteration, and of what is computed at once; batch is a multiple of piece */
  int iterations;   /* a multiple of the regularisers' intervals measures their true share */
} SsgTrainBenchSettings;

/* Trains random weights on random pictures, after one iteration that is not counted and has every kind of step. */
gboolean ssg_bench_train(SsgContext *ctx, const SsgTrainBenchSettings *settings, SsgTrainBench *out, GError **error);
