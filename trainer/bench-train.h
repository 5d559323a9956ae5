/* `ssgan-trainer bench --train`: how fast training iterations run here, as a share of what the machine's convolutions reach. */
#pragma once

#include "engine/training.h"

typedef struct {
  int batch, iterations;
  double seconds_per_kimg;  /* all iterations, regularisers in their published rhythm */
  double step_ms[4];        /* median of a D, R1, G and path step */
  double gflops;            /* of products and convolutions, two per multiply-add */
  double peak_mib;          /* device memory in use at the worst moment */
  double live_mib;          /* of it, parameters, optimisers, and what recorded graphs hold when the backward pass begins */
} SsgTrainBench;

/* Trains random weights on random pictures for `iterations` (a multiple of the regularisers' intervals measures their true share). */
gboolean ssg_bench_train(SsgContext *ctx, const SsgArchitecture *arch, int batch, int iterations, SsgTrainBench *out,
                         GError **error);
