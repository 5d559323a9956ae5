/* Progress on stderr: a bar with rate and time left on a terminal, a plain line every few seconds in a log, nothing
 * when quiet. Printing is limited to ten times a second, so update as often as you like. */
#pragma once

#include <glib.h>

typedef struct SsgProgress SsgProgress;

/*   label  what is being done, "checking": shown in front
 *   unit   what is counted, plural: "images"
 *   total  how many there will be; 0: unknown (then no bar and no time left)
 *   quiet  TRUE: prints nothing at all
 * Never NULL. Free with ssg_progress_free(), which ends the line. One thread makes and frees it. */
SsgProgress *ssg_progress_new(const char *label, const char *unit, guint64 total, gboolean quiet);
void ssg_progress_free(SsgProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgProgress, ssg_progress_free)

/* So many were done before this program began: they count, but not towards the rate. NULL is allowed. Before the first update. */
void ssg_progress_start_at(SsgProgress *progress, guint64 done);
/* How many are done by now. Any thread. NULL progress is allowed and does nothing. */
void ssg_progress_set(SsgProgress *progress, guint64 done);
/* So many more are done. Any thread. NULL is allowed. */
void ssg_progress_add(SsgProgress *progress, guint64 more);
/* Words behind the numbers ("loss 0.693"); NULL for none. Any thread. */
void ssg_progress_set_note(SsgProgress *progress, const char *note);
/* Clears the bar, prints a line of its own to stderr (also when quiet), and goes on below it. Any thread. */
void ssg_progress_print(SsgProgress *progress, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "42 s", "3 min 20 s", "2 h 05 min", "3 d 4 h"; "-" for anything that is no time. Free it. */
char *ssg_progress_format_duration(double seconds);

/* The line as it would be printed now, without the newline; width is the terminal's, 0 gives the plain form for logs.
 * Where a note would not fit beside them, label, share and rate are left out. What is still too wide is cut.
 * For tests and for programs that draw elsewhere. Free it. elapsed in seconds. */
char *ssg_progress_format(const char *label, const char *unit, guint64 done, guint64 total, double elapsed, double rate,
                          const char *note, int width);
