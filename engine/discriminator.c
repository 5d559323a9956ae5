#include "engine/discriminator.h"

#include <math.h>

#define EPSILON 1e-8f
#define SET_SIZE 4 /* samples of one set of the minibatch standard deviation */

typedef struct {
  SsgDiscriminator *d;
  gboolean fetch; /* first walk declares, second fetches */
  int next;
} Declaration;

static void add(Declaration *w, SsgTensor **slot, const char *name, SsgShape public_shape, SsgShape shape, gboolean oihw,
                float init)
{
  if (!w->fetch)
    ssg_parameters_add(w->d->parameters, name, 0, 0, public_shape, shape, oihw,
                       init == 0 ? SSG_INIT_CONSTANT : SSG_INIT_NORMAL, init);
  else
    *slot = ssg_parameters_get(w->d->parameters, w->next)->value;
  w->next++;
}

static void add_conv(Declaration *w, SsgTensor **slot, const char *name, gint64 o, gint64 i, gint64 k)
{
  add(w, slot, name, SSG_SHAPE(o, i, k, k), SSG_SHAPE(o, k, k, i), TRUE, 1);
}

static void add_bias(Declaration *w, SsgTensor **slot, const char *name, gint64 n)
{
  add(w, slot, name, SSG_SHAPE(n), SSG_SHAPE(n), FALSE, 0);
}

static void add_branch(Declaration *w, SsgBranch *branch, const char *prefix, int in_channels)
{
  const SsgArchitecture *a = &w->d->arch;
  char name[64];

#define NAME(...) (g_snprintf(name, sizeof name, __VA_ARGS__), name)
  add_conv(w, &branch->in_weight, NAME("%s.0.0.weight", prefix), a->disc_channels[0], in_channels, 1);
  add_bias(w, &branch->in_bias, NAME("%s.0.1.bias", prefix), a->disc_channels[0]);
  for (int i = 0; i < a->n_disc_levels; i++) {
    gint64 in = a->disc_channels[i], out = a->disc_channels[i + 1];
    SsgResidualBlock *block = &branch->blocks[i];
    add_conv(w, &block->conv1, NAME("%s.%d.conv1.0.weight", prefix, i + 1), in, in, 3);
    add_bias(w, &block->bias1, NAME("%s.%d.conv1.1.bias", prefix, i + 1), in);
    add_conv(w, &block->conv2, NAME("%s.%d.conv2.1.weight", prefix, i + 1), out, in, 3);
    add_bias(w, &block->bias2, NAME("%s.%d.conv2.2.bias", prefix, i + 1), out);
    add_conv(w, &block->skip, NAME("%s.%d.skip.1.weight", prefix, i + 1), out, in, 1);
  }
#undef NAME
}

static void add_all(Declaration *w)
{
  SsgDiscriminator *d = w->d;
  gint64 c = d->arch.disc_channels[d->arch.n_disc_levels];

  add_branch(w, &d->image, "convs_img", 3);
  if (d->arch.disc_masks)
    add_branch(w, &d->mask, "convs_seg", d->arch.n_parts);
  add_conv(w, &d->final_conv, "final_conv.0.weight", c, c + 1, 3);
  add_bias(w, &d->final_bias, "final_conv.1.bias", c);
  /* The public checkpoints flatten [C, 4, 4] in that order. */
  add(w, &d->linear1, "final_linear.0.weight", SSG_SHAPE(c, c, 4, 4), SSG_SHAPE(c, 4, 4, c), TRUE, 1);
  add_bias(w, &d->linear1_bias, "final_linear.0.bias", c);
  add(w, &d->linear2, "final_linear.1.weight", SSG_SHAPE(1, c), SSG_SHAPE(1, c), FALSE, 1);
  add_bias(w, &d->linear2_bias, "final_linear.1.bias", 1);
}

SsgDiscriminator *ssg_discriminator_new(SsgContext *ctx, const SsgArchitecture *arch, guint64 seed, GError **error)
{
  g_autoptr(SsgDiscriminator) d = g_new0(SsgDiscriminator, 1);
  d->arch = *arch;
  d->parameters = ssg_parameters_new(ctx);
  Declaration declare = {.d = d}, fetch = {.d = d, .fetch = TRUE};
  add_all(&declare);
  if (!ssg_parameters_allocate(d->parameters, error))
    return NULL;
  add_all(&fetch);
  ssg_parameters_initialise(d->parameters, seed, FALSE);
  return ssg_context_check(ctx, error) ? g_steal_pointer(&d) : NULL;
}

void ssg_discriminator_free(SsgDiscriminator *d)
{
  if (!d)
    return;
  ssg_parameters_free(d->parameters);
  g_free(d);
}

gboolean ssg_discriminator_batch_fits(int n)
{
  return n > 0 && n % MIN(n, SET_SIZE) == 0;
}

/* The weights of one convolution with the equalised learning rate's 1/sqrt(fan_in), times `factor`. */
static SsgTensor *scaled(SsgTensor *w, float factor)
{
  gint64 fan_in = ssg_tensor_elements(w) / ssg_tensor_dim(w, 0);
  return ssg_tensor_scale(w, factor / sqrtf(fan_in));
}

/* The same, for maps like x. */
static SsgTensor *scaled_like(SsgTensor *w, float factor, SsgTensor *x)
{
  return ssg_tensor_cast(scaled(w, factor), ssg_tensor_dtype(x));
}

/* FIR blur before a stride-2 convolution of size k. */
static SsgTensor *blur(SsgTensor *x, int k)
{
  int pad = 2 + (k - 1);
  return ssg_tensor_upfirdn(x, 1, 1, (pad + 1) / 2, pad / 2, 1, NULL, NULL, NULL, FALSE);
}

/* For x times `factor`, which goes into the weights: maps are much larger. The result is still to be multiplied by 1/sqrt(2). */
static SsgTensor *residual_block(SsgResidualBlock *block, SsgTensor *x, float factor)
{
  SsgContext *ctx = ssg_tensor_context(x);

  ssg_scope_begin(ctx);
  /* A 1x1 convolution of stride 2 reads every other pixel: the blur computes only those. */
  SsgTensor *half = ssg_tensor_upfirdn(x, 1, 2, 1, 1, 1, NULL, NULL, NULL, FALSE);
  SsgTensor *skip = ssg_tensor_conv(half, scaled_like(block->skip, factor, x), 1, 0, 0, NULL, FALSE);
  SsgTensor *y = ssg_tensor_conv(x, scaled_like(block->conv1, factor, x), 1, 1, 1, block->bias1, TRUE);
  y = ssg_tensor_conv(blur(y, 3), scaled_like(block->conv2, 1, x), 2, 0, 0, block->bias2, TRUE);
  return ssg_scope_end_keep(ctx, ssg_tensor_add(y, skip));
}

static SsgTensor *branch_forward(SsgDiscriminator *d, SsgBranch *branch, SsgTensor *x)
{
  SsgContext *ctx = ssg_tensor_context(x);

  ssg_scope_begin(ctx);
  x = ssg_tensor_cast(x, d->narrow_levels ? d->narrow : SSG_F32);
  x = ssg_tensor_ref(ssg_tensor_conv(x, scaled_like(branch->in_weight, 1, x), 1, 0, 0, branch->in_bias, TRUE));
  for (int i = 0; i < d->arch.n_disc_levels; i++) {
    ssg_scope_begin(ctx);
    SsgTensor *next = ssg_tensor_cast(residual_block(&branch->blocks[i], x, i ? M_SQRT1_2 : 1), i + 1 < d->narrow_levels ? d->narrow : SSG_F32);
    ssg_tensor_ref(next);
    ssg_scope_end(ctx);
    ssg_tensor_unref(x);
    x = next;
  }
  SsgTensor *result = ssg_tensor_scale(ssg_tensor_cast(x, SSG_F32), d->arch.n_disc_levels ? M_SQRT1_2 : 1); /* of the last block */
  ssg_tensor_unref(x);
  return ssg_scope_end_keep(ctx, result);
}

/* One channel that says how much the samples of a set differ: sample n belongs to set n mod (N / g). */
static SsgTensor *append_standard_deviation(SsgTensor *x)
{
  SsgContext *ctx = ssg_tensor_context(x);
  gint64 n = ssg_tensor_dim(x, 0), s = ssg_tensor_dim(x, 1), c = ssg_tensor_dim(x, 3);
  gint64 g = MIN(n, SET_SIZE), sets = n / g;

  g_assert(n % g == 0);
  ssg_scope_begin(ctx);
  SsgTensor *y = ssg_tensor_reshape(x, SSG_SHAPE(g, sets, s * s * c));
  SsgTensor *centred = ssg_tensor_sub(y, ssg_tensor_mean_axis(y, 0));
  SsgTensor *variance = ssg_tensor_mean_axis(ssg_tensor_square(centred), 0);
  SsgTensor *deviation = ssg_tensor_mean_axis(ssg_tensor_sqrt(ssg_tensor_affine(variance, 1, EPSILON)), 2);
  deviation = ssg_tensor_broadcast_to(ssg_tensor_reshape(deviation, SSG_SHAPE(1, sets, 1)), SSG_SHAPE(g, sets, s * s), 1);
  deviation = ssg_tensor_reshape(deviation, SSG_SHAPE(n, s, s, 1));
  return ssg_scope_end_keep(ctx, ssg_tensor_concat((SsgTensor *[]){x, deviation}, 2, 3));
}

#define COLOUR_GAIN 3.0f
#define DETAIL_GAIN 3.0f

SsgTensor *ssg_discriminator_see(const SsgDiscriminator *d, SsgTensor *rgb)
{
  SsgContext *ctx = ssg_tensor_context(rgb);
  if (!d->arch.disc_emphasis)
    return rgb;
  ssg_scope_begin(ctx);
  SsgTensor *grey = ssg_tensor_mean_axis(rgb, 3);
  SsgTensor *x = ssg_tensor_add(ssg_tensor_scale(rgb, COLOUR_GAIN), ssg_tensor_scale(grey, 1 - COLOUR_GAIN));
  /* [1, 3, 3, 1] / 8 twice: by way of the places between the pixels. */
  SsgTensor *blurred = ssg_tensor_upfirdn(x, 1, 1, 3, 3, 1, NULL, NULL, NULL, FALSE);
  blurred = ssg_tensor_upfirdn(blurred, 1, 1, 0, 0, 1, NULL, NULL, NULL, FALSE);
  x = ssg_tensor_add(ssg_tensor_scale(x, DETAIL_GAIN), ssg_tensor_scale(blurred, 1 - DETAIL_GAIN));
  return ssg_scope_end_keep(ctx, x);
}

SsgTensor *ssg_discriminator_forward(SsgDiscriminator *d, SsgTensor *rgb, SsgTensor *seg)
{
  SsgContext *ctx = ssg_tensor_context(rgb);
  gint64 n = ssg_tensor_dim(rgb, 0), c = d->arch.disc_channels[d->arch.n_disc_levels];

  ssg_scope_begin(ctx);
  SsgTensor *x = branch_forward(d, &d->image, rgb);
  if (seg)
    x = ssg_tensor_add(x, branch_forward(d, &d->mask, seg));
  x = append_standard_deviation(x);
  x = ssg_tensor_conv(x, scaled(d->final_conv, 1), 1, 1, 1, d->final_bias, TRUE);
  SsgTensor *w1 = ssg_tensor_reshape(scaled(d->linear1, 1), SSG_SHAPE(1, c, 16 * c));
  x = ssg_tensor_matmul(ssg_tensor_reshape(x, SSG_SHAPE(1, n, 16 * c)), w1, FALSE, TRUE, 1,
                        ssg_tensor_reshape(d->linear1_bias, SSG_SHAPE(1, c)), TRUE);
  SsgTensor *w2 = ssg_tensor_reshape(scaled(d->linear2, 1), SSG_SHAPE(1, 1, c));
  x = ssg_tensor_matmul(x, w2, FALSE, TRUE, 1, ssg_tensor_reshape(d->linear2_bias, SSG_SHAPE(1, 1)), FALSE);
  return ssg_scope_end_keep(ctx, ssg_tensor_reshape(x, SSG_SHAPE(n, 1)));
}
