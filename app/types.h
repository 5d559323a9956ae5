/* GTypes of the engine's values, so that they travel in properties and signals. */
#pragma once

#include <glib-object.h>
#include "engine/model.h"
#include "engine/session.h"

#define SSG_TYPE_RENDER (ssg_render_get_type())
GType ssg_render_get_type(void); /* boxed: ssg_render_ref / ssg_render_unref */

#define SSG_TYPE_MODEL_INFO (ssg_model_info_get_type())
GType ssg_model_info_get_type(void); /* boxed: ssg_model_info_copy / ssg_model_info_free */
