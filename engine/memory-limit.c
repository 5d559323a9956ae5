#include "engine/memory-limit.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/error.h"

/* The number after `key` in a text of lines "key number"; key NULL: the first number. FALSE when there is none ("max"). */
static gboolean number_in(const char *text, const char *key, guint64 *number)
{
  const char *at = text;
  if (key) {
    gsize length = strlen(key);
    while (at && !(g_str_has_prefix(at, key) && (at[length] == ' ' || at[length] == ':'))) {
      at = strchr(at, '\n');
      at += at != NULL;
    }
    at = at ? at + length + 1 : NULL;
  }
  if (!at)
    return FALSE;
  char *end;
  at += strspn(at, " \t");
  *number = g_ascii_strtoull(at, &end, 10);
  return end > at;
}

static gboolean number_in_file(const char *folder, const char *name, const char *key, guint64 *number)
{
  g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
  return g_file_get_contents(path, &text, NULL, NULL) && number_in(text, key, number);
}

/* What one control group leaves; G_MAXSIZE when it sets no limit. v1 writes a huge number for none. */
static gsize left_in_group(const char *folder, const char *limit_name, const char *usage_name, const char *cache_key)
{
  guint64 limit, used, cache = 0;
  if (!number_in_file(folder, limit_name, NULL, &limit) || !number_in_file(folder, usage_name, NULL, &used))
    return G_MAXSIZE;
  number_in_file(folder, "memory.stat", cache_key, &cache);
  used -= MIN(used, cache);
  return limit > used ? limit - used : 0;
}

/* The least that the group and those around it leave. A container may see its own group as the root of the tree, while
 * /proc/self/cgroup still has the path outside: groups that are not there are passed over. */
static gsize left_in_groups(const char *tree, const char *group, gboolean v2)
{
  g_autofree char *path = g_strdup(group);
  gsize left = G_MAXSIZE;
  for (;;) {
    g_autofree char *folder = g_build_filename(tree, path, NULL);
    left = MIN(left, v2 ? left_in_group(folder, "memory.max", "memory.current", "inactive_file")
                        : left_in_group(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
    char *slash = strrchr(path, '/');
    if (!slash || !path[1])
      return left;
    slash[slash == path] = '\0';
  }
}

static gboolean names_memory(const char *controllers)
{
  g_auto(GStrv) names = g_strsplit(controllers, ",", -1);
  return g_strv_contains((const char *const *) names, "memory");
}

gsize ssg_memory_available_in(const char *root)
{
  g_autofree char *proc = g_build_filename(root, "proc", NULL), *groups_path = g_build_filename(proc, "self", "cgroup", NULL);
  g_autofree char *v2 = g_build_filename(root, "sys/fs/cgroup", NULL), *hybrid = g_build_filename(v2, "unified", NULL);
  g_autofree char *v1 = g_build_filename(v2, "memory", NULL), *groups = NULL;
  gsize available = G_MAXSIZE;
  guint64 kib;

  if (number_in_file(proc, "meminfo", "MemAvailable", &kib) && kib < G_MAXSIZE / 1024)
    available = kib * 1024;
  if (!g_file_get_contents(groups_path, &groups, NULL, NULL))
    return available;
  g_auto(GStrv) lines = g_strsplit(groups, "\n", -1);
  for (char **line = lines; *line; line++) {
    g_auto(GStrv) fields = g_strsplit(*line, ":", 3); /* number, controllers, path */
    if (g_strv_length(fields) < 3 || fields[2][0] != '/')
      continue;
    if (!*fields[1]) {
      available = MIN(available, left_in_groups(v2, fields[2], TRUE));
      available = MIN(available, left_in_groups(hybrid, fields[2], TRUE));
    } else if (names_memory(fields[1])) {
      available = MIN(available, left_in_groups(v1, fields[2], FALSE));
    }
  }
  return available;
}

/* G_MAXSIZE where there is no limit. */
static gsize address_space_left(void)
{
  struct rlimit limit;
  guint64 pages = 0;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return G_MAXSIZE;
  number_in_file("/proc/self", "statm", NULL, &pages); /* the first: pages of address space in use */
  gsize used = pages * (gsize) sysconf(_SC_PAGESIZE);
  return limit.rlim_cur > used ? (gsize) limit.rlim_cur - used : 0;
}

gsize ssg_memory_available(void)
{
  gsize available = ssg_memory_available_in("/"), left = address_space_left();
  /* Address space goes faster than memory: the device takes it in large segments, and every thread's allocator reserves some. */
  return left == G_MAXSIZE ? available : MIN(available, left / 8 * 5);
}

/* Libraries with what they compile and every thread's stack and allocator reserve that much, of which little is ever used. Where it
 * cannot be had, oneDNN crashes. */
static gsize address_space_to_render(void)
{
  return (gsize) (256 + 64 * MIN(g_get_num_processors(), 8)) << 20;
}

gboolean ssg_memory_suffices_to_render(const char *what, gsize bytes, GError **error)
{
  gsize left = address_space_left(), beside = address_space_to_render();
  if (left - MIN(left, beside) >= bytes)
    return ssg_memory_suffices(what, bytes, "run", error);
  g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY,
              "%s needs about %" G_GSIZE_FORMAT " MiB of memory to run, and %" G_GSIZE_FORMAT " MiB of address space; the limit of this process "
              "leaves %" G_GSIZE_FORMAT " MiB (ulimit -v)", what, bytes >> 20, (bytes + beside) >> 20, left >> 20);
  return FALSE;
}

gboolean ssg_memory_suffices(const char *what, gsize bytes, const char *purpose, GError **error)
{
  gsize available = ssg_memory_available();
  if (bytes <= available)
    return TRUE;
  g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY,
              "%s needs about %" G_GSIZE_FORMAT " MiB of memory to %s; %" G_GSIZE_FORMAT " MiB are available", what, bytes >> 20, purpose,
              available >> 20);
  return FALSE;
}
