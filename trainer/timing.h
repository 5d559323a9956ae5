/* Samples of a duration, and their quantiles. */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

/* Of double, milliseconds. */
typedef GArray SsgTimings;

SsgTimings *ssg_timings_new(void);
void ssg_timings_add(SsgTimings *timings, double ms);
/* quantile in [0, 1], linear between neighbouring samples; NaN when there is none. */
double ssg_timings_quantile(const SsgTimings *timings, double quantile);
/* Smallest sample; NaN when there is none. */
double ssg_timings_least(const SsgTimings *timings);
/* An object with p50 and p95 under `name`. */
void ssg_timings_to_json(const SsgTimings *timings, const char *name, JsonBuilder *builder);

/* Largest resident memory of this process so far, in MiB; 0 where the system does not say. */
double ssg_peak_rss_mib(void);
