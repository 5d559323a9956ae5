#include "engine/json-text.h"

#include "engine/error.h"

/* Brackets open at once; those inside strings do not count. */
static int depth_of(const char *text)
{
  int depth = 0, deepest = 0;
  gboolean string = FALSE;

  for (; *text; text++) {
    if (string) {
      if (*text == '\\' && text[1])
        text++;
      else if (*text == '"')
        string = FALSE;
    } else if (*text == '"') {
      string = TRUE;
    } else if (*text == '{' || *text == '[') {
      deepest = MAX(deepest, ++depth);
    } else if (*text == '}' || *text == ']') {
      depth--;
    }
  }
  return deepest;
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

  if (depth_of(text) > SSG_JSON_MAX_DEPTH) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: JSON nested deeper than %d levels", source, SSG_JSON_MAX_DEPTH);
    return NULL;
  }
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
