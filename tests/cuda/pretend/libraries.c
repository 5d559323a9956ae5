/* cuBLAS and cuDNN as far as kernels/cuda uses them, computed plainly in f64 from the definitions in their manuals. */
#include "tests/cuda/pretend/pretend.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cublas_v2.h>
#include <cudnn.h>

#include "kernels/math/convert.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

typedef enum { F32, F16, BF16 } Type;

static size_t size_of(Type type)
{
  return type == F32 ? 4 : 2;
}

static double get(const void *data, Type type, int64_t i)
{
  if (type == F32)
    return ((const float *) data)[i];
  uint16_t bits = ((const uint16_t *) data)[i];
  return type == F16 ? ssg_math_from_f16(bits) : ssg_math_from_bf16(bits);
}

static void set(void *data, Type type, int64_t i, double value)
{
  if (type == F32)
    ((float *) data)[i] = (float) value;
  else
    ((uint16_t *) data)[i] = type == F16 ? ssg_math_to_f16((float) value) : ssg_math_to_bf16((float) value);
}

/* n numbers as doubles, to be freed. Only during device work. */
static double *load(const void *data, Type type, int64_t n)
{
  double *numbers = malloc((size_t) n * sizeof *numbers);
  for (int64_t i = 0; i < n; i++)
    numbers[i] = get(data, type, i);
  return numbers;
}

/* ---- cuBLAS: column-major ---- */

static Type type_of(cudaDataType type)
{
  if (type != CUDA_R_32F && type != CUDA_R_16F && type != CUDA_R_16BF)
    pretend_refuse("a product of type %d", (int) type);
  return type == CUDA_R_32F ? F32 : type == CUDA_R_16F ? F16 : BF16;
}

struct cublasContext {
  cudaStream_t stream;
};

cublasStatus_t cublasCreate(cublasHandle_t *handle)
{
  *handle = calloc(1, sizeof **handle);
  pretend_count_object(1);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle)
{
  free(handle);
  pretend_count_object(-1);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream)
{
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void *workspace, size_t bytes)
{
  pretend_check_range(workspace, bytes, "cuBLAS's workspace");
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode)
{
  return CUBLAS_STATUS_SUCCESS;
}

const char *cublasGetStatusString(cublasStatus_t status)
{
  return status == CUBLAS_STATUS_NOT_SUPPORTED ? "not supported" : "pretended failure";
}

/* Numbers from the first to the last of `batch` matrices of rows x columns with leading dimension ld, `stride` apart.
 * All of them must lie within the memory. */
static int64_t matrix_length(const void *data, Type type, int64_t rows, int64_t columns, int64_t ld, int64_t stride,
                             int64_t batch, const char *what)
{
  if (ld < rows)
    pretend_refuse("%s: leading dimension %lld of %lld rows", what, (long long) ld, (long long) rows);
  int64_t n = stride * (batch - 1) + ld * (columns - 1) + rows;
  pretend_check_range(data, (size_t) n * size_of(type), what);
  return n;
}

/* Scalars are by value, as a capture keeps them. */
typedef struct {
  bool turn_a, turn_b;
  int64_t m, n, k, lda, ldb, ldc, na, nb, stride_a, stride_b, stride_c, batch;
  double alpha;
  const void *a, *b;
  void *c;
  Type ta, tb, tc;
} Gemm;

static void run_gemm(void *data)
{
  const Gemm *g = data;
  pretend_check_range(g->a, (size_t) g->na * size_of(g->ta), "A");
  pretend_check_range(g->b, (size_t) g->nb * size_of(g->tb), "B");
  pretend_device_work(true);
  double *left = load(g->a, g->ta, g->na), *right = load(g->b, g->tb, g->nb);
  int64_t a_step = g->turn_a ? 1 : g->lda, b_step = g->turn_b ? g->ldb : 1;
  for (int64_t i = 0; i < g->batch; i++)
    for (int64_t column = 0; column < g->n; column++)
      for (int64_t row = 0; row < g->m; row++) {
        const double *p = left + i * g->stride_a + row * (g->turn_a ? g->lda : 1);
        const double *q = right + i * g->stride_b + column * (g->turn_b ? 1 : g->ldb);
        double sum = 0;
        for (int64_t l = 0; l < g->k; l++)
          sum += p[l * a_step] * q[l * b_step];
        set(g->c, g->tc, i * g->stride_c + row + column * g->ldc, g->alpha * sum);
      }
  free(left);
  free(right);
  pretend_device_work(false);
}

/* Runs it, or notes it with a copy of what it needs. */
static void run_or_record(void (*run)(void *data), void *data, size_t bytes)
{
  void *copy = malloc(bytes);
  memcpy(copy, data, bytes);
  if (pretend_record(run, copy))
    return;
  run(copy);
  free(copy);
}

cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                                          int n, int k, const void *alpha, const void *a, cudaDataType type_a, int lda,
                                          long long stride_a, const void *b, cudaDataType type_b, int ldb,
                                          long long stride_b, const void *beta, void *c, cudaDataType type_c, int ldc,
                                          long long stride_c, int batch, cublasComputeType_t compute,
                                          cublasGemmAlgo_t algorithm)
{
  Type ta = type_of(type_a), tb = type_of(type_b), tc = type_of(type_c);
  pretend_check_stream(handle->stream);
  PretendRefusal refused = pretend_library_call_refused();
  if (refused != PRETEND_GOOD)
    return refused == PRETEND_NOT_SUPPORTED ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_EXECUTION_FAILED;
  pretend_count_library_call();
  /* The table of types in the manual of cublasGemmEx: A and B alike, C alike or f32. */
  if (ta != tb || (tc != ta && tc != F32) || m < 1 || n < 1 || k < 1 || batch < 1 || *(const float *) beta != 0.0f)
    pretend_refuse("a product that is not in the manual");
  if (compute != CUBLAS_COMPUTE_32F && (compute != CUBLAS_COMPUTE_32F_FAST_TF32 || ta != F32))
    pretend_refuse("a product computed in another way (%d)", (int) compute);
  bool turn_a = op_a == CUBLAS_OP_T, turn_b = op_b == CUBLAS_OP_T;
  int64_t na = matrix_length(a, ta, turn_a ? k : m, turn_a ? m : k, lda, stride_a, batch, "A");
  int64_t nb = matrix_length(b, tb, turn_b ? n : k, turn_b ? k : n, ldb, stride_b, batch, "B");
  matrix_length(c, tc, m, n, ldc, stride_c, batch, "C");
  Gemm gemm = {turn_a, turn_b, m, n, k, lda, ldb, ldc, na, nb, stride_a, stride_b, stride_c, batch, *(const float *) alpha,
               a,      b,      c, ta, tb, tc};
  run_or_record(run_gemm, &gemm, sizeof gemm);
  return CUBLAS_STATUS_SUCCESS;
}

/* ---- cuDNN ---- */

struct cudnnContext {
  cudaStream_t stream;
};

struct cudnnTensorStruct {
  Type type;
  int n, c, h, w;
};

struct cudnnFilterStruct {
  Type type;
  int k, c, h, w;
};

struct cudnnConvolutionStruct {
  int pad_h, pad_w, stride_h, stride_w;
  cudnnMathType_t math;
};

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle)
{
  *handle = calloc(1, sizeof **handle);
  pretend_count_object(1);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle)
{
  free(handle);
  pretend_count_object(-1);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream)
{
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

const char *cudnnGetErrorString(cudnnStatus_t status)
{
  return CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_NOT_SUPPORTED ? "not supported" : "pretended failure";
}

void cudnnGetLastErrorString(char *text, size_t size)
{
  snprintf(text, size, "nothing more");
}

#define CREATE_AND_DESTROY(Name, Handle)                                                                               \
  cudnnStatus_t cudnnCreate##Name(Handle *d)                                                                           \
  {                                                                                                                    \
    *d = calloc(1, sizeof **d);                                                                                        \
    pretend_count_object(1);                                                                                           \
    return CUDNN_STATUS_SUCCESS;                                                                                       \
  }                                                                                                                    \
  cudnnStatus_t cudnnDestroy##Name(Handle d)                                                                           \
  {                                                                                                                    \
    free(d);                                                                                                           \
    pretend_count_object(-1);                                                                                          \
    return CUDNN_STATUS_SUCCESS;                                                                                       \
  }

CREATE_AND_DESTROY(TensorDescriptor, cudnnTensorDescriptor_t)
CREATE_AND_DESTROY(FilterDescriptor, cudnnFilterDescriptor_t)
CREATE_AND_DESTROY(ConvolutionDescriptor, cudnnConvolutionDescriptor_t)

static Type cudnn_type(cudnnDataType_t type)
{
  if (type != CUDNN_DATA_FLOAT && type != CUDNN_DATA_HALF && type != CUDNN_DATA_BFLOAT16)
    pretend_refuse("a picture of type %d", (int) type);
  return type == CUDNN_DATA_FLOAT ? F32 : type == CUDNN_DATA_HALF ? F16 : BF16;
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t format, cudnnDataType_t type,
                                         int n, int c, int h, int w)
{
  if (format != CUDNN_TENSOR_NHWC || n < 1 || c < 1 || h < 1 || w < 1)
    pretend_refuse("a picture that is not NHWC");
  *d = (struct cudnnTensorStruct){cudnn_type(type), n, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t type, cudnnTensorFormat_t format,
                                         int k, int c, int h, int w)
{
  if (format != CUDNN_TENSOR_NHWC || k < 1 || c < 1 || h < 1 || w < 1)
    pretend_refuse("a filter that is not NHWC");
  *d = (struct cudnnFilterStruct){cudnn_type(type), k, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int pad_h, int pad_w, int stride_h,
                                              int stride_w, int dilation_h, int dilation_w, cudnnConvolutionMode_t mode,
                                              cudnnDataType_t compute)
{
  if (pad_h < 0 || pad_w < 0 || stride_h < 1 || stride_w < 1 || dilation_h != 1 || dilation_w != 1 ||
      mode != CUDNN_CROSS_CORRELATION || compute != CUDNN_DATA_FLOAT)
    pretend_refuse("a convolution of another kind");
  *d = (struct cudnnConvolutionStruct){pad_h, pad_w, stride_h, stride_w, CUDNN_DEFAULT_MATH};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t math)
{
  d->math = math;
  return CUDNN_STATUS_SUCCESS;
}

static void check_shapes(const struct cudnnTensorStruct *x, const struct cudnnFilterStruct *w,
                         const struct cudnnConvolutionStruct *conv, const struct cudnnTensorStruct *y)
{
  int h = (x->h + 2 * conv->pad_h - w->h) / conv->stride_h + 1;
  int across = (x->w + 2 * conv->pad_w - w->w) / conv->stride_w + 1;
  if (x->c != w->c || y->c != w->k || x->n != y->n || y->h != h || y->w != across || x->type != w->type ||
      x->type != y->type)
    pretend_refuse("descriptors that do not fit: out is %d x %d, not %d x %d", y->h, y->w, h, across);
}

/* Offers three algorithms: one that is not deterministic, or (forward) one that loses digits; one that needs a workspace; one that
 * needs none; only the first when SSGAN_PRETEND_FEW is set. */
#define WORKSPACE 4096
#define OFFER(Perf, first, first_repeats, with_workspace, without)                                                                     \
  do {                                                                                                                 \
    check_shapes(x, w, conv, y);                                                                                       \
    if (pretend_heuristics_refused())                                                                                  \
      return CUDNN_STATUS_NOT_SUPPORTED;                                                                               \
    if (wanted < 3)                                                                                                    \
      pretend_refuse("asked for fewer than three algorithms");                                                         \
    memset(found, 0, 3 * sizeof *found);                                                                               \
    found[0] = (Perf){.algo = first, .determinism = first_repeats, .mathType = conv->math};                   \
    found[1] = (Perf){                                                                                                 \
        .algo = with_workspace, .determinism = CUDNN_DETERMINISTIC, .memory = WORKSPACE, .mathType = conv->math};      \
    found[2] = (Perf){.algo = without, .determinism = CUDNN_DETERMINISTIC, .mathType = conv->math};                    \
    *n = getenv("SSGAN_PRETEND_FEW") ? 1 : 3;                                                                          \
    return CUDNN_STATUS_SUCCESS;                                                                                       \
  } while (0)

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t handle, const cudnnTensorDescriptor_t x,
                                                     const cudnnFilterDescriptor_t w,
                                                     const cudnnConvolutionDescriptor_t conv,
                                                     const cudnnTensorDescriptor_t y, const int wanted, int *n,
                                                     cudnnConvolutionFwdAlgoPerf_t *found)
{
  OFFER(cudnnConvolutionFwdAlgoPerf_t, CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD, CUDNN_DETERMINISTIC,
        CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t handle, const cudnnFilterDescriptor_t w,
                                                          const cudnnTensorDescriptor_t y,
                                                          const cudnnConvolutionDescriptor_t conv,
                                                          const cudnnTensorDescriptor_t x, const int wanted, int *n,
                                                          cudnnConvolutionBwdDataAlgoPerf_t *found)
{
  OFFER(cudnnConvolutionBwdDataAlgoPerf_t, CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, CUDNN_NON_DETERMINISTIC, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1,
        CUDNN_CONVOLUTION_BWD_DATA_ALGO_1);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t handle, const cudnnTensorDescriptor_t x,
                                                            const cudnnTensorDescriptor_t y,
                                                            const cudnnConvolutionDescriptor_t conv,
                                                            const cudnnFilterDescriptor_t w, const int wanted, int *n,
                                                            cudnnConvolutionBwdFilterAlgoPerf_t *found)
{
  OFFER(cudnnConvolutionBwdFilterAlgoPerf_t, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, CUDNN_NON_DETERMINISTIC, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1,
        CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1);
}

typedef enum { FORWARD, DATA, FILTER } Direction;

typedef struct {
  Direction direction;
  struct cudnnTensorStruct x_shape, y_shape;
  struct cudnnFilterStruct w_shape;
  struct cudnnConvolutionStruct conv_shape;
  int64_t nx, nw, ny, n;
  const void *x_data, *w_data, *y_data;
  void *out;
} Convolution;

static void run_convolution(void *data)
{
  const Convolution *c = data;
  const struct cudnnTensorStruct *x = &c->x_shape, *y = &c->y_shape;
  const struct cudnnFilterStruct *w = &c->w_shape;
  const struct cudnnConvolutionStruct *conv = &c->conv_shape;
  const Direction direction = c->direction;
  const int64_t nx = c->nx, nw = c->nw, ny = c->ny, n = c->n;
  const void *x_data = c->x_data, *w_data = c->w_data, *y_data = c->y_data;
  void *out = c->out;
  double *sum = calloc((size_t) n, sizeof *sum);
  pretend_device_work(true);
  double *xs = direction == DATA ? NULL : load(x_data, x->type, nx);
  double *ws = direction == FILTER ? NULL : load(w_data, w->type, nw);
  double *ys = direction == FORWARD ? NULL : load(y_data, y->type, ny);
  for (int64_t i = 0; i < ny; i++) {
    int64_t co = i % y->c, ox = i / y->c % y->w, oy = i / y->c / y->w % y->h, picture = i / y->c / y->w / y->h;
    for (int ky = 0; ky < w->h; ky++)
      for (int kx = 0; kx < w->w; kx++) {
        int64_t iy = oy * conv->stride_h - conv->pad_h + ky, ix = ox * conv->stride_w - conv->pad_w + kx;
        if (iy < 0 || iy >= x->h || ix < 0 || ix >= x->w)
          continue;
        int64_t at_x = ((picture * x->h + iy) * x->w + ix) * x->c, at_w = ((co * w->h + ky) * w->w + kx) * w->c;
        for (int ci = 0; ci < x->c; ci++) {
          if (direction == FORWARD)
            sum[i] += xs[at_x + ci] * ws[at_w + ci];
          else if (direction == DATA)
            sum[at_x + ci] += ys[i] * ws[at_w + ci];
          else
            sum[at_w + ci] += ys[i] * xs[at_x + ci];
        }
      }
  }
  for (int64_t i = 0; i < n; i++)
    set(out, x->type, i, sum[i]);
  pretend_device_work(false);
  free(xs);
  free(ws);
  free(ys);
  free(sum);
}

/* y += x * w in one of three directions, into `out` of n numbers. */
static cudnnStatus_t convolve(cudnnHandle_t handle, Direction direction, const struct cudnnTensorStruct *x,
                              const void *x_data, const struct cudnnFilterStruct *w, const void *w_data,
                              const struct cudnnConvolutionStruct *conv, const struct cudnnTensorStruct *y,
                              const void *y_data, const void *workspace, size_t workspace_bytes, const void *alpha,
                              const void *beta, void *out)
{
  int64_t nx = (int64_t) x->n * x->h * x->w * x->c, nw = (int64_t) w->k * w->h * w->w * w->c;
  int64_t ny = (int64_t) y->n * y->h * y->w * y->c, n = direction == FORWARD ? ny : direction == DATA ? nx : nw;
  size_t size = size_of(x->type);
  check_shapes(x, w, conv, y);
  pretend_check_stream(handle->stream);
  PretendRefusal refused = pretend_library_call_refused();
  if (refused != PRETEND_GOOD)
    return refused == PRETEND_NOT_SUPPORTED ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_EXECUTION_FAILED;
  pretend_count_library_call();
  if (*(const float *) alpha != 1.0f || *(const float *) beta != 0.0f)
    pretend_refuse("a convolution that adds to its output");
  if (x->type != F32 && conv->math != CUDNN_TENSOR_OP_MATH)
    pretend_refuse("a convolution of f16 without tensor cores");
  pretend_check_range(direction == DATA ? out : x_data, (size_t) nx * size, "x");
  pretend_check_range(direction == FILTER ? out : w_data, (size_t) nw * size, "weight");
  pretend_check_range(direction == FORWARD ? out : y_data, (size_t) ny * size, "y");
  if (workspace_bytes)
    pretend_check_range(workspace, workspace_bytes, "workspace");

  Convolution c = {direction, *x, *y, *w, *conv, nx, nw, ny, n, x_data, w_data, y_data, out};
  run_or_record(run_convolution, &c, sizeof c);
  return CUDNN_STATUS_SUCCESS;
}

static void check_algorithm(int algorithm, int with_workspace, int without, size_t bytes)
{
  if (!(algorithm == with_workspace && bytes >= WORKSPACE) && algorithm != without)
    pretend_refuse("algorithm %d, which was not offered, or too small a workspace (%zu)", algorithm, bytes);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void *alpha, const cudnnTensorDescriptor_t x,
                                      const void *x_data, const cudnnFilterDescriptor_t w, const void *w_data,
                                      const cudnnConvolutionDescriptor_t conv, cudnnConvolutionFwdAlgo_t algorithm,
                                      void *workspace, size_t bytes, const void *beta, const cudnnTensorDescriptor_t y,
                                      void *y_data)
{
  check_algorithm(algorithm, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM,
                  bytes);
  return convolve(handle, FORWARD, x, x_data, w, w_data, conv, y, NULL, workspace, bytes, alpha, beta, y_data);
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void *alpha, const cudnnFilterDescriptor_t w,
                                           const void *w_data, const cudnnTensorDescriptor_t y, const void *y_data,
                                           const cudnnConvolutionDescriptor_t conv,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void *workspace, size_t bytes,
                                           const void *beta, const cudnnTensorDescriptor_t x, void *x_data)
{
  check_algorithm(algorithm, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, bytes);
  return convolve(handle, DATA, x, NULL, w, w_data, conv, y, y_data, workspace, bytes, alpha, beta, x_data);
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void *alpha, const cudnnTensorDescriptor_t x,
                                             const void *x_data, const cudnnTensorDescriptor_t y, const void *y_data,
                                             const cudnnConvolutionDescriptor_t conv,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm, void *workspace, size_t bytes,
                                             const void *beta, const cudnnFilterDescriptor_t w, void *w_data)
{
  check_algorithm(algorithm, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, bytes);
  return convolve(handle, FILTER, x, x_data, w, NULL, conv, y, y_data, workspace, bytes, alpha, beta, w_data);
}
