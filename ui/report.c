#include "ui/report.h"

#include <glib-unix.h>
#include "ui/window-private.h"

static gboolean write_report(gpointer data)
{
  GtkApplication *application = data;
  g_autoptr(GString) out = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  int n = 0;
  for (GList *l = gtk_application_get_windows(application); l; l = l->next) {
    GtkWindow *window = l->data;
    g_string_append_printf(out, "window %d 0 0 %d %d\n", n++, gtk_widget_get_width(GTK_WIDGET(window)),
                           gtk_widget_get_height(GTK_WIDGET(window)));
    if (SSG_IS_WINDOW(window))
      ssg_window_report(SSG_WINDOW(window), out);
    else
      g_string_append_printf(out, "state dialog %s\n", gtk_window_get_title(window) ? gtk_window_get_title(window) : "");
  }
  g_string_append(out, "end\n");
  if (!g_file_set_contents(g_getenv("SSGAN_UI_REPORT"), out->str, (gssize) out->len, &error))
    g_printerr("ssgan-editor: %s\n", error->message);
  return G_SOURCE_CONTINUE;
}

guint ssg_report_start(GtkApplication *application)
{
  return g_getenv("SSGAN_UI_REPORT") ? g_unix_signal_add(SIGUSR1, write_report, application) : 0;
}
