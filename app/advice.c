#include "app/advice.h"

#include <gio/gio.h>
#include "app/i18n.h"
#include "engine/error.h"

#define NOT_EMPTY 1000 /* none of SSG_ERROR's */

/* Of SSG_ERROR, or NOT_EMPTY; -1: nothing is known about it. */
static int kin(const GError *error)
{
  if (error->domain == SSG_ERROR)
    return error->code;
  if (error->domain == G_FILE_ERROR)
    return error->code == G_FILE_ERROR_NOSPC || error->code == G_FILE_ERROR_IO ? SSG_ERROR_WRITE : SSG_ERROR_FILE;
  if (error->domain != G_IO_ERROR)
    return -1;
  switch (error->code) {
  case G_IO_ERROR_NOT_EMPTY:
    return NOT_EMPTY;
  case G_IO_ERROR_NO_SPACE:
    return SSG_ERROR_WRITE;
  case G_IO_ERROR_CANCELLED:
    return SSG_ERROR_CANCELLED;
  case G_IO_ERROR_INVALID_DATA:
    return SSG_ERROR_FORMAT;
  case G_IO_ERROR_NOT_FOUND:
  case G_IO_ERROR_PERMISSION_DENIED:
  case G_IO_ERROR_IS_DIRECTORY:
  case G_IO_ERROR_NOT_DIRECTORY:
  case G_IO_ERROR_READ_ONLY:
  case G_IO_ERROR_EXISTS:
    return SSG_ERROR_FILE;
  default:
    return -1;
  }
}

const char *ssg_error_advice(const GError *error)
{
  switch (kin(error)) {
  case NOT_EMPTY:
    return _("The folder holds other things: choose a new or an empty one.");
  case SSG_ERROR_FILE:
    return _("Check that the file or folder is there and that you have permission for it.");
  case SSG_ERROR_FORMAT:
    return _("The file is damaged or of another kind: choose another one, or fetch it anew.");
  case SSG_ERROR_SHAPE:
    return _("It was made for another kind of model: open it with the model that it belongs to.");
  case SSG_ERROR_MEMORY:
    return _("It needs more memory than there is, or than is allowed: close other programs, or choose something smaller.");
  case SSG_ERROR_DEVICE:
    return _("Another device can be chosen in the preferences.");
  case SSG_ERROR_CANCELLED:
    return _("It was cancelled.");
  case SSG_ERROR_ARGUMENT:
    return _("One of the values is out of range: change it and try again.");
  case SSG_ERROR_WRITE:
    return _("The disk may be full: make room there, or choose another folder.");
  default:
    return _("Try it again.");
  }
}

char *ssg_error_detail(const GError *error)
{
  /* Translators: before a technical message, which is English. */
  return g_strdup_printf(_("Details: %s"), error->message);
}
