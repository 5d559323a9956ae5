/* Several models for one portrait: which are listed, which suit, and what stays when one takes over from another. */
#include "tests/app/helpers.h"

#include <glib/gstdio.h>
#include <math.h>
#include "app/model-list.h"
#include "engine/model-file.h"

static void save_model(const char *folder, const char *name, guint64 seed)
{
  GError *error = NULL;
  g_autofree char *models = g_build_filename(folder, "models", NULL);
  g_autofree char *path = g_build_filename(models, name, NULL);
  g_mkdir_with_parents(models, 0700);
  SsgContext *ctx = ssg_context_new("cpu", 1, &error);
  g_assert_no_error(error);
  SsgModel *model = ssg_model_new_random(ctx, &tiny, seed, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_model_save(model, path, SSG_F32, &error));
  g_assert_no_error(error);
  ssg_model_unref(model);
  ssg_context_free(ctx);
}

static guint count_in(GPtrArray *list, const char *folder)
{
  guint n = 0;
  for (guint i = 0; i < list->len; i++)
    n += g_str_has_prefix(((SsgModelEntry *) list->pdata[i])->path, folder);
  return n;
}

static void test_list(void)
{
  g_autofree char *folder = g_dir_make_tmp("ssgan-test-XXXXXX", NULL);
  g_autofree char *damaged = g_build_filename(folder, "models", "damaged.safetensors", NULL);
  g_autofree char *ink = g_build_filename(folder, "models", "ink.safetensors", NULL);
  g_autofree char *elsewhere = g_build_filename(folder, "elsewhere.safetensors", NULL);
  save_model(folder, "default.safetensors", 1);
  save_model(folder, "ink.safetensors", 2);
  g_assert_true(g_file_set_contents(damaged, "no model", -1, NULL));
  g_setenv("SSGAN_DATA_DIR", folder, TRUE);
  const char *const extra[] = {ink, elsewhere, NULL}; /* listed already, and not there at all */
  g_autoptr(GPtrArray) list = ssg_model_list_read(extra, NULL);
  g_assert_cmpuint(count_in(list, folder), ==, 2);
  g_assert_true(g_str_has_suffix(((SsgModelEntry *) list->pdata[0])->path, "default.safetensors"));
  for (guint i = 0; i < list->len; i++) {
    SsgModelEntry *entry = list->pdata[i];
    if (g_str_has_prefix(entry->path, folder))
      g_assert_cmpint(entry->info->arch.n_parts, ==, K);
  }
  g_unsetenv("SSGAN_DATA_DIR");
  g_autofree char *first = g_build_filename(folder, "models", "default.safetensors", NULL);
  g_autofree char *models = g_build_filename(folder, "models", NULL);
  g_remove(first);
  g_remove(ink);
  g_remove(damaged);
  g_rmdir(models);
  g_rmdir(folder);
}

static void test_agree(void)
{
  GError *error = NULL;
  SsgModelInfo other = tiny_info;
  other.name = (char *) "Ink";
  other.arch.size = 128; /* what a model makes of a code does not matter */
  other.arch.n_layers = 9;
  g_assert_true(ssg_models_agree(&tiny_info, &other, &error));
  g_assert_no_error(error);
  other.arch.style_dim = 2 * S;
  g_assert_false(ssg_models_agree(&tiny_info, &other, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_assert_nonnull(strstr(error->message, "Ink"));
  g_clear_error(&error);
  other.arch = tiny;
  char *names[] = {(char *) "background", (char *) "face", (char *) "mane", (char *) "glasses", (char *) "tail", NULL};
  other.part_names = names;
  g_assert_false(ssg_models_agree(&tiny_info, &other, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_SHAPE);
  g_assert_nonnull(strstr(error->message, "mane"));
  g_clear_error(&error);
}

/* Another model takes over: every step, every slider and every lock stays; the document is to be saved. */
static void test_take_over(void)
{
  g_autoptr(SsgDocument) document = make_document(1);
  g_autoptr(SsgFace) donor = make_face(2);
  GError *error = NULL;
  ssg_document_set_donor(document, donor, "face 2");
  g_autoptr(SsgTuning) rest = ssg_document_tuning(document, 2);
  g_autoptr(SsgTuning) moved = ssg_tuning_with_blend(rest, SSG_CODE_SHAPE, 0.5f);
  g_assert_true(ssg_document_tune(document, moved));
  ssg_document_set_locked(document, 1, TRUE);
  g_autoptr(SsgFace) face = ssg_face_ref(ssg_document_face(document));
  ssg_document_set_saved(document, NULL);
  SsgModelInfo ink = tiny_info;
  ink.name = (char *) "Ink";
  ink.arch.size = 128;
  g_assert_true(ssg_document_set_model(document, &ink, "/models/ink.safetensors", "cd34", &error));
  g_assert_no_error(error);
  g_assert_true(ssg_document_face(document) == face);
  g_assert_cmpuint(g_list_model_get_n_items(ssg_document_history(document)), ==, 2);
  g_autoptr(SsgTuning) kept = ssg_document_tuning(document, 2);
  g_assert_cmpfloat(ssg_tuning_blend(kept, SSG_CODE_SHAPE), ==, 0.5f);
  g_assert_true(ssg_document_locked(document, 1));
  g_assert_true(ssg_document_modified(document));
  g_assert_true(ssg_document_set_model(document, &tiny_info, "/models/tiny.safetensors", "ab12", &error));
  g_assert_true(ssg_document_undo(document));
}

/* The new model has directions of its own: moving along one of them starts from what is on screen. */
static void test_other_directions(void)
{
  float a[2 * S], b[2 * S], effects[2] = {2, 1};
  for (int i = 0; i < 2 * S; i++) {
    a[i] = sinf((float) i);
    b[i] = cosf((float) i);
  }
  g_autoptr(SsgFace) start = make_face(1), donor = make_face(2);
  g_autoptr(SsgDirectionSet) first = ssg_direction_set_new(2, SSG_CODE_SHAPE, 2, S, a, effects);
  g_autoptr(SsgDirectionSet) copy = ssg_direction_set_new(2, SSG_CODE_SHAPE, 2, S, a, effects);
  g_autoptr(SsgDirectionSet) second = ssg_direction_set_new(2, SSG_CODE_SHAPE, 2, S, b, effects);
  g_autoptr(SsgTuning) rest = ssg_tuning_new(2, start, donor);
  g_autoptr(SsgTuning) blend = ssg_tuning_with_blend(rest, SSG_CODE_TEXTURE, 0.25f);
  g_autoptr(SsgTuning) along = ssg_tuning_with_direction(blend, first, 0, 1.5f);
  /* The same directions in another object: sliders go on as if nothing had happened. */
  g_autoptr(SsgTuning) same = ssg_tuning_with_direction(along, copy, 1, 1);
  g_assert_cmpfloat(ssg_tuning_direction(same, first, 0), ==, 1.5f);
  g_assert_cmpfloat(ssg_tuning_blend(same, SSG_CODE_TEXTURE), ==, 0.25f);
  /* Others: nothing jumps. */
  g_assert_cmpfloat(ssg_tuning_direction(along, second, 0), ==, 0);
  g_autoptr(SsgTuning) other = ssg_tuning_with_direction(along, second, 1, 0);
  g_autoptr(SsgFace) before = ssg_tuning_apply(along, start), after = ssg_tuning_apply(other, start);
  g_assert_true(ssg_face_equal(before, after));
  g_autoptr(SsgTuning) further = ssg_tuning_with_direction(other, second, 1, 2);
  g_autoptr(SsgFace) moved = ssg_tuning_apply(further, start);
  for (int i = 0; i < S; i++)
    g_assert_cmpfloat_with_epsilon(ssg_face_code(moved, 2, SSG_CODE_SHAPE)[i],
                                   ssg_face_code(before, 2, SSG_CODE_SHAPE)[i] + 2 * b[S + i], 1e-5f);
}

int main(int argc, char **argv)
{
  g_setenv("LANGUAGE", "C", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/app/models/list", test_list);
  g_test_add_func("/app/models/agree", test_agree);
  g_test_add_func("/app/models/take-over", test_take_over);
  g_test_add_func("/app/models/other-directions", test_other_directions);
  return g_test_run();
}
