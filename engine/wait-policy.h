/* How OpenMP's threads wait for each other. libgomp spins by default: where other programs want the cores too, a thread that
 * waits burns the time that the one it waits for would need, and a picture of 2 ms takes 400. It reads its environment
 * when it is loaded, before main(), so the only way to tell it is to start the program anew. */
#pragma once

/* For main(), first of all: unless the environment says how to wait (OMP_WAIT_POLICY or GOMP_SPINCOUNT), sets both so that
 * threads look for some microseconds and then sleep, and starts the program again with the same arguments (it does not
 * return then; milliseconds). Where that is not possible it returns, and threads spin. */
void ssg_wait_passively(char **argv);
