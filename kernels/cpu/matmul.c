/* Matrix products, cut into pieces by the shape alone, each piece by one thread: oneDNN's own division, and with it the
 * order of the sums, depends on the number of threads. */
#include "kernels/cpu/dnnl.h"

#include <assert.h>

#define MAX_PIECES 8
#define LEAST ((int64_t) 1 << 18) /* products below are one piece */

/* A piece takes some microseconds beside its products: no smaller than 2^22 of them, but for two threads' sake. */
static int64_t piece_count(const SsgDnnlMatmul *m)
{
  int64_t count = m->batch * m->m * m->n * m->k >> 22;
  return count < 2 ? 2 : count > MAX_PIECES ? MAX_PIECES : count;
}

/* Long sums over few results: every piece has its share of k, and the pieces' results are added up in order. */
static SsgStatus by_terms(SsgCpu *cpu, const SsgDnnlMatmul *m)
{
  SsgDnnlMatmul pieces[MAX_PIECES];
  int64_t count = piece_count(m), length = ((m->k + count - 1) / count + 15) / 16 * 16, size = m->m * m->n;
  size_t floats = (size_t) ((count - 1) * size);
  int n = 0;
  float *parts = ssg_cpu_scratch(cpu, floats);
  if (!parts)
    return SSG_NO_MEMORY;
  for (int64_t first = 0; first < m->k; first += length, n++) {
    SsgDnnlMatmul *piece = &pieces[n];
    *piece = *m;
    piece->k = m->k - first < length ? m->k - first : length;
    piece->a = m->a + first * m->a_column;
    piece->b = m->b + first * m->b_row;
    piece->out = n == 0 ? m->out : parts + (n - 1) * size;
    piece->bias = NULL;
    piece->act = false;
  }
  SsgStatus status = ssg_dnnl_matmul_pieces(cpu, pieces, n);
  if (status == SSG_OK)
    ssg_cpu_add_parts(cpu, m->out, parts, n - 1, size);
  ssg_cpu_scratch_free(cpu, parts, floats);
  if (status != SSG_OK || (!m->bias && !m->act))
    return status;
  SsgArray out = {.data = m->out, .shape = {2, {m->m, m->n}}}, bias = {.data = (void *) m->bias, .shape = {1, {m->n}}};
  SsgOpCall rest = {.op = SSG_OP_BIAS_ACT, .n_in = 2, .in = {out, bias}, .out = out};
  rest.param.bias_act.act = m->act;
  return ssg_cpu_bias_act(cpu, &rest);
}

static SsgStatus by_rows(SsgCpu *cpu, const SsgDnnlMatmul *m)
{
  SsgDnnlMatmul pieces[MAX_PIECES];
  int64_t count = piece_count(m), length = ((m->m + count - 1) / count + 15) / 16 * 16;
  int n = 0;
  for (int64_t first = 0; first < m->m; first += length, n++) {
    pieces[n] = *m;
    pieces[n].m = m->m - first < length ? m->m - first : length;
    pieces[n].a = m->a + first * m->a_row;
    pieces[n].out = m->out + first * m->n;
  }
  return ssg_dnnl_matmul_pieces(cpu, pieces, n);
}

static SsgStatus by_batch(SsgCpu *cpu, const SsgDnnlMatmul *m)
{
  SsgDnnlMatmul pieces[MAX_PIECES];
  int64_t count = piece_count(m), length = (m->batch + count - 1) / count;
  int n = 0;
  for (int64_t first = 0; first < m->batch; first += length, n++) {
    pieces[n] = *m;
    pieces[n].batch = m->batch - first < length ? m->batch - first : length;
    pieces[n].a = m->a + first * m->a_batch;
    pieces[n].b = m->b + first * m->b_batch;
    pieces[n].out = m->out + first * m->m * m->n;
  }
  return ssg_dnnl_matmul_pieces(cpu, pieces, n);
}

SsgStatus ssg_cpu_product(SsgCpu *cpu, const SsgDnnlMatmul *m)
{
  /* Weights that oneDNN has repacked are one array: other than by rows they cannot be cut. */
  bool packed = m->b_key != 0;
  if (ssg_cpu_outer_product_fits(m))
    return ssg_cpu_outer_product(cpu, m);
  if (m->batch * m->m * m->n * m->k < LEAST)
    return ssg_dnnl_matmul_pieces(cpu, m, 1);
  if (m->batch > 1)
    return packed ? ssg_dnnl_matmul_pieces(cpu, m, 1) : by_batch(cpu, m);
  if (!packed && m->k >= 1024 && (m->m < 128 || m->k >= 16 * (m->m < m->n ? m->m : m->n)))
    return by_terms(cpu, m);
  return m->m >= 32 ? by_rows(cpu, m) : ssg_dnnl_matmul_pieces(cpu, m, 1);
}

SsgStatus ssg_cpu_matmul(SsgCpu *cpu, const SsgOpCall *call)
{
  const SsgArray *a = &call->in[0], *b = &call->in[1], *out = &call->out;
  const SsgArray *bias = call->n_in > 2 && call->in[2].data ? &call->in[2] : NULL;
  bool trans_a = call->param.matmul.trans_a, trans_b = call->param.matmul.trans_b;
  int64_t batch = out->shape.dim[0], m = out->shape.dim[1], n = out->shape.dim[2];
  int64_t k = a->shape.dim[trans_a ? 1 : 2];
  assert(b->shape.dim[trans_b ? 2 : 1] == k);

  SsgDnnlMatmul product = {
      .batch = batch,
      .m = m,
      .n = n,
      .k = k,
      .a = a->data,
      .b = b->data,
      .a_batch = a->shape.dim[0] == 1 ? 0 : m * k,
      .a_row = trans_a ? 1 : k,
      .a_column = trans_a ? m : 1,
      .b_batch = b->shape.dim[0] == 1 ? 0 : k * n,
      .b_row = trans_b ? 1 : n,
      .b_column = trans_b ? k : 1,
      .out = out->data,
      .alpha = call->param.matmul.alpha,
      .act = call->param.matmul.act,
      .b_key = b->cache_key,
  };
  int64_t bias_rows = bias ? ssg_shape_elements(&bias->shape) / n : 0;
  /* One right side for a whole batch, rows one after another: the batch is only more rows. */
  if (batch > 1 && product.b_batch == 0 && product.a_batch && !trans_a && bias_rows <= 1) {
    product.m *= batch;
    product.batch = batch = 1;
  }
  /* A bias for each matrix of the batch: oneDNN 2.6 does that with its reference code only, a hundred times slower than
   * the product and the bias one after the other. */
  bool late = bias && (product.alpha != 1.0f || bias_rows != 1);
  if (bias && !late)
    product.bias = bias->data;
  if (late)
    product.act = false;
  SsgStatus status = ssg_cpu_product(cpu, &product);
  if (status != SSG_OK || !late)
    return status;
  SsgOpCall rest = {.op = SSG_OP_BIAS_ACT, .n_in = 2, .in = {*out, *bias}, .out = *out};
  rest.param.bias_act.act = call->param.matmul.act;
  return ssg_cpu_bias_act(cpu, &rest);
}
