/* Mutex and condition of the parts that share work among threads. POSIX ones, because the thread sanitizer sees through
 * them and not through GLib's. */
#pragma once

#include <pthread.h>
#include <time.h>

static inline void ssg_wait_init(pthread_mutex_t *lock, pthread_cond_t *changed)
{
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_mutex_init(lock, NULL);
  pthread_cond_init(changed, &attributes);
  pthread_condattr_destroy(&attributes);
}

/* Waits for a change, a tenth of a second at most: a signal's flag is looked at in between. lock is held. */
static inline void ssg_wait_a_moment(pthread_cond_t *changed, pthread_mutex_t *lock)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += 100000000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_cond_timedwait(changed, lock, &until);
}
