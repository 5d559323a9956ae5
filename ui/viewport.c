#include "ui/viewport.h"

static double fitted_zoom(const SsgViewport *v)
{
  double w = MAX(v->width - 2 * v->margin, 16), h = MAX(v->height - 2 * v->margin, 16);
  return MAX(MIN(w / v->content_width, h / v->content_height), 1e-3);
}

/* Keeps the middle of the widget over the picture, so that no gesture loses it. */
static void clamp_center(SsgViewport *v)
{
  v->center_x = CLAMP(v->center_x, 0, v->content_width);
  v->center_y = CLAMP(v->center_y, 0, v->content_height);
}

double ssg_viewport_zoom(const SsgViewport *viewport)
{
  return viewport->fit ? fitted_zoom(viewport) : viewport->zoom;
}

void ssg_viewport_origin(const SsgViewport *viewport, double *x, double *y)
{
  double zoom = ssg_viewport_zoom(viewport);
  double cx = viewport->fit ? viewport->content_width / 2 : viewport->center_x;
  double cy = viewport->fit ? viewport->content_height / 2 : viewport->center_y;
  *x = viewport->width / 2 - cx * zoom;
  *y = viewport->height / 2 - cy * zoom;
}

void ssg_viewport_to_content(const SsgViewport *viewport, double x, double y, double *cx, double *cy)
{
  double ox, oy, zoom = ssg_viewport_zoom(viewport);
  ssg_viewport_origin(viewport, &ox, &oy);
  *cx = (x - ox) / zoom;
  *cy = (y - oy) / zoom;
}

void ssg_viewport_zoom_at(SsgViewport *viewport, double zoom, double x, double y)
{
  double cx, cy;
  ssg_viewport_to_content(viewport, x, y, &cx, &cy);
  zoom = CLAMP(zoom, SSG_VIEWPORT_MIN_ZOOM, SSG_VIEWPORT_MAX_ZOOM);
  viewport->fit = FALSE;
  viewport->zoom = zoom;
  viewport->center_x = cx - (x - viewport->width / 2) / zoom;
  viewport->center_y = cy - (y - viewport->height / 2) / zoom;
  clamp_center(viewport);
}

void ssg_viewport_pan(SsgViewport *viewport, double dx, double dy)
{
  if (viewport->fit)
    return;
  viewport->center_x -= dx / viewport->zoom;
  viewport->center_y -= dy / viewport->zoom;
  clamp_center(viewport);
}
