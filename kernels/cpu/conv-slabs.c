/* Forward convolutions with constant weights, cut into slabs of rows by the shape alone, each slab by one thread: the order of
 * the sums, which oneDNN otherwise chooses by the number of threads, is the same for any number. */
#include "kernels/cpu/dnnl.h"

#define MAX_SLABS 8   /* of a convolution; two such fit SSG_DNNL_MAX_PIECES */

_Static_assert(2 * MAX_SLABS <= SSG_DNNL_MAX_PIECES, "the slabs of two convolutions are run together");

#define SLAB_PIXELS 256 /* at least, where there are so many: its weights are read for each slab */

/* In proportion to the work, so that slabs of convolutions that run together take about the same time. */
static int64_t slab_count(const SsgDnnlConv *c)
{
  int64_t most = 2 * c->kh * c->kw < MAX_SLABS ? 2 * c->kh * c->kw : MAX_SLABS, least = most > 4 ? most / 4 : 1;
  int64_t count = c->ho * c->wo * most / (MAX_SLABS * SLAB_PIXELS);
  if (c->pad_top >= c->kh || c->pad_bottom >= c->kh) /* a slab might see nothing of x */
    return 1;
  count = count > most ? most : count < least ? least : count;
  return count > c->ho ? c->ho : count;
}

/* Rows [first, first + rows) of the result for one picture. */
static SsgDnnlConv slab(const SsgDnnlConv *c, int64_t picture, int64_t first, int64_t rows)
{
  SsgDnnlConv s = *c;
  int64_t begin = first * c->stride - c->pad_top, end = begin + (rows - 1) * c->stride + c->kh; /* of x */
  int64_t from = begin > 0 ? begin : 0, to = end < c->h ? end : c->h;
  s.n = 1;
  s.ho = rows;
  s.h = to - from;
  s.pad_top = from - begin;
  s.pad_bottom = end - to;
  s.x = c->x + (picture * c->h + from) * c->w * c->ci;
  s.y = c->y + (picture * c->ho + first) * c->wo * c->co;
  return s;
}

SsgStatus ssg_cpu_conv_slabs(SsgCpu *cpu, const SsgDnnlConv *convs, int n_convs)
{
  SsgDnnlConv slabs[2 * MAX_SLABS];
  SsgStatus status = SSG_OK;
  for (int64_t picture = 0; picture < convs[0].n && status == SSG_OK; picture++) {
    int n = 0;
    for (int i = 0; i < n_convs; i++) {
      int64_t rows = (convs[i].ho + slab_count(&convs[i]) - 1) / slab_count(&convs[i]);
      for (int64_t y = 0; y < convs[i].ho; y += rows)
        slabs[n++] = slab(&convs[i], picture, y, convs[i].ho - y < rows ? convs[i].ho - y : rows);
    }
    status = ssg_dnnl_conv_pieces(cpu, slabs, n);
  }
  return status;
}
