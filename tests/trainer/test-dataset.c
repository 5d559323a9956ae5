/* Reading LMDB files against liblmdb, the golden datasets, damaged files; writing datasets. */
#include <lmdb.h>
#include <string.h>
#include "trainer/dataset-writer.h"
#include "trainer/dataset.h"
#include "engine/error.h"
#include "trainer/error.h"
#include "trainer/lmdb-file.h"
#include "folder.h"

static char *folder; /* of this run of the test */

static char *golden(const char *name)
{
  return g_build_filename(g_getenv("SSG_TEST_GOLDENS"), name, NULL);
}

/* Touches every byte of every value, so that a wrong pointer shows. */
static guint sum_values(const SsgLmdbFile *file)
{
  guint sum = 0;
  for (gsize i = 0; i < ssg_lmdb_file_count(file); i++) {
    const SsgLmdbEntry *entry = ssg_lmdb_file_entry(file, i);
    for (gsize j = 0; j < entry->size; j++)
      sum += entry->data[j];
    for (gsize j = 0; j < entry->key_size; j++)
      sum += (guint8) entry->key[j];
  }
  return sum;
}

static void test_against_liblmdb(void)
{
  g_autofree char *path = g_build_filename(folder, "reference", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GRand) rand = g_rand_new_with_seed(7);
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  enum { N = 3000 };
  g_mkdir(path, 0755);
  g_assert_cmpint(mdb_env_create(&env), ==, 0);
  mdb_env_set_mapsize(env, 1ull << 30);
  g_assert_cmpint(mdb_env_open(env, path, MDB_NOLOCK, 0644), ==, 0);
  for (int round = 0; round < 3; round++) { /* several transactions: both metas, freed and reused pages */
    g_assert_cmpint(mdb_txn_begin(env, NULL, 0, &txn), ==, 0);
    g_assert_cmpint(mdb_dbi_open(txn, NULL, 0, &dbi), ==, 0);
    for (int i = 0; i < N; i++) {
      char name[64];
      g_autofree guint8 *bytes = NULL;
      int size = g_rand_int_range(rand, 0, i % 10 == 0 ? 9000 : 300);
      snprintf(name, sizeof name, "%.*skey-%d", i % 5, "abcde", i);
      MDB_val key = {strlen(name), name};
      if (g_rand_int_range(rand, 0, 4) == 0) {
        mdb_del(txn, dbi, &key, NULL);
        continue;
      }
      bytes = g_malloc(size + 1);
      for (int j = 0; j < size; j++)
        bytes[j] = (guint8) g_rand_int(rand);
      MDB_val value = {size, bytes};
      g_assert_cmpint(mdb_put(txn, dbi, &key, &value, 0), ==, 0);
    }
    g_assert_cmpint(mdb_txn_commit(txn), ==, 0);
  }

  g_autoptr(SsgLmdbFile) file = ssg_lmdb_file_open(path, &error);
  g_assert_no_error(error);
  MDB_cursor *cursor;
  MDB_val key, value;
  gsize n = 0;
  g_assert_cmpint(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), ==, 0);
  g_assert_cmpint(mdb_cursor_open(txn, dbi, &cursor), ==, 0);
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
    const SsgLmdbEntry *entry = ssg_lmdb_file_entry(file, n++);
    g_assert_cmpmem(key.mv_data, key.mv_size, entry->key, entry->key_size);
    g_assert_cmpmem(value.mv_data, value.mv_size, entry->data, entry->size);
    g_autofree char *name = g_strndup(key.mv_data, key.mv_size);
    g_assert_true(ssg_lmdb_file_find(file, name) == entry);
  }
  g_assert_cmpuint(n, ==, ssg_lmdb_file_count(file));
  g_assert_cmpuint(n, >, N / 2);
  g_assert_null(ssg_lmdb_file_find(file, "key-"));
  g_assert_null(ssg_lmdb_file_find(file, ""));
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void test_goldens(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *mask_path = golden("lmdb-mask-64"), *image_path = golden("lmdb-image-64");
  g_autofree char *file_path = g_build_filename(mask_path, "data.mdb", NULL);
  g_autoptr(SsgDataset) masks = ssg_dataset_open(mask_path, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_kind(masks), ==, SSG_DATASET_MASKS);
  g_assert_cmpint(ssg_dataset_length(masks), ==, 12);
  g_assert_cmpint(ssg_dataset_size(masks), ==, 0);
  g_assert_null(ssg_dataset_class_names(masks));
  for (int i = 0; i < 12; i++) {
    gsize size;
    const guint8 *image = ssg_dataset_image(masks, i, &size);
    g_assert_cmpuint(size, >, 100);
    g_assert_cmpmem(image, 3, "\xff\xd8\xff", 3);
    const guint8 *label = ssg_dataset_label(masks, i, &size);
    g_assert_cmpmem(label, 8, "\x89PNG\r\n\x1a\n", 8);
    g_assert_cmpmem(label + size - 8, 4, "IEND", 4); /* the size is right to the byte */
  }
  g_autofree char *key = ssg_dataset_image_key(masks, 3), *label_key = ssg_dataset_label_key(masks, 11);
  g_assert_cmpstr(key, ==, "image-0000003");
  g_assert_cmpstr(label_key, ==, "label-0000011");

  g_autoptr(SsgDataset) images = ssg_dataset_open(image_path, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_kind(images), ==, SSG_DATASET_IMAGES);
  g_assert_cmpint(ssg_dataset_length(images), ==, 12);
  g_assert_cmpint(ssg_dataset_size(images), ==, 64);
  gsize size;
  g_assert_null(ssg_dataset_label(images, 0, &size));
  g_assert_cmpuint(size, ==, 0);
  g_autofree char *images_key = ssg_dataset_image_key(images, 3);
  g_assert_cmpstr(images_key, ==, "64-00003");

  g_autoptr(SsgDataset) direct = ssg_dataset_open(file_path, 64, &error); /* the file itself */
  g_assert_no_error(error);
  g_assert_null(ssg_dataset_open(image_path, 128, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FORMAT);
  g_assert_nonnull(strstr(error->message, "there are: 64"));
}

static void expect_open_error(const char *path, const char *words)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(path, 0, &error);
  g_assert_null(dataset);
  g_assert_nonnull(error);
  g_assert_cmpint(ssg_trainer_error_exit_code(error), ==, SSG_EXIT_BAD_INPUT);
  if (!strstr(error->message, words))
    g_error("'%s' does not say '%s'", error->message, words);
  if (!strstr(error->message, path))
    g_error("'%s' does not name '%s'", error->message, path);
}

static void test_open_errors(void)
{
  g_autofree char *missing = g_build_filename(folder, "missing", NULL),
                  *text = g_build_filename(folder, "text.mdb", NULL);
  g_autofree char *cut = g_build_filename(folder, "cut.mdb", NULL), *path = golden("lmdb-mask-64/data.mdb");
  g_autofree char *bytes = NULL;
  gsize size;
  g_file_get_contents(path, &bytes, &size, NULL);
  expect_open_error(missing, "No such file");
  expect_open_error(folder, "without data.mdb");
  g_file_set_contents(text, "this is just text", -1, NULL);
  expect_open_error(text, "not an LMDB data file");
  g_file_set_contents(cut, bytes, (gssize) size / 2, NULL);
  expect_open_error(cut, "not complete");
}

/* Damaged in whatever way, a file gives an error or entries that can be read: nothing else. Run under the address
 * sanitizer this also catches reads outside the copy, which has no slack behind it. */
static void test_damaged(void)
{
  g_autofree char *path = golden("lmdb-mask-64/data.mdb"), *bytes = NULL;
  gsize size;
  int refused = 0, read = 0;
  guint sum = 0;
  g_autoptr(GRand) rand = g_rand_new_with_seed(3);
  g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
  for (int round = 0; round < 4000; round++) {
    gsize length = round % 4 ? size : (gsize) g_rand_int_range(rand, 0, (gint32) size);
    guint8 *exact = g_malloc(MAX(length, 1));
    memcpy(exact, bytes, length);
    /* Mostly hit what steers: metas and page headers with their node tables. */
    for (int flips = g_rand_int_range(rand, 1, 6); flips > 0 && length; flips--) {
      gsize at = (gsize) g_rand_int_range(rand, 0, (gint32) length), near = (gsize) g_rand_int_range(rand, 0, 160);
      if (g_rand_boolean(rand))
        at = MIN(at / 4096 * 4096 + near, length - 1);
      exact[at] ^= (guint8) (1 << g_rand_int_range(rand, 0, 8));
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(SsgLmdbFile) file = ssg_lmdb_file_parse(exact, length, "damaged", &error);
    g_assert_true((file == NULL) == (error != NULL));
    if (file) {
      sum += sum_values(file);
      read++;
    } else {
      g_assert_true(g_str_has_prefix(error->message, "damaged: "));
      refused++;
    }
    g_clear_pointer(&file, ssg_lmdb_file_free);
    g_free(exact);
  }
  g_test_message("%d refused, %d read, sum %u", refused, read, sum);
  g_assert_cmpint(refused, >, 500);
  g_assert_cmpint(read, >, 500);
}

static void test_write_and_read(void)
{
  g_autofree char *path = g_build_filename(folder, "written", NULL), *with_slash = g_strconcat(path, "/", NULL);
  g_autoptr(GError) error = NULL;
  static const char *const names[] = {"background", "face", NULL};
  static const guint32 colors[] = {0x102030, 0xffeedd};
  /* 12 images of 9 MiB do not fit a transaction, nor liblmdb's default map. */
  const gsize large = 9u << 20;
  g_autofree guint8 *image = g_malloc0(large);
  {
    g_autoptr(SsgDatasetWriter) writer = ssg_dataset_writer_new(with_slash, SSG_DATASET_MASKS, 256, &error);
    g_assert_no_error(error);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS)); /* nothing under the final name yet */
    ssg_dataset_writer_set_classes(writer, names, colors);
    ssg_dataset_writer_set_source(writer, "a test");
    for (int i = 11; i >= 0; i--) {
      image[0] = (guint8) i;
      image[large - 1] = (guint8) (i * 3);
      g_assert_true(ssg_dataset_writer_add(writer, i, image, large, (const guint8 *) "label" + i % 3, 3, &error));
      g_assert_no_error(error);
    }
    g_assert_true(ssg_dataset_writer_add_extra(writer, "attributes-0000001", "{}", 2, &error));
    g_assert_true(ssg_dataset_writer_finish(writer, &error));
    g_assert_no_error(error);
  }
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(path, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(ssg_dataset_length(dataset), ==, 12);
  g_assert_cmpint(ssg_dataset_size(dataset), ==, 256);
  g_assert_cmpstr(ssg_dataset_class_names(dataset)[1], ==, "face");
  g_assert_null(ssg_dataset_class_names(dataset)[2]);
  g_assert_cmphex(ssg_dataset_class_colors(dataset)[1], ==, 0xffeedd);
  for (int i = 0; i < 12; i++) {
    gsize size;
    const guint8 *data = ssg_dataset_image(dataset, i, &size);
    g_assert_cmpuint(size, ==, large);
    g_assert_cmpint(data[0], ==, i);
    g_assert_cmpint(data[large - 1], ==, i * 3);
    data = ssg_dataset_label(dataset, i, &size);
    g_assert_cmpmem(data, size, "label" + i % 3, 3);
  }
  gsize size;
  const guint8 *extra = ssg_dataset_extra(dataset, "attributes-0000001", &size);
  g_assert_cmpmem(extra, size, "{}", 2);
  g_assert_null(ssg_dataset_extra(dataset, "attributes-0000002", &size));

  /* liblmdb reads it too: this is what other programs do. */
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  MDB_val key = {12, "image-length"}, value;
  g_assert_cmpint(mdb_env_create(&env), ==, 0);
  g_assert_cmpint(mdb_env_open(env, path, MDB_RDONLY | MDB_NOLOCK, 0644), ==, 0);
  g_assert_cmpint(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), ==, 0);
  g_assert_cmpint(mdb_dbi_open(txn, NULL, 0, &dbi), ==, 0);
  g_assert_cmpint(mdb_get(txn, dbi, &key, &value), ==, 0);
  g_assert_cmpmem(value.mv_data, value.mv_size, "12", 2);
  mdb_txn_abort(txn);
  mdb_env_close(env);

  g_assert_null(ssg_dataset_writer_new(path, SSG_DATASET_MASKS, 256, &error)); /* taken */
  g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
}

/* The same contents give the same file: no leftovers of memory between the values. */
static void test_write_repeats(void)
{
  g_autoptr(GError) error = NULL;
  char *files[2];
  gsize sizes[2];
  for (int round = 0; round < 2; round++) {
    g_autofree char *name = g_strdup_printf("again-%d", round),
                    *path = g_build_filename(folder, name, "data.mdb", NULL);
    g_autofree char *set = g_build_filename(folder, name, NULL);
    SsgDatasetWriter *writer = ssg_dataset_writer_new(set, SSG_DATASET_MASKS, 64, &error);
    g_assert_no_error(error);
    for (int i = 0; i < 50; i++) {
      gsize size = (gsize) (i * 131 % 6000 + 1);
      guint8 *image = g_malloc(size);
      memset(image, i, size);
      g_assert_true(ssg_dataset_writer_add(writer, i, image, size, image, MIN(size, 40), &error));
      memset(image, 0x5a + round, size); /* what the allocator hands out next differs in the two rounds */
      g_free(image);
    }
    g_assert_true(ssg_dataset_writer_finish(writer, &error));
    ssg_dataset_writer_free(writer);
    g_assert_true(g_file_get_contents(path, &files[round], &sizes[round], NULL));
  }
  g_assert_cmpmem(files[0], sizes[0], files[1], sizes[1]);
  g_free(files[0]);
  g_free(files[1]);
}

static void test_write_errors(void)
{
  g_autofree char *place = g_build_filename(folder, "place", NULL), *path = g_build_filename(place, "set", NULL);
  g_autoptr(GError) error = NULL;
  g_mkdir(place, 0755);
  SsgDatasetWriter *writer = ssg_dataset_writer_new(path, SSG_DATASET_IMAGES, 64, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_dataset_writer_add(writer, 0, (const guint8 *) "x", 1, NULL, 0, &error));
  g_assert_false(ssg_dataset_writer_add(writer, 0, (const guint8 *) "x", 1, NULL, 0, &error)); /* twice */
  g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  g_clear_error(&error);
  g_assert_true(ssg_dataset_writer_add(writer, 2, (const guint8 *) "x", 1, NULL, 0, &error));
  g_assert_false(ssg_dataset_writer_finish(writer, &error)); /* 1 is missing */
  g_assert_nonnull(strstr(error->message, "image 1 "));
  g_clear_error(&error);
  g_assert_cmpint(folder_count(place), ==, 1);
  ssg_dataset_writer_free(writer);
  g_assert_cmpint(folder_count(place), ==, 0); /* nothing is left */

  writer = ssg_dataset_writer_new(path, SSG_DATASET_IMAGES, 64, &error);
  g_assert_false(ssg_dataset_writer_finish(writer, &error)); /* empty */
  g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  g_clear_error(&error);
  ssg_dataset_writer_free(writer);
  g_assert_cmpint(folder_count(place), ==, 0);

  g_autofree char *nowhere = g_build_filename(folder, "no", "such", "place", NULL);
  g_assert_null(ssg_dataset_writer_new(nowhere, SSG_DATASET_IMAGES, 64, &error));
  g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

/* A label gone missing, lengths that differ: what copying by hand leaves. */
static void test_layout_errors(void)
{
  static const struct {
    const char *left_out, *labels, *words;
  } cases[] = {{"label-0000001", "2", "'label-0000001' is missing"},
               {"image-0000000", "2", "'image-0000000' is missing"},
               {"-", "3", "2 images but 3 label maps"},
               {"-", "many", "'many'"},
               {"label-length", "", "'label-length' is missing"},
               {"image-length", "", "not a dataset"}};
  static const char *const keys[] = {"image-0000000", "image-0000001", "label-0000000",
                                     "label-0000001", "image-length",  "label-length"};
  for (size_t c = 0; c < G_N_ELEMENTS(cases); c++) {
    g_autofree char *name = g_strdup_printf("layout-%d", (int) c), *path = g_build_filename(folder, name, NULL);
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    g_mkdir(path, 0755);
    mdb_env_create(&env);
    g_assert_cmpint(mdb_env_open(env, path, MDB_NOLOCK | MDB_NOSYNC, 0644), ==, 0);
    mdb_txn_begin(env, NULL, 0, &txn);
    mdb_dbi_open(txn, NULL, 0, &dbi);
    for (size_t k = 0; k < G_N_ELEMENTS(keys); k++) {
      const char *text = k < 4 ? "file" : k == 4 ? "2" : cases[c].labels;
      MDB_val key = {strlen(keys[k]), (void *) keys[k]}, value = {strlen(text), (void *) text};
      if (!g_str_equal(keys[k], cases[c].left_out))
        g_assert_cmpint(mdb_put(txn, dbi, &key, &value, 0), ==, 0);
    }
    g_assert_cmpint(mdb_txn_commit(txn), ==, 0);
    mdb_env_close(env);
    expect_open_error(path, cases[c].words);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("ssgan-dataset-XXXXXX", NULL);
  g_test_add_func("/trainer/lmdb-file/against-liblmdb", test_against_liblmdb);
  g_test_add_func("/trainer/lmdb-file/damaged", test_damaged);
  g_test_add_func("/trainer/dataset/goldens", test_goldens);
  g_test_add_func("/trainer/dataset/open-errors", test_open_errors);
  g_test_add_func("/trainer/dataset/layout-errors", test_layout_errors);
  g_test_add_func("/trainer/dataset/write-and-read", test_write_and_read);
  g_test_add_func("/trainer/dataset/write-repeats", test_write_repeats);
  g_test_add_func("/trainer/dataset/write-errors", test_write_errors);
  int status = g_test_run();
  folder_remove(folder);
  g_free(folder);
  return status;
}
