/* Every op over odd shapes, random fills and all its options, for testing any device against oracle.h. */
#pragma once

#include "kernels/device.h"

typedef struct {
  char name[160];
  /* Data pointers are host arrays, owned by the generator and valid during each(). Ops that work in place (ADAM, LERP)
   * find their starting values in out.data (and in1, in2); elsewhere out.data is filled with NaN bytes. Read only:
   * a test copies what it changes. */
  SsgOpCall call;
  bool may_alias;  /* out may be the buffer of in0 */
  double l2, most; /* allowed: |result - truth|_2 / |truth|_2, and largest |result - truth| / largest |truth| */
} OpCase;

/* Makes one case after the other and hands it to each(). The same cases, with the same numbers, every time. */
void op_cases_each(void (*each)(const OpCase *op_case, void *data), void *data);

/* What a device made of a case: copies on the host, owned by the struct. */
typedef struct {
  void *out;
  float *moment[2]; /* ADAM's in1 and in2 afterwards, else NULL */
} OpResult;

typedef struct {
  bool alias;         /* out is the buffer of in0 (only for cases that may) */
  uint64_t cache_key; /* given to in1 (weights) when not 0 */
} OpRunOptions;

/* Runs the case on a device. On failure *result is empty. */
SsgStatus op_case_run(SsgDevice *device, const OpCase *op_case, OpRunOptions options, OpResult *result);
void op_result_free(OpResult *result);
/* Compares with the oracle. False with what is wrong in message. */
bool op_case_check(const OpCase *op_case, const OpResult *result, char *message, size_t message_size);
/* True if the two are equal bit for bit. */
bool op_result_same(const OpCase *op_case, const OpResult *a, const OpResult *b);
