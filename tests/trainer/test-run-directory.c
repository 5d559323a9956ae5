/* Run folders, TensorBoard files (read by a reader of the test's own), curves and sheets. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "trainer/curves.h"
#include "trainer/run-directory.h"
#include "trainer/sheet.h"
#include "trainer/tensorboard.h"
#include "folder.h"

static char *folder;

/* --- a reader of event files, from the formats' descriptions -------------------------------------------------------
 */

typedef struct {
  gint64 step;
  GString *tag;   /* of the first value; "" without summary */
  GArray *values; /* float */
  GString *tags;  /* all, with commas */
  int width, height, session_status;
  GByteArray *png;
  char *version;
} Event;

static guint64 little(const guint8 *at, int bytes)
{
  guint64 value = 0;
  for (int i = bytes - 1; i >= 0; i--)
    value = value << 8 | at[i];
  return value;
}

/* CRC-32C bit by bit, from the polynomial 0x1EDC6F41. */
static guint32 slow_crc(const guint8 *data, gsize size)
{
  guint32 crc = 0xffffffff;
  for (gsize i = 0; i < size; i++)
    for (int bit = 0; bit < 8; bit++) {
      guint32 in = (data[i] >> bit & 1) ^ (crc & 1);
      crc >>= 1;
      if (in)
        crc ^= 0x82f63b78;
    }
  return crc ^ 0xffffffff;
}

static guint32 unmask(guint32 masked)
{
  guint32 rotated = masked - 0xa282ead8u;
  return rotated >> 17 | rotated << 15;
}

static guint64 varint(const guint8 **at)
{
  guint64 value = 0;
  for (int shift = 0;; shift += 7) {
    guint8 byte = *(*at)++;
    value |= (guint64) (byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return value;
  }
}

static void read_message(Event *event, const guint8 *at, const guint8 *end, int level);

static void read_field(Event *event, const guint8 **at, int level)
{
  guint64 key = varint(at);
  int field = (int) (key >> 3), wire = key & 7;
  const guint8 *data = *at;
  guint64 number = wire == 0 ? varint(at) : 0;
  if (wire == 1)
    *at += 8;
  if (wire == 5) {
    guint32 bits = (guint32) little(data, 4);
    float value;
    memcpy(&value, &bits, 4);
    g_assert_cmpint(level * 100 + field, ==, 202); /* Value.simple_value */
    g_array_append_val(event->values, value);
    *at += 4;
  }
  if (wire == 2) {
    gsize size = (gsize) varint(at);
    data = *at;
    *at += size;
    if (level == 0 && field == 3)
      event->version = g_strndup((const char *) data, size);
    else if (level == 2 && field == 1) {
      g_string_truncate(event->tag, 0);
      g_string_append_len(event->tag, (const char *) data, (gssize) size);
      g_string_append_len(event->tags, (const char *) data, (gssize) size);
      g_string_append_c(event->tags, ',');
    } else if (level == 3 && field == 4)
      g_byte_array_append(event->png, data, (guint) size);
    else if (level == 0 && field == 7)
      read_message(event, data, data + size, 10); /* SessionLog */
    else                                          /* Event.summary, Summary.value, Value.image */
      read_message(event, data, data + size, level + 1);
  }
  if (wire == 0 && level == 0 && field == 2)
    event->step = (gint64) number;
  if (wire == 0 && level == 3 && field == 1)
    event->height = (int) number;
  if (wire == 0 && level == 3 && field == 2)
    event->width = (int) number;
  if (wire == 0 && level == 10 && field == 1)
    event->session_status = (int) number;
}

static void read_message(Event *event, const guint8 *at, const guint8 *end, int level)
{
  while (at < end)
    read_field(event, &at, level);
  g_assert_true(at == end);
}

static void event_free(gpointer data)
{
  Event *event = data;
  g_string_free(event->tag, TRUE);
  g_string_free(event->tags, TRUE);
  g_array_unref(event->values);
  g_byte_array_unref(event->png);
  g_free(event->version);
  g_free(event);
}

static GPtrArray *read_events(const char *path)
{
  GPtrArray *events = g_ptr_array_new_with_free_func(event_free);
  g_autofree char *text = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(path, &text, &size, NULL));
  const guint8 *at = (const guint8 *) text, *end = at + size;
  while (at < end) {
    guint64 length = little(at, 8);
    g_assert_cmphex(unmask((guint32) little(at + 8, 4)), ==, slow_crc(at, 8));
    g_assert_cmphex(unmask((guint32) little(at + 12 + length, 4)), ==, slow_crc(at + 12, length));
    Event *event = g_new0(Event, 1);
    event->tag = g_string_new(NULL);
    event->tags = g_string_new(NULL);
    event->values = g_array_new(FALSE, FALSE, sizeof(float));
    event->png = g_byte_array_new();
    read_message(event, at + 12, at + 12 + length, 0);
    g_ptr_array_add(events, event);
    at += 16 + length;
  }
  g_assert_true(at == end);
  return events;
}

static SsgImage *colored(int width, int height, guint32 color)
{
  SsgImage *image = ssg_image_new(width, height, 3, NULL);
  for (int i = 0; i < width * height; i++)
    for (int c = 0; c < 3; c++)
      image->pixels[3 * i + c] = (guint8) (color >> (16 - 8 * c));
  return image;
}

static void test_tensorboard(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgImage) image = colored(7, 5, 0x4080c0);
  g_assert_cmphex(slow_crc((const guint8 *) "123456789", 9), ==, 0xe3069283); /* the published check value */
  SsgTensorboard *board = ssg_tensorboard_open(folder, 0, &error), *resumed = ssg_tensorboard_open(folder, 640, &error);
  g_assert_no_error(error);
  g_autofree char *path = g_strdup(ssg_tensorboard_path(board)), *other = g_strdup(ssg_tensorboard_path(resumed));
  g_assert_cmpstr(path, !=, other);
  static const char *const tags[] = {"loss/d", "loss/g"};
  g_assert_true(ssg_tensorboard_add_scalars(board, 5000000000, 2, tags, (double[]){0.5, -1e-3}, &error));
  g_assert_true(ssg_tensorboard_add_image(board, 64, "samples/faces", image, &error));
  ssg_tensorboard_close(resumed);
  g_autoptr(GPtrArray) events = read_events(path), later = read_events(other); /* complete without closing */
  ssg_tensorboard_close(board);
  g_assert_cmpuint(events->len, ==, 3);
  g_assert_cmpstr(((Event *) events->pdata[0])->version, ==, "brain.Event:2");
  const Event *scalars = events->pdata[1], *picture = events->pdata[2];
  g_assert_cmpint(scalars->step, ==, 5000000000);
  g_assert_cmpstr(scalars->tags->str, ==, "loss/d,loss/g,");
  g_assert_cmpfloat(g_array_index(scalars->values, float, 0), ==, 0.5f);
  g_assert_cmpfloat(g_array_index(scalars->values, float, 1), ==, -1e-3f);
  g_assert_cmpstr(picture->tag->str, ==, "samples/faces");
  g_assert_cmpint(picture->width, ==, 7);
  g_assert_cmpint(picture->height, ==, 5);
  g_autoptr(SsgImage) back =
      ssg_image_decode(picture->png->data, picture->png->len, "png", SSG_IMAGE_RGB, NULL, &error);
  g_assert_cmpmem(back->pixels, 7 * 5 * 3, image->pixels, 7 * 5 * 3);
  /* Later files sort after earlier ones, also within a second and after the clock was set back: TensorBoard reads them in that order. */
  g_assert_cmpstr(path, <, other);
  g_autofree char *future = g_build_filename(folder, "events.out.tfevents.4000000000.host.1.0", NULL);
  g_assert_true(g_file_set_contents(future, "", 0, NULL));
  SsgTensorboard *last = ssg_tensorboard_open(folder, 700, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(future, <, ssg_tensorboard_path(last));
  ssg_tensorboard_close(last);
  const Event *session = later->pdata[1];
  g_assert_cmpint(session->step, ==, 640);
  g_assert_cmpint(session->session_status, ==, 1);
}

/* --- runs -------------------------------------------------------------------------------------------------------- */

static char *read_text(const SsgRunDirectory *run, const char *name)
{
  g_autofree char *path = ssg_run_directory_file(run, "%s", name);
  char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  return text;
}

static int count_lines(const char *text)
{
  int n = 0;
  for (; *text; text++)
    n += *text == '\n';
  return n;
}

static void add_stats(SsgRunDirectory *run, gint64 iteration, double value)
{
  g_autoptr(GError) error = NULL;
  const SsgStat stats[] = {{"loss/d", value}, {"loss/g", NAN}, {"r1/image", 1.5e-7}};
  g_assert_true(ssg_run_directory_add_stats(run, iteration, 16 * iteration, stats, 3, &error));
  g_assert_no_error(error);
}

static void test_run(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *parent = g_build_filename(folder, "some", "runs", NULL),
                  *seventh = g_build_filename(parent, "00007-x", NULL);
  SsgRunDirectory *run = ssg_run_directory_create(parent, "faces 64/a", &error);
  g_assert_no_error(error);
  g_assert_true(g_str_has_suffix(ssg_run_directory_path(run), "/some/runs/00000-faces-64-a"));
  ssg_run_directory_free(run);
  g_mkdir(seventh, 0755);
  run = ssg_run_directory_create(parent, "b", &error);
  g_assert_true(g_str_has_suffix(ssg_run_directory_path(run), "/00008-b"));

  g_autofree char *path = g_strdup(ssg_run_directory_path(run));
  ssg_run_directory_set_output(run, NULL, TRUE);
  ssg_run_directory_log(run, "hello %d", 5);
  g_assert_true(ssg_run_directory_draw_curves(run, &error)); /* nothing to draw */
  g_assert_true(ssg_run_directory_write_text(run, "config.json", "{}\n", &error));
  for (int i = 1; i <= 6; i++)
    add_stats(run, i, 1.0 / i);
  g_autoptr(SsgImage) image = colored(4, 4, 0x123456);
  g_assert_true(ssg_run_directory_add_image(run, "faces", 96, image, NULL, &error));
  g_assert_true(ssg_run_directory_draw_curves(run, &error));
  g_assert_no_error(error);
  g_autofree char *log = read_text(run, "log.txt"), *config = read_text(run, "config.json"),
                  *stats = read_text(run, "stats.jsonl");
  g_autofree char *curves = ssg_run_directory_file(run, "curves.png"),
                  *sample = ssg_run_directory_file(run, "faces-%08d.png", 96);
  g_assert_true(g_str_has_suffix(log, "  hello 5\n"));
  g_assert_cmpstr(config, ==, "{}\n");
  g_assert_true(g_file_test(curves, G_FILE_TEST_IS_REGULAR));
  g_assert_true(g_file_test(sample, G_FILE_TEST_IS_REGULAR));
  g_assert_cmpint(count_lines(stats), ==, 6);
  g_autoptr(JsonParser) parser = json_parser_new();
  g_auto(GStrv) lines = g_strsplit(stats, "\n", -1);
  g_assert_true(json_parser_load_from_data(parser, lines[0], -1, &error));
  JsonObject *first = json_node_get_object(json_parser_get_root(parser));
  g_assert_cmpint(json_object_get_int_member(first, "images"), ==, 16);
  g_assert_cmpint(json_object_get_int_member(first, "iteration"), ==, 1);
  g_assert_cmpfloat(json_object_get_double_member(first, "loss/d"), ==, 1);
  g_assert_true(json_object_get_null_member(first, "loss/g"));
  g_assert_cmpfloat_with_epsilon(json_object_get_double_member(first, "r1/image"), 1.5e-7, 1e-15);
  ssg_run_directory_free(run);

  /* Killed in the middle of a line after iteration 6; the last snapshot is of iteration 4 (64 images). */
  g_autofree char *stats_path = g_build_filename(path, "stats.jsonl", NULL),
                  *cut = g_strconcat(stats, "{\"iteration\": 7, \"im", NULL);
  g_autofree char *log_path = g_build_filename(path, "log.txt", NULL), *cut_log = g_strconcat(log, "2026-01-01 00:0", NULL);
  g_assert_true(g_file_set_contents(stats_path, cut, -1, NULL));
  g_assert_true(g_file_set_contents(log_path, cut_log, -1, NULL));
  run = ssg_run_directory_resume(path, 64, NULL, &error);
  g_assert_no_error(error);
  ssg_run_directory_set_output(run, NULL, TRUE);
  ssg_run_directory_log(run, "again");
  add_stats(run, 5, 0.25);
  g_autofree char *resumed = read_text(run, "stats.jsonl"), *longer_log = read_text(run, "log.txt");
  g_assert_cmpint(count_lines(resumed), ==, 5);
  gsize kept = (gsize) (g_strrstr(resumed, "{") - resumed);
  g_assert_cmpmem(resumed, kept, stats, kept);
  g_assert_cmpint(count_lines(longer_log), ==, 3); /* the line that was cut off does not run into the next */
  ssg_run_directory_free(run);

  g_assert_null(ssg_run_directory_resume("/nowhere/at/all", 0, NULL, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FILE);
  g_clear_error(&error);

  /* Other ranks have no folder. */
  ssg_run_directory_log(NULL, "nothing");
  ssg_run_directory_set_output(NULL, NULL, TRUE);
  g_assert_true(ssg_run_directory_add_stats(NULL, 1, 1, NULL, 0, NULL));
  g_assert_true(ssg_run_directory_write_text(NULL, "x", "y", NULL));
  g_assert_true(ssg_run_directory_add_image(NULL, "x", 1, image, NULL, NULL));
  g_assert_true(ssg_run_directory_draw_curves(NULL, NULL));
  g_assert_null(ssg_run_directory_path(NULL));
}

/* --- pictures ------------------------------------------------------------------------------------------------------
 */

static guint32 color_at(const SsgImage *image, int x, int y)
{
  const guint8 *pixel = image->pixels + 3 * ((gsize) y * image->width + x);
  return (guint32) pixel[0] << 16 | (guint32) pixel[1] << 8 | pixel[2];
}

/* Rows (from, to) of column x in which the colour is found; -1 when not. */
static int find_color(const SsgImage *image, int x, guint32 color)
{
  for (int y = 0; y < image->height; y++)
    if (color_at(image, x, y) == color)
      return y;
  return -1;
}

static void test_curves(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgCurves) curves = ssg_curves_new("A run");
  g_assert_null(ssg_curves_draw(curves, 1, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  g_clear_error(&error);
  ssg_curves_add(curves, "loss/nothing", 100, NAN);
  for (int i = 0; i <= 100; i++)
    ssg_curves_add(curves, "loss/d", i * 1000, 1 - i / 100.0);
  g_autoptr(SsgImage) one = ssg_curves_draw(curves, 1, &error);
  g_assert_no_error(error);
  /* The first series is blue and falls from the panel's top left to its bottom right. */
  int last = -1, found = 0;
  for (int x = 95; x < one->width - 35; x++) {
    int y = find_color(one, x, 0x0072b2);
    if (y < 0 || y < 90)
      continue; /* the legend's dash */
    g_assert_cmpint(y, >=, last);
    last = y;
    found++;
  }
  g_assert_cmpint(found, >, 200);

  for (int i = 0; i <= 2000; i++) {
    ssg_curves_add(curves, "loss/g", i * 50, sin(i * 0.05) * exp(-i * 1e-3) + 0.05 * sin(i * 37.0));
    ssg_curves_add(curves, "r1/image", i * 50, pow(10, 2 - i * 0.003));
    ssg_curves_add(curves, "score/real", i * 50, 1 - exp(-i * 0.002));
    ssg_curves_add(curves, "score/fake", i * 50, exp(-i * 0.002) - 1);
  }
  ssg_curves_add(curves, "metric/swd", 50000, 12);
  g_autoptr(SsgImage) many = ssg_curves_draw(curves, 2, &error);
  g_assert_no_error(error);
  g_assert_cmpint(many->width, ==, 2 * (2 * 30 + 2 * 520 + 26));
  const char *keep = g_getenv("SSG_TEST_KEEP"); /* a folder to look at the pictures in */
  g_autofree char *path = g_build_filename(keep ? keep : folder, "test-curves.png", NULL);
  g_assert_true(ssg_curves_save(curves, path, &error));

  g_autofree char *bad = g_build_filename(folder, "bad.jsonl", NULL);
  g_file_set_contents(bad, "{\"images\": 1, \"loss/d\": 2}\nnonsense\n{\"images\": 2}\n", -1, NULL);
  g_assert_false(ssg_curves_load(curves, bad, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FORMAT);
  g_assert_nonnull(strstr(error->message, "line 2"));
}

static void test_sheet_plain(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgSheet) sheet = ssg_sheet_new(2, 3, 4, 5);
  ssg_sheet_set_gap(sheet, 0);
  for (int row = 0; row < 2; row++)
    for (int column = 0; column < 3; column++) {
      guint8 pixels[4 * 5 * 3 + 20 * 5]; /* rows with padding */
      for (int y = 0; y < 5; y++)
        for (int x = 0; x < 4; x++)
          for (int c = 0; c < 3; c++)
            pixels[y * 30 + 3 * x + c] = (guint8) (row * 100 + column * 30 + y * 5 + x + c);
      ssg_sheet_set_tile(sheet, row, column, pixels, 4, 5, 30);
    }
  g_autoptr(SsgImage) image = ssg_sheet_render(sheet, &error);
  g_assert_no_error(error);
  g_assert_cmpint(image->width, ==, 12);
  g_assert_cmpint(image->height, ==, 10);
  for (int y = 0; y < 10; y++)
    for (int x = 0; x < 12; x++) {
      int first = y / 5 * 100 + x / 4 * 30 + y % 5 * 5 + x % 4;
      g_assert_cmphex(color_at(image, x, y), ==, (guint32) (first << 16 | (first + 1) << 8 | (first + 2)));
    }
}

static void test_sheet_kinds(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgSheet) sheet = ssg_sheet_new(1, 3, 8, 8);
  const float floats[] = {-1, 0, 1, -7, 9, 0.5f};
  const guint8 labels[] = {0, 1, 2, 9};
  const guint32 colors[] = {0x112233, 0x445566, 0x778899};
  ssg_sheet_set_gap(sheet, 0);
  ssg_sheet_set_tile_float(sheet, 0, 0, floats, 2, 1); /* 2x1 in 8x8: 8x4 in the middle */
  ssg_sheet_set_tile_labels(sheet, 0, 1, labels, 2, 2, colors, 3);
  ssg_sheet_set_tile_frame(sheet, 0, 2, 0xff0000);
  g_autoptr(SsgImage) image = ssg_sheet_render(sheet, &error);
  g_assert_no_error(error);
  g_assert_cmphex(color_at(image, 1, 3), ==, 0x0080ff);
  g_assert_cmphex(color_at(image, 6, 5), ==, 0x00ffbf);
  g_assert_cmphex(color_at(image, 1, 0), ==, 0xffffff);
  g_assert_cmphex(color_at(image, 8, 0), ==, 0x112233);
  g_assert_cmphex(color_at(image, 15, 0), ==, 0x445566);
  g_assert_cmphex(color_at(image, 8, 7), ==, 0x778899);
  g_assert_cmphex(color_at(image, 15, 7), ==, 0x000000); /* no such class */
  g_assert_cmphex(color_at(image, 17, 0), ==, 0xff0000);
  g_assert_cmphex(color_at(image, 20, 4), ==, 0xeef0f2); /* an empty cell */

  g_autoptr(SsgSheet) huge = ssg_sheet_new(100, 100, 512, 512);
  g_assert_null(ssg_sheet_render(huge, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
}

/* Whether a rectangle holds ink: anything darker than the tiles and the paper. */
static gboolean has_ink(const SsgImage *image, int x0, int y0, int x1, int y1)
{
  for (int y = MAX(y0, 0); y < MIN(y1, image->height); y++)
    for (int x = MAX(x0, 0); x < MIN(x1, image->width); x++)
      if (image->pixels[3 * ((gsize) y * image->width + x) + 1] < 100)
        return TRUE;
  return FALSE;
}

/* Where a colour fills a square of 6 pixels first, from the top; -1: nowhere. */
static int find_square(const SsgImage *image, guint32 color)
{
  for (int y = 0; y + 6 <= image->height; y++)
    for (int x = 0; x + 6 <= image->width; x++) {
      gboolean all = TRUE;
      for (int i = 0; i < 36 && all; i++)
        all = color_at(image, x + i % 6, y + i / 6) == color;
      if (all)
        return y;
    }
  return -1;
}

/* The legend lies below the pictures, in as many lines as it takes; only rows with captions are followed by room for them. */
static void test_sheet_legend(void)
{
  g_autoptr(GError) error = NULL;
  char *names[] = {(char *) "hair", (char *) "mouth", (char *) "a name that takes a line of its own"};
  const guint32 colors[] = {0x8000ff, 0x00ff80, 0xff8000};
  g_autoptr(SsgSheet) sheet = ssg_sheet_new(2, 1, 96, 96);
  g_autoptr(SsgImage) bare = ssg_sheet_render(sheet, &error);
  ssg_sheet_set_tile_caption(sheet, 1, 0, "seed 1");
  g_autoptr(SsgImage) one = ssg_sheet_render(sheet, &error);
  ssg_sheet_set_tile_caption(sheet, 0, 0, "seed 0");
  g_autoptr(SsgImage) two = ssg_sheet_render(sheet, &error);
  ssg_sheet_set_legend(sheet, names, colors, 3);
  g_autoptr(SsgImage) image = ssg_sheet_render(sheet, &error);
  g_assert_no_error(error);
  g_assert_cmpint(one->height, >, bare->height);
  g_assert_cmpint(two->height, >, one->height);
  int first = find_square(image, colors[0]), second = find_square(image, colors[1]), third = find_square(image, colors[2]);
  g_assert_cmpint(first, >, two->height - 20);
  g_assert_cmpint(second, >=, first);
  g_assert_cmpint(third, >, second + 6);
  g_assert_cmpint(image->height, >, third + 10);
  g_assert_cmpint(image->width, ==, two->width);
}

static void test_sheet_texts(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgSheet) sheet = ssg_sheet_new(2, 4, 96, 96);
  for (int row = 0; row < 2; row++)
    for (int column = 0; column < 4; column++) {
      g_autoptr(SsgImage) tile = colored(96, 96, 0xa0c0e0);
      ssg_sheet_set_tile(sheet, row, column, tile->pixels, 96, 96, 0);
    }
  g_autoptr(SsgImage) bare = ssg_sheet_render(sheet, &error);
  g_assert_cmpint(bare->width, ==, 4 * 98 + 2);
  g_assert_false(has_ink(bare, 0, 0, bare->width, bare->height));
  ssg_sheet_set_title(sheet, "Style mixing: hair", "shape and texture of the top row");
  ssg_sheet_set_row_caption(sheet, 0, "seed 12");
  ssg_sheet_set_row_caption(sheet, 1, "seed 1734");
  ssg_sheet_set_column_caption(sheet, 2, "blond");
  ssg_sheet_set_tile_caption(sheet, 1, 3, "a caption that is far too long for its tile");
  ssg_sheet_set_tile_frame(sheet, 1, 1, 0xd55e00);
  g_autoptr(SsgImage) image = ssg_sheet_render(sheet, &error);
  g_assert_no_error(error);
  g_assert_cmpint(image->width, >, bare->width);
  g_assert_cmpint(image->height, >, bare->height);
  int left = -1, top = -1; /* the first tile, by its colour */
  for (int y = 0; y < image->height && left < 0; y++)
    for (int x = 0; x < image->width && left < 0; x++)
      if (color_at(image, x, y) == 0xa0c0e0) {
        left = x;
        top = y;
      }
  int column_text = left + 2 * 98, size = 10;
  if (!has_ink(image, 0, 0, image->width, top)) {
    g_test_skip("there is no font on this system");
    return;
  }
  g_assert_true(has_ink(image, 0, 0, 90, top / 2)); /* the title */
  g_assert_true(has_ink(image, column_text, top - 2 * size, column_text + 96, top));
  g_assert_false(
      has_ink(image, column_text - 98, top - 2 * size + 5, column_text - 2, top)); /* its neighbour has none */
  g_assert_true(has_ink(image, 0, top, left, top + 96));
  int below = top + 2 * 96 + 2 + (image->height - top - 2 * 98) / 4;
  g_assert_true(has_ink(image, left + 3 * 98, below, left + 3 * 98 + 96, image->height));
  g_assert_false(has_ink(image, left + 3 * 98 + 98, below, image->width, image->height)); /* shortened */
  const char *keep = g_getenv("SSG_TEST_KEEP");
  g_autofree char *path = g_build_filename(keep ? keep : folder, "test-sheet.png", NULL);
  g_assert_true(ssg_sheet_save(sheet, path, NULL, &error));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("ssgan-run-XXXXXX", NULL);
  g_test_add_func("/trainer/tensorboard", test_tensorboard);
  g_test_add_func("/trainer/run-directory", test_run);
  g_test_add_func("/trainer/curves", test_curves);
  g_test_add_func("/trainer/sheet/plain", test_sheet_plain);
  g_test_add_func("/trainer/sheet/kinds", test_sheet_kinds);
  g_test_add_func("/trainer/sheet/texts", test_sheet_texts);
  g_test_add_func("/trainer/sheet/legend", test_sheet_legend);
  int status = g_test_run();
  folder_remove(folder);
  g_free(folder);
  return status;
}
