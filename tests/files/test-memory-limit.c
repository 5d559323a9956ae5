/* What the system and its control groups leave, out of made-up /proc and /sys trees. */
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/error.h"
#include "engine/memory-limit.h"
#include "tests/files/files-test.h"

#define MIB ((gsize) 1 << 20)

static void put(const char *root, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename(root, name, NULL), *folder = g_path_get_dirname(path);
  g_assert_cmpint(g_mkdir_with_parents(folder, 0777), ==, 0);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *new_root(const char *name)
{
  char *root = scratch_path(name);
  put(root, "proc/meminfo", "MemTotal:       8192000 kB\nMemFree:  1 kB\nMemAvailable:    4096000 kB\n");
  return root;
}

static void test_system(void)
{
  g_autofree char *root = new_root("system"), *nothing = scratch_path("nothing");
  g_assert_cmpuint(ssg_memory_available_in(root), ==, (gsize) 4096000 * 1024);
  put(root, "proc/self/cgroup", "0::/user.slice/x.scope\n12:cpu,cpuacct:/elsewhere\nrubbish\n1:memory\n");
  g_assert_cmpuint(ssg_memory_available_in(root), ==, (gsize) 4096000 * 1024);
  g_assert_cmpuint(ssg_memory_available_in(nothing), ==, G_MAXSIZE);
}

static void test_v2(void)
{
  g_autofree char *root = new_root("v2");
  put(root, "proc/self/cgroup", "0::/outer/inner\n");
  put(root, "sys/fs/cgroup/outer/inner/memory.max", "max\n");
  put(root, "sys/fs/cgroup/outer/inner/memory.current", "1000\n");
  g_assert_cmpuint(ssg_memory_available_in(root), ==, (gsize) 4096000 * 1024);
  put(root, "sys/fs/cgroup/outer/memory.max", "524288000\n"); /* 500 MiB, of which 200 are used and 50 of these are cache */
  put(root, "sys/fs/cgroup/outer/memory.current", "209715200\n");
  put(root, "sys/fs/cgroup/outer/memory.stat", "anon 7\nfile 9\ninactive_file_x 3\ninactive_file 52428800\nslab 1\n");
  g_assert_cmpuint(ssg_memory_available_in(root), ==, 350 * MIB);
  put(root, "sys/fs/cgroup/outer/inner/memory.max", "1048576\n"); /* the inner one is tighter, and overdrawn */
  put(root, "sys/fs/cgroup/outer/inner/memory.current", "2097152\n");
  g_assert_cmpuint(ssg_memory_available_in(root), ==, 0);
}

/* A container sees its group as the root of the tree. */
static void test_container(void)
{
  g_autofree char *root = new_root("container");
  put(root, "proc/self/cgroup", "0::/docker/0123456789\n");
  put(root, "sys/fs/cgroup/memory.max", "104857600\n");
  put(root, "sys/fs/cgroup/memory.current", "4194304\n");
  g_assert_cmpuint(ssg_memory_available_in(root), ==, 96 * MIB);
}

static void test_v1(void)
{
  g_autofree char *root = new_root("v1");
  put(root, "proc/self/cgroup", "5:cpu,cpuacct:/\n4:hugetlb,memory:/jobs/7\n0::/\n");
  put(root, "sys/fs/cgroup/memory/jobs/7/memory.limit_in_bytes", "9223372036854771712\n");
  put(root, "sys/fs/cgroup/memory/jobs/7/memory.usage_in_bytes", "1048576\n");
  g_assert_cmpuint(ssg_memory_available_in(root), ==, (gsize) 4096000 * 1024);
  put(root, "sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "10485760\n");
  put(root, "sys/fs/cgroup/memory/jobs/memory.usage_in_bytes", "3145728\n");
  put(root, "sys/fs/cgroup/memory/jobs/memory.stat", "inactive_file 5\ntotal_inactive_file 1048576\n");
  g_assert_cmpuint(ssg_memory_available_in(root), ==, 8 * MIB);
}

/* Of what an address space limit leaves, five eighths count (memory-limit.h). In a process of its own, which the limit stays with. */
static void test_address_space(void)
{
  const gsize spare = 256 * MIB;
  if (g_test_subprocess()) {
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    gsize used = g_ascii_strtoull(text, NULL, 10) * (gsize) sysconf(_SC_PAGESIZE);
    struct rlimit limit = {used + spare, used + spare};
    g_assert_cmpint(setrlimit(RLIMIT_AS, &limit), ==, 0);
    gsize available = ssg_memory_available();
    g_assert_cmpuint(available, <=, spare / 8 * 5);
    g_assert_cmpuint(available, >, spare / 8 * 5 - 8 * MIB); /* the test itself took some */
    g_autoptr(GError) error = NULL;
    g_assert_false(ssg_memory_suffices("a thing", spare / 8 * 5 + 1, "run", &error));
    g_clear_error(&error);
    /* What renders needs address space beside, as much as this limit leaves at least. */
    g_assert_true(ssg_memory_suffices("a thing", 8 * MIB, "run", &error));
    g_assert_false(ssg_memory_suffices_to_render("a thing", 8 * MIB, &error));
    g_assert_error(error, SSG_ERROR, SSG_ERROR_MEMORY);
    g_assert_nonnull(strstr(error->message, "MiB of address space"));
    g_clear_error(&error);
    limit.rlim_cur = used; /* nothing left at all, and no underflow */
    g_assert_cmpint(setrlimit(RLIMIT_AS, &limit), ==, 0);
    g_assert_cmpuint(ssg_memory_available(), ==, 0);
    return;
  }
  if (ssg_memory_available() < spare) {
    g_test_skip("there is less memory than the address space limit would leave");
    return;
  }
  g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed();
}

static void test_suffices(void)
{
  g_autoptr(GError) error = NULL;
  g_assert_true(ssg_memory_suffices("a thing", 1, "run", &error));
  g_assert_no_error(error);
  g_assert_false(ssg_memory_suffices("a thing", G_MAXSIZE - 1, "sing", &error));
  g_assert_error(error, SSG_ERROR, SSG_ERROR_MEMORY);
  check_error(&error, "a thing needs about 17592186044415 MiB of memory to sing; ");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/memory-limit/system", test_system);
  g_test_add_func("/memory-limit/v2", test_v2);
  g_test_add_func("/memory-limit/container", test_container);
  g_test_add_func("/memory-limit/v1", test_v1);
  g_test_add_func("/memory-limit/address-space", test_address_space);
  g_test_add_func("/memory-limit/suffices", test_suffices);
  int status = g_test_run();
  files_test_finish();
  return status;
}
