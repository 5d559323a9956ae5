#include <string.h>

#include "engine/crc32.h"
#include "engine/error.h"
#include "engine/zip-archive.h"
#include "tests/files/files-test.h"

static gboolean read_zip(GBytes *bytes, GError **error)
{
  g_autoptr(SsgZip) zip = ssg_zip_open(bytes, "x.zip", error);
  for (guint i = 0; zip && i < ssg_zip_count(zip); i++) {
    g_autoptr(GBytes) entry = ssg_zip_read(zip, ssg_zip_name(zip, i), error);
    if (!entry)
      return FALSE;
  }
  return zip != NULL;
}

static void test_crc(void)
{
  /* The check value of the polynomial's catalogue entry, and the same in pieces. */
  g_assert_cmphex(ssg_crc32(0, "123456789", 9), ==, 0xcbf43926);
  g_assert_cmphex(ssg_crc32(ssg_crc32(0, "12345", 5), "6789", 4), ==, 0xcbf43926);
  g_assert_cmphex(ssg_crc32(0, NULL, 0), ==, 0);
  /* The eight-byte step against one bit at a time. */
  guint8 data[61];
  guint32 crc = 0xffffffff;
  for (guint i = 0; i < sizeof data; i++) {
    data[i] = (guint8) (i * 41 + 3);
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  g_assert_cmphex(ssg_crc32(0, data, sizeof data), ==, ~crc);
}

static GBytes *write_zip(guint32 limit)
{
  g_autofree char *path = scratch_path("a.zip");
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgZipWriter) writer = ssg_zip_writer_open(path, limit, &error);
  g_assert_true(ssg_zip_writer_add(writer, "a/one", "hello", 5, &error));
  g_assert_true(ssg_zip_writer_add(writer, "a/none", NULL, 0, &error));
  g_assert_true(ssg_zip_writer_add(writer, "a/two", "0123456789", 10, &error));
  g_assert_true(ssg_zip_writer_commit(writer, &error));
  char *contents;
  gsize size;
  g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
  return g_bytes_new_take(contents, size);
}

static void check_contents(GBytes *bytes)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgZip) zip = ssg_zip_open(bytes, "a.zip", &error);
  g_assert_no_error(error);
  g_assert_cmpuint(ssg_zip_count(zip), ==, 3);
  g_assert_cmpstr(ssg_zip_name(zip, 2), ==, "a/two");
  g_autoptr(GBytes) one = ssg_zip_read(zip, "a/one", &error), none = ssg_zip_read(zip, "a/none", &error);
  g_autoptr(GBytes) two = ssg_zip_read(zip, "a/two", &error);
  g_assert_cmpmem(g_bytes_get_data(one, NULL), g_bytes_get_size(one), "hello", 5);
  g_assert_cmpuint(g_bytes_get_size(none), ==, 0);
  g_assert_cmpmem(g_bytes_get_data(two, NULL), g_bytes_get_size(two), "0123456789", 10);
  /* Data lie at multiples of 64 bytes. */
  const guint8 *base = g_bytes_get_data(bytes, NULL);
  g_assert_cmpint(((const guint8 *) g_bytes_get_data(two, NULL) - base) % 64, ==, 0);
  g_assert_null(ssg_zip_read(zip, "a/three", &error));
  check_error(&error, "a/three in the zip archive is missing");
}

static void test_round_trip(void)
{
  /* With a low limit the same archive is written as zip64: all of it, or from the second entry on. */
  const guint32 limits[] = {0, 1, 100};
  for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
    g_autoptr(GBytes) bytes = write_zip(limits[i]);
    gboolean has_64 = memmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "PK\6\6", 4) != NULL;
    g_assert_true(has_64 == (limits[i] != 0));
    check_contents(bytes);
    check_truncations(bytes, g_bytes_get_size(bytes), read_zip);
    g_assert_cmpint(check_bit_flips(bytes, 0, g_bytes_get_size(bytes), 2000, read_zip), >, 600);
  }
}

/* An archive as PyTorch 1.13 wrote it. */
static void test_golden(void)
{
  g_autoptr(GBytes) bytes = golden_bytes("tiny.pt");
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgZip) zip = ssg_zip_open(bytes, "tiny.pt", &error);
  g_assert_no_error(error);
  g_assert_cmpuint(ssg_zip_count(zip), ==, 1696);
  g_assert_cmpstr(ssg_zip_name(zip, 0), ==, "tiny/data.pkl");
  g_autoptr(GBytes) version = ssg_zip_read(zip, "tiny/version", &error);
  g_assert_cmpmem(g_bytes_get_data(version, NULL), g_bytes_get_size(version), "3\n", 2);
  g_assert_true(read_zip(bytes, &error)); /* every checksum is right */
}

/* Overwrites n bytes `before` the first place of a pattern plus offset. */
static GBytes *patched(GBytes *bytes, const char *pattern, gsize offset, guint64 value, gsize n)
{
  gsize size;
  const void *data = g_bytes_get_data(bytes, &size);
  guint8 *copy = g_memdup2(data, size);
  guint8 *at = memmem(copy, size, pattern, 4);
  g_assert_nonnull(at);
  memcpy(at + offset, &value, n);
  return g_bytes_new_take(copy, size);
}

static void test_hostile(void)
{
  static const struct {
    guint32 limit;
    const char *pattern;
    gsize offset;
    guint64 value;
    gsize n;
    const char *part;
  } bad[] = {
      {0, "PK\1\2", 10, 8, 2, "a/one in the zip archive is compressed"},
      {0, "PK\1\2", 8, 1, 2, "a/one in the zip archive is encrypted"},
      {0, "PK\1\2", 16, 0, 4, "checksum does not match"},
      {0, "PK\1\2", 24, 6, 4, "does not lie where"},
      {0, "PK\1\2", 42, 0xfffffff0, 4, "does not lie where"},
      {0, "PK\1\2", 42, 1, 4, "does not lie where"},
      {0, "PK\1\2", 28, 0xffff, 2, "runs over the end of its directory"},
      {0, "PK\1\2", 46, 0xff, 1, "not valid UTF-8"},
      {0, "PK\3\4", 28, 0xffff, 2, "has another name"},
      {0, "PK\3\4", 30, 'b', 1, "has another name"},
      {0, "PK\5\6", 10, 2, 2, "holds more than its entries"},
      {0, "PK\5\6", 10, 0xfffe, 2, "too small for its entries"},
      {0, "PK\5\6", 16, 0xfffffffe, 4, "lies outside"},
      {0, "PK\5\6", 20, 7, 2, "directory is missing"},
      {1, "PK\6\6", 32, G_MAXUINT64, 8, "too small for its entries"},
      {1, "PK\6\6", 48, G_MAXUINT64, 8, "lies outside"},
      {1, "PK\6\6", 40, G_MAXUINT64, 8, "lies outside"},
      {1, "PK\6\7", 8, G_MAXUINT64 - 10, 8, "zip64 directory is missing"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GBytes) good = write_zip(bad[i].limit);
    g_autoptr(GBytes) bytes = patched(good, bad[i].pattern, bad[i].offset, bad[i].value, bad[i].n);
    check_refused(bytes, read_zip, bad[i].part);
  }
  /* Both sizes of the first entry, and no more file than that. */
  g_autoptr(GBytes) good = write_zip(0);
  g_autoptr(GBytes) one = patched(good, "PK\1\2", 20, 0x7fffffff7fffffff, 8);
  check_refused(one, read_zip, "runs over the end of the file");
  /* The second name made the first one's. */
  g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(good, NULL), g_bytes_get_size(good));
  for (gsize i = 0; i + 5 <= g_bytes_get_size(good); i++) {
    if (memcmp(copy + i, "a/two", 5) == 0)
      memcpy(copy + i, "a/one", 5);
  }
  g_autoptr(GBytes) twice = g_bytes_new(copy, g_bytes_get_size(good));
  check_refused(twice, read_zip, "a/one in the zip archive occurs twice");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/zip/crc", test_crc);
  g_test_add_func("/zip/round-trip", test_round_trip);
  g_test_add_func("/zip/golden", test_golden);
  g_test_add_func("/zip/hostile", test_hostile);
  int status = g_test_run();
  files_test_finish();
  return status;
}
