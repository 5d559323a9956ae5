/* The menu of models under the window's title: the same face seen with another one. */
#include "ui/window-private.h"

#include "app/i18n.h"

static const char *current_path(SsgWindow *self)
{
  const char *path = ssg_render_service_model_path(self->service);
  return path ? path : "";
}

/* NULL while there is no face: then every model will do. */
static const SsgModelInfo *faces_of(SsgWindow *self)
{
  return ssg_document_face(self->document) ? ssg_document_model(self->document) : NULL;
}

static gboolean suits(SsgWindow *self, const SsgModelEntry *entry)
{
  const SsgModelInfo *info = faces_of(self);
  return !info || ssg_models_agree(info, entry->info, NULL);
}

static void append(GMenu *menu, const SsgModelEntry *entry, const char *action)
{
  g_autofree char *name = ssg_window_menu_text(entry->info->name);
  g_autoptr(GMenuItem) item = g_menu_item_new(name, NULL);
  g_menu_item_set_action_and_target(item, action, "s", entry->path);
  g_menu_append_item(menu, item);
}

void ssg_window_update_models_menu(SsgWindow *self)
{
  g_autoptr(GMenu) same = g_menu_new(), others = g_menu_new(), more = g_menu_new();
  for (guint i = 0; self->models && i < self->models->len; i++) {
    const SsgModelEntry *entry = self->models->pdata[i];
    if (suits(self, entry))
      append(same, entry, "win.model");
    else
      append(others, entry, "win.model-window");
  }
  g_menu_append(more, _("Open _Model…"), "win.open-model");
  g_menu_remove_all(self->models_menu);
  g_menu_append_section(self->models_menu, faces_of(self) ? _("This Face with") : _("Models"), G_MENU_MODEL(same));
  if (g_menu_model_get_n_items(G_MENU_MODEL(others)) > 0)
    g_menu_append_section(self->models_menu, _("Other Faces, in a New Window"), G_MENU_MODEL(others));
  g_menu_append_section(self->models_menu, NULL, G_MENU_MODEL(more));
  g_simple_action_set_state(G_SIMPLE_ACTION(g_action_map_lookup_action(G_ACTION_MAP(self), "model")),
                            g_variant_new_string(current_path(self)));
}

static void read_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_pointer(task, ssg_model_list_read(data, cancellable), (GDestroyNotify) g_ptr_array_unref);
}

static void list_read(GObject *object, GAsyncResult *result, gpointer data)
{
  SsgWindow *self = SSG_WINDOW(object);
  GPtrArray *models = g_task_propagate_pointer(G_TASK(result), NULL);
  if (!models || !self->service) { /* closed meanwhile */
    g_clear_pointer(&models, g_ptr_array_unref);
    return;
  }
  g_clear_pointer(&self->models, g_ptr_array_unref);
  self->models = models;
  ssg_window_update_models_menu(self);
}

void ssg_window_read_models(SsgWindow *self)
{
  const char *path = current_path(self);
  g_autofree char *wished = g_settings_get_string(self->settings, "model-path");
  g_autoptr(GStrvBuilder) extra = g_strv_builder_new();
  if (*path)
    g_strv_builder_add(extra, path);
  if (*wished)
    g_strv_builder_add(extra, wished);
  /* Models that were listed stay listed: one that was opened from elsewhere must be found again. */
  for (guint i = 0; self->models && i < self->models->len; i++)
    g_strv_builder_add(extra, ((SsgModelEntry *) self->models->pdata[i])->path);
  g_autoptr(GTask) task = g_task_new(self, NULL, list_read, NULL);
  g_task_set_task_data(task, g_strv_builder_end(extra), (GDestroyNotify) g_strfreev);
  g_task_run_in_thread(task, read_thread);
}

/* What the portrait is seen with has changed: says so, with the way back. */
void ssg_window_tell_model(SsgWindow *self)
{
  const char *path = current_path(self), *before = self->seen_with;
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  if (before && *path && *before && !g_str_equal(before, path)) {
    g_autofree char *text = g_strdup_printf(_("Seen with “%s” now."), info->name);
    ssg_toast_show(SSG_TOAST(self->toast), text, NULL, _("Back"), "win.model", g_variant_new_string(before));
  }
  g_autofree char *now = g_strdup(path);
  g_free(self->seen_with);
  self->seen_with = g_steal_pointer(&now);
}

static void change_model(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  const char *path = g_variant_get_string(value, NULL);
  if (*path && !g_str_equal(path, current_path(self)))
    ssg_window_load_model(self, path); /* the state follows when it is there */
}

static void model_window(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  SsgWindow *window = ssg_window_new(gtk_window_get_application(GTK_WINDOW(self)), self->worker, self->settings);
  ssg_window_load_model(window, g_variant_get_string(parameter, NULL));
  gtk_window_present(GTK_WINDOW(window));
}

static void open_refused(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  ssg_window_hide_message(self);
  if (self->refused)
    model_window(NULL, g_variant_new_string(self->refused), self);
}

/* The next one that suits, and after the last the first again. */
static void next_model(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  guint n = self->models ? self->models->len : 0, at = n;
  for (guint i = 0; i < n; i++)
    if (g_str_equal(((SsgModelEntry *) self->models->pdata[i])->path, current_path(self)))
      at = i;
  for (guint i = 1; i <= n; i++) {
    const SsgModelEntry *entry = self->models->pdata[(at + i) % n];
    if (suits(self, entry) && !g_str_equal(entry->path, current_path(self))) {
      ssg_window_load_model(self, entry->path);
      return;
    }
  }
  ssg_window_toast(self, _("There is no other model for these faces."));
}

void ssg_window_add_models_actions(SsgWindow *self)
{
  static const GActionEntry entries[] = {
    { "model", NULL, "s", "''", change_model },
    { "model-window", model_window, "s" },
    { "next-model", next_model },
    { "open-refused", open_refused },
  };
  g_action_map_add_action_entries(G_ACTION_MAP(self), entries, G_N_ELEMENTS(entries), self);
  self->models_menu = g_menu_new();
  gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(self->model_button), G_MENU_MODEL(self->models_menu));
  /* Files come and go while the window is open. */
  g_signal_connect_swapped(gtk_menu_button_get_popover(GTK_MENU_BUTTON(self->model_button)), "show",
                           G_CALLBACK(ssg_window_read_models), self);
}
