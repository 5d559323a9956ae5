/* All parts in a row: colour, live depth map, name and eye. Scrolls sideways where there are more than fit.
 *
 * Signals
 *   part-selected (int part), part-hovered (int part, -1 none), part-menu (int part), shown-toggled (int part, gboolean shown),
 *   dropped (GObject *what, int part, uint code) with code a SsgCode */
#pragma once

#include <gtk/gtk.h>
#include "app/probe.h"
#include "ui/textures.h"

#define SSG_TYPE_STRIP (ssg_strip_get_type())
G_DECLARE_FINAL_TYPE(SsgStrip, ssg_strip, SSG, STRIP, GtkWidget)

/* names: n translated names + NULL; colors: n of 0xRRGGBB. drop_type: what may be dropped on a part. The same parts again
 * change nothing. */
void ssg_strip_set_parts(SsgStrip *self, int n, const char *const *names, const guint32 *colors, GType drop_type);
/* Depth thumbnails of the render; NULL empties them. */
void ssg_strip_set_render(SsgStrip *self, SsgRender *render, SsgColormap map, SsgDepthScale scale);
/* Wished side of the thumbnails in logical pixels: windows differ in what they can spare. */
void ssg_strip_set_thumb_size(SsgStrip *self, int size);
void ssg_strip_set_selected(SsgStrip *self, int part);
void ssg_strip_set_hovered(SsgStrip *self, int part);
/* Bit k of shown and locked: part k. */
void ssg_strip_set_state(SsgStrip *self, guint64 shown, guint64 locked);
/* Depth and weight of every part under the pointer; NULL: pointer elsewhere. */
void ssg_strip_set_probe(SsgStrip *self, const SsgProbe *probe);
/* Keeps room for the probe's numbers, so that the strip does not jump. */
void ssg_strip_set_probing(SsgStrip *self, gboolean probing);
GtkWidget *ssg_strip_get_button(SsgStrip *self, int part); /* transfer none */
GtkWidget *ssg_strip_get_eye(SsgStrip *self, int part);    /* transfer none */
