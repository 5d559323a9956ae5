/* Pictures that carry the face they show: a PNG with a chunk "ssGN" in it (ancillary, private, not safe to copy: whoever
 * changes the pixels drops it), whose content is a whole project of one step (app/project-file.h). Such a picture opens as
 * an editable face wherever it went, as long as nobody wrote it anew. The project names its model, not where that lies. */
#pragma once

#include "app/project-file.h"

/* The project of a face alone: one step, this description. Main thread. hash: of the model's file, "" when unknown. */
SsgProjectSnapshot *ssg_picture_snapshot_new(const SsgModelInfo *model, const char *hash, SsgFace *face,
                                             const char *description, GError **error);
/* The same picture with the project in it. Any thread; makes a temporary file. NULL with an error. Transfer full. */
GBytes *ssg_picture_add_project(GBytes *png, SsgProjectSnapshot *project, GError **error);

/* What a PNG says about itself under a keyword ("Seed", "Model"): its tEXt chunks only, as UTF-8. NULL when it says nothing.
 * Transfer full. */
char *ssg_picture_text(const char *path, const char *keyword);
/* TRUE when the file is a PNG that has a project in it. Reads chunk headers only. */
gboolean ssg_picture_sniff(const char *path);
/* A document of that project: no file, not modified; finding the model is the caller's next step. Checked like any project;
 * NULL with an error that names the picture. Main thread. */
SsgDocument *ssg_picture_load(const char *path, GError **error);
