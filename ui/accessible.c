#include "ui/accessible.h"

#include "app/i18n.h"

/* "The Picture (1)" -> "The Picture": the key is said by other means. */
static char *without_key(const char *tooltip)
{
  const char *open = g_strrstr(tooltip, " (");
  return open && g_str_has_suffix(tooltip, ")") ? g_strndup(tooltip, (gsize) (open - tooltip)) : g_strdup(tooltip);
}

static gboolean has_text(GtkWidget *button)
{
  const char *label = GTK_IS_BUTTON(button) ? gtk_button_get_label(GTK_BUTTON(button)) : NULL;
  return label && *label;
}

static void name_below(GtkWidget *widget, const char *inherited)
{
  const char *tooltip = gtk_widget_get_tooltip_text(widget);
  if (!tooltip)
    tooltip = inherited;
  if (tooltip && (GTK_IS_BUTTON(widget) || GTK_IS_MENU_BUTTON(widget)) && !has_text(widget)) {
    g_autofree char *name = without_key(tooltip);
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  }
  /* What a popover holds is no part of the button that opens it. */
  const char *pass = GTK_IS_MENU_BUTTON(widget) || (tooltip && !GTK_IS_POPOVER(widget)) ? tooltip : NULL;
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    name_below(child, GTK_IS_POPOVER(child) ? NULL : pass);
}

/* Menu buttons are checked first: the toggle in them has no name of its own. */
static const char *icon_of(GtkWidget *button)
{
  if (GTK_IS_MENU_BUTTON(button))
    return gtk_menu_button_get_icon_name(GTK_MENU_BUTTON(button));
  const char *icon = gtk_button_get_icon_name(GTK_BUTTON(button));
  GtkWidget *child = gtk_button_get_child(GTK_BUTTON(button));
  return icon ? icon : GTK_IS_IMAGE(child) ? gtk_image_get_icon_name(GTK_IMAGE(child)) : NULL;
}

static const char *meaning_of(GtkWidget *button)
{
  static const struct {
    const char *icon, *name;
  } icons[] = { { "edit-find-symbolic", N_("Search") },    { "system-search-symbolic", N_("Search") },
                { "go-previous-symbolic", N_("Back") },    { "edit-copy-symbolic", N_("Copy") },
                { "window-close-symbolic", N_("Close") } };
  const char *icon = icon_of(button);
  for (gsize i = 0; icon && i < G_N_ELEMENTS(icons); i++)
    if (g_str_equal(icon, icons[i].icon))
      return _(icons[i].name);
  /* The one menu in these windows leads to the parts of the list of shortcuts. */
  return GTK_IS_MENU_BUTTON(button) && !icon ? _("Sections") : NULL;
}

static const char *text_in(GtkWidget *widget)
{
  const char *text = GTK_IS_LABEL(widget) ? gtk_label_get_text(GTK_LABEL(widget)) : NULL;
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child && !text; child = gtk_widget_get_next_sibling(child))
    text = text_in(child);
  return text && *text ? text : NULL;
}

static void name_icons_below(GtkWidget *widget)
{
  if ((GTK_IS_BUTTON(widget) || GTK_IS_MENU_BUTTON(widget)) && !has_text(widget)) {
    const char *tooltip = gtk_widget_get_tooltip_text(widget), *name = tooltip ? tooltip : meaning_of(widget);
    if (name && !tooltip)
      gtk_widget_set_tooltip_text(widget, name);
    name = name ? name : text_in(widget);
    if (name)
      gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  }
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    name_icons_below(child);
}

void ssg_accessible_name_icons(GtkWidget *root)
{
  g_signal_connect(root, "map", G_CALLBACK(name_icons_below), NULL);
  name_icons_below(root);
}

void ssg_accessible_name_controls(GtkWidget *root)
{
  name_below(root, NULL);
}
