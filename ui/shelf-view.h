/* The column of faces: a grid over app/shelf.h, the seed it starts with, and the truncation of its faces.
 *
 * Signals
 *   donor-chosen (SsgShelfFace *)       one click, or walked to with the arrows
 *   face-activated (SsgShelfFace *)     double click or Enter
 *   face-menu (SsgShelfFace *, GtkWidget *tile)  a menu was asked for; tile: where to show it */
#pragma once

#include <gtk/gtk.h>
#include "app/shelf.h"

#define SSG_TYPE_SHELF_VIEW (ssg_shelf_view_get_type())
G_DECLARE_FINAL_TYPE(SsgShelfView, ssg_shelf_view, SSG, SHELF_VIEW, GtkWidget)

/* NULL: empty. A reference is kept. */
void ssg_shelf_view_set_shelf(SsgShelfView *self, SsgShelf *shelf);
/* The tile of an item when it is on screen, for tests; NULL otherwise. */
GtkWidget *ssg_shelf_view_find_tile(SsgShelfView *self, guint position);
/* Kept faces stand first: scrolls to the first of the n that were kept last. */
void ssg_shelf_view_show_kept(SsgShelfView *self, guint n);
/* Faces from that seed on, as if it had been typed; its own is selected. psi: their truncation, 0 to 2, or else as it is. */
void ssg_shelf_view_go_to_seed(SsgShelfView *self, guint64 seed, double psi);
/* Marks the tile of a face; none when it is not on this shelf. Emits donor-chosen as a click would. */
void ssg_shelf_view_select(SsgShelfView *self, SsgShelfFace *face);
SsgShelfFace *ssg_shelf_view_get_selected(SsgShelfView *self); /* transfer none; may be NULL */
