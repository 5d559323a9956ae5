/* What a program sees of the plug-in through ssg_device_list() and ssg_device_open(). Usage:
 *   test-devices absent           no plug-in file anywhere: the CPU is there, cuda says that the module is missing
 *   test-devices broken           a file that is no module: the CPU is there, cuda says so
 *   test-devices present FOLDER   the module in FOLDER: cuda works, or says what is missing
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"

typedef struct {
  bool cpu;
  int cuda_usable;
  char why[512];
} Seen;

static void each(const char *name, const char *description, bool usable, void *data)
{
  Seen *seen = data;
  printf("%-8s %-10s %s\n", name, usable ? "usable" : "not usable", description);
  if (strcmp(name, "cpu") == 0)
    seen->cpu = usable;
  if (strncmp(name, "cuda", 4) == 0 && usable)
    seen->cuda_usable++;
  if (strcmp(name, "cuda") == 0 && !usable)
    snprintf(seen->why, sizeof seen->why, "%s", description);
}

static int wrong(const char *what)
{
  fprintf(stderr, "wrong: %s\n", what);
  return 1;
}

static bool cpu_works(void)
{
  SsgDevice *device;
  char reason[512];
  SsgOpCall call = {.op = SSG_OP_FILL, .out = {NULL, {1, {3}}, SSG_F32, 0}};
  float got[3] = {0};
  if (ssg_device_open("cpu", &device, reason, sizeof reason) != SSG_OK)
    return false;
  call.param.fill.value = 5;
  bool good = ssg_device_allocate(device, 12, &call.out.data) == SSG_OK && ssg_device_run(device, &call) == SSG_OK &&
              ssg_device_download(device, got, call.out.data, 12) == SSG_OK && got[0] == 5 && got[2] == 5;
  ssg_device_close(device);
  return good;
}

int main(int argc, char **argv)
{
  const char *mode = argc > 1 ? argv[1] : "", *folder = argc > 2 ? argv[2] : "";
  char path[64], temporary[] = "/tmp/ssgan-module-XXXXXX", reason[512] = "";
  Seen seen = {0};
  SsgDevice *device = NULL;

  unsetenv("SSGAN_MODULE_PATH");
  if (strcmp(mode, "absent") != 0)
    setenv("SSGAN_MODULE_PATH", folder, 1);
  if (strcmp(mode, "broken") == 0) {
    if (!mkdtemp(temporary))
      return wrong("cannot make a temporary folder");
    setenv("SSGAN_MODULE_PATH", temporary, 1);
    snprintf(path, sizeof path, "%s/ssgan-cuda.so", temporary);
    FILE *file = fopen(path, "w");
    if (!file || fputs("this is no module\n", file) < 0 || fclose(file) != 0)
      return wrong("cannot write the broken module");
  }
  ssg_device_list(each, &seen);
  if (strcmp(mode, "broken") == 0) {
    remove(path);
    remove(temporary);
  }

  if (!seen.cpu || !cpu_works())
    return wrong("the CPU does not work");
  SsgStatus status = ssg_device_open("cuda", &device, reason, sizeof reason);
  if (seen.cuda_usable) {
    if (strcmp(mode, "absent") == 0) {
      printf("skipped: a module is installed on this machine\n");
      return 77;
    }
    if (strcmp(mode, "broken") == 0 || status != SSG_OK)
      return wrong("cuda is listed as usable");
    ssg_device_close(device);
    return 0;
  }
  if (status == SSG_OK || device)
    return wrong("cuda opens, though it is not listed as usable");
  if (strcmp(reason, seen.why) != 0)
    return wrong("opening gives another reason than the list");
  if (strcmp(mode, "absent") == 0 && !strstr(reason, "no CUDA module"))
    return wrong("the reason is not that the module is missing");
  if (strcmp(mode, "broken") == 0 && !strstr(reason, "cannot be loaded"))
    return wrong("the reason is not that the module cannot be loaded");
  if (strcmp(mode, "present") == 0 && (strstr(reason, "module") || strlen(reason) < 20))
    return wrong("the reason is not one of the driver or the GPU");
  return 0;
}
