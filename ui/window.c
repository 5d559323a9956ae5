#include "ui/window-private.h"

#include "app/advice.h"
#include "app/i18n.h"
#include "app/settings.h"
#include "engine/error.h"
#include "ui/accessible.h"

G_DEFINE_FINAL_TYPE(SsgWindow, ssg_window, ADW_TYPE_APPLICATION_WINDOW)

static void bar_closed(SsgWindow *self)
{
  ssg_window_hide_message(self);
}

/* A revealer that fades keeps the room of what it hides; one that slides measures text that wraps wrongly by a pixel now and
 * then, which GTK calls critical. */
static void bar_revealed(SsgWindow *self)
{
  gtk_widget_set_visible(self->bar, gtk_revealer_get_reveal_child(GTK_REVEALER(self->bar)) ||
                                      gtk_revealer_get_child_revealed(GTK_REVEALER(self->bar)));
}

static void opacity_changed(SsgWindow *self)
{
  ssg_canvas_set_overlay_opacity(SSG_CANVAS(self->canvas), gtk_range_get_value(GTK_RANGE(self->opacity)));
}

static void show_message(SsgWindow *self, const char *text, const char *detail, const char *button, const char *action)
{
  g_autofree char *all = detail ? g_strdup_printf("%s %s", text, detail) : g_strdup(text);
  gtk_label_set_text(GTK_LABEL(self->bar_label), text);
  gtk_label_set_text(GTK_LABEL(self->bar_detail), detail ? detail : "");
  gtk_widget_set_visible(self->bar_detail, detail != NULL);
  gtk_accessible_update_property(GTK_ACCESSIBLE(self->bar_label), GTK_ACCESSIBLE_PROPERTY_LABEL, all, -1);
  gtk_widget_set_visible(self->bar_button, button != NULL);
  if (button) {
    gtk_button_set_label(GTK_BUTTON(self->bar_button), button);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(self->bar_button), action);
  }
  gtk_widget_set_visible(self->bar, TRUE);
  gtk_revealer_set_reveal_child(GTK_REVEALER(self->bar), TRUE);
}

void ssg_window_message_error(SsgWindow *self, const char *what, const GError *error, const char *button,
                              const char *action)
{
  g_autofree char *text = g_strdup_printf("%s %s", what, ssg_error_advice(error));
  g_autofree char *detail = ssg_error_detail(error);
  show_message(self, text, detail, button, action);
}

void ssg_window_message(SsgWindow *self, const char *text, const char *button, const char *action)
{
  show_message(self, text, NULL, button, action);
}

void ssg_window_hide_message(SsgWindow *self)
{
  gtk_revealer_set_reveal_child(GTK_REVEALER(self->bar), FALSE);
}

void ssg_window_toast(SsgWindow *self, const char *text)
{
  ssg_toast_show(SSG_TOAST(self->toast), text, NULL, NULL, NULL, NULL);
}

void ssg_window_toast_error(SsgWindow *self, const char *what, const GError *error)
{
  /* Translators: what failed, and a sentence about what to do. */
  g_autofree char *text = g_strdup_printf(_("%s: %s"), what, ssg_error_advice(error));
  g_autofree char *detail = ssg_error_detail(error);
  ssg_toast_show(SSG_TOAST(self->toast), text, detail, NULL, NULL, NULL);
}

void ssg_window_set_enabled(SsgWindow *self, const char *action, gboolean enabled)
{
  g_simple_action_set_enabled(G_SIMPLE_ACTION(g_action_map_lookup_action(G_ACTION_MAP(self), action)), enabled);
}

gboolean ssg_window_in_gesture(SsgWindow *self)
{
  gboolean in_gesture = FALSE;
  if (self->document)
    g_object_get(self->document, "in-gesture", &in_gesture, NULL);
  return in_gesture;
}

static void update_title(SsgWindow *self)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  const char *model = info ? info->name : ssg_document_model(self->document) ? ssg_document_model(self->document)->name : "";
  g_autofree char *subtitle = !ssg_document_modified(self->document) ? g_strdup(model)
                              : *model ? g_strdup_printf(_("%s · unsaved changes"), model)
                                       : g_strdup(_("unsaved changes"));
  const char *title = ssg_document_title(self->document);
  g_autofree char *window_title = g_strdup_printf(_("%s — SSGAN Editor"), title);
  adw_window_title_set_title(ADW_WINDOW_TITLE(self->title), title);
  adw_window_title_set_subtitle(ADW_WINDOW_TITLE(self->title), subtitle);
  gtk_window_set_title(GTK_WINDOW(self), window_title);
}

void ssg_window_update_actions(SsgWindow *self)
{
  SsgFace *face = ssg_document_face(self->document);
  int part = ssg_document_selected_part(self->document);
  gboolean editable = face && part >= 0 && !ssg_document_locked(self->document, part);
  gboolean model = ssg_render_service_model_info(self->service) != NULL;
  static const char *const need_face[] = { "save",         "save-as",      "export",       "copy-latent", "keep",
                                           "compose-next", "compose-back", "compose-first", "compose-all", "reset-face" };
  static const char *const need_part[] = { "reset-part", "nudge", "grow" };
  gboolean can_undo, can_redo;
  g_object_get(self->document, "can-undo", &can_undo, "can-redo", &can_redo, NULL);
  ssg_window_set_enabled(self, "undo", can_undo);
  ssg_window_set_enabled(self, "redo", can_redo);
  for (gsize i = 0; i < G_N_ELEMENTS(need_face); i++)
    ssg_window_set_enabled(self, need_face[i], face != NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(need_part); i++)
    ssg_window_set_enabled(self, need_part[i], g_str_equal(need_part[i], "reset-part") ? editable : face != NULL);
  ssg_window_set_enabled(self, "toggle-part", face && part >= 0);
  ssg_window_set_enabled(self, "toggle-lock", face && part >= 0);
  ssg_window_set_enabled(self, "resample", editable && model);
  ssg_window_set_enabled(self, "resample-face", face && model);
  ssg_window_set_enabled(self, "swap-donor", editable && ssg_document_donor(self->document));
  ssg_window_set_enabled(self, "copy", ssg_canvas_get_render(SSG_CANVAS(self->canvas)) != NULL);
}

static void face_changed(SsgWindow *self)
{
  SsgFace *face = ssg_document_face(self->document);
  self->first_seen = FALSE;
  if (face) {
    guint64 shown = 0, locked;
    for (int k = 0; k < ssg_face_n_parts(face); k++)
      shown |= (guint64) !!ssg_face_shown(face, k) << k;
    g_object_get(self->document, "locked", &locked, NULL);
    ssg_strip_set_state(SSG_STRIP(self->strip), shown, locked);
    ssg_canvas_set_empty(SSG_CANVAS(self->canvas), shown == 0);
    ssg_render_service_request(self->service, face, ssg_window_in_gesture(self));
  } else {
    ssg_render_service_clear(self->service);
    ssg_canvas_set_render(SSG_CANVAS(self->canvas), NULL);
  }
  ssg_window_update_before(self);
  ssg_window_update_actions(self);
}

static void locked_changed(SsgWindow *self)
{
  guint64 locked, shown = 0;
  SsgFace *face = ssg_document_face(self->document);
  g_object_get(self->document, "locked", &locked, NULL);
  for (int k = 0; face && k < ssg_face_n_parts(face); k++)
    shown |= (guint64) !!ssg_face_shown(face, k) << k;
  if (face)
    ssg_strip_set_state(SSG_STRIP(self->strip), shown, locked);
  ssg_window_update_actions(self);
}

static void selection_changed(SsgWindow *self)
{
  int part = ssg_document_selected_part(self->document);
  ssg_canvas_set_selected(SSG_CANVAS(self->canvas), part >= 0 ? part : -1);
  ssg_strip_set_selected(SSG_STRIP(self->strip), part >= 0 ? part : -1);
  if (part >= 0)
    gtk_stack_set_visible_child_name(GTK_STACK(self->inspector), "part");
  ssg_window_update_actions(self);
  ssg_window_update_status(self);
}

static void autosave_failed(SsgAutosave *autosave, const GError *error, SsgWindow *self)
{
  ssg_window_toast_error(self, _("Not saved for recovery"), error);
}

static void rendered(SsgRenderService *service, SsgRender *render, guint64 id, gboolean final, SsgWindow *self)
{
  ssg_window_show_render(self, render, final);
}

static void render_failed(SsgRenderService *service, const GError *error, guint64 id, SsgWindow *self)
{
  /* A lost device is told with a way on (window-model.c), which this must not cover. */
  if (!g_error_matches(error, SSG_ERROR, SSG_ERROR_DEVICE))
    ssg_window_message_error(self, _("This face cannot be drawn."), error, NULL, NULL);
}

void ssg_window_set_document(SsgWindow *self, SsgDocument *document)
{
  if (document == self->document)
    return;
  if (self->document) {
    g_signal_handlers_disconnect_by_data(self->document, self);
    ssg_autosave_close(self->autosave);
    g_clear_object(&self->autosave);
  }
  g_cancellable_cancel(self->cancellable);
  g_clear_object(&self->cancellable);
  self->cancellable = g_cancellable_new();
  g_set_object(&self->document, document);
  ssg_window_forget_donor_item(self);
  g_clear_pointer(&self->seen_with, g_free);
  self->autosave = ssg_autosave_new(document, g_getenv("SSGAN_AUTOSAVE_DIR"), 2000);
  g_signal_connect_object(self->autosave, "failed", G_CALLBACK(autosave_failed), self, 0);
  g_signal_connect_swapped(document, "notify::face", G_CALLBACK(face_changed), self);
  g_signal_connect_swapped(document, "notify::selected-part", G_CALLBACK(selection_changed), self);
  g_signal_connect_swapped(document, "notify::locked", G_CALLBACK(locked_changed), self);
  g_signal_connect_swapped(document, "notify::donor", G_CALLBACK(ssg_window_update_donor), self);
  g_signal_connect_swapped(document, "notify::position", G_CALLBACK(ssg_window_update_actions), self);
  g_signal_connect_swapped(document, "notify::can-undo", G_CALLBACK(ssg_window_update_actions), self);
  g_signal_connect_swapped(document, "notify::can-redo", G_CALLBACK(ssg_window_update_actions), self);
  g_signal_connect_swapped(document, "notify::modified", G_CALLBACK(update_title), self);
  g_signal_connect_swapped(document, "notify::title", G_CALLBACK(update_title), self);
  ssg_inspector_page_set_document(SSG_INSPECTOR_PAGE(self->part_page), document, self->service);
  ssg_inspector_page_set_document(SSG_INSPECTOR_PAGE(self->face_page), document, self->service);
  ssg_history_page_set_document(SSG_HISTORY_PAGE(self->history_page), document, self->service);
  if (self->shelf)
    ssg_shelf_set_kept(self->shelf, ssg_document_kept(document));
  ssg_window_parts_changed(self);
  selection_changed(self);
  face_changed(self);
  ssg_window_update_donor(self);
  update_title(self);
  ssg_window_find_model(self);
}

SsgDocument *ssg_window_get_document(SsgWindow *self)
{
  return self->document;
}

SsgRenderService *ssg_window_get_service(SsgWindow *self)
{
  return self->service;
}

gboolean ssg_window_is_untouched(SsgWindow *self)
{
  return !ssg_document_modified(self->document) && !ssg_document_file(self->document);
}

static gboolean close_request(GtkWindow *window)
{
  SsgWindow *self = SSG_WINDOW(window);
  if (!self->closing && ssg_window_confirm_close(self))
    return TRUE;
  ssg_autosave_close(self->autosave);
  if (!gtk_window_is_maximized(window)) {
    g_settings_set_int(self->settings, "window-width", gtk_widget_get_width(GTK_WIDGET(self)));
    g_settings_set_int(self->settings, "window-height", gtk_widget_get_height(GTK_WIDGET(self)));
  }
  g_settings_set_boolean(self->settings, "window-maximized", gtk_window_is_maximized(window));
  return GTK_WINDOW_CLASS(ssg_window_parent_class)->close_request(window);
}

SsgWindow *ssg_window_new(GtkApplication *application, SsgWorker *worker, GSettings *settings)
{
  SsgWindow *self = g_object_new(SSG_TYPE_WINDOW, "application", application, NULL);
  self->worker = ssg_worker_ref(worker);
  self->settings = g_object_ref(settings);
  self->service = ssg_render_service_new(worker);
  gtk_window_set_default_size(GTK_WINDOW(self), g_settings_get_int(settings, "window-width"),
                              g_settings_get_int(settings, "window-height"));
  if (g_settings_get_boolean(settings, "window-maximized"))
    gtk_window_maximize(GTK_WINDOW(self));
  ssg_window_add_edit_actions(self);
  ssg_window_add_view_actions(self);
  ssg_window_add_file_actions(self);
  ssg_window_add_model_actions(self);
  ssg_window_add_models_actions(self);
  ssg_window_connect_edit(self);
  ssg_window_connect_view(self);
  ssg_window_connect_files(self);
  ssg_window_connect_model(self);
  ssg_window_connect_menus(self);
  g_signal_connect_object(self->service, "rendered", G_CALLBACK(rendered), self, 0);
  g_signal_connect_object(self->service, "render-failed", G_CALLBACK(render_failed), self, 0);
  g_signal_connect_object(self->service, "notify::model-info", G_CALLBACK(update_title), self, G_CONNECT_SWAPPED);
  ssg_accessible_name_controls(GTK_WIDGET(self));
  GtkShortcutsWindow *help = gtk_application_window_get_help_overlay(GTK_APPLICATION_WINDOW(self));
  if (help)
    ssg_accessible_name_icons(GTK_WIDGET(help));
  g_autoptr(SsgDocument) document = ssg_document_new();
  ssg_window_set_document(self, document);
  ssg_window_read_models(self);
  return self;
}

static void dispose(GObject *object)
{
  SsgWindow *self = SSG_WINDOW(object);
  if (self->document) {
    g_signal_handlers_disconnect_by_data(self->document, self);
    ssg_inspector_page_set_document(SSG_INSPECTOR_PAGE(self->part_page), NULL, NULL);
    ssg_inspector_page_set_document(SSG_INSPECTOR_PAGE(self->face_page), NULL, NULL);
    ssg_history_page_set_document(SSG_HISTORY_PAGE(self->history_page), NULL, NULL);
    ssg_shelf_view_set_shelf(SSG_SHELF_VIEW(self->shelf_view), NULL);
  }
  g_cancellable_cancel(self->cancellable);
  g_clear_object(&self->cancellable);
  g_clear_pointer(&self->popover, gtk_widget_unparent);
  g_clear_object(&self->autosave);
  g_clear_object(&self->shelf);
  g_clear_object(&self->document);
  ssg_window_forget_donor_item(self);
  g_clear_pointer(&self->donor_shown, ssg_face_unref);
  g_clear_pointer(&self->models, g_ptr_array_unref);
  g_clear_object(&self->models_menu);
  g_clear_pointer(&self->refused, g_free);
  g_clear_pointer(&self->seen_with, g_free);
  g_clear_object(&self->menu_face);
  g_clear_object(&self->recent_menu);
  g_clear_pointer(&self->before, ssg_render_unref);
  g_clear_pointer(&self->before_face, ssg_face_unref);
  if (self->service)
    g_signal_handlers_disconnect_by_data(self->service, self);
  g_clear_object(&self->service);
  g_clear_pointer(&self->worker, ssg_worker_unref);
  g_clear_object(&self->settings);
  g_clear_object(&self->chooser);
  g_clear_pointer(&self->pending, g_ptr_array_unref);
  g_clear_pointer(&self->wanted_device, g_free);
  G_OBJECT_CLASS(ssg_window_parent_class)->dispose(object);
}

#define BIND(name) gtk_widget_class_bind_template_child(widget_class, SsgWindow, name)

static void ssg_window_class_init(SsgWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  G_OBJECT_CLASS(klass)->dispose = dispose;
  GTK_WINDOW_CLASS(klass)->close_request = close_request;
  g_type_ensure(SSG_TYPE_LAYOUT);
  g_type_ensure(SSG_TYPE_CANVAS);
  g_type_ensure(SSG_TYPE_STRIP);
  g_type_ensure(SSG_TYPE_SHELF_VIEW);
  g_type_ensure(SSG_TYPE_PART_PAGE);
  g_type_ensure(SSG_TYPE_FACE_PAGE);
  g_type_ensure(SSG_TYPE_HISTORY_PAGE);
  g_type_ensure(SSG_TYPE_TOAST);
  g_type_ensure(SSG_TYPE_LEGEND);
  gtk_widget_class_set_template_from_resource(widget_class, "/io/github/ssgan/Editor/window.ui");
  BIND(title);
  BIND(stack);
  BIND(welcome);
  BIND(load_label);
  BIND(load_progress);
  BIND(layout);
  BIND(shelf_view);
  BIND(canvas);
  BIND(strip);
  BIND(part_page);
  BIND(face_page);
  BIND(history_page);
  BIND(inspector);
  BIND(toast);
  BIND(legend);
  BIND(bar);
  BIND(bar_label);
  BIND(bar_detail);
  BIND(bar_button);
  BIND(status_left);
  BIND(zoom_button);
  BIND(probe_bar);
  BIND(opacity);
  BIND(views);
  BIND(opacity_box);
  BIND(depth_button);
  BIND(move_box);
  BIND(recent_menu_button);
  BIND(spinner);
  BIND(model_button);

  gtk_widget_class_bind_template_callback(widget_class, bar_closed);
  gtk_widget_class_bind_template_callback(widget_class, bar_revealed);
  gtk_widget_class_bind_template_callback(widget_class, opacity_changed);
}

static void ssg_window_init(SsgWindow *self)
{
  gtk_widget_init_template(GTK_WIDGET(self));
}
