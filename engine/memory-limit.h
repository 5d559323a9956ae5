/* How much memory this process may still take, so that what does not fit is refused before it is begun. */
#pragma once

#include <glib.h>

/* Bytes: the least of what the system has, what the control groups (v2 and v1) leave, the process's own and all around it, and
 * five eighths of what its address space limit (ulimit -v) leaves: address space is reserved in larger pieces than are used. Page
 * cache that can be dropped counts as available. G_MAXSIZE when nothing is known. */
gsize ssg_memory_available(void);
/* The same of a tree of files that looks as /proc and /sys do below `root`, without the address space limit. For tests. */
gsize ssg_memory_available_in(const char *root);
/* FALSE and SSG_ERROR_MEMORY ("WHAT needs about N MiB of memory to PURPOSE; M MiB are available") when bytes are not available.
 * purpose is a verb: "run". */
gboolean ssg_memory_suffices(const char *what, gsize bytes, const char *purpose, GError **error);
/* The same with purpose "run", for what computes on a device: under an address space limit, the space that libraries and threads
 * reserve beside must be there, too (320 to 768 MiB, by the number of processors). */
gboolean ssg_memory_suffices_to_render(const char *what, gsize bytes, GError **error);
