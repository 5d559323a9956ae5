/* A named value with a slider: label on the left, number on the right, scale below. Properties title (string, translated),
 * lower, upper, neutral (doubles; neutral is where a double click on the label puts it), digits (0..4).
 *
 * Signals
 *   moved (double value, gboolean done)  by the person; done ends the edit: button released, or a pause after keys.
 *                                        The last value is repeated with done. */
#pragma once

#include <gtk/gtk.h>

#define SSG_TYPE_SLIDER (ssg_slider_get_type())
G_DECLARE_FINAL_TYPE(SsgSlider, ssg_slider, SSG, SLIDER, GtkWidget)

GtkWidget *ssg_slider_new(const char *title, double lower, double upper, double neutral);
double ssg_slider_get_value(SsgSlider *self);
/* Emits nothing. Ignored while the person drags this slider, so that a late answer cannot pull it back. */
void ssg_slider_set_value(SsgSlider *self, double value);
void ssg_slider_set_title(SsgSlider *self, const char *title);
void ssg_slider_set_range(SsgSlider *self, double lower, double upper, double neutral);
gboolean ssg_slider_is_held(SsgSlider *self);
GtkWidget *ssg_slider_get_scale(SsgSlider *self); /* transfer none; tests ask where it is */
