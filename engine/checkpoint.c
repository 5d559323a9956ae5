#include "engine/checkpoint.h"

#include <math.h>
#include <string.h>

#include "engine/checkpoint-source.h"
#include "engine/error.h"
#include "engine/map-file.h"

/* Hostile args may share or contain themselves: depth and size of the JSON made of them are bounded. */
#define MAX_ARGS_DEPTH 16
#define MAX_ARGS_BYTES (8 << 20)
#define ARGS_VALUE_BYTES 64 /* about what a JSON value takes beside its text */
/* Of the key `ssgan`. */
#define MAX_ABOUT 64
#define MAX_ABOUT_BYTES (1 << 20)
/* One tensor may stand in a pickle under many names. */
#define MAX_TENSORS 65536

static void state_free(SsgAdamState *state)
{
  ssg_host_tensor_unref(state->exp_avg);
  ssg_host_tensor_unref(state->exp_avg_sq);
  g_free(state);
}

static void group_free(SsgAdamGroup *group)
{
  g_array_unref(group->params);
  g_free(group);
}

SsgAdam *ssg_adam_new(void)
{
  SsgAdam *adam = g_new0(SsgAdam, 1);
  adam->states = g_ptr_array_new_with_free_func((GDestroyNotify) state_free);
  adam->groups = g_ptr_array_new_with_free_func((GDestroyNotify) group_free);
  return adam;
}

void ssg_adam_free(SsgAdam *adam)
{
  if (!adam)
    return;
  g_ptr_array_unref(adam->states);
  g_ptr_array_unref(adam->groups);
  g_free(adam);
}

void ssg_adam_add_state(SsgAdam *adam, guint index, double step, SsgHostTensor *exp_avg, SsgHostTensor *exp_avg_sq)
{
  g_assert(adam->states->len == 0 ||
           ((SsgAdamState *) adam->states->pdata[adam->states->len - 1])->index < index);
  SsgAdamState *state = g_new(SsgAdamState, 1);
  *state = (SsgAdamState){index, step, exp_avg, exp_avg_sq};
  g_ptr_array_add(adam->states, state);
}

void ssg_adam_add_group(SsgAdam *adam, double lr, double beta1, double beta2, double eps, const guint *params, guint n)
{
  SsgAdamGroup *group = g_new(SsgAdamGroup, 1);
  *group = (SsgAdamGroup){lr, beta1, beta2, eps, g_array_new(FALSE, FALSE, sizeof(guint))};
  if (n > 0)
    g_array_append_vals(group->params, params, n);
  g_ptr_array_add(adam->groups, group);
}

const SsgAdamState *ssg_adam_state(const SsgAdam *adam, guint index)
{
  guint low = 0, high = adam->states->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    const SsgAdamState *state = adam->states->pdata[middle];
    if (state->index == index)
      return state;
    if (state->index < index)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

SsgCheckpoint *ssg_checkpoint_new(void)
{
  return g_new0(SsgCheckpoint, 1);
}

void ssg_checkpoint_free(SsgCheckpoint *checkpoint)
{
  if (!checkpoint)
    return;
  ssg_host_tensors_free(checkpoint->g_ema);
  ssg_host_tensors_free(checkpoint->g);
  ssg_host_tensors_free(checkpoint->d);
  ssg_adam_free(checkpoint->g_optim);
  ssg_adam_free(checkpoint->d_optim);
  g_clear_pointer(&checkpoint->args, json_node_unref);
  g_clear_pointer(&checkpoint->about, g_hash_table_unref);
  ssg_host_tensor_unref(checkpoint->w_mean);
  g_free(checkpoint);
}

static gboolean fail(const SsgCheckpointSource *source, const char *section, const char *why, GError **error)
{
  g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: %s: %s", ssg_checkpoint_source_name(source), section, why);
  return FALSE;
}

static SsgHostTensors *read_state_dict(SsgCheckpointSource *source, const char *section, const SsgPickleValue *value,
                                       GError **error)
{
  if (value->kind != SSG_PICKLE_DICT) {
    fail(source, section, "expected a dict of tensors", error);
    return NULL;
  }
  if (value->list.n / 2 > MAX_TENSORS) {
    fail(source, section, "has too many tensors", error);
    return NULL;
  }
  g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
  for (guint i = 0; i + 1 < value->list.n; i += 2) {
    g_autofree char *name = ssg_pickle_string(value->list.items[i]);
    if (!name) {
      fail(source, section, "a tensor's name is not a string", error);
      return NULL;
    }
    SsgHostTensor *tensor = ssg_checkpoint_source_tensor(source, value->list.items[i + 1], name, error);
    if (!tensor || !ssg_host_tensors_take(tensors, tensor, error)) {
      g_prefix_error(error, "%s: ", section);
      return NULL;
    }
  }
  return g_steal_pointer(&tensors);
}

/* Adds one group. numbers: the file's number of a parameter -> its place, counted over all groups (old versions of
 * PyTorch numbered parameters by their address). */
static gboolean read_group(SsgCheckpointSource *source, const char *section, const SsgPickleValue *value, SsgAdam *adam,
                           GHashTable *numbers, GError **error)
{
  double lr, beta1, beta2, eps;
  const SsgPickleValue *betas = ssg_pickle_get(value, "betas"), *params = ssg_pickle_get(value, "params");
  if (!ssg_pickle_number(ssg_pickle_get(value, "lr"), &lr) || !ssg_pickle_number(ssg_pickle_get(value, "eps"), &eps) ||
      !betas || (betas->kind != SSG_PICKLE_TUPLE && betas->kind != SSG_PICKLE_LIST) || betas->list.n != 2 ||
      !ssg_pickle_number(betas->list.items[0], &beta1) || !ssg_pickle_number(betas->list.items[1], &beta2) || !params ||
      params->kind != SSG_PICKLE_LIST)
    return fail(source, section, "a parameter group lacks lr, betas, eps or params", error);
  g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint i = 0; i < params->list.n; i++) {
    const SsgPickleValue *number = params->list.items[i];
    guint place = g_hash_table_size(numbers);
    if (number->kind != SSG_PICKLE_INT ||
        !g_hash_table_insert(numbers, g_memdup2(&number->integer, sizeof(gint64)), GUINT_TO_POINTER(place)))
      return fail(source, section, "a parameter's number is not an integer, or occurs twice", error);
    g_array_append_val(places, place);
  }
  ssg_adam_add_group(adam, lr, beta1, beta2, eps, (const guint *) (gpointer) places->data, places->len);
  return TRUE;
}

/* The number of updates: an integer, or a tensor of one element. */
static gboolean read_step(SsgCheckpointSource *source, const SsgPickleValue *value, const char *name, double *step,
                          GError **error)
{
  if (!ssg_pickle_number(value, step)) {
    g_autoptr(SsgHostTensor) tensor = ssg_checkpoint_source_tensor(source, value, name, error);
    if (!tensor)
      return FALSE;
    if (tensor->n_elements != 1)
      return fail(source, name, "expected one number", error);
    float number;
    ssg_host_tensor_read_f32(tensor, 0, 1, &number);
    *step = number;
  }
  return *step >= 0 && isfinite(*step) ? TRUE : fail(source, name, "is not a number of steps", error);
}

static SsgAdamState *read_state(SsgCheckpointSource *source, const char *section, guint index,
                                const SsgPickleValue *value, GError **error)
{
  g_autofree char *prefix = g_strdup_printf("%s.state.%u", section, index);
  g_autofree char *step_name = g_strconcat(prefix, ".step", NULL);
  g_autofree char *avg_name = g_strconcat(prefix, ".exp_avg", NULL), *sq_name = g_strconcat(prefix, ".exp_avg_sq", NULL);
  double step;
  if (!read_step(source, ssg_pickle_get(value, "step"), step_name, &step, error))
    return NULL;
  g_autoptr(SsgHostTensor) avg =
      ssg_checkpoint_source_tensor(source, ssg_pickle_get(value, "exp_avg"), avg_name, error);
  g_autoptr(SsgHostTensor) sq =
      avg ? ssg_checkpoint_source_tensor(source, ssg_pickle_get(value, "exp_avg_sq"), sq_name, error) : NULL;
  if (!sq)
    return NULL;
  if (!ssg_shape_equal(&avg->shape, &sq->shape)) {
    fail(source, prefix, "exp_avg and exp_avg_sq have different shapes", error);
    return NULL;
  }
  SsgAdamState *state = g_new(SsgAdamState, 1);
  *state = (SsgAdamState){index, step, g_steal_pointer(&avg), g_steal_pointer(&sq)};
  return state;
}

static int compare_states(gconstpointer a, gconstpointer b)
{
  const SsgAdamState *x = *(SsgAdamState *const *) a, *y = *(SsgAdamState *const *) b;
  return (x->index > y->index) - (x->index < y->index);
}

static SsgAdam *read_optimiser(SsgCheckpointSource *source, const char *section, const SsgPickleValue *value,
                               GError **error)
{
  const SsgPickleValue *states = ssg_pickle_get(value, "state"), *groups = ssg_pickle_get(value, "param_groups");
  if (!states || states->kind != SSG_PICKLE_DICT || !groups || groups->kind != SSG_PICKLE_LIST) {
    fail(source, section, "expected Adam's state and param_groups", error);
    return NULL;
  }
  if (states->list.n / 2 > MAX_TENSORS) {
    fail(source, section, "has too many states", error);
    return NULL;
  }
  g_autoptr(SsgAdam) adam = ssg_adam_new();
  g_autoptr(GHashTable) numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  for (guint i = 0; i < groups->list.n; i++) {
    if (!read_group(source, section, groups->list.items[i], adam, numbers, error))
      return NULL;
  }
  for (guint i = 0; i + 1 < states->list.n; i += 2) {
    const SsgPickleValue *number = states->list.items[i];
    gpointer place;
    if (number->kind != SSG_PICKLE_INT || !g_hash_table_lookup_extended(numbers, &number->integer, NULL, &place)) {
      fail(source, section, "a state belongs to no parameter", error);
      return NULL;
    }
    g_hash_table_remove(numbers, &number->integer); /* a second state for it is then refused */
    SsgAdamState *state = read_state(source, section, GPOINTER_TO_UINT(place), states->list.items[i + 1], error);
    if (!state)
      return NULL;
    g_ptr_array_add(adam->states, state);
  }
  g_ptr_array_sort(adam->states, compare_states);
  return g_steal_pointer(&adam);
}

typedef struct {
  const SsgCheckpointSource *source;
  gint64 left; /* bytes that may still be taken */
  GError **error;
} ArgsReader;

static JsonNode *args_value(ArgsReader *reader, const SsgPickleValue *value, const char *name, int depth);

/* Dicts may have keys of other kinds than strings: those become text. */
static char *args_key(const SsgPickleValue *key)
{
  if (key->kind == SSG_PICKLE_INT)
    return g_strdup_printf("%" G_GINT64_FORMAT, key->integer);
  return ssg_pickle_string(key);
}

static JsonNode *args_object(ArgsReader *reader, const SsgPickleValue *value, const char *name, int depth)
{
  g_autoptr(JsonObject) object = json_object_new();
  for (guint i = 0; i + 1 < value->list.n; i += 2) {
    g_autofree char *key = args_key(value->list.items[i]);
    reader->left -= key ? (gint64) strlen(key) : 0;
    if (!key) {
      fail(reader->source, name, "a key is not a string", reader->error);
      return NULL;
    }
    g_autofree char *path = g_strdup_printf("%s.%.60s", name, key);
    JsonNode *node = args_value(reader, value->list.items[i + 1], path, depth + 1);
    if (!node)
      return NULL;
    json_object_set_member(object, key, node);
  }
  JsonNode *node = json_node_new(JSON_NODE_OBJECT);
  json_node_set_object(node, object);
  return node;
}

static JsonNode *args_array(ArgsReader *reader, const SsgPickleValue *value, const char *name, int depth)
{
  g_autoptr(JsonArray) array = json_array_new();
  for (guint i = 0; i < value->list.n; i++) {
    JsonNode *node = args_value(reader, value->list.items[i], name, depth + 1);
    if (!node)
      return NULL;
    json_array_add_element(array, node);
  }
  JsonNode *node = json_node_new(JSON_NODE_ARRAY);
  json_node_set_array(node, array);
  return node;
}

static JsonNode *args_value(ArgsReader *reader, const SsgPickleValue *value, const char *name, int depth)
{
  reader->left -= ARGS_VALUE_BYTES;
  if (value->kind == SSG_PICKLE_STRING)
    reader->left -= (gint64) MIN(value->text.length, SSG_PICKLE_MAX_BYTES);
  if (depth > MAX_ARGS_DEPTH || reader->left < 0) {
    fail(reader->source, name, "is nested too deeply or too large", reader->error);
    return NULL;
  }
  switch (value->kind) {
  case SSG_PICKLE_DICT:
  case SSG_PICKLE_NAMESPACE:
    return args_object(reader, value, name, depth);
  case SSG_PICKLE_LIST:
  case SSG_PICKLE_TUPLE:
    return args_array(reader, value, name, depth);
  case SSG_PICKLE_NONE:
    return json_node_init_null(json_node_alloc());
  case SSG_PICKLE_BOOL:
    return json_node_init_boolean(json_node_alloc(), (gboolean) value->integer);
  case SSG_PICKLE_INT:
    return json_node_init_int(json_node_alloc(), value->integer);
  case SSG_PICKLE_FLOAT:
    return isfinite(value->number) ? json_node_init_double(json_node_alloc(), value->number)
                                   : json_node_init_null(json_node_alloc());
  case SSG_PICKLE_STRING: {
    g_autofree char *text = ssg_pickle_string(value);
    return json_node_init_string(json_node_alloc(), text);
  }
  default: {
    g_autofree char *why = g_strdup_printf("%s cannot be kept", ssg_pickle_describe(value));
    fail(reader->source, name, why, reader->error);
    return NULL;
  }
  }
}

static JsonNode *read_args(SsgCheckpointSource *source, const SsgPickleValue *value, GError **error)
{
  if (value->kind != SSG_PICKLE_NAMESPACE && value->kind != SSG_PICKLE_DICT) {
    fail(source, "args", "expected an argparse.Namespace", error);
    return NULL;
  }
  ArgsReader reader = {source, MAX_ARGS_BYTES, error};
  return args_value(&reader, value, "args", 0);
}

static gboolean read_about(SsgCheckpointSource *source, SsgCheckpoint *checkpoint, const SsgPickleValue *value, GError **error)
{
  gsize left = MAX_ABOUT_BYTES;
  if (value->kind != SSG_PICKLE_DICT || value->list.n / 2 > MAX_ABOUT)
    return fail(source, "ssgan", "expected a dict of a few strings and w_mean", error);
  checkpoint->about = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i + 1 < value->list.n; i += 2) {
    const SsgPickleValue *item = value->list.items[i + 1];
    g_autofree char *key = ssg_pickle_string(value->list.items[i]);
    if (!key)
      return fail(source, "ssgan", "a key is not a string", error);
    if (item->kind == SSG_PICKLE_TENSOR && g_str_equal(key, "w_mean")) {
      ssg_host_tensor_unref(checkpoint->w_mean);
      checkpoint->w_mean = ssg_checkpoint_source_tensor(source, item, key, error);
      if (!checkpoint->w_mean)
        return FALSE;
      continue;
    }
    if (item->kind != SSG_PICKLE_STRING || item->text.length > left) {
      g_autofree char *name = g_strdup_printf("ssgan.%.60s", key);
      return fail(source, name, item->kind == SSG_PICKLE_STRING ? "is too long" : "is not a string", error);
    }
    left -= item->text.length;
    g_hash_table_insert(checkpoint->about, g_steal_pointer(&key), ssg_pickle_string(item));
  }
  return TRUE;
}

/* Reads one section into the checkpoint. */
static gboolean read_section(SsgCheckpointSource *source, SsgCheckpoint *checkpoint, SsgCheckpointSections section,
                             const char *name, const SsgPickleValue *value, GError **error)
{
  switch (section) {
  case SSG_CHECKPOINT_G_EMA:
    return (checkpoint->g_ema = read_state_dict(source, name, value, error)) != NULL;
  case SSG_CHECKPOINT_G:
    return (checkpoint->g = read_state_dict(source, name, value, error)) != NULL;
  case SSG_CHECKPOINT_D:
    return (checkpoint->d = read_state_dict(source, name, value, error)) != NULL;
  case SSG_CHECKPOINT_G_OPTIM:
    return (checkpoint->g_optim = read_optimiser(source, name, value, error)) != NULL;
  case SSG_CHECKPOINT_D_OPTIM:
    return (checkpoint->d_optim = read_optimiser(source, name, value, error)) != NULL;
  case SSG_CHECKPOINT_ARGS:
    return (checkpoint->args = read_args(source, value, error)) != NULL;
  case SSG_CHECKPOINT_ALL:
    break;
  }
  g_assert_not_reached();
}

SsgCheckpoint *ssg_checkpoint_parse(GBytes *bytes, const char *name, SsgCheckpointSections sections, GError **error)
{
  static const struct {
    const char *key;
    SsgCheckpointSections section;
  } known[] = {{"g_ema", SSG_CHECKPOINT_G_EMA},     {"g", SSG_CHECKPOINT_G},
               {"d", SSG_CHECKPOINT_D},             {"g_optim", SSG_CHECKPOINT_G_OPTIM},
               {"d_optim", SSG_CHECKPOINT_D_OPTIM}, {"args", SSG_CHECKPOINT_ARGS}};
  g_autoptr(SsgCheckpointSource) source = ssg_checkpoint_source_open(bytes, name, error);
  if (!source)
    return NULL;
  const SsgPickleValue *root = ssg_checkpoint_source_root(source);
  const SsgPickleValue *g_ema = ssg_pickle_get(root, "g_ema");
  if (!g_ema || g_ema->kind == SSG_PICKLE_NONE) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                "%s: is not a SemanticStyleGAN checkpoint: expected a dict with g_ema, found %s%s", name,
                ssg_pickle_describe(root), root->kind == SSG_PICKLE_DICT ? " without it" : "");
    return NULL;
  }
  g_autoptr(SsgCheckpoint) checkpoint = ssg_checkpoint_new();
  for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
    const SsgPickleValue *value = ssg_pickle_get(root, known[i].key);
    if (!value || value->kind == SSG_PICKLE_NONE)
      continue;
    checkpoint->present |= known[i].section;
    if ((sections & known[i].section) &&
        !read_section(source, checkpoint, known[i].section, known[i].key, value, error))
      return NULL;
  }
  const SsgPickleValue *about = ssg_pickle_get(root, "ssgan");
  if (about && !read_about(source, checkpoint, about, error))
    return NULL;
  return g_steal_pointer(&checkpoint);
}

SsgCheckpoint *ssg_checkpoint_load(const char *path, SsgCheckpointSections sections, GError **error)
{
  g_autoptr(GBytes) bytes = ssg_map_file(path, error);
  return bytes ? ssg_checkpoint_parse(bytes, path, sections, error) : NULL;
}
