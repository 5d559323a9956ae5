#include "engine/parts.h"

#define N_FACE_PARTS 13

static const char *const face_parts[N_FACE_PARTS] = {"background", "face", "eye",  "eyebrow", "mouth",   "nose",   "ear",
                                                     "hair",       "neck", "cloth", "glasses", "hat", "earring"};
static const guint32 colors[] = {0x3d3d40, 0xf0d85a, 0x2f6fb0, 0x1f9aa0, 0xd8576b, 0x7fd68a, 0xb5dd5c,
                                 0x6c8ad4, 0xf2c14e, 0xf08a4b, 0xe0563f, 0xc95fa8, 0xa46fd0};

char *ssg_part_default_name(int part, int n_parts)
{
  if (n_parts == N_FACE_PARTS)
    return g_strdup(face_parts[part]);
  return part == 0 ? g_strdup("background") : g_strdup_printf("part %d", part);
}

guint32 ssg_part_default_color(int part)
{
  int n = G_N_ELEMENTS(colors);
  return part < n ? colors[part] : colors[1 + (part - 1) % (n - 1)];
}

guint64 ssg_part_default_transparent(int n_parts)
{
  return n_parts == N_FACE_PARTS ? (1u << 10) | (1u << 12) : 0;
}
