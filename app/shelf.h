/* The shelf: faces to look through and drag from. A GListModel of SsgShelfFace: first those the document keeps and latents
 * that were opened, then faces by seed, made on demand and without end (the list grows when its tail is looked at).
 * Codes and small pictures are fetched only for items that are wanted. Main thread. */
#pragma once

#include <gio/gio.h>
#include "app/render-service.h"

typedef enum {
  SSG_SHELF_SEED,  /* by seed, from the model */
  SSG_SHELF_KEPT,  /* kept by the person */
  SSG_SHELF_OPENED /* read from a latent file */
} SsgShelfKind;
#define SSG_TYPE_SHELF_KIND (ssg_shelf_kind_get_type())
GType ssg_shelf_kind_get_type(void);

/* Properties: "kind", "seed" (uint64), "title" (string; "1043", or a name), "name" (string for sentences: "face 1043"),
 * "face" (SsgFace or NULL while unknown), "thumbnail" (SsgRender or NULL), "failed" (string or NULL: why there is none). */
#define SSG_TYPE_SHELF_FACE (ssg_shelf_face_get_type())
G_DECLARE_FINAL_TYPE(SsgShelfFace, ssg_shelf_face, SSG, SHELF_FACE, GObject)

SsgShelfFace *ssg_shelf_face_new_seed(guint64 seed);
/* kind KEPT or OPENED; title for people ("1043", "Untitled 2", a file's name). A reference on face is taken. */
SsgShelfFace *ssg_shelf_face_new(SsgShelfKind kind, SsgFace *face, guint64 seed, const char *title);
SsgShelfKind ssg_shelf_face_kind(SsgShelfFace *self);
guint64 ssg_shelf_face_seed(SsgShelfFace *self);
const char *ssg_shelf_face_title(SsgShelfFace *self);
const char *ssg_shelf_face_name(SsgShelfFace *self);
SsgFace *ssg_shelf_face_face(SsgShelfFace *self);         /* transfer none; NULL while unknown */
SsgRender *ssg_shelf_face_thumbnail(SsgShelfFace *self);  /* transfer none; may be NULL */
void ssg_shelf_face_set_thumbnail(SsgShelfFace *self, SsgRender *thumbnail);

/* Properties: "psi" (double, truncation of faces by seed), "first-seed" (uint64), "thumbnail-size" (int, pixels). Setting
 * them, or another model in the service, fetches faces by seed anew. */
#define SSG_TYPE_SHELF (ssg_shelf_get_type())
G_DECLARE_FINAL_TYPE(SsgShelf, ssg_shelf, SSG, SHELF, GObject)

/* kept: a GListModel of SsgShelfFace that goes first (ssg_document_kept()); may be NULL. References are taken. */
SsgShelf *ssg_shelf_new(SsgRenderService *service, GListModel *kept);
void ssg_shelf_set_kept(SsgShelf *self, GListModel *kept);
void ssg_shelf_set_psi(SsgShelf *self, double psi);
double ssg_shelf_psi(SsgShelf *self);
void ssg_shelf_set_first_seed(SsgShelf *self, guint64 seed);
guint64 ssg_shelf_first_seed(SsgShelf *self);
void ssg_shelf_set_thumbnail_size(SsgShelf *self, int size);
/* How many of the items, counted from the front, are kept ones. */
guint ssg_shelf_n_kept(SsgShelf *self);

/* An item came into view: fetch its face and small picture (the last one wanted first). unwant when it left. Counted. */
void ssg_shelf_want(SsgShelf *self, SsgShelfFace *item);
void ssg_shelf_unwant(SsgShelf *self, SsgShelfFace *item);
/* At least n faces by seed are in the list; grows, never shrinks. Call when the end is scrolled to (want does it too). */
void ssg_shelf_grow(SsgShelf *self, guint n);
/* The face of an item, fetched first when unknown. */
void ssg_shelf_face_async(SsgShelf *self, SsgShelfFace *item, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer data);
SsgFace *ssg_shelf_face_finish(SsgShelf *self, GAsyncResult *result, GError **error); /* transfer full */

/* Latents from a `.npy` file, as shelf faces (kind OPENED, titled by file name and row); [S], [n, S], [n, B+2K, S] or
 * [n, K*L, S]. GPtrArray of SsgShelfFace (transfer full). Blocking. */
GPtrArray *ssg_shelf_read_latents(const char *path, const SsgArchitecture *arch, GError **error);
