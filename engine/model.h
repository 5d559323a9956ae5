/* A model: a generator's parameters on a device, with what its file says of it (parts, colours, mean latent, licence).
 * Files are safetensors of our own (see model-file.c for the metadata keys) or the public `.pt` checkpoints; which of them
 * is found by content, not by name. */
#pragma once

#include <gio/gio.h>
#include "engine/architecture.h"
#include "engine/context.h"
#include "engine/face.h"

typedef struct _SsgModel SsgModel;

/* What a file says of the model in it; readable without loading the tensors. Strings are never NULL. */
typedef struct {
  SsgArchitecture arch;
  char *name;      /* title for people, else the file's base name */
  char *licence;   /* SPDX or sentence; "" unknown */
  char *origin;    /* where it comes from: training command, checkpoint ... */
  char *format;    /* "safetensors" or "pt" */
  char **part_names;   /* K names + NULL; English, lower case ("hair") */
  guint32 *part_colors;/* K of 0xRRGGBB */
  gboolean has_mean;
  gint64 images_seen;  /* by training, -1 unknown */
  guint64 *shelf_seeds;/* seeds that look good together; may be NULL */
  int n_shelf_seeds;
  gsize file_bytes;
  gsize memory_bytes;  /* estimated resident memory to render one face on the CPU */
} SsgModelInfo;

SsgModelInfo *ssg_model_info_read(const char *path, GError **error);
SsgModelInfo *ssg_model_info_copy(const SsgModelInfo *info);
void ssg_model_info_free(SsgModelInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgModelInfo, ssg_model_info_free)

/* fraction in [0, 1]; called on the thread that loads. */
typedef void (*SsgProgressFunc)(double fraction, gpointer data);

/* which: "g_ema" (NULL means this) or "g". Refuses (SSG_ERROR_MEMORY) what does not fit the machine's memory, with the
 * figure it would need. SSG_ERROR_CANCELLED when cancelled. progress may be NULL. The model keeps ctx, does not own it. */
SsgModel *ssg_model_load(SsgContext *ctx, const char *path, const char *which, SsgProgressFunc progress, gpointer data,
                         GCancellable *cancellable, GError **error);
/* The same for a purpose: converting renders nothing, and so needs less memory. */
typedef enum { SSG_MODEL_TO_RENDER, SSG_MODEL_TO_CONVERT } SsgModelUse;
SsgModel *ssg_model_load_for(SsgContext *ctx, const char *path, const char *which, SsgModelUse use, SsgProgressFunc progress,
                             gpointer data, GCancellable *cancellable, GError **error);
/* Whether load() would take the file: every tensor there, of the right shape, and finite. Reads the whole file, needs no memory for
 * it, and does not ask whether the model would fit. The errors are load()'s. */
gboolean ssg_model_file_check(const char *path, GError **error);
/* Random weights (MODEL.md step 8) from seed, for benchmarks and the start of training. SSG_ERROR_MEMORY as for loading. */
SsgModel *ssg_model_new_random(SsgContext *ctx, const SsgArchitecture *arch, guint64 seed, GError **error);
SsgModel *ssg_model_ref(SsgModel *model);
void ssg_model_unref(SsgModel *model); /* on the context's thread */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgModel, ssg_model_unref)

SsgContext *ssg_model_context(SsgModel *model);
const SsgModelInfo *ssg_model_info(SsgModel *model);
const SsgArchitecture *ssg_model_architecture(SsgModel *model);
/* SHA-256 of the file, 64 hex digits; "" for a random model. Projects name their model by it. */
const char *ssg_model_hash(SsgModel *model);
/* Reads the file for that hash now, with progress (may be NULL) from 0 to 1; large files take seconds. FALSE with
 * SSG_ERROR_CANCELLED when cancelled, SSG_ERROR_FILE when it cannot be read. Nothing to do for a random model. */
gboolean ssg_model_read_hash(SsgModel *model, SsgProgressFunc progress, gpointer data, GCancellable *cancellable,
                             GError **error);
/* w_mean, [S]; computed from 10,000 draws on first use when the file has none. */
const float *ssg_model_mean(SsgModel *model);

/* w = mapping(z), z [n, S] -> w [n, S], host memory. */
gboolean ssg_model_map(SsgModel *model, int n, const float *z, float *w, GError **error);
/* The face of a seed: z ~ N(0,1) from Philox(seed), w = mapping(z), truncated by psi towards the mean (1: as it is). The
 * same seed is the same face on every device and machine. */
SsgFace *ssg_model_sample(SsgModel *model, guint64 seed, float psi, GError **error);

/* Principal directions of one part's codes, sorted by effect: directions [n, S], each scaled to one standard deviation of
 * the codes along it; effects [n] in decreasing order. Computed on first use (a fraction of a second) or read from the file. */
typedef struct {
  int n;
  const float *directions; /* [n, S] */
  const float *effects;    /* [n] */
} SsgDirections;
/* part -1 with SSG_CODE_SHAPE: directions of the base codes. what is SHAPE or TEXTURE. Owned by the model. */
SsgDirections ssg_model_directions(SsgModel *model, int part, SsgCode what);
