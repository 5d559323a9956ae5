#include "trainer/timing.h"

#include <math.h>
#include <string.h>

SsgTimings *ssg_timings_new(void)
{
  return g_array_new(FALSE, FALSE, sizeof(double));
}

void ssg_timings_add(SsgTimings *timings, double ms)
{
  g_array_append_val(timings, ms);
}

static int by_size(gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return x < y ? -1 : x > y;
}

double ssg_timings_quantile(const SsgTimings *timings, double quantile)
{
  if (!timings->len)
    return NAN;
  g_autoptr(GArray) sorted = g_array_copy((GArray *) timings);
  g_array_sort(sorted, by_size);
  double at = quantile * (sorted->len - 1);
  guint i = MIN((guint) at, sorted->len - 1), next = MIN(i + 1, sorted->len - 1);
  double low = g_array_index(sorted, double, i), high = g_array_index(sorted, double, next);
  return low + (at - i) * (high - low);
}

double ssg_timings_least(const SsgTimings *timings)
{
  return ssg_timings_quantile(timings, 0);
}

void ssg_timings_to_json(const SsgTimings *timings, const char *name, JsonBuilder *builder)
{
  json_builder_set_member_name(builder, name);
  json_builder_begin_object(builder);
  json_builder_set_member_name(builder, "p50");
  json_builder_add_double_value(builder, ssg_timings_quantile(timings, 0.5));
  json_builder_set_member_name(builder, "p95");
  json_builder_add_double_value(builder, ssg_timings_quantile(timings, 0.95));
  json_builder_set_member_name(builder, "least");
  json_builder_add_double_value(builder, ssg_timings_least(timings));
  json_builder_end_object(builder);
}

double ssg_peak_rss_mib(void)
{
  g_autofree char *status = NULL;
  if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
    return 0;
  const char *line = strstr(status, "VmHWM:");
  return line ? (double) g_ascii_strtoull(line + strlen("VmHWM:"), NULL, 10) / 1024 : 0;
}
