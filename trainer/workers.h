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

/* Sums values [n] over all processes, in place; every process must call it. */
void ssg_workers_sum(SsgWorkers *workers, double *values, int n);

/* Sums a gradient block over all processes while the backward pass still runs: begin, then ready() for each stretch of the block that
 * is final, in any order, then end(), which waits. Stretches are collected into buckets; what was never reported is reduced by end().
 * The block must be f32. On devices whose memory the host cannot read, buckets are copied to the host. */
void ssg_workers_reduce_begin(SsgWorkers *workers, SsgTensor *block);
void ssg_workers_reduce_ready(SsgWorkers *workers, gint64 start, gint64 count);
void ssg_workers_reduce_end(SsgWorkers *workers);

/* Ends all processes of the run at once with this exit code: for one that cannot go on. Does not return when there are several. */
void ssg_workers_abort(SsgWorkers *workers, int exit_code);
