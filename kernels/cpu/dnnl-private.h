/* What the files that call oneDNN share: descriptors, cached primitives and repacked weights. */
#pragma once

#include <oneapi/dnnl/dnnl.h>

#include "kernels/cpu/dnnl.h"

#define SSG_DNNL_BUCKETS 256

/* What the two interfaces call a reference to a memory descriptor. */
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t SsgDnnlDescRef;
#else
typedef const dnnl_memory_desc_t *SsgDnnlDescRef;
#endif

/* A memory descriptor of ours, freed by ssg_dnnl_clear(). */
typedef struct {
  dnnl_memory_desc_t md;
} SsgDnnlDesc;

typedef struct {
  int64_t value[24];
} SsgDnnlKey;

typedef struct SsgDnnlPrimitive {
  SsgDnnlKey key;
  struct SsgDnnlPrimitive *next_in_bucket;
  uint64_t last_used;
  dnnl_primitive_desc_t pd;
  dnnl_primitive_t primitive;
  /* The library's memory objects; data pointers are set for each call. weight is in the form the primitive wants,
   * plain_weight in ours; reorder goes between them (towards ours for CONV_WEIGHT) and is NULL when they agree. */
  dnnl_memory_t source, weight, bias, result, scratch, plain_weight;
  dnnl_primitive_desc_t reorder_pd;
  dnnl_primitive_t reorder;
  size_t weight_bytes, scratch_bytes;
} SsgDnnlPrimitive;

typedef struct SsgDnnlPacked {
  struct SsgDnnlPacked *next_in_bucket;
  uint64_t cache_key;
  int64_t form; /* tells apart two readings of one array: its strides */
  SsgDnnlDesc desc;
  void *data;
  size_t bytes;
} SsgDnnlPacked;

struct SsgDnnl {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  SsgDnnlPrimitive *primitives[SSG_DNNL_BUCKETS];
  int n_primitives;
  uint64_t clock;
  SsgDnnlPacked *packed[SSG_DNNL_BUCKETS];
  size_t packed_bytes;
};

/* SSG_OK, or the failure reported with `what` was being done. */
SsgStatus ssg_dnnl_check(SsgCpu *cpu, dnnl_status_t status, const char *what);

/* --- Descriptors: interfaces 2.x and 3.x differ in this file and dnnl.c alone --- */

/* Of an array whose strides are given, in values. */
dnnl_status_t ssg_dnnl_strided(SsgDnnlDesc *desc, dnnl_data_type_t type, int rank, const dnnl_dims_t dims, const dnnl_dims_t strides);
/* Of an array whose form the library chooses. */
dnnl_status_t ssg_dnnl_any(SsgDnnlDesc *desc, dnnl_data_type_t type, int rank, const dnnl_dims_t dims);
/* A cleared or zeroed one may be cleared. */
void ssg_dnnl_clear(SsgDnnlDesc *desc);
SsgDnnlDescRef ssg_dnnl_ref(const SsgDnnlDesc *desc);

/* Plans of the two operations; b may be a zeroed descriptor, hint is the forward plan of a gradient. */
dnnl_status_t ssg_dnnl_conv_pd(SsgDnnl *dnnl, const SsgDnnlConv *c, SsgOp op, const SsgDnnlDesc *x,
                               const SsgDnnlDesc *w, const SsgDnnlDesc *b, const SsgDnnlDesc *y,
                               dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *pd);
dnnl_status_t ssg_dnnl_matmul_pd(SsgDnnl *dnnl, const SsgDnnlDesc *a, const SsgDnnlDesc *b, const SsgDnnlDesc *bias,
                                 const SsgDnnlDesc *out, dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *pd);

/* --- Primitives --- */

/* A memory object without data. */
dnnl_status_t ssg_dnnl_memory_for(SsgDnnl *dnnl, SsgDnnlDescRef desc, dnnl_memory_t *memory);
/* Makes the primitive from its pd, its scratch, and the reorder of its weights. plain is our form of the weights, or
 * NULL when they are used as they are; towards_plain for CONV_WEIGHT. */
SsgStatus ssg_dnnl_finish(SsgCpu *cpu, SsgDnnlPrimitive *p, SsgDnnlDescRef weight, const SsgDnnlDesc *plain,
                          bool towards_plain);
/* Points p->weight at weights in the form it wants: derived (by `conv`, or NULL) and repacked if need be. *scratch is
 * what the caller has to release (p->weight_bytes) after the primitive has run, or NULL. */
SsgStatus ssg_dnnl_provide_weight(SsgCpu *cpu, SsgDnnlPrimitive *p, SsgDnnlDescRef desc, const float *weight,
                                  uint64_t cache_key, int64_t form, const SsgDnnlConv *conv, void **scratch);
/* Runs it with these arguments and its scratch memory, and waits. */
SsgStatus ssg_dnnl_execute(SsgCpu *cpu, SsgDnnlPrimitive *p, int n_arguments, dnnl_exec_arg_t *arguments);
/* The primitive for these values, made by build() if it is not there yet. */
SsgStatus ssg_dnnl_primitive(SsgCpu *cpu, const int64_t *values, size_t bytes, float alpha, bool act,
                             SsgStatus (*build)(SsgCpu *, const void *, SsgDnnlPrimitive *, dnnl_primitive_attr_t),
                             const void *what, SsgDnnlPrimitive **primitive);
/* Another memory object of the same form; none where `like` is NULL. */
dnnl_status_t ssg_dnnl_memory_like(dnnl_memory_t like, void *data, dnnl_engine_t engine, dnnl_memory_t *memory);

/* Pieces of an operation, or several, each on one thread, side by side. prepare() is called for all in turn, where the device has one
 * thread, because oneDNN makes primitives for as many as there are at that moment; run() (NULL: nothing is run) for each once all are
 * prepared. `pieces` are n structures of `size` bytes. The status is that of the first prepare() that fails. */
SsgStatus ssg_dnnl_side_by_side(SsgCpu *cpu, void *pieces, size_t size, int n, SsgStatus (*prepare)(SsgCpu *cpu, void *piece),
                                void (*run)(SsgCpu *cpu, void *piece));
