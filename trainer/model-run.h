/* A model, opened for a command: device, model, session, and the arguments that commands on models share. */
#pragma once

#include "engine/session.h"
#include "trainer/command.h"

typedef struct {
  SsgContext *ctx;
  SsgModel *model;
  SsgSession *session;
} SsgModelRun;

/* Opens common->device and loads the model at path with a progress bar. which: "g_ema", "g" or NULL for g_ema. */
gboolean ssg_model_run_open(SsgModelRun *run, const SsgCommonOptions *common, const char *path, const char *which,
                            GError **error);
gboolean ssg_model_run_open_for(SsgModelRun *run, const SsgCommonOptions *common, const char *path, const char *which,
                                SsgModelUse use, GError **error);
/* The same with random weights of a preset ("public-512"). */
gboolean ssg_model_run_open_random(SsgModelRun *run, const SsgCommonOptions *common, const char *preset,
                                   GError **error);
void ssg_model_run_clear(SsgModelRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SsgModelRun, ssg_model_run_clear)

/* "0-15", "3", "1,5,8-10": in the order given; at most SSG_MAX_SEEDS. NULL and SSG_ERROR_ARGUMENT that names `option`.
 */
#define SSG_MAX_SEEDS 1000000
typedef enum {
  SSG_SEEDS_ANY,
  SSG_SEEDS_DISTINCT /* a file or a row each: a seed named twice is a slip */
} SsgSeeds;
GArray *ssg_parse_seeds(const char *option, const char *text, SsgSeeds kind, GError **error); /* of guint64 */
/* The same, and without text the `usual` seeds (at least 1) from `first` on. */
GArray *ssg_seeds_option(const char *option, const char *text, guint64 first, guint usual, SsgSeeds kind, GError **error);
gboolean ssg_check_truncation(double truncation, GError **error);
/* "0.5,1,2": between least and most each. Of double. */
GArray *ssg_parse_numbers(const char *option, const char *text, double least, double most, GError **error);
/* "shape", "texture" or "both". */
gboolean ssg_parse_codes(const char *option, const char *text, SsgCode *what, GError **error);
/* "hair,7,nose" or "all": part indices, of int, no part twice. Names are the model's; case does not matter. */
GArray *ssg_parse_parts(const char *option, const char *text, const SsgModelInfo *info, GError **error);

/* Faces (of SsgFace) out of a .npy of shape [S], [N, S], [N, B+2K, S] or [N, K*L, S]; a number that is not finite is
 * refused. */
GPtrArray *ssg_load_latents(const char *path, const SsgArchitecture *arch, GError **error);

/* Makes the folder, and those above it, where they are missing. One that is there must be writable. SSG_ERROR_ARGUMENT when path is NULL
 * ("--out is missing"). */
gboolean ssg_make_folder(const char *path, GError **error);
/* SSG_ERROR_ARGUMENT when out, which is to be written, is the file in, by whatever name. */
gboolean ssg_check_other_file(const char *in, const char *out, GError **error);
/* The folder that a file is to be written to must be there: found out before the work, not after it. */
gboolean ssg_check_folder_of(const char *path, GError **error);
/* FALSE with a sentence where a picture that is a PNG would get another name. option: "--sheet". */
gboolean ssg_check_png_name(const char *option, const char *path, GError **error);
