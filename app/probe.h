/* Numbers under the pointer: depth, weight and coarse mask of every part at one place of a picture. Pure, any thread. */
#pragma once

#include "engine/session.h"

typedef struct {
  int part;
  float depth;  /* pseudo-depth d_k before the softmax (MODEL.md step 5) */
  float weight; /* feature weight (step 6); 0 for hidden parts */
  float mask;   /* coarse mask m_k in [0, 1] */
} SsgProbePart;

typedef struct {
  int x, y;               /* pixel of the picture */
  int coarse_x, coarse_y; /* cell of the coarse maps, [0, h) */
  int part;               /* class in the mask */
  guint8 r, g, b;
  int n_parts;
  SsgProbePart *parts;    /* n_parts, largest weight first */
} SsgProbe;

/* x, y in [0, 1] of the picture (right and down). NULL outside. Maps are read at the nearest cell, not interpolated: what is
 * shown is a number that the model computed. */
SsgProbe *ssg_probe_new(const SsgRender *render, double x, double y);
void ssg_probe_free(SsgProbe *probe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgProbe, ssg_probe_free)
/* Bit k: part k covers some of the picture. */
guint64 ssg_probe_parts_drawn(const SsgRender *render);
/* "hair d = 4.81 m = 0.97   face d = 1.02 m = 0.02", at most n parts; titles: K translated names. Caller frees. */
char *ssg_probe_text(const SsgProbe *probe, const char *const *titles, int n);
