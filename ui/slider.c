#include "ui/slider.h"

#include <math.h>

/* Keys come in bursts: this long after the last one the edit is over. */
#define PAUSE_MS 500

struct _SsgSlider {
  GtkWidget parent_instance;
  GtkWidget *header, *title, *value, *scale;
  GtkAdjustment *adjustment;
  double neutral;
  int digits;
  gboolean setting; /* the program moves it */
  gboolean held;    /* a button is down on it */
  guint pause;
};

G_DEFINE_FINAL_TYPE(SsgSlider, ssg_slider, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_TITLE, PROP_LOWER, PROP_UPPER, PROP_NEUTRAL, PROP_DIGITS, N_PROPS };
static GParamSpec *props[N_PROPS];
static guint moved_signal;

static void show_value(SsgSlider *self)
{
  double value = gtk_adjustment_get_value(self->adjustment);
  if (fabs(value) < 0.5 * pow(10, -self->digits))
    value = 0; /* not "-0.00" */
  g_autofree char *text = g_strdup_printf("%.*f", self->digits, value);
  gtk_label_set_text(GTK_LABEL(self->value), text);
}

static void emit(SsgSlider *self, gboolean done)
{
  g_signal_emit(self, moved_signal, 0, gtk_adjustment_get_value(self->adjustment), done);
}

static gboolean paused(gpointer data)
{
  SsgSlider *self = data;
  self->pause = 0;
  emit(self, TRUE);
  return G_SOURCE_REMOVE;
}

static void value_changed(GtkAdjustment *adjustment, SsgSlider *self)
{
  show_value(self);
  if (self->setting)
    return;
  emit(self, FALSE);
  if (self->held)
    return;
  g_clear_handle_id(&self->pause, g_source_remove);
  self->pause = g_timeout_add(PAUSE_MS, paused, self);
}

/* The scale's own gestures claim press and release, so they are watched before it gets them. */
static gboolean event_seen(GtkEventControllerLegacy *controller, GdkEvent *event, SsgSlider *self)
{
  GdkEventType type = gdk_event_get_event_type(event);
  if (type == GDK_BUTTON_PRESS || type == GDK_TOUCH_BEGIN) {
    self->held = TRUE;
    g_clear_handle_id(&self->pause, g_source_remove);
  } else if (self->held && (type == GDK_BUTTON_RELEASE || type == GDK_TOUCH_END || type == GDK_TOUCH_CANCEL)) {
    self->held = FALSE;
    /* After the scale itself has seen the release. */
    g_clear_handle_id(&self->pause, g_source_remove);
    self->pause = g_timeout_add(0, paused, self);
  }
  return GDK_EVENT_PROPAGATE;
}

static void title_clicked(GtkGestureClick *gesture, int n, double x, double y, SsgSlider *self)
{
  if (n == 2)
    gtk_adjustment_set_value(self->adjustment, self->neutral);
}

/* Sliders stand in pages that scroll: the wheel is for the page, not for whichever slider passes under the pointer. */
static void leave_wheel_to_page(GtkWidget *scale)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers(scale);
  for (guint i = g_list_model_get_n_items(controllers); i-- > 0;) {
    g_autoptr(GtkEventController) controller = g_list_model_get_item(controllers, i);
    if (GTK_IS_EVENT_CONTROLLER_SCROLL(controller))
      gtk_widget_remove_controller(scale, controller);
  }
}

double ssg_slider_get_value(SsgSlider *self)
{
  return gtk_adjustment_get_value(self->adjustment);
}

void ssg_slider_set_value(SsgSlider *self, double value)
{
  if (self->held || self->pause)
    return;
  self->setting = TRUE;
  gtk_adjustment_set_value(self->adjustment, value);
  self->setting = FALSE;
}

void ssg_slider_set_title(SsgSlider *self, const char *title)
{
  gtk_label_set_text(GTK_LABEL(self->title), title);
}

void ssg_slider_set_range(SsgSlider *self, double lower, double upper, double neutral)
{
  self->setting = TRUE;
  self->neutral = neutral;
  gtk_adjustment_configure(self->adjustment, neutral, lower, upper, (upper - lower) / 100, (upper - lower) / 10, 0);
  self->setting = FALSE;
  /* Values on both sides of neutral: no bar from the left end. */
  gtk_scale_set_has_origin(GTK_SCALE(self->scale), !(neutral > lower && neutral < upper));
  show_value(self);
}

gboolean ssg_slider_is_held(SsgSlider *self)
{
  return self->held;
}

GtkWidget *ssg_slider_get_scale(SsgSlider *self)
{
  return self->scale;
}

GtkWidget *ssg_slider_new(const char *title, double lower, double upper, double neutral)
{
  SsgSlider *self = g_object_new(SSG_TYPE_SLIDER, "title", title, NULL);
  ssg_slider_set_range(self, lower, upper, neutral);
  return GTK_WIDGET(self);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  SsgSlider *self = SSG_SLIDER(object);
  double lower = gtk_adjustment_get_lower(self->adjustment), upper = gtk_adjustment_get_upper(self->adjustment);
  switch (id) {
  case PROP_TITLE:
    ssg_slider_set_title(self, g_value_get_string(value));
    break;
  case PROP_LOWER:
    ssg_slider_set_range(self, g_value_get_double(value), upper, self->neutral);
    break;
  case PROP_UPPER:
    ssg_slider_set_range(self, lower, g_value_get_double(value), self->neutral);
    break;
  case PROP_NEUTRAL:
    ssg_slider_set_range(self, lower, upper, g_value_get_double(value));
    break;
  case PROP_DIGITS:
    self->digits = g_value_get_int(value);
    show_value(self);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void dispose(GObject *object)
{
  SsgSlider *self = SSG_SLIDER(object);
  g_clear_handle_id(&self->pause, g_source_remove);
  g_clear_pointer(&self->header, gtk_widget_unparent);
  g_clear_pointer(&self->scale, gtk_widget_unparent);
  G_OBJECT_CLASS(ssg_slider_parent_class)->dispose(object);
}

static void ssg_slider_class_init(SsgSliderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  object_class->dispose = dispose;
  object_class->set_property = set_property;
  GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS;
  props[PROP_TITLE] = g_param_spec_string("title", NULL, NULL, "", flags);
  props[PROP_LOWER] = g_param_spec_double("lower", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0, flags);
  props[PROP_UPPER] = g_param_spec_double("upper", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 1, flags);
  props[PROP_NEUTRAL] = g_param_spec_double("neutral", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0, flags);
  props[PROP_DIGITS] = g_param_spec_int("digits", NULL, NULL, 0, 4, 2, flags);
  g_object_class_install_properties(object_class, N_PROPS, props);
  moved_signal = g_signal_new("moved", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                              G_TYPE_DOUBLE, G_TYPE_BOOLEAN);
  gtk_widget_class_set_template_from_resource(widget_class, "/io/github/ssgan/Editor/slider.ui");
  gtk_widget_class_bind_template_child(widget_class, SsgSlider, header);
  gtk_widget_class_bind_template_child(widget_class, SsgSlider, title);
  gtk_widget_class_bind_template_child(widget_class, SsgSlider, value);
  gtk_widget_class_bind_template_child(widget_class, SsgSlider, scale);
  gtk_widget_class_bind_template_child(widget_class, SsgSlider, adjustment);
  gtk_widget_class_bind_template_callback(widget_class, value_changed);
  gtk_widget_class_set_css_name(widget_class, "slider-row");
}

static void ssg_slider_init(SsgSlider *self)
{
  self->digits = 2;
  gtk_widget_init_template(GTK_WIDGET(self));
  leave_wheel_to_page(self->scale);
  GtkEventController *legacy = gtk_event_controller_legacy_new();
  gtk_event_controller_set_propagation_phase(legacy, GTK_PHASE_CAPTURE);
  g_signal_connect(legacy, "event", G_CALLBACK(event_seen), self);
  gtk_widget_add_controller(self->scale, legacy);
  GtkGesture *click = gtk_gesture_click_new();
  g_signal_connect(click, "pressed", G_CALLBACK(title_clicked), self);
  gtk_widget_add_controller(self->header, GTK_EVENT_CONTROLLER(click));
  show_value(self);
}
