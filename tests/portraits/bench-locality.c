/* How local the artist's own edits are, by the measure of `ssgan-trainer metrics`: the same person is drawn with the shape, or the
 * texture, of one part from another person. What lies outside of the part then is the part's antialiased rim and its shade on what is
 * around it: no model of these portraits can be asked for more. Arguments: size of the pictures (128), number of people (500). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trainer/metrics-locality.h"
#include "trainer/portraits/portrait.h"

typedef struct {
  SsgPortraitPart part;
  void (*shape)(SsgPortrait *to, const SsgPortrait *from);
  void (*texture)(SsgPortrait *to, const SsgPortrait *from);
} Edit;

#define COPY(field) memcpy(&to->field, &from->field, sizeof to->field)

static void eye_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(eye_size), COPY(eye_spacing), COPY(eye_tilt), COPY(eye_open), COPY(gaze_x), COPY(gaze_y);
}

static void eye_texture(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(iris);
}

static void brow_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(brow_thickness), COPY(brow_arch), COPY(brow_height), COPY(brow_tilt);
}

static void mouth_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(mouth_width), COPY(lip_fullness), COPY(smile), COPY(mouth_open);
}

static void mouth_texture(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(lip), COPY(lipstick);
}

static void nose_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(nose_length), COPY(nose_width), COPY(nose_bridge);
}

static void ear_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(ear_size);
}

static void hair_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(hair_cut), COPY(hair_length), COPY(hair_volume), COPY(hair_wave), COPY(hair_part), COPY(fringe), COPY(hair_tucked);
}

static void hair_texture(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(hair), COPY(grey);
}

static void cloth_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(cloth);
}

static void cloth_texture(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(pattern), COPY(cloth_color), COPY(cloth_color2), COPY(pattern_scale);
}

static void glasses_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(glasses), COPY(glasses_width);
}

static void glasses_texture(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(lens_tint), COPY(glasses_color), COPY(lens_color);
}

static void hat_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(hat);
}

static void hat_texture(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(hat_color), COPY(hat_color2);
}

static void earring_shape(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(earring), COPY(earring_size);
}

static void earring_texture(SsgPortrait *to, const SsgPortrait *from)
{
  COPY(earring_color);
}

static const Edit edits[] = {
    {SSG_PORTRAIT_EYE, eye_shape, eye_texture},
    {SSG_PORTRAIT_EYEBROW, brow_shape, NULL},
    {SSG_PORTRAIT_MOUTH, mouth_shape, mouth_texture},
    {SSG_PORTRAIT_NOSE, nose_shape, NULL},
    {SSG_PORTRAIT_EAR, ear_shape, NULL},
    {SSG_PORTRAIT_HAIR, hair_shape, hair_texture},
    {SSG_PORTRAIT_CLOTH, cloth_shape, cloth_texture},
    {SSG_PORTRAIT_GLASSES, glasses_shape, glasses_texture},
    {SSG_PORTRAIT_HAT, hat_shape, hat_texture},
    {SSG_PORTRAIT_EARRING, earring_shape, earring_texture},
};

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

static SsgLocality measure(const Edit *edit, void (*copy)(SsgPortrait *, const SsgPortrait *), int size, int count)
{
  SsgLocality locality = {0};
  Picture before = picture_new(size * size), after = picture_new(size * size);
  for (int i = 0; i < count; i++) {
    SsgPortrait person, donor;
    ssg_portrait_sample(&person, 1, i);
    ssg_portrait_sample(&donor, 2, i);
    draw(&person, size, &before);
    copy(&person, &donor);
    draw(&person, size, &after);
    ssg_locality_add(&locality, edit->part, size * size, before.values, before.labels, after.values, after.labels);
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
    SsgLocality shape = measure(&edits[i], edits[i].shape, size, count);
    printf("%-10s %7.1f%%", ssg_portrait_part_name(edits[i].part), 100 * ssg_locality_inside(&shape));
    if (edits[i].texture) {
      SsgLocality texture = measure(&edits[i], edits[i].texture, size, count);
      printf(" %7.1f%%", 100 * ssg_locality_inside(&texture));
    }
    printf("\n");
  }
  return 0;
}
