/* Errors of the engine and everything above it: GError in the domain SSG_ERROR, with a sentence that a person can act on
 * (which file, which tensor, what was expected, what was found). Messages are English, start in lower case with the
 * file's or tensor's name where there is one, and end without a full stop.
 */
#pragma once

#include <glib.h>

#define SSG_ERROR (ssg_error_quark())

typedef enum {
  SSG_ERROR_FILE,      /* the system refused to open it: no such file or folder, no permission, not an ordinary file */
  SSG_ERROR_FORMAT,    /* the contents of a file are not what they should be: damaged, hostile, or of another kind */
  SSG_ERROR_SHAPE,     /* a tensor is missing or has another shape or dtype than expected */
  SSG_ERROR_MEMORY,    /* not enough memory, or more than the stated limit */
  SSG_ERROR_DEVICE,    /* a device is not there, or failed */
  SSG_ERROR_CANCELLED, /* somebody asked to stop */
  SSG_ERROR_ARGUMENT,  /* a value given by the person or the caller is out of range */
  SSG_ERROR_WRITE      /* writing was begun and failed: disk or quota full, file too large, input/output error */
} SsgErrorCode;

GQuark ssg_error_quark(void);
