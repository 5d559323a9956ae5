#include "ui/part-page.h"

#include <adwaita.h>
#include "app/i18n.h"
#include "ui/inspector-page.h"
#include "ui/textures.h"
#include "ui/thumb.h"
#include "ui/transform.h"

struct _SsgPartPage {
  GtkWidget parent_instance;
  GtkWidget *stack, *chip, *name, *eye, *lock, *donor_row, *donor_thumb, *donor_name, *swap;
  GtkWidget *blends, *shape, *texture, *buttons, *resample_shape, *resample_texture, *reset;
  GtkWidget *body, *truncation, *directions_header, *all, *searching, *directions, *move_x, *move_y, *size;

  SsgDocument *document;
  SsgRenderService *service;
  GCancellable *cancellable; /* of what was asked for the part shown */
  SsgDirectionSliders sliders;
  int part;
  gboolean setting;
};

G_DEFINE_FINAL_TYPE(SsgPartPage, ssg_part_page, GTK_TYPE_WIDGET)

static void refresh(SsgPartPage *self);

static gboolean editable(SsgPartPage *self)
{
  return self->document && self->part >= 0 && ssg_document_face(self->document);
}

static void blend_moved(SsgPartPage *self, GtkWidget *slider, SsgCode what, double value, gboolean done)
{
  if (!editable(self))
    return;
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(self->document, self->part);
  ssg_page_tune(self->document, SSG_SLIDER(slider), ssg_tuning_with_blend(tuning, what, (float) value), done);
}

static void shape_moved(SsgSlider *slider, double value, gboolean done, SsgPartPage *self)
{
  blend_moved(self, GTK_WIDGET(slider), SSG_CODE_SHAPE, value, done);
}

static void texture_moved(SsgSlider *slider, double value, gboolean done, SsgPartPage *self)
{
  blend_moved(self, GTK_WIDGET(slider), SSG_CODE_TEXTURE, value, done);
}

static void truncation_moved(SsgSlider *slider, double value, gboolean done, SsgPartPage *self)
{
  const float *mean = self->service ? ssg_render_service_mean(self->service) : NULL;
  if (!editable(self) || !mean)
    return;
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(self->document, self->part);
  ssg_page_tune(self->document, slider, ssg_tuning_with_truncation(tuning, mean, (float) value), done);
}

static void position_moved(SsgSlider *slider, double value, gboolean done, SsgPartPage *self)
{
  if (!editable(self))
    return;
  SsgTransform transform = ssg_transform_from_description(ssg_slider_get_value(SSG_SLIDER(self->move_x)),
                                                          ssg_slider_get_value(SSG_SLIDER(self->move_y)),
                                                          ssg_slider_get_value(SSG_SLIDER(self->size)));
  ssg_page_transform(self->document, slider, self->part, transform, done);
}

static void eye_toggled(SsgPartPage *self)
{
  gboolean shown = gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(self->eye));
  gtk_button_set_icon_name(GTK_BUTTON(self->eye), shown ? "view-reveal-symbolic" : "view-conceal-symbolic");
  if (!self->setting && editable(self))
    ssg_document_set_shown(self->document, self->part, shown);
}

static void lock_toggled(SsgPartPage *self)
{
  gboolean locked = gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(self->lock));
  gtk_button_set_icon_name(GTK_BUTTON(self->lock), locked ? "changes-prevent-symbolic" : "changes-allow-symbolic");
  if (!self->setting && editable(self))
    ssg_document_set_locked(self->document, self->part, locked);
}

static void resample_shape_clicked(SsgPartPage *self)
{
  gtk_widget_activate_action(GTK_WIDGET(self), "win.resample", "s", "shape");
}

static void resample_texture_clicked(SsgPartPage *self)
{
  gtk_widget_activate_action(GTK_WIDGET(self), "win.resample", "s", "texture");
}

static void reset_clicked(SsgPartPage *self)
{
  gtk_widget_activate_action(GTK_WIDGET(self), "win.reset-part", NULL);
}

static void build_directions(SsgPartPage *self)
{
  SsgDirectionSet *shape = ssg_render_service_directions(self->service, self->part, SSG_CODE_SHAPE);
  SsgDirectionSet *texture = ssg_render_service_directions(self->service, self->part, SSG_CODE_TEXTURE);
  ssg_direction_sliders_build(&self->sliders, self->document, self->part, shape, texture,
                              gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(self->all)));
  gtk_widget_set_visible(self->all, ssg_direction_sliders_has_more(&self->sliders));
  gtk_widget_set_visible(self->searching, !shape && !texture);
  refresh(self);
}

static void directions_ready(GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr(SsgPartPage) self = data;
  g_autoptr(SsgDirectionSet) set = ssg_render_service_directions_finish(SSG_RENDER_SERVICE(object), result, NULL);
  /* None: cancelled because another part was chosen, or the model went. */
  if (set && self->document && set->part == self->part)
    build_directions(self);
}

static void all_toggled(SsgPartPage *self)
{
  if (editable(self))
    build_directions(self);
}

static void draw_chip(GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  SsgPartPage *self = data;
  const SsgModelInfo *info = self->document ? ssg_document_model(self->document) : NULL;
  if (!info || self->part < 0 || self->part >= info->arch.n_parts)
    return;
  guint32 color = info->part_colors[self->part];
  cairo_set_source_rgb(cr, (color >> 16 & 255) / 255.0, (color >> 8 & 255) / 255.0, (color & 255) / 255.0);
  cairo_arc(cr, width / 2.0, height / 2.0, MIN(width, height) / 2.0, 0, 2 * G_PI);
  cairo_fill(cr);
}

/* Another part: other directions; then everything is read anew. */
static void part_changed(SsgPartPage *self)
{
  int part = self->document ? ssg_document_selected_part(self->document) : SSG_PART_NONE;
  g_cancellable_cancel(self->cancellable);
  g_clear_object(&self->cancellable);
  self->part = part >= 0 ? part : SSG_PART_NONE;
  ssg_direction_sliders_clear(&self->sliders);
  gtk_widget_set_visible(self->all, FALSE);
  gtk_widget_set_visible(self->searching, TRUE);
  if (editable(self) && self->service && ssg_render_service_model_info(self->service)) {
    self->cancellable = g_cancellable_new();
    ssg_render_service_directions_async(self->service, self->part, SSG_CODE_SHAPE, self->cancellable, directions_ready,
                                        g_object_ref(self));
    ssg_render_service_directions_async(self->service, self->part, SSG_CODE_TEXTURE, self->cancellable, directions_ready,
                                        g_object_ref(self));
  }
  refresh(self);
}

static void set_toggle(SsgPartPage *self, GtkWidget *toggle, gboolean active)
{
  self->setting = TRUE;
  gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(toggle), active);
  self->setting = FALSE;
}

static void refresh(SsgPartPage *self)
{
  gtk_stack_set_visible_child_name(GTK_STACK(self->stack), editable(self) ? "part" : "none");
  if (!editable(self))
    return;
  SsgFace *face = ssg_document_face(self->document);
  gboolean locked = ssg_document_locked(self->document, self->part);
  const char *donor = ssg_document_donor_name(self->document);
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(self->document, self->part);
  double x, y, size;
  ssg_transform_describe(ssg_face_transform(face, self->part), &x, &y, &size);

  gtk_label_set_text(GTK_LABEL(self->name), ssg_document_part_title(self->document, self->part));
  gtk_widget_queue_draw(self->chip);
  set_toggle(self, self->eye, ssg_face_shown(face, self->part));
  set_toggle(self, self->lock, locked);
  gtk_label_set_text(GTK_LABEL(self->donor_name), donor ? donor : _("Choose a face on the shelf"));
  gtk_widget_set_sensitive(self->swap, donor && !locked);
  gtk_widget_set_sensitive(self->blends, ssg_tuning_donor(tuning) && !locked);
  gtk_widget_set_sensitive(self->buttons, !locked);
  gtk_widget_set_sensitive(self->body, !locked);
  ssg_slider_set_value(SSG_SLIDER(self->shape), ssg_tuning_blend(tuning, SSG_CODE_SHAPE));
  ssg_slider_set_value(SSG_SLIDER(self->texture), ssg_tuning_blend(tuning, SSG_CODE_TEXTURE));
  ssg_slider_set_value(SSG_SLIDER(self->truncation), ssg_tuning_truncation(tuning));
  gtk_widget_set_sensitive(self->truncation, self->service && ssg_render_service_mean(self->service));
  ssg_slider_set_value(SSG_SLIDER(self->move_x), x);
  ssg_slider_set_value(SSG_SLIDER(self->move_y), y);
  ssg_slider_set_value(SSG_SLIDER(self->size), size);
  ssg_direction_sliders_refresh(&self->sliders, tuning);
}

void ssg_part_page_set_document(SsgPartPage *self, SsgDocument *document, SsgRenderService *service)
{
  if (self->document)
    g_signal_handlers_disconnect_by_data(self->document, self);
  if (self->service)
    g_signal_handlers_disconnect_by_data(self->service, self);
  g_set_object(&self->document, document);
  g_set_object(&self->service, service);
  if (document) {
    g_signal_connect_swapped(document, "notify::selected-part", G_CALLBACK(part_changed), self);
    g_signal_connect_swapped(document, "notify::face", G_CALLBACK(refresh), self);
    g_signal_connect_swapped(document, "notify::donor", G_CALLBACK(refresh), self);
    g_signal_connect_swapped(document, "notify::locked", G_CALLBACK(refresh), self);
  }
  if (service) {
    g_signal_connect_swapped(service, "notify::mean-ready", G_CALLBACK(refresh), self);
    g_signal_connect_swapped(service, "notify::model-info", G_CALLBACK(part_changed), self);
  }
  part_changed(self);
}

void ssg_part_page_set_donor_picture(SsgPartPage *self, SsgRender *render)
{
  g_autoptr(GdkTexture) texture = render ? ssg_texture_face(render) : NULL;
  ssg_thumb_set_texture(SSG_THUMB(self->donor_thumb), texture);
}

GtkWidget *ssg_part_page_find_slider(SsgPartPage *self, const char *name)
{
  GtkWidget *sliders[] = { self->shape, self->texture, self->truncation, self->move_x, self->move_y, self->size };
  const char *const names[] = { "shape", "texture", "truncation", "x", "y", "size" };
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
  SsgPartPage *self = SSG_PART_PAGE(object);
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
  gtk_widget_dispose_template(GTK_WIDGET(self), SSG_TYPE_PART_PAGE);
  G_OBJECT_CLASS(ssg_part_page_parent_class)->dispose(object);
}

#define BIND(name) gtk_widget_class_bind_template_child(widget_class, SsgPartPage, name)

static void ssg_part_page_class_init(SsgPartPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  G_OBJECT_CLASS(klass)->dispose = dispose;
  g_type_ensure(SSG_TYPE_SLIDER);
  g_type_ensure(SSG_TYPE_THUMB);
  g_type_ensure(ADW_TYPE_STATUS_PAGE);
  gtk_widget_class_set_template_from_resource(widget_class, "/io/github/ssgan/Editor/part-page.ui");
  BIND(stack);
  BIND(chip);
  BIND(name);
  BIND(eye);
  BIND(lock);
  BIND(donor_row);
  BIND(donor_thumb);
  BIND(donor_name);
  BIND(swap);
  BIND(blends);
  BIND(shape);
  BIND(texture);
  BIND(buttons);
  BIND(resample_shape);
  BIND(resample_texture);
  BIND(reset);
  BIND(body);
  BIND(truncation);
  BIND(directions_header);
  BIND(all);
  BIND(searching);
  BIND(directions);
  BIND(move_x);
  BIND(move_y);
  BIND(size);
  gtk_widget_class_bind_template_callback(widget_class, shape_moved);
  gtk_widget_class_bind_template_callback(widget_class, texture_moved);
  gtk_widget_class_bind_template_callback(widget_class, truncation_moved);
  gtk_widget_class_bind_template_callback(widget_class, position_moved);
  gtk_widget_class_bind_template_callback(widget_class, eye_toggled);
  gtk_widget_class_bind_template_callback(widget_class, lock_toggled);
  gtk_widget_class_bind_template_callback(widget_class, resample_shape_clicked);
  gtk_widget_class_bind_template_callback(widget_class, resample_texture_clicked);
  gtk_widget_class_bind_template_callback(widget_class, reset_clicked);
  gtk_widget_class_bind_template_callback(widget_class, all_toggled);
}

static void ssg_part_page_init(SsgPartPage *self)
{
  self->part = SSG_PART_NONE;
  gtk_widget_init_template(GTK_WIDGET(self));
  ssg_thumb_set_sizes(SSG_THUMB(self->donor_thumb), 44, 44);
  ssg_direction_sliders_init(&self->sliders, GTK_BOX(self->directions));
  gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(self->chip), draw_chip, self, NULL);
}
