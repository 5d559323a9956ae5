/* The generator of SemanticStyleGAN (arXiv 2112.02236; MODEL.md "Generator"): its parameters and its layers as functions of
 * tensors. Training records them, a session calls them one by one and keeps what did not change. Every function leaves its
 * result to the current scope.
 *
 * Letters: K parts, N samples, P = h * h coarse positions, S, L, B, D, C, F as in architecture.h. */
#pragma once

#include "engine/architecture.h"
#include "engine/face.h"
#include "engine/parameters.h"

typedef struct {
  SsgArchitecture arch;
  SsgParameters *parameters; /* owned; the fields below point at its entries' values */
  SsgTensor *style_weight[SSG_MAX_MAPPING], *style_bias[SSG_MAX_MAPPING]; /* [S, S], [S] */
  SsgTensor *pos_embed;                                                    /* [C, 2(2n+1)] */
  SsgTensor *local_weight[SSG_MAX_LAYERS];                                 /* [K, C, C] (out, in) */
  SsgTensor *local_mod_weight[SSG_MAX_LAYERS], *local_mod_bias[SSG_MAX_LAYERS]; /* [K, C, S], [K, C] */
  SsgTensor *local_bias[SSG_MAX_LAYERS];                                   /* [K, C] */
  SsgTensor *depth_weight, *depth_mod, *depth_bias;                        /* [K-1, C], [K-1, C], [K-1, 1] */
  SsgTensor *feat_weight, *feat_mod, *feat_bias;                           /* [K, F, C], [K, C], [K, F] */
  SsgTensor *conv_weight[2 * SSG_MAX_LEVELS];                              /* [O, 3, 3, I] */
  SsgTensor *conv_mod[2 * SSG_MAX_LEVELS];                                 /* [I] */
  SsgTensor *conv_noise[2 * SSG_MAX_LEVELS];                               /* [1], strength */
  SsgTensor *conv_bias[2 * SSG_MAX_LEVELS];                                /* [O] */
  SsgTensor *rgb_weight[SSG_MAX_LEVELS], *rgb_mod[SSG_MAX_LEVELS], *rgb_bias[SSG_MAX_LEVELS]; /* [3, I], [I], [3] */
  SsgTensor *seg_weight[SSG_MAX_LEVELS], *seg_mod[SSG_MAX_LEVELS], *seg_bias[SSG_MAX_LEVELS]; /* [K, I], [I], [K] */
  SsgTensor *noise[2 * SSG_MAX_LEVELS]; /* stored noise, [1, s, s, 1]; buffers, not trained */
  SsgTensor *opaque, *transparent;      /* 1 for such parts, else 0: [K, 1, 1, 1], owned */
  SsgDtype narrow;       /* dtype of maps and weights of the narrow_levels highest levels in ssg_generator_forward(); a new one: f32 */
  int narrow_levels;
  gint64 piece_bytes; /* ssg_generator_forward() computes about so much of a local layer's map at once; 0: all */
} SsgGenerator;

/* Allocated and initialised from seed. NULL and error when memory does not suffice. */
SsgGenerator *ssg_generator_new(SsgContext *ctx, const SsgArchitecture *arch, guint64 seed, GError **error);
/* Whether a generator of this architecture can be filled from these tensors (parameters.h: load), without making one. */
gboolean ssg_generator_check_tensors(const SsgArchitecture *arch, SsgLayout layout, SsgTensorLookup lookup, gpointer data,
                                     const char *source, GError **error);
/* Parameters are left uninitialised, for a loader to fill; stored noise is drawn. */
SsgGenerator *ssg_generator_new_empty(SsgContext *ctx, const SsgArchitecture *arch, GError **error);
/* Multiplies the Fourier embedding's weights of each frequency f (radians per half edge: 1, 2, 4 ...) above cutoff by cutoff / f.
 * With equal weights for all frequencies, as published, the local generators of a new model start as noise that is fine-grained
 * at every coarse size; the render net of the published models hides it by starting from a pooled map. Where it does not
 * (render_size == coarse_size), smooth beginnings learn shapes first. */
void ssg_generator_soften_fourier(SsgGenerator *g, float cutoff);
/* Multiplies all depth maps by scale > 0: every part stays in front where it is, and below 1 the masks pass from one to the next over a
 * wider rim. Training can drive depths so far apart that coarse masks know nothing between 0 and 1: then rims are stairs of coarse
 * pixels, and the losses hardly reach what moves them. */
void ssg_generator_scale_depth(SsgGenerator *g, float scale);
/* Begins part `to` anew as a copy of `from`, neither the background: its local generator, 3 behind in depth (e^-3 of its mask where both
 * are) and with features at a twentieth, so that the picture hardly changes at first, and its own place and look can be learned. For a
 * part that has sunk behind all others everywhere: its mask has no gradient left. */
void ssg_generator_begin_part(SsgGenerator *g, int to, int from);
void ssg_generator_free(SsgGenerator *g);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgGenerator, ssg_generator_free)

/* Step 1. z [N, S] -> w [N, S]. */
SsgTensor *ssg_generator_map(SsgGenerator *g, SsgTensor *z);

/* Step 4. Fourier features of P coordinates (x, y interleaved, [P, 2]) on the host: out [P, 2(2n+1)]. Coordinates are double
 * because the highest frequency multiplies their rounding by R / 2. */
void ssg_generator_fourier(const SsgArchitecture *arch, int n_positions, const double *coordinates, float *out);
/* Coordinates of the coarse grid under a transform: out [P, 2], row by row. */
void ssg_generator_grid(const SsgArchitecture *arch, SsgTransform transform, double *out);
/* features [M, P, 2(2n+1)] -> [M, P, C]. */
SsgTensor *ssg_generator_embed(SsgGenerator *g, SsgTensor *features);

/* Codes in expanded form [N, K * L, S] -> per layer [L, K, N, S]. */
SsgTensor *ssg_generator_layer_codes(SsgGenerator *g, SsgTensor *expanded);
/* Step 5, layers [first_layer, end_layer) of parts [first_part, first_part + n_parts).
 * codes [n_layers, n_parts, N, S] for exactly those layers and parts; x [n_parts * N or 1, P, C] enters the first layer.
 * Returns [n_parts * N, P, C], rows part by part. */
SsgTensor *ssg_generator_local_layers(SsgGenerator *g, int first_layer, int end_layer, int first_part, int n_parts,
                                      SsgTensor *codes, SsgTensor *x);
/* The modulated weights of one local layer: codes [n_parts, N, S] -> [n_parts * N, C, C]. */
SsgTensor *ssg_generator_local_weight(SsgGenerator *g, int layer, int first_part, int n_parts, SsgTensor *codes);
/* to_depth of parts: x after layer D-1, [n_parts * N, P, C] -> [n_parts, N, P, 1]; zeros for the background. */
SsgTensor *ssg_generator_depth(SsgGenerator *g, int first_part, int n_parts, SsgTensor *x);

/* Step 6. depth [K, N, P, 1]; keep [K, N, 1, 1] of 0 and 1, or NULL for all shown. Returns m, [K, N, P, 1]: softmax over the parts of
 * the depths in the middle of each cell; with antialias_masks (architecture.h) the mean of it over the cell's quarters. */
SsgTensor *ssg_generator_soft_mask(SsgGenerator *g, SsgTensor *depth, SsgTensor *keep);
SsgTensor *ssg_generator_feature_weights(SsgGenerator *g, SsgTensor *mask);             /* [K, N, P, 1] */
/* to_feat's weights of some parts side by side, modulation and scale applied: [F, n_parts * C]. */
SsgTensor *ssg_generator_feature_matrix(SsgGenerator *g, int first_part, int n_parts);
/* f = sum_k weight_k (A_k x_k + b_k) without K x F maps: hidden [K * N, P, C], weights [K, N, P, 1] -> [N, h, h, F]. */
SsgTensor *ssg_generator_fuse(SsgGenerator *g, SsgTensor *matrix, SsgTensor *hidden, SsgTensor *weights);
/* Its two terms. The first of some parts, k of them: matrix [F, k * C], hidden [k * N, P, C], weights [k, N, P, 1]; the second of
 * all, weights [K, N, P, 1]. */
SsgTensor *ssg_generator_fuse_parts(SsgGenerator *g, SsgTensor *matrix, SsgTensor *hidden, SsgTensor *weights);
SsgTensor *ssg_generator_fuse_bias(SsgGenerator *g, SsgTensor *weights);
/* 2m - 1 as a picture: [K, N, P, 1] -> [N, h, h, K]. */
SsgTensor *ssg_generator_coarse_mask(SsgGenerator *g, SsgTensor *mask);

/* Step 7. Weight of render convolution i, scaled, modulated, demodulated: [O, 3, 3, I], for even i (transposed convolutions)
 * [I, 3, 3, O]. */
SsgTensor *ssg_generator_render_weight(SsgGenerator *g, int i);
SsgShape ssg_generator_render_weight_shape(SsgGenerator *g, int i);
/* to_rgb and to_seg of a level as one head: weight [3 + K, I] with modulation and scale, bias [3 + K]. */
SsgTensor *ssg_generator_head_weight(SsgGenerator *g, int level);
SsgTensor *ssg_generator_head_bias(SsgGenerator *g, int level);
/* x at the beginning of the render net: f pooled to r0. */
SsgTensor *ssg_generator_render_input(SsgGenerator *g, SsgTensor *features);
/* One doubling in two steps, between which x may be dropped. The transposed convolution: x [N, s, s, I] -> [N, 2s+1, 2s+1, O];
 * features are appended to x first when s == h (else they may be NULL). weight as of render_weight. */
SsgTensor *ssg_generator_grow(SsgGenerator *g, int level, SsgTensor *x, SsgTensor *features, SsgTensor *weight0);
/* Blur, activation, second convolution: grown [N, 2s+1, 2s+1, O] -> [N, 2s, 2s, O]. `grown` is unreferenced as soon as it is used;
 * noise of the two convolutions [N or 1, 2s, 2s, 1], NULL for none. */
SsgTensor *ssg_generator_render_level(SsgGenerator *g, int level, SsgTensor *grown, SsgTensor *weight1, SsgTensor *noise0,
                                      SsgTensor *noise1);
/* rgb and seg of a level: head(x) + upsampled previous (NULL at the first level) [+ coarse mask at size h]. [N, s, s, 3 + K]. */
SsgTensor *ssg_generator_head(SsgGenerator *g, int level, SsgTensor *x, SsgTensor *weight, SsgTensor *bias,
                              SsgTensor *previous, SsgTensor *coarse);

/* Noise of one pass: stored buffers, or for sample i N(0,1) from (seed, streams[i] + convolution), or none; streams [n] is for
 * SSG_NOISE_SEEDED alone. Fills noise[2 * n_levels]. */
void ssg_generator_noise(SsgGenerator *g, SsgNoise kind, int n, guint64 seed, const guint64 *streams, SsgTensor **noise);

/* The whole generator, for training: expanded codes [N, K * L, S], noise as filled by ssg_generator_noise(). */
typedef struct {
  SsgTensor *rgb;    /* [N, R, R, 3] */
  SsgTensor *seg;    /* [N, R, R, K] */
  SsgTensor *coarse; /* [N, h, h, K] */
  SsgTensor *depth;  /* [K, N, P, 1] */
} SsgGenerated;
SsgGenerated ssg_generator_forward(SsgGenerator *g, SsgTensor *expanded, SsgTensor **noise);
