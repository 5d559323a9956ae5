/* ssgan-trainer train: from nothing, or going on with a run. */
#include <string.h>

#include "engine/checkpoint.h"
#include "engine/error.h"
#include "engine/model.h"
#include "engine/safetensors.h"
#include "trainer/command-train.h"
#include "trainer/interrupt.h"

static const char description[] =
    "Trains a model from random weights, or goes on with a run (--resume). Every run is a numbered folder with config.json, log.txt, "
    "stats.jsonl, TensorBoard events, curves.png, sheets of samples and snapshots; it can be stopped with Ctrl-C or SIGTERM, or be "
    "killed, and resumed. To train on several processors: mpirun -n 2 ssgan-trainer train ...\n\n"
    "Settings come from --preset, then --config, then the options here.";

void ssg_train_print_plan(const SsgTrainConfig *c)
{
  const SsgArchitecture *a = &c->arch;
  gint64 g = ssg_architecture_generator_parameters(a), d = ssg_architecture_discriminator_parameters(a);
  gint64 gm = ssg_architecture_generator_macs(a), dm = ssg_architecture_discriminator_macs(a);
  int micro = c->micro_batch ? c->micro_batch : c->batch;
  /* Forward, gradient by inputs, gradient by weights. D step: G forward, D on fake and real three times; G step: G three times, D
   * forward and gradient by inputs. R1 and path cost about three times a step of theirs, every so often. */
  double per_image = gm + 6.0 * dm + 3.0 * gm + 2.0 * dm;
  per_image += c->options.r1_every ? 9.0 * dm / c->options.r1_every : 0;
  per_image += c->options.path_every ? 9.0 * gm / c->options.path_every / c->options.path_batch_shrink : 0;
  double maps = 0; /* activations that the walk back needs, f32 */
  for (int i = 0; i < a->n_levels; i++) {
    double size = (double) a->render_size * (2 << i);
    maps += size * size * (3.0 * a->render_channels[i] + 3 + a->n_parts);
  }
  maps += (double) a->coarse_size * a->coarse_size * a->n_parts * a->local_channels * (a->n_layers + 2.0);
  for (int i = 0; i < a->n_disc_levels; i++) {
    double size = a->size >> i;
    maps += (a->disc_masks ? 2 : 1) * size * size * (4.0 * a->disc_channels[i] + a->disc_channels[i + 1] / 2.0);
  }
  g_print("architecture   %s, %d pixels, %d parts, style %d\n", c->preset && *c->preset ? c->preset : "from file", a->size, a->n_parts,
          a->style_dim);
  g_print("generator      %.2f million parameters, %.3f billion multiply-adds a face\n", g / 1e6, gm / 1e9);
  g_print("discriminator  %.2f million parameters, %.3f billion multiply-adds a picture\n", d / 1e6, dm / 1e9);
  g_print("iteration      %d images, %d at once, about %.2f billion multiply-adds an image\n", c->batch, micro, per_image / 1e9);
  g_print("memory         about %.0f MiB\n", ((g + d) * 4.0 * 5 + maps * 4 * micro) / (1 << 20));
  g_print("run            %" G_GINT64_FORMAT " iterations, %.2f million images; at 100 GFLOP/s about %.1f hours\n", c->iterations,
          c->iterations * (double) c->batch / 1e6, c->iterations * (double) c->batch * per_image * 2 / 1e11 / 3600);
}

void ssg_train_abort(SsgWorkers *workers, const GError *error)
{
  if (!workers || ssg_workers_count(workers) == 1)
    return;
  g_printerr("ssgan-trainer: process %d of %d: %s\n", ssg_workers_rank(workers), ssg_workers_count(workers),
             error ? error->message : "failed");
  ssg_workers_abort(workers, SSG_EXIT_FAILED);
}

int ssg_train_exit_code(int exit_code, gboolean started)
{
  return started && exit_code == SSG_EXIT_BAD_INPUT ? SSG_EXIT_FAILED : exit_code;
}

gboolean ssg_train_run(SsgTrainer *trainer, SsgWorkers *workers, const SsgTrainConfig *config, const char *resume,
                       const char *message, gboolean quiet, gboolean *started, GError **error)
{
  g_autoptr(SsgRunDirectory) run = NULL;
  if (!ssg_trainer_open_data(trainer, error))
    return FALSE;
  *started = TRUE;
  if (ssg_workers_rank(workers) == 0) {
    run = resume ? ssg_run_directory_resume(resume, ssg_trainer_progress(trainer)->images, error)
                 : ssg_run_directory_create(config->out, *config->name ? config->name : *config->preset ? config->preset : "train", error);
    g_autofree char *json = ssg_train_config_to_json(config);
    if (!run || !ssg_run_directory_write_text(run, "config.json", json, error))
      return FALSE;
    ssg_run_directory_set_output(run, NULL, quiet);
    ssg_run_directory_log(run, "%s; run folder %s", message, ssg_run_directory_path(run));
  }
  return ssg_trainer_run(trainer, run, quiet, error);
}

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

/* Fills config from what is resumed (a run folder, a snapshot, a public checkpoint) and names the file to load. */
static gboolean prepare_resume(const char *resume, const char *preset, SsgTrainConfig *config, char **snapshot, gboolean *public, char **run,
                               GError **error)
{
  if (g_file_test(resume, G_FILE_TEST_IS_DIR)) {
    *snapshot = ssg_trainer_find_snapshot(resume, error);
    *run = g_strdup(resume);
  } else {
    *snapshot = g_strdup(resume);
    *public = is_public(resume);
    if (!*public)
      *run = g_path_get_dirname(resume);
  }
  if (!*snapshot)
    return FALSE;
  if (*public) {
    /* What the authors trained with, unless the person says otherwise. */
    g_autoptr(SsgModelInfo) info = ssg_model_info_read(*snapshot, error);
    if (!info || (!preset && !ssg_train_config_preset(config, "public-256", error)))
      return FALSE;
    config->arch = info->arch;
    g_free(config->preset);
    config->preset = g_strdup("");
    return TRUE;
  }
  return read_snapshot_config(*snapshot, config, error);
}

static gboolean train(const char *preset, const char *config_path, const char *resume, gboolean dry_run,
                      const SsgTrainArguments *arguments, const SsgCommonOptions *common, gboolean *started, GError **error)
{
  g_auto(SsgTrainConfig) config = {0};
  g_autofree char *snapshot = NULL, *run = NULL;
  gboolean public = FALSE;

  if (!ssg_train_config_preset(&config, preset ? preset : "small-64", error))
    return FALSE;
  if (resume && !prepare_resume(resume, preset, &config, &snapshot, &public, &run, error))
    return FALSE;
  if ((config_path && !ssg_train_config_read(&config, config_path, error)) ||
      !ssg_train_arguments_apply(arguments, &config, error))
    return FALSE;
  if (dry_run) {
    if (!ssg_train_config_check(&config, 1, error))
      return FALSE;
    ssg_train_print_plan(&config);
    return TRUE;
  }
  if (!*config.data) {
    ssg_command_usage_error(error, "--data is missing: the dataset to learn from (ssgan-trainer data portraits draws one)");
    return FALSE;
  }
  g_autoptr(SsgWorkers) workers = ssg_workers_new(error);
  g_autoptr(SsgContext) ctx = workers ? ssg_context_new(common->device, common->threads, error) : NULL;
  SsgTrainer *trainer = ctx ? ssg_trainer_new(ctx, &config, workers, error) : NULL;
  gboolean done = trainer != NULL;
  guint found = 0;
  if (done && snapshot)
    done = public ? ssg_training_load_public(ssg_trainer_training(trainer), snapshot, &found, error)
                  : ssg_trainer_load(trainer, snapshot, error);
  g_autofree char *message = snapshot ? g_strdup_printf("resumed from %s", snapshot) : g_strdup("from random weights");
  if (done && public && !(found & SSG_CHECKPOINT_D))
    g_printerr("ssgan-trainer: %s has no discriminator: a fresh one starts with it\n", snapshot);
  done = done && ssg_train_run(trainer, workers, &config, run, message, common->quiet, started, error);
  if (!done && !ssg_interrupt_requested())
    ssg_train_abort(workers, error ? *error : NULL);
  ssg_trainer_free(trainer);
  return done;
}

static int run_train(int argc, char **argv)
{
  g_autofree char *preset = NULL, *config = NULL, *resume = NULL;
  gboolean dry_run = FALSE, started = FALSE;
  g_auto(SsgCommonOptions) common = {0};
  g_autoptr(SsgTrainArguments) arguments = ssg_train_arguments_new();
  g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
  const GOptionEntry own[] = {
      {"preset", 'p', 0, G_OPTION_ARG_STRING, &preset, "Architecture and settings: small-64, public-256 ... (small-64)", "NAME"},
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &config, "Settings from a file like a run's config.json", "FILE"},
      {"resume", 'r', 0, G_OPTION_ARG_FILENAME, &resume, "Go on with a run's folder, one of its snapshots, or a public checkpoint", "RUN"},
      {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Say what would be trained, and what it takes", NULL}};
  GError *error = NULL;
  int exit_code;

  g_array_append_vals(entries, own, G_N_ELEMENTS(own));
  ssg_train_arguments_entries(arguments, entries);
  if (!ssg_command_parse(&argc, &argv, NULL, description, (GOptionEntry *) entries->data, SSG_COMMON_DEVICE | SSG_COMMON_THREADS | SSG_COMMON_QUIET, &common, 0, 0,
                         &exit_code))
    return exit_code;
  train(preset, config, resume, dry_run, arguments, &common, &started, &error);
  return ssg_train_exit_code(ssg_command_finish("train", error), started);
}

const SsgCommand ssg_command_train = {"train", "Train a model, or go on training", run_train, NULL};
