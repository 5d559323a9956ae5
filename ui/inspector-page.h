/* What the inspector's pages for a part and for the whole face have in common: the document and service they work on, the
 * sliders of truncation and position, and those along principal directions. Abstract: face-page.h, part-page.h. */
#pragma once

#include "ui/direction-sliders.h"

#define SSG_TYPE_INSPECTOR_PAGE (ssg_inspector_page_get_type())
G_DECLARE_DERIVABLE_TYPE(SsgInspectorPage, ssg_inspector_page, SSG, INSPECTOR_PAGE, GtkWidget)

struct _SsgInspectorPageClass {
  GtkWidgetClass parent_class;
  gboolean follows_selection; /* another part selected is another subject */
  /* Shows what the document says now. Chain up first: the common sliders are set there. Called without a face too. */
  void (*refresh)(SsgInspectorPage *self);
  /* Another document or model, or another part was selected: the page says what it is about by ssg_inspector_page_show(). */
  void (*subject_changed)(SsgInspectorPage *self);
  /* A slider of the page's own by its name, for tests; NULL: no such one. */
  GtkWidget *(*find_own_slider)(SsgInspectorPage *self, const char *name);
};

/* References are kept; NULL, NULL: nothing to inspect. */
void ssg_inspector_page_set_document(SsgInspectorPage *self, SsgDocument *document, SsgRenderService *service);
/* "truncation", "x", "y", "size", "direction-0" ... and the page's own, for tests; NULL: no such one. */
GtkWidget *ssg_inspector_page_find_slider(SsgInspectorPage *self, const char *name);

/* For pages: once, after the template is there. None is owned; grid: where the directions go. */
void ssg_inspector_page_set_controls(SsgInspectorPage *self, GtkWidget *truncation, GtkWidget *move_x, GtkWidget *move_y,
                                     GtkWidget *size, GtkGrid *grid);
/* part: whose truncation and position the sliders stand for, SSG_PART_WHOLE, or SSG_PART_NONE: nothing can be edited.
 * directed: whose directions, may be SSG_PART_BASE; they are asked for and appear when they are known. */
void ssg_inspector_page_show(SsgInspectorPage *self, int part, int directed);
/* Few directions, or all that there are. */
void ssg_inspector_page_show_all(SsgInspectorPage *self, gboolean all);
/* There is room for all directions, in two columns. */
void ssg_inspector_page_set_roomy(SsgInspectorPage *self, gboolean roomy);
gboolean ssg_inspector_page_roomy(SsgInspectorPage *self);
/* Refreshes, by the class's function. */
void ssg_inspector_page_refresh(SsgInspectorPage *self);
/* A slider towards the donor was moved: of `part`, by its shape or texture. */
void ssg_inspector_page_blend(SsgInspectorPage *self, SsgSlider *slider, int part, SsgCode what, double value, gboolean done);

SsgDocument *ssg_inspector_page_document(SsgInspectorPage *self);    /* may be NULL */
SsgRenderService *ssg_inspector_page_service(SsgInspectorPage *self); /* may be NULL */
int ssg_inspector_page_part(SsgInspectorPage *self);
gboolean ssg_inspector_page_editable(SsgInspectorPage *self); /* there is a face and something of it to edit */
SsgDirectionSliders *ssg_inspector_page_directions(SsgInspectorPage *self);
/* Directions are on their way: a model is there, and nothing is known yet. */
gboolean ssg_inspector_page_searching(SsgInspectorPage *self);
