/* What the commands share that lay renders out in a sheet: components, mix, interpolate, transform. */
#pragma once

#include "trainer/model-run.h"
#include "trainer/sheet.h"

typedef struct {
  char *out;
  double truncation;
  int tile; /* pixels, or SSG_TILE_OF_MODEL */
} SsgSheetOptions;

#define SSG_TILE_OF_MODEL G_MININT /* not given: the model's size, at most 256 */

#define SSG_SHEET_OPTIONS                                                                                              \
  {                                                                                                                    \
    .truncation = 0.7, .tile = SSG_TILE_OF_MODEL                                                                       \
  }
/* Entries of those options, for the front of a GOptionEntry array. */
#define SSG_SHEET_ENTRIES(o)                                                                                           \
  {"out", 'o', 0, G_OPTION_ARG_FILENAME, &(o)->out, "Folder to write to; made where it is missing", "DIR"},            \
      {"truncation",                                                                                                   \
       0,                                                                                                              \
       0,                                                                                                              \
       G_OPTION_ARG_DOUBLE,                                                                                            \
       &(o)->truncation,                                                                                               \
       "Pull towards the mean face: 1 leaves faces as they are, 0 gives the mean (0.7)",                               \
       "PSI"},                                                                                                         \
  {                                                                                                                    \
    "tile", 0, 0, G_OPTION_ARG_INT, &(o)->tile, "Size of a picture in the sheet (that of the model, at most 256)", "N" \
  }

void ssg_sheet_options_clear(SsgSheetOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SsgSheetOptions, ssg_sheet_options_clear)
/* Ranges, and that --out is there. Touches no file. */
gboolean ssg_sheet_options_check(const SsgSheetOptions *options, GError **error);

/* SSG_ERROR_ARGUMENT when a sheet of so many pictures would be too large to draw. */
gboolean ssg_model_sheet_fits(const SsgSheetOptions *options, const SsgModelRun *run, int rows, int columns, GError **error);
/* A sheet of tiles of the options' size; NULL with SSG_ERROR_ARGUMENT, before anything is rendered, when it would be too large. */
SsgSheet *ssg_model_sheet_new(const SsgSheetOptions *options, const SsgModelRun *run, int rows, int columns, GError **error);
/* As DIR/name.png. Title and subtitle are set to the model's name, and to what with the truncation. */
gboolean ssg_model_sheet_save(SsgSheet *sheet, const SsgSheetOptions *options, const SsgModelRun *run, const char *name,
                              const char *what, GError **error);
void ssg_model_sheet_set_face(SsgSheet *sheet, int row, int column, const SsgRender *render);
void ssg_model_sheet_set_mask(SsgSheet *sheet, int row, int column, const SsgRender *render, const SsgModelInfo *info);

/* The faces of seeds (of guint64), truncated; of SsgFace. */
GPtrArray *ssg_sample_faces(const SsgModelRun *run, const GArray *seeds, double truncation, GError **error);
/* A complete render, after a look whether somebody asked to stop. */
SsgRender *ssg_render_face(const SsgModelRun *run, const SsgFace *face, gboolean raw, GError **error);
