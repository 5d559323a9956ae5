/* Metrics as a table and as JSON. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include "trainer/metrics-measure.h"

/* "-" for what is not a number. The buffer is the caller's. */
static const char *number(char buffer[32], const char *format, double value)
{
  if (!isfinite(value))
    return "-";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  g_snprintf(buffer, 32, format, value);
#pragma GCC diagnostic pop
  return buffer;
}

static void print_distance(const char *title, double unit, const SsgDistances distances[2])
{
  char ratio[32];
  for (int level = 0; level <= distances->n_levels; level++) {
    gboolean mean = level == distances->n_levels;
    double generated = mean ? distances[0].mean : distances[0].value[level];
    double real = mean ? distances[1].mean : distances[1].value[level];
    g_autofree char *size = mean ? g_strdup("mean") : g_strdup_printf("%d", distances->size[level]);
    printf("%-28s %6s %12.4f %12.4f %9s\n", level ? "" : title, size, unit * generated, unit * real,
           number(ratio, "%.2f", ssg_metrics_ratio(generated, real)));
  }
}

static void print_classes(const SsgMetrics *m)
{
  char a[32], b[32];
  printf("\n%3s  %-14s %29s   %29s   %21s\n", "", "", "share of pixels", "share of images", "out of place, images");
  printf("%3s  %-14s %10s %10s %7s   %10s %10s %7s   %10s %10s\n", "#", "class", "generated", "data", "ratio", "generated", "data", "ratio",
         "generated", "other real");
  for (int k = 0; k < m->n_parts; k++) {
    printf("%3d  %-14s ", k, m->part_names[k]);
    if (m->has_masks)
      printf("%9.3f%% %9.3f%% %7s   %9.2f%% %9.2f%% %7s   %9.2f%% %9.2f%%\n", 100 * m->generated.pixels[k], 100 * m->data.pixels[k],
             number(a, "%.2f", ssg_metrics_ratio(m->generated.pixels[k], m->data.pixels[k])), 100 * m->generated.images[k],
             100 * m->data.images[k], number(b, "%.2f", ssg_metrics_ratio(m->generated.images[k], m->data.images[k])),
             100 * m->strays[0].classes[k], 100 * m->strays[1].classes[k]);
    else
      printf("%9.3f%% %10s %7s   %9.2f%% %10s %7s   %10s %10s\n", 100 * m->generated.pixels[k], "-", "-", 100 * m->generated.images[k], "-",
             "-", "-", "-");
  }
  if (m->has_masks)
    printf("%3s  %-76s   %9.2f%% %9.2f%%\n", "", "any", 100 * m->strays[0].any, 100 * m->strays[1].any);
}

static void print_locality(const SsgMetrics *m)
{
  char text[4][32];
  printf("\n%3s  %-14s %29s   %29s   %8s\n", "", "", "shape resampled", "texture resampled", "faces");
  printf("%3s  %-14s %9s %9s %9s   %9s %9s %9s   %8s\n", "#", "part", "inside", "outside", "strength", "inside",
         "outside", "strength", "with it");
  for (int k = 0; k < m->n_parts; k++) {
    printf("%3d  %-14s", k, m->part_names[k]);
    for (int texture = 0; texture < 2; texture++) {
      const SsgLocality *l = &m->locality[2 * k + texture];
      printf("%s %9s %9s %9s", texture ? "  " : "", number(text[0], "%.1f%%", 100 * ssg_locality_inside(l)),
             number(text[1], "%.3f%%", 100 * ssg_locality_changed(l)),
             number(text[2], "%.1f", ssg_locality_strength(l)));
    }
    printf("   %4d/%-4d\n", m->locality[2 * k].present, m->locality[2 * k].edits);
  }
  printf("\ninside: share of the changed picture energy inside the part's own mask, before or after the edit\n"
         "outside: share of the other pixels that change class\n"
         "strength: root mean square change inside, in steps of 8 bits\n");
}

void ssg_metrics_print(const SsgMetrics *m)
{
  printf("%-9s %s", "model", m->model_path);
  if (m->images_seen >= 0)
    printf(" (%" G_GINT64_FORMAT " images seen)", m->images_seen);
  printf("\n%-9s %s\n", "data", m->data_path);
  printf("%-9s %d faces, seeds from %" G_GUINT64_FORMAT ", truncation %g; %d and %d real pictures; %d x %d pixels\n\n",
         "compared", m->count, m->seed, m->truncation, m->count, m->count, m->size, m->size);
  printf("%-28s %6s %12s %12s %9s\n", "distance to the real", "size", "generated", "other real", "ratio");
  print_distance("sliced Wasserstein x 1000", 1000, m->sliced);
  print_distance("patch statistics", 1, m->patches);
  print_classes(m);
  if (m->locality)
    print_locality(m);
}

/* --- JSON --- */

static void add_number(JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name(builder, name);
  if (isfinite(value))
    json_builder_add_double_value(builder, value);
  else
    json_builder_add_null_value(builder);
}

static void add_int(JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name(builder, name);
  json_builder_add_int_value(builder, value);
}

static void add_text(JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name(builder, name);
  json_builder_add_string_value(builder, value);
}

static void begin_object(JsonBuilder *builder, const char *name)
{
  json_builder_set_member_name(builder, name);
  json_builder_begin_object(builder);
}

static void add_pair(JsonBuilder *builder, const char *real_name, double generated, double real)
{
  add_number(builder, "generated", generated);
  add_number(builder, real_name, real);
  add_number(builder, "ratio", ssg_metrics_ratio(generated, real));
}

static void add_distances(JsonBuilder *builder, const char *name, const SsgDistances distances[2])
{
  begin_object(builder, name);
  add_pair(builder, "real", distances[0].mean, distances[1].mean);
  json_builder_set_member_name(builder, "levels");
  json_builder_begin_array(builder);
  for (int level = 0; level < distances->n_levels; level++) {
    json_builder_begin_object(builder);
    add_int(builder, "size", distances->size[level]);
    add_pair(builder, "real", distances[0].value[level], distances[1].value[level]);
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
  json_builder_end_object(builder);
}

static void add_shares(JsonBuilder *builder, const char *name, gboolean has_data, double generated, double data,
                       double half_a, double half_b)
{
  begin_object(builder, name);
  add_pair(builder, "data", generated, has_data ? data : NAN);
  add_number(builder, "ratio_of_halves", has_data ? ssg_metrics_ratio(half_b, half_a) : NAN);
  json_builder_end_object(builder);
}

static void add_strays(JsonBuilder *builder, gboolean has_data, double generated, double real)
{
  begin_object(builder, "out_of_place");
  add_number(builder, "generated", has_data ? generated : NAN);
  add_number(builder, "real", has_data ? real : NAN);
  json_builder_end_object(builder);
}

static void add_locality(JsonBuilder *builder, const char *name, const SsgLocality *l)
{
  begin_object(builder, name);
  add_number(builder, "inside", ssg_locality_inside(l));
  add_number(builder, "outside_changed", ssg_locality_changed(l));
  add_number(builder, "strength", ssg_locality_strength(l));
  add_int(builder, "present", l->present);
  json_builder_end_object(builder);
}

static void add_part(JsonBuilder *builder, const SsgMetrics *m, int k)
{
  json_builder_begin_object(builder);
  add_text(builder, "name", m->part_names[k]);
  add_shares(builder, "pixels", m->has_masks, m->generated.pixels[k], m->data.pixels[k], m->halves[0].pixels[k],
             m->halves[1].pixels[k]);
  add_shares(builder, "images", m->has_masks, m->generated.images[k], m->data.images[k], m->halves[0].images[k],
             m->halves[1].images[k]);
  add_strays(builder, m->has_masks, m->strays[0].classes[k], m->strays[1].classes[k]);
  if (m->locality) {
    add_locality(builder, "shape", &m->locality[2 * k]);
    add_locality(builder, "texture", &m->locality[2 * k + 1]);
  }
  json_builder_end_object(builder);
}

char *ssg_metrics_json(const SsgMetrics *m)
{
  g_autoptr(JsonBuilder) builder = json_builder_new();
  json_builder_begin_object(builder);
  add_text(builder, "model", m->model_path);
  add_text(builder, "name", m->model_name);
  add_text(builder, "data", m->data_path);
  add_number(builder, "images_seen", m->images_seen >= 0 ? (double) m->images_seen : NAN);
  add_int(builder, "size", m->size);
  add_int(builder, "count", m->count);
  add_int(builder, "edits", m->edits);
  add_number(builder, "truncation", m->truncation);
  json_builder_set_member_name(builder, "seed"); /* JSON's numbers do not hold 64 bits everywhere */
  g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, m->seed);
  json_builder_add_string_value(builder, seed);
  add_distances(builder, "sliced_wasserstein", m->sliced);
  add_distances(builder, "patch_statistics", m->patches);
  add_strays(builder, m->has_masks, m->strays[0].any, m->strays[1].any);
  json_builder_set_member_name(builder, "parts");
  json_builder_begin_array(builder);
  for (int k = 0; k < m->n_parts; k++)
    add_part(builder, m, k);
  json_builder_end_array(builder);
  json_builder_end_object(builder);
  g_autoptr(JsonNode) root = json_builder_get_root(builder);
  g_autofree char *text = json_to_string(root, TRUE);
  return g_strconcat(text, "\n", NULL);
}
