/* Short messages over the picture, with an optional button. (AdwToastOverlay of libadwaita 1.2.2 uses freed memory in its
 * animation; this is an overlay with a revealer of our own.) Newer messages replace older ones. */
#pragma once

#include <gtk/gtk.h>

#define SSG_TYPE_TOAST (ssg_toast_get_type())
G_DECLARE_FINAL_TYPE(SsgToast, ssg_toast, SSG, TOAST, GtkWidget)

/* text and button are translated; detail: a smaller line below, or NULL; button and action NULL: no button. target (floating
 * taken) may be NULL. */
void ssg_toast_show(SsgToast *self, const char *text, const char *detail, const char *button, const char *action,
                    GVariant *target);
void ssg_toast_hide(SsgToast *self);
/* What it says now; NULL: it is hidden. */
const char *ssg_toast_text(SsgToast *self);
const char *ssg_toast_detail(SsgToast *self);
