/* The colour map with the depths at its ends. */
#pragma once

#include <gtk/gtk.h>
#include "app/depth-style.h"

#define SSG_TYPE_LEGEND (ssg_legend_get_type())
G_DECLARE_FINAL_TYPE(SsgLegend, ssg_legend, SSG, LEGEND, GtkWidget)

/* range NULL: the ends are named "lowest" and "highest" instead of numbers (each part has its own). part: whose depth that is;
 * NULL: of all. */
void ssg_legend_set(SsgLegend *self, SsgColormap map, SsgDepthScale scale, const SsgDepthRange *range, const char *part);
