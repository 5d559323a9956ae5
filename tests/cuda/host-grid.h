/* The host run of kernels/cuda/launch.h, seen from C. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* true: the last block and the last thread of every phase come first. */
void ssg_host_grid_turn(bool backwards);
/* f is called with true before and with false after every launch. */
void ssg_host_grid_around(void (*f)(bool begin));
/* f is offered every launch, as a call of run(data): true when it takes it, and data with it (to be freed), for later. */
void ssg_host_grid_record(bool (*f)(void (*run)(void *data), void *data));
/* Launches since the program started, and phases in them. */
int64_t ssg_host_grid_launches(void);
int64_t ssg_host_grid_phases(void);
/* ssg_divide() of kernels/cuda/types.h, whose 64-bit branch no array of a test is large enough to reach. */
int64_t ssg_host_divide(int64_t a, int64_t b);
/* A kernel that breaks the rule about SSG_SYNC: aborts. */
void ssg_host_run_without_sync(void);
/* A kernel in which a thread reads what its neighbour writes in the same phase: out[i] depends on the order. */
void ssg_host_run_race(int *out);

#ifdef __cplusplus
}
#endif
