/* Where a dataset has which part: at which cells of the coarse mask. Hair may be anywhere, an eye may not; what a generator shows elsewhere
 * has grown out of its place (SsgTrainingOptions.mask_support). */
#pragma once

#include <glib.h>

/* Adds to counts [K, h, h] how many of n label maps [n, size, size] have part k on a pixel of the cell. size is a multiple of h. */
void ssg_mask_support_count(const guint8 *labels, int n, int size, int n_parts, int h, double *counts);
/* [K, h, h]: 1 where at least one of a thousand of n_maps label maps has the part there, or at one of the eight cells around; else 0. Fewer
 * are taken for errors of whoever labelled. Free it. */
guint8 *ssg_mask_support_find(const double *counts, gint64 n_maps, int n_parts, int h);
