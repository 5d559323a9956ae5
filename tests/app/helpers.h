/* What tests of the editor without widgets share: a tiny architecture, faces and documents of it, waiting. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/document.h"
#include "app/render-service.h"
#include "engine/error.h"

#define K 5
#define S 32

static const SsgArchitecture tiny = {.n_parts = K, .style_dim = S, .n_mapping = 2, .n_layers = 6, .n_base = 2,
  .n_depth = 4, .local_channels = 8, .feature_channels = 16, .coarse_size = 16, .render_size = 8, .size = 64,
  .n_levels = 3, .render_channels = {16, 12, 8}, .residual_refine = TRUE, .transparent = 1 << 3};
static char *const tiny_names[] = {"background", "face", "hair", "glasses", "tail", NULL};
static guint32 tiny_colors[K] = {0x202020, 0xf0c040, 0x4080c0, 0x80ff80, 0xff00ff};
static const SsgModelInfo tiny_info = {.arch = tiny, .name = "Tiny", .licence = "", .origin = "", .format = "safetensors",
  .part_names = (char **) tiny_names, .part_colors = tiny_colors, .images_seen = -1};

G_GNUC_UNUSED static SsgFace *make_face(guint32 seed)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
  float codes[(2 + 2 * K) * S];
  for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
    codes[i] = g_rand_double_range(rand, -2, 2);
  GError *error = NULL;
  SsgFace *face = ssg_face_new(&tiny, 2 + 2 * K, codes, &error);
  g_assert_no_error(error);
  return face;
}

G_GNUC_UNUSED static SsgDocument *make_document(guint32 seed)
{
  g_autoptr(SsgFace) face = make_face(seed);
  GError *error = NULL;
  SsgDocument *document = ssg_document_new();
  g_assert_true(ssg_document_set_model(document, &tiny_info, "/models/tiny.safetensors", "ab12", &error));
  g_assert_no_error(error);
  ssg_document_start(document, face, "Start");
  return document;
}

static inline int wait_seconds(void)
{
  const char *wish = g_getenv("SSG_TEST_WAIT");
  return wish ? atoi(wish) : 10;
}

/* Runs the main loop until the condition holds; fails after ten seconds (SSG_TEST_WAIT, for slow builds). */
#define WAIT_FOR(condition)                                                                                            \
  do {                                                                                                                 \
    gint64 until_ = g_get_monotonic_time() + wait_seconds() * G_USEC_PER_SEC;\
    while (!(condition)) {                                                                                             \
      g_assert_cmpint(g_get_monotonic_time(), <, until_);                                                              \
      if (!g_main_context_iteration(NULL, FALSE))                                                                      \
        g_usleep(200);                                                                                                 \
    }                                                                                                                  \
  } while (0)

/* Lets the main loop run for a while. */
G_GNUC_UNUSED static void run_loop(int ms)
{
  gint64 until = g_get_monotonic_time() + ms * 1000;
  while (g_get_monotonic_time() < until)
    if (!g_main_context_iteration(NULL, FALSE))
      g_usleep(200);
}

G_GNUC_UNUSED static char *make_folder(void)
{
  GError *error = NULL;
  char *folder = g_dir_make_tmp("ssgan-test-XXXXXX", &error);
  g_assert_no_error(error);
  return folder;
}

G_GNUC_UNUSED static void remove_folder(const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
      remove_folder(path);
    else
      remove(path);
  }
  remove(folder);
}
