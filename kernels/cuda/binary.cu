/* binary (with broadcasting) and broadcast. */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/walk.h"
#include "kernels/math/index.h"
#include "kernels/math/pointwise.h"

/* W elements of an array that is dense (stride 1) or repeats one element (stride 0) along the innermost axis. */
template <int W, typename T> SSG_INLINE SsgPack<T, W> load_or_repeat(const T *from, int64_t stride)
{
  if constexpr (W > 1) {
    if (stride == 0) {
      SsgPack<T, W> pack;
      for (int k = 0; k < W; k++)
        pack.v[k] = *from;
      return pack;
    }
  }
  return ssg_load<W>(from);
}

/* n is a multiple of W. */
template <int W, int kind, typename T> SSG_KERNEL combine(T *out, const T *a, const T *b, SsgWalk<2> walk, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = (SSG_BLOCK_INDEX * SSG_BLOCK + t) * W, at[2];
    if (i >= n)
      continue;
    walk.offsets(i, at);
    SsgPack<T, W> x = load_or_repeat<W>(a + at[0], walk.inner(0));
    SsgPack<T, W> y = load_or_repeat<W>(b + at[1], walk.inner(1));
    for (int k = 0; k < W; k++)
      x.v[k] = ssg_narrow<T>(ssg_math_binary((SsgBinary) kind, ssg_widen(x.v[k]), ssg_widen(y.v[k])));
    ssg_store<W>(out + i, x);
  }
}

template <int W, typename T> SSG_KERNEL repeat(T *out, const T *in, SsgWalk<1> walk, int64_t n, float scale)
{
  SSG_THREADS(t)
  {
    int64_t i = (SSG_BLOCK_INDEX * SSG_BLOCK + t) * W, at[1];
    if (i >= n)
      continue;
    walk.offsets(i, at);
    SsgPack<T, W> x = load_or_repeat<W>(in + at[0], walk.inner(0));
    for (int k = 0; k < W; k++)
      x.v[k] = ssg_narrow<T>(scale * ssg_widen(x.v[k]));
    ssg_store<W>(out + i, x);
  }
}

/* The walk over out's shape, with each input's strides. */
template <int arrays> static SsgWalk<arrays> walk_inputs(const SsgOpCall *call)
{
  int64_t stride[arrays][SSG_MAX_RANK];
  SsgWalk<arrays> walk;
  for (int a = 0; a < arrays; a++)
    ssg_math_broadcast_strides(&call->in[a].shape, stride[a]);
  for (int i = 0; i < call->out.shape.rank; i++) {
    int64_t step[arrays];
    for (int a = 0; a < arrays; a++)
      step[a] = stride[a][i];
    walk.append(call->out.shape.dim[i], step);
  }
  return walk;
}

static bool same_float(const SsgOpCall *call)
{
  for (int i = 0; i < call->n_in; i++)
    if (call->in[i].dtype != call->out.dtype)
      return false;
  return ssg_is_float(call->out.dtype);
}

template <int kind> static void launch_binary_from(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  if constexpr (kind < SSG_N_BINARY) {
    if (call->param.binary.kind != kind) {
      launch_binary_from<kind + 1>(call, launch);
      return;
    }
    SsgWalk<2> walk = walk_inputs<2>(call);
    int64_t n = ssg_shape_elements(&call->out.shape);
    ssg_with_float(call->out.dtype, [&](auto zero) {
      using T = decltype(zero);
      T *out = (T *) call->out.data;
      const T *a = (const T *) call->in[0].data, *b = (const T *) call->in[1].data;
      bool wide = walk.can_pack();
      for (const void *data : {(const void *) out, (const void *) a, (const void *) b})
        wide = wide && ssg_is_aligned(data, 4 * sizeof(T));
      ssg_with_width(wide, [&](auto width) {
        constexpr int W = decltype(width)::value;
        SSG_LAUNCH(launch->stream, ssg_blocks_for(n / W), (combine<W, kind, T>), out, a, b, walk, n);
      });
    });
  }
}

static void launch_binary(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  launch_binary_from<0>(call, launch);
}

static void launch_broadcast(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  SsgWalk<1> walk = walk_inputs<1>(call);
  int64_t n = ssg_shape_elements(&call->out.shape);
  ssg_with_float(call->out.dtype, [&](auto zero) {
    using T = decltype(zero);
    T *out = (T *) call->out.data;
    const T *in = (const T *) call->in[0].data;
    bool wide = walk.can_pack() && ssg_is_aligned(out, 4 * sizeof(T)) && ssg_is_aligned(in, 4 * sizeof(T));
    ssg_with_width(wide, [&](auto width) {
      constexpr int W = decltype(width)::value;
      SSG_LAUNCH(launch->stream, ssg_blocks_for(n / W), (repeat<W, T>), out, in, walk, n, call->param.broadcast.scale);
    });
  });
}

extern "C" {
const SsgCudaKernel ssg_cuda_binary = {same_float, NULL, launch_binary};
const SsgCudaKernel ssg_cuda_broadcast = {same_float, NULL, launch_broadcast};
}
