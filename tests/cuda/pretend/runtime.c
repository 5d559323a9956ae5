#include "tests/cuda/pretend/pretend.h"

#include "tests/cuda/host-grid.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define GRAIN 256 /* allocations begin at multiples of it, and GRAIN bytes of nothing follow each */

typedef struct Block {
  size_t start, bytes;
  struct CUgraph_st *graph; /* that allocated it; NULL: none */
  bool freed;               /* within that graph: used, at replays only */
  struct Block *next; /* by start */
} Block;

static unsigned char *memory;
static Block *blocks;
static int depth, objects, library_calls, allocations, fail_from, fail_to;
static cudaError_t broken = cudaSuccess, breaks_later = cudaSuccess, last_error = cudaSuccess;
static PretendRefusal refuse_library;
static bool refuse_heuristics;
static int resets, waits, failing_graphs, graph_trims;
static int a_pool;
static cudaStream_t current; /* the one asked last */
static size_t used;

/* Fresh and freed memory is NaN, as far as this many bytes of an array: pages that were touched make every change of
 * protection slower, and cuBLAS's workspace is large. */
#define FILLED ((size_t) 1 << 20)

/* Data that a stream works on and that others must wait for: it is `work` of streams[owner]. */
typedef struct Claim {
  int owner;
  long work;
  const unsigned char *data;
  size_t bytes;
  struct Claim *next;
} Claim;

static struct CUstream_st streams[PRETEND_STREAMS];
static Claim *claims;

/* A graph, and the same graph made executable: what was noted, in order. */
typedef struct Noted {
  void (*run)(void *data);
  void *data;
} Noted;

struct CUgraph_st {
  Noted *noted;
  int n, owners;
  bool spoiled;
};

static struct CUgraph_st *capture; /* under way */

bool pretend_record(void (*run)(void *data), void *data)
{
  if (!capture)
    return false;
  capture->noted = realloc(capture->noted, (size_t) (capture->n + 1) * sizeof *capture->noted);
  capture->noted[capture->n++] = (Noted){run, data};
  return true;
}

/* A call that has no place in a capture spoils it. */
static bool spoils_capture(void)
{
  if (capture)
    capture->spoiled = true;
  return capture != NULL;
}

struct CUevent_st {
  bool recorded, timed;
  struct timespec time;
  int owner;
  long work, seen[PRETEND_STREAMS];
};

static int index_of(cudaStream_t stream)
{
  int i = (int) (stream - streams);
  if (stream < streams || i >= PRETEND_STREAMS || !stream->live)
    pretend_refuse("work on a stream that was not made");
  return i;
}

#define POOL ((cudaMemPool_t) (void *) &a_pool)

void pretend_refuse(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "pretended CUDA: ");
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  abort();
}

static void start(void)
{
  if (memory)
    return;
  memory = mmap(NULL, PRETEND_MEMORY, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    pretend_refuse("no address space");
  ssg_host_grid_around(pretend_device_work);
  ssg_host_grid_record(pretend_record);
}

/* Only as much as is in use is opened, since it costs time by the page. */
static size_t end_of_use(void)
{
  size_t end = 0;
  for (Block *b = blocks; b; b = b->next)
    end = b->start + b->bytes + GRAIN;
  return (end + 4095) / 4096 * 4096;
}

void pretend_device_work(bool begin)
{
  if (begin ? depth++ == 0 : --depth == 0)
    if (blocks && mprotect(memory, end_of_use(), begin ? PROT_READ | PROT_WRITE : PROT_NONE) != 0)
      pretend_refuse("mprotect failed");
}

/* Nobody but its owner may use claimed data before waiting. */
static void check_claims(const void *data, size_t bytes, const char *what)
{
  const unsigned char *from = data;
  for (Claim *c = claims; c; c = c->next)
    if (from < c->data + c->bytes && c->data < from + bytes && current && index_of(current) != c->owner &&
        current->seen[c->owner] < c->work)
      pretend_refuse("%s: used while another stream works on it, without waiting for that", what);
}

void pretend_check_range(const void *data, size_t bytes, const char *what)
{
  check_claims(data, bytes, what);
  size_t at = (size_t) ((const unsigned char *) data - memory);
  for (Block *b = blocks; b; b = b->next)
    if (at >= b->start && at + bytes <= b->start + b->bytes)
      return;
  pretend_refuse("%s: %zu bytes at %p are not in one piece of the device's memory", what, bytes, data);
}

void pretend_check_stream(cudaStream_t stream)
{
  index_of(stream);
  current = stream;
  stream->work++;
}

static void touch(cudaStream_t stream, void *data, size_t bytes, bool begin)
{
  int owner = index_of(stream);
  if (!begin) {
    pretend_device_work(false);
    return;
  }
  for (int i = 0; i < PRETEND_STREAMS; i++)
    if (i != owner && streams[i].live && stream->seen[i] < streams[i].work)
      pretend_refuse("work on data that another stream may not have finished");
  stream->work++;
  current = stream;
  pretend_check_range(data, bytes, "a sum");
  for (Claim **link = &claims; *link;) { /* the former sum of the same data */
    Claim *old = *link;
    if (old->owner != owner || old->data != data) {
      link = &old->next;
      continue;
    }
    *link = old->next;
    free(old);
  }
  Claim *c = malloc(sizeof *c);
  *c = (Claim){owner, stream->work, data, bytes, claims};
  claims = c;
  pretend_device_work(true);
}

void pretend_fail_allocations(int n, int times)
{
  allocations = 0;
  fail_from = n;
  fail_to = n + times;
}

void pretend_break(cudaError_t error)
{
  broken = error;
}

void pretend_break_later(cudaError_t error)
{
  breaks_later = error;
}

void pretend_refuse_library_call(PretendRefusal how)
{
  refuse_library = how;
}

PretendRefusal pretend_library_call_refused(void)
{
  PretendRefusal refused = refuse_library;
  refuse_library = PRETEND_GOOD;
  return refused;
}

void pretend_refuse_heuristics(bool refuse)
{
  refuse_heuristics = refuse;
}

bool pretend_heuristics_refused(void)
{
  return refuse_heuristics;
}

int pretend_live_objects(void)
{
  int n = objects;
  for (Block *b = blocks; b; b = b->next)
    n++;
  return n;
}

void pretend_count_object(int change)
{
  objects += change;
}

int pretend_library_calls(void)
{
  return library_calls;
}

void pretend_count_library_call(void)
{
  library_calls++;
}

/* What programs that know nothing of pretend.h may plant: while SSGAN_PRETEND_LOST is set, the device is lost, and no reset
 * helps; while SSGAN_PRETEND_FULL is set, no memory is left. */
static cudaError_t answer(cudaError_t error)
{
  static bool by_environment;
  bool lost = getenv("SSGAN_PRETEND_LOST") != NULL;
  if (lost != by_environment)
    broken = lost ? cudaErrorIllegalAddress : cudaSuccess;
  else if (lost)
    broken = cudaErrorIllegalAddress;
  by_environment = lost;
  if (broken != cudaSuccess)
    error = broken;
  if (error != cudaSuccess)
    last_error = error;
  return error;
}

/* ---- the calls ---- */

/* SSGAN_PRETEND_DEVICES of them; 1 unless it is set. */
static int n_devices(void)
{
  const char *text = getenv("SSGAN_PRETEND_DEVICES");
  return text ? atoi(text) : 1;
}

cudaError_t cudaGetDeviceCount(int *count)
{
  *count = n_devices();
  return answer(cudaSuccess);
}

cudaError_t cudaDriverGetVersion(int *version)
{
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int number)
{
  if (number < 0 || number >= n_devices())
    pretend_refuse("device %d was chosen", number);
  start();
  return answer(cudaSuccess);
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int device)
{
  bool host_tables = attribute == cudaDevAttrPageableMemoryAccessUsesHostPageTables && getenv("SSGAN_PRETEND_HOST_TABLES");
  *value = attribute == cudaDevAttrComputeCapabilityMajor ? 9 : attribute == cudaDevAttrMemoryPoolsSupported || host_tables;
  return answer(cudaSuccess);
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int number)
{
  memset(properties, 0, sizeof *properties);
  snprintf(properties->name, sizeof properties->name, "pretended GPU");
  properties->totalGlobalMem = PRETEND_MEMORY;
  snprintf(properties->uuid.bytes, sizeof properties->uuid.bytes, "pretended %d", number);
  return answer(cudaSuccess);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
  int i = 0;
  while (i < PRETEND_STREAMS && streams[i].live)
    i++;
  if (i == PRETEND_STREAMS || flags != cudaStreamNonBlocking)
    pretend_refuse("a stream too many, or one that waits for the default stream");
  streams[i] = (struct CUstream_st){.live = true, .touch = touch};
  for (int k = 0; k < PRETEND_STREAMS; k++)
    streams[k].seen[i] = 0;
  *stream = &streams[i];
  pretend_count_object(1);
  return answer(cudaSuccess);
}

cudaError_t cudaDeviceGetStreamPriorityRange(int *least, int *greatest)
{
  *least = 0;
  *greatest = -5;
  return answer(cudaSuccess);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t *stream, unsigned flags, int priority)
{
  if (priority < -5 || priority > 0)
    pretend_refuse("a priority of %d", priority);
  if (getenv("SSGAN_PRETEND_STREAMLESS"))
    return answer(cudaErrorMemoryAllocation);
  return cudaStreamCreateWithFlags(stream, flags);
}

static void forget_claims(int owner)
{
  for (Claim **link = &claims; *link;) {
    Claim *c = *link;
    if (c->owner == owner) {
      *link = c->next;
      free(c);
    } else {
      link = &c->next;
    }
  }
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
  forget_claims(index_of(stream));
  stream->live = false;
  if (current == stream)
    current = NULL;
  pretend_count_object(-1);
  return answer(cudaSuccess);
}

/* What was broken for later shows. */
static void break_now(void)
{
  if (breaks_later != cudaSuccess)
    pretend_break(breaks_later);
  breaks_later = cudaSuccess;
}

/* The host has waited, and so has all that it asks for from now on. */
cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
  if (spoils_capture())
    return answer(cudaErrorStreamCaptureUnsupported);
  int owner = index_of(stream);
  for (int i = 0; i < PRETEND_STREAMS; i++)
    streams[i].seen[owner] = stream->work;
  waits++;
  break_now();
  return answer(cudaSuccess);
}

cudaError_t cudaStreamQuery(cudaStream_t stream)
{
  if (spoils_capture())
    return answer(cudaErrorStreamCaptureUnsupported);
  index_of(stream);
  return answer(cudaSuccess);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags)
{
  *event = calloc(1, sizeof **event);
  (*event)->timed = !(flags & cudaEventDisableTiming);
  pretend_count_object(1);
  return answer(cudaSuccess);
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
  free(event);
  pretend_count_object(-1);
  return answer(cudaSuccess);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
  if (spoils_capture())
    return answer(cudaErrorStreamCaptureUnsupported);
  event->recorded = true;
  clock_gettime(CLOCK_MONOTONIC, &event->time);
  event->owner = index_of(stream);
  event->work = stream->work;
  memcpy(event->seen, stream->seen, sizeof event->seen);
  return answer(cudaSuccess);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
  if (spoils_capture())
    return answer(cudaErrorStreamCaptureUnsupported);
  if (!event->recorded)
    pretend_refuse("waiting for an event that was never recorded");
  return answer(cudaSuccess);
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to)
{
  if (!from->recorded || !to->recorded || !from->timed || !to->timed)
    pretend_refuse("the time between events that were never recorded, or have none");
  *ms = (float) ((double) (to->time.tv_sec - from->time.tv_sec) * 1e3 + (double) (to->time.tv_nsec - from->time.tv_nsec) * 1e-6);
  return answer(cudaSuccess);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags)
{
  index_of(stream);
  if (!event->recorded)
    pretend_refuse("a wait for an event that was never recorded");
  for (int i = 0; i < PRETEND_STREAMS; i++)
    if (stream->seen[i] < event->seen[i])
      stream->seen[i] = event->seen[i];
  if (stream->seen[event->owner] < event->work)
    stream->seen[event->owner] = event->work;
  return answer(cudaSuccess);
}

/* All that the process has on the device is gone, and the error with it. */
cudaError_t cudaDeviceReset(void)
{
  while (blocks) {
    Block *b = blocks;
    used -= b->bytes;
    blocks = b->next;
    free(b);
  }
  objects = 0;
  memset(streams, 0, sizeof streams);
  current = NULL;
  pretend_break(cudaSuccess); /* but what the runtime noted last stays noted */
  resets++;
  return cudaSuccess;
}

int pretend_resets(void)
{
  return resets;
}

int pretend_waits(void)
{
  return waits;
}

void pretend_fail_graph_memory(int n)
{
  failing_graphs = n;
}

int pretend_graph_trims(void)
{
  return graph_trims;
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t *pool, const struct cudaMemPoolProps *properties)
{
  if (properties->location.type != cudaMemLocationTypeDevice || properties->allocType != cudaMemAllocationTypePinned)
    pretend_refuse("a pool that is not the device's");
  *pool = POOL;
  pretend_count_object(1);
  return answer(cudaSuccess);
}

cudaError_t cudaMemPoolDestroy(cudaMemPool_t pool)
{
  if (pool != POOL)
    pretend_refuse("a pool that was not made");
  pretend_count_object(-1);
  return answer(cudaSuccess);
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, enum cudaMemPoolAttr attribute, void *value)
{
  return answer(cudaSuccess);
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, enum cudaMemPoolAttr attribute, void *value)
{
  *(uint64_t *) value = attribute == cudaMemPoolAttrReservedMemCurrent ? end_of_use() : used;
  return answer(cudaSuccess);
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t keep)
{
  return answer(cudaSuccess);
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total)
{
  *total = PRETEND_MEMORY;
  *free_bytes = PRETEND_MEMORY - used;
  return answer(cudaSuccess);
}

cudaError_t cudaMallocFromPoolAsync(void **data, size_t bytes, cudaMemPool_t pool, cudaStream_t stream)
{
  pretend_check_stream(stream);
  if (pool != POOL || bytes == 0)
    pretend_refuse("an allocation of %zu bytes, or from a pool that was not made", bytes);
  break_now();
  if (broken != cudaSuccess)
    return answer(broken);
  int number = allocations++;
  if ((number >= fail_from && number < fail_to) || getenv("SSGAN_PRETEND_FULL"))
    return answer(cudaErrorMemoryAllocation);
  size_t start_at = 0;
  Block **link = &blocks;
  for (; *link && (*link)->start < start_at + bytes + GRAIN; link = &(*link)->next)
    start_at = ((*link)->start + (*link)->bytes + GRAIN + GRAIN - 1) / GRAIN * GRAIN;
  if (bytes > PRETEND_MEMORY || start_at + bytes + GRAIN > PRETEND_MEMORY)
    return answer(cudaErrorMemoryAllocation);
  Block *b = malloc(sizeof *b);
  *b = (Block){start_at, bytes, capture, false, *link};
  *link = b;
  used += bytes;
  *data = memory + start_at;
  pretend_device_work(true);
  memset(memory + start_at, 0xff, bytes < FILLED ? bytes : FILLED);
  memset(memory + start_at + bytes, 0xff, GRAIN);
  pretend_device_work(false);
  return answer(cudaSuccess);
}

cudaError_t cudaFreeAsync(void *data, cudaStream_t stream)
{
  pretend_check_stream(stream);
  if (broken != cudaSuccess)
    return answer(broken);
  for (Block **link = &blocks; *link; link = &(*link)->next) {
    Block *b = *link;
    if (memory + b->start != data || b->freed)
      continue;
    if (capture) {
      if (b->graph != capture)
        pretend_refuse("a graph frees what it has not allocated");
      b->freed = true;
      return answer(cudaSuccess);
    }
    if (b->graph)
      pretend_refuse("freed what belongs to a graph");
    pretend_device_work(true);
    for (size_t i = 0; i < GRAIN; i++)
      if (memory[b->start + b->bytes + i] != 0xff)
        pretend_refuse("something was written beyond an array of %zu bytes", b->bytes);
    memset(data, 0xff, b->bytes < FILLED ? b->bytes : FILLED);
    pretend_device_work(false);
    used -= b->bytes;
    *link = b->next;
    free(b);
    return answer(cudaSuccess);
  }
  pretend_refuse("freed what is not allocated");
}

typedef struct {
  void *to;
  const void *from;
  size_t bytes;
} Copy;

static void run_copy(void *data)
{
  const Copy *c = data;
  pretend_device_work(true);
  memcpy(c->to, c->from, c->bytes);
  pretend_device_work(false);
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream)
{
  pretend_check_stream(stream);
  if (broken != cudaSuccess)
    return answer(broken);
  if (kind != cudaMemcpyDeviceToHost)
    pretend_check_range(to, bytes, "copy to");
  if (kind != cudaMemcpyHostToDevice)
    pretend_check_range(from, bytes, "copy from");
  if (capture) {
    if (kind != cudaMemcpyDeviceToDevice)
      pretend_refuse("a copy from or to the host is captured");
    Copy *c = malloc(sizeof *c);
    *c = (Copy){to, from, bytes};
    pretend_record(run_copy, c);
    return answer(cudaSuccess);
  }
  run_copy(&(Copy){to, from, bytes});
  return answer(cudaSuccess);
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode)
{
  pretend_check_stream(stream);
  if (capture)
    pretend_refuse("a capture within a capture");
  if (broken == cudaSuccess)
    capture = calloc(1, sizeof *capture), capture->owners = 1;
  return answer(cudaSuccess);
}

static void forget_graph(struct CUgraph_st *graph)
{
  for (int i = 0; i < graph->n; i++)
    free(graph->noted[i].data);
  free(graph->noted);
  for (Block **link = &blocks; *link;) {
    Block *b = *link;
    if (b->graph != graph) {
      link = &b->next;
      continue;
    }
    used -= b->bytes;
    *link = b->next;
    free(b);
  }
  free(graph);
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
  pretend_check_stream(stream);
  struct CUgraph_st *done = capture;
  capture = NULL;
  *graph = NULL;
  if (!done)
    return answer(cudaErrorInvalidValue);
  for (Block *b = blocks; b; b = b->next)
    if (b->graph == done && !b->freed && !done->spoiled)
      pretend_refuse("a graph that leaves memory allocated");
  if (done->spoiled || broken != cudaSuccess) {
    forget_graph(done);
    return answer(cudaErrorStreamCaptureInvalidated);
  }
  *graph = done;
  pretend_count_object(1);
  return answer(cudaSuccess);
}

/* The executable is the graph itself: its contents go with the last of both. */
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags)
{
  graph->owners++;
  *exec = (cudaGraphExec_t) (void *) graph;
  return answer(cudaSuccess);
}

static void leave_graph(struct CUgraph_st *graph)
{
  if (--graph->owners > 0)
    return;
  forget_graph(graph);
  pretend_count_object(-1);
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
  leave_graph(graph);
  return answer(cudaSuccess);
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream)
{
  pretend_check_stream(stream);
  if (failing_graphs > 0 && failing_graphs--)
    return answer(cudaErrorMemoryAllocation);
  return answer(cudaSuccess);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
  struct CUgraph_st *graph = (struct CUgraph_st *) (void *) exec;
  pretend_check_stream(stream);
  if (broken != cudaSuccess)
    return answer(broken);
  if (failing_graphs > 0 && failing_graphs--)
    return answer(cudaErrorMemoryAllocation);
  for (int i = 0; i < graph->n; i++)
    graph->noted[i].run(graph->noted[i].data);
  /* Its memory is anyone's until the next time. */
  pretend_device_work(true);
  for (Block *b = blocks; b; b = b->next)
    if (b->graph == graph)
      memset(memory + b->start, 0xff, b->bytes < FILLED ? b->bytes : FILLED);
  pretend_device_work(false);
  return answer(cudaSuccess);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
  leave_graph((struct CUgraph_st *) (void *) exec);
  return answer(cudaSuccess);
}

cudaError_t cudaDeviceGraphMemTrim(int number)
{
  graph_trims++;
  return answer(cudaSuccess);
}

cudaError_t cudaPeekAtLastError(void)
{
  return broken != cudaSuccess ? broken : last_error;
}

cudaError_t cudaGetLastError(void)
{
  cudaError_t error = cudaPeekAtLastError();
  last_error = cudaSuccess;
  return error;
}

const char *cudaGetErrorString(cudaError_t error)
{
  return error == cudaErrorMemoryAllocation ? "out of memory" : "pretended failure";
}

const char *cudaGetErrorName(cudaError_t error)
{
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaError";
}
