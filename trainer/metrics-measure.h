/* All metrics of a model against a dataset, without anybody else's weights. */
#pragma once

#include "trainer/metrics-classes.h"
#include "trainer/metrics-distance.h"
#include "trainer/metrics-locality.h"

#define SSG_METRICS_SAMPLES 8 /* faces and real pictures that are kept for the sheet */

typedef struct {
  int count;        /* pictures of a set; 0: 1,000, or half of the dataset where that is less */
  int edits;        /* faces whose parts are edited; 0: no locality */
  float truncation; /* psi */
  guint64 seed;     /* of faces, choice of pictures, places and directions */
  int jobs;         /* threads for data and distances, at least 1 */
  gboolean quiet;   /* no progress on stderr */
} SsgMetricsOptions;

typedef struct {
  char *model_path, *data_path, *model_name;
  gint64 images_seen; /* by training; -1 unknown */
  int size, count, edits, n_parts;
  float truncation;
  guint64 seed;
  char **part_names;    /* K names + NULL */
  guint32 *part_colors; /* [K], 0xRRGGBB */
  /* To the same first `count` pictures of the data, of `count` generated ones [0] and of `count` other real ones [1].
   */
  SsgDistances sliced[2], patches[2];
  gboolean has_masks;             /* FALSE: the data has none; generated is all there is */
  SsgClassShares generated, data; /* data: both real sets */
  SsgClassShares halves[2];       /* of the two real sets */
  SsgClassStrays strays[2];       /* from the places of the first real set: of the generated one, and of the other real one */
  SsgLocality *locality;          /* [K * 2], see metrics-locality.h; NULL when edits is 0 */
  SsgPictures *faces, *real;      /* the first of each, at most SSG_METRICS_SAMPLES */
} SsgMetrics;

/* model_path is for the report. Labels of the data must be classes of the model. The same figures for the same options,
 * whatever jobs is; and whatever the context's number of threads, as far as its device computes alike. On the context's
 * thread. */
SsgMetrics *ssg_metrics_measure(SsgModel *model, const char *model_path, SsgDataset *dataset,
                                const SsgMetricsOptions *options, GError **error);
void ssg_metrics_free(SsgMetrics *metrics); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgMetrics, ssg_metrics_free)

/* generated / data; NaN where the data has nothing. */
double ssg_metrics_ratio(double generated, double data);

/* As a table on stdout. */
void ssg_metrics_print(const SsgMetrics *metrics);
/* As JSON; what is not a number is null. Free it. */
char *ssg_metrics_json(const SsgMetrics *metrics);
/* As one picture: generated faces, their masks, real pictures and masks, bars of distances, class shares and locality.
 */
SsgImage *ssg_metrics_draw(const SsgMetrics *metrics, GError **error);
