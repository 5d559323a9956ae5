/* 3x3 convolutions by Winograd's F(4x4, 3x3) (Lavin and Gray 2016): 36 instead of 144 products
 * for 4x4 pixels. Tiles of the input are transformed, multiplied with the transformed weights (36 matrix products over
 * the channels) and transformed back. Work is done in blocks of tiles that fit the caches, each block by one thread, so
 * the number of threads does not show in the result. Errors stay below 1e-5 of the largest magnitude. */
#include <omp.h>
#include <string.h>

#include "kernels/cpu/winograd.h"
#include "kernels/math/pointwise.h"

typedef struct {
  const float *from;
  float *to;
  int64_t ci, co;
} WeightJob;

/* LANES input channels from i0 on, for LANES output channels from o0 on: tiles, because either side alone would jump through the
 * other's memory number by number. */
SSG_CLONES static void weight_tile(const WeightJob *job, int64_t i0, int64_t o0)
{
  float tile[POINTS][LANES][LANES]; /* [point][o][i] */
  for (int64_t o = 0; o < LANES; o++) {
    const float *from = job->from + (o0 + o) * 9 * job->ci + i0;
    Doubles half[6][3];
    for (int x = 0; x < 3; x++) {
      Doubles w[3];
      for (int y = 0; y < 3; y++)
        w[y] = __builtin_convertvector(*(const Vector *) (from + (y * 3 + x) * job->ci), Doubles);
      for (int p = 0; p < 6; p++)
        half[p][x] = filter_points[p][0] * w[0] + filter_points[p][1] * w[1] + filter_points[p][2] * w[2];
    }
    for (int p = 0; p < 6; p++)
      for (int q = 0; q < 6; q++) {
        Doubles sum = filter_points[q][0] * half[p][0] + filter_points[q][1] * half[p][1] + filter_points[q][2] * half[p][2];
        *(Vector *) tile[p * 6 + q][o] = __builtin_convertvector(sum, Vector);
      }
  }
  for (int64_t point = 0; point < POINTS; point++)
    for (int64_t i = 0; i < LANES; i++) {
      float *to = job->to + (point * job->ci + i0 + i) * job->co + o0;
      for (int64_t o = 0; o < LANES; o++)
        to[o] = tile[point][o][i];
    }
}

/* Units are LANES input channels each. */
static void weight_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const WeightJob *job = data;
  for (int64_t i = begin; i < end; i++)
    for (int64_t o = 0; o < job->co; o += LANES)
      weight_tile(job, i * LANES, o);
}

static void transform_weights(const SsgCpu *cpu, const SsgDnnlConv *conv, float *to)
{
  WeightJob job = {conv->derive_from->weight, to, conv->ci, conv->co};
  ssg_cpu_parallel(cpu, job.ci / LANES, 1, weight_range, &job);
}

typedef struct {
  const SsgDnnlConv *conv;
  const float *zeros; /* ci zeros */
  float *room;        /* per worker: input points, then products, then oneDNN's scratch */
  size_t room_floats;
  SsgDnnlBatch batch;
  int64_t tiles_y, tiles_x, tiles, block;
  bool *failed; /* per worker */
} Job;

/* The paper's A^T m for one column of six. */
SSG_INLINE void output_column(const Vector m[6], Vector *out, int stride)
{
  const Vector a = m[1] + m[2], b = A * (m[1] - m[2]), c = m[3] + m[4], e = B * (m[3] - m[4]);
  out[0] = m[0] + a + c;
  out[stride] = b + e;
  out[2 * stride] = 0.5f * a + 2.0f * c;
  out[3 * stride] = 0.5f * b + 2.0f * e + m[5];
}

/* points[36][block][ci] of the tiles [first, first + n). */
SSG_CLONES static void input_tiles(const Job *job, int64_t first, int64_t n, float *points)
{
  const SsgDnnlConv *c = job->conv;
  const int64_t pitch = job->block * c->ci;
  for (int64_t t = 0; t < n; t++) {
    const float *pixel[6][6];
    input_pixels(c, job->tiles_y, job->tiles_x, first + t, job->zeros, pixel);
    float *to = points + t * c->ci;
    for (int64_t i = 0; i < c->ci; i += LANES) {
      Vector half[6][6], row[6];
      input_columns(pixel, i, half);
      for (int y = 0; y < 6; y++) {
        input_column(half[y], row, 1);
        for (int x = 0; x < 6; x++)
          *(Vector *) (to + (y * 6 + x) * pitch + i) = row[x];
      }
    }
  }
}

SSG_CLONES static void output_tiles(const Job *job, int64_t first, int64_t n, const float *products)
{
  const SsgDnnlConv *c = job->conv;
  const int64_t pitch = job->block * c->co;
  const float scale_up = c->act ? SSG_SQRT2 : 1.0f, scale_down = c->act ? SSG_SQRT2 * SSG_LEAK : 1.0f;
  for (int64_t t = 0; t < n; t++) {
    int64_t tile = first + t, tx = tile % job->tiles_x, ty = tile / job->tiles_x % job->tiles_y;
    int64_t picture = tile / job->tiles_x / job->tiles_y;
    int64_t rows = c->ho - ty * 4 < 4 ? c->ho - ty * 4 : 4, columns = c->wo - tx * 4 < 4 ? c->wo - tx * 4 : 4;
    const float *from = products + t * c->co;
    float *out = c->y + ((picture * c->ho + ty * 4) * c->wo + tx * 4) * c->co;
    for (int64_t o = 0; o < c->co; o += LANES) {
      Vector half[4][6], m[6], y[4][4];
      for (int q = 0; q < 6; q++) {
        for (int p = 0; p < 6; p++)
          m[p] = *(const Vector *) (from + (p * 6 + q) * pitch + o);
        output_column(m, &half[0][q], 6);
      }
      for (int r = 0; r < 4; r++)
        output_column(half[r], y[r], 1);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t q = 0; q < columns; q++) {
          float *to = out + (r * c->wo + q) * c->co + o;
          Vector v = y[r][q];
          if (c->bias)
            v += *(const Vector *) (c->bias + o);
          float lane[LANES];
          memcpy(lane, &v, sizeof lane);
          for (int k = 0; k < LANES; k++)
            to[k] = lane[k] * (lane[k] > 0.0f ? scale_up : scale_down);
        }
    }
  }
}

/* Units are blocks of tiles. */
static void blocks_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  float *points = job->room + (size_t) worker * job->room_floats;
  float *products = points + POINTS * job->block * job->conv->ci;
  void *scratch = products + POINTS * job->block * job->conv->co;
  omp_set_num_threads(1);
  for (int64_t block = begin; block < end; block++) {
    int64_t first = block * job->block, n = job->tiles - first < job->block ? job->tiles - first : job->block;
    input_tiles(job, first, n, points);
    if (!ssg_dnnl_batch_run(&job->batch, points, products, scratch))
      job->failed[worker] = true;
    output_tiles(job, first, n, products);
  }
}

static int64_t tile_count(const SsgDnnlConv *c)
{
  return c->n * ((c->ho + 3) / 4) * ((c->wo + 3) / 4);
}

bool ssg_cpu_winograd_fits(const SsgDnnlConv *c)
{
  /* Four times as many weights as the direct way: where they do not fit the last cache and meet few pixels, reading
   * them costs more than the products saved (at 32 x 32 pixels and 512 channels: 1.5 times the direct way's time). */
  int64_t least = c->ci * c->co <= 256 * 256 ? 64 : 256;
  /* Weights for one call only are transformed for that call; at 32 channels that way takes as long as the direct one. */
  int64_t channels = c->weight_key ? 32 : 64;
  return c->op == SSG_OP_CONV && !c->bf16 && !(c->weight_key && c->derive) && c->kh == 3 && c->kw == 3 && c->stride == 1 &&
         c->ci % LANES == 0 && c->co % LANES == 0 && c->ci >= channels && c->co >= channels && c->ho >= 16 && c->wo >= 16 &&
         tile_count(c) >= least;
}

SsgStatus ssg_cpu_winograd(SsgCpu *cpu, const SsgDnnlConv *c)
{
  if (c->derive) { /* weights for this one call: as they are meant first */
    size_t floats = (size_t) (c->co * 9 * c->ci);
    float *weight = ssg_cpu_scratch(cpu, floats);
    if (!weight)
      return SSG_NO_MEMORY;
    SsgDnnlConv plain = *c;
    c->derive(cpu, c, weight);
    plain.weight = weight;
    plain.derive = NULL;
    SsgStatus status = ssg_cpu_winograd(cpu, &plain);
    ssg_cpu_scratch_free(cpu, weight, floats);
    return status;
  }
  Job job = {.conv = c, .tiles_y = (c->ho + 3) / 4, .tiles_x = (c->wo + 3) / 4, .tiles = tile_count(c)};
  /* Points and products of a block in about 4 MiB, but no fewer than 64 rows for a product, and work for 4 threads. */
  int64_t block = ((int64_t) 4 << 20) / (POINTS * 4 * (c->ci + c->co)) / 16 * 16;
  block = block > 256 ? 256 : block < 64 ? 64 : block;
  int64_t quarter = (job.tiles / 4 + 15) / 16 * 16;
  job.block = block > quarter ? quarter : block;

  SsgDnnlConv source = {.op = SSG_OP_CONV,
                        .ci = c->ci,
                        .co = c->co,
                        .kh = 6,
                        .kw = 6,
                        .weight_key = c->weight_key,
                        .derive = transform_weights,
                        .derive_form = 1 << 20,
                        .derive_from = c};
  SsgDnnlMatmul product = {.batch = POINTS,
                           .m = job.block,
                           .n = c->co,
                           .k = c->ci,
                           .a_batch = job.block * c->ci,
                           .a_row = c->ci,
                           .a_column = 1,
                           .b_batch = c->ci * c->co,
                           .b_row = c->co,
                           .b_column = 1,
                           .alpha = 1.0f,
                           .b_key = c->weight_key};
  SsgStatus status = ssg_dnnl_batch_prepare(cpu, &product, &source, &job.batch);
  if (status != SSG_OK) {
    ssg_dnnl_batch_finish(cpu, &job.batch);
    return status;
  }
  job.room_floats = (size_t) (POINTS * job.block * (c->ci + c->co)) + job.batch.scratch_bytes / sizeof(float) + 64;
  size_t flags = ((size_t) cpu->n_threads + 63) / 64 * 16;
  size_t floats = job.room_floats * (size_t) cpu->n_threads + (size_t) c->ci + flags;
  float *room = ssg_cpu_scratch(cpu, floats);
  if (!room) {
    ssg_dnnl_batch_finish(cpu, &job.batch);
    return SSG_NO_MEMORY;
  }
  job.room = room;
  float *zeros = room + job.room_floats * (size_t) cpu->n_threads;
  memset(zeros, 0, (size_t) c->ci * sizeof(float));
  job.zeros = zeros;
  job.failed = (bool *) (zeros + c->ci);
  memset(job.failed, 0, (size_t) cpu->n_threads);
  ssg_cpu_parallel(cpu, (job.tiles + job.block - 1) / job.block, 1, blocks_range, &job);
  ssg_dnnl_set_threads(cpu->n_threads);
  for (int i = 0; i < cpu->n_threads && status == SSG_OK; i++)
    if (job.failed[i])
      status = ssg_cpu_fail(cpu, SSG_FAILED, "oneDNN: the products of a convolution failed");
  ssg_cpu_scratch_free(cpu, room, floats);
  ssg_dnnl_batch_finish(cpu, &job.batch);
  return status;
}
