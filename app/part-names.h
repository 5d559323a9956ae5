/* What parts are called in front of people. A model's file names its parts in plain English ("hair"); names that the
 * public models use are translated, any other is shown as it is with a capital first letter. */
#pragma once

#include <glib.h>

/* "hair" -> "Hair" in the person's language. Returned string is the caller's. name may be NULL or "": "Part". */
char *ssg_part_title(const char *name);
/* All of a model's: n titles + NULL; free with g_strfreev. */
char **ssg_part_titles(const char *const *names, int n);
