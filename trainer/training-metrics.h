/* What the curves of a run show of its pictures: the distances of the metrics command (metrics-distance.h), on fewer of them. */
#pragma once

#include "engine/generator.h"
#include "trainer/dataset.h"

typedef struct {
  int count;              /* pictures of a set */
  double sliced, patches; /* from real pictures to generated ones: means over the levels, each without a unit */
} SsgTrainingMetrics;

/* Whether a model of this size can be measured against this data: two pictures, and 8 pixels a side, are needed. */
gboolean ssg_training_metrics_possible(int size, const SsgDataset *dataset);
/* Always the same real pictures and the same latents: what moves is the model. At most 256 pictures, of at most 64 MiB; `jobs` threads
 * decode and compare. On g's thread. SSG_ERROR_CANCELLED when a signal came meanwhile. */
gboolean ssg_training_metrics_measure(SsgGenerator *g, SsgDataset *dataset, int jobs, SsgTrainingMetrics *metrics, GError **error);
