#include "trainer/error.h"

#include <gio/gio.h>
#include "engine/error.h"
#include "trainer/interrupt.h"

static gboolean file_error_is_bad_input(int code)
{
  switch (code) {
  case G_FILE_ERROR_NOENT:
  case G_FILE_ERROR_ISDIR:
  case G_FILE_ERROR_NOTDIR:
  case G_FILE_ERROR_EXIST:
  case G_FILE_ERROR_ACCES:
  case G_FILE_ERROR_PERM:
  case G_FILE_ERROR_NAMETOOLONG:
  case G_FILE_ERROR_LOOP:
  case G_FILE_ERROR_ROFS:
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean io_error_is_bad_input(int code)
{
  switch (code) {
  case G_IO_ERROR_NOT_FOUND:
  case G_IO_ERROR_IS_DIRECTORY:
  case G_IO_ERROR_NOT_DIRECTORY:
  case G_IO_ERROR_EXISTS:
  case G_IO_ERROR_PERMISSION_DENIED:
  case G_IO_ERROR_FILENAME_TOO_LONG:
  case G_IO_ERROR_READ_ONLY:
  case G_IO_ERROR_INVALID_DATA:
  case G_IO_ERROR_INVALID_ARGUMENT:
  case G_IO_ERROR_NOT_SUPPORTED:
    return TRUE;
  default:
    return FALSE;
  }
}

/* The rule: what the person gave and can mend is bad input, found before anything is written where that can be; what happens to a
 * run that was begun well is a failure. */
int ssg_trainer_error_exit_code(const GError *error)
{
  if (error->domain == SSG_ERROR) {
    switch (error->code) {
    case SSG_ERROR_CANCELLED:
      return ssg_interrupt_exit_code();
    case SSG_ERROR_WRITE:
    case SSG_ERROR_DEVICE:
      return SSG_EXIT_FAILED;
    default:
      return SSG_EXIT_BAD_INPUT;
    }
  }
  if (error->domain == G_OPTION_ERROR)
    return SSG_EXIT_BAD_INPUT;
  if (error->domain == G_FILE_ERROR)
    return file_error_is_bad_input(error->code) ? SSG_EXIT_BAD_INPUT : SSG_EXIT_FAILED;
  if (error->domain == G_IO_ERROR) {
    if (error->code == G_IO_ERROR_CANCELLED)
      return ssg_interrupt_exit_code();
    return io_error_is_bad_input(error->code) ? SSG_EXIT_BAD_INPUT : SSG_EXIT_FAILED;
  }
  return SSG_EXIT_FAILED;
}

void ssg_trainer_error_set_errno(GError **error, int saved_errno, const char *what, const char *path)
{
  g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(saved_errno), "cannot %s %s: %s", what, path,
              g_strerror(saved_errno));
}
