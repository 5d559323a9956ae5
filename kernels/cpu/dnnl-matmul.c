/* Matrix products in oneDNN. */
#include "kernels/cpu/dnnl-private.h"

#include <omp.h>
#include <string.h>

#include "kernels/math/pointwise.h"

/* Dims and strides of a matrix with or without the batch axis in front. */
static dnnl_status_t desc_matrix(SsgDnnlDesc *desc, int64_t batch, int64_t rows, int64_t columns, int64_t batch_stride,
                                 int64_t row_stride, int64_t column_stride, bool batched)
{
  if (!batched)
    return ssg_dnnl_strided(desc, 2, (dnnl_dims_t){rows, columns}, (dnnl_dims_t){row_stride, column_stride});
  /* A batch axis of one matrix: its stride has no meaning but must not be 0. */
  bool repeated = batch_stride == 0;
  return ssg_dnnl_strided(desc, 3, (dnnl_dims_t){repeated ? 1 : batch, rows, columns},
                          (dnnl_dims_t){repeated ? rows * columns : batch_stride, row_stride, column_stride});
}

static SsgStatus build_matmul(SsgCpu *cpu, const void *what, SsgDnnlPrimitive *p, dnnl_primitive_attr_t attributes)
{
  const SsgDnnlMatmul *m = what;
  SsgDnnl *dnnl = cpu->dnnl;
  SsgDnnlDesc a, b, out, bias, any;
  bool batched = m->batch > 1, pack = m->b_key != 0;
  dnnl_status_t s;
  memset(&b, 0, sizeof b);
  memset(&out, 0, sizeof out);
  memset(&bias, 0, sizeof bias);
  memset(&any, 0, sizeof any);
  s = desc_matrix(&a, m->batch, m->m, m->k, m->a_batch, m->a_row, m->a_column, batched);
  if (s == dnnl_success)
    s = desc_matrix(&b, m->batch, m->k, m->n, m->b_batch, m->b_row, m->b_column, batched);
  if (s == dnnl_success)
    s = desc_matrix(&out, m->batch, m->m, m->n, m->m * m->n, m->n, 1, batched);
  if (s == dnnl_success && m->bias)
    s = desc_matrix(&bias, m->batch, 1, m->n, 0, m->n, 1, batched);
  if (s == dnnl_success && pack)
    s = batched ? ssg_dnnl_any(&any, 3, (dnnl_dims_t){m->b_batch ? m->batch : 1, m->k, m->n})
                : ssg_dnnl_any(&any, 2, (dnnl_dims_t){m->k, m->n});
  if (s == dnnl_success)
    s = ssg_dnnl_matmul_pd(dnnl, &a, pack ? &any : &b, m->bias ? &bias : NULL, &out, attributes, &p->pd);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_for(dnnl, ssg_dnnl_ref(&a), &p->source);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_for(dnnl, ssg_dnnl_ref(&out), &p->result);
  if (s == dnnl_success && m->bias)
    s = ssg_dnnl_memory_for(dnnl, ssg_dnnl_ref(&bias), &p->bias);
  SsgStatus status = ssg_dnnl_check(cpu, s, "planning a matrix product");
  if (status == SSG_OK)
    status = ssg_dnnl_finish(cpu, p, dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0), &b, false);
  ssg_dnnl_clear(&a);
  ssg_dnnl_clear(&b);
  ssg_dnnl_clear(&out);
  ssg_dnnl_clear(&bias);
  ssg_dnnl_clear(&any);
  return status;
}

static SsgStatus get_matmul(SsgCpu *cpu, const SsgDnnlMatmul *m, SsgDnnlPrimitive **primitive)
{
  int64_t values[] = {0,
                      cpu->n_threads,
                      m->batch,
                      m->m,
                      m->n,
                      m->k,
                      m->a_batch,
                      m->a_row,
                      m->a_column,
                      m->b_batch,
                      m->b_row,
                      m->b_column,
                      m->bias != NULL,
                      m->act,
                      ssg_float_bits(m->alpha),
                      m->b_key != 0};
  return ssg_dnnl_primitive(cpu, values, sizeof values, m->alpha, m->act, build_matmul, m, primitive);
}

SsgStatus ssg_dnnl_matmul(SsgCpu *cpu, const SsgDnnlMatmul *m)
{
  SsgDnnlPrimitive *p = NULL;
  SsgStatus status = get_matmul(cpu, m, &p);
  if (status != SSG_OK)
    return status;
  void *scratch = NULL;
  SsgDnnlDescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = ssg_dnnl_provide_weight(cpu, p, wanted, m->b, m->b_key, -1 - m->b_row, NULL, &scratch);
  if (status == SSG_OK) {
    int n = 0;
    dnnl_exec_arg_t arguments[5];
    arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_SRC, p->source};
    arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, p->weight};
    arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_DST, p->result};
    dnnl_memory_set_data_handle(p->source, (void *) m->a);
    dnnl_memory_set_data_handle(p->result, m->out);
    if (m->bias) {
      dnnl_memory_set_data_handle(p->bias, (void *) m->bias);
      arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, p->bias};
    }
    status = ssg_dnnl_execute(cpu, p, n, arguments);
  }
  ssg_pool_release(&cpu->pool, scratch, p->weight_bytes);
  return status;
}

SsgStatus ssg_dnnl_batch_prepare(SsgCpu *cpu, const SsgDnnlMatmul *m, const SsgDnnlConv *source, SsgDnnlBatch *batch)
{
  SsgDnnlPrimitive *p = NULL;
  int n_threads = cpu->n_threads;
  cpu->n_threads = 1;
  omp_set_num_threads(1);
  SsgStatus status = get_matmul(cpu, m, &p);
  cpu->n_threads = n_threads;
  omp_set_num_threads(n_threads);
  if (status != SSG_OK)
    return status;
  void *scratch = NULL, *weight = NULL;
  SsgDnnlDescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = ssg_dnnl_provide_weight(cpu, p, wanted, NULL, source->weight_key, source->derive_form, source, &scratch);
  if (status == SSG_OK)
    status = ssg_dnnl_check(cpu, dnnl_memory_get_data_handle(p->weight, &weight), "reading a pointer");
  *batch = (SsgDnnlBatch){cpu->dnnl, p, weight, p->scratch_bytes};
  return status;
}

bool ssg_dnnl_batch_run(const SsgDnnlBatch *batch, const float *a, float *out, void *scratch)
{
  const SsgDnnlPrimitive *p = batch->primitive;
  dnnl_engine_t engine = batch->dnnl->engine;
  dnnl_stream_t stream = NULL;
  dnnl_memory_t left = NULL, right = NULL, result = NULL, room = NULL;
  dnnl_status_t s = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->source, (void *) a, engine, &left);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->weight, (void *) batch->weight, engine, &right);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->result, out, engine, &result);
  if (s == dnnl_success && p->scratch)
    s = ssg_dnnl_memory_like(p->scratch, scratch, engine, &room);
  if (s == dnnl_success) {
    dnnl_exec_arg_t arguments[] = {
        {DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, result}, {DNNL_ARG_SCRATCHPAD, room}};
    s = dnnl_primitive_execute(p->primitive, stream, room ? 4 : 3, arguments);
  }
  if (s == dnnl_success)
    s = dnnl_stream_wait(stream);
  dnnl_memory_t memories[] = {left, right, result, room};
  for (int i = 0; i < 4; i++)
    if (memories[i])
      dnnl_memory_destroy(memories[i]);
  if (stream)
    dnnl_stream_destroy(stream);
  return s == dnnl_success;
}
