#include "trainer/bench-train.h"

#include <stdlib.h>
#include <string.h>

#include "trainer/bench-rates.h"
#include "trainer/timing.h"
#include "trainer/training-draws.h"

#define SEED 1

typedef struct {
  SsgTraining *t;
  int batch, piece;
  float *rgb;     /* of a piece */
  guint8 *labels; /* likewise, or NULL */
  GArray *times[SSG_TRAIN_STEPS]; /* double, ms */
} Bench;

static double now_ms(void)
{
  return g_get_monotonic_time() / 1000.0;
}

static void finish(Bench *b, int step, double start)
{
  ssg_device_synchronize(ssg_context_device(b->t->ctx));
  double ms = now_ms() - start;
  g_array_append_val(b->times[step], ms);
}

/* Piece m of n. */
static SsgDraw *draw_piece(const Bench *b, int iteration, SsgDrawPurpose purpose, int size, int m, int n)
{
  return ssg_draws_new(&b->t->g->arch, 0.3, SEED, iteration, purpose, size, m, n);
}

static void discriminator_step(Bench *b, int i, gboolean r1, SsgStepStats *stats)
{
  SsgTraining *t = b->t;
  double start = now_ms();
  int n = b->batch / b->piece;
  ssg_training_begin_d(t);
  for (int m = 0; m < n; m++) { /* all pieces see the same pictures */
    g_autoptr(SsgDraw) draw = r1 ? NULL : draw_piece(b, i, SSG_DRAW_D, b->piece, m, n);
    if (r1)
      ssg_training_r1(t, b->piece, b->rgb, b->labels, 1.0f / n, stats);
    else
      ssg_training_d(t, draw, b->rgb, b->labels, 1.0f / n, stats);
  }
  ssg_training_apply_d(t);
  finish(b, r1 ? SSG_TRAIN_R1 : SSG_TRAIN_D, start);
}

static void generator_step(Bench *b, int i, gboolean locality, SsgStepStats *stats)
{
  SsgTraining *t = b->t;
  double start = now_ms();
  int n = b->batch / b->piece;
  ssg_training_begin_g(t);
  for (int m = 0; m < n && locality; m++) {
    g_autoptr(SsgDraw) draw = draw_piece(b, i, SSG_DRAW_LOCALITY, b->piece, m, n);
    ssg_training_locality(t, draw, 1.0f / n, stats);
  }
  if (locality)
    finish(b, SSG_TRAIN_LOCALITY, start);
  start = now_ms();
  for (int m = 0; m < n; m++) {
    g_autoptr(SsgDraw) draw = draw_piece(b, i, SSG_DRAW_G, b->piece, m, n);
    ssg_training_g(t, draw, 1.0f / n, stats);
  }
  ssg_training_apply_g(t);
  finish(b, SSG_TRAIN_G, start);
}

/* As the training loop has it: several pieces need the mean of all lengths first. */
static void path_step(Bench *b, int i, SsgStepStats *stats)
{
  SsgTraining *t = b->t;
  double start = now_ms(), mean = 0;
  int shrink = t->options.path_batch_shrink, n = b->batch / b->piece, size = MAX(1, b->piece / shrink);
  g_autofree float *lengths = g_new(float, size);
  for (int m = 0; m < n && n > 1; m++) {
    g_autoptr(SsgDraw) draw = draw_piece(b, i, SSG_DRAW_PATH, size, m, n);
    ssg_training_path_lengths(t, draw, NULL, lengths);
    for (int k = 0; k < size; k++)
      mean += lengths[k] / size / n;
  }
  ssg_training_begin_g(t);
  for (int m = 0; m < n; m++) {
    g_autoptr(SsgDraw) draw = draw_piece(b, i, SSG_DRAW_PATH, size, m, n);
    ssg_training_path(t, draw, NULL, 1.0f / n, n > 1 ? &mean : NULL, NULL, stats);
  }
  if (n > 1)
    ssg_training_move_path_mean(t, mean);
  ssg_training_apply_g(t);
  finish(b, SSG_TRAIN_PATH, start);
}

enum { WITH_R1 = 1, WITH_LOCALITY = 2, WITH_PATH = 4, KINDS = 8 };

/* What iteration i has beside a D and a G step. */
static int kind_of(const SsgTrainingOptions *o, int i)
{
  return (o->r1_every && i % o->r1_every == 0 ? WITH_R1 : 0) |
         (o->locality_every && o->locality_weight > 0 && i % o->locality_every == 0 ? WITH_LOCALITY : 0) |
         (o->path_every && o->path_weight > 0 && i % o->path_every == 0 ? WITH_PATH : 0);
}

static void iterate(Bench *b, int i)
{
  int kind = kind_of(&b->t->options, i);
  SsgStepStats stats = {0};

  discriminator_step(b, i, FALSE, &stats);
  if (kind & WITH_R1)
    discriminator_step(b, i, TRUE, &stats);
  generator_step(b, i, kind & WITH_LOCALITY, &stats);
  if (kind & WITH_PATH)
    path_step(b, i, &stats);
  ssg_training_ema(b->t, b->batch);
}

/* Seconds of all iterations; rates between them where conv is not NULL. */
static double run_iterations(Bench *b, int iterations, SsgBenchConv *conv, SsgTrainBench *out)
{
  SsgContext *ctx = b->t->ctx;
  g_autoptr(GArray) rates = ssg_timings_new();
  GArray *possible[KINDS];
  gint64 macs = 0;
  double seconds = 0, all = 0, before = conv ? ssg_bench_conv_measure(conv) : 0;

  for (int kind = 0; kind < KINDS; kind++)
    possible[kind] = ssg_timings_new();
  ssg_timings_add(rates, before);
  for (int i = 0; i < iterations; i++) {
    gint64 former = ssg_context_macs(ctx);
    double start = now_ms();
    iterate(b, i);
    double took = (now_ms() - start) / 1000;
    macs += ssg_context_macs(ctx) - former;
    seconds += took;
    if (conv) {
      double after = ssg_bench_conv_measure(conv);
      ssg_timings_add(rates, after);
      ssg_timings_add(possible[kind_of(&b->t->options, i)], took * (before + after) / 2 * 1e9);
      before = after;
    }
  }
  for (int kind = 0; kind < KINDS; kind++) {
    if (possible[kind]->len)
      all += possible[kind]->len * ssg_timings_quantile(possible[kind], 0.5);
    g_array_unref(possible[kind]);
  }
  out->gflops = 2.0 * macs / seconds / 1e9;
  out->conv_gflops = ssg_timings_quantile(rates, 0.5);
  out->conv_share = all > 0 ? 2.0 * macs / all : 0;
  return seconds;
}

/* Memory held when a G step's backward pass begins, the largest of the plain steps: everything recorded, nothing in flight. */
static double live_mib(Bench *b)
{
  SsgTraining *t = b->t;
  SsgContext *ctx = t->ctx;
  SsgTensor *noise[2 * SSG_MAX_LEVELS];
  SsgDeviceMemory memory;
  const SsgArchitecture *a = &t->g->arch;
  g_autoptr(SsgDraw) draw = ssg_draws_new(a, 0, SEED, 0, SSG_DRAW_G, b->piece, 0, 1);

  ssg_scope_begin(ctx);
  ssg_context_set_recording(ctx, TRUE);
  SsgTensor *w = ssg_generator_map(t->g, ssg_tensor_new_f32(ctx, SSG_SHAPE(b->piece, a->style_dim), draw->z0));
  SsgTensor *codes = ssg_tensor_broadcast_to(ssg_tensor_reshape(w, SSG_SHAPE(b->piece, 1, a->style_dim)),
                                             SSG_SHAPE(b->piece, ssg_architecture_expanded_rows(a), a->style_dim), 1);
  ssg_generator_noise(t->g, draw->noise, b->piece, draw->seed, draw->streams, noise);
  SsgGenerated fake = ssg_generator_forward(t->g, codes, noise);
  ssg_discriminator_forward(t->d, ssg_discriminator_see(t->d, fake.rgb), a->disc_masks ? fake.seg : NULL);
  ssg_context_set_recording(ctx, FALSE);
  ssg_device_memory(ssg_context_device(ctx), &memory);
  ssg_scope_end(ctx);
  return memory.in_use / 1048576.0;
}

gboolean ssg_bench_train(SsgContext *ctx, const SsgTrainBenchSettings *settings, SsgTrainBench *out, GError **error)
{
  const SsgArchitecture *arch = settings->arch;
  gsize pixels = (gsize) arch->size * arch->size * settings->piece;
  Bench b = {.batch = settings->batch, .piece = settings->piece};
  SsgDeviceMemory memory;

  b.t = ssg_training_new(ctx, arch, settings->options, SEED, error);
  if (!b.t)
    return FALSE;
  b.rgb = g_new(float, pixels * 3);
  b.labels = arch->disc_masks ? g_new(guint8, pixels) : NULL;
  GRand *rand = g_rand_new_with_seed(SEED);
  for (gsize i = 0; i < pixels * 3; i++)
    b.rgb[i] = g_rand_double_range(rand, -1, 1);
  for (gsize i = 0; i < pixels && b.labels; i++)
    b.labels[i] = g_rand_int_range(rand, 0, arch->n_parts);
  g_rand_free(rand);
  if (settings->options->mask_support > 0) {
    gsize cells = (gsize) arch->n_parts * arch->coarse_size * arch->coarse_size;
    g_autofree guint8 *everywhere = g_malloc(cells);
    memset(everywhere, 1, cells);
    ssg_training_set_support(b.t, everywhere);
  }
  for (int i = 0; i < SSG_TRAIN_STEPS; i++)
    b.times[i] = g_array_new(FALSE, FALSE, sizeof(double));
  ssg_device_reset_peak(ssg_context_device(ctx));
  iterate(&b, 0); /* primitives are made, pools filled, and every kind of step takes its memory */
  ssg_device_memory(ssg_context_device(ctx), &memory);
  for (int i = 0; i < SSG_TRAIN_STEPS; i++)
    g_array_set_size(b.times[i], 0);
  SsgBenchConv *conv = ssg_device_is_host(ssg_context_device(ctx)) ? ssg_bench_conv_new(ctx) : NULL;
  double seconds = run_iterations(&b, settings->iterations, conv, out);
  ssg_bench_conv_free(conv);
  out->batch = b.batch;
  out->iterations = settings->iterations;
  out->seconds_per_kimg = seconds / settings->iterations / b.batch * 1000;
  out->peak_mib = memory.peak / 1048576.0;
  out->live_mib = live_mib(&b);
  for (int i = 0; i < SSG_TRAIN_STEPS; i++) {
    out->step_ms[i] = b.times[i]->len ? ssg_timings_quantile(b.times[i], 0.5) : 0;
    g_array_unref(b.times[i]);
  }
  g_free(b.rgb);
  g_free(b.labels);
  ssg_training_free(b.t);
  return ssg_context_check(ctx, error);
}
