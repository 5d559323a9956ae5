/* One face on the shelf: picture and title; drag it onto a part. Recycled by the shelf's grid. */
#pragma once

#include <gtk/gtk.h>
#include "app/shelf.h"

#define SSG_TYPE_SHELF_TILE (ssg_shelf_tile_get_type())
G_DECLARE_FINAL_TYPE(SsgShelfTile, ssg_shelf_tile, SSG, SHELF_TILE, GtkWidget)

GtkWidget *ssg_shelf_tile_new(void);
/* NULL: unbound. A reference is kept. */
void ssg_shelf_tile_set_face(SsgShelfTile *self, SsgShelfFace *face);
SsgShelfFace *ssg_shelf_tile_get_face(SsgShelfTile *self); /* transfer none */
