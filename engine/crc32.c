#include "engine/crc32.h"

#include <string.h>

/* table[k][b]: the effect of byte b followed by k zero bytes. With eight tables, eight bytes take one step, so that
 * checking a checkpoint of hundreds of MB costs a fraction of a second. */
static guint32 table[8][256];

static void fill_table(void)
{
  for (guint32 b = 0; b < 256; b++) {
    guint32 crc = b;
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    table[0][b] = crc;
  }
  for (int k = 1; k < 8; k++) {
    for (int b = 0; b < 256; b++)
      table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xff];
  }
}

guint32 ssg_crc32(guint32 crc, const void *data, gsize size)
{
  static gsize filled = 0;
  if (g_once_init_enter(&filled)) {
    fill_table();
    g_once_init_leave(&filled, 1);
  }
  const guint8 *at = data;
  crc = ~crc;
  for (; size >= 8; size -= 8, at += 8) {
    guint64 word;
    memcpy(&word, at, 8);
    word = GUINT64_FROM_LE(word) ^ crc;
    crc = 0;
    for (int k = 0; k < 8; k++)
      crc ^= table[7 - k][word >> (8 * k) & 0xff];
  }
  for (; size > 0; size--, at++)
    crc = crc >> 8 ^ table[0][(crc ^ *at) & 0xff];
  return ~crc;
}
