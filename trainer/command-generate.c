/* generate: faces, masks, depth maps, latents and raw tensors into a folder. */
#include "trainer/command-model.h"

#include <string.h>
#include "engine/atomic-file.h"
#include "engine/error.h"
#include "engine/memory-limit.h"
#include "engine/npy.h"
#include "engine/tensor.h"
#include "trainer/interrupt.h"
#include "trainer/model-run.h"
#include "trainer/progress.h"
#include "trainer/raw-file.h"
#include "trainer/render-picture.h"
#include "trainer/sheet.h"

#define SHEET_FACES 64 /* more make no picture that anybody looks at */
#define SHEET_COLUMNS 8
#define SHEET_TILE 256
#define NOT_GIVEN (-G_MAXDOUBLE)

typedef enum { KIND_FACES = 1 << 0, KIND_MASKS = 1 << 1, KIND_DEPTH = 1 << 2, KIND_ALL = 7 } Kinds;

typedef struct {
  char *out, *seeds, *latents, *noise, *raw, *only, *hide;
  double truncation;
  gboolean save_latents, grid;
} Options;

static void options_clear(Options *o)
{
  char **texts[] = {&o->out, &o->seeds, &o->latents, &o->noise, &o->raw, &o->only, &o->hide};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    g_clear_pointer(texts[i], g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* One run. */
typedef struct {
  const Options *options;
  const SsgCommonOptions *common;
  const char *path; /* of the model */
  SsgModelRun model;
  const SsgModelInfo *info;
  SsgNoise noise;
  Kinds kinds;
  double truncation;
  GArray *seeds;    /* of guint64; NULL with latents */
  GPtrArray *faces; /* of SsgFace; NULL with seeds */
  GArray *hidden;   /* of int, or NULL */
  guint n;
  SsgRawFile *raw;
  float *latents;  /* [N, B + 2K, S] or NULL */
  SsgSheet *sheet; /* or NULL */
} Run;

static void run_clear(Run *run)
{
  g_clear_pointer(&run->raw, ssg_raw_file_free);
  g_clear_pointer(&run->sheet, ssg_sheet_free);
  g_clear_pointer(&run->seeds, g_array_unref);
  g_clear_pointer(&run->hidden, g_array_unref);
  g_clear_pointer(&run->faces, g_ptr_array_unref);
  g_clear_pointer(&run->latents, g_free);
  ssg_model_run_clear(&run->model);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* --- arguments --- */

static gboolean parse_noise(const char *text, SsgNoise *noise, GError **error)
{
  static const char *const names[] = {"stored", "seeded", "none"};
  static const SsgNoise kinds[] = {SSG_NOISE_STORED, SSG_NOISE_SEEDED, SSG_NOISE_NONE};
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    if (g_str_equal(text, names[i])) {
      *noise = kinds[i];
      return TRUE;
    }
  }
  ssg_command_usage_error(error, "--noise takes stored, seeded or none, not '%s'", text);
  return FALSE;
}

static gboolean parse_kinds(const char *text, Kinds *kinds, GError **error)
{
  static const char *const names[] = {"faces", "masks", "depth"};
  g_auto(GStrv) words = g_strsplit(text, ",", -1);
  *kinds = 0;
  for (char **word = words; *word || !*kinds; word++) {
    Kinds found = 0;
    for (int i = 0; *word && i < (int) G_N_ELEMENTS(names); i++)
      if (g_str_equal(g_strstrip(*word), names[i]))
        found = 1 << i;
    if (!found) {
      ssg_command_usage_error(error, "--only takes faces, masks and depth with commas between them, not '%s'", text);
      return FALSE;
    }
    *kinds |= found;
  }
  return TRUE;
}

/* Whether the file is to lie right in the folder, which need not be there yet. */
static gboolean lies_in(const char *path, const char *folder)
{
  g_autofree char *of_path = g_path_get_dirname(path), *a = g_canonicalize_filename(of_path, NULL),
                  *b = g_canonicalize_filename(folder, NULL);
  return g_str_equal(a, b);
}

/* What can be checked without the model. */
static gboolean check_options(Run *run, GError **error)
{
  const Options *o = run->options;
  run->noise = SSG_NOISE_STORED;
  run->kinds = KIND_ALL;
  if (!o->out)
    return ssg_make_folder(NULL, error);
  if (o->raw && !g_str_has_suffix(o->raw, ".safetensors")) { /* what reads by suffix would not know it */
    ssg_command_usage_error(error, "--raw writes a .safetensors file; '%s' has another name", o->raw);
    return FALSE;
  }
  if (o->raw && (!ssg_check_other_file(run->path, o->raw, error) || (o->latents && !ssg_check_other_file(o->latents, o->raw, error))))
    return FALSE;
  if (o->raw && (!lies_in(o->raw, o->out) || g_file_test(o->out, G_FILE_TEST_IS_DIR)) && !ssg_atomic_file_can_open(o->raw, error))
    return FALSE;
  if (o->seeds && o->latents) {
    ssg_command_usage_error(error, "--seeds and --latents exclude each other");
    return FALSE;
  }
  if (o->truncation != NOT_GIVEN && !ssg_check_truncation(o->truncation, error))
    return FALSE;
  run->truncation = o->truncation == NOT_GIVEN ? (o->latents ? 1 : 0.7) : o->truncation;
  if (!o->latents && !(run->seeds = ssg_seeds_option("--seeds", o->seeds, 0, 16, SSG_SEEDS_DISTINCT, error)))
    return FALSE;
  return (!o->noise || parse_noise(o->noise, &run->noise, error)) &&
         (!o->only || parse_kinds(o->only, &run->kinds, error));
}

static gboolean open_faces(Run *run, GError **error)
{
  const Options *o = run->options;
  if (!ssg_model_run_open(&run->model, run->common, run->path, NULL, error))
    return FALSE;
  run->info = ssg_model_info(run->model.model);
  if (o->hide && !(run->hidden = ssg_parse_parts("--hide", o->hide, run->info, error)))
    return FALSE;
  guint64 shown = run->info->arch.n_parts < 64 ? (G_GUINT64_CONSTANT(1) << run->info->arch.n_parts) - 1 : G_MAXUINT64;
  for (guint i = 0; run->hidden && i < run->hidden->len; i++)
    shown &= ~(G_GUINT64_CONSTANT(1) << g_array_index(run->hidden, int, i));
  if (!shown) {
    ssg_command_usage_error(error, "--hide %s leaves nothing to draw: keep one part at least", o->hide);
    return FALSE;
  }
  if (o->latents && !(run->faces = ssg_load_latents(o->latents, &run->info->arch, error)))
    return FALSE;
  run->n = run->faces ? run->faces->len : run->seeds->len;
  return TRUE;
}

static gboolean open_outputs(Run *run, GError **error)
{
  static const char *const folders[] = {"faces", "masks", "depth"};
  const Options *o = run->options;
  const SsgArchitecture *a = &run->info->arch;

  if (o->raw && !ssg_raw_file_has_room(o->raw, run->info, run->n, error))
    return FALSE;
  if (!ssg_make_folder(o->out, error))
    return FALSE;
  if (o->raw) {
    run->raw = ssg_raw_file_open(o->raw, run->info,
                                 o->latents ? o->latents
                                 : o->seeds ? o->seeds
                                            : "0-15",
                                 run->n, error);
    if (!run->raw)
      return FALSE;
  }
  for (int i = 0; i < (int) G_N_ELEMENTS(folders); i++) {
    g_autofree char *folder = g_build_filename(o->out, folders[i], NULL),
                    *colored = g_strconcat(folder, "-color", NULL);
    if ((run->kinds >> i) & 1 && !ssg_make_folder(folder, error))
      return FALSE;
    if ((run->kinds & KIND_DEPTH) && 1 << i == KIND_DEPTH && !ssg_make_folder(colored, error))
      return FALSE;
  }
  if (o->save_latents) {
    gsize codes = (gsize) ssg_architecture_short_rows(a) * (gsize) a->style_dim;
    run->latents = ssg_memory_available() / sizeof(float) / codes > run->n ? g_try_new(float, run->n *codes) : NULL;
    if (!run->latents) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "no memory for the latents of %u faces", run->n);
      return FALSE;
    }
  }
  if (o->grid) {
    int shown = (int) MIN(run->n, SHEET_FACES), tile = MIN(SHEET_TILE, a->size);
    run->sheet =
        ssg_sheet_new(3 * ((shown + SHEET_COLUMNS - 1) / SHEET_COLUMNS), MIN(shown, SHEET_COLUMNS), tile, tile);
  }
  return TRUE;
}

/* --- faces --- */

static SsgFace *face_at(Run *run, guint i, GError **error)
{
  g_autoptr(SsgFace) face = NULL;
  guint64 seed = run->seeds ? g_array_index(run->seeds, guint64, i) : i;
  if (run->seeds) {
    face = ssg_model_sample(run->model.model, seed, (float) run->truncation, error);
    if (!face)
      return NULL;
  } else if (run->truncation != 1) {
    face =
        ssg_face_truncate(g_ptr_array_index(run->faces, i), ssg_model_mean(run->model.model), (float) run->truncation);
  } else {
    face = ssg_face_ref(g_ptr_array_index(run->faces, i));
  }
  for (guint k = 0; run->hidden && k < run->hidden->len; k++) {
    SsgFace *without = ssg_face_set_shown(face, g_array_index(run->hidden, int, k), FALSE);
    ssg_face_unref(face);
    face = without;
  }
  return ssg_face_set_noise(face, run->noise, run->noise == SSG_NOISE_SEEDED ? seed + run->common->seed : 0);
}

static char *path_in(const Run *run, const char *folder, const char *name, const char *suffix)
{
  g_autofree char *file = g_strconcat(name, suffix, ".png", NULL);
  return g_build_filename(run->options->out, folder, file, NULL);
}

/* Of the parts shown. A hidden part has no depth in this face, though the render keeps what it would have. */
static gboolean save_depths(const Run *run, const SsgFace *face, const SsgRender *render, const char *name,
                            const SsgImageOrigin *origin, GError **error)
{
  SsgDepths all = ssg_render_shown_depths(render, face);
  for (int k = 1; k < render->n_parts; k++) { /* the background's depth is 0 everywhere */
    if (!ssg_face_shown(face, k))
      continue;
    g_autofree char *part = g_strdelimit(g_strdup(run->info->part_names[k]), " /", '-');
    g_autofree char *suffix = g_strdup_printf("-%02d-%s", k, part);
    g_autofree char *gray = path_in(run, "depth", name, suffix), *color = path_in(run, "depth-color", name, suffix);
    g_autofree guint8 *rgb = ssg_render_depth_to_rgb(render, k, ssg_render_depths(render, k));
    if (!ssg_render_save_depth(render, k, all, run->info->part_names[k], gray, origin, error) ||
        !ssg_rgb_save(rgb, render->coarse_size, color, origin, error))
      return FALSE;
  }
  return TRUE;
}

static void add_to_sheet(Run *run, guint i, const SsgFace *face, const SsgRender *render, const char *caption)
{
  int row = 3 * (int) (i / SHEET_COLUMNS), column = i % SHEET_COLUMNS, size = render->size;
  if (!run->sheet || i >= SHEET_FACES)
    return;
  g_autofree guint8 *rgb = ssg_render_to_rgb(render), *depth = ssg_render_front_depth_to_rgb(render, face);
  ssg_sheet_set_tile(run->sheet, row, column, rgb, size, size, 0);
  ssg_sheet_set_tile_labels(run->sheet, row + 1, column, render->mask, size, size, run->info->part_colors,
                            run->info->arch.n_parts);
  ssg_sheet_set_tile(run->sheet, row + 2, column, depth, render->coarse_size, render->coarse_size, 0);
  ssg_sheet_set_tile_caption(run->sheet, row + 2, column, caption);
  ssg_sheet_set_row_caption(run->sheet, row, "face");
  ssg_sheet_set_row_caption(run->sheet, row + 1, "mask");
  ssg_sheet_set_row_caption(run->sheet, row + 2, "depth");
}

static gboolean make_face(Run *run, guint i, GError **error)
{
  const SsgRenderOptions options = {.raw = run->raw != NULL};
  g_autoptr(SsgFace) face = face_at(run, i, error);
  if (!face)
    return FALSE;
  g_autoptr(SsgRender) render = ssg_session_render(run->model.session, face, &options, NULL, NULL, NULL, error);
  guint64 seed = run->seeds ? g_array_index(run->seeds, guint64, i) : i;
  if (!render) {
    g_prefix_error(error, run->seeds ? "%s: seed %" G_GUINT64_FORMAT ": " : "%s: latent %" G_GUINT64_FORMAT ": ",
                   run->seeds ? run->path : run->options->latents, seed);
    return FALSE;
  }
  g_autofree char *name = g_strdup_printf("%04" G_GUINT64_FORMAT, seed),
                  *number = g_strdup_printf("%" G_GUINT64_FORMAT, seed);
  g_autofree char *caption = g_strconcat(run->seeds ? "seed " : "row ", number, NULL);
  g_autofree char *face_path = path_in(run, "faces", name, ""), *mask_path = path_in(run, "masks", name, "");
  SsgImageOrigin origin = ssg_picture_origin(run->info, run->seeds ? number : NULL, NULL);
  g_autofree char *truncation = g_strdup_printf("%g", run->truncation);
  origin.truncation = run->seeds ? truncation : NULL; /* model, seed and truncation make the picture again */
  if (run->kinds & KIND_FACES && !ssg_render_save_face(render, face_path, &origin, error))
    return FALSE;
  if (run->kinds & KIND_MASKS && !ssg_render_save_mask(render, run->info, mask_path, &origin, error))
    return FALSE;
  if (run->kinds & KIND_DEPTH && !save_depths(run, face, render, name, &origin, error))
    return FALSE;
  if (run->raw && !ssg_raw_file_add(run->raw, face, render, error))
    return FALSE;
  if (run->latents) {
    gsize codes = (gsize) ssg_architecture_short_rows(&run->info->arch) * (gsize) run->info->arch.style_dim;
    memcpy(run->latents + i * codes, ssg_face_codes(face), codes * sizeof(float));
  }
  add_to_sheet(run, i, face, render, caption);
  return TRUE;
}

static gboolean save_sheet(Run *run, GError **error)
{
  g_autofree char *path = g_build_filename(run->options->out, "sheet.png", NULL);
  g_autofree char *first = run->n > SHEET_FACES ? g_strdup_printf("; the first %d of %u", SHEET_FACES, run->n) : g_strdup("");
  g_autofree char *subtitle = g_strdup_printf("%struncation %g; depth: of the part in front, pale is near%s",
                                              run->seeds ? "" : "from latents, ", run->truncation, first);
  SsgImageOrigin origin = ssg_picture_origin(run->info, NULL, subtitle);
  ssg_sheet_set_title(run->sheet, run->info->name, subtitle);
  ssg_sheet_set_legend(run->sheet, run->info->part_names, run->info->part_colors, run->info->arch.n_parts);
  return ssg_sheet_save(run->sheet, path, &origin, error);
}

static gboolean make_faces(Run *run, GError **error)
{
  g_autoptr(SsgProgress) progress = ssg_progress_new("generating", "faces", run->n, run->common->quiet);
  for (guint i = 0; i < run->n; i++) {
    if (!ssg_interrupt_check(error) || !make_face(run, i, error))
      return FALSE;
    ssg_progress_set(progress, i + 1);
  }
  if (run->raw && !ssg_raw_file_commit(run->raw, error))
    return FALSE;
  if (run->latents) {
    const SsgArchitecture *a = &run->info->arch;
    SsgShape shape = SSG_SHAPE(run->n, ssg_architecture_short_rows(a), a->style_dim);
    g_autofree char *path = g_build_filename(run->options->out, "latents.npy", NULL);
    if (!ssg_npy_save_f32(path, &shape, run->latents, error))
      return FALSE;
  }
  return !run->sheet || save_sheet(run, error);
}

static int run_generate(int argc, char **argv)
{
  const char *command = argv[0];
  g_auto(SsgCommonOptions) common = {0};
  g_auto(Options) o = {.truncation = NOT_GIVEN};
  g_auto(Run) run = {.options = &o, .common = &common};
  int exit_code;
  const GOptionEntry entries[] = {
      {"out", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "Folder to write to; made where it is missing", "DIR"},
      {"seeds", 0, 0, G_OPTION_ARG_STRING, &o.seeds, "Seeds of the faces: 0-15, or 1,5,8 (0-15)", "LIST"},
      {"latents", 0, 0, G_OPTION_ARG_FILENAME, &o.latents,
       "Faces from latents instead: [N, S], [N, B+2K, S] or [N, K*L, S]", "F.npy"},
      {"truncation", 0, 0, G_OPTION_ARG_DOUBLE, &o.truncation,
       "Pull towards the mean face: 1 leaves faces as they are, 0 gives the mean (0.7; 1 with --latents)", "PSI"},
      {"noise", 0, 0, G_OPTION_ARG_STRING, &o.noise,
       "Noise in the render net: stored in the model, seeded (--seed plus the face's own seed), or none (stored)",
       "KIND"},
      {"hide", 0, 0, G_OPTION_ARG_STRING, &o.hide,
       "Leave parts out: names or numbers; they have no depth maps, and depth and weight 0 in --raw", "PARTS"},
      {"only", 0, 0, G_OPTION_ARG_STRING, &o.only, "Of faces, masks and depth, write only these", "LIST"},
      {"save-latents", 0, 0, G_OPTION_ARG_NONE, &o.save_latents, "Write DIR/latents.npy, [N, B+2K, S]", NULL},
      {"raw", 0, 0, G_OPTION_ARG_FILENAME, &o.raw,
       "Write the unquantised tensors rgb, seg, coarse, depth, weights [N, C, H, W] and latent", "F.safetensors"},
      {"grid", 0, 0, G_OPTION_ARG_NONE, &o.grid, "Write DIR/sheet.png: faces, masks and depths side by side", NULL},
      {NULL}};
  if (!ssg_command_parse(
          &argc, &argv, "MODEL",
          "Generates faces. Into DIR go\n"
          "  faces/SEED.png                  the picture\n"
          "  masks/SEED.png                  the segmentation: pixel k is part k, the palette has the parts' colours\n"
          "  depth/SEED-PART.png             pseudo-depth of each part shown, 16 bits; its range is in the PNG's "
          "Description\n"
          "  depth-color/SEED-PART.png       the same to look at: each part from its own nearest (pale) to farthest "
          "(dark)\n"
          "Pictures say in their metadata that they are synthetic, and name model and seed. The same seed gives the "
          "same\n"
          "face on every machine (raw values within 1e-5: processors round differently), and with any number of threads\n"
          "the very same bits.",
          entries, SSG_COMMON_MODEL, &common, 1, 1, &exit_code))
    return exit_code;
  GError *error = NULL;
  run.path = argv[1];
  if (check_options(&run, &error) && open_faces(&run, &error) && open_outputs(&run, &error) &&
      make_faces(&run, &error))
    g_print("%s: %u face%s\n", o.out, run.n, run.n == 1 ? "" : "s");
  return ssg_command_finish(command, error);
}

const SsgCommand ssg_command_generate = {"generate", "Faces, masks, depth maps and latents of a model", run_generate,
                                         NULL};
