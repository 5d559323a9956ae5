#include "trainer/parallel.h"

#include "trainer/interrupt.h"
#include "trainer/wait.h"

#define AHEAD 4 /* results per thread that may wait */

typedef struct {
  gpointer result;
  GError *error;
  gboolean ready;
} Slot;

typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int count, window;
  int next, taken; /* next item to be made; items taken so far */
  gboolean stop;
  Slot *slots; /* ring of window */
  SsgParallelMake make;
  gpointer data;
} Work;

static gpointer worker(gpointer data)
{
  Work *work = data;
  pthread_mutex_lock(&work->lock);
  for (;;) {
    while (!work->stop && work->next < work->count && work->next >= work->taken + work->window)
      pthread_cond_wait(&work->changed, &work->lock);
    if (work->stop || work->next >= work->count)
      break;
    int index = work->next++;
    pthread_mutex_unlock(&work->lock);
    Slot made = {.ready = TRUE};
    made.result = work->make(index, work->data, &made.error);
    pthread_mutex_lock(&work->lock);
    work->slots[index % work->window] = made;
    pthread_cond_broadcast(&work->changed);
  }
  pthread_mutex_unlock(&work->lock);
  return NULL;
}

/* Waits for item `index`; looks up ten times a second for an interrupt while it does. */
static Slot wait_for(Work *work, int index, GError **error)
{
  Slot *slot = &work->slots[index % work->window], found = {0};
  pthread_mutex_lock(&work->lock);
  while (!slot->ready && !ssg_interrupt_requested())
    ssg_wait_a_moment(&work->changed, &work->lock);
  if (ssg_interrupt_check(error)) {
    found = *slot;
    *slot = (Slot){0};
  }
  pthread_mutex_unlock(&work->lock);
  return found;
}

gboolean ssg_parallel_run(int count, int jobs, SsgParallelMake make, SsgParallelTake take, GDestroyNotify release,
                          gpointer data, GError **error)
{
  Work work = {.count = count, .make = make, .data = data};
  jobs = MAX(1, MIN(jobs, count));
  work.window = AHEAD * jobs;
  work.slots = g_new0(Slot, work.window);
  ssg_wait_init(&work.lock, &work.changed);
  g_autofree GThread **threads = g_new0(GThread *, jobs);
  for (int i = 0; i < jobs; i++)
    threads[i] = g_thread_new("parallel", worker, &work);

  gboolean good = TRUE;
  for (int i = 0; i < count && good; i++) {
    Slot slot = wait_for(&work, i, error);
    if (!slot.ready) {
      good = FALSE;
    } else if (slot.error) {
      g_propagate_error(error, slot.error);
      good = FALSE;
    } else {
      good = take(i, slot.result, data, error);
    }
    pthread_mutex_lock(&work.lock);
    work.taken = i + 1;
    work.stop = !good;
    pthread_cond_broadcast(&work.changed);
    pthread_mutex_unlock(&work.lock);
  }
  for (int i = 0; i < jobs; i++)
    g_thread_join(threads[i]);
  for (int i = 0; i < work.window; i++) {
    if (work.slots[i].result && release)
      release(work.slots[i].result);
    g_clear_error(&work.slots[i].error);
  }
  g_free(work.slots);
  pthread_mutex_destroy(&work.lock);
  pthread_cond_destroy(&work.changed);
  return good;
}
