/* How local the artist's own edits are, by the measure of `ssgan-trainer metrics`: the same person is drawn with the shape, or the
 * texture, of one part from another person. What lies outside of the part then is the part's antialiased rim, its shade on what is
 * around it, and what lies behind glasses: a yardstick for models of these portraits, not a bound. Arguments: size of the pictures (128), number of people (500). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trainer/metrics-locality.h"
#include "trainer/portraits/portrait.h"

typedef struct {
  gsize offset, size;
} Field;

/* The fields of a person that are a part's shape, and its texture, which may have none; up to the first of size 0. */
typedef struct {
  SsgPortraitPart part;
  Field shape[8], texture[8];
} Edit;

#define FIELD(name) {G_STRUCT_OFFSET(SsgPortrait, name), sizeof((SsgPortrait *) NULL)->name}
static const Edit edits[] = {
    {SSG_PORTRAIT_EYE,
     {FIELD(eye_size), FIELD(eye_spacing), FIELD(eye_tilt), FIELD(eye_open), FIELD(gaze_x), FIELD(gaze_y)},
     {FIELD(iris)}},
    {SSG_PORTRAIT_EYEBROW, {FIELD(brow_thickness), FIELD(brow_arch), FIELD(brow_height), FIELD(brow_tilt)}},
    {SSG_PORTRAIT_MOUTH, {FIELD(mouth_width), FIELD(lip_fullness), FIELD(smile), FIELD(mouth_open)}, {FIELD(lip), FIELD(lipstick)}},
    {SSG_PORTRAIT_NOSE, {FIELD(nose_length), FIELD(nose_width), FIELD(nose_bridge)}},
    {SSG_PORTRAIT_EAR, {FIELD(ear_size)}},
    {SSG_PORTRAIT_HAIR,
     {FIELD(hair_cut), FIELD(hair_length), FIELD(hair_volume), FIELD(hair_wave), FIELD(hair_part), FIELD(fringe), FIELD(hair_tucked)},
     {FIELD(hair), FIELD(grey)}},
    {SSG_PORTRAIT_CLOTH, {FIELD(cloth)}, {FIELD(pattern), FIELD(cloth_color), FIELD(cloth_color2), FIELD(pattern_scale)}},
    {SSG_PORTRAIT_GLASSES, {FIELD(glasses), FIELD(glasses_width)}, {FIELD(lens_tint), FIELD(glasses_color), FIELD(lens_color)}},
    {SSG_PORTRAIT_HAT, {FIELD(hat)}, {FIELD(hat_color), FIELD(hat_color2)}},
    {SSG_PORTRAIT_EARRING, {FIELD(earring), FIELD(earring_size)}, {FIELD(earring_color)}},
};
#undef FIELD

static void copy_fields(SsgPortrait *to, const SsgPortrait *from, const Field *fields)
{
  for (; fields->size; fields++)
    memcpy((char *) to + fields->offset, (const char *) from + fields->offset, fields->size);
}

typedef struct {
  guint8 *rgb, *labels;
  float *values; /* rgb, -1..1 */
} Picture;

static Picture picture_new(int n_pixels)
{
  return (Picture){g_malloc(3 * n_pixels), g_malloc(n_pixels), g_new(float, 3 * n_pixels)};
}

static void picture_clear(Picture *p)
{
  g_free(p->rgb);
  g_free(p->labels);
  g_free(p->values);
}

static void draw(const SsgPortrait *portrait, int size, Picture *out)
{
  if (!ssg_portrait_draw(portrait, size, SSG_LOOK_PAINT, out->rgb, out->labels))
    g_error("drawing failed");
  for (int i = 0; i < 3 * size * size; i++)
    out->values[i] = out->rgb[i] / 127.5f - 1;
}

static SsgLocality measure(SsgPortraitPart part, const Field *fields, int size, int count)
{
  SsgLocality locality = {0};
  Picture before = picture_new(size * size), after = picture_new(size * size);
  for (int i = 0; i < count; i++) {
    SsgPortrait person, donor;
    ssg_portrait_sample(&person, 1, i);
    ssg_portrait_sample(&donor, 2, i);
    draw(&person, size, &before);
    copy_fields(&person, &donor, fields);
    draw(&person, size, &after);
    ssg_locality_add(&locality, part, size * size, before.values, before.labels, after.values, after.labels);
  }
  picture_clear(&before);
  picture_clear(&after);
  return locality;
}

int main(int argc, char **argv)
{
  int size = argc > 1 ? atoi(argv[1]) : 128, count = argc > 2 ? atoi(argv[2]) : 500;
  printf("the artist's own edits: %d people of %d x %d pixels\n%-10s %8s %8s\n", count, size, size, "inside", "shape", "texture");
  for (gsize i = 0; i < G_N_ELEMENTS(edits); i++) {
    SsgLocality shape = measure(edits[i].part, edits[i].shape, size, count);
    printf("%-10s %7.1f%%", ssg_portrait_part_name(edits[i].part), 100 * ssg_locality_inside(&shape));
    if (edits[i].texture->size) {
      SsgLocality texture = measure(edits[i].part, edits[i].texture, size, count);
      printf(" %7.1f%%", 100 * ssg_locality_inside(&texture));
    }
    printf("\n");
  }
  return 0;
}
