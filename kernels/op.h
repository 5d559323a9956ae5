/* The operations a device runs. This list is the whole vocabulary of the engine: every layer, loss and optimiser step
 * is composed of these, and every device (cpu, cuda) implements all of them.
 *
 * Conventions
 *   - Arrays are dense, row-major, rank 1..SSG_MAX_RANK; pictures are NHWC; convolution weights [out, kh, kw, in].
 *   - Values are f32 unless an op names another dtype. Reductions and products accumulate in f32 or better.
 *   - A device may take f32 numbers below the smallest normal one, 1.2e-38, for 0; the CPU does, in the thread that opens it.
 *   - The caller (engine/) has checked every shape; a device only asserts.
 *   - act is sqrt(2) * leaky_relu(., 0.2). Where the result is f16 it is then held within +-256 (Karras et al. 2020, "Training GANs
 *     with limited data", appendix C), so that the sums of the next layer stay in range; NaN stays NaN.
 *   - `out` never overlaps an input, except where an op says "may alias": then out may be the very same buffer.
 *   - An optional input that is absent has data == NULL.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SSG_MAX_RANK 6
#define SSG_OP_MAX_INPUTS 8

typedef enum { SSG_F32, SSG_F16, SSG_BF16, SSG_I64, SSG_U8 } SsgDtype;

typedef struct {
  int rank;
  int64_t dim[SSG_MAX_RANK];
} SsgShape;

/* A buffer on a device with its shape. `data` is a device pointer, owned by whoever allocated it; it may be NULL for an
 * array of which the device keeps a repacked copy (ssg_device_keeps()).
 * cache_key: 0, or a number that stands for exactly these contents for as long as the process lives. A device may
 * keep a repacked copy of an array with a key (oneDNN weights) until ssg_device_forget() names the key. */
typedef struct {
  void *data;
  SsgShape shape;
  SsgDtype dtype;
  uint64_t cache_key;
} SsgArray;

typedef enum {
  SSG_UNARY_NEGATE,
  SSG_UNARY_SQUARE,
  SSG_UNARY_SQRT,
  SSG_UNARY_RSQRT,
  SSG_UNARY_RECIPROCAL,
  SSG_UNARY_EXP,
  SSG_UNARY_LOG,
  SSG_UNARY_SIN,
  SSG_UNARY_COS,
  SSG_UNARY_SIGMOID,
  SSG_UNARY_SOFTPLUS, /* log(1 + exp(x)), exact for large |x| */
  SSG_N_UNARY
} SsgUnary;

typedef enum { SSG_BINARY_ADD, SSG_BINARY_SUB, SSG_BINARY_MUL, SSG_BINARY_DIV, SSG_N_BINARY } SsgBinary;

typedef enum { SSG_REDUCE_SUM, SSG_REDUCE_MAX, SSG_N_REDUCE } SsgReduce;

typedef enum {
  /* out[i] = fill.value. No inputs. */
  SSG_OP_FILL,
  /* out[i] = in0[i], converted between dtypes; same number of elements. To u8: rounded to nearest even and saturated. */
  SSG_OP_COPY,
  /* out[i] = f(in0[i]), f = unary.kind. May alias. */
  SSG_OP_UNARY,
  /* out[i] = affine.a * in0[i] + affine.b. May alias. */
  SSG_OP_AFFINE,
  /* out = in0 (binary.kind) in1; all three of one rank; an input's dim equals out's or is 1 (broadcast).
   * An input of out's full shape may alias. */
  SSG_OP_BINARY,
  /* out = reduce.scale * reduction of in0 over every axis where out's dim is 1 and in0's is not; equal ranks.
   * (scale applies to SUM; MAX ignores it.) Deterministic for a given shape, whatever the number of threads. */
  SSG_OP_REDUCE,
  /* out = broadcast.scale * in0, repeated along axes where in0's dim is 1; equal ranks. Adjoint of REDUCE SUM. */
  SSG_OP_BROADCAST,
  /* out.dim[i] = in0.dim[permute.axis[i]]. */
  SSG_OP_PERMUTE,
  /* out = in0 restricted to [slice.start, slice.start + out.dim[slice.axis]) along slice.axis. */
  SSG_OP_SLICE,
  /* Adjoint of SLICE: out is zero but for in0 placed at slice.start along slice.axis. */
  SSG_OP_UNSLICE,
  /* in0 .. in(n_in-1) one after another along concat.axis. */
  SSG_OP_CONCAT,
  /* out[b] = act(matmul.alpha * op(in0[b]) op(in1[b]) + bias). in0 [B0, M, K], or [B0, K, M] when trans_a;
   * in1 [B1, K, N], or [B1, N, K] when trans_b; out [B, M, N] with B = max(B0, B1), B0 and B1 each B or 1.
   * in2 (optional) bias [Bb, N], Bb divides B, batch b takes row b / (B / Bb); matmul.act applies
   * sqrt(2) * leaky_relu(., 0.2). */
  SSG_OP_MATMUL,
  /* Cross-correlation. in0 x [N, H, W, Ci], in1 w [Co, kh, kw, Ci], in2 (optional) bias [Co], out y [N, Ho, Wo, Co],
   * Ho = (H + pad_top + pad_bottom - kh) / stride + 1. y = act(conv + bias) with conv.act. */
  SSG_OP_CONV,
  /* Adjoint of CONV in x (a transposed convolution): in0 y [N, Ho, Wo, Co], in1 w [Co, kh, kw, Ci], out x [N, H, W, Ci].
   * H is given by out's shape, and fulfils CONV's equation. No bias, no act. */
  SSG_OP_CONV_INPUT,
  /* Adjoint of CONV in w: in0 x [N, H, W, Ci], in1 y [N, Ho, Wo, Co], out w [Co, kh, kw, Ci]. */
  SSG_OP_CONV_WEIGHT,
  /* Upsample by zero-stuffing (x at even places, then up-1 zeros after each sample), pad (negative pads crop), filter with
   * the separable FIR [1,3,3,1]/8 in both directions times upfirdn.gain, keep every down-th sample. in0 [N, H, W, C],
   * out [N, Ho, Wo, C], Ho = (H*up + pad_y0 + pad_y1 - 4) / down + 1.
   * Optional epilogue as in BIAS_ACT: in1 bias [C], in2 noise [N or 1, Ho, Wo, 1], in3 strength [1], upfirdn.act. */
  SSG_OP_UPFIRDN,
  /* out = act(in0 + bias + strength * noise). in0 [..., C] (last axis is the channel); in1 (optional) bias [Bb, C] or [C],
   * Bb divides the number of rows R = elements / C, row r takes bias row r / (R / Bb); in2 (optional) noise with Rn
   * elements, one per row, Rn divides R, row r takes noise[r mod Rn]; in3 strength [1], present when noise is.
   * bias_act.act false: no activation. May alias in0. */
  SSG_OP_BIAS_ACT,
  /* out = in0 * (in1 > 0 ? sqrt(2) : 0.2 * sqrt(2)): gradient of act with in0 the gradient, in1 act's output; 0 where
   * that is f16 and lies at its ends. May alias in0. */
  SSG_OP_ACT_GRAD,
  /* Mean over pool.size x pool.size blocks: in0 [N, H, W, C], out [N, H/size, W/size, C]. */
  SSG_OP_AVG_POOL,
  /* Adjoint of AVG_POOL: out [N, H*size, W*size, C] = in0 / size^2, repeated. */
  SSG_OP_SPREAD,
  /* out[n, p, k, c] = in1[k, n, p] * in0[k, n, p, c]. in0 [K, N, P, C], in1 [K, N, P, 1], out [N, P, K, C].
   * The left side of the fused feature product (MODEL.md, generator step 6). */
  SSG_OP_WEIGH_PARTS,
  /* Weights of modulated, demodulated 1x1 convolutions (StyleGAN2, Karras et al. 2020, section 2.2), inputs first as CHAIN
   * takes them. in0 w [R, O, I], in1 m [R, I, S], in2 b [R, I], in3 code [Rc, S], Rc divides R, row r takes code
   * r / (R / Rc); out [R, I, O]: s = modulate.code_scale * m[r] code + b[r], v[o, i] = modulate.weight_scale * w[r, o, i] *
   * s[i], out[r, i, o] = v[o, i] / sqrt(sum_i v[o, i]^2 + 1e-8). For inference: no gradient is written for it. */
  SSG_OP_MODULATE,
  /* L layers one after another, of K parts side by side. in0 x [K or 1, P, C], in1 w [K, L, C, C] (inputs first), in2 bias
   * [K, L, C], out [K, P, C]: L times x = sqrt(2) * leaky_relu(x w[k, l] + bias[k, l], 0.2). A part's result is the same,
   * to the bit, whatever parts are computed beside it. For inference: no gradient is written for it. */
  SSG_OP_CHAIN,
  /* in0 u8 class indices, out f32 of shape in0 x [K] (last axis K = out.dim[rank-1]): +1 at the class, -1 elsewhere.
   * An index >= K gives -1 everywhere. */
  SSG_OP_ONE_HOT,
  /* in0 f32 [..., K], out u8 [...]: index of the largest value, the lowest index on ties. */
  SSG_OP_ARGMAX,
  /* out[i] ~ N(0, 1): Philox4x32-10 with key random.seed, counter (random.stream, i / 4), Box-Muller; element i depends
   * only on (seed, stream, i). No inputs. */
  SSG_OP_RANDOM_NORMAL,
  /* Adam with in0 = gradient, in1 = first moment, in2 = second moment, out = parameters; in1, in2, out are updated in
   * place, all of one size:  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;
   * p -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps). */
  SSG_OP_ADAM,
  /* out += lerp.weight * (in0 - out), in place. */
  SSG_OP_LERP,
  SSG_N_OPS
} SsgOp;

typedef struct {
  SsgOp op;
  int n_in;
  SsgArray in[SSG_OP_MAX_INPUTS];
  SsgArray out;
  union {
    struct {
      float value;
    } fill;
    struct {
      SsgUnary kind;
    } unary;
    struct {
      float a, b;
    } affine;
    struct {
      SsgBinary kind;
    } binary;
    struct {
      SsgReduce kind;
      float scale;
    } reduce;
    struct {
      float scale;
    } broadcast;
    struct {
      int axis[SSG_MAX_RANK];
    } permute;
    struct {
      int axis;
      int64_t start;
    } slice;
    struct {
      int axis;
    } concat;
    struct {
      bool trans_a, trans_b, act;
      float alpha;
    } matmul;
    struct {
      int stride, pad_top, pad_left, pad_bottom, pad_right;
      bool act;
    } conv; /* CONV, CONV_INPUT, CONV_WEIGHT */
    struct {
      int up, down, pad_x0, pad_x1, pad_y0, pad_y1;
      float gain;
      bool act;
    } upfirdn;
    struct {
      bool act;
    } bias_act;
    struct {
      int size;
    } pool; /* AVG_POOL, SPREAD */
    struct {
      float code_scale, weight_scale;
    } modulate;
    struct {
      uint64_t seed, stream;
    } random;
    struct {
      float lr, beta1, beta2, eps;
      int64_t step; /* t, from 1 */
    } adam;
    struct {
      float weight;
    } lerp;
  } param;
} SsgOpCall;

/* Name of an op for messages and tables ("conv", "matmul" ...); never NULL. */
const char *ssg_op_name(SsgOp op);
/* Product of the dimensions; 1 for rank 0. */
int64_t ssg_shape_elements(const SsgShape *shape);
/* Bytes of one element. */
int ssg_dtype_size(SsgDtype dtype);
