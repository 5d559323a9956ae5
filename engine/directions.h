/* Principal directions of the codes of one part, weighted by what they do: with S the covariance of w and M the modulation
 * weights of the layers that take the code, the directions u maximise |M u|^2 over u of one standard deviation
 * (u' S^-1 u = 1), one after another and uncorrelated. They are u_i = S M' q_i / sqrt(l_i) for the eigenvectors q_i of
 * M S M' with eigenvalues l_i; sqrt(l_i) is the effect, the standard deviation of the modulation along u_i. */
#pragma once

#include "engine/generator.h"
#include "engine/model.h"

#define SSG_N_DIRECTIONS 10

typedef struct _SsgDirectionTable SsgDirectionTable;

/* covariance [S, S] stays the caller's and must outlive the table; so must g. Directions are computed when first asked for. */
SsgDirectionTable *ssg_direction_table_new(SsgGenerator *g, const float *covariance);
void ssg_direction_table_free(SsgDirectionTable *table); /* NULL is allowed */
/* As ssg_model_directions(). At most SSG_N_DIRECTIONS. */
SsgDirections ssg_direction_table_get(SsgDirectionTable *table, int part, SsgCode what);
