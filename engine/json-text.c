#include "engine/json-text.h"

#include <string.h>

#include "engine/error.h"

/* What json-glib would take for something else, or describe by what it stumbled over later. */
typedef struct {
  int depth, deepest;   /* brackets open now, and at most at once; those inside strings do not count */
  int line, open_line;  /* now; of the last bracket or string that was opened and is still open */
  gboolean string;      /* inside one */
  char *number;         /* first number that it would misread; owned */
  const char *problem;  /* what that number is */
} Scan;

/* Past the number at text. Whole numbers beyond 64 bits would wrap around, those with a leading 0 be read as octal. */
static const char *scan_number(Scan *scan, const char *text)
{
  gsize sign = *text == '-', n = sign + strspn(text + sign, "0123456789");
  gboolean whole = !text[n] || !strchr(".eE", text[n]), octal = n > sign + 1 && text[sign] == '0';
  g_autofree char *digits = g_strndup(text, n);
  gint64 value;
  if (!scan->number && (octal || (whole && n > sign && !g_ascii_string_to_signed(digits, 10, G_MININT64, G_MAXINT64, &value, NULL)))) {
    scan->problem = octal ? "begins with a 0" : "is too large for a whole number";
    scan->number = g_steal_pointer(&digits);
  }
  return text + MAX(n, 1) + strspn(text + MAX(n, 1), "0123456789.eE+-");
}

static void scan_text(Scan *scan, const char *text)
{
  int lines[SSG_JSON_MAX_DEPTH + 1] = {0}; /* of the open brackets */
  scan->line = 1;
  while (*text) {
    char c = *text;
    scan->line += c == '\n';
    if (scan->string) {
      if (c == '\\' && text[1])
        text++;
      else
        scan->string = c != '"';
    } else if (c == '"') {
      scan->string = TRUE;
      scan->open_line = scan->line;
    } else if (c == '{' || c == '[') {
      scan->depth++;
      scan->deepest = MAX(scan->deepest, scan->depth);
      if (scan->depth >= 1 && scan->depth <= SSG_JSON_MAX_DEPTH)
        lines[scan->depth] = scan->line;
    } else if (c == '}' || c == ']') {
      scan->depth--;
    } else if (c == '-' || g_ascii_isdigit(c)) {
      text = scan_number(scan, text);
      continue;
    }
    text++;
  }
  if (!scan->string && scan->depth >= 1 && scan->depth <= SSG_JSON_MAX_DEPTH)
    scan->open_line = lines[scan->depth];
}

static gboolean scan_is_good(const Scan *scan, const char *source, GError **error)
{
  if (scan->deepest > SSG_JSON_MAX_DEPTH)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: JSON nested deeper than %d levels", source, SSG_JSON_MAX_DEPTH);
  else if (scan->string)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: not JSON: the quotation mark in line %d is never closed", source,
                scan->open_line);
  else if (scan->depth > 0)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: not JSON: the text ends before the bracket in line %d is closed", source,
                scan->open_line);
  else if (scan->number)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: the number %.60s %s", source, scan->number, scan->problem);
  else
    return TRUE;
  return FALSE;
}

typedef struct {
  GHashTable *seen; /* "object/name" */
  char *twice;      /* first name that an object has twice; json-glib would silently take the last */
} Members;

static void note_member(JsonParser *parser, JsonObject *object, const char *name, gpointer data)
{
  Members *members = data;
  if (!members->twice && !g_hash_table_add(members->seen, g_strdup_printf("%p/%s", (void *) object, name)))
    members->twice = g_strdup(name);
}

JsonNode *ssg_json_parse(const char *text, const char *source, GError **error)
{
  g_autoptr(GError) inner = NULL;
  g_autoptr(JsonParser) parser = json_parser_new();
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(JsonNode) node = NULL;
  Members members = {.seen = seen};
  Scan scan = {0};

  scan_text(&scan, text);
  gboolean sound = scan_is_good(&scan, source, error);
  g_free(scan.number);
  if (!sound)
    return NULL;
  g_signal_connect(parser, "object-member", G_CALLBACK(note_member), &members);
  if (json_parser_load_from_data(parser, text, -1, &inner))
    node = json_parser_steal_root(parser);
  if (!node)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: not JSON: %s", source, inner ? inner->message : "empty");
  else if (members.twice)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: '%s' is there twice", source, members.twice);
  gboolean good = node && !members.twice;
  g_free(members.twice);
  return good ? g_steal_pointer(&node) : NULL;
}
