/* Names and colours of parts where a file does not give them. */
#pragma once

#include <glib.h>

/* The published face models' name of part k of n (MODEL.md "Names") when n is 13, else "background" and "part 1", "part 2"
 * ... New string. */
char *ssg_part_default_name(int part, int n_parts);
/* 0xRRGGBB, distinct for neighbours; the background is dark grey. */
guint32 ssg_part_default_color(int part);
/* Bits of the parts that the published face models treat as transparent (10 and 12 of 13); 0 for other counts. */
guint64 ssg_part_default_transparent(int n_parts);
