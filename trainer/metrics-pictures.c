#include "trainer/metrics-pictures.h"

#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "trainer/interrupt.h"
#include "trainer/loader.h"

#define BATCH 16

SsgPictures *ssg_pictures_new(int n, int size, gboolean labels, GError **error)
{
  gsize pixels, bytes;
  g_autoptr(SsgPictures) pictures = g_new0(SsgPictures, 1);
  g_assert(n >= 1 && size >= 1);
  pictures->n = n;
  pictures->size = size;
  if (g_size_checked_mul(&pixels, (gsize) size * size, n) && g_size_checked_mul(&bytes, pixels, 3)) {
    pictures->rgb = g_try_malloc(bytes);
    pictures->labels = labels ? g_try_malloc(pixels) : NULL;
  }
  if (pictures->rgb && (pictures->labels || !labels))
    return g_steal_pointer(&pictures);
  g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "%d pictures of %d pixels do not fit into memory; ask for fewer", n,
              size);
  return NULL;
}

void ssg_pictures_free(SsgPictures *pictures)
{
  if (!pictures)
    return;
  g_free(pictures->rgb);
  g_free(pictures->labels);
  g_free(pictures);
}

/* The loader's floats are the stored bytes scaled to [-1, 1]: rounding gives the bytes back. */
static void take_picture(SsgPictures *pictures, int at, const float *image, const guint8 *label)
{
  gsize pixels = (gsize) pictures->size * pictures->size;
  guint8 *rgb = pictures->rgb + 3 * pixels * at;
  for (gsize i = 0; i < 3 * pixels; i++)
    rgb[i] = (guint8) CLAMP(lrintf(image[i] * 127.5f + 127.5f), 0, 255);
  if (label)
    memcpy(pictures->labels + pixels * at, label, pixels);
}

gboolean ssg_pictures_from_data(SsgDataset *dataset, int n, int size, int n_classes, guint64 seed, int jobs,
                                SsgProgress *progress, SsgPictures **first, SsgPictures **second, GError **error)
{
  gboolean labels = ssg_dataset_kind(dataset) == SSG_DATASET_MASKS;
  gsize pixels = (gsize) size * size;
  if (n > ssg_dataset_length(dataset) / 2) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT,
                "dataset %s has %d images: two disjoint sets of %d cannot be drawn from it", ssg_dataset_path(dataset),
                ssg_dataset_length(dataset), n);
    return FALSE;
  }
  const SsgLoaderOptions options = {.size = size,
                                    .batch = MIN(BATCH, 2 * n),
                                    .n_ranks = 1,
                                    .seed = seed,
                                    .n_classes = labels ? n_classes : 0,
                                    .jobs = jobs,
                                    .depth = 2};
  g_autoptr(SsgPictures) a = ssg_pictures_new(n, size, labels, error);
  g_autoptr(SsgPictures) b = a ? ssg_pictures_new(n, size, labels, error) : NULL;
  g_autoptr(SsgLoader) loader = b ? ssg_loader_new(dataset, &options, error) : NULL;
  if (!loader)
    return FALSE;
  for (int done = 0; done < 2 * n; done += options.batch) {
    const SsgBatch *batch = ssg_loader_next(loader, error);
    if (!batch)
      return FALSE;
    int count = MIN(options.batch, 2 * n - done);
    for (int i = 0; i < count; i++)
      take_picture(done + i < n ? a : b, (done + i) % n, batch->images + 3 * pixels * i,
                   batch->labels ? batch->labels + pixels * i : NULL);
    ssg_progress_add(progress, count);
  }
  *first = g_steal_pointer(&a);
  *second = g_steal_pointer(&b);
  return TRUE;
}

SsgPictures *ssg_pictures_from_model(SsgSession *session, int n, guint64 seed, float psi, SsgProgress *progress,
                                     GError **error)
{
  SsgModel *model = ssg_session_model(session);
  int size = ssg_model_architecture(model)->size;
  gsize pixels = (gsize) size * size;
  g_autoptr(SsgPictures) pictures = ssg_pictures_new(n, size, TRUE, error);
  if (!pictures)
    return NULL;
  for (int i = 0; i < n; i++) {
    g_autoptr(SsgFace) face = ssg_model_sample(model, seed + i, psi, error);
    g_autoptr(SsgRender) render = face ? ssg_session_render(session, face, NULL, NULL, NULL, NULL, error) : NULL;
    if (!render || !ssg_interrupt_check(error))
      return NULL;
    for (gsize p = 0; p < pixels; p++)
      memcpy(pictures->rgb + 3 * (pixels * i + p), render->rgb + 4 * p, 3);
    memcpy(pictures->labels + pixels * i, render->mask, pixels);
    ssg_progress_add(progress, 1);
  }
  return g_steal_pointer(&pictures);
}
