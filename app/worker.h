/* The one thread that owns devices, models and sessions. Jobs are taken by priority, then in order; a running job of lower
 * priority is cancelled between layers and runs again later when a more urgent one comes. Nothing else in the editor touches
 * a device. Most callers want app/render-service.h. */
#pragma once

#include <gio/gio.h>
#include "engine/session.h"

typedef struct _SsgWorker SsgWorker;
typedef struct _SsgJob SsgJob;

typedef enum {
  SSG_PRIORITY_PICTURE,   /* what is being edited */
  SSG_PRIORITY_CONTROL,   /* loading, sampling, directions */
  SSG_PRIORITY_THUMBNAIL, /* small pictures of shelf and history */
  SSG_PRIORITY_BATCH,     /* exports */
  SSG_N_PRIORITIES
} SsgPriority;

/* On the worker's thread. cancellable is cancelled when the job should stop: return as soon as possible. TRUE: done. FALSE:
 * stopped early because of cancellable; runs again if it was preempted, else it is dropped. */
typedef gboolean (*SsgJobFunc)(SsgJob *job, GCancellable *cancellable, gpointer data);

/* Atomic reference count. The thread ends, and frees what it owns, when the last reference goes (which waits for it). */
SsgWorker *ssg_worker_new(void);
SsgWorker *ssg_worker_ref(SsgWorker *worker);
void ssg_worker_unref(SsgWorker *worker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgWorker, ssg_worker_unref)

/* Any thread. cancel (may be NULL): when it is cancelled the job is stopped, or dropped before it runs. free_data is called
 * exactly once, on the worker's thread, after the job was done or dropped: `done` says which. group: a pointer by which
 * ssg_worker_drop() finds it. */
typedef void (*SsgJobFreeFunc)(gpointer data, gboolean done);
void ssg_worker_push(SsgWorker *worker, SsgPriority priority, gconstpointer group, SsgJobFunc run, gpointer data,
                     SsgJobFreeFunc free_data, GCancellable *cancel);
/* Drops waiting jobs of a group and stops a running one. Does not wait. */
void ssg_worker_drop(SsgWorker *worker, gconstpointer group);
/* Whether anything runs or waits; for status and tests. */
gboolean ssg_worker_busy(SsgWorker *worker);
gboolean ssg_worker_is_current_thread(SsgWorker *worker);

/* On the worker's thread: contexts by device name and models by device and path are shared by all who ask. device as for
 * ssg_render_service_load(). */
SsgModel *ssg_worker_load_model(SsgWorker *worker, const char *path, const char *device, SsgProgressFunc progress,
                                gpointer data, GCancellable *cancellable, GError **error);
/* A random model of an architecture, for tests and benchmarks. */
SsgModel *ssg_worker_random_model(SsgWorker *worker, const SsgArchitecture *arch, const char *device, guint64 seed,
                                  GError **error);
/* A second session of the model, for everything that is not the main picture: shared, without caches between renders. Owned
 * by the worker, lives as long as the model is in use. */
SsgSession *ssg_worker_side_session(SsgWorker *worker, SsgModel *model);
/* A session as the editor's pictures all want it: moved parts end with the square that training saw (ssg_session_set_bounded). */
SsgSession *ssg_worker_new_session(SsgModel *model);
/* Gives back a model from one of the above; the last user's frees it, and the context after its last model. */
void ssg_worker_release_model(SsgWorker *worker, SsgModel *model);
/* The precision of a model's device: "f32", "tf32" ... */
const char *ssg_worker_precision(SsgWorker *worker, SsgModel *model);
/* The device stopped working: its context is not handed out any more. */
void ssg_worker_forget_device(SsgWorker *worker, SsgModel *model);
