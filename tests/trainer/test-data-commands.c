/* data folders, celebamask, images, check and stats on small folders drawn here. */
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include "engine/error.h"
#include "engine/image.h"
#include "trainer/command-data.h"
#include "trainer/data-import.h"
#include "trainer/dataset.h"
#include "trainer/interrupt.h"
#include "trainer/parallel.h"
#include "folder.h"

static char *folder;

static char *in_folder(const char *name)
{
  return g_build_filename(folder, name, NULL);
}

/* Runs a command with the words of `line`, where "@" stands for the test's folder. */
static int run(const SsgCommand *command, const char *line)
{
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(argv, g_strdup(command->name));
  g_ptr_array_add(argv, g_strdup("--quiet"));
  for (char **word = words; *word; word++)
    g_ptr_array_add(argv, **word == '@' ? g_strconcat(folder, *word + 1, NULL) : g_strdup(*word));
  g_autofree gpointer *moved = g_memdup2(argv->pdata, sizeof(gpointer) * argv->len);
  return command->run((int) argv->len, (char **) moved);
}

typedef guint8 (*Pixel)(int x, int y, int c, int variant);

static void save(const char *name, int width, int height, int channels, gboolean jpeg, Pixel pixel, int variant)
{
  g_autofree char *path = in_folder(name), *parent = g_path_get_dirname(path);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgImage) image = ssg_image_new(width, height, channels, &error);
  g_assert_no_error(error);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        image->pixels[(y * width + x) * channels + c] = pixel(x, y, c, variant);
  g_mkdir_with_parents(parent, 0755);
  SsgPixels pixels = ssg_image_pixels(image);
  if (jpeg)
    ssg_jpeg_save(path, &pixels, 95, TRUE, NULL, &error);
  else
    ssg_png_save(path, &pixels, NULL, &error);
  g_assert_no_error(error);
}

static guint8 flat(int x, int y, int c, int variant)
{
  return (guint8) (40 * variant + 20 * c);
}

/* A label map in which every pixel says where it was. */
static guint8 checks(int x, int y, int c, int variant)
{
  return (guint8) ((x * 7 + y * 3 + variant) % 5);
}

static void test_folders(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *db = in_folder("pairs/db");
  save("pairs/images/10.png", 50, 30, 3, FALSE, flat, 3);
  save("pairs/images/9.jpg", 30, 50, 3, TRUE, flat, 2);
  save("pairs/images/1.png", 20, 20, 3, FALSE, flat, 1);
  save("pairs/labels/10.png", 50, 30, 1, FALSE, checks, 3);
  save("pairs/labels/9.png", 30, 50, 1, FALSE, checks, 2);
  save("pairs/labels/1.png", 40, 40, 1, FALSE, checks, 1); /* same proportions, twice the size */
  g_assert_cmpint(
      run(&ssg_command_data_folders,
          "@/pairs/images @/pairs/labels --out @/pairs/db --size 10 --classes sky,face,eye,nose,hair --jobs 3"),
      ==, SSG_EXIT_OK);
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(db, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_length(dataset), ==, 3);
  g_assert_cmpint(ssg_dataset_size(dataset), ==, 10);
  g_assert_cmpstr(ssg_dataset_class_names(dataset)[4], ==, "hair");
  static const struct {
    int step, left, top; /* of the centred square: 20 of 20 (labels 40 of 40), 30 of 30x50, 30 of 50x30 */
  } crop[] = {{4, 0, 0}, {3, 0, 10}, {3, 10, 0}};
  for (int i = 0; i < 3; i++) { /* 1, 9, 10: numbers in their order */
    g_autoptr(SsgImage) image = ssg_dataset_decode_image(dataset, i, &error);
    g_autoptr(SsgImage) label = ssg_dataset_decode_label(dataset, i, &error);
    g_assert_no_error(error);
    g_assert_cmpint(image->width, ==, 10);
    g_assert_cmpint(label->height, ==, 10);
    for (int p = 0; p < 100; p++) {
      for (int c = 0; c < 3; c++)
        g_assert_cmpint(ABS(image->pixels[3 * p + c] - flat(0, 0, c, i + 1)), <=, 4); /* JPEG */
      /* Nearest: the middle one of three, the third of four. */
      int x = crop[i].left + p % 10 * crop[i].step + crop[i].step / 2;
      int y = crop[i].top + p / 10 * crop[i].step + crop[i].step / 2;
      g_assert_cmpint(label->pixels[p], ==, checks(x, y, 0, i + 1));
    }
  }
}

static guint8 seventeen(int x, int y, int c, int variant)
{
  return x == 3 && y == 2 ? 17 : 1;
}

/* Runs `line` in a child: it must fail, say `words`, and leave nothing in the folder `place` but what was there. */
static void expect_failure(const SsgCommand *command, const char *line, const char *words, const char *place)
{
  g_autofree char *where = in_folder(place);
  int before = folder_count(where);
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) words_of_line = g_strsplit(line, " ", -1);
  g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *errors = NULL;
  int status;
  g_ptr_array_add(argv, g_strdup(g_getenv("SSG_TRAINER_PROGRAM")));
  g_ptr_array_add(argv, g_strdup("data"));
  g_ptr_array_add(argv, g_strdup(command->name));
  for (char **word = words_of_line; *word; word++)
    g_ptr_array_add(argv, **word == '@' ? g_strconcat(folder, *word + 1, NULL) : g_strdup(*word));
  g_ptr_array_add(argv, NULL);
  g_assert_true(g_spawn_sync(NULL, (char **) argv->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &errors,
                             &status, &error));
  g_assert_no_error(error);
  g_spawn_check_wait_status(status, &error);
  g_assert_error(error, G_SPAWN_EXIT_ERROR, SSG_EXIT_BAD_INPUT);
  if (!strstr(errors, words))
    g_error("'%s' does not say '%s'", errors, words);
  g_assert_cmpint(folder_count(where), ==, before);
}

static void test_folders_errors(void)
{
  const SsgCommand *command = &ssg_command_data_folders;
  save("bad/images/a.png", 8, 8, 3, FALSE, flat, 1);
  save("bad/images/b.png", 8, 8, 3, FALSE, flat, 1);
  save("bad/labels/a.png", 8, 8, 1, FALSE, checks, 1);
  expect_failure(command, "@/bad/images @/bad/labels --classes 5 --size 8 --out @/bad/db", "b.png", "bad");
  save("bad/labels/b.png", 8, 8, 1, FALSE, seventeen, 1);
  expect_failure(command, "@/bad/images @/bad/labels --classes 5 --size 8 --out @/bad/db",
                 "/b.png holds the label 17 (at column 3, row 2), but there are 5 classes", "bad");
  save("bad/labels/b.png", 16, 8, 1, FALSE, checks, 1);
  expect_failure(command, "@/bad/images @/bad/labels --classes 5 --size 8 --out @/bad/db", "proportions differ", "bad");
  save("bad/labels/b.png", 8, 8, 3, FALSE, checks, 1); /* RGB is no label map */
  expect_failure(command, "@/bad/images @/bad/labels --classes 5 --size 8 --out @/bad/db", "/b.png", "bad");
  save("bad/images/a.jpg", 8, 8, 3, TRUE, flat, 1);
  expect_failure(command, "@/bad/images @/bad/labels --classes 5 --size 8 --out @/bad/db", "both", "bad");
  expect_failure(command, "@/bad/images @/bad/labels --classes 1 --out @/bad/db", "--classes", "bad");
  expect_failure(command, "@/bad/images @/bad/labels --classes a,b,a --out @/bad/db", "twice", "bad");
  expect_failure(command, "@/bad/images @/bad/labels --classes 5", "--out", "bad");
  expect_failure(command, "@/bad/images @/bad/none --classes 5 --out @/bad/db", "none", "bad");
  expect_failure(&ssg_command_data_images, "@/bad/images --out @/bad/db --size 4", "--size", "bad");
  expect_failure(&ssg_command_data_images, "@/bad/images --out @/bad/db --quality 101", "--quality", "bad");
  expect_failure(&ssg_command_data_images, "@/bad/images --out @/bad/db --limit 0", "--limit takes", "bad");
  expect_failure(&ssg_command_data_folders, "@/bad/images @/bad/labels --classes 5 --out @/bad/db --limit -1", "--limit takes", "bad");
  expect_failure(&ssg_command_data_celebamask, "@/bad --out @/bad/db --limit 0", "--limit takes", "bad");
  expect_failure(&ssg_command_data_portraits, "--count 10000001 --size 16 --out @/bad/db", "--count takes", "bad");
  expect_failure(&ssg_command_data_check, "@/bad/db --size -3", "--size takes", "bad");
  expect_failure(&ssg_command_data_stats, "@/bad/db --size -3", "--size takes", "bad");
  expect_failure(&ssg_command_data_images, "@/bad --out @/bad/db", "no pictures", "bad");
  expect_failure(&ssg_command_data_images, "@/bad/images --out @/bad/labels", "exists already", "bad");
}

static void test_folders_skip_unmatched(void)
{
  g_autofree char *db = in_folder("skip/db");
  g_autoptr(GError) error = NULL;
  save("skip/images/a.png", 8, 8, 3, FALSE, flat, 1);
  save("skip/images/b.png", 8, 8, 3, FALSE, flat, 1);
  save("skip/images/d.png", 8, 8, 3, FALSE, flat, 2);
  save("skip/labels/a.png", 8, 8, 1, FALSE, checks, 1);
  save("skip/labels/d.png", 8, 8, 1, FALSE, checks, 1);
  save("skip/labels/c.png", 8, 8, 1, FALSE, checks, 1);
  g_assert_cmpint(run(&ssg_command_data_folders,
                      "@/skip/images @/skip/labels --classes 5 --size 8 --skip-unmatched --out @/skip/db"),
                  ==, SSG_EXIT_OK);
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(db, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_length(dataset), ==, 2);
}

static void test_images(void)
{
  g_autofree char *db = in_folder("looks/db");
  g_autoptr(GError) error = NULL;
  save("looks/images/2.png", 24, 16, 3, FALSE, flat, 1);
  save("looks/images/10.JPG", 16, 16, 3, TRUE, flat, 2);
  save("looks/images/sub/1.png", 16, 16, 3, FALSE, flat, 3);
  g_assert_cmpint(run(&ssg_command_data_images, "@/looks/images --out @/looks/db --size 16 -r"), ==, SSG_EXIT_OK);
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(db, 16, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_kind(dataset), ==, SSG_DATASET_IMAGES);
  g_assert_cmpint(ssg_dataset_length(dataset), ==, 3);
  for (int i = 0; i < 3; i++) {
    g_autoptr(SsgImage) image = ssg_dataset_decode_image(dataset, i, &error);
    g_assert_no_error(error);
    g_assert_cmpint(ABS(image->pixels[0] - 40 * (i + 1)), <=, 4);
  }
  g_autofree char *flat_db = in_folder("looks/flat");
  g_assert_cmpint(run(&ssg_command_data_images, "@/looks/images --out @/looks/flat --size 16 --limit 1"), ==,
                  SSG_EXIT_OK);
  g_autoptr(SsgDataset) one = ssg_dataset_open(flat_db, 0, &error);
  g_assert_cmpint(ssg_dataset_length(one), ==, 1);
}

/* Part masks as rows: part i covers rows 2i to 2i + 3, so that each is painted over by the next. */
static guint8 band(int x, int y, int c, int variant)
{
  return y >= 2 * variant && y < 2 * variant + 4 ? 255 : 0;
}

static void test_celebamask(void)
{
  static const char *const parts[] = {"skin", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "mouth", "l_lip", "u_lip",
                                      "nose", "hair",  "l_ear", "r_ear", "neck",   "neck_l", "cloth", "hat",   "ear_r"};
  static const guint8 expected[] = {1, 10, 2, 2, 3, 3, 4, 4, 4, 5, 7, 6, 6, 8, 8, 9, 11, 12, 12, 0};
  static const int numbers[] = {0, 2001, 28000};
  g_autoptr(GError) error = NULL;
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    g_autofree char *image = g_strdup_printf("celeb/CelebA-HQ-img/%d.jpg", numbers[i]);
    save(image, 80, 80, 3, TRUE, flat, (int) i + 1);
    for (size_t k = 0; k < G_N_ELEMENTS(parts); k++) {
      if (i == 1 && k != 10)
        continue; /* 2001 has hair alone */
      g_autofree char *mask =
          g_strdup_printf("celeb/CelebAMask-HQ-mask-anno/%d/%05d_%s.png", numbers[i] / 2000, numbers[i], parts[k]);
      save(mask, 40, 40, k % 2 ? 1 : 3, FALSE, band, (int) k);
    }
  }
  g_assert_cmpint(run(&ssg_command_data_celebamask, "@/celeb --out @/celeb/train --size 40"), ==, SSG_EXIT_OK);
  g_autofree char *train = in_folder("celeb/train"), *validate = in_folder("celeb/validate");
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(train, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_length(dataset), ==, 2);
  g_assert_cmpstr(ssg_dataset_class_names(dataset)[12], ==, "earring");
  g_autoptr(SsgImage) all = ssg_dataset_decode_label(dataset, 0, &error),
                      hair = ssg_dataset_decode_label(dataset, 1, &error);
  g_assert_no_error(error);
  for (int y = 0; y < 40; y++) {
    g_assert_cmpint(all->pixels[40 * y + y % 40], ==, expected[y / 2]);
    g_assert_cmpint(hair->pixels[40 * y], ==, y >= 20 && y < 24 ? 7 : 0);
  }
  g_assert_cmpint(run(&ssg_command_data_celebamask, "@/celeb --out @/celeb/validate --size 8 --split validate"), ==,
                  SSG_EXIT_OK);
  g_autoptr(SsgDataset) rest = ssg_dataset_open(validate, 0, &error);
  g_assert_cmpint(ssg_dataset_length(rest), ==, 1);

  expect_failure(&ssg_command_data_celebamask, "@/celeb --out @/celeb/x --split test", "--split", "celeb");
  expect_failure(&ssg_command_data_celebamask, "@/pairs --out @/celeb/x", "not the folder of CelebAMask-HQ", "celeb");
  save("celeb/CelebA-HQ-img/5.jpg", 80, 80, 3, TRUE, flat, 1);
  expect_failure(&ssg_command_data_celebamask, "@/celeb --out @/celeb/x", "00005_", "celeb");
}

static void test_check_and_stats(void)
{
  g_autofree char *json_path = in_folder("stats.json"),
                  *db = g_build_filename(g_getenv("SSG_TEST_GOLDENS"), "lmdb-mask-64", NULL);
  g_autofree char *check = g_strdup(db), *wrong = g_strconcat(db, " --classes 4", NULL);
  g_autofree char *stats = g_strconcat(db, " --classes a,b,c,d,e --json @/stats.json", NULL);
  g_autoptr(JsonParser) parser = json_parser_new();
  g_autoptr(GError) error = NULL;
  g_assert_cmpint(run(&ssg_command_data_check, check), ==, SSG_EXIT_OK);
  g_assert_cmpint(run(&ssg_command_data_check, wrong), ==, SSG_EXIT_BAD_INPUT);
  g_autofree char *sized = g_strconcat(db, " --size 32", NULL);
  expect_failure(&ssg_command_data_check, sized, "has label maps, and one size", "bad");
  expect_failure(&ssg_command_data_stats, sized, "has label maps, and one size", "bad");
  g_assert_cmpint(run(&ssg_command_data_stats, stats), ==, SSG_EXIT_OK);
  g_assert_true(json_parser_load_from_file(parser, json_path, &error));
  JsonObject *root = json_node_get_object(json_parser_get_root(parser));
  g_assert_cmpint(json_object_get_int_member(root, "images"), ==, 12);
  g_assert_cmpint(json_object_get_int_member(root, "problems"), ==, 0);
  JsonArray *classes = json_object_get_array_member(root, "classes");
  g_assert_cmpuint(json_array_get_length(classes), ==, 5);

  /* The shares, counted here again. */
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(db, 0, &error);
  int counts[256] = {0};
  for (int i = 0; i < 12; i++) {
    g_autoptr(SsgImage) label = ssg_dataset_decode_label(dataset, i, &error);
    for (int p = 0; p < 64 * 64; p++)
      counts[label->pixels[p]]++;
  }
  for (guint k = 0; k < 5; k++) {
    JsonObject *class = json_array_get_object_element(classes, k);
    const char name[2] = {(char) ('a' + k), 0};
    g_assert_cmpstr(json_object_get_string_member(class, "name"), ==, name);
    g_assert_cmpfloat_with_epsilon(json_object_get_double_member(class, "share"), counts[k] / (12.0 * 64 * 64), 1e-9);
  }
}

static void test_check_finds(void)
{
  g_autofree char *db = in_folder("damaged");
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgDatasetWriter) writer = ssg_dataset_writer_new(db, SSG_DATASET_MASKS, 8, &error);
  g_assert_no_error(error);
  for (int i = 0; i < 3; i++) { /* 0: good; 1: image of another size; 2: image that is none */
    g_autoptr(SsgImage) image = ssg_image_new(i == 1 ? 6 : 8, 8, 3, NULL), label = ssg_image_new(8, 8, 1, NULL);
    memset(image->pixels, 9, (gsize) image->width * 8 * 3);
    memset(label->pixels, 0, 64);
    SsgPixels a = ssg_image_pixels(image), b = ssg_image_pixels(label);
    g_autoptr(GBytes) image_bytes = ssg_png_encode(&a, NULL, &error), label_bytes = ssg_png_encode(&b, NULL, &error);
    gsize na, nb;
    const guint8 *pa = g_bytes_get_data(image_bytes, &na), *pb = g_bytes_get_data(label_bytes, &nb);
    g_assert_true(ssg_dataset_writer_add(writer, i, pa, i == 2 ? na / 2 : na, pb, nb, &error));
  }
  g_assert_true(ssg_dataset_writer_finish(writer, &error));
  if (g_test_subprocess()) {
    run(&ssg_command_data_check, "@/damaged");
    folder_remove(folder);
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_stderr("*3 problems in 3 entries*");
  g_test_trap_assert_stdout("*image-0000001 is 6x8: not square*");
  g_test_trap_assert_stdout("*label-0000001 is 8x8, its image 6x8*");
  g_test_trap_assert_stdout("*image-0000002*");
}

static void test_interrupt(void)
{
  save("stop/images/1.png", 8, 8, 3, FALSE, flat, 1);
  g_autofree char *place = in_folder("stop");
  ssg_interrupt_request(SIGINT);
  g_assert_cmpint(run(&ssg_command_data_images, "@/stop/images --out @/stop/db --size 8"), ==, 130);
  ssg_interrupt_request(0);
  g_assert_cmpint(folder_count(place), ==, 1); /* the pictures; no dataset, no temporary folder */
}

static gpointer make_square(int index, gpointer data, GError **error)
{
  g_usleep((gulong) (index * 7919 % 5) * 200); /* later ones are often faster */
  if (index == GPOINTER_TO_INT(data) || index == GPOINTER_TO_INT(data) + 1) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "item %d", index);
    return NULL;
  }
  return GINT_TO_POINTER(index * index + 1);
}

static int next_taken;

static gboolean take_in_order(int index, gpointer result, gpointer data, GError **error)
{
  g_assert_cmpint(index, ==, next_taken++);
  g_assert_cmpint(GPOINTER_TO_INT(result), ==, index * index + 1);
  return TRUE;
}

static void test_parallel(void)
{
  g_autoptr(GError) error = NULL;
  for (int jobs = 1; jobs < 6; jobs++) {
    next_taken = 0;
    g_assert_true(ssg_parallel_run(97, jobs, make_square, take_in_order, NULL, GINT_TO_POINTER(-5), &error));
    g_assert_cmpint(next_taken, ==, 97);
    next_taken = 0;
    g_assert_false(ssg_parallel_run(97, jobs, make_square, take_in_order, NULL, GINT_TO_POINTER(40), &error));
    g_assert_cmpint(next_taken, ==, 40);
    g_assert_cmpstr(error->message, ==, "item 40"); /* the first in order, not the first that failed */
    g_clear_error(&error);
  }
  g_assert_true(ssg_parallel_run(0, 3, make_square, take_in_order, NULL, NULL, &error));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("ssgan-data-XXXXXX", NULL);
  g_test_add_func("/trainer/parallel", test_parallel);
  g_test_add_func("/trainer/data/folders", test_folders);
  g_test_add_func("/trainer/data/folders-errors", test_folders_errors);
  g_test_add_func("/trainer/data/folders-skip-unmatched", test_folders_skip_unmatched);
  g_test_add_func("/trainer/data/images", test_images);
  g_test_add_func("/trainer/data/celebamask", test_celebamask);
  g_test_add_func("/trainer/data/check-and-stats", test_check_and_stats);
  g_test_add_func("/trainer/data/check-finds", test_check_finds);
  g_test_add_func("/trainer/data/interrupt", test_interrupt);
  int status = g_test_run();
  folder_remove(folder);
  g_free(folder);
  return status;
}
