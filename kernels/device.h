/* A device: memory and the ops of op.h. `cpu` is built in; `cuda` is a module loaded at run time, so that a machine
 * without driver or libraries still starts, and can say why CUDA is not on offer.
 *
 * Threads: a device and everything allocated on it belong to one thread at a time.
 * Errors: functions return an SsgStatus; ssg_device_error() has the sentence. Never a silent fall-back to another device.
 */
#pragma once

#include <stddef.h>
#include "kernels/op.h"

typedef enum {
  SSG_OK = 0,
  SSG_NO_MEMORY,   /* allocation failed; the device stays usable */
  SSG_UNSUPPORTED, /* this op, dtype or size is not implemented on this device */
  SSG_LOST,        /* the device stopped working: close it and open another */
  SSG_FAILED,      /* a library call failed; see ssg_device_error() */
  SSG_ABSENT       /* an input came without data, and the device keeps no repacked copy that serves: see keeps() */
} SsgStatus;

/* How products of f32 arrays are computed. Arrays of f16 and bf16 always use the fast units, with f32
 * sums. */
typedef enum {
  SSG_PRECISION_EXACT, /* f32 throughout; the default */
  SSG_PRECISION_TF32,  /* conv*, matmul: factors rounded to 10 bits of mantissa, sums in f32: NVIDIA GPUs from compute capability 8.0 */
  SSG_PRECISION_BF16   /* conv* larger than 1x1 with 16 channels and more on both sides: factors rounded to bf16 (7 bits of mantissa), sums in
                        * f32; gradients in weights of maps wider than 192 pixels stay exact. Processors with AMX; GPUs have arrays of bf16
                        * for that */
} SsgPrecision;

typedef struct SsgDevice SsgDevice;

typedef struct {
  size_t in_use; /* bytes handed out and not yet freed */
  size_t peak;   /* largest in_use since the last ssg_device_reset_peak() */
  size_t pooled; /* bytes kept for reuse */
  size_t cached; /* bytes of repacked arrays (cache_key) */
  size_t total;  /* of the device's memory, 0 if unknown */
} SsgDeviceMemory;

/* Sums over the devices of several processes, for data-parallel training. The processes agree on an id by other means
 * (MPI). Threads and errors as for the device. */
#define SSG_GROUP_ID_BYTES 128
typedef struct {
  SsgStatus (*prepare)(void *state);           /* finds what it needs; SSG_UNSUPPORTED and a sentence when it is missing */
  const char *(*name)(void *state);            /* "NCCL 2.28.9", after prepare() */
  SsgStatus (*make_id)(void *state, void *id); /* SSG_GROUP_ID_BYTES, by one process for all */
  SsgStatus (*join)(void *state, const void *id, int rank, int count); /* waits until all `count` have joined */
  SsgStatus (*sum)(void *state, void *data, size_t n);                 /* see ssg_device_group_sum() */
  SsgStatus (*finish)(void *state);
  void (*leave)(void *state); /* allowed when nothing was joined */
} SsgDeviceGroupClass;

/* Ops that are recorded once and replayed as a whole. Threads and errors as for the device. */
typedef struct {
  SsgStatus (*begin)(void *state);
  SsgStatus (*end)(void *state, void **graph); /* also after a failure in between, which it reports */
  SsgStatus (*launch)(void *state, void *graph);
  void (*release)(void *state, void *graph); /* NULL is allowed */
} SsgDeviceGraphClass;

/* What a device implements. A plug-in fills one in; all function pointers are required unless said otherwise.
 * `state` is the implementation's own. Pointers from allocate() are aligned to 64 bytes at least. */
#define SSG_DEVICE_ABI 3
#define SSG_DEVICE_MARKS 32
typedef struct {
  uint32_t abi; /* SSG_DEVICE_ABI */
  const char *name; /* "cpu", "cuda" */
  /* Number of usable units, and for unit i a sentence for people ("NVIDIA H100, 79 GiB"). When there is none, count()
   * returns 0 and writes why into reason. */
  int (*count)(char *reason, size_t reason_size);
  void (*describe)(int index, char *text, size_t text_size);
  SsgStatus (*open)(int index, void **state, char *reason, size_t reason_size);
  void (*close)(void *state);
  SsgStatus (*allocate)(void *state, size_t bytes, void **data);
  void (*release)(void *state, void *data, size_t bytes);
  SsgStatus (*upload)(void *state, void *device_data, const void *host_data, size_t bytes);
  SsgStatus (*download)(void *state, void *host_data, const void *device_data, size_t bytes);
  SsgStatus (*copy)(void *state, void *to, const void *from, size_t bytes);
  SsgStatus (*synchronize)(void *state);
  bool (*supports)(void *state, const SsgOpCall *call);
  SsgStatus (*run)(void *state, const SsgOpCall *call);
  void (*forget)(void *state, uint64_t cache_key);
  void (*memory)(void *state, SsgDeviceMemory *memory);
  void (*reset_peak)(void *state);
  void (*trim)(void *state); /* gives pooled memory back to the system */
  SsgStatus (*set_threads)(void *state, int n_threads); /* NULL: not applicable */
  SsgStatus (*set_precision)(void *state, SsgPrecision precision); /* NULL: only SSG_PRECISION_EXACT */
  const char *(*error)(void *state); /* sentence for the last status other than SSG_OK; never NULL */
  void (*identify)(void *state, char *text, size_t text_size); /* NULL: "" */
  const SsgDeviceGroupClass *group;                            /* NULL: none */
  const SsgDeviceGraphClass *graph;                            /* NULL: none */
  bool (*keeps)(void *state, uint64_t cache_key); /* NULL: always false */
  uint64_t (*launches)(void *state);                           /* NULL: 0 */
  SsgStatus (*mark)(void *state, int number);                              /* NULL: SSG_UNSUPPORTED, as elapsed() */
  SsgStatus (*elapsed)(void *state, int from, int to, double *milliseconds); /* see ssg_device_mark() */
} SsgDeviceClass;

/* The one symbol of a plug-in module: returns its class, or NULL when abi differs from its own. */
typedef const SsgDeviceClass *(*SsgDevicePlugin)(uint32_t abi);
#define SSG_DEVICE_PLUGIN_SYMBOL "ssg_device_plugin"

/* Opens `name`: "cpu", "cuda" (the first), "cuda:1". On failure *device is NULL and reason holds a sentence that says
 * what is missing. The plug-in is looked for in $SSGAN_MODULE_PATH, beside the program, in its cuda/ subfolders of the
 * build tree, and in the installed module directory. */
SsgStatus ssg_device_open(const char *name, SsgDevice **device, char *reason, size_t reason_size);
/* Frees pools and caches; buffers still allocated become invalid. NULL is allowed. */
void ssg_device_close(SsgDevice *device);

/* Calls each() for every device there is, and for every kind that cannot be used with usable = false and the reason as
 * description. name is what ssg_device_open() takes. */
void ssg_device_list(void (*each)(const char *name, const char *description, bool usable, void *data), void *data);

const char *ssg_device_name(const SsgDevice *device);        /* "cpu", "cuda:0" */
const char *ssg_device_description(const SsgDevice *device); /* for people */
bool ssg_device_is_host(const SsgDevice *device);            /* true: data pointers can be read by the CPU */
const char *ssg_device_error(const SsgDevice *device);

SsgStatus ssg_device_allocate(SsgDevice *device, size_t bytes, void **data);
/* bytes as given to allocate. data may be NULL. */
void ssg_device_release(SsgDevice *device, void *data, size_t bytes);
SsgStatus ssg_device_upload(SsgDevice *device, void *to, const void *from_host, size_t bytes);
SsgStatus ssg_device_download(SsgDevice *device, void *to_host, const void *from, size_t bytes);
SsgStatus ssg_device_copy(SsgDevice *device, void *to, const void *from, size_t bytes);
/* Waits until everything asked for is done. */
SsgStatus ssg_device_synchronize(SsgDevice *device);
bool ssg_device_supports(SsgDevice *device, const SsgOpCall *call);
/* May return before the op is done (GPU); download() and synchronize() wait. */
SsgStatus ssg_device_run(SsgDevice *device, const SsgOpCall *call);
void ssg_device_forget(SsgDevice *device, uint64_t cache_key);
/* Whether a repacked copy of the array with this key is kept. If so, run() may be given the array with data NULL; where that
 * call needs it in another form than the ones kept, run() returns SSG_ABSENT, having changed nothing but `out`. */
bool ssg_device_keeps(SsgDevice *device, uint64_t cache_key);
void ssg_device_memory(SsgDevice *device, SsgDeviceMemory *memory);
void ssg_device_reset_peak(SsgDevice *device);
void ssg_device_trim(SsgDevice *device);
/* Convolutions and their adjoints with constant weights (a cache_key), and with them all of inference, weight gradients, reductions
 * and everything elementwise give the same bits for any number of threads. Other products may differ in their last bits (1e-5 of the
 * largest value at most) between some numbers, where the library sums in another order.
 * n_threads >= 1; 0 means as many as the process may use. Devices without host threads ignore it. */
SsgStatus ssg_device_set_threads(SsgDevice *device, int n_threads);
/* SSG_UNSUPPORTED, and nothing changed, where the device has no such units. */
SsgStatus ssg_device_set_precision(SsgDevice *device, SsgPrecision precision);

/* A text that is this piece of hardware's alone, on any machine (a GPU's UUID); "" where there is none. */
void ssg_device_identity(SsgDevice *device, char *text, size_t text_size);

/* Kernels and library calls that all devices of this kind were asked for since the program started, for benchmarks; 0 on
 * the CPU, which does not launch. */
uint64_t ssg_device_launches(SsgDevice *device);
/* Times on the device's own clock: mark() notes the moment when all that was asked before is done, under a number from 0 to
 * SSG_DEVICE_MARKS - 1, and does not wait; elapsed() waits for the mark `to` and says how much later it was than `from`. Both
 * must have been noted. SSG_UNSUPPORTED where the device works before it answers (cpu): look at a clock there. */
SsgStatus ssg_device_mark(SsgDevice *device, int number);
SsgStatus ssg_device_elapsed(SsgDevice *device, int from, int to, double *milliseconds);

/* Sums over the devices of several processes. Every process prepares; when all can, one makes an id, which the others get
 * by other means; then all join, each with a device of its own. */
SsgStatus ssg_device_group_prepare(SsgDevice *device);
const char *ssg_device_group_name(SsgDevice *device); /* "" before prepare() */
SsgStatus ssg_device_group_make_id(SsgDevice *device, uint8_t id[SSG_GROUP_ID_BYTES]);
SsgStatus ssg_device_group_join(SsgDevice *device, const uint8_t id[SSG_GROUP_ID_BYTES], int rank, int count);
/* Asks for the sum of f32 data [n] over the group, in place: after all ops asked for before, beside those asked for after,
 * which must leave the data alone until finish(). Every process asks for the same sums in the same order. */
SsgStatus ssg_device_group_sum(SsgDevice *device, void *data, size_t n);
/* Ops asked for from now on see the sums. Does not wait. */
SsgStatus ssg_device_group_finish(SsgDevice *device);
void ssg_device_group_leave(SsgDevice *device);

/* Recording: from begin() to end() the device notes ops, copies within its memory, allocations and releases instead of doing
 * them (SSG_UNSUPPORTED where it cannot; the CPU cannot); transfers to and from the host fail, and with them the recording.
 * All that is allocated in between must also be released in between. launch() does all of it again, with the same buffers
 * and parameters. After a failure end() gives none, and the device is as before begin(). */
SsgStatus ssg_device_graph_begin(SsgDevice *device);
SsgStatus ssg_device_graph_end(SsgDevice *device, void **graph);
SsgStatus ssg_device_graph_launch(SsgDevice *device, void *graph);
void ssg_device_graph_free(SsgDevice *device, void *graph); /* NULL is allowed */
