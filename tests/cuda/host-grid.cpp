#include "tests/cuda/host-grid.h"

#include "kernels/cuda/types.h"

void ssg_host_grid_turn(bool backwards)
{
  ssg_host_grid.backwards = backwards;
}

void ssg_host_grid_around(void (*f)(bool begin))
{
  ssg_host_grid.around = f;
}

void ssg_host_grid_record(bool (*f)(void (*run)(void *data), void *data))
{
  ssg_host_grid.record = f;
}

int64_t ssg_host_grid_launches(void)
{
  return ssg_host_grid.n_launches;
}

int64_t ssg_host_grid_phases(void)
{
  return ssg_host_grid.n_phases;
}

int64_t ssg_host_divide(int64_t a, int64_t b)
{
  return ssg_divide(a, b);
}

SSG_KERNEL without_sync(int *out)
{
  SSG_SHARED int part[SSG_BLOCK];
  SSG_THREADS(t)
  {
    part[t] = t;
  }
  SSG_THREADS(t)
  {
    out[t] = part[SSG_BLOCK - 1 - t];
  }
}

void ssg_host_run_without_sync(void)
{
  int out[SSG_BLOCK];
  SSG_LAUNCH(nullptr, 1, without_sync, out);
}

SSG_KERNEL race(int *out)
{
  SSG_SHARED int part[SSG_BLOCK];
  SSG_THREADS(t)
  {
    part[t] = 0;
  }
  SSG_SYNC();
  SSG_THREADS(t)
  {
    part[t] = t + part[(t + 1) % SSG_BLOCK];
    out[t] = part[t];
  }
}

void ssg_host_run_race(int *out)
{
  SSG_LAUNCH(nullptr, 1, race, out);
}
