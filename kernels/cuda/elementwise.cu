/* Ops that take every element by itself: fill, copy, unary, affine, act-grad, lerp, adam, random-normal. */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/types.h"
#include "kernels/math/pointwise.h"
#include "kernels/math/random.h"

/* out[i] = f(in[i], in2[i]) with W elements a thread, the last ones singly. in2 may be NULL when f ignores it. */
template <int W, bool two, typename T, typename F>
SSG_KERNEL map_elements(T *out, const T *in, const T *in2, int64_t n, F f)
{
  SSG_THREADS(t)
  {
    int64_t i = (SSG_BLOCK_INDEX * SSG_BLOCK + t) * W;
    if (i + W <= n) {
      SsgPack<T, W> x = ssg_load<W>(in + i), y = two ? ssg_load<W>(in2 + i) : x;
      for (int k = 0; k < W; k++)
        x.v[k] = ssg_narrow<T>(f(ssg_widen(x.v[k]), ssg_widen(y.v[k])));
      ssg_store<W>(out + i, x);
      continue;
    }
    for (; i < n; i++)
      out[i] = ssg_narrow<T>(f(ssg_widen(in[i]), two ? ssg_widen(in2[i]) : 0.0f));
  }
}

template <bool two, typename F> static void launch_map(const SsgOpCall *call, const SsgCudaLaunch *launch, F f)
{
  int64_t n = ssg_shape_elements(&call->out.shape);
  ssg_with_float(call->out.dtype, [&](auto zero) {
    using T = decltype(zero);
    T *out = (T *) call->out.data;
    const T *in = (const T *) call->in[0].data, *in2 = two ? (const T *) call->in[1].data : nullptr;
    bool wide =
        ssg_is_aligned(out, 4 * sizeof(T)) && ssg_is_aligned(in, 4 * sizeof(T)) && ssg_is_aligned(in2, 4 * sizeof(T));
    ssg_with_width(wide, [&](auto width) {
      constexpr int W = decltype(width)::value;
      SSG_LAUNCH(launch->stream, ssg_blocks_for((n + W - 1) / W), (map_elements<W, two, T, F>), out, in, in2, n, f);
    });
  });
}

/* The kind is a template parameter where it decides how much code runs, so that sqrt does not carry sin's registers. */
template <int kind> struct Unary {
  SSG_METHOD float operator()(float x, float) const
  {
    return ssg_math_unary((SsgUnary) kind, x);
  }
};

struct Affine {
  float a, b;
  SSG_METHOD float operator()(float x, float) const
  {
    return ssg_math_affine(a, x, b);
  }
};

template <bool held> struct ActGrad {
  SSG_METHOD float operator()(float gradient, float output) const
  {
    return held ? ssg_math_held_act_grad(gradient, output) : ssg_math_act_grad(gradient, output);
  }
};

struct Lerp {
  float weight;
  SSG_METHOD float operator()(float to, float from) const
  {
    return ssg_math_lerp(from, to, weight);
  }
};

/* in0 and out of one float dtype. */
static bool same_float(const SsgOpCall *call)
{
  for (int i = 0; i < call->n_in; i++)
    if (call->in[i].dtype != call->out.dtype)
      return false;
  return ssg_is_float(call->out.dtype);
}

static bool all_f32(const SsgOpCall *call)
{
  return same_float(call) && call->out.dtype == SSG_F32;
}

template <int kind> static void launch_unary_from(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  if constexpr (kind < SSG_N_UNARY) {
    if (call->param.unary.kind == kind)
      launch_map<false>(call, launch, Unary<kind>());
    else
      launch_unary_from<kind + 1>(call, launch);
  }
}

static void launch_unary(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  launch_unary_from<0>(call, launch);
}

static void launch_affine(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  launch_map<false>(call, launch, Affine{call->param.affine.a, call->param.affine.b});
}

static void launch_act_grad(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  if (call->out.dtype == SSG_F16)
    launch_map<true>(call, launch, ActGrad<true>());
  else
    launch_map<true>(call, launch, ActGrad<false>());
}

static void launch_lerp(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  SsgOpCall both = *call;
  both.in[1] = call->out;
  launch_map<true>(&both, launch, Lerp{call->param.lerp.weight});
}

template <typename T> SSG_KERNEL fill_elements(T *out, int64_t n, T value)
{
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i < n)
      out[i] = value;
  }
}

template <typename T> static void launch_fill_of(const SsgOpCall *call, const SsgCudaLaunch *launch, T value)
{
  int64_t n = ssg_shape_elements(&call->out.shape);
  SSG_LAUNCH(launch->stream, ssg_blocks_for(n), (fill_elements<T>), (T *) call->out.data, n, value);
}

static void launch_fill(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  float value = call->param.fill.value;
  switch (call->out.dtype) {
  case SSG_F32:
    return launch_fill_of(call, launch, value);
  case SSG_F16:
    return launch_fill_of(call, launch, ssg_math_to_f16(value));
  case SSG_BF16:
    return launch_fill_of(call, launch, ssg_math_to_bf16(value));
  case SSG_I64:
    return launch_fill_of(call, launch, ssg_math_to_i64(value));
  case SSG_U8:
    return launch_fill_of(call, launch, ssg_math_to_u8(value));
  }
}

static bool supports_any(const SsgOpCall *call)
{
  return true;
}

SSG_INLINE float ssg_widen(uint8_t x)
{
  return (float) x;
}

SSG_INLINE float ssg_widen(int64_t x)
{
  return (float) x;
}

template <> SSG_METHOD uint8_t ssg_narrow<uint8_t>(float x)
{
  return ssg_math_to_u8(x);
}

template <> SSG_METHOD int64_t ssg_narrow<int64_t>(float x)
{
  return ssg_math_to_i64(x);
}

template <typename To, typename From> SSG_INLINE To convert(From x)
{
  return ssg_narrow<To>(ssg_widen(x));
}

/* Whole numbers go past f32, which holds only 24 bits of them. */
template <> SSG_METHOD int64_t convert<int64_t, int64_t>(int64_t x)
{
  return x;
}

template <> SSG_METHOD uint8_t convert<uint8_t, int64_t>(int64_t x)
{
  return (uint8_t) (x < 0 ? 0 : x > 255 ? 255 : x);
}

template <int W, typename To, typename From> SSG_KERNEL convert_elements(To *out, const From *in, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = (SSG_BLOCK_INDEX * SSG_BLOCK + t) * W;
    if (i + W <= n) {
      SsgPack<From, W> x = ssg_load<W>(in + i);
      SsgPack<To, W> y;
      for (int k = 0; k < W; k++)
        y.v[k] = convert<To, From>(x.v[k]);
      ssg_store<W>(out + i, y);
      continue;
    }
    for (; i < n; i++)
      out[i] = convert<To, From>(in[i]);
  }
}

template <typename F> static void with_any(SsgDtype dtype, F f)
{
  if (dtype == SSG_I64)
    f(int64_t());
  else if (dtype == SSG_U8)
    f(uint8_t());
  else
    ssg_with_float(dtype, f);
}

static void launch_copy(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int64_t n = ssg_shape_elements(&call->out.shape);
  with_any(call->out.dtype, [&](auto to) {
    with_any(call->in[0].dtype, [&](auto from) {
      using To = decltype(to);
      using From = decltype(from);
      To *out = (To *) call->out.data;
      const From *in = (const From *) call->in[0].data;
      bool wide = ssg_is_aligned(out, 4 * sizeof(To)) && ssg_is_aligned(in, 4 * sizeof(From));
      ssg_with_width(wide, [&](auto width) {
        constexpr int W = decltype(width)::value;
        SSG_LAUNCH(launch->stream, ssg_blocks_for((n + W - 1) / W), (convert_elements<W, To, From>), out, in, n);
      });
    });
  });
}

SSG_KERNEL normal_elements(float *out, int64_t n, uint64_t seed, uint64_t stream)
{
  SSG_THREADS(t)
  {
    int64_t block = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    float normal[4];
    if (block * 4 >= n)
      continue;
    ssg_math_normal4(seed, stream, (uint64_t) block, normal);
    for (int k = 0; k < 4 && block * 4 + k < n; k++)
      out[block * 4 + k] = normal[k];
  }
}

static void launch_random_normal(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int64_t n = ssg_shape_elements(&call->out.shape);
  SSG_LAUNCH(launch->stream, ssg_blocks_for((n + 3) / 4), (normal_elements), (float *) call->out.data, n,
             call->param.random.seed, call->param.random.stream);
}

SSG_KERNEL adam_elements(float *p, const float *g, float *m, float *v, int64_t n, SsgAdamStep step)
{
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i < n)
      ssg_math_adam(&step, g[i], &m[i], &v[i], &p[i]);
  }
}

static void launch_adam(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int64_t n = ssg_shape_elements(&call->out.shape);
  SsgAdamStep step = ssg_math_adam_step(call->param.adam.lr, call->param.adam.beta1, call->param.adam.beta2,
                                        call->param.adam.eps, call->param.adam.step);
  SSG_LAUNCH(launch->stream, ssg_blocks_for(n), (adam_elements), (float *) call->out.data,
             (const float *) call->in[0].data, (float *) call->in[1].data, (float *) call->in[2].data, n, step);
}

extern "C" {
const SsgCudaKernel ssg_cuda_fill = {supports_any, NULL, launch_fill};
const SsgCudaKernel ssg_cuda_copy = {supports_any, NULL, launch_copy};
const SsgCudaKernel ssg_cuda_unary = {same_float, NULL, launch_unary};
const SsgCudaKernel ssg_cuda_affine = {same_float, NULL, launch_affine};
const SsgCudaKernel ssg_cuda_act_grad = {same_float, NULL, launch_act_grad};
const SsgCudaKernel ssg_cuda_random_normal = {all_f32, NULL, launch_random_normal};
const SsgCudaKernel ssg_cuda_adam = {all_f32, NULL, launch_adam};
const SsgCudaKernel ssg_cuda_lerp = {all_f32, NULL, launch_lerp};
}
