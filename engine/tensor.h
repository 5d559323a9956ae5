/* Tensors: dense, row-major arrays on a context's device, values fixed once computed, reference counted.
 *
 * Ownership: a function that returns a tensor leaves it to the innermost scope of its context (context.h); use
 * ssg_tensor_ref() to keep one longer, and ssg_tensor_unref() that later. Arguments are never consumed.
 * Differentiation: while a context records, an op whose inputs depend on a tensor marked by ssg_tensor_require_gradient()
 * remembers how it was computed; ssg_differentiate() walks back. Every backward rule is written with these same ops, so that
 * gradients can be differentiated again.
 * Shapes are checked by assertion: a wrong one is a bug of ours, not of a file. */
#pragma once

#include <glib.h>
#include "engine/context.h"
#include "kernels/op.h"

/* SSG_SHAPE(2, 3, 4): a shape of rank 3. */
#define SSG_SHAPE(...) \
  ((SsgShape){.rank = (int) (sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dim = {__VA_ARGS__}})

/* --- making, reading, sharing --- */

/* host: elements in the tensor's dtype, copied. */
SsgTensor *ssg_tensor_new(SsgContext *ctx, SsgDtype dtype, SsgShape shape, const void *host);
SsgTensor *ssg_tensor_new_f32(SsgContext *ctx, SsgShape shape, const float *host);
/* Uninitialised values; for in-place writers (upload, optimiser state). */
SsgTensor *ssg_tensor_empty(SsgContext *ctx, SsgDtype dtype, SsgShape shape);
SsgTensor *ssg_tensor_full(SsgContext *ctx, SsgShape shape, float value);
/* N(0,1); element i depends on (seed, stream, i) only (op.h). */
SsgTensor *ssg_tensor_normal(SsgContext *ctx, SsgShape shape, guint64 seed, guint64 stream);
/* The same with a stream for each row of the first axis: streams [shape.dim[0]] on the host, plus `offset`. What a row holds does
 * not depend on the rows beside it, so that a batch may be split among processes. */
SsgTensor *ssg_tensor_normal_rows(SsgContext *ctx, SsgShape shape, guint64 seed, const guint64 *streams, guint64 offset);

SsgTensor *ssg_tensor_ref(SsgTensor *t);
void ssg_tensor_unref(SsgTensor *t); /* NULL is allowed */
#define ssg_tensor_clear(pointer) g_clear_pointer(pointer, ssg_tensor_unref)

SsgContext *ssg_tensor_context(const SsgTensor *t);
const SsgShape *ssg_tensor_shape(const SsgTensor *t);
int64_t ssg_tensor_dim(const SsgTensor *t, int axis); /* negative axes count from the end */
int ssg_tensor_rank(const SsgTensor *t);
int64_t ssg_tensor_elements(const SsgTensor *t);
SsgDtype ssg_tensor_dtype(const SsgTensor *t);
/* Copies all elements to host memory in the tensor's dtype; waits for the device. FALSE when the tensor has no data. */
gboolean ssg_tensor_download(const SsgTensor *t, void *host);
/* The one value of a one-element f32 tensor; NaN when it has no data. */
float ssg_tensor_item(const SsgTensor *t);
/* Overwrites in place. Only for tensors that no recorded op has seen. */
void ssg_tensor_upload(SsgTensor *t, const void *host);
void ssg_tensor_copy_into(SsgTensor *to, const SsgTensor *from);
/* Promises that the contents never change again: the device may keep a repacked copy while the tensor lives. */
void ssg_tensor_set_constant(SsgTensor *t);
/* A constant f32 tensor whose elements make(data, index) computes when an op first needs them, as a tensor of that shape in the
 * current scope, and which are given up again while the device keeps a repacked copy of them. make() may be called more than once
 * and must compute the same elements each time; data must outlive the tensor. For inputs of ops alone: such a tensor cannot be
 * downloaded, copied or overwritten. */
typedef SsgTensor *(*SsgTensorMake)(gpointer data, int index);
SsgTensor *ssg_tensor_new_made(SsgContext *ctx, SsgShape shape, SsgTensorMake make, gpointer data, int index);
/* [start, start + shape) of the block's elements as a tensor that shares its memory (parameter blocks). */
SsgTensor *ssg_tensor_view(SsgTensor *block, int64_t start, SsgShape shape);

/* --- differentiation --- */

/* Marks t as a leaf that gradients are wanted for. */
void ssg_tensor_require_gradient(SsgTensor *t);
gboolean ssg_tensor_requires_gradient(const SsgTensor *t);
/* The same values, unrelated to what they were computed from. */
SsgTensor *ssg_tensor_stop_gradient(SsgTensor *t);

/* Called when the gradient of wrt[index] is final (NULL when nothing flows), while the walk still goes on. */
typedef void (*SsgGradientFunc)(int index, SsgTensor *gradient, gpointer data);

typedef enum {
  SSG_GRADIENT_PLAIN = 0,
  SSG_GRADIENT_RECORD = 1 << 0 /* record the gradients' own computation (for second order); keeps the graph */
} SsgGradientFlags;

/* Gradients of sum(y * seed) (seed NULL: ones) for the n tensors wrt[], which must be marked leaves or recorded results.
 * grads[i] is owned by the current scope, NULL where nothing flows. Without RECORD what the graph saved is freed as the walk
 * passes it, so a graph can be walked once. final may be NULL. */
void ssg_differentiate(SsgTensor *y, SsgTensor *seed, int n, SsgTensor **wrt, SsgTensor **grads, SsgGradientFlags flags,
                       SsgGradientFunc final, gpointer data);

/* --- elementwise; binary ops broadcast dims of 1, ranks equal. binary, affine, sums over axes and broadcast keep the dtype (f32, or on
 * GPUs f16 and bf16; sums are computed in f32), unary is f32 alone --- */

SsgTensor *ssg_tensor_unary(SsgUnary kind, SsgTensor *x);
SsgTensor *ssg_tensor_binary(SsgBinary kind, SsgTensor *a, SsgTensor *b);
/* a * x + b */
SsgTensor *ssg_tensor_affine(SsgTensor *x, float a, float b);
static inline SsgTensor *ssg_tensor_add(SsgTensor *a, SsgTensor *b) { return ssg_tensor_binary(SSG_BINARY_ADD, a, b); }
static inline SsgTensor *ssg_tensor_sub(SsgTensor *a, SsgTensor *b) { return ssg_tensor_binary(SSG_BINARY_SUB, a, b); }
static inline SsgTensor *ssg_tensor_mul(SsgTensor *a, SsgTensor *b) { return ssg_tensor_binary(SSG_BINARY_MUL, a, b); }
static inline SsgTensor *ssg_tensor_div(SsgTensor *a, SsgTensor *b) { return ssg_tensor_binary(SSG_BINARY_DIV, a, b); }
static inline SsgTensor *ssg_tensor_scale(SsgTensor *x, float a) { return ssg_tensor_affine(x, a, 0); }
static inline SsgTensor *ssg_tensor_square(SsgTensor *x) { return ssg_tensor_unary(SSG_UNARY_SQUARE, x); }
static inline SsgTensor *ssg_tensor_sqrt(SsgTensor *x) { return ssg_tensor_unary(SSG_UNARY_SQRT, x); }
static inline SsgTensor *ssg_tensor_rsqrt(SsgTensor *x) { return ssg_tensor_unary(SSG_UNARY_RSQRT, x); }
static inline SsgTensor *ssg_tensor_softplus(SsgTensor *x) { return ssg_tensor_unary(SSG_UNARY_SOFTPLUS, x); }
/* Converts the dtype; not differentiable unless both are floating point. */
SsgTensor *ssg_tensor_cast(SsgTensor *x, SsgDtype dtype);

/* --- shape --- */

/* The same elements in another shape; no copy. */
SsgTensor *ssg_tensor_reshape(SsgTensor *x, SsgShape shape);
/* out.dim[i] = x.dim[axis[i]] */
SsgTensor *ssg_tensor_permute(SsgTensor *x, const int *axis);
/* No copy when every axis before is of size 1. */
SsgTensor *ssg_tensor_slice(SsgTensor *x, int axis, int64_t start, int64_t length);
SsgTensor *ssg_tensor_unslice(SsgTensor *x, int axis, int64_t start, int64_t full_length);
SsgTensor *ssg_tensor_concat(SsgTensor **parts, int n, int axis);
/* Sums over the axes where shape has 1 and x has not, times scale; equal ranks. */
SsgTensor *ssg_tensor_sum_to(SsgTensor *x, SsgShape shape, float scale);
SsgTensor *ssg_tensor_broadcast_to(SsgTensor *x, SsgShape shape, float scale);
/* Everything to [1]. */
SsgTensor *ssg_tensor_sum(SsgTensor *x);
SsgTensor *ssg_tensor_mean(SsgTensor *x);
/* Sum or mean over one axis, which stays as 1. */
SsgTensor *ssg_tensor_sum_axis(SsgTensor *x, int axis);
SsgTensor *ssg_tensor_mean_axis(SsgTensor *x, int axis);
/* Largest over one axis, which stays as 1; no gradient flows. */
SsgTensor *ssg_tensor_max_axis(SsgTensor *x, int axis);
/* Index of the largest of the last axis, u8, that axis dropped; no gradient. */
SsgTensor *ssg_tensor_argmax(SsgTensor *x);
/* u8 labels [...] -> f32 [..., classes], +1 at the class, -1 elsewhere; no gradient. */
SsgTensor *ssg_tensor_one_hot(SsgTensor *labels, int classes);

/* --- layers; see op.h for shapes. bias, noise and strength may be NULL, and are f32. What conv*, upfirdn, bias_act,
 * avg_pool and spread return is of x's dtype (f32, or on GPUs f16 and bf16, with weights of the same); all else is f32, also products of
 * f16 and bf16. In f16 an activation is held within +-256 (op.h) --- */

SsgTensor *ssg_tensor_matmul(SsgTensor *a, SsgTensor *b, gboolean trans_a, gboolean trans_b, float alpha, SsgTensor *bias,
                             gboolean act);
SsgTensor *ssg_tensor_conv(SsgTensor *x, SsgTensor *w, int stride, int pad_before, int pad_after, SsgTensor *bias,
                           gboolean act);
/* Transposed convolution: y [N, Ho, Wo, Co], w [Co, kh, kw, Ci] -> x [N, height, width, Ci]. */
SsgTensor *ssg_tensor_conv_input(SsgTensor *y, SsgTensor *w, int stride, int pad_before, int pad_after, int64_t height,
                                 int64_t width);
SsgTensor *ssg_tensor_conv_weight(SsgTensor *x, SsgTensor *y, int stride, int pad_before, int pad_after, int64_t kh,
                                  int64_t kw);
SsgTensor *ssg_tensor_upfirdn(SsgTensor *x, int up, int down, int pad_before, int pad_after, float gain, SsgTensor *bias,
                              SsgTensor *noise, SsgTensor *strength, gboolean act);
SsgTensor *ssg_tensor_bias_act(SsgTensor *x, SsgTensor *bias, SsgTensor *noise, SsgTensor *strength, gboolean act);
SsgTensor *ssg_tensor_avg_pool(SsgTensor *x, int size);
SsgTensor *ssg_tensor_spread(SsgTensor *x, int size);
/* x [K, N, P, C], weight [K, N, P, 1] -> [N, P, K, C] */
SsgTensor *ssg_tensor_weigh_parts(SsgTensor *x, SsgTensor *weight);

/* --- inference only: no gradient is written for these (op.h: modulate, chain) --- */

/* w [R, O, I], m [R, I, S], b [R, I], code [Rc, S] -> [R, I, O] */
SsgTensor *ssg_tensor_modulate(SsgTensor *w, SsgTensor *m, SsgTensor *b, SsgTensor *code, float code_scale,
                               float weight_scale);
/* x [K or 1, P, C], w [K, L, C, C], bias [K, L, C]; written into out [K, P, C]. */
void ssg_tensor_chain_into(SsgTensor *out, SsgTensor *x, SsgTensor *w, SsgTensor *bias);

/* --- several processes (ssg_device_group_* in kernels/device.h), in place on gradient blocks --- */

/* Sums elements [start, start + count) of an f32 block over the group that the context's device has joined. */
void ssg_tensor_group_sum(SsgTensor *block, int64_t start, int64_t count);
/* What is computed from now on sees the sums. */
void ssg_tensor_group_finish(SsgTensor *block);

/* --- optimisers, in place on parameter blocks --- */

void ssg_tensor_adam(SsgTensor *parameters, SsgTensor *gradient, SsgTensor *moment1, SsgTensor *moment2, float lr,
                     float beta1, float beta2, float eps, gint64 step);
/* to += weight * (from - to) */
void ssg_tensor_lerp_into(SsgTensor *to, SsgTensor *from, float weight);
