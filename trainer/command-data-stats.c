/* data stats: shares of the classes, missing parts, sizes, as a table and as JSON. */
#include "trainer/command-data.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include "engine/atomic-file.h"
#include "trainer/data-import.h"
#include "trainer/dataset-scan.h"

static char *class_name(const SsgDataset *dataset, char **given, int k)
{
  const char *const *names = given ? (const char *const *) given : ssg_dataset_class_names(dataset);
  return names && k < (int) g_strv_length((char **) names) ? g_strdup(names[k]) : g_strdup_printf("class %d", k);
}

/* Share of all label pixels, 0 to 1. */
static double share(const SsgDatasetScan *scan, int k)
{
  return scan->total_pixels ? scan->label_pixels[k] / (double) scan->total_pixels : 0;
}

static void print_sizes(const char *what, const GArray *sizes)
{
  for (guint i = 0; i < sizes->len && i < 10; i++) {
    const SsgScanSize *size = &g_array_index(sizes, SsgScanSize, i);
    printf("%-12s %dx%d: %d%s\n", i ? "" : what, size->width, size->height, size->count,
           size->width != size->height ? "  (not square)"
           : i                         ? "  (odd size)"
                                       : "");
  }
  if (sizes->len > 10)
    printf("%-12s ... and %u more sizes\n", "", sizes->len - 10);
}

static void print_table(const SsgDataset *dataset, const SsgDatasetScan *scan, char **names)
{
  gboolean masks = ssg_dataset_kind(dataset) == SSG_DATASET_MASKS;
  printf("%-12s %d%s\n", "images", scan->n_images, masks ? " with label maps" : "");
  printf("%-12s %.1f KiB an image", "encoded", scan->image_bytes / 1024.0 / scan->n_images);
  printf(masks ? ", %.1f KiB a label map\n" : "\n", scan->label_bytes / 1024.0 / scan->n_images);
  print_sizes("image sizes", scan->image_sizes);
  if (masks) {
    print_sizes("label sizes", scan->label_sizes);
    printf("\n  #  %-16s %10s %10s %10s %14s\n", "class", "of pixels", "in images", "missing in", "where present");
  }
  for (int k = 0; masks && k < 256; k++) {
    if (k >= scan->n_classes && !scan->label_pixels[k])
      continue;
    g_autofree char *name = k < scan->n_classes ? class_name(dataset, names, k) : g_strdup("(unknown label)");
    int present = scan->label_images[k], labels = 0;
    for (guint i = 0; i < scan->label_sizes->len; i++)
      labels += g_array_index(scan->label_sizes, SsgScanSize, i).count;
    double everywhere = share(scan, k), frequency = labels ? present / (double) labels : 0;
    printf("%3d  %-16s %9.3f%% %9.2f%% %10d %13.3f%%\n", k, name, 100 * everywhere, 100 * frequency, labels - present,
           frequency > 0 ? 100 * everywhere / frequency : 0);
  }
  printf("\n%d problems%s\n", scan->n_problems, scan->n_problems ? "; 'ssgan-trainer data check', with the same --classes, lists them" : "");
}

static void add_sizes(JsonBuilder *builder, const char *name, const GArray *sizes)
{
  json_builder_set_member_name(builder, name);
  json_builder_begin_array(builder);
  for (guint i = 0; i < sizes->len; i++) {
    const SsgScanSize *size = &g_array_index(sizes, SsgScanSize, i);
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "width");
    json_builder_add_int_value(builder, size->width);
    json_builder_set_member_name(builder, "height");
    json_builder_add_int_value(builder, size->height);
    json_builder_set_member_name(builder, "count");
    json_builder_add_int_value(builder, size->count);
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
}

static char *json_text(const SsgDataset *dataset, const SsgDatasetScan *scan, char **names)
{
  g_autoptr(JsonBuilder) builder = json_builder_new();
  json_builder_begin_object(builder);
  json_builder_set_member_name(builder, "images");
  json_builder_add_int_value(builder, scan->n_images);
  json_builder_set_member_name(builder, "masks");
  json_builder_add_boolean_value(builder, ssg_dataset_kind(dataset) == SSG_DATASET_MASKS);
  json_builder_set_member_name(builder, "image_bytes");
  json_builder_add_int_value(builder, (gint64) scan->image_bytes);
  json_builder_set_member_name(builder, "label_bytes");
  json_builder_add_int_value(builder, (gint64) scan->label_bytes);
  json_builder_set_member_name(builder, "problems");
  json_builder_add_int_value(builder, scan->n_problems);
  add_sizes(builder, "image_sizes", scan->image_sizes);
  add_sizes(builder, "label_sizes", scan->label_sizes);
  json_builder_set_member_name(builder, "classes");
  json_builder_begin_array(builder);
  for (int k = 0; k < scan->n_classes; k++) {
    g_autofree char *name = class_name(dataset, names, k);
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "name");
    json_builder_add_string_value(builder, name);
    json_builder_set_member_name(builder, "share");
    json_builder_add_double_value(builder, share(scan, k));
    json_builder_set_member_name(builder, "images");
    json_builder_add_int_value(builder, scan->label_images[k]);
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
  json_builder_end_object(builder);
  g_autoptr(JsonNode) root = json_builder_get_root(builder);
  g_autofree char *text = json_to_string(root, TRUE);
  return g_strconcat(text, "\n", NULL);
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_auto(GStrv) names = NULL;
  g_autofree char *classes = NULL, *json = NULL;
  int n_classes = 0, size = 0, exit_code;
  const GOptionEntry entries[] = {
      {"classes", 0, 0, G_OPTION_ARG_STRING, &classes, "Number of classes or their names (as the dataset says)",
       "N|NAMES"},
      {"size", 0, 0, G_OPTION_ARG_INT, &size, "Of an image-only dataset of several sizes: this one (largest)", "N"},
      {"json", 0, 0, G_OPTION_ARG_FILENAME, &json,
       "Write the figures to FILE as JSON; - for the output, without a table", "FILE"},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "DB",
          "Reads a whole dataset and prints the share of each class, in how many images it is missing, and\n"
          "the sizes.",
          entries, SSG_COMMON_QUIET | SSG_COMMON_JOBS, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  g_autoptr(SsgDataset) dataset = NULL;
  g_autoptr(SsgDatasetScan) scan = NULL;
  if (!error && json && !g_str_equal(json, "-"))
    ssg_atomic_file_can_open(json, &error); /* now, not after all has been read */
  if (!error && (!classes || (n_classes = ssg_data_parse_classes(classes, &names, &error))) &&
      (dataset = ssg_data_open_sized(argv[1], size, &error)))
    scan = ssg_dataset_scan(dataset, n_classes, common.jobs, common.quiet, &error);
  if (!scan)
    return ssg_command_finish(command, error);
  g_autofree char *text = json ? json_text(dataset, scan, names) : NULL;
  gboolean to_output = json && g_str_equal(json, "-");
  if (to_output)
    fputs(text, stdout);
  else
    print_table(dataset, scan, names);
  if (json && !to_output)
    ssg_atomic_file_save(json, text, strlen(text), &error);
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_data_stats = {"stats", "Shares of the classes, missing parts, sizes", run, NULL};
