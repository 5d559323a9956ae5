/* Convolutions and their gradients in oneDNN. */
#include "kernels/cpu/dnnl-private.h"

#include <assert.h>
#include <string.h>

#include "kernels/math/convert.h"

static SsgStatus build_conv(SsgCpu *cpu, const void *what, SsgDnnlPrimitive *p, dnnl_primitive_attr_t attributes)
{
  const SsgDnnlConv *c = what;
  SsgDnnl *dnnl = cpu->dnnl;
  SsgDnnlDesc x, y, w, plain, b, hint_x, hint_w, hint_y;
  const int64_t wi = c->ci, xw = c->w * c->ci, yw = c->wo * c->co;
  const dnnl_dims_t xd = {c->n, c->ci, c->h, c->w}, xs = {c->h * xw, 1, xw, c->ci};
  const dnnl_dims_t yd = {c->n, c->co, c->ho, c->wo}, ys = {c->ho * yw, 1, yw, c->co};
  const dnnl_dims_t wd = {c->co, c->ci, c->kh, c->kw};
  const dnnl_data_type_t factor = c->bf16 ? dnnl_bf16 : dnnl_f32;
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t s;
  memset(&b, 0, sizeof b);
  memset(&w, 0, sizeof w);
  memset(&y, 0, sizeof y);
  memset(&plain, 0, sizeof plain);
  memset(&hint_x, 0, sizeof hint_x);
  memset(&hint_w, 0, sizeof hint_w);
  memset(&hint_y, 0, sizeof hint_y);
  s = ssg_dnnl_strided(&x, c->op == SSG_OP_CONV_INPUT ? dnnl_f32 : factor, 4, xd, xs);
  if (s == dnnl_success)
    s = ssg_dnnl_strided(&y, c->op == SSG_OP_CONV ? dnnl_f32 : factor, 4, yd, ys);
  if (s == dnnl_success)
    s = ssg_dnnl_any(&w, c->op == SSG_OP_CONV_WEIGHT ? dnnl_f32 : factor, 4, wd);
  if (s == dnnl_success)
    s = ssg_dnnl_strided(&plain, dnnl_f32, 4, wd, (dnnl_dims_t){c->kh * c->kw * wi, 1, c->kw * wi, wi});
  if (s == dnnl_success && c->bias)
    s = ssg_dnnl_strided(&b, dnnl_f32, 1, (dnnl_dims_t){c->co}, (dnnl_dims_t){1});
  if (c->op != SSG_OP_CONV) {
    if (s == dnnl_success)
      s = ssg_dnnl_strided(&hint_x, factor, 4, xd, xs);
    if (s == dnnl_success)
      s = ssg_dnnl_any(&hint_w, factor, 4, wd);
    if (s == dnnl_success)
      s = ssg_dnnl_strided(&hint_y, dnnl_f32, 4, yd, ys);
    if (s == dnnl_success)
      s = ssg_dnnl_conv_pd(dnnl, c, SSG_OP_CONV, &hint_x, &hint_w, &b, &hint_y, attributes, NULL, &hint);
  }
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
  ssg_dnnl_clear(&hint_x);
  ssg_dnnl_clear(&hint_w);
  ssg_dnnl_clear(&hint_y);
  return status;
}

/* --- Factors in bf16 --- */

typedef struct {
  const float *from;
  uint16_t *to;
} NarrowJob;

SSG_CLONES static void narrow_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const NarrowJob *job = data;
  const float *from = job->from;
  uint16_t *to = job->to;
#pragma GCC ivdep
  for (int64_t i = begin; i < end; i++)
    to[i] = ssg_math_to_bf16(from[i]);
}

static int64_t x_elements(const SsgDnnlConv *c)
{
  return c->n * c->h * c->w * c->ci;
}

static int64_t y_elements(const SsgDnnlConv *c)
{
  return c->n * c->ho * c->wo * c->co;
}

/* Room from the pool for what `c` takes in bf16: x, then y, as far as they are factors. 0 bytes where nothing is. */
static size_t narrow_bytes(const SsgDnnlConv *c)
{
  if (!c->bf16)
    return 0;
  int64_t x = c->op == SSG_OP_CONV_INPUT ? 0 : x_elements(c), y = c->op == SSG_OP_CONV ? 0 : y_elements(c);
  return (size_t) ((x + 31) / 32 * 32 + y) * sizeof(uint16_t); /* y begins in a line of the cache of its own */
}

/* --- Running --- */

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
                      c->bias != NULL,
                      c->bf16};
  return ssg_dnnl_primitive(cpu, values, sizeof values, 1.0f, c->act, build_conv, c, primitive);
}

/* One piece of a convolution with what it needs to run beside others: memory objects of its own. */
typedef struct {
  const SsgDnnlConv *conv;
  SsgDnnlPrimitive *p;
  void *scratch, *packed; /* from the pool; packed (CONV_WEIGHT) NULL when the primitive writes our form */
  void *weight;           /* CONV: in the form that the primitive wants */
  uint16_t *narrow;       /* from the pool, narrow_bytes(); NULL where that is 0 */
  dnnl_status_t status;
} Piece;

static dnnl_status_t run_piece(const SsgDnnl *dnnl, const Piece *piece)
{
  const SsgDnnlPrimitive *p = piece->p;
  const SsgDnnlConv *c = piece->conv;
  bool forward = c->op == SSG_OP_CONV;
  void *weight = forward ? piece->weight : piece->packed ? piece->packed : c->weight;
  void *x_data = c->x, *y_data = c->y;
  dnnl_stream_t stream = NULL;
  dnnl_memory_t x = NULL, y = NULL, w = NULL, b = NULL, scratch = NULL, plain = NULL;
  if (piece->narrow) {
    NarrowJob narrow_x = {c->x, piece->narrow}, narrow_y = {c->y, piece->narrow + (x_elements(c) + 31) / 32 * 32};
    narrow_range(&narrow_x, 0, 0, x_elements(c));
    x_data = narrow_x.to;
    if (!forward) {
      narrow_range(&narrow_y, 0, 0, y_elements(c));
      y_data = narrow_y.to;
    }
  }
  dnnl_status_t s = dnnl_stream_create(&stream, dnnl->engine, dnnl_stream_default_flags);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->source, x_data, dnnl->engine, &x);
  if (s == dnnl_success)
    s = ssg_dnnl_memory_like(p->result, y_data, dnnl->engine, &y);
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
  if (c->bf16)
    piece->narrow = ssg_pool_allocate(&cpu->pool, narrow_bytes(c));
  if (status == SSG_OK && ((p->scratch && !piece->scratch) || (c->bf16 && !piece->narrow) || (c->op != SSG_OP_CONV && p->reorder && !piece->packed)))
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
      ssg_pool_release(&cpu->pool, pieces[i].narrow, narrow_bytes(&convs[i]));
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
  void *scratch = NULL, *source = forward ? c->x : c->y;
  uint16_t *narrow = NULL;
  if (c->bf16) {
    narrow = ssg_pool_allocate(&cpu->pool, narrow_bytes(c));
    if (!narrow)
      return ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for a convolution's working space");
    NarrowJob job = {source, narrow};
    ssg_cpu_parallel(cpu, forward ? x_elements(c) : y_elements(c), SSG_GRAIN, narrow_range, &job);
    source = narrow;
  }
  SsgDnnlDescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = ssg_dnnl_provide_weight(cpu, p, wanted, c->weight, c->weight_key, c->derive_form, c, &scratch);
  if (status == SSG_OK) {
    int n = 0;
    dnnl_exec_arg_t arguments[5];
    arguments[n++] = (dnnl_exec_arg_t){forward ? DNNL_ARG_SRC : DNNL_ARG_DIFF_DST, p->source};
    arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, p->weight};
    arguments[n++] = (dnnl_exec_arg_t){forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_SRC, p->result};
    dnnl_memory_set_data_handle(p->source, source);
    dnnl_memory_set_data_handle(p->result, forward ? c->y : c->x);
    if (c->bias) {
      dnnl_memory_set_data_handle(p->bias, (void *) c->bias);
      arguments[n++] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, p->bias};
    }
    status = ssg_dnnl_execute(cpu, p, n, arguments);
  }
  ssg_pool_release(&cpu->pool, scratch, p->weight_bytes);
  ssg_pool_release(&cpu->pool, narrow, narrow_bytes(c));
  return status;
}
