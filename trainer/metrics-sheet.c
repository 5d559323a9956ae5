/* Metrics as one picture: pictures on top, below them panels of bars. */
#include <math.h>
#include "engine/error.h"
#include "trainer/draw.h"
#include "trainer/metrics-measure.h"
#include "trainer/sheet.h"

#define SCALE 2 /* pixels of the picture for each unit below */
#define MARGIN 24
#define GAP 40
#define ROW 22
#define BAR 7
#define TEXT 11
#define HEADING 14
#define NAME_WIDTH 84
#define INK 0x22262b
#define INK_LIGHT 0x6a727b
#define TRACK 0xeef0f2
#define REAL 0xa9b1ba
#define GENERATED 0x3b6fd4
#define SHAPE 0x2f8f7f
#define TEXTURE 0xd08a2e
#define BAD 0xb3261e

/* A panel under way: where it is and how far it has come. */
typedef struct {
  cairo_t *cr;
  double x, y, width;
} Panel;

static void text(const Panel *panel, double x, double align, guint32 color, const char *what)
{
  ssg_draw_set_color(panel->cr, color, 1);
  ssg_draw_text(panel->cr, panel->x + x, panel->y + ROW / 2.0 + 4, align, what, TEXT, SSG_DRAW_PLAIN);
}

static void name(const Panel *panel, const char *what)
{
  g_autofree char *fitting = ssg_draw_shorten(panel->cr, what, TEXT, SSG_DRAW_PLAIN, NAME_WIDTH - 8);
  text(panel, 0, 0, INK, fitting);
}

/* Bar `which` (0 upper, 1 lower) of the row, filled to `share` (0 to 1, more is cut off) of width. NaN leaves the
 * track. */
static void bar(const Panel *panel, double x, double width, int which, double share, guint32 color)
{
  double y = panel->y + ROW / 2.0 + (which ? 0.5 : -BAR - 0.5);
  ssg_draw_set_color(panel->cr, TRACK, 1);
  cairo_rectangle(panel->cr, panel->x + x, y, width, BAR);
  cairo_fill(panel->cr);
  if (!isfinite(share))
    return;
  ssg_draw_set_color(panel->cr, color, 1);
  cairo_rectangle(panel->cr, panel->x + x, y, width * CLAMP(share, 0, 1), BAR);
  cairo_fill(panel->cr);
}

/* Heading, and a legend of two colours at the right end. */
static void heading(Panel *panel, const char *title, guint32 color_a, const char *a, guint32 color_b, const char *b)
{
  const struct {
    guint32 color;
    const char *what;
  } legend[] = {{color_b, b}, {color_a, a}};
  double x = panel->x + panel->width;
  ssg_draw_set_color(panel->cr, INK, 1);
  ssg_draw_text(panel->cr, panel->x, panel->y + 15, 0, title, HEADING, SSG_DRAW_BOLD);
  for (int i = 0; i < 2; i++) {
    x -= ssg_draw_text_width(panel->cr, legend[i].what, TEXT, SSG_DRAW_PLAIN);
    ssg_draw_set_color(panel->cr, INK, 1);
    ssg_draw_text(panel->cr, x, panel->y + 14, 0, legend[i].what, TEXT, SSG_DRAW_PLAIN);
    x -= 14;
    ssg_draw_set_color(panel->cr, legend[i].color, 1);
    cairo_rectangle(panel->cr, x, panel->y + 6, 9, 9);
    cairo_fill(panel->cr);
    x -= 12;
  }
  panel->y += ROW + 4;
}

static void ratio_text(const Panel *panel, double x, double ratio, double limit)
{
  g_autofree char *label = isfinite(ratio) ? g_strdup_printf(ratio < 99.5 ? "%.2f" : "%.0f", ratio) : g_strdup("–");
  gboolean bad = isfinite(ratio) && (ratio > limit || (limit < 1.4 && ratio < 1 / limit));
  text(panel, x, 1, bad ? BAD : INK, label);
}

/* --- distances --- */

static void distance_rows(Panel *panel, const char *title, double unit, const SsgDistances distances[2])
{
  double left = NAME_WIDTH + 30, width = panel->width - left - 132, most = 0;
  for (int s = 0; s < 2; s++)
    for (int level = 0; level < distances[s].n_levels; level++)
      most = fmax(most, distances[s].value[level]);
  text(panel, 0, 0, INK_LIGHT, title);
  panel->y += ROW - 2;
  for (int level = 0; level <= distances->n_levels; level++, panel->y += ROW) {
    gboolean mean = level == distances->n_levels;
    double generated = mean ? distances[0].mean : distances[0].value[level];
    double real = mean ? distances[1].mean : distances[1].value[level];
    g_autofree char *label =
        mean ? g_strdup("mean of the sizes") : g_strdup_printf("%d pixels", distances->size[level]);
    g_autofree char *values = g_strdup_printf("%.3g / %.2g", unit * generated, unit * real);
    text(panel, 0, 0, INK, label);
    bar(panel, left, width, 0, most > 0 ? generated / most : 0, GENERATED);
    bar(panel, left, width, 1, most > 0 ? real / most : 0, REAL);
    text(panel, left + width + 94, 1, INK_LIGHT, values);
    ratio_text(panel, panel->width, ssg_metrics_ratio(generated, real), 1.5);
  }
  panel->y += 6;
}

static void draw_distances(Panel *panel, const SsgMetrics *m)
{
  heading(panel, "Distance to real pictures", GENERATED, "generated", REAL, "other real");
  distance_rows(panel, "Sliced Wasserstein distance × 1000; the last column is the ratio", 1000, m->sliced);
  distance_rows(panel, "Patch statistics", 1, m->patches);
}

/* --- classes --- */

static void class_rows(Panel *panel, const SsgMetrics *m, const SsgClassShares *generated, gboolean images)
{
  const double *shares = images ? generated->images : generated->pixels;
  const double *data = images ? m->data.images : m->data.pixels;
  double left = NAME_WIDTH, width = panel->width - left - 142;
  for (int k = 0; k < m->n_parts; k++, panel->y += ROW) {
    double real = m->has_masks ? data[k] : NAN;
    g_autofree char *values =
        m->has_masks ? g_strdup_printf(images ? "%.1f / %.1f %%" : "%.2f / %.2f %%", 100 * shares[k], 100 * real)
                     : g_strdup_printf(images ? "%.1f %%" : "%.2f %%", 100 * shares[k]);
    name(panel, m->part_names[k]);
    /* Areas go from a thousandth to a half: by their square roots small classes can be seen too. */
    bar(panel, left, width, 0, images ? shares[k] : sqrt(shares[k]), m->part_colors[k]);
    bar(panel, left, width, 1, images ? real : sqrt(real), REAL);
    text(panel, left + width + 104, 1, INK_LIGHT, values);
    ratio_text(panel, panel->width, ssg_metrics_ratio(shares[k], real), 1.3);
  }
}

static void draw_classes(Panel *panel, const SsgMetrics *m, gboolean images)
{
  heading(panel, images ? "Share of pictures with the class" : "Share of pixels (square roots)",
          m->part_colors[MIN(1, m->n_parts - 1)], "generated", REAL, "data");
  class_rows(panel, m, &m->generated, images);
}

/* --- locality --- */

static void draw_locality(Panel *panel, const SsgMetrics *m)
{
  double left = NAME_WIDTH, width = panel->width - left - 132, top;
  heading(panel, "Change inside the edited part", SHAPE, "shape", TEXTURE, "texture");
  top = panel->y;
  for (int k = 0; k < m->n_parts; k++, panel->y += ROW) {
    double inside[2], changed[2];
    for (int t = 0; t < 2; t++) {
      inside[t] = ssg_locality_inside(&m->locality[2 * k + t]);
      changed[t] = ssg_locality_changed(&m->locality[2 * k + t]);
    }
    g_autofree char *values = isfinite(inside[0]) && isfinite(inside[1])
                                  ? g_strdup_printf("%.0f / %.0f %%", 100 * inside[0], 100 * inside[1])
                                  : g_strdup("–");
    g_autofree char *outside = g_strdup_printf("%.2f", 100 * fmax(changed[0], changed[1]));
    name(panel, m->part_names[k]);
    bar(panel, left, width, 0, inside[0], SHAPE);
    bar(panel, left, width, 1, inside[1], TEXTURE);
    text(panel, left + width + 76, 1, INK_LIGHT, values);
    text(panel, panel->width, 1, fmax(changed[0], changed[1]) > 0.01 ? BAD : INK, outside);
  }
  ssg_draw_set_color(panel->cr, INK, 0.5);
  cairo_set_line_width(panel->cr, 1);
  cairo_move_to(panel->cr, panel->x + left + 0.9 * width, top);
  cairo_line_to(panel->cr, panel->x + left + 0.9 * width, panel->y);
  cairo_stroke(panel->cr);
  text(panel, 0, 0, INK_LIGHT, "Line: 90%. Last column: largest % of the other pixels that change class.");
}

/* --- the whole --- */

static SsgImage *draw_pictures(const SsgMetrics *m, GError **error)
{
  int n = m->faces->n, rows = m->real->labels ? 4 : 3, tile = m->size;
  gsize pixels = (gsize) m->size * m->size;
  const char *const captions[] = {"generated", "masks", "real", "masks"};
  while (tile < 128 * SCALE && 2 * tile <= 160 * SCALE)
    tile *= 2;
  g_autoptr(SsgSheet) sheet = ssg_sheet_new(rows, n, tile, tile);
  ssg_sheet_set_gap(sheet, 2 * SCALE);
  for (int r = 0; r < rows; r++)
    ssg_sheet_set_row_caption(sheet, r, captions[r]);
  for (int i = 0; i < n; i++) {
    ssg_sheet_set_tile(sheet, 0, i, m->faces->rgb + 3 * pixels * i, m->size, m->size, 0);
    ssg_sheet_set_tile_labels(sheet, 1, i, m->faces->labels + pixels * i, m->size, m->size, m->part_colors, m->n_parts);
    ssg_sheet_set_tile(sheet, 2, i, m->real->rgb + 3 * pixels * i, m->size, m->size, 0);
    if (rows > 3)
      ssg_sheet_set_tile_labels(sheet, 3, i, m->real->labels + pixels * i, m->size, m->size, m->part_colors,
                                m->n_parts);
  }
  return ssg_sheet_render(sheet, error);
}

static gboolean draw_image(cairo_t *cr, const SsgImage *image, double x, double y, GError **error)
{
  cairo_surface_t *surface =
      ssg_draw_surface_from_rgb(image->pixels, image->width, image->height, 3 * (gsize) image->width);
  if (!surface) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "not enough memory to draw the metrics");
    return FALSE;
  }
  cairo_save(cr);
  cairo_translate(cr, x, y);
  cairo_scale(cr, 1.0 / SCALE, 1.0 / SCALE);
  cairo_set_source_surface(cr, surface, 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
  cairo_paint(cr);
  cairo_restore(cr);
  cairo_surface_destroy(surface);
  return TRUE;
}

static void draw_title(cairo_t *cr, const SsgMetrics *m)
{
  g_autofree char *base = g_path_get_basename(m->model_path), *data = g_path_get_basename(m->data_path);
  g_autofree char *seen =
      m->images_seen >= 0 ? g_strdup_printf(" after %" G_GINT64_FORMAT " images", m->images_seen) : g_strdup("");
  g_autofree char *title = g_strdup_printf("%s%s", base, seen);
  g_autofree char *about = g_strdup_printf("%d faces at truncation %g, and %d + %d real pictures of %s, %d × %d pixels",
                                           m->count, m->truncation, m->count, m->count, data, m->size, m->size);
  ssg_draw_set_color(cr, INK, 1);
  ssg_draw_text(cr, MARGIN, 34, 0, title, 18, SSG_DRAW_BOLD);
  ssg_draw_set_color(cr, INK_LIGHT, 1);
  ssg_draw_text(cr, MARGIN, 54, 0, about, 12, SSG_DRAW_PLAIN);
}

SsgImage *ssg_metrics_draw(const SsgMetrics *m, GError **error)
{
  const double top = 62;
  g_autoptr(SsgImage) pictures = draw_pictures(m, error);
  if (!pictures)
    return NULL;
  double pictures_height = (double) pictures->height / SCALE, bars_top = top + pictures_height + 8;
  int width = MAX(1040, (int) ceil((double) pictures->width / SCALE)),
      levels = m->sliced[0].n_levels + m->patches[0].n_levels;
  double panel_width = (width - 2 * MARGIN - GAP) / 2.0, class_height = 30 + (m->n_parts + 1.5) * ROW;
  double other_height = 30 + (levels + 4 + 1) * ROW;
  double second = bars_top + class_height,
         height = second + fmax(other_height, m->locality ? class_height : 0) + MARGIN;
  if (SCALE * height > 32767) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "the sheet of pictures of %d pixels would be too large", m->size);
    return NULL;
  }
  cairo_t *cr = ssg_draw_new(width, (int) ceil(height), SCALE);
  draw_title(cr, m);
  gboolean good = draw_image(cr, pictures, 0, top, error);
  Panel panels[4];
  for (int i = 0; i < 4; i++)
    panels[i] = (Panel){cr, MARGIN + i % 2 * (panel_width + GAP), i < 2 ? bars_top : second, panel_width};
  draw_classes(&panels[0], m, FALSE);
  draw_classes(&panels[1], m, TRUE);
  draw_distances(&panels[2], m);
  if (m->locality)
    draw_locality(&panels[3], m);
  SsgImage *image = good ? ssg_draw_to_image(cr, error) : NULL;
  cairo_destroy(cr);
  return image;
}
