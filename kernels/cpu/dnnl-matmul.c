/* Matrix products in oneDNN. */
#include "kernels/cpu/dnnl-private.h"

#include <assert.h>
#include <string.h>

#include "kernels/math/pointwise.h"

/* Dims and strides of a matrix with or without the batch axis in front. */
static dnnl_status_t desc_matrix(SsgDnnlDesc *desc, int64_t batch, int64_t rows, int64_t columns, int64_t batch_stride,
                                 int64_t row_stride, int64_t column_stride, bool batched)
{
  if (!batched)
    return ssg_dnnl_strided(desc, dnnl_f32, 2, (dnnl_dims_t){rows, columns}, (dnnl_dims_t){row_stride, column_stride});
  /* A batch axis of one matrix: its stride has no meaning but must not be 0. */
  bool repeated = batch_stride == 0;
  return ssg_dnnl_strided(desc, dnnl_f32, 3, (dnnl_dims_t){repeated ? 1 : batch, rows, columns},
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
    s = batched ? ssg_dnnl_any(&any, dnnl_f32, 3, (dnnl_dims_t){m->b_batch ? m->batch : 1, m->k, m->n})
                : ssg_dnnl_any(&any, dnnl_f32, 2, (dnnl_dims_t){m->k, m->n});
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

/* Runs it on the calling thread alone, with memory objects of its own. */
static dnnl_status_t run(const SsgDnnl *dnnl, const SsgDnnlPrimitive *p, const float *a, const void *weight,
                         const float *bias, float *out, void *scratch)
{
  const struct {
    dnnl_memory_t like;
    const void *data;
    int name;
  } wanted[] = {{p->source, a, DNNL_ARG_SRC},
                {p->weight, weight, DNNL_ARG_WEIGHTS},
                {p->result, out, DNNL_ARG_DST},
                {p->bias, bias, DNNL_ARG_BIAS},
                {p->scratch, scratch, DNNL_ARG_SCRATCHPAD}};
  dnnl_exec_arg_t arguments[5];
  dnnl_stream_t stream = NULL;
  int n = 0;
  dnnl_status_t s = dnnl_stream_create(&stream, dnnl->engine, dnnl_stream_default_flags);
  for (int i = 0; i < 5 && s == dnnl_success; i++) {
    dnnl_memory_t memory = NULL;
    s = ssg_dnnl_memory_like(wanted[i].like, (void *) wanted[i].data, dnnl->engine, &memory);
    if (memory)
      arguments[n++] = (dnnl_exec_arg_t){wanted[i].name, memory};
  }
  if (s == dnnl_success)
    s = dnnl_primitive_execute(p->primitive, stream, n, arguments);
  if (s == dnnl_success)
    s = dnnl_stream_wait(stream);
  while (n > 0)
    dnnl_memory_destroy(arguments[--n].memory);
  if (stream)
    dnnl_stream_destroy(stream);
  return s;
}

typedef struct {
  const SsgDnnlMatmul *matmul;
  SsgDnnlPrimitive *p;
  void *weight;         /* in the form that the primitive wants */
  void *scratch, *room; /* from the pool */
  dnnl_status_t status;
} Piece;

/* Gets a piece its primitive, for one thread, and its memory. */
static SsgStatus prepare_piece(SsgCpu *cpu, void *data)
{
  Piece *piece = data;
  const SsgDnnlMatmul *m = piece->matmul;
  SsgStatus status = get_matmul(cpu, m, &piece->p);
  SsgDnnlPrimitive *p = piece->p;
  if (status != SSG_OK)
    return status;
  SsgDnnlDescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = ssg_dnnl_provide_weight(cpu, p, wanted, m->b, m->b_key, -1 - m->b_row, NULL, &piece->room);
  if (status == SSG_OK)
    status = ssg_dnnl_check(cpu, dnnl_memory_get_data_handle(p->weight, &piece->weight), "reading a pointer");
  if (status == SSG_OK && p->scratch) {
    piece->scratch = ssg_pool_allocate(&cpu->pool, p->scratch_bytes);
    if (!piece->scratch)
      status = ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for a product's working space");
  }
  return status;
}

static void run_prepared(SsgCpu *cpu, void *data)
{
  Piece *piece = data;
  const SsgDnnlMatmul *m = piece->matmul;
  piece->status = run(cpu->dnnl, piece->p, m->a, piece->weight, m->bias, m->out, piece->scratch);
}

SsgStatus ssg_dnnl_matmul_pieces(SsgCpu *cpu, const SsgDnnlMatmul *matmuls, int n)
{
  Piece pieces[SSG_DNNL_MAX_PIECES];
  assert(n <= SSG_DNNL_MAX_PIECES);
  memset(pieces, 0, sizeof pieces);
  for (int i = 0; i < n; i++)
    pieces[i].matmul = &matmuls[i];
  SsgStatus status = ssg_dnnl_side_by_side(cpu, pieces, sizeof *pieces, n, prepare_piece, run_prepared);
  for (int i = 0; i < n; i++) {
    if (status == SSG_OK)
      status = ssg_dnnl_check(cpu, pieces[i].status, "a matrix product");
    if (pieces[i].p) {
      ssg_pool_release(&cpu->pool, pieces[i].scratch, pieces[i].p->scratch_bytes);
      ssg_pool_release(&cpu->pool, pieces[i].room, pieces[i].p->weight_bytes);
    }
  }
  return status;
}

static SsgStatus prepare_primitive(SsgCpu *cpu, void *data)
{
  Piece *piece = data;
  return get_matmul(cpu, piece->matmul, &piece->p);
}

SsgStatus ssg_dnnl_batch_prepare(SsgCpu *cpu, const SsgDnnlMatmul *m, const SsgDnnlConv *source, SsgDnnlBatch *batch)
{
  Piece piece = {.matmul = m};
  memset(batch, 0, sizeof *batch);
  SsgStatus status = ssg_dnnl_side_by_side(cpu, &piece, sizeof piece, 1, prepare_primitive, NULL);
  SsgDnnlPrimitive *p = piece.p;
  if (status != SSG_OK)
    return status;
  void *scratch = NULL, *weight = NULL;
  SsgDnnlDescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = ssg_dnnl_provide_weight(cpu, p, wanted, NULL, source->weight_key, source->derive_form, source, &scratch);
  if (status == SSG_OK)
    status = ssg_dnnl_check(cpu, dnnl_memory_get_data_handle(p->weight, &weight), "reading a pointer");
  *batch = (SsgDnnlBatch){cpu->dnnl, p, weight, scratch, p->weight_bytes, p->scratch_bytes};
  return status;
}

void ssg_dnnl_batch_finish(SsgCpu *cpu, SsgDnnlBatch *batch)
{
  ssg_pool_release(&cpu->pool, batch->room, batch->room_bytes);
}

bool ssg_dnnl_batch_run(const SsgDnnlBatch *batch, const float *a, float *out, void *scratch)
{
  return run(batch->dnnl, batch->primitive, a, batch->weight, NULL, out, scratch) == dnnl_success;
}
