/* ssgan-trainer data portraits, run as a person would. */
#include <glib/gstdio.h>
#include <string.h>
#include "trainer/dataset.h"
#include "trainer/portraits/portrait.h"

static char *folder;

/* Runs the program; arguments in one string, %s stands for the test's folder. Returns the exit code. */
static int run(const char *arguments, char **errors)
{
  g_auto(GStrv) parts = g_strsplit(arguments, "%s", -1);
  g_autofree char *line = g_strjoinv(folder, parts),
                  *full = g_strdup_printf("%s %s", g_getenv("SSG_TRAINER_PROGRAM"), line);
  g_autofree char *out = NULL, *err = NULL;
  int status;
  g_autoptr(GError) error = NULL;
  g_assert_true(g_spawn_command_line_sync(full, &out, &err, &status, &error));
  if (errors)
    *errors = g_steal_pointer(&err);
  return status >> 8;
}

static void test_dataset(void)
{
  g_assert_cmpint(
      run("data portraits -q --count 7 --size 64 --seed 5 --jobs 3 --out %s/a --csv %s/a.csv --preview %s/a.png", NULL),
      ==, 0);
  g_assert_cmpint(run("data portraits -q --count 7 --size 64 --seed 5 --jobs 1 --out %s/b", NULL), ==, 0);
  g_autofree char *a_path = g_build_filename(folder, "a", NULL), *b_path = g_build_filename(folder, "b", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgDataset) a = ssg_dataset_open(a_path, 0, &error), b = ssg_dataset_open(b_path, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_length(a), ==, 7);
  g_assert_cmpint(ssg_dataset_kind(a), ==, SSG_DATASET_MASKS);
  g_assert_cmpstr(ssg_dataset_class_names(a)[12], ==, "earring");
  for (int i = 0; i < 7; i++) {
    gsize na, nb;
    const guint8 *pa = ssg_dataset_image(a, i, &na), *pb = ssg_dataset_image(b, i, &nb);
    g_assert_cmpmem(pa, na, pb, nb); /* whatever the number of threads */
    pa = ssg_dataset_label(a, i, &na);
    pb = ssg_dataset_label(b, i, &nb);
    g_assert_cmpmem(pa, na, pb, nb);
  }
  /* What lies in the dataset is what the artist draws. */
  SsgPortrait portrait;
  guint8 *rgb = g_malloc(64 * 64 * 3), *labels = g_malloc(64 * 64);
  ssg_portrait_sample(&portrait, 5, 6);
  g_assert_true(ssg_portrait_draw(&portrait, 64, SSG_LOOK_PAINT, rgb, labels));
  g_autoptr(SsgImage) image = ssg_dataset_decode_image(a, 6, &error), label = ssg_dataset_decode_label(a, 6, &error);
  g_assert_no_error(error);
  g_assert_cmpmem(label->pixels, 64 * 64, labels, 64 * 64);
  double difference = 0;
  for (int i = 0; i < 64 * 64 * 3; i++)
    difference += ABS(image->pixels[i] - rgb[i]);
  g_assert_cmpfloat(difference / (64 * 64 * 3), <, 2.5); /* JPEG */
  /* Attributes: names and one row per portrait, and the same rows in the table. */
  gsize size;
  const guint8 *names = ssg_dataset_extra(a, "attribute-names", &size), *row;
  g_assert_nonnull(names);
  g_autofree char *names_text = g_strndup((const char *) names, size);
  row = ssg_dataset_extra(a, "attribute-0000006", &size);
  g_assert_nonnull(row);
  g_autofree char *row_text = g_strndup((const char *) row, size);
  g_auto(GStrv) name = g_strsplit(names_text, ",", -1), value = g_strsplit(row_text, ",", -1);
  g_assert_cmpint(g_strv_length(name), ==, ssg_portrait_attribute_count());
  g_assert_cmpint(g_strv_length(value), ==, ssg_portrait_attribute_count());
  for (int i = 0; name[i]; i++)
    if (g_str_equal(name[i], "smile"))
      g_assert_cmpfloat_with_epsilon(g_ascii_strtod(value[i], NULL), portrait.smile, 1e-5);
  g_autofree char *csv_path = g_build_filename(folder, "a.csv", NULL), *csv = NULL;
  g_assert_true(g_file_get_contents(csv_path, &csv, NULL, &error));
  g_autofree char *expected = g_strdup_printf("\n6,%s\n", row_text);
  g_assert_true(g_str_has_suffix(csv, expected));
  g_autofree char *png_path = g_build_filename(folder, "a.png", NULL);
  g_autoptr(SsgImage) sheet = ssg_image_load(png_path, SSG_IMAGE_RGB, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpint(sheet->width, ==, 7 * 64);
  g_assert_cmpint(sheet->height, ==, 2 * 64);
  g_free(rgb);
  g_free(labels);
}

static void test_look_without_labels(void)
{
  g_assert_cmpint(run("data portraits -q --count 2 --size 32 --look ink --no-labels --out %s/ink", NULL), ==, 0);
  g_autofree char *path = g_build_filename(folder, "ink", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgDataset) set = ssg_dataset_open(path, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_kind(set), ==, SSG_DATASET_IMAGES);
  g_autoptr(SsgImage) image = ssg_dataset_decode_image(set, 1, &error);
  g_assert_no_error(error);
  long colour = 0; /* pen on paper has next to none */
  for (int i = 0; i < 32 * 32; i++)
    colour += ABS(image->pixels[3 * i] - image->pixels[3 * i + 2]);
  g_assert_cmpint(colour / (32 * 32), <, 25);
}

static void test_bad_usage(void)
{
  static const char *const bad[][2] = {{"data portraits", "--out is missing"},
                                       {"data portraits --out %s/x --size 8", "16 to 2048"},
                                       {"data portraits --out %s/x --count 0", "--count"},
                                       {"data portraits --out %s/x --quality 101", "--quality"},
                                       {"data portraits --out %s/x --first -1", "--first"},
                                       {"data portraits --preview %s/x.png --csv %s/x.csv", "--csv needs --out"},
                                       {"data portraits --out %s/x --look oil", "not 'oil'"}};
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autofree char *errors = NULL, *path = g_build_filename(folder, "x", NULL);
    g_assert_cmpint(run(bad[i][0], &errors), ==, 2);
    g_assert_nonnull(strstr(errors, bad[i][1]));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_autoptr(GError) error = NULL;
  folder = g_dir_make_tmp("ssgan-portraits-XXXXXX", &error);
  g_assert_no_error(error);
  g_test_add_func("/portraits-command/dataset", test_dataset);
  g_test_add_func("/portraits-command/look-without-labels", test_look_without_labels);
  g_test_add_func("/portraits-command/bad-usage", test_bad_usage);
  int result = g_test_run();
  const char *remove[] = {"rm", "-rf", folder, NULL};
  g_spawn_sync(NULL, (char **) remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
  return result;
}
