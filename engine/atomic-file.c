#include "engine/atomic-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/error.h"

typedef struct Note Note;

struct SsgAtomicFile {
  char *path;      /* as given, for messages */
  char *target;    /* with symbolic links followed */
  char *temporary; /* NULL once renamed */
  FILE *stream;    /* NULL once closed */
  gboolean opened, failed;
  Note *note; /* NULL: not noted */
};

/* Temporary files, where a signal handler can find them: it may neither lock nor touch the heap. */
struct Note {
  int taken; /* atomic: 0 free, 1 being written, 2 valid */
  char path[1024];
};

static Note notes[SSG_ATOMIC_FILES_NOTED];

static void note_temporary(SsgAtomicFile *file)
{
  if (strlen(file->temporary) >= sizeof notes->path)
    return;
  for (int i = 0; i < SSG_ATOMIC_FILES_NOTED && !file->note; i++) {
    int free_note = 0;
    if (!__atomic_compare_exchange_n(&notes[i].taken, &free_note, 1, FALSE, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      continue;
    strcpy(notes[i].path, file->temporary);
    __atomic_store_n(&notes[i].taken, 2, __ATOMIC_RELEASE);
    file->note = &notes[i];
  }
}

static void forget_temporary(SsgAtomicFile *file)
{
  if (file->note)
    __atomic_store_n(&file->note->taken, 0, __ATOMIC_RELEASE);
  file->note = NULL;
}

void ssg_atomic_file_discard_all(void)
{
  for (int i = 0; i < SSG_ATOMIC_FILES_NOTED; i++)
    if (__atomic_load_n(&notes[i].taken, __ATOMIC_ACQUIRE) == 2)
      unlink(notes[i].path);
}

static gboolean is_full(int code)
{
  return code == ENOSPC || code == EDQUOT || code == EIO;
}

static gboolean fail(SsgAtomicFile *file, int code, GError **error)
{
  file->failed = TRUE;
  /* Before there is a stream the target is at fault; afterwards, or when the disk is full, writing failed. */
  SsgErrorCode kind = file->opened || is_full(code) ? SSG_ERROR_WRITE : SSG_ERROR_FILE;
  g_set_error(error, SSG_ERROR, kind, "%s: cannot be written: %s", file->path,
              code ? g_strerror(code) : "an earlier write failed");
  return FALSE;
}

/* Opens a new file beside the target. Returns the descriptor, or -1 with errno. */
static int open_temporary(SsgAtomicFile *file)
{
  g_autofree char *folder = g_path_get_dirname(file->target);
  g_autofree char *base = g_path_get_basename(file->target);
  for (int attempt = 0; attempt < 100; attempt++) {
    g_free(file->temporary);
    /* NAME_MAX is 255 bytes; a long base name is cut so that the temporary one still fits. */
    file->temporary = g_strdup_printf("%s/.%.200s.%08x.tmp", folder, base, g_random_int());
    int fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST)
      return fd;
  }
  return -1;
}

SsgAtomicFile *ssg_atomic_file_open(const char *path, GError **error)
{
  g_autoptr(SsgAtomicFile) file = g_new0(SsgAtomicFile, 1);
  file->path = g_strdup(path);
  char *resolved = realpath(path, NULL);
  file->target = g_strdup(resolved ? resolved : path);
  free(resolved);
  struct stat status;
  gboolean exists = stat(file->target, &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    /* Renaming over a device node or a folder would destroy it, or fail only after all the work. */
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: cannot be written: it is not an ordinary file", path);
    return NULL;
  }
  /* The temporary name is cut, so that a name which is too long, or none, would fail only at the end. */
  g_autofree char *base = g_path_get_basename(path);
  if (!*path || strlen(base) > NAME_MAX) {
    fail(file, *path ? ENAMETOOLONG : ENOENT, error);
    return NULL;
  }
  int fd = open_temporary(file);
  if (fd >= 0)
    note_temporary(file);
  if (fd < 0) {
    fail(file, errno, error);
    g_clear_pointer(&file->temporary, g_free);
    return NULL;
  }
  if (exists)
    (void) !fchmod(fd, status.st_mode & 07777); /* a file system without permissions is no reason to stop */
  file->stream = fdopen(fd, "wb");
  if (!file->stream) {
    fail(file, errno, error);
    close(fd);
    return NULL;
  }
  file->opened = TRUE;
  return g_steal_pointer(&file);
}

gboolean ssg_atomic_file_can_open(const char *path, GError **error)
{
  g_autoptr(SsgAtomicFile) file = ssg_atomic_file_open(path, error);
  return file != NULL;
}

gboolean ssg_atomic_file_write(SsgAtomicFile *file, const void *data, gsize size, GError **error)
{
  if (file->failed || !file->stream)
    return fail(file, 0, error);
  errno = 0;
  if (size > 0 && fwrite(data, 1, size, file->stream) != size)
    return fail(file, errno ? errno : EIO, error);
  return TRUE;
}

gboolean ssg_atomic_file_seek(SsgAtomicFile *file, guint64 offset, GError **error)
{
  if (file->failed || !file->stream)
    return fail(file, 0, error);
  if (offset > G_MAXINT64 || fseeko(file->stream, (off_t) offset, SEEK_SET) != 0)
    return fail(file, offset > G_MAXINT64 ? EFBIG : errno, error);
  return TRUE;
}

gboolean ssg_atomic_file_commit(SsgAtomicFile *file, GError **error)
{
  if (file->failed || !file->stream)
    return fail(file, 0, error);
  errno = 0;
  gboolean written = fflush(file->stream) == 0 && fsync(fileno(file->stream)) == 0;
  int code = errno;
  /* Some file systems report a full disk only here. */
  if (fclose(g_steal_pointer(&file->stream)) != 0 && written) {
    written = FALSE;
    code = errno;
  }
  if (!written || rename(file->temporary, file->target) != 0)
    return fail(file, written ? errno : (code ? code : EIO), error);
  forget_temporary(file);
  g_clear_pointer(&file->temporary, g_free);
  /* The rename itself lives in the folder. Not every file system can sync one, and the file is whole either way. */
  g_autofree char *folder = g_path_get_dirname(file->target);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    (void) !fsync(fd);
    close(fd);
  }
  return TRUE;
}

void ssg_atomic_file_free(SsgAtomicFile *file)
{
  if (!file)
    return;
  if (file->stream)
    fclose(file->stream);
  if (file->temporary)
    unlink(file->temporary);
  forget_temporary(file);
  g_free(file->temporary);
  g_free(file->target);
  g_free(file->path);
  g_free(file);
}

gboolean ssg_atomic_file_save(const char *path, const void *data, gsize size, GError **error)
{
  g_autoptr(SsgAtomicFile) file = ssg_atomic_file_open(path, error);
  return file && ssg_atomic_file_write(file, data, size, error) && ssg_atomic_file_commit(file, error);
}
