#include "engine/parameters.h"

#include <math.h>
#include <string.h>

#include "engine/error.h"

struct _SsgParameters {
  SsgContext *ctx;
  GPtrArray *entries; /* SsgParameter */
  gint64 n_elements, n_trained;
  SsgTensor *block, *trained;
};

static void parameter_free(SsgParameter *parameter)
{
  g_free(parameter->name);
  ssg_tensor_clear(&parameter->value);
  g_free(parameter);
}

SsgParameters *ssg_parameters_new(SsgContext *ctx)
{
  SsgParameters *p = g_new0(SsgParameters, 1);
  p->ctx = ctx;
  p->entries = g_ptr_array_new_with_free_func((GDestroyNotify) parameter_free);
  return p;
}

void ssg_parameters_free(SsgParameters *p)
{
  if (!p)
    return;
  g_ptr_array_unref(p->entries);
  ssg_tensor_clear(&p->trained);
  ssg_tensor_clear(&p->block);
  g_free(p);
}

SsgParameter *ssg_parameters_add(SsgParameters *p, const char *name, int first_part, int n_parts, SsgShape public_shape,
                                 SsgShape shape, gboolean oihw, SsgInit init, float init_value)
{
  SsgParameter *parameter = g_new0(SsgParameter, 1);
  g_assert(ssg_shape_elements(&shape) == ssg_shape_elements(&public_shape) * MAX(1, n_parts));
  parameter->name = g_strdup(name);
  parameter->first_part = first_part;
  parameter->n_parts = n_parts;
  parameter->public_shape = public_shape;
  parameter->shape = shape;
  parameter->oihw = oihw;
  parameter->init = init;
  parameter->init_value = init_value;
  parameter->start = p->n_elements;
  p->n_elements += ssg_shape_elements(&shape);
  p->n_trained = p->n_elements;
  g_ptr_array_add(p->entries, parameter);
  return parameter;
}

SsgParameter *ssg_parameters_add_buffer(SsgParameters *p, const char *name, SsgShape public_shape, SsgShape shape)
{
  gint64 trained = p->n_trained;
  SsgParameter *parameter = ssg_parameters_add(p, name, 0, 0, public_shape, shape, FALSE, SSG_INIT_NORMAL, 1);
  parameter->buffer = TRUE;
  p->n_trained = trained;
  return parameter;
}

gboolean ssg_parameters_allocate(SsgParameters *p, GError **error)
{
  ssg_scope_begin(p->ctx);
  p->block = ssg_tensor_ref(ssg_tensor_empty(p->ctx, SSG_F32, SSG_SHAPE(p->n_elements)));
  p->trained = ssg_tensor_ref(ssg_tensor_view(p->block, 0, SSG_SHAPE(p->n_trained)));
  for (guint i = 0; i < p->entries->len; i++) {
    SsgParameter *parameter = p->entries->pdata[i];
    parameter->value = ssg_tensor_ref(ssg_tensor_view(p->block, parameter->start, parameter->shape));
  }
  ssg_scope_end(p->ctx);
  return ssg_context_check(p->ctx, error);
}

void ssg_parameters_initialise(SsgParameters *p, guint64 seed, gboolean buffers_only)
{
  for (guint i = 0; i < p->entries->len; i++) {
    SsgParameter *parameter = p->entries->pdata[i];
    if (buffers_only && !parameter->buffer)
      continue;
    ssg_scope_begin(p->ctx);
    SsgTensor *values = parameter->init == SSG_INIT_CONSTANT
                            ? ssg_tensor_full(p->ctx, parameter->shape, parameter->init_value)
                            : ssg_tensor_normal(p->ctx, parameter->shape, seed, i + 1);
    if (parameter->init == SSG_INIT_NORMAL && parameter->init_value != 1)
      values = ssg_tensor_scale(values, parameter->init_value);
    ssg_tensor_copy_into(parameter->value, values);
    ssg_scope_end(p->ctx);
  }
}

SsgContext *ssg_parameters_context(const SsgParameters *p)
{
  return p->ctx;
}

int ssg_parameters_count(const SsgParameters *p)
{
  return p->entries->len;
}

SsgParameter *ssg_parameters_get(const SsgParameters *p, int index)
{
  return p->entries->pdata[index];
}

SsgTensor *ssg_parameters_block(const SsgParameters *p)
{
  return p->block;
}

SsgTensor *ssg_parameters_trained(const SsgParameters *p)
{
  return p->trained;
}

void ssg_parameters_require_gradients(SsgParameters *p, const char *const *except)
{
  for (guint i = 0; i < p->entries->len; i++) {
    SsgParameter *parameter = p->entries->pdata[i];
    gboolean frozen = parameter->buffer;
    for (int j = 0; except && except[j]; j++)
      frozen |= g_str_has_prefix(parameter->name, except[j]);
    if (!frozen)
      ssg_tensor_require_gradient(parameter->value);
  }
}

static char *part_name(const SsgParameter *parameter, int part)
{
  const char *star = strchr(parameter->name, '*');
  if (!star)
    return g_strdup(parameter->name);
  return g_strdup_printf("%.*s%d%s", (int) (star - parameter->name), parameter->name, parameter->first_part + part,
                         star + 1);
}

void ssg_parameters_each_name(const SsgParameters *p, SsgParameterNameFunc each, gpointer data)
{
  for (guint i = 0; i < p->entries->len; i++) {
    const SsgParameter *parameter = p->entries->pdata[i];
    for (int part = 0; part < MAX(1, parameter->n_parts); part++) {
      g_autofree char *name = part_name(parameter, part);
      each(name, parameter, part, data);
    }
  }
}

/* Sizes of the axes O, I, h * w of a parameter with oihw: the last four of the public shape. */
static void oihw_sizes(const SsgParameter *parameter, gint64 *o, gint64 *i, gint64 *hw)
{
  const SsgShape *shape = &parameter->public_shape;
  *o = shape->dim[shape->rank - 4];
  *i = shape->dim[shape->rank - 3];
  *hw = shape->dim[shape->rank - 2] * shape->dim[shape->rank - 1];
}

void ssg_parameter_export(const SsgParameter *parameter, int part, const float *block, float *out)
{
  gint64 n = ssg_shape_elements(&parameter->public_shape), o, i, hw;
  const float *in = block + parameter->start + part * n;

  if (!parameter->oihw) {
    memcpy(out, in, n * sizeof(float));
    return;
  }
  oihw_sizes(parameter, &o, &i, &hw);
  for (gint64 a = 0; a < o; a++)
    for (gint64 c = 0; c < i; c++)
      for (gint64 b = 0; b < hw; b++)
        out[(a * i + c) * hw + b] = in[(a * hw + b) * i + c];
}

void ssg_parameter_import(const SsgParameter *parameter, int part, const float *in, float *block)
{
  gint64 n = ssg_shape_elements(&parameter->public_shape), o, i, hw;
  float *out = block + parameter->start + part * n;

  if (!parameter->oihw) {
    memcpy(out, in, n * sizeof(float));
    return;
  }
  oihw_sizes(parameter, &o, &i, &hw);
  for (gint64 a = 0; a < o; a++)
    for (gint64 c = 0; c < i; c++)
      for (gint64 b = 0; b < hw; b++)
        out[(a * hw + b) * i + c] = in[(a * i + c) * hw + b];
}

SsgShape ssg_parameter_file_shape(const SsgParameter *parameter, SsgLayout layout)
{
  SsgShape shape = parameter->public_shape;
  if (parameter->oihw && layout == SSG_LAYOUT_NATIVE) {
    int64_t *d = shape.dim + shape.rank - 4, in = d[1];
    d[1] = d[2];
    d[2] = d[3];
    d[3] = in;
  }
  return shape;
}

typedef struct {
  SsgLayout layout;
  SsgTensorLookup lookup;
  gpointer data;
  const char *source;
  float *block; /* NULL: only look */
  GError *error;
} Load;

/* The public shape of final_linear.0.weight is [out, C * 4 * 4]; ours says [out, C, 4, 4]. */
static gboolean shape_fits(const SsgHostTensor *tensor, const SsgShape *expected)
{
  if (ssg_shape_equal(&tensor->shape, expected))
    return TRUE;
  return expected->rank == 4 && tensor->shape.rank == 2 && tensor->shape.dim[0] == expected->dim[0] &&
         tensor->shape.dim[1] == expected->dim[1] * expected->dim[2] * expected->dim[3];
}

static void load_one(const char *name, const SsgParameter *parameter, int part, gpointer data)
{
  Load *load = data;
  if (load->error)
    return;
  const SsgHostTensor *tensor = load->lookup(name, load->data);
  if (!tensor && parameter->buffer)
    return;
  if (!tensor) {
    g_set_error(&load->error, SSG_ERROR, SSG_ERROR_SHAPE, "%s: tensor %s is missing", load->source, name);
    return;
  }
  SsgShape shape = ssg_parameter_file_shape(parameter, load->layout);
  if (!shape_fits(tensor, &shape)) {
    g_autofree char *expected = ssg_shape_text(&shape), *found = ssg_shape_text(&tensor->shape);
    g_set_error(&load->error, SSG_ERROR, SSG_ERROR_SHAPE, "%s: tensor %s has shape %s, expected %s", load->source, name,
                found, expected);
    return;
  }
  g_autofree float *converted = NULL;
  const float *values = ssg_host_tensor_f32(tensor, &converted, &load->error);
  for (gsize i = 0; values && i < tensor->n_elements; i++)
    if (!isfinite(values[i])) {
      g_set_error(&load->error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: number %" G_GSIZE_FORMAT " of tensor %s is not finite", load->source, i, name);
      return;
    }
  if (!load->block)
    return;
  if (values && load->layout == SSG_LAYOUT_PUBLIC)
    ssg_parameter_import(parameter, part, values, load->block);
  else if (values)
    memcpy(load->block + parameter->start + part * tensor->n_elements, values, tensor->n_elements * sizeof(float));
}

gboolean ssg_parameters_check(const SsgParameters *p, SsgLayout layout, SsgTensorLookup lookup, gpointer data,
                              const char *source, GError **error)
{
  Load load = {.layout = layout, .lookup = lookup, .data = data, .source = source};
  ssg_parameters_each_name(p, load_one, &load);
  if (load.error)
    g_propagate_error(error, load.error);
  return !load.error;
}

gboolean ssg_parameters_load(SsgParameters *p, SsgLayout layout, SsgTensorLookup lookup, gpointer data, const char *source,
                             GError **error)
{
  g_autofree float *block = g_try_new(float, p->n_elements);
  Load load = {.layout = layout, .lookup = lookup, .data = data, .source = source, .block = block};

  if (!block) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "%s: no memory for %" G_GINT64_FORMAT " parameters", source,
                p->n_elements);
    return FALSE;
  }
  if (!ssg_tensor_download(p->block, block))
    return ssg_context_check(p->ctx, error);
  ssg_parameters_each_name(p, load_one, &load);
  if (load.error) {
    g_propagate_error(error, load.error);
    return FALSE;
  }
  ssg_tensor_upload(p->block, block);
  return ssg_context_check(p->ctx, error);
}
