/* avg-pool, spread, weigh-parts, one-hot, argmax. */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/types.h"

struct Pool {
  int64_t height, width, channels; /* of the small picture */
  int size;
  float scale;
};

/* n elements of out, which is the small picture; n and channels are multiples of W. */
template <int W, typename T> SSG_KERNEL average(T *out, const T *in, Pool pool, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = (SSG_BLOCK_INDEX * SSG_BLOCK + t) * W;
    if (i >= n)
      continue;
    int64_t pixel = ssg_divide(i, pool.channels), channel = i - pixel * pool.channels;
    int64_t line = ssg_divide(pixel, pool.width), x = pixel - line * pool.width; /* line counts over pictures */
    int64_t in_width = pool.width * pool.size;
    const T *corner = in + (line * pool.size * in_width + x * pool.size) * pool.channels + channel;
    float sum[W] = {};
    for (int dy = 0; dy < pool.size; dy++)
      for (int dx = 0; dx < pool.size; dx++) {
        SsgPack<T, W> v = ssg_load<W>(corner + (dy * in_width + dx) * pool.channels);
        for (int k = 0; k < W; k++)
          sum[k] += ssg_widen(v.v[k]);
      }
    SsgPack<T, W> mean;
    for (int k = 0; k < W; k++)
      mean.v[k] = ssg_narrow<T>(pool.scale * sum[k]);
    ssg_store<W>(out + i, mean);
  }
}

/* n elements of out, which is the large picture. */
template <int W, typename T> SSG_KERNEL spread(T *out, const T *in, Pool pool, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = (SSG_BLOCK_INDEX * SSG_BLOCK + t) * W;
    if (i >= n)
      continue;
    int64_t pixel = ssg_divide(i, pool.channels), channel = i - pixel * pool.channels;
    int64_t line = ssg_divide(pixel, pool.width * pool.size), x = pixel - line * pool.width * pool.size;
    int64_t from = (ssg_divide(line, pool.size) * pool.width + ssg_divide(x, pool.size)) * pool.channels + channel;
    SsgPack<T, W> v = ssg_load<W>(in + from);
    for (int k = 0; k < W; k++)
      v.v[k] = ssg_narrow<T>(pool.scale * ssg_widen(v.v[k]));
    ssg_store<W>(out + i, v);
  }
}

template <bool spreads> static void launch_pool(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  const SsgShape *small = spreads ? &call->in[0].shape : &call->out.shape;
  int size = call->param.pool.size;
  Pool pool = {small->dim[1], small->dim[2], small->dim[3], size, 1.0f / (float) (size * size)};
  int64_t n = ssg_shape_elements(&call->out.shape);
  ssg_with_float(call->out.dtype, [&](auto zero) {
    using T = decltype(zero);
    T *out = (T *) call->out.data;
    const T *in = (const T *) call->in[0].data;
    bool wide = pool.channels % 4 == 0 && ssg_is_aligned(out, 4 * sizeof(T)) && ssg_is_aligned(in, 4 * sizeof(T));
    ssg_with_width(wide, [&](auto width) {
      constexpr int W = decltype(width)::value;
      if constexpr (spreads)
        SSG_LAUNCH(launch->stream, ssg_blocks_for(n / W), (spread<W, T>), out, in, pool, n);
      else
        SSG_LAUNCH(launch->stream, ssg_blocks_for(n / W), (average<W, T>), out, in, pool, n);
    });
  });
}

static bool same_float(const SsgOpCall *call)
{
  return ssg_is_float(call->out.dtype) && call->in[0].dtype == call->out.dtype;
}

/* out [rest, parts, channels], in [parts, rest, channels], weight [parts, rest]; rest counts pictures x pixels. */
template <int W, typename T, typename Weight>
SSG_KERNEL weigh_parts(T *out, const T *in, const Weight *weight, int64_t parts, int64_t rest, int64_t channels)
{
  const int64_t n = parts * rest * channels;
  SSG_THREADS(t)
  {
    int64_t i = (SSG_BLOCK_INDEX * SSG_BLOCK + t) * W;
    if (i >= n)
      continue;
    int64_t row = ssg_divide(i, channels), channel = i - row * channels;
    int64_t pixel = ssg_divide(row, parts), part = row - pixel * parts;
    float scale = ssg_widen(weight[part * rest + pixel]);
    SsgPack<T, W> v = ssg_load<W>(in + (part * rest + pixel) * channels + channel);
    for (int k = 0; k < W; k++)
      v.v[k] = ssg_narrow<T>(scale * ssg_widen(v.v[k]));
    ssg_store<W>(out + i, v);
  }
}

static void launch_weigh_parts(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  const SsgShape *in = &call->in[0].shape;
  int64_t parts = in->dim[0], rest = in->dim[1] * in->dim[2], channels = in->dim[3];
  ssg_with_float(call->out.dtype, [&](auto zero) {
    using T = decltype(zero);
    T *out = (T *) call->out.data;
    const T *x = (const T *) call->in[0].data;
    bool wide = channels % 4 == 0 && ssg_is_aligned(out, 4 * sizeof(T)) && ssg_is_aligned(x, 4 * sizeof(T));
    ssg_with_width(wide, [&](auto width) {
      constexpr int W = decltype(width)::value;
      int64_t blocks = ssg_blocks_for(parts * rest * channels / W);
      if (call->in[1].dtype == SSG_F32)
        SSG_LAUNCH(launch->stream, blocks, (weigh_parts<W, T, float>), out, x, (const float *) call->in[1].data, parts,
                   rest, channels);
      else
        SSG_LAUNCH(launch->stream, blocks, (weigh_parts<W, T, T>), out, x, (const T *) call->in[1].data, parts, rest,
                   channels);
    });
  });
}

/* Weights of the pictures' own dtype, or f32. */
static bool supports_weigh_parts(const SsgOpCall *call)
{
  return same_float(call) && (call->in[1].dtype == SSG_F32 || call->in[1].dtype == call->out.dtype);
}

SSG_KERNEL one_hot(float *out, const uint8_t *in, int64_t classes, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i >= n)
      continue;
    int64_t pixel = ssg_divide(i, classes);
    out[i] = in[pixel] == i - pixel * classes ? 1.0f : -1.0f;
  }
}

static void launch_one_hot(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int64_t n = ssg_shape_elements(&call->out.shape);
  SSG_LAUNCH(launch->stream, ssg_blocks_for(n), (one_hot), (float *) call->out.data, (const uint8_t *) call->in[0].data,
             call->out.shape.dim[call->out.shape.rank - 1], n);
}

static bool supports_one_hot(const SsgOpCall *call)
{
  return call->in[0].dtype == SSG_U8 && call->out.dtype == SSG_F32;
}

template <typename T> SSG_KERNEL argmax(uint8_t *out, const T *in, int64_t classes, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i >= n)
      continue;
    const T *row = in + i * classes;
    float best = ssg_widen(row[0]);
    int which = 0;
    for (int k = 1; k < classes; k++)
      if (ssg_widen(row[k]) > best) {
        best = ssg_widen(row[k]);
        which = k;
      }
    out[i] = (uint8_t) which;
  }
}

static void launch_argmax(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int64_t n = ssg_shape_elements(&call->out.shape);
  ssg_with_float(call->in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    SSG_LAUNCH(launch->stream, ssg_blocks_for(n), (argmax<T>), (uint8_t *) call->out.data, (const T *) call->in[0].data,
               call->in[0].shape.dim[call->in[0].shape.rank - 1], n);
  });
}

static bool supports_argmax(const SsgOpCall *call)
{
  return ssg_is_float(call->in[0].dtype) && call->out.dtype == SSG_U8;
}

extern "C" {
const SsgCudaKernel ssg_cuda_avg_pool = {same_float, NULL, launch_pool<false>};
const SsgCudaKernel ssg_cuda_spread = {same_float, NULL, launch_pool<true>};
const SsgCudaKernel ssg_cuda_weigh_parts = {supports_weigh_parts, NULL, launch_weigh_parts};
const SsgCudaKernel ssg_cuda_one_hot = {supports_one_hot, NULL, launch_one_hot};
const SsgCudaKernel ssg_cuda_argmax = {supports_argmax, NULL, launch_argmax};
}
