/* The random numbers of a training run as a function of (seed, iteration, step, sample), so that runs can be resumed and split among
 * processes. */
#pragma once

#include "engine/training.h"

typedef enum { SSG_DRAW_D, SSG_DRAW_G, SSG_DRAW_PATH, SSG_DRAW_LOCALITY } SsgDrawPurpose;

/* Codes, mixing and noise streams of n samples: sample i is number first + i * step of the iteration's batch. For
 * SSG_DRAW_LOCALITY the mix changes shape or texture of one part, whatever mixing is. Free the whole with ssg_draws_free(). */
SsgDraw *ssg_draws_new(const SsgArchitecture *arch, double mixing, guint64 seed, gint64 iteration, SsgDrawPurpose purpose,
                       int n, int first, int step);
void ssg_draws_free(SsgDraw *draw);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgDraw, ssg_draws_free)
