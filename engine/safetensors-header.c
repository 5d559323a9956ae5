#include "engine/safetensors-header.h"

#include <string.h>

#include "engine/error.h"

typedef struct {
  const char *start, *at, *end;
  const char *file;
  GError **error;
} Parser;

static gboolean fail(Parser *p, const char *why)
{
  if (!p->error || !*p->error)
    g_set_error(p->error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: safetensors header, byte %" G_GSIZE_FORMAT ": %s", p->file,
                (gsize) (p->at - p->start), why);
  return FALSE;
}

static void skip_space(Parser *p)
{
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
    p->at++;
}

/* Takes the character c if it is next. */
static gboolean take(Parser *p, char c)
{
  skip_space(p);
  if (p->at >= p->end || *p->at != c)
    return FALSE;
  p->at++;
  return TRUE;
}

static gboolean expect(Parser *p, char c)
{
  if (take(p, c))
    return TRUE;
  char why[] = "expected 'x'";
  why[10] = c;
  return fail(p, why);
}

/* Four hex digits after \u; -1 when they are not. */
static int take_hex4(Parser *p)
{
  if (p->end - p->at < 4)
    return -1;
  int value = 0;
  for (int i = 0; i < 4; i++) {
    int digit = g_ascii_xdigit_value(*p->at++);
    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

static gboolean take_escape(Parser *p, GString *text)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  if (p->at >= p->end)
    return FALSE;
  char c = *p->at++;
  const char *simple = c ? strchr(from, c) : NULL;
  if (simple) {
    g_string_append_c(text, to[simple - from]);
    return TRUE;
  }
  if (c != 'u')
    return FALSE;
  int unit = take_hex4(p);
  if (unit <= 0 || (unit >= 0xdc00 && unit < 0xe000)) /* NUL would end a C string early */
    return FALSE;
  gunichar code = (gunichar) unit;
  if (unit >= 0xd800 && unit < 0xdc00) {
    if (p->end - p->at < 6 || p->at[0] != '\\' || p->at[1] != 'u')
      return FALSE;
    p->at += 2;
    int low = take_hex4(p);
    if (low < 0xdc00 || low >= 0xe000)
      return FALSE;
    code = 0x10000 + ((gunichar) (unit - 0xd800) << 10) + (gunichar) (low - 0xdc00);
  }
  g_string_append_unichar(text, code);
  return TRUE;
}

/* A string, unescaped; NULL on error. */
static char *take_string(Parser *p)
{
  if (!expect(p, '"'))
    return NULL;
  g_autoptr(GString) text = g_string_new(NULL);
  while (p->at < p->end && *p->at != '"') {
    if ((guchar) *p->at < 0x20) {
      fail(p, "a control character in a string");
      return NULL;
    }
    if (*p->at != '\\') {
      g_string_append_c(text, *p->at++);
      continue;
    }
    p->at++;
    if (!take_escape(p, text)) {
      fail(p, "a bad escape in a string");
      return NULL;
    }
  }
  if (p->at >= p->end) {
    fail(p, "a string does not end");
    return NULL;
  }
  p->at++;
  return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A non-negative integer below 2^63. */
static gboolean take_integer(Parser *p, guint64 *value)
{
  skip_space(p);
  if (p->at >= p->end || !g_ascii_isdigit(*p->at))
    return fail(p, "expected a non-negative integer");
  *value = 0;
  for (; p->at < p->end && g_ascii_isdigit(*p->at); p->at++) {
    if (!g_uint64_checked_mul(value, *value, 10) || !g_uint64_checked_add(value, *value, (guint64) (*p->at - '0')) ||
        *value > G_MAXINT64)
      return fail(p, "a number is too large");
  }
  if (p->at < p->end && (*p->at == '.' || *p->at == 'e' || *p->at == 'E'))
    return fail(p, "expected a whole number");
  return TRUE;
}

static gboolean take_dtype(Parser *p, SsgSafetensorsEntry *entry)
{
  static const struct {
    const char *name;
    SsgDtype dtype;
  } known[] = {{"F32", SSG_F32}, {"F16", SSG_F16}, {"BF16", SSG_BF16}, {"I64", SSG_I64}, {"U8", SSG_U8}};
  g_autofree char *name = take_string(p);
  if (!name)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
    if (strcmp(name, known[i].name) == 0) {
      entry->dtype = known[i].dtype;
      return TRUE;
    }
  }
  g_set_error(p->error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: tensor %s: dtype %.20s is not supported (F32, F16, BF16, I64, U8 are)",
              p->file, entry->name, name);
  return FALSE;
}

static gboolean take_shape(Parser *p, SsgSafetensorsEntry *entry)
{
  if (!expect(p, '['))
    return FALSE;
  entry->shape.rank = 0;
  if (take(p, ']'))
    return TRUE;
  do {
    guint64 dim;
    if (entry->shape.rank == SSG_MAX_RANK)
      return fail(p, "a shape has too many dimensions");
    if (!take_integer(p, &dim))
      return FALSE;
    entry->shape.dim[entry->shape.rank++] = (gint64) dim;
  } while (take(p, ','));
  return expect(p, ']');
}

static gboolean take_offsets(Parser *p, SsgSafetensorsEntry *entry)
{
  if (!expect(p, '[') || !take_integer(p, &entry->begin) || !expect(p, ',') || !take_integer(p, &entry->end) ||
      !expect(p, ']'))
    return FALSE;
  return entry->begin <= entry->end ? TRUE : fail(p, "data_offsets end before they begin");
}

/* {"dtype": ..., "shape": [...], "data_offsets": [begin, end]} in any order. */
static gboolean take_entry(Parser *p, SsgSafetensorsEntry *entry)
{
  enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4 };
  int seen = 0;
  if (!expect(p, '{'))
    return FALSE;
  do {
    g_autofree char *key = take_string(p);
    if (!key)
      return FALSE;
    int what = strcmp(key, "dtype") == 0 ? DTYPE
               : strcmp(key, "shape") == 0 ? SHAPE
               : strcmp(key, "data_offsets") == 0 ? OFFSETS : 0;
    if (what == 0 || (seen & what))
      return fail(p, what ? "a key occurs twice in a tensor's entry" : "an unknown key in a tensor's entry");
    seen |= what;
    if (!expect(p, ':'))
      return FALSE;
    if (!(what == DTYPE ? take_dtype(p, entry) : what == SHAPE ? take_shape(p, entry) : take_offsets(p, entry)))
      return FALSE;
  } while (take(p, ','));
  if (!expect(p, '}'))
    return FALSE;
  return seen == (DTYPE | SHAPE | OFFSETS) ? TRUE : fail(p, "a tensor's entry lacks dtype, shape or data_offsets");
}

static gboolean take_metadata(Parser *p, GHashTable *metadata)
{
  if (!expect(p, '{'))
    return FALSE;
  if (take(p, '}'))
    return TRUE;
  do {
    g_autofree char *key = take_string(p);
    if (!key || !expect(p, ':'))
      return FALSE;
    if (g_hash_table_contains(metadata, key))
      return fail(p, "a metadata key occurs twice");
    char *value = take_string(p);
    if (!value)
      return FALSE;
    g_hash_table_insert(metadata, g_steal_pointer(&key), value);
  } while (take(p, ','));
  return expect(p, '}');
}

static void entry_clear(gpointer data)
{
  g_free(((SsgSafetensorsEntry *) data)->name);
}

static gboolean take_members(Parser *p, GArray *entries, GHashTable *metadata)
{
  g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (!expect(p, '{'))
    return FALSE;
  if (take(p, '}'))
    return TRUE;
  do {
    g_autofree char *name = take_string(p);
    if (!name || !expect(p, ':'))
      return FALSE;
    if (!g_hash_table_add(names, g_strdup(name))) {
      g_set_error(p->error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: tensor %s: the name occurs twice", p->file, name);
      return FALSE;
    }
    if (strcmp(name, "__metadata__") == 0) {
      if (!take_metadata(p, metadata))
        return FALSE;
      continue;
    }
    SsgSafetensorsEntry entry = {.name = name};
    if (!take_entry(p, &entry))
      return FALSE;
    entry.name = g_steal_pointer(&name);
    g_array_append_val(entries, entry);
  } while (take(p, ','));
  return expect(p, '}');
}

gboolean ssg_safetensors_header_parse(const char *text, gsize length, const char *file, GArray **entries,
                                      GHashTable **metadata, GError **error)
{
  GError *failure = NULL;
  Parser p = {text, text, text + length, file, &failure};
  const char *valid_end;
  if (!g_utf8_validate_len(text, length, &valid_end)) {
    p.at = valid_end;
    fail(&p, "not valid UTF-8");
    g_propagate_error(error, failure);
    return FALSE;
  }
  g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(SsgSafetensorsEntry));
  g_array_set_clear_func(list, entry_clear);
  g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  gboolean good = take_members(&p, list, table);
  if (good) {
    skip_space(&p);
    if (p.at != p.end)
      good = fail(&p, "something follows the header's object");
  }
  if (!good) {
    g_propagate_error(error, failure);
    return FALSE;
  }
  *entries = g_steal_pointer(&list);
  *metadata = g_steal_pointer(&table);
  return TRUE;
}
