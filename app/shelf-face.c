#include "app/shelf-private.h"

#include "app/i18n.h"

struct _SsgShelfFace {
  GObject parent;
  SsgShelfKind kind;
  guint64 seed;
  char *title, *name, *failed;
  SsgFace *face;
  SsgRender *thumbnail;
  SsgShelfFetch fetch;
};

G_DEFINE_FINAL_TYPE(SsgShelfFace, ssg_shelf_face, G_TYPE_OBJECT)

enum { PROP_KIND = 1, PROP_SEED, PROP_TITLE, PROP_NAME, PROP_FACE, PROP_THUMBNAIL, PROP_FAILED, N_PROPS };
static GParamSpec *props[N_PROPS];

GType ssg_shelf_kind_get_type(void)
{
  static gsize type;
  if (g_once_init_enter(&type)) {
    static const GEnumValue values[] = {{SSG_SHELF_SEED, "SSG_SHELF_SEED", "seed"},
                                        {SSG_SHELF_KEPT, "SSG_SHELF_KEPT", "kept"},
                                        {SSG_SHELF_OPENED, "SSG_SHELF_OPENED", "opened"},
                                        {0}};
    g_once_init_leave(&type, g_enum_register_static("SsgShelfKind", values));
  }
  return type;
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  SsgShelfFace *self = SSG_SHELF_FACE(object);
  switch (id) {
  case PROP_KIND:
    g_value_set_enum(value, self->kind);
    break;
  case PROP_SEED:
    g_value_set_uint64(value, self->seed);
    break;
  case PROP_TITLE:
    g_value_set_string(value, self->title);
    break;
  case PROP_NAME:
    g_value_set_string(value, self->name);
    break;
  case PROP_FACE:
    g_value_set_boxed(value, self->face);
    break;
  case PROP_THUMBNAIL:
    g_value_set_boxed(value, self->thumbnail);
    break;
  case PROP_FAILED:
    g_value_set_string(value, self->failed);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void finalize(GObject *object)
{
  SsgShelfFace *self = SSG_SHELF_FACE(object);
  g_free(self->title);
  g_free(self->name);
  g_free(self->failed);
  g_clear_pointer(&self->face, ssg_face_unref);
  g_clear_pointer(&self->thumbnail, ssg_render_unref);
  g_clear_object(&self->fetch.cancellable);
  G_OBJECT_CLASS(ssg_shelf_face_parent_class)->finalize(object);
}

SsgShelfFace *ssg_shelf_face_new_seed(guint64 seed)
{
  SsgShelfFace *self = g_object_new(SSG_TYPE_SHELF_FACE, NULL);
  self->kind = SSG_SHELF_SEED;
  self->seed = seed;
  self->title = g_strdup_printf("%" G_GUINT64_FORMAT, seed);
  /* Translators: a face by its number, in the middle of a sentence: "Hair from face 1043". */
  self->name = g_strdup_printf(_("face %s"), self->title);
  return self;
}

SsgShelfFace *ssg_shelf_face_new(SsgShelfKind kind, SsgFace *face, guint64 seed, const char *title)
{
  g_return_val_if_fail(kind != SSG_SHELF_SEED, NULL);
  SsgShelfFace *self = g_object_new(SSG_TYPE_SHELF_FACE, NULL);
  self->kind = kind;
  self->seed = seed;
  self->title = g_strdup(title);
  /* Translators: a face by its title, in the middle of a sentence: Hair from “Portrait study”. */
  self->name = g_strdup_printf(_("“%s”"), title);
  self->face = ssg_face_ref(face);
  return self;
}

SsgShelfKind ssg_shelf_face_kind(SsgShelfFace *self)
{
  return self->kind;
}

guint64 ssg_shelf_face_seed(SsgShelfFace *self)
{
  return self->seed;
}

const char *ssg_shelf_face_title(SsgShelfFace *self)
{
  return self->title;
}

const char *ssg_shelf_face_name(SsgShelfFace *self)
{
  return self->name;
}

SsgFace *ssg_shelf_face_face(SsgShelfFace *self)
{
  return self->face;
}

SsgRender *ssg_shelf_face_thumbnail(SsgShelfFace *self)
{
  return self->thumbnail;
}

void ssg_shelf_face_set_thumbnail(SsgShelfFace *self, SsgRender *thumbnail)
{
  if (thumbnail == self->thumbnail)
    return;
  g_clear_pointer(&self->thumbnail, ssg_render_unref);
  self->thumbnail = thumbnail ? ssg_render_ref(thumbnail) : NULL;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_THUMBNAIL]);
}

void ssg_shelf_face_set_face(SsgShelfFace *self, SsgFace *face)
{
  if (face == self->face)
    return;
  g_clear_pointer(&self->face, ssg_face_unref);
  self->face = face ? ssg_face_ref(face) : NULL;
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_FACE]);
}

void ssg_shelf_face_set_failed(SsgShelfFace *self, const char *why)
{
  if (g_strcmp0(why, self->failed) == 0)
    return;
  g_free(self->failed);
  self->failed = g_strdup(why);
  g_object_notify_by_pspec(G_OBJECT(self), props[PROP_FAILED]);
}

SsgShelfFetch *ssg_shelf_face_fetch(SsgShelfFace *self)
{
  return &self->fetch;
}

static void ssg_shelf_face_init(SsgShelfFace *self)
{
}

static void ssg_shelf_face_class_init(SsgShelfFaceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  const GParamFlags read = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  props[PROP_KIND] = g_param_spec_enum("kind", NULL, NULL, SSG_TYPE_SHELF_KIND, SSG_SHELF_SEED, read);
  props[PROP_SEED] = g_param_spec_uint64("seed", NULL, NULL, 0, G_MAXUINT64, 0, read);
  props[PROP_TITLE] = g_param_spec_string("title", NULL, NULL, NULL, read);
  props[PROP_NAME] = g_param_spec_string("name", NULL, NULL, NULL, read);
  props[PROP_FACE] = g_param_spec_boxed("face", NULL, NULL, SSG_TYPE_FACE, read);
  props[PROP_THUMBNAIL] = g_param_spec_boxed("thumbnail", NULL, NULL, SSG_TYPE_RENDER, read);
  props[PROP_FAILED] = g_param_spec_string("failed", NULL, NULL, NULL, read);
  g_object_class_install_properties(object_class, N_PROPS, props);
}
