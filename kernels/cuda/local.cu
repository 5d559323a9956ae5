/* The local generators: modulate makes the weights of all layers of all parts in one launch, chain runs them in another. A
 * block of chain takes 64 pixels of one part through every layer without leaving its multiprocessor; what it computes
 * depends on nothing but its part, so parts may be computed together or one by one. */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/types.h"
#include "kernels/math/pointwise.h"

#define EPSILON 1e-8f
#define SIDE 64  /* pixels of a tile, and most channels of chain */
#define MOST 256 /* most inputs and outputs of modulate */
#define TEAM 4   /* threads that add up one sum */
#define TEAMS (SSG_BLOCK / TEAM)

/* ---- modulate ---- */

struct Modulate {
  int64_t outputs, inputs, codes, rows_per_code;
  float code_scale, weight_scale;
};

/* n sums: a team of threads adds up one, term(i, member) being a member's share of sum i, always in the same order; use(i, sum).
 * part [SSG_BLOCK] is shared. Two phases, and a barrier behind each. */
template <typename Term, typename Use> SSG_PHASES void sum_by_teams(float *part, int64_t n, Term term, Use use)
{
  for (int64_t first = 0; first < n; first += TEAMS) {
    SSG_THREADS(t)
    {
      int64_t i = first + t / TEAM;
      part[t] = i < n ? term(i, t % TEAM) : 0.0f;
    }
    SSG_SYNC();
    SSG_THREADS(t)
    {
      const float *p = part + t * TEAM;
      if (t < TEAMS && first + t < n)
        use(first + t, (p[0] + p[1]) + (p[2] + p[3]));
    }
    SSG_SYNC();
  }
}

/* One block, one row. W: 4 when codes is a multiple of it, or 1; the order of the sums is the same. */
template <int W>
SSG_KERNEL modulate(float *out, const float *w, const float *m, const float *b, const float *code, Modulate f)
{
  SSG_SHARED float style[MOST];
  SSG_SHARED float demodulation[MOST];
  SSG_SHARED float part[SSG_BLOCK];
  const int64_t row = SSG_BLOCK_INDEX;
  code += ssg_divide(row, f.rows_per_code) * f.codes;
  m += row * f.inputs * f.codes;
  b += row * f.inputs;
  w += row * f.outputs * f.inputs;
  out += row * f.outputs * f.inputs;

  sum_by_teams(
      part, f.inputs,
      [&](int64_t i, int member) {
        float sum = 0.0f;
        for (int64_t j = member * 4; j < f.codes; j += TEAM * 4)
          for (int64_t k = j; k < j + 4 && k < f.codes; k += W) {
            SsgPack<float, W> x = ssg_load<W>(m + i * f.codes + k), y = ssg_load<W>(code + k);
            for (int n = 0; n < W; n++)
              sum = fmaf(x.v[n], y.v[n], sum);
          }
        return sum;
      },
      [&](int64_t i, float sum) { style[i] = fmaf(f.code_scale, sum, b[i]); });
  sum_by_teams(
      part, f.outputs,
      [&](int64_t o, int member) {
        float sum = 0.0f;
        for (int64_t i = member; i < f.inputs; i += TEAM) {
          float v = f.weight_scale * w[o * f.inputs + i] * style[i];
          sum = fmaf(v, v, sum);
        }
        return sum;
      },
      [&](int64_t o, float sum) { demodulation[o] = 1.0f / sqrtf(sum + EPSILON); });
  SSG_THREADS(t)
  {
    for (int64_t n = t; n < f.inputs * f.outputs; n += SSG_BLOCK) {
      int64_t i = ssg_divide(n, f.outputs), o = n - i * f.outputs;
      out[n] = f.weight_scale * w[o * f.inputs + i] * style[i] * demodulation[o];
    }
  }
}

static void launch_modulate(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  const int64_t *dim = call->in[0].shape.dim;
  Modulate f = {dim[1],
                dim[2],
                call->in[3].shape.dim[1],
                dim[0] / call->in[3].shape.dim[0],
                call->param.modulate.code_scale,
                call->param.modulate.weight_scale};
  const float *m = (const float *) call->in[1].data, *code = (const float *) call->in[3].data;
  bool wide = f.codes % 4 == 0 && ssg_is_aligned(m, 16) && ssg_is_aligned(code, 16);
  ssg_with_width(wide, [&](auto width) {
    constexpr int W = decltype(width)::value;
    SSG_LAUNCH(launch->stream, dim[0], (modulate<W>), (float *) call->out.data, (const float *) call->in[0].data, m,
               (const float *) call->in[2].data, code, f);
  });
}

static bool all_f32(const SsgOpCall *call)
{
  for (int i = 0; i < call->n_in; i++)
    if (call->in[i].dtype != SSG_F32)
      return false;
  return call->out.dtype == SSG_F32;
}

static bool supports_modulate(const SsgOpCall *call)
{
  return all_f32(call) && call->in[0].shape.dim[1] <= MOST && call->in[0].shape.dim[2] <= MOST;
}

/* ---- chain ---- */

struct Chain {
  int64_t pixels, channels, layers, tiles; /* tiles: of a part */
  int64_t x_step;                          /* from part to part of x, 0 when they share it */
};

/* Where channel c of pixel p lies in a tile, which holds a row of pixels for each channel. Neighbouring rows are turned
 * against each other in steps of four, so that neither reading along pixels nor along channels crowds a memory bank. */
SSG_INLINE int place(int c, int p)
{
  return c * SIDE + (p ^ (c & 7) * 4);
}

SSG_KERNEL chain(float *out, const float *x, const float *w, const float *bias, Chain f)
{
  SSG_SHARED alignas(16) float tile[2][SIDE * SIDE];
  SSG_SHARED alignas(16) float weight[SIDE * SIDE];
  const int64_t part = ssg_divide(SSG_BLOCK_INDEX, f.tiles), first = (SSG_BLOCK_INDEX - part * f.tiles) * SIDE;
  const int pixels = f.pixels - first < SIDE ? (int) (f.pixels - first) : SIDE, channels = (int) f.channels;
  x += part * f.x_step + first * f.channels;
  out += (part * f.pixels + first) * f.channels;
  w += part * f.layers * f.channels * f.channels;
  bias += part * f.layers * f.channels;

  SSG_THREADS(t)
  {
    for (int i = t; i < SIDE * SIDE; i += SSG_BLOCK) {
      int c = i % SIDE, p = i / SIDE;
      tile[0][place(c, p)] = c < channels && p < pixels ? x[p * channels + c] : 0.0f;
    }
  }
  for (int64_t l = 0; l < f.layers; l++) {
    SSG_SYNC();
    SSG_THREADS(t)
    {
      for (int i = t; i < SIDE * SIDE; i += SSG_BLOCK) {
        int from = i / SIDE, to = i % SIDE;
        weight[i] = from < channels && to < channels ? w[(l * channels + from) * channels + to] : 0.0f;
      }
    }
    SSG_SYNC();
    SSG_THREADS(t)
    {
      /* Four pixels by four outputs a thread; a warp reads 16 pixels and 32 outputs, each memory bank once. */
      const int warp = t / 32, lane = t % 32;
      const int p = (warp / 2 * 4 + lane / 8) * 4, o = (warp % 2 * 8 + lane % 8) * 4;
      const float *from = tile[l % 2];
      float *to = tile[1 - l % 2];
      float sum[4][4] = {};
      for (int c = 0; c < channels; c++) {
        SsgPack<float, 4> a = ssg_load<4>(from + place(c, p)), b = ssg_load<4>(weight + c * SIDE + o);
        SSG_UNROLL
        for (int k = 0; k < 4; k++)
          SSG_UNROLL
          for (int j = 0; j < 4; j++)
            sum[k][j] = fmaf(a.v[j], b.v[k], sum[k][j]);
      }
      SSG_UNROLL
      for (int k = 0; k < 4; k++) {
        SsgPack<float, 4> y;
        float offset = o + k < channels ? bias[l * channels + o + k] : 0.0f;
        SSG_UNROLL
        for (int j = 0; j < 4; j++)
          y.v[j] = ssg_math_act(sum[k][j] + offset);
        ssg_store<4>(to + place(o + k, p), y);
      }
    }
  }
  SSG_SYNC();
  SSG_THREADS(t)
  {
    for (int i = t; i < SIDE * SIDE; i += SSG_BLOCK) {
      int c = i % SIDE, p = i / SIDE;
      if (c < channels && p < pixels)
        out[p * channels + c] = tile[f.layers % 2][place(c, p)];
    }
  }
}

static void launch_chain(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  const int64_t *dim = call->out.shape.dim;
  Chain f = {dim[1], dim[2], call->in[1].shape.dim[1], (dim[1] + SIDE - 1) / SIDE,
             call->in[0].shape.dim[0] == 1 ? 0 : dim[1] * dim[2]};
  SSG_LAUNCH(launch->stream, dim[0] * f.tiles, chain, (float *) call->out.data, (const float *) call->in[0].data,
             (const float *) call->in[1].data, (const float *) call->in[2].data, f);
}

static bool supports_chain(const SsgOpCall *call)
{
  return all_f32(call) && call->out.shape.dim[2] <= SIDE;
}

extern "C" {
const SsgCudaKernel ssg_cuda_modulate = {supports_modulate, NULL, launch_modulate};
const SsgCudaKernel ssg_cuda_chain = {supports_chain, NULL, launch_chain};
}
