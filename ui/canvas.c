#include "ui/canvas-private.h"

#include "app/i18n.h"
#include <math.h>
#include <string.h>

G_DEFINE_FINAL_TYPE(SsgCanvas, ssg_canvas, GTK_TYPE_WIDGET)

enum { PART_HOVERED, PART_SELECTED, PART_MENU, PROBED, MOVED, DROPPED, ZOOM_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void clear_layer(SsgCanvasLayer *layer)
{
  g_clear_object(&layer->face);
  g_clear_object(&layer->mask);
  for (int i = 0; i < SSG_MAX_PARTS; i++)
    g_clear_object(&layer->depth[i]);
  layer->drawn = 0;
  g_clear_pointer(&layer->render, ssg_render_unref);
}

static void clear_outlines(SsgCanvas *self)
{
  for (int i = 0; i < SSG_MAX_PARTS; i++)
    g_clear_pointer(&self->outlines[i], ssg_outline_free);
  g_clear_object(&self->glow);
}

/* Screen readers get what the eye sees: view and parts. */
static void update_description(SsgCanvas *self)
{
  g_autofree char *text = NULL;
  if (!self->now.render)
    text = g_strdup(_("No picture yet"));
  else if (self->hovered >= 0)
    text = g_strdup_printf(_("Part pointed at: %s"), self->names[self->hovered]);
  else if (self->selected >= 0)
    text = g_strdup_printf(_("Selected part: %s"), self->names[self->selected]);
  else
    text = g_strdup(_("No part selected"));
  gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

static void set_hovered(SsgCanvas *self, int part)
{
  if (part == self->hovered)
    return;
  self->hovered = part;
  update_description(self);
  gtk_widget_queue_draw(GTK_WIDGET(self));
  g_signal_emit(self, signals[PART_HOVERED], 0, part);
}

static gboolean has_parts(SsgCanvas *self)
{
  return self->now.render && self->n_parts > 0;
}

/* Next part in the direction that is in the picture (in the grid: any); -1 past the end. */
static int neighbour(SsgCanvas *self, int part, int step)
{
  for (int k = part + step; k >= 0 && k < self->n_parts; k += step)
    if (self->view == SSG_VIEW_DEPTHS || ssg_canvas_outline(self, k)->n > 0)
      return k;
  return -1;
}

/* Tab walks the parts before it leaves the canvas. */
static gboolean focus(GtkWidget *widget, GtkDirectionType direction)
{
  SsgCanvas *self = SSG_CANVAS(widget);
  if (direction != GTK_DIR_TAB_FORWARD && direction != GTK_DIR_TAB_BACKWARD)
    return gtk_widget_is_focus(widget) ? FALSE : gtk_widget_grab_focus(widget);
  int step = direction == GTK_DIR_TAB_FORWARD ? 1 : -1;
  if (!gtk_widget_is_focus(widget))
    return gtk_widget_grab_focus(widget);
  int next = has_parts(self) ? neighbour(self, self->hovered < 0 && step < 0 ? self->n_parts : self->hovered, step) : -1;
  set_hovered(self, next);
  return next >= 0;
}

static gboolean walk(GtkWidget *widget, GVariant *args, gpointer data)
{
  SsgCanvas *self = SSG_CANVAS(widget);
  if (!has_parts(self))
    return FALSE;
  int step = g_variant_get_int32(args);
  int from = self->hovered >= 0 ? self->hovered : self->selected >= 0 ? self->selected : step > 0 ? -1 : self->n_parts;
  int next = neighbour(self, from, step);
  if (next < 0)
    next = neighbour(self, step > 0 ? -1 : self->n_parts, step);
  set_hovered(self, next);
  return TRUE;
}

static gboolean activate(GtkWidget *widget, GVariant *args, gpointer data)
{
  SsgCanvas *self = SSG_CANVAS(widget);
  if (self->hovered < 0)
    return FALSE;
  g_signal_emit(self, signals[PART_SELECTED], 0, self->hovered);
  return TRUE;
}

static gboolean menu(GtkWidget *widget, GVariant *args, gpointer data)
{
  SsgCanvas *self = SSG_CANVAS(widget);
  int part = self->hovered >= 0 ? self->hovered : self->selected;
  double x = self->viewport.width / 2, y = self->viewport.height / 2;
  if (part < 0)
    return FALSE;
  ssg_canvas_locate_part(self, part, &x, &y);
  g_signal_emit(self, signals[PART_MENU], 0, part, x, y);
  return TRUE;
}

static void snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
  ssg_canvas_draw(SSG_CANVAS(widget), snapshot);
}

static void size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
  SsgCanvas *self = SSG_CANVAS(widget);
  self->viewport.width = width;
  self->viewport.height = height;
  ssg_canvas_update_viewport(self);
}

static void measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                    int *minimum_baseline, int *natural_baseline)
{
  *minimum = 160;
  *natural = 560;
}

/* Shape of the grid of depths in tiles: as large as they can be. */
static int grid_columns(SsgCanvas *self)
{
  int best = 1;
  double best_tile = 0;
  for (int columns = 1; columns <= self->n_parts; columns++) {
    int rows = (self->n_parts + columns - 1) / columns;
    double tile = MIN(self->viewport.width / columns, self->viewport.height / rows);
    if (tile > best_tile) {
      best_tile = tile;
      best = columns;
    }
  }
  return best;
}

gboolean ssg_canvas_move_box(SsgCanvas *self, double *left, double *top, double *right, double *bottom)
{
  gboolean found = FALSE;
  if (!has_parts(self))
    return FALSE;
  for (int k = 0; k < self->n_parts; k++) {
    if (self->move_whole ? k == 0 : k != self->selected)
      continue;
    const SsgOutline *o = ssg_canvas_outline(self, k);
    if (o->n == 0)
      continue;
    *left = found ? MIN(*left, o->left) : o->left;
    *top = found ? MIN(*top, o->top) : o->top;
    *right = found ? MAX(*right, o->right) : o->right;
    *bottom = found ? MAX(*bottom, o->bottom) : o->bottom;
    found = TRUE;
  }
  return found;
}

void ssg_canvas_update_viewport(SsgCanvas *self)
{
  self->viewport.content_width = self->viewport.content_height = MAX(self->size, 1);
  if (self->view == SSG_VIEW_DEPTHS && self->n_parts > 0 && self->viewport.width > 0) {
    int columns = grid_columns(self), rows = (self->n_parts + columns - 1) / columns;
    double tile = self->viewport.content_width / 2;
    self->viewport.content_width = tile * columns;
    self->viewport.content_height = tile * rows;
  }
  ssg_canvas_report_zoom(self);
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_report_zoom(SsgCanvas *self)
{
  double zoom = ssg_viewport_zoom(&self->viewport);
  if (zoom == self->reported_zoom)
    return;
  self->reported_zoom = zoom;
  g_signal_emit(self, signals[ZOOM_CHANGED], 0);
}

graphene_rect_t ssg_canvas_rect(SsgCanvas *self)
{
  double x, y, zoom = ssg_viewport_zoom(&self->viewport);
  ssg_viewport_origin(&self->viewport, &x, &y);
  return GRAPHENE_RECT_INIT((float) x, (float) y, (float) (self->viewport.content_width * zoom),
                            (float) (self->viewport.content_height * zoom));
}

graphene_rect_t ssg_canvas_tile(SsgCanvas *self, int part)
{
  graphene_rect_t all = ssg_canvas_rect(self);
  int columns = grid_columns(self);
  float tile = all.size.width / columns;
  return GRAPHENE_RECT_INIT(all.origin.x + (part % columns) * tile, all.origin.y + (part / columns) * tile, tile, tile);
}

void ssg_canvas_to_picture(SsgCanvas *self, double x, double y, double *px, double *py)
{
  graphene_rect_t rect = ssg_canvas_rect(self);
  if (self->view == SSG_VIEW_DEPTHS && self->n_parts > 0) { /* the place within its tile */
    int columns = grid_columns(self);
    double tile = rect.size.width / columns;
    double u = (x - rect.origin.x) / tile, v = (y - rect.origin.y) / tile;
    *px = u >= 0 && u < columns ? u - floor(u) : -1;
    *py = v >= 0 && v * tile < rect.size.height ? v - floor(v) : -1;
    return;
  }
  *px = (x - rect.origin.x) / rect.size.width;
  *py = (y - rect.origin.y) / rect.size.height;
}

int ssg_canvas_part_at(SsgCanvas *self, double x, double y)
{
  if (!has_parts(self))
    return -1;
  if (self->view == SSG_VIEW_DEPTHS) {
    for (int k = 0; k < self->n_parts; k++) {
      graphene_rect_t tile = ssg_canvas_tile(self, k);
      if (graphene_rect_contains_point(&tile, &GRAPHENE_POINT_INIT((float) x, (float) y)))
        return k;
    }
    return -1;
  }
  double px, py;
  ssg_canvas_to_picture(self, x, y, &px, &py);
  if (self->empty || px < 0 || py < 0 || px >= 1 || py >= 1)
    return -1;
  SsgRender *render = self->now.render;
  int part = render->mask[(gsize) (py * render->size) * render->size + (gsize) (px * render->size)];
  return part < self->n_parts ? part : -1;
}

const SsgOutline *ssg_canvas_outline(SsgCanvas *self, int part)
{
  if (!self->outlines[part])
    self->outlines[part] = ssg_outline_new(self->now.render->mask, self->now.render->size, part);
  return self->outlines[part];
}

void ssg_canvas_set_parts(SsgCanvas *self, int n_parts, const char *const *names, const guint32 *colors, int size)
{
  gboolean same = n_parts == self->n_parts && self->names && g_strv_equal(names, (const char *const *) self->names) &&
                  memcmp(colors, self->colors, sizeof *colors * n_parts) == 0;
  clear_layer(&self->before);
  if (same) {
    self->size = size;
    ssg_canvas_update_viewport(self);
    return;
  }
  clear_layer(&self->now);
  clear_outlines(self);
  g_strfreev(self->names);
  g_free(self->colors);
  self->names = g_strdupv((char **) names);
  self->colors = g_memdup2(colors, sizeof *colors * n_parts);
  self->n_parts = n_parts;
  self->size = size;
  self->selected = -1;
  set_hovered(self, -1);
  ssg_canvas_update_viewport(self);
}

void ssg_canvas_set_render(SsgCanvas *self, SsgRender *render)
{
  if (render == self->now.render)
    return;
  g_return_if_fail(!render || render->n_parts == self->n_parts);
  gboolean had_none = !self->now.render;
  clear_layer(&self->now);
  clear_outlines(self);
  self->now.render = render ? ssg_render_ref(render) : NULL;
  if (!render)
    set_hovered(self, -1);
  else if (self->pointer_inside && self->drag == DRAG_NONE)
    set_hovered(self, ssg_canvas_part_at(self, self->pointer_x, self->pointer_y));
  if (had_none || !render)
    update_description(self);
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

SsgRender *ssg_canvas_get_render(SsgCanvas *self)
{
  return self->now.render;
}

void ssg_canvas_set_empty(SsgCanvas *self, gboolean empty)
{
  if (empty == self->empty)
    return;
  self->empty = empty;
  set_hovered(self, -1);
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_set_before(SsgCanvas *self, SsgRender *render)
{
  if (render == self->before.render)
    return;
  clear_layer(&self->before);
  self->before.render = render ? ssg_render_ref(render) : NULL;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_set_view(SsgCanvas *self, SsgView view)
{
  if (view == self->view)
    return;
  gboolean grid = (view == SSG_VIEW_DEPTHS) != (self->view == SSG_VIEW_DEPTHS);
  self->view = view;
  if (grid)
    self->viewport.fit = TRUE;
  ssg_canvas_update_viewport(self);
}

void ssg_canvas_set_split(SsgCanvas *self, gboolean split)
{
  self->split = split;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_set_overlay_opacity(SsgCanvas *self, double opacity)
{
  self->opacity = CLAMP(opacity, 0, 1);
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_set_depth_style(SsgCanvas *self, SsgDepthStyle style)
{
  self->depth_style = style;
  for (int k = 0; k < SSG_MAX_PARTS; k++) {
    g_clear_object(&self->now.depth[k]);
    g_clear_object(&self->before.depth[k]);
  }
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_set_selected(SsgCanvas *self, int part)
{
  self->selected = part < self->n_parts ? part : -1;
  update_description(self);
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_set_hovered(SsgCanvas *self, int part)
{
  set_hovered(self, part < self->n_parts ? part : -1);
}

int ssg_canvas_get_hovered(SsgCanvas *self)
{
  return self->hovered;
}

void ssg_canvas_set_tool(SsgCanvas *self, SsgTool tool)
{
  ssg_canvas_end_wheel(self);
  self->tool = tool;
  gtk_widget_set_cursor_from_name(GTK_WIDGET(self), tool == SSG_TOOL_MOVE ? "move" : NULL);
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_set_move_whole(SsgCanvas *self, gboolean whole)
{
  ssg_canvas_end_wheel(self);
  self->move_whole = whole;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_set_probing(SsgCanvas *self, gboolean probing)
{
  self->probing = probing;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_canvas_accept_drops(SsgCanvas *self, GType type)
{
  gtk_drop_target_set_gtypes(self->drop_target, &type, 1);
}

double ssg_canvas_get_zoom(SsgCanvas *self)
{
  return ssg_viewport_zoom(&self->viewport) * gtk_widget_get_scale_factor(GTK_WIDGET(self));
}

gboolean ssg_canvas_get_fit(SsgCanvas *self)
{
  return self->viewport.fit;
}

void ssg_canvas_zoom_fit(SsgCanvas *self)
{
  self->viewport.fit = TRUE;
  ssg_canvas_update_viewport(self);
}

void ssg_canvas_zoom_to(SsgCanvas *self, double zoom)
{
  ssg_viewport_zoom_at(&self->viewport, zoom / gtk_widget_get_scale_factor(GTK_WIDGET(self)), self->viewport.width / 2,
                       self->viewport.height / 2);
  ssg_canvas_update_viewport(self);
}

void ssg_canvas_zoom_by(SsgCanvas *self, double factor)
{
  ssg_canvas_zoom_to(self, ssg_canvas_get_zoom(self) * factor);
}

gboolean ssg_canvas_locate_part(SsgCanvas *self, int part, double *x, double *y)
{
  if (!has_parts(self) || part < 0 || part >= self->n_parts)
    return FALSE;
  graphene_rect_t rect = self->view == SSG_VIEW_DEPTHS ? ssg_canvas_tile(self, part) : ssg_canvas_rect(self);
  if (self->view == SSG_VIEW_DEPTHS) {
    *x = rect.origin.x + rect.size.width / 2;
    *y = rect.origin.y + rect.size.height / 2;
    return TRUE;
  }
  /* The middle of the longest run of the part's pixels: inside it even where the box's middle is not. */
  int size = self->now.render->size, best = 0, best_x = 0, best_y = 0;
  for (int row = 0; row < size; row++)
    for (int column = 0, run = 0; column < size; column++) {
      run = self->now.render->mask[(gsize) row * size + column] == part ? run + 1 : 0;
      if (run > best) {
        best = run;
        best_x = column - run / 2;
        best_y = row;
      }
    }
  *x = rect.origin.x + (best_x + 0.5) / size * rect.size.width;
  *y = rect.origin.y + (best_y + 0.5) / size * rect.size.height;
  return best > 0;
}

gboolean ssg_canvas_locate_handle(SsgCanvas *self, int handle, double *x, double *y)
{
  double left = 0, top = 0, right = 0, bottom = 0;
  if (self->tool != SSG_TOOL_MOVE || self->view == SSG_VIEW_DEPTHS ||
      !ssg_canvas_move_box(self, &left, &top, &right, &bottom))
    return FALSE;
  graphene_rect_t rect = ssg_canvas_rect(self);
  *x = rect.origin.x + (handle == 0 || handle == 3 ? left : right) * rect.size.width;
  *y = rect.origin.y + (handle < 2 ? top : bottom) * rect.size.height;
  return TRUE;
}

SsgCode ssg_code_from_modifiers(GdkModifierType modifiers)
{
  gboolean shift = (modifiers & GDK_SHIFT_MASK) != 0, control = (modifiers & GDK_CONTROL_MASK) != 0;
  return shift == control ? SSG_CODE_BOTH : shift ? SSG_CODE_SHAPE : SSG_CODE_TEXTURE;
}

SsgCode ssg_code_of_drag(GtkWidget *widget)
{
  GdkModifierType modifiers = 0;
  GdkSeat *seat = gdk_display_get_default_seat(gtk_widget_get_display(widget));
  /* Drag events carry no modifiers: ask the pointer. */
  if (seat)
    gdk_surface_get_device_position(gtk_native_get_surface(gtk_widget_get_native(widget)), gdk_seat_get_pointer(seat), NULL, NULL,
                                    &modifiers);
  return ssg_code_from_modifiers(modifiers);
}

SsgCode ssg_code_of_drop(GtkWidget *widget, SsgCode lit)
{
  SsgCode now = ssg_code_of_drag(widget);
  return now == SSG_CODE_BOTH ? lit : now;
}

static void dispose(GObject *object)
{
  SsgCanvas *self = SSG_CANVAS(object);
  g_clear_handle_id(&self->wheel_timeout, g_source_remove);
  clear_layer(&self->now);
  clear_layer(&self->before);
  clear_outlines(self);
  G_OBJECT_CLASS(ssg_canvas_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
  SsgCanvas *self = SSG_CANVAS(object);
  g_strfreev(self->names);
  g_free(self->colors);
  G_OBJECT_CLASS(ssg_canvas_parent_class)->finalize(object);
}

static void ssg_canvas_class_init(SsgCanvasClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  widget_class->snapshot = snapshot;
  widget_class->size_allocate = size_allocate;
  widget_class->measure = measure;
  widget_class->focus = focus;
  gtk_widget_class_set_css_name(widget_class, "canvas");
  gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);

  GType type = G_TYPE_FROM_CLASS(klass);
  signals[PART_HOVERED] = g_signal_new("part-hovered", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                       G_TYPE_INT);
  signals[PART_SELECTED] = g_signal_new("part-selected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                        G_TYPE_INT);
  signals[PART_MENU] = g_signal_new("part-menu", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                    G_TYPE_INT, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
  signals[PROBED] = g_signal_new("probed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_DOUBLE,
                                 G_TYPE_DOUBLE);
  signals[MOVED] = g_signal_new("moved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 6, G_TYPE_INT,
                                G_TYPE_DOUBLE, G_TYPE_DOUBLE, G_TYPE_DOUBLE, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
  signals[DROPPED] = g_signal_new("dropped", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                  G_TYPE_OBJECT, G_TYPE_INT, G_TYPE_UINT);
  signals[ZOOM_CHANGED] = g_signal_new("zoom-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  static const struct {
    guint key;
    int step;
  } walks[] = { { GDK_KEY_Left, -1 }, { GDK_KEY_Up, -1 }, { GDK_KEY_Right, 1 }, { GDK_KEY_Down, 1 } };
  for (gsize i = 0; i < G_N_ELEMENTS(walks); i++)
    gtk_widget_class_add_binding(widget_class, walks[i].key, 0, walk, "i", walks[i].step);
  gtk_widget_class_add_binding(widget_class, GDK_KEY_Return, 0, activate, NULL);
  gtk_widget_class_add_binding(widget_class, GDK_KEY_KP_Enter, 0, activate, NULL);
  gtk_widget_class_add_binding(widget_class, GDK_KEY_space, 0, activate, NULL);
  gtk_widget_class_add_binding(widget_class, GDK_KEY_Menu, 0, menu, NULL);
  gtk_widget_class_add_binding(widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu, NULL);
}

static void ssg_canvas_init(SsgCanvas *self)
{
  self->selected = self->hovered = self->drop_part = self->glow_part = -1;
  self->split_at = 0.5;
  self->opacity = 0.5;
  self->move_whole = TRUE;
  self->viewport.fit = TRUE;
  self->viewport.margin = 20;
  self->viewport.content_width = self->viewport.content_height = 1;
  gtk_widget_set_focusable(GTK_WIDGET(self), TRUE);
  gtk_widget_set_overflow(GTK_WIDGET(self), GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Picture"), -1);
  ssg_canvas_add_input(self);
}
