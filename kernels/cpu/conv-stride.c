/* Adjoint of a convolution of stride 2 in its input, for weights that serve one call. Pixel (2i + py, 2j + px) of the result sees the
 * taps of one parity in each direction: for each of the four, runs of pixels along a row are summed in registers and written where
 * they belong. Four convolutions by oneDNN, whose results are then interleaved, take 1.3 to 1.7 times as long.
 *
 * A value is one sum over taps and channels in a fixed order, whoever computes it: the number of threads does not show. */
#include "kernels/cpu/conv-input.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <string.h>

#define LANES 16

/* Pixels side by side, all of whose taps lie inside of y (or one pixel, with those of its taps that do). */
typedef struct {
  const float *y, *weight; /* of the first pixel's first tap; [tap rows, tap columns, co, vectors * LANES] */
  float *out;
  int64_t rows, columns;            /* of taps */
  int64_t co, y_row, weight_row;    /* channels of y; floats from a row of taps to the next */
  int64_t weight_column, out_pixel; /* likewise between columns of taps, and between two pixels of one parity */
} Run;

#define RUN(name, pixels, vectors)                                                                                     \
  __attribute__((target("avx512f"))) static void name(const Run *run)                                                  \
  {                                                                                                                    \
    __m512 sum[pixels][vectors];                                                                                       \
    const int64_t co = run->co;                                                                                        \
    _Pragma("GCC unroll 8") for (int p = 0; p < pixels; p++) _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) \
        sum[p][v] = _mm512_setzero_ps();                                                                               \
    for (int64_t ty = 0; ty < run->rows; ty++)                                                                         \
      for (int64_t tx = 0; tx < run->columns; tx++) {                                                                  \
        const float *y = run->y + ty * run->y_row + tx * co;                                                           \
        const float *weight = run->weight + ty * run->weight_row + tx * run->weight_column;                            \
        for (int64_t k = 0; k < co; k++, weight += vectors * LANES) {                                                  \
          __m512 w[vectors];                                                                                           \
          _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) w[v] = _mm512_loadu_ps(weight + v * LANES);        \
          _Pragma("GCC unroll 8") for (int p = 0; p < pixels; p++)                                                     \
          {                                                                                                            \
            const __m512 factor = _mm512_set1_ps(y[p * co + k]);                                                       \
            _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) sum[p][v] =                                      \
                _mm512_fmadd_ps(factor, w[v], sum[p][v]);                                                              \
          }                                                                                                            \
        }                                                                                                              \
      }                                                                                                                \
    _Pragma("GCC unroll 8") for (int p = 0; p < pixels; p++) _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) \
        _mm512_storeu_ps(run->out + p * run->out_pixel + v * LANES, sum[p][v]);                                        \
  }

RUN(many_4, 6, 4)
RUN(many_2, 8, 2)
RUN(many_1, 8, 1)
RUN(one_4, 1, 4)
RUN(one_2, 1, 2)
RUN(one_1, 1, 1)

/* By how many vectors of channels. */
static const struct {
  int64_t vectors, pixels;
  void (*many)(const Run *run), (*one)(const Run *run);
} kinds[] = {{4, 6, many_4, one_4}, {2, 8, many_2, one_2}, {1, 8, many_1, one_1}};

static int kind_of(int64_t channels)
{
  return channels % (4 * LANES) == 0 ? 0 : channels % (2 * LANES) == 0 ? 1 : 2;
}

typedef struct {
  const SsgDnnlConv *c;
  const SsgAxis *y, *x; /* by parity */
  float *weight[2][2];  /* by parity: [group of vectors, tap rows, tap columns, co, group's channels] */
  int kind;
} Job;

/* Units are channels of y. */
static void pack_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const SsgDnnlConv *c = job->c;
  const int64_t width = kinds[job->kind].vectors * LANES;
  for (int parity = 0; parity < 4; parity++) {
    const SsgAxis *ay = &job->y[parity / 2], *ax = &job->x[parity % 2];
    for (int64_t k = begin; k < end; k++)
      for (int64_t ty = 0; ty < ay->n; ty++)
        for (int64_t tx = 0; tx < ax->n; tx++) {
          int64_t ky = ay->first + (ay->n - 1 - ty) * 2, kx = ax->first + (ax->n - 1 - tx) * 2;
          const float *from = c->weight + ((k * c->kh + ky) * c->kw + kx) * c->ci;
          for (int64_t i = 0; i < c->ci; i += width) {
            float *to = job->weight[parity / 2][parity % 2] + i * ay->n * ax->n * c->co + ((ty * ax->n + tx) * c->co + k) * width;
            memcpy(to, from + i, (size_t) width * sizeof *to);
          }
        }
  }
}

/* Units are rows of the result. */
static void rows_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const Job *job = data;
  const SsgDnnlConv *c = job->c;
  const int64_t width = kinds[job->kind].vectors * LANES, pixels = kinds[job->kind].pixels;
  for (int64_t unit = begin; unit < end; unit++) {
    int64_t picture = unit / c->h, row = unit % c->h, py = row % 2;
    const SsgAxis *ay = &job->y[py];
    /* Taps [top, bottom) of this row, [0, left) .. likewise of a pixel, are inside. */
    int64_t y0 = row / 2 - ay->before, top = y0 < 0 ? -y0 : 0, bottom = c->ho - y0 < ay->n ? c->ho - y0 : ay->n;
    for (int px = 0; px < 2; px++) {
      const SsgAxis *ax = &job->x[px];
      Run run = {.rows = bottom > top ? bottom - top : 0,
                 .co = c->co,
                 .y_row = c->wo * c->co,
                 .weight_row = ax->n * c->co * width,
                 .weight_column = c->co * width,
                 .out_pixel = 2 * c->ci};
      for (int64_t i = 0; i < c->ci; i += width) {
        const float *y = c->y + (picture * c->ho + y0 + top) * run.y_row;
        const float *weight = job->weight[py][px] + i * ay->n * ax->n * c->co + top * run.weight_row;
        float *out = c->x + ((picture * c->h + row) * c->w + px) * c->ci + i;
        int64_t inner = ax->before, last = c->wo - ax->n + ax->before; /* pixels [inner, last] see all columns of taps */
        for (int64_t j = 0; j < ax->size;) {
          bool many = j >= inner && last - inner + 1 >= pixels && j <= last;
          if (many && j + pixels - 1 > last) /* some once more */
            j = last - pixels + 1;
          int64_t x0 = j - ax->before, left = x0 < 0 ? -x0 : 0, right = c->wo - x0 < ax->n ? c->wo - x0 : ax->n;
          run.columns = right > left ? right - left : 0;
          run.y = y + (x0 + left) * c->co;
          run.weight = weight + left * run.weight_column;
          run.out = out + j * run.out_pixel;
          (many ? kinds[job->kind].many : kinds[job->kind].one)(&run);
          j += many ? pixels : 1;
        }
      }
    }
  }
}

bool ssg_cpu_conv_stride_fits(const SsgDnnlConv *c)
{
  return c->stride == 2 && !c->weight_key && !c->bf16 && c->ci % LANES == 0 && ssg_dnnl_vector_lanes() >= LANES;
}

SsgStatus ssg_cpu_conv_stride(SsgCpu *cpu, const SsgDnnlConv *c, const SsgAxis y[2], const SsgAxis x[2])
{
  Job job = {.c = c, .y = y, .x = x, .kind = kind_of(c->ci)};
  size_t floats = (size_t) (c->co * c->kh * c->kw * c->ci);
  float *weight = ssg_cpu_scratch(cpu, floats);
  if (!weight)
    return SSG_NO_MEMORY;
  float *at = weight;
  for (int parity = 0; parity < 4; parity++) {
    job.weight[parity / 2][parity % 2] = at;
    at += y[parity / 2].n * x[parity % 2].n * c->co * c->ci;
  }
  ssg_cpu_parallel(cpu, c->co, SSG_GRAIN / (c->kh * c->kw * c->ci) + 1, pack_range, &job);
  ssg_cpu_parallel(cpu, c->n * c->h, 1, rows_range, &job);
  ssg_cpu_scratch_free(cpu, weight, floats);
  return SSG_OK;
}

#else

bool ssg_cpu_conv_stride_fits(const SsgDnnlConv *c)
{
  return false;
}

SsgStatus ssg_cpu_conv_stride(SsgCpu *cpu, const SsgDnnlConv *c, const SsgAxis y[2], const SsgAxis x[2])
{
  return ssg_cpu_fail(cpu, SSG_UNSUPPORTED, "this processor has no vectors of 16");
}

#endif
