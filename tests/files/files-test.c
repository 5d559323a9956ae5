#include "tests/files/files-test.h"

#include <glib/gstdio.h>
#include <string.h>

static char *scratch_folder;

static void make_folder(void)
{
  if (!scratch_folder) {
    scratch_folder = g_dir_make_tmp("ssgan-files-XXXXXX", NULL);
    g_assert_nonnull(scratch_folder);
  }
}

char *scratch_path(const char *name)
{
  make_folder();
  return g_build_filename(scratch_folder, name, NULL);
}

int scratch_count(void)
{
  make_folder();
  g_autoptr(GDir) dir = g_dir_open(scratch_folder, 0, NULL);
  int n = 0;
  while (g_dir_read_name(dir))
    n++;
  return n;
}

void files_test_finish(void)
{
  if (!scratch_folder)
    return;
  g_autoptr(GDir) dir = g_dir_open(scratch_folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(scratch_folder, name, NULL);
    g_remove(path);
  }
  g_rmdir(scratch_folder);
  g_clear_pointer(&scratch_folder, g_free);
}

char *golden_path(const char *name)
{
  const char *folder = g_getenv("SSGAN_GOLDENS");
  if (!folder)
    g_error("SSGAN_GOLDENS is not set: run the tests with 'meson test'");
  return g_build_filename(folder, name, NULL);
}

GBytes *golden_bytes(const char *name)
{
  g_autofree char *path = golden_path(name);
  g_autoptr(GError) error = NULL;
  char *contents;
  gsize length;
  g_file_get_contents(path, &contents, &length, &error);
  g_assert_no_error(error);
  return g_bytes_new_take(contents, length);
}

/* A copy in its own block, so that a sanitizer sees a read beyond the end. */
static gboolean read_copy(const guint8 *data, gsize size, ReadFunc read, GError **error)
{
  g_autoptr(GBytes) bytes = g_bytes_new(data, size);
  gboolean good = read(bytes, error);
  if (error)
    g_assert_true(good == (*error == NULL));
  return good;
}

void check_truncations(GBytes *bytes, gsize tolerated, ReadFunc read)
{
  gsize size;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  gsize step = MAX(size / 300, 1);
  for (gsize n = 0; n < size; n += (n < 64 || n + 64 >= size) ? 1 : MIN(step, size - 64 - n)) {
    g_autoptr(GError) error = NULL;
    gboolean good = read_copy(data, n, read, &error);
    if (good && n < tolerated)
      g_error("a file cut from %zu to %zu bytes was accepted", size, n);
  }
}

int check_bit_flips(GBytes *bytes, gsize first, gsize last, int count, ReadFunc read)
{
  gsize size;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  g_autofree guint8 *copy = g_memdup2(data, size);
  g_autoptr(GRand) rand = g_rand_new_with_seed(20);
  int refused = 0;
  for (int i = 0; i < count; i++) {
    gsize at = first + g_rand_int(rand) % (last - first);
    guint8 mask = (guint8) (1u << (g_rand_int(rand) & 7));
    g_autoptr(GError) error = NULL;
    copy[at] ^= mask;
    refused += !read_copy(copy, size, read, &error);
    copy[at] ^= mask;
  }
  return refused;
}

void check_refused(GBytes *bytes, ReadFunc read, const char *part)
{
  gsize size;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  g_autoptr(GError) error = NULL;
  g_assert_false(read_copy(data, size, read, &error));
  check_error(&error, part);
}

void check_error(GError **error, const char *part)
{
  g_assert_nonnull(*error);
  if (!strstr((*error)->message, part))
    g_error("expected an error with '%s', found '%s'", part, (*error)->message);
  g_clear_error(error);
}
