#include "app/worker.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include "engine/error.h"

struct _SsgJob {
  SsgPriority priority;
  gconstpointer group;
  SsgJobFunc run;
  gpointer data;
  SsgJobFreeFunc free_data;
  GCancellable *user;    /* may be NULL */
  GCancellable *current; /* of this run */
  gboolean preempted, dropped; /* under the worker's mutex */
};

typedef struct {
  SsgContext *ctx;
  char *device; /* as ssg_device_name() has it, and the precision where it is not f32: "cuda:0", "cuda:0/f16" */
  int n_models;
  gboolean lost;
} DeviceEntry;

typedef struct {
  SsgModel *model;
  SsgSession *side; /* NULL until it is needed */
  DeviceEntry *device;
  char *key; /* NULL: not shared */
  int users;
} ModelEntry;

/* pthread primitives rather than GLib's: the thread sanitizer understands them. */
struct _SsgWorker {
  gatomicrefcount refs;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  GQueue queues[SSG_N_PRIORITIES]; /* under mutex, as are the next three */
  SsgJob *running;
  gboolean stop, detached;
  GPtrArray *devices, *models; /* worker's thread only */
};

static void job_free(SsgJob *job, gboolean done)
{
  if (job->free_data)
    job->free_data(job->data, done);
  g_clear_object(&job->user);
  g_clear_object(&job->current);
  g_free(job);
}

static gboolean preemptible(const SsgJob *job)
{
  return job->priority >= SSG_PRIORITY_THUMBNAIL; /* a load that starts over again and again would never end */
}

static void cancel_current(GCancellable *user, gpointer current)
{
  g_cancellable_cancel(current);
}

/* Under the mutex. */
static SsgJob *next_job(SsgWorker *worker)
{
  for (int p = 0; p < SSG_N_PRIORITIES; p++) {
    SsgJob *job = g_queue_pop_head(&worker->queues[p]);
    if (job)
      return job;
  }
  return NULL;
}

/* The waiting jobs of a group (of all when group is NULL), taken out of the queues. Under the mutex. */
static GList *take_group(SsgWorker *worker, gconstpointer group)
{
  GList *taken = NULL;
  for (int p = 0; p < SSG_N_PRIORITIES; p++)
    for (GList *l = worker->queues[p].head, *next; l; l = next) {
      next = l->next;
      SsgJob *job = l->data;
      if (group && job->group != group)
        continue;
      g_queue_delete_link(&worker->queues[p], l);
      taken = g_list_prepend(taken, job);
    }
  return g_list_reverse(taken);
}

/* Runs a job once; TRUE when it is finished with, FALSE when it must run again. */
static gboolean run_job(SsgWorker *worker, SsgJob *job, gboolean *done)
{
  gulong handler = 0;
  *done = FALSE;
  if (job->user)
    handler = g_cancellable_connect(job->user, G_CALLBACK(cancel_current), job->current, NULL);
  if (!job->user || !g_cancellable_is_cancelled(job->user))
    *done = job->run(job, job->current, job->data);
  if (handler)
    g_cancellable_disconnect(job->user, handler);
  pthread_mutex_lock(&worker->mutex);
  worker->running = NULL;
  gboolean again = !*done && job->preempted && !job->dropped && !worker->stop;
  if (again) {
    job->preempted = FALSE;
    g_set_object(&job->current, NULL);
    job->current = g_cancellable_new();
    g_queue_push_head(&worker->queues[job->priority], job);
  }
  pthread_mutex_unlock(&worker->mutex);
  return !again;
}

static void free_tables(SsgWorker *worker)
{
  /* Services give back their models before they drop the worker; what is left belonged to jobs that never ran. */
  while (worker->models->len > 0) {
    ModelEntry *entry = g_ptr_array_index(worker->models, worker->models->len - 1);
    entry->users = 1;
    ssg_worker_release_model(worker, entry->model);
  }
  g_ptr_array_unref(worker->models);
  g_ptr_array_unref(worker->devices);
}

static void worker_free(SsgWorker *worker)
{
  pthread_mutex_destroy(&worker->mutex);
  pthread_cond_destroy(&worker->wake);
  g_free(worker);
}

static void *worker_main(void *data)
{
  SsgWorker *worker = data;
  pthread_mutex_lock(&worker->mutex);
  while (TRUE) {
    SsgJob *job = next_job(worker);
    if (job && worker->stop) {
      pthread_mutex_unlock(&worker->mutex);
      job_free(job, FALSE);
      pthread_mutex_lock(&worker->mutex);
      continue;
    }
    if (job) {
      gboolean done;
      worker->running = job;
      pthread_mutex_unlock(&worker->mutex);
      if (run_job(worker, job, &done))
        job_free(job, done);
      pthread_mutex_lock(&worker->mutex);
      continue;
    }
    if (worker->stop)
      break;
    pthread_cond_wait(&worker->wake, &worker->mutex);
  }
  gboolean detached = worker->detached;
  pthread_mutex_unlock(&worker->mutex);
  free_tables(worker);
  if (detached)
    worker_free(worker);
  return NULL;
}

SsgWorker *ssg_worker_new(void)
{
  SsgWorker *worker = g_new0(SsgWorker, 1);
  g_atomic_ref_count_init(&worker->refs);
  pthread_mutex_init(&worker->mutex, NULL);
  pthread_cond_init(&worker->wake, NULL);
  for (int p = 0; p < SSG_N_PRIORITIES; p++)
    g_queue_init(&worker->queues[p]);
  worker->devices = g_ptr_array_new();
  worker->models = g_ptr_array_new();
  /* worker->thread is written before the thread can compare itself with it: it takes the mutex first. */
  pthread_mutex_lock(&worker->mutex);
  int status = pthread_create(&worker->thread, NULL, worker_main, worker);
  pthread_mutex_unlock(&worker->mutex);
  if (status != 0)
    g_error("cannot start the rendering thread: %s", g_strerror(status));
  return worker;
}

SsgWorker *ssg_worker_ref(SsgWorker *worker)
{
  g_atomic_ref_count_inc(&worker->refs);
  return worker;
}

void ssg_worker_unref(SsgWorker *worker)
{
  if (!g_atomic_ref_count_dec(&worker->refs))
    return;
  gboolean own = ssg_worker_is_current_thread(worker);
  pthread_mutex_lock(&worker->mutex);
  worker->stop = TRUE;
  worker->detached = own; /* it cannot wait for itself: it frees itself when it ends */
  if (worker->running)
    g_cancellable_cancel(worker->running->current);
  pthread_cond_signal(&worker->wake);
  pthread_mutex_unlock(&worker->mutex);
  if (own) {
    pthread_detach(worker->thread);
    return;
  }
  pthread_join(worker->thread, NULL);
  worker_free(worker);
}

void ssg_worker_push(SsgWorker *worker, SsgPriority priority, gconstpointer group, SsgJobFunc run, gpointer data,
                     SsgJobFreeFunc free_data, GCancellable *cancel)
{
  SsgJob *job = g_new0(SsgJob, 1);
  *job = (SsgJob) {.priority = priority, .group = group, .run = run, .data = data, .free_data = free_data,
                   .user = cancel ? g_object_ref(cancel) : NULL, .current = g_cancellable_new()};
  pthread_mutex_lock(&worker->mutex);
  g_queue_push_tail(&worker->queues[priority], job);
  SsgJob *running = worker->running;
  if (running && priority < running->priority && preemptible(running)) {
    running->preempted = TRUE;
    g_cancellable_cancel(running->current);
  }
  pthread_cond_signal(&worker->wake);
  pthread_mutex_unlock(&worker->mutex);
}

void ssg_worker_drop(SsgWorker *worker, gconstpointer group)
{
  pthread_mutex_lock(&worker->mutex);
  GList *taken = take_group(worker, group);
  /* They are freed on the worker's thread, as promised: handed on as jobs whose work is nothing. */
  for (GList *l = taken; l; l = l->next) {
    SsgJob *job = l->data;
    g_clear_object(&job->user);
    job->user = g_cancellable_new();
    g_cancellable_cancel(job->user);
    g_queue_push_tail(&worker->queues[SSG_PRIORITY_PICTURE], job);
  }
  g_list_free(taken);
  if (worker->running && worker->running->group == group) {
    worker->running->dropped = TRUE;
    g_cancellable_cancel(worker->running->current);
  }
  pthread_cond_signal(&worker->wake);
  pthread_mutex_unlock(&worker->mutex);
}

gboolean ssg_worker_busy(SsgWorker *worker)
{
  pthread_mutex_lock(&worker->mutex);
  gboolean busy = worker->running != NULL;
  for (int p = 0; p < SSG_N_PRIORITIES; p++)
    busy |= !g_queue_is_empty(&worker->queues[p]);
  pthread_mutex_unlock(&worker->mutex);
  return busy;
}

gboolean ssg_worker_is_current_thread(SsgWorker *worker)
{
  return pthread_equal(pthread_self(), worker->thread);
}

/* Models and devices: worker's thread only -------------------------------------------------------------------------- */

static void note_usable(const char *name, const char *description, bool usable, void *data)
{
  char **found = data;
  if (usable && !*found && g_str_has_prefix(name, "cuda"))
    *found = g_strdup(name);
}

static DeviceEntry *open_device(SsgWorker *worker, const char *wanted, GError **error)
{
  g_auto(GStrv) words = g_strsplit(wanted, "/", 2);
  g_autofree char *chosen = NULL;
  if (strcmp(words[0], "auto") == 0)
    ssg_device_list(note_usable, &chosen);
  else
    chosen = g_strdup(words[0]);
  const char *name = chosen ? chosen : "cpu", *precision = words[1] && strcmp(name, "cpu") != 0 ? words[1] : "f32";
  const char *suffix = strcmp(precision, "f32") == 0 ? "" : precision, *slash = *suffix ? "/" : "";
  /* "cuda" and "cuda:0" are the same one. */
  g_autofree char *full = g_strconcat(name, slash, suffix, NULL), *first = g_strconcat(name, ":0", slash, suffix, NULL);
  for (guint i = 0; i < worker->devices->len; i++) {
    DeviceEntry *entry = g_ptr_array_index(worker->devices, i);
    if (!entry->lost && (strcmp(entry->device, full) == 0 || strcmp(entry->device, first) == 0))
      return entry;
  }
  g_autoptr(SsgContext) ctx = ssg_context_new(name, 0, error);
  if (!ctx || (*suffix && !ssg_context_set_precision(ctx, precision, error)))
    return NULL;
  DeviceEntry *entry = g_new0(DeviceEntry, 1);
  entry->device = g_strconcat(ssg_device_name(ssg_context_device(ctx)), slash, suffix, NULL);
  entry->ctx = g_steal_pointer(&ctx);
  g_ptr_array_add(worker->devices, entry);
  return entry;
}

static void close_unused(SsgWorker *worker, DeviceEntry *entry)
{
  if (entry->n_models > 0)
    return;
  g_ptr_array_remove(worker->devices, entry);
  ssg_context_free(entry->ctx);
  g_free(entry->device);
  g_free(entry);
}

static SsgModel *enter_model(SsgWorker *worker, DeviceEntry *device, SsgModel *model, const char *key)
{
  if (!model) {
    close_unused(worker, device);
    return NULL;
  }
  ModelEntry *entry = g_new0(ModelEntry, 1);
  *entry = (ModelEntry) {.model = model, .device = device, .key = g_strdup(key), .users = 1};
  device->n_models++;
  g_ptr_array_add(worker->models, entry);
  return model;
}

SsgModel *ssg_worker_load_model(SsgWorker *worker, const char *path, const char *device, SsgProgressFunc progress,
                                gpointer data, GCancellable *cancellable, GError **error)
{
  g_assert(ssg_worker_is_current_thread(worker));
  struct stat status;
  if (stat(path, &status) != 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: %s", path, g_strerror(errno));
    return NULL;
  }
  DeviceEntry *entry = open_device(worker, device, error);
  if (!entry)
    return NULL;
  /* A file that was written anew is another model. */
  g_autofree char *key =
      g_strdup_printf("%s\n%s\n%" G_GUINT64_FORMAT "\n%" G_GINT64_FORMAT "\n%ld\n%" G_GINT64_FORMAT, entry->device, path,
                      (guint64) status.st_ino, (gint64) status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                      (gint64) status.st_size);
  for (guint i = 0; i < worker->models->len; i++) {
    ModelEntry *known = g_ptr_array_index(worker->models, i);
    if (known->device == entry && g_strcmp0(known->key, key) == 0) {
      known->users++;
      return known->model;
    }
  }
  return enter_model(worker, entry,
                     ssg_model_load(entry->ctx, path, NULL, progress, data, cancellable, error), key);
}

SsgModel *ssg_worker_random_model(SsgWorker *worker, const SsgArchitecture *arch, const char *device, guint64 seed,
                                  GError **error)
{
  g_assert(ssg_worker_is_current_thread(worker));
  DeviceEntry *entry = open_device(worker, device, error);
  return entry ? enter_model(worker, entry, ssg_model_new_random(entry->ctx, arch, seed, error), NULL) : NULL;
}

const char *ssg_worker_precision(SsgWorker *worker, SsgModel *model)
{
  for (guint i = 0; i < worker->models->len; i++) {
    ModelEntry *entry = g_ptr_array_index(worker->models, i);
    const char *slash = entry->model == model ? strchr(entry->device->device, '/') : NULL;
    if (slash)
      return slash + 1;
  }
  return "f32";
}

SsgSession *ssg_worker_new_session(SsgModel *model)
{
  SsgSession *session = ssg_session_new(model);
  ssg_session_set_bounded(session, TRUE);
  return session;
}

SsgSession *ssg_worker_side_session(SsgWorker *worker, SsgModel *model)
{
  for (guint i = 0; i < worker->models->len; i++) {
    ModelEntry *entry = g_ptr_array_index(worker->models, i);
    if (entry->model != model)
      continue;
    if (!entry->side)
      entry->side = ssg_worker_new_session(model);
    return entry->side;
  }
  g_return_val_if_reached(NULL);
}

void ssg_worker_release_model(SsgWorker *worker, SsgModel *model)
{
  g_assert(pthread_equal(pthread_self(), worker->thread));
  for (guint i = 0; i < worker->models->len; i++) {
    ModelEntry *entry = g_ptr_array_index(worker->models, i);
    if (entry->model != model || --entry->users > 0)
      continue;
    DeviceEntry *device = entry->device;
    g_ptr_array_remove_index(worker->models, i);
    g_clear_pointer(&entry->side, ssg_session_free);
    ssg_model_unref(entry->model);
    g_free(entry->key);
    g_free(entry);
    device->n_models--;
    close_unused(worker, device);
    return;
  }
}

void ssg_worker_forget_device(SsgWorker *worker, SsgModel *model)
{
  for (guint i = 0; i < worker->devices->len; i++) {
    DeviceEntry *entry = g_ptr_array_index(worker->devices, i);
    if (entry->ctx == ssg_model_context(model))
      entry->lost = TRUE;
  }
}
