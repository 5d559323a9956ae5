/* What exports write. */
#include "app/export.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include "app/apng.h"
#include "app/i18n.h"
#include "engine/atomic-file.h"
#include "engine/error.h"
#include "engine/frame-folder.h"
#include "engine/image.h"
#include "engine/npy.h"
#include "engine/safetensors.h"

#define FRAME_PREFIX "frame-"
#define FRAME_DIGITS 5
#define SHEET_COLUMNS 12 /* small maps of a sheet: so many side by side at most, below its three pictures */

static const struct {
  const char *extension, *title;
} kinds[SSG_N_EXPORTS] = {
    [SSG_EXPORT_PICTURE] = {"png", N_("Picture")},
    [SSG_EXPORT_MASK] = {"png", N_("Mask")},
    [SSG_EXPORT_OVERLAY] = {"png", N_("Mask over picture")},
    [SSG_EXPORT_DEPTH_COLOR] = {"png", N_("Depth, coloured")},
    [SSG_EXPORT_DEPTH_16] = {"png", N_("Depth, 16 bit")},
    [SSG_EXPORT_DEPTH_NPY] = {"npy", N_("Depths, NumPy")},
    [SSG_EXPORT_WEIGHT_NPY] = {"npy", N_("Weights, NumPy")},
    [SSG_EXPORT_DEPTH_GRID] = {"png", N_("All depths, coloured")},
    [SSG_EXPORT_RAW] = {"safetensors", N_("All numbers")},
    [SSG_EXPORT_LATENT_NPY] = {"npy", N_("Latent, NumPy")},
    [SSG_EXPORT_SHEET] = {"png", N_("Sheet")},
    [SSG_EXPORT_FRAMES] = {"", N_("Interpolation, frames")},
    [SSG_EXPORT_ANIMATION] = {"png", N_("Interpolation, animation")},
};

/* One export under way. */
typedef struct {
  SsgRenderer *renderer;
  const SsgModelInfo *info;
  const SsgExportOptions *options;
  SsgProgressFunc progress;
  gpointer data;
  GCancellable *cancellable;
} Export;

/* A picture being put together, R G B 255. */
typedef struct {
  int width, height;
  guint8 *rgba;
} Canvas;

static void report(const Export *e, double fraction)
{
  if (e->progress)
    e->progress(fraction, e->data);
}

static SsgImageOrigin origin_of(const Export *e, const char *description)
{
  return (SsgImageOrigin) {.synthetic = TRUE, .software = "ssgan " SSG_VERSION, .model = e->info->name,
                           .description = description};
}

static gboolean save_rgba(const Export *e, const char *path, int width, int height, const guint8 *rgba,
                          const char *description, GError **error)
{
  gsize n = (gsize) width * height;
  g_autofree guint8 *rgb = g_malloc(n * 3);
  for (gsize i = 0; i < n; i++)
    memcpy(rgb + 3 * i, rgba + 4 * i, 3);
  SsgPixels pixels = {.format = SSG_PIXELS_RGB8, .width = width, .height = height, .pixels = rgb};
  SsgImageOrigin origin = origin_of(e, description);
  if (!e->options->project || !ssg_export_keeps_face(e->options->kind))
    return ssg_png_save(path, &pixels, &origin, error);
  g_autoptr(GBytes) plain = ssg_png_encode(&pixels, &origin, error);
  g_autoptr(GBytes) full = plain ? ssg_picture_add_project(plain, e->options->project, error) : NULL;
  return full && ssg_atomic_file_save(path, g_bytes_get_data(full, NULL), g_bytes_get_size(full), error);
}

static Canvas canvas_new(int width, int height)
{
  Canvas canvas = {width, height, g_malloc((gsize) width * height * 4)};
  for (gsize i = 0; i < (gsize) width * height; i++)
    memcpy(canvas.rgba + 4 * i, (const guint8[]) {24, 24, 24, 255}, 4);
  return canvas;
}

/* Draws a square picture of `size` pixels at (x, y), `shown` pixels a side, each of its pixels a block. */
static void canvas_put(Canvas *canvas, int x, int y, int shown, const guint8 *rgba, int size)
{
  for (int row = 0; row < shown && y + row < canvas->height; row++)
    for (int column = 0; column < shown && x + column < canvas->width; column++) {
      const guint8 *from = rgba + 4 * ((gsize) (row * size / shown) * size + column * size / shown);
      memcpy(canvas->rgba + 4 * ((gsize) (y + row) * canvas->width + x + column), from, 4);
    }
}

static void put_depths(const Export *e, const SsgRender *render, Canvas *canvas, int y, int columns, int cell)
{
  int h = render->coarse_size;
  g_autofree guint8 *map = g_malloc((gsize) h * h * 4);
  for (int k = 0; k < render->n_parts; k++) {
    ssg_paint_depth(render, k, &e->options->style, map);
    canvas_put(canvas, k % columns * cell, y + k / columns * cell, cell, map, h);
  }
}

static gboolean export_mask(const Export *e, const SsgRender *render, GError **error)
{
  SsgPixels pixels = {.format = SSG_PIXELS_INDEXED8, .width = render->size, .height = render->size,
                      .pixels = render->mask, .palette = e->info->part_colors, .n_colors = e->info->arch.n_parts};
  SsgImageOrigin origin = origin_of(e, "segmentation mask: each pixel is the number of its class");
  return ssg_png_save(e->options->path, &pixels, &origin, error);
}

static gboolean export_overlay(const Export *e, const SsgRender *render, GError **error)
{
  g_autofree guint8 *rgba = g_malloc((gsize) render->size * render->size * 4);
  ssg_paint_mask(render, e->info->part_colors, e->options->opacity, rgba);
  return save_rgba(e, e->options->path, render->size, render->size, rgba, NULL, error);
}

static char *describe_depth(const Export *e, const SsgRender *render, const char *top)
{
  SsgDepthRange range = ssg_depth_range(render, e->options->part, &e->options->style);
  char low[G_ASCII_DTOSTR_BUF_SIZE], high[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(low, sizeof low, "%.9g", range.low);
  g_ascii_formatd(high, sizeof high, "%.9g", range.high);
  return g_strdup_printf("pseudo-depth of part %d (%s) before the softmax; 0 stands for %s, %s for %s, %s between",
                         e->options->part, e->info->part_names[e->options->part], low, top, high,
                         e->options->style.scale == SSG_DEPTH_LOG ? "linear in sign(d) log(1 + |d|)" : "linear");
}

static gboolean export_depth_color(const Export *e, const SsgRender *render, GError **error)
{
  int h = render->coarse_size;
  g_autofree guint8 *rgba = g_malloc((gsize) h * h * 4);
  g_autofree char *description = describe_depth(e, render, "the end of the colour map");
  ssg_paint_depth(render, e->options->part, &e->options->style, rgba);
  return save_rgba(e, e->options->path, h, h, rgba, description, error);
}

static gboolean export_depth_16(const Export *e, const SsgRender *render, GError **error)
{
  int h = render->coarse_size;
  gsize n = (gsize) h * h;
  const float *depth = render->depth + e->options->part * n;
  SsgDepthRange range = ssg_depth_range(render, e->options->part, &e->options->style);
  g_autofree guint16 *values = g_new(guint16, n);
  for (gsize i = 0; i < n; i++)
    values[i] = lroundf(65535 * ssg_depth_position(depth[i], range, e->options->style.scale));
  g_autofree char *description = describe_depth(e, render, "65535");
  SsgPixels pixels = {.format = SSG_PIXELS_GRAY16, .width = h, .height = h, .pixels = values};
  SsgImageOrigin origin = origin_of(e, description);
  return ssg_png_save(e->options->path, &pixels, &origin, error);
}

static gboolean export_maps_npy(const Export *e, const SsgRender *render, const float *maps, GError **error)
{
  SsgShape shape = {3, {render->n_parts, render->coarse_size, render->coarse_size}};
  return ssg_npy_save_f32(e->options->path, &shape, maps, error);
}

static gboolean export_latent(const Export *e, GError **error)
{
  const SsgArchitecture *arch = &e->info->arch;
  SsgShape shape = {3, {1, ssg_architecture_short_rows(arch), arch->style_dim}};
  return ssg_npy_save_f32(e->options->path, &shape, ssg_face_codes(e->options->from), error);
}

static gboolean export_grid(const Export *e, const SsgRender *render, GError **error)
{
  int columns = ceil(sqrt(render->n_parts)), rows = (render->n_parts + columns - 1) / columns;
  int cell = MAX(render->coarse_size, 128);
  Canvas canvas = canvas_new(columns * cell, rows * cell);
  put_depths(e, render, &canvas, 0, columns, cell);
  gboolean done = save_rgba(e, e->options->path, canvas.width, canvas.height, canvas.rgba, NULL, error);
  g_free(canvas.rgba);
  return done;
}

static gboolean export_sheet(const Export *e, const SsgRender *render, GError **error)
{
  int size = render->size, rows = (render->n_parts + SHEET_COLUMNS - 1) / SHEET_COLUMNS;
  int columns = (render->n_parts + rows - 1) / rows, cell = MAX(1, 3 * size / columns); /* rows of much the same length */
  Canvas canvas = canvas_new(3 * size, size + rows * cell);
  g_autofree guint8 *rgba = g_malloc((gsize) size * size * 4);
  canvas_put(&canvas, 0, 0, size, render->rgb, size);
  ssg_paint_mask(render, e->info->part_colors, 1, rgba);
  canvas_put(&canvas, size, 0, size, rgba, size);
  ssg_paint_mask(render, e->info->part_colors, e->options->opacity, rgba);
  canvas_put(&canvas, 2 * size, 0, size, rgba, size);
  put_depths(e, render, &canvas, size, columns, cell);
  gboolean done = save_rgba(e, e->options->path, canvas.width, canvas.height, canvas.rgba, NULL, error);
  g_free(canvas.rgba);
  return done;
}

static gboolean add_tensor(SsgHostTensors *tensors, const char *name, SsgDtype dtype, SsgShape shape, const void *data,
                           GError **error)
{
  return ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy(name, dtype, &shape, data), error);
}

static gboolean export_raw(const Export *e, const SsgRender *render, GError **error)
{
  const SsgArchitecture *arch = &e->info->arch;
  gint64 k = render->n_parts, h = render->coarse_size, size = render->size;
  g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
  g_autofree SsgTransform *transforms = g_new(SsgTransform, k);
  g_autofree guint8 *shown = g_malloc(k);
  for (int part = 0; part < k; part++) {
    transforms[part] = ssg_face_transform(e->options->from, part);
    shown[part] = ssg_face_shown(e->options->from, part);
  }
  if (!add_tensor(tensors, "rgb", SSG_F32, (SsgShape) {3, {size, size, 3}}, render->raw_rgb, error) ||
      !add_tensor(tensors, "seg", SSG_F32, (SsgShape) {3, {size, size, k}}, render->raw_seg, error) ||
      !add_tensor(tensors, "mask", SSG_U8, (SsgShape) {2, {size, size}}, render->mask, error) ||
      !add_tensor(tensors, "depth", SSG_F32, (SsgShape) {3, {k, h, h}}, render->depth, error) ||
      !add_tensor(tensors, "weight", SSG_F32, (SsgShape) {3, {k, h, h}}, render->weight, error) ||
      !add_tensor(tensors, "coarse", SSG_F32, (SsgShape) {3, {k, h, h}}, render->coarse, error) ||
      !add_tensor(tensors, "codes", SSG_F32, (SsgShape) {2, {ssg_architecture_short_rows(arch), arch->style_dim}},
                  ssg_face_codes(e->options->from), error) ||
      !add_tensor(tensors, "transforms", SSG_F32, (SsgShape) {2, {k, 3}}, transforms, error) ||
      !add_tensor(tensors, "shown", SSG_U8, (SsgShape) {1, {k}}, shown, error))
    return FALSE;
  g_autoptr(GHashTable) metadata = g_hash_table_new(g_str_hash, g_str_equal);
  g_autofree char *parts = g_strjoinv(", ", e->info->part_names);
  g_hash_table_insert(metadata, (char *) "format", (char *) "ssgan-picture");
  g_hash_table_insert(metadata, (char *) "synthetic", (char *) SSG_IMAGE_SYNTHETIC_SOURCE);
  g_hash_table_insert(metadata, (char *) "software", (char *) "ssgan " SSG_VERSION);
  g_hash_table_insert(metadata, (char *) "model", e->info->name);
  g_hash_table_insert(metadata, (char *) "parts", parts);
  return ssg_safetensors_save(e->options->path, tensors, metadata, error);
}

static int frame_count(const SsgExportOptions *options)
{
  return options->back ? 2 * options->n_frames - 2 : options->n_frames;
}

/* Both ends are the faces themselves; what cannot be blended (hidden parts, noise) changes half way. */
static SsgFace *frame_face(const SsgExportOptions *options, int frame)
{
  int last = options->n_frames - 1;
  if (frame > last)
    frame = 2 * last - frame;
  double t = (double) frame / last;
  return t < 0.5 ? ssg_face_blend(options->from, options->to, t) : ssg_face_blend(options->to, options->from, 1 - t);
}

static SsgRender *render_frame(const Export *e, int frame, GError **error)
{
  g_autoptr(SsgFace) face = frame_face(e->options, frame);
  return ssg_renderer_render(e->renderer, face, NULL, e->cancellable, error);
}

static char *frame_path(const Export *e, int frame)
{
  g_autofree char *name = g_strdup_printf(FRAME_PREFIX "%0*d.png", FRAME_DIGITS, frame + 1);
  return g_build_filename(e->options->path, name, NULL);
}

static gboolean export_frames(const Export *e, GError **error)
{
  gboolean made = g_mkdir(e->options->path, 0777) == 0;
  if (!made && !g_file_test(e->options->path, G_FILE_TEST_IS_DIR)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: the folder cannot be made", e->options->path);
    return FALSE;
  }
  g_autofree char *other = ssg_frame_folder_find_other(e->options->path, FRAME_PREFIX, FRAME_DIGITS);
  if (other) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY, "%s: the folder holds other things than frames: %s", e->options->path,
                other);
    return FALSE;
  }
  int n = frame_count(e->options), frame = 0;
  gboolean done = TRUE;
  for (; done && frame < n; frame++) {
    g_autoptr(SsgRender) render = render_frame(e, frame, error);
    g_autofree char *path = frame_path(e, frame);
    done = render && save_rgba(e, path, render->size, render->size, render->rgb, NULL, error);
    report(e, (frame + 1.0) / n);
  }
  for (int i = 0; !done && i < frame - 1; i++) { /* half an interpolation is no use to anybody */
    g_autofree char *path = frame_path(e, i);
    g_unlink(path);
  }
  if (!done && made)
    g_rmdir(e->options->path);
  return done && ssg_frame_folder_trim(e->options->path, FRAME_PREFIX, FRAME_DIGITS, (guint64) n, error);
}

static gboolean export_animation(const Export *e, GError **error)
{
  int n = frame_count(e->options), size = e->info->arch.size;
  SsgImageOrigin origin = origin_of(e, NULL);
  g_autoptr(SsgApng) apng =
      ssg_apng_new(e->options->path, size, size, n, e->options->frame_ms, 0, &origin, error);
  for (int frame = 0; apng && frame < n; frame++) {
    g_autoptr(SsgRender) render = render_frame(e, frame, error);
    if (!render || !ssg_apng_add(apng, render->rgb, error))
      return FALSE;
    report(e, (frame + 1.0) / n);
  }
  return apng && ssg_apng_commit(apng, error);
}

static gboolean export_picture(const Export *e, GError **error)
{
  SsgRenderOptions options = {.raw = e->options->kind == SSG_EXPORT_RAW};
  g_autoptr(SsgRender) render = ssg_renderer_render(e->renderer, e->options->from, &options, e->cancellable, error);
  if (!render)
    return FALSE;
  report(e, 0.7);
  switch (e->options->kind) {
  case SSG_EXPORT_PICTURE:
    return save_rgba(e, e->options->path, render->size, render->size, render->rgb, NULL, error);
  case SSG_EXPORT_MASK:
    return export_mask(e, render, error);
  case SSG_EXPORT_OVERLAY:
    return export_overlay(e, render, error);
  case SSG_EXPORT_DEPTH_COLOR:
    return export_depth_color(e, render, error);
  case SSG_EXPORT_DEPTH_16:
    return export_depth_16(e, render, error);
  case SSG_EXPORT_DEPTH_NPY:
    return export_maps_npy(e, render, render->depth, error);
  case SSG_EXPORT_WEIGHT_NPY:
    return export_maps_npy(e, render, render->weight, error);
  case SSG_EXPORT_DEPTH_GRID:
    return export_grid(e, render, error);
  case SSG_EXPORT_RAW:
    return export_raw(e, render, error);
  case SSG_EXPORT_SHEET:
    return export_sheet(e, render, error);
  default:
    g_return_val_if_reached(FALSE);
  }
}

static gboolean check(const Export *e, GError **error)
{
  const SsgExportOptions *options = e->options;
  gboolean moving = options->kind == SSG_EXPORT_FRAMES || options->kind == SSG_EXPORT_ANIMATION;
  if (options->part < 0 || options->part >= e->info->arch.n_parts)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "the model has %d parts, and no part %d", e->info->arch.n_parts,
                options->part);
  else if (moving && (!options->to || options->n_frames < 2 || options->n_frames > 10000))
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "an interpolation needs two faces and 2 to 10000 frames, not %d",
                options->n_frames);
  else if (options->kind == SSG_EXPORT_ANIMATION && (options->frame_ms < 10 || options->frame_ms > 10000))
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a frame lasts 10 to 10000 ms, not %d", options->frame_ms);
  else
    return TRUE;
  return FALSE;
}

const char *ssg_export_extension(SsgExportKind kind)
{
  return kinds[kind].extension;
}

const char *ssg_export_title(SsgExportKind kind)
{
  return _(kinds[kind].title);
}

char *ssg_export_suggest_name(SsgExportKind kind, const char *document_title, const char *part_title)
{
  gboolean of_part = kind == SSG_EXPORT_DEPTH_COLOR || kind == SSG_EXPORT_DEPTH_16;
  g_autoptr(GString) name = g_string_new(document_title);
  if (kind != SSG_EXPORT_PICTURE)
    g_string_append_printf(name, " – %s", ssg_export_title(kind));
  if (of_part && part_title)
    g_string_append_printf(name, ", %s", part_title);
  for (char *c = name->str; *c; c++)
    if (*c == '/')
      *c = '-';
  return *kinds[kind].extension ? g_strdup_printf("%s.%s", name->str, kinds[kind].extension) : g_strdup(name->str);
}

gboolean ssg_export_keeps_face(SsgExportKind kind)
{
  return kind == SSG_EXPORT_PICTURE || kind == SSG_EXPORT_SHEET;
}

gboolean ssg_export_run(SsgRenderer *renderer, const SsgExportOptions *options, SsgProgressFunc progress, gpointer data,
                        GCancellable *cancellable, GError **error)
{
  Export e = {renderer, ssg_renderer_model_info(renderer), options, progress, data, cancellable};
  if (!check(&e, error))
    return FALSE;
  gboolean done = options->kind == SSG_EXPORT_FRAMES      ? export_frames(&e, error)
                  : options->kind == SSG_EXPORT_ANIMATION ? export_animation(&e, error)
                  : options->kind == SSG_EXPORT_LATENT_NPY ? export_latent(&e, error)
                                                           : export_picture(&e, error);
  if (done)
    report(&e, 1);
  return done;
}
