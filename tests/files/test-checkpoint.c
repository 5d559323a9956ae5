#include <string.h>

#include "engine/checkpoint.h"
#include "engine/error.h"
#include "tests/files/files-test.h"

static gboolean read_checkpoint(GBytes *bytes, GError **error)
{
  g_autoptr(SsgCheckpoint) checkpoint = ssg_checkpoint_parse(bytes, "x.pt", SSG_CHECKPOINT_ALL, error);
  return checkpoint != NULL;
}

static SsgCheckpoint *load_golden(const char *name, SsgCheckpointSections sections)
{
  g_autofree char *path = golden_path(name);
  g_autoptr(GError) error = NULL;
  SsgCheckpoint *checkpoint = ssg_checkpoint_load(path, sections, &error);
  g_assert_no_error(error);
  return checkpoint;
}

static void check_same_tensor(const SsgHostTensor *a, const SsgHostTensor *b)
{
  g_assert_true(a->dtype == b->dtype && ssg_shape_equal(&a->shape, &b->shape));
  g_assert_cmpmem(a->data, a->n_bytes, b->data, b->n_bytes);
}

static void check_same_dict(const SsgHostTensors *a, const SsgHostTensors *b)
{
  g_assert_true((a == NULL) == (b == NULL));
  if (!a)
    return;
  g_assert_cmpuint(ssg_host_tensors_count(a), ==, ssg_host_tensors_count(b));
  for (guint i = 0; i < ssg_host_tensors_count(a); i++) {
    g_assert_cmpstr(ssg_host_tensors_at(a, i)->name, ==, ssg_host_tensors_at(b, i)->name);
    check_same_tensor(ssg_host_tensors_at(a, i), ssg_host_tensors_at(b, i));
  }
}

static void check_same_adam(const SsgAdam *a, const SsgAdam *b)
{
  g_assert_true((a == NULL) == (b == NULL));
  if (!a)
    return;
  g_assert_true(a->states->len == b->states->len && a->groups->len == b->groups->len);
  for (guint i = 0; i < a->states->len; i++) {
    const SsgAdamState *x = a->states->pdata[i], *y = b->states->pdata[i];
    g_assert_true(x->index == y->index && x->step == y->step);
    check_same_tensor(x->exp_avg, y->exp_avg);
    check_same_tensor(x->exp_avg_sq, y->exp_avg_sq);
  }
  for (guint i = 0; i < a->groups->len; i++) {
    const SsgAdamGroup *x = a->groups->pdata[i], *y = b->groups->pdata[i];
    g_assert_true(x->lr == y->lr && x->beta1 == y->beta1 && x->beta2 == y->beta2 && x->eps == y->eps);
    g_assert_cmpmem(x->params->data, x->params->len * sizeof(guint), y->params->data, y->params->len * sizeof(guint));
  }
}

/* What tiny.pt holds, as Python's own zipfile and pickletools show it. */
static void test_golden(void)
{
  g_autoptr(SsgCheckpoint) tiny = load_golden("tiny.pt", SSG_CHECKPOINT_ALL);
  g_assert_cmpint(tiny->present, ==, SSG_CHECKPOINT_ALL);
  g_assert_cmpuint(ssg_host_tensors_count(tiny->g_ema), ==, 310);
  const SsgHostTensor *first = ssg_host_tensors_at(tiny->g, 0);
  SsgShape shape = {4, {16, 26, 1, 1}};
  g_assert_cmpstr(first->name, ==, "pos_embed.weights");
  g_assert_true(first->dtype == SSG_F32 && ssg_shape_equal(&first->shape, &shape));
  g_autoptr(GBytes) raw = golden_bytes("tiny.pt");
  g_assert_cmpmem(first->data, first->n_bytes, (const char *) g_bytes_get_data(raw, NULL) + 202560, 1664);
  g_assert_cmpuint(tiny->g_optim->states->len, ==, 286);
  const SsgAdamGroup *group = tiny->g_optim->groups->pdata[0];
  g_assert_true(group->lr == 0.0016 && group->beta1 == 0 && group->beta2 == 0.9919919678228657 && group->eps == 1e-8);
  g_assert_true(group->params->len == 286 && g_array_index(group->params, guint, 285) == 285);
  const SsgAdamState *state = ssg_adam_state(tiny->g_optim, 0);
  g_assert_true(state && ssg_shape_equal(&state->exp_avg->shape, &shape) && state->step > 0);
  g_assert_null(ssg_adam_state(tiny->g_optim, 286));
  JsonObject *args = json_node_get_object(tiny->args);
  g_assert_cmpint(json_object_get_int_member(args, "iter"), ==, 200001);
  g_assert_true(json_object_get_boolean_member(args, "residual_refine"));
  g_assert_cmpfloat(json_object_get_double_member(args, "mixing"), ==, 0.3);
  JsonArray *parts = json_object_get_array_member(args, "transparent_dims");
  g_assert_true(json_array_get_length(parts) == 1 && json_array_get_int_element(parts, 0) == 3);
  /* Both forms of archive hold the same numbers. */
  g_autoptr(SsgCheckpoint) legacy = load_golden("tiny-legacy.pt", SSG_CHECKPOINT_ALL);
  g_assert_cmpint(legacy->present, ==, SSG_CHECKPOINT_G_EMA | SSG_CHECKPOINT_ARGS);
  check_same_dict(tiny->g_ema, legacy->g_ema);
  g_assert_true(json_node_equal(tiny->args, legacy->args));
}

static void test_sections(void)
{
  g_autoptr(SsgCheckpoint) tiny = load_golden("tiny.pt", SSG_CHECKPOINT_G_EMA);
  g_assert_cmpint(tiny->present, ==, SSG_CHECKPOINT_ALL);
  g_assert_true(tiny->g_ema && !tiny->g && !tiny->d && !tiny->g_optim && !tiny->d_optim && !tiny->args);
}

static void test_round_trip(void)
{
  const char *const names[] = {"tiny.pt", "tiny-plain.pt", "tiny-legacy.pt"};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = scratch_path(names[i]), *again = scratch_path("again.pt");
    g_autoptr(GError) error = NULL;
    g_autoptr(SsgCheckpoint) before = load_golden(names[i], SSG_CHECKPOINT_ALL);
    g_assert_true(ssg_checkpoint_save_pt(before, path, &error));
    g_autoptr(SsgCheckpoint) after = ssg_checkpoint_load(path, SSG_CHECKPOINT_ALL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(before->present, ==, after->present);
    check_same_dict(before->g_ema, after->g_ema);
    check_same_dict(before->g, after->g);
    check_same_dict(before->d, after->d);
    check_same_adam(before->g_optim, after->g_optim);
    check_same_adam(before->d_optim, after->d_optim);
    g_assert_true(json_node_equal(before->args, after->args));
    g_assert_true(ssg_checkpoint_save_pt(after, again, &error));
    g_autofree char *one = NULL, *two = NULL;
    gsize one_size, two_size;
    g_assert_true(g_file_get_contents(path, &one, &one_size, NULL) &&
                  g_file_get_contents(again, &two, &two_size, NULL));
    g_assert_cmpmem(one, one_size, two, two_size);
  }
}

static void test_other_dtypes(void)
{
  g_autofree char *path = scratch_path("dtypes.pt");
  g_autoptr(GError) error = NULL;
  const SsgDtype dtypes[] = {SSG_F32, SSG_F16, SSG_BF16, SSG_I64, SSG_U8};
  const char bytes[48] = "0123456789abcdefghijklmnopqrstuvwxyz";
  g_autoptr(SsgCheckpoint) before = ssg_checkpoint_new();
  before->g_ema = ssg_host_tensors_new();
  SsgShape shape = {3, {2, 1, 3}}, scalar = {0}, empty = {2, {3, 0}};
  for (guint i = 0; i < G_N_ELEMENTS(dtypes); i++) {
    g_autofree char *name = g_strdup_printf("t.%u", i);
    ssg_host_tensors_take(before->g_ema, ssg_host_tensor_new_copy(name, dtypes[i], &shape, bytes), NULL);
  }
  ssg_host_tensors_take(before->g_ema, ssg_host_tensor_new_copy("scalar", SSG_F32, &scalar, bytes), NULL);
  ssg_host_tensors_take(before->g_ema, ssg_host_tensor_new_copy("empty", SSG_F32, &empty, bytes), NULL);
  before->about = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(before->about, "name", "a \xc3\xa9 name\nof two lines");
  g_hash_table_insert(before->about, "licence", "");
  before->w_mean = ssg_host_tensor_new_copy("w_mean", SSG_F32, &shape, bytes);
  before->args = json_from_string("{\"big\":-5000000000,\"small\":-3,\"n\":null,\"d\":{\"x\":[1,[2.5,\"\\u00e9\"]]}}", NULL);
  g_assert_true(ssg_checkpoint_save_pt(before, path, &error));
  g_autoptr(SsgCheckpoint) after = ssg_checkpoint_load(path, SSG_CHECKPOINT_ALL, &error);
  g_assert_no_error(error);
  check_same_dict(before->g_ema, after->g_ema);
  g_assert_true(json_node_equal(before->args, after->args));
  g_assert_cmpuint(g_hash_table_size(after->about), ==, 2);
  g_assert_cmpstr(g_hash_table_lookup(after->about, "name"), ==, "a \xc3\xa9 name\nof two lines");
  g_assert_cmpstr(g_hash_table_lookup(after->about, "licence"), ==, "");
  check_same_tensor(before->w_mean, after->w_mean);
}

/* A stream-form file around the pickle `body`: one storage "0" of n elements of size bytes each, counting up; none when n
 * is negative. */
static GBytes *stream_of(const char *body, gsize body_length, gint64 n, gsize size)
{
  static const char head[] = "\x80\2\x8a\12\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3."
                             "\x80\2}X\15\0\0\0little_endian\x88s.";
  static const char keys[] = "\x80\2](X\1\0\0\0" "0e.";
  GByteArray *file = g_byte_array_new();
  g_byte_array_append(file, (const guint8 *) head, sizeof head - 1);
  g_byte_array_append(file, (const guint8 *) body, (guint) body_length);
  if (n < 0) {
    g_byte_array_append(file, (const guint8 *) "\x80\2].", 4);
    return g_byte_array_free_to_bytes(file);
  }
  g_byte_array_append(file, (const guint8 *) keys, sizeof keys - 1);
  g_byte_array_append(file, (const guint8 *) &n, 8);
  for (gsize i = 0; i < (gsize) n * size; i++) {
    guint8 byte = (guint8) (i + 1);
    g_byte_array_append(file, &byte, 1);
  }
  return g_byte_array_free_to_bytes(file);
}

#define BODY(text) text, sizeof(text) - 1
#define STORAGE(type, n) "(X\7\0\0\0storagectorch\n" type "\nX\1\0\0\0" "0X\3\0\0\0cpuK" n "tQ"
/* size and stride: a tuple's contents */
#define TENSOR(type, n, offset, size, stride)                                                                          \
  "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE(type, n) offset "(" size "t(" stride "t\x89NtR"
#define G_EMA(name_length, name, value)                                                                                \
  "\x80\2}X\5\0\0\0g_emaccollections\nOrderedDict\n)R(X" name_length "\0\0\0" name value "us"

#define GOOD_TENSOR TENSOR("FloatStorage", "\10", "K\0", "K\10", "K\1")

static void test_strided(void)
{
  /* A transposed 3 x 2 view of six floats, from element 2 on, of a storage of 8. */
  g_autoptr(GBytes) file =
      stream_of(BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "K\2", "K\2K\3", "K\1K\2")) "."), 8, 4);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgCheckpoint) checkpoint = ssg_checkpoint_parse(file, "x.pt", SSG_CHECKPOINT_ALL, &error);
  g_assert_no_error(error);
  const guint8 *found = ssg_host_tensors_get(checkpoint->g_ema, "w")->data;
  static const int order[] = {2, 4, 6, 3, 5, 7};
  for (int i = 0; i < 6; i++)
    g_assert_cmpint(found[i * 4], ==, order[i] * 4 + 1);
  /* Other element types are converted. */
  g_autoptr(GBytes) ints = stream_of(BODY(G_EMA("\1", "w", TENSOR("ShortStorage", "\3", "K\1", "K\2", "K\1")) "."), 3, 2);
  g_autoptr(SsgCheckpoint) integers = ssg_checkpoint_parse(ints, "x.pt", SSG_CHECKPOINT_ALL, &error);
  g_assert_no_error(error);
  const SsgHostTensor *w = ssg_host_tensors_get(integers->g_ema, "w");
  g_assert_true(w->dtype == SSG_I64 && ((const gint64 *) w->data)[0] == 0x0403 &&
                ((const gint64 *) w->data)[1] == 0x0605);
}

static void test_hostile_pickles(void)
{
  static const struct {
    const char *body;
    gsize length;
    const char *part;
  } bad[] = {
      {BODY("\x80\2cos\nsystem\nX\4\0\0\0trueR."), "refers to os.system"},
      {BODY("\x80\2cbuiltins\neval\n(X\1\0\0\0" "1tR."), "refers to builtins.eval"},
      {BODY("\x80\4\x8c\2os\x8c\6system\x93."), "refers to os.system"},
      {BODY("\x80\2ctorch\nload\n."), "refers to torch.load"},
      {BODY(G_EMA("\1", "w", "cposix\nsystem\n") "."), "refers to posix.system"},
      {BODY("\x80\2(X\2\0\0\0idios\nsystem\n."), "opcode 0x69"}, /* INST */
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "K\3", "K\2K\3", "K\3K\1")) "."), "reaches beyond its storage"},
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "J\xff\xff\xff\xff", "K\1", "K\1")) "."), "reaches beyond"},
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "K\0", "K\2", "J\xff\xff\xff\xff")) "."), "reaches beyond"},
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "K\0", "J\xff\xff\xff\xff", "K\1")) "."), "negative"},
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "K\0", "J\xff\xff\xff\x7fJ\xff\xff\xff\x7fK\x7f", "K\0K\0K\0")) "."),
       "too large"},
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "K\0", "J\xff\xff\xff\x7f", "K\0")) "."), "repeats its storage"},
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "K\0", "K\2K\2",
                                    "\x8a\10\xff\xff\xff\xff\xff\xff\xff\x7f\x8a\10\xff\xff\xff\xff\xff\xff\xff\x7f")) "."),
       "reaches beyond"},
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\10", "K\0", "K\1K\1K\1K\1K\1K\1K\1", "K\1K\1K\1K\1K\1K\1K\1")) "."),
       "too many dimensions"},
      {BODY(G_EMA("\1", "w", TENSOR("FloatStorage", "\7", "K\0", "K\1", "K\1")) "."), "has 8 elements, expected 7"},
      {BODY("\x80\2(."), "empty stack"},
      {BODY("\x80\2a."), "empty stack"},
      {BODY("\x80\2u."), "mark that was not set"},
      {BODY("\x80\2h\5."), "not remembered"},
      {BODY("\x80\2NK\1K\1s."), "not a dict"},
      {BODY("\x80\2}(K\1u."), "key without a value"},
      {BODY("\x80\2Nr\xff\xff\xff\xff."), "memo is too large"},
      {BODY("\x80\2X\xff\xff\xff\xff" "abc."), "middle of a value"},
      {BODY("\x80\2\x8d\xff\xff\xff\xff\xff\xff\xff\xff" "abc."), "middle of a value"},
      {BODY("\x80\2X\2\0\0\0\xc3\x28."), "not valid UTF-8"},
      {BODY("\x80\11N."), "unknown protocol"},
      {BODY("\x80\2K\1K\2R."), "not a known function"},
      {BODY("\x80\2cargparse\nNamespace\n)\x81K\1b."), "sets the state"},
      {BODY("\x80\2X\3\0\0\0absQ."), "a storage is not named"},
      {BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\5\0\0\0ssganK\1s."), "ssgan: expected a dict"},
      {BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\5\0\0\0ssgan}K\1K\1ss."), "ssgan: a key is not a string"},
      {BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\5\0\0\0ssgan}X\4\0\0\0nameK\1ss."), "ssgan.name: is not a string"},
      {BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\5\0\0\0ssgan}X\4\0\0\0name]q\0h\0ass."), "ssgan.name: is not a string"},
      {BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\5\0\0\0ssgan}X\6\0\0\0w_mean"
            TENSOR("FloatStorage", "\10", "K\1", "K\10", "K\1") "ss."), "w_mean: reaches beyond its storage"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GBytes) file = stream_of(bad[i].body, bad[i].length, 8, 4);
    check_refused(file, read_checkpoint, bad[i].part);
    check_refused(file, read_checkpoint, "x.pt");
  }
  static const struct {
    const char *body;
    gsize length;
    const char *part;
  } without_storage[] = {
      {BODY("\x80\2}."), "expected a dict with g_ema, found a dict without it"},
      {BODY("\x80\2K\1."), "found an integer"},
      {BODY("\x80\2]q\0h\0a."), "found a list"}, /* which holds itself */
      {BODY(G_EMA("\1", "w", "K\1") "."), "w is an integer, expected a tensor"},
      {BODY(G_EMA("\1", "w", GOOD_TENSOR) "."), "tensor w: its storage 0 is missing"},
      {BODY("\x80\2}X\5\0\0\0g_emaK\1s."), "g_ema: expected a dict of tensors"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(without_storage); i++) {
    g_autoptr(GBytes) file = stream_of(without_storage[i].body, without_storage[i].length, -1, 4);
    check_refused(file, read_checkpoint, without_storage[i].part);
  }
}

/* A body made of head, count times part, tail. */
static GBytes *repeated(const char *head, gsize head_length, const char *part, gsize part_length, guint count,
                        const char *tail, gsize tail_length)
{
  GString *body = g_string_new_len(head, (gssize) head_length);
  for (guint i = 0; i < count; i++)
    g_string_append_len(body, part, (gssize) part_length);
  g_string_append_len(body, tail, (gssize) tail_length);
  GBytes *file = stream_of(body->str, body->len, 8, 4);
  g_string_free(body, TRUE);
  return file;
}

static void test_bombs(void)
{
  /* Two million levels of nesting. */
  g_autoptr(GBytes) deep = repeated(BODY("\x80\2N"), BODY("\x85"), 2000000, BODY("."));
  check_refused(deep, read_checkpoint, "too many values");
  g_autoptr(GBytes) marks = repeated(BODY("\x80\2"), BODY("("), 2000000, BODY("."));
  check_refused(marks, read_checkpoint, "too many marks");
  /* args: each level a list of the level below, four times: 4^14 values if they were written out. */
  g_autoptr(GBytes) laughs = repeated(BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\4\0\0\0args}X\1\0\0\0aNq\0"),
                                      BODY("0](h\0h\0h\0h\0eq\0"), 14, BODY("ss."));
  check_refused(laughs, read_checkpoint, "args.a: is nested too deeply or too large");
  g_autoptr(GBytes) nested = repeated(BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\4\0\0\0args}X\1\0\0\0aN"), BODY("\x85"), 1000,
                                      BODY("ss."));
  check_refused(nested, read_checkpoint, "nested too deeply");
  /* A list inside itself in args. */
  g_autoptr(GBytes) cycle = repeated(BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\4\0\0\0args}X\1\0\0\0a]q\0h\0a"), BODY(""), 0,
                                     BODY("ss."));
  check_refused(cycle, read_checkpoint, "nested too deeply");
  /* One state, set again and again: every time its thousand items are copied. */
  GString *head = g_string_new_len(BODY("\x80\2}q\0("));
  for (int i = 0; i < 1000; i++)
    g_string_append_len(head, BODY("K\1N"));
  g_string_append_len(head, BODY("u0cargparse\nNamespace\n)\x81"));
  g_autoptr(GBytes) copies = repeated(head->str, head->len, BODY("h\0b"), 20000, BODY("."));
  g_string_free(head, TRUE);
  check_refused(copies, read_checkpoint, "hold too much");
  /* Views that must be copied, many of one storage. */
  GString *views = g_string_new_len(BODY("\x80\2}X\5\0\0\0g_emaccollections\nOrderedDict\n)R("));
  for (int i = 0; i < 3000; i++) {
    g_string_append_len(views, BODY("X\4\0\0\0"));
    g_string_append_printf(views, "%04d", i);
    if (i == 0)
      g_string_append_len(views, BODY(TENSOR("FloatStorage", "\144", "K\0", "K\2K\62", "K\1K\2") "q\0"));
    else
      g_string_append_len(views, BODY("h\0"));
  }
  g_string_append_len(views, BODY("us."));
  g_autoptr(GBytes) many = stream_of(views->str, views->len, 100, 4);
  g_string_free(views, TRUE);
  check_refused(many, read_checkpoint, "more memory than is allowed");
}

static void test_damage(void)
{
  g_autoptr(GBytes) stream = golden_bytes("tiny-legacy.pt");
  check_truncations(stream, g_bytes_get_size(stream), read_checkpoint);
  check_bit_flips(stream, 0, 61000, 300, read_checkpoint);
  g_autoptr(GBytes) small =
      stream_of(BODY(G_EMA("\1", "w", GOOD_TENSOR) "X\4\0\0\0argscargparse\nNamespace\n)\x81}X\1\0\0\0aG@\10\0\0\0\0\0\0sbs."),
                8, 4);
  g_autoptr(GError) error = NULL;
  g_assert_true(read_checkpoint(small, &error));
  check_truncations(small, g_bytes_get_size(small), read_checkpoint);
  g_assert_cmpint(check_bit_flips(small, 0, g_bytes_get_size(small) - 32, 5000, read_checkpoint), >, 3500);
  g_autofree char *path = scratch_path("damage.pt");
  g_autoptr(SsgCheckpoint) checkpoint = ssg_checkpoint_parse(small, "small", SSG_CHECKPOINT_ALL, &error);
  g_assert_true(ssg_checkpoint_save_pt(checkpoint, path, &error));
  char *contents;
  gsize size;
  g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
  g_autoptr(GBytes) zip = g_bytes_new_take(contents, size);
  g_assert_true(read_checkpoint(zip, &error));
  check_truncations(zip, size, read_checkpoint);
  /* Sizes, names, checksums and contents are covered; dates, padding and versions may change unseen. */
  g_assert_cmpint(check_bit_flips(zip, 0, size, 3000, read_checkpoint), >, 1200);
  check_bit_flips(stream, 61000, g_bytes_get_size(stream), 30, read_checkpoint);
  /* One flipped bit in a tensor of the zip form is seen by its checksum. */
  g_autofree guint8 *copy = g_memdup2(contents, size);
  guint8 *data = memmem(copy, size, "\1\2\3\4\5\6\7\10", 8);
  g_assert_nonnull(data);
  data[3] ^= 0x10;
  g_autoptr(GBytes) flipped = g_bytes_new(copy, size);
  check_refused(flipped, read_checkpoint, "tensor w: x.pt: archive/data/0 in the zip archive is damaged: its checksum");
  g_autoptr(GBytes) text = g_bytes_new_static("hello", 5);
  check_refused(text, read_checkpoint, "x.pt: is not a PyTorch checkpoint");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/checkpoint/golden", test_golden);
  g_test_add_func("/checkpoint/sections", test_sections);
  g_test_add_func("/checkpoint/round-trip", test_round_trip);
  g_test_add_func("/checkpoint/other-dtypes", test_other_dtypes);
  g_test_add_func("/checkpoint/strided", test_strided);
  g_test_add_func("/checkpoint/hostile-pickles", test_hostile_pickles);
  g_test_add_func("/checkpoint/bombs", test_bombs);
  g_test_add_func("/checkpoint/damage", test_damage);
  int status = g_test_run();
  files_test_finish();
  return status;
}
