#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/atomic-file.h"
#include "engine/error.h"
#include "tests/files/files-test.h"

static void check_contents(const char *path, const char *expected)
{
  g_autofree char *found = NULL;
  g_assert_true(g_file_get_contents(path, &found, NULL, NULL));
  g_assert_cmpstr(found, ==, expected);
}

static void test_commit_and_discard(void)
{
  g_autofree char *path = scratch_path("a.txt");
  g_autoptr(GError) error = NULL;
  g_assert_true(ssg_atomic_file_save(path, "old", 3, &error));
  int before = scratch_count();
  SsgAtomicFile *file = ssg_atomic_file_open(path, &error);
  g_assert_true(ssg_atomic_file_write(file, "new contents", 12, &error));
  check_contents(path, "old"); /* nothing shows before the commit */
  ssg_atomic_file_free(file);
  check_contents(path, "old");
  g_assert_cmpint(scratch_count(), ==, before);
  file = ssg_atomic_file_open(path, &error);
  g_assert_true(ssg_atomic_file_write(file, "xxx contents", 12, &error));
  g_assert_true(ssg_atomic_file_seek(file, 0, &error));
  g_assert_true(ssg_atomic_file_write(file, "new", 3, &error));
  g_assert_true(ssg_atomic_file_commit(file, &error));
  g_assert_false(ssg_atomic_file_write(file, "x", 1, &error));
  check_error(&error, "a.txt");
  ssg_atomic_file_free(file);
  check_contents(path, "new contents");
  g_assert_cmpint(scratch_count(), ==, before);
}

static void test_mode_and_link(void)
{
  g_autofree char *path = scratch_path("mode.txt"), *link = scratch_path("link.txt");
  g_assert_true(ssg_atomic_file_save(path, "1", 1, NULL));
  struct stat status;
  mode_t mask = umask(0);
  umask(mask);
  g_assert_cmpint(stat(path, &status), ==, 0);
  g_assert_cmpint(status.st_mode & 0777, ==, 0666 & ~mask);
  g_assert_cmpint(chmod(path, 0640), ==, 0);
  g_assert_cmpint(symlink("mode.txt", link), ==, 0);
  g_assert_true(ssg_atomic_file_save(link, "2", 1, NULL));
  g_assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
  check_contents(path, "2");
  g_assert_cmpint(stat(path, &status), ==, 0);
  g_assert_cmpint(status.st_mode & 0777, ==, 0640);
}

static void test_refusals(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *missing = scratch_path("no-folder/a.txt"), *folder = scratch_path("");
  g_assert_null(ssg_atomic_file_open(missing, &error));
  g_assert_true(g_error_matches(error, SSG_ERROR, SSG_ERROR_FILE));
  check_error(&error, "no-folder/a.txt: cannot be written");
  g_assert_null(ssg_atomic_file_open(folder, &error));
  check_error(&error, "not an ordinary file");
  g_assert_null(ssg_atomic_file_open("/dev/null", &error));
  check_error(&error, "not an ordinary file");
}

static void test_can_open(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = scratch_path("can.txt"), *missing = scratch_path("no-folder/a.txt");
  int before = scratch_count();
  g_assert_true(ssg_atomic_file_can_open(path, &error));
  g_assert_no_error(error);
  g_assert_cmpint(scratch_count(), ==, before); /* neither the file nor a temporary one */
  g_autofree char *name = g_strnfill(256, 'a'), *long_path = scratch_path(name);
  const char *bad[] = {missing, long_path, ""};
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) { /* all found out now, not when the work is done */
    g_clear_error(&error);
    g_assert_false(ssg_atomic_file_can_open(bad[i], &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_FILE);
  }
  long_path[strlen(long_path) - 1] = '\0';
  g_assert_true(ssg_atomic_file_save(long_path, "x", 1, NULL));
}

/* A limit on the file size stands for a full disk: the same calls fail, at the same places. */
static void test_disk_full(void)
{
  g_autofree char *path = scratch_path("full.txt");
  g_assert_true(ssg_atomic_file_save(path, "old", 3, NULL));
  int before = scratch_count();
  struct rlimit old, small;
  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
  small = old;
  small.rlim_cur = 10000;
  signal(SIGXFSZ, SIG_IGN);
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
  g_autofree char *data = g_malloc0(200000);
  /* Large enough to fail in write, and small enough to fail only when the buffer is flushed. */
  const gsize sizes[] = {200000, 10001};
  for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(ssg_atomic_file_save(path, data, sizes[i], &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_WRITE);
    check_error(&error, "full.txt: cannot be written: ");
  }
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, SIG_DFL);
  check_contents(path, "old");
  g_assert_cmpint(scratch_count(), ==, before);
}

/* What a signal handler does: all that is being written goes, what is written stays, and the notes are free again. */
static void test_discard_all(void)
{
  g_autofree char *done = scratch_path("done.txt"), *begun = scratch_path("begun.txt"), *also = scratch_path("also.txt");
  int before = scratch_count();
  for (int i = 0; i < 3 * SSG_ATOMIC_FILES_NOTED; i++)
    g_assert_true(ssg_atomic_file_save(done, "1", 1, NULL));
  g_autoptr(SsgAtomicFile) one = ssg_atomic_file_open(begun, NULL), two = ssg_atomic_file_open(also, NULL);
  g_assert_true(ssg_atomic_file_write(one, "2", 1, NULL));
  g_assert_cmpint(scratch_count(), ==, before + 3);
  ssg_atomic_file_discard_all();
  g_assert_cmpint(scratch_count(), ==, before + 1);
  g_autoptr(GError) error = NULL;
  g_assert_false(ssg_atomic_file_commit(one, &error));
  check_error(&error, "begun.txt: cannot be written");
  check_contents(done, "1");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/atomic-file/commit-and-discard", test_commit_and_discard);
  g_test_add_func("/atomic-file/mode-and-link", test_mode_and_link);
  g_test_add_func("/atomic-file/refusals", test_refusals);
  g_test_add_func("/atomic-file/can-open", test_can_open);
  g_test_add_func("/atomic-file/disk-full", test_disk_full);
  g_test_add_func("/atomic-file/discard-all", test_discard_all);
  int status = g_test_run();
  files_test_finish();
  return status;
}
