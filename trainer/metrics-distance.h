/* What the distances between sets of pictures share: one value for each level of a pyramid. */
#pragma once

#include "trainer/metrics-pictures.h"

#define SSG_DISTANCE_MAX_LEVELS 16

typedef struct {
  int n_levels;
  int size[SSG_DISTANCE_MAX_LEVELS];     /* pixels a side, finest first */
  double value[SSG_DISTANCE_MAX_LEVELS]; /* >= 0, without a unit */
  double mean;                           /* of the levels */
} SsgDistances;

/* Sliced Wasserstein distances of n_sets (1 to 4) sets of pictures to a reference set of as many pictures of the same
 * size, after Karras et al., "Progressive Growing of GANs" (arXiv 1710.10196), section 5. Levels are those of a
 * Laplacian pyramid (Burt and Adelson 1983: the filter [1 4 6 4 1]/16 in both directions, pictures mirrored at their
 * edges) from R down to 16 pixels, the smallest level being the low-pass picture itself; a picture under 16 pixels is
 * one level. On each level 128 patches of 7 x 7 pixels are taken from every picture at random places; each colour
 * channel is freed of the mean and divided by the standard deviation that it has on this level in the *reference* set
 * (so that a colour cast or lack of contrast counts; where a set is normalised by itself it does not). The value is the
 * mean over 512 random directions in the 147 dimensions of the mean distance between the sorted projections.
 *
 * The result depends on the seed, not on jobs. progress (may be NULL) gains ssg_sliced_steps() in all.
 * Errors: SSG_ERROR_MEMORY, SSG_ERROR_CANCELLED; SSG_ERROR_ARGUMENT when pictures are under 8 pixels. */
gboolean ssg_sliced_distances(const SsgPictures *reference, const SsgPictures *const *sets, int n_sets, guint64 seed,
                              int jobs, SsgProgress *progress, SsgDistances *distances, GError **error);
int ssg_sliced_steps(int size);

/* Patch statistics distances, likewise to a reference set. Levels: the pictures, and the pictures halved again and
 * again by averaging 2 x 2 pixels, down to 8 pixels. On each level a picture is cut into blocks of 8 x 8 pixels (the
 * grid begins at a random place of (seed, picture, level), so that JPEG's own blocks do not matter); colours, in [-1,
 * 1], are turned into Y = (r + g + b) / sqrt 3, U = (r - b) / sqrt 2, V = (r - 2 g + b) / sqrt 6, and each block into
 * its orthonormal DCT. A block's 18 features are 0..2    means of Y, U, V 3..11   of Y, log(e + 1/127.5^2), e the mean
 * squared coefficient of a band. A coefficient (u, v) lies in octave o(u) = 0 for 0, 1 for 1, 2 for 2 and 3, 3 for 4 to
 * 7 across, o(v) down; bands are, for each max(o(u), o(v)) = 1, 2, 3: o(u) > o(v), o(u) < o(v), o(u) = o(v)
 *   12..14, 15..17   the same of U and of V with the three orientations of an octave taken together
 * divided by the standard deviations of the reference set's (not less than 0.001). A level's value is the squared
 * Frechet distance between the Gaussians that have the two sets' means and covariances, divided by 18: 1 is about one
 * standard deviation in every feature.
 *
 * The result depends on the seed, not on jobs. progress (may be NULL) gains ssg_patch_steps() in all.
 * Errors: SSG_ERROR_CANCELLED; SSG_ERROR_ARGUMENT when pictures are under 8 pixels. */
gboolean ssg_patch_distances(const SsgPictures *reference, const SsgPictures *const *sets, int n_sets, guint64 seed,
                             int jobs, SsgProgress *progress, SsgDistances *distances, GError **error);
int ssg_patch_steps(int n_pictures, int n_sets);

/* |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a^(1/2) C_b C_a^(1/2))^(1/2)), the squared Frechet (2-Wasserstein) distance of
 * two Gaussians (Dowson and Landau 1982). mean [d], cov [d, d] symmetric; eigenvalues below 0 are taken for 0. Not
 * negative. */
double ssg_frechet_distance(int d, const double *mean_a, const double *cov_a, const double *mean_b,
                            const double *cov_b);
