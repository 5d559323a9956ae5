/* mix: style-mixing grids, one part a sheet (the paper's figures 1 and 18). */
#include "trainer/command-model.h"

#include "engine/error.h"
#include "trainer/model-sheet.h"
#include "trainer/progress.h"

#define BASE (-1) /* stands for the base codes, the pose, where a part's index may stand */

typedef struct {
  SsgModelRun model;
  SsgSheetOptions sheet;
  GArray *row_seeds, *column_seeds; /* of guint64 */
  GPtrArray *rows, *columns;        /* of SsgFace */
  GArray *parts;                    /* of int */
  SsgCode what;
  const char *what_name;
  SsgProgress *progress;
} Mix;

static void mix_clear(Mix *mix)
{
  g_clear_pointer(&mix->progress, ssg_progress_free);
  g_clear_pointer(&mix->rows, g_ptr_array_unref);
  g_clear_pointer(&mix->columns, g_ptr_array_unref);
  g_clear_pointer(&mix->row_seeds, g_array_unref);
  g_clear_pointer(&mix->column_seeds, g_array_unref);
  g_clear_pointer(&mix->parts, g_array_unref);
  ssg_sheet_options_clear(&mix->sheet);
  ssg_model_run_clear(&mix->model);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mix, mix_clear)

static gboolean add_tile(Mix *mix, SsgSheet *sheet, int row, int column, const SsgFace *face, GError **error)
{
  g_autoptr(SsgRender) render = ssg_render_face(&mix->model, face, FALSE, error);
  if (!render)
    return FALSE;
  ssg_model_sheet_set_face(sheet, row, column, render);
  ssg_progress_add(mix->progress, 1);
  return TRUE;
}

static gboolean fill_sheet(Mix *mix, SsgSheet *sheet, int part, guint32 color, GError **error)
{
  for (guint c = 0; c < mix->columns->len; c++) {
    g_autofree char *caption = g_strdup_printf("seed %" G_GUINT64_FORMAT, g_array_index(mix->column_seeds, guint64, c));
    ssg_sheet_set_column_caption(sheet, (int) c + 1, caption);
    ssg_sheet_set_tile_frame(sheet, 0, (int) c + 1, color);
    if (!add_tile(mix, sheet, 0, (int) c + 1, g_ptr_array_index(mix->columns, c), error))
      return FALSE;
  }
  for (guint r = 0; r < mix->rows->len; r++) {
    const SsgFace *face = g_ptr_array_index(mix->rows, r);
    g_autofree char *caption = g_strdup_printf("seed %" G_GUINT64_FORMAT, g_array_index(mix->row_seeds, guint64, r));
    ssg_sheet_set_row_caption(sheet, (int) r + 1, caption);
    if (!add_tile(mix, sheet, (int) r + 1, 0, face, error))
      return FALSE;
    for (guint c = 0; c < mix->columns->len; c++) {
      const SsgFace *donor = g_ptr_array_index(mix->columns, c);
      g_autoptr(SsgFace) mixed =
          part == BASE ? ssg_face_blend_base(face, donor, 1) : ssg_face_swap_part(face, donor, part, mix->what);
      if (!add_tile(mix, sheet, (int) r + 1, (int) c + 1, mixed, error))
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean make_sheet(Mix *mix, int part, GError **error)
{
  const SsgModelInfo *info = ssg_model_info(mix->model.model);
  g_autoptr(SsgSheet) sheet =
      ssg_model_sheet_new(&mix->sheet, &mix->model, (int) mix->rows->len + 1, (int) mix->columns->len + 1, error);
  if (!sheet)
    return FALSE;
  const char *name = part == BASE ? "base" : info->part_names[part];
  const char *codes = part == BASE                 ? "base codes (pose)"
                      : mix->what == SSG_CODE_BOTH ? "shape and texture"
                                                   : mix->what_name;
  g_autofree char *title = g_strdup_printf("%s: %s of the framed faces above, all else of the faces on the left",
                                           part == BASE ? "pose" : name, codes);
  g_autofree char *file =
      part == BASE ? g_strdup("mix-base") : g_strdup_printf("mix-%02d-%s-%s", part, name, mix->what_name);
  return fill_sheet(mix, sheet, part, part == BASE ? 0x22262b : info->part_colors[part], error) &&
         ssg_model_sheet_save(sheet, &mix->sheet, &mix->model, g_strdelimit(file, " /", '-'), title, error);
}

static gboolean make_sheets(Mix *mix, gboolean quiet, GError **error)
{
  mix->rows = ssg_sample_faces(&mix->model, mix->row_seeds, mix->sheet.truncation, error);
  mix->columns = mix->rows ? ssg_sample_faces(&mix->model, mix->column_seeds, mix->sheet.truncation, error) : NULL;
  if (!mix->columns ||
      !ssg_model_sheet_fits(&mix->sheet, &mix->model, (int) mix->rows->len + 1, (int) mix->columns->len + 1, error) ||
      !ssg_make_folder(mix->sheet.out, error))
    return FALSE;
  guint64 pictures = (guint64) (mix->rows->len + 1) * (mix->columns->len + 1) - 1;
  mix->progress = ssg_progress_new("mixing", "pictures", mix->parts->len * pictures, quiet);
  for (guint i = 0; i < mix->parts->len; i++)
    if (!make_sheet(mix, g_array_index(mix->parts, int, i), error))
      return FALSE;
  return TRUE;
}

static int run_mix(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_auto(Mix) mix = {.sheet = SSG_SHEET_OPTIONS, .what = SSG_CODE_BOTH};
  g_autofree char *rows = NULL, *columns = NULL, *parts = NULL, *what = NULL;
  gboolean base = FALSE;
  int exit_code;
  const GOptionEntry entries[] = {
      SSG_SHEET_ENTRIES(&mix.sheet),
      {"rows", 0, 0, G_OPTION_ARG_STRING, &rows, "Seeds of the faces that are changed (four from --seed on)", "LIST"},
      {"columns", 0, 0, G_OPTION_ARG_STRING, &columns, "Seeds of the faces that give a part (the next five)", "LIST"},
      {"parts", 0, 0, G_OPTION_ARG_STRING, &parts, "Parts, a sheet each: names or numbers (all)", "PARTS"},
      {"what", 0, 0, G_OPTION_ARG_STRING, &what, "Which codes go over: shape, texture or both (both)", "CODES"},
      {"base", 0, 0, G_OPTION_ARG_NONE, &base, "One more sheet: the base codes, which hold the pose", NULL},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "MODEL",
          "Mixes faces part by part: DIR/mix-PART-CODES.png is a grid in which every face of the left column\n"
          "has one part from every face of the top row (the paper's figures 1 and 18).",
          entries, SSG_COMMON_MODEL, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  mix.what_name = what ? what : "both";
  if (ssg_sheet_options_check(&mix.sheet, &error) && (!what || ssg_parse_codes("--what", what, &mix.what, &error)) &&
      (mix.row_seeds = ssg_seeds_option("--rows", rows, common.seed, 4, SSG_SEEDS_DISTINCT, &error)) &&
      (mix.column_seeds = ssg_seeds_option("--columns", columns, MIN(common.seed, G_MAXUINT64 - 4) + 4, 5, SSG_SEEDS_DISTINCT, &error)) &&
      ssg_model_run_open(&mix.model, &common, argv[1], NULL, &error) &&
      (mix.parts = ssg_parse_parts("--parts", parts ? parts : "all", ssg_model_info(mix.model.model), &error))) {
    const int pose = BASE;
    if (base)
      g_array_append_val(mix.parts, pose);
    if (make_sheets(&mix, common.quiet, &error))
      g_print("%s: %u sheet%s\n", mix.sheet.out, mix.parts->len, mix.parts->len == 1 ? "" : "s");
  }
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_mix = {"mix", "Grids of faces that swap parts", run_mix, NULL};
