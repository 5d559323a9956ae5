#include "app/export.h"

#include <string.h>
#include "engine/error.h"

struct _SsgExportJob {
  GObject parent;
  SsgRenderer *renderer; /* NULL: no model */
  SsgExportOptions options; /* path, from and to are owned */
  GCancellable *cancellable;
  double progress; /* main loop */
  GMutex mutex;    /* for the next two */
  double reached;
  gboolean telling;
};

G_DEFINE_FINAL_TYPE(SsgExportJob, ssg_export_job, G_TYPE_OBJECT)

enum { PROP_PROGRESS = 1, N_PROPS };
static GParamSpec *props[N_PROPS];
static guint finished_signal;

static gboolean tell_progress(gpointer data)
{
  SsgExportJob *self = data;
  g_mutex_lock(&self->mutex);
  self->progress = self->reached;
  self->telling = FALSE;
  g_mutex_unlock(&self->mutex);
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_PROGRESS]);
  return G_SOURCE_REMOVE;
}

typedef struct {
  SsgExportJob *job;
  GMainContext *context;
} Reporter;

/* On the exporting thread. */
static void reached(double fraction, gpointer data)
{
  Reporter *reporter = data;
  SsgExportJob *self = reporter->job;
  g_mutex_lock(&self->mutex);
  self->reached = fraction;
  gboolean tell = !self->telling;
  self->telling = TRUE;
  g_mutex_unlock(&self->mutex);
  if (!tell)
    return;
  g_autoptr(GSource) source = g_idle_source_new();
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(source, tell_progress, g_object_ref(self), g_object_unref);
  g_source_attach(source, reporter->context);
}

static void run_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  SsgExportJob *self = data;
  Reporter reporter = {self, g_task_get_context(task)};
  GError *error = NULL;
  if (!self->renderer)
    g_task_return_new_error(task, SSG_ERROR, SSG_ERROR_ARGUMENT, "no model is loaded");
  else if (ssg_export_run(self->renderer, &self->options, reached, &reporter, cancellable, &error))
    g_task_return_boolean(task, TRUE);
  else
    g_task_return_error(task, error);
}

static void finished(GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgExportJob) self = data;
  g_autoptr(GError) error = NULL;
  g_task_propagate_boolean(G_TASK(result), &error);
  g_signal_emit(self, finished_signal, 0, error);
}

SsgExportJob *ssg_export_start(SsgRenderService *service, const SsgExportOptions *options)
{
  SsgExportJob *self = g_object_new(SSG_TYPE_EXPORT_JOB, NULL);
  self->renderer = ssg_render_service_renderer(service);
  self->options = *options;
  self->options.path = g_strdup(options->path);
  self->options.from = ssg_face_ref(options->from);
  self->options.to = options->to ? ssg_face_ref(options->to) : NULL;
  /* The reference is the callback's: the thread must not be the last to let go of an object with signal handlers. */
  g_autoptr(GTask) task = g_task_new(NULL, self->cancellable, finished, g_object_ref(self));
  g_task_set_task_data(task, self, NULL);
  g_task_set_check_cancellable(task, FALSE); /* the file may be there already */
  g_task_run_in_thread(task, run_in_thread);
  return self;
}

void ssg_export_job_cancel(SsgExportJob *self)
{
  g_cancellable_cancel(self->cancellable);
}

double ssg_export_job_progress(SsgExportJob *self)
{
  return self->progress;
}

const char *ssg_export_job_path(SsgExportJob *self)
{
  return self->options.path;
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == PROP_PROGRESS)
    g_value_set_double(value, SSG_EXPORT_JOB(object)->progress);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void finalize(GObject *object)
{
  SsgExportJob *self = SSG_EXPORT_JOB(object);
  g_clear_pointer(&self->renderer, ssg_renderer_unref);
  g_free((char *) self->options.path);
  ssg_face_unref(self->options.from);
  g_clear_pointer(&self->options.to, ssg_face_unref);
  g_clear_pointer(&self->options.project, ssg_project_snapshot_free);
  g_object_unref(self->cancellable);
  g_mutex_clear(&self->mutex);
  G_OBJECT_CLASS(ssg_export_job_parent_class)->finalize(object);
}

static void ssg_export_job_init(SsgExportJob *self)
{
  self->cancellable = g_cancellable_new();
  g_mutex_init(&self->mutex);
}

static void ssg_export_job_class_init(SsgExportJobClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  props[PROP_PROGRESS] =
      g_param_spec_double("progress", NULL, NULL, 0, 1, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties(object_class, N_PROPS, props);
  finished_signal = g_signal_new("finished", SSG_TYPE_EXPORT_JOB, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_ERROR);
}
