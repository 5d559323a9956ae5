#include "engine/training.h"

#include <math.h>
#include <string.h>

SsgTrainingOptions ssg_training_options_published(void)
{
  return (SsgTrainingOptions){.lr = 0.002f,
                              .d_lr_scale = 1,
                              .r1_image = 10,
                              .r1_mask = 1000,
                              .r1_every = 16,
                              .path_weight = 0.5f,
                              .path_every = 4,
                              .path_batch_shrink = 2,
                              .mask_weight = 100,
                              .ema_half_life = 10000,
                              .locality_every = 8,
                              .narrow_resolutions = 4};
}

/* Gradients of maps are the loss's, divided by the batch, spread over a million values: some 1e-7 each, below what f16 holds in full.
 * Those of weights are sums over all pixels, below 10. Both have room around them times this. */
#define GRADIENT_SCALE 1024

static SsgTensor *zeros_like(SsgTensor *block)
{
  return ssg_tensor_ref(ssg_tensor_full(ssg_tensor_context(block), *ssg_tensor_shape(block), 0));
}

SsgTraining *ssg_training_new(SsgContext *ctx, const SsgArchitecture *arch, const SsgTrainingOptions *options, guint64 seed,
                              GError **error)
{
  static const char *const frozen[] = {"local_nets.", "pos_embed.", NULL};
  g_autoptr(SsgTraining) t = g_new0(SsgTraining, 1);

  t->ctx = ctx;
  t->options = *options;
  t->g = ssg_generator_new(ctx, arch, seed, error);
  t->gradient_scale = ssg_context_map_dtype(ctx) == SSG_F16 ? GRADIENT_SCALE : 1;
  t->g_ema = t->g ? ssg_generator_new(ctx, arch, seed, error) : NULL;
  t->d = t->g_ema ? ssg_discriminator_new(ctx, arch, seed + 1, error) : NULL;
  if (!t->d)
    return NULL;
  t->g->narrow = t->d->narrow = ssg_context_map_dtype(ctx);
  t->g->narrow_levels = MIN(options->narrow_resolutions, arch->n_levels);
  t->d->narrow_levels = options->narrow_resolutions;
  if (options->fourier_cutoff > 0) {
    ssg_generator_soften_fourier(t->g, options->fourier_cutoff);
    ssg_generator_soften_fourier(t->g_ema, options->fourier_cutoff);
  }
  ssg_scope_begin(ctx);
  SsgTensor *g = ssg_parameters_trained(t->g->parameters), *d = ssg_parameters_trained(t->d->parameters);
  t->g_grad = zeros_like(g);
  t->g_m = zeros_like(g);
  t->g_v = zeros_like(g);
  t->d_grad = zeros_like(d);
  t->d_m = zeros_like(d);
  t->d_v = zeros_like(d);
  ssg_scope_end(ctx);
  ssg_parameters_require_gradients(t->g->parameters, options->freeze_local ? frozen : NULL);
  ssg_parameters_require_gradients(t->d->parameters, NULL);
  return ssg_context_check(ctx, error) ? g_steal_pointer(&t) : NULL;
}

void ssg_training_free(SsgTraining *t)
{
  if (!t)
    return;
  ssg_tensor_clear(&t->g_grad);
  ssg_tensor_clear(&t->g_m);
  ssg_tensor_clear(&t->g_v);
  ssg_tensor_clear(&t->d_grad);
  ssg_tensor_clear(&t->d_m);
  ssg_tensor_clear(&t->d_v);
  ssg_tensor_clear(&t->unsupported);
  ssg_generator_free(t->g);
  ssg_generator_free(t->g_ema);
  ssg_discriminator_free(t->d);
  g_free(t);
}

/* Below the depth of any part that is to be seen: softmax gives exactly 0. */
#define OUT_OF_SIGHT (-1e5f)

void ssg_training_set_support(SsgTraining *t, const guint8 *supported)
{
  gint64 k = t->g->arch.n_parts, cells = t->g->arch.coarse_size * t->g->arch.coarse_size;
  g_autofree float *added = g_new0(float, k * cells);

  for (gint64 cell = 0; cell < cells; cell++) {
    gboolean any = FALSE;
    for (gint64 part = 0; part < k; part++)
      any |= supported[part * cells + cell];
    for (gint64 part = 0; any && part < k; part++)
      added[part * cells + cell] = supported[part * cells + cell] ? 0 : OUT_OF_SIGHT;
  }
  ssg_tensor_clear(&t->unsupported);
  ssg_scope_begin(t->ctx);
  t->unsupported = ssg_tensor_ref(ssg_tensor_new_f32(t->ctx, SSG_SHAPE(k, 1, cells, 1), added));
  ssg_scope_end(t->ctx);
}

static void clear(SsgTensor *block)
{
  SsgContext *ctx = ssg_tensor_context(block);
  ssg_scope_begin(ctx);
  ssg_tensor_copy_into(block, ssg_tensor_full(ctx, *ssg_tensor_shape(block), 0));
  ssg_scope_end(ctx);
}

void ssg_training_not_finite(SsgTraining *t)
{
  if (t->gradient_scale > 1)
    t->gradient_scale /= 2;
}

void ssg_training_begin_d(SsgTraining *t)
{
  ssg_context_set_gradient_scale(t->ctx, t->gradient_scale);
  clear(t->d_grad);
}

void ssg_training_begin_g(SsgTraining *t)
{
  ssg_context_set_gradient_scale(t->ctx, t->gradient_scale);
  clear(t->g_grad);
}

/* --- gradients into the block --- */

typedef struct {
  SsgTraining *training;
  SsgTensor *block;
  GPtrArray *parameters; /* SsgParameter of each wrt */
} Accumulation;

/* A gradient is added to its place in the block as soon as it is final, and need not wait for the walk's end. */
static void add_to_block(int index, SsgTensor *gradient, gpointer data)
{
  Accumulation *a = data;
  const SsgParameter *parameter = a->parameters->pdata[index];
  if (gradient) {
    SsgContext *ctx = ssg_tensor_context(gradient);
    ssg_scope_begin(ctx);
    SsgTensor *place = ssg_tensor_view(a->block, parameter->start, parameter->shape);
    ssg_tensor_copy_into(place, ssg_tensor_add(place, gradient));
    ssg_scope_end(ctx);
  }
  if (a->training->gradient_ready)
    a->training->gradient_ready(parameter->start, ssg_shape_elements(&parameter->shape), a->training->data);
}

/* Adds the gradients of sum(loss * seed) for all marked parameters to the block. */
static void accumulate_gradients(SsgTraining *t, SsgParameters *p, SsgTensor *loss, SsgTensor *seed, SsgTensor *block)
{
  SsgContext *ctx = ssg_tensor_context(loss);
  g_autoptr(GPtrArray) parameters = g_ptr_array_new(), values = g_ptr_array_new();

  for (int i = 0; i < ssg_parameters_count(p); i++) {
    SsgParameter *parameter = ssg_parameters_get(p, i);
    if (ssg_tensor_requires_gradient(parameter->value)) {
      g_ptr_array_add(parameters, parameter);
      g_ptr_array_add(values, parameter->value);
    }
  }
  Accumulation a = {.training = t, .block = block, .parameters = parameters};
  g_autofree SsgTensor **grads = g_new0(SsgTensor *, values->len);
  ssg_scope_begin(ctx);
  ssg_differentiate(loss, seed, values->len, (SsgTensor **) values->pdata, grads, SSG_GRADIENT_PLAIN, add_to_block, &a);
  ssg_scope_end(ctx);
}

/* --- codes --- */

/* Expanded codes [N, K * L, S] of a draw (MODEL.md "Style mixing"): which of two codes each row takes is a constant 0/1 tensor,
 * so that the choice needs no op of its own. */
static SsgTensor *expanded_codes(SsgTraining *t, const SsgDraw *draw)
{
  const SsgArchitecture *a = &t->g->arch;
  gint64 n = draw->n, s = a->style_dim, rows = ssg_architecture_expanded_rows(a);
  SsgTensor *w0 = ssg_generator_map(t->g, ssg_tensor_new_f32(t->ctx, SSG_SHAPE(n, s), draw->z0));
  w0 = ssg_tensor_reshape(w0, SSG_SHAPE(n, 1, s));
  if (!draw->z1)
    return ssg_tensor_broadcast_to(w0, SSG_SHAPE(n, rows, s), 1);

  SsgTensor *w1 = ssg_generator_map(t->g, ssg_tensor_new_f32(t->ctx, SSG_SHAPE(n, s), draw->z1));
  w1 = ssg_tensor_reshape(w1, SSG_SHAPE(n, 1, s));
  g_autofree float *second = g_new0(float, n * rows);
  for (int k = 0; k < a->n_parts; k++) {
    for (int l = 0; l < a->n_layers; l++) {
      /* The base of a foreground part is the first code's; the background's shape code also fills its base layers. */
      gboolean base = k > 0 && l < a->n_base, texture = l >= a->n_depth;
      for (int i = 0; i < n; i++) {
        int mix = draw->mix[k * n + i];
        second[i * rows + k * a->n_layers + l] =
          !base && (mix == SSG_MIX_SECOND || mix == (texture ? SSG_MIX_SECOND_TEXTURE : SSG_MIX_SECOND_SHAPE));
      }
    }
  }
  SsgTensor *choice = ssg_tensor_new_f32(t->ctx, SSG_SHAPE(n, rows, 1), second);
  return ssg_tensor_add(ssg_tensor_mul(w0, ssg_tensor_affine(choice, -1, 1)), ssg_tensor_mul(w1, choice));
}

static SsgGenerated generate(SsgTraining *t, const SsgDraw *draw, SsgTensor *codes)
{
  SsgTensor *noise[2 * SSG_MAX_LEVELS];
  ssg_generator_noise(t->g, draw->noise, draw->n, draw->seed, draw->streams, noise);
  return ssg_generator_forward(t->g, codes, noise);
}

static SsgTensor *real_mask(SsgTraining *t, int n, const guint8 *labels)
{
  gint64 size = t->d->arch.size;
  if (!labels)
    return NULL;
  return ssg_tensor_one_hot(ssg_tensor_new(t->ctx, SSG_U8, SSG_SHAPE(n, size, size), labels), t->d->arch.n_parts);
}

/* --- steps --- */

void ssg_training_d(SsgTraining *t, const SsgDraw *draw, const float *real_rgb, const guint8 *real_labels, float scale,
                    SsgStepStats *stats)
{
  gint64 n = draw->n, size = t->d->arch.size;

  ssg_scope_begin(t->ctx);
  /* Nothing of the generator is recorded: its pictures are constants here. */
  ssg_scope_begin(t->ctx);
  SsgGenerated fake = generate(t, draw, expanded_codes(t, draw));
  SsgTensor *fake_rgb = ssg_tensor_ref(fake.rgb), *fake_seg = ssg_tensor_ref(fake.seg);
  ssg_scope_end(t->ctx);
  ssg_context_set_recording(t->ctx, TRUE);
  SsgTensor *fake_score = ssg_discriminator_forward(t->d, ssg_discriminator_see(t->d, fake_rgb), real_labels ? fake_seg : NULL);
  SsgTensor *rgb = ssg_tensor_new_f32(t->ctx, SSG_SHAPE(n, size, size, 3), real_rgb);
  SsgTensor *real_score = ssg_discriminator_forward(t->d, ssg_discriminator_see(t->d, rgb), real_mask(t, n, real_labels));
  SsgTensor *loss = ssg_tensor_add(ssg_tensor_mean(ssg_tensor_softplus(ssg_tensor_scale(real_score, -1))),
                                   ssg_tensor_mean(ssg_tensor_softplus(fake_score)));
  ssg_context_set_recording(t->ctx, FALSE);
  ssg_tensor_unref(fake_rgb);
  ssg_tensor_unref(fake_seg);
  accumulate_gradients(t, t->d->parameters, loss, ssg_tensor_full(t->ctx, SSG_SHAPE(1), scale), t->d_grad);
  stats->loss_d += scale * ssg_tensor_item(loss);
  stats->real_score += scale * ssg_tensor_item(ssg_tensor_mean(real_score));
  stats->fake_score += scale * ssg_tensor_item(ssg_tensor_mean(fake_score));
  ssg_scope_end(t->ctx);
}

/* mean_n sum (d score / d x)^2 as a recorded scalar. */
static SsgTensor *gradient_penalty(SsgTensor *gradient)
{
  return ssg_tensor_scale(ssg_tensor_sum(ssg_tensor_square(gradient)), 1.0f / ssg_tensor_dim(gradient, 0));
}

void ssg_training_r1(SsgTraining *t, int n, const float *real_rgb, const guint8 *real_labels, float scale,
                     SsgStepStats *stats)
{
  gint64 size = t->d->arch.size;
  const SsgTrainingOptions *o = &t->options;

  ssg_scope_begin(t->ctx);
  SsgTensor *rgb = ssg_tensor_new_f32(t->ctx, SSG_SHAPE(n, size, size, 3), real_rgb);
  SsgTensor *in[2] = {ssg_discriminator_see(t->d, rgb), real_mask(t, n, real_labels)};
  int n_in = in[1] ? 2 : 1;
  for (int i = 0; i < n_in; i++)
    ssg_tensor_require_gradient(in[i]);
  ssg_context_set_recording(t->ctx, TRUE);
  SsgTensor *score = ssg_tensor_sum(ssg_discriminator_forward(t->d, in[0], in[1]));
  SsgTensor *grads[2] = {NULL, NULL};
  ssg_differentiate(score, NULL, n_in, in, grads, SSG_GRADIENT_RECORD, NULL, NULL);
  SsgTensor *image = gradient_penalty(grads[0]), *mask = in[1] ? gradient_penalty(grads[1]) : NULL;
  SsgTensor *loss = ssg_tensor_scale(image, o->r1_image / 2 * o->r1_every);
  if (mask)
    loss = ssg_tensor_add(loss, ssg_tensor_scale(mask, o->r1_mask / 2 * o->r1_every));
  ssg_context_set_recording(t->ctx, FALSE);
  accumulate_gradients(t, t->d->parameters, loss, ssg_tensor_full(t->ctx, SSG_SHAPE(1), scale), t->d_grad);
  stats->r1_image += scale * ssg_tensor_item(image);
  stats->r1_mask += mask ? scale * ssg_tensor_item(mask) : 0;
  ssg_scope_end(t->ctx);
}

/* Of a coarse mask 2m - 1 [N, h, h, K]: the mean over samples and positions of -sum_k m_k log m_k, in nats. */
static SsgTensor *mask_entropy(SsgTensor *coarse)
{
  SsgTensor *m = ssg_tensor_affine(coarse, 0.5f, 0.5f);
  SsgTensor *log_m = ssg_tensor_unary(SSG_UNARY_LOG, ssg_tensor_affine(m, 1, 1e-6f)); /* 2m - 1 in f32 may say m = -6e-8 */
  return ssg_tensor_scale(ssg_tensor_mean(ssg_tensor_mul(m, log_m)), -(float) ssg_tensor_dim(coarse, -1));
}

/* log sum_k exp(depth_k): [K, N, P, 1] -> [1, N, P, 1]. */
static SsgTensor *log_sum_exp(SsgTensor *depth)
{
  SsgTensor *most = ssg_tensor_max_axis(depth, 0);
  SsgTensor *sum = ssg_tensor_sum_axis(ssg_tensor_unary(SSG_UNARY_EXP, ssg_tensor_sub(depth, most)), 0);
  return ssg_tensor_add(most, ssg_tensor_unary(SSG_UNARY_LOG, sum));
}

/* See SsgTrainingOptions.mask_recall. */
static SsgTensor *mask_recall(SsgTraining *t, const SsgGenerated *fake)
{
  gint64 n = ssg_tensor_dim(fake->coarse, 0), h = ssg_tensor_dim(fake->coarse, 1), k = ssg_tensor_dim(fake->coarse, 3);

  ssg_context_set_recording(t->ctx, FALSE);
  SsgTensor *shown = ssg_tensor_one_hot(ssg_tensor_argmax(ssg_tensor_avg_pool(fake->seg, ssg_tensor_dim(fake->seg, 1) / h)), k);
  SsgTensor *missing = ssg_tensor_mul(ssg_tensor_affine(shown, 0.5f, 0.5f), ssg_tensor_affine(fake->coarse, -0.5f, 0.5f));
  missing = ssg_tensor_reshape(ssg_tensor_permute(missing, (const int[]){3, 0, 1, 2}), SSG_SHAPE(k, n, h * h, 1));
  ssg_context_set_recording(t->ctx, TRUE);
  SsgTensor *log_m = ssg_tensor_sub(fake->depth, log_sum_exp(fake->depth));
  return ssg_tensor_scale(ssg_tensor_mean(ssg_tensor_mul(missing, log_m)), -(float) k);
}

/* See SsgTrainingOptions.mask_support. */
static SsgTensor *mask_support(SsgTraining *t, const SsgGenerated *fake)
{
  g_assert(t->unsupported);
  SsgTensor *supported = ssg_tensor_add(fake->depth, t->unsupported);
  return ssg_tensor_mean(ssg_tensor_sub(log_sum_exp(fake->depth), log_sum_exp(supported)));
}

void ssg_training_g(SsgTraining *t, const SsgDraw *draw, float scale, SsgStepStats *stats)
{
  const SsgTrainingOptions *o = &t->options;
  int pool = t->g->arch.size / t->g->arch.coarse_size;

  ssg_scope_begin(t->ctx);
  ssg_context_set_recording(t->ctx, TRUE);
  SsgGenerated fake = generate(t, draw, expanded_codes(t, draw));
  SsgTensor *score = ssg_discriminator_forward(t->d, ssg_discriminator_see(t->d, fake.rgb), t->d->arch.disc_masks ? fake.seg : NULL);
  SsgTensor *adversarial = ssg_tensor_mean(ssg_tensor_softplus(ssg_tensor_scale(score, -1))), *loss = adversarial;
  SsgTensor *mask = NULL, *entropy = NULL, *recall = NULL, *support = NULL;
  if (o->mask_weight > 0) {
    mask = ssg_tensor_mean(ssg_tensor_square(ssg_tensor_sub(fake.coarse, ssg_tensor_avg_pool(fake.seg, pool))));
    loss = ssg_tensor_add(adversarial, ssg_tensor_scale(mask, o->mask_weight));
  }
  if (o->mask_entropy > 0) {
    entropy = mask_entropy(fake.coarse);
    loss = ssg_tensor_add(loss, ssg_tensor_scale(entropy, o->mask_entropy));
  }
  if (o->mask_recall > 0) {
    recall = mask_recall(t, &fake);
    loss = ssg_tensor_add(loss, ssg_tensor_scale(recall, o->mask_recall));
  }
  if (o->mask_support > 0) {
    support = mask_support(t, &fake);
    loss = ssg_tensor_add(loss, ssg_tensor_scale(support, o->mask_support));
  }
  ssg_context_set_recording(t->ctx, FALSE);
  accumulate_gradients(t, t->g->parameters, loss, ssg_tensor_full(t->ctx, SSG_SHAPE(1), scale), t->g_grad);
  stats->loss_g += scale * ssg_tensor_item(adversarial);
  stats->loss_mask += mask ? scale * ssg_tensor_item(mask) : 0;
  stats->mask_entropy += entropy ? scale * ssg_tensor_item(entropy) : 0;
  stats->mask_recall += recall ? scale * ssg_tensor_item(recall) : 0;
  stats->mask_support += support ? scale * ssg_tensor_item(support) : 0;
  ssg_scope_end(t->ctx);
}

/* The part that a sample's mix changes; -1: none. */
static int edited_part(const SsgDraw *draw, int n_parts, int sample)
{
  for (int k = 0; k < n_parts; k++)
    if (draw->mix[k * draw->n + sample] != SSG_MIX_FIRST)
      return k;
  return -1;
}

/* [N, R, R, 1] weights that turn an edit's energy [N, R, R, 1] into the loss, and the loss itself. */
static SsgTensor *locality_weights(SsgTraining *t, const SsgDraw *draw, SsgTensor *energy, SsgTensor *seg_before, SsgTensor *seg_after,
                                   double *loss)
{
  gint64 n = draw->n, size = t->g->arch.size, pixels = size * size;
  const double least = 3.0 * pixels * (0.25 / 127.5) * (0.25 / 127.5);
  g_autofree float *weights = g_new(float, n * pixels), *e = g_new(float, n * pixels);
  g_autofree guint8 *before = g_new(guint8, n * pixels), *after = g_new(guint8, n * pixels);

  *loss = 0;
  if (!ssg_tensor_download(energy, e) || !ssg_tensor_download(ssg_tensor_argmax(seg_before), before) ||
      !ssg_tensor_download(ssg_tensor_argmax(seg_after), after))
    return ssg_tensor_full(t->ctx, SSG_SHAPE(n, size, size, 1), 0); /* the context keeps the error */
  for (int i = 0; i < n; i++) {
    int part = edited_part(draw, t->g->arch.n_parts, i);
    gint64 from = i * pixels, to = from + pixels;
    double sum = least, outside = 0;
    for (gint64 p = from; p < to; p++) {
      weights[p] = before[p] != part && after[p] != part;
      sum += e[p];
      outside += weights[p] * e[p];
    }
    for (gint64 p = from; p < to; p++)
      weights[p] /= sum * n;
    *loss += outside / sum / n;
  }
  return ssg_tensor_new_f32(t->ctx, SSG_SHAPE(n, size, size, 1), weights);
}

void ssg_training_locality(SsgTraining *t, const SsgDraw *draw, float scale, SsgStepStats *stats)
{
  const SsgTrainingOptions *o = &t->options;
  SsgDraw first = *draw;
  double loss;

  first.z1 = NULL;
  ssg_scope_begin(t->ctx);
  SsgGenerated before = generate(t, &first, expanded_codes(t, &first));
  ssg_context_set_recording(t->ctx, TRUE);
  SsgGenerated after = generate(t, draw, expanded_codes(t, draw));
  SsgTensor *energy = ssg_tensor_sum_axis(ssg_tensor_square(ssg_tensor_sub(after.rgb, before.rgb)), 3);
  ssg_context_set_recording(t->ctx, FALSE);
  SsgTensor *weights = locality_weights(t, draw, energy, before.seg, after.seg, &loss);
  float factor = o->locality_weight * o->locality_every * scale;
  accumulate_gradients(t, t->g->parameters, energy, ssg_tensor_scale(weights, factor), t->g_grad);
  stats->locality += scale * loss;
  ssg_scope_end(t->ctx);
}

/* l [n, 1] of a draw; recorded, or for its numbers alone. */
static SsgTensor *path_lengths(SsgTraining *t, const SsgDraw *draw, const float *y, gboolean record)
{
  const SsgArchitecture *a = &t->g->arch;
  gint64 n = draw->n, rows = ssg_architecture_expanded_rows(a), size = a->size;
  SsgShape picture = SSG_SHAPE(n, size, size, 3);

  /* The codes are leaves here: as in the authors' training, this loss does not reach the mapping network. */
  SsgTensor *codes = expanded_codes(t, draw), *gradient;
  ssg_tensor_require_gradient(codes);
  ssg_context_set_recording(t->ctx, TRUE);
  SsgGenerated fake = generate(t, draw, codes);
  SsgTensor *direction = y ? ssg_tensor_new_f32(t->ctx, picture, y)
                           : ssg_tensor_normal_rows(t->ctx, picture, draw->seed, draw->streams, SSG_DRAW_STREAMS - 1);
  ssg_context_set_recording(t->ctx, record);
  ssg_differentiate(fake.rgb, ssg_tensor_scale(direction, 1.0f / size), 1, &codes, &gradient,
                    record ? SSG_GRADIENT_RECORD : SSG_GRADIENT_PLAIN, NULL, NULL);
  /* l_n = sqrt(mean over rows of the squared norm of the row's gradient) */
  SsgTensor *squares = ssg_tensor_sum_axis(ssg_tensor_reshape(ssg_tensor_square(gradient), SSG_SHAPE(n, rows * a->style_dim)), 1);
  SsgTensor *l = ssg_tensor_sqrt(ssg_tensor_scale(squares, 1.0f / rows));
  ssg_context_set_recording(t->ctx, FALSE);
  return l;
}

void ssg_training_path_lengths(SsgTraining *t, const SsgDraw *draw, const float *y, float *lengths)
{
  ssg_scope_begin(t->ctx);
  ssg_tensor_download(path_lengths(t, draw, y, FALSE), lengths);
  ssg_scope_end(t->ctx);
}

static double moved_path_mean(const SsgTraining *t, double mean)
{
  return 0.99 * t->path_mean + 0.01 * mean;
}

void ssg_training_move_path_mean(SsgTraining *t, double mean)
{
  if (isfinite(mean))
    t->path_mean = moved_path_mean(t, mean);
}

void ssg_training_path(SsgTraining *t, const SsgDraw *draw, const float *y, float scale, const double *mean, float *lengths,
                       SsgStepStats *stats)
{
  gint64 n = draw->n;

  ssg_scope_begin(t->ctx);
  SsgTensor *l = path_lengths(t, draw, y, TRUE);
  /* The rest is a function of the lengths of the whole batch alone: its gradient is written out. With m the mean of all N lengths the
   * moving mean is a = 0.99 a' + 0.01 m, it moves first, and the penalty P = mean((l - a)^2) sees it moved:
   * dP/dl_i = 2/N ((l_i - a) - 0.01 (m - a)). */
  g_autofree float *host = g_new0(float, n), *seed = g_new(float, n);
  double sums[2] = {0, n}, penalty = 0; /* lengths as they are: their sums are exact in any order */
  ssg_tensor_download(l, host);
  for (gint64 i = 0; i < n; i++)
    sums[0] += host[i];
  if (!mean && t->sum)
    t->sum(sums, 2, t->data);
  double m = mean ? *mean : sums[0] / sums[1], a = moved_path_mean(t, m);
  for (gint64 i = 0; i < n; i++) {
    penalty += (host[i] - a) * (host[i] - a) / n;
    seed[i] = t->options.path_weight * t->options.path_every * scale * 2 / n * ((host[i] - a) - 0.01 * (m - a));
  }
  accumulate_gradients(t, t->g->parameters, l, ssg_tensor_new_f32(t->ctx, SSG_SHAPE(n, 1), seed), t->g_grad);
  if (!mean)
    ssg_training_move_path_mean(t, m);
  stats->path_penalty += scale * penalty;
  stats->path_length += scale * m;
  if (lengths)
    memcpy(lengths, host, n * sizeof(float));
  ssg_scope_end(t->ctx);
}

/* --- optimisers --- */

/* Lazy regularisation every k steps takes one step more per k: rate and betas are adapted by c = k / (k + 1). */
static void apply(SsgTensor *parameters, SsgTensor *grad, SsgTensor *m, SsgTensor *v, float lr, int every, gint64 *steps)
{
  double c = every ? (double) every / (every + 1) : 1;
  ssg_tensor_adam(parameters, grad, m, v, lr * c, 0, pow(0.99, c), 1e-8f, ++*steps);
}

void ssg_training_apply_d(SsgTraining *t)
{
  apply(ssg_parameters_trained(t->d->parameters), t->d_grad, t->d_m, t->d_v, t->options.lr * t->options.d_lr_scale,
        t->options.r1_every, &t->d_steps);
}

void ssg_training_apply_g(SsgTraining *t)
{
  apply(ssg_parameters_trained(t->g->parameters), t->g_grad, t->g_m, t->g_v, t->options.lr, t->options.path_every, &t->g_steps);
}

void ssg_training_ema(SsgTraining *t, int images)
{
  float weight = 1 - pow(0.5, images / t->options.ema_half_life);

  if (!t->options.freeze_local) {
    ssg_tensor_lerp_into(ssg_parameters_trained(t->g_ema->parameters), ssg_parameters_trained(t->g->parameters), weight);
    return;
  }
  for (int i = 0; i < ssg_parameters_count(t->g->parameters); i++) {
    SsgParameter *from = ssg_parameters_get(t->g->parameters, i), *to = ssg_parameters_get(t->g_ema->parameters, i);
    if (g_str_has_prefix(from->name, "render_net.") || g_str_has_prefix(from->name, "style."))
      if (!from->buffer)
        ssg_tensor_lerp_into(to->value, from->value, weight);
  }
}
