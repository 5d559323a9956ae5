#include "tests/kernels/op-cases.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  void (*each)(const OpCase *op_case, void *data);
  void *data;
  uint64_t state; /* of the generator of numbers */
  OpCase c;
} Maker;

#define S(...) ((const int64_t[]){__VA_ARGS__, 0})

static double uniform(Maker *m)
{
  m->state = m->state * 6364136223846793005u + 1442695040888963407u;
  return (double) (m->state >> 11) / 9007199254740992.0;
}

static SsgShape shape_of(const int64_t *dims)
{
  SsgShape s = {0, {0}};
  while (dims[s.rank])
    s.dim[s.rank] = dims[s.rank], s.rank++;
  return s;
}

static int64_t elements(const SsgShape *shape)
{
  int64_t n = 1;
  for (int i = 0; i < shape->rank; i++)
    n *= shape->dim[i];
  return n;
}

/* A new case of this op with a fresh output. */
static void begin(Maker *m, SsgOp op, const int64_t *out_dims)
{
  memset(&m->c, 0, sizeof m->c);
  m->c.call.op = op;
  m->c.call.out.shape = shape_of(out_dims);
  m->c.call.out.dtype = SSG_F32;
  m->c.l2 = 1e-6;
  m->c.most = 2e-6;
}

static float *input(Maker *m, const int64_t *dims, double low, double high)
{
  SsgArray *a = &m->c.call.in[m->c.call.n_in++];
  a->shape = shape_of(dims);
  a->dtype = SSG_F32;
  int64_t n = elements(&a->shape);
  float *data = malloc((size_t) n * sizeof *data);
  for (int64_t i = 0; i < n; i++)
    data[i] = (float) (low + (high - low) * uniform(m));
  a->data = data;
  return data;
}

/* An optional input that is absent. */
static void no_input(Maker *m)
{
  m->c.call.n_in++;
}

static void end(Maker *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void end(Maker *m, const char *format, ...)
{
  SsgOpCall *call = &m->c.call;
  static const int size[] = {[SSG_F32] = 4, [SSG_F16] = 2, [SSG_BF16] = 2, [SSG_I64] = 8, [SSG_U8] = 1};
  size_t bytes = (size_t) elements(&call->out.shape) * (size_t) size[call->out.dtype];
  if (!call->out.data) {
    call->out.data = malloc(bytes);
    memset(call->out.data, 0xff, bytes);
  }
  va_list arguments;
  va_start(arguments, format);
  char detail[120];
  vsnprintf(detail, sizeof detail, format, arguments);
  va_end(arguments);
  snprintf(m->c.name, sizeof m->c.name, "%s %s", ssg_op_name(call->op), detail);
  m->each(&m->c, m->data);
  for (int i = 0; i < call->n_in; i++)
    free(call->in[i].data);
  free(call->out.data);
}

static const int64_t *const flat_shapes[] = {S(1), S(7), S(3, 5), S(2, 3, 4, 5), S(1031), S(70001)};

static void elementwise_cases(Maker *m)
{
  static const struct {
    SsgUnary kind;
    double low, high;
  } unaries[] = {{SSG_UNARY_NEGATE, -2, 2},     {SSG_UNARY_SQUARE, -3, 3},      {SSG_UNARY_SQRT, 0, 9},
                 {SSG_UNARY_RSQRT, 0.01, 9},    {SSG_UNARY_RECIPROCAL, 0.1, 5}, {SSG_UNARY_EXP, -20, 3},
                 {SSG_UNARY_EXP, -100, -80},    {SSG_UNARY_LOG, 1e-6, 20},      {SSG_UNARY_LOG, 0.9, 1.1},
                 {SSG_UNARY_SIN, -600, 600},    {SSG_UNARY_COS, -600, 600},     {SSG_UNARY_SIN, -0.01, 0.01},
                 {SSG_UNARY_SIGMOID, -90, 90},  {SSG_UNARY_SIGMOID, -4, 4},     {SSG_UNARY_SOFTPLUS, -120, 120},
                 {SSG_UNARY_SOFTPLUS, -90, -60}};
  for (size_t s = 0; s < sizeof flat_shapes / sizeof *flat_shapes; s++) {
    const int64_t *shape = flat_shapes[s];
    for (size_t u = 0; u < sizeof unaries / sizeof *unaries; u++) {
      begin(m, SSG_OP_UNARY, shape);
      input(m, shape, unaries[u].low, unaries[u].high);
      m->c.call.param.unary.kind = unaries[u].kind;
      m->c.may_alias = true;
      end(m, "kind %d on [%g, %g], shape %zu", (int) unaries[u].kind, unaries[u].low, unaries[u].high, s);
    }
    begin(m, SSG_OP_FILL, shape);
    m->c.call.param.fill.value = -1.375f;
    end(m, "shape %zu", s);

    begin(m, SSG_OP_AFFINE, shape);
    input(m, shape, -1, 1);
    m->c.call.param.affine.a = 1.7f;
    m->c.call.param.affine.b = -0.3f;
    m->c.may_alias = true;
    end(m, "shape %zu", s);

    begin(m, SSG_OP_ACT_GRAD, shape);
    input(m, shape, -1, 1);
    input(m, shape, -1, 1)[0] = 0.0f;
    m->c.may_alias = true;
    end(m, "shape %zu", s);

    begin(m, SSG_OP_LERP, shape);
    input(m, shape, -1, 1);
    m->c.call.out.data = input(m, shape, -1, 1);
    m->c.call.n_in = 1;
    m->c.call.param.lerp.weight = 0.125f;
    end(m, "shape %zu", s);

    for (int step = 1; step < 2000; step += 1717) {
      begin(m, SSG_OP_ADAM, shape);
      input(m, shape, -1, 1);
      input(m, shape, -0.1, 0.1);
      input(m, shape, 0, 0.1);
      m->c.call.out.data = input(m, shape, -1, 1);
      m->c.call.n_in = 3;
      m->c.call.param.adam.lr = 0.002f;
      m->c.call.param.adam.beta1 = step == 1 ? 0.0f : 0.9f;
      m->c.call.param.adam.beta2 = 0.99f;
      m->c.call.param.adam.eps = 1e-8f;
      m->c.call.param.adam.step = step;
      end(m, "step %d, shape %zu", step, s);
    }
  }
}

static void copy_cases(Maker *m)
{
  static const SsgDtype dtypes[] = {SSG_F32, SSG_F16, SSG_BF16, SSG_I64, SSG_U8};
  static const double scales[] = {300.0, 1e-6, 1e6};
  for (int from = 0; from < 5; from++)
    for (int to = 0; to < 5; to++)
      for (int k = 0; k < 3; k++) {
        begin(m, SSG_OP_COPY, S(3, 1409));
        float *f = input(m, S(3, 1409), -scales[k], scales[k]);
        SsgArray *a = &m->c.call.in[0];
        a->dtype = dtypes[from];
        m->c.call.out.dtype = dtypes[to];
        int64_t n = elements(&a->shape);
        if (dtypes[from] == SSG_F32)
          for (int64_t i = 0; i < 8; i++)
            f[i] = (float) i + 0.5f; /* ties */
        else {
          uint64_t *raw = malloc((size_t) n * 8);
          for (int64_t i = 0; i < n; i++) {
            int64_t value = (int64_t) f[i];
            uint16_t bits = (uint16_t) (65536 * uniform(m));
            uint16_t infinite = dtypes[from] == SSG_F16 ? 0x7c00 : 0x7f80;
            /* Any finite pattern; as i64 and u8 only what bf16 and f16 can be asked to turn into. */
            if ((bits & infinite) == infinite)
              bits = 0x3555;
            if (to >= 3 || from == to)
              bits = (uint16_t) ((bits & 0x83ff) | 0x4000);
            if (dtypes[from] == SSG_I64)
              ((int64_t *) raw)[i] = value;
            else if (dtypes[from] == SSG_U8)
              ((uint8_t *) raw)[i] = (uint8_t) value;
            else
              ((uint16_t *) raw)[i] = bits;
          }
          free(f);
          a->data = raw;
        }
        m->c.l2 = m->c.most = 0;
        end(m, "dtype %d to %d, scale %g", from, to, scales[k]);
      }
}

static void binary_cases(Maker *m)
{
  const struct {
    const int64_t *x, *y, *out;
  } shapes[] = {
      {S(1), S(1), S(1)},
      {S(5, 7), S(5, 7), S(5, 7)},
      {S(300, 301), S(300, 301), S(300, 301)},
      {S(5, 7), S(1, 7), S(5, 7)},
      {S(5, 7), S(5, 1), S(5, 7)},
      {S(1, 7), S(5, 1), S(5, 7)},
      {S(1, 1), S(5, 7), S(5, 7)},
      {S(2, 3, 4, 5), S(2, 1, 4, 1), S(2, 3, 4, 5)},
      {S(2, 1, 1, 5), S(1, 3, 4, 1), S(2, 3, 4, 5)},
      {S(3, 1, 2, 1, 3, 2), S(1, 2, 2, 3, 1, 2), S(3, 2, 2, 3, 3, 2)},
      {S(13, 2, 33, 40), S(13, 2, 33, 1), S(13, 2, 33, 40)},
      {S(2, 64, 64, 3), S(1, 1, 1, 3), S(2, 64, 64, 3)},
      {S(2, 64, 64, 16), S(2, 1, 1, 16), S(2, 64, 64, 16)},
      {S(1, 1, 1, 1), S(1, 1, 1, 1), S(2, 3, 1, 40)},
  };
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int kind = 0; kind < SSG_N_BINARY; kind++) {
      begin(m, SSG_OP_BINARY, shapes[s].out);
      input(m, shapes[s].x, -2, 2);
      input(m, shapes[s].y, 0.5, 2);
      m->c.call.param.binary.kind = (SsgBinary) kind;
      SsgShape x = m->c.call.in[0].shape, out = m->c.call.out.shape;
      m->c.may_alias = elements(&x) == elements(&out);
      end(m, "kind %d, shape %zu", kind, s);
    }
}

static void reduce_cases(Maker *m)
{
  const struct {
    const int64_t *in, *out;
  } shapes[] = {
      {S(1), S(1)},
      {S(9, 1), S(9, 1)},
      {S(7), S(1)},
      {S(100003), S(1)},
      {S(5, 7), S(5, 1)},
      {S(5, 7), S(1, 7)},
      {S(2, 3, 4, 5), S(2, 1, 1, 5)},
      {S(2, 3, 4, 5), S(1, 3, 1, 5)},
      {S(2, 3, 4, 5), S(2, 1, 4, 1)},
      {S(2, 3, 4, 5, 2, 3), S(1, 3, 1, 5, 1, 3)},
      {S(2, 3, 4, 5, 2, 3), S(2, 1, 4, 1, 2, 1)},
      {S(2, 60, 61, 40), S(1, 1, 1, 40)},
      {S(2, 60, 61, 3), S(1, 1, 1, 3)},
      {S(2, 60, 61, 3), S(2, 1, 1, 1)},
      {S(3, 700), S(1, 700)},
      {S(13, 4099, 1), S(1, 4099, 1)},
      {S(333, 13), S(333, 1)},
      {S(33, 512), S(33, 1)},
      {S(40, 9, 65), S(1, 9, 1)},
  };
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int kind = 0; kind < SSG_N_REDUCE; kind++) {
      begin(m, SSG_OP_REDUCE, shapes[s].out);
      input(m, shapes[s].in, -1, kind == SSG_REDUCE_MAX ? -0.25 : 1.5);
      m->c.call.param.reduce.kind = (SsgReduce) kind;
      m->c.call.param.reduce.scale = 0.37f;
      end(m, "kind %d, shape %zu", kind, s);

      if (kind == SSG_REDUCE_MAX)
        continue;
      begin(m, SSG_OP_BROADCAST, shapes[s].in);
      input(m, shapes[s].out, -1, 1);
      m->c.call.param.broadcast.scale = -1.5f;
      end(m, "shape %zu", s);
    }
}

static void move_cases(Maker *m)
{
  const struct {
    const int64_t *in;
    int axis[SSG_MAX_RANK];
  } permutes[] = {
      {S(5), {0}},
      {S(37, 53), {1, 0}},
      {S(37, 53), {0, 1}},
      {S(2, 3, 17, 19), {0, 2, 3, 1}},
      {S(2, 17, 19, 3), {0, 3, 1, 2}},
      {S(3, 2, 35, 16), {1, 2, 0, 3}},
      {S(3, 4, 5, 6), {3, 1, 2, 0}},
      {S(3, 4, 5, 6), {2, 3, 0, 1}},
      {S(8, 3, 3, 20), {3, 1, 2, 0}},
      {S(2, 3, 2, 3, 2, 5), {5, 3, 1, 0, 2, 4}},
      {S(2, 3, 2, 3, 2, 5), {0, 2, 4, 1, 3, 5}},
      {S(1, 3, 1, 7), {2, 3, 0, 1}},
  };
  for (size_t s = 0; s < sizeof permutes / sizeof *permutes; s++) {
    SsgShape in = shape_of(permutes[s].in);
    int64_t out[SSG_MAX_RANK + 1] = {0};
    for (int i = 0; i < in.rank; i++)
      out[i] = in.dim[permutes[s].axis[i]];
    begin(m, SSG_OP_PERMUTE, out);
    input(m, permutes[s].in, -1, 1);
    memcpy(m->c.call.param.permute.axis, permutes[s].axis, sizeof permutes[s].axis);
    m->c.l2 = m->c.most = 0;
    end(m, "%zu", s);
  }

  for (int axis = 0; axis < 4; axis++)
    for (int64_t start = 0; start < 4; start++) {
      int64_t large[] = {5, 6, 7, 8, 0}, small[] = {5, 6, 7, 8, 0};
      small[axis] = 5 - start;
      begin(m, SSG_OP_SLICE, small);
      input(m, large, -1, 1);
      m->c.call.param.slice.axis = axis;
      m->c.call.param.slice.start = start;
      m->c.l2 = m->c.most = 0;
      end(m, "axis %d from %d", axis, (int) start);

      begin(m, SSG_OP_UNSLICE, large);
      input(m, small, -1, 1);
      m->c.call.param.slice.axis = axis;
      m->c.call.param.slice.start = start;
      m->c.l2 = m->c.most = 0;
      end(m, "axis %d from %d", axis, (int) start);

      int64_t second[] = {5, 6, 7, 8, 0}, third[] = {5, 6, 7, 8, 0}, all[] = {5, 6, 7, 8, 0};
      second[axis] = start + 1;
      third[axis] = 1;
      all[axis] = small[axis] + second[axis] + third[axis];
      begin(m, SSG_OP_CONCAT, all);
      input(m, small, -1, 1);
      input(m, second, -1, 1);
      input(m, third, -1, 1);
      m->c.call.param.concat.axis = axis;
      m->c.l2 = m->c.most = 0;
      end(m, "axis %d, %d", axis, (int) start);
    }
}

static void matmul_cases(Maker *m)
{
  static const struct {
    int64_t b0, b1, m, n, k;
  } sizes[] = {{1, 1, 1, 1, 1},     {1, 1, 5, 7, 3},      {3, 3, 5, 7, 9},     {3, 1, 5, 7, 9},
               {1, 3, 5, 7, 9},     {1, 1, 1, 64, 65},    {1, 1, 70, 33, 129}, {13, 13, 40, 16, 16},
               {6, 6, 1, 48, 17},   {1, 1, 64, 3, 130},   {1, 1, 33, 1, 40},   {4, 4, 16, 16, 1},
               {1, 1, 200, 96, 64}, {26, 26, 64, 24, 16}, {1, 5, 130, 32, 64}, {5, 1, 130, 32, 64},
               {3, 3, 16, 48, 300}, {1, 1, 24, 32, 2100},  {2, 1, 8, 64, 1100}};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int flags = 0; flags < 32; flags++) {
      int64_t b0 = sizes[s].b0, b1 = sizes[s].b1, batch = b0 > b1 ? b0 : b1;
      int64_t rows = sizes[s].m, columns = sizes[s].n, depth = sizes[s].k;
      bool ta = flags & 1, tb = flags & 2, bias = flags & 4, act = flags & 8, scaled = flags & 16;
      begin(m, SSG_OP_MATMUL, S(batch, rows, columns));
      input(m, ta ? S(b0, depth, rows) : S(b0, rows, depth), -1, 1);
      input(m, tb ? S(b1, columns, depth) : S(b1, depth, columns), -1, 1);
      int64_t bias_rows = act && batch % 2 == 0 ? batch / 2 : ta ? batch : 1;
      if (bias)
        input(m, S(bias_rows, columns), -1, 1);
      m->c.call.param.matmul.trans_a = ta;
      m->c.call.param.matmul.trans_b = tb;
      m->c.call.param.matmul.act = act;
      m->c.call.param.matmul.alpha = scaled ? 0.3f : 1.0f;
      end(m, "[%d,%d] %dx%dx%d%s%s%s%s%s, %d bias rows", (int) b0, (int) b1, (int) rows, (int) columns, (int) depth,
          ta ? " ta" : "", tb ? " tb" : "", bias ? " bias" : "", act ? " act" : "", scaled ? " alpha" : "",
          bias ? (int) bias_rows : 0);
    }
}

static void conv_cases(Maker *m)
{
  static const struct {
    int64_t n, h, w, ci, co, kh, kw;
    int stride, top, left, bottom, right;
  } sizes[] = {
      {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},     {2, 5, 6, 3, 4, 3, 3, 1, 1, 1, 1, 1},
      {1, 9, 7, 5, 3, 3, 3, 1, 1, 1, 1, 1},     {2, 8, 8, 16, 16, 3, 3, 1, 1, 1, 1, 1},
      {1, 13, 11, 32, 48, 3, 3, 1, 1, 1, 1, 1}, {1, 12, 12, 17, 33, 1, 1, 1, 0, 0, 0, 0},
      {2, 9, 9, 16, 32, 3, 3, 2, 0, 0, 0, 0},   {1, 10, 10, 8, 16, 3, 3, 2, 0, 0, 0, 0},
      {2, 8, 8, 3, 16, 1, 1, 1, 0, 0, 0, 0},    {1, 16, 16, 16, 3, 1, 1, 1, 0, 0, 0, 0},
      {1, 7, 9, 16, 24, 1, 1, 2, 0, 0, 0, 0},   {1, 6, 7, 4, 5, 2, 3, 1, 0, 2, 1, 0},
      {1, 4, 4, 65, 64, 3, 3, 1, 1, 1, 1, 1},   {2, 4, 4, 32, 32, 4, 4, 1, 0, 0, 0, 0},
      {1, 20, 18, 64, 64, 3, 3, 1, 1, 1, 1, 1}, {1, 33, 35, 64, 32, 3, 3, 1, 1, 1, 1, 1},
      {1, 17, 17, 13, 32, 3, 3, 1, 1, 1, 1, 1}, {1, 24, 24, 32, 13, 3, 3, 1, 1, 1, 1, 1},
      {1, 33, 35, 64, 64, 3, 3, 1, 1, 1, 1, 1}, {5, 13, 11, 20, 70, 3, 3, 2, 1, 0, 1, 2},
      {3, 30, 31, 70, 20, 1, 1, 1, 0, 0, 0, 0}, {9, 6, 7, 24, 36, 3, 3, 1, 1, 1, 1, 1},
      {1, 25, 27, 32, 24, 3, 3, 2, 0, 0, 0, 0}, {2, 24, 23, 64, 20, 3, 3, 2, 1, 1, 1, 1},
      {1, 18, 41, 48, 16, 3, 3, 2, 1, 0, 0, 1}, {1, 30, 31, 32, 16, 4, 4, 2, 1, 2, 1, 0},
      {2, 23, 29, 32, 24, 1, 1, 1, 0, 0, 0, 0},
  };
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    int64_t n = sizes[s].n, h = sizes[s].h, w = sizes[s].w, ci = sizes[s].ci, co = sizes[s].co;
    int64_t kh = sizes[s].kh, kw = sizes[s].kw;
    int64_t ho = (h + sizes[s].top + sizes[s].bottom - kh) / sizes[s].stride + 1;
    int64_t wo = (w + sizes[s].left + sizes[s].right - kw) / sizes[s].stride + 1;
    const int64_t x[] = {n, h, w, ci, 0}, y[] = {n, ho, wo, co, 0}, weight[] = {co, kh, kw, ci, 0};
    for (int flags = 0; flags < 6; flags++) {
      SsgOp op = flags < 4 ? SSG_OP_CONV : flags == 4 ? SSG_OP_CONV_INPUT : SSG_OP_CONV_WEIGHT;
      begin(m, op, op == SSG_OP_CONV ? y : op == SSG_OP_CONV_INPUT ? x : weight);
      input(m, op == SSG_OP_CONV_INPUT ? y : x, -1, 1);
      input(m, op == SSG_OP_CONV_WEIGHT ? y : weight, -1, 1);
      if (flags < 4 && flags & 1)
        input(m, S(co), -1, 1);
      m->c.call.param.conv.act = flags < 4 && flags & 2;
      m->c.call.param.conv.stride = sizes[s].stride;
      m->c.call.param.conv.pad_top = sizes[s].top;
      m->c.call.param.conv.pad_left = sizes[s].left;
      m->c.call.param.conv.pad_bottom = sizes[s].bottom;
      m->c.call.param.conv.pad_right = sizes[s].right;
      m->c.l2 = 4e-6;
      m->c.most = 8e-6;
      end(m, "%d: %dx%dx%dx%d -> %d, %dx%d stride %d%s%s", (int) s, (int) n, (int) h, (int) w, (int) ci, (int) co,
          (int) kh, (int) kw, sizes[s].stride, flags < 4 && flags & 1 ? " bias" : "",
          flags < 4 && flags & 2 ? " act" : "");
    }
  }
}

static void upfirdn_cases(Maker *m)
{
  static const struct {
    int up, down, x0, x1, y0, y1;
  } sizes[] = {{1, 1, 1, 1, 1, 1}, {1, 1, 2, 1, 2, 1},   {2, 1, 2, 1, 2, 1},   {2, 1, 1, 2, 1, 2},   {1, 2, 1, 1, 1, 1},
               {1, 1, 2, 2, 2, 2}, {1, 2, 2, 1, 2, 1},   {1, 1, -1, 2, 0, -1}, {2, 1, -2, 0, 3, -1}, {2, 2, 2, 1, 1, 2},
               {3, 2, 4, 1, 2, 5}, {1, 1, 5, -2, -2, 6}, {1, 1, 0, 0, 0, 0}};
  static const int64_t pictures[][4] = {{1, 5, 6, 1}, {2, 7, 5, 3}, {1, 9, 8, 16}, {2, 21, 22, 20}, {1, 6, 5, 67}};
  for (size_t p = 0; p < sizeof pictures / sizeof *pictures; p++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
      for (int flags = 0; flags < 8; flags++) {
        const int64_t *in = pictures[p];
        bool bias = flags & 1, noise = flags & 2, act = flags & 4;
        int64_t ho = (in[1] * sizes[s].up + sizes[s].y0 + sizes[s].y1 - 4) / sizes[s].down + 1;
        int64_t wo = (in[2] * sizes[s].up + sizes[s].x0 + sizes[s].x1 - 4) / sizes[s].down + 1;
        begin(m, SSG_OP_UPFIRDN, S(in[0], ho, wo, in[3]));
        input(m, S(in[0], in[1], in[2], in[3]), -1, 1);
        if (bias)
          input(m, S(in[3]), -1, 1);
        else if (noise)
          no_input(m);
        if (noise) {
          input(m, S(bias ? in[0] : 1, ho, wo, 1), -1, 1);
          input(m, S(1), 0.5, 1);
        }
        m->c.call.param.upfirdn.up = sizes[s].up;
        m->c.call.param.upfirdn.down = sizes[s].down;
        m->c.call.param.upfirdn.pad_x0 = sizes[s].x0;
        m->c.call.param.upfirdn.pad_x1 = sizes[s].x1;
        m->c.call.param.upfirdn.pad_y0 = sizes[s].y0;
        m->c.call.param.upfirdn.pad_y1 = sizes[s].y1;
        m->c.call.param.upfirdn.gain = sizes[s].up == 2 ? 4.0f : 1.0f;
        m->c.call.param.upfirdn.act = act;
        end(m, "picture %zu, up %d down %d pads %d %d %d %d%s%s%s", p, sizes[s].up, sizes[s].down, sizes[s].x0,
            sizes[s].x1, sizes[s].y0, sizes[s].y1, bias ? " bias" : "", noise ? " noise" : "", act ? " act" : "");
      }
}

static void bias_act_cases(Maker *m)
{
  const struct {
    const int64_t *x, *bias, *noise;
  } shapes[] = {{S(1), S(1), S(1)},
                {S(6, 5), S(5), S(6)},
                {S(6, 5), S(3, 5), S(3)},
                {S(2, 4, 3, 7), S(2, 7), S(1, 4, 3, 1)},
                {S(4, 8, 8, 32), S(32), S(4, 8, 8, 1)},
                {S(13, 2, 40, 16), S(26, 16), S(2, 40)},
                {S(1, 60, 61, 20), S(1, 20), S(1, 60, 61, 1)},
                {S(512, 3), S(3), S(512)}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int flags = 0; flags < 8; flags++) {
      begin(m, SSG_OP_BIAS_ACT, shapes[s].x);
      input(m, shapes[s].x, -1, 1);
      if (flags & 1)
        input(m, shapes[s].bias, -1, 1);
      else if (flags & 2)
        no_input(m);
      if (flags & 2) {
        input(m, shapes[s].noise, -1, 1);
        input(m, S(1), 0.5, 1);
      }
      m->c.call.param.bias_act.act = flags & 4;
      m->c.may_alias = true;
      end(m, "shape %zu%s%s%s", s, flags & 1 ? " bias" : "", flags & 2 ? " noise" : "", flags & 4 ? " act" : "");
    }
}

static void local_cases(Maker *m)
{
  static const struct {
    int64_t rows, codes_rows, outputs, inputs, codes;
  } modulations[] = {{1, 1, 1, 1, 1}, {6, 6, 7, 5, 13}, {6, 3, 64, 64, 64}, {2, 1, 12, 70, 30}, {3, 1, 200, 64, 512}};
  for (size_t s = 0; s < sizeof modulations / sizeof *modulations; s++) {
    int64_t r = modulations[s].rows, o = modulations[s].outputs, i = modulations[s].inputs, c = modulations[s].codes;
    begin(m, SSG_OP_MODULATE, S(r, i, o));
    input(m, S(r, o, i), -1, 1);
    input(m, S(r, i, c), -1, 1);
    input(m, S(r, i), 0.5, 1.5);
    input(m, S(modulations[s].codes_rows, c), -1, 1);
    m->c.call.param.modulate.code_scale = 0.25f;
    m->c.call.param.modulate.weight_scale = 0.5f;
    m->c.l2 = 4e-6;
    m->c.most = 8e-6;
    end(m, "%d rows, %d -> %d, codes of %d", (int) r, (int) i, (int) o, (int) c);
  }
  static const struct {
    int64_t parts, x_parts, pixels, channels, layers;
  } chains[] = {{1, 1, 1, 1, 1}, {3, 1, 63, 8, 2}, {2, 2, 65, 12, 3}, {4, 1, 130, 64, 4}, {2, 2, 70, 33, 1}, {1, 1, 128, 64, 6}};
  for (size_t s = 0; s < sizeof chains / sizeof *chains; s++) {
    int64_t k = chains[s].parts, p = chains[s].pixels, c = chains[s].channels, l = chains[s].layers;
    double range = sqrt(3.0 / (double) c); /* keeps the size of what passes through */
    begin(m, SSG_OP_CHAIN, S(k, p, c));
    input(m, S(chains[s].x_parts, p, c), -1, 1);
    input(m, S(k, l, c, c), -range, range);
    input(m, S(k, l, c), -0.5, 0.5);
    m->c.l2 = 4e-6;
    m->c.most = 8e-6;
    end(m, "%d parts of %d pixels, %d channels, %d layers%s", (int) k, (int) p, (int) c, (int) l,
        chains[s].x_parts == 1 && k > 1 ? ", one input" : "");
  }
}

static void part_cases(Maker *m)
{
  static const int64_t pools[][5] = {
      {1, 1, 1, 1, 1}, {2, 3, 4, 3, 2}, {1, 2, 2, 16, 4}, {3, 5, 7, 20, 2}, {1, 16, 16, 64, 3}};
  for (size_t s = 0; s < sizeof pools / sizeof *pools; s++) {
    const int64_t *p = pools[s];
    const int64_t small[] = {p[0], p[1], p[2], p[3], 0}, large[] = {p[0], p[1] * p[4], p[2] * p[4], p[3], 0};
    begin(m, SSG_OP_AVG_POOL, small);
    input(m, large, -1, 1);
    m->c.call.param.pool.size = (int) p[4];
    end(m, "%zu", s);
    begin(m, SSG_OP_SPREAD, large);
    input(m, small, -1, 1);
    m->c.call.param.pool.size = (int) p[4];
    end(m, "%zu", s);
  }
  static const int64_t parts[][4] = {{1, 1, 1, 1}, {3, 2, 5, 7}, {13, 1, 64, 16}, {13, 2, 67, 24}};
  for (size_t s = 0; s < sizeof parts / sizeof *parts; s++) {
    const int64_t *p = parts[s];
    begin(m, SSG_OP_WEIGH_PARTS, S(p[1], p[2], p[0], p[3]));
    input(m, S(p[0], p[1], p[2], p[3]), -1, 1);
    input(m, S(p[0], p[1], p[2], 1), 0, 1);
    end(m, "%zu", s);
  }
  for (int64_t k = 1; k < 20; k += 6) {
    const int64_t pixels[] = {2, 45, 46, 0}, values[] = {2, 45, 46, k, 0};
    begin(m, SSG_OP_ONE_HOT, values);
    float *f = input(m, pixels, 0, 22);
    uint8_t *classes = malloc(2 * 45 * 46);
    for (int i = 0; i < 2 * 45 * 46; i++)
      classes[i] = (uint8_t) f[i];
    classes[5] = 255;
    free(f);
    m->c.call.in[0].data = classes;
    m->c.call.in[0].dtype = SSG_U8;
    m->c.l2 = m->c.most = 0;
    end(m, "%d classes", (int) k);

    begin(m, SSG_OP_ARGMAX, pixels);
    f = input(m, values, -4, 4);
    for (int64_t i = 0; i < 2 * 45 * 46 * k; i++)
      f[i] = (float) (int) f[i]; /* many ties */
    m->c.call.out.dtype = SSG_U8;
    m->c.l2 = m->c.most = 0;
    end(m, "%d classes", (int) k);
  }
  static const int64_t lengths[] = {1, 3, 4, 255, 260, 100001};
  for (size_t s = 0; s < sizeof lengths / sizeof *lengths; s++) {
    begin(m, SSG_OP_RANDOM_NORMAL, S(lengths[s]));
    m->c.call.param.random.seed = 0x123456789abcdef0u + s;
    m->c.call.param.random.stream = s << 33 | 5;
    end(m, "%d", (int) lengths[s]);
  }
}

void op_cases_each(void (*each)(const OpCase *op_case, void *data), void *data)
{
  Maker m = {.each = each, .data = data, .state = 20220317};
  elementwise_cases(&m);
  copy_cases(&m);
  binary_cases(&m);
  reduce_cases(&m);
  move_cases(&m);
  matmul_cases(&m);
  conv_cases(&m);
  upfirdn_cases(&m);
  bias_act_cases(&m);
  local_cases(&m);
  part_cases(&m);
}
