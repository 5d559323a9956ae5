/* Gradient of a convolution in its weights, cut into pieces by the shape alone: by pictures where activations outweigh
 * the weights (the pieces' results are added up in order), else by output channels (each piece has its rows of the
 * result). */
#include <string.h>

#include "kernels/cpu/dnnl.h"

#define MAX_PIECES 8

typedef struct {
  const float *from;
  float *to;
  int64_t rows, channels, first, length; /* of from: rows x channels; columns [first, first + length) are taken */
} ColumnsJob;

static void columns_range(const void *data, int worker, int64_t begin, int64_t end)
{
  const ColumnsJob *job = data;
  for (int64_t row = begin; row < end; row++)
    memcpy(job->to + row * job->length, job->from + row * job->channels + job->first,
           (size_t) job->length * sizeof(float));
}

static SsgStatus by_pictures(SsgCpu *cpu, const SsgDnnlConv *c, int n)
{
  SsgDnnlConv pieces[MAX_PIECES];
  int64_t size = c->co * c->kh * c->kw * c->ci, at = 0;
  size_t floats = (size_t) (size * (n - 1));
  float *parts = ssg_cpu_scratch(cpu, floats);
  if (!parts)
    return SSG_NO_MEMORY;
  for (int i = 0; i < n; i++) {
    pieces[i] = *c;
    pieces[i].n = c->n / n + (i < c->n % n);
    pieces[i].x = c->x + at * c->h * c->w * c->ci;
    pieces[i].y = c->y + at * c->ho * c->wo * c->co;
    pieces[i].weight = i == 0 ? c->weight : parts + (i - 1) * size;
    at += pieces[i].n;
  }
  SsgStatus status = ssg_dnnl_conv_pieces(cpu, pieces, n);
  if (status == SSG_OK)
    ssg_cpu_add_parts(cpu, c->weight, parts, n - 1, size);
  ssg_cpu_scratch_free(cpu, parts, floats);
  return status;
}

static SsgStatus by_channels(SsgCpu *cpu, const SsgDnnlConv *c, int64_t length)
{
  SsgDnnlConv pieces[MAX_PIECES];
  int64_t rows = c->n * c->ho * c->wo;
  size_t floats = (size_t) (rows * c->co);
  float *y = ssg_cpu_scratch(cpu, floats);
  if (!y)
    return SSG_NO_MEMORY;
  int n = 0;
  for (int64_t first = 0; first < c->co; first += length, n++) {
    pieces[n] = *c;
    pieces[n].co = c->co - first < length ? c->co - first : length;
    pieces[n].y = y + rows * first;
    pieces[n].weight = c->weight + first * c->kh * c->kw * c->ci;
    ColumnsJob job = {c->y, pieces[n].y, rows, c->co, first, pieces[n].co};
    ssg_cpu_parallel(cpu, rows, SSG_GRAIN / length + 1, columns_range, &job);
  }
  SsgStatus status = ssg_dnnl_conv_pieces(cpu, pieces, n);
  ssg_cpu_scratch_free(cpu, y, floats);
  return status;
}

SsgStatus ssg_cpu_conv_weight(SsgCpu *cpu, const SsgDnnlConv *c)
{
  /* Of a 1x1 convolution: y's pixels, transposed, times x's. */
  SsgDnnlMatmul product = {.batch = 1,
                           .m = c->co,
                           .n = c->ci,
                           .k = c->n * c->h * c->w,
                           .a = c->y,
                           .a_row = 1,
                           .a_column = c->co,
                           .b = c->x,
                           .b_row = c->ci,
                           .b_column = 1,
                           .out = c->weight,
                           .alpha = 1.0f};
  if (c->kh == 1 && c->kw == 1 && c->stride == 1 && c->h == c->ho && c->w == c->wo && ssg_cpu_outer_product_fits(&product))
    return ssg_cpu_outer_product(cpu, &product);
  if (ssg_cpu_winograd_weight_fits(c))
    return ssg_cpu_winograd_weight(cpu, c);
  if (ssg_cpu_conv_outer_fits(c))
    return ssg_cpu_conv_outer(cpu, c);
  int64_t weights = c->co * c->kh * c->kw * c->ci;
  int64_t activations = c->n * (c->h * c->w * c->ci + c->ho * c->wo * c->co);
  int64_t products = weights * c->n * c->ho * c->wo;
  if (products < (int64_t) 1 << 20)
    return ssg_dnnl_conv_pieces(cpu, c, 1);
  if (c->n >= 4 && weights * 8 < activations)
    return by_pictures(cpu, c, c->n >= 8 ? 8 : 4);
  if (c->n >= 2 && weights * 4 < activations)
    return by_pictures(cpu, c, 2);
  if (c->co >= 32) /* a quarter each, in whole vectors */
    return by_channels(cpu, c, (c->co / 4 + 15) / 16 * 16);
  return ssg_dnnl_conv_pieces(cpu, c, 1);
}
