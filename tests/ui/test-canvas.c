/* What the canvas paints, pixel by pixel: views, opacity, split, zoom, and where parts are. In a real window. */
#include <gtk/gtk.h>
#include "ui/canvas.h"

#define SIDE 400 /* of the window; with the canvas's margin the picture spans 20..380 */
#define N 8      /* pixels of the picture */

static const guint32 colors[] = { 0x000000, 0xff0000, 0x00ff00 };

/* Left half part 1, right half part 2, but the lowest row is background; one colour everywhere. */
static SsgRender *new_render(guint8 r, guint8 g, guint8 b)
{
  SsgRender *render = g_new0(SsgRender, 1);
  g_atomic_ref_count_init(&render->refs);
  render->size = N;
  render->complete = TRUE;
  render->n_parts = 3;
  render->coarse_size = 2;
  render->rgb = g_malloc(N * N * 4);
  render->mask = g_malloc(N * N);
  render->depth = g_new0(float, 3 * 4);
  render->weight = g_new0(float, 3 * 4);
  render->coarse = g_new0(float, 3 * 4);
  for (int i = 0; i < N * N; i++) {
    guint8 pixel[4] = { r, g, b, 255 };
    memcpy(render->rgb + 4 * i, pixel, 4);
    render->mask[i] = i / N == N - 1 ? 0 : i % N < N / 2 ? 1 : 2;
  }
  for (int i = 0; i < 4; i++)
    render->depth[4 + i] = (float) i; /* part 1: lowest upper left, highest lower right */
  return render;
}

typedef struct {
  GtkWidget *window, *canvas;
  int selected;
} Fixture;

static void part_selected(SsgCanvas *canvas, int part, Fixture *f)
{
  f->selected = part;
}

static void spin(guint ms)
{
  gint64 end = g_get_monotonic_time() + ms * 1000;
  while (g_get_monotonic_time() < end)
    g_main_context_iteration(NULL, FALSE);
}

static void set_up(Fixture *f, gconstpointer data)
{
  const char *const names[] = { "Background", "Left", "Right", NULL };
  f->window = gtk_window_new();
  f->canvas = g_object_new(SSG_TYPE_CANVAS, NULL);
  f->selected = -1;
  gtk_window_set_decorated(GTK_WINDOW(f->window), FALSE);
  gtk_window_set_child(GTK_WINDOW(f->window), f->canvas);
  gtk_widget_set_size_request(f->canvas, SIDE, SIDE);
  gtk_window_set_default_size(GTK_WINDOW(f->window), SIDE, SIDE);
  g_signal_connect(f->canvas, "part-selected", G_CALLBACK(part_selected), f);
  ssg_canvas_set_parts(SSG_CANVAS(f->canvas), 3, names, colors, N);
  gtk_window_present(GTK_WINDOW(f->window));
  for (int i = 0; i < 200 && gtk_widget_get_width(f->canvas) == 0; i++)
    spin(10);
  g_assert_cmpint(gtk_widget_get_width(f->canvas), ==, SIDE);
}

static void tear_down(Fixture *f, gconstpointer data)
{
  gtk_window_destroy(GTK_WINDOW(f->window));
  spin(20);
}

static gboolean drawn(GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  ++*(int *) data;
  gtk_widget_queue_draw(widget);
  return G_SOURCE_CONTINUE;
}

/* Until the canvas was drawn anew: three frames, however long the machine takes for them. */
static void draw(Fixture *f)
{
  int frames = 0;
  gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  guint id = gtk_widget_add_tick_callback(f->canvas, drawn, &frames, NULL);
  gtk_widget_queue_draw(f->canvas);
  while (frames < 3 && g_get_monotonic_time() < end)
    g_main_context_iteration(NULL, TRUE);
  gtk_widget_remove_tick_callback(f->canvas, id);
  g_assert_cmpint(frames, >=, 3);
}

/* 0xRRGGBB of the canvas at a point of it. */
static guint32 pixel(Fixture *f, int x, int y)
{
  g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new(f->canvas);
  draw(f); /* the paintable shows the last frame */
  GtkSnapshot *snapshot = gtk_snapshot_new();
  gdk_paintable_snapshot(paintable, snapshot, SIDE, SIDE);
  g_autoptr(GskRenderNode) node = gtk_snapshot_free_to_node(snapshot);
  g_assert_nonnull(node);
  GskRenderer *renderer = gtk_native_get_renderer(GTK_NATIVE(f->window));
  g_autoptr(GdkTexture) texture = gsk_renderer_render_texture(renderer, node, &GRAPHENE_RECT_INIT(0, 0, SIDE, SIDE));
  static guint32 pixels[SIDE * SIDE];
  gdk_texture_download(texture, (guchar *) pixels, SIDE * 4);
  return pixels[y * SIDE + x] & 0xffffff; /* native endian ARGB, opaque there */
}

static void assert_near(guint32 color, guint32 wanted)
{
  for (int shift = 0; shift < 24; shift += 8)
    if (ABS((int) (color >> shift & 255) - (int) (wanted >> shift & 255)) > 3)
      g_error("colour %06x instead of %06x", color, wanted);
}

static void test_views(Fixture *f, gconstpointer data)
{
  SsgCanvas *canvas = SSG_CANVAS(f->canvas);
  g_autoptr(SsgRender) render = new_render(10, 20, 200);
  ssg_canvas_set_render(canvas, render);
  assert_near(pixel(f, 100, 200), 0x0a14c8);
  ssg_canvas_set_view(canvas, SSG_VIEW_MASK);
  assert_near(pixel(f, 100, 200), 0xff0000);
  assert_near(pixel(f, 300, 200), 0x00ff00);
  ssg_canvas_set_view(canvas, SSG_VIEW_OVERLAY);
  ssg_canvas_set_overlay_opacity(canvas, 0.25);
  assert_near(pixel(f, 100, 200), 0x470f96); /* three quarters of the face, one of the mask */
  ssg_canvas_set_view(canvas, SSG_VIEW_DEPTH);
  ssg_canvas_set_selected(canvas, 1);
  ssg_canvas_set_depth_style(canvas, (SsgDepthStyle) { SSG_COLORMAP_GREY, SSG_DEPTH_LINEAR, TRUE });
  g_assert_cmpuint(pixel(f, 40, 40) & 255, <, 40);
  g_assert_cmpuint(pixel(f, 350, 350) & 255, >, 215);
}

static void test_split(Fixture *f, gconstpointer data)
{
  SsgCanvas *canvas = SSG_CANVAS(f->canvas);
  g_autoptr(SsgRender) now = new_render(0, 200, 0), before = new_render(200, 0, 0);
  ssg_canvas_set_render(canvas, now);
  ssg_canvas_set_before(canvas, before);
  assert_near(pixel(f, 100, 250), 0x00c800);
  ssg_canvas_set_split(canvas, TRUE);
  assert_near(pixel(f, 100, 250), 0xc80000);
  assert_near(pixel(f, 300, 250), 0x00c800);
}

static void test_zoom(Fixture *f, gconstpointer data)
{
  SsgCanvas *canvas = SSG_CANVAS(f->canvas);
  g_autoptr(SsgRender) render = new_render(1, 2, 3);
  int scale = gtk_widget_get_scale_factor(f->canvas);
  ssg_canvas_set_render(canvas, render);
  g_assert_cmpfloat_with_epsilon(ssg_canvas_get_zoom(canvas), 45.0 * scale, 1e-9); /* 360 pixels for 8 */
  ssg_canvas_zoom_to(canvas, 1);
  g_assert_false(ssg_canvas_get_fit(canvas));
  g_assert_cmpfloat_with_epsilon(ssg_canvas_get_zoom(canvas), 1, 1e-9);
  ssg_canvas_zoom_fit(canvas);
  g_assert_true(ssg_canvas_get_fit(canvas));
}

static void test_locate(Fixture *f, gconstpointer data)
{
  SsgCanvas *canvas = SSG_CANVAS(f->canvas);
  g_autoptr(SsgRender) render = new_render(1, 2, 3);
  double x, y;
  g_assert_false(ssg_canvas_locate_part(canvas, 1, &x, &y));
  ssg_canvas_set_render(canvas, render);
  g_assert_true(ssg_canvas_locate_part(canvas, 2, &x, &y));
  g_assert_cmpfloat(x, >, 200);
  g_assert_cmpfloat(x, <, 380);
  g_assert_true(ssg_canvas_locate_part(canvas, 0, &x, &y));
  g_assert_cmpfloat(y, >, 335);
}

/* Tab walks through all parts and then leaves; Shift+Tab comes back. */
static void test_walk(Fixture *f, gconstpointer data)
{
  SsgCanvas *canvas = SSG_CANVAS(f->canvas);
  g_autoptr(SsgRender) render = new_render(1, 2, 3);
  ssg_canvas_set_render(canvas, render);
  ssg_canvas_set_hovered(canvas, -1);
  gtk_widget_grab_focus(f->canvas);
  for (int part = 0; part < 3; part++) {
    g_assert_true(gtk_widget_child_focus(f->canvas, GTK_DIR_TAB_FORWARD));
    g_assert_cmpint(ssg_canvas_get_hovered(canvas), ==, part);
  }
  g_assert_false(gtk_widget_child_focus(f->canvas, GTK_DIR_TAB_FORWARD));
  g_assert_true(gtk_widget_child_focus(f->canvas, GTK_DIR_TAB_BACKWARD));
  g_assert_cmpint(ssg_canvas_get_hovered(canvas), ==, 2);
}

static GtkEventController *find_controller(GtkWidget *widget, GType type)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers(widget);
  for (guint i = 0; i < g_list_model_get_n_items(controllers); i++) {
    g_autoptr(GtkEventController) controller = g_list_model_get_item(controllers, i);
    if (G_TYPE_CHECK_INSTANCE_TYPE(controller, type))
      return controller; /* the widget keeps it */
  }
  g_error("the canvas has no %s", g_type_name(type));
}

/* Xvfb has no touch screen and GTK no way to make touch events: this drives the gesture from its signals on. */
static void test_pinch(Fixture *f, gconstpointer data)
{
  SsgCanvas *canvas = SSG_CANVAS(f->canvas);
  g_autoptr(SsgRender) render = new_render(1, 2, 3);
  GtkEventController *pinch = find_controller(f->canvas, GTK_TYPE_GESTURE_ZOOM);
  ssg_canvas_set_render(canvas, render);
  double before = ssg_canvas_get_zoom(canvas);
  g_signal_emit_by_name(pinch, "begin", NULL);
  g_signal_emit_by_name(pinch, "scale-changed", 1.2);
  g_assert_cmpfloat_with_epsilon(ssg_canvas_get_zoom(canvas), 1.2 * before, 1e-6);
  g_assert_false(ssg_canvas_get_fit(canvas));
  g_signal_emit_by_name(pinch, "scale-changed", 1.4); /* scales count from where the fingers began */
  g_assert_cmpfloat_with_epsilon(ssg_canvas_get_zoom(canvas), 1.4 * before, 1e-6);
  g_signal_emit_by_name(pinch, "end", NULL);
  g_signal_emit_by_name(pinch, "begin", NULL);
  g_signal_emit_by_name(pinch, "scale-changed", 0.5);
  g_assert_cmpfloat_with_epsilon(ssg_canvas_get_zoom(canvas), 0.7 * before, 1e-6);
  g_signal_emit_by_name(pinch, "end", NULL);
}

static void test_modifiers(void)
{
  g_assert_cmpint(ssg_code_from_modifiers(0), ==, SSG_CODE_BOTH);
  g_assert_cmpint(ssg_code_from_modifiers(GDK_SHIFT_MASK), ==, SSG_CODE_SHAPE);
  g_assert_cmpint(ssg_code_from_modifiers(GDK_CONTROL_MASK | GDK_BUTTON1_MASK), ==, SSG_CODE_TEXTURE);
  g_assert_cmpint(ssg_code_from_modifiers(GDK_CONTROL_MASK | GDK_SHIFT_MASK), ==, SSG_CODE_BOTH);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  if (!gtk_init_check()) {
    g_print("SKIP: there is no display\n");
    return 77;
  }
  g_test_add("/ui/canvas/views", Fixture, NULL, set_up, test_views, tear_down);
  g_test_add("/ui/canvas/split", Fixture, NULL, set_up, test_split, tear_down);
  g_test_add("/ui/canvas/zoom", Fixture, NULL, set_up, test_zoom, tear_down);
  g_test_add("/ui/canvas/locate", Fixture, NULL, set_up, test_locate, tear_down);
  g_test_add("/ui/canvas/walk", Fixture, NULL, set_up, test_walk, tear_down);
  g_test_add("/ui/canvas/pinch", Fixture, NULL, set_up, test_pinch, tear_down);
  g_test_add_func("/ui/canvas/modifiers", test_modifiers);
  return g_test_run();
}
