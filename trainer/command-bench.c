/* bench: how fast a model renders here, and how much memory it takes. */
#include "trainer/command-model.h"

#include <stdio.h>
#include <string.h>
#include "engine/atomic-file.h"
#include "engine/error.h"
#include "trainer/bench-rates.h"
#include "trainer/bench-train.h"
#include "trainer/interrupt.h"
#include "trainer/model-run.h"
#include "trainer/progress.h"
#include "trainer/render-picture.h"
#include "trainer/timing.h"
#include "trainer/train-config.h"

#define DONORS 4
#define NOT_GIVEN G_MININT

typedef struct {
  SsgModelRun model;
  int runs, first_size, threads;
  const char *arch_name, *precision;
  double load_ms, cold_ms, conv_rate, peak_rss;
  double launches, edit_launches; /* of a whole render, of the edit of a part (mean); 0 on the CPU */
  SsgBenchRates rates;
  SsgStageTimes last; /* its stages' multiply-adds and bytes are those of every render */
  SsgTimings *render, *first, *local, *fuse, *levels[SSG_MAX_LEVELS], *output;
  SsgTimings *edit_first[SSG_MAX_PARTS], *edit_full[SSG_MAX_PARTS];
} Bench;

static void each_timings(Bench *bench, void (*each)(SsgTimings **))
{
  SsgTimings **single[] = {&bench->render, &bench->first, &bench->local, &bench->fuse, &bench->output};
  for (gsize i = 0; i < G_N_ELEMENTS(single); i++)
    each(single[i]);
  for (int i = 0; i < SSG_MAX_LEVELS; i++)
    each(&bench->levels[i]);
  for (int k = 0; k < SSG_MAX_PARTS; k++) {
    each(&bench->edit_first[k]);
    each(&bench->edit_full[k]);
  }
}

static void make_timings(SsgTimings **timings)
{
  *timings = ssg_timings_new();
}

static void clear_timings(SsgTimings **timings)
{
  g_clear_pointer(timings, g_array_unref);
}

static void bench_clear(Bench *bench)
{
  each_timings(bench, clear_timings);
  ssg_model_run_clear(&bench->model);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bench, bench_clear)

static int threads_of(const SsgCommonOptions *common)
{
  return common->threads ? common->threads : (int) g_get_num_processors();
}

static const char *precision_of(const SsgCommonOptions *common)
{
  return common->precision ? common->precision : "f32";
}

static double now_ms(void)
{
  return (double) g_get_monotonic_time() / 1000;
}

/* --- measuring --- */

typedef struct {
  double start, first; /* first < 0: no early picture yet */
} Watch;

static void note_first(SsgRender *render, gpointer data)
{
  Watch *watch = data;
  if (watch->first < 0)
    watch->first = now_ms() - watch->start;
}

/* One render; adds to first (which may be NULL) and full. */
static gboolean measure(Bench *bench, const SsgFace *face, gboolean no_cache, SsgTimings *first, SsgTimings *full,
                        GError **error)
{
  const SsgRenderOptions options = {.early_size = bench->first_size, .no_cache = no_cache};
  Watch watch = {.start = now_ms(), .first = -1};
  if (!ssg_interrupt_check(error))
    return FALSE;
  g_autoptr(SsgRender) render =
      ssg_session_render(bench->model.session, face, &options, note_first, &watch, NULL, error);
  if (!render)
    return FALSE;
  double total = now_ms() - watch.start;
  ssg_timings_add(full, total);
  if (first)
    ssg_timings_add(first, watch.first < 0 ? total : watch.first);
  return TRUE;
}

static gboolean measure_renders(Bench *bench, GPtrArray *faces, SsgProgress *progress, GError **error)
{
  int n_levels = ssg_model_architecture(bench->model.model)->n_levels;
  const SsgRenderOptions timed = {.no_cache = TRUE, .timed = TRUE};
  SsgDevice *device = ssg_context_device(bench->model.ctx);
  for (int i = 0; i < bench->runs; i++) {
    SsgFace *face = g_ptr_array_index(faces, (guint) i % faces->len);
    guint64 launches = ssg_device_launches(device);
    if (!measure(bench, face, TRUE, bench->first, bench->render, error))
      return FALSE;
    bench->launches = (double) (ssg_device_launches(device) - launches);
    if (!ssg_device_is_host(device)) { /* what waits for every stage is no measure of the whole */
      g_autoptr(SsgRender) again = ssg_session_render(bench->model.session, face, &timed, NULL, NULL, NULL, error);
      if (!again)
        return FALSE;
    }
    SsgStageTimes times = ssg_session_stage_times(bench->model.session);
    ssg_timings_add(bench->local, times.local.ms);
    ssg_timings_add(bench->fuse, times.fuse.ms);
    for (int level = 0; level < n_levels; level++)
      ssg_timings_add(bench->levels[level], times.levels[level].ms);
    ssg_timings_add(bench->output, times.output.ms);
    bench->last = times;
    ssg_progress_add(progress, 1);
  }
  return TRUE;
}

/* Shape and texture of one part from ever other faces; all else stays in the session's caches. */
static gboolean measure_edits(Bench *bench, GPtrArray *faces, int part, SsgProgress *progress, GError **error)
{
  g_autoptr(GArray) warm = ssg_timings_new();
  const SsgFace *face = g_ptr_array_index(faces, 0);
  if (part == 0 && !measure(bench, face, FALSE, NULL, warm, error)) /* fills the caches */
    return FALSE;
  SsgDevice *device = ssg_context_device(bench->model.ctx);
  int n_parts = ssg_model_architecture(bench->model.model)->n_parts;
  guint64 launches = ssg_device_launches(device);
  for (int i = 0; i < bench->runs; i++) {
    const SsgFace *donor = g_ptr_array_index(faces, 1 + (guint) i % (faces->len - 1));
    g_autoptr(SsgFace) edited = ssg_face_swap_part(face, donor, part, SSG_CODE_BOTH);
    if (!measure(bench, edited, FALSE, bench->edit_first[part], bench->edit_full[part], error))
      return FALSE;
    ssg_progress_add(progress, 1);
  }
  bench->edit_launches += (double) (ssg_device_launches(device) - launches) / bench->runs / n_parts;
  return measure(bench, face, FALSE, NULL, warm, error); /* back, so that the next edit is of one part only */
}

static gboolean measure_all(Bench *bench, guint64 seed, gboolean quiet, GError **error)
{
  int n_parts = ssg_model_architecture(bench->model.model)->n_parts;
  g_autoptr(GPtrArray) faces = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_face_unref);
  g_autoptr(GArray) cold = ssg_timings_new();
  for (int i = 0; i <= DONORS; i++) {
    SsgFace *face = ssg_model_sample(bench->model.model, seed + (guint64) i, 1, error);
    if (!face)
      return FALSE;
    g_ptr_array_add(faces, face);
  }
  g_autoptr(SsgProgress) progress =
      ssg_progress_new("measuring", "renders", (guint64) bench->runs * (1 + n_parts), quiet);
  /* Prepares and repacks weights and builds the device's primitives. */
  if (!measure(bench, g_ptr_array_index(faces, 0), TRUE, NULL, cold, error) ||
      !measure_renders(bench, faces, progress, error))
    return FALSE;
  bench->cold_ms = ssg_timings_least(cold);
  for (int k = 0; k < n_parts; k++)
    if (!measure_edits(bench, faces, k, progress, error))
      return FALSE;
  bench->peak_rss = ssg_peak_rss_mib();
  bench->conv_rate = ssg_bench_conv_rate(bench->model.ctx, error);
  return bench->conv_rate > 0 && ssg_bench_rates(bench->model.ctx, &bench->rates, error);
}

/* --- showing --- */

static double gflops(const Bench *bench)
{
  double flops = 2.0 * (double) ssg_architecture_generator_macs(ssg_model_architecture(bench->model.model));
  return flops / ssg_timings_quantile(bench->render, 0.5) / 1e6;
}

static void print_row(const char *name, const SsgTimings *timings)
{
  printf("  %-24s %9.1f %9.1f %9.1f\n", name, ssg_timings_quantile(timings, 0.5), ssg_timings_quantile(timings, 0.95),
         ssg_timings_least(timings));
}

/* Of a stage: how much of what the device can do at most. */
typedef struct {
  double ms, gflops, gbs, matrix_share, bandwidth_share;
} Share;

/* Matrix products alone round nothing where a CPU's convolutions do (--precision bf16): the render net has a peak of its own. */
static gboolean has_conv_peak(const Bench *bench)
{
  return g_str_equal(bench->precision, "bf16") && ssg_device_is_host(ssg_context_device(bench->model.ctx));
}

static Share share_of(const Bench *bench, const SsgTimings *timings, const SsgStage *stage)
{
  double ms = MAX(1e-6, ssg_timings_quantile(timings, 0.5)), gflops = 2e-6 * (double) stage->macs / ms, gbs = 1e-6 * (double) stage->bytes / ms;
  gboolean conv = stage != &bench->last.local && stage != &bench->last.fuse && has_conv_peak(bench);
  return (Share){ms, gflops, gbs, gflops / (conv ? bench->conv_rate : bench->rates.matrix_gflops), gbs / bench->rates.bandwidth_gbs};
}

static void print_share(const Bench *bench, const char *name, const SsgTimings *timings, const SsgStage *stage)
{
  Share s = share_of(bench, timings, stage);
  printf("  %-24s %9.3f %9.1f %7.1f %% %9.1f %7.1f %%\n", name, s.ms, s.gflops, 100 * s.matrix_share, s.gbs, 100 * s.bandwidth_share);
}

static void print_shares(const Bench *bench)
{
  const SsgArchitecture *a = ssg_model_architecture(bench->model.model);
  printf("\n  %-24s %9s %9s %9s %9s %9s\n", "share of the possible", "ms", "GFLOP/s", "of peak", "GB/s", "of peak");
  print_share(bench, "local generators", bench->local, &bench->last.local);
  print_share(bench, "fusion", bench->fuse, &bench->last.fuse);
  for (int i = 0; i < a->n_levels; i++) {
    g_autofree char *name = g_strdup_printf("render net to %d", a->render_size << (i + 1));
    print_share(bench, name, bench->levels[i], &bench->last.levels[i]);
  }
  gboolean host = ssg_device_is_host(ssg_context_device(bench->model.ctx));
  g_autofree char *conv =
    has_conv_peak(bench) ? g_strdup_printf(" (render net: %.1f of a 3x3 convolution in %s)", bench->conv_rate, bench->precision) : NULL;
  printf("  measured peaks: %.1f GFLOP/s of a large matrix product in %s%s, %.1f GB/s of a large copy\n", bench->rates.matrix_gflops,
         host ? "f32" : bench->precision, conv ? conv : "", bench->rates.bandwidth_gbs);
}

static void print_table(const Bench *bench)
{
  const SsgArchitecture *a = ssg_model_architecture(bench->model.model);
  const SsgModelInfo *info = ssg_model_info(bench->model.model);
  g_autofree char *first = g_strdup_printf("first picture (%d px)", bench->first_size);

  printf("%s in %s on %s, %d thread%s, %d runs\n", bench->arch_name, bench->precision,
         ssg_device_description(ssg_context_device(bench->model.ctx)), bench->threads, bench->threads == 1 ? "" : "s",
         bench->runs);
  printf("  %-24s %9s %9s %9s\n", "milliseconds", "median", "95 %", "least");
  print_row("whole render", bench->render);
  print_row(first, bench->first);
  print_row("  local generators", bench->local);
  print_row("  fusion", bench->fuse);
  for (int i = 0; i < a->n_levels; i++) {
    g_autofree char *name = g_strdup_printf("  render net to %d", a->render_size << (i + 1));
    print_row(name, bench->levels[i]);
  }
  print_row("  pixels and mask out", bench->output);
  print_shares(bench);
  printf("\n  %-24s %9s %9s %9s %11s\n", "edit of one part", "median", "95 %", "least", "to the end");
  for (int k = 0; k < a->n_parts; k++)
    printf("  %-24s %9.1f %9.1f %9.1f %11.1f\n", info->part_names[k], ssg_timings_quantile(bench->edit_first[k], 0.5),
           ssg_timings_quantile(bench->edit_first[k], 0.95), ssg_timings_least(bench->edit_first[k]),
           ssg_timings_quantile(bench->edit_full[k], 0.5));
  if (bench->launches > 0)
    printf("\n  %-24s %9.0f for a whole render, %.0f for the edit of a part\n", "launches", bench->launches, bench->edit_launches);
  printf("\n  %-24s %9.1f ms\n  %-24s %9.1f ms\n", "opening the model", bench->load_ms, "very first render",
         bench->cold_ms);
  printf("  %-24s %9.1f GFLOP/s of %.1f that a 3x3 convolution reaches\n", "arithmetic", gflops(bench),
         bench->conv_rate);
  SsgDeviceMemory memory;
  ssg_device_memory(ssg_context_device(bench->model.ctx), &memory);
  printf("  %-24s %9.1f MiB; on the device %.0f at most in use, %.0f kept for reuse, %.0f of repacked weights\n",
         "peak resident memory", bench->peak_rss, memory.peak / 1048576.0, memory.pooled / 1048576.0, memory.cached / 1048576.0);
}

static void add_number(JsonBuilder *b, const char *name, double value)
{
  json_builder_set_member_name(b, name);
  json_builder_add_double_value(b, value);
}

static void add_count(JsonBuilder *b, const char *name, gint64 value)
{
  json_builder_set_member_name(b, name);
  json_builder_add_int_value(b, value);
}

static void add_string(JsonBuilder *b, const char *name, const char *value)
{
  json_builder_set_member_name(b, name);
  json_builder_add_string_value(b, value);
}

/* What every benchmark says of where it ran. */
static JsonBuilder *new_report(SsgDevice *device, const SsgCommonOptions *common, const char *arch)
{
  JsonBuilder *b = json_builder_new();
  json_builder_begin_object(b);
  add_string(b, "device", ssg_device_name(device));
  add_string(b, "device_description", ssg_device_description(device));
  add_count(b, "threads", threads_of(common));
  add_string(b, "arch", arch);
  add_string(b, "precision", precision_of(common));
  return b;
}

static gboolean save_report(JsonBuilder *b, const char *path, GError **error)
{
  json_builder_end_object(b);
  g_autoptr(JsonNode) root = json_builder_get_root(b);
  g_autofree char *text = json_to_string(root, TRUE), *line = g_strconcat(text, "\n", NULL);
  return ssg_atomic_file_save(path, line, strlen(line), error);
}

static void add_stages(const Bench *bench, JsonBuilder *b)
{
  const SsgArchitecture *a = ssg_model_architecture(bench->model.model);
  json_builder_set_member_name(b, "stage_ms");
  json_builder_begin_object(b);
  ssg_timings_to_json(bench->local, "local", b);
  ssg_timings_to_json(bench->fuse, "fuse", b);
  for (int i = 0; i < a->n_levels; i++) {
    g_autofree char *name = g_strdup_printf("level_%d", a->render_size << (i + 1));
    ssg_timings_to_json(bench->levels[i], name, b);
  }
  ssg_timings_to_json(bench->output, "output", b);
  json_builder_end_object(b);
}

static void add_share(const Bench *bench, JsonBuilder *b, const char *name, const SsgTimings *timings, const SsgStage *stage)
{
  Share s = share_of(bench, timings, stage);
  json_builder_set_member_name(b, name);
  json_builder_begin_object(b);
  add_number(b, "gflops", s.gflops);
  add_number(b, "matrix_share", s.matrix_share);
  add_number(b, "gbs", s.gbs);
  add_number(b, "bandwidth_share", s.bandwidth_share);
  json_builder_end_object(b);
}

static void add_shares(const Bench *bench, JsonBuilder *b)
{
  const SsgArchitecture *a = ssg_model_architecture(bench->model.model);
  json_builder_set_member_name(b, "stage_rates");
  json_builder_begin_object(b);
  add_share(bench, b, "local", bench->local, &bench->last.local);
  add_share(bench, b, "fuse", bench->fuse, &bench->last.fuse);
  for (int i = 0; i < a->n_levels; i++) {
    g_autofree char *name = g_strdup_printf("level_%d", a->render_size << (i + 1));
    add_share(bench, b, name, bench->levels[i], &bench->last.levels[i]);
  }
  json_builder_end_object(b);
  add_number(b, "matrix_rate_gflops", bench->rates.matrix_gflops);
  add_number(b, "bandwidth_gbs", bench->rates.bandwidth_gbs);
}

static void add_edits(const Bench *bench, const char *member, SsgTimings *const *timings, JsonBuilder *b)
{
  const SsgModelInfo *info = ssg_model_info(bench->model.model);
  json_builder_set_member_name(b, member);
  json_builder_begin_object(b);
  for (int k = 0; k < info->arch.n_parts; k++)
    ssg_timings_to_json(timings[k], info->part_names[k], b);
  json_builder_end_object(b);
}

static gboolean save_json(const Bench *bench, const SsgCommonOptions *common, const char *path, GError **error)
{
  g_autoptr(JsonBuilder) b = new_report(ssg_context_device(bench->model.ctx), common, bench->arch_name);
  add_count(b, "runs", bench->runs);
  add_count(b, "first_picture_size", bench->first_size);
  ssg_timings_to_json(bench->render, "render_ms", b);
  ssg_timings_to_json(bench->first, "first_picture_ms", b);
  add_edits(bench, "part_edit_ms", bench->edit_first, b);
  add_edits(bench, "part_edit_full_ms", bench->edit_full, b);
  add_stages(bench, b);
  add_shares(bench, b);
  add_number(b, "launches", bench->launches);
  add_number(b, "edit_launches", bench->edit_launches);
  add_number(b, "load_ms", bench->load_ms);
  add_number(b, "cold_render_ms", bench->cold_ms);
  add_number(b, "gflops", gflops(bench));
  add_number(b, "conv_rate_gflops", bench->conv_rate);
  add_number(b, "peak_rss_mib", bench->peak_rss);
  return save_report(b, path, error);
}

/* --- training --- */

/* Iterations are a multiple of 16, so that the regularisers take their true share. config: a training run's settings, or NULL for a
 * preset's architecture with the published losses. batch NOT_GIVEN: the configuration's, or 16. */
static gboolean bench_training(const SsgCommonOptions *common, const char *preset, const char *config, int batch, int runs,
                               const char *json, GError **error)
{
  g_auto(SsgTrainConfig) c = {0};
  SsgTrainBench bench;
  int iterations = MAX(1, (runs + 15) / 16) * 16, threads = threads_of(common);

  if (!ssg_train_config_preset(&c, preset, error)) {
    g_prefix_error(error, "--arch: ");
    return FALSE;
  }
  c.options = ssg_training_options_published();
  c.batch = 16;
  if (config && !ssg_train_config_read(&c, config, error))
    return FALSE;
  if (batch != NOT_GIVEN)
    c.batch = batch;
  if (!ssg_train_config_check(&c, 1, error))
    return FALSE;
  g_autoptr(SsgContext) ctx = ssg_common_context(common, NULL, error);
  if (!ctx)
    return FALSE;
  int piece = ssg_train_config_piece(&c, c.batch, ssg_device_is_host(ssg_context_device(ctx)));
  const SsgTrainBenchSettings settings = {
      .arch = &c.arch, .options = &c.options, .batch = c.batch, .piece = piece, .iterations = iterations};
  if (!ssg_bench_train(ctx, &settings, &bench, error))
    return FALSE;
  /* Of a GPU, whose convolutions differ more from each other than from products, by what it is asked for. */
  gboolean host = ssg_device_is_host(ssg_context_device(ctx));
  SsgBenchRates rates;
  double rate = host ? bench.conv_gflops : ssg_bench_rates(ctx, &rates, error) ? rates.matrix_gflops : 0;
  if (!(rate > 0))
    return FALSE;
  double share = host ? bench.conv_share : bench.gflops / rate;
  batch = c.batch;
  preset = config ? config : preset;
  printf("training %s in %s on %s, %d thread%s, batch %d in pieces of %d, %d iterations\n", preset, precision_of(common),
         ssg_device_description(ssg_context_device(ctx)), threads, threads == 1 ? "" : "s", batch, piece, iterations);
  printf("  %-28s %9.1f   (%.1f images a second)\n", "seconds per 1000 images", bench.seconds_per_kimg,
         1000 / bench.seconds_per_kimg);
  static const char *const steps[] = {"D step", "R1 step", "G step", "path-length step", "edits in a G step"};
  for (int i = 0; i < SSG_TRAIN_STEPS; i++)
    if (bench.step_ms[i] > 0)
      printf("  %-28s %9.1f ms\n", steps[i], bench.step_ms[i]);
  printf("  %-28s %9.1f GFLOP/s, %.0f %% of the %.1f that %s\n", "arithmetic", bench.gflops, 100 * share, rate,
         host ? "a 3x3 convolution reaches, measured between iterations" : "a large matrix product reaches");
  printf("  %-28s %9.1f MiB, %.2f times the %.1f live when a backward pass begins\n", "peak device memory", bench.peak_mib,
         bench.peak_mib / bench.live_mib, bench.live_mib);
  if (!json)
    return TRUE;
  g_autoptr(JsonBuilder) b = new_report(ssg_context_device(ctx), common, preset);
  add_count(b, "batch", batch);
  add_count(b, "piece", piece);
  add_count(b, "iterations", iterations);
  add_number(b, "seconds_per_kimg", bench.seconds_per_kimg);
  add_number(b, "gflops", bench.gflops);
  add_number(b, host ? "conv_rate_gflops" : "matrix_rate_gflops", rate);
  add_number(b, host ? "conv_share" : "matrix_share", share);
  add_number(b, "peak_mib", bench.peak_mib);
  add_number(b, "live_mib", bench.live_mib);
  return save_report(b, json, error);
}

/* --- the command --- */

static gboolean open_model(Bench *bench, const SsgCommonOptions *common, const char *path, const char *preset,
                           GError **error)
{
  double start = now_ms();
  gboolean opened = path ? ssg_model_run_open(&bench->model, common, path, NULL, error)
                         : ssg_model_run_open_random(&bench->model, common, preset, error);
  bench->load_ms = now_ms() - start;
  return opened;
}

/* Sizes that the render net passes through. */
static gboolean check_first_size(Bench *bench, GError **error)
{
  const SsgArchitecture *a = ssg_model_architecture(bench->model.model);
  if (bench->first_size == NOT_GIVEN)
    bench->first_size = MAX(a->coarse_size, 2 * a->render_size);
  for (int i = 0; i < a->n_levels; i++)
    if (bench->first_size == a->render_size << (i + 1))
      return TRUE;
  ssg_command_usage_error(error, "--first-size takes a power of two from %d to %d, not %d", 2 * a->render_size, a->size,
                          bench->first_size);
  return FALSE;
}

static int run_bench(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_auto(Bench) bench = {.runs = 10, .first_size = NOT_GIVEN};
  g_autofree char *preset = NULL, *config = NULL, *json = NULL, *title = NULL;
  gboolean train = FALSE;
  int exit_code, batch = NOT_GIVEN;
  g_autofree char *presets = g_strjoinv(", ", (char **) ssg_architecture_presets());
  g_autofree char *arch_text = g_strdup_printf("Random weights of this architecture instead of MODEL: %s (public-512)", presets);
  const GOptionEntry entries[] = {
      {"arch", 0, 0, G_OPTION_ARG_STRING, &preset, arch_text,
       "NAME"},
      {"runs", 0, 0, G_OPTION_ARG_INT, &bench.runs, "How often each thing is measured (10)", "N"},
      {"first-size", 0, 0, G_OPTION_ARG_INT, &bench.first_size,
       "Pixels of the first picture (that of the coarse maps, 64 for the public models)", "N"},
      {"train", 0, 0, G_OPTION_ARG_NONE, &train, "Measure training iterations of --arch instead (small-64)", NULL},
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, "With --train: settings from a file like a run's config.json", "FILE"},
      {"batch", 0, 0, G_OPTION_ARG_INT, &batch, "With --train: images of an iteration (16, or as the configuration has it)", "N"},
      {"json", 0, 0, G_OPTION_ARG_FILENAME, &json, "Write the figures to this file", "F"},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "[MODEL]",
          "Measures on this machine: a whole face from nothing cached, its first low-resolution picture, an\n"
          "edit of each part (new shape and texture) to the first and to the whole picture, every stage, the\n"
          "arithmetic reached beside what a 3x3 convolution reaches, and memory.",
          entries, SSG_COMMON_MODEL, &common, 0, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  const char *path = argc > 1 ? argv[1] : NULL;
  bench.threads = threads_of(&common);
  bench.precision = precision_of(&common);
  each_timings(&bench, make_timings);
  if (path && preset)
    ssg_command_usage_error(&error, "MODEL and --arch exclude each other");
  else if (!ssg_command_in_range("--runs", bench.runs, 1, 100000, &error))
    ;
  else if (path && train)
    ssg_command_usage_error(&error, "--train measures random weights of an --arch, not a MODEL");
  else if (config && (!train || preset))
    ssg_command_usage_error(&error, train ? "--config and --arch exclude each other" : "--config goes with --train");
  else if (batch != NOT_GIVEN && !train)
    ssg_command_usage_error(&error, "--batch %d goes with --train", batch);
  else if (batch != NOT_GIVEN && !ssg_command_in_range("--batch", batch, 1, 65536, &error))
    ;
  else if (json && path && !ssg_check_other_file(path, json, &error))
    ;
  else if (json && !ssg_atomic_file_can_open(json, &error)) /* now, not after the long run */
    ;
  else if (train)
    bench_training(&common, preset ? preset : "small-64", config, batch, bench.runs, json, &error);
  else if (open_model(&bench, &common, path, preset ? preset : "public-512", &error) &&
           check_first_size(&bench, &error)) {
    bench.arch_name = title = path ? ssg_text_one_line(ssg_model_info(bench.model.model)->name)
                                   : g_strdup(preset ? preset : "public-512");
    if (measure_all(&bench, common.seed, common.quiet, &error)) {
      print_table(&bench);
      if (json)
        save_json(&bench, &common, json, &error);
    }
  }
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_bench = {"bench", "Measure speed and memory", run_bench, NULL};
