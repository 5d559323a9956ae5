/* Locality of part edits: how much of what changes lies where it should when one part's shape or texture is resampled.
 */
#pragma once

#include "engine/session.h"
#include "trainer/progress.h"

/* Sums over edits of one part and one kind of code. The part's own mask: pixels that belong to it before or after. */
typedef struct {
  double energy, energy_inside; /* squared changes of R, G and B in steps of 8 bits; all, and in the own mask */
  guint64 inside, outside;      /* pixels in the own mask, and not */
  guint64 changed;              /* of those outside: pixels whose class changed */
  int edits, present;           /* edits, and those in which the own mask is not empty */
} SsgLocality;

/* Adds one edit: rgb [n_pixels, 3] before and after, clamped to [-1, 1] here, but not rounded: rounding turns changes
 * far below a step into whole steps here and there, which over a picture add up to more than a small part. mask
 * [n_pixels]. */
void ssg_locality_add(SsgLocality *locality, int part, gsize n_pixels, const float *rgb_before,
                      const guint8 *mask_before, const float *rgb_after, const guint8 *mask_after);
/* Share of the changed energy inside the own mask, 0 to 1; NaN when nothing changed. */
double ssg_locality_inside(const SsgLocality *locality);
/* Share of the pixels outside the own mask that changed class, 0 to 1; NaN when there are none. */
double ssg_locality_changed(const SsgLocality *locality);
/* Root mean square change of a colour value inside the own mask, in steps of 8 bits: how much the edit does at all; NaN
 * without pixels inside. */
double ssg_locality_strength(const SsgLocality *locality);

/* Edits faces seed .. seed + n_faces - 1. For face i and part k the donor is the face of seed + n_faces * (1 + k) + i;
 * its shape code, and then instead its texture code, replaces the face's. All with truncation psi and stored noise.
 * localities [K * 2]: of part k at 2 k for shape, 2 k + 1 for texture. progress (may be NULL) gains n_faces * K. */
gboolean ssg_locality_measure(SsgSession *session, int n_faces, guint64 seed, float psi, SsgProgress *progress,
                              SsgLocality *localities, GError **error);
