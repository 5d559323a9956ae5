/* What a device can do at most, measured: what benchmarks compare with. */
#pragma once

#include "engine/tensor.h"

typedef struct {
  double matrix_gflops; /* of a large matrix product of the context's map dtype and precision */
  double bandwidth_gbs; /* of a large copy within the device's memory, bytes read and written, 10^9 a second */
} SsgBenchRates;

/* Sizes grow until one product, and one copy, takes long enough to be measured, so that any device is done in a few seconds. */
gboolean ssg_bench_rates(SsgContext *ctx, SsgBenchRates *rates, GError **error);
/* What convolutions reach: 3x3, 256 to 256 channels, 128 x 128 pixels, in the best of several tries; GFLOP/s. The weights are not
 * constant, so that it is the figure of direct convolution. 0 and error when the device fails. */
double ssg_bench_conv_rate(SsgContext *ctx, GError **error);

/* The same convolution for a machine whose speed changes from second to second: kept ready, to be timed in turns with what is
 * compared with it. */
typedef struct SsgBenchConv SsgBenchConv;
/* On the whole size of 128 x 128 pixels, for CPUs. */
SsgBenchConv *ssg_bench_conv_new(SsgContext *ctx);
/* The better of two, after one that warms the caches; GFLOP/s. A failure stays with the context. */
double ssg_bench_conv_measure(SsgBenchConv *conv);
void ssg_bench_conv_free(SsgBenchConv *conv); /* NULL is allowed */
