#include "ui/report.h"

#include <adwaita.h>
#include <glib-unix.h>
#include "ui/window-private.h"

/* Buttons of dialogs by their response or label, whichever widget tree they sit in. */
static void report_buttons(GtkWidget *widget, GtkWidget *window, GString *out)
{
  graphene_rect_t bounds;
  if (GTK_IS_BUTTON(widget) && gtk_widget_get_mapped(widget) && gtk_widget_compute_bounds(widget, window, &bounds)) {
    const char *label = gtk_button_get_label(GTK_BUTTON(widget));
    double x = 0, y = 0;
    gtk_native_get_surface_transform(GTK_NATIVE(window), &x, &y);
    if (label)
      g_string_append_printf(out, "widget button.%s %.0f %.0f %.0f %.0f\n", label + (label[0] == '_'), bounds.origin.x + x,
                             bounds.origin.y + y, bounds.size.width, bounds.size.height);
  }
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    report_buttons(child, window, out);
}

static gboolean write_report(gpointer data)
{
  g_autoptr(GString) out = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  GList *windows = gtk_window_list_toplevels(); /* dialogs too, which are not windows of the application */
  int n = 0;
  for (GList *l = windows; l; l = l->next) {
    GtkWidget *window = l->data;
    if (!gtk_widget_get_mapped(window))
      continue;
    g_string_append_printf(out, "window %d 0 0 %d %d\n", n++, gtk_widget_get_width(window), gtk_widget_get_height(window));
    if (SSG_IS_WINDOW(window)) {
      ssg_window_report(SSG_WINDOW(window), out);
    } else {
      const char *title = ADW_IS_MESSAGE_DIALOG(window) ? adw_message_dialog_get_heading(ADW_MESSAGE_DIALOG(window))
                                                        : gtk_window_get_title(GTK_WINDOW(window));
      g_string_append_printf(out, "state dialog %s\n", title ? title : "");
      report_buttons(window, window, out);
    }
  }
  g_list_free(windows);
  g_string_append(out, "end\n");
  if (!g_file_set_contents(g_getenv("SSGAN_UI_REPORT"), out->str, (gssize) out->len, &error))
    g_printerr("ssgan-editor: %s\n", error->message);
  return G_SOURCE_CONTINUE;
}

guint ssg_report_start(void)
{
  return g_getenv("SSGAN_UI_REPORT") ? g_unix_signal_add(SIGUSR1, write_report, NULL) : 0;
}
