#include "trainer/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "engine/atomic-file.h"
#include "engine/error.h"

#define MAX_NOTICE 512

static volatile sig_atomic_t signal_came;

/* The handler reads whichever pair `announced` names while the other is written. */
static struct {
  char first[MAX_NOTICE], second[MAX_NOTICE];
} notices[2];
static volatile sig_atomic_t announced;

static void say(const char *notice)
{
  gsize length = 0;
  while (notice[length])
    length++;
  while (length > 0) {
    ssize_t written = write(STDERR_FILENO, notice, length);
    if (written <= 0)
      return;
    notice += written;
    length -= (gsize) written;
  }
}

static void take_signal(int number)
{
  int saved = errno;
  if (!signal_came) {
    say(notices[announced].first);
  } else if (number == SIGINT) {
    say(notices[announced].second);
    ssg_atomic_file_discard_all();
    signal(number, SIG_DFL);
    raise(number);
  }
  signal_came = number;
  errno = saved;
}

static void set_notice(char *slot, const char *text)
{
  g_snprintf(slot, MAX_NOTICE - 1, text ? "\n%s" : "%s", text ? text : ""); /* below the progress bar, and "^C" */
  if (text)
    g_strlcat(slot, "\n", MAX_NOTICE);
}

void ssg_interrupt_announce(const char *first, const char *second)
{
  int next = !announced;
  set_notice(notices[next].first, first);
  set_notice(notices[next].second, second);
  announced = next;
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
