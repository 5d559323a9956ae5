#include "app/probe.h"

#include <stdlib.h>

static int by_weight(const void *a, const void *b)
{
  const SsgProbePart *p = a, *q = b;
  if (p->weight != q->weight)
    return p->weight < q->weight ? 1 : -1;
  return p->part - q->part;
}

SsgProbe *ssg_probe_new(const SsgRender *render, double x, double y)
{
  if (!(x >= 0 && x < 1 && y >= 0 && y < 1))
    return NULL;
  SsgProbe *probe = g_new0(SsgProbe, 1);
  int h = render->coarse_size;
  probe->x = x * render->size;
  probe->y = y * render->size;
  probe->coarse_x = x * h;
  probe->coarse_y = y * h;
  gsize pixel = (gsize) probe->y * render->size + probe->x, cell = (gsize) probe->coarse_y * h + probe->coarse_x;
  probe->part = render->mask[pixel];
  probe->r = render->rgb[4 * pixel];
  probe->g = render->rgb[4 * pixel + 1];
  probe->b = render->rgb[4 * pixel + 2];
  probe->n_parts = render->n_parts;
  probe->parts = g_new(SsgProbePart, render->n_parts);
  for (int k = 0; k < render->n_parts; k++) {
    gsize i = (gsize) k * h * h + cell;
    probe->parts[k] = (SsgProbePart) {k, render->depth[i], render->weight[i], (render->coarse[i] + 1) / 2};
  }
  qsort(probe->parts, render->n_parts, sizeof *probe->parts, by_weight);
  return probe;
}

void ssg_probe_free(SsgProbe *probe)
{
  if (!probe)
    return;
  g_free(probe->parts);
  g_free(probe);
}

guint64 ssg_probe_parts_drawn(const SsgRender *render)
{
  guint64 drawn = 0;
  for (gsize i = 0; i < (gsize) render->size * render->size; i++)
    drawn |= G_GUINT64_CONSTANT(1) << (render->mask[i] & 63);
  return drawn;
}

char *ssg_probe_text(const SsgProbe *probe, const char *const *titles, int n)
{
  GString *text = g_string_new(NULL);
  for (int i = 0; i < MIN(n, probe->n_parts); i++) {
    const SsgProbePart *part = &probe->parts[i];
    g_string_append_printf(text, "%s%s d = %.2f m = %.2f", i > 0 ? "   " : "", titles[part->part], part->depth,
                           part->weight);
  }
  return g_string_free(text, FALSE);
}
