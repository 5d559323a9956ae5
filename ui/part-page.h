/* The inspector of the selected part: blends towards the donor, resampling, truncation, directions, position. Sliders of its
 * own: "shape", "texture". */
#pragma once

#include "ui/inspector-page.h"

#define SSG_TYPE_PART_PAGE (ssg_part_page_get_type())
G_DECLARE_FINAL_TYPE(SsgPartPage, ssg_part_page, SSG, PART_PAGE, SsgInspectorPage)

/* Small picture of the document's donor; NULL: none. */
void ssg_part_page_set_donor_picture(SsgPartPage *self, SsgRender *render);
