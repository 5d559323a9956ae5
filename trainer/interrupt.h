/* Ctrl-C, SIGTERM and SIGHUP as a flag that long work polls, so that a run saves and stops, and nothing is left half-written.
 */
#pragma once

#include <glib.h>

/* Installs the handlers for SIGINT, SIGTERM and, unless it is ignored (nohup), SIGHUP. The first signal sets the flag; a second SIGINT removes the
 * temporary files of what is being written and ends the process at once, for whoever cannot wait. Call once, from main(). */
void ssg_interrupt_install(void);

/* What the handler says at once on stderr, and as a line with a time (that of this call) in the open file `log` (-1: none): `first` when
 * the first signal comes, `second` before a second SIGINT ends the process (a sentence that says what is lost). Copied, cut at 700 bytes;
 * NULL: nothing. log must stay open until it is announced away. May be called again and again, from one thread. */
void ssg_interrupt_announce(const char *first, const char *second, int log);

/* TRUE once a signal came. Cheap, from any thread. */
gboolean ssg_interrupt_requested(void);

/* FALSE, with SSG_ERROR_CANCELLED set, once a signal came. */
gboolean ssg_interrupt_check(GError **error);

/* 128 + the signal that came; 130 when none did. */
int ssg_interrupt_exit_code(void);

/* Makes ssg_interrupt_requested() TRUE as `signal_number` (SIGINT, SIGTERM) would, or FALSE again with 0. For tests,
 * and for what stops a run from inside. */
void ssg_interrupt_request(int signal_number);
