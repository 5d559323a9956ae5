#include <math.h>
#include <string.h>
#include "trainer/metrics-distance.h"

/* Cyclic Jacobi: a [d, d] symmetric becomes diagonal, the columns of v its eigenvectors. */
static void diagonalise(int d, double *a, double *v)
{
  memset(v, 0, (gsize) d * d * sizeof *v);
  for (int i = 0; i < d; i++)
    v[i * d + i] = 1;
  for (int sweep = 0; sweep < 60; sweep++) {
    double off = 0, all = 0;
    for (int i = 0; i < d * d; i++) {
      all += a[i] * a[i];
      off += i / d != i % d ? a[i] * a[i] : 0;
    }
    if (off <= 1e-30 * all)
      return;
    for (int p = 0; p < d; p++)
      for (int q = p + 1; q < d; q++) {
        if (a[p * d + q] == 0)
          continue;
        double theta = (a[q * d + q] - a[p * d + p]) / (2 * a[p * d + q]);
        double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
        double c = 1 / sqrt(t * t + 1), s = t * c;
        for (int i = 0; i < d; i++) {
          double x = a[i * d + p], y = a[i * d + q];
          a[i * d + p] = c * x - s * y;
          a[i * d + q] = s * x + c * y;
        }
        for (int i = 0; i < d; i++) {
          double x = a[p * d + i], y = a[q * d + i];
          a[p * d + i] = c * x - s * y;
          a[q * d + i] = s * x + c * y;
        }
        for (int i = 0; i < d; i++) {
          double x = v[i * d + p], y = v[i * d + q];
          v[i * d + p] = c * x - s * y;
          v[i * d + q] = s * x + c * y;
        }
      }
  }
}

/* out = a b, all [d, d]. */
static void multiply(int d, const double *a, const double *b, double *out)
{
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) {
      double sum = 0;
      for (int k = 0; k < d; k++)
        sum += a[i * d + k] * b[k * d + j];
      out[i * d + j] = sum;
    }
}

/* root = the symmetric square root of cov. */
static void square_root(int d, const double *cov, double *root)
{
  g_autofree double *a = g_memdup2(cov, (gsize) d * d * sizeof *cov), *v = g_new(double, (gsize) d *d);
  diagonalise(d, a, v);
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) {
      double sum = 0;
      for (int k = 0; k < d; k++)
        sum += v[i * d + k] * sqrt(fmax(0, a[k * d + k])) * v[j * d + k];
      root[i * d + j] = sum;
    }
}

double ssg_frechet_distance(int d, const double *mean_a, const double *cov_a, const double *mean_b, const double *cov_b)
{
  gsize n = (gsize) d * d;
  g_autofree double *root = g_new(double, n), *half = g_new(double, n), *inner = g_new(double, n),
                    *v = g_new(double, n);
  double sum = 0;

  square_root(d, cov_a, root);
  multiply(d, root, cov_b, half);
  multiply(d, half, root, inner);
  for (int i = 0; i < d; i++) /* symmetric but for rounding, which Jacobi would not see */
    for (int j = 0; j < i; j++)
      inner[i * d + j] = inner[j * d + i] = (inner[i * d + j] + inner[j * d + i]) / 2;
  diagonalise(d, inner, v);
  for (int i = 0; i < d; i++)
    sum += (mean_a[i] - mean_b[i]) * (mean_a[i] - mean_b[i]) + cov_a[i * d + i] + cov_b[i * d + i] -
           2 * sqrt(fmax(0, inner[i * d + i]));
  return sum < 0 ? 0 : sum; /* below it only by rounding; NaN stays NaN */
}
