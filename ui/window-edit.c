#include "ui/window-private.h"

#include "app/i18n.h"
#include "engine/error.h"
#include "ui/transform.h"

static SsgCode code_from_name(const char *name)
{
  return g_str_equal(name, "shape") ? SSG_CODE_SHAPE : g_str_equal(name, "texture") ? SSG_CODE_TEXTURE : SSG_CODE_BOTH;
}

static void tell_locked(SsgWindow *self, int part)
{
  if (part >= 0 && ssg_document_locked(self->document, part)) {
    g_autofree char *text = g_strdup_printf(_("%s is locked."), ssg_document_part_title(self->document, part));
    ssg_window_toast(self, text);
  }
}

/* Donor ------------------------------------------------------------------------------------------------------------- */

static void donor_thumbnail_changed(SsgWindow *self)
{
  ssg_part_page_set_donor_picture(SSG_PART_PAGE(self->part_page), ssg_shelf_face_thumbnail(self->donor_item));
}

void ssg_window_forget_donor_item(SsgWindow *self)
{
  if (self->donor_item)
    g_signal_handlers_disconnect_by_func(self->donor_item, donor_thumbnail_changed, self);
  g_clear_object(&self->donor_item);
}

typedef struct {
  SsgWindow *window;
  SsgFace *face;
} DonorPicture;

static void donor_drawn(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autofree DonorPicture *picture = data;
  g_autoptr(SsgWindow) self = picture->window;
  g_autoptr(SsgFace) face = picture->face;
  g_autoptr(SsgRender) render = ssg_render_service_thumbnail_finish(SSG_RENDER_SERVICE(object), result, NULL);
  if (face != self->donor_shown)
    return; /* another one was chosen meanwhile */
  if (render)
    ssg_part_page_set_donor_picture(SSG_PART_PAGE(self->part_page), render);
  else
    g_clear_pointer(&self->donor_shown, ssg_face_unref); /* asked for again when there is a model */
}

void ssg_window_update_donor(SsgWindow *self)
{
  SsgFace *donor = ssg_document_donor(self->document);
  gboolean from_shelf = self->donor_item && ssg_shelf_face_face(self->donor_item) == donor;
  ssg_window_update_actions(self);
  if (donor == self->donor_shown && !self->donor_stale)
    return;
  g_clear_pointer(&self->donor_shown, ssg_face_unref);
  self->donor_shown = donor ? ssg_face_ref(donor) : NULL;
  if (!donor && !self->donor_item)
    ssg_part_page_set_donor_picture(SSG_PART_PAGE(self->part_page), NULL);
  if (!donor || (from_shelf && !self->donor_stale && ssg_shelf_face_thumbnail(self->donor_item)))
    return;
  self->donor_stale = FALSE;
  DonorPicture *picture = g_new(DonorPicture, 1);
  *picture = (DonorPicture) { g_object_ref(self), ssg_face_ref(donor) };
  ssg_render_service_thumbnail_async(self->service, donor, 2 * 44, self->cancellable, donor_drawn, picture);
}

static void donor_ready(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgWindow) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgFace) face = ssg_shelf_face_finish(SSG_SHELF(object), result, &error);
  if (!face) {
    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && self->donor_item)
      ssg_window_toast_error(self, ssg_shelf_face_name(self->donor_item), error);
    return;
  }
  /* Walking along the shelf is faster than the worker: only the face that was chosen last counts. */
  if (self->donor_item && ssg_shelf_face_face(self->donor_item) == face)
    ssg_document_set_donor(self->document, face, ssg_shelf_face_name(self->donor_item));
}

void ssg_window_choose_donor(SsgWindow *self, SsgShelfFace *face)
{
  if (face != self->donor_item)
    ssg_window_forget_donor_item(self);
  else
    g_signal_handlers_disconnect_by_func(face, donor_thumbnail_changed, self);
  g_set_object(&self->donor_item, face);
  g_signal_connect_object(face, "notify::thumbnail", G_CALLBACK(donor_thumbnail_changed), self, G_CONNECT_SWAPPED);
  donor_thumbnail_changed(self);
  ssg_shelf_view_select(SSG_SHELF_VIEW(self->shelf_view), face);
  ssg_shelf_face_async(self->shelf, face, self->cancellable, donor_ready, g_object_ref(self));
}

/* Swapping ---------------------------------------------------------------------------------------------------------- */

static void swap_from(SsgWindow *self, SsgShelfFace *from, int part, SsgCode code);

typedef struct {
  SsgWindow *window;
  SsgDocument *document;
  SsgShelfFace *from;
  int part;
  SsgCode code;
} Swap;

static void swap_ready(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autofree Swap *swap = data;
  g_autoptr(SsgWindow) self = swap->window;
  g_autoptr(SsgDocument) document = swap->document;
  g_autoptr(SsgShelfFace) from = swap->from;
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgFace) face = ssg_shelf_face_finish(SSG_SHELF(object), result, &error);
  if (!face && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    ssg_window_toast_error(self, ssg_shelf_face_name(from), error);
  /* What the shelf forgot meanwhile (another model, another truncation) is no longer what was meant. */
  if (face && document == self->document && ssg_shelf_face_face(from))
    swap_from(self, from, swap->part, swap->code);
}

/* A face whose codes the worker has not made yet, as those that just came into view on a busy machine, is waited for. */
static void swap_from(SsgWindow *self, SsgShelfFace *from, int part, SsgCode code)
{
  SsgFace *face = ssg_shelf_face_face(from);
  if (!ssg_document_face(self->document))
    return;
  if (!face) {
    Swap *swap = g_new(Swap, 1);
    *swap = (Swap) { g_object_ref(self), g_object_ref(self->document), g_object_ref(from), part, code };
    ssg_shelf_face_async(self->shelf, from, self->cancellable, swap_ready, swap);
    return;
  }
  if (!ssg_document_swap(self->document, face, ssg_shelf_face_name(from), part, code))
    tell_locked(self, part);
  else { /* the next wish is often to blend what was taken: sliders towards the donor stand at its end now */
    if (part >= 0)
      ssg_document_select_part(self->document, part);
    ssg_window_choose_donor(self, from);
  }
}

static void dropped_on_canvas(GtkWidget *widget, GObject *what, int part, guint code, SsgWindow *self)
{
  swap_from(self, SSG_SHELF_FACE(what), part >= 0 ? part : SSG_PART_WHOLE, code);
}

static void face_activated(SsgShelfView *view, SsgShelfFace *face, SsgWindow *self)
{
  swap_from(self, face, SSG_PART_WHOLE, SSG_CODE_BOTH);
}

static void swap_donor(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  int part = ssg_document_selected_part(self->document);
  SsgFace *donor = ssg_document_donor(self->document);
  if (donor && part >= 0 &&
      !ssg_document_swap(self->document, donor, ssg_document_donor_name(self->document), part,
                         code_from_name(g_variant_get_string(parameter, NULL))))
    tell_locked(self, part);
}

/* The face menu: the same as dragging, for the part that is selected. */
static void menu_swap(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  const char *how = g_variant_get_string(parameter, NULL);
  int part = ssg_document_selected_part(self->document);
  if (!self->menu_face)
    return;
  if (g_str_equal(how, "whole"))
    swap_from(self, self->menu_face, SSG_PART_WHOLE, SSG_CODE_BOTH);
  else if (g_str_equal(how, "pose"))
    swap_from(self, self->menu_face, SSG_PART_BASE, SSG_CODE_SHAPE);
  else if (part >= 0)
    swap_from(self, self->menu_face, part, code_from_name(how));
  else
    ssg_window_toast(self, _("Select a part first."));
}

static void menu_keep(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  SsgFace *face = self->menu_face ? ssg_shelf_face_face(self->menu_face) : NULL;
  if (!face) {
    ssg_window_toast(self, _("This face is still being made."));
    return;
  }
  g_autoptr(SsgShelfFace) kept = ssg_shelf_face_new(SSG_SHELF_KEPT, face, ssg_shelf_face_seed(self->menu_face),
                                                    ssg_shelf_face_title(self->menu_face));
  ssg_shelf_face_set_thumbnail(kept, ssg_shelf_face_thumbnail(self->menu_face));
  g_list_store_append(G_LIST_STORE(ssg_document_kept(self->document)), kept);
}

static void menu_forget(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  GListModel *kept = ssg_document_kept(self->document);
  guint position;
  if (self->menu_face && g_list_store_find(G_LIST_STORE(kept), self->menu_face, &position))
    g_list_store_remove(G_LIST_STORE(kept), position);
}

void ssg_window_keep_face(SsgWindow *self, SsgFace *face)
{
  GListModel *kept = ssg_document_kept(self->document);
  g_autofree char *title = g_strdup_printf(_("Kept %u"), g_list_model_get_n_items(kept) + 1);
  g_autoptr(SsgShelfFace) item = ssg_shelf_face_new(SSG_SHELF_KEPT, face, 0, title);
  g_list_store_append(G_LIST_STORE(kept), item);
  ssg_shelf_view_show_kept(SSG_SHELF_VIEW(self->shelf_view), 1);
  ssg_window_toast(self, _("Kept on the shelf."));
}

static void keep(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  ssg_window_keep_face(self, ssg_document_face(self->document));
}

/* Chance ------------------------------------------------------------------------------------------------------------ */

typedef struct {
  SsgWindow *window;
  SsgDocument *document;
  int part;
  SsgCode what;
  guint64 seed;
  gboolean start;
} Sampling;

static void sampling_free(Sampling *sampling)
{
  g_object_unref(sampling->window);
  g_object_unref(sampling->document);
  g_free(sampling);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sampling, sampling_free)

static void sampled(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(Sampling) sampling = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgFace) face = ssg_render_service_sample_finish(SSG_RENDER_SERVICE(object), result, NULL, &error);
  if (!face) {
    /* A lost device is told already, with a way on. */
    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !g_error_matches(error, SSG_ERROR, SSG_ERROR_DEVICE) &&
        ssg_render_service_state(sampling->window->service) != SSG_SERVICE_DEVICE_LOST)
      ssg_window_toast_error(sampling->window, _("No new face"), error);
    return;
  }
  if (sampling->start) {
    g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, sampling->seed);
    g_autofree char *text = g_strdup_printf(_("Face %s"), seed);
    ssg_document_start(sampling->document, face, text);
  } else {
    ssg_document_resample(sampling->document, face, sampling->part, sampling->what);
  }
}

static void sample(SsgWindow *self, guint64 seed, double psi, int part, SsgCode what, gboolean start)
{
  Sampling *sampling = g_new0(Sampling, 1);
  sampling->window = g_object_ref(self);
  sampling->document = g_object_ref(self->document);
  sampling->part = part;
  sampling->what = what;
  sampling->seed = seed;
  sampling->start = start;
  ssg_render_service_sample_async(self->service, seed, (float) psi, 0, self->cancellable, sampled, sampling);
}

void ssg_window_start_face(SsgWindow *self, guint64 seed)
{
  sample(self, seed, self->shelf ? ssg_shelf_psi(self->shelf) : 0.7, SSG_PART_WHOLE, SSG_CODE_BOTH, TRUE);
}

static void resample(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  sample(self, g_random_int(), 1, ssg_document_selected_part(self->document),
         code_from_name(g_variant_get_string(parameter, NULL)), FALSE);
}

static void resample_face(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  sample(self, g_random_int(), ssg_shelf_psi(self->shelf), SSG_PART_WHOLE, SSG_CODE_BOTH, FALSE);
}

/* Parts ------------------------------------------------------------------------------------------------------------- */

static void select_part(SsgWindow *self, int part)
{
  ssg_document_select_part(self->document, part >= 0 ? part : SSG_PART_NONE);
}

static void canvas_selected(SsgCanvas *canvas, int part, SsgWindow *self)
{
  select_part(self, part);
}

static void canvas_hovered(SsgCanvas *canvas, int part, SsgWindow *self)
{
  ssg_strip_set_hovered(SSG_STRIP(self->strip), part);
}

static void strip_hovered(SsgStrip *strip, int part, SsgWindow *self)
{
  ssg_canvas_set_hovered(SSG_CANVAS(self->canvas), part);
}

static void strip_toggled(SsgStrip *strip, int part, gboolean shown, SsgWindow *self)
{
  if (!ssg_document_set_shown(self->document, part, shown))
    tell_locked(self, part);
}

static void reset_part(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  ssg_document_reset(self->document, ssg_document_selected_part(self->document));
}

static void reset_face(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  ssg_document_reset(self->document, SSG_PART_WHOLE);
}

static void toggle_part(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  int part = ssg_document_selected_part(self->document);
  SsgFace *face = ssg_document_face(self->document);
  if (part >= 0 && !ssg_document_set_shown(self->document, part, !ssg_face_shown(face, part)))
    tell_locked(self, part);
}

static void toggle_lock(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  int part = ssg_document_selected_part(self->document);
  ssg_document_set_locked(self->document, part, !ssg_document_locked(self->document, part));
}

/* Composition step by step: parts 0..n shown. step 0: the background alone, G_MAXINT: all. */
static void compose(SsgWindow *self, int step)
{
  SsgFace *face = ssg_document_face(self->document);
  int n = ssg_face_n_parts(face), shown = 0;
  for (int k = 0; k < n; k++)
    shown += ssg_face_shown(face, k);
  int target = step == 0 ? 1 : step == G_MAXINT ? n : CLAMP(shown + step, 1, n);
  guint64 mask = target == 64 ? ~G_GUINT64_CONSTANT(0) : (G_GUINT64_CONSTANT(1) << target) - 1;
  ssg_document_set_shown_mask(self->document, mask);
}

static void compose_first(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  compose(data, 0);
}

static void compose_next(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  compose(data, 1);
}

static void compose_back(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  compose(data, -1);
}

static void compose_all(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  compose(data, G_MAXINT);
}

/* Moving ------------------------------------------------------------------------------------------------------------ */

static gboolean move_whole(SsgWindow *self)
{
  g_autoptr(GVariant) state = g_action_group_get_action_state(G_ACTION_GROUP(self), "move-target");
  return ssg_document_selected_part(self->document) < 0 || g_str_equal(g_variant_get_string(state, NULL), "foreground");
}

/* Moves the foreground or the selected part from where `start` says it was; TRUE when the document took it. */
static SsgFace *moved_face(SsgWindow *self, const SsgTransform *start, double dx, double dy, double factor, double x,
                           double y)
{
  g_autoptr(SsgFace) face = ssg_face_ref(ssg_document_current(self->document));
  int selected = ssg_document_selected_part(self->document);
  gboolean whole = move_whole(self);
  for (int k = 0; k < ssg_face_n_parts(face); k++) {
    if (whole ? k == 0 : k != selected)
      continue;
    SsgFace *next = ssg_face_set_transform(face, k, ssg_transform_moved(start[k], dx, dy, factor, x, y));
    ssg_face_unref(face);
    face = next;
  }
  return ssg_document_respect_locks(self->document, face);
}

/* What makes `face` of the current one. */
static char *move_description(SsgWindow *self, SsgFace *face)
{
  int part = move_whole(self) ? SSG_PART_WHOLE : ssg_document_selected_part(self->document);
  return ssg_document_describe_move(self->document, part, ssg_document_current(self->document), face);
}

static void read_transforms(SsgWindow *self)
{
  SsgFace *face = ssg_document_current(self->document);
  for (int k = 0; k < ssg_face_n_parts(face); k++)
    self->move_start[k] = ssg_face_transform(face, k);
}

static void canvas_moved(SsgCanvas *canvas, int phase, double dx, double dy, double factor, double x, double y,
                         SsgWindow *self)
{
  if (!ssg_document_current(self->document))
    return;
  if (phase == SSG_MOVE_BEGIN) {
    if (!move_whole(self))
      tell_locked(self, ssg_document_selected_part(self->document));
    ssg_document_begin_gesture(self->document);
    read_transforms(self);
    return;
  }
  if (phase == SSG_MOVE_UPDATE) {
    g_autoptr(SsgFace) face = moved_face(self, self->move_start, dx, dy, factor, x, y);
    ssg_document_preview(self->document, face);
    return;
  }
  g_autofree char *text = move_description(self, ssg_document_face(self->document));
  ssg_document_end_gesture(self->document, text);
}

static void nudge_by(SsgWindow *self, double dx, double dy, double factor)
{
  if (!ssg_document_current(self->document))
    return;
  read_transforms(self);
  g_autoptr(SsgFace) face = moved_face(self, self->move_start, dx, dy, factor, 0, 0);
  g_autofree char *text = move_description(self, face);
  if (!ssg_document_apply(self->document, face, text, "transform") && !move_whole(self))
    tell_locked(self, ssg_document_selected_part(self->document));
}

/* One pixel of a 64 picture; with the picture's own pixels it would take forever on large ones. */
#define NUDGE (2.0 / 64)

static void nudge(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *where = g_variant_get_string(parameter, NULL);
  double dx = g_str_equal(where, "left") ? -NUDGE : g_str_equal(where, "right") ? NUDGE : 0;
  double dy = g_str_equal(where, "up") ? -NUDGE : g_str_equal(where, "down") ? NUDGE : 0;
  nudge_by(data, dx, dy, 1);
}

static void grow(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  nudge_by(data, 0, 0, g_variant_get_double(parameter));
}

/* History ----------------------------------------------------------------------------------------------------------- */

static void undo(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  ssg_document_undo(self->document);
}

static void redo(GSimpleAction *action, GVariant *parameter, gpointer data)
{
  SsgWindow *self = data;
  ssg_document_redo(self->document);
}

void ssg_window_add_edit_actions(SsgWindow *self)
{
  static const GActionEntry entries[] = {
    { "undo", undo },
    { "redo", redo },
    { "swap-donor", swap_donor, "s" },
    { "menu-swap", menu_swap, "s" },
    { "menu-keep", menu_keep },
    { "menu-forget", menu_forget },
    { "keep", keep },
    { "resample", resample, "s" },
    { "resample-face", resample_face },
    { "reset-part", reset_part },
    { "reset-face", reset_face },
    { "toggle-part", toggle_part },
    { "toggle-lock", toggle_lock },
    { "compose-first", compose_first },
    { "compose-next", compose_next },
    { "compose-back", compose_back },
    { "compose-all", compose_all },
    { "nudge", nudge, "s" },
    { "grow", grow, "d" },
  };
  g_action_map_add_action_entries(G_ACTION_MAP(self), entries, G_N_ELEMENTS(entries), self);
}

void ssg_window_connect_edit(SsgWindow *self)
{
  ssg_canvas_accept_drops(SSG_CANVAS(self->canvas), SSG_TYPE_SHELF_FACE);
  g_signal_connect(self->canvas, "dropped", G_CALLBACK(dropped_on_canvas), self);
  g_signal_connect(self->canvas, "part-selected", G_CALLBACK(canvas_selected), self);
  g_signal_connect(self->canvas, "part-hovered", G_CALLBACK(canvas_hovered), self);
  g_signal_connect(self->canvas, "moved", G_CALLBACK(canvas_moved), self);
  g_signal_connect(self->strip, "dropped", G_CALLBACK(dropped_on_canvas), self);
  g_signal_connect(self->strip, "part-selected", G_CALLBACK(canvas_selected), self);
  g_signal_connect(self->strip, "part-hovered", G_CALLBACK(strip_hovered), self);
  g_signal_connect(self->strip, "shown-toggled", G_CALLBACK(strip_toggled), self);
  g_signal_connect_swapped(self->shelf_view, "donor-chosen", G_CALLBACK(ssg_window_choose_donor), self);
  g_signal_connect(self->shelf_view, "face-activated", G_CALLBACK(face_activated), self);
}
