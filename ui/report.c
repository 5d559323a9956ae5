#include "ui/report.h"

#include <adwaita.h>
#include <glib-unix.h>
#include <time.h>
#include "ui/window-private.h"

/* What the main loop computes between two waits, in bins of 0.25 ms of processor time (so that other programs on the machine
 * do not count); the last bin holds all that is longer. */
#define N_BINS 800
static struct {
  guint bins[N_BINS];
  guint n;
  gint64 woken;
  GPollFunc poll;
} loop;

static gint64 thread_time(void)
{
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

static int measured_poll(GPollFD *fds, guint n, int timeout)
{
  gint64 now = thread_time();
  if (loop.woken) {
    loop.bins[MIN((now - loop.woken) / 250, N_BINS - 1)]++;
    loop.n++;
  }
  int result = loop.poll(fds, n, timeout);
  loop.woken = thread_time();
  return result;
}

/* Upper end of the bin that the share of iterations ends in, milliseconds. */
static double loop_percentile(double share)
{
  guint sum = 0;
  for (int i = 0; i < N_BINS; i++)
    if ((sum += loop.bins[i]) >= share * loop.n)
      return (i + 1) * 0.25;
  return N_BINS * 0.25;
}

/* Since the last report. */
static void report_loop(GString *out)
{
  g_string_append_printf(out, "state loop n %u p50 %.2f p95 %.2f p99 %.2f max %.2f\n", loop.n, loop_percentile(0.5),
                         loop_percentile(0.95), loop_percentile(0.99), loop_percentile(1));
  memset(loop.bins, 0, sizeof loop.bins);
  loop.n = 0;
}

/* The text of the first label in a widget, which is what people call it by; NULL when there is none. */
static const char *first_text(GtkWidget *widget)
{
  if (GTK_IS_LABEL(widget))
    return gtk_label_get_text(GTK_LABEL(widget));
  const char *text = NULL;
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child && !text; child = gtk_widget_get_next_sibling(child))
    text = gtk_widget_get_visible(child) && !GTK_IS_POPOVER(child) ? first_text(child) : NULL;
  return text && *text ? text : NULL;
}

/* A control of a dialog or menu in pixels of the window; (x, y): of the surface it is drawn on, in those of the window;
 * n_entries: of menus and lists so far, by which they are found in every language. */
static void report_control(GtkWidget *widget, GtkWidget *native, double x, double y, int *n_entries, GString *out)
{
  const char *kind = GTK_IS_BUTTON(widget) ? "button" : ADW_IS_PREFERENCES_ROW(widget) ? "row" : "item", *text;
  graphene_rect_t bounds;
  if (GTK_IS_BUTTON(widget))
    text = gtk_button_get_label(GTK_BUTTON(widget));
  else if (ADW_IS_PREFERENCES_ROW(widget))
    text = adw_preferences_row_get_title(ADW_PREFERENCES_ROW(widget));
  else /* entries of menus and of drop-down lists, for which GTK has no public types */
    text = g_str_equal(gtk_widget_get_css_name(widget), "modelbutton") || g_str_equal(gtk_widget_get_css_name(widget), "row")
             ? first_text(widget) : NULL;
  const char *id = gtk_buildable_get_buildable_id(GTK_BUILDABLE(widget));
  if ((!text && !id) || !gtk_widget_compute_bounds(widget, native, &bounds))
    return;
  g_autofree char *place = g_strdup_printf("%.0f %.0f %.0f %.0f", bounds.origin.x + x, bounds.origin.y + y, bounds.size.width,
                                           bounds.size.height);
  if (id)
    g_string_append_printf(out, "widget id.%s %s\n", id, place);
  if (!text)
    return;
  g_autofree char *name = g_strdelimit(g_strdup(text + (text[0] == '_')), " ", '_');
  g_string_append_printf(out, "widget %s.%s %s\n", kind, name, place);
  if (g_str_equal(kind, "item"))
    g_string_append_printf(out, "widget entry.%d %s\n", (*n_entries)++, place);
}

/* Buttons, rows and entries of menus by what is written on them, whichever widget tree they sit in. Without `controls` only
 * those on popovers. Spaces in a name are written as _. */
static void report_controls(GtkWidget *widget, GtkWidget *native, double x, double y, gboolean controls, int *n_entries,
                            GString *out)
{
  if (!gtk_widget_get_mapped(widget))
    return;
  if (GTK_IS_POPOVER(widget)) {
    double dx = 0, dy = 0;
    GdkPopup *popup = GDK_POPUP(gtk_native_get_surface(GTK_NATIVE(widget)));
    gtk_native_get_surface_transform(GTK_NATIVE(native), &dx, &dy);
    x += gdk_popup_get_position_x(popup) - dx;
    y += gdk_popup_get_position_y(popup) - dy;
    gtk_native_get_surface_transform(GTK_NATIVE(widget), &dx, &dy);
    x += dx;
    y += dy;
    native = widget;
    controls = TRUE;
  }
  if (controls)
    report_control(widget, native, x, y, n_entries, out);
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    report_controls(child, native, x, y, controls, n_entries, out);
}

/* What a person should reach by Tab, in the window that has the keys: buttons, sliders, fields, rows, the canvas. Entries of
 * lists are not among them, which the arrow keys lead through. */
static void report_focus(GtkWidget *widget, GtkWidget *focus, GString *out)
{
  if (!gtk_widget_get_mapped(widget) || GTK_IS_POPOVER(widget) || GTK_IS_LIST_VIEW(widget) || GTK_IS_GRID_VIEW(widget))
    return;
  gboolean control = GTK_IS_BUTTON(widget) || GTK_IS_SCALE(widget) || GTK_IS_TEXT(widget) || GTK_IS_SWITCH(widget) ||
                     ADW_IS_PREFERENCES_ROW(widget) || SSG_IS_CANVAS(widget);
  /* Whether it takes the keys is what is to be found out. Those of window frames and spin buttons have keys of their own. */
  gboolean inner = gtk_widget_get_ancestor(widget, GTK_TYPE_WINDOW_CONTROLS) ||
                   (GTK_IS_BUTTON(widget) && gtk_widget_get_ancestor(widget, GTK_TYPE_SPIN_BUTTON));
  gboolean reachable = control && !inner && gtk_widget_is_sensitive(widget);
  if (reachable || widget == focus) {
    const char *text = gtk_widget_get_tooltip_text(widget);
    text = text ? text : first_text(widget);
    g_string_append_printf(out, "%s %p %s %s\n", widget == focus ? "focus" : "control", (void *) widget,
                           G_OBJECT_TYPE_NAME(widget), text ? text : "");
  }
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    report_focus(child, focus, out);
}

/* What a dialog complains about: its visible label of class "error"; NULL: nothing. */
static const char *find_problem(GtkWidget *widget)
{
  if (GTK_IS_LABEL(widget) && gtk_widget_has_css_class(widget, "error") && gtk_widget_get_mapped(widget))
    return gtk_label_get_text(GTK_LABEL(widget));
  const char *problem = NULL;
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child && !problem; child = gtk_widget_get_next_sibling(child))
    problem = find_problem(child);
  return problem;
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
      const char *problem = find_problem(window);
      g_string_append_printf(out, "state dialog %s\nstate problem %s\n", title ? title : "", problem ? problem : "");
    }
    double x = 0, y = 0;
    int n_entries = 0;
    gtk_native_get_surface_transform(GTK_NATIVE(window), &x, &y);
    report_controls(window, window, x, y, !SSG_IS_WINDOW(window), &n_entries, out);
    if (gtk_window_is_active(GTK_WINDOW(window)))
      report_focus(window, gtk_window_get_focus(GTK_WINDOW(window)), out);
  }
  g_list_free(windows);
  report_loop(out);
  g_string_append(out, "end\n");
  if (!g_file_set_contents(g_getenv("SSGAN_UI_REPORT"), out->str, (gssize) out->len, &error))
    g_printerr("ssgan-editor: %s\n", error->message);
  return G_SOURCE_CONTINUE;
}

guint ssg_report_start(void)
{
  if (!g_getenv("SSGAN_UI_REPORT"))
    return 0;
  loop.poll = g_main_context_get_poll_func(NULL);
  g_main_context_set_poll_func(NULL, measured_poll);
  return g_unix_signal_add(SIGUSR1, write_report, NULL);
}
