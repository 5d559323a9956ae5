/* Private to conv-input.c and conv-stride.c. */
#pragma once

#include "kernels/cpu/dnnl.h"

/* Along one axis, for one parity (or all, when step is 1): taps first, first + step ... of the kernel, last one first. */
typedef struct {
  int64_t size;          /* pixels of the result of this parity */
  int64_t first, n;      /* taps */
  int64_t before, after; /* padding of the forward convolution */
} SsgAxis;

/* CONV_INPUT of stride 2; y and x by parity, each with taps and pixels. fits(): where the processor and the shape allow, and the
 * weights are for one call only (those of inference keep the bits they have). */
bool ssg_cpu_conv_stride_fits(const SsgDnnlConv *conv);
SsgStatus ssg_cpu_conv_stride(SsgCpu *cpu, const SsgDnnlConv *conv, const SsgAxis y[2], const SsgAxis x[2]);
