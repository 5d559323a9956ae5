/* Storage types of arrays inside kernels, packs of them for wide loads, and the choice of a template by dtype. */
#pragma once

#include <stddef.h>
#include <type_traits>

#include "kernels/cuda/kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/math/convert.h"
#include "kernels/math/pointwise.h"

struct SsgF16 {
  uint16_t bits;
};
struct SsgBf16 {
  uint16_t bits;
};

SSG_INLINE float ssg_widen(float x)
{
  return x;
}

SSG_INLINE float ssg_widen(SsgBf16 x)
{
  return ssg_math_from_bf16(x.bits);
}

SSG_INLINE float ssg_widen(SsgF16 x)
{
#ifdef __CUDA_ARCH__
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(x.bits));
  return wide;
#else
  return ssg_math_from_f16(x.bits);
#endif
}

/* Rounds to nearest even. */
template <typename T> SSG_INLINE T ssg_narrow(float x);

template <> SSG_METHOD float ssg_narrow<float>(float x)
{
  return x;
}

template <> SSG_METHOD SsgBf16 ssg_narrow<SsgBf16>(float x)
{
  return SsgBf16{ssg_math_to_bf16(x)};
}

template <> SSG_METHOD SsgF16 ssg_narrow<SsgF16>(float x)
{
#ifdef __CUDA_ARCH__
  SsgF16 narrow;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(narrow.bits) : "f"(x));
  return narrow;
#else
  return SsgF16{ssg_math_to_f16(x)};
#endif
}

/* act as the storage type has it (op.h). */
template <typename T> SSG_INLINE float ssg_act(float x)
{
  return std::is_same<T, SsgF16>::value ? ssg_math_hold(ssg_math_act(x)) : ssg_math_act(x);
}

/* W neighbouring elements, read and written in one access. The address is a multiple of the pack's size. */
template <typename T, int W> struct alignas(sizeof(T) * W) SsgPack {
  T v[W];
};

template <int W, typename T> SSG_INLINE SsgPack<T, W> ssg_load(const T *from)
{
  return *reinterpret_cast<const SsgPack<T, W> *>(from);
}

template <int W, typename T> SSG_INLINE void ssg_store(T *to, const SsgPack<T, W> &pack)
{
  *reinterpret_cast<SsgPack<T, W> *>(to) = pack;
}

/* Division of numbers >= 0. 64-bit division is a long subroutine on a GPU, and indices nearly always fit 32 bits. */
SSG_INLINE int64_t ssg_divide(int64_t a, int64_t b)
{
  return (uint64_t) (a | b) >> 32 ? a / b : (int64_t) ((uint32_t) a / (uint32_t) b);
}

static inline bool ssg_is_float(SsgDtype dtype)
{
  return dtype == SSG_F32 || dtype == SSG_F16 || dtype == SSG_BF16;
}

static inline bool ssg_is_aligned(const void *data, size_t bytes)
{
  return (uintptr_t) data % bytes == 0;
}

/* Calls f(a value of the storage type). dtype is one of the three floats. */
template <typename F> static void ssg_with_float(SsgDtype dtype, F f)
{
  if (dtype == SSG_F32)
    f(float());
  else if (dtype == SSG_F16)
    f(SsgF16());
  else
    f(SsgBf16());
}

/* Calls f(integral_constant 4) or f(integral_constant 1). */
template <typename F> static void ssg_with_width(bool wide, F f)
{
  if (wide)
    f(std::integral_constant<int, 4>());
  else
    f(std::integral_constant<int, 1>());
}
