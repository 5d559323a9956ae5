/* The recorded graph and the walk back through it (reverse accumulation).
 *
 * Every result of a recorded op carries a node with its inputs' nodes and what its rule needs. ssg_differentiate() visits
 * nodes from the youngest to the oldest; a node's gradient is complete when every consumer on the way has been visited. */
#include "engine/tensor-private.h"

static guint64 next_mark; /* distinguishes walks; contexts are used by one thread each, and marks are only compared for equality */

static void node_release_saved(SsgNode *node)
{
  for (int i = 0; i < SSG_NODE_MAX_SAVED; i++)
    ssg_tensor_clear(&node->saved[i]);
  ssg_tensor_clear(&node->output);
}

static SsgNode *node_new(SsgContext *ctx)
{
  SsgNode *node = g_new0(SsgNode, 1);
  node->refs = 1;
  node->id = ssg_context_next_id(ctx);
  return node;
}

SsgNode *ssg_node_ref(SsgNode *node)
{
  node->refs++;
  return node;
}

void ssg_node_unref(SsgNode *node)
{
  /* The chain of first inputs is followed in a loop: graphs are deeper than stacks like. */
  while (node && --node->refs == 0) {
    SsgNode *next = NULL;
    node_release_saved(node);
    ssg_tensor_clear(&node->gradient);
    for (int i = 0; i < node->n_in; i++) {
      if (!node->in[i])
        continue;
      if (!next)
        next = node->in[i];
      else
        ssg_node_unref(node->in[i]);
    }
    g_free(node);
    node = next;
  }
}

SsgNode *ssg_node_record(SsgTensor *out, SsgRule rule, const SsgOpCall *call, int n_in, SsgTensor *const *in)
{
  gboolean wanted = FALSE;

  if (!ssg_context_recording(out->ctx))
    return NULL;
  for (int i = 0; i < n_in; i++)
    wanted |= in[i] && in[i]->node;
  if (!wanted)
    return NULL;

  SsgNode *node = node_new(out->ctx);
  node->rule = rule;
  node->n_in = n_in;
  for (int i = 0; i < n_in; i++) {
    if (!in[i])
      continue;
    node->in_shape[i] = in[i]->shape;
    node->in_dtype[i] = in[i]->dtype;
    if (in[i]->node)
      node->in[i] = ssg_node_ref(in[i]->node);
  }
  if (call)
    node->call = *call;
  g_assert(!out->node);
  out->node = node;
  return node;
}

void ssg_node_save(SsgNode *node, int slot, SsgTensor *t)
{
  node->saved[slot] = ssg_tensor_ref(t);
}

void ssg_node_save_output(SsgNode *node, SsgTensor *out)
{
  ssg_scope_begin(out->ctx);
  node->output = ssg_tensor_ref(ssg_tensor_alias(out, &out->shape, 0));
  ssg_scope_end(out->ctx);
}

SsgTensor *ssg_node_output(SsgNode *node)
{
  SsgTensor *t = ssg_tensor_alias(node->output, &node->output->shape, 0);
  if (ssg_context_recording(t->ctx))
    t->node = ssg_node_ref(node);
  return t;
}

void ssg_tensor_require_gradient(SsgTensor *t)
{
  if (!t->node)
    t->node = node_new(t->ctx);
}

gboolean ssg_tensor_requires_gradient(const SsgTensor *t)
{
  return t->node != NULL;
}

SsgTensor *ssg_tensor_stop_gradient(SsgTensor *t)
{
  return ssg_tensor_alias(t, &t->shape, 0);
}

static int by_id_descending(const void *a, const void *b)
{
  const SsgNode *x = *(SsgNode *const *) a, *y = *(SsgNode *const *) b;
  return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

/* All nodes reachable from root, youngest first. */
static GPtrArray *collect(SsgNode *root, guint64 mark)
{
  GPtrArray *nodes = g_ptr_array_new();
  GPtrArray *stack = g_ptr_array_new();

  root->mark = mark;
  g_ptr_array_add(stack, root);
  while (stack->len) {
    SsgNode *node = g_ptr_array_steal_index_fast(stack, stack->len - 1);
    node->pending = 0;
    node->needed = FALSE;
    g_assert(!node->gradient);
    g_ptr_array_add(nodes, node);
    for (int i = 0; i < node->n_in; i++) {
      SsgNode *in = node->in[i];
      if (in && in->mark != mark) {
        in->mark = mark;
        g_ptr_array_add(stack, in);
      }
    }
  }
  g_ptr_array_unref(stack);
  g_ptr_array_sort(nodes, by_id_descending);
  return nodes;
}

gboolean ssg_tensor_is_alone(const SsgTensor *t)
{
  return t->refs == 1 && t->storage->refs == 1 && !t->node;
}

/* gradient += term; `in_place`: into the gradient's memory where nobody else has it. */
static void accumulate(SsgNode *node, SsgTensor *term, gboolean in_place)
{
  SsgTensor *former = node->gradient;
  if (!former) {
    node->gradient = ssg_tensor_ref(term);
    return;
  }
  ssg_scope_begin(term->ctx);
  if (in_place && ssg_tensor_is_alone(former)) {
    ssg_tensor_add_into(former, term);
  } else {
    node->gradient = ssg_tensor_ref(ssg_tensor_add(former, term));
    ssg_tensor_unref(former);
  }
  ssg_scope_end(term->ctx);
}

void ssg_differentiate(SsgTensor *y, SsgTensor *seed, int n, SsgTensor **wrt, SsgTensor **grads, SsgGradientFlags flags,
                       SsgGradientFunc final, gpointer data)
{
  SsgContext *ctx = y->ctx;
  gboolean record = (flags & SSG_GRADIENT_RECORD) != 0;
  guint64 mark = __atomic_add_fetch(&next_mark, 1, __ATOMIC_RELAXED);

  for (int i = 0; i < n; i++)
    grads[i] = NULL;
  if (!y->node) {
    for (int i = 0; i < n && final; i++)
      final(i, NULL, data);
    return;
  }

  g_autoptr(GPtrArray) nodes = collect(y->node, mark);
  g_autoptr(GHashTable) wanted = g_hash_table_new(NULL, NULL); /* node -> index + 1 */
  for (int i = 0; i < n; i++) {
    g_assert(wrt[i]->node);
    g_assert(!g_hash_table_contains(wanted, wrt[i]->node));
    g_hash_table_insert(wanted, wrt[i]->node, GINT_TO_POINTER(i + 1));
    if (wrt[i]->node->mark == mark)
      wrt[i]->node->needed = TRUE;
    else if (final)
      final(i, NULL, data);
  }
  /* From the oldest on: a node is needed when one of its inputs is. Then count the needed consumers of each. */
  for (guint j = nodes->len; j-- > 0;) {
    SsgNode *node = nodes->pdata[j];
    for (int i = 0; i < node->n_in && !node->needed; i++)
      node->needed = node->in[i] && node->in[i]->needed;
  }
  for (guint j = 0; j < nodes->len; j++) {
    SsgNode *node = nodes->pdata[j];
    gboolean walks = node->needed && node->rule;
    for (int i = 0; i < node->n_in && walks; i++)
      if (node->in[i] && node->in[i]->needed)
        node->in[i]->pending++;
  }

  gboolean former = ssg_context_set_recording(ctx, record);
  ssg_scope_begin(ctx);
  y->node->gradient = ssg_tensor_ref(seed ? seed : ssg_tensor_full(ctx, y->shape, 1));
  ssg_scope_end(ctx);

  int index = GPOINTER_TO_INT(g_hash_table_lookup(wanted, y->node)) - 1;
  if (index >= 0)
    grads[index] = ssg_context_adopt(ctx, ssg_tensor_ref(y->node->gradient));

  for (guint j = 0; j < nodes->len; j++) {
    SsgNode *node = nodes->pdata[j];
    SsgTensor *in_grads[SSG_OP_MAX_INPUTS] = {NULL};

    if (!node->needed || !node->rule) {
      ssg_tensor_clear(&node->gradient);
      continue;
    }
    /* Rules look at node->in[] to see what is wanted: hide inputs that lead nowhere. */
    SsgNode *hidden[SSG_OP_MAX_INPUTS] = {NULL};
    for (int i = 0; i < node->n_in; i++) {
      if (node->in[i] && !node->in[i]->needed) {
        hidden[i] = node->in[i];
        node->in[i] = NULL;
      }
    }
    ssg_scope_begin(ctx);
    if (node->gradient && (record || !ssg_node_add_slice(node, node->gradient)))
      node->rule(node, node->gradient, in_grads);
    for (int i = 0; i < node->n_in; i++) {
      if (node->in[i] && in_grads[i]) {
        g_assert(ssg_shape_equal(&in_grads[i]->shape, &node->in_shape[i]) && in_grads[i]->dtype == node->in_dtype[i]);
        accumulate(node->in[i], in_grads[i], !record);
      }
    }
    ssg_scope_end(ctx);
    ssg_tensor_clear(&node->gradient);
    if (!record)
      node_release_saved(node);
    for (int i = 0; i < node->n_in; i++) {
      SsgNode *in = node->in[i];
      if (in && --in->pending == 0) {
        index = GPOINTER_TO_INT(g_hash_table_lookup(wanted, in)) - 1;
        if (index >= 0) {
          if (in->gradient)
            grads[index] = ssg_context_adopt(ctx, ssg_tensor_ref(in->gradient));
          if (final)
            final(index, grads[index], data);
          if (!in->rule)
            ssg_tensor_clear(&in->gradient);
        }
      }
      if (hidden[i])
        node->in[i] = hidden[i];
    }
  }
  ssg_context_set_recording(ctx, former);
}
