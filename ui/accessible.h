/* Names for assistive technology. GTK 4.8 names a control by its text only, so that buttons with nothing but an icon would be
 * read as "GtkImage". */
#pragma once

#include <gtk/gtk.h>

/* Names every icon button at and below root by its tooltip, or by that of the widget it is a part of. Call it once the
 * widgets are there. Those that were named already, or whose tooltip changes later, name themselves. */
void ssg_accessible_name_controls(GtkWidget *root);

/* For windows that come from GTK and libadwaita (help, about): buttons that show nothing but an icon are named by what that icon
 * stands for. Also those that come later, when they are shown. */
void ssg_accessible_name_icons(GtkWidget *root);
