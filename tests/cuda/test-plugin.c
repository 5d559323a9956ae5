/* The plug-in as device.c sees it: loads, refuses another version, says why there is no device, or opens one and moves
 * bytes through it. Usage: test-plugin PATH_OF_MODULE */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                  \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

static bool driver_installed(void)
{
  void *driver = dlopen("libcuda.so.1", RTLD_LAZY);
  if (driver)
    dlclose(driver);
  return driver != NULL;
}

static void check_no_device(const SsgDeviceClass *klass, const char *reason)
{
  void *state = NULL;
  char again[512] = "";
  printf("no device: %s\n", reason);
  CHECK(strlen(reason) > 20);
  CHECK(klass->open(0, &state, again, sizeof again) == SSG_UNSUPPORTED);
  CHECK(state == NULL);
  CHECK(strcmp(again, reason) == 0);
  if (!driver_installed())
    CHECK(strstr(reason, "no NVIDIA driver"));
  /* A small buffer is not overrun. */
  char small[8];
  memset(small, '#', sizeof small);
  CHECK(klass->count(small, 4) == 0);
  CHECK(small[3] == '\0' && small[4] == '#');
}

static void check_device(const SsgDeviceClass *klass, int count)
{
  void *state = NULL, *data = NULL, *other = NULL;
  char text[512] = "";
  unsigned char bytes[1000], back[1000] = {0};
  SsgDeviceMemory memory;

  CHECK(klass->open(count, &state, text, sizeof text) == SSG_UNSUPPORTED && strstr(text, "there is no CUDA device"));
  klass->describe(0, text, sizeof text);
  printf("device 0: %s\n", text);
  CHECK(strstr(text, "GiB"));
  if (klass->open(0, &state, text, sizeof text) != SSG_OK) {
    fprintf(stderr, "open: %s\n", text);
    exit(1);
  }
  for (int i = 0; i < 1000; i++)
    bytes[i] = (unsigned char) (i * 7);
  CHECK(klass->allocate(state, 1000, &data) == SSG_OK && (uintptr_t) data % 64 == 0);
  CHECK(klass->allocate(state, 1000, &other) == SSG_OK && other != data);
  klass->memory(state, &memory);
  CHECK(memory.in_use == 2000 && memory.peak == 2000 && memory.total > 0);
  CHECK(klass->upload(state, data, bytes, 1000) == SSG_OK);
  CHECK(klass->copy(state, other, data, 1000) == SSG_OK);
  CHECK(klass->download(state, back, other, 1000) == SSG_OK);
  CHECK(memcmp(bytes, back, 1000) == 0);
  klass->release(state, data, 1000);
  klass->memory(state, &memory);
  CHECK(memory.in_use == 1000 && memory.peak == 2000);
  klass->reset_peak(state);
  klass->memory(state, &memory);
  CHECK(memory.peak == 1000);

  /* More than there is: refused with a sentence, and the device stays usable. */
  void *huge = NULL;
  CHECK(klass->allocate(state, memory.total * 4, &huge) == SSG_NO_MEMORY && huge == NULL);
  CHECK(strstr(klass->error(state), "memory is full"));
  CHECK(klass->download(state, back, other, 1000) == SSG_OK);
  klass->release(state, other, 1000);
  klass->trim(state);
  klass->memory(state, &memory);
  CHECK(memory.in_use == 0);
  CHECK(klass->synchronize(state) == SSG_OK);
  klass->close(state);
}

int main(int argc, char **argv)
{
  CHECK(argc == 2);
  void *module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  SsgDevicePlugin plugin = (SsgDevicePlugin) dlsym(module, SSG_DEVICE_PLUGIN_SYMBOL);
  CHECK(plugin);
  CHECK(plugin(SSG_DEVICE_ABI + 1) == NULL);
  const SsgDeviceClass *klass = plugin(SSG_DEVICE_ABI);
  CHECK(klass && klass->abi == SSG_DEVICE_ABI && strcmp(klass->name, "cuda") == 0);
  CHECK(dlsym(module, "ssg_cuda_run") == NULL); /* the one symbol is the only one */

  char reason[512] = "";
  int count = klass->count(reason, sizeof reason);
  if (count == 0)
    check_no_device(klass, reason);
  else
    check_device(klass, count);
  return 0;
}
