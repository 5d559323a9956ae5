#include "trainer/shuffle.h"

#include "kernels/math/random.h"

#define ROUNDS 6
/* Sets these draws apart from all others of the same seed. */
#define STREAM_ORDER (G_GUINT64_CONSTANT(0x6f72646572) << 16)

static guint64 permute(guint64 seed, guint64 epoch, guint half_bits, guint64 value)
{
  guint64 mask = (G_GUINT64_CONSTANT(1) << half_bits) - 1, left = value >> half_bits, right = value & mask;
  /* The epoch goes into the key: it would not fit beside the round and the half in the counter. */
  guint64 key = seed ^ (epoch * G_GUINT64_CONSTANT(0x9E3779B97F4A7C15));
  for (int round = 0; round < ROUNDS; round++) {
    SsgPhilox random = ssg_math_philox(key, STREAM_ORDER + (guint64) round, right);
    guint64 mixed = left ^ ((random.word[0] | (guint64) random.word[1] << 32) & mask);
    left = right;
    right = mixed;
  }
  return left << half_bits | right;
}

guint64 ssg_shuffle_index(guint64 seed, guint64 count, guint64 position)
{
  guint64 epoch = position / count, value = position % count;
  guint half_bits = 1;
  g_assert(count >= 1 && count <= G_GUINT64_CONSTANT(1) << 60);
  while (G_GUINT64_CONSTANT(1) << (2 * half_bits) < count)
    half_bits++;
  /* A permutation of the power of four above: following its cycle until it is back in the set permutes the set. */
  do
    value = permute(seed, epoch, half_bits, value);
  while (value >= count);
  return value;
}
