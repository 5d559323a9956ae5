/* A tensor in host memory, as files hold it: a name, a dtype, a shape and the bytes. Immutable and reference counted
 * (atomically: any thread may hold one). Dense, row-major, little-endian; whatever axis order the file has (public
 * checkpoints are [out, in, kh, kw]; the engine's own arrays are channels last, the importer converts).
 */
#pragma once

#include <glib.h>

#include "kernels/op.h"

typedef struct {
  char *name;       /* UTF-8, never NULL */
  SsgDtype dtype;   /* of the stored bytes */
  SsgShape shape;   /* rank 0 (a scalar) .. SSG_MAX_RANK; dimensions >= 0 */
  gsize n_elements; /* product of the dimensions */
  gsize n_bytes;    /* n_elements * element size */
  const void *data; /* n_bytes, aligned to the element size; valid as long as the tensor. Never NULL, even when empty.
                     * May lie in a mapped file: if another program truncates that file, reading raises SIGBUS. */
  GBytes *bytes;    /* what keeps data alive */
  gatomicrefcount references;
} SsgHostTensor;

/* The element count and byte count of a shape and dtype from a file. FALSE with SSG_ERROR_FORMAT when the rank is not in
 * 0..SSG_MAX_RANK, a dimension is negative, or a product does not fit in 63 bits. `what` begins the message
 * ("model.safetensors: tensor a.weight"). Either output may be NULL. */
gboolean ssg_shape_measure(const SsgShape *shape, SsgDtype dtype, const char *what, gsize *n_elements, gsize *n_bytes,
                           GError **error);

/* A tensor over `bytes`, whose size must be exactly that of shape and dtype (SSG_ERROR_FORMAT otherwise). A reference to
 * bytes is taken; bytes that are not aligned to the element size are copied. */
SsgHostTensor *ssg_host_tensor_new(const char *name, SsgDtype dtype, const SsgShape *shape, GBytes *bytes,
                                   GError **error);
/* A tensor with a copy of data (n_elements elements of dtype). shape must be valid; aborts when memory runs out. */
SsgHostTensor *ssg_host_tensor_new_copy(const char *name, SsgDtype dtype, const SsgShape *shape, const void *data);
/* The same bytes under another name. */
SsgHostTensor *ssg_host_tensor_rename(const SsgHostTensor *tensor, const char *name);
SsgHostTensor *ssg_host_tensor_ref(SsgHostTensor *tensor);
void ssg_host_tensor_unref(SsgHostTensor *tensor); /* NULL is allowed */

/* Writes elements [first, first + count) as f32 into out. f16 and bf16 convert exactly (subnormals, infinities and NaN
 * included); i64 is rounded to the nearest f32; u8 k becomes k.0. The range must lie within the tensor. */
void ssg_host_tensor_read_f32(const SsgHostTensor *tensor, gsize first, gsize count, float *out);
/* All elements as f32: tensor->data itself when it is f32, otherwise a converted copy, which *to_free receives (g_free;
 * NULL when nothing was copied). NULL with SSG_ERROR_MEMORY when the copy cannot be allocated. */
const float *ssg_host_tensor_f32(const SsgHostTensor *tensor, float **to_free, GError **error);

/* "f32", "f16", "bf16", "i64", "u8". */
const char *ssg_dtype_name(SsgDtype dtype);
/* "[3, 64, 64]" for messages; "[]" for a scalar. Free with g_free. */
char *ssg_shape_text(const SsgShape *shape);
gboolean ssg_shape_equal(const SsgShape *a, const SsgShape *b);

/* Tensors by name, in the order they were added. Not thread safe while being filled. */
typedef struct {
  GPtrArray *list;     /* of SsgHostTensor, owned */
  GHashTable *by_name; /* name -> SsgHostTensor, borrowed from list */
} SsgHostTensors;

SsgHostTensors *ssg_host_tensors_new(void);
void ssg_host_tensors_free(SsgHostTensors *tensors); /* NULL is allowed */
/* Takes the reference in any case. FALSE with SSG_ERROR_FORMAT when the name is there already. */
gboolean ssg_host_tensors_take(SsgHostTensors *tensors, SsgHostTensor *tensor, GError **error);
guint ssg_host_tensors_count(const SsgHostTensors *tensors);
/* Borrowed; i < count. */
SsgHostTensor *ssg_host_tensors_at(const SsgHostTensors *tensors, guint i);
/* Borrowed; NULL when there is none. */
SsgHostTensor *ssg_host_tensors_get(const SsgHostTensors *tensors, const char *name);
/* As get, but sets SSG_ERROR_SHAPE naming `file` and the tensor when it is missing, or when shape is not NULL and
 * differs. */
SsgHostTensor *ssg_host_tensors_require(const SsgHostTensors *tensors, const char *name, const SsgShape *shape,
                                        const char *file, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgHostTensor, ssg_host_tensor_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgHostTensors, ssg_host_tensors_free)
