#include <stdio.h>
#include <string.h>

#include "engine/checkpoint.h"
#include "engine/error.h"
#include "engine/pickle-write.h"
#include "engine/zip-archive.h"

#define FOLDER "archive/" /* what torch.save() calls it when it writes to no file */
#define MAX_DEPTH 64

typedef struct {
  SsgPickleWriter pickle;
  GPtrArray *tensors; /* of SsgHostTensor: tensor i goes into storage i */
  const char *path;
  GError **error;
} Saver;

static void put_tensor(Saver *saver, SsgHostTensor *tensor)
{
  guint number = ssg_pickle_put_tensor(&saver->pickle, tensor->dtype, &tensor->shape);
  g_assert(number == saver->tensors->len);
  g_ptr_array_add(saver->tensors, ssg_host_tensor_ref(tensor));
}

static void put_state_dict(Saver *saver, const char *key, const SsgHostTensors *tensors)
{
  if (!tensors)
    return;
  ssg_pickle_put_string(&saver->pickle, key);
  ssg_pickle_open_dict(&saver->pickle, TRUE);
  for (guint i = 0; i < ssg_host_tensors_count(tensors); i++) {
    SsgHostTensor *tensor = ssg_host_tensors_at(tensors, i);
    ssg_pickle_put_string(&saver->pickle, tensor->name);
    put_tensor(saver, tensor);
  }
  ssg_pickle_close_dict(&saver->pickle);
}

static void put_state(Saver *saver, const SsgAdamState *state)
{
  SsgShape scalar = {.rank = 0};
  float step = (float) state->step;
  g_autoptr(SsgHostTensor) count = ssg_host_tensor_new_copy("step", SSG_F32, &scalar, &step);
  ssg_pickle_put_int(&saver->pickle, state->index);
  ssg_pickle_open_dict(&saver->pickle, FALSE);
  ssg_pickle_put_string(&saver->pickle, "step");
  put_tensor(saver, count);
  ssg_pickle_put_string(&saver->pickle, "exp_avg");
  put_tensor(saver, state->exp_avg);
  ssg_pickle_put_string(&saver->pickle, "exp_avg_sq");
  put_tensor(saver, state->exp_avg_sq);
  ssg_pickle_close_dict(&saver->pickle);
}

static void put_number(SsgPickleWriter *pickle, const char *key, double value)
{
  ssg_pickle_put_string(pickle, key);
  ssg_pickle_put_double(pickle, value);
}

static void put_group(SsgPickleWriter *pickle, const SsgAdamGroup *group)
{
  /* What torch.optim.Adam keeps beside the numbers, at its defaults. */
  static const char *const off[] = {"amsgrad", "maximize", "capturable", "differentiable", "fused"};
  ssg_pickle_open_dict(pickle, FALSE);
  put_number(pickle, "lr", group->lr);
  ssg_pickle_put_string(pickle, "betas");
  ssg_pickle_open_tuple(pickle);
  ssg_pickle_put_double(pickle, group->beta1);
  ssg_pickle_put_double(pickle, group->beta2);
  ssg_pickle_close_tuple(pickle);
  put_number(pickle, "eps", group->eps);
  ssg_pickle_put_string(pickle, "weight_decay");
  ssg_pickle_put_int(pickle, 0);
  for (guint i = 0; i < G_N_ELEMENTS(off); i++) {
    ssg_pickle_put_string(pickle, off[i]);
    ssg_pickle_put_bool(pickle, FALSE);
  }
  ssg_pickle_put_string(pickle, "foreach");
  ssg_pickle_put_none(pickle);
  ssg_pickle_put_string(pickle, "params");
  ssg_pickle_open_list(pickle);
  for (guint i = 0; i < group->params->len; i++)
    ssg_pickle_put_int(pickle, g_array_index(group->params, guint, i));
  ssg_pickle_close_list(pickle);
  ssg_pickle_close_dict(pickle);
}

static void put_optimiser(Saver *saver, const char *key, const SsgAdam *adam)
{
  SsgPickleWriter *pickle = &saver->pickle;
  if (!adam)
    return;
  ssg_pickle_put_string(pickle, key);
  ssg_pickle_open_dict(pickle, FALSE);
  ssg_pickle_put_string(pickle, "state");
  ssg_pickle_open_dict(pickle, FALSE);
  for (guint i = 0; i < adam->states->len; i++)
    put_state(saver, adam->states->pdata[i]);
  ssg_pickle_close_dict(pickle);
  ssg_pickle_put_string(pickle, "param_groups");
  ssg_pickle_open_list(pickle);
  for (guint i = 0; i < adam->groups->len; i++)
    put_group(pickle, adam->groups->pdata[i]);
  ssg_pickle_close_list(pickle);
  ssg_pickle_close_dict(pickle);
}

static gboolean put_json(Saver *saver, JsonNode *node, int depth);

static gboolean put_members(Saver *saver, JsonObject *object, int depth)
{
  g_autoptr(GList) names = json_object_get_members(object);
  for (GList *name = names; name; name = name->next) {
    ssg_pickle_put_string(&saver->pickle, name->data);
    if (!put_json(saver, json_object_get_member(object, name->data), depth + 1))
      return FALSE;
  }
  return TRUE;
}

static gboolean put_value(Saver *saver, JsonNode *node)
{
  SsgPickleWriter *pickle = &saver->pickle;
  GType type = json_node_get_value_type(node);
  if (type == G_TYPE_BOOLEAN)
    ssg_pickle_put_bool(pickle, json_node_get_boolean(node));
  else if (type == G_TYPE_INT64)
    ssg_pickle_put_int(pickle, json_node_get_int(node));
  else if (type == G_TYPE_DOUBLE)
    ssg_pickle_put_double(pickle, json_node_get_double(node));
  else
    ssg_pickle_put_string(pickle, json_node_get_string(node));
  return TRUE;
}

static gboolean put_json(Saver *saver, JsonNode *node, int depth)
{
  SsgPickleWriter *pickle = &saver->pickle;
  if (depth > MAX_DEPTH) {
    g_set_error(saver->error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s: args are nested too deeply to be saved", saver->path);
    return FALSE;
  }
  switch (json_node_get_node_type(node)) {
  case JSON_NODE_NULL:
    ssg_pickle_put_none(pickle);
    return TRUE;
  case JSON_NODE_VALUE:
    return put_value(saver, node);
  case JSON_NODE_OBJECT:
    ssg_pickle_open_dict(pickle, FALSE);
    if (!put_members(saver, json_node_get_object(node), depth))
      return FALSE;
    ssg_pickle_close_dict(pickle);
    return TRUE;
  case JSON_NODE_ARRAY:
    ssg_pickle_open_tuple(pickle);
    for (guint i = 0; i < json_array_get_length(json_node_get_array(node)); i++) {
      if (!put_json(saver, json_array_get_element(json_node_get_array(node), i), depth + 1))
        return FALSE;
    }
    ssg_pickle_close_tuple(pickle);
    return TRUE;
  }
  g_assert_not_reached();
}

static gboolean put_args(Saver *saver, JsonNode *args)
{
  if (!args)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT(args)) {
    g_set_error(saver->error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s: args to be saved are not a JSON object", saver->path);
    return FALSE;
  }
  ssg_pickle_put_string(&saver->pickle, "args");
  ssg_pickle_open_namespace(&saver->pickle);
  if (!put_members(saver, json_node_get_object(args), 0))
    return FALSE;
  ssg_pickle_close_namespace(&saver->pickle);
  return TRUE;
}

static void put_about(Saver *saver, GHashTable *about, SsgHostTensor *w_mean)
{
  SsgPickleWriter *pickle = &saver->pickle;
  if (!about && !w_mean)
    return;
  ssg_pickle_put_string(pickle, "ssgan");
  ssg_pickle_open_dict(pickle, FALSE);
  g_autoptr(GList) keys = about ? g_list_sort(g_hash_table_get_keys(about), (GCompareFunc) strcmp) : NULL;
  for (GList *key = keys; key; key = key->next) {
    ssg_pickle_put_string(pickle, key->data);
    ssg_pickle_put_string(pickle, g_hash_table_lookup(about, key->data));
  }
  if (w_mean) {
    ssg_pickle_put_string(pickle, "w_mean");
    put_tensor(saver, w_mean);
  }
  ssg_pickle_close_dict(pickle);
}

/* The pickle; NULL with the error set. */
static GByteArray *put_all(Saver *saver, const SsgCheckpoint *checkpoint)
{
  ssg_pickle_begin(&saver->pickle);
  ssg_pickle_open_dict(&saver->pickle, FALSE);
  put_state_dict(saver, "g", checkpoint->g);
  put_state_dict(saver, "d", checkpoint->d);
  put_state_dict(saver, "g_ema", checkpoint->g_ema);
  put_optimiser(saver, "g_optim", checkpoint->g_optim);
  put_optimiser(saver, "d_optim", checkpoint->d_optim);
  gboolean good = put_args(saver, checkpoint->args);
  put_about(saver, checkpoint->about, checkpoint->w_mean);
  ssg_pickle_close_dict(&saver->pickle);
  GByteArray *bytes = ssg_pickle_end(&saver->pickle);
  if (!good)
    g_clear_pointer(&bytes, g_byte_array_unref);
  return bytes;
}

static gboolean write_all(Saver *saver, GByteArray *program)
{
  g_autoptr(SsgZipWriter) zip = ssg_zip_writer_open(saver->path, 0, saver->error);
  if (!zip || !ssg_zip_writer_add(zip, FOLDER "data.pkl", program->data, program->len, saver->error) ||
      !ssg_zip_writer_add(zip, FOLDER "byteorder", "little", 6, saver->error))
    return FALSE;
  for (guint i = 0; i < saver->tensors->len; i++) {
    const SsgHostTensor *tensor = saver->tensors->pdata[i];
    char entry[40];
    g_snprintf(entry, sizeof entry, FOLDER "data/%u", i);
    if (!ssg_zip_writer_add(zip, entry, tensor->data, tensor->n_bytes, saver->error))
      return FALSE;
  }
  return ssg_zip_writer_add(zip, FOLDER "version", "3\n", 2, saver->error) &&
         ssg_zip_writer_commit(zip, saver->error);
}

gboolean ssg_checkpoint_save_pt(const SsgCheckpoint *checkpoint, const char *path, GError **error)
{
  Saver saver = {.path = path, .error = error};
  saver.tensors = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_host_tensor_unref);
  g_autoptr(GByteArray) program = put_all(&saver, checkpoint);
  gboolean good = program && write_all(&saver, program);
  g_ptr_array_unref(saver.tensors);
  return good;
}
