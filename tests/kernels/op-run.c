#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernels/op-cases.h"
#include "tests/kernels/oracle.h"

static size_t array_bytes(const SsgArray *a)
{
  return (size_t) ssg_shape_elements(&a->shape) * (size_t) ssg_dtype_size(a->dtype);
}

static SsgStatus place(SsgDevice *device, SsgArray *array, const void *host)
{
  SsgStatus status = ssg_device_allocate(device, array_bytes(array), &array->data);
  return status == SSG_OK ? ssg_device_upload(device, array->data, host, array_bytes(array)) : status;
}

static SsgStatus fetch(SsgDevice *device, const SsgArray *array, void **host)
{
  size_t bytes = array_bytes(array);
  *host = malloc(bytes ? bytes : 1);
  return ssg_device_download(device, *host, array->data, bytes);
}

SsgStatus op_case_run(SsgDevice *device, const OpCase *op_case, OpRunOptions options, OpResult *result)
{
  SsgOpCall call = op_case->call;
  SsgStatus status = SSG_OK;
  memset(result, 0, sizeof *result);
  for (int i = 0; i < call.n_in; i++)
    call.in[i].data = NULL;
  call.out.data = NULL;
  for (int i = 0; i < call.n_in && status == SSG_OK; i++)
    if (op_case->call.in[i].data)
      status = place(device, &call.in[i], op_case->call.in[i].data);
  if (options.cache_key)
    call.in[1].cache_key = options.cache_key;
  if (options.alias)
    call.out.data = call.in[0].data;
  else if (status == SSG_OK)
    status = place(device, &call.out, op_case->call.out.data);
  if (status == SSG_OK)
    status = ssg_device_run(device, &call);
  if (status == SSG_OK)
    status = fetch(device, &call.out, &result->out);
  for (int k = 0; k < 2 && status == SSG_OK && call.op == SSG_OP_ADAM; k++)
    status = fetch(device, &call.in[k + 1], (void **) &result->moment[k]);
  for (int i = 0; i < call.n_in; i++)
    ssg_device_release(device, call.in[i].data, array_bytes(&call.in[i]));
  if (!options.alias)
    ssg_device_release(device, call.out.data, array_bytes(&call.out));
  if (status != SSG_OK)
    op_result_free(result);
  return status;
}

void op_result_free(OpResult *result)
{
  free(result->out);
  free(result->moment[0]);
  free(result->moment[1]);
  memset(result, 0, sizeof *result);
}

static bool close_enough(const OpCase *c, const char *what, const void *got, SsgDtype dtype, const double *want,
                         int64_t n, char *message, size_t message_size)
{
  double error2 = 0, size2 = 0, worst = 0, largest = 0;
  int64_t at = 0;
  for (int64_t i = 0; i < n; i++) {
    double g = oracle_get(got, dtype, i), w = want[i];
    if (g == w)
      w = isfinite(w) ? w : 0;
    double d = g == want[i] ? 0 : fabs(g - w);
    if (d < 1.18e-38) /* what is below the smallest normal number a device may take for 0 (op.h) */
      d = 0;
    error2 += d * d;
    size2 += w * w;
    largest = fmax(largest, fabs(w));
    if (!(d <= worst)) {
      worst = d;
      at = i;
    }
  }
  double l2 = sqrt(error2) / (size2 > 0 ? sqrt(size2) : 1), most = worst / (largest > 0 ? largest : 1);
  if (l2 <= c->l2 && most <= c->most)
    return true;
  snprintf(message, message_size,
           "%s: %s is off by %.3g in norm (allowed %.3g), %.3g at most (allowed %.3g): "
           "element %lld of %lld is %.9g, not %.9g",
           c->name, what, l2, c->l2, most, c->most, (long long) at, (long long) n, oracle_get(got, dtype, at),
           want[at]);
  return false;
}

bool op_case_check(const OpCase *op_case, const OpResult *result, char *message, size_t message_size)
{
  OracleResult truth = oracle_run(&op_case->call);
  bool good =
      close_enough(op_case, "out", result->out, op_case->call.out.dtype, truth.out, truth.n, message, message_size);
  for (int k = 0; k < 2 && good && truth.moment[k]; k++)
    good = close_enough(op_case, k ? "second moment" : "first moment", result->moment[k], SSG_F32, truth.moment[k],
                        truth.n, message, message_size);
  oracle_free(&truth);
  return good;
}

bool op_result_same(const OpCase *op_case, const OpResult *a, const OpResult *b)
{
  size_t bytes = array_bytes(&op_case->call.out);
  bool same = memcmp(a->out, b->out, bytes) == 0;
  for (int k = 0; k < 2 && a->moment[k]; k++)
    same = same && memcmp(a->moment[k], b->moment[k], bytes) == 0;
  return same;
}
