/* Documents: what edits change and what they leave alone, undo, gestures, sliders, locks, notifications. */
#include "tests/app/helpers.h"

#include <math.h>
#include "app/shelf.h"

static gboolean same_row(const SsgFace *a, const SsgFace *b, int part, SsgCode what)
{
  return memcmp(ssg_face_code(a, part, what), ssg_face_code(b, part, what), S * sizeof(float)) == 0;
}

static guint n_entries(SsgDocument *document)
{
  return g_list_model_get_n_items(ssg_document_history(document));
}

static const char *newest(SsgDocument *document)
{
  g_autoptr(SsgHistoryEntry) entry = g_list_model_get_item(ssg_document_history(document), n_entries(document) - 1);
  return ssg_history_entry_description(entry);
}

static void count(gpointer data)
{
  ++*(int *) data;
}

static void test_edits(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) donor = make_face(2);
  g_autoptr(SsgFace) start = ssg_face_ref(ssg_document_face(document));
  g_assert_false(ssg_document_modified(document));
  g_assert_cmpstr(ssg_document_part_title(document, 2), ==, "Hair");
  g_assert_cmpstr(ssg_document_part_title(document, 4), ==, "Tail");
  g_assert_cmpstr(ssg_document_part_title(document, SSG_PART_BASE), ==, "Pose");

  g_assert_true(ssg_document_swap(document, donor, "face 2", 2, SSG_CODE_TEXTURE));
  g_assert_cmpstr(newest(document), ==, "Hair texture from face 2");
  g_assert_true(same_row(ssg_document_face(document), donor, 2, SSG_CODE_TEXTURE));
  g_assert_true(same_row(ssg_document_face(document), start, 2, SSG_CODE_SHAPE));
  g_assert_true(ssg_document_modified(document));
  g_assert_false(ssg_document_swap(document, donor, "face 2", 2, SSG_CODE_TEXTURE)); /* the same again: nothing */
  g_assert_cmpuint(n_entries(document), ==, 2);

  g_assert_true(ssg_document_swap(document, donor, "face 2", SSG_PART_BASE, SSG_CODE_BOTH));
  g_assert_cmpstr(newest(document), ==, "Pose from face 2");
  g_assert_true(memcmp(ssg_face_base(ssg_document_face(document), 1), ssg_face_base(donor, 1), S * sizeof(float)) == 0);

  g_assert_true(ssg_document_set_shown(document, 3, FALSE));
  g_assert_cmpstr(newest(document), ==, "Glasses hidden");
  g_assert_true(ssg_document_reset(document, 2));
  g_assert_cmpstr(newest(document), ==, "Hair reset");
  g_assert_true(same_row(ssg_document_face(document), start, 2, SSG_CODE_TEXTURE));
  g_assert_false(ssg_face_shown(ssg_document_face(document), 3));
  g_assert_true(ssg_document_reset(document, SSG_PART_WHOLE));
  g_assert_true(ssg_face_equal(ssg_document_face(document), start));

  g_assert_true(ssg_document_swap(document, donor, "face 2", SSG_PART_WHOLE, SSG_CODE_BOTH));
  g_assert_cmpstr(newest(document), ==, "Everything from face 2");
  g_assert_true(ssg_face_equal(ssg_document_face(document), donor));
  g_assert_true(ssg_document_origin(document) == ssg_document_face(document)); /* resets go to the new face now */
  g_assert_true(ssg_document_set_shown_mask(document, 3));
  g_assert_cmpstr(newest(document), ==, "2 parts shown");
  g_assert_true(ssg_document_set_noise(document, SSG_NOISE_SEEDED, 4));
  g_assert_cmpuint(ssg_face_noise_seed(ssg_document_face(document)), ==, 4);
}

/* Undo everything, redo everything: the same faces to the bit, and the same objects. */
static void test_undo(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(GPtrArray) faces = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_face_unref);
  g_autoptr(GRand) rand = g_rand_new_with_seed(3);
  for (int i = 0; i < 300; i++) {
    g_autoptr(SsgFace) donor = make_face(i + 100);
    int part = g_rand_int_range(rand, 0, K);
    switch (g_rand_int_range(rand, 0, 5)) {
    case 0:
      ssg_document_swap(document, donor, "x", part, SSG_CODE_SHAPE);
      break;
    case 1:
      ssg_document_resample(document, donor, part, SSG_CODE_BOTH);
      break;
    case 2:
      ssg_document_set_shown(document, part, g_rand_boolean(rand));
      break;
    case 3:
      ssg_document_set_noise(document, SSG_NOISE_SEEDED, i);
      break;
    default:
      ssg_document_swap(document, donor, "x", SSG_PART_WHOLE, SSG_CODE_BOTH);
    }
  }
  guint n = n_entries(document);
  g_assert_cmpuint(n, >, 200);
  for (guint i = 0; i < n; i++) {
    g_autoptr(SsgHistoryEntry) entry = g_list_model_get_item(ssg_document_history(document), i);
    SsgFace *face = ssg_history_entry_face(entry);
    int rows = 2 + 2 * K;
    SsgFace *copy = ssg_face_new(&tiny, rows, ssg_face_codes(face), NULL); /* a deep one, to compare with later */
    for (int k = 0; k < K; k++) {
      SsgFace *shown = ssg_face_set_shown(copy, k, ssg_face_shown(face, k));
      ssg_face_unref(copy);
      copy = ssg_face_set_transform(shown, k, ssg_face_transform(face, k));
      ssg_face_unref(shown);
    }
    SsgFace *noisy = ssg_face_set_noise(copy, ssg_face_noise(face), ssg_face_noise_seed(face));
    ssg_face_unref(copy);
    g_ptr_array_add(faces, noisy);
  }
  for (guint i = n - 1; i-- > 0;) {
    g_assert_true(ssg_document_undo(document));
    g_assert_true(ssg_face_equal(ssg_document_face(document), g_ptr_array_index(faces, i)));
  }
  g_assert_false(ssg_document_undo(document));
  g_assert_null(ssg_document_undo_description(document));
  g_assert_nonnull(ssg_document_redo_description(document));
  for (guint i = 1; i < n; i++) {
    g_assert_true(ssg_document_redo(document));
    g_assert_true(ssg_face_equal(ssg_document_face(document), g_ptr_array_index(faces, i)));
  }
  g_assert_false(ssg_document_redo(document));
  ssg_document_jump(document, 7);
  g_assert_true(ssg_face_equal(ssg_document_face(document), g_ptr_array_index(faces, 7)));
  g_autoptr(SsgFace) other = make_face(9999);
  g_assert_true(ssg_document_apply(document, other, "Other", NULL)); /* forgets what was undone */
  g_assert_cmpuint(n_entries(document), ==, 9);
  g_assert_cmpint(ssg_document_position(document), ==, 8);
}

static void test_coalescing(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  for (int i = 1; i <= 5; i++)
    g_assert_true(ssg_document_set_transform(document, 1, (SsgTransform) {1, 0.1f * i, 0}));
  g_assert_cmpuint(n_entries(document), ==, 2);
  g_assert_cmpstr(newest(document), ==, "Skin moved");
  g_assert_true(ssg_document_set_transform(document, SSG_PART_WHOLE, (SsgTransform) {2, 0, 0}));
  g_assert_cmpuint(n_entries(document), ==, 3);
  g_assert_cmpstr(newest(document), ==, "Foreground scaled");
  g_assert_cmpfloat(ssg_face_transform(ssg_document_face(document), 0).scale, ==, 1);
  g_assert_true(ssg_document_undo(document));
  g_assert_true(ssg_document_redo(document));
  g_assert_true(ssg_document_set_transform(document, SSG_PART_WHOLE, (SsgTransform) {3, 0, 0}));
  g_assert_cmpuint(n_entries(document), ==, 4); /* undo in between ends coalescing */
}

static void test_gestures(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) start = ssg_face_ref(ssg_document_face(document));
  int changes = 0, faces = 0;
  g_signal_connect_swapped(document, "changed", G_CALLBACK(count), &changes);
  g_signal_connect_swapped(document, "notify::face", G_CALLBACK(count), &faces);
  ssg_document_begin_gesture(document);
  for (int i = 1; i <= 10; i++)
    ssg_document_set_transform(document, 2, (SsgTransform) {1, 0.01f * i, 0});
  g_assert_cmpint(changes, ==, 0); /* previews are not to be saved */
  g_assert_cmpint(faces, ==, 10);
  g_assert_true(ssg_document_current(document) == start);
  g_assert_cmpfloat(ssg_face_transform(ssg_document_face(document), 2).shift_x, >, 0.09f);
  g_assert_true(ssg_document_end_gesture(document, NULL));
  g_assert_cmpint(changes, ==, 1);
  g_assert_cmpint(faces, ==, 10); /* what is on screen stays there */
  g_assert_cmpuint(n_entries(document), ==, 2);
  g_assert_cmpstr(newest(document), ==, "Hair moved");

  ssg_document_begin_gesture(document);
  ssg_document_set_transform(document, 2, (SsgTransform) {5, 0, 0});
  ssg_document_cancel_gesture(document);
  g_assert_cmpuint(n_entries(document), ==, 2);
  g_assert_cmpfloat(ssg_face_transform(ssg_document_face(document), 2).scale, ==, 1);
  ssg_document_begin_gesture(document);
  g_assert_false(ssg_document_end_gesture(document, "Nothing"));
  g_assert_cmpuint(n_entries(document), ==, 2);
}

static SsgDirectionSet *make_directions(int part, SsgCode what)
{
  float directions[3 * S], effects[3] = {3, 2, 1};
  for (int i = 0; i < 3 * S; i++)
    directions[i] = sinf(i + part);
  return ssg_direction_set_new(part, what, 3, S, directions, effects);
}

static void tune_blend(SsgDocument *document, int part, SsgCode what, float amount)
{
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(document, part);
  g_autoptr(SsgTuning) moved = ssg_tuning_with_blend(tuning, what, amount);
  ssg_document_tune(document, moved);
}

static void test_sliders(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) start = ssg_face_ref(ssg_document_face(document));
  g_autoptr(SsgFace) donor = make_face(2);
  g_autoptr(SsgDirectionSet) set = make_directions(2, SSG_CODE_SHAPE);
  ssg_document_set_donor(document, donor, "face 2");

  ssg_document_begin_gesture(document);
  for (int i = 1; i <= 20; i++)
    tune_blend(document, 2, SSG_CODE_SHAPE, 0.05f * i);
  g_assert_true(ssg_document_end_gesture(document, NULL));
  g_assert_cmpuint(n_entries(document), ==, 2);
  g_assert_cmpstr(newest(document), ==, "Hair shape towards face 2");
  g_assert_true(same_row(ssg_document_face(document), donor, 2, SSG_CODE_SHAPE)); /* at 1 it is the donor's, to the bit */

  /* Another slider of the part adds to it; then both go back to rest, and the codes with them. */
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(document, 2);
  g_assert_cmpfloat(ssg_tuning_blend(tuning, SSG_CODE_SHAPE), ==, 1);
  g_autoptr(SsgTuning) varied = ssg_tuning_with_direction(tuning, set, 1, -2);
  g_assert_true(ssg_document_tune(document, varied));
  g_assert_cmpstr(newest(document), ==, "Hair varied");
  g_assert_cmpfloat_with_epsilon(ssg_face_code(ssg_document_face(document), 2, SSG_CODE_SHAPE)[5],
                                 ssg_face_code(donor, 2, SSG_CODE_SHAPE)[5] - 2 * set->directions[S + 5], 1e-5f);
  g_autoptr(SsgTuning) known = ssg_document_tuning(document, 2);
  g_assert_cmpfloat(ssg_tuning_direction(known, set, 1), ==, -2);
  g_autoptr(SsgTuning) without = ssg_tuning_with_direction(known, set, 1, 0);
  g_autoptr(SsgTuning) rest = ssg_tuning_with_blend(without, SSG_CODE_SHAPE, 0);
  g_assert_true(ssg_tuning_at_rest(rest));
  g_assert_true(ssg_document_tune(document, rest));
  g_assert_true(ssg_face_equal(ssg_document_face(document), start));

  /* Undo brings the sliders back with the face. */
  ssg_document_jump(document, 1);
  g_autoptr(SsgTuning) undone = ssg_document_tuning(document, 2);
  g_assert_cmpfloat(ssg_tuning_blend(undone, SSG_CODE_SHAPE), ==, 1);
  g_assert_cmpfloat(ssg_tuning_direction(undone, set, 1), ==, 0);

  /* An edit of another part leaves them, one of this part lets them start anew. */
  g_assert_true(ssg_document_swap(document, donor, "face 2", 1, SSG_CODE_BOTH));
  g_autoptr(SsgTuning) kept = ssg_document_tuning(document, 2);
  g_assert_cmpfloat(ssg_tuning_blend(kept, SSG_CODE_SHAPE), ==, 1);
  g_assert_true(ssg_document_reset(document, 2));
  g_autoptr(SsgTuning) anew = ssg_document_tuning(document, 2);
  g_assert_true(ssg_tuning_at_rest(anew));

  /* Another donor: what was blended stays, the sliders are at rest. */
  tune_blend(document, 2, SSG_CODE_TEXTURE, 0.5f);
  g_autoptr(SsgFace) other = make_face(3);
  g_autoptr(SsgFace) before = ssg_face_ref(ssg_document_face(document));
  ssg_document_set_donor(document, other, "face 3");
  g_autoptr(SsgTuning) now = ssg_document_tuning(document, 2);
  g_assert_true(ssg_tuning_at_rest(now));
  g_autoptr(SsgFace) applied = ssg_tuning_apply(now, before);
  g_assert_true(ssg_face_equal(applied, before));
}

static void assert_blends(SsgDocument *document, int part, float shape, float texture)
{
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(document, part);
  g_autoptr(SsgFace) applied = ssg_tuning_apply(tuning, ssg_document_face(document));
  g_assert_cmpfloat(ssg_tuning_blend(tuning, SSG_CODE_SHAPE), ==, shape);
  g_assert_cmpfloat(ssg_tuning_blend(tuning, SSG_CODE_TEXTURE), ==, texture);
  g_assert_true(ssg_face_equal(applied, ssg_document_face(document))); /* what is shown is what the sliders say */
}

static gboolean may_blend(SsgDocument *document, int part, SsgCode what)
{
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(document, part);
  return ssg_tuning_can_blend(tuning, what);
}

/* A swap is a blend that went all the way: the sliders stand at the donor's end, back at 0 is what was before. */
static void test_swapped_sliders(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) start = ssg_face_ref(ssg_document_face(document));
  g_autoptr(SsgFace) a = make_face(2), b = make_face(3), a_again = make_face(2);
  g_autoptr(SsgDirectionSet) set = make_directions(2, SSG_CODE_SHAPE);
  ssg_document_set_donor(document, a, "face 2");
  g_assert_true(ssg_document_swap(document, a, "face 2", 2, SSG_CODE_BOTH));
  assert_blends(document, 2, 1, 1);
  assert_blends(document, 1, 0, 0);
  tune_blend(document, 2, SSG_CODE_SHAPE, 0.5f);
  g_assert_cmpstr(newest(document), ==, "Hair shape towards face 2");
  g_assert_cmpfloat_with_epsilon(ssg_face_code(ssg_document_face(document), 2, SSG_CODE_SHAPE)[7],
                                 (ssg_face_code(start, 2, SSG_CODE_SHAPE)[7] + ssg_face_code(a, 2, SSG_CODE_SHAPE)[7]) / 2,
                                 1e-6f);
  tune_blend(document, 2, SSG_CODE_BOTH, 0);
  g_assert_true(ssg_face_equal(ssg_document_face(document), start));
  ssg_document_jump(document, 1);
  assert_blends(document, 2, 1, 1);
  ssg_document_undo(document);
  assert_blends(document, 2, 0, 0);
  ssg_document_redo(document);
  assert_blends(document, 2, 1, 1);

  /* Shape alone, then the texture from the same donor; the same face from another shelf is the same donor. */
  ssg_document_jump(document, 0);
  g_assert_true(ssg_document_swap(document, a, "face 2", 2, SSG_CODE_SHAPE));
  assert_blends(document, 2, 1, 0);
  g_assert_true(ssg_document_swap(document, a_again, "face 2", 2, SSG_CODE_TEXTURE));
  assert_blends(document, 2, 1, 1);
  ssg_document_set_donor(document, a_again, "face 2");
  assert_blends(document, 2, 1, 1);
  g_assert_false(ssg_document_swap(document, a, "face 2", 2, SSG_CODE_BOTH));

  /* Towards another face from what is there now; what came from the first is the 0 of the second. */
  g_autoptr(SsgFace) first = ssg_face_ref(ssg_document_face(document));
  g_assert_true(ssg_document_swap(document, b, "face 3", 2, SSG_CODE_TEXTURE));
  ssg_document_set_donor(document, b, "face 3");
  assert_blends(document, 2, 0, 1);
  tune_blend(document, 2, SSG_CODE_TEXTURE, 0);
  g_assert_true(ssg_face_equal(ssg_document_face(document), first));
  ssg_document_undo(document);
  ssg_document_undo(document);
  assert_blends(document, 2, 0, 0); /* towards face 3 */
  ssg_document_set_donor(document, a, "face 2");
  assert_blends(document, 2, 1, 1); /* and all of face 2 */

  /* Directions of what is taken are part of what was before; the other code's stay where they are. */
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(document, 2);
  g_autoptr(SsgTuning) varied = ssg_tuning_with_direction(tuning, set, 1, -2);
  g_assert_true(ssg_document_tune(document, varied));
  g_autoptr(SsgFace) before = ssg_face_ref(ssg_document_face(document));
  g_assert_true(ssg_document_swap(document, b, "face 3", 2, SSG_CODE_TEXTURE));
  ssg_document_set_donor(document, b, "face 3");
  assert_blends(document, 2, 0, 1);
  g_autoptr(SsgTuning) kept = ssg_document_tuning(document, 2);
  g_assert_cmpfloat(ssg_tuning_direction(kept, set, 1), ==, -2);
  g_assert_true(ssg_document_swap(document, b, "face 3", 2, SSG_CODE_SHAPE));
  assert_blends(document, 2, 1, 1);
  g_autoptr(SsgTuning) taken = ssg_document_tuning(document, 2);
  g_assert_cmpfloat(ssg_tuning_direction(taken, set, 1), ==, 0);
  tune_blend(document, 2, SSG_CODE_BOTH, 0);
  g_assert_true(ssg_face_equal(ssg_document_face(document), before));

  /* The same with truncation, which belongs to both codes. */
  float mean[S] = {1, 2, 3};
  g_autoptr(SsgTuning) now = ssg_document_tuning(document, 2);
  g_autoptr(SsgTuning) calm = ssg_tuning_with_truncation(now, mean, 0.5f);
  g_assert_true(ssg_document_tune(document, calm));
  g_autoptr(SsgFace) truncated = ssg_face_ref(ssg_document_face(document));
  g_assert_true(ssg_document_swap(document, b, "face 3", 2, SSG_CODE_SHAPE));
  assert_blends(document, 2, 1, 0);
  tune_blend(document, 2, SSG_CODE_SHAPE, 0);
  g_assert_true(ssg_face_equal(ssg_document_face(document), truncated));

  /* A slider that could do nothing says so: the face is the donor's from the start. */
  g_assert_true(may_blend(document, 2, SSG_CODE_SHAPE));
  ssg_document_start(document, a, "Start");
  ssg_document_set_donor(document, a_again, "face 2");
  g_assert_false(may_blend(document, 2, SSG_CODE_SHAPE));
  g_assert_false(may_blend(document, SSG_PART_WHOLE, SSG_CODE_SHAPE));
  g_assert_false(may_blend(document, SSG_PART_BASE, SSG_CODE_SHAPE));
}

/* Everything from a face: every slider towards it stands at its end, but of locked parts, which took nothing. */
static void test_swapped_whole(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) start = ssg_face_ref(ssg_document_face(document));
  g_autoptr(SsgFace) a = make_face(2);
  ssg_document_set_locked(document, 3, TRUE);
  ssg_document_set_donor(document, a, "face 2");
  g_assert_true(ssg_document_swap(document, a, "face 2", SSG_PART_WHOLE, SSG_CODE_BOTH));
  assert_blends(document, 3, 0, 0);
  assert_blends(document, 2, 1, 1);
  assert_blends(document, SSG_PART_BASE, 1, 0);
  g_autoptr(SsgTuning) whole = ssg_document_tuning(document, SSG_PART_WHOLE);
  g_assert_cmpfloat(ssg_tuning_blend(whole, SSG_CODE_SHAPE), ==, 1);
  tune_blend(document, 2, SSG_CODE_BOTH, 0);
  g_assert_true(same_row(ssg_document_face(document), start, 2, SSG_CODE_SHAPE));
  g_assert_true(same_row(ssg_document_face(document), a, 1, SSG_CODE_SHAPE));
  ssg_document_undo(document);
  tune_blend(document, SSG_PART_WHOLE, SSG_CODE_SHAPE, 0);
  g_assert_cmpstr(newest(document), ==, "Whole face towards face 2");
  g_assert_true(ssg_face_equal(ssg_document_face(document), start));
}

static void test_whole_and_base(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) start = ssg_face_ref(ssg_document_face(document));
  float mean[S] = {1, 2, 3};
  g_autoptr(SsgTuning) whole = ssg_document_tuning(document, SSG_PART_WHOLE);
  g_autoptr(SsgTuning) average = ssg_tuning_with_truncation(whole, mean, 0);
  ssg_document_set_locked(document, 4, TRUE);
  g_assert_true(ssg_document_tune(document, average));
  g_assert_cmpstr(newest(document), ==, "Whole face truncation 0.00");
  g_assert_true(memcmp(ssg_face_code(ssg_document_face(document), 2, SSG_CODE_SHAPE), mean, sizeof mean) == 0);
  g_assert_true(memcmp(ssg_face_base(ssg_document_face(document), 1), mean, sizeof mean) == 0);
  g_assert_true(same_row(ssg_document_face(document), start, 4, SSG_CODE_SHAPE)); /* locked */
  g_assert_true(same_row(ssg_document_face(document), start, 4, SSG_CODE_TEXTURE));
  ssg_document_undo(document);
  g_autoptr(SsgTuning) base = ssg_document_tuning(document, SSG_PART_BASE);
  g_autoptr(SsgTuning) calm = ssg_tuning_with_truncation(base, mean, 0);
  g_assert_true(ssg_document_tune(document, calm));
  g_assert_true(memcmp(ssg_face_base(ssg_document_face(document), 0), mean, sizeof mean) == 0);
  for (int k = 0; k < K; k++)
    g_assert_true(same_row(ssg_document_face(document), start, k, SSG_CODE_SHAPE));
}

static void test_locks(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) start = ssg_face_ref(ssg_document_face(document));
  g_autoptr(SsgFace) donor = make_face(2);
  ssg_document_set_locked(document, 2, TRUE);
  g_assert_true(ssg_document_locked(document, 2));
  g_assert_false(ssg_document_swap(document, donor, "x", 2, SSG_CODE_BOTH));
  g_assert_false(ssg_document_set_shown(document, 2, FALSE));
  g_assert_false(ssg_document_set_transform(document, 2, (SsgTransform) {2, 0, 0}));
  g_autoptr(SsgTuning) tuning = ssg_tuning_new(2, start, donor);
  g_autoptr(SsgTuning) moved = ssg_tuning_with_blend(tuning, SSG_CODE_BOTH, 1);
  g_assert_false(ssg_document_tune(document, moved));
  g_assert_true(ssg_face_equal(ssg_document_face(document), start));
  g_assert_true(ssg_document_swap(document, donor, "x", SSG_PART_WHOLE, SSG_CODE_BOTH));
  g_assert_true(same_row(ssg_document_face(document), start, 2, SSG_CODE_SHAPE));
  g_assert_true(same_row(ssg_document_face(document), donor, 1, SSG_CODE_SHAPE));
  g_assert_true(ssg_document_set_transform(document, SSG_PART_WHOLE, (SsgTransform) {2, 0, 0}));
  g_assert_cmpfloat(ssg_face_transform(ssg_document_face(document), 2).scale, ==, 1);
  g_assert_cmpfloat(ssg_face_transform(ssg_document_face(document), 1).scale, ==, 2);
}

static void test_notify(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) donor = make_face(2);
  int undo = 0, modified = 0, face = 0, changed = 0, title = 0;
  g_signal_connect_swapped(document, "notify::can-undo", G_CALLBACK(count), &undo);
  g_signal_connect_swapped(document, "notify::modified", G_CALLBACK(count), &modified);
  g_signal_connect_swapped(document, "notify::face", G_CALLBACK(count), &face);
  g_signal_connect_swapped(document, "notify::title", G_CALLBACK(count), &title);
  g_signal_connect_swapped(document, "changed", G_CALLBACK(count), &changed);
  for (int part = 0; part < 3; part++)
    ssg_document_swap(document, donor, "x", part, SSG_CODE_BOTH);
  g_assert_cmpint(undo, ==, 1);
  g_assert_cmpint(modified, ==, 1);
  g_assert_cmpint(face, ==, 3);
  g_assert_cmpint(changed, ==, 3);
  ssg_document_select_part(document, 2);
  g_assert_cmpint(changed, ==, 3);
  g_autoptr(GFile) file = g_file_new_for_path("/tmp/Portrait study.ssgan");
  ssg_document_set_saved(document, file);
  g_assert_cmpint(modified, ==, 2);
  g_assert_cmpint(title, ==, 1);
  g_assert_cmpstr(ssg_document_title(document), ==, "Portrait study");
  g_autoptr(SsgShelfFace) kept = ssg_shelf_face_new(SSG_SHELF_KEPT, donor, 0, "Kept");
  g_list_store_append(G_LIST_STORE(ssg_document_kept(document)), kept);
  g_assert_true(ssg_document_modified(document));
}

/* A model of other sizes must not be taken for the document's own. */
static void test_model(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  SsgModelInfo other = tiny_info;
  other.arch.style_dim = 64;
  GError *error = NULL;
  g_assert_false(ssg_document_set_model(document, &other, "/x", "", &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_clear_error(&error);
  g_assert_cmpint(ssg_document_model(document)->arch.style_dim, ==, S);
  g_assert_cmpstr(ssg_document_model_hash(document), ==, "ab12");
  g_autoptr(SsgDocument) empty = ssg_document_new();
  g_assert_null(ssg_document_face(empty));
  g_assert_null(ssg_document_tuning(empty, 0));
  g_assert_false(ssg_document_undo(empty));
  g_assert_false(ssg_document_set_shown(empty, 0, FALSE));
}

int main(int argc, char **argv)
{
  g_setenv("LANGUAGE", "C", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/app/document/edits", test_edits);
  g_test_add_func("/app/document/undo", test_undo);
  g_test_add_func("/app/document/coalescing", test_coalescing);
  g_test_add_func("/app/document/gestures", test_gestures);
  g_test_add_func("/app/document/sliders", test_sliders);
  g_test_add_func("/app/document/swapped-sliders", test_swapped_sliders);
  g_test_add_func("/app/document/swapped-whole", test_swapped_whole);
  g_test_add_func("/app/document/whole-and-base", test_whole_and_base);
  g_test_add_func("/app/document/locks", test_locks);
  g_test_add_func("/app/document/notify", test_notify);
  g_test_add_func("/app/document/model", test_model);
  return g_test_run();
}
