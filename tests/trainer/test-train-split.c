/* A batch in pieces, on several threads and processes: what it learns is the same. */
#include <signal.h>

#include "tests/trainer/train-runs.h"

/* --- split --- */

static double path_mean(const char *run_folder)
{
  g_autofree char *path = snapshot(run_folder);
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, NULL);
  return g_ascii_strtod(ssg_safetensors_metadata(file, "path_mean"), NULL);
}

/* A batch in pieces gives what the whole one does, also where the path-length step's samples are no whole number of pieces. Later
 * iterations are compared as a whole only: Adam without momentum turns rounding in a tiny gradient into a whole step. */
static void test_accumulation(void)
{
  static const struct {
    const char *batch, *whole, *pieces;
  } cases[] = {{"--batch 8 --path-every 1", "--micro-batch 8", ""},
               {"--batch 12 --path-every 1 --mask-recall 2 --mask-support 3", "--micro-batch 12", "--micro-batch 4"},
               {"--batch 12 --path-every 1 --path-batch-shrink 5", "--micro-batch 12", "--micro-batch 4"},
               {"--batch 16 --path-every 1 --path-batch-shrink 3", "--micro-batch 16", "--micro-batch 8"}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *out = g_strdup_printf("--out @/one%u --iterations 1", (guint) i), *a = g_strdup_printf("/one%u/00000-small-64", (guint) i);
    g_autofree char *b = g_strdup_printf("/one%u/00001-small-64", (guint) i);
    g_autofree char *both = g_strjoin(" ", TRAIN "--grid-every 0", out, cases[i].batch, NULL);
    g_autofree char *whole = g_strjoin(" ", both, cases[i].whole, NULL), *pieces = g_strchomp(g_strjoin(" ", both, cases[i].pieces, NULL));
    g_assert_cmpint(run(whole, NULL), ==, 0);
    g_assert_cmpint(run(pieces, NULL), ==, 0);
    double d = distance(a, b, TRUE), m = path_mean(a), n = path_mean(b);
    g_test_message("%s: worst tensor %.3g, path mean %.9g and %.9g", cases[i].pieces, d, m, n);
    g_assert_cmpfloat(d, <, 1e-5);
    g_assert_cmpfloat(fabs(m - n), <, 1e-6 * m);
  }
  g_assert_cmpint(run(TRAIN "--grid-every 0 --out @/pieces --iterations 8", NULL), ==, 0);
  g_assert_cmpint(run(TRAIN "--grid-every 0 --out @/pieces --iterations 8 --micro-batch 8", NULL), ==, 0);
  g_assert_cmpfloat(distance("/pieces/00000-small-64", "/pieces/00001-small-64", FALSE), <, 1e-5);
  /* Pieces smaller than a set of the minibatch standard deviation are another discriminator, but the same path lengths. */
  g_assert_cmpint(run(TRAIN "--grid-every 0 --out @/ones --iterations 1 --lr 0 --path-batch-shrink 3 --micro-batch 1", NULL), ==, 0);
  g_assert_cmpint(run(TRAIN "--grid-every 0 --out @/ones --iterations 1 --lr 0 --path-batch-shrink 3", NULL), ==, 0);
  double m = path_mean("/ones/00000-small-64"), n = path_mean("/ones/00001-small-64");
  g_assert_cmpfloat(m, >, 0);
  g_assert_cmpfloat(fabs(m - n), <, 1e-6 * m);
}

/* The number of threads does not show in what is learned, to the bit; pictures of 128 pixels have sums long enough to be worth dividing, and maps for Winograd's way. */
static void test_threads(void)
{
  for (int threads = 1; threads <= 3; threads++) {
    g_autofree char *line = g_strdup_printf("train --preset small-128 --data $/lmdb-mask-64 --quiet --threads %d --seed 3 --iterations 1 "
                                            "--batch 4 --grid-every 0 --out @/threads%d", threads, threads);
    g_assert_cmpint(run(line, NULL), ==, 0);
  }
  g_assert_cmpfloat(distance("/threads1/00000-small-128", "/threads2/00000-small-128", TRUE), ==, 0);
  g_assert_cmpfloat(distance("/threads1/00000-small-128", "/threads3/00000-small-128", TRUE), ==, 0);
}

/* Whatever the settings, several processes give the bits that one gives: a last bit that differs would grow a thousandfold in twenty
 * iterations (GANs are like that). Pieces of the batch and of the path-length step are unequal in number here and there, and one
 * process may have no sample of the latter at all. */
static gboolean have_mpirun(void)
{
  g_autofree char *mpirun = g_find_program_in_path("mpirun");
  if (!mpirun)
    g_test_skip("no mpirun here");
  g_setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", TRUE);
  g_setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", TRUE);
  g_setenv("OMPI_MCA_orte_tmpdir_base", folder, TRUE); /* runs side by side quarrel over one that they share */
  return mpirun != NULL;
}

/* A batch that the processes cannot share: how many would do. No folder to write to: said once, as bad input. */
static void test_processes_refused(void)
{
  g_autofree char *messages = NULL, *target = NULL;
  if (!have_mpirun())
    return;
  g_assert_cmpint(run_before("mpirun --oversubscribe --bind-to none -n 2", TRAIN "--out @/bad --iterations 1 --batch 9", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "2 processes cannot share a batch of 9 evenly: --batch 8 would do"));
  g_assert_cmpint(run_before("mpirun --oversubscribe --bind-to none -n 2", TRAIN "--out @/config.json --iterations 1", &target), ==, 2);
  g_assert_nonnull(strstr(target, "cannot make the folder"));
}

static void test_processes(void)
{
  static const struct {
    int n;
    const char *settings;
  } cases[] = {{2, "--iterations 20"},
               {2, "--iterations 12 --batch 24 --path-every 1 --r1-every 1 --r1-image 10 --r1-mask 1000 --path-weight 4"},
               {3, "--iterations 4 --batch 24 --path-every 1 --path-batch-shrink 5 --mixing 1 --flip --locality-weight 1 --locality-every 2 --mask-support 3"},
               {4, "--iterations 2 --batch 16 --path-every 1 --path-batch-shrink 16"},
               {2, "--iterations 4 --batch 16 --micro-batch 8 --path-every 1"}};
  if (!have_mpirun())
    return;
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *line = g_strdup_printf(TRAIN "--grid-every 0 --out @/ranks%u %s", (guint) i, cases[i].settings);
    g_autofree char *launcher = g_strdup_printf("mpirun --oversubscribe --bind-to none -n %d", cases[i].n);
    g_autofree char *one = g_strdup_printf("/ranks%u/00000-small-64", (guint) i), *several = g_strdup_printf("/ranks%u/00001-small-64", (guint) i);
    g_assert_cmpint(run(line, NULL), ==, 0);
    g_assert_cmpint(run_before(launcher, line, NULL), ==, 0);
    double d = distance(one, several, FALSE);
    g_test_message("%d processes against one, %s: %.3g", cases[i].n, cases[i].settings, d);
    g_assert_cmpfloat(d, ==, 0);
  }
}

/* A process that is killed ends the run, and the log comes to have a line of it. */
static void test_dead_process(void)
{
  if (!have_mpirun())
    return;
  g_autofree char *train = g_strdup_printf("\"$SSG_TRAINER_PROGRAM\" train --config %s --data \"$SSG_TEST_GOLDENS/lmdb-mask-64\" --quiet "
                                           "--threads 1 --iterations 1000000 --grid-every 0 --out %s/dead", config, folder);
  g_autofree char *second = g_strdup_printf("echo $$ >%s/second.pid; exec %s", folder, train);
  char *argv[] = {"mpirun", "--oversubscribe", "--bind-to", "none", "-n", "1", "sh", "-c", train, ":", "-n", "1", "sh", "-c", second, NULL};
  GPid pid;
  int status;
  g_assert_true(g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                              G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &pid, NULL));
  wait_for_text("/dead/00000-small-64/log.txt", "iteration 2 ");
  g_autofree char *number = read_text("/second.pid");
  kill(atoi(number), SIGKILL);
  waitpid(pid, &status, 0);
  g_assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
  g_autofree char *run_folder = g_build_filename(folder, "dead", "00000-small-64", NULL);
  SsgRunLock *lock = NULL;
  for (int i = 0; i < 500 && !(lock = ssg_run_lock_new(run_folder, NULL)); i++)
    g_usleep(20000); /* mpirun does not wait for those that it kills */
  ssg_run_lock_free(lock);
  /* The launcher may have killed the one that writes the log so soon that only whoever goes on can tell. */
  g_assert_cmpint(run("train --quiet --threads 1 --resume @/dead/00000-small-64 --iterations 3", NULL), ==, 0);
  g_assert_cmpint(run("train --quiet --threads 1 --resume @/dead/00000-small-64 --iterations 4", NULL), ==, 0);
  g_autofree char *log = read_text("/dead/00000-small-64/log.txt");
  const char *line = strstr(log, "ended without a word: it was killed, or died with another process");
  g_assert_nonnull(line);
  g_assert_null(strstr(line + 1, "ended without a word"));
}

static void add(void)
{
  g_test_add_func("/train/accumulation", test_accumulation);
  g_test_add_func("/train/threads", test_threads);
  g_test_add_func("/train/processes-refused", test_processes_refused);
  g_test_add_func("/train/processes", test_processes);
  g_test_add_func("/train/dead-process", test_dead_process);
}

int main(int argc, char **argv)
{
  return train_tests(argc, argv, add);
}
