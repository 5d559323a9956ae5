/* generate. */
#include "engine/model.h"
#include "engine/npy.h"
#include "model-commands.h"
#include "tests/worst.h"

static void test_generate_files(void)
{
  run("generate -q MODEL --out @files --seeds 0-2,7 --truncation 0.55 --grid --save-latents --threads 1");
  g_assert_cmpint(count("files/faces"), ==, 4);
  g_assert_cmpint(count("files/masks"), ==, 4);
  g_assert_cmpint(count("files/depth"), ==, 4 * 4);
  g_assert_cmpint(count("files/depth-color"), ==, 4 * 4);
  assert_picture("files/faces/0007.png", 64);
  assert_picture("files/depth-color/0007-02-part-2.png", 16);
  assert_sheet("files/sheet.png", 3, 4, 64);
  g_autoptr(SsgImage) mask = load("files/masks/0001.png", SSG_IMAGE_LABEL);
  for (int i = 0; i < 64 * 64; i++)
    g_assert_cmpint(mask->pixels[i], <, 5);
  gsize size;
  g_autofree char *png = contents("files/faces/0007.png", &size);
  g_autofree char *text = g_strndup(png, size); /* stops at the first zero, so look for bytes */
  g_assert_nonnull(memmem(png, size, SSG_IMAGE_SYNTHETIC_SOURCE, strlen(SSG_IMAGE_SYNTHETIC_SOURCE)));
  g_assert_nonnull(memmem(png, size, "Model\0tiny", 10));
  g_assert_nonnull(memmem(png, size, "Seed\0007", 6));
  g_assert_nonnull(memmem(png, size, "Truncation\0000.55", 15));
  g_autofree char *latents_path = in_folder("files/latents.npy");
  g_autoptr(SsgHostTensor) latents = ssg_npy_load(latents_path, NULL);
  g_assert_cmpint(latents->shape.rank, ==, 3);
  g_assert_cmpint(latents->shape.dim[0], ==, 4);
  g_assert_cmpint(latents->shape.dim[1], ==, 12);
  g_assert_cmpint(latents->shape.dim[2], ==, 32);
}

/* The palette of a mask holds the parts' colours, in order. */
static void test_mask_palette(void)
{
  run("generate -q MODEL --out @deep/er/palette --seeds 0 --only masks --threads 1");
  g_assert_false(exists("deep/er/palette/faces"));
  g_assert_false(exists("deep/er/palette/depth"));
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(model, NULL);
  gsize size;
  g_autofree char *png = contents("deep/er/palette/masks/0000.png", &size);
  char chunk[4 + 3 * 5];
  memcpy(chunk, "PLTE", 4);
  for (int k = 0; k < 5; k++)
    for (int c = 0; c < 3; c++)
      chunk[4 + 3 * k + c] = (char) (info->part_colors[k] >> (16 - 8 * c));
  g_assert_nonnull(memmem(png, size, chunk, sizeof chunk));
  g_autoptr(SsgImage) colors = load("deep/er/palette/masks/0000.png", SSG_IMAGE_RGB),
                      labels = load("deep/er/palette/masks/0000.png", SSG_IMAGE_LABEL);
  for (int i = 0; i < 64 * 64; i++)
    g_assert_cmpint(colors->pixels[3 * i], ==, (int) (info->part_colors[labels->pixels[i]] >> 16));
}

/* Raw tensors, 16-bit depth, mask and picture of one run tell the same story. */
static void test_raw_agrees_with_pictures(void)
{
  run("generate -q MODEL --out @story --seeds 3 --raw @story/story.safetensors --threads 1"); /* a folder that is not there yet */
  g_autoptr(SsgSafetensors) raw = open_raw("story/story.safetensors");
  gsize n;
  g_autofree float *rgb = values(raw, "rgb", &n), *seg = values(raw, "seg", &n), *depth = values(raw, "depth", &n);
  g_autofree float *weights = values(raw, "weights", &n), *coarse = values(raw, "coarse", &n);
  g_autoptr(SsgImage) face = load("story/faces/0003.png", SSG_IMAGE_RGB),
                      mask = load("story/masks/0003.png", SSG_IMAGE_LABEL);
  for (int i = 0; i < 64 * 64; i++) {
    for (int c = 0; c < 3; c++)
      g_assert_cmpfloat(fabsf(CLAMP(127.5f + 127.5f * rgb[c * 64 * 64 + i], 0, 255) - face->pixels[3 * i + c]), <=,
                        0.501f);
    for (int k = 0; k < 5; k++)
      g_assert_cmpfloat(seg[k * 64 * 64 + i], <=, seg[mask->pixels[i] * 64 * 64 + i]);
  }
  /* Opaque weights sum to 1 (MODEL.md step 6), coarse masks to 1 before 2m - 1. */
  for (int i = 0; i < 16 * 16; i++) {
    float opaque = 0, all = 0;
    for (int k = 0; k < 5; k++) {
      opaque += k == 3 ? 0 : weights[k * 256 + i];
      all += (coarse[k * 256 + i] + 1) / 2;
    }
    g_assert_cmpfloat(fabsf(opaque - 1), <, 1e-4f);
    g_assert_cmpfloat(fabsf(all - 1), <, 1e-4f);
  }
  /* depth = low + value / 65535 * width, as the Description says */
  gsize size;
  g_autofree char *png = contents("story/depth/0003-02-part-2.png", &size);
  const char *text = memmem(png, size, "pseudo-depth of part 2: ", 24);
  g_assert_nonnull(text);
  char *end;
  double low = g_ascii_strtod(text + 24, &end);
  g_assert_true(g_str_has_prefix(end, " + value / 65535 * "));
  double width = g_ascii_strtod(end + 19, NULL);
  float least = INFINITY, most = -INFINITY;
  for (int i = 256; i < 5 * 256; i++) {
    least = MIN(least, depth[i]);
    most = MAX(most, depth[i]);
  }
  g_assert_cmpfloat(fabs(low - least), <, 1e-5 * fabs(low) + 1e-6);
  g_assert_cmpfloat(fabs(low + width - most), <, 1e-5 * fabs(most) + 1e-5);
  g_autoptr(SsgImage) gray = load("story/depth/0003-02-part-2.png", SSG_IMAGE_RGB); /* the upper 8 bits */
  for (int i = 0; i < 256; i++) {
    double value = 255 * (depth[2 * 256 + i] - low) / width;
    g_assert_cmpfloat(fabs(gray->pixels[3 * i] - value), <, 1);
  }
}

/* Latents of the goldens through the program: the authors' numbers come out. */
static void test_raw_agrees_with_goldens(void)
{
  static const char *const sets[] = {"tiny", "tiny-plain"};
  static const char *const names[] = {"rgb", "seg", "coarse", "depth"};
  for (gsize s = 0; s < G_N_ELEMENTS(sets); s++) {
    g_autofree char *file = g_strconcat(sets[s], "-inference.safetensors", NULL), *path = golden(file);
    g_autofree char *pt = g_strconcat(sets[s], ".pt", NULL), *pt_path = golden(pt);
    g_autoptr(GError) error = NULL;
    g_autoptr(SsgSafetensors) expected = ssg_safetensors_open(path, &error);
    g_assert_no_error(error);
    static const struct {
      const char *latent, *which;
    } cases[] = {{"w", "plain"}, {"latent_expanded", "plain"}, {"swap.latent", "swap"}};
    for (gsize c = 0; c < G_N_ELEMENTS(cases); c++) {
      const SsgHostTensor *latent = ssg_host_tensors_get(expected->tensors, cases[c].latent);
      gsize n;
      g_autofree float *codes = values(expected, cases[c].latent, &n);
      g_autofree char *npy = in_folder("golden.npy");
      g_assert_true(ssg_npy_save_f32(npy, &latent->shape, codes, &error));
      g_autofree char *line = g_strdup_printf(
          "generate -q %s --out @golden --latents @golden.npy --only faces --raw @golden.safetensors", pt_path);
      run(line);
      g_autoptr(SsgSafetensors) raw = open_raw("golden.safetensors");
      for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_strdup_printf("%s.%s", cases[c].which, names[i]);
        gsize m;
        g_autofree float *theirs = values(expected, name, &n), *ours = values(raw, names[i], &m);
        g_assert_true(ssg_shape_equal(&ssg_host_tensors_get(expected->tensors, name)->shape,
                                      &ssg_host_tensors_get(raw->tensors, names[i])->shape));
        double most = 0, worst = 0;
        for (gsize j = 0; j < n; j++) {
          most = MAX(most, fabs(theirs[j]));
          worst = worst_of(worst, fabs(theirs[j] - ours[j]));
        }
        g_test_message("%s %s %s: %g of %g", sets[s], cases[c].latent, name, worst, most);
        g_assert_cmpfloat(worst, <=, 1e-4 * most);
      }
    }
  }
}

static void test_same_seed_same_bytes(void)
{
  static const char *const files[] = {"faces/0004.png", "masks/0004.png", "depth/0004-01-part-1.png", "latents.npy"};
  run("generate -q MODEL --out @one --seeds 4,9 --raw @one.safetensors --save-latents --threads 1 --noise seeded");
  run("generate -q MODEL --out @two --seeds 4,9 --raw @two.safetensors --save-latents --threads 2 --noise seeded");
  assert_same_file("one.safetensors", "two.safetensors");
  run("generate -q MODEL --out @many --seeds 4,9 --raw @many.safetensors --only masks --threads 32 --noise seeded");
  assert_same_file("one.safetensors", "many.safetensors");
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autofree char *a = g_strconcat("one/", files[i], NULL), *b = g_strconcat("two/", files[i], NULL);
    assert_same_file(a, b);
  }
  /* A face does not depend on its company, and saved latents give it again. */
  run("generate -q MODEL --out @alone --seeds 9 --only faces --threads 1 --noise seeded");
  assert_same_file("alone/faces/0009.png", "one/faces/0009.png");
  run("generate -q MODEL --out @again --latents @one/latents.npy --raw @again.safetensors --threads 1 --noise none");
  run("generate -q MODEL --out @none --seeds 4,9 --raw @none.safetensors --threads 1 --noise none");
  gsize n, m;
  g_autoptr(SsgSafetensors) again = open_raw("again.safetensors"), none = open_raw("none.safetensors"),
                            one = open_raw("one.safetensors");
  g_autofree float *x = values(again, "rgb", &n), *y = values(none, "rgb", &m), *z = values(one, "rgb", &m);
  g_assert_cmpmem(x, n * sizeof(float), y, m * sizeof(float));
  g_assert_cmpint(memcmp(y, z, n * sizeof(float)), !=, 0); /* noise does something */
}

static void test_options_change_the_picture(void)
{
  static const char *const variants[] = {
      "", "--truncation 1", "--truncation 0", "--noise none", "--noise seeded", "--noise seeded --seed 5", "--hide 2"};
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(variants); i++) {
    g_autofree char *line = g_strdup_printf("generate -q MODEL --out @vary --seeds 2 --only faces --threads 1%s%s",
                                            *variants[i] ? " " : "", variants[i]);
    gsize size;
    run(line);
    g_autofree char *data = contents("vary/faces/0002.png", &size);
    g_assert_true(g_hash_table_add(seen, g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *) data, size)));
  }
  /* truncation 0 is the mean face, whatever the seed */
  run("generate -q MODEL --out @vary --seeds 2,3 --raw @mean.safetensors --truncation 0 --threads 1");
  g_autoptr(SsgSafetensors) raw = open_raw("mean.safetensors");
  gsize n;
  g_autofree float *rgb = values(raw, "rgb", &n);
  g_assert_cmpmem(rgb, n / 2 * sizeof(float), rgb + n / 2, n / 2 * sizeof(float));
}

static void test_hidden_part(void)
{
  run("generate -q MODEL --out @hidden --seeds 0-3 --raw @hidden.safetensors --hide 1,2 --threads 1");
  g_autoptr(SsgSafetensors) raw = open_raw("hidden.safetensors");
  gsize n;
  g_autofree float *weights = values(raw, "weights", &n), *coarse = values(raw, "coarse", &n), *depth = values(raw, "depth", &n);
  for (int i = 0; i < 4; i++)
    for (int k = 1; k <= 2; k++)
      for (int p = 0; p < 256; p++) {
        g_assert_cmpfloat(weights[(i * 5 + k) * 256 + p], ==, 0);
        g_assert_cmpfloat(coarse[(i * 5 + k) * 256 + p], ==, -1);
        g_assert_cmpfloat(depth[(i * 5 + k) * 256 + p], ==, 0);
      }
  /* Nor are there depth maps of them; the range of the others is theirs alone. */
  g_assert_cmpint(count("hidden/depth"), ==, 4 * 2);
  g_assert_cmpint(count("hidden/depth-color"), ==, 4 * 2);
  g_assert_false(exists("hidden/depth/0000-01-part-1.png"));
  gsize size;
  g_autofree char *png = contents("hidden/depth/0000-03-part-3.png", &size);
  const char *text = memmem(png, size, "pseudo-depth of part 3: ", 24);
  float least = INFINITY;
  for (int p = 3 * 256; p < 5 * 256; p++)
    least = MIN(least, depth[p]);
  g_assert_nonnull(text);
  g_assert_cmpfloat(fabs(g_ascii_strtod(text + 24, NULL) - least), <, 1e-5 * fabsf(least) + 1e-6);
}

int main(int argc, char **argv)
{
  model_commands_begin(&argc, &argv);
  g_test_add_func("/trainer/model/generate/files", test_generate_files);
  g_test_add_func("/trainer/model/generate/palette", test_mask_palette);
  g_test_add_func("/trainer/model/generate/raw-and-pictures", test_raw_agrees_with_pictures);
  g_test_add_func("/trainer/model/generate/goldens", test_raw_agrees_with_goldens);
  g_test_add_func("/trainer/model/generate/same-seed", test_same_seed_same_bytes);
  g_test_add_func("/trainer/model/generate/options", test_options_change_the_picture);
  g_test_add_func("/trainer/model/generate/hidden", test_hidden_part);
  return model_commands_run();
}
