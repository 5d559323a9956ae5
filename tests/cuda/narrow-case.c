#include "tests/cuda/narrow-case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/math/convert.h"
#include "tests/kernels/oracle.h"

static size_t array_bytes(const SsgArray *a)
{
  return (size_t) ssg_shape_elements(&a->shape) * (size_t) ssg_dtype_size(a->dtype);
}

static void *keep(const void *data, size_t bytes)
{
  void *copy = malloc(bytes ? bytes : 1);
  memcpy(copy, data, bytes);
  return copy;
}

/* Replaces f32 data by the same values in dtype. */
static void narrow_array(SsgArray *a, SsgDtype dtype)
{
  int64_t n = ssg_shape_elements(&a->shape);
  const float *from = a->data;
  uint16_t *to = malloc((size_t) n * sizeof *to + 1);
  for (int64_t i = 0; i < n; i++)
    to[i] = dtype == SSG_F16 ? ssg_math_to_f16(from[i]) : ssg_math_to_bf16(from[i]);
  a->data = to;
  a->dtype = dtype;
}

/* Whether results fit f16, which ends at 65504 and at 6e-8. Products and filters of small numbers do. */
static bool in_range(const OpCase *c)
{
  double largest = 0;
  switch (c->call.op) {
  case SSG_OP_MATMUL:
  case SSG_OP_CONV:
  case SSG_OP_CONV_INPUT:
  case SSG_OP_CONV_WEIGHT:
  case SSG_OP_UPFIRDN:
  case SSG_OP_BIAS_ACT:
    return true;
  default:
    break;
  }
  OracleResult truth = oracle_run(&c->call);
  for (int64_t i = 0; i < truth.n; i++)
    largest = fmax(largest, isfinite(truth.out[i]) ? fabs(truth.out[i]) : INFINITY);
  oracle_free(&truth);
  return largest <= 30000 && largest >= 1e-2;
}

bool narrow_case(const OpCase *c, SsgDtype dtype, bool all_inputs, OpCase *narrowed)
{
  *narrowed = *c;
  if (c->call.op == SSG_OP_MODULATE || c->call.op == SSG_OP_CHAIN) /* f32 only */
    return false;
  if (c->call.n_in == 0 || c->call.in[0].dtype != SSG_F32 || c->call.out.dtype != SSG_F32)
    return false;
  int others = 0;
  for (int i = 1; i < c->call.n_in; i++)
    if (c->call.in[i].data) {
      others++;
      if (all_inputs && c->call.in[i].dtype != SSG_F32)
        return false;
    }
  if (all_inputs && others == 0)
    return false; /* the same as without */
  if (!in_range(c))
    return false;

  SsgOpCall *call = &narrowed->call;
  for (int i = 0; i < call->n_in; i++) {
    if (!call->in[i].data)
      continue;
    if (i == 0 || all_inputs)
      narrow_array(&call->in[i], dtype);
    else
      call->in[i].data = keep(call->in[i].data, array_bytes(&call->in[i]));
  }
  call->out.dtype = dtype;
  call->out.data = malloc(array_bytes(&call->out) + 1);
  memset(call->out.data, 0xff, array_bytes(&call->out));
  /* One rounding of the result, or two where a product is stored before bias and activation; where the case demands
   * equality there is none, since nothing is computed. */
  double unit = dtype == SSG_F16 ? 0x1p-11 : 0x1p-8;
  if (call->op == SSG_OP_MATMUL || call->op == SSG_OP_CONV)
    unit *= 2;
  narrowed->l2 = c->l2 > 0 ? c->l2 + unit : 0;
  narrowed->most = c->most > 0 ? c->most + unit : 0;
  snprintf(narrowed->name, sizeof narrowed->name, "%.*s (%s%s)", (int) sizeof narrowed->name - 24, c->name,
           dtype == SSG_F16 ? "f16" : "bf16", all_inputs ? ", all inputs" : "");
  return true;
}

void narrow_case_free(OpCase *narrowed)
{
  for (int i = 0; i < narrowed->call.n_in; i++)
    free(narrowed->call.in[i].data);
  free(narrowed->call.out.data);
}
