#include "ui/strip.h"

#include "app/i18n.h"
#include "ui/strip-item.h"

struct _SsgStrip {
  GtkWidget parent_instance;
  GtkWidget *scroller, *box;
  SsgStripItem *items[SSG_MAX_PARTS];
  int n, selected, hovered, thumb_size;
  guint64 shown, locked, present;
  SsgRender *render;
  SsgColormap map;
  SsgDepthScale scale;
  gboolean probing;
};

G_DEFINE_FINAL_TYPE(SsgStrip, ssg_strip, GTK_TYPE_WIDGET)

enum { PART_SELECTED, PART_HOVERED, PART_MENU, SHOWN_TOGGLED, DROPPED, N_SIGNALS };
static guint signals[N_SIGNALS];

static int index_of(SsgStrip *self, SsgStripItem *item)
{
  for (int k = 0; k < self->n; k++)
    if (self->items[k] == item)
      return k;
  g_return_val_if_reached(-1);
}

static void item_selected(SsgStripItem *item, SsgStrip *self)
{
  g_signal_emit(self, signals[PART_SELECTED], 0, index_of(self, item));
}

static void item_hovered(SsgStripItem *item, gboolean inside, SsgStrip *self)
{
  g_signal_emit(self, signals[PART_HOVERED], 0, inside ? index_of(self, item) : -1);
}

static void item_toggled(SsgStripItem *item, gboolean shown, SsgStrip *self)
{
  g_signal_emit(self, signals[SHOWN_TOGGLED], 0, index_of(self, item), shown);
}

static void item_menu(SsgStripItem *item, SsgStrip *self)
{
  g_signal_emit(self, signals[PART_MENU], 0, index_of(self, item));
}

static void item_dropped(SsgStripItem *item, GObject *what, guint code, SsgStrip *self)
{
  g_signal_emit(self, signals[DROPPED], 0, what, index_of(self, item), code);
}

static void show_state(SsgStrip *self)
{
  for (int k = 0; k < self->n; k++)
    ssg_strip_item_set_state(self->items[k], self->shown >> k & 1, self->locked >> k & 1, self->present >> k & 1);
}

static gboolean has_parts(SsgStrip *self, int n, const char *const *names, const guint32 *colors)
{
  gboolean same = n == self->n;
  for (int k = 0; same && k < n; k++)
    same = ssg_strip_item_is(self->items[k], names[k], colors[k]);
  return same;
}

void ssg_strip_set_parts(SsgStrip *self, int n, const char *const *names, const guint32 *colors, GType drop_type)
{
  if (has_parts(self, n, names, colors))
    return;
  for (int k = 0; k < self->n; k++)
    gtk_box_remove(GTK_BOX(self->box), GTK_WIDGET(self->items[k]));
  g_clear_pointer(&self->render, ssg_render_unref);
  self->n = n;
  self->selected = self->hovered = -1;
  self->shown = self->present = ~G_GUINT64_CONSTANT(0);
  self->locked = 0;
  for (int k = 0; k < n; k++) {
    GtkWidget *item = ssg_strip_item_new(names[k], colors[k]);
    self->items[k] = SSG_STRIP_ITEM(item);
    gtk_widget_set_hexpand(item, TRUE);
    ssg_strip_item_set_thumb_size(self->items[k], self->thumb_size);
    ssg_strip_item_accept_drops(self->items[k], drop_type);
    g_signal_connect(item, "selected", G_CALLBACK(item_selected), self);
    g_signal_connect(item, "hovered", G_CALLBACK(item_hovered), self);
    g_signal_connect(item, "shown-toggled", G_CALLBACK(item_toggled), self);
    g_signal_connect(item, "menu", G_CALLBACK(item_menu), self);
    g_signal_connect(item, "dropped", G_CALLBACK(item_dropped), self);
    gtk_box_append(GTK_BOX(self->box), item);
  }
}

void ssg_strip_set_render(SsgStrip *self, SsgRender *render, SsgColormap map, SsgDepthScale scale)
{
  if (render == self->render && map == self->map && scale == self->scale)
    return;
  self->map = map;
  self->scale = scale;
  if (render != self->render) {
    g_clear_pointer(&self->render, ssg_render_unref);
    self->render = render ? ssg_render_ref(render) : NULL;
  }
  SsgDepthStyle style = { .map = map, .scale = scale, .per_part = TRUE };
  for (int k = 0; k < self->n; k++) {
    g_autoptr(GdkTexture) texture = render ? ssg_texture_depth(render, k, &style) : NULL;
    ssg_strip_item_set_texture(self->items[k], texture);
  }
  guint64 present = render ? ssg_probe_parts_drawn(render) : ~G_GUINT64_CONSTANT(0);
  if (present != self->present) {
    self->present = present;
    show_state(self);
  }
}

void ssg_strip_set_thumb_size(SsgStrip *self, int size)
{
  if (size == self->thumb_size)
    return;
  self->thumb_size = size;
  for (int k = 0; k < self->n; k++)
    ssg_strip_item_set_thumb_size(self->items[k], size);
}

void ssg_strip_set_selected(SsgStrip *self, int part)
{
  if (self->selected >= 0 && self->selected < self->n)
    ssg_strip_item_set_selected(self->items[self->selected], FALSE);
  self->selected = part < self->n ? part : -1;
  if (self->selected >= 0)
    ssg_strip_item_set_selected(self->items[self->selected], TRUE);
}

void ssg_strip_set_hovered(SsgStrip *self, int part)
{
  if (self->hovered >= 0 && self->hovered < self->n)
    ssg_strip_item_set_hovered(self->items[self->hovered], FALSE);
  self->hovered = part < self->n ? part : -1;
  if (self->hovered >= 0)
    ssg_strip_item_set_hovered(self->items[self->hovered], TRUE);
}

void ssg_strip_set_state(SsgStrip *self, guint64 shown, guint64 locked)
{
  if (shown == self->shown && locked == self->locked)
    return;
  self->shown = shown;
  self->locked = locked;
  show_state(self);
}

void ssg_strip_set_probe(SsgStrip *self, const SsgProbe *probe)
{
  for (int k = 0; k < self->n && !probe; k++)
    ssg_strip_item_set_probe(self->items[k], self->probing ? "–\n–" : NULL);
  for (int i = 0; probe && self->probing && i < probe->n_parts; i++) {
    const SsgProbePart *part = probe->parts + i;
    g_autofree char *text = g_strdup_printf("%.2f\n%.2f", part->depth, part->weight);
    if (part->part < self->n)
      ssg_strip_item_set_probe(self->items[part->part], text);
  }
}

void ssg_strip_set_probing(SsgStrip *self, gboolean probing)
{
  self->probing = probing;
  ssg_strip_set_probe(self, NULL);
}

GtkWidget *ssg_strip_get_button(SsgStrip *self, int part)
{
  return part >= 0 && part < self->n ? ssg_strip_item_get_button(self->items[part]) : NULL;
}

GtkWidget *ssg_strip_get_eye(SsgStrip *self, int part)
{
  return part >= 0 && part < self->n ? ssg_strip_item_get_eye(self->items[part]) : NULL;
}

static void dispose(GObject *object)
{
  SsgStrip *self = SSG_STRIP(object);
  self->n = 0;
  g_clear_pointer(&self->scroller, gtk_widget_unparent);
  g_clear_pointer(&self->render, ssg_render_unref);
  G_OBJECT_CLASS(ssg_strip_parent_class)->dispose(object);
}

static void ssg_strip_class_init(SsgStripClass *klass)
{
  GType type = G_TYPE_FROM_CLASS(klass);
  G_OBJECT_CLASS(klass)->dispose = dispose;
  signals[PART_SELECTED] = g_signal_new("part-selected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                        G_TYPE_INT);
  signals[PART_HOVERED] = g_signal_new("part-hovered", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                       G_TYPE_INT);
  signals[PART_MENU] = g_signal_new("part-menu", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                    G_TYPE_INT);
  signals[SHOWN_TOGGLED] = g_signal_new("shown-toggled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                        G_TYPE_INT, G_TYPE_BOOLEAN);
  signals[DROPPED] = g_signal_new("dropped", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3, G_TYPE_OBJECT,
                                  G_TYPE_INT, G_TYPE_UINT);
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(klass), "strip");
  gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(klass), GTK_ACCESSIBLE_ROLE_GROUP);
}

static void ssg_strip_init(SsgStrip *self)
{
  self->selected = self->hovered = -1;
  self->thumb_size = 44;
  self->scroller = gtk_scrolled_window_new();
  self->box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
  /* Not homogeneous: short names leave their room to long ones. */
  gtk_widget_set_halign(self->box, GTK_ALIGN_CENTER);
  gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(self->scroller), GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(self->scroller), self->box);
  gtk_widget_set_parent(self->scroller, GTK_WIDGET(self));
  gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Parts"), -1);
}
