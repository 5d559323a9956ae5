#include "ui/export-dialog.h"

#include "app/advice.h"
#include "app/i18n.h"
#include "engine/error.h"
#include "ui/combo-row.h"

struct _SsgExportDialog {
  AdwWindow parent_instance;
  GtkWidget *cancel, *export, *group, *kind, *part, *from, *to, *frames_row, *frames, *time_row, *time, *back_row, *back, *keep_row, *keep;
  GtkWidget *progress_revealer, *progress, *problem, *detail;

  SsgDocument *document;
  SsgRenderService *service;
  SsgDepthStyle style;
  double opacity;
  SsgExportJob *job;
  GtkFileChooserNative *chooser;
};

G_DEFINE_FINAL_TYPE(SsgExportDialog, ssg_export_dialog, ADW_TYPE_WINDOW)

static guint done_signal;

static SsgExportKind chosen_kind(SsgExportDialog *self)
{
  return adw_combo_row_get_selected(ADW_COMBO_ROW(self->kind));
}

static void show_problem(SsgExportDialog *self, const char *text)
{
  gtk_widget_set_visible(self->problem, text != NULL);
  gtk_label_set_text(GTK_LABEL(self->problem), text ? text : "");
  gtk_widget_set_visible(self->detail, FALSE);
}

/* An interpolation from a step to itself is a still picture: that is said before, not found out after. */
static void check_steps(SsgExportDialog *self)
{
  SsgExportKind kind = chosen_kind(self);
  gboolean moving = kind == SSG_EXPORT_FRAMES || kind == SSG_EXPORT_ANIMATION;
  if (!self->document)
    return;
  gboolean still = moving && adw_combo_row_get_selected(ADW_COMBO_ROW(self->from)) ==
                                 adw_combo_row_get_selected(ADW_COMBO_ROW(self->to));
  gboolean one = g_list_model_get_n_items(ssg_document_history(self->document)) < 2;
  gtk_widget_set_sensitive(self->export, !still && !self->job);
  show_problem(self, !still ? NULL
                     : one  ? _("An interpolation needs two steps of the history: change the face first.")
                            : _("Choose two different steps."));
}

static void kind_changed(SsgExportDialog *self)
{
  SsgExportKind kind = chosen_kind(self);
  gboolean moving = kind == SSG_EXPORT_FRAMES || kind == SSG_EXPORT_ANIMATION;
  gtk_widget_set_visible(self->part, kind == SSG_EXPORT_DEPTH_16 || kind == SSG_EXPORT_DEPTH_COLOR);
  gtk_widget_set_visible(self->from, moving);
  gtk_widget_set_visible(self->to, moving);
  gtk_widget_set_visible(self->frames_row, moving);
  gtk_widget_set_visible(self->time_row, kind == SSG_EXPORT_ANIMATION);
  gtk_widget_set_visible(self->back_row, moving);
  gtk_widget_set_visible(self->keep_row, ssg_export_keeps_face(kind));
  check_steps(self);
}

static void show_error(SsgExportDialog *self, const GError *error)
{
  g_autofree char *text = g_strdup_printf("%s %s", _("It was not exported."), ssg_error_advice(error));
  g_autofree char *detail = ssg_error_detail(error);
  show_problem(self, text);
  gtk_label_set_text(GTK_LABEL(self->detail), detail);
  gtk_widget_set_visible(self->detail, TRUE);
}

static void progressed(SsgExportJob *job, GParamSpec *pspec, SsgExportDialog *self)
{
  gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(self->progress), ssg_export_job_progress(job));
}

static void set_running(SsgExportDialog *self, gboolean running)
{
  gtk_widget_set_sensitive(self->group, !running);
  gtk_widget_set_sensitive(self->export, !running);
  gtk_revealer_set_reveal_child(GTK_REVEALER(self->progress_revealer), running);
}

static void finished(SsgExportJob *job, const GError *error, SsgExportDialog *self)
{
  g_autofree char *name = g_path_get_basename(ssg_export_job_path(job));
  gboolean cancelled = error && g_error_matches(error, SSG_ERROR, SSG_ERROR_CANCELLED);
  g_signal_handlers_disconnect_by_data(job, self);
  g_clear_object(&self->job);
  set_running(self, FALSE);
  if (error) {
    if (cancelled)
      show_problem(self, _("Cancelled; nothing was written."));
    else
      show_error(self, error);
    return;
  }
  g_autofree char *text = g_strdup_printf(_("Exported to %s."), name);
  g_signal_emit(self, done_signal, 0, text);
  gtk_window_close(GTK_WINDOW(self));
}

static SsgFace *face_of_step(SsgExportDialog *self, GtkWidget *row)
{
  guint position = adw_combo_row_get_selected(ADW_COMBO_ROW(row));
  g_autoptr(SsgHistoryEntry) entry = g_list_model_get_item(ssg_document_history(self->document), position);
  return entry ? ssg_history_entry_face(entry) : ssg_document_face(self->document);
}

static void start(SsgExportDialog *self, const char *path)
{
  SsgExportKind kind = chosen_kind(self);
  gboolean moving = kind == SSG_EXPORT_FRAMES || kind == SSG_EXPORT_ANIMATION;
  SsgExportOptions options = {
    .kind = kind,
    .path = path,
    .part = (int) adw_combo_row_get_selected(ADW_COMBO_ROW(self->part)),
    .style = self->style,
    .opacity = self->opacity,
    .from = moving ? face_of_step(self, self->from) : ssg_document_face(self->document),
    .to = moving ? face_of_step(self, self->to) : NULL,
    .n_frames = gtk_spin_button_get_value_as_int(GTK_SPIN_BUTTON(self->frames)),
    .frame_ms = gtk_spin_button_get_value_as_int(GTK_SPIN_BUTTON(self->time)),
    .back = gtk_switch_get_active(GTK_SWITCH(self->back)),
  };
  if (ssg_export_keeps_face(kind) && gtk_switch_get_active(GTK_SWITCH(self->keep))) {
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *text = g_strdup_printf(_("Face of %s"), name);
    options.project = ssg_picture_snapshot_new(ssg_document_model(self->document),
                                               ssg_document_model_hash(self->document), options.from, text, NULL);
  }
  show_problem(self, NULL);
  set_running(self, TRUE);
  self->job = g_object_ref(ssg_export_start(self->service, &options));
  g_signal_connect(self->job, "notify::progress", G_CALLBACK(progressed), self);
  g_signal_connect(self->job, "finished", G_CALLBACK(finished), self);
}

static void place_chosen(GtkNativeDialog *dialog, int response, SsgExportDialog *self)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
  g_autofree char *path = file ? g_file_get_path(file) : NULL;
  const char *extension = ssg_export_extension(chosen_kind(self));
  g_clear_object(&self->chooser);
  if (!path)
    return;
  g_autofree char *ending = g_strconcat(".", extension, NULL);
  g_autofree char *full = *extension && !g_str_has_suffix(path, ending) ? g_strconcat(path, ending, NULL) : g_strdup(path);
  start(self, full);
}

static void export_clicked(SsgExportDialog *self)
{
  SsgExportKind kind = chosen_kind(self);
  int part = (int) adw_combo_row_get_selected(ADW_COMBO_ROW(self->part));
  g_autofree char *name = ssg_export_suggest_name(kind, ssg_document_title(self->document),
                                                  gtk_widget_get_visible(self->part)
                                                    ? ssg_document_part_title(self->document, part) : NULL);
  g_clear_object(&self->chooser);
  self->chooser = gtk_file_chooser_native_new(_("Export"), GTK_WINDOW(self), GTK_FILE_CHOOSER_ACTION_SAVE, _("_Export"),
                                              _("_Cancel"));
  gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(self->chooser), name);
  gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(self->chooser), TRUE);
  g_signal_connect(self->chooser, "response", G_CALLBACK(place_chosen), self);
  gtk_native_dialog_show(GTK_NATIVE_DIALOG(self->chooser));
}

static void cancel_clicked(SsgExportDialog *self)
{
  if (self->job)
    ssg_export_job_cancel(self->job);
  else
    gtk_window_close(GTK_WINDOW(self));
}

static void fill(SsgExportDialog *self, SsgExportKind kind)
{
  g_autoptr(GtkStringList) kinds = gtk_string_list_new(NULL);
  g_autoptr(GtkStringList) parts = gtk_string_list_new(NULL);
  g_autoptr(GtkStringList) steps = gtk_string_list_new(NULL);
  GListModel *history = ssg_document_history(self->document);
  for (int i = 0; i < SSG_N_EXPORTS; i++)
    gtk_string_list_append(kinds, ssg_export_title(i));
  for (int k = 0; k < ssg_document_model(self->document)->arch.n_parts; k++)
    gtk_string_list_append(parts, ssg_document_part_title(self->document, k));
  for (guint i = 0; i < g_list_model_get_n_items(history); i++) {
    g_autoptr(SsgHistoryEntry) entry = g_list_model_get_item(history, i);
    g_autofree char *text = g_strdup_printf("%u. %s", i + 1, ssg_history_entry_description(entry));
    gtk_string_list_append(steps, text);
  }
  /* Not so the steps, which may name files. */
  ssg_combo_row_show_whole(ADW_COMBO_ROW(self->kind));
  ssg_combo_row_show_whole(ADW_COMBO_ROW(self->part));
  adw_combo_row_set_model(ADW_COMBO_ROW(self->kind), G_LIST_MODEL(kinds));
  adw_combo_row_set_model(ADW_COMBO_ROW(self->part), G_LIST_MODEL(parts));
  adw_combo_row_set_model(ADW_COMBO_ROW(self->from), G_LIST_MODEL(steps));
  adw_combo_row_set_model(ADW_COMBO_ROW(self->to), G_LIST_MODEL(steps));
  /* The part on the canvas: the selected one, else the first that has a depth. */
  int n_parts = ssg_document_model(self->document)->arch.n_parts, part = ssg_document_selected_part(self->document);
  adw_combo_row_set_selected(ADW_COMBO_ROW(self->part), (guint) (part >= 0 ? part : MIN(1, n_parts - 1)));
  /* From the first step to the present one; after undoing everything, to the last. */
  guint n = g_list_model_get_n_items(history);
  int position = ssg_document_position(self->document);
  adw_combo_row_set_selected(ADW_COMBO_ROW(self->to), position > 0 ? (guint) position : MAX(n, 1) - 1);
  adw_combo_row_set_selected(ADW_COMBO_ROW(self->kind), kind);
  kind_changed(self);
}

SsgExportDialog *ssg_export_dialog_new(GtkWindow *parent, SsgDocument *document, SsgRenderService *service,
                                       SsgExportKind kind, SsgDepthStyle style, double opacity)
{
  SsgExportDialog *self = g_object_new(SSG_TYPE_EXPORT_DIALOG, "transient-for", parent, NULL);
  self->document = g_object_ref(document);
  self->service = g_object_ref(service);
  self->style = style;
  self->opacity = opacity;
  fill(self, kind);
  gtk_window_set_focus(GTK_WINDOW(self), self->kind);
  return self;
}

static void dispose(GObject *object)
{
  SsgExportDialog *self = SSG_EXPORT_DIALOG(object);
  if (self->job) {
    g_signal_handlers_disconnect_by_data(self->job, self);
    ssg_export_job_cancel(self->job);
  }
  g_clear_object(&self->job);
  g_clear_object(&self->chooser);
  g_clear_object(&self->document);
  g_clear_object(&self->service);
  G_OBJECT_CLASS(ssg_export_dialog_parent_class)->dispose(object);
}

#define BIND(name) gtk_widget_class_bind_template_child(widget_class, SsgExportDialog, name)

static void ssg_export_dialog_class_init(SsgExportDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  G_OBJECT_CLASS(klass)->dispose = dispose;
  done_signal = g_signal_new("done", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                             G_TYPE_STRING);
  gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_set_template_from_resource(widget_class, "/io/github/ssgan/Editor/export-dialog.ui");
  BIND(cancel);
  BIND(export);
  BIND(group);
  BIND(kind);
  BIND(part);
  BIND(from);
  BIND(to);
  BIND(frames_row);
  BIND(frames);
  BIND(time_row);
  BIND(time);
  BIND(back_row);
  BIND(back);
  BIND(keep_row);
  BIND(keep);
  BIND(progress_revealer);
  BIND(progress);
  BIND(problem);
  BIND(detail);
  gtk_widget_class_bind_template_callback(widget_class, cancel_clicked);
  gtk_widget_class_bind_template_callback(widget_class, export_clicked);
  gtk_widget_class_bind_template_callback(widget_class, kind_changed);
  gtk_widget_class_bind_template_callback(widget_class, check_steps);
}

static void ssg_export_dialog_init(SsgExportDialog *self)
{
  gtk_widget_init_template(GTK_WIDGET(self));
}
