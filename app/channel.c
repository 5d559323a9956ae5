/* The worker's side of a render service: drawing, loading, letting go. */
#include "app/channel.h"

#include <string.h>
#include "engine/error.h"

typedef struct {
  SsgChannel *channel;
  guint64 id;
  GCancellable *cancellable;
} Drawing;

typedef struct {
  GSourceOnceFunc func;
  gpointer data;
} Post;

typedef struct {
  SsgChannel *channel;
  GError *error;
} Lost;

typedef struct {
  SsgChannel *channel;
  float *mean;
} Mean;

/* The one source that brings everything to the main loop; what was told meanwhile is in it already. */
static gboolean tell(gpointer data)
{
  SsgChannel *channel = data;
  pthread_mutex_lock(&channel->mutex);
  GQueue posts = channel->posts;
  double progress = channel->progress;
  g_queue_init(&channel->posts);
  channel->progress = -1;
  channel->telling = FALSE;
  pthread_mutex_unlock(&channel->mutex);
  for (Post *post; (post = g_queue_pop_head(&posts));) {
    post->func(post->data);
    g_free(post);
  }
  if (channel->service && progress >= 0)
    ssg_render_service_take_progress(channel->service, progress);
  if (channel->service)
    ssg_render_service_take_pictures(channel->service);
  return G_SOURCE_REMOVE;
}

/* Lets go of the mutex, which the caller holds. Runs before the redraw of GTK (priority 120), so that a picture is on
 * screen with the next frame. */
static void unlock_and_wake(SsgChannel *channel)
{
  gboolean wake = !channel->telling;
  channel->telling = TRUE;
  pthread_mutex_unlock(&channel->mutex);
  if (!wake)
    return;
  g_autoptr(GSource) source = g_idle_source_new();
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(source, tell, ssg_channel_ref(channel), (GDestroyNotify) ssg_channel_unref);
  g_source_attach(source, channel->context);
}

/* Puts a picture or an error where the main loop takes it; whatever was not yet taken is out of date. Consumes both. */
static void deliver(SsgChannel *channel, guint64 id, SsgRender *render, GError *error)
{
  pthread_mutex_lock(&channel->mutex);
  g_clear_pointer(&channel->result, ssg_render_unref);
  g_clear_error(&channel->result_error);
  channel->result = render;
  channel->result_error = error;
  channel->result_id = id;
  unlock_and_wake(channel);
}

static void early_picture(SsgRender *render, gpointer data)
{
  Drawing *drawing = data;
  SsgChannel *channel = drawing->channel;
  deliver(channel, drawing->id, ssg_render_ref(render), NULL);
  pthread_mutex_lock(&channel->mutex);
  channel->first_done = TRUE;
  gboolean overtaken = channel->wanted_id != drawing->id;
  pthread_mutex_unlock(&channel->mutex);
  if (overtaken)
    g_cancellable_cancel(drawing->cancellable);
}

/* The first picture must come within a screen's frame or two; a quarter of the size costs about a tenth of the time. */
static int early_size(const SsgArchitecture *arch)
{
  return MAX(arch->size / 4, MIN(64, arch->size / 2));
}

static gboolean fits(const SsgFace *face, const SsgArchitecture *arch)
{
  return ssg_face_n_parts(face) == arch->n_parts && ssg_face_n_base(face) == arch->n_base &&
         ssg_face_style_dim(face) == arch->style_dim;
}

static void let_go(SsgChannel *channel)
{
  g_clear_pointer(&channel->session, ssg_session_free);
  if (channel->model)
    ssg_worker_release_model(channel->worker, channel->model);
  channel->model = NULL;
}

static void tell_lost(gpointer data)
{
  Lost *lost = data;
  if (lost->channel->service)
    ssg_render_service_take_lost(lost->channel->service, lost->error);
  g_error_free(lost->error);
  ssg_channel_unref(lost->channel);
  g_free(lost);
}

static void tell_progress(SsgChannel *channel, double progress)
{
  pthread_mutex_lock(&channel->mutex);
  channel->progress = progress;
  unlock_and_wake(channel);
}

/* Reading the parameters takes about as long as the file's hash. */
static void parameters_progress(double fraction, gpointer channel)
{
  tell_progress(channel, 0.5 * fraction);
}

static void hash_progress(double fraction, gpointer channel)
{
  tell_progress(channel, 0.5 + 0.5 * fraction);
}

/* The new model takes over from the old one. */
static void adopt(SsgChannel *channel, SsgModel *model)
{
  let_go(channel);
  channel->model = model;
  channel->session = ssg_worker_new_session(model);
  pthread_mutex_lock(&channel->mutex);
  if (channel->wanted && !fits(channel->wanted, ssg_model_architecture(model)))
    g_clear_pointer(&channel->wanted, ssg_face_unref);
  gboolean draw = channel->wanted != NULL;
  pthread_mutex_unlock(&channel->mutex);
  if (draw)
    ssg_channel_schedule(channel);
}

static void tell_load(gpointer data)
{
  SsgLoad *load = data;
  if (load->channel->service)
    ssg_render_service_take_load(load->channel->service, load);
  ssg_channel_unref(load->channel);
  g_free(load->path);
  g_free(load->device);
  g_clear_pointer(&load->info, ssg_model_info_free);
  g_free(load->hash);
  g_free(load->device_text);
  g_free(load->mean);
  g_clear_error(&load->error);
  g_free(load);
}

static void tell_mean(gpointer data)
{
  Mean *mean = data;
  if (mean->channel->service)
    ssg_render_service_take_mean(mean->channel->service, g_steal_pointer(&mean->mean));
  g_free(mean->mean);
  ssg_channel_unref(mean->channel);
  g_free(mean);
}

SsgChannel *ssg_channel_ref(SsgChannel *channel)
{
  g_atomic_int_inc(&channel->refs);
  return channel;
}

void ssg_channel_unref(SsgChannel *channel)
{
  if (!g_atomic_int_dec_and_test(&channel->refs))
    return;
  g_assert(!channel->session && !channel->model); /* the closing job let go of them on the worker's thread */
  g_main_context_unref(channel->context);
  g_clear_pointer(&channel->wanted, ssg_face_unref);
  g_clear_pointer(&channel->result, ssg_render_unref);
  g_clear_error(&channel->result_error);
  pthread_mutex_destroy(&channel->mutex);
  g_free(channel);
}

void ssg_channel_schedule(SsgChannel *channel)
{
  pthread_mutex_lock(&channel->mutex);
  gboolean push = !channel->queued;
  channel->queued = TRUE;
  pthread_mutex_unlock(&channel->mutex);
  if (push)
    ssg_worker_push(channel->worker, SSG_PRIORITY_PICTURE, channel, ssg_draw_run, ssg_channel_ref(channel),
                    ssg_draw_free, NULL);
}

void ssg_channel_post(SsgChannel *channel, GSourceOnceFunc func, gpointer data)
{
  Post *post = g_new(Post, 1);
  *post = (Post) {func, data};
  pthread_mutex_lock(&channel->mutex);
  g_queue_push_tail(&channel->posts, post);
  unlock_and_wake(channel);
}

void ssg_channel_check_lost(SsgChannel *channel, const GError *error)
{
  if (!channel->model || !g_error_matches(error, SSG_ERROR, SSG_ERROR_DEVICE))
    return;
  ssg_worker_forget_device(channel->worker, channel->model);
  let_go(channel);
  Lost *lost = g_new(Lost, 1);
  *lost = (Lost) {ssg_channel_ref(channel), g_error_copy(error)};
  ssg_channel_post(channel, tell_lost, lost);
}

gboolean ssg_draw_run(SsgJob *job, GCancellable *cancellable, gpointer data)
{
  SsgChannel *channel = data;
  pthread_mutex_lock(&channel->mutex);
  channel->queued = FALSE;
  if (!channel->session || !channel->wanted) {
    pthread_mutex_unlock(&channel->mutex); /* without a model the request waits for one: see adopt() */
    return TRUE;
  }
  g_autoptr(SsgFace) face = ssg_face_ref(channel->wanted);
  Drawing drawing = {channel, channel->wanted_id, cancellable};
  SsgRenderOptions options = {.early_size = early_size(ssg_model_architecture(channel->model)), .raw = channel->raw};
  channel->running = cancellable;
  channel->first_done = FALSE;
  pthread_mutex_unlock(&channel->mutex);

  g_autoptr(GError) error = NULL;
  g_autoptr(SsgRender) render =
      ssg_session_render(channel->session, face, &options, early_picture, &drawing, cancellable, &error);

  pthread_mutex_lock(&channel->mutex);
  channel->running = NULL;
  pthread_mutex_unlock(&channel->mutex);
  if (render)
    deliver(channel, drawing.id, g_steal_pointer(&render), NULL);
  else if (g_error_matches(error, SSG_ERROR, SSG_ERROR_CANCELLED))
    return FALSE; /* overtaken: the newer request's job waits already */
  else {
    ssg_channel_check_lost(channel, error);
    deliver(channel, drawing.id, NULL, g_steal_pointer(&error));
  }
  return TRUE;
}

void ssg_draw_free(gpointer channel, gboolean done)
{
  ssg_channel_unref(channel);
}

gboolean ssg_load_run(SsgJob *job, GCancellable *cancellable, gpointer data)
{
  SsgLoad *load = data;
  SsgChannel *channel = load->channel;
  SsgModel *model = load->path ? ssg_worker_load_model(channel->worker, load->path, load->device, parameters_progress,
                                                       channel, cancellable, &load->error)
                               : ssg_worker_random_model(channel->worker, &load->arch, load->device, load->seed,
                                                         &load->error);
  if (!model)
    return TRUE;
  if (!ssg_model_read_hash(model, hash_progress, channel, cancellable, &load->error)) {
    ssg_worker_release_model(channel->worker, model);
    return TRUE;
  }
  load->info = ssg_model_info_copy(ssg_model_info(model));
  load->hash = g_strdup(ssg_model_hash(model));
  const char *precision = ssg_worker_precision(channel->worker, model);
  const char *device = ssg_device_description(ssg_context_device(ssg_model_context(model)));
  load->device_text = strcmp(precision, "f32") == 0 ? g_strdup(device) : g_strdup_printf("%s, %s", device, precision);
  if (load->info->has_mean)
    load->mean = g_memdup2(ssg_model_mean(model), load->info->arch.style_dim * sizeof *load->mean);
  adopt(channel, model);
  return TRUE;
}

void ssg_load_free(gpointer data, gboolean done)
{
  SsgLoad *load = data;
  if (!done && !load->error)
    g_set_error_literal(&load->error, SSG_ERROR, SSG_ERROR_CANCELLED, "loading was cancelled");
  ssg_channel_post(load->channel, tell_load, load);
}

gboolean ssg_mean_run(SsgJob *job, GCancellable *cancellable, gpointer data)
{
  SsgChannel *channel = data;
  if (!channel->model)
    return TRUE;
  Mean *mean = g_new(Mean, 1);
  *mean = (Mean) {ssg_channel_ref(channel), g_memdup2(ssg_model_mean(channel->model),
                                                      ssg_model_architecture(channel->model)->style_dim *
                                                          sizeof(float))};
  ssg_channel_post(channel, tell_mean, mean);
  return TRUE;
}

void ssg_mean_free(gpointer channel, gboolean done)
{
  ssg_channel_unref(channel);
}

gboolean ssg_close_run(SsgJob *job, GCancellable *cancellable, gpointer channel)
{
  return TRUE; /* the work is in the free function, which runs even when the worker stops before this */
}

void ssg_close_free(gpointer channel, gboolean done)
{
  let_go(channel);
  ssg_channel_unref(channel);
}
