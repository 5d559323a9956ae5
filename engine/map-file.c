#include "engine/map-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/error.h"

GBytes *ssg_map_file(const char *path, GError **error)
{
  /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: cannot be opened: %s", path, g_strerror(errno));
    if (fd >= 0)
      close(fd);
    return NULL;
  }
  if (!S_ISREG(status.st_mode)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: is not an ordinary file", path);
    close(fd);
    return NULL;
  }
  g_autoptr(GError) cause = NULL;
  g_autoptr(GMappedFile) mapped = g_mapped_file_new_from_fd(fd, FALSE, &cause);
  close(fd);
  if (!mapped) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: cannot be read: %s", path, cause->message);
    return NULL;
  }
  return g_mapped_file_get_bytes(mapped);
}
