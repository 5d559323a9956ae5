/* Faces as values: what each edit changes, and that it changes nothing else. */
#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "engine/face.h"

#define K 4
#define B 2
#define D 3
#define L 5
#define S 6
#define ROWS (B + 2 * K)

static const SsgArchitecture arch = {.n_parts = K, .style_dim = S, .n_mapping = 1, .n_layers = L, .n_base = B,
  .n_depth = D, .local_channels = 1, .feature_channels = 1, .coarse_size = 4, .render_size = 4, .size = 8,
  .n_levels = 1, .render_channels = {1}};

static SsgFace *make_face(guint32 seed)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
  float codes[ROWS * S];
  for (int i = 0; i < ROWS * S; i++)
    codes[i] = g_rand_double_range(rand, -2, 2);
  GError *error = NULL;
  SsgFace *face = ssg_face_new(&arch, ROWS, codes, &error);
  g_assert_no_error(error);
  return face;
}

/* Bit r: row r of the codes differs. */
static guint changed_rows(const SsgFace *a, const SsgFace *b)
{
  guint rows = 0;
  for (int r = 0; r < ROWS; r++)
    if (memcmp(ssg_face_codes(a) + r * S, ssg_face_codes(b) + r * S, S * sizeof(float)) != 0)
      rows |= 1u << r;
  return rows;
}

#define SHAPE_ROW(part) (1u << (B + 2 * (part)))
#define TEXTURE_ROW(part) (1u << (B + 2 * (part) + 1))

static void assert_same_but_codes(const SsgFace *a, const SsgFace *b)
{
  for (int k = 0; k < K; k++) {
    SsgTransform s = ssg_face_transform(a, k), t = ssg_face_transform(b, k);
    g_assert_true(memcmp(&s, &t, sizeof s) == 0);
    g_assert_cmpint(ssg_face_shown(a, k), ==, ssg_face_shown(b, k));
  }
  g_assert_cmpint(ssg_face_noise(a), ==, ssg_face_noise(b));
  g_assert_cmpuint(ssg_face_noise_seed(a), ==, ssg_face_noise_seed(b));
}

static void test_new(void)
{
  float w[K * L * S];
  for (int i = 0; i < K * L * S; i++)
    w[i] = i;
  g_autoptr(SsgFace) one = ssg_face_new(&arch, 1, w, NULL);
  for (int r = 0; r < ROWS; r++)
    g_assert_true(memcmp(ssg_face_codes(one) + r * S, w, S * sizeof *w) == 0);
  for (int k = 0; k < K; k++) {
    SsgTransform t = ssg_face_transform(one, k);
    g_assert_true(t.scale == 1 && t.shift_x == 0 && t.shift_y == 0);
    g_assert_true(ssg_face_shown(one, k));
  }
  g_assert_cmpint(ssg_face_noise(one), ==, SSG_NOISE_STORED);

  GError *error = NULL;
  g_assert_null(ssg_face_new(&arch, 3, w, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_assert_nonnull(strstr(error->message, "1, 10 or 20 rows"));
  g_clear_error(&error);
  g_assert_null(ssg_face_new(&arch, K * L, w, &error)); /* all rows differ */
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_clear_error(&error);
  w[S + 2] = NAN;
  g_assert_null(ssg_face_new(&arch, ROWS, w, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FORMAT);
  g_assert_nonnull(strstr(error->message, "number 2 of row 1"));
  g_clear_error(&error);
}

/* MODEL.md, step 2. */
static void test_expand(void)
{
  g_autoptr(SsgFace) face = make_face(1);
  float expanded[K * L * S];
  ssg_face_expand(face, &arch, expanded);
  for (int k = 0; k < K; k++)
    for (int l = 0; l < L; l++) {
      const float *expected = l >= D           ? ssg_face_code(face, k, SSG_CODE_TEXTURE)
                              : k > 0 && l < B ? ssg_face_base(face, l)
                                               : ssg_face_code(face, k, SSG_CODE_SHAPE);
      g_assert_true(memcmp(expanded + (k * L + l) * S, expected, S * sizeof *expanded) == 0);
    }
  GError *error = NULL;
  g_autoptr(SsgFace) again = ssg_face_new(&arch, K * L, expanded, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_face_equal(face, again));
  /* One row out of step, in turn: the base of a later part, a background's shape, a texture. */
  const int rows[] = {2 * L + 1, 0 * L + 1, 3 * L + L - 1};
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    expanded[rows[i] * S + 3] += 1;
    g_assert_null(ssg_face_new(&arch, K * L, expanded, &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
    g_clear_error(&error);
    expanded[rows[i] * S + 3] -= 1;
    ssg_face_expand(face, &arch, expanded);
  }
}

static void test_swap(void)
{
  g_autoptr(SsgFace) face = make_face(1);
  g_autoptr(SsgFace) donor = make_face(2);
  const struct {
    SsgCode what;
    guint rows;
  } cases[] = {{SSG_CODE_SHAPE, SHAPE_ROW(2)}, {SSG_CODE_TEXTURE, TEXTURE_ROW(2)},
               {SSG_CODE_BOTH, SHAPE_ROW(2) | TEXTURE_ROW(2)}};
  for (int i = 0; i < 3; i++) {
    g_autoptr(SsgFace) swapped = ssg_face_swap_part(face, donor, 2, cases[i].what);
    g_assert_cmphex(changed_rows(face, swapped), ==, cases[i].rows);
    g_assert_cmphex(changed_rows(donor, swapped) & cases[i].rows, ==, 0);
    assert_same_but_codes(face, swapped);
  }
  g_autoptr(SsgFace) background = ssg_face_swap_part(face, donor, 0, SSG_CODE_BOTH);
  g_assert_cmphex(changed_rows(face, background), ==, SHAPE_ROW(0) | TEXTURE_ROW(0));
}

static void test_blend(void)
{
  g_autoptr(SsgFace) face = make_face(1);
  g_autoptr(SsgFace) plain_donor = make_face(2);
  g_autoptr(SsgFace) donor = ssg_face_set_transform(plain_donor, 1, (SsgTransform) {2, 0.5f, -1});

  g_autoptr(SsgFace) part = ssg_face_blend_part(face, donor, 1, 0.25f, 0);
  g_assert_cmphex(changed_rows(face, part), ==, SHAPE_ROW(1));
  for (int i = 0; i < S; i++) {
    float a = ssg_face_code(face, 1, SSG_CODE_SHAPE)[i], b = ssg_face_code(donor, 1, SSG_CODE_SHAPE)[i];
    g_assert_cmpfloat_with_epsilon(ssg_face_code(part, 1, SSG_CODE_SHAPE)[i], 0.75f * a + 0.25f * b, 1e-6f);
  }
  g_autoptr(SsgFace) whole = ssg_face_blend(face, donor, 1);
  g_assert_cmphex(changed_rows(donor, whole), ==, 0);
  g_autoptr(SsgFace) none = ssg_face_blend(face, donor, 0);
  g_assert_true(ssg_face_equal(face, none));
  g_autoptr(SsgFace) half = ssg_face_blend(face, donor, 0.5f);
  g_assert_cmphex(changed_rows(face, half), ==, (1 << ROWS) - 1);
  SsgTransform t = ssg_face_transform(half, 1);
  g_assert_true(t.scale == 1.5f && t.shift_x == 0.25f && t.shift_y == -0.5f);

  g_autoptr(SsgFace) base = ssg_face_blend_base(face, donor, 1);
  g_assert_cmphex(changed_rows(face, base), ==, (1 << B) - 1);
  g_assert_cmphex(changed_rows(donor, base) & ((1 << B) - 1), ==, 0);
}

static void test_move_and_truncate(void)
{
  g_autoptr(SsgFace) face = make_face(3);
  const float direction[S] = {1, 0, -2, 0, 0, 0.5f};
  g_autoptr(SsgFace) moved = ssg_face_move_part(face, 3, SSG_CODE_TEXTURE, direction, -3);
  g_assert_cmphex(changed_rows(face, moved), ==, TEXTURE_ROW(3));
  for (int i = 0; i < S; i++)
    g_assert_cmpfloat_with_epsilon(ssg_face_code(moved, 3, SSG_CODE_TEXTURE)[i],
                                   ssg_face_code(face, 3, SSG_CODE_TEXTURE)[i] - 3 * direction[i], 1e-6f);
  g_autoptr(SsgFace) pose = ssg_face_move_base(face, direction, 1);
  g_assert_cmphex(changed_rows(face, pose), ==, (1 << B) - 1);

  g_autoptr(SsgFace) truncated = ssg_face_truncate_part(face, 0, SSG_CODE_BOTH, direction, 0);
  g_assert_cmphex(changed_rows(face, truncated), ==, SHAPE_ROW(0) | TEXTURE_ROW(0));
  g_assert_true(memcmp(ssg_face_code(truncated, 0, SSG_CODE_SHAPE), direction, sizeof direction) == 0);
  g_autoptr(SsgFace) all = ssg_face_truncate(face, direction, 0.7f);
  g_assert_cmphex(changed_rows(face, all), ==, (1 << ROWS) - 1);
  for (int r = 0; r < ROWS; r++)
    for (int i = 0; i < S; i++)
      g_assert_cmpfloat_with_epsilon(ssg_face_codes(all)[r * S + i],
                                     0.3f * direction[i] + 0.7f * ssg_face_codes(face)[r * S + i], 1e-6f);
  g_autoptr(SsgFace) same = ssg_face_truncate(face, direction, 1);
  g_assert_true(ssg_face_equal(face, same));

  g_autoptr(SsgFace) set = ssg_face_set_code(face, 1, SSG_CODE_SHAPE, direction);
  g_assert_cmphex(changed_rows(face, set), ==, SHAPE_ROW(1));
  g_assert_true(memcmp(ssg_face_code(set, 1, SSG_CODE_SHAPE), direction, sizeof direction) == 0);
}

static void test_rest(void)
{
  g_autoptr(SsgFace) face = make_face(4);
  g_autoptr(SsgFace) hidden = ssg_face_set_shown(face, 2, FALSE);
  for (int k = 0; k < K; k++)
    g_assert_cmpint(ssg_face_shown(hidden, k), ==, k != 2);
  g_assert_true(ssg_face_codes(face) == ssg_face_codes(hidden)); /* shared, not copied */
  g_assert_false(ssg_face_equal(face, hidden));
  g_autoptr(SsgFace) shown = ssg_face_set_shown(hidden, 2, TRUE);
  g_assert_true(ssg_face_equal(face, shown));

  g_autoptr(SsgFace) moved = ssg_face_set_foreground_transform(face, (SsgTransform) {0.5f, 0.1f, 0.2f});
  g_assert_true(ssg_face_transform(moved, 0).scale == 1);
  for (int k = 1; k < K; k++)
    g_assert_true(ssg_face_transform(moved, k).scale == 0.5f && ssg_face_transform(moved, k).shift_y == 0.2f);
  g_assert_false(ssg_face_equal(face, moved));

  g_autoptr(SsgFace) noisy = ssg_face_set_noise(face, SSG_NOISE_SEEDED, 7);
  g_autoptr(SsgFace) other = ssg_face_set_noise(face, SSG_NOISE_SEEDED, 8);
  g_assert_cmpint(ssg_face_noise(noisy), ==, SSG_NOISE_SEEDED);
  g_assert_cmpuint(ssg_face_noise_seed(noisy), ==, 7);
  g_assert_false(ssg_face_equal(noisy, other));

  g_autoptr(SsgFace) donor = make_face(5);
  g_autoptr(SsgFace) a = ssg_face_swap_part(moved, donor, 2, SSG_CODE_BOTH);
  g_autoptr(SsgFace) edited = ssg_face_set_shown(a, 2, FALSE);
  g_autoptr(SsgFace) reset = ssg_face_reset_part(edited, face, 2);
  g_assert_cmphex(changed_rows(reset, face), ==, 0);
  g_assert_true(ssg_face_shown(reset, 2));
  g_assert_true(ssg_face_transform(reset, 2).scale == 1);
  g_assert_true(ssg_face_transform(reset, 1).scale == 0.5f);
}

/* Faces are shared between threads: counting references must not race. */
static gpointer ref_many(gpointer data)
{
  for (int i = 0; i < 100000; i++)
    ssg_face_unref(ssg_face_ref(data));
  return NULL;
}

static void test_threads(void)
{
  g_autoptr(SsgFace) face = make_face(6);
  g_autoptr(SsgFace) shared = ssg_face_set_shown(face, 1, FALSE);
  GThread *threads[2];
  for (int i = 0; i < 2; i++)
    threads[i] = g_thread_new("ref", ref_many, shared);
  for (int i = 0; i < 2; i++)
    g_thread_join(threads[i]);
  g_clear_pointer(&face, ssg_face_unref);
  g_autoptr(SsgFace) expected = make_face(6);
  g_assert_cmphex(changed_rows(shared, expected), ==, 0);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine/face/new", test_new);
  g_test_add_func("/engine/face/expand", test_expand);
  g_test_add_func("/engine/face/swap", test_swap);
  g_test_add_func("/engine/face/blend", test_blend);
  g_test_add_func("/engine/face/move-and-truncate", test_move_and_truncate);
  g_test_add_func("/engine/face/rest", test_rest);
  g_test_add_func("/engine/face/threads", test_threads);
  return g_test_run();
}
