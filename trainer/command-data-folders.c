/* data folders: pictures and label maps of the same base name become a dataset. */
#include "trainer/command-data.h"

#include <string.h>
#include "engine/error.h"
#include "trainer/data-import.h"

typedef struct {
  const char *images, *labels;          /* folders */
  GPtrArray *image_names, *label_names; /* item i: relative paths */
} Pairs;

static SsgImage *load_image(gpointer data, int index, char **path, GError **error)
{
  const Pairs *pairs = data;
  *path = g_build_filename(pairs->images, g_ptr_array_index(pairs->image_names, index), NULL);
  return ssg_image_load(*path, SSG_IMAGE_RGB, NULL, error);
}

static SsgImage *load_label(gpointer data, int index, char **path, GError **error)
{
  const Pairs *pairs = data;
  *path = g_build_filename(pairs->labels, g_ptr_array_index(pairs->label_names, index), NULL);
  return ssg_image_load(*path, SSG_IMAGE_LABEL, NULL, error);
}

/* "set/0003.jpg" -> "set/0003" */
static char *base_name(const char *relative)
{
  const char *dot = strrchr(relative, '.');
  return dot ? g_strndup(relative, dot - relative) : g_strdup(relative);
}

static GHashTable *by_base_name(const char *folder, GPtrArray *names, GError **error)
{
  g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < names->len; i++) {
    char *name = g_ptr_array_index(names, i), *base = base_name(name);
    const char *other = g_hash_table_lookup(table, base);
    if (other) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                  "%s holds both %s and %s: which belongs to the other folder's %s?", folder, other, name, base);
      g_free(base);
      return NULL;
    }
    g_hash_table_insert(table, base, name);
  }
  return g_steal_pointer(&table);
}

/* Names of `names` without a partner; NULL-safe message with the first few. */
static gboolean check_partners(const char *folder, GPtrArray *names, GHashTable *others, const char *what,
                               gboolean skip_unmatched, GError **error)
{
  int missing = 0;
  g_autoptr(GString) first = g_string_new(NULL);
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index(names, i);
    g_autofree char *base = base_name(name);
    if (g_hash_table_contains(others, base))
      continue;
    if (missing++ < 3)
      g_string_append_printf(first, "%s%s", first->len ? ", " : "", name);
  }
  if (missing == 0)
    return TRUE;
  if (skip_unmatched) {
    g_printerr("%s: %d of %u files have no %s and are left out (%s%s)\n", folder, missing, names->len, what, first->str,
               missing > 3 ? ", ..." : "");
    return TRUE;
  }
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
              "%s: %d of %u files have no %s of the same base name: %s%s (--skip-unmatched leaves them out)", folder,
              missing, names->len, what, first->str, missing > 3 ? ", ..." : "");
  return FALSE;
}

static gboolean match(Pairs *pairs, gboolean recursive, gboolean skip_unmatched, GError **error)
{
  g_autoptr(GPtrArray) images = ssg_data_list_images(pairs->images, recursive, error);
  g_autoptr(GPtrArray) labels = images ? ssg_data_list_images(pairs->labels, recursive, error) : NULL;
  if (!labels)
    return FALSE;
  g_autoptr(GHashTable) image_table = by_base_name(pairs->images, images, error);
  g_autoptr(GHashTable) label_table = image_table ? by_base_name(pairs->labels, labels, error) : NULL;
  if (!label_table || !check_partners(pairs->images, images, label_table, "label map", skip_unmatched, error) ||
      !check_partners(pairs->labels, labels, image_table, "picture", skip_unmatched, error))
    return FALSE;
  for (guint i = 0; i < images->len; i++) {
    const char *name = g_ptr_array_index(images, i);
    g_autofree char *base = base_name(name);
    const char *label = g_hash_table_lookup(label_table, base);
    if (!label)
      continue;
    g_ptr_array_add(pairs->image_names, g_strdup(name));
    g_ptr_array_add(pairs->label_names, g_strdup(label));
  }
  if (pairs->image_names->len)
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "no picture of %s has a label map of the same base name in %s",
              pairs->images, pairs->labels);
  return FALSE;
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_autofree char *out = NULL, *classes = NULL;
  g_auto(GStrv) names = NULL;
  gboolean recursive = FALSE, skip_unmatched = FALSE;
  int size = 256, quality = 95, limit = G_MAXINT, exit_code, n_classes = 0;
  const GOptionEntry entries[] = {
      {"out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "Folder of the dataset; must not exist yet", "DB"},
      {"classes", 0, 0, G_OPTION_ARG_STRING, &classes,
       "Number of classes, or their names with commas, background first", "N|NAMES"},
      {"size", 0, 0, G_OPTION_ARG_INT, &size, "Edge of the squares in pixels (256)", "N"},
      {"limit", 0, 0, G_OPTION_ARG_INT, &limit, "Take the first N pairs only", "N"},
      {"recursive", 'r', 0, G_OPTION_ARG_NONE, &recursive, "Subfolders too, which must match as well", NULL},
      {"skip-unmatched", 0, 0, G_OPTION_ARG_NONE, &skip_unmatched, "Leave out files without a partner", NULL},
      {"quality", 0, 0, G_OPTION_ARG_INT, &quality, "Of the JPEGs in the dataset, 1 to 100 (95)", "N"},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "IMAGES LABELS",
          "Makes a dataset of two folders: IMAGES holds pictures, LABELS a PNG of the same base name for each, gray "
          "or\n"
          "palette, whose samples are class indices. Both are cropped to their centred square and scaled, pictures by\n"
          "Lanczos, labels by the nearest pixel.",
          entries, SSG_COMMON_QUIET | SSG_COMMON_JOBS, &common, 2, 2, &exit_code))
    return exit_code;
  GError *error = NULL;
  if (!out || !classes) {
    ssg_command_usage_error(&error, out ? "--classes is missing: how many there are, or their names with commas, background first"
                                        : "--out is missing: where shall the dataset go?");
    return ssg_command_finish(command, error);
  }
  if (!ssg_data_check_limit(limit, &error))
    return ssg_command_finish(command, error);
  g_autoptr(GPtrArray) image_names = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) label_names = g_ptr_array_new_with_free_func(g_free);
  Pairs pairs = {argv[1], argv[2], image_names, label_names};
  if ((n_classes = ssg_data_parse_classes(classes, &names, &error)) &&
      match(&pairs, recursive, skip_unmatched, &error)) {
    g_autofree char *folder = g_path_get_basename(argv[1]),
                    *sentence = g_strconcat("Pictures and label maps of the folder ", folder, NULL);
    SsgImportOptions options = {.out = out,
                                .size = size,
                                .n_classes = n_classes,
                                .class_names = (const char *const *) names,
                                .source = sentence,
                                .quality = quality,
                                .jobs = common.jobs,
                                .quiet = common.quiet};
    SsgImportSource source = {load_image, load_label, &pairs};
    int count = MIN((int) image_names->len, limit);
    if (ssg_data_import(&options, &source, count, &error))
      g_print("%s: %d pictures with label maps of %d classes, %dx%d pixels\n", out, count, n_classes, size, size);
  }
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_data_folders = {"folders", "Pictures and label maps of two folders", run, NULL};
