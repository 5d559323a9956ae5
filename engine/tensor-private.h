/* What tensors and recorded operations are made of; for the files tensor-*.c, context.c and differentiate.c only. */
#pragma once

#include "engine/host-tensor.h"
#include "engine/tensor.h"

#define SSG_NODE_MAX_SAVED 4

/* Device memory, shared by tensors. */
typedef struct {
  int refs;
  SsgContext *ctx;
  void *data; /* NULL: the op that should have computed it failed */
  gsize bytes;
  uint64_t cache_key;
  /* Storage that is computed when it is needed, and given up while the device keeps a repacked copy; make NULL: plain. */
  SsgTensorMake make;
  gpointer make_data;
  int make_index;
  gboolean stays; /* a copy did not serve once: not given up again */
} SsgStorage;

/* A recorded operation, or a leaf (rule NULL). */
typedef struct _SsgNode SsgNode;

/* Writes into grads[i] the gradient for input i, for every i where node->in[i] is set; may leave NULL for "nothing flows". */
typedef void (*SsgRule)(SsgNode *node, SsgTensor *gradient, SsgTensor **grads);

struct _SsgNode {
  int refs;
  guint64 id; /* creation order: inputs have smaller ids */
  SsgRule rule;
  int n_in;
  SsgNode *in[SSG_OP_MAX_INPUTS];          /* NULL where no gradient is wanted */
  SsgTensor *saved[SSG_NODE_MAX_SAVED];    /* inputs that the rule needs, with their own nodes */
  SsgTensor *output;                       /* the result without its node (a cycle otherwise), if the rule needs it */
  SsgShape in_shape[SSG_OP_MAX_INPUTS];
  SsgDtype in_dtype[SSG_OP_MAX_INPUTS];
  SsgOpCall call;                          /* op and param of the recorded call; arrays are not valid any more */
  /* scratch of ssg_differentiate() */
  guint64 mark;
  int pending;
  gboolean needed;
  SsgTensor *gradient;
};

struct _SsgTensor {
  int refs;
  SsgContext *ctx;
  SsgStorage *storage;
  gsize offset; /* bytes */
  SsgShape shape;
  SsgDtype dtype;
  SsgNode *node; /* NULL: no gradient flows through */
};

/* context.c */
void ssg_context_fail(SsgContext *ctx, SsgStatus status, const SsgOpCall *call);
/* Adds a call to the multiply-adds done. */
void ssg_context_count(SsgContext *ctx, const SsgOpCall *call);
guint64 ssg_context_next_id(SsgContext *ctx);
/* Hands a new tensor (one reference) to the innermost scope; returns it. */
SsgTensor *ssg_context_adopt(SsgContext *ctx, SsgTensor *t);

/* What gradients of tensors of a dtype are carried times: see ssg_context_set_gradient_scale(). */
float ssg_gradient_scale_of(const SsgContext *ctx, SsgDtype dtype);

/* tensor-elementwise.c */
/* g, the gradient of a tensor y of g's dtype, as a gradient of dtype, with the factor that belongs to it: what passes from y back to a
 * tensor of that dtype which y equals. g itself where nothing differs. */
SsgTensor *ssg_gradient_cast(SsgTensor *g, SsgDtype dtype);

/* tensor-shape.c */
/* As ssg_tensor_sum_to(), in f32 whatever x is of. */
SsgTensor *ssg_tensor_sum_wide(SsgTensor *x, SsgShape shape, float scale);

/* tensor.c */
/* New tensor with fresh memory, in the current scope. */
SsgTensor *ssg_tensor_allocate(SsgContext *ctx, SsgDtype dtype, const SsgShape *shape);
/* Shares t's memory under another shape, without node, in the current scope. */
SsgTensor *ssg_tensor_alias(SsgTensor *t, const SsgShape *shape, gsize offset);
/* Runs call with inputs in[] (NULL entries are absent) into out; skips when an input has no data. */
void ssg_tensor_run(SsgOpCall *call, int n_in, SsgTensor *const *in, SsgTensor *out);

/* tensor-optimise.c */
/* to += term, of one shape. Not recorded: for gradients that nobody else has. */
void ssg_tensor_add_into(SsgTensor *to, SsgTensor *term);

/* tensor-shape.c */
/* Where node is a slice that lies in one run of its input, whose gradient exists and belongs to that node alone: adds g to its
 * place there, which spares a tensor of the input's size, and returns TRUE. Not for recorded gradients. */
gboolean ssg_node_add_slice(SsgNode *node, SsgTensor *g);

/* differentiate.c */
/* Whether nobody but its holder can see t's memory. */
gboolean ssg_tensor_is_alone(const SsgTensor *t);
/* Records out = rule(in...) when the context records and an input wants gradients. Returns the node or NULL. call may be NULL. */
SsgNode *ssg_node_record(SsgTensor *out, SsgRule rule, const SsgOpCall *call, int n_in, SsgTensor *const *in);
void ssg_node_save(SsgNode *node, int slot, SsgTensor *t);
void ssg_node_save_output(SsgNode *node, SsgTensor *out);
/* The saved output as a tensor that depends on node, in the current scope. */
SsgTensor *ssg_node_output(SsgNode *node);
SsgNode *ssg_node_ref(SsgNode *node);
void ssg_node_unref(SsgNode *node);
