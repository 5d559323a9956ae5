#include "trainer/metrics-locality.h"

#include <math.h>
#include <string.h>
#include "trainer/interrupt.h"

static double shown(float value)
{
  return CLAMP((double) value, -1, 1);
}

void ssg_locality_add(SsgLocality *locality, int part, gsize n_pixels, const float *rgb_before,
                      const guint8 *mask_before, const float *rgb_after, const guint8 *mask_after)
{
  guint64 inside = 0;
  for (gsize i = 0; i < n_pixels; i++) {
    double energy = 0;
    for (int c = 0; c < 3; c++) {
      double change = 127.5 * (shown(rgb_after[3 * i + c]) - shown(rgb_before[3 * i + c]));
      energy += change * change;
    }
    locality->energy += energy;
    if (mask_before[i] == part || mask_after[i] == part) {
      locality->energy_inside += energy;
      inside++;
    } else {
      locality->changed += mask_before[i] != mask_after[i];
    }
  }
  locality->inside += inside;
  locality->outside += n_pixels - inside;
  locality->edits++;
  locality->present += inside > 0;
}

double ssg_locality_inside(const SsgLocality *locality)
{
  return locality->energy > 0 ? locality->energy_inside / locality->energy : NAN;
}

double ssg_locality_changed(const SsgLocality *locality)
{
  return locality->outside ? locality->changed / (double) locality->outside : NAN;
}

double ssg_locality_strength(const SsgLocality *locality)
{
  return locality->inside ? sqrt(locality->energy_inside / (3.0 * locality->inside)) : NAN;
}

static const SsgRenderOptions raw = {.raw = TRUE};

static gboolean edit_part(SsgSession *session, const SsgFace *face, const SsgRender *before, const SsgFace *donor,
                          int part, SsgLocality *localities, GError **error)
{
  gsize n_pixels = (gsize) before->size * before->size;
  for (int texture = 0; texture < 2; texture++) {
    g_autoptr(SsgFace) edited = ssg_face_swap_part(face, donor, part, texture ? SSG_CODE_TEXTURE : SSG_CODE_SHAPE);
    g_autoptr(SsgRender) after = ssg_session_render(session, edited, &raw, NULL, NULL, NULL, error);
    if (!after)
      return FALSE;
    ssg_locality_add(&localities[2 * part + texture], part, n_pixels, before->raw_rgb, before->mask, after->raw_rgb,
                     after->mask);
  }
  return TRUE;
}

gboolean ssg_locality_measure(SsgSession *session, int n_faces, guint64 seed, float psi, SsgProgress *progress,
                              SsgLocality *localities, GError **error)
{
  SsgModel *model = ssg_session_model(session);
  int n_parts = ssg_model_architecture(model)->n_parts;
  memset(localities, 0, 2 * n_parts * sizeof *localities);
  for (int i = 0; i < n_faces; i++) {
    g_autoptr(SsgFace) face = ssg_model_sample(model, seed + i, psi, error);
    g_autoptr(SsgRender) before = face ? ssg_session_render(session, face, &raw, NULL, NULL, NULL, error) : NULL;
    if (!before)
      return FALSE;
    for (int k = 0; k < n_parts; k++) {
      guint64 donor_seed = seed + (guint64) n_faces * (1 + k) + i;
      g_autoptr(SsgFace) donor = ssg_model_sample(model, donor_seed, psi, error);
      if (!donor || !edit_part(session, face, before, donor, k, localities, error) || !ssg_interrupt_check(error))
        return FALSE;
      ssg_progress_add(progress, 1);
    }
  }
  return TRUE;
}
