#include "tests/kernels/oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double fir[4] = {1 / 8.0, 3 / 8.0, 3 / 8.0, 1 / 8.0};

static int64_t count(const SsgArray *a)
{
  int64_t n = 1;
  for (int i = 0; i < a->shape.rank; i++)
    n *= a->shape.dim[i];
  return n;
}

/* IEEE half precision by its definition. */
static double half_value(uint16_t h)
{
  int exponent = (h >> 10) & 31, fraction = h & 1023;
  double v = exponent == 0    ? ldexp(fraction, -24)
             : exponent == 31 ? (fraction ? NAN : INFINITY)
                              : ldexp(1024 + fraction, exponent - 25);
  return h & 0x8000 ? -v : v;
}

static double bf16_value(uint16_t h)
{
  int exponent = (h >> 7) & 255, fraction = h & 127;
  double v = exponent == 0     ? ldexp(fraction, -133)
             : exponent == 255 ? (fraction ? NAN : INFINITY)
                               : ldexp(128 + fraction, exponent - 134);
  return h & 0x8000 ? -v : v;
}

double oracle_get(const void *data, SsgDtype dtype, int64_t i)
{
  switch (dtype) {
  case SSG_F32:
    return ((const float *) data)[i];
  case SSG_F16:
    return half_value(((const uint16_t *) data)[i]);
  case SSG_BF16:
    return bf16_value(((const uint16_t *) data)[i]);
  case SSG_I64:
    return (double) ((const int64_t *) data)[i];
  case SSG_U8:
    return ((const uint8_t *) data)[i];
  }
  return NAN;
}

static double value(const SsgArray *a, int64_t i)
{
  return oracle_get(a->data, a->dtype, i);
}

/* Rounds to the nearest multiple of 2^(e - digits + 1), e the exponent of v but no less than lowest. */
static double round_binary(double v, int digits, int lowest, double most)
{
  int e;
  if (v == 0 || !isfinite(v))
    return v;
  frexp(v, &e);
  e -= 1;
  double unit = ldexp(1, (e < lowest ? lowest : e) - digits + 1);
  double r = nearbyint(v / unit) * unit;
  return fabs(r) > most ? copysign(INFINITY, r) : r;
}

static double converted(double v, SsgDtype to)
{
  switch (to) {
  case SSG_F32:
    return (float) v;
  case SSG_F16:
    return round_binary(v, 11, -14, 65504);
  case SSG_BF16:
    return round_binary(v, 8, -126, 3.3895313892515355e38);
  case SSG_I64:
    return nearbyint(v);
  case SSG_U8:
    return v < 0 ? 0 : v > 255 ? 255 : nearbyint(v);
  }
  return NAN;
}

static double act(double x, SsgDtype dtype)
{
  double y = sqrt(2) * (x > 0 ? x : 0.2 * x);
  return dtype != SSG_F16 ? y : y > 256 ? 256 : y < -256 ? -256 : y;
}

static double unary(SsgUnary kind, double x)
{
  switch (kind) {
  case SSG_UNARY_NEGATE:
    return -x;
  case SSG_UNARY_SQUARE:
    return x * x;
  case SSG_UNARY_SQRT:
    return sqrt(x);
  case SSG_UNARY_RSQRT:
    return 1 / sqrt(x);
  case SSG_UNARY_RECIPROCAL:
    return 1 / x;
  case SSG_UNARY_EXP:
    return exp(x);
  case SSG_UNARY_LOG:
    return log(x);
  case SSG_UNARY_SIN:
    return sin(x);
  case SSG_UNARY_COS:
    return cos(x);
  case SSG_UNARY_SIGMOID:
    return 1 / (1 + exp(-x));
  case SSG_UNARY_SOFTPLUS:
    return x > 30 ? x + exp(-x) : log1p(exp(x));
  case SSG_N_UNARY:
    break;
  }
  return NAN;
}

static double binary(SsgBinary kind, double x, double y)
{
  return kind == SSG_BINARY_ADD ? x + y : kind == SSG_BINARY_SUB ? x - y : kind == SSG_BINARY_MUL ? x * y : x / y;
}

/* Index vector of element i. */
static void unravel(const SsgShape *shape, int64_t i, int64_t at[SSG_MAX_RANK])
{
  for (int k = shape->rank - 1; k >= 0; k--) {
    at[k] = i % shape->dim[k];
    i /= shape->dim[k];
  }
}

/* Element number of an index vector, which may run beyond an axis of size 1: there it stays 0. */
static int64_t ravel(const SsgShape *shape, const int64_t at[SSG_MAX_RANK])
{
  int64_t i = 0;
  for (int k = 0; k < shape->rank; k++)
    i = i * shape->dim[k] + (shape->dim[k] == 1 ? 0 : at[k]);
  return i;
}

static void reduce(const SsgOpCall *c, double *out, int64_t n)
{
  int64_t at[SSG_MAX_RANK];
  bool max = c->param.reduce.kind == SSG_REDUCE_MAX;
  for (int64_t i = 0; i < n; i++)
    out[i] = max ? -INFINITY : 0;
  for (int64_t i = 0; i < count(&c->in[0]); i++) {
    unravel(&c->in[0].shape, i, at);
    double *o = &out[ravel(&c->out.shape, at)], v = value(&c->in[0], i);
    *o = max ? fmax(*o, v) : *o + v * c->param.reduce.scale;
  }
}

static void permute(const SsgOpCall *c, double *out, int64_t n)
{
  int64_t at[SSG_MAX_RANK], from[SSG_MAX_RANK];
  for (int64_t i = 0; i < n; i++) {
    unravel(&c->out.shape, i, at);
    for (int k = 0; k < c->out.shape.rank; k++)
      from[c->param.permute.axis[k]] = at[k];
    out[i] = value(&c->in[0], ravel(&c->in[0].shape, from));
  }
}

static void slice(const SsgOpCall *c, double *out, int64_t n)
{
  int64_t at[SSG_MAX_RANK];
  bool adjoint = c->op == SSG_OP_UNSLICE;
  const SsgShape *small = adjoint ? &c->in[0].shape : &c->out.shape;
  const SsgShape *large = adjoint ? &c->out.shape : &c->in[0].shape;
  int64_t n_small = adjoint ? count(&c->in[0]) : n;
  memset(out, 0, (size_t) n * sizeof *out);
  for (int64_t i = 0; i < n_small; i++) {
    unravel(small, i, at);
    at[c->param.slice.axis] += c->param.slice.start;
    /* ravel() would hold an axis of size 1 at 0, which is right for start = 0, the only one such an axis has. */
    int64_t j = ravel(large, at);
    if (adjoint)
      out[j] = value(&c->in[0], i);
    else
      out[i] = value(&c->in[0], j);
  }
}

static void concat(const SsgOpCall *c, double *out)
{
  int64_t at[SSG_MAX_RANK], start = 0;
  for (int k = 0; k < c->n_in; k++) {
    for (int64_t i = 0; i < count(&c->in[k]); i++) {
      unravel(&c->in[k].shape, i, at);
      at[c->param.concat.axis] += start;
      out[ravel(&c->out.shape, at)] = value(&c->in[k], i);
    }
    start += c->in[k].shape.dim[c->param.concat.axis];
  }
}

static void matmul(const SsgOpCall *c, double *out)
{
  const int64_t *a = c->in[0].shape.dim, *b = c->in[1].shape.dim, *o = c->out.shape.dim;
  bool ta = c->param.matmul.trans_a, tb = c->param.matmul.trans_b;
  int64_t depth = ta ? a[1] : a[2];
  for (int64_t p = 0; p < o[0]; p++)
    for (int64_t i = 0; i < o[1]; i++)
      for (int64_t j = 0; j < o[2]; j++) {
        int64_t pa = a[0] == 1 ? 0 : p, pb = b[0] == 1 ? 0 : p;
        double sum = 0;
        for (int64_t k = 0; k < depth; k++)
          sum += value(&c->in[0], (pa * a[1] + (ta ? k : i)) * a[2] + (ta ? i : k)) *
                 value(&c->in[1], (pb * b[1] + (tb ? j : k)) * b[2] + (tb ? k : j));
        sum *= (double) c->param.matmul.alpha;
        if (c->n_in > 2 && c->in[2].data)
          sum += value(&c->in[2], p / (o[0] / c->in[2].shape.dim[0]) * o[2] + j);
        out[(p * o[1] + i) * o[2] + j] = c->param.matmul.act ? act(sum, c->out.dtype) : sum;
      }
}

/* One walk over all (output pixel, tap) pairs serves the convolution and both adjoints. */
static void conv(const SsgOpCall *c, double *out, int64_t n_out)
{
  const SsgArray *x = c->op == SSG_OP_CONV_INPUT ? &c->out : &c->in[0];
  const SsgArray *w = c->op == SSG_OP_CONV_WEIGHT ? &c->out : &c->in[1];
  const SsgArray *y = c->op == SSG_OP_CONV ? &c->out : c->op == SSG_OP_CONV_INPUT ? &c->in[0] : &c->in[1];
  const int64_t *xd = x->shape.dim, *wd = w->shape.dim, *yd = y->shape.dim;
  memset(out, 0, (size_t) n_out * sizeof *out);
  for (int64_t n = 0; n < yd[0]; n++)
    for (int64_t oy = 0; oy < yd[1]; oy++)
      for (int64_t ox = 0; ox < yd[2]; ox++)
        for (int64_t ky = 0; ky < wd[1]; ky++)
          for (int64_t kx = 0; kx < wd[2]; kx++) {
            int64_t iy = oy * c->param.conv.stride - c->param.conv.pad_top + ky;
            int64_t ix = ox * c->param.conv.stride - c->param.conv.pad_left + kx;
            if (iy < 0 || ix < 0 || iy >= xd[1] || ix >= xd[2])
              continue;
            for (int64_t o = 0; o < wd[0]; o++)
              for (int64_t i = 0; i < wd[3]; i++) {
                int64_t xi = ((n * xd[1] + iy) * xd[2] + ix) * xd[3] + i;
                int64_t wi = ((o * wd[1] + ky) * wd[2] + kx) * wd[3] + i;
                int64_t yi = ((n * yd[1] + oy) * yd[2] + ox) * yd[3] + o;
                if (c->op == SSG_OP_CONV)
                  out[yi] += value(x, xi) * value(w, wi);
                else if (c->op == SSG_OP_CONV_INPUT)
                  out[xi] += value(y, yi) * value(w, wi);
                else
                  out[wi] += value(x, xi) * value(y, yi);
              }
          }
  if (c->op != SSG_OP_CONV)
    return;
  for (int64_t i = 0; i < n_out; i++) {
    if (c->n_in > 2 && c->in[2].data)
      out[i] += value(&c->in[2], i % yd[3]);
    if (c->param.conv.act)
      out[i] = act(out[i], c->out.dtype);
  }
}

/* Literally: zero-stuff, pad, filter in two dimensions, decimate. */
static void upfirdn(const SsgOpCall *c, double *out)
{
  const int64_t *in = c->in[0].shape.dim, *o = c->out.shape.dim;
  int64_t up = c->param.upfirdn.up, down = c->param.upfirdn.down;
  for (int64_t n = 0; n < o[0]; n++)
    for (int64_t y = 0; y < o[1]; y++)
      for (int64_t x = 0; x < o[2]; x++)
        for (int64_t ch = 0; ch < o[3]; ch++) {
          double sum = 0;
          for (int64_t ty = 0; ty < 4; ty++)
            for (int64_t tx = 0; tx < 4; tx++) {
              int64_t sy = y * down + ty - c->param.upfirdn.pad_y0, sx = x * down + tx - c->param.upfirdn.pad_x0;
              if (sy < 0 || sx < 0 || sy >= in[1] * up || sx >= in[2] * up || sy % up || sx % up)
                continue;
              sum += fir[ty] * fir[tx] * value(&c->in[0], ((n * in[1] + sy / up) * in[2] + sx / up) * in[3] + ch);
            }
          sum *= (double) c->param.upfirdn.gain;
          if (c->n_in > 1 && c->in[1].data)
            sum += value(&c->in[1], ch);
          if (c->n_in > 2 && c->in[2].data) {
            int64_t picture = c->in[2].shape.dim[0] == 1 ? 0 : n;
            sum += value(&c->in[3], 0) * value(&c->in[2], (picture * o[1] + y) * o[2] + x);
          }
          out[((n * o[1] + y) * o[2] + x) * o[3] + ch] = c->param.upfirdn.act ? act(sum, c->out.dtype) : sum;
        }
}

static void bias_act(const SsgOpCall *c, double *out, int64_t n)
{
  int64_t channels = c->out.shape.dim[c->out.shape.rank - 1], rows = n / channels;
  for (int64_t i = 0; i < n; i++) {
    int64_t row = i / channels;
    double v = value(&c->in[0], i);
    if (c->n_in > 1 && c->in[1].data) {
      int64_t bias_rows = count(&c->in[1]) / channels;
      v += value(&c->in[1], row / (rows / bias_rows) * channels + i % channels);
    }
    if (c->n_in > 2 && c->in[2].data)
      v += value(&c->in[3], 0) * value(&c->in[2], row % count(&c->in[2]));
    out[i] = c->param.bias_act.act ? act(v, c->out.dtype) : v;
  }
}

static void avg_pool(const SsgOpCall *c, double *out, int64_t n)
{
  bool adjoint = c->op == SSG_OP_SPREAD;
  const int64_t *large = adjoint ? c->out.shape.dim : c->in[0].shape.dim;
  int64_t size = c->param.pool.size;
  memset(out, 0, (size_t) n * sizeof *out);
  for (int64_t p = 0; p < large[0]; p++)
    for (int64_t y = 0; y < large[1]; y++)
      for (int64_t x = 0; x < large[2]; x++)
        for (int64_t ch = 0; ch < large[3]; ch++) {
          int64_t l = ((p * large[1] + y) * large[2] + x) * large[3] + ch;
          int64_t s = ((p * (large[1] / size) + y / size) * (large[2] / size) + x / size) * large[3] + ch;
          if (adjoint)
            out[l] = value(&c->in[0], s) / (double) (size * size);
          else
            out[s] += value(&c->in[0], l) / (double) (size * size);
        }
}

static void weigh_parts(const SsgOpCall *c, double *out)
{
  const int64_t *d = c->in[0].shape.dim;
  for (int64_t k = 0; k < d[0]; k++)
    for (int64_t n = 0; n < d[1]; n++)
      for (int64_t p = 0; p < d[2]; p++)
        for (int64_t ch = 0; ch < d[3]; ch++) {
          int64_t row = (k * d[1] + n) * d[2] + p;
          out[((n * d[2] + p) * d[0] + k) * d[3] + ch] = value(&c->in[1], row) * value(&c->in[0], row * d[3] + ch);
        }
}

static void modulate(const SsgOpCall *c, double *out)
{
  const int64_t *d = c->in[0].shape.dim;
  int64_t outputs = d[1], inputs = d[2], codes = c->in[3].shape.dim[1];
  double *v = malloc((size_t) inputs * sizeof *v);
  for (int64_t r = 0; r < d[0]; r++)
    for (int64_t o = 0; o < outputs; o++) {
      double squares = 1e-8;
      for (int64_t i = 0; i < inputs; i++) {
        double style = value(&c->in[2], r * inputs + i);
        int64_t code = r * c->in[3].shape.dim[0] / d[0];
        for (int64_t j = 0; j < codes; j++)
          style += (double) c->param.modulate.code_scale * value(&c->in[1], (r * inputs + i) * codes + j) *
                   value(&c->in[3], code * codes + j);
        v[i] = (double) c->param.modulate.weight_scale * value(&c->in[0], (r * outputs + o) * inputs + i) * style;
        squares += v[i] * v[i];
      }
      for (int64_t i = 0; i < inputs; i++)
        out[(r * inputs + i) * outputs + o] = v[i] / sqrt(squares);
    }
  free(v);
}

static void chain(const SsgOpCall *c, double *out)
{
  const int64_t *d = c->out.shape.dim;
  int64_t channels = d[2], layers = c->in[1].shape.dim[1];
  double *x = malloc((size_t) channels * sizeof *x);
  for (int64_t k = 0; k < d[0]; k++)
    for (int64_t p = 0; p < d[1]; p++) {
      double *y = out + (k * d[1] + p) * channels;
      for (int64_t i = 0; i < channels; i++)
        y[i] = value(&c->in[0], ((c->in[0].shape.dim[0] == 1 ? 0 : k) * d[1] + p) * channels + i);
      for (int64_t l = 0; l < layers; l++) {
        memcpy(x, y, (size_t) channels * sizeof *x);
        for (int64_t o = 0; o < channels; o++) {
          double sum = value(&c->in[2], (k * layers + l) * channels + o);
          for (int64_t i = 0; i < channels; i++)
            sum += x[i] * value(&c->in[1], ((k * layers + l) * channels + i) * channels + o);
          y[o] = act(sum, SSG_F32);
        }
      }
    }
  free(x);
}

/* Philox4x32-10 and Box-Muller as kernels/math/random.h words it. */
static void random_normal(const SsgOpCall *c, double *out, int64_t n)
{
  for (int64_t i = 0; i < n; i++) {
    uint32_t ctr[4] = {(uint32_t) (i / 4), (uint32_t) ((uint64_t) (i / 4) >> 32), (uint32_t) c->param.random.stream,
                       (uint32_t) (c->param.random.stream >> 32)};
    uint32_t key[2] = {(uint32_t) c->param.random.seed, (uint32_t) (c->param.random.seed >> 32)};
    for (int round = 0; round < 10; round++) {
      unsigned __int128 p0 = (unsigned __int128) ctr[0] * 0xD2511F53u, p1 = (unsigned __int128) ctr[2] * 0xCD9E8D57u;
      uint32_t next[4] = {(uint32_t) (p1 >> 32) ^ ctr[1] ^ key[0], (uint32_t) p1,
                          (uint32_t) (p0 >> 32) ^ ctr[3] ^ key[1], (uint32_t) p0};
      memcpy(ctr, next, sizeof ctr);
      key[0] += 0x9E3779B9u;
      key[1] += 0xBB67AE85u;
    }
    uint32_t a = ctr[i % 4 / 2 * 2], b = ctr[i % 4 / 2 * 2 + 1];
    double u = ((double) (a / 512) + 0.5) / 8388608.0, radius = sqrt(-2 * log(u));
    double f = ((double) (b / 128 % 8388608) + 0.5) / 8388608.0;
    double angle = acos(-1) / 2 * ((double) (b >> 30) + f - 0.5);
    out[i] = radius * (i % 2 ? sin(angle) : cos(angle));
  }
}

static void adam(const SsgOpCall *c, OracleResult *r)
{
  double b1 = (double) c->param.adam.beta1, b2 = (double) c->param.adam.beta2;
  double t = (double) c->param.adam.step;
  for (int k = 0; k < 2; k++)
    r->moment[k] = malloc((size_t) r->n * sizeof(double));
  for (int64_t i = 0; i < r->n; i++) {
    double g = value(&c->in[0], i);
    double m = b1 * value(&c->in[1], i) + (1 - b1) * g, v = b2 * value(&c->in[2], i) + (1 - b2) * g * g;
    r->moment[0][i] = m;
    r->moment[1][i] = v;
    r->out[i] = value(&c->out, i) - (double) c->param.adam.lr * (m / (1 - pow(b1, t))) /
                                        (sqrt(v / (1 - pow(b2, t))) + (double) c->param.adam.eps);
  }
}

static double per_element(const SsgOpCall *c, int64_t i)
{
  int64_t at[SSG_MAX_RANK];
  double x = c->n_in > 0 && c->op != SSG_OP_BINARY && c->op != SSG_OP_BROADCAST && c->op != SSG_OP_ONE_HOT &&
                     c->op != SSG_OP_ARGMAX
                 ? value(&c->in[0], i)
                 : 0;
  int64_t last;
  switch (c->op) {
  case SSG_OP_FILL:
    return (double) c->param.fill.value;
  case SSG_OP_COPY:
    return converted(x, c->out.dtype);
  case SSG_OP_UNARY:
    return unary(c->param.unary.kind, x);
  case SSG_OP_AFFINE:
    return (double) c->param.affine.a * x + (double) c->param.affine.b;
  case SSG_OP_BINARY:
    unravel(&c->out.shape, i, at);
    return binary(c->param.binary.kind, value(&c->in[0], ravel(&c->in[0].shape, at)),
                  value(&c->in[1], ravel(&c->in[1].shape, at)));
  case SSG_OP_BROADCAST:
    unravel(&c->out.shape, i, at);
    return (double) c->param.broadcast.scale * value(&c->in[0], ravel(&c->in[0].shape, at));
  case SSG_OP_ACT_GRAD:
    if (c->out.dtype == SSG_F16 && fabs(value(&c->in[1], i)) >= 256)
      return 0;
    return x * sqrt(2) * (value(&c->in[1], i) > 0 ? 1 : 0.2);
  case SSG_OP_ONE_HOT:
    last = c->out.shape.dim[c->out.shape.rank - 1];
    return value(&c->in[0], i / last) == (double) (i % last) ? 1 : -1;
  case SSG_OP_ARGMAX: {
    last = c->in[0].shape.dim[c->in[0].shape.rank - 1];
    int64_t best = 0;
    for (int64_t k = 1; k < last; k++)
      if (value(&c->in[0], i * last + k) > value(&c->in[0], i * last + best))
        best = k;
    return (double) best;
  }
  case SSG_OP_LERP:
    return value(&c->out, i) + (double) c->param.lerp.weight * (x - value(&c->out, i));
  default:
    return NAN;
  }
}

OracleResult oracle_run(const SsgOpCall *c)
{
  OracleResult r = {NULL, count(&c->out), {NULL, NULL}};
  r.out = malloc((size_t) (r.n ? r.n : 1) * sizeof(double));
  switch (c->op) {
  case SSG_OP_REDUCE:
    reduce(c, r.out, r.n);
    break;
  case SSG_OP_PERMUTE:
    permute(c, r.out, r.n);
    break;
  case SSG_OP_SLICE:
  case SSG_OP_UNSLICE:
    slice(c, r.out, r.n);
    break;
  case SSG_OP_CONCAT:
    concat(c, r.out);
    break;
  case SSG_OP_MATMUL:
    matmul(c, r.out);
    break;
  case SSG_OP_CONV:
  case SSG_OP_CONV_INPUT:
  case SSG_OP_CONV_WEIGHT:
    conv(c, r.out, r.n);
    break;
  case SSG_OP_UPFIRDN:
    upfirdn(c, r.out);
    break;
  case SSG_OP_BIAS_ACT:
    bias_act(c, r.out, r.n);
    break;
  case SSG_OP_AVG_POOL:
  case SSG_OP_SPREAD:
    avg_pool(c, r.out, r.n);
    break;
  case SSG_OP_WEIGH_PARTS:
    weigh_parts(c, r.out);
    break;
  case SSG_OP_MODULATE:
    modulate(c, r.out);
    break;
  case SSG_OP_CHAIN:
    chain(c, r.out);
    break;
  case SSG_OP_RANDOM_NORMAL:
    random_normal(c, r.out, r.n);
    break;
  case SSG_OP_ADAM:
    adam(c, &r);
    break;
  default:
    for (int64_t i = 0; i < r.n; i++)
      r.out[i] = per_element(c, i);
  }
  return r;
}

void oracle_free(OracleResult *r)
{
  free(r->out);
  free(r->moment[0]);
  free(r->moment[1]);
}
