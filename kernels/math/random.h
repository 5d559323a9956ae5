/* Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011) and Box-Muller, the same bits on every device.
 *
 * Block j of a stream holds elements 4j .. 4j+3. Key = (low word of seed, high word); counter = (low word of j, high
 * word of j, low word of stream, high word of stream); words w0..w3. Elements 4j, 4j+1 come from (w0, w1) and 4j+2,
 * 4j+3 from (w2, w3):  radius = sqrt(-2 log((w0 >> 9) + 1/2) / 2^23)), angle = pi/2 * (q + f - 1/2) with q = w1 >> 30
 * and f = (((w1 >> 7) mod 2^23) + 1/2) / 2^23;  the pair is radius * (cos angle, sin angle).
 */
#pragma once

#include "kernels/math/base.h"
#include "kernels/math/functions.h"

typedef struct {
  uint32_t word[4];
} SsgPhilox;

SSG_HD SsgPhilox ssg_math_philox(uint64_t seed, uint64_t stream, uint64_t block)
{
  uint32_t k0 = (uint32_t) seed, k1 = (uint32_t) (seed >> 32);
  uint32_t c0 = (uint32_t) block, c1 = (uint32_t) (block >> 32);
  uint32_t c2 = (uint32_t) stream, c3 = (uint32_t) (stream >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t a = (uint64_t) 0xD2511F53u * c0, b = (uint64_t) 0xCD9E8D57u * c2;
    c0 = (uint32_t) (b >> 32) ^ c1 ^ k0;
    c1 = (uint32_t) b;
    c2 = (uint32_t) (a >> 32) ^ c3 ^ k1;
    c3 = (uint32_t) a;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  SsgPhilox p = {{c0, c1, c2, c3}};
  return p;
}

/* Two independent N(0, 1) numbers from two words. */
SSG_HD void ssg_math_box_muller(uint32_t w0, uint32_t w1, float *x, float *y)
{
  float u = ((float) (int32_t) (w0 >> 9) + 0.5f) * 1.1920928955078125e-7f;
  float radius = sqrtf(-2.0f * ssg_math_log(u));
  uint32_t quadrant = w1 >> 30;
  float f = ((float) (int32_t) ((w1 >> 7) & 0x7fffffu) + 0.5f) * 1.1920928955078125e-7f;
  float r = (f - 0.5f) * 1.57079633f;
  float s = ssg_math_sin_reduced(r), c = ssg_math_cos_reduced(r);
  float across = (quadrant & 1u) ? -s : c, up = (quadrant & 1u) ? c : s;
  float sign = (quadrant & 2u) ? -radius : radius;
  *x = sign * across;
  *y = sign * up;
}

/* The four normals of one block. */
SSG_HD void ssg_math_normal4(uint64_t seed, uint64_t stream, uint64_t block, float out[4])
{
  SsgPhilox p = ssg_math_philox(seed, stream, block);
  ssg_math_box_muller(p.word[0], p.word[1], &out[0], &out[1]);
  ssg_math_box_muller(p.word[2], p.word[3], &out[2], &out[3]);
}
