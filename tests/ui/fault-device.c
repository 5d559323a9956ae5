/* A device that breaks when it is told to: the CPU under the name of a GPU, as the module that the programs load
 * (kernels/device.h). So the whole way of a lost device can be gone where there is no GPU and no CUDA.
 *   $SSGAN_FAULT_FOLDER/lost  once this file exists, everything answers that the device is lost
 *   $SSGAN_FAULT_FOLDER/slow  while it exists, each array takes 0.2 s to arrive on the device */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernels/cpu/cpu.h"

static SsgDeviceClass faulty;

static bool told(const char *what)
{
  char path[4096];
  const char *folder = getenv("SSGAN_FAULT_FOLDER");
  snprintf(path, sizeof path, "%s/%s", folder ? folder : "/nonexistent", what);
  return access(path, F_OK) == 0;
}

static const SsgDeviceClass *cpu(void)
{
  return ssg_cpu_device_class();
}

static int count(char *reason, size_t reason_size)
{
  if (!told("lost"))
    return 1;
  snprintf(reason, reason_size, "the pretended GPU is gone");
  return 0;
}

static void describe(int index, char *text, size_t text_size)
{
  snprintf(text, text_size, "Pretended GPU");
}

static SsgStatus device_open(int index, void **state, char *reason, size_t reason_size)
{
  return cpu()->open(index, state, reason, reason_size);
}

static SsgStatus allocate(void *state, size_t bytes, void **data)
{
  return told("lost") ? SSG_LOST : cpu()->allocate(state, bytes, data);
}

static SsgStatus upload(void *state, void *device_data, const void *host_data, size_t bytes)
{
  if (told("slow"))
    usleep(200000);
  return told("lost") ? SSG_LOST : cpu()->upload(state, device_data, host_data, bytes);
}

static SsgStatus download(void *state, void *host_data, const void *device_data, size_t bytes)
{
  return told("lost") ? SSG_LOST : cpu()->download(state, host_data, device_data, bytes);
}

static SsgStatus synchronize(void *state)
{
  return told("lost") ? SSG_LOST : cpu()->synchronize(state);
}

static SsgStatus run(void *state, const SsgOpCall *call)
{
  return told("lost") ? SSG_LOST : cpu()->run(state, call);
}

static const char *error(void *state)
{
  return told("lost") ? "the pretended GPU stopped working" : cpu()->error(state);
}

__attribute__((visibility("default"))) const SsgDeviceClass *ssg_device_plugin(uint32_t abi);
const SsgDeviceClass *ssg_device_plugin(uint32_t abi)
{
  if (abi != SSG_DEVICE_ABI)
    return NULL;
  faulty = *cpu();
  faulty.name = "cuda";
  faulty.count = count;
  faulty.describe = describe;
  faulty.open = device_open;
  faulty.allocate = allocate;
  faulty.upload = upload;
  faulty.download = download;
  faulty.synchronize = synchronize;
  faulty.run = run;
  faulty.error = error;
  return &faulty;
}
