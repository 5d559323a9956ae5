/* What each edit of a document means, and how the history calls it. */
#include "app/document-private.h"

#include "app/i18n.h"

/* Replaces *face, which is owned. */
static void take(SsgFace **face, SsgFace *made)
{
  ssg_face_unref(*face);
  *face = made;
}

/* Codes of the part from donor; what is ignored for SSG_PART_BASE and SSG_PART_WHOLE. */
static SsgFace *taken_from(const SsgFace *face, const SsgFace *donor, int part, SsgCode what)
{
  if (part == SSG_PART_BASE)
    return ssg_face_blend_base(face, donor, 1);
  if (part == SSG_PART_WHOLE)
    return ssg_face_blend(face, donor, 1);
  return ssg_face_swap_part(face, donor, part, what);
}

static gboolean may_edit(SsgDocument *self, int part)
{
  return ssg_document_current(self) && !ssg_document_locked(self, part);
}

/* Where the sliders stood before the edit that is being made, seen as blends towards this donor. */
static SsgTuning *tuning_of_entry(SsgDocument *self, int part, SsgFace *donor)
{
  SsgTuning *known = ssg_history_entry_tuning(ssg_document_entry(self), part);
  return known ? ssg_tuning_with_donor(known, donor) : ssg_tuning_new(part, ssg_document_current(self), donor);
}

static void clear_tuning(gpointer tuning)
{
  if (tuning)
    ssg_tuning_unref(tuning);
}

/* Where the sliders of a part stand after a swap, NULL at the end; with SSG_PART_WHOLE those of every part that took part in it. */
static GPtrArray *swapped_tunings(SsgDocument *self, SsgFace *donor, int part, SsgCode what)
{
  GPtrArray *tunings = g_ptr_array_new_with_free_func(clear_tuning);
  int first = part, last = part;
  if (part == SSG_PART_WHOLE) {
    last = ssg_face_n_parts(donor) - 1;
    what = SSG_CODE_BOTH;
  }
  for (int k = first; k <= last; k++) {
    if (ssg_document_locked(self, k))
      continue;
    SsgTuning *known = ssg_history_entry_tuning(ssg_document_entry(self), k);
    g_autoptr(SsgTuning) before = known ? ssg_tuning_ref(known) : ssg_tuning_new(k, ssg_document_current(self), donor);
    g_ptr_array_add(tunings, ssg_tuning_with_swap(before, donor, what));
  }
  g_ptr_array_add(tunings, NULL);
  return tunings;
}

/* What the sliders did, in words; *kind is a letter that only moves of the same slider share. */
static char *tuning_text(SsgDocument *self, SsgTuning *before, SsgTuning *after, char *kind)
{
  int part = ssg_tuning_part(after);
  const char *title = ssg_document_part_title(self, part), *donor = ssg_document_donor_name(self);
  gboolean shape = ssg_tuning_blend(after, SSG_CODE_SHAPE) != ssg_tuning_blend(before, SSG_CODE_SHAPE);
  gboolean texture = ssg_tuning_blend(after, SSG_CODE_TEXTURE) != ssg_tuning_blend(before, SSG_CODE_TEXTURE);
  gboolean psi = ssg_tuning_truncation(after) != ssg_tuning_truncation(before);
  *kind = shape + texture + psi > 1 ? 'a' : psi ? 'p' : shape ? 's' : texture ? 't' : 'd';
  if (*kind == 'a')
    /* Translators: several sliders of a part were moved; %s is a part ("Hair"). */
    return g_strdup_printf(_("%s adjusted"), title);
  if (psi)
    /* Translators: %s is a part ("Hair"), %.2f how typical it was made (truncation). */
    return g_strdup_printf(_("%s truncation %.2f"), title, ssg_tuning_truncation(after));
  if (!shape && !texture)
    /* Translators: a slider that changes the character of a part was moved; %s is a part ("Hair"). */
    return g_strdup_printf(_("%s varied"), title);
  if (!donor)
    donor = _("donor");
  if (part < 0)
    /* Translators: first %s is "Pose" or "Whole face", second a face ("face 1043"). */
    return g_strdup_printf(_("%s towards %s"), title, donor);
  /* Translators: first %s is a part ("Hair"), second a face ("face 1043"). */
  return g_strdup_printf(shape ? _("%s shape towards %s") : _("%s texture towards %s"), title, donor);
}

gboolean ssg_document_tune(SsgDocument *self, SsgTuning *tuning)
{
  int part = ssg_tuning_part(tuning);
  if (!may_edit(self, part))
    return FALSE;
  char kind;
  g_autoptr(SsgTuning) known = tuning_of_entry(self, part, ssg_tuning_donor(tuning));
  g_autofree char *text = tuning_text(self, known, tuning, &kind);
  g_autoptr(SsgFace) tuned = ssg_tuning_apply(tuning, ssg_document_current(self));
  if (part == SSG_PART_WHOLE)
    take(&tuned, ssg_document_respect_locks(self, tuned));
  if (ssg_document_in_gesture(self)) {
    ssg_document_push_preview(self, tuned, text, tuning);
    return TRUE;
  }
  g_autofree char *key = g_strdup_printf("tune:%d:%c", part, kind);
  SsgTuning *const tunings[] = {tuning, NULL};
  return ssg_document_push(self, tuned, text, key, tunings, FALSE);
}

gboolean ssg_document_swap(SsgDocument *self, SsgFace *donor, const char *name, int part, SsgCode what)
{
  if (!may_edit(self, part))
    return FALSE;
  g_autoptr(SsgFace) face = taken_from(ssg_document_current(self), donor, part, what);
  g_autofree char *text = NULL;
  const char *title = ssg_document_part_title(self, part);
  if (part == SSG_PART_WHOLE) {
    take(&face, ssg_document_respect_locks(self, face));
    /* Translators: %s is a face ("face 1043"). */
    text = g_strdup_printf(_("Everything from %s"), name);
  } else if (part == SSG_PART_BASE || what == SSG_CODE_BOTH) {
    /* Translators: first %s is a part ("Hair") or "Pose", second a face ("face 1043"). */
    text = g_strdup_printf(_("%s from %s"), title, name);
  } else {
    text = g_strdup_printf(what == SSG_CODE_SHAPE ? _("%s shape from %s") : _("%s texture from %s"), title, name);
  }
  g_autoptr(GPtrArray) tunings = swapped_tunings(self, donor, part, what);
  return ssg_document_push(self, face, text, NULL, (SsgTuning *const *) tunings->pdata, part == SSG_PART_WHOLE);
}

gboolean ssg_document_resample(SsgDocument *self, SsgFace *sample, int part, SsgCode what)
{
  if (!may_edit(self, part))
    return FALSE;
  g_autoptr(SsgFace) face = taken_from(ssg_document_current(self), sample, part, what);
  if (part == SSG_PART_WHOLE)
    take(&face, ssg_document_respect_locks(self, face));
  const char *title = ssg_document_part_title(self, part);
  /* Translators: %s is a part ("Hair"), "Pose" or "Whole face": it was drawn anew by chance. */
  g_autofree char *text = g_strdup_printf(part < 0 || what == SSG_CODE_BOTH ? _("%s resampled")
                                          : what == SSG_CODE_SHAPE          ? _("%s shape resampled")
                                                                            : _("%s texture resampled"),
                                          title);
  return ssg_document_push(self, face, text, NULL, NULL, part == SSG_PART_WHOLE);
}

gboolean ssg_document_reset(SsgDocument *self, int part)
{
  if (!may_edit(self, part))
    return FALSE;
  SsgFace *origin = ssg_document_origin(self);
  g_autoptr(SsgFace) face = ssg_face_ref(part == SSG_PART_WHOLE ? origin : ssg_document_current(self));
  if (part == SSG_PART_WHOLE)
    take(&face, ssg_document_respect_locks(self, face));
  else if (part == SSG_PART_BASE)
    take(&face, ssg_face_blend_base(face, origin, 1));
  else
    take(&face, ssg_face_reset_part(face, origin, part));
  /* Translators: %s is a part ("Hair"), "Pose" or "Whole face". */
  g_autofree char *text = g_strdup_printf(_("%s reset"), ssg_document_part_title(self, part));
  return ssg_document_push(self, face, text, NULL, NULL, FALSE);
}

gboolean ssg_document_set_shown(SsgDocument *self, int part, gboolean shown)
{
  if (part < 0 || !may_edit(self, part))
    return FALSE;
  g_autoptr(SsgFace) face = ssg_face_set_shown(ssg_document_current(self), part, shown);
  /* Translators: %s is a part ("Hair") that was made visible or invisible. */
  g_autofree char *text = g_strdup_printf(shown ? _("%s shown") : _("%s hidden"), ssg_document_part_title(self, part));
  return ssg_document_push(self, face, text, NULL, NULL, FALSE);
}

gboolean ssg_document_set_shown_mask(SsgDocument *self, guint64 shown)
{
  if (!may_edit(self, SSG_PART_WHOLE))
    return FALSE;
  g_autoptr(SsgFace) face = ssg_face_ref(ssg_document_current(self));
  int n = ssg_face_n_parts(face), n_shown = 0;
  for (int k = 0; k < n; k++)
    if (!ssg_document_locked(self, k))
      take(&face, ssg_face_set_shown(face, k, (shown >> k & 1) != 0));
  for (int k = 0; k < n; k++)
    n_shown += ssg_face_shown(face, k);
  g_autofree char *text = n_shown == n
                              ? g_strdup(_("All parts shown"))
                              : g_strdup_printf(ngettext("%d part shown", "%d parts shown", n_shown), n_shown);
  return ssg_document_push(self, face, text, "shown", NULL, FALSE);
}

char *ssg_document_describe_move(SsgDocument *self, int part, SsgFace *from, SsgFace *to)
{
  const char *what = part == SSG_PART_WHOLE ? _("Foreground") : ssg_document_part_title(self, part);
  gboolean scaled = FALSE;
  for (int k = 0; k < ssg_face_n_parts(from); k++)
    scaled |= ssg_face_transform(from, k).scale != ssg_face_transform(to, k).scale;
  /* Translators: %s is a part ("Hair"), or "Foreground". */
  return scaled ? g_strdup_printf(_("%s scaled"), what)
                /* Translators: %s is a part ("Hair"), or "Foreground". */
                : g_strdup_printf(_("%s moved"), what);
}

gboolean ssg_document_set_transform(SsgDocument *self, int part, SsgTransform transform)
{
  if (part == SSG_PART_BASE || !may_edit(self, part))
    return FALSE;
  SsgFace *current = ssg_document_current(self);
  g_autoptr(SsgFace) face = part == SSG_PART_WHOLE ? ssg_face_set_foreground_transform(current, transform)
                                                   : ssg_face_set_transform(current, part, transform);
  if (part == SSG_PART_WHOLE)
    take(&face, ssg_document_respect_locks(self, face));
  g_autofree char *text = ssg_document_describe_move(self, part, current, face);
  if (ssg_document_in_gesture(self)) {
    ssg_document_push_preview(self, face, text, NULL);
    return TRUE;
  }
  g_autofree char *key = g_strdup_printf("transform:%d", part);
  return ssg_document_push(self, face, text, key, NULL, FALSE);
}

gboolean ssg_document_set_noise(SsgDocument *self, SsgNoise noise, guint64 seed)
{
  if (!ssg_document_current(self))
    return FALSE;
  g_autoptr(SsgFace) face = ssg_face_set_noise(ssg_document_current(self), noise, seed);
  return ssg_document_push(self, face, _("Fine noise changed"), NULL, NULL, FALSE);
}

SsgFace *ssg_document_respect_locks(SsgDocument *self, SsgFace *face)
{
  SsgFace *current = ssg_document_current(self), *result = ssg_face_ref(face);
  for (int k = 0; current && k < ssg_face_n_parts(face); k++)
    if (ssg_document_locked(self, k))
      take(&result, ssg_face_reset_part(result, current, k));
  return result;
}
