/* What all oneDNN operations need. It and dnnl-private.h alone know how the interfaces 2.x and 3.x differ. */
#include "kernels/cpu/dnnl-private.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/math/pointwise.h"

#define MAX_PRIMITIVES 512

SsgStatus ssg_dnnl_check(SsgCpu *cpu, dnnl_status_t status, const char *what)
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
    SsgStatus try_status = ssg_dnnl_check(cpu, call, what);                                                            \
    if (try_status != SSG_OK)                                                                                          \
      return try_status;                                                                                               \
  } while (0)

/* --- Descriptors --- */

dnnl_status_t ssg_dnnl_strided(SsgDnnlDesc *desc, dnnl_data_type_t type, int rank, const dnnl_dims_t dims, const dnnl_dims_t strides)
{
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_strides(&desc->md, rank, dims, type, strides);
#else
  return dnnl_memory_desc_init_by_strides(&desc->md, rank, dims, type, strides);
#endif
}

dnnl_status_t ssg_dnnl_any(SsgDnnlDesc *desc, dnnl_data_type_t type, int rank, const dnnl_dims_t dims)
{
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_tag(&desc->md, rank, dims, type, dnnl_format_tag_any);
#else
  return dnnl_memory_desc_init_by_tag(&desc->md, rank, dims, type, dnnl_format_tag_any);
#endif
}

void ssg_dnnl_clear(SsgDnnlDesc *desc)
{
#if DNNL_VERSION_MAJOR >= 3
  if (desc->md)
    dnnl_memory_desc_destroy(desc->md);
#endif
  memset(desc, 0, sizeof *desc);
}

static dnnl_status_t desc_clone(SsgDnnlDesc *desc, SsgDnnlDescRef from)
{
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_clone(&desc->md, from);
#else
  desc->md = *from;
  return dnnl_success;
#endif
}

SsgDnnlDescRef ssg_dnnl_ref(const SsgDnnlDesc *desc)
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

dnnl_status_t ssg_dnnl_conv_pd(SsgDnnl *dnnl, const SsgDnnlConv *c, SsgOp op, const SsgDnnlDesc *x,
                               const SsgDnnlDesc *w, const SsgDnnlDesc *b, const SsgDnnlDesc *y,
                               dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *pd)
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

dnnl_status_t ssg_dnnl_matmul_pd(SsgDnnl *dnnl, const SsgDnnlDesc *a, const SsgDnnlDesc *b, const SsgDnnlDesc *bias,
                                 const SsgDnnlDesc *out, dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *pd)
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
  return (unsigned) (hash >> 32) % SSG_DNNL_BUCKETS;
}

static void primitive_free(SsgDnnlPrimitive *p)
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
  SsgDnnlPrimitive **oldest = NULL;
  for (int i = 0; i < SSG_DNNL_BUCKETS; i++)
    for (SsgDnnlPrimitive **p = &dnnl->primitives[i]; *p; p = &(*p)->next_in_bucket)
      if (!oldest || (*p)->last_used < (*oldest)->last_used)
        oldest = p;
  if (!oldest)
    return;
  SsgDnnlPrimitive *gone = *oldest;
  *oldest = gone->next_in_bucket;
  primitive_free(gone);
  dnnl->n_primitives--;
}

static SsgDnnlPrimitive *find_primitive(SsgDnnl *dnnl, const SsgDnnlKey *key)
{
  for (SsgDnnlPrimitive *p = dnnl->primitives[bucket_of(key, sizeof *key)]; p; p = p->next_in_bucket)
    if (memcmp(&p->key, key, sizeof *key) == 0) {
      p->last_used = ++dnnl->clock;
      return p;
    }
  return NULL;
}

static void keep_primitive(SsgDnnl *dnnl, SsgDnnlPrimitive *p)
{
  if (dnnl->n_primitives >= MAX_PRIMITIVES)
    drop_oldest(dnnl);
  SsgDnnlPrimitive **bucket = &dnnl->primitives[bucket_of(&p->key, sizeof p->key)];
  p->next_in_bucket = *bucket;
  p->last_used = ++dnnl->clock;
  *bucket = p;
  dnnl->n_primitives++;
}

dnnl_status_t ssg_dnnl_memory_for(SsgDnnl *dnnl, SsgDnnlDescRef desc, dnnl_memory_t *memory)
{
  return dnnl_memory_create(memory, desc, dnnl->engine, DNNL_MEMORY_NONE);
}

/* Makes the primitive from its pd, its scratch, and the reorder of its weights. plain is our form of the weights, or
 * NULL when they are used as they are; towards_plain for CONV_WEIGHT. */
SsgStatus ssg_dnnl_finish(SsgCpu *cpu, SsgDnnlPrimitive *p, SsgDnnlDescRef weight, const SsgDnnlDesc *plain,
                          bool towards_plain)
{
  SsgDnnl *dnnl = cpu->dnnl;
  SsgDnnlDescRef scratch = dnnl_primitive_desc_query_md(p->pd, dnnl_query_scratchpad_md, 0);
  TRY(dnnl_primitive_create(&p->primitive, p->pd), "making a primitive");
  p->scratch_bytes = scratch ? dnnl_memory_desc_get_size(scratch) : 0;
  if (p->scratch_bytes)
    TRY(ssg_dnnl_memory_for(dnnl, scratch, &p->scratch), "making a memory object");
  TRY(ssg_dnnl_memory_for(dnnl, weight, &p->weight), "making a memory object");
  p->weight_bytes = dnnl_memory_desc_get_size(weight);
  if (!plain || dnnl_memory_desc_equal(weight, ssg_dnnl_ref(plain)))
    return SSG_OK;
  TRY(ssg_dnnl_memory_for(dnnl, ssg_dnnl_ref(plain), &p->plain_weight), "making a memory object");
  SsgDnnlDescRef from = towards_plain ? weight : ssg_dnnl_ref(plain), to = towards_plain ? ssg_dnnl_ref(plain) : weight;
  TRY(dnnl_reorder_primitive_desc_create(&p->reorder_pd, from, dnnl->engine, to, dnnl->engine, NULL),
      "planning a reorder");
  TRY(dnnl_primitive_create(&p->reorder, p->reorder_pd), "making a reorder");
  return SSG_OK;
}

/* --- Repacked weights --- */

static SsgStatus reorder(SsgCpu *cpu, SsgDnnlPrimitive *p, bool towards_plain)
{
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, towards_plain ? p->weight : p->plain_weight},
                                 {DNNL_ARG_TO, towards_plain ? p->plain_weight : p->weight}};
  TRY(dnnl_primitive_execute(p->reorder, cpu->dnnl->stream, 2, arguments), "a reorder");
  TRY(dnnl_stream_wait(cpu->dnnl->stream), "a reorder");
  return SSG_OK;
}

static SsgDnnlPacked *find_packed(SsgDnnl *dnnl, uint64_t cache_key, int64_t form, SsgDnnlDescRef desc)
{
  for (SsgDnnlPacked *k = dnnl->packed[cache_key % SSG_DNNL_BUCKETS]; k; k = k->next_in_bucket)
    if (k->cache_key == cache_key && k->form == form && dnnl_memory_desc_equal(ssg_dnnl_ref(&k->desc), desc))
      return k;
  return NULL;
}

static void packed_free(SsgDnnl *dnnl, SsgDnnlPacked *packed)
{
  dnnl->packed_bytes -= packed->bytes;
  ssg_dnnl_clear(&packed->desc);
  free(packed->data);
  free(packed);
}

static SsgDnnlPacked *new_packed(SsgCpu *cpu, uint64_t cache_key, int64_t form, size_t bytes, SsgDnnlDescRef desc)
{
  SsgDnnl *dnnl = cpu->dnnl;
  SsgDnnlPacked *packed = calloc(1, sizeof *packed);
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
  packed->next_in_bucket = dnnl->packed[cache_key % SSG_DNNL_BUCKETS];
  dnnl->packed[cache_key % SSG_DNNL_BUCKETS] = packed;
  dnnl->packed_bytes += bytes;
  return packed;
}

/* Points p->weight at weights in the form it wants: derived (by `conv`, or NULL) and repacked if need be. *scratch is
 * what the caller has to release (p->weight_bytes) after the primitive has run, or NULL. */
SsgStatus ssg_dnnl_provide_weight(SsgCpu *cpu, SsgDnnlPrimitive *p, SsgDnnlDescRef desc, const float *weight,
                                  uint64_t cache_key, int64_t form, const SsgDnnlConv *conv, void **scratch)
{
  SsgDnnl *dnnl = cpu->dnnl;
  bool derive = conv && conv->derive;
  const float *source = derive ? conv->derive_from->weight : weight;
  *scratch = NULL;
  if (!p->reorder && !derive && source) {
    TRY(dnnl_memory_set_data_handle(p->weight, (void *) weight), "setting a pointer");
    return SSG_OK;
  }
  SsgDnnlPacked *packed = cache_key ? find_packed(dnnl, cache_key, form, desc) : NULL;
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
      room ? ssg_dnnl_check(cpu, dnnl_memory_set_data_handle(p->weight, room), "setting a pointer") : SSG_NO_MEMORY;
  if (status == SSG_OK && derive)
    conv->derive(cpu, conv, plain ? plain : room);
  if (status == SSG_OK && p->reorder)
    status = ssg_dnnl_check(cpu, dnnl_memory_set_data_handle(p->plain_weight, plain ? plain : (void *) weight),
                            "setting a pointer");
  if (status == SSG_OK && p->reorder)
    status = reorder(cpu, p, false);
  ssg_pool_release(&cpu->pool, plain, plain_bytes);
  if (status != SSG_OK && packed)
    ssg_dnnl_forget(dnnl, cache_key);
  return status;
}

/* --- Running --- */

SsgStatus ssg_dnnl_execute(SsgCpu *cpu, SsgDnnlPrimitive *p, int n_arguments, dnnl_exec_arg_t *arguments)
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
  SsgStatus status = ssg_dnnl_check(
      cpu, dnnl_primitive_execute(p->primitive, cpu->dnnl->stream, n_arguments, arguments), "running a primitive");
  if (status == SSG_OK)
    status = ssg_dnnl_check(cpu, dnnl_stream_wait(cpu->dnnl->stream), "running a primitive");
  ssg_pool_release(&cpu->pool, scratch, p->scratch_bytes);
  return status;
}

/* The primitive for these values, made by build() if it is not there yet. */
SsgStatus ssg_dnnl_primitive(SsgCpu *cpu, const int64_t *values, size_t bytes, float alpha, bool act,
                             SsgStatus (*build)(SsgCpu *, const void *, SsgDnnlPrimitive *, dnnl_primitive_attr_t),
                             const void *what, SsgDnnlPrimitive **primitive)
{
  SsgDnnlKey key;
  memset(&key, 0, sizeof key);
  memcpy(key.value, values, bytes);
  *primitive = find_primitive(cpu->dnnl, &key);
  if (*primitive)
    return SSG_OK;
  SsgDnnlPrimitive *p = calloc(1, sizeof *p);
  if (!p)
    return ssg_cpu_fail(cpu, SSG_NO_MEMORY, "there is no memory for an operation's description");
  p->key = key;
  dnnl_primitive_attr_t attributes = NULL;
  SsgStatus status = ssg_dnnl_check(cpu, make_attributes(&attributes, alpha, act), "setting attributes");
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

dnnl_status_t ssg_dnnl_memory_like(dnnl_memory_t like, void *data, dnnl_engine_t engine, dnnl_memory_t *memory)
{
  SsgDnnlDescRef desc;
  dnnl_status_t status = like ? dnnl_memory_get_memory_desc(like, &desc) : dnnl_success;
  return like && status == dnnl_success ? dnnl_memory_create(memory, desc, engine, data) : status;
}

int ssg_dnnl_vector_lanes(void)
{
#ifdef __x86_64__
  int isa = (int) dnnl_get_effective_cpu_isa();
  return (isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core ? 16
         : (isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2             ? 8
                                                                      : 0;
#else
  return 0;
#endif
}

bool ssg_dnnl_has_bf16(void)
{
#ifdef __x86_64__
  int isa = (int) dnnl_get_effective_cpu_isa();
  return (isa & dnnl_cpu_isa_avx512_core_amx) == dnnl_cpu_isa_avx512_core_amx;
#else
  return false;
#endif
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
  for (int i = 0; i < SSG_DNNL_BUCKETS; i++)
    while (dnnl->packed[i]) {
      SsgDnnlPacked *packed = dnnl->packed[i];
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
  SsgDnnlPacked **link = &dnnl->packed[cache_key % SSG_DNNL_BUCKETS];
  while (*link) {
    SsgDnnlPacked *packed = *link;
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
  const SsgDnnlPacked *packed = dnnl->packed[cache_key % SSG_DNNL_BUCKETS];
  while (packed && packed->cache_key != cache_key)
    packed = packed->next_in_bucket;
  return packed != NULL;
}

size_t ssg_dnnl_cached(const SsgDnnl *dnnl)
{
  return dnnl->packed_bytes;
}

void ssg_dnnl_set_threads(int n)
{
#ifndef __x86_64__ /* there it has only its general convolutions, which many threads cut otherwise: seen with 32, not with 12 */
  n = n < 12 ? n : 12;
#endif
  omp_set_num_threads(n);
}

SsgStatus ssg_dnnl_side_by_side(SsgCpu *cpu, void *pieces, size_t size, int n, SsgStatus (*prepare)(SsgCpu *cpu, void *piece),
                                void (*run)(SsgCpu *cpu, void *piece))
{
  SsgStatus status = SSG_OK;
  const int n_threads = cpu->n_threads;
  cpu->n_threads = 1;
  omp_set_num_threads(1);
  for (int i = 0; i < n && status == SSG_OK; i++)
    status = prepare(cpu, (char *) pieces + (size_t) i * size);
  cpu->n_threads = n_threads;
  if (status == SSG_OK && run) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(n_threads < n ? n_threads : n) if (n > 1)
    for (int i = 0; i < n; i++) {
      omp_set_num_threads(1); /* of this thread: oneDNN asks again when it runs */
      run(cpu, (char *) pieces + (size_t) i * size);
    }
  }
  ssg_dnnl_set_threads(n_threads);
  return status;
}
