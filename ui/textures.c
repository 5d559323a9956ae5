#include "ui/textures.h"

#include "ui/enlarge.h"

static GdkTexture *take_rgba(guint8 *pixels, int size)
{
  g_autoptr(GBytes) bytes = g_bytes_new_take(pixels, (gsize) size * size * 4);
  return gdk_memory_texture_new(size, size, GDK_MEMORY_R8G8B8A8, bytes, (gsize) size * 4);
}

GdkTexture *ssg_texture_face(SsgRender *render)
{
  g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(render->rgb, (gsize) render->size * render->size * 4,
                                                       (GDestroyNotify) ssg_render_unref, ssg_render_ref(render));
  return gdk_memory_texture_new(render->size, render->size, GDK_MEMORY_R8G8B8A8, bytes, (gsize) render->size * 4);
}

/* So many pixels a side are enough to be drawn at any size without stairs. */
#define SMOOTH_SIZE 512

GdkTexture *ssg_texture_face_smooth(SsgRender *render)
{
  int factor = CLAMP(SMOOTH_SIZE / render->size, 1, 4), size = render->size * factor;
  if (factor == 1)
    return ssg_texture_face(render);
  guint8 *pixels = g_malloc((gsize) size * size * 4);
  ssg_enlarge(render->rgb, render->size, factor, pixels);
  return take_rgba(pixels, size);
}

GdkTexture *ssg_texture_mask(SsgRender *render, const guint32 *colors)
{
  guint8 *pixels = g_malloc((gsize) render->size * render->size * 4);
  ssg_paint_mask(render, colors, 1, pixels);
  return take_rgba(pixels, render->size);
}

GdkTexture *ssg_texture_part(SsgRender *render, int part, guint32 color)
{
  gsize n = (gsize) render->size * render->size;
  guint8 *pixels = g_malloc0(n * 4);
  for (gsize i = 0; i < n; i++)
    if (render->mask[i] == part) {
      pixels[4 * i] = color >> 16 & 255;
      pixels[4 * i + 1] = color >> 8 & 255;
      pixels[4 * i + 2] = color & 255;
      pixels[4 * i + 3] = 255;
    }
  return take_rgba(pixels, render->size);
}

GdkTexture *ssg_texture_depth(SsgRender *render, int part, const SsgDepthStyle *style)
{
  guint8 *pixels = g_malloc((gsize) render->coarse_size * render->coarse_size * 4);
  ssg_paint_depth(render, part, style, pixels);
  return take_rgba(pixels, render->coarse_size);
}
