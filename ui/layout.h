/* The three columns of the window: shelf, middle, inspector. The side columns take widths that suit the window, from
 * 1024 to 3840 logical pixels; the middle gets the rest. Properties start, center, end (GtkWidget), start-visible,
 * end-visible (boolean, TRUE) and room (read only, int, a SsgRoom: how much the middle has). */
#pragma once

#include <gtk/gtk.h>

typedef enum {
  SSG_ROOM_NARROW, /* labels should give way */
  SSG_ROOM_USUAL,
  SSG_ROOM_ROOMY,  /* small pictures may be larger, more can be open at once */
  SSG_ROOM_VAST    /* still more */
} SsgRoom;

#define SSG_TYPE_LAYOUT (ssg_layout_get_type())
G_DECLARE_FINAL_TYPE(SsgLayout, ssg_layout, SSG, LAYOUT, GtkWidget)
