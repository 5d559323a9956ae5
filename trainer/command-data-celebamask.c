/* data celebamask: CelebAMask-HQ as it is downloaded becomes a dataset of thirteen classes (MODEL.md, "Files that are
 * read"). */
#include "trainer/command-data.h"

#include <string.h>
#include "engine/error.h"
#include "trainer/data-import.h"

#define N_TRAIN 28000 /* images 0..27999 train, 28000..29999 validate */
#define N_ALL 30000

static const char *const class_names[] = {"background", "face", "eye",   "eyebrow", "mouth", "nose",    "ear",
                                          "hair",       "neck", "cloth", "glasses", "hat",   "earring", NULL};

/* In painting order: what comes later lies above. */
static const struct {
  const char *name;
  guint8 class;
} strokes[] = {{"skin", 1},  {"eye_g", 10}, {"l_eye", 2},  {"r_eye", 2}, {"l_brow", 3}, {"r_brow", 3},
               {"mouth", 4}, {"l_lip", 4},  {"u_lip", 4},  {"nose", 5},  {"hair", 7},   {"l_ear", 6},
               {"r_ear", 6}, {"neck", 8},   {"neck_l", 8}, {"cloth", 9}, {"hat", 11},   {"ear_r", 12}};

typedef struct {
  const char *folder;
  GArray *numbers; /* int: the image number of each item */
} Celeb;

static SsgImage *load_image(gpointer data, int index, char **path, GError **error)
{
  const Celeb *celeb = data;
  *path = g_strdup_printf("%s/CelebA-HQ-img/%d.jpg", celeb->folder, g_array_index(celeb->numbers, int, index));
  return ssg_image_load(*path, SSG_IMAGE_RGB, NULL, error);
}

/* Paints one part's mask onto label, which is made with its size when NULL. */
static gboolean paint(const char *path, guint8 class, SsgImage **label, GError **error)
{
  /* Read as a picture: some copies of the set hold the masks as palette or RGB files. */
  g_autoptr(SsgImage) mask = ssg_image_load(path, SSG_IMAGE_RGB, NULL, error);
  if (!mask)
    return FALSE;
  gsize count = (gsize) mask->width * mask->height;
  if (!*label) {
    if (!(*label = ssg_image_new(mask->width, mask->height, 1, error)))
      return FALSE;
    memset((*label)->pixels, 0, count);
  }
  if (mask->width != (*label)->width || mask->height != (*label)->height) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is %dx%d, but the other masks of this face are %dx%d", path,
                mask->width, mask->height, (*label)->width, (*label)->height);
    return FALSE;
  }
  for (gsize i = 0; i < count; i++)
    if (mask->pixels[3 * i] >= 128)
      (*label)->pixels[i] = class;
  return TRUE;
}

static SsgImage *load_label(gpointer data, int index, char **path, GError **error)
{
  const Celeb *celeb = data;
  int number = g_array_index(celeb->numbers, int, index);
  g_autoptr(SsgImage) label = NULL;
  *path = g_strdup_printf("%s/CelebAMask-HQ-mask-anno/%d/%05d_*.png", celeb->folder, number / 2000, number);
  for (size_t i = 0; i < G_N_ELEMENTS(strokes); i++) {
    g_autofree char *part = g_strdup_printf("%s/CelebAMask-HQ-mask-anno/%d/%05d_%s.png", celeb->folder, number / 2000,
                                            number, strokes[i].name);
    if (g_file_test(part, G_FILE_TEST_EXISTS) && !paint(part, strokes[i].class, &label, error))
      return NULL; /* a part that has no file is not in the picture */
  }
  if (!label)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "no mask %s is there: the download is not complete", *path);
  return g_steal_pointer(&label);
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
  return *(const int *) a - *(const int *) b;
}

/* Numbers of the pictures that are there, from `first` to `end` - 1. */
static GArray *find_numbers(const char *folder, int first, int end, GError **error)
{
  g_autofree char *path = g_build_filename(folder, "CelebA-HQ-img", NULL);
  g_autoptr(GDir) dir = g_dir_open(path, 0, error);
  g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(int));
  if (!dir) {
    g_prefix_error(error, "%s is not the folder of CelebAMask-HQ: ", folder);
    return NULL;
  }
  for (const char *name; (name = g_dir_read_name(dir));) {
    const char *dot = strrchr(name, '.');
    g_autofree char *stem = dot && g_str_equal(dot, ".jpg") ? g_strndup(name, dot - name) : NULL;
    guint64 number;
    if (stem && g_ascii_string_to_unsigned(stem, 10, (guint64) first, (guint64) end - 1, &number, NULL) &&
        (number == 0) == (stem[0] == '0') && strlen(stem) < 6) {
      int value = (int) number;
      g_array_append_val(numbers, value);
    }
  }
  if (numbers->len == 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s holds none of the pictures %d.jpg to %d.jpg", path, first,
                end - 1);
    return NULL;
  }
  g_array_sort(numbers, compare_numbers);
  return g_steal_pointer(&numbers);
}

static gboolean parse_split(const char *split, int *first, int *end, GError **error)
{
  *first = 0;
  *end = N_ALL;
  if (g_str_equal(split, "train"))
    *end = N_TRAIN;
  else if (g_str_equal(split, "validate"))
    *first = N_TRAIN;
  else if (!g_str_equal(split, "all")) {
    ssg_command_usage_error(error, "--split takes train, validate or all, not '%s'", split);
    return FALSE;
  }
  return TRUE;
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_autofree char *out = NULL, *split = NULL;
  int size = 256, quality = 95, limit = G_MAXINT, exit_code, first, end;
  const GOptionEntry entries[] = {
      {"out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "Folder of the dataset; must not exist yet", "DB"},
      {"split", 0, 0, G_OPTION_ARG_STRING, &split, "train (0 to 27999), validate (28000 to 29999) or all (train)",
       "NAME"},
      {"size", 0, 0, G_OPTION_ARG_INT, &size, "Edge of the squares in pixels (256)", "N"},
      {"limit", 0, 0, G_OPTION_ARG_INT, &limit, "Take the first N pictures only", "N"},
      {"quality", 0, 0, G_OPTION_ARG_INT, &quality, "Of the JPEGs in the dataset, 1 to 100 (95)", "N"},
      {NULL}};
  if (!ssg_command_parse(&argc, &argv, "FOLDER",
                         "Makes a dataset of CelebAMask-HQ as downloaded: FOLDER holds CelebA-HQ-img and\n"
                         "CelebAMask-HQ-mask-anno. Masks are painted over each other into thirteen classes.",
                         entries, SSG_COMMON_QUIET | SSG_COMMON_JOBS, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  if (!out)
    ssg_command_usage_error(&error, "--out is missing: where shall the dataset go?");
  if (error || !ssg_data_check_limit(limit, &error) || !parse_split(split ? split : "train", &first, &end, &error))
    return ssg_command_finish(command, error);
  Celeb celeb = {argv[1], find_numbers(argv[1], first, end, &error)};
  if (!celeb.numbers)
    return ssg_command_finish(command, error);
  g_autoptr(GArray) numbers = celeb.numbers;
  int count = (int) numbers->len;
  if (limit != G_MAXINT)
    count = MIN(count, limit);
  else if (count < end - first)
    g_printerr("%s: only %d of the %d pictures %d to %d are there\n", command, count, end - first, first, end - 1);
  SsgImportOptions options = {.out = out,
                              .size = size,
                              .n_classes = (int) G_N_ELEMENTS(class_names) - 1,
                              .class_names = class_names,
                              .source = "CelebAMask-HQ (Lee et al. 2020), for research only",
                              .quality = quality,
                              .jobs = common.jobs,
                              .quiet = common.quiet};
  SsgImportSource source = {load_image, load_label, &celeb};
  if (ssg_data_import(&options, &source, count, &error))
    g_print("%s: %d pictures with label maps of 13 classes, %dx%d pixels\n", out, count, size, size);
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_data_celebamask = {"celebamask", "CelebAMask-HQ as downloaded", run, NULL};
