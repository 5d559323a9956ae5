/* A square picture with rounded corners that takes the width it is given. Changing the texture costs a redraw, never a
 * new layout: thumbnails follow a slider at the frame rate. */
#pragma once

#include <gtk/gtk.h>

#define SSG_TYPE_THUMB (ssg_thumb_get_type())
G_DECLARE_FINAL_TYPE(SsgThumb, ssg_thumb, SSG, THUMB, GtkWidget)

/* Smallest and wished side in logical pixels. */
GtkWidget *ssg_thumb_new(int minimum, int natural);
void ssg_thumb_set_sizes(SsgThumb *self, int minimum, int natural);
/* Takes this height whatever the width, and shows a square in the middle; 0: as high as wide (the default). */
void ssg_thumb_set_fixed_height(SsgThumb *self, int height);
/* NULL: an empty frame. */
void ssg_thumb_set_texture(SsgThumb *self, GdkTexture *texture);
GdkTexture *ssg_thumb_get_texture(SsgThumb *self);
/* Dimmed pictures are of parts that are hidden or faces that are on their way. */
void ssg_thumb_set_dimmed(SsgThumb *self, gboolean dimmed);
/* Only an outline, whatever the texture: of what is not there. */
void ssg_thumb_set_blank(SsgThumb *self, gboolean blank);
