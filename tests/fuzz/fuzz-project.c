#include "app/project-file.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autofree char *path = fuzz_file(data, size), *title = NULL, *original = NULL;
  g_autoptr(GError) error = NULL, peek_error = NULL;
  g_autoptr(SsgDocument) document = ssg_project_load(path, &error);
  g_assert_true((document == NULL) == (error != NULL));
  gboolean peeked = ssg_project_peek(path, &title, &original, &peek_error);
  g_assert_true(peeked == (peek_error == NULL));
  ssg_project_sniff(path);
  return 0;
}
