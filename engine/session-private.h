/* What a session keeps, for the files that render with it: session-parts.c (the parts' maps) and session.c (the picture). A
 * context's thread throughout. */
#pragma once

#include "engine/model-private.h"
#include "engine/session.h"
#include "engine/session-local.h"

typedef struct {
  gboolean shape_valid, texture_valid;
  SsgTransform transform;
  float *codes; /* [B + 2, S]: base, shape, texture as last computed */
  SsgTensor *input; /* embedded Fourier features under transform, [1, P, C]; NULL: identity */
  SsgTensor *outside; /* [1, 1, P, 1], 1 where the part draws nothing (session-input.h); NULL: nowhere */
} SsgPartCache;

/* Fusion and render net as recorded ops (ssg_device_graph_* in kernels/device.h), for renders that ask for the same; where the
 * device can record. Reads the session's maps and, with hidden parts, its inputs `kept`. */
typedef struct {
  int size;
  SsgNoise noise;
  gboolean all_shown;
  gboolean rendered; /* once without recording: what is made at a first use exists */
  void *graph;       /* NULL: not recorded yet */
  SsgTensor *head, *weight, *coarse; /* results: [1, s, s, 3 + K], [K, 1, P, 1], [K, 1, P, 1] */
} SsgRecording;

#define SSG_N_RECORDINGS 3 /* the picture with and without hidden parts, and a small one */

struct _SsgSession {
  SsgModel *model;
  SsgContext *ctx;
  SsgGenerator *g;
  /* Weights with modulation and scale worked in, computed once; constant, so that the device may repack them. */
  SsgTensor *render_weight[2 * SSG_MAX_LEVELS];
  SsgTensor *head_weight[SSG_MAX_LEVELS], *head_bias[SSG_MAX_LEVELS];
  SsgTensor *feature_matrix; /* [F, K * C] */
  SsgTensor *identity_input; /* [1, P, C] */
  SsgLocalChain *local; /* NULL: layer by layer */
  gboolean prepared, bounded;
  SsgRecording recordings[SSG_N_RECORDINGS]; /* size 0: free */
  int next_recording;                 /* to be given up when all are taken */
  gboolean cannot_record;
  SsgTensor *kept;                    /* [K, 1, 1, 1], 1 for shown parts and 0 for hidden; uploaded for every render */
  SsgPartCache parts[SSG_MAX_PARTS];
  SsgTensor *shape_maps;  /* [K, P, C] after layer D-1 */
  SsgTensor *hidden_maps; /* [K, P, C] after layer L-1 */
  SsgTensor *depth;       /* [K, 1, P, 1] */
  SsgStageTimes times;
};

/* One render under way. */
typedef struct {
  SsgSession *session;
  const SsgFace *face;
  const SsgRenderOptions *options;
  GCancellable *cancellable;
  gint64 start;
  guint64 parts_computed;
  gint64 stage_start, macs, bytes;   /* when the stage that runs began, and what had been computed by then */
  int n_stages;                      /* that ended */
  SsgStage *stages[SSG_DEVICE_MARKS]; /* timed, on a device that has a clock: those that ended */
  SsgTensor *hidden; /* [1, 1, 1, K]: far below everything for hidden parts, which no pixel may belong to; NULL: all are shown */
} SsgRenderRequest;

/* TRUE, with SSG_ERROR_CANCELLED set, once the request was cancelled. */
gboolean ssg_session_cancelled(SsgRenderRequest *request, GError **error);
/* Brings the maps and depths of all parts up to date with the request's face, and notes in parts_computed which were not. FALSE when
 * cancelled: what was computed until then stays. */
gboolean ssg_session_compute_parts(SsgRenderRequest *request, GError **error);
