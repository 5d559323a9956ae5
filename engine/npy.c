#include "engine/npy.h"

#include <string.h>

#include "engine/atomic-file.h"
#include "engine/error.h"
#include "engine/map-file.h"

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

typedef struct {
  const char *at, *end;
  char descr[32];
  gboolean fortran, has_descr, has_order, has_shape;
  SsgShape shape;
} Header;

static void skip_space(Header *h)
{
  while (h->at < h->end && (*h->at == ' ' || *h->at == '\t' || *h->at == '\n' || *h->at == '\r'))
    h->at++;
}

static gboolean take(Header *h, char c)
{
  skip_space(h);
  if (h->at >= h->end || *h->at != c)
    return FALSE;
  h->at++;
  return TRUE;
}

/* A Python string without escapes, shorter than size. */
static gboolean take_string(Header *h, char *text, gsize size)
{
  skip_space(h);
  if (h->at >= h->end || (*h->at != '\'' && *h->at != '"'))
    return FALSE;
  char quote = *h->at++;
  gsize n = 0;
  while (h->at < h->end && *h->at != quote) {
    if (n + 1 >= size || *h->at == '\\' || *h->at == '\0')
      return FALSE;
    text[n++] = *h->at++;
  }
  text[n] = '\0';
  return h->at++ < h->end;
}

static gboolean take_word(Header *h, const char *word)
{
  gsize n = strlen(word);
  skip_space(h);
  if ((gsize) (h->end - h->at) < n || memcmp(h->at, word, n) != 0)
    return FALSE;
  h->at += n;
  return TRUE;
}

static gboolean take_dimension(Header *h, gint64 *value)
{
  guint64 number = 0;
  skip_space(h);
  const char *first = h->at;
  for (; h->at < h->end && g_ascii_isdigit(*h->at); h->at++) {
    if (!g_uint64_checked_mul(&number, number, 10) ||
        !g_uint64_checked_add(&number, number, (guint64) (*h->at - '0')) || number > G_MAXINT64)
      return FALSE;
  }
  if (h->at < h->end && *h->at == 'L') /* Python 2's long */
    h->at++;
  *value = (gint64) number;
  return h->at > first;
}

/* (), (3,), (3, 4) ... */
static gboolean take_shape(Header *h)
{
  h->shape.rank = 0;
  if (!take(h, '('))
    return FALSE;
  while (!take(h, ')')) {
    if (h->shape.rank == SSG_MAX_RANK || !take_dimension(h, &h->shape.dim[h->shape.rank++]))
      return FALSE;
    if (!take(h, ','))
      return take(h, ')');
  }
  return TRUE;
}

static gboolean take_item(Header *h)
{
  char key[32];
  if (!take_string(h, key, sizeof key) || !take(h, ':'))
    return FALSE;
  if (strcmp(key, "descr") == 0 && !h->has_descr) {
    h->has_descr = TRUE;
    return take_string(h, h->descr, sizeof h->descr);
  }
  if (strcmp(key, "fortran_order") == 0 && !h->has_order) {
    h->has_order = TRUE;
    h->fortran = take_word(h, "True");
    return h->fortran || take_word(h, "False");
  }
  if (strcmp(key, "shape") == 0 && !h->has_shape) {
    h->has_shape = TRUE;
    return take_shape(h);
  }
  return FALSE;
}

/* {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } and spaces. */
static gboolean take_header(Header *h)
{
  if (!take(h, '{'))
    return FALSE;
  while (!take(h, '}')) {
    if (!take_item(h))
      return FALSE;
    if (!take(h, ',')) {
      if (!take(h, '}'))
        return FALSE;
      break;
    }
  }
  skip_space(h);
  return h->at == h->end && h->has_descr && h->has_order && h->has_shape;
}

static SsgHostTensor *fail(GError **error, const char *name, const char *why)
{
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: %s", name, why);
  return NULL;
}

/* float64, which is not a dtype of ours. */
static GBytes *from_doubles(const guint8 *data, gsize n)
{
  float *values = g_try_new(float, MAX(n, 1));
  for (gsize i = 0; values && i < n; i++) {
    double value;
    memcpy(&value, data + 8 * i, 8);
    values[i] = (float) value;
  }
  return values ? g_bytes_new_take(values, n * sizeof(float)) : NULL;
}

/* The array whose bytes begin at start. */
static SsgHostTensor *make_tensor(GBytes *bytes, gsize start, const Header *h, const char *name, GError **error)
{
  static const struct {
    const char *descr;
    SsgDtype dtype;
    gsize size;
  } kinds[] = {{"<f4", SSG_F32, 4}, {"<f2", SSG_F16, 2}, {"<f8", SSG_F32, 8}, {"<i8", SSG_I64, 8}, {"|u1", SSG_U8, 1}};
  gsize left = g_bytes_get_size(bytes) - start, n_elements, n_bytes;
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
    if (strcmp(h->descr, kinds[i].descr) != 0)
      continue;
    if (!ssg_shape_measure(&h->shape, kinds[i].dtype, name, &n_elements, NULL, error))
      return NULL;
    if (!g_size_checked_mul(&n_bytes, n_elements, kinds[i].size) || n_bytes != left) {
      g_autofree char *shape = ssg_shape_text(&h->shape);
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                  "%s: an array of shape %s and type %s does not take %" G_GSIZE_FORMAT " bytes (is it truncated?)", name,
                  shape, h->descr, left);
      return NULL;
    }
    g_autofree char *base = g_path_get_basename(name);
    g_autoptr(GBytes) data = kinds[i].size == 8 && kinds[i].dtype == SSG_F32
                                 ? from_doubles((const guint8 *) g_bytes_get_data(bytes, NULL) + start, n_elements)
                                 : g_bytes_new_from_bytes(bytes, start, n_bytes);
    if (!data) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "%s: no memory for %" G_GSIZE_FORMAT " values", name, n_elements);
      return NULL;
    }
    return ssg_host_tensor_new(base, kinds[i].dtype, &h->shape, data, error);
  }
  g_autofree char *descr = g_utf8_make_valid(h->descr, -1);
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
              "%s: an array of type '%s' is not supported (float16, float32, float64, int64 and uint8, little-endian, are)",
              name, descr);
  return NULL;
}

SsgHostTensor *ssg_npy_parse(GBytes *bytes, const char *name, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  if (size < 10 || memcmp(data, magic, sizeof magic) != 0)
    return fail(error, name, "is not a NumPy .npy file");
  gsize head = data[6] == 1 ? 10 : 12;
  if (data[6] < 1 || data[6] > 3)
    return fail(error, name, "is of an unknown version of NumPy's format");
  gsize length = data[8] | (gsize) data[9] << 8;
  if (head == 12 && size >= 12)
    length |= (gsize) data[10] << 16 | (gsize) data[11] << 24;
  if (size < head || length > size - head)
    return fail(error, name, "is truncated in its header");
  Header h = {.at = (const char *) data + head, .end = (const char *) data + head + length};
  if (!take_header(&h))
    return fail(error, name, "its header is damaged, or describes something other than one plain array");
  if (h.fortran && h.shape.rank > 1)
    return fail(error, name, "is in Fortran order; save it with numpy.ascontiguousarray() first");
  return make_tensor(bytes, head + length, &h, name, error);
}

SsgHostTensor *ssg_npy_load(const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = ssg_map_file(path, error);
  return bytes ? ssg_npy_parse(bytes, path, error) : NULL;
}

gboolean ssg_npy_save_f32(const char *path, const SsgShape *shape, const float *data, GError **error)
{
  gsize n_bytes;
  if (!ssg_shape_measure(shape, SSG_F32, path, NULL, &n_bytes, error))
    return FALSE;
  GString *text = g_string_new("{'descr': '<f4', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < shape->rank; i++)
    g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i ? ", " : "", shape->dim[i]);
  g_string_append(text, shape->rank == 1 ? ",), }" : "), }");
  while ((10 + text->len + 1) % 64 != 0) /* the data begin at a multiple of 64 */
    g_string_append_c(text, ' ');
  g_string_append_c(text, '\n');
  const guint8 length[2] = {(guint8) text->len, (guint8) (text->len >> 8)};
  g_autoptr(SsgAtomicFile) file = ssg_atomic_file_open(path, error);
  gboolean good = file && ssg_atomic_file_write(file, magic, sizeof magic, error) &&
                  ssg_atomic_file_write(file, "\1\0", 2, error) && ssg_atomic_file_write(file, length, 2, error) &&
                  ssg_atomic_file_write(file, text->str, text->len, error) &&
                  ssg_atomic_file_write(file, data, n_bytes, error) && ssg_atomic_file_commit(file, error);
  g_string_free(text, TRUE);
  return good;
}
