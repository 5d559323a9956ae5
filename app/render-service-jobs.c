/* Side work of a render service: small pictures, faces of seeds, directions, pictures for exports. */
#include "app/channel.h"

#include "engine/error.h"

typedef enum { SIDE_THUMBNAIL, SIDE_SAMPLE, SIDE_DIRECTIONS, SIDE_SYNC } SideKind;

/* Where ssg_renderer_render() waits. */
typedef struct {
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  gboolean finished;
} Waiter;

typedef struct {
  SideKind kind;
  SsgChannel *channel;
  GTask *task;    /* main loop only; NULL for SIDE_SYNC */
  Waiter *waiter; /* SIDE_SYNC */
  SsgFace *face;
  guint64 seed;
  float psi;
  int size, part;
  SsgCode what;
  SsgRenderOptions options;
  SsgRender *render; /* results */
  SsgDirectionSet *set;
  GError *error;
} Side;

struct _SsgRenderer {
  gatomicrefcount refs;
  SsgWorker *worker;
  SsgChannel *channel;
  SsgModelInfo *info;
};

static void side_free(Side *side)
{
  ssg_channel_unref(side->channel);
  g_clear_object(&side->task);
  g_clear_pointer(&side->face, ssg_face_unref);
  g_clear_pointer(&side->render, ssg_render_unref);
  g_clear_pointer(&side->set, ssg_direction_set_unref);
  g_clear_error(&side->error);
  g_free(side);
}

static Side *side_new(SsgRenderService *self, SideKind kind, GTask *task)
{
  Side *side = g_new0(Side, 1);
  side->kind = kind;
  side->channel = ssg_channel_ref(ssg_render_service_channel(self));
  side->task = task;
  return side;
}

/* On the main loop: hands the result to whoever asked. */
static void tell(gpointer data)
{
  Side *side = data;
  GTask *task = side->task;
  if (side->error) {
    g_task_return_error(task, g_steal_pointer(&side->error));
  } else if (side->kind == SIDE_SAMPLE) {
    g_task_set_task_data(task, g_steal_pointer(&side->render), (GDestroyNotify) ssg_render_unref);
    g_task_return_pointer(task, g_steal_pointer(&side->face), (GDestroyNotify) ssg_face_unref);
  } else if (side->kind == SIDE_DIRECTIONS) {
    if (side->channel->service)
      ssg_render_service_take_directions(side->channel->service, side->set);
    g_task_return_pointer(task, g_steal_pointer(&side->set), (GDestroyNotify) ssg_direction_set_unref);
  } else {
    g_task_return_pointer(task, g_steal_pointer(&side->render), (GDestroyNotify) ssg_render_unref);
  }
  side_free(side);
}

static int thumbnail_size(const SsgArchitecture *arch, int size)
{
  int result = arch->render_size * 2; /* the render net's first picture */
  while (result < size && result < arch->size)
    result *= 2;
  return result;
}

static void compute_small(Side *side, GCancellable *cancellable)
{
  SsgChannel *channel = side->channel;
  SsgRenderOptions options = {.max_size = thumbnail_size(ssg_model_architecture(channel->model), side->size),
                              .no_cache = TRUE};
  side->render = ssg_session_render(ssg_worker_side_session(channel->worker, channel->model), side->face, &options, NULL,
                                    NULL, cancellable, &side->error);
}

static void compute_directions(Side *side)
{
  SsgModel *model = side->channel->model;
  const SsgArchitecture *arch = ssg_model_architecture(model);
  if (side->part < SSG_PART_BASE || side->part >= arch->n_parts) {
    g_set_error(&side->error, SSG_ERROR, SSG_ERROR_ARGUMENT, "the model has %d parts, and no part %d", arch->n_parts,
                side->part);
    return;
  }
  SsgDirections found = ssg_model_directions(model, side->part, side->what);
  side->set = ssg_direction_set_new(side->part, side->what, found.n, arch->style_dim, found.directions, found.effects);
}

static gboolean side_run(SsgJob *job, GCancellable *cancellable, gpointer data)
{
  Side *side = data;
  SsgChannel *channel = side->channel;
  if (!channel->model) {
    g_set_error_literal(&side->error, SSG_ERROR, SSG_ERROR_ARGUMENT, "no model is loaded");
    return TRUE;
  }
  if (side->kind == SIDE_SAMPLE && !side->face)
    side->face = ssg_model_sample(channel->model, side->seed, side->psi, &side->error);
  if (side->kind == SIDE_THUMBNAIL || (side->kind == SIDE_SAMPLE && side->face && side->size > 0))
    compute_small(side, cancellable);
  else if (side->kind == SIDE_DIRECTIONS)
    compute_directions(side);
  else if (side->kind == SIDE_SYNC)
    side->render = ssg_session_render(ssg_worker_side_session(channel->worker, channel->model), side->face,
                                      &side->options, NULL, NULL, cancellable, &side->error);
  if (g_error_matches(side->error, SSG_ERROR, SSG_ERROR_CANCELLED)) {
    g_clear_error(&side->error); /* it may have been preempted only, and runs again then */
    return FALSE;
  }
  ssg_channel_check_lost(channel, side->error);
  return TRUE;
}

static void side_finished(gpointer data, gboolean done)
{
  Side *side = data;
  if (!done && !side->error)
    g_set_error_literal(&side->error, SSG_ERROR, SSG_ERROR_CANCELLED, "the work was cancelled");
  if (!side->waiter) {
    ssg_channel_post(side->channel, tell, side);
    return;
  }
  pthread_mutex_lock(&side->waiter->mutex);
  side->waiter->finished = TRUE;
  pthread_cond_signal(&side->waiter->wake);
  pthread_mutex_unlock(&side->waiter->mutex);
}

static void push(SsgRenderService *self, SsgPriority priority, Side *side, GCancellable *cancellable)
{
  ssg_worker_push(side->channel->worker, priority, side->channel, side_run, side, side_finished, cancellable);
}

/* FALSE, and the task has failed, when the service is closed. */
static gboolean open_for(SsgRenderService *self, GTask *task)
{
  if (ssg_render_service_channel(self))
    return TRUE;
  g_task_return_new_error(task, SSG_ERROR, SSG_ERROR_CANCELLED, "the window is closed");
  g_object_unref(task);
  return FALSE;
}

void ssg_render_service_thumbnail_async(SsgRenderService *self, SsgFace *face, int size, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new(self, cancellable, callback, data);
  g_task_set_source_tag(task, ssg_render_service_thumbnail_async);
  g_task_set_check_cancellable(task, FALSE);
  if (!open_for(self, task))
    return;
  Side *side = side_new(self, SIDE_THUMBNAIL, task);
  side->face = ssg_face_ref(face);
  side->size = size;
  push(self, SSG_PRIORITY_THUMBNAIL, side, cancellable);
}

SsgRender *ssg_render_service_thumbnail_finish(SsgRenderService *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail(g_async_result_is_tagged(result, ssg_render_service_thumbnail_async), NULL);
  return g_task_propagate_pointer(G_TASK(result), error);
}

void ssg_render_service_sample_async(SsgRenderService *self, guint64 seed, float psi, int size, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new(self, cancellable, callback, data);
  g_task_set_source_tag(task, ssg_render_service_sample_async);
  g_task_set_check_cancellable(task, FALSE);
  if (!open_for(self, task))
    return;
  Side *side = side_new(self, SIDE_SAMPLE, task);
  side->seed = seed;
  side->psi = psi;
  side->size = size;
  push(self, size > 0 ? SSG_PRIORITY_THUMBNAIL : SSG_PRIORITY_CONTROL, side, cancellable);
}

SsgFace *ssg_render_service_sample_finish(SsgRenderService *self, GAsyncResult *result, SsgRender **render,
                                          GError **error)
{
  g_return_val_if_fail(g_async_result_is_tagged(result, ssg_render_service_sample_async), NULL);
  SsgFace *face = g_task_propagate_pointer(G_TASK(result), error);
  SsgRender *small = g_task_get_task_data(G_TASK(result));
  if (render)
    *render = face && small ? ssg_render_ref(small) : NULL;
  return face;
}

void ssg_render_service_directions_async(SsgRenderService *self, int part, SsgCode what, GCancellable *cancellable,
                                         GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new(self, cancellable, callback, data);
  g_task_set_source_tag(task, ssg_render_service_directions_async);
  g_task_set_check_cancellable(task, FALSE);
  if (!open_for(self, task))
    return;
  SsgDirectionSet *known = ssg_render_service_directions(self, part, what);
  if (known) {
    g_task_return_pointer(task, ssg_direction_set_ref(known), (GDestroyNotify) ssg_direction_set_unref);
    g_object_unref(task);
    return;
  }
  Side *side = side_new(self, SIDE_DIRECTIONS, task);
  side->part = part;
  side->what = what;
  push(self, SSG_PRIORITY_CONTROL, side, cancellable);
}

SsgDirectionSet *ssg_render_service_directions_finish(SsgRenderService *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail(g_async_result_is_tagged(result, ssg_render_service_directions_async), NULL);
  return g_task_propagate_pointer(G_TASK(result), error);
}

SsgRenderer *ssg_render_service_renderer(SsgRenderService *self)
{
  SsgChannel *channel = ssg_render_service_channel(self);
  const SsgModelInfo *info = ssg_render_service_model_info(self);
  if (!channel || !info)
    return NULL;
  SsgRenderer *renderer = g_new(SsgRenderer, 1);
  g_atomic_ref_count_init(&renderer->refs);
  renderer->worker = ssg_worker_ref(channel->worker);
  renderer->channel = ssg_channel_ref(channel);
  renderer->info = ssg_model_info_copy(info);
  return renderer;
}

SsgRenderer *ssg_renderer_ref(SsgRenderer *renderer)
{
  g_atomic_ref_count_inc(&renderer->refs);
  return renderer;
}

void ssg_renderer_unref(SsgRenderer *renderer)
{
  if (!g_atomic_ref_count_dec(&renderer->refs))
    return;
  ssg_worker_unref(renderer->worker); /* first: it may wait for jobs that use the channel */
  ssg_channel_unref(renderer->channel);
  ssg_model_info_free(renderer->info);
  g_free(renderer);
}

const SsgModelInfo *ssg_renderer_model_info(SsgRenderer *renderer)
{
  return renderer->info;
}

SsgRender *ssg_renderer_render(SsgRenderer *renderer, SsgFace *face, const SsgRenderOptions *options,
                               GCancellable *cancellable, GError **error)
{
  Waiter waiter = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, FALSE};
  Side *side = g_new0(Side, 1);
  side->kind = SIDE_SYNC;
  side->channel = ssg_channel_ref(renderer->channel);
  side->waiter = &waiter;
  side->face = ssg_face_ref(face);
  side->options = options ? *options : (SsgRenderOptions) {0};
  ssg_worker_push(renderer->worker, SSG_PRIORITY_BATCH, side->channel, side_run, side, side_finished, cancellable);
  pthread_mutex_lock(&waiter.mutex);
  while (!waiter.finished)
    pthread_cond_wait(&waiter.wake, &waiter.mutex);
  pthread_mutex_unlock(&waiter.mutex);
  SsgRender *render = g_steal_pointer(&side->render);
  if (!render)
    g_propagate_error(error, g_steal_pointer(&side->error));
  side_free(side);
  return render;
}
