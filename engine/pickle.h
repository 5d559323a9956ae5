/* The pickles inside PyTorch checkpoints, read without executing anything. A pickle is a program for a small stack
 * machine; this one knows the opcodes of protocols 2 to 4 that torch.save() emits, and of all the functions and classes a
 * pickle may name only those of the table in pickle.c. They become values of their own kinds; any other name is refused.
 *
 * Bounds: SSG_PICKLE_MAX_BYTES of pickle, SSG_PICKLE_MAX_VALUES values and memo slots; no recursion, so nesting is no
 * danger here. Values may be shared and, in a hostile file, contain themselves: whoever walks them bounds depth and count.
 */
#pragma once

#include <glib.h>

#include "kernels/op.h"

#define SSG_PICKLE_MAX_BYTES ((gsize) 64 << 20)
#define SSG_PICKLE_MAX_VALUES 1000000u

typedef enum {
  SSG_PICKLE_NONE,
  SSG_PICKLE_BOOL,
  SSG_PICKLE_INT,
  SSG_PICKLE_BIG, /* an integer beyond 64 bits: its bytes, little-endian two's complement, in text */
  SSG_PICKLE_FLOAT,
  SSG_PICKLE_STRING, /* UTF-8 without NUL */
  SSG_PICKLE_BYTES,
  SSG_PICKLE_TUPLE,
  SSG_PICKLE_LIST,
  SSG_PICKLE_DICT,      /* dict and OrderedDict */
  SSG_PICKLE_NAMESPACE, /* argparse.Namespace, its attributes as in a dict */
  SSG_PICKLE_GLOBAL,    /* a name of the table, not yet used */
  SSG_PICKLE_STORAGE,
  SSG_PICKLE_TENSOR
} SsgPickleKind;

/* Element types of storages. */
typedef enum {
  SSG_STORAGE_F64,
  SSG_STORAGE_F32,
  SSG_STORAGE_F16,
  SSG_STORAGE_BF16,
  SSG_STORAGE_I64,
  SSG_STORAGE_I32,
  SSG_STORAGE_I16,
  SSG_STORAGE_I8,
  SSG_STORAGE_U8,
  SSG_STORAGE_BOOL
} SsgStorageType;

typedef struct SsgPickleValue SsgPickleValue;

typedef struct {
  char *key; /* names the storage in the file */
  SsgStorageType type;
  gint64 n_elements; /* >= 0 */
} SsgPickleStorage;

typedef struct {
  const SsgPickleStorage *storage;
  gint64 offset; /* in elements; not checked, nor are the next two */
  int rank;
  gint64 size[SSG_MAX_RANK], stride[SSG_MAX_RANK];
} SsgPickleTensor;

struct SsgPickleValue {
  SsgPickleKind kind;
  union {
    gint64 integer; /* INT; BOOL: 0 or 1; GLOBAL: place in the table */
    double number;
    struct {
      const char *data; /* in the pickle's bytes, not terminated */
      gsize length;
    } text; /* STRING, BYTES, BIG */
    struct {
      SsgPickleValue **items;
      guint n, capacity;
    } list; /* TUPLE, LIST; DICT and NAMESPACE: key, value, key, value ... in order, keys perhaps repeated */
    SsgPickleStorage *storage;
    SsgPickleTensor *tensor;
  };
};

typedef struct {
  const SsgPickleValue *root;
  gsize end;           /* where the pickle ends in the bytes */
  GPtrArray *storages; /* of SsgPickleStorage: every storage mentioned, repeated ones too; borrowed */
  GPtrArray *values;
  GBytes *bytes;
} SsgPickle;

/* Reads one pickle from byte start on. name is for messages. SSG_ERROR_FORMAT when it is damaged, too large, or asks for
 * anything beyond the table. */
SsgPickle *ssg_pickle_parse(GBytes *bytes, gsize start, const char *name, GError **error);
void ssg_pickle_free(SsgPickle *pickle); /* NULL is allowed */

/* The value of a string key in a DICT or NAMESPACE, the last one if repeated; NULL when there is none or value is NULL or of
 * another kind. */
const SsgPickleValue *ssg_pickle_get(const SsgPickleValue *value, const char *key);
/* A copy of a STRING; NULL when value is not one. Free with g_free. */
char *ssg_pickle_string(const SsgPickleValue *value);
/* INT and FLOAT (and BOOL as 0 or 1) as a double. FALSE when value is NULL or none of them. */
gboolean ssg_pickle_number(const SsgPickleValue *value, double *number);
/* "a tensor", "a list" ... for messages; "nothing" for NULL. */
const char *ssg_pickle_describe(const SsgPickleValue *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgPickle, ssg_pickle_free)
