/* reduce: sums and maxima over any axes, in as many passes as the size asks for. How the work is cut up depends on the
 * shape alone, and every partial result is made in one order, so the same shape gives the same bits every time. */
#include "kernels/cuda/kernels.h"
#include "kernels/cuda/walk.h"
#include "kernels/math/index.h"

/* K and R: the kept and the reduced axes of the input, with its strides. A pass makes `chunks` partial results of every
 * kept element, each from up to `chunk` reduced ones. */
struct Pass {
  SsgWalk<1> kept, reduced;
  int64_t n_kept, n_reduced, chunk, chunks;
  bool rows;    /* a block works on one chunk; else a thread does, or */
  bool teams;   /* a team of threads works on one kept element, in one chunk */
  bool maximum; /* else a sum */
  float scale;  /* of what is stored */
};

SSG_INLINE float combine(bool maximum, float a, float b)
{
  /* NaN wins on either side, as it does in a sum. */
  return maximum ? (b > a || b != b ? b : a) : a + b;
}

/* Reduces [first, end) with the given step, starting from nothing. */
template <typename T> SSG_INLINE float fold(const T *in, const Pass &pass, int64_t first, int64_t end, int64_t step)
{
  float sum = pass.maximum ? -INFINITY : 0.0f;
  int64_t at[1];
  if (pass.reduced.rank == 1) {
    for (int64_t r = first; r < end; r += step)
      sum = combine(pass.maximum, sum, ssg_widen(in[r * pass.reduced.stride[0][0]]));
    return sum;
  }
  for (int64_t r = first; r < end; r += step) {
    pass.reduced.offsets(r, at);
    sum = combine(pass.maximum, sum, ssg_widen(in[at[0]]));
  }
  return sum;
}

/* A thread takes one chunk of one kept element; neighbours take neighbouring kept elements. out [chunks, kept]. */
template <typename To, typename From> SSG_KERNEL fold_by_thread(To *out, const From *in, Pass pass)
{
  SSG_THREADS(t)
  {
    int64_t i = SSG_BLOCK_INDEX * SSG_BLOCK + t, at[1];
    if (i >= pass.n_kept * pass.chunks)
      continue;
    int64_t which = ssg_divide(i, pass.n_kept), first = which * pass.chunk;
    int64_t end = first + pass.chunk < pass.n_reduced ? first + pass.chunk : pass.n_reduced;
    pass.kept.offsets(i - which * pass.n_kept, at);
    out[i] = ssg_narrow<To>(pass.scale * fold(in + at[0], pass, first, end, 1));
  }
}

/* A block takes one chunk of one kept element. out [kept, chunks]. */
template <typename To, typename From> SSG_KERNEL fold_by_block(To *out, const From *in, Pass pass)
{
  SSG_SHARED float part[SSG_BLOCK];
  int64_t kept = ssg_divide(SSG_BLOCK_INDEX, pass.chunks), at[1];
  int64_t first = (SSG_BLOCK_INDEX - kept * pass.chunks) * pass.chunk;
  int64_t end = first + pass.chunk < pass.n_reduced ? first + pass.chunk : pass.n_reduced;
  pass.kept.offsets(kept, at);
  SSG_THREADS(t)
  {
    part[t] = fold(in + at[0], pass, first + t, end, SSG_BLOCK);
  }
  SSG_SYNC();
  for (int half = SSG_BLOCK / 2; half > 0; half /= 2) {
    SSG_THREADS(t)
    {
      if (t < half)
        part[t] = combine(pass.maximum, part[t], part[t + half]);
    }
    SSG_SYNC();
  }
  SSG_THREADS(t)
  {
    if (t == 0)
      out[SSG_BLOCK_INDEX] = ssg_narrow<To>(pass.scale * part[0]);
  }
}

#define TEAM 8 /* threads */
#define TEAMS (SSG_BLOCK / TEAM)

/* A team takes one kept element: short rows, which neighbouring threads would otherwise read far apart. out [kept]. */
template <typename To, typename From> SSG_KERNEL fold_by_team(To *out, const From *in, Pass pass)
{
  SSG_SHARED float part[SSG_BLOCK];
  const int64_t first = SSG_BLOCK_INDEX * TEAMS;
  SSG_THREADS(t)
  {
    int64_t i = first + t / TEAM, at[1];
    if (i >= pass.n_kept)
      continue;
    pass.kept.offsets(i, at);
    part[t] = fold(in + at[0], pass, t % TEAM, pass.n_reduced, TEAM);
  }
  SSG_SYNC();
  SSG_THREADS(t)
  {
    if (t >= TEAMS || first + t >= pass.n_kept)
      continue;
    float sum = part[t * TEAM];
    for (int i = 1; i < TEAM; i++)
      sum = combine(pass.maximum, sum, part[t * TEAM + i]);
    out[first + t] = ssg_narrow<To>(pass.scale * sum);
  }
}

/* Decides how a pass is cut up. */
static void plan(Pass *pass)
{
  /* Rows when neighbours in memory belong to one result and there are enough of them to fill a block. */
  bool along = pass->reduced.stride[0][pass->reduced.rank - 1] == 1;
  pass->rows = along && pass->n_reduced > 64;
  pass->teams = along && !pass->rows && pass->n_reduced >= TEAM;
  if (pass->teams) {
    pass->chunk = pass->n_reduced;
  } else if (pass->rows) {
    pass->chunk = pass->n_reduced <= 16384 ? pass->n_reduced : 8192;
  } else {
    /* About 2^17 threads keep a large GPU busy; a thread adds up at most 1024 numbers, for speed and for rounding. */
    int64_t share = (pass->n_kept * pass->n_reduced >> 17) + 1;
    pass->chunk = pass->n_reduced <= 128 ? pass->n_reduced : share < 128 ? 128 : share > 1024 ? 1024 : share;
  }
  pass->chunks = (pass->n_reduced + pass->chunk - 1) / pass->chunk;
}

static Pass first_pass(const SsgOpCall *call)
{
  Pass pass;
  int64_t stride[SSG_MAX_RANK];
  ssg_math_strides(&call->in[0].shape, stride);
  for (int i = 0; i < call->out.shape.rank; i++) {
    bool reduce = call->out.shape.dim[i] == 1;
    (reduce ? pass.reduced : pass.kept).append(call->in[0].shape.dim[i], &stride[i]);
  }
  pass.n_kept = pass.kept.elements();
  pass.n_reduced = pass.reduced.elements();
  pass.maximum = call->param.reduce.kind == SSG_REDUCE_MAX;
  pass.scale = 1.0f;
  plan(&pass);
  return pass;
}

/* The pass that works on the partial results of `before`. */
static Pass next_pass(const Pass *before)
{
  Pass pass;
  const int64_t kept_step = before->rows ? before->chunks : 1, reduced_step = before->rows ? 1 : before->n_kept;
  pass.kept.append(before->n_kept, &kept_step);
  pass.reduced.append(before->chunks, &reduced_step);
  pass.n_kept = before->n_kept;
  pass.n_reduced = before->chunks;
  pass.maximum = before->maximum;
  pass.scale = 1.0f;
  plan(&pass);
  return pass;
}

static size_t scratch_of(const Pass *pass)
{
  size_t bytes = (size_t) (pass->n_kept * pass->chunks) * sizeof(float);
  return (bytes + 255) / 256 * 256;
}

static size_t reduce_scratch(const SsgOpCall *call)
{
  size_t bytes = 0;
  for (Pass pass = first_pass(call); pass.chunks > 1; pass = next_pass(&pass))
    bytes += scratch_of(&pass);
  return bytes;
}

template <typename To, typename From>
static void launch_pass(const SsgCudaLaunch *launch, To *out, const From *in, const Pass &pass)
{
  int64_t results = pass.n_kept * pass.chunks;
  if (pass.rows)
    SSG_LAUNCH(launch->stream, results, (fold_by_block<To, From>), out, in, pass);
  else if (pass.teams)
    SSG_LAUNCH(launch->stream, (results + TEAMS - 1) / TEAMS, (fold_by_team<To, From>), out, in, pass);
  else
    SSG_LAUNCH(launch->stream, ssg_blocks_for(results), (fold_by_thread<To, From>), out, in, pass);
}

static void launch_reduce(const SsgOpCall *call, const SsgCudaLaunch *launch)
{
  float scale = call->param.reduce.kind == SSG_REDUCE_SUM ? call->param.reduce.scale : 1.0f;
  Pass pass = first_pass(call);
  const float *partial = NULL;
  char *scratch = (char *) launch->scratch;
  for (; pass.chunks > 1; pass = next_pass(&pass)) {
    float *to = (float *) scratch;
    if (partial)
      launch_pass(launch, to, partial, pass);
    else
      ssg_with_float(call->in[0].dtype,
                     [&](auto from) { launch_pass(launch, to, (const decltype(from) *) call->in[0].data, pass); });
    partial = to;
    scratch += scratch_of(&pass);
  }
  pass.scale = scale;
  ssg_with_float(call->out.dtype, [&](auto to) {
    using To = decltype(to);
    if (partial)
      launch_pass(launch, (To *) call->out.data, partial, pass);
    else
      ssg_with_float(call->in[0].dtype, [&](auto from) {
        launch_pass(launch, (To *) call->out.data, (const decltype(from) *) call->in[0].data, pass);
      });
  });
}

/* Out may be wider than in: sums of f16 pictures are best kept in f32. */
static bool supports_reduce(const SsgOpCall *call)
{
  return ssg_is_float(call->in[0].dtype) && ssg_is_float(call->out.dtype);
}

extern "C" {
const SsgCudaKernel ssg_cuda_reduce = {supports_reduce, reduce_scratch, launch_reduce};
}
