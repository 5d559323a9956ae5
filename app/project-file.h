/* Projects: a document in one file, `.ssgan`, in fact safetensors with JSON metadata, so that one line of Python reads the
 * latents. Tensors: "codes" [n, B + 2K, S] (each distinct set of codes once), "transforms" [m, K, 3] (scale, shift_x,
 * shift_y), and, where sliders were moved, "vectors" [v, S] (see app/project-tunings.h). Metadata: `format` "ssgan-project", `version`, `project` (JSON: model's name,
 * path, hash and architecture, history, position, kept faces, donor, locks, view state). Files are checked: a damaged or
 * hostile one gives SSG_ERROR_FORMAT or SSG_ERROR_SHAPE with the place, never a crash and never a half-read document. */
#pragma once

#include "app/document.h"

#define SSG_PROJECT_EXTENSION ".ssgan"
#define SSG_PROJECT_MIME_TYPE "application/x-ssgan-project"

/* A document as plain data, detached from the main thread: made there, written anywhere. */
typedef struct _SsgProjectSnapshot SsgProjectSnapshot;

/* Main thread. Cheap: faces are shared. */
SsgProjectSnapshot *ssg_project_snapshot_new(SsgDocument *document);
void ssg_project_snapshot_free(SsgProjectSnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgProjectSnapshot, ssg_project_snapshot_free)
/* Any thread; atomic: the old file or the new one, nothing between. */
gboolean ssg_project_snapshot_write(SsgProjectSnapshot *snapshot, const char *path, GError **error);

/* Main thread, blocking (milliseconds). */
gboolean ssg_project_save(SsgDocument *document, const char *path, GError **error);
/* Off the main loop. On success the document is marked as saved to file (unless it changed meanwhile). */
void ssg_project_save_async(SsgDocument *document, GFile *file, GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer data);
gboolean ssg_project_save_finish(SsgDocument *document, GAsyncResult *result, GError **error);

/* A document with file set and not modified. The model is only named in it (ssg_document_model_path, _hash): finding and
 * loading it is the caller's next step. NULL with an error that names the file. */
SsgDocument *ssg_project_load(const char *path, GError **error);
/* Title and original file (NULL when never saved) of a project, without reading its faces. Both for g_free. */
gboolean ssg_project_peek(const char *path, char **title, char **original, GError **error);
/* TRUE when the file begins like a project (its metadata says so). */
gboolean ssg_project_sniff(const char *path);

/* Where the model of a document lies: its own path when the file there has the right hash, else a file of the same hash
 * among `candidates` (NULL-terminated paths, may be NULL) or in the project's folder. NULL with SSG_ERROR_FILE when none
 * has. Blocking: hashes files; call it from a thread (g_task_run_in_thread). */
char *ssg_project_find_model(const char *project_path, const char *model_path, const char *model_hash,
                             const char *const *candidates, GCancellable *cancellable, GError **error);
