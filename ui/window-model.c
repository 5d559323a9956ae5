#include "ui/window-private.h"

#include "app/i18n.h"
#include "app/project-file.h"
#include "app/settings.h"

/* What a new portrait begins with where the model suggests no seeds. */
#define FIRST_SEED 1
#define LONG_LOAD_US (400 * 1000)

static char *device_name(SsgWindow *self)
{
  g_autofree char *chosen = g_settings_get_string(self->settings, "device");
  g_autofree char *precision = g_settings_get_string(self->settings, "precision");
  return g_strconcat(self->wanted_device ? self->wanted_device : chosen, "/", precision, NULL);
}

static void show_page(SsgWindow *self)
{
  gboolean model = ssg_render_service_model_info(self->service) != NULL;
  gboolean loading = ssg_render_service_state(self->service) == SSG_SERVICE_LOADING;
  gboolean face = ssg_document_face(self->document) != NULL;
  const char *page = model || face ? "editor" : loading ? "loading" : "welcome";
  gtk_stack_set_visible_child_name(GTK_STACK(self->stack), page);
  gtk_widget_set_visible(self->zoom_button,
                         g_str_equal(page, "editor") && ssg_canvas_get_render(SSG_CANVAS(self->canvas)));
  /* A focus within the page that is hidden would keep Tab from all others. */
  GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(self));
  gboolean editor = g_str_equal(page, "editor");
  if (!editor && focus && gtk_widget_is_ancestor(focus, self->layout))
    gtk_window_set_focus(GTK_WINDOW(self), NULL);
  else if (editor && !focus)
    gtk_widget_grab_focus(self->canvas);
}

/* Each window begins with another face, so that a new portrait is one. */
static guint64 first_seed(SsgWindow *self, const SsgModelInfo *info)
{
  GtkApplication *application = gtk_window_get_application(GTK_WINDOW(self));
  guint n = 0;
  for (GList *l = application ? gtk_application_get_windows(application) : NULL; l; l = l->next)
    n += l->data != self && SSG_IS_WINDOW(l->data);
  return info->n_shelf_seeds > 0 ? info->shelf_seeds[n % info->n_shelf_seeds] : FIRST_SEED + n;
}

/* The model that is loaded does not fit the portrait. Where nothing would be lost another portrait begins; else the portrait
 * keeps its own model, and the other one is offered in a window of its own. */
static void refuse_model(SsgWindow *self, const GError *error)
{
  g_autofree char *own = g_strdup(ssg_document_model_path(self->document));
  const char *path = ssg_render_service_model_path(self->service);
  if (ssg_window_is_untouched(self)) {
    g_autoptr(SsgDocument) document = ssg_document_new();
    ssg_window_set_document(self, document);
    return;
  }
  g_free(self->refused);
  self->refused = g_strdup(path);
  if (!own || g_strcmp0(own, path) == 0 || !g_file_test(own, G_FILE_TEST_EXISTS)) {
    ssg_window_message_error(self, _("This model does not fit the portrait."), error, _("Find Model…"), "win.open-model");
    return;
  }
  ssg_window_message_error(self, _("This model does not fit the portrait."), error, _("Open in a New Window"),
                           "win.open-refused");
  self->refusing = TRUE;
  g_autofree char *device = device_name(self);
  ssg_render_service_load(self->service, own, device);
}

/* A model is ready: the document takes it, or another document begins. */
static void model_ready(SsgWindow *self)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  g_autoptr(GError) error = NULL;
  if (!ssg_document_set_model(self->document, info, ssg_render_service_model_path(self->service),
                              ssg_render_service_model_hash(self->service), &error)) {
    refuse_model(self, error);
    return;
  }
  if (!self->refusing)
    ssg_window_hide_message(self);
  self->refusing = FALSE;
  ssg_window_parts_changed(self);
  if (!self->shelf) {
    self->shelf = ssg_shelf_new(self->service, ssg_document_kept(self->document));
    g_settings_bind(self->settings, "truncation", self->shelf, "psi", G_SETTINGS_BIND_DEFAULT);
    ssg_shelf_view_set_shelf(SSG_SHELF_VIEW(self->shelf_view), self->shelf);
  }
  int part = ssg_document_selected_part(self->document);
  ssg_canvas_set_selected(SSG_CANVAS(self->canvas), part);
  ssg_strip_set_selected(SSG_STRIP(self->strip), part);
  if (!ssg_document_face(self->document))
    ssg_window_start_face(self, first_seed(self, info));
  else
    ssg_render_service_request(self->service, ssg_document_face(self->document), FALSE);
  ssg_window_update_actions(self);
  ssg_window_update_before(self);
  if (self->seen_with && g_strcmp0(self->seen_with, ssg_render_service_model_path(self->service)) != 0)
    ssg_window_forget_donor_item(self); /* its seed is another face in this model */
  self->donor_stale = TRUE;
  ssg_window_update_donor(self);
  ssg_window_tell_model(self);
  ssg_window_read_models(self);
  g_autoptr(GPtrArray) pending = g_steal_pointer(&self->pending);
  for (guint i = 0; pending && i < pending->len; i++)
    ssg_window_open_file(self, pending->pdata[i]);
}

void ssg_window_service_state_changed(SsgWindow *self)
{
  const GError *error = ssg_render_service_error(self->service);
  switch (ssg_render_service_state(self->service)) {
  case SSG_SERVICE_LOADING:
    self->load_began = g_get_monotonic_time();
    break;
  case SSG_SERVICE_READY:
    model_ready(self);
    break;
  case SSG_SERVICE_FAILED:
    if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      ssg_window_message_error(self, _("This model cannot be opened."), error, _("Open Another Model…"), "win.open-model");
    break;
  case SSG_SERVICE_DEVICE_LOST:
    ssg_window_message_error(self, _("The device stopped working. Nothing of your work is lost."), error,
                             _("Continue on the CPU"), "win.use-cpu");
    break;
  default:
    break;
  }
  show_page(self);
  ssg_window_update_status(self);
}

static void progress_changed(SsgWindow *self)
{
  double progress;
  g_object_get(self->service, "progress", &progress, NULL);
  gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(self->load_progress), CLAMP(progress, 0, 1));
  /* Behind a face that stays on screen: told, and can be cancelled, once it takes long. */
  if (ssg_render_service_state(self->service) == SSG_SERVICE_LOADING &&
      g_get_monotonic_time() - self->load_began > LONG_LOAD_US &&
      g_str_equal(gtk_stack_get_visible_child_name(GTK_STACK(self->stack)), "editor")) {
    g_autofree char *percent = g_strdup_printf(_("%.0f %%"), 100 * progress);
    g_autofree char *text = g_strdup_printf("%s %s", gtk_label_get_text(GTK_LABEL(self->load_label)), percent);
    ssg_window_message(self, text, _("Cancel"), "win.cancel-load");
  }
}

void ssg_window_load_model(SsgWindow *self, const char *path)
{
  g_autofree char *device = device_name(self);
  g_autofree char *name = g_filename_display_basename(path);
  g_autofree char *text = g_strdup_printf(_("Loading %s…"), name);
  gtk_label_set_text(GTK_LABEL(self->load_label), text);
  ssg_window_hide_message(self);
  ssg_render_service_load(self->service, path, device);
}

void ssg_window_load_random(SsgWindow *self, const SsgArchitecture *arch, guint64 seed)
{
  g_autofree char *device = device_name(self);
  gtk_label_set_text(GTK_LABEL(self->load_label), _("Loading the model…"));
  ssg_render_service_load_random(self->service, arch, seed, device);
}

/* The model of a project -------------------------------------------------------------------------------------------- */

typedef struct {
  char *project, *path, *hash, *fallback;
} Search;

static void search_free(gpointer data)
{
  Search *search = data;
  g_free(search->project);
  g_free(search->path);
  g_free(search->hash);
  g_free(search->fallback);
  g_free(search);
}

static void search_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Search *search = data;
  GError *error = NULL;
  const char *const known[] = { search->fallback, NULL };
  g_autoptr(GPtrArray) models = ssg_model_list_read(known, cancellable);
  g_autofree const char **candidates = g_new0(const char *, models->len + 1);
  for (guint i = 0; i < models->len; i++)
    candidates[i] = ((SsgModelEntry *) models->pdata[i])->path;
  char *found = ssg_project_find_model(search->project, search->path, search->hash, candidates, cancellable, &error);
  if (found)
    g_task_return_pointer(task, found, g_free);
  else
    g_task_return_error(task, error);
}

static void search_done(GObject *object, GAsyncResult *result, gpointer data)
{
  SsgWindow *self = SSG_WINDOW(object);
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_task_propagate_pointer(G_TASK(result), &error);
  if (path)
    ssg_window_load_model(self, path);
  else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    const SsgModelInfo *info = ssg_document_model(self->document);
    g_autofree char *text = g_strdup_printf(_("The model “%s” of this project was not found. Where is it?"),
                                            info ? info->name : "");
    ssg_window_message(self, text, _("Find Model…"), "win.open-model");
  }
}

/* Where a window of this program has the model that the document names; NULL: none has. Borrowed. */
static const char *path_in_other_window(SsgWindow *self, const char *hash)
{
  GtkApplication *application = gtk_window_get_application(GTK_WINDOW(self));
  for (GList *l = application ? gtk_application_get_windows(application) : NULL; l && *hash; l = l->next) {
    SsgRenderService *service = SSG_IS_WINDOW(l->data) ? SSG_WINDOW(l->data)->service : NULL;
    if (service && ssg_render_service_state(service) == SSG_SERVICE_READY &&
        g_str_equal(hash, ssg_render_service_model_hash(service)))
      return ssg_render_service_model_path(service);
  }
  return NULL;
}

void ssg_window_find_model(SsgWindow *self)
{
  const char *hash = ssg_document_model_hash(self->document);
  gboolean loaded = ssg_render_service_state(self->service) == SSG_SERVICE_READY &&
                    g_str_equal(hash, ssg_render_service_model_hash(self->service));
  /* A new document takes what is there; random weights have no file to look for. */
  if (!ssg_document_model(self->document) || loaded || (!*hash && !ssg_document_model_path(self->document))) {
    ssg_window_service_state_changed(self);
    return;
  }
  show_page(self);
  const char *path = path_in_other_window(self, hash);
  if (path) {
    ssg_window_load_model(self, path);
    return;
  }
  Search *search = g_new0(Search, 1);
  GFile *file = ssg_document_file(self->document);
  search->project = file ? g_file_get_path(file) : NULL;
  search->path = g_strdup(ssg_document_model_path(self->document));
  search->hash = g_strdup(hash);
  search->fallback = ssg_settings_default_model(self->settings);
  g_autoptr(GTask) task = g_task_new(self, self->cancellable, search_done, NULL);
  g_task_set_task_data(task, search, search_free);
  g_task_run_in_thread(task, search_thread);
}

/* Actions ----------------------------------------------------------------------------------------------------------- */

static void model_chosen(GtkNativeDialog *dialog, int response, SsgWindow *self)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
  g_autofree char *path = file ? g_file_get_path(file) : NULL;
  g_clear_object(&self->chooser);
  if (path)
    ssg_window_load_model(self, path);
}

static void open_model(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new();
  gtk_file_filter_set_name(filter, _("SemanticStyleGAN models"));
  gtk_file_filter_add_suffix(filter, "safetensors");
  gtk_file_filter_add_suffix(filter, "pt");
  gtk_file_filter_add_suffix(filter, "pth");
  g_clear_object(&self->chooser);
  self->chooser = gtk_file_chooser_native_new(_("Open Model"), GTK_WINDOW(self), GTK_FILE_CHOOSER_ACTION_OPEN,
                                              _("_Open"), _("_Cancel"));
  gtk_file_chooser_add_filter(GTK_FILE_CHOOSER(self->chooser), filter);
  gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(self->chooser), TRUE);
  g_signal_connect(self->chooser, "response", G_CALLBACK(model_chosen), self);
  gtk_native_dialog_show(GTK_NATIVE_DIALOG(self->chooser));
}

static void cancel_load(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ssg_render_service_cancel_load(SSG_WINDOW(data)->service);
}

static void use_cpu(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  g_autofree char *path = g_strdup(ssg_document_model_path(self->document));
  g_free(self->wanted_device);
  self->wanted_device = g_strdup("cpu");
  if (path)
    ssg_window_load_model(self, path);
}

void ssg_window_add_model_actions(SsgWindow *self)
{
  static const GActionEntry entries[] = {
    { "open-model", open_model },
    { "cancel-load", cancel_load },
    { "use-cpu", use_cpu },
  };
  g_action_map_add_action_entries(G_ACTION_MAP(self), entries, G_N_ELEMENTS(entries), self);
}

void ssg_window_connect_model(SsgWindow *self)
{
  g_signal_connect_swapped(self->service, "notify::state", G_CALLBACK(ssg_window_service_state_changed), self);
  g_signal_connect_swapped(self->service, "notify::progress", G_CALLBACK(progress_changed), self);
}
