#include "trainer/sheet.h"

#include <math.h>
#include "engine/error.h"
#include "trainer/draw.h"

#define MAX_SIDE 32767 /* of a Cairo surface */
#define INK 0x22262b
#define INK_LIGHT 0x6a727b
#define EMPTY 0xeef0f2
#define WIDEST_TITLE 1600 /* what is wider is cut, where the pictures are narrower */

typedef struct {
  cairo_surface_t *picture;
  char *caption;
  gboolean framed;
  guint32 frame;
} Tile;

struct SsgSheet {
  int rows, columns, tile_width, tile_height, gap;
  char *title, *subtitle;
  char **row_captions, **column_captions;
  char **legend_names; /* or NULL */
  guint32 *legend_colors;
  Tile *tiles;
};

/* Where everything lies, in pixels. */
typedef struct {
  double text, title; /* sizes of type */
  int margin, left, top, step_x, width, height, legend; /* legend: where it begins */
  int *rows;                                            /* where each begins, and the end of the last */
} Layout;

static gboolean any_text(char **texts, int n)
{
  for (int i = 0; i < n; i++)
    if (texts[i])
      return TRUE;
  return FALSE;
}

static gboolean row_has_captions(const SsgSheet *sheet, int row)
{
  for (int i = 0; i < sheet->columns; i++)
    if (sheet->tiles[row * sheet->columns + i].caption)
      return TRUE;
  return FALSE;
}

/* Colours and names, line after line within the margins; returns where it ends. cr draws, or measures with `draw` FALSE. */
static int lay_out_legend(cairo_t *cr, const SsgSheet *sheet, const Layout *l, gboolean draw)
{
  double text = l->text, x = l->left, y = l->legend, right = l->width - l->margin;
  for (int i = 0; sheet->legend_names[i]; i++) {
    g_autofree char *name = ssg_draw_shorten(cr, sheet->legend_names[i], text, SSG_DRAW_PLAIN, right - l->left - 1.4 * text);
    double width = 1.4 * text + ssg_draw_text_width(cr, name, text, SSG_DRAW_PLAIN);
    if (x > l->left && x + width > right) {
      x = l->left;
      y += 1.7 * text;
    }
    if (draw) {
      ssg_draw_set_color(cr, sheet->legend_colors[i], 1);
      cairo_rectangle(cr, round(x), round(y + 0.1 * text), round(text), round(text));
      cairo_fill(cr);
      ssg_draw_set_color(cr, INK, 1);
      ssg_draw_text(cr, x + 1.4 * text, y + text, 0, name, text, SSG_DRAW_PLAIN);
    }
    x += width + 1.4 * text;
  }
  return (int) ceil(y + 1.2 * text);
}

static Layout lay_out(const SsgSheet *sheet, cairo_t *measure)
{
  Layout l = {.text = CLAMP(sheet->tile_width / 11.0, 10, 22)};
  gboolean columns = any_text(sheet->column_captions, sheet->columns),
           rows = any_text(sheet->row_captions, sheet->rows);
  gboolean captions = FALSE;
  for (int i = 0; i < sheet->rows; i++)
    captions |= row_has_captions(sheet, i);
  gboolean plain = !columns && !rows && !captions && !sheet->title && !sheet->subtitle && !sheet->legend_names;
  double widest = 0;
  l.title = round(1.5 * l.text);
  l.margin = plain ? sheet->gap : (int) ceil(1.2 * l.text);
  l.left = l.top = l.margin;
  if (sheet->title)
    l.top += (int) ceil(1.5 * l.title);
  if (sheet->subtitle)
    l.top += (int) ceil(1.6 * l.text);
  if (sheet->title || sheet->subtitle)
    l.top += (int) ceil(0.4 * l.text);
  if (columns)
    l.top += (int) ceil(1.7 * l.text);
  for (int i = 0; i < sheet->rows; i++)
    if (sheet->row_captions[i])
      widest = MAX(widest, ssg_draw_text_width(measure, sheet->row_captions[i], l.text, SSG_DRAW_PLAIN));
  if (rows)
    l.left += (int) ceil(widest + 0.8 * l.text);
  l.step_x = sheet->tile_width + sheet->gap;
  l.rows = g_new(int, sheet->rows + 1);
  l.rows[0] = l.top;
  for (int i = 0; i < sheet->rows; i++)
    l.rows[i + 1] = l.rows[i] + sheet->tile_height + sheet->gap + (row_has_captions(sheet, i) ? (int) ceil(1.8 * l.text) : 0);
  l.width = l.left + sheet->columns * l.step_x - sheet->gap + l.margin;
  l.height = l.rows[sheet->rows] - sheet->gap + l.margin;
  int widened = 2 * l.margin; /* a title may be wider than two small tiles */
  if (sheet->title)
    widened += (int) ceil(ssg_draw_text_width(measure, sheet->title, l.title, SSG_DRAW_BOLD));
  if (sheet->subtitle)
    widened = MAX(widened, 2 * l.margin + (int) ceil(ssg_draw_text_width(measure, sheet->subtitle, l.text, SSG_DRAW_PLAIN)));
  l.width = MAX(l.width, MIN(widened, WIDEST_TITLE));
  if (sheet->legend_names) {
    l.legend = l.rows[sheet->rows] + (int) ceil(0.4 * l.text);
    l.height = lay_out_legend(measure, sheet, &l, FALSE) + l.margin;
  }
  return l;
}

static void draw_caption(cairo_t *cr, double middle, double baseline, double room, const char *text, double size)
{
  g_autofree char *fitting = ssg_draw_shorten(cr, text, size, SSG_DRAW_PLAIN, room);
  ssg_draw_set_color(cr, INK, 1);
  ssg_draw_text(cr, middle, baseline, 0.5, fitting, size, SSG_DRAW_PLAIN);
}

static void draw_texts(cairo_t *cr, const SsgSheet *sheet, const Layout *l)
{
  double y = l->margin, room = l->width - 2 * l->margin;
  if (sheet->title) {
    ssg_draw_set_color(cr, INK, 1);
    g_autofree char *fitting = ssg_draw_shorten(cr, sheet->title, l->title, SSG_DRAW_BOLD, room);
    ssg_draw_text(cr, l->margin, y + l->title, 0, fitting, l->title, SSG_DRAW_BOLD);
    y += ceil(1.5 * l->title);
  }
  if (sheet->subtitle) {
    ssg_draw_set_color(cr, INK_LIGHT, 1);
    g_autofree char *fitting = ssg_draw_shorten(cr, sheet->subtitle, l->text, SSG_DRAW_PLAIN, room);
    ssg_draw_text(cr, l->margin, y + l->text, 0, fitting, l->text, SSG_DRAW_PLAIN);
  }
  for (int i = 0; i < sheet->columns; i++)
    if (sheet->column_captions[i])
      draw_caption(cr, l->left + i * l->step_x + sheet->tile_width / 2.0, l->top - 0.65 * l->text, sheet->tile_width,
                   sheet->column_captions[i], l->text);
  for (int i = 0; i < sheet->rows; i++)
    if (sheet->row_captions[i]) {
      ssg_draw_set_color(cr, INK, 1);
      ssg_draw_text(cr, l->left - 0.8 * l->text, l->rows[i] + sheet->tile_height / 2.0 + 0.35 * l->text, 1,
                    sheet->row_captions[i], l->text, SSG_DRAW_PLAIN);
    }
}

static void draw_tile(cairo_t *cr, const SsgSheet *sheet, const Layout *l, int row, int column)
{
  const Tile *tile = &sheet->tiles[row * sheet->columns + column];
  double x = l->left + column * l->step_x, y = l->rows[row];
  if (tile->picture) {
    int width = cairo_image_surface_get_width(tile->picture), height = cairo_image_surface_get_height(tile->picture);
    double scale = MIN(sheet->tile_width / (double) width, sheet->tile_height / (double) height);
    cairo_save(cr);
    cairo_translate(cr, x + (sheet->tile_width - scale * width) / 2, y + (sheet->tile_height - scale * height) / 2);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, tile->picture, 0, 0);
    /* Whole multiples stay crisp pixels, as masks and small samples should; the rest is filtered. */
    gboolean whole = scale >= 1 && fabs(scale - round(scale)) < 1e-9;
    cairo_pattern_set_filter(cairo_get_source(cr), whole ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_BEST);
    cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
    cairo_rectangle(cr, 0, 0, width, height);
    cairo_fill(cr);
    cairo_restore(cr);
  } else {
    ssg_draw_set_color(cr, EMPTY, 1);
    cairo_rectangle(cr, x, y, sheet->tile_width, sheet->tile_height);
    cairo_fill(cr);
  }
  if (tile->framed) {
    double line = MAX(2, sheet->gap);
    ssg_draw_set_color(cr, tile->frame, 1);
    cairo_set_line_width(cr, line);
    cairo_rectangle(cr, x + line / 2, y + line / 2, sheet->tile_width - line, sheet->tile_height - line);
    cairo_stroke(cr);
  }
  if (tile->caption)
    draw_caption(cr, x + sheet->tile_width / 2.0, y + sheet->tile_height + 1.25 * l->text, sheet->tile_width,
                 tile->caption, l->text);
}

static void set_text(char **where, const char *text)
{
  g_free(*where);
  *where = g_strdup(text);
}

static Tile *get_tile(SsgSheet *sheet, int row, int column)
{
  g_assert(row >= 0 && row < sheet->rows && column >= 0 && column < sheet->columns);
  return &sheet->tiles[row * sheet->columns + column];
}

SsgSheet *ssg_sheet_new(int rows, int columns, int tile_width, int tile_height)
{
  g_assert(rows > 0 && columns > 0 && tile_width > 0 && tile_height > 0);
  SsgSheet *sheet = g_new0(SsgSheet, 1);
  sheet->rows = rows;
  sheet->columns = columns;
  sheet->tile_width = tile_width;
  sheet->tile_height = tile_height;
  sheet->gap = 2;
  sheet->row_captions = g_new0(char *, rows);
  sheet->column_captions = g_new0(char *, columns);
  sheet->tiles = g_new0(Tile, (gsize) rows * columns);
  return sheet;
}

void ssg_sheet_free(SsgSheet *sheet)
{
  if (!sheet)
    return;
  for (int i = 0; i < sheet->rows * sheet->columns; i++) {
    g_clear_pointer(&sheet->tiles[i].picture, cairo_surface_destroy);
    g_free(sheet->tiles[i].caption);
  }
  for (int i = 0; i < sheet->rows; i++)
    g_free(sheet->row_captions[i]);
  for (int i = 0; i < sheet->columns; i++)
    g_free(sheet->column_captions[i]);
  g_free(sheet->row_captions);
  g_free(sheet->column_captions);
  g_free(sheet->tiles);
  g_strfreev(sheet->legend_names);
  g_free(sheet->legend_colors);
  g_free(sheet->title);
  g_free(sheet->subtitle);
  g_free(sheet);
}

void ssg_sheet_set_gap(SsgSheet *sheet, int gap)
{
  sheet->gap = MAX(gap, 0);
}

void ssg_sheet_set_title(SsgSheet *sheet, const char *title, const char *subtitle)
{
  set_text(&sheet->title, title);
  set_text(&sheet->subtitle, subtitle);
}

void ssg_sheet_set_legend(SsgSheet *sheet, char *const *names, const guint32 *colors, int n)
{
  g_strfreev(sheet->legend_names);
  g_free(sheet->legend_colors);
  sheet->legend_names = g_new0(char *, n + 1);
  sheet->legend_colors = g_memdup2(colors, (gsize) n * sizeof *colors);
  for (int i = 0; i < n; i++)
    sheet->legend_names[i] = g_strdup(names[i]);
}

void ssg_sheet_set_row_caption(SsgSheet *sheet, int row, const char *text)
{
  g_assert(row >= 0 && row < sheet->rows);
  set_text(&sheet->row_captions[row], text);
}

void ssg_sheet_set_column_caption(SsgSheet *sheet, int column, const char *text)
{
  g_assert(column >= 0 && column < sheet->columns);
  set_text(&sheet->column_captions[column], text);
}

void ssg_sheet_set_tile_caption(SsgSheet *sheet, int row, int column, const char *text)
{
  set_text(&get_tile(sheet, row, column)->caption, text);
}

void ssg_sheet_set_tile_frame(SsgSheet *sheet, int row, int column, guint32 color)
{
  Tile *tile = get_tile(sheet, row, column);
  tile->framed = TRUE;
  tile->frame = color;
}

void ssg_sheet_set_tile(SsgSheet *sheet, int row, int column, const guint8 *rgb, int width, int height, gsize stride)
{
  Tile *tile = get_tile(sheet, row, column);
  g_clear_pointer(&tile->picture, cairo_surface_destroy);
  tile->picture = ssg_draw_surface_from_rgb(rgb, width, height, stride ? stride : (gsize) 3 * width);
}

void ssg_sheet_set_tile_float(SsgSheet *sheet, int row, int column, const float *rgb, int width, int height)
{
  gsize n = (gsize) 3 * width * height;
  g_autofree guint8 *bytes = g_malloc(n);
  for (gsize i = 0; i < n; i++) {
    float value = rgb[i] * 127.5f + 128;                       /* truncated: 1/2 added for rounding */
    bytes[i] = (guint8) (value >= 0 ? MIN(value, 255.0f) : 0); /* a NaN becomes 0 */
  }
  ssg_sheet_set_tile(sheet, row, column, bytes, width, height, 0);
}

void ssg_sheet_set_tile_labels(SsgSheet *sheet, int row, int column, const guint8 *labels, int width, int height,
                               const guint32 *colors, int n_colors)
{
  gsize n = (gsize) width * height;
  g_autofree guint8 *bytes = g_malloc(3 * n);
  for (gsize i = 0; i < n; i++) {
    guint32 color = labels[i] < n_colors ? colors[labels[i]] : 0;
    bytes[3 * i] = (guint8) (color >> 16);
    bytes[3 * i + 1] = (guint8) (color >> 8);
    bytes[3 * i + 2] = (guint8) color;
  }
  ssg_sheet_set_tile(sheet, row, column, bytes, width, height, 0);
}

SsgImage *ssg_sheet_render(const SsgSheet *sheet, GError **error)
{
  cairo_t *measure = ssg_draw_new(1, 1, 1);
  gint64 least_width = (gint64) sheet->columns * (sheet->tile_width + sheet->gap);
  gint64 least_height = (gint64) sheet->rows * (sheet->tile_height + sheet->gap);
  Layout l = {0};
  if (least_width <= MAX_SIDE && least_height <= MAX_SIDE)
    l = lay_out(sheet, measure);
  cairo_destroy(measure);
  g_autofree int *rows = l.rows;
  if (l.width < 1 || l.width > MAX_SIDE || l.height > MAX_SIDE) {
    g_set_error(
        error, SSG_ERROR, SSG_ERROR_ARGUMENT,
        "a sheet of %d x %d pictures of %dx%d pixels is larger than %d pixels: fewer rows, columns or smaller pictures",
        sheet->columns, sheet->rows, sheet->tile_width, sheet->tile_height, MAX_SIDE);
    return NULL;
  }
  cairo_t *cr = ssg_draw_new(l.width, l.height, 1);
  draw_texts(cr, sheet, &l);
  for (int row = 0; row < sheet->rows; row++)
    for (int column = 0; column < sheet->columns; column++)
      draw_tile(cr, sheet, &l, row, column);
  if (sheet->legend_names)
    lay_out_legend(cr, sheet, &l, TRUE);
  SsgImage *image = ssg_draw_to_image(cr, error);
  cairo_destroy(cr);
  return image;
}

gboolean ssg_sheet_save(const SsgSheet *sheet, const char *path, const SsgImageOrigin *origin, GError **error)
{
  g_autoptr(SsgImage) image = ssg_sheet_render(sheet, error);
  if (!image)
    return FALSE;
  SsgPixels pixels = ssg_image_pixels(image);
  return ssg_png_save(path, &pixels, origin, error);
}
