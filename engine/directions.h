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
/* A table of what a model file holds: directions [1 + 2K, n, S] and effects [1 + 2K, n], copied; rows are base, then shape and texture of
 * each part, and an effect of 0 ends a row. n at most SSG_N_DIRECTIONS. */
SsgDirectionTable *ssg_direction_table_new_stored(SsgGenerator *g, int n, const float *directions, const float *effects);
/* All of the table in that form, n = SSG_N_DIRECTIONS; computes what was not asked for yet. */
void ssg_direction_table_write(SsgDirectionTable *table, float *directions, float *effects);
void ssg_direction_table_free(SsgDirectionTable *table); /* NULL is allowed */
/* As ssg_model_directions(). At most SSG_N_DIRECTIONS. */
SsgDirections ssg_direction_table_get(SsgDirectionTable *table, int part, SsgCode what);
