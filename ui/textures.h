/* Pictures of a render as GDK textures: face, mask, depth. Pure functions of their arguments, main thread.
 * Every texture is the caller's. */
#pragma once

#include <gdk/gdk.h>
#include "app/depth-style.h"

/* Shares the render's bytes, keeps a reference on it. */
GdkTexture *ssg_texture_face(SsgRender *render);
/* The same for being drawn larger than it is: small ones come enlarged (ui/enlarge.h; a millisecond), not pixel by pixel. */
GdkTexture *ssg_texture_face_smooth(SsgRender *render);
/* colors: K of 0xRRGGBB; opaque. */
GdkTexture *ssg_texture_mask(SsgRender *render, const guint32 *colors);
/* color 0xRRGGBB where the mask says part, transparent elsewhere. */
GdkTexture *ssg_texture_part(SsgRender *render, int part, guint32 color);
/* Depth of one part through the colour map; h x h pixels. part in 0..K-1. */
GdkTexture *ssg_texture_depth(SsgRender *render, int part, const SsgDepthStyle *style);
