#include "ui/toast.h"

#include "app/i18n.h"

#define SHOW_SECONDS 5

struct _SsgToast {
  GtkWidget parent_instance;
  GtkWidget *revealer, *label, *detail, *button;
  guint timeout;
};

G_DEFINE_FINAL_TYPE(SsgToast, ssg_toast, GTK_TYPE_WIDGET)

static gboolean expired(gpointer data)
{
  SsgToast *self = data;
  self->timeout = 0;
  ssg_toast_hide(self);
  return G_SOURCE_REMOVE;
}

/* An invisible toast must not swallow clicks on the picture. */
static void child_revealed(SsgToast *self)
{
  gtk_widget_set_visible(GTK_WIDGET(self), gtk_revealer_get_reveal_child(GTK_REVEALER(self->revealer)) ||
                                             gtk_revealer_get_child_revealed(GTK_REVEALER(self->revealer)));
}

void ssg_toast_show(SsgToast *self, const char *text, const char *detail, const char *button, const char *action,
                    GVariant *target)
{
  gtk_label_set_text(GTK_LABEL(self->detail), detail ? detail : "");
  gtk_widget_set_visible(self->detail, detail != NULL);
  gtk_label_set_text(GTK_LABEL(self->label), text);
  gtk_widget_set_visible(self->button, button != NULL);
  if (button) {
    gtk_button_set_label(GTK_BUTTON(self->button), button);
    gtk_actionable_set_action_target_value(GTK_ACTIONABLE(self->button), target);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(self->button), action);
  }
  gtk_widget_set_visible(GTK_WIDGET(self), TRUE);
  gtk_revealer_set_reveal_child(GTK_REVEALER(self->revealer), TRUE);
  g_clear_handle_id(&self->timeout, g_source_remove);
  self->timeout = g_timeout_add_seconds(button || detail ? 2 * SHOW_SECONDS : SHOW_SECONDS, expired, self);
}

void ssg_toast_hide(SsgToast *self)
{
  g_clear_handle_id(&self->timeout, g_source_remove);
  gtk_revealer_set_reveal_child(GTK_REVEALER(self->revealer), FALSE);
}

const char *ssg_toast_text(SsgToast *self)
{
  return gtk_revealer_get_reveal_child(GTK_REVEALER(self->revealer)) ? gtk_label_get_text(GTK_LABEL(self->label)) : NULL;
}

const char *ssg_toast_detail(SsgToast *self)
{
  return ssg_toast_text(self) && gtk_widget_get_visible(self->detail) ? gtk_label_get_text(GTK_LABEL(self->detail)) : NULL;
}

static void dispose(GObject *object)
{
  SsgToast *self = SSG_TOAST(object);
  g_clear_handle_id(&self->timeout, g_source_remove);
  g_clear_pointer(&self->revealer, gtk_widget_unparent);
  G_OBJECT_CLASS(ssg_toast_parent_class)->dispose(object);
}

static void ssg_toast_class_init(SsgToastClass *klass)
{
  G_OBJECT_CLASS(klass)->dispose = dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(klass), GTK_ACCESSIBLE_ROLE_STATUS);
}

static void ssg_toast_init(SsgToast *self)
{
  GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *close = gtk_button_new_from_icon_name("window-close-symbolic");
  self->revealer = gtk_revealer_new();
  self->label = gtk_label_new(NULL);
  self->detail = gtk_label_new(NULL);
  self->button = gtk_button_new();
  GtkWidget *texts = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
  gtk_widget_set_valign(texts, GTK_ALIGN_CENTER);
  gtk_label_set_wrap(GTK_LABEL(self->detail), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(self->detail), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign(GTK_LABEL(self->detail), 0);
  gtk_label_set_max_width_chars(GTK_LABEL(self->detail), 70);
  gtk_widget_add_css_class(self->detail, "caption");
  gtk_widget_set_visible(self->detail, FALSE);
  gtk_label_set_wrap(GTK_LABEL(self->label), TRUE);
  gtk_label_set_xalign(GTK_LABEL(self->label), 0);
  gtk_label_set_max_width_chars(GTK_LABEL(self->label), 60);
  gtk_label_set_natural_wrap_mode(GTK_LABEL(self->label), GTK_NATURAL_WRAP_NONE);
  gtk_widget_add_css_class(box, "ssg-toast");
  gtk_widget_add_css_class(close, "flat");
  gtk_widget_add_css_class(close, "circular");
  gtk_widget_set_tooltip_text(close, _("Close"));
  gtk_widget_set_valign(close, GTK_ALIGN_CENTER);
  gtk_widget_set_valign(self->button, GTK_ALIGN_CENTER);
  gtk_box_append(GTK_BOX(texts), self->label);
  gtk_box_append(GTK_BOX(texts), self->detail);
  gtk_box_append(GTK_BOX(box), texts);
  gtk_box_append(GTK_BOX(box), self->button);
  gtk_box_append(GTK_BOX(box), close);
  gtk_revealer_set_transition_type(GTK_REVEALER(self->revealer), GTK_REVEALER_TRANSITION_TYPE_CROSSFADE);
  gtk_revealer_set_child(GTK_REVEALER(self->revealer), box);
  gtk_widget_set_parent(self->revealer, GTK_WIDGET(self));
  gtk_widget_set_halign(GTK_WIDGET(self), GTK_ALIGN_CENTER);
  gtk_widget_set_valign(GTK_WIDGET(self), GTK_ALIGN_END);
  gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
  g_signal_connect_swapped(close, "clicked", G_CALLBACK(ssg_toast_hide), self);
  g_signal_connect_swapped(self->revealer, "notify::child-revealed", G_CALLBACK(child_revealed), self);
}
