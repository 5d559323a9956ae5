/* What the tests of ssgan-trainer's model commands share: the real program on the small golden models, in a temporary folder. */
#pragma once

#include <gio/gio.h>
#include <math.h>
#include <string.h>
#include "engine/image.h"
#include "engine/safetensors.h"
#include "folder.h"

static char *folder, *model; /* tiny.pt */

static inline char *in_folder(const char *name)
{
  return g_build_filename(folder, name, NULL);
}

static inline char *golden(const char *name)
{
  return g_build_filename(g_getenv("SSG_TEST_GOLDENS"), name, NULL);
}

/* Runs the program with the words of `line`; a word that begins with "@" lies in the test's folder, "MODEL" is tiny.pt.
 * out and err may be NULL. Returns the exit code. */
static inline int run_with(const char *line, char **out, char **err)
{
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *kept_out = NULL, *kept_err = NULL;
  g_autoptr(GError) error = NULL;
  int status;
  g_ptr_array_add(argv, g_strdup(g_getenv("SSG_TRAINER_PROGRAM")));
  for (char **word = words; *word; word++)
    g_ptr_array_add(argv, **word == '@'                 ? g_strconcat(folder, "/", *word + 1, NULL)
                          : g_str_equal(*word, "MODEL") ? g_strdup(model)
                                                        : g_strdup(*word));
  g_ptr_array_add(argv, NULL);
  g_assert_true(g_spawn_sync(NULL, (char **) argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &kept_out, &kept_err,
                             &status, &error));
  g_assert_no_error(error);
  g_test_message("%s\n%s%s", line, kept_out, kept_err);
  g_assert_true(WIFEXITED(status)); /* no crash */
  if (out)
    *out = g_steal_pointer(&kept_out);
  if (err)
    *err = g_steal_pointer(&kept_err);
  return WEXITSTATUS(status);
}

static inline void run(const char *line)
{
  g_assert_cmpint(run_with(line, NULL, NULL), ==, 0);
}

static inline gboolean exists(const char *name)
{
  g_autofree char *path = in_folder(name);
  return g_file_test(path, G_FILE_TEST_EXISTS);
}

static inline gboolean remove_from_folder(const char *name)
{
  g_autofree char *path = in_folder(name);
  folder_remove(path);
  return TRUE;
}

static inline int count(const char *name)
{
  g_autofree char *path = in_folder(name);
  return folder_count(path);
}

static inline char *contents(const char *name, gsize *size)
{
  g_autofree char *path = in_folder(name);
  char *data;
  g_assert_true(g_file_get_contents(path, &data, size, NULL));
  return data;
}

static inline void assert_same_file(const char *a, const char *b)
{
  gsize na, nb;
  g_autofree char *da = contents(a, &na), *db = contents(b, &nb);
  g_assert_cmpmem(da, na, db, nb);
}

static inline SsgImage *load(const char *name, SsgImageKind kind)
{
  g_autofree char *path = in_folder(name);
  g_autoptr(GError) error = NULL;
  SsgImage *image = ssg_image_load(path, kind, NULL, &error);
  g_assert_no_error(error);
  return image;
}

static inline void assert_same_pixels(const char *a, const char *b)
{
  g_autoptr(SsgImage) x = load(a, SSG_IMAGE_RGB), y = load(b, SSG_IMAGE_RGB);
  g_assert_cmpmem(x->pixels, (gsize) 3 * (gsize) x->width * (gsize) x->height, y->pixels,
                  (gsize) 3 * (gsize) y->width * (gsize) y->height);
}

static inline void assert_picture(const char *name, int size)
{
  g_autoptr(SsgImage) image = load(name, SSG_IMAGE_RGB);
  g_assert_cmpint(image->width, ==, size);
  g_assert_cmpint(image->height, ==, size);
}

/* A sheet of rows x columns tiles with its texts around them; some of it must be neither paper nor one colour. */
static inline void assert_sheet(const char *name, int rows, int columns, int tile)
{
  g_autoptr(SsgImage) image = load(name, SSG_IMAGE_RGB);
  g_assert_cmpint(image->width, >=, columns * tile);
  g_assert_cmpint(image->width, <, columns * (tile + 60) + 700); /* a long title makes small sheets wider */
  g_assert_cmpint(image->height, >=, rows * tile);
  g_assert_cmpint(image->height, <, rows * (tile + 60) + 200);
  int colored = 0;
  for (gsize i = 0; i < (gsize) image->width * (gsize) image->height; i++) {
    const guint8 *p = image->pixels + 3 * i;
    colored += abs(p[0] - p[1]) > 40 || abs(p[1] - p[2]) > 40;
  }
  g_assert_cmpint(colored, >, rows * columns * tile * tile / 8);
}

/* How many numbers of the lowest `rows` rows of two sheets differ: titles, which are above, do not count. */
static inline int differing_below(const char *a, const char *b, int rows)
{
  g_autoptr(SsgImage) x = load(a, SSG_IMAGE_RGB), y = load(b, SSG_IMAGE_RGB);
  int n = 0;
  g_assert_cmpint(x->width, ==, y->width);
  g_assert_cmpint(x->height, ==, y->height);
  for (int i = 3 * x->width * (x->height - rows); i < 3 * x->width * x->height; i++)
    n += x->pixels[i] != y->pixels[i];
  return n;
}

static inline SsgSafetensors *open_raw(const char *name)
{
  g_autofree char *path = in_folder(name);
  g_autoptr(GError) error = NULL;
  SsgSafetensors *file = ssg_safetensors_open(path, &error);
  g_assert_no_error(error);
  return file;
}

static inline float *values(const SsgSafetensors *file, const char *name, gsize *n)
{
  SsgHostTensor *tensor = ssg_host_tensors_get(file->tensors, name);
  g_assert_nonnull(tensor);
  float *out = g_new(float, tensor->n_elements);
  ssg_host_tensor_read_f32(tensor, 0, tensor->n_elements, out);
  *n = tensor->n_elements;
  return out;
}

/* Around g_test_run(), whose status is returned. */
static inline void model_commands_begin(int *argc, char ***argv)
{
  g_test_init(argc, argv, NULL);
  folder = g_dir_make_tmp("ssgan-model-commands-XXXXXX", NULL);
  model = golden("tiny.pt");
}

static inline int model_commands_run(void)
{
  int status = g_test_run();
  folder_remove(folder);
  g_free(folder);
  g_free(model);
  return status;
}
