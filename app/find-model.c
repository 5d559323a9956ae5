/* Finding the model that a project was made with, by its content. */
#include "app/project-file.h"

#include <string.h>
#include "engine/error.h"

/* SHA-256 of a file in 64 hex digits; NULL when it cannot be read or on cancel. */
static char *hash_file(const char *path, GCancellable *cancellable)
{
  g_autoptr(GFile) file = g_file_new_for_path(path);
  g_autoptr(GFileInputStream) stream = g_file_read(file, cancellable, NULL);
  if (!stream)
    return NULL;
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  const gsize size = 1 << 20;
  g_autofree guint8 *buffer = g_malloc(size);
  gssize n;
  while ((n = g_input_stream_read(G_INPUT_STREAM(stream), buffer, size, cancellable, NULL)) > 0)
    g_checksum_update(checksum, buffer, n);
  return n == 0 ? g_strdup(g_checksum_get_string(checksum)) : NULL;
}

static gboolean is_the_one(const char *path, const char *hash, GHashTable *tried, GCancellable *cancellable)
{
  if (!path || g_hash_table_contains(tried, path) || !g_file_test(path, G_FILE_TEST_IS_REGULAR))
    return FALSE;
  g_hash_table_add(tried, g_strdup(path));
  g_autofree char *found = hash_file(path, cancellable);
  return g_strcmp0(found, hash) == 0;
}

/* The first file of the right kind of name and hash in a folder. */
static char *look_in_folder(const char *folder, const char *hash, GHashTable *tried, GCancellable *cancellable)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    if (!g_str_has_suffix(name, ".safetensors") && !g_str_has_suffix(name, ".pt"))
      continue;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (is_the_one(path, hash, tried, cancellable))
      return g_steal_pointer(&path);
  }
  return NULL;
}

char *ssg_project_find_model(const char *project_path, const char *model_path, const char *model_hash,
                             const char *const *candidates, GCancellable *cancellable, GError **error)
{
  g_autoptr(GHashTable) tried = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (!*model_hash) {
    g_set_error_literal(error, SSG_ERROR, SSG_ERROR_FILE, "the project does not say which model it was made with");
    return NULL;
  }
  if (is_the_one(model_path, model_hash, tried, cancellable))
    return g_strdup(model_path);
  for (int i = 0; candidates && candidates[i]; i++)
    if (is_the_one(candidates[i], model_hash, tried, cancellable))
      return g_strdup(candidates[i]);
  g_autofree char *own = project_path ? g_path_get_dirname(project_path) : NULL;
  g_autofree char *models = model_path ? g_path_get_dirname(model_path) : NULL;
  char *found = own ? look_in_folder(own, model_hash, tried, cancellable) : NULL;
  if (!found && models)
    found = look_in_folder(models, model_hash, tried, cancellable);
  if (found)
    return found;
  if (g_cancellable_is_cancelled(cancellable))
    g_set_error_literal(error, SSG_ERROR, SSG_ERROR_CANCELLED, "the search for the model was cancelled");
  else
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "the model of this project (%s, SHA-256 %.12s…) was not found",
                model_path ? model_path : "path unknown", model_hash);
  return NULL;
}
