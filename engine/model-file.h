/* Writing models, and what only writing needs. Model files of our own are safetensors with the generator's tensors under the
 * names of the public checkpoints, channels last ([out, kh, kw, in]), `w_mean` [S], and where stored the discriminator's tensors
 * with "d." before their names and the principal directions as `directions` [1 + 2K, n, S] and `direction_effects` [1 + 2K, n]
 * (directions.h), and this metadata:
 *   format        "ssgan-model"
 *   version       "1"; a higher one is refused, so a change that older programs would misread raises it
 *   architecture  JSON object, a member per field of SsgArchitecture
 *   parts         JSON array of {"name": "hair", "color": "#6c8ad4"}
 *   name, licence, origin, images_seen (decimal), shelf_seeds (JSON array of numbers), args (JSON object: arguments of the
 *   public checkpoint that the model came from): as present.
 * The tensors of a training state (training-state.h) are read as a model, too: there the names begin with "g_ema." or "g.". */
#pragma once

#include <json-glib/json-glib.h>

#include "engine/model-private.h"

/* dtype SSG_F32 or SSG_F16 of the tensors. Atomic. */
gboolean ssg_model_save(SsgModel *model, const char *path, SsgDtype dtype, GError **error);
/* A public `.pt` checkpoint that has this generator as g_ema, with the args it came with or args made from the architecture, and
 * under the key `ssgan` what the metadata above would say, with w_mean where it is known: there and back nothing is lost
 * but stored directions, which can be computed again.
 * Atomic. */
gboolean ssg_model_save_pt(SsgModel *model, const char *path, GError **error);
/* Replaces title, licence and origin (NULL: stays). */
void ssg_model_describe(SsgModel *model, const char *name, const char *licence, const char *origin);
void ssg_model_set_images_seen(SsgModel *model, gint64 images_seen);
void ssg_model_set_parts(SsgModel *model, const char *const *names, const guint32 *colors); /* NULL: stays */
void ssg_model_set_shelf_seeds(SsgModel *model, const guint64 *seeds, int n);
