/* Convolutions and matrix products by oneDNN. dnnl.c is the one file that knows oneDNN; it builds with the 2.x and the
 * 3.x C interface. Primitives are cached by what they compute (the least recently used go first), repacked weights by
 * their cache_key until they are forgotten. One SsgDnnl belongs to one device and so to one thread at a time.
 */
#pragma once

#include "kernels/cpu/internal.h"

/* NULL with a sentence in reason. */
SsgDnnl *ssg_dnnl_new(char *reason, size_t reason_size);
/* How many threads oneDNN may use from now on where it is asked by this one; it takes fewer where sums would depend on it. */
void ssg_dnnl_set_threads(int n);
/* NULL is allowed. */
void ssg_dnnl_free(SsgDnnl *dnnl);
void ssg_dnnl_forget(SsgDnnl *dnnl, uint64_t cache_key);
bool ssg_dnnl_keeps(const SsgDnnl *dnnl, uint64_t cache_key);
/* Bytes of repacked weights. */
size_t ssg_dnnl_cached(const SsgDnnl *dnnl);

/* Numbers (f32) in the longest vectors that may be used: 16 (AVX-512), 8 (AVX2 with FMA), or 0 for whatever else there is. As oneDNN
 * itself finds it, or as ONEDNN_MAX_CPU_ISA limits it. */
int ssg_dnnl_vector_lanes(void);
/* Whether the processor multiplies matrices of bf16 (AMX), and oneDNN may use that. With AVX512_BF16 alone it is slower than in f32. */
bool ssg_dnnl_has_bf16(void);

/* A convolution or one of its adjoints, in CONV's terms: x [n, h, w, ci], y [n, ho, wo, co], weight [co, kh, kw, ci].
 */
typedef struct SsgDnnlConv SsgDnnlConv;
struct SsgDnnlConv {
  SsgOp op; /* CONV, CONV_INPUT or CONV_WEIGHT: which of the three arrays is the result */
  int64_t n, h, w, ci, ho, wo, co, kh, kw;
  int64_t stride, pad_top, pad_left, pad_bottom, pad_right;
  bool act;  /* CONV only */
  bool bf16; /* factors are rounded to bf16 on the way, sums are in f32: filters larger than 1x1 alone */
  float *x, *y, *weight;
  const float *bias; /* CONV only; [co] or NULL */
  uint64_t weight_key;
  /* NULL, or makes the weights [co, kh, kw, ci] from what `weight` points to (CONV only). With a weight_key it is
   * called once: derive_form, not 0, tells apart what is derived from the same weights. `derive_from` is for its use.
   */
  void (*derive)(const SsgCpu *cpu, const SsgDnnlConv *conv, float *to);
  int64_t derive_form;
  const SsgDnnlConv *derive_from;
};

/* CONV and CONV_INPUT. */
SsgStatus ssg_dnnl_conv(SsgCpu *cpu, const SsgDnnlConv *conv);

#define SSG_DNNL_MAX_PIECES 16
/* Pieces of one CONV_WEIGHT, or of CONVs with a weight_key, each on one thread, the pieces side by side in this order.
 * oneDNN's own division of these ops depends on the number of threads, and with it the order of its sums; that of pieces
 * does not. 1 <= n <= SSG_DNNL_MAX_PIECES. */
SsgStatus ssg_dnnl_conv_pieces(SsgCpu *cpu, const SsgDnnlConv *pieces, int n);

/* out[b] = act(alpha * op(a[b]) op(b[b]) + bias). Strides in elements; a stride of 0 between batches repeats a matrix.
 */
typedef struct {
  int64_t batch, m, n, k;
  const float *a, *b;
  int64_t a_batch, a_row, a_column; /* strides of op(a) [m, k] */
  int64_t b_batch, b_row, b_column; /* strides of op(b) [k, n] */
  float *out;                       /* dense [batch, m, n] */
  const float *bias;                /* [n]; NULL: none. Only with alpha == 1. */
  bool act;
  float alpha;
  uint64_t b_key; /* cache_key of b */
} SsgDnnlMatmul;

/* Pieces of one product, or several, each on one thread, side by side: as ssg_dnnl_conv_pieces(). */
SsgStatus ssg_dnnl_matmul_pieces(SsgCpu *cpu, const SsgDnnlMatmul *pieces, int n);
/* A whole product, with the same bits for any number of threads (matmul.c). */
SsgStatus ssg_cpu_product(SsgCpu *cpu, const SsgDnnlMatmul *matmul);

/* CONVs of one picture or more with constant weights (a weight_key), with the same bits for any number of threads
 * (conv-slabs.c). All have one n. n_convs <= 2; the one with more work first. */
SsgStatus ssg_cpu_conv_slabs(SsgCpu *cpu, const SsgDnnlConv *convs, int n_convs);

/* CONV_WEIGHT, with the same bits for any number of threads (conv-weight.c). */
SsgStatus ssg_cpu_conv_weight(SsgCpu *cpu, const SsgDnnlConv *conv);

/* The same by a loop of our own (conv-outer.c); fits(): where the processor and the shape allow. */
bool ssg_cpu_conv_outer_fits(const SsgDnnlConv *conv);
SsgStatus ssg_cpu_conv_outer(SsgCpu *cpu, const SsgDnnlConv *conv);

/* CONV_INPUT, by way of forward convolutions where these are faster (conv-input.c). */
SsgStatus ssg_cpu_conv_input(SsgCpu *cpu, const SsgDnnlConv *conv);
/* A convolution or CONV_INPUT by the fastest way that does not rewrite it: a product for 1x1. */
SsgStatus ssg_cpu_conv_plain(SsgCpu *cpu, const SsgDnnlConv *conv);

/* A batch of products with constant right sides, to be run by several threads at a time, each for its own left side. */
typedef struct {
  const SsgDnnl *dnnl;
  const void *primitive, *weight;
  void *room; /* of weights that are not kept, else NULL */
  size_t room_bytes;
  size_t scratch_bytes; /* that each call of run() needs */
} SsgDnnlBatch;

/* matmul's shape counts, not its a, out and bias. Its right sides [batch, k, n] are derived by `source` (and kept under source's
 * weight_key, where that is not 0). Valid until the next call of any other function here; finish() is due also after a failure. */
SsgStatus ssg_dnnl_batch_prepare(SsgCpu *cpu, const SsgDnnlMatmul *matmul, const SsgDnnlConv *source,
                                 SsgDnnlBatch *batch);
void ssg_dnnl_batch_finish(SsgCpu *cpu, SsgDnnlBatch *batch);
/* On the calling thread alone. False: oneDNN failed. */
bool ssg_dnnl_batch_run(const SsgDnnlBatch *batch, const float *a, float *out, void *scratch);

/* Whether CONV is better done by ssg_cpu_winograd(): 3x3, enough channels and pixels. */
bool ssg_cpu_winograd_fits(const SsgDnnlConv *conv);
SsgStatus ssg_cpu_winograd(SsgCpu *cpu, const SsgDnnlConv *conv);

/* The same for CONV_WEIGHT (winograd-weight.c). */
bool ssg_cpu_winograd_weight_fits(const SsgDnnlConv *conv);
SsgStatus ssg_cpu_winograd_weight(SsgCpu *cpu, const SsgDnnlConv *conv);

/* A product whose left side is transposed, with few results and long sums (outer-product.c), with the same bits for any number of
 * threads. */
bool ssg_cpu_outer_product_fits(const SsgDnnlMatmul *matmul);
SsgStatus ssg_cpu_outer_product(SsgCpu *cpu, const SsgDnnlMatmul *matmul);
