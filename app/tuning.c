#include "app/tuning.h"

#include <string.h>

typedef struct {
  SsgDirectionSet *set; /* owned */
  float *amounts;       /* [set->n] */
} Directions;

struct _SsgTuning {
  gatomicrefcount refs;
  int part;
  SsgFace *anchor, *donor;
  float blend_shape, blend_texture, psi;
  float *mean; /* [S] or NULL while psi is 1 */
  Directions shape, texture;
};

G_DEFINE_BOXED_TYPE(SsgTuning, ssg_tuning, ssg_tuning_ref, ssg_tuning_unref)

static void directions_copy(Directions *to, const Directions *from)
{
  to->set = from->set ? ssg_direction_set_ref(from->set) : NULL;
  to->amounts = from->set ? g_memdup2(from->amounts, from->set->n * sizeof *from->amounts) : NULL;
}

static void directions_clear(Directions *directions)
{
  g_clear_pointer(&directions->set, ssg_direction_set_unref);
  g_clear_pointer(&directions->amounts, g_free);
}

static gboolean directions_at_rest(const Directions *directions)
{
  for (int i = 0; directions->set && i < directions->set->n; i++)
    if (directions->amounts[i] != 0)
      return FALSE;
  return TRUE;
}

static SsgTuning *tuning_copy(const SsgTuning *tuning)
{
  SsgTuning *copy = g_memdup2(tuning, sizeof *tuning);
  g_atomic_ref_count_init(&copy->refs);
  ssg_face_ref(copy->anchor);
  if (copy->donor)
    ssg_face_ref(copy->donor);
  copy->mean = g_memdup2(tuning->mean, tuning->mean ? ssg_face_style_dim(tuning->anchor) * sizeof(float) : 0);
  directions_copy(&copy->shape, &tuning->shape);
  directions_copy(&copy->texture, &tuning->texture);
  return copy;
}

/* Equal is enough: the same seed's face is made anew by each shelf. */
static gboolean same_face(const SsgFace *a, const SsgFace *b)
{
  return a == b || (a && b && ssg_face_equal(a, b));
}

static const Directions *directions_of(const SsgTuning *tuning, SsgCode what)
{
  return what == SSG_CODE_TEXTURE ? &tuning->texture : &tuning->shape;
}

/* Replaces *face, which is owned, by what made it. */
static void take(SsgFace **face, SsgFace *made)
{
  ssg_face_unref(*face);
  *face = made;
}

static void move_along(SsgFace **face, int part, SsgCode what, const Directions *directions)
{
  for (int i = 0; directions->set && i < directions->set->n; i++) {
    const float *direction = directions->set->directions + (gsize) i * directions->set->style_dim;
    if (directions->amounts[i] == 0)
      continue;
    take(face, part == SSG_PART_BASE ? ssg_face_move_base(*face, direction, directions->amounts[i])
                                     : ssg_face_move_part(*face, part, what, direction, directions->amounts[i]));
  }
}

static SsgFace *truncate_base(const SsgFace *face, const float *mean, float psi)
{
  g_autoptr(SsgFace) all = ssg_face_truncate(face, mean, psi);
  return ssg_face_blend_base(face, all, 1);
}

/* The anchor with the sliders applied: only the tuned part's codes of it count. */
static SsgFace *tuned_anchor(const SsgTuning *tuning)
{
  int part = tuning->part;
  SsgFace *face = ssg_face_ref(tuning->anchor);
  if (tuning->donor && (tuning->blend_shape != 0 || tuning->blend_texture != 0)) {
    if (part == SSG_PART_WHOLE)
      take(&face, ssg_face_blend(face, tuning->donor, tuning->blend_shape));
    else if (part == SSG_PART_BASE)
      take(&face, ssg_face_blend_base(face, tuning->donor, tuning->blend_shape));
    else
      take(&face, ssg_face_blend_part(face, tuning->donor, part, tuning->blend_shape, tuning->blend_texture));
  }
  move_along(&face, part, SSG_CODE_SHAPE, &tuning->shape);
  move_along(&face, part, SSG_CODE_TEXTURE, &tuning->texture);
  if (tuning->psi != 1) {
    if (part == SSG_PART_WHOLE)
      take(&face, ssg_face_truncate(face, tuning->mean, tuning->psi));
    else if (part == SSG_PART_BASE)
      take(&face, truncate_base(face, tuning->mean, tuning->psi));
    else
      take(&face, ssg_face_truncate_part(face, part, SSG_CODE_BOTH, tuning->mean, tuning->psi));
  }
  return face;
}

SsgTuning *ssg_tuning_new(int part, SsgFace *anchor, SsgFace *donor)
{
  g_assert(part >= SSG_PART_WHOLE && part < ssg_face_n_parts(anchor));
  SsgTuning *tuning = g_new0(SsgTuning, 1);
  g_atomic_ref_count_init(&tuning->refs);
  tuning->part = part;
  tuning->anchor = ssg_face_ref(anchor);
  tuning->donor = donor ? ssg_face_ref(donor) : NULL;
  tuning->psi = 1;
  return tuning;
}

SsgTuning *ssg_tuning_ref(SsgTuning *tuning)
{
  g_atomic_ref_count_inc(&tuning->refs);
  return tuning;
}

void ssg_tuning_unref(SsgTuning *tuning)
{
  if (!g_atomic_ref_count_dec(&tuning->refs))
    return;
  ssg_face_unref(tuning->anchor);
  g_clear_pointer(&tuning->donor, ssg_face_unref);
  g_free(tuning->mean);
  directions_clear(&tuning->shape);
  directions_clear(&tuning->texture);
  g_free(tuning);
}

SsgTuning *ssg_tuning_with_blend(SsgTuning *tuning, SsgCode what, float amount)
{
  SsgTuning *copy = tuning_copy(tuning);
  if (!copy->donor)
    return copy;
  if (what & SSG_CODE_SHAPE)
    copy->blend_shape = amount;
  if (what & SSG_CODE_TEXTURE)
    copy->blend_texture = amount;
  return copy;
}

SsgTuning *ssg_tuning_with_truncation(SsgTuning *tuning, const float *mean, float psi)
{
  SsgTuning *copy = tuning_copy(tuning);
  g_free(copy->mean);
  copy->mean = g_memdup2(mean, ssg_face_style_dim(tuning->anchor) * sizeof *mean);
  copy->psi = psi;
  return copy;
}

SsgTuning *ssg_tuning_with_direction(SsgTuning *tuning, SsgDirectionSet *set, int index, float amount)
{
  g_assert(set->part == tuning->part && index >= 0 && index < set->n);
  g_assert(set->style_dim == ssg_face_style_dim(tuning->anchor));
  g_autoptr(SsgTuning) start = ssg_tuning_ref(tuning);
  const Directions *known = directions_of(tuning, set->what);
  if (known->set && !ssg_direction_set_equal(known->set, set) && !directions_at_rest(known)) {
    g_autoptr(SsgFace) anchor = tuned_anchor(tuning);
    ssg_tuning_unref(start);
    start = ssg_tuning_new(tuning->part, anchor, tuning->donor);
  }
  SsgTuning *copy = tuning_copy(start);
  Directions *directions = (Directions *) directions_of(copy, set->what);
  if (!directions->set || !ssg_direction_set_equal(directions->set, set)) {
    directions_clear(directions);
    directions->set = ssg_direction_set_ref(set);
    directions->amounts = g_new0(float, set->n);
  }
  directions->amounts[index] = amount;
  return copy;
}

SsgTuning *ssg_tuning_with_donor(SsgTuning *tuning, SsgFace *donor)
{
  SsgTuning *copy = tuning_copy(tuning);
  if (same_face(copy->donor, donor))
    return copy;
  if (copy->donor && (copy->blend_shape != 0 || copy->blend_texture != 0)) {
    SsgTuning *blend = ssg_tuning_new(tuning->part, tuning->anchor, tuning->donor);
    blend->blend_shape = tuning->blend_shape;
    blend->blend_texture = tuning->blend_texture;
    take(&copy->anchor, tuned_anchor(blend));
    ssg_tuning_unref(blend);
  }
  copy->blend_shape = copy->blend_texture = 0;
  g_clear_pointer(&copy->donor, ssg_face_unref);
  copy->donor = donor ? ssg_face_ref(donor) : NULL;
  return copy;
}

SsgTuning *ssg_tuning_with_swap(SsgTuning *tuning, SsgFace *donor, SsgCode what)
{
  int part = tuning->part;
  if (tuning->psi != 1 || (part < 0 && !directions_at_rest(&tuning->shape))) {
    g_autoptr(SsgFace) anchor = tuned_anchor(tuning);
    g_autoptr(SsgTuning) start = ssg_tuning_new(part, anchor, donor);
    return ssg_tuning_with_blend(start, part < 0 ? SSG_CODE_SHAPE : what, 1);
  }
  static const SsgCode codes[] = { SSG_CODE_SHAPE, SSG_CODE_TEXTURE };
  g_autoptr(SsgTuning) towards = ssg_tuning_with_donor(tuning, donor);
  g_autoptr(SsgTuning) swapped = ssg_tuning_with_blend(towards, part < 0 ? SSG_CODE_SHAPE : what, 1);
  g_autoptr(SsgFace) before = tuned_anchor(towards);
  for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
    Directions *directions = (Directions *) directions_of(swapped, codes[i]);
    if (!(what & codes[i]) || directions_at_rest(directions))
      continue;
    take(&swapped->anchor, ssg_face_set_code(swapped->anchor, part, codes[i], ssg_face_code(before, part, codes[i])));
    directions_clear(directions);
  }
  return g_steal_pointer(&swapped);
}

int ssg_tuning_part(SsgTuning *tuning)
{
  return tuning->part;
}

SsgFace *ssg_tuning_anchor(SsgTuning *tuning)
{
  return tuning->anchor;
}

SsgFace *ssg_tuning_donor(SsgTuning *tuning)
{
  return tuning->donor;
}

float ssg_tuning_blend(SsgTuning *tuning, SsgCode what)
{
  return what == SSG_CODE_TEXTURE ? tuning->blend_texture : tuning->blend_shape;
}

gboolean ssg_tuning_can_blend(SsgTuning *tuning, SsgCode what)
{
  const SsgFace *anchor = tuning->anchor, *donor = tuning->donor;
  if (!donor)
    return FALSE;
  gsize row = sizeof(float) * ssg_face_style_dim(anchor);
  if (tuning->part >= 0)
    return memcmp(ssg_face_code(anchor, tuning->part, what), ssg_face_code(donor, tuning->part, what), row) != 0;
  gsize rows = ssg_face_n_base(anchor) + (tuning->part == SSG_PART_WHOLE ? 2 * ssg_face_n_parts(anchor) : 0);
  return memcmp(ssg_face_codes(anchor), ssg_face_codes(donor), rows * row) != 0;
}

float ssg_tuning_truncation(SsgTuning *tuning)
{
  return tuning->psi;
}

const float *ssg_tuning_mean(SsgTuning *tuning)
{
  return tuning->mean;
}

SsgDirectionSet *ssg_tuning_directions(SsgTuning *tuning, SsgCode what)
{
  return directions_of(tuning, what)->set;
}

float ssg_tuning_direction(SsgTuning *tuning, SsgDirectionSet *set, int index)
{
  const Directions *directions = directions_of(tuning, set->what);
  return directions->set && ssg_direction_set_equal(directions->set, set) ? ssg_tuning_amount(tuning, set->what, index) : 0;
}

float ssg_tuning_amount(SsgTuning *tuning, SsgCode what, int index)
{
  const Directions *directions = directions_of(tuning, what);
  return directions->set && index >= 0 && index < directions->set->n ? directions->amounts[index] : 0;
}

gboolean ssg_tuning_at_rest(SsgTuning *tuning)
{
  return tuning->blend_shape == 0 && tuning->blend_texture == 0 && tuning->psi == 1 &&
         directions_at_rest(&tuning->shape) && directions_at_rest(&tuning->texture);
}

SsgFace *ssg_tuning_apply(SsgTuning *tuning, const SsgFace *face)
{
  int part = tuning->part;
  g_autoptr(SsgFace) tuned = tuned_anchor(tuning);
  if (part >= 0)
    return ssg_face_swap_part(face, tuned, part, SSG_CODE_BOTH);
  if (part == SSG_PART_BASE)
    return ssg_face_blend_base(face, tuned, 1);
  /* All codes, but no transforms: those are no slider of the whole-face page. */
  SsgFace *result = ssg_face_blend_base(face, tuned, 1);
  for (int k = 0; k < ssg_face_n_parts(face); k++)
    take(&result, ssg_face_swap_part(result, tuned, k, SSG_CODE_BOTH));
  return result;
}
