/* Between document.c (state and history) and document-edits.c (what edits mean). */
#pragma once

#include "app/document.h"

/* A new entry after the current one, and `changed`. tunings: where the sliders of some parts stand now, a list of SsgTuning that
 * ends with NULL, or NULL; the others' stay where their codes did not change. new_origin: resets go back to this face from now on.
 * FALSE and nothing done when the face equals the current one. coalesce as in ssg_document_apply(). */
gboolean ssg_document_push(SsgDocument *self, SsgFace *face, const char *description, const char *coalesce,
                           SsgTuning *const *tunings, gboolean new_origin);
/* Inside a gesture: shows face; description (copied) is used when the gesture ends without one. tuning may be NULL. */
void ssg_document_push_preview(SsgDocument *self, SsgFace *face, const char *description, SsgTuning *tuning);
SsgHistoryEntry *ssg_document_entry(SsgDocument *self); /* the current one; NULL when empty */
gboolean ssg_document_in_gesture(SsgDocument *self);
/* The tuning of the running gesture; NULL when it tunes nothing. */
SsgTuning *ssg_document_gesture_tuning(SsgDocument *self);

/* For project-file.c: replaces history and position. entries: of SsgHistoryEntry, at least one. Not modified afterwards. */
void ssg_document_restore(SsgDocument *self, GPtrArray *entries, int position, guint64 locked);
/* For recovery: modified although nothing was done yet. */
void ssg_document_set_unsaved(SsgDocument *self);
