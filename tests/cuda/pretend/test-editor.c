/* The editor's render service on a GPU whose memory is full, and on one that stops working: what is said, what lives on, and that
 * the work goes on with the CPU, or with the same GPU once it is mended. On the pretended CUDA. */
#include "tests/app/helpers.h"

static gboolean final_seen;
static char *failure;

static void on_rendered(SsgRenderService *service, SsgRender *render, guint64 id, gboolean final, gpointer data)
{
  final_seen |= final;
}

static void on_failed(SsgRenderService *service, GError *error, guint64 id, gpointer data)
{
  g_free(failure);
  failure = g_strdup(error->message);
  g_assert_true(g_error_matches(error, SSG_ERROR, *(SsgErrorCode *) data));
}

static void draw(SsgRenderService *service, guint32 seed)
{
  g_autoptr(SsgFace) face = make_face(seed);
  final_seen = FALSE;
  g_clear_pointer(&failure, g_free);
  ssg_render_service_request(service, face, FALSE);
}

static void load(SsgRenderService *service, const char *device)
{
  ssg_render_service_load_random(service, &tiny, 1, device);
  WAIT_FOR(ssg_render_service_state(service) != SSG_SERVICE_LOADING);
}

int main(int argc, char **argv)
{
  SsgErrorCode expected = SSG_ERROR_MEMORY;
  SsgWorker *worker = ssg_worker_new();
  SsgRenderService *service = ssg_render_service_new(worker);
  g_signal_connect(service, "rendered", G_CALLBACK(on_rendered), NULL);
  g_signal_connect(service, "render-failed", G_CALLBACK(on_failed), &expected);

  load(service, "auto");
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_READY);
  g_assert_nonnull(strstr(ssg_render_service_device(service), "pretended GPU"));
  draw(service, 1);
  WAIT_FOR(final_seen);

  /* The precision that was chosen: of the GPU, and not of the CPU. */
  load(service, "auto/f16");
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_READY);
  g_assert_nonnull(strstr(ssg_render_service_device(service), "pretended GPU, 4 GiB, f16"));
  draw(service, 1);
  WAIT_FOR(final_seen);
  load(service, "cpu/f16");
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_READY);
  g_assert_null(strstr(ssg_render_service_device(service), "f16"));
  load(service, "cuda/f8");
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_FAILED);
  g_assert_nonnull(strstr(ssg_render_service_error(service)->message, "there is no precision 'f8'"));
  load(service, "auto/f32");
  g_assert_null(strstr(ssg_render_service_device(service), "f32"));

  /* Full: said, and nothing else is lost; when there is room again, the next request is drawn. */
  run_loop(50);
  g_setenv("SSGAN_PRETEND_FULL", "1", TRUE);
  draw(service, 2);
  WAIT_FOR(failure);
  g_assert_nonnull(strstr(failure, "the GPU's memory is full"));
  g_assert_nonnull(strstr(failure, "MiB"));
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_READY);
  run_loop(50);
  g_unsetenv("SSGAN_PRETEND_FULL");
  draw(service, 2);
  WAIT_FOR(final_seen);

  /* Lost: the state says so, with the cause. */
  run_loop(50);
  expected = SSG_ERROR_DEVICE;
  g_setenv("SSGAN_PRETEND_LOST", "1", TRUE);
  draw(service, 3);
  WAIT_FOR(ssg_render_service_state(service) == SSG_SERVICE_DEVICE_LOST);
  g_assert_nonnull(strstr(ssg_render_service_error(service)->message, "the GPU stopped working"));

  /* While it stays broken it cannot be opened, with its number and the reason. */
  load(service, "cuda");
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_FAILED);
  const char *message = ssg_render_service_error(service)->message;
  if (!strstr(message, "GPU 0 cannot be opened") && !strstr(message, "CUDA does not start"))
    g_error("the reason is: %s", message);

  /* On with the CPU, and the request that waited is drawn. */
  final_seen = FALSE;
  load(service, "cpu");
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_READY);
  WAIT_FOR(final_seen);

  /* The GPU is back. */
  run_loop(50);
  g_unsetenv("SSGAN_PRETEND_LOST");
  load(service, "cuda:0");
  g_assert_cmpint(ssg_render_service_state(service), ==, SSG_SERVICE_READY);
  draw(service, 4);
  WAIT_FOR(final_seen);

  ssg_render_service_close(service);
  g_object_unref(service);
  ssg_worker_unref(worker);
  g_free(failure);
  return 0;
}
