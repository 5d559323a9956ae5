/* Folders of numbered pictures, as interpolations write them: PREFIX, a number of at least `digits` digits, ".png". Whoever
 * writes fewer frames than were there before must not leave the last ones of the old ones behind the new. */
#pragma once

#include <glib.h>

/* Before writing: the name of something in the folder that is no such frame nor hidden, so that the folder is somebody's for
 * another purpose; NULL: there is nothing else (or no folder yet). Free with g_free. */
char *ssg_frame_folder_find_other(const char *folder, const char *prefix, int digits);
/* After writing: removes frames whose number is larger than last. SSG_ERROR_FILE */
gboolean ssg_frame_folder_trim(const char *folder, const char *prefix, int digits, guint64 last, GError **error);
