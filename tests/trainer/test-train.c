/* Training as a person runs it: the program on a tiny model, killed, stopped, resumed, split among processes, fine-tuned. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "engine/safetensors.h"
#include "trainer/snapshots.h"

static const char config_text[] =
    "{ \"architecture\": { \"n_parts\": 5, \"style_dim\": 16, \"n_mapping\": 2, \"n_layers\": 4, \"n_base\": 1, \"n_depth\": 2,"
    " \"local_channels\": 8, \"feature_channels\": 8, \"coarse_size\": 8, \"render_size\": 4, \"size\": 16,"
    " \"residual_refine\": true, \"detach_texture\": false, \"disc_masks\": true, \"transparent\": [3],"
    " \"render_channels\": [8, 8], \"disc_channels\": [8, 8, 8] },"
    " \"batch\": 8, \"stats_every\": 2, \"grid_every\": 4, \"snapshot_every\": 2, \"keep\": 2, \"r1_every\": 3, \"path_every\": 2 }";

static char *folder, *config;

/* argv of "ssgan-trainer ..." with the words of `line`; "@" stands for the test's folder, "$" for the goldens. */
static char **command_of(const char *before, const char *line)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  g_auto(GStrv) words = g_strsplit(line, " ", -1), front = g_strsplit(before, " ", -1);
  for (char **word = front; *word && **word; word++)
    g_strv_builder_add(builder, *word);
  g_strv_builder_add(builder, g_getenv("SSG_TRAINER_PROGRAM"));
  for (char **word = words; *word; word++) {
    g_autofree char *text = **word == '@'   ? g_strconcat(folder, *word + 1, NULL)
                            : **word == '$' ? g_strconcat(g_getenv("SSG_TEST_GOLDENS"), *word + 1, NULL)
                                            : g_strdup(*word);
    g_strv_builder_add(builder, text);
  }
  return g_strv_builder_end(builder);
}

/* Exit code; what it printed on stdout in *said, on stderr in *messages (or NULL). */
static int run_all(const char *before, const char *line, char **said, char **messages)
{
  g_auto(GStrv) argv = command_of(before, line);
  g_autofree char *out = NULL, *err = NULL;
  g_autoptr(GError) error = NULL;
  int status;
  g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, &error);
  g_assert_no_error(error);
  g_test_message("%s\n%s", line, err);
  if (said)
    *said = g_steal_pointer(&out);
  if (messages)
    *messages = g_steal_pointer(&err);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_before(const char *before, const char *line, char **messages)
{
  return run_all(before, line, NULL, messages);
}

static int run_saying(const char *line, char **said)
{
  return run_all("", line, said, NULL);
}

static int run(const char *line, char **messages)
{
  return run_before("", line, messages);
}

#define TRAIN "train --config @/config.json --data $/lmdb-mask-64 --quiet --threads 1 --seed 3 "

static char *snapshot(const char *run_folder)
{
  g_autofree char *path = g_strconcat(folder, run_folder, NULL);
  g_autoptr(GError) error = NULL;
  char *found = ssg_snapshots_find(path, NULL, &error);
  g_assert_no_error(error);
  return found;
}

/* Relative L2 distance of two snapshots: of a whole network's parameters (mapping weights count as they act, a hundredth), or with
 * each_tensor the largest of any one tensor. 0: the same bits throughout, optimisers included. */
static double distance(const char *run_a, const char *run_b, gboolean each_tensor)
{
  static const char *const networks[] = {"g.", "g_ema.", "d."};
  g_autofree char *path_a = snapshot(run_a), *path_b = snapshot(run_b);
  g_autoptr(SsgSafetensors) a = ssg_safetensors_open(path_a, NULL), b = ssg_safetensors_open(path_b, NULL);
  double worst = 0, sums[3][2] = {{0}};
  guint n = ssg_host_tensors_count(a->tensors);

  g_assert_cmpstr(ssg_safetensors_metadata(a, "iteration"), ==, ssg_safetensors_metadata(b, "iteration"));
  g_assert_cmpuint(n, ==, ssg_host_tensors_count(b->tensors));
  g_assert_cmpuint(n, >, 50);
  for (guint i = 0; i < n; i++) {
    const SsgHostTensor *x = ssg_host_tensors_at(a->tensors, i), *y = ssg_host_tensors_get(b->tensors, x->name);
    if (x->dtype != SSG_F32) /* the checksums */
      continue;
    double difference = 0, norm = 0, scale = strstr(x->name, ".style.") && g_str_has_suffix(x->name, "weight") ? 1e-4 : 1;
    for (gsize j = 0; j < x->n_elements; j++) {
      double u = ((const float *) x->data)[j], v = ((const float *) y->data)[j];
      difference += (u - v) * (u - v) * scale;
      norm += u * u * scale;
    }
    if (difference > 0)
      worst = MAX(worst, each_tensor ? sqrt(difference / norm) : 1e-15);
    for (int k = 0; k < 3; k++)
      if (g_str_has_prefix(x->name, networks[k])) {
        sums[k][0] += difference;
        sums[k][1] += norm;
      }
  }
  for (int k = 0; k < 3 && !each_tensor; k++)
    worst = MAX(worst, sqrt(sums[k][0] / sums[k][1]));
  return worst;
}

/* A file's text, with the test's folder before its path. */
static char *read_text(const char *path)
{
  g_autofree char *full = g_strconcat(folder, path, NULL);
  g_autoptr(GError) error = NULL;
  char *text = NULL;
  g_file_get_contents(full, &text, NULL, &error);
  g_assert_no_error(error);
  return text;
}

/* Waits until the file has the text, half a minute at most. */
static void wait_for_text(const char *path, const char *wanted)
{
  g_autofree char *full = g_strconcat(folder, path, NULL);
  for (int i = 0; i < 1500; i++) {
    g_autofree char *text = NULL;
    if (g_file_get_contents(full, &text, NULL, NULL) && strstr(text, wanted))
      return;
    g_usleep(20000);
  }
  g_error("%s: '%s' never came", path, wanted);
}

/* --- a run, and the same run with interruptions --- */

static void test_run_folder(void)
{
  static const char *const files[] = {"config.json", "log.txt", "stats.jsonl", "curves.png", "samples-00000032.png", NULL};
  g_assert_cmpint(run(TRAIN "--out @/whole --iterations 8", NULL), ==, 0);
  for (int i = 0; files[i]; i++) {
    g_autofree char *path = g_build_filename(folder, "whole", "00000-small-64", files[i], NULL);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
  }
  g_autofree char *stats = NULL, *path = g_build_filename(folder, "whole", "00000-small-64", "stats.jsonl", NULL);
  g_assert_true(g_file_get_contents(path, &stats, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(g_strchomp(stats), "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 4);
  g_assert_nonnull(strstr(lines[3], "\"images\": 64"));
}

/* Killed at random moments, ten times in all, until it comes to the end: the same bits as the undisturbed run. A run that comes to its end
 * before is begun again. */
static void test_kill(void)
{
  const char *line = TRAIN "--out @/killed --iterations 8";
  g_autofree char *remove = g_strdup_printf("rm -rf '%s/killed'", folder);
  int kills = 0, ends = 0;

  for (int attempt = 0; attempt < 200 && (kills < 10 || ends == 0); attempt++) {
    g_auto(GStrv) argv = command_of("", line);
    GPid pid;
    g_assert_true(g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
    if (kills < 10) {
      g_usleep(g_test_rand_int_range(20, 400) * 1000);
      kill(pid, SIGKILL);
    }
    int status;
    waitpid(pid, &status, 0);
    if (WIFEXITED(status)) {
      g_assert_cmpint(WEXITSTATUS(status), ==, 0);
      g_assert_cmpfloat(distance("/whole/00000-small-64", "/killed/00000-small-64", FALSE), ==, 0);
      g_assert_true(g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL));
      line = TRAIN "--out @/killed --iterations 8";
      ends += kills >= 10;
      continue;
    }
    kills++;
    /* Resume where there is something to resume; an early death left only a folder, or nothing. */
    g_autofree char *path = g_build_filename(folder, "killed", "00000-small-64", NULL);
    g_autofree char *found = ssg_snapshots_find(path, NULL, NULL);
    line = found ? "train --quiet --threads 1 --resume @/killed/00000-small-64" : TRAIN "--out @/killed --iterations 8";
    if (!found)
      g_assert_true(g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL));
  }
  g_test_message("killed %d times", kills);
  g_assert_cmpint(kills, ==, 10);
  g_assert_cmpint(ends, ==, 1);
}

/* Pictures that cannot be written end the run, but not before what was learned is saved, though no snapshot was due; it then goes on to the
 * same end. What a killed process left half-written goes away. */
static void test_unwritten(void)
{
  g_autofree char *curves = g_build_filename(folder, "unwritten", "00000-small-64", "curves.png", NULL), *messages = NULL;
  g_autofree char *left = g_build_filename(folder, "unwritten", "00000-small-64", ".curves.png.01234567.tmp", NULL);
  g_assert_cmpint(run(TRAIN "--grid-every 0 --out @/unwritten --iterations 2", NULL), ==, 0);
  g_assert_cmpint(g_mkdir(curves, 0755), ==, 0);
  g_assert_true(g_file_set_contents(left, "half", -1, NULL));
  g_assert_cmpint(run("train --quiet --threads 1 --iterations 8 --grid-every 4 --snapshot-every 1000 --resume @/unwritten/00000-small-64", &messages),
                  ==, 1);
  g_assert_nonnull(strstr(messages, curves));
  g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
  g_autofree char *saved = snapshot("/unwritten/00000-small-64"), *log = read_text("/unwritten/00000-small-64/log.txt");
  g_assert_true(g_str_has_suffix(saved, "snapshot-0000000040.safetensors"));
  g_assert_nonnull(strstr(log, "saved are 5 iterations, in "));
  g_assert_nonnull(strstr(log, "go on with: ssgan-trainer train --resume "));
  g_assert_cmpint(g_rmdir(curves), ==, 0);
  g_assert_cmpint(run("train --quiet --threads 1 --iterations 8 --resume @/unwritten/00000-small-64", NULL), ==, 0);
  g_assert_cmpfloat(distance("/whole/00000-small-64", "/unwritten/00000-small-64", FALSE), ==, 0);
}

/* While one process is at work, another is refused; a signal then saves, with pictures of that moment. */
static void test_terminate(void)
{
  g_auto(GStrv) argv = command_of("", TRAIN "--out @/stopped --iterations 20000 --grid-every 1000000 --keep 0");
  g_autofree char *run_folder = g_build_filename(folder, "stopped", "00000-small-64", NULL);
  g_autofree char *path = g_build_filename(run_folder, "stats.jsonl", NULL), *messages = NULL, *pictures = NULL;
  GPid pid;
  int status;

  g_assert_true(g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
  g_autofree char *first = NULL;
  for (int i = 0; i < 600 && !first; i++) {
    g_usleep(50000);
    first = ssg_snapshots_find(run_folder, NULL, NULL);
  }
  g_assert_cmpint(run("train --quiet --threads 1 --resume @/stopped/00000-small-64 --iterations 3", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "another ssgan-trainer"));
  kill(pid, SIGTERM);
  waitpid(pid, &status, 0);
  g_assert_true(WIFEXITED(status));
  g_assert_cmpint(WEXITSTATUS(status), ==, 143);
  g_autofree char *found = snapshot("/stopped/00000-small-64");
  g_autofree char *images = g_strdup_printf("samples-%08" G_GINT64_FORMAT ".png",
                                            g_ascii_strtoll(strstr(found, "snapshot-") + strlen("snapshot-"), NULL, 10));
  pictures = g_build_filename(run_folder, images, NULL);
  g_assert_true(g_file_test(pictures, G_FILE_TEST_EXISTS));
}

/* stats.jsonl without what depends on the clock. */
static char *figures(const char *path)
{
  g_autofree char *text = read_text(path);
  g_autoptr(GRegex) clock = g_regex_new("\"(time|speed/[^\"]*|memory/[^\"]*)\": [0-9.e+-]+(, )?", 0, 0, NULL);
  return g_regex_replace_literal(clock, text, -1, 0, "", 0, NULL);
}

/* Figures are means over windows that snapshots cut through: those of a run that goes on are those of the undisturbed one. */
static void test_figures(void)
{
  g_assert_cmpint(run(TRAIN "--out @/figures --iterations 10 --stats-every 5 --r1-every 2 --keep 0", NULL), ==, 0);
  g_autofree char *whole = figures("/figures/00000-small-64/stats.jsonl"), *line = NULL;
  line = g_strdup_printf("train --quiet --threads 1 --resume %s/figures/00000-small-64/snapshot-0000000032.safetensors", folder);
  g_assert_cmpint(run(line, NULL), ==, 0);
  g_autofree char *resumed = figures("/figures/00000-small-64/stats.jsonl");
  g_assert_nonnull(strstr(whole, "\"images\": 40"));
  g_assert_cmpstr(whole, ==, resumed);
}

/* A second Ctrl-C, while an iteration of a larger model is still at work, says what it costs. */
static void test_twice(void)
{
  g_autofree char *errors = g_build_filename(folder, "twice.txt", NULL);
  g_autofree char *line = g_strdup_printf("exec \"$SSG_TRAINER_PROGRAM\" train --preset small-64 --batch 128 --threads 1 --quiet --data "
                                          "\"$SSG_TEST_GOLDENS/lmdb-mask-64\" --out %s/twice 2>%s", folder, errors);
  char *argv[] = {"sh", "-c", line, NULL};
  GPid pid;
  int status;
  g_assert_true(g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, NULL, NULL, &pid, NULL));
  wait_for_text("/twice/00000-small-64/log.txt", "random weights");
  g_usleep(200000); /* from the log's first lines into the loop */
  kill(pid, SIGINT);
  wait_for_text("/twice.txt", "will be finished and saved");
  kill(pid, SIGINT);
  waitpid(pid, &status, 0);
  g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
  g_autofree char *said = read_text("/twice.txt"), *log = read_text("/twice/00000-small-64/log.txt");
  g_assert_nonnull(strstr(log, "ended at once; lost: the iteration at work and all 0 iterations, for there is no snapshot yet\n"));
  g_assert_nonnull(strstr(said, "ended at once; lost: the iteration at work and all 0 iterations"));
}

/* Whoever finds a run at work does not even look at its snapshots. */
static void test_lock(void)
{
  g_autofree char *messages = NULL, *broken = NULL, *run_folder = g_build_filename(folder, "locked", "00000-small-64", NULL);
  g_assert_cmpint(run(TRAIN "--grid-every 0 --out @/locked --iterations 2", NULL), ==, 0);
  broken = g_build_filename(run_folder, "snapshot-0000000099.safetensors", NULL);
  g_assert_true(g_file_set_contents(broken, "nothing", -1, NULL));
  SsgRunLock *lock = ssg_run_lock_new(run_folder, NULL);
  g_assert_nonnull(lock);
  g_assert_cmpint(run("train --quiet --threads 1 --resume @/locked/00000-small-64 --iterations 3", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "another ssgan-trainer is at work"));
  g_assert_null(strstr(messages, "snapshot skipped"));
  ssg_run_lock_free(lock);
}

/* The newest snapshot is cut in half: it is named, skipped, and the one before goes on to the same end. */
static void test_damage(void)
{
  g_autofree char *messages = NULL, *bytes = NULL;
  gsize size;
  g_assert_cmpint(run(TRAIN "--out @/damaged --iterations 6", NULL), ==, 0);
  g_autofree char *newest = snapshot("/damaged/00000-small-64");
  g_assert_true(g_file_get_contents(newest, &bytes, &size, NULL));
  g_assert_true(g_file_set_contents(newest, bytes, size / 2, NULL));
  g_assert_cmpint(run("train --quiet --threads 1 --iterations 8 --resume @/damaged/00000-small-64", &messages), ==, 0);
  g_assert_nonnull(strstr(messages, "snapshot skipped"));
  g_assert_nonnull(strstr(messages, newest));
  g_autofree char *log = read_text("/damaged/00000-small-64/log.txt");
  g_assert_nonnull(strstr(log, "warning: snapshot skipped"));
  g_assert_cmpfloat(distance("/whole/00000-small-64", "/damaged/00000-small-64", FALSE), ==, 0);
}

/* One bit flipped: in a weight, in a moment, in the metadata. Each time the file is named and skipped. */
static void test_bit(void)
{
  static const struct {
    const char *before; /* text in the header after which the bit lies; NULL: bytes from the end */
    gsize offset;
    const char *says;
  } bits[] = {{NULL, 100, "tensor d_optim.exp_avg_sq"}, {NULL, 200000, "tensor "}, {"\"path_mean\":\"0x", 3, "its metadata"}};
  g_assert_cmpint(run(TRAIN "--out @/bit --iterations 4 --path-every 2", NULL), ==, 0);
  g_autofree char *newest = snapshot("/bit/00000-small-64"), *whole = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(newest, &whole, &size, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS(bits); i++) {
    g_autofree char *bytes = g_memdup2(whole, size), *messages = NULL;
    char *at = bits[i].before ? g_strstr_len(bytes + 8, size - 8, bits[i].before) + strlen(bits[i].before) + bits[i].offset
                              : bytes + size - bits[i].offset;
    *at ^= 1;
    g_assert_true(g_file_set_contents(newest, bytes, size, NULL));
    g_assert_cmpint(run("train --quiet --threads 1 --iterations 3 --resume @/bit/00000-small-64", &messages), ==, 0);
    g_assert_nonnull(strstr(messages, "snapshot skipped"));
    g_assert_nonnull(strstr(messages, bits[i].says));
  }
}

/* Going on from an older snapshot: what came later is set aside, and the newest snapshot is of the new course. */
static void test_older(void)
{
  g_autofree char *old = g_build_filename(folder, "older", "00000-small-64", "snapshot-0000000032.safetensors", NULL);
  g_autofree char *aside = g_build_filename(folder, "older", "00000-small-64", "abandoned-snapshot-0000000096.safetensors", NULL);
  g_assert_cmpint(run(TRAIN "--out @/older --iterations 12 --keep 0 --seed 18446744073709551615", NULL), ==, 0);
  g_autofree char *line = g_strdup_printf("train --quiet --threads 1 --resume %s --keep 2 --iterations 8", old);
  g_assert_cmpint(run(line, NULL), ==, 0);
  g_autofree char *newest = snapshot("/older/00000-small-64");
  g_assert_true(g_str_has_suffix(newest, "snapshot-0000000064.safetensors"));
  g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
}

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
               {"--batch 12 --path-every 1", "--micro-batch 12", "--micro-batch 4"},
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
               {3, "--iterations 4 --batch 24 --path-every 1 --path-batch-shrink 5 --mixing 1 --flip --locality-weight 1 --locality-every 2"},
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

/* --- data that fit, more or less --- */

static void test_data(void)
{
  g_autofree char *log = NULL, *said = NULL, *messages = NULL;
  log = read_text("/whole/00000-small-64/log.txt");
  g_assert_nonnull(strstr(log, " pictures with label maps, 64 x 64 pixels"));
  g_assert_nonnull(strstr(log, "are 64 pixels a side, the model's 16: their centred squares are taken, and scaled down"));
  g_assert_null(strstr(log, "warning"));
  /* Larger than the data, and with parts that they do not have. */
  g_assert_cmpint(run_saying("train --preset small-128 --data $/lmdb-mask-64 --dry-run --threads 1", &said), ==, 0);
  g_assert_nonnull(strstr(said, "are 64 pixels a side, the model's 128: they are scaled up"));
  g_assert_nonnull(strstr(said, "13 parts, none of the "));
  g_assert_nonnull(strstr(said, " has 5, 6, 7, 8, 9, 10, 11, 12: a part without"));
  /* Data that name other classes than the model has parts. */
  g_assert_cmpint(run("data portraits --count 4 --size 16 --out @/portraits --quiet --seed 1", NULL), ==, 0);
  g_assert_cmpint(run("train --config @/config.json --data @/portraits --quiet --out @/bad", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "has 13 classes (background, face, "));
  g_assert_nonnull(strstr(messages, "the model has 5 parts"));
}

/* A dry run looks at what a run would look at, and says what an iteration took here. */
static void test_dry_run(void)
{
  static const struct {
    const char *arguments, *says;
    int code;
  } cases[] = {{"--data @/nowhere", "nowhere", 2},
               {"--data $/lmdb-image-64", "label maps", 2},
               {"--device nonesuch", "nonesuch", 2},
               {"--precision tf32", "does not compute in tf32", 2},
               {"--precision bf16", "does not compute in bf16", 2},
               {"--batch 10", "sets of 4", 2}};
  g_autofree char *said = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *line = g_strconcat("train --config @/config.json --dry-run --threads 1 ", cases[i].arguments, NULL), *messages = NULL;
    int code = run(line, &messages);
    if (code != cases[i].code || !strstr(messages, cases[i].says))
      g_error("%s: exit code %d, said: %s", line, code, messages);
  }
  g_assert_cmpint(run_saying("train --config @/config.json --data $/lmdb-mask-64 --dry-run --threads 1 --micro-batch 2", &said), ==, 0);
  g_assert_nonnull(strstr(said, "device         cpu: "));
  g_assert_nonnull(strstr(said, "images a second tried here about"));
  g_assert_nonnull(strstr(said, "warning: pieces of 2: the minibatch standard deviation compares 2 images at a time, not 4"));
}

static void test_bench(void)
{
  g_autofree char *said = NULL, *messages = NULL;
  g_assert_cmpint(run_saying("bench --train --config @/config.json --runs 1 --threads 1", &said), ==, 0);
  g_assert_nonnull(strstr(said, "1 thread, batch 8 in pieces of 4, 16 iterations"));
  g_assert_nonnull(strstr(said, "images a second"));
  g_assert_cmpint(run("bench --train --config @/config.json --arch small-64", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "exclude each other"));
  g_clear_pointer(&messages, g_free);
  g_assert_cmpint(run("bench --train --batch 0", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "--batch takes a number from 1"));
}

/* --- fine-tuning --- */

static void test_finetune(void)
{
  g_autofree char *messages = NULL, *path = g_build_filename(folder, "tuned", "00000-finetune", NULL);
  g_autofree char *from = snapshot("/whole/00000-small-64");

  g_assert_cmpint(run("finetune @/whole/00000-small-64 --data $/lmdb-image-64 --quiet --out @/tuned --iterations 3 --batch 8 --threads 1 "
                      "--freeze-local", &messages), ==, 0); /* a run stands for its newest snapshot */
  g_assert_null(strstr(messages, "fresh"));
  /* Local generators are as they were; the render net moved. */
  g_autofree char *to = ssg_snapshots_find(path, NULL, NULL);
  g_autoptr(SsgSafetensors) a = ssg_safetensors_open(from, NULL), b = ssg_safetensors_open(to, NULL);
  static const struct {
    const char *name;
    gboolean moved;
  } checks[] = {{"g.local_nets.1.linears.0.conv.weight", FALSE},
                {"g.pos_embed.weights", FALSE},
                {"g.render_net.convs.0.weight", TRUE},
                {"g_ema.local_nets.1.linears.0.conv.weight", FALSE},
                {"g_ema.render_net.convs.0.weight", TRUE}};
  for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
    const SsgHostTensor *x = ssg_host_tensors_get(a->tensors, checks[i].name), *y = ssg_host_tensors_get(b->tensors, checks[i].name);
    g_assert_true((memcmp(x->data, y->data, x->n_bytes) != 0) == checks[i].moved);
  }
  g_assert_null(ssg_host_tensors_get(b->tensors, "d.convs_seg.0.0.weight"));
  /* A public checkpoint without a discriminator says so. */
  g_clear_pointer(&messages, g_free);
  g_assert_cmpint(run("finetune $/tiny-legacy.pt --data $/lmdb-image-64 --quiet --out @/tuned --iterations 1 --batch 4 --threads 1",
                      &messages), ==, 0);
  g_assert_nonnull(strstr(messages, "no discriminator"));
}

/* The tiny model grows to twice its size: the run says what it took over, and the first step starts from there. */
static void test_init(void)
{
  g_autofree char *from = snapshot("/whole/00000-small-64"), *messages = NULL;
  g_autofree char *log = NULL, *written = NULL, *path = g_build_filename(folder, "grown", "00000-small-64", NULL);
  g_autofree char *log_path = g_build_filename(path, "log.txt", NULL), *config_path = g_build_filename(path, "config.json", NULL);
  g_autoptr(GString) text = g_string_new(config_text);
  g_string_replace(text, "\"size\": 16", "\"size\": 32", 1);
  g_string_replace(text, "\"coarse_size\": 8, \"render_size\": 4", "\"coarse_size\": 16, \"render_size\": 8", 1);
  g_string_replace(text, "\"disc_channels\": [8,", "\"disc_channels\": [8, 8,", 1);
  g_autofree char *config_file = g_build_filename(folder, "grown.json", NULL);
  g_assert_true(g_file_set_contents(config_file, text->str, -1, NULL));

  g_autofree char *plan = g_strdup_printf("train --config @/grown.json --dry-run --init %s", from), *said = NULL;
  g_assert_cmpint(run_saying(plan, &said), ==, 0);
  g_assert_nonnull(strstr(said, "pos_embed.weights from [8, 18] to [8, 22]"));

  g_autofree char *line = g_strdup("train --config @/grown.json --data $/lmdb-mask-64 --quiet --threads 1 --lr 0 --ema-half-life 1e12 --out @/grown "
                                          "--depth-scale 0.5 --iterations 1 --init @/whole/00000-small-64"); /* a run stands for its newest snapshot */
  g_assert_cmpint(run(line, &messages), ==, 0);
  g_assert_true(g_file_get_contents(log_path, &log, NULL, NULL));
  g_assert_nonnull(strstr(log, "starts from"));
  g_assert_nonnull(strstr(log, "pos_embed.weights from [8, 18] to [8, 22]"));
  g_assert_nonnull(strstr(log, "discriminator: "));
  g_assert_true(g_file_get_contents(config_path, &written, NULL, NULL));
  g_assert_nonnull(strstr(written, "\"init\" : "));
  g_assert_nonnull(strstr(written, from));
  /* Learning rate 0: after the step all is what it began with. */
  g_autofree char *to = snapshot("/grown/00000-small-64");
  g_autoptr(SsgSafetensors) a = ssg_safetensors_open(from, NULL), b = ssg_safetensors_open(to, NULL);
  static const char *const pairs[][2] = {{"g.local_nets.2.linears.1.conv.weight", "g.local_nets.2.linears.1.conv.weight"},
                                         {"g.style.1.weight", "g.style.1.weight"},
                                         {"g_ema.render_net.convs.0.weight", "g_ema.render_net.convs.0.weight"},
                                         {"d.convs_seg.1.conv1.0.weight", "d.convs_seg.2.conv1.0.weight"}};
  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
    const SsgHostTensor *x = ssg_host_tensors_get(a->tensors, pairs[i][0]), *y = ssg_host_tensors_get(b->tensors, pairs[i][1]);
    g_assert_cmpmem(x->data, x->n_bytes, y->data, y->n_bytes);
  }
  static const char *const halved[] = {"g.local_nets.1.to_depth.conv.weight", "g_ema.local_nets.2.to_depth.conv.weight",
                                       "g.local_nets.1.to_depth.bias", "g.local_nets.2.to_depth.bias"};
  for (gsize i = 0; i < G_N_ELEMENTS(halved); i++) {
    const SsgHostTensor *x = ssg_host_tensors_get(a->tensors, halved[i]), *y = ssg_host_tensors_get(b->tensors, halved[i]);
    const float *before = x->data, *after = y->data;
    for (gsize j = 0; j < x->n_bytes / sizeof(float); j++)
      g_assert_cmpfloat(after[j], ==, before[j] / 2);
    g_assert_cmpfloat(before[0], !=, 0);
  }
  /* Going on with the grown run takes its snapshot, not the model that it started from. */
  g_assert_cmpint(run("train --resume @/grown/00000-small-64 --quiet --threads 1 --iterations 2", NULL), ==, 0);
  g_autofree char *later = snapshot("/grown/00000-small-64");
  g_assert_cmpstr(to, !=, later);
}

/* A public checkpoint with both optimisers goes on training. */
static void test_resume_public(void)
{
  g_autofree char *messages = NULL;
  g_assert_cmpint(run("train --resume $/tiny.pt --data $/lmdb-mask-64 --quiet --out @/public --name p --iterations 1 --batch 4 --threads 1",
                      &messages), ==, 0);
  g_autofree char *found = snapshot("/public/00000-p");
  g_clear_pointer(&messages, g_free);
  g_assert_cmpint(run("train --resume $/tiny-legacy.pt --data $/lmdb-mask-64 --quiet --out @/public --name q --iterations 1 --batch 4 --threads 1",
                      &messages), ==, 0);
  g_assert_nonnull(strstr(messages, "no discriminator"));
}

/* --- what cannot be --- */

static void test_bad_input(void)
{
  static const struct {
    const char *line, *says;
  } cases[] = {
      {TRAIN "--out @/bad --batch 0", "--batch"},
      {TRAIN "--out @/bad --batch 6", "sets of 4"},
      {TRAIN "--out @/bad --lr many", "--lr"},
      {TRAIN "--out @/bad --micro-batch 3", "--micro-batch 3 does not divide the 8 images of a batch"},
      {TRAIN "--out @/bad --depth-scale 2", "--depth-scale goes with --init"},
      {TRAIN "--out @/config.json --iterations 1", "cannot make the folder"},
      {"train --resume @/whole/00000-small-64 --depth-scale 2", "--depth-scale does not go with --resume"},
      {"train --resume @/whole/00000-small-64 --fourier-cutoff 2", "--fourier-cutoff does not go with --resume"},
      {"train --resume @/no-run", "no-run holds no usable snapshot"},
      {"finetune @/no-run --data $/lmdb-image-64", "no-run holds no usable snapshot"},
      {"train --preset none", "small-64"},
      {"train --config @/preset.json --dry-run", "preset"},
      {"train --config @/twice.json --dry-run", "'batch' is there twice"},
      {TRAIN "--out @/bad --iterations 0", "--iterations"},
      {TRAIN "--out @/empty --config @/few-parts.json", "holds the label"},
      {"train --preset public-256 --batch 7 --dry-run", "sets of 4"},
      {"train --config @/config.json", "--data"},
      {"train --config @/config.json --data @/nowhere", "nowhere"},
      {"train --config @/config.json --data $/lmdb-image-64 --out @/bad", "label maps"},
      {"train --resume @/nowhere", "nowhere"},
      {"train --resume @/whole/00000-small-64 --out @/bad", "--out does not go with --resume"},
      {"train --resume @/whole/00000-small-64 --preset small-64", "--preset does not go with --resume"},
      {"train --resume @/whole/00000-small-64 --init @/x", "--init does not go with --resume"},
      {TRAIN "--out @/bad --init $/tiny-plain.pt", "has 4 parts"},
      {TRAIN "--out @/bad --init @/nowhere", "nowhere"},
      {"train --resume $/tiny-inference.safetensors", "tiny-inference.safetensors is no snapshot of a training run"},
      {"finetune $/README.md --data $/lmdb-image-64", "README.md"},
  };
  g_autofree char *preset = g_build_filename(folder, "preset.json", NULL);
  g_autofree char *twice = g_build_filename(folder, "twice.json", NULL), *few = g_build_filename(folder, "few-parts.json", NULL);
  g_autofree char *empty = g_build_filename(folder, "empty", NULL), *no_run = g_build_filename(folder, "no-run", NULL);
  g_assert_cmpint(g_mkdir(no_run, 0755), ==, 0);
  g_autoptr(GString) few_parts = g_string_new(config_text);
  g_string_replace(few_parts, "\"n_parts\": 5", "\"n_parts\": 4", 1);
  g_assert_true(g_file_set_contents(few, few_parts->str, -1, NULL));
  g_assert_true(g_file_set_contents(preset, "{ \"preset\": 5 }", -1, NULL));
  g_assert_true(g_file_set_contents(twice, "{ \"batch\": 8, \"lr\": 1, \"batch\": 16 }", -1, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *messages = NULL;
    int code = run(cases[i].line, &messages);
    if (code != 2 || !strstr(messages, cases[i].says))
      g_error("%s: exit code %d, said: %s", cases[i].line, code, messages);
  }
  g_assert_cmpint(g_rmdir(no_run), ==, 0);                /* nothing was put there */
  g_assert_false(g_file_test(empty, G_FILE_TEST_EXISTS)); /* no folder of a run that could not start */
}

/* Configurations that are wrong: the message says what and where. */
static void test_bad_config(void)
{
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"{ \"batch\": \"8\" }", "batch: '\"8\"' is not a whole number from 1 to 65536"},
      {"{ \"batch\": 8.5 }", "batch: '8.5' is not a whole number"},
      {"{ \"batch\": null }", "batch: 'null' is not a whole number"},
      {"{ \"batch\": [8] }", "batch: '[8]' is not a whole number"},
      {"{ \"batch\": true }", "batch: 'true' is not a whole number"},
      {"{ \"batch\": 18446744073709551624 }", "the number 18446744073709551624 is too large"},
      {"{ \"batch\": 016 }", "the number 016 begins with a 0"},
      {"{ \"iterations\": 0 }", "iterations: '0' is not a whole number from 1 to 1000000000000"},
      {"{ \"lr\": \"0.1\" }", "lr: '\"0.1\"' is not a number from 0 to 10"},
      {"{ \"flip\": 1 }", "flip: '1' is not true or false"},
      {"{ \"name\": 5 }", "name: '5' is not a text"},
      {"{ \"seed\": -1 }", "seed: '-1' is not a whole number from 0"},
      {"{ \"r1_image\": 1e10 }", "r1_image: '10000000000' is not a number from 0 to 1000000000"},
      {"{ \"zz\": 1 }", "'zz' is no option"},
      {"{ \"batch\": 8,\n  \"name\": \"a", "the quotation mark in line 2 is never closed"},
      {"{ \"batch\": 8,\n\n", "the bracket in line 1"},
      {"{ \"architecture\": { \"zz\": 1 } }", "architecture.zz: there is no such member"},
      {"{ \"architecture\": { \"size\": \"64\" } }", "architecture.size is \"64\", not a whole number"},
      {"{ \"architecture\": { \"n_parts\": true } }", "architecture.n_parts is true"},
      {"{ \"architecture\": { \"disc_channels\": [] } }", "architecture.disc_channels is [], not a list of channel numbers"},
      {"{ \"architecture\": 5 }", "not a JSON object"},
      {"{ \"preset\": \"small-32\", \"architecture\": { \"size\": 64 } }", "architecture: the model's 1 render levels"},
      {"{ \"preset\": \"nonesuch\" }", "wrong.json: there is no preset 'nonesuch'"},
  };
  g_autofree char *path = g_build_filename(folder, "wrong.json", NULL), *said = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *messages = NULL;
    g_assert_true(g_file_set_contents(path, cases[i].text, -1, NULL));
    int code = run("train --config @/wrong.json --dry-run", &messages);
    if (code != 2 || !strstr(messages, cases[i].says) || !strstr(messages, "wrong.json"))
      g_error("%s: exit code %d, said: %s", cases[i].text, code, messages);
  }
  /* Some members beside a preset change those of the preset. */
  g_assert_true(g_file_set_contents(path, "{ \"preset\": \"small-32\", \"batch\": 4.0, \"architecture\": { \"n_parts\": 4, \"transparent\": [] } }",
                                    -1, NULL));
  g_assert_cmpint(run_saying("train --config @/wrong.json --dry-run --threads 1", &said), ==, 0);
  g_assert_nonnull(strstr(said, "small-32, 32 pixels, 4 parts, style 128"));
  g_assert_nonnull(strstr(said, "iteration      4 images"));
}

/* Sums that are not finite: steps are skipped, then the run ends and says so. */
static void test_not_finite(void)
{
  g_autofree char *from = snapshot("/whole/00000-small-64"), *messages = NULL;
  g_autofree char *bad = g_build_filename(folder, "whole", "00000-small-64", "snapshot-0000009999.safetensors", NULL);
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(from, NULL);
  g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
  /* As a version without checksums would have written it; every number of the render net is 8e37: sums overflow. */
  for (guint i = 0; i < ssg_host_tensors_count(file->tensors); i++) {
    const SsgHostTensor *tensor = ssg_host_tensors_at(file->tensors, i);
    g_autofree guint8 *bytes = g_memdup2(tensor->data, tensor->n_bytes);
    if (g_str_equal(tensor->name, "checksums"))
      continue;
    if (g_str_has_prefix(tensor->name, "g.render_net"))
      memset(bytes, 0x7e, tensor->n_bytes);
    ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy(tensor->name, tensor->dtype, &tensor->shape, bytes), NULL);
  }
  g_assert_true(ssg_safetensors_save(bad, tensors, file->metadata, NULL));
  g_autofree char *line = g_strdup_printf("train --quiet --threads 1 --resume %s --iterations 100", bad);
  g_assert_cmpint(run(line, &messages), ==, 1);
  g_assert_nonnull(strstr(messages, "not finite"));
  g_assert_nonnull(strstr(messages, bad));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("ssgan-train-XXXXXX", NULL);
  config = g_build_filename(folder, "config.json", NULL);
  g_assert_true(g_file_set_contents(config, config_text, -1, NULL));
  g_test_add_func("/train/01-run-folder", test_run_folder);
  g_test_add_func("/train/02-kill", test_kill);
  g_test_add_func("/train/03-unwritten", test_unwritten);
  g_test_add_func("/train/03-terminate", test_terminate);
  g_test_add_func("/train/03-twice", test_twice);
  g_test_add_func("/train/03-lock", test_lock);
  g_test_add_func("/train/03-figures", test_figures);
  g_test_add_func("/train/04-damage", test_damage);
  g_test_add_func("/train/04-bit", test_bit);
  g_test_add_func("/train/04-older", test_older);
  g_test_add_func("/train/05-accumulation", test_accumulation);
  g_test_add_func("/train/06-threads", test_threads);
  g_test_add_func("/train/06-processes-refused", test_processes_refused);
  g_test_add_func("/train/06-processes", test_processes);
  g_test_add_func("/train/06-dead-process", test_dead_process);
  g_test_add_func("/train/06-data", test_data);
  g_test_add_func("/train/06-dry-run", test_dry_run);
  g_test_add_func("/train/06-bench", test_bench);
  g_test_add_func("/train/07-finetune", test_finetune);
  g_test_add_func("/train/07-init", test_init);
  g_test_add_func("/train/08-resume-public", test_resume_public);
  g_test_add_func("/train/09-bad-input", test_bad_input);
  g_test_add_func("/train/09-bad-config", test_bad_config);
  g_test_add_func("/train/10-not-finite", test_not_finite);
  int status = g_test_run();
  g_autofree char *remove = g_strdup_printf("rm -rf '%s'", folder);
  g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL);
  return status;
}
