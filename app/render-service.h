/* Pictures of faces for one window: a model, what is asked of it, and what comes back. The work runs on the shared worker;
 * all functions here are for the main thread (except where it says otherwise) and return at once; all signals and
 * callbacks come on the main loop. Nothing ever queues up: a new request for the main picture replaces the one before it.
 *
 * Properties (read, notify)
 *   "state" (SsgServiceState)      "progress" (double, of loading)      "error" (GError or NULL: why FAILED)
 *   "model-info" (SsgModelInfo)    "device" (string, "CPU, 2 threads")  "busy" (boolean: a main picture is on its way)
 *   "render" (SsgRender or NULL: the newest main picture)               "mean-ready" (boolean)
 * Signals
 *   "rendered" (SsgRender *render, guint64 id, gboolean final)  a main picture; final: of the newest request, complete
 *   "render-failed" (GError *error, guint64 id)                 the newest request cannot be drawn; the service lives on
 * After a request, pictures of older requests may arrive at most once more; after a final picture nothing arrives until the
 * next request. */
#pragma once

#include <gio/gio.h>
#include "app/directions.h"
#include "app/latency.h"
#include "app/types.h"
#include "app/worker.h"

typedef enum {
  SSG_SERVICE_EMPTY,   /* no model */
  SSG_SERVICE_LOADING, /* a former model, if any, still draws */
  SSG_SERVICE_READY,
  SSG_SERVICE_FAILED,     /* loading failed; a former model, if any, still draws */
  SSG_SERVICE_DEVICE_LOST /* the device stopped working: load again, on this device or another */
} SsgServiceState;
#define SSG_TYPE_SERVICE_STATE (ssg_service_state_get_type())
GType ssg_service_state_get_type(void);

#define SSG_TYPE_RENDER_SERVICE (ssg_render_service_get_type())
G_DECLARE_FINAL_TYPE(SsgRenderService, ssg_render_service, SSG, RENDER_SERVICE, GObject)

/* A reference on worker is taken. Dropping the last reference cancels everything and does not wait. Results come on the
 * thread-default main context of the caller. */
SsgRenderService *ssg_render_service_new(SsgWorker *worker);
/* The window is closed: cancels everything, side work included (which holds references), and lets go of the model. */
void ssg_render_service_close(SsgRenderService *self);

/* Model -------------------------------------------------------------------------------------------------------------- */

/* device: "cpu", "cuda", "cuda:1", or "auto": the first usable CUDA device, else the CPU ("device" says which it became;
 * any other name is never replaced by another device). It may say how precisely a GPU is to compute, "auto/tf32", "cuda:1/f16" (see
 * ssg_context_set_precision(); a CPU computes in f32 whatever is said here). Loading another model, or cancel, ends a load that runs. When it
 * fails, state is FAILED and "error" says why. */
void ssg_render_service_load(SsgRenderService *self, const char *path, const char *device);
/* The same with random weights; for tests and benchmarks. */
void ssg_render_service_load_random(SsgRenderService *self, const SsgArchitecture *arch, guint64 seed,
                                    const char *device);
void ssg_render_service_cancel_load(SsgRenderService *self);

SsgServiceState ssg_render_service_state(SsgRenderService *self);
const GError *ssg_render_service_error(SsgRenderService *self);           /* may be NULL */
const SsgModelInfo *ssg_render_service_model_info(SsgRenderService *self); /* NULL without a model */
const char *ssg_render_service_model_path(SsgRenderService *self);         /* NULL without a model or with a random one */
const char *ssg_render_service_model_hash(SsgRenderService *self);         /* "" without */
const char *ssg_render_service_device(SsgRenderService *self);             /* for people; "" without a model */
/* w_mean [S]; NULL until "mean-ready" (computed shortly after loading, when the file has none). */
const float *ssg_render_service_mean(SsgRenderService *self);

/* The main picture --------------------------------------------------------------------------------------------------- */

/* Draws face, as soon as possible. interactive: more will follow soon (a drag); a low-resolution picture comes first, the
 * running one is allowed to reach its first picture (else a fast drag would never show any), and a complete picture
 * follows only when nothing newer came. Returns the request's id: 1, 2, ... Without a model the request is kept and drawn
 * when one is loaded. A face that does not fit the model fails with SSG_ERROR_SHAPE. */
guint64 ssg_render_service_request(SsgRenderService *self, SsgFace *face, gboolean interactive);
/* Also fills raw_rgb and raw_seg in complete pictures from now on. */
void ssg_render_service_set_raw(SsgRenderService *self, gboolean raw);
/* Nothing on screen any more: forgets the request. */
void ssg_render_service_clear(SsgRenderService *self);
SsgRender *ssg_render_service_render(SsgRenderService *self); /* newest main picture; transfer none, may be NULL */
gboolean ssg_render_service_busy(SsgRenderService *self);

/* Side work; GTask conventions, results transfer full ----------------------------------------------------------------- */

/* A small picture of a face, about `size` pixels a side (rounded up to what the model can give; see SsgRender.size). Runs
 * when the main picture leaves time. Cancel what scrolled out of sight. */
void ssg_render_service_thumbnail_async(SsgRenderService *self, SsgFace *face, int size, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer data);
SsgRender *ssg_render_service_thumbnail_finish(SsgRenderService *self, GAsyncResult *result, GError **error);

/* The face of a seed, truncated by psi; with size > 0 also its small picture, returned in *render (may be NULL). */
void ssg_render_service_sample_async(SsgRenderService *self, guint64 seed, float psi, int size, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer data);
SsgFace *ssg_render_service_sample_finish(SsgRenderService *self, GAsyncResult *result, SsgRender **render,
                                          GError **error);

/* Principal directions of a part's codes, or SSG_PART_BASE's (what is SSG_CODE_SHAPE then). Kept by the service: the second
 * call is answered from memory, still by callback. */
void ssg_render_service_directions_async(SsgRenderService *self, int part, SsgCode what, GCancellable *cancellable,
                                         GAsyncReadyCallback callback, gpointer data);
SsgDirectionSet *ssg_render_service_directions_finish(SsgRenderService *self, GAsyncResult *result, GError **error);
/* The same when it is known already, else NULL; transfer none. */
SsgDirectionSet *ssg_render_service_directions(SsgRenderService *self, int part, SsgCode what);

/* A handle on the present model for work on other threads (exports): it draws behind everything more urgent. */
typedef struct _SsgRenderer SsgRenderer;
/* Main thread; NULL while there is no model. Transfer full. */
SsgRenderer *ssg_render_service_renderer(SsgRenderService *self);
SsgRenderer *ssg_renderer_ref(SsgRenderer *renderer); /* any thread, as the rest */
void ssg_renderer_unref(SsgRenderer *renderer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgRenderer, ssg_renderer_unref)
const SsgModelInfo *ssg_renderer_model_info(SsgRenderer *renderer);
/* Blocking; not on the main loop, not on the worker's thread. options as for ssg_session_render (NULL: a complete
 * picture). SSG_ERROR_CANCELLED also when the window was closed meanwhile. */
SsgRender *ssg_renderer_render(SsgRenderer *renderer, SsgFace *face, const SsgRenderOptions *options,
                               GCancellable *cancellable, GError **error);

/* Figures ------------------------------------------------------------------------------------------------------------- */

/* From request() to the signal on the main loop, over the last 4096 requests: until a picture of that request or of a newer
 * one (first), until the complete one (full; superseded requests do not count). */
SsgLatency ssg_render_service_first_latency(SsgRenderService *self);
SsgLatency ssg_render_service_full_latency(SsgRenderService *self);
void ssg_render_service_reset_latency(SsgRenderService *self);
