/* What the files window*.c share: window.c builds and binds, window-edit.c edits, window-view.c is about looking,
 * window-file.c about files and models, window-report.c tells tests where things are. */
#pragma once

#include "ui/window.h"
#include "app/autosave.h"
#include "app/model-list.h"
#include "app/shelf.h"
#include "app/worker.h"
#include "ui/canvas.h"
#include "ui/face-page.h"
#include "ui/history-page.h"
#include "ui/layout.h"
#include "ui/legend.h"
#include "ui/part-page.h"
#include "ui/shelf-view.h"
#include "ui/strip.h"
#include "ui/toast.h"

struct _SsgWindow {
  AdwApplicationWindow parent_instance;

  /* template */
  GtkWidget *title, *stack, *welcome, *load_label, *load_progress, *layout, *shelf_view, *canvas, *strip;
  GtkWidget *part_page, *face_page, *history_page, *inspector, *toast, *legend, *bar, *bar_label, *bar_detail, *bar_button;
  GtkWidget *status_left, *zoom_button, *views, *probe_bar, *opacity, *opacity_box, *depth_button, *move_box, *recent_menu_button;
  GtkWidget *spinner, *model_button;
  GMenu *recent_menu, *models_menu;

  SsgWorker *worker;
  GSettings *settings;
  SsgDocument *document;
  SsgRenderService *service;
  SsgShelf *shelf;
  SsgAutosave *autosave;
  GCancellable *cancellable; /* of the document shown: sampling, finding its model */

  /* looking */
  SsgView view;
  SsgDepthStyle depth_style;
  SsgRender *before;
  SsgFace *before_face; /* what before shows or will show */
  double first_ms, full_ms;
  gboolean first_seen; /* a picture of the newest request has come */

  /* editing */
  SsgTransform move_start[SSG_MAX_PARTS];
  SsgShelfFace *menu_face; /* what the face menu is about */
  GtkWidget *popover;      /* menu on screen */
  SsgShelfFace *donor_item;
  SsgFace *donor_shown; /* whose picture is on the part page, or on its way */
  gboolean donor_stale; /* a picture of another model */

  gboolean closing, close_after_save;
  guint64 offered_seed; /* of a picture without a face in it */
  double offered_psi;   /* its truncation, or -1 */
  GPtrArray *pending;  /* of GFile: latents that wait for the model that is being loaded; may be NULL */
  gint64 load_began;   /* monotonic, of the model that is being loaded */
  GPtrArray *models;   /* of SsgModelEntry: what the menu lists; may be NULL */
  char *seen_with;     /* path of the model that the portrait was last seen with; NULL: none yet */
  char *refused;       /* path of a model that does not fit the portrait, for a window of its own */
  gboolean refusing;   /* the portrait's own model is being loaded again */
  char *wanted_device; /* instead of the setting's, after a device was lost */
  GtkFileChooserNative *chooser;
};

/* window.c */
void ssg_window_message(SsgWindow *self, const char *text, const char *button, const char *action);
/* The same: a sentence for the person, then what the engine says. */
void ssg_window_message_error(SsgWindow *self, const char *what, const GError *error, const char *button,
                              const char *action);
void ssg_window_hide_message(SsgWindow *self);
void ssg_window_toast(SsgWindow *self, const char *text);
void ssg_window_toast_error(SsgWindow *self, const char *what, const GError *error);
void ssg_window_update_actions(SsgWindow *self);
gboolean ssg_window_in_gesture(SsgWindow *self);
void ssg_window_set_enabled(SsgWindow *self, const char *action, gboolean enabled);

/* window-edit.c */
void ssg_window_add_edit_actions(SsgWindow *self);
void ssg_window_connect_edit(SsgWindow *self);
void ssg_window_choose_donor(SsgWindow *self, SsgShelfFace *face);
/* The donor's picture on the part page: of a face from the shelf it is there already, else it is drawn. */
void ssg_window_update_donor(SsgWindow *self);
void ssg_window_forget_donor_item(SsgWindow *self);
/* One more kept face on the shelf. */
void ssg_window_keep_face(SsgWindow *self, SsgFace *face);
/* A face by chance starts the document. */
void ssg_window_start_face(SsgWindow *self, guint64 seed);

/* window-menu.c */
void ssg_window_connect_menus(SsgWindow *self);
/* A name as the label of a menu's entry, where a single _ would underline what follows it. Transfer full. */
char *ssg_window_menu_text(const char *text);
void ssg_window_popup(SsgWindow *self, GMenuModel *menu, GtkWidget *at, double x, double y);

/* window-view.c */
void ssg_window_add_view_actions(SsgWindow *self);
void ssg_window_connect_view(SsgWindow *self);
/* Another document or model: names and colours of parts, view state. */
void ssg_window_parts_changed(SsgWindow *self);
void ssg_window_show_render(SsgWindow *self, SsgRender *render, gboolean final);
void ssg_window_update_status(SsgWindow *self);
void ssg_window_update_before(SsgWindow *self);

/* window-model.c */
void ssg_window_add_model_actions(SsgWindow *self);
void ssg_window_connect_model(SsgWindow *self);
/* For a document that was just set: takes the model that is loaded when it fits, else looks for the one it names. */
void ssg_window_find_model(SsgWindow *self);
void ssg_window_service_state_changed(SsgWindow *self);

/* window-models.c */
void ssg_window_add_models_actions(SsgWindow *self);
void ssg_window_read_models(SsgWindow *self);        /* anew, off the main loop */
void ssg_window_update_models_menu(SsgWindow *self); /* the face or the model is another */
void ssg_window_tell_model(SsgWindow *self);

/* window-file.c */
void ssg_window_add_file_actions(SsgWindow *self);
void ssg_window_connect_files(SsgWindow *self);
gboolean ssg_window_confirm_close(SsgWindow *self); /* TRUE: stay open for now */

/* window-report.c */
void ssg_window_report(SsgWindow *self, GString *out);
