#include "ui/part-page.h"

#include <adwaita.h>
#include "app/i18n.h"
#include "ui/textures.h"
#include "ui/thumb.h"

struct _SsgPartPage {
  SsgInspectorPage parent_instance;
  GtkWidget *stack, *chip, *name, *eye, *lock, *locked, *donor_row, *donor_thumb, *donor_name, *swap;
  GtkWidget *blends, *shape, *texture, *buttons, *resample_shape, *resample_texture, *reset;
  GtkWidget *body, *truncation, *directions_header, *all, *searching, *directions, *move_x, *move_y, *size;
  gboolean setting;
};

G_DEFINE_FINAL_TYPE(SsgPartPage, ssg_part_page, SSG_TYPE_INSPECTOR_PAGE)

static SsgDocument *document(SsgPartPage *self)
{
  return ssg_inspector_page_document(SSG_INSPECTOR_PAGE(self));
}

static int part(SsgPartPage *self)
{
  return ssg_inspector_page_part(SSG_INSPECTOR_PAGE(self));
}

static gboolean editable(SsgPartPage *self)
{
  return ssg_inspector_page_editable(SSG_INSPECTOR_PAGE(self));
}

static void shape_moved(SsgSlider *slider, double value, gboolean done, SsgPartPage *self)
{
  ssg_inspector_page_blend(SSG_INSPECTOR_PAGE(self), slider, part(self), SSG_CODE_SHAPE, value, done);
}

static void texture_moved(SsgSlider *slider, double value, gboolean done, SsgPartPage *self)
{
  ssg_inspector_page_blend(SSG_INSPECTOR_PAGE(self), slider, part(self), SSG_CODE_TEXTURE, value, done);
}

static void eye_toggled(SsgPartPage *self)
{
  gboolean shown = gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(self->eye));
  gtk_button_set_icon_name(GTK_BUTTON(self->eye), shown ? "view-reveal-symbolic" : "view-conceal-symbolic");
  if (!self->setting && editable(self))
    ssg_document_set_shown(document(self), part(self), shown);
}

static void lock_toggled(SsgPartPage *self)
{
  gboolean locked = gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(self->lock));
  gtk_button_set_icon_name(GTK_BUTTON(self->lock), locked ? "changes-prevent-symbolic" : "changes-allow-symbolic");
  if (!self->setting && editable(self))
    ssg_document_set_locked(document(self), part(self), locked);
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

static void all_toggled(SsgPartPage *self)
{
  ssg_inspector_page_show_all(SSG_INSPECTOR_PAGE(self), gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(self->all)));
}

static void draw_chip(GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  SsgPartPage *self = data;
  const SsgModelInfo *info = document(self) ? ssg_document_model(document(self)) : NULL;
  if (!info || part(self) < 0 || part(self) >= info->arch.n_parts)
    return;
  guint32 color = info->part_colors[part(self)];
  cairo_set_source_rgb(cr, (color >> 16 & 255) / 255.0, (color >> 8 & 255) / 255.0, (color & 255) / 255.0);
  cairo_arc(cr, width / 2.0, height / 2.0, MIN(width, height) / 2.0, 0, 2 * G_PI);
  cairo_fill(cr);
}

static void set_toggle(SsgPartPage *self, GtkWidget *toggle, gboolean active)
{
  self->setting = TRUE;
  gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(toggle), active);
  self->setting = FALSE;
}

/* A donor's name is made for the middle of a sentence ("Hair from face 12"); here it stands alone. */
static void show_donor(SsgPartPage *self, const char *name)
{
  g_autoptr(GString) text = g_string_new(name ? name : _("Choose a face on the shelf"));
  gunichar first = g_utf8_get_char(text->str);
  g_string_erase(text, 0, g_utf8_next_char(text->str) - text->str);
  g_string_insert_unichar(text, 0, g_unichar_totitle(first));
  gtk_label_set_text(GTK_LABEL(self->donor_name), text->str);
}

static void refresh(SsgInspectorPage *page)
{
  SsgPartPage *self = SSG_PART_PAGE(page);
  SSG_INSPECTOR_PAGE_CLASS(ssg_part_page_parent_class)->refresh(page);
  gtk_stack_set_visible_child_name(GTK_STACK(self->stack), editable(self) ? "part" : "none");
  if (!editable(self))
    return;
  gboolean locked = ssg_document_locked(document(self), part(self));
  const char *donor = ssg_document_donor_name(document(self));
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(document(self), part(self));

  gtk_label_set_text(GTK_LABEL(self->name), ssg_document_part_title(document(self), part(self)));
  gtk_widget_queue_draw(self->chip);
  set_toggle(self, self->eye, ssg_face_shown(ssg_document_face(document(self)), part(self)));
  set_toggle(self, self->lock, locked);
  gtk_widget_set_visible(self->locked, locked);
  show_donor(self, donor);
  gtk_widget_set_sensitive(self->swap, donor && !locked);
  gtk_widget_set_sensitive(self->blends, !locked);
  gtk_widget_set_sensitive(self->shape, ssg_tuning_can_blend(tuning, SSG_CODE_SHAPE));
  gtk_widget_set_sensitive(self->texture, ssg_tuning_can_blend(tuning, SSG_CODE_TEXTURE));
  gtk_widget_set_sensitive(self->buttons, !locked);
  gtk_widget_set_sensitive(self->reset, !locked);
  gtk_widget_set_sensitive(self->body, !locked);
  ssg_slider_set_value(SSG_SLIDER(self->shape), ssg_tuning_blend(tuning, SSG_CODE_SHAPE));
  ssg_slider_set_value(SSG_SLIDER(self->texture), ssg_tuning_blend(tuning, SSG_CODE_TEXTURE));
  gtk_widget_set_visible(self->all, ssg_direction_sliders_has_more(ssg_inspector_page_directions(page)) &&
                                      !ssg_inspector_page_roomy(page));
  gtk_widget_set_visible(self->directions_header, ssg_direction_sliders_count(ssg_inspector_page_directions(page)) > 0 ||
                                                      ssg_inspector_page_searching(page));
  gtk_widget_set_visible(self->searching, ssg_inspector_page_searching(page));
}

static void subject_changed(SsgInspectorPage *page)
{
  SsgDocument *document = ssg_inspector_page_document(page);
  int selected = document ? ssg_document_selected_part(document) : SSG_PART_NONE;
  selected = selected >= 0 ? selected : SSG_PART_NONE;
  ssg_inspector_page_show(page, selected, selected);
}

void ssg_part_page_set_donor_picture(SsgPartPage *self, SsgRender *render)
{
  g_autoptr(GdkTexture) texture = render ? ssg_texture_face(render) : NULL;
  ssg_thumb_set_texture(SSG_THUMB(self->donor_thumb), texture);
}

static GtkWidget *find_own_slider(SsgInspectorPage *page, const char *name)
{
  SsgPartPage *self = SSG_PART_PAGE(page);
  return g_str_equal(name, "shape") ? self->shape : g_str_equal(name, "texture") ? self->texture : NULL;
}

#define BIND(name) gtk_widget_class_bind_template_child(widget_class, SsgPartPage, name)

static void ssg_part_page_class_init(SsgPartPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
  SsgInspectorPageClass *page_class = SSG_INSPECTOR_PAGE_CLASS(klass);
  page_class->follows_selection = TRUE;
  page_class->refresh = refresh;
  page_class->subject_changed = subject_changed;
  page_class->find_own_slider = find_own_slider;
  g_type_ensure(SSG_TYPE_SLIDER);
  g_type_ensure(SSG_TYPE_THUMB);
  g_type_ensure(ADW_TYPE_STATUS_PAGE);
  gtk_widget_class_set_template_from_resource(widget_class, "/io/github/ssgan/Editor/part-page.ui");
  BIND(stack);
  BIND(chip);
  BIND(name);
  BIND(eye);
  BIND(lock);
  BIND(locked);
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
  gtk_widget_class_bind_template_callback(widget_class, eye_toggled);
  gtk_widget_class_bind_template_callback(widget_class, lock_toggled);
  gtk_widget_class_bind_template_callback(widget_class, resample_shape_clicked);
  gtk_widget_class_bind_template_callback(widget_class, resample_texture_clicked);
  gtk_widget_class_bind_template_callback(widget_class, reset_clicked);
  gtk_widget_class_bind_template_callback(widget_class, all_toggled);
}

static void ssg_part_page_init(SsgPartPage *self)
{
  gtk_widget_init_template(GTK_WIDGET(self));
  ssg_inspector_page_set_controls(SSG_INSPECTOR_PAGE(self), self->truncation, self->move_x, self->move_y, self->size,
                                  GTK_GRID(self->directions));
  ssg_thumb_set_sizes(SSG_THUMB(self->donor_thumb), 44, 44);
  gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(self->chip), draw_chip, self, NULL);
}
