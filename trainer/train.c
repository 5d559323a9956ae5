#include "trainer/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/error.h"
#include "engine/parts.h"
#include "trainer/interrupt.h"
#include "trainer/loader.h"
#include "trainer/mask-support.h"
#include "trainer/samples.h"
#include "trainer/snapshots.h"
#include "trainer/training-data.h"
#include "trainer/training-draws.h"
#include "trainer/training-metrics.h"

#define MAX_BAD_STEPS 10 /* skipped in a row before a run gives up */
#define SHEET_COLUMNS 8
#define SHEET_ROWS 2

/* Figures since the last line of stats.jsonl. */
typedef struct {
  SsgStepStats sum;
  int n, n_g, n_r1, n_path, n_locality; /* iterations, those with a G step, and those with regularisers */
  gint64 start;        /* microseconds; of the iterations since then, ... */
  gint64 images;       /* ... so many images: a resumed run goes on with the sums, but not with the time */
} Window;

struct _SsgTrainer {
  SsgContext *ctx;
  const SsgTrainConfig *config;
  SsgWorkers *workers;
  SsgTraining *training;
  SsgTrainingProgress progress;
  SsgLoader *loader;
  SsgDataset *dataset;
  SsgRunDirectory *run;  /* while it runs, of process 0; not owned */
  Window window;
  const SsgBatch *first; /* taken when the data was opened, for the first iteration; then NULL */
  int bad_steps[4];  /* in a row: D, R1, G, path; each kind counts for itself, a good one does not excuse the others */
  gint64 skipped;
  char *snapshot;    /* path of the last one saved or loaded, and the iteration it holds */
  gint64 saved_at;
  char *figures;     /* of the last line of stats.jsonl, for the live line; NULL before */
  GError *unwritten; /* figures or pictures that could not be written: the run ends, after a snapshot */
  float *rgb;        /* one micro-batch [n, R, R, 3], gathered from the batch */
  guint8 *labels;    /* likewise, [n, R, R] */
};

static void gradient_ready(gint64 start, gint64 count, gpointer data)
{
  ssg_workers_reduce_ready(data, start, count);
}

static void sum_over_workers(double *values, int n, gpointer data)
{
  ssg_workers_sum(data, values, n);
}

SsgTrainer *ssg_trainer_new(SsgContext *ctx, const SsgTrainConfig *config, SsgWorkers *workers, GError **error)
{
  if (!ssg_train_config_check(config, ssg_workers_count(workers), error))
    return NULL;
  SsgTraining *training = ssg_training_new(ctx, &config->arch, &config->options, config->seed, error);
  if (!training)
    return NULL;
  SsgTrainer *trainer = g_new0(SsgTrainer, 1);
  trainer->ctx = ctx;
  trainer->config = config;
  trainer->workers = workers;
  trainer->training = training;
  training->gradient_ready = gradient_ready;
  training->sum = sum_over_workers;
  training->data = workers;
  return trainer;
}

void ssg_trainer_free(SsgTrainer *trainer)
{
  if (!trainer)
    return;
  ssg_loader_free(trainer->loader);
  ssg_dataset_unref(trainer->dataset);
  ssg_training_free(trainer->training);
  g_clear_error(&trainer->unwritten);
  g_free(trainer->snapshot);
  g_free(trainer->figures);
  g_free(trainer->rgb);
  g_free(trainer->labels);
  g_free(trainer);
}

SsgTraining *ssg_trainer_training(SsgTrainer *trainer)
{
  return trainer->training;
}

SsgTrainingProgress *ssg_trainer_progress(SsgTrainer *trainer)
{
  return &trainer->progress;
}

/* --- the window in snapshots: a resumed run writes the figures that the undisturbed one would --- */

#define N_SUMS (sizeof(SsgStepStats) / sizeof(double))
G_STATIC_ASSERT(sizeof(SsgStepStats) % sizeof(double) == 0);

/* Sums over all processes; every one must call it. */
static SsgStepStats window_sums(SsgTrainer *trainer)
{
  SsgStepStats sums = trainer->window.sum;
  ssg_workers_sum(trainer->workers, (double *) &sums, N_SUMS);
  return sums;
}

static char *window_to_text(const Window *w, const SsgStepStats *sums)
{
  GString *text = g_string_new(NULL);
  g_string_printf(text, "%d %d %d %d %d", w->n, w->n_g, w->n_r1, w->n_path, w->n_locality);
  for (gsize i = 0; i < N_SUMS; i++)
    g_string_append_printf(text, " %a", ((const double *) sums)[i]);
  return g_string_free(text, FALSE);
}

/* Anything else than window_to_text() writes is an empty window. */
static void window_from_text(Window *w, const char *text)
{
  g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);
  int *const counts[] = {&w->n, &w->n_g, &w->n_r1, &w->n_path, &w->n_locality};
  *w = (Window){0};
  if (g_strv_length(words) != G_N_ELEMENTS(counts) + N_SUMS)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
    *counts[i] = (int) CLAMP(g_ascii_strtoll(words[i], NULL, 10), 0, G_MAXINT);
  for (gsize i = 0; i < N_SUMS; i++)
    ((double *) &w->sum)[i] = g_ascii_strtod(words[G_N_ELEMENTS(counts) + i], NULL);
}

gboolean ssg_trainer_load(SsgTrainer *trainer, const char *snapshot, GError **error)
{
  g_autoptr(GHashTable) metadata = NULL;
  g_free(trainer->snapshot);
  trainer->snapshot = g_strdup(snapshot);
  if (!ssg_training_load(trainer->training, snapshot, &trainer->progress, &metadata, error))
    return FALSE;
  trainer->saved_at = trainer->progress.iteration;
  window_from_text(&trainer->window, g_hash_table_lookup(metadata, "window"));
  if (ssg_workers_rank(trainer->workers) > 0) /* the sums are those of all processes */
    trainer->window.sum = (SsgStepStats){0};
  return TRUE;
}

/* --- one iteration --- */

/* A batch is computed in pieces; each is computed in the same way whichever process it falls to, and their gradients add up in an
 * order that is of no account (workers.h): so the number of processes does not change the result. */
typedef struct {
  int micro;  /* images of a piece */
  int pieces; /* of this process */
} Split;

static Split split_of(const SsgTrainer *trainer)
{
  int share = trainer->config->batch / ssg_workers_count(trainer->workers);
  int micro = ssg_train_config_piece(trainer->config, share, ssg_device_is_host(ssg_context_device(trainer->ctx)));
  return (Split){.micro = micro, .pieces = share / micro};
}

/* The pieces of all processes are numbered: piece m of this one is number_of(m) of n_pieces. */
static int number_of(const SsgTrainer *trainer, int m)
{
  return ssg_workers_rank(trainer->workers) + m * ssg_workers_count(trainer->workers);
}

static int n_pieces(const SsgTrainer *trainer, Split split)
{
  return split.pieces * ssg_workers_count(trainer->workers);
}

/* Piece m takes every pieces-th image of the share, as the share takes every n-th of the batch: piece q of all n has images q, q + n,
 * q + 2 n ... So the sets of the minibatch standard deviation are the same however a batch is split. */
static void gather(SsgTrainer *trainer, const SsgBatch *batch, Split split, int m)
{
  gsize pixels = (gsize) trainer->config->arch.size * trainer->config->arch.size;
  for (int i = 0; i < split.micro; i++) {
    gsize from = m + (gsize) i * split.pieces;
    memcpy(trainer->rgb + i * pixels * 3, batch->images + from * pixels * 3, pixels * 3 * sizeof(float));
    if (batch->labels)
      memcpy(trainer->labels + i * pixels, batch->labels + from * pixels, pixels);
  }
}

static SsgDraw *draw_piece(const SsgTrainer *trainer, SsgDrawPurpose purpose, Split split, int m)
{
  const SsgTrainConfig *c = trainer->config;
  return ssg_draws_new(&c->arch, c->mixing, c->seed, trainer->progress.iteration, purpose, split.micro, number_of(trainer, m),
                       n_pieces(trainer, split));
}

/* Sums over processes; TRUE when every gradient is finite. All processes come to the same answer. */
static gboolean end_step(SsgTrainer *trainer, int kind, SsgTensor *block)
{
  ssg_workers_reduce_end(trainer->workers);
  ssg_scope_begin(trainer->ctx);
  float sum = ssg_tensor_item(ssg_tensor_sum(block));
  ssg_scope_end(trainer->ctx);
  if (isfinite(sum)) {
    trainer->bad_steps[kind] = 0;
    return TRUE;
  }
  ssg_training_not_finite(trainer->training);
  trainer->bad_steps[kind]++;
  trainer->skipped++;
  return FALSE;
}

static void discriminator_steps(SsgTrainer *trainer, const SsgBatch *batch, SsgStepStats *stats)
{
  SsgTraining *t = trainer->training;
  const SsgTrainingOptions *o = &t->options;
  Split split = split_of(trainer);
  int total = n_pieces(trainer, split);
  float scale = 1.0f / total;
  const guint8 *labels = batch->labels ? trainer->labels : NULL;
  gboolean regularise = o->r1_every && trainer->progress.iteration % o->r1_every == 0;

  for (int r1 = 0; r1 <= regularise; r1++) {
    ssg_training_begin_d(t);
    ssg_workers_reduce_begin(trainer->workers, t->d_grad, total);
    for (int m = 0; m < split.pieces; m++) {
      gather(trainer, batch, split, m);
      ssg_workers_reduce_piece(trainer->workers, m == split.pieces - 1);
      if (r1) {
        ssg_training_r1(t, split.micro, trainer->rgb, labels, scale, stats);
      } else {
        g_autoptr(SsgDraw) draw = draw_piece(trainer, SSG_DRAW_D, split, m);
        ssg_training_d(t, draw, trainer->rgb, labels, scale, stats);
      }
      ssg_workers_reduce_piece_end(trainer->workers);
    }
    if (end_step(trainer, r1, t->d_grad))
      ssg_training_apply_d(t);
  }
}

static gboolean locality_is_due(const SsgTrainer *trainer)
{
  const SsgTrainingOptions *o = &trainer->training->options;
  return o->locality_every && o->locality_weight > 0 && trainer->progress.iteration % o->locality_every == 0;
}

static void generator_step(SsgTrainer *trainer, SsgStepStats *stats)
{
  SsgTraining *t = trainer->training;
  Split split = split_of(trainer);
  int total = n_pieces(trainer, split), kinds = locality_is_due(trainer) ? 2 : 1;

  ssg_training_begin_g(t);
  ssg_workers_reduce_begin(trainer->workers, t->g_grad, kinds * total);
  for (int p = 0; p < kinds * split.pieces; p++) {
    gboolean locality = p >= split.pieces;
    g_autoptr(SsgDraw) draw = draw_piece(trainer, locality ? SSG_DRAW_LOCALITY : SSG_DRAW_G, split, p % split.pieces);
    ssg_workers_reduce_piece(trainer->workers, p == kinds * split.pieces - 1);
    (locality ? ssg_training_locality : ssg_training_g)(t, draw, 1.0f / total, stats);
    ssg_workers_reduce_piece_end(trainer->workers);
  }
  if (end_step(trainer, 2, t->g_grad))
    ssg_training_apply_g(t);
}

/* The path-length step's samples are split otherwise than the batch: their number need not be a multiple of anything. There are as many
 * pieces as it takes with at_once samples in each at most; piece q of n has samples q, q + n, q + 2 n ..., and falls to process
 * q mod the number of processes. */
typedef struct {
  int total, pieces;
} PathSplit;

static PathSplit path_split_of(const SsgTrainer *trainer)
{
  int shrink = trainer->training->options.path_batch_shrink, total = MAX(1, trainer->config->batch / shrink);
  int at_once = MAX(1, split_of(trainer).micro / shrink);
  return (PathSplit){.total = total, .pieces = (total + at_once - 1) / at_once};
}

static SsgDraw *draw_path(const SsgTrainer *trainer, PathSplit split, int q)
{
  const SsgTrainConfig *c = trainer->config;
  return ssg_draws_new(&c->arch, c->mixing, c->seed, trainer->progress.iteration, SSG_DRAW_PATH,
                       (split.total - q + split.pieces - 1) / split.pieces, q, split.pieces);
}

/* Mean length of all samples of all processes, by a walk of its own. */
static double mean_path_length(SsgTrainer *trainer, PathSplit split)
{
  g_autofree float *lengths = g_new(float, split.total);
  double sum = 0;
  for (int m = 0; number_of(trainer, m) < split.pieces; m++) {
    g_autoptr(SsgDraw) draw = draw_path(trainer, split, number_of(trainer, m));
    ssg_training_path_lengths(trainer->training, draw, NULL, lengths);
    for (int i = 0; i < draw->n; i++)
      sum += lengths[i];
  }
  ssg_workers_sum(trainer->workers, &sum, 1);
  return sum / split.total;
}

static void path_step(SsgTrainer *trainer, SsgStepStats *stats)
{
  SsgTraining *t = trainer->training;
  int n_ranks = ssg_workers_count(trainer->workers);
  PathSplit split = path_split_of(trainer);
  gboolean one_walk = split.pieces == n_ranks && split.total % split.pieces == 0;
  double mean = one_walk ? 0 : mean_path_length(trainer, split);

  ssg_training_begin_g(t);
  ssg_workers_reduce_begin(trainer->workers, t->g_grad, split.pieces);
  for (int m = 0; number_of(trainer, m) < split.pieces; m++) {
    g_autoptr(SsgDraw) draw = draw_path(trainer, split, number_of(trainer, m));
    /* Processes that have pieces unequal in number would report gradients in unequal order: then all reduce at the end. */
    ssg_workers_reduce_piece(trainer->workers, split.pieces % n_ranks == 0 && number_of(trainer, m + 1) >= split.pieces);
    ssg_training_path(t, draw, NULL, (float) draw->n / split.total, one_walk ? NULL : &mean, NULL, stats);
    ssg_workers_reduce_piece_end(trainer->workers);
  }
  if (!one_walk)
    ssg_training_move_path_mean(t, mean);
  if (end_step(trainer, 3, t->g_grad))
    ssg_training_apply_g(t);
}

static void generator_steps(SsgTrainer *trainer, SsgStepStats *stats)
{
  const SsgTrainingOptions *o = &trainer->training->options;
  generator_step(trainer, stats);
  if (o->path_every && o->path_weight > 0 && trainer->progress.iteration % o->path_every == 0)
    path_step(trainer, stats);
}

/* --- snapshots --- */

static int worst_steps(const SsgTrainer *trainer)
{
  int worst = 0;
  for (int i = 0; i < 4; i++)
    worst = MAX(worst, trainer->bad_steps[i]);
  return worst;
}

/* Whether every number that a snapshot would hold is finite. The same on all processes. */
static gboolean state_is_finite(SsgTrainer *trainer)
{
  SsgTraining *t = trainer->training;
  SsgTensor *blocks[] = {ssg_parameters_block(t->g->parameters), ssg_parameters_block(t->g_ema->parameters),
                         ssg_parameters_block(t->d->parameters), t->g_m, t->g_v, t->d_m, t->d_v};
  gboolean finite = TRUE;
  ssg_scope_begin(trainer->ctx);
  for (gsize i = 0; i < G_N_ELEMENTS(blocks) && finite; i++)
    finite = isfinite(ssg_tensor_item(ssg_tensor_sum(blocks[i])));
  ssg_scope_end(trainer->ctx);
  return finite;
}

static gboolean give_up(SsgTrainer *trainer, GError **error)
{
  g_set_error(error, SSG_ERROR, SSG_ERROR_DEVICE, "losses are not finite any more: %" G_GINT64_FORMAT
              " steps were skipped; the last good snapshot is %s",
              trainer->skipped, trainer->snapshot ? trainer->snapshot : "none");
  return FALSE;
}

static gboolean save_snapshot(SsgTrainer *trainer, SsgRunDirectory *run, GError **error)
{
  if (!state_is_finite(trainer))
    return give_up(trainer, error);
  SsgStepStats sums = window_sums(trainer);
  if (!run) {
    trainer->saved_at = trainer->progress.iteration;
    return TRUE;
  }
  g_autoptr(GHashTable) extra = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  g_autofree char *path = ssg_run_directory_file(run, "snapshot-%010" G_GINT64_FORMAT ".safetensors", trainer->progress.images);
  g_hash_table_insert(extra, "config", ssg_train_config_to_json(trainer->config));
  if (trainer->window.n > 0)
    g_hash_table_insert(extra, "window", window_to_text(&trainer->window, &sums));
  if (!ssg_training_save(trainer->training, path, &trainer->progress, extra, error))
    return FALSE;
  g_free(trainer->snapshot);
  trainer->snapshot = g_steal_pointer(&path);
  trainer->saved_at = trainer->progress.iteration;
  if (trainer->config->keep)
    ssg_snapshots_prune(run, trainer->config->keep);
  return TRUE;
}

/* --- figures and sheets --- */

/* Without the pages of mapped files: of a dataset the system keeps as much at hand as it has room for, and it would look as if training
 * took more and more. */
static double resident_mib(void)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents("/proc/self/status", &text, NULL, NULL))
    return 0;
  const char *line = strstr(text, "RssAnon:");
  return line ? atof(line + 8) / 1024 : 0;
}

/* Figures of the window, means over its iterations and over all processes. */
static gboolean write_stats(SsgTrainer *trainer, SsgRunDirectory *run, GError **error)
{
  const SsgTrainingOptions *o = &trainer->training->options;
  Window *w = &trainer->window;
  double seconds = (g_get_monotonic_time() - w->start) / 1e6, n = MAX(1, w->n), n_g = MAX(1, w->n_g);
  const SsgStepStats s = window_sums(trainer);
  double per_kimg = seconds / MAX(1, w->images) * 1000, memory = resident_mib();
  SsgStat stats[16];
  int count = 0;
#define ADD(name, number) stats[count++] = (SsgStat){name, number}
  ADD("loss/d", s.loss_d / n);
  if (w->n_g) { /* none in a warm-up */
    ADD("loss/g", s.loss_g / n_g);
    if (o->mask_weight > 0)
      ADD("mask/loss", s.loss_mask / n_g);
    if (o->mask_entropy > 0)
      ADD("mask/entropy", s.mask_entropy / n_g);
    if (o->mask_recall > 0)
      ADD("mask/recall", s.mask_recall / n_g);
    if (o->mask_support > 0)
      ADD("mask/out of place", s.mask_support / n_g);
  }
  ADD("score/real", s.real_score / n);
  ADD("score/fake", s.fake_score / n);
  if (w->n_r1) {
    ADD("r1/image", s.r1_image / w->n_r1);
    if (trainer->config->arch.disc_masks)
      ADD("r1/mask", s.r1_mask / w->n_r1);
  }
  if (w->n_locality && o->locality_weight > 0)
    ADD("edits/energy outside", s.locality / w->n_locality);
  if (w->n_path) {
    ADD("path/penalty", s.path_penalty / w->n_path);
    ADD("path/length", s.path_length / w->n_path);
  }
  if (trainer->config->lr_cooldown > 0)
    ADD("rate/learning rate", o->lr);
  ADD("speed/seconds per 1000 images", per_kimg);
  ADD("memory/resident MiB", memory);
#undef ADD
  gint64 left = (trainer->config->iterations - trainer->progress.iteration) * trainer->config->batch;
  g_autofree char *time_left = ssg_progress_format_duration(left / 1000.0 * per_kimg);
  g_autofree char *line = g_strdup_printf("d %.3f  g %.3f  mask %.4f  real %+.2f  fake %+.2f  %.1f s/kimg  %.0f MiB", s.loss_d / n,
                                          s.loss_g / n_g, s.loss_mask / n_g, s.real_score / n, s.fake_score / n, per_kimg, memory);
  g_free(trainer->figures);
  trainer->figures = g_strdup_printf("%.1f s/kimg  %.0f MiB  d %.2f  g %.2f  mask %.4f  real %+.2f  fake %+.2f", per_kimg, memory, s.loss_d / n,
                                     s.loss_g / n_g, s.loss_mask / n_g, s.real_score / n, s.fake_score / n);
  ssg_run_directory_log(run, "iteration %" G_GINT64_FORMAT "  images %" G_GINT64_FORMAT "  %s  left %s%s",
                        trainer->progress.iteration, trainer->progress.images, line, time_left,
                        trainer->skipped ? "  (steps with non-finite gradients were skipped)" : "");
  gboolean written = ssg_run_directory_add_stats(run, trainer->progress.iteration, trainer->progress.images, stats, count, error);
  if (written)
    trainer->window = (Window){.start = g_get_monotonic_time()};
  return written;
}

/* On process 0. A signal on the way is no error: the run will see it. */
static gboolean write_metrics(SsgTrainer *trainer, SsgRunDirectory *run, GError **error)
{
  SsgTrainingMetrics m;
  g_autoptr(GError) failure = NULL;
  if (!run || !ssg_training_metrics_possible(trainer->config->arch.size, trainer->dataset))
    return TRUE;
  if (!ssg_training_metrics_measure(trainer->training->g_ema, trainer->dataset, trainer->config->jobs, &m, &failure)) {
    if (g_error_matches(failure, SSG_ERROR, SSG_ERROR_CANCELLED))
      return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
  }
  const SsgStat stats[] = {{"metric/sliced Wasserstein", m.sliced}, {"metric/patch statistics", m.patches}};
  ssg_run_directory_log(run, "metrics of %d pictures: sliced Wasserstein %.4f, patch statistics %.4f", m.count, m.sliced, m.patches);
  return ssg_run_directory_add_stats(run, trainer->progress.iteration, trainer->progress.images, stats, G_N_ELEMENTS(stats), error);
}

static gboolean draw_sheet(SsgTrainer *trainer, SsgRunDirectory *run, GError **error)
{
  guint32 colors[SSG_MAX_PARTS];
  if (!run)
    return TRUE;
  for (int k = 0; k < trainer->config->arch.n_parts; k++)
    colors[k] = ssg_part_default_color(k);
  g_autoptr(SsgImage) image = ssg_samples_draw(trainer->training->g_ema, SHEET_COLUMNS, SHEET_ROWS, colors, error);
  return image && ssg_run_directory_add_image(run, "samples", trainer->progress.images, image, NULL, error) &&
         ssg_run_directory_draw_curves(run, error);
}

/* --- the loop --- */

/* Of this process's share of the data, from an image's position in the run on. */
static SsgLoader *new_loader(const SsgTrainer *trainer, guint64 position, gsize cache_bytes, GError **error)
{
  const SsgTrainConfig *c = trainer->config;
  SsgAugment augment = {.flip = c->flip, .probability = c->augment, .shift = c->shift, .scale = c->scale, .rotate = c->rotate};
  SsgLoaderOptions options = {.size = c->arch.size,
                              .batch = c->batch,
                              .rank = ssg_workers_rank(trainer->workers),
                              .n_ranks = ssg_workers_count(trainer->workers),
                              .seed = c->seed,
                              .position = position,
                              .n_classes = c->arch.n_parts,
                              .images_only = !c->arch.disc_masks,
                              .augment = c->flip || c->augment > 0 ? &augment : NULL,
                              .jobs = c->jobs,
                              .depth = 3,
                              .cache_bytes = cache_bytes};
  return ssg_loader_new(trainer->dataset, &options, error);
}

gboolean ssg_trainer_open_data(SsgTrainer *trainer, char **report, GError **error)
{
  trainer->dataset = ssg_training_data_open(trainer->config, report, error);
  trainer->loader = trainer->dataset ? new_loader(trainer, trainer->progress.images, (gsize) 1 << 30, error) : NULL;
  /* What does not decode mostly shows at once: before there is a run folder. */
  trainer->first = trainer->loader ? ssg_loader_next(trainer->loader, error) : NULL;
  return trainer->first != NULL;
}

/* Tells the training where the data have which part, from some thousands of them; the processes share the reading, and a signal to one
 * stops all. A run that goes on finds the same as before. */
static gboolean learn_support(SsgTrainer *trainer, gboolean quiet, gboolean *stopped, GError **error)
{
  const SsgTrainConfig *c = trainer->config;
  int h = c->arch.coarse_size, k = c->arch.n_parts, cells = k * h * h;
  gint64 n = MIN(4096, 4 * (gint64) ssg_dataset_length(trainer->dataset)) / c->batch + 1;
  g_autofree double *counts = g_new0(double, cells + 1); /* the last: whether to stop */
  g_autofree guint8 *supported = NULL;

  g_autoptr(SsgLoader) loader = new_loader(trainer, 0, 0, error);
  g_autoptr(SsgProgress) progress = ssg_progress_new("where parts are", "images", n * c->batch, quiet);
  for (gint64 i = 0; i < n && !ssg_interrupt_requested(); i++) {
    const SsgBatch *batch = loader ? ssg_loader_next(loader, error) : NULL;
    if (!batch)
      return FALSE;
    ssg_mask_support_count(batch->labels, batch->n, c->arch.size, k, h, counts);
    ssg_progress_add(progress, c->batch);
  }
  counts[cells] = ssg_interrupt_requested();
  ssg_workers_sum(trainer->workers, counts, cells + 1);
  *stopped = counts[cells] > 0;
  if (*stopped)
    return TRUE;
  supported = ssg_mask_support_find(counts, n * c->batch, k, h);
  ssg_training_set_support(trainer->training, supported);
  return TRUE;
}

/* Of this iteration, with the cooldown at the end: the last one has lr / lr_cooldown. */
static float learning_rate(const SsgTrainer *trainer)
{
  const SsgTrainConfig *c = trainer->config;
  gint64 left = c->iterations - trainer->progress.iteration;
  return left < c->lr_cooldown ? c->options.lr * ((double) left / c->lr_cooldown) : c->options.lr;
}

static void iterate(SsgTrainer *trainer, const SsgBatch *batch)
{
  Window *window = &trainer->window;
  const SsgTrainingOptions *o = &trainer->training->options;
  gint64 i = trainer->progress.iteration;

  gboolean both = i >= trainer->config->d_warmup;
  trainer->training->options.lr = learning_rate(trainer);
  discriminator_steps(trainer, batch, &window->sum);
  if (both) {
    window->n_g++;
    window->n_locality += locality_is_due(trainer);
    generator_steps(trainer, &window->sum);
    ssg_training_ema(trainer->training, trainer->config->batch);
  }
  trainer->progress.iteration++;
  trainer->progress.images += trainer->config->batch;
  window->n++;
  window->n_r1 += o->r1_every && i % o->r1_every == 0;
  window->n_path += both && o->path_every && i % o->path_every == 0;
  window->images += trainer->config->batch;
}

/* The same on all processes: a signal that reached one stops all, and so does a disk that takes no more figures or pictures. */
static gboolean stop_requested(SsgTrainer *trainer)
{
  double flag = ssg_interrupt_requested() || trainer->unwritten;
  ssg_workers_sum(trainer->workers, &flag, 1);
  return flag > 0;
}

/* What a signal will do now, and what a second one would cost. The log has it, too: a launcher that lost a process ends the others by a
 * signal, and kills those that wait for the dead one soon after. */
static void announce(const SsgTrainer *trainer)
{
  gint64 done = trainer->progress.iteration - trainer->saved_at;
  g_autofree char *since = trainer->snapshot ? g_path_get_basename(trainer->snapshot) : NULL;
  g_autofree char *lost = since ? g_strdup_printf("%" G_GINT64_FORMAT " iterations since %s", done, since)
                                : g_strdup_printf("all %" G_GINT64_FORMAT " iterations, for there is no snapshot yet", done);
  gboolean several = ssg_workers_count(trainer->workers) > 1;
  g_autofree char *first = g_strdup_printf("a signal came: this iteration will be finished and saved, then the run stops; %s the one at work "
                                           "and %s", several ? "if another process died, or the launcher kills this one before, that loses"
                                                             : "Ctrl-C again ends it at once and loses", lost);
  g_autofree char *second = g_strdup_printf("ended at once; lost: the iteration at work and %s", lost);
  ssg_interrupt_announce(first, second, ssg_run_directory_log_file(trainer->run));
}

/* One iteration and what is due after it. *stopped: a signal came, or figures or pictures could not be written after the iteration before:
 * they end a run, but what was learned since the last snapshot is saved first. */
static gboolean go_on(SsgTrainer *trainer, SsgProgress *progress, gboolean *stopped, GError **error)
{
  const SsgTrainConfig *c = trainer->config;
  SsgRunDirectory *run = trainer->run;
  const SsgBatch *batch = trainer->first ? trainer->first : ssg_loader_next(trainer->loader, error);
  trainer->first = NULL;
  if (!batch)
    return FALSE;
  if (run)
    announce(trainer);
  iterate(trainer, batch);
  gint64 i = trainer->progress.iteration;
  g_autofree char *note = g_strdup_printf("it %" G_GINT64_FORMAT "  %s", i, trainer->figures ? trainer->figures : "");
  ssg_progress_set_note(progress, note);
  ssg_progress_set(progress, trainer->progress.images);
  if (!ssg_context_check(trainer->ctx, error))
    return FALSE;
  if (worst_steps(trainer) >= MAX_BAD_STEPS)
    return give_up(trainer, error);
  *stopped = stop_requested(trainer);
  gboolean last = i == c->iterations, leaves = last || *stopped;
  /* The snapshot before the pictures: whoever stops a run may not wait for them. It keeps the figures since the last line. */
  if ((i % c->stats_every == 0 || last) && !trainer->unwritten)
    write_stats(trainer, run, &trainer->unwritten);
  /* Before the snapshot of the same iteration, so that no run goes on without them. */
  if (c->metrics_every && (i % c->metrics_every == 0 || last) && !*stopped && !trainer->unwritten)
    write_metrics(trainer, run, &trainer->unwritten);
  if ((i % c->snapshot_every == 0 || leaves) && !save_snapshot(trainer, run, error))
    return FALSE;
  if (c->grid_every && (i % c->grid_every == 0 || leaves) && !trainer->unwritten)
    draw_sheet(trainer, run, &trainer->unwritten);
  if (!trainer->unwritten || !leaves)
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&trainer->unwritten));
  return FALSE;
}

static void log_failure(const SsgTrainer *trainer, SsgRunDirectory *run, const char *what)
{
  ssg_run_directory_log(run, "ended: %s", what);
  if (trainer->snapshot && run)
    ssg_run_directory_log(run, "saved are %" G_GINT64_FORMAT " iterations, in %s; once the cause is mended, go on with: ssgan-trainer train "
                          "--resume %s", trainer->saved_at, trainer->snapshot, ssg_run_directory_path(run));
}

gboolean ssg_trainer_run(SsgTrainer *trainer, SsgRunDirectory *run, gboolean quiet, GError **error)
{
  const SsgTrainConfig *c = trainer->config;
  gsize pixels = (gsize) c->arch.size * c->arch.size;
  g_autoptr(SsgProgress) progress = NULL;
  gboolean good = TRUE, stopped = FALSE;

  if (c->options.mask_support > 0 && trainer->progress.iteration < c->iterations)
    good = learn_support(trainer, quiet || !run, &stopped, error);
  if (!good)
    log_failure(trainer, run, error && *error ? (*error)->message : "failed");
  if (!good || stopped)
    return good && ssg_interrupt_check(error);
  trainer->rgb = g_renew(float, trainer->rgb, c->batch * pixels * 3);
  trainer->labels = g_renew(guint8, trainer->labels, c->batch * pixels);
  progress = ssg_progress_new("training", "images", c->iterations * c->batch, quiet || !run);
  ssg_progress_start_at(progress, trainer->progress.images);
  ssg_run_directory_set_output(run, progress, TRUE);
  if (run)
    ssg_snapshots_tidy(run, trainer->progress.images);
  if (run && trainer->progress.iteration >= c->iterations)
    g_printerr("ssgan-trainer: all %" G_GINT64_FORMAT " iterations are done (%" G_GINT64_FORMAT " were asked for); --iterations N goes on to N\n",
               trainer->progress.iteration, c->iterations);
  trainer->run = run;
  trainer->window.start = g_get_monotonic_time();
  while (good && !stopped && trainer->progress.iteration < c->iterations)
    good = go_on(trainer, progress, &stopped, error);
  ssg_interrupt_announce(NULL, NULL, -1);
  if (!good)
    log_failure(trainer, run, error && *error ? (*error)->message : "failed");
  if (stopped && good)
    ssg_run_directory_log(run, "stopped after %" G_GINT64_FORMAT " iterations; resume with: ssgan-trainer train --resume %s",
                          trainer->progress.iteration, run ? ssg_run_directory_path(run) : "");
  ssg_run_directory_set_output(run, NULL, quiet);
  trainer->run = NULL;
  return good && (!stopped || ssg_interrupt_check(error));
}
