/* Where label maps have which part, and which cells are counted to it. */
#include <string.h>

#include "trainer/mask-support.h"

#define SIZE 12
#define H 6
#define K 3

/* One pixel of a cell is enough, and a map counts once however many there are. */
static void test_count(void)
{
  guint8 maps[2 * SIZE * SIZE] = {0};
  double counts[K * H * H] = {0};

  maps[3 * SIZE + 5] = 1;                 /* first map: cell (1, 2) */
  maps[2 * SIZE + 4] = 1;                 /* the same cell */
  maps[SIZE * SIZE + 3 * SIZE + 5] = 1;   /* second map: again */
  maps[SIZE * SIZE + 11 * SIZE + 11] = 2; /* and the last cell */
  ssg_mask_support_count(maps, 2, SIZE, K, H, counts);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < H; x++) {
      g_assert_cmpfloat(counts[y * H + x], ==, 2);
      g_assert_cmpfloat(counts[(H + y) * H + x], ==, y == 1 && x == 2 ? 2 : 0);
      g_assert_cmpfloat(counts[(2 * H + y) * H + x], ==, y == 5 && x == 5 ? 1 : 0);
    }
}

/* Around a cell that has the part there are eight that may; one map of two thousand is an error of whoever labelled. */
static void test_find(void)
{
  double counts[K * H * H] = {0};
  counts[0] = 2;                /* part 0 in the first corner */
  counts[H * H + 3 * H + 2] = 2; /* part 1 in the middle */
  counts[2 * H * H + 20] = 1;   /* part 2: too seldom */
  g_autofree guint8 *few = ssg_mask_support_find(counts, 2000, K, H), *all = ssg_mask_support_find(counts, 3, K, H);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < H; x++) {
      g_assert_cmpint(few[y * H + x], ==, y <= 1 && x <= 1);
      g_assert_cmpint(few[(H + y) * H + x], ==, ABS(y - 3) <= 1 && ABS(x - 2) <= 1);
      g_assert_cmpint(few[(2 * H + y) * H + x], ==, 0);
      g_assert_cmpint(all[(2 * H + y) * H + x], ==, ABS(y - 3) <= 1 && ABS(x - 2) <= 1);
    }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mask-support/count", test_count);
  g_test_add_func("/mask-support/find", test_find);
  return g_test_run();
}
