#include "app/model-list.h"

#include <string.h>
#include "app/i18n.h"
#include "engine/error.h"
#include "ssgan-config.h"

#define DEFAULT_NAME "default.safetensors"

void ssg_model_entry_free(SsgModelEntry *entry)
{
  g_free(entry->path);
  ssg_model_info_free(entry->info);
  g_free(entry);
}

static gboolean is_default(const SsgModelEntry *entry)
{
  return g_str_has_suffix(entry->path, G_DIR_SEPARATOR_S DEFAULT_NAME);
}

static int compare(gconstpointer a, gconstpointer b)
{
  const SsgModelEntry *x = *(SsgModelEntry *const *) a, *y = *(SsgModelEntry *const *) b;
  if (is_default(x) != is_default(y))
    return is_default(y) - is_default(x);
  int order = g_utf8_collate(x->info->name, y->info->name);
  return order ? order : strcmp(x->path, y->path);
}

/* A copy that was installed and the one in the source tree are one model to people. */
static gboolean is_known(GPtrArray *list, const char *path, const SsgModelInfo *info)
{
  g_autofree char *file = g_path_get_basename(path);
  for (guint i = 0; i < list->len; i++) {
    const SsgModelEntry *entry = list->pdata[i];
    g_autofree char *other = g_path_get_basename(entry->path);
    if (g_str_equal(entry->path, path) ||
        (g_str_equal(file, other) && entry->info->file_bytes == info->file_bytes && g_str_equal(entry->info->name, info->name) &&
         entry->info->images_seen == info->images_seen))
      return TRUE;
  }
  return FALSE;
}

static void add(GPtrArray *list, const char *path)
{
  SsgModelInfo *info = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? ssg_model_info_read(path, NULL) : NULL;
  if (!info || is_known(list, path, info)) {
    g_clear_pointer(&info, ssg_model_info_free);
    return;
  }
  SsgModelEntry *entry = g_new(SsgModelEntry, 1);
  *entry = (SsgModelEntry) {g_strdup(path), info};
  g_ptr_array_add(list, entry);
}

GPtrArray *ssg_model_list_read(const char *const *extra, GCancellable *cancellable)
{
  GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_model_entry_free);
  g_autofree char *own = g_build_filename(g_get_user_data_dir(), "ssgan", NULL);
  const char *folders[] = {g_getenv("SSGAN_DATA_DIR"), own, SSG_DATA_DIR, SSG_SOURCE_DATA_DIR};
  for (int i = 0; extra && extra[i]; i++)
    add(list, extra[i]);
  for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *folder = folders[i] ? g_build_filename(folders[i], "models", NULL) : NULL;
    g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name;
    while (dir && (name = g_dir_read_name(dir)) && !g_cancellable_is_cancelled(cancellable)) {
      g_autofree char *path = g_build_filename(folder, name, NULL);
      if (g_str_has_suffix(name, ".safetensors") || g_str_has_suffix(name, ".pt") || g_str_has_suffix(name, ".pth"))
        add(list, path);
    }
  }
  g_ptr_array_sort(list, compare);
  return list;
}

gboolean ssg_models_agree(const SsgModelInfo *faces_of, const SsgModelInfo *model, GError **error)
{
  const SsgArchitecture *a = &faces_of->arch, *b = &model->arch;
  if (a->n_parts != b->n_parts || a->style_dim != b->style_dim || a->n_base != b->n_base) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                _("The model “%s” has %d parts and codes of %d numbers; this portrait has %d parts and codes of %d."),
                model->name, b->n_parts, b->style_dim, a->n_parts, a->style_dim);
    return FALSE;
  }
  for (int k = 0; k < a->n_parts; k++)
    if (!g_str_equal(faces_of->part_names[k], model->part_names[k])) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                  _("Part %d of the model “%s” is “%s”, but this portrait has “%s” there."), k, model->name,
                  model->part_names[k], faces_of->part_names[k]);
      return FALSE;
    }
  return TRUE;
}
