#include "trainer/training-data.h"

#include "engine/error.h"

#define LOOKED_AT 48 /* entries; under a second, even at 1024 pixels */

typedef struct {
  const SsgTrainConfig *config;
  SsgDataset *dataset;
  gboolean masks;           /* label maps are used */
  int n;                    /* entries looked at */
  int least, most;          /* edges of their centred squares */
  int width, height;        /* of the first */
  gboolean several_sizes;
  gboolean seen[256];       /* labels */
} Look;

static gboolean refuse(const Look *look, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean refuse(const Look *look, GError **error, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s %s", ssg_dataset_path(look->dataset), text);
  return FALSE;
}

/* What the data say of themselves. */
static gboolean check_classes(const Look *look, GError **error)
{
  const char *const *names = ssg_dataset_class_names(look->dataset);
  int n_parts = look->config->arch.n_parts, n = names ? (int) g_strv_length((char **) names) : n_parts;
  if (n == n_parts)
    return TRUE;
  g_autofree char *all = g_strjoinv(", ", (char **) names);
  return refuse(look, error, "has %d classes (%.200s), but the model has %d parts: they must be the same", n, all, n_parts);
}

static gboolean look_at_labels(Look *look, int index, const SsgImage *image, GError **error)
{
  int n_parts = look->config->arch.n_parts, largest = 0;
  g_autofree char *key = ssg_dataset_label_key(look->dataset, index);
  g_autoptr(SsgImage) label = ssg_dataset_decode_label(look->dataset, index, error);
  if (!label)
    return FALSE;
  if ((gint64) label->width * image->height != (gint64) image->width * label->height)
    return refuse(look, error, "cannot be used: %s is %dx%d pixels, its picture %dx%d", key, label->width, label->height,
                  image->width, image->height);
  for (gsize i = 0; i < (gsize) label->width * label->height; i++) {
    look->seen[label->pixels[i]] = TRUE;
    largest = MAX(largest, label->pixels[i]);
  }
  return largest < n_parts || refuse(look, error, "does not fit the model: %s holds the label %d, but the model has %d parts, 0 to %d",
                                     key, largest, n_parts, n_parts - 1);
}

static gboolean look_at(Look *look, int index, GError **error)
{
  g_autoptr(SsgImage) image = ssg_dataset_decode_image(look->dataset, index, error);
  if (!image)
    return FALSE;
  int edge = MIN(image->width, image->height);
  if (look->n == 0) {
    look->width = image->width;
    look->height = image->height;
    look->least = look->most = edge;
  }
  look->several_sizes |= image->width != look->width || image->height != look->height;
  look->least = MIN(look->least, edge);
  look->most = MAX(look->most, edge);
  look->n++;
  return !look->masks || look_at_labels(look, index, image, error);
}

static void add_line(GString *report, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_line(GString *report, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  if (report->len)
    g_string_append_c(report, '\n');
  g_string_append_vprintf(report, format, arguments);
  va_end(arguments);
}

static void report_sizes(const Look *look, GString *report)
{
  int size = look->config->arch.size;
  const char *path = ssg_dataset_path(look->dataset);
  g_autofree char *of = look->several_sizes && look->least != look->most ? g_strdup_printf("%d to %d", look->least, look->most)
                                                                         : g_strdup_printf("%d", look->least);
  if (look->least == size && look->most == size && look->width == look->height && !look->several_sizes)
    return;
  if (look->least < size)
    add_line(report, "warning: pictures of %s are %s pixels a side, the model's %d: they are scaled up, and nothing finer than %d pixels can be learned",
             path, of, size, look->least);
  else
    add_line(report, "pictures of %s are %s pixels a side, the model's %d: their centred squares are taken%s", path, of, size,
             look->most > size ? ", and scaled down" : "");
}

static void report_classes(const Look *look, GString *report)
{
  const char *const *names = ssg_dataset_class_names(look->dataset);
  g_autoptr(GString) missing = g_string_new(NULL);
  for (int k = 0; k < look->config->arch.n_parts; k++)
    if (!look->seen[k]) {
      g_string_append_printf(missing, "%s%d", missing->len ? ", " : "", k);
      if (names)
        g_string_append_printf(missing, " (%.40s)", names[k]);
    }
  if (missing->len)
    add_line(report, "warning: of the model's %d parts, none of the %d label maps looked at in %s has %s: a part without pixels learns nothing",
             look->config->arch.n_parts, look->n, ssg_dataset_path(look->dataset), missing->str);
}

static char *report_of(const Look *look)
{
  g_autoptr(GString) report = g_string_new(NULL);
  int length = ssg_dataset_length(look->dataset);
  g_autofree char *size = look->several_sizes ? g_strdup("several sizes") : g_strdup_printf("%d x %d pixels", look->width, look->height);
  add_line(report, "%s: %d picture%s%s, %s", ssg_dataset_path(look->dataset), length, length == 1 ? "" : "s",
           look->masks ? " with label maps" : "", size);
  report_sizes(look, report);
  if (look->masks)
    report_classes(look, report);
  return g_strdup(report->str);
}

SsgDataset *ssg_training_data_open(const SsgTrainConfig *config, char **report, GError **error)
{
  /* A set of pictures alone may hold several sizes: the very one, else the largest, which the loader scales. */
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(config->data, config->arch.size, NULL);
  if (!dataset)
    dataset = ssg_dataset_open(config->data, 0, error);
  if (!dataset)
    return NULL;
  Look look = {.config = config, .dataset = dataset, .masks = config->arch.disc_masks};
  int length = ssg_dataset_length(dataset), n = MIN(length, LOOKED_AT);
  if (look.masks && ssg_dataset_kind(dataset) != SSG_DATASET_MASKS) {
    refuse(&look, error, "holds pictures without label maps; training needs both (finetune does with pictures alone)");
    return NULL;
  }
  if (look.masks && !check_classes(&look, error))
    return NULL;
  for (int i = 0; i < n; i++)
    if (!look_at(&look, (int) ((gint64) i * length / n), error))
      return NULL;
  *report = report_of(&look);
  return g_steal_pointer(&dataset);
}
