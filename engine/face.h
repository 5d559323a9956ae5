/* A face is a value: latent codes, where each part is sampled, which parts are shown, and the noise. Faces are immutable
 * and reference counted (atomically: any thread may hold one); an edit is a pure function from face to face, so that
 * undo is a list of faces. Nothing here touches a device.
 *
 * Codes are in the short W+ form of MODEL.md, [B + 2K, S]: base_0..base_{B-1}, then for each part shape_k, texture_k.
 * The background (part 0) has no base code: its layers 0..D-1 all take shape_0. */
#pragma once

#include <glib-object.h>
#include "engine/architecture.h"

typedef struct _SsgFace SsgFace;

typedef enum {
  SSG_CODE_SHAPE = 1 << 0,
  SSG_CODE_TEXTURE = 1 << 1,
  SSG_CODE_BOTH = SSG_CODE_SHAPE | SSG_CODE_TEXTURE
} SsgCode;

/* Where a part's Fourier features are sampled: x' = scale * x + shift_x, likewise y, in the coordinates of MODEL.md step 4
 * ([-1, 1], x to the right, y down). Identity {1, 0, 0}. scale > 1 makes the part smaller, a positive shift moves it left or up. */
typedef struct {
  float scale, shift_x, shift_y;
} SsgTransform;

typedef enum {
  SSG_NOISE_STORED, /* the model's noise buffers */
  SSG_NOISE_SEEDED, /* N(0,1) from the face's noise seed */
  SSG_NOISE_NONE
} SsgNoise;

#define SSG_TYPE_FACE (ssg_face_get_type())
GType ssg_face_get_type(void); /* boxed: ssg_face_ref / ssg_face_unref */

SsgFace *ssg_face_ref(const SsgFace *face);
void ssg_face_unref(SsgFace *face);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgFace, ssg_face_unref)

/* codes: [rows, S] with rows = 1 (one w for everything), B + 2K (short) or K * L (expanded; rows that repeat a code of
 * the short form must agree, else SSG_ERROR_SHAPE). Copied. Every part is shown, nothing moved, stored noise. */
SsgFace *ssg_face_new(const SsgArchitecture *arch, int rows, const float *codes, GError **error);

int ssg_face_n_parts(const SsgFace *face);
int ssg_face_n_base(const SsgFace *face);
int ssg_face_style_dim(const SsgFace *face);
/* The short codes, [B + 2K, S]; owned by the face. */
const float *ssg_face_codes(const SsgFace *face);
/* One code, [S]; owned by the face. what is SSG_CODE_SHAPE or SSG_CODE_TEXTURE. */
const float *ssg_face_code(const SsgFace *face, int part, SsgCode what);
const float *ssg_face_base(const SsgFace *face, int row);
SsgTransform ssg_face_transform(const SsgFace *face, int part);
gboolean ssg_face_shown(const SsgFace *face, int part);
SsgNoise ssg_face_noise(const SsgFace *face);
guint64 ssg_face_noise_seed(const SsgFace *face);
/* Same codes, transforms, shown parts and noise, to the bit. */
gboolean ssg_face_equal(const SsgFace *a, const SsgFace *b);
/* Writes the expanded form, [K * L, S], part by part. */
void ssg_face_expand(const SsgFace *face, const SsgArchitecture *arch, float *expanded);

/* Edits. Each returns a new face (transfer full) and leaves its arguments alone. Faces that meet must be of one model
 * (same B, K, S): asserted. */
SsgFace *ssg_face_swap_part(const SsgFace *face, const SsgFace *donor, int part, SsgCode what);
/* Codes of one part towards the donor's: code + amount * (donor - code), separately for shape and texture; 0 leaves,
 * 1 takes the donor's; values outside [0, 1] extrapolate. */
SsgFace *ssg_face_blend_part(const SsgFace *face, const SsgFace *donor, int part, float shape, float texture);
/* All codes, the base included, towards the donor's. Transforms are blended too, shown parts and noise stay. */
SsgFace *ssg_face_blend(const SsgFace *face, const SsgFace *donor, float amount);
/* Only the base codes (pose) towards the donor's. */
SsgFace *ssg_face_blend_base(const SsgFace *face, const SsgFace *donor, float amount);
/* code + amount * direction for the codes named by what; direction [S]. */
SsgFace *ssg_face_move_part(const SsgFace *face, int part, SsgCode what, const float *direction, float amount);
SsgFace *ssg_face_move_base(const SsgFace *face, const float *direction, float amount);
/* mean + psi * (code - mean) (MODEL.md step 3); mean [S]. */
SsgFace *ssg_face_truncate_part(const SsgFace *face, int part, SsgCode what, const float *mean, float psi);
SsgFace *ssg_face_truncate(const SsgFace *face, const float *mean, float psi);
/* One code set to values [S]. */
SsgFace *ssg_face_set_code(const SsgFace *face, int part, SsgCode what, const float *values);
SsgFace *ssg_face_set_shown(const SsgFace *face, int part, gboolean shown);
SsgFace *ssg_face_set_transform(const SsgFace *face, int part, SsgTransform transform);
/* Every part but the background. */
SsgFace *ssg_face_set_foreground_transform(const SsgFace *face, SsgTransform transform);
SsgFace *ssg_face_set_noise(const SsgFace *face, SsgNoise noise, guint64 seed);
/* Codes, transform and visibility of one part as in `original`. */
SsgFace *ssg_face_reset_part(const SsgFace *face, const SsgFace *original, int part);
