#include "ui/window-private.h"

#include "app/i18n.h"

static gboolean popup(gpointer data)
{
  if (gtk_widget_get_parent(data))
    gtk_popover_popup(data);
  return G_SOURCE_REMOVE;
}

static void show_tooltips(GtkWidget *widget)
{
  gtk_widget_set_has_tooltip(widget, TRUE);
}

/* GTK may leave the keys with an entry of a menu that has gone, a submenu's for one: then none would do anything. */
static gboolean take_keys_back(gpointer data)
{
  SsgWindow *self = data;
  GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(self));
  if (!self->document || (focus && gtk_widget_get_mapped(focus)))
    return G_SOURCE_REMOVE;
  if (gtk_widget_get_mapped(self->canvas))
    gtk_widget_grab_focus(self->canvas);
  else
    gtk_window_set_focus(GTK_WINDOW(self), NULL);
  return G_SOURCE_REMOVE;
}

static void menu_closed(SsgWindow *self)
{
  g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, take_keys_back, g_object_ref(self), g_object_unref);
}

/* Each menu makes a new popover. */
static void watch_popover(GtkMenuButton *button, GParamSpec *pspec, SsgWindow *self)
{
  GtkPopover *popover = gtk_menu_button_get_popover(button);
  if (popover)
    g_signal_connect_object(popover, "closed", G_CALLBACK(menu_closed), self, G_CONNECT_SWAPPED);
}

static void watch_menus(SsgWindow *self, GtkWidget *widget)
{
  if (GTK_IS_MENU_BUTTON(widget)) {
    g_signal_connect_object(widget, "notify::popover", G_CALLBACK(watch_popover), self, 0);
    watch_popover(GTK_MENU_BUTTON(widget), NULL, self);
  }
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    watch_menus(self, child);
}

void ssg_window_popup(SsgWindow *self, GMenuModel *menu, GtkWidget *at, double x, double y)
{
  g_clear_pointer(&self->popover, gtk_widget_unparent);
  self->popover = gtk_popover_menu_new_from_model(menu);
  /* Not the stack itself: GTK 4.8 takes each child of a stack for one of its pages when it tells screen readers of it. */
  GtkWidget *parent = gtk_widget_get_parent(self->stack);
  gtk_widget_set_parent(self->popover, parent);
  double wx = x, wy = y;
  gtk_widget_translate_coordinates(at, parent, x, y, &wx, &wy);
  gtk_popover_set_pointing_to(GTK_POPOVER(self->popover), &(GdkRectangle) { (int) wx, (int) wy, 1, 1 });
  gtk_popover_set_has_arrow(GTK_POPOVER(self->popover), FALSE);
  g_signal_connect_object(self->popover, "closed", G_CALLBACK(menu_closed), self, G_CONNECT_SWAPPED);
  /* GTK would show the tooltip of what is below the menu on top of it. */
  if (gtk_widget_get_has_tooltip(at)) {
    gtk_widget_set_has_tooltip(at, FALSE);
    g_signal_connect_object(self->popover, "closed", G_CALLBACK(show_tooltips), at, G_CONNECT_SWAPPED);
  }
  /* GTK adds separators and headings when idle, and would show the menu too short for them before that. */
  g_idle_add_full(G_PRIORITY_LOW, popup, g_object_ref(self->popover), g_object_unref);
}

char *ssg_window_menu_text(const char *text)
{
  g_auto(GStrv) pieces = g_strsplit(text, "_", -1);
  return g_strjoinv("__", pieces);
}

static void append(GMenu *menu, const char *label, const char *action)
{
  g_autofree char *text = ssg_window_menu_text(label);
  g_menu_append(menu, text, action);
}

/* Everything that can be done to the part, at the part. */
static void part_menu(SsgWindow *self, int part, GtkWidget *at, double x, double y)
{
  ssg_document_select_part(self->document, part);
  SsgFace *face = ssg_document_face(self->document);
  if (!face)
    return;
  const char *donor = ssg_document_donor_name(self->document);
  g_autoptr(GMenu) menu = g_menu_new(), swap = g_menu_new(), change = g_menu_new(), state = g_menu_new();
  if (donor) {
    g_autofree char *both = g_strdup_printf(_("Take from %s"), donor);
    append(swap, both, "win.swap-donor::both");
    append(swap, _("Take Its Shape"), "win.swap-donor::shape");
    append(swap, _("Take Its Texture"), "win.swap-donor::texture");
  }
  append(change, _("New Shape by Chance"), "win.resample::shape");
  append(change, _("New Texture by Chance"), "win.resample::texture");
  append(change, _("Reset"), "win.reset-part");
  append(state, ssg_face_shown(face, part) ? _("Hide") : _("Show"), "win.toggle-part");
  append(state, ssg_document_locked(self->document, part) ? _("Unlock") : _("Lock"), "win.toggle-lock");
  g_menu_append_section(menu, ssg_document_part_title(self->document, part), G_MENU_MODEL(swap));
  g_menu_append_section(menu, NULL, G_MENU_MODEL(change));
  g_menu_append_section(menu, NULL, G_MENU_MODEL(state));
  ssg_window_popup(self, G_MENU_MODEL(menu), at, x, y);
}

static void canvas_menu(SsgCanvas *canvas, int part, double x, double y, SsgWindow *self)
{
  part_menu(self, part, GTK_WIDGET(canvas), x, y);
}

static void strip_menu(SsgStrip *strip, int part, SsgWindow *self)
{
  GtkWidget *button = ssg_strip_get_button(strip, part);
  part_menu(self, part, button, gtk_widget_get_width(button) / 2.0, 0);
}

static void face_menu(SsgShelfView *view, SsgShelfFace *face, GtkWidget *at, SsgWindow *self)
{
  int part = ssg_document_selected_part(self->document);
  g_set_object(&self->menu_face, face);
  ssg_window_choose_donor(self, face);
  g_autoptr(GMenu) menu = g_menu_new(), swap = g_menu_new(), whole = g_menu_new(), shelf = g_menu_new();
  if (part >= 0) {
    const char *title = ssg_document_part_title(self->document, part);
    g_autofree char *both = g_strdup_printf(_("Swap %s"), title);
    g_autofree char *shape = g_strdup_printf(_("Swap the Shape of %s"), title);
    g_autofree char *texture = g_strdup_printf(_("Swap the Texture of %s"), title);
    append(swap, both, "win.menu-swap::both");
    append(swap, shape, "win.menu-swap::shape");
    append(swap, texture, "win.menu-swap::texture");
  }
  append(whole, _("Take the Whole Face"), "win.menu-swap::whole");
  append(whole, _("Take the Pose"), "win.menu-swap::pose");
  if (ssg_shelf_face_kind(face) == SSG_SHELF_SEED)
    append(shelf, _("Keep on the Shelf"), "win.menu-keep");
  else
    append(shelf, _("Remove from the Shelf"), "win.menu-forget");
  g_menu_append_section(menu, ssg_shelf_face_name(face), G_MENU_MODEL(swap));
  g_menu_append_section(menu, NULL, G_MENU_MODEL(whole));
  g_menu_append_section(menu, NULL, G_MENU_MODEL(shelf));
  ssg_window_popup(self, G_MENU_MODEL(menu), at, gtk_widget_get_width(at) / 2.0, gtk_widget_get_height(at) / 2.0);
}

void ssg_window_connect_menus(SsgWindow *self)
{
  watch_menus(self, GTK_WIDGET(self));
  g_signal_connect(self->canvas, "part-menu", G_CALLBACK(canvas_menu), self);
  g_signal_connect(self->strip, "part-menu", G_CALLBACK(strip_menu), self);
  g_signal_connect(self->shelf_view, "face-menu", G_CALLBACK(face_menu), self);
}
