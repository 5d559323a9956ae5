#include "trainer/snapshots.h"

#include <stdio.h>
#include <string.h>

#include "engine/error.h"
#include "engine/training-state.h"

static int newest_first(gconstpointer a, gconstpointer b)
{
  return strcmp(*(char *const *) b, *(char *const *) a);
}

/* Names of a run's snapshots, newest first; the number of images in the name has a fixed width. */
static GPtrArray *list_snapshots(const char *run)
{
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GDir) dir = g_dir_open(run, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir)))
    if (g_str_has_prefix(name, "snapshot-") && g_str_has_suffix(name, ".safetensors"))
      g_ptr_array_add(names, g_build_filename(run, name, NULL));
  g_ptr_array_sort(names, newest_first);
  return names;
}

gboolean ssg_snapshots_any(const char *run)
{
  g_autoptr(GPtrArray) names = list_snapshots(run);
  return names->len > 0;
}

char *ssg_snapshots_find(const char *run, char **skipped, GError **error)
{
  g_autoptr(GPtrArray) names = list_snapshots(run);
  g_autoptr(GString) warnings = g_string_new(NULL);
  char *found = NULL;
  for (guint i = 0; i < names->len && !found; i++) {
    g_autoptr(GError) damage = NULL;
    SsgArchitecture arch;
    if (ssg_training_check(names->pdata[i], &arch, &damage)) {
      found = g_strdup(names->pdata[i]);
    } else {
      g_printerr("ssgan-trainer: warning: snapshot skipped: %s\n", damage->message);
      g_string_append_printf(warnings, "%swarning: snapshot skipped: %s", warnings->len ? "\n" : "", damage->message);
    }
  }
  if (skipped)
    *skipped = warnings->len ? g_strdup(warnings->str) : NULL;
  if (found)
    return found;
  g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s is a folder that holds no usable snapshot (snapshot-*.safetensors)", run);
  return NULL;
}

char *ssg_snapshots_resolve(const char *path, GError **error)
{
  return g_file_test(path, G_FILE_TEST_IS_DIR) ? ssg_snapshots_find(path, NULL, error) : g_strdup(path);
}

void ssg_snapshots_tidy(SsgRunDirectory *run, gint64 images)
{
  const char *folder = ssg_run_directory_path(run);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (*name == '.' && g_str_has_suffix(name, ".tmp")) { /* engine/atomic-file.h: the folder is ours alone, so nobody is writing it */
      remove(path);
    } else if (g_str_has_prefix(name, "snapshot-") &&
               g_ascii_strtoll(name + strlen("snapshot-"), NULL, 10) > images) {
      g_autofree char *aside = g_strdup_printf("%s/abandoned-%s", folder, name);
      if (rename(path, aside) == 0)
        ssg_run_directory_log(run, "%s is later than where this run goes on; it is now %s", name, aside);
    }
  }
}

void ssg_snapshots_prune(SsgRunDirectory *run, guint keep)
{
  g_autoptr(GPtrArray) names = list_snapshots(ssg_run_directory_path(run));
  for (guint i = keep; i < names->len; i++)
    remove(names->pdata[i]);
}
