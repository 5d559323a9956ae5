/* JSON from files. The parser of json-glib descends once per bracket, so text that nests deeper than any of ours does is refused
 * before it sees it. */
#pragma once

#include <json-glib/json-glib.h>

#define SSG_JSON_MAX_DEPTH 16

/* NULL and SSG_ERROR_FORMAT, beginning with `source`, for what is no JSON, nests too deeply, or has a
 * member twice in one object. Free with json_node_unref(). */
JsonNode *ssg_json_parse(const char *text, const char *source, GError **error);
