/* The generator and sessions against the authors' numbers: every set of the folder, every case in it, from each file that holds its
 * model: NAME.pt, NAME-legacy.pt, NAME.safetensors, as many as there are, and a model file of ours converted from the first. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "engine/checkpoint.h"
#include "engine/model-file.h"
#include "engine/session.h"
#include "engine/state-dict.h"
#include "tests/engine/goldens.h"

#define BOUND 1e-4

typedef struct {
  char *set, *file; /* file NULL: converted */
} Case;

static SsgContext *ctx;

/* [n, c, h, w] of golden sample i -> [h, w, c] */
static float *channels_last(const float *golden, int i, int c, int size)
{
  float *out = g_new(float, c * size * size);
  const float *in = golden + (gsize) i * c * size * size;
  for (int p = 0; p < size * size; p++)
    for (int j = 0; j < c; j++)
      out[p * c + j] = in[j * size * size + p];
  return out;
}

/* Scale and shift of a sampling grid [1, 2, h, h]; it must be such a one. */
static SsgTransform transform_of(const float *grid, int h)
{
  const float *x = grid, *y = grid + h * h;
  SsgTransform t = {.scale = (x[h - 1] - x[0]) / 2, .shift_x = (x[h - 1] + x[0]) / 2, .shift_y = (y[h * h - 1] + y[0]) / 2};
  for (int r = 0; r < h; r++)
    for (int c = 0; c < h; c++) {
      g_assert_cmpfloat(fabsf(x[r * h + c] - (t.scale * (-1 + 2.0f * c / (h - 1)) + t.shift_x)), <, 1e-5);
      g_assert_cmpfloat(fabsf(y[r * h + c] - (t.scale * (-1 + 2.0f * r / (h - 1)) + t.shift_y)), <, 1e-5);
    }
  return t;
}

/* The face of sample i of a case: codes w (or the case's own), and what the case's name stands for. */
static SsgFace *face_of(SsgModel *model, const SsgSafetensors *set, const char *name, int i)
{
  const SsgArchitecture *a = ssg_model_architecture(model);
  g_autofree char *latent_name = g_strdup_printf("%s.latent", name), *grid_name = g_strdup_printf("%s.grid", name);
  g_autofree float *w = ssg_goldens_values(set, "w", NULL), *latent = NULL;
  SsgFace *face;

  if (ssg_host_tensors_get(set->tensors, latent_name)) {
    latent = ssg_goldens_values(set, latent_name, NULL);
    int rows = ssg_architecture_short_rows(a);
    face = ssg_face_new(a, rows, latent + (gsize) i * rows * a->style_dim, NULL);
  } else {
    face = ssg_face_new(a, 1, w + i * a->style_dim, NULL);
  }
  if (g_str_has_prefix(name, "truncated_")) {
    g_autofree float *mean = ssg_goldens_values(set, "w_mean", NULL);
    SsgFace *truncated = ssg_face_truncate(face, mean, g_ascii_strtod(name + strlen("truncated_"), NULL));
    ssg_face_unref(face);
    face = truncated;
  }
  if (g_str_equal(name, "kept")) {
    g_autofree float *keep = ssg_goldens_values(set, "keep_mask", NULL);
    for (int k = 0; k < a->n_parts; k++) {
      SsgFace *next = ssg_face_set_shown(face, k, keep[i * a->n_parts + k] != 0);
      ssg_face_unref(face);
      face = next;
    }
  }
  if (ssg_host_tensors_get(set->tensors, grid_name)) {
    g_autofree float *grid = ssg_goldens_values(set, grid_name, NULL);
    SsgFace *moved = ssg_face_set_foreground_transform(face, transform_of(grid, a->coarse_size));
    ssg_face_unref(face);
    face = moved;
  }
  return face;
}

static void compare_render(SsgModel *model, const SsgSafetensors *set, const char *name, int i, const SsgRender *render)
{
  const SsgArchitecture *a = ssg_model_architecture(model);
  int k = a->n_parts, h = a->coarse_size;
  const struct {
    const char *what;
    const float *found;
    int channels, size;
    gboolean last; /* found is channels last */
  } outputs[] = {{"rgb", render->raw_rgb, 3, a->size, TRUE},
                 {"seg", render->raw_seg, k, a->size, TRUE},
                 {"coarse", render->coarse, k, h, FALSE},
                 {"depth", render->depth, k, h, FALSE}};
  for (gsize j = 0; j < G_N_ELEMENTS(outputs); j++) {
    g_autofree char *tensor = g_strdup_printf("%s.%s", name, outputs[j].what);
    g_autofree float *golden = ssg_goldens_values(set, tensor, NULL);
    gsize n = (gsize) outputs[j].channels * outputs[j].size * outputs[j].size;
    g_autofree float *expected = outputs[j].last ? channels_last(golden, i, outputs[j].channels, outputs[j].size)
                                                 : g_memdup2(golden + i * n, n * sizeof(float));
    ssg_goldens_compare(tensor, outputs[j].found, expected, n, BOUND);
  }
}

static void check_mapping(SsgModel *model, const SsgSafetensors *set)
{
  const SsgArchitecture *a = ssg_model_architecture(model);
  gsize n, n_mean;
  g_autofree float *z = ssg_goldens_values(set, "z", &n), *w = ssg_goldens_values(set, "w", NULL);
  g_autofree float *z_mean = ssg_goldens_values(set, "z_mean", &n_mean), *w_mean = ssg_goldens_values(set, "w_mean", NULL);
  g_autofree float *expanded = ssg_goldens_values(set, "latent_expanded", NULL);
  g_autofree float *mapped = g_new(float, MAX(n, n_mean)), *mean = g_new0(float, a->style_dim);
  int s = a->style_dim, rows = ssg_architecture_expanded_rows(a);

  g_assert_true(ssg_model_map(model, n / s, z, mapped, NULL));
  ssg_goldens_compare("w", mapped, w, n, BOUND);
  /* One code, short codes and expanded codes are one face. */
  g_autofree float *ours = g_new(float, rows * s);
  for (gsize i = 0; i < n / s; i++) {
    g_autoptr(SsgFace) face = ssg_face_new(a, 1, w + i * s, NULL);
    ssg_face_expand(face, a, ours);
    ssg_goldens_compare("latent_expanded", ours, expanded + i * rows * s, rows * s, 0);
    g_autoptr(SsgFace) again = ssg_face_new(a, rows, ours, NULL);
    g_assert_true(ssg_face_equal(face, again));
  }
  g_assert_true(ssg_model_map(model, n_mean / s, z_mean, mapped, NULL));
  for (gsize i = 0; i < n_mean; i++)
    mean[i % s] += mapped[i] / (n_mean / s);
  ssg_goldens_compare("w_mean", mean, w_mean, s, BOUND);
}

static void check_model(SsgModel *model, const SsgSafetensors *set)
{
  int n_cases = 0;

  check_mapping(model, set);
  g_autoptr(SsgSession) session = ssg_session_new(model);
  for (guint t = 0; t < ssg_host_tensors_count(set->tensors); t++) {
    const SsgHostTensor *tensor = ssg_host_tensors_at(set->tensors, t);
    if (!g_str_has_suffix(tensor->name, ".rgb"))
      continue;
    g_autofree char *name = g_strndup(tensor->name, strlen(tensor->name) - strlen(".rgb"));
    for (int i = 0; i < tensor->shape.dim[0]; i++) {
      SsgRenderOptions options = {.raw = TRUE, .no_cache = i == 0}; /* with caches and without */
      g_autoptr(GError) error = NULL;
      g_autoptr(SsgFace) face = face_of(model, set, name, i);
      g_autoptr(SsgRender) render = ssg_session_render(session, face, &options, NULL, NULL, NULL, &error);
      g_assert_no_error(error);
      compare_render(model, set, name, i, render);
    }
    n_cases++;
  }
  g_assert_cmpint(n_cases, >=, 1);
}

static void test_set(gconstpointer data)
{
  const Case *c = data;
  g_autofree char *set_file = g_strdup_printf("%s-inference.safetensors", c->set);
  g_autofree char *set_path = ssg_goldens_path(set_file), *folder = g_dir_make_tmp("ssgan-goldens-XXXXXX", NULL);
  g_autofree char *pt_path = c->file ? ssg_goldens_path(c->file) : ssg_goldens_checkpoint(c->set);
  g_autofree char *ours = g_build_filename(folder, "ours.safetensors", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgSafetensors) set = ssg_safetensors_open(set_path, &error);
  g_assert_no_error(error);
  g_autoptr(SsgModel) model = ssg_model_load(ctx, pt_path, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  if (!c->file) {
    g_assert_true(ssg_model_save(model, ours, SSG_F32, &error));
    g_assert_no_error(error);
    ssg_model_unref(model);
    model = ssg_model_load(ctx, ours, NULL, NULL, NULL, NULL, &error);
    g_assert_no_error(error);
  }
  check_model(model, set);
  g_unlink(ours);
  g_rmdir(folder);
}

/* The same bytes of ours before and after they went through a .pt file, whatever file the set's model is in. */
static void test_round_trip_of_ours(gconstpointer data)
{
  g_autofree char *path = ssg_goldens_checkpoint(data), *folder = g_dir_make_tmp("ssgan-goldens-XXXXXX", NULL);
  g_autofree char *ours = g_build_filename(folder, "ours.safetensors", NULL), *pt = g_build_filename(folder, "pt.pt", NULL);
  g_autofree char *again = g_build_filename(folder, "again.safetensors", NULL);
  const char *const steps[] = {path, ours, pt, again};
  g_autoptr(GError) error = NULL;
  g_autofree char *a = NULL, *b = NULL;
  gsize n, m;

  for (int i = 0; i < 3; i++) {
    g_autoptr(SsgModel) model = ssg_model_load(ctx, steps[i], NULL, NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(i == 1 ? ssg_model_save_pt(model, steps[i + 1], &error)
                         : ssg_model_save(model, steps[i + 1], SSG_F32, &error));
    g_assert_no_error(error);
  }
  g_assert_true(g_file_get_contents(ours, &a, &n, NULL) && g_file_get_contents(again, &b, &m, NULL));
  g_assert_cmpmem(a, n, b, m);
  for (int i = 1; i < 4; i++)
    g_unlink(steps[i]);
  g_rmdir(folder);
}

/* .pt -> ours -> .pt: the same names in the same order, the same bits. */
static void test_round_trip(gconstpointer data)
{
  g_autofree char *file = g_strdup_printf("%s.pt", (const char *) data), *path = ssg_goldens_path(file);
  g_autofree char *folder = g_dir_make_tmp("ssgan-goldens-XXXXXX", NULL);
  g_autofree char *ours = g_build_filename(folder, "ours.safetensors", NULL), *back = g_build_filename(folder, "back.pt", NULL);
  g_autoptr(GError) error = NULL;

  g_autoptr(SsgModel) model = ssg_model_load(ctx, path, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_model_save(model, ours, SSG_F32, &error));
  ssg_model_unref(model);
  model = ssg_model_load(ctx, ours, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_model_save_pt(model, back, &error));
  g_assert_no_error(error);
  SsgCheckpointSections sections = SSG_CHECKPOINT_G_EMA | SSG_CHECKPOINT_ARGS;
  g_autoptr(SsgCheckpoint) a = ssg_checkpoint_load(path, sections, &error), b = ssg_checkpoint_load(back, sections, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(ssg_host_tensors_count(a->g_ema), ==, ssg_host_tensors_count(b->g_ema));
  for (guint i = 0; i < ssg_host_tensors_count(a->g_ema); i++) {
    const SsgHostTensor *x = ssg_host_tensors_at(a->g_ema, i), *y = ssg_host_tensors_at(b->g_ema, i);
    g_assert_cmpstr(x->name, ==, y->name);
    g_assert_true(ssg_shape_equal(&x->shape, &y->shape));
    g_assert_cmpmem(x->data, x->n_bytes, y->data, y->n_bytes);
  }
  g_assert_true(json_node_equal(a->args, b->args));
  g_unlink(ours);
  g_unlink(back);
  g_rmdir(folder);
}

/* Directions stored with a model come back, for every part and code, and go into the next file without being asked for again. */
static void test_directions(gconstpointer data)
{
  g_autofree char *path = ssg_goldens_checkpoint(data);
  g_autofree char *folder = g_dir_make_tmp("ssgan-goldens-XXXXXX", NULL);
  g_autofree char *first = g_build_filename(folder, "first.safetensors", NULL), *second = g_build_filename(folder, "second.safetensors", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgModel) model = ssg_model_load(ctx, path, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_model_save(model, first, SSG_F32, &error));
  g_autoptr(SsgModel) plain = ssg_model_load(ctx, first, NULL, NULL, NULL, NULL, &error);
  g_assert_false(ssg_model_keeps_directions(plain));
  ssg_model_keep_directions(model);
  g_assert_true(ssg_model_save(model, first, SSG_F32, &error));
  g_autoptr(SsgModel) stored = ssg_model_load(ctx, first, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_model_save(stored, second, SSG_F32, &error));
  g_autoptr(SsgModel) again = ssg_model_load(ctx, second, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error(error);
  const SsgArchitecture *a = &ssg_model_info(model)->arch;
  for (int part = -1; part < a->n_parts; part++)
    for (int texture = 0; texture <= (part >= 0); texture++) {
      SsgCode what = texture ? SSG_CODE_TEXTURE : SSG_CODE_SHAPE;
      SsgDirections computed = ssg_model_directions(model, part, what), read = ssg_model_directions(again, part, what);
      g_assert_cmpint(computed.n, >, 0);
      g_assert_cmpmem(computed.directions, sizeof(float) * computed.n * a->style_dim, read.directions, sizeof(float) * read.n * a->style_dim);
      g_assert_cmpmem(computed.effects, sizeof(float) * computed.n, read.effects, sizeof(float) * read.n);
    }
  g_unlink(first);
  g_unlink(second);
  g_rmdir(folder);
}

/* A weight that is no number is named when the model is loaded, not drawn as black. */
static void test_not_finite(gconstpointer data)
{
  g_autofree char *file = g_strdup_printf("%s.pt", (const char *) data), *path = ssg_goldens_path(file);
  g_autofree char *folder = g_dir_make_tmp("ssgan-goldens-XXXXXX", NULL), *ours = g_build_filename(folder, "ours.safetensors", NULL), *text = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgModel) model = ssg_model_load(ctx, path, NULL, NULL, NULL, NULL, &error);
  g_assert_true(ssg_model_save(model, ours, SSG_F32, &error));
  gsize size;
  guint64 header;
  const float bad = NAN;
  g_assert_true(g_file_get_contents(ours, &text, &size, &error));
  memcpy(&header, text, sizeof header);
  memcpy(text + 8 + GUINT64_FROM_LE(header), &bad, sizeof bad); /* the first number of the first tensor */
  g_assert_true(g_file_set_contents(ours, text, size, &error));
  g_assert_null(ssg_model_load(ctx, ours, NULL, NULL, NULL, NULL, &error));
  g_assert_nonnull(error);
  g_test_message("%s", error->message);
  g_assert_nonnull(strstr(error->message, "is not finite"));
  g_unlink(ours);
  g_rmdir(folder);
}

static void add_case(const char *set, const char *file)
{
  Case *c = g_new0(Case, 1);
  c->set = g_strdup(set);
  c->file = g_strdup(file);
  g_autofree char *path = g_strdup_printf("/goldens/inference/%s/%s", set, file ? file : "converted");
  g_test_add_data_func(path, c, test_set);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  ctx = ssg_context_new(g_getenv("SSGAN_TEST_DEVICE") ? g_getenv("SSGAN_TEST_DEVICE") : "cpu", 2, NULL);
  g_assert_nonnull(ctx);
  static const char *const endings[] = {".pt", "-legacy.pt", ".safetensors"};
  g_auto(GStrv) sets = ssg_goldens_sets("inference");
  for (int i = 0; sets[i]; i++) {
    for (int j = 0; j < 3; j++) {
      g_autofree char *file = g_strconcat(sets[i], endings[j], NULL), *path = ssg_goldens_path(file);
      if (g_file_test(path, G_FILE_TEST_EXISTS))
        add_case(sets[i], file);
    }
    add_case(sets[i], NULL);
    g_autofree char *path = g_strdup_printf("/goldens/round-trip/%s", sets[i]), *ours = g_strconcat(path, "/ours", NULL);
    g_autofree char *checkpoint = ssg_goldens_checkpoint(sets[i]);
    if (g_str_has_suffix(checkpoint, ".pt"))
      g_test_add_data_func(path, sets[i], test_round_trip);
    g_test_add_data_func(ours, sets[i], test_round_trip_of_ours);
    g_autofree char *directions = g_strdup_printf("/goldens/directions/%s", sets[i]);
    g_test_add_data_func(directions, sets[i], test_directions);
    g_autofree char *not_finite = g_strdup_printf("/goldens/not-finite/%s", sets[i]);
    g_test_add_data_func(not_finite, sets[i], test_not_finite);
  }
  if (!sets[0]) { /* a folder of the other kind alone is fine, one of neither is a mistake */
    g_auto(GStrv) others = ssg_goldens_sets("training");
    g_assert_nonnull(others[0]);
    g_print("1..0 # SKIP the folder has no inference sets\n");
    return 77;
  }
  int status = g_test_run();
  ssg_context_free(ctx);
  return status;
}
