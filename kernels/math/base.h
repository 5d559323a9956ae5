/* What every header of kernels/math/ shares: the qualifier that makes one source serve C, the host side of CUDA C++ and
 * its device side, and casts between a float and its bits.
 *
 * Bits: the functions of this folder are built of +, -, *, /, sqrtf and *explicit* fmaf() only, each of which IEEE 754
 * rounds in one way; no product is left next to a sum where one compiler would contract it and another would not.
 * So a CPU and a GPU give the same bits (nvcc's defaults -prec-div=true -prec-sqrt=true -ftz=false are needed).
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define SSG_HD static inline __host__ __device__
#else
#define SSG_HD static inline __attribute__((always_inline))
#endif

SSG_HD uint32_t ssg_float_bits(float x)
{
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

SSG_HD float ssg_float_from_bits(uint32_t bits)
{
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
