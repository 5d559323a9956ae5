/* What to do about an error, in the person's language. Messages of the engine are English and exact (which file, which tensor,
 * expected and found): whoever shows one shows this first and the message as a detail. */
#pragma once

#include <glib.h>

/* A translated sentence, chosen by domain and code; for G_IO_ERROR and G_FILE_ERROR by their nearest kin in SSG_ERROR.
 * error may not be NULL; not to be freed. */
const char *ssg_error_advice(const GError *error);
/* "Details: " and the message, translated as far as it can be. Transfer full. */
char *ssg_error_detail(const GError *error);
