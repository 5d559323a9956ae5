#include "ui/thumb.h"

struct _SsgThumb {
  GtkWidget parent_instance;
  GdkTexture *texture;
  int minimum, natural, fixed_height;
  gboolean dimmed, blank;
};

G_DEFINE_FINAL_TYPE(SsgThumb, ssg_thumb, GTK_TYPE_WIDGET)

static GtkSizeRequestMode get_request_mode(GtkWidget *widget)
{
  return SSG_THUMB(widget)->fixed_height ? GTK_SIZE_REQUEST_CONSTANT_SIZE : GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                    int *minimum_baseline, int *natural_baseline)
{
  SsgThumb *self = SSG_THUMB(widget);
  *minimum = self->minimum;
  *natural = self->natural;
  if (orientation == GTK_ORIENTATION_VERTICAL && self->fixed_height)
    *minimum = *natural = self->fixed_height;
  else if (orientation == GTK_ORIENTATION_VERTICAL && for_size >= 0)
    *minimum = *natural = MAX(for_size, self->minimum);
}

static void snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
  SsgThumb *self = SSG_THUMB(widget);
  float width = gtk_widget_get_width(widget), height = gtk_widget_get_height(widget), side = MIN(width, height);
  graphene_rect_t rect = GRAPHENE_RECT_INIT((width - side) / 2, (height - side) / 2, side, side);
  GskRoundedRect frame;
  gsk_rounded_rect_init_from_rect(&frame, &rect, MIN(8, side / 8));
  gtk_snapshot_push_rounded_clip(snapshot, &frame);
  if (self->texture && !self->blank) {
    if (self->dimmed)
      gtk_snapshot_push_opacity(snapshot, 0.3);
    gtk_snapshot_append_texture(snapshot, self->texture, &rect);
    if (self->dimmed)
      gtk_snapshot_pop(snapshot);
  } else if (self->blank) {
    const GdkRGBA line = { 0.5f, 0.5f, 0.5f, 0.35f };
    gtk_snapshot_append_border(snapshot, &frame, (float[4]) { 1, 1, 1, 1 }, (GdkRGBA[4]) { line, line, line, line });
  } else {
    gtk_snapshot_append_color(snapshot, &(GdkRGBA) { 0.5f, 0.5f, 0.5f, 0.18f }, &rect);
  }
  gtk_snapshot_pop(snapshot);
}

void ssg_thumb_set_sizes(SsgThumb *self, int minimum, int natural)
{
  self->minimum = minimum;
  self->natural = natural;
  gtk_widget_queue_resize(GTK_WIDGET(self));
}

void ssg_thumb_set_fixed_height(SsgThumb *self, int height)
{
  if (height == self->fixed_height)
    return;
  self->fixed_height = height;
  gtk_widget_queue_resize(GTK_WIDGET(self));
}

void ssg_thumb_set_texture(SsgThumb *self, GdkTexture *texture)
{
  if (g_set_object(&self->texture, texture))
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

GdkTexture *ssg_thumb_get_texture(SsgThumb *self)
{
  return self->texture;
}

void ssg_thumb_set_dimmed(SsgThumb *self, gboolean dimmed)
{
  if (dimmed == self->dimmed)
    return;
  self->dimmed = dimmed;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

void ssg_thumb_set_blank(SsgThumb *self, gboolean blank)
{
  if (blank == self->blank)
    return;
  self->blank = blank;
  gtk_widget_queue_draw(GTK_WIDGET(self));
}

GtkWidget *ssg_thumb_new(int minimum, int natural)
{
  SsgThumb *self = g_object_new(SSG_TYPE_THUMB, NULL);
  self->minimum = minimum;
  self->natural = natural;
  return GTK_WIDGET(self);
}

static void finalize(GObject *object)
{
  g_clear_object(&SSG_THUMB(object)->texture);
  G_OBJECT_CLASS(ssg_thumb_parent_class)->finalize(object);
}

static void ssg_thumb_class_init(SsgThumbClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  G_OBJECT_CLASS(klass)->finalize = finalize;
  widget_class->get_request_mode = get_request_mode;
  widget_class->measure = measure;
  widget_class->snapshot = snapshot;
  gtk_widget_class_set_css_name(widget_class, "thumb");
  /* What it shows is named by the control around it. */
  gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void ssg_thumb_init(SsgThumb *self)
{
  self->minimum = 24;
  self->natural = 64;
}
