/* The discriminator (MODEL.md "Discriminator"): an image branch and, unless the model was fine-tuned on images alone, a mask
 * branch; branch outputs are summed. */
#pragma once

#include "engine/architecture.h"
#include "engine/parameters.h"

typedef struct {
  SsgTensor *conv1, *bias1, *conv2, *bias2, *skip; /* [I,3,3,I], [I], [O,3,3,I], [O], [O,1,1,I] */
} SsgResidualBlock;

typedef struct {
  SsgTensor *in_weight, *in_bias; /* [ch(R), 1, 1, channels], [ch(R)] */
  SsgResidualBlock blocks[SSG_MAX_LEVELS];
} SsgBranch;

typedef struct {
  SsgArchitecture arch; /* n_disc_levels, disc_channels, disc_masks, n_parts, size */
  SsgParameters *parameters;
  SsgBranch image, mask; /* mask is unused when arch.disc_masks is FALSE */
  SsgTensor *final_conv, *final_bias;     /* [c, 3, 3, c + 1], [c] */
  SsgTensor *linear1, *linear1_bias;      /* [c, 4, 4, c], [c] */
  SsgTensor *linear2, *linear2_bias;      /* [1, c], [1] */
  SsgDtype narrow;                        /* dtype of maps and weights at the narrow_levels highest resolutions; a new one: f32 */
  int narrow_levels;
} SsgDiscriminator;

/* Allocated and initialised from seed. */
SsgDiscriminator *ssg_discriminator_new(SsgContext *ctx, const SsgArchitecture *arch, guint64 seed, GError **error);
void ssg_discriminator_free(SsgDiscriminator *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgDiscriminator, ssg_discriminator_free)

/* What it is shown of pictures rgb [N, R, R, 3]. Without arch.disc_emphasis the same tensor. With it, the differences of a pixel's channels
 * from their mean are three times as large, and then so is what a binomial blur of seven pixels takes away: pre-emphasis. Of a natural
 * picture's energy little is in its colours and in its finest scales; R1 bounds how fast the score changes with what is shown, so that a
 * difference as small as the grain of a plain wall hardly counts unless it is shown larger. Linear; colours of a constant picture within
 * three pixels of the rim fade to black as the blur does. */
SsgTensor *ssg_discriminator_see(const SsgDiscriminator *d, SsgTensor *rgb);

/* rgb [N, R, R, 3] as ssg_discriminator_see() gives it; seg [N, R, R, K] in [-1, 1], or NULL (image branch alone). Returns scores [N, 1]. N must be divisible by
 * min(N, 4), the set size of the minibatch standard deviation: asserted; see ssg_discriminator_batch_fits(). */
SsgTensor *ssg_discriminator_forward(SsgDiscriminator *d, SsgTensor *rgb, SsgTensor *seg);
gboolean ssg_discriminator_batch_fits(int n);
