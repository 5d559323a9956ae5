#include "app/channel.h"

#include <string.h>
#include "engine/error.h"

struct _SsgRenderService {
  GObject parent;
  SsgWorker *worker;
  SsgChannel *channel; /* NULL once closed */

  SsgServiceState state;
  GCancellable *loading; /* of the load that runs; NULL when none does */
  guint load_serial;
  double progress;
  GError *error;
  SsgModelInfo *info;
  char *path, *hash, *device;
  float *mean;
  GHashTable *directions; /* (part, what) as one int -> SsgDirectionSet */

  guint64 last_id, cleared_id;
  gint64 last_time;
  gboolean busy;
  SsgRender *render;
  GArray *unanswered; /* of Asked, oldest first */
  SsgLatencyRing first, full;
};

typedef struct {
  guint64 id;
  gint64 time; /* monotonic, microseconds */
} Asked;

G_DEFINE_FINAL_TYPE(SsgRenderService, ssg_render_service, G_TYPE_OBJECT)

enum {
  PROP_STATE = 1,
  PROP_PROGRESS,
  PROP_ERROR,
  PROP_MODEL_INFO,
  PROP_DEVICE,
  PROP_BUSY,
  PROP_RENDER,
  PROP_MEAN_READY,
  N_PROPS
};
static GParamSpec *props[N_PROPS];
static guint rendered_signal, failed_signal;

GType ssg_service_state_get_type(void)
{
  static gsize type;
  if (g_once_init_enter(&type)) {
    static const GEnumValue values[] = {{SSG_SERVICE_EMPTY, "SSG_SERVICE_EMPTY", "empty"},
                                        {SSG_SERVICE_LOADING, "SSG_SERVICE_LOADING", "loading"},
                                        {SSG_SERVICE_READY, "SSG_SERVICE_READY", "ready"},
                                        {SSG_SERVICE_FAILED, "SSG_SERVICE_FAILED", "failed"},
                                        {SSG_SERVICE_DEVICE_LOST, "SSG_SERVICE_DEVICE_LOST", "device-lost"},
                                        {0}};
    g_once_init_leave(&type, g_enum_register_static("SsgServiceState", values));
  }
  return type;
}

static void notify(SsgRenderService *self, int prop)
{
  g_object_notify_by_pspec(G_OBJECT(self), props[prop]);
}

static void set_state(SsgRenderService *self, SsgServiceState state)
{
  if (state == self->state)
    return;
  self->state = state;
  notify(self, PROP_STATE);
}

static void set_busy(SsgRenderService *self, gboolean busy)
{
  if (busy == self->busy)
    return;
  self->busy = busy;
  notify(self, PROP_BUSY);
}

static void set_error(SsgRenderService *self, const GError *error)
{
  if (!error && !self->error)
    return;
  GError *copy = error ? g_error_copy(error) : NULL;
  g_clear_error(&self->error);
  self->error = copy;
  notify(self, PROP_ERROR);
}

static void set_mean(SsgRenderService *self, float *mean)
{
  gboolean changed = !mean != !self->mean;
  g_free(self->mean);
  self->mean = mean;
  if (changed)
    notify(self, PROP_MEAN_READY);
}

static void set_progress(SsgRenderService *self, double progress)
{
  if (progress == self->progress)
    return;
  self->progress = progress;
  notify(self, PROP_PROGRESS);
}

static void start_load(SsgRenderService *self, SsgLoad *load)
{
  g_return_if_fail(self->channel);
  if (self->loading)
    g_cancellable_cancel(self->loading);
  g_clear_object(&self->loading);
  self->loading = g_cancellable_new();
  load->channel = ssg_channel_ref(self->channel);
  load->serial = ++self->load_serial;
  g_object_freeze_notify(G_OBJECT(self));
  set_error(self, NULL);
  set_progress(self, 0);
  set_state(self, SSG_SERVICE_LOADING);
  g_object_thaw_notify(G_OBJECT(self));
  ssg_worker_push(self->worker, SSG_PRIORITY_CONTROL, self->channel, ssg_load_run, load, ssg_load_free, self->loading);
}

static int directions_key(int part, SsgCode what)
{
  return (part + 1) * 4 + what + 1; /* never 0 */
}

/* Requests up to id have been answered now. */
static void count_answers(SsgRenderService *self, guint64 id, gboolean final)
{
  gint64 now = g_get_monotonic_time();
  guint n = 0;
  for (; n < self->unanswered->len && g_array_index(self->unanswered, Asked, n).id <= id; n++)
    ssg_latency_ring_add(&self->first, (now - g_array_index(self->unanswered, Asked, n).time) / 1000.0);
  if (n > 0)
    g_array_remove_range(self->unanswered, 0, n);
  if (final)
    ssg_latency_ring_add(&self->full, (now - self->last_time) / 1000.0);
}

void ssg_render_service_take_pictures(SsgRenderService *self)
{
  SsgChannel *channel = self->channel;
  pthread_mutex_lock(&channel->mutex);
  g_autoptr(SsgRender) render = g_steal_pointer(&channel->result);
  g_autoptr(GError) error = g_steal_pointer(&channel->result_error);
  guint64 id = channel->result_id;
  pthread_mutex_unlock(&channel->mutex);
  if (id <= self->cleared_id || (!render && !error))
    return;
  gboolean newest = id == self->last_id;
  g_object_ref(self); /* a handler may close the window */
  if (render) {
    gboolean final = newest && render->complete;
    count_answers(self, id, final && self->busy);
    g_clear_pointer(&self->render, ssg_render_unref);
    self->render = ssg_render_ref(render);
    g_object_freeze_notify(G_OBJECT(self));
    notify(self, PROP_RENDER);
    if (final)
      set_busy(self, FALSE);
    g_object_thaw_notify(G_OBJECT(self));
    g_signal_emit(self, rendered_signal, 0, render, id, final);
  } else if (newest) {
    set_busy(self, FALSE);
    g_signal_emit(self, failed_signal, 0, error, id);
  }
  g_object_unref(self);
}

void ssg_render_service_take_progress(SsgRenderService *self, double progress)
{
  if (self->loading)
    set_progress(self, progress);
}

void ssg_render_service_take_load(SsgRenderService *self, SsgLoad *load)
{
  gboolean newest = load->serial == self->load_serial;
  g_object_ref(self);
  g_object_freeze_notify(G_OBJECT(self));
  if (load->info) {
    g_clear_pointer(&self->info, ssg_model_info_free);
    self->info = g_steal_pointer(&load->info);
    g_free(self->path);
    self->path = g_strdup(load->path);
    g_free(self->hash);
    self->hash = g_steal_pointer(&load->hash);
    g_free(self->device);
    self->device = g_steal_pointer(&load->device_text);
    g_hash_table_remove_all(self->directions);
    set_mean(self, g_steal_pointer(&load->mean));
    notify(self, PROP_MODEL_INFO);
    notify(self, PROP_DEVICE);
    if (!self->mean)
      ssg_worker_push(self->worker, SSG_PRIORITY_CONTROL, self->channel, ssg_mean_run, ssg_channel_ref(self->channel),
                      ssg_mean_free, NULL);
  }
  if (newest) {
    g_clear_object(&self->loading);
    if (!load->error) {
      set_progress(self, 1);
      set_state(self, SSG_SERVICE_READY);
    } else if (g_error_matches(load->error, SSG_ERROR, SSG_ERROR_CANCELLED)) {
      set_state(self, self->info ? SSG_SERVICE_READY : SSG_SERVICE_EMPTY);
    } else {
      set_error(self, load->error);
      set_state(self, SSG_SERVICE_FAILED);
    }
  }
  g_object_thaw_notify(G_OBJECT(self));
  g_object_unref(self);
}

void ssg_render_service_take_mean(SsgRenderService *self, float *mean)
{
  set_mean(self, mean);
}

void ssg_render_service_take_directions(SsgRenderService *self, SsgDirectionSet *set)
{
  if (self->info && set->style_dim == self->info->arch.style_dim && set->part < self->info->arch.n_parts)
    g_hash_table_replace(self->directions, GINT_TO_POINTER(directions_key(set->part, set->what)),
                         ssg_direction_set_ref(set));
}

void ssg_render_service_take_lost(SsgRenderService *self, const GError *error)
{
  g_object_ref(self);
  g_object_freeze_notify(G_OBJECT(self));
  g_clear_pointer(&self->info, ssg_model_info_free);
  g_clear_pointer(&self->device, g_free);
  g_hash_table_remove_all(self->directions);
  set_mean(self, NULL);
  set_error(self, error);
  notify(self, PROP_MODEL_INFO);
  notify(self, PROP_DEVICE);
  if (!self->loading) /* else a new one is on its way */
    set_state(self, SSG_SERVICE_DEVICE_LOST);
  g_object_thaw_notify(G_OBJECT(self));
  g_object_unref(self);
}

SsgChannel *ssg_render_service_channel(SsgRenderService *self)
{
  return self->channel;
}

SsgRenderService *ssg_render_service_new(SsgWorker *worker)
{
  SsgRenderService *self = g_object_new(SSG_TYPE_RENDER_SERVICE, NULL);
  SsgChannel *channel = g_new0(SsgChannel, 1);
  g_atomic_int_set(&channel->refs, 1);
  pthread_mutex_init(&channel->mutex, NULL);
  channel->context = g_main_context_ref_thread_default();
  channel->worker = worker;
  channel->service = self;
  channel->progress = -1;
  g_queue_init(&channel->posts);
  self->worker = ssg_worker_ref(worker);
  self->channel = channel;
  return self;
}

void ssg_render_service_close(SsgRenderService *self)
{
  SsgChannel *channel = g_steal_pointer(&self->channel);
  if (!channel)
    return;
  channel->service = NULL;
  if (self->loading)
    g_cancellable_cancel(self->loading);
  g_clear_object(&self->loading);
  pthread_mutex_lock(&channel->mutex);
  g_clear_pointer(&channel->wanted, ssg_face_unref);
  pthread_mutex_unlock(&channel->mutex);
  ssg_worker_drop(self->worker, channel);
  ssg_worker_push(self->worker, SSG_PRIORITY_CONTROL, NULL, ssg_close_run, channel, ssg_close_free, NULL);
  g_clear_pointer(&self->worker, ssg_worker_unref); /* the last one waits for the jobs above */
}

void ssg_render_service_load(SsgRenderService *self, const char *path, const char *device)
{
  SsgLoad *load = g_new0(SsgLoad, 1);
  load->path = g_strdup(path);
  load->device = g_strdup(device);
  start_load(self, load);
}

void ssg_render_service_load_random(SsgRenderService *self, const SsgArchitecture *arch, guint64 seed,
                                    const char *device)
{
  SsgLoad *load = g_new0(SsgLoad, 1);
  load->arch = *arch;
  load->seed = seed;
  load->device = g_strdup(device);
  start_load(self, load);
}

void ssg_render_service_cancel_load(SsgRenderService *self)
{
  if (self->loading)
    g_cancellable_cancel(self->loading);
}

SsgServiceState ssg_render_service_state(SsgRenderService *self)
{
  return self->state;
}

const GError *ssg_render_service_error(SsgRenderService *self)
{
  return self->error;
}

const SsgModelInfo *ssg_render_service_model_info(SsgRenderService *self)
{
  return self->info;
}

const char *ssg_render_service_model_path(SsgRenderService *self)
{
  return self->info ? self->path : NULL;
}

const char *ssg_render_service_model_hash(SsgRenderService *self)
{
  return self->info && self->hash ? self->hash : "";
}

const char *ssg_render_service_device(SsgRenderService *self)
{
  return self->device ? self->device : "";
}

const float *ssg_render_service_mean(SsgRenderService *self)
{
  return self->mean;
}

guint64 ssg_render_service_request(SsgRenderService *self, SsgFace *face, gboolean interactive)
{
  SsgChannel *channel = self->channel;
  g_return_val_if_fail(channel, 0);
  self->last_time = g_get_monotonic_time();
  Asked asked = {++self->last_id, self->last_time};
  g_array_append_val(self->unanswered, asked);
  if (self->unanswered->len > SSG_LATENCY_SAMPLES) /* no model answers: nobody counts */
    g_array_remove_index(self->unanswered, 0);
  pthread_mutex_lock(&channel->mutex);
  ssg_face_ref(face);
  g_clear_pointer(&channel->wanted, ssg_face_unref);
  channel->wanted = face;
  channel->wanted_id = self->last_id;
  /* A drag sends requests faster than any picture takes: if each one ended the one before, none would be shown. So a drag
   * lets the running one reach its first picture (which then stops by itself, see early_picture()). */
  if (channel->running && (!interactive || channel->first_done))
    g_cancellable_cancel(channel->running);
  pthread_mutex_unlock(&channel->mutex);
  ssg_channel_schedule(channel);
  set_busy(self, TRUE);
  return self->last_id;
}

void ssg_render_service_set_raw(SsgRenderService *self, gboolean raw)
{
  g_return_if_fail(self->channel);
  pthread_mutex_lock(&self->channel->mutex);
  self->channel->raw = raw;
  pthread_mutex_unlock(&self->channel->mutex);
}

void ssg_render_service_clear(SsgRenderService *self)
{
  g_return_if_fail(self->channel);
  pthread_mutex_lock(&self->channel->mutex);
  g_clear_pointer(&self->channel->wanted, ssg_face_unref);
  if (self->channel->running)
    g_cancellable_cancel(self->channel->running);
  pthread_mutex_unlock(&self->channel->mutex);
  self->cleared_id = self->last_id;
  g_array_set_size(self->unanswered, 0);
  if (self->render) {
    g_clear_pointer(&self->render, ssg_render_unref);
    notify(self, PROP_RENDER);
  }
  set_busy(self, FALSE);
}

SsgRender *ssg_render_service_render(SsgRenderService *self)
{
  return self->render;
}

gboolean ssg_render_service_busy(SsgRenderService *self)
{
  return self->busy;
}

SsgDirectionSet *ssg_render_service_directions(SsgRenderService *self, int part, SsgCode what)
{
  return g_hash_table_lookup(self->directions, GINT_TO_POINTER(directions_key(part, what)));
}

SsgLatency ssg_render_service_first_latency(SsgRenderService *self)
{
  return ssg_latency_ring_summary(&self->first);
}

SsgLatency ssg_render_service_full_latency(SsgRenderService *self)
{
  return ssg_latency_ring_summary(&self->full);
}

void ssg_render_service_reset_latency(SsgRenderService *self)
{
  self->first.n = self->full.n = 0;
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  SsgRenderService *self = SSG_RENDER_SERVICE(object);
  switch (id) {
  case PROP_STATE:
    g_value_set_enum(value, self->state);
    break;
  case PROP_PROGRESS:
    g_value_set_double(value, self->progress);
    break;
  case PROP_ERROR:
    g_value_set_boxed(value, self->error);
    break;
  case PROP_MODEL_INFO:
    g_value_set_boxed(value, self->info);
    break;
  case PROP_DEVICE:
    g_value_set_string(value, ssg_render_service_device(self));
    break;
  case PROP_BUSY:
    g_value_set_boolean(value, self->busy);
    break;
  case PROP_RENDER:
    g_value_set_boxed(value, self->render);
    break;
  case PROP_MEAN_READY:
    g_value_set_boolean(value, self->mean != NULL);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void dispose(GObject *object)
{
  ssg_render_service_close(SSG_RENDER_SERVICE(object));
  G_OBJECT_CLASS(ssg_render_service_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
  SsgRenderService *self = SSG_RENDER_SERVICE(object);
  g_clear_error(&self->error);
  g_clear_pointer(&self->info, ssg_model_info_free);
  g_free(self->path);
  g_free(self->hash);
  g_free(self->device);
  g_free(self->mean);
  g_hash_table_unref(self->directions);
  g_clear_pointer(&self->render, ssg_render_unref);
  g_array_unref(self->unanswered);
  G_OBJECT_CLASS(ssg_render_service_parent_class)->finalize(object);
}

static void ssg_render_service_init(SsgRenderService *self)
{
  self->unanswered = g_array_new(FALSE, FALSE, sizeof(Asked));
  self->directions = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) ssg_direction_set_unref);
}

static void ssg_render_service_class_init(SsgRenderServiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  const GParamFlags read = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  props[PROP_STATE] = g_param_spec_enum("state", NULL, NULL, SSG_TYPE_SERVICE_STATE, SSG_SERVICE_EMPTY, read);
  props[PROP_PROGRESS] = g_param_spec_double("progress", NULL, NULL, 0, 1, 0, read);
  props[PROP_ERROR] = g_param_spec_boxed("error", NULL, NULL, G_TYPE_ERROR, read);
  props[PROP_MODEL_INFO] = g_param_spec_boxed("model-info", NULL, NULL, SSG_TYPE_MODEL_INFO, read);
  props[PROP_DEVICE] = g_param_spec_string("device", NULL, NULL, "", read);
  props[PROP_BUSY] = g_param_spec_boolean("busy", NULL, NULL, FALSE, read);
  props[PROP_RENDER] = g_param_spec_boxed("render", NULL, NULL, SSG_TYPE_RENDER, read);
  props[PROP_MEAN_READY] = g_param_spec_boolean("mean-ready", NULL, NULL, FALSE, read);
  g_object_class_install_properties(object_class, N_PROPS, props);
  rendered_signal = g_signal_new("rendered", SSG_TYPE_RENDER_SERVICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 3, SSG_TYPE_RENDER, G_TYPE_UINT64, G_TYPE_BOOLEAN);
  failed_signal = g_signal_new("render-failed", SSG_TYPE_RENDER_SERVICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 2, G_TYPE_ERROR, G_TYPE_UINT64);
}
