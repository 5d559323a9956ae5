/* One editor window: a document, its render service, and every widget that shows or edits it. Main thread. */
#pragma once

#include <adwaita.h>
#include "app/document.h"
#include "app/render-service.h"

#define SSG_TYPE_WINDOW (ssg_window_get_type())
G_DECLARE_FINAL_TYPE(SsgWindow, ssg_window, SSG, WINDOW, AdwApplicationWindow)

/* Shows the welcome page until a model is loaded. settings: of the editor; a reference is kept, like one on worker. */
SsgWindow *ssg_window_new(GtkApplication *application, SsgWorker *worker, GSettings *settings);
/* Opens a project, model, latents or picture by what is in the file. A project opens in another window when this one
 * holds work. */
void ssg_window_open_file(SsgWindow *self, GFile *file);
void ssg_window_load_model(SsgWindow *self, const char *path);
/* Random weights, for tests. */
void ssg_window_load_random(SsgWindow *self, const SsgArchitecture *arch, guint64 seed);
/* Shows this document instead of the present one; its model is looked for and loaded when it is another. */
void ssg_window_set_document(SsgWindow *self, SsgDocument *document);
SsgDocument *ssg_window_get_document(SsgWindow *self);      /* transfer none */
SsgRenderService *ssg_window_get_service(SsgWindow *self);  /* transfer none */
/* TRUE when nothing would be lost by showing something else here. */
gboolean ssg_window_is_untouched(SsgWindow *self);
