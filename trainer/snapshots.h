/* The snapshots of a run's folder: snapshot-0000012800.safetensors, the number being images seen. */
#pragma once

#include "trainer/run-directory.h"

/* Newest snapshot of a run folder that can be read to its end; damaged ones are skipped with a warning on stderr. skipped (or NULL)
 * receives the warnings, a line each, NULL when there are none; free it. NULL and error when there is none. Free it. */
char *ssg_snapshots_find(const char *run, char **skipped, GError **error);
/* The file that a person means by MODEL: path itself, or where it is a run's folder the newest snapshot in it. NULL and error; free it. */
char *ssg_snapshots_resolve(const char *path, GError **error);
/* Whether there is a file that may be a snapshot, damaged or not. */
gboolean ssg_snapshots_any(const char *run);
/* For a run that goes on after `images`: later snapshots belong to a course that was given up; they are renamed, so that the newest
 * snapshot is always of this course. What a killed process left half-written goes away. */
void ssg_snapshots_tidy(SsgRunDirectory *run, gint64 images);
/* Removes all but the newest `keep`. */
void ssg_snapshots_prune(SsgRunDirectory *run, guint keep);
