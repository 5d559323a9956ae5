/* Commands of ssgan-trainer: a table, nested where a command has sub-commands ("data check"), and what every command
 * shares: option parsing, common options, errors to exit codes.
 *
 * A command lives in one file, trainer/command-NAME.c, and exports one `const SsgCommand ssg_command_NAME`, which
 * trainer/main.c lists. Its run() parses with ssg_command_parse() and ends with ssg_command_finish().
 */
#pragma once

#include <glib.h>
#include "engine/context.h"
#include "trainer/error.h"

typedef struct SsgCommand SsgCommand;
struct SsgCommand {
  const char *name;    /* one word: "check" */
  const char *summary; /* one line, for the list of commands */
  /* argv[0] is the command as typed ("ssgan-trainer data check"), then its own arguments. Returns an exit code
   * (trainer/error.h). NULL where there are children. */
  int (*run)(int argc, char **argv);
  const SsgCommand *const *children; /* sub-commands, NULL at the end; NULL where there is run() */
};

/* Finds the command that argv names and runs it. argv[0] is shown as `program`. `--help` prints the list with the
 * exit codes, `--version` the version; an unknown command gives SSG_EXIT_BAD_INPUT and the nearest name. commands ends
 * with NULL. Returns the exit code. */
int ssg_command_dispatch(const char *program, const char *about, const SsgCommand *const *commands, int argc,
                         char **argv);

/* Options that many commands share. */
typedef enum {
  SSG_COMMON_DEVICE = 1 << 0,  /* --device NAME, --precision NAME */
  SSG_COMMON_THREADS = 1 << 1, /* --threads N */
  SSG_COMMON_SEED = 1 << 2,    /* --seed N */
  SSG_COMMON_QUIET = 1 << 3,   /* -q, --quiet */
  SSG_COMMON_JOBS = 1 << 4,    /* -j, --jobs N */
  SSG_COMMON_MODEL = SSG_COMMON_DEVICE | SSG_COMMON_THREADS | SSG_COMMON_SEED | SSG_COMMON_QUIET
} SsgCommonFlags;

typedef struct {
  char *device;   /* "cpu" unless given; owned */
  char *precision; /* "f32", "tf32", "f16", "bf16"; NULL: f32; owned */
  int threads;    /* 0: as many as the process may use */
  guint64 seed;   /* 0 unless given */
  gboolean quiet; /* no progress */
  int jobs;       /* worker threads, at least 1 */
} SsgCommonOptions;

/* Parses argv in place: options go, argv[1..argc-1] are what is left, the arguments proper.
 *   arguments    "IN OUT", "MODEL [MODEL...]": shown in the usage line; NULL for none
 *   description  paragraphs for --help; may be NULL
 *   entries      as GOption has them, ending with {NULL}; strings they return belong to the caller; may be NULL
 *   common       may be NULL when flags is 0; cleared first. Free with ssg_common_options_clear() or
 *                g_auto(SsgCommonOptions).
 *   min, max     how many arguments are allowed; max -1: any number
 * TRUE: go on. FALSE: return *exit_code (SSG_EXIT_OK after --help; SSG_EXIT_BAD_INPUT after a message). */
gboolean ssg_command_parse(int *argc, char ***argv, const char *arguments, const char *description,
                           const GOptionEntry *entries, SsgCommonFlags flags, SsgCommonOptions *common, int min,
                           int max, int *exit_code);

void ssg_common_options_clear(SsgCommonOptions *common);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SsgCommonOptions, ssg_common_options_clear)

/* A context on `device` (NULL: common->device) with the threads and the precision that were asked for. */
SsgContext *ssg_common_context(const SsgCommonOptions *common, const char *device, GError **error);

/* The end of a run(): error NULL gives SSG_EXIT_OK; else prints "COMMAND: message" to stderr and gives the exit code
 * that belongs to it. Takes error. */
int ssg_command_finish(const char *command, GError *error);

/* In valid UTF-8 and without control characters: paths, and what damaged files hold, may have any. Free it. */
char *ssg_text_one_line(const char *text);

/* What stands for a bad argument: SSG_ERROR_ARGUMENT with a message. */
void ssg_command_usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether the value of a numeric option lies in [least, most], which a NaN does not; if not, a usage error that states the range. */
gboolean ssg_command_in_range(const char *option, double value, double least, double most, GError **error);
