/* One step of a document's history: the face after it, in words what it did, and a small picture. Faces are never changed,
 * so jumping about in the history gives the same faces to the bit. Main thread. */
#pragma once

#include <gio/gio.h>
#include "app/tuning.h"
#include "app/types.h"

/* Properties (all but thumbnail are set once):
 *   "face" (SsgFace)   "description" (string, translated)   "time" (int64, microseconds since 1970)
 *   "thumbnail" (SsgRender or NULL, writable) small picture, set by whoever rendered it */
#define SSG_TYPE_HISTORY_ENTRY (ssg_history_entry_get_type())
G_DECLARE_FINAL_TYPE(SsgHistoryEntry, ssg_history_entry, SSG, HISTORY_ENTRY, GObject)

/* origin: the face that resetting a part goes back to; NULL: face itself. time 0: now. References are taken. */
SsgHistoryEntry *ssg_history_entry_new(SsgFace *face, SsgFace *origin, const char *description, gint64 time);
SsgFace *ssg_history_entry_face(SsgHistoryEntry *self);   /* transfer none */
SsgFace *ssg_history_entry_origin(SsgHistoryEntry *self); /* transfer none */
const char *ssg_history_entry_description(SsgHistoryEntry *self);
gint64 ssg_history_entry_time(SsgHistoryEntry *self);
SsgRender *ssg_history_entry_thumbnail(SsgHistoryEntry *self); /* transfer none; may be NULL */
void ssg_history_entry_set_thumbnail(SsgHistoryEntry *self, SsgRender *thumbnail);
/* The tuning of a part (0..K-1, SSG_PART_BASE, SSG_PART_WHOLE) at this step; NULL: all its sliders at rest. */
SsgTuning *ssg_history_entry_tuning(SsgHistoryEntry *self, int part);
/* Takes a reference; NULL removes it. Only while the entry is being made. */
void ssg_history_entry_set_tuning(SsgHistoryEntry *self, int part, SsgTuning *tuning);
