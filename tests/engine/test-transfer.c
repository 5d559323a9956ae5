/* A model carried over into one of another size: what is equal is equal, what grows computes the same as before. */
#include <math.h>
#include <string.h>

#include "engine/error.h"
#include "engine/transfer.h"

static const SsgArchitecture small = {.n_parts = 5, .style_dim = 16, .n_mapping = 2, .n_layers = 4, .n_base = 1, .n_depth = 2,
  .local_channels = 8, .feature_channels = 6, .coarse_size = 8, .render_size = 4, .size = 16, .n_levels = 2,
  .render_channels = {8, 7}, .residual_refine = TRUE, .transparent = 1 << 3, .n_disc_levels = 2, .disc_channels = {6, 8, 9},
  .disc_masks = TRUE};

static SsgContext *ctx;

/* For pictures of twice the edge, with a discriminator that sees them. */
static SsgArchitecture twice(SsgArchitecture arch)
{
  arch.size *= 2;
  memmove(arch.disc_channels + 1, arch.disc_channels, ++arch.n_disc_levels * sizeof(int));
  return arch;
}

/* Every number of a network is drawn anew, so that constants (noise strengths of 0, modulations of 1) cannot pass for copies. */
static void scramble(SsgParameters *p, guint64 seed)
{
  SsgTensor *block = ssg_parameters_block(p);
  ssg_scope_begin(ctx);
  ssg_tensor_copy_into(block, ssg_tensor_normal(ctx, *ssg_tensor_shape(block), seed, 0));
  ssg_scope_end(ctx);
}

static SsgGenerator *generator(const SsgArchitecture *arch, guint64 seed)
{
  g_autoptr(GError) error = NULL;
  SsgGenerator *g = ssg_generator_new(ctx, arch, seed, &error);
  g_assert_no_error(error);
  return g;
}

static SsgDiscriminator *discriminator(const SsgArchitecture *arch, guint64 seed)
{
  g_autoptr(GError) error = NULL;
  SsgDiscriminator *d = ssg_discriminator_new(ctx, arch, seed, &error);
  g_assert_no_error(error);
  return d;
}

static char *carry(const SsgGenerator *from, SsgGenerator *to)
{
  g_autoptr(GError) error = NULL;
  char *text = ssg_transfer_generator(from, to, "old.safetensors", &error);
  g_assert_no_error(error);
  g_test_message("%s", text);
  return text;
}

static float *download(SsgTensor *t)
{
  float *host = g_new(float, ssg_tensor_elements(t));
  g_assert_true(ssg_tensor_download(t, host));
  return host;
}

static double error_of(SsgTensor *a, SsgTensor *b)
{
  gint64 n = ssg_tensor_elements(a);
  g_assert_cmpint(n, ==, ssg_tensor_elements(b));
  g_autofree float *x = download(a), *y = download(b);
  double difference = 0, norm = 0;
  for (gint64 i = 0; i < n; i++) {
    difference += ((double) x[i] - y[i]) * ((double) x[i] - y[i]);
    norm += (double) y[i] * y[i];
  }
  g_assert_cmpfloat(norm, >, 0);
  return sqrt(difference / norm);
}

static gboolean equal(SsgTensor *a, SsgTensor *b)
{
  g_autofree float *x = download(a), *y = download(b);
  return ssg_tensor_elements(a) == ssg_tensor_elements(b) && memcmp(x, y, ssg_tensor_elements(a) * sizeof(float)) == 0;
}

static SsgTensor *codes_of(const SsgArchitecture *a)
{
  return ssg_tensor_normal(ctx, SSG_SHAPE(2, ssg_architecture_expanded_rows(a), a->style_dim), 5, 0);
}

static SsgGenerated forward(SsgGenerator *g, SsgTensor *codes)
{
  SsgTensor *noise[2 * SSG_MAX_LEVELS];
  ssg_generator_noise(g, SSG_NOISE_STORED, 2, 0, NULL, noise);
  return ssg_generator_forward(g, codes, noise);
}

/* Steps 4 to 6 with g's layers on a grid of another size. */
static SsgTensor *coarse_on_grid(SsgGenerator *g, const SsgArchitecture *grid_of, SsgTensor *codes)
{
  const SsgArchitecture *a = &g->arch;
  gint64 p = grid_of->coarse_size * grid_of->coarse_size, channels = ssg_architecture_fourier_channels(a);
  g_autofree double *grid = g_new(double, p * 2);
  g_autofree float *features = g_new(float, p * channels);
  ssg_generator_grid(grid_of, (SsgTransform){1, 0, 0}, grid);
  ssg_generator_fourier(a, p, grid, features);
  SsgTensor *x = ssg_generator_embed(g, ssg_tensor_new_f32(ctx, SSG_SHAPE(1, p, channels), features));
  SsgTensor *layers = ssg_tensor_slice(ssg_generator_layer_codes(g, codes), 0, 0, a->n_depth);
  SsgTensor *depth = ssg_generator_depth(g, 0, a->n_parts, ssg_generator_local_layers(g, 0, a->n_depth, 0, a->n_parts, layers, x));
  return ssg_generator_soft_mask(g, depth, NULL);
}

/* Twice the size everywhere: the coarse maps are the old model's functions of position, seen at twice the points. */
static void test_coarse_maps(void)
{
  SsgArchitecture large = twice(small);
  large.coarse_size *= 2;
  large.render_size *= 2;
  g_autoptr(SsgGenerator) from = generator(&small, 1), to = generator(&large, 2);
  scramble(from->parameters, 3);
  g_autofree char *text = carry(from, to);
  ssg_scope_begin(ctx);
  SsgTensor *codes = codes_of(&small);
  SsgTensor *expected = coarse_on_grid(from, &large, codes), *found = forward(to, codes).coarse;
  /* [K, N, P, 1] -> [N, h, h, K] in -1..1 */
  expected = ssg_tensor_affine(ssg_tensor_permute(ssg_tensor_reshape(expected, SSG_SHAPE(5, 2, 16, 16)), (const int[]){1, 2, 3, 0}), 2, -1);
  g_assert_cmpfloat(error_of(found, expected), <, 1e-5);
  ssg_scope_end(ctx);
  g_assert_nonnull(strstr(text, "pos_embed.weights from [8, 18] to [8, 22]"));
  g_assert_true(equal(from->conv_weight[3], to->conv_weight[3]));
  g_assert_nonnull(strstr(text, "fresh: render_net.noises.noise_0, "));
}

/* One render level more: the same picture and masks, enlarged. */
static void test_picture(void)
{
  SsgArchitecture large = twice(small);
  large.render_channels[large.n_levels++] = 5;
  g_autoptr(SsgGenerator) from = generator(&small, 1), to = generator(&large, 2);
  scramble(from->parameters, 3);
  g_autofree char *text = carry(from, to);
  ssg_scope_begin(ctx);
  SsgTensor *codes = codes_of(&small);
  SsgGenerated old = forward(from, codes), new = forward(to, codes);
  g_assert_cmpfloat(error_of(new.rgb, ssg_tensor_upfirdn(old.rgb, 2, 1, 2, 1, 4, NULL, NULL, NULL, FALSE)), <, 1e-5);
  g_assert_cmpfloat(error_of(new.seg, ssg_tensor_upfirdn(old.seg, 2, 1, 2, 1, 4, NULL, NULL, NULL, FALSE)), <, 1e-5);
  ssg_scope_end(ctx);
  g_assert_nonnull(strstr(text, "render_net.convs.4.weight, "));
  g_assert_nonnull(strstr(text, "render_net.to_segs.2.conv.weight (0)"));
}

static void check_same_pictures(SsgGenerator *from, SsgGenerator *to)
{
  ssg_scope_begin(ctx);
  SsgTensor *codes = codes_of(&from->arch);
  SsgGenerated old = forward(from, codes), new = forward(to, codes);
  g_assert_cmpfloat(error_of(new.rgb, old.rgb), <, 1e-5);
  g_assert_cmpfloat(error_of(new.seg, old.seg), <, 1e-5);
  ssg_scope_end(ctx);
}

/* A render net that began at the coarse size gets a level in front, and its own level may get more channels. */
static void level_in_front(int channels)
{
  SsgArchitecture late = small, early = small;
  late.render_size = late.coarse_size;
  late.n_levels = 1;
  late.render_channels[0] = 7;
  early.render_channels[1] = channels;
  late.residual_refine = early.residual_refine = FALSE;
  g_autoptr(SsgGenerator) from = generator(&late, 1), to = generator(&early, 2);
  scramble(from->parameters, 3);
  /* What the first half of the old columns sees, the second sees too: without the first, the norms are those of the sum. */
  g_autofree float *factors = download(from->conv_mod[0]);
  memset(factors, 0, 6 * sizeof(float));
  ssg_tensor_upload(from->conv_mod[0], factors);
  g_autofree char *text = carry(from, to);
  check_same_pictures(from, to);
  g_autofree char *joined = g_strdup_printf("render_net.convs.2.weight from [7, 3, 3, 12] to [%d, 3, 3, 14]", channels);
  g_assert_nonnull(strstr(text, joined));
  g_assert_nonnull(strstr(text, "render_net.to_segs.0.conv.weight (0)"));
  g_assert_cmpint(strstr(text, "render_net.convs.3") != NULL, ==, channels > 7);

  scramble(from->parameters, 4); /* both halves */
  g_autofree char *again = carry(from, to);
  g_autofree float *before = download(from->conv_weight[0]), *after = download(to->conv_weight[2]), *f = download(from->conv_mod[0]);
  for (int row = 0; row < 7 * 9; row++)
    for (int i = 0; i < 14; i++) {
      float sum = i < 8 ? 0 : before[12 * row + i - 8] * f[i - 8] + before[12 * row + i - 2] * f[i - 2];
      g_assert_cmpfloat(fabsf(after[14 * row + i] - sum), <, 1e-5);
    }
}

static void test_level_in_front(void)
{
  level_in_front(7);
  level_in_front(12);
}

/* The coarse features enter a level later: columns of the picture's own maps stay, those of features come and go. */
static void test_features_move(void)
{
  SsgArchitecture large = twice(small);
  large.coarse_size *= 2;
  large.render_channels[large.n_levels++] = 5;
  g_autoptr(SsgGenerator) from = generator(&small, 1), to = generator(&large, 2);
  scramble(from->parameters, 3);
  g_autofree char *text = carry(from, to);
  g_autofree float *old = download(from->conv_weight[2]), *new = download(to->conv_weight[2]);
  for (int row = 0; row < 7 * 9; row++) /* 8 of 14 columns are left */
    g_assert_cmpint(memcmp(new + 8 * row, old + 14 * row, 8 * sizeof(float)), ==, 0);
  g_assert_nonnull(strstr(text, "render_net.convs.2.weight from [7, 3, 3, 14] to [7, 3, 3, 8]"));
  /* And the other way round: back to where they were. */
  g_autoptr(SsgGenerator) back = generator(&small, 4);
  g_autofree char *again = carry(to, back);
  g_autofree float *weight = download(back->conv_weight[2]), *mod = download(back->conv_mod[2]), *mod_was = download(to->conv_mod[2]);
  for (int row = 0; row < 7 * 9; row++)
    for (int i = 0; i < 14; i++)
      g_assert_cmpfloat(weight[14 * row + i], ==, i < 8 ? old[14 * row + i] : 0);
  for (int i = 0; i < 14; i++)
    g_assert_cmpfloat(mod[i], ==, i < 8 ? mod_was[i] : 1);
  g_assert_nonnull(strstr(again, "pos_embed.weights from [8, 22] to [8, 18]"));
  g_assert_cmpfloat(error_of(back->pos_embed, from->pos_embed), <, 1e-6);
}

/* More channels in the render net: the same picture and masks, whatever the new ones see. */
static void test_wider(void)
{
  SsgArchitecture wide = small;
  wide.render_channels[0] = 11;
  wide.render_channels[1] = 16;
  g_autoptr(SsgGenerator) from = generator(&small, 1), to = generator(&wide, 2), back = generator(&small, 5);
  scramble(from->parameters, 3);
  g_autofree char *text = carry(from, to);
  check_same_pictures(from, to);
  g_assert_nonnull(strstr(text, "render_net.convs.2.weight from [7, 3, 3, 14] to [16, 3, 3, 17]"));
  /* What makes the new channels is there: only nobody hears them. */
  g_autofree float *weight = download(to->conv_weight[2]);
  double made = 0, heard = 0;
  for (int row = 0; row < 16 * 9; row++)
    for (int i = 0; i < 17; i++)
      *(row < 7 * 9 ? &heard : &made) += i >= 8 && i < 11 ? fabs(weight[17 * row + i]) : 0;
  g_assert_cmpfloat(made, >, 1);
  g_assert_cmpfloat(heard, ==, 0);
  /* Fewer channels than before start afresh. */
  g_autofree char *again = carry(to, back);
  g_assert_nonnull(strstr(again, "fresh: render_net.convs.0.weight, "));
}

/* Features that are appended to themselves, where a render net begins at the coarse size, stay where they were. */
static void test_wider_from_coarse(void)
{
  SsgArchitecture late = small, wide;
  late.render_size = late.coarse_size;
  late.n_levels = 1;
  late.residual_refine = FALSE;
  wide = late;
  wide.render_channels[0] = 11;
  g_autoptr(SsgGenerator) from = generator(&late, 1), to = generator(&wide, 2);
  scramble(from->parameters, 3);
  g_autofree char *text = carry(from, to);
  check_same_pictures(from, to);
  g_assert_nonnull(strstr(text, "render_net.convs.0.weight from [8, 3, 3, 12] to [11, 3, 3, 12]"));
}

/* As many columns of another meaning: 8 of a picture and 6 of features become 14 of a picture, 8 of them the same. */
static void test_same_number_of_columns(void)
{
  SsgArchitecture large = twice(small);
  large.coarse_size *= 2; /* the features enter a level later */
  large.render_channels[0] = 14;
  large.render_channels[large.n_levels++] = 5;
  g_autoptr(SsgGenerator) from = generator(&small, 1), to = generator(&large, 2);
  scramble(from->parameters, 3);
  g_autofree char *text = carry(from, to);
  g_autofree float *old = download(from->conv_weight[2]), *new = download(to->conv_weight[2]);
  for (int row = 0; row < 7 * 9; row++)
    for (int i = 0; i < 14; i++)
      g_assert_cmpfloat(new[14 * row + i], ==, i < 8 ? old[14 * row + i] : 0);
  g_assert_nonnull(strstr(text, "render_net.convs.2.weight from [7, 3, 3, 14] to [7, 3, 3, 14]"));
  /* Back to fewer: nothing of it fits, though the number is the same. */
  g_autoptr(SsgGenerator) back = generator(&small, 4);
  g_autofree char *again = carry(to, back);
  g_assert_nonnull(strstr(again, "render_net.convs.2.weight, "));
}

static void test_same(void)
{
  g_autoptr(SsgGenerator) from = generator(&small, 1), to = generator(&small, 2);
  g_autoptr(SsgDiscriminator) d = discriminator(&small, 1), e = discriminator(&small, 2);
  g_autoptr(GError) error = NULL;
  scramble(from->parameters, 3);
  scramble(d->parameters, 4);
  g_autofree char *text = carry(from, to), *other = ssg_transfer_discriminator(d, e, &error);
  g_assert_no_error(error);
  g_assert_true(equal(ssg_parameters_block(from->parameters), ssg_parameters_block(to->parameters)));
  g_assert_true(equal(ssg_parameters_block(d->parameters), ssg_parameters_block(e->parameters)));
  g_assert_nonnull(strstr(text, "100.0%"));
  g_assert_nonnull(strstr(text, "fresh: none"));
  g_assert_nonnull(strstr(other, "100.0%"));
}

static void check_block(SsgResidualBlock *from, SsgResidualBlock *to, gboolean same)
{
  g_assert_true(equal(from->conv1, to->conv1) == same);
  g_assert_true(equal(from->bias1, to->bias1) == same);
  g_assert_true(equal(from->conv2, to->conv2) == same);
  g_assert_true(equal(from->bias2, to->bias2) == same);
  g_assert_true(equal(from->skip, to->skip) == same);
}

static SsgTensor *halved(SsgTensor *x)
{
  return ssg_tensor_affine(ssg_tensor_upfirdn(ssg_tensor_affine(x, 1, 1), 1, 2, 1, 1, 1, NULL, NULL, NULL, FALSE), 1, -1);
}

static void test_discriminator(void)
{
  SsgArchitecture large = twice(small);
  g_autoptr(SsgDiscriminator) from = discriminator(&small, 1), to = discriminator(&large, 2);
  g_autoptr(GError) error = NULL;
  scramble(from->parameters, 3);
  g_autofree char *text = ssg_transfer_discriminator(from, to, &error);
  g_assert_no_error(error);
  g_test_message("%s", text);
  for (int i = 0; i < 2; i++) {
    check_block(&from->image.blocks[i], &to->image.blocks[i + 1], TRUE);
    check_block(&from->mask.blocks[i], &to->mask.blocks[i + 1], TRUE);
  }
  g_assert_true(equal(from->final_conv, to->final_conv));
  g_assert_true(equal(from->linear2_bias, to->linear2_bias));
  g_assert_nonnull(strstr(text, "fresh: convs_img.1.conv1.0.weight, "));

  /* One level more: the scores are the old network's of the halved picture; beyond the edge lies -1. */
  ssg_scope_begin(ctx);
  SsgTensor *rgb = ssg_tensor_scale(ssg_tensor_normal(ctx, SSG_SHAPE(4, 32, 32, 3), 6, 0), 0.2f);
  SsgTensor *seg = ssg_tensor_scale(ssg_tensor_normal(ctx, SSG_SHAPE(4, 32, 32, 5), 7, 0), 0.2f);
  SsgTensor *score = ssg_discriminator_forward(to, rgb, seg), *expected = ssg_discriminator_forward(from, halved(rgb), halved(seg));
  g_assert_cmpfloat(error_of(score, expected), <, 1e-4);
  ssg_scope_end(ctx);
  g_assert_nonnull(strstr(text, "passes pictures on"));

  large.disc_channels[0] = 4; /* too few for five classes */
  g_autoptr(SsgDiscriminator) narrow = discriminator(&large, 2), fresh = discriminator(&large, 2);
  g_autofree char *other = ssg_transfer_discriminator(from, narrow, &error);
  g_assert_no_error(error);
  g_assert_true(equal(fresh->image.in_weight, narrow->image.in_weight));
  check_block(&from->mask.blocks[1], &narrow->mask.blocks[2], TRUE);
}

static void test_misfit(void)
{
  SsgArchitecture parts = small, sizes = small;
  g_autoptr(GError) error = NULL;
  parts.n_parts = 4;
  sizes.style_dim = 24;
  sizes.local_channels = 4;
  sizes.feature_channels = 5;
  sizes.render_channels[0] = sizes.render_channels[1] = 3;
  g_autoptr(SsgGenerator) from = generator(&small, 1), a = generator(&parts, 2), b = generator(&sizes, 2);
  g_assert_null(ssg_transfer_generator(from, a, "old.safetensors", &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_assert_nonnull(strstr(error->message, "old.safetensors has 5 parts"));
  g_clear_error(&error);
  g_assert_null(ssg_transfer_generator(from, b, "old.safetensors", &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_assert_nonnull(strstr(error->message, "style dimension 16 there, 24 here"));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_autoptr(GError) error = NULL;
  const char *device = g_getenv("SSGAN_TEST_DEVICE");
  ctx = ssg_context_new(device ? device : "cpu", 1, &error);
  g_assert_no_error(error);
  g_test_add_func("/transfer/coarse-maps", test_coarse_maps);
  g_test_add_func("/transfer/picture", test_picture);
  g_test_add_func("/transfer/level-in-front", test_level_in_front);
  g_test_add_func("/transfer/features-move", test_features_move);
  g_test_add_func("/transfer/wider", test_wider);
  g_test_add_func("/transfer/wider-from-coarse", test_wider_from_coarse);
  g_test_add_func("/transfer/same-number-of-columns", test_same_number_of_columns);
  g_test_add_func("/transfer/same", test_same);
  g_test_add_func("/transfer/discriminator", test_discriminator);
  g_test_add_func("/transfer/misfit", test_misfit);
  int status = g_test_run();
  ssg_context_free(ctx);
  return status;
}
