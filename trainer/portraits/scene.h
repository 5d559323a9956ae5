/* Inside of the artist: one picture while it is being drawn. Not for users of portrait.h.
 *
 * Geometry is drawn with Cairo into coverage masks, once, for picture and labels alike; colours come from shaders that
 * return a surface (albedo, normal, gloss) per pixel, which the look then lights. So every look shares the geometry,
 * and a label is exactly a mask's coverage of at least one half. */
#pragma once

#include <cairo.h>

#include "numeric.h"
#include "portrait.h"

/* Picture widths per head unit, and half an eye's width in head units, at scale 1. */
#define SSG_HEAD_UNIT 0.265f
#define SSG_EYE_HALF 0.282f

/* What a shader says about a point. */
typedef struct {
  SsgColor albedo;
  float nx, ny, nz; /* towards the viewer nz > 0, y down; need not be normalised */
  float shade;      /* 0..1: light that reaches the point (1 = all): occlusion and cast shadow */
  float gloss;      /* added highlight: strength */
  float sharp;      /* 0 broad .. 1 small highlight */
  float skin;       /* 0..1: shadows turn warm, as light through skin does */
  float emit;       /* 0..1: shows its albedo unlit (eyes' glints, teeth partly) */
  float alpha;      /* 0..1 opacity over what is below */
} SsgSurface;

typedef struct SsgScene SsgScene;

/* x, y: the point, in head units (SSG_SPACE_HEAD, SSG_SPACE_BODY) or picture widths (SSG_SPACE_PICTURE); px: index of
 * the pixel. out arrives as white, normal (0, 0, 1), shade 1, alpha 1, all else 0. */
typedef void (*SsgShader)(const SsgScene *scene, const void *data, float x, float y, int px, SsgSurface *out);

/* Body: head units about the same centre, but it does not roll with the head, and lies SSG_BODY_LIFT higher. */
typedef enum { SSG_SPACE_HEAD, SSG_SPACE_BODY, SSG_SPACE_PICTURE } SsgSpace;
#define SSG_BODY_LIFT 0.22f

/* Coverage, one byte a pixel, and the box of what was drawn (in pixels, x1 and y1 beyond the end). */
typedef struct {
  int size, stride;
  uint8_t *data;
  cairo_surface_t *surface;
  cairo_t *cr;
  int x0, y0, x1, y1;
  SsgSpace space;
} SsgMask;

typedef enum {
  SSG_PAINT_PART = 0,         /* sets labels */
  SSG_PAINT_DETAIL = 1 << 0,  /* colour on a part that is there already: leaves the labels */
  SSG_PAINT_NO_LINE = 1 << 1, /* no contour in the looks that draw contours */
  SSG_PAINT_AGAIN = 1 << 2    /* lies within what was just painted as the same part: flat colours have it already */
} SsgPaintFlags;

/* A soft bump of the skin: height * bell(dx^2 * ix + dy^2 * iy) after turning by (c, s). */
typedef struct {
  float x, y, ix, iy, c, s, height;
} SsgBump;

#define SSG_MAX_BUMPS 32

struct SsgScene {
  const SsgPortrait *p;
  SsgPortraitLook look;
  int size;
  float *rgb;       /* [size*size*3] */
  uint8_t *labels;  /* [size*size] */
  uint8_t *line;    /* [size*size] contours, for looks that draw them, else NULL */
  uint8_t *scratch; /* [size*size*2] */
  uint8_t *shadow;  /* [size*size] cast shadow on skin and cloth: 255 = full */
  SsgMask mask[4];  /* 0: the part at hand, 1: detail, 2: the face from ssg_draw_face() to the brows, then
                      the hair in front, 3: what a part's file needs besides */
  cairo_matrix_t head, head_inverse, body, body_inverse, picture_inverse;
  float sy, cy, sp, cp; /* sine and cosine of yaw and pitch */
  uint32_t salt;        /* per portrait, for textures */

  SsgColor key, ambient, shadow_tint, rim; /* light */
  float lx, ly, lz;

  /* Features on the picture plane, head units. Index 0: picture's left, 1: right. */
  SsgPoint eye_in[2], eye_out[2], eye[2], brow[2], ear[2];
  SsgPoint nose_top, nose_tip, nose_base, nose_wing[2], mouth, mouth_corner[2], chin;
  float beard_drop;
  int n_bumps;
  SsgBump bump[SSG_MAX_BUMPS];
};

/* scene.c */
SsgPoint ssg_scene_at(const SsgScene *scene, float x, float y, float z); /* a point of the head, turned, on the plane */
void ssg_scene_set_up(SsgScene *scene); /* light, features, bumps; after p, size and look are set */

/* mask.c: begin clears the mask and gives a context in the space asked for, with an empty path. */
bool ssg_mask_init(SsgMask *mask, int size);
void ssg_mask_clear(SsgMask *mask);
cairo_t *ssg_mask_begin(SsgMask *mask, const SsgScene *scene, SsgSpace space);
void ssg_mask_fill(SsgMask *mask);                 /* fills the context's path into the mask, consumes it */
void ssg_mask_stroke(SsgMask *mask, double width); /* in the space's units, round caps and joins */
void ssg_mask_unite(SsgMask *mask, const SsgMask *with);
void ssg_mask_intersect(SsgMask *mask, const SsgMask *with);
void ssg_mask_subtract(SsgMask *mask, const SsgMask *what);
/* out (size*size bytes) = max(out, mask moved by dx, dy pixels and blurred with `radius` pixels, times strength). */
void ssg_mask_cast(const SsgMask *mask, uint8_t *out, uint8_t *scratch, float dx, float dy, float radius,
                   float strength);
/* Curves through points (Catmull-Rom as Bezier); `closed` joins the last to the first. Starts a new sub-path unless
 * `join` (then a line goes to the first point). */
void ssg_path_smooth(cairo_t *cr, const SsgPoint *points, int n, bool closed, bool join);
/* A stroke that tapers: filled outline around a quadratic curve a, b, c with half widths wa, wb, wc. */
void ssg_path_taper(cairo_t *cr, SsgPoint a, SsgPoint b, SsgPoint c, float wa, float wb, float wc);
void ssg_path_ellipse(cairo_t *cr, float x, float y, float rx, float ry, float angle);

/* paint.c: shades every pixel of mask (times clip's coverage, if not NULL) and mixes it over the picture. */
void ssg_scene_paint(SsgScene *scene, SsgPortraitPart part, const SsgMask *mask, const SsgMask *clip, SsgShader shader,
                     const void *data, SsgPaintFlags flags);

/* looks.c */
SsgColor ssg_look_light(const SsgScene *scene, SsgPortraitPart part, const SsgSurface *surface, float x, float y,
                        int px, SsgColor below);
void ssg_look_finish(SsgScene *scene);
bool ssg_look_has_lines(SsgPortraitLook look);

/* Parts, in the order of drawing. */
void ssg_draw_background(SsgScene *scene);
void ssg_draw_back_hair(SsgScene *scene);
void ssg_draw_hood(SsgScene *scene); /* the part of a hood that lies behind the neck */
void ssg_draw_neck(SsgScene *scene);
void ssg_draw_cloth(SsgScene *scene);
void ssg_draw_ears(SsgScene *scene);
void ssg_draw_face(SsgScene *scene);
void ssg_draw_nose(SsgScene *scene);
void ssg_draw_mouth(SsgScene *scene);
void ssg_draw_eyes(SsgScene *scene);
void ssg_draw_brows(SsgScene *scene);
void ssg_draw_hair(SsgScene *scene);
void ssg_draw_glasses(SsgScene *scene);
void ssg_draw_hat(SsgScene *scene);
void ssg_draw_earrings(SsgScene *scene);

/* face.c: what others need of the skin. */
void ssg_skin_shade(const SsgScene *scene, float x, float y, int px, SsgSurface *out);
void ssg_face_contour(const SsgScene *scene, cairo_t *cr, float grow, float beard);
/* hair.c: the mask of the hair in front of the face, for its shadow; false when there is none. */
bool ssg_hair_front_mask(const SsgScene *scene, SsgMask *mask);
/* hats.c */
bool ssg_hat_mask(const SsgScene *scene, SsgMask *mask);
