#include <string.h>

#include "engine/error.h"
#include "engine/npy.h"
#include "tests/files/files-test.h"

static gboolean read_npy(GBytes *bytes, GError **error)
{
  g_autoptr(SsgHostTensor) tensor = ssg_npy_parse(bytes, "x.npy", error);
  return tensor != NULL;
}

/* A file of the version given around a header and n zero bytes of data. */
static GBytes *file_of(int version, const char *header, const void *data, gsize n)
{
  GByteArray *file = g_byte_array_new();
  guint length = (guint) strlen(header);
  const guint8 head[12] = {0x93, 'N', 'U', 'M', 'P', 'Y', (guint8) version, 0, (guint8) length, (guint8) (length >> 8)};
  g_byte_array_append(file, head, version == 1 ? 10 : 12);
  g_byte_array_append(file, (const guint8 *) header, length);
  g_byte_array_append(file, data, (guint) n);
  return g_byte_array_free_to_bytes(file);
}

/* What numpy.save() writes, by its documentation. */
static void test_read(void)
{
  const float f4[6] = {1, -2, 3.5f, 0, 1e30f, 6};
  const double f8[2] = {0.1, -1e300};
  const gint64 i8[2] = {-7, 1000000007};
  const struct {
    int version;
    const char *header;
    const void *data;
    gsize n;
    SsgDtype dtype;
    SsgShape shape;
  } good[] = {
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", f4, 24, SSG_F32, {2, {2, 3}}},
      {2, "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }    \n", f4, 24, SSG_F32, {1, {6}}},
      {3, "{\"shape\":(1,2,3),\"fortran_order\":False,\"descr\":\"<f4\"}", f4, 24, SSG_F32, {3, {1, 2, 3}}},
      {1, "{'descr': '<f4', 'fortran_order': True, 'shape': (6,), }\n", f4, 24, SSG_F32, {1, {6}}},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", f4, 4, SSG_F32, {0}},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 512), }\n", f4, 0, SSG_F32, {2, {0, 512}}},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (6L,), }\n", f4, 24, SSG_F32, {1, {6}}},
      {1, "{'descr': '<f2', 'fortran_order': False, 'shape': (12,), }\n", f4, 24, SSG_F16, {1, {12}}},
      {1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n", i8, 16, SSG_I64, {1, {2}}},
      {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }\n", i8, 4, SSG_U8, {2, {2, 2}}},
  };
  for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
    g_autoptr(GBytes) bytes = file_of(good[i].version, good[i].header, good[i].data, good[i].n);
    g_autoptr(GError) error = NULL;
    g_autoptr(SsgHostTensor) tensor = ssg_npy_parse(bytes, "folder/x.npy", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(tensor->name, ==, "x.npy");
    g_assert_true(tensor->dtype == good[i].dtype && ssg_shape_equal(&tensor->shape, &good[i].shape));
    g_assert_cmpmem(tensor->data, tensor->n_bytes, good[i].data, good[i].n);
  }
  g_autoptr(GBytes) bytes = file_of(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", f8, 16);
  g_autoptr(SsgHostTensor) tensor = ssg_npy_parse(bytes, "x.npy", NULL);
  g_assert_true(tensor->dtype == SSG_F32 && ((const float *) tensor->data)[0] == 0.1f);
}

static void test_write(void)
{
  g_autofree char *path = scratch_path("latents.npy");
  g_autoptr(GError) error = NULL;
  float data[12];
  for (int i = 0; i < 12; i++)
    data[i] = (float) i / 7;
  const SsgShape shapes[] = {{1, {12}}, {2, {3, 4}}, {3, {1, 3, 4}}, {0}};
  for (guint i = 0; i < G_N_ELEMENTS(shapes); i++) {
    g_assert_true(ssg_npy_save_f32(path, &shapes[i], data, &error));
    g_autoptr(SsgHostTensor) tensor = ssg_npy_load(path, &error);
    g_assert_no_error(error);
    g_assert_true(ssg_shape_equal(&tensor->shape, &shapes[i]));
    g_assert_cmpmem(tensor->data, tensor->n_bytes, data, tensor->n_bytes);
  }
  /* The very bytes that numpy 1.26 writes for numpy.arange(2, dtype="f4"). */
  const float two[2] = {0, 1};
  SsgShape shape = {1, {2}};
  g_assert_true(ssg_npy_save_f32(path, &shape, two, &error));
  g_autofree char *contents = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
  char expected[136];
  memset(expected, ' ', 127);
  memcpy(expected, "\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 67);
  expected[127] = '\n';
  memcpy(expected + 128, two, 8);
  g_assert_cmpmem(contents, size, expected, sizeof expected);
}

static void test_refusals(void)
{
  const struct {
    int version;
    const char *header, *part;
  } bad[] = {
      {1, "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }\n", "Fortran order"},
      {1, "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", "'>f4' is not supported"},
      {1, "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n", "'|O' is not supported"},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", "does not take 8 bytes"},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n", "does not take 8 bytes"},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n", "too large"},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }\n", "header is damaged"},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,2), }\n", "header is damaged"},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }\n", "header is damaged"},
      {1, "{'descr': '<f4', 'fortran_order': False}\n", "header is damaged"},
      {1, "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\n", "header is damaged"},
      {1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}\n", "header is damaged"},
      {1, "__import__('os').system('true')\n", "header is damaged"},
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} or 1", "header is damaged"},
      {9, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\n", "unknown version"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GBytes) bytes = file_of(bad[i].version, bad[i].header, "12345678", 8);
    check_refused(bytes, read_npy, bad[i].part);
    check_refused(bytes, read_npy, "x.npy");
  }
  g_autoptr(GBytes) text = g_bytes_new_static("0123456789ab", 12);
  check_refused(text, read_npy, "not a NumPy");
  g_autoptr(GBytes) good =
      file_of(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", "12345678", 8);
  check_truncations(good, g_bytes_get_size(good), read_npy);
  g_assert_cmpint(check_bit_flips(good, 0, g_bytes_get_size(good) - 8, 2000, read_npy), >, 1500);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/npy/read", test_read);
  g_test_add_func("/npy/write", test_write);
  g_test_add_func("/npy/refusals", test_refusals);
  int status = g_test_run();
  files_test_finish();
  return status;
}
