#include "engine/safetensors.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GBytes) bytes = g_bytes_new(data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgSafetensors) file = ssg_safetensors_parse(bytes, "fuzz", &error);
  g_assert((file == NULL) == (error != NULL));
  for (guint i = 0; file && i < ssg_host_tensors_count(file->tensors); i++)
    fuzz_touch(ssg_host_tensors_at(file->tensors, i));
  return 0;
}
