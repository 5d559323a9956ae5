/* One training iteration of SemanticStyleGAN: the losses, regularisers, optimisers and moving average of MODEL.md's table
 * "Training, one iteration". What is random (codes, mixing, noise, data) comes in from outside, so that an iteration can be
 * repeated, resumed and compared with reference numbers. */
#pragma once

#include "engine/discriminator.h"
#include "engine/generator.h"

typedef struct {
  float lr;            /* before the factor for lazy regularisation; published 0.002 */
  float d_lr_scale;    /* the discriminator's rate is lr times this; published 1 (Heusel et al. 2017: two time scales) */
  float r1_image, r1_mask; /* published 10 and 1000 */
  int r1_every;        /* published 16; 0: never */
  float path_weight;   /* published 0.5 */
  int path_every;      /* published 4; 0: never */
  int path_batch_shrink; /* published 2 */
  float mask_weight;   /* published 100; 0 when fine-tuning without masks */
  float mask_entropy;  /* weight of the coarse mask's entropy, the mean over positions of -sum_k m_k log m_k, in the G step; published 0.
                        * The mask loss is quadratic and leaves a part's last percents elsewhere alone; this takes them away, so that an
                        * edit of a part does not tint the whole picture. */
  float mask_recall;   /* weight of the mean over positions of -(1 - m_c) log softmax(depth)_c, in the G step, where c is the class that the
                        * fine mask shows there; published 0. Where a part has sunk far behind the others no gradient of its mask lifts
                        * it again, though the render net paints it: this does, and hardly touches masks that agree. It is the cross
                        * entropy with a focal weight (Lin et al. 2017, eq. 4, gamma = 1, the weight held constant). */
  float mask_support;  /* weight of the mean over positions of -log sum_a softmax(depth)_a over the parts a that the data have there, see
                        * ssg_training_set_support(), in the G step; published 0. Where a part has grown to a place that it never has, and
                        * covers it wholly, its mask has no gradient to speak of: this one is 1 there. */
  float locality_weight; /* weight of the share of an edit's energy that lies outside of the edited part, see ssg_training_locality();
                          * published 0 */
  int locality_every;  /* lazy, as R1 is: every so many iterations, times as much; 0: never */
  float ema_half_life; /* images; published 10,000 */
  float fourier_cutoff; /* of new models, see ssg_generator_soften_fourier(); published 0 */
  int narrow_resolutions; /* how many of the highest resolutions of render net and discriminator are computed in the context's map dtype
                           * (f16, bf16; with f32 nothing is). 4 is usual (Karras et al. 2020, "Training GANs with limited data",
                           * appendix C). Parameters, optimisers, losses and all else stay f32. */
  gboolean freeze_local; /* local generators and Fourier weights stay; EMA covers mapping and render net only */
} SsgTrainingOptions;

/* The published values. */
SsgTrainingOptions ssg_training_options_published(void);

/* What is learned, and the state of learning it. All blocks are [n] of the trained parameters. */
typedef struct {
  SsgContext *ctx;
  SsgTrainingOptions options;
  SsgGenerator *g, *g_ema;
  SsgDiscriminator *d;
  SsgTensor *g_grad, *g_m, *g_v; /* gradient and Adam's moments of g */
  SsgTensor *d_grad, *d_m, *d_v;
  gint64 g_steps, d_steps;       /* Adam's t */
  float path_mean;               /* a */
  SsgTensor *unsupported;        /* [K, 1, h * h, 1]: 0, or a number far below all depths; NULL: not known */
  float gradient_scale;          /* of the context while steps run: see ssg_context_set_gradient_scale(); 1 without f16 */
  /* Optional. gradient_ready: a stretch of the block being accumulated is final for this micro-batch, while the backward pass still
   * runs. sum: adds values [n] over the processes of a run (mean path length). */
  void (*gradient_ready)(gint64 start, gint64 count, gpointer data);
  void (*sum)(double *values, int n, gpointer data);
  gpointer data;
} SsgTraining;

SsgTraining *ssg_training_new(SsgContext *ctx, const SsgArchitecture *arch, const SsgTrainingOptions *options, guint64 seed,
                              GError **error);
void ssg_training_free(SsgTraining *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgTraining, ssg_training_free)

/* Streams of random numbers that the steps take for one sample: noise of each convolution, and the direction y. */
#define SSG_DRAW_STREAMS (2 * SSG_MAX_LEVELS + 1)

/* Which of two codes a part's shape and texture take. Style mixing draws from the first three. */
typedef enum { SSG_MIX_FIRST, SSG_MIX_SECOND_TEXTURE, SSG_MIX_SECOND, SSG_MIX_SECOND_SHAPE } SsgMix;

/* The random draws of one generated batch of n. */
typedef struct {
  int n;
  const float *z0, *z1; /* [n, S]; z1 NULL: no style mixing */
  const guint8 *mix;    /* [K, n]: an SsgMix; or NULL */
  SsgNoise noise;
  guint64 seed;           /* for SSG_NOISE_SEEDED and the directions of the path-length step */
  const guint64 *streams; /* [n]: sample i draws from stream streams[i] on, at most SSG_DRAW_STREAMS of them; or NULL */
} SsgDraw;

/* Every step works on one micro-batch: scale is its share of the whole batch (1 without accumulation), and gradients are added
 * to the block, which the caller cleared by ssg_training_begin(). After the last micro-batch (and an all-reduce, when there
 * are several processes) the caller applies the optimiser. */
typedef struct {
  double loss_d, real_score, fake_score, r1_image, r1_mask;
  double loss_g, loss_mask, mask_entropy, mask_recall, mask_support, locality, path_penalty, path_length; /* means */
} SsgStepStats;

/* Where the data have which part: supported [K, h, h], 1 or 0, on the host. A position with no part at all may have any. Before the first G
 * step with options.mask_support. */
void ssg_training_set_support(SsgTraining *t, const guint8 *supported);

/* A step's gradients were not finite. In f16 the reason may be that they were carried times too much: from now on it is half. */
void ssg_training_not_finite(SsgTraining *t);

void ssg_training_begin_d(SsgTraining *t);
void ssg_training_begin_g(SsgTraining *t);
/* real_rgb [n, R, R, 3] host; real_labels [n, R, R] class indices, NULL without masks. */
void ssg_training_d(SsgTraining *t, const SsgDraw *draw, const float *real_rgb, const guint8 *real_labels, float scale,
                    SsgStepStats *stats);
void ssg_training_r1(SsgTraining *t, int n, const float *real_rgb, const guint8 *real_labels, float scale,
                     SsgStepStats *stats);
void ssg_training_g(SsgTraining *t, const SsgDraw *draw, float scale, SsgStepStats *stats);
/* Adds to the gradients of a G step what keeps edits in their place. Each sample is one face before and after an edit: the draw's first
 * code, and the same with the mix, which changes one part k (its shape or its texture) to the second. With e = |rgb' - rgb|^2 per pixel
 * and O the pixels that neither mask counts to part k, the loss is the mean over samples of sum_O e / (sum e + a change of a quarter of
 * an 8-bit step everywhere); before is a constant, and so is the denominator: a part's own change is not held back. No paper has it: it
 * is the measure of locality (trainer/metrics-locality.h) as a loss. draw->z1 and draw->mix must be there. */
void ssg_training_locality(SsgTraining *t, const SsgDraw *draw, float scale, SsgStepStats *stats);
/* The path-length step. y [n, R, R, 3] ~ N(0,1) on the host, or NULL to draw it from the draw's streams. lengths (or NULL) receives l,
 * [n]. mean: that of the lengths of the whole batch, which every micro-batch needs: NULL when each process has one micro-batch of one
 * size (then they find it among themselves by t->sum, and the moving mean a moves here); otherwise from a first walk over all
 * micro-batches with ssg_training_path_lengths(), and after the last one the caller moves a by ssg_training_move_path_mean(). */
void ssg_training_path(SsgTraining *t, const SsgDraw *draw, const float *y, float scale, const double *mean, float *lengths,
                       SsgStepStats *stats);
void ssg_training_path_lengths(SsgTraining *t, const SsgDraw *draw, const float *y, float *lengths);
void ssg_training_move_path_mean(SsgTraining *t, double mean);
void ssg_training_apply_d(SsgTraining *t);
void ssg_training_apply_g(SsgTraining *t);
/* images: of one iteration over all processes. */
void ssg_training_ema(SsgTraining *t, int images);
