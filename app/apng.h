/* Animated PNG, streamed: PNG frames with the animation chunks acTL, fcTL and fdAT (third edition of the PNG
 * specification). Readers that know no animation show the first frame. One thread at a time. */
#pragma once

#include "engine/image.h"

typedef struct _SsgApng SsgApng;

/* Writes path atomically: it appears on commit. n_frames >= 1 and frame delay in milliseconds (1..65535) are written first, so
 * exactly n_frames must follow. loops 0: for ever. origin may be NULL; its strings must live until the first
 * frame was added. */
SsgApng *ssg_apng_new(const char *path, int width, int height, int n_frames, int delay_ms, int loops,
                      const SsgImageOrigin *origin, GError **error);
/* rgba [height, width, 4]; alpha is dropped. */
gboolean ssg_apng_add(SsgApng *apng, const guint8 *rgba, GError **error);
gboolean ssg_apng_commit(SsgApng *apng, GError **error);
void ssg_apng_free(SsgApng *apng); /* throws away what was not committed; NULL allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SsgApng, ssg_apng_free)
