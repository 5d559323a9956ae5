/* Curves of a run as one picture: a panel for each group of figures, over images seen.
 *
 * A figure's key is "group/name" ("loss/d", "loss/g", "r1/image"): the group is the panel, the name the legend. A panel
 * whose values are all positive and span more than three decades gets a logarithmic axis.
 */
#pragma once

#include "engine/image.h"

typedef struct SsgCurves SsgCurves;

SsgCurves *ssg_curves_new(const char *title);
void ssg_curves_free(SsgCurves *curves);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgCurves, ssg_curves_free)

/* A point; images in images seen. Values that are not finite are left out. */
void ssg_curves_add(SsgCurves *curves, const char *key, double images, double value);
/* Adds the lines of a stats.jsonl (trainer/run-directory.h): every number beside "images" under its key. A last line
 * that was cut off is passed over. Errors: SSG_ERROR_FORMAT names file and line. */
gboolean ssg_curves_load(SsgCurves *curves, const char *stats_path, GError **error);

/* Panels in the order in which their groups first came; scale 2 for fine displays. With no points yet,
 * SSG_ERROR_ARGUMENT. */
SsgImage *ssg_curves_draw(const SsgCurves *curves, double scale, GError **error);
gboolean ssg_curves_save(const SsgCurves *curves, const char *path, GError **error);
