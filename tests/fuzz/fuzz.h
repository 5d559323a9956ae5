/* What the fuzz targets share. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/host-tensor.h"

/* Called by libFuzzer with one input; 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte, so that the sanitizers see where a result lies. */
static inline void fuzz_use(const void *data, gsize size)
{
  static volatile guint8 sink;
  guint8 sum = 0;
  for (gsize i = 0; i < size; i++)
    sum ^= ((const guint8 *) data)[i];
  sink = sum;
}

/* The path of a file in memory that holds data, for readers that take a path. g_free; the next call empties the file. */
static inline char *fuzz_file(const uint8_t *data, size_t size)
{
  static int file = -1;
  if (file < 0)
    file = memfd_create("fuzz", MFD_CLOEXEC);
  g_assert_true(file >= 0 && ftruncate(file, 0) == 0);
  g_assert_cmpint(pwrite(file, data, size, 0), ==, (gssize) size);
  return g_strdup_printf("/proc/self/fd/%d", file);
}

static inline void fuzz_touch(const SsgHostTensor *tensor)
{
  float values[64];
  fuzz_use(tensor->data, tensor->n_bytes);
  for (gsize first = 0; first < tensor->n_elements; first += 64)
    ssg_host_tensor_read_f32(tensor, first, MIN(64, tensor->n_elements - first), values);
}
