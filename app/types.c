#include "app/types.h"

/* The engine's functions take and give const-correct pointers of their own types; boxed copies are references. */
G_DEFINE_BOXED_TYPE(SsgRender, ssg_render, ssg_render_ref, ssg_render_unref)
G_DEFINE_BOXED_TYPE(SsgModelInfo, ssg_model_info, ssg_model_info_copy, ssg_model_info_free)
