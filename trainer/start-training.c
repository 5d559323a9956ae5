#include "trainer/start-training.h"

#include <string.h>

#include "engine/checkpoint.h"
#include "engine/error.h"
#include "engine/model.h"
#include "trainer/interrupt.h"
#include "trainer/model-run.h"
#include "trainer/snapshots.h"
#include "trainer/training-data.h"
#include "trainer/training-plan.h"

void ssg_train_start_clear(SsgTrainStart *start)
{
  g_clear_pointer(&start->snapshot, g_free);
  g_clear_pointer(&start->run, g_free);
  g_clear_pointer(&start->lock, ssg_run_lock_free);
  g_clear_pointer(&start->skipped, g_free);
  g_clear_pointer(&start->edits, g_free);
}

void ssg_train_add_discriminator(SsgArchitecture *a)
{
  int level = a->n_levels - 1;
  a->n_disc_levels = 0;
  a->disc_channels[0] = a->render_channels[level];
  for (int size = a->size; size > 4; size /= 2) {
    level = MAX(0, level - 1);
    a->disc_channels[++a->n_disc_levels] = a->render_channels[level];
  }
}

gboolean ssg_train_find_model(SsgWorkers *workers, char **path, GError **error)
{
  g_autofree char *mine = ssg_workers_rank(workers) == 0 ? ssg_snapshots_resolve(*path, error) : NULL;
  char *snapshot = ssg_workers_share_text(workers, mine);
  if (!snapshot)
    return FALSE;
  g_free(*path);
  *path = snapshot;
  return TRUE;
}

/* Ends all processes of a run that cannot go on, after saying why, here and in the log: MPI kills without waiting for anybody's last
 * words. folder: the run's, NULL before there is one. Returns when there is one process. */
static void end_all(SsgWorkers *workers, const char *folder, const GError *error)
{
  if (ssg_workers_count(workers) == 1)
    return;
  g_autofree char *text = g_strdup_printf("process %d of %d: %s", ssg_workers_rank(workers), ssg_workers_count(workers), error->message);
  g_printerr("ssgan-trainer: %s\n", text);
  if (folder && ssg_workers_rank(workers) > 0) { /* process 0 has said it */
    g_autofree char *line = g_strconcat("ended by ", text, NULL);
    ssg_run_directory_append_log(folder, line);
  }
  ssg_workers_abort(workers, SSG_EXIT_FAILED);
}

/* A part's number, by its name in the model that a run starts from. -1 and error. */
static int find_part(const SsgModelInfo *info, const char *name, GError **error)
{
  g_autoptr(GArray) parts = ssg_parse_parts("--part-from", name, info, error);
  int part = parts ? g_array_index(parts, int, 0) : -1;
  if (parts && (parts->len != 1 || part == 0)) {
    ssg_command_usage_error(error, "--part-from takes two parts but the background, PART=OTHER, not '%s'", name);
    return -1;
  }
  return part;
}

/* What the configuration changes of the model that a run starts from. */
static gboolean change_init(SsgTraining *t, const SsgTrainConfig *config, GError **error)
{
  ssg_generator_scale_depth(t->g, (float) config->depth_scale);
  ssg_generator_scale_depth(t->g_ema, (float) config->depth_scale);
  if (!*config->part_from)
    return TRUE;
  g_auto(GStrv) names = g_strsplit(config->part_from, "=", 2);
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(config->init, error);
  int to = info ? find_part(info, names[0], error) : -1, from = to > 0 ? find_part(info, names[1] ? names[1] : "", error) : -1;
  if (from < 0)
    return FALSE;
  if (from == to) {
    ssg_command_usage_error(error, "--part-from %s: a part begins anew as a copy of another", config->part_from);
    return FALSE;
  }
  ssg_generator_begin_part(t->g, to, from);
  ssg_generator_begin_part(t->g_ema, to, from);
  return TRUE;
}

/* Fills the trainer's state as `start` and the configuration say. *message: what the log says of it. */
static gboolean fill_state(SsgTrainer *trainer, const SsgTrainConfig *config, const SsgTrainStart *start, gboolean first, char **message,
                           GError **error)
{
  SsgTraining *t = ssg_trainer_training(trainer);
  gboolean has_d = TRUE;
  const char *from = start->snapshot ? start->snapshot : config->init;

  if (start->public) {
    guint found = 0;
    if (!ssg_training_load_public(t, from, &found, error))
      return FALSE;
    has_d = (found & SSG_CHECKPOINT_D) != 0;
  } else if (start->snapshot) {
    if (!ssg_trainer_load(trainer, from, error))
      return FALSE;
  } else if (*from) {
    g_autofree char *report = ssg_training_start_from(t, from, &has_d, error);
    if (!report || !change_init(t, config, error))
      return FALSE;
    *message = g_strdup_printf("starts from %s%s%s%s\n%s", from, config->options.freeze_local ? ", local generators frozen" : "",
                               *config->part_from ? ", begun anew: " : "", config->part_from, report);
  }
  if (!has_d && first)
    g_printerr("ssgan-trainer: %s has no discriminator for this run: a fresh one starts with it, and needs some hundred iterations to catch up "
               "(--d-warmup lets it do so first)\n", from);
  if (!*message)
    *message = *from ? g_strdup_printf("resumed from %s", from) : g_strdup("from random weights");
  return TRUE;
}

/* Whether every process is ready. What keeps one from it mostly keeps all: then the first one's word is enough, and the others have
 * nothing to say (no error is set). */
static gboolean all_ready(SsgWorkers *workers, gboolean ready, GError **error)
{
  double failed = !ready;
  int count = ssg_workers_count(workers), rank = ssg_workers_rank(workers);
  ssg_workers_sum(workers, &failed, 1);
  if (!ready && failed < count)
    g_prefix_error(error, "process %d of %d: ", rank, count);
  else if (!ready && rank > 0)
    g_clear_error(error);
  return failed == 0;
}

typedef struct {
  SsgWorkers *workers;
  const SsgTrainConfig *config;
  SsgTrainStart *start;
  char *origin; /* what the run starts from, for the log */
  char *data;   /* what it learns from */
} Plan;

static void plan_clear(Plan *plan)
{
  g_free(plan->origin);
  g_free(plan->data);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

/* What the log says first. Warnings are for everybody to see, also when quiet. */
static void log_beginning(SsgRunDirectory *run, const Plan *plan, const SsgTraining *t, gboolean quiet)
{
  SsgWorkers *workers = plan->workers;
  int share = plan->config->batch / ssg_workers_count(workers);
  gboolean host = ssg_device_is_host(ssg_context_device(t->ctx));
  g_autofree char *piece = ssg_train_config_warning(plan->config, share, host);
  const char *const texts[] = {plan->start->skipped, plan->start->edits, plan->origin, plan->data, piece};

  ssg_run_directory_log(run, "run folder %s", ssg_run_directory_path(run));
  if (ssg_workers_reduction(workers))
    ssg_run_directory_log(run, "%d processes; %s", ssg_workers_count(workers), ssg_workers_reduction(workers));
  if (t->g->narrow != SSG_F32 && t->d->narrow_levels)
    ssg_run_directory_log(run, "the %d highest resolutions are computed in %s", t->d->narrow_levels, t->g->narrow == SSG_F16 ? "f16" : "bf16");
  else if (!g_str_equal(ssg_context_precision(t->ctx), "f32"))
    ssg_run_directory_log(run, "%s (--precision)", host ? "convolutions multiply numbers of bf16" : "products multiply numbers of tf32");
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_auto(GStrv) lines = g_strsplit(texts[i] ? texts[i] : "", "\n", -1);
    for (char **line = lines; *line; line++) {
      ssg_run_directory_log(run, "%s", *line);
      if (quiet && i > 0 && g_str_has_prefix(*line, "warning: ")) /* that of a skipped snapshot was said when it was found */
        g_printerr("ssgan-trainer: %s\n", *line);
    }
  }
}

/* *folder: the run's, on every process once it is there; free it. *opened: whether it came to be; where not, process 0 has the error. */
static gboolean train(SsgTrainer *trainer, Plan *plan, gboolean quiet, char **folder, gboolean *opened, GError **error)
{
  g_autoptr(SsgRunDirectory) run = NULL;
  const SsgTrainConfig *config = plan->config;
  SsgTrainStart *start = plan->start;

  if (ssg_workers_rank(plan->workers) == 0) {
    run = start->run ? ssg_run_directory_resume(start->run, ssg_trainer_progress(trainer)->images, g_steal_pointer(&start->lock), error)
                     : ssg_run_directory_create(config->out, *config->name ? config->name : *config->preset ? config->preset : "train", error);
    g_autofree char *json = ssg_train_config_to_json(config);
    *opened = run && ssg_run_directory_write_text(run, "config.json", json, error);
  }
  *folder = ssg_workers_share_text(plan->workers, *opened ? ssg_run_directory_path(run) : NULL);
  *opened = *folder != NULL;
  if (!*opened)
    return FALSE;
  if (run) {
    ssg_run_directory_set_output(run, NULL, quiet);
    log_beginning(run, plan, ssg_trainer_training(trainer), quiet);
  }
  return ssg_trainer_run(trainer, run, quiet, error);
}

static int start_and_train(SsgWorkers *workers, const SsgTrainConfig *config, SsgTrainStart *start, const SsgCommonOptions *common,
                           const char *command)
{
  GError *error = NULL;
  g_auto(Plan) plan = {.workers = workers, .config = config, .start = start};
  g_autofree char *device = ssg_workers_device_name(workers, common->device), *folder = NULL;
  g_autoptr(SsgContext) ctx = ssg_common_context(common, device, &error);
  g_autoptr(SsgTrainer) trainer = ctx ? ssg_trainer_new(ctx, config, workers, &error) : NULL;
  gboolean first = ssg_workers_rank(workers) == 0;
  gboolean ready = trainer && fill_state(trainer, config, start, first, &plan.origin, &error) &&
                   ssg_trainer_open_data(trainer, &plan.data, &error);

  /* Whatever is said is said before the processes part: launchers end those that are left when one fails. */
  if (!all_ready(workers, ready, &error))
    return error ? ssg_command_finish(command, error) : SSG_EXIT_BAD_INPUT;
  ssg_workers_attach(workers, ctx);
  gboolean opened = FALSE, trained = train(trainer, &plan, common->quiet, &folder, &opened, &error);
  if (!opened)
    return error ? ssg_command_finish(command, error) : SSG_EXIT_BAD_INPUT;
  if (!trained && !ssg_interrupt_requested())
    end_all(workers, folder, error);
  int code = ssg_command_finish(command, error);
  return code == SSG_EXIT_BAD_INPUT ? SSG_EXIT_FAILED : code; /* a file that fails once a run has started: a full disk */
}

/* What of config->init would be taken over, by doing it. */
static gboolean print_init(const SsgTrainConfig *config, SsgContext *ctx, GError **error)
{
  gboolean has_d;
  g_autoptr(SsgTraining) t = ssg_training_new(ctx, &config->arch, &config->options, config->seed, error);
  g_autofree char *report = t ? ssg_training_start_from(t, config->init, &has_d, error) : NULL;
  if (!report || !change_init(t, config, error))
    return FALSE;
  g_print("starts from    %s\n%s\n", config->init, report);
  return TRUE;
}

static int plan_only(const SsgTrainConfig *config, const SsgTrainStart *start, const SsgCommonOptions *common, const char *command)
{
  GError *error = NULL;
  g_autoptr(SsgContext) ctx = ssg_train_config_check(config, 1, &error) ? ssg_common_context(common, NULL, &error) : NULL;
  g_autofree char *data = NULL;
  g_autoptr(SsgDataset) dataset = ctx && *config->data ? ssg_training_data_open(config, &data, &error) : NULL;
  if (!error) {
    g_autofree char *warning = ssg_train_config_warning(config, config->batch, ssg_device_is_host(ssg_context_device(ctx)));
    gboolean init = *config->init && !start->snapshot;
    g_autoptr(SsgModelInfo) info = init ? ssg_model_info_read(config->init, &error) : NULL; /* before anything takes long */
    if (!error && ssg_training_plan_print(config, ctx, data, start->done, &error) && init)
      print_init(config, ctx, &error);
    if (warning)
      g_print("%s\n", warning);
  }
  return ssg_command_finish(command, error);
}

int ssg_train_start(SsgTrainPrepare prepare, gpointer data, gboolean dry_run, const SsgCommonOptions *common, const char *command,
                    const char *data_hint)
{
  GError *error = NULL;
  g_auto(SsgTrainConfig) config = {0};
  g_auto(SsgTrainStart) start = {0};
  g_autoptr(SsgWorkers) workers = ssg_workers_new(&error);

  if (!workers)
    return ssg_command_finish(command, error);
  gboolean ready = prepare(workers, dry_run, &config, &start, data, &error);
  if (ready && !dry_run && !*config.data) {
    ssg_command_usage_error(&error, "--data is missing: %s", data_hint);
    ready = FALSE;
  }
  if (!all_ready(workers, ready, &error))
    return error ? ssg_command_finish(command, error) : SSG_EXIT_BAD_INPUT;
  if (!dry_run)
    return start_and_train(workers, &config, &start, common, command);
  return ssg_workers_rank(workers) == 0 ? plan_only(&config, &start, common, command) : SSG_EXIT_OK;
}
