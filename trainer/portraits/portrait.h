/* The portrait artist: draws invented people, each pixel with its part, from random numbers alone.
 *
 * A portrait is a value: everything that was drawn by chance about one person, in plain numbers. Sampling and drawing
 * are apart, so a caller may sample, change a field (the same person with another smile), and draw.
 *
 * Determinism: a portrait depends on (seed, index) only, and its picture on the portrait and the size only: the random
 * numbers are a hash of (seed, index, name of the field), every formula uses +, -, *, / and square roots in IEEE
 * arithmetic without contraction, coverage comes from Cairo's fixed-point rasteriser. So the same seed gives the same
 * bytes on every machine with the same Cairo, with any number of threads.
 *
 * What 3,000 portraits (seed 1, 128 pixels) hold, in per cent of the pixels / of the portraits with any of it:
 *   background 49 / 100, face 17 / 100, eye 1.0 / 70, eyebrow 0.62 / 98, mouth 0.95 / 100,
 *   nose 1.2 / 100, ear 1.2 / 97, hair 15 / 95, neck 3.6 / 97, cloth 4.1 / 100,
 *   glasses 2.0 / 31, hat 3.6 / 21, earring 0.43 / 35
 * Eyes are missing where glasses cover them: the lens belongs to the glasses, as in the paper.
 *
 * Threads: all functions may be called from several threads at once, each with its own buffers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MODEL.md's order; the label of a pixel. */
typedef enum {
  SSG_PORTRAIT_BACKGROUND,
  SSG_PORTRAIT_FACE,
  SSG_PORTRAIT_EYE,
  SSG_PORTRAIT_EYEBROW,
  SSG_PORTRAIT_MOUTH,
  SSG_PORTRAIT_NOSE,
  SSG_PORTRAIT_EAR,
  SSG_PORTRAIT_HAIR,
  SSG_PORTRAIT_NECK,
  SSG_PORTRAIT_CLOTH,
  SSG_PORTRAIT_GLASSES,
  SSG_PORTRAIT_HAT,
  SSG_PORTRAIT_EARRING,
  SSG_PORTRAIT_PARTS
} SsgPortraitPart;

typedef enum {
  SSG_LOOK_PAINT, /* the painter's default */
  SSG_LOOK_INK,   /* pen on paper: outlines and hatching */
  SSG_LOOK_TOON,  /* flat cartoon: two tones, bold outlines */
  SSG_LOOK_BUST,  /* marble sculpture; accessories in bronze */
  SSG_LOOK_NIGHT, /* neon night: dark, two coloured rim lights, glowing contours */
  SSG_LOOK_FLAT,  /* every part in ssg_portrait_flat_color(): for tests and for pictures of labels */
  SSG_PORTRAIT_LOOKS
} SsgPortraitLook;

typedef enum {
  SSG_HAIR_BALD,
  SSG_HAIR_BUZZ,
  SSG_HAIR_SHORT,
  SSG_HAIR_SIDE_PART,
  SSG_HAIR_QUIFF,
  SSG_HAIR_BOB,
  SSG_HAIR_LONG,
  SSG_HAIR_CURLY,
  SSG_HAIR_AFRO,
  SSG_HAIR_BUN,
  SSG_HAIR_BRAIDS,
  SSG_HAIR_PONYTAIL,
  SSG_HAIR_CUTS
} SsgHairCut;

typedef enum {
  SSG_CLOTH_CREW,
  SSG_CLOTH_VNECK,
  SSG_CLOTH_SHIRT,
  SSG_CLOTH_TURTLENECK,
  SSG_CLOTH_BLAZER,
  SSG_CLOTH_HOODIE,
  SSG_CLOTH_KINDS
} SsgClothKind;

typedef enum {
  SSG_PATTERN_PLAIN,
  SSG_PATTERN_STRIPES,
  SSG_PATTERN_PLAID,
  SSG_PATTERN_DOTS,
  SSG_PATTERN_KNIT,
  SSG_PATTERN_YOKE, /* another colour across the shoulders */
  SSG_PATTERNS
} SsgClothPattern;

typedef enum { SSG_GLASSES_NONE, SSG_GLASSES_ROUND, SSG_GLASSES_SQUARE, SSG_GLASSES_CAT, SSG_GLASSES_KINDS } SsgGlasses;
typedef enum { SSG_HAT_NONE, SSG_HAT_BEANIE, SSG_HAT_CAP, SSG_HAT_BRIM, SSG_HAT_BERET, SSG_HAT_KINDS } SsgHat;
typedef enum { SSG_EARRING_NONE, SSG_EARRING_STUD, SSG_EARRING_HOOP, SSG_EARRING_DROP, SSG_EARRING_KINDS } SsgEarring;
typedef enum {
  SSG_BACKDROP_GRADIENT,
  SSG_BACKDROP_GLOW,   /* a lit wall: radial */
  SSG_BACKDROP_BOKEH,  /* discs of light out of focus */
  SSG_BACKDROP_SHAPES, /* large soft shapes */
  SSG_BACKDROP_WASH,   /* brushed colour */
  SSG_BACKDROP_HILLS,  /* sky and two soft ridges */
  SSG_BACKDROPS
} SsgBackdrop;

/* One portrait. Lengths are in head units (1 = half the width of a middling face) unless said otherwise; colours are
 * sRGB, 0..1. "U(a,b)" uniform, "T(a,b)" the mean of two uniforms (triangular), "N(s)" about normal with deviation s,
 * cut at 2.45 s. Fields are independent of each other but for the correlations named. */
typedef struct {
  uint64_t seed, index;

  /* Pose: radians; yaw > 0 turns to the picture's right, pitch > 0 up, roll > 0 clockwise. */
  float yaw;                /* N(0.21), cut at 0.46 */
  float pitch;              /* N(0.10), cut at 0.22 */
  float roll;               /* N(0.05) */
  float center_x, center_y; /* of the head, in picture widths: 0.5 + N(0.018), 0.465 + N(0.014) */
  float scale;              /* 1 + N(0.045) */

  /* Light, the same for all parts. */
  float light_azimuth;   /* radians, U(-1.15, 1.15); > 0 from the picture's right */
  float light_elevation; /* radians, T(0.25, 0.85) */
  float light_warmth;    /* N(0.4): > 0 warm key and cool shadows, < 0 the reverse */
  float light_contrast;  /* T(0.55, 1): 1 = deep shadows */
  float rim;             /* 0..1 light from behind in the backdrop's colour; 0 for half the people */

  /* The person. Skin is shared by face, nose, ears, neck and lids. */
  float age;                               /* years, 18..82: 18 + 64 u^1.5 */
  float skin_tone;                         /* 0 fair .. 1 deep, U */
  float undertone;                         /* N(0.5): < 0 rosy, > 0 golden */
  float skin[3];                           /* from the two above */
  float blush;                             /* 0..1, U^2 */
  float freckles;                          /* 0 for 80 %, else U(0.4, 1) */
  float mole;                              /* 0: none (85 %); else its place, (0, 1] */
  float face_width, face_length;           /* T(0.92, 1.06), T(0.95, 1.07) */
  float jaw_width, chin_width, cheekbones; /* T(0.70, 0.90), T(0.24, 0.44), T(0.94, 1.03) */
  float ear_size;                          /* T(0.85, 1.15) */
  float neck_width;                        /* T(0.50, 0.68) */
  float shoulder_width;                    /* T(1.75, 2.2) */

  float eye_size, eye_spacing, eye_tilt; /* T(0.88, 1.15), T(0.95, 1.06), N(0.05) radians */
  float eye_open;                        /* 0.12 .. 1.1: 12 % half closed U(0.12, 0.5), else T(0.7, 1.1) */
  float gaze_x, gaze_y;                  /* -1..1, N(0.35), N(0.2) */
  float iris[3];                         /* one of eight, varied; correlates with nothing */
  float lashes;                          /* 0..1, U */
  float eyeshadow;                       /* 0 for 70 %, else U(0.3, 0.9) */
  float eyeshadow_color[3];
  float brow_thickness, brow_arch, brow_height, brow_tilt; /* T(0.6, 1.5), T(0, 1), N(0.03), N(0.05) */

  float nose_length, nose_width, nose_bridge; /* T(0.9, 1.12), T(0.78, 1.25), T(0.6, 1.3) */

  float mouth_width, lip_fullness; /* T(0.86, 1.14), T(0.65, 1.35) */
  float smile;      /* -0.45 (frown) .. 1; 22 % neutral N(0.06), 10 % frown U(-0.45, -0.12), else U(0.2, 1) */
  float mouth_open; /* 0..1, 0 for 60 % */
  float lipstick;   /* 0 for 60 %, else U(0.4, 1) */
  float lip[3];     /* from skin and lipstick */

  /* Hair. */
  SsgHairCut hair_cut;
  float hair_length; /* head units below the eyes that falling hair reaches; by cut */
  float hair_volume; /* 0..1, U */
  float hair_wave;   /* 0..1, U^1.5 */
  float hair_part;   /* -0.7..0.7, U: where it is parted */
  float fringe;      /* 0 for 65 %, else U(0.35, 1): how far down the forehead */
  bool hair_tucked;  /* long hair behind the ears, 45 % */
  float hairline;    /* 0..0.3 receding; grows with age for a third of the people */
  float hair[3];     /* natural colours 92 %, dyed 8 %, greyed by age */
  float grey;        /* 0..1, with age */
  float beard;       /* 0 for 80 %; else U(0.15, 1): length */
  float moustache;   /* 0 for 82 %; else U(0.3, 1) */
  float stubble;     /* 0 for 80 %; else U(0.3, 1) */

  SsgClothKind cloth;
  SsgClothPattern pattern;
  float cloth_color[3], cloth_color2[3];
  float pattern_scale; /* U(0.7, 1.4) */

  SsgGlasses glasses;  /* none for 70 % */
  float glasses_width; /* of the frame's bar: thin U(0.018, 0.03) or thick U(0.05, 0.08) */
  float lens_tint;     /* 0..1: U(0.04, 0.15); 25 % of the glasses U(0.3, 0.75) */
  float glasses_color[3], lens_color[3];
  SsgHat hat; /* none for 78 % */
  float hat_color[3], hat_color2[3];
  SsgEarring earring; /* none for 65 % */
  float earring_size; /* U(0.9, 1.5) */
  float earring_color[3];

  SsgBackdrop backdrop;
  float backdrop_color[3][3];
  float backdrop_angle; /* radians, U(-pi, pi) */
} SsgPortrait;

/* Samples portrait `index` of `seed`. Portraits of one seed are independent of each other and of how many are drawn. */
void ssg_portrait_sample(SsgPortrait *portrait, uint64_t seed, uint64_t index);

/* Draws a picture of size x size pixels, 16..2048. rgb: [size, size, 3] sRGB; labels: [size, size], SsgPortraitPart,
 * the topmost part that covers at least half of the pixel; either may be NULL. The geometry, and so the labels, is the
 * same in every look. Returns false when memory ran out or the size is out of range; the buffers are then undefined. */
bool ssg_portrait_draw(const SsgPortrait *portrait, int size, SsgPortraitLook look, uint8_t *rgb, uint8_t *labels);

/* The colour of a part in SSG_LOOK_FLAT. */
void ssg_portrait_flat_color(SsgPortraitPart part, uint8_t rgb[3]);

/* "background", "face", ...; owned by the library. */
const char *ssg_portrait_part_name(SsgPortraitPart part);

/* "paint", "ink", ...; owned by the library. */
const char *ssg_portrait_look_name(SsgPortraitLook look);

/* Ground truth: what is known about a portrait, as named numbers. Enumerations appear as one 0/1 column per value,
 * ("hair_cut_bob"), colours as three ("hair_r", "hair_g", "hair_b"). */
#define SSG_PORTRAIT_MAX_ATTRIBUTES 128
int ssg_portrait_attribute_count(void);
const char *const *ssg_portrait_attribute_names(void); /* ssg_portrait_attribute_count() names, owned by the library */
void ssg_portrait_attributes(const SsgPortrait *portrait, double *values /* [ssg_portrait_attribute_count()] */);

#ifdef __cplusplus
}
#endif
