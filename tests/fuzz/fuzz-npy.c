#include "engine/npy.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GBytes) bytes = g_bytes_new(data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgHostTensor) tensor = ssg_npy_parse(bytes, "fuzz", &error);
  g_assert((tensor == NULL) == (error != NULL));
  if (tensor)
    fuzz_touch(tensor);
  return 0;
}
