/* A document: one face being edited, with its history, donor, locks and kept faces, and which model it belongs to. It knows
 * no device and no pictures, so it is never lost when those fail. Main thread only.
 *
 * Every edit makes a new face and a history entry; what was undone is forgotten by the next edit. A gesture (slider drag,
 * move tool) shows preview faces and becomes one entry when it ends. `face` is what should be on screen: the preview
 * while there is one, else the face of the current entry.
 *
 * Properties (notify on each change, at most once per call)
 *   "face" (SsgFace or NULL, read)       "donor" (SsgFace or NULL)        "donor-name" (string or NULL, read)
 *   "selected-part" (int, SSG_PART_*)    "locked" (uint64, bit k: part k) "position" (int, read; -1 when empty)
 *   "can-undo", "can-redo" (boolean, read)  "modified" (boolean, read)    "in-gesture" (boolean, read)
 *   "title" (string, read)               "file" (GFile or NULL)           "view-state" (GVariant a{sv} or NULL)
 *   "model" (SsgModelInfo or NULL, read)
 * Signals
 *   "changed" ()   something that would be saved changed (not the selection, not previews): autosave listens */
#pragma once

#include <gio/gio.h>
#include "app/history.h"

#define SSG_TYPE_DOCUMENT (ssg_document_get_type())
G_DECLARE_FINAL_TYPE(SsgDocument, ssg_document, SSG, DOCUMENT, GObject)

/* Empty: no model, no face. */
SsgDocument *ssg_document_new(void);

/* Model ------------------------------------------------------------------------------------------------------------- */

/* Says which model the faces belong to; another one may take over as long as sizes and parts agree (ssg_models_agree()): faces,
 * history and sliders stay. info is copied; path may be NULL (unknown), hash "" (unknown). Where they do not agree: FALSE
 * with SSG_ERROR_SHAPE, nothing is changed. */
gboolean ssg_document_set_model(SsgDocument *self, const SsgModelInfo *info, const char *path, const char *hash,
                                GError **error);
const SsgModelInfo *ssg_document_model(SsgDocument *self);     /* NULL before the first set_model */
const char *ssg_document_model_path(SsgDocument *self);        /* may be NULL */
const char *ssg_document_model_hash(SsgDocument *self);        /* never NULL */
/* Translated title of a part ("Hair"), or of SSG_PART_BASE ("Pose"), SSG_PART_WHOLE ("Whole face"). Owned by the document. */
const char *ssg_document_part_title(SsgDocument *self, int part);

/* Face and history --------------------------------------------------------------------------------------------------- */

SsgFace *ssg_document_face(SsgDocument *self);    /* transfer none; NULL when empty. The preview during a gesture. */
SsgFace *ssg_document_current(SsgDocument *self); /* of the current entry, without preview; transfer none, may be NULL */
SsgFace *ssg_document_origin(SsgDocument *self);  /* what reset goes back to; transfer none, may be NULL */

/* Starts over with a face: history of one entry, not modified, no file, locks and kept faces gone. */
void ssg_document_start(SsgDocument *self, SsgFace *face, const char *description);

/* GListModel of SsgHistoryEntry, oldest first. Owned by the document. */
GListModel *ssg_document_history(SsgDocument *self);
int ssg_document_position(SsgDocument *self);
void ssg_document_jump(SsgDocument *self, int position); /* 0 .. n - 1; ends a gesture by cancelling it */
gboolean ssg_document_undo(SsgDocument *self); /* FALSE when there is nothing */
gboolean ssg_document_redo(SsgDocument *self);
const char *ssg_document_undo_description(SsgDocument *self); /* what undo takes back; NULL when nothing */
const char *ssg_document_redo_description(SsgDocument *self);

/* A new entry with this face. Nothing happens (FALSE) when it equals the current one. description is translated text.
 * coalesce: NULL, or a key such as "transform": when the newest entry was made with the same key less than a second ago,
 * it is replaced instead (holding an arrow key is one step). Whole entries only: other parts' locks are the caller's
 * business here, unlike in the edits below. */
gboolean ssg_document_apply(SsgDocument *self, SsgFace *face, const char *description, const char *coalesce);

/* Gestures: begin, any number of previews, end (one history entry, or none when nothing changed) or cancel. Previews are
 * computed from current(), not from the last preview. begin while in a gesture ends the former one. end's description NULL:
 * what tune() or set_transform() would have called it. */
void ssg_document_begin_gesture(SsgDocument *self);
void ssg_document_preview(SsgDocument *self, SsgFace *face);
gboolean ssg_document_end_gesture(SsgDocument *self, const char *description);
void ssg_document_cancel_gesture(SsgDocument *self);

/* Sliders ------------------------------------------------------------------------------------------------------------ */

/* Where the sliders of a part stand (of the gesture, when it tunes that part); never NULL while there is a face: all at
 * rest on the current face and with the current donor when nothing was tuned. Transfer full. */
SsgTuning *ssg_document_tuning(SsgDocument *self, int part);
/* Slider moved. In a gesture: a preview. Otherwise an entry at once, coalesced with the last one of the same part (keyboard).
 * FALSE when the part is locked. The entry's description follows from what the tuning changed. */
gboolean ssg_document_tune(SsgDocument *self, SsgTuning *tuning);

/* Edits: one entry each, described in the person's language. FALSE when nothing changed, there is no face, or the part is
 * locked. part may be SSG_PART_BASE or SSG_PART_WHOLE where it says so. --------------------------------------------- */

/* Codes of one part from a donor. SSG_PART_WHOLE takes everything but locked parts' codes (what is ignored), SSG_PART_BASE
 * the base codes. name is what the donor is called ("face 1043"). */
gboolean ssg_document_swap(SsgDocument *self, SsgFace *donor, const char *name, int part, SsgCode what);
/* As swap, but described as a chance result ("Hair shape resampled"). */
gboolean ssg_document_resample(SsgDocument *self, SsgFace *sample, int part, SsgCode what);
/* Back to the origin: codes, transform, visibility. SSG_PART_BASE, SSG_PART_WHOLE too. */
gboolean ssg_document_reset(SsgDocument *self, int part);
gboolean ssg_document_set_shown(SsgDocument *self, int part, gboolean shown);
/* Bit k: part k is shown (composition step by step: 1, 3, 7 ...). */
gboolean ssg_document_set_shown_mask(SsgDocument *self, guint64 shown);
/* SSG_PART_WHOLE: the foreground, every part but the background and locked ones. In a gesture: a preview. */
gboolean ssg_document_set_transform(SsgDocument *self, int part, SsgTransform transform);
/* How the history calls that: "Hair moved", "Foreground scaled". Free it. */
char *ssg_document_describe_move(SsgDocument *self, int part, SsgFace *from, SsgFace *to);
gboolean ssg_document_set_noise(SsgDocument *self, SsgNoise noise, guint64 seed);

/* What previews and whole-face edits do with locks: `face` with the codes, transforms and visibility of locked parts as in
 * the current face. Transfer full. */
SsgFace *ssg_document_respect_locks(SsgDocument *self, SsgFace *face);

/* Donor, selection, locks, kept faces -------------------------------------------------------------------------------- */

/* NULL, NULL: none. Saved with the rest, but like the selection no reason to ask for saving: nothing of the face changed. */
void ssg_document_set_donor(SsgDocument *self, SsgFace *donor, const char *name);
SsgFace *ssg_document_donor(SsgDocument *self);        /* transfer none; may be NULL */
const char *ssg_document_donor_name(SsgDocument *self); /* may be NULL */
int ssg_document_selected_part(SsgDocument *self);
void ssg_document_select_part(SsgDocument *self, int part);
gboolean ssg_document_locked(SsgDocument *self, int part);
void ssg_document_set_locked(SsgDocument *self, int part, gboolean locked);

/* Faces that belong to the document: kept ones and opened latents; GListModel of SsgShelfFace (app/shelf.h). */
GListModel *ssg_document_kept(SsgDocument *self);

/* State -------------------------------------------------------------------------------------------------------------- */

gboolean ssg_document_modified(SsgDocument *self);
void ssg_document_set_saved(SsgDocument *self, GFile *file); /* not modified any more; file may be NULL: keep it */
/* Counts every change that would be saved: autosave and savers compare it. */
guint64 ssg_document_revision(SsgDocument *self);
GFile *ssg_document_file(SsgDocument *self);      /* transfer none; may be NULL */
void ssg_document_set_file(SsgDocument *self, GFile *file);
const char *ssg_document_title(SsgDocument *self); /* file name without ending, or "Untitled" translated */
/* Zoom, view and the like: kept for the ui and saved, but no reason to ask for saving. */
GVariant *ssg_document_view_state(SsgDocument *self); /* transfer none; may be NULL */
void ssg_document_set_view_state(SsgDocument *self, GVariant *state); /* a{sv}; floating is sunk */
