#include "engine/checkpoint.h"
#include "tests/fuzz/fuzz.h"

static void touch_all(const SsgHostTensors *tensors)
{
  for (guint i = 0; tensors && i < ssg_host_tensors_count(tensors); i++)
    fuzz_touch(ssg_host_tensors_at(tensors, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GBytes) bytes = g_bytes_new(data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgCheckpoint) checkpoint = ssg_checkpoint_parse(bytes, "fuzz", SSG_CHECKPOINT_ALL, &error);
  g_assert((checkpoint == NULL) == (error != NULL));
  if (checkpoint) {
    touch_all(checkpoint->g_ema);
    touch_all(checkpoint->g);
    touch_all(checkpoint->d);
  }
  return 0;
}
