/* interpolate: from face to face, whole, by parts or by codes (the paper's figure 7). */
#include "trainer/command-model.h"

#include "engine/error.h"
#include "engine/frame-folder.h"
#include "trainer/model-sheet.h"
#include "trainer/progress.h"
#include "trainer/render-picture.h"

#define COLUMNS 10
#define SHEET_FRAMES 100
#define MAX_FRAMES 100000 /* more is a slip of the keyboard, and fills the disk */

typedef struct {
  SsgModelRun model;
  SsgSheetOptions sheet;
  GArray *seeds;    /* of guint64 */
  GPtrArray *faces; /* of SsgFace */
  GArray *parts;    /* of int */
  gboolean base, shape, texture;
  int frames; /* between one face and the next, both counted */
} Path;

static void path_clear(Path *path)
{
  g_clear_pointer(&path->faces, g_ptr_array_unref);
  g_clear_pointer(&path->seeds, g_array_unref);
  g_clear_pointer(&path->parts, g_array_unref);
  ssg_sheet_options_clear(&path->sheet);
  ssg_model_run_clear(&path->model);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Path, path_clear)

static gboolean parse_which(Path *path, const char *text, GError **error)
{
  g_auto(GStrv) words = g_strsplit(text, ",", -1);
  if (!*words)
    ssg_command_usage_error(error, "--codes takes base, shape and texture with commas between them");
  for (char **word = words; *word; word++) {
    g_strstrip(*word);
    if (g_str_equal(*word, "base"))
      path->base = TRUE;
    else if (g_str_equal(*word, "shape"))
      path->shape = TRUE;
    else if (g_str_equal(*word, "texture"))
      path->texture = TRUE;
    else {
      ssg_command_usage_error(error, "--codes takes base, shape and texture with commas between them, not '%s'", text);
      return FALSE;
    }
  }
  return *words != NULL;
}

static SsgFace *between(const Path *path, const SsgFace *from, const SsgFace *to, float amount)
{
  SsgFace *face = path->base ? ssg_face_blend_base(from, to, amount) : ssg_face_ref(from);
  for (guint i = 0; i < path->parts->len; i++) {
    SsgFace *next = ssg_face_blend_part(face, to, g_array_index(path->parts, int, i), path->shape ? amount : 0,
                                        path->texture ? amount : 0);
    ssg_face_unref(face);
    face = next;
  }
  return face;
}

static gboolean save_frame(const Path *path, int frame, const SsgRender *render, GError **error)
{
  g_autofree char *file = g_strdup_printf("%04d.png", frame);
  g_autofree char *where = g_build_filename(path->sheet.out, "frames", file, NULL);
  SsgImageOrigin origin = ssg_picture_origin(ssg_model_info(path->model.model), NULL, "between two faces");
  return ssg_render_save_face(render, where, &origin, error);
}

static void add_to_sheet(const Path *path, SsgSheet *sheet, int frame, const SsgRender *render)
{
  int row = 2 * (frame / COLUMNS), column = frame % COLUMNS;
  if (frame >= SHEET_FRAMES)
    return;
  ssg_model_sheet_set_face(sheet, row, column, render);
  ssg_model_sheet_set_mask(sheet, row + 1, column, render, ssg_model_info(path->model.model));
  int segment = frame / (path->frames - 1), step = frame % (path->frames - 1);
  g_autofree char *caption = step ? g_strdup_printf("%.2f", step / (double) (path->frames - 1))
                                  : g_strdup_printf("seed %" G_GUINT64_FORMAT, g_array_index(path->seeds, guint64, segment));
  ssg_sheet_set_tile_caption(sheet, row + 1, column, caption);
}

static gboolean make_frames(Path *path, SsgSheet *sheet, SsgProgress *progress, GError **error)
{
  int n = (int) (path->faces->len - 1) * (path->frames - 1) + 1;
  g_autoptr(SsgFace) from = ssg_face_ref(g_ptr_array_index(path->faces, 0));
  for (int frame = 0; frame < n; frame++) {
    int segment = MIN(frame / (path->frames - 1), (int) path->faces->len - 2),
        step = frame - segment * (path->frames - 1);
    const SsgFace *to = g_ptr_array_index(path->faces, segment + 1);
    if (step == 0 && segment > 0) { /* what was not interpolated stays as in the first face */
      SsgFace *reached = between(path, from, g_ptr_array_index(path->faces, segment), 1);
      ssg_face_unref(from);
      from = reached;
    }
    g_autoptr(SsgFace) face = between(path, from, to, (float) step / (float) (path->frames - 1));
    g_autoptr(SsgRender) render = ssg_render_face(&path->model, face, FALSE, error);
    if (!render || !save_frame(path, frame, render, error))
      return FALSE;
    add_to_sheet(path, sheet, frame, render);
    ssg_progress_set(progress, (guint64) frame + 1);
  }
  return TRUE;
}

/* "shape of hair, mouth", "base, texture" or "everything". */
static char *text_of_changes(const Path *path, const SsgModelInfo *info)
{
  const struct {
    gboolean changes;
    const char *name;
  } codes[] = {{path->base, "base"}, {path->shape, "shape"}, {path->texture, "texture"}};
  gboolean all_parts = (int) path->parts->len == info->arch.n_parts;
  GString *text = g_string_new(NULL);
  if (path->base && path->shape && path->texture && all_parts)
    return g_string_free(g_string_append(text, "everything"), FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
    if (codes[i].changes)
      g_string_append_printf(text, "%s%s", text->len ? ", " : "", codes[i].name);
  for (guint i = 0; !all_parts && i < path->parts->len; i++)
    g_string_append_printf(text, "%s%s", i ? ", " : " of ", info->part_names[g_array_index(path->parts, int, i)]);
  return g_string_free(text, FALSE);
}

static gboolean make_path(Path *path, gboolean quiet, GError **error)
{
  g_autofree char *folder = g_build_filename(path->sheet.out, "frames", NULL);
  int n = (int) (path->faces->len - 1) * (path->frames - 1) + 1, shown = MIN(n, SHEET_FRAMES);
  if (!ssg_make_folder(path->sheet.out, error) || !ssg_make_folder(folder, error))
    return FALSE;
  g_autofree char *other = ssg_frame_folder_find_other(folder, "", 4);
  if (other) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: the folder holds other things than frames (%s); choose another --out", folder,
                other);
    return FALSE;
  }
  g_autoptr(SsgSheet) sheet =
      ssg_model_sheet_new(&path->sheet, &path->model, 2 * ((shown + COLUMNS - 1) / COLUMNS), MIN(shown, COLUMNS), error);
  if (!sheet)
    return FALSE;
  const SsgModelInfo *info = ssg_model_info(path->model.model);
  g_autofree char *changes = text_of_changes(path, info),
                  *first = n > SHEET_FRAMES ? g_strdup_printf("; the first %d of %d", SHEET_FRAMES, n) : g_strdup(""),
                  *what = g_strdup_printf("from face to face: %s%s", changes, first);
  g_autoptr(SsgProgress) progress = ssg_progress_new("interpolating", "frames", (guint64) n, quiet);
  ssg_sheet_set_legend(sheet, info->part_names, info->part_colors, info->arch.n_parts);
  return make_frames(path, sheet, progress, error) && ssg_frame_folder_trim(folder, "", 4, (guint64) n - 1, error) &&
         ssg_model_sheet_save(sheet, &path->sheet, &path->model, "sheet", what, error);
}

/* No --parts and no --codes: everything. --parts alone: their shapes and textures. --codes alone: of all parts. */
static gboolean choose(Path *path, const char *parts, const char *codes, GError **error)
{
  path->parts = ssg_parse_parts("--parts", parts ? parts : "all", ssg_model_info(path->model.model), error);
  if (!path->parts)
    return FALSE;
  if (path->base && parts) {
    ssg_command_usage_error(error, "the base code belongs to the whole face: --codes base and --parts exclude each other");
    return FALSE;
  }
  if (codes)
    return TRUE; /* parsed already */
  path->base = !parts;
  path->shape = path->texture = TRUE;
  return TRUE;
}

static int run_interpolate(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_auto(Path) path = {.sheet = SSG_SHEET_OPTIONS, .frames = COLUMNS};
  g_autofree char *seeds = NULL, *parts = NULL, *codes = NULL;
  int exit_code;
  const GOptionEntry entries[] = {
      SSG_SHEET_ENTRIES(&path.sheet),
      {"seeds", 0, 0, G_OPTION_ARG_STRING, &seeds, "Faces to go through, at least two (three from --seed on)", "LIST"},
      {"frames", 0, 0, G_OPTION_ARG_INT, &path.frames, "Pictures from one face to the next, both counted (10)", "N"},
      {"parts", 0, 0, G_OPTION_ARG_STRING, &parts, "Only these parts change: names or numbers (whole faces change)",
       "PARTS"},
      {"codes", 0, 0, G_OPTION_ARG_STRING, &codes, "Only these codes change: of base (the pose; not with --parts), shape, texture", "LIST"},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "MODEL",
          "Goes from face to face in even steps of the latent codes: frames in DIR/frames (in place of those of\n"
          "an earlier run), and all of them with their masks in DIR/sheet.png (the paper's figure 7). With\n"
          "--parts or --codes the rest of the first face stays.",
          entries, SSG_COMMON_MODEL, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  if (!ssg_sheet_options_check(&path.sheet, &error) || (codes && !parse_which(&path, codes, &error)) ||
      !(path.seeds = ssg_seeds_option("--seeds", seeds, common.seed, 3, SSG_SEEDS_ANY, &error)))
    return ssg_command_finish(command, error);
  if (path.seeds->len < 2 || path.seeds->len > 1000)
    ssg_command_usage_error(&error, "--seeds takes 2 to 1000 faces to go through, not %u", path.seeds->len);
  else if (!ssg_command_in_range("--frames", path.frames, 2, 10000, &error))
    ;
  else if ((path.seeds->len - 1) * (guint) (path.frames - 1) >= MAX_FRAMES)
    ssg_command_usage_error(&error, "%u faces with --frames %d between them make %u pictures; %d are the most at a time", path.seeds->len,
                            path.frames, (path.seeds->len - 1) * (guint) (path.frames - 1) + 1, MAX_FRAMES);
  else if (ssg_model_run_open(&path.model, &common, argv[1], NULL, &error) && choose(&path, parts, codes, &error) &&
           (path.faces = ssg_sample_faces(&path.model, path.seeds, path.sheet.truncation, &error)) &&
           make_path(&path, common.quiet, &error))
    g_print("%s/sheet.png\n", path.sheet.out);
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_interpolate = {"interpolate", "From face to face, whole or by parts", run_interpolate,
                                            NULL};
