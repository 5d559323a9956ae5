/* Architectures in files: as JSON in our own, read off shapes and arguments in public checkpoints. */
#pragma once

#include <json-glib/json-glib.h>

#include "engine/architecture.h"
#include "engine/host-tensor.h"

/* A JSON object with a member per field of SsgArchitecture, under the field's names. */
JsonNode *ssg_architecture_to_json(const SsgArchitecture *arch);
/* Checked (ssg_architecture_check()); `source` opens the error's sentence. Unknown members are refused by name. */
gboolean ssg_architecture_from_json(JsonNode *node, const char *source, SsgArchitecture *arch, GError **error);
/* The same over an architecture that is there already: only the members that the object names change. An object that has every number
 * (flags, transparent parts and discriminator may be left out) replaces the whole. After an error arch is of no use. */
gboolean ssg_architecture_merge_json(JsonNode *node, const char *source, SsgArchitecture *arch, GError **error);
/* From a public checkpoint: sizes from the tensors' shapes of generator `g` (and discriminator `d`, or NULL); what shapes do not
 * show (base_layers, depth_layers, transparent parts ...) from args, or the published values where args has none. */
gboolean ssg_architecture_from_checkpoint(const SsgHostTensors *g, const SsgHostTensors *d, JsonNode *args,
                                          const char *source, SsgArchitecture *arch, GError **error);
