/* The JSON header of a safetensors file, parsed by a parser that knows this one form only: it does not recurse, and takes
 * memory in proportion to the header's length. Used by safetensors.c alone.
 */
#pragma once

#include <glib.h>

#include "kernels/op.h"

typedef struct {
  char *name;
  SsgDtype dtype;
  SsgShape shape;
  guint64 begin, end; /* byte range after the header, begin <= end; not checked against shape or file */
} SsgSafetensorsEntry;

/* entries: array of SsgSafetensorsEntry with a clear function, in header order, names unique. metadata: char * -> char *.
 * Both are set on success only. file begins the messages. */
gboolean ssg_safetensors_header_parse(const char *text, gsize length, const char *file, GArray **entries,
                                      GHashTable **metadata, GError **error);
