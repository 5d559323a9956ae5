#include "app/history.h"

struct _SsgHistoryEntry {
  GObject parent;
  SsgFace *face, *origin;
  char *description;
  gint64 time;
  SsgRender *thumbnail;
  SsgTuning **tunings; /* [K + 2], from SSG_PART_WHOLE on; NULL until one is set */
};

G_DEFINE_FINAL_TYPE(SsgHistoryEntry, ssg_history_entry, G_TYPE_OBJECT)

enum { PROP_FACE = 1, PROP_DESCRIPTION, PROP_TIME, PROP_THUMBNAIL, N_PROPS };
static GParamSpec *props[N_PROPS];

static int n_tunings(SsgHistoryEntry *self)
{
  return ssg_face_n_parts(self->face) + 2;
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  SsgHistoryEntry *self = SSG_HISTORY_ENTRY(object);
  switch (id) {
  case PROP_FACE:
    g_value_set_boxed(value, self->face);
    break;
  case PROP_DESCRIPTION:
    g_value_set_string(value, self->description);
    break;
  case PROP_TIME:
    g_value_set_int64(value, self->time);
    break;
  case PROP_THUMBNAIL:
    g_value_set_boxed(value, self->thumbnail);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  if (id == PROP_THUMBNAIL)
    ssg_history_entry_set_thumbnail(SSG_HISTORY_ENTRY(object), g_value_get_boxed(value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void finalize(GObject *object)
{
  SsgHistoryEntry *self = SSG_HISTORY_ENTRY(object);
  for (int i = 0; self->tunings && i < n_tunings(self); i++)
    g_clear_pointer(&self->tunings[i], ssg_tuning_unref);
  g_free(self->tunings);
  ssg_face_unref(self->face);
  ssg_face_unref(self->origin);
  g_free(self->description);
  g_clear_pointer(&self->thumbnail, ssg_render_unref);
  G_OBJECT_CLASS(ssg_history_entry_parent_class)->finalize(object);
}

SsgHistoryEntry *ssg_history_entry_new(SsgFace *face, SsgFace *origin, const char *description, gint64 time)
{
  SsgHistoryEntry *self = g_object_new(SSG_TYPE_HISTORY_ENTRY, NULL);
  self->face = ssg_face_ref(face);
  self->origin = ssg_face_ref(origin ? origin : face);
  self->description = g_strdup(description);
  self->time = time ? time : g_get_real_time();
  return self;
}

SsgFace *ssg_history_entry_face(SsgHistoryEntry *self)
{
  return self->face;
}

SsgFace *ssg_history_entry_origin(SsgHistoryEntry *self)
{
  return self->origin;
}

const char *ssg_history_entry_description(SsgHistoryEntry *self)
{
  return self->description;
}

gint64 ssg_history_entry_time(SsgHistoryEntry *self)
{
  return self->time;
}

SsgRender *ssg_history_entry_thumbnail(SsgHistoryEntry *self)
{
  return self->thumbnail;
}

void ssg_history_entry_set_thumbnail(SsgHistoryEntry *self, SsgRender *thumbnail)
{
  if (thumbnail == self->thumbnail)
    return;
  g_clear_pointer(&self->thumbnail, ssg_render_unref);
  self->thumbnail = thumbnail ? ssg_render_ref(thumbnail) : NULL;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_THUMBNAIL]);
}

SsgTuning *ssg_history_entry_tuning(SsgHistoryEntry *self, int part)
{
  g_assert(part >= SSG_PART_WHOLE && part - SSG_PART_WHOLE < n_tunings(self));
  return self->tunings ? self->tunings[part - SSG_PART_WHOLE] : NULL;
}

void ssg_history_entry_set_tuning(SsgHistoryEntry *self, int part, SsgTuning *tuning)
{
  g_assert(part >= SSG_PART_WHOLE && part - SSG_PART_WHOLE < n_tunings(self));
  g_assert(!tuning || ssg_tuning_part(tuning) == part);
  if (!self->tunings)
    self->tunings = g_new0(SsgTuning *, n_tunings(self));
  SsgTuning **place = &self->tunings[part - SSG_PART_WHOLE];
  if (tuning)
    ssg_tuning_ref(tuning);
  g_clear_pointer(place, ssg_tuning_unref);
  *place = tuning;
}

static void ssg_history_entry_init(SsgHistoryEntry *self)
{
}

static void ssg_history_entry_class_init(SsgHistoryEntryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->finalize = finalize;
  const GParamFlags read = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  props[PROP_FACE] = g_param_spec_boxed("face", NULL, NULL, SSG_TYPE_FACE, read);
  props[PROP_DESCRIPTION] = g_param_spec_string("description", NULL, NULL, NULL, read);
  props[PROP_TIME] = g_param_spec_int64("time", NULL, NULL, 0, G_MAXINT64, 0, read);
  props[PROP_THUMBNAIL] = g_param_spec_boxed("thumbnail", NULL, NULL, SSG_TYPE_RENDER,
                                             read | G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties(object_class, N_PROPS, props);
}
