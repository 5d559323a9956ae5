/* Autosave and recovery: after a kill the document comes back to the bit; after a clean close nothing is left. */
#include "tests/app/helpers.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include "app/autosave.h"

static char *self_path;

static guint count_files(const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  guint n = 0;
  while (dir && g_dir_read_name(dir))
    n++;
  return n;
}

static void edit(SsgDocument *document, guint32 seed)
{
  g_autoptr(SsgFace) donor = make_face(seed);
  g_assert_true(ssg_document_swap(document, donor, "x", seed % K, SSG_CODE_BOTH));
}

static void count(gpointer data)
{
  ++*(int *) data;
}

static void test_debounce(void)
{
  g_autofree char *folder = make_folder();
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgAutosave) autosave = ssg_autosave_new(document, folder, 50);
  int saves = 0;
  g_signal_connect_swapped(autosave, "saved", G_CALLBACK(count), &saves);
  run_loop(120);
  g_assert_false(g_file_test(ssg_autosave_path(autosave), G_FILE_TEST_EXISTS)); /* nothing to save yet */
  for (int i = 0; i < 20; i++) {
    edit(document, i + 10);
    run_loop(5);
  }
  g_assert_cmpint(saves, ==, 0);
  WAIT_FOR(saves == 1);
  run_loop(150);
  g_assert_cmpint(saves, ==, 1);
  g_assert_true(g_file_test(ssg_autosave_path(autosave), G_FILE_TEST_EXISTS));
  /* Changes that never pause are written all the same. */
  for (int i = 0; i < 90 && saves < 2; i++) {
    edit(document, i + 100);
    run_loop(10);
  }
  g_assert_cmpint(saves, ==, 2);
  /* Saved on purpose: no autosave needed. */
  ssg_document_set_saved(document, NULL);
  WAIT_FOR(!g_file_test(ssg_autosave_path(autosave), G_FILE_TEST_EXISTS));
  edit(document, 7);
  GError *error = NULL;
  g_assert_true(ssg_autosave_flush(autosave, &error));
  g_assert_no_error(error);
  g_assert_true(g_file_test(ssg_autosave_path(autosave), G_FILE_TEST_EXISTS));
  /* Held by a living window: no recovery. */
  g_autoptr(GPtrArray) list = ssg_recovery_list(folder);
  g_assert_cmpuint(list->len, ==, 0);
  ssg_autosave_close(autosave);
  run_loop(100);
  g_assert_cmpuint(count_files(folder), ==, 0);
  remove_folder(folder);
}

/* The child: edits, saves, and waits to be killed. */
static int child(const char *folder)
{
  g_autoptr(SsgDocument) first = make_document(1);
  g_autoptr(SsgDocument) second = make_document(2);
  g_autoptr(GFile) file = g_file_new_for_path("/projects/second.ssgan");
  ssg_document_set_saved(second, file);
  g_autoptr(SsgAutosave) a = ssg_autosave_new(first, folder, 10);
  g_autoptr(SsgAutosave) b = ssg_autosave_new(second, folder, 10);
  int saves = 0;
  g_signal_connect_swapped(a, "saved", G_CALLBACK(count), &saves);
  g_signal_connect_swapped(b, "saved", G_CALLBACK(count), &saves);
  edit(first, 11);
  edit(first, 12);
  edit(second, 13);
  WAIT_FOR(saves >= 2);
  puts("saved");
  fflush(stdout);
  run_loop(20000);
  return 1;
}

static void test_kill(void)
{
  g_autofree char *folder = make_folder();
  GError *error = NULL;
  g_autoptr(GSubprocess) process =
      g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, self_path, "--child", folder, NULL);
  g_assert_no_error(error);
  char line[6] = {0};
  gsize n;
  g_assert_true(g_input_stream_read_all(g_subprocess_get_stdout_pipe(process), line, 5, &n, NULL, NULL));
  g_assert_cmpstr(line, ==, "saved");
  g_autoptr(GPtrArray) alive = ssg_recovery_list(folder);
  g_assert_cmpuint(alive->len, ==, 0); /* the other process holds them */
  g_subprocess_send_signal(process, SIGKILL);
  g_assert_true(g_subprocess_wait(process, NULL, NULL));

  g_autoptr(GPtrArray) list = ssg_recovery_list(folder);
  g_assert_cmpuint(list->len, ==, 2);
  for (guint i = 0; i < 2; i++) {
    SsgRecovery *recovery = g_ptr_array_index(list, i);
    gboolean second = recovery->original_path != NULL;
    g_assert_cmpstr(recovery->title, ==, second ? "second" : "Untitled");
    g_autoptr(SsgDocument) document = ssg_recovery_open(recovery, &error);
    g_assert_no_error(error);
    g_assert_true(ssg_document_modified(document));
    g_assert_cmpuint(g_list_model_get_n_items(ssg_document_history(document)), ==, second ? 2 : 3);
    g_autoptr(SsgDocument) expected = make_document(second ? 2 : 1);
    if (second) {
      edit(expected, 13);
      g_autofree char *path = g_file_get_path(ssg_document_file(document));
      g_assert_cmpstr(path, ==, "/projects/second.ssgan");
    } else {
      edit(expected, 11);
      edit(expected, 12);
      g_assert_null(ssg_document_file(document));
    }
    g_assert_true(ssg_face_equal(ssg_document_face(document), ssg_document_face(expected)));
    /* Nobody else can take it now, and the file stays until the window that has it is closed. */
    g_assert_null(ssg_recovery_open(recovery, &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_FILE);
    g_clear_error(&error);
    g_assert_false(ssg_recovery_discard(recovery, NULL));
    g_autoptr(SsgAutosave) autosave = ssg_autosave_new(document, folder, 10);
    g_assert_cmpstr(ssg_autosave_path(autosave), ==, recovery->path);
    g_assert_true(g_file_test(recovery->path, G_FILE_TEST_EXISTS));
    ssg_autosave_close(autosave);
    g_assert_false(g_file_test(recovery->path, G_FILE_TEST_EXISTS));
  }
  g_assert_cmpuint(count_files(folder), ==, 0);
  remove_folder(folder);
}

static void test_discard_and_damage(void)
{
  g_autofree char *folder = make_folder();
  g_autofree char *path = NULL;
  g_autoptr(SsgDocument) document = make_document(1);
  SsgAutosave *autosave = ssg_autosave_new(document, folder, 10);
  path = g_strdup(ssg_autosave_path(autosave));
  edit(document, 5);
  g_assert_true(ssg_autosave_flush(autosave, NULL));
  g_object_unref(autosave); /* as a crash would: no close */
  g_autoptr(GPtrArray) list = ssg_recovery_list(folder);
  g_assert_cmpuint(list->len, ==, 1);
  g_assert_true(g_file_set_contents(path, "rubbish", -1, NULL));
  GError *error = NULL;
  g_autoptr(GPtrArray) damaged = ssg_recovery_list(folder);
  g_assert_cmpuint(damaged->len, ==, 1);
  g_assert_null(ssg_recovery_open(g_ptr_array_index(damaged, 0), &error));
  g_assert_nonnull(error);
  g_clear_error(&error);
  g_assert_true(ssg_recovery_discard(g_ptr_array_index(damaged, 0), &error));
  g_assert_no_error(error);
  g_assert_cmpuint(count_files(folder), ==, 0);
  remove_folder(folder);
}

static void failed(SsgAutosave *autosave, GError *error, gpointer data)
{
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FILE);
  ++*(int *) data;
}

static void test_unwritable(void)
{
  g_autofree char *folder = make_folder();
  g_autofree char *file = g_build_filename(folder, "not-a-folder", NULL);
  g_assert_true(g_file_set_contents(file, "", 0, NULL));
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgAutosave) autosave = ssg_autosave_new(document, file, 10);
  int failures = 0;
  g_signal_connect(autosave, "failed", G_CALLBACK(failed), &failures);
  edit(document, 5);
  WAIT_FOR(failures == 1);
  edit(document, 6);
  run_loop(100);
  g_assert_cmpint(failures, ==, 1); /* once, not every time */
  ssg_autosave_close(autosave);
  remove_folder(folder);
}

int main(int argc, char **argv)
{
  g_setenv("LANGUAGE", "C", TRUE);
  if (argc == 3 && strcmp(argv[1], "--child") == 0)
    return child(argv[2]);
  self_path = argv[0];
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/app/autosave/debounce", test_debounce);
  g_test_add_func("/app/autosave/kill", test_kill);
  g_test_add_func("/app/autosave/discard-and-damage", test_discard_and_damage);
  g_test_add_func("/app/autosave/unwritable", test_unwritable);
  return g_test_run();
}
