#include "trainer/metrics-measure.h"

#include <math.h>
#include <string.h>
#include "engine/error.h"

#define DEFAULT_COUNT 1000

void ssg_metrics_free(SsgMetrics *metrics)
{
  if (!metrics)
    return;
  g_free(metrics->model_path);
  g_free(metrics->data_path);
  g_free(metrics->model_name);
  g_strfreev(metrics->part_names);
  g_free(metrics->part_colors);
  g_free(metrics->locality);
  ssg_pictures_free(metrics->faces);
  ssg_pictures_free(metrics->real);
  g_free(metrics);
}

double ssg_metrics_ratio(double generated, double data)
{
  return data > 0 ? generated / data : NAN;
}

/* The first pictures of a set as a set of its own. */
static SsgPictures *first_pictures(const SsgPictures *from, GError **error)
{
  int n = MIN(from->n, SSG_METRICS_SAMPLES);
  gsize pixels = (gsize) n * from->size * from->size;
  SsgPictures *to = ssg_pictures_new(n, from->size, from->labels != NULL, error);
  if (!to)
    return NULL;
  memcpy(to->rgb, from->rgb, 3 * pixels);
  if (from->labels)
    memcpy(to->labels, from->labels, pixels);
  return to;
}

static SsgMetrics *start_metrics(SsgModel *model, const char *model_path, SsgDataset *dataset,
                                 const SsgMetricsOptions *options)
{
  const SsgModelInfo *info = ssg_model_info(model);
  SsgMetrics *m = g_new0(SsgMetrics, 1);
  m->model_path = g_strdup(model_path);
  m->data_path = g_strdup(ssg_dataset_path(dataset));
  m->model_name = g_strdup(info->name);
  m->images_seen = info->images_seen;
  m->size = ssg_model_architecture(model)->size;
  m->n_parts = ssg_model_architecture(model)->n_parts;
  m->count = options->count ? options->count : MIN(DEFAULT_COUNT, ssg_dataset_length(dataset) / 2);
  m->edits = options->edits;
  m->truncation = options->truncation;
  m->seed = options->seed;
  m->part_names = g_strdupv(info->part_names);
  m->part_colors = g_memdup2(info->part_colors, m->n_parts * sizeof *m->part_colors);
  m->has_masks = ssg_dataset_kind(dataset) == SSG_DATASET_MASKS;
  return m;
}

static gboolean compare_sets(SsgMetrics *m, const SsgPictures *generated, const SsgPictures *const real[2],
                             const SsgMetricsOptions *options, GError **error)
{
  const SsgPictures *const others[2] = {generated, real[1]};
  int steps = ssg_sliced_steps(m->size) + ssg_patch_steps(m->count, 2);
  g_autoptr(SsgProgress) progress = ssg_progress_new("comparing", "steps", steps, options->quiet);
  if (!ssg_patch_distances(real[0], others, 2, m->seed, options->jobs, progress, m->patches, error) ||
      !ssg_sliced_distances(real[0], others, 2, m->seed, options->jobs, progress, m->sliced, error))
    return FALSE;
  m->generated = ssg_class_shares(&generated, 1, m->n_parts);
  if (m->has_masks) {
    m->data = ssg_class_shares(real, 2, m->n_parts);
    m->halves[0] = ssg_class_shares(&real[0], 1, m->n_parts);
    m->halves[1] = ssg_class_shares(&real[1], 1, m->n_parts);
    for (int i = 0; i < 2; i++)
      m->strays[i] = ssg_class_strays(real[0], others[i], m->n_parts);
  }
  return TRUE;
}

static gboolean measure_locality(SsgMetrics *m, SsgSession *session, gboolean quiet, GError **error)
{
  if (m->edits == 0)
    return TRUE;
  g_autoptr(SsgProgress) progress = ssg_progress_new("editing", "parts", (guint64) m->edits * m->n_parts, quiet);
  m->locality = g_new0(SsgLocality, 2 * m->n_parts);
  return ssg_locality_measure(session, m->edits, m->seed, m->truncation, progress, m->locality, error);
}

SsgMetrics *ssg_metrics_measure(SsgModel *model, const char *model_path, SsgDataset *dataset,
                                const SsgMetricsOptions *options, GError **error)
{
  g_autoptr(SsgMetrics) m = start_metrics(model, model_path, dataset, options);
  g_autoptr(SsgPictures) first = NULL, second = NULL, generated = NULL;
  if (m->count < 1) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "dataset %s has a single image: two are needed at least",
                m->data_path);
    return NULL;
  }
  SsgProgress *progress = ssg_progress_new("reading", "images", 2 * (guint64) m->count, options->quiet);
  gboolean good = ssg_pictures_from_data(dataset, m->count, m->size, m->n_parts, m->seed, options->jobs, progress,
                                         &first, &second, error);
  ssg_progress_free(progress);
  if (!good)
    return NULL;
  g_autoptr(SsgSession) session = ssg_session_new(model);
  progress = ssg_progress_new("generating", "faces", m->count, options->quiet);
  generated = ssg_pictures_from_model(session, m->count, m->seed, m->truncation, progress, error);
  ssg_progress_free(progress);
  const SsgPictures *const real[2] = {first, second};
  if (!generated || !compare_sets(m, generated, real, options, error) ||
      !measure_locality(m, session, options->quiet, error) || !(m->faces = first_pictures(generated, error)) ||
      !(m->real = first_pictures(first, error)))
    return NULL;
  return g_steal_pointer(&m);
}
