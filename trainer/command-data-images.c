/* data images: a folder of pictures becomes an image-only dataset. */
#include "trainer/command-data.h"

#include "trainer/data-import.h"

typedef struct {
  const char *folder;
  GPtrArray *names;
} Folder;

static SsgImage *load_image(gpointer data, int index, char **path, GError **error)
{
  const Folder *folder = data;
  *path = g_build_filename(folder->folder, g_ptr_array_index(folder->names, index), NULL);
  return ssg_image_load(*path, SSG_IMAGE_RGB, NULL, error);
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_autofree char *out = NULL;
  gboolean recursive = FALSE;
  int size = 256, quality = 95, limit = G_MAXINT, exit_code;
  const GOptionEntry entries[] = {
      {"out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "Folder of the dataset; must not exist yet", "DB"},
      {"size", 0, 0, G_OPTION_ARG_INT, &size, "Edge of the squares in pixels (256)", "N"},
      {"limit", 0, 0, G_OPTION_ARG_INT, &limit, "Take the first N pictures only", "N"},
      {"recursive", 'r', 0, G_OPTION_ARG_NONE, &recursive, "Subfolders too", NULL},
      {"quality", 0, 0, G_OPTION_ARG_INT, &quality, "Of the JPEGs in the dataset, 1 to 100 (95)", "N"},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "FOLDER",
          "Makes a dataset of pictures without masks, for fine-tuning to another look: each is cropped to "
          "its centred square and scaled (Lanczos).",
          entries, SSG_COMMON_QUIET | SSG_COMMON_JOBS, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  if (!out) {
    ssg_command_usage_error(&error, "--out is missing: where shall the dataset go?");
    return ssg_command_finish(command, error);
  }
  if (!ssg_data_check_limit(limit, &error))
    return ssg_command_finish(command, error);
  Folder folder = {argv[1], ssg_data_list_images(argv[1], recursive, &error)};
  if (!folder.names)
    return ssg_command_finish(command, error);
  g_autoptr(GPtrArray) names = folder.names;
  g_autofree char *source_text = g_path_get_basename(argv[1]),
                  *source_sentence = g_strconcat("Pictures of the folder ", source_text, NULL);
  SsgImportOptions options = {.out = out,
                              .size = size,
                              .source = source_sentence,
                              .quality = quality,
                              .jobs = common.jobs,
                              .quiet = common.quiet};
  SsgImportSource source = {load_image, NULL, &folder};
  int count = MIN((int) folder.names->len, limit);
  if (ssg_data_import(&options, &source, count, &error))
    g_print("%s: %d pictures of %dx%d pixels\n", out, count, size, size);
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_data_images = {"images", "Pictures of a folder, without masks", run, NULL};
