/* bias-act; also the epilogue of conv and matmul (library.h). Bias, noise and strength are f32 whatever the picture is.
 */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/types.h"
#include "kernels/math/pointwise.h"

struct Rows {
  int64_t n, channels;
  int64_t rows_per_bias; /* rows that share a row of bias */
  int64_t noise_rows;    /* noise repeats after as many rows */
};

/* channels is a multiple of W. bias or noise (with strength) may be NULL. */
template <int W, typename T>
SSG_KERNEL bias_act(T *out, const T *in, const float *bias, const float *noise, const float *strength, Rows rows,
                    bool act)
{
  SSG_THREADS(t)
  {
    int64_t i = (SSG_BLOCK_INDEX * SSG_BLOCK + t) * W;
    if (i >= rows.n)
      continue;
    int64_t row = ssg_divide(i, rows.channels), channel = i - row * rows.channels;
    SsgPack<T, W> x = ssg_load<W>(in + i);
    SsgPack<float, W> b = {};
    float scale = 0.0f, grain = 0.0f;
    if (bias) {
      int64_t bias_row = rows.rows_per_bias == rows.n ? 0 : ssg_divide(row, rows.rows_per_bias);
      b = ssg_load<W>(bias + bias_row * rows.channels + channel);
    }
    if (noise) {
      scale = strength[0];
      grain = noise[row - ssg_divide(row, rows.noise_rows) * rows.noise_rows];
    }
    for (int k = 0; k < W; k++) {
      float y = ssg_math_bias_noise(ssg_widen(x.v[k]), b.v[k], scale, grain);
      x.v[k] = ssg_narrow<T>(act ? ssg_act<T>(y) : y);
    }
    ssg_store<W>(out + i, x);
  }
}

static void launch_bias_act(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  const SsgArray absent = {}, *bias = call->n_in > 1 ? &call->in[1] : &absent;
  const SsgArray *noise = call->n_in > 2 ? &call->in[2] : &absent;
  const float *strength = call->n_in > 3 ? (const float *) call->in[3].data : nullptr;
  int64_t n = ssg_shape_elements(&call->out.shape), channels = call->out.shape.dim[call->out.shape.rank - 1];
  int64_t bias_rows = bias->data ? ssg_shape_elements(&bias->shape) / channels : 1;
  Rows rows = {n, channels, bias_rows == 1 ? n : n / channels / bias_rows,
               noise->data ? ssg_shape_elements(&noise->shape) : 1};
  ssg_with_float(call->out.dtype, [&](auto zero) {
    using T = decltype(zero);
    T *out = (T *) call->out.data;
    const T *in = (const T *) call->in[0].data;
    bool wide = channels % 4 == 0 && ssg_is_aligned(out, 4 * sizeof(T)) && ssg_is_aligned(in, 4 * sizeof(T)) &&
                ssg_is_aligned(bias->data, 4 * sizeof(float));
    ssg_with_width(wide, [&](auto width) {
      constexpr int W = decltype(width)::value;
      SSG_LAUNCH(launch->stream, ssg_blocks_for(n / W), (bias_act<W, T>), out, in, (const float *) bias->data,
                 (const float *) noise->data, strength, rows, call->param.bias_act.act);
    });
  });
}

static bool supports_bias_act(const SsgOpCall *call)
{
  for (int i = 1; i < call->n_in; i++)
    if (call->in[i].data && call->in[i].dtype != SSG_F32)
      return false;
  return ssg_is_float(call->out.dtype) && call->in[0].dtype == call->out.dtype;
}

extern "C" {
const SsgCudaKernel ssg_cuda_bias_act = {supports_bias_act, NULL, launch_bias_act};
}
