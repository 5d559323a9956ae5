/* What curves and sheets share: Cairo surfaces as pictures, and text. Sizes in pixels before the surface's scale. Texts
 * are UTF-8 in the system's sans serif. */
#pragma once

#include <cairo.h>
#include "engine/image.h"

/* A white surface of width x height, each scaled by `scale` (2: twice as many pixels each way). Destroy the context. */
cairo_t *ssg_draw_new(int width, int height, double scale);
/* The surface as RGB. Errors: SSG_ERROR_MEMORY when Cairo ran out of it. */
SsgImage *ssg_draw_to_image(cairo_t *cr, GError **error);
/* rgb [height, width, 3] as a Cairo surface that keeps its own copy; NULL when out of memory. */
cairo_surface_t *ssg_draw_surface_from_rgb(const guint8 *rgb, int width, int height, gsize stride);

/* 0xRRGGBB; alpha 0 to 1. */
void ssg_draw_set_color(cairo_t *cr, guint32 color, double alpha);

typedef enum { SSG_DRAW_PLAIN = 0, SSG_DRAW_BOLD = 1 } SsgDrawWeight;
/* Width of a line of text. */
double ssg_draw_text_width(cairo_t *cr, const char *text, double size, SsgDrawWeight weight);
/* A line of text whose baseline is y, in the current colour; align 0: x is its left end, 0.5 its middle, 1 its right
 * end. */
void ssg_draw_text(cairo_t *cr, double x, double y, double align, const char *text, double size, SsgDrawWeight weight);
/* `text`, shortened with an ellipsis until it is no wider than room. Free it. */
char *ssg_draw_shorten(cairo_t *cr, const char *text, double size, SsgDrawWeight weight, double room);
