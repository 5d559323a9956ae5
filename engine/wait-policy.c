#include "engine/wait-policy.h"

#include <stdlib.h>
#include <unistd.h>

/* How often a thread looks before it goes to sleep: some ten microseconds. Between two operators threads wait for less than that;
 * to sleep at once makes thirty times as many context switches and costs a tenth of a training iteration and a third of a
 * picture of 128 pixels. Three times as many looks gain nothing more, and cost where other programs want the cores. */
#define SPINS "500"

void ssg_wait_passively(char **argv)
{
  if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
    return;
  if (setenv("OMP_WAIT_POLICY", "passive", 1) == 0 && setenv("GOMP_SPINCOUNT", SPINS, 1) == 0)
    execv("/proc/self/exe", argv);
}
