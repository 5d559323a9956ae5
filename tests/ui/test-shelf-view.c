/* The column of faces in a real window: what was kept last is scrolled to, also where the main loop is late. */
#include <gtk/gtk.h>
#include "tests/app/helpers.h"
#include "ui/shelf-view.h"

static void spin(guint ms)
{
  gint64 end = g_get_monotonic_time() + ms * 1000;
  while (g_get_monotonic_time() < end)
    g_main_context_iteration(NULL, FALSE);
}

static SsgShelfFace *new_face(guint32 seed)
{
  g_autoptr(SsgFace) face = make_face(seed);
  return ssg_shelf_face_new(SSG_SHELF_KEPT, face, seed, "Kept");
}

/* Whether the tile lies within what the view shows of its grid, below its header. */
static gboolean in_sight(SsgShelfView *view, guint position)
{
  GtkWidget *tile = ssg_shelf_view_find_tile(view, position);
  graphene_rect_t bounds;
  return tile && gtk_widget_get_mapped(tile) && gtk_widget_compute_bounds(tile, GTK_WIDGET(view), &bounds) &&
         bounds.origin.y >= 36 && bounds.origin.y + bounds.size.height <= gtk_widget_get_height(GTK_WIDGET(view)) + 12;
}

static void test_show_kept(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = ssg_render_service_new(worker);
  g_autoptr(GListStore) kept = g_list_store_new(SSG_TYPE_SHELF_FACE);
  g_autoptr(SsgShelf) shelf = ssg_shelf_new(service, G_LIST_MODEL(kept));
  GtkWidget *window = gtk_window_new(), *view = g_object_new(SSG_TYPE_SHELF_VIEW, NULL);
  gtk_window_set_default_size(GTK_WINDOW(window), 220, 500);
  gtk_window_set_child(GTK_WINDOW(window), view);
  ssg_render_service_load_random(service, &tiny, 1, "cpu");
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_READY);
  ssg_shelf_view_set_shelf(SSG_SHELF_VIEW(view), shelf);
  gtk_window_present(GTK_WINDOW(window));
  WAIT_FOR(in_sight(SSG_SHELF_VIEW(view), 0));
  spin(100);

  /* The timer of the view comes before the layout of the grid, as on a busy machine. */
  for (int i = 0; i < 5; i++) {
    g_autoptr(SsgShelfFace) one = new_face(2 * i), two = new_face(2 * i + 1);
    guint n = g_list_model_get_n_items(G_LIST_MODEL(kept));
    g_list_store_append(kept, one);
    g_list_store_append(kept, two);
    ssg_shelf_view_show_kept(SSG_SHELF_VIEW(view), 2);
    g_usleep(60000);
    spin(150);
    g_assert_true(in_sight(SSG_SHELF_VIEW(view), n));
  }
  ssg_shelf_view_set_shelf(SSG_SHELF_VIEW(view), NULL);
  gtk_window_destroy(GTK_WINDOW(window));
  spin(20);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  if (!gtk_init_check()) {
    g_print("SKIP: there is no display\n");
    return 77;
  }
  g_test_add_func("/ui/shelf-view/show-kept", test_show_kept);
  return g_test_run();
}
