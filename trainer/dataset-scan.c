#include "trainer/dataset-scan.h"

#include "trainer/parallel.h"
#include "trainer/progress.h"

/* What one worker found out about one entry. */
typedef struct {
  int width, height, label_width, label_height; /* 0: did not decode */
  gsize image_bytes, label_bytes;
  guint32 counts[256];
  char *image_problem, *label_problem;
} Entry;

typedef struct {
  SsgDataset *dataset;
  SsgDatasetScan *scan;
  SsgProgress *progress;
  GPtrArray *entries; /* Entry, kept until all sizes are known */
} Scan;

static void entry_free(gpointer data)
{
  Entry *entry = data;
  g_free(entry->image_problem);
  g_free(entry->label_problem);
  g_free(entry);
}

static gpointer look_at(int index, gpointer data, GError **error)
{
  const Scan *scan = data;
  Entry *entry = g_new0(Entry, 1);
  g_autoptr(GError) problem = NULL;
  g_autoptr(SsgImage) image = ssg_dataset_decode_image(scan->dataset, index, &problem), label = NULL;
  ssg_dataset_image(scan->dataset, index, &entry->image_bytes);
  if (image) {
    entry->width = image->width;
    entry->height = image->height;
  } else {
    entry->image_problem = g_strdup(problem->message);
    g_clear_error(&problem);
  }
  if (!ssg_dataset_label(scan->dataset, index, &entry->label_bytes))
    return entry;
  label = ssg_dataset_decode_label(scan->dataset, index, &problem);
  if (label) {
    entry->label_width = label->width;
    entry->label_height = label->height;
    for (gsize i = 0; i < (gsize) label->width * label->height; i++)
      entry->counts[label->pixels[i]]++;
  } else {
    entry->label_problem = g_strdup(problem->message);
  }
  return entry;
}

static void count_size(GArray *sizes, int width, int height)
{
  if (width == 0)
    return;
  for (guint i = 0; i < sizes->len; i++) {
    SsgScanSize *size = &g_array_index(sizes, SsgScanSize, i);
    if (size->width == width && size->height == height) {
      size->count++;
      return;
    }
  }
  SsgScanSize size = {width, height, 1};
  g_array_append_val(sizes, size);
}

static gboolean take(int index, gpointer result, gpointer data, GError **error)
{
  Scan *scan = data;
  SsgDatasetScan *totals = scan->scan;
  Entry *entry = result;
  totals->n_images++;
  totals->image_bytes += entry->image_bytes;
  totals->label_bytes += entry->label_bytes;
  totals->total_pixels += (guint64) entry->label_width * entry->label_height;
  for (int k = 0; k < 256; k++) {
    totals->label_pixels[k] += entry->counts[k];
    totals->label_images[k] += entry->counts[k] > 0;
  }
  count_size(totals->image_sizes, entry->width, entry->height);
  count_size(totals->label_sizes, entry->label_width, entry->label_height);
  g_ptr_array_add(scan->entries, entry);
  ssg_progress_add(scan->progress, 1);
  return TRUE;
}

static int by_count(gconstpointer a, gconstpointer b)
{
  const SsgScanSize *x = a, *y = b;
  return x->count != y->count ? y->count - x->count : y->width - x->width;
}

static void add_problem(SsgDatasetScan *scan, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_problem(SsgDatasetScan *scan, const char *format, ...)
{
  if (scan->n_problems++ >= SSG_SCAN_MAX_PROBLEMS)
    return;
  va_list arguments;
  va_start(arguments, format);
  g_ptr_array_add(scan->problems, g_strdup_vprintf(format, arguments));
  va_end(arguments);
}

static void judge_image(SsgDatasetScan *scan, const Entry *entry, const char *key)
{
  if (entry->image_problem) {
    add_problem(scan, "%s", entry->image_problem);
    return;
  }
  const SsgScanSize *usual = &g_array_index(scan->image_sizes, SsgScanSize, 0);
  if (entry->width != entry->height)
    add_problem(scan, "%s is %dx%d: not square", key, entry->width, entry->height);
  else if (entry->width != usual->width || entry->height != usual->height)
    add_problem(scan, "%s is %dx%d, most are %dx%d", key, entry->width, entry->height, usual->width, usual->height);
}

static void judge_label(SsgDatasetScan *scan, const Entry *entry, const char *key)
{
  if (entry->label_problem) {
    add_problem(scan, "%s", entry->label_problem);
    return;
  }
  if (entry->width && (entry->label_width != entry->width || entry->label_height != entry->height))
    add_problem(scan, "%s is %dx%d, its image %dx%d", key, entry->label_width, entry->label_height, entry->width,
                entry->height);
  for (int k = scan->n_classes; k < 256; k++)
    if (entry->counts[k]) {
      add_problem(scan, "%s holds the label %d in %u pixels, but there are %d classes, 0 to %d", key, k,
                  entry->counts[k], scan->n_classes, scan->n_classes - 1);
      break;
    }
}

SsgDatasetScan *ssg_dataset_scan(SsgDataset *dataset, int n_classes, int jobs, gboolean quiet, GError **error)
{
  g_autoptr(SsgDatasetScan) scan = g_new0(SsgDatasetScan, 1);
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
  const char *const *names = ssg_dataset_class_names(dataset);
  int length = ssg_dataset_length(dataset);
  scan->image_sizes = g_array_new(FALSE, FALSE, sizeof(SsgScanSize));
  scan->label_sizes = g_array_new(FALSE, FALSE, sizeof(SsgScanSize));
  scan->problems = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(SsgProgress) progress = ssg_progress_new("reading", "images", (guint64) length, quiet);
  Scan work = {dataset, scan, progress, entries};
  if (!ssg_parallel_run(length, jobs, look_at, take, entry_free, &work, error))
    return NULL;
  g_array_sort(scan->image_sizes, by_count);
  g_array_sort(scan->label_sizes, by_count);
  scan->n_classes = n_classes ? n_classes : names ? (int) g_strv_length((char **) names) : 0;
  for (int k = 255; k >= 0 && scan->n_classes == 0; k--)
    if (scan->label_pixels[k])
      scan->n_classes = k + 1;
  for (int i = 0; i < length; i++) {
    const Entry *entry = g_ptr_array_index(entries, i);
    g_autofree char *image_key = ssg_dataset_image_key(dataset, i), *label_key = ssg_dataset_label_key(dataset, i);
    judge_image(scan, entry, image_key);
    if (ssg_dataset_kind(dataset) == SSG_DATASET_MASKS)
      judge_label(scan, entry, label_key);
  }
  return g_steal_pointer(&scan);
}

void ssg_dataset_scan_free(SsgDatasetScan *scan)
{
  if (!scan)
    return;
  g_clear_pointer(&scan->image_sizes, g_array_unref);
  g_clear_pointer(&scan->label_sizes, g_array_unref);
  g_clear_pointer(&scan->problems, g_ptr_array_unref);
  g_free(scan);
}
