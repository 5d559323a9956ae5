/* How errors become exit codes. Errors are SSG_ERROR (engine/error.h), G_FILE_ERROR, G_IO_ERROR or G_OPTION_ERROR;
 * messages name the file or key, what was expected and what was found. */
#pragma once

#include <glib.h>

/* The exit codes of every command; `ssgan-trainer --help` prints them. */
enum {
  SSG_EXIT_OK = 0,
  SSG_EXIT_FAILED = 1,        /* the run failed: full disk, lost device, a process that died */
  SSG_EXIT_BAD_INPUT = 2,     /* bad usage; a file that cannot be read or is damaged; a target that cannot be written; a device that
                               * is not there; more than the memory holds */
  SSG_EXIT_INTERRUPTED = 130, /* 128 + SIGINT; SIGTERM gives 143, SIGHUP 129 */
};

/* The exit code for an error, which is not NULL; the one place that decides. Of SSG_ERROR, WRITE and DEVICE are failures and
 * CANCELLED an interruption; all others, G_OPTION_ERROR, and "no such file", "is a directory" and the like of G_FILE_ERROR and
 * G_IO_ERROR are bad input. (A device that is not there is an argument: ssg_common_context() says so.) */
int ssg_trainer_error_exit_code(const GError *error);

/* Sets an error of G_FILE_ERROR from errno: "cannot WHAT PATH: reason". */
void ssg_trainer_error_set_errno(GError **error, int saved_errno, const char *what, const char *path);
