/* The history of a document: one row a step, newest last, the current one marked; a click jumps there. */
#pragma once

#include <gtk/gtk.h>
#include "app/document.h"
#include "app/render-service.h"

#define SSG_TYPE_HISTORY_PAGE (ssg_history_page_get_type())
G_DECLARE_FINAL_TYPE(SsgHistoryPage, ssg_history_page, SSG, HISTORY_PAGE, GtkWidget)

/* References are kept; NULL, NULL: empty. Small pictures of steps on screen are asked of the service. */
void ssg_history_page_set_document(SsgHistoryPage *self, SsgDocument *document, SsgRenderService *service);
