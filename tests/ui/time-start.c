/* How long a program takes from its start until a face is on the screen: it looks at nothing but the pixels of Xvfb, once a
 * millisecond. Usage: time-start FRAMEBUFFER PROGRAM ARGUMENT...   FRAMEBUFFER is Xvfb's file (-fbdir), an XWD picture.
 * A face is there when most pixels around the middle of the screen have a colour: windows and what they say while they
 * load are grey. Prints milliseconds and the program's resident memory in MiB, and ends the program. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000

static uint32_t header_word(const uint8_t *file, int k)
{
  return (uint32_t) file[4 * k] << 24 | (uint32_t) file[4 * k + 1] << 16 | (uint32_t) file[4 * k + 2] << 8 | file[4 * k + 3];
}

/* Share of pixels with a colour in the square of 64 pixels around the middle. */
static double coloured(const uint8_t *file)
{
  const uint8_t *pixels = file + header_word(file, 0) + 12 * header_word(file, 19);
  int width = (int) header_word(file, 4), height = (int) header_word(file, 5), stride = (int) header_word(file, 12), n = 0;
  for (int y = height / 2 - 32; y < height / 2 + 32; y++)
    for (int x = width / 2 - 32; x < width / 2 + 32; x++) {
      const uint8_t *p = pixels + (long) y * stride + 4 * x;
      int low = p[0] < p[1] ? p[0] : p[1], high = p[0] > p[1] ? p[0] : p[1];
      low = p[2] < low ? p[2] : low;
      high = p[2] > high ? p[2] : high;
      n += high - low > 12;
    }
  return n / 4096.0;
}

static double now_ms(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * (double) t.tv_sec + 1e-6 * (double) t.tv_nsec;
}

static long resident_mib(pid_t pid)
{
  char path[64], line[256];
  long kib = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int) pid);
  FILE *status = fopen(path, "r");
  while (status && fgets(line, sizeof line, status))
    sscanf(line, "VmRSS: %ld", &kib);
  if (status)
    fclose(status);
  return kib / 1024;
}

int main(int argc, char **argv)
{
  struct stat info;
  int fd = argc >= 3 ? open(argv[1], O_RDONLY) : -1;
  const uint8_t *file = fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 100
                            ? mmap(NULL, (size_t) info.st_size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (file == MAP_FAILED) {
    fprintf(stderr, "usage: time-start FRAMEBUFFER PROGRAM ARGUMENT...\n");
    return 2;
  }
  if (coloured(file) > 0.1) {
    fprintf(stderr, "time-start: something is on the screen already\n");
    return 1;
  }
  double start = now_ms(), found = 0;
  pid_t pid = fork();
  if (pid == 0) {
    execv(argv[2], argv + 2);
    _exit(127);
  }
  while (pid > 0 && found == 0 && now_ms() - start < PATIENCE_MS && waitpid(pid, NULL, WNOHANG) == 0) {
    nanosleep(&(struct timespec) {0, 1000000}, NULL);
    if (coloured(file) > 0.6)
      found = now_ms();
  }
  if (found == 0)
    fprintf(stderr, "time-start: no face came up\n");
  else
    printf("%.0f %ld\n", found - start, resident_mib(pid));
  if (pid > 0) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
  }
  return found == 0;
}
