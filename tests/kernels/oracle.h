/* What every op of kernels/op.h must give, computed naively in f64, straight from the definitions there. Shares no code
 * with kernels/: only the types of op.h. */
#pragma once

#include "kernels/op.h"

/* Values an op leaves behind: its output, and for ADAM the two moments. Arrays of doubles, owned by the struct. */
typedef struct {
  double *out;
  int64_t n;
  double *moment[2]; /* ADAM: in1 and in2 afterwards, n elements each; else NULL */
} OracleResult;

/* call's data pointers are host arrays; ops that work in place start from out.data's contents. Nothing is written. */
OracleResult oracle_run(const SsgOpCall *call);
void oracle_free(OracleResult *result);

/* Element i of an array of any dtype. */
double oracle_get(const void *data, SsgDtype dtype, int64_t i);
