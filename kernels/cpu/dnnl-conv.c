/* Convolutions and their gradients in oneDNN. */
#include "kernels/cpu/dnnl-private.h"

#include <assert.h>
#include <string.h>

static SsgStatus build_conv(SsgCpu *cpu, const void *what, SsgDnnlPrimitive *p, dnnl_primitive_attr_t attributes)
{
  const SsgDnnlConv *c = what;
  SsgDnnl *dnnl = cpu->dnnl;
  SsgDnnlDesc x, y, w, plain, b;
  const int64_t wi = c->ci, xw = c->w * c->ci, yw = c->wo * c->co;
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t s;
  memset(&b, 0, sizeof b);
  memset(&w, 0, sizeof w);
  memset(&y, 0, sizeof y);
  memset(&plain, 0, sizeof plain);
  s = ssg_dnnl_strided(&x, 4, (dnnl_dims_t){c->n, c->ci, c->h, c->w}, (dnnl_dims_t){c->h * xw, 1, xw, c->ci});
  if (s == dnnl_success)
    s = ssg_dnnl_strided(&y, 4, (dnnl_dims_t){c->n, c->co, c->ho, c->wo}, (dnnl_dims_t){c->ho * yw, 1, yw, c->co});
  if (s == dnnl_success)
    s = ssg_dnnl_any(&w, 4, (dnnl_dims_t){c->co, c->ci, c->kh, c->kw});
  if (s == dnnl_success)
    s = ssg_dnnl_strided(&plain, 4, (dnnl_dims_t){c->co, c->ci, c->kh, c->kw},
                         (dnnl_dims_t){c->kh * c->kw * wi, 1, c->kw * wi, wi});
  if (s == dnnl_success && c->bias)
    s = ssg_dnnl_strided(&b, 1, (dnnl_dims_t){c->co}, (dnnl_dims_t){1});
  if (s == dnnl_success && c->op != SSG_OP_CONV)
    s = ssg_dnnl_conv_pd(dnnl, c, SSG_OP_CONV, &x, &w, &b, &y, attributes, NULL, &hint);
  if (s == dnnl_success)
    s = ssg_dnnl_conv_pd(dnnl, c, c->op, &x, &w, &b, &y, attributes, hint, &p->pd);
  if (hint)
    dnnl_primitive_desc_destroy(hint);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_for(dnnl, ssg_dnnl_ref(c->op == SSG_OP_CONV_INPUT ? &y : &x), &p->source);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_for(dnnl, ssg_dnnl_ref(c->op == SSG_OP_CONV_INPUT ? &x : &y), &p->result);
  if (s == dnnl_success && c->bias)
    s = ssg_dnnl_memory_for(dnnl, ssg_dnnl_ref(&b), &p->bias);
  SsgStatus status = ssg_dnnl_check(cpu, s, "planning a convolution");
  if (status == SSG_OK) {
    bool gradient = c->op == SSG_OP_CONV_WEIGHT;
    SsgDnnlDescRef wanted =
        dnnl_primitive_desc_query_md(p->pd, gradient ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
    status = ssg_dnnl_finish(cpu, p, wanted, &plain, gradient);
  }
  ssg_dnnl_clear(&x);
  ssg_dnnl_clear(&y);
  ssg_dnnl_clear(&w);
  ssg_dnnl_clear(&plain);
  ssg_dnnl_clear(&b);
  return status;
}

static SsgStatus get_conv(SsgCpu *cpu, const SsgDnnlConv *c, SsgDnnlPrimitive **primitive)
{
  int64_t values[] = {1 + (int64_t) c->op,
                      cpu->n_threads,
                      c->n,
                      c->h,
                      c->w,
                      c->ci,
                      c->ho,
                      c->wo,
                      c->co,
                      c->kh,
                      c->kw,
                      c->stride,
                      c->pad_top,
                      c->pad_left,
                      c->pad_bottom,
                      c->pad_right,
                      c->act,
                      c->bias != NULL};
  return ssg_dnnl_primitive(cpu, values, sizeof values, 1.0f, c->act, build_conv, c, primitive);
}

/* One piece of a convolution with what it needs to run beside others: memory objects of its own. */
typedef struct {
  const SsgDnnlConv *conv;
  SsgDnnlPrimitive *p;
  void *scratch, *packed; /* from the pool; packed (CONV_WEIGHT) NULL when the primitive writes our form */
  void *weight;           /* CONV: in the form that the primitive wants */
  dnnl_status_t status;
} Piece;

static dnnl_status_t run_piece(const SsgDnnl *dnnl, const Piece *piece)
{
  const SsgDnnlPrimitive *p = piece->p;
  const SsgDnnlConv *c = piece->conv;
  bool forward = c->op == SSG_OP_CONV;
  void *weight = forward ? piece->weight : piece->packed ? piece->packed : c->weight;
  dnnl_stream_t stream = NULL;
  dnnl_memory_t x = NULL, y = NULL, w = NULL, b = NULL, scratch = NULL, plain = NULL;
  dnnl_status_t s = dnnl_stream_create(&stream, dnnl->engine, dnnl_stream_default_flags);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->source, c->x, dnnl->engine, &x);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->result, c->y, dnnl->engine, &y);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->weight, weight, dnnl->engine, &w);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->bias, (void *) c->bias, dnnl->engine, &b);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->scratch, piece->scratch, dnnl->engine, &scratch);
  if (s == dnnl_success && piece->packed)
    s = ssg_dnnl_memory_like(p->plain_weight, c->weight, dnnl->engine, &plain);
  if (s == dnnl_success) {
    int n = 0;
    dnnl_exec_arg_t arguments[5];
    arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_SRC, x};
    arguments[n++] = (dnnl_exec_arg_t){forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, y};
    arguments[n++] = (dnnl_exec_arg_t){forward ? DNNL_ARG_WEIGHTS : DNNL_ARG_DIFF_WEIGHTS, w};
    if (b)
      arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, b};
    if (scratch)
      arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, scratch};
    s = dnnl_primitive_execute(p->primitive, stream, n, arguments);
  }
  if (s == dnnl_success && piece->packed) {
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, w}, {DNNL_ARG_TO, plain}};
    s = dnnl_primitive_execute(p->reorder, stream, 2, arguments);
  }
  if (s == dnnl_success)
    s = dnnl_stream_wait(stream);
  dnnl_memory_t memories[] = {x, y, w, b, scratch, plain};
  for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
    if (memories[i])
      dnnl_memory_destroy(memories[i]);
  if (stream)
    dnnl_stream_destroy(stream);
  return s;
}

/* Gets a piece its primitive, for one thread, and its memory. */
static SsgStatus prepare_piece(SsgCpu *cpu, void *data)
{
  Piece *piece = data;
  const SsgDnnlConv *c = piece->conv;
  SsgStatus status = get_conv(cpu, c, &piece->p);
  SsgDnnlPrimitive *p = piece->p;
  void *unused;
  if (status != SSG_OK)
    return status;
  if (c->op == SSG_OP_CONV) {
    SsgDnnlDescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
    status = ssg_dnnl_provide_weight(cpu, p, wanted, c->weight, c->weight_key, c->derive_form, c, &unused);
    if (status == SSG_OK)
      status = ssg_dnnl_check(cpu, dnnl_memory_get_data_handle(p->weight, &piece->weight), "reading a pointer");
  } else if (p->reorder) {
    piece->packed = ssg_pool_allocate(&cpu->pool, p->weight_bytes);
  }
  if (p->scratch)
    piece->scratch = ssg_pool_allocate(&cpu->pool, p->scratch_bytes);
  if (status == SSG_OK && ((p->scratch && !piece->scratch) || (c->op != SSG_OP_CONV && p->reorder && !piece->packed)))
    status = ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for a convolution's working space");
  return status;
}

static void run_prepared(SsgCpu *cpu, void *data)
{
  Piece *piece = data;
  piece->status = run_piece(cpu->dnnl, piece);
}

SsgStatus ssg_dnnl_conv_pieces(SsgCpu *cpu, const SsgDnnlConv *convs, int n)
{
  Piece pieces[SSG_DNNL_MAX_PIECES];
  assert(n <= SSG_DNNL_MAX_PIECES);
  memset(pieces, 0, sizeof pieces);
  for (int i = 0; i < n; i++)
    pieces[i].conv = &convs[i];
  SsgStatus status = ssg_dnnl_side_by_side(cpu, pieces, sizeof *pieces, n, prepare_piece, run_prepared);
  for (int i = 0; i < n; i++) {
    if (status == SSG_OK)
      status = ssg_dnnl_check(cpu, pieces[i].status, "a piece of a convolution");
    if (pieces[i].p) {
      ssg_pool_release(&cpu->pool, pieces[i].scratch, pieces[i].p->scratch_bytes);
      ssg_pool_release(&cpu->pool, pieces[i].packed, pieces[i].p->weight_bytes);
    }
  }
  return status;
}

SsgStatus ssg_dnnl_conv(SsgCpu *cpu, const SsgDnnlConv *c)
{
  SsgDnnlPrimitive *p = NULL;
  SsgStatus status = get_conv(cpu, c, &p);
  if (status != SSG_OK)
    return status;
  bool forward = c->op == SSG_OP_CONV;
  void *scratch = NULL;
  SsgDnnlDescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = ssg_dnnl_provide_weight(cpu, p, wanted, c->weight, c->weight_key, c->derive_form, c, &scratch);
  if (status == SSG_OK) {
    int n = 0;
    dnnl_exec_arg_t arguments[5];
    arguments[n++] = (dnnl_exec_arg_t){forward ? DNNL_ARG_SRC : DNNL_ARG_DIFF_DST, p->source};
    arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, p->weight};
    arguments[n++] = (dnnl_exec_arg_t){forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_SRC, p->result};
    dnnl_memory_set_data_handle(p->source, forward ? c->x : c->y);
    dnnl_memory_set_data_handle(p->result, forward ? c->y : c->x);
    if (c->bias) {
      dnnl_memory_set_data_handle(p->bias, (void *) c->bias);
      arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, p->bias};
    }
    status = ssg_dnnl_execute(cpu, p, n, arguments);
  }
  ssg_pool_release(&cpu->pool, scratch, p->weight_bytes);
  return status;
}
