/* Distances, class shares and locality against values known by other ways, and the command on the golden model. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "folder.h"
#include "trainer/error.h"
#include "trainer/metrics-measure.h"

static char *folder;

/* --- the Frechet distance --- */

static void test_frechet(void)
{
  /* One dimension: (m_a - m_b)^2 + (s_a - s_b)^2. */
  g_assert_cmpfloat_with_epsilon(ssg_frechet_distance(1, (double[]){1}, (double[]){4}, (double[]){4}, (double[]){25}),
                                 18, 1e-12);
  /* Covariances that commute: the same for every axis, whatever the basis. Rotated by 30 degrees: */
  double c = cos(G_PI / 6), s = sin(G_PI / 6);
  double a[4] = {4 * c * c + 9 * s * s, (4 - 9) * c * s, (4 - 9) * c * s, 4 * s * s + 9 * c * c};
  double b[4] = {1 * c * c + 36 * s * s, (1 - 36) * c * s, (1 - 36) * c * s, 1 * s * s + 36 * c * c};
  const double zero[3] = {0};
  g_assert_cmpfloat_with_epsilon(ssg_frechet_distance(2, zero, a, zero, b), 1 + 9, 1e-10);
  g_assert_cmpfloat_with_epsilon(ssg_frechet_distance(2, zero, a, zero, a), 0, 1e-10);
  /* Covariances that do not: of 2 x 2 matrices, tr (A B)^(1/2) = sqrt(tr AB + 2 sqrt(det AB)). */
  const double p[4] = {2, 0.5, 0.5, 1}, q[4] = {1, -0.6, -0.6, 3}, mean[2] = {1, -2};
  double trace = p[0] * q[0] + 2 * p[1] * q[1] + p[3] * q[3];
  double det = (p[0] * p[3] - p[1] * p[2]) * (q[0] * q[3] - q[1] * q[2]);
  g_assert_cmpfloat_with_epsilon(ssg_frechet_distance(2, mean, p, zero, q), 5 + 7 - 2 * sqrt(trace + 2 * sqrt(det)),
                                 1e-10);
  /* A covariance without full rank. */
  const double flat[9] = {4, 0, 0, 0, 0, 0, 0, 0, 1}, round[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  g_assert_cmpfloat_with_epsilon(ssg_frechet_distance(3, zero, flat, zero, round), 1 + 1 + 0, 1e-10);
}

/* --- distances of drawn pictures --- */

static SsgPictures *new_pictures(int n, int size, gboolean labels)
{
  g_autoptr(GError) error = NULL;
  SsgPictures *pictures = ssg_pictures_new(n, size, labels, &error);
  g_assert_no_error(error);
  return pictures;
}

/* Discs of random places, sizes and colours with a fine pattern on a ground of random colour. */
static SsgPictures *draw(int n, int size, guint32 seed)
{
  SsgPictures *pictures = new_pictures(n, size, FALSE);
  g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
  for (int i = 0; i < n; i++) {
    double x = g_rand_double_range(rand, 0.3, 0.7) * size, y = g_rand_double_range(rand, 0.3, 0.7) * size;
    double radius = g_rand_double_range(rand, 0.15, 0.35) * size;
    int disc[3], ground[3];
    for (int c = 0; c < 3; c++) {
      disc[c] = g_rand_int_range(rand, 50, 200);
      ground[c] = g_rand_int_range(rand, 50, 200);
    }
    for (int p = 0; p < size * size; p++) {
      double u = p % size - x, v = p / size - y;
      gboolean inside = u * u + v * v < radius * radius;
      for (int c = 0; c < 3; c++)
        pictures->rgb[3 * ((gsize) i * size * size + p) + c] =
            inside ? disc[c] + (p % size / 2 % 2 ? 20 : -20) : ground[c];
    }
  }
  return pictures;
}

static SsgPictures *copy(const SsgPictures *from)
{
  SsgPictures *to = new_pictures(from->n, from->size, FALSE);
  memcpy(to->rgb, from->rgb, (gsize) 3 * from->n * from->size * from->size);
  return to;
}

/* Three taps across, `times` times over. */
static SsgPictures *blurred(const SsgPictures *from, int times)
{
  SsgPictures *to = copy(from);
  for (; times > 0; times--) {
    g_autoptr(SsgPictures) last = copy(to);
    for (int i = 0; i < from->n * from->size * from->size; i++)
      for (int c = 0; c < 3 && i % from->size > 0 && i % from->size < from->size - 1; c++)
        to->rgb[3 * i + c] =
            (last->rgb[3 * (i - 1) + c] + 2 * last->rgb[3 * i + c] + last->rgb[3 * (i + 1) + c] + 2) / 4;
  }
  return to;
}

static SsgPictures *noisy(const SsgPictures *from, int amount)
{
  SsgPictures *to = copy(from);
  g_autoptr(GRand) rand = g_rand_new_with_seed(99);
  for (int i = 0; i < 3 * from->n * from->size * from->size; i++)
    to->rgb[i] = CLAMP(to->rgb[i] + g_rand_int_range(rand, -amount, amount + 1), 0, 255);
  return to;
}

static SsgPictures *lighter(const SsgPictures *from, int amount)
{
  SsgPictures *to = copy(from);
  for (int i = 0; i < 3 * from->n * from->size * from->size; i++)
    to->rgb[i] += amount; /* the pictures leave room */
  return to;
}

typedef gboolean (*Distance)(const SsgPictures *reference, const SsgPictures *const *sets, int n_sets, guint64 seed,
                             int jobs, SsgProgress *progress, SsgDistances *distances, GError **error);
static const Distance both[] = {ssg_sliced_distances, ssg_patch_distances};

static void measure(Distance distance, const SsgPictures *reference, const SsgPictures *const *sets, int n_sets,
                    int jobs, SsgDistances *distances)
{
  g_autoptr(GError) error = NULL;
  g_assert_true(distance(reference, sets, n_sets, 7, jobs, NULL, distances, &error));
  g_assert_no_error(error);
}

static void test_distances_grow(void)
{
  g_autoptr(SsgPictures) a = draw(24, 32, 1), again = draw(24, 32, 2), same = copy(a);
  g_autoptr(SsgPictures) blur_a = blurred(a, 1), blur_b = blurred(a, 4);
  g_autoptr(SsgPictures) noise_a = noisy(a, 4), noise_b = noisy(a, 16);
  g_autoptr(SsgPictures) light_a = lighter(a, 6), light_b = lighter(a, 24);
  const SsgPictures *const pairs[][2] = {{blur_a, blur_b}, {noise_a, noise_b}, {light_a, light_b}};
  for (size_t d = 0; d < G_N_ELEMENTS(both); d++) {
    SsgDistances beside[2], changed[2];
    measure(both[d], a, (const SsgPictures *const[]){same, again}, 2, 2, beside);
    g_assert_cmpint(beside[0].n_levels, ==, d ? 3 : 2); /* 32, 16 and for patches 8 */
    g_assert_cmpint(beside[0].size[0], ==, 32);
    g_assert_cmpint(beside[0].size[1], ==, 16);
    g_assert_cmpfloat(beside[0].mean, <, 1e-6);
    g_assert_cmpfloat(beside[1].mean, >, 1e-3);
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
      measure(both[d], a, pairs[i], 2, 2, changed);
      g_test_message("distance %zu, pair %zu: %g, %g", d, i, changed[0].mean, changed[1].mean);
      g_assert_cmpfloat(changed[0].mean, >, 1e-3);
      g_assert_cmpfloat(changed[1].mean, >, 1.5 * changed[0].mean);
    }
  }
}

static void test_distances_repeat(void)
{
  g_autoptr(SsgPictures) a = draw(20, 32, 1), b = draw(20, 32, 2);
  for (size_t d = 0; d < G_N_ELEMENTS(both); d++) {
    SsgDistances one, three;
    measure(both[d], a, (const SsgPictures *const[]){b}, 1, 1, &one);
    measure(both[d], a, (const SsgPictures *const[]){b}, 1, 3, &three);
    g_assert_cmpint(memcmp(&one, &three, sizeof one), ==, 0);
  }
}

/* Grey of any pixel at random, 0 to 199. */
static SsgPictures *grey_noise(int n, int size)
{
  SsgPictures *pictures = new_pictures(n, size, FALSE);
  g_autoptr(GRand) rand = g_rand_new_with_seed(5);
  for (int i = 0; i < n * size * size; i++)
    memset(pictures->rgb + 3 * i, g_rand_int_range(rand, 0, 200), 3);
  return pictures;
}

/* A sum of all pixels by `shift` moves every projection by shift / sigma times the sum of its direction's 147
 * components, which is N(0, 1) in all but the fourth digit: the mean distance is sqrt(2 / pi) shift / sigma, +/- 4 *
 * 0.6 / sqrt(512). */
static void test_sliced_value(void)
{
  g_autoptr(SsgPictures) a = grey_noise(32, 16), b = lighter(a, 40);
  SsgDistances distance;
  double sigma = sqrt((200.0 * 200 - 1) / 12), expected = sqrt(2 / G_PI) * 40 / sigma;
  measure(ssg_sliced_distances, a, (const SsgPictures *const[]){b}, 1, 1, &distance);
  g_assert_cmpint(distance.n_levels, ==, 1);
  g_assert_cmpfloat_with_epsilon(distance.value[0] / expected, 1, 0.13);
  /* Of a Laplacian pyramid, only the low-pass level sees it. */
  g_autoptr(SsgPictures) c = grey_noise(8, 64), d = lighter(c, 40);
  measure(ssg_sliced_distances, c, (const SsgPictures *const[]){d}, 1, 1, &distance);
  g_assert_cmpint(distance.n_levels, ==, 3);
  g_assert_cmpfloat(distance.value[0], <, 1e-4);
  g_assert_cmpfloat(distance.value[1], <, 1e-4);
  g_assert_cmpfloat(distance.value[2], >, 0.5);
}

/* Pictures of 8 pixels are one block each. A grey sum moves one feature of the 18, the mean of Y, and nothing else. */
static void test_patch_value(void)
{
  enum { N = 50, SHIFT = 30 };
  g_autoptr(SsgPictures) a = grey_noise(N, 8), b = lighter(a, SHIFT);
  double sum = 0, squares = 0;
  for (int i = 0; i < N; i++) {
    double mean = 0;
    for (int p = 0; p < 64; p++)
      mean += a->rgb[3 * (64 * i + p)] / 64.0;
    sum += mean / N;
    squares += mean * mean / N;
  }
  SsgDistances distance;
  measure(ssg_patch_distances, a, (const SsgPictures *const[]){b}, 1, 1, &distance);
  g_assert_cmpint(distance.n_levels, ==, 1);
  g_assert_cmpfloat_with_epsilon(distance.mean, SHIFT * SHIFT / (squares - sum * sum) / 18, 1e-4 * distance.mean);
}

/* Stripes across and stripes down have the same energy in each octave. */
static void test_patch_orientation(void)
{
  g_autoptr(SsgPictures) across = new_pictures(16, 16, FALSE), down = new_pictures(16, 16, FALSE);
  g_autoptr(GRand) rand = g_rand_new_with_seed(3);
  for (int i = 0; i < 16; i++) {
    int phase = g_rand_int_range(rand, 0, 4), amount = g_rand_int_range(rand, 10, 60);
    for (int p = 0; p < 256; p++) {
      memset(across->rgb + 3 * (256 * i + p), 128 + ((p % 16 + phase) / 2 % 2 ? amount : -amount), 3);
      memset(down->rgb + 3 * (256 * i + p), 128 + ((p / 16 + phase) / 2 % 2 ? amount : -amount), 3);
    }
  }
  SsgDistances distance;
  measure(ssg_patch_distances, across, (const SsgPictures *const[]){down}, 1, 1, &distance);
  g_assert_cmpfloat(distance.value[0], >, 10);
}

static void test_distances_too_small(void)
{
  g_autoptr(SsgPictures) a = grey_noise(2, 4);
  for (size_t d = 0; d < G_N_ELEMENTS(both); d++) {
    g_autoptr(GError) error = NULL;
    SsgDistances distance;
    g_assert_false(both[d](a, (const SsgPictures *const[]){a}, 1, 0, 1, NULL, &distance, &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  }
}

/* --- class shares --- */

static void test_class_shares(void)
{
  g_assert_cmpint(ssg_class_least_pixels(64), ==, 1);
  g_assert_cmpint(ssg_class_least_pixels(100), ==, 3);
  g_assert_cmpint(ssg_class_least_pixels(256), ==, 16);
  g_autoptr(SsgPictures) a = new_pictures(3, 100, TRUE), b = new_pictures(1, 100, TRUE);
  memset(a->labels, 0, 30000);
  memset(b->labels, 1, 10000);
  memset(a->labels + 10000, 2, 2500); /* a quarter of the second picture */
  memset(a->labels + 20000, 3, 2);    /* two stray pixels of the third do not count as the class */
  memset(a->labels + 5, 3, 3);        /* three of the first do */
  SsgClassShares shares = ssg_class_shares((const SsgPictures *const[]){a, b}, 2, 5);
  const double pixels[] = {27495 / 40000.0, 0.25, 0.0625, 5 / 40000.0, 0}, images[] = {0.75, 0.25, 0.25, 0.25, 0};
  for (int k = 0; k < 5; k++) {
    g_assert_cmpfloat_with_epsilon(shares.pixels[k], pixels[k], 1e-12);
    g_assert_cmpfloat_with_epsilon(shares.images[k], images[k], 1e-12);
  }
  g_assert_true(isnan(ssg_metrics_ratio(0.5, 0)));
  g_assert_cmpfloat(ssg_metrics_ratio(0.5, 0.25), ==, 2);
}

/* Pictures of 64 pixels, where a cell is a pixel and one is enough. The real ones have class 1 in a square; class 2 is nowhere. */
static void test_class_strays(void)
{
  g_autoptr(SsgPictures) real = new_pictures(2, 64, TRUE), pictures = new_pictures(4, 64, TRUE);
  guint8 *labels[4];
  memset(real->labels, 0, 2 * 4096);
  memset(pictures->labels, 0, 4 * 4096);
  for (int i = 0; i < 4; i++)
    labels[i] = pictures->labels + 4096 * i;
  for (int y = 20; y < 30; y++)
    memset(real->labels + 64 * y + 20, 1, 10);
  labels[0][64 * 25 + 25] = 1; /* within */
  labels[1][64 * 19 + 30] = 1; /* next to the corner */
  labels[2][64 * 18 + 25] = 1; /* one further up */
  labels[3][64 * 25 + 31] = 1; /* one further to the right */
  labels[3][64 * 5 + 5] = 2;
  SsgClassStrays strays = ssg_class_strays(real, pictures, 3), own = ssg_class_strays(real, real, 3);
  g_assert_cmpfloat(strays.classes[0], ==, 0);
  g_assert_cmpfloat(strays.classes[1], ==, 0.5);
  g_assert_cmpfloat(strays.classes[2], ==, 0.25);
  g_assert_cmpfloat(strays.any, ==, 0.5);
  g_assert_cmpfloat(own.any, ==, 0);
}

/* --- locality --- */

static void test_locality(void)
{
  /* Eight pixels. Part 1 gains pixel 2 and loses pixel 1; pixel 5 goes from 0 to 2 outside; 4, 5, 6 and 7 are others.
   */
  const guint8 mask_before[8] = {1, 1, 0, 0, 0, 0, 2, 2}, mask_after[8] = {1, 0, 1, 0, 0, 2, 2, 2};
  const float step = 1 / 127.5f;
  float before[24] = {0}, after[24] = {0};
  after[0] = 10 * step;                      /* pixel 0: 100 */
  after[3 + 1] = -20 * step;                 /* pixel 1: 400, inside since it was part 1 */
  after[6 + 2] = 10 * step;                  /* pixel 2: 100 */
  after[9] = -10 * step;                     /* pixel 3, outside: 100 */
  after[15 + 1] = after[15 + 2] = 10 * step; /* pixel 5, outside: 200 */
  before[21] = 1 + 50 * step;                /* pixel 7 is as light as can be, before and after */
  after[21] = 1;
  SsgLocality l = {0};
  g_assert_true(isnan(ssg_locality_inside(&l)) && isnan(ssg_locality_changed(&l)) && isnan(ssg_locality_strength(&l)));
  ssg_locality_add(&l, 1, 8, before, mask_before, after, mask_after);
  g_assert_cmpfloat_with_epsilon(ssg_locality_inside(&l), 600 / 900.0, 1e-6);
  g_assert_cmpfloat_with_epsilon(ssg_locality_changed(&l), 1 / 5.0, 1e-12);
  g_assert_cmpfloat_with_epsilon(ssg_locality_strength(&l), sqrt(600 / 9.0), 1e-5);
  /* A second edit, of a part that is nowhere: it adds to what is outside. */
  ssg_locality_add(&l, 3, 8, before, mask_before, after, mask_before);
  g_assert_cmpfloat_with_epsilon(ssg_locality_inside(&l), 600 / 1800.0, 1e-6);
  g_assert_cmpfloat_with_epsilon(ssg_locality_changed(&l), 1 / 13.0, 1e-12);
  g_assert_cmpint(l.edits, ==, 2);
  g_assert_cmpint(l.present, ==, 1);
}

/* Locality by the model equals what rendering the documented pairs one by one gives. */
static void test_locality_of_model(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename(g_getenv("SSG_TEST_GOLDENS"), "tiny.pt", NULL);
  g_autoptr(SsgContext) ctx = ssg_context_new("cpu", 1, &error);
  g_autoptr(SsgModel) model = ssg_model_load(ctx, path, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  g_autoptr(SsgSession) session = ssg_session_new(model);
  const SsgRenderOptions raw = {.raw = TRUE};
  SsgLocality measured[2 * SSG_MAX_PARTS], expected = {0};
  g_assert_true(ssg_locality_measure(session, 2, 40, 0.8f, NULL, measured, &error));
  for (int i = 0; i < 2; i++) {
    g_autoptr(SsgFace) face = ssg_model_sample(model, 40 + i, 0.8f, NULL);
    g_autoptr(SsgFace) donor = ssg_model_sample(model, 40 + 2 * (1 + 3) + i, 0.8f, NULL);
    g_autoptr(SsgFace) edited = ssg_face_set_code(face, 3, SSG_CODE_TEXTURE, ssg_face_code(donor, 3, SSG_CODE_TEXTURE));
    g_autoptr(SsgRender) before = ssg_session_render(session, face, &raw, NULL, NULL, NULL, NULL);
    g_autoptr(SsgRender) after = ssg_session_render(session, edited, &raw, NULL, NULL, NULL, NULL);
    ssg_locality_add(&expected, 3, (gsize) before->size * before->size, before->raw_rgb, before->mask, after->raw_rgb,
                     after->mask);
  }
  g_assert_cmpfloat(expected.energy, >, 0);
  /* What a session computes in one go depends on what it kept, so the last bits may differ. */
  g_assert_cmpfloat_with_epsilon(measured[7].energy / expected.energy, 1, 1e-3);
  g_assert_cmpfloat_with_epsilon(measured[7].energy_inside / expected.energy_inside, 1, 1e-3);
  g_assert_cmpint(ABS((int) (measured[7].inside - expected.inside)), <=, 1);
  g_assert_cmpint(ABS((int) (measured[7].changed - expected.changed)), <=, 1);
  g_assert_cmpfloat(fabs(measured[6].energy / expected.energy - 1), >, 0.01); /* the shape is another edit */
}

/* --- pictures of the data --- */

static void test_pictures_from_data(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename(g_getenv("SSG_TEST_GOLDENS"), "lmdb-mask-64", NULL);
  g_autoptr(SsgDataset) dataset = ssg_dataset_open(path, 0, &error);
  g_autoptr(SsgPictures) first = NULL, second = NULL;
  gsize pixels = 64 * 64, found = 0;
  g_assert_no_error(error);
  g_assert_true(ssg_pictures_from_data(dataset, 6, 64, 5, 3, 2, NULL, &first, &second, &error));
  for (int item = 0; item < 12; item++) { /* every picture once, to the byte */
    g_autoptr(SsgImage) image = ssg_dataset_decode_image(dataset, item, NULL);
    g_autoptr(SsgImage) label = ssg_dataset_decode_label(dataset, item, NULL);
    for (int i = 0; i < 12; i++) {
      const SsgPictures *set = i < 6 ? first : second;
      found += memcmp(set->rgb + 3 * pixels * (i % 6), image->pixels, 3 * pixels) == 0 &&
               memcmp(set->labels + pixels * (i % 6), label->pixels, pixels) == 0;
    }
  }
  g_assert_cmpuint(found, ==, 12);
  g_clear_pointer(&first, ssg_pictures_free);
  g_clear_pointer(&second, ssg_pictures_free);
  g_assert_false(ssg_pictures_from_data(dataset, 7, 64, 5, 3, 2, NULL, &first, &second, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT);
  g_clear_error(&error);
  g_assert_false(ssg_pictures_from_data(dataset, 6, 64, 4, 3, 2, NULL, &first, &second, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FORMAT); /* the data has five classes */
}

/* --- the command --- */

/* Exit code of `ssgan-trainer metrics tiny.pt --data goldens/DATA ...`; words are split at blanks. */
static int metrics_command(const char *data, const char *line, char **output, char **errors)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *rest = g_strdup_printf("%s metrics %s/tiny.pt --data %s/%s -q %s", g_getenv("SSG_TRAINER_PROGRAM"),
                                          g_getenv("SSG_TEST_GOLDENS"), g_getenv("SSG_TEST_GOLDENS"), data, line);
  g_auto(GStrv) argv = NULL;
  int status;
  g_assert_true(g_shell_parse_argv(rest, NULL, &argv, &error));
  g_assert_true(g_spawn_sync(NULL, argv, NULL, output ? 0 : G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, output, errors,
                             &status, &error));
  g_assert_no_error(error);
  g_assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static JsonObject *parse(JsonParser *parser, const char *text)
{
  g_autoptr(GError) error = NULL;
  json_parser_load_from_data(parser, text, -1, &error);
  g_assert_no_error(error);
  return json_node_get_object(json_parser_get_root(parser));
}

static double member(JsonObject *object, const char *inner, const char *name)
{
  return json_object_get_double_member(json_object_get_object_member(object, inner), name);
}

static void check_figures(JsonObject *root)
{
  static const char *const distances[] = {"sliced_wasserstein", "patch_statistics"};
  for (int d = 0; d < 2; d++) {
    double generated = member(root, distances[d], "generated"), real = member(root, distances[d], "real");
    g_assert_cmpfloat(real, >, 0);
    g_assert_cmpfloat(generated, >, real); /* random weights are no portraits */
    g_assert_cmpfloat_with_epsilon(member(root, distances[d], "ratio"), generated / real, 1e-9 * generated / real);
  }
  JsonArray *parts = json_object_get_array_member(root, "parts");
  double pixels = 0, data = 0;
  g_assert_cmpuint(json_array_get_length(parts), ==, 5);
  for (int k = 0; k < 5; k++) {
    JsonObject *part = json_array_get_object_element(parts, k);
    pixels += member(part, "pixels", "generated");
    data += member(part, "pixels", "data");
    g_assert_cmpfloat(member(part, "images", "data"), ==, 1); /* every drawn face has all five */
    g_assert_cmpfloat(member(part, "out_of_place", "generated"), <=, member(root, "out_of_place", "generated"));
    g_assert_cmpfloat(member(part, "out_of_place", "real"), <=, member(root, "out_of_place", "real"));
    for (int t = 0; t < 2; t++) {
      double inside = member(part, t ? "texture" : "shape", "inside");
      double changed = member(part, t ? "texture" : "shape", "outside_changed");
      g_assert_true(inside >= 0 && inside <= 1 && changed >= 0 && changed <= 1);
    }
  }
  g_assert_cmpfloat_with_epsilon(pixels, 1, 1e-9);
  g_assert_cmpfloat_with_epsilon(data, 1, 1e-9);
}

static void test_command(void)
{
  g_autofree char *json = g_build_filename(folder, "m.json", NULL), *sheet = g_build_filename(folder, "m.png", NULL);
  g_autofree char *line = g_strdup_printf("--edits 2 --seed 5 --threads 1 -j 1 --json %s --sheet %s", json, sheet);
  g_autofree char *table = NULL, *text = NULL, *again = NULL, *warning = NULL;
  g_autoptr(JsonParser) parser = json_parser_new();
  g_autoptr(GError) error = NULL;
  g_assert_cmpint(metrics_command("lmdb-mask-64", line, &table, &warning), ==, SSG_EXIT_OK);
  g_assert_nonnull(strstr(warning, "only 6 pictures of each kind"));
  g_assert_nonnull(strstr(table, "sliced Wasserstein x 1000"));
  g_assert_nonnull(strstr(table, "6 faces, seeds from 5, truncation 1"));
  g_assert_nonnull(strstr(table, "shape resampled"));
  g_assert_true(g_file_get_contents(json, &text, NULL, &error));
  check_figures(parse(parser, text));
  g_autoptr(SsgImage) image = ssg_image_load(sheet, SSG_IMAGE_RGB, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpint(image->width, >, 1000);
  g_assert_cmpint(image->height, >, 1000);
  /* The same figures with other numbers of threads, and on the output alone. */
  g_assert_cmpint(metrics_command("lmdb-mask-64", "--edits 2 --seed 5 --threads 2 -j 2 --json -", &again, NULL), ==,
                  SSG_EXIT_OK);
  g_assert_cmpstr(text, ==, again);
}

/* Truncated to the mean, all faces are one: nothing changes by an edit, and a class is in all pictures or in none.
 * Without masks the data's shares are unknown. */
static void test_command_truncated(void)
{
  g_autofree char *text = NULL;
  g_autoptr(JsonParser) parser = json_parser_new();
  g_assert_cmpint(metrics_command("lmdb-image-64", "--count 3 --edits 1 --truncation 0 --json -", &text, NULL), ==,
                  SSG_EXIT_OK);
  JsonObject *root = parse(parser, text);
  g_assert_cmpint(json_object_get_int_member(root, "count"), ==, 3);
  JsonArray *parts = json_object_get_array_member(root, "parts");
  for (int k = 0; k < 5; k++) {
    JsonObject *part = json_array_get_object_element(parts, k);
    double images = member(part, "images", "generated");
    g_assert_true(images == 0 || images == 1);
    g_assert_true(json_object_get_null_member(json_object_get_object_member(part, "images"), "data"));
    g_assert_true(json_object_get_null_member(json_object_get_object_member(part, "out_of_place"), "generated"));
    g_assert_true(json_object_get_null_member(json_object_get_object_member(part, "shape"), "inside"));
    g_assert_cmpfloat(member(part, "texture", "outside_changed"), ==, 0);
  }
}

static void expect_refusal(const char *data, const char *line, const char *words)
{
  g_autofree char *errors = NULL;
  g_assert_cmpint(metrics_command(data, line, NULL, &errors), ==, SSG_EXIT_BAD_INPUT);
  if (!strstr(errors, words))
    g_error("'%s' does not say '%s'", errors, words);
}

static void test_command_refuses(void)
{
  expect_refusal("lmdb-mask-64", "--count -1", "--count takes");
  expect_refusal("lmdb-mask-64", "--count 0", "--count takes");
  expect_refusal("lmdb-mask-64", "--edits -1", "--edits takes");
  expect_refusal("lmdb-mask-64", "--truncation 1e9", "--truncation takes");
  expect_refusal("lmdb-mask-64", "--which best", "there is no generator 'best'");
  expect_refusal("lmdb-mask-64", "--count 7", "has 12 images: two disjoint sets of 7");
  expect_refusal("nowhere", "", "nowhere");
  expect_refusal("nowhere", "--json /no/such/folder/m.json", "m.json: cannot be written"); /* said before anything is read */
  expect_refusal("nowhere", "--sheet /no/such/folder/m.png", "m.png: cannot be written");
  expect_refusal("nowhere", "--sheet m.jpg", "--sheet draws a PNG: m.jpg has to end in .png");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("ssgan-metrics-XXXXXX", NULL);
  g_test_add_func("/trainer/metrics/frechet", test_frechet);
  g_test_add_func("/trainer/metrics/distances-grow", test_distances_grow);
  g_test_add_func("/trainer/metrics/distances-repeat", test_distances_repeat);
  g_test_add_func("/trainer/metrics/sliced-value", test_sliced_value);
  g_test_add_func("/trainer/metrics/patch-value", test_patch_value);
  g_test_add_func("/trainer/metrics/patch-orientation", test_patch_orientation);
  g_test_add_func("/trainer/metrics/distances-too-small", test_distances_too_small);
  g_test_add_func("/trainer/metrics/class-shares", test_class_shares);
  g_test_add_func("/trainer/metrics/class-strays", test_class_strays);
  g_test_add_func("/trainer/metrics/locality", test_locality);
  g_test_add_func("/trainer/metrics/locality-of-model", test_locality_of_model);
  g_test_add_func("/trainer/metrics/pictures-from-data", test_pictures_from_data);
  g_test_add_func("/trainer/metrics/command", test_command);
  g_test_add_func("/trainer/metrics/command-truncated", test_command_truncated);
  g_test_add_func("/trainer/metrics/command-refuses", test_command_refuses);
  int status = g_test_run();
  folder_remove(folder);
  g_free(folder);
  return status;
}
