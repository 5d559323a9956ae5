#include "trainer/workers.h"

#include "ssgan-config.h"

#include <stdlib.h>
#include <string.h>

#include "engine/error.h"

#ifdef SSG_HAVE_MPI
#include <mpi.h>
#endif

#define BUCKET (1 << 20) /* elements, 4 MiB: large enough for bandwidth, small enough to start early */

struct _SsgWorkers {
  int rank, count;
  gboolean joined; /* MPI was initialised here */
  SsgTensor *block;
  gint64 n;              /* elements of the block */
  guint8 *reduced;       /* [buckets]: handed to MPI */
  gint64 *missing;       /* [buckets]: elements not yet reported */
  int n_buckets;
  float *host;           /* the block on the host; NULL when sums go from device to device */
  SsgContext *ctx;       /* that has joined a group; NULL: MPI */
  char *reduction;
#ifdef SSG_HAVE_MPI
  MPI_Request *requests; /* [buckets] */
#endif
};

/* TRUE when a launcher's environment says that there are several processes: MPI is not even initialised otherwise. */
#ifdef SSG_HAVE_MPI
static gboolean launched(void)
{
  static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "MPI_LOCALNRANKS", "SLURM_NTASKS"};
  for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
    const char *text = g_getenv(sizes[i]);
    if (text && (g_str_equal(sizes[i], "PMIX_RANK") || atoi(text) > 1))
      return TRUE;
  }
  return FALSE;
}
#endif

SsgWorkers *ssg_workers_new(GError **error)
{
  SsgWorkers *workers = g_new0(SsgWorkers, 1);
  workers->count = 1;
#ifdef SSG_HAVE_MPI
  if (launched()) {
    int provided;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
      g_set_error_literal(error, SSG_ERROR, SSG_ERROR_DEVICE, "MPI could not be initialised");
      g_free(workers);
      return NULL;
    }
    workers->joined = TRUE;
    MPI_Comm_rank(MPI_COMM_WORLD, &workers->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &workers->count);
  }
#endif
  return workers;
}

void ssg_workers_free(SsgWorkers *workers)
{
  if (!workers)
    return;
#ifdef SSG_HAVE_MPI
  if (workers->joined)
    MPI_Finalize();
  g_free(workers->requests);
#endif
  g_free(workers->reduction);
  g_free(workers->reduced);
  g_free(workers->missing);
  g_free(workers->host);
  g_free(workers);
}

int ssg_workers_rank(const SsgWorkers *workers)
{
  return workers->rank;
}

int ssg_workers_count(const SsgWorkers *workers)
{
  return workers->count;
}

void ssg_workers_sum(SsgWorkers *workers, double *values, int n)
{
#ifdef SSG_HAVE_MPI
  if (workers->count > 1)
    MPI_Allreduce(MPI_IN_PLACE, values, n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
#endif
}

/* --- devices --- */

#ifdef SSG_HAVE_MPI
static void count_gpu(const char *name, const char *description, bool usable, void *data)
{
  *(int *) data += usable && g_str_has_prefix(name, "cuda");
}
#endif

char *ssg_workers_device_name(SsgWorkers *workers, const char *name)
{
#ifdef SSG_HAVE_MPI
  if (workers->count > 1) { /* also for the CPU: what each process calls must not depend on its arguments */
    MPI_Comm machine;
    int place = 0, n_gpus = 0;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_rank(machine, &place);
    MPI_Comm_free(&machine);
    if (g_str_equal(name, "cuda"))
      ssg_device_list(count_gpu, &n_gpus);
    if (n_gpus > 0)
      return g_strdup_printf("cuda:%d", place % n_gpus);
  }
#endif
  return g_strdup(name);
}

#ifdef SSG_HAVE_MPI
/* TRUE when all processes say so. */
static gboolean all_agree(gboolean good)
{
  int mine = good, all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  return all;
}

#define IDENTITY 64

/* Whether every process has a device that is no other's. */
static gboolean devices_differ(const SsgWorkers *workers, SsgDevice *device)
{
  char mine[IDENTITY] = "";
  g_autofree char *all = g_malloc0((gsize) workers->count * IDENTITY);
  ssg_device_identity(device, mine, sizeof mine);
  MPI_Allgather(mine, IDENTITY, MPI_CHAR, all, IDENTITY, MPI_CHAR, MPI_COMM_WORLD);
  for (int i = 0; i < workers->count; i++) {
    if (!all[i * IDENTITY])
      return FALSE;
    for (int k = 0; k < i; k++)
      if (strcmp(all + i * IDENTITY, all + k * IDENTITY) == 0)
        return FALSE;
  }
  return TRUE;
}

/* Joins the group of all processes' devices; else *why says why not. Every process comes to the same answer, and none joins before
 * all can: joining waits for the others. */
static gboolean join_group(SsgWorkers *workers, SsgDevice *device, char **why)
{
  guint8 id[SSG_GROUP_ID_BYTES] = {0};
  gboolean good;

  if (!devices_differ(workers, device)) {
    *why = g_strdup("not every process has a GPU of its own");
    return FALSE;
  }
  good = ssg_device_group_prepare(device) == SSG_OK;
  *why = good ? NULL : g_strdup(ssg_device_error(device));
  if (all_agree(good)) {
    good = workers->rank > 0 || ssg_device_group_make_id(device, id) == SSG_OK;
    *why = good ? NULL : g_strdup(ssg_device_error(device));
    if (all_agree(good)) {
      MPI_Bcast(id, sizeof id, MPI_BYTE, 0, MPI_COMM_WORLD);
      good = ssg_device_group_join(device, id, workers->rank, workers->count) == SSG_OK;
      *why = good ? NULL : g_strdup(ssg_device_error(device));
      if (all_agree(good))
        return TRUE;
      ssg_device_group_leave(device);
    }
  }
  if (!*why)
    *why = g_strdup("another process could not");
  return FALSE;
}
#endif

void ssg_workers_attach(SsgWorkers *workers, SsgContext *ctx)
{
#ifdef SSG_HAVE_MPI
  g_autofree char *why = NULL;
  SsgDevice *device = ssg_context_device(ctx);
  if (workers->count == 1)
    return;
  g_free(workers->reduction);
  workers->n = 0; /* the next block's buffers are made anew */
  if (join_group(workers, device, &why)) {
    workers->ctx = ctx;
    workers->reduction = g_strdup_printf("gradients are summed by %s", ssg_device_group_name(device));
  } else {
    workers->ctx = NULL;
    workers->reduction = ssg_device_is_host(device) ? g_strdup("gradients are summed by MPI")
                                                    : g_strdup_printf("gradients are summed by MPI, through the host: %s", why);
  }
#endif
}

const char *ssg_workers_reduction(const SsgWorkers *workers)
{
  return workers->reduction;
}

/* --- sums --- */

#ifdef SSG_HAVE_MPI
static gint64 bucket_size(const SsgWorkers *workers, int bucket)
{
  return MIN(BUCKET, workers->n - (gint64) bucket * BUCKET);
}

static SsgTensor *bucket_view(const SsgWorkers *workers, int bucket)
{
  return ssg_tensor_view(workers->block, (gint64) bucket * BUCKET, SSG_SHAPE(bucket_size(workers, bucket)));
}

/* Buckets leave in whatever order they become ready; that order is the same on every process, since the graphs are. */
static void start_bucket(SsgWorkers *workers, int bucket)
{
  workers->reduced[bucket] = TRUE;
  if (workers->ctx) {
    ssg_tensor_group_sum(workers->block, (gint64) bucket * BUCKET, bucket_size(workers, bucket));
    return;
  }
  float *values = workers->host + (gint64) bucket * BUCKET;
  SsgContext *ctx = ssg_tensor_context(workers->block);
  ssg_scope_begin(ctx);
  ssg_tensor_download(bucket_view(workers, bucket), values);
  ssg_scope_end(ctx);
  MPI_Iallreduce(MPI_IN_PLACE, values, bucket_size(workers, bucket), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &workers->requests[bucket]);
}
#endif

void ssg_workers_reduce_begin(SsgWorkers *workers, SsgTensor *block)
{
  if (workers->count == 1)
    return;
#ifdef SSG_HAVE_MPI
  gint64 n = ssg_tensor_elements(block);
  if (n != workers->n) {
    workers->n = n;
    workers->n_buckets = (n + BUCKET - 1) / BUCKET;
    if (!workers->ctx)
      workers->host = g_renew(float, workers->host, n);
    workers->reduced = g_renew(guint8, workers->reduced, workers->n_buckets);
    workers->missing = g_renew(gint64, workers->missing, workers->n_buckets);
    workers->requests = g_renew(MPI_Request, workers->requests, workers->n_buckets);
  }
  workers->block = block;
  memset(workers->reduced, 0, workers->n_buckets);
  for (int i = 0; i < workers->n_buckets; i++)
    workers->missing[i] = bucket_size(workers, i);
#endif
}

void ssg_workers_reduce_ready(SsgWorkers *workers, gint64 start, gint64 count)
{
#ifdef SSG_HAVE_MPI
  while (workers->count > 1 && count > 0) {
    int bucket = start / BUCKET;
    gint64 here = MIN(count, (gint64) (bucket + 1) * BUCKET - start);
    workers->missing[bucket] -= here;
    if (workers->missing[bucket] == 0)
      start_bucket(workers, bucket);
    start += here;
    count -= here;
  }
#endif
}

void ssg_workers_reduce_end(SsgWorkers *workers)
{
#ifdef SSG_HAVE_MPI
  if (workers->count == 1)
    return;
  for (int i = 0; i < workers->n_buckets; i++)
    if (!workers->reduced[i])
      start_bucket(workers, i);
  if (workers->ctx) {
    ssg_tensor_group_finish(workers->block);
    return;
  }
  MPI_Waitall(workers->n_buckets, workers->requests, MPI_STATUSES_IGNORE);
  ssg_tensor_upload(workers->block, workers->host);
#endif
}

void ssg_workers_abort(SsgWorkers *workers, int exit_code)
{
#ifdef SSG_HAVE_MPI
  if (workers && workers->count > 1)
    MPI_Abort(MPI_COMM_WORLD, exit_code);
#endif
}
