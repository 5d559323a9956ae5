#include "trainer/training-draws.h"

#include <string.h>

#include "kernels/math/random.h"

#define STREAMS_PER_SAMPLE 64 /* SSG_DRAW_STREAMS for noise, the last ones for codes and mixing */
#define MIX_STREAM 61
#define Z0_STREAM 62
#define Z1_STREAM 63
#define BATCH_BITS 20 /* samples of an iteration; the last number stands for the iteration itself */

G_STATIC_ASSERT(SSG_DRAW_STREAMS < MIX_STREAM);

static guint64 stream_of(gint64 iteration, SsgDrawPurpose purpose, guint64 sample)
{
  return ((((guint64) iteration * 4 + purpose) << BATCH_BITS) + sample) * STREAMS_PER_SAMPLE;
}

static void normals(guint64 seed, guint64 stream, int n, float *out)
{
  for (int i = 0; i < n; i += 4) {
    float four[4];
    ssg_math_normal4(seed, stream, i / 4, four);
    memcpy(out + i, four, MIN(4, n - i) * sizeof(float));
  }
}

SsgDraw *ssg_draws_new(const SsgArchitecture *arch, double mixing, guint64 seed, gint64 iteration, SsgDrawPurpose purpose,
                       int n, int first, int step)
{
  int s = arch->style_dim;
  SsgDraw *draw = g_new0(SsgDraw, 1);
  float *z0 = g_new(float, n * s);
  guint64 *streams = g_new(guint64, n);
  guint64 whole = stream_of(iteration, purpose, (1u << BATCH_BITS) - 1);
  gboolean edit = purpose == SSG_DRAW_LOCALITY, mixed = edit || ssg_math_philox(seed, whole, 0).word[0] < mixing * 4294967296.0;

  draw->n = n;
  draw->noise = SSG_NOISE_SEEDED;
  draw->seed = seed;
  draw->z0 = z0;
  draw->streams = streams;
  for (int i = 0; i < n; i++) {
    streams[i] = stream_of(iteration, purpose, first + i * step);
    normals(seed, streams[i] + Z0_STREAM, s, z0 + i * s);
  }
  if (!mixed)
    return draw;
  float *z1 = g_new(float, n * s);
  guint8 *mix = g_new0(guint8, arch->n_parts * n);
  for (int i = 0; i < n; i++) {
    normals(seed, streams[i] + Z1_STREAM, s, z1 + i * s);
    if (edit) {
      guint64 which = (ssg_math_philox(seed, streams[i] + MIX_STREAM, 0).word[0] * 2ull * arch->n_parts) >> 32;
      mix[which / 2 * n + i] = which % 2 ? SSG_MIX_SECOND_TEXTURE : SSG_MIX_SECOND_SHAPE;
      continue;
    }
    for (int k = 0; k < arch->n_parts; k++) /* thirds of 2^32 are equal to one part in a billion */
      mix[k * n + i] = ((guint64) ssg_math_philox(seed, streams[i] + MIX_STREAM, k).word[0] * 3) >> 32;
  }
  draw->z1 = z1;
  draw->mix = mix;
  return draw;
}

void ssg_draws_free(SsgDraw *draw)
{
  if (!draw)
    return;
  g_free((gpointer) draw->z0);
  g_free((gpointer) draw->z1);
  g_free((gpointer) draw->mix);
  g_free((gpointer) draw->streams);
  g_free(draw);
}
