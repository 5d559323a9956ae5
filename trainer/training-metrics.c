#include "trainer/training-metrics.h"

#include <math.h>

#include "trainer/interrupt.h"
#include "trainer/metrics-distance.h"
#include "trainer/samples.h"

#define SEED G_GUINT64_CONSTANT(20260102)
#define MOST 256
#define MOST_BYTES ((gint64) 64 << 20)
#define AT_ONCE 4

gboolean ssg_training_metrics_possible(int size, const SsgDataset *dataset)
{
  return size >= 8 && ssg_dataset_length(dataset) >= 2;
}

/* Faces of g as an editor shows them: stored noise, 8 bits. */
static SsgPictures *generate(SsgGenerator *g, int count, GError **error)
{
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  gint64 size = g->arch.size, values = 3 * size * size;
  g_autoptr(SsgPictures) pictures = ssg_pictures_new(count, (int) size, FALSE, error);
  g_autofree float *rgb = g_new0(float, AT_ONCE * values);

  for (int first = 0; pictures && first < count; first += AT_ONCE) {
    gint64 n = MIN(AT_ONCE, count - first);
    ssg_scope_begin(ctx);
    ssg_tensor_download(ssg_samples_generate(g, n, SEED, first).rgb, rgb);
    ssg_scope_end(ctx);
    if (!ssg_context_check(ctx, error) || !ssg_interrupt_check(error))
      return NULL;
    for (gint64 i = 0; i < n * values; i++)
      pictures->rgb[first * values + i] = (guint8) lrintf(CLAMP(rgb[i] * 127.5f + 127.5f, 0.0f, 255.0f));
  }
  return g_steal_pointer(&pictures);
}

gboolean ssg_training_metrics_measure(SsgGenerator *g, SsgDataset *dataset, int jobs, SsgTrainingMetrics *metrics, GError **error)
{
  int size = g->arch.size, count = (int) MAX(1, MIN(MIN(MOST, ssg_dataset_length(dataset) / 2), MOST_BYTES / (3 * (gint64) size * size)));
  g_autoptr(SsgPictures) real = NULL, others = NULL, generated = NULL;
  SsgDistances sliced, patches;

  if (!ssg_pictures_from_data(dataset, count, size, 0, SEED, jobs, NULL, &real, &others, error))
    return FALSE;
  g_clear_pointer(&others, ssg_pictures_free);
  generated = generate(g, count, error);
  const SsgPictures *const sets[1] = {generated};
  if (!generated || !ssg_sliced_distances(real, sets, 1, SEED, jobs, NULL, &sliced, error) ||
      !ssg_patch_distances(real, sets, 1, SEED, jobs, NULL, &patches, error))
    return FALSE;
  *metrics = (SsgTrainingMetrics){count, sliced.mean, patches.mean};
  return TRUE;
}
