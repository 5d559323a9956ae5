#include "engine/wait-policy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* How long a thread looks before it goes to sleep. Between two operators threads wait for less than that; one that sleeps comes too
 * late: of a picture of 128 pixels two threads were slower than one (27 ms, 24, and 16 with this). Much longer gains little more, and
 * costs where other programs want the cores. */
#define SPIN_NS 25000

static int64_t now_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Looks in SPIN_NS: libgomp counts them, and each pauses the processor, for 10 ns or 50. */
static int spins(void)
{
  const int n = 1000;
  int64_t least = INT64_MAX;
  for (int round = 0; round < 5; round++) {
    int64_t start = now_ns();
    for (int i = 0; i < n; i++) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      __asm__ volatile("yield" ::: "memory");
#else
      __asm__ volatile("" ::: "memory");
#endif
    }
    int64_t took = now_ns() - start;
    least = took < least ? took : least;
  }
  int64_t count = (int64_t) SPIN_NS * n / (least > 0 ? least : 1);
  return count < 100 ? 100 : count > 20000 ? 20000 : (int) count;
}

void ssg_wait_passively(char **argv)
{
  char count[16];
  if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
    return;
  snprintf(count, sizeof count, "%d", spins());
  if (setenv("OMP_WAIT_POLICY", "passive", 1) == 0 && setenv("GOMP_SPINCOUNT", count, 1) == 0)
    execv("/proc/self/exe", argv);
}
