#include "trainer/raw-file.h"

#include <string.h>
#include <sys/statvfs.h>
#include "engine/error.h"
#include "engine/safetensors.h"
#include "engine/tensor.h"

enum { RGB, SEG, COARSE, DEPTH, WEIGHTS, LATENT, N_TENSORS };

struct SsgRawFile {
  SsgSafetensorsWriter *writer;
  SsgArchitecture arch;
  int index[N_TENSORS];
};

gboolean ssg_raw_file_has_room(const char *path, const SsgModelInfo *info, gint64 n, GError **error)
{
  const SsgArchitecture *a = &info->arch;
  guint64 size = a->size, coarse = a->coarse_size, k = a->n_parts;
  guint64 face = (3 + k) * size * size + 3 * k * coarse * coarse + (guint64) ssg_architecture_short_rows(a) * a->style_dim;
  guint64 bytes = n * face * sizeof(float);
  g_autofree char *folder = g_path_get_dirname(path);
  struct statvfs disk;
  while (statvfs(folder, &disk) != 0) { /* it may be about to be made */
    char *above = g_path_get_dirname(folder);
    gboolean top = g_str_equal(above, folder);
    g_free(folder);
    folder = above;
    if (top)
      return TRUE;
  }
  if (!disk.f_frsize || bytes / disk.f_frsize < disk.f_bavail)
    return TRUE;
  g_autofree char *needed = g_format_size(bytes), *there = g_format_size((guint64) disk.f_bavail * disk.f_frsize);
  g_set_error(error, SSG_ERROR, SSG_ERROR_WRITE, "%s cannot be written: it would take %s, and the disk has %s left", path, needed,
              there);
  return FALSE;
}

SsgRawFile *ssg_raw_file_open(const char *path, const SsgModelInfo *info, const char *faces, gint64 n, GError **error)
{
  const SsgArchitecture *a = &info->arch;
  gint64 k = a->n_parts, r = a->size, h = a->coarse_size;
  const struct {
    const char *name;
    SsgShape shape;
  } tensors[N_TENSORS] = {[RGB] = {"rgb", SSG_SHAPE(n, 3, r, r)},
                          [SEG] = {"seg", SSG_SHAPE(n, k, r, r)},
                          [COARSE] = {"coarse", SSG_SHAPE(n, k, h, h)},
                          [DEPTH] = {"depth", SSG_SHAPE(n, k, h, h)},
                          [WEIGHTS] = {"weights", SSG_SHAPE(n, k, h, h)},
                          [LATENT] = {"latent", SSG_SHAPE(n, ssg_architecture_short_rows(a), a->style_dim)}};
  g_autoptr(SsgRawFile) file = g_new0(SsgRawFile, 1);
  file->arch = *a;
  file->writer = ssg_safetensors_writer_open(path, error);
  if (!file->writer)
    return NULL;
  ssg_safetensors_writer_set_metadata(file->writer, "model", info->name);
  ssg_safetensors_writer_set_metadata(file->writer, "faces", faces);
  for (int t = 0; t < N_TENSORS; t++) {
    file->index[t] = ssg_safetensors_writer_declare(file->writer, tensors[t].name, SSG_F32, &tensors[t].shape, error);
    if (file->index[t] < 0)
      return NULL;
  }
  return g_steal_pointer(&file);
}

static gboolean add(SsgRawFile *file, int tensor, const float *values, gsize n, GError **error)
{
  return ssg_safetensors_writer_write(file->writer, file->index[tensor], values, n * sizeof(float), error);
}

/* [size, size, channels] -> [channels, size, size] */
static gboolean add_channels_first(SsgRawFile *file, int tensor, const float *values, int channels, int size,
                                   GError **error)
{
  gsize n = (gsize) size * (gsize) size, c = (gsize) channels;
  g_autofree float *plane = g_new(float, n);
  for (gsize j = 0; j < c; j++) {
    for (gsize i = 0; i < n; i++)
      plane[i] = values[i * c + j];
    if (!add(file, tensor, plane, n, error))
      return FALSE;
  }
  return TRUE;
}

gboolean ssg_raw_file_add(SsgRawFile *file, const SsgFace *face, const SsgRender *render, GError **error)
{
  const SsgArchitecture *a = &file->arch;
  gsize coarse = (gsize) a->n_parts * (gsize) a->coarse_size * (gsize) a->coarse_size;
  gsize codes = (gsize) ssg_architecture_short_rows(a) * (gsize) a->style_dim, map = coarse / (gsize) a->n_parts;
  g_autofree float *depth = g_memdup2(render->depth, coarse * sizeof(float));
  for (int k = 0; k < a->n_parts; k++)
    if (!ssg_face_shown(face, k))
      memset(depth + (gsize) k * map, 0, map * sizeof(float));
  return add_channels_first(file, RGB, render->raw_rgb, 3, a->size, error) &&
         add_channels_first(file, SEG, render->raw_seg, a->n_parts, a->size, error) &&
         add(file, COARSE, render->coarse, coarse, error) && add(file, DEPTH, depth, coarse, error) &&
         add(file, WEIGHTS, render->weight, coarse, error) && add(file, LATENT, ssg_face_codes(face), codes, error);
}

gboolean ssg_raw_file_commit(SsgRawFile *file, GError **error)
{
  return ssg_safetensors_writer_commit(file->writer, error);
}

void ssg_raw_file_free(SsgRawFile *file)
{
  if (!file)
    return;
  ssg_safetensors_writer_free(file->writer);
  g_free(file);
}
