#include "app/shelf-private.h"

#include <string.h>
#include "engine/error.h"

#define FIRST_SEEDS 24  /* faces by seed to begin with, and how many more each time the end comes near */
#define NEAR_END 12
#define MAX_RUNNING 2   /* fetches under way: one runs, one waits, so that what was wanted last comes next */

struct _SsgShelf {
  GObject parent;
  SsgRenderService *service;
  GListModel *kept;  /* may be NULL */
  guint n_kept;      /* as last told to listeners */
  GPtrArray *seeds;  /* of SsgShelfFace, owned */
  GPtrArray *wanted; /* of SsgShelfFace, owned; not yet under way or not yet done */
  double psi;
  guint64 first_seed, next_seed, turn;
  int size;
  guint running, grow_source;
  int n_parts, style_dim; /* of the model that the seeds were listed for; 0: none yet */
};

static void list_model_init(GListModelInterface *interface);
G_DEFINE_FINAL_TYPE_WITH_CODE(SsgShelf, ssg_shelf, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

enum { PROP_PSI = 1, PROP_FIRST_SEED, PROP_THUMBNAIL_SIZE, N_PROPS };
static GParamSpec *props[N_PROPS];

typedef struct {
  SsgShelf *shelf;
  SsgShelfFace *item;
  GCancellable *cancellable;
} Fetch;

static void fetch_next(SsgShelf *self);

static gboolean complete(SsgShelfFace *item)
{
  return ssg_shelf_face_face(item) && ssg_shelf_face_thumbnail(item);
}

static void fetched(GObject *source, GAsyncResult *result, gpointer data)
{
  Fetch *fetch = data;
  SsgShelf *self = fetch->shelf;
  SsgRenderService *service = SSG_RENDER_SERVICE(source);
  g_autoptr(GError) error = NULL;
  g_autoptr(SsgRender) render = NULL;
  g_autoptr(SsgFace) face = NULL;
  gboolean by_seed = ssg_shelf_face_kind(fetch->item) == SSG_SHELF_SEED;
  if (by_seed)
    face = ssg_render_service_sample_finish(service, result, &render, &error);
  else
    render = ssg_render_service_thumbnail_finish(service, result, &error);

  SsgShelfFetch *state = ssg_shelf_face_fetch(fetch->item);
  gboolean current = state->cancellable == fetch->cancellable; /* else another fetch took over, with other settings */
  if (current)
    g_clear_object(&state->cancellable);
  self->running--;
  if (current && !error) {
    if (by_seed)
      ssg_shelf_face_set_face(fetch->item, face);
    ssg_shelf_face_set_thumbnail(fetch->item, render);
    ssg_shelf_face_set_failed(fetch->item, NULL);
    g_ptr_array_remove_fast(self->wanted, fetch->item);
  } else if (current) { /* CANCELLED: nobody here did, so the service is closed */
    if (!g_error_matches(error, SSG_ERROR, SSG_ERROR_CANCELLED))
      ssg_shelf_face_set_failed(fetch->item, error->message);
    g_ptr_array_remove_fast(self->wanted, fetch->item);
  }
  fetch_next(self);
  g_object_unref(fetch->cancellable);
  g_object_unref(fetch->item);
  g_object_unref(fetch->shelf);
  g_free(fetch);
}

/* The one wanted last whose fetch is not under way; NULL when there is none. */
static SsgShelfFace *most_wanted(SsgShelf *self)
{
  SsgShelfFace *best = NULL;
  for (guint i = 0; i < self->wanted->len; i++) {
    SsgShelfFace *item = g_ptr_array_index(self->wanted, i);
    SsgShelfFetch *state = ssg_shelf_face_fetch(item);
    if (!state->cancellable && (!best || state->turn > ssg_shelf_face_fetch(best)->turn))
      best = item;
  }
  return best;
}

static void fetch_next(SsgShelf *self)
{
  SsgShelfFace *item;
  while (self->running < MAX_RUNNING && ssg_render_service_model_info(self->service) && (item = most_wanted(self))) {
    SsgShelfFetch *state = ssg_shelf_face_fetch(item);
    Fetch *fetch = g_new(Fetch, 1);
    state->cancellable = g_cancellable_new();
    *fetch = (Fetch) {g_object_ref(self), g_object_ref(item), g_object_ref(state->cancellable)};
    self->running++;
    if (ssg_shelf_face_kind(item) == SSG_SHELF_SEED)
      ssg_render_service_sample_async(self->service, ssg_shelf_face_seed(item), self->psi, self->size,
                                      state->cancellable, fetched, fetch);
    else
      ssg_render_service_thumbnail_async(self->service, ssg_shelf_face_face(item), self->size, state->cancellable,
                                         fetched, fetch);
  }
}

static void stop_fetch(SsgShelfFace *item)
{
  SsgShelfFetch *state = ssg_shelf_face_fetch(item);
  if (state->cancellable)
    g_cancellable_cancel(state->cancellable);
  g_clear_object(&state->cancellable);
}

static gboolean has_seed(SsgShelf *self, guint64 seed)
{
  for (guint i = 0; i < self->seeds->len; i++)
    if (ssg_shelf_face_seed(g_ptr_array_index(self->seeds, i)) == seed)
      return TRUE;
  return FALSE;
}

/* Seeds that the model's file recommends come first, then all in order. */
static guint64 following_seed(SsgShelf *self)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  if (info && self->first_seed == 1)
    for (int i = 0; i < info->n_shelf_seeds; i++)
      if (!has_seed(self, info->shelf_seeds[i]))
        return info->shelf_seeds[i];
  while (has_seed(self, self->next_seed))
    self->next_seed++;
  return self->next_seed++;
}

static void add_seeds(SsgShelf *self, guint n)
{
  guint at = self->n_kept + self->seeds->len;
  for (guint i = 0; i < n; i++)
    g_ptr_array_add(self->seeds, ssg_shelf_face_new_seed(following_seed(self)));
  if (n > 0)
    g_list_model_items_changed(G_LIST_MODEL(self), at, 0, n);
}

static gboolean grow_later(gpointer data)
{
  SsgShelf *self = data;
  self->grow_source = 0;
  add_seeds(self, FIRST_SEEDS);
  return G_SOURCE_REMOVE;
}

/* Other faces: other objects. */
static void start_over(SsgShelf *self)
{
  for (guint i = 0; i < self->wanted->len; i++)
    stop_fetch(g_ptr_array_index(self->wanted, i));
  for (guint i = self->wanted->len; i-- > 0;)
    if (ssg_shelf_face_kind(g_ptr_array_index(self->wanted, i)) == SSG_SHELF_SEED)
      g_ptr_array_remove_index_fast(self->wanted, i);
  guint removed = self->seeds->len;
  g_ptr_array_set_size(self->seeds, 0);
  self->next_seed = self->first_seed;
  if (removed > 0)
    g_list_model_items_changed(G_LIST_MODEL(self), self->n_kept, removed, 0);
  if (ssg_render_service_model_info(self->service))
    add_seeds(self, FIRST_SEEDS);
}

/* A face by seed is unknown again; its old picture stays until the new one is there. */
static void forget_faces(SsgShelf *self)
{
  for (guint i = 0; i < self->seeds->len; i++) {
    SsgShelfFace *item = g_ptr_array_index(self->seeds, i);
    stop_fetch(item);
    ssg_shelf_face_set_face(item, NULL);
    ssg_shelf_face_set_failed(item, NULL);
    if (ssg_shelf_face_fetch(item)->wanted > 0 && !g_ptr_array_find(self->wanted, item, NULL))
      g_ptr_array_add(self->wanted, g_object_ref(item));
  }
}

static void model_changed(SsgShelf *self)
{
  const SsgModelInfo *info = ssg_render_service_model_info(self->service);
  /* A model for the same parts shows the same numbers: whoever compares two models must find them where they were. */
  if (info && self->seeds->len > 0 && info->arch.n_parts == self->n_parts && info->arch.style_dim == self->style_dim)
    forget_faces(self);
  else
    start_over(self);
  self->n_parts = info ? info->arch.n_parts : 0;
  self->style_dim = info ? info->arch.style_dim : 0;
  /* Small pictures of kept faces come from the old model. */
  for (guint i = 0; self->kept && i < self->n_kept; i++) {
    g_autoptr(SsgShelfFace) item = g_list_model_get_item(self->kept, i);
    ssg_shelf_face_set_thumbnail(item, NULL);
    ssg_shelf_face_set_failed(item, NULL);
    if (ssg_shelf_face_fetch(item)->wanted > 0 && !g_ptr_array_find(self->wanted, item, NULL))
      g_ptr_array_add(self->wanted, g_object_ref(item));
  }
  fetch_next(self);
}

static void kept_changed(SsgShelf *self, guint position, guint removed, guint added)
{
  self->n_kept = self->n_kept - removed + added;
  g_list_model_items_changed(G_LIST_MODEL(self), position, removed, added);
}

static GType get_item_type(GListModel *model)
{
  return SSG_TYPE_SHELF_FACE;
}

static guint get_n_items(GListModel *model)
{
  SsgShelf *self = SSG_SHELF(model);
  return self->n_kept + self->seeds->len;
}

static gpointer get_item(GListModel *model, guint position)
{
  SsgShelf *self = SSG_SHELF(model);
  if (position < self->n_kept)
    return g_list_model_get_item(self->kept, position);
  position -= self->n_kept;
  return position < self->seeds->len ? g_object_ref(g_ptr_array_index(self->seeds, position)) : NULL;
}

SsgShelf *ssg_shelf_new(SsgRenderService *service, GListModel *kept)
{
  SsgShelf *self = g_object_new(SSG_TYPE_SHELF, NULL);
  self->service = g_object_ref(service);
  g_signal_connect_object(service, "notify::model-info", G_CALLBACK(model_changed), self, G_CONNECT_SWAPPED);
  ssg_shelf_set_kept(self, kept);
  model_changed(self);
  return self;
}

void ssg_shelf_set_kept(SsgShelf *self, GListModel *kept)
{
  if (kept == self->kept)
    return;
  if (self->kept)
    g_signal_handlers_disconnect_by_data(self->kept, self);
  g_set_object(&self->kept, kept);
  guint removed = self->n_kept;
  self->n_kept = kept ? g_list_model_get_n_items(kept) : 0;
  if (kept)
    g_signal_connect_object(kept, "items-changed", G_CALLBACK(kept_changed), self, G_CONNECT_SWAPPED);
  if (removed + self->n_kept > 0)
    g_list_model_items_changed(G_LIST_MODEL(self), 0, removed, self->n_kept);
}

void ssg_shelf_set_psi(SsgShelf *self, double psi)
{
  if (psi == self->psi)
    return;
  self->psi = psi;
  forget_faces(self); /* a face that is not what its picture shows must not be dragged */
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_PSI]);
  fetch_next(self);
}

double ssg_shelf_psi(SsgShelf *self)
{
  return self->psi;
}

void ssg_shelf_set_first_seed(SsgShelf *self, guint64 seed)
{
  if (seed == self->first_seed)
    return;
  self->first_seed = seed;
  start_over(self);
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_FIRST_SEED]);
}

guint64 ssg_shelf_first_seed(SsgShelf *self)
{
  return self->first_seed;
}

void ssg_shelf_set_thumbnail_size(SsgShelf *self, int size)
{
  if (size == self->size)
    return;
  self->size = size;
  for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self)); i++) {
    g_autoptr(SsgShelfFace) item = get_item(G_LIST_MODEL(self), i);
    stop_fetch(item);
    SsgRender *thumbnail = ssg_shelf_face_thumbnail(item);
    if (thumbnail && thumbnail->size < size)
      ssg_shelf_face_set_thumbnail(item, NULL);
    if (!complete(item) && ssg_shelf_face_fetch(item)->wanted > 0 && !g_ptr_array_find(self->wanted, item, NULL))
      g_ptr_array_add(self->wanted, g_object_ref(item));
  }
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_THUMBNAIL_SIZE]);
  fetch_next(self);
}

guint ssg_shelf_n_kept(SsgShelf *self)
{
  return self->n_kept;
}

void ssg_shelf_want(SsgShelf *self, SsgShelfFace *item)
{
  SsgShelfFetch *state = ssg_shelf_face_fetch(item);
  state->wanted++;
  state->turn = ++self->turn;
  if (!complete(item) && !g_ptr_array_find(self->wanted, item, NULL))
    g_ptr_array_add(self->wanted, g_object_ref(item));
  /* Not now: whoever wants is in the middle of looking at the list. */
  guint n = self->seeds->len;
  for (guint i = n > NEAR_END ? n - NEAR_END : 0; i < n && !self->grow_source; i++)
    if (g_ptr_array_index(self->seeds, i) == item)
      self->grow_source = g_idle_add(grow_later, self);
  fetch_next(self);
}

void ssg_shelf_unwant(SsgShelf *self, SsgShelfFace *item)
{
  SsgShelfFetch *state = ssg_shelf_face_fetch(item);
  g_return_if_fail(state->wanted > 0);
  if (--state->wanted > 0)
    return;
  stop_fetch(item);
  g_ptr_array_remove_fast(self->wanted, item);
}

void ssg_shelf_grow(SsgShelf *self, guint n)
{
  if (n > self->seeds->len && ssg_render_service_model_info(self->service))
    add_seeds(self, n - self->seeds->len);
}

static void sampled(GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  SsgShelfFace *item = g_task_get_task_data(task);
  SsgShelf *self = g_task_get_source_object(task);
  SsgFace *face = ssg_render_service_sample_finish(SSG_RENDER_SERVICE(source), result, NULL, &error);
  if (!face) {
    g_task_return_error(task, error);
    return;
  }
  if (!ssg_shelf_face_face(item) && g_ptr_array_find(self->seeds, item, NULL))
    ssg_shelf_face_set_face(item, face);
  g_task_return_pointer(task, face, (GDestroyNotify) ssg_face_unref);
}

void ssg_shelf_face_async(SsgShelf *self, SsgShelfFace *item, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer data)
{
  GTask *task = g_task_new(self, cancellable, callback, data);
  g_task_set_check_cancellable(task, FALSE);
  g_task_set_task_data(task, g_object_ref(item), g_object_unref);
  if (ssg_shelf_face_face(item)) {
    g_task_return_pointer(task, ssg_face_ref(ssg_shelf_face_face(item)), (GDestroyNotify) ssg_face_unref);
    g_object_unref(task);
  } else {
    ssg_render_service_sample_async(self->service, ssg_shelf_face_seed(item), self->psi, 0, cancellable, sampled, task);
  }
}

SsgFace *ssg_shelf_face_finish(SsgShelf *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail(g_task_is_valid(result, self), NULL);
  return g_task_propagate_pointer(G_TASK(result), error);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  SsgShelf *self = SSG_SHELF(object);
  switch (id) {
  case PROP_PSI:
    g_value_set_double(value, self->psi);
    break;
  case PROP_FIRST_SEED:
    g_value_set_uint64(value, self->first_seed);
    break;
  case PROP_THUMBNAIL_SIZE:
    g_value_set_int(value, self->size);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  SsgShelf *self = SSG_SHELF(object);
  switch (id) {
  case PROP_PSI:
    ssg_shelf_set_psi(self, g_value_get_double(value));
    break;
  case PROP_FIRST_SEED:
    ssg_shelf_set_first_seed(self, g_value_get_uint64(value));
    break;
  case PROP_THUMBNAIL_SIZE:
    ssg_shelf_set_thumbnail_size(self, g_value_get_int(value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void dispose(GObject *object)
{
  SsgShelf *self = SSG_SHELF(object);
  g_clear_handle_id(&self->grow_source, g_source_remove);
  for (guint i = 0; i < self->wanted->len; i++)
    stop_fetch(g_ptr_array_index(self->wanted, i));
  g_ptr_array_set_size(self->wanted, 0);
  g_clear_object(&self->kept);
  g_clear_object(&self->service);
  G_OBJECT_CLASS(ssg_shelf_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
  SsgShelf *self = SSG_SHELF(object);
  g_ptr_array_unref(self->seeds);
  g_ptr_array_unref(self->wanted);
  G_OBJECT_CLASS(ssg_shelf_parent_class)->finalize(object);
}

static void list_model_init(GListModelInterface *interface)
{
  interface->get_item_type = get_item_type;
  interface->get_n_items = get_n_items;
  interface->get_item = get_item;
}

static void ssg_shelf_init(SsgShelf *self)
{
  self->seeds = g_ptr_array_new_with_free_func(g_object_unref);
  self->wanted = g_ptr_array_new_with_free_func(g_object_unref);
  self->psi = 0.7;
  self->first_seed = self->next_seed = 1;
  self->size = 128;
}

static void ssg_shelf_class_init(SsgShelfClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  const GParamFlags both = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  props[PROP_PSI] = g_param_spec_double("psi", NULL, NULL, 0, 2, 0.7, both);
  props[PROP_FIRST_SEED] = g_param_spec_uint64("first-seed", NULL, NULL, 0, G_MAXUINT64, 1, both);
  props[PROP_THUMBNAIL_SIZE] = g_param_spec_int("thumbnail-size", NULL, NULL, 1, 4096, 128, both);
  g_object_class_install_properties(object_class, N_PROPS, props);
}
