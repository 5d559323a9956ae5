#include "app/directions.h"

#include <string.h>

G_DEFINE_BOXED_TYPE(SsgDirectionSet, ssg_direction_set, ssg_direction_set_ref, ssg_direction_set_unref)

SsgDirectionSet *ssg_direction_set_new(int part, SsgCode what, int n, int style_dim, const float *directions,
                                       const float *effects)
{
  SsgDirectionSet *set = g_new0(SsgDirectionSet, 1);
  g_atomic_ref_count_init(&set->refs);
  set->part = part;
  set->what = what;
  set->n = n;
  set->style_dim = style_dim;
  set->directions = g_memdup2(directions, (gsize) n * style_dim * sizeof *directions);
  set->effects = g_memdup2(effects, (gsize) n * sizeof *effects);
  return set;
}

gboolean ssg_direction_set_equal(const SsgDirectionSet *a, const SsgDirectionSet *b)
{
  return a == b || (a->part == b->part && a->what == b->what && a->n == b->n && a->style_dim == b->style_dim &&
                    memcmp(a->directions, b->directions, (gsize) a->n * a->style_dim * sizeof *a->directions) == 0);
}

SsgDirectionSet *ssg_direction_set_ref(SsgDirectionSet *set)
{
  g_atomic_ref_count_inc(&set->refs);
  return set;
}

void ssg_direction_set_unref(SsgDirectionSet *set)
{
  if (!g_atomic_ref_count_dec(&set->refs))
    return;
  g_free(set->directions);
  g_free(set->effects);
  g_free(set);
}
