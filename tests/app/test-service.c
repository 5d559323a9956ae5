/* The render service under load: newest wins, nothing stale after the last, low resolution first, cancelling, side work. */
#include <math.h>
#include "tests/app/helpers.h"

/* Larger than tiny, so that a render takes long enough to be overtaken. */
static const SsgArchitecture heavy = {.n_parts = K, .style_dim = S, .n_mapping = 2, .n_layers = 6, .n_base = 2,
  .n_depth = 4, .local_channels = 32, .feature_channels = 64, .coarse_size = 32, .render_size = 16, .size = 256,
  .n_levels = 4, .render_channels = {64, 48, 32, 24}, .residual_refine = TRUE, .transparent = 1 << 3};

typedef struct {
  SsgRenderService *service;
  GArray *ids;    /* of guint64, as they came */
  GArray *finals; /* of gboolean */
  int n_early, n_complete, n_failed;
  SsgRender *last;
  char *failure;
} Log;

static void rendered(SsgRenderService *service, SsgRender *render, guint64 id, gboolean final, Log *log)
{
  g_assert_true(render == ssg_render_service_render(service));
  if (log->ids->len > 0)
    g_assert_cmpuint(id, >=, g_array_index(log->ids, guint64, log->ids->len - 1)); /* never back in time */
  if (final)
    g_assert_true(render->complete);
  log->n_early += !render->complete;
  log->n_complete += render->complete;
  g_array_append_val(log->ids, id);
  g_array_append_val(log->finals, final);
  g_clear_pointer(&log->last, ssg_render_unref);
  log->last = ssg_render_ref(render);
}

static void failed(SsgRenderService *service, GError *error, guint64 id, Log *log)
{
  log->n_failed++;
  g_free(log->failure);
  log->failure = g_strdup(error->message);
}

static Log *log_new(SsgRenderService *service)
{
  Log *log = g_new0(Log, 1);
  log->service = service;
  log->ids = g_array_new(FALSE, FALSE, sizeof(guint64));
  log->finals = g_array_new(FALSE, FALSE, sizeof(gboolean));
  g_signal_connect(service, "rendered", G_CALLBACK(rendered), log);
  g_signal_connect(service, "render-failed", G_CALLBACK(failed), log);
  return log;
}

static void log_free(Log *log)
{
  g_signal_handlers_disconnect_by_data(log->service, log);
  g_array_unref(log->ids);
  g_array_unref(log->finals);
  g_clear_pointer(&log->last, ssg_render_unref);
  g_free(log->failure);
  g_free(log);
}

static gboolean last_is_final(Log *log)
{
  return log->finals->len > 0 && g_array_index(log->finals, gboolean, log->finals->len - 1);
}

static SsgRenderService *start(SsgWorker *worker, const SsgArchitecture *arch)
{
  SsgRenderService *service = ssg_render_service_new(worker);
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_EMPTY);
  ssg_render_service_load_random(service, arch, 1, "cpu");
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_LOADING);
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_READY);
  g_assert_cmpint(ssg_render_service_model_info(service)->arch.size, ==, arch->size);
  g_assert_cmpstr(ssg_render_service_device(service), !=, "");
  return service;
}

static void got_picture(GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  *(SsgRender **) data = ssg_render_service_thumbnail_finish(SSG_RENDER_SERVICE(source), result, &error);
  g_assert_no_error(error);
}

/* The picture of a face by another path, to compare with. */
static SsgRender *render_alone(SsgRenderService *service, SsgFace *face)
{
  SsgRender *render = NULL;
  ssg_render_service_thumbnail_async(service, face, 4096, NULL, got_picture, &render);
  WAIT_FOR(render);
  return render;
}

/* Faces that were moved end with the square that training saw, in the picture and in every small one. */
static void test_bounded(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = start(worker, &tiny);
  g_autoptr(SsgFace) face = make_face(1), gone = ssg_face_set_foreground_transform(face, (SsgTransform) {1, -4, 0});
  Log *log = log_new(service);
  ssg_render_service_request(service, gone, FALSE);
  WAIT_FOR(last_is_final(log));
  g_autoptr(SsgRender) alone = render_alone(service, gone);
  for (int i = 0; i < K * 16 * 16; i++) {
    g_assert_cmpfloat(fabsf(log->last->weight[i] - (i < 16 * 16)), <, 1e-6f);
    g_assert_cmpfloat(alone->weight[i], ==, log->last->weight[i]);
  }
  log_free(log);
}

static void test_picture(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = ssg_render_service_new(worker);
  g_autoptr(SsgFace) face = make_face(1);
  Log *log = log_new(service);
  guint64 id = ssg_render_service_request(service, face, FALSE); /* before there is a model: kept */
  g_assert_true(ssg_render_service_busy(service));
  ssg_render_service_load_random(service, &heavy, 1, "cpu");
  WAIT_FOR(last_is_final(log));
  g_assert_cmpuint(g_array_index(log->ids, guint64, log->ids->len - 1), ==, id);
  g_assert_cmpint(log->last->size, ==, 256);
  g_assert_false(ssg_render_service_busy(service));
  g_assert_cmpint(log->n_failed, ==, 0);
  WAIT_FOR(ssg_render_service_mean(service));
  g_autoptr(SsgRender) alone = render_alone(service, face);
  g_assert_cmpint(memcmp(alone->mask, log->last->mask, 256 * 256), ==, 0);
  g_assert_cmpuint(ssg_render_service_full_latency(service).n, ==, 1);
  g_assert_cmpfloat(ssg_render_service_full_latency(service).p50, >, 0);
  log_free(log);
}

/* A drag: requests faster than pictures. Pictures keep coming, ids only rise, after the last request at most one older
 * picture comes, then the complete one of the last face, then nothing. */
static void test_drag(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = start(worker, &heavy);
  g_autoptr(SsgFace) face = make_face(1);
  g_autoptr(SsgFace) donor = make_face(2);
  Log *log = log_new(service);
  guint64 id = ssg_render_service_request(service, face, FALSE); /* the first one prepares weights and takes long */
  WAIT_FOR(last_is_final(log));
  guint before = log->ids->len, n_requests = 1;
  /* As long as it takes for thirty pictures while it moves: machines that test are busy with other things. */
  gint64 until = g_get_monotonic_time() + wait_seconds() * G_USEC_PER_SEC;
  log->n_early = log->n_complete = 0;
  while (log->ids->len < before + 30) {
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_autoptr(SsgFace) moved = ssg_face_blend_part(face, donor, 2, n_requests % 100 / 100.0f, 0);
    id = ssg_render_service_request(service, moved, TRUE);
    n_requests++;
    g_usleep(300);
    while (g_main_context_iteration(NULL, FALSE))
      ;
  }
  guint during = log->ids->len;
  g_assert_cmpuint(n_requests, >, 60); /* else nothing was overtaken */
  g_assert_cmpint(3 * log->n_complete, <=, log->n_early); /* what is overtaken stops after its first picture */
  g_autoptr(SsgFace) last = ssg_face_blend_part(face, donor, 2, 1, 0);
  id = ssg_render_service_request(service, last, FALSE);
  WAIT_FOR(last_is_final(log));
  guint older = 0;
  for (guint i = during; i < log->ids->len; i++)
    older += g_array_index(log->ids, guint64, i) < id;
  g_assert_cmpuint(older, <=, 1);
  guint n = log->ids->len;
  run_loop(200);
  g_assert_cmpuint(log->ids->len, ==, n); /* nothing after the last */
  g_autoptr(SsgRender) alone = render_alone(service, last);
  g_assert_cmpint(memcmp(alone->mask, log->last->mask, 256 * 256), ==, 0);
  g_assert_cmpint(log->n_early, >, 0);
  SsgLatency first = ssg_render_service_first_latency(service), full = ssg_render_service_full_latency(service);
  g_assert_cmpuint(first.n, ==, n_requests + 1); /* every request was answered */
  g_assert_cmpuint(full.n, >=, 1);
  g_assert_cmpfloat(first.p50, <=, first.p95);
  g_test_message("first picture p50 %.1f p95 %.1f ms, full p50 %.1f ms, %u pictures for %u requests", first.p50, first.p95,
                 full.p50, n, n_requests);
  ssg_render_service_reset_latency(service);
  g_assert_cmpuint(ssg_render_service_first_latency(service).n, ==, 0);
  log_free(log);
}

/* Requests that replace each other at once: only the last is drawn to its end. */
static void test_newest_wins(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = start(worker, &heavy);
  Log *log = log_new(service);
  guint64 id = 0;
  for (int i = 0; i < 50; i++) {
    g_autoptr(SsgFace) face = make_face(i);
    id = ssg_render_service_request(service, face, FALSE);
  }
  WAIT_FOR(last_is_final(log));
  g_assert_cmpuint(g_array_index(log->ids, guint64, log->ids->len - 1), ==, id);
  guint finals = 0;
  for (guint i = 0; i < log->finals->len; i++)
    finals += g_array_index(log->finals, gboolean, i);
  g_assert_cmpuint(finals, ==, 1);
  g_assert_cmpuint(log->ids->len, <=, 6);
  log_free(log);
}

static void test_clear_and_errors(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = start(worker, &heavy);
  g_autoptr(SsgFace) face = make_face(1);
  Log *log = log_new(service);
  ssg_render_service_request(service, face, TRUE);
  ssg_render_service_clear(service);
  g_assert_false(ssg_render_service_busy(service));
  run_loop(200);
  g_assert_cmpuint(log->ids->len, ==, 0);
  g_assert_null(ssg_render_service_render(service));
  ssg_render_service_request(service, face, TRUE);
  while (ssg_worker_busy(worker)) /* the picture is done, but not yet told */
    g_usleep(1000);
  ssg_render_service_clear(service);
  run_loop(50);
  g_assert_cmpuint(log->ids->len, ==, 0);

  SsgArchitecture other = tiny;
  other.style_dim = 16;
  float w[16] = {0};
  g_autoptr(SsgFace) misfit = ssg_face_new(&other, 1, w, NULL);
  ssg_render_service_request(service, misfit, FALSE);
  WAIT_FOR(log->n_failed == 1);
  g_assert_nonnull(strstr(log->failure, "16"));
  g_assert_false(ssg_render_service_busy(service));
  ssg_render_service_request(service, face, FALSE); /* it lives on */
  WAIT_FOR(last_is_final(log));
  log_free(log);
}

typedef struct {
  int n, cancelled;
  int order[64];
} Thumbs;

static Thumbs thumbs;

static void got_thumb(GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgRender) render = ssg_render_service_thumbnail_finish(SSG_RENDER_SERVICE(source), result, &error);
  if (g_error_matches(error, SSG_ERROR, SSG_ERROR_CANCELLED)) {
    thumbs.cancelled++;
    return;
  }
  g_assert_no_error(error);
  g_assert_cmpint(render->size, ==, 64); /* 40 rounded up to what the model can give */
  thumbs.order[thumbs.n++] = GPOINTER_TO_INT(data);
}

/* Small pictures wait for the main one, survive being preempted, and can be cancelled. */
static void test_thumbnails(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = start(worker, &heavy);
  Log *log = log_new(service);
  g_autoptr(GCancellable) scrolled_away = g_cancellable_new();
  thumbs = (Thumbs) {0};
  for (int i = 0; i < 20; i++) {
    g_autoptr(SsgFace) face = make_face(i);
    ssg_render_service_thumbnail_async(service, face, 40, i >= 10 ? scrolled_away : NULL, got_thumb, GINT_TO_POINTER(i));
  }
  for (int i = 0; i < 10; i++) {
    g_autoptr(SsgFace) face = make_face(100 + i);
    ssg_render_service_request(service, face, TRUE);
    if (i == 0)
      g_cancellable_cancel(scrolled_away); /* on a fast machine they would soon be there */
    run_loop(3);
  }
  WAIT_FOR(last_is_final(log));
  WAIT_FOR(thumbs.n + thumbs.cancelled == 20);
  g_assert_cmpint(thumbs.n, >=, 10);
  g_assert_cmpint(thumbs.cancelled, >, 0);
  for (int i = 1; i < 10; i++)
    g_assert_cmpint(thumbs.order[i], >, thumbs.order[i - 1]);
  log_free(log);
}

typedef struct {
  gboolean done;
  SsgFace *face;
  SsgRender *render;
  SsgDirectionSet *set;
  GError *error;
} Answer;

static void sampled(GObject *source, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;
  answer->face =
      ssg_render_service_sample_finish(SSG_RENDER_SERVICE(source), result, &answer->render, &answer->error);
  answer->done = TRUE;
}

static void directed(GObject *source, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;
  answer->set = ssg_render_service_directions_finish(SSG_RENDER_SERVICE(source), result, &answer->error);
  answer->done = TRUE;
}

static void test_samples_and_directions(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = start(worker, &tiny);
  Answer a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0};
  ssg_render_service_sample_async(service, 42, 0.7f, 0, NULL, sampled, &a);
  ssg_render_service_sample_async(service, 42, 0.7f, 32, NULL, sampled, &b);
  ssg_render_service_sample_async(service, 43, 0.7f, 32, NULL, sampled, &c);
  WAIT_FOR(a.done && b.done && c.done);
  g_assert_no_error(a.error);
  g_assert_true(ssg_face_equal(a.face, b.face)); /* the same seed, the same face */
  g_assert_false(ssg_face_equal(a.face, c.face));
  g_assert_null(a.render);
  g_assert_cmpint(b.render->size, ==, 32);
  g_assert_null(ssg_render_service_directions(service, 2, SSG_CODE_SHAPE));
  ssg_render_service_directions_async(service, 2, SSG_CODE_SHAPE, NULL, directed, &d);
  WAIT_FOR(d.done);
  g_assert_no_error(d.error);
  g_assert_cmpint(d.set->n, >, 0);
  g_assert_cmpint(d.set->style_dim, ==, S);
  g_assert_true(ssg_render_service_directions(service, 2, SSG_CODE_SHAPE) == d.set);
  ssg_render_service_directions_async(service, 2, SSG_CODE_SHAPE, NULL, directed, &e);
  g_assert_false(e.done); /* known, but told from the main loop all the same */
  WAIT_FOR(e.done);
  g_assert_true(e.set == d.set);
  ssg_render_service_directions_async(service, 77, SSG_CODE_SHAPE, NULL, directed, &f);
  WAIT_FOR(f.done);
  g_assert_error(f.error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  Answer *all[] = {&a, &b, &c, &d, &e, &f};
  for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
    g_clear_pointer(&all[i]->face, ssg_face_unref);
    g_clear_pointer(&all[i]->render, ssg_render_unref);
    g_clear_pointer(&all[i]->set, ssg_direction_set_unref);
    g_clear_error(&all[i]->error);
  }
}

static void test_loading_fails(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) service = ssg_render_service_new(worker);
  ssg_render_service_load(service, "/nonexistent/model.safetensors", "cpu");
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_FAILED);
  g_assert_nonnull(strstr(ssg_render_service_error(service)->message, "/nonexistent/model.safetensors"));
  ssg_render_service_load_random(service, &tiny, 1, "toaster");
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_FAILED);
  g_assert_error((GError *) ssg_render_service_error(service), SSG_ERROR, SSG_ERROR_DEVICE);
  ssg_render_service_load_random(service, &tiny, 1, "cpu");
  ssg_render_service_cancel_load(service);
  WAIT_FOR(ssg_render_service_state(service) != SSG_SERVICE_LOADING);
  g_assert_null(ssg_render_service_error(service)); /* cancelled on purpose is no failure */
  /* Only the last of several loads counts. */
  ssg_render_service_load(service, "/nonexistent/model.safetensors", "cpu");
  ssg_render_service_load_random(service, &heavy, 2, "cpu");
  ssg_render_service_load_random(service, &tiny, 3, "cpu");
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_READY);
  g_assert_cmpint(ssg_render_service_model_info(service)->arch.size, ==, tiny.size);
  /* A failing load leaves the former model drawing. */
  ssg_render_service_load(service, "/nonexistent/model.safetensors", "cpu");
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_FAILED);
  Log *log = log_new(service);
  g_autoptr(SsgFace) face = make_face(1);
  ssg_render_service_request(service, face, FALSE);
  WAIT_FOR(last_is_final(log));
  log_free(log);
}

static gpointer render_on_thread(gpointer data)
{
  SsgRenderer *renderer = data;
  g_autoptr(SsgFace) face = make_face(4);
  GError *error = NULL;
  for (int i = 0; i < 5; i++) {
    SsgRenderOptions options = {.raw = TRUE};
    g_autoptr(SsgRender) render = ssg_renderer_render(renderer, face, &options, NULL, &error);
    if (!render) {
      g_clear_error(&error);
      return GINT_TO_POINTER(1);
    }
    g_assert_nonnull(render->raw_seg);
  }
  return NULL;
}

/* Windows that close in the middle of everything; the renderer outlives its window and says so. */
static void test_close(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  SsgRenderService *service = start(worker, &heavy);
  g_autoptr(SsgRenderer) renderer = ssg_render_service_renderer(service);
  GThread *thread = g_thread_new("export", render_on_thread, renderer);
  g_assert_null(g_thread_join(thread));
  thread = g_thread_new("export", render_on_thread, renderer);
  Answer a = {0};
  ssg_render_service_sample_async(service, 1, 0.5f, 64, NULL, sampled, &a);
  for (int i = 0; i < 5; i++) {
    g_autoptr(SsgFace) face = make_face(i);
    ssg_render_service_request(service, face, TRUE);
  }
  ssg_render_service_close(service);
  WAIT_FOR(a.done);
  if (a.error)
    g_assert_error(a.error, SSG_ERROR, SSG_ERROR_CANCELLED);
  g_clear_error(&a.error);
  g_clear_pointer(&a.face, ssg_face_unref);
  g_clear_pointer(&a.render, ssg_render_unref);
  g_thread_join(thread);
  g_autoptr(SsgFace) face = make_face(4);
  GError *error = NULL;
  g_assert_null(ssg_renderer_render(renderer, face, NULL, NULL, &error));
  g_assert_nonnull(error);
  g_clear_error(&error);
  g_object_unref(service);
  /* Opened and dropped at once, many times. */
  for (int i = 0; i < 10; i++) {
    SsgRenderService *brief = ssg_render_service_new(worker);
    ssg_render_service_load_random(brief, &tiny, i, "cpu");
    ssg_render_service_request(brief, face, FALSE);
    run_loop(i);
    g_object_unref(brief);
  }
  run_loop(50);
}

static void test_two_windows(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(SsgRenderService) a = start(worker, &heavy);
  g_autoptr(SsgRenderService) b = start(worker, &tiny);
  Log *log_a = log_new(a), *log_b = log_new(b);
  for (int i = 0; i < 30; i++) {
    g_autoptr(SsgFace) face = make_face(i);
    ssg_render_service_request(a, face, TRUE);
    ssg_render_service_request(b, face, TRUE);
    run_loop(2);
  }
  WAIT_FOR(last_is_final(log_a) && last_is_final(log_b));
  g_assert_cmpint(log_a->last->size, ==, 256);
  g_assert_cmpint(log_b->last->size, ==, 64);
  log_free(log_a);
  log_free(log_b);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/app/service/picture", test_picture);
  g_test_add_func("/app/service/bounded", test_bounded);
  g_test_add_func("/app/service/drag", test_drag);
  g_test_add_func("/app/service/newest-wins", test_newest_wins);
  g_test_add_func("/app/service/clear-and-errors", test_clear_and_errors);
  g_test_add_func("/app/service/thumbnails", test_thumbnails);
  g_test_add_func("/app/service/samples-and-directions", test_samples_and_directions);
  g_test_add_func("/app/service/loading-fails", test_loading_fails);
  g_test_add_func("/app/service/close", test_close);
  g_test_add_func("/app/service/two-windows", test_two_windows);
  return g_test_run();
}
