/* One part in the strip: colour, live depth, name, eye. Made by SsgStrip, which forwards its signals:
 *   selected (), hovered (gboolean inside), shown-toggled (gboolean shown), menu (), dropped (GObject *what, uint code) */
#pragma once

#include <gtk/gtk.h>
#include "engine/face.h"

#define SSG_TYPE_STRIP_ITEM (ssg_strip_item_get_type())
G_DECLARE_FINAL_TYPE(SsgStripItem, ssg_strip_item, SSG, STRIP_ITEM, GtkWidget)

/* name: translated; color 0xRRGGBB. */
GtkWidget *ssg_strip_item_new(const char *name, guint32 color);
gboolean ssg_strip_item_is(SsgStripItem *self, const char *name, guint32 color);
/* Wished side of the thumbnail in logical pixels. */
void ssg_strip_item_set_thumb_size(SsgStripItem *self, int size);
void ssg_strip_item_set_texture(SsgStripItem *self, GdkTexture *texture);
void ssg_strip_item_set_selected(SsgStripItem *self, gboolean selected);
void ssg_strip_item_set_hovered(SsgStripItem *self, gboolean hovered);
/* present: the part covers some of the picture. */
void ssg_strip_item_set_state(SsgStripItem *self, gboolean shown, gboolean locked, gboolean present);
/* Depth and weight under the pointer; NULL hides the line. */
void ssg_strip_item_set_probe(SsgStripItem *self, const char *text);
void ssg_strip_item_accept_drops(SsgStripItem *self, GType type);
GtkWidget *ssg_strip_item_get_button(SsgStripItem *self); /* transfer none */
GtkWidget *ssg_strip_item_get_eye(SsgStripItem *self);    /* transfer none */
