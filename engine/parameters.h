/* The parameters of one network, in one block of device memory, each a named view of it. One block means that Adam, EMA,
 * all-reduce and checkpoints are one call each.
 *
 * Names are those of the public checkpoints. Parameters that every local generator has are stacked over parts: the name holds
 * a '*' where the part's number goes ("local_nets.*.to_feat.bias"), the value's first axis runs over parts.
 * Values are stored channels last; ssg_parameters_export() and _import() convert to and from the public layout, and are
 * the only place that does. */
#pragma once

#include "engine/host-tensor.h"
#include "engine/tensor.h"

typedef enum {
  SSG_INIT_NORMAL,  /* N(0,1) * init_value */
  SSG_INIT_CONSTANT /* init_value */
} SsgInit;

typedef struct {
  char *name;           /* '*' stands for the part's number when stacked */
  int first_part;       /* stacked: number of the first part */
  int n_parts;          /* 0: not stacked */
  SsgShape public_shape;/* of one part, as the public checkpoints store it: OIHW and so on */
  SsgShape shape;       /* of value: [n_parts,] channels last, without axes of 1 where MODEL.md's layers have none */
  gboolean oihw;        /* public layout is [..., O, I, h, w] and the value [..., O, h, w, I] */
  gboolean buffer;      /* stored with the model but not trained (noise) */
  SsgInit init;
  float init_value;
  gint64 start;         /* element in the block */
  SsgTensor *value;     /* view of the block, owned */
} SsgParameter;

typedef struct _SsgParameters SsgParameters;

SsgParameters *ssg_parameters_new(SsgContext *ctx);
void ssg_parameters_free(SsgParameters *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgParameters, ssg_parameters_free)

/* Declares a parameter; its value exists after ssg_parameters_allocate(). The returned entry belongs to p. Buffers must be
 * declared after all trained parameters. */
SsgParameter *ssg_parameters_add(SsgParameters *p, const char *name, int first_part, int n_parts, SsgShape public_shape,
                                 SsgShape shape, gboolean oihw, SsgInit init, float init_value);
SsgParameter *ssg_parameters_add_buffer(SsgParameters *p, const char *name, SsgShape public_shape, SsgShape shape);
/* Makes the block and the views. FALSE when memory does not suffice. */
gboolean ssg_parameters_allocate(SsgParameters *p, GError **error);
/* Initial values (MODEL.md step 8), of the buffers only when so asked; the same seed gives the same values everywhere. */
void ssg_parameters_initialise(SsgParameters *p, guint64 seed, gboolean buffers_only);

SsgContext *ssg_parameters_context(const SsgParameters *p);
int ssg_parameters_count(const SsgParameters *p);
SsgParameter *ssg_parameters_get(const SsgParameters *p, int index);
/* The whole block [n] with buffers, and the trained part of it [m]; owned by p. */
SsgTensor *ssg_parameters_block(const SsgParameters *p);
SsgTensor *ssg_parameters_trained(const SsgParameters *p);
/* Marks every trained parameter, or only those whose name starts with none of the prefixes (NULL-terminated), for gradients. */
void ssg_parameters_require_gradients(SsgParameters *p, const char *const *except);

/* Calls each(name, public shape, index of the parameter, part index within it) for all names in a fixed order. */
typedef void (*SsgParameterNameFunc)(const char *name, const SsgParameter *parameter, int part, gpointer data);
void ssg_parameters_each_name(const SsgParameters *p, SsgParameterNameFunc each, gpointer data);

/* One named tensor in public layout, from host memory `block` that has the block's layout (a download of the block, of a
 * gradient block or of an optimiser's moment). out: elements of the public shape. */
void ssg_parameter_export(const SsgParameter *parameter, int part, const float *block, float *out);
/* The other way. */
void ssg_parameter_import(const SsgParameter *parameter, int part, const float *in, float *block);

typedef enum {
  SSG_LAYOUT_PUBLIC, /* as the public checkpoints: [out, in, kh, kw] */
  SSG_LAYOUT_NATIVE  /* as our own files: the public shapes, but [out, kh, kw, in] */
} SsgLayout;
/* The shape of one named tensor in a file of that layout. */
SsgShape ssg_parameter_file_shape(const SsgParameter *parameter, SsgLayout layout);

/* Finds a tensor by public name in a file; NULL when it has none. */
typedef const SsgHostTensor *(*SsgTensorLookup)(const char *name, gpointer data);
/* Fills the block from named tensors in the given layout. SSG_ERROR_SHAPE names a tensor that is missing or of another shape (with
 * what was expected and found); `source` (a path) opens the sentence. Missing buffers keep their values. */
gboolean ssg_parameters_load(SsgParameters *p, SsgLayout layout, SsgTensorLookup lookup, gpointer data, const char *source,
                             GError **error);
/* Whether load() would take these tensors, without loading them; p need not be allocated, nor have a context. */
gboolean ssg_parameters_check(const SsgParameters *p, SsgLayout layout, SsgTensorLookup lookup, gpointer data,
                              const char *source, GError **error);
