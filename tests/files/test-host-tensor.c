#include <math.h>

#include "engine/error.h"
#include "engine/host-tensor.h"
#include "tests/files/files-test.h"

static SsgHostTensor *tensor_of(SsgDtype dtype, gint64 n, const void *data)
{
  SsgShape shape = {1, {n}};
  return ssg_host_tensor_new_copy("t", dtype, &shape, data);
}

static void test_half(void)
{
  /* Every half value against the definition, computed with ldexp. */
  for (guint bits = 0; bits < 65536; bits++) {
    guint16 half = (guint16) bits;
    g_autoptr(SsgHostTensor) tensor = tensor_of(SSG_F16, 1, &half);
    int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
    double expected = exponent == 0    ? ldexp(mantissa, -24)
                      : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                       : ldexp(1024 + mantissa, exponent - 25);
    float found;
    ssg_host_tensor_read_f32(tensor, 0, 1, &found);
    if (isnan(expected))
      g_assert_true(isnan(found));
    else
      g_assert_true(found == (bits & 0x8000 ? -expected : expected) && !signbit(found) == !(bits & 0x8000));
  }
}

static void test_other_dtypes(void)
{
  const guint16 bf16[] = {0x3f80, 0xc040, 0x0001, 0x7f80};
  const gint64 i64[] = {-3, 16777217, G_MAXINT64};
  const guint8 u8[] = {0, 7, 255};
  float found[4];
  g_autoptr(SsgHostTensor) b = tensor_of(SSG_BF16, 4, bf16);
  ssg_host_tensor_read_f32(b, 0, 4, found);
  g_assert_true(found[0] == 1.0f && found[1] == -3.0f && found[2] == 0x1p-133f && isinf(found[3]));
  g_autoptr(SsgHostTensor) i = tensor_of(SSG_I64, 3, i64);
  ssg_host_tensor_read_f32(i, 0, 3, found);
  g_assert_true(found[0] == -3.0f && found[1] == 16777216.0f && found[2] == 0x1p63f);
  g_autoptr(SsgHostTensor) u = tensor_of(SSG_U8, 3, u8);
  ssg_host_tensor_read_f32(u, 1, 2, found);
  g_assert_true(found[0] == 7.0f && found[1] == 255.0f);
  float *to_free = NULL;
  const float *all = ssg_host_tensor_f32(u, &to_free, NULL);
  g_assert_true(all == to_free && all[2] == 255.0f);
  g_free(to_free);
}

static void test_alignment_and_sharing(void)
{
  guint8 block[17] = {0};
  const float values[3] = {1.5f, -2.0f, 3.25f};
  memcpy(block + 1, values, sizeof values);
  g_autoptr(GBytes) all = g_bytes_new(block, sizeof block);
  SsgShape shape = {1, {3}};
  for (gsize offset = 0; offset <= 1; offset++) {
    g_autoptr(GBytes) slice = g_bytes_new_from_bytes(all, offset, 12);
    g_autoptr(SsgHostTensor) tensor = ssg_host_tensor_new("t", SSG_F32, &shape, slice, NULL);
    g_assert_cmpuint((guintptr) tensor->data % 4, ==, 0);
    /* Aligned bytes are used where they lie. */
    g_assert_true((tensor->data == g_bytes_get_data(slice, NULL)) == (offset == 0));
    if (offset == 1) {
      float *to_free;
      const float *found = ssg_host_tensor_f32(tensor, &to_free, NULL);
      g_assert_null(to_free);
      g_assert_cmpmem(found, 12, values, 12);
      g_autoptr(SsgHostTensor) renamed = ssg_host_tensor_rename(tensor, "other");
      g_assert_true(renamed->data == tensor->data);
      g_assert_cmpstr(renamed->name, ==, "other");
    }
  }
}

static void test_bad_shapes(void)
{
  g_autoptr(GBytes) bytes = g_bytes_new("12345678", 8);
  const struct {
    SsgShape shape;
    const char *part;
  } bad[] = {{{1, {3}}, "needs 12 bytes, found 8"},
             {{1, {-2}}, "negative"},
             {{SSG_MAX_RANK + 1, {1}}, "dimensions"},
             {{-1, {1}}, "dimensions"},
             {{2, {G_MAXINT64, 4}}, "too large"},
             {{3, {0, G_MAXINT64, G_MAXINT64}}, "too large"},
             {{3, {1 << 30, 1 << 30, 16}}, "too large"}};
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(ssg_host_tensor_new("some.tensor", SSG_F32, &bad[i].shape, bytes, &error));
    g_assert_true(error->domain == SSG_ERROR && error->code == SSG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, "some.tensor"));
    check_error(&error, bad[i].part);
  }
  /* Scalars and empty tensors are shapes like any other. */
  g_autoptr(GBytes) four = g_bytes_new("1234", 4), none = g_bytes_new(NULL, 0);
  SsgShape scalar = {0}, empty = {3, {4, 0, 5}};
  g_autoptr(SsgHostTensor) one = ssg_host_tensor_new("s", SSG_F32, &scalar, four, NULL);
  g_autoptr(SsgHostTensor) zero = ssg_host_tensor_new("e", SSG_F32, &empty, none, NULL);
  g_assert_cmpuint(one->n_elements, ==, 1);
  g_assert_true(zero->n_elements == 0 && zero->data != NULL);
}

static void test_dictionary(void)
{
  g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
  g_autoptr(GError) error = NULL;
  SsgShape shape = {2, {1, 2}}, other = {2, {2, 1}};
  const float values[2] = {1, 2};
  g_assert_true(ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy("b", SSG_F32, &shape, values), &error));
  g_assert_true(ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy("a", SSG_F32, &shape, values), &error));
  g_assert_false(ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy("b", SSG_F32, &shape, values), &error));
  check_error(&error, "tensor b: the name occurs twice");
  g_assert_cmpuint(ssg_host_tensors_count(tensors), ==, 2);
  g_assert_cmpstr(ssg_host_tensors_at(tensors, 0)->name, ==, "b");
  g_assert_nonnull(ssg_host_tensors_require(tensors, "a", &shape, "f", &error));
  g_assert_null(ssg_host_tensors_require(tensors, "c", NULL, "m.pt", &error));
  check_error(&error, "m.pt: tensor c is missing");
  g_assert_null(ssg_host_tensors_require(tensors, "a", &other, "m.pt", &error));
  check_error(&error, "tensor a has shape [1, 2], expected [2, 1]");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/host-tensor/half", test_half);
  g_test_add_func("/host-tensor/other-dtypes", test_other_dtypes);
  g_test_add_func("/host-tensor/alignment", test_alignment_and_sharing);
  g_test_add_func("/host-tensor/bad-shapes", test_bad_shapes);
  g_test_add_func("/host-tensor/dictionary", test_dictionary);
  return g_test_run();
}
