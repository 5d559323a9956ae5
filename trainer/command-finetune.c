/* ssgan-trainer finetune: domain adaptation to pictures without masks (MODEL.md "Training", last paragraph). */
#include "engine/error.h"
#include "engine/model.h"
#include "trainer/command-train.h"
#include "trainer/interrupt.h"

#define ITERATIONS 2000

static const char description[] =
    "Adapts a trained model to another look from pictures alone: the discriminator sees no masks, the mask loss is off, and one latent "
    "shows in both worlds. Starts from the generator of MODEL (a model file, a training snapshot or a public checkpoint), and from its "
    "discriminator where the file has one. Sheets of samples are drawn often: stop with Ctrl-C when they are right.";

/* A discriminator for a file that says nothing of one: the render net's channels, mirrored. */
static void add_discriminator(SsgArchitecture *a)
{
  int level = a->n_levels - 1;
  a->n_disc_levels = 0;
  a->disc_channels[0] = a->render_channels[level];
  for (int size = a->size; size > 4; size /= 2) {
    level = MAX(0, level - 1);
    a->disc_channels[++a->n_disc_levels] = a->render_channels[level];
  }
}

static gboolean prepare(const char *path, SsgTrainConfig *config, GError **error)
{
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(path, error);
  if (!info || !ssg_train_config_preset(config, "public-256", error))
    return FALSE;
  config->arch = info->arch;
  if (config->arch.n_disc_levels == 0)
    add_discriminator(&config->arch);
  config->arch.disc_masks = FALSE;
  g_free(config->preset);
  config->preset = g_strdup("");
  g_free(config->name);
  config->name = g_strdup("finetune");
  config->options.r1_image = info->arch.size >= 256 ? 10 : 0.5f * info->arch.size / 64; /* as the presets of train scale it */
  config->options.r1_mask = 0;
  config->options.mask_weight = 0;
  config->iterations = ITERATIONS;
  config->batch = info->arch.size >= 256 ? 32 : 16;
  config->stats_every = 10;
  config->grid_every = 50;
  config->snapshot_every = 100;
  return TRUE;
}

static gboolean finetune(const char *path, gboolean dry_run, const SsgTrainArguments *arguments, const SsgCommonOptions *common,
                         gboolean *started, GError **error)
{
  g_auto(SsgTrainConfig) config = {0};
  gboolean has_d = FALSE;

  if (!prepare(path, &config, error) || !ssg_train_arguments_apply(arguments, &config, error))
    return FALSE;
  if (dry_run) {
    if (!ssg_train_config_check(&config, 1, error))
      return FALSE;
    ssg_train_print_plan(&config);
    return TRUE;
  }
  if (!*config.data) {
    ssg_command_usage_error(error, "--data is missing: pictures of the new look (ssgan-trainer data images builds a set of them)");
    return FALSE;
  }
  g_autoptr(SsgWorkers) workers = ssg_workers_new(error);
  g_autoptr(SsgContext) ctx = workers ? ssg_context_new(common->device, common->threads, error) : NULL;
  SsgTrainer *trainer = ctx ? ssg_trainer_new(ctx, &config, workers, error) : NULL;
  gboolean done = trainer && ssg_training_start_from(ssg_trainer_training(trainer), path, &has_d, error);
  if (done && !has_d && ssg_workers_rank(workers) == 0)
    g_printerr("ssgan-trainer: %s has no discriminator: a fresh one starts with it, and needs a few hundred iterations to catch up\n", path);
  g_autofree char *message = g_strdup_printf("fine-tuning %s, %s discriminator%s", path, has_d ? "with its" : "with a fresh",
                                             config.options.freeze_local ? ", local generators frozen" : "");
  done = done && ssg_train_run(trainer, workers, &config, NULL, message, common->quiet, started, error);
  if (!done && !ssg_interrupt_requested())
    ssg_train_abort(workers, error ? *error : NULL);
  ssg_trainer_free(trainer);
  return done;
}

static int run_finetune(int argc, char **argv)
{
  gboolean dry_run = FALSE, started = FALSE;
  g_auto(SsgCommonOptions) common = {0};
  g_autoptr(SsgTrainArguments) arguments = ssg_train_arguments_new();
  g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
  const GOptionEntry own[] = {
      {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Say what would be trained, and what it takes", NULL}};
  GError *error = NULL;
  int exit_code;

  g_array_append_vals(entries, own, G_N_ELEMENTS(own));
  ssg_train_arguments_entries(arguments, entries);
  if (!ssg_command_parse(&argc, &argv, "MODEL", description, (GOptionEntry *) entries->data, SSG_COMMON_DEVICE | SSG_COMMON_THREADS | SSG_COMMON_QUIET, &common, 1, 1,
                         &exit_code))
    return exit_code;
  finetune(argv[1], dry_run, arguments, &common, &started, &error);
  return ssg_train_exit_code(ssg_command_finish("finetune", error), started);
}

const SsgCommand ssg_command_finetune = {"finetune", "Adapt a model to another look, without masks", run_finetune, NULL};
