/* Colour maps for depth and weights, made from own formulas: each is a curve in the Oklab space whose lightness rises evenly
 * (so that equal steps look equal, also in grey and to colour-blind eyes). Any thread. */
#pragma once

#include <glib.h>

typedef enum {
  SSG_COLORMAP_EMBER,  /* black, violet, orange, pale yellow */
  SSG_COLORMAP_LAGOON, /* navy, teal, pale green */
  SSG_COLORMAP_GREY,
  SSG_COLORMAP_TIDE,   /* diverging: blue, light grey in the middle, red */
  SSG_N_COLORMAPS
} SsgColormap;

/* 256 entries of R G B 255; static, made on first use. */
const guint8 *ssg_colormap_table(SsgColormap map);
/* Untranslated identifier ("ember"), used in settings and files. */
const char *ssg_colormap_id(SsgColormap map);
/* The map of an identifier; SSG_COLORMAP_EMBER for an unknown one. */
SsgColormap ssg_colormap_from_id(const char *id);
/* Translated name for people; static. */
const char *ssg_colormap_title(SsgColormap map);
