/* What to export, how, and where; then progress with cancel.
 *
 * Signal done (string): a sentence for people when a file was written. */
#pragma once

#include <adwaita.h>
#include "app/export.h"

#define SSG_TYPE_EXPORT_DIALOG (ssg_export_dialog_get_type())
G_DECLARE_FINAL_TYPE(SsgExportDialog, ssg_export_dialog, SSG, EXPORT_DIALOG, AdwWindow)

/* References are kept. kind: what is preselected; style and opacity: as on the canvas. */
SsgExportDialog *ssg_export_dialog_new(GtkWindow *parent, SsgDocument *document, SsgRenderService *service,
                                       SsgExportKind kind, SsgDepthStyle style, double opacity);
