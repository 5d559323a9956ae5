#include "trainer/workers.h"

#include "ssgan-config.h"

#include <stdlib.h>
#include <string.h>

#include "engine/error.h"

#ifdef SSG_HAVE_MPI
#include <mpi.h>
#endif

#define BUCKET (1 << 20) /* elements, 8 MiB of f64: large enough for bandwidth, small enough to start early */

struct _SsgWorkers {
  int rank, count;
  gboolean joined; /* MPI was initialised here */
  SsgTensor *block;
  gboolean through_host; /* sums are made in `total` ... */
  gboolean collects;     /* ... those of pieces too, which else add up in the block */
  gboolean last;         /* the piece at work is this process's last */
  gint64 n;              /* elements of the block */
  guint8 *reduced;       /* [buckets]: the last piece is in, and MPI has it */
  gint64 *missing;       /* [buckets]: elements not yet reported */
  int n_buckets;
  double *total;         /* [total_size], of which n are used */
  gint64 total_size;
  float *scratch;        /* [BUCKET] */
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
  g_free(workers->total);
  g_free(workers->scratch);
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

char *ssg_workers_share_text(SsgWorkers *workers, const char *text)
{
#ifdef SSG_HAVE_MPI
  if (workers->count > 1) {
    gint64 length = text ? (gint64) strlen(text) : -1;
    MPI_Bcast(&length, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
    if (length < 0)
      return NULL;
    char *shared = g_malloc0(length + 1);
    if (workers->rank == 0)
      memcpy(shared, text, length);
    MPI_Bcast(shared, (int) length, MPI_CHAR, 0, MPI_COMM_WORLD);
    return shared;
  }
#endif
  return g_strdup(text);
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

static gint64 bucket_size(const SsgWorkers *workers, int bucket)
{
  return MIN(BUCKET, workers->n - (gint64) bucket * BUCKET);
}

static SsgTensor *bucket_view(const SsgWorkers *workers, int bucket)
{
  return ssg_tensor_view(workers->block, (gint64) bucket * BUCKET, SSG_SHAPE(bucket_size(workers, bucket)));
}

/* total += block. Sums of a few f32 numbers are exact in f64 unless they differ by more than 2^29: the order is of no account. */
static void collect_bucket(SsgWorkers *workers, int bucket)
{
  SsgContext *ctx = ssg_tensor_context(workers->block);
  double *total = workers->total + (gint64) bucket * BUCKET;
  ssg_scope_begin(ctx);
  if (ssg_tensor_download(bucket_view(workers, bucket), workers->scratch))
    for (gint64 i = 0; i < bucket_size(workers, bucket); i++)
      total[i] += workers->scratch[i];
  ssg_scope_end(ctx);
}

static void return_bucket(SsgWorkers *workers, int bucket)
{
  SsgContext *ctx = ssg_tensor_context(workers->block);
  const double *total = workers->total + (gint64) bucket * BUCKET;
  for (gint64 i = 0; i < bucket_size(workers, bucket); i++)
    workers->scratch[i] = total[i];
  ssg_scope_begin(ctx);
  ssg_tensor_upload(bucket_view(workers, bucket), workers->scratch);
  ssg_scope_end(ctx);
}

/* This process has nothing more to add. Buckets leave in whatever order they become ready; that order is the same on every process,
 * since the graphs are. */
static void start_bucket(SsgWorkers *workers, int bucket)
{
  workers->reduced[bucket] = TRUE;
  if (workers->through_host)
    collect_bucket(workers, bucket);
#ifdef SSG_HAVE_MPI
  if (workers->ctx)
    ssg_tensor_group_sum(workers->block, (gint64) bucket * BUCKET, bucket_size(workers, bucket));
  else if (workers->count > 1)
    MPI_Iallreduce(MPI_IN_PLACE, workers->total + (gint64) bucket * BUCKET, bucket_size(workers, bucket), MPI_DOUBLE, MPI_SUM,
                   MPI_COMM_WORLD, &workers->requests[bucket]);
#endif
}

static void clear_block(SsgTensor *block)
{
  SsgContext *ctx = ssg_tensor_context(block);
  ssg_scope_begin(ctx);
  ssg_tensor_copy_into(block, ssg_tensor_full(ctx, *ssg_tensor_shape(block), 0));
  ssg_scope_end(ctx);
}

static void resize(SsgWorkers *workers, gint64 n)
{
  workers->n = n;
  workers->n_buckets = (n + BUCKET - 1) / BUCKET;
  workers->reduced = g_renew(guint8, workers->reduced, workers->n_buckets);
  workers->missing = g_renew(gint64, workers->missing, workers->n_buckets);
#ifdef SSG_HAVE_MPI
  workers->requests = g_renew(MPI_Request, workers->requests, workers->n_buckets);
#endif
}

void ssg_workers_reduce_begin(SsgWorkers *workers, SsgTensor *block, int n_pieces)
{
  gboolean on_host = ssg_device_is_host(ssg_context_device(ssg_tensor_context(block)));
  gint64 n = ssg_tensor_elements(block);

  workers->block = block;
  workers->last = FALSE;
  workers->collects = on_host && !workers->ctx && n_pieces > 1;
  workers->through_host = !workers->ctx && (workers->count > 1 || workers->collects);
  if (n != workers->n)
    resize(workers, n);
  if (!workers->through_host)
    return;
  if (n > workers->total_size) {
    g_free(workers->total);
    workers->total = g_new(double, n);
    workers->total_size = n;
  }
  memset(workers->total, 0, n * sizeof(double));
  if (!workers->scratch)
    workers->scratch = g_new(float, BUCKET);
}

void ssg_workers_reduce_piece(SsgWorkers *workers, gboolean last)
{
  workers->last = last;
  memset(workers->reduced, 0, workers->n_buckets);
  for (int i = 0; i < workers->n_buckets; i++)
    workers->missing[i] = bucket_size(workers, i);
}

void ssg_workers_reduce_ready(SsgWorkers *workers, gint64 start, gint64 count)
{
  while (workers->last && count > 0) {
    int bucket = start / BUCKET;
    gint64 here = MIN(count, (gint64) (bucket + 1) * BUCKET - start);
    workers->missing[bucket] -= here;
    if (workers->missing[bucket] == 0)
      start_bucket(workers, bucket);
    start += here;
    count -= here;
  }
}

void ssg_workers_reduce_piece_end(SsgWorkers *workers)
{
  if (workers->last || !workers->collects)
    return;
  for (int i = 0; i < workers->n_buckets; i++)
    collect_bucket(workers, i);
  clear_block(workers->block);
}

void ssg_workers_reduce_end(SsgWorkers *workers)
{
  if (!workers->last) /* no piece was the last: all are in, or there was none */
    ssg_workers_reduce_piece(workers, TRUE);
  for (int i = 0; i < workers->n_buckets; i++)
    if (!workers->reduced[i])
      start_bucket(workers, i);
#ifdef SSG_HAVE_MPI
  if (workers->ctx)
    ssg_tensor_group_finish(workers->block);
  else if (workers->count > 1)
    MPI_Waitall(workers->n_buckets, workers->requests, MPI_STATUSES_IGNORE);
#endif
  for (int i = 0; i < workers->n_buckets && workers->through_host; i++)
    return_bucket(workers, i);
}

void ssg_workers_abort(SsgWorkers *workers, int exit_code)
{
#ifdef SSG_HAVE_MPI
  if (workers && workers->count > 1)
    MPI_Abort(MPI_COMM_WORLD, exit_code);
#endif
}
