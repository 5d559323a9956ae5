/* The inspector of the selected part: blends towards the donor, resampling, truncation, directions, position. */
#pragma once

#include <gtk/gtk.h>
#include "app/document.h"
#include "app/render-service.h"

#define SSG_TYPE_PART_PAGE (ssg_part_page_get_type())
G_DECLARE_FINAL_TYPE(SsgPartPage, ssg_part_page, SSG, PART_PAGE, GtkWidget)

/* References are kept; NULL, NULL: nothing to inspect. */
void ssg_part_page_set_document(SsgPartPage *self, SsgDocument *document, SsgRenderService *service);
/* Small picture of the document's donor; NULL: none. */
void ssg_part_page_set_donor_picture(SsgPartPage *self, SsgRender *render);
/* Slider by what it does, for tests: "shape", "texture", "truncation", "direction-0" ...; NULL: no such one. */
GtkWidget *ssg_part_page_find_slider(SsgPartPage *self, const char *name);
