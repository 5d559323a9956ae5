/* data check: every entry of a dataset decodes, has the right size, and holds only known labels. */
#include "trainer/command-data.h"

#include <stdio.h>
#include "engine/error.h"
#include "trainer/data-import.h"
#include "trainer/dataset-scan.h"

SsgDataset *ssg_data_open_sized(const char *path, int size, GError **error)
{
  if (size < 0) {
    ssg_command_usage_error(error, "--size takes a number of pixels, or 0 for the largest, not %d", size);
    return NULL;
  }
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(path, size, error);
  if (dataset && size && ssg_dataset_kind(dataset) == SSG_DATASET_MASKS) {
    ssg_command_usage_error(error, "--size chooses among the sizes of a set of images alone; %s has label maps, and one size", path);
    return NULL;
  }
  return g_steal_pointer(&dataset);
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_auto(GStrv) names = NULL;
  g_autofree char *classes = NULL;
  int n_classes = 0, size = 0, exit_code;
  const GOptionEntry entries[] = {{"classes", 0, 0, G_OPTION_ARG_STRING, &classes,
                                   "Number of classes (as the dataset says, else not checked)", "N"},
                                  {"size", 0, 0, G_OPTION_ARG_INT, &size,
                                   "Of an image-only dataset of several sizes: check this one (largest)", "N"},
                                  {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "DB",
          "Reads a whole dataset: every entry decodes, images are square and of one size, label maps fit\n"
          "their images and hold known classes only. Ends with exit code 2 where something is wrong.",
          entries, SSG_COMMON_QUIET | SSG_COMMON_JOBS, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  g_autoptr(SsgDataset) dataset = NULL;
  g_autoptr(SsgDatasetScan) scan = NULL;
  if ((!classes || (n_classes = ssg_data_parse_classes(classes, &names, &error))) &&
      (dataset = ssg_data_open_sized(argv[1], size, &error)))
    scan = ssg_dataset_scan(dataset, n_classes, common.jobs, common.quiet, &error);
  if (!scan)
    return ssg_command_finish(command, error);
  for (guint i = 0; i < scan->problems->len; i++)
    printf("%s\n", (const char *) g_ptr_array_index(scan->problems, i));
  if (scan->n_problems > (int) scan->problems->len)
    printf("... and %d more\n", scan->n_problems - (int) scan->problems->len);
  if (scan->n_problems) {
    g_set_error(&error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: %d problems in %d entries", argv[1], scan->n_problems,
                scan->n_images);
    return ssg_command_finish(command, error);
  }
  const SsgScanSize *usual = &g_array_index(scan->image_sizes, SsgScanSize, 0);
  printf("%s: %d images of %dx%d pixels", argv[1], scan->n_images, usual->width, usual->height);
  if (ssg_dataset_kind(dataset) == SSG_DATASET_MASKS)
    printf(" with label maps of %d classes", scan->n_classes);
  printf(", all good\n");
  return SSG_EXIT_OK;
}

const SsgCommand ssg_command_data_check = {"check", "Read a whole dataset and say what is wrong with it", run, NULL};
