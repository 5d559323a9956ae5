#include "engine/image.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const SsgImageLimits limits = {2048, 1 << 18}; /* so that a run is many small pictures */
  for (int kind = SSG_IMAGE_ANY; kind <= SSG_IMAGE_LABEL; kind++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SsgImage) image = ssg_image_decode(data, size, "fuzz", (SsgImageKind) kind, &limits, &error);
    g_assert((image == NULL) == (error != NULL));
    if (image)
      fuzz_use(image->pixels, (gsize) image->width * (gsize) image->height * (gsize) image->channels);
  }
  return 0;
}
