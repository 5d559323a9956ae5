#include <string.h>

#include "engine/error.h"
#include "engine/safetensors.h"
#include "tests/files/files-test.h"

static gboolean read_file(GBytes *bytes, GError **error)
{
  g_autoptr(SsgSafetensors) file = ssg_safetensors_parse(bytes, "x.safetensors", error);
  return file != NULL;
}

/* A file of header text and n_data zero bytes. */
static GBytes *file_of(const char *header, gsize header_length, gsize n_data)
{
  GByteArray *array = g_byte_array_new();
  guint64 length = header_length;
  g_autofree guint8 *zeros = g_malloc0(n_data + 1);
  g_byte_array_append(array, (const guint8 *) &length, 8);
  g_byte_array_append(array, (const guint8 *) header, (guint) header_length);
  g_byte_array_append(array, zeros, (guint) n_data);
  return g_byte_array_free_to_bytes(array);
}

static void test_golden(void)
{
  g_autofree char *path = golden_path("tiny-inference.safetensors");
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, &error);
  g_assert_no_error(error);
  SsgShape shape = {4, {3, 3, 64, 64}};
  const SsgHostTensor *rgb = ssg_host_tensors_require(file->tensors, "plain.rgb", &shape, path, &error);
  g_assert_no_error(error);
  g_assert_cmpint(rgb->dtype, ==, SSG_F32);
  g_assert_nonnull(strstr(ssg_safetensors_metadata(file, "config"), "\"seg_dim\": 5"));
  g_assert_null(ssg_safetensors_metadata(file, "absent"));
  /* w_mean is the mean of the mapping of z_mean; here only its bytes: the file's own, read without this code. */
  g_autoptr(GBytes) raw = golden_bytes("tiny-inference.safetensors");
  const char *data = g_bytes_get_data(raw, NULL);
  guint64 header;
  memcpy(&header, data, 8);
  g_autofree char *text = g_strndup(data + 8, header);
  const char *at = strstr(strstr(text, "\"w_mean\""), "data_offsets\":[");
  guint64 begin = g_ascii_strtoull(at + strlen("data_offsets\":["), NULL, 10);
  const SsgHostTensor *mean = ssg_host_tensors_get(file->tensors, "w_mean");
  g_assert_cmpmem(mean->data, mean->n_bytes, data + 8 + header + begin, 32 * 4);
}

static void test_round_trip(void)
{
  g_autofree char *path = scratch_path("round.safetensors"), *again = scratch_path("again.safetensors");
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
  g_autoptr(GHashTable) metadata = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(metadata, "tricky", "quote \" backslash \\ newline \n tab \t bell \a \xc3\xa9 \xf0\x9f\x98\x80");
  g_hash_table_insert(metadata, "a", "");
  const SsgDtype dtypes[] = {SSG_U8, SSG_F16, SSG_F32, SSG_BF16, SSG_I64};
  guint8 bytes[120];
  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (i * 37 + 5);
  for (guint i = 0; i < G_N_ELEMENTS(dtypes); i++) {
    g_autofree char *name = g_strdup_printf("t\"%u", i);
    SsgShape shape = {3, {3, 1, 5}};
    ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy(name, dtypes[i], &shape, bytes), NULL);
  }
  SsgShape scalar = {0}, empty = {2, {0, 7}};
  ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy("scalar", SSG_F32, &scalar, bytes), NULL);
  ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy("empty", SSG_F32, &empty, bytes), NULL);
  g_assert_true(ssg_safetensors_save(path, tensors, metadata, &error));
  g_assert_no_error(error);
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(ssg_host_tensors_count(file->tensors), ==, ssg_host_tensors_count(tensors));
  g_assert_cmpstr(ssg_safetensors_metadata(file, "tricky"), ==, g_hash_table_lookup(metadata, "tricky"));
  for (guint i = 0; i < ssg_host_tensors_count(tensors); i++) {
    const SsgHostTensor *a = ssg_host_tensors_at(tensors, i);
    const SsgHostTensor *b = ssg_host_tensors_get(file->tensors, a->name);
    g_assert_true(b && a->dtype == b->dtype && ssg_shape_equal(&a->shape, &b->shape));
    g_assert_cmpmem(a->data, a->n_bytes, b->data, b->n_bytes);
    /* Larger elements come first, so every tensor is used where it is mapped. */
    g_assert_true(b->n_bytes == 0 || b->data == g_bytes_get_data(b->bytes, NULL));
  }
  /* The same contents give the same file. */
  g_assert_true(ssg_safetensors_save(again, tensors, metadata, &error));
  g_autofree char *one = NULL, *two = NULL;
  gsize one_size, two_size;
  g_assert_true(g_file_get_contents(path, &one, &one_size, NULL) && g_file_get_contents(again, &two, &two_size, NULL));
  g_assert_cmpmem(one, one_size, two, two_size);
}

static void test_streaming(void)
{
  g_autofree char *path = scratch_path("stream.safetensors");
  g_autoptr(GError) error = NULL;
  SsgShape shape = {1, {4}};
  SsgSafetensorsWriter *writer = ssg_safetensors_writer_open(path, &error);
  int a = ssg_safetensors_writer_declare(writer, "a", SSG_U8, &shape, &error);
  int b = ssg_safetensors_writer_declare(writer, "b", SSG_F32, &shape, &error);
  g_assert_cmpint(ssg_safetensors_writer_declare(writer, "a", SSG_U8, &shape, &error), ==, -1);
  check_error(&error, "tensor a");
  const float values[4] = {1, 2, 3, 4};
  g_assert_true(ssg_safetensors_writer_write(writer, b, values, 8, &error));
  g_assert_true(ssg_safetensors_writer_write(writer, a, "wxyz", 4, &error));
  g_assert_false(ssg_safetensors_writer_commit(writer, &error));
  check_error(&error, "tensor b: only 8 of its 16 bytes");
  g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
  g_assert_true(ssg_safetensors_writer_write(writer, b, values + 2, 8, &error));
  g_assert_false(ssg_safetensors_writer_write(writer, b, values, 1, &error));
  check_error(&error, "tensor b: more than its 16 bytes");
  g_assert_true(ssg_safetensors_writer_commit(writer, &error));
  ssg_safetensors_writer_free(writer);
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, &error);
  g_assert_no_error(error);
  g_assert_cmpmem(ssg_host_tensors_get(file->tensors, "b")->data, 16, values, 16);
  g_assert_cmpmem(ssg_host_tensors_get(file->tensors, "a")->data, 4, "wxyz", 4);
}

static void test_damage(void)
{
  g_autofree char *path = scratch_path("damage.safetensors");
  g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
  g_autoptr(GHashTable) metadata = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(metadata, "key", "value");
  SsgShape shape = {2, {5, 3}};
  float values[15] = {0};
  for (int i = 0; i < 4; i++) {
    g_autofree char *name = g_strdup_printf("tensor.%d", i);
    ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy(name, SSG_F32, &shape, values), NULL);
  }
  g_assert_true(ssg_safetensors_save(path, tensors, metadata, NULL));
  char *contents;
  gsize size;
  g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
  g_autoptr(GBytes) bytes = g_bytes_new_take(contents, size);
  check_truncations(bytes, size, read_file);
  int refused = check_bit_flips(bytes, 0, size - 4 * sizeof values, 2000, read_file);
  g_assert_cmpint(refused, >, 1000); /* flips inside names and strings are no damage one could see */
  g_autoptr(GBytes) golden = golden_bytes("tiny-training.safetensors");
  check_truncations(golden, g_bytes_get_size(golden), read_file);
}

static void test_hostile(void)
{
#define T(dtype, shape, offsets) "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
  const struct {
    const char *header, *part;
  } bad[] = {
      {"{\"a\":" T("F32", "[1]", "[0,4]") ",\"a\":" T("F32", "[1]", "[4,8]") "}", "tensor a: the name occurs twice"},
      {"{\"a\":" T("F32", "[2]", "[0,4]") ",\"b\":" T("F32", "[1]", "[4,8]") "}", "tensor a: f32 of shape [2] needs 8"},
      {"{\"a\":" T("F32", "[1]", "[0,4]") ",\"b\":" T("F32", "[2]", "[0,8]") "}", "tensor b: begins at byte 0"},
      {"{\"a\":" T("F32", "[1]", "[4,8]") "}", "after a gap"},
      {"{\"a\":" T("F32", "[1]", "[0,4]") "}", "4 bytes follow the last tensor"},
      {"{\"a\":" T("F32", "[3]", "[0,12]") "}", "ends at byte 12"},
      {"{\"a\":" T("F32", "[1]", "[4,0]") "}", "end before they begin"},
      {"{\"a\":" T("F32", "[-1]", "[0,4]") "}", "non-negative"},
      {"{\"a\":" T("F32", "[1.5]", "[0,4]") "}", "whole number"},
      {"{\"a\":" T("F32", "[4611686018427387904,4]", "[0,8]") "}", "too large"},
      {"{\"a\":" T("F32", "[99999999999999999999]", "[0,8]") "}", "too large"},
      {"{\"a\":" T("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", "too many dimensions"},
      {"{\"a\":" T("F32", "[1]", "[0,18446744073709551615]") "}", "too large"},
      {"{\"a\":" T("F64", "[1]", "[0,8]") "}", "tensor a: dtype F64 is not supported"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "lacks"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2]}}", "occurs twice"},
      {"{\"a\":{\"dtype\":\"F32\",\"evil\":[2]}}", "unknown key"},
      {"{\"__metadata__\":{\"k\":1}}", "expected '\"'"},
      {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", "occurs twice"},
      {"{\"a\\u0000b\":1}", "bad escape"},
      {"{\"a\\ud800\":1}", "bad escape"},
      {"{\"a\xff\":1}", "not valid UTF-8"},
      {"{} x", "something follows"},
      {"[]", "expected '{'"},
      {"", "expected '{'"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GBytes) bytes = file_of(bad[i].header, strlen(bad[i].header), 8);
    check_refused(bytes, read_file, bad[i].part);
  }
  /* Nesting far deeper than a stack. */
  g_autofree char *deep = g_strnfill(4 << 20, '[');
  g_autoptr(GBytes) nested = file_of(deep, 4 << 20, 0);
  check_refused(nested, read_file, "expected '{'");
  /* Header lengths beyond file and reason. */
  const guint64 lengths[] = {9, SSG_SAFETENSORS_MAX_HEADER + 1ull, G_MAXINT64, G_MAXUINT64};
  for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
    guint64 file[2] = {lengths[i], 0};
    g_autoptr(GBytes) bytes = g_bytes_new(file, sizeof file);
    check_refused(bytes, read_file, "not a safetensors file");
  }
}

static void test_files(void)
{
  g_autoptr(GError) error = NULL;
  g_assert_null(ssg_safetensors_open("/nowhere/x.safetensors", &error));
  g_assert_true(g_error_matches(error, SSG_ERROR, SSG_ERROR_FILE));
  check_error(&error, "/nowhere/x.safetensors: cannot be opened");
  g_assert_null(ssg_safetensors_open("/", &error));
  check_error(&error, "not an ordinary file");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/safetensors/golden", test_golden);
  g_test_add_func("/safetensors/round-trip", test_round_trip);
  g_test_add_func("/safetensors/streaming", test_streaming);
  g_test_add_func("/safetensors/damage", test_damage);
  g_test_add_func("/safetensors/hostile", test_hostile);
  g_test_add_func("/safetensors/files", test_files);
  int status = g_test_run();
  files_test_finish();
  return status;
}
