#include "engine/host-tensor.h"

#include <string.h>

#include "engine/error.h"

/* Files are little-endian, and tensors are used where they lie. */
G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN);

static const char *const dtype_names[] = {
    [SSG_F32] = "f32", [SSG_F16] = "f16", [SSG_BF16] = "bf16", [SSG_I64] = "i64", [SSG_U8] = "u8"};

static float float_from_bits(guint32 bits)
{
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static float half_to_float(guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16, exponent = (half >> 10) & 0x1f, mantissa = half & 0x3ff;
  if (exponent == 0) /* zero and subnormals: the mantissa counts steps of 2^-24 */
    return (sign ? -1.0f : 1.0f) * (float) mantissa * 0x1p-24f;
  if (exponent == 31)
    return float_from_bits(sign | 0x7f800000u | mantissa << 13);
  return float_from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

gboolean ssg_shape_measure(const SsgShape *shape, SsgDtype dtype, const char *what, gsize *n_elements, gsize *n_bytes,
                           GError **error)
{
  if (shape->rank < 0 || shape->rank > SSG_MAX_RANK) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: has %d dimensions, at most %d are supported", what,
                shape->rank, SSG_MAX_RANK);
    return FALSE;
  }
  gsize elements = 1, bytes;
  gboolean fits = TRUE, empty = FALSE;
  for (int i = 0; i < shape->rank; i++) {
    if (shape->dim[i] < 0) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: dimension %d is negative (%" G_GINT64_FORMAT ")", what, i,
                  shape->dim[i]);
      return FALSE;
    }
    /* Zeros are left out of the product: [0, 2^62, 2^62] must not pass for small. */
    if (shape->dim[i] == 0)
      empty = TRUE;
    else
      fits = fits && g_size_checked_mul(&elements, elements, (gsize) shape->dim[i]);
  }
  if (!fits || !g_size_checked_mul(&bytes, elements, (gsize) ssg_dtype_size(dtype)) || bytes > (gsize) G_MAXINT64) {
    g_autofree char *text = ssg_shape_text(shape);
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: shape %s is too large", what, text);
    return FALSE;
  }
  if (n_elements)
    *n_elements = empty ? 0 : elements;
  if (n_bytes)
    *n_bytes = empty ? 0 : bytes;
  return TRUE;
}

SsgHostTensor *ssg_host_tensor_new(const char *name, SsgDtype dtype, const SsgShape *shape, GBytes *bytes,
                                   GError **error)
{
  /* What an empty tensor points at: g_bytes_get_data() may give NULL for no bytes. */
  static const gint64 nothing = 0;
  g_autofree char *what = g_strdup_printf("tensor %s", name);
  gsize n_elements, n_bytes, given;
  if (!ssg_shape_measure(shape, dtype, what, &n_elements, &n_bytes, error))
    return NULL;
  const void *data = g_bytes_get_data(bytes, &given);
  if (given != n_bytes) {
    g_autofree char *text = ssg_shape_text(shape);
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "tensor %s: %s of shape %s needs %" G_GSIZE_FORMAT " bytes, found %" G_GSIZE_FORMAT, name,
                ssg_dtype_name(dtype), text, n_bytes, given);
    return NULL;
  }
  g_autoptr(GBytes) keep = NULL;
  if (n_bytes == 0) {
    keep = g_bytes_new_static(&nothing, 0);
    data = &nothing;
  } else if ((guintptr) data % (guintptr) ssg_dtype_size(dtype) != 0) {
    void *copy = g_try_malloc(n_bytes);
    if (!copy) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "tensor %s: no memory for %" G_GSIZE_FORMAT " bytes", name,
                  n_bytes);
      return NULL;
    }
    memcpy(copy, data, n_bytes);
    keep = g_bytes_new_take(copy, n_bytes);
    data = copy;
  } else {
    keep = g_bytes_ref(bytes);
  }
  SsgHostTensor *tensor = g_new0(SsgHostTensor, 1);
  tensor->name = g_strdup(name);
  tensor->dtype = dtype;
  tensor->shape = *shape;
  tensor->n_elements = n_elements;
  tensor->n_bytes = n_bytes;
  tensor->data = data;
  tensor->bytes = g_steal_pointer(&keep);
  g_atomic_ref_count_init(&tensor->references);
  return tensor;
}

SsgHostTensor *ssg_host_tensor_new_copy(const char *name, SsgDtype dtype, const SsgShape *shape, const void *data)
{
  g_autoptr(GError) error = NULL;
  gsize n_bytes = 0;
  if (!ssg_shape_measure(shape, dtype, name, NULL, &n_bytes, &error))
    g_error("%s", error->message); /* the caller's shape, so our own bug */
  g_autoptr(GBytes) bytes = g_bytes_new(data, n_bytes);
  return ssg_host_tensor_new(name, dtype, shape, bytes, NULL);
}

SsgHostTensor *ssg_host_tensor_rename(const SsgHostTensor *tensor, const char *name)
{
  return ssg_host_tensor_new(name, tensor->dtype, &tensor->shape, tensor->bytes, NULL);
}

SsgHostTensor *ssg_host_tensor_ref(SsgHostTensor *tensor)
{
  g_atomic_ref_count_inc(&tensor->references);
  return tensor;
}

void ssg_host_tensor_unref(SsgHostTensor *tensor)
{
  if (!tensor || !g_atomic_ref_count_dec(&tensor->references))
    return;
  g_bytes_unref(tensor->bytes);
  g_free(tensor->name);
  g_free(tensor);
}

void ssg_host_tensor_read_f32(const SsgHostTensor *tensor, gsize first, gsize count, float *out)
{
  g_assert(first <= tensor->n_elements && count <= tensor->n_elements - first);
  switch (tensor->dtype) {
  case SSG_F32:
    if (count > 0)
      memcpy(out, (const float *) tensor->data + first, count * sizeof(float));
    return;
  case SSG_F16: {
    const guint16 *in = (const guint16 *) tensor->data + first;
    for (gsize i = 0; i < count; i++)
      out[i] = half_to_float(in[i]);
    return;
  }
  case SSG_BF16: {
    const guint16 *in = (const guint16 *) tensor->data + first;
    for (gsize i = 0; i < count; i++)
      out[i] = float_from_bits((guint32) in[i] << 16);
    return;
  }
  case SSG_I64: {
    const gint64 *in = (const gint64 *) tensor->data + first;
    for (gsize i = 0; i < count; i++)
      out[i] = (float) in[i];
    return;
  }
  case SSG_U8: {
    const guint8 *in = (const guint8 *) tensor->data + first;
    for (gsize i = 0; i < count; i++)
      out[i] = in[i];
    return;
  }
  }
  g_assert_not_reached();
}

const float *ssg_host_tensor_f32(const SsgHostTensor *tensor, float **to_free, GError **error)
{
  *to_free = NULL;
  if (tensor->dtype == SSG_F32)
    return tensor->data;
  float *copy = g_try_new(float, MAX(tensor->n_elements, 1));
  if (!copy) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "tensor %s: no memory for %" G_GSIZE_FORMAT " f32 values",
                tensor->name, tensor->n_elements);
    return NULL;
  }
  ssg_host_tensor_read_f32(tensor, 0, tensor->n_elements, copy);
  return *to_free = copy;
}

const char *ssg_dtype_name(SsgDtype dtype)
{
  return dtype_names[dtype];
}

char *ssg_shape_text(const SsgShape *shape)
{
  GString *text = g_string_new("[");
  for (int i = 0; i < MIN(shape->rank, SSG_MAX_RANK); i++)
    g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i ? ", " : "", shape->dim[i]);
  return g_string_free(g_string_append_c(text, ']'), FALSE);
}

gboolean ssg_shape_equal(const SsgShape *a, const SsgShape *b)
{
  return a->rank == b->rank && memcmp(a->dim, b->dim, (gsize) a->rank * sizeof a->dim[0]) == 0;
}

SsgHostTensors *ssg_host_tensors_new(void)
{
  SsgHostTensors *tensors = g_new0(SsgHostTensors, 1);
  tensors->list = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_host_tensor_unref);
  tensors->by_name = g_hash_table_new(g_str_hash, g_str_equal);
  return tensors;
}

void ssg_host_tensors_free(SsgHostTensors *tensors)
{
  if (!tensors)
    return;
  g_hash_table_unref(tensors->by_name);
  g_ptr_array_unref(tensors->list);
  g_free(tensors);
}

gboolean ssg_host_tensors_take(SsgHostTensors *tensors, SsgHostTensor *tensor, GError **error)
{
  if (g_hash_table_contains(tensors->by_name, tensor->name)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "tensor %s: the name occurs twice", tensor->name);
    ssg_host_tensor_unref(tensor);
    return FALSE;
  }
  g_hash_table_insert(tensors->by_name, tensor->name, tensor);
  g_ptr_array_add(tensors->list, tensor);
  return TRUE;
}

guint ssg_host_tensors_count(const SsgHostTensors *tensors)
{
  return tensors->list->len;
}

SsgHostTensor *ssg_host_tensors_at(const SsgHostTensors *tensors, guint i)
{
  g_assert(i < tensors->list->len);
  return tensors->list->pdata[i];
}

SsgHostTensor *ssg_host_tensors_get(const SsgHostTensors *tensors, const char *name)
{
  return g_hash_table_lookup(tensors->by_name, name);
}

SsgHostTensor *ssg_host_tensors_require(const SsgHostTensors *tensors, const char *name, const SsgShape *shape,
                                        const char *file, GError **error)
{
  SsgHostTensor *tensor = ssg_host_tensors_get(tensors, name);
  if (!tensor) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "%s: tensor %s is missing", file, name);
    return NULL;
  }
  if (shape && !ssg_shape_equal(shape, &tensor->shape)) {
    g_autofree char *expected = ssg_shape_text(shape), *found = ssg_shape_text(&tensor->shape);
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "%s: tensor %s has shape %s, expected %s", file, name, found,
                expected);
    return NULL;
  }
  return tensor;
}
