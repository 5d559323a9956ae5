/* Where the sliders stood, in a project file: between project-write.c, project-read.c and project-tunings.c.
 *
 * Tensor "vectors" [m, S]: mean latents and directions, each distinct one once. Members of `project`: `direction_sets`, a list
 * of {part, what, rows, effects}; `tunings`, a list of {part, anchor, donor, shape, texture, truncation, mean, directions};
 * each step of the history lists its `tunings` by number. All may be missing: then the sliders are at rest. */
#pragma once

#include <json-glib/json-glib.h>
#include "app/tuning.h"

/* Writing ------------------------------------------------------------------------------------------------------------ */

typedef struct {
  GPtrArray *tunings;  /* of SsgTuning, each distinct pointer once */
  GHashTable *numbers; /* SsgTuning * -> index + 1 */
} SsgProjectTunings;

/* Numbers of faces and blocks in the file under construction. */
typedef guint (*SsgNumberFunc)(gpointer data, gconstpointer what);

void ssg_project_tunings_init(SsgProjectTunings *self);
void ssg_project_tunings_clear(SsgProjectTunings *self);
/* The number of a tuning; a reference is taken. */
guint ssg_project_tunings_add(SsgProjectTunings *self, SsgTuning *tuning);
/* Sets the two members. number_of_face tells the number of a SsgFace, number_of_row that of a vector [S] of floats. */
void ssg_project_tunings_write(const SsgProjectTunings *self, JsonObject *project, SsgNumberFunc number_of_face,
                               gpointer faces, SsgNumberFunc number_of_row, gpointer rows);

/* Reading ------------------------------------------------------------------------------------------------------------ */

/* The tunings of a project, in order: GPtrArray of SsgTuning (transfer full), empty when there are none. faces: of SsgFace, with
 * n_parts parts and codes of style_dim numbers. vectors [n_vectors, style_dim]; may be NULL when n_vectors is 0. NULL with
 * SSG_ERROR_FORMAT, which says what is wrong but not in which file. */
GPtrArray *ssg_project_tunings_read(JsonObject *project, GPtrArray *faces, int n_parts, int style_dim, const float *vectors,
                                    gint64 n_vectors, GError **error);
