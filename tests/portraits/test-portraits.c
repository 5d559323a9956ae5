/* The portrait artist: shares of the parts, labels against a picture in flat colours, determinism, attributes. */
#include <glib.h>
#include <string.h>
#include "trainer/portraits/portrait.h"

#define SIZE 96

typedef struct {
  guint8 rgb[SIZE * SIZE * 3], labels[SIZE * SIZE];
} Picture;

static void draw(guint64 seed, guint64 index, SsgPortraitLook look, Picture *out)
{
  SsgPortrait portrait;
  ssg_portrait_sample(&portrait, seed, index);
  g_assert_true(ssg_portrait_draw(&portrait, SIZE, look, out->rgb, out->labels));
}

/* The shares that README and model card may name: bounds around what 400 portraits of another seed gave. */
static void test_shares(void)
{
  static const double least[SSG_PORTRAIT_PARTS] = {.39, .13,  .008, .004, .007, .009, .008,
                                                   .11, .023, .03,  .012, .022, .0028};
  static const double most[SSG_PORTRAIT_PARTS] = {.59, .22, .015, .009, .013, .017, .017,
                                                  .20, .046, .06, .027, .050, .0056};
  static const double in_least[SSG_PORTRAIT_PARTS] = {1, 1, .65, .80, .99, .99, .6, .90, .95, .99, .22, .15, .2};
  enum { N = 300 };
  Picture *p = g_new(Picture, 1);
  double pixels[SSG_PORTRAIT_PARTS] = {0}, pictures[SSG_PORTRAIT_PARTS] = {0};
  for (int i = 0; i < N; i++) {
    gboolean seen[SSG_PORTRAIT_PARTS] = {FALSE};
    memset(p->labels, 0xff, sizeof p->labels);
    draw(11, (guint64) i, SSG_LOOK_PAINT, p);
    for (int k = 0; k < SIZE * SIZE; k++) {
      g_assert_cmpint(p->labels[k], <, SSG_PORTRAIT_PARTS);
      pixels[p->labels[k]]++;
      seen[p->labels[k]] = TRUE;
    }
    for (int k = 0; k < SSG_PORTRAIT_PARTS; k++)
      pictures[k] += seen[k];
  }
  for (int k = 0; k < SSG_PORTRAIT_PARTS; k++) {
    double share = pixels[k] / ((double) N * SIZE * SIZE), in = pictures[k] / N;
    g_test_message("%-10s %6.2f %% of the pixels, in %5.1f %% of the portraits",
                   ssg_portrait_part_name((SsgPortraitPart) k), share * 100, in * 100);
    g_assert_cmpfloat(share, >, least[k]);
    g_assert_cmpfloat(share, <, most[k]);
    g_assert_cmpfloat(in, >=, in_least[k]);
  }
  g_free(p);
}

static int nearest_part(const guint8 *c)
{
  int best = 0, least = G_MAXINT;
  for (int k = 0; k < SSG_PORTRAIT_PARTS; k++) {
    guint8 f[3];
    ssg_portrait_flat_color((SsgPortraitPart) k, f);
    int d = 0;
    for (int i = 0; i < 3; i++)
      d += (c[i] - f[i]) * (c[i] - f[i]);
    if (d < least) {
      least = d;
      best = k;
    }
  }
  return best;
}

/* Whether c is the label's colour with less than 55 % of one other part mixed in: something thinner than half a pixel
 * lies there, which the label leaves out. */
static gboolean mostly(const guint8 *c, int label)
{
  guint8 a[3], b[3];
  ssg_portrait_flat_color((SsgPortraitPart) label, a);
  for (int k = 0; k < SSG_PORTRAIT_PARTS; k++) {
    ssg_portrait_flat_color((SsgPortraitPart) k, b);
    double length = 0, t = 0, off = 0;
    for (int i = 0; i < 3; i++) {
      length += (b[i] - a[i]) * (b[i] - a[i]);
      t += (c[i] - a[i]) * (b[i] - a[i]);
    }
    t = length > 0 ? t / length : 0;
    for (int i = 0; i < 3; i++)
      off += (c[i] - a[i] - t * (b[i] - a[i])) * (c[i] - a[i] - t * (b[i] - a[i]));
    if (t >= 0 && t < 0.55 && off < 12 * 12)
      return TRUE;
  }
  return FALSE;
}

/* Whether another label lies within one pixel. */
static gboolean at_border(const guint8 *labels, int x, int y)
{
  for (int j = MAX(y - 1, 0); j <= MIN(y + 1, SIZE - 1); j++)
    for (int i = MAX(x - 1, 0); i <= MIN(x + 1, SIZE - 1); i++)
      if (labels[j * SIZE + i] != labels[y * SIZE + x])
        return TRUE;
  return FALSE;
}

static void test_labels_follow_picture(void)
{
  Picture *flat = g_new(Picture, 1), *paint = g_new(Picture, 1);
  long inner = 0, thin = 0, border = 0, border_differs = 0;
  for (guint64 i = 0; i < 150; i++) {
    draw(12, i, SSG_LOOK_FLAT, flat);
    draw(12, i, SSG_LOOK_PAINT, paint);
    g_assert_cmpmem(flat->labels, sizeof flat->labels, paint->labels, sizeof paint->labels);
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        int label = flat->labels[y * SIZE + x], seen = nearest_part(flat->rgb + (y * SIZE + x) * 3);
        if (at_border(flat->labels, x, y)) {
          border++;
          border_differs += seen != label;
        } else {
          inner++;
          thin += seen != label;
          if (seen != label && !mostly(flat->rgb + (y * SIZE + x) * 3, label))
            g_error("portrait %d, pixel %d, %d: label %s, picture %s", (int) i, x, y,
                    ssg_portrait_part_name((SsgPortraitPart) label), ssg_portrait_part_name((SsgPortraitPart) seen));
        }
      }
    }
  }
  g_test_message(
      "%ld pixels away from borders agree (%ld with something thin across); of %ld at borders %.1f %% are nearer to "
      "another part's colour",
      inner, thin, border, 100.0 * border_differs / border);
  g_assert_cmpint(inner, >, border);
  g_assert_cmpfloat((double) thin / inner, <, 0.0005);
  /* Mixed colours may lie nearest to a third part's; more would be a shift between label and picture. */
  g_assert_cmpfloat((double) border_differs / border, <, 0.25);
  g_free(flat);
  g_free(paint);
}

static gpointer draw_checksum(gpointer data)
{
  Picture *p = g_new0(Picture, 1);
  GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
  for (int i = 0; i < 12; i++) {
    draw(13, (guint64) i, (SsgPortraitLook) (i % SSG_PORTRAIT_LOOKS), p);
    g_checksum_update(sum, (const guchar *) p, sizeof *p);
  }
  char *text = g_strdup(g_checksum_get_string(sum));
  g_checksum_free(sum);
  g_free(p);
  return text;
}

static void test_same_seed_same_bytes(void)
{
  GThread *threads[3];
  for (int i = 0; i < 3; i++)
    threads[i] = g_thread_new("draw", draw_checksum, NULL);
  char *alone = draw_checksum(NULL);
  for (int i = 0; i < 3; i++) {
    char *other = g_thread_join(threads[i]);
    g_assert_cmpstr(other, ==, alone);
    g_free(other);
  }
  g_free(alone);
  Picture *a = g_new(Picture, 1), *b = g_new(Picture, 1);
  draw(13, 0, SSG_LOOK_PAINT, a);
  draw(13, 1, SSG_LOOK_PAINT, b);
  g_assert_cmpint(memcmp(a, b, sizeof *a), !=, 0);
  draw(14, 0, SSG_LOOK_PAINT, b);
  g_assert_cmpint(memcmp(a, b, sizeof *a), !=, 0);
  g_free(a);
  g_free(b);
}

/* The people of a seed are part of the interface: a model card names a seed. A change of the distributions changes this
 * number on purpose, and NEWS.md says so. */
static void test_same_people_everywhere(void)
{
  guint64 hash = 14695981039346656037u;
  double values[SSG_PORTRAIT_MAX_ATTRIBUTES];
  for (guint64 i = 0; i < 200; i++) {
    SsgPortrait portrait;
    ssg_portrait_sample(&portrait, 1, i);
    ssg_portrait_attributes(&portrait, values);
    for (int k = 0; k < ssg_portrait_attribute_count(); k++) {
      float value = (float) values[k];
      guint32 bits;
      memcpy(&bits, &value, sizeof bits);
      hash = (hash ^ bits) * 1099511628211u;
    }
  }
  g_assert_cmphex(hash, ==, 0xe61d3c029e70dac8);
}

static double mean_difference(const Picture *a, const Picture *b)
{
  double sum = 0;
  for (int i = 0; i < SIZE * SIZE * 3; i++)
    sum += ABS(a->rgb[i] - b->rgb[i]);
  return sum / (SIZE * SIZE * 3);
}

/* Every look has the same labels and is plainly another picture. */
static void test_looks(void)
{
  Picture *p[SSG_PORTRAIT_LOOKS];
  for (int look = 0; look < SSG_PORTRAIT_LOOKS; look++) {
    p[look] = g_new(Picture, 1);
    draw(15, 3, (SsgPortraitLook) look, p[look]);
    g_assert_cmpmem(p[look]->labels, SIZE * SIZE, p[0]->labels, SIZE * SIZE);
    for (int other = 0; other < look; other++)
      g_assert_cmpfloat(mean_difference(p[look], p[other]), >, 8.0);
  }
  for (int look = 0; look < SSG_PORTRAIT_LOOKS; look++)
    g_free(p[look]);
}

static int attribute(const char *name)
{
  for (int i = 0; i < ssg_portrait_attribute_count(); i++)
    if (g_str_equal(ssg_portrait_attribute_names()[i], name))
      return i;
  g_error("no attribute %s", name);
}

static gboolean has_part(const Picture *p, SsgPortraitPart part)
{
  return memchr(p->labels, part, sizeof p->labels) != NULL;
}

static void test_attributes(void)
{
  double values[SSG_PORTRAIT_MAX_ATTRIBUTES];
  Picture *p = g_new(Picture, 1);
  int n = ssg_portrait_attribute_count();
  for (int i = 0; i < n; i++)
    g_assert_cmpint(attribute(ssg_portrait_attribute_names()[i]), ==, i); /* no name twice */
  int glasses[3] = {attribute("glasses_round"), attribute("glasses_square"), attribute("glasses_cat")};
  int hats[4] = {attribute("hat_beanie"), attribute("hat_cap"), attribute("hat_brim"), attribute("hat_beret")};
  double yaw = 0;
  for (guint64 i = 0; i < 60; i++) {
    SsgPortrait portrait;
    ssg_portrait_sample(&portrait, 16, i);
    ssg_portrait_attributes(&portrait, values);
    g_assert_true(ssg_portrait_draw(&portrait, SIZE, SSG_LOOK_PAINT, NULL, p->labels));
    double g = 0, h = 0, cuts = 0;
    for (int k = 0; k < 3; k++)
      g += values[glasses[k]];
    for (int k = 0; k < 4; k++)
      h += values[hats[k]];
    for (int k = 0; k < n; k++) {
      g_assert_true(values[k] == values[k]);
      if (g_str_has_prefix(ssg_portrait_attribute_names()[k], "hair_cut_"))
        cuts += values[k];
    }
    g_assert_cmpfloat(cuts, ==, 1);
    g_assert_cmpint(g > 0, ==, has_part(p, SSG_PORTRAIT_GLASSES));
    g_assert_cmpint(h > 0, ==, has_part(p, SSG_PORTRAIT_HAT));
    g_assert_cmpfloat_with_epsilon(values[attribute("skin_r")], portrait.skin[0], 1e-6);
    yaw += values[attribute("yaw")] * values[attribute("yaw")];
  }
  g_assert_cmpfloat(yaw / 60, >, 0.02);
  g_free(p);
}

/* Values may be changed between sampling and drawing, and do what their names say. */
static void test_edits_move_the_picture(void)
{
  SsgPortrait a, b;
  Picture *p = g_new(Picture, 1);
  ssg_portrait_sample(&a, 17, 5);
  a.glasses = SSG_GLASSES_NONE;
  a.hat = SSG_HAT_NONE;
  a.fringe = 0;
  b = a;
  double x[2] = {0, 0};
  a.yaw = -0.4f;
  b.yaw = 0.4f;
  for (int side = 0; side < 2; side++) {
    int count = 0;
    g_assert_true(ssg_portrait_draw(side ? &b : &a, SIZE, SSG_LOOK_PAINT, p->rgb, p->labels));
    for (int i = 0; i < SIZE * SIZE; i++) {
      if (p->labels[i] == SSG_PORTRAIT_NOSE) {
        x[side] += i % SIZE;
        count++;
      }
    }
    g_assert_cmpint(count, >, 0);
    x[side] /= count;
  }
  g_assert_cmpfloat(x[1] - x[0], >, SIZE * 0.08); /* to the picture's right */
  g_free(p);
}

static void test_refuses_sizes(void)
{
  SsgPortrait portrait;
  guint8 byte;
  ssg_portrait_sample(&portrait, 1, 1);
  g_assert_false(ssg_portrait_draw(&portrait, 15, SSG_LOOK_PAINT, &byte, &byte));
  g_assert_false(ssg_portrait_draw(&portrait, 2049, SSG_LOOK_PAINT, &byte, &byte));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/portraits/shares", test_shares);
  g_test_add_func("/portraits/labels-follow-picture", test_labels_follow_picture);
  g_test_add_func("/portraits/same-seed-same-bytes", test_same_seed_same_bytes);
  g_test_add_func("/portraits/same-people-everywhere", test_same_people_everywhere);
  g_test_add_func("/portraits/looks", test_looks);
  g_test_add_func("/portraits/attributes", test_attributes);
  g_test_add_func("/portraits/edits-move-the-picture", test_edits_move_the_picture);
  g_test_add_func("/portraits/refuses-sizes", test_refuses_sizes);
  return g_test_run();
}
