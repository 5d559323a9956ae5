/* Percentiles of how long people wait for pictures. One thread. */
#pragma once

#include <glib.h>

typedef struct {
  guint n;                   /* samples seen, at most the last SSG_LATENCY_SAMPLES count */
  double p50, p95, p99, max; /* milliseconds; 0 when n is 0 */
} SsgLatency;

#define SSG_LATENCY_SAMPLES 4096

typedef struct {
  guint n;
  float ms[SSG_LATENCY_SAMPLES]; /* ring: sample i lies at i mod SSG_LATENCY_SAMPLES */
} SsgLatencyRing;

void ssg_latency_ring_add(SsgLatencyRing *ring, double ms);
/* Nearest-rank percentiles of the samples kept. */
SsgLatency ssg_latency_ring_summary(const SsgLatencyRing *ring);
