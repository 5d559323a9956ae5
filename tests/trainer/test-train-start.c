/* What a run starts from: data, other models, public checkpoints; dry runs and benchmarks of training. */
#include "tests/trainer/train-runs.h"

/* --- data that fit, more or less --- */

static void test_data(void)
{
  g_autofree char *log = NULL, *said = NULL, *messages = NULL;
  log = read_text("/whole/00000-small-64/log.txt");
  g_assert_nonnull(strstr(log, " pictures with label maps, 64 x 64 pixels"));
  g_assert_nonnull(strstr(log, "are 64 pixels a side, the model's 16: their centred squares are taken, and scaled down"));
  g_assert_null(strstr(log, "warning"));
  /* Larger than the data, and with parts that they do not have. */
  g_assert_cmpint(run_saying("train --preset small-128 --data $/lmdb-mask-64 --dry-run --threads 1", &said), ==, 0);
  g_assert_nonnull(strstr(said, "are 64 pixels a side, the model's 128: they are scaled up"));
  g_assert_nonnull(strstr(said, "13 parts, none of the "));
  g_assert_nonnull(strstr(said, " has 5, 6, 7, 8, 9, 10, 11, 12: a part without"));
  /* Data that name other classes than the model has parts. */
  g_assert_cmpint(run("data portraits --count 4 --size 16 --out @/portraits --quiet --seed 1", NULL), ==, 0);
  g_assert_cmpint(run("train --config @/config.json --data @/portraits --quiet --out @/bad", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "has 13 classes (background, face, "));
  g_assert_nonnull(strstr(messages, "the model has 5 parts"));
}

/* A dry run looks at what a run would look at, and says what an iteration took here. */
static void test_dry_run(void)
{
  static const struct {
    const char *arguments, *says;
    int code;
  } cases[] = {{"--data @/nowhere", "nowhere", 2},
               {"--data $/lmdb-image-64", "label maps", 2},
               {"--device nonesuch", "nonesuch", 2},
               {"--precision tf32", "does not compute in tf32", 2},
               {"--precision f16", "does not compute in f16", 2},
               {"--batch 10", "sets of 4", 2}};
  g_autofree char *said = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *line = g_strconcat("train --config @/config.json --dry-run --threads 1 ", cases[i].arguments, NULL), *messages = NULL;
    int code = run(line, &messages);
    if (code != cases[i].code || !strstr(messages, cases[i].says))
      g_error("%s: exit code %d, said: %s", line, code, messages);
  }
  g_assert_cmpint(run_saying("train --config @/config.json --data $/lmdb-mask-64 --dry-run --threads 1 --micro-batch 2", &said), ==, 0);
  g_assert_nonnull(strstr(said, "device         cpu: "));
  g_assert_nonnull(strstr(said, "images a second tried here about"));
  g_assert_nonnull(strstr(said, "warning: pieces of 2: the minibatch standard deviation compares 2 images at a time, not 4"));
}

/* A run's folder stands for its newest snapshot wherever a model is wanted; a dry run counts what is done already. */
static void test_run_as_model(void)
{
  g_autofree char *said = NULL, *plan = NULL, *newest = snapshot("/whole/00000-small-64");
  g_assert_cmpint(run_saying("info @/whole/00000-small-64", &said), ==, 0);
  g_assert_nonnull(strstr(said, newest));
  g_assert_cmpint(run("generate @/whole/00000-small-64 --seeds 3 --quiet --threads 1 --only faces --out @/of-run", NULL), ==, 0);
  g_assert_cmpint(run("convert @/whole/00000-small-64 @/of-run.safetensors --quiet --discriminator", NULL), ==, 0);
  g_assert_cmpint(run_saying("train --dry-run --resume @/whole/00000-small-64 --iterations 20 --threads 1", &plan), ==, 0);
  g_assert_nonnull(strstr(plan, "20 iterations (8 of them done), "));
  g_assert_nonnull(strstr(plan, "; the rest at the "));
}

/* Whether `name` has the same bits in both. */
static gboolean same(const char *snapshot_a, const char *snapshot_b, const char *name)
{
  g_autoptr(SsgSafetensors) a = ssg_safetensors_open(snapshot_a, NULL), b = ssg_safetensors_open(snapshot_b, NULL);
  const SsgHostTensor *x = ssg_host_tensors_get(a->tensors, name), *y = ssg_host_tensors_get(b->tensors, name);
  return memcmp(x->data, y->data, x->n_bytes) == 0;
}

#define SMALL "train --preset small-32 --data $/lmdb-mask-64 --quiet --threads 1 --seed 3 --batch 4 --iterations 1 --grid-every 0 "

/* Convolutions with factors of bf16, where the processor has units for them: logged, and another gradient than that of f32. Elsewhere the
 * run says what is missing. */
static void test_bf16(void)
{
  g_autofree char *messages = NULL;
  int code = run(SMALL "--out @/bf16 --precision bf16", &messages);
  if (code == 2) {
    g_assert_nonnull(strstr(messages, "does not compute in bf16: this processor has no units for matrices of bf16 (AMX)"));
    g_test_skip("this processor has no units for matrices of bf16 (AMX)");
    return;
  }
  g_assert_cmpint(code, ==, 0);
  g_assert_cmpint(run(SMALL "--out @/f32", NULL), ==, 0);
  g_autofree char *log = read_text("/bf16/00000-small-32/log.txt"), *exact_log = read_text("/f32/00000-small-32/log.txt");
  g_assert_nonnull(strstr(log, "convolutions multiply numbers of bf16 (--precision)"));
  g_assert_null(strstr(exact_log, "(--precision)"));
  g_autofree char *rounded = snapshot("/bf16/00000-small-32"), *exact = snapshot("/f32/00000-small-32");
  g_assert_false(same(rounded, exact, "d.final_conv.0.weight"));
}

/* On a terminal of 80 columns: images, time left, iteration, seconds per thousand images, memory, losses. */
static void test_live_line(void)
{
  g_autofree char *script = g_find_program_in_path("script"), *out = NULL;
  if (!script) {
    g_test_skip("no script(1) here, to have a terminal");
    return;
  }
  g_autofree char *line = g_strdup_printf("stty cols 80; \"$SSG_TRAINER_PROGRAM\" train --config %s --data \"$SSG_TEST_GOLDENS/lmdb-mask-64\" "
                                          "--threads 1 --iterations 60 --grid-every 0 --snapshot-every 1000 --out %s/live", config, folder);
  char *argv[] = {script, "-qec", line, "/dev/null", NULL};
  int status;
  g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, &status, NULL));
  g_assert_cmpint(status, ==, 0);
  g_test_message("%s", out);
  g_assert_true(g_regex_match_simple("[0-9]+/480 images  [0-9]+ s left  it [0-9]+  [0-9.]+ s/kimg  [0-9]+ MiB  d [0-9.]+  g [0-9.]+", out, 0, 0));
}

static void test_bench(void)
{
  g_autofree char *said = NULL, *messages = NULL;
  g_assert_cmpint(run_saying("bench --train --config @/config.json --runs 1 --threads 1", &said), ==, 0);
  g_assert_nonnull(strstr(said, "1 thread, batch 8 in pieces of 4, 16 iterations"));
  g_assert_nonnull(strstr(said, "images a second"));
  g_assert_nonnull(strstr(said, " that a 3x3 convolution reaches, measured between iterations"));
  /* A loss that wants to know where the data have parts is benched without data, too. */
  g_clear_pointer(&said, g_free);
  g_assert_cmpint(run("data portraits --count 4 --size 16 --out @/few --quiet --seed 1", NULL), ==, 0);
  g_assert_cmpint(run_saying("train --preset small-32 --data @/few --mask-support 1 --dry-run --threads 1", &said), ==, 0);
  g_assert_nonnull(strstr(said, "images a second tried here about"));
  g_assert_cmpint(run("bench --train --config @/config.json --arch small-64", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "exclude each other"));
  g_clear_pointer(&messages, g_free);
  g_assert_cmpint(run("bench --train --batch 0", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "--batch takes a number from 1"));
}

/* --- a discriminator that starts later than the generator --- */

static void test_warmup(void)
{
  static const char *const names[] = {"g.render_net.convs.0.weight", "g_ema.render_net.convs.0.weight"};
  char *found[3];
  for (int i = 0; i < 3; i++) {
    g_autofree char *out = g_strdup_printf("/warmup-%d/00000-small-64", i);
    g_autofree char *line = g_strdup_printf(TRAIN "--d-warmup 2 --stats-every 3 --grid-every 0 --iterations %d --out @/warmup-%d", i + 1, i);
    g_assert_cmpint(run(line, NULL), ==, 0);
    found[i] = snapshot(out);
    g_assert_nonnull(found[i]);
  }
  g_assert_false(same(found[0], found[1], "d.final_conv.0.weight"));
  /* No figures of a generator that does not learn, and none diluted by the iterations without it. */
  g_autofree char *none = read_text("/warmup-1/00000-small-64/stats.jsonl"), *one = read_text("/warmup-2/00000-small-64/stats.jsonl");
  g_assert_nonnull(strstr(none, "\"loss/d\""));
  g_assert_null(strstr(none, "\"loss/g\""));
  const char *loss = strstr(one, "\"loss/g\": ");
  g_assert_nonnull(loss);
  g_assert_cmpfloat(g_ascii_strtod(loss + strlen("\"loss/g\": "), NULL), >, 0.4); /* log 2 for an undecided score; a third of it: 0.23 */
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    g_assert_true(same(found[0], found[1], names[i]));
    g_assert_false(same(found[1], found[2], names[i]));
  }
  for (int i = 0; i < 3; i++)
    g_free(found[i]);
}

/* Two time scales: with 0 the discriminator stands still. */
static void test_d_lr_scale(void)
{
  char *found[3];
  for (int i = 0; i < 3; i++) {
    g_autofree char *out = g_strdup_printf("/scale-%d/00000-small-64", i);
    g_autofree char *line = g_strdup_printf(TRAIN "--d-lr-scale %d --grid-every 0 --iterations 1 --out @/scale-%d --init @/whole/00000-small-64", i, i);
    g_assert_cmpint(run(line, NULL), ==, 0);
    found[i] = snapshot(out);
    g_assert_nonnull(found[i]);
  }
  g_autofree char *from = snapshot("/whole/00000-small-64");
  g_assert_true(same(from, found[0], "d.final_conv.0.weight"));
  g_assert_false(same(from, found[0], "g.render_net.convs.0.weight"));
  g_assert_false(same(found[0], found[1], "d.final_conv.0.weight"));
  g_assert_false(same(found[1], found[2], "d.final_conv.0.weight"));
  for (int i = 0; i < 3; i++)
    g_free(found[i]);
}

/* A model file may take the discriminator along: a run that starts from it begins as one from the snapshot does. */
static void test_discriminator_in_model(void)
{
  g_autofree char *messages = NULL, *said = NULL, *log = NULL, *from = snapshot("/whole/00000-small-64");
  g_autofree char *with = g_strdup_printf("convert %s @/with-d.safetensors --discriminator --quiet", from);
  g_autofree char *without = g_strdup_printf("convert %s @/without-d.safetensors --quiet", from);
  g_autofree char *pt = g_strdup_printf("convert %s @/with-d.pt --discriminator", from);
  g_autofree char *path = g_build_filename(folder, "with-d.safetensors", NULL);
  g_assert_cmpint(run(with, NULL), ==, 0);
  g_assert_cmpint(run(without, NULL), ==, 0);
  g_autoptr(SsgSafetensors) a = ssg_safetensors_open(from, NULL), b = ssg_safetensors_open(path, NULL);
  int compared = 0;
  for (guint i = 0; i < ssg_host_tensors_count(a->tensors); i++) {
    const SsgHostTensor *x = ssg_host_tensors_at(a->tensors, i), *y = ssg_host_tensors_get(b->tensors, x->name);
    if (!g_str_has_prefix(x->name, "d."))
      continue;
    g_assert_true(y && y->n_bytes == x->n_bytes && memcmp(x->data, y->data, x->n_bytes) == 0);
    compared++;
  }
  g_assert_cmpint(compared, >, 20);
  g_assert_cmpint(run_saying("info @/with-d.safetensors", &said), ==, 0);
  g_assert_nonnull(strstr(said, "discriminator in the file"));
  g_clear_pointer(&said, g_free);
  g_assert_cmpint(run_saying("info @/without-d.safetensors", &said), ==, 0);
  g_assert_nonnull(strstr(said, "discriminator not in the file"));
  g_assert_cmpint(run(TRAIN "--grid-every 0 --iterations 1 --out @/from-model --init @/with-d.safetensors", &messages), ==, 0);
  g_assert_null(strstr(messages, "fresh"));
  log = read_text("/from-model/00000-small-64/log.txt");
  g_assert_null(strstr(log, "discriminator: all fresh"));
  /* Another one sees pictures otherwise. */
  g_autofree char *text = read_text("/config.json"), *file = g_build_filename(folder, "emphasis.json", NULL);
  g_auto(GStrv) pieces = g_strsplit(text, "\"disc_masks\"", 2);
  g_autofree char *emphasis = g_strconcat(pieces[0], "\"disc_emphasis\": true, \"disc_masks\"", pieces[1], NULL);
  g_assert_true(g_file_set_contents(file, emphasis, -1, NULL));
  g_clear_pointer(&said, g_free);
  g_assert_cmpint(run_saying("train --config @/emphasis.json --data $/lmdb-mask-64 --dry-run --threads 1 --init @/with-d.safetensors", &said), ==, 0);
  g_assert_nonnull(strstr(said, "discriminator: all fresh, the file's sees pictures as they are"));
  /* What is not there, or has no place. */
  g_clear_pointer(&messages, g_free);
  g_assert_cmpint(run("convert @/without-d.safetensors @/again.safetensors --discriminator", &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "without-d.safetensors holds no discriminator"));
  g_clear_pointer(&messages, g_free);
  g_assert_cmpint(run(pt, &messages), ==, 2);
  g_assert_nonnull(strstr(messages, "--discriminator are for .safetensors"));
}

/* --- fine-tuning --- */

static void test_finetune(void)
{
  g_autofree char *messages = NULL, *path = g_build_filename(folder, "tuned", "00000-finetune", NULL);
  g_autofree char *from = snapshot("/whole/00000-small-64");

  g_assert_cmpint(run("finetune @/whole/00000-small-64 --data $/lmdb-image-64 --quiet --out @/tuned --iterations 3 --batch 8 --threads 1 "
                      "--freeze-local", &messages), ==, 0); /* a run stands for its newest snapshot */
  g_assert_null(strstr(messages, "fresh"));
  /* Local generators are as they were; the render net moved. */
  g_autofree char *to = ssg_snapshots_find(path, NULL, NULL);
  g_autoptr(SsgSafetensors) a = ssg_safetensors_open(from, NULL), b = ssg_safetensors_open(to, NULL);
  static const struct {
    const char *name;
    gboolean moved;
  } checks[] = {{"g.local_nets.1.linears.0.conv.weight", FALSE},
                {"g.pos_embed.weights", FALSE},
                {"g.render_net.convs.0.weight", TRUE},
                {"g_ema.local_nets.1.linears.0.conv.weight", FALSE},
                {"g_ema.render_net.convs.0.weight", TRUE}};
  for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
    const SsgHostTensor *x = ssg_host_tensors_get(a->tensors, checks[i].name), *y = ssg_host_tensors_get(b->tensors, checks[i].name);
    g_assert_true((memcmp(x->data, y->data, x->n_bytes) != 0) == checks[i].moved);
  }
  g_assert_null(ssg_host_tensors_get(b->tensors, "d.convs_seg.0.0.weight"));
  /* A public checkpoint without a discriminator says so. */
  g_clear_pointer(&messages, g_free);
  g_assert_cmpint(run("finetune $/tiny-legacy.pt --data $/lmdb-image-64 --quiet --out @/tuned --iterations 1 --batch 4 --threads 1",
                      &messages), ==, 0);
  g_assert_nonnull(strstr(messages, "no discriminator"));
}

/* The tiny model grows to twice its size: the run says what it took over, and the first step starts from there. */
static void test_init(void)
{
  g_autofree char *from = snapshot("/whole/00000-small-64"), *messages = NULL;
  g_autofree char *log = NULL, *written = NULL, *path = g_build_filename(folder, "grown", "00000-small-64", NULL);
  g_autofree char *log_path = g_build_filename(path, "log.txt", NULL), *config_path = g_build_filename(path, "config.json", NULL);
  g_autoptr(GString) text = g_string_new(config_text);
  g_string_replace(text, "\"size\": 16", "\"size\": 32", 1);
  g_string_replace(text, "\"coarse_size\": 8, \"render_size\": 4", "\"coarse_size\": 16, \"render_size\": 8", 1);
  g_string_replace(text, "\"disc_channels\": [8,", "\"disc_channels\": [8, 8,", 1);
  g_autofree char *config_file = g_build_filename(folder, "grown.json", NULL);
  g_assert_true(g_file_set_contents(config_file, text->str, -1, NULL));

  g_autofree char *plan = g_strdup_printf("train --config @/grown.json --dry-run --init %s", from), *said = NULL;
  g_assert_cmpint(run_saying(plan, &said), ==, 0);
  g_assert_nonnull(strstr(said, "pos_embed.weights from [8, 18] to [8, 22]"));

  g_autofree char *line = g_strdup("train --config @/grown.json --data $/lmdb-mask-64 --quiet --threads 1 --lr 0 --ema-half-life 1e12 --out @/grown "
                                          "--depth-scale 0.5 --iterations 1 --init @/whole/00000-small-64"); /* a run stands for its newest snapshot */
  g_assert_cmpint(run(line, &messages), ==, 0);
  g_assert_true(g_file_get_contents(log_path, &log, NULL, NULL));
  g_assert_nonnull(strstr(log, "starts from"));
  g_assert_nonnull(strstr(log, "pos_embed.weights from [8, 18] to [8, 22]"));
  g_assert_nonnull(strstr(log, "discriminator: "));
  g_assert_true(g_file_get_contents(config_path, &written, NULL, NULL));
  g_assert_nonnull(strstr(written, "\"init\" : "));
  g_assert_nonnull(strstr(written, from));
  /* Learning rate 0: after the step all is what it began with. */
  g_autofree char *to = snapshot("/grown/00000-small-64");
  g_autoptr(SsgSafetensors) a = ssg_safetensors_open(from, NULL), b = ssg_safetensors_open(to, NULL);
  static const char *const pairs[][2] = {{"g.local_nets.2.linears.1.conv.weight", "g.local_nets.2.linears.1.conv.weight"},
                                         {"g.style.1.weight", "g.style.1.weight"},
                                         {"g_ema.render_net.convs.0.weight", "g_ema.render_net.convs.0.weight"},
                                         {"d.convs_seg.1.conv1.0.weight", "d.convs_seg.2.conv1.0.weight"}};
  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
    const SsgHostTensor *x = ssg_host_tensors_get(a->tensors, pairs[i][0]), *y = ssg_host_tensors_get(b->tensors, pairs[i][1]);
    g_assert_cmpmem(x->data, x->n_bytes, y->data, y->n_bytes);
  }
  static const char *const halved[] = {"g.local_nets.1.to_depth.conv.weight", "g_ema.local_nets.2.to_depth.conv.weight",
                                       "g.local_nets.1.to_depth.bias", "g.local_nets.2.to_depth.bias"};
  for (gsize i = 0; i < G_N_ELEMENTS(halved); i++) {
    const SsgHostTensor *x = ssg_host_tensors_get(a->tensors, halved[i]), *y = ssg_host_tensors_get(b->tensors, halved[i]);
    const float *before = x->data, *after = y->data;
    for (gsize j = 0; j < x->n_bytes / sizeof(float); j++)
      g_assert_cmpfloat(after[j], ==, before[j] / 2);
    g_assert_cmpfloat(before[0], !=, 0);
  }
  /* Going on with the grown run takes its snapshot, not the model that it started from. */
  g_assert_cmpint(run("train --resume @/grown/00000-small-64 --quiet --threads 1 --iterations 2", NULL), ==, 0);
  g_autofree char *later = snapshot("/grown/00000-small-64");
  g_assert_cmpstr(to, !=, later);
}

/* A part that begins anew as a copy of another, behind it and faint; the rest is as it was. */
static void test_part_from(void)
{
  g_autofree char *messages = NULL, *from = snapshot("/whole/00000-small-64");
  g_assert_cmpint(run(TRAIN "--out @/begun --lr 0 --ema-half-life 1e12 --iterations 1 --init @/whole/00000-small-64 --part-from 2=1", &messages), ==, 0);
  g_autofree char *to = snapshot("/begun/00000-small-64");
  g_autoptr(SsgSafetensors) a = ssg_safetensors_open(from, NULL), b = ssg_safetensors_open(to, NULL);
  static const struct {
    const char *old, *new;
    float scale, shift;
  } pairs[] = {{"g.local_nets.1.linears.0.conv.weight", "g.local_nets.2.linears.0.conv.weight", 1, 0},
               {"g.local_nets.1.linears.1.conv.modulation.weight", "g.local_nets.2.linears.1.conv.modulation.weight", 1, 0},
               {"g.local_nets.1.linears.1.conv.modulation.bias", "g.local_nets.2.linears.1.conv.modulation.bias", 1, 0},
               {"g_ema.local_nets.1.linears.0.activate.bias", "g_ema.local_nets.2.linears.0.activate.bias", 1, 0},
               {"g.local_nets.1.to_depth.conv.weight", "g.local_nets.2.to_depth.conv.weight", 1, 0},
               {"g_ema.local_nets.1.to_depth.bias", "g_ema.local_nets.2.to_depth.bias", 1, -3},
               {"g_ema.local_nets.1.to_feat.conv.weight", "g_ema.local_nets.2.to_feat.conv.weight", 0.05f, 0},
               {"g.local_nets.1.to_feat.bias", "g.local_nets.2.to_feat.bias", 0.05f, 0},
               {"g.local_nets.1.to_feat.conv.weight", "g.local_nets.1.to_feat.conv.weight", 1, 0},
               {"g.local_nets.3.to_depth.bias", "g.local_nets.3.to_depth.bias", 1, 0},
               {"g.local_nets.0.linears.0.conv.weight", "g.local_nets.0.linears.0.conv.weight", 1, 0}};
  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
    const SsgHostTensor *x = ssg_host_tensors_get(a->tensors, pairs[i].old), *y = ssg_host_tensors_get(b->tensors, pairs[i].new);
    g_assert_true(x && y && x->n_bytes == y->n_bytes);
    const float *old = x->data, *new = y->data;
    for (gsize j = 0; j < x->n_bytes / sizeof(float); j++)
      g_assert_cmpfloat(new[j], ==, old[j] * pairs[i].scale + pairs[i].shift);
  }
}

/* A public checkpoint with both optimisers goes on training. */
static void test_resume_public(void)
{
  g_autofree char *messages = NULL;
  g_assert_cmpint(run("train --resume $/tiny.pt --data $/lmdb-mask-64 --quiet --out @/public --name p --iterations 1 --batch 4 --threads 1",
                      &messages), ==, 0);
  /* Each optimiser had taken one step, and takes two in the first iteration: its own and the regulariser's. */
  g_autofree char *found = snapshot("/public/00000-p");
  g_autoptr(SsgSafetensors) state = ssg_safetensors_open(found, NULL);
  g_assert_cmpstr(ssg_safetensors_metadata(state, "g_steps"), ==, "3");
  g_assert_cmpstr(ssg_safetensors_metadata(state, "d_steps"), ==, "3");
  g_clear_pointer(&messages, g_free);
  g_assert_cmpint(run("train --resume $/tiny-legacy.pt --data $/lmdb-mask-64 --quiet --out @/public --name q --iterations 1 --batch 4 --threads 1",
                      &messages), ==, 0);
  g_assert_nonnull(strstr(messages, "no discriminator"));
}

static void add(void)
{
  make_whole();
  g_test_add_func("/train/data", test_data);
  g_test_add_func("/train/dry-run", test_dry_run);
  g_test_add_func("/train/run-as-model", test_run_as_model);
  g_test_add_func("/train/bf16", test_bf16);
  g_test_add_func("/train/warmup", test_warmup);
  g_test_add_func("/train/d-lr-scale", test_d_lr_scale);
  g_test_add_func("/train/discriminator-in-model", test_discriminator_in_model);
  g_test_add_func("/train/live-line", test_live_line);
  g_test_add_func("/train/bench", test_bench);
  g_test_add_func("/train/finetune", test_finetune);
  g_test_add_func("/train/init", test_init);
  g_test_add_func("/train/part-from", test_part_from);
  g_test_add_func("/train/resume-public", test_resume_public);
}

int main(int argc, char **argv)
{
  return train_tests(argc, argv, add);
}
