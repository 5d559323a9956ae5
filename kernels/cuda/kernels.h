/* Our own kernels, op by op. This header and the .cu files behind it know nothing of the CUDA runtime but a launch, so
 * that the tests compile them for the host (launch.h). Library ops (conv*, matmul) are in library.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "kernels/op.h"

/* What a launch needs: the stream (cudaStream_t, ignored on the host) and scratch memory on the device, aligned to 256
 * bytes, of at least as many bytes as the kernel's scratch() says; NULL when that is 0. */
typedef struct {
  void *stream;
  void *scratch;
} SsgCudaLaunch;

typedef struct {
  /* Whether these dtypes are implemented. Shapes are the caller's business (op.h). */
  bool (*supports)(const SsgOpCall *call);
  /* NULL: needs none. */
  size_t (*scratch)(const SsgOpCall *call);
  /* Asks for the work; errors of the launch are found by the caller with cudaGetLastError(). */
  void (*launch)(const SsgOpCall *call, const SsgCudaLaunch *launch);
} SsgCudaKernel;

/* Launches of our kernels, and calls of libraries that launch theirs. */
extern uint64_t ssg_cuda_launches;
static inline void ssg_cuda_count_launch(void)
{
  __atomic_fetch_add(&ssg_cuda_launches, 1, __ATOMIC_RELAXED);
}

/* The kernel behind an op; NULL for ops that a library runs. */
const SsgCudaKernel *ssg_cuda_kernel(SsgOp op);

extern const SsgCudaKernel ssg_cuda_fill, ssg_cuda_copy, ssg_cuda_unary, ssg_cuda_affine, ssg_cuda_act_grad;
extern const SsgCudaKernel ssg_cuda_random_normal, ssg_cuda_adam, ssg_cuda_lerp;
extern const SsgCudaKernel ssg_cuda_binary, ssg_cuda_broadcast, ssg_cuda_reduce;
extern const SsgCudaKernel ssg_cuda_permute, ssg_cuda_slice, ssg_cuda_unslice, ssg_cuda_concat;
extern const SsgCudaKernel ssg_cuda_bias_act, ssg_cuda_upfirdn, ssg_cuda_avg_pool, ssg_cuda_spread;
extern const SsgCudaKernel ssg_cuda_modulate, ssg_cuda_chain;
extern const SsgCudaKernel ssg_cuda_weigh_parts, ssg_cuda_one_hot, ssg_cuda_argmax;

/* A picture [pictures, height, width, channels] unfolded into rows of taps, kh * kw * channels wide, one row for every
 * pixel of a picture [pictures, out_height, out_width]; only `lines` lines of that, from first_line on (lines count
 * over pictures). The row of pixel (y, x) has at tap (ky, kx) pixel (y * stride - pad_y + ky, x * stride - pad_x + kx);
 * transposed: pixel ((y + pad_y - ky) / stride, (x + pad_x - kx) / stride) where that divides. Zeros where there is
 * none. */
typedef struct {
  int64_t height, width, channels, out_height, out_width, kh, kw, stride, pad_y, pad_x, first_line, lines;
  bool transposed;
} SsgCudaUnfold;

/* out and in of one float dtype. */
void ssg_cuda_unfold(void *out, const void *in, SsgDtype dtype, const SsgCudaUnfold *unfold, void *stream);

#ifdef __cplusplus
}
#endif
