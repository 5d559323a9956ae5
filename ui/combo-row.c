#include "ui/combo-row.h"

static void set_up_label(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  GtkWidget *label = gtk_label_new(NULL);
  gtk_label_set_xalign(GTK_LABEL(label), data ? 0 : 1);
  if (!data) {
    gtk_list_item_set_child(item, label);
    return;
  }
  GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *check = gtk_image_new_from_icon_name("object-select-symbolic");
  gtk_list_item_set_child(item, box);
  gtk_box_append(GTK_BOX(box), label);
  gtk_box_append(GTK_BOX(box), check);
}

static void show_check(AdwComboRow *row, GParamSpec *pspec, GtkListItem *item)
{
  GtkWidget *check = gtk_widget_get_last_child(gtk_list_item_get_child(item));
  gtk_widget_set_opacity(check, adw_combo_row_get_selected(row) == gtk_list_item_get_position(item) ? 1 : 0);
}

static void bind_label(GtkSignalListItemFactory *factory, GtkListItem *item, AdwComboRow *row)
{
  GtkWidget *child = gtk_list_item_get_child(item), *label = row ? gtk_widget_get_first_child(child) : child;
  gtk_label_set_text(GTK_LABEL(label), gtk_string_object_get_string(gtk_list_item_get_item(item)));
  if (!row)
    return;
  g_signal_connect_object(row, "notify::selected", G_CALLBACK(show_check), item, 0);
  show_check(row, NULL, item);
}

static void unbind_label(GtkSignalListItemFactory *factory, GtkListItem *item, AdwComboRow *row)
{
  g_signal_handlers_disconnect_by_func(row, show_check, item);
}

void ssg_combo_row_show_whole(AdwComboRow *row)
{
  GtkListItemFactory *on_row = gtk_signal_list_item_factory_new(), *in_list = gtk_signal_list_item_factory_new();
  g_signal_connect(on_row, "setup", G_CALLBACK(set_up_label), NULL);
  g_signal_connect(on_row, "bind", G_CALLBACK(bind_label), NULL);
  g_signal_connect(in_list, "setup", G_CALLBACK(set_up_label), row);
  g_signal_connect(in_list, "bind", G_CALLBACK(bind_label), row);
  g_signal_connect(in_list, "unbind", G_CALLBACK(unbind_label), row);
  adw_combo_row_set_factory(row, on_row);
  adw_combo_row_set_list_factory(row, in_list);
  g_object_unref(on_row);
  g_object_unref(in_list);
}
