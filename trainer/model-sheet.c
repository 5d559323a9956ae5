#include "trainer/model-sheet.h"

#include "engine/error.h"
#include "trainer/interrupt.h"
#include "trainer/render-picture.h"

#define USUAL_TILE 256
#define LARGEST_TILE 4096

void ssg_sheet_options_clear(SsgSheetOptions *options)
{
  g_clear_pointer(&options->out, g_free);
}

gboolean ssg_sheet_options_check(const SsgSheetOptions *options, GError **error)
{
  if (!options->out)
    return ssg_make_folder(NULL, error);
  return ssg_check_truncation(options->truncation, error) &&
         (options->tile == SSG_TILE_OF_MODEL || ssg_command_in_range("--tile", options->tile, 16, LARGEST_TILE, error));
}

#define MAX_SHEET 32000 /* Cairo draws up to 32767; captions want some */

static int tile_of(const SsgSheetOptions *options, const SsgModelRun *run)
{
  return options->tile != SSG_TILE_OF_MODEL ? options->tile : MIN(USUAL_TILE, ssg_model_architecture(run->model)->size);
}

gboolean ssg_model_sheet_fits(const SsgSheetOptions *options, const SsgModelRun *run, int rows, int columns, GError **error)
{
  int tile = tile_of(options, run);
  if ((gint64) MAX(rows, columns) * (tile + 2) <= MAX_SHEET)
    return TRUE;
  ssg_command_usage_error(error, "a sheet of %d x %d pictures of %d pixels is too large: at most %d pixels either way; take fewer, "
                          "or a smaller --tile", columns, rows, tile, MAX_SHEET);
  return FALSE;
}

SsgSheet *ssg_model_sheet_new(const SsgSheetOptions *options, const SsgModelRun *run, int rows, int columns, GError **error)
{
  int tile = tile_of(options, run);
  return ssg_model_sheet_fits(options, run, rows, columns, error) ? ssg_sheet_new(rows, columns, tile, tile) : NULL;
}

gboolean ssg_model_sheet_save(SsgSheet *sheet, const SsgSheetOptions *options, const SsgModelRun *run, const char *name,
                              const char *what, GError **error)
{
  const SsgModelInfo *info = ssg_model_info(run->model);
  g_autofree char *file = g_strconcat(name, ".png", NULL), *path = g_build_filename(options->out, file, NULL);
  g_autofree char *subtitle = g_strdup_printf("%s; truncation %g", what, options->truncation);
  SsgImageOrigin origin = ssg_picture_origin(info, NULL, subtitle);
  ssg_sheet_set_title(sheet, info->name, subtitle);
  return ssg_sheet_save(sheet, path, &origin, error);
}

void ssg_model_sheet_set_face(SsgSheet *sheet, int row, int column, const SsgRender *render)
{
  g_autofree guint8 *rgb = ssg_render_to_rgb(render);
  ssg_sheet_set_tile(sheet, row, column, rgb, render->size, render->size, 0);
}

void ssg_model_sheet_set_mask(SsgSheet *sheet, int row, int column, const SsgRender *render, const SsgModelInfo *info)
{
  ssg_sheet_set_tile_labels(sheet, row, column, render->mask, render->size, render->size, info->part_colors,
                            info->arch.n_parts);
}

GPtrArray *ssg_sample_faces(const SsgModelRun *run, const GArray *seeds, double truncation, GError **error)
{
  g_autoptr(GPtrArray) faces = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_face_unref);
  for (guint i = 0; i < seeds->len; i++) {
    SsgFace *face = ssg_model_sample(run->model, g_array_index(seeds, guint64, i), (float) truncation, error);
    if (!face)
      return NULL;
    g_ptr_array_add(faces, face);
  }
  return g_steal_pointer(&faces);
}

SsgRender *ssg_render_face(const SsgModelRun *run, const SsgFace *face, gboolean raw, GError **error)
{
  const SsgRenderOptions options = {.raw = raw};
  return ssg_interrupt_check(error) ? ssg_session_render(run->session, face, &options, NULL, NULL, NULL, error) : NULL;
}
