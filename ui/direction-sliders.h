/* The sliders along the principal directions of a part's codes, or of the pose's. */
#pragma once

#include <gtk/gtk.h>
#include "app/document.h"
#include "app/render-service.h"
#include "ui/slider.h"

/* A slider that a person moved: while it is held, previews and one history entry at its end; otherwise (keys) entries that
 * coalesce. tuning: what the slider asks for; transfer full, may be NULL (the end of a gesture alone). */
void ssg_slider_tune(SsgDocument *document, SsgSlider *slider, SsgTuning *tuning, gboolean done);
/* The same for positions. part: 0..K-1 or SSG_PART_WHOLE. */
void ssg_slider_place(SsgDocument *document, SsgSlider *slider, int part, SsgTransform transform, gboolean done);

/* Sliders along principal directions: titled "Shape 1", "Texture 2"; sorted by effect. */
typedef struct {
  GtkGrid *grid;                     /* where they go; not owned */
  SsgDocument *document;             /* not owned */
  int part;
  SsgDirectionSet *sets[2];          /* shape, texture; NULL while unknown */
  GPtrArray *sliders;                /* SsgSlider, owned by the grid; those of the shape first */
} SsgDirectionSliders;

#define SSG_FEW_DIRECTIONS 5

void ssg_direction_sliders_init(SsgDirectionSliders *self, GtkGrid *grid);
/* Forgets the sets and removes the sliders. */
void ssg_direction_sliders_clear(SsgDirectionSliders *self);
/* References are taken; either may be NULL. all: not only the strongest. wide: those of the texture beside those of the
 * shape, not below. */
void ssg_direction_sliders_build(SsgDirectionSliders *self, SsgDocument *document, int part, SsgDirectionSet *shape,
                                 SsgDirectionSet *texture, gboolean all, gboolean wide);
/* Reads where they stand from the document. */
void ssg_direction_sliders_refresh(SsgDirectionSliders *self, SsgTuning *tuning);
/* How many sliders are shown. */
int ssg_direction_sliders_count(SsgDirectionSliders *self);
/* Whether there are more than are shown. */
gboolean ssg_direction_sliders_has_more(SsgDirectionSliders *self);
