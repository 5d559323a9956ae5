/* The processes of a data-parallel run. One process alone needs no MPI; several are started by any MPI launcher
 * (`mpirun -n 2 ssgan-trainer train ...`, `srun ...`), and find each other here. */
#pragma once

#include "engine/tensor.h"

typedef struct _SsgWorkers SsgWorkers;

/* Joins the other processes if a launcher started this one among several. Call once, from the main thread. */
SsgWorkers *ssg_workers_new(GError **error);
/* Leaves. NULL is allowed. */
void ssg_workers_free(SsgWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgWorkers, ssg_workers_free)

int ssg_workers_rank(const SsgWorkers *workers);  /* 0 for one process */
int ssg_workers_count(const SsgWorkers *workers); /* 1 for one process */

/* The device of this process when `name` was asked for: "cuda" alone is, for several processes on one machine, a GPU for each of
 * them as far as there are GPUs; any other name is itself. The caller frees it. Every process must call it. */
char *ssg_workers_device_name(SsgWorkers *workers, const char *name);
/* From now on gradient blocks of ctx are summed from device to device where that can be done: every process has a GPU of its own, and
 * NCCL is there. Else through the host by MPI, as before. Every process must call it; it cannot fail. ctx must outlive its use. */
void ssg_workers_attach(SsgWorkers *workers, SsgContext *ctx);
/* How gradients are summed, and why not otherwise: "gradients are summed by NCCL 2.28.9"; NULL for one process. */
const char *ssg_workers_reduction(const SsgWorkers *workers);

/* Sums values [n] over all processes, in place; every process must call it. */
void ssg_workers_sum(SsgWorkers *workers, double *values, int n);

/* Process 0's text on all processes; NULL is a text, too. Free it. Every process must call it; the others' texts are of no account. */
char *ssg_workers_share_text(SsgWorkers *workers, const char *text);

/* Sums a gradient block over the pieces of a batch and over all processes while the backward pass still runs:
 *   begin    of a block (f32) that is all 0. n_pieces: of the whole batch, on all processes together
 *   piece    before each piece that this process computes; last: it computes no other, and all processes report in one order
 *   ready    a stretch of the block is final for this piece; in any order; ignored unless it is the last
 *   piece_end
 *   end      the block holds the sum; what was never reported as ready is summed here. A process without pieces calls begin and end.
 * On the CPU pieces are summed in f64, and so are processes wherever sums pass through the host: the result does not depend on the
 * order, and so not on how many processes share the pieces (but for numbers more than 2^29 apart). From device to device, and for the
 * pieces of a GPU, sums are f32.
 * Through MPI, buckets are copied to the host and end() waits; from device to device, nothing waits but what is asked of the device
 * after end(). */
void ssg_workers_reduce_begin(SsgWorkers *workers, SsgTensor *block, int n_pieces);
void ssg_workers_reduce_piece(SsgWorkers *workers, gboolean last);
void ssg_workers_reduce_ready(SsgWorkers *workers, gint64 start, gint64 count);
void ssg_workers_reduce_piece_end(SsgWorkers *workers);
void ssg_workers_reduce_end(SsgWorkers *workers);

/* Ends all processes of the run at once with this exit code: for one that cannot go on. Does not return when there are several. */
void ssg_workers_abort(SsgWorkers *workers, int exit_code);
