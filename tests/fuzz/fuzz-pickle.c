#include "engine/pickle.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GBytes) bytes = g_bytes_new(data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgPickle) pickle = ssg_pickle_parse(bytes, 0, "fuzz", &error);
  g_assert((pickle == NULL) == (error != NULL));
  if (pickle) {
    g_assert(pickle->end <= size);
    ssg_pickle_get(pickle->root, "g_ema");
    ssg_pickle_describe(pickle->root);
  }
  return 0;
}
