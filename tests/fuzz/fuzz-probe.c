#include <stddef.h>
#include <stdint.h>

/* Shows that clang and its runtime libraries for fuzzing are installed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  return 0;
}
