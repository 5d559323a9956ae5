/* A session renders faces of one model, incrementally: a part whose codes and transform did not change since the last
 * render keeps its hidden maps and depth; only what changed is computed. Low-resolution pictures come early (the skip
 * connections give true ones), and a newer request can overtake between layers. Lives on the context's thread; results
 * are immutable, reference counted (atomically) host memory and may go to any thread. */
#pragma once

#include <gio/gio.h>
#include "engine/face.h"
#include "engine/model.h"

typedef struct _SsgSession SsgSession;

/* One picture of a face with everything that was computed for it. All arrays are owned by the render. */
typedef struct {
  gatomicrefcount refs;
  int size;           /* pixels a side of rgb and mask */
  gboolean complete;  /* FALSE: an early, smaller picture */
  int n_parts;        /* K */
  int coarse_size;    /* h */
  guint8 *rgb;        /* [size, size, 4] R G B 255 */
  guint8 *mask;       /* [size, size] class index (argmax of seg) */
  float *depth;       /* [K, h, h] pseudo-depth before the softmax; 0 for the background. Hidden parts keep theirs. */
  float *weight;      /* [K, h, h] feature weights (MODEL.md step 6): 0 for hidden parts */
  float *coarse;      /* [K, h, h] coarse mask 2m - 1 */
  float *raw_rgb;     /* [size, size, 3] about [-1, 1], unclamped; NULL unless asked for */
  float *raw_seg;     /* [size, size, K]; NULL unless asked for */
  double ms;          /* from the start of the render to this picture */
  guint64 parts_computed; /* bit k: part k's local generator ran for this render */
} SsgRender;

SsgRender *ssg_render_ref(SsgRender *render);
void ssg_render_unref(SsgRender *render);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgRender, ssg_render_unref)

typedef struct {
  int early_size;  /* deliver early pictures from this size on (powers of two times r0); 0: none */
  int max_size;    /* stop there: a small picture only; 0: the model's size */
  gboolean raw;    /* fill raw_rgb and raw_seg */
  gboolean no_cache; /* compute everything, use and leave no caches */
  gboolean timed;    /* stage times are the device's own; for benchmarks */
} SsgRenderOptions;

/* A device that records ops (a GPU) draws the second picture of a kind, and those after it, in one go, and without early
 * ones. An early picture is ready (transfer none: ref to keep). On the session's thread. */
typedef void (*SsgRenderFunc)(SsgRender *render, gpointer data);

/* Keeps a reference on model. */
SsgSession *ssg_session_new(SsgModel *model);
void ssg_session_free(SsgSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgSession, ssg_session_free)
SsgModel *ssg_session_model(SsgSession *session);
/* Whether moved parts end with the square that training saw (session-input.h), or are sampled beyond it too, exactly as MODEL.md's step 4
 * and the authors' code do; a new session does the latter. Parts within the square are the same to the bit. */
void ssg_session_set_bounded(SsgSession *session, gboolean bounded);

/* options NULL: complete picture only. cancellable is polled between layers: SSG_ERROR_CANCELLED, caches stay valid.
 * Face and model must fit (SSG_ERROR_SHAPE). Codes so far out of range that the picture would not be finite: SSG_ERROR_ARGUMENT. Errors of the device: SSG_ERROR_MEMORY, SSG_ERROR_DEVICE; the session stays usable
 * after SSG_ERROR_MEMORY. */
SsgRender *ssg_session_render(SsgSession *session, const SsgFace *face, const SsgRenderOptions *options, SsgRenderFunc early,
                              gpointer data, GCancellable *cancellable, GError **error);
/* Forgets cached maps and gives pooled memory back. */
void ssg_session_trim(SsgSession *session);

/* What the last render spent in each stage: milliseconds, multiply-adds (ssg_context_macs()) and bytes (ssg_context_bytes()). On a
 * GPU, which works on its own, the times are those that asking for the stage took, unless the render was timed (SsgRenderOptions):
 * then they are the device's own. */
typedef struct {
  double ms;
  gint64 macs, bytes;
} SsgStage;

typedef struct {
  SsgStage local, fuse, levels[SSG_MAX_LEVELS], output;
  double total;
} SsgStageTimes;
SsgStageTimes ssg_session_stage_times(SsgSession *session);
