/* upfirdn, with bias, noise and activation in the same pass. Bias, noise and strength are f32 whatever the picture is.
 */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/types.h"
#include "kernels/math/index.h"
#include "kernels/math/pointwise.h"

#define TAPS 4

struct Upfirdn {
  int64_t n, height, width, channels; /* in: [n, height, width, channels] */
  int64_t out_height, out_width;
  int64_t noise_pictures; /* 0: no noise; 1: one for all; n: one each */
  int up, down, pad_x, pad_y;
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

/* UP: 1 or 2, or 0 for any (f.up). channels is a multiple of W. A thread makes W channels of one pixel. */
template <int UP, int W, typename T>
SSG_KERNEL upfirdn(T *out, const T *in, const float *bias, const float *noise, const float *strength, Upfirdn f)
{
  const int64_t packs = f.channels / W, total = f.n * f.out_height * f.out_width * packs;
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i >= total)
      continue;
    int64_t pixel = ssg_divide(i, packs), channel = (i - pixel * packs) * W;
    int64_t line = ssg_divide(pixel, f.out_width), x = pixel - line * f.out_width;
    int64_t picture = ssg_divide(line, f.out_height), y = line - picture * f.out_height;
    const int up = UP ? UP : f.up;
    int tap_x, tap_y;
    int64_t sample_x, sample_y;
    first_tap<UP>(x * f.down, f.pad_x, f.up, &tap_x, &sample_x);
    first_tap<UP>(y * f.down, f.pad_y, f.up, &tap_y, &sample_y);

    float sum[W] = {};
    for (int ky = tap_y; ky < TAPS; ky += up, sample_y++) {
      if (sample_y < 0 || sample_y >= f.height)
        continue;
      const T *row = in + (picture * f.height + sample_y) * f.width * f.channels + channel;
      float across[W] = {};
      int64_t sx = sample_x;
      for (int kx = tap_x; kx < TAPS; kx += up, sx++) {
        if (sx < 0 || sx >= f.width)
          continue;
        SsgPack<T, W> v = ssg_load<W>(row + sx * f.channels);
        for (int k = 0; k < W; k++)
          across[k] = fmaf(ssg_math_fir_tap(kx), ssg_widen(v.v[k]), across[k]);
      }
      for (int k = 0; k < W; k++)
        sum[k] = fmaf(ssg_math_fir_tap(ky), across[k], sum[k]);
    }

    SsgPack<float, W> b = {};
    float scale = 0.0f, grain = 0.0f;
    if (bias)
      b = ssg_load<W>(bias + channel);
    if (f.noise_pictures) {
      scale = strength[0];
      grain = noise[f.noise_pictures == 1 ? y * f.out_width + x : pixel];
    }
    SsgPack<T, W> result;
    for (int k = 0; k < W; k++) {
      float value = ssg_math_bias_noise(f.gain * sum[k], b.v[k], scale, grain);
      result.v[k] = ssg_narrow<T>(f.act ? ssg_act<T>(value) : value);
    }
    ssg_store<W>(out + pixel * f.channels + channel, result);
  }
}

template <int UP> static void launch_for(const SsgOpCall *call, const SsgCudaLaunch *launch, const Upfirdn &f)
{
  const SsgArray absent = {}, *bias = call->n_in > 1 ? &call->in[1] : &absent;
  const float *noise = call->n_in > 2 ? (const float *) call->in[2].data : nullptr;
  const float *strength = call->n_in > 3 ? (const float *) call->in[3].data : nullptr;
  int64_t n = ssg_shape_elements(&call->out.shape);
  ssg_with_float(call->out.dtype, [&](auto zero) {
    using T = decltype(zero);
    T *out = (T *) call->out.data;
    const T *in = (const T *) call->in[0].data;
    bool wide = f.channels % 4 == 0 && ssg_is_aligned(out, 4 * sizeof(T)) && ssg_is_aligned(in, 4 * sizeof(T)) &&
                ssg_is_aligned(bias->data, 4 * sizeof(float));
    ssg_with_width(wide, [&](auto width) {
      constexpr int W = decltype(width)::value;
      SSG_LAUNCH(launch->stream, ssg_blocks_for(n / W), (upfirdn<UP, W, T>), out, in, (const float *) bias->data, noise,
                 strength, f);
    });
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
