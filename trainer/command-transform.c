/* transform: the foreground moved and scaled through its Fourier features (the paper's figure 8). */
#include "trainer/command-model.h"

#include "engine/error.h"
#include "engine/image-resize.h"
#include "trainer/model-sheet.h"
#include "trainer/progress.h"
#include "trainer/render-picture.h"

typedef struct {
  double x, y; /* parts of the picture's width to the right and down */
} Move;

typedef struct {
  SsgModelRun model;
  SsgSheetOptions sheet;
  GArray *seeds, *scales, *moves, *parts; /* of guint64, double, Move, int; parts NULL: the whole foreground */
  SsgFace *donor;                         /* of the background, or NULL */
  SsgImage *photo;                        /* [R, R, 3], or NULL */
  guint64 donor_seed;
  SsgProgress *progress;
  gboolean exact;
} Transform;

static void transform_clear(Transform *t)
{
  g_clear_pointer(&t->progress, ssg_progress_free);
  g_clear_pointer(&t->donor, ssg_face_unref);
  g_clear_pointer(&t->photo, ssg_image_unref);
  GArray **arrays[] = {&t->seeds, &t->scales, &t->moves, &t->parts};
  for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++)
    g_clear_pointer(arrays[i], g_array_unref);
  ssg_sheet_options_clear(&t->sheet);
  ssg_model_run_clear(&t->model);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Transform, transform_clear)

static GArray *parse_moves(const char *text, GError **error)
{
  g_auto(GStrv) words = g_strsplit(text, ",", -1);
  g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(Move));
  for (char **word = words; *word; word++) {
    Move move = {0};
    char *end;
    move.x = g_ascii_strtod(g_strstrip(*word), &end);
    gboolean good = end != *word && *end == ':';
    if (good) {
      char *second = end + 1;
      move.y = g_ascii_strtod(second, &end);
      good = end != second;
    }
    if (!good || *end || !(move.x >= -1 && move.x <= 1 && move.y >= -1 && move.y <= 1)) {
      ssg_command_usage_error(error, "--moves takes pairs X:Y from -1 to 1 with commas between them, not '%s'", text);
      return NULL;
    }
    g_array_append_val(moves, move);
  }
  if (!moves->len) {
    ssg_command_usage_error(error, "--moves holds no pair");
    return NULL;
  }
  return g_steal_pointer(&moves);
}

/* A thing at c is to appear at u = scale * c + 2 * move in coordinates from -1 to 1, so u shows what is at
 * (u - 2 * move) / scale. */
static SsgTransform sampling(double scale, Move move)
{
  return (SsgTransform){
      .scale = (float) (1 / scale), .shift_x = (float) (-2 * move.x / scale), .shift_y = (float) (-2 * move.y / scale)};
}

static SsgFace *transformed(const Transform *t, const SsgFace *face, double scale, Move move)
{
  SsgTransform transform = sampling(scale, move);
  g_autoptr(SsgFace) over = t->donor ? ssg_face_swap_part(face, t->donor, 0, SSG_CODE_BOTH) : ssg_face_ref(face);
  if (!t->parts)
    return ssg_face_set_foreground_transform(over, transform);
  for (guint i = 0; i < t->parts->len; i++) {
    SsgFace *next = ssg_face_set_transform(over, g_array_index(t->parts, int, i), transform);
    ssg_face_unref(over);
    over = next;
  }
  return g_steal_pointer(&over);
}

/* Lays the generated foreground over the photograph. How much of a pixel is background is read off seg, which is
 * trained to be 1 inside a part and -1 outside. */
static void compose(const Transform *t, const SsgRender *render, guint8 *rgb)
{
  gsize n = (gsize) render->size * (gsize) render->size, k = (gsize) render->n_parts;
  for (gsize i = 0; i < n; i++) {
    float background = CLAMP(0.5f + 0.5f * render->raw_seg[i * k], 0.0f, 1.0f);
    for (int c = 0; c < 3; c++) {
      float mixed = background * t->photo->pixels[3 * i + c] + (1 - background) * rgb[3 * i + c];
      rgb[3 * i + c] = (guint8) (mixed + 0.5f);
    }
  }
}

static gboolean add_tile(Transform *t, SsgSheet *sheet, int row, int column, const SsgFace *face, GError **error)
{
  g_autoptr(SsgFace) moved =
      transformed(t, face, g_array_index(t->scales, double, row), g_array_index(t->moves, Move, column));
  g_autoptr(SsgRender) render = ssg_render_face(&t->model, moved, t->photo != NULL, error);
  if (!render)
    return FALSE;
  g_autofree guint8 *rgb = ssg_render_to_rgb(render);
  if (t->photo)
    compose(t, render, rgb);
  ssg_sheet_set_tile(sheet, row, column, rgb, render->size, render->size, 0);
  ssg_progress_add(t->progress, 1);
  return TRUE;
}

static char *text_of_parts(const Transform *t)
{
  GString *text = g_string_new(t->parts ? NULL : "foreground");
  for (guint i = 0; t->parts && i < t->parts->len; i++)
    g_string_append_printf(text, "%s%s", i ? ", " : "", ssg_model_info(t->model.model)->part_names[g_array_index(t->parts, int, i)]);
  return g_string_free(text, FALSE);
}

static gboolean make_sheet(Transform *t, guint64 seed, const SsgFace *face, GError **error)
{
  g_autoptr(SsgSheet) sheet = ssg_model_sheet_new(&t->sheet, &t->model, (int) t->scales->len, (int) t->moves->len, error);
  if (!sheet)
    return FALSE;
  for (guint r = 0; r < t->scales->len; r++) {
    g_autofree char *caption = g_strdup_printf("x %g", g_array_index(t->scales, double, r));
    ssg_sheet_set_row_caption(sheet, (int) r, caption);
  }
  for (guint c = 0; c < t->moves->len; c++) {
    Move move = g_array_index(t->moves, Move, c);
    g_autofree char *x = g_strdup_printf(move.x ? "%+g" : "0", move.x),
                    *y = g_strdup_printf(move.y ? "%+g" : "0", move.y);
    g_autofree char *caption = move.x || move.y ? g_strconcat(x, ", ", y, NULL) : g_strdup("in place");
    ssg_sheet_set_column_caption(sheet, (int) c, caption);
  }
  for (guint r = 0; r < t->scales->len; r++)
    for (guint c = 0; c < t->moves->len; c++)
      if (!add_tile(t, sheet, (int) r, (int) c, face, error))
        return FALSE;
  g_autofree char *over = t->photo   ? g_strdup("a photograph")
                          : t->donor ? g_strdup_printf("the background of seed %" G_GUINT64_FORMAT, t->donor_seed)
                                     : g_strdup("its own background");
  g_autofree char *moved = text_of_parts(t);
  g_autofree char *what = g_strdup_printf("seed %" G_GUINT64_FORMAT ", %s moved and scaled over %s%s", seed, moved, over,
                                          t->exact ? " (exact)" : "");
  g_autofree char *name = g_strdup_printf("transform-%04" G_GUINT64_FORMAT, seed);
  return ssg_model_sheet_save(sheet, &t->sheet, &t->model, name, what, error);
}

static gboolean make_sheets(Transform *t, gboolean quiet, GError **error)
{
  g_autoptr(GPtrArray) faces = ssg_sample_faces(&t->model, t->seeds, t->sheet.truncation, error);
  if (!faces || !ssg_model_sheet_fits(&t->sheet, &t->model, (int) t->scales->len, (int) t->moves->len, error) ||
      !ssg_make_folder(t->sheet.out, error))
    return FALSE;
  t->progress = ssg_progress_new("moving", "pictures", (guint64) faces->len * t->scales->len * t->moves->len, quiet);
  for (guint i = 0; i < faces->len; i++)
    if (!make_sheet(t, g_array_index(t->seeds, guint64, i), g_ptr_array_index(faces, i), error))
      return FALSE;
  return TRUE;
}

static SsgImage *load_photo(const char *path, int size, GError **error)
{
  g_autoptr(SsgImage) image = ssg_image_load(path, SSG_IMAGE_RGB, NULL, error);
  g_autoptr(SsgImage) square = image ? ssg_image_crop_centre(image, error) : NULL;
  return square ? ssg_image_resize(square, size, size, SSG_RESAMPLE_LANCZOS, error) : NULL;
}

static gboolean open_backgrounds(Transform *t, const char *from, const char *photo, GError **error)
{
  if (from) {
    t->donor = ssg_model_sample(t->model.model, t->donor_seed, (float) t->sheet.truncation, error);
    return t->donor != NULL;
  }
  if (photo)
    t->photo = load_photo(photo, ssg_model_architecture(t->model.model)->size, error);
  return !photo || t->photo;
}

static int run_transform(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_auto(Transform) t = {.sheet = SSG_SHEET_OPTIONS};
  g_autofree char *seeds = NULL, *scales = NULL, *moves = NULL, *parts = NULL, *from = NULL, *photo = NULL;
  int exit_code;
  const GOptionEntry entries[] = {
      SSG_SHEET_ENTRIES(&t.sheet),
      {"seeds", 0, 0, G_OPTION_ARG_STRING, &seeds, "Faces, a sheet each (--seed)", "LIST"},
      {"scales", 0, 0, G_OPTION_ARG_STRING, &scales, "Sizes, a row each: 2 is twice as large (0.75,1,1.33)", "LIST"},
      {"moves", 0, 0, G_OPTION_ARG_STRING, &moves,
       "Moves to the right and down as parts of the picture's width, a column each (-0.15:0,0:0,0.15:0)", "X:Y,..."},
      {"parts", 0, 0, G_OPTION_ARG_STRING, &parts, "Move only these parts: names or numbers (the whole foreground)",
       "PARTS"},
      {"background-from", 0, 0, G_OPTION_ARG_STRING, &from, "Take the background of this seed's face", "SEED"},
      {"background", 0, 0, G_OPTION_ARG_FILENAME, &photo, "Lay the foreground over this photograph (see below)",
       "PICTURE"},
      {"exact", 0, 0, G_OPTION_ARG_NONE, &t.exact, "Sample beyond the square that training saw too, as the paper does (see below)", NULL},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "MODEL",
          "Moves and scales the foreground, or some parts, by sampling their Fourier features elsewhere; the render\n"
          "net then draws the whole anew. DIR/transform-SEED.png has a row a scale and a column a move (the paper's\n"
          "figure 8).\n\n"
          "Beyond the square that training saw, parts draw nothing, but below it: there a bust goes on. With --exact the\n"
          "model is asked there too; it answers with scraps of faces.\n\n"
          "Backgrounds: the face's own and any other generated one (--background-from) go through the render net, "
          "which\n"
          "fits light and edges. A photograph (--background) has no latent codes unless it is inverted, so here its "
          "pixels\n"
          "are laid behind the generated foreground by the mask: cropped to its centred square, light and colours as\n"
          "they are. Moving the person in a photograph is not possible without inversion.",
          entries, SSG_COMMON_MODEL, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  if (from && photo)
    ssg_command_usage_error(&error, "--background-from and --background exclude each other");
  else if (from && !g_ascii_string_to_unsigned(from, 10, 0, G_MAXUINT64, &t.donor_seed, NULL))
    ssg_command_usage_error(&error, "--background-from takes one seed, not '%s'", from);
  if (!error && ssg_sheet_options_check(&t.sheet, &error) &&
      (t.seeds = ssg_seeds_option("--seeds", seeds, common.seed, 1, SSG_SEEDS_DISTINCT, &error)) &&
      (t.scales = ssg_parse_numbers("--scales", scales ? scales : "0.75,1,1.33", 0.1, 10, &error)) &&
      (t.moves = parse_moves(moves ? moves : "-0.15:0,0:0,0.15:0", &error)) &&
      ssg_model_run_open(&t.model, &common, argv[1], NULL, &error) &&
      (!parts || (t.parts = ssg_parse_parts("--parts", parts, ssg_model_info(t.model.model), &error))) &&
      open_backgrounds(&t, from, photo, &error)) {
    ssg_session_set_bounded(t.model.session, !t.exact);
    if (make_sheets(&t, common.quiet, &error))
      g_print("%s: %u sheet%s\n", t.sheet.out, t.seeds->len, t.seeds->len == 1 ? "" : "s");
  }
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_transform = {"transform", "The foreground moved and scaled, over any background",
                                          run_transform, NULL};
