/* What the programs that test training share: a tiny model, the trainer run as a person runs it, and comparing what it saved. */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>

#include "engine/safetensors.h"
#include "trainer/snapshots.h"

static const char config_text[] =
    "{ \"architecture\": { \"n_parts\": 5, \"style_dim\": 16, \"n_mapping\": 2, \"n_layers\": 4, \"n_base\": 1, \"n_depth\": 2,"
    " \"local_channels\": 8, \"feature_channels\": 8, \"coarse_size\": 8, \"render_size\": 4, \"size\": 16,"
    " \"residual_refine\": true, \"detach_texture\": false, \"disc_masks\": true, \"transparent\": [3],"
    " \"render_channels\": [8, 8], \"disc_channels\": [8, 8, 8] },"
    " \"batch\": 8, \"stats_every\": 2, \"grid_every\": 4, \"metrics_every\": 0, \"snapshot_every\": 2, \"keep\": 2, \"r1_every\": 3, \"path_every\": 2 }";

static char *folder, *config;

/* argv of "ssgan-trainer ..." with the words of `line`; "@" stands for the test's folder, "$" for the goldens. */
static inline char **command_of(const char *before, const char *line)
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
static inline int run_all(const char *before, const char *line, char **said, char **messages)
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

static inline int run_before(const char *before, const char *line, char **messages)
{
  return run_all(before, line, NULL, messages);
}

static inline int run_saying(const char *line, char **said)
{
  return run_all("", line, said, NULL);
}

static inline int run(const char *line, char **messages)
{
  return run_before("", line, messages);
}

#define TRAIN "train --config @/config.json --data $/lmdb-mask-64 --quiet --threads 1 --seed 3 "

static inline char *snapshot(const char *run_folder)
{
  g_autofree char *path = g_strconcat(folder, run_folder, NULL);
  g_autoptr(GError) error = NULL;
  char *found = ssg_snapshots_find(path, NULL, &error);
  g_assert_no_error(error);
  return found;
}

/* Relative L2 distance of two snapshots: of a whole network's parameters (mapping weights count as they act, a hundredth), or with
 * each_tensor the largest of any one tensor. 0: the same bits throughout, optimisers included. */
static inline double distance(const char *run_a, const char *run_b, gboolean each_tensor)
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
static G_GNUC_UNUSED char *read_text(const char *path)
{
  g_autofree char *full = g_strconcat(folder, path, NULL);
  g_autoptr(GError) error = NULL;
  char *text = NULL;
  g_file_get_contents(full, &text, NULL, &error);
  g_assert_no_error(error);
  return text;
}

/* Waits until the file has the text, half a minute at most. */
static inline void wait_for_text(const char *path, const char *wanted)
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

/* Eight iterations of the tiny model, for others to be compared with or to begin from. */
static inline void make_whole(void)
{
  g_assert_cmpint(run(TRAIN "--out @/whole --iterations 8", NULL), ==, 0);
}

/* Runs the tests in a folder of their own. */
static inline int train_tests(int argc, char **argv, void (*add)(void))
{
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("ssgan-train-XXXXXX", NULL);
  config = g_build_filename(folder, "config.json", NULL);
  g_assert_true(g_file_set_contents(config, config_text, -1, NULL));
  add();
  int status = g_test_run();
  g_autofree char *remove = g_strdup_printf("rm -rf '%s'", folder);
  g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL);
  return status;
}
