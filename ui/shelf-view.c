#include "ui/shelf-view.h"

#include "app/i18n.h"
#include "ui/shelf-tile.h"
#include "ui/slider.h"

struct _SsgShelfView {
  GtkWidget parent_instance;
  GtkWidget *header, *seed, *seed_popover, *psi, *scroller, *grid;
  SsgShelf *shelf;
  GtkSingleSelection *selection;
  GHashTable *wanted; /* set of SsgShelfFace: what is on screen and asked for */
  guint update_source;
  guint to_show; /* position of the tile to scroll to */
  guint show_tick, frames; /* in which that is done, still to come */
  gboolean setting;
};

G_DEFINE_FINAL_TYPE(SsgShelfView, ssg_shelf_view, GTK_TYPE_WIDGET)

enum { DONOR_CHOSEN, FACE_ACTIVATED, FACE_MENU, N_SIGNALS };
static guint signals[N_SIGNALS];

static void tile_menu(GtkGestureClick *gesture, int n, double x, double y, SsgShelfView *self)
{
  GtkWidget *tile = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(gesture));
  SsgShelfFace *face = ssg_shelf_tile_get_face(SSG_SHELF_TILE(tile));
  if (face)
    g_signal_emit(self, signals[FACE_MENU], 0, face, tile);
}

static void setup(GtkSignalListItemFactory *factory, GtkListItem *item, SsgShelfView *self)
{
  GtkWidget *tile = ssg_shelf_tile_new();
  GtkGesture *click = gtk_gesture_click_new();
  gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_SECONDARY);
  g_signal_connect(click, "pressed", G_CALLBACK(tile_menu), self);
  gtk_widget_add_controller(tile, GTK_EVENT_CONTROLLER(click));
  gtk_list_item_set_child(item, tile);
}

/* The grid makes many more cells than can be seen; pictures are asked for those on screen only, the topmost last because the
 * shelf fetches the last wanted first. */
static void collect_visible(SsgShelfView *self, GtkWidget *widget, GPtrArray *visible)
{
  graphene_rect_t bounds;
  if (SSG_IS_SHELF_TILE(widget)) {
    SsgShelfFace *face = ssg_shelf_tile_get_face(SSG_SHELF_TILE(widget));
    if (face && gtk_widget_compute_bounds(widget, self->scroller, &bounds) && bounds.size.height > 0 &&
        bounds.origin.y + bounds.size.height > 0 && bounds.origin.y < gtk_widget_get_height(self->scroller))
      g_ptr_array_add(visible, face);
    return;
  }
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    collect_visible(self, child, visible);
}

/* Faces without end: the list grows before its tail is reached. */
static void grow(SsgShelfView *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(self->scroller));
  double page = gtk_adjustment_get_page_size(adjustment);
  if (gtk_adjustment_get_value(adjustment) + 2 * page > gtk_adjustment_get_upper(adjustment)) {
    guint n = g_list_model_get_n_items(G_LIST_MODEL(self->shelf));
    ssg_shelf_grow(self->shelf, n - ssg_shelf_n_kept(self->shelf) + 12);
  }
}

static gboolean update_wanted(gpointer data)
{
  SsgShelfView *self = data;
  g_autoptr(GPtrArray) visible = g_ptr_array_new();
  GHashTableIter iter;
  gpointer face;
  self->update_source = 0;
  if (!self->shelf)
    return G_SOURCE_REMOVE;
  grow(self);
  collect_visible(self, self->grid, visible);
  g_hash_table_iter_init(&iter, self->wanted);
  while (g_hash_table_iter_next(&iter, &face, NULL))
    if (!g_ptr_array_find(visible, face, NULL)) {
      ssg_shelf_unwant(self->shelf, face);
      g_hash_table_iter_remove(&iter);
    }
  for (guint i = visible->len; i-- > 0;)
    if (!g_hash_table_contains(self->wanted, visible->pdata[i])) {
      g_hash_table_add(self->wanted, g_object_ref(visible->pdata[i]));
      ssg_shelf_want(self->shelf, visible->pdata[i]);
    }
  return G_SOURCE_REMOVE;
}

/* After the layout that the present change asks for, and never within it: GtkGridView moves its adjustment while it lays its
 * cells out, and aborts (`row_height >= 0`) when the list gets longer meanwhile. */
static void queue_update(SsgShelfView *self)
{
  if (!self->update_source)
    self->update_source = g_timeout_add(30, update_wanted, self);
}

static void unwant_all(SsgShelfView *self)
{
  GHashTableIter iter;
  gpointer face;
  g_clear_handle_id(&self->update_source, g_source_remove);
  g_hash_table_iter_init(&iter, self->wanted);
  while (g_hash_table_iter_next(&iter, &face, NULL))
    ssg_shelf_unwant(self->shelf, face);
  g_hash_table_remove_all(self->wanted);
}

static void bind(GtkSignalListItemFactory *factory, GtkListItem *item, SsgShelfView *self)
{
  SsgShelfFace *face = gtk_list_item_get_item(item);
  GtkWidget *tile = gtk_list_item_get_child(item);
  ssg_shelf_tile_set_face(SSG_SHELF_TILE(tile), face);
  /* The grid's own cell is what gets the focus: it carries the name. */
  GtkWidget *cell = gtk_widget_get_parent(tile);
  if (cell)
    gtk_accessible_update_property(GTK_ACCESSIBLE(cell), GTK_ACCESSIBLE_PROPERTY_LABEL, ssg_shelf_face_name(face), -1);
  queue_update(self);
}

static void unbind(GtkSignalListItemFactory *factory, GtkListItem *item, SsgShelfView *self)
{
  ssg_shelf_tile_set_face(SSG_SHELF_TILE(gtk_list_item_get_child(item)), NULL);
  queue_update(self);
}

static void selection_changed(SsgShelfView *self)
{
  SsgShelfFace *face = gtk_single_selection_get_selected_item(self->selection);
  if (face)
    g_signal_emit(self, signals[DONOR_CHOSEN], 0, face);
}

static void activated(SsgShelfView *self, guint position)
{
  g_autoptr(SsgShelfFace) face = g_list_model_get_item(G_LIST_MODEL(self->selection), position);
  if (face)
    g_signal_emit(self, signals[FACE_ACTIVATED], 0, face);
}

static gboolean menu_key(GtkWidget *widget, GVariant *args, gpointer data)
{
  SsgShelfView *self = SSG_SHELF_VIEW(widget);
  SsgShelfFace *face = ssg_shelf_view_get_selected(self);
  if (!face)
    return FALSE;
  GtkWidget *tile = ssg_shelf_view_find_tile(self, gtk_single_selection_get_selected(self->selection));
  g_signal_emit(self, signals[FACE_MENU], 0, face, tile ? tile : self->grid);
  return TRUE;
}

static void seed_changed(SsgShelfView *self)
{
  if (!self->setting && self->shelf)
    ssg_shelf_set_first_seed(self->shelf, (guint64) gtk_spin_button_get_value(GTK_SPIN_BUTTON(self->seed)));
}

static void psi_moved(SsgShelfView *self, double value, gboolean done)
{
  if (done && self->shelf)
    ssg_shelf_set_psi(self->shelf, value);
}

/* The grid keeps in place what is on screen when tiles come before it, and does so at its next layout, which on a busy machine
 * comes late: setting the adjustment would be in vain, the grid itself must be told what to hold on to. The first time it may
 * not know yet how large its cells are, so it is told once more after it has laid them out. */
static gboolean show_tile(GtkWidget *grid, GdkFrameClock *clock, gpointer data)
{
  SsgShelfView *self = data;
  if (self->shelf && self->to_show < g_list_model_get_n_items(G_LIST_MODEL(self->shelf)))
    gtk_widget_activate_action(grid, "list.scroll-to-item", "u", self->to_show);
  if (--self->frames > 0)
    return G_SOURCE_CONTINUE;
  self->show_tick = 0;
  return G_SOURCE_REMOVE;
}

static void show_later(SsgShelfView *self, guint position)
{
  self->to_show = position;
  self->frames = 3;
  if (!self->show_tick)
    self->show_tick = gtk_widget_add_tick_callback(self->grid, show_tile, self, NULL);
}

static void more_clicked(SsgShelfView *self)
{
  gtk_spin_button_set_value(GTK_SPIN_BUTTON(self->seed), g_random_int_range(0, 100000));
  show_later(self, 0);
}

void ssg_shelf_view_show_kept(SsgShelfView *self, guint n)
{
  if (self->shelf && ssg_shelf_n_kept(self->shelf) >= n)
    show_later(self, ssg_shelf_n_kept(self->shelf) - n);
}

void ssg_shelf_view_go_to_seed(SsgShelfView *self, guint64 seed, double psi)
{
  if (self->shelf && psi >= 0 && psi <= 2) {
    ssg_shelf_set_psi(self->shelf, psi);
    ssg_slider_set_value(SSG_SLIDER(self->psi), psi);
  }
  gtk_spin_button_set_value(GTK_SPIN_BUTTON(self->seed), (double) seed);
  if (self->shelf)
    show_later(self, ssg_shelf_n_kept(self->shelf));
  if (self->selection)
    gtk_single_selection_set_selected(self->selection, ssg_shelf_n_kept(self->shelf));
}

void ssg_shelf_view_set_shelf(SsgShelfView *self, SsgShelf *shelf)
{
  unwant_all(self);
  gtk_grid_view_set_model(GTK_GRID_VIEW(self->grid), NULL);
  g_clear_object(&self->selection);
  if (g_set_object(&self->shelf, shelf) && shelf) {
    self->setting = TRUE;
    gtk_spin_button_set_value(GTK_SPIN_BUTTON(self->seed), (double) ssg_shelf_first_seed(shelf));
    ssg_slider_set_value(SSG_SLIDER(self->psi), ssg_shelf_psi(shelf));
    self->setting = FALSE;
  }
  if (!shelf)
    return;
  self->selection = gtk_single_selection_new(G_LIST_MODEL(g_object_ref(shelf)));
  gtk_single_selection_set_autoselect(self->selection, FALSE);
  gtk_single_selection_set_can_unselect(self->selection, TRUE);
  gtk_single_selection_set_selected(self->selection, GTK_INVALID_LIST_POSITION);
  g_signal_connect_swapped(self->selection, "notify::selected-item", G_CALLBACK(selection_changed), self);
  gtk_grid_view_set_model(GTK_GRID_VIEW(self->grid), GTK_SELECTION_MODEL(self->selection));
}

static GtkWidget *find_tile(GtkWidget *widget, SsgShelfFace *face)
{
  if (SSG_IS_SHELF_TILE(widget))
    return ssg_shelf_tile_get_face(SSG_SHELF_TILE(widget)) == face ? widget : NULL;
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child)) {
    GtkWidget *tile = find_tile(child, face);
    if (tile)
      return tile;
  }
  return NULL;
}

GtkWidget *ssg_shelf_view_find_tile(SsgShelfView *self, guint position)
{
  g_autoptr(SsgShelfFace) face = self->selection ? g_list_model_get_item(G_LIST_MODEL(self->selection), position) : NULL;
  return face ? find_tile(self->grid, face) : NULL;
}

void ssg_shelf_view_select(SsgShelfView *self, SsgShelfFace *face)
{
  if (!self->selection || ssg_shelf_view_get_selected(self) == face)
    return;
  guint n = g_list_model_get_n_items(G_LIST_MODEL(self->selection)), at = GTK_INVALID_LIST_POSITION;
  for (guint i = 0; i < n && at == GTK_INVALID_LIST_POSITION; i++) {
    g_autoptr(SsgShelfFace) item = g_list_model_get_item(G_LIST_MODEL(self->selection), i);
    at = item == face ? i : at;
  }
  gtk_single_selection_set_selected(self->selection, at);
}

SsgShelfFace *ssg_shelf_view_get_selected(SsgShelfView *self)
{
  return self->selection ? gtk_single_selection_get_selected_item(self->selection) : NULL;
}

/* Faces have no end, and Tab would walk along them for ever: the arrow keys do that, Tab enters and leaves. */
static gboolean focus(GtkWidget *widget, GtkDirectionType direction)
{
  SsgShelfView *self = SSG_SHELF_VIEW(widget);
  if (gtk_widget_get_focus_child(widget) == self->scroller) {
    if (direction == GTK_DIR_TAB_FORWARD)
      return FALSE;
    if (direction == GTK_DIR_TAB_BACKWARD)
      return gtk_widget_child_focus(self->header, direction);
  }
  return GTK_WIDGET_CLASS(ssg_shelf_view_parent_class)->focus(widget, direction);
}

static void dispose(GObject *object)
{
  SsgShelfView *self = SSG_SHELF_VIEW(object);
  if (self->grid)
    ssg_shelf_view_set_shelf(self, NULL);
  g_clear_handle_id(&self->update_source, g_source_remove);
  gtk_widget_dispose_template(GTK_WIDGET(self), SSG_TYPE_SHELF_VIEW);
  self->grid = NULL;
  g_clear_pointer(&self->wanted, g_hash_table_unref);
  G_OBJECT_CLASS(ssg_shelf_view_parent_class)->dispose(object);
}

static void ssg_shelf_view_class_init(SsgShelfViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  GType type = G_TYPE_FROM_CLASS(klass);
  G_OBJECT_CLASS(klass)->dispose = dispose;
  widget_class->focus = focus;
  signals[DONOR_CHOSEN] = g_signal_new("donor-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                       SSG_TYPE_SHELF_FACE);
  signals[FACE_ACTIVATED] = g_signal_new("face-activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                         SSG_TYPE_SHELF_FACE);
  signals[FACE_MENU] = g_signal_new("face-menu", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                    SSG_TYPE_SHELF_FACE, GTK_TYPE_WIDGET);
  g_type_ensure(SSG_TYPE_SLIDER);
  gtk_widget_class_set_template_from_resource(widget_class, "/io/github/ssgan/Editor/shelf-view.ui");
  gtk_widget_class_bind_template_child(widget_class, SsgShelfView, header);
  gtk_widget_class_bind_template_child(widget_class, SsgShelfView, seed);
  gtk_widget_class_bind_template_child(widget_class, SsgShelfView, seed_popover);
  gtk_widget_class_bind_template_child(widget_class, SsgShelfView, psi);
  gtk_widget_class_bind_template_child(widget_class, SsgShelfView, scroller);
  gtk_widget_class_bind_template_child(widget_class, SsgShelfView, grid);
  gtk_widget_class_bind_template_callback(widget_class, seed_changed);
  gtk_widget_class_bind_template_callback(widget_class, psi_moved);
  gtk_widget_class_bind_template_callback(widget_class, more_clicked);
  gtk_widget_class_bind_template_callback(widget_class, activated);
  gtk_widget_class_set_css_name(widget_class, "shelf");
  gtk_widget_class_add_binding(widget_class, GDK_KEY_Menu, 0, menu_key, NULL);
  gtk_widget_class_add_binding(widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key, NULL);
}

static void ssg_shelf_view_init(SsgShelfView *self)
{
  gtk_widget_init_template(GTK_WIDGET(self));
  self->wanted = g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
  g_signal_connect(factory, "setup", G_CALLBACK(setup), self);
  g_signal_connect(factory, "bind", G_CALLBACK(bind), self);
  g_signal_connect(factory, "unbind", G_CALLBACK(unbind), self);
  gtk_grid_view_set_factory(GTK_GRID_VIEW(self->grid), factory);
  g_object_unref(factory);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(self->scroller));
  g_signal_connect_swapped(adjustment, "value-changed", G_CALLBACK(queue_update), self);
  g_signal_connect_swapped(adjustment, "notify::page-size", G_CALLBACK(queue_update), self);
}
