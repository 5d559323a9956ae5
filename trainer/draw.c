#include "trainer/draw.h"

#include "engine/error.h"

cairo_t *ssg_draw_new(int width, int height, double scale)
{
  cairo_surface_t *surface =
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int) (width * scale + 0.5), (int) (height * scale + 0.5));
  cairo_t *cr = cairo_create(surface);
  cairo_surface_destroy(surface);
  cairo_scale(cr, scale, scale);
  ssg_draw_set_color(cr, 0xffffff, 1);
  cairo_paint(cr);
  return cr;
}

SsgImage *ssg_draw_to_image(cairo_t *cr, GError **error)
{
  cairo_surface_t *surface = cairo_get_target(cr);
  cairo_surface_flush(surface);
  if (cairo_status(cr) != CAIRO_STATUS_SUCCESS) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "cannot draw the picture: %s",
                cairo_status_to_string(cairo_status(cr)));
    return NULL;
  }
  int width = cairo_image_surface_get_width(surface), height = cairo_image_surface_get_height(surface);
  int stride = cairo_image_surface_get_stride(surface);
  const guint8 *data = cairo_image_surface_get_data(surface);
  SsgImage *image = ssg_image_new(width, height, 3, error);
  for (int y = 0; image && y < height; y++)
    for (int x = 0; x < width; x++) {
      guint32 pixel = ((const guint32 *) (const void *) (data + (gsize) y * stride))[x];
      guint8 *to = image->pixels + 3 * ((gsize) y * width + x);
      to[0] = (guint8) (pixel >> 16);
      to[1] = (guint8) (pixel >> 8);
      to[2] = (guint8) pixel;
    }
  return image;
}

cairo_surface_t *ssg_draw_surface_from_rgb(const guint8 *rgb, int width, int height, gsize stride)
{
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
  if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
    cairo_surface_destroy(surface);
    return NULL;
  }
  guint8 *data = cairo_image_surface_get_data(surface);
  int to_stride = cairo_image_surface_get_stride(surface);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const guint8 *from = rgb + (gsize) y * stride + 3 * x;
      ((guint32 *) (void *) (data + (gsize) y * to_stride))[x] =
          (guint32) from[0] << 16 | (guint32) from[1] << 8 | from[2];
    }
  cairo_surface_mark_dirty(surface);
  return surface;
}

void ssg_draw_set_color(cairo_t *cr, guint32 color, double alpha)
{
  cairo_set_source_rgba(cr, (color >> 16 & 255) / 255.0, (color >> 8 & 255) / 255.0, (color & 255) / 255.0, alpha);
}

static void set_font(cairo_t *cr, double size, SsgDrawWeight weight)
{
  cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                         weight == SSG_DRAW_BOLD ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, size);
}

double ssg_draw_text_width(cairo_t *cr, const char *text, double size, SsgDrawWeight weight)
{
  cairo_text_extents_t extents;
  set_font(cr, size, weight);
  cairo_text_extents(cr, text, &extents);
  return extents.x_advance;
}

void ssg_draw_text(cairo_t *cr, double x, double y, double align, const char *text, double size, SsgDrawWeight weight)
{
  double width = ssg_draw_text_width(cr, text, size, weight);
  cairo_move_to(cr, x - align * width, y);
  cairo_show_text(cr, text);
  cairo_new_path(cr);
}

#define MAX_SHOWN 1000 /* no sheet is wide enough for more characters */

char *ssg_draw_shorten(cairo_t *cr, const char *text, double size, SsgDrawWeight weight, double room)
{
  glong all = g_utf8_strlen(text, -1), length = MIN(all, MAX_SHOWN);
  char *shorter = length < all ? g_utf8_substring(text, 0, length) : g_strdup(text);
  for (; length > 0 && ssg_draw_text_width(cr, shorter, size, weight) > room;) {
    g_autofree char *start = g_utf8_substring(text, 0, --length);
    g_free(shorter);
    shorter = g_strconcat(g_strchomp(start), "…", NULL);
  }
  return shorter;
}
