/* Sliced Wasserstein distance over the levels of a Laplacian pyramid (metrics-distance.h). */
#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "kernels/clones.h"
#include "kernels/math/random.h"
#include "trainer/metrics-distance.h"
#include "trainer/parallel.h"

#define SMALLEST 16
#define PATCH 7
#define PATCHES 128
#define DIM (3 * PATCH * PATCH)
#define SLICES 512
#define BLOCK 16   /* directions projected on at once: the descriptors are read once for all of them */
#define MAX_SETS 5 /* with the reference */

#define PLACE_STREAM G_GUINT64_CONSTANT(0x706c616365) /* streams keep the draws for places and directions apart */
#define SLICE_STREAM G_GUINT64_CONSTANT(0x736c696365)

/* One level of the work. */
typedef struct {
  const SsgPictures *sets[MAX_SETS]; /* the reference first */
  int n_sets, n, size, level, n_levels;
  guint64 seed;
  float *descriptors[MAX_SETS]; /* [n * PATCHES, DIM] */
  double total[MAX_SETS];       /* distances to the reference, summed over directions and descriptors */
  SsgProgress *progress;
} Work;

/* --- the pyramid; pictures are float [size, size, 3] --- */

static int mirror(int i, int size)
{
  i = i < 0 ? -i : i;
  return i >= size ? 2 * size - 2 - i : i;
}

/* out [size / 2, size / 2, 3]: filtered, every second pixel kept. size is at least 4, even. */
static void shrink(const float *in, int size, float *out)
{
  static const float filter[5] = {1 / 16.0f, 4 / 16.0f, 6 / 16.0f, 4 / 16.0f, 1 / 16.0f};
  int half = size / 2;
  g_autofree float *across = g_new(float, (gsize) size *half * 3);
  for (int y = 0; y < size; y++)
    for (int x = 0; x < half; x++)
      for (int c = 0; c < 3; c++) {
        float sum = 0;
        for (int t = 0; t < 5; t++)
          sum += filter[t] * in[3 * ((gsize) y * size + mirror(2 * x + t - 2, size)) + c];
        across[3 * ((gsize) y * half + x) + c] = sum;
      }
  for (int y = 0; y < half; y++)
    for (int i = 0; i < 3 * half; i++) {
      float sum = 0;
      for (int t = 0; t < 5; t++)
        sum += filter[t] * across[(gsize) 3 * half * mirror(2 * y + t - 2, size) + i];
      out[(gsize) 3 * half * y + i] = sum;
    }
}

/* Value at i of a row of `half` samples, `step` apart, spread to twice as many by zeros between them and filtered (gain
 * 2): even places see three samples, odd ones two. */
static float between(const float *row, gsize step, int half, int i)
{
  const float *at = row + step * (i / 2), *next = row + step * MIN(i / 2 + 1, half - 1);
  if (i % 2)
    return (at[0] + next[0]) / 2;
  const float *before = row + step * (i > 0 ? i / 2 - 1 : MIN(1, half - 1));
  return (before[0] + 6 * at[0] + next[0]) / 8;
}

/* in [size, size, 3] minus the smaller picture [size / 2, size / 2, 3] grown to its size. */
static void subtract_grown(float *in, int size, const float *smaller)
{
  int half = size / 2;
  g_autofree float *across = g_new(float, (gsize) half *size * 3);
  for (int y = 0; y < half; y++)
    for (int x = 0; x < size; x++)
      for (int c = 0; c < 3; c++)
        across[3 * ((gsize) y * size + x) + c] = between(smaller + (gsize) 3 * half * y + c, 3, half, x);
  for (int y = 0; y < size; y++)
    for (int i = 0; i < 3 * size; i++)
      in[(gsize) 3 * size * y + i] -= between(across + i, (gsize) 3 * size, half, y);
}

/* Level `level` of picture i; *side is its size. Free it. */
static float *pyramid_level(const SsgPictures *pictures, int i, int level, int n_levels, int *side)
{
  int size = pictures->size;
  gsize values = (gsize) size * size * 3;
  float *at = g_new(float, values);
  for (gsize p = 0; p < values; p++)
    at[p] = pictures->rgb[values * i + p];
  for (int l = 0; l < level; l++) {
    float *next = g_new(float, (gsize) (size / 2) * (size / 2) * 3);
    shrink(at, size, next);
    g_free(at);
    at = next;
    size /= 2;
  }
  if (level < n_levels - 1) {
    g_autofree float *smaller = g_new(float, (gsize) (size / 2) * (size / 2) * 3);
    shrink(at, size, smaller);
    subtract_grown(at, size, smaller);
  }
  *side = size;
  return at;
}

/* --- descriptors --- */

static gpointer describe(int index, gpointer data, GError **error)
{
  Work *work = data;
  int set = index / work->n, i = index % work->n, side;
  g_autofree float *picture = pyramid_level(work->sets[set], i, work->level, work->n_levels, &side);
  float *to = work->descriptors[set] + (gsize) i * PATCHES * DIM;
  guint64 stream = (PLACE_STREAM << 20) + (guint64) work->level;
  for (int p = 0; p < PATCHES; p++) {
    SsgPhilox draw = ssg_math_philox(work->seed, stream, (guint64) i * PATCHES + p);
    guint64 places = side - PATCH + 1;
    int x = (int) ((draw.word[0] * places) >> 32), y = (int) ((draw.word[1] * places) >> 32);
    for (int row = 0; row < PATCH; row++, to += 3 * PATCH)
      memcpy(to, picture + 3 * ((gsize) (y + row) * side + x), 3 * PATCH * sizeof *to);
  }
  return NULL;
}

static gboolean take_nothing(int index, gpointer result, gpointer data, GError **error)
{
  return TRUE;
}

/* Mean and standard deviation of each channel in the reference set, applied to all sets. */
static void normalise(Work *work)
{
  gsize pixels = (gsize) work->n * PATCHES * PATCH * PATCH;
  double sum[3] = {0}, squares[3] = {0};
  float mean[3], scale[3];
  for (gsize i = 0; i < pixels; i++)
    for (int c = 0; c < 3; c++)
      sum[c] += work->descriptors[0][3 * i + c];
  for (gsize i = 0; i < pixels; i++)
    for (int c = 0; c < 3; c++) {
      double off = work->descriptors[0][3 * i + c] - sum[c] / pixels;
      squares[c] += off * off;
    }
  for (int c = 0; c < 3; c++) {
    mean[c] = sum[c] / pixels;
    scale[c] = 1 / fmax(1e-3, sqrt(squares[c] / pixels)); /* of 255: a level without any contrast stays at 0 */
  }
  for (int s = 0; s < work->n_sets; s++)
    for (gsize i = 0; i < pixels; i++)
      for (int c = 0; c < 3; c++)
        work->descriptors[s][3 * i + c] = (work->descriptors[s][3 * i + c] - mean[c]) * scale[c];
}

/* --- slices --- */

/* out [BLOCK, n] of descriptors [n, DIM] and directions [DIM, BLOCK]. */
SSG_CLONES static void
project(const float *restrict descriptors, gsize n, const float *restrict directions, float *restrict out)
{
  for (gsize i = 0; i < n; i++) {
    float sum[BLOCK] = {0};
    for (int j = 0; j < DIM; j++)
      for (int b = 0; b < BLOCK; b++)
        sum[b] += descriptors[i * DIM + j] * directions[j * BLOCK + b];
    for (int b = 0; b < BLOCK; b++)
      out[b * n + i] = sum[b];
  }
}

/* Radix sort of finite floats in ascending order; scratch [n]. */
static void sort_floats(float *values, guint32 *scratch, gsize n)
{
  guint32 *keys = (guint32 *) values, *from = keys, *to = scratch;
  for (gsize i = 0; i < n; i++) {
    guint32 bits;
    memcpy(&bits, &values[i], sizeof bits);
    bits ^= bits & 0x80000000u ? 0xffffffffu : 0x80000000u; /* so that unsigned order is the numbers' order */
    memcpy(&keys[i], &bits, sizeof bits);
  }
  for (int shift = 0; shift < 32; shift += 8) { /* four passes: the result lies in keys again */
    gsize start[257] = {0};
    for (gsize i = 0; i < n; i++)
      start[(from[i] >> shift & 255) + 1]++;
    for (int d = 0; d < 256; d++)
      start[d + 1] += start[d];
    for (gsize i = 0; i < n; i++)
      to[start[from[i] >> shift & 255]++] = from[i];
    guint32 *swap = from;
    from = to;
    to = swap;
  }
  for (gsize i = 0; i < n; i++) {
    guint32 bits = keys[i] & 0x80000000u ? keys[i] ^ 0x80000000u : ~keys[i];
    memcpy(&values[i], &bits, sizeof bits);
  }
}

/* BLOCK directions of length 1, [DIM, BLOCK]. */
static void draw_directions(guint64 seed, int block, float *directions)
{
  for (int b = 0; b < BLOCK; b++) {
    float normal[DIM + 4], length = 0;
    for (int j = 0; j < DIM; j += 4)
      ssg_math_normal4(seed, (SLICE_STREAM << 20) + (guint64) (block * BLOCK + b), j / 4, normal + j);
    for (int j = 0; j < DIM; j++)
      length += normal[j] * normal[j];
    for (int j = 0; j < DIM; j++)
      directions[j * BLOCK + b] = normal[j] / sqrtf(length);
  }
}

/* For BLOCK directions: the summed distance of every set to the reference, [MAX_SETS] doubles (the first unused). */
static gpointer slice(int index, gpointer data, GError **error)
{
  Work *work = data;
  gsize n = (gsize) work->n * PATCHES;
  float directions[DIM * BLOCK];
  g_autofree float *reference = g_try_new(float, n *BLOCK), *other = g_try_new(float, n *BLOCK);
  g_autofree guint32 *scratch = g_try_new(guint32, n);
  if (!reference || !other || !scratch) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "not enough memory to compare %d pictures; ask for fewer", work->n);
    return NULL;
  }
  double *sums = g_new0(double, MAX_SETS);
  draw_directions(work->seed, index, directions);
  project(work->descriptors[0], n, directions, reference);
  for (int b = 0; b < BLOCK; b++)
    sort_floats(reference + b * n, scratch, n);
  for (int s = 1; s < work->n_sets; s++) {
    project(work->descriptors[s], n, directions, other);
    for (int b = 0; b < BLOCK; b++) {
      sort_floats(other + b * n, scratch, n);
      for (gsize i = 0; i < n; i++)
        sums[s] += fabsf(other[b * n + i] - reference[b * n + i]);
    }
  }
  ssg_progress_add(work->progress, 1);
  return sums;
}

static gboolean take_slice(int index, gpointer result, gpointer data, GError **error)
{
  Work *work = data;
  double *sums = result;
  for (int s = 0; s < MAX_SETS; s++)
    work->total[s] += sums[s];
  g_free(sums);
  return TRUE;
}

/* --- all levels --- */

static int count_levels(int size)
{
  int n = 1;
  while (size % 2 == 0 && size / 2 >= SMALLEST && n < SSG_DISTANCE_MAX_LEVELS) {
    size /= 2;
    n++;
  }
  return n;
}

int ssg_sliced_steps(int size)
{
  return count_levels(size) * (SLICES / BLOCK);
}

static gboolean measure_level(Work *work, int jobs, SsgDistances *distances, GError **error)
{
  memset(work->total, 0, sizeof work->total);
  if (!ssg_parallel_run(work->n_sets * work->n, jobs, describe, take_nothing, NULL, work, error))
    return FALSE;
  normalise(work);
  if (!ssg_parallel_run(SLICES / BLOCK, jobs, slice, take_slice, g_free, work, error))
    return FALSE;
  for (int s = 1; s < work->n_sets; s++) {
    SsgDistances *d = &distances[s - 1];
    d->size[work->level] = work->size >> work->level;
    d->value[work->level] = work->total[s] / ((double) SLICES * work->n * PATCHES);
    d->mean += d->value[work->level] / work->n_levels;
  }
  return TRUE;
}

gboolean ssg_sliced_distances(const SsgPictures *reference, const SsgPictures *const *sets, int n_sets, guint64 seed,
                              int jobs, SsgProgress *progress, SsgDistances *distances, GError **error)
{
  Work work = {.n_sets = n_sets + 1, .n = reference->n, .size = reference->size, .seed = seed, .progress = progress};
  gboolean good = TRUE;
  g_assert(n_sets >= 1 && n_sets < MAX_SETS);
  work.n_levels = count_levels(work.size);
  work.sets[0] = reference;
  if (work.size < 8) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "pictures of %d pixels are too small to compare patches of",
                work.size);
    return FALSE;
  }
  for (int s = 0; s < n_sets; s++) {
    g_assert(sets[s]->n == work.n && sets[s]->size == work.size);
    work.sets[s + 1] = sets[s];
    distances[s] = (SsgDistances){.n_levels = work.n_levels};
  }
  for (int s = 0; s < work.n_sets && good; s++)
    if (!(work.descriptors[s] = g_try_new(float, (gsize) work.n *PATCHES *DIM))) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_MEMORY, "not enough memory to compare %d pictures; ask for fewer",
                  work.n);
      good = FALSE;
    }
  for (; good && work.level < work.n_levels; work.level++)
    good = measure_level(&work, jobs, distances, error);
  for (int s = 0; s < work.n_sets; s++)
    g_free(work.descriptors[s]);
  return good;
}
