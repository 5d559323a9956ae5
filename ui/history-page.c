#include "ui/history-page.h"

#include "app/i18n.h"
#include "ui/textures.h"
#include "ui/thumb.h"

#define THUMB_SIZE 40

struct _SsgHistoryPage {
  GtkWidget parent_instance;
  GtkWidget *scroller, *list;
  SsgDocument *document;
  SsgRenderService *service;
  GtkSingleSelection *selection;
  gboolean setting;
};

G_DEFINE_FINAL_TYPE(SsgHistoryPage, ssg_history_page, GTK_TYPE_WIDGET)

static void show_thumbnail(SsgHistoryEntry *entry, GParamSpec *pspec, GtkWidget *thumb)
{
  SsgRender *render = ssg_history_entry_thumbnail(entry);
  g_autoptr(GdkTexture) texture = render ? ssg_texture_face(render) : NULL;
  ssg_thumb_set_texture(SSG_THUMB(thumb), texture);
}

static void thumbnail_ready(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgHistoryEntry) entry = data;
  g_autoptr(SsgRender) render = ssg_render_service_thumbnail_finish(SSG_RENDER_SERVICE(object), result, NULL);
  if (render) /* else the row scrolled away, or there is no model for it: it stays empty */
    ssg_history_entry_set_thumbnail(entry, render);
}

static void setup(GtkSignalListItemFactory *factory, GtkListItem *item, SsgHistoryPage *self)
{
  GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 10);
  GtkWidget *thumb = ssg_thumb_new(THUMB_SIZE, THUMB_SIZE);
  GtkWidget *label = gtk_label_new(NULL);
  gtk_widget_set_valign(thumb, GTK_ALIGN_CENTER);
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines(GTK_LABEL(label), 2);
  gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand(label, TRUE);
  gtk_box_append(GTK_BOX(row), thumb);
  gtk_box_append(GTK_BOX(row), label);
  g_object_set_data(G_OBJECT(row), "ssg-item", item); /* which outlives it */
  gtk_list_item_set_child(item, row);
}

static void bind(GtkSignalListItemFactory *factory, GtkListItem *item, SsgHistoryPage *self)
{
  SsgHistoryEntry *entry = gtk_list_item_get_item(item);
  GtkWidget *row = gtk_list_item_get_child(item);
  GtkWidget *thumb = gtk_widget_get_first_child(row), *label = gtk_widget_get_last_child(row);
  gtk_label_set_text(GTK_LABEL(label), ssg_history_entry_description(entry));
  gtk_accessible_update_property(GTK_ACCESSIBLE(gtk_widget_get_parent(row)), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                 ssg_history_entry_description(entry), -1);
  g_signal_connect(entry, "notify::thumbnail", G_CALLBACK(show_thumbnail), thumb);
  show_thumbnail(entry, NULL, thumb);
  if (!ssg_history_entry_thumbnail(entry) && self->service && ssg_render_service_model_info(self->service)) {
    GCancellable *cancellable = g_cancellable_new();
    ssg_render_service_thumbnail_async(self->service, ssg_history_entry_face(entry), 2 * THUMB_SIZE, cancellable,
                                       thumbnail_ready, g_object_ref(entry));
    g_object_set_data_full(G_OBJECT(item), "ssg-cancellable", cancellable, g_object_unref);
  }
}

static void unbind(GtkSignalListItemFactory *factory, GtkListItem *item, SsgHistoryPage *self)
{
  GCancellable *cancellable = g_object_get_data(G_OBJECT(item), "ssg-cancellable");
  GtkWidget *thumb = gtk_widget_get_first_child(gtk_list_item_get_child(item));
  if (cancellable)
    g_cancellable_cancel(cancellable);
  g_object_set_data(G_OBJECT(item), "ssg-cancellable", NULL);
  g_signal_handlers_disconnect_by_data(gtk_list_item_get_item(item), thumb);
  ssg_thumb_set_texture(SSG_THUMB(thumb), NULL);
}

static void selected(SsgHistoryPage *self)
{
  guint position = gtk_single_selection_get_selected(self->selection);
  if (!self->setting && self->document && position != GTK_INVALID_LIST_POSITION)
    ssg_document_jump(self->document, (int) position);
}

/* The row on screen that shows this step; NULL: it is scrolled away. */
static GtkWidget *row_at(SsgHistoryPage *self, guint position)
{
  for (GtkWidget *row = gtk_widget_get_first_child(self->list); row; row = gtk_widget_get_next_sibling(row)) {
    GtkWidget *box = gtk_widget_get_first_child(row);
    GtkListItem *item = box ? g_object_get_data(G_OBJECT(box), "ssg-item") : NULL;
    if (item && gtk_list_item_get_position(item) == position)
      return row;
  }
  return NULL;
}

/* The keys go on from the current step: arrows would jump from whichever row had the focus last. */
static gboolean scroll_to_current(gpointer data)
{
  SsgHistoryPage *self = data;
  int position = self->document ? ssg_document_position(self->document) : -1;
  if (self->list && position >= 0 && gtk_widget_get_mapped(self->list)) {
    gtk_widget_activate_action(self->list, "list.scroll-to-item", "u", (guint) position);
    GtkWidget *row = gtk_widget_get_focus_child(self->list) ? row_at(self, (guint) position) : NULL;
    if (row)
      gtk_widget_grab_focus(row);
  }
  return G_SOURCE_REMOVE;
}

static void attend_to_current(SsgHistoryPage *self)
{
  g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, scroll_to_current, g_object_ref(self), g_object_unref);
}

static void position_changed(SsgHistoryPage *self)
{
  int position = ssg_document_position(self->document);
  self->setting = TRUE;
  gtk_single_selection_set_selected(self->selection, position < 0 ? GTK_INVALID_LIST_POSITION : (guint) position);
  self->setting = FALSE;
  attend_to_current(self);
}

/* Small pictures come from the model: another one makes them anew. */
static void model_changed(SsgHistoryPage *self)
{
  GListModel *history = ssg_document_history(self->document);
  for (guint i = 0; i < g_list_model_get_n_items(history); i++) {
    g_autoptr(SsgHistoryEntry) entry = g_list_model_get_item(history, i);
    ssg_history_entry_set_thumbnail(entry, NULL);
  }
  /* Rows ask for pictures when they are bound. */
  gtk_list_view_set_model(GTK_LIST_VIEW(self->list), NULL);
  gtk_list_view_set_model(GTK_LIST_VIEW(self->list), GTK_SELECTION_MODEL(self->selection));
}

void ssg_history_page_set_document(SsgHistoryPage *self, SsgDocument *document, SsgRenderService *service)
{
  if (self->document)
    g_signal_handlers_disconnect_by_data(self->document, self);
  if (self->service)
    g_signal_handlers_disconnect_by_data(self->service, self);
  gtk_list_view_set_model(GTK_LIST_VIEW(self->list), NULL);
  g_clear_object(&self->selection);
  g_set_object(&self->document, document);
  g_set_object(&self->service, service);
  if (!document)
    return;
  self->selection = gtk_single_selection_new(g_object_ref(ssg_document_history(document)));
  gtk_single_selection_set_autoselect(self->selection, FALSE);
  gtk_single_selection_set_can_unselect(self->selection, TRUE);
  position_changed(self);
  g_signal_connect_swapped(self->selection, "notify::selected", G_CALLBACK(selected), self);
  gtk_list_view_set_model(GTK_LIST_VIEW(self->list), GTK_SELECTION_MODEL(self->selection));
  g_signal_connect_swapped(document, "notify::position", G_CALLBACK(position_changed), self);
  g_signal_connect_swapped(service, "notify::model-info", G_CALLBACK(model_changed), self);
}

static void dispose(GObject *object)
{
  SsgHistoryPage *self = SSG_HISTORY_PAGE(object);
  if (self->list)
    ssg_history_page_set_document(self, NULL, NULL);
  self->list = NULL;
  g_clear_pointer(&self->scroller, gtk_widget_unparent);
  G_OBJECT_CLASS(ssg_history_page_parent_class)->dispose(object);
}

static void ssg_history_page_class_init(SsgHistoryPageClass *klass)
{
  G_OBJECT_CLASS(klass)->dispose = dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(klass), GTK_TYPE_BIN_LAYOUT);
}

static void ssg_history_page_init(SsgHistoryPage *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
  g_signal_connect(factory, "setup", G_CALLBACK(setup), self);
  g_signal_connect(factory, "bind", G_CALLBACK(bind), self);
  g_signal_connect(factory, "unbind", G_CALLBACK(unbind), self);
  self->list = gtk_list_view_new(NULL, factory);
  g_signal_connect_swapped(self->list, "map", G_CALLBACK(attend_to_current), self);
  gtk_widget_add_css_class(self->list, "navigation-sidebar");
  gtk_accessible_update_property(GTK_ACCESSIBLE(self->list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("History"), -1);
  self->scroller = gtk_scrolled_window_new();
  gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(self->scroller), self->list);
  gtk_widget_set_parent(self->scroller, GTK_WIDGET(self));
}
