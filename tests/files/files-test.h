/* What the tests of readers share: a scratch folder, the goldens, and ways to damage a file. None of the code under
 * test is used here. */
#pragma once

#include <glib.h>

/* A new file name in a scratch folder that files_test_finish() removes. Free with g_free. */
char *scratch_path(const char *name);
/* Removes the scratch folder and all in it. Call at the end of main(). */
void files_test_finish(void);
/* Number of entries in the scratch folder, temporary files included. */
int scratch_count(void);
/* Path of a golden file; skips nothing, fails when the variable SSGAN_GOLDENS is not set. Free with g_free. */
char *golden_path(const char *name);
/* Contents of a golden file. */
GBytes *golden_bytes(const char *name);

/* A reader under test: returns FALSE with an error when it refuses, TRUE when it accepts. It must do one of the two,
 * and an error must be set exactly when it refuses. */
typedef gboolean (*ReadFunc)(GBytes *bytes, GError **error);
/* Calls read with the first n bytes for every n when the file is short, for about 400 lengths otherwise (all of the
 * first and last 64). Every one must be refused, except those from `tolerated` on (file formats whose last bytes do not
 * matter); pass the size to tolerate none. */
void check_truncations(GBytes *bytes, gsize tolerated, ReadFunc read);
/* Flips `count` single bits at pseudo-random places within [first, last), one at a time. Each must be accepted or
 * refused cleanly. Returns how many were refused. */
int check_bit_flips(GBytes *bytes, gsize first, gsize last, int count, ReadFunc read);
/* read must refuse, with a message that contains `part`. */
void check_refused(GBytes *bytes, ReadFunc read, const char *part);
/* Asserts that error is set and its message contains part; then clears it. */
void check_error(GError **error, const char *part);
