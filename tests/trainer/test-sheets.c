/* components, mix, interpolate and transform, and bench. */
#include <json-glib/json-glib.h>
#include "engine/architecture.h"
#include "engine/model.h"
#include "model-commands.h"

static void test_components(void)
{
  run("components -q MODEL --out @components --seeds 0,1 --tile 96 --threads 1");
  assert_sheet("components/components.png", 4, 5, 96);
  run("components -q MODEL --out @components2 --order 2,background --tile 96 --threads 1");
  assert_sheet("components2/components.png", 2, 2, 96);
}

static void test_mix(void)
{
  run("mix -q MODEL --out @mix --rows 0,1 --columns 2-4 --parts 1,4 --what texture --base --tile 96 --threads 1");
  g_assert_cmpint(count("mix"), ==, 3);
  assert_sheet("mix/mix-01-part-1-texture.png", 3, 4, 96);
  assert_sheet("mix/mix-04-part-4-texture.png", 3, 4, 96);
  assert_sheet("mix/mix-base.png", 3, 4, 96);
  /* Shape and both are other pictures. */
  run("mix -q MODEL --out @mix --rows 0,1 --columns 2-4 --parts 1 --tile 96 --threads 1");
  gsize a, b;
  g_autofree char *texture = contents("mix/mix-01-part-1-texture.png", &a),
                  *both = contents("mix/mix-01-part-1-both.png", &b);
  g_assert_true(a != b || memcmp(texture, both, a) != 0);
}

static void test_interpolate(void)
{
  run("interpolate -q MODEL --out @path --seeds 3,5,8 --frames 4 --tile 96 --threads 1");
  g_assert_cmpint(count("path/frames"), ==, 7);
  assert_sheet("path/sheet.png", 2, 7, 96);
  run("generate -q MODEL --out @ends --seeds 3,5,8 --only faces --threads 1");
  static const int frames[] = {0, 3, 6}, seeds[] = {3, 5, 8};
  for (int i = 0; i < 3; i++) { /* whole faces: key frames are the faces themselves, up to the rounding of the blend */
    g_autofree char *a = g_strdup_printf("path/frames/%04d.png", frames[i]),
                    *b = g_strdup_printf("ends/faces/%04d.png", seeds[i]);
    g_autoptr(SsgImage) x = load(a, SSG_IMAGE_RGB), y = load(b, SSG_IMAGE_RGB);
    for (int p = 0; p < 3 * 64 * 64; p++)
      g_assert_cmpint(abs(x->pixels[p] - y->pixels[p]), <=, 1);
  }
  /* Fewer frames in the same place: none of the old ones is left. Somebody's own file there is a refusal. */
  run("interpolate -q MODEL --out @path --seeds 3,5 --frames 3 --tile 96 --threads 1");
  g_assert_cmpint(count("path/frames"), ==, 3);
  g_autofree char *own = in_folder("path/frames/notes.txt");
  g_assert_true(g_file_set_contents(own, "mine", -1, NULL));
  g_autofree char *said = NULL;
  g_assert_cmpint(run_with("interpolate -q MODEL --out @path --seeds 3,5 --frames 2 --threads 1", NULL, &said), !=, 0);
  g_assert_nonnull(strstr(said, "notes.txt"));
  g_assert_cmpint(count("path/frames"), ==, 4);
  run("interpolate -q MODEL --out @texture --seeds 3,5 --frames 2 --parts 4 --codes texture --threads 1");
  assert_same_pixels("texture/frames/0000.png", "ends/faces/0003.png");
  run("interpolate -q MODEL --out @nothing --seeds 3,3 --frames 3 --codes base --threads 1");
  assert_same_file("nothing/frames/0000.png", "nothing/frames/0002.png");
}

static void save_photo(const char *name, int width, int height)
{
  g_autofree char *path = in_folder(name);
  g_autoptr(SsgImage) image = ssg_image_new(width, height, 3, NULL);
  for (int i = 0; i < width * height; i++)
    memcpy(image->pixels + 3 * i, (guint8[]){0, 200, 30}, 3);
  SsgPixels pixels = ssg_image_pixels(image);
  g_assert_true(ssg_png_save(path, &pixels, NULL, NULL));
}

static void test_transform(void)
{
  run("transform -q MODEL --out @t --scales 0.5,1 --moves 0:0,0.2:-0.1,-0.3:0 --seeds 1,2 --tile 96 --threads 1");
  g_assert_cmpint(count("t"), ==, 2);
  assert_sheet("t/transform-0001.png", 2, 3, 96);
  run("transform -q MODEL --out @t2 --seeds 1 --background-from 3 --tile 96 --parts 1 --threads 1");
  assert_sheet("t2/transform-0001.png", 3, 3, 96);
  /* Moved out of sight, nothing of a face is left, and two faces over one background are one picture; asked for exactly what lies
   * beyond the square of training, the model draws it. */
  run("transform -q MODEL --out @gone --scales 0.1 --moves 1:-1 --seeds 1,2 --background-from 3 --tile 96 --threads 1");
  g_assert_cmpint(differing_below("gone/transform-0001.png", "gone/transform-0002.png", 96), ==, 0);
  run("transform -q MODEL --out @exact --scales 0.1 --moves 1:-1 --seeds 1,2 --background-from 3 --exact --tile 96 --threads 1");
  g_assert_cmpint(differing_below("exact/transform-0001.png", "exact/transform-0002.png", 96), >, 96);
  save_photo("photo.png", 80, 60);
  run("transform -q MODEL --out @t3 --seeds 1 --background @photo.png --tile 96 --threads 1");
  assert_sheet("t3/transform-0001.png", 3, 3, 96);
}

static void assert_quantiles(JsonObject *parent, const char *name)
{
  JsonObject *object = json_object_get_object_member(parent, name);
  g_assert_nonnull(object);
  double p50 = json_object_get_double_member(object, "p50"), p95 = json_object_get_double_member(object, "p95");
  g_assert_cmpfloat(p50, >, 0);
  g_assert_cmpfloat(p95, >=, p50);
}

static void test_bench(void)
{
  g_autofree char *table = NULL, *path = in_folder("bench.json");
  g_assert_cmpint(run_with("bench -q MODEL --runs 3 --json @bench.json --threads 1", &table, NULL), ==, 0);
  g_assert_nonnull(strstr(table, "whole render"));
  g_autoptr(JsonParser) parser = json_parser_new();
  g_assert_true(json_parser_load_from_file(parser, path, NULL));
  JsonObject *root = json_node_get_object(json_parser_get_root(parser));
  g_assert_cmpstr(json_object_get_string_member(root, "device"), ==, "cpu");
  g_assert_cmpstr(json_object_get_string_member(root, "precision"), ==, "f32");
  g_assert_cmpfloat(json_object_get_double_member(root, "launches"), ==, 0);
  g_assert_cmpint(json_object_get_int_member(root, "threads"), ==, 1);
  g_assert_cmpstr(json_object_get_string_member(root, "arch"), ==, "tiny");
  assert_quantiles(root, "render_ms");
  assert_quantiles(root, "first_picture_ms");
  JsonObject *edits = json_object_get_object_member(root, "part_edit_ms");
  g_assert_cmpuint(json_object_get_size(edits), ==, 5);
  assert_quantiles(edits, "part 4");
  double rate = json_object_get_double_member(root, "conv_rate_gflops"),
         reached = json_object_get_double_member(root, "gflops");
  g_assert_cmpfloat(rate, >, 0.5);
  g_assert_cmpfloat(reached, >, 0);
  /* gflops is what it says: twice the multiply-adds by the median */
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(model, NULL);
  double ms = json_object_get_double_member(json_object_get_object_member(root, "render_ms"), "p50");
  g_assert_cmpfloat(fabs(reached * ms * 1e6 / (2.0 * ssg_architecture_generator_macs(&info->arch)) - 1), <, 1e-6);
  double peak = json_object_get_double_member(root, "peak_rss_mib");
  g_assert_cmpfloat(peak, >, 5);
  g_assert_cmpfloat(peak, <, 4096);
}

int main(int argc, char **argv)
{
  model_commands_begin(&argc, &argv);
  g_test_add_func("/trainer/model/components", test_components);
  g_test_add_func("/trainer/model/mix", test_mix);
  g_test_add_func("/trainer/model/interpolate", test_interpolate);
  g_test_add_func("/trainer/model/transform", test_transform);
  g_test_add_func("/trainer/model/bench", test_bench);
  return model_commands_run();
}
