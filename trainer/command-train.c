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
    "killed, and resumed. To train on several processors: mpirun -n 2 ssgan-trainer train ... On the CPU the number of processes does not "
    "change what is learned, each with as many threads. mpirun kills its processes soon after Ctrl-C: a SIGTERM to one of them saves and "
    "stops all, and so does Ctrl-C with --mca odls_base_sigkill_timeout 600.\n\n"
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
static gboolean read_snapshot_config(const char *snapshot, SsgTrainConfig *config, gint64 *done, GError **error)
{
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(snapshot, error);
  if (!file)
    return FALSE;
  const char *text = ssg_safetensors_metadata(file, "config");
  if (!text || g_strcmp0(ssg_safetensors_metadata(file, "format"), "ssgan-training") != 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is no snapshot of a training run that could go on; train --init starts from a model",
                snapshot);
    return FALSE;
  }
  const char *iteration = ssg_safetensors_metadata(file, "iteration");
  *done = iteration ? g_ascii_strtoll(iteration, NULL, 10) : 0;
  return ssg_train_config_parse(config, text, snapshot, error);
}

/* Process 0 takes hold of the folder before it looks for the newest snapshot, lest another process at work there remove it or write a
 * newer one; the others take the one that it found. */
static gboolean find_in_run(SsgWorkers *workers, const char *folder, gboolean hold, SsgTrainStart *start, GError **error)
{
  start->run = g_strdup(folder);
  hold = hold && ssg_snapshots_any(folder); /* a folder that is no run is left as it is */
  if (ssg_workers_rank(workers) == 0 && (!hold || (start->lock = ssg_run_lock_new(folder, error))))
    start->snapshot = ssg_snapshots_find(folder, &start->skipped, error);
  char *shared = ssg_workers_share_text(workers, start->snapshot);
  g_free(start->snapshot);
  start->snapshot = shared;
  return shared != NULL; /* on the others without an error of their own */
}

/* Fills config from what is resumed: a run folder, a snapshot, a public checkpoint. */
static gboolean prepare_resume(SsgWorkers *workers, const char *resume, gboolean hold, gboolean preset, SsgTrainConfig *config,
                               SsgTrainStart *start, GError **error)
{
  if (g_file_test(resume, G_FILE_TEST_IS_DIR)) {
    if (!find_in_run(workers, resume, hold, start, error))
      return FALSE;
  } else {
    start->snapshot = g_strdup(resume);
    start->public = is_public(resume);
    start->run = start->public ? NULL : g_path_get_dirname(resume);
  }
  if (!start->public)
    return read_snapshot_config(start->snapshot, config, &start->done, error);
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

/* A run goes on with what its snapshot says. Somebody may have changed the run's config.json and wait for an effect: the names of what
 * it says otherwise, or NULL. */
static char *find_edits(const char *run, const SsgTrainConfig *config)
{
  g_autofree char *path = g_build_filename(run, "config.json", NULL);
  g_auto(SsgTrainConfig) edited = {0};
  if (!ssg_train_config_preset(&edited, "small-64", NULL) || !ssg_train_config_read(&edited, path, NULL))
    return NULL; /* it will be written again */
  g_autofree char *names = ssg_train_config_differences(config, &edited);
  return *names ? g_strdup_printf("warning: %s says otherwise of %s; the run goes on with its snapshot's. To take the file's: --config %s", path,
                                  names, path)
                : NULL;
}

/* What says how a run begins has no place where one goes on; a public checkpoint begins a run of its own. */
static gboolean check_resume(const char *preset, const SsgTrainArguments *arguments, gboolean public, GError **error)
{
  static const char *const never[] = {"init", "depth-scale", "part-from", "fourier-cutoff", "channel-multiplier", NULL}, *const in_a_run[] = {"out", "name", NULL};
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

static gboolean check_init(const SsgTrainArguments *arguments, const SsgTrainConfig *config, GError **error)
{
  static const char *const changes[] = {"depth-scale", "part-from"};
  for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
    if (!*config->init && ssg_train_arguments_given(arguments, changes[i])) {
      ssg_command_usage_error(error, "--%s goes with --init: it changes the model that a run starts from", changes[i]);
      return FALSE;
    }
  }
  return TRUE;
}

typedef struct {
  char *preset, *config_path, *resume;
  SsgTrainArguments *arguments;
} Request;

static void request_clear(Request *request)
{
  g_free(request->preset);
  g_free(request->config_path);
  g_free(request->resume);
  ssg_train_arguments_free(request->arguments);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static gboolean prepare(SsgWorkers *workers, gboolean dry_run, SsgTrainConfig *config, SsgTrainStart *start, gpointer data, GError **error)
{
  const Request *r = data;
  if (!ssg_train_config_preset(config, r->preset ? r->preset : "small-64", error) ||
      (r->resume && !prepare_resume(workers, r->resume, !dry_run, r->preset != NULL, config, start, error)))
    return FALSE;
  if (start->run && !r->config_path)
    start->edits = find_edits(start->run, config);
  return (!r->resume || check_resume(r->preset, r->arguments, start->public, error)) &&
         (!r->config_path || ssg_train_config_read(config, r->config_path, error)) &&
         ssg_train_arguments_apply(r->arguments, config, error) && check_init(r->arguments, config, error) &&
         (!*config->init || ssg_train_find_model(workers, &config->init, error));
}

static int run_train(int argc, char **argv)
{
  const char *command = argv[0];
  gboolean dry_run = FALSE;
  g_auto(SsgCommonOptions) common = {0};
  g_auto(Request) request = {.arguments = ssg_train_arguments_new()};
  g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
  g_autofree char *presets = g_strjoinv(", ", (char **) ssg_architecture_presets());
  g_autofree char *preset_text = g_strdup_printf("Architecture and settings: %s (small-64)", presets);
  const GOptionEntry own[] = {
      {"preset", 'p', 0, G_OPTION_ARG_STRING, &request.preset, preset_text, "NAME"},
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &request.config_path, "Settings from a file like a run's config.json", "FILE"},
      {"resume", 'r', 0, G_OPTION_ARG_FILENAME, &request.resume, "Go on with a run's folder, one of its snapshots, or a public checkpoint", "RUN"},
      {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Say what would be trained and what it takes here, after looking at data and device", NULL}};
  int exit_code;

  g_array_append_vals(entries, own, G_N_ELEMENTS(own));
  ssg_train_arguments_entries(request.arguments, entries, NULL);
  if (!ssg_command_parse(&argc, &argv, NULL, description, (GOptionEntry *) entries->data,
                         SSG_COMMON_DEVICE | SSG_COMMON_THREADS | SSG_COMMON_QUIET, &common, 0, 0, &exit_code))
    return exit_code;
  GError *error = NULL;
  if (!ssg_train_arguments_check(request.arguments, &common, &error))
    return ssg_command_finish(command, error);
  return ssg_train_start(prepare, &request, dry_run, &common, command,
                         "the dataset to learn from (ssgan-trainer data portraits draws one)");
}

const SsgCommand ssg_command_train = {"train", "Train a model, or go on training", run_train, NULL};
