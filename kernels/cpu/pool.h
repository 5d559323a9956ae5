/* The CPU device's allocator: memory is kept after release and handed out again, because fresh pages cost a page fault
 * each (a 64 MiB activation takes longer to map than to fill).
 *
 * Blocks are cut out of large segments and merge with free neighbours when they are released, so that the steps of a
 * training iteration, whose activations differ in size, live in the same pages. Small and large blocks have segments of
 * their own: a small block that stays would hold a large one's room apart.
 *
 * Not thread-safe: a pool belongs to its device. Blocks are aligned to 64 bytes. What is kept for reuse is bounded:
 * together with what is in use it stays within 16 MiB and 1/16 (from 512 MiB of use on: 1/5) above the largest use so
 * far; pages of the blocks that were released the longest ago go back to the system first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SSG_POOL_CLASSES 512

typedef struct SsgPoolBlock SsgPoolBlock;
typedef struct SsgPoolSegment SsgPoolSegment;

typedef struct {
  SsgPoolBlock *free_first[2][SSG_POOL_CLASSES]; /* of small and of large blocks by size, most recently used first */
  SsgPoolBlock *newest, *oldest;                 /* all free blocks by time of release */
  SsgPoolSegment *segments;
  size_t in_use, peak, most; /* bytes; `most` is the largest in_use ever, never reset */
  size_t pooled;             /* bytes of free blocks that hold pages */
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
