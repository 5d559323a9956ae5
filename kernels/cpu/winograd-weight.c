/* Gradient of a 3x3 convolution in its weights by Winograd's F(4x4, 3x3): the adjoint of winograd.c. With its names, where
 * y = A^T [(G w G^T) . (B^T x B)] A for each tile of 4x4 pixels, the gradient is G^T [sum over tiles (A y A^T) . (B^T x B)] G: 36
 * instead of 144 products for 16 pixels.
 *
 * Some tiles at a time: first every tile is transformed, then every point adds its outer products of channels. A sum is added to by
 * one thread at a time, in the order of the tiles: the number of threads does not show in the result. */
#include <string.h>

#include "kernels/cpu/conv-outer.h"
#include "kernels/cpu/winograd.h"

#define ROOM ((int64_t) 2 << 20) /* bytes of transformed tiles: about what second-level caches hold */
#define SHARES 2                 /* of a point's sums, so that more than 36 threads have work */

typedef struct {
  const SsgDnnlConv *conv;
  const SsgOuterKernel *kernel;
  const float *zeros;             /* as many as there are channels */
  float *x, *y;                   /* [point, group, pitch, lanes], [point, block, pitch, block's channels] */
  float *sums;                    /* [point, block, group, block's channels, lanes] */
  int64_t groups, blocks;         /* vectors of input channels, blocks of output channels */
  int64_t pitch;                  /* tiles from one group to the next: one more than are used, to keep off each other's cache lines */
  int64_t tiles_y, tiles_x, first, n; /* tiles at work: [first, first + n) */
} Job;

/* A y for one column of four (the adjoint of winograd.c's output_column()); `stride` between the six in `out`. */
SSG_INLINE void gradient_column(const Vector d[4], Vector *out, int stride)
{
  const Vector a = d[0] + 0.5f * d[2], b = A * (d[1] + 0.5f * d[3]);
  const Vector c = d[0] + 2.0f * d[2], e = B * (d[1] + 2.0f * d[3]);
  out[0] = d[0];
  out[stride] = a + b;
  out[2 * stride] = a - b;
  out[3 * stride] = c + e;
  out[4 * stride] = c - e;
  out[5 * stride] = d[3];
}

/* LANES channels as vectors or blocks of `length`, `pitch` floats from one to the next. */
SSG_INLINE void store(Vector v, float *to, int64_t length, int64_t pitch)
{
  if (length == LANES) {
    *(Vector *) to = v;
  } else if (length == 8) {
    for (int64_t i = 0; i < 2; i++)
      memcpy(to + i * pitch, (const float *) &v + i * 8, 32);
  } else {
    for (int64_t i = 0; i < 4; i++)
      memcpy(to + i * pitch, (const float *) &v + i * 4, 16);
  }
}

/* Units are tiles from job->first on. */
SSG_CLONES static void tiles_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const SsgDnnlConv *c = job->conv;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block, pitch = job->pitch;
  for (int64_t t = begin; t < end; t++) {
    const float *pixel[6][6];
    Vector half[6][6], row[6];
    input_pixels(c, job->tiles_y, job->tiles_x, job->first + t, job->zeros, pixel);
    for (int64_t i = 0; i < c->ci; i += LANES) {
      float *to = job->x + i * pitch + t * lanes;
      input_columns(pixel, i, half);
      for (int p = 0; p < 6; p++) {
        input_column(half[p], row, 1);
        for (int q = 0; q < 6; q++)
          store(row[q], to + (p * 6 + q) * c->ci * pitch, lanes, pitch * lanes);
      }
    }
    int64_t tile = job->first + t, tx = tile % job->tiles_x * 4, ty = tile / job->tiles_x % job->tiles_y * 4;
    int64_t picture = tile / job->tiles_x / job->tiles_y;
    for (int y = 0; y < 4; y++)
      for (int x = 0; x < 4; x++)
        pixel[y][x] = ty + y < c->ho && tx + x < c->wo ? c->y + ((picture * c->ho + ty + y) * c->wo + tx + x) * c->co : job->zeros;
    for (int64_t o = 0; o < c->co; o += LANES) {
      float *to = job->y + o * pitch + t * block;
      for (int x = 0; x < 4; x++) {
        Vector d[4];
        for (int y = 0; y < 4; y++)
          d[y] = *(const Vector *) (pixel[y][x] + o);
        gradient_column(d, &half[0][x], 6);
      }
      for (int p = 0; p < 6; p++) {
        gradient_column(half[p], row, 1);
        for (int q = 0; q < 6; q++)
          store(row[q], to + (p * 6 + q) * c->co * pitch, block, pitch * block);
      }
    }
  }
}

/* Units are shares of the points' sums. */
static void points_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const SsgDnnlConv *c = job->conv;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block, unit = block * lanes;
  SsgOuterPanel panel = {.pictures = 1,
                         .rows = 1,
                         .columns = job->n,
                         .x_column = lanes,
                         .x_tap = job->pitch * lanes,
                         .y_column = block,
                         .sums_tap = unit};
  for (int64_t share = begin; share < end; share++) {
    int64_t point = share / SHARES, part = share % SHARES;
    int64_t from = job->blocks * part / SHARES, to = job->blocks * (part + 1) / SHARES;
    for (int64_t g = 0; g < job->groups;) {
      int64_t left = job->groups - g, taps = left == 4 ? 2 : left < SSG_OUTER_TAPS ? left : SSG_OUTER_TAPS;
      for (int64_t b = from; b < to; b++) {
        panel.x = job->x + (point * c->ci + g * lanes) * job->pitch;
        panel.y = job->y + (point * c->co + b * block) * job->pitch;
        panel.sums = job->sums + ((point * job->blocks + b) * job->groups + g) * unit;
        job->kernel->run[taps - 1](&panel);
      }
      g += taps;
    }
  }
}

/* Units are output channels: G^T S G of their sums. */
SSG_CLONES static void weights_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const SsgDnnlConv *c = job->conv;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block;
  const int64_t point = job->blocks * job->groups * block * lanes;
  for (int64_t o = begin; o < end; o++)
    for (int64_t i = 0; i < c->ci; i += lanes) {
      const float *from = job->sums + ((o / block * job->groups + i / lanes) * block + o % block) * lanes;
      float *to = c->weight + o * 9 * c->ci + i;
      for (int64_t k = 0; k < lanes; k += 8) {
        typedef double Eight __attribute__((vector_size(64)));
        typedef float EightFloats __attribute__((vector_size(32), aligned(4), may_alias));
        Eight half[3][6];
        for (int q = 0; q < 6; q++) {
          for (int y = 0; y < 3; y++)
            half[y][q] = (Eight){0};
          for (int p = 0; p < 6; p++) {
            Eight s = __builtin_convertvector(*(const EightFloats *) (from + (p * 6 + q) * point + k), Eight);
            for (int y = 0; y < 3; y++)
              half[y][q] += filter_points[p][y] * s;
          }
        }
        for (int y = 0; y < 3; y++)
          for (int x = 0; x < 3; x++) {
            Eight sum = {0};
            for (int q = 0; q < 6; q++)
              sum += filter_points[q][x] * half[y][q];
            *(EightFloats *) (to + (y * 3 + x) * c->ci + k) = __builtin_convertvector(sum, EightFloats);
          }
      }
    }
}

bool ssg_cpu_winograd_weight_fits(const SsgDnnlConv *c)
{
  return c->op == SSG_OP_CONV_WEIGHT && !c->bf16 && c->kh == 3 && c->kw == 3 && c->stride == 1 && c->ci % LANES == 0 && c->co % LANES == 0 &&
         c->ci >= 32 && c->co >= 32 && c->ho >= 16 && c->wo >= 16 && c->n * c->ho * c->wo >= 64 * 16 && ssg_cpu_outer_kernel();
}

SsgStatus ssg_cpu_winograd_weight(SsgCpu *cpu, const SsgDnnlConv *c)
{
  Job job = {.conv = c, .kernel = ssg_cpu_outer_kernel(), .tiles_y = (c->ho + 3) / 4, .tiles_x = (c->wo + 3) / 4};
  int64_t tiles = c->n * job.tiles_y * job.tiles_x, most = ROOM / (POINTS * 4 * (c->ci + c->co)) / 16 * 16;
  int64_t channels = c->ci > c->co ? c->ci : c->co;
  most = most < 64 ? 64 : most > 256 ? 256 : most;
  job.groups = c->ci / job.kernel->lanes;
  job.blocks = c->co / job.kernel->block;
  job.pitch = most + 1;
  size_t x = (size_t) (POINTS * c->ci * job.pitch), y = (size_t) (POINTS * c->co * job.pitch);
  size_t sums = (size_t) (POINTS * c->ci * c->co), floats = x + y + sums + (size_t) channels;
  float *room = ssg_cpu_scratch(cpu, floats);
  if (!room)
    return SSG_NO_MEMORY;
  job.sums = room;
  job.x = room + sums;
  job.y = job.x + x;
  job.zeros = memset(job.y + y, 0, (size_t) channels * sizeof *room);
  memset(job.sums, 0, sums * sizeof *room);
  for (; job.first < tiles; job.first += job.n) {
    job.n = tiles - job.first < most ? tiles - job.first : most;
    ssg_cpu_parallel(cpu, job.n, 4, tiles_range, &job);
    ssg_cpu_parallel(cpu, POINTS * SHARES, 1, points_range, &job);
  }
  ssg_cpu_parallel(cpu, c->co, 1, weights_range, &job);
  ssg_cpu_scratch_free(cpu, room, floats);
  return SSG_OK;
}
