#include "engine/pickle-write.h"

#include <string.h>

static void put(SsgPickleWriter *writer, const void *data, gsize size)
{
  g_byte_array_append(writer->bytes, data, (guint) size);
}

static void put_op(SsgPickleWriter *writer, guint8 op)
{
  put(writer, &op, 1);
}

/* n bytes of value, little-endian. */
static void put_little(SsgPickleWriter *writer, guint64 value, int n)
{
  for (int i = 0; i < n; i++)
    put_op(writer, (guint8) (value >> (8 * i)));
}

static void put_global(SsgPickleWriter *writer, const char *module, const char *name)
{
  put_op(writer, 'c');
  put(writer, module, strlen(module));
  put_op(writer, '\n');
  put(writer, name, strlen(name));
  put_op(writer, '\n');
}

void ssg_pickle_begin(SsgPickleWriter *writer)
{
  writer->bytes = g_byte_array_new();
  writer->n_storages = 0;
  put(writer, "\x80\x02", 2);
}

GByteArray *ssg_pickle_end(SsgPickleWriter *writer)
{
  put_op(writer, '.');
  return g_steal_pointer(&writer->bytes);
}

void ssg_pickle_put_none(SsgPickleWriter *writer)
{
  put_op(writer, 'N');
}

void ssg_pickle_put_bool(SsgPickleWriter *writer, gboolean value)
{
  put_op(writer, value ? 0x88 : 0x89);
}

void ssg_pickle_put_int(SsgPickleWriter *writer, gint64 value)
{
  if (value >= 0 && value <= 0xff) {
    put_op(writer, 'K');
    put_little(writer, (guint64) value, 1);
  } else if (value >= G_MININT32 && value <= G_MAXINT32) {
    put_op(writer, 'J');
    put_little(writer, (guint64) value, 4);
  } else {
    put_op(writer, 0x8a);
    put_op(writer, 8);
    put_little(writer, (guint64) value, 8);
  }
}

void ssg_pickle_put_double(SsgPickleWriter *writer, double value)
{
  guint64 bits;
  memcpy(&bits, &value, 8);
  put_op(writer, 'G');
  for (int i = 7; i >= 0; i--)
    put_op(writer, (guint8) (bits >> (8 * i)));
}

void ssg_pickle_put_string(SsgPickleWriter *writer, const char *text)
{
  put_op(writer, 'X');
  put_little(writer, strlen(text), 4);
  put(writer, text, strlen(text));
}

void ssg_pickle_open_dict(SsgPickleWriter *writer, gboolean ordered)
{
  if (ordered) {
    put_global(writer, "collections", "OrderedDict");
    put(writer, ")R", 2);
  } else {
    put_op(writer, '}');
  }
  put_op(writer, '(');
}

void ssg_pickle_close_dict(SsgPickleWriter *writer)
{
  put_op(writer, 'u');
}

void ssg_pickle_open_list(SsgPickleWriter *writer)
{
  put(writer, "](", 2);
}

void ssg_pickle_close_list(SsgPickleWriter *writer)
{
  put_op(writer, 'e');
}

void ssg_pickle_open_tuple(SsgPickleWriter *writer)
{
  put_op(writer, '(');
}

void ssg_pickle_close_tuple(SsgPickleWriter *writer)
{
  put_op(writer, 't');
}

void ssg_pickle_open_namespace(SsgPickleWriter *writer)
{
  put_global(writer, "argparse", "Namespace");
  put(writer, ")\x81}(", 4);
}

void ssg_pickle_close_namespace(SsgPickleWriter *writer)
{
  put(writer, "ub", 2);
}

guint ssg_pickle_put_tensor(SsgPickleWriter *writer, SsgDtype dtype, const SsgShape *shape)
{
  static const char *const storages[] = {[SSG_F32] = "FloatStorage",
                                         [SSG_F16] = "HalfStorage",
                                         [SSG_BF16] = "BFloat16Storage",
                                         [SSG_I64] = "LongStorage",
                                         [SSG_U8] = "ByteStorage"};
  char key[16];
  guint number = writer->n_storages++;
  g_snprintf(key, sizeof key, "%u", number);
  put_global(writer, "torch._utils", "_rebuild_tensor_v2");
  ssg_pickle_open_tuple(writer);
  ssg_pickle_open_tuple(writer);
  ssg_pickle_put_string(writer, "storage");
  put_global(writer, "torch", storages[dtype]);
  ssg_pickle_put_string(writer, key);
  ssg_pickle_put_string(writer, "cpu");
  ssg_pickle_put_int(writer, ssg_shape_elements(shape));
  ssg_pickle_close_tuple(writer);
  put_op(writer, 'Q');
  ssg_pickle_put_int(writer, 0); /* offset */
  ssg_pickle_open_tuple(writer);
  for (int i = 0; i < shape->rank; i++)
    ssg_pickle_put_int(writer, shape->dim[i]);
  ssg_pickle_close_tuple(writer);
  ssg_pickle_open_tuple(writer);
  for (int i = 0; i < shape->rank; i++) {
    gint64 stride = 1;
    for (int j = i + 1; j < shape->rank; j++)
      stride *= MAX(shape->dim[j], 1);
    ssg_pickle_put_int(writer, stride);
  }
  ssg_pickle_close_tuple(writer);
  ssg_pickle_put_bool(writer, FALSE); /* requires_grad */
  ssg_pickle_open_dict(writer, TRUE); /* hooks */
  ssg_pickle_close_dict(writer);
  ssg_pickle_close_tuple(writer);
  put_op(writer, 'R');
  return number;
}
