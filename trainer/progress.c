#include "trainer/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_INTERVAL (G_USEC_PER_SEC / 10)
#define LOG_INTERVAL (10 * G_USEC_PER_SEC)
#define RATE_WINDOW 16 /* the rate is that of the last so many updates, at least a second apart */

struct SsgProgress {
  GMutex lock;
  char *label;
  char *unit;
  char *note;
  guint64 total, done;
  gboolean quiet, terminal, drawn;
  gint64 start, last_print;
  /* Ring of (time, done), so that the rate forgets a slow start. */
  gint64 mark_time[RATE_WINDOW];
  guint64 mark_done[RATE_WINDOW];
  int n_marks;
};

static int terminal_width(void)
{
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return 80;
}

static void add_mark(SsgProgress *p, gint64 now)
{
  int last = (p->n_marks - 1) % RATE_WINDOW;
  if (p->n_marks && now - p->mark_time[last] < G_USEC_PER_SEC)
    return;
  p->mark_time[p->n_marks % RATE_WINDOW] = now;
  p->mark_done[p->n_marks % RATE_WINDOW] = p->done;
  p->n_marks++;
}

static double current_rate(const SsgProgress *p, gint64 now)
{
  int oldest = p->n_marks > RATE_WINDOW ? p->n_marks % RATE_WINDOW : 0;
  double seconds = (now - p->mark_time[oldest]) / (double) G_USEC_PER_SEC;
  if (p->n_marks == 0 || seconds <= 0 || p->done < p->mark_done[oldest])
    return 0;
  return (p->done - p->mark_done[oldest]) / seconds;
}

/* Locked. */
static void draw(SsgProgress *p, gint64 now)
{
  double elapsed = (now - p->start) / (double) G_USEC_PER_SEC;
  g_autofree char *line = ssg_progress_format(p->label, p->unit, p->done, p->total, elapsed, current_rate(p, now),
                                              p->note, p->terminal ? terminal_width() : 0);
  if (p->terminal)
    fprintf(stderr, "\r%s\033[K", line);
  else
    fprintf(stderr, "%s\n", line);
  fflush(stderr);
  p->drawn = TRUE;
  p->last_print = now;
}

/* Locked. */
static void changed(SsgProgress *p)
{
  gint64 now = g_get_monotonic_time();
  add_mark(p, now);
  if (!p->quiet && now - p->last_print >= (p->terminal ? BAR_INTERVAL : LOG_INTERVAL))
    draw(p, now);
}

SsgProgress *ssg_progress_new(const char *label, const char *unit, guint64 total, gboolean quiet)
{
  SsgProgress *p = g_new0(SsgProgress, 1);
  g_mutex_init(&p->lock);
  p->label = g_strdup(label);
  p->unit = g_strdup(unit);
  p->total = total;
  p->quiet = quiet;
  p->terminal = isatty(STDERR_FILENO);
  p->start = g_get_monotonic_time();
  p->last_print = p->terminal ? 0 : p->start; /* a bar at once; in a log nothing for what is done in seconds */
  add_mark(p, p->start);
  return p;
}

void ssg_progress_free(SsgProgress *p)
{
  if (!p)
    return;
  if (!p->quiet && (p->drawn || p->terminal)) {
    draw(p, g_get_monotonic_time());
    if (p->terminal)
      fputc('\n', stderr);
  }
  g_mutex_clear(&p->lock);
  g_free(p->label);
  g_free(p->unit);
  g_free(p->note);
  g_free(p);
}

void ssg_progress_start_at(SsgProgress *p, guint64 done)
{
  if (!p)
    return;
  g_mutex_lock(&p->lock);
  p->done = done;
  p->n_marks = 0;
  add_mark(p, p->start);
  g_mutex_unlock(&p->lock);
}

void ssg_progress_set(SsgProgress *p, guint64 done)
{
  if (!p)
    return;
  g_mutex_lock(&p->lock);
  p->done = done;
  changed(p);
  g_mutex_unlock(&p->lock);
}

void ssg_progress_add(SsgProgress *p, guint64 more)
{
  if (!p)
    return;
  g_mutex_lock(&p->lock);
  p->done += more;
  changed(p);
  g_mutex_unlock(&p->lock);
}

void ssg_progress_set_note(SsgProgress *p, const char *note)
{
  if (!p)
    return;
  g_mutex_lock(&p->lock);
  g_free(p->note);
  p->note = g_strdup(note);
  g_mutex_unlock(&p->lock);
}

void ssg_progress_print(SsgProgress *p, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  if (p)
    g_mutex_lock(&p->lock);
  gboolean bar = p && !p->quiet && p->terminal;
  fprintf(stderr, bar ? "\r\033[K%s\n" : "%s\n", text);
  if (bar)
    draw(p, g_get_monotonic_time());
  if (p)
    g_mutex_unlock(&p->lock);
}

char *ssg_progress_format_duration(double seconds)
{
  if (!(seconds >= 0) || seconds > 1e10)
    return g_strdup("-");
  gint64 s = llround(seconds);
  if (s < 60)
    return g_strdup_printf("%d s", (int) s);
  if (s < 3600)
    return g_strdup_printf("%d min %02d s", (int) (s / 60), (int) (s % 60));
  if (s < 86400)
    return g_strdup_printf("%d h %02d min", (int) (s / 3600), (int) (s / 60 % 60));
  return g_strdup_printf("%" G_GINT64_FORMAT " d %d h", s / 86400, (int) (s / 3600 % 24));
}

/* Behind the label; brief: without the share and the rate, which the numbers beside them say again. */
static char *format_tail(const char *unit, guint64 done, guint64 total, double share, double elapsed, double rate, const char *note,
                         gboolean brief)
{
  GString *tail = g_string_new(NULL);
  if (total)
    g_string_append_printf(tail, "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " %s", done, total, unit);
  else
    g_string_append_printf(tail, "%" G_GUINT64_FORMAT " %s", done, unit);
  if (total && !brief)
    g_string_append_printf(tail, "  %3.0f%%", floor(100 * share));
  if (rate > 0 && !brief)
    g_string_append_printf(tail, "  %.*f/s", rate < 10 ? 2 : rate < 100 ? 1 : 0, rate);
  if (total && done >= total) {
    g_autofree char *taken = ssg_progress_format_duration(elapsed);
    g_string_append_printf(tail, "  in %s", taken);
  } else if (total && rate > 0) {
    g_autofree char *left = ssg_progress_format_duration((total - done) / rate);
    g_string_append_printf(tail, "  %s left", left);
  }
  if (note && *note)
    g_string_append_printf(tail, "  %s", note);
  return g_string_free(tail, FALSE);
}

char *ssg_progress_format(const char *label, const char *unit, guint64 done, guint64 total, double elapsed, double rate,
                          const char *note, int width)
{
  static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  double share = total ? MIN(1.0, done / (double) total) : 0;
  g_autofree char *whole = format_tail(unit, done, total, share, elapsed, rate, note, FALSE), *tail = NULL;
  if (note && *note && width > 0 && g_utf8_strlen(label, -1) + g_utf8_strlen(whole, -1) + 2 > width) {
    label = "";
    tail = format_tail(unit, done, total, share, elapsed, rate, note, TRUE);
  } else {
    tail = g_steal_pointer(&whole);
  }

  GString *line = g_string_new(label);
  int room = width - (int) g_utf8_strlen(label, -1) - (int) g_utf8_strlen(tail, -1) - 5;
  if (width > 0 && total && room >= 8) {
    int cells = MIN(room, 40), filled = (int) (share * cells * 8);
    g_string_append(line, " ▕");
    for (int i = 0; i < filled / 8; i++)
      g_string_append(line, "█");
    g_string_append(line, eighths[filled % 8]);
    for (int i = (filled + 7) / 8; i < cells; i++)
      g_string_append_c(line, ' ');
    g_string_append(line, "▏ ");
  } else {
    g_string_append(line, width == 0 ? ": " : *label ? " " : "");
  }
  g_string_append(line, tail);
  if (width > 0 && g_utf8_strlen(line->str, -1) >= width) /* a wrapped line could not be redrawn in place */
    g_string_truncate(line, g_utf8_offset_to_pointer(line->str, width - 1) - line->str);
  return g_string_free(line, FALSE);
}
