/* ssgan-trainer train: from nothing, or going on with a run. */
#include <string.h>

#include "engine/checkpoint.h"
#include "engine/error.h"
#include "engine/model.h"
#include "engine/safetensors.h"
#include "trainer/command-train.h"
#include "trainer/snapshots.h"
#include "trainer/start-training.h"

static const char description[] =
    "Trains a model from random weights, from another model (--init), or goes on with a run (--resume). Every run is a numbered folder with config.json, log.txt, "
    "stats.jsonl, TensorBoard events, curves.png, sheets of samples and snapshots; it can be stopped with Ctrl-C or SIGTERM, or be "
    "killed, and resumed. To train on several processors: mpirun -n 2 ssgan-trainer train ...\n\n"
    "--init starts from another model's parameters instead, of this architecture or of another: what has the same name and shape is "
    "copied, Fourier weights grow with the size, the discriminator's blocks are matched by the size they work at. So a model trained at "
    "64 pixels grows to one at 128. log.txt says what was copied and what starts fresh.\n\n"
    "Settings come from --preset, then --config, then the options here.";

static gboolean is_public(const char *path)
{
  g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
  return file && ssg_checkpoint_sniff(g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
}

/* The config that a snapshot carries. */
static gboolean read_snapshot_config(const char *snapshot, SsgTrainConfig *config, GError **error)
{
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(snapshot, error);
  if (!file)
    return FALSE;
  const char *text = ssg_safetensors_metadata(file, "config");
  if (!text) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: metadata 'config' is missing", snapshot);
    return FALSE;
  }
  return ssg_train_config_parse(config, text, snapshot, error);
}

/* Fills config from what is resumed: a run folder, a snapshot, a public checkpoint. */
static gboolean prepare_resume(const char *resume, gboolean preset, SsgTrainConfig *config, SsgTrainStart *start, GError **error)
{
  if (g_file_test(resume, G_FILE_TEST_IS_DIR)) {
    start->snapshot = ssg_snapshots_find(resume, error);
    start->run = g_strdup(resume);
  } else {
    start->snapshot = g_strdup(resume);
    start->public = is_public(resume);
    if (!start->public)
      start->run = g_path_get_dirname(resume);
  }
  if (!start->snapshot)
    return FALSE;
  if (!start->public)
    return read_snapshot_config(start->snapshot, config, error);
  /* What the authors trained with, unless the person says otherwise. */
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(start->snapshot, error);
  if (!info || (!preset && !ssg_train_config_preset(config, "public-256", error)))
    return FALSE;
  config->arch = info->arch;
  if (config->arch.n_disc_levels == 0)
    ssg_train_add_discriminator(&config->arch);
  g_free(config->preset);
  config->preset = g_strdup("");
  return TRUE;
}

/* What says how a run begins has no place where one goes on; a public checkpoint begins a run of its own. */
static gboolean check_resume(const char *preset, const SsgTrainArguments *arguments, gboolean public, GError **error)
{
  static const char *const never[] = {"init", "channel-multiplier", NULL}, *const in_a_run[] = {"out", "name", NULL};
  const char *wrong = preset && !public ? "preset" : NULL;

  for (int i = 0; never[i]; i++)
    if (ssg_train_arguments_given(arguments, never[i]))
      wrong = never[i];
  for (int i = 0; in_a_run[i] && !public; i++)
    if (ssg_train_arguments_given(arguments, in_a_run[i]))
      wrong = in_a_run[i];
  if (wrong)
    ssg_command_usage_error(error, "--%s does not go with --resume: the run goes on as what it is, where it is", wrong);
  return !wrong;
}

/* --init may name a run: its newest good snapshot. */
static gboolean find_init(SsgTrainConfig *config, GError **error)
{
  if (!g_file_test(config->init, G_FILE_TEST_IS_DIR))
    return TRUE;
  char *snapshot = ssg_snapshots_find(config->init, error);
  if (!snapshot)
    return FALSE;
  g_free(config->init);
  config->init = snapshot;
  return TRUE;
}

static gboolean prepare(const char *preset, const char *config_path, const char *resume, const SsgTrainArguments *arguments,
                        SsgTrainConfig *config, SsgTrainStart *start, GError **error)
{
  return ssg_train_config_preset(config, preset ? preset : "small-64", error) &&
         (!resume || (prepare_resume(resume, preset != NULL, config, start, error) &&
                      check_resume(preset, arguments, start->public, error))) &&
         (!config_path || ssg_train_config_read(config, config_path, error)) &&
         ssg_train_arguments_apply(arguments, config, error) && find_init(config, error);
}

static int run_train(int argc, char **argv)
{
  g_autofree char *preset = NULL, *config_path = NULL, *resume = NULL;
  gboolean dry_run = FALSE;
  g_auto(SsgCommonOptions) common = {0};
  g_auto(SsgTrainConfig) config = {0};
  g_auto(SsgTrainStart) start = {0};
  g_autoptr(SsgTrainArguments) arguments = ssg_train_arguments_new();
  g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
  const GOptionEntry own[] = {
      {"preset", 'p', 0, G_OPTION_ARG_STRING, &preset, "Architecture and settings: small-64, public-256 ... (small-64)", "NAME"},
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path, "Settings from a file like a run's config.json", "FILE"},
      {"resume", 'r', 0, G_OPTION_ARG_FILENAME, &resume, "Go on with a run's folder, one of its snapshots, or a public checkpoint", "RUN"},
      {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Say what would be trained, and what it takes", NULL}};
  GError *error = NULL;
  int exit_code;

  g_array_append_vals(entries, own, G_N_ELEMENTS(own));
  ssg_train_arguments_entries(arguments, entries, NULL);
  if (!ssg_command_parse(&argc, &argv, NULL, description, (GOptionEntry *) entries->data,
                         SSG_COMMON_DEVICE | SSG_COMMON_THREADS | SSG_COMMON_QUIET, &common, 0, 0, &exit_code))
    return exit_code;
  if (!prepare(preset, config_path, resume, arguments, &config, &start, &error))
    return ssg_command_finish("train", error);
  return ssg_train_start(&config, &start, dry_run, &common, "train", "the dataset to learn from (ssgan-trainer data portraits draws one)");
}

const SsgCommand ssg_command_train = {"train", "Train a model, or go on training", run_train, NULL};
