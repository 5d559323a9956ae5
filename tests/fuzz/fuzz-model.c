/* Whole model files of either kind: metadata, architecture, parts, and whether all tensors are there. */
#include "engine/model.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autofree char *path = fuzz_file(data, size);
  g_autoptr(GError) error = NULL, problem = NULL;
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(path, &error);
  g_assert_true((info == NULL) == (error != NULL));
  if (info) {
    g_assert_cmpint(info->arch.n_parts, >, 0);
    for (int k = 0; k < info->arch.n_parts; k++)
      g_assert_true(g_utf8_validate(info->part_names[k], -1, NULL));
    g_assert_true(g_utf8_validate(info->name, -1, NULL));
    gboolean good = ssg_model_file_check(path, &problem);
    g_assert_true(good == (problem == NULL));
  }
  return 0;
}
