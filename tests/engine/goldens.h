/* Reference numbers of one set (tests/goldens/README.md), read from the folder that SSGAN_GOLDENS names: an absolute path, or one
 * from where `meson test` was called. */
#pragma once

#include "engine/context.h"
#include "engine/safetensors.h"

/* Names of the sets in the folder that have NAME-kind.safetensors, sorted; NULL-terminated, free with g_strfreev(). */
char **ssg_goldens_sets(const char *kind);
/* Path of a file of the folder; free with g_free(). */
char *ssg_goldens_path(const char *file);
/* Path of the model that a set is of: NAME.pt, or NAME.safetensors where there is no such file; free with g_free(). */
char *ssg_goldens_checkpoint(const char *set);
/* Values of a golden tensor; fails the test when it is missing. Free with g_free(). n receives the number of elements. */
float *ssg_goldens_values(const SsgSafetensors *set, const char *name, gsize *n);
/* Fails the test unless |a - b| <= bound * max|b| for every element. */
void ssg_goldens_compare(const char *what, const float *found, const float *expected, gsize n, double bound);
/* |a - b| / |b| in L2. */
double ssg_goldens_distance(const float *a, const float *b, gsize n);
