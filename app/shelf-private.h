/* What only the shelf may do to its faces. */
#pragma once

#include "app/shelf.h"

/* How fetching an item's face and small picture stands. */
typedef struct {
  guint wanted;              /* views that show it */
  guint64 turn;              /* the later it was wanted, the sooner it is fetched */
  GCancellable *cancellable; /* of the fetch that runs; NULL when none does */
} SsgShelfFetch;

SsgShelfFetch *ssg_shelf_face_fetch(SsgShelfFace *self);
void ssg_shelf_face_set_face(SsgShelfFace *self, SsgFace *face);       /* NULL: unknown again */
void ssg_shelf_face_set_failed(SsgShelfFace *self, const char *why); /* NULL: has not failed */
