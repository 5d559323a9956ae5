#include "trainer/run-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "engine/atomic-file.h"
#include "engine/error.h"
#include "trainer/curves.h"
#include "trainer/error.h"
#include "trainer/tensorboard.h"

#define MAX_RUNS 100000 /* five digits */

struct SsgRunLock {
  int file; /* descriptor; the system lets go of it when the process ends, however it ends */
};

struct SsgRunDirectory {
  char *path;
  SsgRunLock *lock;
  FILE *log, *stats;
  SsgTensorboard *board;
  SsgCurves *curves;
  SsgProgress *progress; /* not owned */
  gboolean quiet;
};

/* The run's number when `name` starts with five digits and a dash or nothing, else -1. */
static int run_number(const char *name)
{
  int number = 0;
  for (int i = 0; i < 5; i++) {
    if (!g_ascii_isdigit(name[i]))
      return -1;
    number = 10 * number + (name[i] - '0');
  }
  return name[5] == '-' || name[5] == '\0' ? number : -1;
}

static FILE *open_file(const SsgRunDirectory *run, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename(run->path, name, NULL);
  FILE *file = fopen(path, "a+e");
  if (!file)
    ssg_trainer_error_set_errno(error, errno, "open", path);
  return file;
}

void ssg_run_lock_free(SsgRunLock *lock)
{
  if (!lock)
    return;
  if (lock->file >= 0)
    close(lock->file);
  g_free(lock);
}

/* One process at a time writes into a run. File systems that know no locks let everybody in. */
SsgRunLock *ssg_run_lock_new(const char *path, GError **error)
{
  if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s is not a run's folder", path);
    return NULL;
  }
  g_autofree char *file = g_build_filename(path, ".lock", NULL);
  SsgRunLock *lock = g_new0(SsgRunLock, 1);
  lock->file = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock->file < 0 && (errno == EROFS || errno == EACCES))
    g_set_error(error, SSG_ERROR, SSG_ERROR_FILE, "%s cannot be written to (%s), and a run goes on in its own folder; train --init %s --out FOLDER "
                "starts a new run from its models", path, g_strerror(errno), path);
  else if (lock->file < 0)
    ssg_trainer_error_set_errno(error, errno, "open", file);
  else if (flock(lock->file, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "another ssgan-trainer is at work on %s; stop it first", path);
  else
    return lock;
  ssg_run_lock_free(lock);
  return NULL;
}

static gboolean line_is_kept(const char *line, gsize length, gint64 images)
{
  g_autoptr(JsonParser) parser = json_parser_new();
  if (!json_parser_load_from_data(parser, line, (gssize) length, NULL))
    return FALSE;
  JsonNode *root = json_parser_get_root(parser);
  JsonNode *seen =
      root && JSON_NODE_HOLDS_OBJECT(root) ? json_object_get_member(json_node_get_object(root), "images") : NULL;
  return seen && JSON_NODE_HOLDS_VALUE(seen) && json_node_get_int(seen) <= images;
}

/* Keeps the whole lines of images up to `images`. */
static gboolean trim_stats(const char *path, gint64 images, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr(GString) kept = g_string_new(NULL);
  gsize size;
  if (!g_file_test(path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!g_file_get_contents(path, &text, &size, error))
    return FALSE;
  for (const char *line = text, *end; line < text + size; line = end + 1) {
    end = memchr(line, '\n', (gsize) (text + size - line));
    if (!end)
      break;
    if (line_is_kept(line, (gsize) (end - line), images))
      g_string_append_len(kept, line, end + 1 - line);
  }
  return kept->len == size || ssg_atomic_file_save(path, kept->str, kept->len, error);
}

/* One write a line: others may be appending. */
static void write_line(FILE *log, const char *text)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
  fprintf(log, "%s  %s\n", time, text);
  fflush(log);
}

/* A line that was cut off, by a full disk or a power failure, ends here: the next one begins on its own. */
static void end_line(FILE *log)
{
  char last = '\n';
  off_t size = lseek(fileno(log), 0, SEEK_END);
  if (size > 0 && pread(fileno(log), &last, 1, size - 1) == 1 && last != '\n')
    fputs("\n", log);
}

/* A byte in the lock file says that somebody is at work; whoever is killed leaves it there. */
static void note_work(SsgRunDirectory *run)
{
  char byte;
  if (run->lock->file < 0)
    return;
  if (pread(run->lock->file, &byte, 1, 0) == 1)
    write_line(run->log, "the last process at work on this run ended without a word: it was killed, or died with another process of the run");
  if (pwrite(run->lock->file, "1", 1, 0) != 1)
    return; /* a full disk: then nobody learns how this run ended */
}

static SsgRunDirectory *open_run(const char *path, gint64 images, SsgRunLock *lock, GError **error)
{
  g_autoptr(SsgRunDirectory) run = g_new0(SsgRunDirectory, 1);
  g_autofree char *name = g_path_get_basename(path), *stats_path = g_build_filename(path, "stats.jsonl", NULL);
  run->path = g_strdup(path);
  run->curves = ssg_curves_new(name);
  run->lock = lock ? lock : ssg_run_lock_new(path, error);
  if (!run->lock || !trim_stats(stats_path, images, error))
    return NULL;
  if (g_file_test(stats_path, G_FILE_TEST_EXISTS) && !ssg_curves_load(run->curves, stats_path, error))
    return NULL;
  if (!(run->log = open_file(run, "log.txt", error)) || !(run->stats = open_file(run, "stats.jsonl", error)) ||
      !(run->board = ssg_tensorboard_open(path, images, error)))
    return NULL;
  end_line(run->log);
  note_work(run);
  return g_steal_pointer(&run);
}

SsgRunDirectory *ssg_run_directory_create(const char *parent, const char *name, GError **error)
{
  g_autofree char *clean = g_strdup(name);
  g_strcanon(clean, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.", '-');
  if (g_mkdir_with_parents(parent, 0755) < 0) {
    ssg_trainer_error_set_errno(error, errno, "make the folder", parent);
    return NULL;
  }
  for (;;) {
    g_autoptr(GDir) dir = g_dir_open(parent, 0, error);
    int number = 0;
    if (!dir)
      return NULL;
    for (const char *other; (other = g_dir_read_name(dir));)
      number = MAX(number, run_number(other) + 1);
    if (number >= MAX_RUNS) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "%s: all numbers of runs up to %d are taken", parent,
                  MAX_RUNS - 1);
      return NULL;
    }
    g_autofree char *path = g_strdup_printf("%s/%05d-%s", parent, number, clean);
    if (mkdir(path, 0755) == 0)
      return open_run(path, 0, NULL, error);
    if (errno != EEXIST) { /* EEXIST: another process was faster; look again */
      ssg_trainer_error_set_errno(error, errno, "make the folder", path);
      return NULL;
    }
  }
}

SsgRunDirectory *ssg_run_directory_resume(const char *path, gint64 images, SsgRunLock *lock, GError **error)
{
  return open_run(path, images, lock, error);
}

void ssg_run_directory_free(SsgRunDirectory *run)
{
  if (!run)
    return;
  if (run->log)
    fclose(run->log);
  if (run->stats)
    fclose(run->stats);
  if (run->log && run->lock && run->lock->file >= 0 && ftruncate(run->lock->file, 0) < 0)
    g_debug("%s: the lock file keeps its mark", run->path);
  ssg_run_lock_free(run->lock);
  ssg_tensorboard_close(run->board);
  ssg_curves_free(run->curves);
  g_free(run->path);
  g_free(run);
}

const char *ssg_run_directory_path(const SsgRunDirectory *run)
{
  return run ? run->path : NULL;
}

char *ssg_run_directory_file(const SsgRunDirectory *run, const char *format, ...)
{
  if (!run)
    return NULL;
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *name = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return g_build_filename(run->path, name, NULL);
}

void ssg_run_directory_set_output(SsgRunDirectory *run, SsgProgress *progress, gboolean quiet)
{
  if (!run)
    return;
  run->progress = progress;
  run->quiet = quiet;
}

int ssg_run_directory_log_file(const SsgRunDirectory *run)
{
  return run ? fileno(run->log) : -1;
}

void ssg_run_directory_append_log(const char *path, const char *text)
{
  g_autofree char *name = g_build_filename(path, "log.txt", NULL);
  FILE *log = fopen(name, "ae");
  if (!log)
    return;
  write_line(log, text);
  fclose(log);
}

void ssg_run_directory_log(SsgRunDirectory *run, const char *format, ...)
{
  if (!run)
    return;
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  write_line(run->log, text);
  if (!run->quiet)
    ssg_progress_print(run->progress, "%s", text);
}

gboolean ssg_run_directory_write_text(SsgRunDirectory *run, const char *name, const char *text, GError **error)
{
  g_autofree char *path = ssg_run_directory_file(run, "%s", name);
  return !run || ssg_atomic_file_save(path, text, strlen(text), error);
}

static void append_string(GString *to, const char *text)
{
  g_autoptr(JsonNode) node = json_node_init_string(json_node_alloc(), text);
  g_autofree char *quoted = json_to_string(node, FALSE);
  g_string_append(to, quoted);
}

gboolean ssg_run_directory_add_stats(SsgRunDirectory *run, gint64 iteration, gint64 images, const SsgStat *stats, int n,
                                     GError **error)
{
  if (!run)
    return TRUE;
  g_autoptr(GString) line = g_string_new(NULL);
  g_autofree const char **tags = g_new(const char *, n + 1);
  g_autofree double *values = g_new(double, n + 1);
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_string_printf(line, "{\"iteration\": %" G_GINT64_FORMAT ", \"images\": %" G_GINT64_FORMAT ", \"time\": %s",
                  iteration, images, g_ascii_formatd(number, sizeof number, "%.3f", g_get_real_time() / 1e6));
  for (int i = 0; i < n; i++) {
    tags[i] = stats[i].key;
    values[i] = stats[i].value;
    g_string_append(line, ", ");
    append_string(line, stats[i].key);
    g_string_append_printf(line, ": %s",
                           isfinite(values[i]) ? g_ascii_formatd(number, sizeof number, "%.9g", values[i]) : "null");
    ssg_curves_add(run->curves, tags[i], (double) images, values[i]);
  }
  g_string_append(line, "}\n");
  if (fwrite(line->str, 1, line->len, run->stats) != line->len || fflush(run->stats) != 0) {
    g_autofree char *path = ssg_run_directory_file(run, "stats.jsonl");
    ssg_trainer_error_set_errno(error, errno, "write", path);
    return FALSE;
  }
  return ssg_tensorboard_add_scalars(run->board, images, n, tags, values, error);
}

gboolean ssg_run_directory_add_image(SsgRunDirectory *run, const char *name, gint64 images, const SsgImage *image,
                                     const SsgImageOrigin *origin, GError **error)
{
  if (!run)
    return TRUE;
  g_autofree char *path = ssg_run_directory_file(run, "%s-%08" G_GINT64_FORMAT ".png", name, images);
  g_autofree char *tag = g_strconcat("samples/", name, NULL);
  SsgPixels pixels = ssg_image_pixels(image);
  return ssg_png_save(path, &pixels, origin, error) && ssg_tensorboard_add_image(run->board, images, tag, image, error);
}

gboolean ssg_run_directory_draw_curves(SsgRunDirectory *run, GError **error)
{
  if (!run)
    return TRUE;
  g_autofree char *path = ssg_run_directory_file(run, "curves.png");
  g_autoptr(GError) problem = NULL;
  if (ssg_curves_save(run->curves, path, &problem) || g_error_matches(problem, SSG_ERROR, SSG_ERROR_ARGUMENT))
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&problem));
  return FALSE;
}
