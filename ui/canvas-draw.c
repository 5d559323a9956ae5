#include "ui/canvas-private.h"

#include "app/i18n.h"
#include "app/probe.h"
#include <math.h>

static const GdkRGBA white = { 1, 1, 1, 1 };

static GdkRGBA theme_color(SsgCanvas *self, const char *name, GdkRGBA otherwise)
{
  GdkRGBA color;
  return gtk_style_context_lookup_color(gtk_widget_get_style_context(GTK_WIDGET(self)), name, &color) ? color
                                                                                                      : otherwise;
}

static GdkTexture *face_texture(SsgCanvasLayer *layer)
{
  if (!layer->face)
    layer->face = ssg_texture_face_smooth(layer->render);
  return layer->face;
}

static GdkTexture *mask_texture(SsgCanvas *self, SsgCanvasLayer *layer)
{
  if (!layer->mask)
    layer->mask = ssg_texture_mask(layer->render, self->colors);
  return layer->mask;
}

static GdkTexture *depth_texture(SsgCanvas *self, SsgCanvasLayer *layer, int part)
{
  if (!layer->depth[part])
    layer->depth[part] = ssg_texture_depth(layer->render, part, &self->depth_style);
  return layer->depth[part];
}

/* A short text on a dark pill whose middle of the upper edge lies at (x, y), kept inside the widget. */
static void draw_pill(SsgCanvas *self, GtkSnapshot *snapshot, const char *text, double x, double y, double alpha)
{
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), text);
  int width, height;
  pango_layout_get_pixel_size(layout, &width, &height);
  float w = width + 20, h = height + 8;
  float left = CLAMP((float) x - w / 2, 4, MAX(4, (float) self->viewport.width - w - 4));
  float top = CLAMP((float) y, 4, MAX(4, (float) self->viewport.height - h - 4));
  GskRoundedRect pill;
  gsk_rounded_rect_init_from_rect(&pill, &GRAPHENE_RECT_INIT(roundf(left), roundf(top), w, h), h / 2);
  gtk_snapshot_push_rounded_clip(snapshot, &pill);
  gtk_snapshot_append_color(snapshot, &(GdkRGBA) { 0.08f, 0.08f, 0.10f, (float) alpha }, &pill.bounds);
  gtk_snapshot_pop(snapshot);
  gtk_snapshot_save(snapshot);
  gtk_snapshot_translate(snapshot, &GRAPHENE_POINT_INIT(roundf(left) + 10, roundf(top) + 4));
  gtk_snapshot_append_layout(snapshot, layout, &white);
  gtk_snapshot_restore(snapshot);
}

/* A dark rim below a coloured line, so that it is seen on any picture. */
static void draw_outline(SsgCanvas *self, GtkSnapshot *snapshot, const graphene_rect_t *rect, int part,
                         const GdkRGBA *color, double width)
{
  const SsgOutline *outline = ssg_canvas_outline(self, part);
  if (outline->n == 0)
    return;
  graphene_rect_t bounds;
  graphene_rect_intersection(rect, &GRAPHENE_RECT_INIT(0, 0, (float) self->viewport.width, (float) self->viewport.height),
                             &bounds);
  cairo_t *cr = gtk_snapshot_append_cairo(snapshot, &bounds);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
  for (int i = 0; i < outline->n; i++) {
    const SsgSegment *s = outline->segments + i;
    cairo_move_to(cr, rect->origin.x + s->x0 * rect->size.width, rect->origin.y + s->y0 * rect->size.height);
    cairo_line_to(cr, rect->origin.x + s->x1 * rect->size.width, rect->origin.y + s->y1 * rect->size.height);
  }
  cairo_set_source_rgba(cr, 0, 0, 0, 0.45);
  cairo_set_line_width(cr, width + 2);
  cairo_stroke_preserve(cr);
  gdk_cairo_set_source_rgba(cr, color);
  cairo_set_line_width(cr, width);
  cairo_stroke(cr);
  cairo_destroy(cr);
}

static void draw_layer(SsgCanvas *self, GtkSnapshot *snapshot, SsgCanvasLayer *layer, const graphene_rect_t *rect)
{
  switch (self->view) {
  case SSG_VIEW_MASK:
    gtk_snapshot_append_texture(snapshot, mask_texture(self, layer), rect);
    break;
  case SSG_VIEW_OVERLAY:
    gtk_snapshot_append_texture(snapshot, face_texture(layer), rect);
    gtk_snapshot_push_opacity(snapshot, self->opacity);
    gtk_snapshot_append_texture(snapshot, mask_texture(self, layer), rect);
    gtk_snapshot_pop(snapshot);
    break;
  case SSG_VIEW_DEPTH:
    /* Without a selection: the first part that has a depth. */
    gtk_snapshot_append_texture(snapshot,
                                depth_texture(self, layer, self->selected >= 0 ? self->selected : MIN(1, self->n_parts - 1)),
                                rect);
    break;
  default:
    gtk_snapshot_append_texture(snapshot, face_texture(layer), rect);
  }
}

/* Depths of parts that are nowhere in the picture are faint: they are no part of it, but there to be looked at. */
static void draw_tile(SsgCanvas *self, GtkSnapshot *snapshot, int part, const graphene_rect_t *rect)
{
  SsgCanvasLayer *layer = &self->now;
  if (!layer->drawn)
    layer->drawn = ssg_probe_parts_drawn(layer->render);
  gboolean faint = !(layer->drawn >> part & 1);
  if (faint) {
    gtk_snapshot_append_color(snapshot, &(GdkRGBA) { 0.5f, 0.5f, 0.5f, 0.18f }, rect);
    gtk_snapshot_push_opacity(snapshot, 0.2);
  }
  gtk_snapshot_append_texture(snapshot, depth_texture(self, layer, part), rect);
  if (faint)
    gtk_snapshot_pop(snapshot);
}

static void draw_grid(SsgCanvas *self, GtkSnapshot *snapshot)
{
  GdkRGBA accent = theme_color(self, "accent_bg_color", (GdkRGBA) { 0.2f, 0.52f, 0.89f, 1 });
  graphene_rect_t first = ssg_canvas_tile(self, 0);
  float gap = MAX(2, first.size.width * 0.025f), radius = MIN(10, first.size.width * 0.06f);
  for (int k = 0; k < self->n_parts; k++) {
    graphene_rect_t tile = ssg_canvas_tile(self, k), inner;
    graphene_rect_inset_r(&tile, gap, gap, &inner);
    GskRoundedRect clip;
    gsk_rounded_rect_init_from_rect(&clip, &inner, radius);
    gtk_snapshot_push_rounded_clip(snapshot, &clip);
    draw_tile(self, snapshot, k, &inner);
    gtk_snapshot_pop(snapshot);
    /* Always an edge: some maps are as light, or as dark, as what is around them. */
    gboolean pointed = k == self->selected || k == self->hovered;
    GdkRGBA c = k == self->selected ? accent : pointed ? (GdkRGBA) { 1, 1, 1, 0.8f } : (GdkRGBA) { 0.5f, 0.5f, 0.5f, 0.3f };
    float line = pointed ? 2 : 1;
    gtk_snapshot_append_border(snapshot, &clip, (float[4]) { line, line, line, line }, (GdkRGBA[4]) { c, c, c, c });
    if (inner.size.width > 56)
      draw_pill(self, snapshot, self->names[k], inner.origin.x + inner.size.width / 2,
                inner.origin.y + inner.size.height - 30, 0.55);
  }
}

static void draw_move_box(SsgCanvas *self, GtkSnapshot *snapshot, const graphene_rect_t *rect)
{
  double left, top, right, bottom;
  if (!ssg_canvas_move_box(self, &left, &top, &right, &bottom))
    return;
  GdkRGBA accent = theme_color(self, "accent_bg_color", (GdkRGBA) { 0.2f, 0.52f, 0.89f, 1 });
  float x0 = rect->origin.x + (float) left * rect->size.width, x1 = rect->origin.x + (float) right * rect->size.width;
  float y0 = rect->origin.y + (float) top * rect->size.height, y1 = rect->origin.y + (float) bottom * rect->size.height;
  GskRoundedRect box;
  gsk_rounded_rect_init_from_rect(&box, &GRAPHENE_RECT_INIT(x0 - 1, y0 - 1, x1 - x0 + 2, y1 - y0 + 2), 2);
  GdkRGBA rim = { 0, 0, 0, 0.4f };
  gtk_snapshot_append_border(snapshot, &box, (float[4]) { 3, 3, 3, 3 }, (GdkRGBA[4]) { rim, rim, rim, rim });
  gsk_rounded_rect_init_from_rect(&box, &GRAPHENE_RECT_INIT(x0, y0, x1 - x0, y1 - y0), 2);
  gtk_snapshot_append_border(snapshot, &box, (float[4]) { 1.5f, 1.5f, 1.5f, 1.5f },
                             (GdkRGBA[4]) { accent, accent, accent, accent });
  float xs[4] = { x0, x1, x1, x0 }, ys[4] = { y0, y0, y1, y1 };
  for (int i = 0; i < 4; i++) {
    GskRoundedRect dot;
    graphene_rect_t square = GRAPHENE_RECT_INIT(xs[i] - SSG_HANDLE_RADIUS, ys[i] - SSG_HANDLE_RADIUS,
                                                2 * SSG_HANDLE_RADIUS, 2 * SSG_HANDLE_RADIUS);
    gsk_rounded_rect_init_from_rect(&dot, &square, SSG_HANDLE_RADIUS);
    gtk_snapshot_push_rounded_clip(snapshot, &dot);
    gtk_snapshot_append_color(snapshot, &white, &square);
    gtk_snapshot_pop(snapshot);
    gtk_snapshot_append_border(snapshot, &dot, (float[4]) { 2, 2, 2, 2 }, (GdkRGBA[4]) { accent, accent, accent, accent });
  }
}

static void draw_divider(SsgCanvas *self, GtkSnapshot *snapshot, const graphene_rect_t *rect, float x)
{
  float top = MAX(rect->origin.y, 0), bottom = MIN(rect->origin.y + rect->size.height, (float) self->viewport.height);
  gtk_snapshot_append_color(snapshot, &(GdkRGBA) { 0, 0, 0, 0.35f }, &GRAPHENE_RECT_INIT(x - 2, top, 4, bottom - top));
  gtk_snapshot_append_color(snapshot, &white, &GRAPHENE_RECT_INIT(x - 1, top, 2, bottom - top));
  graphene_rect_t square = GRAPHENE_RECT_INIT(x - 9, (top + bottom) / 2 - 14, 18, 28);
  GskRoundedRect grip;
  gsk_rounded_rect_init_from_rect(&grip, &square, 9);
  gtk_snapshot_push_rounded_clip(snapshot, &grip);
  gtk_snapshot_append_color(snapshot, &white, &square);
  for (int i = -1; i <= 1; i += 2)
    gtk_snapshot_append_color(snapshot, &(GdkRGBA) { 0.3f, 0.3f, 0.32f, 1 },
                              &GRAPHENE_RECT_INIT(x + 2.5f * i - 0.5f, (top + bottom) / 2 - 5, 1, 10));
  gtk_snapshot_pop(snapshot);
  if (rect->size.width > 220) {
    draw_pill(self, snapshot, _("Before"), MAX(rect->origin.x, 0) + 50, top + 12, 0.6);
    draw_pill(self, snapshot, _("After"), MIN(rect->origin.x + rect->size.width, self->viewport.width) - 46, top + 12,
              0.6);
  }
}

/* The chequered ground that means "nothing here". */
static void draw_nothing(GtkSnapshot *snapshot, const graphene_rect_t *rect)
{
  const float side = 12;
  const GdkRGBA light = { 0.80f, 0.80f, 0.80f, 1 }, dark = { 0.67f, 0.67f, 0.67f, 1 };
  graphene_rect_t tile = GRAPHENE_RECT_INIT(rect->origin.x, rect->origin.y, 2 * side, 2 * side);
  gtk_snapshot_append_color(snapshot, &light, rect);
  gtk_snapshot_push_repeat(snapshot, rect, &tile);
  gtk_snapshot_append_color(snapshot, &dark, &GRAPHENE_RECT_INIT(tile.origin.x, tile.origin.y, side, side));
  gtk_snapshot_append_color(snapshot, &dark, &GRAPHENE_RECT_INIT(tile.origin.x + side, tile.origin.y + side, side, side));
  gtk_snapshot_pop(snapshot);
}

static void draw_picture(SsgCanvas *self, GtkSnapshot *snapshot, const graphene_rect_t *rect)
{
  gboolean split = self->split && self->before.render;
  float at = rect->origin.x + (float) self->split_at * rect->size.width;
  if (self->empty)
    draw_nothing(snapshot, rect);
  else
    draw_layer(self, snapshot, &self->now, rect);
  if (split) {
    gtk_snapshot_push_clip(snapshot, &GRAPHENE_RECT_INIT(rect->origin.x, rect->origin.y, at - rect->origin.x,
                                                         rect->size.height));
    draw_layer(self, snapshot, &self->before, rect);
    gtk_snapshot_pop(snapshot);
  }
}

/* The part that a drop would change lights up. */
static void draw_glow(SsgCanvas *self, GtkSnapshot *snapshot, const graphene_rect_t *rect, const GdkRGBA *accent)
{
  if (self->drop_part < 0) {
    gtk_snapshot_append_color(snapshot, &(GdkRGBA) { accent->red, accent->green, accent->blue, 0.18f }, rect);
    return;
  }
  if (!self->glow || self->glow_part != self->drop_part) {
    guint32 color = (guint32) (accent->red * 255) << 16 | (guint32) (accent->green * 255) << 8 |
                    (guint32) (accent->blue * 255);
    g_clear_object(&self->glow);
    self->glow = ssg_texture_part(self->now.render, self->drop_part, color);
    self->glow_part = self->drop_part;
  }
  gtk_snapshot_push_opacity(snapshot, 0.45);
  gtk_snapshot_append_texture(snapshot, self->glow, rect);
  gtk_snapshot_pop(snapshot);
  draw_outline(self, snapshot, rect, self->drop_part, accent, 2.5);
}

static void draw_drop_label(SsgCanvas *self, GtkSnapshot *snapshot)
{
  const char *part = self->drop_part >= 0 ? self->names[self->drop_part] : NULL;
  g_autofree char *text = NULL;
  if (!part)
    text = g_strdup(_("Drop to take the whole face"));
  else if (self->drop_code == SSG_CODE_SHAPE)
    text = g_strdup_printf(_("%s: drop to swap the shape"), part);
  else if (self->drop_code == SSG_CODE_TEXTURE)
    text = g_strdup_printf(_("%s: drop to swap the texture"), part);
  else
    text = g_strdup_printf(_("%s: drop to swap"), part);
  draw_pill(self, snapshot, text, self->drop_x, self->drop_y - 60, 0.85);
}

void ssg_canvas_draw(SsgCanvas *self, GtkSnapshot *snapshot)
{
  if (!self->now.render || self->n_parts == 0)
    return;
  if (self->view == SSG_VIEW_DEPTHS) {
    draw_grid(self, snapshot);
    if (self->dropping)
      draw_drop_label(self, snapshot);
    return;
  }
  GdkRGBA accent = theme_color(self, "accent_bg_color", (GdkRGBA) { 0.2f, 0.52f, 0.89f, 1 });
  graphene_rect_t rect = ssg_canvas_rect(self);
  GskRoundedRect frame;
  gsk_rounded_rect_init_from_rect(&frame, &rect, self->viewport.fit ? 12 : 0);
  gtk_snapshot_append_outset_shadow(snapshot, &frame, &(GdkRGBA) { 0, 0, 0, 0.28f }, 0, 2, 0, 12);
  gtk_snapshot_push_rounded_clip(snapshot, &frame);
  draw_picture(self, snapshot, &rect);
  if (self->dropping)
    draw_glow(self, snapshot, &rect, &accent);
  else if (self->tool == SSG_TOOL_SELECT && self->drag != DRAG_PAN && !self->empty) {
    gboolean attended = self->pointer_inside || gtk_widget_has_visible_focus(GTK_WIDGET(self)) || self->hovered >= 0;
    if (self->selected >= 0 && attended)
      draw_outline(self, snapshot, &rect, self->selected, &accent, 2);
    if (self->hovered >= 0 && self->hovered != self->selected)
      draw_outline(self, snapshot, &rect, self->hovered, &white, 1.5);
  }
  gtk_snapshot_pop(snapshot);
  if (self->split && self->before.render)
    draw_divider(self, snapshot, &rect, rect.origin.x + (float) self->split_at * rect.size.width);
  if (self->empty && !self->dropping)
    draw_pill(self, snapshot, _("All parts are hidden"), rect.origin.x + rect.size.width / 2,
              rect.origin.y + rect.size.height / 2 - 12, 0.75);
  if (self->tool == SSG_TOOL_MOVE && !self->dropping && !self->empty)
    draw_move_box(self, snapshot, &rect);
  if (self->dropping)
    draw_drop_label(self, snapshot);
  else if (self->hovered >= 0 && self->tool == SSG_TOOL_SELECT && self->drag == DRAG_NONE) {
    double x = self->pointer_x, y = self->pointer_y - 40;
    const SsgOutline *o = ssg_canvas_outline(self, self->hovered);
    if (!self->pointer_inside && o->n == 0)
      return; /* pointed at in the strip, and nowhere in the picture */
    if (!self->pointer_inside) {
      x = rect.origin.x + (o->left + o->right) / 2 * rect.size.width;
      y = rect.origin.y + o->top * rect.size.height - 36;
    }
    draw_pill(self, snapshot, self->names[self->hovered], x, y, 0.75);
  }
}
