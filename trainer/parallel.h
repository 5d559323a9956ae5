/* Work on many items at a time with results taken in order: decode, convert and draw on all cores, write on one. */
#pragma once

#include <glib.h>

/* Makes the result of item `index`; called on worker threads, several at a time. NULL with error set fails the whole. A
 * result that is NULL without an error is passed on as it is. */
typedef gpointer (*SsgParallelMake)(int index, gpointer data, GError **error);
/* Takes the result of item `index`; called on the caller's thread, in the order of the indices. Owns result. FALSE with
 * error set ends the whole. */
typedef gboolean (*SsgParallelTake)(int index, gpointer result, gpointer data, GError **error);

/* Runs items 0 to count - 1 on `jobs` (>= 1) threads. At most a few results per thread wait to be taken. The first
 * failing item in the order of the indices, however the threads raced, gives the error; SIGINT and SIGTERM
 * (trainer/interrupt.h) give SSG_ERROR_CANCELLED. All threads are gone when it returns. release frees results that are
 * never taken; it may be NULL. */
gboolean ssg_parallel_run(int count, int jobs, SsgParallelMake make, SsgParallelTake take, GDestroyNotify release,
                          gpointer data, GError **error);
