#include "trainer/loader.h"

#include <string.h>
#include "engine/error.h"
#include "engine/image-resize.h"
#include "trainer/wait.h"
#include "trainer/shuffle.h"

#define MAX_DEPTH 16

typedef struct {
  SsgBatch batch;
  float *images;
  guint8 *labels;
  int *indices;
  int missing;   /* images not done yet */
  GError *error; /* of the image with the lowest number, whichever thread came first */
  int error_at;
} Slot;

struct SsgLoader {
  SsgDataset *dataset;
  SsgLoaderOptions options;
  SsgAugment augment;
  gboolean with_labels;
  int n; /* images of a batch for this rank */
  guint64 length;
  gsize pixels; /* R * R */

  pthread_mutex_t lock;
  pthread_cond_t changed;
  guint64 next;     /* next image to decode, counted over batches of n */
  guint64 consumed; /* batches given back by the caller */
  gboolean handed_out, stop;
  Slot slots[MAX_DEPTH];
  GThread **threads;
  double waited;

  /* Item i decoded: rgb [R, R, 3] and, with labels, [R, R]. Set once, by whichever thread decodes it first. */
  guint8 **cache;
  gsize item_bytes;
};

static SsgImage *to_size(SsgImage *image, int size, SsgResample how, GError **error)
{
  g_autoptr(SsgImage) square = NULL;
  if (image->width == size && image->height == size)
    return ssg_image_ref(image);
  square = ssg_image_crop_centre(image, error);
  return square ? ssg_image_resize(square, size, size, how, error) : NULL;
}

static gboolean check_labels(const SsgLoader *loader, const guint8 *labels, int index, GError **error)
{
  int n_classes = loader->options.n_classes;
  for (gsize i = 0; n_classes && i < loader->pixels; i++)
    if (labels[i] >= n_classes) {
      g_autofree char *key = ssg_dataset_label_key(loader->dataset, index);
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                  "dataset %s, %s holds the label %d, but the model has %d classes, 0 to %d",
                  ssg_dataset_path(loader->dataset), key, labels[i], n_classes, n_classes - 1);
      return FALSE;
    }
  return TRUE;
}

/* Decodes item `index` into item: rgb, then labels. */
static gboolean decode(const SsgLoader *loader, int index, guint8 *item, GError **error)
{
  int size = loader->options.size;
  g_autoptr(SsgImage) image = ssg_dataset_decode_image(loader->dataset, index, error);
  g_autoptr(SsgImage) scaled = image ? to_size(image, size, SSG_RESAMPLE_LANCZOS, error) : NULL;
  if (!scaled)
    return FALSE;
  memcpy(item, scaled->pixels, 3 * loader->pixels);
  if (!loader->with_labels)
    return TRUE;
  g_autoptr(SsgImage) label = ssg_dataset_decode_label(loader->dataset, index, error);
  if (label && (gint64) label->width * image->height != (gint64) image->width * label->height) {
    g_autofree char *key = ssg_dataset_label_key(loader->dataset, index);
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "dataset %s, %s is %dx%d pixels, but its picture %dx%d",
                ssg_dataset_path(loader->dataset), key, label->width, label->height, image->width, image->height);
    return FALSE;
  }
  g_autoptr(SsgImage) small = label ? to_size(label, size, SSG_RESAMPLE_NEAREST, error) : NULL;
  if (!small)
    return FALSE;
  memcpy(item + 3 * loader->pixels, small->pixels, loader->pixels);
  return check_labels(loader, small->pixels, index, error);
}

/* The decoded item: from the cache, or decoded into scratch (or, when there is a cache, into memory that goes there).
 */
static const guint8 *get_item(SsgLoader *loader, int index, guint8 *scratch, GError **error)
{
  if (!loader->cache)
    return decode(loader, index, scratch, error) ? scratch : NULL;
  guint8 *item = g_atomic_pointer_get(&loader->cache[index]);
  if (item)
    return item;
  item = g_malloc(loader->item_bytes);
  if (!decode(loader, index, item, error)) {
    g_free(item);
    return NULL;
  }
  if (!g_atomic_pointer_compare_and_exchange(&loader->cache[index], NULL, item)) {
    g_free(item); /* another thread was faster */
    item = g_atomic_pointer_get(&loader->cache[index]);
  }
  return item;
}

static gboolean fill(SsgLoader *loader, Slot *slot, guint64 batch, int at, guint8 *scratch, GError **error)
{
  const SsgLoaderOptions *options = &loader->options;
  guint64 position =
      options->position + batch * (guint64) options->batch + (guint64) at * options->n_ranks + options->rank;
  int index = (int) ssg_shuffle_index(options->seed, loader->length, position);
  const guint8 *item = get_item(loader, index, scratch, error);
  if (!item)
    return FALSE;
  const SsgAugment *augment = options->augment ? &loader->augment : NULL;
  SsgAugmentDraw draw = ssg_augment_draw(augment, options->size, options->seed, position);
  ssg_augment_apply(augment, &draw, options->size, item, loader->with_labels ? item + 3 * loader->pixels : NULL,
                    slot->images + 3 * loader->pixels * at,
                    loader->with_labels ? slot->labels + loader->pixels * at : NULL);
  slot->indices[at] = index;
  return TRUE;
}

static gpointer worker(gpointer data)
{
  SsgLoader *loader = data;
  g_autofree guint8 *scratch = loader->cache ? NULL : g_malloc(loader->item_bytes);
  pthread_mutex_lock(&loader->lock);
  for (;;) {
    while (!loader->stop && loader->next / loader->n >= loader->consumed + loader->options.depth)
      pthread_cond_wait(&loader->changed, &loader->lock);
    if (loader->stop)
      break;
    guint64 image = loader->next++, batch = image / loader->n;
    int at = (int) (image % loader->n);
    Slot *slot = &loader->slots[batch % loader->options.depth];
    pthread_mutex_unlock(&loader->lock);
    GError *error = NULL;
    fill(loader, slot, batch, at, scratch, &error);
    pthread_mutex_lock(&loader->lock);
    if (error && (!slot->error || at < slot->error_at)) {
      g_clear_error(&slot->error);
      slot->error = error;
      slot->error_at = at;
    } else {
      g_clear_error(&error);
    }
    if (--slot->missing == 0)
      pthread_cond_broadcast(&loader->changed);
  }
  pthread_mutex_unlock(&loader->lock);
  return NULL;
}

static gboolean check_options(SsgDataset *dataset, const SsgLoaderOptions *o, GError **error)
{
  if (o->n_ranks < 1 || o->rank < 0 || o->rank >= o->n_ranks || o->batch < 1 || o->batch % o->n_ranks)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "a batch of %d images cannot be shared by %d processes evenly",
                o->batch, o->n_ranks);
  else if (o->position % o->batch)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT,
                "%" G_GUINT64_FORMAT " images seen are no whole number of batches of %d: keep the batch when resuming",
                o->position, o->batch);
  else if (o->size < 1 || o->size > 8192 || o->jobs < 1 || o->depth < 1 || o->depth > MAX_DEPTH)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT,
                "loading %dx%d images with %d threads, %d batches ahead, is out of range", o->size, o->size, o->jobs,
                o->depth);
  else if (ssg_dataset_kind(dataset) == SSG_DATASET_IMAGES && !o->images_only && o->n_classes)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "dataset %s has images alone, but label maps are needed",
                ssg_dataset_path(dataset));
  else
    return TRUE;
  return FALSE;
}

SsgLoader *ssg_loader_new(SsgDataset *dataset, const SsgLoaderOptions *options, GError **error)
{
  if (!check_options(dataset, options, error))
    return NULL;
  SsgLoader *loader = g_new0(SsgLoader, 1);
  loader->dataset = ssg_dataset_ref(dataset);
  loader->options = *options;
  if (options->augment)
    loader->augment = *options->augment;
  loader->with_labels = ssg_dataset_kind(dataset) == SSG_DATASET_MASKS && !options->images_only;
  loader->n = options->batch / options->n_ranks;
  loader->length = (guint64) ssg_dataset_length(dataset);
  loader->pixels = (gsize) options->size * options->size;
  loader->item_bytes = loader->pixels * (loader->with_labels ? 4 : 3);
  if (loader->item_bytes * loader->length <= options->cache_bytes)
    loader->cache = g_new0(guint8 *, loader->length);
  ssg_wait_init(&loader->lock, &loader->changed);
  for (int i = 0; i < options->depth; i++) {
    Slot *slot = &loader->slots[i];
    slot->images = g_new(float, 3 * loader->pixels * loader->n);
    slot->labels = loader->with_labels ? g_new(guint8, loader->pixels * loader->n) : NULL;
    slot->indices = g_new0(int, loader->n);
    slot->missing = loader->n;
  }
  loader->threads = g_new0(GThread *, options->jobs);
  for (int i = 0; i < options->jobs; i++)
    loader->threads[i] = g_thread_new("loader", worker, loader);
  return loader;
}

void ssg_loader_free(SsgLoader *loader)
{
  if (!loader)
    return;
  pthread_mutex_lock(&loader->lock);
  loader->stop = TRUE;
  pthread_cond_broadcast(&loader->changed);
  pthread_mutex_unlock(&loader->lock);
  for (int i = 0; i < loader->options.jobs; i++)
    g_thread_join(loader->threads[i]);
  for (int i = 0; i < loader->options.depth; i++) {
    g_free(loader->slots[i].images);
    g_free(loader->slots[i].labels);
    g_free(loader->slots[i].indices);
    g_clear_error(&loader->slots[i].error);
  }
  for (guint64 i = 0; loader->cache && i < loader->length; i++)
    g_free(loader->cache[i]);
  g_free(loader->cache);
  g_free(loader->threads);
  pthread_mutex_destroy(&loader->lock);
  pthread_cond_destroy(&loader->changed);
  ssg_dataset_unref(loader->dataset);
  g_free(loader);
}

const SsgBatch *ssg_loader_next(SsgLoader *loader, GError **error)
{
  const SsgLoaderOptions *options = &loader->options;
  gint64 start = g_get_monotonic_time();
  const SsgBatch *batch = NULL;
  pthread_mutex_lock(&loader->lock);
  if (loader->handed_out) { /* what the caller had may be filled again */
    loader->slots[loader->consumed % options->depth].missing = loader->n;
    loader->consumed++;
    loader->handed_out = FALSE;
    pthread_cond_broadcast(&loader->changed);
  }
  Slot *slot = &loader->slots[loader->consumed % options->depth];
  while (slot->missing)
    ssg_wait_a_moment(&loader->changed, &loader->lock);
  if (slot->error) {
    g_propagate_error(error, g_steal_pointer(&slot->error));
  } else {
    guint64 position = options->position + loader->consumed * (guint64) options->batch;
    slot->batch = (SsgBatch){loader->n, position, slot->images, slot->labels, slot->indices};
    batch = &slot->batch;
    loader->handed_out = TRUE;
  }
  loader->waited += (g_get_monotonic_time() - start) / (double) G_USEC_PER_SEC;
  pthread_mutex_unlock(&loader->lock);
  return batch;
}

double ssg_loader_waited(const SsgLoader *loader)
{
  return loader->waited;
}

gsize ssg_loader_cache_bytes(const SsgLoader *loader)
{
  return loader->cache ? loader->item_bytes * loader->length : 0;
}
