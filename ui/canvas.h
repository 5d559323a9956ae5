/* The picture in the middle of the window: shows a render in one of several views, with zoom, pan, outlines and labels,
 * and turns pointer and keyboard into signals. Knows nothing of documents. Main thread.
 *
 * Signals
 *   part-hovered  (int part)                 part under the pointer or reached by Tab; -1 none
 *   part-selected (int part)                 clicked, or Enter on the hovered part
 *   part-menu     (int part, double x, double y)  a menu was asked for at (x, y) in widget coordinates
 *   probed        (double x, double y)       pointer in the picture, both in [0, 1]; (-1, -1) when it left
 *   moved         (int phase, double dx, double dy, double factor, double x, double y)
 *                 move tool; totals since SSG_MOVE_BEGIN in [-1, 1] coordinates, growing about (x, y)
 *   dropped       (GObject *what, int part, uint code)  something of the drop type fell on a part; part -1: beside the
 *                 picture, meaning all of it; code is a SsgCode
 *   zoom-changed  () */
#pragma once

#include <gtk/gtk.h>
#include "engine/session.h"
#include "ui/textures.h"

typedef enum { SSG_VIEW_FACE, SSG_VIEW_MASK, SSG_VIEW_OVERLAY, SSG_VIEW_DEPTH, SSG_VIEW_DEPTHS, SSG_N_VIEWS } SsgView;
typedef enum { SSG_TOOL_SELECT, SSG_TOOL_MOVE } SsgTool;
typedef enum { SSG_MOVE_BEGIN, SSG_MOVE_UPDATE, SSG_MOVE_END } SsgMovePhase;

#define SSG_TYPE_CANVAS (ssg_canvas_get_type())
G_DECLARE_FINAL_TYPE(SsgCanvas, ssg_canvas, SSG, CANVAS, GtkWidget)

/* names: K translated names + NULL, colors: K of 0xRRGGBB; copied. size: pixels a side of the complete picture.
 * Forgets the renders; the main one only when the parts are others: the same faces seen through another model must not
 * flicker. */
void ssg_canvas_set_parts(SsgCanvas *self, int n_parts, const char *const *names, const guint32 *colors, int size);
/* NULL: nothing to show. Early, smaller renders are shown at the complete size. */
void ssg_canvas_set_render(SsgCanvas *self, SsgRender *render);
SsgRender *ssg_canvas_get_render(SsgCanvas *self); /* transfer none */
/* Every part is hidden: an empty ground is shown instead of what the network makes of nothing. */
void ssg_canvas_set_empty(SsgCanvas *self, gboolean empty);
/* What the left half of the split shows; NULL: no split possible. */
void ssg_canvas_set_before(SsgCanvas *self, SsgRender *render);

void ssg_canvas_set_view(SsgCanvas *self, SsgView view);
void ssg_canvas_set_split(SsgCanvas *self, gboolean split);
void ssg_canvas_set_overlay_opacity(SsgCanvas *self, double opacity); /* [0, 1] */
void ssg_canvas_set_depth_style(SsgCanvas *self, SsgDepthStyle style);
void ssg_canvas_set_selected(SsgCanvas *self, int part); /* -1 none */
/* Outlines a part that is pointed at elsewhere (the strip); -1 none. */
void ssg_canvas_set_hovered(SsgCanvas *self, int part);
int ssg_canvas_get_hovered(SsgCanvas *self);

void ssg_canvas_set_tool(SsgCanvas *self, SsgTool tool);
/* The move tool takes the whole foreground (the default) or the selected part. */
void ssg_canvas_set_move_whole(SsgCanvas *self, gboolean whole);
/* Whether the pointer is followed by "probed". */
void ssg_canvas_set_probing(SsgCanvas *self, gboolean probing);
/* Objects of this type may be dropped on parts. */
void ssg_canvas_accept_drops(SsgCanvas *self, GType type);

/* Logical pixels times the scale factor per picture pixel: 1 is 100 %. */
double ssg_canvas_get_zoom(SsgCanvas *self);
gboolean ssg_canvas_get_fit(SsgCanvas *self);
void ssg_canvas_zoom_fit(SsgCanvas *self);
void ssg_canvas_zoom_to(SsgCanvas *self, double zoom);
void ssg_canvas_zoom_by(SsgCanvas *self, double factor);

/* Middle of a part in widget coordinates, for tests; FALSE when the part is nowhere in the mask. */
gboolean ssg_canvas_locate_part(SsgCanvas *self, int part, double *x, double *y);
/* The same of a handle of the move tool, 0 to 3 clockwise from the upper left; FALSE while it shows none. */
gboolean ssg_canvas_locate_handle(SsgCanvas *self, int handle, double *x, double *y);
/* Modifiers to what is swapped: Shift shape, Ctrl texture, else both. */
SsgCode ssg_code_from_modifiers(GdkModifierType modifiers);
/* The same of the keys that are down now, while something is dragged over a widget. */
SsgCode ssg_code_of_drag(GtkWidget *widget);
/* What a drop swaps: what the keys say, else what was lit last. They are asked when the drop arrives, which on a busy machine is after
 * the key was let go with the button. */
SsgCode ssg_code_of_drop(GtkWidget *widget, SsgCode lit);
