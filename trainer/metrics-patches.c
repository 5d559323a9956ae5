/* Frechet distance between the statistics of DCT features of patches (metrics-distance.h). */
#include <math.h>
#include <string.h>
#include "engine/error.h"
#include "kernels/math/random.h"
#include "trainer/metrics-distance.h"
#include "trainer/parallel.h"

#define BLOCK 8
#define N_FEATURES 18
#define N_BANDS 9
#define CHUNK 8 /* pictures summed together, whatever the number of threads: sums come out the same */
#define MAX_SETS 5
#define GRID_STREAM G_GUINT64_CONSTANT(0x67726964)

static const double floor_energy = 1 / (127.5 * 127.5); /* one step of 8 bits: less is as good as flat */

/* First and second moments of features. */
typedef struct {
  double n, sum[N_FEATURES], products[N_FEATURES * N_FEATURES];
} Moments;

typedef struct {
  const SsgPictures *sets[MAX_SETS]; /* the reference first */
  int n_sets, n_chunks, n_levels;    /* chunks of one set */
  guint64 seed;
  float dct[BLOCK][BLOCK];                     /* [frequency][position] */
  int band[BLOCK][BLOCK];                      /* of (v, u), -1 for the mean */
  double band_size[N_BANDS];                   /* coefficients of a band */
  Moments (*moments)[SSG_DISTANCE_MAX_LEVELS]; /* [n_sets] */
  SsgProgress *progress;
} Work;

static int octave(int frequency)
{
  return frequency == 0 ? 0 : frequency == 1 ? 1 : frequency < 4 ? 2 : 3;
}

static void prepare_tables(Work *work)
{
  for (int f = 0; f < BLOCK; f++)
    for (int i = 0; i < BLOCK; i++)
      work->dct[f][i] = sqrt((f ? 2.0 : 1.0) / BLOCK) * cos(G_PI * f * (2 * i + 1) / (2.0 * BLOCK));
  for (int v = 0; v < BLOCK; v++)
    for (int u = 0; u < BLOCK; u++) {
      int across = octave(u), down = octave(v);
      int b = 3 * (MAX(across, down) - 1) + (across > down ? 0 : across < down ? 1 : 2);
      work->band[v][u] = u || v ? b : -1;
      if (u || v)
        work->band_size[b]++;
    }
}

/* One channel of a block: its mean, and the summed squares of each band's coefficients. */
static double block_bands(const Work *work, const float *plane, int stride, double energy[N_BANDS])
{
  float across[BLOCK][BLOCK]; /* [y][u] */
  double mean = 0;
  for (int y = 0; y < BLOCK; y++)
    for (int u = 0; u < BLOCK; u++) {
      float sum = 0;
      for (int x = 0; x < BLOCK; x++)
        sum += work->dct[u][x] * plane[(gsize) y * stride + x];
      across[y][u] = sum;
    }
  memset(energy, 0, N_BANDS * sizeof *energy);
  for (int v = 0; v < BLOCK; v++)
    for (int u = 0; u < BLOCK; u++) {
      float sum = 0;
      for (int y = 0; y < BLOCK; y++)
        sum += work->dct[v][y] * across[y][u];
      if (work->band[v][u] < 0)
        mean = sum / BLOCK;
      else
        energy[work->band[v][u]] += (double) sum * sum;
    }
  return mean;
}

/* planes: Y, U, V of a picture of `side` pixels, side * side values apart. */
static void block_features(const Work *work, const float *planes, int side, int x, int y, double *features)
{
  gsize plane = (gsize) side * side;
  for (int c = 0; c < 3; c++) {
    double energy[N_BANDS];
    features[c] = block_bands(work, planes + c * plane + (gsize) y * side + x, side, energy);
    for (int b = 0; b < N_BANDS && c == 0; b++)
      features[3 + b] = log(energy[b] / work->band_size[b] + floor_energy);
    for (int o = 0; o < 3 && c > 0; o++) {
      double sum = 0, count = 0;
      for (int b = 3 * o; b < 3 * o + 3; b++) {
        sum += energy[b];
        count += work->band_size[b];
      }
      features[9 + 3 * c + o] = log(sum / count + floor_energy);
    }
  }
}

static void add_features(Moments *m, const double *features)
{
  m->n++;
  for (int i = 0; i < N_FEATURES; i++) {
    m->sum[i] += features[i];
    for (int j = 0; j <= i; j++)
      m->products[i * N_FEATURES + j] += features[i] * features[j];
  }
}

static void add_moments(Moments *to, const Moments *from)
{
  to->n += from->n;
  for (int i = 0; i < N_FEATURES; i++)
    to->sum[i] += from->sum[i];
  for (int i = 0; i < N_FEATURES * N_FEATURES; i++)
    to->products[i] += from->products[i];
}

/* rgb [side, side, 3] -> planes Y, U, V in units of [-1, 1]. */
static void opponent_colours(const guint8 *rgb, gsize pixels, float *planes)
{
  for (gsize i = 0; i < pixels; i++) {
    float r = rgb[3 * i] / 127.5f - 1, g = rgb[3 * i + 1] / 127.5f - 1, b = rgb[3 * i + 2] / 127.5f - 1;
    planes[i] = (r + g + b) / sqrtf(3);
    planes[pixels + i] = (r - b) / sqrtf(2);
    planes[2 * pixels + i] = (r - 2 * g + b) / sqrtf(6);
  }
}

/* In place: [3, side, side] -> [3, side / 2, side / 2]. */
static void halve(float *planes, int side)
{
  int half = side / 2;
  float *to = planes;
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < half; y++)
      for (int x = 0; x < half; x++) {
        const float *from = planes + (gsize) c * side * side + (gsize) 2 * y * side + 2 * x;
        *to++ = (from[0] + from[1] + from[side] + from[side + 1]) / 4;
      }
}

static void add_picture(const Work *work, const SsgPictures *pictures, int i, float *planes, Moments *moments)
{
  gsize pixels = (gsize) pictures->size * pictures->size;
  opponent_colours(pictures->rgb + 3 * pixels * i, pixels, planes);
  for (int level = 0; level < work->n_levels; level++) {
    int side = pictures->size >> level;
    SsgPhilox draw = ssg_math_philox(work->seed, (GRID_STREAM << 20) + (guint64) level, i);
    guint32 room = MIN(BLOCK - 1, side - BLOCK) + 1;
    for (int y = (int) (draw.word[0] % room); y + BLOCK <= side; y += BLOCK)
      for (int x = (int) (draw.word[1] % room); x + BLOCK <= side; x += BLOCK) {
        double features[N_FEATURES];
        block_features(work, planes, side, x, y, features);
        add_features(&moments[level], features);
      }
    halve(planes, side);
  }
}

/* Moments of a chunk of pictures of one set, [n_levels]. */
static gpointer sum_chunk(int index, gpointer data, GError **error)
{
  Work *work = data;
  const SsgPictures *pictures = work->sets[index / work->n_chunks];
  int first = index % work->n_chunks * CHUNK, end = MIN(first + CHUNK, pictures->n);
  Moments *moments = g_new0(Moments, work->n_levels);
  g_autofree float *planes = g_new(float, (gsize) pictures->size * pictures->size * 3);
  for (int i = first; i < end; i++)
    add_picture(work, pictures, i, planes, moments);
  ssg_progress_add(work->progress, 1);
  return moments;
}

static gboolean take_chunk(int index, gpointer result, gpointer data, GError **error)
{
  Work *work = data;
  for (int level = 0; level < work->n_levels; level++)
    add_moments(&work->moments[index / work->n_chunks][level], (Moments *) result + level);
  g_free(result);
  return TRUE;
}

/* mean [N_FEATURES], cov [N_FEATURES, N_FEATURES] in units of `scale` (NULL: as they are). */
static void gaussian(const Moments *m, const double *scale, double *mean, double *cov)
{
  for (int i = 0; i < N_FEATURES; i++)
    mean[i] = m->sum[i] / m->n;
  for (int i = 0; i < N_FEATURES; i++)
    for (int j = 0; j <= i; j++)
      cov[i * N_FEATURES + j] = cov[j * N_FEATURES + i] =
          (m->products[i * N_FEATURES + j] / m->n - mean[i] * mean[j]) / (scale ? scale[i] * scale[j] : 1);
  for (int i = 0; scale && i < N_FEATURES; i++)
    mean[i] /= scale[i];
}

static double compare(const Moments *reference, const Moments *other)
{
  double mean_a[N_FEATURES], mean_b[N_FEATURES], scale[N_FEATURES];
  double cov_a[N_FEATURES * N_FEATURES], cov_b[N_FEATURES * N_FEATURES];
  gaussian(reference, NULL, mean_a, cov_a);
  for (int i = 0; i < N_FEATURES; i++)
    scale[i] = fmax(1e-3, sqrt(fmax(0, cov_a[i * N_FEATURES + i])));
  gaussian(reference, scale, mean_a, cov_a);
  gaussian(other, scale, mean_b, cov_b);
  return ssg_frechet_distance(N_FEATURES, mean_a, cov_a, mean_b, cov_b) / N_FEATURES;
}

static int count_levels(int size)
{
  int n = 1;
  while (size % 2 == 0 && size / 2 >= BLOCK && n < SSG_DISTANCE_MAX_LEVELS) {
    size /= 2;
    n++;
  }
  return n;
}

int ssg_patch_steps(int n_pictures, int n_sets)
{
  return (n_sets + 1) * ((n_pictures + CHUNK - 1) / CHUNK);
}

gboolean ssg_patch_distances(const SsgPictures *reference, const SsgPictures *const *sets, int n_sets, guint64 seed,
                             int jobs, SsgProgress *progress, SsgDistances *distances, GError **error)
{
  Work work = {.n_sets = n_sets + 1, .seed = seed, .progress = progress};
  int size = reference->size;
  g_assert(n_sets >= 1 && n_sets < MAX_SETS);
  if (size < BLOCK) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_ARGUMENT, "pictures of %d pixels are too small to compare patches of",
                size);
    return FALSE;
  }
  prepare_tables(&work);
  work.n_levels = count_levels(size);
  work.n_chunks = (reference->n + CHUNK - 1) / CHUNK;
  work.sets[0] = reference;
  for (int s = 0; s < n_sets; s++) {
    g_assert(sets[s]->n == reference->n && sets[s]->size == size);
    work.sets[s + 1] = sets[s];
    distances[s] = (SsgDistances){.n_levels = work.n_levels};
  }
  g_autofree gpointer moments = g_malloc0_n(work.n_sets, sizeof *work.moments);
  work.moments = moments;
  if (!ssg_parallel_run(work.n_sets * work.n_chunks, jobs, sum_chunk, take_chunk, g_free, &work, error))
    return FALSE;
  for (int level = 0; level < work.n_levels; level++)
    for (int s = 0; s < n_sets; s++) {
      distances[s].size[level] = size >> level;
      distances[s].value[level] = compare(&work.moments[0][level], &work.moments[s + 1][level]);
      distances[s].mean += distances[s].value[level] / work.n_levels;
    }
  return TRUE;
}
