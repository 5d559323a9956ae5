/* Small pictures drawn large without stairs: bicubic enlargement by a whole factor, for the eye only. */
#pragma once

#include <glib.h>

#define SSG_ENLARGE_MAX 8

/* rgba: [size, size, 4]; out: [size * factor, size * factor, 4]; they do not overlap. factor: 1..SSG_ENLARGE_MAX. Catmull-Rom
 * (Keys 1981, a = -1/2), border pixels repeated, channels apart from each other (so: opaque pictures). Equal pixels stay
 * what they are. Any thread. */
void ssg_enlarge(const guint8 *rgba, int size, int factor, guint8 *out);
