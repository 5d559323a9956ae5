/* Which models lie where the editor looks for them, and which of them can show the same faces. */
#pragma once

#include <gio/gio.h>
#include "engine/model.h"

typedef struct {
  char *path;
  SsgModelInfo *info;
} SsgModelEntry;

void ssg_model_entry_free(SsgModelEntry *entry);

/* Models in the folders models/ of $SSGAN_DATA_DIR, the person's data folder, the installation and the source tree, and at
 * `extra` (NULL-terminated paths, may be NULL), by what their files say; sorted, the default model first. Files that cannot be
 * read are left out, and so are copies of one model in several of the folders. GPtrArray of SsgModelEntry (transfer full).
 * Any thread; blocking. */
GPtrArray *ssg_model_list_read(const char *const *extra, GCancellable *cancellable);

/* Whether faces of one model are faces of the other: codes of the same sizes for the same parts. error says, in the person's
 * language, what is different. What each model makes of a code is its own business. */
gboolean ssg_models_agree(const SsgModelInfo *faces_of, const SsgModelInfo *model, GError **error);
