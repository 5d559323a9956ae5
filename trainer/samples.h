/* Sheets of samples during training: faces, masks, coarse masks and depth of the same seeds each time. */
#pragma once

#include "engine/generator.h"
#include "engine/image.h"

/* columns x rows faces of g with stored noise, each with its mask, coarse mask and frontmost depth below it. NULL and error when the
 * device fails. */
SsgImage *ssg_samples_draw(SsgGenerator *g, int columns, int rows, const guint32 *colors, GError **error);
