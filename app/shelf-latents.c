/* Latent files as shelf faces. */
#include "app/shelf.h"

#include <string.h>
#include "app/i18n.h"
#include "engine/error.h"
#include "engine/npy.h"

#define MAX_LATENTS 4096 /* more than anybody looks through */

static char *title_of(const char *path, gint64 row, gint64 n)
{
  g_autofree char *name = g_path_get_basename(path);
  g_autofree char *title = g_filename_display_name(name);
  char *dot = strrchr(title, '.');
  if (dot && dot != title)
    *dot = '\0';
  /* Translators: a latent file's name and the number of a face in it. */
  return n == 1 ? g_steal_pointer(&title) : g_strdup_printf(_("%s, %d"), title, (int) row + 1);
}

/* Faces in the array and code rows of each; FALSE when the shape is none of the four that MODEL.md lists. */
static gboolean understand(const SsgShape *shape, const SsgArchitecture *arch, gint64 *n, gint64 *rows)
{
  if (shape->rank < 1 || shape->rank > 3 || shape->dim[shape->rank - 1] != arch->style_dim)
    return FALSE;
  *n = shape->rank == 1 ? 1 : shape->dim[0];
  *rows = shape->rank == 3 ? shape->dim[1] : 1;
  return *n >= 1 && (*rows == 1 || *rows == ssg_architecture_short_rows(arch) ||
                     *rows == ssg_architecture_expanded_rows(arch));
}

GPtrArray *ssg_shelf_read_latents(const char *path, const SsgArchitecture *arch, GError **error)
{
  g_autoptr(SsgHostTensor) tensor = ssg_npy_load(path, error);
  g_autofree float *copy = NULL;
  gint64 n, rows;
  const float *values = tensor ? ssg_host_tensor_f32(tensor, &copy, error) : NULL;
  if (!values)
    return NULL;
  if (!understand(&tensor->shape, arch, &n, &rows)) {
    g_autofree char *text = ssg_shape_text(&tensor->shape);
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                "%s: an array %s is no latent of this model; expected [%d], [n, %d], [n, %d, %d] or [n, %d, %d]", path,
                text, arch->style_dim, arch->style_dim, ssg_architecture_short_rows(arch), arch->style_dim,
                ssg_architecture_expanded_rows(arch), arch->style_dim);
    return NULL;
  }
  if (n > MAX_LATENTS) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "%s: %" G_GINT64_FORMAT " latents; at most %d can be opened at once",
                path, n, MAX_LATENTS);
    return NULL;
  }
  g_autoptr(GPtrArray) faces = g_ptr_array_new_with_free_func(g_object_unref);
  for (gint64 i = 0; i < n; i++) {
    g_autoptr(SsgFace) face = ssg_face_new(arch, rows, values + i * rows * arch->style_dim, error);
    if (!face) {
      g_prefix_error(error, "%s, latent %d: ", path, (int) i + 1);
      return NULL;
    }
    g_autofree char *title = title_of(path, i, n);
    g_ptr_array_add(faces, ssg_shelf_face_new(SSG_SHELF_OPENED, face, 0, title));
  }
  return g_steal_pointer(&faces);
}
