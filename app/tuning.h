/* What the inspector's sliders of one part stand at: a value. Sliders never accumulate: the part's codes are always
 *     truncate_psi( blend(anchor, donor, shape, texture) + sum_i amount_i * direction_i )
 * computed from the anchor, the face at which all of the part's sliders were at rest. So dragging to and fro and back to rest
 * gives the anchor's codes again, to the bit, and undo restores the sliders with the face.
 *
 * A tuning with SSG_PART_BASE does the same to the base codes (pose; `shape` and shape directions only), one with
 * SSG_PART_WHOLE to all codes at once (`shape` blends everything; no directions). Immutable, reference counted
 * (atomically); "with" functions return a new tuning (transfer full). */
#pragma once

#include <glib-object.h>
#include "app/directions.h"

typedef struct _SsgTuning SsgTuning;

#define SSG_TYPE_TUNING (ssg_tuning_get_type())
GType ssg_tuning_get_type(void); /* boxed */

/* All sliders at rest on anchor. donor may be NULL: then blends stay 0. References are taken. part: 0..K-1 or
 * SSG_PART_BASE, SSG_PART_WHOLE. */
SsgTuning *ssg_tuning_new(int part, SsgFace *anchor, SsgFace *donor);
SsgTuning *ssg_tuning_ref(SsgTuning *tuning);
void ssg_tuning_unref(SsgTuning *tuning);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgTuning, ssg_tuning_unref)

/* shape or texture of the blend; usual range [0, 1]. */
SsgTuning *ssg_tuning_with_blend(SsgTuning *tuning, SsgCode what, float amount);
/* psi of MODEL.md step 3, usual range [0, 1.5], 1 at rest; mean [S] is copied. */
SsgTuning *ssg_tuning_with_truncation(SsgTuning *tuning, const float *mean, float psi);
/* amount in standard deviations, usual range [-3, 3], 0 at rest, along direction index of the set, which must be of the
 * tuning's part. A reference on the set is kept. When the sliders moved along other directions before (another model's),
 * what they all did becomes part of the anchor first. */
SsgTuning *ssg_tuning_with_direction(SsgTuning *tuning, SsgDirectionSet *set, int index, float amount);
/* Another donor, with the blends at rest: what they did becomes part of the anchor. A donor that equals the present one
 * changes nothing. */
SsgTuning *ssg_tuning_with_donor(SsgTuning *tuning, SsgFace *donor);
/* Where the sliders stand after the part took the codes named by `what` from the donor: those blends at 1, and at 0 what was
 * there before. So a swap is a blend that went all the way, and can be taken back by degrees. Several swaps from one
 * donor add up (its shape, then its texture: both at 1); the other code's sliders stay. what is ignored for SSG_PART_BASE
 * and SSG_PART_WHOLE. */
SsgTuning *ssg_tuning_with_swap(SsgTuning *tuning, SsgFace *donor, SsgCode what);

int ssg_tuning_part(SsgTuning *tuning);
SsgFace *ssg_tuning_anchor(SsgTuning *tuning); /* transfer none */
SsgFace *ssg_tuning_donor(SsgTuning *tuning);  /* transfer none; may be NULL */
float ssg_tuning_blend(SsgTuning *tuning, SsgCode what);
/* FALSE when the slider could do nothing: without a donor, or where the anchor has the donor's codes already. */
gboolean ssg_tuning_can_blend(SsgTuning *tuning, SsgCode what);
float ssg_tuning_truncation(SsgTuning *tuning);
/* NULL while truncation was never moved; [S], owned by the tuning. */
const float *ssg_tuning_mean(SsgTuning *tuning);
/* The directions that the sliders moved along; transfer none, NULL when none was moved. */
SsgDirectionSet *ssg_tuning_directions(SsgTuning *tuning, SsgCode what);
/* 0 when it was never moved, or along another model's directions. */
float ssg_tuning_direction(SsgTuning *tuning, SsgDirectionSet *set, int index);
/* Of the tuning's own directions; 0 without. */
float ssg_tuning_amount(SsgTuning *tuning, SsgCode what, int index);
gboolean ssg_tuning_at_rest(SsgTuning *tuning);

/* `face` with the tuned part's codes as the sliders say; everything else is face's own. */
SsgFace *ssg_tuning_apply(SsgTuning *tuning, const SsgFace *face);
