#include "trainer/data-import.h"

#include <string.h>
#include "engine/architecture.h"
#include "engine/error.h"
#include "engine/image-resize.h"
#include "trainer/parallel.h"
#include "trainer/progress.h"

typedef struct {
  GBytes *image, *label;
} Encoded;

typedef struct {
  const SsgImportOptions *options;
  const SsgImportSource *source;
  SsgDatasetWriter *writer;
  SsgProgress *progress;
} Import;

static void encoded_free(gpointer data)
{
  Encoded *encoded = data;
  g_clear_pointer(&encoded->image, g_bytes_unref);
  g_clear_pointer(&encoded->label, g_bytes_unref);
  g_free(encoded);
}

static SsgImage *square(const SsgImage *image, int size, SsgResample how, GError **error)
{
  g_autoptr(SsgImage) centre = ssg_image_crop_centre(image, error);
  if (!centre)
    return NULL;
  return centre->width == size ? g_steal_pointer(&centre) : ssg_image_resize(centre, size, size, how, error);
}

static gboolean check_labels(const SsgImage *label, int n_classes, const char *path, GError **error)
{
  gsize count = (gsize) label->width * label->height;
  for (gsize i = 0; i < count; i++)
    if (label->pixels[i] >= n_classes) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                  "%s holds the label %d (at column %d, row %d), but there are %d classes, 0 to %d", path,
                  label->pixels[i], (int) (i % label->width), (int) (i / label->width), n_classes, n_classes - 1);
      return FALSE;
    }
  return TRUE;
}

/* Same proportions up to one pixel of rounding: otherwise the two would be cropped differently. */
static gboolean check_proportions(const SsgImage *image, const char *image_path, const SsgImage *label,
                                  const char *label_path, GError **error)
{
  gint64 difference = (gint64) image->width * label->height - (gint64) image->height * label->width;
  if (ABS(difference) <= MAX(image->width, image->height) || ABS(difference) <= MAX(label->width, label->height))
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s is %dx%d, but its label map %s is %dx%d: the proportions differ",
              image_path, image->width, image->height, label_path, label->width, label->height);
  return FALSE;
}

static gpointer make(int index, gpointer data, GError **error)
{
  const Import *import = data;
  const SsgImportOptions *options = import->options;
  g_autofree char *image_path = NULL, *label_path = NULL;
  g_autoptr(SsgImage) image = import->source->image(import->source->data, index, &image_path, error);
  g_autoptr(SsgImage) scaled = image ? square(image, options->size, SSG_RESAMPLE_LANCZOS, error) : NULL;
  if (!scaled)
    return NULL;
  Encoded *encoded = g_new0(Encoded, 1);
  SsgPixels pixels = ssg_image_pixels(scaled);
  encoded->image = ssg_jpeg_encode(&pixels, options->quality, TRUE, NULL, error);
  if (encoded->image && import->source->label) {
    g_autoptr(SsgImage) label = import->source->label(import->source->data, index, &label_path, error);
    g_autoptr(SsgImage) small = NULL;
    if (label && check_labels(label, options->n_classes, label_path, error) &&
        check_proportions(image, image_path, label, label_path, error))
      small = square(label, options->size, SSG_RESAMPLE_NEAREST, error);
    if (small) {
      pixels = ssg_image_pixels(small);
      encoded->label = ssg_png_encode(&pixels, NULL, error);
    }
  }
  if (encoded->image && (encoded->label || !import->source->label))
    return encoded;
  encoded_free(encoded);
  return NULL;
}

static gboolean take(int index, gpointer result, gpointer data, GError **error)
{
  Import *import = data;
  Encoded *encoded = result;
  gsize image_size, label_size = 0;
  const guint8 *image = g_bytes_get_data(encoded->image, &image_size);
  const guint8 *label = encoded->label ? g_bytes_get_data(encoded->label, &label_size) : NULL;
  gboolean good = ssg_dataset_writer_add(import->writer, index, image, image_size, label, label_size, error);
  encoded_free(encoded);
  ssg_progress_add(import->progress, 1);
  return good;
}

static gboolean check_options(const SsgImportOptions *options, GError **error)
{
  if (options->size < 8 || options->size > SSG_DATA_MAX_SIZE)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--size takes 8 to %d pixels, not %d", SSG_DATA_MAX_SIZE,
                options->size);
  else if (options->quality < 1 || options->quality > 100)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--quality takes 1 to 100, not %d", options->quality);
  else
    return TRUE;
  return FALSE;
}

gboolean ssg_data_import(const SsgImportOptions *options, const SsgImportSource *source, int count, GError **error)
{
  if (!check_options(options, error))
    return FALSE;
  SsgDatasetKind kind = source->label ? SSG_DATASET_MASKS : SSG_DATASET_IMAGES;
  g_autoptr(SsgDatasetWriter) writer = ssg_dataset_writer_new(options->out, kind, options->size, error);
  if (!writer)
    return FALSE;
  ssg_dataset_writer_set_classes(writer, options->class_names, NULL);
  ssg_dataset_writer_set_source(writer, options->source);
  g_autoptr(SsgProgress) progress = ssg_progress_new("importing", "images", (guint64) count, options->quiet);
  Import import = {options, source, writer, progress};
  return ssg_parallel_run(count, options->jobs, make, take, encoded_free, &import, error) &&
         ssg_dataset_writer_finish(writer, error);
}

gboolean ssg_data_check_limit(int limit, GError **error)
{
  if (limit < 1)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--limit takes a number from 1 on, not %d", limit);
  return limit >= 1;
}

int ssg_data_parse_classes(const char *text, char ***names, GError **error)
{
  guint64 number;
  *names = NULL;
  if (g_ascii_string_to_unsigned(text, 10, 2, SSG_MAX_PARTS, &number, NULL))
    return (int) number;
  g_auto(GStrv) parts = g_strsplit(text, ",", -1);
  guint n = g_strv_length(parts);
  if (n < 2 || n > SSG_MAX_PARTS) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT,
                "--classes takes a number from 2 to %d, or names like background,face,hair; not '%s'", SSG_MAX_PARTS,
                text);
    return 0;
  }
  for (guint i = 0; i < n; i++) {
    g_strstrip(parts[i]);
    for (guint j = 0; j <= i; j++)
      if (!*parts[i] || (j < i && g_str_equal(parts[i], parts[j]))) {
        g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "--classes: name %u, '%s', is empty or there twice", i,
                    parts[i]);
        return 0;
      }
  }
  *names = g_steal_pointer(&parts);
  return (int) n;
}

static gboolean is_picture_name(const char *name)
{
  static const char *const endings[] = {".png", ".jpg", ".jpeg"};
  g_autofree char *lower = g_ascii_strdown(name, -1);
  for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
    if (g_str_has_suffix(lower, endings[i]))
      return TRUE;
  return FALSE;
}

static gboolean collect(const char *folder, const char *below, gboolean recursive, GPtrArray *found, GError **error)
{
  g_autofree char *path = below ? g_build_filename(folder, below, NULL) : g_strdup(folder);
  g_autoptr(GDir) dir = g_dir_open(path, 0, error);
  if (!dir)
    return FALSE;
  for (const char *name; (name = g_dir_read_name(dir));) {
    if (name[0] == '.')
      continue;
    g_autofree char *relative = below ? g_build_filename(below, name, NULL) : g_strdup(name);
    g_autofree char *full = g_build_filename(folder, relative, NULL);
    if (g_file_test(full, G_FILE_TEST_IS_DIR)) {
      /* A link to a folder above would never end. */
      if (recursive && !g_file_test(full, G_FILE_TEST_IS_SYMLINK) && !collect(folder, relative, TRUE, found, error))
        return FALSE;
    } else if (is_picture_name(name)) {
      g_ptr_array_add(found, g_steal_pointer(&relative));
    }
  }
  return TRUE;
}

/* Bytewise, but runs of digits by their value; independent of the locale, so that every machine has the same order. */
static int compare_names(gconstpointer a, gconstpointer b)
{
  const char *x = *(const char *const *) a, *y = *(const char *const *) b;
  while (*x && *y) {
    if (g_ascii_isdigit(*x) && g_ascii_isdigit(*y)) {
      gsize nx, ny;
      for (; *x == '0' && g_ascii_isdigit(x[1]); x++)
        ;
      for (; *y == '0' && g_ascii_isdigit(y[1]); y++)
        ;
      nx = strspn(x, "0123456789");
      ny = strspn(y, "0123456789");
      int order = nx != ny ? (nx < ny ? -1 : 1) : memcmp(x, y, nx);
      if (order)
        return order;
      x += nx;
      y += ny;
    } else if (*x != *y) {
      return (guchar) *x < (guchar) *y ? -1 : 1;
    } else {
      x++;
      y++;
    }
  }
  if (*x || *y)
    return *x ? 1 : -1;
  return strcmp(*(const char *const *) a, *(const char *const *) b); /* 7 and 07 */
}

GPtrArray *ssg_data_list_images(const char *folder, gboolean recursive, GError **error)
{
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
  if (!collect(folder, NULL, recursive, found, error))
    return NULL;
  if (found->len == 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "the folder %s holds no pictures (.png, .jpg, .jpeg)", folder);
    return NULL;
  }
  g_ptr_array_sort(found, compare_names);
  return g_steal_pointer(&found);
}
