#include "engine/directions.h"

#include <math.h>
#include <string.h>

#define ITERATIONS 60 /* of the subspace iteration; the leading directions settle in a few dozen */

typedef struct {
  gboolean computed;
  int n;
  float *directions, *effects;
} Entry;

struct _SsgDirectionTable {
  SsgGenerator *g;
  const float *covariance;
  Entry entries[2 * SSG_MAX_PARTS + 1]; /* base, then shape and texture of each part */
};

SsgDirectionTable *ssg_direction_table_new(SsgGenerator *g, const float *covariance)
{
  SsgDirectionTable *table = g_new0(SsgDirectionTable, 1);
  table->g = g;
  table->covariance = covariance;
  return table;
}

SsgDirectionTable *ssg_direction_table_new_stored(SsgGenerator *g, int n, const float *directions, const float *effects)
{
  SsgDirectionTable *table = ssg_direction_table_new(g, NULL);
  gsize s = g->arch.style_dim;

  for (int row = 0; row < 1 + 2 * g->arch.n_parts; row++) {
    Entry *entry = &table->entries[row];
    entry->computed = TRUE;
    while (entry->n < n && effects[row * n + entry->n] > 0)
      entry->n++;
    entry->directions = g_memdup2(directions + (gsize) row * n * s, sizeof(float) * entry->n * s);
    entry->effects = g_memdup2(effects + row * n, sizeof(float) * entry->n);
  }
  return table;
}

void ssg_direction_table_write(SsgDirectionTable *table, float *directions, float *effects)
{
  gsize s = table->g->arch.style_dim;

  memset(directions, 0, sizeof(float) * (1 + 2 * table->g->arch.n_parts) * SSG_N_DIRECTIONS * s);
  memset(effects, 0, sizeof(float) * (1 + 2 * table->g->arch.n_parts) * SSG_N_DIRECTIONS);
  for (int row = 0; row < 1 + 2 * table->g->arch.n_parts; row++) {
    SsgDirections found = ssg_direction_table_get(table, row ? (row - 1) / 2 : -1, row && row % 2 == 0 ? SSG_CODE_TEXTURE : SSG_CODE_SHAPE);
    if (found.n == 0)
      continue;
    memcpy(directions + (gsize) row * SSG_N_DIRECTIONS * s, found.directions, sizeof(float) * found.n * s);
    memcpy(effects + row * SSG_N_DIRECTIONS, found.effects, sizeof(float) * found.n);
  }
}

void ssg_direction_table_free(SsgDirectionTable *table)
{
  if (!table)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS(table->entries); i++) {
    g_free(table->entries[i].directions);
    g_free(table->entries[i].effects);
  }
  g_free(table);
}

/* y = q B for B [m, m]. */
static void multiply(const double *q, const double *b, double *y, int n, int m)
{
  memset(y, 0, sizeof(double) * n * m);
  for (int t = 0; t < m; t++)
    for (int i = 0; i < n; i++) {
      double a = q[(gsize) i * m + t];
      const double *row = b + (gsize) t * m;
      double *out = y + (gsize) i * m;
      for (int j = 0; j < m; j++)
        out[j] += a * row[j];
    }
}

/* Makes the n rows of q [n, m] orthonormal under the metric [m, m], or under the identity when it is NULL (Gram-Schmidt; rounding
 * does not add up, since every iteration repeats it). */
static void orthonormalise(double *q, const double *metric, int n, int m)
{
  g_autofree double *dual = g_new(double, (gsize) n * m); /* row i: metric times row i */
  for (int i = 0; i < n; i++) {
    double *a = q + (gsize) i * m, *da = dual + (gsize) i * m, norm = 0;
    for (int j = 0; j < i; j++) {
      const double *b = q + (gsize) j * m, *db = dual + (gsize) j * m;
      double dot = 0;
      for (int t = 0; t < m; t++)
        dot += a[t] * db[t];
      for (int t = 0; t < m; t++)
        a[t] -= dot * b[t];
    }
    if (metric)
      multiply(a, metric, da, 1, m);
    else
      memcpy(da, a, sizeof(double) * m);
    for (int t = 0; t < m; t++)
      norm += a[t] * da[t];
    norm = norm > 1e-300 ? 1 / sqrt(norm) : 0;
    for (int t = 0; t < m; t++) {
      a[t] *= norm;
      da[t] *= norm;
    }
  }
}

/* Modulation weights [rows, S] that read a code. first_part < 0: the base codes of every foreground part. */
static SsgTensor *modulation(SsgGenerator *g, int part, SsgCode what)
{
  const SsgArchitecture *a = &g->arch;
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  int first = what == SSG_CODE_TEXTURE ? a->n_depth : part <= 0 ? 0 : a->n_base;
  int end = part < 0 ? a->n_base : what == SSG_CODE_TEXTURE ? a->n_layers : a->n_depth;
  int first_part = part < 0 ? 1 : part, n_parts = part < 0 ? a->n_parts - 1 : 1;
  gint64 rows = (gint64) n_parts * a->local_channels, total = rows * (end - first), s = a->style_dim;

  if (total == 0)
    return NULL;
  SsgTensor *m = ssg_tensor_empty(ctx, SSG_F32, SSG_SHAPE(1, total, s));
  for (int l = first; l < end; l++) {
    SsgTensor *w = ssg_tensor_slice(g->local_mod_weight[l], 0, first_part, n_parts);
    ssg_tensor_copy_into(ssg_tensor_view(m, (l - first) * rows * s, SSG_SHAPE(rows, s)), w);
  }
  return ssg_tensor_scale(m, 1 / sqrtf(s));
}

static void compute(SsgDirectionTable *table, int part, SsgCode what, Entry *entry)
{
  SsgGenerator *g = table->g;
  SsgContext *ctx = ssg_parameters_context(g->parameters);
  gint64 s = g->arch.style_dim;

  ssg_scope_begin(ctx);
  SsgTensor *m = modulation(g, part, what);
  if (!m) {
    ssg_scope_end(ctx);
    return;
  }
  gint64 rows = ssg_tensor_dim(m, 1);
  SsgTensor *ms = ssg_tensor_matmul(m, ssg_tensor_new_f32(ctx, SSG_SHAPE(1, s, s), table->covariance), FALSE, FALSE, 1, NULL,
                                    FALSE); /* M S, [rows, S] */
  /* Two forms of one problem; the smaller is solved. M S M' q = l q, u = S M' q / sqrt(l); or M'M S v = l v with v' S v = 1, u = S v. */
  gboolean dual = rows > s;
  gint64 dim = dual ? s : rows;
  SsgTensor *covariance = ssg_tensor_new_f32(ctx, SSG_SHAPE(1, s, s), table->covariance);
  SsgTensor *b = dual ? ssg_tensor_matmul(covariance, ssg_tensor_matmul(m, m, TRUE, FALSE, 1, NULL, FALSE), FALSE, FALSE, 1,
                                          NULL, FALSE) /* S M'M: rows v' turn into (M'M S v)' */
                      : ssg_tensor_matmul(ms, m, FALSE, TRUE, 1, NULL, FALSE);
  int n = MIN(SSG_N_DIRECTIONS, dim), guard = MIN(n + 6, dim);
  g_autofree float *bf = g_new0(float, dim * dim), *msf = g_new0(float, rows * s);
  g_autofree double *bd = g_new(double, dim * dim), *q = g_new(double, guard * dim), *y = g_new(double, guard * dim);
  g_autofree double *metric = dual ? g_new(double, s * s) : NULL;
  gboolean ok = ssg_tensor_download(b, bf) && ssg_tensor_download(ms, msf);
  ssg_scope_end(ctx);
  if (!ok)
    return;
  for (gint64 i = 0; i < dim * dim; i++) {
    bd[i] = bf[i];
    if (dual)
      metric[i] = table->covariance[i];
  }
  GRand *rand = g_rand_new_with_seed(1);
  for (gint64 i = 0; i < guard * dim; i++)
    q[i] = g_rand_double_range(rand, -1, 1);
  g_rand_free(rand);
  orthonormalise(q, metric, guard, dim);
  for (int i = 0; i < ITERATIONS; i++) {
    multiply(q, bd, y, guard, dim);
    memcpy(q, y, sizeof(double) * guard * dim);
    orthonormalise(q, metric, guard, dim);
  }

  entry->directions = g_new0(float, n * s);
  entry->effects = g_new0(float, n);
  entry->n = n;
  for (int i = 0; i < n; i++) {
    const double *v = q + i * dim;
    float *u = entry->directions + i * s;
    double l = 0;
    g_autofree double *sv = g_new0(double, s); /* u before scaling: S v, or S M' q */
    multiply(v, bd, y, 1, dim);
    if (dual) {
      multiply(v, metric, sv, 1, s);
      for (gint64 j = 0; j < dim; j++)
        l += y[j] * sv[j]; /* v' S A S v = l v' S v = l */
    } else {
      for (gint64 j = 0; j < dim; j++)
        l += y[j] * v[j];
      for (gint64 t = 0; t < rows; t++)
        for (gint64 j = 0; j < s; j++)
          sv[j] += v[t] * msf[t * s + j];
    }
    entry->effects[i] = sqrt(MAX(l, 0));
    double scale = dual ? 1 : l > 0 ? 1 / sqrt(l) : 0;
    for (gint64 j = 0; j < s; j++)
      u[j] = sv[j] * scale;
  }
}

SsgDirections ssg_direction_table_get(SsgDirectionTable *table, int part, SsgCode what)
{
  Entry *entry = &table->entries[part < 0 ? 0 : 1 + 2 * part + (what == SSG_CODE_TEXTURE)];
  if (!entry->computed) {
    entry->computed = TRUE;
    compute(table, part, what, entry);
  }
  return (SsgDirections){.n = entry->n, .directions = entry->directions, .effects = entry->effects};
}
