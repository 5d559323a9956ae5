/* How depths become positions in a colour map. Pure functions, any thread. */
#pragma once

#include "app/colormap.h"
#include "engine/session.h"

typedef enum {
  SSG_DEPTH_LINEAR,
  SSG_DEPTH_LOG /* sign(d) log(1 + |d|) */
} SsgDepthScale;

typedef struct {
  SsgColormap map;
  SsgDepthScale scale;
  gboolean per_part; /* each part from its own smallest to its own largest depth, else one range for all parts */
} SsgDepthStyle;

/* Depths that the ends of the colour map stand for, before the scale is applied. */
typedef struct {
  float low, high;
} SsgDepthRange;

/* The range that the style gives a part of this picture; never empty (low < high) and finite. */
SsgDepthRange ssg_depth_range(const SsgRender *render, int part, const SsgDepthStyle *style);
/* Position of a depth in the colour map, clamped to [0, 1]; 0 for NaN. */
float ssg_depth_position(float depth, SsgDepthRange range, SsgDepthScale scale);

/* Pictures as R G B 255, rows top down; out is written whole. ------------------------------------------------------- */
/* out [h, h, 4]: depth of a part through the style's map. */
void ssg_paint_depth(const SsgRender *render, int part, const SsgDepthStyle *style, guint8 *out);
/* out [h, h, 4]: feature weight of a part, 0..1. */
void ssg_paint_weight(const SsgRender *render, int part, SsgColormap map, guint8 *out);
/* out [size, size, 4]: mask in the parts' colours (K of 0xRRGGBB), mixed over the face by opacity in [0, 1]. */
void ssg_paint_mask(const SsgRender *render, const guint32 *colors, double opacity, guint8 *out);
