#include "ui/accessible.h"

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

void ssg_accessible_name_controls(GtkWidget *root)
{
  name_below(root, NULL);
}
