/* The order of the data as a pure function: resuming needs a counter, no state. */
#pragma once

#include <glib.h>

/* Which item comes at `position` (0 on) when a set of `count` >= 1 items is gone through again and again, every epoch
 * in another order: position / count is the epoch, position % count goes through a random permutation of (seed, epoch),
 * a Feistel network over Philox whose results outside the set are mapped again until they lie inside. Cheap: about a
 * microsecond. The same on every machine. */
guint64 ssg_shuffle_index(guint64 seed, guint64 count, guint64 position);
