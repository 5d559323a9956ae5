/* A file that appears whole or not at all: it is written under a temporary name in the same folder, synced, and renamed
 * over the final name when everything succeeded. Whatever fails before that, a full disk included, leaves the final name
 * as it was and removes the temporary file. (A process that is killed may leave a `.NAME.XXXXXXXX.tmp` behind, unless its signal
 * handler calls ssg_atomic_file_discard_all().)
 *
 * One thread at a time. Errors name the final path: SSG_ERROR_FILE where it cannot be written to at all, SSG_ERROR_WRITE where
 * writing failed (disk full).
 */
#pragma once

#include <glib.h>

typedef struct SsgAtomicFile SsgAtomicFile;

/* Starts writing `path`. Its folder must exist. A symbolic link is followed, so that what it points to is replaced; an
 * existing file's permissions are kept, a new one gets those of the umask. */
SsgAtomicFile *ssg_atomic_file_open(const char *path, GError **error);
/* Whether open() would succeed, by trying: before long work whose result is to go there. Nothing is left behind. */
gboolean ssg_atomic_file_can_open(const char *path, GError **error);
/* Writes size bytes at the current position (buffered). After a failure every later write and the commit fail too. */
gboolean ssg_atomic_file_write(SsgAtomicFile *file, const void *data, gsize size, GError **error);
/* Moves the position; beyond the end is allowed, the gap reads as zeros. */
gboolean ssg_atomic_file_seek(SsgAtomicFile *file, guint64 offset, GError **error);
/* Flushes, syncs, closes and renames. The file must still be freed, and takes no more writes, whatever the result. */
gboolean ssg_atomic_file_commit(SsgAtomicFile *file, GError **error);
/* Removes the temporary files of all that is being written in this process (of the first SSG_ATOMIC_FILES_NOTED that are open). May
 * be called from a signal handler that ends the process: nothing can be committed afterwards. */
#define SSG_ATOMIC_FILES_NOTED 64
void ssg_atomic_file_discard_all(void);
/* Throws away what was not committed. NULL is allowed. */
void ssg_atomic_file_free(SsgAtomicFile *file);

/* All of the above for a buffer. */
gboolean ssg_atomic_file_save(const char *path, const void *data, gsize size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgAtomicFile, ssg_atomic_file_free)
