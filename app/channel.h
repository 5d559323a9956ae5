/* Between a render service (main loop) and its jobs (worker's thread): what is wanted, what came out. Private to
 * render-service*.c. */
#pragma once

#include <pthread.h>
#include "app/render-service.h"

typedef struct {
  gint refs; /* atomic */
  GMainContext *context; /* where results are told */
  SsgWorker *worker;     /* not owned: the service keeps it until its jobs are gone */
  SsgRenderService *service; /* weak, main loop only; NULL once the service is gone */

  pthread_mutex_t mutex; /* for the next block */
  SsgFace *wanted; /* newest request; NULL: none */
  guint64 wanted_id;
  gboolean raw;
  gboolean queued;        /* a drawing job waits */
  GCancellable *running;  /* of the drawing job that runs, NULL when none does */
  gboolean first_done;    /* it has delivered a picture */
  SsgRender *result;      /* newest picture not yet told, or NULL */
  GError *result_error;   /* instead of a picture */
  guint64 result_id;
  double progress;        /* of loading; negative: told already */
  GQueue posts;           /* of what ssg_channel_post() was given, in order */
  gboolean telling;       /* a source on the main loop will take all of these */

  SsgModel *model; /* worker's thread only, as is session */
  SsgSession *session;
} SsgChannel;

/* What a load brought, told to the main loop. */
typedef struct {
  SsgChannel *channel;
  guint serial;
  char *path, *device; /* asked for; path NULL: random */
  SsgArchitecture arch;
  guint64 seed;
  SsgModelInfo *info; /* result */
  char *hash, *device_text;
  float *mean; /* may be NULL */
  GError *error;
} SsgLoad;

SsgChannel *ssg_channel_ref(SsgChannel *channel);
void ssg_channel_unref(SsgChannel *channel);
/* Worker's thread or main loop: puts a drawing job in the queue unless one waits. */
void ssg_channel_schedule(SsgChannel *channel);
/* Any thread: func(data) on the channel's main context, before later pictures are told; data is freed by func. */
void ssg_channel_post(SsgChannel *channel, GSourceOnceFunc func, gpointer data);
/* Worker's thread: when error says that the device is gone, lets go of model and session and tells the service. */
void ssg_channel_check_lost(SsgChannel *channel, const GError *error);

/* Main loop. */
void ssg_render_service_take_pictures(SsgRenderService *self);
void ssg_render_service_take_progress(SsgRenderService *self, double progress);
void ssg_render_service_take_load(SsgRenderService *self, SsgLoad *load);
void ssg_render_service_take_mean(SsgRenderService *self, float *mean);           /* owned from here on */
void ssg_render_service_take_directions(SsgRenderService *self, SsgDirectionSet *set);
void ssg_render_service_take_lost(SsgRenderService *self, const GError *error);
SsgChannel *ssg_render_service_channel(SsgRenderService *self);

/* Jobs: run and free functions for ssg_worker_push(). */
gboolean ssg_draw_run(SsgJob *job, GCancellable *cancellable, gpointer channel);
void ssg_draw_free(gpointer channel, gboolean done);
gboolean ssg_load_run(SsgJob *job, GCancellable *cancellable, gpointer load);
void ssg_load_free(gpointer load, gboolean done);
gboolean ssg_mean_run(SsgJob *job, GCancellable *cancellable, gpointer channel);
void ssg_mean_free(gpointer channel, gboolean done);
gboolean ssg_close_run(SsgJob *job, GCancellable *cancellable, gpointer channel);
void ssg_close_free(gpointer channel, gboolean done);
