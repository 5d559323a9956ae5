#include "ui/face-page.h"

#include "app/i18n.h"
#include "ui/inspector-page.h"
#include "ui/transform.h"

struct _SsgFacePage {
  GtkWidget parent_instance;
  GtkWidget *scroller, *body, *truncation, *blend, *pose, *directions, *move_x, *move_y, *size, *noise, *reroll;

  SsgDocument *document;
  SsgRenderService *service;
  SsgDirectionSliders sliders;
  GCancellable *cancellable;
  gboolean setting;
};

G_DEFINE_FINAL_TYPE(SsgFacePage, ssg_face_page, GTK_TYPE_WIDGET)

static gboolean editable(SsgFacePage *self)
{
  return self->document && ssg_document_face(self->document);
}

static void truncation_moved(SsgSlider *slider, double value, gboolean done, SsgFacePage *self)
{
  const float *mean = self->service ? ssg_render_service_mean(self->service) : NULL;
  if (!editable(self) || !mean)
    return;
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(self->document, SSG_PART_WHOLE);
  ssg_page_tune(self->document, slider, ssg_tuning_with_truncation(tuning, mean, (float) value), done);
}

static void blend(SsgFacePage *self, SsgSlider *slider, int part, double value, gboolean done)
{
  if (!editable(self))
    return;
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(self->document, part);
  ssg_page_tune(self->document, slider, ssg_tuning_with_blend(tuning, SSG_CODE_SHAPE, (float) value), done);
}

static void blend_moved(SsgSlider *slider, double value, gboolean done, SsgFacePage *self)
{
  blend(self, slider, SSG_PART_WHOLE, value, done);
}

static void pose_moved(SsgSlider *slider, double value, gboolean done, SsgFacePage *self)
{
  blend(self, slider, SSG_PART_BASE, value, done);
}

static void position_moved(SsgSlider *slider, double value, gboolean done, SsgFacePage *self)
{
  if (!editable(self))
    return;
  SsgTransform transform = ssg_transform_from_description(ssg_slider_get_value(SSG_SLIDER(self->move_x)),
                                                          ssg_slider_get_value(SSG_SLIDER(self->move_y)),
                                                          ssg_slider_get_value(SSG_SLIDER(self->size)));
  ssg_page_transform(self->document, slider, SSG_PART_WHOLE, transform, done);
}

static void noise_selected(SsgFacePage *self)
{
  guint selected = gtk_drop_down_get_selected(GTK_DROP_DOWN(self->noise));
  if (self->setting || !editable(self) || selected > SSG_NOISE_NONE)
    return;
  guint64 seed = ssg_face_noise_seed(ssg_document_face(self->document));
  ssg_document_set_noise(self->document, (SsgNoise) selected, seed ? seed : 1);
}

static void reroll_clicked(SsgFacePage *self)
{
  if (editable(self))
    ssg_document_set_noise(self->document, SSG_NOISE_SEEDED, g_random_int());
}

static void refresh(SsgFacePage *self)
{
  gtk_widget_set_sensitive(self->body, editable(self));
  if (!editable(self))
    return;
  SsgFace *face = ssg_document_face(self->document);
  g_autoptr(SsgTuning) whole = ssg_document_tuning(self->document, SSG_PART_WHOLE);
  g_autoptr(SsgTuning) base = ssg_document_tuning(self->document, SSG_PART_BASE);
  double x, y, size;
  /* Parts may lie apart after edits of their own: the first one stands for all. */
  ssg_transform_describe(ssg_face_transform(face, MIN(1, ssg_face_n_parts(face) - 1)), &x, &y, &size);
  ssg_slider_set_value(SSG_SLIDER(self->truncation), ssg_tuning_truncation(whole));
  ssg_slider_set_value(SSG_SLIDER(self->blend), ssg_tuning_blend(whole, SSG_CODE_SHAPE));
  ssg_slider_set_value(SSG_SLIDER(self->pose), ssg_tuning_blend(base, SSG_CODE_SHAPE));
  ssg_slider_set_value(SSG_SLIDER(self->move_x), x);
  ssg_slider_set_value(SSG_SLIDER(self->move_y), y);
  ssg_slider_set_value(SSG_SLIDER(self->size), size);
  gtk_widget_set_sensitive(self->truncation, self->service && ssg_render_service_mean(self->service));
  gtk_widget_set_sensitive(self->blend, ssg_tuning_donor(whole) != NULL);
  gtk_widget_set_sensitive(self->pose, ssg_tuning_donor(base) != NULL);
  ssg_direction_sliders_refresh(&self->sliders, base);
  self->setting = TRUE;
  gtk_drop_down_set_selected(GTK_DROP_DOWN(self->noise), ssg_face_noise(face));
  self->setting = FALSE;
}

static void directions_ready(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgFacePage) self = data;
  g_autoptr(SsgDirectionSet) set = ssg_render_service_directions_finish(SSG_RENDER_SERVICE(object), result, NULL);
  if (!set || !editable(self))
    return;
  ssg_direction_sliders_build(&self->sliders, self->document, SSG_PART_BASE, set, NULL, FALSE);
  refresh(self);
}

static void ask_directions(SsgFacePage *self)
{
  g_cancellable_cancel(self->cancellable);
  g_clear_object(&self->cancellable);
  ssg_direction_sliders_clear(&self->sliders);
  if (self->service && ssg_render_service_model_info(self->service)) {
    self->cancellable = g_cancellable_new();
    ssg_render_service_directions_async(self->service, SSG_PART_BASE, SSG_CODE_SHAPE, self->cancellable,
                                        directions_ready, g_object_ref(self));
  }
  refresh(self);
}

void ssg_face_page_set_document(SsgFacePage *self, SsgDocument *document, SsgRenderService *service)
{
  if (self->document)
    g_signal_handlers_disconnect_by_data(self->document, self);
  if (self->service)
    g_signal_handlers_disconnect_by_data(self->service, self);
  g_set_object(&self->document, document);
  g_set_object(&self->service, service);
  if (document) {
    g_signal_connect_swapped(document, "notify::face", G_CALLBACK(refresh), self);
    g_signal_connect_swapped(document, "notify::donor", G_CALLBACK(refresh), self);
  }
  if (service) {
    g_signal_connect_swapped(service, "notify::mean-ready", G_CALLBACK(refresh), self);
    g_signal_connect_swapped(service, "notify::model-info", G_CALLBACK(ask_directions), self);
  }
  ask_directions(self);
}

GtkWidget *ssg_face_page_find_slider(SsgFacePage *self, const char *name)
{
  GtkWidget *sliders[] = { self->truncation, self->blend, self->pose, self->move_x, self->move_y, self->size };
  const char *const names[] = { "truncation", "blend", "pose", "x", "y", "size" };
  for (gsize i = 0; i < G_N_ELEMENTS(sliders); i++)
    if (g_str_equal(name, names[i]))
      return ssg_slider_get_scale(SSG_SLIDER(sliders[i]));
  if (g_str_has_prefix(name, "direction-")) {
    guint64 i = g_ascii_strtoull(name + 10, NULL, 10);
    if (i < self->sliders.sliders->len)
      return ssg_slider_get_scale(self->sliders.sliders->pdata[i]);
  }
  return NULL;
}

static void dispose(GObject *object)
{
  SsgFacePage *self = SSG_FACE_PAGE(object);
  if (self->document)
    g_signal_handlers_disconnect_by_data(self->document, self);
  if (self->service)
    g_signal_handlers_disconnect_by_data(self->service, self);
  g_cancellable_cancel(self->cancellable);
  g_clear_object(&self->cancellable);
  g_clear_object(&self->document);
  g_clear_object(&self->service);
  if (self->sliders.sliders) {
    ssg_direction_sliders_clear(&self->sliders);
    g_clear_pointer(&self->sliders.sliders, g_ptr_array_unref);
  }
  gtk_widget_dispose_template(GTK_WIDGET(self), SSG_TYPE_FACE_PAGE);
  G_OBJECT_CLASS(ssg_face_page_parent_class)->dispose(object);
}

#define BIND(name) gtk_widget_class_bind_template_child(widget_class, SsgFacePage, name)

static void ssg_face_page_class_init(SsgFacePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  G_OBJECT_CLASS(klass)->dispose = dispose;
  g_type_ensure(SSG_TYPE_SLIDER);
  gtk_widget_class_set_template_from_resource(widget_class, "/io/github/ssgan/Editor/face-page.ui");
  BIND(scroller);
  BIND(body);
  BIND(truncation);
  BIND(blend);
  BIND(pose);
  BIND(directions);
  BIND(move_x);
  BIND(move_y);
  BIND(size);
  BIND(noise);
  BIND(reroll);
  gtk_widget_class_bind_template_callback(widget_class, truncation_moved);
  gtk_widget_class_bind_template_callback(widget_class, blend_moved);
  gtk_widget_class_bind_template_callback(widget_class, pose_moved);
  gtk_widget_class_bind_template_callback(widget_class, position_moved);
  gtk_widget_class_bind_template_callback(widget_class, noise_selected);
  gtk_widget_class_bind_template_callback(widget_class, reroll_clicked);
}

static void ssg_face_page_init(SsgFacePage *self)
{
  gtk_widget_init_template(GTK_WIDGET(self));
  ssg_direction_sliders_init(&self->sliders, GTK_BOX(self->directions));
  refresh(self);
}
