#include "ui/strip-item.h"

#include "app/i18n.h"
#include "ui/canvas.h"
#include "ui/thumb.h"

struct _SsgStripItem {
  GtkWidget parent_instance;
  GtkWidget *button, *chip, *thumb, *name, *probe, *eye, *eye_image;
  GtkDropTarget *drop_target;
  SsgCode drop_code; /* while something is dragged over it */
  char *title;
  guint32 color;
  gboolean setting;
};

G_DEFINE_FINAL_TYPE(SsgStripItem, ssg_strip_item, GTK_TYPE_WIDGET)

enum { SELECTED, HOVERED, SHOWN_TOGGLED, MENU, DROPPED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void clicked(SsgStripItem *self)
{
  g_signal_emit(self, signals[SELECTED], 0);
}

static void name_eye(SsgStripItem *self)
{
  gboolean shown = gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(self->eye));
  g_autofree char *text = g_strdup_printf(shown ? _("Hide %s") : _("Show %s"), self->title);
  gtk_image_set_from_icon_name(GTK_IMAGE(self->eye_image), shown ? "view-reveal-symbolic" : "view-conceal-symbolic");
  gtk_widget_set_tooltip_text(self->eye, text);
  gtk_accessible_update_property(GTK_ACCESSIBLE(self->eye), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void eye_toggled(SsgStripItem *self)
{
  name_eye(self);
  if (!self->setting)
    g_signal_emit(self, signals[SHOWN_TOGGLED], 0, gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(self->eye)));
}

static void draw_chip(GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  SsgStripItem *self = data;
  double r = height / 2.0;
  cairo_set_source_rgb(cr, (self->color >> 16 & 255) / 255.0, (self->color >> 8 & 255) / 255.0,
                       (self->color & 255) / 255.0);
  cairo_arc(cr, r, r, r, G_PI / 2, 3 * G_PI / 2);
  cairo_arc(cr, width - r, r, r, -G_PI / 2, G_PI / 2);
  cairo_fill(cr);
  /* Its edge, for colours that are nearly those of the window. */
  GdkRGBA text;
  gtk_style_context_get_color(gtk_widget_get_style_context(GTK_WIDGET(area)), &text);
  text.alpha *= 0.25f;
  gdk_cairo_set_source_rgba(cr, &text);
  cairo_set_line_width(cr, 1);
  cairo_arc(cr, r, r, r - 0.5, G_PI / 2, 3 * G_PI / 2);
  cairo_arc(cr, width - r, r, r - 0.5, -G_PI / 2, G_PI / 2);
  cairo_close_path(cr);
  cairo_stroke(cr);
}

static void entered(GtkEventControllerMotion *motion, double x, double y, SsgStripItem *self)
{
  g_signal_emit(self, signals[HOVERED], 0, TRUE);
}

static void left(GtkEventControllerMotion *motion, SsgStripItem *self)
{
  g_signal_emit(self, signals[HOVERED], 0, FALSE);
}

static void secondary_pressed(GtkGestureClick *gesture, int n, double x, double y, SsgStripItem *self)
{
  g_signal_emit(self, signals[MENU], 0);
}

static gboolean menu_key(GtkWidget *widget, GVariant *args, gpointer data)
{
  g_signal_emit(widget, signals[MENU], 0);
  return TRUE;
}

static GdkDragAction drop_moved(GtkDropTarget *target, double x, double y, SsgStripItem *self)
{
  self->drop_code = ssg_code_of_drag(GTK_WIDGET(self));
  GdkDragAction actions = gdk_drop_get_actions(gtk_drop_target_get_current_drop(target));
  return actions & GDK_ACTION_COPY ? GDK_ACTION_COPY : actions & GDK_ACTION_MOVE ? GDK_ACTION_MOVE : GDK_ACTION_LINK;
}

static gboolean dropped(GtkDropTarget *target, const GValue *value, double x, double y, SsgStripItem *self)
{
  g_signal_emit(self, signals[DROPPED], 0, g_value_get_object(value), (guint) ssg_code_of_drop(GTK_WIDGET(self), self->drop_code));
  return TRUE;
}

void ssg_strip_item_set_thumb_size(SsgStripItem *self, int size)
{
  ssg_thumb_set_sizes(SSG_THUMB(self->thumb), MIN(size, 30), size);
  ssg_thumb_set_fixed_height(SSG_THUMB(self->thumb), size);
}

void ssg_strip_item_set_texture(SsgStripItem *self, GdkTexture *texture)
{
  ssg_thumb_set_texture(SSG_THUMB(self->thumb), texture);
}

void ssg_strip_item_set_selected(SsgStripItem *self, gboolean selected)
{
  if (selected)
    gtk_widget_add_css_class(GTK_WIDGET(self), "selected");
  else
    gtk_widget_remove_css_class(GTK_WIDGET(self), "selected");
  gtk_accessible_update_state(GTK_ACCESSIBLE(self->button), GTK_ACCESSIBLE_STATE_PRESSED,
                              selected ? GTK_ACCESSIBLE_TRISTATE_TRUE : GTK_ACCESSIBLE_TRISTATE_FALSE, -1);
}

void ssg_strip_item_set_hovered(SsgStripItem *self, gboolean hovered)
{
  if (hovered)
    gtk_widget_add_css_class(GTK_WIDGET(self), "hovered");
  else
    gtk_widget_remove_css_class(GTK_WIDGET(self), "hovered");
}

void ssg_strip_item_set_state(SsgStripItem *self, gboolean shown, gboolean locked, gboolean present)
{
  self->setting = TRUE;
  gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(self->eye), shown);
  self->setting = FALSE;
  ssg_thumb_set_dimmed(SSG_THUMB(self->thumb), !shown);
  /* The depth of a part that is nowhere in the picture looks like a part that is there. */
  ssg_thumb_set_blank(SSG_THUMB(self->thumb), shown && !present);
  if (present && shown)
    gtk_widget_remove_css_class(self->name, "dim-label");
  else
    gtk_widget_add_css_class(self->name, "dim-label");
  g_autofree char *name = locked ? g_strdup_printf(_("%s, locked"), self->title) : g_strdup(self->title);
  g_autofree char *text = shown && !present ? g_strdup_printf(_("%s, nowhere in this picture"), name) : g_strdup(name);
  gtk_accessible_update_property(GTK_ACCESSIBLE(self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_widget_set_tooltip_text(self->button, text);
  if (locked)
    gtk_widget_add_css_class(GTK_WIDGET(self), "locked");
  else
    gtk_widget_remove_css_class(GTK_WIDGET(self), "locked");
}

void ssg_strip_item_set_probe(SsgStripItem *self, const char *text)
{
  gtk_widget_set_visible(self->probe, text != NULL);
  if (text)
    gtk_label_set_text(GTK_LABEL(self->probe), text);
}

void ssg_strip_item_accept_drops(SsgStripItem *self, GType type)
{
  gtk_drop_target_set_gtypes(self->drop_target, &type, 1);
}

GtkWidget *ssg_strip_item_get_button(SsgStripItem *self)
{
  return self->button;
}

GtkWidget *ssg_strip_item_get_eye(SsgStripItem *self)
{
  return self->eye;
}

gboolean ssg_strip_item_is(SsgStripItem *self, const char *name, guint32 color)
{
  return g_str_equal(self->title, name) && self->color == color;
}

GtkWidget *ssg_strip_item_new(const char *name, guint32 color)
{
  SsgStripItem *self = g_object_new(SSG_TYPE_STRIP_ITEM, NULL);
  self->title = g_strdup(name);
  self->color = color;
  gtk_label_set_text(GTK_LABEL(self->name), name);
  ssg_strip_item_set_state(self, TRUE, FALSE, TRUE);
  name_eye(self);
  return GTK_WIDGET(self);
}

static void dispose(GObject *object)
{
  gtk_widget_dispose_template(GTK_WIDGET(object), SSG_TYPE_STRIP_ITEM);
  g_clear_pointer(&SSG_STRIP_ITEM(object)->title, g_free);
  G_OBJECT_CLASS(ssg_strip_item_parent_class)->dispose(object);
}

static void ssg_strip_item_class_init(SsgStripItemClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  GType type = G_TYPE_FROM_CLASS(klass);
  G_OBJECT_CLASS(klass)->dispose = dispose;
  signals[SELECTED] = g_signal_new("selected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[HOVERED] = g_signal_new("hovered", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                  G_TYPE_BOOLEAN);
  signals[SHOWN_TOGGLED] = g_signal_new("shown-toggled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                        G_TYPE_BOOLEAN);
  signals[MENU] = g_signal_new("menu", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[DROPPED] = g_signal_new("dropped", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_OBJECT,
                                  G_TYPE_UINT);
  g_type_ensure(SSG_TYPE_THUMB);
  gtk_widget_class_set_template_from_resource(widget_class, "/io/github/ssgan/Editor/strip-item.ui");
  gtk_widget_class_bind_template_child(widget_class, SsgStripItem, button);
  gtk_widget_class_bind_template_child(widget_class, SsgStripItem, chip);
  gtk_widget_class_bind_template_child(widget_class, SsgStripItem, thumb);
  gtk_widget_class_bind_template_child(widget_class, SsgStripItem, name);
  gtk_widget_class_bind_template_child(widget_class, SsgStripItem, probe);
  gtk_widget_class_bind_template_child(widget_class, SsgStripItem, eye);
  gtk_widget_class_bind_template_child(widget_class, SsgStripItem, eye_image);
  gtk_widget_class_bind_template_callback(widget_class, clicked);
  gtk_widget_class_bind_template_callback(widget_class, eye_toggled);
  gtk_widget_class_set_css_name(widget_class, "strip-item");
  gtk_widget_class_add_binding(widget_class, GDK_KEY_Menu, 0, menu_key, NULL);
  gtk_widget_class_add_binding(widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key, NULL);
}

static void ssg_strip_item_init(SsgStripItem *self)
{
  gtk_widget_init_template(GTK_WIDGET(self));
  ssg_strip_item_set_thumb_size(self, 44);
  gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(self->chip), draw_chip, self, NULL);

  GtkEventController *motion = gtk_event_controller_motion_new();
  g_signal_connect(motion, "enter", G_CALLBACK(entered), self);
  g_signal_connect(motion, "leave", G_CALLBACK(left), self);
  gtk_widget_add_controller(GTK_WIDGET(self), motion);

  GtkGesture *secondary = gtk_gesture_click_new();
  gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(secondary), GDK_BUTTON_SECONDARY);
  g_signal_connect(secondary, "pressed", G_CALLBACK(secondary_pressed), self);
  gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(secondary));

  self->drop_target = gtk_drop_target_new(G_TYPE_INVALID, GDK_ACTION_COPY | GDK_ACTION_MOVE | GDK_ACTION_LINK);
  g_signal_connect(self->drop_target, "enter", G_CALLBACK(drop_moved), self);
  g_signal_connect(self->drop_target, "motion", G_CALLBACK(drop_moved), self);
  g_signal_connect(self->drop_target, "drop", G_CALLBACK(dropped), self);
  gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(self->drop_target));
}
