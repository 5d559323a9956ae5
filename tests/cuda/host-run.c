#include "tests/cuda/host-run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cuda/host-grid.h"

#define ALIGNMENT 256
#define GUARD 512 /* a multiple of ALIGNMENT */
#define GUARD_BYTE 0xa5

typedef struct {
  unsigned char *block, *data;
  size_t bytes, tail; /* tail: bytes of guard behind the data */
} Buffer;

static Buffer make_buffer(size_t bytes, size_t element, bool shifted)
{
  Buffer b = {.bytes = bytes};
  size_t front = shifted ? GUARD + element : 0;
  b.tail = shifted ? GUARD : 0;
  void *block = NULL;
  if (posix_memalign(&block, ALIGNMENT, front + bytes + b.tail + (front + bytes + b.tail == 0)) != 0)
    abort();
  b.block = block;
  b.data = b.block + front;
  memset(b.block, GUARD_BYTE, front + bytes + b.tail);
  return b;
}

static bool guards_intact(const Buffer *b)
{
  for (unsigned char *p = b->block; p < b->data; p++)
    if (*p != GUARD_BYTE)
      return false;
  for (size_t i = 0; i < b->tail; i++)
    if (b->data[b->bytes + i] != GUARD_BYTE)
      return false;
  return true;
}

static size_t array_bytes(const SsgArray *a)
{
  return (size_t) ssg_shape_elements(&a->shape) * (size_t) ssg_dtype_size(a->dtype);
}

static Buffer copy_array(SsgArray *array, bool shifted)
{
  Buffer b = make_buffer(array_bytes(array), (size_t) ssg_dtype_size(array->dtype), shifted);
  memcpy(b.data, array->data, b.bytes);
  array->data = b.data;
  return b;
}

static void die(const OpCase *c, const char *what)
{
  fprintf(stderr, "%s %s: %s\n", ssg_op_name(c->call.op), c->name, what);
  exit(1);
}

static void *keep(const void *data, size_t bytes)
{
  void *copy = malloc(bytes ? bytes : 1);
  memcpy(copy, data, bytes);
  return copy;
}

OpResult host_run(const OpCase *c, HostRunOptions options)
{
  const SsgCudaKernel *kernel = ssg_cuda_kernel(c->call.op);
  SsgOpCall call = c->call;
  Buffer in[SSG_OP_MAX_INPUTS] = {0}, out = {0}, scratch = {0};
  SsgCudaLaunch launch = {0};
  bool in_place = call.op == SSG_OP_ADAM;
  OpResult result = {0};

  for (int i = 0; i < call.n_in; i++)
    if (call.in[i].data)
      in[i] = copy_array(&call.in[i], options.shifted >> i & 1);
  if (options.alias) {
    call.out.data = call.in[0].data;
  } else {
    out = copy_array(&call.out, options.shifted >> SHIFT_OUT & 1);
    if (options.fill >= 0)
      memset(out.data, options.fill, out.bytes);
  }
  size_t scratch_bytes = kernel->scratch ? kernel->scratch(&call) : 0;
  if (scratch_bytes) {
    scratch = make_buffer(scratch_bytes, 0, options.shifted == SHIFT_ALL);
    launch.scratch = scratch.data;
  }

  ssg_host_grid_turn(options.backwards);
  kernel->launch(&call, &launch);
  ssg_host_grid_turn(false);

  for (int i = 0; i < call.n_in; i++) {
    if (!in[i].block)
      continue;
    if (!guards_intact(&in[i]))
      die(c, "wrote beyond an input");
    bool writes = (in_place && i > 0) || (options.alias && i == 0);
    if (!writes && memcmp(in[i].data, c->call.in[i].data, in[i].bytes) != 0)
      die(c, "changed an input");
  }
  if ((out.block && !guards_intact(&out)) || (scratch.block && !guards_intact(&scratch)))
    die(c, "wrote beyond its output or scratch memory");

  result.out = keep(call.out.data, array_bytes(&call.out));
  for (int k = 0; k < 2 && in_place; k++)
    result.moment[k] = keep(call.in[k + 1].data, in[k + 1].bytes);
  for (int i = 0; i < call.n_in; i++)
    free(in[i].block);
  free(out.block);
  free(scratch.block);
  return result;
}
