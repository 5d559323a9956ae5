#include "app/autosave.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/document-private.h"
#include "app/i18n.h"
#include "app/project-file.h"
#include "engine/error.h"

#define LONGEST_DELAYS 10 /* while changes go on, write at least every so many delays */

/* Names of one autosave: the file, and its lock. The lock is a file of its own, since every save replaces the file. */
typedef struct {
  char *path, *lock_path;
  int lock; /* descriptor that holds the lock; -1: none */
} Place;

/* What the writing thread and the main loop share. */
typedef struct {
  gatomicrefcount refs;
  GMutex mutex; /* held while writing */
  gboolean closed;
  char *path;
} Gate;

struct _SsgAutosave {
  GObject parent;
  SsgDocument *document;
  Place place;
  Gate *gate;
  guint delay, timer;
  gint64 first_change; /* monotonic time of the first change not yet written; 0: none */
  guint64 written;     /* revision in the file; 0: no file */
  gboolean writing, failing;
};

G_DEFINE_FINAL_TYPE(SsgAutosave, ssg_autosave, G_TYPE_OBJECT)

static guint failed_signal, saved_signal;

/* What recovery leaves on a document for the autosave that will watch it. */
#define HELD_PLACE "ssg-autosave-place"

static void place_clear(Place *place)
{
  if (place->lock >= 0)
    close(place->lock);
  place->lock = -1;
  g_clear_pointer(&place->path, g_free);
  g_clear_pointer(&place->lock_path, g_free);
}

static void place_free(gpointer place)
{
  place_clear(place);
  g_free(place);
}

/* "…/x.ssgan" -> "…/x.lock". */
static char *lock_path_of(const char *path)
{
  g_autofree char *stem = g_strndup(path, strlen(path) - strlen(SSG_PROJECT_EXTENSION));
  return g_strconcat(stem, ".lock", NULL);
}

/* A descriptor that holds the lock, or -1: another process, or another window of this one, has it. */
static int take_lock(const char *lock_path)
{
  while (TRUE) {
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat held, named;
    if (lock < 0 || fstat(lock, &held) != 0)
      return -1;
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
      close(lock);
      return -1;
    }
    /* Somebody may have removed the name between opening and locking: then this lock guards nothing. */
    if (stat(lock_path, &named) == 0 && named.st_ino == held.st_ino && named.st_dev == held.st_dev)
      return lock;
    close(lock);
  }
}

static char *usual_folder(void)
{
  return g_build_filename(g_get_user_state_dir(), "ssgan", "autosave", NULL);
}

static void gate_unref(gpointer data)
{
  Gate *gate = data;
  if (!g_atomic_ref_count_dec(&gate->refs))
    return;
  g_mutex_clear(&gate->mutex);
  g_free(gate->path);
  g_free(gate);
}

static Gate *gate_ref(Gate *gate)
{
  g_atomic_ref_count_inc(&gate->refs);
  return gate;
}

static void choose_place(SsgAutosave *self, const char *folder)
{
  g_autofree char *usual = folder ? NULL : usual_folder();
  if (!folder)
    folder = usual;
  g_mkdir_with_parents(folder, 0700);
  g_autofree char *id = g_uuid_string_random();
  g_autofree char *name = g_strconcat(id, SSG_PROJECT_EXTENSION, NULL);
  self->place.path = g_build_filename(folder, name, NULL);
  self->place.lock_path = lock_path_of(self->place.path);
  self->place.lock = take_lock(self->place.lock_path);
}

static void report(SsgAutosave *self, const GError *error)
{
  if (!error) {
    self->failing = FALSE;
    g_signal_emit(self, saved_signal, 0);
  } else if (!self->failing) { /* a full disk is told once, not every second */
    self->failing = TRUE;
    g_signal_emit(self, failed_signal, 0, error);
  }
}

/* A document that is as its file needs no autosave. */
static void remove_file(SsgAutosave *self)
{
  g_mutex_lock(&self->gate->mutex);
  g_unlink(self->place.path);
  g_mutex_unlock(&self->gate->mutex);
  self->written = 0;
}

typedef struct {
  SsgProjectSnapshot *snapshot;
  Gate *gate;
  guint64 revision;
} Write;

static void write_free(gpointer data)
{
  Write *job = data;
  ssg_project_snapshot_free(job->snapshot);
  gate_unref(job->gate);
  g_free(job);
}

static gboolean write_through(Gate *gate, SsgProjectSnapshot *snapshot, GError **error)
{
  g_mutex_lock(&gate->mutex);
  gboolean done = gate->closed || ssg_project_snapshot_write(snapshot, gate->path, error);
  g_mutex_unlock(&gate->mutex);
  return done;
}

static void write_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Write *job = data;
  GError *error = NULL;
  if (write_through(job->gate, job->snapshot, &error))
    g_task_return_boolean(task, TRUE);
  else
    g_task_return_error(task, error);
}

static void schedule(SsgAutosave *self);

static void written(GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgAutosave) self = data;
  g_autoptr(GError) error = NULL;
  Write *job = g_task_get_task_data(G_TASK(result));
  self->writing = FALSE;
  if (!self->document)
    return; /* closed meanwhile */
  if (g_task_propagate_boolean(G_TASK(result), &error))
    self->written = job->revision;
  report(self, error);
  if (!ssg_document_modified(self->document))
    remove_file(self);
  else if (ssg_document_revision(self->document) != self->written)
    schedule(self);
}

static gboolean timeout(gpointer data)
{
  SsgAutosave *self = data;
  self->timer = 0;
  self->first_change = 0;
  if (self->writing || !ssg_document_modified(self->document) ||
      ssg_document_revision(self->document) == self->written)
    return G_SOURCE_REMOVE; /* written() looks again */
  /* The reference is the callback's: the thread must not be the last to let go. */
  g_autoptr(GTask) task = g_task_new(NULL, NULL, written, g_object_ref(self));
  Write *job = g_new(Write, 1);
  *job = (Write) {ssg_project_snapshot_new(self->document), gate_ref(self->gate), ssg_document_revision(self->document)};
  g_task_set_task_data(task, job, write_free);
  self->writing = TRUE;
  g_task_run_in_thread(task, write_in_thread);
  return G_SOURCE_REMOVE;
}

static void schedule(SsgAutosave *self)
{
  gint64 now = g_get_monotonic_time();
  if (!self->first_change)
    self->first_change = now;
  gint64 latest = self->first_change + (gint64) LONGEST_DELAYS * self->delay * 1000;
  gint64 wait = MIN(self->delay, MAX(0, (latest - now) / 1000));
  g_clear_handle_id(&self->timer, g_source_remove);
  self->timer = g_timeout_add(wait, timeout, self);
}

static void document_changed(SsgAutosave *self)
{
  if (ssg_document_current(self->document) && ssg_document_modified(self->document))
    schedule(self);
}

static void modified_changed(SsgAutosave *self)
{
  if (ssg_document_modified(self->document))
    return;
  g_clear_handle_id(&self->timer, g_source_remove);
  self->first_change = 0;
  if (!self->writing) /* else written() removes it */
    remove_file(self);
}

static void stop(SsgAutosave *self)
{
  g_clear_handle_id(&self->timer, g_source_remove);
  if (self->document)
    g_signal_handlers_disconnect_by_data(self->document, self);
  g_clear_object(&self->document);
}

SsgAutosave *ssg_autosave_new(SsgDocument *document, const char *folder, guint delay_ms)
{
  SsgAutosave *self = g_object_new(SSG_TYPE_AUTOSAVE, NULL);
  Place *held = g_object_steal_data(G_OBJECT(document), HELD_PLACE);
  self->document = g_object_ref(document);
  self->delay = delay_ms;
  if (held) {
    self->place = *held;
    self->written = ssg_document_revision(document);
    g_free(held);
  } else {
    choose_place(self, folder);
  }
  self->gate = g_new0(Gate, 1);
  g_atomic_ref_count_init(&self->gate->refs);
  g_mutex_init(&self->gate->mutex);
  self->gate->path = g_strdup(self->place.path);
  g_signal_connect_object(document, "changed", G_CALLBACK(document_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object(document, "notify::modified", G_CALLBACK(modified_changed), self, G_CONNECT_SWAPPED);
  if (!held)
    document_changed(self);
  return self;
}

gboolean ssg_autosave_flush(SsgAutosave *self, GError **error)
{
  if (!self->document || !ssg_document_current(self->document) || !ssg_document_modified(self->document) ||
      (ssg_document_revision(self->document) == self->written && !self->writing))
    return TRUE;
  g_clear_handle_id(&self->timer, g_source_remove);
  self->first_change = 0;
  g_autoptr(SsgProjectSnapshot) snapshot = ssg_project_snapshot_new(self->document);
  if (!write_through(self->gate, snapshot, error))
    return FALSE;
  self->written = ssg_document_revision(self->document);
  return TRUE;
}

void ssg_autosave_close(SsgAutosave *self)
{
  stop(self);
  if (!self->place.path)
    return;
  g_mutex_lock(&self->gate->mutex); /* waits for a write under way; later ones see closed */
  self->gate->closed = TRUE;
  g_unlink(self->place.path);
  g_unlink(self->place.lock_path);
  g_mutex_unlock(&self->gate->mutex);
  place_clear(&self->place);
}

const char *ssg_autosave_path(SsgAutosave *self)
{
  return self->place.path;
}

void ssg_recovery_free(SsgRecovery *recovery)
{
  if (!recovery)
    return;
  g_free(recovery->path);
  g_free(recovery->title);
  g_free(recovery->original_path);
  g_free(recovery);
}

static int newest_first(gconstpointer a, gconstpointer b)
{
  const SsgRecovery *p = *(SsgRecovery *const *) a, *q = *(SsgRecovery *const *) b;
  return (p->time < q->time) - (p->time > q->time);
}

/* Locks that a crash left before anything was written. */
static void remove_stale_lock(const char *folder, const char *name)
{
  g_autofree char *lock_path = g_build_filename(folder, name, NULL);
  g_autofree char *stem = g_strndup(lock_path, strlen(lock_path) - strlen(".lock"));
  g_autofree char *path = g_strconcat(stem, SSG_PROJECT_EXTENSION, NULL);
  if (g_file_test(path, G_FILE_TEST_EXISTS))
    return;
  int lock = take_lock(lock_path);
  if (lock < 0)
    return;
  g_unlink(lock_path);
  close(lock);
}

static SsgRecovery *look_at(const char *path)
{
  g_autofree char *lock_path = lock_path_of(path);
  GStatBuf status;
  int lock = take_lock(lock_path);
  if (lock < 0)
    return NULL;
  close(lock);
  if (g_stat(path, &status) != 0)
    return NULL;
  SsgRecovery *recovery = g_new0(SsgRecovery, 1);
  recovery->path = g_strdup(path);
  recovery->time = (gint64) status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;
  if (!ssg_project_peek(path, &recovery->title, &recovery->original_path, NULL))
    recovery->title = g_strdup(_("Untitled")); /* opening it says what is wrong */
  return recovery;
}

GPtrArray *ssg_recovery_list(const char *folder)
{
  g_autofree char *usual = folder ? NULL : usual_folder();
  if (!folder)
    folder = usual;
  GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) ssg_recovery_free);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    if (g_str_has_suffix(name, ".lock"))
      remove_stale_lock(folder, name);
    if (name[0] == '.' || !g_str_has_suffix(name, SSG_PROJECT_EXTENSION))
      continue;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    SsgRecovery *recovery = look_at(path);
    if (recovery)
      g_ptr_array_add(list, recovery);
  }
  g_ptr_array_sort(list, newest_first);
  return list;
}

SsgDocument *ssg_recovery_open(const SsgRecovery *recovery, GError **error)
{
  Place place = {.path = g_strdup(recovery->path), .lock_path = lock_path_of(recovery->path)};
  place.lock = take_lock(place.lock_path);
  if (place.lock < 0) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: the document was recovered by another window already",
                recovery->title);
    place_clear(&place);
    return NULL;
  }
  SsgDocument *document = ssg_project_load(recovery->path, error);
  if (!document) {
    place_clear(&place);
    return NULL;
  }
  g_autoptr(GFile) original = recovery->original_path ? g_file_new_for_path(recovery->original_path) : NULL;
  ssg_document_set_file(document, original);
  ssg_document_set_unsaved(document);
  g_object_set_data_full(G_OBJECT(document), HELD_PLACE, g_memdup2(&place, sizeof place), place_free);
  return document;
}

gboolean ssg_recovery_discard(const SsgRecovery *recovery, GError **error)
{
  g_autofree char *lock_path = lock_path_of(recovery->path);
  int lock = take_lock(lock_path);
  gboolean done = lock >= 0 && (g_unlink(recovery->path) == 0 || errno == ENOENT);
  if (lock < 0)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: the document is open in another window", recovery->title);
  else if (!done)
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s: %s", recovery->path, g_strerror(errno));
  if (done)
    g_unlink(lock_path);
  if (lock >= 0)
    close(lock);
  return done;
}

static void dispose(GObject *object)
{
  SsgAutosave *self = SSG_AUTOSAVE(object);
  stop(self);
  G_OBJECT_CLASS(ssg_autosave_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
  SsgAutosave *self = SSG_AUTOSAVE(object);
  place_clear(&self->place);
  g_clear_pointer(&self->gate, gate_unref);
  G_OBJECT_CLASS(ssg_autosave_parent_class)->finalize(object);
}

static void ssg_autosave_init(SsgAutosave *self)
{
  self->place.lock = -1;
}

static void ssg_autosave_class_init(SsgAutosaveClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  failed_signal = g_signal_new("failed", SSG_TYPE_AUTOSAVE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                               G_TYPE_ERROR);
  saved_signal = g_signal_new("saved", SSG_TYPE_AUTOSAVE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
