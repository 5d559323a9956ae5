/* Exports: pictures and numbers of the document as files. Every picture says in its metadata that it is synthetic, and from
 * which model. Files appear whole or not at all. An export is a job off the main loop, with progress and cancel. */
#pragma once

#include <gio/gio.h>
#include "app/depth-style.h"
#include "app/picture-face.h"
#include "app/render-service.h"

typedef enum {
  SSG_EXPORT_PICTURE,      /* PNG, 8 bit RGB */
  SSG_EXPORT_MASK,         /* PNG, palette: the pixel is the class, the palette the parts' colours */
  SSG_EXPORT_OVERLAY,      /* PNG: mask over picture */
  SSG_EXPORT_DEPTH_COLOR,  /* PNG: depth of `part` through the colour map */
  SSG_EXPORT_DEPTH_16,     /* PNG, 16-bit grey: depth of `part`; range and formula in its metadata */
  SSG_EXPORT_DEPTH_NPY,    /* NPY [K, h, h] float32: all parts' depths */
  SSG_EXPORT_WEIGHT_NPY,   /* NPY [K, h, h] float32: feature weights */
  SSG_EXPORT_DEPTH_GRID,   /* PNG: all depths with colour maps, side by side */
  SSG_EXPORT_RAW,          /* safetensors: rgb, seg, depth, weight, coarse, mask, codes */
  SSG_EXPORT_LATENT_NPY,   /* NPY [1, B + 2K, S] float32 */
  SSG_EXPORT_SHEET,        /* PNG: picture, mask, overlay and all depths on one sheet */
  SSG_EXPORT_FRAMES,       /* folder of PNG frames: interpolation between two faces */
  SSG_EXPORT_ANIMATION,    /* animated PNG of the same */
  SSG_N_EXPORTS
} SsgExportKind;

typedef struct {
  SsgExportKind kind;
  const char *path; /* file; FRAMES: folder, made if it does not exist */
  int part;         /* DEPTH_COLOR, DEPTH_16: which */
  SsgDepthStyle style;
  double opacity;     /* OVERLAY, SHEET: of the mask, [0, 1] */
  SsgFace *from, *to; /* FRAMES, ANIMATION: both ends; otherwise from is the face, to is ignored. Transfer none. */
  int n_frames;       /* FRAMES, ANIMATION: 2..10000, both ends included */
  int frame_ms;       /* ANIMATION: time of a frame, 10..10000 */
  gboolean back;      /* FRAMES, ANIMATION: and back again, for endless loops */
  SsgProjectSnapshot *project; /* PICTURE, SHEET: goes into the file, which can then be edited again (app/picture-face.h); NULL:
                                * nothing. The job's own once it was started. */
} SsgExportOptions;

/* "png", "npy", "safetensors"; "" for a folder. */
const char *ssg_export_extension(SsgExportKind kind);
/* Translated, for file choosers ("Depth, 16 bit"). */
const char *ssg_export_title(SsgExportKind kind);
/* A name for the file chooser: "Portrait study hair depth.png". Caller frees. */
char *ssg_export_suggest_name(SsgExportKind kind, const char *document_title, const char *part_title);

/* Properties: "progress" (double 0..1, notify coalesced). Signal "finished" (GError or NULL) exactly once; a cancelled one
 * finishes with SSG_ERROR_CANCELLED and leaves no file. */
#define SSG_TYPE_EXPORT_JOB (ssg_export_job_get_type())
G_DECLARE_FINAL_TYPE(SsgExportJob, ssg_export_job, SSG, EXPORT_JOB, GObject)

/* Whether pictures of that kind can carry the face they show. */
gboolean ssg_export_keeps_face(SsgExportKind kind);

/* Starts at once; options are copied. Main thread. The job keeps itself alive until it has finished. Without a model it
 * finishes (soon, not at once) with an error. */
SsgExportJob *ssg_export_start(SsgRenderService *service, const SsgExportOptions *options);
void ssg_export_job_cancel(SsgExportJob *self);
double ssg_export_job_progress(SsgExportJob *self);
const char *ssg_export_job_path(SsgExportJob *self);

/* What the job does, blocking; from any thread but the main one and the worker's. progress may be NULL. */
gboolean ssg_export_run(SsgRenderer *renderer, const SsgExportOptions *options, SsgProgressFunc progress,
                        gpointer data, GCancellable *cancellable, GError **error);
