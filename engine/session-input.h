/* Where a session samples a part, and what a moved part looks like beyond the square that training saw (MODEL.md step 4:
 * coordinates in [-1, 1]). Sampled there too, as the paper does it, local generators draw scraps of faces that nobody asked for.
 * A bounded part draws nothing above and beside the square; below it, where a bust goes on, it is sampled a little further and
 * then repeats the last row. */
#pragma once

#include "engine/generator.h"

#define SSG_BOUNDS_BELOW 1.25   /* y up to which a bust goes on soundly: found by looking at what the default model draws */
#define SSG_BOUNDS_BELOW_ALL 30.0f /* how far below the background's 0 and all its other depths a part lies where it draws nothing */

/* Embedded Fourier features of the coarse grid under a transform, [1, P, C], in the current scope. outside NULL: sampled wherever
 * the transform leads. Else bounded, and *outside (transfer full) is [1, 1, P, 1]: 1 where the part draws nothing, else 0. Half a
 * step of the coarse grid beyond the square still counts as inside, since a sample stands for its cell. */
SsgTensor *ssg_session_input(SsgGenerator *g, SsgTransform transform, SsgTensor **outside);
/* Depths [n, 1, P, 1] of parts, none of them the background, fall where `outside` is 1: the background outweighs them by e^30 at least, and
 * in colour maps they are the lowest. In place. */
void ssg_session_leave_out(SsgTensor *depth, SsgTensor *outside);
