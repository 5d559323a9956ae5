/* Principal directions of one part's codes, copied out of a model so that the main loop may use them. Immutable, reference
 * counted (atomically). */
#pragma once

#include <glib-object.h>
#include "engine/face.h"

/* Where a part's number is asked for, besides 0..K-1. */
enum {
  SSG_PART_BASE = -1,  /* the base codes: pose */
  SSG_PART_WHOLE = -2, /* all codes */
  SSG_PART_NONE = -3   /* no selection */
};

typedef struct {
  gatomicrefcount refs;
  int part;     /* SSG_PART_BASE (-1): base codes, with what = SSG_CODE_SHAPE */
  SsgCode what; /* SSG_CODE_SHAPE or SSG_CODE_TEXTURE */
  int n, style_dim;
  float *directions; /* [n, S], each one standard deviation of the codes along it; sorted by effect */
  float *effects;    /* [n], decreasing */
} SsgDirectionSet;

#define SSG_TYPE_DIRECTION_SET (ssg_direction_set_get_type())
GType ssg_direction_set_get_type(void);

/* Copies directions [n, S] and effects [n]. n 0 is allowed: a part without directions. */
SsgDirectionSet *ssg_direction_set_new(int part, SsgCode what, int n, int style_dim, const float *directions,
                                       const float *effects);
/* The same directions of the same part, to the bit; effects do not count. */
gboolean ssg_direction_set_equal(const SsgDirectionSet *a, const SsgDirectionSet *b);
SsgDirectionSet *ssg_direction_set_ref(SsgDirectionSet *set);
void ssg_direction_set_unref(SsgDirectionSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgDirectionSet, ssg_direction_set_unref)
