/* The inspector of the whole face: truncation, towards the donor, pose, noise, where the foreground lies. Sliders of its own:
 * "blend", "pose". */
#pragma once

#include "ui/inspector-page.h"

#define SSG_TYPE_FACE_PAGE (ssg_face_page_get_type())
G_DECLARE_FINAL_TYPE(SsgFacePage, ssg_face_page, SSG, FACE_PAGE, SsgInspectorPage)
