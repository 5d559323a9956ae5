/* info, convert and --help. */
#include "engine/checkpoint.h"
#include "engine/context.h"
#include "engine/model.h"
#include "model-commands.h"

static void test_info(void)
{
  g_autofree char *text = NULL, *json = NULL;
  g_assert_cmpint(run_with("info MODEL", &text, NULL), ==, 0);
  g_assert_nonnull(strstr(text, "64 x 64 pixels"));
  g_assert_nonnull(strstr(text, "5 parts"));
  g_assert_cmpint(run_with("info --json MODEL", &json, NULL), ==, 0);
  g_autoptr(JsonNode) root = json_from_string(json, NULL);
  JsonObject *object = json_node_get_object(root);
  g_assert_cmpint(json_array_get_length(json_object_get_array_member(object, "parts")), ==, 5);
  JsonObject *arch = json_object_get_object_member(object, "architecture");
  g_assert_cmpint(json_object_get_int_member(arch, "size"), ==, 64);
  g_assert_cmpint(json_object_get_int_member(object, "memory_bytes"), >, 1 << 20);
  g_assert_cmpstr(json_object_get_string_member(object, "format"), ==, "pt");
}

static void test_convert(void)
{
  g_autoptr(GError) error = NULL;
  run("convert -q MODEL @c.safetensors --name Someone --licence CC0 --origin Here --shelf-seeds 7,5,3");
  run("convert -q @c.safetensors @c.pt");
  run("convert -q MODEL @g.safetensors --which g");
  run("convert -q MODEL @half.safetensors --f16");
  g_autofree char *back_path = in_folder("c.pt"), *ours_path = in_folder("c.safetensors"),
                  *half_path = in_folder("half.safetensors");
  g_autoptr(SsgCheckpoint) a = ssg_checkpoint_load(model, SSG_CHECKPOINT_ALL, &error);
  g_autoptr(SsgCheckpoint) b = ssg_checkpoint_load(back_path, SSG_CHECKPOINT_ALL, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(ssg_host_tensors_count(a->g_ema), ==, ssg_host_tensors_count(b->g_ema));
  for (guint i = 0; i < ssg_host_tensors_count(a->g_ema); i++) {
    const SsgHostTensor *x = ssg_host_tensors_at(a->g_ema, i), *y = ssg_host_tensors_get(b->g_ema, x->name);
    g_assert_nonnull(y);
    g_assert_cmpmem(x->data, x->n_bytes, y->data, y->n_bytes);
  }
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(ours_path, &error), half = ssg_model_info_read(half_path, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(info->name, ==, "Someone");
  g_assert_cmpstr(info->licence, ==, "CC0");
  g_assert_true(info->has_mean);
  /* Through a .pt file and back nothing is lost: the very same bytes, metadata and mean included. */
  run("convert -q @c.pt @again.safetensors");
  assert_same_file("again.safetensors", "c.safetensors");
  run("convert -q @c.pt @named.pt --name Other --licence MIT");
  g_autofree char *named_path = in_folder("named.pt");
  g_autoptr(SsgModelInfo) named = ssg_model_info_read(named_path, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(named->name, ==, "Other");
  /* What a .pt cannot hold is said, and can be had again. */
  g_autofree char *lost = NULL, *kept = NULL;
  run("convert -q MODEL @directed.safetensors --directions");
  g_assert_cmpint(run_with("convert @directed.safetensors @directed.pt", NULL, &lost), ==, 0);
  g_assert_nonnull(strstr(lost, "principal directions stay behind"));
  g_assert_cmpint(run_with("convert @c.safetensors @c.pt", NULL, &kept), ==, 0);
  g_assert_null(strstr(kept, "directions"));
  g_autofree char *table = NULL;
  run("convert -q MODEL @lines.pt --licence A\nB\tC\033[31m");
  g_assert_cmpint(run_with("info @lines.pt", &table, NULL), ==, 0);
  g_assert_nonnull(strstr(table, "\nlicence         A B C [31m\n"));
  g_assert_cmpstr(named->licence, ==, "MIT");
  g_assert_cmpstr(named->origin, ==, "Here");
  g_assert_cmpint(named->n_shelf_seeds, ==, 3);
  g_assert_cmpuint(named->shelf_seeds[2], ==, 3);
  g_assert_true(named->has_mean);
  g_assert_cmpuint(half->file_bytes, <, info->file_bytes * 2 / 3);
  /* g is another generator than g_ema. */
  gsize n, m;
  g_autoptr(SsgSafetensors) ema = open_raw("c.safetensors"), g = open_raw("g.safetensors");
  g_autofree float *x = values(ema, "style.1.weight", &n), *y = values(g, "style.1.weight", &m);
  g_assert_cmpint(memcmp(x, y, n * sizeof(float)), !=, 0);
  g_autoptr(SsgHostTensor) style =
      ssg_host_tensor_ref(ssg_host_tensors_get(a->g->list ? a->g : NULL, "style.1.weight"));
  g_assert_cmpmem(y, m * sizeof(float), style->data, style->n_bytes);
}

static void test_help(void)
{
  static const char *const names[] = {"info", "convert",     "generate",  "components",
                                      "mix",  "interpolate", "transform", "bench"};
  g_autofree char *list = NULL;
  g_assert_cmpint(run_with("--help", &list, NULL), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *line = g_strconcat(names[i], " --help", NULL), *help = NULL,
                    *entry = g_strdup_printf("\n  %s ", names[i]);
    g_assert_cmpint(run_with(line, &help, NULL), ==, 0);
    g_assert_nonnull(strstr(help, "Usage:"));
    g_assert_nonnull(strstr(list, entry));
  }
}

int main(int argc, char **argv)
{
  model_commands_begin(&argc, &argv);
  g_test_add_func("/trainer/model/info", test_info);
  g_test_add_func("/trainer/model/convert", test_convert);
  g_test_add_func("/trainer/model/help", test_help);
  return model_commands_run();
}
