/* conv, conv-input and conv-weight by cuDNN. A 1x1 convolution of stride 1 is a matrix product and goes to matmul.c.
 *
 * Algorithms come from cuDNN's heuristics, not from timing, and only deterministic ones: the same shapes give the same
 * bits in every run, so that training can be resumed exactly. cuDNN's older convolution calls are deprecated in favour
 * of its graph interface, but complete, and present in all of cuDNN 9.
 */
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/kernels.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* More than this for one convolution's workspace and a slower algorithm is taken. */
#define WORKSPACE_LIMIT ((size_t) 1 << 30)
#define MAX_CANDIDATES 8

/* The convolution behind all three ops: x [n, h, w, ci], weight [co, kh, kw, ci], y [n, ho, wo, co]. */
typedef struct {
  SsgOp op;
  SsgDtype dtype;
  SsgPrecision precision;
  int n, h, w, ci, ho, wo, co, kh, kw, stride, pad_y, pad_x;
} Key;

typedef struct {
  int algorithm;
  cudnnMathType_t math;
  size_t workspace;
} Candidate;

struct SsgCudaConvPlan {
  Key key;
  cudnnTensorDescriptor_t x, y;
  cudnnFilterDescriptor_t weight;
  cudnnConvolutionDescriptor_t conv;
  Candidate candidates[MAX_CANDIDATES]; /* best first; none: unfold */
  int n_candidates;
  bool proved; /* candidates[0] ran once */
};

/* x, weight, y of one float dtype; bias f32. */
bool ssg_cuda_supports_conv(const SsgOpCall *call)
{
  SsgDtype dtype = call->out.dtype;
  if (dtype != SSG_F32 && dtype != SSG_F16 && dtype != SSG_BF16)
    return false;
  if (call->in[0].dtype != dtype || call->in[1].dtype != dtype)
    return false;
  return call->n_in < 3 || !call->in[2].data || call->in[2].dtype == SSG_F32;
}

static void operands(const SsgOpCall *call, const SsgArray **x, const SsgArray **weight, const SsgArray **y)
{
  *x = call->op == SSG_OP_CONV_INPUT ? &call->out : &call->in[0];
  *weight = call->op == SSG_OP_CONV_WEIGHT ? &call->out : &call->in[1];
  *y = call->op == SSG_OP_CONV ? &call->out : call->op == SSG_OP_CONV_INPUT ? &call->in[0] : &call->in[1];
}

/* ---- 1x1 ---- */

static SsgArray as_matrix(const SsgArray *array)
{
  SsgArray matrix = *array;
  int64_t columns = array->shape.dim[array->shape.rank - 1];
  matrix.shape = (SsgShape){3, {1, ssg_shape_elements(&array->shape) / columns, columns}};
  return matrix;
}

static SsgStatus run_as_matmul(SsgCuda *cuda, const SsgOpCall *call)
{
  SsgOpCall product = {.op = SSG_OP_MATMUL, .n_in = 2, .out = as_matrix(&call->out)};
  product.in[0] = as_matrix(&call->in[0]);
  product.in[1] = as_matrix(&call->in[1]);
  product.param.matmul.alpha = 1.0f;
  if (call->op == SSG_OP_CONV) { /* y [p, co] = x [p, ci] weight [co, ci]^T */
    product.param.matmul.trans_b = true;
    product.param.matmul.act = call->param.conv.act;
    if (call->n_in > 2 && call->in[2].data) {
      product.n_in = 3;
      product.in[2] = call->in[2];
      product.in[2].shape = (SsgShape){2, {1, call->in[2].shape.dim[0]}};
    }
  } else if (call->op == SSG_OP_CONV_WEIGHT) { /* weight [co, ci] = y [p, co]^T x [p, ci] */
    product.in[0] = as_matrix(&call->in[1]);
    product.in[1] = as_matrix(&call->in[0]);
    product.param.matmul.trans_a = true;
  } /* conv-input: x [p, ci] = y [p, co] weight [co, ci] */
  return ssg_cuda_matmul(cuda, &product);
}

/* ---- padding that cuDNN has no word for ---- */

/* x grows to the padded picture and back: cuDNN pads alike on both sides. */
static SsgStatus run_padded(SsgCuda *cuda, const SsgOpCall *call)
{
  const SsgArray *x, *weight, *y;
  operands(call, &x, &weight, &y);
  SsgArray tall = *x, full = *x;
  tall.shape.dim[1] += call->param.conv.pad_top + call->param.conv.pad_bottom;
  full.shape.dim[1] = tall.shape.dim[1];
  full.shape.dim[2] += call->param.conv.pad_left + call->param.conv.pad_right;
  size_t size = (size_t) ssg_dtype_size(x->dtype);
  size_t tall_bytes = (size_t) ssg_shape_elements(&tall.shape) * size;
  size_t full_bytes = (size_t) ssg_shape_elements(&full.shape) * size;
  tall.data = full.data = NULL;
  tall.cache_key = full.cache_key = 0;

  SsgOpCall rows = {.op = SSG_OP_UNSLICE, .n_in = 1, .in = {*x}, .out = tall};
  rows.param.slice.axis = 1;
  rows.param.slice.start = call->param.conv.pad_top;
  SsgOpCall columns = {.op = SSG_OP_UNSLICE, .n_in = 1, .in = {tall}, .out = full};
  columns.param.slice.axis = 2;
  columns.param.slice.start = call->param.conv.pad_left;

  SsgStatus status = ssg_cuda_allocate(cuda, tall_bytes, &tall.data);
  if (status == SSG_OK)
    status = ssg_cuda_allocate(cuda, full_bytes, &full.data);
  if (status == SSG_OK) {
    SsgOpCall inner = *call;
    inner.param.conv.pad_top = inner.param.conv.pad_bottom = 0;
    inner.param.conv.pad_left = inner.param.conv.pad_right = 0;
    if (call->op == SSG_OP_CONV_INPUT) {
      inner.out = full;
      columns.op = rows.op = SSG_OP_SLICE;
      columns.in[0] = full;
      columns.out = tall;
      rows.in[0] = tall;
      rows.out = *x;
      status = ssg_cuda_conv(cuda, &inner);
      if (status == SSG_OK)
        status = ssg_cuda_run_kernel(cuda, &columns);
      if (status == SSG_OK)
        status = ssg_cuda_run_kernel(cuda, &rows);
    } else {
      rows.out = columns.in[0] = tall;
      columns.out = inner.in[0] = full;
      status = ssg_cuda_run_kernel(cuda, &rows);
      if (status == SSG_OK)
        status = ssg_cuda_run_kernel(cuda, &columns);
      if (status == SSG_OK)
        status = ssg_cuda_conv(cuda, &inner);
    }
  }
  ssg_cuda_release(cuda, full.data, full.data ? full_bytes : 0);
  ssg_cuda_release(cuda, tall.data, tall.data ? tall_bytes : 0);
  return status;
}

/* ---- plans ---- */

static void free_plan(SsgCudaConvPlan *plan)
{
  if (plan->x)
    cudnnDestroyTensorDescriptor(plan->x);
  if (plan->y)
    cudnnDestroyTensorDescriptor(plan->y);
  if (plan->weight)
    cudnnDestroyFilterDescriptor(plan->weight);
  if (plan->conv)
    cudnnDestroyConvolutionDescriptor(plan->conv);
  free(plan);
}

void ssg_cuda_free_conv_plans(SsgCuda *cuda)
{
  for (int i = 0; i < cuda->n_conv_plans; i++)
    free_plan(cuda->conv_plans[i]);
  free(cuda->conv_plans);
  cuda->conv_plans = NULL;
  cuda->n_conv_plans = 0;
}

static SsgStatus describe(SsgCuda *cuda, const SsgOpCall *call, SsgCudaConvPlan *plan)
{
  const Key *k = &plan->key;
  cudnnDataType_t type = k->dtype == SSG_F16    ? CUDNN_DATA_HALF
                         : k->dtype == SSG_BF16 ? CUDNN_DATA_BFLOAT16
                                                : CUDNN_DATA_FLOAT;
  cudnnMathType_t math = k->dtype != SSG_F32                  ? CUDNN_TENSOR_OP_MATH
                         : k->precision == SSG_PRECISION_TF32 ? CUDNN_DEFAULT_MATH
                                                              : CUDNN_FMA_MATH;
#define TRY_CUDNN(function, ...) SSG_TRY(ssg_cuda_check_cudnn(cuda, function(__VA_ARGS__), #function, call))
  TRY_CUDNN(cudnnCreateTensorDescriptor, &plan->x);
  TRY_CUDNN(cudnnCreateTensorDescriptor, &plan->y);
  TRY_CUDNN(cudnnCreateFilterDescriptor, &plan->weight);
  TRY_CUDNN(cudnnCreateConvolutionDescriptor, &plan->conv);
  TRY_CUDNN(cudnnSetTensor4dDescriptor, plan->x, CUDNN_TENSOR_NHWC, type, k->n, k->ci, k->h, k->w);
  TRY_CUDNN(cudnnSetTensor4dDescriptor, plan->y, CUDNN_TENSOR_NHWC, type, k->n, k->co, k->ho, k->wo);
  TRY_CUDNN(cudnnSetFilter4dDescriptor, plan->weight, type, CUDNN_TENSOR_NHWC, k->co, k->ci, k->kh, k->kw);
  TRY_CUDNN(cudnnSetConvolution2dDescriptor, plan->conv, k->pad_y, k->pad_x, k->stride, k->stride, 1, 1,
            CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT);
  TRY_CUDNN(cudnnSetConvolutionMathType, plan->conv, math);
  return SSG_OK;
}

/* Winograd and Fourier transforms are left out: their intermediate values lose digits, in f16 more than it has to spare. */
#define IS_EXACT_FORWARD(a)                                                                                            \
  ((a) == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM || (a) == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM ||       \
   (a) == CUDNN_CONVOLUTION_FWD_ALGO_GEMM || (a) == CUDNN_CONVOLUTION_FWD_ALGO_DIRECT)
#define IS_EXACT_INPUT(a) ((a) == CUDNN_CONVOLUTION_BWD_DATA_ALGO_0 || (a) == CUDNN_CONVOLUTION_BWD_DATA_ALGO_1)
#define IS_EXACT_WEIGHT(a)                                                                                             \
  ((a) == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0 || (a) == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1 ||                         \
   (a) == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_3)

/* Takes over what one of cuDNN's three heuristics answered, which differ in nothing but their types. One that has no
 * answer leaves no candidates. */
#define TAKE_CANDIDATES(Perf, get, first, second, third, is_exact)                                                     \
  do {                                                                                                                 \
    Perf found[MAX_CANDIDATES];                                                                                        \
    int n = 0;                                                                                                         \
    cudnnStatus_t result = get(cuda->cudnn, first, second, plan->conv, third, MAX_CANDIDATES, &n, found);              \
    SsgStatus status = ssg_cuda_check_cudnn(cuda, result, #get, call);                                                 \
    if (status == SSG_LOST || status == SSG_NO_MEMORY)                                                                 \
      return status;                                                                                                   \
    if (status != SSG_OK)                                                                                              \
      n = 0;                                                                                                           \
    for (int i = 0; i < n; i++)                                                                                        \
      if (found[i].status == CUDNN_STATUS_SUCCESS && found[i].determinism == CUDNN_DETERMINISTIC &&                    \
          found[i].memory <= WORKSPACE_LIMIT && is_exact(found[i].algo))                                   \
        plan->candidates[plan->n_candidates++] =                                                                       \
            (Candidate){(int) found[i].algo, exact ? CUDNN_FMA_MATH : found[i].mathType, found[i].memory};             \
  } while (0)

static SsgStatus find_candidates(SsgCuda *cuda, const SsgOpCall *call, SsgCudaConvPlan *plan)
{
  bool exact = plan->key.dtype == SSG_F32 && plan->key.precision == SSG_PRECISION_EXACT;
  if (call->op == SSG_OP_CONV)
    TAKE_CANDIDATES(cudnnConvolutionFwdAlgoPerf_t, cudnnGetConvolutionForwardAlgorithm_v7, plan->x, plan->weight,
                    plan->y, IS_EXACT_FORWARD);
  else if (call->op == SSG_OP_CONV_INPUT)
    TAKE_CANDIDATES(cudnnConvolutionBwdDataAlgoPerf_t, cudnnGetConvolutionBackwardDataAlgorithm_v7, plan->weight,
                    plan->y, plan->x, IS_EXACT_INPUT);
  else
    TAKE_CANDIDATES(cudnnConvolutionBwdFilterAlgoPerf_t, cudnnGetConvolutionBackwardFilterAlgorithm_v7, plan->x,
                    plan->y, plan->weight, IS_EXACT_WEIGHT);
  return SSG_OK;
}

static SsgStatus find_plan(SsgCuda *cuda, const SsgOpCall *call, const Key *key, SsgCudaConvPlan **found)
{
  for (int i = 0; i < cuda->n_conv_plans; i++)
    if (memcmp(&cuda->conv_plans[i]->key, key, sizeof *key) == 0) {
      *found = cuda->conv_plans[i];
      return SSG_OK;
    }
  SsgCudaConvPlan **plans = realloc(cuda->conv_plans, (size_t) (cuda->n_conv_plans + 1) * sizeof *plans);
  SsgCudaConvPlan *plan = calloc(1, sizeof *plan);
  if (plans)
    cuda->conv_plans = plans;
  if (!plans || !plan) {
    free(plan);
    snprintf(cuda->error, sizeof cuda->error, "out of memory");
    return SSG_NO_MEMORY;
  }
  plan->key = *key;
  SsgStatus status = describe(cuda, call, plan);
  if (status == SSG_OK)
    status = find_candidates(cuda, call, plan);
  if (status != SSG_OK) {
    free_plan(plan);
    return status;
  }
  cuda->conv_plans[cuda->n_conv_plans++] = plan;
  *found = plan;
  return SSG_OK;
}

static SsgStatus execute(SsgCuda *cuda, const SsgOpCall *call, SsgCudaConvPlan *plan)
{
  const Candidate *best = &plan->candidates[0];
  const float one = 1.0f, zero = 0.0f;
  const void *a = call->in[0].data, *b = call->in[1].data;
  void *workspace = NULL, *out = call->out.data;
  TRY_CUDNN(cudnnSetConvolutionMathType, plan->conv, best->math);
  if (best->workspace)
    SSG_TRY(ssg_cuda_allocate(cuda, best->workspace, &workspace));
  cudnnStatus_t result;
  const char *what;
  if (call->op == SSG_OP_CONV) {
    what = "cudnnConvolutionForward";
    result = cudnnConvolutionForward(cuda->cudnn, &one, plan->x, a, plan->weight, b, plan->conv,
                                     (cudnnConvolutionFwdAlgo_t) best->algorithm, workspace, best->workspace, &zero,
                                     plan->y, out);
  } else if (call->op == SSG_OP_CONV_INPUT) {
    what = "cudnnConvolutionBackwardData";
    result = cudnnConvolutionBackwardData(cuda->cudnn, &one, plan->weight, b, plan->y, a, plan->conv,
                                          (cudnnConvolutionBwdDataAlgo_t) best->algorithm, workspace, best->workspace,
                                          &zero, plan->x, out);
  } else {
    what = "cudnnConvolutionBackwardFilter";
    result = cudnnConvolutionBackwardFilter(cuda->cudnn, &one, plan->x, a, plan->y, b, plan->conv,
                                            (cudnnConvolutionBwdFilterAlgo_t) best->algorithm, workspace,
                                            best->workspace, &zero, plan->weight, out);
  }
  ssg_cuda_count_launch();
  SsgStatus status = ssg_cuda_check_cudnn(cuda, result, what, call);
  ssg_cuda_release(cuda, workspace, best->workspace);
  return status;
}

SsgStatus ssg_cuda_conv(SsgCuda *cuda, const SsgOpCall *call)
{
  const SsgArray *x, *weight, *y;
  operands(call, &x, &weight, &y);
  const int64_t *xd = x->shape.dim, *wd = weight->shape.dim, *yd = y->shape.dim;
  int stride = call->param.conv.stride, pad_y = call->param.conv.pad_top, pad_x = call->param.conv.pad_left;

  bool no_pads = pad_y == 0 && pad_x == 0 && call->param.conv.pad_bottom == 0 && call->param.conv.pad_right == 0;
  if (wd[1] == 1 && wd[2] == 1 && stride == 1 && no_pads)
    return run_as_matmul(cuda, call);
  /* With the same padding on both sides cuDNN must come to the same output size. */
  if ((xd[1] + 2 * pad_y - wd[1]) / stride + 1 != yd[1] || (xd[2] + 2 * pad_x - wd[2]) / stride + 1 != yd[2])
    return run_padded(cuda, call);
  /* cuDNN counts elements in 32 bits. */
  if (ssg_shape_elements(&x->shape) > INT_MAX || ssg_shape_elements(&y->shape) > INT_MAX)
    return ssg_cuda_conv_unfolded(cuda, call);

  Key key;
  memset(&key, 0, sizeof key); /* padding bytes too: keys are compared as bytes */
  key.op = call->op;
  key.dtype = call->out.dtype;
  key.precision = cuda->precision;
  key.n = (int) xd[0], key.h = (int) xd[1], key.w = (int) xd[2], key.ci = (int) xd[3];
  key.ho = (int) yd[1], key.wo = (int) yd[2], key.co = (int) yd[3];
  key.kh = (int) wd[1], key.kw = (int) wd[2];
  key.stride = stride, key.pad_y = pad_y, key.pad_x = pad_x;

  SsgCudaConvPlan *plan;
  SSG_TRY(find_plan(cuda, call, &key, &plan));
  /* Heuristics may name what a particular GPU then refuses, with one error or another. Before anything ran, the next one
   * is as good; when none is left, for this shape and this device, the convolution is unfolded. */
  SsgStatus status = SSG_UNSUPPORTED;
  while (plan->n_candidates > 0) {
    status = execute(cuda, call, plan);
    if (status == SSG_OK || status == SSG_LOST || status == SSG_NO_MEMORY || plan->proved)
      break;
    plan->n_candidates--;
    memmove(plan->candidates, plan->candidates + 1, (size_t) plan->n_candidates * sizeof *plan->candidates);
  }
  if (plan->n_candidates == 0)
    return ssg_cuda_conv_unfolded(cuda, call);
  SSG_TRY(status);
  plan->proved = true;
  const SsgArray absent = {0};
  if (call->op != SSG_OP_CONV)
    return SSG_OK;
  return ssg_cuda_epilogue(cuda, call, call->n_in > 2 ? &call->in[2] : &absent, call->param.conv.act);
}
