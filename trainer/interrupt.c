#include "trainer/interrupt.h"

#include <signal.h>
#include "engine/atomic-file.h"
#include "engine/error.h"

static volatile sig_atomic_t signal_came;

static void take_signal(int number)
{
  if (signal_came && number == SIGINT) {
    ssg_atomic_file_discard_all();
    signal(number, SIG_DFL);
    raise(number);
  }
  signal_came = number;
}

void ssg_interrupt_install(void)
{
  struct sigaction action = {.sa_handler = take_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

gboolean ssg_interrupt_requested(void)
{
  return signal_came != 0;
}

gboolean ssg_interrupt_check(GError **error)
{
  if (!signal_came)
    return TRUE;
  g_set_error_literal(error, SSG_ERROR, SSG_ERROR_CANCELLED, "interrupted");
  return FALSE;
}

int ssg_interrupt_exit_code(void)
{
  return 128 + (signal_came ? signal_came : SIGINT);
}

void ssg_interrupt_request(int signal_number)
{
  signal_came = signal_number;
}
