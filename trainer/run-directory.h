/* A run's folder, runs/00000-name: config.json, log.txt, stats.jsonl, TensorBoard events, curves.png, sample sheets and
 * snapshots. One thread at a time. Every function but the two that open takes a NULL run and then does nothing and
 * succeeds: of parallel processes rank 0 alone has one.
 */
#pragma once

#include "engine/image.h"
#include "trainer/progress.h"

typedef struct SsgRunDirectory SsgRunDirectory;

typedef struct {
  const char *key; /* "group/name", as curves.h has it */
  double value;    /* may be NaN or infinite: null in stats.jsonl */
} SsgStat;

/* Holds a run's folder, as the two that open do until the run is freed: SSG_ERROR_ARGUMENT while another process does. For whoever has
 * to look at what lies in the folder before it can be opened. The folder must exist (SSG_ERROR_FILE). */
typedef struct SsgRunLock SsgRunLock;
SsgRunLock *ssg_run_lock_new(const char *path, GError **error);
void ssg_run_lock_free(SsgRunLock *lock); /* NULL is allowed */

/*
 * Makes the next numbered folder below `parent` (which is made too where missing): one more than the highest there.
 * name: letters, digits, "-", "_", "."; anything else becomes "-". */
SsgRunDirectory *ssg_run_directory_create(const char *parent, const char *name, GError **error);
/* Goes on in an existing run that resumes after `images` images: stats of later images, which a killed run may have
 * written after its last snapshot, are taken out of stats.jsonl; log.txt is appended to. log.txt says so when
 * whoever was at work before was killed. lock: taken over, also after an error; NULL: taken here. */
SsgRunDirectory *ssg_run_directory_resume(const char *path, gint64 images, SsgRunLock *lock, GError **error);
void ssg_run_directory_free(SsgRunDirectory *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgRunDirectory, ssg_run_directory_free)

/* NULL for NULL. */
const char *ssg_run_directory_path(const SsgRunDirectory *run);
/* Path of a file in it, from a printf format. Free it. NULL for NULL. */
char *ssg_run_directory_file(const SsgRunDirectory *run, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Where log lines are shown: above this progress bar. NULL: plainly on stderr. quiet: in log.txt only. */
void ssg_run_directory_set_output(SsgRunDirectory *run, SsgProgress *progress, gboolean quiet);
/* A line for log.txt, with the time before it, and for stderr. A log that cannot be written (full disk) ends no run. */
void ssg_run_directory_log(SsgRunDirectory *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Descriptor of the open log.txt, for a signal handler's last words: one write appends a line. -1 for NULL. */
int ssg_run_directory_log_file(const SsgRunDirectory *run);
/* A line for the log.txt of the run at `path`, from a process that has not opened it (its last words). Failing is no error. */
void ssg_run_directory_append_log(const char *path, const char *text);

/* A text file in the folder (config.json), whole or not at all. */
gboolean ssg_run_directory_write_text(SsgRunDirectory *run, const char *name, const char *text, GError **error);
/* One line of stats.jsonl: {"iteration": i, "images": n, "time": seconds since 1970, "loss/d": ...}; the same as
 * TensorBoard scalars with `images` as step; and points for the curves. */
gboolean ssg_run_directory_add_stats(SsgRunDirectory *run, gint64 iteration, gint64 images, const SsgStat *stats, int n,
                                     GError **error);
/* Saves a picture as NAME-00012345.png (images seen; eight digits) and adds it to TensorBoard under "samples/NAME". */
gboolean ssg_run_directory_add_image(SsgRunDirectory *run, const char *name, gint64 images, const SsgImage *image,
                                     const SsgImageOrigin *origin, GError **error);
/* Draws curves.png anew from all figures of the run. Nothing to draw yet is no error. */
gboolean ssg_run_directory_draw_curves(SsgRunDirectory *run, GError **error);
