#include "trainer/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "engine/error.h"
#include "ssgan-config.h"

static const char exit_codes[] =
    "Exit codes:\n"
    "  0    done\n"
    "  1    the run failed on its way: a full disk, a lost device, a process that died\n"
    "  2    bad usage; a file that cannot be read or is damaged; a target that cannot be written;\n"
    "       a device that is not there; more than the memory holds\n"
    "  130  interrupted by Ctrl-C (143: by SIGTERM, 129: by the end of the terminal); work was saved where the command saves\n";

/* Levenshtein distance, for "did you mean". Names are short; anything longer than the row is simply far away. */
static int edit_distance(const char *a, const char *b)
{
  enum { LONGEST = 63 };
  size_t na = strlen(a), nb = strlen(b);
  int row[LONGEST + 1];
  if (na > LONGEST || nb > LONGEST)
    return LONGEST;
  for (size_t j = 0; j <= nb; j++)
    row[j] = (int) j;
  for (size_t i = 1; i <= na; i++) {
    int diagonal = row[0];
    row[0] = (int) i;
    for (size_t j = 1; j <= nb; j++) {
      int substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = MIN(substitute, MIN(row[j], row[j - 1]) + 1);
    }
  }
  return row[nb];
}

static const SsgCommand *find_command(const SsgCommand *const *commands, const char *name)
{
  for (; *commands; commands++)
    if (g_str_equal((*commands)->name, name))
      return *commands;
  return NULL;
}

static const char *nearest_name(const SsgCommand *const *commands, const char *name)
{
  const char *nearest = NULL;
  int least = 3; /* further away than two slips it is another word */
  for (; *commands; commands++) {
    int distance = edit_distance((*commands)->name, name);
    if (distance < least || (strlen(name) >= 3 && g_str_has_prefix((*commands)->name, name))) {
      least = MIN(least, distance);
      nearest = (*commands)->name;
    }
  }
  return nearest;
}

static void print_commands(const SsgCommand *const *commands)
{
  int width = 0;
  for (int i = 0; commands[i]; i++)
    width = MAX(width, (int) strlen(commands[i]->name));
  for (int i = 0; commands[i]; i++)
    printf("  %-*s  %s\n", width, commands[i]->name, commands[i]->summary);
}

static int dispatch(const char *path, const char *about, const SsgCommand *const *commands, gboolean top, int argc,
                    char **argv)
{
  if (argc < 2 || g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h")) {
    if (argc < 2) {
      fprintf(stderr, "%s: a command is missing; '%s --help' lists them\n", path, path);
      return SSG_EXIT_BAD_INPUT;
    }
    printf("Usage: %s COMMAND [OPTIONS]\n\n%s\n\nCommands:\n", path, about);
    print_commands(commands);
    printf("\n'%s COMMAND --help' says what a command does and takes.\n", path);
    if (top)
      printf("\n%s", exit_codes);
    return SSG_EXIT_OK;
  }
  if (top && g_str_equal(argv[1], "--version")) {
    printf("%s %s\n", path, SSG_VERSION);
    return SSG_EXIT_OK;
  }
  const SsgCommand *command = find_command(commands, argv[1]);
  if (!command) {
    const char *nearest = nearest_name(commands, argv[1]);
    if (nearest)
      fprintf(stderr, "%s: there is no command '%s'; did you mean '%s'?\n", path, argv[1], nearest);
    else
      fprintf(stderr, "%s: there is no command '%s'; '%s --help' lists them\n", path, argv[1], path);
    return SSG_EXIT_BAD_INPUT;
  }
  g_autofree char *name = g_strdup_printf("%s %s", path, command->name);
  if (command->children)
    return dispatch(name, command->summary, command->children, FALSE, argc - 1, argv + 1);
  /* GOption moves entries of the array about: it gets its own. */
  g_autofree char **arguments = g_new0(char *, argc);
  memcpy(arguments, argv + 1, sizeof(char *) * (argc - 1));
  arguments[0] = name;
  return command->run(argc - 1, arguments);
}

int ssg_command_dispatch(const char *program, const char *about, const SsgCommand *const *commands, int argc,
                         char **argv)
{
  return dispatch(program, about, commands, TRUE, argc, argv);
}

static gboolean parse_seed(const char *option, const char *value, gpointer data, GError **error)
{
  SsgCommonOptions *common = data;
  if (g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT64, &common->seed, NULL))
    return TRUE;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s takes a whole number from 0 on, not '%s'", option,
              value);
  return FALSE;
}

#define MAX_THREADS 1024 /* far beyond any use; more would only exhaust the machine */

static gboolean check_common(const SsgCommonOptions *common, GError **error)
{
  if (!ssg_command_in_range("--threads", common->threads, 0, MAX_THREADS, error) ||
      !ssg_command_in_range("--jobs", common->jobs, 1, MAX_THREADS, error))
    return FALSE;
  if (!common->precision || ssg_precision_is_known(common->precision))
    return TRUE;
  ssg_command_usage_error(error, "--precision takes f32, tf32, f16 or bf16, not '%s'", common->precision);
  return FALSE;
}

gboolean ssg_command_parse(int *argc, char ***argv, const char *arguments, const char *description,
                           const GOptionEntry *entries, SsgCommonFlags flags, SsgCommonOptions *common, int min,
                           int max, int *exit_code)
{
  gboolean help = FALSE;
  SsgCommonOptions unused = {0};
  if (!common)
    common = &unused;
  *common = (SsgCommonOptions){.jobs = (int) g_get_num_processors()};
  const GOptionEntry help_entry[] = {{"help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help", NULL}, {NULL}};
  const struct {
    SsgCommonFlags flag;
    GOptionEntry entry[2];
  } shared[] = {
      {SSG_COMMON_DEVICE,
       {{"device", 0, 0, G_OPTION_ARG_STRING, &common->device, "Where to compute: cpu, cuda, cuda:1 (cpu)", "NAME"}}},
      {SSG_COMMON_DEVICE,
       {{"precision", 0, 0, G_OPTION_ARG_STRING, &common->precision,
         "f32; on GPUs: tf32 (products with factors of 10 bits), f16 or bf16 (also the render net's maps; in training those of the highest resolutions); on processors with AMX: bf16 (factors of convolutions with 7 bits) (f32)", "NAME"}}},
      {SSG_COMMON_THREADS,
       {{"threads", 0, 0, G_OPTION_ARG_INT, &common->threads, "Threads to compute with (all)", "N"}}},
      {SSG_COMMON_SEED, {{"seed", 0, 0, G_OPTION_ARG_CALLBACK, parse_seed, "Seed of all random numbers (0)", "N"}}},
      {SSG_COMMON_JOBS,
       {{"jobs", 'j', 0, G_OPTION_ARG_INT, &common->jobs, "Files to work on at a time (all cores)", "N"}}},
      {SSG_COMMON_QUIET, {{"quiet", 'q', 0, G_OPTION_ARG_NONE, &common->quiet, "No progress", NULL}}},
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(GOptionContext) context = g_option_context_new(arguments);
  GOptionGroup *group = g_option_group_new("main", "", "", common, NULL);
  if (entries)
    g_option_group_add_entries(group, entries);
  for (size_t i = 0; i < G_N_ELEMENTS(shared); i++)
    if (flags & shared[i].flag)
      g_option_group_add_entries(group, shared[i].entry);
  g_option_group_add_entries(group, help_entry);
  g_option_context_set_main_group(context, group);
  g_option_context_set_summary(context, description);
  /* GOption's own --help exits the process; ours comes back here. */
  g_option_context_set_help_enabled(context, FALSE);
  g_autofree char *path = g_strdup((*argv)[0]);
  g_set_prgname(path);

  for (int i = 1; i < *argc && (flags & SSG_COMMON_JOBS) && !g_str_equal((*argv)[i], "--"); i++)
    if (g_str_has_prefix((*argv)[i], "-j") && g_ascii_isdigit((*argv)[i][2])) { /* as make has it; GOption does not */
      g_autofree char *longer = g_strconcat("--jobs=", (*argv)[i] + 2, NULL);
      (*argv)[i] = (char *) g_intern_string(longer);
    }
  gboolean parsed = g_option_context_parse(context, argc, argv, &error);
  if (!common->device)
    common->device = g_strdup("cpu");
  if (help) {
    g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
    fputs(text, stdout);
    *exit_code = SSG_EXIT_OK;
    ssg_common_options_clear(&unused);
    return FALSE;
  }
  if (parsed && *argc > 1 && g_str_equal((*argv)[1], "--")) { /* GOption leaves the separator in */
    memmove(*argv + 1, *argv + 2, sizeof(char *) * (*argc - 2));
    (*argc)--;
  }
  int given = *argc - 1;
  if (parsed && check_common(common, &error)) {
    if (given < min)
      ssg_command_usage_error(&error, "needs %s", arguments ? arguments : "arguments");
    else if (max >= 0 && given > max)
      ssg_command_usage_error(&error, "does not know what to do with '%s'", (*argv)[1 + max]);
  }
  ssg_common_options_clear(&unused);
  if (!error)
    return TRUE;
  g_autofree char *message = ssg_text_one_line(error->message);
  fprintf(stderr, "%s: %s\n'%s --help' says more.\n", path, message, path);
  *exit_code = SSG_EXIT_BAD_INPUT;
  return FALSE;
}

void ssg_common_options_clear(SsgCommonOptions *common)
{
  g_clear_pointer(&common->device, g_free);
  g_clear_pointer(&common->precision, g_free);
}

SsgContext *ssg_common_context(const SsgCommonOptions *common, const char *device, GError **error)
{
  g_autoptr(GError) inner = NULL;
  g_autoptr(SsgContext) ctx = ssg_context_new(device ? device : common->device, common->threads, &inner);
  if (ctx && (!common->precision || ssg_context_set_precision(ctx, common->precision, &inner)))
    return g_steal_pointer(&ctx);
  /* A device that was asked for and is not there, or cannot do what was asked for: nothing was lost. */
  g_set_error_literal(error, SSG_ERROR, inner->code == SSG_ERROR_DEVICE ? SSG_ERROR_ARGUMENT : inner->code, inner->message);
  return NULL;
}

char *ssg_text_one_line(const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1); /* a path may be anything */
  GString *line = g_string_new(NULL);
  for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);
    gboolean breaks = g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_LINE_SEPARATOR ||
                      g_unichar_type(c) == G_UNICODE_PARAGRAPH_SEPARATOR;
    g_string_append_unichar(line, breaks ? ' ' : c);
  }
  return g_string_free(line, FALSE);
}

int ssg_command_finish(const char *command, GError *error)
{
  if (!error)
    return SSG_EXIT_OK;
  int code = ssg_trainer_error_exit_code(error);
  g_autofree char *message = ssg_text_one_line(error->message);
  fprintf(stderr, "%s: %s\n", command, message);
  g_error_free(error);
  return code;
}

void ssg_command_usage_error(GError **error, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error_literal(error, SSG_ERROR, SSG_ERROR_ARGUMENT, message);
}

gboolean ssg_command_in_range(const char *option, double value, double least, double most, GError **error)
{
  if (value >= least && value <= most)
    return TRUE;
  ssg_command_usage_error(error, "%s takes a number from %.10g to %.10g, not %.10g", option, least, most, value);
  return FALSE;
}
