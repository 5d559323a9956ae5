/* The shelf: kept faces first, faces by seed without end, only wanted ones are fetched. */
#include "tests/app/helpers.h"

#include "app/shelf.h"
#include "engine/npy.h"

static SsgRenderService *start(SsgWorker *worker, guint64 seed)
{
  SsgRenderService *service = ssg_render_service_new(worker);
  ssg_render_service_load_random(service, &tiny, seed, "cpu");
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_READY);
  return service;
}

static SsgShelfFace *item_at(SsgShelf *shelf, guint position)
{
  g_autoptr(SsgShelfFace) item = g_list_model_get_item(G_LIST_MODEL(shelf), position);
  g_assert_nonnull(item);
  return item; /* the shelf keeps it */
}

/* What a view that follows items-changed believes. */
static void mirror(GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  guint *n = data;
  g_assert_cmpuint(position + removed, <=, *n);
  *n += added - removed;
  g_assert_cmpuint(*n, ==, g_list_model_get_n_items(model));
}

static void test_list(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = ssg_render_service_new(worker);
  g_autoptr(GListStore) kept = g_list_store_new(SSG_TYPE_SHELF_FACE);
  g_autoptr(SsgShelf) shelf = ssg_shelf_new(service, G_LIST_MODEL(kept));
  guint n = g_list_model_get_n_items(G_LIST_MODEL(shelf));
  g_assert_cmpuint(n, ==, 0); /* no model, no faces */
  g_signal_connect(shelf, "items-changed", G_CALLBACK(mirror), &n);
  ssg_render_service_load_random(service, &tiny, 1, "cpu");
  WAIT_FOR(n == 24);
  g_assert_cmpuint(ssg_shelf_face_seed(item_at(shelf, 0)), ==, 1);
  g_assert_cmpstr(ssg_shelf_face_title(item_at(shelf, 3)), ==, "4");
  g_assert_cmpstr(ssg_shelf_face_name(item_at(shelf, 3)), ==, "face 4");
  g_autoptr(SsgFace) face = make_face(1);
  g_autoptr(SsgShelfFace) keeper = ssg_shelf_face_new(SSG_SHELF_KEPT, face, 0, "Keeper");
  g_list_store_append(kept, keeper);
  g_assert_cmpuint(n, ==, 25);
  g_assert_true(item_at(shelf, 0) == keeper);
  g_assert_cmpuint(ssg_shelf_n_kept(shelf), ==, 1);
  g_assert_cmpuint(ssg_shelf_face_seed(item_at(shelf, 1)), ==, 1);
  ssg_shelf_grow(shelf, 100);
  g_assert_cmpuint(n, ==, 101);
  ssg_shelf_want(shelf, item_at(shelf, 100)); /* the end is in sight: more */
  WAIT_FOR(n > 101);
  ssg_shelf_set_first_seed(shelf, 1043);
  g_assert_cmpuint(n, ==, 25);
  g_assert_cmpuint(ssg_shelf_face_seed(item_at(shelf, 1)), ==, 1043);
  g_list_store_remove_all(kept);
  g_assert_cmpuint(n, ==, 24);
  ssg_shelf_set_kept(shelf, NULL);
  g_assert_cmpuint(n, ==, 24);
}

static GPtrArray *fetch_order; /* of SsgShelfFace, borrowed */

static void note_fetched(SsgShelfFace *item)
{
  g_ptr_array_add(fetch_order, item);
}

static void test_fetch(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = start(worker, 1);
  g_autoptr(GListStore) kept = g_list_store_new(SSG_TYPE_SHELF_FACE);
  g_autoptr(SsgFace) face = make_face(1);
  g_autoptr(SsgShelfFace) keeper = ssg_shelf_face_new(SSG_SHELF_KEPT, face, 0, "Keeper");
  g_list_store_append(kept, keeper);
  g_autoptr(SsgShelf) shelf = ssg_shelf_new(service, G_LIST_MODEL(kept));
  ssg_shelf_set_thumbnail_size(shelf, 32);
  fetch_order = g_ptr_array_new();
  for (int i = 0; i < 10; i++) {
    g_signal_connect(item_at(shelf, i), "notify::thumbnail", G_CALLBACK(note_fetched), NULL);
    ssg_shelf_want(shelf, item_at(shelf, i));
  }
  for (int i = 0; i < 10; i++)
    WAIT_FOR(ssg_shelf_face_thumbnail(item_at(shelf, i)));
  g_assert_true(g_ptr_array_index(fetch_order, 2) == item_at(shelf, 9)); /* two were under way; then the last wanted */
  g_assert_true(g_ptr_array_index(fetch_order, 9) == item_at(shelf, 2));
  g_ptr_array_unref(g_steal_pointer(&fetch_order));
  for (int i = 0; i < 10; i++)
    g_signal_handlers_disconnect_by_func(item_at(shelf, i), note_fetched, NULL);
  g_assert_cmpint(ssg_shelf_face_thumbnail(keeper)->size, ==, 32);
  g_assert_nonnull(ssg_shelf_face_face(item_at(shelf, 9)));
  g_assert_null(ssg_shelf_face_face(item_at(shelf, 10))); /* nobody wanted it */

  /* Another truncation: other faces of the same seeds. */
  g_autoptr(SsgFace) before = ssg_face_ref(ssg_shelf_face_face(item_at(shelf, 3)));
  ssg_shelf_set_psi(shelf, 0.2);
  g_assert_null(ssg_shelf_face_face(item_at(shelf, 3)));
  WAIT_FOR(ssg_shelf_face_face(item_at(shelf, 3)));
  g_assert_false(ssg_face_equal(before, ssg_shelf_face_face(item_at(shelf, 3))));

  /* Wanted and let go at once: not fetched. */
  for (int i = 12; i < 20; i++) {
    ssg_shelf_want(shelf, item_at(shelf, i));
    ssg_shelf_unwant(shelf, item_at(shelf, i));
  }
  run_loop(150);
  int fetched = 0;
  for (int i = 12; i < 20; i++)
    fetched += ssg_shelf_face_thumbnail(item_at(shelf, i)) != NULL;
  g_assert_cmpint(fetched, ==, 0);

  /* Another model of the same parts: the same numbers at the same places, other faces; the kept one's picture is made anew. */
  g_autoptr(SsgShelfFace) same = g_object_ref(item_at(shelf, 3));
  g_autoptr(SsgFace) first = ssg_face_ref(ssg_shelf_face_face(same));
  g_autoptr(SsgRender) picture = ssg_render_ref(ssg_shelf_face_thumbnail(same));
  ssg_render_service_load_random(service, &tiny, 2, "cpu");
  WAIT_FOR(ssg_shelf_face_face(same) && ssg_shelf_face_face(same) != first);
  g_assert_true(item_at(shelf, 3) == same);
  g_assert_true(ssg_shelf_face_thumbnail(same) != picture);
  WAIT_FOR(ssg_shelf_face_thumbnail(keeper));
  /* One of other parts: other items. */
  SsgArchitecture other = tiny;
  other.style_dim *= 2;
  ssg_shelf_set_kept(shelf, NULL);
  ssg_render_service_load_random(service, &other, 3, "cpu");
  WAIT_FOR(g_list_model_get_n_items(G_LIST_MODEL(shelf)) > 3 && item_at(shelf, 3) != same);
  ssg_render_service_close(service);
  ssg_shelf_want(shelf, item_at(shelf, 5));
  run_loop(50); /* a closed service answers nothing, and nobody asks for ever */
}

static void got_face(GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  *(SsgFace **) data = ssg_shelf_face_finish(SSG_SHELF(source), result, &error);
  g_assert_no_error(error);
}

static void test_face(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = start(worker, 1);
  g_autoptr(SsgShelf) shelf = ssg_shelf_new(service, NULL);
  g_autoptr(SsgFace) face = NULL;
  g_autoptr(SsgFace) again = NULL;
  ssg_shelf_face_async(shelf, item_at(shelf, 7), NULL, got_face, &face);
  WAIT_FOR(face);
  g_assert_true(ssg_shelf_face_face(item_at(shelf, 7)) == face);
  ssg_shelf_face_async(shelf, item_at(shelf, 7), NULL, got_face, &again);
  WAIT_FOR(again);
  g_assert_true(face == again);
}

static void test_latents(void)
{
  g_autofree char *folder = make_folder();
  g_autofree char *path = g_build_filename(folder, "two faces.npy", NULL);
  g_autoptr(SsgFace) a = make_face(1);
  g_autoptr(SsgFace) b = make_face(2);
  const int rows = 2 + 2 * K;
  float values[2 * (2 + 2 * K) * S], expanded[K * 6 * S];
  memcpy(values, ssg_face_codes(a), rows * S * sizeof(float));
  memcpy(values + rows * S, ssg_face_codes(b), rows * S * sizeof(float));
  GError *error = NULL;
  g_assert_true(ssg_npy_save_f32(path, &(SsgShape) {3, {2, rows, S}}, values, &error));
  g_autoptr(GPtrArray) both = ssg_shelf_read_latents(path, &tiny, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(both->len, ==, 2);
  g_assert_true(ssg_face_equal(ssg_shelf_face_face(g_ptr_array_index(both, 1)), b));
  g_assert_cmpstr(ssg_shelf_face_title(g_ptr_array_index(both, 1)), ==, "two faces, 2");

  ssg_face_expand(a, &tiny, expanded);
  g_assert_true(ssg_npy_save_f32(path, &(SsgShape) {3, {1, K * 6, S}}, expanded, &error));
  g_autoptr(GPtrArray) one = ssg_shelf_read_latents(path, &tiny, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_face_equal(ssg_shelf_face_face(g_ptr_array_index(one, 0)), a));
  g_assert_cmpstr(ssg_shelf_face_title(g_ptr_array_index(one, 0)), ==, "two faces");

  g_assert_true(ssg_npy_save_f32(path, &(SsgShape) {1, {S}}, values, &error));
  g_autoptr(GPtrArray) w = ssg_shelf_read_latents(path, &tiny, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(w->len, ==, 1);
  g_assert_true(ssg_npy_save_f32(path, &(SsgShape) {2, {3, S}}, values, &error));
  g_autoptr(GPtrArray) three = ssg_shelf_read_latents(path, &tiny, &error);
  g_assert_cmpuint(three->len, ==, 3);

  g_assert_true(ssg_npy_save_f32(path, &(SsgShape) {3, {1, rows - 1, S}}, values, &error));
  g_assert_null(ssg_shelf_read_latents(path, &tiny, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_assert_nonnull(strstr(error->message, path));
  g_clear_error(&error);
  expanded[3 * S] += 1; /* a layer of its own: cannot be edited part by part */
  g_assert_true(ssg_npy_save_f32(path, &(SsgShape) {3, {1, K * 6, S}}, expanded, &error));
  g_assert_null(ssg_shelf_read_latents(path, &tiny, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_clear_error(&error);
  remove_folder(folder);
}

int main(int argc, char **argv)
{
  g_setenv("LANGUAGE", "C", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/app/shelf/list", test_list);
  g_test_add_func("/app/shelf/fetch", test_fetch);
  g_test_add_func("/app/shelf/face", test_face);
  g_test_add_func("/app/shelf/latents", test_latents);
  return g_test_run();
}
