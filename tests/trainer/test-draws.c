/* The random draws of training steps. */
#include <string.h>

#include "trainer/training-draws.h"

#define K 13

static const SsgArchitecture arch = {.n_parts = K, .style_dim = 8};

/* A locality step edits one thing of one part in each sample, with and without style mixing, and in time everything of all parts. */
static void test_locality(void)
{
  gboolean seen[K][2] = {0};
  for (int iteration = 0; iteration < 100; iteration++) {
    g_autoptr(SsgDraw) draw = ssg_draws_new(&arch, iteration % 2, 7, iteration, SSG_DRAW_LOCALITY, 4, 0, 1);
    g_assert_nonnull(draw->z1);
    for (int i = 0; i < draw->n; i++) {
      int edits = 0;
      for (int k = 0; k < K; k++) {
        guint8 mix = draw->mix[k * draw->n + i];
        edits += mix != SSG_MIX_FIRST;
        if (mix == SSG_MIX_SECOND_SHAPE || mix == SSG_MIX_SECOND_TEXTURE)
          seen[k][mix == SSG_MIX_SECOND_TEXTURE] = TRUE;
        else
          g_assert_cmpint(mix, ==, SSG_MIX_FIRST);
      }
      g_assert_cmpint(edits, ==, 1);
    }
  }
  for (int k = 0; k < K; k++)
    g_assert_true(seen[k][0] && seen[k][1]);
}

/* A sample's draws are its own, however the batch is split. */
static void test_split(void)
{
  for (SsgDrawPurpose purpose = SSG_DRAW_D; purpose <= SSG_DRAW_LOCALITY; purpose++) {
    g_autoptr(SsgDraw) whole = ssg_draws_new(&arch, 1, 7, 3, purpose, 6, 0, 1);
    g_autoptr(SsgDraw) odd = ssg_draws_new(&arch, 1, 7, 3, purpose, 3, 1, 2);
    for (int i = 0; i < 3; i++) {
      g_assert_cmpmem(odd->z0 + 8 * i, 8 * sizeof(float), whole->z0 + 8 * (2 * i + 1), 8 * sizeof(float));
      g_assert_cmpmem(odd->z1 + 8 * i, 8 * sizeof(float), whole->z1 + 8 * (2 * i + 1), 8 * sizeof(float));
      g_assert_cmpuint(odd->streams[i], ==, whole->streams[2 * i + 1]);
      for (int k = 0; k < K; k++)
        g_assert_cmpint(odd->mix[k * 3 + i], ==, whole->mix[k * 6 + 2 * i + 1]);
    }
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/trainer/draws/locality", test_locality);
  g_test_add_func("/trainer/draws/split", test_split);
  return g_test_run();
}
