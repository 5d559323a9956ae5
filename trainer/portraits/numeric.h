/* Arithmetic of the artist: only operations that IEEE 754 defines to the last bit, so that every machine agrees.
 * libm is not used: its sines and exponentials differ in the last bit between versions. */
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#define SSG_PI 3.14159265f

typedef struct {
  float x, y;
} SsgPoint;

typedef struct {
  float r, g, b;
} SsgColor;

static inline float clampf(float x, float a, float b)
{
  return x < a ? a : x > b ? b : x;
}

static inline float mixf(float a, float b, float t)
{
  return a + (b - a) * t;
}

/* 0 below a, 1 above b, smooth between; a may exceed b. */
static inline float stepf(float a, float b, float x)
{
  float t = clampf((x - a) / (b - a), 0.0f, 1.0f);
  return t * t * (3.0f - 2.0f * t);
}

/* About exp(-d2): (1 - d2/16)^16, exactly 0 from d2 = 16 on. */
static inline float bellf(float d2)
{
  float t = 1.0f - d2 * 0.0625f;
  if (t <= 0.0f)
    return 0.0f;
  t *= t;
  t *= t;
  t *= t;
  return t * t;
}

/* Floor for |x| < 2^31. */
static inline int floori(float x)
{
  int i = (int) x;
  return i - (x < (float) i);
}

/* Sine to about 1e-5, |x| < 1e4. */
static inline float sinef(float x)
{
  float k = x * (0.5f / SSG_PI);
  float t = k - (float) floori(k + 0.5f); /* turns, -0.5 .. 0.5 */
  if (t > 0.25f)
    t = 0.5f - t;
  else if (t < -0.25f)
    t = -0.5f - t;
  float a = t * (2.0f * SSG_PI), b = a * a;
  return a * (1.0f + b * (-0.16666667f + b * (0.0083333310f + b * (-0.00019840874f + b * 2.6e-6f))));
}

static inline float cosinef(float x)
{
  return sinef(x + 0.5f * SSG_PI);
}

/* Angle of (x, y) against the axis y, to about 1e-3: 0 along +y, pi/2 along +x. */
static inline float anglef(float x, float y)
{
  float ax = x < 0 ? -x : x, ay = y < 0 ? -y : y;
  float hi = ax > ay ? ax : ay, lo = ax > ay ? ay : ax;
  if (hi < 1e-9f)
    return 0.0f;
  float t = lo / hi, t2 = t * t;
  float a = t * (0.99978784f + t2 * (-0.32580840f + t2 * (0.15557865f - t2 * 0.04432655f)));
  if (ax > ay)
    a = 0.5f * SSG_PI - a;
  if (y < 0)
    a = SSG_PI - a;
  return x < 0 ? -a : a;
}

static inline uint32_t hash32(uint32_t x)
{
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}

/* 0..1 from a hash. */
static inline float unitf(uint32_t h)
{
  return (float) (h >> 8) * (1.0f / 16777216.0f);
}

/* Smooth noise, 0..1, lattice of whole numbers. */
static inline float noise1(float x, uint32_t seed)
{
  int i = floori(x);
  float f = x - (float) i;
  f = f * f * (3.0f - 2.0f * f);
  float a = unitf(hash32((uint32_t) i * 0x9e3779b9u + seed)),
        b = unitf(hash32((uint32_t) (i + 1) * 0x9e3779b9u + seed));
  return mixf(a, b, f);
}

static inline float noise2(float x, float y, uint32_t seed)
{
  int i = floori(x), j = floori(y);
  float f = x - (float) i, g = y - (float) j;
  f = f * f * (3.0f - 2.0f * f);
  g = g * g * (3.0f - 2.0f * g);
  uint32_t r0 = (uint32_t) j * 0x85ebca6bu + seed, r1 = (uint32_t) (j + 1) * 0x85ebca6bu + seed;
  uint32_t c0 = (uint32_t) i * 0x9e3779b9u, c1 = (uint32_t) (i + 1) * 0x9e3779b9u;
  float a = unitf(hash32(r0 ^ c0)), b = unitf(hash32(r0 ^ c1)), c = unitf(hash32(r1 ^ c0)), d = unitf(hash32(r1 ^ c1));
  return mixf(mixf(a, b, f), mixf(c, d, f), g);
}

/* Three octaves, 0..1. */
static inline float cloudf(float x, float y, uint32_t seed)
{
  return 0.57f * noise2(x, y, seed) + 0.29f * noise2(x * 2.1f, y * 2.1f, seed + 1u) +
         0.14f * noise2(x * 4.3f, y * 4.3f, seed + 2u);
}

static inline SsgColor color_of(const float c[3])
{
  return (SsgColor){c[0], c[1], c[2]};
}

static inline SsgColor color_mix(SsgColor a, SsgColor b, float t)
{
  return (SsgColor){mixf(a.r, b.r, t), mixf(a.g, b.g, t), mixf(a.b, b.b, t)};
}

static inline SsgColor color_scale(SsgColor a, float s)
{
  return (SsgColor){a.r * s, a.g * s, a.b * s};
}

static inline SsgColor color_mul(SsgColor a, SsgColor b)
{
  return (SsgColor){a.r * b.r, a.g * b.g, a.b * b.b};
}

static inline float color_luma(SsgColor a)
{
  return 0.30f * a.r + 0.59f * a.g + 0.11f * a.b;
}
