/* Runs as a person begins, stops, kills and resumes them: the program on a tiny model. */
#include <signal.h>

#include "tests/trainer/train-runs.h"

/* --- a run, and the same run with interruptions --- */

static void test_run_folder(void)
{
  static const char *const files[] = {"config.json", "log.txt", "stats.jsonl", "curves.png", "samples-00000032.png", NULL};
  for (int i = 0; files[i]; i++) {
    g_autofree char *path = g_build_filename(folder, "whole", "00000-small-64", files[i], NULL);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
  }
  g_autofree char *stats = NULL, *path = g_build_filename(folder, "whole", "00000-small-64", "stats.jsonl", NULL);
  g_assert_true(g_file_get_contents(path, &stats, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(g_strchomp(stats), "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 4);
  g_assert_nonnull(strstr(lines[3], "\"images\": 64"));

  /* The folder stands for its newest snapshot, also where that would be written over. */
  g_autofree char *messages = NULL;
  g_assert_cmpint(run("convert @/whole/00000-small-64 @/whole/00000-small-64/snapshot-0000000064.safetensors", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "are one file"));
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
  g_assert_cmpint(run(TRAIN "--out @/figures --iterations 10 --stats-every 5 --r1-every 2 --flip --mask-support 2 --keep 0", NULL), ==, 0);
  g_autofree char *whole = figures("/figures/00000-small-64/stats.jsonl"), *line = NULL;
  line = g_strdup_printf("train --quiet --threads 1 --resume %s/figures/00000-small-64/snapshot-0000000032.safetensors", folder);
  g_assert_cmpint(run(line, NULL), ==, 0);
  g_autofree char *resumed = figures("/figures/00000-small-64/stats.jsonl");
  g_assert_nonnull(strstr(whole, "\"images\": 40"));
  g_assert_cmpstr(whole, ==, resumed);
  g_assert_nonnull(strstr(whole, "\"mask/out of place\": "));
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

/* A figure of each line of stats.jsonl that has it. */
static GArray *series(const char *stats, const char *name)
{
  GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
  g_autofree char *key = g_strdup_printf("\"%s\": ", name);
  for (const char *at = stats; (at = strstr(at, key));) {
    at += strlen(key);
    double value = g_ascii_strtod(at, NULL);
    g_array_append_val(values, value);
  }
  return values;
}

/* The resident memory of 1000 iterations, with pictures, metrics and snapshots on the way, does not grow once all has happened a few
 * times. */
static void test_growth(void)
{
  g_assert_cmpint(run(TRAIN "--out @/long --iterations 1000 --batch 4 --stats-every 100 --grid-every 100 --snapshot-every 100 "
                      "--metrics-every 100", NULL), ==, 0);
  g_autofree char *stats = read_text("/long/00000-small-64/stats.jsonl");
  g_autoptr(GArray) resident = series(stats, "memory/resident MiB");
  g_assert_cmpuint(resident->len, ==, 10);
  double half = g_array_index(resident, double, 4), end = g_array_index(resident, double, 9);
  g_test_message("%.2f MiB after 500 iterations, %.2f after 1000", half, end);
  g_assert_cmpfloat(half, >, 1);
  g_assert_cmpfloat(end - half, <, 0.25);
}

/* Distances to the data go with the other figures, and so into the curves, when they are due and at the end; measuring them changes
 * nothing of what is learned, and whoever goes on finds the same. A model that learns comes closer. */
static void test_metrics(void)
{
  g_assert_cmpint(run(TRAIN "--out @/measured --iterations 8 --metrics-every 3 --keep 0", NULL), ==, 0);
  g_assert_cmpfloat(distance("/whole/00000-small-64", "/measured/00000-small-64", FALSE), ==, 0);
  g_autofree char *stats = read_text("/measured/00000-small-64/stats.jsonl"), *log = read_text("/measured/00000-small-64/log.txt");
  g_autoptr(GArray) sliced = series(stats, "metric/sliced Wasserstein"), patches = series(stats, "metric/patch statistics");
  g_assert_cmpuint(sliced->len, ==, 3); /* after 3, 6 and 8 */
  g_assert_cmpuint(patches->len, ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpfloat(g_array_index(sliced, double, i), >, 0);
    g_assert_cmpfloat(g_array_index(patches, double, i), >, 0);
  }
  g_assert_nonnull(strstr(log, "metrics of "));
  g_autofree char *line = g_strdup_printf("train --quiet --threads 1 --resume %s/measured/00000-small-64/snapshot-0000000032.safetensors", folder);
  g_assert_cmpint(run(line, NULL), ==, 0);
  g_autofree char *again = read_text("/measured/00000-small-64/stats.jsonl");
  g_autoptr(GArray) resumed = series(again, "metric/sliced Wasserstein");
  g_assert_cmpuint(resumed->len, ==, 3);
  g_assert_cmpmem(resumed->data, 3 * sizeof(double), sliced->data, 3 * sizeof(double));

  g_assert_cmpint(run(TRAIN "--out @/closer --iterations 300 --metrics-every 150 --grid-every 0 --ema-half-life 100 --path-every 0", NULL), ==, 0);
  g_autofree char *longer = read_text("/closer/00000-small-64/stats.jsonl");
  g_autoptr(GArray) closer = series(longer, "metric/patch statistics");
  g_test_message("patch statistics: %.3f after 3 iterations, %.3f after 300", g_array_index(patches, double, 0), g_array_index(closer, double, 1));
  g_assert_cmpfloat(g_array_index(closer, double, 1), <, g_array_index(patches, double, 0));
}

/* Whoever changes a run's config.json is told that the snapshot's holds, and how to take the file's; who did not is not told. */
static void test_edited(void)
{
  g_autofree char *quiet = NULL, *told = NULL, *taken = NULL, *path = g_build_filename(folder, "edited", "00000-small-64", "config.json", NULL);
  g_assert_cmpint(run(TRAIN "--out @/edited --iterations 2", NULL), ==, 0);
  g_assert_cmpint(run("train --quiet --threads 1 --resume @/edited/00000-small-64 --iterations 3", &quiet), ==, 0);
  g_assert_null(strstr(quiet, "warning"));
  g_autofree char *text = read_text("/edited/00000-small-64/config.json");
  g_autoptr(GRegex) batch = g_regex_new("\"batch\" : 8", 0, 0, NULL);
  g_autofree char *edited = g_regex_replace_literal(batch, text, -1, 0, "\"batch\" : 16", 0, NULL);
  g_assert_cmpstr(edited, !=, text);
  g_assert_true(g_file_set_contents(path, edited, -1, NULL));
  g_assert_cmpint(run("train --quiet --threads 1 --resume @/edited/00000-small-64 --iterations 4", &told), ==, 0);
  g_assert_nonnull(strstr(told, "config.json says otherwise of batch; the run goes on with its snapshot's"));
  g_autofree char *again = read_text("/edited/00000-small-64/config.json");
  g_assert_nonnull(strstr(again, "\"batch\" : 8"));
  g_assert_true(g_file_set_contents(path, edited, -1, NULL));
  g_assert_cmpint(run("train --quiet --threads 1 --resume @/edited/00000-small-64 --config @/edited/00000-small-64/config.json --iterations 5", &taken),
                  ==, 0);
  g_assert_null(strstr(taken, "warning"));
  g_autofree char *last = read_text("/edited/00000-small-64/config.json");
  g_assert_nonnull(strstr(last, "\"batch\" : 16"));
}

/* The rate falls evenly to 0 over the last iterations, wherever the run was interrupted, and it is the one the networks learn with. */
static void test_cooldown(void)
{
  static const double rates[] = {0.001, 0.001, 0.00075, 0.0005, 0.00025};
  g_assert_cmpint(run(TRAIN "--out @/cooled --iterations 5 --lr 0.001 --lr-cooldown 4 --stats-every 1 --keep 0", NULL), ==, 0);
  g_autofree char *whole = read_text("/cooled/00000-small-64/stats.jsonl"), *line = NULL;
  g_autoptr(GArray) seen = series(whole, "rate/learning rate");
  g_assert_cmpuint(seen->len, ==, G_N_ELEMENTS(rates));
  for (guint i = 0; i < seen->len; i++)
    g_assert_cmpfloat_with_epsilon(g_array_index(seen, double, i), rates[i], 1e-9);
  line = g_strdup_printf("train --quiet --threads 1 --resume %s/cooled/00000-small-64/snapshot-0000000016.safetensors", folder);
  g_assert_cmpint(run(line, NULL), ==, 0);
  g_autofree char *again = read_text("/cooled/00000-small-64/stats.jsonl");
  g_autoptr(GArray) resumed = series(again, "rate/learning rate");
  g_assert_cmpmem(resumed->data, resumed->len * sizeof(double), seen->data, seen->len * sizeof(double));

  /* By hand: the second of two iterations at half the rate. */
  g_assert_cmpint(run(TRAIN "--out @/falling --iterations 2 --lr 0.001 --lr-cooldown 2", NULL), ==, 0);
  g_assert_cmpint(run(TRAIN "--out @/by-hand --iterations 1 --lr 0.001", NULL), ==, 0);
  g_assert_cmpint(run("train --quiet --threads 1 --resume @/by-hand/00000-small-64 --iterations 2 --lr 0.0005", NULL), ==, 0);
  g_assert_cmpint(run(TRAIN "--out @/constant --iterations 2 --lr 0.001", NULL), ==, 0);
  g_assert_cmpfloat(distance("/falling/00000-small-64", "/by-hand/00000-small-64", FALSE), ==, 0);
  g_assert_cmpfloat(distance("/falling/00000-small-64", "/constant/00000-small-64", FALSE), >, 1e-4);
}

static void add(void)
{
  make_whole();
  g_test_add_func("/train/run-folder", test_run_folder);
  g_test_add_func("/train/kill", test_kill);
  g_test_add_func("/train/unwritten", test_unwritten);
  g_test_add_func("/train/terminate", test_terminate);
  g_test_add_func("/train/twice", test_twice);
  g_test_add_func("/train/lock", test_lock);
  g_test_add_func("/train/figures", test_figures);
  g_test_add_func("/train/damage", test_damage);
  g_test_add_func("/train/bit", test_bit);
  g_test_add_func("/train/older", test_older);
  g_test_add_func("/train/metrics", test_metrics);
  g_test_add_func("/train/cooldown", test_cooldown);
  g_test_add_func("/train/edited", test_edited);
  g_test_add_func("/train/growth", test_growth);
}

int main(int argc, char **argv)
{
  return train_tests(argc, argv, add);
}
