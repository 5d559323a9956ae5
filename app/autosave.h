/* Autosave: every open document is written to the state folder shortly after it changed, under a lock that dies with the
 * process, so that after a crash (or kill -9) the next start finds what nobody holds any more and offers it. A clean close
 * removes the file. Several windows and several processes at once are fine.
 *
 * Folder: $XDG_STATE_HOME/ssgan/autosave (~/.local/state/...), made with mode 0700; override for tests. Main thread; the
 * writing happens in a thread. */
#pragma once

#include "app/document.h"

#define SSG_TYPE_AUTOSAVE (ssg_autosave_get_type())
G_DECLARE_FINAL_TYPE(SsgAutosave, ssg_autosave, SSG, AUTOSAVE, GObject)

/* Watches one document. folder NULL: the usual place. delay_ms: after the last change (but at the latest after ten times
 * that while changes go on). Signal "failed" (GError): once per run of failures, "saved" (): a file was written. */
SsgAutosave *ssg_autosave_new(SsgDocument *document, const char *folder, guint delay_ms);
/* Writes now, blocking, if anything is unwritten. */
gboolean ssg_autosave_flush(SsgAutosave *self, GError **error);
/* The document was closed on purpose: removes the file and stops. Dropping the last reference without it leaves the file. */
void ssg_autosave_close(SsgAutosave *self);
const char *ssg_autosave_path(SsgAutosave *self);

/* What a crash left behind. */
typedef struct {
  char *path;          /* autosave file */
  char *title;         /* of the document */
  char *original_path; /* project file it was opened from or saved to; NULL: never saved */
  gint64 time;         /* of the last autosave, microseconds since 1970 */
} SsgRecovery;

void ssg_recovery_free(SsgRecovery *recovery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgRecovery, ssg_recovery_free)
/* Newest first; GPtrArray of SsgRecovery. Files that a living process holds are left out. folder NULL: the usual place. */
GPtrArray *ssg_recovery_list(const char *folder);
/* The document, modified, with the original file set. The autosave file is removed when the document is watched by an
 * SsgAutosave again (which takes it over), or by discard. */
SsgDocument *ssg_recovery_open(const SsgRecovery *recovery, GError **error);
gboolean ssg_recovery_discard(const SsgRecovery *recovery, GError **error);
