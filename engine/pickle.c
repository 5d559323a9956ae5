#include "engine/pickle.h"

#include <string.h>

#include "engine/error.h"

/* Everything a pickle may name. What is not here is refused by its name. */
typedef enum { ORDERED_DICT, NAMESPACE, REBUILD_TENSOR, REBUILD_TENSOR_V2, REBUILD_PARAMETER, SIZE, DEVICE, STORAGE } Use;

static const struct {
  const char *module, *name;
  Use use;
  SsgStorageType type;
} globals[] = {
    {"collections", "OrderedDict", ORDERED_DICT, 0},
    {"argparse", "Namespace", NAMESPACE, 0},
    {"torch._utils", "_rebuild_tensor", REBUILD_TENSOR, 0},
    {"torch._utils", "_rebuild_tensor_v2", REBUILD_TENSOR_V2, 0},
    {"torch._utils", "_rebuild_parameter", REBUILD_PARAMETER, 0},
    {"torch", "Size", SIZE, 0},
    {"torch", "device", DEVICE, 0},
    {"torch", "DoubleStorage", STORAGE, SSG_STORAGE_F64},
    {"torch", "FloatStorage", STORAGE, SSG_STORAGE_F32},
    {"torch", "HalfStorage", STORAGE, SSG_STORAGE_F16},
    {"torch", "BFloat16Storage", STORAGE, SSG_STORAGE_BF16},
    {"torch", "LongStorage", STORAGE, SSG_STORAGE_I64},
    {"torch", "IntStorage", STORAGE, SSG_STORAGE_I32},
    {"torch", "ShortStorage", STORAGE, SSG_STORAGE_I16},
    {"torch", "CharStorage", STORAGE, SSG_STORAGE_I8},
    {"torch", "ByteStorage", STORAGE, SSG_STORAGE_U8},
    {"torch", "BoolStorage", STORAGE, SSG_STORAGE_BOOL},
};

typedef struct {
  SsgPickle *pickle;
  const guint8 *start, *at, *end;
  const char *name;
  GPtrArray *stack; /* of SsgPickleValue */
  GArray *marks;    /* of guint: heights of the stack */
  GPtrArray *memo;  /* of SsgPickleValue or NULL */
  guint64 n_items;  /* in all containers: copies of one list must not multiply without end */
  GError **error;
} Machine;

static gboolean fail(Machine *m, const char *why)
{
  g_set_error(m->error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: pickle, byte %" G_GSIZE_FORMAT ": %s", m->name,
              (gsize) (m->at - m->start), why);
  return FALSE;
}

static void value_free(SsgPickleValue *value)
{
  switch (value->kind) {
  case SSG_PICKLE_TUPLE:
  case SSG_PICKLE_LIST:
  case SSG_PICKLE_DICT:
  case SSG_PICKLE_NAMESPACE:
    g_free(value->list.items);
    break;
  case SSG_PICKLE_STORAGE:
    g_free(value->storage->key);
    g_free(value->storage);
    break;
  case SSG_PICKLE_TENSOR:
    g_free(value->tensor);
    break;
  default:
    break;
  }
  g_free(value);
}

static SsgPickleValue *new_value(Machine *m, SsgPickleKind kind)
{
  if (m->pickle->values->len >= SSG_PICKLE_MAX_VALUES) {
    fail(m, "it has too many values");
    return NULL;
  }
  SsgPickleValue *value = g_new0(SsgPickleValue, 1);
  value->kind = kind;
  g_ptr_array_add(m->pickle->values, value);
  return value;
}

static gboolean push(Machine *m, SsgPickleValue *value)
{
  if (!value)
    return FALSE;
  if (m->stack->len >= SSG_PICKLE_MAX_VALUES)
    return fail(m, "its stack is too high");
  g_ptr_array_add(m->stack, value);
  return TRUE;
}

/* Values above the last mark can be popped; what lies below it belongs to an outer level. */
static guint floor_of(const Machine *m)
{
  return m->marks->len ? g_array_index(m->marks, guint, m->marks->len - 1) : 0;
}

static SsgPickleValue *pop(Machine *m)
{
  if (m->stack->len <= floor_of(m)) {
    fail(m, "it takes a value from an empty stack");
    return NULL;
  }
  return g_ptr_array_steal_index(m->stack, m->stack->len - 1);
}

static SsgPickleValue *top(Machine *m)
{
  if (m->stack->len <= floor_of(m)) {
    fail(m, "it needs a value on an empty stack");
    return NULL;
  }
  return m->stack->pdata[m->stack->len - 1];
}

static gboolean need(Machine *m, guint64 n)
{
  return n <= (guint64) (m->end - m->at) ? TRUE : fail(m, "it ends in the middle of a value (it may be truncated)");
}

/* n <= 8 bytes, little-endian. */
static gboolean take_integer(Machine *m, guint n, guint64 *value)
{
  if (!need(m, n))
    return FALSE;
  *value = 0;
  for (guint i = 0; i < n; i++)
    *value |= (guint64) m->at[i] << (8 * i);
  m->at += n;
  return TRUE;
}

static gboolean push_integer(Machine *m, gint64 integer)
{
  SsgPickleValue *value = new_value(m, SSG_PICKLE_INT);
  if (value)
    value->integer = integer;
  return push(m, value);
}

static gboolean push_text(Machine *m, SsgPickleKind kind, guint length_bytes)
{
  guint64 length;
  if (!take_integer(m, length_bytes, &length) || !need(m, length))
    return FALSE;
  if (kind == SSG_PICKLE_STRING && !g_utf8_validate_len((const char *) m->at, length, NULL))
    return fail(m, "a string is not valid UTF-8");
  SsgPickleValue *value = new_value(m, kind);
  if (!value)
    return FALSE;
  value->text.data = (const char *) m->at;
  value->text.length = (gsize) length;
  m->at += length;
  return push(m, value);
}

/* Python's long: two's complement of any length. */
static gboolean push_long(Machine *m, guint length_bytes)
{
  if (!push_text(m, SSG_PICKLE_BIG, length_bytes))
    return FALSE;
  SsgPickleValue *value = top(m);
  gsize n = value->text.length;
  if (n > 8)
    return TRUE;
  const guint8 *bytes = (const guint8 *) value->text.data;
  guint64 bits = n > 0 && (bytes[n - 1] & 0x80) ? G_MAXUINT64 : 0;
  for (gsize i = n; i-- > 0;)
    bits = bits << 8 | bytes[i];
  value->kind = SSG_PICKLE_INT;
  value->integer = (gint64) bits;
  return TRUE;
}

static gboolean push_double(Machine *m)
{
  if (!need(m, 8))
    return FALSE;
  guint64 bits = 0;
  for (int i = 0; i < 8; i++) /* the one big-endian number of the format */
    bits = bits << 8 | m->at[i];
  m->at += 8;
  SsgPickleValue *value = new_value(m, SSG_PICKLE_FLOAT);
  if (value)
    memcpy(&value->number, &bits, 8);
  return push(m, value);
}

static gboolean count_items(Machine *m, guint n)
{
  m->n_items += n;
  return m->n_items <= 2 * SSG_PICKLE_MAX_VALUES ? TRUE : fail(m, "its containers hold too much");
}

/* The caller has counted the item. */
static void append(SsgPickleValue *list, SsgPickleValue *item)
{
  if (list->list.n == list->list.capacity) {
    list->list.capacity = MAX(4, list->list.capacity * 2);
    list->list.items = g_renew(SsgPickleValue *, list->list.items, list->list.capacity);
  }
  list->list.items[list->list.n++] = item;
}

/* A tuple of the stack's values from place first on. */
static gboolean make_tuple(Machine *m, guint first)
{
  SsgPickleValue *tuple = new_value(m, SSG_PICKLE_TUPLE);
  if (!tuple)
    return FALSE;
  guint n = m->stack->len - first;
  if (!count_items(m, n))
    return FALSE;
  if (n > 0) {
    tuple->list.items = g_memdup2(m->stack->pdata + first, n * sizeof(gpointer));
    tuple->list.n = tuple->list.capacity = n;
  }
  g_ptr_array_set_size(m->stack, (int) first);
  return push(m, tuple);
}

static gboolean make_short_tuple(Machine *m, guint n)
{
  if (m->stack->len - floor_of(m) < n)
    return fail(m, "it takes a value from an empty stack");
  return make_tuple(m, m->stack->len - n);
}

static gboolean pop_mark(Machine *m, guint *first)
{
  if (m->marks->len == 0)
    return fail(m, "it uses a mark that was not set");
  *first = floor_of(m);
  g_array_set_size(m->marks, m->marks->len - 1);
  return TRUE;
}

/* Moves the values from place first on into the container below them. */
static gboolean fill(Machine *m, guint first, SsgPickleKind kind)
{
  guint lowest = floor_of(m);
  if (first <= lowest)
    return fail(m, "it fills a container that is not there");
  SsgPickleValue *container = m->stack->pdata[first - 1];
  if (container->kind != kind)
    return fail(m, kind == SSG_PICKLE_DICT ? "it sets keys of something that is not a dict"
                                           : "it appends to something that is not a list");
  if (kind == SSG_PICKLE_DICT && (m->stack->len - first) % 2 != 0)
    return fail(m, "a key without a value");
  if (!count_items(m, m->stack->len - first))
    return FALSE;
  for (guint i = first; i < m->stack->len; i++)
    append(container, m->stack->pdata[i]);
  g_ptr_array_set_size(m->stack, (int) first);
  return TRUE;
}

static gboolean fill_marked(Machine *m, SsgPickleKind kind)
{
  guint first;
  return pop_mark(m, &first) && fill(m, first, kind);
}

static gboolean fill_last(Machine *m, guint n, SsgPickleKind kind)
{
  if (m->stack->len - floor_of(m) < n + 1)
    return fail(m, "it takes a value from an empty stack");
  return fill(m, m->stack->len - n, kind);
}

static gboolean push_global(Machine *m, const char *module, gsize module_length, const char *name, gsize name_length)
{
  for (guint i = 0; i < G_N_ELEMENTS(globals); i++) {
    if (strlen(globals[i].module) == module_length && memcmp(globals[i].module, module, module_length) == 0 &&
        strlen(globals[i].name) == name_length && memcmp(globals[i].name, name, name_length) == 0) {
      SsgPickleValue *value = new_value(m, SSG_PICKLE_GLOBAL);
      if (value)
        value->integer = i;
      return push(m, value);
    }
  }
  g_autofree char *shown = g_strdup_printf("%.*s.%.*s", (int) MIN(module_length, 80), module,
                                           (int) MIN(name_length, 80), name);
  g_autofree char *valid = g_utf8_make_valid(shown, -1);
  g_set_error(m->error, SSG_ERROR, SSG_ERROR_FORMAT,
              "%s: refers to %s, which a checkpoint does not need; refused, and nothing was executed", m->name, valid);
  return FALSE;
}

static const guint8 *take_line(Machine *m, gsize *length)
{
  const guint8 *line = m->at, *end = memchr(line, '\n', (gsize) (m->end - line));
  if (!end) {
    fail(m, "a name does not end");
    return NULL;
  }
  *length = (gsize) (end - line);
  m->at = end + 1;
  return line;
}

static gboolean op_global(Machine *m)
{
  gsize module_length, name_length;
  const guint8 *module = take_line(m, &module_length), *name = module ? take_line(m, &name_length) : NULL;
  return name && push_global(m, (const char *) module, module_length, (const char *) name, name_length);
}

static gboolean op_stack_global(Machine *m)
{
  SsgPickleValue *name = pop(m), *module = name ? pop(m) : NULL;
  if (!module)
    return FALSE;
  if (name->kind != SSG_PICKLE_STRING || module->kind != SSG_PICKLE_STRING)
    return fail(m, "a global's name is not a string");
  return push_global(m, module->text.data, module->text.length, name->text.data, name->text.length);
}

static gboolean get_integer(const SsgPickleValue *value, gint64 *integer)
{
  if (value->kind != SSG_PICKLE_INT)
    return FALSE;
  *integer = value->integer;
  return TRUE;
}

static gboolean get_integers(const SsgPickleValue *value, gint64 *integers, guint n)
{
  if ((value->kind != SSG_PICKLE_TUPLE && value->kind != SSG_PICKLE_LIST) || value->list.n != n)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    if (!get_integer(value->list.items[i], &integers[i]))
      return FALSE;
  }
  return TRUE;
}

/* (storage, offset, size, stride, ...) */
static gboolean rebuild_tensor(Machine *m, const SsgPickleValue *args, guint least)
{
  SsgPickleTensor tensor = {0};
  SsgPickleValue **item = args->list.items;
  if (args->list.n < least || item[0]->kind != SSG_PICKLE_STORAGE || !get_integer(item[1], &tensor.offset) ||
      item[2]->kind != SSG_PICKLE_TUPLE)
    return fail(m, "a tensor is not made of storage, offset, size and stride");
  if (item[2]->list.n > SSG_MAX_RANK)
    return fail(m, "a tensor has too many dimensions");
  tensor.storage = item[0]->storage;
  tensor.rank = (int) item[2]->list.n;
  if (!get_integers(item[2], tensor.size, item[2]->list.n) || !get_integers(item[3], tensor.stride, item[2]->list.n))
    return fail(m, "a tensor's size or stride is not a tuple of integers");
  SsgPickleValue *value = new_value(m, SSG_PICKLE_TENSOR);
  if (value)
    value->tensor = g_memdup2(&tensor, sizeof tensor);
  return push(m, value);
}

/* OrderedDict() or, from Python 2, OrderedDict([[key, value], ...]). */
static gboolean make_dict(Machine *m, const SsgPickleValue *args)
{
  SsgPickleValue *dict = new_value(m, SSG_PICKLE_DICT);
  if (!dict)
    return FALSE;
  if (args->list.n == 1 && args->list.items[0]->kind == SSG_PICKLE_LIST) {
    const SsgPickleValue *pairs = args->list.items[0];
    if (!count_items(m, 2 * pairs->list.n))
      return FALSE;
    for (guint i = 0; i < pairs->list.n; i++) {
      const SsgPickleValue *pair = pairs->list.items[i];
      if ((pair->kind != SSG_PICKLE_LIST && pair->kind != SSG_PICKLE_TUPLE) || pair->list.n != 2)
        return fail(m, "an OrderedDict is made of something other than pairs");
      append(dict, pair->list.items[0]);
      append(dict, pair->list.items[1]);
    }
  } else if (args->list.n != 0) {
    return fail(m, "an OrderedDict is made of something other than pairs");
  }
  return push(m, dict);
}

/* callable(*args), for the callables of the table. */
static gboolean op_reduce(Machine *m)
{
  const SsgPickleValue *args = pop(m), *callable = args ? pop(m) : NULL;
  if (!callable)
    return FALSE;
  if (callable->kind != SSG_PICKLE_GLOBAL || args->kind != SSG_PICKLE_TUPLE)
    return fail(m, "it calls something that is not a known function");
  switch (globals[callable->integer].use) {
  case ORDERED_DICT:
    return make_dict(m, args);
  case NAMESPACE:
    return args->list.n == 0 ? push(m, new_value(m, SSG_PICKLE_NAMESPACE)) : fail(m, "a Namespace with arguments");
  case REBUILD_TENSOR:
    return rebuild_tensor(m, args, 4);
  case REBUILD_TENSOR_V2:
    return rebuild_tensor(m, args, 6);
  case REBUILD_PARAMETER:
    return args->list.n >= 1 && args->list.items[0]->kind == SSG_PICKLE_TENSOR
               ? push(m, args->list.items[0])
               : fail(m, "a parameter is not made of a tensor");
  case SIZE:
    return args->list.n == 1 && args->list.items[0]->kind == SSG_PICKLE_TUPLE ? push(m, args->list.items[0])
                                                                              : fail(m, "a size is not a tuple");
  case DEVICE:
    return args->list.n >= 1 && args->list.items[0]->kind == SSG_PICKLE_STRING ? push(m, args->list.items[0])
                                                                               : fail(m, "a device without a name");
  case STORAGE:
    return fail(m, "it calls a storage class");
  }
  g_assert_not_reached();
}

/* cls.__new__(cls): only argparse.Namespace and OrderedDict are made this way. */
static gboolean op_newobj(Machine *m)
{
  const SsgPickleValue *args = pop(m), *klass = args ? pop(m) : NULL;
  if (!klass)
    return FALSE;
  if (klass->kind == SSG_PICKLE_GLOBAL && args->kind == SSG_PICKLE_TUPLE && args->list.n == 0) {
    if (globals[klass->integer].use == NAMESPACE)
      return push(m, new_value(m, SSG_PICKLE_NAMESPACE));
    if (globals[klass->integer].use == ORDERED_DICT)
      return push(m, new_value(m, SSG_PICKLE_DICT));
  }
  return fail(m, "it makes an object of a kind that is not known");
}

/* obj.__dict__.update(state): a Namespace's contents; an OrderedDict's attributes (`_metadata`) are not of interest. */
static gboolean op_build(Machine *m)
{
  const SsgPickleValue *state = pop(m);
  SsgPickleValue *object = state ? top(m) : NULL;
  if (!object)
    return FALSE;
  if (state->kind != SSG_PICKLE_DICT || (object->kind != SSG_PICKLE_NAMESPACE && object->kind != SSG_PICKLE_DICT))
    return fail(m, "it sets the state of an object of a kind that is not known");
  if (object->kind == SSG_PICKLE_DICT)
    return TRUE;
  if (!count_items(m, state->list.n))
    return FALSE;
  for (guint i = 0; i < state->list.n; i++)
    append(object, state->list.items[i]);
  return TRUE;
}

/* ("storage", class, key, location, elements[, view]) */
static gboolean op_persistent(Machine *m)
{
  const SsgPickleValue *id = pop(m);
  if (!id)
    return FALSE;
  SsgPickleValue **item = id->list.items;
  gint64 n_elements;
  if (id->kind != SSG_PICKLE_TUPLE || id->list.n < 5 || item[0]->kind != SSG_PICKLE_STRING ||
      item[0]->text.length != 7 || memcmp(item[0]->text.data, "storage", 7) != 0 ||
      item[1]->kind != SSG_PICKLE_GLOBAL || globals[item[1]->integer].use != STORAGE ||
      item[2]->kind != SSG_PICKLE_STRING || !get_integer(item[4], &n_elements) || n_elements < 0)
    return fail(m, "a storage is not named by class, key and size");
  if (id->list.n > 5 && item[5]->kind != SSG_PICKLE_NONE)
    return fail(m, "a storage is a view of another one, which is not supported");
  SsgPickleValue *value = new_value(m, SSG_PICKLE_STORAGE);
  if (!value)
    return FALSE;
  value->storage = g_new0(SsgPickleStorage, 1);
  value->storage->key = ssg_pickle_string(item[2]);
  value->storage->type = globals[item[1]->integer].type;
  value->storage->n_elements = n_elements;
  g_ptr_array_add(m->pickle->storages, value->storage);
  return push(m, value);
}

static gboolean remember(Machine *m, guint64 slot)
{
  SsgPickleValue *value = top(m);
  if (!value)
    return FALSE;
  if (slot >= SSG_PICKLE_MAX_VALUES)
    return fail(m, "its memo is too large");
  if (slot >= m->memo->len)
    g_ptr_array_set_size(m->memo, (int) slot + 1);
  m->memo->pdata[slot] = value;
  return TRUE;
}

static gboolean recall(Machine *m, guint64 slot)
{
  if (slot >= m->memo->len || !m->memo->pdata[slot])
    return fail(m, "it recalls a value that was not remembered");
  return push(m, m->memo->pdata[slot]);
}

static gboolean push_bool(Machine *m, gboolean yes)
{
  SsgPickleValue *value = new_value(m, SSG_PICKLE_BOOL);
  if (value)
    value->integer = yes;
  return push(m, value);
}

static gboolean push_mark(Machine *m)
{
  if (m->marks->len >= SSG_PICKLE_MAX_VALUES)
    return fail(m, "it has too many marks");
  g_array_append_val(m->marks, m->stack->len);
  return TRUE;
}

/* Drops everything above the last mark, and the mark. */
static gboolean pop_to_mark(Machine *m)
{
  guint first;
  if (!pop_mark(m, &first))
    return FALSE;
  g_ptr_array_set_size(m->stack, (int) first);
  return TRUE;
}

static gboolean run_op(Machine *m, guint8 op)
{
  guint64 n;
  guint first;
  switch (op) {
  case 0x80: /* PROTO */
    return take_integer(m, 1, &n) && (n <= 5 || fail(m, "an unknown protocol"));
  case 0x95: /* FRAME: how much to read at once; everything is here already */
    return take_integer(m, 8, &n);
  case '(':
    return push_mark(m);
  case '0': /* POP */
    return m->stack->len == floor_of(m) && m->marks->len > 0 ? pop_to_mark(m) : pop(m) != NULL;
  case '1':
    return pop_to_mark(m);
  case 'N':
    return push(m, new_value(m, SSG_PICKLE_NONE));
  case 0x88:
  case 0x89:
    return push_bool(m, op == 0x88);
  case 'K':
    return take_integer(m, 1, &n) && push_integer(m, (gint64) n);
  case 'M':
    return take_integer(m, 2, &n) && push_integer(m, (gint64) n);
  case 'J':
    return take_integer(m, 4, &n) && push_integer(m, (gint32) (guint32) n);
  case 0x8a:
    return push_long(m, 1);
  case 0x8b:
    return push_long(m, 4);
  case 'G':
    return push_double(m);
  case 'X':
    return push_text(m, SSG_PICKLE_STRING, 4);
  case 0x8c:
    return push_text(m, SSG_PICKLE_STRING, 1);
  case 0x8d:
    return push_text(m, SSG_PICKLE_STRING, 8);
  case 'T': /* Python 2's str: text, for all that checkpoints put in it */
    return push_text(m, SSG_PICKLE_STRING, 4);
  case 'U':
    return push_text(m, SSG_PICKLE_STRING, 1);
  case 'B':
    return push_text(m, SSG_PICKLE_BYTES, 4);
  case 'C':
    return push_text(m, SSG_PICKLE_BYTES, 1);
  case 0x8e:
    return push_text(m, SSG_PICKLE_BYTES, 8);
  case ')':
    return push(m, new_value(m, SSG_PICKLE_TUPLE));
  case 't':
    return pop_mark(m, &first) && make_tuple(m, first);
  case 0x85:
  case 0x86:
  case 0x87:
    return make_short_tuple(m, (guint) op - 0x84);
  case ']':
    return push(m, new_value(m, SSG_PICKLE_LIST));
  case 'a':
    return fill_last(m, 1, SSG_PICKLE_LIST);
  case 'e':
    return fill_marked(m, SSG_PICKLE_LIST);
  case '}':
    return push(m, new_value(m, SSG_PICKLE_DICT));
  case 's':
    return fill_last(m, 2, SSG_PICKLE_DICT);
  case 'u':
    return fill_marked(m, SSG_PICKLE_DICT);
  case 'c':
    return op_global(m);
  case 0x93:
    return op_stack_global(m);
  case 'R':
    return op_reduce(m);
  case 0x81:
    return op_newobj(m);
  case 'b':
    return op_build(m);
  case 'Q':
    return op_persistent(m);
  case 'q':
    return take_integer(m, 1, &n) && remember(m, n);
  case 'r':
    return take_integer(m, 4, &n) && remember(m, n);
  case 0x94: /* MEMOIZE */
    return remember(m, m->memo->len);
  case 'h':
    return take_integer(m, 1, &n) && recall(m, n);
  case 'j':
    return take_integer(m, 4, &n) && recall(m, n);
  }
  char why[] = "opcode 0x?? is not one that checkpoints use";
  why[9] = "0123456789abcdef"[op >> 4];
  why[10] = "0123456789abcdef"[op & 15];
  return fail(m, why);
}

static gboolean run(Machine *m)
{
  for (;;) {
    if (m->at >= m->end)
      return fail(m, "it does not end (it may be truncated)");
    if (m->at - m->start > (gssize) SSG_PICKLE_MAX_BYTES)
      return fail(m, "it is too large");
    guint8 op = *m->at++;
    if (op == '.')
      return (m->pickle->root = pop(m)) != NULL;
    if (!run_op(m, op))
      return FALSE;
  }
}

SsgPickle *ssg_pickle_parse(GBytes *bytes, gsize start, const char *name, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  g_assert(start <= size);
  if (!data)
    data = (const guint8 *) ""; /* no bytes at all */
  SsgPickle *pickle = g_new0(SsgPickle, 1);
  pickle->bytes = g_bytes_ref(bytes);
  pickle->values = g_ptr_array_new_with_free_func((GDestroyNotify) value_free);
  pickle->storages = g_ptr_array_new();
  Machine m = {.pickle = pickle,
               .start = data + start,
               .at = data + start,
               .end = data + size,
               .name = name,
               .stack = g_ptr_array_new(),
               .marks = g_array_new(FALSE, FALSE, sizeof(guint)),
               .memo = g_ptr_array_new(),
               .error = error};
  gboolean good = run(&m);
  pickle->end = (gsize) (m.at - data);
  g_ptr_array_unref(m.stack);
  g_array_unref(m.marks);
  g_ptr_array_unref(m.memo);
  if (!good)
    g_clear_pointer(&pickle, ssg_pickle_free);
  return pickle;
}

void ssg_pickle_free(SsgPickle *pickle)
{
  if (!pickle)
    return;
  g_ptr_array_unref(pickle->storages);
  g_ptr_array_unref(pickle->values);
  g_bytes_unref(pickle->bytes);
  g_free(pickle);
}

const SsgPickleValue *ssg_pickle_get(const SsgPickleValue *value, const char *key)
{
  if (!value || (value->kind != SSG_PICKLE_DICT && value->kind != SSG_PICKLE_NAMESPACE))
    return NULL;
  gsize length = strlen(key);
  for (guint i = value->list.n; i >= 2; i -= 2) {
    const SsgPickleValue *name = value->list.items[i - 2];
    if (name->kind == SSG_PICKLE_STRING && name->text.length == length && memcmp(name->text.data, key, length) == 0)
      return value->list.items[i - 1];
  }
  return NULL;
}

char *ssg_pickle_string(const SsgPickleValue *value)
{
  return value && value->kind == SSG_PICKLE_STRING ? g_strndup(value->text.data, value->text.length) : NULL;
}

gboolean ssg_pickle_number(const SsgPickleValue *value, double *number)
{
  if (!value || (value->kind != SSG_PICKLE_INT && value->kind != SSG_PICKLE_FLOAT && value->kind != SSG_PICKLE_BOOL))
    return FALSE;
  *number = value->kind == SSG_PICKLE_FLOAT ? value->number : (double) value->integer;
  return TRUE;
}

const char *ssg_pickle_describe(const SsgPickleValue *value)
{
  static const char *const names[] = {
      [SSG_PICKLE_NONE] = "None",       [SSG_PICKLE_BOOL] = "a boolean",    [SSG_PICKLE_INT] = "an integer",
      [SSG_PICKLE_BIG] = "an integer",  [SSG_PICKLE_FLOAT] = "a number",    [SSG_PICKLE_STRING] = "a string",
      [SSG_PICKLE_BYTES] = "bytes",     [SSG_PICKLE_TUPLE] = "a tuple",     [SSG_PICKLE_LIST] = "a list",
      [SSG_PICKLE_DICT] = "a dict",     [SSG_PICKLE_NAMESPACE] = "a Namespace", [SSG_PICKLE_GLOBAL] = "a class",
      [SSG_PICKLE_STORAGE] = "a storage", [SSG_PICKLE_TENSOR] = "a tensor"};
  return value ? names[value->kind] : "nothing";
}
