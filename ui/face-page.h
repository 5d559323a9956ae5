/* The inspector of the whole face: truncation, towards the donor, pose, noise, where the foreground lies. */
#pragma once

#include <gtk/gtk.h>
#include "app/document.h"
#include "app/render-service.h"

#define SSG_TYPE_FACE_PAGE (ssg_face_page_get_type())
G_DECLARE_FINAL_TYPE(SsgFacePage, ssg_face_page, SSG, FACE_PAGE, GtkWidget)

/* References are kept; NULL, NULL: nothing to inspect. */
void ssg_face_page_set_document(SsgFacePage *self, SsgDocument *document, SsgRenderService *service);
/* "truncation", "blend", "pose", "x", "y", "size", "direction-0" ... for tests; NULL: no such one. */
GtkWidget *ssg_face_page_find_slider(SsgFacePage *self, const char *name);
