#include "trainer/start-training.h"

#include <string.h>

#include "engine/checkpoint.h"
#include "engine/error.h"
#include "trainer/interrupt.h"

void ssg_train_start_clear(SsgTrainStart *start)
{
  g_clear_pointer(&start->snapshot, g_free);
  g_clear_pointer(&start->run, g_free);
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

static void print_plan(const SsgTrainConfig *c)
{
  const SsgArchitecture *a = &c->arch;
  gint64 g = ssg_architecture_generator_parameters(a), d = ssg_architecture_discriminator_parameters(a);
  gint64 gm = ssg_architecture_generator_macs(a), dm = ssg_architecture_discriminator_macs(a);
  int micro = ssg_train_config_piece(c, c->batch, TRUE);
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

/* Ends all processes of a run that cannot go on, after saying why: MPI kills without waiting for anybody's last words. Returns when
 * there is one process. */
static void end_all(SsgWorkers *workers, const GError *error)
{
  if (ssg_workers_count(workers) == 1)
    return;
  g_printerr("ssgan-trainer: process %d of %d: %s\n", ssg_workers_rank(workers), ssg_workers_count(workers), error->message);
  ssg_workers_abort(workers, SSG_EXIT_FAILED);
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
    if (!report)
      return FALSE;
    *message = g_strdup_printf("starts from %s%s\n%s", from, config->options.freeze_local ? ", local generators frozen" : "", report);
  }
  if (!has_d && first)
    g_printerr("ssgan-trainer: %s has no discriminator: a fresh one starts with it, and needs a few hundred iterations to catch up\n", from);
  if (!*message)
    *message = *from ? g_strdup_printf("resumed from %s", from) : g_strdup("from random weights");
  return TRUE;
}

static void log_lines(SsgRunDirectory *run, const char *text)
{
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++)
    ssg_run_directory_log(run, "%s", *line);
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

static gboolean train(SsgTrainer *trainer, SsgWorkers *workers, const SsgTrainConfig *config, const SsgTrainStart *start,
                      const char *message, gboolean quiet, GError **error)
{
  g_autoptr(SsgRunDirectory) run = NULL;

  if (ssg_workers_rank(workers) == 0) {
    run = start->run ? ssg_run_directory_resume(start->run, ssg_trainer_progress(trainer)->images, error)
                     : ssg_run_directory_create(config->out, *config->name ? config->name : *config->preset ? config->preset : "train", error);
    g_autofree char *json = ssg_train_config_to_json(config);
    if (!run || !ssg_run_directory_write_text(run, "config.json", json, error))
      return FALSE;
    ssg_run_directory_set_output(run, NULL, quiet);
    ssg_run_directory_log(run, "run folder %s", ssg_run_directory_path(run));
    if (ssg_workers_reduction(workers))
      ssg_run_directory_log(run, "%d processes; %s", ssg_workers_count(workers), ssg_workers_reduction(workers));
    log_lines(run, message);
    const SsgTraining *t = ssg_trainer_training(trainer);
    if (t->g->narrow != SSG_F32 && t->d->narrow_levels)
      ssg_run_directory_log(run, "the %d highest resolutions are computed in %s", t->d->narrow_levels, t->g->narrow == SSG_F16 ? "f16" : "bf16");
  }
  return ssg_trainer_run(trainer, run, quiet, error);
}

static int start_and_train(const SsgTrainConfig *config, const SsgTrainStart *start, const SsgCommonOptions *common, const char *command)
{
  GError *error = NULL;
  g_autoptr(SsgWorkers) workers = ssg_workers_new(&error);
  if (!workers)
    return ssg_command_finish(command, error);
  g_autofree char *device = ssg_workers_device_name(workers, common->device);
  g_autoptr(SsgContext) ctx = ssg_common_context(common, device, &error);
  g_autoptr(SsgTrainer) trainer = ctx ? ssg_trainer_new(ctx, config, workers, &error) : NULL;
  g_autofree char *message = NULL;
  gboolean first = ssg_workers_rank(workers) == 0;
  gboolean ready = trainer && fill_state(trainer, config, start, first, &message, &error) && ssg_trainer_open_data(trainer, &error);

  /* Whatever is said is said before the processes part: launchers end those that are left when one fails. */
  if (!all_ready(workers, ready, &error))
    return error ? ssg_command_finish(command, error) : SSG_EXIT_BAD_INPUT;
  ssg_workers_attach(workers, ctx);
  if (!train(trainer, workers, config, start, message, common->quiet, &error) && !ssg_interrupt_requested())
    end_all(workers, error);
  int code = ssg_command_finish(command, error);
  return code == SSG_EXIT_BAD_INPUT ? SSG_EXIT_FAILED : code; /* a file that fails once a run has started: a full disk */
}

/* What of config->init would be taken over, by doing it. */
static void print_init(const SsgTrainConfig *config, const SsgCommonOptions *common, GError **error)
{
  gboolean has_d;
  g_autoptr(SsgContext) ctx = ssg_context_new(common->device, common->threads, error);
  g_autoptr(SsgTraining) t = ctx ? ssg_training_new(ctx, &config->arch, &config->options, config->seed, error) : NULL;
  g_autofree char *report = t ? ssg_training_start_from(t, config->init, &has_d, error) : NULL;
  if (report)
    g_print("starts from    %s\n%s\n", config->init, report);
}

int ssg_train_start(const SsgTrainConfig *config, const SsgTrainStart *start, gboolean dry_run, const SsgCommonOptions *common,
                    const char *command, const char *data_hint)
{
  GError *error = NULL;

  if (!dry_run && *config->data)
    return start_and_train(config, start, common, command);
  if (!dry_run) {
    ssg_command_usage_error(&error, "--data is missing: %s", data_hint);
  } else if (ssg_train_config_check(config, 1, &error)) {
    print_plan(config);
    if (*config->init && !start->snapshot)
      print_init(config, common, &error);
  }
  return ssg_command_finish(command, error);
}
