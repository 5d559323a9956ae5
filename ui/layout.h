/* The three columns of the window: shelf, middle, inspector. The side columns take widths that suit the window, from
 * 1024 to 3840 logical pixels; the middle gets the rest. Properties start, center, end (GtkWidget), start-visible,
 * end-visible (boolean, TRUE), narrow (read only: the middle has little room, so labels should give way) and roomy (read
 * only: it has plenty, so that small pictures may be larger). */
#pragma once

#include <gtk/gtk.h>

#define SSG_TYPE_LAYOUT (ssg_layout_get_type())
G_DECLARE_FINAL_TYPE(SsgLayout, ssg_layout, SSG, LAYOUT, GtkWidget)
