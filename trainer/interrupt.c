#include "trainer/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "engine/atomic-file.h"
#include "engine/error.h"

#define MAX_NOTICE 768

typedef struct {
  char shown[MAX_NOTICE], logged[MAX_NOTICE]; /* whole lines, or empty */
} Notice;

static volatile sig_atomic_t signal_came;

/* The handler reads whichever pair `announced` names while the other is written. */
static struct {
  Notice first, second;
  int log;
} notices[2] = {{.log = -1}, {.log = -1}};
static volatile sig_atomic_t announced;

static void put(int file, const char *text)
{
  gsize length = 0;
  while (text[length])
    length++;
  while (file >= 0 && length > 0) {
    ssize_t written = write(file, text, length);
    if (written <= 0)
      return;
    text += written;
    length -= (gsize) written;
  }
}

static void say(const Notice *notice, int log)
{
  put(log, notice->logged); /* first: the other end of stderr may be gone */
  put(STDERR_FILENO, notice->shown);
}

static void take_signal(int number)
{
  int saved = errno;
  if (!signal_came) {
    say(&notices[announced].first, notices[announced].log);
  } else if (number == SIGINT) {
    say(&notices[announced].second, notices[announced].log);
    ssg_atomic_file_discard_all();
    signal(number, SIG_DFL);
    raise(number);
  }
  signal_came = number;
  errno = saved;
}

static void set_notice(Notice *notice, const char *text, const char *time)
{
  *notice = (Notice){0};
  if (!text)
    return;
  g_snprintf(notice->shown, MAX_NOTICE - 1, "\nssgan-trainer: %.700s", text); /* below the progress bar, and "^C" */
  g_snprintf(notice->logged, MAX_NOTICE - 1, "%s  %.700s", time, text);
  g_strlcat(notice->shown, "\n", MAX_NOTICE);
  g_strlcat(notice->logged, "\n", MAX_NOTICE);
}

void ssg_interrupt_announce(const char *first, const char *second, int log)
{
  int next = !announced;
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
  set_notice(&notices[next].first, first, time);
  set_notice(&notices[next].second, second, time);
  notices[next].log = log;
  announced = next;
}

void ssg_interrupt_install(void)
{
  struct sigaction action = {.sa_handler = take_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  struct sigaction hangup;
  if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup wants it to go on */
    sigaction(SIGHUP, &action, NULL);
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
