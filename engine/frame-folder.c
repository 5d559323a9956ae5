#include "engine/frame-folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include "engine/error.h"

static gboolean is_frame(const char *name, const char *prefix, int digits, guint64 *number)
{
  if (!g_str_has_prefix(name, prefix))
    return FALSE;
  name += strlen(prefix);
  gsize n = strspn(name, "0123456789");
  g_autofree char *text = g_strndup(name, n);
  return n >= (gsize) digits && g_str_equal(name + n, ".png") &&
         g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, number, NULL);
}

char *ssg_frame_folder_find_other(const char *folder, const char *prefix, int digits)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  guint64 number;
  while (dir && (name = g_dir_read_name(dir)))
    if (*name != '.' && !is_frame(name, prefix, digits, &number)) /* hidden files are the file manager's */
      return g_filename_display_name(name);
  return NULL;
}

gboolean ssg_frame_folder_trim(const char *folder, const char *prefix, int digits, guint64 last, GError **error)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  guint64 number;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (is_frame(name, prefix, digits, &number) && number > last && g_unlink(path) != 0) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: a frame of an earlier interpolation cannot be removed: %s", path,
                  g_strerror(errno));
      return FALSE;
    }
  }
  return TRUE;
}
