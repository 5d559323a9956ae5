#include "app/part-names.h"

#include <string.h>
#include "app/i18n.h"

/* Names of the public face and full-body models and of our own. The part "face" is the skin: to people a face is the whole. */
static const struct {
  const char *name, *title;
} known[] = {
    {"background", N_("Background")}, {"face", N_("Skin")},         {"skin", N_("Skin")},
    {"eye", N_("Eyes")},              {"eyes", N_("Eyes")},         {"eyebrow", N_("Eyebrows")},
    {"eyebrows", N_("Eyebrows")},     {"brow", N_("Eyebrows")},     {"brows", N_("Eyebrows")},
    {"mouth", N_("Mouth")},           {"nose", N_("Nose")},         {"ear", N_("Ears")},
    {"ears", N_("Ears")},             {"hair", N_("Hair")},         {"neck", N_("Neck")},
    {"cloth", N_("Clothes")},         {"clothes", N_("Clothes")},   {"glasses", N_("Glasses")},
    {"hat", N_("Hat")},               {"earring", N_("Earrings")},  {"earrings", N_("Earrings")},
};

static char *capitalised(const char *name)
{
  if (!g_utf8_validate(name, -1, NULL))
    return g_utf8_make_valid(name, -1);
  char first[7] = {0};
  g_unichar_to_utf8(g_unichar_toupper(g_utf8_get_char(name)), first);
  return g_strconcat(first, g_utf8_next_char(name), NULL);
}

char *ssg_part_title(const char *name)
{
  if (!name || !*name)
    return g_strdup(_("Part"));
  for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
    if (strcmp(known[i].name, name) == 0)
      return g_strdup(_(known[i].title));
  return capitalised(name);
}

char **ssg_part_titles(const char *const *names, int n)
{
  char **titles = g_new0(char *, n + 1);
  for (int i = 0; i < n; i++)
    titles[i] = ssg_part_title(names ? names[i] : NULL);
  return titles;
}
