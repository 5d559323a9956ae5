#include "ui/legend.h"

#include "app/i18n.h"

struct _SsgLegend {
  GtkWidget parent_instance;
  GtkWidget *part, *low, *bar, *high;
  SsgColormap map;
};

G_DEFINE_FINAL_TYPE(SsgLegend, ssg_legend, GTK_TYPE_WIDGET)

static void draw_bar(GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  SsgLegend *self = data;
  const guint8 *table = ssg_colormap_table(self->map);
  cairo_pattern_t *gradient = cairo_pattern_create_linear(0, 0, width, 0);
  for (int i = 0; i < 256; i += 15)
    cairo_pattern_add_color_stop_rgb(gradient, i / 255.0, table[4 * i] / 255.0, table[4 * i + 1] / 255.0,
                                     table[4 * i + 2] / 255.0);
  double r = height / 2.0;
  cairo_arc(cr, r, r, r, G_PI / 2, 3 * G_PI / 2);
  cairo_arc(cr, width - r, r, r, -G_PI / 2, G_PI / 2);
  cairo_set_source(cr, gradient);
  cairo_fill(cr);
  cairo_pattern_destroy(gradient);
}

void ssg_legend_set(SsgLegend *self, SsgColormap map, SsgDepthScale scale, const SsgDepthRange *range, const char *part)
{
  g_autofree char *low = range ? g_strdup_printf("%.2f", range->low) : g_strdup(_("lowest"));
  g_autofree char *high = range ? g_strdup_printf("%.2f", range->high) : g_strdup(_("highest"));
  /* Translators: colour map legend; %s are depths */
  g_autofree char *text = g_strdup_printf(scale == SSG_DEPTH_LOG ? _("Depth from %s to %s, logarithmic")
                                                                 : _("Depth from %s to %s"), low, high);
  self->map = map;
  gtk_widget_set_visible(self->part, part != NULL);
  gtk_label_set_text(GTK_LABEL(self->part), part ? part : "");
  gtk_label_set_text(GTK_LABEL(self->low), low);
  gtk_label_set_text(GTK_LABEL(self->high), high);
  gtk_widget_set_tooltip_text(GTK_WIDGET(self), text);
  gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_widget_queue_draw(self->bar);
}

static void dispose(GObject *object)
{
  SsgLegend *self = SSG_LEGEND(object);
  g_clear_pointer(&self->part, gtk_widget_unparent);
  g_clear_pointer(&self->low, gtk_widget_unparent);
  g_clear_pointer(&self->bar, gtk_widget_unparent);
  g_clear_pointer(&self->high, gtk_widget_unparent);
  G_OBJECT_CLASS(ssg_legend_parent_class)->dispose(object);
}

static void ssg_legend_class_init(SsgLegendClass *klass)
{
  G_OBJECT_CLASS(klass)->dispose = dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(klass), GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(klass), "legend");
  gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(klass), GTK_ACCESSIBLE_ROLE_IMG);
}

static void ssg_legend_init(SsgLegend *self)
{
  gtk_box_layout_set_spacing(GTK_BOX_LAYOUT(gtk_widget_get_layout_manager(GTK_WIDGET(self))), 8);
  self->part = gtk_label_new(NULL);
  self->low = gtk_label_new(NULL);
  self->bar = gtk_drawing_area_new();
  self->high = gtk_label_new(NULL);
  gtk_widget_add_css_class(self->low, "numeric");
  gtk_widget_add_css_class(self->high, "numeric");
  gtk_drawing_area_set_content_width(GTK_DRAWING_AREA(self->bar), 150);
  gtk_drawing_area_set_content_height(GTK_DRAWING_AREA(self->bar), 8);
  gtk_widget_set_valign(self->bar, GTK_ALIGN_CENTER);
  gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(self->bar), draw_bar, self, NULL);
  gtk_widget_set_margin_end(self->part, 4);
  gtk_widget_set_parent(self->part, GTK_WIDGET(self));
  gtk_widget_set_parent(self->low, GTK_WIDGET(self));
  gtk_widget_set_parent(self->bar, GTK_WIDGET(self));
  gtk_widget_set_parent(self->high, GTK_WIDGET(self));
}
