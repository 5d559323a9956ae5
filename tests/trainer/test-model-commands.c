/* info, convert, generate, components, mix, interpolate, transform and bench: the real program on the small golden
 * models. */
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "engine/checkpoint.h"
#include "engine/context.h"
#include "engine/image.h"
#include "engine/model.h"
#include "engine/npy.h"
#include "engine/safetensors.h"
#include "engine/error.h"
#include "folder.h"
#include "trainer/raw-file.h"

static char *folder, *model; /* tiny.pt */

static char *in_folder(const char *name)
{
  return g_build_filename(folder, name, NULL);
}

static char *golden(const char *name)
{
  return g_build_filename(g_getenv("SSG_TEST_GOLDENS"), name, NULL);
}

/* Runs the program with the words of `line`; a word that begins with "@" lies in the test's folder, "MODEL" is tiny.pt.
 * out and err may be NULL. Returns the exit code. */
static int run_with(const char *line, char **out, char **err)
{
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *kept_out = NULL, *kept_err = NULL;
  g_autoptr(GError) error = NULL;
  int status;
  g_ptr_array_add(argv, g_strdup(g_getenv("SSG_TRAINER_PROGRAM")));
  for (char **word = words; *word; word++)
    g_ptr_array_add(argv, **word == '@'                 ? g_strconcat(folder, "/", *word + 1, NULL)
                          : g_str_equal(*word, "MODEL") ? g_strdup(model)
                                                        : g_strdup(*word));
  g_ptr_array_add(argv, NULL);
  g_assert_true(g_spawn_sync(NULL, (char **) argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &kept_out, &kept_err,
                             &status, &error));
  g_assert_no_error(error);
  g_test_message("%s\n%s%s", line, kept_out, kept_err);
  g_assert_true(WIFEXITED(status)); /* no crash */
  if (out)
    *out = g_steal_pointer(&kept_out);
  if (err)
    *err = g_steal_pointer(&kept_err);
  return WEXITSTATUS(status);
}

static void run(const char *line)
{
  g_assert_cmpint(run_with(line, NULL, NULL), ==, 0);
}

static gboolean exists(const char *name)
{
  g_autofree char *path = in_folder(name);
  return g_file_test(path, G_FILE_TEST_EXISTS);
}

static gboolean remove_from_folder(const char *name)
{
  g_autofree char *path = in_folder(name);
  folder_remove(path);
  return TRUE;
}

static int count(const char *name)
{
  g_autofree char *path = in_folder(name);
  return folder_count(path);
}

static char *contents(const char *name, gsize *size)
{
  g_autofree char *path = in_folder(name);
  char *data;
  g_assert_true(g_file_get_contents(path, &data, size, NULL));
  return data;
}

static void assert_same_file(const char *a, const char *b)
{
  gsize na, nb;
  g_autofree char *da = contents(a, &na), *db = contents(b, &nb);
  g_assert_cmpmem(da, na, db, nb);
}

static SsgImage *load(const char *name, SsgImageKind kind)
{
  g_autofree char *path = in_folder(name);
  g_autoptr(GError) error = NULL;
  SsgImage *image = ssg_image_load(path, kind, NULL, &error);
  g_assert_no_error(error);
  return image;
}

static void assert_same_pixels(const char *a, const char *b)
{
  g_autoptr(SsgImage) x = load(a, SSG_IMAGE_RGB), y = load(b, SSG_IMAGE_RGB);
  g_assert_cmpmem(x->pixels, (gsize) 3 * (gsize) x->width * (gsize) x->height, y->pixels,
                  (gsize) 3 * (gsize) y->width * (gsize) y->height);
}

static void assert_picture(const char *name, int size)
{
  g_autoptr(SsgImage) image = load(name, SSG_IMAGE_RGB);
  g_assert_cmpint(image->width, ==, size);
  g_assert_cmpint(image->height, ==, size);
}

/* A sheet of rows x columns tiles with its texts around them; some of it must be neither paper nor one colour. */
static void assert_sheet(const char *name, int rows, int columns, int tile)
{
  g_autoptr(SsgImage) image = load(name, SSG_IMAGE_RGB);
  g_assert_cmpint(image->width, >=, columns * tile);
  g_assert_cmpint(image->width, <, columns * (tile + 60) + 700); /* a long title makes small sheets wider */
  g_assert_cmpint(image->height, >=, rows * tile);
  g_assert_cmpint(image->height, <, rows * (tile + 60) + 200);
  int colored = 0;
  for (gsize i = 0; i < (gsize) image->width * (gsize) image->height; i++) {
    const guint8 *p = image->pixels + 3 * i;
    colored += abs(p[0] - p[1]) > 40 || abs(p[1] - p[2]) > 40;
  }
  g_assert_cmpint(colored, >, rows * columns * tile * tile / 8);
}

/* How many numbers of the lowest `rows` rows of two sheets differ: titles, which are above, do not count. */
static int differing_below(const char *a, const char *b, int rows)
{
  g_autoptr(SsgImage) x = load(a, SSG_IMAGE_RGB), y = load(b, SSG_IMAGE_RGB);
  int n = 0;
  g_assert_cmpint(x->width, ==, y->width);
  g_assert_cmpint(x->height, ==, y->height);
  for (int i = 3 * x->width * (x->height - rows); i < 3 * x->width * x->height; i++)
    n += x->pixels[i] != y->pixels[i];
  return n;
}

static SsgSafetensors *open_raw(const char *name)
{
  g_autofree char *path = in_folder(name);
  g_autoptr(GError) error = NULL;
  SsgSafetensors *file = ssg_safetensors_open(path, &error);
  g_assert_no_error(error);
  return file;
}

static float *values(const SsgSafetensors *file, const char *name, gsize *n)
{
  SsgHostTensor *tensor = ssg_host_tensors_get(file->tensors, name);
  g_assert_nonnull(tensor);
  float *out = g_new(float, tensor->n_elements);
  ssg_host_tensor_read_f32(tensor, 0, tensor->n_elements, out);
  *n = tensor->n_elements;
  return out;
}

/* --- info --- */

static void test_info(void)
{
  g_autofree char *text = NULL, *json = NULL;
  g_assert_cmpint(run_with("info MODEL", &text, NULL), ==, 0);
  g_assert_nonnull(strstr(text, "64 x 64 pixels"));
  g_assert_nonnull(strstr(text, "5 parts"));
  g_assert_cmpint(run_with("info --json MODEL", &json, NULL), ==, 0);
  g_autoptr(JsonNode) root = json_from_string(json, NULL);
  JsonObject *object = json_node_get_object(root);
  g_assert_cmpint(json_array_get_length(json_object_get_array_member(object, "parts")), ==, 5);
  JsonObject *arch = json_object_get_object_member(object, "architecture");
  g_assert_cmpint(json_object_get_int_member(arch, "size"), ==, 64);
  g_assert_cmpint(json_object_get_int_member(object, "memory_bytes"), >, 1 << 20);
  g_assert_cmpstr(json_object_get_string_member(object, "format"), ==, "pt");
}

/* --- convert --- */

static void test_convert(void)
{
  g_autoptr(GError) error = NULL;
  run("convert -q MODEL @c.safetensors --name Someone --licence CC0 --origin Here --shelf-seeds 7,5,3");
  run("convert -q @c.safetensors @c.pt");
  run("convert -q MODEL @g.safetensors --which g");
  run("convert -q MODEL @half.safetensors --f16");
  g_autofree char *back_path = in_folder("c.pt"), *ours_path = in_folder("c.safetensors"),
                  *half_path = in_folder("half.safetensors");
  g_autoptr(SsgCheckpoint) a = ssg_checkpoint_load(model, SSG_CHECKPOINT_ALL, &error);
  g_autoptr(SsgCheckpoint) b = ssg_checkpoint_load(back_path, SSG_CHECKPOINT_ALL, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(ssg_host_tensors_count(a->g_ema), ==, ssg_host_tensors_count(b->g_ema));
  for (guint i = 0; i < ssg_host_tensors_count(a->g_ema); i++) {
    const SsgHostTensor *x = ssg_host_tensors_at(a->g_ema, i), *y = ssg_host_tensors_get(b->g_ema, x->name);
    g_assert_nonnull(y);
    g_assert_cmpmem(x->data, x->n_bytes, y->data, y->n_bytes);
  }
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(ours_path, &error), half = ssg_model_info_read(half_path, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(info->name, ==, "Someone");
  g_assert_cmpstr(info->licence, ==, "CC0");
  g_assert_true(info->has_mean);
  /* Through a .pt file and back nothing is lost: the very same bytes, metadata and mean included. */
  run("convert -q @c.pt @again.safetensors");
  assert_same_file("again.safetensors", "c.safetensors");
  run("convert -q @c.pt @named.pt --name Other --licence MIT");
  g_autofree char *named_path = in_folder("named.pt");
  g_autoptr(SsgModelInfo) named = ssg_model_info_read(named_path, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(named->name, ==, "Other");
  /* What a .pt cannot hold is said, and can be had again. */
  g_autofree char *lost = NULL, *kept = NULL;
  run("convert -q MODEL @directed.safetensors --directions");
  g_assert_cmpint(run_with("convert @directed.safetensors @directed.pt", NULL, &lost), ==, 0);
  g_assert_nonnull(strstr(lost, "principal directions stay behind"));
  g_assert_cmpint(run_with("convert @c.safetensors @c.pt", NULL, &kept), ==, 0);
  g_assert_null(strstr(kept, "directions"));
  g_autofree char *table = NULL;
  run("convert -q MODEL @lines.pt --licence A\nB\tC\033[31m");
  g_assert_cmpint(run_with("info @lines.pt", &table, NULL), ==, 0);
  g_assert_nonnull(strstr(table, "\nlicence         A B C [31m\n"));
  g_assert_cmpstr(named->licence, ==, "MIT");
  g_assert_cmpstr(named->origin, ==, "Here");
  g_assert_cmpint(named->n_shelf_seeds, ==, 3);
  g_assert_cmpuint(named->shelf_seeds[2], ==, 3);
  g_assert_true(named->has_mean);
  g_assert_cmpuint(half->file_bytes, <, info->file_bytes * 2 / 3);
  /* g is another generator than g_ema. */
  gsize n, m;
  g_autoptr(SsgSafetensors) ema = open_raw("c.safetensors"), g = open_raw("g.safetensors");
  g_autofree float *x = values(ema, "style.1.weight", &n), *y = values(g, "style.1.weight", &m);
  g_assert_cmpint(memcmp(x, y, n * sizeof(float)), !=, 0);
  g_autoptr(SsgHostTensor) style =
      ssg_host_tensor_ref(ssg_host_tensors_get(a->g->list ? a->g : NULL, "style.1.weight"));
  g_assert_cmpmem(y, m * sizeof(float), style->data, style->n_bytes);
}

/* --- generate --- */

static void test_generate_files(void)
{
  run("generate -q MODEL --out @files --seeds 0-2,7 --grid --save-latents --threads 1");
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
  run("generate -q MODEL --out @palette --seeds 0 --only masks --threads 1");
  g_assert_false(exists("palette/faces"));
  g_assert_false(exists("palette/depth"));
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(model, NULL);
  gsize size;
  g_autofree char *png = contents("palette/masks/0000.png", &size);
  char chunk[4 + 3 * 5];
  memcpy(chunk, "PLTE", 4);
  for (int k = 0; k < 5; k++)
    for (int c = 0; c < 3; c++)
      chunk[4 + 3 * k + c] = (char) (info->part_colors[k] >> (16 - 8 * c));
  g_assert_nonnull(memmem(png, size, chunk, sizeof chunk));
  g_autoptr(SsgImage) colors = load("palette/masks/0000.png", SSG_IMAGE_RGB),
                      labels = load("palette/masks/0000.png", SSG_IMAGE_LABEL);
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
          most = fmax(most, fabs(theirs[j]));
          worst = fmax(worst, fabs(theirs[j] - ours[j]));
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

/* --- the sheets --- */

static void test_components(void)
{
  run("components -q MODEL --out @components --seeds 0,1 --tile 96 --threads 1");
  assert_sheet("components/components.png", 4, 5, 96);
  run("components -q MODEL --out @components2 --order 2,background --tile 96 --threads 1");
  assert_sheet("components2/components.png", 2, 2, 96);
}

static void test_mix(void)
{
  run("mix -q MODEL --out @mix --rows 0,1 --columns 2-4 --parts 1,4 --what texture --base --tile 96 --threads 1");
  g_assert_cmpint(count("mix"), ==, 3);
  assert_sheet("mix/mix-01-part-1-texture.png", 3, 4, 96);
  assert_sheet("mix/mix-04-part-4-texture.png", 3, 4, 96);
  assert_sheet("mix/mix-base.png", 3, 4, 96);
  /* Shape and both are other pictures. */
  run("mix -q MODEL --out @mix --rows 0,1 --columns 2-4 --parts 1 --tile 96 --threads 1");
  gsize a, b;
  g_autofree char *texture = contents("mix/mix-01-part-1-texture.png", &a),
                  *both = contents("mix/mix-01-part-1-both.png", &b);
  g_assert_true(a != b || memcmp(texture, both, a) != 0);
}

static void test_interpolate(void)
{
  run("interpolate -q MODEL --out @path --seeds 3,5,8 --frames 4 --tile 96 --threads 1");
  g_assert_cmpint(count("path/frames"), ==, 7);
  assert_sheet("path/sheet.png", 2, 7, 96);
  run("generate -q MODEL --out @ends --seeds 3,5,8 --only faces --threads 1");
  static const int frames[] = {0, 3, 6}, seeds[] = {3, 5, 8};
  for (int i = 0; i < 3; i++) { /* whole faces: key frames are the faces themselves, up to the rounding of the blend */
    g_autofree char *a = g_strdup_printf("path/frames/%04d.png", frames[i]),
                    *b = g_strdup_printf("ends/faces/%04d.png", seeds[i]);
    g_autoptr(SsgImage) x = load(a, SSG_IMAGE_RGB), y = load(b, SSG_IMAGE_RGB);
    for (int p = 0; p < 3 * 64 * 64; p++)
      g_assert_cmpint(abs(x->pixels[p] - y->pixels[p]), <=, 1);
  }
  run("interpolate -q MODEL --out @texture --seeds 3,5 --frames 2 --parts 4 --codes texture --threads 1");
  assert_same_pixels("texture/frames/0000.png", "ends/faces/0003.png");
  run("interpolate -q MODEL --out @nothing --seeds 3,3 --frames 3 --codes base --threads 1");
  assert_same_file("nothing/frames/0000.png", "nothing/frames/0002.png");
}

static void save_photo(const char *name, int width, int height)
{
  g_autofree char *path = in_folder(name);
  g_autoptr(SsgImage) image = ssg_image_new(width, height, 3, NULL);
  for (int i = 0; i < width * height; i++)
    memcpy(image->pixels + 3 * i, (guint8[]){0, 200, 30}, 3);
  SsgPixels pixels = ssg_image_pixels(image);
  g_assert_true(ssg_png_save(path, &pixels, NULL, NULL));
}

static void test_transform(void)
{
  run("transform -q MODEL --out @t --scales 0.5,1 --moves 0:0,0.2:-0.1,-0.3:0 --seeds 1,2 --tile 96 --threads 1");
  g_assert_cmpint(count("t"), ==, 2);
  assert_sheet("t/transform-0001.png", 2, 3, 96);
  run("transform -q MODEL --out @t2 --seeds 1 --background-from 3 --tile 96 --parts 1 --threads 1");
  assert_sheet("t2/transform-0001.png", 3, 3, 96);
  /* Moved out of sight, nothing of a face is left, and two faces over one background are one picture; asked for exactly what lies
   * beyond the square of training, the model draws it. */
  run("transform -q MODEL --out @gone --scales 0.1 --moves 1:-1 --seeds 1,2 --background-from 3 --tile 96 --threads 1");
  g_assert_cmpint(differing_below("gone/transform-0001.png", "gone/transform-0002.png", 96), ==, 0);
  run("transform -q MODEL --out @exact --scales 0.1 --moves 1:-1 --seeds 1,2 --background-from 3 --exact --tile 96 --threads 1");
  g_assert_cmpint(differing_below("exact/transform-0001.png", "exact/transform-0002.png", 96), >, 96);
  save_photo("photo.png", 80, 60);
  run("transform -q MODEL --out @t3 --seeds 1 --background @photo.png --tile 96 --threads 1");
  assert_sheet("t3/transform-0001.png", 3, 3, 96);
}

/* --- bench --- */

static void assert_quantiles(JsonObject *parent, const char *name)
{
  JsonObject *object = json_object_get_object_member(parent, name);
  g_assert_nonnull(object);
  double p50 = json_object_get_double_member(object, "p50"), p95 = json_object_get_double_member(object, "p95");
  g_assert_cmpfloat(p50, >, 0);
  g_assert_cmpfloat(p95, >=, p50);
}

static void test_bench(void)
{
  g_autofree char *table = NULL, *path = in_folder("bench.json");
  g_assert_cmpint(run_with("bench -q MODEL --runs 3 --json @bench.json --threads 1", &table, NULL), ==, 0);
  g_assert_nonnull(strstr(table, "whole render"));
  g_autoptr(JsonParser) parser = json_parser_new();
  g_assert_true(json_parser_load_from_file(parser, path, NULL));
  JsonObject *root = json_node_get_object(json_parser_get_root(parser));
  g_assert_cmpstr(json_object_get_string_member(root, "device"), ==, "cpu");
  g_assert_cmpstr(json_object_get_string_member(root, "precision"), ==, "f32");
  g_assert_cmpfloat(json_object_get_double_member(root, "launches"), ==, 0);
  g_assert_cmpint(json_object_get_int_member(root, "threads"), ==, 1);
  g_assert_cmpstr(json_object_get_string_member(root, "arch"), ==, "tiny");
  assert_quantiles(root, "render_ms");
  assert_quantiles(root, "first_picture_ms");
  JsonObject *edits = json_object_get_object_member(root, "part_edit_ms");
  g_assert_cmpuint(json_object_get_size(edits), ==, 5);
  assert_quantiles(edits, "part 4");
  double rate = json_object_get_double_member(root, "conv_rate_gflops"),
         reached = json_object_get_double_member(root, "gflops");
  g_assert_cmpfloat(rate, >, 0.5);
  g_assert_cmpfloat(reached, >, 0);
  /* gflops is what it says: twice the multiply-adds by the median */
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(model, NULL);
  double ms = json_object_get_double_member(json_object_get_object_member(root, "render_ms"), "p50");
  g_assert_cmpfloat(fabs(reached * ms * 1e6 / (2.0 * ssg_architecture_generator_macs(&info->arch)) - 1), <, 1e-6);
  double peak = json_object_get_double_member(root, "peak_rss_mib");
  g_assert_cmpfloat(peak, >, 5);
  g_assert_cmpfloat(peak, <, 4096);
}

/* --- bad input --- */

static void write_text(const char *name, const char *text, gssize size)
{
  g_autofree char *path = in_folder(name);
  g_assert_true(g_file_set_contents(path, text, size, NULL));
}

static void test_bad_input(void)
{
  gsize size;
  g_autofree char *whole = NULL, *wrong = in_folder("wrong.npy"), *nan_path = in_folder("nan.npy");
  g_assert_true(g_file_get_contents(model, &whole, &size, NULL));
  write_text("cut.pt", whole, (gssize) size / 2);
  write_text("junk.pt", "this is no model", -1);
  write_text("text.pt", "Dear reader,\nthis is a letter.\n", -1);
  write_text("own.pt", whole, (gssize) size);
  write_text("junk.safetensors", "\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10);
  write_text("junk.npy", "\x93NUMPY\x01", 7);
  write_text("file", "a file, no folder", -1);
  write_text("junk.png", "\x89PNG\r\n\x1a\nand nothing", -1);
  float codes[33] = {NAN}, huge[64] = {0};
  for (int i = 32; i < 64; i++)
    huge[i] = 1e38f;
  g_autofree char *huge_path = in_folder("huge.npy"), *folder_path = in_folder("folder.pt");
  g_assert_true(ssg_npy_save_f32(huge_path, &(SsgShape){.rank = 2, .dim = {2, 32}}, huge, NULL));
  g_assert_cmpint(g_mkdir(folder_path, 0777), ==, 0);
  g_assert_true(ssg_npy_save_f32(wrong, &(SsgShape){.rank = 2, .dim = {1, 33}}, codes, NULL));
  g_assert_true(ssg_npy_save_f32(nan_path, &(SsgShape){.rank = 1, .dim = {32}}, codes, NULL));
  static const struct {
    const char *line, *says;
  } cases[] = {{"info", "MODEL"},
               {"info @missing.pt", "missing.pt"},
               {"info @cut.pt", "cut.pt"},
               {"info @junk.pt", "junk.pt"},
               {"info @junk.safetensors", "junk.safetensors"},
               {"convert MODEL @bad.onnx", "bad.onnx"},
               {"convert MODEL @bad.pt --f16", "--f16"},
               {"convert MODEL @bad.safetensors --which h", "'h'"},
               {"convert @cut.pt @bad.safetensors", "cut.pt"},
               {"convert MODEL @no/such/bad.pt", "bad.pt"},
               {"convert @own.pt @own.pt", "one file"},
               {"info @text.pt", "neither"},
               {"generate MODEL", "--out"},
               {"generate MODEL --out=", "--out"},
               {"generate @missing.pt --out @bad", "missing.pt"},
               {"generate @cut.pt --out @bad", "cut.pt"},
               {"generate MODEL --out @bad --seeds 3-1", "--seeds"},
               {"generate MODEL --out @bad --seeds x", "--seeds"},
               {"generate MODEL --out @bad --seeds 0-99999999", "--seeds"},
               {"generate MODEL --out @bad --seeds 1 --latents @x.npy", "exclude"},
               {"generate MODEL --out @bad --latents @missing.npy", "missing.npy"},
               {"generate MODEL --out @bad --latents @junk.npy", "junk.npy"},
               {"generate MODEL --out @bad --latents @wrong.npy", "[1, 33]"},
               {"generate MODEL --out @bad --latents @nan.npy", "not finite"},
               {"generate MODEL --out @bad --raw @no/such/raw.safetensors", "no/such"},
               {"generate MODEL --out @bad --noise loud", "--noise"},
               {"generate MODEL --out @bad --only ears", "--only"},
               {"generate MODEL --out @bad --only=", "faces, masks and depth"},
               {"generate MODEL --out @bad --raw @bad/no/raw.safetensors", "bad/no"},
               {"generate MODEL --out @bad --hide wings", "'wings'"},
               {"generate MODEL --out @bad --hide 5", "'5'"},
               {"generate MODEL --out @bad --hide 0,1,2,3,4", "keep one part"},
               {"generate MODEL --out @bad --truncation nan", "--truncation"},
               {"generate MODEL --out @bad --truncation 9", "--truncation"},
               {"generate MODEL --out @file --seeds 1", "a file named"},
               {"generate MODEL --out @no/such/bad --seeds 1", "no/such"},
               {"components MODEL --out @bad --order 1,1", "twice"},
               {"components MODEL --out @bad --order all,1", "'all'"},
               {"components MODEL --out @bad --tile 5", "--tile"},
               {"mix MODEL --out @bad --what colour", "--what"},
               {"mix MODEL --out @bad --parts none", "'none'"},
               {"mix MODEL --out @bad --rows 1,,2", "--rows"},
               {"mix MODEL --out @bad --rows 0-100000 --columns 0-100000", "too large"},
               {"interpolate MODEL --out @bad --seeds 1", "--seeds"},
               {"interpolate MODEL --out @bad --frames 1", "--frames"},
               {"interpolate MODEL --out @bad --codes pose", "--codes"},
               {"interpolate MODEL --out @bad --codes=", "base, shape and texture"},
               {"interpolate MODEL --out @bad --seeds 0-999 --frames 10000", "9989002 pictures"},
               {"transform MODEL --out @bad --scales 0", "--scales"},
               {"transform MODEL --out @bad --scales one", "--scales"},
               {"transform MODEL --out @bad --moves 3:0", "--moves"},
               {"transform MODEL --out @bad --moves 1", "--moves takes pairs X:Y from -1 to 1"},
               {"transform MODEL --out @bad --seeds 2,2", "seed 2 twice"},
               {"transform MODEL --out @bad --tile 0", "--tile takes a number from 16 to 4096"},
               {"interpolate MODEL --out @bad --tile 0", "--tile takes a number from 16 to 4096"},
               {"interpolate MODEL --out @bad --frames 10001", "--frames takes a number from 2 to 10000"},
               {"mix MODEL --out @bad --rows 0,1,0", "seed 0 twice"},
               {"components MODEL --out @bad --truncation -2.1", "--truncation takes a number from -2 to 2"},
               {"generate MODEL --out @bad --seeds 0,0", "seed 0 twice"},
               {"generate MODEL --out @bad --seeds 3,1-4", "seed 3 twice"},
               {"generate MODEL --out @bad --threads 1025", "--threads takes a number from 0 to 1024"},
               {"generate MODEL --out @bad --device abacus", "abacus"},
               {"generate MODEL --out @bad --device cpu:7", "cpu:7"},
               {"generate MODEL --out @bad --precision tf32", "does not compute in tf32"}, /* and nothing else instead */
               {"bench --train --precision bf16", "does not compute in bf16"},
               {"generate MODEL --out @file/bad --seeds 1", "a file named"},
               {"generate MODEL --out @bad --seeds 1 --raw @", "not an ordinary file"},
               {"generate MODEL --out @bad --latents @huge.npy", "huge.npy: latent 1: "},
               {"convert MODEL @folder.pt", "not an ordinary file"},
               {"bench MODEL --json @", "not an ordinary file"},
               {"bench --train --json @no/b.json", "no/b.json"},
               {"bench --train --batch 0", "--batch takes a number from 1 to 65536"},
               {"bench --train --arch tiny-9", "there is no preset 'tiny-9'; there are "},
               {"bench MODEL --first-size 0", "--first-size"},
               {"transform MODEL --out @bad --moves 0:0:0", "--moves"},
               {"transform MODEL --out @bad --background-from me", "--background-from"},
               {"transform MODEL --out @bad --background @junk.png", "junk.png"},
               {"transform MODEL --out @bad --background @junk.png --background-from 1", "exclude"},
               {"bench MODEL --arch public-256", "exclude"},
               {"bench --arch huge", "huge"},
               {"bench MODEL --json @no/such/b.json", "no/such"},
               {"bench MODEL --runs 0", "--runs"},
               {"bench MODEL --precision f8", "--precision takes f32, tf32, f16 or bf16"},
               {"bench MODEL --first-size 48", "--first-size"}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *err = NULL;
    int code = run_with(cases[i].line, NULL, &err);
    if (code != 2 || !strstr(err, cases[i].says))
      g_error("%s: exit code %d, and said: %s", cases[i].line, code, err);
    if (!strstr(cases[i].line, "huge.npy")) /* found while drawing: the pictures before it are there */
      g_assert_false(exists("bad"));
    else
      g_assert_true(exists("bad/faces/0000.png") && !exists("bad/faces/0001.png") && remove_from_folder("bad"));
    g_assert_false(exists("bad.pt"));
    g_assert_false(exists("bad.safetensors"));
  }
  g_autofree char *own = contents("own.pt", &size);
  g_assert_cmpmem(own, size, whole, size); /* optimiser states and all */
}

/* What is known of a model that cannot be run is shown, with the reason; the other commands say the same. */
static void test_unrunnable(void)
{
  static const struct {
    const char *name, *says;
  } files[] = {{"missing.safetensors", "tensor style.1.bias is missing"},
               {"nan.safetensors", "of tensor style.1.bias is not finite"},
               {"shape.safetensors", "tensor style.1.bias has shape [3], expected [32]"}};
  run("convert -q MODEL @sound.safetensors");
  g_assert_cmpint(run_with("info @sound.safetensors", NULL, NULL), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autoptr(SsgSafetensors) sound = open_raw("sound.safetensors");
    g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
    for (guint t = 0; t < ssg_host_tensors_count(sound->tensors); t++) {
      SsgHostTensor *tensor = ssg_host_tensors_at(sound->tensors, t);
      if (!g_str_equal(tensor->name, "style.1.bias")) {
        g_assert_true(ssg_host_tensors_take(tensors, ssg_host_tensor_ref(tensor), NULL));
      } else if (i > 0) {
        float bad[32] = {0, NAN};
        SsgShape shape = {.rank = 1, .dim = {i == 1 ? 32 : 3}};
        g_assert_true(ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy("style.1.bias", SSG_F32, &shape, bad), NULL));
      }
    }
    g_autofree char *path = in_folder(files[i].name), *line = g_strconcat("info @", files[i].name, NULL), *out = NULL, *err = NULL;
    g_autofree char *json_line = g_strconcat("info --json @", files[i].name, NULL), *json = NULL, *other = NULL;
    g_autofree char *other_line = g_strconcat("generate --out @bad @", files[i].name, NULL);
    g_assert_true(ssg_safetensors_save(path, tensors, sound->metadata, NULL));
    g_assert_cmpint(run_with(line, &out, &err), ==, 2);
    g_assert_nonnull(strstr(out, "5 parts"));
    g_assert_nonnull(strstr(err, "this model cannot be run: "));
    g_assert_nonnull(strstr(err, files[i].says));
    g_assert_cmpint(run_with(json_line, &json, NULL), ==, 2);
    g_autoptr(JsonNode) root = json_from_string(json, NULL);
    g_assert_nonnull(strstr(json_object_get_string_member(json_node_get_object(root), "problem"), files[i].says));
    g_assert_cmpint(run_with(other_line, NULL, &other), ==, 2);
    g_assert_nonnull(strstr(other, files[i].says));
  }
}

/* A file of a version that this program does not know is not guessed at. */
static void test_newer_version(void)
{
  static const struct {
    const char *version, *says;
  } cases[] = {{"1", NULL}, {"2", "was written by a newer ssgan"}, {"99999999999999999999", "no whole number"}, {"new", "no whole number"}};
  run("convert -q MODEL @version.safetensors");
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(SsgSafetensors) file = open_raw("version.safetensors");
    g_autofree char *path = in_folder("other-version.safetensors"), *err = NULL;
    g_hash_table_replace(file->metadata, g_strdup("version"), g_strdup(cases[i].version));
    g_assert_true(ssg_safetensors_save(path, file->tensors, file->metadata, NULL));
    g_assert_cmpint(run_with("info @other-version.safetensors", NULL, &err), ==, cases[i].says ? 2 : 0);
    g_assert_true(!cases[i].says || strstr(err, cases[i].says));
  }
}

static int run_limited(int mib, const char *arguments, char **said)
{
  g_autofree char *script = g_strdup_printf("ulimit -v %d; exec %s %s", mib * 1024, g_getenv("SSG_TRAINER_PROGRAM"), arguments);
  char *argv[] = {(char *) "/bin/sh", (char *) "-c", script, NULL};
  int status;
  g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, said, &status, NULL));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1; /* so tight that the program does not start: anything may happen */
}

/* Under a limit that a face does not fit: refused with the figure and 2, while converting, which draws nothing, goes through. */
static void test_memory_refusal(void)
{
  g_autofree char *out = in_folder("refused"), *ours = in_folder("tight.safetensors"), *said = NULL;
  g_autofree char *convert = g_strdup_printf("convert -q --threads 1 %s %s", model, ours);
  g_autofree char *generate = g_strdup_printf("generate -q --threads 1 --seeds 0 --out %s %s", out, model);
  /* The least that lets convert through: about 38 MiB for this model, where rendering takes 51, beside the program's own space. */
  for (int mib = 64; mib < 2000 && !said; mib += 8) {
    g_autofree char *unused = NULL;
    if (run_limited(mib, convert, &unused) != 0)
      continue;
    g_assert_cmpint(run_limited(mib, generate, &said), ==, 2);
    g_test_message("%d MiB: %s", mib, said);
    g_assert_nonnull(strstr(said, "MiB of memory to run"));
  }
  g_assert_nonnull(said);
  g_assert_false(exists("refused"));
}

static void test_help(void)
{
  static const char *const names[] = {"info", "convert",     "generate",  "components",
                                      "mix",  "interpolate", "transform", "bench"};
  g_autofree char *list = NULL;
  g_assert_cmpint(run_with("--help", &list, NULL), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *line = g_strconcat(names[i], " --help", NULL), *help = NULL,
                    *entry = g_strdup_printf("\n  %s ", names[i]);
    g_assert_cmpint(run_with(line, &help, NULL), ==, 0);
    g_assert_nonnull(strstr(help, "Usage:"));
    g_assert_nonnull(strstr(list, entry));
  }
}

static void test_raw_room(void)
{
  g_autofree char *path = in_folder("not/there/yet.safetensors");
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(model, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_raw_file_has_room(path, info, 1, &error));
  g_assert_no_error(error);
  g_assert_false(ssg_raw_file_has_room(path, info, (gint64) 1 << 40, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_WRITE);
  g_assert_nonnull(strstr(error->message, "PB, and the disk has "));
}

/* A full disk, as a file-size limit: nothing half-written stays, and it is a failure, not bad input. */
static void test_no_room(void)
{
  g_autofree char *err = NULL, *line = NULL, *raw = in_folder("room.safetensors"), *out = in_folder("room");
  g_autofree char *ours = in_folder("room-model.safetensors");
  int status;
  const struct {
    char *command;
    const char *file;
  } cases[] = {
      {g_strdup_printf("%s generate -q --threads 1 %s --out %s --seeds 0-1 --raw %s", g_getenv("SSG_TRAINER_PROGRAM"),
                       model, out, raw),
       "room.safetensors"},
      {g_strdup_printf("%s convert -q %s %s", g_getenv("SSG_TRAINER_PROGRAM"), model, ours), "room-model.safetensors"}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    /* 64 blocks of 512 bytes; SIGXFSZ ignored, so that writing fails with EFBIG */
    g_autofree char *script = g_strdup_printf("trap '' XFSZ; ulimit -f 64; exec %s", cases[i].command);
    char *argv[] = {(char *) "/bin/sh", (char *) "-c", script, NULL};
    g_autofree char *said = NULL;
    g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &said, &status, NULL));
    g_test_message("%s", said);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    g_assert_nonnull(strstr(said, cases[i].file));
    g_assert_false(exists(cases[i].file));
    g_free(cases[i].command);
  }
  /* No temporary file is left either. */
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir));)
    g_assert_false(g_str_has_suffix(name, ".tmp"));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("ssgan-model-commands-XXXXXX", NULL);
  model = golden("tiny.pt");
  g_test_add_func("/trainer/model/help", test_help);
  g_test_add_func("/trainer/model/info", test_info);
  g_test_add_func("/trainer/model/convert", test_convert);
  g_test_add_func("/trainer/model/generate/files", test_generate_files);
  g_test_add_func("/trainer/model/generate/palette", test_mask_palette);
  g_test_add_func("/trainer/model/generate/raw-and-pictures", test_raw_agrees_with_pictures);
  g_test_add_func("/trainer/model/generate/goldens", test_raw_agrees_with_goldens);
  g_test_add_func("/trainer/model/generate/same-seed", test_same_seed_same_bytes);
  g_test_add_func("/trainer/model/generate/options", test_options_change_the_picture);
  g_test_add_func("/trainer/model/generate/hidden", test_hidden_part);
  g_test_add_func("/trainer/model/components", test_components);
  g_test_add_func("/trainer/model/mix", test_mix);
  g_test_add_func("/trainer/model/interpolate", test_interpolate);
  g_test_add_func("/trainer/model/transform", test_transform);
  g_test_add_func("/trainer/model/bench", test_bench);
  g_test_add_func("/trainer/model/bad-input", test_bad_input);
  g_test_add_func("/trainer/model/unrunnable", test_unrunnable);
  g_test_add_func("/trainer/model/newer-version", test_newer_version);
  g_test_add_func("/trainer/model/memory-refusal", test_memory_refusal);
  g_test_add_func("/trainer/model/no-room", test_no_room);
  g_test_add_func("/trainer/model/raw-room", test_raw_room);
  int status = g_test_run();
  folder_remove(folder);
  g_free(folder);
  g_free(model);
  return status;
}
