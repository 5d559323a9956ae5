/* Order, augmentation and batches of training data. */
#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "trainer/dataset-writer.h"
#include "trainer/loader.h"
#include "trainer/shuffle.h"
#include "folder.h"

#define R 64

static char *folder;

static SsgDataset *open_golden(const char *name)
{
  g_autofree char *path = g_build_filename(g_getenv("SSG_TEST_GOLDENS"), name, NULL);
  g_autoptr(GError) error = NULL;
  SsgDataset *dataset = ssg_dataset_open(path, 0, &error);
  g_assert_no_error(error);
  return dataset;
}

static void test_shuffle(void)
{
  static const guint64 counts[] = {1, 2, 3, 5, 12, 64, 65, 1000};
  for (size_t c = 0; c < G_N_ELEMENTS(counts); c++)
    for (guint64 epoch = 0; epoch < 4; epoch++) { /* each epoch holds every item once */
      g_autofree guint8 *seen = g_malloc0(counts[c]);
      for (guint64 j = 0; j < counts[c]; j++) {
        guint64 item = ssg_shuffle_index(5, counts[c], epoch * counts[c] + j);
        g_assert_cmpuint(item, <, counts[c]);
        g_assert_cmpint(seen[item]++, ==, 0);
      }
    }
  /* Epochs and seeds differ, and no place prefers an item: 6,000 draws of 12 give 500 each, +/- 5 sigma. */
  for (guint64 place = 0; place < 12; place += 11)
    for (int by_seed = 0; by_seed < 2; by_seed++) {
      int histogram[12] = {0};
      for (guint64 i = 0; i < 6000; i++)
        histogram[ssg_shuffle_index(by_seed ? i : 9, 12, (by_seed ? 0 : i * 12) + place)]++;
      for (int k = 0; k < 12; k++) {
        g_assert_cmpint(histogram[k], >, 500 - 107);
        g_assert_cmpint(histogram[k], <, 500 + 107);
      }
    }
  /* Pairs of neighbours are free too: 12 * 11 ordered pairs, 20,000 draws, chi squared with 131 degrees of freedom. */
  int pairs[144] = {0};
  for (guint64 epoch = 0; epoch < 20000; epoch++)
    pairs[12 * ssg_shuffle_index(3, 12, epoch * 12 + 4) + ssg_shuffle_index(3, 12, epoch * 12 + 5)]++;
  double chi = 0, expected = 20000.0 / 132;
  for (int k = 0; k < 144; k++)
    if (k / 12 != k % 12)
      chi += (pairs[k] - expected) * (pairs[k] - expected) / expected;
  g_assert_cmpfloat(chi, <, 200);
}

/* A picture in which every pixel says where it was: red the column, green the row. */
static void ramp(guint8 *rgb, guint8 *label)
{
  for (int i = 0; i < R * R; i++) {
    rgb[3 * i] = (guint8) (i % R * 3);
    rgb[3 * i + 1] = (guint8) (i / R * 3);
    rgb[3 * i + 2] = 128;
    label[i] = (guint8) (i % R / 8 + i / R / 8 * 8);
  }
}

static double level(float value)
{
  return (value + 1) * 127.5;
}

static void test_augment_flip(void)
{
  static guint8 rgb[3 * R * R], label[R * R], out_label[R * R];
  static float out[3 * R * R];
  guint8 swap[256];
  ramp(rgb, label);
  for (int i = 0; i < 256; i++)
    swap[i] = (guint8) (i ^ 1);
  const SsgAugment augment = {.flip = TRUE, .flip_labels = swap};
  int flipped = 0;
  for (guint64 position = 0; position < 400; position++) {
    SsgAugmentDraw draw = ssg_augment_draw(&augment, R, 1, position);
    g_assert_false(draw.affine);
    flipped += draw.flip;
    if (position >= 20)
      continue;
    ssg_augment_apply(&augment, &draw, R, rgb, label, out, out_label);
    for (int y = 0; y < R; y++)
      for (int x = 0; x < R; x++) {
        int from = y * R + (draw.flip ? R - 1 - x : x), to = y * R + x;
        g_assert_cmpfloat_with_epsilon(level(out[3 * to]), rgb[3 * from], 1e-3);
        g_assert_cmpfloat_with_epsilon(level(out[3 * to + 1]), rgb[3 * from + 1], 1e-3);
        g_assert_cmpint(out_label[to], ==, draw.flip ? label[from] ^ 1 : label[from]);
      }
  }
  g_assert_cmpint(flipped, >, 150);
  g_assert_cmpint(flipped, <, 250);
  SsgAugmentDraw none = ssg_augment_draw(NULL, R, 1, 2);
  ssg_augment_apply(NULL, &none, R, rgb, label, out, out_label);
  g_assert_cmpmem(out_label, sizeof out_label, label, sizeof label);
  rgb[0] = 0;
  rgb[1] = 255;
  ssg_augment_apply(NULL, &none, R, rgb, NULL, out, NULL);
  g_assert_cmpfloat(out[0], ==, -1);
  g_assert_cmpfloat(out[1], ==, 1);
}

/* From the ramp's values the source of every pixel is read back; a similarity must fit them, with the scale, angle and
 * shift inside what was asked for, and labels must come from the same places. */
static void test_augment_affine(void)
{
  static guint8 rgb[3 * R * R], label[R * R], out_label[R * R];
  static float out[3 * R * R];
  const SsgAugment augment = {.flip = TRUE, .probability = 1, .shift = 0.1, .scale = 0.2, .rotate = 30};
  double most_scale = 0, most_angle = 0, most_shift = 0;
  ramp(rgb, label);
  for (guint64 position = 0; position < 100; position++) {
    SsgAugmentDraw draw = ssg_augment_draw(&augment, R, 77, position);
    ssg_augment_apply(&augment, &draw, R, rgb, label, out, out_label);
    double at[3][2]; /* sources of the centre, and of 8 to the right and 8 below it: inside whatever was drawn */
    static const int places[3][2] = {{32, 32}, {40, 32}, {32, 40}};
    for (int i = 0; i < 3; i++)
      for (int c = 0; c < 2; c++)
        at[i][c] = level(out[3 * (places[i][1] * R + places[i][0]) + c]) / 3;
    double ax = (at[1][0] - at[0][0]) / 8, ay = (at[1][1] - at[0][1]) / 8, bx = (at[2][0] - at[0][0]) / 8,
           by = (at[2][1] - at[0][1]) / 8;
    double mirror = draw.flip ? -1 : 1;
    g_assert_cmpfloat_with_epsilon(mirror * ax, by, 0.02); /* no shear, and mirrored when it says so */
    g_assert_cmpfloat_with_epsilon(mirror * bx, -ay, 0.02);
    double scale = 1 / sqrt(bx * bx + by * by), angle = atan2(mirror * bx, by) * 180 / G_PI;
    /* Where the picture's centre went: -(inverse of the matrix) * offset; the matrix is a rotation over a scale. */
    double ox = mirror * (at[0][0] - 31.5 - 0.5 * (ax + bx)), oy = at[0][1] - 31.5 - 0.5 * (ay + by);
    double shift_x = -(by * ox - mirror * bx * oy) * scale * scale,
           shift_y = -(mirror * bx * ox + by * oy) * scale * scale;
    most_scale = MAX(most_scale, fabs(scale - 1));
    most_angle = MAX(most_angle, fabs(angle));
    most_shift = MAX(most_shift, MAX(fabs(shift_x), fabs(shift_y)));
    int differ = 0;
    for (int i = 0; i < R * R; i++) {
      double column = level(out[3 * i]) / 3, row = level(out[3 * i + 1]) / 3;
      int from = (int) floor(column + 0.5) / 8 + (int) floor(row + 0.5) / 8 * 8;
      differ += out_label[i] != from;
    }
    g_assert_cmpint(differ, <, R * R / 20); /* all but those that lie on a border */
  }
  g_test_message("scale %.3f angle %.2f shift %.2f", most_scale, most_angle, most_shift);
  g_assert_cmpfloat(most_scale, >, 0.15);
  g_assert_cmpfloat(most_scale, <, 0.21);
  g_assert_cmpfloat(most_angle, >, 25);
  g_assert_cmpfloat(most_angle, <, 30.5);
  g_assert_cmpfloat(most_shift, >, 5);
  g_assert_cmpfloat(most_shift, <, 6.5);
}

/* Moved by 10 and -7 pixels: the last column and the first row go on, in picture and labels alike. */
static void test_augment_edge(void)
{
  static guint8 rgb[3 * R * R], label[R * R], out_label[R * R];
  static float out[3 * R * R];
  const SsgAugment augment = {.probability = 1};
  const SsgAugmentDraw draw = {.affine = TRUE, .matrix = {1, 0, 0, 1}, .offset = {10, -7}};
  ramp(rgb, label);
  ssg_augment_apply(&augment, &draw, R, rgb, label, out, out_label);
  for (int y = 0; y < R; y++)
    for (int x = 0; x < R; x++) {
      int column = MIN(x + 10, R - 1), row = MAX(y - 7, 0);
      g_assert_cmpfloat_with_epsilon(level(out[3 * (y * R + x)]), 3 * column, 0.01);
      g_assert_cmpfloat_with_epsilon(level(out[3 * (y * R + x) + 1]), 3 * row, 0.01);
      g_assert_cmpint(out_label[y * R + x], ==, label[row * R + column]);
    }
}

/* `count` global batches as one run of floats; labels and indices beside it. */
typedef struct {
  GArray *images, *labels, *indices;
} Taken;

static Taken take(SsgDataset *dataset, SsgLoaderOptions options, int count)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgLoader) loader = ssg_loader_new(dataset, &options, &error);
  Taken taken = {g_array_new(FALSE, FALSE, sizeof(float)), g_array_new(FALSE, FALSE, 1),
                 g_array_new(FALSE, FALSE, sizeof(int))};
  g_assert_no_error(error);
  for (int i = 0; i < count; i++) {
    const SsgBatch *batch = ssg_loader_next(loader, &error);
    g_assert_no_error(error);
    g_assert_cmpint(batch->n, ==, options.batch / options.n_ranks);
    g_assert_cmpuint(batch->position, ==, options.position + (guint64) (i * options.batch));
    guint pixels = (guint) (options.size * options.size * batch->n);
    g_array_append_vals(taken.images, batch->images, 3 * pixels);
    if (batch->labels)
      g_array_append_vals(taken.labels, batch->labels, pixels);
    g_array_append_vals(taken.indices, batch->indices, (guint) batch->n);
  }
  return taken;
}

static void taken_clear(Taken *taken)
{
  g_array_unref(taken->images);
  g_array_unref(taken->labels);
  g_array_unref(taken->indices);
}

static void assert_same(const GArray *a, guint from, const GArray *b, gsize element)
{
  g_assert_cmpmem(a->data + from * element, b->len * element, b->data, b->len * element);
}

static const SsgAugment everything = {.flip = TRUE, .probability = 0.5, .shift = 0.05, .scale = 0.1, .rotate = 10};
static const SsgLoaderOptions basic = {
    .size = R, .batch = 6, .n_ranks = 1, .seed = 11, .n_classes = 5, .jobs = 1, .depth = 2};

static void test_contents(void)
{
  g_autoptr(SsgDataset) dataset = open_golden("lmdb-mask-64");
  g_autoptr(GError) error = NULL;
  Taken taken = take(dataset, basic, 4);
  for (guint i = 0; i < taken.indices->len; i++) {
    int index = g_array_index(taken.indices, int, i);
    g_assert_cmpint(index, ==, (int) ssg_shuffle_index(11, 12, i));
    g_autoptr(SsgImage) image = ssg_dataset_decode_image(dataset, index, &error);
    g_autoptr(SsgImage) label = ssg_dataset_decode_label(dataset, index, &error);
    g_assert_cmpmem(taken.labels->data + i * R * R, R * R, label->pixels, R * R);
    for (int p = 0; p < 3 * R * R; p++)
      g_assert_cmpfloat_with_epsilon(level(g_array_index(taken.images, float, i * 3 * R * R + p)), image->pixels[p],
                                     1e-3);
  }
  taken_clear(&taken);

  SsgLoaderOptions small = basic; /* another size: labels must still be classes */
  small.size = 32;
  taken = take(dataset, small, 1);
  for (guint i = 0; i < taken.labels->len; i++)
    g_assert_cmpint(taken.labels->data[i], <, 5);
  taken_clear(&taken);

  small.images_only = TRUE;
  taken = take(dataset, small, 1);
  g_assert_cmpuint(taken.labels->len, ==, 0);
  taken_clear(&taken);
}

/* Threads, depth, cache, ranks and where one resumes make no difference to what is seen. */
static void test_order(void)
{
  g_autoptr(SsgDataset) dataset = open_golden("lmdb-mask-64");
  SsgLoaderOptions options = basic;
  options.augment = &everything;
  Taken reference = take(dataset, options, 8);
  for (int variant = 0; variant < 4; variant++) {
    SsgLoaderOptions other = options;
    other.jobs = 1 + variant % 3 * 2;
    other.depth = 1 + variant;
    other.cache_bytes = variant % 2 ? 1 << 20 : 0;
    other.position = variant == 3 ? 24 : 0;
    Taken taken = take(dataset, other, variant == 3 ? 4 : 8);
    guint skipped = (guint) other.position;
    assert_same(reference.images, skipped * 3 * R * R, taken.images, sizeof(float));
    assert_same(reference.labels, skipped * R * R, taken.labels, 1);
    assert_same(reference.indices, skipped, taken.indices, sizeof(int));
    taken_clear(&taken);
  }
  for (int rank = 0; rank < 3; rank++) {
    SsgLoaderOptions other = options;
    other.n_ranks = 3;
    other.rank = rank;
    other.jobs = 2;
    Taken taken = take(dataset, other, 8);
    for (guint i = 0; i < taken.indices->len; i++) { /* rank r has r, r + 3 of each six */
      guint at = i / 2 * 6 + i % 2 * 3 + (guint) rank;
      g_assert_cmpint(g_array_index(taken.indices, int, i), ==, g_array_index(reference.indices, int, at));
      g_assert_cmpmem(taken.images->data + (gsize) i * 12 * R * R, 12 * R * R,
                      reference.images->data + (gsize) at * 12 * R * R, 12 * R * R);
    }
    taken_clear(&taken);
  }
  options.seed = 12;
  Taken other_seed = take(dataset, options, 8);
  g_assert_true(memcmp(other_seed.indices->data, reference.indices->data, 48 * sizeof(int)) != 0);
  taken_clear(&other_seed);
  taken_clear(&reference);
}

static void test_images_only(void)
{
  g_autoptr(SsgDataset) dataset = open_golden("lmdb-image-64");
  g_autoptr(GError) error = NULL;
  SsgLoaderOptions options = basic;
  g_assert_null(ssg_loader_new(dataset, &options, &error)); /* needs classes, but there are none */
  g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  options.images_only = TRUE;
  Taken taken = take(dataset, options, 2);
  g_assert_cmpuint(taken.labels->len, ==, 0);
  taken_clear(&taken);
}

static void expect_option_error(SsgDataset *dataset, SsgLoaderOptions options)
{
  g_autoptr(GError) error = NULL;
  g_assert_null(ssg_loader_new(dataset, &options, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
}

static void test_errors(void)
{
  g_autoptr(SsgDataset) golden = open_golden("lmdb-mask-64");
  g_autoptr(GError) error = NULL;
  SsgLoaderOptions options = basic;
  options.n_ranks = 4;
  expect_option_error(golden, options);
  options = basic;
  options.position = 7;
  expect_option_error(golden, options);
  options = basic;
  options.depth = 0;
  expect_option_error(golden, options);

  options = basic;
  options.n_classes = 4;
  {
    g_autoptr(SsgLoader) loader = ssg_loader_new(golden, &options, &error);
    g_assert_null(ssg_loader_next(loader, &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, "label 4"));
    g_clear_error(&error);
  }

  /* A label map of another shape than its picture would be cropped otherwise. */
  g_autofree char *odd_path = g_build_filename(folder, "odd", NULL);
  SsgDatasetWriter *odd_writer = ssg_dataset_writer_new(odd_path, SSG_DATASET_MASKS, R, &error);
  g_assert_no_error(error);
  gsize odd_size;
  const guint8 *odd_image = ssg_dataset_image(golden, 0, &odd_size);
  static const guint8 pixels[32 * 16];
  const SsgPixels wide = {.format = SSG_PIXELS_GRAY8, .width = 32, .height = 16, .pixels = pixels};
  g_autoptr(GBytes) odd_label = ssg_png_encode(&wide, NULL, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_dataset_writer_add(odd_writer, 0, odd_image, odd_size, g_bytes_get_data(odd_label, NULL), g_bytes_get_size(odd_label), &error));
  g_assert_true(ssg_dataset_writer_finish(odd_writer, &error));
  ssg_dataset_writer_free(odd_writer);
  {
    g_autoptr(SsgDataset) odd = ssg_dataset_open(odd_path, 0, &error);
    options = basic;
    g_autoptr(SsgLoader) loader = ssg_loader_new(odd, &options, &error);
    g_assert_null(ssg_loader_next(loader, &error));
    g_assert_nonnull(strstr(error->message, "label-0000000 is 32x16 pixels, but its picture 64x64"));
    g_clear_error(&error);
  }

  /* Image 7 of 12 is damaged: its batch fails and names it, the ones before do not. */
  g_autofree char *path = g_build_filename(folder, "damaged", NULL);
  SsgDatasetWriter *writer = ssg_dataset_writer_new(path, SSG_DATASET_MASKS, R, &error);
  g_assert_no_error(error);
  for (int i = 0; i < 12; i++) {
    gsize image_size, label_size;
    const guint8 *image = ssg_dataset_image(golden, i, &image_size), *label = ssg_dataset_label(golden, i, &label_size);
    g_assert_true(ssg_dataset_writer_add(writer, i, image, i == 7 ? 50 : image_size, label, label_size, &error));
  }
  g_assert_true(ssg_dataset_writer_finish(writer, &error));
  ssg_dataset_writer_free(writer);
  g_autoptr(SsgDataset) damaged = ssg_dataset_open(path, 0, &error);
  g_assert_no_error(error);
  for (int jobs = 1; jobs <= 3; jobs++) {
    options = basic;
    options.jobs = jobs;
    options.depth = 3;
    options.batch = 2;
    options.cache_bytes = jobs == 2 ? 1 << 20 : 0;
    g_autoptr(SsgLoader) loader = ssg_loader_new(damaged, &options, &error);
    gboolean failed = FALSE;
    for (guint64 at = 0; !failed; at += 2) {
      gboolean bad = ssg_shuffle_index(11, 12, at) == 7 || ssg_shuffle_index(11, 12, at + 1) == 7;
      failed = ssg_loader_next(loader, &error) == NULL;
      g_assert_cmpint(failed, ==, bad);
    }
    g_assert_nonnull(strstr(error->message, "image-0000007"));
    g_clear_error(&error);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("ssgan-loader-XXXXXX", NULL);
  g_test_add_func("/trainer/shuffle", test_shuffle);
  g_test_add_func("/trainer/augment/flip", test_augment_flip);
  g_test_add_func("/trainer/augment/affine", test_augment_affine);
  g_test_add_func("/trainer/augment/edge", test_augment_edge);
  g_test_add_func("/trainer/loader/contents", test_contents);
  g_test_add_func("/trainer/loader/order", test_order);
  g_test_add_func("/trainer/loader/images-only", test_images_only);
  g_test_add_func("/trainer/loader/errors", test_errors);
  int status = g_test_run();
  folder_remove(folder);
  g_free(folder);
  return status;
}
