/* NumPy's `.npy` files: one array. Read: versions 1 to 3 with float16, float32, float64 (rounded to f32), int64 and uint8,
 * little-endian, C order; anything else is refused by name (Fortran order with the advice how to save it). Written: float32,
 * version 1.0. Errors: SSG_ERROR_FILE, SSG_ERROR_FORMAT, SSG_ERROR_MEMORY, naming the file.
 */
#pragma once

#include "engine/host-tensor.h"

/* A tensor named after the file's base name; mapped where dtype and alignment allow. */
SsgHostTensor *ssg_npy_load(const char *path, GError **error);
/* The same from memory; name is for messages and the tensor. */
SsgHostTensor *ssg_npy_parse(GBytes *bytes, const char *name, GError **error);
/* data: the shape's elements, row-major. The file appears whole or not at all (atomic-file.h). */
gboolean ssg_npy_save_f32(const char *path, const SsgShape *shape, const float *data, GError **error);
