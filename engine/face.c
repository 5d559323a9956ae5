#include "engine/face.h"

#include <math.h>
#include <string.h>
#include "engine/error.h"

/* Everything but the codes is small; the codes (tens of kilobytes) are shared between faces that differ elsewhere. */
struct _SsgFace {
  gatomicrefcount refs;
  int n_parts, n_base, style_dim;
  float *codes; /* [B + 2K, S], a g_atomic_rc_box; never written once the face has been handed out */
  guint64 hidden;
  SsgNoise noise;
  guint64 noise_seed;
  SsgTransform transforms[];
};

static gsize codes_count(const SsgFace *face)
{
  return (gsize) (face->n_base + 2 * face->n_parts) * face->style_dim;
}

static SsgFace *face_alloc(int n_parts, int n_base, int style_dim)
{
  SsgFace *face = g_malloc0(sizeof *face + n_parts * sizeof face->transforms[0]);
  g_atomic_ref_count_init(&face->refs);
  face->n_parts = n_parts;
  face->n_base = n_base;
  face->style_dim = style_dim;
  for (int k = 0; k < n_parts; k++)
    face->transforms[k].scale = 1;
  return face;
}

static SsgFace *face_copy_sharing_codes(const SsgFace *face)
{
  SsgFace *copy = g_malloc(sizeof *copy + face->n_parts * sizeof face->transforms[0]);
  memcpy(copy, face, sizeof *copy + face->n_parts * sizeof face->transforms[0]);
  g_atomic_ref_count_init(&copy->refs);
  g_atomic_rc_box_acquire(face->codes);
  return copy;
}

static SsgFace *face_copy(const SsgFace *face)
{
  SsgFace *copy = face_copy_sharing_codes(face);
  copy->codes = g_atomic_rc_box_dup(codes_count(face) * sizeof(float), face->codes);
  g_atomic_rc_box_release(face->codes);
  return copy;
}

static float *base_row(const SsgFace *face, int row)
{
  g_assert(row >= 0 && row < face->n_base);
  return face->codes + (gsize) row * face->style_dim;
}

static float *code_row(const SsgFace *face, int part, SsgCode what)
{
  g_assert(part >= 0 && part < face->n_parts);
  g_assert(what == SSG_CODE_SHAPE || what == SSG_CODE_TEXTURE);
  return face->codes + (gsize) (face->n_base + 2 * part + (what == SSG_CODE_TEXTURE)) * face->style_dim;
}

static gboolean faces_fit(const SsgFace *a, const SsgFace *b)
{
  return a->n_parts == b->n_parts && a->n_base == b->n_base && a->style_dim == b->style_dim;
}

/* 0 and 1 are exact: a blend that reaches the donor is the donor, to the bit. */
static void blend_row(float *row, const float *towards, int n, float amount)
{
  if (amount == 0)
    return;
  if (amount == 1) {
    memcpy(row, towards, n * sizeof *row);
    return;
  }
  for (int i = 0; i < n; i++)
    row[i] += amount * (towards[i] - row[i]);
}

static void move_row(float *row, const float *direction, int n, float amount)
{
  if (amount == 0)
    return;
  for (int i = 0; i < n; i++)
    row[i] += amount * direction[i];
}

static void truncate_row(float *row, const float *mean, int n, float psi)
{
  if (psi == 1)
    return;
  for (int i = 0; i < n; i++)
    row[i] = mean[i] + psi * (row[i] - mean[i]);
}

/* Copies the code that rows `first` .. `last - 1` of part's expanded rows must all hold. */
static gboolean take_agreeing(float *to, const float *expanded, int n_layers, int s, int part, int first, int last,
                              const float *must_be, GError **error)
{
  const float *source = must_be ? must_be : expanded + ((gsize) part * n_layers + first) * s;
  for (int row = first; row < last; row++)
    if (memcmp(source, expanded + ((gsize) part * n_layers + row) * s, s * sizeof *to) != 0) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                  "the latent's rows differ inside one code of part %d (layer %d); only latents with one base, one shape "
                  "and one texture code for each part can be edited",
                  part, row);
      return FALSE;
    }
  if (to)
    memcpy(to, source, s * sizeof *to);
  return TRUE;
}

static gboolean take_expanded(SsgFace *face, const SsgArchitecture *arch, const float *expanded, GError **error)
{
  int l = arch->n_layers, b = arch->n_base, d = arch->n_depth, s = arch->style_dim, k = arch->n_parts;
  for (int row = 0; row < b; row++) /* a model that is background only never uses its base codes */
    memcpy(base_row(face, row), expanded + (gsize) (k > 1 ? l + row : 0) * s, s * sizeof *expanded);
  for (int part = 0; part < k; part++) {
    for (int row = 0; part > 0 && row < b; row++)
      if (!take_agreeing(NULL, expanded, l, s, part, row, row + 1, base_row(face, row), error))
        return FALSE;
    if (!take_agreeing(code_row(face, part, SSG_CODE_SHAPE), expanded, l, s, part, part > 0 ? b : 0, d, NULL, error) ||
        !take_agreeing(code_row(face, part, SSG_CODE_TEXTURE), expanded, l, s, part, d, l, NULL, error))
      return FALSE;
  }
  return TRUE;
}

SsgFace *ssg_face_ref(const SsgFace *face)
{
  SsgFace *mutable_face = (SsgFace *) face; /* only the count changes */
  g_atomic_ref_count_inc(&mutable_face->refs);
  return mutable_face;
}

void ssg_face_unref(SsgFace *face)
{
  if (!g_atomic_ref_count_dec(&face->refs))
    return;
  g_atomic_rc_box_release(face->codes);
  g_free(face);
}

G_DEFINE_BOXED_TYPE(SsgFace, ssg_face, ssg_face_ref, ssg_face_unref)

SsgFace *ssg_face_new(const SsgArchitecture *arch, int rows, const float *codes, GError **error)
{
  int s = arch->style_dim, short_rows = ssg_architecture_short_rows(arch);
  int expanded_rows = ssg_architecture_expanded_rows(arch);
  if (rows != 1 && rows != short_rows && rows != expanded_rows) {
    g_set_error(error, SSG_ERROR, SSG_ERROR_SHAPE,
                "a latent of this model has 1, %d or %d rows of %d numbers; this one has %d rows", short_rows,
                expanded_rows, s, rows);
    return NULL;
  }
  for (gsize i = 0; i < (gsize) rows * s; i++)
    if (!isfinite(codes[i])) {
      g_set_error(error, SSG_ERROR, SSG_ERROR_FORMAT, "number %d of row %d of the latent is not finite", (int) (i % s),
                  (int) (i / s));
      return NULL;
    }
  g_autoptr(SsgFace) face = face_alloc(arch->n_parts, arch->n_base, s);
  face->codes = g_atomic_rc_box_alloc((gsize) short_rows * s * sizeof(float));
  if (rows == short_rows)
    memcpy(face->codes, codes, (gsize) short_rows * s * sizeof(float));
  else if (rows == 1)
    for (int row = 0; row < short_rows; row++)
      memcpy(face->codes + (gsize) row * s, codes, s * sizeof(float));
  else if (!take_expanded(face, arch, codes, error))
    return NULL;
  return g_steal_pointer(&face);
}

int ssg_face_n_parts(const SsgFace *face)
{
  return face->n_parts;
}

int ssg_face_n_base(const SsgFace *face)
{
  return face->n_base;
}

int ssg_face_style_dim(const SsgFace *face)
{
  return face->style_dim;
}

const float *ssg_face_codes(const SsgFace *face)
{
  return face->codes;
}

const float *ssg_face_code(const SsgFace *face, int part, SsgCode what)
{
  return code_row(face, part, what);
}

const float *ssg_face_base(const SsgFace *face, int row)
{
  return base_row(face, row);
}

SsgTransform ssg_face_transform(const SsgFace *face, int part)
{
  g_assert(part >= 0 && part < face->n_parts);
  return face->transforms[part];
}

gboolean ssg_face_shown(const SsgFace *face, int part)
{
  g_assert(part >= 0 && part < face->n_parts);
  return (face->hidden >> part & 1) == 0;
}

SsgNoise ssg_face_noise(const SsgFace *face)
{
  return face->noise;
}

guint64 ssg_face_noise_seed(const SsgFace *face)
{
  return face->noise_seed;
}

gboolean ssg_face_equal(const SsgFace *a, const SsgFace *b)
{
  if (a == b)
    return TRUE;
  return faces_fit(a, b) && a->hidden == b->hidden && a->noise == b->noise && a->noise_seed == b->noise_seed &&
         memcmp(a->transforms, b->transforms, a->n_parts * sizeof a->transforms[0]) == 0 &&
         (a->codes == b->codes || memcmp(a->codes, b->codes, codes_count(a) * sizeof(float)) == 0);
}

void ssg_face_expand(const SsgFace *face, const SsgArchitecture *arch, float *expanded)
{
  int s = face->style_dim;
  g_assert(arch->n_parts == face->n_parts && arch->n_base == face->n_base && arch->style_dim == s);
  for (int part = 0; part < arch->n_parts; part++)
    for (int layer = 0; layer < arch->n_layers; layer++, expanded += s) {
      const float *row = layer >= arch->n_depth                ? code_row(face, part, SSG_CODE_TEXTURE)
                         : part > 0 && layer < arch->n_base ? base_row(face, layer)
                                                               : code_row(face, part, SSG_CODE_SHAPE);
      memcpy(expanded, row, s * sizeof *expanded);
    }
}

SsgFace *ssg_face_swap_part(const SsgFace *face, const SsgFace *donor, int part, SsgCode what)
{
  return ssg_face_blend_part(face, donor, part, (what & SSG_CODE_SHAPE) != 0, (what & SSG_CODE_TEXTURE) != 0);
}

SsgFace *ssg_face_blend_part(const SsgFace *face, const SsgFace *donor, int part, float shape, float texture)
{
  g_assert(faces_fit(face, donor));
  SsgFace *result = face_copy(face);
  int s = face->style_dim;
  blend_row(code_row(result, part, SSG_CODE_SHAPE), code_row(donor, part, SSG_CODE_SHAPE), s, shape);
  blend_row(code_row(result, part, SSG_CODE_TEXTURE), code_row(donor, part, SSG_CODE_TEXTURE), s, texture);
  return result;
}

SsgFace *ssg_face_blend(const SsgFace *face, const SsgFace *donor, float amount)
{
  g_assert(faces_fit(face, donor));
  SsgFace *result = face_copy(face);
  blend_row(result->codes, donor->codes, codes_count(face), amount);
  for (int k = 0; k < face->n_parts; k++) {
    SsgTransform *t = &result->transforms[k];
    const SsgTransform *to = &donor->transforms[k];
    blend_row(&t->scale, &to->scale, 1, amount);
    blend_row(&t->shift_x, &to->shift_x, 1, amount);
    blend_row(&t->shift_y, &to->shift_y, 1, amount);
  }
  return result;
}

SsgFace *ssg_face_blend_base(const SsgFace *face, const SsgFace *donor, float amount)
{
  g_assert(faces_fit(face, donor));
  SsgFace *result = face_copy(face);
  blend_row(result->codes, donor->codes, face->n_base * face->style_dim, amount);
  return result;
}

SsgFace *ssg_face_move_part(const SsgFace *face, int part, SsgCode what, const float *direction, float amount)
{
  SsgFace *result = face_copy(face);
  if (what & SSG_CODE_SHAPE)
    move_row(code_row(result, part, SSG_CODE_SHAPE), direction, face->style_dim, amount);
  if (what & SSG_CODE_TEXTURE)
    move_row(code_row(result, part, SSG_CODE_TEXTURE), direction, face->style_dim, amount);
  return result;
}

SsgFace *ssg_face_move_base(const SsgFace *face, const float *direction, float amount)
{
  SsgFace *result = face_copy(face);
  for (int row = 0; row < face->n_base; row++)
    move_row(base_row(result, row), direction, face->style_dim, amount);
  return result;
}

SsgFace *ssg_face_truncate_part(const SsgFace *face, int part, SsgCode what, const float *mean, float psi)
{
  SsgFace *result = face_copy(face);
  if (what & SSG_CODE_SHAPE)
    truncate_row(code_row(result, part, SSG_CODE_SHAPE), mean, face->style_dim, psi);
  if (what & SSG_CODE_TEXTURE)
    truncate_row(code_row(result, part, SSG_CODE_TEXTURE), mean, face->style_dim, psi);
  return result;
}

SsgFace *ssg_face_truncate(const SsgFace *face, const float *mean, float psi)
{
  SsgFace *result = face_copy(face);
  for (int row = 0; row < face->n_base + 2 * face->n_parts; row++)
    truncate_row(result->codes + (gsize) row * face->style_dim, mean, face->style_dim, psi);
  return result;
}

SsgFace *ssg_face_set_code(const SsgFace *face, int part, SsgCode what, const float *values)
{
  SsgFace *result = face_copy(face);
  if (what & SSG_CODE_SHAPE)
    memcpy(code_row(result, part, SSG_CODE_SHAPE), values, face->style_dim * sizeof *values);
  if (what & SSG_CODE_TEXTURE)
    memcpy(code_row(result, part, SSG_CODE_TEXTURE), values, face->style_dim * sizeof *values);
  return result;
}

SsgFace *ssg_face_set_shown(const SsgFace *face, int part, gboolean shown)
{
  g_assert(part >= 0 && part < face->n_parts);
  SsgFace *result = face_copy_sharing_codes(face);
  if (shown)
    result->hidden &= ~(1ull << part);
  else
    result->hidden |= 1ull << part;
  return result;
}

SsgFace *ssg_face_set_transform(const SsgFace *face, int part, SsgTransform transform)
{
  g_assert(part >= 0 && part < face->n_parts);
  g_assert(isfinite(transform.scale) && isfinite(transform.shift_x) && isfinite(transform.shift_y));
  SsgFace *result = face_copy_sharing_codes(face);
  result->transforms[part] = transform;
  return result;
}

SsgFace *ssg_face_set_foreground_transform(const SsgFace *face, SsgTransform transform)
{
  g_assert(isfinite(transform.scale) && isfinite(transform.shift_x) && isfinite(transform.shift_y));
  SsgFace *result = face_copy_sharing_codes(face);
  for (int k = 1; k < face->n_parts; k++)
    result->transforms[k] = transform;
  return result;
}

SsgFace *ssg_face_set_noise(const SsgFace *face, SsgNoise noise, guint64 seed)
{
  SsgFace *result = face_copy_sharing_codes(face);
  result->noise = noise;
  result->noise_seed = seed;
  return result;
}

SsgFace *ssg_face_reset_part(const SsgFace *face, const SsgFace *original, int part)
{
  g_assert(faces_fit(face, original));
  SsgFace *result = ssg_face_swap_part(face, original, part, SSG_CODE_BOTH);
  result->transforms[part] = original->transforms[part];
  result->hidden = (result->hidden & ~(1ull << part)) | (original->hidden & 1ull << part);
  return result;
}
