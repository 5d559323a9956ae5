/* Projects: everything comes back to the bit; damaged and hostile files give errors, never crashes or halves. */
#include "tests/app/helpers.h"

#include <json-glib/json-glib.h>
#include "app/project-file.h"
#include "app/shelf.h"
#include "engine/safetensors.h"

/* Sliders of part 2: towards the donor, along a direction, and a truncation. */
static void move_sliders(SsgDocument *document, SsgFace *donor)
{
  float directions[2 * S], effects[2] = {2, 1}, mean[S];
  for (int i = 0; i < 2 * S; i++)
    directions[i] = 0.01f * (float) (i % 7) - 0.02f;
  for (int i = 0; i < S; i++)
    mean[i] = 0.1f * (float) i;
  g_autoptr(SsgDirectionSet) set = ssg_direction_set_new(2, SSG_CODE_TEXTURE, 2, S, directions, effects);
  ssg_document_set_donor(document, donor, "face 2");
  g_autoptr(SsgTuning) rest = ssg_document_tuning(document, 2);
  g_autoptr(SsgTuning) blend = ssg_tuning_with_blend(rest, SSG_CODE_SHAPE, 0.3f);
  g_autoptr(SsgTuning) moved = ssg_tuning_with_direction(blend, set, 1, -1.7f);
  g_autoptr(SsgTuning) tuning = ssg_tuning_with_truncation(moved, mean, 0.8f);
  g_assert_true(ssg_document_tune(document, tuning));
}

static void assert_same_tunings(SsgHistoryEntry *a, SsgHistoryEntry *b)
{
  for (int part = SSG_PART_WHOLE; part < K; part++) {
    SsgTuning *x = ssg_history_entry_tuning(a, part), *y = ssg_history_entry_tuning(b, part);
    g_assert_cmpint(!x, ==, !y);
    if (!x)
      continue;
    g_autoptr(SsgFace) p = ssg_tuning_apply(x, ssg_history_entry_face(a)), q = ssg_tuning_apply(y, ssg_history_entry_face(b));
    g_assert_true(ssg_face_equal(p, q));
    g_assert_true(ssg_face_equal(ssg_tuning_anchor(x), ssg_tuning_anchor(y)));
    for (int what = SSG_CODE_SHAPE; what <= SSG_CODE_TEXTURE; what++) {
      SsgDirectionSet *set = ssg_tuning_directions(x, what);
      g_assert_cmpfloat(ssg_tuning_blend(x, what), ==, ssg_tuning_blend(y, what));
      for (int i = 0; set && i < set->n; i++)
        g_assert_cmpfloat(ssg_tuning_direction(y, set, i), ==, ssg_tuning_direction(x, set, i));
    }
    g_assert_cmpfloat(ssg_tuning_truncation(x), ==, ssg_tuning_truncation(y));
  }
}

static SsgDocument *make_rich_document(void)
{
  SsgDocument *document = make_document(1);
  g_autoptr(SsgFace) donor = make_face(2);
  g_autoptr(SsgFace) kept_face = make_face(3);
  ssg_document_swap(document, donor, "face 2", 2, SSG_CODE_SHAPE);
  ssg_document_set_transform(document, 1, (SsgTransform) {1.25f, -0.1f, 0.3f});
  ssg_document_set_shown(document, 3, FALSE);
  ssg_document_set_noise(document, SSG_NOISE_SEEDED, G_MAXUINT64 - 1);
  ssg_document_swap(document, donor, "face 2", SSG_PART_WHOLE, SSG_CODE_BOTH);
  ssg_document_undo(document);
  ssg_document_set_donor(document, donor, "face 2");
  move_sliders(document, donor);
  ssg_document_set_locked(document, 1, TRUE);
  ssg_document_select_part(document, 2);
  g_autoptr(SsgShelfFace) kept = ssg_shelf_face_new(SSG_SHELF_KEPT, kept_face, 77, "Keeper “ü”");
  g_list_store_append(G_LIST_STORE(ssg_document_kept(document)), kept);
  GVariantDict view;
  g_variant_dict_init(&view, NULL);
  g_variant_dict_insert(&view, "zoom", "d", 1.5);
  ssg_document_set_view_state(document, g_variant_dict_end(&view));
  return document;
}

static void assert_same_documents(SsgDocument *a, SsgDocument *b)
{
  GListModel *p = ssg_document_history(a), *q = ssg_document_history(b);
  g_assert_cmpuint(g_list_model_get_n_items(p), ==, g_list_model_get_n_items(q));
  for (guint i = 0; i < g_list_model_get_n_items(p); i++) {
    g_autoptr(SsgHistoryEntry) x = g_list_model_get_item(p, i);
    g_autoptr(SsgHistoryEntry) y = g_list_model_get_item(q, i);
    g_assert_true(ssg_face_equal(ssg_history_entry_face(x), ssg_history_entry_face(y)));
    g_assert_true(ssg_face_equal(ssg_history_entry_origin(x), ssg_history_entry_origin(y)));
    g_assert_cmpstr(ssg_history_entry_description(x), ==, ssg_history_entry_description(y));
    g_assert_cmpint(ssg_history_entry_time(x), ==, ssg_history_entry_time(y));
    assert_same_tunings(x, y);
  }
  g_assert_cmpint(ssg_document_position(a), ==, ssg_document_position(b));
  g_assert_true(ssg_face_equal(ssg_document_face(a), ssg_document_face(b)));
  g_assert_true(ssg_face_equal(ssg_document_donor(a), ssg_document_donor(b)));
  g_assert_cmpstr(ssg_document_donor_name(a), ==, ssg_document_donor_name(b));
  g_assert_cmpint(ssg_document_selected_part(a), ==, ssg_document_selected_part(b));
  for (int k = 0; k < K; k++)
    g_assert_cmpint(ssg_document_locked(a, k), ==, ssg_document_locked(b, k));
  g_assert_true(g_variant_equal(ssg_document_view_state(a), ssg_document_view_state(b)));
  g_assert_cmpuint(g_list_model_get_n_items(ssg_document_kept(a)), ==, g_list_model_get_n_items(ssg_document_kept(b)));
  for (guint i = 0; i < g_list_model_get_n_items(ssg_document_kept(a)); i++) {
    g_autoptr(SsgShelfFace) x = g_list_model_get_item(ssg_document_kept(a), i);
    g_autoptr(SsgShelfFace) y = g_list_model_get_item(ssg_document_kept(b), i);
    g_assert_cmpstr(ssg_shelf_face_title(x), ==, ssg_shelf_face_title(y));
    g_assert_cmpuint(ssg_shelf_face_seed(x), ==, ssg_shelf_face_seed(y));
    g_assert_cmpint(ssg_shelf_face_kind(x), ==, ssg_shelf_face_kind(y));
    g_assert_true(ssg_face_equal(ssg_shelf_face_face(x), ssg_shelf_face_face(y)));
  }
  g_assert_cmpstr(ssg_document_model_hash(a), ==, ssg_document_model_hash(b));
  g_assert_cmpstr(ssg_document_model_path(a), ==, ssg_document_model_path(b));
  const SsgModelInfo *m = ssg_document_model(a), *n = ssg_document_model(b);
  g_assert_cmpstr(m->name, ==, n->name);
  g_assert_cmpint(memcmp(&m->arch, &n->arch, sizeof m->arch), ==, 0);
  for (int k = 0; k < K; k++) {
    g_assert_cmpstr(m->part_names[k], ==, n->part_names[k]);
    g_assert_cmphex(m->part_colors[k], ==, n->part_colors[k]);
  }
}

static void test_round_trip(void)
{
  g_autofree char *folder = make_folder();
  g_autofree char *path = g_build_filename(folder, "My study.ssgan", NULL);
  g_autofree char *again = g_build_filename(folder, "again.ssgan", NULL);
  g_autoptr(SsgDocument) document = make_rich_document();
  GError *error = NULL;
  g_assert_true(ssg_project_save(document, path, &error));
  g_assert_no_error(error);
  g_assert_false(ssg_document_modified(document));
  g_assert_cmpstr(ssg_document_title(document), ==, "My study");
  g_assert_true(ssg_project_sniff(path));
  g_autoptr(SsgDocument) loaded = ssg_project_load(path, &error);
  g_assert_no_error(error);
  g_assert_false(ssg_document_modified(loaded));
  assert_same_documents(document, loaded);

  /* What both have in common is stored once. */
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, &error);
  g_assert_no_error(error);
  SsgHostTensor *codes = ssg_host_tensors_get(file->tensors, "codes");
  g_assert_cmpint(codes->shape.dim[0], ==, 5); /* start, hair swapped, hair tuned, donor, kept */
  g_assert_nonnull(ssg_host_tensors_get(file->tensors, "vectors"));
  /* Opened again, the sliders stand where they stood, and go on from there. */
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(loaded, 2);
  g_assert_cmpfloat(ssg_tuning_blend(tuning, SSG_CODE_SHAPE), ==, 0.3f);
  g_assert_cmpfloat(ssg_tuning_amount(tuning, SSG_CODE_TEXTURE, 1), ==, -1.7f);
  g_assert_cmpfloat(ssg_tuning_truncation(tuning), ==, 0.8f);
  /* After a swap they stand at the donor's end, also where the document was closed in between. */
  ssg_document_jump(loaded, 1);
  g_autoptr(SsgTuning) swapped = ssg_document_tuning(loaded, 2);
  g_assert_cmpfloat(ssg_tuning_blend(swapped, SSG_CODE_SHAPE), ==, 1);
  g_assert_cmpfloat(ssg_tuning_blend(swapped, SSG_CODE_TEXTURE), ==, 0);
  ssg_document_jump(loaded, 5);
  g_assert_true(ssg_project_save(loaded, path, &error)); /* where one stands in the history is saved too */

  g_assert_true(ssg_project_save(loaded, again, &error));
  g_assert_no_error(error);
  g_autofree char *a = NULL, *b = NULL;
  gsize a_size, b_size;
  g_assert_true(g_file_get_contents(path, &a, &a_size, NULL));
  g_assert_true(g_file_get_contents(again, &b, &b_size, NULL));
  g_assert_cmpuint(a_size, >, 0);
  /* An empty document, too. */
  g_autoptr(SsgDocument) empty = ssg_document_new();
  g_assert_true(ssg_project_save(empty, again, &error));
  g_assert_no_error(error);
  g_autoptr(SsgDocument) still_empty = ssg_project_load(again, &error);
  g_assert_no_error(error);
  g_assert_null(ssg_document_face(still_empty));
  remove_folder(folder);
}

static void saved(GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  g_assert_true(ssg_project_save_finish(SSG_DOCUMENT(source), result, &error));
  g_assert_no_error(error);
  *(gboolean *) data = TRUE;
}

static void test_async(void)
{
  g_autofree char *folder = make_folder();
  g_autofree char *path = g_build_filename(folder, "a.ssgan", NULL);
  g_autoptr(GFile) file = g_file_new_for_path(path);
  g_autoptr(SsgDocument) document = make_rich_document();
  gboolean done = FALSE;
  ssg_project_save_async(document, file, NULL, saved, &done);
  g_assert_true(ssg_document_set_shown(document, 0, FALSE)); /* while it is being written */
  WAIT_FOR(done);
  g_assert_true(ssg_document_modified(document));
  g_assert_true(g_file_equal(ssg_document_file(document), file));
  done = FALSE;
  ssg_project_save_async(document, file, NULL, saved, &done);
  WAIT_FOR(done);
  g_assert_false(ssg_document_modified(document));
  GError *error = NULL;
  g_autoptr(SsgDocument) loaded = ssg_project_load(path, &error);
  g_assert_no_error(error);
  assert_same_documents(document, loaded);
  remove_folder(folder);
}

static void test_unwritable(void)
{
  g_autoptr(SsgDocument) document = make_rich_document();
  GError *error = NULL;
  g_assert_false(ssg_project_save(document, "/nonexistent/folder/x.ssgan", &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FILE);
  g_assert_nonnull(strstr(error->message, "/nonexistent/folder/x.ssgan"));
  g_clear_error(&error);
  g_assert_true(ssg_document_modified(document));
}

/* Loads `size` bytes as a project: either a whole document or an error of ours. */
static gboolean load_bytes(const char *path, const char *data, gsize size)
{
  GError *error = NULL;
  remove(path); /* what is written over would keep its old length */
  g_assert_true(g_file_set_contents_full(path, data, size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_autoptr(SsgDocument) document = ssg_project_load(path, &error);
  if (document) {
    g_assert_no_error(error);
    return TRUE;
  }
  g_assert_nonnull(error);
  g_assert_true(error->domain == SSG_ERROR);
  g_assert_nonnull(strstr(error->message, path));
  g_clear_error(&error);
  return FALSE;
}

static void test_damaged(void)
{
  g_autofree char *folder = make_folder();
  g_autofree char *path = g_build_filename(folder, "a.ssgan", NULL);
  g_autoptr(SsgDocument) document = make_rich_document();
  g_autofree char *data = NULL;
  gsize size;
  g_assert_true(ssg_project_save(document, path, NULL));
  g_assert_true(g_file_get_contents(path, &data, &size, NULL));
  guint64 header;
  memcpy(&header, data, 8);
  gsize codes_at = 8 + GUINT64_FROM_LE(header);
  for (gsize cut = 0; cut < size; cut += 1 + cut / 7)
    g_assert_false(load_bytes(path, data, cut));
  /* Every kind of flipped bit in the description, and a few in the numbers (where most mean another number only). */
  g_autoptr(GRand) rand = g_rand_new_with_seed(5);
  int refused = 0;
  for (int i = 0; i < 600; i++) {
    gsize at = i < 560 ? (gsize) g_rand_int_range(rand, 0, codes_at) : (gsize) g_rand_int_range(rand, codes_at, size);
    char old = data[at];
    data[at] ^= 1 << g_rand_int_range(rand, 0, 8);
    refused += !load_bytes(path, data, size);
    data[at] = old;
  }
  g_assert_cmpint(refused, >, 250);
  g_assert_true(load_bytes(path, data, size));
  remove_folder(folder);
}

/* A project with one text in its description replaced by another of any length. */
static void write_replaced(const char *path, SsgDocument *document, const char *from, const char *to)
{
  GError *error = NULL;
  g_assert_true(ssg_project_save(document, path, &error));
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(path, &error);
  g_assert_no_error(error);
  const char *json = ssg_safetensors_metadata(file, "project");
  g_assert_nonnull(strstr(json, from));
  g_auto(GStrv) parts = g_strsplit(json, from, 2);
  g_autofree char *changed = g_strjoinv(to, parts);
  g_hash_table_insert(file->metadata, g_strdup("project"), g_steal_pointer(&changed));
  g_assert_true(ssg_safetensors_save(path, file->tensors, file->metadata, &error));
  g_assert_no_error(error);
}

static void test_hostile(void)
{
  static const struct {
    const char *from, *to, *says;
  } cases[] = {
      {"\"position\":5", "\"position\":99", "'position' is 99"},
      {"\"position\":5", "\"position\":-1", "'position' is -1"},
      {"\"position\":5", "\"position\":\"4\"", "'position' is not a whole number"},
      {"\"codes\":0", "\"codes\":1000000", "'codes' is 1000000"},
      {"\"transforms\":0", "\"transforms\":-3", "'transforms' is -3"},
      {"\"face\":1,", "\"face\":77,", "'face' is 77"},
      {"\"noise\":1", "\"noise\":9", "'noise' is 9"},
      {"\"hidden\":\"0\"", "\"hidden\":\"-1\"", "'hidden' is not a number"},
      {"\"n_parts\":5", "\"n_parts\":6", ""},
      {"\"n_parts\":5", "\"n_parts\":50000000", ""},
      {"\"style_dim\":32", "\"style_dim\":64", "tensor 'codes' is f32"},
      {"\"faces\":[", "\"faces\":[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]],", "nested too deeply"},
      {"\"history\":[", "\"history\":[17,", "entry 0 of 'history'"},
      {"\"description\":\"Start\"", "\"description\":null", "'description' is not a text"},
      {"\"donor\":", "\"donor\":1.5,\"x\":", "'donor' is not a whole number"},
      {"\"view\":\"", "\"view\":\"{{{", "'view' is damaged"},
      {"\"color\":", "\"color\":-1,\"x\":", "'color' is -1"},
      {"\"tunings\":[0]", "\"tunings\":[55]", "sliders that are not in the file"},
      {"\"tunings\":[0]", "\"tunings\":7", "'tunings' is not a list"},
      {"\"anchor\":", "\"anchor\":9999,\"x\":", "a slider"},
      {"\"set\":0", "\"set\":3", "a slider"},
      {"\"amounts\":[", "\"amounts\":[1e99,", "a slider"},
      {"\"mean\":", "\"mean\":-4,\"x\":", "a slider"},
      {"\"rows\":[", "\"rows\":[1,", "a set of directions"},
  };
  g_autofree char *folder = make_folder();
  g_autofree char *path = g_build_filename(folder, "a.ssgan", NULL);
  g_autoptr(SsgDocument) document = make_rich_document();
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    GError *error = NULL;
    write_replaced(path, document, cases[i].from, cases[i].to);
    g_assert_null(ssg_project_load(path, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, path));
    if (!strstr(error->message, cases[i].says))
      g_error("case %d: %s", (int) i, error->message);
    g_clear_error(&error);
  }
  /* A safetensors file that is something else. */
  g_autoptr(SsgHostTensors) none = ssg_host_tensors_new();
  g_assert_true(ssg_safetensors_save(path, none, NULL, NULL));
  GError *error = NULL;
  g_assert_null(ssg_project_load(path, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FORMAT);
  g_clear_error(&error);
  g_assert_false(ssg_project_sniff(path));
  remove_folder(folder);
}

static void test_find_model(void)
{
  g_autofree char *folder = make_folder();
  g_autofree char *project = g_build_filename(folder, "a.ssgan", NULL);
  g_autofree char *gone = g_build_filename(folder, "gone.safetensors", NULL);
  g_autofree char *wrong = g_build_filename(folder, "wrong.safetensors", NULL);
  g_autofree char *right = g_build_filename(folder, "right.safetensors", NULL);
  g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "the model", -1);
  g_assert_true(g_file_set_contents(wrong, "another", -1, NULL));
  GError *error = NULL;
  g_assert_null(ssg_project_find_model(project, wrong, hash, NULL, NULL, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_FILE);
  g_clear_error(&error);
  g_assert_true(g_file_set_contents(right, "the model", -1, NULL));
  g_autofree char *beside = ssg_project_find_model(project, gone, hash, NULL, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(beside, ==, right);
  const char *candidates[] = {wrong, right, NULL};
  g_autofree char *candidate = ssg_project_find_model("/elsewhere/b.ssgan", "/gone", hash, candidates, NULL, &error);
  g_assert_cmpstr(candidate, ==, right);
  g_autofree char *own = ssg_project_find_model(project, right, hash, NULL, NULL, &error);
  g_assert_cmpstr(own, ==, right);
  remove_folder(folder);
}

int main(int argc, char **argv)
{
  g_setenv("LANGUAGE", "C", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/app/project/round-trip", test_round_trip);
  g_test_add_func("/app/project/async", test_async);
  g_test_add_func("/app/project/unwritable", test_unwritable);
  g_test_add_func("/app/project/damaged", test_damaged);
  g_test_add_func("/app/project/hostile", test_hostile);
  g_test_add_func("/app/project/find-model", test_find_model);
  return g_test_run();
}
