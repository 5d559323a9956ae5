/* Errors of the trainer, and how they become exit codes. Messages are whole sentences that name the file or key, what
 * was expected and what was found. */
#pragma once

#include <glib.h>

#define SSG_TRAINER_ERROR (ssg_trainer_error_quark())
GQuark ssg_trainer_error_quark(void);

typedef enum {
  SSG_TRAINER_ERROR_FAILED,     /* the run failed (full disk, lost device, a rank died): exit code 1 */
  SSG_TRAINER_ERROR_BAD_INPUT,  /* a file or an argument is wrong: exit code 2 */
  SSG_TRAINER_ERROR_INTERRUPTED /* SIGINT or SIGTERM: exit code 130 or 143 */
} SsgTrainerError;

/* The exit codes of every command; `ssgan-trainer --help` prints them. */
enum {
  SSG_EXIT_OK = 0,
  SSG_EXIT_FAILED = 1,        /* the run failed */
  SSG_EXIT_BAD_INPUT = 2,     /* bad usage, or a file that cannot be read */
  SSG_EXIT_INTERRUPTED = 130, /* 128 + SIGINT; SIGTERM gives 143 */
};

/* Makes every error of `domain` count as bad input (files that cannot be parsed, say) rather than as a failed run. Call
 * from main() before threads start; at most 8 domains. */
void ssg_trainer_error_add_bad_input_domain(GQuark domain);

/* The exit code for an error; error is not NULL. G_OPTION_ERROR and "no such file", "is a directory" and the like of
 * G_FILE_ERROR and G_IO_ERROR are bad input. */
int ssg_trainer_error_exit_code(const GError *error);

/* Sets an error of G_FILE_ERROR from errno: "cannot WHAT PATH: reason". */
void ssg_trainer_error_set_errno(GError **error, int saved_errno, const char *what, const char *path);
