#include "trainer/curves.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "trainer/draw.h"

#define PANEL_WIDTH 520
#define PANEL_HEIGHT 300
#define PANEL_GAP 26
#define MARGIN 30
#define TITLE_HEIGHT 52
#define AXIS_LEFT 58
#define AXIS_BOTTOM 40
#define AXIS_TOP 50
#define TEXT 12.0
#define INK 0x22262b
#define INK_LIGHT 0x6a727b
#define GRID 0xe6e9ec
#define LINE 0xb4bbc2

/* Okabe and Ito's colours: told apart by (nearly) everybody. */
static const guint32 palette[] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x7a5cb8, 0x555b62};

typedef struct {
  double images, value;
} Point;

typedef struct {
  char *name;
  GArray *points; /* Point, in the order they came */
} Series;

typedef struct {
  char *group;
  GPtrArray *series; /* Series */
} Panel;

struct SsgCurves {
  char *title;
  GPtrArray *panels;
};

/* Known groups: what the panel's title says. */
static const struct {
  const char *group, *title;
} titles[] = {{"loss", "Losses"},
              {"score", "Discriminator scores (logits)"},
              {"r1", "R1 penalty: squared gradient norm"},
              {"path", "Path length"},
              {"metric", "Metrics"},
              {"speed", "Speed"},
              {"memory", "Memory (MiB)"},
              {"lr", "Learning rate"}};

typedef struct {
  double least, most; /* data, as drawn (log10 on a logarithmic axis) */
  double step;
  gboolean logarithmic;
} Axis;

static void series_free(gpointer data)
{
  Series *series = data;
  g_free(series->name);
  g_array_unref(series->points);
  g_free(series);
}

static void panel_free(gpointer data)
{
  Panel *panel = data;
  g_free(panel->group);
  g_ptr_array_unref(panel->series);
  g_free(panel);
}

SsgCurves *ssg_curves_new(const char *title)
{
  SsgCurves *curves = g_new0(SsgCurves, 1);
  curves->title = g_strdup(title);
  curves->panels = g_ptr_array_new_with_free_func(panel_free);
  return curves;
}

void ssg_curves_free(SsgCurves *curves)
{
  if (!curves)
    return;
  g_ptr_array_unref(curves->panels);
  g_free(curves->title);
  g_free(curves);
}

static Panel *find_panel(SsgCurves *curves, const char *group, gsize length)
{
  for (guint i = 0; i < curves->panels->len; i++) {
    Panel *panel = g_ptr_array_index(curves->panels, i);
    if (strlen(panel->group) == length && strncmp(panel->group, group, length) == 0)
      return panel;
  }
  Panel *panel = g_new0(Panel, 1);
  panel->group = g_strndup(group, length);
  panel->series = g_ptr_array_new_with_free_func(series_free);
  g_ptr_array_add(curves->panels, panel);
  return panel;
}

static Series *find_series(Panel *panel, const char *name)
{
  for (guint i = 0; i < panel->series->len; i++) {
    Series *series = g_ptr_array_index(panel->series, i);
    if (g_str_equal(series->name, name))
      return series;
  }
  Series *series = g_new0(Series, 1);
  series->name = g_strdup(name);
  series->points = g_array_new(FALSE, FALSE, sizeof(Point));
  g_ptr_array_add(panel->series, series);
  return series;
}

void ssg_curves_add(SsgCurves *curves, const char *key, double images, double value)
{
  const char *slash = strchr(key, '/');
  Point point = {images, value};
  if (!isfinite(value) || !isfinite(images))
    return;
  Panel *panel = find_panel(curves, key, slash ? (gsize) (slash - key) : strlen(key));
  g_array_append_val(find_series(panel, slash ? slash + 1 : key)->points, point);
}

static gboolean add_line(SsgCurves *curves, const char *line, gsize length)
{
  g_autoptr(JsonParser) parser = json_parser_new();
  if (!json_parser_load_from_data(parser, line, (gssize) length, NULL))
    return FALSE;
  JsonNode *root = json_parser_get_root(parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT(root))
    return FALSE;
  JsonObject *object = json_node_get_object(root);
  JsonNode *images = json_object_get_member(object, "images");
  if (!images || !JSON_NODE_HOLDS_VALUE(images))
    return FALSE;
  double at = json_node_get_double(images);
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;
  json_object_iter_init(&iter, object);
  while (json_object_iter_next(&iter, &key, &value))
    if (strchr(key, '/') && JSON_NODE_HOLDS_VALUE(value)) /* "iteration", "time" and the like are no curves */
      ssg_curves_add(curves, key, at, json_node_get_double(value));
  return TRUE;
}

gboolean ssg_curves_load(SsgCurves *curves, const char *stats_path, GError **error)
{
  g_autofree char *text = NULL;
  gsize size;
  int number = 1;
  if (!g_file_get_contents(stats_path, &text, &size, error))
    return FALSE;
  for (const char *line = text, *end; line < text + size; line = end + 1, number++) {
    end = memchr(line, '\n', (gsize) (text + size - line));
    if (!end)
      break; /* cut off while it was written */
    if (end > line && !add_line(curves, line, (gsize) (end - line))) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s, line %d is no JSON object with \"images\"", stats_path,
                  number);
      return FALSE;
    }
  }
  return TRUE;
}

/* 1, 2 or 5 times a power of ten, so that about `ticks` of them cover `range`. */
static double nice_step(double range, int ticks)
{
  double raw = range / ticks, power = pow(10, floor(log10(raw))), share = raw / power;
  return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

static Axis make_axis(double least, double most, gboolean logarithmic, int ticks)
{
  Axis axis = {.logarithmic = logarithmic};
  if (logarithmic) {
    axis.least = floor(log10(least));
    axis.most = ceil(log10(most));
    axis.step = MAX(1, ceil((axis.most - axis.least) / ticks));
    return axis;
  }
  if (most - least < 1e-12 * MAX(fabs(least), fabs(most)) || most == least) { /* a flat line in the middle */
    double around = most != 0 ? fabs(most) / 2 : 1;
    least -= around;
    most += around;
  }
  axis.step = nice_step(most - least, ticks);
  axis.least = floor(least / axis.step + 1e-9) * axis.step;
  axis.most = ceil(most / axis.step - 1e-9) * axis.step;
  return axis;
}

static double on_axis(const Axis *axis, double value)
{
  return ((axis->logarithmic ? log10(value) : value) - axis->least) / (axis->most - axis->least);
}

/* "1500", "20k", "1.2M"; small numbers with as many places as the step needs. */
static char *tick_text(double value, double step)
{
  double size = MAX(fabs(value), fabs(step));
  const char *unit = size >= 1e6 ? "M" : size >= 1e4 ? "k" : "";
  double factor = size >= 1e6 ? 1e6 : size >= 1e4 ? 1e3 : 1;
  if (fabs(value) < 1e-9 * step)
    return g_strdup("0");
  if (size < 1e-3)
    return g_strdup_printf("%.0e", value);
  int places = (int) CLAMP(ceil(-log10(step / factor) - 1e-9), 0, 6);
  return g_strdup_printf("%s%.*f%s", value < 0 ? "−" : "", places, fabs(value) / factor, unit);
}

static gboolean wants_logarithm(const Panel *panel, double *least, double *most)
{
  *least = INFINITY;
  *most = -INFINITY;
  for (guint s = 0; s < panel->series->len; s++) {
    const GArray *points = ((Series *) g_ptr_array_index(panel->series, s))->points;
    for (guint i = 0; i < points->len; i++) {
      *least = MIN(*least, g_array_index(points, Point, i).value);
      *most = MAX(*most, g_array_index(points, Point, i).value);
    }
  }
  return *least > 0 && *most / *least > 1000;
}

static void draw_grid(cairo_t *cr, const Axis *x, const Axis *y, double width, double height)
{
  cairo_set_line_width(cr, 1);
  for (double at = y->least; at <= y->most + 1e-9 * y->step; at += y->step) {
    double py = height * (1 - (at - y->least) / (y->most - y->least));
    ssg_draw_set_color(cr, GRID, 1);
    cairo_move_to(cr, 0, py);
    cairo_line_to(cr, width, py);
    cairo_stroke(cr);
    g_autofree char *text = y->logarithmic
                                ? (fabs(at) <= 3 ? g_strdup_printf("%g", pow(10, at)) : g_strdup_printf("1e%.0f", at))
                                : tick_text(at, y->step);
    ssg_draw_set_color(cr, INK_LIGHT, 1);
    ssg_draw_text(cr, -8, py + 4, 1, text, TEXT, SSG_DRAW_PLAIN);
  }
  for (double at = x->least; at <= x->most + 1e-9 * x->step; at += x->step) {
    double px = width * (at - x->least) / (x->most - x->least);
    g_autofree char *text = tick_text(at, x->step);
    ssg_draw_set_color(cr, LINE, 1);
    cairo_move_to(cr, px, height);
    cairo_line_to(cr, px, height + 4);
    cairo_stroke(cr);
    ssg_draw_set_color(cr, INK_LIGHT, 1);
    ssg_draw_text(cr, px, height + 18, 0.5, text, TEXT, SSG_DRAW_PLAIN);
  }
  ssg_draw_set_color(cr, LINE, 1);
  cairo_move_to(cr, 0, height);
  cairo_line_to(cr, width, height);
  cairo_stroke(cr);
}

/* One column of pixels: what its points average to, and how far they reach. */
typedef struct {
  double sum, least, most;
  int count;
} Column;

static void draw_series(cairo_t *cr, const Series *series, const Axis *x, const Axis *y, double width, double height,
                        guint32 color)
{
  int n_columns = (int) width / 2;
  g_autofree Column *columns = g_new0(Column, n_columns + 1);
  for (guint i = 0; i < series->points->len; i++) {
    const Point *point = &g_array_index(series->points, Point, i);
    double px = on_axis(x, point->images), py = height * (1 - on_axis(y, point->value));
    Column *column = &columns[(int) CLAMP(px * n_columns, 0, n_columns)];
    column->least = column->count ? MIN(column->least, py) : py;
    column->most = column->count ? MAX(column->most, py) : py;
    column->sum += py;
    column->count++;
  }
  /* The range of every column as a pale band, then the averages, smoothed a little, as the line. */
  ssg_draw_set_color(cr, color, 0.22);
  cairo_set_line_width(cr, width / n_columns);
  for (int i = 0; i <= n_columns; i++)
    if (columns[i].count > 1 && columns[i].most - columns[i].least > 1) {
      cairo_move_to(cr, i * width / n_columns, columns[i].least);
      cairo_line_to(cr, i * width / n_columns, columns[i].most);
    }
  cairo_stroke(cr);
  double last_x = 0, last_y = 0;
  int reach = series->points->len > (guint) n_columns ? 4 : 0, drawn = 0;
  cairo_new_path(cr);
  for (int i = 0; i <= n_columns; i++) {
    if (!columns[i].count)
      continue;
    double sum = 0, weights = 0; /* smoothed over the neighbours on both sides: no lag */
    for (int j = MAX(0, i - reach); j <= MIN(n_columns, i + reach); j++)
      if (columns[j].count) {
        double weight = exp(-0.25 * (j - i) * (j - i));
        sum += weight * columns[j].sum / columns[j].count;
        weights += weight;
      }
    last_x = i * width / n_columns;
    last_y = sum / weights;
    cairo_line_to(cr, last_x, last_y);
    drawn++;
  }
  ssg_draw_set_color(cr, color, 1);
  cairo_set_line_width(cr, 1.8);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
  if (drawn > 1) {
    cairo_stroke(cr);
  } else { /* a single point is no line */
    cairo_new_path(cr);
    cairo_arc(cr, last_x, last_y, 3, 0, 2 * G_PI);
    cairo_fill(cr);
  }
}

static void draw_legend(cairo_t *cr, const Panel *panel, double width)
{
  double x = width;
  for (guint i = panel->series->len; i-- > 0;) {
    const Series *series = g_ptr_array_index(panel->series, i);
    g_autofree char *text = g_strdup(series->name);
    x -= ssg_draw_text_width(cr, g_strdelimit(text, "-_", ' '), TEXT, SSG_DRAW_PLAIN);
    ssg_draw_set_color(cr, INK, 1);
    ssg_draw_text(cr, x, -10, 0, text, TEXT, SSG_DRAW_PLAIN);
    ssg_draw_set_color(cr, palette[i % G_N_ELEMENTS(palette)], 1);
    cairo_set_line_width(cr, 3);
    cairo_move_to(cr, x - 20, -14);
    cairo_line_to(cr, x - 6, -14);
    cairo_stroke(cr);
    x -= 36;
  }
}

static void draw_panel(cairo_t *cr, const Panel *panel, double images)
{
  double width = PANEL_WIDTH - AXIS_LEFT, height = PANEL_HEIGHT - AXIS_TOP - AXIS_BOTTOM, least, most;
  gboolean logarithmic = wants_logarithm(panel, &least, &most);
  Axis x = make_axis(0, images > 0 ? images : 1, FALSE, 6), y = make_axis(least, most, logarithmic, 5);
  g_autofree char *title = g_strdup(panel->group);
  x.most = images > 0 ? images : 1; /* the data fill the width; ticks go as far as they go */
  title[0] = g_ascii_toupper(title[0]);
  for (gsize i = 0; i < G_N_ELEMENTS(titles); i++)
    if (g_str_equal(titles[i].group, panel->group)) {
      g_free(title);
      title = g_strdup(titles[i].title);
    }
  ssg_draw_set_color(cr, INK, 1);
  ssg_draw_text(cr, 0, 15, 0, title, 14, SSG_DRAW_BOLD);
  cairo_save(cr);
  cairo_translate(cr, AXIS_LEFT, AXIS_TOP);
  draw_legend(cr, panel, width);
  draw_grid(cr, &x, &y, width, height);
  ssg_draw_set_color(cr, INK_LIGHT, 1);
  ssg_draw_text(cr, width, height + 34, 1, "images seen", TEXT, SSG_DRAW_PLAIN);
  for (guint i = 0; i < panel->series->len; i++)
    draw_series(cr, g_ptr_array_index(panel->series, i), &x, &y, width, height, palette[i % G_N_ELEMENTS(palette)]);
  cairo_restore(cr);
}

static double most_images(const SsgCurves *curves)
{
  double most = 0;
  for (guint p = 0; p < curves->panels->len; p++) {
    const Panel *panel = g_ptr_array_index(curves->panels, p);
    for (guint s = 0; s < panel->series->len; s++) {
      const GArray *points = ((Series *) g_ptr_array_index(panel->series, s))->points;
      for (guint i = 0; i < points->len; i++)
        most = MAX(most, g_array_index(points, Point, i).images);
    }
  }
  return most;
}

SsgImage *ssg_curves_draw(const SsgCurves *curves, double scale, GError **error)
{
  int n = (int) curves->panels->len, columns = n <= 1 ? 1 : n <= 4 ? 2 : 3, rows = (n + columns - 1) / columns;
  if (n == 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "there are no figures to draw curves of yet");
    return NULL;
  }
  int width = 2 * MARGIN + columns * (PANEL_WIDTH + PANEL_GAP) - PANEL_GAP;
  int height = TITLE_HEIGHT + MARGIN + rows * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP;
  cairo_t *cr = ssg_draw_new(width, height, scale);
  ssg_draw_set_color(cr, INK, 1);
  ssg_draw_text(cr, MARGIN, 34, 0, curves->title, 18, SSG_DRAW_BOLD);
  double images = most_images(curves);
  for (int i = 0; i < n; i++) {
    cairo_save(cr);
    cairo_translate(cr, MARGIN + i % columns * (PANEL_WIDTH + PANEL_GAP),
                    TITLE_HEIGHT + i / columns * (PANEL_HEIGHT + PANEL_GAP));
    draw_panel(cr, g_ptr_array_index(curves->panels, i), images);
    cairo_restore(cr);
  }
  SsgImage *image = ssg_draw_to_image(cr, error);
  cairo_destroy(cr);
  return image;
}

gboolean ssg_curves_save(const SsgCurves *curves, const char *path, GError **error)
{
  g_autoptr(SsgImage) image = ssg_curves_draw(curves, 2, error);
  if (!image)
    return FALSE;
  SsgPixels pixels = ssg_image_pixels(image);
  return ssg_png_save(path, &pixels, NULL, error);
}
