#include "ui/window-private.h"

#include "app/export.h"
#include "app/i18n.h"
#include "ui/application.h"
#include "ui/export-dialog.h"
#include "ui/textures.h"

static void remember(SsgWindow *self, GFile *file)
{
  g_autofree char *uri = g_file_get_uri(file);
  GtkRecentData recent = { .mime_type = (char *) SSG_PROJECT_MIME_TYPE, .app_name = (char *) "ssgan-editor",
                           .app_exec = (char *) "ssgan-editor %u" };
  gtk_recent_manager_add_full(gtk_recent_manager_get_default(), uri, &recent);
}

/* Opening ----------------------------------------------------------------------------------------------------------- */

/* Into this window if nothing is in it that would be missed, else into one of its own; NULL document: what is the matter, and why. */
static SsgWindow *show_document(SsgWindow *self, SsgDocument *document, const char *otherwise, const GError *error)
{
  if (!document) {
    ssg_window_message_error(self, otherwise, error, NULL, NULL);
    return NULL;
  }
  SsgWindow *window = self;
  if (!ssg_window_is_untouched(self))
    window = ssg_window_new(gtk_window_get_application(GTK_WINDOW(self)), self->worker, self->settings);
  else
    ssg_window_hide_message(self);
  ssg_window_set_document(window, document);
  gtk_window_present(GTK_WINDOW(window));
  return window;
}

static void open_project(SsgWindow *self, GFile *file)
{
  g_autofree char *path = g_file_get_path(file);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgDocument) document = ssg_project_load(path, &error);
  SsgWindow *window = show_document(self, document, _("This project cannot be opened."), error);
  if (window)
    remember(window, file);
}

/* A seed in a picture means a face only in the model that drew it. */
static gboolean offer_seed(SsgWindow *self, const char *path)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  g_autofree char *seed = ssg_picture_text(path, "Seed"), *model = ssg_picture_text(path, "Model"),
                  *psi = ssg_picture_text(path, "Truncation");
  if (!info || !seed || g_strcmp0(model, info->name) != 0 ||
      !g_ascii_string_to_unsigned(seed, 10, 0, G_MAXUINT32, &self->offered_seed, NULL))
    return FALSE;
  self->offered_psi = psi ? g_ascii_strtod(psi, NULL) : -1;
  g_autofree char *text = g_strdup_printf(_("No face is stored in this picture, but it was drawn from seed %s of this model."), seed);
  ssg_window_message(self, text, _("Show That Seed"), "win.show-offered-seed");
  return TRUE;
}

static void show_offered_seed(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  ssg_window_hide_message(self);
  if (self->shelf)
    ssg_shelf_view_go_to_seed(SSG_SHELF_VIEW(self->shelf_view), self->offered_seed, self->offered_psi);
}

/* What this editor exported has the face in it. Others are said to have none, and what can be done. */
static void open_picture(SsgWindow *self, GFile *file)
{
  g_autofree char *path = g_file_get_path(file);
  g_autoptr(GError) error = NULL;
  if (ssg_picture_sniff(path)) {
    g_autoptr(SsgDocument) document = ssg_picture_load(path, &error);
    show_document(self, document, _("The face in this picture cannot be opened."), error);
  } else if (!offer_seed(self, path)) {
    ssg_window_message(self, _("No face is stored in this picture, so its parts cannot be edited. Pictures that were exported "
                               "here can be; so can projects and latents (.npy). Photographs cannot."), NULL, NULL);
  }
}

static void open_latents(SsgWindow *self, GFile *file)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  g_autofree char *path = g_file_get_path(file);
  g_autoptr(GError) error = NULL;
  /* Dropped together with a model they are that model's. */
  if (ssg_render_service_state(self->service) == SSG_SERVICE_LOADING) {
    if (!self->pending)
      self->pending = g_ptr_array_new_with_free_func(g_object_unref);
    g_ptr_array_add(self->pending, g_object_ref(file));
    return;
  }
  if (!info) {
    ssg_window_message(self, _("Open a model first: latents mean nothing without it."), _("Open Model…"), "win.open-model");
    return;
  }
  g_autoptr(GPtrArray) faces = ssg_shelf_read_latents(path, &info->arch, &error);
  if (!faces) {
    ssg_window_message_error(self, _("These latents cannot be opened."), error, NULL, NULL);
    return;
  }
  for (guint i = 0; i < faces->len; i++)
    g_list_store_append(G_LIST_STORE(ssg_document_kept(self->document)), faces->pdata[i]);
  ssg_shelf_view_show_kept(SSG_SHELF_VIEW(self->shelf_view), faces->len);
  g_autofree char *text = g_strdup_printf(g_dngettext(GETTEXT_PACKAGE, "%u face is on the shelf now.",
                                                      "%u faces are on the shelf now.", faces->len), faces->len);
  ssg_window_toast(self, text);
}

void ssg_window_open_file(SsgWindow *self, GFile *file)
{
  g_autofree char *path = g_file_get_path(file);
  if (!path) {
    ssg_window_message(self, _("Only files of this computer can be opened."), NULL, NULL);
    return;
  }
  g_autofree char *lower = g_ascii_strdown(path, -1);
  if (ssg_project_sniff(path))
    open_project(self, file);
  else if (g_str_has_suffix(lower, ".npy"))
    open_latents(self, file);
  else if (g_str_has_suffix(lower, ".png") || g_str_has_suffix(lower, ".jpg") || g_str_has_suffix(lower, ".jpeg"))
    open_picture(self, file);
  else
    ssg_window_load_model(self, path);
}

static void file_chosen(GtkNativeDialog *dialog, int response, SsgWindow *self)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
  g_clear_object(&self->chooser);
  if (file)
    ssg_window_open_file(self, file);
}

static void add_filter(GtkFileChooser *chooser, const char *name, const char *const *suffixes)
{
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new();
  gtk_file_filter_set_name(filter, name);
  for (int i = 0; suffixes[i]; i++)
    gtk_file_filter_add_suffix(filter, suffixes[i]);
  gtk_file_chooser_add_filter(chooser, filter);
}

static void open_dialog(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  g_clear_object(&self->chooser);
  self->chooser = gtk_file_chooser_native_new(_("Open"), GTK_WINDOW(self), GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"),
                                              _("_Cancel"));
  GtkFileChooser *chooser = GTK_FILE_CHOOSER(self->chooser);
  add_filter(chooser, _("All that can be opened"),
             (const char *const[]) { "ssgan", "safetensors", "pt", "pth", "npy", "png", NULL });
  add_filter(chooser, _("Projects"), (const char *const[]) { "ssgan", NULL });
  add_filter(chooser, _("Models"), (const char *const[]) { "safetensors", "pt", "pth", NULL });
  add_filter(chooser, _("Latents"), (const char *const[]) { "npy", NULL });
  add_filter(chooser, _("Exported pictures"), (const char *const[]) { "png", NULL });
  gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(self->chooser), TRUE);
  g_signal_connect(self->chooser, "response", G_CALLBACK(file_chosen), self);
  gtk_native_dialog_show(GTK_NATIVE_DIALOG(self->chooser));
}

static void open_recent(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  g_autoptr(GFile) file = g_file_new_for_uri(g_variant_get_string(parameter, NULL));
  ssg_window_open_file(data, file);
}

static void fill_recent(SsgWindow *self)
{
  GList *items = gtk_recent_manager_get_items(gtk_recent_manager_get_default());
  g_menu_remove_all(self->recent_menu);
  int n = 0;
  for (GList *l = items; l && n < 10; l = l->next) {
    GtkRecentInfo *info = l->data;
    if (!gtk_recent_info_has_application(info, "ssgan-editor") || !gtk_recent_info_exists(info))
      continue;
    g_autofree char *name = ssg_window_menu_text(gtk_recent_info_get_display_name(info));
    GMenuItem *item = g_menu_item_new(name, NULL);
    g_menu_item_set_action_and_target(item, "win.open-recent", "s", gtk_recent_info_get_uri(info));
    g_menu_append_item(self->recent_menu, item);
    g_object_unref(item);
    n++;
  }
  if (n == 0)
    g_menu_append(self->recent_menu, _("No Recent Projects"), "win.no-recent");
  g_list_free_full(items, (GDestroyNotify) gtk_recent_info_unref);
}

/* Saving ------------------------------------------------------------------------------------------------------------ */

static void saved(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgWindow) self = data;
  g_autoptr(GError) error = NULL;
  if (!ssg_project_save_finish(SSG_DOCUMENT(object), result, &error)) {
    self->close_after_save = FALSE;
    ssg_window_message_error(self, _("The project was not saved."), error, _("Save As…"), "win.save-as");
    return;
  }
  GFile *file = ssg_document_file(SSG_DOCUMENT(object));
  if (file)
    remember(self, file);
  if (self->close_after_save) {
    self->closing = TRUE;
    gtk_window_close(GTK_WINDOW(self));
  } else
    ssg_window_toast(self, _("Saved."));
}

static void save_to(SsgWindow *self, GFile *file)
{
  ssg_project_save_async(self->document, file, NULL, saved, g_object_ref(self));
}

static void save_chosen(GtkNativeDialog *dialog, int response, SsgWindow *self)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
  g_clear_object(&self->chooser);
  if (!file) {
    self->close_after_save = FALSE;
    return;
  }
  g_autofree char *name = g_file_get_basename(file);
  if (!g_str_has_suffix(name, SSG_PROJECT_EXTENSION)) {
    g_autofree char *full = g_strconcat(name, SSG_PROJECT_EXTENSION, NULL);
    g_autoptr(GFile) folder = g_file_get_parent(file);
    g_object_unref(file);
    file = g_file_get_child(folder, full);
  }
  save_to(self, file);
}

static void save_as(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  g_autofree char *name = g_strconcat(ssg_document_title(self->document), SSG_PROJECT_EXTENSION, NULL);
  g_clear_object(&self->chooser);
  self->chooser = gtk_file_chooser_native_new(_("Save As"), GTK_WINDOW(self), GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"),
                                              _("_Cancel"));
  gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(self->chooser), name);
  add_filter(GTK_FILE_CHOOSER(self->chooser), _("Projects"), (const char *const[]) { "ssgan", NULL });
  gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(self->chooser), TRUE);
  g_signal_connect(self->chooser, "response", G_CALLBACK(save_chosen), self);
  gtk_native_dialog_show(GTK_NATIVE_DIALOG(self->chooser));
}

static void save(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  GFile *file = ssg_document_file(self->document);
  if (file)
    save_to(self, file);
  else
    save_as(NULL, NULL, self);
}

static gboolean close_now(gpointer data)
{
  gtk_window_close(data);
  return G_SOURCE_REMOVE;
}

static void close_answered(AdwMessageDialog *dialog, const char *response, SsgWindow *self)
{
  if (g_str_equal(response, "discard")) {
    self->closing = TRUE;
    /* After the dialog: GTK 4.8 reaches for a dialog's parent when it frees the dialog, dead or not. */
    g_idle_add_full(G_PRIORITY_LOW, close_now, g_object_ref(self), g_object_unref);
  } else if (g_str_equal(response, "save")) {
    self->close_after_save = TRUE;
    save(NULL, NULL, self);
  }
}

gboolean ssg_window_confirm_close(SsgWindow *self)
{
  if (!ssg_document_modified(self->document) || !ssg_document_face(self->document) ||
      ssg_document_position(self->document) <= 0)
    return FALSE;
  GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(self), _("Save Changes?"), NULL);
  adw_message_dialog_format_body(ADW_MESSAGE_DIALOG(dialog), _("Changes of “%s” that are not saved will be lost."),
                                 ssg_document_title(self->document));
  adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "discard", _("_Discard"), "save",
                                   _("_Save"), NULL);
  adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "discard", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "save", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "save");
  adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
  g_signal_connect_object(dialog, "response", G_CALLBACK(close_answered), self, 0);
  gtk_window_present(GTK_WINDOW(dialog));
  return TRUE;
}

/* Clipboard and export ---------------------------------------------------------------------------------------------- */

static void copy(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  SsgRender *render = ssg_canvas_get_render(SSG_CANVAS(self->canvas));
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  if (!render || !info)
    return;
  int part = MAX(ssg_document_selected_part(self->document), 0);
  g_autoptr(GdkTexture) texture = self->view == SSG_VIEW_MASK    ? ssg_texture_mask(render, info->part_colors)
                                  : self->view == SSG_VIEW_DEPTH ? ssg_texture_depth(render, part, &self->depth_style)
                                                                 : ssg_texture_face(render);
  /* For other programs a picture, for this one the face in it. */
  g_auto(GValue) value = G_VALUE_INIT;
  g_value_init(&value, GDK_TYPE_TEXTURE);
  g_value_set_object(&value, texture);
  GdkContentProvider *providers[] = { gdk_content_provider_new_for_value(&value),
                                      gdk_content_provider_new_typed(SSG_TYPE_FACE, ssg_document_face(self->document)) };
  g_autoptr(GdkContentProvider) both = gdk_content_provider_new_union(providers, G_N_ELEMENTS(providers));
  gdk_clipboard_set_content(gtk_widget_get_clipboard(GTK_WIDGET(self)), both);
  ssg_window_toast(self, _("Picture copied."));
}

static void latent_written(SsgExportJob *job, const GError *error, gpointer data)
{
  SsgWindow *self = data;
  if (error) {
    ssg_window_toast_error(self, _("Latent not copied"), error);
    return;
  }
  g_autoptr(GFile) file = g_file_new_for_path(ssg_export_job_path(job));
  gdk_clipboard_set(gtk_widget_get_clipboard(GTK_WIDGET(self)), G_TYPE_FILE, file);
  ssg_window_toast(self, _("Latent copied as a .npy file."));
}

/* As a file, because that is what file managers and this editor can paste. */
static void copy_latent(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "ssgan", NULL);
  g_autofree char *name = ssg_export_suggest_name(SSG_EXPORT_LATENT_NPY, ssg_document_title(self->document), NULL);
  g_autofree char *path = g_build_filename(folder, name, NULL);
  g_mkdir_with_parents(folder, 0700);
  SsgExportOptions options = { .kind = SSG_EXPORT_LATENT_NPY, .path = path, .from = ssg_document_face(self->document) };
  SsgExportJob *job = ssg_export_start(self->service, &options);
  g_signal_connect_object(job, "finished", G_CALLBACK(latent_written), self, 0);
}

static void pasted(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgWindow) self = data;
  const GValue *value = gdk_clipboard_read_value_finish(GDK_CLIPBOARD(object), result, NULL);
  GdkFileList *list = value ? g_value_get_boxed(value) : NULL;
  if (!list) {
    ssg_window_toast(self, _("Nothing to paste: copy a project, a model, latents or an exported picture as a file."));
    return;
  }
  g_autoptr(GSList) files = gdk_file_list_get_files(list);
  for (GSList *l = files; l; l = l->next)
    ssg_window_open_file(self, l->data);
}

static void face_pasted(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgWindow) self = data;
  const GValue *value = gdk_clipboard_read_value_finish(GDK_CLIPBOARD(object), result, NULL);
  SsgFace *face = value ? g_value_get_boxed(value) : NULL, *now = ssg_document_face(self->document);
  if (!face || !now)
    return;
  if (ssg_face_n_parts(face) != ssg_face_n_parts(now) || ssg_face_n_base(face) != ssg_face_n_base(now) ||
      ssg_face_style_dim(face) != ssg_face_style_dim(now))
    ssg_window_toast(self, _("That face belongs to another kind of model."));
  else
    ssg_window_keep_face(self, face);
}

static void paste(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard(data);
  GdkContentFormats *formats = gdk_clipboard_get_formats(clipboard);
  if (gdk_content_formats_contain_gtype(formats, SSG_TYPE_FACE))
    gdk_clipboard_read_value_async(clipboard, SSG_TYPE_FACE, G_PRIORITY_DEFAULT, NULL, face_pasted, g_object_ref(data));
  else
    gdk_clipboard_read_value_async(clipboard, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL, pasted, g_object_ref(data));
}

static gboolean files_dropped(GtkDropTarget *target, const GValue *value, double x, double y, SsgWindow *self)
{
  g_autoptr(GSList) files = gdk_file_list_get_files(g_value_get_boxed(value));
  for (GSList *l = files; l; l = l->next)
    ssg_window_open_file(self, l->data);
  return TRUE;
}

static void export(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  static const SsgExportKind kinds[SSG_N_VIEWS] = { SSG_EXPORT_PICTURE, SSG_EXPORT_MASK, SSG_EXPORT_OVERLAY,
                                                    SSG_EXPORT_DEPTH_COLOR, SSG_EXPORT_DEPTH_GRID };
  SsgExportDialog *dialog = ssg_export_dialog_new(GTK_WINDOW(self), self->document, self->service, kinds[self->view],
                                                  self->depth_style, gtk_range_get_value(GTK_RANGE(self->opacity)));
  g_signal_connect_object(dialog, "done", G_CALLBACK(ssg_window_toast), self, G_CONNECT_SWAPPED);
  gtk_window_present(GTK_WINDOW(dialog));
}

static void new_portrait(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  if (ssg_window_is_untouched(self) && ssg_render_service_model_info(self->service)) {
    ssg_window_start_face(self, g_random_int_range(0, 100000));
    return;
  }
  ssg_application_new_window(SSG_APPLICATION(gtk_window_get_application(GTK_WINDOW(self))), self);
}

static void close_window(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_window_close(data);
}

void ssg_window_add_file_actions(SsgWindow *self)
{
  static const GActionEntry entries[] = {
    { "new", new_portrait },   { "open", open_dialog }, { "open-recent", open_recent, "s" },
    { "save", save },          { "save-as", save_as },  { "copy", copy },
    { "copy-latent", copy_latent }, { "paste", paste }, { "export", export },
    { "close", close_window },      { "show-offered-seed", show_offered_seed },
  };
  g_action_map_add_action_entries(G_ACTION_MAP(self), entries, G_N_ELEMENTS(entries), self);
}

void ssg_window_connect_files(SsgWindow *self)
{
  self->recent_menu = g_menu_new();
  fill_recent(self);
  adw_split_button_set_menu_model(ADW_SPLIT_BUTTON(self->recent_menu_button), G_MENU_MODEL(self->recent_menu));
  g_signal_connect_object(gtk_recent_manager_get_default(), "changed", G_CALLBACK(fill_recent), self, G_CONNECT_SWAPPED);
  GtkDropTarget *target = gtk_drop_target_new(GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);
  g_signal_connect(target, "drop", G_CALLBACK(files_dropped), self);
  gtk_widget_add_controller(self->stack, GTK_EVENT_CONTROLLER(target));
}
