/* metrics: how good a model is, measured against data without foreign weights; a table, JSON, one picture. */
#include "trainer/command-metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "engine/atomic-file.h"
#include "engine/image.h"
#include "trainer/metrics-measure.h"
#include "trainer/model-run.h"
#include "trainer/snapshots.h"

#define NOT_GIVEN G_MININT
#define FEW 200 /* pictures of a set; below, chance moves the ratios more than models differ */

typedef struct {
  char *data, *json, *sheet, *which;
  int count, edits;
  double truncation;
} Options;

static gboolean check_options(const Options *o, GError **error)
{
  if (!o->data)
    ssg_command_usage_error(error, "needs --data DB, the dataset to compare with");
  else if (o->count != NOT_GIVEN && o->count < 1)
    ssg_command_usage_error(error, "--count takes a number of pictures from 1 on, not %d", o->count);
  else if (o->edits < 0)
    ssg_command_usage_error(error, "--edits takes a number of faces from 0 on, not %d", o->edits);
  else if (!(fabs(o->truncation) <= 10))
    ssg_command_usage_error(error, "--truncation takes a factor, 1 for none; %g is out of range", o->truncation);
  else
    return TRUE;
  return FALSE;
}

static gboolean save_sheet(const SsgMetrics *metrics, const char *path, GError **error)
{
  const SsgImageOrigin origin = {.synthetic = TRUE, .software = "ssgan-trainer", .model = metrics->model_name};
  g_autoptr(SsgImage) image = ssg_metrics_draw(metrics, error);
  if (!image)
    return FALSE;
  SsgPixels pixels = ssg_image_pixels(image);
  return ssg_png_save(path, &pixels, &origin, error);
}

static gboolean report(const SsgMetrics *metrics, const Options *o, GError **error)
{
  g_autofree char *text = o->json ? ssg_metrics_json(metrics) : NULL;
  gboolean to_output = o->json && g_str_equal(o->json, "-");
  if (metrics->count < FEW)
    g_printerr("ssgan-trainer: warning: only %d pictures of each kind were compared: such ratios are mostly chance; use %d or more\n",
               metrics->count, FEW);
  if (to_output)
    fputs(text, stdout);
  else
    ssg_metrics_print(metrics);
  if (text && !to_output && !ssg_atomic_file_save(o->json, text, strlen(text), error))
    return FALSE;
  return !o->sheet || save_sheet(metrics, o->sheet, error);
}

static gboolean measure(const char *path, const Options *o, const SsgCommonOptions *common, GError **error)
{
  const SsgMetricsOptions options = {.count = o->count == NOT_GIVEN ? 0 : o->count,
                                     .edits = o->edits,
                                     .truncation = o->truncation,
                                     .seed = common->seed,
                                     .jobs = common->jobs,
                                     .quiet = common->quiet};
  /* What cannot be written is said now, not after the long way there. */
  if (!check_options(o, error) || (o->json && !g_str_equal(o->json, "-") && !ssg_atomic_file_can_open(o->json, error)) ||
      (o->sheet && (!ssg_check_png_name("--sheet", o->sheet, error) || !ssg_atomic_file_can_open(o->sheet, error))))
    return FALSE;
  g_autofree char *file = ssg_snapshots_resolve(path, error);
  g_autoptr(SsgDataset) dataset = file ? ssg_dataset_open(o->data, 0, error) : NULL;
  g_autoptr(SsgContext) ctx = dataset ? ssg_common_context(common, NULL, error) : NULL;
  g_autoptr(SsgModel) model = ctx ? ssg_model_load(ctx, file, o->which, NULL, NULL, NULL, error) : NULL;
  g_autoptr(SsgMetrics) metrics = model ? ssg_metrics_measure(model, file, dataset, &options, error) : NULL;
  return metrics && report(metrics, o, error);
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  Options o = {.count = NOT_GIVEN, .edits = 32, .truncation = 1};
  int exit_code;
  GError *error = NULL;
  const GOptionEntry entries[] = {
      {"data", 0, 0, G_OPTION_ARG_FILENAME, &o.data, "Dataset to compare with", "DB"},
      {"count", 0, 0, G_OPTION_ARG_INT, &o.count,
       "Generated pictures, and twice as many real ones (1000, or half of the dataset)", "N"},
      {"edits", 0, 0, G_OPTION_ARG_INT, &o.edits, "Faces whose parts are edited one by one; 0: none (32)", "N"},
      {"truncation", 0, 0, G_OPTION_ARG_DOUBLE, &o.truncation, "Truncation of the faces, 1 for none (1)", "PSI"},
      {"which", 0, 0, G_OPTION_ARG_STRING, &o.which, "Generator of a checkpoint or snapshot: g_ema or g (g_ema)",
       "NAME"},
      {"json", 0, 0, G_OPTION_ARG_FILENAME, &o.json,
       "Write the figures to FILE as JSON; - for the output, without a table", "FILE"},
      {"sheet", 0, 0, G_OPTION_ARG_FILENAME, &o.sheet, "Draw samples and figures as one picture", "FILE.png"},
      {NULL}};
  if (ssg_command_parse(
          &argc, &argv, "MODEL",
          "Measures a model, a public checkpoint, a training snapshot or the newest one in a run's folder against a\n"
          "dataset. Pictures of the dataset are cropped to their centred squares and scaled to the model's size.\n"
          "\n"
          "  - Sliced Wasserstein distance of 7 x 7 patches on the levels of a Laplacian pyramid, in thousandths of the\n"
          "    standard deviation that a colour channel has on that level in the real pictures; and a Frechet distance\n"
          "    between statistics of 8 x 8 patches (means and band energies of three opponent colours), in squared\n"
          "    standard deviations of the real pictures. Both from N real pictures to N generated ones, with the\n"
          "    distance to N other real ones beside it: 0 is the same, and a perfect model has a ratio of 1.\n"
          "  - Classes: the share of all pixels that each has, and of the pictures that hold it (at least 1/4096 of their\n"
          "    pixels), in per cent, generated against data, and the ratio of the two; - where the data have none. Out of\n"
          "    place: the pictures that show the class, as large, where less than one of a thousand of N real pictures has it\n"
          "    (cells of a grid of 64 x 64, and their neighbours); beside it, those among N other real ones.\n"
          "  - Locality of edits: each part's shape, then its texture, is replaced by that of another face. inside: the\n"
          "    share, in per cent, of the changed picture energy (squared change of R, G and B) that lies inside the\n"
          "    part's own mask, before or after; outside: of the other pixels, the share in per cent that change class;\n"
          "    strength: root mean square change inside, in steps of 8 bits (0 to 255). Faces without the part before and\n"
          "    after count with all their change outside; 'with it' says how many have it; - where nothing changed.\n"
          "\n"
          "Figures depend on N: compare them with the same --count and --seed. In JSON, shares go from 0 to 1, distances are\n"
          "not in thousandths, and what is no number is null.",
          entries, SSG_COMMON_MODEL | SSG_COMMON_JOBS, &common, 1, 1, &exit_code)) {
    measure(argv[1], &o, &common, &error);
    exit_code = ssg_command_finish(command, error);
  }
  g_free(o.data);
  g_free(o.json);
  g_free(o.sheet);
  g_free(o.which);
  return exit_code;
}

const SsgCommand ssg_command_metrics = {"metrics", "Measure a model against a dataset", run, NULL};
