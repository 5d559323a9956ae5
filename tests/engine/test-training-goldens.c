/* Whole training iterations against the authors' numbers: losses, regularisers, every gradient, and what the optimisers and the
 * moving average make of them. Every set of the folder that SSGAN_GOLDENS names. */
#include <math.h>
#include <string.h>

#include "engine/architecture-file.h"
#include "engine/checkpoint.h"
#include "engine/training.h"
#include "tests/engine/goldens.h"

#define SCALAR_BOUND 1e-4  /* relative */
#define GRADIENT_BOUND 1e-3 /* relative L2 of each tensor */
#define NEGLIGIBLE 1e-7     /* of the whole gradient's norm: compared absolutely */
#define CHANGE_BOUND 2e-2   /* relative L2 of the change of each tensor */

static SsgContext *ctx;

typedef struct {
  SsgSafetensors *set;
  SsgTraining *training;
  int iteration;
} Run;

static float *values(Run *run, const char *name, gsize *n)
{
  g_autofree char *full = g_strdup_printf("it%d.%s", run->iteration, name);
  return ssg_goldens_values(run->set, full, n);
}

static gboolean has(Run *run, const char *name)
{
  g_autofree char *full = g_strdup_printf("it%d.%s", run->iteration, name);
  return ssg_host_tensors_get(run->set->tensors, full) != NULL;
}

static void check_scalar(Run *run, const char *name, double found)
{
  g_autofree float *expected = values(run, name, NULL);
  g_test_message("it%d.%s: %.8g, expected %.8g", run->iteration, name, found, expected[0]);
  g_assert_cmpfloat(fabs(found - expected[0]), <=, SCALAR_BOUND * fabs(expected[0]));
}

/* --- tensors by public name --- */

typedef struct {
  Run *run;
  const char *kind;           /* "grad_d" ... */
  const float *block, *before; /* before: parameters before the iteration, for changes */
  double whole;               /* norm of the whole golden gradient */
  double worst;
  char *worst_name;
  int n;
} Comparison;

static float *golden_of(Comparison *c, const char *name, gsize *n)
{
  g_autofree char *full = g_strdup_printf("%s.%s", c->kind, name);
  return values(c->run, full, n);
}

static void add_norm(const char *name, const SsgParameter *parameter, int part, gpointer data)
{
  Comparison *c = data;
  gsize n;
  if (parameter->buffer)
    return;
  g_autofree float *golden = golden_of(c, name, &n);
  for (gsize i = 0; i < n; i++)
    c->whole += (double) golden[i] * golden[i];
}

static void compare_one(const char *name, const SsgParameter *parameter, int part, gpointer data)
{
  Comparison *c = data;
  gsize n;
  if (parameter->buffer)
    return;
  g_autofree float *golden = golden_of(c, name, &n), *ours = g_new(float, n);
  ssg_parameter_export(parameter, part, c->block, ours);
  double rounding = 0; /* norm of what storing the parameters as f32 may cost */
  if (c->before) { /* changes instead of values */
    g_autofree float *before = g_new(float, n);
    ssg_parameter_export(parameter, part, c->before, before);
    for (gsize i = 0; i < n; i++) {
      rounding += (double) golden[i] * golden[i];
      golden[i] -= before[i];
      ours[i] -= before[i];
    }
  }
  double norm = 0, difference = 0;
  for (gsize i = 0; i < n; i++) {
    norm += (double) golden[i] * golden[i];
    difference += ((double) golden[i] - ours[i]) * ((double) golden[i] - ours[i]);
  }
  norm = sqrt(norm);
  difference = sqrt(difference);
  /* The mapping network's weights are about 100: one f32 step of theirs is as large as what the moving average moves them by, in
   * the goldens' file and in ours. */
  difference = MAX(0, difference - sqrt(rounding) * 0x1p-24);
  double floor = c->before ? 1e-9 : NEGLIGIBLE * c->whole;
  double error = norm > floor ? difference / norm : difference <= 10 * floor ? 0 : INFINITY;
  if (error > c->worst) {
    c->worst = error;
    g_free(c->worst_name);
    c->worst_name = g_strdup(name);
  }
  c->n++;
}

static void compare_block(Run *run, const char *kind, SsgParameters *p, const float *block, const float *before, double bound)
{
  Comparison c = {.run = run, .kind = kind, .block = block, .before = before};
  if (!before)
    ssg_parameters_each_name(p, add_norm, &c);
  c.whole = sqrt(c.whole);
  ssg_parameters_each_name(p, compare_one, &c);
  g_test_message("it%d.%s: %d tensors, worst relative error %.3g (%s)", run->iteration, kind, c.n, c.worst,
                 c.worst_name ? c.worst_name : "none");
  g_assert_cmpint(c.n, >, 0);
  if (!(c.worst <= bound))
    g_error("it%d.%s.%s: relative error %g, bound %g", run->iteration, kind, c.worst_name, c.worst, bound);
  g_free(c.worst_name);
}

static float *download(SsgTensor *t)
{
  float *host = g_new(float, ssg_tensor_elements(t));
  g_assert_true(ssg_tensor_download(t, host));
  return host;
}

static void compare_gradient(Run *run, const char *kind, SsgParameters *p, SsgTensor *gradient)
{
  g_autofree float *host = download(gradient);
  compare_block(run, kind, p, host, NULL, GRADIENT_BOUND);
}

static void compare_change(Run *run, const char *kind, SsgParameters *p, const float *before)
{
  g_autofree float *host = download(ssg_parameters_block(p));
  compare_block(run, kind, p, host, before, CHANGE_BOUND);
}

/* --- one iteration --- */

typedef struct {
  SsgDraw draw;
  float *z0, *z1;
  guint8 *mix;
} Draw;

static void draw_clear(Draw *draw)
{
  g_free(draw->z0);
  g_free(draw->z1);
  g_free(draw->mix);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Draw, draw_clear)

static Draw read_draw(Run *run, const char *kind)
{
  g_autofree char *z0 = g_strdup_printf("z_%s0", kind), *z1 = g_strdup_printf("z_%s1", kind), *mix = g_strdup_printf("mix_%s", kind);
  gsize n, n_mix;
  g_autofree float *choice = values(run, mix, &n_mix);
  Draw draw = {.z0 = values(run, z0, &n), .z1 = values(run, z1, NULL), .mix = g_new(guint8, n_mix)};
  for (gsize i = 0; i < n_mix; i++)
    draw.mix[i] = choice[i];
  draw.draw = (SsgDraw){.n = n / run->training->g->arch.style_dim,
                        .z0 = draw.z0,
                        .z1 = draw.z1,
                        .mix = draw.mix,
                        .noise = SSG_NOISE_STORED};
  return draw;
}

/* [n, c, s, s] -> [n, s, s, c] */
static float *channels_last(const float *in, gsize n, gsize c, gsize pixels)
{
  float *out = g_new(float, n * c * pixels);
  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j < c; j++)
      for (gsize p = 0; p < pixels; p++)
        out[(i * pixels + p) * c + j] = in[(i * c + j) * pixels + p];
  return out;
}

static void check_iteration(Run *run)
{
  SsgTraining *t = run->training;
  SsgParameters *g = t->g->parameters, *d = t->d->parameters;
  gsize pixels = (gsize) t->g->arch.size * t->g->arch.size, n;
  SsgStepStats stats = {0};
  g_autofree float *rgb_first = values(run, "real_rgb", &n), *label = values(run, "real_label", NULL);
  int batch = n / (3 * pixels);
  g_autofree float *rgb = channels_last(rgb_first, batch, 3, pixels);
  g_autofree guint8 *labels = g_new(guint8, batch * pixels);
  g_autofree float *g_before = download(ssg_parameters_block(g)), *d_before = download(ssg_parameters_block(d));
  g_autofree float *ema_before = download(ssg_parameters_block(t->g_ema->parameters));
  for (gsize i = 0; i < batch * pixels; i++)
    labels[i] = label[i];

  g_auto(Draw) draw_d = read_draw(run, "d"), draw_g = read_draw(run, "g"), draw_path = read_draw(run, "path");
  ssg_training_begin_d(t);
  ssg_training_d(t, &draw_d.draw, rgb, labels, 1, &stats);
  check_scalar(run, "loss_d", stats.loss_d);
  g_autofree float *real = values(run, "real_score", NULL), *fake = values(run, "fake_score", NULL);
  double real_mean = 0, fake_mean = 0;
  for (int i = 0; i < batch; i++) {
    real_mean += real[i] / batch;
    fake_mean += fake[i] / batch;
  }
  g_assert_cmpfloat(fabs(stats.real_score - real_mean), <=, SCALAR_BOUND * fabs(real_mean));
  g_assert_cmpfloat(fabs(stats.fake_score - fake_mean), <=, SCALAR_BOUND * fabs(fake_mean));
  if (has(run, "grad_d.final_conv.0.weight"))
    compare_gradient(run, "grad_d", d, t->d_grad);
  ssg_training_apply_d(t);

  if (has(run, "r1_img")) {
    ssg_training_begin_d(t);
    ssg_training_r1(t, batch, rgb, labels, 1, &stats);
    check_scalar(run, "r1_img", stats.r1_image);
    check_scalar(run, "r1_seg", stats.r1_mask);
    compare_gradient(run, "grad_r1", d, t->d_grad);
    ssg_training_apply_d(t);
  }

  ssg_training_begin_g(t);
  ssg_training_g(t, &draw_g.draw, 1, &stats);
  check_scalar(run, "loss_g", stats.loss_g);
  check_scalar(run, "loss_mask", stats.loss_mask);
  if (has(run, "grad_g.pos_embed.weights"))
    compare_gradient(run, "grad_g", g, t->g_grad);
  ssg_training_apply_g(t);

  if (has(run, "path_penalty")) {
    g_autofree float *y_first = values(run, "path_noise", NULL), *expected = values(run, "path_lengths", NULL);
    g_autofree float *y = channels_last(y_first, draw_path.draw.n, 3, pixels), *lengths = g_new(float, draw_path.draw.n);
    ssg_training_path_lengths(t, &draw_path.draw, y, lengths);
    ssg_goldens_compare("path_lengths", lengths, expected, draw_path.draw.n, SCALAR_BOUND);
    ssg_training_begin_g(t);
    ssg_training_path(t, &draw_path.draw, y, 1, NULL, lengths, &stats);
    ssg_goldens_compare("path_lengths", lengths, expected, draw_path.draw.n, SCALAR_BOUND);
    check_scalar(run, "path_mean", t->path_mean);
    check_scalar(run, "path_penalty", stats.path_penalty);
    compare_gradient(run, "grad_path", g, t->g_grad);
    ssg_training_apply_g(t);
  }
  ssg_training_ema(t, 32); /* the published batch, whatever this one is: MODEL.md's decay says 32 images */
  compare_change(run, "after_d", d, d_before);
  compare_change(run, "after_g", g, g_before);
  compare_change(run, "after_ema", t->g_ema->parameters, ema_before);
}

/* --- sets --- */

static const SsgHostTensor *look_up(const char *name, gpointer data)
{
  return ssg_host_tensors_get(data, name);
}

static void test_set(gconstpointer data)
{
  const char *name = data;
  g_autofree char *set_file = g_strdup_printf("%s-training.safetensors", name), *set_path = ssg_goldens_path(set_file);
  g_autofree char *pt_path = ssg_goldens_checkpoint(name);
  if (!g_str_has_suffix(pt_path, ".pt") || !g_file_test(pt_path, G_FILE_TEST_EXISTS)) {
    g_autofree char *why = g_strdup_printf("there is no %s.pt with the networks g and d", name);
    g_test_skip(why);
    return;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgSafetensors) set = ssg_safetensors_open(set_path, &error);
  g_assert_no_error(error);
  g_autoptr(SsgCheckpoint) pt = ssg_checkpoint_load(pt_path, SSG_CHECKPOINT_ALL, &error);
  g_assert_no_error(error);
  SsgArchitecture arch;
  g_assert_true(ssg_architecture_from_checkpoint(pt->g, pt->d, pt->args, pt_path, &arch, &error));
  SsgTrainingOptions options = ssg_training_options_published();
  g_autoptr(SsgTraining) training = ssg_training_new(ctx, &arch, &options, 1, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_parameters_load(training->g->parameters, SSG_LAYOUT_PUBLIC, look_up, pt->g, pt_path, &error));
  /* The reference run began its moving average with g, not with the file's g_ema. */
  g_assert_true(ssg_parameters_load(training->g_ema->parameters, SSG_LAYOUT_PUBLIC, look_up, pt->g, pt_path, &error));
  g_assert_true(ssg_parameters_load(training->d->parameters, SSG_LAYOUT_PUBLIC, look_up, pt->d, pt_path, &error));
  g_assert_no_error(error);
  Run run = {.set = set, .training = training};
  for (run.iteration = 0; has(&run, "loss_d"); run.iteration++)
    check_iteration(&run);
  g_assert_cmpint(run.iteration, >, 0);
  g_assert_true(ssg_context_check(ctx, &error));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  ctx = ssg_context_new(g_getenv("SSGAN_TEST_DEVICE") ? g_getenv("SSGAN_TEST_DEVICE") : "cpu", 2, NULL);
  g_assert_nonnull(ctx);
  g_auto(GStrv) sets = ssg_goldens_sets("training");
  if (!sets[0]) { /* a folder of the other kind alone is fine, one of neither is a mistake */
    g_auto(GStrv) others = ssg_goldens_sets("inference");
    g_assert_nonnull(others[0]);
    g_print("1..0 # SKIP the folder has no training sets\n");
    return 77;
  }
  for (int i = 0; sets[i]; i++) {
    g_autofree char *path = g_strdup_printf("/goldens/training/%s", sets[i]);
    g_test_add_data_func(path, sets[i], test_set);
  }
  int status = g_test_run();
  ssg_context_free(ctx);
  return status;
}
