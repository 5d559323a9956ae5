/* Inside of the artist: what hair.c and hair-back.c share (hair-strands.c). */
#pragma once

#include "scene.h"

/* How strands run: out of a source at the crown and then down, the streamlines of a source in a uniform stream. */
typedef struct {
  SsgPoint source;
  float cx, cy, rx, ry; /* the ball that gives the mass its roundness */
  float deep;           /* 0 in front .. 1 at the back, in the shade */
  float wave;
  float curl;   /* 0 strands .. 1 curls */
  float sheen;  /* strength of the shine */
  float stream; /* how soon strands turn downwards */
  uint32_t salt;
} SsgStrands;

/* Middling strands of this person's hair; callers change what their piece needs. */
SsgStrands ssg_hair_strands(const SsgScene *scene);
/* Shader; data: SsgStrands. */
void ssg_hair_shade(const SsgScene *scene, const void *data, float x, float y, int px, SsgSurface *out);

/* Whether the cut hangs around the face: bob, long, curly. */
bool ssg_hair_falls(SsgHairCut cut);
/* How far hair stands above the skull and beside it, in head units; hats press it down. */
float ssg_hair_rise(const SsgPortrait *portrait);
float ssg_hair_side(const SsgPortrait *portrait);

/* Uneven rim of curls: circles of about `radius` along n points. */
void ssg_path_curls(cairo_t *cr, const SsgPoint *points, int n, float radius, uint32_t salt);
/* Goes on from the current point, which is a, to b in n pointed locks that hang about `depth` below the line. */
void ssg_path_hem(cairo_t *cr, SsgPoint a, SsgPoint b, int n, float depth, uint32_t salt);
