#include "trainer/bench-train.h"

#include <stdlib.h>
#include <string.h>

#include "trainer/training-draws.h"

#define SEED 1

typedef struct {
  SsgTraining *t;
  int batch;
  float *rgb;
  guint8 *labels;
  GArray *times[4]; /* double, ms, of D, R1, G, path */
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

static void iterate(Bench *b, int i)
{
  SsgTraining *t = b->t;
  const SsgTrainingOptions *o = &t->options;
  SsgStepStats stats = {0};
  const SsgArchitecture *a = &t->g->arch;
  g_autoptr(SsgDraw) d = ssg_draws_new(a, 0.3, SEED, i, SSG_DRAW_D, b->batch, 0, 1);
  g_autoptr(SsgDraw) g = ssg_draws_new(a, 0.3, SEED, i, SSG_DRAW_G, b->batch, 0, 1);
  double start = now_ms();

  ssg_training_begin_d(t);
  ssg_training_d(t, d, b->rgb, b->labels, 1, &stats);
  ssg_training_apply_d(t);
  finish(b, 0, start);
  if (i % o->r1_every == 0) {
    start = now_ms();
    ssg_training_begin_d(t);
    ssg_training_r1(t, b->batch, b->rgb, b->labels, 1, &stats);
    ssg_training_apply_d(t);
    finish(b, 1, start);
  }
  start = now_ms();
  ssg_training_begin_g(t);
  ssg_training_g(t, g, 1, &stats);
  ssg_training_apply_g(t);
  finish(b, 2, start);
  if (i % o->path_every == 0) {
    g_autoptr(SsgDraw) path =
        ssg_draws_new(a, 0.3, SEED, i, SSG_DRAW_PATH, MAX(1, b->batch / o->path_batch_shrink), 0, 1);
    start = now_ms();
    ssg_training_begin_g(t);
    ssg_training_path(t, path, NULL, 1, NULL, NULL, &stats);
    ssg_training_apply_g(t);
    finish(b, 3, start);
  }
  ssg_training_ema(t, b->batch);
}

static int by_value(gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double median(GArray *times)
{
  if (times->len == 0)
    return 0;
  g_array_sort(times, by_value);
  return g_array_index(times, double, times->len / 2);
}

/* Memory held when a G step's backward pass begins, the largest of the plain steps: everything recorded, nothing in flight. */
static double live_mib(Bench *b)
{
  SsgTraining *t = b->t;
  SsgContext *ctx = t->ctx;
  SsgTensor *noise[2 * SSG_MAX_LEVELS];
  SsgDeviceMemory memory;
  const SsgArchitecture *a = &t->g->arch;
  g_autoptr(SsgDraw) draw = ssg_draws_new(a, 0, SEED, 0, SSG_DRAW_G, b->batch, 0, 1);

  ssg_scope_begin(ctx);
  ssg_context_set_recording(ctx, TRUE);
  SsgTensor *w = ssg_generator_map(t->g, ssg_tensor_new_f32(ctx, SSG_SHAPE(b->batch, a->style_dim), draw->z0));
  SsgTensor *codes = ssg_tensor_broadcast_to(ssg_tensor_reshape(w, SSG_SHAPE(b->batch, 1, a->style_dim)),
                                             SSG_SHAPE(b->batch, ssg_architecture_expanded_rows(a), a->style_dim), 1);
  ssg_generator_noise(t->g, draw->noise, b->batch, draw->seed, draw->streams, noise);
  SsgGenerated fake = ssg_generator_forward(t->g, codes, noise);
  ssg_discriminator_forward(t->d, fake.rgb, a->disc_masks ? fake.seg : NULL);
  ssg_context_set_recording(ctx, FALSE);
  ssg_device_memory(ssg_context_device(ctx), &memory);
  ssg_scope_end(ctx);
  return memory.in_use / 1048576.0;
}

gboolean ssg_bench_train(SsgContext *ctx, const SsgArchitecture *arch, int batch, int iterations, SsgTrainBench *out,
                         GError **error)
{
  SsgTrainingOptions options = ssg_training_options_published();
  gsize pixels = (gsize) arch->size * arch->size;
  Bench b = {.batch = batch};
  SsgDeviceMemory memory;

  b.t = ssg_training_new(ctx, arch, &options, SEED, error);
  if (!b.t)
    return FALSE;
  b.rgb = g_new(float, batch * pixels * 3);
  b.labels = arch->disc_masks ? g_new(guint8, batch * pixels) : NULL;
  GRand *rand = g_rand_new_with_seed(SEED);
  for (gsize i = 0; i < batch * pixels * 3; i++)
    b.rgb[i] = g_rand_double_range(rand, -1, 1);
  for (gsize i = 0; i < batch * pixels && b.labels; i++)
    b.labels[i] = g_rand_int_range(rand, 0, arch->n_parts);
  g_rand_free(rand);
  for (int i = 0; i < 4; i++)
    b.times[i] = g_array_new(FALSE, FALSE, sizeof(double));
  iterate(&b, 0); /* primitives are made and pools filled */
  for (int i = 0; i < 4; i++)
    g_array_set_size(b.times[i], 0);
  ssg_device_reset_peak(ssg_context_device(ctx));

  gint64 macs = ssg_context_macs(ctx);
  double start = now_ms();
  for (int i = 0; i < iterations; i++)
    iterate(&b, i);
  double seconds = (now_ms() - start) / 1000;
  ssg_device_memory(ssg_context_device(ctx), &memory);
  out->batch = batch;
  out->iterations = iterations;
  out->seconds_per_kimg = seconds / iterations / batch * 1000;
  out->gflops = 2.0 * (ssg_context_macs(ctx) - macs) / seconds / 1e9;
  out->peak_mib = memory.peak / 1048576.0;
  out->live_mib = live_mib(&b);
  for (int i = 0; i < 4; i++) {
    out->step_ms[i] = median(b.times[i]);
    g_array_unref(b.times[i]);
  }
  g_free(b.rgb);
  g_free(b.labels);
  ssg_training_free(b.t);
  return ssg_context_check(ctx, error);
}
