/* A whole file as bytes: mapped where that is possible, so that a large checkpoint costs no memory until it is read. */
#pragma once

#include <glib.h>

/* NULL with SSG_ERROR_FILE naming path when it cannot be opened, read or is not an ordinary file. */
GBytes *ssg_map_file(const char *path, GError **error);
