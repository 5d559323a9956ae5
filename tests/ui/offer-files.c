/* Another program, as far as the editor can tell: a small window with files that can be dragged out of it, and that are on
 * the clipboard. Usage: offer-files X11-TITLE FILE...   Prints "ready" when both can be used; ends by a signal. */
#include <gtk/gtk.h>

static GdkContentProvider *prepare(GtkDragSource *source, double x, double y, GdkFileList *files)
{
  return gdk_content_provider_new_typed(GDK_TYPE_FILE_LIST, files);
}

static gboolean ready(gpointer data)
{
  g_print("ready\n");
  return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
  if (argc < 3 || !gtk_init_check()) {
    g_printerr("usage: offer-files TITLE FILE... on a display\n");
    return 2;
  }
  GSList *list = NULL;
  for (int i = argc - 1; i >= 2; i--)
    list = g_slist_prepend(list, g_file_new_for_commandline_arg(argv[i]));
  GdkFileList *files = gdk_file_list_new_from_list(list);
  g_slist_free_full(list, g_object_unref);
  GtkWidget *window = gtk_window_new();
  gtk_window_set_title(GTK_WINDOW(window), argv[1]);
  gtk_window_set_decorated(GTK_WINDOW(window), FALSE);
  gtk_window_set_default_size(GTK_WINDOW(window), 100, 100);
  gtk_window_set_child(GTK_WINDOW(window), gtk_label_new("files"));
  GtkDragSource *source = gtk_drag_source_new();
  gtk_drag_source_set_actions(source, GDK_ACTION_COPY);
  g_signal_connect(source, "prepare", G_CALLBACK(prepare), files);
  gtk_widget_add_controller(window, GTK_EVENT_CONTROLLER(source));
  gtk_window_present(GTK_WINDOW(window));
  gdk_clipboard_set(gtk_widget_get_clipboard(window), GDK_TYPE_FILE_LIST, files);
  g_timeout_add(500, ready, NULL);
  GMainLoop *loop = g_main_loop_new(NULL, FALSE);
  g_main_loop_run(loop);
  return 0;
}
