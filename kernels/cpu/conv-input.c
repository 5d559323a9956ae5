/* Adjoint of a convolution in its input, rewritten as forward convolutions, which oneDNN runs at up to twice the speed.
 *
 * Stride 1: one convolution with the taps turned around and the channels' roles swapped. Stride 2: pixel (2i + py, 2j +
 * px) of the result only sees the taps of one parity in each direction, so the four parities are four small
 * convolutions, whose results are then interleaved.
 */
#include <string.h>

#include "kernels/cpu/conv-input.h"

static SsgAxis axis_of(int64_t parity, int64_t step, int64_t size, int64_t out, int64_t kernel, int64_t pad)
{
  SsgAxis a;
  a.size = (size - parity + step - 1) / step;
  a.first = (parity + pad) % step;
  a.n = (kernel - a.first + step - 1) / step;
  a.before = a.n - 1 - (parity + pad - a.first) / step;
  a.after = a.size - 1 + a.n - out - a.before;
  return a;
}

typedef struct {
  const float *from; /* [co, kh, kw, ci] */
  float *to;         /* [ci, y.n, x.n, co] */
  int64_t co, kh, kw, ci, step, y_first, y_n, x_first, x_n;
} TurnJob;

#define TILE 16

/* Units are tiles of ci. */
static void turn_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const TurnJob *j = data;
  for (int64_t i0 = begin * TILE; i0 < end * TILE && i0 < j->ci; i0 += TILE) {
    int64_t n = j->ci - i0 < TILE ? j->ci - i0 : TILE;
    for (int64_t y = 0; y < j->y_n; y++)
      for (int64_t x = 0; x < j->x_n; x++) {
        int64_t ky = j->y_first + (j->y_n - 1 - y) * j->step, kx = j->x_first + (j->x_n - 1 - x) * j->step;
        const float *from = j->from + (ky * j->kw + kx) * j->ci + i0;
        float *to = j->to + ((i0 * j->y_n + y) * j->x_n + x) * j->co;
        for (int64_t o = 0; o < j->co; o++)
          for (int64_t i = 0; i < n; i++)
            to[i * j->y_n * j->x_n * j->co + o] = from[o * j->kh * j->kw * j->ci + i];
      }
  }
}

static void turn(const SsgCpu *cpu, const SsgDnnlConv *conv, float *to)
{
  const SsgDnnlConv *from = conv->derive_from;
  int64_t step = from->stride, form = conv->derive_form - 1;
  TurnJob job = {.from = from->weight,
                 .to = to,
                 .co = from->co,
                 .kh = from->kh,
                 .kw = from->kw,
                 .ci = from->ci,
                 .step = step,
                 .y_first = form / step,
                 .y_n = conv->kh,
                 .x_first = form % step,
                 .x_n = conv->kw};
  ssg_cpu_parallel(cpu, (from->ci + TILE - 1) / TILE, 1, turn_range, &job);
}

static SsgDnnlConv forward_of(const SsgDnnlConv *c, const SsgAxis *y, const SsgAxis *x, float *out)
{
  return (SsgDnnlConv){.op = SSG_OP_CONV,
                       .n = c->n,
                       .h = c->ho,
                       .w = c->wo,
                       .ci = c->co,
                       .ho = y->size,
                       .wo = x->size,
                       .co = c->ci,
                       .kh = y->n,
                       .kw = x->n,
                       .stride = 1,
                       .pad_top = y->before,
                       .pad_left = x->before,
                       .pad_bottom = y->after,
                       .pad_right = x->after,
                       .x = c->y,
                       .y = out,
                       .weight = c->weight,
                       .bf16 = c->bf16,
                       .weight_key = c->weight_key,
                       .derive = turn,
                       .derive_form = 1 + y->first * c->stride + x->first,
                       .derive_from = c};
}

static bool usable(const SsgAxis *a)
{
  return a->size > 0 && a->n > 0 && a->before >= 0 && a->after >= 0;
}

typedef struct {
  const float *part[2]; /* the columns of even and of odd x */
  float *out;
  int64_t h, w, channels, parity, height; /* rows parity, parity + 2 ..: `height` of them in a picture */
} InterleaveJob;

/* Units are rows n * height + i of the parts. */
static void interleave_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const InterleaveJob *job = data;
  const int64_t channels = job->channels;
  const size_t bytes = (size_t) channels * sizeof(float);
  for (int64_t row = begin; row < end; row++) {
    int64_t picture = row / job->height, y = 2 * (row % job->height) + job->parity;
    float *out = job->out + (picture * job->h + y) * job->w * channels;
    for (int64_t px = 0; px < 2; px++) {
      int64_t width = (job->w - px + 1) / 2;
      const float *from = job->part[px] + row * width * channels;
      for (int64_t x = 0; x < width; x++)
        memcpy(out + (2 * x + px) * channels, from + x * channels, bytes);
    }
  }
}

/* Even rows, then odd ones: room for half of the result is enough. */
static SsgStatus by_parity(SsgCpu *cpu, const SsgDnnlConv *c, const SsgAxis y[2], const SsgAxis x[2])
{
  size_t floats = (size_t) (c->n * y[0].size * c->w * c->ci);
  float *parts = ssg_cpu_scratch(cpu, floats);
  if (!parts)
    return SSG_NO_MEMORY;
  SsgStatus status = SSG_OK;
  for (int py = 0; py < 2 && status == SSG_OK; py++) {
    InterleaveJob job = {.out = c->x, .h = c->h, .w = c->w, .channels = c->ci, .parity = py, .height = y[py].size};
    float *room = parts;
    SsgDnnlConv part[2];
    for (int px = 0; px < 2; px++) {
      part[px] = forward_of(c, &y[py], &x[px], room);
      job.part[px] = room;
      room += c->n * part[px].ho * part[px].wo * c->ci;
    }
    if (c->weight_key)
      status = ssg_cpu_conv_slabs(cpu, part, 2);
    for (int px = 0; px < 2 && status == SSG_OK && !c->weight_key; px++)
      status = ssg_dnnl_conv(cpu, &part[px]);
    if (status == SSG_OK)
      ssg_cpu_parallel(cpu, c->n * job.height, SSG_GRAIN / (c->w * c->ci) + 1, interleave_range, &job);
  }
  ssg_cpu_scratch_free(cpu, parts, floats);
  return status;
}

SsgStatus ssg_cpu_conv_input(SsgCpu *cpu, const SsgDnnlConv *c)
{
  bool turned = (c->kh > 1 || c->kw > 1) && c->ci >= 8 && c->co >= 8;
  if (turned && c->stride == 1) {
    SsgAxis y = axis_of(0, 1, c->h, c->ho, c->kh, c->pad_top), x = axis_of(0, 1, c->w, c->wo, c->kw, c->pad_left);
    SsgDnnlConv whole = forward_of(c, &y, &x, c->x);
    if (usable(&y) && usable(&x))
      return ssg_cpu_conv_plain(cpu, &whole);
  }
  if (turned && c->stride == 2 && (c->weight_key || !c->bf16)) { /* in bf16 the library's own way is faster */
    SsgAxis y[2], x[2];
    bool all = true;
    for (int p = 0; p < 2; p++) {
      y[p] = axis_of(p, 2, c->h, c->ho, c->kh, c->pad_top);
      x[p] = axis_of(p, 2, c->w, c->wo, c->kw, c->pad_left);
      all = all && usable(&y[p]) && usable(&x[p]);
    }
    if (all && ssg_cpu_conv_stride_fits(c))
      return ssg_cpu_conv_stride(cpu, c, y, x);
    if (all)
      return by_parity(cpu, c, y, x);
  }
  return ssg_cpu_conv_plain(cpu, c);
}
