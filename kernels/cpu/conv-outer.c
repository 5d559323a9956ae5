/* Gradient of a convolution in its weights as a sum of outer products, pixel by pixel: w[o, ky, kx, i] += y[o] * x[i].
 * Tiles of rows of x and y are laid out anew, with the padding in place, so that the innermost loop reads both one
 * after another, from the cache, and keeps its sums in registers. oneDNN's own reaches half the speed of its
 * convolutions where strides are 2 or channels few.
 *
 * Pieces (of rows, of output channels) are cut by the shape alone, each is summed by one thread, and sums of pieces are
 * added up in order: the number of threads does not show. */
#include "kernels/cpu/conv-outer.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <omp.h>
#include <string.h>

#define MAX_PIECES 8
#define TILE_FLOATS (96 << 10) /* of a tile, x and y together: well inside a second-level cache */

#define ACCUMULATE(name, isa, Vector, prefix, lanes, block, taps)                                                      \
  __attribute__((target(isa))) static void name(const SsgOuterPanel *panel)                                                    \
  {                                                                                                                    \
    Vector sum[block][taps];                                                                                           \
    _Pragma("GCC unroll 8") for (int o = 0; o < block; o++) _Pragma("GCC unroll 3") for (int t = 0; t < taps; t++)     \
        sum[o][t] = prefix##_setzero_ps();                                                                             \
    const float *y = panel->y;                                                                                         \
    const int64_t y_column = panel->y_column;                                                                          \
    for (int64_t picture = 0; picture < panel->pictures; picture++)                                                    \
      for (int64_t row = 0; row < panel->rows; row++) {                                                                \
        const float *x = panel->x + picture * panel->x_picture + row * panel->x_row;                                   \
        for (int64_t column = 0; column < panel->columns; column++, x += panel->x_column, y += y_column) {             \
          Vector value[taps];                                                                                          \
          _Pragma("GCC unroll 3") for (int t = 0; t < taps; t++) value[t] = prefix##_loadu_ps(x + t * panel->x_tap);   \
          _Pragma("GCC unroll 8") for (int o = 0; o < block; o++)                                                      \
          {                                                                                                            \
            const Vector factor = prefix##_set1_ps(y[o]);                                                              \
            _Pragma("GCC unroll 3") for (int t = 0; t < taps; t++) sum[o][t] =                                         \
                prefix##_fmadd_ps(factor, value[t], sum[o][t]);                                                        \
          }                                                                                                            \
        }                                                                                                              \
      }                                                                                                                \
    _Pragma("GCC unroll 8") for (int o = 0; o < block; o++) _Pragma("GCC unroll 3") for (int t = 0; t < taps; t++)     \
    {                                                                                                                  \
      float *to = panel->sums + t * panel->sums_tap + o * lanes;                                                       \
      prefix##_storeu_ps(to, prefix##_add_ps(prefix##_loadu_ps(to), sum[o][t]));                                       \
    }                                                                                                                  \
  }

ACCUMULATE(wide_1, "avx512f", __m512, _mm512, 16, 8, 1)
ACCUMULATE(wide_2, "avx512f", __m512, _mm512, 16, 8, 2)
ACCUMULATE(wide_3, "avx512f", __m512, _mm512, 16, 8, 3)
ACCUMULATE(plain_1, "avx,fma", __m256, _mm256, 8, 4, 1)
ACCUMULATE(plain_2, "avx,fma", __m256, _mm256, 8, 4, 2)
ACCUMULATE(plain_3, "avx,fma", __m256, _mm256, 8, 4, 3)

const SsgOuterKernel *ssg_cpu_outer_kernel(void)
{
  static const SsgOuterKernel wide = {16, 8, {wide_1, wide_2, wide_3}}, plain = {8, 4, {plain_1, plain_2, plain_3}};
  if (ssg_dnnl_vector_lanes() >= wide.lanes)
    return &wide;
  return ssg_dnnl_vector_lanes() >= plain.lanes ? &plain : NULL;
}

typedef struct {
  const SsgDnnlConv *c;
  const SsgOuterKernel *kernel;
  int64_t groups, blocks;           /* vectors of input channels, blocks of output channels */
  int64_t row_pieces, block_pieces; /* how many of each; one of them is 1 */
  int64_t blocks_each;              /* blocks of a piece */
  int64_t width;                    /* columns of x that are seen, padding included */
  int64_t pictures, rows;           /* of a tile of y */
  int64_t x_rows;                   /* of x under one */
  size_t x_floats, y_floats;        /* of a tile */
  size_t sums_floats;               /* of all weights: [block, ky, kx, group, block's channel, lane] */
  float *sums, *tiles;
} Job;

static int64_t divide_up(int64_t a, int64_t b)
{
  return (a + b - 1) / b;
}

/* Rows [y0, y0 + rows) of y and what of x they see, for `pictures` pictures from `picture` on. */
static void lay_out(const Job *job, int64_t picture, int64_t pictures, int64_t y0, int64_t rows, int64_t block0,
                    int64_t blocks, float *x_tile, float *y_tile)
{
  const SsgDnnlConv *c = job->c;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block;
  int64_t x_rows = (rows - 1) * c->stride + c->kh, first = y0 * c->stride - c->pad_top;
  int64_t left = c->pad_left < job->width ? c->pad_left : job->width;
  int64_t inside = c->w < job->width - left ? c->w : job->width - left;
  for (int64_t p = 0; p < pictures; p++)
    for (int64_t r = 0; r < x_rows; r++) {
      bool empty = first + r < 0 || first + r >= c->h;
      const float *from = empty ? NULL : c->x + ((picture + p) * c->h + first + r) * c->w * c->ci;
      for (int64_t g = 0; g < job->groups; g++) {
        float *to = x_tile + ((g * pictures + p) * x_rows + r) * job->width * lanes;
        int64_t n = c->ci - g * lanes < lanes ? c->ci - g * lanes : lanes;
        if (empty) {
          memset(to, 0, (size_t) (job->width * lanes) * sizeof *to);
          continue;
        }
        memset(to, 0, (size_t) (left * lanes) * sizeof *to);
        to += left * lanes;
        for (int64_t x = 0; x < inside; x++, to += lanes) {
          const float *pixel = from + x * c->ci + g * lanes;
          if (n == 16)
            memcpy(to, pixel, 64);
          else if (n == 8 && lanes == 8)
            memcpy(to, pixel, 32);
          else
            for (int64_t i = 0; i < lanes; i++)
              to[i] = i < n ? pixel[i] : 0.0f;
        }
        memset(to, 0, (size_t) ((job->width - left - inside) * lanes) * sizeof *to);
      }
    }
  for (int64_t p = 0; p < pictures; p++) {
    const float *from = c->y + ((picture + p) * c->ho + y0) * c->wo * c->co;
    int64_t pixels = rows * c->wo;
    for (int64_t b = 0; b < blocks; b++) {
      float *to = y_tile + (b * pictures + p) * pixels * block;
      int64_t o = (block0 + b) * block, n = c->co - o < block ? c->co - o : block;
      for (int64_t i = 0; i < pixels; i++, to += block) {
        const float *pixel = from + i * c->co + o;
        if (n == 8)
          memcpy(to, pixel, 32);
        else if (n == 4 && block == 4)
          memcpy(to, pixel, 16);
        else
          for (int64_t k = 0; k < block; k++)
            to[k] = k < n ? pixel[k] : 0.0f;
      }
    }
  }
}

static void multiply(const Job *job, int64_t pictures, int64_t rows, int64_t block0, int64_t blocks,
                     const float *x_tile, const float *y_tile, float *sums)
{
  const SsgDnnlConv *c = job->c;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block, x_rows = (rows - 1) * c->stride + c->kh;
  const int64_t group = pictures * x_rows * job->width * lanes, unit = block * lanes;
  SsgOuterPanel panel = {.pictures = pictures,
                 .rows = rows,
                 .columns = c->wo,
                 .x_picture = x_rows * job->width * lanes,
                 .x_row = c->stride * job->width * lanes,
                 .x_column = c->stride * lanes,
                         .y_column = block};
  /* Taps whose sums are in registers together: a row of the kernel, or vectors of input channels where that is one tap.
   */
  bool along = c->kw > 1;
  panel.x_tap = along ? lanes : group;
  panel.sums_tap = along ? job->groups * unit : unit;
  for (int64_t g = 0; g < job->groups;) {
    int64_t taps = along ? c->kw : job->groups - g == 4 ? 2 : job->groups - g < SSG_OUTER_TAPS ? job->groups - g : SSG_OUTER_TAPS;
    for (int64_t ky = 0; ky < c->kh; ky++)
      for (int64_t b = 0; b < blocks; b++) {
        panel.x = x_tile + g * group + ky * job->width * lanes;
        panel.y = y_tile + b * pictures * rows * c->wo * block;
        panel.sums = sums + (((block0 + b) * c->kh + ky) * c->kw * job->groups + g) * unit;
        job->kernel->run[taps - 1](&panel);
      }
    g += along ? 1 : taps;
  }
}

/* Rows [first, end) over all pictures, tile by tile. */
static void run_piece(const Job *job, int64_t piece, float *x_tile, float *y_tile)
{
  const SsgDnnlConv *c = job->c;
  int64_t row_piece = piece / job->block_pieces, block0 = piece % job->block_pieces * job->blocks_each;
  int64_t blocks = job->blocks - block0 < job->blocks_each ? job->blocks - block0 : job->blocks_each;
  int64_t all = c->n * c->ho, first = all * row_piece / job->row_pieces, end = all * (row_piece + 1) / job->row_pieces;
  float *sums = job->sums + (size_t) row_piece * job->sums_floats;
  size_t mine = job->sums_floats / (size_t) job->blocks;
  memset(sums + (size_t) block0 * mine, 0, (size_t) blocks * mine * sizeof *sums);
  for (int64_t row = first; row < end;) {
    int64_t picture = row / c->ho, y0 = row % c->ho, pictures = 1;
    int64_t rows = c->ho - y0 < job->rows ? c->ho - y0 : job->rows;
    if (rows > end - row)
      rows = end - row;
    if (rows == c->ho) {
      pictures = (end - row) / c->ho;
      pictures = pictures < job->pictures ? pictures : job->pictures;
    }
    lay_out(job, picture, pictures, y0, rows, block0, blocks, x_tile, y_tile);
    multiply(job, pictures, rows, block0, blocks, x_tile, y_tile, sums);
    row += pictures * rows;
  }
}

/* Units are output channels: sums of the pieces, in our form. */
SSG_CLONES static void gather_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const SsgDnnlConv *c = job->c;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block, taps = c->kh * c->kw;
  for (int64_t o = begin; o < end; o++)
    for (int64_t tap = 0; tap < taps; tap++)
      for (int64_t g = 0; g < job->groups; g++) {
        const float *from = job->sums + (((o / block * taps + tap) * job->groups + g) * block + o % block) * lanes;
        float *to = c->weight + (o * taps + tap) * c->ci + g * lanes;
        int64_t n = c->ci - g * lanes < lanes ? c->ci - g * lanes : lanes;
        for (int64_t i = 0; i < n; i++)
          to[i] = from[i];
        for (int64_t piece = 1; piece < job->row_pieces; piece++) {
          from += job->sums_floats;
          for (int64_t i = 0; i < n; i++)
            to[i] += from[i];
        }
      }
}

/* How the work is cut: by the shape alone. */
static void plan(Job *job)
{
  const SsgDnnlConv *c = job->c;
  const int64_t lanes = job->kernel->lanes, block = job->kernel->block;
  int64_t weights = c->co * c->kh * c->kw * c->ci, rows = c->n * c->ho;
  int64_t activations = c->n * (c->h * c->w * c->ci + c->ho * c->wo * c->co);
  job->groups = divide_up(c->ci, lanes);
  job->blocks = divide_up(c->co, block);
  job->row_pieces = job->block_pieces = 1;
  if (weights * rows * c->wo >= (int64_t) 1 << 20) {
    if (weights * MAX_PIECES < activations)
      job->row_pieces = rows < MAX_PIECES ? rows : MAX_PIECES;
    else if (weights * 4 < activations)
      job->row_pieces = rows < 4 ? rows : 4;
    else
      job->block_pieces = job->blocks < MAX_PIECES ? job->blocks : MAX_PIECES;
  }
  job->blocks_each = divide_up(job->blocks, job->block_pieces);
  job->block_pieces = divide_up(job->blocks, job->blocks_each);
  job->width = (c->wo - 1) * c->stride + c->kw;
  int64_t x_line = job->groups * lanes * job->width, y_line = job->blocks_each * block * c->wo;
  for (job->rows = c->ho; job->rows > 1; job->rows--)
    if (((job->rows - 1) * c->stride + c->kh) * x_line + job->rows * y_line <= TILE_FLOATS)
      break;
  job->x_rows = (job->rows - 1) * c->stride + c->kh;
  int64_t picture = job->x_rows * x_line + job->rows * y_line;
  job->pictures = job->rows < c->ho || picture > TILE_FLOATS ? 1 : TILE_FLOATS / picture;
  if (job->pictures > c->n)
    job->pictures = c->n;
  job->x_floats = (size_t) (job->pictures * job->x_rows * x_line);
  job->y_floats = (size_t) (job->pictures * job->rows * y_line);
  job->sums_floats = (size_t) (job->blocks * block * c->kh * c->kw * job->groups * lanes);
}

bool ssg_cpu_conv_outer_fits(const SsgDnnlConv *c)
{
  return (c->kw == 1 || c->kw == 3) && !c->bf16 && ssg_cpu_outer_kernel();
}

SsgStatus ssg_cpu_conv_outer(SsgCpu *cpu, const SsgDnnlConv *c)
{
  Job job = {.c = c, .kernel = ssg_cpu_outer_kernel()};
  plan(&job);
  int pieces = (int) (job.row_pieces * job.block_pieces), workers = pieces < cpu->n_threads ? pieces : cpu->n_threads;
  size_t sums = (size_t) job.row_pieces * job.sums_floats, tile = (job.x_floats + job.y_floats + 31) / 16 * 16;
  job.sums = ssg_cpu_scratch(cpu, sums);
  job.tiles = job.sums ? ssg_cpu_scratch(cpu, tile * (size_t) workers) : NULL;
  if (job.tiles) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(workers)
    for (int i = 0; i < pieces; i++) {
      float *mine = job.tiles + (size_t) omp_get_thread_num() * tile;
      run_piece(&job, i, mine, mine + job.x_floats);
    }
    ssg_cpu_parallel(cpu, c->co, SSG_GRAIN / (c->kh * c->kw * c->ci * job.row_pieces) + 1, gather_range, &job);
    ssg_cpu_scratch_free(cpu, job.tiles, tile * (size_t) workers);
  }
  if (job.sums)
    ssg_cpu_scratch_free(cpu, job.sums, sums);
  return job.tiles ? SSG_OK : SSG_NO_MEMORY;
}

#else

const SsgOuterKernel *ssg_cpu_outer_kernel(void)
{
  return NULL;
}

bool ssg_cpu_conv_outer_fits(const SsgDnnlConv *c)
{
  return false;
}

SsgStatus ssg_cpu_conv_outer(SsgCpu *cpu, const SsgDnnlConv *c)
{
  return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "this processor has no outer products of vectors");
}

#endif
