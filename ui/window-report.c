#include "ui/window-private.h"

static void report_widget(SsgWindow *self, GString *out, const char *name, GtkWidget *widget)
{
  graphene_rect_t bounds;
  double x = 0, y = 0;
  if (!widget || !gtk_widget_get_mapped(widget) || !gtk_widget_compute_bounds(widget, GTK_WIDGET(self), &bounds))
    return;
  gtk_native_get_surface_transform(GTK_NATIVE(self), &x, &y);
  g_string_append_printf(out, "widget %s %.0f %.0f %.0f %.0f\n", name, bounds.origin.x + x, bounds.origin.y + y,
                         bounds.size.width, bounds.size.height);
}

/* Controls that carry an action are named by it: "win.undo", "win.view(mask)"; buttons of menus by their tooltip and
 * by their id: "menu.Main_Menu", "id.main_button"; those of a stack by its page's title and name: "tab.History", "page.history". */
static void report_actions(SsgWindow *self, GString *out, GtkWidget *widget)
{
  const char *action = GTK_IS_ACTIONABLE(widget) ? gtk_actionable_get_action_name(GTK_ACTIONABLE(widget)) : NULL;
  if (action && !g_str_has_prefix(action, "menu.") && !g_str_has_prefix(action, "window.")) {
    GVariant *target = gtk_actionable_get_action_target_value(GTK_ACTIONABLE(widget));
    g_autofree char *name = target && g_variant_is_of_type(target, G_VARIANT_TYPE_STRING)
                              ? g_strdup_printf("%s(%s)", action, g_variant_get_string(target, NULL))
                              : g_strdup(action);
    report_widget(self, out, name, widget);
  }
  if (GTK_IS_MENU_BUTTON(widget) && gtk_widget_get_tooltip_text(widget)) {
    g_autofree char *name = g_strconcat("menu.", gtk_widget_get_tooltip_text(widget), NULL);
    report_widget(self, out, g_strdelimit(name, " ", '_'), widget);
  }
  /* The arrow of a split button has the id of that button. */
  const char *id = gtk_buildable_get_buildable_id(GTK_BUILDABLE(widget));
  if (!id && GTK_IS_MENU_BUTTON(widget))
    id = gtk_buildable_get_buildable_id(GTK_BUILDABLE(gtk_widget_get_parent(widget)));
  if (id && (GTK_IS_MENU_BUTTON(widget) || GTK_IS_BUTTON(widget) || GTK_IS_DROP_DOWN(widget))) {
    g_autofree char *name = g_strconcat("id.", id, NULL);
    report_widget(self, out, name, widget);
  }
  int n_tabs = 0;
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child)) {
    GtkWidget *label = GTK_IS_STACK_SWITCHER(widget) ? gtk_widget_get_first_child(child) : NULL;
    if (label && GTK_IS_LABEL(label)) {
      g_autofree char *name = g_strconcat("tab.", gtk_label_get_text(GTK_LABEL(label)), NULL);
      report_widget(self, out, name, child);
      GtkStack *stack = gtk_stack_switcher_get_stack(GTK_STACK_SWITCHER(widget));
      g_autoptr(GListModel) pages = G_LIST_MODEL(gtk_stack_get_pages(stack));
      g_autoptr(GObject) page = g_list_model_get_item(pages, (guint) n_tabs++);
      g_autofree char *title = g_strconcat("page.", page ? gtk_stack_page_get_name(GTK_STACK_PAGE(page)) : "", NULL);
      report_widget(self, out, title, child);
    }
    report_actions(self, out, child);
  }
}

static void report_slider(SsgWindow *self, GString *out, const char *page, const char *name, GtkWidget *slider)
{
  g_autofree char *title = g_strdup_printf("%s.%s", page, name);
  report_widget(self, out, title, slider);
  if (slider)
    g_string_append_printf(out, "state at.%s %.2f\nstate movable.%s %d\n", title, gtk_range_get_value(GTK_RANGE(slider)), title,
                           gtk_widget_is_sensitive(slider));
}

static void report_sliders(SsgWindow *self, GString *out)
{
  static const char *const part[] = { "shape", "texture", "truncation", "x", "y", "size", "direction-0", "direction-5" };
  static const char *const face[] = { "truncation", "blend", "pose", "x", "y", "size", "direction-0" };
  for (gsize i = 0; i < G_N_ELEMENTS(part); i++)
    report_slider(self, out, "part", part[i], ssg_inspector_page_find_slider(SSG_INSPECTOR_PAGE(self->part_page), part[i]));
  for (gsize i = 0; i < G_N_ELEMENTS(face); i++)
    report_slider(self, out, "face", face[i], ssg_inspector_page_find_slider(SSG_INSPECTOR_PAGE(self->face_page), face[i]));
}

/* Rows of the history on screen: "history.0" is the first of them. */
static void report_history(SsgWindow *self, GtkWidget *widget, GString *out)
{
  if (GTK_IS_LIST_VIEW(widget)) {
    int n = 0;
    for (GtkWidget *row = gtk_widget_get_first_child(widget); row; row = gtk_widget_get_next_sibling(row)) {
      g_autofree char *name = g_strdup_printf("history.%d", n++);
      report_widget(self, out, name, row);
    }
    return;
  }
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    report_history(self, child, out);
}

static void report_parts(SsgWindow *self, GString *out)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  graphene_point_t origin;
  double sx = 0, sy = 0;
  if (!info || !gtk_widget_compute_point(self->canvas, GTK_WIDGET(self), &GRAPHENE_POINT_INIT(0, 0), &origin))
    return;
  gtk_native_get_surface_transform(GTK_NATIVE(self), &sx, &sy);
  for (int i = 0; i < 4; i++) {
    double x, y;
    if (ssg_canvas_locate_handle(SSG_CANVAS(self->canvas), i, &x, &y))
      g_string_append_printf(out, "widget handle.%d %.0f %.0f 0 0\n", i, origin.x + x + sx, origin.y + y + sy);
  }
  for (int k = 0; k < info->arch.n_parts; k++) {
    double x, y;
    if (ssg_canvas_locate_part(SSG_CANVAS(self->canvas), k, &x, &y))
      g_string_append_printf(out, "part %s %.0f %.0f\n", info->part_names[k], origin.x + x + sx, origin.y + y + sy);
    g_autofree char *button = g_strdup_printf("strip.%s", info->part_names[k]);
    g_autofree char *eye = g_strdup_printf("eye.%s", info->part_names[k]);
    report_widget(self, out, button, ssg_strip_get_button(SSG_STRIP(self->strip), k));
    report_widget(self, out, eye, ssg_strip_get_eye(SSG_STRIP(self->strip), k));
  }
}

/* A face's codes, transforms and visibility as a number: equal faces, equal numbers. */
static guint64 face_number(SsgFace *face)
{
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);
  int rows = ssg_face_n_base(face) + 2 * ssg_face_n_parts(face);
  g_checksum_update(sum, (const guchar *) ssg_face_codes(face), (gssize) sizeof(float) * rows * ssg_face_style_dim(face));
  for (int k = 0; k < ssg_face_n_parts(face); k++) {
    SsgTransform transform = ssg_face_transform(face, k);
    guchar shown = ssg_face_shown(face, k) ? 1 : 0;
    g_checksum_update(sum, (const guchar *) &transform, sizeof transform);
    g_checksum_update(sum, &shown, 1);
  }
  return g_ascii_strtoull(g_checksum_get_string(sum) + 17, NULL, 16);
}

/* One part's codes, so that a test sees that no other part was touched. */
static void report_codes(SsgFace *face, const SsgModelInfo *info, GString *out)
{
  gsize bytes = sizeof(float) * (gsize) ssg_face_style_dim(face);
  for (int k = 0; k < ssg_face_n_parts(face) && k < info->arch.n_parts; k++) {
    g_autofree char *shape = g_compute_checksum_for_data(G_CHECKSUM_MD5, (const guchar *) ssg_face_code(face, k, SSG_CODE_SHAPE),
                                                         bytes);
    g_autofree char *texture = g_compute_checksum_for_data(
        G_CHECKSUM_MD5, (const guchar *) ssg_face_code(face, k, SSG_CODE_TEXTURE), bytes);
    SsgTransform t = ssg_face_transform(face, k);
    g_string_append_printf(out, "state shape.%s %s\nstate texture.%s %s\nstate shown.%s %d\n", info->part_names[k], shape,
                           info->part_names[k], texture, info->part_names[k], ssg_face_shown(face, k));
    g_string_append_printf(out, "state transform.%s %.4f %.4f %.4f\n", info->part_names[k], t.scale, t.shift_x,
                           t.shift_y);
  }
}

static void report_state(SsgWindow *self, GString *out)
{
  SsgFace *face = ssg_document_face(self->document);
  SsgRender *render = ssg_canvas_get_render(SSG_CANVAS(self->canvas));
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  int part = ssg_document_selected_part(self->document), hovered = ssg_canvas_get_hovered(SSG_CANVAS(self->canvas));
  g_autoptr(GVariant) view = g_action_group_get_action_state(G_ACTION_GROUP(self), "view");
  g_autoptr(GVariant) tool = g_action_group_get_action_state(G_ACTION_GROUP(self), "tool");
  GListModel *history = ssg_document_history(self->document);
  g_string_append_printf(out, "state page %s\n", gtk_stack_get_visible_child_name(GTK_STACK(self->stack)));
  g_string_append_printf(out, "state inspector %s\n", gtk_stack_get_visible_child_name(GTK_STACK(self->inspector)));
  g_string_append_printf(out, "state view %s\n", g_variant_get_string(view, NULL));
  g_string_append_printf(out, "state tool %s\n", g_variant_get_string(tool, NULL));
  g_string_append_printf(out, "state selected %s\n", info && part >= 0 ? info->part_names[part] : "none");
  g_string_append_printf(out, "state hovered %s\n", info && hovered >= 0 ? info->part_names[hovered] : "none");
  g_string_append_printf(out, "state position %d\n", ssg_document_position(self->document));
  g_string_append_printf(out, "state n-history %u\n", g_list_model_get_n_items(history));
  g_autoptr(SsgHistoryEntry) step = g_list_model_get_item(history, ssg_document_position(self->document));
  g_string_append_printf(out, "state step %s\n", step ? ssg_history_entry_description(step) : "none");
  g_string_append_printf(out, "state fullscreen %d\n", gtk_window_is_fullscreen(GTK_WINDOW(self)));
  g_string_append_printf(out, "state modified %d\n", ssg_document_modified(self->document));
  g_string_append_printf(out, "state title %s\n", ssg_document_title(self->document));
  g_string_append_printf(out, "state zoom %.4f\n", ssg_canvas_get_zoom(SSG_CANVAS(self->canvas)));
  g_string_append_printf(out, "state kept %u\n", g_list_model_get_n_items(ssg_document_kept(self->document)));
  g_string_append_printf(out, "state donor %s\n",
                         ssg_document_donor_name(self->document) ? ssg_document_donor_name(self->document) : "none");
  SsgShelfFace *marked = ssg_shelf_view_get_selected(SSG_SHELF_VIEW(self->shelf_view));
  g_string_append_printf(out, "state marked %s\n", marked ? ssg_shelf_face_name(marked) : "none");
  g_autoptr(GEnumClass) states = g_type_class_ref(SSG_TYPE_SERVICE_STATE);
  const char *path = ssg_render_service_model_path(self->service);
  g_string_append_printf(out, "state service %s\n",
                         g_enum_get_value(states, ssg_render_service_state(self->service))->value_nick);
  g_string_append_printf(out, "state progress %.2f\n", gtk_progress_bar_get_fraction(GTK_PROGRESS_BAR(self->load_progress)));
  g_string_append_printf(out, "state model %s\n", path ? path : "none");
  g_string_append_printf(out, "state device %s\n", ssg_render_service_device(self->service));
  g_string_append_printf(out, "state busy %d\n", ssg_render_service_busy(self->service));
  g_string_append_printf(out, "state worker %d\n", ssg_worker_busy(self->worker));
  g_string_append_printf(out, "state message %s\n", gtk_revealer_get_reveal_child(GTK_REVEALER(self->bar))
                                                      ? gtk_label_get_text(GTK_LABEL(self->bar_label)) : "");
  g_string_append_printf(out, "state detail %s\n", gtk_widget_get_mapped(self->bar_detail)
                                                     ? gtk_label_get_text(GTK_LABEL(self->bar_detail)) : "");
  const char *toast = ssg_toast_text(SSG_TOAST(self->toast));
  g_string_append_printf(out, "state toast %s\n", toast ? toast : "");
  g_string_append_printf(out, "state probe %s\n", gtk_widget_get_mapped(self->probe_bar)
                                                    ? gtk_label_get_text(GTK_LABEL(self->probe_bar)) : "");
  if (face)
    g_string_append_printf(out, "state face %016" G_GINT64_MODIFIER "x\n", face_number(face));
  SsgLatency first = ssg_render_service_first_latency(self->service), full = ssg_render_service_full_latency(self->service);
  g_string_append_printf(out, "state first n %u p50 %.1f p95 %.1f\nstate full n %u p50 %.1f p95 %.1f\n", first.n, first.p50,
                         first.p95, full.n, full.p50, full.p95);
  ssg_render_service_reset_latency(self->service);
  if (face && info)
    report_codes(face, info, out);
  if (render) {
    gsize n = (gsize) render->size * render->size;
    g_autofree char *rgb = g_compute_checksum_for_data(G_CHECKSUM_MD5, render->rgb, 4 * n);
    g_autofree char *mask = g_compute_checksum_for_data(G_CHECKSUM_MD5, render->mask, n);
    g_string_append_printf(out, "state picture %s\nstate mask %s\nstate size %d\n", rgb, mask, render->size);
  }
  if (ssg_document_position(self->document) >= 0) {
    g_autoptr(SsgHistoryEntry) entry = g_list_model_get_item(history, (guint) ssg_document_position(self->document));
    g_string_append_printf(out, "state step %s\n", ssg_history_entry_description(entry));
  }
}

void ssg_window_report(SsgWindow *self, GString *out)
{
  report_state(self, out);
  report_actions(self, out, GTK_WIDGET(self));
  report_widget(self, out, "canvas", self->canvas);
  report_widget(self, out, "shelf", self->shelf_view);
  report_widget(self, out, "inspector", self->inspector);
  report_widget(self, out, "message-button", self->bar_button);
  report_sliders(self, out);
  report_parts(self, out);
  report_history(self, self->history_page, out);
  for (guint i = 0; i < 24; i++) {
    g_autofree char *name = g_strdup_printf("tile.%u", i);
    g_autoptr(SsgShelfFace) face = self->shelf ? g_list_model_get_item(G_LIST_MODEL(self->shelf), i) : NULL;
    if (face && ssg_shelf_face_face(face)) /* it can be dragged */
      report_widget(self, out, name, ssg_shelf_view_find_tile(SSG_SHELF_VIEW(self->shelf_view), i));
  }
}
