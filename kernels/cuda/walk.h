/* Walking several arrays in step: one shape and, per array, a stride for each axis (0 repeats). Axes of size 1 are left
 * out and neighbours merged where every array allows it, so that a kernel divides as seldom as possible. Built on the
 * host, passed to kernels by value. */
#pragma once

#include <initializer_list>

#include "kernels/cuda/types.h"

template <int arrays> struct SsgWalk {
  int rank; /* 1..SSG_MAX_RANK */
  int64_t dim[SSG_MAX_RANK];
  int64_t stride[arrays][SSG_MAX_RANK]; /* in elements */

  /* Starts with a single axis of one element. */
  SsgWalk() : rank(1)
  {
    dim[0] = 1;
    for (int a = 0; a < arrays; a++)
      stride[a][0] = 0;
  }

  /* Appends an axis on the inside. */
  void append(int64_t n, const int64_t step[arrays])
  {
    if (n == 1)
      return;
    int last = rank - 1;
    bool first = dim[last] == 1, merge = true;
    for (int a = 0; a < arrays; a++)
      merge = merge && stride[a][last] == step[a] * n;
    if (!first && !merge) {
      last = rank++;
      first = true;
    }
    dim[last] = first ? n : dim[last] * n;
    for (int a = 0; a < arrays; a++)
      stride[a][last] = step[a];
  }

  int64_t elements() const
  {
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
      n *= dim[i];
    return n;
  }

  /* Offset in each array of the element with this row-major index. */
  SSG_METHOD void offsets(int64_t index, int64_t at[arrays]) const
  {
    for (int a = 0; a < arrays; a++)
      at[a] = 0;
    SSG_UNROLL
    for (int i = SSG_MAX_RANK - 1; i > 0; i--) {
      if (i >= rank)
        continue;
      int64_t rest = ssg_divide(index, dim[i]), place = index - rest * dim[i];
      for (int a = 0; a < arrays; a++)
        at[a] += place * stride[a][i];
      index = rest;
    }
    for (int a = 0; a < arrays; a++)
      at[a] += index * stride[a][0];
  }

  /* Stride of an array along the innermost axis. Indices are known to the compiler: an array indexed at run time would be
   * copied to local memory. */
  SSG_METHOD int64_t inner(int array) const
  {
    int64_t step = stride[array][0];
    SSG_UNROLL
    for (int i = 1; i < SSG_MAX_RANK; i++)
      step = i < rank ? stride[array][i] : step;
    return step;
  }

  /* Whether packs of 4 can run along the innermost axis: every array either repeats there or is dense. The arrays are
   * dense as a whole, so that their other strides are then multiples of the axis's length. */
  bool can_pack() const
  {
    bool pack = dim[rank - 1] % 4 == 0;
    for (int a = 0; a < arrays; a++)
      pack = pack && (stride[a][rank - 1] == 0 || stride[a][rank - 1] == 1);
    return pack;
  }
};
