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

JsonNode *ssg_json_parse(const char *text, const char *source, GError **error)
{
  g_autoptr(GError) inner = NULL;
  JsonNode *node = NULL;

  if (depth_of(text) > SSG_JSON_MAX_DEPTH) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: JSON nested deeper than %d levels", source, SSG_JSON_MAX_DEPTH);
    return NULL;
  }
  node = json_from_string(text, &inner);
  if (!node)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "%s: not JSON: %s", source, inner ? inner->message : "empty");
  return node;
}
