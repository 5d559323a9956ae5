/* ssgan-trainer finetune: domain adaptation to pictures without masks (MODEL.md, "Fine-tuning"). */
#include "engine/model.h"
#include "trainer/command-train.h"
#include "trainer/start-training.h"

#define ITERATIONS 2000

static const char description[] =
    "Adapts a trained model to another look from pictures alone: the discriminator sees no masks, the mask loss is off, and one latent "
    "shows in both worlds. Starts from the generator of MODEL (a model file, a training snapshot, a run's folder for its newest one, or a public checkpoint), and from its "
    "discriminator where the file has one. All of the generator learns, as published; then nothing holds the masks, and they drift as "
    "the run goes on. With --freeze-local only mapping and render net learn, and masks stay what they were: use it where parts matter "
    "more than outlines of the new look. Sheets of samples are drawn often: stop with Ctrl-C when they are right.";

typedef struct {
  const char *model;
  SsgTrainArguments *arguments;
} Request;

static gboolean prepare_model(const char *path, SsgTrainConfig *config, GError **error)
{
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(path, error);
  if (!info || !ssg_train_config_preset(config, "public-256", error))
    return FALSE;
  config->arch = info->arch;
  if (config->arch.n_disc_levels == 0)
    ssg_train_add_discriminator(&config->arch);
  config->arch.disc_masks = FALSE;
  g_free(config->preset);
  config->preset = g_strdup("");
  g_free(config->name);
  config->name = g_strdup("finetune");
  g_free(config->init);
  config->init = g_strdup(path);
  config->options.r1_image = info->arch.size >= 256 ? 10 : 0.5f * info->arch.size / 64; /* as the presets of train scale it */
  config->options.r1_mask = 0;
  config->options.mask_weight = 0;
  config->iterations = ITERATIONS;
  config->batch = info->arch.size >= 256 ? 32 : 16;
  config->stats_every = 10;
  config->grid_every = 50;
  config->metrics_every = 500;
  config->snapshot_every = 100;
  return TRUE;
}

static gboolean prepare(SsgWorkers *workers, gboolean dry_run, SsgTrainConfig *config, SsgTrainStart *start, gpointer data, GError **error)
{
  const Request *request = data;
  g_autofree char *model = g_strdup(request->model);
  return ssg_train_find_model(workers, &model, error) && prepare_model(model, config, error) &&
         ssg_train_arguments_apply(request->arguments, config, error);
}

static int run_finetune(int argc, char **argv)
{
  const char *command = argv[0];
  gboolean dry_run = FALSE;
  g_auto(SsgCommonOptions) common = {0};
  g_autoptr(SsgTrainArguments) arguments = ssg_train_arguments_new();
  g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
  const GOptionEntry own[] = {
      {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Say what would be trained and what it takes here, after looking at data and device", NULL}};
  int exit_code;

  g_array_append_vals(entries, own, G_N_ELEMENTS(own));
  ssg_train_arguments_entries(arguments, entries, (const char *const[]){"init", "fourier-cutoff", NULL});
  if (!ssg_command_parse(&argc, &argv, "MODEL", description, (GOptionEntry *) entries->data,
                         SSG_COMMON_DEVICE | SSG_COMMON_THREADS | SSG_COMMON_QUIET, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  if (!ssg_train_arguments_check(arguments, &common, &error))
    return ssg_command_finish(command, error);
  Request request = {.model = argv[1], .arguments = arguments};
  return ssg_train_start(prepare, &request, dry_run, &common, command,
                         "pictures of the new look (ssgan-trainer data images builds a set of them)");
}

const SsgCommand ssg_command_finetune = {"finetune", "Adapt a model to another look, without masks", run_finetune, NULL};
