#include "kernels/cpu/pool.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ALIGNMENT 64
#define PAGE ((size_t) 4096)
#define HUGE_PAGE ((size_t) 2 << 20)
#define MAX_BYTES (SIZE_MAX / 4)
#define SLACK ((size_t) 16 << 20)
#define LARGE_USE ((size_t) 512 << 20)
#define SMALL ((size_t) 32 << 10) /* blocks below are small */
#define SMALL_SEGMENT ((size_t) 1 << 20)
#define LARGE_SEGMENT ((size_t) 256 << 20) /* at least; its pages are not there before they are used */
#define HEADER 64

/* Lies in the 64 bytes before the data. Blocks fill a segment without gaps. */
struct SsgPoolBlock {
  size_t size;     /* with this header; a multiple of 64 */
  size_t before;   /* size of the block before, 0 for a segment's first */
  size_t resident; /* of a free block: about how many of its bytes hold pages, from its start on */
  bool free, last, large;
  SsgPoolBlock *next, *previous; /* of the same class, only while free */
  SsgPoolBlock *newer, *older;   /* by time of release, only while free */
};

/* Lies in the 64 bytes before a segment's first block. */
struct SsgPoolSegment {
  SsgPoolSegment *next, *previous;
};

_Static_assert(sizeof(SsgPoolBlock) <= HEADER && sizeof(SsgPoolSegment) <= HEADER, "headers have their own lines");

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

/* --- Lists --- */

/* Numbers sizes in order, eight to each power of two; a size belongs to the class whose least size is not above it. */
static int class_of(size_t size)
{
  int top = 63 - __builtin_clzll(size);
  return top * 8 + (int) (size >> (top - 3) & 7);
}

static void link_free(SsgPool *pool, SsgPoolBlock *block)
{
  SsgPoolBlock **first = &pool->free_first[block->large][class_of(block->size)];
  block->free = true;
  block->previous = NULL;
  block->next = *first;
  if (block->next)
    block->next->previous = block;
  *first = block;
  block->newer = NULL;
  block->older = pool->newest;
  if (pool->newest)
    pool->newest->newer = block;
  else
    pool->oldest = block;
  pool->newest = block;
  pool->pooled += block->resident;
}

static void unlink_free(SsgPool *pool, SsgPoolBlock *block)
{
  block->free = false;
  if (block->previous)
    block->previous->next = block->next;
  else
    pool->free_first[block->large][class_of(block->size)] = block->next;
  if (block->next)
    block->next->previous = block->previous;
  if (block->newer)
    block->newer->older = block->older;
  else
    pool->newest = block->older;
  if (block->older)
    block->older->newer = block->newer;
  else
    pool->oldest = block->newer;
  pool->pooled -= block->resident;
}

static SsgPoolBlock *after(SsgPoolBlock *block)
{
  return block->last ? NULL : (SsgPoolBlock *) ((char *) block + block->size);
}

static SsgPoolBlock *before(SsgPoolBlock *block)
{
  return block->before ? (SsgPoolBlock *) ((char *) block - block->before) : NULL;
}

/* --- Giving back --- */

static SsgPoolBlock *first_block(SsgPoolSegment *segment)
{
  return (SsgPoolBlock *) ((char *) segment + HEADER);
}

static void free_segment(SsgPool *pool, SsgPoolSegment *segment)
{
  if (segment->previous)
    segment->previous->next = segment->next;
  else
    pool->segments = segment->next;
  if (segment->next)
    segment->next->previous = segment->previous;
  free(segment);
}

/* The pages of a free block; its header stays. Freed with its segment when it is all of one. */
static void give_back(SsgPool *pool, SsgPoolBlock *block)
{
  if (!block->before && block->last) {
    unlink_free(pool, block);
    free_segment(pool, (SsgPoolSegment *) ((char *) block - HEADER));
    return;
  }
#ifdef MADV_DONTNEED
  /* Whole huge pages of a large block: a torn one would come back as small ones. */
  size_t page = block->size >= 2 * HUGE_PAGE ? HUGE_PAGE : PAGE;
  uintptr_t begin = ((uintptr_t) block + sizeof *block + page - 1) / page * page;
  uintptr_t end = ((uintptr_t) block + block->size) / page * page;
  if (begin < end)
    madvise((void *) begin, end - begin, MADV_DONTNEED);
#endif
  pool->pooled -= block->resident;
  block->resident = 0;
}

/* What may be kept beside what is in use: little where a picture is drawn, more in a training of some size, whose steps differ so
 * much in what they need that a twentieth of the time went into clearing pages that had just been given back. */
static size_t reserve(size_t most)
{
  return most / (most < LARGE_USE ? 16 : 5) + SLACK;
}

static void give_back_until(SsgPool *pool, size_t most_pooled)
{
  for (SsgPoolBlock *block = pool->oldest, *newer; block && pool->pooled > most_pooled; block = newer) {
    newer = block->newer;
    if (block->resident)
      give_back(pool, block);
  }
}

/* --- Allocating --- */

/* A free block of at least `size` bytes, about the smallest there is; or NULL. */
static SsgPoolBlock *find(const SsgPool *pool, bool large, size_t size)
{
  int klass = class_of(size), tries = 16;
  for (SsgPoolBlock *block = pool->free_first[large][klass]; block && tries; block = block->next, tries--)
    if (block->size >= size)
      return block;
  while (++klass < SSG_POOL_CLASSES)
    if (pool->free_first[large][klass])
      return pool->free_first[large][klass];
  return NULL;
}

static SsgPoolBlock *new_segment(SsgPool *pool, bool large, size_t size)
{
  size_t whole = HEADER + size, usual = large ? LARGE_SEGMENT : SMALL_SEGMENT;
  SsgPoolSegment *segment = NULL;
  if (whole < usual) {
    segment = ssg_pool_system_allocate(usual);
    if (segment)
      whole = usual;
  }
  if (!segment)
    segment = ssg_pool_system_allocate(whole);
  if (!segment)
    return NULL;
  segment->previous = NULL;
  segment->next = pool->segments;
  if (segment->next)
    segment->next->previous = segment;
  pool->segments = segment;
  SsgPoolBlock *block = first_block(segment);
  *block = (SsgPoolBlock){.size = whole - HEADER, .last = true, .large = large};
  return block;
}

/* Makes what `block`, not in a list, has beyond `size` bytes a free block. */
static void split(SsgPool *pool, SsgPoolBlock *block, size_t size)
{
  if (block->size - size < (block->large ? PAGE : 4 * HEADER))
    return;
  SsgPoolBlock *rest = (SsgPoolBlock *) ((char *) block + size);
  *rest = (SsgPoolBlock){.size = block->size - size,
                         .before = size,
                         .resident = block->resident > size ? block->resident - size : 0,
                         .last = block->last,
                         .large = block->large};
  block->size = size;
  block->last = false;
  if (after(rest))
    after(rest)->before = rest->size;
  link_free(pool, rest);
}

void *ssg_pool_allocate(SsgPool *pool, size_t bytes)
{
  if (bytes > MAX_BYTES)
    return NULL;
  size_t size = HEADER + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  bool large = size >= SMALL;
  SsgPoolBlock *block = find(pool, large, size);
  if (block)
    unlink_free(pool, block);
  size_t resident = block ? block->resident : 0;
  if (resident < size) {
    size_t fresh = size - resident, needed = pool->in_use + resident + fresh;
    size_t most = pool->most > needed ? pool->most : needed, allowed = most + reserve(most);
    give_back_until(pool, allowed - needed);
  }
  if (!block)
    block = new_segment(pool, large, size);
  if (!block) {
    ssg_pool_trim(pool);
    block = new_segment(pool, large, size);
  }
  if (!block)
    return NULL;
  split(pool, block, size);
  pool->in_use += bytes;
  if (pool->in_use > pool->peak)
    pool->peak = pool->in_use;
  if (pool->in_use > pool->most)
    pool->most = pool->in_use;
  return (char *) block + HEADER;
}

/* `second` follows `first`, both are free and in no list: they become one. */
static SsgPoolBlock *merge(SsgPoolBlock *first, SsgPoolBlock *second)
{
  first->size += second->size;
  first->resident += second->resident;
  first->last = second->last;
  if (after(first))
    after(first)->before = first->size;
  return first;
}

void ssg_pool_release(SsgPool *pool, void *data, size_t bytes)
{
  if (!data)
    return;
  SsgPoolBlock *block = (SsgPoolBlock *) ((char *) data - HEADER);
  assert(!block->free && bytes <= block->size - HEADER && bytes <= pool->in_use);
  pool->in_use -= bytes;
  block->resident = block->size;
  SsgPoolBlock *neighbour = after(block);
  if (neighbour && neighbour->free) {
    unlink_free(pool, neighbour);
    block = merge(block, neighbour);
  }
  neighbour = before(block);
  if (neighbour && neighbour->free) {
    unlink_free(pool, neighbour);
    block = merge(neighbour, block);
  }
  link_free(pool, block);
}

void ssg_pool_trim(SsgPool *pool)
{
  for (SsgPoolBlock *block = pool->oldest, *newer; block; block = newer) {
    newer = block->newer;
    give_back(pool, block);
  }
}

void ssg_pool_clear(SsgPool *pool)
{
  while (pool->segments)
    free_segment(pool, pool->segments);
  *pool = (SsgPool){.peak = pool->peak, .most = pool->most};
}
