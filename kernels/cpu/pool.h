/* The CPU device's allocator: blocks are kept after release and handed out again, because fresh pages cost a page fault
 * each (a 64 MiB activation takes longer to map than to fill).
 *
 * Not thread-safe: a pool belongs to its device. Blocks are aligned to 64 bytes and rounded up to an eighth of a power
 * of two, so at most 12.5% is lost to rounding. What is kept for reuse is bounded: together with what is in use it
 * stays within 1/16 and 16 MiB above the largest use so far.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SSG_POOL_CLASSES 512

typedef struct SsgPoolBlock SsgPoolBlock;

typedef struct {
  SsgPoolBlock *free_first[SSG_POOL_CLASSES]; /* free blocks by size class, most recently used first */
  SsgPoolBlock *newest, *oldest;              /* all free blocks by time of release */
  SsgPoolBlock *used;                         /* all blocks handed out */
  size_t in_use, peak, most, pooled;          /* bytes; `most` is the largest in_use ever, never reset */
} SsgPool;

/* A zeroed SsgPool is an empty one. */

/* NULL when the system refuses, or for sizes beyond half the address space. bytes 0 gives a valid block. */
void *ssg_pool_allocate(SsgPool *pool, size_t bytes);
/* bytes as allocated. data may be NULL. */
void ssg_pool_release(SsgPool *pool, void *data, size_t bytes);
/* Gives every free block back to the system. */
void ssg_pool_trim(SsgPool *pool);
/* Frees everything, blocks in use included. */
void ssg_pool_clear(SsgPool *pool);

/* Plain aligned memory outside the pool's statistics, for what lives long. NULL when refused; freed with free(). */
void *ssg_pool_system_allocate(size_t bytes);
