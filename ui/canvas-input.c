#include "ui/canvas-private.h"

#include <math.h>

#define WHEEL_STEP 1.12
#define WHEEL_END_MS 350

static void emit_by_name(SsgCanvas *self, const char *name, int part)
{
  g_signal_emit_by_name(self, name, part);
}

void ssg_canvas_emit_move(SsgCanvas *self, SsgMovePhase phase)
{
  g_signal_emit_by_name(self, "moved", (int) phase, self->move_dx, self->move_dy, self->move_factor, self->anchor_x,
                        self->anchor_y);
}

static void begin_move(SsgCanvas *self, SsgCanvasDrag drag)
{
  double left = 0, top = 0, right = 1, bottom = 1;
  ssg_canvas_end_wheel(self);
  ssg_canvas_move_box(self, &left, &top, &right, &bottom);
  self->anchor_x = left + right - 1;
  self->anchor_y = top + bottom - 1;
  self->move_dx = self->move_dy = 0;
  self->move_factor = 1;
  self->drag = drag;
  ssg_canvas_emit_move(self, SSG_MOVE_BEGIN);
}

/* Scaling by wheel is one edit until it has paused. */
void ssg_canvas_end_wheel(SsgCanvas *self)
{
  if (!self->wheel_timeout)
    return;
  g_clear_handle_id(&self->wheel_timeout, g_source_remove);
  ssg_canvas_emit_move(self, SSG_MOVE_END);
}

static gboolean wheel_paused(gpointer data)
{
  SsgCanvas *self = data;
  self->wheel_timeout = 0;
  ssg_canvas_emit_move(self, SSG_MOVE_END);
  return G_SOURCE_REMOVE;
}

static void scale_by(SsgCanvas *self, double factor)
{
  if (self->drag != DRAG_NONE)
    return;
  if (self->wheel_timeout)
    g_clear_handle_id(&self->wheel_timeout, g_source_remove);
  else {
    begin_move(self, DRAG_NONE);
  }
  self->wheel_timeout = g_timeout_add(WHEEL_END_MS, wheel_paused, self);
  self->move_factor *= factor;
  ssg_canvas_emit_move(self, SSG_MOVE_UPDATE);
}

/* Which handle of the move box lies at the point, -1 none. */
static int handle_at(SsgCanvas *self, double x, double y)
{
  double left, top, right, bottom;
  if (self->view == SSG_VIEW_DEPTHS || !ssg_canvas_move_box(self, &left, &top, &right, &bottom))
    return -1;
  graphene_rect_t r = ssg_canvas_rect(self);
  double xs[4] = { left, right, right, left }, ys[4] = { top, top, bottom, bottom };
  for (int i = 0; i < 4; i++)
    if (hypot(x - r.origin.x - xs[i] * r.size.width, y - r.origin.y - ys[i] * r.size.height) < SSG_HANDLE_RADIUS + 5)
      return i;
  return -1;
}

static gboolean divider_at(SsgCanvas *self, double x)
{
  if (!self->split || !self->before.render || self->view == SSG_VIEW_DEPTHS)
    return FALSE;
  graphene_rect_t r = ssg_canvas_rect(self);
  return fabs(x - r.origin.x - self->split_at * r.size.width) < SSG_SPLIT_GRIP;
}

static void update_cursor(SsgCanvas *self, double x, double y)
{
  const char *name = self->probing ? "crosshair" : NULL;
  if (divider_at(self, x))
    name = "col-resize";
  else if (self->tool == SSG_TOOL_MOVE) {
    static const char *const resize[] = { "nw-resize", "ne-resize", "se-resize", "sw-resize" };
    int handle = handle_at(self, x, y);
    name = handle >= 0 ? resize[handle] : "move";
  }
  gtk_widget_set_cursor_from_name(GTK_WIDGET(self), name);
}

static void probe(SsgCanvas *self, double x, double y)
{
  double px = -1, py = -1;
  if (self->now.render)
    ssg_canvas_to_picture(self, x, y, &px, &py);
  if (px < 0 || py < 0 || px >= 1 || py >= 1)
    px = py = -1;
  g_signal_emit_by_name(self, "probed", px, py);
}

static void pointer_moved(GtkEventControllerMotion *motion, double x, double y, SsgCanvas *self)
{
  self->pointer_inside = TRUE;
  self->pointer_x = x;
  self->pointer_y = y;
  update_cursor(self, x, y);
  if (self->probing)
    probe(self, x, y);
  if (self->drag != DRAG_NONE)
    return;
  ssg_canvas_set_hovered(self, divider_at(self, x) ? -1 : ssg_canvas_part_at(self, x, y));
  gtk_widget_queue_draw(GTK_WIDGET(self)); /* the label follows the pointer */
}

static void pointer_left(GtkEventControllerMotion *motion, SsgCanvas *self)
{
  self->pointer_inside = FALSE;
  ssg_canvas_set_hovered(self, -1);
  if (self->probing)
    g_signal_emit_by_name(self, "probed", -1.0, -1.0);
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void drag_begin(GtkGestureDrag *gesture, double x, double y, SsgCanvas *self)
{
  guint button = gtk_gesture_single_get_current_button(GTK_GESTURE_SINGLE(gesture));
  gtk_widget_grab_focus(GTK_WIDGET(self));
  self->drag_button = button;
  self->drag_x = self->last_x = x;
  self->drag_y = self->last_y = y;
  self->drag = DRAG_NONE;
  if (!self->now.render)
    return;
  if (button == GDK_BUTTON_MIDDLE) {
    self->drag = DRAG_PAN;
  } else if (button == GDK_BUTTON_PRIMARY && divider_at(self, x)) {
    self->drag = DRAG_SPLIT;
  } else if (button == GDK_BUTTON_PRIMARY && self->tool == SSG_TOOL_MOVE && self->view != SSG_VIEW_DEPTHS) {
    self->handle = handle_at(self, x, y);
    begin_move(self, self->handle >= 0 ? DRAG_HANDLE : DRAG_MOVE);
  }
}

static void drag_update(GtkGestureDrag *gesture, double dx, double dy, SsgCanvas *self)
{
  double x = self->drag_x + dx, y = self->drag_y + dy;
  graphene_rect_t r = ssg_canvas_rect(self);
  if (self->drag == DRAG_NONE && !self->viewport.fit && self->tool == SSG_TOOL_SELECT && hypot(dx, dy) > 6)
    self->drag = DRAG_PAN; /* a zoomed picture is moved by hand */
  switch (self->drag) {
  case DRAG_PAN:
    ssg_viewport_pan(&self->viewport, x - self->last_x, y - self->last_y);
    break;
  case DRAG_SPLIT:
    self->split_at = CLAMP((x - r.origin.x) / r.size.width, 0.02, 0.98);
    break;
  case DRAG_MOVE:
    self->move_dx = 2 * dx / r.size.width;
    self->move_dy = 2 * dy / r.size.height;
    ssg_canvas_emit_move(self, SSG_MOVE_UPDATE);
    break;
  case DRAG_HANDLE: {
    /* The dragged corner keeps its direction from the middle of the box. */
    double mx = r.origin.x + (self->anchor_x + 1) / 2 * r.size.width;
    double my = r.origin.y + (self->anchor_y + 1) / 2 * r.size.height;
    double before = hypot(self->drag_x - mx, self->drag_y - my), now = hypot(x - mx, y - my);
    self->move_factor = CLAMP(now / MAX(before, 1), 0.1, 10);
    ssg_canvas_emit_move(self, SSG_MOVE_UPDATE);
    break;
  }
  default:
    break;
  }
  self->last_x = x;
  self->last_y = y;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void drag_end(GtkGestureDrag *gesture, double dx, double dy, SsgCanvas *self)
{
  SsgCanvasDrag drag = self->drag;
  self->drag = DRAG_NONE;
  if (drag == DRAG_MOVE || drag == DRAG_HANDLE)
    ssg_canvas_emit_move(self, SSG_MOVE_END);
  else if (drag == DRAG_NONE && self->drag_button == GDK_BUTTON_PRIMARY && self->now.render) {
    int part = ssg_canvas_part_at(self, self->drag_x, self->drag_y);
    if (part >= 0)
      emit_by_name(self, "part-selected", part);
  }
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

/* Another gesture took over (pinch): what was begun is closed. */
static void drag_cancelled(GtkGesture *gesture, GdkEventSequence *sequence, SsgCanvas *self)
{
  SsgCanvasDrag drag = self->drag;
  self->drag = DRAG_OVER; /* the end that follows is not a click */
  if (drag == DRAG_MOVE || drag == DRAG_HANDLE)
    ssg_canvas_emit_move(self, SSG_MOVE_END);
}

static void secondary_pressed(GtkGestureClick *gesture, int n, double x, double y, SsgCanvas *self)
{
  int part = ssg_canvas_part_at(self, x, y);
  if (part >= 0)
    g_signal_emit_by_name(self, "part-menu", part, x, y);
}

static void double_clicked(GtkGestureClick *gesture, int n, double x, double y, SsgCanvas *self)
{
  if (n == 2 && ssg_canvas_part_at(self, x, y) < 0)
    ssg_canvas_zoom_fit(self);
}

static gboolean scrolled(GtkEventControllerScroll *scroll, double dx, double dy, SsgCanvas *self)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state(GTK_EVENT_CONTROLLER(scroll));
  gboolean control = state & GDK_CONTROL_MASK;
  gboolean touchpad = gtk_event_controller_scroll_get_unit(scroll) == GDK_SCROLL_UNIT_SURFACE;
  double factor = pow(WHEEL_STEP, touchpad ? -dy / 20 : -dy);
  if (!self->now.render)
    return FALSE;
  if (self->tool == SSG_TOOL_MOVE && !control && self->view != SSG_VIEW_DEPTHS) {
    scale_by(self, factor);
    return TRUE;
  }
  if (touchpad && !control)
    ssg_viewport_pan(&self->viewport, -dx, -dy);
  else
    ssg_viewport_zoom_at(&self->viewport, ssg_viewport_zoom(&self->viewport) * factor, self->pointer_x, self->pointer_y);
  ssg_canvas_update_viewport(self);
  return TRUE;
}

static void pinch_begin(GtkGesture *gesture, GdkEventSequence *sequence, SsgCanvas *self)
{
  self->pinch_zoom = ssg_viewport_zoom(&self->viewport);
  /* The first finger began a drag: two fingers are no drag any more. */
  gtk_gesture_set_state(gesture, GTK_EVENT_SEQUENCE_CLAIMED);
}

static void pinched(GtkGestureZoom *gesture, double scale, SsgCanvas *self)
{
  double x = self->viewport.width / 2, y = self->viewport.height / 2;
  if (!self->now.render)
    return;
  if (gtk_gesture_is_active(GTK_GESTURE(gesture))) /* else no fingers: the middle */
    gtk_gesture_get_bounding_box_center(GTK_GESTURE(gesture), &x, &y);
  ssg_viewport_zoom_at(&self->viewport, self->pinch_zoom * scale, x, y);
  ssg_canvas_update_viewport(self);
}

static void read_drop(SsgCanvas *self, double x, double y, SsgCode code)
{
  self->drop_x = x;
  self->drop_y = y;
  self->drop_part = ssg_canvas_part_at(self, x, y);
  self->drop_code = code;
  self->dropping = TRUE;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

static GdkDragAction drop_moved(GtkDropTarget *target, double x, double y, SsgCanvas *self)
{
  if (!self->now.render)
    return 0;
  read_drop(self, x, y, ssg_code_of_drag(GTK_WIDGET(self)));
  GdkDragAction actions = gdk_drop_get_actions(gtk_drop_target_get_current_drop(target));
  return actions & GDK_ACTION_COPY ? GDK_ACTION_COPY : actions & GDK_ACTION_MOVE ? GDK_ACTION_MOVE : GDK_ACTION_LINK;
}

static void drop_left(GtkDropTarget *target, SsgCanvas *self)
{
  self->dropping = FALSE;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

static gboolean dropped(GtkDropTarget *target, const GValue *value, double x, double y, SsgCanvas *self)
{
  if (!self->now.render)
    return FALSE;
  read_drop(self, x, y, ssg_code_of_drop(GTK_WIDGET(self), self->dropping ? self->drop_code : SSG_CODE_BOTH));
  self->dropping = FALSE;
  g_signal_emit_by_name(self, "dropped", g_value_get_object(value), self->drop_part, (guint) self->drop_code);
  return TRUE;
}

void ssg_canvas_add_input(SsgCanvas *self)
{
  GtkWidget *widget = GTK_WIDGET(self);

  GtkEventController *motion = gtk_event_controller_motion_new();
  g_signal_connect(motion, "enter", G_CALLBACK(pointer_moved), self);
  g_signal_connect(motion, "motion", G_CALLBACK(pointer_moved), self);
  g_signal_connect(motion, "leave", G_CALLBACK(pointer_left), self);
  gtk_widget_add_controller(widget, motion);

  GtkGesture *drag = gtk_gesture_drag_new();
  gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(drag), 0);
  g_signal_connect(drag, "drag-begin", G_CALLBACK(drag_begin), self);
  g_signal_connect(drag, "drag-update", G_CALLBACK(drag_update), self);
  g_signal_connect(drag, "drag-end", G_CALLBACK(drag_end), self);
  g_signal_connect(drag, "cancel", G_CALLBACK(drag_cancelled), self);
  gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(drag));

  GtkGesture *secondary = gtk_gesture_click_new();
  gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(secondary), GDK_BUTTON_SECONDARY);
  g_signal_connect(secondary, "pressed", G_CALLBACK(secondary_pressed), self);
  gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(secondary));

  GtkGesture *click = gtk_gesture_click_new();
  g_signal_connect(click, "pressed", G_CALLBACK(double_clicked), self);
  gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(click));

  GtkEventController *scroll = gtk_event_controller_scroll_new(GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
  g_signal_connect(scroll, "scroll", G_CALLBACK(scrolled), self);
  gtk_widget_add_controller(widget, scroll);

  GtkGesture *pinch = gtk_gesture_zoom_new();
  g_signal_connect(pinch, "begin", G_CALLBACK(pinch_begin), self);
  g_signal_connect(pinch, "scale-changed", G_CALLBACK(pinched), self);
  gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(pinch));

  self->drop_target = gtk_drop_target_new(G_TYPE_INVALID, GDK_ACTION_COPY | GDK_ACTION_MOVE | GDK_ACTION_LINK);
  gtk_drop_target_set_preload(self->drop_target, TRUE);
  g_signal_connect(self->drop_target, "enter", G_CALLBACK(drop_moved), self);
  g_signal_connect(self->drop_target, "motion", G_CALLBACK(drop_moved), self);
  g_signal_connect(self->drop_target, "leave", G_CALLBACK(drop_left), self);
  g_signal_connect(self->drop_target, "drop", G_CALLBACK(dropped), self);
  gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(self->drop_target));
}
