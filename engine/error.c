#include "engine/error.h"

G_DEFINE_QUARK(ssg-error-quark, ssg_error)
