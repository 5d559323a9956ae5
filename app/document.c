#include "app/document-private.h"

#include <string.h>
#include "app/i18n.h"
#include "app/model-list.h"
#include "app/part-names.h"
#include "app/shelf.h"
#include "engine/error.h"

/* Holding an arrow key repeats faster than this; a person's second thought is slower. */
#define COALESCE_US G_USEC_PER_SEC

struct _SsgDocument {
  GObject parent;
  SsgModelInfo *model;
  char *model_path, *model_hash;
  char **part_titles;

  GListStore *history;
  int position;
  char *coalesce; /* key of the newest entry, NULL when it takes no more */
  gint64 coalesce_time;

  gboolean in_gesture;
  SsgFace *preview;
  SsgTuning *gesture_tuning;
  char *gesture_description;

  SsgFace *donor;
  char *donor_name;
  int selected;
  guint64 locked;
  GListStore *kept;

  GFile *file;
  char *title;
  GVariant *view_state;
  guint64 revision, saved_revision;
};

G_DEFINE_FINAL_TYPE(SsgDocument, ssg_document, G_TYPE_OBJECT)

enum {
  PROP_FACE = 1,
  PROP_DONOR,
  PROP_DONOR_NAME,
  PROP_SELECTED_PART,
  PROP_LOCKED,
  PROP_POSITION,
  PROP_CAN_UNDO,
  PROP_CAN_REDO,
  PROP_MODIFIED,
  PROP_IN_GESTURE,
  PROP_TITLE,
  PROP_FILE,
  PROP_VIEW_STATE,
  PROP_MODEL,
  N_PROPS
};
static GParamSpec *props[N_PROPS];
static guint changed_signal;

/* What listeners know: compared before and after, so that each property is told once and only when it changed. */
typedef struct {
  SsgFace *face; /* owned: an address alone could be used again */
  int position, n;
  gboolean modified, in_gesture;
  guint64 revision;
} Seen;

static int n_entries(SsgDocument *self)
{
  return g_list_model_get_n_items(G_LIST_MODEL(self->history));
}

static SsgHistoryEntry *entry_at(SsgDocument *self, int position)
{
  g_autoptr(SsgHistoryEntry) entry = g_list_model_get_item(G_LIST_MODEL(self->history), position);
  return entry; /* the list keeps it */
}

static Seen look(SsgDocument *self)
{
  SsgFace *face = ssg_document_face(self);
  return (Seen) {face ? ssg_face_ref(face) : NULL, self->position,   n_entries(self),
                 ssg_document_modified(self),      self->in_gesture, self->revision};
}

/* Consumes seen. */
static void report(SsgDocument *self, Seen *seen)
{
  GObject *object = G_OBJECT(self);
  g_object_freeze_notify(object);
  if (seen->face != ssg_document_face(self))
    g_object_notify_by_pspec(object, props[PROP_FACE]);
  if (seen->position != self->position)
    g_object_notify_by_pspec(object, props[PROP_POSITION]);
  if ((seen->position > 0) != (self->position > 0))
    g_object_notify_by_pspec(object, props[PROP_CAN_UNDO]);
  if ((seen->position < seen->n - 1) != (self->position < n_entries(self) - 1))
    g_object_notify_by_pspec(object, props[PROP_CAN_REDO]);
  if (seen->modified != ssg_document_modified(self))
    g_object_notify_by_pspec(object, props[PROP_MODIFIED]);
  if (seen->in_gesture != self->in_gesture)
    g_object_notify_by_pspec(object, props[PROP_IN_GESTURE]);
  g_clear_pointer(&seen->face, ssg_face_unref);
  g_object_ref(self);
  g_object_thaw_notify(object);
  if (seen->revision != self->revision)
    g_signal_emit(self, changed_signal, 0);
  g_object_unref(self);
}

static void forget_gesture(SsgDocument *self)
{
  self->in_gesture = FALSE;
  g_clear_pointer(&self->preview, ssg_face_unref);
  g_clear_pointer(&self->gesture_tuning, ssg_tuning_unref);
  g_clear_pointer(&self->gesture_description, g_free);
}

static void forget_coalescing(SsgDocument *self)
{
  g_clear_pointer(&self->coalesce, g_free);
}

static gboolean same_codes(const SsgFace *a, const SsgFace *b, int part)
{
  gsize row = ssg_face_style_dim(a) * sizeof(float);
  if (part == SSG_PART_WHOLE)
    return memcmp(ssg_face_codes(a), ssg_face_codes(b), row * (ssg_face_n_base(a) + 2 * ssg_face_n_parts(a))) == 0;
  if (part == SSG_PART_BASE)
    return memcmp(ssg_face_codes(a), ssg_face_codes(b), row * ssg_face_n_base(a)) == 0;
  return memcmp(ssg_face_code(a, part, SSG_CODE_SHAPE), ssg_face_code(b, part, SSG_CODE_SHAPE), row) == 0 &&
         memcmp(ssg_face_code(a, part, SSG_CODE_TEXTURE), ssg_face_code(b, part, SSG_CODE_TEXTURE), row) == 0;
}

/* Sliders stay where they are as long as nothing but they themselves changed the codes they stand for; `tunings` says where
 * others stand now. */
static void set_tunings(SsgHistoryEntry *entry, SsgHistoryEntry *before, SsgTuning *const *tunings)
{
  SsgFace *face = ssg_history_entry_face(entry);
  for (int part = SSG_PART_WHOLE; before && part < ssg_face_n_parts(face); part++) {
    SsgTuning *old = ssg_history_entry_tuning(before, part);
    if (old && same_codes(face, ssg_history_entry_face(before), part))
      ssg_history_entry_set_tuning(entry, part, old);
  }
  for (; tunings && *tunings; tunings++)
    ssg_history_entry_set_tuning(entry, ssg_tuning_part(*tunings), *tunings);
}

static gboolean same_sizes(const SsgFace *face, const SsgArchitecture *arch)
{
  return ssg_face_n_parts(face) == arch->n_parts && ssg_face_n_base(face) == arch->n_base &&
         ssg_face_style_dim(face) == arch->style_dim;
}

static void update_title(SsgDocument *self)
{
  g_autofree char *title = NULL;
  if (self->file) {
    g_autofree char *name = g_file_get_basename(self->file);
    title = g_filename_display_name(name);
    char *dot = strrchr(title, '.');
    if (dot && dot != title)
      *dot = '\0';
  } else {
    title = g_strdup(_("Untitled"));
  }
  if (g_strcmp0(title, self->title) == 0)
    return;
  g_free(self->title);
  self->title = g_steal_pointer(&title);
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_TITLE]);
}

static void kept_changed(SsgDocument *self)
{
  Seen seen = look(self);
  self->revision++;
  report(self, &seen);
}

gboolean ssg_document_push(SsgDocument *self, SsgFace *face, const char *description, const char *coalesce,
                           SsgTuning *const *tunings, gboolean new_origin)
{
  SsgHistoryEntry *before = ssg_document_entry(self);
  if (before && ssg_face_equal(face, ssg_history_entry_face(before)))
    return FALSE;
  Seen seen = look(self);
  forget_gesture(self);
  gint64 now = g_get_monotonic_time();
  gboolean replace = before && coalesce && g_strcmp0(coalesce, self->coalesce) == 0 &&
                     now - self->coalesce_time < COALESCE_US && self->position == n_entries(self) - 1;
  SsgFace *origin = before && !new_origin ? ssg_history_entry_origin(before) : NULL;
  g_autoptr(SsgHistoryEntry) entry = ssg_history_entry_new(face, origin, description, 0);
  set_tunings(entry, before, tunings);
  int at = replace ? self->position : self->position + 1;
  int removed = n_entries(self) - at;
  self->position = at; /* before the list tells its listeners */
  self->revision++;
  if (g_strcmp0(coalesce, self->coalesce) != 0) {
    g_free(self->coalesce);
    self->coalesce = g_strdup(coalesce);
  }
  self->coalesce_time = now;
  gpointer addition = entry;
  g_list_store_splice(self->history, at, removed, &addition, 1);
  report(self, &seen);
  return TRUE;
}

void ssg_document_push_preview(SsgDocument *self, SsgFace *face, const char *description, SsgTuning *tuning)
{
  g_return_if_fail(self->in_gesture);
  Seen seen = look(self);
  ssg_face_ref(face);
  g_clear_pointer(&self->preview, ssg_face_unref);
  self->preview = face;
  if (tuning)
    ssg_tuning_ref(tuning);
  g_clear_pointer(&self->gesture_tuning, ssg_tuning_unref);
  self->gesture_tuning = tuning;
  g_free(self->gesture_description);
  self->gesture_description = g_strdup(description);
  report(self, &seen);
}

SsgHistoryEntry *ssg_document_entry(SsgDocument *self)
{
  return self->position >= 0 ? entry_at(self, self->position) : NULL;
}

gboolean ssg_document_in_gesture(SsgDocument *self)
{
  return self->in_gesture;
}

SsgTuning *ssg_document_gesture_tuning(SsgDocument *self)
{
  return self->gesture_tuning;
}

void ssg_document_restore(SsgDocument *self, GPtrArray *entries, int position, guint64 locked)
{
  g_return_if_fail(entries->len > 0 && position >= 0 && position < (int) entries->len);
  Seen seen = look(self);
  forget_gesture(self);
  forget_coalescing(self);
  int removed = n_entries(self);
  self->position = position;
  g_list_store_splice(self->history, 0, removed, entries->pdata, entries->len);
  self->revision++;
  self->saved_revision = self->revision;
  if (self->locked != locked) {
    self->locked = locked;
    g_object_notify_by_pspec(G_OBJECT(self), props[PROP_LOCKED]);
  }
  report(self, &seen);
}

void ssg_document_set_unsaved(SsgDocument *self)
{
  Seen seen = look(self);
  self->revision++;
  report(self, &seen);
}

SsgDocument *ssg_document_new(void)
{
  return g_object_new(SSG_TYPE_DOCUMENT, NULL);
}

gboolean ssg_document_set_model(SsgDocument *self, const SsgModelInfo *info, const char *path, const char *hash,
                                GError **error)
{
  SsgFace *face = ssg_document_current(self);
  if (face && self->model && !ssg_models_agree(self->model, info, error))
    return FALSE;
  if (face && !same_sizes(face, &info->arch)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                "%s: the model has %d parts and codes of %d numbers; the document's faces have %d parts and codes of %d",
                info->name, info->arch.n_parts, info->arch.style_dim, ssg_face_n_parts(face), ssg_face_style_dim(face));
    return FALSE;
  }
  Seen seen = look(self);
  if (self->model && (g_strcmp0(path, self->model_path) != 0 || g_strcmp0(hash, self->model_hash) != 0))
    self->revision++;
  SsgModelInfo *copy = ssg_model_info_copy(info); /* info may be our own */
  char *path_copy = g_strdup(path), *hash_copy = g_strdup(hash ? hash : "");
  g_clear_pointer(&self->model, ssg_model_info_free);
  g_free(self->model_path);
  g_free(self->model_hash);
  g_strfreev(self->part_titles);
  self->model = copy;
  self->model_path = path_copy;
  self->model_hash = hash_copy;
  self->part_titles = ssg_part_titles((const char *const *) copy->part_names, copy->arch.n_parts);
  if (self->selected >= copy->arch.n_parts)
    ssg_document_select_part(self, SSG_PART_NONE);
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_MODEL]);
  report(self, &seen);
  return TRUE;
}

const SsgModelInfo *ssg_document_model(SsgDocument *self)
{
  return self->model;
}

const char *ssg_document_model_path(SsgDocument *self)
{
  return self->model_path;
}

const char *ssg_document_model_hash(SsgDocument *self)
{
  return self->model_hash ? self->model_hash : "";
}

const char *ssg_document_part_title(SsgDocument *self, int part)
{
  if (part == SSG_PART_BASE)
    return _("Pose");
  if (part < 0)
    return _("Whole face");
  return self->model && part < self->model->arch.n_parts ? self->part_titles[part] : _("Part");
}

SsgFace *ssg_document_face(SsgDocument *self)
{
  return self->preview ? self->preview : ssg_document_current(self);
}

SsgFace *ssg_document_current(SsgDocument *self)
{
  SsgHistoryEntry *entry = ssg_document_entry(self);
  return entry ? ssg_history_entry_face(entry) : NULL;
}

SsgFace *ssg_document_origin(SsgDocument *self)
{
  SsgHistoryEntry *entry = ssg_document_entry(self);
  return entry ? ssg_history_entry_origin(entry) : NULL;
}

void ssg_document_start(SsgDocument *self, SsgFace *face, const char *description)
{
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_object_unref);
  g_ptr_array_add(entries, ssg_history_entry_new(face, NULL, description, 0));
  g_list_store_remove_all(self->kept);
  ssg_document_set_donor(self, NULL, NULL);
  ssg_document_set_file(self, NULL);
  ssg_document_restore(self, entries, 0, 0);
}

GListModel *ssg_document_history(SsgDocument *self)
{
  return G_LIST_MODEL(self->history);
}

int ssg_document_position(SsgDocument *self)
{
  return self->position;
}

void ssg_document_jump(SsgDocument *self, int position)
{
  g_return_if_fail(position >= 0 && position < n_entries(self));
  Seen seen = look(self);
  forget_gesture(self);
  forget_coalescing(self);
  if (position != self->position)
    self->revision++;
  self->position = position;
  report(self, &seen);
}

gboolean ssg_document_undo(SsgDocument *self)
{
  if (self->position <= 0)
    return FALSE;
  ssg_document_jump(self, self->position - 1);
  return TRUE;
}

gboolean ssg_document_redo(SsgDocument *self)
{
  if (self->position >= n_entries(self) - 1)
    return FALSE;
  ssg_document_jump(self, self->position + 1);
  return TRUE;
}

const char *ssg_document_undo_description(SsgDocument *self)
{
  return self->position > 0 ? ssg_history_entry_description(entry_at(self, self->position)) : NULL;
}

const char *ssg_document_redo_description(SsgDocument *self)
{
  return self->position < n_entries(self) - 1 ? ssg_history_entry_description(entry_at(self, self->position + 1)) : NULL;
}

gboolean ssg_document_apply(SsgDocument *self, SsgFace *face, const char *description, const char *coalesce)
{
  return ssg_document_push(self, face, description, coalesce, NULL, FALSE);
}

void ssg_document_begin_gesture(SsgDocument *self)
{
  if (self->in_gesture)
    ssg_document_end_gesture(self, NULL);
  Seen seen = look(self);
  self->in_gesture = TRUE;
  forget_coalescing(self);
  report(self, &seen);
}

void ssg_document_preview(SsgDocument *self, SsgFace *face)
{
  ssg_document_push_preview(self, face, NULL, NULL);
}

gboolean ssg_document_end_gesture(SsgDocument *self, const char *description)
{
  if (!self->in_gesture)
    return FALSE;
  g_autoptr(SsgFace) face = g_steal_pointer(&self->preview);
  g_autoptr(SsgTuning) tuning = g_steal_pointer(&self->gesture_tuning);
  g_autofree char *automatic = g_steal_pointer(&self->gesture_description);
  if (face) {
    self->preview = ssg_face_ref(face); /* what is on screen stays there until the entry takes over: no notify */
    SsgTuning *const tunings[] = {tuning, NULL};
    if (ssg_document_push(self, face, description ? description : automatic ? automatic : _("Changed"), NULL, tunings,
                          FALSE))
      return TRUE;
  }
  ssg_document_cancel_gesture(self);
  return FALSE;
}

void ssg_document_cancel_gesture(SsgDocument *self)
{
  Seen seen = look(self);
  forget_gesture(self);
  report(self, &seen);
}

SsgTuning *ssg_document_tuning(SsgDocument *self, int part)
{
  SsgHistoryEntry *entry = ssg_document_entry(self);
  if (!entry)
    return NULL;
  SsgTuning *tuning = ssg_history_entry_tuning(entry, part);
  if (self->gesture_tuning && ssg_tuning_part(self->gesture_tuning) == part)
    tuning = self->gesture_tuning;
  if (!tuning)
    return ssg_tuning_new(part, ssg_history_entry_face(entry), self->donor);
  return ssg_tuning_with_donor(tuning, self->donor);
}

void ssg_document_set_donor(SsgDocument *self, SsgFace *donor, const char *name)
{
  if (donor == self->donor && g_strcmp0(name, self->donor_name) == 0)
    return;
  if (donor) {
    SsgFace *face = ssg_document_current(self);
    g_return_if_fail(!face || (ssg_face_n_parts(face) == ssg_face_n_parts(donor) &&
                               ssg_face_n_base(face) == ssg_face_n_base(donor) &&
                               ssg_face_style_dim(face) == ssg_face_style_dim(donor)));
    ssg_face_ref(donor);
  }
  Seen seen = look(self);
  g_clear_pointer(&self->donor, ssg_face_unref);
  self->donor = donor;
  char *copy = g_strdup(donor ? name : NULL);
  g_free(self->donor_name);
  self->donor_name = copy;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_DONOR]);
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_DONOR_NAME]);
  report(self, &seen);
}

SsgFace *ssg_document_donor(SsgDocument *self)
{
  return self->donor;
}

const char *ssg_document_donor_name(SsgDocument *self)
{
  return self->donor_name;
}

int ssg_document_selected_part(SsgDocument *self)
{
  return self->selected;
}

void ssg_document_select_part(SsgDocument *self, int part)
{
  if (part < SSG_PART_NONE || (self->model && part >= self->model->arch.n_parts))
    part = SSG_PART_NONE;
  if (part == self->selected)
    return;
  self->selected = part;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_SELECTED_PART]);
}

gboolean ssg_document_locked(SsgDocument *self, int part)
{
  return part >= 0 && (self->locked >> part & 1) != 0;
}

void ssg_document_set_locked(SsgDocument *self, int part, gboolean locked)
{
  g_return_if_fail(part >= 0 && part < SSG_MAX_PARTS);
  if (ssg_document_locked(self, part) == !!locked)
    return;
  Seen seen = look(self);
  self->locked ^= 1ull << part;
  self->revision++;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_LOCKED]);
  report(self, &seen);
}

GListModel *ssg_document_kept(SsgDocument *self)
{
  return G_LIST_MODEL(self->kept);
}

gboolean ssg_document_modified(SsgDocument *self)
{
  return self->revision != self->saved_revision;
}

void ssg_document_set_saved(SsgDocument *self, GFile *file)
{
  Seen seen = look(self);
  if (file)
    ssg_document_set_file(self, file);
  self->saved_revision = self->revision;
  report(self, &seen);
}

guint64 ssg_document_revision(SsgDocument *self)
{
  return self->revision;
}

GFile *ssg_document_file(SsgDocument *self)
{
  return self->file;
}

void ssg_document_set_file(SsgDocument *self, GFile *file)
{
  if (!g_set_object(&self->file, file))
    return;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_FILE]);
  update_title(self);
}

const char *ssg_document_title(SsgDocument *self)
{
  return self->title;
}

GVariant *ssg_document_view_state(SsgDocument *self)
{
  return self->view_state;
}

void ssg_document_set_view_state(SsgDocument *self, GVariant *state)
{
  g_return_if_fail(!state || g_variant_is_of_type(state, G_VARIANT_TYPE_VARDICT));
  if (state)
    g_variant_ref_sink(state);
  g_clear_pointer(&self->view_state, g_variant_unref);
  self->view_state = state;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_VIEW_STATE]);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  SsgDocument *self = SSG_DOCUMENT(object);
  switch (id) {
  case PROP_FACE:
    g_value_set_boxed(value, ssg_document_face(self));
    break;
  case PROP_DONOR:
    g_value_set_boxed(value, self->donor);
    break;
  case PROP_DONOR_NAME:
    g_value_set_string(value, self->donor_name);
    break;
  case PROP_SELECTED_PART:
    g_value_set_int(value, self->selected);
    break;
  case PROP_LOCKED:
    g_value_set_uint64(value, self->locked);
    break;
  case PROP_POSITION:
    g_value_set_int(value, self->position);
    break;
  case PROP_CAN_UNDO:
    g_value_set_boolean(value, self->position > 0);
    break;
  case PROP_CAN_REDO:
    g_value_set_boolean(value, self->position < n_entries(self) - 1);
    break;
  case PROP_MODIFIED:
    g_value_set_boolean(value, ssg_document_modified(self));
    break;
  case PROP_IN_GESTURE:
    g_value_set_boolean(value, self->in_gesture);
    break;
  case PROP_TITLE:
    g_value_set_string(value, self->title);
    break;
  case PROP_FILE:
    g_value_set_object(value, self->file);
    break;
  case PROP_VIEW_STATE:
    g_value_set_variant(value, self->view_state);
    break;
  case PROP_MODEL:
    g_value_set_boxed(value, self->model);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  SsgDocument *self = SSG_DOCUMENT(object);
  switch (id) {
  case PROP_SELECTED_PART:
    ssg_document_select_part(self, g_value_get_int(value));
    break;
  case PROP_FILE:
    ssg_document_set_file(self, g_value_get_object(value));
    break;
  case PROP_VIEW_STATE:
    ssg_document_set_view_state(self, g_value_get_variant(value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void finalize(GObject *object)
{
  SsgDocument *self = SSG_DOCUMENT(object);
  forget_gesture(self);
  forget_coalescing(self);
  g_signal_handlers_disconnect_by_data(self->kept, self);
  g_clear_pointer(&self->model, ssg_model_info_free);
  g_free(self->model_path);
  g_free(self->model_hash);
  g_strfreev(self->part_titles);
  g_clear_object(&self->history);
  g_clear_pointer(&self->donor, ssg_face_unref);
  g_free(self->donor_name);
  g_clear_object(&self->kept);
  g_clear_object(&self->file);
  g_free(self->title);
  g_clear_pointer(&self->view_state, g_variant_unref);
  G_OBJECT_CLASS(ssg_document_parent_class)->finalize(object);
}

static void ssg_document_init(SsgDocument *self)
{
  self->history = g_list_store_new(SSG_TYPE_HISTORY_ENTRY);
  self->kept = g_list_store_new(SSG_TYPE_SHELF_FACE);
  self->position = -1;
  self->selected = SSG_PART_NONE;
  g_signal_connect_swapped(self->kept, "items-changed", G_CALLBACK(kept_changed), self);
  update_title(self);
}

static void ssg_document_class_init(SsgDocumentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->finalize = finalize;
  const GParamFlags read = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags both = read | G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY;
  props[PROP_FACE] = g_param_spec_boxed("face", NULL, NULL, SSG_TYPE_FACE, read);
  props[PROP_DONOR] = g_param_spec_boxed("donor", NULL, NULL, SSG_TYPE_FACE, read);
  props[PROP_DONOR_NAME] = g_param_spec_string("donor-name", NULL, NULL, NULL, read);
  props[PROP_SELECTED_PART] =
      g_param_spec_int("selected-part", NULL, NULL, SSG_PART_NONE, SSG_MAX_PARTS - 1, SSG_PART_NONE, both);
  props[PROP_LOCKED] = g_param_spec_uint64("locked", NULL, NULL, 0, G_MAXUINT64, 0, read);
  props[PROP_POSITION] = g_param_spec_int("position", NULL, NULL, -1, G_MAXINT, -1, read);
  props[PROP_CAN_UNDO] = g_param_spec_boolean("can-undo", NULL, NULL, FALSE, read);
  props[PROP_CAN_REDO] = g_param_spec_boolean("can-redo", NULL, NULL, FALSE, read);
  props[PROP_MODIFIED] = g_param_spec_boolean("modified", NULL, NULL, FALSE, read);
  props[PROP_IN_GESTURE] = g_param_spec_boolean("in-gesture", NULL, NULL, FALSE, read);
  props[PROP_TITLE] = g_param_spec_string("title", NULL, NULL, NULL, read);
  props[PROP_FILE] = g_param_spec_object("file", NULL, NULL, G_TYPE_FILE, both);
  props[PROP_VIEW_STATE] = g_param_spec_variant("view-state", NULL, NULL, G_VARIANT_TYPE_VARDICT, NULL, both);
  props[PROP_MODEL] = g_param_spec_boxed("model", NULL, NULL, SSG_TYPE_MODEL_INFO, read);
  g_object_class_install_properties(object_class, N_PROPS, props);
  changed_signal = g_signal_new("changed", SSG_TYPE_DOCUMENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
