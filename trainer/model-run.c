#include "trainer/model-run.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "engine/error.h"
#include "engine/npy.h"
#include "trainer/interrupt.h"
#include "trainer/progress.h"
#include "trainer/snapshots.h"

/* --- models --- */

static void show_loading(double fraction, gpointer data)
{
  ssg_progress_set(data, (guint64) lround(100 * fraction));
}

static gboolean open_context(SsgModelRun *run, const SsgCommonOptions *common, GError **error)
{
  *run = (SsgModelRun){.ctx = ssg_common_context(common, NULL, error)};
  return run->ctx != NULL;
}

gboolean ssg_model_run_open(SsgModelRun *run, const SsgCommonOptions *common, const char *path, const char *which,
                            GError **error)
{
  return ssg_model_run_open_for(run, common, path, which, SSG_MODEL_TO_RENDER, error);
}

gboolean ssg_model_run_open_for(SsgModelRun *run, const SsgCommonOptions *common, const char *path, const char *which,
                                SsgModelUse use, GError **error)
{
  if (!open_context(run, common, error))
    return FALSE;
  g_autofree char *file = ssg_snapshots_resolve(path, error);
  if (!file)
    return FALSE;
  g_autofree char *label = g_path_get_basename(file);
  g_autoptr(SsgProgress) progress = ssg_progress_new(label, "% loaded", 100, common->quiet);
  run->model = ssg_model_load_for(run->ctx, file, which, use, show_loading, progress, NULL, error);
  if (run->model)
    run->session = ssg_session_new(run->model);
  return run->model != NULL;
}

static gboolean read_preset(const char *preset, SsgArchitecture *arch, GError **error)
{
  if (ssg_architecture_preset(preset, arch))
    return TRUE;
  g_autofree char *known = g_strjoinv(", ", (char **) ssg_architecture_presets());
  ssg_command_usage_error(error, "there is no architecture '%s'; there are %s", preset, known);
  return FALSE;
}

gboolean ssg_model_run_open_random(SsgModelRun *run, const SsgCommonOptions *common, const char *preset, GError **error)
{
  SsgArchitecture arch;
  if (!read_preset(preset, &arch, error) || !open_context(run, common, error))
    return FALSE;
  run->model = ssg_model_new_random(run->ctx, &arch, common->seed, error);
  if (run->model)
    run->session = ssg_session_new(run->model);
  return run->model != NULL;
}

void ssg_model_run_clear(SsgModelRun *run)
{
  g_clear_pointer(&run->session, ssg_session_free);
  g_clear_pointer(&run->model, ssg_model_unref);
  g_clear_pointer(&run->ctx, ssg_context_free);
}

/* --- arguments --- */

gboolean ssg_check_truncation(double truncation, GError **error)
{
  return ssg_command_in_range("--truncation", truncation, -2, 2, error);
}

static gboolean parse_seed_range(const char *word, guint64 *first, guint64 *last)
{
  g_auto(GStrv) ends = g_strsplit(word, "-", 2);
  return ends[0] && g_ascii_string_to_unsigned(ends[0], 10, 0, G_MAXUINT64, first, NULL) &&
         g_ascii_string_to_unsigned(ends[1] ? ends[1] : ends[0], 10, *first, G_MAXUINT64, last, NULL);
}

/* Adds first .. last; FALSE at a seed that is there already. */
static gboolean add_seeds(GArray *seeds, guint64 first, guint64 last, GHashTable *distinct)
{
  for (guint64 i = 0; i <= last - first; i++) {
    guint64 seed = first + i;
    g_array_append_val(seeds, seed);
    if (distinct && !g_hash_table_add(distinct, g_memdup2(&seed, sizeof seed)))
      return FALSE;
  }
  return TRUE;
}

GArray *ssg_parse_seeds(const char *option, const char *text, SsgSeeds kind, GError **error)
{
  g_auto(GStrv) words = g_strsplit(text, ",", -1);
  g_autoptr(GArray) seeds = g_array_new(FALSE, FALSE, sizeof(guint64));
  g_autoptr(GHashTable) distinct =
      kind == SSG_SEEDS_DISTINCT ? g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL) : NULL;
  for (char **word = words; *word; word++) {
    guint64 first, last;
    if (!parse_seed_range(g_strstrip(*word), &first, &last)) {
      ssg_command_usage_error(error, "%s takes seeds like 0-15 or 1,5,8, not '%s'", option, text);
      return NULL;
    }
    if (last - first >= SSG_MAX_SEEDS - seeds->len) {
      ssg_command_usage_error(error, "%s names more than %d faces", option, SSG_MAX_SEEDS);
      return NULL;
    }
    if (!add_seeds(seeds, first, last, distinct)) {
      ssg_command_usage_error(error, "%s names seed %" G_GUINT64_FORMAT " twice", option,
                              g_array_index(seeds, guint64, seeds->len - 1));
      return NULL;
    }
  }
  if (!seeds->len) {
    ssg_command_usage_error(error, "%s names no face", option);
    return NULL;
  }
  return g_steal_pointer(&seeds);
}

GArray *ssg_seeds_option(const char *option, const char *text, guint64 first, guint usual, SsgSeeds kind, GError **error)
{
  if (text)
    return ssg_parse_seeds(option, text, kind, error);
  GArray *seeds = g_array_new(FALSE, FALSE, sizeof(guint64));
  first = MIN(first, G_MAXUINT64 - (usual - 1));
  add_seeds(seeds, first, first + (usual - 1), NULL);
  return seeds;
}

GArray *ssg_parse_numbers(const char *option, const char *text, double least, double most, GError **error)
{
  g_auto(GStrv) words = g_strsplit(text, ",", -1);
  g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(double));
  for (char **word = words; *word; word++) {
    char *end;
    double number = g_ascii_strtod(g_strstrip(*word), &end);
    if (end == *word || *end || !(number >= least && number <= most)) {
      ssg_command_usage_error(error, "%s takes numbers from %g to %g with commas between them, not '%s'", option, least,
                              most, text);
      return NULL;
    }
    g_array_append_val(numbers, number);
  }
  if (!numbers->len) {
    ssg_command_usage_error(error, "%s holds no number", option);
    return NULL;
  }
  return g_steal_pointer(&numbers);
}

gboolean ssg_parse_codes(const char *option, const char *text, SsgCode *what, GError **error)
{
  static const char *const names[] = {"shape", "texture", "both"};
  static const SsgCode codes[] = {SSG_CODE_SHAPE, SSG_CODE_TEXTURE, SSG_CODE_BOTH};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (g_str_equal(text, names[i])) {
      *what = codes[i];
      return TRUE;
    }
  }
  ssg_command_usage_error(error, "%s takes shape, texture or both, not '%s'", option, text);
  return FALSE;
}

static int find_part(const SsgModelInfo *info, const char *word)
{
  guint64 index;
  for (int k = 0; k < info->arch.n_parts; k++)
    if (g_ascii_strcasecmp(info->part_names[k], word) == 0)
      return k;
  return g_ascii_string_to_unsigned(word, 10, 0, (guint64) info->arch.n_parts - 1, &index, NULL) ? (int) index : -1;
}

GArray *ssg_parse_parts(const char *option, const char *text, const SsgModelInfo *info, GError **error)
{
  g_auto(GStrv) words = g_strsplit(text, ",", -1);
  g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(int));
  guint64 seen = 0;
  if (g_str_equal(text, "all")) {
    for (int k = 0; k < info->arch.n_parts; k++)
      g_array_append_val(parts, k);
    return g_steal_pointer(&parts);
  }
  for (char **word = words; *word; word++) {
    int k = find_part(info, g_strstrip(*word));
    if (k < 0) {
      g_autofree char *names = g_strjoinv(", ", info->part_names);
      ssg_command_usage_error(error, "%s: the model has no part '%s'; it has %s", option, *word, names);
      return NULL;
    }
    if ((seen >> k) & 1) {
      ssg_command_usage_error(error, "%s names %s twice", option, info->part_names[k]);
      return NULL;
    }
    seen |= G_GUINT64_CONSTANT(1) << k;
    g_array_append_val(parts, k);
  }
  if (!parts->len) {
    ssg_command_usage_error(error, "%s names no part", option);
    return NULL;
  }
  return g_steal_pointer(&parts);
}

/* --- files --- */

/* Faces and rows a face that a file of this shape holds; FALSE when it fits the model in no way. */
static gboolean measure_latents(const SsgShape *shape, const SsgArchitecture *arch, gint64 *n, int *rows)
{
  int short_rows = ssg_architecture_short_rows(arch), expanded_rows = ssg_architecture_expanded_rows(arch);
  if (shape->rank < 1 || shape->rank > 3 || shape->dim[shape->rank - 1] != arch->style_dim)
    return FALSE;
  *n = 1;
  *rows = 1;
  if (shape->rank == 1)
    return TRUE;
  if (shape->rank == 3) {
    *n = shape->dim[0];
    *rows = (int) shape->dim[1];
    return *n > 0 && (*rows == short_rows || *rows == expanded_rows);
  }
  *n = shape->dim[0];
  return *n > 0;
}

GPtrArray *ssg_load_latents(const char *path, const SsgArchitecture *arch, GError **error)
{
  g_autoptr(SsgHostTensor) tensor = ssg_npy_load(path, error);
  gint64 n;
  int rows;
  if (!tensor)
    return NULL;
  if (!measure_latents(&tensor->shape, arch, &n, &rows)) {
    g_autofree char *found = ssg_shape_text(&tensor->shape);
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                "%s: the model takes latents of shape [%d], [N, %d], [N, %d, %d] or [N, %d, %d], the file has %s", path,
                arch->style_dim, arch->style_dim, ssg_architecture_short_rows(arch), arch->style_dim,
                ssg_architecture_expanded_rows(arch), arch->style_dim, found);
    return NULL;
  }
  gsize size = (gsize) rows * (gsize) arch->style_dim;
  g_autofree float *codes = g_new(float, size);
  g_autoptr(GPtrArray) faces = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_face_unref);
  for (gint64 i = 0; i < n; i++) {
    ssg_host_tensor_read_f32(tensor, (gsize) i * size, size, codes);
    for (gsize j = 0; j < size; j++) {
      if (!isfinite(codes[j])) {
        g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT,
                    "%s: latent %" G_GINT64_FORMAT " holds a number that is not finite", path, i);
        return NULL;
      }
    }
    SsgFace *face = ssg_face_new(arch, rows, codes, error);
    if (!face) {
      g_prefix_error(error, "%s: latent %" G_GINT64_FORMAT ": ", path, i);
      return NULL;
    }
    g_ptr_array_add(faces, face);
  }
  return g_steal_pointer(&faces);
}

/* The first thing on the way to path that is there and is no folder; NULL: none. */
static char *file_in_the_way(const char *path)
{
  g_autofree char *at = g_strdup(path);
  for (;;) {
    if (g_file_test(at, G_FILE_TEST_EXISTS))
      return g_file_test(at, G_FILE_TEST_IS_DIR) ? NULL : g_steal_pointer(&at);
    char *above = g_path_get_dirname(at);
    gboolean top = g_str_equal(above, at);
    g_free(at);
    at = above;
    if (top)
      return NULL;
  }
}

gboolean ssg_make_folder(const char *path, GError **error)
{
  if (!path || !*path) {
    ssg_command_usage_error(error, "--out is missing: which folder shall the pictures go to?");
    return FALSE;
  }
  if (g_mkdir_with_parents(path, 0777) == 0) {
    if (access(path, W_OK | X_OK) == 0)
      return TRUE;
    ssg_trainer_error_set_errno(error, errno, "write into the folder", path);
    return FALSE;
  }
  int code = errno;
  g_autofree char *file = file_in_the_way(path);
  if (file)
    ssg_command_usage_error(error, "the folder %s cannot be made: a file named %s is in the way", path, file);
  else
    ssg_trainer_error_set_errno(error, code, "make the folder", path);
  return FALSE;
}

gboolean ssg_check_other_file(const char *in, const char *out, GError **error)
{
  struct stat a, b;
  g_autofree char *read = ssg_snapshots_resolve(in, NULL); /* a run's folder stands for a file */
  if (!read || stat(read, &a) != 0 || stat(out, &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
    return TRUE;
  ssg_command_usage_error(error, "%s and %s are one file; give the one that is written another name", read, out);
  return FALSE;
}

gboolean ssg_check_png_name(const char *option, const char *path, GError **error)
{
  gsize n = strlen(path);
  if (n > 4 && g_ascii_strcasecmp(path + n - 4, ".png") == 0)
    return TRUE;
  ssg_command_usage_error(error, "%s draws a PNG: %s has to end in .png", option, path);
  return FALSE;
}

gboolean ssg_check_folder_of(const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname(path);
  if (g_file_test(folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s cannot be written: there is no folder %s", path, folder);
  return FALSE;
}
