#include "trainer/training-plan.h"

#include "trainer/bench-rates.h"
#include "trainer/bench-train.h"
#include "trainer/progress.h"

#define PATIENCE 10 /* seconds that trying an iteration may take */

typedef struct {
  double per_image;   /* multiply-adds of an iteration */
  double memory_mib;
} Cost;

/* Forward, gradient by inputs, gradient by weights. D step: G forward, D on fake and real three times; G step: G three times, D forward
 * and gradient by inputs. R1 and path cost about three times a step of theirs, edits a G forward more than G three times, every so
 * often. */
static Cost cost_of(const SsgTrainConfig *c, int piece)
{
  const SsgArchitecture *a = &c->arch;
  gint64 g = ssg_architecture_generator_parameters(a), d = ssg_architecture_discriminator_parameters(a);
  double gm = ssg_architecture_generator_macs(a), dm = ssg_architecture_discriminator_macs(a);
  Cost cost = {.per_image = gm + 6.0 * dm + 3.0 * gm + 2.0 * dm};
  cost.per_image += c->options.r1_every ? 9.0 * dm / c->options.r1_every : 0;
  cost.per_image += c->options.path_every ? 9.0 * gm / c->options.path_every / c->options.path_batch_shrink : 0;
  if (c->options.locality_every && c->options.locality_weight > 0)
    cost.per_image += 4.0 * gm / c->options.locality_every;
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
  cost.memory_mib = ((g + d) * 4.0 * 5 + maps * 4 * piece) / (1 << 20);
  return cost;
}

/* Seconds of an iteration, and what that rests on; memory where it was seen. */
static gboolean measure(const SsgTrainConfig *c, SsgContext *ctx, int piece, Cost *cost, double *seconds, char **how, GError **error)
{
  SsgTrainBench bench;
  double rate = ssg_bench_conv_rate(ctx, error), floor_seconds;
  if (!(rate > 0))
    return FALSE;
  floor_seconds = c->batch * cost->per_image * 2 / rate / 1e9;
  /* Two iterations of one piece, with all four steps; a fraction of that rate. */
  if (3.0 * 2 * piece * (floor_seconds / c->batch) > PATIENCE) {
    *seconds = floor_seconds;
    *how = g_strdup_printf("at the %.0f GFLOP/s that a 3x3 convolution reaches here, at least", rate);
    return TRUE;
  }
  SsgTrainBenchSettings settings = {.arch = &c->arch, .options = &c->options, .batch = piece, .piece = piece, .iterations = 1};
  if (!ssg_bench_train(ctx, &settings, &bench, error))
    return FALSE;
  const SsgTrainingOptions *o = &c->options;
  *seconds = bench.step_ms[SSG_TRAIN_D] + bench.step_ms[SSG_TRAIN_G];
  *seconds += bench.step_ms[SSG_TRAIN_R1] / MAX(1, o->r1_every);
  *seconds += bench.step_ms[SSG_TRAIN_PATH] / MAX(1, o->path_every);
  *seconds += bench.step_ms[SSG_TRAIN_LOCALITY] / MAX(1, o->locality_every);
  *seconds *= (double) c->batch / piece / 1000;
  cost->memory_mib = bench.peak_mib;
  *how = g_strdup_printf("at the %.1f images a second tried here about", c->batch / *seconds);
  return TRUE;
}

gboolean ssg_training_plan_print(const SsgTrainConfig *c, SsgContext *ctx, const char *data, gint64 done, GError **error)
{
  const SsgArchitecture *a = &c->arch;
  SsgDevice *device = ssg_context_device(ctx);
  int piece = ssg_train_config_piece(c, c->batch, ssg_device_is_host(device));
  Cost cost = cost_of(c, piece);
  g_autofree char *how = NULL;
  double seconds;

  g_print("architecture   %s, %d pixels, %d parts, style %d\n", c->preset && *c->preset ? c->preset : "from file", a->size, a->n_parts,
          a->style_dim);
  g_print("generator      %.2f million parameters, %.3f billion multiply-adds a face\n", ssg_architecture_generator_parameters(a) / 1e6,
          ssg_architecture_generator_macs(a) / 1e9);
  g_print("discriminator  %.2f million parameters, %.3f billion multiply-adds a picture\n",
          ssg_architecture_discriminator_parameters(a) / 1e6, ssg_architecture_discriminator_macs(a) / 1e9);
  g_print("data           %s\n", data ? data : "none given (--data)");
  g_print("device         %s: %s\n", ssg_device_name(device), ssg_device_description(device));
  g_print("iteration      %d images, %d at once, about %.2f billion multiply-adds an image\n", c->batch, piece, cost.per_image / 1e9);
  if (!measure(c, ctx, piece, &cost, &seconds, &how, error))
    return FALSE;
  gint64 left = MAX(0, c->iterations - done);
  g_autofree char *duration = ssg_progress_format_duration(seconds * left), *behind = NULL;
  behind = done ? g_strdup_printf(" (%" G_GINT64_FORMAT " of them done)", done) : g_strdup("");
  g_print("memory         about %.0f MiB, and up to 1 GiB of decoded pictures\n", cost.memory_mib);
  g_print("run            %" G_GINT64_FORMAT " iterations%s, %.2f million images; %s%s %s\n", c->iterations, behind,
          c->iterations * (double) c->batch / 1e6, done ? "the rest " : "", how, duration);
  return TRUE;
}
