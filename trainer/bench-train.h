/* `ssgan-trainer bench --train`: how fast training iterations run here, as a share of what the machine's convolutions reach. */
#pragma once

#include "engine/training.h"

enum { SSG_TRAIN_D, SSG_TRAIN_R1, SSG_TRAIN_G, SSG_TRAIN_PATH, SSG_TRAIN_LOCALITY, SSG_TRAIN_STEPS };

typedef struct {
  int batch, iterations;
  double seconds_per_kimg;  /* all iterations, regularisers in their rhythm */
  double step_ms[SSG_TRAIN_STEPS]; /* median; 0 where the settings have no such step */
  double gflops;            /* of products and convolutions, two per multiply-add */
  double conv_gflops;       /* on a CPU: what a 3x3 convolution reaches, median of what was measured between iterations; else 0 */
  double conv_share;        /* on a CPU: gflops beside that, see below; else 0 */
  double peak_mib;          /* device memory in use at the worst moment */
  double live_mib;          /* of it, parameters, optimisers, and what recorded graphs hold when the backward pass begins */
} SsgTrainBench;

typedef struct {
  const SsgArchitecture *arch;
  const SsgTrainingOptions *options;
  int batch, piece; /* images of an iteration, and of what is computed at once; batch is a multiple of piece */
  int iterations;   /* a multiple of the regularisers' intervals measures their true share */
} SsgTrainBenchSettings;

/* Trains random weights on random pictures, after one iteration that is not counted and has every kind of step.
 *
 * A machine that is shared runs at another speed a second later. So the convolution is timed before, between and after the
 * iterations, and each iteration's time counts in units of what its two neighbours say the machine could have done meanwhile. Of
 * iterations with the same steps the median is taken, as often as there are such; conv_share is the products done over that sum. */
gboolean ssg_bench_train(SsgContext *ctx, const SsgTrainBenchSettings *settings, SsgTrainBench *out, GError **error);
