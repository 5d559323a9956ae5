#include "engine/state-dict.h"

#include <string.h>

typedef struct {
  SsgHostTensors *out;
  GHashTable *by_name; /* name -> SsgHostTensor, those not yet taken into out */
  const float *block;
} Export;

static void export_one(const char *name, const SsgParameter *parameter, int part, gpointer data)
{
  Export *e = data;
  gint64 n = ssg_shape_elements(&parameter->public_shape);
  g_autofree float *values = g_new(float, n);
  SsgShape shape = parameter->public_shape;

  ssg_parameter_export(parameter, part, e->block, values);
  if (g_str_equal(name, "final_linear.0.weight")) /* a fully connected layer to them, a 4x4 convolution to us */
    shape = SSG_SHAPE(shape.dim[0], n / shape.dim[0]);
  g_hash_table_insert(e->by_name, g_strdup(name), ssg_host_tensor_new_copy(name, SSG_F32, &shape, values));
}

static void take(Export *e, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Moves a parameter to the end of the list; does nothing when the network has none of that name. */
static void take(Export *e, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  g_autofree char *name = g_strdup_vprintf(format, args);
  va_end(args);
  gpointer key, tensor;
  if (g_hash_table_steal_extended(e->by_name, name, &key, &tensor)) {
    g_free(key);
    ssg_host_tensors_take(e->out, tensor, NULL);
  }
}

static void add_kernel(Export *e, float gain, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The FIR [1,3,3,1] outer itself, sum `gain`. */
static void add_kernel(Export *e, float gain, const char *format, ...)
{
  static const float taps[4] = {1, 3, 3, 1};
  float values[16];
  SsgShape shape = SSG_SHAPE(4, 4);
  va_list args;
  va_start(args, format);
  g_autofree char *name = g_strdup_vprintf(format, args);
  va_end(args);
  for (int i = 0; i < 16; i++)
    values[i] = taps[i / 4] * taps[i % 4] / 64 * gain;
  ssg_host_tensors_take(e->out, ssg_host_tensor_new_copy(name, SSG_F32, &shape, values), NULL);
}

static void take_head(Export *e, const char *prefix)
{
  take(e, "%s.bias", prefix);
  add_kernel(e, 4, "%s.upsample.kernel", prefix);
  take(e, "%s.conv.weight", prefix);
  take(e, "%s.conv.modulation", prefix);
}

static float *download_block(const SsgParameters *p)
{
  SsgTensor *block = ssg_parameters_block(p);
  g_autofree float *values = g_new(float, ssg_tensor_elements(block));
  return ssg_tensor_download(block, values) ? g_steal_pointer(&values) : NULL;
}

SsgHostTensors *ssg_generator_to_state_dict(const SsgGenerator *g, const float *block)
{
  const SsgArchitecture *a = &g->arch;
  g_autofree float *downloaded = block ? NULL : download_block(g->parameters);
  g_autoptr(GHashTable) by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) ssg_host_tensor_unref);
  Export e = {.by_name = by_name, .block = block ? block : downloaded};

  if (!e.block)
    return NULL;
  e.out = ssg_host_tensors_new();
  ssg_parameters_each_name(g->parameters, export_one, &e);
  take(&e, "pos_embed.weights");
  for (int k = 0; k < a->n_parts; k++) {
    for (int l = 0; l < a->n_layers; l++) {
      take(&e, "local_nets.%d.linears.%d.conv.weight", k, l);
      take(&e, "local_nets.%d.linears.%d.conv.modulation.weight", k, l);
      take(&e, "local_nets.%d.linears.%d.conv.modulation.bias", k, l);
      take(&e, "local_nets.%d.linears.%d.activate.bias", k, l);
    }
    g_autofree char *feat = g_strdup_printf("local_nets.%d.to_feat", k), *depth = g_strdup_printf("local_nets.%d.to_depth", k);
    take_head(&e, feat);
    if (k > 0)
      take_head(&e, depth);
  }
  for (int i = 0; i < 2 * a->n_levels; i++) {
    take(&e, "render_net.convs.%d.weight", i);
    take(&e, "render_net.convs.%d.modulation", i);
    if (i % 2 == 0)
      add_kernel(&e, 4, "render_net.convs.%d.blur.kernel", i);
    take(&e, "render_net.convs.%d.noise.weight", i);
    take(&e, "render_net.convs.%d.activate.bias", i);
  }
  for (int i = 0; i < 2 * a->n_levels; i++)
    take(&e, "render_net.noises.noise_%d", i);
  for (int i = 0; i < 2 * a->n_levels; i++) {
    g_autofree char *head =
        g_strdup_printf("render_net.%s.%d", i < a->n_levels ? "to_rgbs" : "to_segs", i % a->n_levels);
    take_head(&e, head);
  }
  for (int i = 0; i < a->n_mapping; i++) {
    take(&e, "style.%d.weight", i + 1);
    take(&e, "style.%d.bias", i + 1);
  }
  g_assert(g_hash_table_size(by_name) == 0);
  return e.out;
}

SsgHostTensors *ssg_discriminator_to_state_dict(const SsgDiscriminator *d, const float *block)
{
  g_autofree float *downloaded = block ? NULL : download_block(d->parameters);
  g_autoptr(GHashTable) by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) ssg_host_tensor_unref);
  Export e = {.by_name = by_name, .block = block ? block : downloaded};

  if (!e.block)
    return NULL;
  e.out = ssg_host_tensors_new();
  ssg_parameters_each_name(d->parameters, export_one, &e);
  for (int b = 0; b < (d->arch.disc_masks ? 2 : 1); b++) {
    const char *branch = b ? "convs_seg" : "convs_img";
    take(&e, "%s.0.0.weight", branch);
    take(&e, "%s.0.1.bias", branch);
    for (int i = 1; i <= d->arch.n_disc_levels; i++) {
      take(&e, "%s.%d.conv1.0.weight", branch, i);
      take(&e, "%s.%d.conv1.1.bias", branch, i);
      add_kernel(&e, 1, "%s.%d.conv2.0.kernel", branch, i);
      take(&e, "%s.%d.conv2.1.weight", branch, i);
      take(&e, "%s.%d.conv2.2.bias", branch, i);
      add_kernel(&e, 1, "%s.%d.skip.0.kernel", branch, i);
      take(&e, "%s.%d.skip.1.weight", branch, i);
    }
  }
  take(&e, "final_conv.0.weight");
  take(&e, "final_conv.1.bias");
  for (int i = 0; i < 2; i++) {
    take(&e, "final_linear.%d.weight", i);
    take(&e, "final_linear.%d.bias", i);
  }
  g_assert(g_hash_table_size(by_name) == 0);
  return e.out;
}

gboolean ssg_state_dict_is_buffer(const char *name)
{
  return g_str_has_suffix(name, ".kernel") || strstr(name, ".noises.") != NULL;
}
