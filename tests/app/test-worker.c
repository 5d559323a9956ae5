/* The worker: order by priority, preemption, cancelling, dropping, and that every job is freed exactly once. */
#include "tests/app/helpers.h"

#include "app/worker.h"

typedef struct {
  int id, ms;
  gint runs, freed, done; /* atomic */
  gboolean stopped_early;
} Work;

static GMutex order_mutex;
static GString *order;

static gboolean run(SsgJob *job, GCancellable *cancellable, gpointer data)
{
  Work *work = data;
  g_atomic_int_inc(&work->runs);
  for (int i = 0; i < work->ms; i++) {
    if (g_cancellable_is_cancelled(cancellable)) {
      work->stopped_early = TRUE;
      return FALSE;
    }
    g_usleep(1000);
  }
  g_mutex_lock(&order_mutex);
  g_string_append_c(order, work->id);
  g_mutex_unlock(&order_mutex);
  return TRUE;
}

static void finished(gpointer data, gboolean done)
{
  Work *work = data;
  g_atomic_int_set(&work->done, done);
  g_atomic_int_inc(&work->freed);
}

static void wait_freed(Work *work)
{
  WAIT_FOR(g_atomic_int_get(&work->freed) > 0);
}

static void begin(void)
{
  g_mutex_lock(&order_mutex);
  g_string_truncate(order, 0);
  g_mutex_unlock(&order_mutex);
}

static void test_order(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  begin();
  /* The first holds the thread (a load cannot be preempted) while the others queue up. */
  Work works[] = {{'a', 30}, {'b'}, {'c'}, {'d'}, {'e'}, {'f'}};
  const SsgPriority priorities[] = {SSG_PRIORITY_CONTROL, SSG_PRIORITY_BATCH,   SSG_PRIORITY_THUMBNAIL,
                                    SSG_PRIORITY_PICTURE, SSG_PRIORITY_CONTROL, SSG_PRIORITY_THUMBNAIL};
  for (gsize i = 0; i < G_N_ELEMENTS(works); i++) {
    ssg_worker_push(worker, priorities[i], NULL, run, &works[i], finished, NULL);
    WAIT_FOR(g_atomic_int_get(&works[0].runs) > 0);
  }
  g_assert_true(ssg_worker_busy(worker));
  for (gsize i = 0; i < G_N_ELEMENTS(works); i++)
    wait_freed(&works[i]);
  WAIT_FOR(!ssg_worker_busy(worker));
  g_assert_cmpstr(order->str, ==, "adecfb");
  for (gsize i = 0; i < G_N_ELEMENTS(works); i++) {
    g_assert_cmpint(works[i].freed, ==, 1);
    g_assert_cmpint(works[i].runs, ==, 1);
    g_assert_true(works[i].done);
  }
}

static void test_preemption(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  begin();
  Work slow = {'s', 60}, urgent = {'u', 5};
  ssg_worker_push(worker, SSG_PRIORITY_BATCH, NULL, run, &slow, finished, NULL);
  WAIT_FOR(g_atomic_int_get(&slow.runs) == 1);
  gint64 asked = g_get_monotonic_time();
  ssg_worker_push(worker, SSG_PRIORITY_PICTURE, NULL, run, &urgent, finished, NULL);
  wait_freed(&urgent);
  g_assert_cmpint(g_get_monotonic_time() - asked, <, 55000);
  wait_freed(&slow);
  g_assert_cmpstr(order->str, ==, "us");
  g_assert_cmpint(slow.runs, ==, 2);
  g_assert_true(slow.done);
  g_assert_cmpint(slow.freed, ==, 1);
}

static void test_cancel(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  g_autoptr(GCancellable) cancel_running = g_cancellable_new();
  g_autoptr(GCancellable) cancel_waiting = g_cancellable_new();
  begin();
  Work running = {'r', 5000}, waiting = {'w'}, after = {'a'};
  ssg_worker_push(worker, SSG_PRIORITY_CONTROL, NULL, run, &running, finished, cancel_running);
  WAIT_FOR(g_atomic_int_get(&running.runs) == 1);
  ssg_worker_push(worker, SSG_PRIORITY_CONTROL, NULL, run, &waiting, finished, cancel_waiting);
  ssg_worker_push(worker, SSG_PRIORITY_CONTROL, NULL, run, &after, finished, NULL);
  g_cancellable_cancel(cancel_waiting);
  g_cancellable_cancel(cancel_running);
  wait_freed(&after);
  g_assert_cmpstr(order->str, ==, "a");
  g_assert_cmpint(running.freed, ==, 1);
  g_assert_false(running.done);
  g_assert_cmpint(waiting.runs, ==, 0);
  g_assert_cmpint(waiting.freed, ==, 1);
  g_assert_false(waiting.done);
}

static void test_drop(void)
{
  g_autoptr(SsgWorker) worker = ssg_worker_new();
  int mine, others;
  begin();
  Work running = {'r', 5000}, waiting = {'w'}, other = {'o'}, urgent = {'u'};
  ssg_worker_push(worker, SSG_PRIORITY_BATCH, &mine, run, &running, finished, NULL);
  WAIT_FOR(g_atomic_int_get(&running.runs) == 1);
  ssg_worker_push(worker, SSG_PRIORITY_BATCH, &mine, run, &waiting, finished, NULL);
  ssg_worker_push(worker, SSG_PRIORITY_BATCH, &others, run, &other, finished, NULL);
  ssg_worker_drop(worker, &mine);
  ssg_worker_push(worker, SSG_PRIORITY_PICTURE, &others, run, &urgent, finished, NULL); /* would preempt it, were it not dropped */
  wait_freed(&other);
  wait_freed(&running);
  wait_freed(&waiting);
  g_assert_cmpstr(order->str, ==, "uo");
  g_assert_cmpint(running.runs, ==, 1);
  g_assert_cmpint(waiting.runs, ==, 0);
}

/* The last reference waits; what never ran is freed as not done. */
static void test_end(void)
{
  SsgWorker *worker = ssg_worker_new();
  Work running = {'r', 5000}, waiting[3] = {{'x'}, {'y'}, {'z'}};
  ssg_worker_push(worker, SSG_PRIORITY_BATCH, NULL, run, &running, finished, NULL);
  WAIT_FOR(g_atomic_int_get(&running.runs) == 1);
  for (int i = 0; i < 3; i++)
    ssg_worker_push(worker, SSG_PRIORITY_BATCH, NULL, run, &waiting[i], finished, NULL);
  gint64 asked = g_get_monotonic_time();
  ssg_worker_unref(worker);
  g_assert_cmpint(g_get_monotonic_time() - asked, <, G_USEC_PER_SEC);
  g_assert_cmpint(running.freed, ==, 1);
  for (int i = 0; i < 3; i++) {
    g_assert_cmpint(waiting[i].freed, ==, 1);
    g_assert_false(waiting[i].done);
  }
}

/* Many short jobs of all priorities, cancelled and dropped at random, from several threads. */
typedef struct {
  SsgWorker *worker;
  Work works[200];
  GCancellable *cancellables[200];
} Storm;

static gpointer blow(gpointer data)
{
  Storm *storm = data;
  g_autoptr(GRand) rand = g_rand_new_with_seed(GPOINTER_TO_UINT(data));
  for (int i = 0; i < 200; i++) {
    storm->works[i] = (Work) {'.', g_rand_int_range(rand, 0, 2)};
    storm->cancellables[i] = g_cancellable_new();
    ssg_worker_push(storm->worker, g_rand_int_range(rand, 0, SSG_N_PRIORITIES), storm, run, &storm->works[i], finished,
                    storm->cancellables[i]);
    if (g_rand_int_range(rand, 0, 4) == 0)
      g_cancellable_cancel(storm->cancellables[g_rand_int_range(rand, 0, i + 1)]);
    if (g_rand_int_range(rand, 0, 50) == 0)
      ssg_worker_drop(storm->worker, storm);
  }
  return NULL;
}

static void test_storm(void)
{
  SsgWorker *worker = ssg_worker_new();
  Storm *storms = g_new0(Storm, 3);
  GThread *threads[3];
  for (int i = 0; i < 3; i++) {
    storms[i].worker = worker;
    threads[i] = g_thread_new("storm", blow, &storms[i]);
  }
  for (int i = 0; i < 3; i++)
    g_thread_join(threads[i]);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 200; j++) {
      wait_freed(&storms[i].works[j]);
      g_object_unref(storms[i].cancellables[j]);
    }
  ssg_worker_unref(worker);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 200; j++)
      g_assert_cmpint(storms[i].works[j].freed, ==, 1);
  g_free(storms);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  order = g_string_new(NULL);
  g_test_add_func("/app/worker/order", test_order);
  g_test_add_func("/app/worker/preemption", test_preemption);
  g_test_add_func("/app/worker/cancel", test_cancel);
  g_test_add_func("/app/worker/drop", test_drop);
  g_test_add_func("/app/worker/end", test_end);
  g_test_add_func("/app/worker/storm", test_storm);
  int status = g_test_run();
  g_string_free(order, TRUE);
  return status;
}
