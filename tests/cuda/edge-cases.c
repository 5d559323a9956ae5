#include "tests/cuda/edge-cases.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A shape, ended by 0. */
#define S(...) ((const int64_t[]){__VA_ARGS__, 0})

typedef struct {
  void (*each)(const OpCase *op_case, void *data);
  void *data;
  uint64_t state;
  OpCase c;
} Maker;

static SsgShape shape_of(const int64_t *dims)
{
  SsgShape shape = {0};
  while (dims[shape.rank]) {
    shape.dim[shape.rank] = dims[shape.rank];
    shape.rank++;
  }
  return shape;
}

static double uniform(Maker *m)
{
  m->state = m->state * 6364136223846793005u + 1442695040888963407u;
  return (double) (m->state >> 40) / (1 << 24);
}

static void begin(Maker *m, SsgOp op, SsgDtype dtype, const int64_t *out)
{
  memset(&m->c, 0, sizeof m->c);
  m->c.call.op = op;
  m->c.call.out = (SsgArray){.shape = shape_of(out), .dtype = dtype};
  m->c.l2 = 2e-6;
  m->c.most = 4e-6;
}

/* Numbers in [low, high), small whole ones for i64 and u8; 16-bit floats: positive and small, or of both signs from 128 to 512 when
 * high is that. */
static void input(Maker *m, SsgDtype dtype, const int64_t *dims, double low, double high)
{
  SsgArray a = {.shape = shape_of(dims), .dtype = dtype};
  int64_t n = ssg_shape_elements(&a.shape);
  a.data = malloc((size_t) n * (size_t) ssg_dtype_size(dtype));
  for (int64_t i = 0; i < n; i++) {
    double u = uniform(m);
    if (dtype == SSG_F32)
      ((float *) a.data)[i] = (float) (low + u * (high - low));
    else if (dtype == SSG_I64)
      ((int64_t *) a.data)[i] = (int64_t) (u * 1e6) << 20;
    else if (dtype == SSG_U8)
      ((uint8_t *) a.data)[i] = (uint8_t) (u * 256);
    else if (high == 512)
      ((uint16_t *) a.data)[i] = (uint16_t) ((u < 0.5 ? 0x5800 : 0xd800) + (int) (u * 0x1000) % 0x800);
    else
      ((uint16_t *) a.data)[i] = (uint16_t) (0x3000 + u * 0x800);
  }
  m->c.call.in[m->c.call.n_in++] = a;
}

__attribute__((format(printf, 2, 3))) static void end(Maker *m, const char *format, ...)
{
  SsgOpCall *call = &m->c.call;
  size_t bytes = (size_t) ssg_shape_elements(&call->out.shape) * (size_t) ssg_dtype_size(call->out.dtype);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(m->c.name, sizeof m->c.name, format, arguments);
  va_end(arguments);
  call->out.data = malloc(bytes);
  memset(call->out.data, 0xff, bytes);
  m->each(&m->c, m->data);
  for (int i = 0; i < call->n_in; i++)
    free(call->in[i].data);
  free(call->out.data);
}

/* Activations beyond what f16 holds them to, and the gradient there. The filter of upfirdn passes the middle of a level on. */
static void held_cases(Maker *m)
{
  for (int channels = 3; channels <= 8; channels += 5) {
    begin(m, SSG_OP_BIAS_ACT, SSG_F16, S(50, channels));
    input(m, SSG_F16, S(50, channels), -512, 512);
    input(m, SSG_F32, S(channels), -1, 1);
    m->c.call.param.bias_act.act = true;
    m->c.l2 = m->c.most = 0x1p-10;
    end(m, "held to 256, %d channels", channels);

    begin(m, SSG_OP_UPFIRDN, SSG_F16, S(1, 6, 5, channels));
    input(m, SSG_F16, S(1, 7, 6, channels), -512, 512);
    m->c.call.param.upfirdn.up = m->c.call.param.upfirdn.down = 1;
    m->c.call.param.upfirdn.pad_x0 = m->c.call.param.upfirdn.pad_x1 = 1;
    m->c.call.param.upfirdn.pad_y0 = m->c.call.param.upfirdn.pad_y1 = 1;
    m->c.call.param.upfirdn.gain = 4;
    m->c.call.param.upfirdn.act = true;
    m->c.l2 = m->c.most = 0x1p-10;
    end(m, "held to 256, %d channels", channels);

    begin(m, SSG_OP_ACT_GRAD, SSG_F16, S(50, channels));
    input(m, SSG_F16, S(50, channels), -1, 1);
    input(m, SSG_F16, S(50, channels), -512, 512);
    m->c.l2 = m->c.most = 0x1p-10;
    end(m, "held to 256, %d channels", channels);
  }
}

/* Around one pack, one block of single elements, one block of packs. */
static void length_cases(Maker *m)
{
  static const int64_t lengths[] = {1, 2, 3, 4, 5, 255, 256, 257, 1020, 1023, 1024, 1025, 1028, 2049};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    int64_t n = lengths[i];
    begin(m, SSG_OP_AFFINE, SSG_F32, S(n));
    input(m, SSG_F32, S(n), -1, 1);
    m->c.call.param.affine.a = 3;
    m->c.call.param.affine.b = -0.5f;
    m->c.may_alias = true;
    end(m, "%d elements", (int) n);

    begin(m, SSG_OP_ACT_GRAD, SSG_F32, S(n));
    input(m, SSG_F32, S(n), -1, 1);
    input(m, SSG_F32, S(n), -1, 1);
    end(m, "%d elements", (int) n);

    begin(m, SSG_OP_BINARY, SSG_F32, S(2, n));
    input(m, SSG_F32, S(2, n), -1, 1);
    input(m, SSG_F32, S(1, n), -1, 1);
    m->c.call.param.binary.kind = SSG_BINARY_SUB;
    end(m, "2 x %d - 1 x %d", (int) n, (int) n);

    begin(m, SSG_OP_RANDOM_NORMAL, SSG_F32, S(n));
    m->c.call.param.random.seed = 7;
    m->c.call.param.random.stream = (uint64_t) n;
    end(m, "%d elements", (int) n);

    begin(m, SSG_OP_REDUCE, SSG_F32, S(3, 1));
    input(m, SSG_F32, S(3, n), 0.5, 1);
    m->c.call.param.reduce.scale = 1;
    end(m, "rows of %d", (int) n);

    begin(m, SSG_OP_REDUCE, SSG_F32, S(1, 3));
    input(m, SSG_F32, S(n, 3), 0.5, 1);
    m->c.call.param.reduce.scale = 1;
    end(m, "columns of %d", (int) n);

    for (SsgDtype dtype = SSG_F32; dtype <= SSG_U8; dtype++) {
      begin(m, SSG_OP_FILL, dtype, S(n));
      m->c.call.param.fill.value = 2;
      m->c.l2 = m->c.most = 0;
      end(m, "%d elements, dtype %d", (int) n, (int) dtype);
    }
  }
}

/* Two and three passes, by rows and by columns, with chunks that do not come out even. */
static void reduce_cases(Maker *m)
{
  const struct {
    const int64_t *in, *out;
  } shapes[] = {
      {S(1, 150, 150, 3), S(1, 1, 1, 3)},
      {S(300, 2, 100), S(1, 2, 1)},
      {S(2, 16384), S(2, 1)},
      {S(2, 16385), S(2, 1)},
      {S(129, 5), S(1, 5)},
      {S(128, 5), S(1, 5)},
      {S(3, 64), S(3, 1)},
      {S(3, 65), S(3, 1)},
      {S(300000), S(1)},
      {S(20000, 2, 2), S(1, 2, 1)},
  };
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int kind = 0; kind < SSG_N_REDUCE; kind++) {
      begin(m, SSG_OP_REDUCE, SSG_F32, shapes[s].out);
      input(m, SSG_F32, shapes[s].in, -1, kind == SSG_REDUCE_MAX ? -0.25 : 1.5);
      m->c.call.param.reduce.kind = (SsgReduce) kind;
      m->c.call.param.reduce.scale = 0.25f;
      end(m, "kind %d, shape %zu", kind, s);
    }
  /* A wider result than its input. */
  begin(m, SSG_OP_REDUCE, SSG_F32, S(7, 1));
  input(m, SSG_F16, S(7, 300), 0, 0);
  m->c.call.param.reduce.scale = 1;
  end(m, "f16 to f32");
}

/* Tiles cut at every side, batches of tiles, rows of every word size; every dtype. */
static void move_cases(Maker *m)
{
  static const struct {
    int64_t in[5];
    int axis[4];
  } permutes[] = {
      {{32, 32}, {1, 0}},
      {{33, 31}, {1, 0}},
      {{8, 8}, {1, 0}},
      {{7, 40}, {1, 0}},
      {{3, 64, 65}, {0, 2, 1}},
      {{3, 40, 33}, {2, 1, 0}},
      {{2, 33, 3, 9}, {0, 3, 2, 1}},
      {{5, 3, 16}, {1, 0, 2}},
      {{5, 3, 6}, {1, 0, 2}},
      {{5, 3, 1}, {1, 0, 2}},
      {{2, 9, 10, 4}, {3, 0, 1, 2}},
  };
  for (SsgDtype dtype = SSG_F32; dtype <= SSG_U8; dtype++) {
    for (size_t s = 0; s < sizeof permutes / sizeof *permutes; s++) {
      SsgShape in = shape_of(permutes[s].in);
      int64_t out[5] = {0};
      for (int i = 0; i < in.rank; i++)
        out[i] = in.dim[permutes[s].axis[i]];
      begin(m, SSG_OP_PERMUTE, dtype, out);
      input(m, dtype, permutes[s].in, -1, 1);
      memcpy(m->c.call.param.permute.axis, permutes[s].axis, sizeof permutes[s].axis);
      m->c.l2 = m->c.most = 0;
      end(m, "%zu, dtype %d", s, (int) dtype);
    }
    static const int64_t widths[] = {1, 2, 3, 4, 8, 16};
    for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
      int64_t w = widths[k];
      begin(m, SSG_OP_SLICE, dtype, S(9, 3, w));
      input(m, dtype, S(9, 5, w), -1, 1);
      m->c.call.param.slice.axis = 1;
      m->c.call.param.slice.start = 2;
      m->c.l2 = m->c.most = 0;
      end(m, "width %d, dtype %d", (int) w, (int) dtype);

      begin(m, SSG_OP_UNSLICE, dtype, S(9, 5, w));
      input(m, dtype, S(9, 3, w), -1, 1);
      m->c.call.param.slice.axis = 1;
      m->c.call.param.slice.start = 1;
      m->c.l2 = m->c.most = 0;
      end(m, "width %d, dtype %d", (int) w, (int) dtype);

      begin(m, SSG_OP_CONCAT, dtype, S(31, w + 5));
      input(m, dtype, S(31, w), -1, 1);
      input(m, dtype, S(31, 1), -1, 1);
      input(m, dtype, S(31, 4), -1, 1);
      m->c.call.param.concat.axis = 1;
      m->c.l2 = m->c.most = 0;
      end(m, "width %d, dtype %d", (int) w, (int) dtype);
    }
  }
}

void edge_cases_each(void (*each)(const OpCase *op_case, void *data), void *data)
{
  Maker m = {.each = each, .data = data, .state = 1};
  held_cases(&m);
  length_cases(&m);
  reduce_cases(&m);
  move_cases(&m);
}
