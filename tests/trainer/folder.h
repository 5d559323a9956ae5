/* A temporary folder for a test program. */
#pragma once

#include <glib/gstdio.h>

static inline void folder_remove(const char *path)
{
  g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    folder_remove(child);
  }
  g_remove(path);
}

static inline int folder_count(const char *path)
{
  int n = 0;
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  while (dir && g_dir_read_name(dir))
    n++;
  return n;
}
