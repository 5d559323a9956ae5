/* components: parts added one after another, with their depth maps below (the paper's figure 5). */
#include "trainer/command-model.h"

#include "engine/error.h"
#include "trainer/model-sheet.h"
#include "trainer/progress.h"
#include "trainer/render-picture.h"

/* The background, then the opaque parts in the model's order, then what lies over them. */
static GArray *usual_order(const SsgArchitecture *a)
{
  GArray *order = g_array_new(FALSE, FALSE, sizeof(int));
  for (int pass = 0; pass < 2; pass++)
    for (int k = 0; k < a->n_parts; k++)
      if ((int) ((a->transparent >> k) & 1) == pass)
        g_array_append_val(order, k);
  return order;
}

/* Two rows: the face so far, and the depth of the part that joined it. */
static gboolean add_face(const SsgModelRun *run, SsgSheet *sheet, int row, const SsgFace *whole, const GArray *order,
                         SsgProgress *progress, GError **error)
{
  int n_parts = ssg_face_n_parts(whole);
  g_autoptr(SsgFace) face = ssg_face_ref(whole);
  for (int k = 0; k < n_parts; k++) {
    SsgFace *bare = ssg_face_set_shown(face, k, FALSE);
    ssg_face_unref(face);
    face = bare;
  }
  for (guint i = 0; i < order->len; i++) {
    int part = g_array_index(order, int, i);
    SsgFace *next = ssg_face_set_shown(face, part, TRUE);
    ssg_face_unref(face);
    face = next;
    g_autoptr(SsgRender) render = ssg_render_face(run, face, FALSE, error);
    if (!render)
      return FALSE;
    g_autofree guint8 *depth = ssg_render_depth_to_rgb(render, part, ssg_render_depths(render, part));
    ssg_model_sheet_set_face(sheet, row, (int) i, render);
    ssg_sheet_set_tile(sheet, row + 1, (int) i, depth, render->coarse_size, render->coarse_size, 0);
    ssg_progress_add(progress, 1);
  }
  return TRUE;
}

static gboolean make_sheet(const SsgModelRun *run, const SsgSheetOptions *o, const GArray *seeds, const GArray *order,
                           gboolean quiet, GError **error)
{
  const SsgModelInfo *info = ssg_model_info(run->model);
  g_autoptr(GPtrArray) faces = ssg_sample_faces(run, seeds, o->truncation, error);
  if (!faces)
    return FALSE;
  g_autoptr(SsgSheet) sheet = ssg_model_sheet_new(o, run, 2 * (int) faces->len, (int) order->len, error);
  if (!sheet || !ssg_make_folder(o->out, error))
    return FALSE;
  g_autoptr(SsgProgress) progress =
      ssg_progress_new("adding parts", "pictures", (guint64) faces->len * order->len, quiet);
  for (guint i = 0; i < order->len; i++) {
    g_autofree char *caption = g_strconcat(i ? "+ " : "", info->part_names[g_array_index(order, int, i)], NULL);
    ssg_sheet_set_column_caption(sheet, (int) i, caption);
  }
  for (guint i = 0; i < faces->len; i++) {
    g_autofree char *caption = g_strdup_printf("seed %" G_GUINT64_FORMAT, g_array_index(seeds, guint64, i));
    ssg_sheet_set_row_caption(sheet, 2 * (int) i, caption);
    ssg_sheet_set_row_caption(sheet, 2 * (int) i + 1, "depth");
    if (!add_face(run, sheet, 2 * (int) i, g_ptr_array_index(faces, i), order, progress, error))
      return FALSE;
  }
  return ssg_model_sheet_save(sheet, o, run, "components",
                              "parts added one after another; below, the depth of the part added: pale is near, each from its own nearest to farthest", error);
}

static int run_components(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_auto(SsgSheetOptions) o = SSG_SHEET_OPTIONS;
  g_autofree char *seeds_text = NULL, *order_text = NULL;
  int exit_code;
  const GOptionEntry entries[] = {
      SSG_SHEET_ENTRIES(&o),
      {"seeds", 0, 0, G_OPTION_ARG_STRING, &seeds_text, "Faces, two rows each (--seed)", "LIST"},
      {"order", 0, 0, G_OPTION_ARG_STRING, &order_text,
       "Parts in the order they are added, names or numbers; parts not named stay out (background first, transparent "
       "last)",
       "PARTS"},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "MODEL",
          "Composes faces step by step: DIR/components.png shows a face with one part, two parts and so on, and\n"
          "below each step the pseudo-depth map of the part that was added (the paper's figure 5).",
          entries, SSG_COMMON_MODEL, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  g_autoptr(GArray) seeds = NULL, order = NULL;
  g_auto(SsgModelRun) run = {0};
  if (ssg_sheet_options_check(&o, &error) &&
      (seeds = ssg_seeds_option("--seeds", seeds_text, common.seed, 1, SSG_SEEDS_DISTINCT, &error)) &&
      ssg_model_run_open(&run, &common, argv[1], NULL, &error)) {
    order = order_text ? ssg_parse_parts("--order", order_text, ssg_model_info(run.model), &error)
                       : usual_order(ssg_model_architecture(run.model));
    if (order && make_sheet(&run, &o, seeds, order, common.quiet, &error))
      g_print("%s/components.png\n", o.out);
  }
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_components = {"components", "Parts added one after another, with their depth",
                                           run_components, NULL};
