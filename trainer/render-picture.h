/* Renders as pictures: faces, masks, depth maps, and the files that hold them. */
#pragma once

#include "engine/image.h"
#include "engine/session.h"

/* What a file of ours says of itself: synthetic, this program, the model's name. seed and description are borrowed and
 * may be NULL; so is what info owns. */
SsgImageOrigin ssg_picture_origin(const SsgModelInfo *info, const char *seed, const char *description);

/* [size, size, 3] of a render; free with g_free(). */
guint8 *ssg_render_to_rgb(const SsgRender *render);

/* A range of pseudo-depths, low < high, both finite. */
typedef struct {
  float low, high;
} SsgDepths;

/* Smallest and largest depth of one part. */
SsgDepths ssg_render_depths(const SsgRender *render, int part);
/* Of all parts of the face that are shown but the background, whose depth is 0 everywhere. */
SsgDepths ssg_render_shown_depths(const SsgRender *render, const SsgFace *face);
/* Depth of a part through a colour map whose lightness rises with depth, black to pale yellow: [h, h, 3]; free with
 * g_free(). */
guint8 *ssg_render_depth_to_rgb(const SsgRender *render, int part, SsgDepths range);
/* The same for the depth of the part that is in front (has the largest depth of those shown) at each place; the
 * background stays dark. */
guint8 *ssg_render_front_depth_to_rgb(const SsgRender *render, const SsgFace *face);

/* Files, which appear whole or not at all (engine/atomic-file.h). */
gboolean ssg_render_save_face(const SsgRender *render, const char *path, const SsgImageOrigin *origin, GError **error);
/* Indexed PNG with one palette entry a part, in the model's colours; pixel k belongs to part k. */
gboolean ssg_render_save_mask(const SsgRender *render, const SsgModelInfo *info, const char *path,
                              const SsgImageOrigin *origin, GError **error);
/* 16-bit gray PNG [h, h]: round(65535 * (depth - low) / (high - low)). The description says so, with both numbers;
 * origin's own is replaced. */
gboolean ssg_render_save_depth(const SsgRender *render, int part, SsgDepths range, const char *part_name,
                               const char *path, const SsgImageOrigin *origin, GError **error);
gboolean ssg_rgb_save(const guint8 *rgb, int size, const char *path, const SsgImageOrigin *origin, GError **error);
