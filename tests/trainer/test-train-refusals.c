/* What training refuses: options, configurations, numbers that are not finite. */
#include "tests/trainer/train-runs.h"

/* --- what cannot be --- */

static void test_bad_input(void)
{
  static const struct {
    const char *line, *says;
  } cases[] = {
      {TRAIN "--out @/bad --batch 0", "--batch"},
      {TRAIN "--out @/bad --batch 6", "sets of 4"},
      {TRAIN "--out @/bad --lr many", "--lr"},
      {TRAIN "--out @/bad --micro-batch 3", "--micro-batch 3 does not divide the 8 images of a batch"},
      {TRAIN "--out @/bad --depth-scale 2", "--depth-scale goes with --init"},
      {TRAIN "--out @/bad --part-from 1=2", "--part-from goes with --init"},
      {TRAIN "--out @/bad --init @/whole/00000-small-64 --part-from 1", "--part-from"},
      {TRAIN "--out @/bad --init @/whole/00000-small-64 --part-from 1=wing", "no part 'wing'"},
      {TRAIN "--out @/bad --init @/whole/00000-small-64 --part-from 1=0", "but the background"},
      {TRAIN "--dry-run --init @/whole/00000-small-64 --part-from 1=1", "copy of another"},
      {"train --resume @/whole/00000-small-64 --part-from 1=2", "--part-from does not go with --resume"},
      {TRAIN "--out @/config.json --iterations 1", "cannot make the folder"},
      {"train --resume @/whole/00000-small-64 --depth-scale 2", "--depth-scale does not go with --resume"},
      {"train --resume @/whole/00000-small-64 --fourier-cutoff 2", "--fourier-cutoff does not go with --resume"},
      {"train --resume @/no-run", "no-run is a folder that holds no usable snapshot"},
      {"finetune @/no-run --data $/lmdb-image-64", "no-run is a folder that holds no usable snapshot"},
      {"train --preset none", "small-64"},
      {"train --config @/preset.json --dry-run", "preset"},
      {"train --config @/twice.json --dry-run", "'batch' is there twice"},
      {TRAIN "--out @/bad --iterations 0", "--iterations"},
      {TRAIN "--out @/bad --iterations 5 --lr-cooldown 6", "--lr-cooldown 6 is longer than the run of 5 iterations"},
      {"info @/no-run", "no-run is a folder that holds no usable snapshot"},
      {"generate @/no-run --out @/bad", "no-run is a folder that holds no usable snapshot"},
      {"metrics @/no-run --data $/lmdb-mask-64", "no-run is a folder that holds no usable snapshot"},
      {"convert @/no-run @/bad.pt", "no-run is a folder that holds no usable snapshot"},
      {"train --config @/config.json --data $", "is a folder without data.mdb: not a dataset; 'ssgan-trainer data' makes"},
      {"data portraits --preview @/p.jpg", "p.jpg has to end in .png"},
      {"train --config @/config.json --dry-run --init @/nowhere", "nowhere"},
      {TRAIN "--out @/empty --config @/few-parts.json", "holds the label"},
      {"train --preset public-256 --batch 7 --dry-run", "sets of 4"},
      {"train --config @/config.json", "ssgan-trainer train: --data is missing"},
      {"finetune @/whole/00000-small-64", "ssgan-trainer finetune: --data is missing"},
      {"finetune @/whole/00000-small-64 --data $/lmdb-image-64 --r1-mask 5", "--r1-mask: this discriminator sees no masks"},
      {"finetune @/whole/00000-small-64 --data $/lmdb-image-64 --mask-support 1", "--mask-support: a discriminator without masks"},
      {"finetune @/whole/00000-small-64 --data $/lmdb-image-64 --fourier-cutoff 2", "--fourier-cutoff"},
      {TRAIN "--out @/bad --narrow-resolutions 2", "--narrow-resolutions goes with --precision f16 or bf16 on a GPU"},
      {TRAIN "--out @/bad --precision bf16 --narrow-resolutions 2", "--narrow-resolutions goes with --precision f16 or bf16 on a GPU"},
      {TRAIN "--out @/bad --shift 0.1", "--shift goes with --augment"},
      {TRAIN "--out @/bad --rotate 5 --flip", "--rotate goes with --augment"},
      {TRAIN "--out @/bad --locality-every 2", "--locality-every goes with --locality-weight"},
      {"train --config @/config.json --data @/nowhere", "nowhere"},
      {"train --config @/config.json --data $/lmdb-image-64 --out @/bad", "label maps"},
      {"train --resume @/nowhere", "nowhere"},
      {"train --resume @/whole/00000-small-64 --out @/bad", "--out does not go with --resume"},
      {"train --resume @/whole/00000-small-64 --preset small-64", "--preset does not go with --resume"},
      {"train --resume @/whole/00000-small-64 --init @/x", "--init does not go with --resume"},
      {TRAIN "--out @/bad --init $/tiny-plain.pt", "has 4 parts"},
      {TRAIN "--out @/bad --init @/nowhere", "nowhere"},
      {"train --resume $/tiny-inference.safetensors", "tiny-inference.safetensors is no snapshot of a training run"},
      {"finetune $/README.md --data $/lmdb-image-64", "README.md"},
  };
  g_autofree char *preset = g_build_filename(folder, "preset.json", NULL);
  g_autofree char *twice = g_build_filename(folder, "twice.json", NULL), *few = g_build_filename(folder, "few-parts.json", NULL);
  g_autofree char *empty = g_build_filename(folder, "empty", NULL), *no_run = g_build_filename(folder, "no-run", NULL);
  g_assert_cmpint(g_mkdir(no_run, 0755), ==, 0);
  g_autoptr(GString) few_parts = g_string_new(config_text);
  g_string_replace(few_parts, "\"n_parts\": 5", "\"n_parts\": 4", 1);
  g_assert_true(g_file_set_contents(few, few_parts->str, -1, NULL));
  g_assert_true(g_file_set_contents(preset, "{ \"preset\": 5 }", -1, NULL));
  g_assert_true(g_file_set_contents(twice, "{ \"batch\": 8, \"lr\": 1, \"batch\": 16 }", -1, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *messages = NULL;
    int code = run(cases[i].line, &messages);
    if (code != 2 || !strstr(messages, cases[i].says))
      g_error("%s: exit code %d, said: %s", cases[i].line, code, messages);
  }
  g_assert_cmpint(g_rmdir(no_run), ==, 0);                /* nothing was put there */
  g_assert_false(g_file_test(empty, G_FILE_TEST_EXISTS)); /* no folder of a run that could not start */
}

/* Configurations that are wrong: the message says what and where. */
static void test_bad_config(void)
{
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"{ \"batch\": \"8\" }", "batch: '\"8\"' is not a whole number from 1 to 65536"},
      {"{ \"batch\": 8.5 }", "batch: '8.5' is not a whole number"},
      {"{ \"batch\": null }", "batch: 'null' is not a whole number"},
      {"{ \"batch\": [8] }", "batch: '[8]' is not a whole number"},
      {"{ \"batch\": true }", "batch: 'true' is not a whole number"},
      {"{ \"batch\": 18446744073709551624 }", "the number 18446744073709551624 is too large"},
      {"{ \"batch\": 016 }", "the number 016 begins with a 0"},
      {"{ \"iterations\": 0 }", "iterations: '0' is not a whole number from 1 to 1000000000000"},
      {"{ \"lr\": \"0.1\" }", "lr: '\"0.1\"' is not a number from 0 to 10"},
      {"{ \"flip\": 1 }", "flip: '1' is not true or false"},
      {"{ \"name\": 5 }", "name: '5' is not a text"},
      {"{ \"seed\": -1 }", "seed: '-1' is not a whole number from 0"},
      {"{ \"r1_image\": 1e10 }", "r1_image: '10000000000' is not a number from 0 to 1000000000"},
      {"{ \"zz\": 1 }", "'zz' is no option"},
      {"{ \"batch\": 8,\n  \"name\": \"a", "the quotation mark in line 2 is never closed"},
      {"{ \"batch\": 8,\n\n", "the bracket in line 1"},
      {"{ \"architecture\": { \"zz\": 1 } }", "architecture.zz: there is no such member"},
      {"{ \"architecture\": { \"size\": \"64\" } }", "architecture.size is \"64\", not a whole number"},
      {"{ \"architecture\": { \"n_parts\": true } }", "architecture.n_parts is true"},
      {"{ \"architecture\": { \"disc_channels\": [] } }", "architecture.disc_channels is [], not a list of channel numbers"},
      {"{ \"architecture\": 5 }", "not a JSON object"},
      {"{ \"preset\": \"small-32\", \"architecture\": { \"size\": 64 } }", "architecture: the model's 1 render levels"},
      {"{ \"preset\": \"nonesuch\" }", "wrong.json: there is no preset 'nonesuch'"},
  };
  g_autofree char *path = g_build_filename(folder, "wrong.json", NULL), *said = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *messages = NULL;
    g_assert_true(g_file_set_contents(path, cases[i].text, -1, NULL));
    int code = run("train --config @/wrong.json --dry-run", &messages);
    if (code != 2 || !strstr(messages, cases[i].says) || !strstr(messages, "wrong.json"))
      g_error("%s: exit code %d, said: %s", cases[i].text, code, messages);
  }
  /* Some members beside a preset change those of the preset. */
  g_assert_true(g_file_set_contents(path, "{ \"preset\": \"small-32\", \"batch\": 4.0, \"architecture\": { \"n_parts\": 4, \"transparent\": [] } }",
                                    -1, NULL));
  g_assert_cmpint(run_saying("train --config @/wrong.json --dry-run --threads 1", &said), ==, 0);
  g_assert_nonnull(strstr(said, "small-32, 32 pixels, 4 parts, style 128"));
  g_assert_nonnull(strstr(said, "iteration      4 images"));
}

/* Sums that are not finite: steps are skipped, then the run ends and says so. */
static void test_not_finite(void)
{
  g_autofree char *from = snapshot("/whole/00000-small-64"), *messages = NULL;
  g_autofree char *bad = g_build_filename(folder, "whole", "00000-small-64", "snapshot-0000009999.safetensors", NULL);
  g_autoptr(SsgSafetensors) file = ssg_safetensors_open(from, NULL);
  g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
  /* As a version without checksums would have written it; every number of the render net is 8e37: sums overflow. */
  for (guint i = 0; i < ssg_host_tensors_count(file->tensors); i++) {
    const SsgHostTensor *tensor = ssg_host_tensors_at(file->tensors, i);
    g_autofree guint8 *bytes = g_memdup2(tensor->data, tensor->n_bytes);
    if (g_str_equal(tensor->name, "checksums"))
      continue;
    if (g_str_has_prefix(tensor->name, "g.render_net"))
      memset(bytes, 0x7e, tensor->n_bytes);
    ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy(tensor->name, tensor->dtype, &tensor->shape, bytes), NULL);
  }
  g_assert_true(ssg_safetensors_save(bad, tensors, file->metadata, NULL));
  g_autofree char *line = g_strdup_printf("train --quiet --threads 1 --resume %s --iterations 100", bad);
  g_assert_cmpint(run(line, &messages), ==, 1);
  g_assert_nonnull(strstr(messages, "not finite"));
  g_assert_nonnull(strstr(messages, bad));
}

static void add(void)
{
  make_whole();
  g_test_add_func("/train/bad-input", test_bad_input);
  g_test_add_func("/train/bad-config", test_bad_config);
  g_test_add_func("/train/not-finite", test_not_finite);
}

int main(int argc, char **argv)
{
  return train_tests(argc, argv, add);
}
