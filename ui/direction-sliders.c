#include "ui/direction-sliders.h"

#include "app/i18n.h"

static gboolean in_gesture(SsgDocument *document)
{
  gboolean value;
  g_object_get(document, "in-gesture", &value, NULL);
  return value;
}

/* Before the first preview, and after the last. */
static void enter(SsgDocument *document, SsgSlider *slider)
{
  if (ssg_slider_is_held(slider) && !in_gesture(document))
    ssg_document_begin_gesture(document);
}

static void leave(SsgDocument *document, gboolean done)
{
  if (done && in_gesture(document))
    ssg_document_end_gesture(document, NULL);
}

void ssg_slider_tune(SsgDocument *document, SsgSlider *slider, SsgTuning *tuning, gboolean done)
{
  enter(document, slider);
  /* The value that is repeated at the end of a burst of keys is in the history already. */
  if (tuning && !(done && !in_gesture(document)))
    ssg_document_tune(document, tuning);
  leave(document, done);
  g_clear_pointer(&tuning, ssg_tuning_unref);
}

void ssg_slider_place(SsgDocument *document, SsgSlider *slider, int part, SsgTransform transform, gboolean done)
{
  enter(document, slider);
  if (!(done && !in_gesture(document)))
    ssg_document_set_transform(document, part, transform);
  leave(document, done);
}

static SsgDirectionSet *set_of(SsgDirectionSliders *self, SsgSlider *slider, int *index)
{
  *index = GPOINTER_TO_INT(g_object_get_data(G_OBJECT(slider), "ssg-index"));
  return self->sets[GPOINTER_TO_INT(g_object_get_data(G_OBJECT(slider), "ssg-set"))];
}

static void direction_moved(SsgSlider *slider, double value, gboolean done, SsgDirectionSliders *self)
{
  int index;
  SsgDirectionSet *set = set_of(self, slider, &index);
  if (!ssg_document_face(self->document))
    return;
  g_autoptr(SsgTuning) tuning = ssg_document_tuning(self->document, self->part);
  ssg_slider_tune(self->document, slider, ssg_tuning_with_direction(tuning, set, index, (float) value), done);
}

void ssg_direction_sliders_init(SsgDirectionSliders *self, GtkGrid *grid)
{
  *self = (SsgDirectionSliders) { .grid = grid, .sliders = g_ptr_array_new() };
}

void ssg_direction_sliders_clear(SsgDirectionSliders *self)
{
  for (guint i = 0; i < self->sliders->len; i++)
    gtk_grid_remove(self->grid, self->sliders->pdata[i]);
  g_ptr_array_set_size(self->sliders, 0);
  g_clear_pointer(&self->sets[0], ssg_direction_set_unref);
  g_clear_pointer(&self->sets[1], ssg_direction_set_unref);
}

void ssg_direction_sliders_build(SsgDirectionSliders *self, SsgDocument *document, int part, SsgDirectionSet *shape,
                                 SsgDirectionSet *texture, gboolean all, gboolean wide)
{
  SsgDirectionSet *sets[2] = { shape ? ssg_direction_set_ref(shape) : NULL,
                               texture ? ssg_direction_set_ref(texture) : NULL };
  ssg_direction_sliders_clear(self);
  self->document = document;
  self->part = part;
  for (int s = 0; s < 2; s++) {
    self->sets[s] = sets[s];
    int n = sets[s] ? all ? sets[s]->n : MIN(sets[s]->n, SSG_FEW_DIRECTIONS) : 0;
    for (int i = 0; i < n; i++) {
      g_autofree char *title = part == SSG_PART_BASE ? g_strdup_printf(_("Pose %d"), i + 1)
                               : s == 0              ? g_strdup_printf(_("Shape %d"), i + 1)
                                                     : g_strdup_printf(_("Texture %d"), i + 1);
      GtkWidget *slider = ssg_slider_new(title, -3, 3, 0);
      g_object_set_data(G_OBJECT(slider), "ssg-index", GINT_TO_POINTER(i));
      g_object_set_data(G_OBJECT(slider), "ssg-set", GINT_TO_POINTER(s));
      g_signal_connect(slider, "moved", G_CALLBACK(direction_moved), self);
      gtk_widget_set_hexpand(slider, TRUE);
      gtk_grid_attach(self->grid, slider, wide ? s : 0, wide ? i : (int) self->sliders->len, 1, 1);
      g_ptr_array_add(self->sliders, slider);
    }
  }
}

void ssg_direction_sliders_refresh(SsgDirectionSliders *self, SsgTuning *tuning)
{
  for (guint i = 0; i < self->sliders->len; i++) {
    int index;
    SsgDirectionSet *set = set_of(self, self->sliders->pdata[i], &index);
    ssg_slider_set_value(self->sliders->pdata[i], ssg_tuning_direction(tuning, set, index));
  }
}

int ssg_direction_sliders_count(SsgDirectionSliders *self)
{
  return (int) self->sliders->len;
}

gboolean ssg_direction_sliders_has_more(SsgDirectionSliders *self)
{
  return (self->sets[0] && self->sets[0]->n > SSG_FEW_DIRECTIONS) ||
         (self->sets[1] && self->sets[1]->n > SSG_FEW_DIRECTIONS);
}
