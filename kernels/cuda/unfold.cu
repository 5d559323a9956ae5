/* Pictures laid out as the rows of a matrix, so that a convolution is a matrix product (conv-unfolded.c). */
#include "kernels/cuda/types.h"

/* Rows [first_line * out_width, (first_line + lines) * out_width) of [pictures * out_height * out_width, kh * kw,
 * channels]. A thread moves W channels of one tap. */
template <int W, typename T> SSG_KERNEL unfold(T *out, const T *in, SsgCudaUnfold u)
{
  const int64_t packs = u.channels / W, taps = u.kh * u.kw;
  const int64_t n = u.lines * u.out_width * taps * packs;
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i >= n)
      continue;
    int64_t place = ssg_divide(i, packs), channel = (i - place * packs) * W;
    int64_t pixel = ssg_divide(place, taps), tap = place - pixel * taps;
    int64_t ky = ssg_divide(tap, u.kw), kx = tap - ky * u.kw;
    int64_t line = ssg_divide(pixel, u.out_width), x = pixel - line * u.out_width;
    line += u.first_line;
    int64_t picture = ssg_divide(line, u.out_height), y = line - picture * u.out_height;
    int64_t from_y, from_x;
    bool meets = true;
    if (u.transposed) {
      int64_t up_y = y + u.pad_y - ky, up_x = x + u.pad_x - kx;
      meets = up_y >= 0 && up_x >= 0;
      from_y = meets ? ssg_divide(up_y, u.stride) : 0;
      from_x = meets ? ssg_divide(up_x, u.stride) : 0;
      meets = meets && from_y * u.stride == up_y && from_x * u.stride == up_x;
    } else {
      from_y = y * u.stride - u.pad_y + ky;
      from_x = x * u.stride - u.pad_x + kx;
    }
    meets = meets && from_y >= 0 && from_y < u.height && from_x >= 0 && from_x < u.width;
    SsgPack<T, W> v = {};
    if (meets)
      v = ssg_load<W>(in + ((picture * u.height + from_y) * u.width + from_x) * u.channels + channel);
    ssg_store<W>(out + place * u.channels + channel, v);
  }
}

extern "C" void ssg_cuda_unfold(void *out, const void *in, SsgDtype dtype, const SsgCudaUnfold *u, void *stream)
{
  ssg_with_float(dtype, [&](auto zero) {
    using T = decltype(zero);
    bool wide = u->channels % 4 == 0 && ssg_is_aligned(in, 4 * sizeof(T)) && ssg_is_aligned(out, 4 * sizeof(T));
    ssg_with_width(wide, [&](auto width) {
      constexpr int W = decltype(width)::value;
      int64_t n = u->lines * u->out_width * u->kh * u->kw * (u->channels / W);
      SSG_LAUNCH(stream, ssg_blocks_for(n), (unfold<W, T>), (T *) out, (const T *) in, *u);
    });
  });
}
