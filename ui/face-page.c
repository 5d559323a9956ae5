#include "ui/face-page.h"

struct _SsgFacePage {
  SsgInspectorPage parent_instance;
  GtkWidget *scroller, *body, *truncation, *blend, *pose, *directions, *move_x, *move_y, *size, *noise, *reroll;
  gboolean setting;
};

G_DEFINE_FINAL_TYPE(SsgFacePage, ssg_face_page, SSG_TYPE_INSPECTOR_PAGE)

static SsgDocument *document(SsgFacePage *self)
{
  return ssg_inspector_page_document(SSG_INSPECTOR_PAGE(self));
}

static void blend_moved(SsgSlider *slider, double value, gboolean done, SsgFacePage *self)
{
  ssg_inspector_page_blend(SSG_INSPECTOR_PAGE(self), slider, SSG_PART_WHOLE, SSG_CODE_SHAPE, value, done);
}

static void pose_moved(SsgSlider *slider, double value, gboolean done, SsgFacePage *self)
{
  ssg_inspector_page_blend(SSG_INSPECTOR_PAGE(self), slider, SSG_PART_BASE, SSG_CODE_SHAPE, value, done);
}

static void noise_selected(SsgFacePage *self)
{
  guint selected = gtk_drop_down_get_selected(GTK_DROP_DOWN(self->noise));
  if (self->setting || !ssg_inspector_page_editable(SSG_INSPECTOR_PAGE(self)) || selected > SSG_NOISE_NONE)
    return;
  guint64 seed = ssg_face_noise_seed(ssg_document_face(document(self)));
  ssg_document_set_noise(document(self), (SsgNoise) selected, seed ? seed : 1);
}

static void reroll_clicked(SsgFacePage *self)
{
  if (ssg_inspector_page_editable(SSG_INSPECTOR_PAGE(self)))
    ssg_document_set_noise(document(self), SSG_NOISE_SEEDED, g_random_int());
}

static void refresh(SsgInspectorPage *page)
{
  SsgFacePage *self = SSG_FACE_PAGE(page);
  gboolean editable = ssg_inspector_page_editable(page);
  SSG_INSPECTOR_PAGE_CLASS(ssg_face_page_parent_class)->refresh(page);
  gtk_widget_set_sensitive(self->body, editable);
  if (!editable)
    return;
  g_autoptr(SsgTuning) whole = ssg_document_tuning(document(self), SSG_PART_WHOLE);
  g_autoptr(SsgTuning) base = ssg_document_tuning(document(self), SSG_PART_BASE);
  ssg_slider_set_value(SSG_SLIDER(self->blend), ssg_tuning_blend(whole, SSG_CODE_SHAPE));
  ssg_slider_set_value(SSG_SLIDER(self->pose), ssg_tuning_blend(base, SSG_CODE_SHAPE));
  gtk_widget_set_sensitive(self->blend, ssg_tuning_can_blend(whole, SSG_CODE_SHAPE));
  gtk_widget_set_sensitive(self->pose, ssg_tuning_can_blend(base, SSG_CODE_SHAPE));
  self->setting = TRUE;
  gtk_drop_down_set_selected(GTK_DROP_DOWN(self->noise), ssg_face_noise(ssg_document_face(document(self))));
  self->setting = FALSE;
}

static void subject_changed(SsgInspectorPage *page)
{
  ssg_inspector_page_show(page, SSG_PART_WHOLE, SSG_PART_BASE);
}

static GtkWidget *find_own_slider(SsgInspectorPage *page, const char *name)
{
  SsgFacePage *self = SSG_FACE_PAGE(page);
  return g_str_equal(name, "blend") ? self->blend : g_str_equal(name, "pose") ? self->pose : NULL;
}

#define BIND(name) gtk_widget_class_bind_template_child(widget_class, SsgFacePage, name)

static void ssg_face_page_class_init(SsgFacePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  SsgInspectorPageClass *page_class = SSG_INSPECTOR_PAGE_CLASS(klass);
  page_class->refresh = refresh;
  page_class->subject_changed = subject_changed;
  page_class->find_own_slider = find_own_slider;
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
  gtk_widget_class_bind_template_callback(widget_class, blend_moved);
  gtk_widget_class_bind_template_callback(widget_class, pose_moved);
  gtk_widget_class_bind_template_callback(widget_class, noise_selected);
  gtk_widget_class_bind_template_callback(widget_class, reroll_clicked);
}

static void ssg_face_page_init(SsgFacePage *self)
{
  gtk_widget_init_template(GTK_WIDGET(self));
  ssg_inspector_page_set_controls(SSG_INSPECTOR_PAGE(self), self->truncation, self->move_x, self->move_y, self->size,
                                  GTK_GRID(self->directions));
  refresh(SSG_INSPECTOR_PAGE(self));
}
