/* data portraits: a dataset of drawn people, with exact labels and the numbers each was drawn from. */
#include "trainer/command-data.h"

#include <stdio.h>
#include "engine/atomic-file.h"
#include "engine/error.h"
#include "trainer/dataset-writer.h"
#include "trainer/model-run.h"
#include "trainer/parallel.h"
#include "trainer/portraits/portrait.h"
#include "trainer/progress.h"

#define PREVIEW_COLUMNS 8
#define PREVIEW_MOST 32  /* portraits on a contact sheet */
#define PREVIEW_EDGE 256 /* of one, at most */

typedef struct {
  guint64 seed;
  gint64 first;
  int size, quality;
  SsgPortraitLook look;
  gboolean labels;
  SsgDatasetWriter *writer;
  GString *csv;
  SsgProgress *progress;
} Job;

typedef struct {
  GBytes *image, *label;
  char *attributes;
} Drawn;

static void free_drawn(gpointer data)
{
  Drawn *drawn = data;
  if (drawn->image)
    g_bytes_unref(drawn->image);
  if (drawn->label)
    g_bytes_unref(drawn->label);
  g_free(drawn->attributes);
  g_free(drawn);
}

static char *attribute_row(const SsgPortrait *portrait)
{
  double values[SSG_PORTRAIT_MAX_ATTRIBUTES];
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  GString *row = g_string_new(NULL);
  ssg_portrait_attributes(portrait, values);
  for (int i = 0; i < ssg_portrait_attribute_count(); i++)
    g_string_append_printf(row, "%s%s", i ? "," : "", g_ascii_formatd(number, sizeof number, "%.7g", values[i]));
  return g_string_free(row, FALSE);
}

static char *attribute_header(void)
{
  GString *row = g_string_new(NULL);
  for (int i = 0; i < ssg_portrait_attribute_count(); i++)
    g_string_append_printf(row, "%s%s", i ? "," : "", ssg_portrait_attribute_names()[i]);
  return g_string_free(row, FALSE);
}

static gboolean draw_one(const Job *job, int index, int size, SsgPortrait *portrait, SsgImage **rgb, SsgImage **labels,
                         GError **error)
{
  ssg_portrait_sample(portrait, job->seed, (guint64) (job->first + index));
  if (!(*rgb = ssg_image_new(size, size, 3, error)) || !(*labels = ssg_image_new(size, size, 1, error)))
    return FALSE;
  if (!ssg_portrait_draw(portrait, size, job->look, (*rgb)->pixels, (*labels)->pixels)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "portrait %d of %dx%d pixels: out of memory", index, size, size);
    return FALSE;
  }
  return TRUE;
}

static gpointer make(int index, gpointer data, GError **error)
{
  const Job *job = data;
  SsgPortrait portrait;
  g_autoptr(SsgImage) rgb = NULL, labels = NULL;
  if (!draw_one(job, index, job->size, &portrait, &rgb, &labels, error))
    return NULL;
  Drawn *drawn = g_new0(Drawn, 1);
  drawn->attributes = attribute_row(&portrait);
  SsgPixels pixels = ssg_image_pixels(rgb);
  drawn->image = ssg_jpeg_encode(&pixels, job->quality, TRUE, NULL, error);
  if (drawn->image && job->labels) {
    pixels = ssg_image_pixels(labels);
    drawn->label = ssg_png_encode(&pixels, NULL, error);
  }
  if (!drawn->image || (job->labels && !drawn->label)) {
    free_drawn(drawn);
    return NULL;
  }
  return drawn;
}

static gboolean take(int index, gpointer result, gpointer data, GError **error)
{
  Job *job = data;
  Drawn *drawn = result;
  char key[32];
  gsize image_size, label_size = 0;
  const guint8 *image = g_bytes_get_data(drawn->image, &image_size);
  const guint8 *label = drawn->label ? g_bytes_get_data(drawn->label, &label_size) : NULL;
  g_snprintf(key, sizeof key, "attribute-%07d", index);
  gboolean good = ssg_dataset_writer_add(job->writer, index, image, image_size, label, label_size, error) &&
                  ssg_dataset_writer_add_extra(job->writer, key, drawn->attributes, strlen(drawn->attributes), error);
  if (job->csv)
    g_string_append_printf(job->csv, "%d,%s\n", index, drawn->attributes);
  ssg_progress_add(job->progress, 1);
  free_drawn(drawn);
  return good;
}

static gboolean write_dataset(Job *job, const char *out, int count, int jobs, gboolean quiet, GError **error)
{
  const char *names[SSG_PORTRAIT_PARTS + 1] = {NULL};
  guint32 colors[SSG_PORTRAIT_PARTS];
  for (int i = 0; i < SSG_PORTRAIT_PARTS; i++) {
    guint8 c[3];
    names[i] = ssg_portrait_part_name((SsgPortraitPart) i);
    ssg_portrait_flat_color((SsgPortraitPart) i, c);
    colors[i] = (guint32) c[0] << 16 | (guint32) c[1] << 8 | c[2];
  }
  g_autoptr(SsgDatasetWriter) writer =
      ssg_dataset_writer_new(out, job->labels ? SSG_DATASET_MASKS : SSG_DATASET_IMAGES, job->size, error);
  if (!writer)
    return FALSE;
  g_autofree char *header = attribute_header(),
                  *source =
                      g_strdup_printf("Drawn portraits, look %s, seed %" G_GUINT64_FORMAT ", first %" G_GINT64_FORMAT,
                                      ssg_portrait_look_name(job->look), job->seed, job->first);
  if (job->labels)
    ssg_dataset_writer_set_classes(writer, names, colors);
  ssg_dataset_writer_set_source(writer, source);
  if (!ssg_dataset_writer_add_extra(writer, "attribute-names", header, strlen(header), error))
    return FALSE;
  if (job->csv)
    g_string_append_printf(job->csv, "index,%s\n", header);
  g_autoptr(SsgProgress) progress = ssg_progress_new("drawing", "portraits", (guint64) count, quiet);
  job->writer = writer;
  job->progress = progress;
  return ssg_parallel_run(count, jobs, make, take, free_drawn, job, error) && ssg_dataset_writer_finish(writer, error);
}

/* A sheet: rows of portraits, below each row its labels in flat colours. */
static gboolean write_preview(const Job *job, const char *path, int count, GError **error)
{
  int edge = MIN(job->size, PREVIEW_EDGE), n = MIN(count, PREVIEW_MOST), columns = MIN(n, PREVIEW_COLUMNS);
  int rows = (n + columns - 1) / columns;
  g_autoptr(SsgImage) sheet = ssg_image_new(columns * edge, rows * edge * 2, 3, error);
  if (!sheet)
    return FALSE;
  memset(sheet->pixels, 255, (gsize) sheet->width * sheet->height * 3);
  for (int i = 0; i < n; i++) {
    SsgPortrait portrait;
    g_autoptr(SsgImage) rgb = NULL, labels = NULL;
    if (!draw_one(job, i, edge, &portrait, &rgb, &labels, error))
      return FALSE;
    for (int y = 0; y < edge; y++) {
      gsize x0 = (gsize) (i % columns) * edge, y0 = (gsize) (i / columns) * edge * 2;
      guint8 *top = sheet->pixels + ((y0 + y) * sheet->width + x0) * 3;
      guint8 *low = sheet->pixels + ((y0 + edge + y) * sheet->width + x0) * 3;
      memcpy(top, rgb->pixels + (gsize) y * edge * 3, (gsize) edge * 3);
      for (int x = 0; x < edge; x++)
        ssg_portrait_flat_color((SsgPortraitPart) labels->pixels[(gsize) y * edge + x], low + 3 * x);
    }
  }
  SsgPixels pixels = ssg_image_pixels(sheet);
  return ssg_png_save(path, &pixels, NULL, error);
}

static gboolean find_look(const char *name, SsgPortraitLook *look, GError **error)
{
  for (int i = 0; i < SSG_LOOK_FLAT; i++) {
    if (g_str_equal(name, ssg_portrait_look_name((SsgPortraitLook) i))) {
      *look = (SsgPortraitLook) i;
      return TRUE;
    }
  }
  ssg_command_usage_error(error, "--look takes paint, ink, toon, bust or night, not '%s'", name);
  return FALSE;
}

static int run(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_autofree char *out = NULL, *look = NULL, *preview = NULL, *csv = NULL;
  gboolean no_labels = FALSE;
  int count = 1000, size = 256, quality = 97, exit_code;
  gint64 first = 0;
  const GOptionEntry entries[] = {
      {"out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "Folder of the dataset; must not exist yet", "DB"},
      {"count", 'n', 0, G_OPTION_ARG_INT, &count, "How many portraits (1000)", "N"},
      {"size", 0, 0, G_OPTION_ARG_INT, &size, "Edge of the pictures in pixels, 16 to 2048 (256)", "N"},
      {"first", 0, 0, G_OPTION_ARG_INT64, &first, "Start with this portrait of the seed (0)", "N"},
      {"look", 0, 0, G_OPTION_ARG_STRING, &look, "paint, ink, toon, bust or night (paint)", "LOOK"},
      {"no-labels", 0, 0, G_OPTION_ARG_NONE, &no_labels, "Pictures alone, for fine-tuning without masks", NULL},
      {"quality", 0, 0, G_OPTION_ARG_INT, &quality, "Of the JPEGs, 1 to 100, always 4:4:4 (97)", "N"},
      {"csv", 0, 0, G_OPTION_ARG_FILENAME, &csv, "Write the attributes as a table, too", "FILE"},
      {"preview", 0, 0, G_OPTION_ARG_FILENAME, &preview, "Write a contact sheet with labels", "FILE.png"},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, NULL,
          "Draws portraits of people who do not exist, with a label for every pixel (thirteen parts), and the numbers "
          "each was drawn from: in the dataset as attribute-names and attribute-0000000 (comma-separated), with --csv "
          "as a file. The same seed gives the same bytes, however many threads draw.",
          entries, SSG_COMMON_SEED | SSG_COMMON_QUIET | SSG_COMMON_JOBS, &common, 0, 0, &exit_code))
    return exit_code;
  GError *error = NULL;
  Job job = {.seed = common.seed, .first = first, .size = size, .quality = quality, .labels = !no_labels};
  if (!out && !preview)
    ssg_command_usage_error(&error, "--out is missing: where shall the dataset go? (--preview alone draws a sheet)");
  else if (csv && !out)
    ssg_command_usage_error(&error, "--csv needs --out: the table belongs to a dataset");
  else if ((csv && !ssg_check_folder_of(csv, &error)) || (preview && (!ssg_check_png_name("--preview", preview, &error) || !ssg_check_folder_of(preview, &error))))
    ; /* before hours of drawing, not after */
  else if (count < 1 || count > SSG_DATASET_MAX_IMAGES)
    ssg_command_usage_error(&error, "--count takes a number from 1 to %d, not %d", SSG_DATASET_MAX_IMAGES, count);
  else if (size < 16 || size > 2048)
    ssg_command_usage_error(&error, "--size takes 16 to 2048 pixels, not %d", size);
  else if (quality < 1 || quality > 100)
    ssg_command_usage_error(&error, "--quality takes 1 to 100, not %d", quality);
  else if (first < 0 || first > G_MAXINT64 - count)
    ssg_command_usage_error(&error, "--first takes a number from 0 on, with room for the portraits after it, not %" G_GINT64_FORMAT, first);
  else if (look)
    find_look(look, &job.look, &error);
  if (error)
    return ssg_command_finish(command, error);
  g_autoptr(GString) table = csv ? g_string_new(NULL) : NULL;
  job.csv = table;
  if (out && !write_dataset(&job, out, count, common.jobs, common.quiet, &error))
    return ssg_command_finish(command, error);
  if (csv && !ssg_atomic_file_save(csv, table->str, table->len, &error))
    return ssg_command_finish(command, error);
  if (preview && !write_preview(&job, preview, count, &error))
    return ssg_command_finish(command, error);
  if (out)
    g_print("%s: %d portraits of %dx%d pixels\n", out, count, size, size);
  return ssg_command_finish(command, NULL);
}

const SsgCommand ssg_command_data_portraits = {"portraits", "Drawn portraits with exact labels", run, NULL};
