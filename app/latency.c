#include "app/latency.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
  float x = *(const float *) a, y = *(const float *) b;
  return (x > y) - (x < y);
}

static double percentile(const float *sorted, guint n, double fraction)
{
  guint rank = ceil(fraction * n);
  return sorted[CLAMP(rank, 1, n) - 1];
}

void ssg_latency_ring_add(SsgLatencyRing *ring, double ms)
{
  ring->ms[ring->n++ % SSG_LATENCY_SAMPLES] = ms;
}

SsgLatency ssg_latency_ring_summary(const SsgLatencyRing *ring)
{
  guint kept = MIN(ring->n, SSG_LATENCY_SAMPLES);
  if (kept == 0)
    return (SsgLatency) {0};
  g_autofree float *sorted = g_memdup2(ring->ms, kept * sizeof *sorted);
  qsort(sorted, kept, sizeof *sorted, compare);
  return (SsgLatency) {ring->n, percentile(sorted, kept, 0.5), percentile(sorted, kept, 0.95),
                       percentile(sorted, kept, 0.99), sorted[kept - 1]};
}
