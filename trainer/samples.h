/* Samples during training, and sheets of them: faces, masks, coarse masks and depth of the same seeds each time. */
#pragma once

#include "engine/generator.h"
#include "engine/image.h"

/* n faces of g with stored noise, from z ~ N(0, 1) of (seed, stream); left to the current scope. */
SsgGenerated ssg_samples_generate(SsgGenerator *g, gint64 n, guint64 seed, guint64 stream);
/* columns x rows faces of g with stored noise, each with its mask, coarse mask and frontmost depth below it. NULL and error when the
 * device fails. */
SsgImage *ssg_samples_draw(SsgGenerator *g, int columns, int rows, const guint32 *colors, GError **error);
