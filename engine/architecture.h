/* What a SemanticStyleGAN is made of: every size that the layers need, read off a checkpoint's tensors and arguments, or
 * taken from a preset. Notation of the paper (arXiv 2112.02236) and MODEL.md. Plain data; copied by value. */
#pragma once

#include <glib.h>

#define SSG_MAX_PARTS 64   /* K; the keep vector of a face is one 64-bit word */
#define SSG_MAX_LEVELS 12  /* doublings from r0 to R */
#define SSG_MAX_STYLE_DIM 4096
#define SSG_MAX_LAYERS 32  /* L */
#define SSG_MAX_MAPPING 16 /* layers of the mapping network */

typedef struct {
  int n_parts;         /* K, 1..SSG_MAX_PARTS; part 0 is the background */
  int style_dim;       /* S, of z and of w */
  int n_mapping;       /* fully connected layers of the mapping network */
  int n_layers;        /* L, layers of a local generator */
  int n_base;          /* B, layers that take the base code */
  int n_depth;         /* D, layers B..D-1 take the shape code, D..L-1 the texture code */
  int local_channels;  /* C */
  int feature_channels;/* F */
  int coarse_size;     /* h, a power of two times render_size */
  int render_size;     /* r0, smallest size of the render net */
  int size;            /* R, output size */
  int n_levels;        /* log2(R / r0): doublings, two convolutions each */
  int render_channels[SSG_MAX_LEVELS]; /* channels after doubling i, i in 0..n_levels-1 */
  gboolean residual_refine; /* coarse mask is added to seg at size h */
  gboolean detach_texture;  /* no gradient from the texture layers into the shape layers */
  /* Ours, not in the published models. A coarse mask is the softmax of depths, which training drives so far apart that a cell belongs to
   * one part alone: rims become stairs of cells, and where between two cells a rim lies is lost. Set: depths are interpolated
   * linearly to the middles of each cell's quarters, and the cell gets the mean of their four softmaxes, so that a cell that a rim crosses
   * belongs to both sides by the share of its area. The depth maps themselves stay as they are. */
  gboolean antialias_masks;
  guint64 transparent;      /* bit k: part k is transparent (glasses, earrings) */
  /* Discriminator; n_disc_levels 0 when the model has none. */
  int n_disc_levels;                     /* log2(R / 4) residual blocks */
  int disc_channels[SSG_MAX_LEVELS + 1]; /* channels at R, R/2 ... 4 */
  gboolean disc_masks;                   /* has the mask branch convs_seg */
  gboolean disc_emphasis; /* ours: it sees colours and fine detail enlarged, see ssg_discriminator_see() */
} SsgArchitecture;

/* Number of code rows of the short form, B + 2K, and of the expanded form, K * L. */
int ssg_architecture_short_rows(const SsgArchitecture *arch);
int ssg_architecture_expanded_rows(const SsgArchitecture *arch);
/* Channels of the Fourier features before the 1x1 convolution: 2 (2 log2(R) + 1). */
int ssg_architecture_fourier_channels(const SsgArchitecture *arch);
/* Channels that enter render convolution 2i (i a doubling), the coarse features appended at size h counted in. */
int ssg_architecture_render_inputs(const SsgArchitecture *arch, int level);
/* Parameters of generator and discriminator. */
gint64 ssg_architecture_generator_parameters(const SsgArchitecture *arch);
gint64 ssg_architecture_discriminator_parameters(const SsgArchitecture *arch);
/* Multiply-adds of one generated face (batch 1): matrix products and convolutions. */
gint64 ssg_architecture_generator_macs(const SsgArchitecture *arch);
/* Multiply-adds of one discriminator pass over one picture with its mask. */
gint64 ssg_architecture_discriminator_macs(const SsgArchitecture *arch);

/* Presets by name: "public-256", "public-512" (the published face models), "small-32", "small-64", "small-128", "medium-256";
 * FALSE when there is none of that name. See ssg_architecture_presets(). */
gboolean ssg_architecture_preset(const char *name, SsgArchitecture *arch);
/* NULL-terminated list of preset names; static. */
const char *const *ssg_architecture_presets(void);
/* Checks every field against its range and the others; error SSG_ERROR_SHAPE says which does not fit. */
gboolean ssg_architecture_check(const SsgArchitecture *arch, GError **error);
