/* Pickles of protocol 2, for PyTorch to read: one call, one value. Containers are opened, filled and closed. */
#pragma once

#include <glib.h>

#include "kernels/op.h"

typedef struct {
  GByteArray *bytes;
  guint n_storages; /* numbered as tensors are written */
} SsgPickleWriter;

void ssg_pickle_begin(SsgPickleWriter *writer);
/* Ends the pickle and hands the bytes over (g_byte_array_unref). */
GByteArray *ssg_pickle_end(SsgPickleWriter *writer);

void ssg_pickle_put_none(SsgPickleWriter *writer);
void ssg_pickle_put_bool(SsgPickleWriter *writer, gboolean value);
void ssg_pickle_put_int(SsgPickleWriter *writer, gint64 value);
void ssg_pickle_put_double(SsgPickleWriter *writer, double value);
/* UTF-8. */
void ssg_pickle_put_string(SsgPickleWriter *writer, const char *text);

/* A dict or OrderedDict: open, then key and value by turns, then close. */
void ssg_pickle_open_dict(SsgPickleWriter *writer, gboolean ordered);
void ssg_pickle_close_dict(SsgPickleWriter *writer);
void ssg_pickle_open_list(SsgPickleWriter *writer);
void ssg_pickle_close_list(SsgPickleWriter *writer);
void ssg_pickle_open_tuple(SsgPickleWriter *writer);
void ssg_pickle_close_tuple(SsgPickleWriter *writer);
/* argparse.Namespace: attributes as in a dict. */
void ssg_pickle_open_namespace(SsgPickleWriter *writer);
void ssg_pickle_close_namespace(SsgPickleWriter *writer);

/* A contiguous CPU tensor in a storage of its own, whose key is the decimal number returned. */
guint ssg_pickle_put_tensor(SsgPickleWriter *writer, SsgDtype dtype, const SsgShape *shape);
