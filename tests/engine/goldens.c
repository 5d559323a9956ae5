#include "tests/engine/goldens.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *folder(void)
{
  static char *kept;
  const char *name = g_getenv("SSGAN_GOLDENS"), *shell = g_getenv("PWD");
  if (kept)
    return kept;
  kept = g_strdup(name && *name ? name : SSG_TEST_GOLDENS); /* the copy in the tree */
  if (!g_path_is_absolute(kept) && shell && !g_file_test(kept, G_FILE_TEST_IS_DIR)) {
    /* Meson runs tests in the build folder; whoever wrote the name was elsewhere. */
    g_free(kept);
    kept = g_build_filename(shell, name, NULL);
  }
  if (!g_file_test(kept, G_FILE_TEST_IS_DIR)) { /* not our bug: a sentence, and no core file */
    g_print("Bail out! SSGAN_GOLDENS names the folder %s, which is not there\n", kept);
    exit(1);
  }
  return kept;
}

static int by_name(gconstpointer a, gconstpointer b)
{
  return strcmp(*(char *const *) a, *(char *const *) b);
}

char **ssg_goldens_sets(const char *kind)
{
  g_autofree char *suffix = g_strdup_printf("-%s.safetensors", kind);
  g_autoptr(GDir) dir = g_dir_open(folder(), 0, NULL);
  GPtrArray *sets = g_ptr_array_new();
  const char *name;

  g_assert_nonnull(dir);
  while ((name = g_dir_read_name(dir)))
    if (g_str_has_suffix(name, suffix))
      g_ptr_array_add(sets, g_strndup(name, strlen(name) - strlen(suffix)));
  g_ptr_array_sort(sets, by_name);
  g_ptr_array_add(sets, NULL);
  return (char **) g_ptr_array_free(sets, FALSE);
}

char *ssg_goldens_path(const char *file)
{
  return g_build_filename(folder(), file, NULL);
}

char *ssg_goldens_checkpoint(const char *set)
{
  g_autofree char *pt = g_strconcat(set, ".pt", NULL), *ours = g_strconcat(set, ".safetensors", NULL);
  g_autofree char *pt_path = ssg_goldens_path(pt), *ours_path = ssg_goldens_path(ours);
  if (g_file_test(pt_path, G_FILE_TEST_EXISTS) || !g_file_test(ours_path, G_FILE_TEST_EXISTS))
    return g_steal_pointer(&pt_path);
  return g_steal_pointer(&ours_path);
}

float *ssg_goldens_values(const SsgSafetensors *set, const char *name, gsize *n)
{
  const SsgHostTensor *tensor = ssg_host_tensors_get(set->tensors, name);
  if (!tensor)
    g_error("the goldens have no tensor %s", name);
  float *values = g_new(float, tensor->n_elements);
  ssg_host_tensor_read_f32(tensor, 0, tensor->n_elements, values);
  if (n)
    *n = tensor->n_elements;
  return values;
}

void ssg_goldens_compare(const char *what, const float *found, const float *expected, gsize n, double bound)
{
  double largest = 0, error = 0;
  for (gsize i = 0; i < n; i++) {
    largest = MAX(largest, fabs(expected[i]));
    error = fmax(error, isfinite(found[i]) ? fabs((double) found[i] - expected[i]) : INFINITY);
  }
  g_test_message("%s: largest error %.3g of %.3g", what, error, largest);
  if (!(error <= bound * largest))
    g_error("%s: largest error %g, largest magnitude %g, bound %g of that", what, error, largest, bound);
}

double ssg_goldens_distance(const float *a, const float *b, gsize n)
{
  double difference = 0, norm = 0;
  for (gsize i = 0; i < n; i++) {
    difference += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    norm += (double) b[i] * b[i];
  }
  return norm > 0 ? sqrt(difference / norm) : difference > 0 ? INFINITY : 0;
}
