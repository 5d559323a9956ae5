/* The command table, option parsing, exit codes, and the lines of the progress display. */
#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include "engine/error.h"
#include "trainer/command.h"
#include "trainer/interrupt.h"
#include "trainer/progress.h"

static int seen_size, seen_argc, seen_jobs;
static guint64 seen_seed;
static char *seen_first, *seen_device, *seen_path;

static int run_pick(int argc, char **argv)
{
  int size = 7, exit_code;
  g_auto(SsgCommonOptions) common = {0};
  const GOptionEntry entries[] = {{"size", 0, 0, G_OPTION_ARG_INT, &size, "Size", "N"}, {NULL}};
  g_free(seen_path);
  seen_path = g_strdup(argv[0]);
  if (!ssg_command_parse(&argc, &argv, "IN [OUT]", "Picks.", entries,
                         SSG_COMMON_DEVICE | SSG_COMMON_SEED | SSG_COMMON_JOBS, &common, 1, 2, &exit_code))
    return exit_code;
  seen_size = size;
  seen_argc = argc;
  seen_seed = common.seed;
  seen_jobs = common.jobs;
  g_free(seen_first);
  seen_first = g_strdup(argv[1]);
  g_free(seen_device);
  seen_device = g_strdup(common.device);
  return 77;
}

static const SsgCommand pick = {"pick", "Picks", run_pick, NULL};
static const SsgCommand *const children[] = {&pick, NULL};
static const SsgCommand group = {"group", "A group", NULL, children};
static const SsgCommand *const table[] = {&group, &pick, NULL};

static int dispatch(const char *line)
{
  g_autofree char *typed = g_strconcat("prog ", line, NULL);
  g_auto(GStrv) argv = g_strsplit(typed, " ", -1);
  return ssg_command_dispatch("prog", "About.", table, (int) g_strv_length(argv), argv);
}

static void test_dispatch(void)
{
  g_assert_cmpint(dispatch("group pick in.txt --size 9 --seed 18446744073709551615 --device cuda:1 -j 3"), ==, 77);
  g_assert_cmpstr(seen_path, ==, "prog group pick");
  g_assert_cmpint(seen_size, ==, 9);
  g_assert_cmpint(seen_argc, ==, 2);
  g_assert_cmpstr(seen_first, ==, "in.txt");
  g_assert_cmpstr(seen_device, ==, "cuda:1");
  g_assert_cmpuint(seen_seed, ==, G_MAXUINT64);
  g_assert_cmpint(seen_jobs, ==, 3);
  g_assert_cmpint(dispatch("pick -j12 x"), ==, 77);
  g_assert_cmpint(seen_jobs, ==, 12);
  g_assert_cmpint(dispatch("pick -- -j5"), ==, 77);
  g_assert_cmpstr(seen_first, ==, "-j5");
  g_assert_cmpint(dispatch("pick -- --size"), ==, 77);
  g_assert_cmpstr(seen_first, ==, "--size");
  g_assert_cmpint(seen_size, ==, 7);
  g_assert_cmpstr(seen_device, ==, "cpu");
  g_assert_cmpuint(seen_seed, ==, 0);
}

static void test_bad_usage(void)
{
  static const char *const lines[] = {"nothing",          "group",           "group nothing",       "pick",
                                      "pick a b c",       "pick a --sise 3", "pick a --size three", "pick a --seed -1",
                                      "pick a --seed 1x", "pick a --jobs 0"};
  for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
    g_test_message("%s", lines[i]);
    g_assert_cmpint(dispatch(lines[i]), ==, SSG_EXIT_BAD_INPUT);
  }
}

static void test_help_exits_zero(void)
{
  g_assert_cmpint(dispatch("--help"), ==, SSG_EXIT_OK);
  g_assert_cmpint(dispatch("--version"), ==, SSG_EXIT_OK);
  g_assert_cmpint(dispatch("group --help"), ==, SSG_EXIT_OK);
  g_assert_cmpint(dispatch("pick --help"), ==, SSG_EXIT_OK);
  g_assert_cmpint(dispatch("group pick -h"), ==, SSG_EXIT_OK);
}

static void test_suggestion(void)
{
  if (g_test_subprocess()) {
    dispatch("grupo");
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_stderr("*did you mean 'group'?*");
}

static int code_of(GQuark domain, int code)
{
  g_autoptr(GError) error = g_error_new(domain, code, "x");
  return ssg_trainer_error_exit_code(error);
}

static void test_exit_codes(void)
{
  g_assert_cmpint(code_of(SSG_ERROR, SSG_ERROR_DEVICE), ==, 1);
  g_assert_cmpint(code_of(SSG_ERROR, SSG_ERROR_WRITE), ==, 1);
  g_assert_cmpint(code_of(SSG_ERROR, SSG_ERROR_MEMORY), ==, 2);
  g_assert_cmpint(code_of(SSG_ERROR, SSG_ERROR_FORMAT), ==, 2);
  g_assert_cmpint(code_of(SSG_ERROR, SSG_ERROR_SHAPE), ==, 2);
  g_assert_cmpint(code_of(SSG_ERROR, SSG_ERROR_FILE), ==, 2);
  g_assert_cmpint(code_of(SSG_ERROR, SSG_ERROR_ARGUMENT), ==, 2);
  g_assert_cmpint(code_of(SSG_ERROR, SSG_ERROR_CANCELLED), ==, 130);
  g_assert_cmpint(code_of(G_FILE_ERROR, G_FILE_ERROR_NOENT), ==, 2);
  g_assert_cmpint(code_of(G_FILE_ERROR, G_FILE_ERROR_NOSPC), ==, 1);
  g_assert_cmpint(code_of(G_IO_ERROR, G_IO_ERROR_NOT_FOUND), ==, 2);
  g_assert_cmpint(code_of(G_IO_ERROR, G_IO_ERROR_NO_SPACE), ==, 1);
}

static void test_interrupt(void)
{
  g_autoptr(GError) error = NULL;
  signal(SIGHUP, SIG_DFL); /* the tests themselves may run under nohup */
  ssg_interrupt_install();
  g_assert_true(ssg_interrupt_check(&error));
  raise(SIGTERM);
  g_assert_true(ssg_interrupt_requested());
  g_assert_false(ssg_interrupt_check(&error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_CANCELLED);
  g_assert_cmpint(ssg_trainer_error_exit_code(error), ==, 143);
  ssg_interrupt_request(0);
  g_assert_false(ssg_interrupt_requested());
  raise(SIGHUP); /* the terminal is gone: the same */
  g_assert_true(ssg_interrupt_requested());
  g_assert_cmpint(ssg_interrupt_exit_code(), ==, 129);
  ssg_interrupt_request(0);
  signal(SIGHUP, SIG_IGN);
  ssg_interrupt_install();
  raise(SIGHUP); /* under nohup it goes on */
  g_assert_false(ssg_interrupt_requested());
}

static void check_duration(double seconds, const char *expected)
{
  g_autofree char *text = ssg_progress_format_duration(seconds);
  g_assert_cmpstr(text, ==, expected);
}

static void test_progress_lines(void)
{
  check_duration(0.4, "0 s");
  check_duration(59.4, "59 s");
  check_duration(200, "3 min 20 s");
  check_duration(7500, "2 h 05 min");
  check_duration(273700, "3 d 4 h");
  check_duration(-1, "-");
  check_duration(0.0 / 0.0, "-");

  g_autofree char *plain = ssg_progress_format("checking", "images", 25, 100, 5, 5, "note", 0);
  g_assert_cmpstr(plain, ==, "checking: 25/100 images   25%  5.00/s  15 s left  note");
  g_autofree char *done = ssg_progress_format("checking", "images", 100, 100, 20, 5, NULL, 0);
  g_assert_cmpstr(done, ==, "checking: 100/100 images  100%  5.00/s  in 20 s");
  g_autofree char *unknown = ssg_progress_format("reading", "files", 3, 0, 20, 0, NULL, 0);
  g_assert_cmpstr(unknown, ==, "reading: 3 files");
  for (int width = 10; width < 160; width++) { /* whatever the terminal, the line fits in it */
    g_autofree char *bar = ssg_progress_format("checking", "images", 50, 100, 5, 5, "a note", width);
    g_assert_true(g_utf8_validate(bar, -1, NULL));
    g_assert_cmpint(g_utf8_strlen(bar, -1), <, width);
  }
  /* What a training says goes before what its numbers say again. */
  const char *said = "it 592  6.4 s/kimg  29 MiB  d 0.91  g 1.08";
  g_autofree char *narrow = ssg_progress_format("training", "images", 2368, 2400, 5, 100, said, 80);
  g_assert_cmpstr(narrow, ==, "2368/2400 images  0 s left  it 592  6.4 s/kimg  29 MiB  d 0.91  g 1.08");
  g_autofree char *wide = ssg_progress_format("training", "images", 2368, 2400, 5, 100, said, 95);
  g_assert_cmpstr(wide, ==, "training 2368/2400 images   98%  100/s  0 s left  it 592  6.4 s/kimg  29 MiB  d 0.91  g 1.08");
  g_autofree char *half = ssg_progress_format("x", "y", 1, 2, 0, 0, NULL, 80);
  int blocks = 0;
  for (const char *at = half; (at = strstr(at, "█")); at += strlen("█"))
    blocks++;
  g_assert_cmpint(blocks, ==, 20); /* half of the 40 cells */
}

static gpointer count_up(gpointer data)
{
  for (int i = 0; i < 1000; i++)
    ssg_progress_add(data, 1);
  return NULL;
}

static void test_progress_log(void)
{
  if (g_test_subprocess()) { /* stderr is no terminal here; an interval has not passed: only print() shows */
    g_autoptr(SsgProgress) progress = ssg_progress_new("working", "things", 2000, FALSE);
    g_autoptr(GThread) other = g_thread_new(NULL, count_up, progress);
    count_up(progress);
    g_thread_join(g_steal_pointer(&other));
    ssg_progress_print(progress, "a %s", "message");
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_passed();
  g_test_trap_assert_stderr("a message\n");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/trainer/command/dispatch", test_dispatch);
  g_test_add_func("/trainer/command/bad-usage", test_bad_usage);
  g_test_add_func("/trainer/command/help", test_help_exits_zero);
  g_test_add_func("/trainer/command/suggestion", test_suggestion);
  g_test_add_func("/trainer/error/exit-codes", test_exit_codes);
  g_test_add_func("/trainer/interrupt", test_interrupt);
  g_test_add_func("/trainer/progress/lines", test_progress_lines);
  g_test_add_func("/trainer/progress/log", test_progress_log);
  return g_test_run();
}
