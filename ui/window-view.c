#include "ui/window-private.h"

#include "app/i18n.h"
#include "app/part-names.h"
#include "app/probe.h"

static const char *const view_names[SSG_N_VIEWS] = { "face", "mask", "overlay", "depth", "depths" };

/* Legend ------------------------------------------------------------------------------------------------------------ */

static void update_legend(SsgWindow *self)
{
  SsgRender *render = ssg_canvas_get_render(SSG_CANVAS(self->canvas));
  gboolean depth = self->view == SSG_VIEW_DEPTH || self->view == SSG_VIEW_DEPTHS;
  gtk_widget_set_visible(self->legend, depth && render);
  if (!depth || !render)
    return;
  int part = ssg_document_selected_part(self->document);
  if (part < 0)
    part = MIN(1, render->n_parts - 1);
  /* In the grid each tile may have a range of its own: then the ends have no numbers. */
  gboolean many = self->view == SSG_VIEW_DEPTHS && self->depth_style.per_part;
  SsgDepthRange range = ssg_depth_range(render, part, &self->depth_style);
  ssg_legend_set(SSG_LEGEND(self->legend), self->depth_style.map, self->depth_style.scale, many ? NULL : &range,
                 self->view == SSG_VIEW_DEPTH ? ssg_document_part_title(self->document, part) : NULL);
}

static void depth_style_changed(SsgWindow *self)
{
  ssg_canvas_set_depth_style(SSG_CANVAS(self->canvas), self->depth_style);
  ssg_strip_set_render(SSG_STRIP(self->strip), ssg_canvas_get_render(SSG_CANVAS(self->canvas)), self->depth_style.map,
                       self->depth_style.scale);
  update_legend(self);
}

/* Status line ------------------------------------------------------------------------------------------------------- */

void ssg_window_update_status(SsgWindow *self)
{
  const char *device = ssg_render_service_device(self->service);
  SsgRender *render = ssg_canvas_get_render(SSG_CANVAS(self->canvas));
  GString *text = g_string_new(device);
  /* Without a device (it was lost) the picture stays, but nothing computes it. */
  if (*device && render && self->full_ms > 0) {
    if (self->first_ms > 0 && self->first_ms < self->full_ms)
      g_string_append_printf(text, _(" · first picture %.0f ms"), self->first_ms);
    g_string_append_printf(text, _(" · picture %.0f ms"), self->full_ms);
    g_string_append_printf(text, " · %d × %d", render->size, render->size);
  }
  gtk_label_set_text(GTK_LABEL(self->status_left), *device || !ssg_document_face(self->document) ? text->str
                                                                                                   : _("No device"));
  g_string_free(text, TRUE);
  /* Without a model (a lost device) the request waits, but nothing is on its way. */
  gboolean model = ssg_render_service_model_info(self->service) != NULL;
  gboolean busy = (model && ssg_render_service_busy(self->service)) ||
                  ssg_render_service_state(self->service) == SSG_SERVICE_LOADING;
  gtk_spinner_set_spinning(GTK_SPINNER(self->spinner), busy && !ssg_window_in_gesture(self));
  update_legend(self);
}

static void zoom_changed(SsgWindow *self)
{
  g_autofree char *text = g_strdup_printf(_("%.0f %%"), 100 * ssg_canvas_get_zoom(SSG_CANVAS(self->canvas)));
  gtk_menu_button_set_label(GTK_MENU_BUTTON(self->zoom_button), text);
  /* Without a picture it would be the zoom of nothing. */
  gtk_widget_set_visible(self->zoom_button, ssg_canvas_get_render(SSG_CANVAS(self->canvas)) != NULL);
}

/* Pictures ---------------------------------------------------------------------------------------------------------- */

void ssg_window_show_render(SsgWindow *self, SsgRender *render, gboolean final)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  if (!info || render->n_parts != info->arch.n_parts)
    return; /* of a model that was replaced meanwhile */
  if (!self->first_seen)
    self->first_ms = render->ms;
  self->first_seen = TRUE;
  if (final)
    self->full_ms = render->ms;
  ssg_canvas_set_render(SSG_CANVAS(self->canvas), render);
  ssg_strip_set_render(SSG_STRIP(self->strip), render, self->depth_style.map, self->depth_style.scale);
  if (final) {
    ssg_window_set_enabled(self, "copy", TRUE);
    ssg_window_update_status(self);
  }
}

static void before_ready(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgWindow) self = data;
  g_autoptr(SsgRender) render = ssg_render_service_thumbnail_finish(SSG_RENDER_SERVICE(object), result, NULL);
  if (!render || !self->service)
    return;
  g_clear_pointer(&self->before, ssg_render_unref);
  self->before = ssg_render_ref(render);
  ssg_canvas_set_before(SSG_CANVAS(self->canvas), self->before);
}

/* The split's left half: the face that reset goes back to. Drawn only while it is looked at. */
void ssg_window_update_before(SsgWindow *self)
{
  g_autoptr(GVariant) state = g_action_group_get_action_state(G_ACTION_GROUP(self), "compare");
  SsgFace *origin = ssg_document_origin(self->document);
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  if (!g_variant_get_boolean(state) || !origin || !info) {
    ssg_canvas_set_before(SSG_CANVAS(self->canvas), NULL);
    g_clear_pointer(&self->before_face, ssg_face_unref);
    return;
  }
  if (self->before_face == origin)
    return;
  g_clear_pointer(&self->before_face, ssg_face_unref);
  self->before_face = ssg_face_ref(origin);
  ssg_render_service_thumbnail_async(self->service, origin, info->arch.size, self->cancellable, before_ready,
                                     g_object_ref(self));
}

void ssg_window_parts_changed(SsgWindow *self)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  g_clear_pointer(&self->before, ssg_render_unref);
  g_clear_pointer(&self->before_face, ssg_face_unref);
  if (!info)
    return;
  g_auto(GStrv) titles = ssg_part_titles((const char *const *) info->part_names, info->arch.n_parts);
  ssg_canvas_set_parts(SSG_CANVAS(self->canvas), info->arch.n_parts, (const char *const *) titles, info->part_colors,
                       info->arch.size);
  ssg_strip_set_parts(SSG_STRIP(self->strip), info->arch.n_parts, (const char *const *) titles, info->part_colors,
                      SSG_TYPE_SHELF_FACE);
}

/* Probe ------------------------------------------------------------------------------------------------------------- */

static void probed(SsgCanvas *canvas, double x, double y, SsgWindow *self)
{
  SsgRender *render = ssg_canvas_get_render(canvas);
  g_autoptr(SsgProbe) probe = render && x >= 0 ? ssg_probe_new(render, x, y) : NULL;
  ssg_strip_set_probe(SSG_STRIP(self->strip), probe);
  if (!probe) {
    gtk_label_set_text(GTK_LABEL(self->probe_bar), _("Move the pointer over the picture: depth and weight of every part appear here."));
    return;
  }
  g_autofree char *text = g_strdup_printf(_("(%d, %d)  %s  #%02X%02X%02X   upper number depth, lower number weight"), probe->x,
                                          probe->y, ssg_document_part_title(self->document, probe->part), probe->r,
                                          probe->g, probe->b);
  gtk_label_set_text(GTK_LABEL(self->probe_bar), text);
}

static void change_probe(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  gboolean probing = g_variant_get_boolean(value);
  g_simple_action_set_state(action, value);
  ssg_canvas_set_probing(SSG_CANVAS(self->canvas), probing);
  ssg_strip_set_probing(SSG_STRIP(self->strip), probing);
  gtk_widget_set_visible(self->probe_bar, probing);
  probed(SSG_CANVAS(self->canvas), -1, -1, self);
}

/* View actions ------------------------------------------------------------------------------------------------------ */

static void change_view(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  for (int i = 0; i < SSG_N_VIEWS; i++)
    if (g_str_equal(view_names[i], g_variant_get_string(value, NULL))) {
      g_simple_action_set_state(action, value);
      self->view = i;
      ssg_canvas_set_view(SSG_CANVAS(self->canvas), i);
      gtk_widget_set_visible(self->opacity_box, i == SSG_VIEW_OVERLAY);
      gtk_widget_set_visible(self->depth_button, i == SSG_VIEW_DEPTH || i == SSG_VIEW_DEPTHS);
      update_legend(self);
    }
}

static void change_compare(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  g_simple_action_set_state(action, value);
  ssg_canvas_set_split(SSG_CANVAS(self->canvas), g_variant_get_boolean(value));
  ssg_window_update_before(self);
}

static void change_tool(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  gboolean move = g_str_equal(g_variant_get_string(value, NULL), "move");
  g_simple_action_set_state(action, value);
  ssg_canvas_set_tool(SSG_CANVAS(self->canvas), move ? SSG_TOOL_MOVE : SSG_TOOL_SELECT);
  gtk_widget_set_visible(self->move_box, move);
}

static void change_move_target(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  g_simple_action_set_state(action, value);
  ssg_canvas_set_move_whole(SSG_CANVAS(self->canvas), g_str_equal(g_variant_get_string(value, NULL), "foreground"));
}

static void toggle_move(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  g_autoptr(GVariant) state = g_action_group_get_action_state(data, "tool");
  gboolean move = g_str_equal(g_variant_get_string(state, NULL), "move");
  g_action_group_change_action_state(data, "tool", g_variant_new_string(move ? "select" : "move"));
}

static void change_depth_map(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  g_simple_action_set_state(action, value);
  self->depth_style.map = ssg_colormap_from_id(g_variant_get_string(value, NULL));
  depth_style_changed(self);
}

static void change_depth_scale(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  g_simple_action_set_state(action, value);
  self->depth_style.scale = g_str_equal(g_variant_get_string(value, NULL), "log") ? SSG_DEPTH_LOG : SSG_DEPTH_LINEAR;
  depth_style_changed(self);
}

static void change_depth_per_part(GSimpleAction *action, GVariant *value, gpointer data)
{
  SsgWindow *self = data;
  g_simple_action_set_state(action, value);
  self->depth_style.per_part = g_variant_get_boolean(value);
  depth_style_changed(self);
}

static void zoom_in(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ssg_canvas_zoom_by(SSG_CANVAS(SSG_WINDOW(data)->canvas), 1.25);
}

static void zoom_out(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ssg_canvas_zoom_by(SSG_CANVAS(SSG_WINDOW(data)->canvas), 0.8);
}

static void zoom_fit(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ssg_canvas_zoom_fit(SSG_CANVAS(SSG_WINDOW(data)->canvas));
}

static void zoom_100(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ssg_canvas_zoom_to(SSG_CANVAS(SSG_WINDOW(data)->canvas), 1);
}

static void fullscreen(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  if (gtk_window_is_fullscreen(data))
    gtk_window_unfullscreen(data);
  else
    gtk_window_fullscreen(data);
}

static void room_changed(SsgWindow *self)
{
  static const int thumbs[] = { [SSG_ROOM_NARROW] = 36, [SSG_ROOM_USUAL] = 44, [SSG_ROOM_ROOMY] = 72, [SSG_ROOM_VAST] = 104 };
  int room;
  g_object_get(self->layout, "room", &room, NULL);
  gboolean narrow = room == SSG_ROOM_NARROW, roomy = room >= SSG_ROOM_ROOMY;
  ssg_strip_set_thumb_size(SSG_STRIP(self->strip), thumbs[room]);
  ssg_inspector_page_set_roomy(SSG_INSPECTOR_PAGE(self->part_page), roomy);
  ssg_inspector_page_set_roomy(SSG_INSPECTOR_PAGE(self->face_page), roomy);
  /* Views are named where there is room, else drawn. */
  for (GtkWidget *view = gtk_widget_get_first_child(self->views); view; view = gtk_widget_get_next_sibling(view)) {
    GtkWidget *box = gtk_button_get_child(GTK_BUTTON(view));
    gtk_widget_set_visible(gtk_widget_get_first_child(box), narrow);
    gtk_widget_set_visible(gtk_widget_get_last_child(box), !narrow);
  }
  static const char *const classes[] = { [SSG_ROOM_NARROW] = "narrow", [SSG_ROOM_ROOMY] = "roomy", [SSG_ROOM_VAST] = "vast" };
  for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
    if (classes[i] && (int) i == room)
      gtk_widget_add_css_class(self->layout, classes[i]);
    else if (classes[i])
      gtk_widget_remove_css_class(self->layout, classes[i]);
}

/* Single keys: looked at last, so that text fields keep their letters and digits. */
static void add_key(GtkEventController *controller, guint key, const char *action, GVariant *target)
{
  GtkShortcut *shortcut = gtk_shortcut_new(gtk_keyval_trigger_new(key, 0), gtk_named_action_new(action));
  if (target)
    gtk_shortcut_set_arguments(shortcut, target);
  gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(controller), shortcut);
}

static void add_keys(SsgWindow *self)
{
  GtkEventController *keys = gtk_shortcut_controller_new();
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_BUBBLE);
  for (int i = 0; i < SSG_N_VIEWS; i++) {
    add_key(keys, GDK_KEY_1 + i, "win.view", g_variant_new_string(view_names[i]));
    add_key(keys, GDK_KEY_KP_1 + i, "win.view", g_variant_new_string(view_names[i]));
  }
  add_key(keys, GDK_KEY_h, "win.toggle-part", NULL);
  add_key(keys, GDK_KEY_l, "win.toggle-lock", NULL);
  add_key(keys, GDK_KEY_m, "win.toggle-move", NULL);
  add_key(keys, GDK_KEY_s, "win.tool", g_variant_new_string("select"));
  add_key(keys, GDK_KEY_c, "win.compare", NULL);
  add_key(keys, GDK_KEY_p, "win.probe", NULL);
  add_key(keys, GDK_KEY_f, "win.zoom-fit", NULL);
  add_key(keys, GDK_KEY_Escape, "win.deselect", NULL);
  gtk_widget_add_controller(GTK_WIDGET(self), keys);
}

static void deselect(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  ssg_toast_hide(SSG_TOAST(self->toast));
  ssg_document_select_part(self->document, SSG_PART_NONE);
}

void ssg_window_add_view_actions(SsgWindow *self)
{
  static const GActionEntry entries[] = {
    { "view", NULL, "s", "'face'", change_view },
    { "compare", NULL, NULL, "false", change_compare },
    { "probe", NULL, NULL, "false", change_probe },
    { "tool", NULL, "s", "'select'", change_tool },
    { "toggle-move", toggle_move },
    { "move-target", NULL, "s", "'foreground'", change_move_target },
    { "depth-map", NULL, "s", "'ember'", change_depth_map },
    { "depth-scale", NULL, "s", "'linear'", change_depth_scale },
    { "depth-per-part", NULL, NULL, "true", change_depth_per_part },
    { "zoom-in", zoom_in },
    { "zoom-out", zoom_out },
    { "zoom-fit", zoom_fit },
    { "zoom-100", zoom_100 },
    { "fullscreen", fullscreen },
    { "deselect", deselect },
  };
  g_action_map_add_action_entries(G_ACTION_MAP(self), entries, G_N_ELEMENTS(entries), self);
  self->depth_style.per_part = TRUE;
  g_autoptr(GPropertyAction) shelf = g_property_action_new("show-shelf", self->layout, "start-visible");
  g_autoptr(GPropertyAction) inspector = g_property_action_new("show-inspector", self->layout, "end-visible");
  g_action_map_add_action(G_ACTION_MAP(self), G_ACTION(shelf));
  g_action_map_add_action(G_ACTION_MAP(self), G_ACTION(inspector));
}

void ssg_window_connect_view(SsgWindow *self)
{
  add_keys(self);
  g_signal_connect(self->canvas, "probed", G_CALLBACK(probed), self);
  g_signal_connect_swapped(self->canvas, "zoom-changed", G_CALLBACK(zoom_changed), self);
  g_signal_connect_swapped(self->layout, "notify::room", G_CALLBACK(room_changed), self);
  g_signal_connect_swapped(self->service, "notify::busy", G_CALLBACK(ssg_window_update_status), self);
  g_signal_connect_swapped(self->service, "notify::device", G_CALLBACK(ssg_window_update_status), self);
  g_settings_bind(self->settings, "show-shelf", self->layout, "start-visible", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind(self->settings, "show-inspector", self->layout, "end-visible", G_SETTINGS_BIND_DEFAULT);
  gtk_widget_grab_focus(self->canvas);
  /* The map and scale that were used last. */
  const char *const keys[] = { "depth-map", "depth-scale" };
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    g_autofree char *value = g_settings_get_string(self->settings, i == 0 ? "colormap" : "depth-scale");
    g_action_group_change_action_state(G_ACTION_GROUP(self), keys[i], g_variant_new_string(value));
  }
}
