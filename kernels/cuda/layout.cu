/* Ops that only move elements: permute, slice, unslice, concat. They know bytes, not dtypes, and move the widest words
 * that fit. */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/walk.h"
#include "kernels/math/index.h"

struct alignas(16) Word16 {
  uint64_t low, high;
};

/* Calls f with a word type of `bytes` (1, 2, 4, 8 or 16). */
template <typename F> static void with_word(int64_t bytes, F f)
{
  if (bytes == 16)
    f(Word16());
  else if (bytes == 8)
    f(uint64_t());
  else if (bytes == 4)
    f(uint32_t());
  else if (bytes == 2)
    f(uint16_t());
  else
    f(uint8_t());
}

/* Largest word that divides all of these byte counts and addresses. */
static int64_t widest_word(std::initializer_list<uint64_t> bytes)
{
  uint64_t all = 16;
  for (uint64_t b : bytes)
    all |= b;
  return (int64_t) (all & (~all + 1));
}

/* ---- permute ---- */

template <typename E> SSG_KERNEL gather(E *out, const E *in, SsgWalk<1> walk, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t, at[1];
    if (i >= n)
      continue;
    walk.offsets(i, at);
    out[i] = in[at[0]];
  }
}

#define TILE 32
#define TILE_ROWS (SSG_BLOCK / TILE)

/* The plane of a transposition: `across` is out's innermost axis, `along` the axis that is dense in the input. */
struct Plane {
  int64_t across, along;
  int64_t in_across, out_along; /* strides; in_along = out_across = 1 */
  int64_t tiles_across, tiles_along;
};

/* One block turns one 32 x 32 tile, so that both reading and writing run along memory. */
template <typename E> SSG_KERNEL transpose(E *out, const E *in, SsgWalk<2> batch, Plane plane)
{
  SSG_SHARED E tile[TILE][TILE + 1];
  int64_t index = SSG_BLOCK_INDEX, base[2];
  int64_t rest = ssg_divide(index, plane.tiles_across);
  int64_t first_across = (index - rest * plane.tiles_across) * TILE;
  int64_t which = ssg_divide(rest, plane.tiles_along);
  int64_t first_along = (rest - which * plane.tiles_along) * TILE;
  batch.offsets(which, base);
  SSG_THREADS(t)
  {
    int64_t along = first_along + t % TILE;
    for (int row = t / TILE; row < TILE; row += TILE_ROWS)
      if (along < plane.along && first_across + row < plane.across)
        tile[row][t % TILE] = in[base[0] + (first_across + row) * plane.in_across + along];
  }
  SSG_SYNC();
  SSG_THREADS(t)
  {
    int64_t across = first_across + t % TILE;
    for (int row = t / TILE; row < TILE; row += TILE_ROWS)
      if (across < plane.across && first_along + row < plane.along)
        out[base[1] + (first_along + row) * plane.out_along + across] = tile[t % TILE][row];
  }
}

template <typename E>
static void launch_transpose(const SsgOpCall *call, const SsgCudaLaunch *launch, const SsgWalk<1> &walk, int dense)
{
  int64_t out_stride[SSG_MAX_RANK], step = 1;
  int last = walk.rank - 1;
  for (int i = last; i >= 0; i--) {
    out_stride[i] = step;
    step *= walk.dim[i];
  }
  SsgWalk<2> batch;
  for (int i = 0; i < last; i++)
    if (i != dense) {
      const int64_t both[2] = {walk.stride[0][i], out_stride[i]};
      batch.append(walk.dim[i], both);
    }
  Plane plane = {walk.dim[last], walk.dim[dense], walk.stride[0][last], out_stride[dense], 0, 0};
  plane.tiles_across = (plane.across + TILE - 1) / TILE;
  plane.tiles_along = (plane.along + TILE - 1) / TILE;
  SSG_LAUNCH(launch->stream, batch.elements() * plane.tiles_across * plane.tiles_along, (transpose<E>),
             (E *) call->out.data, (const E *) call->in[0].data, batch, plane);
}

static void launch_permute(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int64_t stride[SSG_MAX_RANK], size = ssg_dtype_size(call->out.dtype);
  SsgWalk<1> walk;
  ssg_math_strides(&call->in[0].shape, stride);
  for (int i = 0; i < call->out.shape.rank; i++)
    walk.append(call->out.shape.dim[i], &stride[call->param.permute.axis[i]]);

  int last = walk.rank - 1, dense = -1;
  for (int i = 0; i < last; i++)
    if (walk.stride[0][i] == 1)
      dense = i;
  /* A tile pays when both sides fill a good part of it. */
  if (walk.stride[0][last] != 1 && dense >= 0 && walk.dim[dense] >= 8 && walk.dim[last] >= 8) {
    with_word(size, [&](auto word) { launch_transpose<decltype(word)>(call, launch, walk, dense); });
    return;
  }
  if (walk.stride[0][last] == 1) {
    /* Rows stay together: move them in wide words. */
    int64_t word = widest_word({(uint64_t) (walk.dim[last] * size), (uint64_t) (uintptr_t) call->out.data,
                                (uint64_t) (uintptr_t) call->in[0].data});
    for (int i = 0; i < last; i++)
      word = widest_word({(uint64_t) word, (uint64_t) (walk.stride[0][i] * size)});
    if (word > size) {
      for (int i = 0; i < last; i++)
        walk.stride[0][i] = walk.stride[0][i] * size / word;
      walk.dim[last] = walk.dim[last] * size / word;
      size = word;
    }
  }
  int64_t n = walk.elements();
  with_word(size, [&](auto word) {
    using E = decltype(word);
    SSG_LAUNCH(launch->stream, ssg_blocks_for(n), (gather<E>), (E *) call->out.data, (const E *) call->in[0].data, walk,
               n);
  });
}

/* ---- slice, unslice, concat: rows of one pitch into rows of another ---- */

template <typename E>
SSG_KERNEL copy_rows(E *out, int64_t out_pitch, const E *in, int64_t in_pitch, int64_t length, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i >= n)
      continue;
    int64_t row = ssg_divide(i, length), column = i - row * length;
    out[row * out_pitch + column] = in[row * in_pitch + column];
  }
}

/* rows x length bytes. */
static void launch_copy_rows(const SsgCudaLaunch *launch, char *out, int64_t out_pitch, const char *in,
                             int64_t in_pitch, int64_t length, int64_t rows)
{
  int64_t size = widest_word({(uint64_t) (uintptr_t) out, (uint64_t) (uintptr_t) in, (uint64_t) out_pitch,
                              (uint64_t) in_pitch, (uint64_t) length});
  int64_t n = rows * (length / size);
  with_word(size, [&](auto word) {
    using E = decltype(word);
    SSG_LAUNCH(launch->stream, ssg_blocks_for(n), (copy_rows<E>), (E *) out, out_pitch / size, (const E *) in,
               in_pitch / size, length / size, n);
  });
}

/* `in` placed at column `start` of rows of `pitch`, zeros around it. */
template <typename E>
SSG_KERNEL place_rows(E *out, int64_t pitch, const E *in, int64_t start, int64_t length, int64_t n)
{
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t;
    if (i >= n)
      continue;
    int64_t row = ssg_divide(i, pitch), column = i - row * pitch - start;
    out[i] = column >= 0 && column < length ? in[row * length + column] : E();
  }
}

/* Bytes from one step of `axis` to the next, and the number of rows before it. */
static void split_at(const SsgArray *array, int axis, int64_t *rows, int64_t *inner_bytes)
{
  *rows = 1;
  *inner_bytes = ssg_dtype_size(array->dtype);
  for (int i = 0; i < axis; i++)
    *rows *= array->shape.dim[i];
  for (int i = axis + 1; i < array->shape.rank; i++)
    *inner_bytes *= array->shape.dim[i];
}

static void launch_slice(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int axis = call->param.slice.axis;
  int64_t rows, inner;
  split_at(&call->out, axis, &rows, &inner);
  int64_t length = call->out.shape.dim[axis] * inner;
  launch_copy_rows(launch, (char *) call->out.data, length,
                   (const char *) call->in[0].data + call->param.slice.start * inner,
                   call->in[0].shape.dim[axis] * inner, length, rows);
}

static void launch_unslice(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int axis = call->param.slice.axis;
  int64_t rows, inner;
  split_at(&call->out, axis, &rows, &inner);
  int64_t pitch = call->out.shape.dim[axis] * inner, length = call->in[0].shape.dim[axis] * inner;
  int64_t start = call->param.slice.start * inner;
  int64_t size = widest_word({(uint64_t) (uintptr_t) call->out.data, (uint64_t) (uintptr_t) call->in[0].data,
                              (uint64_t) pitch, (uint64_t) length, (uint64_t) start});
  int64_t n = rows * (pitch / size);
  with_word(size, [&](auto word) {
    using E = decltype(word);
    SSG_LAUNCH(launch->stream, ssg_blocks_for(n), (place_rows<E>), (E *) call->out.data, pitch / size,
               (const E *) call->in[0].data, start / size, length / size, n);
  });
}

static void launch_concat(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  int axis = call->param.concat.axis;
  int64_t rows, inner;
  split_at(&call->out, axis, &rows, &inner);
  char *to = (char *) call->out.data;
  for (int i = 0; i < call->n_in; i++) {
    int64_t length = call->in[i].shape.dim[axis] * inner;
    launch_copy_rows(launch, to, call->out.shape.dim[axis] * inner, (const char *) call->in[i].data, length, length,
                     rows);
    to += length;
  }
}

static bool same_dtype(const SsgOpCall *call)
{
  for (int i = 0; i < call->n_in; i++)
    if (call->in[i].dtype != call->out.dtype)
      return false;
  return true;
}

extern "C" {
const SsgCudaKernel ssg_cuda_permute = {same_dtype, NULL, launch_permute};
const SsgCudaKernel ssg_cuda_slice = {same_dtype, NULL, launch_slice};
const SsgCudaKernel ssg_cuda_unslice = {same_dtype, NULL, launch_unslice};
const SsgCudaKernel ssg_cuda_concat = {same_dtype, NULL, launch_concat};
}
