/* How long a person waits while a slider is dragged: requests at 120 a second for some seconds, as the inspector sends
 * them, against the render service, without a display. Prints the milliseconds from request to the signal on the main
 * loop, and how evenly the main loop ran.
 *
 * Usage: bench-drag [MODEL | PRESET] [SECONDS] [DEVICE]     (default: small-128 10 cpu) */
#include <stdio.h>
#include <stdlib.h>
#include "app/render-service.h"
#include "engine/wait-policy.h"

#define HZ 120

typedef struct {
  SsgRenderService *service;
  SsgFace *face, *donor;
  gint64 end;
  int part, n_requests, n_pictures;
  gboolean released, final;
  guint64 last_id;
  int stale; /* older pictures after the release */
} Drag;

static void rendered(SsgRenderService *service, SsgRender *render, guint64 id, gboolean final, Drag *drag)
{
  drag->n_pictures++;
  drag->final = final;
  drag->stale += drag->released && id < drag->last_id;
}

static gboolean move(gpointer data)
{
  Drag *drag = data;
  float amount = drag->n_requests % 200 / 200.0f;
  gboolean more = g_get_monotonic_time() < drag->end;
  g_autoptr(SsgFace) face = ssg_face_blend_part(drag->face, drag->donor, drag->part, amount, 0);
  drag->last_id = ssg_render_service_request(drag->service, face, more);
  drag->n_requests++;
  drag->final = FALSE;
  drag->released = !more;
  return more;
}

static void sampled(GObject *source, GAsyncResult *result, gpointer data)
{
  *(SsgFace **) data = ssg_render_service_sample_finish(SSG_RENDER_SERVICE(source), result, NULL, NULL);
}

static SsgFace *sample(SsgRenderService *service, guint64 seed)
{
  SsgFace *face = NULL;
  ssg_render_service_sample_async(service, seed, 0.7f, 0, NULL, sampled, &face);
  while (!face)
    g_main_context_iteration(NULL, TRUE);
  return face;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static void print(const char *what, SsgLatency latency)
{
  printf("%-28s %6u  %7.1f  %7.1f  %7.1f  %7.1f\n", what, latency.n, latency.p50, latency.p95, latency.p99, latency.max);
}

int main(int argc, char **argv)
{
  ssg_wait_passively(argv); /* as the editor does */
  const char *model = argc > 1 ? argv[1] : "small-128", *device = argc > 3 ? argv[3] : "cpu";
  double seconds = argc > 2 ? atof(argv[2]) : 10;
  SsgWorker *worker = ssg_worker_new();
  Drag drag = {.service = ssg_render_service_new(worker)};
  SsgArchitecture arch;
  if (ssg_architecture_preset(model, &arch))
    ssg_render_service_load_random(drag.service, &arch, 1, device);
  else
    ssg_render_service_load(drag.service, model, device);
  while (ssg_render_service_state(drag.service) == SSG_SERVICE_LOADING)
    g_main_context_iteration(NULL, TRUE);
  if (ssg_render_service_state(drag.service) != SSG_SERVICE_READY) {
    fprintf(stderr, "bench-drag: %s\n", ssg_render_service_error(drag.service)->message);
    return 1;
  }
  drag.face = sample(drag.service, 1);
  drag.donor = sample(drag.service, 2);
  drag.part = MIN(7, ssg_face_n_parts(drag.face) - 1); /* hair, in face models */
  g_signal_connect(drag.service, "rendered", G_CALLBACK(rendered), &drag);
  ssg_render_service_request(drag.service, drag.face, FALSE); /* the first one prepares weights */
  while (!drag.final)
    g_main_context_iteration(NULL, TRUE);

  /* The drag, and the length of every iteration of the main loop. */
  ssg_render_service_reset_latency(drag.service);
  drag.n_pictures = 0;
  drag.end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
  g_timeout_add_full(G_PRIORITY_DEFAULT, 1000 / HZ, move, &drag, NULL);
  g_autoptr(GArray) iterations = g_array_new(FALSE, FALSE, sizeof(double));
  drag.final = FALSE;
  while (!drag.released || !drag.final) {
    g_usleep(500);
    gint64 begin = g_get_monotonic_time();
    while (g_main_context_iteration(NULL, FALSE))
      ;
    double ms = (g_get_monotonic_time() - begin) / 1000.0;
    g_array_append_val(iterations, ms);
  }
  qsort(iterations->data, iterations->len, sizeof(double), compare);

  printf("%s on %s, %d px: %d requests in %.1f s, %d pictures, %d stale after release\n", model,
         ssg_render_service_device(drag.service), ssg_render_service_model_info(drag.service)->arch.size, drag.n_requests,
         seconds, drag.n_pictures, drag.stale);
  printf("%-28s %6s  %7s  %7s  %7s  %7s\n", "milliseconds", "n", "p50", "p95", "p99", "max");
  print("request to first picture", ssg_render_service_first_latency(drag.service));
  print("last request to full picture", ssg_render_service_full_latency(drag.service));
  const double *sorted = (const double *) iterations->data;
  guint n = iterations->len;
  print("main loop iteration", (SsgLatency) {n, sorted[n / 2], sorted[n * 95 / 100], sorted[n * 99 / 100], sorted[n - 1]});
  ssg_face_unref(drag.face);
  ssg_face_unref(drag.donor);
  g_object_unref(drag.service);
  ssg_worker_unref(worker);
  return 0;
}
