/* Convolutions as matrix products over unfolded pictures: slower than cuDNN and hungrier for memory, but for every
 * shape, size and type that matmul takes. conv.c comes here with what cuDNN has no deterministic algorithm for, or
 * counts too many elements in. */
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/kernels.h"

#include <string.h>

/* Largest unfolded piece of a picture. Tests make it small. */
#ifndef SSG_CUDA_PIECE_BYTES
#define SSG_CUDA_PIECE_BYTES ((int64_t) 256 << 20)
#endif

typedef struct {
  SsgArray array;
  size_t bytes;
} Temporary;

static SsgStatus make(SsgCuda *cuda, Temporary *t, SsgDtype dtype, SsgShape shape)
{
  t->array = (SsgArray){NULL, shape, dtype, 0};
  t->bytes = (size_t) ssg_shape_elements(&shape) * (size_t) ssg_dtype_size(dtype);
  SsgStatus status = ssg_cuda_allocate(cuda, t->bytes, &t->array.data);
  if (status != SSG_OK)
    t->bytes = 0;
  return status;
}

static void drop(SsgCuda *cuda, Temporary *t)
{
  ssg_cuda_release(cuda, t->array.data, t->bytes);
}

/* `lines` lines of an array [pictures, height, width, channels], as a matrix [1, pixels, channels]. */
static SsgArray lines_of(const SsgArray *array, int64_t first, int64_t lines)
{
  const int64_t *dim = array->shape.dim;
  SsgArray part = *array;
  part.data = (char *) array->data + first * dim[2] * dim[3] * ssg_dtype_size(array->dtype);
  part.shape = (SsgShape){3, {1, lines * dim[2], dim[3]}};
  part.cache_key = 0;
  return part;
}

/* The weight as a matrix: [co, taps * ci] as it lies, or, for conv-input, [taps * co, ci] by way of a copy. */
static SsgStatus weight_matrix(SsgCuda *cuda, const SsgOpCall *call, Temporary *copy, SsgArray *matrix)
{
  const SsgArray *weight = call->op == SSG_OP_CONV_WEIGHT ? &call->out : &call->in[1];
  const int64_t *dim = weight->shape.dim;
  *matrix = *weight;
  if (call->op != SSG_OP_CONV_INPUT) {
    matrix->shape = (SsgShape){3, {1, dim[0], dim[1] * dim[2] * dim[3]}};
    return SSG_OK;
  }
  SSG_TRY(make(cuda, copy, weight->dtype, (SsgShape){4, {dim[1], dim[2], dim[0], dim[3]}}));
  SsgOpCall permute = {.op = SSG_OP_PERMUTE, .n_in = 1, .in = {*weight}, .out = copy->array};
  memcpy(permute.param.permute.axis, (const int[]){1, 2, 0, 3}, 4 * sizeof(int));
  *matrix = copy->array;
  matrix->shape = (SsgShape){3, {1, dim[1] * dim[2] * dim[0], dim[3]}};
  return ssg_cuda_run_kernel(cuda, &permute);
}

/* One piece: `lines` lines of the picture that is not unfolded, from `first` on. sum is where conv-weight adds up. */
static SsgStatus run_piece(SsgCuda *cuda, const SsgOpCall *call, SsgCudaUnfold u, int64_t first, int64_t lines,
                           const SsgArray *unfolded, const SsgArray *weight, const SsgArray *piece_sum)
{
  SsgOpCall product = {.op = SSG_OP_MATMUL, .n_in = 2};
  SsgArray rows = *unfolded;
  rows.shape = (SsgShape){3, {1, lines * u.out_width, u.kh * u.kw * u.channels}};
  u.first_line = first;
  u.lines = lines;
  ssg_cuda_unfold(rows.data, call->in[0].data, rows.dtype, &u, cuda->stream);
  SSG_TRY(ssg_cuda_check(cuda, cudaPeekAtLastError(), "a kernel launch", call));
  product.param.matmul.alpha = 1.0f;
  product.in[0] = rows;
  product.in[1] = *weight;
  if (call->op == SSG_OP_CONV) {
    product.param.matmul.trans_b = true;
    product.out = lines_of(&call->out, first, lines);
  } else if (call->op == SSG_OP_CONV_INPUT) {
    product.out = lines_of(&call->out, first, lines);
  } else { /* [co, taps * ci] = y^T rows */
    product.param.matmul.trans_a = true;
    product.in[0] = lines_of(&call->in[1], first, lines);
    product.in[1] = rows;
    product.out = *piece_sum;
    product.out.shape = weight->shape;
  }
  return ssg_cuda_matmul(cuda, &product);
}

/* Pieces of conv-weight are added in f32, in their order. */
static SsgStatus add_pieces(SsgCuda *cuda, const SsgArray *sum, const SsgArray *piece, bool first)
{
  SsgOpCall add = {.op = SSG_OP_BINARY, .n_in = 2, .in = {*sum, *piece}, .out = *sum};
  add.param.binary.kind = SSG_BINARY_ADD;
  if (!first)
    return ssg_cuda_run_kernel(cuda, &add);
  SsgOpCall copy = {.op = SSG_OP_COPY, .n_in = 1, .in = {*piece}, .out = *sum};
  return ssg_cuda_run_kernel(cuda, &copy);
}

SsgStatus ssg_cuda_conv_unfolded(SsgCuda *cuda, const SsgOpCall *call)
{
  const SsgArray *in = &call->in[0], *across = call->op == SSG_OP_CONV_WEIGHT ? &call->in[1] : &call->out;
  const SsgArray *weight = call->op == SSG_OP_CONV_WEIGHT ? &call->out : &call->in[1];
  SsgCudaUnfold u = {.height = in->shape.dim[1],
                     .width = in->shape.dim[2],
                     .channels = in->shape.dim[3],
                     .out_height = across->shape.dim[1],
                     .out_width = across->shape.dim[2],
                     .kh = weight->shape.dim[1],
                     .kw = weight->shape.dim[2],
                     .stride = call->param.conv.stride,
                     .pad_y = call->param.conv.pad_top,
                     .pad_x = call->param.conv.pad_left,
                     .transposed = call->op == SSG_OP_CONV_INPUT};
  int64_t lines = across->shape.dim[0] * u.out_height, row = u.kh * u.kw * u.channels;
  int64_t line_bytes = u.out_width * row * ssg_dtype_size(in->dtype);
  int64_t most = SSG_CUDA_PIECE_BYTES / line_bytes > 0 ? SSG_CUDA_PIECE_BYTES / line_bytes : 1;
  if (most > lines)
    most = lines;

  Temporary unfolded = {0}, turned = {0}, sum = {0}, piece = {0};
  SsgArray matrix;
  SsgStatus status = make(cuda, &unfolded, in->dtype, (SsgShape){2, {most * u.out_width, row}});
  if (status == SSG_OK)
    status = weight_matrix(cuda, call, &turned, &matrix);
  if (status == SSG_OK && call->op == SSG_OP_CONV_WEIGHT)
    status = make(cuda, &sum, SSG_F32, weight->shape);
  if (status == SSG_OK && call->op == SSG_OP_CONV_WEIGHT)
    status = make(cuda, &piece, SSG_F32, weight->shape);
  for (int64_t first = 0; first < lines && status == SSG_OK; first += most) {
    status = run_piece(cuda, call, u, first, lines - first < most ? lines - first : most, &unfolded.array, &matrix,
                       &piece.array);
    if (status == SSG_OK && call->op == SSG_OP_CONV_WEIGHT)
      status = add_pieces(cuda, &sum.array, &piece.array, first == 0);
  }
  if (status == SSG_OK && call->op == SSG_OP_CONV_WEIGHT) {
    SsgOpCall copy = {.op = SSG_OP_COPY, .n_in = 1, .in = {sum.array}, .out = call->out};
    status = ssg_cuda_run_kernel(cuda, &copy);
  }
  drop(cuda, &piece);
  drop(cuda, &sum);
  drop(cuda, &turned);
  drop(cuda, &unfolded);
  if (status != SSG_OK || call->op != SSG_OP_CONV)
    return status;
  const SsgArray absent = {0};
  return ssg_cuda_epilogue(cuda, call, call->n_in > 2 ? &call->in[2] : &absent, call->param.conv.act);
}
