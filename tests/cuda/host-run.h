/* Running one of our kernels on the host as a GPU would, on copies of a case's arrays in watched buffers. */
#pragma once

#include "kernels/cuda/kernels.h"
#include "tests/kernels/op-cases.h"

#define SHIFT_OUT 31u
#define SHIFT_ALL 0xffffffffu

typedef struct {
  bool backwards; /* last block and last thread first */
  unsigned
      shifted; /* bit i: in[i], bit SHIFT_OUT: out; begins one element past an aligned address, between guard zones */
  bool alias;  /* out is the buffer of in0 */
  int fill;    /* byte that out is filled with before, -1 for the case's own contents */
} HostRunOptions;

/* Runs case->call's kernel. Fails the program, naming the case, when a guard zone or an input changed. Not shifted:
 * buffers are exactly as long as their arrays, so that the address sanitizer sees the first byte too far. */
OpResult host_run(const OpCase *op_case, HostRunOptions options);
