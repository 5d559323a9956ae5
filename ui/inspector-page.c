#include "ui/inspector-page.h"

#include "ui/transform.h"

typedef struct {
  SsgDocument *document;
  SsgRenderService *service;
  GCancellable *cancellable; /* of the directions that were asked for */
  SsgDirectionSliders sliders;
  GtkWidget *truncation, *move_x, *move_y, *size;
  int part, directed;
  gboolean all, roomy;
} SsgInspectorPagePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(SsgInspectorPage, ssg_inspector_page, GTK_TYPE_WIDGET)

static SsgInspectorPagePrivate *get(SsgInspectorPage *self)
{
  return ssg_inspector_page_get_instance_private(self);
}

SsgDocument *ssg_inspector_page_document(SsgInspectorPage *self)
{
  return get(self)->document;
}

SsgRenderService *ssg_inspector_page_service(SsgInspectorPage *self)
{
  return get(self)->service;
}

int ssg_inspector_page_part(SsgInspectorPage *self)
{
  return get(self)->part;
}

SsgDirectionSliders *ssg_inspector_page_directions(SsgInspectorPage *self)
{
  return &get(self)->sliders;
}

gboolean ssg_inspector_page_editable(SsgInspectorPage *self)
{
  SsgInspectorPagePrivate *priv = get(self);
  return priv->document && priv->part != SSG_PART_NONE && ssg_document_face(priv->document);
}

gboolean ssg_inspector_page_searching(SsgInspectorPage *self)
{
  SsgInspectorPagePrivate *priv = get(self);
  return !priv->sliders.sets[0] && !priv->sliders.sets[1] && priv->service && ssg_render_service_model_info(priv->service);
}

void ssg_inspector_page_refresh(SsgInspectorPage *self)
{
  SSG_INSPECTOR_PAGE_GET_CLASS(self)->refresh(self);
}

/* Sliders ----------------------------------------------------------------------------------------------------------- */

static void truncation_moved(SsgSlider *slider, double value, gboolean done, SsgInspectorPage *self)
{
  SsgInspectorPagePrivate *priv = get(self);
  const float *mean = priv->service ? ssg_render_service_mean(priv->service) : NULL;
  if (!ssg_inspector_page_editable(self) || !mean)
    return;
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(priv->document, priv->part);
  ssg_slider_tune(priv->document, slider, ssg_tuning_with_truncation(tuning, mean, (float) value), done);
}

static void position_moved(SsgSlider *slider, double value, gboolean done, SsgInspectorPage *self)
{
  SsgInspectorPagePrivate *priv = get(self);
  if (!ssg_inspector_page_editable(self))
    return;
  SsgTransform transform = ssg_transform_from_description(ssg_slider_get_value(SSG_SLIDER(priv->move_x)),
                                                          ssg_slider_get_value(SSG_SLIDER(priv->move_y)),
                                                          ssg_slider_get_value(SSG_SLIDER(priv->size)));
  ssg_slider_place(priv->document, slider, priv->part, transform, done);
}

void ssg_inspector_page_blend(SsgInspectorPage *self, SsgSlider *slider, int part, SsgCode what, double value, gboolean done)
{
  SsgInspectorPagePrivate *priv = get(self);
  if (!ssg_inspector_page_editable(self))
    return;
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(priv->document, part);
  ssg_slider_tune(priv->document, slider, ssg_tuning_with_blend(tuning, what, (float) value), done);
}

void ssg_inspector_page_set_controls(SsgInspectorPage *self, GtkWidget *truncation, GtkWidget *move_x, GtkWidget *move_y,
                                     GtkWidget *size, GtkGrid *grid)
{
  SsgInspectorPagePrivate *priv = get(self);
  GtkWidget *places[] = { move_x, move_y, size };
  priv->truncation = truncation;
  priv->move_x = move_x;
  priv->move_y = move_y;
  priv->size = size;
  g_signal_connect(truncation, "moved", G_CALLBACK(truncation_moved), self);
  for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
    g_signal_connect(places[i], "moved", G_CALLBACK(position_moved), self);
  ssg_direction_sliders_init(&priv->sliders, grid);
}

/* Parts may lie apart after edits of their own: the first of the foreground stands for all. */
static void refresh(SsgInspectorPage *self)
{
  SsgInspectorPagePrivate *priv = get(self);
  if (!ssg_inspector_page_editable(self))
    return;
  SsgFace *face = ssg_document_face(priv->document);
  int placed = priv->part >= 0 ? priv->part : MIN(1, ssg_face_n_parts(face) - 1);
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(priv->document, priv->part);
  g_autoptr(SsgTuning) directed = ssg_document_tuning(priv->document, priv->directed);
  double x, y, size;
  ssg_transform_describe(ssg_face_transform(face, placed), &x, &y, &size);
  ssg_slider_set_value(SSG_SLIDER(priv->truncation), ssg_tuning_truncation(tuning));
  gtk_widget_set_sensitive(priv->truncation, priv->service && ssg_render_service_mean(priv->service));
  ssg_slider_set_value(SSG_SLIDER(priv->move_x), x);
  ssg_slider_set_value(SSG_SLIDER(priv->move_y), y);
  ssg_slider_set_value(SSG_SLIDER(priv->size), size);
  ssg_direction_sliders_refresh(&priv->sliders, directed);
}

/* Directions -------------------------------------------------------------------------------------------------------- */

static void build(SsgInspectorPage *self)
{
  SsgInspectorPagePrivate *priv = get(self);
  SsgDirectionSet *shape = ssg_render_service_directions(priv->service, priv->directed, SSG_CODE_SHAPE);
  SsgDirectionSet *texture =
    priv->directed >= 0 ? ssg_render_service_directions(priv->service, priv->directed, SSG_CODE_TEXTURE) : NULL;
  ssg_direction_sliders_build(&priv->sliders, priv->document, priv->directed, shape, texture, priv->all || priv->roomy,
                              priv->roomy);
  ssg_inspector_page_refresh(self);
}

static void directions_ready(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgInspectorPage) self = data;
  g_autoptr(SsgDirectionSet) set = ssg_render_service_directions_finish(SSG_RENDER_SERVICE(object), result, NULL);
  /* None: cancelled because another part was chosen, or the model went. */
  if (set && ssg_inspector_page_editable(self) && set->part == get(self)->directed)
    build(self);
}

static void ask(SsgInspectorPage *self, SsgCode what)
{
  SsgInspectorPagePrivate *priv = get(self);
  ssg_render_service_directions_async(priv->service, priv->directed, what, priv->cancellable, directions_ready,
                                      g_object_ref(self));
}

void ssg_inspector_page_show(SsgInspectorPage *self, int part, int directed)
{
  SsgInspectorPagePrivate *priv = get(self);
  g_cancellable_cancel(priv->cancellable);
  g_clear_object(&priv->cancellable);
  priv->part = part;
  priv->directed = directed;
  ssg_direction_sliders_clear(&priv->sliders);
  if (part != SSG_PART_NONE && priv->service && ssg_render_service_model_info(priv->service)) {
    priv->cancellable = g_cancellable_new();
    ask(self, SSG_CODE_SHAPE);
    if (directed >= 0)
      ask(self, SSG_CODE_TEXTURE);
  }
  ssg_inspector_page_refresh(self);
}

void ssg_inspector_page_show_all(SsgInspectorPage *self, gboolean all)
{
  get(self)->all = all;
  if (ssg_inspector_page_editable(self))
    build(self);
}

void ssg_inspector_page_set_roomy(SsgInspectorPage *self, gboolean roomy)
{
  if (roomy == get(self)->roomy)
    return;
  get(self)->roomy = roomy;
  if (ssg_inspector_page_editable(self) && !ssg_inspector_page_searching(self))
    build(self);
}

gboolean ssg_inspector_page_roomy(SsgInspectorPage *self)
{
  return get(self)->roomy;
}

/* Document ---------------------------------------------------------------------------------------------------------- */

static void subject_changed(SsgInspectorPage *self)
{
  SSG_INSPECTOR_PAGE_GET_CLASS(self)->subject_changed(self);
}

static void forget(SsgInspectorPage *self)
{
  SsgInspectorPagePrivate *priv = get(self);
  if (priv->document)
    g_signal_handlers_disconnect_by_data(priv->document, self);
  if (priv->service)
    g_signal_handlers_disconnect_by_data(priv->service, self);
  g_clear_object(&priv->document);
  g_clear_object(&priv->service);
}

void ssg_inspector_page_set_document(SsgInspectorPage *self, SsgDocument *document, SsgRenderService *service)
{
  SsgInspectorPagePrivate *priv = get(self);
  forget(self);
  priv->document = document ? g_object_ref(document) : NULL;
  priv->service = service ? g_object_ref(service) : NULL;
  if (document) {
    if (SSG_INSPECTOR_PAGE_GET_CLASS(self)->follows_selection)
      g_signal_connect_swapped(document, "notify::selected-part", G_CALLBACK(subject_changed), self);
    g_signal_connect_swapped(document, "notify::face", G_CALLBACK(ssg_inspector_page_refresh), self);
    g_signal_connect_swapped(document, "notify::donor", G_CALLBACK(ssg_inspector_page_refresh), self);
    g_signal_connect_swapped(document, "notify::locked", G_CALLBACK(ssg_inspector_page_refresh), self);
  }
  if (service) {
    g_signal_connect_swapped(service, "notify::mean-ready", G_CALLBACK(ssg_inspector_page_refresh), self);
    g_signal_connect_swapped(service, "notify::model-info", G_CALLBACK(subject_changed), self);
  }
  subject_changed(self);
}

GtkWidget *ssg_inspector_page_find_slider(SsgInspectorPage *self, const char *name)
{
  SsgInspectorPagePrivate *priv = get(self);
  GtkWidget *sliders[] = { priv->truncation, priv->move_x, priv->move_y, priv->size };
  const char *const names[] = { "truncation", "x", "y", "size" };
  GtkWidget *slider = SSG_INSPECTOR_PAGE_GET_CLASS(self)->find_own_slider(self, name);
  for (gsize i = 0; !slider && i < G_N_ELEMENTS(sliders); i++)
    if (g_str_equal(name, names[i]))
      slider = sliders[i];
  if (!slider && g_str_has_prefix(name, "direction-")) {
    guint64 i = g_ascii_strtoull(name + 10, NULL, 10);
    slider = i < priv->sliders.sliders->len ? priv->sliders.sliders->pdata[i] : NULL;
  }
  return slider ? ssg_slider_get_scale(SSG_SLIDER(slider)) : NULL;
}

static void dispose(GObject *object)
{
  SsgInspectorPage *self = SSG_INSPECTOR_PAGE(object);
  SsgInspectorPagePrivate *priv = get(self);
  forget(self);
  g_cancellable_cancel(priv->cancellable);
  g_clear_object(&priv->cancellable);
  if (priv->sliders.sliders) {
    ssg_direction_sliders_clear(&priv->sliders);
    g_clear_pointer(&priv->sliders.sliders, g_ptr_array_unref);
  }
  gtk_widget_dispose_template(GTK_WIDGET(self), G_OBJECT_TYPE(self));
  G_OBJECT_CLASS(ssg_inspector_page_parent_class)->dispose(object);
}

static void ssg_inspector_page_class_init(SsgInspectorPageClass *klass)
{
  G_OBJECT_CLASS(klass)->dispose = dispose;
  klass->refresh = refresh;
}

static void ssg_inspector_page_init(SsgInspectorPage *self)
{
  get(self)->part = get(self)->directed = SSG_PART_NONE;
}
