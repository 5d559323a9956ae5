#include "kernels/cpu/pool.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ALIGNMENT 64
#define HUGE_PAGE ((size_t) 2 << 20)
#define MAX_BYTES (SIZE_MAX / 4)
#define SLACK ((size_t) 16 << 20)

/* Lies in the 64 bytes (or more) before the data. */
struct SsgPoolBlock {
  size_t capacity; /* of the data */
  int klass;
  SsgPoolBlock *next, *previous;            /* of the same class while free; of all used blocks while used */
  SsgPoolBlock *after_newer, *before_older; /* by time of release, only while free: towards newer, towards older */
};

#define HEADER 64
_Static_assert(sizeof(SsgPoolBlock) <= HEADER, "the header has its own cache line");

/* Rounds up to a multiple of an eighth of the power of two below, 64 at least, and numbers the sizes in order. */
static size_t round_up(size_t bytes, int *klass)
{
  if (bytes <= ALIGNMENT) {
    *klass = 0;
    return ALIGNMENT;
  }
  int top = 63 - __builtin_clzll(bytes - 1); /* bytes lies in (2^top, 2^(top+1)] */
  int shift = top - 3 < 6 ? 6 : top - 3;
  size_t steps = (bytes + ((size_t) 1 << shift) - 1) >> shift;
  *klass = shift * 8 + (int) (steps > 16 ? 16 : steps);
  return steps << shift;
}

void *ssg_pool_system_allocate(size_t bytes)
{
  void *data = NULL;
  size_t alignment = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
  if (bytes > MAX_BYTES || posix_memalign(&data, alignment, bytes ? bytes : 1) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  /* Fewer page faults and TLB misses; a refusal changes nothing but speed. */
  if (bytes >= 2 * HUGE_PAGE)
    madvise(data, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
  return data;
}

static void link_free(SsgPool *pool, SsgPoolBlock *block)
{
  block->previous = NULL;
  block->next = pool->free_first[block->klass];
  if (block->next)
    block->next->previous = block;
  pool->free_first[block->klass] = block;
  block->after_newer = NULL;
  block->before_older = pool->newest;
  if (pool->newest)
    pool->newest->after_newer = block;
  else
    pool->oldest = block;
  pool->newest = block;
  pool->pooled += block->capacity;
}

static void unlink_free(SsgPool *pool, SsgPoolBlock *block)
{
  if (block->previous)
    block->previous->next = block->next;
  else
    pool->free_first[block->klass] = block->next;
  if (block->next)
    block->next->previous = block->previous;
  if (block->after_newer)
    block->after_newer->before_older = block->before_older;
  else
    pool->newest = block->before_older;
  if (block->before_older)
    block->before_older->after_newer = block->after_newer;
  else
    pool->oldest = block->after_newer;
  pool->pooled -= block->capacity;
}

static void link_used(SsgPool *pool, SsgPoolBlock *block)
{
  block->previous = NULL;
  block->next = pool->used;
  if (pool->used)
    pool->used->previous = block;
  pool->used = block;
}

static void unlink_used(SsgPool *pool, SsgPoolBlock *block)
{
  if (block->previous)
    block->previous->next = block->next;
  else
    pool->used = block->next;
  if (block->next)
    block->next->previous = block->previous;
}

static void free_oldest_until(SsgPool *pool, size_t most_pooled)
{
  while (pool->oldest && pool->pooled > most_pooled) {
    SsgPoolBlock *block = pool->oldest;
    unlink_free(pool, block);
    free(block);
  }
}

void *ssg_pool_allocate(SsgPool *pool, size_t bytes)
{
  if (bytes > MAX_BYTES)
    return NULL;
  int klass;
  size_t capacity = round_up(bytes, &klass);
  SsgPoolBlock *block = NULL;
  /* A block up to a quarter larger will do. */
  for (int k = klass; k <= klass + 2 && k < SSG_POOL_CLASSES && !block; k++)
    if (pool->free_first[k] && pool->free_first[k]->capacity <= capacity + capacity / 4 + ALIGNMENT)
      block = pool->free_first[k];
  if (block) {
    unlink_free(pool, block);
  } else {
    size_t most = pool->most > pool->in_use + capacity ? pool->most : pool->in_use + capacity;
    size_t allowed = most + most / 16 + SLACK;
    size_t needed = pool->in_use + capacity;
    free_oldest_until(pool, allowed > needed ? allowed - needed : 0);
    block = ssg_pool_system_allocate(HEADER + capacity);
    if (!block) {
      ssg_pool_trim(pool);
      block = ssg_pool_system_allocate(HEADER + capacity);
    }
    if (!block)
      return NULL;
    block->capacity = capacity;
    block->klass = klass;
  }
  link_used(pool, block);
  pool->in_use += bytes;
  if (pool->in_use > pool->peak)
    pool->peak = pool->in_use;
  if (pool->in_use > pool->most)
    pool->most = pool->in_use;
  return (char *) block + HEADER;
}

void ssg_pool_release(SsgPool *pool, void *data, size_t bytes)
{
  if (!data)
    return;
  SsgPoolBlock *block = (SsgPoolBlock *) ((char *) data - HEADER);
  assert(bytes <= block->capacity && bytes <= pool->in_use);
  unlink_used(pool, block);
  pool->in_use -= bytes;
  link_free(pool, block);
}

void ssg_pool_trim(SsgPool *pool)
{
  free_oldest_until(pool, 0);
}

void ssg_pool_clear(SsgPool *pool)
{
  ssg_pool_trim(pool);
  while (pool->used) {
    SsgPoolBlock *block = pool->used;
    unlink_used(pool, block);
    free(block);
  }
  pool->in_use = 0;
}
