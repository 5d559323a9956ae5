#include "trainer/error.h"

#include <gio/gio.h>
#include "trainer/interrupt.h"

#define MAX_DOMAINS 8

static GQuark bad_input_domains[MAX_DOMAINS];
static int n_bad_input_domains;

static gboolean file_error_is_bad_input(int code)
{
  switch (code) {
  case G_FILE_ERROR_NOENT:
  case G_FILE_ERROR_ISDIR:
  case G_FILE_ERROR_NOTDIR:
  case G_FILE_ERROR_EXIST:
  case G_FILE_ERROR_ACCES:
  case G_FILE_ERROR_PERM:
  case G_FILE_ERROR_NAMETOOLONG:
  case G_FILE_ERROR_LOOP:
  case G_FILE_ERROR_ROFS:
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean io_error_is_bad_input(int code)
{
  switch (code) {
  case G_IO_ERROR_NOT_FOUND:
  case G_IO_ERROR_IS_DIRECTORY:
  case G_IO_ERROR_NOT_DIRECTORY:
  case G_IO_ERROR_EXISTS:
  case G_IO_ERROR_PERMISSION_DENIED:
  case G_IO_ERROR_FILENAME_TOO_LONG:
  case G_IO_ERROR_READ_ONLY:
  case G_IO_ERROR_INVALID_DATA:
  case G_IO_ERROR_INVALID_ARGUMENT:
  case G_IO_ERROR_NOT_SUPPORTED:
    return TRUE;
  default:
    return FALSE;
  }
}

GQuark ssg_trainer_error_quark(void)
{
  return g_quark_from_static_string("ssg-trainer-error");
}

void ssg_trainer_error_add_bad_input_domain(GQuark domain)
{
  g_assert(n_bad_input_domains < MAX_DOMAINS);
  bad_input_domains[n_bad_input_domains++] = domain;
}

int ssg_trainer_error_exit_code(const GError *error)
{
  if (error->domain == SSG_TRAINER_ERROR) {
    if (error->code == SSG_TRAINER_ERROR_INTERRUPTED)
      return ssg_interrupt_exit_code();
    return error->code == SSG_TRAINER_ERROR_BAD_INPUT ? SSG_EXIT_BAD_INPUT : SSG_EXIT_FAILED;
  }
  if (error->domain == G_OPTION_ERROR)
    return SSG_EXIT_BAD_INPUT;
  if (error->domain == G_FILE_ERROR)
    return file_error_is_bad_input(error->code) ? SSG_EXIT_BAD_INPUT : SSG_EXIT_FAILED;
  if (error->domain == G_IO_ERROR) {
    if (error->code == G_IO_ERROR_CANCELLED)
      return ssg_interrupt_exit_code();
    return io_error_is_bad_input(error->code) ? SSG_EXIT_BAD_INPUT : SSG_EXIT_FAILED;
  }
  for (int i = 0; i < n_bad_input_domains; i++)
    if (error->domain == bad_input_domains[i])
      return SSG_EXIT_BAD_INPUT;
  return SSG_EXIT_FAILED;
}

void ssg_trainer_error_set_errno(GError **error, int saved_errno, const char *what, const char *path)
{
  g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(saved_errno), "cannot %s %s: %s", what, path,
              g_strerror(saved_errno));
}
