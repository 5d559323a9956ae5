/* The largest of differences, for comparisons with a bound. */
#pragma once

#include <math.h>

/* What is no number is infinitely far off: fmax() would pass over it. */
static inline double worst_of(double worst, double off)
{
  return off <= worst ? worst : isnan(off) ? INFINITY : off;
}
