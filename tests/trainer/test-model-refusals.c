/* What the model commands refuse, and how: bad files and options, too little memory, a full disk. */
#include <json-glib/json-glib.h>
#include "engine/error.h"
#include "engine/npy.h"
#include "model-commands.h"
#include "trainer/raw-file.h"

static void write_text(const char *name, const char *text, gssize size)
{
  g_autofree char *path = in_folder(name);
  g_assert_true(g_file_set_contents(path, text, size, NULL));
}

static void test_bad_input(void)
{
  gsize size;
  g_autofree char *whole = NULL, *wrong = in_folder("wrong.npy"), *nan_path = in_folder("nan.npy");
  g_assert_true(g_file_get_contents(model, &whole, &size, NULL));
  write_text("cut.pt", whole, (gssize) size / 2);
  write_text("junk.pt", "this is no model", -1);
  write_text("text.pt", "Dear reader,\nthis is a letter.\n", -1);
  write_text("own.pt", whole, (gssize) size);
  write_text("own.safetensors", whole, (gssize) size);
  write_text("junk.safetensors", "\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10);
  write_text("junk.npy", "\x93NUMPY\x01", 7);
  write_text("file", "a file, no folder", -1);
  write_text("junk.png", "\x89PNG\r\n\x1a\nand nothing", -1);
  float codes[33] = {NAN}, huge[64] = {0};
  for (int i = 32; i < 64; i++)
    huge[i] = 1e38f;
  g_autofree char *huge_path = in_folder("huge.npy"), *folder_path = in_folder("folder.pt"), *other_folder = in_folder("folder.safetensors");
  g_assert_true(ssg_npy_save_f32(huge_path, &(SsgShape){.rank = 2, .dim = {2, 32}}, huge, NULL));
  g_assert_cmpint(g_mkdir(folder_path, 0777), ==, 0);
  g_assert_cmpint(g_mkdir(other_folder, 0777), ==, 0);
  g_assert_true(ssg_npy_save_f32(wrong, &(SsgShape){.rank = 2, .dim = {1, 33}}, codes, NULL));
  g_assert_true(ssg_npy_save_f32(nan_path, &(SsgShape){.rank = 1, .dim = {32}}, codes, NULL));
  static const struct {
    const char *line, *says;
  } cases[] = {{"info", "MODEL"},
               {"info @missing.pt", "missing.pt"},
               {"info @cut.pt", "cut.pt"},
               {"info @junk.pt", "junk.pt"},
               {"info @junk.safetensors", "junk.safetensors"},
               {"convert MODEL @bad.onnx", "bad.onnx"},
               {"convert MODEL @bad.pt --f16", "--f16"},
               {"convert MODEL @bad.safetensors --which h", "'h'"},
               {"convert @cut.pt @bad.safetensors", "cut.pt"},
               {"convert MODEL @no/such/bad.pt", "bad.pt"},
               {"convert @own.pt @own.pt", "one file"},
               {"info @text.pt", "neither"},
               {"generate MODEL", "--out"},
               {"generate MODEL --out=", "--out"},
               {"generate @missing.pt --out @bad", "missing.pt"},
               {"generate @cut.pt --out @bad", "cut.pt"},
               {"generate MODEL --out @bad --seeds 3-1", "--seeds"},
               {"generate MODEL --out @bad --seeds x", "--seeds"},
               {"generate MODEL --out @bad --seeds 0-99999999", "--seeds"},
               {"generate MODEL --out @bad --seeds 1 --latents @x.npy", "exclude"},
               {"generate MODEL --out @bad --latents @missing.npy", "missing.npy"},
               {"generate MODEL --out @bad --latents @junk.npy", "junk.npy"},
               {"generate MODEL --out @bad --latents @wrong.npy", "[1, 33]"},
               {"generate MODEL --out @bad --latents @nan.npy", "nan.npy: latent 0 holds"},
               {"generate MODEL --out @bad --raw @no/such/raw.safetensors", "no/such"},
               {"generate MODEL --out @bad --noise loud", "--noise"},
               {"generate MODEL --out @bad --only ears", "--only"},
               {"generate MODEL --out @bad --only=", "faces, masks and depth"},
               {"generate MODEL --out @bad --raw @bad/no/raw.safetensors", "bad/no"},
               {"generate MODEL --out @bad --hide wings", "'wings'"},
               {"generate MODEL --out @bad --hide 5", "'5'"},
               {"generate MODEL --out @bad --hide 0,1,2,3,4", "keep one part"},
               {"generate MODEL --out @bad --truncation nan", "--truncation"},
               {"generate MODEL --out @bad --truncation 9", "--truncation"},
               {"generate MODEL --out @file --seeds 1", "a file named"},
               {"components MODEL --out @bad --order 1,1", "twice"},
               {"components MODEL --out @bad --order all,1", "'all'"},
               {"components MODEL --out @bad --tile 5", "--tile"},
               {"mix MODEL --out @bad --what colour", "--what"},
               {"mix MODEL --out @bad --parts none", "'none'"},
               {"mix MODEL --out @bad --rows 1,,2", "--rows"},
               {"mix MODEL --out @bad --rows 0-100000 --columns 0-100000", "too large"},
               {"interpolate MODEL --out @bad --seeds 1", "--seeds"},
               {"interpolate MODEL --out @bad --frames 1", "--frames"},
               {"interpolate MODEL --out @bad --codes pose", "--codes"},
               {"interpolate MODEL --out @bad --codes=", "base, shape and texture"},
               {"interpolate MODEL --out @bad --seeds 0-999 --frames 10000", "9989002 pictures"},
               {"transform MODEL --out @bad --scales 0", "--scales"},
               {"transform MODEL --out @bad --scales one", "--scales"},
               {"transform MODEL --out @bad --moves 3:0", "--moves"},
               {"transform MODEL --out @bad --moves 1", "--moves takes pairs X:Y from -1 to 1"},
               {"transform MODEL --out @bad --seeds 2,2", "seed 2 twice"},
               {"transform MODEL --out @bad --tile 0", "--tile takes a number from 16 to 4096"},
               {"interpolate MODEL --out @bad --tile 0", "--tile takes a number from 16 to 4096"},
               {"interpolate MODEL --out @bad --frames 10001", "--frames takes a number from 2 to 10000"},
               {"mix MODEL --out @bad --rows 0,1,0", "seed 0 twice"},
               {"components MODEL --out @bad --truncation -2.1", "--truncation takes a number from -2 to 2"},
               {"generate MODEL --out @bad --seeds 0,0", "seed 0 twice"},
               {"generate MODEL --out @bad --seeds 3,1-4", "seed 3 twice"},
               {"generate MODEL --out @bad --threads 1025", "--threads takes a number from 0 to 1024"},
               {"generate MODEL --out @bad --device abacus", "abacus"},
               {"generate MODEL --out @bad --device cpu:7", "cpu:7"},
               {"generate MODEL --out @bad --precision tf32", "does not compute in tf32"}, /* and nothing else instead */
               {"bench --train --precision f16", "does not compute in f16"},
               {"generate MODEL --out @file/bad --seeds 1", "a file named"},
               {"generate MODEL --out @bad --seeds 1 --raw @folder.safetensors", "not an ordinary file"},
               {"generate MODEL --out @bad --seeds 1 --raw @raw.npy", "raw.npy' has another name"},
               {"generate @own.safetensors --out @bad --seeds 1 --raw @own.safetensors", "one file"},
               {"bench @own.safetensors --json @own.safetensors", "one file"},
               {"interpolate MODEL --out @bad --parts 1 --codes base,shape", "exclude each other"},
               {"generate MODEL --out @bad --latents @huge.npy", "huge.npy: latent 1: "},
               {"convert MODEL @folder.pt", "not an ordinary file"},
               {"bench MODEL --json @", "not an ordinary file"},
               {"bench --train --json @no/b.json", "no/b.json"},
               {"bench --train --batch 0", "--batch takes a number from 1 to 65536"},
               {"bench --train --arch tiny-9", "there is no preset 'tiny-9'; there are "},
               {"bench MODEL --first-size 0", "--first-size"},
               {"transform MODEL --out @bad --moves 0:0:0", "--moves"},
               {"transform MODEL --out @bad --background-from me", "--background-from"},
               {"transform MODEL --out @bad --background @junk.png", "junk.png"},
               {"transform MODEL --out @bad --background @junk.png --background-from 1", "exclude"},
               {"bench MODEL --arch public-256", "exclude"},
               {"bench --arch huge", "huge"},
               {"bench MODEL --json @no/such/b.json", "no/such"},
               {"bench MODEL --runs 0", "--runs"},
               {"bench MODEL --precision f8", "--precision takes f32, tf32, f16 or bf16"},
               {"bench MODEL --first-size 48", "--first-size"}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *err = NULL;
    int code = run_with(cases[i].line, NULL, &err);
    if (code != 2 || !strstr(err, cases[i].says))
      g_error("%s: exit code %d, and said: %s", cases[i].line, code, err);
    if (!strstr(cases[i].line, "huge.npy")) /* found while drawing: the pictures before it are there */
      g_assert_false(exists("bad"));
    else
      g_assert_true(exists("bad/faces/0000.png") && !exists("bad/faces/0001.png") && remove_from_folder("bad"));
    g_assert_false(exists("bad.pt"));
    g_assert_false(exists("bad.safetensors"));
  }
  g_autofree char *own = contents("own.pt", &size);
  g_assert_cmpmem(own, size, whole, size); /* optimiser states and all */
}

/* What is known of a model that cannot be run is shown, with the reason; the other commands say the same. */
static void test_unrunnable(void)
{
  static const struct {
    const char *name, *says;
  } files[] = {{"missing.safetensors", "tensor style.1.bias is missing"},
               {"nan.safetensors", "of tensor style.1.bias is not finite"},
               {"shape.safetensors", "tensor style.1.bias has shape [3], expected [32]"}};
  run("convert -q MODEL @sound.safetensors");
  g_assert_cmpint(run_with("info @sound.safetensors", NULL, NULL), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autoptr(SsgSafetensors) sound = open_raw("sound.safetensors");
    g_autoptr(SsgHostTensors) tensors = ssg_host_tensors_new();
    for (guint t = 0; t < ssg_host_tensors_count(sound->tensors); t++) {
      SsgHostTensor *tensor = ssg_host_tensors_at(sound->tensors, t);
      if (!g_str_equal(tensor->name, "style.1.bias")) {
        g_assert_true(ssg_host_tensors_take(tensors, ssg_host_tensor_ref(tensor), NULL));
      } else if (i > 0) {
        float bad[32] = {0, NAN};
        SsgShape shape = {.rank = 1, .dim = {i == 1 ? 32 : 3}};
        g_assert_true(ssg_host_tensors_take(tensors, ssg_host_tensor_new_copy("style.1.bias", SSG_F32, &shape, bad), NULL));
      }
    }
    g_autofree char *path = in_folder(files[i].name), *line = g_strconcat("info @", files[i].name, NULL), *out = NULL, *err = NULL;
    g_autofree char *json_line = g_strconcat("info --json @", files[i].name, NULL), *json = NULL, *other = NULL;
    g_autofree char *other_line = g_strconcat("generate --out @bad @", files[i].name, NULL);
    g_assert_true(ssg_safetensors_save(path, tensors, sound->metadata, NULL));
    g_assert_cmpint(run_with(line, &out, &err), ==, 2);
    g_assert_nonnull(strstr(out, "5 parts"));
    g_assert_nonnull(strstr(err, "this model cannot be run: "));
    g_assert_nonnull(strstr(err, files[i].says));
    g_assert_cmpint(run_with(json_line, &json, NULL), ==, 2);
    g_autoptr(JsonNode) root = json_from_string(json, NULL);
    g_assert_nonnull(strstr(json_object_get_string_member(json_node_get_object(root), "problem"), files[i].says));
    g_assert_cmpint(run_with(other_line, NULL, &other), ==, 2);
    g_assert_nonnull(strstr(other, files[i].says));
  }
}

/* A file of a version that this program does not know is not guessed at. */
static void test_newer_version(void)
{
  static const struct {
    const char *version, *says;
  } cases[] = {{"1", NULL}, {"2", "was written by a newer ssgan"}, {"99999999999999999999", "no whole number"}, {"new", "no whole number"}};
  run("convert -q MODEL @version.safetensors");
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(SsgSafetensors) file = open_raw("version.safetensors");
    g_autofree char *path = in_folder("other-version.safetensors"), *err = NULL;
    g_hash_table_replace(file->metadata, g_strdup("version"), g_strdup(cases[i].version));
    g_assert_true(ssg_safetensors_save(path, file->tensors, file->metadata, NULL));
    g_assert_cmpint(run_with("info @other-version.safetensors", NULL, &err), ==, cases[i].says ? 2 : 0);
    g_assert_true(!cases[i].says || strstr(err, cases[i].says));
  }
}

static int run_limited(int mib, const char *arguments, char **said)
{
  g_autofree char *script = g_strdup_printf("ulimit -v %d; exec %s %s", mib * 1024, g_getenv("SSG_TRAINER_PROGRAM"), arguments);
  char *argv[] = {(char *) "/bin/sh", (char *) "-c", script, NULL};
  int status;
  g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, said, &status, NULL));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1; /* so tight that the program does not start: anything may happen */
}

/* Under a limit that a face does not fit: refused with the figure and 2, while converting, which draws nothing, goes through. */
static void test_memory_refusal(void)
{
  g_autofree char *out = in_folder("refused"), *ours = in_folder("tight.safetensors"), *said = NULL;
  g_autofree char *convert = g_strdup_printf("convert -q --threads 1 %s %s", model, ours);
  g_autofree char *generate = g_strdup_printf("generate -q --threads 1 --seeds 0 --out %s %s", out, model);
  /* The least that lets convert through: about 38 MiB for this model, where rendering takes 51, beside the program's own space. */
  for (int mib = 64; mib < 2000 && !said; mib += 8) {
    g_autofree char *unused = NULL;
    if (run_limited(mib, convert, &unused) != 0)
      continue;
    g_assert_cmpint(run_limited(mib, generate, &said), ==, 2);
    g_test_message("%d MiB: %s", mib, said);
    g_assert_nonnull(strstr(said, "MiB of memory to run"));
  }
  g_assert_nonnull(said);
  g_assert_false(exists("refused"));
}

/* Runs a line of the shell in which $P is the program; what it said on stderr into said. */
static int run_shell(const char *line, char **said)
{
  g_autofree char *script = g_strdup_printf("P='%s'; M='%s'; cd '%s'; %s", g_getenv("SSG_TRAINER_PROGRAM"), model, folder, line);
  char *argv[] = {(char *) "/bin/sh", (char *) "-c", script, NULL};
  int status;
  g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, said, &status, NULL));
  g_assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/* What is printed and does not arrive is no success; what is said never lands in a file that took a closed descriptor's place. */
static void test_lost_output(void)
{
  g_autofree char *said = NULL, *nothing = NULL;
  if (g_file_test("/dev/full", G_FILE_TEST_EXISTS)) {
    g_assert_cmpint(run_shell("exec $P info $M >/dev/full", &said), ==, 1);
    g_assert_nonnull(strstr(said, "what was printed could not be written"));
    g_assert_cmpint(run_shell("exec $P --help >/dev/full", &nothing), ==, 1);
  }
  g_clear_pointer(&nothing, g_free);
  g_assert_cmpint(run_shell("exec $P generate $M --threads 1 --out open --seeds 0-1 --raw open.safetensors", &nothing), ==, 0);
  g_clear_pointer(&nothing, g_free);
  g_assert_cmpint(run_shell("exec $P generate $M --threads 1 --out shut --seeds 0-1 --raw shut.safetensors >&- 2>&-", &nothing), ==, 0);
  assert_same_file("open.safetensors", "shut.safetensors");
}

/* Names of files may be any bytes; what is written from them stays readable, and messages stay one line of text. */
static void test_odd_names(void)
{
  g_autofree char *said = NULL, *none = NULL;
  g_assert_cmpint(run_shell("mkdir odd && cd odd && cp \"$M\" \"$(printf 't\\351.pt')\" && $P convert -q t*.pt odd.safetensors && $P info odd.safetensors && "
                            "$P components -q --threads 1 --out odd-sheet t*.pt && "
                            "$P generate -q --threads 1 --seeds 0 --only masks --save-latents --out odd-out t*.pt && mv odd-out/latents.npy \"$(printf 'l\\351.npy')\" && "
                            "$P generate -q --threads 1 --only masks --latents l*.npy --out odd-out --raw odd-raw.safetensors t*.pt", &none), ==, 0);
  g_assert_true(exists("odd/odd-sheet/components.png"));
  g_autoptr(SsgSafetensors) raw = open_raw("odd/odd-raw.safetensors");
  g_assert_cmpstr(ssg_safetensors_metadata(raw, "faces"), ==, "l\357\277\275.npy");
  g_assert_cmpint(run_shell("exec $P info \"$(printf 'x\\033[31m\\ny\\001.pt')\"", &said), ==, 2);
  g_assert_nonnull(strstr(said, "x [31m y .pt"));
  g_assert_true(g_utf8_validate(said, -1, NULL));
  for (const char *c = said; *c; c++)
    g_assert_true(*c >= ' ' || (*c == '\n' && !c[1]));
}

static void test_raw_room(void)
{
  g_autofree char *path = in_folder("not/there/yet.safetensors");
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgModelInfo) info = ssg_model_info_read(model, &error);
  g_assert_no_error(error);
  g_assert_true(ssg_raw_file_has_room(path, info, 1, &error));
  g_assert_no_error(error);
  g_assert_false(ssg_raw_file_has_room(path, info, (gint64) 1 << 40, &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_WRITE);
  g_assert_nonnull(strstr(error->message, "PB, and the disk has "));
}

/* A full disk, as a file-size limit: nothing half-written stays, and it is a failure, not bad input. */
static void test_no_room(void)
{
  g_autofree char *err = NULL, *line = NULL, *raw = in_folder("room.safetensors"), *out = in_folder("room");
  g_autofree char *ours = in_folder("room-model.safetensors");
  int status;
  const struct {
    char *command;
    const char *file;
  } cases[] = {
      {g_strdup_printf("%s generate -q --threads 1 %s --out %s --seeds 0-1 --raw %s", g_getenv("SSG_TRAINER_PROGRAM"),
                       model, out, raw),
       "room.safetensors"},
      {g_strdup_printf("%s convert -q %s %s", g_getenv("SSG_TRAINER_PROGRAM"), model, ours), "room-model.safetensors"}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    /* 64 blocks of 512 bytes; SIGXFSZ ignored, so that writing fails with EFBIG */
    g_autofree char *script = g_strdup_printf("trap '' XFSZ; ulimit -f 64; exec %s", cases[i].command);
    char *argv[] = {(char *) "/bin/sh", (char *) "-c", script, NULL};
    g_autofree char *said = NULL;
    g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &said, &status, NULL));
    g_test_message("%s", said);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    g_assert_nonnull(strstr(said, cases[i].file));
    g_assert_false(exists(cases[i].file));
    g_free(cases[i].command);
  }
  /* No temporary file is left either. */
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir));)
    g_assert_false(g_str_has_suffix(name, ".tmp"));
}

int main(int argc, char **argv)
{
  model_commands_begin(&argc, &argv);
  g_test_add_func("/trainer/model/bad-input", test_bad_input);
  g_test_add_func("/trainer/model/unrunnable", test_unrunnable);
  g_test_add_func("/trainer/model/newer-version", test_newer_version);
  g_test_add_func("/trainer/model/memory-refusal", test_memory_refusal);
  g_test_add_func("/trainer/model/lost-output", test_lost_output);
  g_test_add_func("/trainer/model/odd-names", test_odd_names);
  g_test_add_func("/trainer/model/raw-room", test_raw_room);
  g_test_add_func("/trainer/model/no-room", test_no_room);
  return model_commands_run();
}
