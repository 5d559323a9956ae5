/* What the three files of the canvas share. */
#pragma once

#include "ui/canvas.h"
#include "ui/outline.h"
#include "ui/viewport.h"

/* One render with the textures made of it so far. */
typedef struct {
  SsgRender *render;
  GdkTexture *face, *mask;
  GdkTexture *depth[SSG_MAX_PARTS];
  guint64 drawn; /* ssg_probe_parts_drawn(); 0: not looked yet */
} SsgCanvasLayer;

typedef enum { DRAG_NONE, DRAG_PAN, DRAG_MOVE, DRAG_HANDLE, DRAG_SPLIT, DRAG_OVER } SsgCanvasDrag;

struct _SsgCanvas {
  GtkWidget parent_instance;

  int n_parts, size;
  char **names;
  guint32 *colors;

  SsgCanvasLayer now, before;
  SsgOutline *outlines[SSG_MAX_PARTS]; /* of now's mask, made when needed */
  GdkTexture *glow;                    /* of the part that a drop would change */
  int glow_part;

  SsgView view;
  gboolean split, empty;
  double split_at; /* [0, 1] of the picture's width */
  double opacity;
  SsgDepthStyle depth_style;
  int selected, hovered;
  gboolean pointer_inside;
  double pointer_x, pointer_y;

  SsgTool tool;
  gboolean move_whole, probing;

  SsgViewport viewport;
  double reported_zoom;

  SsgCanvasDrag drag;
  guint drag_button;
  int handle; /* 0..3, clockwise from the upper left */
  double drag_x, drag_y, last_x, last_y;
  double anchor_x, anchor_y;       /* middle of the move tool's box at the start, [-1, 1] */
  double move_dx, move_dy, move_factor;
  guint wheel_timeout; /* ends a scaling by wheel or keys */
  double pinch_zoom;

  gboolean dropping;
  int drop_part;
  SsgCode drop_code;
  double drop_x, drop_y;
  GtkDropTarget *drop_target;
};

/* Box of the move tool in [0, 1] of the picture; FALSE when there is nothing to move. */
gboolean ssg_canvas_move_box(SsgCanvas *self, double *left, double *top, double *right, double *bottom);
/* Part under a widget point: -1 beside the picture or without one. */
int ssg_canvas_part_at(SsgCanvas *self, double x, double y);
/* Widget point to [0, 1] of the picture, whether inside or not. */
void ssg_canvas_to_picture(SsgCanvas *self, double x, double y, double *px, double *py);
/* Picture rectangle in widget coordinates. */
graphene_rect_t ssg_canvas_rect(SsgCanvas *self);
/* Tile of a part in the grid of depths, in widget coordinates. */
graphene_rect_t ssg_canvas_tile(SsgCanvas *self, int part);
const SsgOutline *ssg_canvas_outline(SsgCanvas *self, int part);
void ssg_canvas_update_viewport(SsgCanvas *self);
void ssg_canvas_report_zoom(SsgCanvas *self);

void ssg_canvas_draw(SsgCanvas *self, GtkSnapshot *snapshot);                        /* canvas-draw.c */
void ssg_canvas_add_input(SsgCanvas *self);                                          /* canvas-input.c */
void ssg_canvas_emit_move(SsgCanvas *self, SsgMovePhase phase);                      /* canvas-input.c */
void ssg_canvas_end_wheel(SsgCanvas *self);                                          /* canvas-input.c */

#define SSG_SPLIT_GRIP 8 /* logical pixels to either side of the divider that take a drag */
#define SSG_HANDLE_RADIUS 6
