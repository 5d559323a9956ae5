#include "ui/application.h"

#include "app/i18n.h"
#include "app/settings.h"
#include "ui/accessible.h"

void ssg_about_show(GtkWindow *parent)
{
  GtkWidget *window = adw_about_window_new();
  g_object_set(window, "application-name", _("SSGAN Editor"), "application-icon", SSG_APPLICATION_ID, "version", SSG_VERSION,
               "developer-name", _("The SSGAN contributors"), "license-type", GTK_LICENSE_MIT_X11, "comments",
               _("Edits generated portraits part by part: hair, eyes, mouth and all the others, each with a shape "
                 "and a texture of its own.\n\nAfter “SemanticStyleGAN: Learning Compositional Generative Priors "
                 "for Controllable Image Synthesis and Editing” (CVPR 2022)."),
               "transient-for", parent, "modal", TRUE, NULL);
  ssg_accessible_name_icons(window);
  gtk_window_present(GTK_WINDOW(window));
}
