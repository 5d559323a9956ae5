/* Contact sheets: pictures in a grid, with title, captions of rows and columns, captions below pictures, and a legend of colours. For sample
 * grids of a run, and for the commands generate, components, mix, interpolate and transform.
 *
 *   g_autoptr(SsgSheet) sheet = ssg_sheet_new(rows, columns, size, size);
 *   ssg_sheet_set_title(sheet, "Style mixing: hair", "shape and texture of the top row");
 *   ssg_sheet_set_tile(sheet, row, column, rgb, size, size, 0);
 *   ssg_sheet_save(sheet, path, origin, &error);
 */
#pragma once

#include "engine/image.h"

typedef struct SsgSheet SsgSheet;

/* tile_width, tile_height: what each picture gets, in pixels. Never NULL. */
SsgSheet *ssg_sheet_new(int rows, int columns, int tile_width, int tile_height);
void ssg_sheet_free(SsgSheet *sheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgSheet, ssg_sheet_free)

/* Pixels between tiles (2), and around the whole (as much as the text size). A sheet without any text and with gap 0 is
 * exactly rows * tile_height by columns * tile_width: the plain grid of training samples. */
void ssg_sheet_set_gap(SsgSheet *sheet, int gap);
/* Texts are copied; NULL takes them away. */
void ssg_sheet_set_title(SsgSheet *sheet, const char *title, const char *subtitle);
void ssg_sheet_set_row_caption(SsgSheet *sheet, int row, const char *text);
void ssg_sheet_set_column_caption(SsgSheet *sheet, int column, const char *text);
void ssg_sheet_set_tile_caption(SsgSheet *sheet, int row, int column, const char *text);

/* Below the pictures: what the colours (0xRRGGBB) of masks mean. Copied. */
void ssg_sheet_set_legend(SsgSheet *sheet, char *const *names, const guint32 *colors, int n);

/* Puts a picture into a cell: rgb [height, width, 3], stride in bytes (0: no padding). Copied. Of another size than the
 * tile, it is scaled to fit with its proportions kept. A cell without a picture stays empty. */
void ssg_sheet_set_tile(SsgSheet *sheet, int row, int column, const guint8 *rgb, int width, int height, gsize stride);
/* The same from floats in [-1, 1], [height, width, 3] without padding; clamped. */
void ssg_sheet_set_tile_float(SsgSheet *sheet, int row, int column, const float *rgb, int width, int height);
/* The same from class indices [height, width] with a colour (0xRRGGBB) for each of n_colors classes; black beyond. */
void ssg_sheet_set_tile_labels(SsgSheet *sheet, int row, int column, const guint8 *labels, int width, int height,
                               const guint32 *colors, int n_colors);
/* A frame of this colour around a tile, inside the gap: marks what was edited. */
void ssg_sheet_set_tile_frame(SsgSheet *sheet, int row, int column, guint32 color);

/* The whole as RGB. Errors: SSG_ERROR_MEMORY, SSG_ERROR_ARGUMENT when it would be larger than 32767 pixels either way.
 */
SsgImage *ssg_sheet_render(const SsgSheet *sheet, GError **error);
/* As a PNG; origin (see image.h) may be NULL. */
gboolean ssg_sheet_save(const SsgSheet *sheet, const char *path, const SsgImageOrigin *origin, GError **error);
