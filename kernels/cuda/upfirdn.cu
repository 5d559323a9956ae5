/* upfirdn, with bias, noise and activation in the same pass. Bias, noise and strength are f32 whatever the picture is.
 *
 * A thread takes 16 bytes of channels down a strip of one column: it filters each line of the input across once, holds the last
 * four of them (two when upsampling) in registers, and filters those down. So an output costs four loads (or two) instead of
 * sixteen; three of the four are other threads' of the same line, which lie in the first cache, and a copy of the tile in shared
 * memory would only repeat that. */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/types.h"
#include "kernels/math/index.h"
#include "kernels/math/pointwise.h"

#define TAPS 4
#define MOST_ROWS 16 /* of a strip */

/* Strips are only as long as leaves so many threads, which keep a large GPU busy. Tests make it small. */
#ifndef SSG_CUDA_STRIP_THREADS
#define SSG_CUDA_STRIP_THREADS (1 << 17)
#endif

struct Upfirdn {
  int64_t n, height, width, channels; /* in: [n, height, width, channels] */
  int64_t out_height, out_width;
  int64_t strips;         /* of a column, `rows` outputs each (the last one fewer) */
  int64_t noise_pictures; /* 0: no noise; 1: one for all; n: one each */
  int rows, up, down, pad_x, pad_y;
  float gain;
  bool act;
};

/* The taps that meet a sample, one direction: of the up-sampled, padded line, places first .. first + 3 are filtered;
 * sample s lies at place s * up + pad. Taps tap, tap + up, ... meet samples sample, sample + 1, ... */
template <int UP> SSG_INLINE void first_tap(int64_t first, int pad, int up_at_run_time, int *tap, int64_t *sample)
{
  const int up = UP ? UP : up_at_run_time;
  int64_t place = first - pad;
  /* Towards minus infinity, since padding makes places negative. */
  int64_t below = place >= 0 ? ssg_divide(place, up) : -ssg_divide(-place + up - 1, up);
  bool exact = below * up == place;
  *sample = exact ? below : below + 1;
  *tap = exact ? 0 : (int) ((below + 1) * up - place);
}

/* One line filtered across: the samples from first on, where the picture has them. */
template <int N, int W, typename T>
SSG_INLINE void filter_across(float sum[W], const T *line, bool exists, int64_t first, int tap, int up, const Upfirdn &f)
{
  SSG_UNROLL
  for (int k = 0; k < W; k++)
    sum[k] = 0.0f;
  SSG_UNROLL
  for (int j = 0; j < N; j++) {
    if (!exists || tap + j * up >= TAPS || first + j < 0 || first + j >= f.width)
      continue;
    SsgPack<T, W> v = ssg_load<W>(line + (first + j) * f.channels);
    SSG_UNROLL
    for (int k = 0; k < W; k++)
      sum[k] = fmaf(ssg_math_fir_tap(tap + j * up), ssg_widen(v.v[k]), sum[k]);
  }
}

/* UP: 1 or 2, or 0 for any (f.up). channels is a multiple of W. */
template <int UP, int W, typename T>
SSG_KERNEL upfirdn(T *out, const T *in, const float *bias, const float *noise, const float *strength, Upfirdn f)
{
  constexpr int N = UP == 2 ? 2 : TAPS; /* samples that taps can meet */
  const int64_t packs = f.channels / W, total = f.n * f.strips * f.out_width * packs;
  const int up = UP ? UP : f.up;
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i >= total)
      continue;
    int64_t column = ssg_divide(i, packs), channel = (i - column * packs) * W;
    int64_t strip = ssg_divide(column, f.out_width), x = column - strip * f.out_width;
    int64_t picture = ssg_divide(strip, f.strips), first_row = (strip - picture * f.strips) * f.rows;
    int64_t end = first_row + f.rows < f.out_height ? first_row + f.rows : f.out_height;
    const T *lines = in + picture * f.height * f.width * f.channels + channel;
    int tap_x, tap_y;
    int64_t sample_x, sample_y, next = 0; /* the line that enters the window next */
    first_tap<UP>(x * f.down, f.pad_x, f.up, &tap_x, &sample_x);

    float b[W], window[N][W] = {};
    for (int k = 0; k < W; k++)
      b[k] = bias ? bias[channel + k] : 0.0f;
    const float scale = f.noise_pictures ? strength[0] : 0.0f;
    for (int64_t y = first_row; y < end; y++) {
      first_tap<UP>(y * f.down, f.pad_y, f.up, &tap_y, &sample_y);
      if (y == first_row)
        next = sample_y;
      for (; next < sample_y + N; next++) {
        SSG_UNROLL
        for (int j = 0; j + 1 < N; j++)
          for (int k = 0; k < W; k++)
            window[j][k] = window[j + 1][k];
        filter_across<N, W>(window[N - 1], lines + next * f.width * f.channels, next >= 0 && next < f.height, sample_x, tap_x, up,
                            f);
      }
      float sum[W] = {};
      SSG_UNROLL
      for (int j = 0; j < N; j++)
        if (tap_y + j * up < TAPS)
          for (int k = 0; k < W; k++)
            sum[k] = fmaf(ssg_math_fir_tap(tap_y + j * up), window[j][k], sum[k]);

      int64_t pixel = (picture * f.out_height + y) * f.out_width + x;
      float grain = f.noise_pictures ? noise[f.noise_pictures == 1 ? y * f.out_width + x : pixel] : 0.0f;
      SsgPack<T, W> result;
      for (int k = 0; k < W; k++) {
        float value = ssg_math_bias_noise(f.gain * sum[k], b[k], scale, grain);
        result.v[k] = ssg_narrow<T>(f.act ? ssg_act<T>(value) : value);
      }
      ssg_store<W>(out + pixel * f.channels + channel, result);
    }
  }
}

template <int UP, int W, typename T> static void launch_as(const SsgOpCall *call, const SsgCudaLaunch *launch, Upfirdn f)
{
  const float *bias = call->n_in > 1 ? (const float *) call->in[1].data : nullptr;
  const float *noise = call->n_in > 2 ? (const float *) call->in[2].data : nullptr;
  const float *strength = call->n_in > 3 ? (const float *) call->in[3].data : nullptr;
  int64_t columns = f.n * f.out_width * (f.channels / W), rows = columns * f.out_height / SSG_CUDA_STRIP_THREADS;
  f.rows = (int) (rows < 1 ? 1 : rows > MOST_ROWS ? MOST_ROWS : rows);
  f.strips = (f.out_height + f.rows - 1) / f.rows;
  SSG_LAUNCH(launch->stream, ssg_blocks_for(columns * f.strips), (upfirdn<UP, W, T>), (T *) call->out.data,
             (const T *) call->in[0].data, bias, noise, strength, f);
}

template <int UP> static void launch_for(const SsgOpCall *call, const SsgCudaLaunch *launch, const Upfirdn &f)
{
  ssg_with_float(call->out.dtype, [&](auto zero) {
    using T = decltype(zero);
    constexpr int wide = 16 / sizeof(T);
    if (f.channels % wide == 0 && ssg_is_aligned(call->out.data, 16) && ssg_is_aligned(call->in[0].data, 16))
      launch_as<UP, wide, T>(call, launch, f);
    else
      launch_as<UP, 1, T>(call, launch, f);
  });
}

static void launch_upfirdn(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  const SsgShape *in = &call->in[0].shape, *out = &call->out.shape;
  Upfirdn f = {};
  f.n = in->dim[0];
  f.height = in->dim[1];
  f.width = in->dim[2];
  f.channels = in->dim[3];
  f.out_height = out->dim[1];
  f.out_width = out->dim[2];
  f.noise_pictures = call->n_in > 2 && call->in[2].data ? call->in[2].shape.dim[0] : 0;
  f.up = call->param.upfirdn.up;
  f.down = call->param.upfirdn.down;
  f.pad_x = call->param.upfirdn.pad_x0;
  f.pad_y = call->param.upfirdn.pad_y0;
  f.gain = call->param.upfirdn.gain;
  f.act = call->param.upfirdn.act;
  if (f.up == 1)
    launch_for<1>(call, launch, f);
  else if (f.up == 2)
    launch_for<2>(call, launch, f);
  else
    launch_for<0>(call, launch, f);
}

static bool supports_upfirdn(const SsgOpCall *call)
{
  for (int i = 1; i < call->n_in; i++)
    if (call->in[i].data && call->in[i].dtype != SSG_F32)
      return false;
  return ssg_is_float(call->out.dtype) && call->in[0].dtype == call->out.dtype;
}

extern "C" {
const SsgCudaKernel ssg_cuda_upfirdn = {supports_upfirdn, NULL, launch_upfirdn};
}
