#include "ui/layout.h"

#define NARROW_BELOW 660
#define ROOMY_WIDTH 1150
#define ROOMY_HEIGHT 900
#define VAST_WIDTH 1550
#define VAST_HEIGHT 1200

struct _SsgLayout {
  GtkWidget parent_instance;
  GtkWidget *children[3]; /* start, center, end */
  gboolean start_visible, end_visible;
  SsgRoom room;
};

G_DEFINE_FINAL_TYPE(SsgLayout, ssg_layout, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_START, PROP_CENTER, PROP_END, PROP_START_VISIBLE, PROP_END_VISIBLE, PROP_ROOM, N_PROPS };
static GParamSpec *props[N_PROPS];

static gboolean child_shown(SsgLayout *self, int i)
{
  return self->children[i] && gtk_widget_should_layout(self->children[i]);
}

static int minimum(GtkWidget *widget, GtkOrientation orientation)
{
  int min;
  gtk_widget_measure(widget, orientation, -1, &min, NULL, NULL, NULL);
  return min;
}

/* One column of faces in small windows, two and more where there is room. */
static int start_width(int width)
{
  return width < 1180 ? 136 : width < 1700 ? 220 : CLAMP(width * 14 / 100, 240, 420);
}

static int end_width(int width)
{
  return CLAMP(width * 23 / 100, 284, 520);
}

static void measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *min, int *natural,
                    int *min_baseline, int *natural_baseline)
{
  SsgLayout *self = SSG_LAYOUT(widget);
  *min = *natural = 0;
  for (int i = 0; i < 3; i++)
    if (child_shown(self, i)) {
      int child_min, child_natural;
      gtk_widget_measure(self->children[i], orientation, -1, &child_min, &child_natural, NULL, NULL);
      if (orientation == GTK_ORIENTATION_VERTICAL) {
        *min = MAX(*min, child_min);
        *natural = MAX(*natural, child_natural);
      } else {
        *min += child_min;
        *natural += child_natural;
      }
    }
  *natural = MAX(*min, *natural);
}

static gboolean notify_room(gpointer data)
{
  SsgLayout *self = data;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_ROOM]);
  return G_SOURCE_REMOVE;
}

static void size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
  SsgLayout *self = SSG_LAYOUT(widget);
  gboolean rtl = gtk_widget_get_direction(widget) == GTK_TEXT_DIR_RTL;
  int widths[3] = { 0 };
  if (child_shown(self, 0))
    widths[0] = MAX(start_width(width), minimum(self->children[0], GTK_ORIENTATION_HORIZONTAL));
  if (child_shown(self, 2))
    widths[2] = MAX(end_width(width), minimum(self->children[2], GTK_ORIENTATION_HORIZONTAL));
  widths[1] = MAX(width - widths[0] - widths[2], 0);
  for (int i = 0, x = 0; i < 3; i++) {
    if (child_shown(self, i)) {
      GtkAllocation place = { rtl ? width - x - widths[i] : x, 0, widths[i], height };
      gtk_widget_size_allocate(self->children[i], &place, -1);
    }
    x += widths[i];
  }
  SsgRoom room = widths[1] < NARROW_BELOW                               ? SSG_ROOM_NARROW
                 : widths[1] >= VAST_WIDTH && height >= VAST_HEIGHT   ? SSG_ROOM_VAST
                 : widths[1] >= ROOMY_WIDTH && height >= ROOMY_HEIGHT ? SSG_ROOM_ROOMY
                                                                      : SSG_ROOM_USUAL;
  if (room != self->room) {
    self->room = room;
    /* Labels come and go: that asks for a new layout, which must not happen inside this one. */
    g_idle_add_full(G_PRIORITY_HIGH_IDLE, notify_room, g_object_ref(self), g_object_unref);
  }
}

static void set_child(SsgLayout *self, int i, GtkWidget *child)
{
  if (self->children[i])
    gtk_widget_unparent(self->children[i]);
  self->children[i] = child;
  if (child)
    gtk_widget_set_parent(child, GTK_WIDGET(self));
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  SsgLayout *self = SSG_LAYOUT(object);
  switch (id) {
  case PROP_START:
  case PROP_CENTER:
  case PROP_END:
    set_child(self, id - PROP_START, g_value_get_object(value));
    break;
  case PROP_START_VISIBLE:
  case PROP_END_VISIBLE: {
    gboolean visible = g_value_get_boolean(value);
    GtkWidget *child = self->children[id == PROP_START_VISIBLE ? 0 : 2];
    *(id == PROP_START_VISIBLE ? &self->start_visible : &self->end_visible) = visible;
    if (child)
      gtk_widget_set_visible(child, visible);
    gtk_widget_queue_resize(GTK_WIDGET(self));
    break;
  }
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SsgLayout *self = SSG_LAYOUT(object);
  switch (id) {
  case PROP_START:
  case PROP_CENTER:
  case PROP_END:
    g_value_set_object(value, self->children[id - PROP_START]);
    break;
  case PROP_START_VISIBLE:
    g_value_set_boolean(value, self->start_visible);
    break;
  case PROP_END_VISIBLE:
    g_value_set_boolean(value, self->end_visible);
    break;
  case PROP_ROOM:
    g_value_set_int(value, (int) self->room);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void dispose(GObject *object)
{
  SsgLayout *self = SSG_LAYOUT(object);
  for (int i = 0; i < 3; i++)
    g_clear_pointer(&self->children[i], gtk_widget_unparent);
  G_OBJECT_CLASS(ssg_layout_parent_class)->dispose(object);
}

static void ssg_layout_class_init(SsgLayoutClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  object_class->dispose = dispose;
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  widget_class->measure = measure;
  widget_class->size_allocate = size_allocate;
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  props[PROP_START] = g_param_spec_object("start", NULL, NULL, GTK_TYPE_WIDGET, flags);
  props[PROP_CENTER] = g_param_spec_object("center", NULL, NULL, GTK_TYPE_WIDGET, flags);
  props[PROP_END] = g_param_spec_object("end", NULL, NULL, GTK_TYPE_WIDGET, flags);
  props[PROP_START_VISIBLE] = g_param_spec_boolean("start-visible", NULL, NULL, TRUE, flags);
  props[PROP_END_VISIBLE] = g_param_spec_boolean("end-visible", NULL, NULL, TRUE, flags);
  props[PROP_ROOM] = g_param_spec_int("room", NULL, NULL, SSG_ROOM_NARROW, SSG_ROOM_VAST, SSG_ROOM_USUAL,
                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties(object_class, N_PROPS, props);
}

static void ssg_layout_init(SsgLayout *self)
{
  self->start_visible = self->end_visible = TRUE;
  self->room = SSG_ROOM_USUAL;
}
