#include "kernels/device.h"

#include "ssgan-config.h"

#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/cpu/cpu.h"

struct SsgDevice {
  const SsgDeviceClass *klass;
  void *state;
  char name[32];
  char description[256];
};

/* Tries one module file. NULL with a reason when it cannot be loaded. The module stays loaded for the process's life:
 * CUDA's own threads and exit handlers do not survive an unload. */
static const SsgDeviceClass *load_module(const char *path, char *reason, size_t reason_size)
{
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    snprintf(reason, reason_size, "the CUDA module cannot be loaded: %s", dlerror());
    return NULL;
  }
  SsgDevicePlugin plugin = (SsgDevicePlugin) dlsym(module, SSG_DEVICE_PLUGIN_SYMBOL);
  const SsgDeviceClass *klass = plugin ? plugin(SSG_DEVICE_ABI) : NULL;
  if (!klass)
    snprintf(reason, reason_size, "the CUDA module %.300s belongs to another version of ssgan", path);
  return klass;
}

static const SsgDeviceClass *cuda_class(char *reason, size_t reason_size)
{
  static const SsgDeviceClass *klass;
  static char why_not[512];
  static bool tried;

  if (!tried) {
    char program[PATH_MAX] = "", path[PATH_MAX + 64];
    const char *environment = getenv("SSGAN_MODULE_PATH");
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0)
      program[length] = '\0';
    const char *folder = dirname(program);
    const char *const places[][2] = {
        {environment, ""}, {folder, ""}, {folder, "/../kernels/cuda"}, {folder, "/../lib/ssgan"}, {SSG_MODULE_DIR, ""}};
    snprintf(why_not, sizeof why_not, "this installation has no CUDA module (ssgan-cuda.so), which is built where nvcc is found");
    for (size_t i = 0; i < sizeof places / sizeof *places && !klass; i++) {
      if (!places[i][0])
        continue;
      snprintf(path, sizeof path, "%s%s/ssgan-cuda.so", places[i][0], places[i][1]);
      if (access(path, F_OK) == 0)
        klass = load_module(path, why_not, sizeof why_not);
    }
    tried = true;
  }
  if (!klass)
    snprintf(reason, reason_size, "%s", why_not);
  return klass;
}

SsgStatus ssg_device_open(const char *name, SsgDevice **device, char *reason, size_t reason_size)
{
  const SsgDeviceClass *klass;
  int index = 0, end = 0;

  *device = NULL;
  if (strcmp(name, "cpu") == 0) {
    klass = ssg_cpu_device_class();
  } else if (strcmp(name, "cuda") == 0 || (sscanf(name, "cuda:%d%n", &index, &end) == 1 && name[end] == '\0')) {
    klass = cuda_class(reason, reason_size);
    if (!klass)
      return SSG_UNSUPPORTED;
    int count = klass->count(reason, reason_size);
    if (count == 0)
      return SSG_UNSUPPORTED;
    if (index < 0 || index >= count) {
      snprintf(reason, reason_size, "there is no device %s; this machine has cuda:0 to cuda:%d", name, count - 1);
      return SSG_UNSUPPORTED;
    }
  } else {
    snprintf(reason, reason_size, "there is no device '%s'; use cpu, cuda or cuda:N", name);
    return SSG_UNSUPPORTED;
  }

  void *state = NULL;
  SsgStatus status = klass->open(index, &state, reason, reason_size);
  if (status != SSG_OK)
    return status;
  SsgDevice *d = calloc(1, sizeof *d);
  if (!d) {
    klass->close(state);
    snprintf(reason, reason_size, "out of memory");
    return SSG_NO_MEMORY;
  }
  d->klass = klass;
  d->state = state;
  if (klass == ssg_cpu_device_class())
    snprintf(d->name, sizeof d->name, "cpu");
  else
    snprintf(d->name, sizeof d->name, "%s:%d", klass->name, index);
  klass->describe(index, d->description, sizeof d->description);
  *device = d;
  return SSG_OK;
}

void ssg_device_close(SsgDevice *device)
{
  if (!device)
    return;
  device->klass->close(device->state);
  free(device);
}

void ssg_device_list(void (*each)(const char *name, const char *description, bool usable, void *data), void *data)
{
  char text[512] = "", name[32];
  ssg_cpu_device_class()->describe(0, text, sizeof text);
  each("cpu", text, true, data);

  const SsgDeviceClass *klass = cuda_class(text, sizeof text);
  int count = klass ? klass->count(text, sizeof text) : 0;
  if (count == 0)
    each("cuda", text, false, data);
  for (int i = 0; i < count; i++) {
    snprintf(name, sizeof name, "cuda:%d", i);
    klass->describe(i, text, sizeof text);
    each(name, text, true, data);
  }
}

const char *ssg_device_name(const SsgDevice *device)
{
  return device->name;
}

const char *ssg_device_description(const SsgDevice *device)
{
  return device->description;
}

bool ssg_device_is_host(const SsgDevice *device)
{
  return device->klass == ssg_cpu_device_class();
}

const char *ssg_device_error(const SsgDevice *device)
{
  return device->klass->error(device->state);
}

SsgStatus ssg_device_allocate(SsgDevice *device, size_t bytes, void **data)
{
  return device->klass->allocate(device->state, bytes, data);
}

void ssg_device_release(SsgDevice *device, void *data, size_t bytes)
{
  if (data)
    device->klass->release(device->state, data, bytes);
}

SsgStatus ssg_device_upload(SsgDevice *device, void *to, const void *from_host, size_t bytes)
{
  return device->klass->upload(device->state, to, from_host, bytes);
}

SsgStatus ssg_device_download(SsgDevice *device, void *to_host, const void *from, size_t bytes)
{
  return device->klass->download(device->state, to_host, from, bytes);
}

SsgStatus ssg_device_copy(SsgDevice *device, void *to, const void *from, size_t bytes)
{
  return device->klass->copy(device->state, to, from, bytes);
}

SsgStatus ssg_device_synchronize(SsgDevice *device)
{
  return device->klass->synchronize(device->state);
}

bool ssg_device_supports(SsgDevice *device, const SsgOpCall *call)
{
  return device->klass->supports(device->state, call);
}

SsgStatus ssg_device_run(SsgDevice *device, const SsgOpCall *call)
{
  return device->klass->run(device->state, call);
}

void ssg_device_forget(SsgDevice *device, uint64_t cache_key)
{
  if (cache_key)
    device->klass->forget(device->state, cache_key);
}

bool ssg_device_keeps(SsgDevice *device, uint64_t cache_key)
{
  return cache_key && device->klass->keeps && device->klass->keeps(device->state, cache_key);
}

void ssg_device_memory(SsgDevice *device, SsgDeviceMemory *memory)
{
  device->klass->memory(device->state, memory);
}

void ssg_device_reset_peak(SsgDevice *device)
{
  device->klass->reset_peak(device->state);
}

void ssg_device_trim(SsgDevice *device)
{
  device->klass->trim(device->state);
}

SsgStatus ssg_device_set_threads(SsgDevice *device, int n_threads)
{
  return device->klass->set_threads ? device->klass->set_threads(device->state, n_threads) : SSG_OK;
}

SsgStatus ssg_device_set_precision(SsgDevice *device, SsgPrecision precision)
{
  if (device->klass->set_precision)
    return device->klass->set_precision(device->state, precision);
  return precision == SSG_PRECISION_EXACT ? SSG_OK : SSG_UNSUPPORTED;
}

void ssg_device_identity(SsgDevice *device, char *text, size_t text_size)
{
  snprintf(text, text_size, "%s", "");
  if (device->klass->identify)
    device->klass->identify(device->state, text, text_size);
}

SsgStatus ssg_device_mark(SsgDevice *device, int number)
{
  return device->klass->mark ? device->klass->mark(device->state, number) : SSG_UNSUPPORTED;
}

SsgStatus ssg_device_elapsed(SsgDevice *device, int from, int to, double *milliseconds)
{
  *milliseconds = 0;
  return device->klass->elapsed ? device->klass->elapsed(device->state, from, to, milliseconds) : SSG_UNSUPPORTED;
}

uint64_t ssg_device_launches(SsgDevice *device)
{
  return device->klass->launches ? device->klass->launches(device->state) : 0;
}

SsgStatus ssg_device_group_prepare(SsgDevice *device)
{
  return device->klass->group ? device->klass->group->prepare(device->state) : SSG_UNSUPPORTED;
}

const char *ssg_device_group_name(SsgDevice *device)
{
  return device->klass->group ? device->klass->group->name(device->state) : "";
}

SsgStatus ssg_device_group_make_id(SsgDevice *device, uint8_t id[SSG_GROUP_ID_BYTES])
{
  return device->klass->group ? device->klass->group->make_id(device->state, id) : SSG_UNSUPPORTED;
}

SsgStatus ssg_device_group_join(SsgDevice *device, const uint8_t id[SSG_GROUP_ID_BYTES], int rank, int count)
{
  return device->klass->group ? device->klass->group->join(device->state, id, rank, count) : SSG_UNSUPPORTED;
}

SsgStatus ssg_device_group_sum(SsgDevice *device, void *data, size_t n)
{
  return device->klass->group ? device->klass->group->sum(device->state, data, n) : SSG_UNSUPPORTED;
}

SsgStatus ssg_device_group_finish(SsgDevice *device)
{
  return device->klass->group ? device->klass->group->finish(device->state) : SSG_UNSUPPORTED;
}

void ssg_device_group_leave(SsgDevice *device)
{
  if (device->klass->group)
    device->klass->group->leave(device->state);
}

SsgStatus ssg_device_graph_begin(SsgDevice *device)
{
  return device->klass->graph ? device->klass->graph->begin(device->state) : SSG_UNSUPPORTED;
}

SsgStatus ssg_device_graph_end(SsgDevice *device, void **graph)
{
  *graph = NULL;
  return device->klass->graph ? device->klass->graph->end(device->state, graph) : SSG_UNSUPPORTED;
}

SsgStatus ssg_device_graph_launch(SsgDevice *device, void *graph)
{
  return device->klass->graph ? device->klass->graph->launch(device->state, graph) : SSG_UNSUPPORTED;
}

void ssg_device_graph_free(SsgDevice *device, void *graph)
{
  if (device->klass->graph)
    device->klass->graph->release(device->state, graph);
}
