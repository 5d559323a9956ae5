#include "engine/architecture.h"

#include <string.h>
#include "engine/error.h"

#define MAX_SIZE 8192
#define MAX_CHANNELS 65536

typedef struct {
  const char *name;
  SsgArchitecture arch;
} Preset;

/* Glasses and earrings of the published face models, which ours imitate. */
#define FACE_TRANSPARENT (1ull << 10 | 1ull << 12)

static const Preset presets[] = {
    {"public-256",
     {.n_parts = 13, .style_dim = 512, .n_mapping = 8, .n_layers = 10, .n_base = 2, .n_depth = 6, .local_channels = 64,
      .feature_channels = 512, .coarse_size = 64, .render_size = 16, .size = 256, .n_levels = 4,
      .render_channels = {512, 512, 256, 128}, .residual_refine = TRUE, .detach_texture = FALSE,
      .transparent = FACE_TRANSPARENT, .n_disc_levels = 6, .disc_channels = {128, 256, 512, 512, 512, 512, 512},
      .disc_masks = TRUE}},
    {"public-512",
     {.n_parts = 13, .style_dim = 512, .n_mapping = 8, .n_layers = 10, .n_base = 2, .n_depth = 6, .local_channels = 64,
      .feature_channels = 512, .coarse_size = 64, .render_size = 16, .size = 512, .n_levels = 5,
      .render_channels = {512, 512, 256, 128, 64}, .residual_refine = TRUE, .detach_texture = FALSE,
      .transparent = FACE_TRANSPARENT, .n_disc_levels = 7, .disc_channels = {64, 128, 256, 512, 512, 512, 512, 512},
      .disc_masks = TRUE}},
    /* One model in three sizes, each the beginning of the next (train --init). The render net starts at the coarse size: what a
     * part gives to the picture stays within a few cells of it, so that edits stay local, and a part can be moved. One base layer: it
     * suffices for the pose; with two, whether there is a hat follows the base code, and a hat stays behind when it is given away. */
    {"small-32",
     {.n_parts = 13, .style_dim = 128, .n_mapping = 4, .n_layers = 8, .n_base = 1, .n_depth = 5, .local_channels = 32,
      .feature_channels = 32, .coarse_size = 16, .render_size = 16, .size = 32, .n_levels = 1,
      .render_channels = {32}, .residual_refine = TRUE, .detach_texture = FALSE,
      .transparent = FACE_TRANSPARENT, .n_disc_levels = 3, .disc_channels = {48, 64, 64, 64}, .disc_masks = TRUE}},
    {"small-64",
     {.n_parts = 13, .style_dim = 128, .n_mapping = 4, .n_layers = 8, .n_base = 1, .n_depth = 5, .local_channels = 32,
      .feature_channels = 32, .coarse_size = 32, .render_size = 32, .size = 64, .n_levels = 1,
      .render_channels = {32}, .residual_refine = TRUE, .detach_texture = FALSE,
      .transparent = FACE_TRANSPARENT, .n_disc_levels = 4, .disc_channels = {32, 48, 64, 64, 64}, .disc_masks = TRUE}},
    {"small-128",
     {.n_parts = 13, .style_dim = 128, .n_mapping = 4, .n_layers = 8, .n_base = 1, .n_depth = 5, .local_channels = 32,
      .feature_channels = 32, .coarse_size = 64, .render_size = 64, .size = 128, .n_levels = 1,
      .render_channels = {32}, .residual_refine = TRUE, .detach_texture = FALSE,
      .transparent = FACE_TRANSPARENT, .n_disc_levels = 5, .disc_channels = {16, 32, 48, 64, 64, 64}, .disc_masks = TRUE}},
    {"medium-256",
     {.n_parts = 13, .style_dim = 256, .n_mapping = 8, .n_layers = 8, .n_base = 1, .n_depth = 5, .local_channels = 32,
      .feature_channels = 128, .coarse_size = 64, .render_size = 16, .size = 256, .n_levels = 4,
      .render_channels = {128, 128, 64, 32}, .residual_refine = TRUE, .detach_texture = FALSE,
      .transparent = FACE_TRANSPARENT, .n_disc_levels = 6, .disc_channels = {32, 64, 128, 128, 128, 128, 128},
      .disc_masks = TRUE}},
};

static gboolean is_power_of_two(int value)
{
  return value > 0 && (value & (value - 1)) == 0;
}

static int log2_exact(int value)
{
  return g_bit_nth_msf((gulong) value, -1);
}

static gboolean in_range(const char *what, int value, int low, int high, GError **error)
{
  if (value >= low && value <= high)
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "the model's %s is %d; it must lie between %d and %d", what, value, low,
              high);
  return FALSE;
}

static gboolean check_channels(const char *what, const int *channels, int n, GError **error)
{
  for (int i = 0; i < n; i++)
    if (channels[i] < 1 || channels[i] > MAX_CHANNELS) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                  "the model's number of %s channels at level %d is %d; it must lie between 1 and %d", what, i,
                  channels[i], MAX_CHANNELS);
      return FALSE;
    }
  return TRUE;
}

static gint64 local_parameters(const SsgArchitecture *arch)
{
  gint64 c = arch->local_channels, s = arch->style_dim, f = arch->feature_channels;
  gint64 layer = c * c + s * c + c + c; /* weight, modulation weight and bias, activation bias */
  gint64 depth = c + c + 1, features = c * f + c + f;
  return arch->n_parts * (arch->n_layers * layer + features) + (arch->n_parts - 1) * depth;
}

int ssg_architecture_short_rows(const SsgArchitecture *arch)
{
  return arch->n_base + 2 * arch->n_parts;
}

int ssg_architecture_expanded_rows(const SsgArchitecture *arch)
{
  return arch->n_parts * arch->n_layers;
}

int ssg_architecture_fourier_channels(const SsgArchitecture *arch)
{
  return 2 * (2 * log2_exact(arch->size) + 1);
}

int ssg_architecture_render_inputs(const SsgArchitecture *arch, int level)
{
  int before = level == 0 ? arch->feature_channels : arch->render_channels[level - 1];
  return before + (arch->render_size << level == arch->coarse_size ? arch->feature_channels : 0);
}

gint64 ssg_architecture_generator_parameters(const SsgArchitecture *arch)
{
  gint64 s = arch->style_dim, k = arch->n_parts;
  gint64 sum = arch->n_mapping * (s * s + s);
  sum += (gint64) ssg_architecture_fourier_channels(arch) * arch->local_channels;
  sum += local_parameters(arch);
  for (int i = 0; i < arch->n_levels; i++) {
    gint64 in = ssg_architecture_render_inputs(arch, i), out = arch->render_channels[i];
    sum += 9 * in * out + in + out + 1;    /* weight, modulation, bias, noise strength */
    sum += 9 * out * out + out + out + 1;
    sum += (3 + k) * out + 2 * out + 3 + k; /* to_rgb and to_seg: weights, modulations, biases */
  }
  return sum;
}

gint64 ssg_architecture_discriminator_parameters(const SsgArchitecture *arch)
{
  int n = arch->n_disc_levels;
  if (n == 0)
    return 0;
  const int *ch = arch->disc_channels;
  gint64 blocks = 0, last = ch[n];
  for (int i = 0; i < n; i++) {
    gint64 in = ch[i], out = ch[i + 1];
    blocks += 9 * in * in + in + 9 * in * out + out + in * out;
  }
  gint64 sum = 4 * (gint64) ch[0] + blocks;
  if (arch->disc_masks)
    sum += (arch->n_parts + 1) * (gint64) ch[0] + blocks;
  return sum + 9 * (last + 1) * last + last + 16 * last * last + last + last + 1;
}

gint64 ssg_architecture_generator_macs(const SsgArchitecture *arch)
{
  gint64 s = arch->style_dim, k = arch->n_parts, c = arch->local_channels, f = arch->feature_channels;
  gint64 coarse = (gint64) arch->coarse_size * arch->coarse_size;
  gint64 sum = arch->n_mapping * s * s + coarse * ssg_architecture_fourier_channels(arch) * c;
  sum += k * arch->n_layers * (s * c + coarse * c * c);
  sum += (k - 1) * coarse * c + coarse * k * c * f; /* depths, fused product */
  for (int i = 0; i < arch->n_levels; i++) {
    gint64 in = ssg_architecture_render_inputs(arch, i), out = arch->render_channels[i];
    gint64 before = (gint64) (arch->render_size << i) * (arch->render_size << i), after = 4 * before;
    sum += before * 9 * in * out + after * 9 * out * out + after * out * (3 + k);
  }
  return sum;
}

gint64 ssg_architecture_discriminator_macs(const SsgArchitecture *arch)
{
  int n = arch->n_disc_levels;
  if (n == 0)
    return 0;
  const int *ch = arch->disc_channels;
  gint64 pixels = (gint64) arch->size * arch->size, blocks = 0, last = ch[n];
  for (int i = 0; i < n; i++) {
    gint64 in = ch[i], out = ch[i + 1], size = pixels >> (2 * i);
    blocks += size * 9 * in * in + size / 4 * (9 * in * out + in * out);
  }
  gint64 sum = pixels * 3 * ch[0] + blocks;
  if (arch->disc_masks)
    sum += pixels * arch->n_parts * ch[0] + blocks;
  return sum + 16 * 9 * (last + 1) * last + 16 * last * last + last;
}

gboolean ssg_architecture_preset(const char *name, SsgArchitecture *arch)
{
  for (gsize i = 0; i < G_N_ELEMENTS(presets); i++)
    if (strcmp(presets[i].name, name) == 0) {
      *arch = presets[i].arch;
      return TRUE;
    }
  return FALSE;
}

const char *const *ssg_architecture_presets(void)
{
  static const char *names[G_N_ELEMENTS(presets) + 1];
  static gsize once;
  if (g_once_init_enter(&once)) {
    for (gsize i = 0; i < G_N_ELEMENTS(presets); i++)
      names[i] = presets[i].name;
    g_once_init_leave(&once, 1);
  }
  return names;
}

gboolean ssg_architecture_check(const SsgArchitecture *arch, GError **error)
{
  if (!in_range("number of parts", arch->n_parts, 2, SSG_MAX_PARTS, error) ||
      !in_range("style dimension", arch->style_dim, 1, SSG_MAX_STYLE_DIM, error) ||
      !in_range("number of mapping layers", arch->n_mapping, 1, SSG_MAX_MAPPING, error) ||
      !in_range("number of local layers", arch->n_layers, 2, SSG_MAX_LAYERS, error) ||
      !in_range("number of layers before the depth", arch->n_depth, 1, arch->n_layers - 1, error) ||
      !in_range("number of base layers", arch->n_base, 0, arch->n_depth - 1, error) ||
      !in_range("number of local channels", arch->local_channels, 1, MAX_CHANNELS, error) ||
      !in_range("number of feature channels", arch->feature_channels, 1, MAX_CHANNELS, error) ||
      !in_range("number of render levels", arch->n_levels, 1, SSG_MAX_LEVELS, error) ||
      !in_range("output size", arch->size, 4, MAX_SIZE, error) ||
      !in_range("smallest render size", arch->render_size, 1, arch->size, error) ||
      !in_range("coarse size", arch->coarse_size, arch->render_size, arch->size, error))
    return FALSE;
  if (!is_power_of_two(arch->size) || !is_power_of_two(arch->coarse_size) || !is_power_of_two(arch->render_size)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                "the model's sizes must be powers of two; output, coarse and smallest render size are %d, %d and %d",
                arch->size, arch->coarse_size, arch->render_size);
    return FALSE;
  }
  if ((gint64) arch->render_size << arch->n_levels != arch->size) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                "the model's %d render levels lead from size %d to %" G_GINT64_FORMAT ", not to its output size %d",
                arch->n_levels, arch->render_size, (gint64) arch->render_size << arch->n_levels, arch->size);
    return FALSE;
  }
  if (!check_channels("render", arch->render_channels, arch->n_levels, error))
    return FALSE;
  guint64 all = arch->n_parts == 64 ? G_MAXUINT64 : (1ull << arch->n_parts) - 1;
  if ((arch->transparent & ~all) != 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE, "the model has %d parts, but part %d is said to be transparent",
                arch->n_parts, g_bit_nth_msf((gulong) arch->transparent, -1));
    return FALSE;
  }
  if (arch->transparent == all) {
    g_set_error_literal(error, SSG_ERROR, SSG_ERROR_SHAPE,
                        "all parts of the model are said to be transparent; at least one must be opaque");
    return FALSE;
  }
  if (arch->n_disc_levels != 0) {
    int expected = log2_exact(arch->size) - 2;
    if (arch->n_disc_levels != expected) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                  "the discriminator has %d blocks; for pictures of %d pixels a side it must have %d",
                  arch->n_disc_levels, arch->size, expected);
      return FALSE;
    }
    return check_channels("discriminator", arch->disc_channels, arch->n_disc_levels + 1, error);
  }
  return TRUE;
}
