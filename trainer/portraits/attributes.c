#include "portrait.h"

#include <stddef.h>

static const char *const parts[SSG_PORTRAIT_PARTS] = {"background", "face", "eye",    "eyebrow", "mouth",
                                                      "nose",       "ear",  "hair",   "neck",    "cloth",
                                                      "glasses",    "hat",  "earring"};
static const char *const looks[SSG_PORTRAIT_LOOKS] = {"paint", "ink", "toon", "bust", "night", "flat"};

const char *ssg_portrait_part_name(SsgPortraitPart part)
{
  return parts[part];
}

const char *ssg_portrait_look_name(SsgPortraitLook look)
{
  return looks[look];
}

/* The table, once: F a float, B a bool, RGB a colour, E whether an enumeration has the value. */
#define ATTRIBUTES                                                                                                     \
  F("yaw", yaw)                                                                                                        \
  F("pitch", pitch)                                                                                                    \
  F("roll", roll)                                                                                                      \
  F("center_x", center_x)                                                                                              \
  F("center_y", center_y)                                                                                              \
  F("scale", scale)                                                                                                    \
  F("light_azimuth", light_azimuth)                                                                                    \
  F("light_elevation", light_elevation)                                                                                \
  F("light_warmth", light_warmth)                                                                                      \
  F("light_contrast", light_contrast)                                                                                  \
  F("rim", rim)                                                                                                        \
  F("age", age)                                                                                                        \
  F("skin_tone", skin_tone)                                                                                            \
  F("undertone", undertone)                                                                                            \
  RGB("skin", skin)                                                                                                    \
  F("blush", blush)                                                                                                    \
  F("freckles", freckles)                                                                                              \
  F("mole", mole)                                                                                                      \
  F("face_width", face_width)                                                                                          \
  F("face_length", face_length)                                                                                        \
  F("jaw_width", jaw_width)                                                                                            \
  F("chin_width", chin_width)                                                                                          \
  F("eye_size", eye_size)                                                                                              \
  F("eye_tilt", eye_tilt)                                                                                              \
  F("eye_open", eye_open)                                                                                              \
  F("gaze_x", gaze_x)                                                                                                  \
  F("gaze_y", gaze_y)                                                                                                  \
  RGB("iris", iris)                                                                                                    \
  F("eyeshadow", eyeshadow)                                                                                            \
  F("brow_thickness", brow_thickness)                                                                                  \
  F("brow_arch", brow_arch)                                                                                            \
  F("nose_length", nose_length)                                                                                        \
  F("nose_width", nose_width)                                                                                          \
  F("mouth_width", mouth_width)                                                                                        \
  F("lip_fullness", lip_fullness)                                                                                      \
  F("smile", smile)                                                                                                    \
  F("mouth_open", mouth_open)                                                                                          \
  F("lipstick", lipstick)                                                                                              \
  RGB("lip", lip)                                                                                                      \
  E("hair_cut_bald", hair_cut, SSG_HAIR_BALD)                                                                          \
  E("hair_cut_buzz", hair_cut, SSG_HAIR_BUZZ)                                                                          \
  E("hair_cut_short", hair_cut, SSG_HAIR_SHORT)                                                                        \
  E("hair_cut_side_part", hair_cut, SSG_HAIR_SIDE_PART)                                                                \
  E("hair_cut_quiff", hair_cut, SSG_HAIR_QUIFF)                                                                        \
  E("hair_cut_bob", hair_cut, SSG_HAIR_BOB)                                                                            \
  E("hair_cut_long", hair_cut, SSG_HAIR_LONG)                                                                          \
  E("hair_cut_curly", hair_cut, SSG_HAIR_CURLY)                                                                        \
  E("hair_cut_afro", hair_cut, SSG_HAIR_AFRO)                                                                          \
  E("hair_cut_bun", hair_cut, SSG_HAIR_BUN)                                                                            \
  E("hair_cut_braids", hair_cut, SSG_HAIR_BRAIDS)                                                                      \
  E("hair_cut_ponytail", hair_cut, SSG_HAIR_PONYTAIL)                                                                  \
  F("hair_length", hair_length)                                                                                        \
  F("hair_volume", hair_volume)                                                                                        \
  F("hair_wave", hair_wave)                                                                                            \
  F("hair_part", hair_part)                                                                                            \
  F("fringe", fringe)                                                                                                  \
  B("hair_tucked", hair_tucked)                                                                                        \
  F("hairline", hairline)                                                                                              \
  RGB("hair", hair)                                                                                                    \
  F("grey", grey)                                                                                                      \
  F("beard", beard)                                                                                                    \
  F("moustache", moustache)                                                                                            \
  F("stubble", stubble)                                                                                                \
  E("cloth_crew", cloth, SSG_CLOTH_CREW)                                                                               \
  E("cloth_vneck", cloth, SSG_CLOTH_VNECK)                                                                             \
  E("cloth_shirt", cloth, SSG_CLOTH_SHIRT)                                                                             \
  E("cloth_turtleneck", cloth, SSG_CLOTH_TURTLENECK)                                                                   \
  E("cloth_blazer", cloth, SSG_CLOTH_BLAZER)                                                                           \
  E("cloth_hoodie", cloth, SSG_CLOTH_HOODIE)                                                                           \
  RGB("cloth", cloth_color)                                                                                            \
  E("glasses_round", glasses, SSG_GLASSES_ROUND)                                                                       \
  E("glasses_square", glasses, SSG_GLASSES_SQUARE)                                                                     \
  E("glasses_cat", glasses, SSG_GLASSES_CAT)                                                                           \
  F("lens_tint", lens_tint)                                                                                            \
  E("hat_beanie", hat, SSG_HAT_BEANIE)                                                                                 \
  E("hat_cap", hat, SSG_HAT_CAP)                                                                                       \
  E("hat_brim", hat, SSG_HAT_BRIM)                                                                                     \
  E("hat_beret", hat, SSG_HAT_BERET)                                                                                   \
  E("earring_stud", earring, SSG_EARRING_STUD)                                                                         \
  E("earring_hoop", earring, SSG_EARRING_HOOP)                                                                         \
  E("earring_drop", earring, SSG_EARRING_DROP)                                                                         \
  F("backdrop_r", backdrop_color[0][0]) F("backdrop_g", backdrop_color[0][1]) F("backdrop_b", backdrop_color[0][2])

typedef struct {
  size_t offset;
  char kind;
  int value;
} Attribute;

#define F(name, field) {offsetof(SsgPortrait, field), 'f', 0},
#define B(name, field) {offsetof(SsgPortrait, field), 'b', 0},
#define RGB(name, field) F(name, field[0]) F(name, field[1]) F(name, field[2])
#define E(name, field, value) {offsetof(SsgPortrait, field), 'e', value},
static const Attribute attributes[] = {ATTRIBUTES};
#undef F
#undef B
#undef RGB
#undef E

#define F(name, field) name,
#define B(name, field) name,
#define RGB(name, field) name "_r", name "_g", name "_b",
#define E(name, field, value) name,
static const char *const names[] = {ATTRIBUTES};

enum { N_ATTRIBUTES = sizeof attributes / sizeof attributes[0] };
_Static_assert(sizeof names / sizeof names[0] == N_ATTRIBUTES, "one name for each attribute");
_Static_assert(N_ATTRIBUTES <= SSG_PORTRAIT_MAX_ATTRIBUTES, "more attributes than the header promises");

int ssg_portrait_attribute_count(void)
{
  return N_ATTRIBUTES;
}

const char *const *ssg_portrait_attribute_names(void)
{
  return names;
}

void ssg_portrait_attributes(const SsgPortrait *portrait, double *values)
{
  for (int i = 0; i < N_ATTRIBUTES; i++) {
    const void *at = (const char *) portrait + attributes[i].offset;
    if (attributes[i].kind == 'f')
      values[i] = *(const float *) at;
    else if (attributes[i].kind == 'b')
      values[i] = *(const bool *) at;
    else
      values[i] = *(const int *) at == attributes[i].value;
  }
}
