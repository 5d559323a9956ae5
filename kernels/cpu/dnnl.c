#include "kernels/cpu/dnnl.h"

#include <assert.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/math/pointwise.h"

#define MAX_PRIMITIVES 512
#define N_BUCKETS 256

/* What the two interfaces call a reference to a memory descriptor. */
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t DescRef;
#else
typedef const dnnl_memory_desc_t *DescRef;
#endif

/* A memory descriptor that this file owns. */
typedef struct {
  dnnl_memory_desc_t md;
} Desc;

typedef struct {
  int64_t value[24];
} Key;

typedef struct Primitive {
  Key key;
  struct Primitive *next_in_bucket;
  uint64_t last_used;
  dnnl_primitive_desc_t pd;
  dnnl_primitive_t primitive;
  /* The library's memory objects; data pointers are set for each call. weight is in the form the primitive wants,
   * plain_weight in ours; reorder goes between them (towards ours for CONV_WEIGHT) and is NULL when they agree. */
  dnnl_memory_t source, weight, bias, result, scratch, plain_weight;
  dnnl_primitive_desc_t reorder_pd;
  dnnl_primitive_t reorder;
  size_t weight_bytes, scratch_bytes;
} Primitive;

typedef struct Packed {
  struct Packed *next_in_bucket;
  uint64_t cache_key;
  int64_t form; /* tells apart two readings of one array: its strides */
  Desc desc;
  void *data;
  size_t bytes;
} Packed;

struct SsgDnnl {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  Primitive *primitives[N_BUCKETS];
  int n_primitives;
  uint64_t clock;
  Packed *packed[N_BUCKETS];
  size_t packed_bytes;
};

static SsgStatus check(SsgCpu *cpu, dnnl_status_t status, const char *what)
{
  if (status == dnnl_success)
    return SSG_OK;
  if (status == dnnl_out_of_memory)
    return ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory left (oneDNN, %s)", what);
  return ssg_cpu_fail(cpu, status == dnnl_unimplemented ? SSG_UNSUPPORTED : SSG_FAILED, "oneDNN: %s failed (status %d)",
                      what, (int) status);
}

#define TRY(call, what)                                                                                                \
  do {                                                                                                                 \
    SsgStatus try_status = check(cpu, call, what);                                                                     \
    if (try_status != SSG_OK)                                                                                          \
      return try_status;                                                                                               \
  } while (0)

/* --- Descriptors --- */

static dnnl_status_t desc_strided(Desc *desc, int rank, const dnnl_dims_t dims, const dnnl_dims_t strides)
{
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_strides(&desc->md, rank, dims, dnnl_f32, strides);
#else
  return dnnl_memory_desc_init_by_strides(&desc->md, rank, dims, dnnl_f32, strides);
#endif
}

static dnnl_status_t desc_any(Desc *desc, int rank, const dnnl_dims_t dims)
{
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_tag(&desc->md, rank, dims, dnnl_f32, dnnl_format_tag_any);
#else
  return dnnl_memory_desc_init_by_tag(&desc->md, rank, dims, dnnl_f32, dnnl_format_tag_any);
#endif
}

static void desc_clear(Desc *desc)
{
#if DNNL_VERSION_MAJOR >= 3
  if (desc->md)
    dnnl_memory_desc_destroy(desc->md);
#endif
  memset(desc, 0, sizeof *desc);
}

static dnnl_status_t desc_clone(Desc *desc, DescRef from)
{
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_clone(&desc->md, from);
#else
  desc->md = *from;
  return dnnl_success;
#endif
}

static DescRef desc_ref(const Desc *desc)
{
#if DNNL_VERSION_MAJOR >= 3
  return desc->md;
#else
  return &desc->md;
#endif
}

/* --- Attributes: scratch from our pool, and what is applied to the result --- */

static dnnl_status_t make_attributes(dnnl_primitive_attr_t *attributes, float alpha, bool act)
{
  dnnl_post_ops_t ops = NULL;
  dnnl_status_t status = dnnl_primitive_attr_create(attributes);
  if (status == dnnl_success)
    status = dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
  if (status == dnnl_success)
    status = dnnl_post_ops_create(&ops);
#if DNNL_VERSION_MAJOR >= 3
  if (status == dnnl_success && alpha != 1.0f)
    status = dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_linear, alpha, 0.0f);
  if (status == dnnl_success && act)
    status = dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, SSG_LEAK, 0.0f);
  if (status == dnnl_success && act)
    status = dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_linear, SSG_SQRT2, 0.0f);
#else
  if (status == dnnl_success && alpha != 1.0f)
    status = dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_linear, alpha, 0.0f);
  if (status == dnnl_success && act)
    status = dnnl_post_ops_append_eltwise(ops, SSG_SQRT2, dnnl_eltwise_relu, SSG_LEAK, 0.0f);
#endif
  if (status == dnnl_success && (alpha != 1.0f || act))
    status = dnnl_primitive_attr_set_post_ops(*attributes, ops);
  if (ops)
    dnnl_post_ops_destroy(ops);
  return status;
}

/* --- The two operations' descriptors, where the interfaces differ most --- */

static dnnl_status_t conv_pd(SsgDnnl *dnnl, const SsgDnnlConv *c, SsgOp op, const Desc *x, const Desc *w, const Desc *b,
                             const Desc *y, dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t hint,
                             dnnl_primitive_desc_t *pd)
{
  dnnl_dims_t strides = {c->stride, c->stride}, before = {c->pad_top, c->pad_left};
  dnnl_dims_t after = {c->pad_bottom, c->pad_right};
#if DNNL_VERSION_MAJOR >= 3
  dnnl_dims_t dilation = {0, 0};
  if (op == SSG_OP_CONV)
    return dnnl_convolution_forward_primitive_desc_create(pd, dnnl->engine, dnnl_forward_training,
                                                          dnnl_convolution_direct, x->md, w->md, c->bias ? b->md : NULL,
                                                          y->md, strides, dilation, before, after, attributes);
  if (op == SSG_OP_CONV_INPUT)
    return dnnl_convolution_backward_data_primitive_desc_create(pd, dnnl->engine, dnnl_convolution_direct, x->md, w->md,
                                                                y->md, strides, dilation, before, after, hint,
                                                                attributes);
  return dnnl_convolution_backward_weights_primitive_desc_create(pd, dnnl->engine, dnnl_convolution_direct, x->md,
                                                                 w->md, NULL, y->md, strides, dilation, before, after,
                                                                 hint, attributes);
#else
  dnnl_convolution_desc_t desc;
  dnnl_status_t status;
  if (op == SSG_OP_CONV)
    status = dnnl_convolution_forward_desc_init(&desc, dnnl_forward_training, dnnl_convolution_direct, &x->md, &w->md,
                                                c->bias ? &b->md : NULL, &y->md, strides, before, after);
  else if (op == SSG_OP_CONV_INPUT)
    status = dnnl_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &x->md, &w->md, &y->md, strides,
                                                      before, after);
  else
    status = dnnl_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &x->md, &w->md, NULL, &y->md,
                                                         strides, before, after);
  return status == dnnl_success ? dnnl_primitive_desc_create(pd, &desc, attributes, dnnl->engine, hint) : status;
#endif
}

static dnnl_status_t matmul_pd(SsgDnnl *dnnl, const Desc *a, const Desc *b, const Desc *bias, const Desc *out,
                               dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *pd)
{
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_matmul_primitive_desc_create(pd, dnnl->engine, a->md, b->md, bias ? bias->md : NULL, out->md, attributes);
#else
  dnnl_matmul_desc_t desc;
  dnnl_status_t status = dnnl_matmul_desc_init(&desc, &a->md, &b->md, bias ? &bias->md : NULL, &out->md);
  return status == dnnl_success ? dnnl_primitive_desc_create(pd, &desc, attributes, dnnl->engine, NULL) : status;
#endif
}

/* --- Cache of primitives --- */

static unsigned bucket_of(const void *data, size_t bytes)
{
  const unsigned char *p = data;
  uint64_t hash = 1469598103934665603u;
  for (size_t i = 0; i < bytes; i++)
    hash = (hash ^ p[i]) * 1099511628211u;
  return (unsigned) (hash >> 32) % N_BUCKETS;
}

static void primitive_free(Primitive *p)
{
  dnnl_memory_t memories[] = {p->source, p->weight, p->bias, p->result, p->scratch, p->plain_weight};
  for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
    if (memories[i])
      dnnl_memory_destroy(memories[i]);
  if (p->reorder)
    dnnl_primitive_destroy(p->reorder);
  if (p->reorder_pd)
    dnnl_primitive_desc_destroy(p->reorder_pd);
  if (p->primitive)
    dnnl_primitive_destroy(p->primitive);
  if (p->pd)
    dnnl_primitive_desc_destroy(p->pd);
  free(p);
}

static void drop_oldest(SsgDnnl *dnnl)
{
  Primitive **oldest = NULL;
  for (int i = 0; i < N_BUCKETS; i++)
    for (Primitive **p = &dnnl->primitives[i]; *p; p = &(*p)->next_in_bucket)
      if (!oldest || (*p)->last_used < (*oldest)->last_used)
        oldest = p;
  if (!oldest)
    return;
  Primitive *gone = *oldest;
  *oldest = gone->next_in_bucket;
  primitive_free(gone);
  dnnl->n_primitives--;
}

static Primitive *find_primitive(SsgDnnl *dnnl, const Key *key)
{
  for (Primitive *p = dnnl->primitives[bucket_of(key, sizeof *key)]; p; p = p->next_in_bucket)
    if (memcmp(&p->key, key, sizeof *key) == 0) {
      p->last_used = ++dnnl->clock;
      return p;
    }
  return NULL;
}

static void keep_primitive(SsgDnnl *dnnl, Primitive *p)
{
  if (dnnl->n_primitives >= MAX_PRIMITIVES)
    drop_oldest(dnnl);
  Primitive **bucket = &dnnl->primitives[bucket_of(&p->key, sizeof p->key)];
  p->next_in_bucket = *bucket;
  p->last_used = ++dnnl->clock;
  *bucket = p;
  dnnl->n_primitives++;
}

static dnnl_status_t memory_for(SsgDnnl *dnnl, DescRef desc, dnnl_memory_t *memory)
{
  return dnnl_memory_create(memory, desc, dnnl->engine, DNNL_MEMORY_NONE);
}

/* Makes the primitive from its pd, its scratch, and the reorder of its weights. plain is our form of the weights, or
 * NULL when they are used as they are; towards_plain for CONV_WEIGHT. */
static SsgStatus finish_primitive(SsgCpu *cpu, Primitive *p, DescRef weight, const Desc *plain, bool towards_plain)
{
  SsgDnnl *dnnl = cpu->dnnl;
  DescRef scratch = dnnl_primitive_desc_query_md(p->pd, dnnl_query_scratchpad_md, 0);
  TRY(dnnl_primitive_create(&p->primitive, p->pd), "making a primitive");
  p->scratch_bytes = scratch ? dnnl_memory_desc_get_size(scratch) : 0;
  if (p->scratch_bytes)
    TRY(memory_for(dnnl, scratch, &p->scratch), "making a memory object");
  TRY(memory_for(dnnl, weight, &p->weight), "making a memory object");
  p->weight_bytes = dnnl_memory_desc_get_size(weight);
  if (!plain || dnnl_memory_desc_equal(weight, desc_ref(plain)))
    return SSG_OK;
  TRY(memory_for(dnnl, desc_ref(plain), &p->plain_weight), "making a memory object");
  DescRef from = towards_plain ? weight : desc_ref(plain), to = towards_plain ? desc_ref(plain) : weight;
  TRY(dnnl_reorder_primitive_desc_create(&p->reorder_pd, from, dnnl->engine, to, dnnl->engine, NULL),
      "planning a reorder");
  TRY(dnnl_primitive_create(&p->reorder, p->reorder_pd), "making a reorder");
  return SSG_OK;
}

/* --- Repacked weights --- */

static SsgStatus reorder(SsgCpu *cpu, Primitive *p, bool towards_plain)
{
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, towards_plain ? p->weight : p->plain_weight},
                                 {DNNL_ARG_TO, towards_plain ? p->plain_weight : p->weight}};
  TRY(dnnl_primitive_execute(p->reorder, cpu->dnnl->stream, 2, arguments), "a reorder");
  TRY(dnnl_stream_wait(cpu->dnnl->stream), "a reorder");
  return SSG_OK;
}

static Packed *find_packed(SsgDnnl *dnnl, uint64_t cache_key, int64_t form, DescRef desc)
{
  for (Packed *k = dnnl->packed[cache_key % N_BUCKETS]; k; k = k->next_in_bucket)
    if (k->cache_key == cache_key && k->form == form && dnnl_memory_desc_equal(desc_ref(&k->desc), desc))
      return k;
  return NULL;
}

static void packed_free(SsgDnnl *dnnl, Packed *packed)
{
  dnnl->packed_bytes -= packed->bytes;
  desc_clear(&packed->desc);
  free(packed->data);
  free(packed);
}

static Packed *new_packed(SsgCpu *cpu, uint64_t cache_key, int64_t form, size_t bytes, DescRef desc)
{
  SsgDnnl *dnnl = cpu->dnnl;
  Packed *packed = calloc(1, sizeof *packed);
  void *room = packed ? ssg_pool_system_allocate(bytes) : NULL;
  if (!room || desc_clone(&packed->desc, desc) != dnnl_success) {
    free(room);
    free(packed);
    ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for %.1f MiB of repacked weights", (double) bytes / 1048576);
    return NULL;
  }
  packed->cache_key = cache_key;
  packed->form = form;
  packed->data = room;
  packed->bytes = bytes;
  packed->next_in_bucket = dnnl->packed[cache_key % N_BUCKETS];
  dnnl->packed[cache_key % N_BUCKETS] = packed;
  dnnl->packed_bytes += bytes;
  return packed;
}

/* Points p->weight at weights in the form it wants: derived (by `conv`, or NULL) and repacked if need be. *scratch is
 * what the caller has to release (p->weight_bytes) after the primitive has run, or NULL. */
static SsgStatus provide_weight(SsgCpu *cpu, Primitive *p, DescRef desc, const float *weight, uint64_t cache_key,
                                int64_t form, const SsgDnnlConv *conv, void **scratch)
{
  SsgDnnl *dnnl = cpu->dnnl;
  bool derive = conv && conv->derive;
  const float *source = derive ? conv->derive_from->weight : weight;
  *scratch = NULL;
  if (!p->reorder && !derive && source) {
    TRY(dnnl_memory_set_data_handle(p->weight, (void *) weight), "setting a pointer");
    return SSG_OK;
  }
  Packed *packed = cache_key ? find_packed(dnnl, cache_key, form, desc) : NULL;
  if (packed) {
    TRY(dnnl_memory_set_data_handle(p->weight, packed->data), "setting a pointer");
    return SSG_OK;
  }
  if (!source)
    return ssg_cpu_fail(cpu, SSG_ABSENT, "weights were given up, but are needed in another form than the one kept");
  size_t plain_bytes = derive ? (size_t) (conv->co * conv->kh * conv->kw * conv->ci) * sizeof(float) : 0;
  float *plain = NULL;
  void *room;
  if (derive && p->reorder) {
    plain = ssg_pool_allocate(&cpu->pool, plain_bytes);
    if (!plain)
      return ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for %.1f MiB of working space",
                          (double) plain_bytes / 1048576);
  }
  if (cache_key) {
    packed = new_packed(cpu, cache_key, form, p->weight_bytes, desc);
    room = packed ? packed->data : NULL;
  } else {
    room = *scratch = ssg_pool_allocate(&cpu->pool, p->weight_bytes);
    if (!room)
      ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for %.1f MiB of working space",
                   (double) p->weight_bytes / 1048576);
  }
  SsgStatus status =
      room ? check(cpu, dnnl_memory_set_data_handle(p->weight, room), "setting a pointer") : SSG_NO_MEMORY;
  if (status == SSG_OK && derive)
    conv->derive(cpu, conv, plain ? plain : room);
  if (status == SSG_OK && p->reorder)
    status =
        check(cpu, dnnl_memory_set_data_handle(p->plain_weight, plain ? plain : (void *) weight), "setting a pointer");
  if (status == SSG_OK && p->reorder)
    status = reorder(cpu, p, false);
  ssg_pool_release(&cpu->pool, plain, plain_bytes);
  if (status != SSG_OK && packed)
    ssg_dnnl_forget(dnnl, cache_key);
  return status;
}

/* --- Running --- */

static SsgStatus execute(SsgCpu *cpu, Primitive *p, int n_arguments, dnnl_exec_arg_t *arguments)
{
  void *scratch = NULL;
  if (p->scratch) {
    scratch = ssg_pool_allocate(&cpu->pool, p->scratch_bytes);
    if (!scratch)
      return ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for %.1f MiB of working space",
                          (double) p->scratch_bytes / 1048576);
    dnnl_memory_set_data_handle(p->scratch, scratch);
    arguments[n_arguments++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, p->scratch};
  }
  SsgStatus status = check(cpu, dnnl_primitive_execute(p->primitive, cpu->dnnl->stream, n_arguments, arguments),
                           "running a primitive");
  if (status == SSG_OK)
    status = check(cpu, dnnl_stream_wait(cpu->dnnl->stream), "running a primitive");
  ssg_pool_release(&cpu->pool, scratch, p->scratch_bytes);
  return status;
}

static SsgStatus build_conv(SsgCpu *cpu, const void *what, Primitive *p, dnnl_primitive_attr_t attributes)
{
  const SsgDnnlConv *c = what;
  SsgDnnl *dnnl = cpu->dnnl;
  Desc x, y, w, plain, b;
  const int64_t wi = c->ci, xw = c->w * c->ci, yw = c->wo * c->co;
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t s;
  memset(&b, 0, sizeof b);
  memset(&w, 0, sizeof w);
  memset(&y, 0, sizeof y);
  memset(&plain, 0, sizeof plain);
  s = desc_strided(&x, 4, (dnnl_dims_t){c->n, c->ci, c->h, c->w}, (dnnl_dims_t){c->h * xw, 1, xw, c->ci});
  if (s == dnnl_success)
    s = desc_strided(&y, 4, (dnnl_dims_t){c->n, c->co, c->ho, c->wo}, (dnnl_dims_t){c->ho * yw, 1, yw, c->co});
  if (s == dnnl_success)
    s = desc_any(&w, 4, (dnnl_dims_t){c->co, c->ci, c->kh, c->kw});
  if (s == dnnl_success)
    s = desc_strided(&plain, 4, (dnnl_dims_t){c->co, c->ci, c->kh, c->kw},
                     (dnnl_dims_t){c->kh * c->kw * wi, 1, c->kw * wi, wi});
  if (s == dnnl_success && c->bias)
    s = desc_strided(&b, 1, (dnnl_dims_t){c->co}, (dnnl_dims_t){1});
  if (s == dnnl_success && c->op != SSG_OP_CONV)
    s = conv_pd(dnnl, c, SSG_OP_CONV, &x, &w, &b, &y, attributes, NULL, &hint);
  if (s == dnnl_success)
    s = conv_pd(dnnl, c, c->op, &x, &w, &b, &y, attributes, hint, &p->pd);
  if (hint)
    dnnl_primitive_desc_destroy(hint);
  if (s == dnnl_success)
    s = memory_for(dnnl, desc_ref(c->op == SSG_OP_CONV_INPUT ? &y : &x), &p->source);
  if (s == dnnl_success)
    s = memory_for(dnnl, desc_ref(c->op == SSG_OP_CONV_INPUT ? &x : &y), &p->result);
  if (s == dnnl_success && c->bias)
    s = memory_for(dnnl, desc_ref(&b), &p->bias);
  SsgStatus status = check(cpu, s, "planning a convolution");
  if (status == SSG_OK) {
    bool gradient = c->op == SSG_OP_CONV_WEIGHT;
    DescRef wanted =
        dnnl_primitive_desc_query_md(p->pd, gradient ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
    status = finish_primitive(cpu, p, wanted, &plain, gradient);
  }
  desc_clear(&x);
  desc_clear(&y);
  desc_clear(&w);
  desc_clear(&plain);
  desc_clear(&b);
  return status;
}

/* The primitive for these values, made by build() if it is not there yet. */
static SsgStatus get_primitive(SsgCpu *cpu, const int64_t *values, size_t bytes, float alpha, bool act,
                               SsgStatus (*build)(SsgCpu *, const void *, Primitive *, dnnl_primitive_attr_t),
                               const void *what, Primitive **primitive)
{
  Key key;
  memset(&key, 0, sizeof key);
  memcpy(key.value, values, bytes);
  *primitive = find_primitive(cpu->dnnl, &key);
  if (*primitive)
    return SSG_OK;
  Primitive *p = calloc(1, sizeof *p);
  if (!p)
    return ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for an operation's description");
  p->key = key;
  dnnl_primitive_attr_t attributes = NULL;
  SsgStatus status = check(cpu, make_attributes(&attributes, alpha, act), "setting attributes");
  if (status == SSG_OK)
    status = build(cpu, what, p, attributes);
  if (attributes)
    dnnl_primitive_attr_destroy(attributes);
  if (status != SSG_OK) {
    primitive_free(p);
    return status;
  }
  keep_primitive(cpu->dnnl, p);
  *primitive = p;
  return SSG_OK;
}

static SsgStatus get_conv(SsgCpu *cpu, const SsgDnnlConv *c, Primitive **primitive)
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
  return get_primitive(cpu, values, sizeof values, 1.0f, c->act, build_conv, c, primitive);
}

/* One piece of a convolution with what it needs to run beside others: memory objects of its own. */
typedef struct {
  const SsgDnnlConv *conv;
  Primitive *p;
  void *scratch, *packed; /* from the pool; packed (CONV_WEIGHT) NULL when the primitive writes our form */
  void *weight;           /* CONV: in the form that the primitive wants */
  dnnl_status_t status;
} Piece;

static dnnl_status_t memory_like(dnnl_memory_t like, void *data, dnnl_engine_t engine, dnnl_memory_t *memory)
{
  DescRef desc;
  dnnl_status_t status = like ? dnnl_memory_get_memory_desc(like, &desc) : dnnl_success;
  return like && status == dnnl_success ? dnnl_memory_create(memory, desc, engine, data) : status;
}

static dnnl_status_t run_piece(const SsgDnnl *dnnl, const Piece *piece)
{
  const Primitive *p = piece->p;
  const SsgDnnlConv *c = piece->conv;
  bool forward = c->op == SSG_OP_CONV;
  void *weight = forward ? piece->weight : piece->packed ? piece->packed : c->weight;
  dnnl_stream_t stream = NULL;
  dnnl_memory_t x = NULL, y = NULL, w = NULL, b = NULL, scratch = NULL, plain = NULL;
  dnnl_status_t s = dnnl_stream_create(&stream, dnnl->engine, dnnl_stream_default_flags);
  if (s == dnnl_success)
    s = memory_like(p->source, c->x, dnnl->engine, &x);
  if (s == dnnl_success)
    s = memory_like(p->result, c->y, dnnl->engine, &y);
  if (s == dnnl_success)
    s = memory_like(p->weight, weight, dnnl->engine, &w);
  if (s == dnnl_success)
    s = memory_like(p->bias, (void *) c->bias, dnnl->engine, &b);
  if (s == dnnl_success)
    s = memory_like(p->scratch, piece->scratch, dnnl->engine, &scratch);
  if (s == dnnl_success && piece->packed)
    s = memory_like(p->plain_weight, c->weight, dnnl->engine, &plain);
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
static SsgStatus prepare_piece(SsgCpu *cpu, Piece *piece)
{
  const SsgDnnlConv *c = piece->conv;
  SsgStatus status = get_conv(cpu, c, &piece->p);
  Primitive *p = piece->p;
  void *unused;
  if (status != SSG_OK)
    return status;
  if (c->op == SSG_OP_CONV) {
    DescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
    status = provide_weight(cpu, p, wanted, c->weight, c->weight_key, c->derive_form, c, &unused);
    if (status == SSG_OK)
      status = check(cpu, dnnl_memory_get_data_handle(p->weight, &piece->weight), "reading a pointer");
  } else if (p->reorder) {
    piece->packed = ssg_pool_allocate(&cpu->pool, p->weight_bytes);
  }
  if (p->scratch)
    piece->scratch = ssg_pool_allocate(&cpu->pool, p->scratch_bytes);
  if (status == SSG_OK && ((p->scratch && !piece->scratch) || (c->op != SSG_OP_CONV && p->reorder && !piece->packed)))
    status = ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for a convolution's working space");
  return status;
}

SsgStatus ssg_dnnl_conv_pieces(SsgCpu *cpu, const SsgDnnlConv *convs, int n)
{
  Piece pieces[SSG_DNNL_MAX_PIECES];
  SsgStatus status = SSG_OK;
  int n_threads = cpu->n_threads;
  assert(n <= SSG_DNNL_MAX_PIECES);
  memset(pieces, 0, sizeof pieces);
  /* Primitives are made for one thread: oneDNN asks OpenMP at that moment. */
  cpu->n_threads = 1;
  omp_set_num_threads(1);
  for (int i = 0; i < n && status == SSG_OK; i++) {
    pieces[i].conv = &convs[i];
    status = prepare_piece(cpu, &pieces[i]);
  }
  cpu->n_threads = n_threads;
  if (status == SSG_OK) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(n_threads < n ? n_threads : n)
    for (int i = 0; i < n; i++) {
      omp_set_num_threads(1);
      pieces[i].status = run_piece(cpu->dnnl, &pieces[i]);
    }
  }
  omp_set_num_threads(n_threads);
  for (int i = 0; i < n; i++) {
    if (status == SSG_OK)
      status = check(cpu, pieces[i].status, "a piece of a convolution");
    if (pieces[i].p) {
      ssg_pool_release(&cpu->pool, pieces[i].scratch, pieces[i].p->scratch_bytes);
      ssg_pool_release(&cpu->pool, pieces[i].packed, pieces[i].p->weight_bytes);
    }
  }
  return status;
}

SsgStatus ssg_dnnl_conv(SsgCpu *cpu, const SsgDnnlConv *c)
{
  Primitive *p = NULL;
  SsgStatus status = get_conv(cpu, c, &p);
  if (status != SSG_OK)
    return status;
  bool forward = c->op == SSG_OP_CONV;
  void *scratch = NULL;
  DescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = provide_weight(cpu, p, wanted, c->weight, c->weight_key, c->derive_form, c, &scratch);
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
    status = execute(cpu, p, n, arguments);
  }
  ssg_pool_release(&cpu->pool, scratch, p->weight_bytes);
  return status;
}

/* Dims and strides of a matrix with or without the batch axis in front. */
static dnnl_status_t desc_matrix(Desc *desc, int64_t batch, int64_t rows, int64_t columns, int64_t batch_stride,
                                 int64_t row_stride, int64_t column_stride, bool batched)
{
  if (!batched)
    return desc_strided(desc, 2, (dnnl_dims_t){rows, columns}, (dnnl_dims_t){row_stride, column_stride});
  /* A batch axis of one matrix: its stride has no meaning but must not be 0. */
  bool repeated = batch_stride == 0;
  return desc_strided(desc, 3, (dnnl_dims_t){repeated ? 1 : batch, rows, columns},
                      (dnnl_dims_t){repeated ? rows * columns : batch_stride, row_stride, column_stride});
}

static SsgStatus build_matmul(SsgCpu *cpu, const void *what, Primitive *p, dnnl_primitive_attr_t attributes)
{
  const SsgDnnlMatmul *m = what;
  SsgDnnl *dnnl = cpu->dnnl;
  Desc a, b, out, bias, any;
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
    s = batched ? desc_any(&any, 3, (dnnl_dims_t){m->b_batch ? m->batch : 1, m->k, m->n})
                : desc_any(&any, 2, (dnnl_dims_t){m->k, m->n});
  if (s == dnnl_success)
    s = matmul_pd(dnnl, &a, pack ? &any : &b, m->bias ? &bias : NULL, &out, attributes, &p->pd);
  if (s == dnnl_success)
    s = memory_for(dnnl, desc_ref(&a), &p->source);
  if (s == dnnl_success)
    s = memory_for(dnnl, desc_ref(&out), &p->result);
  if (s == dnnl_success && m->bias)
    s = memory_for(dnnl, desc_ref(&bias), &p->bias);
  SsgStatus status = check(cpu, s, "planning a matrix product");
  if (status == SSG_OK)
    status = finish_primitive(cpu, p, dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0), &b, false);
  desc_clear(&a);
  desc_clear(&b);
  desc_clear(&out);
  desc_clear(&bias);
  desc_clear(&any);
  return status;
}

static SsgStatus get_matmul(SsgCpu *cpu, const SsgDnnlMatmul *m, Primitive **primitive)
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
  return get_primitive(cpu, values, sizeof values, m->alpha, m->act, build_matmul, m, primitive);
}

SsgStatus ssg_dnnl_matmul(SsgCpu *cpu, const SsgDnnlMatmul *m)
{
  Primitive *p = NULL;
  SsgStatus status = get_matmul(cpu, m, &p);
  if (status != SSG_OK)
    return status;
  void *scratch = NULL;
  DescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = provide_weight(cpu, p, wanted, m->b, m->b_key, -1 - m->b_row, NULL, &scratch);
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
    status = execute(cpu, p, n, arguments);
  }
  ssg_pool_release(&cpu->pool, scratch, p->weight_bytes);
  return status;
}

SsgStatus ssg_dnnl_batch_prepare(SsgCpu *cpu, const SsgDnnlMatmul *m, const SsgDnnlConv *source, SsgDnnlBatch *batch)
{
  Primitive *p = NULL;
  int n_threads = cpu->n_threads;
  cpu->n_threads = 1;
  omp_set_num_threads(1);
  SsgStatus status = get_matmul(cpu, m, &p);
  cpu->n_threads = n_threads;
  omp_set_num_threads(n_threads);
  if (status != SSG_OK)
    return status;
  void *scratch = NULL, *weight = NULL;
  DescRef wanted = dnnl_primitive_desc_query_md(p->pd, dnnl_query_weights_md, 0);
  status = provide_weight(cpu, p, wanted, NULL, source->weight_key, source->derive_form, source, &scratch);
  if (status == SSG_OK)
    status = check(cpu, dnnl_memory_get_data_handle(p->weight, &weight), "reading a pointer");
  *batch = (SsgDnnlBatch){cpu->dnnl, p, weight, p->scratch_bytes};
  return status;
}

bool ssg_dnnl_batch_run(const SsgDnnlBatch *batch, const float *a, float *out, void *scratch)
{
  const Primitive *p = batch->primitive;
  dnnl_engine_t engine = batch->dnnl->engine;
  dnnl_stream_t stream = NULL;
  dnnl_memory_t left = NULL, right = NULL, result = NULL, room = NULL;
  dnnl_status_t s = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
  if (s == dnnl_success)
    s = memory_like(p->source, (void *) a, engine, &left);
  if (s == dnnl_success)
    s = memory_like(p->weight, (void *) batch->weight, engine, &right);
  if (s == dnnl_success)
    s = memory_like(p->result, out, engine, &result);
  if (s == dnnl_success && p->scratch)
    s = memory_like(p->scratch, scratch, engine, &room);
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

SsgDnnl *ssg_dnnl_new(char *reason, size_t reason_size)
{
  SsgDnnl *dnnl = calloc(1, sizeof *dnnl);
  dnnl_status_t status = dnnl ? dnnl_engine_create(&dnnl->engine, dnnl_cpu, 0) : dnnl_out_of_memory;
  if (status == dnnl_success)
    status = dnnl_stream_create(&dnnl->stream, dnnl->engine, dnnl_stream_default_flags);
  if (status == dnnl_success)
    return dnnl;
  snprintf(reason, reason_size, "oneDNN does not start on this machine (status %d)", (int) status);
  ssg_dnnl_free(dnnl);
  return NULL;
}

void ssg_dnnl_free(SsgDnnl *dnnl)
{
  if (!dnnl)
    return;
  while (dnnl->n_primitives)
    drop_oldest(dnnl);
  for (int i = 0; i < N_BUCKETS; i++)
    while (dnnl->packed[i]) {
      Packed *packed = dnnl->packed[i];
      dnnl->packed[i] = packed->next_in_bucket;
      packed_free(dnnl, packed);
    }
  if (dnnl->stream)
    dnnl_stream_destroy(dnnl->stream);
  if (dnnl->engine)
    dnnl_engine_destroy(dnnl->engine);
  free(dnnl);
}

void ssg_dnnl_forget(SsgDnnl *dnnl, uint64_t cache_key)
{
  Packed **link = &dnnl->packed[cache_key % N_BUCKETS];
  while (*link) {
    Packed *packed = *link;
    if (packed->cache_key != cache_key) {
      link = &packed->next_in_bucket;
      continue;
    }
    *link = packed->next_in_bucket;
    packed_free(dnnl, packed);
  }
}

bool ssg_dnnl_keeps(const SsgDnnl *dnnl, uint64_t cache_key)
{
  const Packed *packed = dnnl->packed[cache_key % N_BUCKETS];
  while (packed && packed->cache_key != cache_key)
    packed = packed->next_in_bucket;
  return packed != NULL;
}

size_t ssg_dnnl_cached(const SsgDnnl *dnnl)
{
  return dnnl->packed_bytes;
}
