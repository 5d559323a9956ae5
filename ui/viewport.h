/* Where a picture lies in a widget: fit, zoom and pan. Plain arithmetic without widgets.
 * Content coordinates are picture pixels of the full size; widget coordinates are logical pixels. */
#pragma once

#include <glib.h>

typedef struct {
  double width, height;                 /* of the widget, logical pixels */
  double content_width, content_height; /* of the picture, its own pixels; > 0 */
  double margin;                        /* kept free around a fitted picture, logical pixels */
  gboolean fit;                         /* zoom and centre follow the sizes */
  double zoom;                          /* logical pixels per picture pixel; read it with ssg_viewport_zoom() */
  double center_x, center_y;            /* the content point in the middle of the widget when not fitted */
} SsgViewport;

#define SSG_VIEWPORT_MIN_ZOOM 0.05
#define SSG_VIEWPORT_MAX_ZOOM 64.0

/* Logical pixels per picture pixel, the fitted one when fit is set. */
double ssg_viewport_zoom(const SsgViewport *viewport);
/* Widget coordinates of the content's upper left corner. */
void ssg_viewport_origin(const SsgViewport *viewport, double *x, double *y);
void ssg_viewport_to_content(const SsgViewport *viewport, double x, double y, double *cx, double *cy);
/* Zooms so that the content point under (x, y) stays there; ends the fit. The picture can not be pushed out of sight. */
void ssg_viewport_zoom_at(SsgViewport *viewport, double zoom, double x, double y);
/* Moves the picture by (dx, dy) widget pixels; does nothing to a fitted one. */
void ssg_viewport_pan(SsgViewport *viewport, double dx, double dy);
